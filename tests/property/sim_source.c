#include "config.h"

#include "sim_source.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "chance.h"
#include "model/model.h"
#include "oracle.h"
#include "source/source.h"
#include "stream.h"

#define CHUNK_MOST 3

/* When each transaction is logged and visible, by tick. */
static struct world {
	const struct stream *stream;
	struct sim_how how;
	struct sim_state *state;
	int *logged, *visible;
} world;

struct sim {
	struct source base;
	struct chance chance;
	int given;           /* position: transactions given out whole */
	int change;          /* of the one being given, -1: not begun */
	struct arena images; /* of the change given last */
	struct tables read;
	const struct value **rows;
	char position[24], high[24], bound[24], newest[24];
};

/* ---- the schedule ---- */

static bool world_same_row(const struct change *a, const struct change *b)
{
	const struct entity *e = &world.stream->model->entities[a->entity];
	const struct value *images[2][2] = {{a->before, a->after}, {b->before, b->after}};
	bool same = false;
	struct arena arena;

	if (a->entity != b->entity)
		return false;
	if (a->op == CHANGE_TRUNCATE || b->op == CHANGE_TRUNCATE || a->op == CHANGE_RELOAD || b->op == CHANGE_RELOAD)
		return true;
	arena_init(&arena);
	for (int i = 0; i < 4; i++)
		if (images[0][i & 1] && images[1][i >> 1])
			same |= strcmp(oracle_key(&arena, e, images[0][i & 1]),
				       oracle_key(&arena, e, images[1][i >> 1])) == 0;
	arena_done(&arena);
	return same;
}

static bool world_conflict(const struct stream_transaction *a, const struct stream_transaction *b)
{
	for (int i = 0; i < a->count; i++)
		for (int k = 0; k < b->count; k++)
			if (world_same_row(&a->changes[i], &b->changes[k]))
				return true;
	return false;
}

/* What locks many rows takes its time to be seen. */
static int world_late(const struct stream_transaction *t)
{
	for (int i = 0; i < t->count; i++)
		if (t->hidden[i])
			return 90;
	return 50;
}

static void world_schedule(void)
{
	const struct stream *s = world.stream;
	struct chance chance = {world.how.seed ^ 0x51ced};

	for (int i = 0; i < s->count; i++) {
		int at = i ? world.logged[i - 1] : 0;

		if (i < world.how.base)
			continue; /* both 0 */
		at += chance_below(&chance, 3);
		for (int k = world.how.base; k < i; k++)
			if (world.visible[k] > at && world_conflict(&s->transactions[k], &s->transactions[i]))
				at = world.visible[k];
		world.logged[i] = at;
		world.visible[i] =
			at + (chance_percent(&chance, world_late(&s->transactions[i])) ? chance_below(&chance, 9) : 0);
	}
}

/* Positions count transactions. */
static int world_end(void)
{
	int n = 0;

	while (n < world.stream->count && world.logged[n] <= world.state->tick)
		n++;
	return n;
}

static bool world_sees(int transaction)
{
	return world.logged[transaction] <= world.state->tick && world.visible[transaction] <= world.state->tick;
}

static int64_t world_clock(void)
{
	int end = world_end();

	return end ? world.stream->transactions[end - 1].clock + 5000 : 0;
}

void sim_source_remove(void)
{
	free(world.logged);
	free(world.visible);
	world = (struct world){0};
}

/* ---- the source ---- */

static const struct source_ops sim_ops;

static struct sim *sim_of(struct source *s)
{
	return (struct sim *)s;
}

/* The world goes on a little with each call. */
static void sim_moves(struct sim *s)
{
	struct sim_state *state = world.state;

	state->calls++;
	if (state->calls == state->stop_at)
		state->stop(state->stop_ctx);
	state->tick += chance_percent(&s->chance, 40) ? chance_below(&s->chance, 3) : 0;
}

static const char *sim_print(char text[24], int position)
{
	snprintf(text, 24, "%d", position);
	return text;
}

static struct source *sim_open(const struct source_params *p, struct error *err)
{
	struct sim *s = memory_zero(1, sizeof *s);

	(void)err;
	s->base = (struct source){&sim_ops, p->model, p->stop};
	s->change = -1;
	/* By the tick, not by a count of sessions: who was killed need not be known. */
	s->chance.state = world.how.seed * 31 + (uint64_t)world.state->calls;
	arena_init(&s->images);
	tables_init(&s->read, world.stream->model);
	return &s->base;
}

static void sim_close(struct source *source)
{
	struct sim *s = sim_of(source);

	arena_done(&s->images);
	tables_done(&s->read);
	free(s->rows);
	free(s);
}

