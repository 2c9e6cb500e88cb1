/* Rows by key, in pieces: the statements, how many rows, another try, and what is asked ahead; the server is one that writes down
 * what it is asked. */
#include "config.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "model/model.h"
#include "source/source.h"
#include "source/sql/chunk.h"
#include "source/sql/table.h"

static const char model_text[] = "[model]\nname = s\ntitle = S\nzone = UTC\n"
				 "[entity customer]\nkind = customer\ntitle = C\ntable = clients\nkey = cif\nname = name\noptional = email\n"
				 "column.name = N | text\ncolumn.cif = C | integer\ncolumn.email = E | text\n"
				 "[entity account]\nkind = detail\ntitle = A\ntable = accounts\nkey = cif, branch, number\ncif = cif\n"
				 "column.number = N | integer\ncolumn.cif = C | integer\ncolumn.branch = B | text\n";

enum { CUSTOMER, ACCOUNT, ENTITIES, COLUMNS = 3 };

struct fake {
	struct chunk_server server;
	struct model *model;
	struct arena arena;
	struct sql_table tables[ENTITIES];
	struct chunk_reader *reader;
	struct buffer told;          /* all that was asked, a line each */
	const char *answer;          /* rows "a,b,c;a,b,c": ~ is NULL; as many as LIMIT allows */
	const char *rest;            /* of it */
	size_t width;                /* bytes a cell is said to have; 0: its own */
	char cells[COLUMNS][64];
	const char *row[COLUMNS];
	size_t lens[COLUMNS];
	int failures;                /* of the statements that come */
	void (*meanwhile)(struct fake *f); /* the table becomes another; NULL: it stays */
	bool begin_fails, high_fails;
	const char *filter;
	int reads;
	char high[32];
};

static struct fake fake;
static struct error err;

/* ---- the server ---- */

static const struct sql_table *fake_table(void *ctx, int entity)
{
	return &((struct fake *)ctx)->tables[entity];
}

static const char *name_of(struct fake *f, int entity, int column)
{
	return f->model->entities[entity].columns[column].name;
}

static void fake_select(void *ctx, int entity, int column, struct buffer *sql)
{
	buffer_format(sql, "text(%s)", name_of(ctx, entity, column));
}

static void fake_from(void *ctx, int entity, struct buffer *sql)
{
	buffer_format(sql, "bank.%s", ((struct fake *)ctx)->tables[entity].name);
}

static void fake_identifier(void *ctx, int entity, int column, struct buffer *sql)
{
	buffer_text_add(sql, name_of(ctx, entity, column));
}

static void fake_literal(void *ctx, int entity, int column, struct value v, struct buffer *sql)
{
	(void)ctx;
	(void)entity;
	(void)column;
	if (v.kind == VALUE_INTEGER)
		buffer_format(sql, "%" PRId64, v.integer);
	else
		buffer_format(sql, "'%.*s'", (int)v.len, v.text);
}

static void fake_filter(void *ctx, int entity, struct buffer *sql)
{
	struct fake *f = ctx;

	if (f->filter && entity == CUSTOMER)
		buffer_text_add(sql, f->filter);
}

static bool fake_begin(void *ctx, struct error *e)
{
	struct fake *f = ctx;

	buffer_text_add(&f->told, "begin\n");
	return !f->begin_fails || error_set(e, ERROR_UNREACHABLE, "no begin");
}

static bool fake_rows(void *ctx, const char *sql, struct error *e)
{
	struct fake *f = ctx;

	buffer_format(&f->told, "rows %s\n", sql);
	if (f->failures) {
		f->failures--;
		error_set(e, ERROR_REFUSED, "no rows");
		return error_hint(e, "none");
	}
	f->rest = f->answer;
	return true;
}

static bool fake_next(void *ctx, const char *const **cells, const size_t **lens)
{
	struct fake *f = ctx;

	if (!f->rest || !*f->rest)
		return false;
	for (int i = 0; *f->rest && (i == 0 || f->rest[-1] != ';'); i++) {
		size_t n = strcspn(f->rest, ",;");
		assert_in_range(i, 0, COLUMNS - 1);
		memcpy(f->cells[i], f->rest, n);
		f->cells[i][n] = '\0';
		f->row[i] = strcmp(f->cells[i], "~") == 0 ? NULL : f->cells[i];
		f->lens[i] = f->width ? f->width : f->row[i] ? n : 0;
		f->rest += n + (f->rest[n] != '\0');
	}
	*cells = f->row;
	*lens = f->lens;
	return true;
}

