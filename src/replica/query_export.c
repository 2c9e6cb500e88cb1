#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "replica/key.h"
#include "replica/query_internal.h"
#include "replica/sql.h"

static void key_order(const struct entity *e, struct buffer *sql)
{
	for (int i = 0; i < e->key_count; i++) {
		if (i)
			buffer_text_add(sql, ", ");
		sql_identifier(sql, e->columns[e->key[i]].as);
	}
}

static void table_name(const struct entity *e, const char *suffix, struct buffer *sql)
{
	char *name = memory_format("%s%s", e->name, suffix);
	sql_identifier(sql, name);
	free(name);
}

/* ---- tables ---- */

static sqlite3_stmt *prepare_table(struct query *q, const struct entity *e, bool at, struct error *err)
{
	struct buffer sql = {0};
	if (at) {
		buffer_text_add(&sql, "SELECT ");
		query_columns(e, "", &sql);
		buffer_text_add(&sql, " FROM ");
		table_name(e, "_history", &sql);
		buffer_text_add(&sql, " WHERE _valid_from <= ?1 AND _valid_to > ?1 UNION ALL ");
	}
	buffer_text_add(&sql, "SELECT ");
	query_columns(e, "", &sql);
	buffer_text_add(&sql, " FROM ");
	sql_identifier(&sql, e->name);
	if (at)
		buffer_text_add(&sql, " WHERE _valid_from <= ?1");
	buffer_text_add(&sql, " ORDER BY ");
	key_order(e, &sql);
	sqlite3_stmt *s = sql_prepare(q->db, buffer_text(&sql), err);
	buffer_done(&sql);
	return s;
}

bool query_export(struct query *q, int entity, int64_t as_of, bool (*fn)(void *ctx, const struct export_row *row), void *ctx, struct error *err)
{
	const struct entity *e = &q->model->entities[entity];
	struct arena a = {0};
	sqlite3_stmt *s = prepare_table(q, e, as_of != TIME_NONE, err);
	int row = s && sql_run(q->begin, err) ? 0 : -1;
	if (s && as_of != TIME_NONE)
		sqlite3_bind_int64(s, 1, as_of);
	while (row >= 0 && (row = sql_row(s, err)) == 1) {
		struct export_row out = {.entity = entity};
		arena_reset(&a);
		out.values = query_row(q, entity, s, &a);
		out.key = key_text(e, out.values, &a);
		if (!fn(ctx, &out))
			break;
	}
	sqlite3_finalize(s);
	arena_done(&a);
	return query_answer_end(q, row == 0);
}

bool query_row_of(struct query *q, int entity, const struct value *key, const struct value **row, struct arena *a, struct error *err)
{
	const struct entity *e = &q->model->entities[entity];
	*row = NULL;
	if (!query_entity_prepare(q, entity, err))
		return false;
	sqlite3_stmt *s = q->entities[entity].by_key;
	for (int i = 0; i < e->key_count; i++)
		sql_bind(s, i + 1, key[e->key[i]]);
	int found = sql_row(s, err);
	if (found == 1)
		*row = query_row(q, entity, s, a);
	sqlite3_reset(s);
	return found >= 0;
}

/* ---- the flat view ---- */

static void flat_add(struct query *q, const char *prefix, const char *name, int entity, int column)
{
	q->flat_names = memory_grow(q->flat_names, sizeof *q->flat_names * (size_t)(q->flat_count + 1));
	q->flat = memory_grow(q->flat, sizeof *q->flat * (size_t)(q->flat_count + 1));
	q->flat_names[q->flat_count] = prefix ? memory_format("%s_%s", prefix, name) : memory_text(name);
	q->flat[q->flat_count] = (struct flat_column){q->flat_names[q->flat_count], entity, column};
	q->flat_count++;
}

