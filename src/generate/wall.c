#include "config.h"

#include "generate/wall.h"

#include <stdio.h>

#include "base/zone.h"

/* Jakarta has had no daylight saving time since 1964: where the system has no zone files the fixed offset gives the
 * same. */
const struct zone *wall_zone(void)
{
	const struct zone *zone = zone_get("Asia/Jakarta", NULL);

	return zone ? zone : zone_get("+07:00", NULL);
}

void wall_text(const struct zone *zone, int64_t at, char out[WALL_SIZE])
{
	struct civil c;

	zone_civil(zone, at, &c);
	snprintf(out, WALL_SIZE, "%04d-%02d-%02d %02d:%02d:%02d.%06d", c.year, c.month, c.day, c.hour, c.minute,
		 c.second, c.micro);
}
