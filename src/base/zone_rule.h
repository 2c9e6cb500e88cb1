/* zone_rule: the POSIX TZ string that ends a TZif file, "CET-1CEST,M3.5.0,M10.5.0/3".
 *
 * Offsets are seconds east of UTC (the string counts west), instants seconds
 * since 1970. RFC 9636 widens the hours of a switch to -167..167.
 */
#ifndef TD_BASE_ZONE_RULE_H
#define TD_BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum zone_switch_kind { ZONE_SWITCH_MONTH, ZONE_SWITCH_JULIAN, ZONE_SWITCH_DAY };

/* The day and time of each year at which the clocks are changed. */
struct zone_switch {
	enum zone_switch_kind kind; /* Mm.w.d; Jn, which never counts 29 February; n, from 0 */
	int month, week, weekday;
	int day;
	int time; /* seconds after midnight, by the clock in force until then */
};

struct zone_rule {
	int standard;
	bool changes; /* only then are the others set */
	int summer;
	struct zone_switch start, end; /* of summer time */
};

bool zone_rule_parse(struct zone_rule *rule, const char *text, size_t n);
int zone_rule_offset(const struct zone_rule *rule, int64_t second);
/* The first change after `second`; INT64_MAX: never. */
int64_t zone_rule_next(const struct zone_rule *rule, int64_t second);

#endif
