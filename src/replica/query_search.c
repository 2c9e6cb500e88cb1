/* Search: words are ANDed prefixes of the words of a folded name; or the exact
 * value of a `search` column; or the exact CIF.
 *
 * td_word gives for one word its customers in the order of the answer (name, key).
 * A prefix is the union of its words, so the first page is a merge: each word is asked only for
 * what comes before the worst hit held so far, and most give nothing. Of several prefixes the
 * rarest leads and the others filter, on the name that stands in the entry itself. The total is
 * td_term's sum when one word alone passes 10,000; below that the matches are counted.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "replica/key.h"
#include "replica/query_internal.h"
#include "replica/search_index.h"
#include "replica/sql.h"

#define TOTAL_BOUND 10000

struct candidate {
	const char *name; /* folded */
	struct value key;
	const char *matched;
};

struct searching {
	struct query *q;
	const struct entity *entity;
	int index;
	struct arena *arena;
	struct error *err;
	const char **prefixes;
	size_t *lengths;
	int prefix_count;
	int limit;
	struct candidate *page; /* at most limit, ordered */
	int page_count;
	int64_t total;
	bool total_exact;
	sqlite3_stmt *queued;
};

/* ---- matching ---- */

static bool has_prefix(const char *name, const char *prefix, size_t n)
{
	for (const char *p = name;;) {
		if (strncmp(p, prefix, n) == 0)
			return true;
		p = strchr(p, ' ');
		if (!p)
			return false;
		p++;
	}
}

static bool matches(const struct searching *s, const char *name, int except)
{
	for (int i = 0; i < s->prefix_count; i++)
		if (i != except && !has_prefix(name, s->prefixes[i], s->lengths[i]))
			return false;
	return true;
}

static int candidate_order(const struct candidate *a, const struct candidate *b)
{
	int c = strcmp(a->name, b->name);
	return c ? c : value_compare(a->key, b->key);
}

