#include "config.h"

#include "source/mysql/triggers_sql.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "binlog/table.h"
#include "model/model.h"
#include "source/mysql/client.h"
#include "source/mysql/shape.h"

#define NAME_LONGEST 64 /* of an identifier */

/* ---- what is captured ---- */

static char column_code(const struct mysql_column *c)
{
	bool is_long = strcmp(c->data_type, "mediumtext") == 0 || strcmp(c->data_type, "longtext") == 0 ||
		       strcmp(c->data_type, "mediumblob") == 0 || strcmp(c->data_type, "longblob") == 0;

	switch (c->cell.type) {
	case COL_TINY:
	case COL_SHORT:
	case COL_INT24:
	case COL_LONG:
	case COL_LONGLONG:
	case COL_NEWDECIMAL:
	case COL_DOUBLE:
	case COL_DATE:
	case COL_TIME2:
	case COL_DATETIME2:
	case COL_YEAR:
		return 'n';
	case COL_FLOAT:
		return 'f';
	case COL_TIMESTAMP2:
		return 't';
	case COL_BIT:
		return 'i';
	case COL_GEOMETRY:
	case COL_VECTOR:
		return 'B';
	case COL_JSON:
		return 'X';
	default:
		break;
	}
	if (c->charset || c->cell.form != CELL_PLAIN || c->cell.type == COL_NULL)
		return is_long ? 'X' : 'x';
	return is_long ? 'B' : 'b';
}

static void hash_text(const char *text, size_t n, char out[17])
{
	uint8_t digest[crypto_generichash_BYTES_MIN];

	crypto_generichash(digest, sizeof digest, (const uint8_t *)text, n, NULL, 0);
	sodium_bin2hex(out, 17, digest, 8);
}

void capture_table_make(struct arena *a, const struct mysql_table *t, const struct entity *e, struct capture_table *out)
{
	struct buffer told = {0};

	*out = (struct capture_table){.name = t->base.name, .columns = arena_zero(a, (size_t)e->column_count, sizeof *out->columns)};
	if (!t->base.name)
		return;
	buffer_text_add(&told, t->base.name);
	for (int i = 0; i < e->column_count; i++) {
		if (t->base.place[i] < 0)
			continue;
		const struct mysql_column *c = &t->columns[t->base.place[i]];
		out->columns[out->count] = (struct capture_column){c->name, column_code(c), i, e->columns[i].key >= 0, c->on_update};
		buffer_format(&told, "\n%s %c%s", c->name, out->columns[out->count].code, c->on_update ? " u" : "");
		out->count++;
	}
	hash_text(buffer_text(&told), told.len, out->shape);
	buffer_done(&told);
}

/* Of another database a trigger would be none of ours to look after: the preflight refuses such a key. */
static void watch_add(struct arena *a, struct capture_set *out, struct capture_watch *watches, int most, const struct mysql_hidden *h)
{
	struct capture_watch *w = NULL;

	for (int i = 0; i < out->watch_count && !w; i++)
		if (strcasecmp(watches[i].parent, h->parent) == 0)
			w = &watches[i];
	if (!w) {
		w = &watches[out->watch_count++];
		*w = (struct capture_watch){.parent = h->parent, .keys = arena_zero(a, (size_t)most, sizeof *w->keys)};
	}
	w->keys[w->count++] = h;
}

static void watch_shape(struct capture_watch *w)
{
	struct buffer told = {0};

	buffer_text_add(&told, w->parent);
	for (int i = 0; i < w->count; i++) {
		buffer_format(&told, "\n%s", w->keys[i]->child);
		for (int c = 0; c < w->keys[i]->column_count; c++)
			buffer_format(&told, " %s", w->keys[i]->parent_columns[c]);
	}
	hash_text(buffer_text(&told), told.len, w->shape);
	buffer_done(&told);
}

