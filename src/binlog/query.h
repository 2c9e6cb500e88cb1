/* query: QUERY events, and what a statement of one may have done to which tables.
 *
 * Texts of statements are never logged and never shown: they hold passwords and customers' data.
 *
 * The words are found by a scanner that knows comments (of all three kinds, executable ones
 * read as what they hold), quoted strings, quoted identifiers (backticks; double quotes
 * under ANSI_QUOTES), and nothing more of the grammar than decides what happened.
 */
#ifndef TD_BINLOG_QUERY_H
#define TD_BINLOG_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct binlog_event;
struct binlog_format;
struct error;

struct binlog_query {
	const char *schema;   /* the default database, NUL-terminated; "" without one */
	const char *text;     /* the statement, not NUL-terminated, in `collation` */
	size_t text_len;
	uint16_t error_code;  /* the statement failed half-way on the source with this error */
	uint64_t sql_mode;
	bool ansi_quotes;
	uint32_t collation;   /* of the text: character_set_client; 0: not told */
	uint32_t microseconds;/* fraction of the event's time, where told (MariaDB HRNOW, MySQL MICROSECONDS) */
};
/* QUERY and QUERY_COMPRESSED. The arena holds what had to be unpacked. */
bool binlog_query_read(const struct binlog_event *e, const struct binlog_format *f, struct arena *a, struct binlog_query *out,
		       struct error *err);

enum statement_kind {
	STATEMENT_NOTHING,      /* changes no row of any table: GRANT, ANALYZE, SET, CREATE VIEW, ... */
	STATEMENT_BEGIN,        /* BEGIN, START TRANSACTION */
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_SAVEPOINT,    /* name */
	STATEMENT_ROLLBACK_TO,  /* name */
	STATEMENT_RELEASE,      /* RELEASE SAVEPOINT name */
	STATEMENT_XA_START, STATEMENT_XA_END, STATEMENT_XA_PREPARE, STATEMENT_XA_COMMIT, STATEMENT_XA_ROLLBACK, /* xid */
	STATEMENT_DDL,          /* tables */
	STATEMENT_WRITE,        /* changes rows in statement format: INSERT, UPDATE, DELETE, REPLACE, LOAD, CALL, DO, SELECT,
				 * CREATE TABLE ... SELECT, or unknown words */
};

enum statement_effect {
	EFFECT_EMPTIED,   /* TRUNCATE */
	EFFECT_DROPPED,   /* DROP TABLE; DROP DATABASE: name NULL */
	EFFECT_CREATED,   /* CREATE TABLE; replaced: CREATE OR REPLACE. IF NOT EXISTS: may have done nothing */
	EFFECT_RENAMED,   /* name to to_name; RENAME TABLE and ALTER ... RENAME */
	EFFECT_ALTERED,   /* ALTER TABLE in any way not below; what changes the primary key, and ALTER IGNORE, included */
	EFFECT_INDEXED,   /* only indexes, constraints, comments, statistics: no value of a row can have changed */
	EFFECT_REPARTITIONED, /* EXCHANGE, DROP, TRUNCATE, REORGANIZE ... PARTITION, IMPORT TABLESPACE: rows came or went;
			       * where another table is the other side, that one is listed as well */
};

struct statement_table {
	enum statement_effect effect;
	const char *schema, *name;       /* NUL-terminated, quotes removed; schema is the default where none was written */
	const char *to_schema, *to_name; /* RENAMED */
	bool conditional;                /* IF EXISTS, IF NOT EXISTS */
	bool replaced;                   /* CREATED by CREATE OR REPLACE: what had the name is gone */
	bool temporary;
};

#define STATEMENT_XID_MAX 128
struct statement {
	enum statement_kind kind;
	const char *name;                /* SAVEPOINT, ROLLBACK TO, RELEASE: NUL-terminated */
	uint8_t xid[STATEMENT_XID_MAX];  /* XA: gtrid then bqual */
	uint8_t gtrid_len, bqual_len;
	uint32_t xid_format;
	bool one_phase;                  /* XA COMMIT ... ONE PHASE */
	const struct statement_table *tables; /* DDL */
	int table_count;
};
/* All it points to is in the arena. Never fails: what is not understood is STATEMENT_WRITE. */
void statement_read(const struct binlog_query *q, struct arena *a, struct statement *out);
/* Does an identifier or word of the text equal one of these names (case-insensitive)? For STATEMENT_WRITE: can it
 * concern a table? Names are UTF-8 and the text may not be: where a name and an identifier both go beyond ASCII the
 * answer is yes, and a text that does not scan to its end is searched for the name's bytes. SELECT, DO and CALL are
 * logged only for a stored function that writes, and it may write anything: yes for every name. What a function, a
 * trigger or a view touches inside of other statements is not told. */
bool statement_mentions(const struct binlog_query *q, const char *const *names, int count);

#endif
