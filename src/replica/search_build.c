/* The first index of a table: its customers are read in slices, their entries sorted on disk, then written in order.
 * What changes meanwhile is the queue's.
 */
#include "config.h"

#include "replica/search_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "replica/internal.h"
#include "replica/key.h"
#include "replica/search_index.h"
#include "replica/sorter.h"
#include "replica/sql.h"

#define SORT_MEMORY ((size_t)8 << 20)
#define READ_SLICE 4000   /* customers folded at a time */
#define WRITE_SLICE 10000 /* entries written in one transaction */

void search_build_drop(struct search_state *s)
{
	sorter_free(s->sorter);
	s->sorter = NULL;
	s->after = NULL;
	s->read_count = s->write_count = s->word_count = 0;
	buffer_clear(&s->word);
	arena_reset(&s->after_arena);
}

/* A record sorts as its entry does: word, NUL, name, NUL, key; exact values come first, behind a \001. */
static void record_number(struct buffer *b, char mark, uint64_t u)
{
	char bytes[9] = {mark};
	for (int i = 1; i <= 8; i++)
		bytes[i] = (char)(u >> (64 - 8 * i));
	buffer_add(b, bytes, sizeof bytes);
}

static void record_key(struct buffer *b, struct value key)
{
	if (key.kind == VALUE_INTEGER) {
		record_number(b, 'i', (uint64_t)key.integer ^ ((uint64_t)1 << 63));
	} else {
		buffer_char(b, 't');
		buffer_add(b, key.text, key.len);
	}
}

static struct value key_record(const char *p, size_t n)
{
	if (*p == 't')
		return value_text(p + 1, n - 1);
	uint64_t u = 0;
	for (int i = 1; i <= 8; i++)
		u = u << 8 | (unsigned char)p[i];
	return value_integer((int64_t)(u ^ ((uint64_t)1 << 63)));
}

struct recording {
	struct sorter *sorter;
	struct buffer record;
	const struct buffer *name;
	struct value key;
	struct error *err;
};

static bool record_word(void *ctx, const char *word, size_t n)
{
	struct recording *x = ctx;
	buffer_clear(&x->record);
	buffer_add(&x->record, word, n);
	buffer_char(&x->record, '\0');
	buffer_add(&x->record, x->name->data, x->name->len);
	buffer_char(&x->record, '\0');
	record_key(&x->record, x->key);
	return sorter_add(x->sorter, x->record.data, x->record.len, x->err);
}

static bool record_hash(struct recording *x, int64_t hash)
{
	buffer_clear(&x->record);
	record_number(&x->record, '\001', (uint64_t)hash);
	record_key(&x->record, x->key);
	return sorter_add(x->sorter, x->record.data, x->record.len, x->err);
}

bool search_build_start(struct replica *r, struct error *err)
{
	struct search_state *s = r->search;
	char *folder = memory_text(r->path);
	char *slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	s->sorter = sorter_new(slash ? folder : ".", SORT_MEMORY);
	free(folder);
	if (!replica_begin(r, err) ||
	    !sql_exec(r->db, "DELETE FROM td_word; DELETE FROM td_term; DELETE FROM td_exact; DELETE FROM td_search_queue", err) ||
	    !search_store_phase(r, SEARCH_READING, err) || !search_store_percent(r, 0, err))
		return false;
	return replica_commit(r, err);
}

static bool is_queued(struct search_state *s, struct value key)
{
	sql_bind(s->queued, 1, key);
	bool yes = sqlite3_step(s->queued) == SQLITE_ROW;
	sqlite3_reset(s->queued);
	return yes;
}

static bool build_row(struct replica *r, struct recording *x, const struct value *row, struct buffer *name, struct arena *a)
{
	const struct entity *e = &r->model->entities[r->model->customer];
	int64_t hashes[SEARCH_HASHES];
	x->key = key_of(e, row, a);
	/* A row that changed since the build began is the queue's: what is in the index of it is its old name, or nothing. */
	if (r->search->any_queued && is_queued(r->search, x->key))
		return true;
	search_fold(e, row, name, a);
	x->name = name;
	if (!search_words(buffer_text(name), record_word, x))
		return false;
	int n = search_hashes(e, row, hashes);
	for (int i = 0; i < n; i++)
		if (!record_hash(x, hashes[i]))
			return false;
	return true;
}