static void fake_forget(void *ctx)
{
	struct fake *f = ctx;

	buffer_text_add(&f->told, "forget\n");
	f->rest = NULL;
}

static void fake_ahead(void *ctx, const char *sql)
{
	buffer_format(&((struct fake *)ctx)->told, "ahead %s\n", sql);
}

static struct value fake_value(void *ctx, int entity, int column, const char *text, size_t n, struct arena *a)
{
	struct fake *f = ctx;

	if (f->model->entities[entity].columns[column].type == COLUMN_INTEGER)
		return value_integer(strtoll(text, NULL, 10));
	return value_text(arena_copy(a, text, f->width ? strlen(text) : n), f->width ? strlen(text) : n);
}

static bool fake_high(void *ctx, const char **high, struct error *e)
{
	struct fake *f = ctx;

	buffer_text_add(&f->told, "high\n");
	snprintf(f->high, sizeof f->high, "H%d", ++f->reads);
	*high = f->high;
	return !f->high_fails || error_set(e, ERROR_UNREACHABLE, "no high");
}

static bool fake_changed(void *ctx)
{
	struct fake *f = ctx;

	buffer_text_add(&f->told, f->meanwhile ? "changed\n" : "same\n");
	if (f->meanwhile)
		f->meanwhile(f);
	return f->meanwhile != NULL;
}

static int setup(void **state)
{
	struct buffer errors = {0};

	(void)state;
	fake = (struct fake){
		.server = {
			.table = fake_table, .select = fake_select, .from = fake_from, .identifier = fake_identifier, .literal = fake_literal,
			.filter = fake_filter, .rows = fake_rows, .next = fake_next, .forget = fake_forget, .value = fake_value,
			.high = fake_high, .changed = fake_changed,
		},
		.answer = "",
	};
	error_clear(&err);
	fake.model = model_parse(model_text, "s", &errors);
	assert_string_equal(buffer_text(&errors), "");
	buffer_done(&errors);
	arena_init(&fake.arena);
	for (int i = 0; i < ENTITIES; i++) {
		sql_table_init(&fake.tables[i], &fake.model->entities[i], &fake.arena);
		fake.tables[i].name = fake.model->entities[i].table;
		for (int k = 0; k < COLUMNS; k++)
			fake.tables[i].place[k] = k;
	}
	fake.reader = chunk_reader_new(&fake.server, &fake, fake.model);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	chunk_reader_free(fake.reader);
	buffer_done(&fake.told);
	arena_done(&fake.arena);
	model_free(fake.model);
	return 0;
}

/* ---- asking ---- */

static struct value customer_key[COLUMNS], account_key[COLUMNS];

static const struct value *customer(int64_t cif)
{
	customer_key[entity_column(&fake.model->entities[CUSTOMER], "cif")] = value_integer(cif);
	return customer_key;
}

static const struct value *account(int64_t cif, const char *branch, int64_t number)
{
	const struct entity *e = &fake.model->entities[ACCOUNT];

	account_key[entity_column(e, "cif")] = value_integer(cif);
	account_key[entity_column(e, "branch")] = value_text(branch, strlen(branch));
	account_key[entity_column(e, "number")] = value_integer(number);
	return account_key;
}

/* What was asked meanwhile, without what is forgotten before each. */
static const char *told(void)
{
	static char text[65536];
	const char *from = buffer_text(&fake.told);
	size_t n = 0;

	while (*from) {
		size_t line = strcspn(from, "\n") + 1;
		if (strncmp(from, "forget\n", 7) != 0) {
			assert_true(n + line < sizeof text);
			memcpy(text + n, from, line);
			n += line;
		}
		from += line;
	}
	text[n] = '\0';
	buffer_clear(&fake.told);
	return text;
}

static struct source_chunk chunk;

