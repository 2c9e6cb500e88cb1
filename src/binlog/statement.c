/* What a statement does is told by its first word; a few need more. Whoever is not sure says STATEMENT_WRITE: the
 * caller then asks whether one of its tables is mentioned, and refuses.
 */
#include "config.h"

#include "binlog/query.h"

#include <string.h>

#include "base/memory.h"
#include "binlog/statement_internal.h"
#include "binlog/words.h"

bool statement_tail(struct words *w, const char *const *allowed)
{
	while (w->now.kind == WORD_PLAIN) {
		bool known = w->now.p[0] >= '0' && w->now.p[0] <= '9';
		for (const char *const *k = allowed; *k && !known; k++)
			known = words_is(w, *k);
		if (!known)
			return false;
		words_next(w);
	}
	words_skip_mark(w, ';');
	return w->now.kind == WORD_END;
}

static bool statement_end(struct statement_reader *r, enum statement_kind kind)
{
	static const char *const words[] = {"WORK", "AND", "NO", "CHAIN", "RELEASE", NULL};
	r->out->kind = kind;
	return statement_tail(&r->w, words);
}

static bool statement_nothing(struct statement_reader *r)
{
	r->out->kind = STATEMENT_NOTHING;
	return true;
}

static bool statement_begin(struct statement_reader *r)
{
	return statement_end(r, STATEMENT_BEGIN);
}

static bool statement_start(struct statement_reader *r)
{
	r->out->kind = STATEMENT_BEGIN;
	return words_is(&r->w, "TRANSACTION");
}

static bool statement_commit(struct statement_reader *r)
{
	return statement_end(r, STATEMENT_COMMIT);
}

static bool statement_named(struct statement_reader *r, enum statement_kind kind)
{
	if (!word_is_name(&r->w.now))
		return false;
	r->out->name = word_name(&r->w.now, r->a);
	words_next(&r->w);
	return statement_end(r, kind);
}

static bool statement_rollback(struct statement_reader *r)
{
	words_skip(&r->w, "WORK");
	if (!words_skip(&r->w, "TO"))
		return statement_end(r, STATEMENT_ROLLBACK);
	words_skip(&r->w, "SAVEPOINT");
	return statement_named(r, STATEMENT_ROLLBACK_TO);
}

static bool statement_savepoint(struct statement_reader *r)
{
	return statement_named(r, STATEMENT_SAVEPOINT);
}

static bool statement_release(struct statement_reader *r)
{
	return words_skip(&r->w, "SAVEPOINT") && statement_named(r, STATEMENT_RELEASE);
}

/* formatID: decimal, or hexadecimal in either notation. */
static bool statement_xid_format(struct statement_reader *r)
{
	const struct word *word = &r->w.now;
	uint8_t bytes[4];
	uint64_t n = 0;
	int count = word_bytes(&r->w, word, bytes, sizeof bytes);
	for (int i = 0; i < count; i++)
		n = n << 8 | bytes[i];
	for (size_t i = 0; count < 0 && i < word->n; i++) {
		if (word->kind != WORD_PLAIN || word->p[i] < '0' || word->p[i] > '9' || n > UINT32_MAX)
			return false;
		n = n * 10 + (uint64_t)(word->p[i] - '0');
	}
	if (word->n == 0 || n > UINT32_MAX)
		return false;
	r->out->xid_format = (uint32_t)n;
	words_next(&r->w);
	return true;
}

/* gtrid [, bqual [, formatID]]; each of the two at most 64 bytes. */
static bool statement_xid(struct statement_reader *r)
{
	struct statement *s = r->out;
	int n = word_bytes(&r->w, &r->w.now, s->xid, STATEMENT_XID_MAX / 2);
	if (n < 0)
		return false;
	s->gtrid_len = (uint8_t)n;
	s->xid_format = 1;
	words_next(&r->w);
	if (!words_skip_mark(&r->w, ','))
		return true;
	n = word_bytes(&r->w, &r->w.now, s->xid + s->gtrid_len, STATEMENT_XID_MAX / 2);
	if (n < 0)
		return false;
	s->bqual_len = (uint8_t)n;
	words_next(&r->w);
	return !words_skip_mark(&r->w, ',') || statement_xid_format(r);
}

static bool statement_xa(struct statement_reader *r)
{
	static const struct {
		const char *word;
		enum statement_kind kind;
	} verbs[] = {{"START", STATEMENT_XA_START},   {"BEGIN", STATEMENT_XA_START},
		     {"END", STATEMENT_XA_END},       {"PREPARE", STATEMENT_XA_PREPARE},
		     {"COMMIT", STATEMENT_XA_COMMIT}, {"ROLLBACK", STATEMENT_XA_ROLLBACK}};
	static const char *const tail[] = {"ONE", "PHASE", "JOIN", "RESUME", "SUSPEND", "FOR", "MIGRATE", NULL};
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (!words_skip(&r->w, verbs[i].word))
			continue;
		r->out->kind = verbs[i].kind;
		if (!statement_xid(r))
			return false;
		r->out->one_phase = verbs[i].kind == STATEMENT_XA_COMMIT && words_is(&r->w, "ONE");
		return statement_tail(&r->w, tail);
	}
	return false;
}

