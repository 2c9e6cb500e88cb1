/* person: who customer n is.
 *
 * Pure functions of the seed, the customer's number and what events changed
 * (struct traits). Nothing is stored of a customer no event has touched.
 */
#ifndef TD_GENERATE_PERSON_H
#define TD_GENERATE_PERSON_H

#include <stdbool.h>
#include <stdint.h>

#include "generate/generator.h"
#include "generate/names.h"

/* What events have changed about a customer: for each trait the number of the event, 0: as at the
 * registration. A phone number and an e-mail address follow the home and the name of the
 * day they were given, so they remember which. */
struct traits {
	uint32_t moved, renamed, phoned, phoned_home, mailed, mailed_name, served;
};

struct person_key {
	uint64_t seed;
	int64_t n;
	int64_t registered_at;
	int shop;
	const struct traits *traits; /* NULL: untouched */
};

#define CIF_FIRST INT64_C(10000001)
/* Dates of the bank are those of its head office, Asia/Jakarta, which has no summer time. */
#define BANK_OFFSET (INT64_C(7) * 3600 * 1000000)

int64_t person_day(int64_t at); /* the bank's date of an instant, days since 1970 */
void person_fill(struct person *p, const struct names *names, const struct person_key *key);
void shop_teller(char out[16], const struct shop *shop, uint32_t teller);

#endif
