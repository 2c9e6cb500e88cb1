#include "config.h"

#include "ui/script.h"

#include <curses.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/moment.h"
#include "base/zone.h"
#include "ui/app.h"
#include "ui/console.h"
#include "ui/kit/clip.h"
#include "ui/kit/draw.h"
#include "ui/kit/keys.h"
#include "ui/kit/term.h"
#include "ui/worker.h"

#define SCRIPT_LIMIT (10 * SECOND) /* of a wait */

enum { SCRIPT_LINE = 8192, SCRIPT_LARGEST = 1000 };

struct script {
	const struct app_params *params;
	struct console console;
	bool started;
	int rows, columns;
	char *type; /* of the terminal, or NULL */
	int line;
	int64_t enter, enter_cpu; /* the last Enter and its frame */
	struct error *err;
};

static bool script_fail(struct script *s, const char *what)
{
	return error_set(s->err, ERROR_USAGE, "could not run the script: line %d: %s", s->line, what);
}

/* ---- the console under it ---- */

static bool script_start(struct script *s)
{
	if (s->started)
		return true;
	if (!console_init(&s->console, s->params, s->err))
		return false;
	struct term_params t = console_terminal(&s->console);
	t.headless = true;
	t.rows = s->rows;
	t.columns = s->columns;
	t.type = s->type;
	if (!term_start(&t, s->err))
		return false;
	draw_start(term_ascii(), true);
	session_figures(s->params->settings, term_ascii());
	s->started = true;
	console_started(&s->console);
	console_paint(&s->console);
	console_work(&s->console);
	console_paint(&s->console);
	return true;
}

/* One turn of the loop; waits a moment for an answer. */
static void script_turn(struct script *s)
{
	struct console *c = &s->console;
	struct pollfd answer = {.fd = c->session.worker ? worker_fd(c->session.worker) : -1, .events = POLLIN};
	poll(&answer, 1, 2);
	c->news.look_at = 0; /* look for commits now: a test that waits has nothing better to do */
	console_work(c);
	console_paint(c);
}

/* ---- the screen as text ---- */

static void script_row(struct buffer *out, int y)
{
	size_t solid = 0;
	for (int x = 0; x < COLS;) {
		cchar_t cell;
		wchar_t chars[CCHARW_MAX + 1] = {0};
		attr_t attributes;
		short pair;
		if (mvin_wch(y, x, &cell) == ERR || getcchar(&cell, chars, &attributes, &pair, NULL) == ERR)
			chars[0] = L' ';
		char bytes[MB_LEN_MAX * (CCHARW_MAX + 1)];
		size_t n = wcstombs(bytes, chars, sizeof(bytes) - 1);
		if (n == (size_t)-1 || n == 0) {
			bytes[0] = '?';
			n = 1;
		}
		buffer_add(out, bytes, n);
		if (chars[0] != L' ')
			solid = out->len;
		int width = wcwidth(chars[0]);
		x += width > 1 ? width : 1;
	}
	out->len = solid; /* blanks at the end of a line are hard to keep in a test */
}

static void script_screen(struct buffer *out)
{
	int y, x;
	getyx(stdscr, y, x);
	for (int row = 0; row < LINES; row++) {
		struct buffer line = {0};
		script_row(&line, row);
		buffer_add(out, buffer_text(&line), line.len);
		buffer_char(out, '\n');
		buffer_done(&line);
	}
	move(y, x);
}

static bool script_dump(struct script *s, const char *what)
{
	struct buffer out = {0};
	int y, x;
	getyx(stdscr, y, x);
	if (!what[0]) {
		script_screen(&out);
	} else if (strcmp(what, "roles") == 0) {
		for (int row = 0; row < LINES; row++) {
			for (int column = 0; column < COLS; column++)
				buffer_char(&out, draw_role(row, column));
			buffer_char(&out, '\n');
		}
	} else if (strcmp(what, "cursor") == 0) {
		buffer_format(&out, "cursor %d %d\n", y, x);
	} else if (strcmp(what, "clipboard") == 0) {
		buffer_format(&out, "%s\n", clip_last());
	} else {
		return script_fail(s, "dump takes nothing, roles, cursor or clipboard");
	}
	fputs(buffer_text(&out), stdout);
	buffer_done(&out);
	return true;
}