static const char *sim_identity(struct source *s)
{
	(void)s;
	return "sim";
}

static bool sim_start(struct source *source, const char *position, struct error *err)
{
	struct sim *s = sim_of(source);

	if (!position)
		return error_set(err, ERROR_REFUSED,
				 "could not start: a source with tables is started where its copy says");
	s->given = atoi(position);
	s->change = -1;
	return true;
}

/* What a server with small images sends: the key, and what changed; of the rest only some. */
static const struct value *sim_image(struct sim *s, const struct change *c, bool after)
{
	const struct entity *e = &world.stream->model->entities[c->entity];
	const struct value *full = after ? c->after : c->before;
	struct value *image;

	if (!full || !world.how.partial || c->op == CHANGE_INSERT)
		return full;
	image = arena_copy(&s->images, full, (size_t)e->column_count * sizeof *image);
	for (int i = 0; i < e->column_count; i++) {
		bool changed = c->before && c->after && !oracle_same(c->before[i], c->after[i]);

		if (e->columns[i].key < 0 && (!after || (!changed && chance_percent(&s->chance, 70))))
			image[i] = (struct value){.kind = VALUE_UNKNOWN};
	}
	if (!after && c->op == CHANGE_UPDATE && chance_percent(&s->chance, 50) &&
	    strcmp(oracle_key(&s->images, e, c->before), oracle_key(&s->images, e, c->after)) == 0)
		return NULL;
	return image;
}

static enum source_result sim_give(struct sim *s, struct source_event *event)
{
	const struct stream_transaction *t = &world.stream->transactions[s->given];

	if (s->change < 0) {
		s->change = 0;
		event->commit_time = t->commit_time;
		return SOURCE_BEGIN;
	}
	while (s->change < t->count && t->hidden[s->change])
		s->change++;
	if (s->change == t->count) {
		s->change = -1;
		event->position = sim_print(s->position, ++s->given);
		return SOURCE_COMMIT;
	}
	arena_reset(&s->images);
	event->change = t->changes[s->change++];
	event->change.before = sim_image(s, &event->change, false);
	event->change.after = sim_image(s, &t->changes[s->change - 1], true);
	event->bytes = 100;
	return SOURCE_CHANGE;
}

static enum source_result sim_next(struct source *source, int timeout_ms, struct source_event *event, struct error *err)
{
	struct sim *s = sim_of(source);

	(void)timeout_ms;
	if (s->given < world.state->purged) {
		error_set(err, ERROR_PURGED, "could not read the log from position %d: it begins at %d", s->given,
			  world.state->purged);
		return SOURCE_ERROR;
	}
	if (s->change >= 0)
		return sim_give(s, event);
	sim_moves(s);
	if (s->given < world_end())
		return chance_percent(&s->chance, 35) ? SOURCE_WAIT : sim_give(s, event);
	event->complete_to = world_clock();
	/* Nothing is left to come: let commits become visible that still wait. */
	if (s->given == world.stream->count)
		world.state->tick++;
	return chance_percent(&s->chance, 50) ? SOURCE_IDLE : SOURCE_WAIT;
}

static void sim_durable(struct source *s, const char *position)
{
	(void)s;
	(void)position;
}

static bool sim_newest(struct source *source, const char **position, struct error *err)
{
	(void)err;
	*position = sim_print(sim_of(source)->newest, world_end());
	return true;
}

static bool sim_reached(const char *a, const char *b)
{
	return atoi(a) >= atoi(b);
}

static int64_t sim_clock(struct source *s)
{
	(void)s;
	return world_clock();
}

static bool sim_columns(struct source *s, int entity, bool *present, struct error *err)
{
	(void)s;
	(void)err;
	for (int i = 0; i < world.stream->model->entities[entity].column_count; i++)
		present[i] = true;
	return true;
}

static bool sim_cascades(struct source *s, struct cascades *out, struct error *err)
{
	(void)s;
	(void)err;
	*out = world.stream->cascades;
	return true;
}

static bool sim_check(struct source *s, void (*found)(void *ctx, const struct source_finding *f), void *ctx,
		      struct error *err)
{
	(void)s;
	(void)found;
	(void)ctx;
	(void)err;
	return true;
}

/* ---- reading the tables ---- */

static bool sim_bound_before(struct source *source, const char **p0, int64_t *clock, struct error *err)
{
	struct sim *s = sim_of(source);
	struct sim_state *state = world.state;
	int bound;

	(void)err;
	sim_moves(s);
	for (;; state->tick++) {
		for (bound = 0; bound < world.stream->count && world_sees(bound); bound++)
			continue;
		if (bound >= state->purged)
			break; /* what the log has forgotten was visible long ago */
	}
	bound -= chance_below(&s->chance, 3);
	if (bound < state->purged)
		bound = state->purged;
	*p0 = sim_print(s->bound, bound < 0 ? 0 : bound);
	*clock = world_clock();
	if (state->bound_count < SIM_BOUNDS)
		state->bounds[state->bound_count++] = (struct sim_bound){atoi(*p0), s->given, *clock};
	return true;
}

