/* Preflight of a server that is followed by its change table. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "model/model.h"
#include "source/mysql/private.h"
#include "source/mysql/triggers.h"

#define KEPT_MOST (14 * 24 * HOUR) /* of the oldest change, before somebody is told */

static const char *const table_columns[] = {"id", "at", "txn", "tbl", "shape", "op", "before_image", "after_image"};

static const char *fix(struct checking *k)
{
	return report_format(&k->report, "tellerdesk capture-sql | mariadb %s", k->m->url.database);
}

/* ---- the table ---- */

static bool has_column(struct mysql_rows *r, const char *name)
{
	mysql_rows_rewind(r);
	while (mysql_rows_next(r))
		if (r->cells[0] && strcasecmp(r->cells[0], name) == 0)
			return true;
	return false;
}

/* False: err, or there is none to look at. */
static bool check_table(struct checking *k, bool *there, struct error *err)
{
	struct mysql *m = k->m;
	struct buffer sql = {0}, missing = {0};
	struct mysql_rows r;

	buffer_text_add(&sql, "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_NAME = '" CAPTURE_TABLE "' AND TABLE_SCHEMA = ");
	mysql_literal(m->control, &sql, m->url.database, strlen(m->url.database));
	bool ok = mysql_client_rows(m->control, buffer_text(&sql), &r, err);
	*there = ok && r.count > 0;
	if (ok && !*there)
		report_tell(&k->report, true, CAPTURE_TABLE, fix(k),
			    "database %s has no such table, or it may not be read", m->url.database);
	for (size_t i = 0; *there && i < sizeof table_columns / sizeof *table_columns; i++)
		if (!has_column(&r, table_columns[i]))
			buffer_format(&missing, "%s%s", missing.len ? ", " : "", table_columns[i]);
	if (missing.len) {
		report_tell(&k->report, true, CAPTURE_TABLE, report_format(&k->report, N_("DROP TABLE %s; then %s"), CAPTURE_TABLE, fix(k)),
			    "it lacks %s", buffer_text(&missing));
		*there = false;
	}
	mysql_rows_done(&r);
	buffer_done(&sql);
	buffer_done(&missing);
	return ok;
}

/* The kind of read that tells a number in flight from one rolled back, of one that never is. */
static void check_reads(struct checking *k)
{
	struct mysql *m = k->m;
	const struct mysql_server *s = mysql_client_server(m->control);
	struct buffer sql = {0};
	struct mysql_rows r = {0};
	struct error err = {0};

	buffer_text_add(&sql, "SELECT `id` FROM ");
	mysql_identifier(&sql, m->url.database);
	buffer_format(&sql, "." CAPTURE_TABLE " WHERE `id` = 0 %s",
		      s->mariadb ? "LOCK IN SHARE MODE NOWAIT" : s->version >= 80001 ? "FOR SHARE NOWAIT" : "LOCK IN SHARE MODE");
	if (!mysql_client_rows(m->control, buffer_text(&sql), &r, &err))
		report_tell(&k->report, true, CAPTURE_TABLE,
			    report_format(&k->report, N_("GRANT SELECT ON %s.%s TO %s; MySQL before 8.0.22 also wants LOCK TABLES"), m->url.database, CAPTURE_TABLE, k->account),
			    "it may not be read with a lock: %s", err.message);
	mysql_rows_done(&r);
	buffer_done(&sql);
}

static void check_age(struct checking *k)
{
	struct mysql *m = k->m;
	struct buffer sql = {0};
	struct error ignored = {0};

	buffer_text_add(&sql, "SELECT TIMESTAMPDIFF(MICROSECOND, `at`, UTC_TIMESTAMP(6)) FROM ");
	mysql_identifier(&sql, m->url.database);
	buffer_text_add(&sql, "." CAPTURE_TABLE " ORDER BY `id` LIMIT 1");
	char *age = mysql_client_cell(m->control, buffer_text(&sql), &ignored);
	if (!age && !ignored.code)
		report_tell(&k->report, true, CAPTURE_TABLE, fix(k),
			    "it is empty: pruning leaves the newest row, so somebody emptied it");
	else if (age && strtoll(age, NULL, 10) > KEPT_MOST)
		report_tell(&k->report, false, CAPTURE_TABLE, N_("SET GLOBAL event_scheduler = ON; the event is part of tellerdesk capture-sql"),
			    "its oldest change is %lld days old: nobody prunes it", strtoll(age, NULL, 10) / (24 * HOUR));
	free(age);
	buffer_done(&sql);
}

/* ---- the triggers ---- */

struct question { const char *table, *name, *shape; };

static void add_question(struct mysql *m, const struct question *q, struct buffer *sql)
{
	mysql_identifier(sql, m->url.database);
	buffer_text_add(sql, "." CAPTURE_FUNCTION "(");
	mysql_literal(m->control, sql, q->table, strlen(q->table));
	buffer_text_add(sql, ", ");
	mysql_literal(m->control, sql, q->name, strlen(q->name));
	buffer_format(sql, ", '%s')", q->shape);
}

struct missing { void (*found)(void *ctx, const struct question *q); void *ctx; };

