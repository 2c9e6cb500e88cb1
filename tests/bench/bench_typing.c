/* Customers looked up by a teller who types into a terminal: ten CIFs at once, then ten key by key, again and again.
 *
 * First with nobody writing, which is the limit; then while the console's own ingest catches up with the bank
 * as fast as it can. Each customer must be painted, in the order typed; a key that is lost ends the bench. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bench/backlog.h"
#include "bench/bench.h"
#include "bench/console.h"
#include "bench/db.h"
#include "bench/terminal.h"
#include "generate/dice.h"

#define KEY_F6      "\033[17~"
#define KEY_CLEAR   "\006"
#define KEY_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

enum {
	TEN = 10,
	LETTERS = 4,
	ROUNDS = 20,      /* idle; and at most, busy, */
	BUSY_RUNS = 4,    /* in so many consoles; */
	QUICK_ROUNDS = 5, /* with fewer customers than: */
	QUICK = 1000000,
	PAUSE_LEAST = 4000,
	PAUSE_SPREAD = 16000, /* microseconds between two keys */
	NAME_ROWS = 3,        /* below the rule: the head line, and whatever a pane puts around it */
	BACKLOG_LEAST = 150000,
};

struct typed {
	char cif[24], name[128];
};

struct typing {
	const struct bench *b;
	sqlite3_stmt *person; /* of the bank */
	struct dice dice;
	struct terminal t;
	struct typed list[TEN]; /* the ones at hand */
	/* Microseconds: Enter to the customer's paint, a digit to its echo; ten at once: from the last paint (the first:
	 * from the first byte) to the next, and of all ten. */
	struct samples enter, digit, burst, ten;
	struct samples names; /* the letters of a search, typed at once, to the names found */
	int64_t painted;
	double changes, seconds; /* of ingest meanwhile */
};

/* ---- whom ---- */

/* A customer whose name can be told from those before, and stands whole in the head line. */
static bool suits(const struct typing *k, int count, const char *name)
{
	size_t n = name ? strlen(name) : 0;
	if (n < 6 || n > 30)
		return false;
	for (const char *c = name; *c; c++)
		if (*c < ' ' || *c > '~')
			return false;
	for (int i = 0; i < count; i++)
		if (strstr(k->list[i].name, name) || strstr(name, k->list[i].name))
			return false;
	return true;
}

static void choose(struct typing *k)
{
	char last[128]; /* what the screen shows before the first */
	snprintf(last, sizeof last, "%s", k->list[TEN - 1].name);
	for (int i = 0; i < TEN;) {
		int64_t cif = bench_cif(1 + dice_below(&k->dice, (uint32_t)k->b->customers));
		sqlite3_bind_int64(k->person, 1, cif);
		const char *name = db_row(k->person) ? (const char *)sqlite3_column_text(k->person, 0) : NULL;
		if (suits(k, i, name) && strcmp(name, last) != 0) {
			snprintf(k->list[i].cif, sizeof k->list[i].cif, "%" PRId64, cif);
			snprintf(k->list[i].name, sizeof k->list[i].name, "%s", name);
			i++;
		}
		sqlite3_reset(k->person);
	}
}

/* ---- what the screen shows ---- */

static bool shows_name(const struct vt *v, void *ctx)
{
	return vt_find(v, 3, 3 + NAME_ROWS, ctx) >= 0;
}

/* The CIF field holds these digits and no more. */
static bool shows_digits(const struct vt *v, void *ctx)
{
	const char *digits = ctx;
	struct buffer row = {0};
	vt_row(v, 1, &row);
	const char *at = strstr(buffer_text(&row), "==> ");
	size_t n = strlen(digits);
	bool there = at && strncmp(at + 4, digits, n) == 0 && !(at[4 + n] >= '0' && at[4 + n] <= '9');
	buffer_done(&row);
	return there;
}

/* All ten, one after the other. */
struct ten {
	struct typing *k;
	int shown;
	int64_t last;
};

static bool shows_next(const struct vt *v, void *ctx)
{
	struct ten *x = ctx;
	if (x->shown == TEN || !shows_name(v, x->k->list[x->shown].name))
		return x->shown == TEN;
	int64_t now = bench_ns();
	samples_add(&x->k->burst, (double)(now - x->last) / 1e3);
	x->last = now;
	return ++x->shown == TEN;
}

/* ---- typing ---- */