void capture_set_make(struct arena *a, const struct mysql_shape *shape, struct capture_set *out)
{
	const struct model *model = shape->target.model;
	struct capture_table *tables = arena_zero(a, (size_t)model->entity_count, sizeof *tables);
	struct capture_watch *watches = arena_zero(a, (size_t)shape->hidden_count + 1, sizeof *watches);

	*out = (struct capture_set){tables, model->entity_count, watches, 0};
	for (int i = 0; i < model->entity_count; i++)
		capture_table_make(a, &shape->tables[i], &model->entities[i], &tables[i]);
	for (int i = 0; i < shape->hidden_count; i++)
		if (shape->hidden[i].watched && strcasecmp(shape->hidden[i].parent_schema, shape->target.database) == 0)
			watch_add(a, out, watches, shape->hidden_count, &shape->hidden[i]);
	for (int i = 0; i < out->watch_count; i++)
		watch_shape(&watches[i]);
}

/* ---- triggers ---- */

static const char *const op_words[CAPTURE_OPS] = {"insert", "update", "delete"};

static void trigger_name(struct buffer *out, const char *word, const char *table)
{
	char hash[17];

	if (strlen(table) + sizeof "tellerdesk_insert_" - 1 > NAME_LONGEST) {
		hash_text(table, strlen(table), hash);
		table = hash;
	}
	buffer_format(out, "tellerdesk_%s_%s", word, table);
}

void capture_trigger_name(struct buffer *out, const char *table, enum capture_op op)
{
	trigger_name(out, op_words[op], table);
}

void capture_watch_name(struct buffer *out, const char *parent)
{
	trigger_name(out, "watch", parent);
}

static void add_name(struct buffer *out, const struct capture_site *site, const char *name)
{
	mysql_identifier(out, site->database);
	buffer_char(out, '.');
	mysql_identifier(out, name);
}

static void add_text(struct buffer *out, const char *text)
{
	buffer_char(out, '\'');
	for (; *text; text++)
		buffer_format(out, *text == '\'' || *text == '\\' ? "%c%c" : "%c", *text, *text);
	buffer_char(out, '\'');
}

static void add_cell(struct buffer *out, const char *row, const struct capture_column *c)
{
	struct buffer name = {0};

	buffer_format(&name, "%s.", row);
	mysql_identifier(&name, c->name);
	const char *n = buffer_text(&name);
	buffer_format(out, "IF(%s IS NULL, 'N', ", n);
	switch (c->code) {
	case 'f':
		buffer_format(out, "CAST(%s + 0e0 AS CHAR)", n);
		break;
	case 't': /* of a zero date it is 0 or NULL, as the server has it */
		buffer_format(out, "IFNULL(UNIX_TIMESTAMP(%s), 0)", n);
		break;
	case 'i':
	case 'b':
		buffer_format(out, "HEX(%s)", n);
		break;
	case 'B':
		buffer_format(out, "IF(LENGTH(%s) > %d, NULL, HEX(%s))", n, CAPTURE_LONGEST, n);
		break;
	case 'x':
		buffer_format(out, "HEX(CONVERT(%s USING utf8mb4))", n);
		break;
	case 'X':
		buffer_format(out, "IF(LENGTH(%s) > %d, NULL, HEX(CONVERT(%s USING utf8mb4)))", n, CAPTURE_LONGEST, n);
		break;
	default:
		buffer_format(out, "CAST(%s AS CHAR)", n);
		break;
	}
	buffer_char(out, ')');
	buffer_done(&name);
}

static void add_pairs(struct buffer *out, const struct capture_table *t, bool keys, const char *left, const char *op)
{
	bool any = false;

	for (int i = 0; i < t->count; i++) {
		if (keys ? !t->columns[i].key : t->columns[i].on_update)
			continue;
		buffer_format(out, "%s%s.", any ? " AND " : "", left);
		mysql_identifier(out, t->columns[i].name);
		buffer_format(out, " %s NEW.", op);
		mysql_identifier(out, t->columns[i].name);
		any = true;
	}
}

/* An update that changes nothing leaves the row as it is, its time too; MariaDB shows the trigger a time it has not written. Where nothing
 * else tells whether it did, the row is asked. */
static void add_time(struct buffer *out, const struct capture_site *site, const struct capture_table *t, const struct capture_column *c)
{
	buffer_text_add(out, "IF(");
	add_pairs(out, t, false, "OLD", "<=>");
	buffer_text_add(out, ",\n        (SELECT ");
	add_cell(out, "now", c);
	buffer_text_add(out, " FROM ");
	add_name(out, site, t->name);
	buffer_text_add(out, " AS now WHERE ");
	add_pairs(out, t, true, "now", "=");
	buffer_text_add(out, "),\n        ");
	add_cell(out, "NEW", c);
	buffer_char(out, ')');
}