/* ---- instructions ---- */

static void script_key(struct script *s, int key)
{
	int64_t start = clock_mono(), cpu = console_cpu();
	console_key(&s->console, key);
	console_paint(&s->console);
	if (key == KEY_RETURN) {
		s->enter = clock_mono() - start;
		s->enter_cpu = console_cpu() - cpu;
	}
}

static void script_type(struct script *s, const char *text, size_t n)
{
	wchar_t c;
	mbstate_t state = {0};
	while (n) {
		size_t length = mbrtowc(&c, text, n, &state);
		if (length == 0 || length > n) {
			state = (mbstate_t){0};
			length = 1;
			c = L'?';
		}
		script_key(s, (int)c);
		text += length;
		n -= length;
	}
}

static bool script_keys(struct script *s, const char *rest)
{
	while (*(rest += strspn(rest, " \t"))) {
		if (*rest == '"') {
			const char *end = strchr(rest + 1, '"');
			if (!end)
				return script_fail(s, "a quote is not closed");
			script_type(s, rest + 1, (size_t)(end - rest - 1));
			rest = end + 1;
			continue;
		}
		size_t n = strcspn(rest, " \t");
		int key = keys_parse(rest, n);
		if (key)
			script_key(s, key);
		else
			script_type(s, rest, n);
		rest += n;
	}
	return true;
}

static bool script_paste(struct script *s, const char *rest)
{
	struct buffer text = {0};
	size_t n = strlen(rest);
	if (rest[0] == '"' && n > 1 && rest[n - 1] == '"')
		buffer_add(&text, rest + 1, n - 2);
	else
		buffer_fill(&text, '7', (size_t)strtoul(rest, NULL, 10));
	console_paste(&s->console, buffer_text(&text), text.len);
	console_paint(&s->console);
	buffer_done(&text);
	return true;
}

static bool script_size(struct script *s, const char *rest)
{
	int columns, rows;
	if (sscanf(rest, "%d %d", &columns, &rows) != 2 || columns < 1 || rows < 1 || columns > SCRIPT_LARGEST ||
	    rows > SCRIPT_LARGEST)
		return script_fail(s, "a size is two numbers: columns, rows");
	s->rows = rows;
	s->columns = columns;
	if (s->started) {
		term_resize(rows, columns);
		s->console.dirty = true;
		console_paint(&s->console);
	}
	return true;
}

static bool script_term(struct script *s, const char *rest)
{
	if (s->started)
		return script_fail(s, "the terminal is chosen before anything else");
	free(s->type);
	s->type = memory_text(rest);
	return true;
}

static bool script_mouse(struct script *s, const struct term_mouse *m)
{
	console_mouse(&s->console, m);
	console_paint(&s->console);
	return true;
}

static bool script_click(struct script *s, const char *rest)
{
	struct term_mouse m = {.what = TERM_CLICK};
	if (sscanf(rest, "%d %d", &m.y, &m.x) != 2)
		return script_fail(s, "a click has a row and a column");
	return script_mouse(s, &m);
}

static bool script_wheel(struct script *s, const char *rest)
{
	bool up = strcmp(rest, "up") == 0;
	if (!up && strcmp(rest, "down") != 0)
		return script_fail(s, "the wheel turns up or down");
	return script_mouse(s, &(struct term_mouse){.what = up ? TERM_WHEEL_UP : TERM_WHEEL_DOWN});
}

static bool script_now(struct script *s, const char *rest)
{
	struct duration step;
	int64_t at;
	if (rest[0] == '+') {
		if (!duration_parse(rest + 1, &step, s->err))
			return false;
		clock_freeze(clock_now() + step.micro);
	} else {
		if (!moment_parse(rest, zone_utc(), clock_now(), MOMENT_FROM, &at, s->err))
			return false;
		clock_freeze(at);
	}
	if (s->started) {
		s->console.dirty = true;
		console_paint(&s->console);
	}
	return true;
}

