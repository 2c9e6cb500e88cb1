#include "config.h"

#include "bench/look.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "bench/db.h"
#include "model/model.h"

void look_open(struct look *l, const struct bench *b)
{
	struct error err = {0};
	*l = (struct look){.query = query_open(b->replica, &err)};
	bench_must(l->query != NULL, &err);
	l->db = db_open_read(b->replica);
	l->statements[l->statement_count++] = db_prepare(l->db, "BEGIN");
	for (int i = 0; i < b->model->entity_count; i++) {
		const struct entity *e = &b->model->entities[i];
		struct buffer columns = {0};
		if (e->cif < 0)
			continue;
		db_columns(e, &columns);
		l->statements[l->statement_count++] =
			db_preparef(l->db, "SELECT %s, _version, _valid_from FROM \"%w\" WHERE \"%w\" = ?1",
				    buffer_text(&columns), e->name, e->columns[e->cif].as);
		buffer_done(&columns);
	}
	l->statements[l->statement_count++] = db_prepare(l->db, "COMMIT");
}

void look_close(struct look *l)
{
	answer_done(&l->answer.base);
	query_close(l->query);
	for (int i = 0; i < l->statement_count; i++)
		sqlite3_finalize(l->statements[i]);
	sqlite3_close(l->db);
	samples_done(&l->ours);
	samples_done(&l->bare);
}

static void look_ours(struct look *l, int64_t cif)
{
	struct error err = {0};
	char text[24];
	snprintf(text, sizeof text, "%" PRId64, cif);
	int64_t start = bench_ns();
	bool ok = query_lookup(l->query, text, TIME_NONE, &l->answer, &err);
	samples_add(&l->ours, (double)(bench_ns() - start) / 1e3);
	bench_must(ok, &err);
	if (!l->answer.customer)
		bench_fail("customer %s was not found", text);
}

/* Every value is read, as whoever shows it must. */
static int64_t read_values(sqlite3_stmt *s)
{
	int64_t bytes = 0;
	for (int i = sqlite3_column_count(s) - 1; i >= 0; i--)
		if (sqlite3_column_type(s, i) == SQLITE_INTEGER)
			bytes += sqlite3_column_int64(s, i) != 0;
		else if (sqlite3_column_text(s, i))
			bytes += sqlite3_column_bytes(s, i);
	return bytes;
}

static void look_bare(struct look *l, int64_t cif)
{
	int64_t start = bench_ns(), bytes = 0;
	for (int i = 0; i < l->statement_count; i++) {
		sqlite3_stmt *s = l->statements[i];
		int rc;
		if (sqlite3_bind_parameter_count(s))
			sqlite3_bind_int64(s, 1, cif);
		while ((rc = sqlite3_step(s)) == SQLITE_ROW)
			bytes += read_values(s);
		l->busy += rc == SQLITE_BUSY;
		sqlite3_reset(s);
	}
	samples_add(&l->bare, (double)(bench_ns() - start) / 1e3);
	if (!bytes)
		bench_fail("customer %" PRId64 " was not found", cif);
}

void look_pair(struct look *l, int64_t first, int64_t second)
{
	if (l->ours.count % 2) {
		look_ours(l, first);
		look_bare(l, second);
	} else {
		look_bare(l, first);
		look_ours(l, second);
	}
}