/* NULL as soon as one cell is: what could not be told whole is not told in part. */
static void add_image(struct buffer *out, const struct capture_site *site, const struct capture_table *t, enum capture_op op, const char *row)
{
	bool after_update = op == CAPTURE_UPDATE && strcmp(row, "NEW") == 0;

	buffer_text_add(out, "CONCAT(");
	for (int i = 0; i < t->count; i++) {
		buffer_text_add(out, i ? ", ',',\n      " : "");
		if (after_update && site->mariadb && t->columns[i].on_update)
			add_time(out, site, t, &t->columns[i]);
		else
			add_cell(out, row, &t->columns[i]);
	}
	buffer_char(out, ')');
}

/* Who wrote it, on which server, in which transaction. MariaDB's @@last_gtid is that of the session's transaction before, so it stays
 * the same within one and changes from one to the next; where it does not (no binary log) two are taken for one. */
static void add_txn(struct buffer *out, const struct capture_site *site)
{
	buffer_format(out, "CONCAT(@@server_id, '-', CONNECTION_ID(), '/'%s)", site->mariadb ? ", @@last_gtid" : "");
}

static void add_trigger_name(struct buffer *out, const struct capture_site *site, const char *table, enum capture_op op)
{
	struct buffer name = {0};

	capture_trigger_name(&name, table, op);
	add_name(out, site, buffer_text(&name));
	buffer_done(&name);
}

void capture_trigger(struct buffer *out, const struct capture_site *site, const struct capture_table *t, enum capture_op op)
{
	static const char *const events[CAPTURE_OPS] = {"INSERT", "UPDATE", "DELETE"};
	static const char letters[CAPTURE_OPS] = {'i', 'u', 'd'};

	/* MariaDB puts a new one in the place of the old at once. */
	buffer_format(out, "CREATE %sTRIGGER ", site->mariadb ? "OR REPLACE " : "");
	add_trigger_name(out, site, t->name, op);
	buffer_format(out, " AFTER %s ON ", events[op]);
	add_name(out, site, t->name);
	buffer_text_add(out, " FOR EACH ROW\n  INSERT INTO ");
	add_name(out, site, CAPTURE_TABLE);
	buffer_format(out, " (`at`, `txn`, `tbl`, `shape`, `op`%s%s)\n  VALUES (UTC_TIMESTAMP(6), ", op != CAPTURE_INSERT ? ", `before_image`" : "",
		      op != CAPTURE_DELETE ? ", `after_image`" : "");
	add_txn(out, site);
	buffer_text_add(out, ", ");
	add_text(out, t->name);
	buffer_format(out, ", '%s', IF(@@foreign_key_checks, '%c', '%c')", t->shape, letters[op], letters[op] - 'a' + 'A');
	if (op != CAPTURE_INSERT) {
		buffer_text_add(out, ",\n    ");
		add_image(out, site, t, op, "OLD");
	}
	if (op != CAPTURE_DELETE) {
		buffer_text_add(out, ",\n    ");
		add_image(out, site, t, op, "NEW");
	}
	buffer_text_add(out, ");\n");
}

static void add_watch_name(struct buffer *out, const struct capture_site *site, const struct capture_watch *w)
{
	struct buffer name = {0};

	capture_watch_name(&name, w->parent);
	add_name(out, site, buffer_text(&name));
	buffer_done(&name);
}

static void add_watch_key(struct buffer *out, const struct capture_site *site, const struct capture_watch *w, const struct mysql_hidden *h)
{
	buffer_text_add(out, "SELECT UTC_TIMESTAMP(6), ");
	add_txn(out, site);
	buffer_text_add(out, ", ");
	add_text(out, h->child);
	buffer_format(out, ", '%s', 'r' FROM DUAL WHERE NOT (", w->shape);
	for (int i = 0; i < h->column_count; i++) {
		buffer_text_add(out, i ? " AND OLD." : "OLD.");
		mysql_identifier(out, h->parent_columns[i]);
		buffer_text_add(out, " <=> NEW.");
		mysql_identifier(out, h->parent_columns[i]);
	}
	buffer_char(out, ')');
}

