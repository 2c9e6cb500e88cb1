#include "config.h"

#include "generate/generator.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "generate/dice.h"
#include "generate/person.h"
#include "generate/world.h"

/* Changes whenever the same state would give other rows. */
enum { STATE_VERSION = 1 };

static struct stretch *stretch_add(struct generator *g, struct stretch s)
{
	g->stretches = memory_grow(g->stretches, (size_t)(g->stretch_count + 1) * sizeof *g->stretches);
	g->stretches[g->stretch_count] = s;
	return &g->stretches[g->stretch_count++];
}

static void load_add(struct generator *g, int64_t customers, int64_t from, int64_t to)
{
	struct stretch s = {.first = g->customers + 1, .planned = customers, .from = from, .to = to};
	rhythm_init(&s.rhythm, &g->hours, from, to);
	stretch_add(g, s);
}

static struct generator *generator_empty(uint64_t seed, struct error *err)
{
	struct names *names = names_load(err);
	if (!names)
		return NULL;
	struct generator *g = memory_zero(1, sizeof *g);
	g->seed = seed;
	g->names = names;
	hours_init(&g->hours, names);
	return g;
}

struct generator *generator_new(const struct generator_params *p, struct error *err)
{
	struct generator *g = generator_empty(p->seed, err);
	if (g && p->customers > 0)
		load_add(g, p->customers, p->now - (p->days > 0 ? p->days : 1) * DAY, p->now);
	return g;
}

void generator_free(struct generator *g)
{
	if (!g)
		return;
	for (int i = 0; i < g->stretch_count; i++)
		rhythm_done(&g->stretches[i].rhythm);
	free(g->stretches);
	trace_table_done(&g->traces);
	names_free(g->names);
	free(g);
}

uint64_t generator_seed(const struct generator *g)
{
	return g->seed;
}

int generator_shops(const struct generator *g, const struct shop **shops)
{
	*shops = g->names->shops;
	return g->names->shop_count;
}

int64_t generator_count(const struct generator *g)
{
	return g->customers;
}

int64_t generator_events(const struct generator *g)
{
	return g->events;
}

/* The load n belongs to; a number past all of them counts to the last. NULL: there was no load before n. */
static const struct stretch *load_of(const struct generator *g, int64_t n)
{
	const struct stretch *found = NULL;
	for (int i = 0; i < g->stretch_count; i++)
		if (!g->stretches[i].live && g->stretches[i].first <= n)
			found = &g->stretches[i];
	return found;
}

int64_t world_registered(const struct generator *g, int64_t n)
{
	const struct trace *trace = trace_find(&g->traces, n);
	if (trace && trace->registered_at)
		return trace->registered_at;
	const struct stretch *load = load_of(g, n);
	assert(load);
	/* Customer k of the load has the k-th of as many equal parts of its activity, anywhere within. */
	struct dice d = dice_of(g->seed, DICE_TIME, (uint64_t)n);
	double share = ((double)(n - load->first) + dice_unit(&d)) / (double)load->planned;
	return rhythm_time(&load->rhythm, share < 1 ? share : 1);
}

int64_t world_until(const struct generator *g, int64_t n)
{
	const struct trace *trace = trace_find(&g->traces, n);
	if (trace && trace->registered_at)
		return trace->registered_at;
	return load_of(g, n)->to;
}

int world_shop(const struct generator *g, int64_t n, int64_t registered_at)
{
	struct dice d = dice_of(g->seed, DICE_TIME, (uint64_t)n);
	dice_next(&d); /* the time's */
	return hours_shop(&g->hours, registered_at, dice_unit(&d));
}

void world_person(const struct generator *g, int64_t n, struct person *person)
{
	const struct trace *trace = trace_find(&g->traces, n);
	struct person_key key = {.seed = g->seed, .n = n, .registered_at = world_registered(g, n)};
	key.shop = world_shop(g, n, key.registered_at);
	key.traits = trace ? &trace->traits : NULL;
	person_fill(person, g->names, &key);
}

enum status world_first_product(const struct generator *g, int64_t n, struct product *product)
{
	const struct trace *trace = trace_find(&g->traces, n);
	int64_t since = person_day(world_registered(g, n)), until = person_day(world_until(g, n));
	enum status status = product_first(product, g->seed, n, since, until);
	if (!trace || !trace->first_changed)
		return status;
	product_status(product, trace->first_status);
	return trace->first_status;
}

