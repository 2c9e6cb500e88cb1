/* The way back: signals, and what the terminal is told at the end.
 *
 * Handlers use plain memory that was written before they were installed, and a descriptor of their
 * own: whatever else still writes, another thread in the middle of a frame, is cut off first by
 * putting /dev/null in the place of standard output.
 */
#include "config.h"

#include "ui/kit/term_private.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/memory.h"
#include "ui/kit/term.h"

enum {
	BACK_PATIENCE = 2,     /* seconds a terminal has to take the last frame once we are to end */
	BACK_FAREWELL = 500,   /* milliseconds it has to take the farewell */
	BACK_BELOW = 999,      /* a row below every screen */
	BACK_BACKGROUND = 100, /* times we stop again when continued in the background */
};

struct back_signal {
	int number;
	bool always; /* else where nobody else has use for it */
	bool ours;
	struct sigaction old;
};

static struct back_signal back_fatal[] = {
	{.number = SIGSEGV, .always = true},
	{.number = SIGBUS, .always = true},
	{.number = SIGABRT, .always = true},
	{.number = SIGFPE, .always = true},
	{.number = SIGILL, .always = true},
	{.number = SIGSYS},
	{.number = SIGTRAP},
	{.number = SIGQUIT},
	{.number = SIGPIPE},
	{.number = SIGXCPU},
	{.number = SIGXFSZ},
	{.number = SIGUSR1},
	{.number = SIGUSR2},
};
static struct back_signal back_asking[] = {
	{.number = SIGTERM, .always = true},  {.number = SIGHUP, .always = true},  {.number = SIGINT, .always = true},
	{.number = SIGWINCH, .always = true}, {.number = SIGTSTP, .always = true}, {.number = SIGCONT, .always = true},
};
static struct back_signal back_alarm = {.number = SIGALRM, .always = true};
#define BACK_COUNT(list) (sizeof(list) / sizeof((list)[0]))

static volatile sig_atomic_t back_taken;  /* there is a terminal to give back */
static volatile sig_atomic_t back_muted;  /* standard output is /dev/null */
static volatile sig_atomic_t back_within; /* in the middle of a sequence that swallows what follows */
static int back_pipe[2] = {-1, -1};
static int back_tty = -1, back_null = -1;
static struct termios back_modes;
static bool back_modes_known;
static char back_farewell[512];
static size_t back_farewell_len;
static unsigned back_pending;
static pthread_t back_thread; /* the one that paints */

/* ---- what handlers may call ---- */

bool term_back_foreground(void)
{
	pid_t group = tcgetpgrp(STDIN_FILENO);
	return group < 0 || group == getpgrp();
}

void term_back_mute(void)
{
	if (back_null >= 0 && dup2(back_null, STDOUT_FILENO) >= 0)
		back_muted = 1;
}

/* Without blocking. What a terminal that takes nothing still holds of a frame gives way to it. */
static void back_write(const char *bytes, size_t n)
{
	bool flushed = false;
	while (n) {
		ssize_t sent = write(back_tty, bytes, n);
		struct pollfd room = {.fd = back_tty, .events = POLLOUT};
		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		} else if (sent < 0 && errno == EINTR) {
			continue;
		} else if (sent < 0 && errno == EAGAIN && poll(&room, 1, BACK_FAREWELL) > 0 &&
			   (room.revents & POLLOUT)) {
			continue;
		} else if (sent < 0 && errno == EAGAIN && !flushed) {
			flushed = tcflush(back_tty, TCOFLUSH) == 0;
			if (!flushed)
				return;
		} else {
			return;
		}
	}
}

static void back_say_farewell(void)
{
	/* Cancels what was cut short, and ends a string that was. */
	static const char cut[] = "\030\033\\";
	int flags = fcntl(back_tty, F_GETFL);
	if (flags >= 0)
		fcntl(back_tty, F_SETFL, flags | O_NONBLOCK);
	if (back_within)
		back_write(cut, sizeof(cut) - 1);
	back_write(back_farewell, back_farewell_len);
	if (flags >= 0)
		fcntl(back_tty, F_SETFL, flags);
}

static void back_restore_modes(void)
{
	/* A shell that took the terminal has set modes of its own. */
	if (back_modes_known && term_back_foreground())
		tcsetattr(STDIN_FILENO, TCSANOW, &back_modes);
}

static void back_give(void)
{
	if (!back_taken)
		return;
	back_taken = 0;
	term_back_mute();
	back_say_farewell();
	back_restore_modes();
}

static void back_died(int number)
{
	back_give();
	for (size_t i = 0; i < BACK_COUNT(back_fatal); i++)
		if (back_fatal[i].number == number)
			sigaction(number, &back_fatal[i].old, NULL);
	raise(number);
}

static void back_asked(int number)
{
	int saved = errno;
	char byte = (char)number;
	if (back_taken && (number == SIGTERM || number == SIGHUP || number == SIGINT))
		alarm(BACK_PATIENCE);
	if (write(back_pipe[1], &byte, 1) < 0) {
		/* Full: the loop is about to look anyway. */
	}
	errno = saved;
}

/* We were to end, and did not get to it: if the terminal takes nothing, a write hangs. It is
 * interrupted by this very signal, in the thread that writes, and goes on into the void. */
