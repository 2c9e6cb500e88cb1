#include "config.h"

#include "bench/raw_copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "bench/bench.h"
#include "bench/db.h"
#include "model/model.h"

static void sql_fold(sqlite3_context *c, int count, sqlite3_value **list)
{
	struct buffer out = {0};
	(void)count;
	const char *text = (const char *)sqlite3_value_text(list[0]);
	if (text)
		text_fold(&out, text, (size_t)sqlite3_value_bytes(list[0]));
	sqlite3_result_text(c, buffer_text(&out), (int)out.len, SQLITE_TRANSIENT);
	buffer_done(&out);
}

void raw_copy_fold(sqlite3 *db)
{
	if (sqlite3_create_function(db, "fold", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, sql_fold, NULL, NULL) !=
	    SQLITE_OK)
		bench_fail("could not add a function: %s", sqlite3_errmsg(db));
}

static void create_table(sqlite3 *db, const struct entity *e)
{
	struct buffer sql = {0};
	for (int i = 0; i < e->column_count; i++)
		buffer_format(&sql, "%s\"%s\" %s", i ? ", " : "", e->columns[i].name,
			      e->columns[i].type == COLUMN_INTEGER ? "INTEGER" : "TEXT");
	db_execf(db, "CREATE TABLE \"%w\" (%s, PRIMARY KEY (\"%w\"))", e->table, buffer_text(&sql),
		 e->columns[e->key[0]].name);
	buffer_done(&sql);
}

static void copy_table(sqlite3 *from, sqlite3 *to, const struct entity *e)
{
	struct buffer columns = {0}, places = {0};
	db_columns(e, &columns);
	db_places(&places, e->column_count);
	sqlite3_stmt *read = db_preparef(from, "SELECT %s FROM \"%w\" ORDER BY \"%w\"", buffer_text(&columns), e->table,
					 e->columns[e->key[0]].name);
	sqlite3_stmt *write = db_preparef(to, "INSERT INTO \"%w\" VALUES (%s)", e->table, buffer_text(&places));
	db_exec(to, "BEGIN");
	for (int64_t n = 1; db_row(read); n++) {
		for (int i = 0; i < e->column_count; i++)
			sqlite3_bind_value(write, i + 1, sqlite3_column_value(read, i));
		db_run(write);
		if (n % 5000 == 0)
			db_exec(to, "COMMIT; BEGIN");
	}
	db_exec(to, "COMMIT");
	sqlite3_finalize(read);
	sqlite3_finalize(write);
	buffer_done(&columns);
	buffer_done(&places);
}

void raw_copy(const struct model *m, const char *bank, const char *to)
{
	unlink(to);
	sqlite3 *from = db_open_read(bank), *out = db_open(to);
	for (int i = 0; i < m->entity_count; i++) {
		const struct entity *e = &m->entities[i];
		create_table(out, e);
		copy_table(from, out, e);
		if (e->cif >= 0 && e->cif != e->key[0])
			db_execf(out, "CREATE INDEX \"%w_cif\" ON \"%w\" (\"%w\")", e->table, e->table,
				 e->columns[e->cif].name);
	}
	sqlite3_close(from);
	sqlite3_close(out);
}

void raw_copy_search(const char *path)
{
	sqlite3 *db = db_open(path);
	raw_copy_fold(db);
	db_exec(db,
		"CREATE INDEX by_name ON customer_info (fold(name)); CREATE INDEX by_email ON customer_info (email); "
		"CREATE INDEX by_phone ON customer_info (phone)");
	sqlite3_close(db);
}

static void print_value(FILE *out, sqlite3_stmt *s, int i)
{
	if (sqlite3_column_type(s, i) == SQLITE_NULL) {
		fputs("NULL", out);
		return;
	}
	bool quoted = sqlite3_column_type(s, i) == SQLITE_TEXT;
	if (quoted)
		putc_unlocked('\'', out);
	for (const char *p = (const char *)sqlite3_column_text(s, i); *p; p++) {
		if (*p == '\'')
			putc_unlocked('\'', out);
		putc_unlocked(*p, out);
	}
	if (quoted)
		putc_unlocked('\'', out);
}

void raw_copy_print(const struct model *m, const char *bank)
{
	sqlite3 *db = db_open_read(bank);
	FILE *out = fopen("/dev/null", "we");
	if (!out)
		bench_fail("could not open /dev/null");
	for (int t = 0; t < m->entity_count; t++) {
		const struct entity *e = &m->entities[t];
		sqlite3_stmt *s = db_preparef(db, "SELECT * FROM \"%w\"", e->table);
		int n = sqlite3_column_count(s);
		while (db_row(s)) {
			fprintf(out, "INSERT INTO \"%s\" VALUES(", e->table);
			for (int i = 0; i < n; i++) {
				if (i)
					putc_unlocked(',', out);
				print_value(out, s, i);
			}
			fputs(");\n", out);
		}
		sqlite3_finalize(s);
	}
	fclose(out);
	sqlite3_close(db);
}