void capture_watch_trigger(struct buffer *out, const struct capture_site *site, const struct capture_watch *w)
{
	buffer_format(out, "CREATE %sTRIGGER ", site->mariadb ? "OR REPLACE " : "");
	add_watch_name(out, site, w);
	buffer_text_add(out, " AFTER UPDATE ON ");
	add_name(out, site, w->parent);
	buffer_text_add(out, " FOR EACH ROW\n  INSERT INTO ");
	add_name(out, site, CAPTURE_TABLE);
	buffer_text_add(out, " (`at`, `txn`, `tbl`, `shape`, `op`)\n    ");
	for (int i = 0; i < w->count; i++) {
		buffer_text_add(out, i ? "\n    UNION ALL " : "");
		add_watch_key(out, site, w, w->keys[i]);
	}
	buffer_text_add(out, ";\n");
}

/* ---- the script ---- */

static void script_head(struct buffer *out, const struct capture_site *site)
{
	buffer_format(out,
		      "-- Change capture by triggers, for tellerdesk: database %s, model %s.\n"
		      "-- To be run by an account that stays (triggers run with the rights of the one that made them), again after the\n"
		      "-- model or the type of a column has changed. Creating a trigger waits for the transactions that use its table.\n"
		      "-- Not captured: TRUNCATE, dropping partitions, and what foreign keys do to other rows, which tellerdesk does itself.\n\n"
		      "SET NAMES utf8mb4;\n"
		      "SET SESSION sql_mode = '';\n\n",
		      site->database, site->model);
}

/* Every column but the number may be NULL, so that no value is ever refused. The index of numbers alone lets holes be found
 * without reading the images. Pruning leaves the newest row: servers before MySQL 8 number an empty table from 1 again. */
static void script_table(struct buffer *out, const struct capture_site *site)
{
	buffer_text_add(out, "CREATE TABLE IF NOT EXISTS ");
	add_name(out, site, CAPTURE_TABLE);
	buffer_text_add(out, " (\n"
			     "  `id` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,\n"
			     "  `at` DATETIME(6) NULL,\n"
			     "  `txn` VARCHAR(128) NULL,\n"
			     "  `tbl` VARCHAR(64) CHARACTER SET utf8mb4 NULL,\n"
			     "  `shape` VARCHAR(16) NULL,\n"
			     "  `op` VARCHAR(1) NULL,\n"
			     "  `before_image` LONGTEXT NULL,\n"
			     "  `after_image` LONGTEXT NULL,\n"
			     "  PRIMARY KEY (`id`),\n"
			     "  KEY `ids` (`id`)\n"
			     ") ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;\n\n"
			     "INSERT INTO ");
	add_name(out, site, CAPTURE_TABLE);
	buffer_text_add(out, " (`at`, `op`) SELECT UTC_TIMESTAMP(6), '-' FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM ");
	add_name(out, site, CAPTURE_TABLE);
	buffer_text_add(out, ");\n\n");
}

/* Who may not see triggers may still ask whether ours are there. */
static void script_function(struct buffer *out, const struct capture_site *site)
{
	buffer_text_add(out, "DROP FUNCTION IF EXISTS ");
	add_name(out, site, CAPTURE_FUNCTION);
	buffer_text_add(out, ";\nCREATE FUNCTION ");
	add_name(out, site, CAPTURE_FUNCTION);
	buffer_text_add(out, "(t VARCHAR(64) CHARACTER SET utf8mb4, n VARCHAR(64) CHARACTER SET utf8mb4, s VARCHAR(16) CHARACTER SET utf8mb4)\n"
			     "  RETURNS INT READS SQL DATA SQL SECURITY DEFINER\n"
			     "  RETURN (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ");
	add_text(out, site->database);
	buffer_text_add(out, "\n    AND EVENT_OBJECT_TABLE = t AND TRIGGER_NAME = n AND LOCATE(s, ACTION_STATEMENT) > 0);\n\n");
}

/* Nothing may be written to the table while it has no trigger. */
static void script_lock(struct buffer *out, const struct capture_site *site, const char *table)
{
	if (site->mariadb)
		return;
	buffer_text_add(out, "LOCK TABLES ");
	add_name(out, site, table);
	buffer_text_add(out, " WRITE;\n");
}

