#include "config.h"

#include "ui/kit/term.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/language.h"
#include "ui/kit/term_private.h"
#include "ui/kit/theme.h"

#define TERM_FALLBACK "vt220"

enum { TERM_ESC_DELAY = 25 /* milliseconds */ };

struct term term;

static struct {
	SCREEN *handle;
	bool ascii;
	int output; /* headless: a file in memory that counts */
	FILE *out, *in;
	int64_t sent;
	char notice[512];
} screen;

/* ---- taking it ---- */

static bool term_open(const char *type)
{
	screen.handle = newterm(type, term.headless ? screen.out : stdout, term.headless ? screen.in : stdin);
	if (!screen.handle)
		return false;
	const char *move = tigetstr("cup");
	if (move && move != (char *)-1)
		return true;
	endwin();
	delscreen(screen.handle);
	screen.handle = NULL;
	return false;
}

/* type: NULL or "": none is known. */
static bool term_open_any(const char *type, struct error *err)
{
	const char *shown = type ? type : "";
	if (shown[0] && term_open(shown))
		return true;
	if (!term_open(TERM_FALLBACK)) {
		error_set(err, ERROR_USAGE,
			  "could not use the terminal \"%s\": neither it nor %s is described here", shown, TERM_FALLBACK);
		return error_hint(err, "install the package ncurses-base");
	}
	snprintf(screen.notice, sizeof(screen.notice),
		 _("Terminal \"%.40s\" is not described here, taken for a %s: install ncurses-term or set TERM"), shown,
		 TERM_FALLBACK);
	return true;
}

/* Ctrl-C and Ctrl-\ are slips of a hand that copies; leaving is F3 or :quit. Ctrl-Z stays. */
static void term_keyboard(void)
{
	struct termios modes;
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	if (tcgetattr(STDIN_FILENO, &modes) == 0) {
		modes.c_cc[VINTR] = _POSIX_VDISABLE;
		modes.c_cc[VQUIT] = _POSIX_VDISABLE;
		tcsetattr(STDIN_FILENO, TCSANOW, &modes);
		def_prog_mode();
	}
}

/* Terminfo does not say which terminals mark pastes; others may print what they do not know. */
static bool term_marks_pastes(const char *type)
{
	static const char *const marking[] = {"xterm", "screen", "tmux", "rxvt", "alacritty",
					      "foot",  "kitty",  "vte",  "st-"};
	for (size_t i = 0; type && !screen.notice[0] && i < sizeof(marking) / sizeof(marking[0]); i++)
		if (strncmp(type, marking[i], strlen(marking[i])) == 0)
			return true;
	return false;
}

static bool term_start_headless(const struct term_params *p, struct error *err)
{
	screen.output = memfd_create("screen", MFD_CLOEXEC);
	screen.out = screen.output < 0 ? NULL : fdopen(screen.output, "w");
	screen.in = fopen("/dev/null", "re");
	if (!screen.out || !screen.in)
		return error_set(err, ERROR_USAGE, "could not make a screen without a terminal");
	if (!term_open_any(p->type ? p->type : "xterm-256color", err))
		return false;
	resize_term(p->rows, p->columns);
	return true;
}

