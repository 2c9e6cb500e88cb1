#include "config.h"

#include "compare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/zone.h"
#include "chance.h"
#include "model/model.h"
#include "oracle.h"
#include "replica/query.h"
#include "replica/replica.h"
#include "replica/rollup.h"
#include "stream.h"

static bool compare_failed(const struct compare *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool compare_failed(const struct compare *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buffer_format_list(c->why, format, args);
	va_end(args);
	return false;
}

static bool compare_rows(const struct compare *c, int entity, const char *what, const struct value *want,
			 const struct value *got)
{
	const struct model *m = c->oracle->model;

	if (oracle_same_row(&m->entities[entity], want, got))
		return true;
	buffer_format(c->why, "%s: must be ", what);
	stream_tell_row(c->why, m, entity, want);
	buffer_text_add(c->why, ", is ");
	stream_tell_row(c->why, m, entity, got);
	return false;
}

/* ---- the dump: rows, versions, registrations ---- */

struct dumped {
	const struct compare *c;
	bool *seen; /* by version of the oracle */
	bool *row_seen;
	bool *registered; /* by registration of the oracle */
	bool ok;
};

/* The begin of what is known of a row found by a copy may lie within a version: a partial update that changes nothing
 * is the first that was seen of it. */
static bool dumped_begins(const struct dumped *d, const struct oracle_version *w, const struct version *v)
{
	const struct oracle *o = d->c->oracle;

	if (w->to != v->valid_to || w->end != v->ended_by || v->valid_from < w->from)
		return false;
	return oracle_same_row(&o->model->entities[v->entity], w->values, v->values);
}

/* The number the oracle gives to a version: the replica numbers those it knows from 1. */
static int64_t dumped_number(const struct dumped *d, const struct version *v)
{
	const struct oracle *o = d->c->oracle;
	int64_t last = 0;

	for (int i = 0; i < o->version_count; i++) {
		const struct oracle_version *w = &o->versions[i];

		if (d->seen[i] && w->entity == v->entity && strcmp(w->key, v->key) == 0 && w->number > last)
			last = w->number;
	}
	for (int64_t n = last + 1;; n++) {
		const struct oracle_version *w = oracle_version(o, v->entity, v->key, n);

		if (!w || !w->found || dumped_begins(d, w, v))
			return n;
	}
}

/* No version of this row stands before it. */
static bool dumped_first_of_life(const struct dumped *d, const struct oracle_version *w)
{
	const struct oracle *o = d->c->oracle;

	for (int i = 0; &o->versions[i] != w; i++)
		if (o->versions[i].life == w->life && d->seen[i])
			return false;
	return true;
}

static bool dumped_last_of_life(const struct oracle *o, const struct oracle_version *w)
{
	for (const struct oracle_version *v = w + 1; v < o->versions + o->version_count; v++)
		if (v->life == w->life)
			return false;
	return true;
}

static bool dumped_changed(const struct version *v, uint32_t want)
{
	uint32_t got = 0;

	for (int i = 0; i < v->changed_count; i++)
		got |= 1u << v->changed[i];
	return got == want;
}

/* All that was seen of a row found by a copy is its death: a version of no length, with the key and nothing else. */
static bool dumped_death(struct dumped *d, const struct version *v)
{
	const struct oracle *o = d->c->oracle;
	const struct entity *e = &o->model->entities[v->entity];

	if (!d->c->partial || v->valid_from != v->valid_to || v->origin != ORIGIN_SNAPSHOT ||
	    (v->ended_by != END_DELETE && v->ended_by != END_CASCADE))
		return false;
	for (int i = 0; i < o->version_count; i++) {
		const struct oracle_version *w = &o->versions[i];
		/* Of several cascades that may have taken it the last is told. */
		bool fits = w->entity == v->entity && w->found && w->end == v->ended_by &&
			    strcmp(w->key, v->key) == 0 &&
			    (w->end == END_CASCADE ? w->to <= v->valid_to : w->to == v->valid_to);

		for (int c = 0; c < e->column_count && fits; c++)
			fits = v->values[c].kind == VALUE_NULL || oracle_same(v->values[c], w->values[c]);
		if (!fits || d->seen[i] || !dumped_first_of_life(d, w) || !dumped_last_of_life(o, w))
			continue;
		d->seen[i] = true;
		return true;
	}
	return false;
}

static bool dumped_version(struct dumped *d, const struct dump_line *line)
{
	const struct compare *c = d->c;
	const struct oracle *o = c->oracle;
	const struct version *v = line->version;
	int64_t number = c->partial ? dumped_number(d, v) : v->version;
	const struct oracle_version *w = oracle_version(o, v->entity, v->key, number);
	const char *name = o->model->entities[v->entity].name;
	char what[200];
	bool first;

	if (dumped_death(d, v))
		return true;
	if (!w)
		return compare_failed(
			c, "version %" PRId64 " of %s %s must not be (from %" PRId64 " to %" PRId64 ", %s, %s)",
			v->version, name, v->key, v->valid_from, v->valid_to, origin_word(v->origin),
			v->ended_by ? end_word(v->ended_by) : "open");
	first = c->partial && w->found && dumped_first_of_life(d, w);
	d->seen[w - o->versions] = true;
	if ((first ? v->valid_from < w->from : w->from != v->valid_from) || w->to != v->valid_to ||
	    v->is_current != (w->to == TIME_OPEN))
		return compare_failed(c,
				      "version %" PRId64 " of %s %s must hold from %" PRId64 " to %" PRId64
				      ", not from %" PRId64 " to %" PRId64,
				      v->version, name, v->key, w->from, w->to, v->valid_from, v->valid_to);
	if (w->end != v->ended_by || (w->origin != v->origin && !first))
		return compare_failed(
			c, "version %" PRId64 " of %s %s must be of origin %s and ended by %s, not %s and %s",
			v->version, name, v->key, origin_word(w->origin), w->end ? end_word(w->end) : "-",
			origin_word(v->origin), v->ended_by ? end_word(v->ended_by) : "-");
	if (w->changed_told && !first && !dumped_changed(v, w->changed))
		return compare_failed(c, "version %" PRId64 " of %s %s tells other changed columns than 0x%x",
				      v->version, name, v->key, w->changed);
	snprintf(what, sizeof what, "version %" PRId64 " of %s %s", v->version, name, v->key);
	return compare_rows(c, v->entity, what, w->values, v->values);
}

static bool dumped_row(struct dumped *d, const struct dump_line *line)
{
	const struct oracle *o = d->c->oracle;
	const struct oracle_version *w = oracle_as_of(o, line->entity, line->key, TIME_NONE);
	char what[200];

	snprintf(what, sizeof what, "row %s %s", o->model->entities[line->entity].name, line->key);
	if (!w)
		return compare_failed(d->c, "%s must not be", what);
	d->row_seen[w - o->versions] = true;
	return compare_rows(d->c, line->entity, what, w->values, line->values);
}

static bool dumped_same_store(const struct oracle_registration *g, const char *store)
{
	if (g->store.kind == VALUE_NULL || !store)
		return g->store.kind == VALUE_NULL && !store;
	return strlen(store) == g->store.len && memcmp(store, g->store.text, g->store.len) == 0;
}

static bool dumped_same_registration(const struct dumped *d, const struct oracle_registration *g,
				     const struct dump_line *line)
{
	/* What a partial image said of a customer found by a copy is as much as was known then. */
	if (d->c->partial && g->found)
		return true;
	return dumped_same_store(g, line->store) && g->at == line->at && g->timed == line->timed;
}

/* A customer that died and one that came to its key later may both have one under it. */
static bool dumped_registration(struct dumped *d, const struct dump_line *line)
{
	const struct oracle *o = d->c->oracle;

	/* Those a copy found last: under the partial rule they match anything. */
	for (int found = 0; found < 2; found++)
		for (int i = 0; i < o->registration_count; i++) {
			const struct oracle_registration *g = &o->registrations[i];

			if (g->found != found || d->registered[i] || strcmp(g->cif, line->key) != 0 ||
			    !dumped_same_registration(d, g, line))
				continue;
			d->registered[i] = true;
			return true;
		}
	return compare_failed(d->c, "a registration of %s at %" PRId64 " (%s) in %s must not be", line->key, line->at,
			      line->timed ? "the bank says so" : "by commit", line->store ? line->store : "null");
}

static bool dumped_all_registered(const struct dumped *d)
{
	const struct oracle *o = d->c->oracle;

	for (int i = 0; i < o->registration_count; i++) {
		const struct oracle_registration *g = &o->registrations[i];

		if (!d->registered[i])
			return compare_failed(d->c, "a registration of %s at %" PRId64 " (%s) in '%.*s' is missing",
					      g->cif, g->at, g->timed ? "the bank says so" : "by commit",
					      (int)g->store.len, g->store.kind == VALUE_TEXT ? g->store.text : "null");
	}
	return true;
}

static bool dumped_line(void *ctx, const struct dump_line *line)
{
	struct dumped *d = ctx;

	d->ok = line->type == DUMP_ROW       ? dumped_row(d, line)
		: line->type == DUMP_VERSION ? dumped_version(d, line)
					     : dumped_registration(d, line);
	return d->ok;
}

/* A version may be missing only when no earlier one of its life is there, and the row is dead. */
static bool dumped_may_miss(const struct dumped *d, const struct oracle_version *v)
{
	return d->c->partial && v->found && v->to != TIME_OPEN && dumped_first_of_life(d, v);
}

static bool dumped_complete(const struct dumped *d)
{
	const struct oracle *o = d->c->oracle;

	for (int i = 0; i < o->version_count; i++) {
		const struct oracle_version *v = &o->versions[i];
		const char *name = o->model->entities[v->entity].name;

		if (!d->seen[i] && !dumped_may_miss(d, v))
			return compare_failed(d->c,
					      "version %" PRId64 " of %s %s is missing (from %" PRId64 " to %" PRId64
					      ", %s, %s)",
					      v->number, name, v->key, v->from, v->to, origin_word(v->origin),
					      v->end ? end_word(v->end) : "open");
		if (v->to == TIME_OPEN && !d->row_seen[i])
			return compare_failed(d->c, "row %s %s is missing", name, v->key);
	}
	return true;
}

static bool compare_dump(const struct compare *c)
{
	const struct oracle *o = c->oracle;
	struct dumped d = {.c = c, .ok = true};
	struct error err = {0};
	bool ok;

	d.seen = memory_zero((size_t)o->version_count + 1, sizeof *d.seen);
	d.row_seen = memory_zero((size_t)o->version_count + 1, sizeof *d.row_seen);
	d.registered = memory_zero((size_t)o->registration_count + 1, sizeof *d.registered);
	ok = query_dump(c->query, dumped_line, &d, &err);
	if (d.ok && !ok)
		compare_failed(c, "dump: %s", err.message);
	ok = ok && d.ok && dumped_complete(&d) && dumped_all_registered(&d);
	free(d.seen);
	free(d.row_seen);
	free(d.registered);
	return ok;
}

/* ---- as of any time ---- */

struct exported {
	const struct compare *c;
	int64_t at;
	int rows;
	bool ok;
};

static bool exported_row(void *ctx, const struct export_row *row)
{
	struct exported *x = ctx;
	const struct oracle_version *w = oracle_as_of(x->c->oracle, row->entity, row->key, x->at);
	char what[200];

	x->rows++;
	snprintf(what, sizeof what, "%s %s as of %" PRId64, x->c->oracle->model->entities[row->entity].name, row->key,
		 x->at);
	x->ok = w ? compare_rows(x->c, row->entity, what, w->values, row->values)
		  : compare_failed(x->c, "%s must not be", what);
	return x->ok;
}

static bool compare_as_of(const struct compare *c, int entity, int64_t at)
{
	const struct oracle *o = c->oracle;
	struct exported x = {.c = c, .at = at, .ok = true};
	struct error err = {0};
	int rows = 0;

	for (int i = 0; i < o->version_count; i++)
		if (o->versions[i].entity == entity &&
		    (at == TIME_NONE ? o->versions[i].to == TIME_OPEN
				     : o->versions[i].from <= at && at < o->versions[i].to))
			rows++;
	if (!query_export(c->query, entity, at, exported_row, &x, &err))
		return x.ok ? compare_failed(c, "export: %s", err.message) : false;
	if (x.ok && x.rows != rows)
		return compare_failed(c, "%s as of %" PRId64 ": %d rows, not %d", o->model->entities[entity].name, at,
				      rows, x.rows);
	return x.ok;
}

static bool compare_every_time(const struct compare *c)
{
	const struct oracle *o = c->oracle;
	int64_t last = TIME_NONE;

	for (int i = 0; i < o->version_count; i++) {
		const struct oracle_version *v = &o->versions[i];

		if (v->from == last)
			continue;
		last = v->from;
		for (int e = 0; e < o->model->entity_count; e++)
			if (!compare_as_of(c, e, v->from - 1) || !compare_as_of(c, e, v->from) ||
			    (v->to != TIME_OPEN && !compare_as_of(c, e, v->to)))
				return false;
	}
	return true;
}

/* ---- one customer ---- */

/* The row of a detail names this customer. */
static bool compare_belongs(const struct entity *e, const struct value *row, const char *cif)
{
	struct arena arena = {0};
	bool theirs;

	if (row[e->cif].kind == VALUE_NULL)
		return false;
	theirs = strcmp(oracle_key(&arena, &(struct entity){.key_count = 1, .key = &(int){e->cif}}, row), cif) == 0;
	arena_done(&arena);
	return theirs;
}

static bool compare_details(const struct compare *c, const struct lookup_answer *a, const char *cif, int64_t at)
{
	const struct oracle *o = c->oracle;

	for (int n = 0; n < a->entity_count; n++) {
		const struct entity_rows *rows = &a->entities[n];
		const struct entity *e = &o->model->entities[rows->entity];
		int count = 0;

		for (int i = 0; i < o->version_count; i++) {
			const struct oracle_version *v = &o->versions[i];

			if (v->entity == rows->entity &&
			    (at == TIME_NONE ? v->to == TIME_OPEN : v->from <= at && at < v->to))
				count += compare_belongs(e, v->values, cif);
		}
		if (count != rows->count)
			return compare_failed(c, "customer %s as of %" PRId64 " has %d %s rows, not %d", cif, at, count,
					      e->name, rows->count);
		for (int i = 0; i < rows->count; i++) {
			const struct oracle_version *v = oracle_as_of(o, rows->entity, rows->rows[i].key, at);

			if (!v || !compare_rows(c, rows->entity, "a detail", v->values, rows->rows[i].values))
				return v ? false
					 : compare_failed(c, "%s %s as of %" PRId64 " must not be", e->name,
							  rows->rows[i].key, at);
			if (rows->rows[i].version != v->number && !c->partial)
				return compare_failed(c, "%s %s as of %" PRId64 " is not version %" PRId64, e->name,
						      rows->rows[i].key, at, v->number);
		}
	}
	return true;
}

static bool compare_lookup(const struct compare *c, const char *cif, int64_t at)
{
	const struct oracle *o = c->oracle;
	const struct oracle_version *want = oracle_as_of(o, o->model->customer, cif, at);
	struct lookup_answer a = {0};
	struct error err = {0};
	char what[120];
	bool ok;

	snprintf(what, sizeof what, "customer %s as of %" PRId64, cif, at);
	if (!query_lookup(c->query, cif, at, &a, &err))
		return compare_failed(c, "%s: %s", what, err.message);
	if (c->restarted && at != TIME_NONE && a.known == KNOWN_BEFORE_SNAPSHOT && !a.customer) {
		answer_done(&a.base);
		return true;
	}
	if (!want != !a.customer)
		ok = compare_failed(c, "%s must %sbe", what, want ? "" : "not ");
	else
		ok = !want || (compare_rows(c, o->model->customer, what, want->values, a.customer->values) &&
			       compare_details(c, &a, cif, at));
	if (ok && want && !c->partial && (a.customer->version != want->number || a.customer->valid_from != want->from))
		ok = compare_failed(c, "%s is not version %" PRId64, what, want->number);
	answer_done(&a.base);
	return ok;
}

/* A version is in a customer's history when its CIF was theirs. */
static bool compare_is_theirs(const struct oracle *o, const struct oracle_version *v, const char *cif)
{
	const struct entity *e = &o->model->entities[v->entity];

	if (v->entity == o->model->customer)
		return strcmp(v->key, cif) == 0;
	return e->cif >= 0 && compare_belongs(e, v->values, cif);
}

static bool compare_moved(const struct compare *c, const struct version *v, const struct oracle_version *w)
{
	if (v->entity != c->oracle->model->customer)
		return true;
	if (w->moved_to && (!v->moved_to || strcmp(v->moved_to, w->moved_to) != 0))
		return compare_failed(c, "version %" PRId64 " of %s must have moved to %s, not %s", v->version, v->key,
				      w->moved_to, v->moved_to ? v->moved_to : "nowhere");
	if (w->moved_from && (!v->moved_from || strcmp(v->moved_from, w->moved_from) != 0))
		return compare_failed(c, "version %" PRId64 " of %s must have come from %s, not %s", v->version, v->key,
				      w->moved_from, v->moved_from ? v->moved_from : "nowhere");
	return true;
}

static bool compare_history(const struct compare *c, const char *cif)
{
	const struct oracle *o = c->oracle;
	struct history_request r = {.cif = cif, .entity = -1, .from = TIME_NONE, .to = TIME_NONE};
	struct history_answer a = {0};
	struct error err = {0};
	int count = 0;
	bool ok = true;

	if (!query_history(c->query, &r, &a, &err))
		return compare_failed(c, "history of %s: %s", cif, err.message);
	for (int i = 0; i < o->version_count; i++)
		count += compare_is_theirs(o, &o->versions[i], cif);
	if (count != a.count)
		ok = compare_failed(c, "the history of %s has %d versions, not %d", cif, count, a.count);
	for (int i = 0; i < a.count && ok; i++) {
		const struct version *v = &a.versions[i];
		const struct oracle_version *w = oracle_version(o, v->entity, v->key, v->version);

		if (!w || !compare_is_theirs(o, w, cif))
			ok = compare_failed(c, "version %" PRId64 " of %s must not be in the history of %s", v->version,
					    v->key, cif);
		else if (i && a.versions[i - 1].valid_from < v->valid_from)
			ok = compare_failed(c, "the history of %s is not newest first", cif);
		else
			ok = compare_moved(c, v, w) &&
			     compare_rows(c, v->entity, "a version in a history", w->values, v->values);
	}
	answer_done(&a.base);
	return ok;
}

static bool compare_customers(const struct compare *c)
{
	const struct oracle *o = c->oracle;
	struct chance chance = {c->seed};

	for (int n = 0; n < 12 && o->version_count; n++) {
		const struct oracle_version *some = &o->versions[chance_below(&chance, o->version_count)];
		const struct oracle_version *when = &o->versions[chance_below(&chance, o->version_count)];

		if (some->entity != o->model->customer)
			continue;
		if (!compare_lookup(c, some->key, TIME_NONE))
			return false;
		if (!c->partial && (!compare_lookup(c, some->key, when->from) ||
				    !compare_lookup(c, some->key, when->from - 1) || !compare_history(c, some->key)))
			return false;
	}
	return true;
}

/* ---- windows ---- */

struct windowing {
	struct duration window, slide;
	enum zone_unit unit; /* where months or days are asked for */
	bool by_zone;
};

static bool window_next(const struct windowing *w, const struct zone *zone, int64_t start, int64_t *end)
{
	*end = w->by_zone ? zone_step(zone, w->unit, start, 1) : start + w->window.micro;
	return true;
}

/* Starts of the windows that hold `at`, earliest first, up to max. */
static int windows_of(const struct windowing *w, const struct zone *zone, int64_t at, int64_t *starts, int max)
{
	int64_t slide = w->slide.micro, start;
	int n = 0;

	if (w->by_zone) {
		starts[0] = zone_floor(zone, w->unit, at);
		return 1;
	}
	start = at / slide * slide;
	if (start > at)
		start -= slide;
	while (start - slide + w->window.micro > at)
		start -= slide;
	for (; start <= at && n < max; start += slide)
		starts[n++] = start;
	return n;
}

static bool compare_window(const struct compare *c, const struct stores_answer *a, const struct windowing *w,
			   const struct store_window *got)
{
	const char *id = a->stores[got->store].id;
	struct value store = id ? value_text(id, strlen(id)) : value_null();
	int64_t end, want;

	window_next(w, a->zone, got->start, &end);
	want = oracle_registered(c->oracle, got->start, end, &store);
	if (got->end != end || got->count != want || got->start < a->from || got->start >= a->to)
		return compare_failed(c,
				      "window %" PRId64 " to %" PRId64 " of %s: %" PRId64 " registrations, not %" PRId64
				      " to %" PRId64,
				      got->start, end, id ? id : "null", want, got->count, got->end);
	return true;
}

static int compare_text_order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many windows count something: by walking through the registrations. */
static int windows_wanted(const struct oracle *o, const struct stores_answer *a, const struct windowing *w)
{
	int max = o->registration_count * 64 + 1, n = 0, distinct = 0;
	const char **all = memory_zero((size_t)max, sizeof *all);
	struct arena arena;

	arena_init(&arena);
	for (int i = 0; i < o->registration_count; i++) {
		const struct oracle_registration *g = &o->registrations[i];
		int64_t starts[64];
		int count = g->at == TIME_NONE ? 0 : windows_of(w, a->zone, g->at, starts, 64);

		for (int s = 0; s < count; s++)
			if (starts[s] >= a->from && starts[s] < a->to)
				all[n++] = arena_format(&arena, "%" PRId64 " %d %.*s", starts[s],
							g->store.kind == VALUE_NULL, (int)g->store.len,
							g->store.kind == VALUE_TEXT ? g->store.text : "");
	}
	qsort(all, (size_t)n, sizeof *all, compare_text_order);
	for (int i = 0; i < n; i++)
		distinct += i == 0 || strcmp(all[i], all[i - 1]) != 0;
	free(all);
	arena_done(&arena);
	return distinct;
}

static bool compare_totals(const struct compare *c, const struct stores_answer *a)
{
	int64_t sum = 0;

	for (int i = 0; i < a->store_count; i++) {
		const char *id = a->stores[i].id;
		struct value store = id ? value_text(id, strlen(id)) : value_null();
		int64_t last = TIME_NONE, want = oracle_registered(c->oracle, a->from, a->to, &store);

		for (int g = 0; g < c->oracle->registration_count; g++) {
			const struct oracle_registration *r = &c->oracle->registrations[g];

			if (r->at != TIME_NONE && r->at < a->to && oracle_same(r->store, store) && r->at > last)
				last = r->at;
		}
		if (a->stores[i].total != want || a->stores[i].last != last)
			return compare_failed(c,
					      "store %s: %" PRId64 " registrations, the last at %" PRId64
					      ", not %" PRId64 " at %" PRId64,
					      id ? id : "null", want, last, a->stores[i].total, a->stores[i].last);
		sum += want;
	}
	if (sum != oracle_registered(c->oracle, a->from, a->to, NULL))
		return compare_failed(c, "a store with registrations is not listed");
	return true;
}

static bool compare_stores(const struct compare *c, const struct windowing *w, const struct stores_request *r)
{
	struct stores_answer a = {0};
	struct error err = {0};
	int wanted;
	bool ok;

	if (!query_stores(c->query, r, &a, &err))
		return compare_failed(c, "stores: %s", err.message);
	ok = compare_totals(c, &a);
	for (int i = 0; i < a.window_count && ok; i++)
		ok = compare_window(c, &a, w, &a.windows[i]);
	wanted = windows_wanted(c->oracle, &a, w);
	if (ok && wanted != a.window_count)
		ok = compare_failed(c, "%d windows of %" PRId64 "/%" PRId64 " s in %s count something, not %d", wanted,
				    w->window.micro / SECOND, w->slide.micro / SECOND, zone_name(a.zone),
				    a.window_count);
	answer_done(&a.base);
	return ok;
}

static bool compare_windows(const struct compare *c)
{
	static const char *const zones[] = {"UTC", "Europe/Berlin", "Asia/Kathmandu"};
	static const struct windowing kinds[] = {
		{.window = {.micro = 5 * MINUTE}, .slide = {.micro = 5 * MINUTE}},
		{.window = {.micro = 10 * SECOND}, .slide = {.micro = 10 * SECOND}},
		{.window = {.micro = HOUR}, .slide = {.micro = 20 * MINUTE}},
		{.window = {.micro = 90 * SECOND}, .slide = {.micro = 15 * SECOND}},
		{.window = {.micro = 24 * HOUR}, .slide = {.micro = 24 * HOUR}},
		{.window = {.micro = DAY, .days = 1},
		 .slide = {.micro = DAY, .days = 1},
		 .unit = ZONE_DAY,
		 .by_zone = true},
		{.window = {.micro = 7 * DAY, .days = 7},
		 .slide = {.micro = 7 * DAY, .days = 7},
		 .unit = ZONE_WEEK,
		 .by_zone = true},
		{.window = {.months = 1}, .slide = {.months = 1}, .unit = ZONE_MONTH, .by_zone = true},
	};
	struct chance chance = {c->seed ^ 0x5eed};
	struct error err = {0};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const struct zone *zone = zone_get(zones[chance_below(&chance, 3)], &err);
		const struct oracle *o = c->oracle;
		int64_t about = o->version_count ? o->versions[chance_below(&chance, o->version_count)].from : 0;
		struct stores_request r = {
			.window = kinds[i].window, .slide = kinds[i].slide, .zone = zone, .now = TIME_NONE};

		r.from = about - chance_below(&chance, 100000) * SECOND;
		r.to = about + chance_below(&chance, 50000) * SECOND + 1;
		if (kinds[i].by_zone && chance_percent(&chance, 50))
			r.from = -400 * DAY;
		if (!compare_stores(c, &kinds[i], &r))
			return false;
	}
	return true;
}

