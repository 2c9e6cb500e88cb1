#include "config.h"

#include "ui/age.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/zone.h"

void age_set(struct age *a, const struct freshness *f, int64_t now)
{
	a->known = true;
	a->fresh = *f;
	a->fresh.incomplete = NULL;
	/* A worker's answer was true when it was asked for, not when it is taken. */
	a->asked = f->asked ? f->asked : now;
}

int64_t age_of(const struct age *a, int64_t now)
{
	if (!a->known || a->fresh.age == TIME_NONE)
		return TIME_NONE;
	int64_t since = now - a->asked;
	return a->fresh.age + (since > 0 ? since : 0); /* a clock set back makes nothing younger */
}

enum freshness_state age_state(const struct age *a, int64_t now)
{
	int64_t age = age_of(a, now);
	if (a->away)
		return FRESH_OFFLINE;
	if (a->fresh.state > FRESH_STALE || age == TIME_NONE)
		return a->fresh.state;
	return age <= a->live ? FRESH_LIVE : age <= a->lag ? FRESH_LAG : FRESH_STALE;
}

static const char *age_word(enum freshness_state s)
{
	static const char *const words[] = {
		[FRESH_LIVE] = /* xgettext: cell 9 */ N_("LIVE"),
		[FRESH_LAG] = /* xgettext: cell 9 */ N_("LAG"),
		[FRESH_STALE] = /* xgettext: cell 9 */ N_("STALE"),
		[FRESH_OFFLINE] = /* xgettext: cell 11 */ N_("OFFLINE"),
		[FRESH_SNAPSHOT] = /* xgettext: cell 9 */ N_("SNAPSHOT"),
		[FRESH_REFUSED] = /* xgettext: cell 9 */ N_("REFUSED"),
	};
	return _(words[s]);
}

static void age_offline(const struct age *a, int64_t now, const struct zone *zone, char *out, size_t size)
{
	struct civil then, today;
	int64_t since = a->away ? a->away : a->fresh.offline_since;
	if (since == TIME_NONE) {
		snprintf(out, size, "%s", age_word(FRESH_OFFLINE));
		return;
	}
	zone_civil(zone, since, &then);
	zone_civil(zone, now, &today);
	if (then.year == today.year && then.month == today.month && then.day == today.day)
		snprintf(out, size, /* xgettext: cell 24 */ _("OFFLINE since %02d:%02d"), then.hour, then.minute);
	else
		snprintf(out, size, /* xgettext: cell 30 */ _("OFFLINE since %02d-%02d %02d:%02d"), then.month,
			 then.day, then.hour, then.minute);
}

void age_words(const struct age *a, int64_t now, const struct zone *zone, char *out, size_t size)
{
	if (!a->known) {
		snprintf(out, size, "%s", /* xgettext: cell 12 */ _("NO DATA"));
		return;
	}
	enum freshness_state state = age_state(a, now);
	int64_t age = age_of(a, now);
	char words[MOMENT_SIZE];
	if (state == FRESH_OFFLINE)
		age_offline(a, now, zone, out, size);
	else if (state == FRESH_SNAPSHOT && a->fresh.snapshot_percent >= 0)
		snprintf(out, size, "%s %d%%", age_word(state), a->fresh.snapshot_percent);
	else if (state <= FRESH_STALE && age != TIME_NONE)
		snprintf(out, size, "%s %s", age_word(state), duration_short(age, words));
	else
		snprintf(out, size, "%s", age_word(state));
}

enum role age_role(const struct age *a, int64_t now)
{
	if (!a->known)
		return ROLE_WARN;
	switch (age_state(a, now)) {
	case FRESH_LIVE:
		return ROLE_LIVE;
	case FRESH_LAG:
	case FRESH_SNAPSHOT:
		return ROLE_LAG;
	case FRESH_STALE:
	case FRESH_OFFLINE:
	case FRESH_REFUSED:
		break;
	}
	return ROLE_BAD;
}

const char *age_mark(const struct age *a, int64_t now)
{
	static char mark[64]; /* of the console's thread */
	if (a->known && age_state(a, now) == FRESH_LIVE)
		return "";
	snprintf(mark, sizeof(mark), " %s", a->known ? age_word(age_state(a, now)) : _("NO DATA"));
	return mark;
}

int64_t age_source_now(const struct age *a, int64_t now)
{
	int64_t age = age_of(a, now);
	if (age == TIME_NONE || a->fresh.complete_to == TIME_NONE || a->fresh.state > FRESH_STALE)
		return now;
	return a->fresh.complete_to + age;
}
