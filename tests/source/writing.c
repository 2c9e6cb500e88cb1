#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "writing.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "source/bank_schema.h"

const struct person writing_budi = {
	.cif = 17,
	.name = "Budi O'Santoso \\ \xe5\x8f\xb7",
	.gender = "M",
	.birthdate = "1980-02-03",
	.address = "Jalan Merdeka 17",
	.city = "Bandung",
	.country = "ID",
	.email = "",
	.phone = "+62 812 3456",
	.store_id = "BDG01",
	.registered_at = 1700000000123456,
	.changed_by = "t7",
};

struct writer *writing_opened(const char *url)
{
	struct error err = {0};
	struct writer *w = writer_open(url, &err);

	if (!w)
		fail_msg("%s", err.message);
	return w;
}

void writing_put(struct writer *w, enum writer_op op, enum writer_table table, const void *row)
{
	struct error err = {0};

	if (!w->ops->put(w, op, table, row, &err))
		fail_msg("%s", err.message);
}

void writing_begun(struct fill *f, const char *url, uint64_t seed)
{
	struct error err = {0};

	if (!fill_open(f, &(struct fill_params){.url = url, .seed = seed, .seed_given = true, .stop = {-1, -1}}, &err))
		fail_msg("%s", err.message);
}

void writing_customers(struct fill *f, int64_t count, int64_t batch)
{
	struct error err = {0};

	if (!fill_customers(f, &(struct fill_load){.customers = count, .batch = batch, .days = 90}, &err))
		fail_msg("%s", err.message);
}

void writing_events(struct fill *f, int count)
{
	struct error err = {0};

	generator_live(f->generator, WRITING_NOW, SECOND);
	for (int i = 0; i < count; i++)
		if (!fill_event(f, &err))
			fail_msg("%s", err.message);
}

static const char *bank_rows(const char *path, const char *sql)
{
	static struct buffer out;
	struct error err = {0};
	sqlite3 *db = bank_open(path, false, &err);
	sqlite3_stmt *stmt;

	buffer_clear(&out);
	assert_non_null(db);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const char *cell = (const char *)sqlite3_column_text(stmt, i);

			buffer_format(&out, "%s%s", cell ? cell : "NULL",
				      i + 1 < sqlite3_column_count(stmt) ? "|" : "\n");
		}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return buffer_text(&out);
}

void writing_same_as_bank(const char *path, const char *table, const char *there)
{
	char *here = memory_format("SELECT * FROM %s ORDER BY 1", table);
	const char *a = bank_rows(path, here), *b = there;

	assert_true(strlen(a) > 0);
	for (int line = 1; *a || *b; line++) {
		size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");

		if (n != m || memcmp(a, b, n) != 0)
			fail_msg("%s, line %d: the bank has\n%.*s\nthe server\n%.*s", table, line, (int)n, a, (int)m,
				 b);
		a += n + (a[n] != 0);
		b += m + (b[m] != 0);
	}
	free(here);
}
