/* Filling a bank: batches, pace, going on after an interruption; into a writer that keeps what it is given. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "generate/fill.h"
#include "generate/writer.h"

#define NOW INT64_C(1795400000000000)

/* A target that outlives its writer: the text of all rows committed, and the note. */
struct shelf {
	struct buffer rows, note, pending, pending_note;
	int commits, in_transaction, deletes, shops;
	int64_t put;
	int stop_after; /* commits, then it makes the stop descriptor readable; 0: never */
	int stop_pipe[2];
	int shifted;    /* commits that come too fast for their times */
	int fail_at;    /* put that fails; 0: none */
};

static struct shelf *shelf;
static bool shelf_deletes = true, shelf_keeps = true;
static int64_t shelf_apart;
static struct writer_ops shelf_ops;
static struct writer shelf_writer = {&shelf_ops};

static struct writer *shelf_open(const char *target, struct error *err)
{
	(void)target;
	(void)err;
	return &shelf_writer;
}

static bool shelf_begin(struct writer *w, int64_t commit_time, struct error *err)
{
	(void)w;
	(void)err;
	assert_int_equal(shelf->in_transaction, 0);
	/* The clock stands still; only what cannot be told apart is moved. */
	assert_int_equal(commit_time, NOW - (shelf->commits < shelf->shifted ? (shelf->shifted - shelf->commits) * shelf_apart : 0));
	shelf->in_transaction = 1;
	return true;
}

static void shelf_row(struct buffer *b, enum writer_table table, const void *row)
{
	const struct person *p = row;
	const struct product *r = row;
	const struct asset *a = row;
	const struct shop *s = row;
	switch (table) {
	case WRITER_STORE: buffer_format(b, "store %s %s\n", s->store_id, s->name); break;
	case WRITER_CUSTOMER:
		buffer_format(b, "customer %lld %s %s %s %s %s %lld\n", (long long)p->cif, p->name, p->address, p->email, p->phone,
		              p->changed_by, (long long)p->registered_at);
		break;
	case WRITER_PRODUCT:
		buffer_format(b, "product %lld %s %s %s\n", (long long)r->productid, r->producttype, r->opendate, r->status);
		break;
	case WRITER_ASSET: buffer_format(b, "asset %lld %s %s\n", (long long)a->assetid, a->assetvalue, a->valuation_date); break;
	}
}

static bool shelf_put(struct writer *w, enum writer_op op, enum writer_table table, const void *row, struct error *err)
{
	(void)w;
	assert_int_equal(shelf->in_transaction, 1);
	if (++shelf->put == shelf->fail_at)
		return error_set(err, ERROR_FULL, "could not write: no space left");
	shelf->deletes += op == WRITER_DELETE;
	shelf->shops += table == WRITER_STORE;
	buffer_format(&shelf->pending, "%d ", op);
	shelf_row(&shelf->pending, table, row);
	return true;
}

static bool shelf_commit(struct writer *w, struct error *err)
{
	(void)w;
	(void)err;
	assert_int_equal(shelf->in_transaction, 1);
	shelf->in_transaction = 0;
	buffer_add(&shelf->rows, buffer_text(&shelf->pending), shelf->pending.len);
	buffer_clear(&shelf->pending);
	buffer_clear(&shelf->note);
	buffer_add(&shelf->note, buffer_text(&shelf->pending_note), shelf->pending_note.len);
	if (++shelf->commits == shelf->stop_after)
		assert_int_equal(write(shelf->stop_pipe[1], "", 1), 1);
	return true;
}

static const char *shelf_position(struct writer *w)
{
	(void)w;
	return "here";
}

static bool shelf_resume(struct writer *w, struct buffer *state, struct error *err)
{
	(void)w;
	(void)err;
	buffer_add(state, buffer_text(&shelf->note), shelf->note.len);
	return true;
}

static bool shelf_note(struct writer *w, const char *state, struct error *err)
{
	(void)w;
	(void)err;
	assert_int_equal(shelf->in_transaction, 1);
	buffer_clear(&shelf->pending_note);
	buffer_text_add(&shelf->pending_note, state);
	return true;
}

/* What was not committed is gone. */
static void shelf_close(struct writer *w)
{
	(void)w;
	shelf->in_transaction = 0;
	buffer_clear(&shelf->pending);
}