static const char *asked(int entity, const struct value *after, int limit)
{
	buffer_clear(&fake.told);
	assert_true(chunk_read(fake.reader, entity, after, limit, &chunk, &err));
	return told();
}

static const char *asked_keys(int entity, const struct value *const *keys, int count)
{
	buffer_clear(&fake.told);
	assert_true(chunk_read_keys(fake.reader, entity, keys, count, &chunk, &err));
	return told();
}

/* How many rows are asked for. */
static int asked_rows(int limit)
{
	const char *text = strstr(asked(CUSTOMER, NULL, limit), "LIMIT ");

	assert_non_null(text);
	return atoi(text + 6);
}

/* ---- statements ---- */

#define CLIENTS  "SELECT text(name), text(cif), text(email) FROM bank.clients"
#define ACCOUNTS "SELECT text(number), text(cif), text(branch) FROM bank.accounts"

static void asks_by_one_column(void **state)
{
	(void)state;
	assert_string_equal(asked(CUSTOMER, NULL, 10), "rows " CLIENTS " ORDER BY cif LIMIT 10\nhigh\n");
	assert_string_equal(asked(CUSTOMER, customer(-7), 10), "rows " CLIENTS " WHERE cif > -7 ORDER BY cif LIMIT 10\nhigh\n");
	/* Rows are not compared where there is only one column. */
	fake.server.compares_rows = true;
	assert_string_equal(asked(CUSTOMER, customer(4711), 1), "rows " CLIENTS " WHERE cif > 4711 ORDER BY cif LIMIT 1\nhigh\n");
}

static void asks_by_several_columns(void **state)
{
	(void)state;
	assert_string_equal(asked(ACCOUNT, NULL, 10), "rows " ACCOUNTS " ORDER BY cif, branch, number LIMIT 10\nhigh\n");
	assert_string_equal(asked(ACCOUNT, account(1, "b", 3), 10),
			    "rows " ACCOUNTS " WHERE cif >= 1 AND ((cif > 1) OR (cif = 1 AND branch > 'b') OR (cif = 1 AND branch = 'b' AND number > 3)) "
			    "ORDER BY cif, branch, number LIMIT 10\nhigh\n");
	fake.server.compares_rows = true;
	assert_string_equal(asked(ACCOUNT, account(1, "b", 3), 10),
			    "rows " ACCOUNTS " WHERE (cif, branch, number) > (1, 'b', 3) ORDER BY cif, branch, number LIMIT 10\nhigh\n");
}

static void asks_for_keys(void **state)
{
	struct value first[COLUMNS], second[COLUMNS];
	const struct value *keys[] = {first, second};

	(void)state;
	memcpy(first, customer(1), sizeof first);
	memcpy(second, customer(2), sizeof second);
	assert_string_equal(asked_keys(CUSTOMER, keys, 1), "rows " CLIENTS " WHERE (cif = 1)\nhigh\n");
	assert_string_equal(asked_keys(CUSTOMER, keys, 2), "rows " CLIENTS " WHERE (cif = 1) OR (cif = 2)\nhigh\n");
	assert_true(chunk.last);
	memcpy(first, account(1, "a", 2), sizeof first);
	memcpy(second, account(3, "c", 4), sizeof second);
	assert_string_equal(asked_keys(ACCOUNT, keys, 2),
			    "rows " ACCOUNTS " WHERE (cif = 1 AND branch = 'a' AND number = 2) OR (cif = 3 AND branch = 'c' AND number = 4)\nhigh\n");
	/* Nothing to ask for: but a position that covers it. */
	assert_string_equal(asked_keys(CUSTOMER, keys, 0), "high\n");
	assert_int_equal(chunk.count, 0);
}

