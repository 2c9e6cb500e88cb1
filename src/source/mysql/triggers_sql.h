/* triggers_sql: the change table and its triggers as text, and the images they write.
 *
 *     capture_set_make(&arena, shape, &set)            which columns of which tables, each in which coding
 *     capture_script(&out, &site, &set)                all of it, for a person to read and run
 *     capture_image(&c, text, n, cells)                an image's cells; then capture_value of each
 *
 * A row of the change table: id, at (UTC), txn (SERVER-CONNECTION/GTID of the session's last transaction, where the
 * server tells it), tbl, shape (a hash of the captured columns and their codings), op ('i' 'u' 'd'; a capital where the session had
 * foreign keys unchecked; 'r' the table must be read anew; '-' the first row of all), before_image, after_image.
 *
 * An image is its cells joined by commas; "N" is NULL. Cells are ASCII and depend neither on the session's time
 * zone nor on its character set or sql_mode (the trigger keeps the one it was made under):
 *
 *     n   plain text: integers, decimals, DOUBLE, dates, YEAR     f   FLOAT, as the DOUBLE it is
 *     t   TIMESTAMP: seconds since 1970, with its fraction        i   BIT: hex of the number
 *     x   text: hex of its UTF-8                                  b   bytes: hex
 *     X B the same of long types: past CAPTURE_LONGEST bytes the whole image is NULL, and the entity is read anew
 *
 * No cell can fail: an image that cannot be made is NULL, and a bank's statement goes on.
 */
#ifndef TD_SOURCE_MYSQL_TRIGGERS_SQL_H
#define TD_SOURCE_MYSQL_TRIGGERS_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/value.h"

struct arena;
struct buffer;
struct entity;
struct model;
struct mysql_column;
struct mysql_hidden;
struct mysql_shape;
struct mysql_table;
struct zone;

#define CAPTURE_TABLE    "tellerdesk_change"
#define CAPTURE_FUNCTION "tellerdesk_captures" /* (table, trigger, shape): how many such triggers there are */
#define CAPTURE_EVENT    "tellerdesk_prune"
#define CAPTURE_LONGEST  1048576
#define CAPTURE_DAYS     7

enum capture_op { CAPTURE_INSERT, CAPTURE_UPDATE, CAPTURE_DELETE, CAPTURE_OPS };

struct capture_column {
	const char *name;
	char code;
	int column;         /* of the entity */
	bool key, on_update;
};

struct capture_table {
	const char *name;   /* in the source; NULL: it has none such */
	char shape[17];
	int count;
	struct capture_column *columns; /* in the model's order; the source has all of them */
};

/* A table that is not in the model, whose rows take modelled ones with them when one of these columns changes (ON UPDATE CASCADE). */
struct capture_watch {
	const char *parent;
	char shape[17];
	int count;
	const struct mysql_hidden **keys;
};

struct capture_set {
	const struct capture_table *tables; /* by entity */
	int table_count;
	const struct capture_watch *watches;
	int watch_count;
};

struct capture_site {
	const char *database;
	const char *model;  /* for people */
	const char *account; /* 'name'@'host', quoted; NULL: not known */
	bool mariadb;
};

/* Memory of the arena; names are borrowed from the table. */
void capture_table_make(struct arena *a, const struct mysql_table *t, const struct entity *e, struct capture_table *out);
/* Everything a database needs, in the arena. */
void capture_set_make(struct arena *a, const struct mysql_shape *shape, struct capture_set *out);
void capture_trigger_name(struct buffer *out, const char *table, enum capture_op op);
void capture_watch_name(struct buffer *out, const char *parent);
void capture_trigger(struct buffer *out, const struct capture_site *site, const struct capture_table *t, enum capture_op op);
void capture_watch_trigger(struct buffer *out, const struct capture_site *site, const struct capture_watch *w);
void capture_script(struct buffer *out, const struct capture_site *site, const struct capture_set *set);

struct capture_cell { const char *text; size_t len; bool null; };
/* False: the image does not have t->count cells. Borrows the text. */
bool capture_image(const struct capture_table *t, const char *text, size_t n, struct capture_cell *cells);
/* A cell, not NULL, as the text a result of the column has (cell_text_value), in the arena. False: it cannot be of its coding. */
bool capture_text(char code, const struct mysql_column *column, const struct capture_cell *cell, struct arena *a, const char **text, size_t *n);

#endif