/* In place of the program's own list of writers. */
struct writer *writer_open(const char *url, struct error *err)
{
	shelf_ops = (struct writer_ops){.scheme = "shelf", .deletes = shelf_deletes, .apart = shelf_apart, .open = shelf_open, .begin = shelf_begin,
	                                .put = shelf_put, .commit = shelf_commit, .position = shelf_position, .close = shelf_close};
	if (shelf_keeps) {
		shelf_ops.resume = shelf_resume;
		shelf_ops.note = shelf_note;
	}
	return shelf_ops.open(url, err);
}

static int shelf_new(void **state)
{
	(void)state;
	clock_freeze(NOW);
	shelf_deletes = shelf_keeps = true;
	shelf_apart = 0;
	shelf = memory_zero(1, sizeof *shelf);
	return pipe(shelf->stop_pipe);
}

static int shelf_free(void **state)
{
	(void)state;
	close(shelf->stop_pipe[0]);
	close(shelf->stop_pipe[1]);
	buffer_done(&shelf->rows);
	buffer_done(&shelf->note);
	buffer_done(&shelf->pending);
	buffer_done(&shelf->pending_note);
	free(shelf);
	return 0;
}

static bool run(int64_t customers, int64_t batch, int64_t events, struct error *err)
{
	struct fill f;
	struct fill_params p = {.url = "shelf:", .seed = 5, .stop = {-1, shelf->stop_pipe[0]}};
	struct fill_load load = {.customers = customers, .batch = batch, .days = 30};
	if (!fill_open(&f, &p, err))
		return false;
	/* At 10,000 a second, so many events take as many tenths of a millisecond. */
	bool ok = fill_customers(&f, &load, err) && (events == 0 || fill_changes(&f, 10000, events * 100, err));
	fill_close(&f);
	return ok;
}

static size_t count_lines(const char *text, const char *prefix)
{
	size_t n = 0;
	for (const char *at = text; *at; at = strchr(at, '\n') + 1)
		n += !strncmp(at, prefix, strlen(prefix));
	return n;
}

static void batches_are_transactions(void **state)
{
	(void)state;
	struct error err = {0};
	assert_true(run(2500, 1000, 0, &err));
	assert_int_equal(shelf->commits, 3);
	assert_int_equal(shelf->shops, 24);
	assert_int_equal(count_lines(buffer_text(&shelf->rows), "0 customer"), 2500);
	assert_int_equal(count_lines(buffer_text(&shelf->rows), "0 product"), 2500);
	assert_int_equal(count_lines(buffer_text(&shelf->rows), "0 asset"), 2500);
	assert_int_equal(shelf->put, 24 + 3 * 2500);
}

static void a_second_run_goes_on(void **state)
{
	(void)state;
	struct error err = {0};
	assert_true(run(700, 300, 50, &err));
	assert_true(run(300, 300, 50, &err));
	assert_int_equal(shelf->shops, 24);
	const char *rows = buffer_text(&shelf->rows);
	/* No number is given twice: each customer is inserted once, by a load or an event. */
	size_t made = count_lines(rows, "0 customer");
	assert_true(made >= 1000 && made <= 1100);
	for (int64_t n = 1; n <= (int64_t)made; n++) {
		char line[64];
		snprintf(line, sizeof line, "0 customer %lld ", (long long)(10000000 + n));
		assert_int_equal(count_lines(rows, line), 1);
	}
}

static void interrupted_run_ends_after_its_batch(void **state)
{
	(void)state;
	struct error err = {0};
	shelf->stop_after = 2;
	assert_false(run(1000, 100, 0, &err));
	assert_int_equal(err.code, ERROR_INTERRUPTED);
	assert_int_equal(shelf->commits, 2);
	assert_string_equal(err.message, "could not write everything: interrupted after 624 rows, position here");
	/* Taken up again, what is written next is what would have been next. */
	char byte;
	assert_int_equal(read(shelf->stop_pipe[0], &byte, 1), 1);
	shelf->stop_after = 0;
	assert_true(run(100, 100, 0, &err));
	assert_int_equal(count_lines(buffer_text(&shelf->rows), "0 customer"), 300);
	assert_int_equal(count_lines(buffer_text(&shelf->rows), "0 customer 10000300 "), 1);
}

static void a_failed_batch_leaves_nothing(void **state)
{
	(void)state;
	struct error err = {0};
	shelf->fail_at = 24 + 3 * 150; /* within the second batch */
	assert_false(run(1000, 100, 0, &err));
	assert_int_equal(err.code, ERROR_FULL);
	struct buffer first = {0};
	buffer_text_add(&first, buffer_text(&shelf->rows));
	assert_int_equal(count_lines(buffer_text(&first), "0 customer"), 100);
	/* The next run begins where that batch began. */
	error_clear(&err);
	shelf->fail_at = 0;
	assert_true(run(10, 10, 0, &err));
	assert_int_equal(count_lines(buffer_text(&shelf->rows), "0 customer 10000101 "), 1);
	buffer_done(&first);
}

