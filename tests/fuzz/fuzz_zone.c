/* fuzz_zone: any bytes are a time zone or refused; whatever one was accepted, its days, weeks and months follow each
 * other, and every instant has a local time that exists. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static void check_instant(const struct zone *z, int64_t at)
{
	enum zone_unit unit;
	struct civil c;
	int64_t back;

	zone_civil(z, at, &c);
	must(c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= 31 && c.micro >= 0);
	must(zone_instant(z, &c, &back) != ZONE_NEVER && back <= at);
	for (unit = ZONE_DAY; unit <= ZONE_MONTH; unit++) {
		int64_t start = zone_floor(z, unit, at), next = zone_step(z, unit, at, 1);

		must(start <= at && at < next && zone_step(z, unit, at, -1) < start);
		must(zone_floor(z, unit, start) == start && zone_floor(z, unit, next) == next);
		must(zone_step(z, unit, next, -1) == start);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t instants[] = {0,
					   -1,
					   INT64_C(-5000000000000000),
					   INT64_C(1711846800000000),
					   INT64_C(4102444799999999),
					   INT64_C(9000000000000000),
					   TIME_OPEN};
	struct zone *z = zone_read("fuzz", data, size, NULL);
	uint64_t from = 0;
	size_t i;

	if (z == NULL)
		return 0;
	for (i = 0; i < sizeof instants / sizeof instants[0]; i++)
		check_instant(z, instants[i]);
	/* And some that the bytes choose. */
	for (i = 0; i < size; i++)
		from = from * 31 + data[i];
	check_instant(z, (int64_t)(from % UINT64_C(20000000000000000)) - INT64_C(10000000000000000));
	zone_free(z);
	return 0;
}