void world_asset(const struct generator *g, int64_t n, struct asset *asset)
{
	const struct trace *trace = trace_find(&g->traces, n);
	int64_t since = person_day(world_registered(g, n)), until = person_day(world_until(g, n));
	uint32_t revalued = trace ? trace->revalued : 0;
	asset_fill(asset, g->seed, n, revalued, since, revalued ? trace->revalued_day : until);
}

void generator_customer(struct generator *g, int64_t n, struct person *person, struct product *product, struct asset *asset)
{
	struct person_key key = {.seed = g->seed, .n = n, .registered_at = world_registered(g, n)};
	key.shop = world_shop(g, n, key.registered_at);
	int64_t since = person_day(key.registered_at), until = person_day(world_until(g, n));
	person_fill(person, g->names, &key);
	product_first(product, g->seed, n, since, until);
	asset_fill(asset, g->seed, n, 0, since, until);
}

void generator_made(struct generator *g, int64_t n)
{
	assert(g->stretch_count > 0 && !g->stretches[g->stretch_count - 1].live && n >= g->customers);
	struct stretch *load = &g->stretches[g->stretch_count - 1];
	load->done = n - load->first + 1;
	g->customers = n;
}

void generator_load(struct generator *g, int64_t customers, int64_t now, int days)
{
	int64_t from = now - days * DAY;
	for (int i = 0; i < g->stretch_count; i++) {
		const struct stretch *s = &g->stretches[i];
		int64_t end = s->live ? s->from + s->done * s->step : s->to;
		if (end > from)
			from = end;
	}
	load_add(g, customers, from < now - HOUR ? from : now - HOUR, now);
}

void generator_live(struct generator *g, int64_t start, int64_t step)
{
	stretch_add(g, (struct stretch){.live = true, .first = g->events + 1, .from = start, .step = step});
}

void generator_state(const struct generator *g, struct buffer *out)
{
	buffer_format(out, "generator %d %" PRIu64 " %016" PRIx64 "\n", STATE_VERSION, g->seed, g->names->print);
	for (int i = 0; i < g->stretch_count; i++) {
		const struct stretch *s = &g->stretches[i];
		if (s->live)
			buffer_format(out, "live %" PRId64 " %" PRId64 " %" PRId64 "\n", s->done, s->from, s->step);
		else
			buffer_format(out, "load %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n", s->done, s->planned, s->from, s->to);
	}
}

/* Draws the events of a stretch again: what they changed follows from their numbers. */
static void stretch_replay(struct generator *g, int64_t events)
{
	struct generator_event *event = memory_alloc(sizeof *event);
	for (int64_t i = 0; i < events; i++)
		generator_event(g, event);
	free(event);
}

static bool stretch_resume(struct generator *g, const char *line)
{
	int64_t done, a, b, c;
	if (sscanf(line, "load %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &done, &a, &b, &c) == 4) {
		if (done < 0 || a <= 0 || done > a || c <= b)
			return false;
		load_add(g, a, b, c);
		if (done)
			generator_made(g, g->customers + done);
		return true;
	}
	if (sscanf(line, "live %" SCNd64 " %" SCNd64 " %" SCNd64, &done, &a, &b) != 3 || done < 0 || b < 0)
		return false;
	generator_live(g, a, b);
	stretch_replay(g, done);
	return true;
}

struct generator *generator_resume(const char *state, struct error *err)
{
	int version;
	uint64_t seed, print;
	if (sscanf(state, "generator %d %" SCNu64 " %" SCNx64, &version, &seed, &print) != 3) {
		error_set(err, ERROR_USAGE, "could not go on with the generated bank: its bookkeeping cannot be read");
		error_hint(err, "generate into a new bank");
		return NULL;
	}
	struct generator *g = generator_empty(seed, err);
	if (!g)
		return NULL;
	bool ok = version == STATE_VERSION && print == g->names->print;
	for (const char *line = strchr(state, '\n'); ok && line && line[1]; line = strchr(line + 1, '\n'))
		ok = stretch_resume(g, line + 1);
	if (ok)
		return g;
	error_set(err, ERROR_USAGE, "could not go on with the generated bank: another version made it, which gives other people");
	error_hint(err, "generate into a new bank");
	generator_free(g);
	return NULL;
}
