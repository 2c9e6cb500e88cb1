#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "answer/csv.h"
#include "answer/json.h"
#include "answer/text.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/settings.h"
#include "command/ask.h"
#include "command/stop.h"
#include "generate/fill.h"

/* Where the command line says nothing. */
enum { CUSTOMERS = 10000, BATCH = 1000, DAYS = 90 };

/* What is asked for. */
struct order {
	struct fill_params fill;
	struct fill_load load;
	double rate;      /* changes a second, 0: none */
	int64_t duration; /* of the changes, 0: until stopped */
};

struct progress {
	int64_t begun, next; /* on the monotonic clock */
	bool shown;
	bool changes; /* the customers are there */
};

static void progress_show(void *ctx, int64_t done, int64_t of, int64_t rows)
{
	struct progress *p = ctx;
	int64_t now = clock_mono();
	char a[ANSWER_TEXT_NUMBER], b[ANSWER_TEXT_NUMBER], c[ANSWER_TEXT_NUMBER];
	if (now < p->next && done < of)
		return;
	p->next = now + SECOND / 10;
	p->shown = true;
	int64_t spent = now > p->begun ? now - p->begun : 1;
	answer_text_number((int64_t)((double)rows * (double)SECOND / (double)spent), c);
	fputs("\r\033[K", stderr);
	if (!p->changes)
		fprintf(stderr, _("%s of %s customers, %s rows/s"), answer_text_number(done, a), answer_text_number(of, b), c);
	else if (of)
		fprintf(stderr, _("%s of %s changes, %s rows/s"), answer_text_number(done, a), answer_text_number(of, b), c);
	else
		fprintf(stderr, _("%s changes, %s rows/s"), answer_text_number(done, a), c);
}

static void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}

/* "5", "0.5" or "5/s", whatever the locale writes for a decimal point. */
static bool rate_parse(const char *text, double *rate)
{
	double value = 0, place = 1;
	const char *at = text;
	bool digits = false, fraction = false;
	for (; (*at >= '0' && *at <= '9') || (*at == '.' && !fraction); at++) {
		if (*at == '.') {
			fraction = true;
			continue;
		}
		digits = true;
		value = value * 10 + (*at - '0');
		place *= fraction ? 10 : 1;
	}
	*rate = value / place;
	return digits && (!*at || !strcmp(at, "/s")) && *rate > 0 && *rate <= 1e6;
}

static bool order_rate(struct order *o, const struct settings *s, struct error *err)
{
	const char *changes = settings_text(s, "changes");
	if (changes && !rate_parse(changes, &o->rate)) {
		error_set(err, ERROR_USAGE, "could not take \"%s\" for --changes: it is no rate between 0 and 1,000,000 a second", changes);
		return error_hint(err, "--changes 5/s");
	}
	if (settings_given(s, "for") && !changes) {
		error_set(err, ERROR_USAGE, "could not use --for: it says how long changes go on, and there are none");
		return error_hint(err, "--changes 5/s --for 1m");
	}
	if (settings_given(s, "for"))
		o->duration = settings_duration(s, "for");
	if (!settings_given(s, "for") || o->duration > 0)
		return true;
	return error_set(err, ERROR_USAGE, "could not use --for: the duration must be longer than nothing");
}

static bool order_take(struct order *o, const struct settings *s, struct error *err)
{
	*o = (struct order){
		.fill = {.url = settings_text(s, "to"), .seed = 1, .stop = {-1, -1}},
		.load = {.customers = CUSTOMERS, .batch = BATCH, .delay = SECOND, .days = DAYS},
	};
	if (!o->fill.url) {
		error_set(err, ERROR_USAGE, "could not generate: no target is given");
		return error_hint(err, "tellerdesk generate --to bank:PATH, csv:FOLDER, mysql://USER@HOST/DATABASE or postgresql://USER@HOST/DATABASE");
	}
	if (settings_given(s, "seed")) {
		o->fill.seed = (uint64_t)settings_count(s, "seed");
		o->fill.seed_given = true;
	}
	if (settings_given(s, "customers"))
		o->load.customers = settings_count(s, "customers");
	if (settings_given(s, "batch"))
		o->load.batch = settings_count(s, "batch");
	if (settings_given(s, "delay"))
		o->load.delay = settings_duration(s, "delay");
	if (o->load.batch < 1)
		return error_set(err, ERROR_USAGE, "could not use --batch: a batch has at least 1 customer");
	if (o->load.customers < 0 || o->load.delay < 0)
		return error_set(err, ERROR_USAGE, "could not use --customers or --delay: they cannot be below 0");
	return order_rate(o, s, err);
}

static bool generate_do(struct fill *f, struct order *o, struct progress *p, const struct settings *s, struct error *err)
{
	/* Changes alone, into a bank that is there: nobody asked for more customers. */
	if (f->resumed && o->rate > 0 && !settings_given(s, "customers"))
		o->load.customers = 0;
	p->changes = false;
	if (!fill_customers(f, &o->load, err))
		return false;
	progress_end(p);
	p->changes = true;
	return o->rate <= 0 || fill_changes(f, o->rate, o->duration, err);
}

static void generate_print(struct fill *f, const struct settings *s)
{
	const char *position = fill_position(f);
	char number[ANSWER_TEXT_NUMBER];
	if (ask_format(s) == ASK_JSON) {
		struct answer_json j;
		answer_json_begin(&j, stdout);
		answer_json_member(&j, "position", answer_json_string(position));
		answer_json_member(&j, "rows", answer_json_integer(f->rows));
		answer_json_end(&j);
	} else if (ask_format(s) == ASK_CSV) {
		struct answer_csv c;
		answer_csv_begin(&c, stdout, &(struct answer_form){0}, "position,rows");
		answer_csv_text(&c, position);
		answer_csv_number(&c, f->rows);
		answer_csv_row(&c);
		answer_csv_done(&c);
	} else {
		printf("position %s\nrows     %s\n", position, answer_text_number(f->rows, number));
	}
}

static int generate_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct error err = {0};
	struct order o;
	struct fill f;
	struct progress p = {.begun = clock_mono()};
	if (!order_take(&o, s, &err) || !stop_begin(&err))
		return error_report(&err);
	o.fill.stop[0] = stop_fd();
	if (isatty(STDERR_FILENO) && !settings_flag(s, "quiet")) {
		o.fill.progress = progress_show;
		o.fill.ctx = &p;
	}
	int status = 0;
	if (!fill_open(&f, &o.fill, &err)) {
		status = error_report(&err);
	} else {
		bool ok = generate_do(&f, &o, &p, s, &err);
		progress_end(&p);
		if (ok)
			generate_print(&f, s);
		status = ok ? ask_flush(0) : error_report(&err);
		fill_close(&f);
	}
	stop_end();
	return status;
}

const struct command command_generate = {
	.name = "generate",
	.synopsis = "generate --to URL [--customers N] [--batch N] [--delay DURATION] [--changes N/s [--for DURATION]] [--seed N]",
	.about = N_("Fill a bank with plausible customers, then keep it changing"),
	.run = generate_run,
};
