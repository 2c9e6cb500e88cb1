#include "config.h"

#include "replica/search_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "replica/internal.h"
#include "replica/key.h"
#include "replica/search_internal.h"
#include "replica/sql.h"

void search_schema(struct buffer *sql)
{
	buffer_text_add(sql, "CREATE TABLE td_word (word TEXT NOT NULL, name TEXT NOT NULL, key ANY NOT NULL, "
	                     "PRIMARY KEY (word, name, key)) STRICT, WITHOUT ROWID;\n"
	                     "CREATE TABLE td_term (word TEXT PRIMARY KEY NOT NULL, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;\n"
	                     "CREATE TABLE td_exact (hash INTEGER NOT NULL, key ANY NOT NULL, PRIMARY KEY (hash, key)) STRICT, WITHOUT ROWID;\n"
	                     "CREATE TABLE td_search_queue (key ANY PRIMARY KEY NOT NULL, old_name TEXT, old_hashes BLOB) STRICT;\n"
	                     "INSERT INTO td_meta VALUES ('search', 'none'), ('search_percent', 0);\n");
}

/* ---- what is indexed of a customer ---- */

/* A NUL in a name would end the text: a blank separates the words around it just so. */
static char *whole_text(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_copy(a, s, n);
	for (char *nul = copy; (nul = memchr(nul, '\0', (size_t)(copy + n - nul))); nul++)
		*nul = ' ';
	return copy;
}

const char *search_name(const struct entity *e, const struct value *row, struct arena *a)
{
	if (e->name_count == 1 && row[e->names[0]].kind == VALUE_TEXT)
		return whole_text(a, row[e->names[0]].text, row[e->names[0]].len);
	struct buffer b = {0};
	for (int i = 0; i < e->name_count; i++) {
		struct value v = row[e->names[i]];
		if (v.kind == VALUE_NULL || v.kind == VALUE_UNKNOWN)
			continue;
		if (b.len)
			buffer_char(&b, ' ');
		value_print(&b, &e->columns[e->names[i]], v);
	}
	const char *name = whole_text(a, buffer_text(&b), b.len);
	buffer_done(&b);
	return name;
}

/* Each word is kept with the whole name, so a name without end would cost its square. */
static void cut_name(struct buffer *folded)
{
	size_t n = SEARCH_NAME_MOST;
	if (folded->len <= n)
		return;
	while (n && folded->data[n] != ' ')
		n--;
	if (!n)
		for (n = SEARCH_NAME_MOST; n && ((unsigned char)folded->data[n] & 0xc0) == 0x80;)
			n--;
	buffer_cut(folded, n);
}

void search_fold(const struct entity *e, const struct value *row, struct buffer *out, struct arena *a)
{
	buffer_clear(out);
	if (e->name_count == 1 && row[e->names[0]].kind == VALUE_TEXT) {
		text_fold(out, row[e->names[0]].text, row[e->names[0]].len);
	} else {
		const char *name = search_name(e, row, a);
		text_fold(out, name, strlen(name));
	}
	cut_name(out);
}

int64_t search_hash(const char *column, const char *folded)
{
	uint64_t h = 1469598103934665603u;
	for (const char *p = column; *p; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	h = (h ^ 0xff) * 1099511628211u;
	for (const char *p = folded; *p; p++)
		if (*p != ' ')
			h = (h ^ (unsigned char)*p) * 1099511628211u;
	return (int64_t)((h ^ (h >> 31)) & INT64_MAX);
}

int search_hashes(const struct entity *e, const struct value *row, int64_t hashes[SEARCH_HASHES])
{
	int n = 0;
	struct buffer printed = {0}, folded = {0};
	for (int i = 0; i < e->column_count && n < SEARCH_HASHES; i++) {
		if (!e->columns[i].search || row[i].kind == VALUE_NULL || row[i].kind == VALUE_UNKNOWN)
			continue;
		buffer_clear(&printed);
		buffer_clear(&folded);
		value_print(&printed, &e->columns[i], row[i]);
		text_fold(&folded, buffer_text(&printed), printed.len);
		if (folded.len)
			hashes[n++] = search_hash(e->columns[i].name, buffer_text(&folded));
	}
	buffer_done(&printed);
	buffer_done(&folded);
	return n;
}

bool search_words(const char *name, bool (*fn)(void *ctx, const char *word, size_t n), void *ctx)
{
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, " ");
		bool again = false;
		for (const char *q = name; !again && q < p;) {
			size_t m = strcspn(q, " ");
			again = m == n && memcmp(p, q, n) == 0;
			q += m + 1;
		}
		if (!again && !fn(ctx, p, n))
			return false;
		p += n;
		if (*p)
			p++;
	}
	return true;
}