/* Puts a match in its place on the page, if it belongs there; a customer stands there once. */
static void page_add(struct searching *s, const char *name, struct value key, const char *matched)
{
	struct candidate c = {name, key, matched};
	if (s->page_count == s->limit && candidate_order(&c, &s->page[s->limit - 1]) >= 0)
		return;
	int lo = 0, hi = s->page_count;
	while (lo < hi) {
		int mid = (lo + hi) / 2;
		if (candidate_order(&s->page[mid], &c) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < s->page_count && candidate_order(&s->page[lo], &c) == 0)
		return;
	c.name = arena_text(s->arena, name);
	if (key.kind == VALUE_TEXT)
		c.key.text = arena_copy(s->arena, key.text, key.len);
	if (s->page_count < s->limit)
		s->page_count++;
	memmove(&s->page[lo + 1], &s->page[lo], sizeof *s->page * (size_t)(s->page_count - 1 - lo));
	s->page[lo] = c;
}

/* One customer more; past the bound nobody counts. */
static void count_one(struct searching *s)
{
	if (s->total == TOTAL_BOUND)
		s->total_exact = false;
	else
		s->total++;
}

/* ---- the index ---- */

struct term {
	const char *word;
	int64_t n;
};

/* The words that begin with a prefix. UINT8_MAX cannot occur in UTF-8, so prefix..prefix\xff is the range. */
static bool read_terms(struct searching *s, int prefix, struct term **list, int *count, int64_t *sum)
{
	sqlite3_stmt *t = query_prepare(s->q, &s->q->term_range, "SELECT word, n FROM td_term WHERE word >= ?1 AND word < ?2", s->err);
	if (!t)
		return false;
	char *end = arena_format(s->arena, "%s\xff", s->prefixes[prefix]);
	sqlite3_bind_text(t, 1, s->prefixes[prefix], -1, SQLITE_STATIC);
	sqlite3_bind_text(t, 2, end, -1, SQLITE_STATIC);
	int cap = 0, row;
	*list = NULL;
	*count = 0;
	*sum = 0;
	while ((row = sql_row(t, s->err)) == 1) {
		if (*count == cap)
			*list = memory_grow(*list, sizeof **list * (size_t)(cap = cap ? cap * 2 : 64));
		(*list)[(*count)++] = (struct term){sql_column_text(t, 0, s->arena), sqlite3_column_int64(t, 1)};
		*sum += sqlite3_column_int64(t, 1);
	}
	sqlite3_reset(t);
	return row == 0;
}

/* A name that changed since it was indexed: its entry is old, the queue is searched directly. */
static bool is_queued(struct searching *s, struct value key)
{
	if (!s->queued)
		return false;
	sql_bind(s->queued, 1, key);
	bool yes = sqlite3_step(s->queued) == SQLITE_ROW;
	sqlite3_reset(s->queued);
	return yes;
}

/* One word's customers in order, up to the worst on the page. With count set, all of them are visited, for the total. */
struct seen_set {
	struct value *keys;
	size_t count, cap;
};

static uint64_t key_hash(struct value key)
{
	if (key.kind == VALUE_INTEGER)
		return (uint64_t)key.integer * 0x9e3779b97f4a7c15u;
	uint64_t h = 1469598103934665603u;
	for (uint32_t i = 0; i < key.len; i++)
		h = (h ^ (unsigned char)key.text[i]) * 1099511628211u;
	return h;
}

/* True when the key was not there. */
static bool seen_add(struct seen_set *set, struct value key, struct arena *a)
{
	if (2 * (set->count + 1) > set->cap) {
		struct seen_set bigger = {.cap = set->cap ? set->cap * 2 : 1024};
		bigger.keys = memory_zero(bigger.cap, sizeof *bigger.keys);
		for (size_t i = 0; i < set->cap; i++)
			if (set->keys[i].kind != VALUE_UNKNOWN) {
				size_t k = (size_t)(key_hash(set->keys[i]) >> 20) & (bigger.cap - 1);
				while (bigger.keys[k].kind != VALUE_UNKNOWN)
					k = (k + 1) & (bigger.cap - 1);
				bigger.keys[k] = set->keys[i];
			}
		bigger.count = set->count;
		free(set->keys);
		*set = bigger;
	}
	size_t i = (size_t)(key_hash(key) >> 20) & (set->cap - 1);
	for (; set->keys[i].kind != VALUE_UNKNOWN; i = (i + 1) & (set->cap - 1))
		if (value_equal(set->keys[i], key))
			return false;
	if (key.kind == VALUE_TEXT)
		key.text = arena_copy(a, key.text, key.len);
	set->keys[i] = key;
	set->count++;
	return true;
}

static bool walk_word(struct searching *s, const struct term *t, int lead, struct seen_set *seen)
{
	sqlite3_stmt *w = query_prepare(s->q, &s->q->word_page, "SELECT name, key FROM td_word WHERE word = ?1", s->err);
	if (!w)
		return false;
	sqlite3_bind_text(w, 1, t->word, -1, SQLITE_STATIC);
	int row;
	while ((row = sql_row(w, s->err)) == 1) {
		const char *name = (const char *)sqlite3_column_text(w, 0);
		struct value key = sql_column(w, 1);
		if (s->prefix_count > 1 && !matches(s, name, lead))
			continue;
		struct candidate c = {name, key, NULL};
		bool late = s->page_count == s->limit && candidate_order(&c, &s->page[s->limit - 1]) > 0;
		if (late && !seen)
			break;
		if (s->queued && is_queued(s, key))
			continue;
		if (seen && seen_add(seen, key, s->arena))
			count_one(s);
		if (!s->total_exact)
			seen = NULL; /* enough is counted: only the page is left */
		if (!late)
			page_add(s, name, key, "name");
	}
	sqlite3_reset(w);
	return row >= 0;
}

/* The prefix with the fewest entries leads. */
static bool search_words(struct searching *s)
{
	struct term *best = NULL;
	int best_count = 0, lead = -1;
	int64_t best_sum = 0;
	bool ok = true;
	for (int i = 0; ok && i < s->prefix_count; i++) {
		struct term *list = NULL;
		int count = 0;
		int64_t sum = 0;
		ok = read_terms(s, i, &list, &count, &sum);
		if (lead < 0 || sum < best_sum) {
			free(best);
			best = list;
			best_count = count;
			best_sum = sum;
			lead = i;
		} else {
			free(list);
		}
	}
	/* A name has each of its words once, so one word of 10,000 entries is 10,000 customers. */
	bool enough = false;
	for (int i = 0; s->prefix_count == 1 && i < best_count; i++)
		enough = enough || best[i].n >= 2 * TOTAL_BOUND;
	if (enough) {
		s->total = TOTAL_BOUND;
		s->total_exact = false;
	}
	struct seen_set seen = {0};
	for (int i = 0; ok && i < best_count; i++)
		ok = walk_word(s, &best[i], lead, s->total_exact ? &seen : NULL);
	free(seen.keys);
	free(best);
	return ok;
}

/* ---- what is not in the index ---- */

static void add_row(struct searching *s, const struct value *row)
{
	struct arena a = {0};
	struct buffer folded = {0};
	search_fold(s->entity, row, &folded, &a);
	if (folded.len && matches(s, buffer_text(&folded), -1)) {
		page_add(s, buffer_text(&folded), key_of(s->entity, row, s->arena), "name");
		count_one(s);
	}
	buffer_done(&folded);
	arena_done(&a);
}

/* A match can come of the column. */
static bool is_searched(const struct entity *e, int column)
{
	for (int i = 0; i < e->name_count; i++)
		if (e->names[i] == column)
			return true;
	return e->columns[column].key >= 0 || e->columns[column].search;
}

/* Columns as they are numbered, but only what is looked at is read. */
static void direct_columns(const struct entity *e, struct buffer *sql)
{
	for (int i = 0; i < e->column_count; i++) {
		buffer_text_add(sql, i ? ", " : "");
		if (is_searched(e, i)) {
			buffer_text_add(sql, "c.");
			sql_identifier(sql, e->columns[i].as);
		} else {
			buffer_text_add(sql, "NULL");
		}
	}
}

/* All customers, or those queued. CROSS JOIN: the queue leads, whatever the planner thinks of sizes nobody measured. */
static sqlite3_stmt *prepare_direct(struct searching *s, bool queue)
{
	struct buffer sql = {0};
	buffer_text_add(&sql, "SELECT ");
	direct_columns(s->entity, &sql);
	buffer_text_add(&sql, queue ? " FROM td_search_queue q CROSS JOIN " : " FROM ");
	sql_identifier(&sql, s->entity->name);
	buffer_text_add(&sql, " c");
	if (queue) {
		buffer_text_add(&sql, " ON c.");
		sql_identifier(&sql, s->entity->columns[s->entity->cif].as);
		buffer_text_add(&sql, " = q.key");
	}
	sqlite3_stmt *t = sql_prepare(s->q->db, buffer_text(&sql), s->err);
	buffer_done(&sql);
	return t;
}

bool query_search_coverage(struct query *q, struct search_coverage *out, struct error *err)
{
	sqlite3_stmt *s = sql_prepare(q->db,
	                              "SELECT (SELECT value FROM td_meta WHERE name = 'search'), (SELECT value FROM td_meta WHERE name = "
	                              "'search_percent'), (SELECT count(*) FROM (SELECT 1 FROM td_search_queue LIMIT 50001))",
	                              err);
	if (!s || sql_row(s, err) != 1) {
		sqlite3_finalize(s);
		return false;
	}
	out->ready = strcmp((const char *)sqlite3_column_text(s, 0), "ready") == 0;
	out->percent = sqlite3_column_int(s, 1);
	out->queued = sqlite3_column_int64(s, 2);
	sqlite3_finalize(s);
	return true;
}

/* ---- exact values and CIFs: their hits come apart and stand in the same order ---- */

static bool row_by_key(struct searching *s, struct value key, struct value **row)
{
	sqlite3_stmt *t = s->q->entities[s->index].by_key;
	sql_bind(t, 1, key);
	int found = sql_row(t, s->err);
	*row = found == 1 ? query_row(s->q, s->index, t, s->arena) : NULL;
	sqlite3_reset(t);
	return found >= 0;
}

static bool bare_equal(const char *folded, const char *text)
{
	for (;; folded++, text++) {
		folded += strspn(folded, " ");
		text += strspn(text, " ");
		if (*folded != *text)
			return false;
		if (!*folded)
			return true;
	}
}

/* Told by its first letter, which folding an ASCII one only makes small, a value cannot be equal: most are not, at no cost. */
static bool begins_otherwise(const char *folded, struct value v)
{
	if (v.kind != VALUE_TEXT)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		char c = v.text[i];
		if (c >= 'A' && c <= 'Z')
			return folded[0] != c - 'A' + 'a';
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			return folded[0] != c;
		if (c & ~0x7f)
			return false;
	}
	return false;
}

