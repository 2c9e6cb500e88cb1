/* Bytes sent to the terminal, step by step, on four kinds of it, beside what a line of 9600 baud takes.
 *
 * The same keys are played to the console without a terminal: after each step both screens must be alike. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bench/backlog.h"
#include "bench/bench.h"
#include "bench/child.h"
#include "bench/console.h"
#include "bench/script.h"
#include "bench/step.h"
#include "bench/terminal.h"
#include "generate/writer.h"

enum { TYPES = 4, ROWS = 24, COLUMNS = 80, QUIET = 80 /* milliseconds */, FRAME = 12, TICKS = 3, STEPS_MOST = 16 };

static const char *const types[TYPES] = {"xterm-256color", "screen-256color", "linux", "vt100"};

/* Keys as they come from the terminal, and as a script names them. */
struct step {
	const char *what; /* NULL: only leads to the next one */
	char keys[48], script[64];
	double budget;    /* bytes; 0: none */
	double bytes[TYPES + 1]; /* the last without a terminal; -1: not known */
	char *screen;     /* there, the first row left out: who, when */
};

struct traffic {
	const struct bench *b;
	struct step list[STEPS_MOST];
	int count;
};

static struct step *add(struct traffic *k, const char *what, const char *keys, const char *script, double budget)
{
	if (k->count == STEPS_MOST)
		bench_fail("more than %d steps", STEPS_MOST);
	struct step *s = &k->list[k->count++];
	*s = (struct step){.what = what, .budget = budget};
	snprintf(s->keys, sizeof s->keys, "%s", keys);
	snprintf(s->script, sizeof s->script, "%s", script);
	for (int i = 0; i <= TYPES; i++)
		s->bytes[i] = -1;
	return s;
}

static void steps(struct traffic *k)
{
	char first[24], next[24];
	snprintf(first, sizeof first, "%lld", (long long)bench_cif(7));
	snprintf(next, sizeof next, "%lld", (long long)bench_cif(8));
	add(k, "start, until the first screen stands", "", "", 5000);
	add(k, NULL, first, first, 0);
	add(k, "Enter: the first customer", "\r", "Enter", 5000);
	add(k, "a digit of the next CIF", "1", "1", 64);
	add(k, NULL, next + 1, next + 1, 0);
	add(k, "Enter: the next customer", "\r", "Enter", 1000);
	add(k, "Tab: the next tab", "\t", "Tab", 1000);
	add(k, NULL, "\033[15~", "F5", 0);
	add(k, "the stores, first time", ":stor\r", "\":stor\" Enter", 5000);
	add(k, "a row down", "\033OB", "Down", 0);
	add(k, "back home", "q", "q", 5000);
	add(k, "a letter: the first names found", "an", "an", 5000);
	add(k, "one letter more", "n", "n", 0);
}

/* ---- without a terminal ---- */

/* Every step prints a line "bytes N" and the screen below it. */
static void read_script(struct traffic *k, const char *path)
{
	char line[4096];
	double bytes;
	int at = -1;
	struct buffer screens[STEPS_MOST] = {0};
	int row = 0;
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f)) {
		if (sscanf(line, "bytes %lf", &bytes) == 1) {
			if (++at < k->count)
				k->list[at].bytes[TYPES] = at ? bytes : -1; /* of one frame: the first screen is several */
			row = 0;
		} else if (at >= 0 && at < k->count && row++ > 0) {
			buffer_text_add(&screens[at], line);
		}
	}
	if (f)
		fclose(f);
	if (at + 1 != k->count)
		bench_fail("of %d steps the script showed %d", k->count, at + 1);
	for (int i = 0; i < k->count; i++) {
		k->list[i].screen = memory_text(buffer_text(&screens[i]));
		buffer_done(&screens[i]);
	}
}

static void play(struct traffic *k, const char *now)
{
	const struct script_place here = {NULL, k->b->replica};
	struct buffer script = {0};
	struct answers a = {0};
	char *out = bench_path(k->b, "script.out");
	buffer_format(&script, "size %d %d\nnow %s\n", COLUMNS, ROWS, now);
	for (int i = 0; i < k->count; i++) {
		if (k->list[i].script[0])
			buffer_format(&script, "keys %s\n", k->list[i].script);
		buffer_text_add(&script, "wait idle\nbytes\ndump\n");
	}
	script_run(k->b, &here, &script, &a);
	read_script(k, out);
	answers_done(&a);
	buffer_done(&script);
	free(out);
}

/* ---- with one ---- */

static void screen_text(const struct vt *v, struct buffer *out)
{
	struct buffer row = {0};
	buffer_clear(out);
	for (int y = 1; y < v->rows; y++) {
		vt_row(v, y, &row);
		buffer_add(out, buffer_text(&row), row.len);
		buffer_char(out, '\n');
	}
	buffer_done(&row);
}