static void keeps_to_the_filter(void **state)
{
	const struct value *keys[] = {customer_key, customer_key};

	(void)state;
	fake.filter = "live OR old";
	assert_string_equal(asked(CUSTOMER, NULL, 10), "rows " CLIENTS " WHERE (live OR old) ORDER BY cif LIMIT 10\nhigh\n");
	assert_string_equal(asked(CUSTOMER, customer(7), 10), "rows " CLIENTS " WHERE (live OR old) AND cif > 7 ORDER BY cif LIMIT 10\nhigh\n");
	assert_string_equal(asked_keys(CUSTOMER, keys, 2), "rows " CLIENTS " WHERE (live OR old) AND ((cif = 7) OR (cif = 7))\nhigh\n");
	/* Of another table: nothing is appended. */
	assert_string_equal(asked(ACCOUNT, NULL, 10), "rows " ACCOUNTS " ORDER BY cif, branch, number LIMIT 10\nhigh\n");
	fake.server.filter = NULL;
	assert_string_equal(asked(CUSTOMER, customer(7), 10), "rows " CLIENTS " WHERE cif > 7 ORDER BY cif LIMIT 10\nhigh\n");
}

/* ---- rows ---- */

static void gives_rows(void **state)
{
	(void)state;
	fake.answer = "Ann,1,a@b;Bob,2,~;,3,c";
	asked(CUSTOMER, NULL, 10);
	assert_int_equal(chunk.count, 3);
	assert_true(chunk.last);
	assert_string_equal(chunk.high, "H1");
	assert_int_equal(chunk.rows[0][0].kind, VALUE_TEXT);
	assert_memory_equal(chunk.rows[0][0].text, "Ann", 3);
	assert_int_equal(chunk.rows[0][1].integer, 1);
	assert_memory_equal(chunk.rows[0][2].text, "a@b", 3);
	assert_int_equal(chunk.rows[1][1].integer, 2);
	assert_int_equal(chunk.rows[1][2].kind, VALUE_NULL);
	assert_int_equal(chunk.rows[2][0].kind, VALUE_TEXT);
	assert_int_equal(chunk.rows[2][0].len, 0);
	/* As many as were asked for: there may be more. */
	asked(CUSTOMER, NULL, 3);
	assert_int_equal(chunk.count, 3);
	assert_false(chunk.last);
	assert_string_equal(chunk.high, "H2");
}

static void gives_what_columns_there_are(void **state)
{
	(void)state;
	fake.tables[CUSTOMER].place[0] = -1;
	fake.answer = "1,a;2,b";
	assert_string_equal(asked(CUSTOMER, NULL, 10), "rows SELECT text(cif), text(email) FROM bank.clients ORDER BY cif LIMIT 10\nhigh\n");
	assert_int_equal(chunk.count, 2);
	assert_int_equal(chunk.rows[1][0].kind, VALUE_NULL);
	assert_int_equal(chunk.rows[1][1].integer, 2);
	assert_memory_equal(chunk.rows[1][2].text, "b", 1);
}