static void at_once(struct typing *k)
{
	struct buffer keys = {0};
	choose(k);
	for (int i = 0; i < TEN; i++)
		buffer_format(&keys, "%s\r", k->list[i].cif);
	int64_t start = bench_ns();
	struct ten x = {k, 0, start};
	terminal_type(&k->t, buffer_text(&keys));
	terminal_wait(&k->t, shows_next, &x, "each of ten customers typed at once, in order");
	samples_add(&k->ten, (double)(x.last - start) / 1e3);
	k->painted += x.shown;
	buffer_done(&keys);
}

static void rest(struct typing *k)
{
	terminal_rest(&k->t, PAUSE_LEAST + (int64_t)dice_below(&k->dice, PAUSE_SPREAD));
}

static void key_by_key(struct typing *k)
{
	choose(k);
	for (int i = 0; i < TEN; i++) {
		char sofar[24] = "", key[2] = "";
		for (const char *c = k->list[i].cif; *c; c++) {
			key[0] = sofar[strlen(sofar)] = *c;
			rest(k);
			int64_t start = bench_ns();
			terminal_type(&k->t, key);
			samples_add(&k->digit,
				    (double)(terminal_wait(&k->t, shows_digits, sofar, "the digit typed") - start) / 1e3);
		}
		rest(k);
		int64_t start = bench_ns();
		terminal_type(&k->t, "\r");
		int64_t shown = terminal_wait(&k->t, shows_name, k->list[i].name, "the customer typed");
		samples_add(&k->enter, (double)(shown - start) / 1e3);
		k->painted++;
	}
}

static bool shows_recent(const struct vt *v, void *ctx)
{
	const struct typing *k = ctx;
	int row = 0;
	for (int i = TEN - 1; i >= 0 && row >= 0; i--)
		row = vt_find(v, row + 1, v->rows, k->list[i].cif);
	return row > 0;
}

/* The console's own list of the customers seen, newest first, holds the ten just as they were typed. */
static void in_order(struct typing *k)
{
	terminal_type(&k->t, KEY_F6);
	terminal_wait(&k->t, shows_recent, k, "the ten customers in order among the recent ones");
}

/* A row, not that of a field, holds a word that begins so. */
static bool shows_word(const struct vt *v, void *ctx)
{
	struct buffer row = {0};
	bool there = false;
	for (int y = 3; y < v->rows - 2 && !there; y++) {
		vt_row(v, y, &row);
		const char *text = buffer_text(&row), *at = strstr(text, "==>") ? NULL : strcasestr(text, ctx);
		there = at && (at == text || at[-1] == ' ');
	}
	buffer_done(&row);
	return there;
}

/* Home, where the last customers stand; first letters that none of them has. */
static void search(struct typing *k)
{
	char letters[LETTERS + 1];
	struct typed seen[TEN], others[TEN];
	memcpy(seen, k->list, sizeof seen);
	choose(k);
	memcpy(others, k->list, sizeof others);
	memcpy(k->list, seen, sizeof seen);
	for (int i = 0; i < TEN; i++) {
		snprintf(letters, sizeof letters, "%s", others[i].name);
		if (strlen(letters) != LETTERS || strspn(letters, KEY_LETTERS) != LETTERS || shows_word(&k->t.vt, letters))
			continue;
		int64_t start = bench_ns();
		terminal_type(&k->t, letters);
		int64_t shown = terminal_wait(&k->t, shows_word, letters, "the names that begin as typed");
		samples_add(&k->names, (double)(shown - start) / 1e3);
		terminal_type(&k->t, KEY_CLEAR);
		terminal_wait(&k->t, shows_recent, k, "the customers seen last again");
	}
}

static void turn(struct typing *k)
{
	at_once(k);
	in_order(k);
	key_by_key(k);
	in_order(k);
	search(k);
}

/* ---- two runs ---- */

static void begin(struct typing *k, const char *const *argv)
{
	terminal_open(&k->t, &(struct terminal_params){.argv = argv, .type = "xterm-256color", .rows = 24, .columns = 80});
	terminal_wait_text(&k->t, "==>");
	terminal_quiet(&k->t, 100);
}

static int rounds_of(const struct bench *b)
{
	return b->customers < QUICK ? QUICK_ROUNDS : ROUNDS;
}

static void idle_run(struct typing *k)
{
	const char *const argv[] = {k->b->program, "console", "--no-ingest", "--replica", k->b->replica, NULL};
	bench_says("typing into a console, nobody writes");
	begin(k, argv);
	for (int i = 0; i < rounds_of(k->b); i++)
		turn(k);
	terminal_close(&k->t);
}

/* Those of a turn in which ingest caught up say nothing of a busy one. */
static void keep(struct samples *s, size_t count)
{
	s->count = count;
}

