/* generator: a plausible bank, one customer at a time, the same for the same seed.
 *
 * Pure: no clock, no files but the name lists (data/names), no I/O. Customers are
 * numbered from 1; customer n of seed s is the same whatever was asked before, so
 * 5,000,000 need no memory. A second stream of events (moves, new phones, renames,
 * products opened and closed, assets revalued, customers leaving, registrations) is
 * drawn in order from the same seed by generator_event.
 */
#ifndef TD_GENERATE_GENERATOR_H
#define TD_GENERATE_GENERATOR_H

#include <stdbool.h>
#include <stdint.h>

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

struct generator *generator_new(const struct generator_params *p, struct error *err);
void generator_free(struct generator *g);
int generator_shops(const struct generator *g, const struct shop **shops);
/* Customer n, with one product and one asset each (the products the events open come on top). */
void generator_customer(struct generator *g, int64_t n, struct person *person, struct product *product, struct asset *asset);

#endif