static int questions(const struct capture_set *set, struct arena *a, struct question **out)
{
	int count = 0;

	*out = arena_zero(a, (size_t)(set->table_count * CAPTURE_OPS + set->watch_count + 1), sizeof **out);
	for (int i = 0; i < set->table_count + set->watch_count; i++) {
		const struct capture_watch *w = i < set->table_count ? NULL : &set->watches[i - set->table_count];
		const struct capture_table *t = w ? NULL : &set->tables[i];
		for (int op = 0; w ? op < 1 : t->name && op < CAPTURE_OPS; op++) {
			struct buffer name = {0};
			if (w)
				capture_watch_name(&name, w->parent);
			else
				capture_trigger_name(&name, t->name, (enum capture_op)op);
			(*out)[count++] = (struct question){w ? w->parent : t->name, arena_text(a, buffer_text(&name)), w ? w->shape : t->shape};
			buffer_done(&name);
		}
	}
	return count;
}

static bool ask_triggers(struct mysql *m, const struct missing *out, struct error *err)
{
	struct question *q;
	struct buffer sql = {0};
	struct mysql_rows r;
	struct arena a;

	arena_init(&a);
	int count = questions(triggers_set(m), &a, &q);
	buffer_text_add(&sql, "SELECT 1");
	for (int i = 0; i < count; i++) {
		buffer_text_add(&sql, ", ");
		add_question(m, &q[i], &sql);
	}
	bool ok = mysql_client_rows(m->control, buffer_text(&sql), &r, err) && mysql_rows_next(&r);
	for (int i = 0; ok && i < count; i++)
		if (!r.cells[i + 1] || strcmp(r.cells[i + 1], "0") == 0)
			out->found(out->ctx, &q[i]);
	mysql_rows_done(&r);
	buffer_done(&sql);
	arena_done(&a);
	return ok;
}

static void tell_missing(void *ctx, const struct question *q)
{
	struct checking *k = ctx;

	report_tell(&k->report, true, report_text(&k->report, q->name), fix(k),
		    "table %s has no such trigger, or one that notes other columns than the model has", q->table);
}

static void check_triggers(struct checking *k)
{
	struct missing out = {tell_missing, k};
	struct error err = {0};

	if (!ask_triggers(k->m, &out, &err))
		report_tell(&k->report, true, CAPTURE_FUNCTION, fix(k),
			    "whether the triggers are there cannot be asked: %s", err.message);
}

struct verifying { char table[65]; int count; };

static void count_missing(void *ctx, const struct question *q)
{
	struct verifying *v = ctx;

	if (v->count++ == 0)
		snprintf(v->table, sizeof v->table, "%s", q->table);
}

/* They go when a table is swapped for another one. */
bool triggers_verify(struct mysql *m, struct error *err)
{
	struct mysql_triggers *t = m->triggers;
	struct verifying v = {0};
	struct missing out = {count_missing, &v};

	if (t->verified == m->shape_at)
		return true;
	if (!ask_triggers(m, &out, err))
		return false;
	if (v.count) {
		error_set(err, ERROR_REFUSED, "could not follow server %s: table %s lost its triggers, or they note other columns than the model has",
			  mysql_client_name(m->control), v.table);
		return error_hint(err, "tellerdesk capture-sql | mariadb %s; then tellerdesk resync", m->url.database);
	}
	t->verified = m->shape_at;
	return true;
}

/* ---- the server ---- */

/* What is in flight can be seen on the server that writes, and on no other. */
static bool check_writer(struct checking *k, struct error *err)
{
	struct mysql_rows r;

	if (!mysql_client_rows(k->m->control,
			       "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('auto_increment_increment', 'wsrep_on', 'read_only', 'binlog_format')", &r, err))
		return false;
	while (mysql_rows_next(&r)) {
		const char *name = r.cells[0], *value = r.cells[1] ? r.cells[1] : "";
		if (strcasecmp(name, "auto_increment_increment") == 0 && strcmp(value, "1") != 0)
			report_tell(&k->report, true, name, N_("follow a server that is the only one written to, or its log"),
				    "it is %s: several servers number their changes", value);
		if (strcasecmp(name, "wsrep_on") == 0 && strcasecmp(value, "ON") == 0)
			report_tell(&k->report, true, name, N_("follow the log: capture=log"),
				    "it is ON: what is in flight on another node cannot be seen here");
		if (strcasecmp(name, "read_only") == 0 && strcasecmp(value, "OFF") != 0)
			report_tell(&k->report, false, name, N_("name the server that the bank writes to"),
				    "it is %s: changes that come from another server are refused", value);
		if (strcasecmp(name, "binlog_format") == 0 && strcasecmp(value, "STATEMENT") == 0)
			report_tell(&k->report, false, name, "SET GLOBAL binlog_format = 'MIXED', or ROW",
				    "it is STATEMENT: the server warns of each statement that fires our triggers");
	}
	mysql_rows_done(&r);
	return true;
}

bool triggers_check(struct checking *k, struct error *err)
{
	bool there;

	if (!check_writer(k, err) || !check_table(k, &there, err))
		return false;
	if (there) {
		check_reads(k);
		check_age(k);
	}
	check_triggers(k);
	report_tell(&k->report, false, "TRUNCATE", N_("tellerdesk check --against-source finds it, tellerdesk resync mends it"),
		    "no trigger tells of it, nor of dropped partitions");
	return true;
}
