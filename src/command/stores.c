#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer/answer.h"
#include "answer/csv.h"
#include "answer/text.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/settings.h"
#include "base/text.h"
#include "base/zone.h"
#include "command/ask.h"
#include "replica/query.h"

/* Bars beyond this number are left to --json: the newest are shown. */
#define STORES_BARS      100
#define STORES_BAR_WIDTH 40

/* ---- text ---- */

/* The window that starts next after one that starts at `at`. */
static int64_t stores_next(const struct stores_answer *s, int64_t at)
{
	if (s->slide.months)
		return zone_step(s->zone, ZONE_MONTH, at, s->slide.months);
	if (s->slide.days && s->slide.days % 7 == 0)
		return zone_step(s->zone, ZONE_WEEK, at, s->slide.days / 7);
	if (s->slide.days)
		return zone_step(s->zone, ZONE_DAY, at, s->slide.days);
	return at + s->slide.micro;
}

/* The first window that starts at or after `at`. */
static int64_t stores_first(const struct stores_answer *s, int64_t at)
{
	int64_t start;
	if (s->slide.months)
		start = zone_floor(s->zone, ZONE_MONTH, at);
	else if (s->slide.days)
		start = zone_floor(s->zone, s->slide.days % 7 == 0 ? ZONE_WEEK : ZONE_DAY, at);
	else
		start = at - (at % s->slide.micro + s->slide.micro) % s->slide.micro;
	return start < at ? stores_next(s, start) : start;
}

struct stores_bar {
	int64_t start, count;
	bool partial;
};

/* How many windows start in [first, to). */
static int64_t stores_number(const struct stores_answer *s, int64_t first)
{
	if (first >= s->to)
		return 0;
	if (!s->slide.months && !s->slide.days)
		return (s->to - first - 1) / s->slide.micro + 1;
	int64_t n = 0;
	for (int64_t at = first; at < s->to; at = stores_next(s, at))
		n++;
	return n;
}

static int64_t stores_skip(const struct stores_answer *s, int64_t at, int64_t n)
{
	if (!s->slide.months && !s->slide.days)
		return at + n * s->slide.micro;
	while (n-- > 0)
		at = stores_next(s, at);
	return at;
}

/* One bar a window, all stores together, windows in which nothing happened too; the newest STORES_BARS of `all`. */
static struct stores_bar *stores_bars(const struct stores_answer *s, int *count, int64_t *all)
{
	struct stores_bar *bars = memory_zero(STORES_BARS, sizeof *bars);
	int64_t first = stores_first(s, s->from);
	*all = stores_number(s, first);
	*count = *all < STORES_BARS ? (int)*all : STORES_BARS;
	int64_t at = stores_skip(s, first, *all - *count);
	int w = 0;
	while (w < s->window_count && s->windows[w].start < at)
		w++;
	for (int i = 0; i < *count; i++, at = stores_next(s, at)) {
		bars[i].start = at;
		for (; w < s->window_count && s->windows[w].start == at; w++) {
			bars[i].count += s->windows[w].count;
			bars[i].partial = s->windows[w].partial;
		}
	}
	return bars;
}

/* As short as tells one window from the next. */
static const char *stores_label(const struct stores_answer *s, int64_t at, char out[MOMENT_SIZE])
{
	ask_second(at, s->zone, out);
	if (s->slide.months || s->slide.days)
		out[10] = '\0';
	else if (s->slide.micro % MINUTE == 0)
		out[16] = '\0';
	else
		out[19] = '\0';
	if (s->to != TIME_NONE && s->to - s->from <= DAY && !s->slide.days && !s->slide.months)
		memmove(out, out + 11, strlen(out + 11) + 1);
	return out;
}

static void stores_chart(const struct ask *a, const struct stores_answer *s)
{
	char text[MOMENT_SIZE], number[ANSWER_TEXT_NUMBER];
	int count;
	int64_t all, most = 0;
	struct stores_bar *bars = stores_bars(s, &count, &all);
	for (int i = 0; i < count; i++)
		most = bars[i].count > most ? bars[i].count : most;
	struct sheet t;
	sheet_init(&t, a->ascii);
	sheet_column(&t, "", SHEET_LEFT);
	sheet_column(&t, "", SHEET_RIGHT);
	sheet_column(&t, "", SHEET_LEFT);
	struct buffer b = {0};
	for (int i = 0; i < count; i++) {
		buffer_clear(&b);
		answer_text_bar(&b, bars[i].count, most, STORES_BAR_WIDTH, a->ascii);
		if (bars[i].partial)
			buffer_text_add(&b, bars[i].count ? " (running)" : "(running)");
		sheet_text(&t, stores_label(s, bars[i].start, text));
		sheet_number(&t, bars[i].count);
		sheet_bytes(&t, buffer_text(&b), b.len);
	}
	printf("\nAll stores by window of %s", duration_text(&s->window, text));
	if (all > count)
		printf(", the last %d of %s (--json has all)", count, answer_text_number(all, number));
	printf("\n");
	if (count) {
		t.headed = true;
		sheet_print(&t, stdout, 2);
	}
	sheet_done(&t);
	buffer_done(&b);
	free(bars);
}