static void back_overdue(int number)
{
	int saved = errno;
	if (!pthread_equal(pthread_self(), back_thread)) {
		pthread_kill(back_thread, number);
	} else if (back_taken) {
		tcflush(back_tty, TCOFLUSH);
		term_back_mute();
	}
	errno = saved;
}

/* ---- catching ---- */

static void back_catch(struct back_signal *s, void (*handler)(int), int flags)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	sigemptyset(&action.sa_mask);
	s->ours = sigaction(s->number, NULL, &s->old) == 0 && s->old.sa_handler != SIG_IGN && /* nohup */
		  (s->always || s->old.sa_handler == SIG_DFL) && sigaction(s->number, &action, NULL) == 0;
}

static void back_release(struct back_signal *s)
{
	if (s->ours)
		sigaction(s->number, &s->old, NULL);
	s->ours = false;
}

static void back_catch_all(void)
{
	static char stack[64 * 1024]; /* a stack that overflowed cannot run its handler */
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
	sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < BACK_COUNT(back_fatal); i++)
		back_catch(&back_fatal[i], back_died, SA_ONSTACK | SA_NODEFER);
	for (size_t i = 0; i < BACK_COUNT(back_asking); i++)
		back_catch(&back_asking[i], back_asked, SA_RESTART);
	back_catch(&back_alarm, back_overdue, 0); /* without SA_RESTART: it is there to interrupt */
}

static void back_release_all(void)
{
	alarm(0);
	back_release(&back_alarm);
	for (size_t i = 0; i < BACK_COUNT(back_fatal); i++)
		back_release(&back_fatal[i]);
	for (size_t i = 0; i < BACK_COUNT(back_asking); i++)
		back_release(&back_asking[i]);
}

/* ---- the farewell ---- */

/* Adds a capability without its padding ("$<50>"): a handler cannot wait. */
static void back_farewell_add(const char *text)
{
	if (!text || text == (char *)-1)
		return;
	while (*text && back_farewell_len < sizeof(back_farewell)) {
		const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;
		if (end)
			text = end + 1;
		else
			back_farewell[back_farewell_len++] = *text++;
	}
}

void term_back_prepare(void)
{
	static const char *const capabilities[] = {"sgr0", "op", "cnorm", "rmkx", "rmcup"};
	const char *move = tigetstr("cup");
	back_farewell_len = 0;
	if (term.mouse)
		back_farewell_add("\033[?1006l\033[?1000l");
	if (term.bracketed)
		back_farewell_add(TERM_PASTE_OFF);
	/* Below everything: not all terminals have a second screen to leave. */
	if (move && move != (char *)-1)
		back_farewell_add(tiparm(move, BACK_BELOW, 0));
	for (size_t i = 0; i < BACK_COUNT(capabilities); i++)
		back_farewell_add(tigetstr(capabilities[i]));
	back_farewell_add("\r\n");
}

/* ---- beginning and end ---- */

bool term_back_begin(void)
{
	static bool at_exit;
	if (back_pipe[0] < 0 && pipe2(back_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return false;
	back_thread = pthread_self();
	back_farewell_len = 0;
	back_pending = 0;
	back_muted = back_within = 0;
	if (!term.headless) {
		back_tty = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		back_null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		back_modes_known = tcgetattr(STDIN_FILENO, &back_modes) == 0;
		back_taken = 1;
		memory_on_exhausted(back_give);
		if (!at_exit)
			at_exit = atexit(back_give) == 0;
	}
	back_catch_all();
	return true;
}

void term_back_hurry(void)
{
	if (back_taken)
		alarm(BACK_PATIENCE);
}

void term_back_end(void)
{
	if (back_taken && back_muted)
		back_say_farewell();
	if (back_taken)
		back_restore_modes();
	back_taken = 0;
	memory_on_exhausted(NULL);
	back_release_all();
	if (back_muted)
		dup2(back_tty, STDOUT_FILENO);
	if (back_tty >= 0)
		close(back_tty);
	if (back_null >= 0)
		close(back_null);
	back_tty = back_null = -1;
}

void term_back_within(bool within)
{
	back_within = within;
}

/* ---- signals that ask ---- */

static unsigned back_collect(void)
{
	char bytes[64];
	unsigned asked = 0;
	ssize_t n;
	while ((n = read(back_pipe[0], bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++)
			asked |= bytes[i] == SIGWINCH  ? TERM_RESIZED
				 : bytes[i] == SIGTSTP ? TERM_SUSPENDED
				 : bytes[i] == SIGCONT ? TERM_CONTINUED
						       : TERM_END;
	return asked;
}

int term_signal_fd(void)
{
	return back_pipe[0];
}

unsigned term_signals(void)
{
	unsigned asked = back_pending | back_collect();
	back_pending = 0;
	return asked;
}

void term_back_stop(void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL}, ours;
	back_taken = 0;
	sigaction(SIGTSTP, &standard, &ours);
	raise(SIGTSTP);
	/* Here again after SIGCONT. In the background, a terminal program can but stop once more. */
	back_pending |= back_collect();
	for (int i = 0; i < BACK_BACKGROUND && !(back_pending & TERM_END) && !term_back_foreground(); i++) {
		raise(SIGTTIN);
		back_pending |= back_collect();
	}
	back_pending &= ~(unsigned)(TERM_CONTINUED | TERM_SUSPENDED);
	sigaction(SIGTSTP, &ours, NULL);
	back_taken = 1;
}
