/* The embedded bank through struct source_ops, as ingest sees it. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "model/model.h"
#include "source/bank_capture.h"
#include "source/bank_schema.h"
#include "source/source.h"

/* A model that leaves out columns of the bank and whole tables, and names one column the bank lacks. */
static const char model_text[] =
	"[model]\nname = small\ntitle = Small\nzone = Asia/Jakarta\n"
	"[entity customer]\nkind = customer\ntitle = Customer\ntable = customer_info\nkey = cif\nname = name\n"
	"registered = registered_at\nstore = store_id\noptional = registered_at, store_id, nickname\n"
	"column.cif = CIF | integer\ncolumn.name = Name | text\ncolumn.nickname = Nickname | text\n"
	"column.birthdate = Birth date | date\ncolumn.store_id = Store | text\ncolumn.registered_at = Registered | "
	"datetime\n"
	"[entity asset]\nkind = detail\ntitle = Assets\ntable = customer_asset\nkey = assetid\ncif = cif\n"
	"column.assetid = No. | integer\ncolumn.cif = CIF | integer\ncolumn.assetvalue = Value | decimal(2)\n"
	"[entity store]\nkind = store\ntitle = Stores\ntable = store\nkey = store_id\nname = name\noptional = *\n"
	"column.store_id = Store | text\ncolumn.name = Name | text\n";
enum { CUSTOMER, ASSET, STORE };

struct bench {
	char folder[96], path[128], url[140];
	struct model *model;
	sqlite3 *db; /* a teller's connection */
	struct source *source;
	int stop[2];
};

static struct model *parsed(const char *text)
{
	struct buffer errors = {0};
	struct model *m = model_parse(text, "small.model", &errors);

	if (!m)
		fail_msg("%s", buffer_text(&errors));
	buffer_done(&errors);
	return m;
}

static int set_up(void **state)
{
	struct bench *t = calloc(1, sizeof *t);
	const char *top = getenv("TMPDIR");
	struct error err = {0};

	snprintf(t->folder, sizeof t->folder, "%s/bank-XXXXXX", top && strlen(top) < 80 ? top : "/tmp");
	if (!mkdtemp(t->folder) || pipe(t->stop) != 0)
		return -1;
	snprintf(t->path, sizeof t->path, "%s/my.bank", t->folder);
	snprintf(t->url, sizeof t->url, "bank:%s", t->path);
	t->model = parsed(model_text);
	*state = t;
	if (!bank_create(t->path, &err) || !(t->db = bank_open(t->path, true, &err)))
		return -1;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *t = *state;
	char command[128];

	if (t->source)
		t->source->ops->close(t->source);
	sqlite3_close(t->db);
	model_free(t->model);
	close(t->stop[0]);
	close(t->stop[1]);
	snprintf(command, sizeof command, "rm -rf %s", t->folder);
	free(t);
	return system(command);
}