static void so_many_changes_as_asked_for(void **state)
{
	(void)state;
	struct error err = {0};
	struct fill f;
	struct fill_params p = {.url = "shelf:", .seed = 5, .stop = {-1, -1}};
	assert_true(fill_open(&f, &p, &err));
	assert_true(fill_changes(&f, 20000, SECOND / 20, &err));
	assert_int_equal(generator_events(f.generator), 1000);
	fill_close(&f);
	/* An empty bank begins with a registration, and its shops. */
	assert_int_equal(shelf->shops, 24);
	assert_int_equal(count_lines(buffer_text(&shelf->rows), "0 customer 10000001 "), 1);
}

static void endless_changes_end_when_told(void **state)
{
	(void)state;
	struct error err = {0};
	struct fill f;
	struct fill_params p = {.url = "shelf:", .seed = 5, .stop = {-1, shelf->stop_pipe[0]}};
	shelf->stop_after = 25;
	assert_true(fill_open(&f, &p, &err));
	assert_true(fill_changes(&f, 100, 0, &err)); /* one transaction each */
	assert_int_equal(generator_events(f.generator), 25);
	fill_close(&f);
}

static void without_deletes_leaving_closes_products(void **state)
{
	(void)state;
	struct error err = {0};
	shelf_deletes = false;
	assert_true(run(200, 200, 2000, &err));
	assert_int_equal(shelf->deletes, 0);
	assert_true(strstr(buffer_text(&shelf->rows), " CLOSED\n") != NULL);
	int closed = 0;
	const char *at = buffer_text(&shelf->rows);
	for (; *at; at = strchr(at, '\n') + 1) {
		const char *end = strchr(at, '\n');
		closed += !strncmp(at, "1 product", 9) && !strncmp(end - 6, "CLOSED", 6);
	}
	assert_true(closed > 100);
}

/* Where times are whole seconds, a fast load begins in the past rather than end in the future, and changes share one. */
static void coarse_times_are_kept_apart(void **state)
{
	(void)state;
	struct error err = {0};
	shelf_apart = SECOND;
	shelf->shifted = 4;
	assert_true(run(50, 10, 0, &err));
	assert_int_equal(shelf->commits, 5);
	shelf->shifted = 0;
	shelf_apart = SECOND / 20;
	assert_true(run(0, 10, 1000, &err)); /* over a tenth of a second */
	assert_in_range(shelf->commits, 5 + 2, 5 + 4);
}

static void another_seed_is_refused(void **state)
{
	(void)state;
	struct error err = {0};
	struct fill f;
	assert_true(run(10, 10, 0, &err));
	struct fill_params p = {.url = "shelf:", .seed = 6, .seed_given = true, .stop = {-1, -1}};
	assert_false(fill_open(&f, &p, &err));
	assert_int_equal(err.code, ERROR_USAGE);
	assert_string_equal(err.message, "could not generate with seed 6: \"shelf:\" was begun with seed 5");
}

static void without_bookkeeping_it_begins_again(void **state)
{
	(void)state;
	struct error err = {0};
	shelf_keeps = false;
	assert_true(run(10, 10, 0, &err));
	assert_true(run(10, 10, 0, &err));
	assert_int_equal(count_lines(buffer_text(&shelf->rows), "0 customer 10000001 "), 2);
}

#define SHELF_TEST(f) cmocka_unit_test_setup_teardown(f, shelf_new, shelf_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHELF_TEST(batches_are_transactions),
		SHELF_TEST(a_second_run_goes_on),
		SHELF_TEST(interrupted_run_ends_after_its_batch),
		SHELF_TEST(a_failed_batch_leaves_nothing),
		SHELF_TEST(so_many_changes_as_asked_for),
		SHELF_TEST(endless_changes_end_when_told),
		SHELF_TEST(without_deletes_leaving_closes_products),
		SHELF_TEST(coarse_times_are_kept_apart),
		SHELF_TEST(another_seed_is_refused),
		SHELF_TEST(without_bookkeeping_it_begins_again),
	};
	return cmocka_run_group_tests_name("fill", tests, NULL, NULL);
}
