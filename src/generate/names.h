/* names: the lists that generated people, places and shops are drawn from.
 *
 * One file a country in data/names, and the shops; the format stands in the files.
 * Countries are in the order of country_codes. All that is loaded lives until
 * names_free and never changes.
 */
#ifndef TD_GENERATE_NAMES_H
#define TD_GENERATE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "generate/generator.h"

enum { COUNTRY_ID, COUNTRY_FR, COUNTRY_GB, COUNTRY_TR, COUNTRY_JP, COUNTRY_DE, COUNTRIES };
extern const char *const country_codes[COUNTRIES];

enum { SHOPS_MAX = 64 };
enum { WOMEN, MEN };

struct name {
	const char *text;
	const char *plain; /* a to z: as an e-mail address spells it */
};

struct town {
	const char *name;
	const char *post; /* the first characters of its postcodes */
	const char *area; /* area code of its telephones */
};

struct name_list { uint32_t count, room; struct name *items; };
struct town_list { uint32_t count, room; struct town *items; };
struct text_list { uint32_t count, room; const char **items; };

struct country {
	const char *name;
	int64_t offset;            /* of its shops' wall clocks, microseconds east of UTC */
	struct name_list given[2]; /* WOMEN, MEN */
	struct name_list family;
	struct town_list towns;
	struct text_list streets, addresses, phones;
};

struct names {
	struct arena arena;
	struct country countries[COUNTRIES];
	int shop_count;
	struct shop shops[SHOPS_MAX];
	int shop_country[SHOPS_MAX];
	const struct town *shop_town[SHOPS_MAX];
	uint64_t print; /* of all files: the same lists give the same people */
};

/* NULL: a file is missing or a line of it is wrong. */
struct names *names_load(struct error *err);
void names_free(struct names *names);

#endif