/* ---- opening ---- */

static const char *phase_word(enum search_phase p)
{
	return p == SEARCH_READY ? "ready" : p == SEARCH_NONE ? "none" : "building";
}

bool search_store_phase(struct replica *r, enum search_phase phase, struct error *err)
{
	r->search->phase = phase;
	return sql_execf(r->db, err, "UPDATE td_meta SET value = %Q WHERE name = 'search'", phase_word(phase));
}

bool search_store_percent(struct replica *r, int percent, struct error *err)
{
	return sql_execf(r->db, err, "UPDATE td_meta SET value = %d WHERE name = 'search_percent'", percent);
}

static bool is_name(const struct entity *e, int column)
{
	for (int i = 0; i < e->name_count; i++)
		if (e->names[i] == column)
			return true;
	return false;
}

/* Every column in its place, but those that search does not look at are not read. */
static void columns_list(const struct entity *e, struct buffer *sql)
{
	for (int i = 0; i < e->column_count; i++) {
		const struct column *c = &e->columns[i];
		if (i)
			buffer_text_add(sql, ", ");
		if (c->key >= 0 || c->search || is_name(e, i))
			sql_identifier(sql, c->as);
		else
			buffer_text_add(sql, "NULL");
	}
}

static void key_tuple(const struct entity *e, struct buffer *sql)
{
	buffer_char(sql, '(');
	for (int i = 0; i < e->key_count; i++) {
		if (i)
			buffer_text_add(sql, ", ");
		sql_identifier(sql, e->columns[e->key[i]].as);
	}
	buffer_char(sql, ')');
}

static sqlite3_stmt *prepare_rows(struct replica *r, const char *condition, struct error *err)
{
	const struct entity *e = &r->model->entities[r->model->customer];
	struct buffer sql = {0};
	buffer_text_add(&sql, "SELECT ");
	columns_list(e, &sql);
	buffer_text_add(&sql, " FROM ");
	sql_identifier(&sql, e->name);
	buffer_text_add(&sql, " WHERE ");
	key_tuple(e, &sql);
	buffer_format(&sql, " %s (", condition);
	for (int i = 0; i < e->key_count; i++)
		buffer_format(&sql, "%s?%d", i ? ", " : "", i + 1);
	buffer_text_add(&sql, ") ORDER BY ");
	for (int i = 0; i < e->key_count; i++) {
		if (i)
			buffer_text_add(&sql, ", ");
		sql_identifier(&sql, e->columns[e->key[i]].as);
	}
	sqlite3_stmt *s = sql_prepare(r->db, buffer_text(&sql), err);
	buffer_done(&sql);
	return s;
}

bool search_open(struct replica *r, struct error *err)
{
	struct search_state *s = r->search = memory_zero(1, sizeof *s);
	arena_init(&s->after_arena);
	s->queue = sql_prepare(r->db, "INSERT INTO td_search_queue (key, old_name, old_hashes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", err);
	s->queued = sql_prepare(r->db, "SELECT 1 FROM td_search_queue WHERE key = ?1", err);
	s->take = sql_prepare(r->db, "SELECT key, old_name, old_hashes FROM td_search_queue LIMIT ?1", err);
	s->done = sql_prepare(r->db, "DELETE FROM td_search_queue WHERE key = ?1", err);
	s->row = prepare_rows(r, "=", err);
	s->read = prepare_rows(r, ">", err);
	s->add_word = sql_prepare(r->db, "INSERT INTO td_word (word, name, key) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING", err);
	s->remove_word = sql_prepare(r->db, "DELETE FROM td_word WHERE word = ?1 AND name = ?2 AND key = ?3", err);
	s->add_term = sql_prepare(r->db, "INSERT INTO td_term (word, n) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET n = n + excluded.n", err);
	s->drop_term = sql_prepare(r->db, "DELETE FROM td_term WHERE word = ?1 AND n <= 0", err);
	s->add_exact = sql_prepare(r->db, "INSERT INTO td_exact (hash, key) VALUES (?1, ?2) ON CONFLICT DO NOTHING", err);
	s->remove_exact = sql_prepare(r->db, "DELETE FROM td_exact WHERE hash = ?1 AND key = ?2", err);
	if (!s->queue || !s->queued || !s->take || !s->done || !s->row || !s->read || !s->add_word || !s->remove_word || !s->add_term ||
	    !s->drop_term || !s->add_exact || !s->remove_exact)
		return false;
	search_reset(r);
	return true;
}