int query_flat_columns(struct query *q, const struct flat_column **columns)
{
	const struct model *m = q->model;
	if (!q->flat_count && m->flat_count) {
		const struct flat *f = &m->flats[0];
		const struct entity *customer = &m->entities[m->customer];
		for (int i = 0; i < customer->column_count; i++)
			flat_add(q, NULL, customer->columns[i].as, m->customer, i);
		for (int k = 0; k < f->entity_count; k++) {
			const struct entity *e = &m->entities[f->entities[k]];
			if (e == customer)
				continue;
			flat_add(q, e->name, "count", f->entities[k], -1);
			for (int i = 0; i < e->column_count; i++)
				flat_add(q, e->name, e->columns[i].as, f->entities[k], i);
		}
	}
	*columns = q->flat;
	return q->flat_count;
}

/* A detail's rows of one customer at a time: how many, and the one opened last. */
static bool flat_detail(struct query *q, int entity, const struct value *customer, int64_t as_of, struct value *out, struct arena *a, struct error *err)
{
	const struct entity *e = &q->model->entities[entity];
	const struct entity *c = &q->model->entities[q->model->customer];
	if (!query_entity_prepare(q, entity, err))
		return false;
	struct entity_query *x = &q->entities[entity];
	bool at = as_of != TIME_NONE;
	sqlite3_stmt *s = e->via >= 0 ? (at ? x->by_key_at : x->by_key) : at ? x->by_cif_at : x->by_cif;
	sql_bind(s, 1, e->via >= 0 ? customer[e->via] : customer[c->cif]);
	if (at)
		sqlite3_bind_int64(s, 2, as_of);
	int64_t count = 0, best_from = TIME_NONE, best_seq = TIME_NONE;
	for (int i = 0; i < e->column_count; i++)
		out[i + 1] = value_null();
	int row, n = e->column_count;
	while ((row = sql_row(s, err)) == 1) {
		int64_t from = sqlite3_column_int64(s, n + 1), seq = sqlite3_column_int64(s, n + 3);
		count++;
		/* Rows come by key: of equal times the later key is taken, as the view does. */
		if (from < best_from || (from == best_from && seq < best_seq))
			continue;
		best_from = from;
		best_seq = seq;
		memcpy(out + 1, query_row(q, entity, s, a), sizeof *out * (size_t)n);
	}
	sqlite3_reset(s);
	out[0] = value_integer(count);
	return row == 0;
}

struct flattening {
	struct query *q;
	bool *by_cif;            /* by place in the flat view: its rows can be found */
	int64_t as_of;
	bool (*fn)(void *ctx, const struct export_row *row);
	void *ctx;
	struct error *err;
	struct value *values;
	struct arena arena;
	bool failed;
};

static bool flatten(void *ctx, const struct export_row *customer)
{
	struct flattening *f = ctx;
	const struct model *m = f->q->model;
	const struct flat *flat = &m->flats[0];
	int n = m->entities[m->customer].column_count;
	memcpy(f->values, customer->values, sizeof *f->values * (size_t)n);
	arena_reset(&f->arena);
	for (int k = 0; k < flat->entity_count; k++) {
		if (flat->entities[k] == m->customer)
			continue;
		const struct entity *e = &m->entities[flat->entities[k]];
		for (int i = 0; i <= e->column_count; i++)
			f->values[n + i] = value_null();
		if (f->by_cif[k] && !flat_detail(f->q, flat->entities[k], customer->values, f->as_of, f->values + n, &f->arena, f->err)) {
			f->failed = true;
			return false;
		}
		n += e->column_count + 1;
	}
	struct export_row out = {-1, customer->key, f->values};
	return f->fn(f->ctx, &out);
}

bool query_export_flat(struct query *q, int64_t as_of, bool (*fn)(void *ctx, const struct export_row *row), void *ctx, struct error *err)
{
	const struct flat_column *columns;
	int n = query_flat_columns(q, &columns);
	if (!n) {
		error_set(err, ERROR_USAGE, "could not export: the model has no flat view");
		return error_hint(err, "name a table with --entity");
	}
	const struct flat *flat = &q->model->flats[0];
	struct flattening f = {.q = q, .as_of = as_of, .fn = fn, .ctx = ctx, .err = err};
	f.values = memory_zero((size_t)n, sizeof *f.values);
	f.by_cif = memory_zero((size_t)flat->entity_count, sizeof *f.by_cif);
	for (int k = 0; k < flat->entity_count; k++)
		f.by_cif[k] = query_by_cif_indexed(q, NULL, flat->entities[k]);
	bool ok = query_export(q, q->model->customer, as_of, flatten, &f, err) && !f.failed;
	arena_done(&f.arena);
	free(f.values);
	free(f.by_cif);
	return ok;
}

