/* world: what the files of the generator share; nobody else includes it. */
#ifndef TD_GENERATE_WORLD_H
#define TD_GENERATE_WORLD_H

#include <stdint.h>

#include "generate/generator.h"
#include "generate/holdings.h"
#include "generate/names.h"
#include "generate/rhythm.h"
#include "generate/trace.h"

/* The bank's past is a list of stretches: customers loaded, then a time of events, and so on. */
struct stretch {
	bool live;
	/* A load: customers first .. first+planned-1, of whom `done` are written, between from and to.
	 * Live: `done` events, the first numbered `first`, from `from` on, one each `step`. */
	int64_t first, done;
	int64_t planned, from, to, step;
	struct rhythm rhythm; /* of a load */
};

struct generator {
	uint64_t seed;
	struct names *names;
	struct hours hours;
	struct stretch *stretches;
	int stretch_count;
	int64_t customers; /* written, or registered by an event */
	int64_t events;
	struct trace_table traces;
};

int64_t world_registered(const struct generator *g, int64_t n);
/* The last instant a load knows of n's time: its first product and its asset are dated up to then. */
int64_t world_until(const struct generator *g, int64_t n);
int world_shop(const struct generator *g, int64_t n, int64_t registered_at);
void world_person(const struct generator *g, int64_t n, struct person *person);
enum status world_first_product(const struct generator *g, int64_t n, struct product *product);
void world_asset(const struct generator *g, int64_t n, struct asset *asset);

#endif