void search_close(struct replica *r)
{
	struct search_state *s = r->search;
	if (!s)
		return;
	sqlite3_stmt *all[] = {s->queue,     s->queued,   s->take,      s->done,      s->row,          s->read,
	                       s->add_word,  s->remove_word, s->add_term, s->drop_term, s->add_exact, s->remove_exact};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		sqlite3_finalize(all[i]);
	search_build_drop(s);
	arena_done(&s->after_arena);
	buffer_done(&s->word);
	free(s);
	r->search = NULL;
}

/* What a transaction did is undone, or another process built half an index: a build begins again. */
void search_reset(struct replica *r)
{
	struct search_state *s = r->search;
	bool ready = sql_integer(r->db, "SELECT value = 'ready' FROM td_meta WHERE name = 'search'", 0) != 0;
	if (s->phase == SEARCH_READING || s->phase == SEARCH_WRITING || !ready) {
		search_build_drop(s);
		s->phase = SEARCH_NONE;
	} else {
		s->phase = SEARCH_READY;
	}
}

bool search_forget(struct replica *r, struct error *err)
{
	search_build_drop(r->search);
	return search_store_phase(r, SEARCH_NONE, err);
}

/* ---- noting changes ---- */

bool search_note(struct replica *r, const struct value *old, const struct value *now, struct error *err)
{
	struct search_state *s = r->search;
	if (s->phase == SEARCH_NONE)
		return true;
	const struct entity *e = &r->model->entities[r->model->customer];
	bool matters = !old || !now;
	for (int i = 0; !matters && i < e->name_count; i++)
		matters = !value_equal(old[e->names[i]], now[e->names[i]]);
	for (int i = 0; !matters && i < e->column_count; i++)
		matters = e->columns[i].search && !value_equal(old[i], now[i]);
	if (!matters)
		return true;
	struct arena a = {0};
	struct buffer name = {0};
	int64_t hashes[SEARCH_HASHES];
	sql_bind(s->queue, 1, key_of(e, now ? now : old, &a));
	if (old) {
		search_fold(e, old, &name, &a);
		int n = search_hashes(e, old, hashes);
		sqlite3_bind_text(s->queue, 2, buffer_text(&name), (int)name.len, SQLITE_STATIC);
		sqlite3_bind_blob(s->queue, 3, hashes, n * (int)sizeof *hashes, SQLITE_STATIC);
	} else {
		sqlite3_bind_null(s->queue, 2);
		sqlite3_bind_null(s->queue, 3);
	}
	bool ok = sql_run(s->queue, err);
	buffer_done(&name);
	arena_done(&a);
	return ok;
}

/* ---- working off the queue ---- */

struct indexing {
	struct replica *r;
	const char *name;
	struct value key;
	bool add;
	struct error *err;
};

static bool index_word(void *ctx, const char *word, size_t n)
{
	struct indexing *x = ctx;
	struct search_state *s = x->r->search;
	sqlite3_stmt *entry = x->add ? s->add_word : s->remove_word;
	sqlite3_bind_text(entry, 1, word, (int)n, SQLITE_STATIC);
	sqlite3_bind_text(entry, 2, x->name, -1, SQLITE_STATIC);
	sql_bind(entry, 3, x->key);
	if (!sql_run(entry, x->err))
		return false;
	if (!sqlite3_changes(x->r->db))
		return true;
	sqlite3_bind_text(s->add_term, 1, word, (int)n, SQLITE_STATIC);
	sqlite3_bind_int(s->add_term, 2, x->add ? 1 : -1);
	if (!sql_run(s->add_term, x->err))
		return false;
	sqlite3_bind_text(s->drop_term, 1, word, (int)n, SQLITE_STATIC);
	return x->add || sql_run(s->drop_term, x->err);
}

static bool index_hashes(struct indexing *x, const int64_t *hashes, int n)
{
	sqlite3_stmt *s = x->add ? x->r->search->add_exact : x->r->search->remove_exact;
	for (int i = 0; i < n; i++) {
		sqlite3_bind_int64(s, 1, hashes[i]);
		sql_bind(s, 2, x->key);
		if (!sql_run(s, x->err))
			return false;
	}
	return true;
}