/* ---- dump ---- */

struct dumping {
	struct query *q;
	bool (*fn)(void *ctx, const struct dump_line *line);
	void *ctx;
	struct error *err;
	struct arena arena;
	int64_t *seqs;   /* of source transactions, ascending: a rank is a place in this list */
	int64_t *starts; /* valid_from of copies, and their ranks */
	int64_t *start_ranks;
	size_t seq_count, start_count;
	bool stopped;
};

static int64_t rank_of_seq(const struct dumping *d, int64_t seq)
{
	size_t lo = 0, hi = d->seq_count;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (d->seqs[mid] <= seq)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (int64_t)lo;
}

/* What a copy made stands at the rank where the copy began, whenever its chunk was written. */
static int64_t rank_of_copy(const struct dumping *d, int64_t valid_from, int64_t otherwise)
{
	for (size_t i = 0; i < d->start_count; i++)
		if (d->starts[i] == valid_from)
			return d->start_ranks[i];
	return otherwise;
}

static bool load_ranks(struct dumping *d)
{
	sqlite3_stmt *s = sql_prepare(d->q->db, "SELECT seq, kind, commit_time FROM td_txn ORDER BY seq", d->err);
	size_t cap = 0, start_cap = 0;
	int row = -1;
	while (s && (row = sql_row(s, d->err)) == 1) {
		if (sqlite3_column_int(s, 1) == 0) {
			if (d->seq_count == cap)
				d->seqs = memory_grow(d->seqs, sizeof *d->seqs * (cap = cap ? cap * 2 : 1024));
			d->seqs[d->seq_count++] = sqlite3_column_int64(s, 0);
		} else if (rank_of_copy(d, sqlite3_column_int64(s, 2), -1) < 0) {
			if (d->start_count == start_cap) {
				start_cap = start_cap ? start_cap * 2 : 16;
				d->starts = memory_grow(d->starts, sizeof *d->starts * start_cap);
				d->start_ranks = memory_grow(d->start_ranks, sizeof *d->start_ranks * start_cap);
			}
			d->starts[d->start_count] = sqlite3_column_int64(s, 2);
			d->start_ranks[d->start_count++] = (int64_t)d->seq_count;
		}
	}
	sqlite3_finalize(s);
	return row == 0;
}

static bool put(struct dumping *d, const struct dump_line *line)
{
	if (d->fn(d->ctx, line))
		return true;
	d->stopped = true;
	return false;
}

static bool dump_rows(struct dumping *d, int entity)
{
	const struct entity *e = &d->q->model->entities[entity];
	sqlite3_stmt *s = prepare_table(d->q, e, false, d->err);
	int row = -1;
	while (s && (row = sql_row(s, d->err)) == 1) {
		arena_reset(&d->arena);
		struct dump_line line = {.type = DUMP_ROW, .entity = entity};
		line.values = query_row(d->q, entity, s, &d->arena);
		line.key = key_text(e, line.values, &d->arena);
		if (!put(d, &line))
			break;
	}
	sqlite3_finalize(s);
	return row == 0;
}