bool compare_now(const struct compare *c)
{
	for (int e = 0; e < c->oracle->model->entity_count; e++)
		if (!compare_as_of(c, e, TIME_NONE))
			return false;
	return true;
}

bool compare_all(const struct compare *c)
{
	if (!compare_dump(c))
		return false;
	if (!c->partial && !compare_every_time(c))
		return false;
	return (c->partial || compare_windows(c)) && compare_customers(c);
}

/* ---- made again ---- */

struct told {
	struct arena arena;
	const char **lines;
	int count;
};

static bool told_registration(void *ctx, const struct dump_line *line)
{
	struct told *t = ctx;

	if (line->type != DUMP_REGISTRATION)
		return true;
	t->lines = memory_grow(t->lines, (size_t)(t->count + 1) * sizeof *t->lines);
	t->lines[t->count++] = arena_format(&t->arena, "%s at %" PRId64 " (%d) in %s; ", line->key, line->at,
					    line->timed, line->store ? line->store : "null");
	return true;
}

/* All of them, sorted: of two at one time under one key either may stand first. */
static bool told_registrations(const char *path, struct buffer *out, struct error *err)
{
	struct query *q = query_open(path, err);
	struct told t = {0};
	bool ok;

	arena_init(&t.arena);
	ok = q && query_dump(q, told_registration, &t, err);
	qsort(t.lines, (size_t)t.count, sizeof *t.lines, compare_text_order);
	for (int i = 0; i < t.count; i++)
		buffer_text_add(out, t.lines[i]);
	free(t.lines);
	arena_done(&t.arena);
	query_close(q);
	return ok;
}

static bool rebuilt(const char *path, const char *source_url, struct error *err)
{
	struct replica_params p = {.path = path, .source_url = source_url, .source_kind = "test"};
	struct replica *r = replica_open_writer(&p, err);
	bool ok = r && replica_begin(r, err) && rollup_rebuild(r, err) && replica_commit(r, err);

	replica_close(r);
	return ok;
}

bool compare_rebuilt(const char *path, const char *source_url, struct buffer *why)
{
	struct buffer before = {0}, after = {0};
	struct error err = {0};
	bool ok = told_registrations(path, &before, &err) && rebuilt(path, source_url, &err) &&
		  told_registrations(path, &after, &err);

	if (!ok)
		buffer_text_add(why, err.message);
	else if (strcmp(buffer_text(&before), buffer_text(&after)) != 0)
		buffer_format(why, "registrations were %smade again they are %s", buffer_text(&before),
			      buffer_text(&after));
	buffer_done(&before);
	buffer_done(&after);
	return why->len == 0;
}