static bool add_exact(struct searching *s, int column, const char *folded, const struct value *row)
{
	struct buffer printed = {0}, has = {0};
	value_print(&printed, &s->entity->columns[column], row[column]);
	text_fold(&has, buffer_text(&printed), printed.len);
	bool equal = has.len && bare_equal(buffer_text(&has), folded);
	if (equal) {
		search_fold(s->entity, row, &printed, s->arena);
		struct value key = key_of(s->entity, row, s->arena);
		bool again = matches(s, buffer_text(&printed), -1);
		page_add(s, buffer_text(&printed), key, s->entity->columns[column].name);
		if (!again)
			count_one(s);
	}
	buffer_done(&printed);
	buffer_done(&has);
	return equal;
}

static bool search_exact(struct searching *s, const char *folded)
{
	sqlite3_stmt *t = query_prepare(s->q, &s->q->exact, "SELECT key FROM td_exact WHERE hash = ?1 LIMIT 10001", s->err);
	for (int i = 0; t && i < s->entity->column_count; i++) {
		if (!s->entity->columns[i].search)
			continue;
		sqlite3_bind_int64(t, 1, search_hash(s->entity->columns[i].name, folded));
		int row;
		while ((row = sql_row(t, s->err)) == 1) {
			struct value *values, key = sql_column_copy(t, 0, s->arena);
			if (is_queued(s, key))
				continue;
			if (!row_by_key(s, key, &values)) {
				row = -1;
				break;
			}
			if (values)
				add_exact(s, i, folded, values);
		}
		sqlite3_reset(t);
		if (row < 0)
			return false;
	}
	return t != NULL;
}

