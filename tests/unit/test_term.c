/* term: what a terminal is sent, and that it is given back when nobody planned the end. */
#include "config.h"

#include <fcntl.h>
#include <pty.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "ui/kit/clip.h"
#include "ui/kit/draw.h"
#include "ui/kit/term.h"

/* ---- a program in a terminal of its own, to its end ---- */

struct played {
	int status; /* of exit; -number: ended by that signal */
	struct buffer out;
	bool same_modes;
};

static void play_child(void (*act)(void), const char *type, struct term_params *p)
{
	struct error err = {0};
	/* Not those of the test's own frame. */
	for (int number = 1; number < SIGRTMIN; number++)
		signal(number, SIG_DFL);
	setenv("TERM", type, 1);
	unsetenv("TMUX");
	alarm(60); /* whatever happens, the test ends */
	if (!term_start(p, &err)) {
		printf("%s\n", err.message);
		exit(99);
	}
	draw_start(term_ascii(), false);
	draw_format(0, 0, 20, ROLE_LIVE, "on the screen");
	term_show();
	act();
	term_stop();
	draw_stop();
	exit(0);
}

static struct played play(void (*act)(void), const char *type, struct term_params p)
{
	struct played r = {0};
	struct termios before, after;
	const struct winsize size = {.ws_row = 24, .ws_col = 80};
	int master, slave, status;
	char bytes[4096];
	ssize_t n;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	tcgetattr(slave, &before);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		close(master);
		login_tty(dup(slave));
		play_child(act, type, &p);
	}
	/* Its end is seen by the child's, not by the terminal's: we hold that open to ask for its modes. */
	fcntl(master, F_SETFL, O_NONBLOCK);
	bool ended = false;
	for (;;) {
		while ((n = read(master, bytes, sizeof(bytes))) > 0)
			buffer_add(&r.out, bytes, (size_t)n);
		if (ended)
			break;
		ended = waitpid(child, &status, WNOHANG) == child;
	}
	tcgetattr(slave, &after);
	r.same_modes = before.c_iflag == after.c_iflag && before.c_oflag == after.c_oflag &&
		       before.c_cflag == after.c_cflag && before.c_lflag == after.c_lflag &&
		       memcmp(before.c_cc, after.c_cc, sizeof(before.c_cc)) == 0;
	r.status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	close(master);
	close(slave);
	return r;
}

static void given_back(const struct played *r)
{
	const char *out = buffer_text(&r->out);
	if (!strstr(out, "on the screen"))
		fail_msg("it was never there: %s", out);
	const char *left = strstr(out, "\033[?1049l"); /* the full screen */
	assert_non_null(left);
	assert_non_null(strstr(out, "\033[?2004l")); /* marked pastes */
	assert_null(strstr(left, "\033[?1049h"));
	assert_true(r->same_modes);
}

static const struct term_params plain = {.color = true};

/* ---- ends ---- */

static void act_nothing(void) {}

static void act_exit(void)
{
	exit(3);
}

static void *exhaust(void *data)
{
	(void)data;
	memory_exhausted();
}

static void act_exhausted(void)
{
	exhaust(NULL);
}

static void act_exhausted_elsewhere(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, exhaust, NULL);
	/* Meanwhile frames go on, and none of them may come after the farewell. */
	for (;;) {
		term_repaint();
		term_show();
	}
}

#ifndef __SANITIZE_ADDRESS__
static int deep(int n)
{
	volatile char room[4096];
	room[0] = (char)n;
	return n < 0 ? 0 : deep(n + 1) + room[0];
}

static void act_overflow(void)
{
	deep(1);
}
#endif