/* What a read sees now, and the last position it can have seen. */
static int sim_see(struct sim *s)
{
	int high = 0, end = world_end();

	tables_done(&s->read);
	tables_init(&s->read, world.stream->model);
	for (int i = 0; i < world.stream->count; i++)
		if (world_sees(i)) {
			tables_commit(&s->read, &world.stream->transactions[i]);
			high = i + 1;
		}
	return high + chance_below(&s->chance, end - high + 1);
}

/* A server's own order of keys: by our order, or against it. */
static int sim_order(const struct entity *e, const struct value *a, const struct value *b)
{
	int order = 0;

	for (int i = 0; i < e->key_count && !order; i++)
		order = value_compare(a[e->key[i]], b[e->key[i]]);
	return world.how.seed & 1 ? -order : order;
}

static void sim_sort(struct sim *s, int entity)
{
	const struct entity *e = &world.stream->model->entities[entity];
	const struct value **rows = s->read.rows[entity];

	for (int i = 1; i < s->read.count[entity]; i++)
		for (int k = i; k > 0 && sim_order(e, rows[k], rows[k - 1]) < 0; k--) {
			const struct value *row = rows[k];

			rows[k] = rows[k - 1];
			rows[k - 1] = row;
		}
}

static bool sim_read_chunk(struct source *source, int entity, const struct value *after_key, int limit,
			   struct source_chunk *out, struct error *err)
{
	struct sim *s = sim_of(source);
	const struct entity *e = &world.stream->model->entities[entity];
	int most = 1 + chance_below(&s->chance, world.stream->cascades.count ? 2 : CHUNK_MOST), first = 0;

	(void)err;
	sim_moves(s);
	sim_print(s->high, sim_see(s));
	sim_sort(s, entity);
	while (after_key && first < s->read.count[entity] && sim_order(e, s->read.rows[entity][first], after_key) <= 0)
		first++;
	*out = (struct source_chunk){.count = s->read.count[entity] - first, .high = s->high, .last = true};
	if (out->count > most || out->count > limit) {
		out->count = most < limit ? most : limit;
		out->last = false;
	} else if (out->count && chance_percent(&s->chance, 30)) {
		out->last = false; /* it cannot know: an empty chunk follows */
	}
	out->rows = s->read.count[entity] ? &s->read.rows[entity][first] : NULL;
	return true;
}

static bool sim_read_keys(struct source *source, int entity, const struct value *const *keys, int count,
			  struct source_chunk *out, struct error *err)
{
	struct sim *s = sim_of(source);
	const struct entity *e = &world.stream->model->entities[entity];

	(void)err;
	sim_moves(s);
	sim_print(s->high, sim_see(s));
	s->rows = memory_grow(s->rows, (size_t)(count + 1) * sizeof *s->rows);
	*out = (struct source_chunk){.high = s->high, .last = true};
	for (int k = 0; k < count; k++)
		for (int i = 0; i < s->read.count[entity]; i++)
			if (sim_order(e, s->read.rows[entity][i], keys[k]) == 0)
				s->rows[out->count++] = s->read.rows[entity][i];
	out->rows = s->rows;
	return true;
}

static const struct source_copy_ops sim_copy = {
	.bound_before = sim_bound_before,
	.read_chunk = sim_read_chunk,
	.read_keys = sim_read_keys,
};

static const struct source_ops sim_ops = {
	.scheme = "sim",
	.kind = "simulated",
	.time_precision = "us",
	.copy = &sim_copy,
	.open = sim_open,
	.identity = sim_identity,
	.start = sim_start,
	.next = sim_next,
	.durable = sim_durable,
	.newest = sim_newest,
	.reached = sim_reached,
	.clock = sim_clock,
	.columns = sim_columns,
	.cascades = sim_cascades,
	.check = sim_check,
	.close = sim_close,
};

void sim_source_install(const struct stream *s, const struct sim_how *how, struct sim_state *state)
{
	static bool registered;

	if (!registered)
		source_register(&sim_ops);
	registered = true;
	world = (struct world){.stream = s, .how = *how, .state = state};
	world.logged = memory_zero((size_t)s->count, sizeof *world.logged);
	world.visible = memory_zero((size_t)s->count, sizeof *world.visible);
	world_schedule();
}