static void add_exacts(struct searching *s, const char *folded, const struct value *row)
{
	for (int i = 0; i < s->entity->column_count; i++)
		if (s->entity->columns[i].search && !begins_otherwise(folded, row[i]) && add_exact(s, i, folded, row))
			break;
}

/* The queue, or a table too small to wait for its index, by their names and their exact values. */
static bool search_direct(struct searching *s, const char *folded, bool queue)
{
	sqlite3_stmt *t = prepare_direct(s, queue);
	int row = -1;
	struct value *values = memory_alloc(sizeof *values * (size_t)s->entity->column_count);
	while (t && (row = sql_row(t, s->err)) == 1) {
		for (int i = 0; i < s->entity->column_count; i++)
			values[i] = sql_column(t, i);
		add_row(s, values);
		add_exacts(s, folded, values);
	}
	sqlite3_finalize(t);
	free(values);
	return row == 0;
}

/* ---- the answer ---- */

static bool hit_fill(struct searching *s, const struct candidate *c, struct search_hit *hit)
{
	struct value *row;
	if (!row_by_key(s, c->key, &row))
		return false;
	hit->cif = key_value_text(c->key, s->arena);
	hit->matched = c->matched;
	if (!row)
		return true;
	hit->name = search_name(s->entity, row, s->arena);
	if (s->entity->store < 0 || row[s->entity->store].kind == VALUE_NULL || row[s->entity->store].kind == VALUE_UNKNOWN)
		return true;
	struct buffer b = {0};
	value_print(&b, &s->entity->columns[s->entity->store], row[s->entity->store]);
	hit->store = arena_copy(s->arena, buffer_text(&b), b.len);
	buffer_done(&b);
	hit->store_name = query_store_name(s->q, row[s->entity->store], s->arena);
	return true;
}