/* More than any first guess of how many there will be. */
static void gives_many_rows(void **state)
{
	enum { MANY = 5000 };
	struct buffer rows = {0};

	(void)state;
	for (int i = 0; i < MANY; i++)
		buffer_format(&rows, "%sn%d,%d,e", i ? ";" : "", i, i);
	fake.answer = buffer_text(&rows);
	asked(CUSTOMER, NULL, 2 * MANY);
	assert_int_equal(chunk.count, MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(chunk.rows[i][1].integer, i);
	buffer_done(&rows);
}

static void takes_what_is_not_there_for_empty(void **state)
{
	const struct value *keys[] = {customer(1)};

	(void)state;
	fake.server.begin = fake_begin;
	fake.tables[CUSTOMER].place[1] = -1;
	assert_string_equal(asked(CUSTOMER, NULL, 10), "begin\nhigh\n");
	assert_int_equal(chunk.count, 0);
	assert_true(chunk.last);
	assert_string_equal(chunk.high, "H1");
	fake.tables[CUSTOMER] = (struct sql_table){0};
	assert_string_equal(asked(CUSTOMER, customer(1), 10), "begin\nhigh\n");
	assert_string_equal(asked_keys(CUSTOMER, keys, 1), "begin\nhigh\n");
	assert_int_equal(chunk.count, 0);
	assert_string_equal(chunk.high, "H3");
}

/* ---- how many ---- */

static void fits_rows_to_bytes(void **state)
{
	(void)state;
	/* Nothing is known, what the catalogue says, and never more than was asked for. */
	assert_int_equal(asked_rows(100000), 500);
	assert_int_equal(asked_rows(20), 20);
	fake.tables[CUSTOMER].row_bytes = 4096;
	assert_int_equal(asked_rows(100000), 1025);
	assert_int_equal(asked_rows(1000), 1000);
	fake.tables[CUSTOMER].row_bytes = 0;
	assert_int_equal(asked_rows(100000), 500);

	/* What the last chunk held says more than the catalogue: 3 cells of 20000 bytes a row, 4 MiB a chunk. */
	fake.tables[CUSTOMER].row_bytes = 4096;
	fake.answer = "a,1,b;a,2,b";
	fake.width = 20000;
	asked(CUSTOMER, NULL, 100000);
	assert_int_equal(asked_rows(100000), (4 << 20) / 60001 + 1);
	/* Narrow ones again. */
	fake.width = 10;
	asked(CUSTOMER, NULL, 100000);
	assert_int_equal(asked_rows(1000000), (4 << 20) / 31 + 1);
	/* A row larger than a chunk is one. */
	fake.width = 3 << 20;
	asked(CUSTOMER, NULL, 100000);
	assert_int_equal(asked_rows(100000), 1);
	/* Of another table nothing is known by that; an empty chunk says nothing. */
	fake.answer = "";
	asked(CUSTOMER, NULL, 100000);
	assert_int_equal(asked_rows(100000), 1);
	assert_non_null(strstr(asked(ACCOUNT, NULL, 100000), "LIMIT 500"));
}

/* ---- another try ---- */

static void drop_email(struct fake *f)
{
	f->tables[CUSTOMER].place[2] = -1;
}

static void drop_table(struct fake *f)
{
	f->tables[CUSTOMER] = (struct sql_table){0};
}

static void stay(struct fake *f)
{
	(void)f;
}

static void tries_again(void **state)
{
	(void)state;
	fake.failures = 1;
	fake.meanwhile = drop_email;
	fake.answer = "Ann,1";
	assert_string_equal(asked(CUSTOMER, NULL, 10), "rows " CLIENTS " ORDER BY cif LIMIT 10\nchanged\n"
						       "rows SELECT text(name), text(cif) FROM bank.clients ORDER BY cif LIMIT 10\nhigh\n");
	assert_int_equal(chunk.count, 1);
	assert_int_equal(err.code, ERROR_NONE);
	assert_string_equal(err.message, "");
	assert_string_equal(err.hint, "");

	fake.failures = 1;
	fake.meanwhile = drop_table;
	assert_string_equal(asked(CUSTOMER, NULL, 10), "rows SELECT text(name), text(cif) FROM bank.clients ORDER BY cif LIMIT 10\nchanged\nhigh\n");
	assert_int_equal(chunk.count, 0);
}

static void tries_keys_again(void **state)
{
	const struct value *keys[] = {customer(1)};

	(void)state;
	fake.failures = 1;
	fake.meanwhile = drop_email;
	assert_string_equal(asked_keys(CUSTOMER, keys, 1), "rows " CLIENTS " WHERE (cif = 1)\nchanged\n"
							   "rows SELECT text(name), text(cif) FROM bank.clients WHERE (cif = 1)\nhigh\n");
	assert_int_equal(err.code, ERROR_NONE);
}

static int statements(void)
{
	int count = 0;

	for (const char *p = told(); (p = strstr(p, "rows ")) != NULL; p++)
		count++;
	return count;
}

static void gives_up(void **state)
{
	const struct value *keys[] = {customer(1)};

	(void)state;
	/* The table is what it was: the error stands. */
	fake.failures = 100;
	assert_false(chunk_read(fake.reader, CUSTOMER, NULL, 10, &chunk, &err));
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_string_equal(err.message, "no rows");
	assert_string_equal(told(), "rows " CLIENTS " ORDER BY cif LIMIT 10\nsame\n");
	assert_false(chunk_read_keys(fake.reader, CUSTOMER, keys, 1, &chunk, NULL));
	assert_string_equal(told(), "rows " CLIENTS " WHERE (cif = 1)\nsame\n");
	/* One that never comes to rest. */
	fake.meanwhile = stay;
	error_clear(&err);
	assert_false(chunk_read(fake.reader, CUSTOMER, NULL, 10, &chunk, &err));
	assert_string_equal(err.message, "no rows");
	assert_int_equal(statements(), 4);
	assert_false(chunk_read_keys(fake.reader, CUSTOMER, keys, 1, &chunk, &err));
	assert_int_equal(statements(), 4);
}

static void brackets_the_read(void **state)
{
	(void)state;
	fake.server.begin = fake_begin;
	assert_string_equal(asked(CUSTOMER, NULL, 10), "begin\nrows " CLIENTS " ORDER BY cif LIMIT 10\nhigh\n");
	fake.high_fails = true;
	assert_false(chunk_read(fake.reader, CUSTOMER, NULL, 10, &chunk, &err));
	assert_string_equal(err.message, "no high");
	fake.begin_fails = true;
	buffer_clear(&fake.told);
	assert_false(chunk_read(fake.reader, CUSTOMER, NULL, 10, &chunk, &err));
	assert_string_equal(err.message, "no begin");
	assert_string_equal(told(), "begin\nsame\n");
}

/* ---- ahead ---- */

static void asks_ahead(void **state)
{
	(void)state;
	fake.server.ahead = fake_ahead;
	fake.answer = "Ann,1,x;Bob,2,x";
	/* After the position is known; and it is to the letter what comes next. */
	assert_string_equal(asked(CUSTOMER, NULL, 2), "rows " CLIENTS " ORDER BY cif LIMIT 2\nhigh\n"
						      "ahead " CLIENTS " WHERE cif > 2 ORDER BY cif LIMIT 2\n");
	fake.answer = "Cid,3,x";
	assert_string_equal(asked(CUSTOMER, customer(2), 2), "rows " CLIENTS " WHERE cif > 2 ORDER BY cif LIMIT 2\nhigh\n");
	/* How many follows from the chunk that was read. */
	fake.answer = "Ann,1,x;Bob,2,x";
	fake.width = 800000;
	assert_non_null(strstr(asked(CUSTOMER, NULL, 2), "ahead " CLIENTS " WHERE cif > 2 ORDER BY cif LIMIT 2\n"));
	fake.width = 3000000;
	assert_non_null(strstr(asked(CUSTOMER, NULL, 2), "ahead " CLIENTS " WHERE cif > 2 ORDER BY cif LIMIT 1\n"));
	fake.high_fails = true;
	buffer_clear(&fake.told);
	fake.answer = "Ann,1,x";
	assert_false(chunk_read(fake.reader, CUSTOMER, NULL, 1, &chunk, &err));
	assert_null(strstr(told(), "ahead"));
}

/* The last answer is kept as long as its values are, and no longer. */
static void forgets(void **state)
{
	(void)state;
	fake.answer = "Ann,1,x";
	buffer_clear(&fake.told);
	assert_true(chunk_read(fake.reader, CUSTOMER, NULL, 10, &chunk, &err));
	assert_string_equal(buffer_text(&fake.told), "forget\nrows " CLIENTS " ORDER BY cif LIMIT 10\nhigh\n");
	buffer_clear(&fake.told);
	assert_true(chunk_read_keys(fake.reader, CUSTOMER, NULL, 0, &chunk, &err));
	assert_string_equal(buffer_text(&fake.told), "forget\nhigh\n");
	buffer_clear(&fake.told);
	chunk_reader_free(fake.reader);
	fake.reader = NULL;
	assert_string_equal(buffer_text(&fake.told), "forget\n");
	chunk_reader_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(asks_by_one_column, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_by_several_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_for_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_to_the_filter, setup, teardown),
		cmocka_unit_test_setup_teardown(gives_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(gives_what_columns_there_are, setup, teardown),
		cmocka_unit_test_setup_teardown(gives_many_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(takes_what_is_not_there_for_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(fits_rows_to_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(tries_again, setup, teardown),
		cmocka_unit_test_setup_teardown(tries_keys_again, setup, teardown),
		cmocka_unit_test_setup_teardown(gives_up, setup, teardown),
		cmocka_unit_test_setup_teardown(brackets_the_read, setup, teardown),
		cmocka_unit_test_setup_teardown(asks_ahead, setup, teardown),
		cmocka_unit_test_setup_teardown(forgets, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