static void same_screen(const struct terminal *t, const char *type, const struct step *s)
{
	struct buffer text = {0};
	screen_text(&t->vt, &text);
	if (strcmp(buffer_text(&text), s->screen) != 0)
		bench_fail("after \"%s\" the screen of a %s was\n%s\ninstead of\n%s", s->script, type, buffer_text(&text),
			   s->screen);
	buffer_done(&text);
}

static void run_type(struct traffic *k, int type, const char *now)
{
	const char *const argv[] = {k->b->program, "console", "--no-ingest", "--replica", k->b->replica, NULL};
	struct terminal t;
	terminal_open(&t, &(struct terminal_params){argv, types[type], ROWS, COLUMNS, now});
	terminal_wait_text(&t, "==>");
	for (int i = 0; i < k->count; i++) {
		int64_t before = i ? t.bytes : 0;
		terminal_type(&t, k->list[i].keys);
		terminal_quiet(&t, QUIET);
		k->list[i].bytes[type] = (double)(t.bytes - before);
		same_screen(&t, types[type], &k->list[i]);
	}
	terminal_close(&t);
}

/* ---- what comes by itself ---- */

enum { TICK_CUSTOMER, TICK_STORES, TICK_REGISTRATION, TICK_SOURCE, TICK_COUNT };

static const struct {
	const char *what;
	double budget;
} ticks[TICK_COUNT] = {
	{"a second goes by: the customer", 50},
	{"a second goes by: the stores", 50},
	{"a registration: the stores", 0},
	{"a second goes by: the source", 50},
};

/* What one burst sends, the median of several: a minute may begin in one of them. */
static double burst(struct terminal *t, struct writer *w)
{
	static int64_t number = 81000000;
	struct samples s = {0};
	for (int i = 0; i < TICKS; i++) {
		terminal_quiet(t, 2 * QUIET);
		int64_t before = t->bytes;
		if (w)
			step_register(w, ++number);
		for (int64_t end = bench_ns() + INT64_C(1500000000); t->bytes == before && bench_ns() < end;)
			terminal_rest(t, 1000);
		terminal_quiet(t, FRAME);
		samples_add(&s, (double)(t->bytes - before));
	}
	double bytes = samples_at(&s, 0.5);
	samples_done(&s);
	return bytes;
}

static void run_ticks(const struct bench *b, int type, double bytes[TICK_COUNT][TYPES + 1])
{
	char *source = memory_format("bank:%s", b->bank);
	const char *const argv[] = {b->program, "console", "--source", source, "--replica", b->replica, NULL};
	struct writer *w = step_writer(b->bank);
	struct terminal t;
	char keys[32];
	terminal_open(&t, &(struct terminal_params){argv, types[type], ROWS, COLUMNS, NULL});
	terminal_wait_text(&t, "LIVE");
	snprintf(keys, sizeof keys, "%lld\r", (long long)bench_cif(7));
	terminal_type(&t, keys);
	terminal_wait_text(&t, "1 of 1");
	bytes[TICK_CUSTOMER][type] = burst(&t, NULL);
	terminal_type(&t, ":stor\r");
	terminal_wait_text(&t, "today");
	bytes[TICK_STORES][type] = burst(&t, NULL);
	bytes[TICK_REGISTRATION][type] = burst(&t, w);
	terminal_type(&t, ":lag\r");
	terminal_rest(&t, 500000);
	bytes[TICK_SOURCE][type] = burst(&t, NULL);
	for (int i = 0; i < TICK_COUNT; i++)
		bytes[i][TYPES] = -1;
	terminal_close(&t);
	w->ops->close(w);
	free(source);
}

/* ---- the table ---- */

void console_traffic(const struct bench *b)
{
	static const char *const heads[] = {"xterm-256c", "screen-256c", "linux", "vt100", "headless"};
	static const char now[] = "2026-06-01T09:00:00Z";
	struct traffic k = {.b = b};
	double by_itself[TICK_COUNT][TYPES + 1];
	bench_says("counting bytes on four kinds of terminal");
	backlog_take(b);
	steps(&k);
	play(&k, now);
	for (int i = 0; i < TYPES; i++)
		run_type(&k, i, now);
	for (int i = 0; i < TYPES; i++)
		run_ticks(b, i, by_itself);
	report_columns("bytes sent to the terminal, 80x24", heads, TYPES + 1, "budget");
	for (int i = 0; i < k.count; i++) {
		if (k.list[i].what)
			report_cells(k.list[i].what, k.list[i].bytes, TYPES + 1, k.list[i].budget);
		free(k.list[i].screen);
	}
	for (int i = 0; i < TICK_COUNT; i++)
		report_cells(ticks[i].what, by_itself[i], TYPES + 1, ticks[i].budget);
}