static void split_prefixes(struct searching *s, char *folded)
{
	size_t most = strlen(folded) / 2 + 1; /* folded words are a blank apart */
	char *rest = NULL;
	s->prefixes = arena_alloc(s->arena, most * sizeof *s->prefixes);
	s->lengths = arena_alloc(s->arena, most * sizeof *s->lengths);
	for (char *word = strtok_r(folded, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		s->prefixes[s->prefix_count] = word;
		s->lengths[s->prefix_count++] = strlen(word);
	}
}

static bool fill(struct searching *s, struct search_answer *out, struct value cif)
{
	int extra = cif.kind != VALUE_NULL;
	out->hits = arena_zero(s->arena, (size_t)(s->page_count + extra + 1), sizeof *out->hits);
	if (extra) {
		struct candidate c = {"", cif, "cif"};
		if (!hit_fill(s, &c, &out->hits[0]))
			return false;
		out->count = 1;
	}
	for (int i = 0; i < s->page_count && out->count < s->limit; i++) {
		if (extra && value_equal(s->page[i].key, cif))
			continue;
		if (!hit_fill(s, &s->page[i], &out->hits[out->count]))
			return false;
		out->count++;
	}
	return true;
}

static bool is_small(struct searching *s)
{
	char *sql = sqlite3_mprintf("SELECT count(*) FROM (SELECT 1 FROM \"%w\" LIMIT %d)", s->entity->name, SEARCH_DIRECT + 1);
	int64_t customers = sql_integer(s->q->db, sql, 0);
	sqlite3_free(sql);
	return customers <= SEARCH_DIRECT;
}

/* How much is indexed when that many are not: customers are counted by their entries in the queue and beside it.
 * The queue is taken from its beginning, so its ends tell its length; to count it takes longer than to search. */
static int indexed_percent(struct searching *s)
{
	int64_t queued = sql_integer(s->q->db,
	                             "SELECT 1 + (SELECT max(rowid) FROM td_search_queue) - (SELECT min(rowid) FROM td_search_queue)", 0);
	int64_t words = sql_integer(s->q->db, "SELECT sum(n) FROM td_term", 0);
	return words + queued > 0 ? (int)(99 * words / (words + queued)) : 0;
}

static bool run_index(struct searching *s, const char *folded, const struct search_coverage *cover, struct search_answer *out)
{
	if (!cover->ready) {
		if (is_small(s))
			return search_direct(s, folded, false);
		out->indexing = cover->percent < 100 ? cover->percent : 99;
		return true;
	}
	if (cover->queued && !(s->queued = sql_prepare(s->q->db, "SELECT 1 FROM td_search_queue WHERE key = ?1", s->err)))
		return false;
	if (!search_words(s) || !search_exact(s, folded))
		return false;
	if (cover->queued > SEARCH_DIRECT) {
		out->indexing = indexed_percent(s);
		return true;
	}
	return !cover->queued || search_direct(s, folded, true);
}

static bool search(struct query *q, const char *text, int limit, struct search_answer *out, struct error *err)
{
	struct arena *a = &out->base.arena;
	int customer = q->model->customer;
	struct searching s = {.q = q, .entity = &q->model->entities[customer], .index = customer, .arena = a, .err = err,
	                      .limit = limit, .total_exact = true};
	struct buffer folded = {0};
	struct cif_match match;
	struct search_coverage cover;
	text_fold(&folded, text, strlen(text));
	char *words = arena_copy(a, buffer_text(&folded), folded.len);
	buffer_done(&folded);
	s.page = arena_alloc(a, sizeof *s.page * (size_t)(limit + 1));
	if (!query_cif(q, text, &match, a, err) || !query_search_coverage(q, &cover, err))
		return false;
	const char *whole = arena_text(a, words);
	split_prefixes(&s, words);
	bool ok = !s.prefix_count || run_index(&s, whole, &cover, out);
	sqlite3_finalize(s.queued);
	struct value *row = NULL;
	if (ok && match.key.kind != VALUE_NULL)
		ok = row_by_key(&s, match.key, &row);
	if (!ok || !fill(&s, out, row ? match.key : value_null()))
		return false;
	/* The CIF's own hit is one more, unless its name matches too. */
	if (row && s.total_exact) {
		struct buffer name = {0};
		search_fold(s.entity, row, &name, a);
		if (!s.prefix_count || !matches(&s, buffer_text(&name), -1))
			count_one(&s);
		buffer_done(&name);
	}
	out->total = s.total;
	out->total_exact = s.total_exact;
	out->truncated = out->count < out->total;
	return true;
}

bool query_search(struct query *q, const char *text, int limit, struct search_answer *out, struct error *err)
{
	char *asked = memory_text(text);
	if (limit <= 0)
		limit = 50;
	if (limit > TOTAL_BOUND)
		limit = TOTAL_BOUND;
	bool ok = query_answer_begin(q, &out->base, NULL, err);
	struct answer base = out->base;
	*out = (struct search_answer){.base = base, .indexing = -1, .total_exact = true};
	ok = ok && query_answer_end(q, search(q, asked, limit, out, err));
	free(asked);
	return ok;
}