static void stores_table(const struct ask *a, const struct stores_answer *s)
{
	char text[MOMENT_SIZE];
	struct sheet t;
	struct buffer b = {0};
	int64_t most = 0;
	for (int i = 0; i < s->store_count; i++)
		most = s->stores[i].total > most ? s->stores[i].total : most;
	sheet_init(&t, a->ascii);
	sheet_column(&t, "Store", SHEET_LEFT);
	sheet_column(&t, "Name", SHEET_LEFT);
	sheet_column(&t, "Last", SHEET_LEFT);
	sheet_column(&t, "Total", SHEET_RIGHT);
	sheet_column(&t, "", SHEET_LEFT);
	for (int i = 0; i < s->store_count; i++) {
		const struct store_row *r = &s->stores[i];
		buffer_clear(&b);
		answer_text_bar(&b, r->total, most, STORES_BAR_WIDTH / 2, a->ascii);
		if (r->silent)
			buffer_text_add(&b, b.len ? " silent" : "silent");
		sheet_text(&t, r->id);
		sheet_text(&t, r->id ? r->name : "(no store)");
		sheet_text(&t, ask_second(r->last, s->zone, text));
		sheet_number(&t, r->total);
		sheet_bytes(&t, buffer_text(&b), b.len);
	}
	if (s->store_count) {
		printf("\n");
		sheet_print(&t, stdout, 2);
	} else {
		printf("\nNo store is known yet\n");
	}
	sheet_done(&t);
	buffer_done(&b);
}

static void stores_text(const struct ask *a, const struct stores_answer *s)
{
	char from[MOMENT_SIZE], to[MOMENT_SIZE], number[ANSWER_TEXT_NUMBER];
	int64_t total = 0;
	for (int i = 0; i < s->store_count; i++)
		total += s->stores[i].total;
	printf("%s registration%s from %s to %s (%s)\n", answer_text_number(total, number), total == 1 ? "" : "s",
	       ask_second(s->from, s->zone, from), ask_second(s->to, s->zone, to), zone_name(s->zone));
	ask_print_age(a, &s->base.freshness);
	stores_table(a, s);
	stores_chart(a, s);
}

/* ---- the question ---- */

/* "d", "w" and "mo" stand for one of each. */
static bool stores_duration(const struct settings *s, const char *option, struct duration *out, struct error *err)
{
	const char *text = settings_text(s, option);
	*out = (struct duration){0};
	if (!text)
		return true;
	if (strcmp(text, "d") == 0 || strcmp(text, "w") == 0 || strcmp(text, "mo") == 0) {
		char one[4] = "1";
		strcat(one, text);
		return duration_parse(one, out, err);
	}
	if (!duration_parse(text, out, err))
		return false;
	/* Zero means that none was given. */
	if (out->micro || out->months)
		return true;
	error_set(err, ERROR_USAGE, "could not take --%s %s: it has no length", option, text);
	return error_hint(err, "a window is 10s to 24h in multiples of 5 s, or d, w or mo");
}

static void stores_print(const struct ask *a, const struct stores_answer *s)
{
	if (a->format == ASK_JSON) {
		answer_stores_json(stdout, a->query, s);
	} else if (a->format == ASK_CSV) {
		answer_stores_csv(stdout, &(struct answer_form){.guard = a->guard}, s);
		ask_note_age(a, &s->base.freshness);
	} else
		stores_text(a, s);
}

static int stores_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct ask a;
	struct error err = {0};
	struct stores_answer answer = {0};
	struct stores_request r = {.now = TIME_NONE, .store = settings_text(s, "store")};
	int status;
	if (!ask_check_moment(s, "from", &err) || !ask_check_moment(s, "to", &err) ||
	    !stores_duration(s, "window", &r.window, &err) || !stores_duration(s, "slide", &r.slide, &err) ||
	    !ask_open(&a, s, &err))
		return error_report(&err);
	r.zone = a.zone;
	if (ask_moment(&a, "from", MOMENT_FROM, &r.from, &err) && ask_moment(&a, "to", MOMENT_TO, &r.to, &err) &&
	    ask_check_range(r.from, r.to, &err) && query_stores(a.query, &r, &answer, &err)) {
		stores_print(&a, &answer);
		status = ask_finish(&a, &answer.base.freshness, 0);
	} else {
		status = error_report(&err);
	}
	answer_done(&answer.base);
	ask_close(&a);
	return status;
}

const struct command command_stores = {
	.name = "stores",
	.synopsis = "stores [--window DURATION] [--slide DURATION] [--from TIME] [--to TIME] [--store ID]",
	.about = N_("Count registrations per store and window of time"),
	.run = stores_run,
};