static void bind_after(struct replica *r)
{
	struct search_state *s = r->search;
	const struct entity *e = &r->model->entities[r->model->customer];
	/* From the start: a text of no bytes is less than any text, the least integer than any but itself, which no bank uses. */
	for (int i = 0; i < e->key_count; i++) {
		if (s->after)
			sql_bind(s->read, i + 1, s->after[e->key[i]]);
		else
			sqlite3_bind_int64(s->read, i + 1, INT64_MIN);
	}
}

bool search_build_read(struct replica *r, struct error *err)
{
	struct search_state *s = r->search;
	const struct entity *e = &r->model->entities[r->model->customer];
	struct arena a = {0};
	struct buffer name = {0};
	struct recording x = {.sorter = s->sorter, .err = err};
	struct value *row = memory_alloc(sizeof *row * (size_t)e->column_count);
	int got = 0, n = 0;
	bool ok = true;
	s->any_queued = sql_integer(r->db, "SELECT 1 FROM td_search_queue LIMIT 1", 0) != 0;
	bind_after(r);
	while (ok && n < READ_SLICE && (got = sql_row(s->read, err)) == 1) {
		search_read(r, s->read, row);
		ok = build_row(r, &x, row, &name, &a);
		arena_reset(&a);
		n++;
	}
	/* Of a slice that is not full there is nothing to read after, and its last row's bytes went with the statement. */
	if (ok && n == READ_SLICE) {
		arena_reset(&s->after_arena);
		struct value key = key_of(e, row, &a);
		if (key.kind == VALUE_TEXT)
			key.text = arena_copy(&s->after_arena, key.text, key.len);
		s->after = arena_alloc(&s->after_arena, sizeof *row * (size_t)e->column_count);
		key_split(e, key, s->after, &s->after_arena);
	}
	sqlite3_reset(s->read);
	s->read_count += n;
	if (ok && got == 0 && n < READ_SLICE) {
		ok = sorter_finish(s->sorter, err);
		s->phase = SEARCH_WRITING;
	}
	free(row);
	buffer_done(&name);
	buffer_done(&x.record);
	arena_done(&a);
	return ok && got >= 0;
}

static bool term_flush(struct replica *r, struct error *err)
{
	struct search_state *s = r->search;
	if (!s->word_count)
		return true;
	sqlite3_bind_text(s->add_term, 1, buffer_text(&s->word), (int)s->word.len, SQLITE_STATIC);
	sqlite3_bind_int64(s->add_term, 2, s->word_count);
	s->word_count = 0;
	return sql_run(s->add_term, err);
}

static bool write_record(struct replica *r, const char *p, size_t n, struct error *err)
{
	struct search_state *s = r->search;
	if (*p == '\001') {
		uint64_t hash = 0;
		for (int i = 1; i <= 8; i++)
			hash = hash << 8 | (unsigned char)p[i];
		sqlite3_bind_int64(s->add_exact, 1, (int64_t)hash);
		sql_bind(s->add_exact, 2, key_record(p + 9, n - 9));
		return sql_run(s->add_exact, err);
	}
	size_t word = strlen(p), name = strlen(p + word + 1);
	if (s->word.len != word || memcmp(buffer_text(&s->word), p, word) != 0) {
		if (!term_flush(r, err))
			return false;
		buffer_clear(&s->word);
		buffer_add(&s->word, p, word);
	}
	s->word_count++;
	size_t key = word + name + 2;
	sqlite3_bind_text(s->add_word, 1, p, (int)word, SQLITE_STATIC);
	sqlite3_bind_text(s->add_word, 2, p + word + 1, (int)name, SQLITE_STATIC);
	sql_bind(s->add_word, 3, key_record(p + key, n - key));
	return sql_run(s->add_word, err);
}

bool search_build_write(struct replica *r, bool *more, struct error *err)
{
	struct search_state *s = r->search;
	const char *p;
	size_t len;
	int got = 1, n = 0;
	if (!replica_begin(r, err))
		return false;
	for (; n < WRITE_SLICE && (got = sorter_next(s->sorter, &p, &len, err)) == 1; n++)
		if (!write_record(r, p, len, err))
			return false;
	if (got < 0)
		return false;
	s->write_count += n;
	int64_t total = sorter_count(s->sorter);
	*more = got == 1;
	if (!*more) {
		if (!term_flush(r, err) || !search_store_phase(r, SEARCH_READY, err))
			return false;
		search_build_drop(s);
	}
	int percent = *more && total ? (int)(50 + 50 * s->write_count / total) : 100;
	return search_store_percent(r, percent, err) && replica_commit(r, err);
}
