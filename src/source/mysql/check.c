/* Preflight: everything that keeps a server from being followed exactly, at once, each with what mends it.
 *
 *     server      log, format, images, retention, filters, ids
 *     tables      missing ones, columns, keys, engines, views, character sets
 *     holes       foreign keys whose work nobody can see
 *     account     privileges, tried rather than read; encryption; clocks
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "binlog/charset.h"
#include "binlog/table.h"
#include "model/model.h"
#include "source/mysql/feed.h"
#include "source/mysql/private.h"
#include "source/mysql/triggers.h"
#include "source/sql/report.h"
#include "source/sql/table.h"

#define SKEW_MOST   (5 * SECOND)
#define RETAIN_LEAST (3 * 24 * 3600) /* seconds: a long weekend */

/* ---- the server ---- */

/* NULL: this server does not know it. */
static const char *variable(struct checking *k, const char *name)
{
	mysql_rows_rewind(&k->variables);
	while (mysql_rows_next(&k->variables))
		if (strcasecmp(k->variables.cells[0], name) == 0)
			return k->variables.cells[1];
	return NULL;
}

static bool is_on(const char *value)
{
	return value && (strcasecmp(value, "ON") == 0 || strcmp(value, "1") == 0);
}

static void check_log(struct checking *k)
{
	const char *format = variable(k, "binlog_format"), *image = variable(k, "binlog_row_image"), *metadata = variable(k, "binlog_row_metadata");
	const char *values = variable(k, "binlog_row_value_options"), *id = variable(k, "server_id");

	if (!is_on(variable(k, "log_bin")))
		report_tell(&k->report, true, "log_bin", N_("write log_bin under [mysqld] in the server's configuration and restart it"),
			    "the server keeps no binary log");
	if (format && strcasecmp(format, "ROW") != 0)
		report_tell(&k->report, true, "binlog_format", "SET GLOBAL binlog_format = 'ROW'",
			    "it is %s: statements tell no rows (set it in the server's configuration too; sessions keep the old one until they connect again)", format);
	if (image && strcasecmp(image, "FULL") != 0)
		report_tell(&k->report, false, "binlog_row_image", "SET GLOBAL binlog_row_image = 'FULL'",
			    "it is %s: while a table is copied, rows that change begin their history at the change", image);
	if (metadata && strcasecmp(metadata, "FULL") != 0)
		report_tell(&k->report, false, "binlog_row_metadata", "SET GLOBAL binlog_row_metadata = 'FULL'",
			    "it is %s: after an ALTER TABLE that was not followed at once the table must be read anew", metadata);
	if (values && *values)
		report_tell(&k->report, true, "binlog_row_value_options", "SET GLOBAL binlog_row_value_options = ''",
			    "it is %s: documents are logged in parts", values);
	if (id && strcmp(id, "0") == 0)
		report_tell(&k->report, true, "server_id", "SET GLOBAL server_id = 1",
			    "it is 0: such a server gives its log to nobody (any number will do that no other server has)");
	if (id && k->m->server_id && strtoul(id, NULL, 10) == k->m->server_id)
		report_tell(&k->report, true, "server_id", N_("remove mysql-replica-id in the state folder"),
			    "the server has the number we have drawn for ourselves");
}

static void check_retention(struct checking *k)
{
	int64_t kept = mysql_log_kept(variable(k, "binlog_expire_logs_seconds"), variable(k, "expire_logs_days"), variable(k, "binlog_expire_logs_auto_purge"));

	if (kept > 0 && kept < RETAIN_LEAST)
		report_tell(&k->report, false, "binlog_expire_logs_seconds",
			    variable(k, "binlog_expire_logs_seconds") ? "SET GLOBAL binlog_expire_logs_seconds = 604800" : "SET GLOBAL expire_logs_days = 7",
			    "logs are kept %.1f hours: after a longer absence the tables are read anew, with a gap", (double)kept / 3600);
}

static void check_numbers(struct checking *k)
{
	const struct mysql_server *s = mysql_client_server(k->m->control);
	const char *storage = variable(k, "binlog_storage_engine");

	if (s->mariadb ? s->version < 100300 : s->version < 50600)
		report_tell(&k->report, true, "version", N_("upgrade it, or follow a newer replica of it"),
			    "%s is older than MySQL 5.6 and MariaDB 10.3", s->version_text);
	if (!s->mariadb && !k->m->gtid_mode)
		report_tell(&k->report, false, "gtid_mode", N_("SET GLOBAL enforce_gtid_consistency = ON; then gtid_mode = ON, step by step as the manual has it"),
			    "transactions are not numbered: a resync beside the running stream waits for the next log file (FLUSH BINARY LOGS)");
	if (s->mariadb && !is_on(variable(k, "gtid_strict_mode")))
		report_tell(&k->report, false, "gtid_strict_mode", "SET GLOBAL gtid_strict_mode = ON",
			    "it is off: a log that diverged is found out later than it could be");
	if (storage && strcasecmp(storage, "innodb") == 0)
		report_tell(&k->report, false, "binlog_storage_engine", N_("leave it empty until this was tried"),
			    "logs kept in InnoDB were never tried with this version");
}

