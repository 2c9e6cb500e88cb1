/* writer_sql: what writers into SQL servers share: tables from a script, transactions, rows that wait, the note.
 *
 *     struct writer_mysql { struct writer_sql sql; ... };
 *     writer_sql_init(&w->sql, &writer_mysql_ops, &writer_mysql_server)
 *     writer_sql_make(&w->sql, &err)        the tables, where they are missing
 *     writer_sql_done(&w->sql)              once the connection is closed, which rolls back what is open
 *
 * New rows are collected per table and sent many at once: at the commit, when they are large, and before
 * anything that may concern them, an update or a delete. The server stamps its transactions itself, so the times the
 * generator asks for are not used. The generator's place is kept in a table of the same database, tellerdesk_note, in the same
 * transactions.
 *
 * What differs from server to server is a struct writer_sql_server. The functions of struct writer_ops are the ones below.
 */
#ifndef TD_GENERATE_WRITER_SQL_H
#define TD_GENERATE_WRITER_SQL_H

#include "base/buffer.h"
#include "generate/writer.h"
#include "generate/writer_rows.h"

struct writer_sql;

struct writer_sql_server {
	const char *script;                 /* that makes the tables: a file of the program's data */
	const char *there_head, *there_tail; /* a count of the tables of a list of names that stands between the two */
	const char *note_table;             /* makes tellerdesk_note (name, text), name its key */
	const char *note_head, *note_tail;  /* keeps a text that stands between the two as the generator's */
	const char *begin;                  /* a transaction */
	bool (*run)(struct writer_sql *w, const char *sql, size_t n, struct error *err);
	/* One cell of one row, to be freed; NULL with err->code 0: no row. */
	char *(*cell)(struct writer_sql *w, const char *sql, struct error *err);
	void (*literal)(struct writer_sql *w, struct buffer *out, const char *text);
	/* Appends a new row to those of its table that wait, the first to an empty buffer; and sends them all. */
	void (*add)(struct writer_sql *w, enum writer_table table, const struct writer_row *r);
	bool (*send)(struct writer_sql *w, enum writer_table table, struct error *err);
	/* Appends where the log ends now to w->position: at the last commit or, where others write too, behind it. What keeps it
	 * from being told is said once. */
	void (*look)(struct writer_sql *w);
	/* The failure was a key that is there already. */
	bool (*duplicate)(struct writer_sql *w);
};

struct writer_sql {
	struct writer base;
	const struct writer_sql_server *server;
	const struct zone *zone;            /* of registered_at */
	struct buffer fresh[WRITER_TABLES]; /* new rows that wait, as the server's functions write them */
	size_t waiting;                     /* bytes of all */
	struct buffer text;                 /* of the statement at hand; send may use it */
	bool open;                          /* a transaction is */
	bool moved;                         /* the log, since the position was asked for */
	bool warned;                        /* that there is no position */
	struct buffer position;
};

/* The caller's memory, zeroed. */
void writer_sql_init(struct writer_sql *w, const struct writer_ops *ops, const struct writer_sql_server *server);
void writer_sql_done(struct writer_sql *w);
bool writer_sql_make(struct writer_sql *w, struct error *err);
/* Says, once, that there is no position to be had: server as messages name it, why, and what would help. */
void writer_sql_warn(struct writer_sql *w, const char *server, const char *why, const char *what);

/* As struct writer_ops has them. */
bool writer_sql_begin(struct writer *base, int64_t commit_time, struct error *err);
bool writer_sql_put(struct writer *base, enum writer_op op, enum writer_table table, const void *row, struct error *err);
bool writer_sql_commit(struct writer *base, struct error *err);
const char *writer_sql_position(struct writer *base);
bool writer_sql_resume(struct writer *base, struct buffer *state, struct error *err);
bool writer_sql_note(struct writer *base, const char *state, struct error *err);

#endif
