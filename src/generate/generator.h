/* generator: a plausible bank, one customer at a time, the same for the same seed.
 *
 * Pure: no clock, no I/O but the name lists (data/names). Customers are numbered
 * from 1; customer n of a seed is the same whatever was asked before, so 5,000,000
 * need no memory. A bank that only has to be filled:
 *
 *     g = generator_new(&params, &err)
 *     for n in 1..params.customers: generator_customer(g, n, &person, &product, &asset)
 *
 * A bank that lives on. Events (moves, new phones, renames, products opened, closed
 * and blocked, assets revalued, customers leaving, registrations) are drawn in order
 * from the same seed, among the customers made so far:
 *
 *     generator_made(g, n)              customers up to n are written: events may touch them
 *     generator_live(g, start, step)    events from now on: the next at `start`, one each `step`
 *     generator_event(g, &event)        the rows to write, complete, as they are then
 *
 * Only customers an event touched take memory. generator_state gives the whole
 * state as a short text; generator_resume makes an equal generator of it (by
 * drawing all events again, some million a second), to which generator_load adds customers.
 *
 * A person's email or phone that is "" is NULL in the bank.
 */
#ifndef TD_GENERATE_GENERATOR_H
#define TD_GENERATE_GENERATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "generate/writer.h"

struct buffer;
struct error;
struct generator;

struct person {
	int64_t cif;
	char name[128], gender[2], birthdate[11], address[160], city[64], country[3], email[128], phone[32];
	char store_id[8];
	int64_t registered_at; /* microseconds UTC */
	char changed_by[16];   /* the teller who last wrote the row */
};
struct product { int64_t productid, cif; char producttype[24], opendate[11], status[12]; };
struct asset { int64_t assetid, cif; char assettype[24], assetvalue[24], valuation_date[11]; };
struct shop { char store_id[8], name[64], city[64]; };

struct generator_params {
	uint64_t seed;
	int64_t customers;   /* how many there will be, for the spread of registration times */
	int64_t now;         /* the latest registration; times go back `days` from it */
	int days;
};

/* NULL: the name lists are not there. */
struct generator *generator_new(const struct generator_params *p, struct error *err);
void generator_free(struct generator *g);
uint64_t generator_seed(const struct generator *g);
int generator_shops(const struct generator *g, const struct shop **shops);
/* Customer n as registered, with one product and one asset each (the products the events open come on top). */
void generator_customer(struct generator *g, int64_t n, struct person *person, struct product *product, struct asset *asset);

/* The highest customer that is written; 0 in the beginning. */
int64_t generator_count(const struct generator *g);
void generator_made(struct generator *g, int64_t n);
/* The number of events drawn so far. */
int64_t generator_events(const struct generator *g);
/* `customers` more, registered between the last ones (an hour before now at the latest, `days` at the earliest) and now. */
void generator_load(struct generator *g, int64_t customers, int64_t now, int days);
void generator_live(struct generator *g, int64_t start, int64_t step);

enum event_kind {
	EVENT_MOVE, EVENT_PHONE, EVENT_RENAME, EVENT_EMAIL, EVENT_OPEN, EVENT_STATUS, EVENT_REVALUE, EVENT_LEAVE, EVENT_REGISTER,
	EVENT_KINDS,
};
/* A customer, an asset, the first product and those opened since. */
enum { OPENED_MAX = 7, EVENT_WRITES = 3 + OPENED_MAX };

struct event_write {
	enum writer_op op;
	enum writer_table table;
	union {
		struct person person;
		struct product product;
		struct asset asset;
	}; /* complete, for a DELETE too */
};

struct generator_event {
	enum event_kind kind;
	int64_t at;  /* microseconds UTC */
	int64_t cif;
	int count;
	struct event_write writes[EVENT_WRITES];
};

void generator_event(struct generator *g, struct generator_event *event);

void generator_state(const struct generator *g, struct buffer *out);
/* NULL: the text is not of a generator, or was made with other name lists. */
struct generator *generator_resume(const char *state, struct error *err);

#endif