static bool named_in(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		p += strspn(p, " ");
		if (strncasecmp(p, name, n) == 0 && (p[n] == ',' || p[n] == '\0' || p[n] == ' '))
			return true;
	}
	return false;
}

/* SHOW MASTER STATUS also tells what is left out of the log. */
static void check_filters(struct checking *k)
{
	const struct mysql_server *s = mysql_client_server(k->m->control);
	struct mysql_rows r;
	struct error err = {0};

	if (mysql_client_rows(k->m->control, !s->mariadb && s->version >= 80200 ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS", &r, &err)) {
		const char *only = mysql_rows_next(&r) ? mysql_rows_named(&r, "Binlog_Do_DB") : NULL, *never = only ? mysql_rows_named(&r, "Binlog_Ignore_DB") : NULL;
		if (only && *only && !named_in(only, k->m->url.database))
			report_tell(&k->report, true, "binlog_do_db", N_("take the filter out of the server's configuration and restart it"),
				    "only %s is logged", only);
		if (never && named_in(never, k->m->url.database))
			report_tell(&k->report, true, "binlog_ignore_db", N_("take the filter out of the server's configuration and restart it"),
				    "%s is not logged", k->m->url.database);
	} else {
		const char *grant = !s->mariadb || s->version < 100500 ? "REPLICATION CLIENT" : "BINLOG MONITOR";
		report_tell(&k->report, true, "privileges", report_format(&k->report, "GRANT %s ON *.* TO %s", grant, k->account),
			    "the end of the log may not be asked for: %s", err.message);
	}
	mysql_rows_done(&r);
}

/* A replica that does not log what it was sent has nothing for us. Who may not look is not told. */
static void check_upstream(struct checking *k)
{
	const struct mysql_server *s = mysql_client_server(k->m->control);
	const char *logs = variable(k, "log_slave_updates") ? variable(k, "log_slave_updates") : variable(k, "log_replica_updates");
	struct mysql_rows r;
	struct error ignored = {0};

	if (!is_on(logs) &&
	    mysql_client_rows(k->m->control, !s->mariadb && s->version >= 80022 ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS", &r, &ignored)) {
		if (r.count > 0)
			report_tell(&k->report, true, "log_slave_updates", N_("write log_slave_updates in the replica's configuration and restart it"),
				    "the server is a replica that does not log what it receives");
		mysql_rows_done(&r);
	}
}

static bool check_server(struct checking *k, struct error *err)
{
	if (!mysql_client_rows(k->m->control,
			       "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', 'binlog_row_image', 'binlog_row_metadata', "
			       "'binlog_row_value_options', 'server_id', 'binlog_expire_logs_seconds', 'expire_logs_days', 'binlog_expire_logs_auto_purge', 'gtid_strict_mode', "
			       "'log_slave_updates', 'log_replica_updates', 'binlog_storage_engine')",
			       &k->variables, err))
		return false;
	const char *log = variable(k, "log_bin");
	k->log_bin = report_text(&k->report, log ? log : "");
	const char *image = variable(k, "binlog_row_image");
	k->full_images = !image || strcasecmp(image, "FULL") == 0;
	check_log(k);
	check_retention(k);
	check_numbers(k);
	check_upstream(k);
	mysql_rows_done(&k->variables);
	check_filters(k);
	return true;
}

/* ---- tables ---- */

/* Types whose order is not that of their values, or that have no exact values to ask for again. */
static bool can_be_key(const struct mysql_column *c)
{
	switch (c->cell.type) {
	case COL_FLOAT:
	case COL_DOUBLE:
	case COL_ENUM:
	case COL_SET:
	case COL_JSON:
	case COL_GEOMETRY:
	case COL_BLOB:
	case COL_VECTOR:
		return false;
	default:
		return true;
	}
}

static void check_columns(struct checking *k, const struct entity *e, const struct mysql_table *t)
{
	for (int i = 0; i < e->column_count; i++) {
		const struct mysql_column *c = t->base.place[i] >= 0 ? &t->columns[t->base.place[i]] : NULL;
		if (!c)
			continue;
		const char *object = report_format(&k->report, "%s.%s", e->table, e->columns[i].name);
		if (c->charset && !charset_named(c->charset))
			report_tell(&k->report, true, object, report_format(&k->report, "ALTER TABLE %s MODIFY %s ... CHARACTER SET utf8mb4", e->table, c->name),
				    "its character set %s is not known", c->charset);
		if (c->is_virtual && !k->full_images)
			report_tell(&k->report, true, object, "SET GLOBAL binlog_row_image = 'FULL'",
				    "it is generated, and partial row images may leave it out when it changes");
		if (e->columns[i].key >= 0 && c->cell.type == COL_LONGLONG && c->cell.is_unsigned && e->columns[i].type == COLUMN_INTEGER)
			report_tell(&k->report, false, object,
				    report_format(&k->report, N_("column.%s = ... | text, in the model, before the replica is built"), e->columns[i].as),
				    "its numbers may pass 9223372036854775807, which the model's integer cannot hold; such a row is refused");
		if (e->columns[i].key >= 0 && !can_be_key(c))
			report_tell(&k->report, true, object, N_("choose another unique key in the model"),
				    "a key of type %s cannot be read in order", c->data_type);
	}
}

static void check_table(struct checking *k, int entity)
{
	const struct entity *e = &k->m->base.model->entities[entity];
	const struct mysql_table *t = &k->m->shape.tables[entity];

	const char *grant = report_format(&k->report, "GRANT SELECT ON %s.%s TO %s", k->m->url.database, e->table, k->account);

	if (!sql_check_table(&k->report, e, &t->base, k->m->url.database, grant))
		return;
	check_columns(k, e, t);
	if (!t->transactional)
		/* Its rows are there at once, those of the change table at the commit, or never. */
		report_tell(&k->report, k->m->triggers != NULL, e->table, report_format(&k->report, "ALTER TABLE %s ENGINE = InnoDB", e->table),
			    "engine %s knows no transactions: %s", t->engine,
			    k->m->triggers ? N_("what triggers note of it and what it holds come apart") : N_("a crash may leave it apart from its log"));
	if (t->versioned)
		report_tell(&k->report, false, e->table, N_("nothing is to be done"),
			    "it is system-versioned: its current rows are followed, its own history is not copied");
	if (t->partitioned)
		report_tell(&k->report, false, e->table, N_("nothing is to be done"),
			    "it has partitions: dropping, truncating or exchanging one has the table read anew");
}

static void check_tables(struct checking *k)
{
	for (int i = 0; i < k->m->base.model->entity_count; i++)
		check_table(k, i);
}

/* ---- holes ---- */

/* The replica compares texts by their bytes, the server as the collation has it. */
static void check_text_keys(struct checking *k, const struct cascade *c)
{
	const struct mysql_table *t = &k->m->shape.tables[c->child];

	for (int i = 0; i < c->column_count; i++) {
		const struct mysql_column *column = &t->columns[t->base.place[c->child_columns[i]]];
		if (column->charset)
			report_tell(&k->report, false, report_format(&k->report, "%s.%s", t->base.name, column->name),
				    N_("nothing is to be done where both sides are written alike"),
				    "a foreign key of text: a child that is written otherwise than its parent (A for a) is not found when the parent changes");
	}
}

static void check_foreign(struct checking *k)
{
	const struct mysql_shape *s = &k->m->shape;

	for (int i = 0; i < s->cascades.count; i++)
		check_text_keys(k, &s->cascades.list[i]);

	for (int i = 0; i < s->hidden_count; i++) {
		const struct mysql_hidden *h = &s->hidden[i];
		const char *object = report_format(&k->report, "%s.%s", h->child, h->name);
		/* A trigger of another database would be none of ours to look after. */
		if (h->watched && !(k->m->triggers && strcasecmp(h->parent_schema, k->m->url.database) != 0))
			report_tell(&k->report, false, object,
				    report_format(&k->report, N_("add %s to the model as an entity to have such changes followed row by row"), h->parent),
				    "when a key of %s.%s changes, rows of %s change with it and nothing says so: the table is then read again", h->parent_schema,
				    h->parent, h->child);
		else if (!h->parent_modelled)
			report_tell(&k->report, true, object, report_format(&k->report, N_("add %s to the model as an entity, or make the key RESTRICT"), h->parent),
				    "rows of %s change with those of %s.%s, which is not in the model, and nothing says so", h->child, h->parent_schema, h->parent);
		else
			report_tell(&k->report, true, object, N_("add the columns of the key to the model, or make the key RESTRICT"),
				    "rows of %s change with those of %s by columns that are not in the model, and nothing says so", h->child, h->parent);
	}
}

/* ---- the account ---- */

static void check_select(struct checking *k)
{
	struct buffer sql = {0};

	for (int i = 0; i < k->m->base.model->entity_count; i++) {
		const struct mysql_table *t = &k->m->shape.tables[i];
		struct mysql_rows r;
		struct error err = {0};
		if (!t->base.name)
			continue;
		buffer_clear(&sql);
		buffer_text_add(&sql, "SELECT 1 FROM ");
		mysql_identifier(&sql, k->m->url.database);
		buffer_char(&sql, '.');
		mysql_identifier(&sql, t->base.name);
		buffer_text_add(&sql, " LIMIT 0");
		if (!mysql_client_rows(k->m->control, buffer_text(&sql), &r, &err))
			report_tell(&k->report, true, t->base.name,
				    report_format(&k->report, "GRANT SELECT ON %s.%s TO %s", k->m->url.database, t->base.name, k->account),
				    "it may not be read: %s", err.message);
		mysql_rows_done(&r);
	}
	buffer_done(&sql);
}

/* The log is asked for, from its end on and no further. */
static void check_dump(struct checking *k)
{
	struct mysql *m = k->m;
	struct error err = {0};
	struct mysql_position p;
	struct mysql_client *c;

	if (!mysql_know_self(m, &err))
		return; /* nothing of the server's */
	/* Who may not ask for the end of the log may still be let in, or not: from the first file on. */
	bool known = mysql_log_end(m, &m->newest, &err) && mysql_position_parse(buffer_text(&m->newest), &p);
	if (!known)
		p = (struct mysql_position){.file = "", .pos = 4};
	error_clear(&err);
	c = mysql_connect(m, &err);
	char *file = memory_text_n(p.file, p.file_len);
	struct feed_start start = {.file = file, .pos = p.pos, .server_id = m->server_id, .uuid = m->uuid, .heartbeat = MYSQL_HEARTBEAT};
	struct feed *f = c ? feed_server(c, &start, &err) : NULL;
	const uint8_t *event;
	size_t n;
	if (c && (!f || f->ops->read(f, 3000, m->base.stop, &event, &n, &err) == FEED_FAILED) && is_on(k->log_bin))
		report_tell(&k->report, true, "privileges", report_format(&k->report, "GRANT REPLICATION SLAVE ON *.* TO %s", k->account),
			    "the log may not be read: %s", err.message);
	if (f)
		f->ops->close(f);
	free(file);
}

static void check_way(struct checking *k)
{
	const struct mysql_server *s = mysql_client_server(k->m->control);
	int64_t skew = k->m->offset < 0 ? -k->m->offset : k->m->offset;

	if (!*s->cipher && !s->local)
		report_tell(&k->report, false, "TLS", report_format(&k->report, "ALTER USER %s REQUIRE SSL", k->account),
			    "the connection is not encrypted (ssl-mode=verify-identity in the URL asks for it from here)");
	if (skew > SKEW_MOST)
		report_tell(&k->report, false, "clock", N_("let both machines follow a time server"),
			    k->m->offset < 0 ? N_("the server's clock is %.1f s behind ours; ages are told by the server's")
					     : N_("the server's clock is %.1f s ahead of ours; ages are told by the server's"),
			    (double)skew / (double)SECOND);
}

/* ---- all of it ---- */

static bool check_all(struct checking *k, bool try_log, struct error *err)
{
	char *account = mysql_client_cell(k->m->control, "SELECT CONCAT(QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1)), '@', "
							"QUOTE(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)))", err);
	if (!account)
		return false;
	k->account = report_text(&k->report, account);
	free(account);
	if ((!k->m->triggers && !check_server(k, err)) || !mysql_shape_refresh(k->m, err))
		return false;
	check_tables(k);
	check_foreign(k);
	check_select(k);
	if (k->m->triggers && !triggers_check(k, err))
		return false;
	if (try_log && !k->m->triggers)
		check_dump(k);
	check_way(k);
	return true;
}

static bool check_run(struct mysql *m, const struct report *to, bool try_log, struct error *err)
{
	/* Triggers see whole rows. */
	struct checking k = {.m = m, .report = {.found = to->found, .ctx = to->ctx}, .full_images = m->triggers != NULL};

	report_init(&k.report);
	bool ok = check_all(&k, try_log, err);
	mysql_rows_done(&k.variables);
	report_done(&k.report);
	return ok;
}

bool mysql_check(struct source *s, void (*found)(void *ctx, const struct source_finding *f), void *ctx, struct error *err)
{
	struct mysql *m = (struct mysql *)s;

	m->shape_stale = true;
	return check_run(m, &(struct report){.found = found, .ctx = ctx}, true, err);
}

bool mysql_require(struct mysql *m, struct error *err)
{
	struct error first = {0};
	struct report_required r = {.server = mysql_client_name(m->control), .first = &first};

	return check_run(m, &(struct report){.found = report_require, .ctx = &r}, false, err) && report_required(&r, err);
}