static bool script_wait(struct script *s, const char *rest)
{
	int64_t end = clock_mono() + SCRIPT_LIMIT;
	bool idle = strcmp(rest, "idle") == 0;
	if (!idle && strncmp(rest, "text ", 5) != 0)
		return script_fail(s, "wait takes idle, or text and what to wait for");
	for (bool there = false; !there;) {
		script_turn(s);
		if (idle) {
			there = console_idle(&s->console);
		} else {
			struct buffer screen = {0};
			script_screen(&screen);
			there = strstr(buffer_text(&screen), rest + 5) != NULL;
			buffer_done(&screen);
		}
		if (!there && clock_mono() > end) {
			script_dump(s, "");
			return script_fail(s, "waited in vain; the screen is above");
		}
	}
	return true;
}

static bool script_run_command(struct script *s, const char *rest)
{
	fflush(stdout);
	if (system(rest) != 0)
		return script_fail(s, "the command failed");
	return true;
}

static bool script_bytes(struct script *s, const char *rest)
{
	(void)s;
	(void)rest;
	printf("bytes %lld\n", (long long)term_sent());
	return true;
}

static bool script_time(struct script *s, const char *rest)
{
	(void)rest;
	printf("start_us %lld\nstart_cpu_us %lld\nenter_us %lld\nenter_cpu_us %lld\n",
	       (long long)s->console.first_frame, (long long)s->console.first_frame_cpu, (long long)s->enter,
	       (long long)s->enter_cpu);
	return true;
}

static bool script_echo(struct script *s, const char *rest)
{
	(void)s;
	puts(rest);
	return true;
}

static const struct {
	const char *name;
	bool before; /* does not start the console */
	bool (*run)(struct script *s, const char *rest);
} script_instructions[] = {
	{"size", true, script_size},       {"now", true, script_now},      {"keys", false, script_keys},
	{"paste", false, script_paste},    {"resize", false, script_size}, {"wait", false, script_wait},
	{"run", true, script_run_command}, {"dump", false, script_dump},   {"bytes", false, script_bytes},
	{"time", false, script_time},      {"echo", true, script_echo},    {"term", true, script_term},
	{"click", false, script_click},    {"wheel", false, script_wheel},
};

static bool script_line(struct script *s, char *line)
{
	line[strcspn(line, "\r\n")] = 0;
	line += strspn(line, " \t");
	if (!line[0] || line[0] == '#')
		return true;
	size_t n = strcspn(line, " \t");
	char *rest = line + n + strspn(line + n, " \t");
	for (size_t i = 0; i < sizeof(script_instructions) / sizeof(script_instructions[0]); i++) {
		if (strlen(script_instructions[i].name) != n || strncmp(line, script_instructions[i].name, n) != 0)
			continue;
		if (!script_instructions[i].before && !script_start(s))
			return false;
		return script_instructions[i].run(s, rest);
	}
	return script_fail(s, "no such instruction");
}

bool script_run(const struct app_params *p, struct error *err)
{
	/* Whoever runs it, the screen is the same. */
	struct app_params same = *p;
	same.user = "teller";
	struct script s = {.params = &same, .rows = 24, .columns = 80, .err = err};
	bool standard = strcmp(p->script, "-") == 0;
	FILE *file = standard ? stdin : fopen(p->script, "re");
	char line[SCRIPT_LINE];
	bool good = true;
	if (!file)
		return error_set(err, ERROR_USAGE, "could not open the script \"%s\": %s", p->script, strerror(errno));
	while (good && !s.console.leaving && fgets(line, sizeof(line), file)) {
		s.line++;
		good = script_line(&s, line);
		s.console.leaving |= s.started && term_signals() & TERM_END;
	}
	if (!standard)
		fclose(file);
	if (s.started) {
		console_done(&s.console);
		draw_stop();
		term_stop();
	}
	clip_done();
	free(s.type);
	fflush(stdout);
	return good;
}
