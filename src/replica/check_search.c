#include "config.h"

#include "replica/check_internal.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "replica/key.h"
#include "replica/query_internal.h"
#include "replica/search_index.h"
#include "replica/sql.h"

bool check_search_begin(struct checking *c)
{
	struct check_search *s = &c->search;
	sqlite3 *db = c->q->db;
	s->ready = sql_integer(db, "SELECT value = 'ready' FROM td_meta WHERE name = 'search'", 0) != 0;
	s->has_word = sql_prepare(db, "SELECT 1 FROM td_word WHERE word = ?1 AND name = ?2 AND key = ?3", c->err);
	s->has_exact = sql_prepare(db, "SELECT 1 FROM td_exact WHERE hash = ?1 AND key = ?2", c->err);
	s->queued = sql_prepare(db, "SELECT 1 FROM td_search_queue WHERE key = ?1", c->err);
	return s->has_word && s->has_exact && s->queued;
}

void check_search_free(struct checking *c)
{
	sqlite3_finalize(c->search.has_word);
	sqlite3_finalize(c->search.has_exact);
	sqlite3_finalize(c->search.queued);
}

static bool is_found(sqlite3_stmt *s)
{
	bool found = sqlite3_step(s) == SQLITE_ROW;
	sqlite3_reset(s);
	return found;
}

/* Whether a word stands in the name before `at` too: the index holds it once. */
static bool is_repeated(const char *name, const char *at, size_t n)
{
	for (const char *p = name; p < at;) {
		size_t m = strcspn(p, " ");
		if (m == n && memcmp(p, at, n) == 0)
			return true;
		p += m + 1;
	}
	return false;
}

static void check_words(struct checking *c, const struct entity *e, const struct value *row, const char *key,
			struct arena *a)
{
	struct buffer folded = {0};
	struct value k = key_of(e, row, a);
	search_fold(e, row, &folded, a);
	for (const char *p = buffer_text(&folded); *p; p += *p == ' ') {
		size_t n = strcspn(p, " ");
		if (!is_repeated(buffer_text(&folded), p, n)) {
			sqlite3_bind_text(c->search.has_word, 1, p, (int)n, SQLITE_STATIC);
			sqlite3_bind_text(c->search.has_word, 2, folded.data, (int)folded.len, SQLITE_STATIC);
			sql_bind(c->search.has_word, 3, k);
			c->search.words++;
			if (!is_found(c->search.has_word))
				check_violate(c, e->name, key, "search",
					      arena_format(a, "the index lacks word \"%.*s\"", (int)n, p));
		}
		p += n;
	}
	buffer_done(&folded);
}

static void check_exact(struct checking *c, const struct entity *e, const struct value *row, const char *key,
			struct arena *a)
{
	struct buffer printed = {0}, folded = {0};
	for (int i = 0; i < e->column_count; i++) {
		if (!e->columns[i].search || row[i].kind == VALUE_NULL)
			continue;
		buffer_clear(&printed);
		buffer_clear(&folded);
		value_print(&printed, &e->columns[i], row[i]);
		text_fold(&folded, buffer_text(&printed), printed.len);
		if (!folded.len)
			continue;
		sqlite3_bind_int64(c->search.has_exact, 1, search_hash(e->columns[i].name, buffer_text(&folded)));
		sql_bind(c->search.has_exact, 2, key_of(e, row, a));
		c->search.exacts++;
		if (!is_found(c->search.has_exact))
			check_violate(c, e->name, key, "search",
				      arena_format(a, "the index lacks the value of %s", e->columns[i].as));
	}
	buffer_done(&printed);
	buffer_done(&folded);
}

void check_search_row(struct checking *c, const struct entity *e, const struct value *row, const char *key,
		      struct arena *a)
{
	if (!c->search.ready)
		return;
	sql_bind(c->search.queued, 1, key_of(e, row, a));
	if (is_found(c->search.queued)) {
		c->search.skipped++;
		return;
	}
	check_words(c, e, row, key, a);
	check_exact(c, e, row, key, a);
}

/* What customers have is there: entries beyond their number are nobody's. Not to be told while some wait for the index.
 */
static void check_surplus(struct checking *c, const struct entity *e, const char *what, int64_t held, int64_t had)
{
	if (held > had)
		check_violate(c, e->name, "", "search",
			      arena_format(&c->arena, "the index holds %" PRId64 " %s that no customer has", held - had,
					   what));
}

bool check_search_end(struct checking *c, const struct entity *e)
{
	sqlite3 *db = c->q->db;
	if (!c->search.ready)
		return true;
	arena_reset(&c->arena);
	if (!c->search.skipped && !sql_integer(db, "SELECT EXISTS (SELECT 1 FROM td_search_queue)", 0)) {
		check_surplus(c, e, "words", sql_integer(db, "SELECT count(*) FROM td_word", 0), c->search.words);
		check_surplus(c, e, "values", sql_integer(db, "SELECT count(*) FROM td_exact", 0), c->search.exacts);
	}
	return check_rule(c, e->name, "search",
			  sqlite3_mprintf("SELECT '', 'word \"' || w.word || '\" is counted ' || coalesce(t.n, 0) || ' "
					  "times, not ' || w.n FROM (SELECT "
					  "word, count(*) AS n FROM td_word GROUP BY word) w LEFT JOIN td_term t ON "
					  "t.word = w.word WHERE t.n IS NOT w.n"));
}