void search_read(const struct replica *r, sqlite3_stmt *s, struct value *row)
{
	const struct entity *e = &r->model->entities[r->model->customer];
	for (int i = 0; i < e->column_count; i++)
		row[i] = sql_column(s, i);
}

static bool index_now(struct indexing *x, struct arena *a)
{
	struct replica *r = x->r;
	struct search_state *s = r->search;
	const struct entity *e = &r->model->entities[r->model->customer];
	struct value *row = arena_alloc(a, sizeof *row * (size_t)e->column_count);
	int64_t hashes[SEARCH_HASHES];
	if (!key_split(e, x->key, row, a))
		return true;
	for (int i = 0; i < e->key_count; i++)
		sql_bind(s->row, i + 1, row[e->key[i]]);
	int found = sql_row(s->row, x->err);
	bool ok = found >= 0;
	if (found == 1) {
		struct buffer name = {0};
		search_read(r, s->row, row);
		search_fold(e, row, &name, a);
		x->name = buffer_text(&name);
		x->add = true;
		ok = search_words(x->name, index_word, x) && index_hashes(x, hashes, search_hashes(e, row, hashes));
		buffer_done(&name);
	}
	sqlite3_reset(s->row);
	return ok;
}

static bool work_off(struct replica *r, int most, bool *more, struct error *err)
{
	struct search_state *s = r->search;
	struct arena a = {0};
	int count = 0, row;
	struct { struct value key; const char *name; int64_t hashes[SEARCH_HASHES]; int hash_count; } *list = arena_alloc(&a, sizeof *list * (size_t)most);
	sqlite3_bind_int(s->take, 1, most);
	while ((row = sql_row(s->take, err)) == 1) {
		list[count].key = sql_column_copy(s->take, 0, &a);
		list[count].name = sql_column_text(s->take, 1, &a);
		list[count].hash_count = sqlite3_column_bytes(s->take, 2) / (int)sizeof(int64_t);
		if (list[count].hash_count > SEARCH_HASHES)
			list[count].hash_count = SEARCH_HASHES;
		if (list[count].hash_count)
			memcpy(list[count].hashes, sqlite3_column_blob(s->take, 2), (size_t)list[count].hash_count * sizeof(int64_t));
		count++;
	}
	sqlite3_reset(s->take);
	*more = count == most;
	bool ok = row == 0 && (!count || replica_begin(r, err));
	for (int i = 0; ok && i < count; i++) {
		struct indexing x = {r, list[i].name, list[i].key, false, err};
		ok = (!list[i].name || search_words(list[i].name, index_word, &x)) && index_hashes(&x, list[i].hashes, list[i].hash_count) &&
		     index_now(&x, &a);
		sql_bind(s->done, 1, list[i].key);
		ok = ok && sql_run(s->done, err);
	}
	arena_done(&a);
	return ok && (!count || replica_commit(r, err));
}

/* ---- following ---- */

/* After a long absence most of the index would be written again at random places: sorted anew it is done sooner. */
static bool queue_is_long(struct replica *r)
{
	char sql[96];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT 1 FROM td_search_queue LIMIT %d)", SEARCH_DIRECT + 1);
	int64_t queued = sql_integer(r->db, sql, 0);
	return queued > SEARCH_DIRECT && queued > r->tables[r->model->customer].rows / 10;
}

static bool follow_queue(struct replica *r, int most, bool *more, struct error *err)
{
	struct search_state *s = r->search;
	if (!work_off(r, most, more, err))
		return false;
	if (!*more) {
		s->slices = 0;
		return true;
	}
	return s->slices++ % 64 != 0 || !queue_is_long(r) || search_forget(r, err);
}

bool search_follow(struct replica *r, int most, bool *more, struct error *err)
{
	struct search_state *s = r->search;
	*more = false;
	if (r->tables[r->model->customer].copying)
		return true;
	switch (s->phase) {
	case SEARCH_READY:
		return follow_queue(r, most, more, err);
	case SEARCH_NONE:
		*more = true;
		return search_build_start(r, err);
	case SEARCH_READING:
		*more = true;
		return search_build_read(r, err);
	default:
		*more = true;
		return search_build_write(r, more, err);
	}
}