static void term_locale(const struct term_params *p)
{
	if (p->headless && !p->ascii)
		setlocale(LC_CTYPE, "C.UTF-8");
	else
		setlocale(LC_CTYPE, "");
	screen.ascii = p->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

static bool term_start_real(struct error *err)
{
	const char *type = getenv("TERM");
	if (!getenv("ESCDELAY"))
		set_escdelay(TERM_ESC_DELAY);
	if (!term_open_any(type, err))
		return false;
	term_keyboard();
	term.bracketed = term_marks_pastes(type);
	term_back_prepare();
	if (term.bracketed)
		term_send(TERM_PASTE_ON, sizeof(TERM_PASTE_ON) - 1);
	return true;
}

static void term_close(void)
{
	if (screen.handle)
		delscreen(screen.handle);
	screen.handle = NULL;
	if (screen.out)
		fclose(screen.out);
	if (screen.in)
		fclose(screen.in);
	screen.out = screen.in = NULL;
	term.bracketed = term.mouse = false;
}

bool term_start(const struct term_params *p, struct error *err)
{
	if (!p->headless && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
		error_set(err, ERROR_USAGE, "could not open the console: this is not a terminal");
		return error_hint(err, "lookup, search, history, stores and status answer without one");
	}
	term = (struct term){.headless = p->headless, .esc_digit = p->esc_digit, .mouse = p->mouse};
	screen.notice[0] = 0;
	term_locale(p);
	/* A size exported by a parent would win over the terminal's own, for ever. */
	unsetenv("LINES");
	unsetenv("COLUMNS");
	if (!term_back_begin())
		return error_set(err, ERROR_PERMISSION, "could not make a pipe: %s", strerror(errno));
	if (!(p->headless ? term_start_headless(p, err) : term_start_real(err))) {
		term_back_end();
		term_close();
		return false;
	}
	term_input_begin();
	theme_start(p->theme, p->color);
	return true;
}

void term_stop(void)
{
	if (!screen.handle)
		return;
	term_back_hurry();
	if (!term.headless && !term_back_foreground())
		term_back_mute(); /* endwin would be stopped for changing a terminal that is another's now */
	if (term.bracketed)
		term_send(TERM_PASTE_OFF, sizeof(TERM_PASTE_OFF) - 1);
	endwin();
	term_back_end();
	term_input_end();
	term_close();
}

bool term_ascii(void)
{
	return screen.ascii;
}

bool term_headless(void)
{
	return term.headless;
}

const char *term_notice(void)
{
	return screen.notice[0] ? screen.notice : NULL;
}

int term_fd(void)
{
	return term.headless ? -1 : STDIN_FILENO;
}

/* ---- stopped, continued, resized ---- */

/* The next term_show takes the terminal again. */
static void term_again(void)
{
	if (term.bracketed)
		term_send(TERM_PASTE_ON, sizeof(TERM_PASTE_ON) - 1);
	term_resize(0, 0);
}

void term_suspend(void)
{
	if (term.headless)
		return;
	if (term.bracketed)
		term_send(TERM_PASTE_OFF, sizeof(TERM_PASTE_OFF) - 1);
	endwin();
	term_back_stop();
	if (term_back_foreground())
		term_again();
}

void term_continue(void)
{
	if (term.headless)
		return;
	if (!term_back_foreground())
		term_back_stop();
	if (!term_back_foreground())
		return; /* we are to end */
	endwin();
	term_again();
}

void term_resize(int rows, int columns)
{
	if (!term.headless) {
		struct winsize size;
		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
			return;
		rows = size.ws_row;
		columns = size.ws_col;
	}
	resize_term(rows, columns);
	term_repaint();
}

/* ---- output ---- */

void term_show(void)
{
	wnoutrefresh(stdscr);
	doupdate();
	if (!term.headless)
		return;
	off_t end = lseek(screen.output, 0, SEEK_CUR);
	screen.sent = end < 0 ? 0 : end;
	if (end > 0 && (ftruncate(screen.output, 0) < 0 || lseek(screen.output, 0, SEEK_SET) < 0))
		screen.sent = -1;
}

void term_repaint(void)
{
	clearok(curscr, TRUE);
}

bool term_send(const char *bytes, size_t n)
{
	bool whole = true;
	if (term.headless)
		return true;
	term_back_within(true);
	while (n && whole) {
		ssize_t sent = write(STDOUT_FILENO, bytes, n);
		whole = sent > 0 || (sent < 0 && errno == EINTR);
		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		}
	}
	term_back_within(false);
	return whole;
}

int64_t term_sent(void)
{
	return screen.sent;
}