static void script_watch(struct buffer *out, const struct capture_site *site, const struct capture_watch *w)
{
	script_lock(out, site, w->parent);
	if (!site->mariadb) {
		buffer_text_add(out, "DROP TRIGGER IF EXISTS ");
		add_watch_name(out, site, w);
		buffer_text_add(out, ";\n");
	}
	capture_watch_trigger(out, site, w);
	buffer_text_add(out, site->mariadb ? "\n" : "UNLOCK TABLES;\n\n");
}

static void script_triggers(struct buffer *out, const struct capture_site *site, const struct capture_table *t)
{
	script_lock(out, site, t->name);
	for (int op = 0; op < CAPTURE_OPS; op++) {
		if (!site->mariadb) {
			buffer_text_add(out, "DROP TRIGGER IF EXISTS ");
			add_trigger_name(out, site, t->name, (enum capture_op)op);
			buffer_text_add(out, ";\n");
		}
		capture_trigger(out, site, t, (enum capture_op)op);
	}
	buffer_text_add(out, site->mariadb ? "\n" : "UNLOCK TABLES;\n\n");
}

/* Numbers from the lowest on and without leaving any out, so that a reader that was away can tell whether it missed some. */
static void script_prune(struct buffer *out, const struct capture_site *site)
{
	buffer_text_add(out, "-- The table grows with every change: this deletes what is older than a week, as long as the server runs events\n"
			     "-- (SET GLOBAL event_scheduler = ON; the same in the configuration). A console that was away for longer reads the\n"
			     "-- tables anew.\n"
			     "DROP EVENT IF EXISTS ");
	add_name(out, site, CAPTURE_EVENT);
	buffer_text_add(out, ";\nCREATE EVENT ");
	add_name(out, site, CAPTURE_EVENT);
	buffer_text_add(out, " ON SCHEDULE EVERY 1 MINUTE DO\n  DELETE FROM ");
	add_name(out, site, CAPTURE_TABLE);
	buffer_text_add(out, " WHERE `id` < (SELECT `id` FROM (SELECT `id` FROM ");
	add_name(out, site, CAPTURE_TABLE);
	buffer_format(out, "\n    WHERE `at` >= UTC_TIMESTAMP() - INTERVAL %d DAY ORDER BY `id` LIMIT 1) AS `kept`)\n    ORDER BY `id` LIMIT 20000;\n\n",
		      CAPTURE_DAYS);
}

static void script_grants(struct buffer *out, const struct capture_site *site, const struct capture_set *set)
{
	const char *account = site->account ? site->account : "'tellerdesk'@'%'";

	buffer_text_add(out, "-- What the account of the consoles needs. ");
	buffer_text_add(out, site->mariadb ? "No privilege of replication is among it.\n"
					   : "No privilege of replication is among it. MySQL 8.0.1 to 8.0.21 also\n"
					     "-- wants LOCK TABLES on the database, for reads that see whether a transaction is still open.\n");
	for (int i = -1; i < set->table_count; i++) {
		if (i >= 0 && !set->tables[i].name)
			continue;
		buffer_text_add(out, "GRANT SELECT ON ");
		add_name(out, site, i < 0 ? CAPTURE_TABLE : set->tables[i].name);
		buffer_format(out, " TO %s;\n", account);
	}
	buffer_text_add(out, "GRANT EXECUTE ON FUNCTION ");
	add_name(out, site, CAPTURE_FUNCTION);
	buffer_format(out, " TO %s;\n\n", account);
}

static void script_removal(struct buffer *out, const struct capture_site *site, const struct capture_set *set)
{
	buffer_text_add(out, "-- To remove all of it:\n--\n");
	for (int i = 0; i < set->table_count; i++)
		for (int op = 0; set->tables[i].name && op < CAPTURE_OPS; op++) {
			buffer_text_add(out, "-- DROP TRIGGER IF EXISTS ");
			add_trigger_name(out, site, set->tables[i].name, (enum capture_op)op);
			buffer_text_add(out, ";\n");
		}
	for (int i = 0; i < set->watch_count; i++) {
		buffer_text_add(out, "-- DROP TRIGGER IF EXISTS ");
		add_watch_name(out, site, &set->watches[i]);
		buffer_text_add(out, ";\n");
	}
	buffer_text_add(out, "-- DROP EVENT IF EXISTS ");
	add_name(out, site, CAPTURE_EVENT);
	buffer_text_add(out, ";\n-- DROP FUNCTION IF EXISTS ");
	add_name(out, site, CAPTURE_FUNCTION);
	buffer_text_add(out, ";\n-- DROP TABLE IF EXISTS ");
	add_name(out, site, CAPTURE_TABLE);
	buffer_text_add(out, ";\n");
}