static void must(struct bench *t, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(t->db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
}

/* What a stamping writer does. */
static void stamped(struct bench *t, int64_t at, const char *sql)
{
	char begin[128];

	snprintf(begin, sizeof begin, "BEGIN IMMEDIATE; UPDATE bank_txn SET last = last + 1, txn = last + 1, at = %lld",
		 (long long)at);
	must(t, begin);
	must(t, sql);
	must(t, "UPDATE bank_txn SET txn = NULL, at = NULL; COMMIT");
}

static void opened(struct bench *t)
{
	struct source_params p = {.url = t->url, .model = t->model, .stop = t->stop[0]};
	struct error err = {0};

	if (t->source)
		t->source->ops->close(t->source);
	t->source = bank_ops.open(&p, &err);
	if (!t->source)
		fail_msg("%s", err.message);
}

static void started(struct bench *t, const char *position)
{
	struct error err = {0};

	opened(t);
	if (!bank_ops.start(t->source, position, &err))
		fail_msg("%s", err.message);
}

static void show_image(struct buffer *out, const struct entity *e, const struct value *image)
{
	for (int i = 0; image && i < e->column_count; i++) {
		buffer_char(out, i ? ',' : ' ');
		if (image[i].kind == VALUE_NULL)
			buffer_char(out, '.');
		assert_int_not_equal(image[i].kind, VALUE_UNKNOWN);
		if (image[i].kind == VALUE_TEXT) /* as it is held, not as people see it */
			buffer_add(out, image[i].text, image[i].len);
		else
			value_print(out, &e->columns[i], image[i]);
	}
}

/* Events up to the first rest, a line each. Positions without their time. */
static const char *told(struct bench *t)
{
	static const char *const words[] = {
		[CHANGE_INSERT] = "insert", [CHANGE_UPDATE] = "update", [CHANGE_DELETE] = "delete"};
	static struct buffer out;
	struct source_event e;
	struct error err = {0};
	int64_t before = clock_now();

	buffer_clear(&out);
	for (;;) {
		switch (bank_ops.next(t->source, 5000, &e, &err)) {
		case SOURCE_BEGIN:
			buffer_format(&out, "begin%s", e.raw_time ? " unstamped" : "");
			if (!e.raw_time)
				buffer_format(&out, " %lld", (long long)e.commit_time);
			buffer_char(&out, '\n');
			break;
		case SOURCE_CHANGE:
			buffer_format(&out, "%s %s", words[e.change.op], t->model->entities[e.change.entity].name);
			show_image(&out, &t->model->entities[e.change.entity], e.change.before);
			buffer_text_add(&out, e.change.before && e.change.after ? " >" : "");
			show_image(&out, &t->model->entities[e.change.entity], e.change.after);
			buffer_char(&out, '\n');
			assert_true(e.bytes > 0);
			break;
		case SOURCE_COMMIT:
			buffer_format(&out, "commit %.*s\n", (int)strcspn(e.position, "@"), e.position);
			break;
		case SOURCE_IDLE:
			assert_true(e.complete_to >= before && e.complete_to <= clock_now());
			if (e.position)
				buffer_format(&out, "idle %.*s\n", (int)strcspn(e.position, "@"), e.position);
			return buffer_text(&out);
		case SOURCE_WAIT:
			buffer_text_add(&out, "wait\n");
			return buffer_text(&out);
		case SOURCE_ERROR:
			buffer_format(&out, "error %d %s\n", (int)err.code, strstr(err.message, ": ") + 2);
			return buffer_text(&out);
		}
	}
}

/* ---- the stream ---- */

static void test_stamped(void **state)
{
	struct bench *t = *state;

	started(t, "0@0");
	assert_string_equal(told(t), "");
	stamped(t, 1700000000000001,
		"INSERT INTO customer_info (cif, name, birthdate, store_id, registered_at) VALUES"
		" (1, 'Budi', '1980-02-03', 'JKT', '2024-01-02 03:04:05.120000'), (2, 'Sari', NULL, NULL, NULL);"
		"INSERT INTO customer_asset (assetid, cif, assetvalue) VALUES (7, 1, '100.5')");
	stamped(t, 1700000000000002, "UPDATE customer_info SET name = 'Budi S', phone = '1' WHERE cif = 1");
	stamped(t, 1700000000000003, "UPDATE customer_info SET cif = 5 WHERE cif = 2; DELETE FROM customer_asset");
	assert_string_equal(told(t), "begin 1700000000000001\n"
				     "insert customer 1,Budi,.,1980-02-03,JKT,2024-01-02 03:04:05.12\n"
				     "insert customer 2,Sari,.,.,.,.\n"
				     "insert asset 7,1,100.50\n"
				     "commit 3\n"
				     "begin 1700000000000002\n"
				     "update customer 1,Budi,.,1980-02-03,JKT,2024-01-02 03:04:05.12 >"
				     " 1,Budi S,.,1980-02-03,JKT,2024-01-02 03:04:05.12\n"
				     "commit 4\n"
				     "begin 1700000000000003\n"
				     "update customer 2,Sari,.,.,.,. > 5,Sari,.,.,.,.\n"
				     "delete asset 7,1,100.50\n"
				     "commit 6\n");
	assert_string_equal(told(t), "");
}

static void test_values(void **state)
{
	struct bench *t = *state;

	started(t, NULL);
	/* Each where the bank's table lets it in: a number among text, text among numbers, a blob, a real. */
	stamped(t, 1,
		"INSERT INTO customer_info (cif, name, birthdate, store_id, registered_at) VALUES"
		" (1, 17, '03/02/1980', x'4a4b', 20240102), (-5, 0.1, 1.5, 1e100, '2024-01-02T03:04'), (3, '', '', '', "
		"'soon')");
	stamped(t, 2,
		"INSERT INTO customer_asset (assetid, cif, assetvalue) VALUES (1, '12', -3), (2, 'x', '00.005'), (3, "
		"2.5, '1.239')");
	assert_string_equal(told(t), "begin 1\n"
				     "insert customer 1,17,.,03/02/1980,JK,20240102\n"
				     "insert customer -5,0.1,.,1.5,1.0e+100,2024-01-02 03:04:00\n"
				     "insert customer 3,,.,,,soon\n"
				     "commit 3\n"
				     "begin 2\n"
				     "insert asset 1,12,-3.00\n"
				     "insert asset 2,x,00.005\n"
				     "insert asset 3,2.5,1.239\n"
				     "commit 6\n");
}

static void test_unstamped(void **state)
{
	struct bench *t = *state;
	struct source_event e;
	struct error err = {0};

	started(t, "0");
	assert_string_equal(told(t), "");
	/* Became visible together: one; bounded by what is stamped. */
	must(t, "INSERT INTO store VALUES ('A', 'a', NULL)");
	must(t, "REPLACE INTO store VALUES ('A', 'b', NULL)");
	stamped(t, 9, "DELETE FROM store");
	must(t, "INSERT INTO store VALUES ('C', 'c', NULL)");
	assert_string_equal(told(t), "begin unstamped\ninsert store A,a\ndelete store A,a\ninsert store A,b\ncommit 3\n"
				     "begin 9\ndelete store A,b\ncommit 4\n"
				     "begin unstamped\ninsert store C,c\ncommit 5\n");
	/* Seen apart: two. Times are the clock's, to the millisecond, and stand as text too. */
	must(t, "UPDATE store SET name = 'd'");
	assert_int_equal(bank_ops.next(t->source, 5000, &e, &err), SOURCE_BEGIN);
	assert_true(llabs(e.commit_time - clock_now()) < MINUTE);
	assert_int_equal(e.commit_time % 1000, 0);
	assert_string_equal(e.raw_time + strlen(e.raw_time) - 4, "000Z");
	must(t, "DELETE FROM store");
	assert_string_equal(told(t), "update store C,c > C,d\ncommit 6\nbegin unstamped\ndelete store C,d\ncommit 7\n");
}

static void test_passed_over(void **state)
{
	struct bench *t = *state;

	started(t, "0@0");
	assert_string_equal(told(t), "");
	must(t, "INSERT INTO bank_product (productid) VALUES (1), (2)");
	assert_string_equal(told(t), "idle 2\n");
	assert_string_equal(told(t), "");
	/* In the middle of a transaction, before it and behind it. */
	stamped(t, 4,
		"DELETE FROM bank_product WHERE productid = 1; INSERT INTO store VALUES ('A', 'a', NULL);"
		"DELETE FROM bank_product; INSERT INTO store VALUES ('B', 'b', NULL); INSERT INTO bank_product "
		"(productid) VALUES (3)");
	stamped(t, 5, "DELETE FROM bank_product");
	assert_string_equal(told(t), "begin 4\ninsert store A,a\ninsert store B,b\ncommit 7\nidle 8\n");
}

/* A transaction longer than a fetch, stamped or not, is one; its time is that of its end. */
static void test_long(void **state)
{
	struct bench *t = *state;
	struct source_event e;
	struct error err = {0};
	static const char fill[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000)"
				   " INSERT INTO customer_info (cif, name) SELECT i, 'N' || i FROM n";

	started(t, "0@0");
	stamped(t, 77, fill);
	must(t, "DELETE FROM customer_info WHERE cif < 9000; UPDATE bank_change SET at = 5000 WHERE id = 18999; DELETE "
		"FROM customer_info");
	must(t, "UPDATE bank_change SET at = 6000 WHERE id = 20000");
	for (int part = 0; part < 2; part++) {
		int64_t changes = 0;

		assert_int_equal(bank_ops.next(t->source, 5000, &e, &err), SOURCE_BEGIN);
		assert_int_equal(e.commit_time, part ? 6000 : 77);
		while (bank_ops.next(t->source, 5000, &e, &err) == SOURCE_CHANGE) {
			const struct value *image = part ? e.change.before : e.change.after;

			assert_int_equal(image[0].integer, ++changes);
		}
		assert_int_equal(changes, 10000);
		assert_string_equal(e.position, part ? "20000@6000" : "10000@77");
	}
	assert_string_equal(told(t), "");
}

/* From each position a source gave, the rest follows. */
static void test_positions(void **state)
{
	struct bench *t = *state;
	char positions[8][BANK_POSITION_SIZE];
	struct source_event e;
	struct error err = {0};
	int n = 0;

	snprintf(positions[n++], BANK_POSITION_SIZE, "0@0");
	for (int i = 1; i <= 5; i++) {
		char sql[128];

		snprintf(sql, sizeof sql, "INSERT INTO store VALUES ('%d', NULL, NULL), ('%d+', NULL, NULL)", i, i);
		stamped(t, i, sql);
	}
	started(t, positions[0]);
	for (enum source_result r; (r = bank_ops.next(t->source, 5000, &e, &err)) != SOURCE_IDLE;)
		if (r == SOURCE_COMMIT)
			snprintf(positions[n++], BANK_POSITION_SIZE, "%s", e.position);
	assert_int_equal(n, 6);
	for (int i = 0; i < n; i++) {
		struct buffer expected = {0};

		for (int k = i + 1; k < n; k++)
			buffer_format(&expected, "begin %d\ninsert store %d,.\ninsert store %d+,.\ncommit %d\n", k, k,
				      k, 2 * k);
		started(t, positions[i]);
		assert_string_equal(told(t), buffer_text(&expected));
		buffer_done(&expected);
		for (int k = 0; k < n; k++)
			assert_int_equal(bank_ops.reached(positions[i], positions[k]), i >= k);
	}
	const char *newest;
	assert_true(bank_ops.newest(t->source, &newest, &err));
	assert_string_equal(newest, positions[n - 1]);
	assert_true(bank_ops.reached("12345@9", "12345"));
	assert_false(bank_ops.reached("12344@9", "12345"));
	assert_false(bank_ops.reached("12345@9", "twelve"));
	opened(t);
	assert_false(bank_ops.start(t->source, "7@", &err));
	assert_int_equal(err.code, ERROR_USAGE);
}

/* ---- a log that does not follow ---- */

static void refused(struct bench *t, const char *position, enum error_code code, const char *why)
{
	struct error err = {0};

	opened(t);
	assert_false(bank_ops.start(t->source, position, &err));
	assert_int_equal(err.code, code);
	if (!strstr(err.message, why))
		fail_msg("%s, not: %s", err.message, why);
	assert_true(err.hint[0] != '\0');
}

static void test_purged(void **state)
{
	struct bench *t = *state;

	must(t, "INSERT INTO store VALUES ('A', 'a', NULL), ('B', 'b', NULL), ('C', 'c', NULL)");
	started(t, "1");
	must(t, "UPDATE bank_meta SET pruned_to = 2; DELETE FROM bank_change WHERE id <= 2");
	assert_non_null(strstr(told(t), "error 64 its changes after 1 up to 2 are gone"));
	refused(t, "0@0", ERROR_PURGED, "gone");
	started(t, "2@0");
	assert_string_equal(told(t), "begin unstamped\ninsert store C,c\ncommit 3\n");
	/* Nothing left: the newest position is where the log was cut. */
	must(t, "UPDATE bank_meta SET pruned_to = 3; DELETE FROM bank_change");
	const char *newest;
	struct error err = {0};
	assert_true(bank_ops.newest(t->source, &newest, &err));
	assert_string_equal(newest, "3@0");
	started(t, "3@0");
	must(t, "DELETE FROM store WHERE store_id = 'A'");
	assert_string_equal(told(t), "begin unstamped\ndelete store A,a\ncommit 4\n");
}

static void test_restored(void **state)
{
	struct bench *t = *state;

	stamped(t, 10, "INSERT INTO store VALUES ('A', 'a', NULL)");
	stamped(t, 20, "INSERT INTO store VALUES ('B', 'b', NULL)");
	refused(t, "3@30", ERROR_FOREIGN, "it ends at change 2, before our 3");
	refused(t, "2@21", ERROR_FOREIGN, "its change 2 is not the one we know");
	started(t, "2@20");
	/* The past comes back under a running stream, and time goes on differently. */
	must(t, "DELETE FROM bank_change WHERE id = 2; UPDATE sqlite_sequence SET seq = 1 WHERE name = 'bank_change'");
	stamped(t, 25, "INSERT INTO store VALUES ('X', 'x', NULL), ('Y', 'y', NULL)");
	assert_non_null(strstr(told(t), "error 67 its change 2 is not the one we know"));
	started(t, "1@10");
	must(t, "DELETE FROM bank_change WHERE id = 2");
	assert_non_null(strstr(told(t), "error 8 its changes 2 to 2 are missing"));
}

static void test_lost_trigger(void **state)
{
	struct bench *t = *state;
	struct error err = {0};

	must(t, "INSERT INTO store VALUES ('A', 'a', NULL)");
	started(t, "1");
	assert_string_equal(told(t), "");
	must(t, "DROP TRIGGER bank_store_after_delete; DELETE FROM store");
	assert_non_null(strstr(told(t), "error 8 store: trigger bank_store_after_delete is missing"));
	refused(t, "1", ERROR_REFUSED, "bank_store_after_delete");
	/* Made again, the log is known to have a hole: whoever stood before it must read the bank anew. */
	assert_true(bank_create(t->path, &err));
	refused(t, "1", ERROR_PURGED, "gone");
	started(t, NULL);
	must(t, "INSERT INTO store VALUES ('B', 'b', NULL)");
	assert_string_equal(told(t), "begin unstamped\ninsert store B,b\ncommit 3\n");
}

static void test_moved_away(void **state)
{
	struct bench *t = *state;
	char other[140];
	struct source_event e;
	struct error err = {0};
	enum source_result r = SOURCE_IDLE;

	started(t, NULL);
	snprintf(other, sizeof other, "%s.old", t->path);
	assert_int_equal(rename(t->path, other), 0);
	for (int i = 0; i < 3 && r != SOURCE_ERROR; i++)
		r = bank_ops.next(t->source, 5000, &e, &err);
	assert_int_equal(r, SOURCE_ERROR);
	assert_int_equal(err.code, ERROR_UNREACHABLE);
	struct source_params p = {.url = t->url, .model = t->model, .stop = -1};
	assert_null(bank_ops.open(&p, &err));
	assert_int_equal(err.code, ERROR_UNREACHABLE);
	assert_non_null(strstr(err.message, "no such file"));
	assert_int_equal(rename(other, t->path), 0);
}

/* ---- waiting ---- */

static void test_waiting(void **state)
{
	struct bench *t = *state;
	struct source_event e;
	struct error err = {0};
	int64_t from;

	started(t, NULL);
	assert_string_equal(told(t), "");
	from = clock_mono();
	assert_int_equal(bank_ops.next(t->source, 30, &e, &err), SOURCE_WAIT);
	assert_true(clock_mono() - from >= 20000);
	assert_int_equal(bank_ops.next(t->source, 0, &e, &err), SOURCE_WAIT);
	/* Progress is proven every second. */
	from = clock_mono();
	assert_int_equal(bank_ops.next(t->source, 30000, &e, &err), SOURCE_IDLE);
	assert_true(clock_mono() - from < 3 * SECOND);
	assert_null(e.position);
	assert_int_equal(write(t->stop[1], "", 1), 1);
	from = clock_mono();
	assert_int_equal(bank_ops.next(t->source, 30000, &e, &err), SOURCE_WAIT);
	assert_true(clock_mono() - from < SECOND);
}

/* A bank somebody took out of WAL mode can be locked as a whole: that is waiting, not an error. */
static void test_locked(void **state)
{
	struct bench *t = *state;
	struct source_event e;
	struct error err = {0};

	must(t, "PRAGMA journal_mode = DELETE");
	started(t, NULL);
	assert_string_equal(told(t), "");
	must(t, "BEGIN EXCLUSIVE; INSERT INTO store VALUES ('A', 'a', NULL)");
	for (int i = 0; i < 3; i++)
		assert_int_equal(bank_ops.next(t->source, 10, &e, &err), SOURCE_WAIT);
	must(t, "COMMIT");
	assert_string_equal(told(t), "begin unstamped\ninsert store A,a\ncommit 1\n");
}

static void write_transactions(const char *path, int n)
{
	struct error err = {0};
	sqlite3 *db = bank_open(path, true, &err);
	char sql[512];

	for (int i = 1; db && i <= n; i++) {
		snprintf(sql, sizeof sql,
			 "BEGIN IMMEDIATE; UPDATE bank_txn SET last = last + 1, txn = last + 1, at = %d;"
			 "REPLACE INTO store VALUES ('A', '%d', NULL); INSERT INTO store VALUES ('%d', NULL, NULL);"
			 "UPDATE bank_txn SET txn = NULL, at = NULL; COMMIT%s",
			 i, i, i, i % 50 ? "" : "; PRAGMA wal_checkpoint(TRUNCATE)");
		if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
			_exit(1);
	}
	_exit(db ? 0 : 1);
}

/* While another process writes, every transaction comes whole, once and in order. */
static void test_concurrent(void **state)
{
	struct bench *t = *state;
	struct source_event e;
	struct error err = {0};
	int done = 0, changes = 0, status;
	int64_t until = clock_mono() + MINUTE;
	pid_t child;

	started(t, "0@0");
	child = fork();
	if (child == 0)
		write_transactions(t->path, 400);
	while (done < 400 && clock_mono() < until) {
		enum source_result r = bank_ops.next(t->source, 100, &e, &err);

		if (r == SOURCE_ERROR)
			fail_msg("%s", err.message);
		if (r == SOURCE_BEGIN) {
			assert_int_equal(e.commit_time, done + 1);
			changes = 0;
		}
		changes += r == SOURCE_CHANGE;
		if (r == SOURCE_COMMIT)
			assert_int_equal(changes, ++done == 1 ? 2 : 3);
	}
	assert_int_equal(done, 400);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* ---- copying ---- */

static const char composite_model[] =
	"[model]\nname = c\ntitle = C\nzone = UTC\n"
	"[entity customer]\nkind = customer\ntitle = Customer\ntable = customer_info\nkey = cif\nname = name\n"
	"column.cif = CIF | integer\ncolumn.name = Name | text\n"
	"[entity card]\nkind = detail\ntitle = Cards\ntable = card\nkey = serial, part\ncif = cif\n"
	"column.part = Part | integer\ncolumn.serial = Serial | text\ncolumn.cif = CIF | integer\n";

/* Walks an entity in chunks of `limit`; gives the keys, and checks that rows are complete. */
static const char *copied(struct bench *t, int entity, int limit)
{
	static struct buffer out;
	const struct entity *e = &t->model->entities[entity];
	struct source_chunk chunk;
	struct error err = {0};
	struct value key[2];
	char kept[2][32];
	bool first = true;

	buffer_clear(&out);
	do {
		if (!bank_ops.copy->read_chunk(t->source, entity, first ? NULL : key, limit, &chunk, &err))
			fail_msg("%s", err.message);
		first = false;
		assert_true(chunk.count <= limit);
		for (int i = 0; i < chunk.count; i++)
			for (int k = 0; k < e->key_count; k++) {
				key[k] = chunk.rows[i][e->key[k]];
				buffer_text_add(&out, k ? "/" : " ");
				value_print(&out, &e->columns[e->key[k]], key[k]);
				/* The next read takes the rows away. */
				if (key[k].kind == VALUE_TEXT) {
					snprintf(kept[k], sizeof kept[k], "%.*s", (int)key[k].len, key[k].text);
					key[k].text = kept[k];
				}
			}
		buffer_char(&out, chunk.last ? '.' : ';');
	} while (!chunk.last);
	buffer_format(&out, " %s", chunk.high);
	return buffer_text(&out);
}

static void test_copy(void **state)
{
	struct bench *t = *state;
	struct error err = {0};
	struct source_chunk chunk;
	const char *p0;
	int64_t at;

	stamped(t, 5,
		"INSERT INTO customer_info (cif, name, registered_at) VALUES (3, 'c', '2024-01-01 00:00:00'), (-1, "
		"'m', NULL),"
		" (1, 'a', NULL), (2, 'b', NULL), (9223372036854775807, 'z', NULL);"
		"INSERT INTO store VALUES ('b', NULL, NULL), ('B', NULL, NULL), ('ä', NULL, NULL), ('', NULL, NULL), "
		"('a', NULL, NULL)");
	opened(t);
	assert_true(bank_ops.copy->bound_before(t->source, &p0, &at, &err));
	assert_string_equal(p0, "10@5");
	assert_true(llabs(at - clock_now()) < MINUTE);
	assert_string_equal(copied(t, CUSTOMER, 2), " -1 1; 2 3; 9223372036854775807. 10@5");
	assert_string_equal(copied(t, CUSTOMER, 5), " -1 1 2 3 9223372036854775807;. 10@5");
	assert_string_equal(copied(t, STORE, 2), "  B; a b; ä. 10@5");
	assert_string_equal(copied(t, ASSET, 2), ". 10@5");

	/* The bound rises with what the read can have seen. */
	stamped(t, 6, "DELETE FROM customer_info WHERE cif = 2");
	struct value wanted[] = {value_integer(2), value_integer(3), value_integer(4), value_integer(1)};
	const struct value *keys[] = {&wanted[0], &wanted[1], &wanted[2], &wanted[3]};
	assert_true(bank_ops.copy->read_keys(t->source, CUSTOMER, keys, 4, &chunk, &err));
	assert_int_equal(chunk.count, 2);
	assert_int_equal(chunk.rows[0][0].integer, 3);
	assert_int_equal(chunk.rows[0][2].kind, VALUE_NULL);
	assert_int_equal(chunk.rows[0][5].len, strlen("2024-01-01 00:00:00"));
	assert_int_equal(chunk.rows[1][0].integer, 1);
	assert_string_equal(chunk.high, "11@6");
	/* A chunk is held while the stream runs on. */
	assert_true(bank_ops.start(t->source, "10@5", &err));
	must(t, "CREATE TABLE elsewhere (a)");
	assert_string_equal(told(t), "begin 6\ndelete customer 2,b,.,.,.,.\ncommit 11\n");
	assert_memory_equal(chunk.rows[0][5].text, "2024-01-01 00:00:00", 19);
}

static void test_copy_composite(void **state)
{
	struct bench *t = *state;
	struct error err = {0};
	bool repaired = false;

	must(t, "CREATE TABLE card (serial TEXT NOT NULL, part INTEGER NOT NULL, cif INTEGER, PRIMARY KEY (serial, "
		"part)) WITHOUT ROWID");
	assert_true(bank_capture(t->db, "card", &repaired, &err));
	must(t, "INSERT INTO card VALUES ('a', 1, 1), ('a', 2, 1), ('a', 10, 1), ('b', 1, 2), ('c', -3, 2)");
	model_free(t->model);
	t->model = parsed(composite_model);
	opened(t);
	assert_non_null(strstr(copied(t, 1, 1), " a/1; a/2; a/10; b/1; c/-3;. 5@"));
	assert_non_null(strstr(copied(t, 1, 2), " a/1 a/2; a/10 b/1; c/-3. 5@"));
	started(t, "0");
	assert_non_null(strstr(told(t), "insert card 10,a,1\n"));
}

/* ---- preflight ---- */

static void show_finding(void *ctx, const struct source_finding *f)
{
	buffer_format(ctx, "%s %s: %s\n", f->refuse ? "refuse" : "warn", f->object, f->detail);
	assert_non_null(f->fix);
	assert_true(strlen(f->fix) > 20);
}

static const char *findings(struct bench *t)
{
	static struct buffer out;
	struct error err = {0};

	buffer_clear(&out);
	opened(t);
	if (!bank_ops.check(t->source, show_finding, &out, &err))
		fail_msg("%s", err.message);
	return buffer_text(&out);
}

static void test_check(void **state)
{
	struct bench *t = *state;
	struct error err = {0};
	bool present[6];

	assert_string_equal(findings(t), "");
	assert_true(bank_ops.columns(t->source, CUSTOMER, present, &err));
	for (int i = 0; i < 6; i++)
		assert_int_equal(present[i], i != 2);
	/* Everything at once. */
	t->source->ops->close(t->source);
	t->source = NULL;
	must(t, "PRAGMA journal_mode = DELETE; DROP TABLE store; DROP TRIGGER bank_customer_info_before_update;"
		"ALTER TABLE customer_asset RENAME COLUMN assetvalue TO worth; ALTER TABLE customer_info ADD COLUMN "
		"nickname TEXT");
	char expected[1024];
	snprintf(expected, sizeof expected,
		 "warn %s: the bank is not in WAL mode: readers and writers wait for each other\n"
		 "refuse customer_info.nickname: changes of this column are not captured\n"
		 "refuse customer_info: trigger bank_customer_info_before_update is missing or not as it should be\n"
		 "refuse customer_asset.assetvalue: the table has no such column\n"
		 "refuse customer_asset: trigger bank_customer_asset_before_insert is missing or not as it should be\n",
		 t->path);
	if (strncmp(findings(t), expected, strlen(expected)) != 0)
		fail_msg("%s", findings(t));
	refused(t, NULL, ERROR_REFUSED, "customer_info.nickname: changes of this column are not captured (and ");
	/* Our writers mend what is theirs to mend. */
	must(t, "ALTER TABLE customer_asset RENAME COLUMN worth TO assetvalue");
	assert_true(bank_create(t->path, &err));
	assert_string_equal(findings(t), "");
	started(t, NULL);
	must(t, "INSERT INTO customer_info (cif, name, nickname) VALUES (1, 'n', 'nick')");
	assert_non_null(strstr(told(t), "insert customer 1,n,nick,.,.,.\n"));
}

static void test_check_tables(void **state)
{
	static const char odd[] =
		"[model]\nname = odd\ntitle = Odd\nzone = UTC\n"
		"[entity customer]\nkind = customer\ntitle = C\ntable = person\nkey = no\nname = name\n"
		"column.no = No. | text\ncolumn.name = Name | text\n"
		"[entity account]\nkind = detail\ntitle = A\ntable = account\nkey = id\ncif = no\n"
		"column.id = Id | integer\ncolumn.no = No. | text\ncolumn.amount = Amount | decimal(2)\n"
		"[entity loan]\nkind = detail\ntitle = L\ntable = loan\nkey = id\ncif = no\ncolumn.id = Id | "
		"integer\ncolumn.no = No. | text\n";
	struct bench *t = *state;
	struct error err = {0};
	bool repaired = false;

	model_free(t->model);
	t->model = parsed(odd);
	must(t, "CREATE TABLE person (no INTEGER PRIMARY KEY, name TEXT);"
		"CREATE TABLE account (number INTEGER PRIMARY KEY, id INTEGER, no TEXT, amount REAL)");
	assert_true(bank_capture(t->db, "account", &repaired, &err));
	assert_string_equal(
		findings(t),
		"refuse person.no: the model has a text key, the bank holds other values in it\n"
		"refuse person: its changes are not captured\n"
		"warn account.amount: the bank keeps these amounts as floating point numbers: they are not exact\n"
		"refuse account: the model's key does not tell its rows apart\n"
		"refuse loan: the bank has no such table\n");
	must(t, "DROP TABLE account; CREATE TABLE account (number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, no "
		"TEXT, amount REAL)");
	assert_true(bank_capture(t->db, "account", &repaired, &err));
	assert_null(strstr(findings(t), "tell its rows apart"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_stamped),      TEST(test_values),     TEST(test_unstamped),      TEST(test_passed_over),
		TEST(test_long),         TEST(test_positions),  TEST(test_purged),         TEST(test_restored),
		TEST(test_lost_trigger), TEST(test_moved_away), TEST(test_waiting),        TEST(test_locked),
		TEST(test_concurrent),   TEST(test_copy),       TEST(test_copy_composite), TEST(test_check),
		TEST(test_check_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