/* ANALYZE TABLE gathers statistics; MariaDB's ANALYZE UPDATE and so on run the statement. */
static bool statement_analyze(struct statement_reader *r)
{
	if (!words_skip(&r->w, "NO_WRITE_TO_BINLOG"))
		words_skip(&r->w, "LOCAL");
	return (words_is(&r->w, "TABLE") || words_is(&r->w, "TABLES")) && statement_nothing(r);
}

static const struct {
	const char *word;
	bool (*read)(struct statement_reader *r);
} statement_verbs[] = {
	{"BEGIN", statement_begin},     {"COMMIT", statement_commit},       {"ROLLBACK", statement_rollback},
	{"START", statement_start},     {"SAVEPOINT", statement_savepoint}, {"RELEASE", statement_release},
	{"XA", statement_xa},           {"TRUNCATE", statement_truncate},   {"DROP", statement_drop},
	{"CREATE", statement_create},   {"RENAME", statement_rename},       {"ALTER", statement_alter},
	{"ANALYZE", statement_analyze}, {"GRANT", statement_nothing},       {"REVOKE", statement_nothing},
	{"SET", statement_nothing},     {"FLUSH", statement_nothing},       {"OPTIMIZE", statement_nothing},
	{"REPAIR", statement_nothing},  {"CHECK", statement_nothing},       {"CHECKSUM", statement_nothing},
	{"USE", statement_nothing},     {"LOCK", statement_nothing},        {"UNLOCK", statement_nothing},
	{"INSTALL", statement_nothing}, {"UNINSTALL", statement_nothing},   {"KILL", statement_nothing},
	{"RESET", statement_nothing},   {"PURGE", statement_nothing},       {"CHANGE", statement_nothing},
};

/* SET STATEMENT variable = value, ... FOR statement (MariaDB): on to that statement. */
static bool statement_unset(struct words *w)
{
	while (words_is(w, "SET")) {
		struct words before = *w;
		words_next(w);
		if (!words_skip(w, "STATEMENT")) {
			*w = before;
			return true;
		}
		int depth = 0;
		for (; w->now.kind != WORD_END && (depth > 0 || !words_is(w, "FOR")); words_next(w))
			depth += words_mark(w, '(') - words_mark(w, ')');
		if (!words_skip(w, "FOR"))
			return false;
	}
	return true;
}

static bool statement_understood(struct statement_reader *r)
{
	if (!statement_unset(&r->w))
		return false;
	if (r->w.now.kind == WORD_END)
		return statement_nothing(r);
	for (size_t i = 0; i < sizeof statement_verbs / sizeof *statement_verbs; i++)
		if (words_skip(&r->w, statement_verbs[i].word))
			return statement_verbs[i].read(r);
	return false;
}

void statement_read(const struct binlog_query *q, struct arena *a, struct statement *out)
{
	struct statement_reader r = {.q = q, .a = a, .out = out};
	*out = (struct statement){0};
	words_init(&r.w, q);
	if (!statement_understood(&r) || r.w.bad)
		*out = (struct statement){.kind = STATEMENT_WRITE};
}

static bool statement_beyond_ascii(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] >= 0x80)
			return true;
	return false;
}

static bool statement_word_is(const struct word *word, const char *name)
{
	return word_equals(word, name) ||
	       (statement_beyond_ascii(word->p, word->n) && statement_beyond_ascii(name, strlen(name)));
}

static bool statement_holds(const struct binlog_query *q, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; n > 0 && i + n <= q->text_len; i++) {
		struct word word = {.kind = WORD_PLAIN, .p = q->text + i, .n = n};
		if (word_equals(&word, name))
			return true;
	}
	return false;
}

bool statement_mentions(const struct binlog_query *q, const char *const *names, int count)
{
	struct words w;
	words_init(&w, q);
	statement_unset(&w);
	if (words_is(&w, "SELECT") || words_is(&w, "DO") || words_is(&w, "CALL"))
		return count > 0;
	for (words_init(&w, q); w.now.kind != WORD_END; words_next(&w))
		for (int i = 0; word_is_name(&w.now) && i < count; i++)
			if (statement_word_is(&w.now, names[i]))
				return true;
	for (int i = 0; w.bad && i < count; i++)
		if (statement_holds(q, names[i]))
			return true;
	return false;
}