static bool dump_versions(struct dumping *d, int entity)
{
	struct query *q = d->q;
	const struct entity *e = &q->model->entities[entity];
	int n = e->column_count, row = -1;
	struct buffer sql = {0};
	for (int part = 0; part < 2; part++) {
		buffer_text_add(&sql, part ? " UNION ALL SELECT " : "SELECT ");
		query_columns(e, "", &sql);
		buffer_text_add(&sql, part ? ", _version, _valid_from, 253402214400000000, _seq_from, 0, _origin, 0, _changed FROM "
		                           : ", _version, _valid_from, _valid_to, _seq_from, _seq_to, _origin, _ended_by, _changed FROM ");
		table_name(e, part ? "" : "_history", &sql);
	}
	buffer_text_add(&sql, " ORDER BY ");
	key_order(e, &sql);
	buffer_format(&sql, ", %d", n + 1);
	sqlite3_stmt *s = sql_prepare(q->db, buffer_text(&sql), d->err);
	buffer_done(&sql);
	while (s && (row = sql_row(s, d->err)) == 1) {
		arena_reset(&d->arena);
		struct version v = {.entity = entity};
		v.values = query_row(q, entity, s, &d->arena);
		v.key = key_text(e, v.values, &d->arena);
		v.version = sqlite3_column_int64(s, n);
		v.valid_from = sqlite3_column_int64(s, n + 1);
		v.valid_to = sqlite3_column_int64(s, n + 2);
		v.seq = sqlite3_column_int64(s, n + 3);
		v.origin = (enum version_origin)sqlite3_column_int(s, n + 5);
		v.ended_by = (enum version_end)sqlite3_column_int(s, n + 6);
		v.is_current = v.valid_to == TIME_OPEN;
		v.changed_count = query_changed(e, (const char *)sqlite3_column_text(s, n + 7), &v.changed, &d->arena);
		struct dump_line line = {.type = DUMP_VERSION, .entity = entity, .key = v.key, .values = v.values, .version = &v};
		bool copied = v.origin == ORIGIN_SNAPSHOT || v.origin == ORIGIN_RESYNC;
		line.from_rank = rank_of_seq(d, v.seq);
		if (copied)
			line.from_rank = rank_of_copy(d, v.valid_from, line.from_rank);
		line.to_rank = v.is_current ? -1 : rank_of_seq(d, sqlite3_column_int64(s, n + 4));
		if (v.ended_by == END_RESYNC)
			line.to_rank = rank_of_copy(d, v.valid_to, line.to_rank);
		if (!put(d, &line))
			break;
	}
	sqlite3_finalize(s);
	return row == 0;
}

static bool dump_registrations(struct dumping *d)
{
	const struct model *m = d->q->model;
	if (!m->rollup_count)
		return true;
	const char *name = m->rollups[0].name;
	sqlite3_stmt *s = sql_preparef(d->q->db, d->err,
	                               "SELECT coalesce(p.key, e.key) AS k, g.value, e.at, e.seq, e.timed "
	                               "FROM \"td_%w_events\" e JOIN \"td_%w_groups\" g ON g.id = e.\"group\" LEFT JOIN \"td_%w_parked\" p "
	                               "ON p.synthetic = e.key ORDER BY k, e.seq, e.at",
	                               name, name, name);
	int row = -1;
	while (s && (row = sql_row(s, d->err)) == 1) {
		arena_reset(&d->arena);
		struct dump_line line = {.type = DUMP_REGISTRATION, .entity = m->customer, .at = TIME_NONE};
		line.key = key_value_text(sql_column_copy(s, 0, &d->arena), &d->arena);
		struct value store = sql_column_copy(s, 1, &d->arena);
		line.store = store.kind == VALUE_NULL ? NULL : key_value_text(store, &d->arena);
		if (sqlite3_column_type(s, 2) != SQLITE_NULL)
			line.at = sqlite3_column_int64(s, 2);
		line.at_rank = rank_of_seq(d, sqlite3_column_int64(s, 3));
		line.timed = sqlite3_column_int(s, 4);
		if (!put(d, &line))
			break;
	}
	sqlite3_finalize(s);
	return row == 0;
}

bool query_dump(struct query *q, bool (*fn)(void *ctx, const struct dump_line *line), void *ctx, struct error *err)
{
	struct dumping d = {.q = q, .fn = fn, .ctx = ctx, .err = err};
	bool ok = sql_run(q->begin, err) && load_ranks(&d);
	for (int i = 0; ok && i < q->model->entity_count; i++)
		ok = dump_rows(&d, i);
	for (int i = 0; ok && i < q->model->entity_count; i++)
		ok = dump_versions(&d, i);
	ok = ok && dump_registrations(&d);
	arena_done(&d.arena);
	free(d.seqs);
	free(d.starts);
	free(d.start_ranks);
	return query_answer_end(q, ok || d.stopped);
}