void capture_script(struct buffer *out, const struct capture_site *site, const struct capture_set *set)
{
	script_head(out, site);
	script_table(out, site);
	script_function(out, site);
	for (int i = 0; i < set->table_count; i++)
		if (set->tables[i].name)
			script_triggers(out, site, &set->tables[i]);
	for (int i = 0; i < set->watch_count; i++)
		script_watch(out, site, &set->watches[i]);
	script_prune(out, site);
	script_grants(out, site, set);
	script_removal(out, site, set);
}

/* ---- images ---- */

bool capture_image(const struct capture_table *t, const char *text, size_t n, struct capture_cell *cells)
{
	const char *end = text + n;
	int count = 0;

	for (const char *p = text;; p++) {
		const char *comma = memchr(p, ',', (size_t)(end - p));
		const char *stop = comma ? comma : end;
		if (count == t->count)
			return false;
		cells[count++] = (struct capture_cell){p, (size_t)(stop - p), stop - p == 1 && *p == 'N'};
		if (!comma)
			return count == t->count;
		p = comma;
	}
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* With an odd count the first digit is a byte of its own: the hex of a number. */
static bool hex_bytes(const struct capture_cell *cell, struct arena *a, const char **text, size_t *n)
{
	char *out = arena_alloc(a, cell->len / 2 + 2);
	size_t len = 0;
	int byte = 0;

	for (size_t i = 0; i < cell->len; i++) {
		int digit = hex_digit(cell->text[i]);
		if (digit < 0)
			return false;
		byte = byte << 4 | digit;
		if ((cell->len - i) % 2 == 0)
			continue;
		out[len++] = (char)byte;
		byte = 0;
	}
	out[len] = '\0';
	*text = out;
	*n = len;
	return true;
}

/* Seconds since 1970 as the wall clock of UTC a result has; 0 is the zero date, which no other TIMESTAMP can be. */
static bool timestamp_text(const struct mysql_column *column, const struct capture_cell *cell, struct arena *a, const char **text, size_t *n)
{
	const char *point = memchr(cell->text, '.', cell->len);
	size_t whole = point ? (size_t)(point - cell->text) : cell->len;
	int fraction = column->fraction;
	int64_t seconds = 0;
	struct tm tm;
	char date[32];

	if (whole == 0 || whole > 12)
		return false;
	for (size_t i = 0; i < whole; i++) {
		if (cell->text[i] < '0' || cell->text[i] > '9')
			return false;
		seconds = seconds * 10 + (cell->text[i] - '0');
	}
	time_t at = (time_t)seconds;
	if (seconds == 0)
		strcpy(date, "0000-00-00 00:00:00");
	else if (!gmtime_r(&at, &tm) || !strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &tm))
		return false;
	*text = seconds == 0 && fraction ? arena_format(a, "%s.%.*s", date, fraction, "000000")
		: point			 ? arena_format(a, "%s%.*s", date, (int)(cell->len - whole), point)
					 : arena_text(a, date);
	*n = strlen(*text);
	return true;
}

bool capture_text(char code, const struct mysql_column *column, const struct capture_cell *cell, struct arena *a, const char **text, size_t *n)
{
	switch (code) {
	case 'x':
	case 'X':
	case 'b':
	case 'B':
		return cell->len % 2 == 0 && hex_bytes(cell, a, text, n);
	case 'i':
		return cell->len > 0 && cell->len <= 16 && hex_bytes(cell, a, text, n);
	case 't':
		return timestamp_text(column, cell, a, text, n);
	default:
		*text = arena_copy(a, cell->text, cell->len);
		*n = cell->len;
		return cell->len > 0;
	}
}