static void act_within(void)
{
	/* As a fault would find it: in the middle of a long sequence. */
	char *text = memory_alloc(1 << 20);
	memset(text, 'x', 1 << 20);
	alarm(0);
	if (fork() == 0) { /* shares the terminal, ends the other one while it writes */
		usleep(1000);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	for (;;)
		term_send(text, 1 << 20);
}

static void every_end_gives_it_back(void **state)
{
	static const struct {
		const char *name;
		void (*act)(void);
		int status;
	} cases[] = {
		{"stop", act_nothing, 0},
		{"exit", act_exit, 3},
		{"memory exhausted", act_exhausted, 70},
		{"memory exhausted in another thread", act_exhausted_elsewhere, 70},
#ifndef __SANITIZE_ADDRESS__
		{"stack overflow", act_overflow, -SIGSEGV},
#endif
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct played r = play(cases[i].act, "xterm-256color", plain);
		if (r.status != cases[i].status)
			fail_msg("%s: status %d: %s", cases[i].name, r.status, buffer_text(&r.out));
		given_back(&r);
		buffer_done(&r.out);
	}
}

static void a_sequence_cut_short_is_cancelled(void **state)
{
	(void)state;
	struct played r = play(act_within, "xterm-256color", plain);
	assert_int_equal(r.status, -SIGUSR1);
	given_back(&r);
	/* Before anything else: what the terminal took for a part of the sequence ends. */
	assert_non_null(strstr(buffer_text(&r.out), "x\030\033\\\033[?2004l"));
	buffer_done(&r.out);
}

/* ---- what is sent ---- */

static void act_copy(void)
{
	assert_int_equal(clip_copy("4711", 4), 4);
	assert_string_equal(clip_last(), ""); /* kept for scripts alone */
	draw_format(1, 0, 20, ROLE_TEXT, "after");
	term_show();
}

static void act_copy_in_tmux(void)
{
	setenv("TMUX", "/tmp/x,1,0", 1);
	act_copy();
}

static void copies_go_between_frames(void **state)
{
	(void)state;
	struct played r = play(act_copy, "xterm-256color", plain);
	const char *out = buffer_text(&r.out), *copy = strstr(out, "\033]52;c;NDcxMQ==\a");
	assert_non_null(copy);
	assert_true(strstr(out, "on the screen") < copy);
	assert_true(strstr(copy, "after") > copy);
	assert_null(strstr(out, "tmux;"));
	given_back(&r);
	buffer_done(&r.out);
	r = play(act_copy_in_tmux, "xterm-256color", plain);
	assert_non_null(strstr(buffer_text(&r.out), "\033Ptmux;\033\033]52;c;NDcxMQ==\a\033\\"));
	buffer_done(&r.out);
}

static void the_mouse_is_asked_for_and_given_back(void **state)
{
	(void)state;
	struct term_params p = {.color = true, .mouse = true};
	for (int i = 0; i < 2; i++) {
		struct played r = play(i ? act_exhausted : act_nothing, "xterm-256color", p);
		const char *on = strstr(buffer_text(&r.out), "\033[?1006;1000h");
		assert_non_null(on);
		assert_true(strstr(on, "1000l") > on);
		given_back(&r);
		buffer_done(&r.out);
	}
	struct played r = play(act_nothing, "xterm-256color", plain);
	assert_null(strstr(buffer_text(&r.out), "1000h"));
	buffer_done(&r.out);
}

static void act_themes(void)
{
	for (int name = 0; name < THEME_NAMES; name++) {
		theme_start((enum theme_name)name, true);
		assert_int_equal(theme_current(), name);
		assert_true(theme_color());
		draw_erase();
		draw_format(0, 0, 40, ROLE_LAG, "theme %s", theme_word((enum theme_name)name));
		term_repaint();
		term_show();
	}
	theme_start(THEME_DARK, false);
	assert_false(theme_color());
	draw_erase();
	draw_format(0, 0, 40, ROLE_LAG, "colourless");
	term_repaint();
	term_show();
}

/* From what colours the blanks of the words' frame up to the words. */
static char *frame(const struct played *r, const char *words)
{
	enum { COLOURS = 24 /* bytes before the screen is cleared */ };
	const char *at = strstr(buffer_text(&r->out), words), *begin = at;
	assert_non_null(at);
	while (begin > r->out.data && strncmp(begin, "\033[H\033[2J", 7) != 0)
		begin--;
	begin = begin - r->out.data > COLOURS ? begin - COLOURS : r->out.data;
	return memory_text_n(begin, (size_t)(at - begin) + strlen(words));
}

static void holds(const struct played *r, const char *words, const char *wanted, const char *unwanted)
{
	char *text = frame(r, words);
	if ((wanted && !strstr(text, wanted)) || (unwanted && strstr(text, unwanted)))
		fail_msg("%s: \"%s\"", words, text);
	free(text);
}

static void themes_change_while_it_runs(void **state)
{
	(void)state;
	struct played r = play(act_themes, "xterm-256color", plain);
	assert_int_equal(r.status, 0);
	holds(&r, "theme auto", "38;5;163", "48;5;");
	holds(&r, "theme dark", "38;5;221", NULL);
	holds(&r, "theme light", "38;5;94", "48;5;234");
	holds(&r, "theme mono", "\033[0;1;4m", "8;5;");
	holds(&r, "theme contrast", "38;5;226", "48;5;231");
	holds(&r, "theme green", "38;5;154", NULL);
	holds(&r, "colourless", "\033[39;49m\033(B\033[m\033[H\033[2J\033(B\033[0;1;4mcolourless", NULL);
	buffer_done(&r.out);
	r = play(act_themes, "linux", plain);
	holds(&r, "theme auto", "\033[35m", "38;5");
	holds(&r, "theme light", "\033[47m", "38;5");
	buffer_done(&r.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_end_gives_it_back),     cmocka_unit_test(a_sequence_cut_short_is_cancelled),
		cmocka_unit_test(copies_go_between_frames),    cmocka_unit_test(the_mouse_is_asked_for_and_given_back),
		cmocka_unit_test(themes_change_while_it_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
