/* fuzz_moment: any text is a time, a duration, or refused with a reason; what is read prints and reads back the same.
 * The first byte chooses the zone and what the time is for; the rest is the text. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/moment.h"
#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static void check_time(const char *text, const struct zone *zone, enum moment_use use)
{
	const int64_t now = INT64_C(1795192860250000);
	struct error err = {0};
	char shown[MOMENT_SIZE];
	int64_t at, back;

	if (!moment_parse(text, zone, now, use, &at, &err)) {
		must(err.code == ERROR_USAGE && strncmp(err.message, "could not read time \"", 21) == 0);
		return;
	}
	must(moment_rfc3339(moment_utc(at, shown), &back) && back == at);
	/* Near the ends of the range the local year may have no four digits. */
	if (moment_local(at, zone, shown)[0] != '\0')
		must(moment_parse(shown, zone_utc(), now, use, &back, NULL) && back == at);
}

static void check_duration(const char *text)
{
	struct error err = {0};
	struct duration d, back;
	char shown[MOMENT_SIZE];

	if (!duration_parse(text, &d, &err)) {
		must(err.code == ERROR_USAGE && strncmp(err.message, "could not read duration \"", 25) == 0);
		return;
	}
	must(d.micro >= 0 && d.months >= 0 && d.days >= 0);
	must(duration_parse(duration_text(&d, shown), &back, NULL));
	must(back.micro == d.micro && back.months == d.months && back.days == d.days);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const zones[] = {"UTC",          "Asia/Jakarta", "Europe/Berlin",
					    "Pacific/Apia", "+05:45",       "America/Sao_Paulo"};
	char *text;

	if (size == 0)
		return 0;
	text = memory_text_n((const char *)data + 1, size - 1);
	check_time(text, zone_get(zones[data[0] / 3 % 6], NULL), (enum moment_use)(data[0] % 3));
	check_duration(text);
	free(text);
	return 0;
}