static bool busy_turn(struct typing *k, struct backlog *g)
{
	int64_t first = backlog_reached(g), began = bench_ns();
	size_t enter = k->enter.count, digit = k->digit.count, burst = k->burst.count, ten = k->ten.count,
	       names = k->names.count;
	int64_t painted = k->painted;
	turn(k);
	int64_t reached = backlog_reached(g);
	if (reached < g->target) {
		k->changes += (double)(reached - first);
		k->seconds += (double)(bench_ns() - began) / 1e9;
		return true;
	}
	keep(&k->enter, enter);
	keep(&k->digit, digit);
	keep(&k->burst, burst);
	keep(&k->ten, ten);
	keep(&k->names, names);
	k->painted = painted;
	return false;
}

static void busy_run(struct typing *k)
{
	char *source = memory_format("bank:%s", k->b->bank);
	const char *const argv[] = {k->b->program, "console", "--source", source, "--replica", k->b->replica, NULL};
	int rounds = 0;
	for (int run = 0; run < (k->b->customers < QUICK ? 1 : BUSY_RUNS) && rounds < rounds_of(k->b); run++) {
		struct backlog g;
		backlog_make(&g, k->b, k->b->customers / 2 > BACKLOG_LEAST ? k->b->customers / 2 : BACKLOG_LEAST);
		bench_says("typing into a console whose ingest catches up");
		begin(k, argv);
		while (rounds < rounds_of(k->b) && busy_turn(k, &g))
			rounds++;
		terminal_close(&k->t);
		backlog_done(&g);
	}
	free(source);
}

/* ---- the table ---- */

static void line(const char *what, struct samples *busy, struct samples *idle, double share)
{
	report_line(&(struct report_line){what, REPORT_TIME, samples_at(busy, share), samples_at(idle, share), 0,
					  "40 ms", NULL});
}

/* Most of it is the pause in which the next letter may come. */
static void found(const char *what, struct samples *busy, struct samples *idle, double share)
{
	report_line(&(struct report_line){what, REPORT_TIME, samples_at(busy, share), samples_at(idle, share), 0, NULL, NULL});
}

static void typing_done(struct typing *k)
{
	sqlite3_finalize(k->person);
	samples_done(&k->enter);
	samples_done(&k->digit);
	samples_done(&k->burst);
	samples_done(&k->ten);
	samples_done(&k->names);
}

static void report(struct typing *busy, struct typing *idle)
{
	report_section("lookups typed in a terminal while its ingest catches up, beside idle");
	if (!busy->enter.count) {
		printf("(it caught up before ten were typed: too few customers)\n");
		return;
	}
	line("Enter to the customer's paint, median", &busy->enter, &idle->enter, 0.5);
	line("  p99", &busy->enter, &idle->enter, 0.99);
	line("  longest", &busy->enter, &idle->enter, 1);
	line("a digit to its echo, median", &busy->digit, &idle->digit, 0.5);
	line("  p99", &busy->digit, &idle->digit, 0.99);
	line("  longest", &busy->digit, &idle->digit, 1);
	line("ten CIFs at once: from one customer's paint to the next, median", &busy->burst, &idle->burst, 0.5);
	line("  p99", &busy->burst, &idle->burst, 0.99);
	line("  longest", &busy->burst, &idle->burst, 1);
	line("  first byte to the last customer's paint, median", &busy->ten, &idle->ten, 0.5);
	found("letters of a name typed at once, to the names found, median", &busy->names, &idle->names, 0.5);
	found("  p99", &busy->names, &idle->names, 0.99);
	report_line(&(struct report_line){"customers painted, each in its order", REPORT_PLAIN, (double)busy->painted,
					  (double)idle->painted, 0, NULL, NULL});
	report_line(&(struct report_line){"keys lost (one would have ended the run)", REPORT_PLAIN, 0, 0, 0, "0", "0"});
	report_line(&(struct report_line){"changes ingest took from the bank meanwhile", REPORT_RATE,
					  busy->changes / busy->seconds, 0, 0, NULL, NULL});
}

void console_typing(const struct bench *b)
{
	struct typing idle = {.b = b, .dice = {41}}, busy = {.b = b, .dice = {43}};
	sqlite3 *bank = db_open_read(b->bank);
	static const char name_of[] = "SELECT name FROM customer_info WHERE cif = ?1";
	idle.person = db_prepare(bank, name_of);
	busy.person = db_prepare(bank, name_of);
	prctl(PR_SET_TIMERSLACK, 1000L);
	idle_run(&idle);
	busy_run(&busy);
	report(&busy, &idle);
	typing_done(&idle);
	typing_done(&busy);
	sqlite3_close(bank);
}
