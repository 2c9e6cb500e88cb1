#include "config.h"

#include "ui/kit/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "ui/kit/keys.h"
#include "ui/kit/theme.h"

#undef columns /* term.h makes macros of terminfo's names */

#define TERM_FALLBACK  "vt220"
#define TERM_PASTE_ON  "\033[?2004h"
#define TERM_PASTE_OFF "\033[?2004l"
#define TERM_PASTE_END "\033[201~"

enum {
	TERM_ESC_DELAY = 25,    /* milliseconds */
	TERM_PASTE_KEPT = 4096, /* bytes of a paste that are used */
	TERM_UNGET = 64,        /* bytes given to curses at once: its own queue is short */
	KEY_PASTE_BEGIN = 0x3000,
};

static const int term_fatal_signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
static const int term_asking_signals[] = {SIGTERM, SIGHUP, SIGINT, SIGWINCH, SIGTSTP};
enum { TERM_FATAL = 5, TERM_ASKING = 5 };

static struct {
	SCREEN *screen;
	bool headless, ascii, esc_digit;
	int output; /* headless: a file in memory that counts */
	FILE *out, *in;
	int64_t sent;
	char notice[256];
	struct sigaction old_fatal[TERM_FATAL], old_asking[TERM_ASKING];
	/* A paste that has begun, and what was read behind its end. */
	bool pasting;
	bool bracketed; /* the terminal marks pastes */
	size_t matched; /* bytes of TERM_PASTE_END */
	int64_t pasted; /* when the last byte came */
	struct buffer paste;
	struct buffer tail;
	size_t tail_used;
} term;

/* What handlers use: plain memory, written before they are installed. */
static volatile sig_atomic_t term_taken;
static int term_pipe[2] = {-1, -1};
static struct termios term_modes;
static bool term_modes_known;
static char term_farewell[512];
static size_t term_farewell_len;

/* ---- handlers ---- */

static void term_asked(int signal_number)
{
	int saved = errno;
	char byte = (char)signal_number;
	if (write(term_pipe[1], &byte, 1) < 0) {
		/* Full: the loop is about to look anyway. */
	}
	errno = saved;
}

static void term_give_back(void)
{
	if (!term_taken)
		return;
	term_taken = 0;
	size_t done = 0;
	while (done < term_farewell_len) {
		ssize_t n = write(STDOUT_FILENO, term_farewell + done, term_farewell_len - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (term_modes_known)
		tcsetattr(STDIN_FILENO, TCSANOW, &term_modes);
}

static void term_fatal(int signal_number)
{
	term_give_back();
	for (int i = 0; i < TERM_FATAL; i++)
		if (term_fatal_signals[i] == signal_number)
			sigaction(signal_number, &term.old_fatal[i], NULL);
	raise(signal_number);
}

static void term_handlers(void)
{
	static char stack[64 * 1024]; /* a stack that overflowed cannot run its handler */
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
	sigaltstack(&alternate, NULL);
	struct sigaction action = {.sa_handler = term_fatal, .sa_flags = SA_ONSTACK | SA_NODEFER};
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < TERM_FATAL; i++)
		sigaction(term_fatal_signals[i], &action, &term.old_fatal[i]);
	action.sa_handler = term_asked;
	action.sa_flags = SA_RESTART;
	for (int i = 0; i < TERM_ASKING; i++)
		sigaction(term_asking_signals[i], &action, &term.old_asking[i]);
}

static void term_handlers_back(void)
{
	for (int i = 0; i < TERM_FATAL; i++)
		sigaction(term_fatal_signals[i], &term.old_fatal[i], NULL);
	for (int i = 0; i < TERM_ASKING; i++)
		sigaction(term_asking_signals[i], &term.old_asking[i], NULL);
}

/* ---- start ---- */

/* Adds a capability without its padding ("$<50>"): a handler cannot wait. */
static void term_farewell_add(const char *text)
{
	if (!text || text == (char *)-1)
		return;
	while (*text && term_farewell_len < sizeof(term_farewell)) {
		const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;
		if (end)
			text = end + 1;
		else
			term_farewell[term_farewell_len++] = *text++;
	}
}

static void term_farewell_make(void)
{
	term_farewell_len = 0;
	if (term.bracketed)
		term_farewell_add(TERM_PASTE_OFF);
	term_farewell_add(tigetstr("sgr0"));
	term_farewell_add(tigetstr("cnorm"));
	term_farewell_add(tigetstr("rmkx"));
	term_farewell_add(tigetstr("rmcup"));
	term_farewell_add("\r\n");
}

static bool term_open(const char *type)
{
	term.screen = newterm(type, stdout, stdin);
	if (!term.screen)
		return false;
	const char *move = tigetstr("cup");
	if (move && move != (char *)-1)
		return true;
	endwin();
	delscreen(term.screen);
	term.screen = NULL;
	return false;
}

static bool term_open_any(struct error *err)
{
	const char *type = getenv("TERM");
	/* A size exported by a parent would win over the terminal's own, for ever. */
	unsetenv("LINES");
	unsetenv("COLUMNS");
	if (term_open(NULL))
		return true;
	if (!term_open(TERM_FALLBACK)) {
		error_set(err, ERROR_USAGE,
			  "could not use the terminal \"%s\": neither it nor %s is described here",
			  type ? type : "", TERM_FALLBACK);
		return error_hint(err, "install the package ncurses-base");
	}
	snprintf(term.notice, sizeof(term.notice),
		 _("Terminal \"%s\" is not described here, taken for a %s: install ncurses-term or set TERM"),
		 type ? type : "", TERM_FALLBACK);
	return true;
}

/* Terminals disagree on function keys, and TERM on the terminal: all common sequences are known. */
static void term_define_keys(void)
{
	static const struct {
		const char *sequence;
		int key;
	} common[] = {
		{"\033OP", KEY_F(1)},    {"\033OQ", KEY_F(2)},
		{"\033OR", KEY_F(3)},    {"\033OS", KEY_F(4)},
		{"\033[11~", KEY_F(1)},  {"\033[12~", KEY_F(2)},
		{"\033[13~", KEY_F(3)},  {"\033[14~", KEY_F(4)},
		{"\033[[A", KEY_F(1)},   {"\033[[B", KEY_F(2)},
		{"\033[[C", KEY_F(3)},   {"\033[[D", KEY_F(4)},
		{"\033[[E", KEY_F(5)},   {"\033[15~", KEY_F(5)},
		{"\033[17~", KEY_F(6)},  {"\033[18~", KEY_F(7)},
		{"\033[19~", KEY_F(8)},  {"\033[20~", KEY_F(9)},
		{"\033[21~", KEY_F(10)}, {"\033[23~", KEY_F(11)},
		{"\033[24~", KEY_F(12)}, {"\033[H", KEY_HOME},
		{"\033[F", KEY_END},     {"\033OH", KEY_HOME},
		{"\033OF", KEY_END},     {"\033[1~", KEY_HOME},
		{"\033[4~", KEY_END},    {"\033[5~", KEY_PPAGE},
		{"\033[6~", KEY_NPAGE},  {"\033[3~", KEY_DC},
		{"\033[A", KEY_UP},      {"\033[B", KEY_DOWN},
		{"\033[C", KEY_RIGHT},   {"\033[D", KEY_LEFT},
		{"\033OA", KEY_UP},      {"\033OB", KEY_DOWN},
		{"\033OC", KEY_RIGHT},   {"\033OD", KEY_LEFT},
		{"\033[Z", KEY_BTAB},    {"\033[200~", KEY_PASTE_BEGIN},
	};
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (key_defined(common[i].sequence) == 0)
			define_key(common[i].sequence, common[i].key);
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
	const char *type = getenv("TERM");
	static const char *const marking[] = {"xterm", "screen", "tmux", "rxvt", "alacritty",
					      "foot",  "kitty",  "vte",  "st-"};
	for (size_t i = 0; type && i < sizeof(marking) / sizeof(marking[0]); i++)
		if (strncmp(type, marking[i], strlen(marking[i])) == 0)
			term.bracketed = !term.notice[0];
	if (term.bracketed && write(STDOUT_FILENO, TERM_PASTE_ON, sizeof(TERM_PASTE_ON) - 1) < 0)
		term.bracketed = false;
}

static bool term_start_headless(const struct term_params *p, struct error *err)
{
	term.output = memfd_create("screen", MFD_CLOEXEC);
	term.out = term.output < 0 ? NULL : fdopen(term.output, "w");
	term.in = fopen("/dev/null", "re");
	use_env(FALSE);
	term.screen = term.out && term.in ? newterm("xterm-256color", term.out, term.in) : NULL;
	if (!term.screen) {
		error_set(err, ERROR_USAGE, "could not make a screen without a terminal");
		return error_hint(err, "install the package ncurses-base");
	}
	resize_term(p->rows, p->columns);
	return true;
}

static void term_locale(const struct term_params *p)
{
	if (p->headless && !p->ascii)
		setlocale(LC_CTYPE, "C.UTF-8");
	else
		setlocale(LC_CTYPE, "");
	term.ascii = p->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
}

static bool term_start_real(struct error *err)
{
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		error_set(err, ERROR_USAGE, "could not open the console: this is not a terminal");
		return error_hint(err, "lookup, search, history, stores and status answer without one");
	}
	term_modes_known = tcgetattr(STDIN_FILENO, &term_modes) == 0;
	if (!getenv("ESCDELAY"))
		set_escdelay(TERM_ESC_DELAY);
	if (!term_open_any(err))
		return false;
	term_keyboard();
	term_farewell_make();
	term_taken = 1;
	memory_on_exhausted(term_give_back);
	static bool at_exit;
	if (!at_exit)
		at_exit = atexit(term_give_back) == 0;
	term_define_keys();
	return true;
}

bool term_start(const struct term_params *p, struct error *err)
{
	term.headless = p->headless;
	term.esc_digit = p->esc_digit;
	term.notice[0] = 0;
	term_locale(p);
	if (term_pipe[0] < 0 && pipe2(term_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_set(err, ERROR_PERMISSION, "could not make a pipe: %s", strerror(errno));
	if (!(p->headless ? term_start_headless(p, err) : term_start_real(err)))
		return false;
	term_handlers();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	meta(stdscr, TRUE);
	theme_start(p->theme, p->color);
	return true;
}

void term_stop(void)
{
	if (!term.screen)
		return;
	if (!term.headless) {
		if (term.bracketed && write(STDOUT_FILENO, TERM_PASTE_OFF, sizeof(TERM_PASTE_OFF) - 1) < 0)
			term.bracketed = false;
		endwin();
		if (term_modes_known)
			tcsetattr(STDIN_FILENO, TCSADRAIN, &term_modes);
	} else {
		endwin();
	}
	term_taken = 0;
	memory_on_exhausted(NULL);
	term_handlers_back();
	delscreen(term.screen);
	term.screen = NULL;
	if (term.out)
		fclose(term.out);
	if (term.in)
		fclose(term.in);
	term.out = term.in = NULL;
	buffer_done(&term.paste);
	buffer_done(&term.tail);
	term.pasting = term.bracketed = false;
}

bool term_ascii(void)
{
	return term.ascii;
}

const char *term_notice(void)
{
	return term.notice[0] ? term.notice : NULL;
}

int term_fd(void)
{
	return term.headless ? -1 : STDIN_FILENO;
}

/* ---- signals, size ---- */

int term_signal_fd(void)
{
	return term_pipe[0];
}

unsigned term_signals(void)
{
	char bytes[64];
	unsigned asked = 0;
	ssize_t n;
	while ((n = read(term_pipe[0], bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++)
			asked |= bytes[i] == SIGWINCH ? TERM_RESIZED : bytes[i] == SIGTSTP ? TERM_SUSPENDED : TERM_END;
	return asked;
}

void term_suspend(void)
{
	if (term.headless)
		return;
	if (term.bracketed && write(STDOUT_FILENO, TERM_PASTE_OFF, sizeof(TERM_PASTE_OFF) - 1) < 0)
		term.bracketed = false;
	endwin();
	term_taken = 0;
	struct sigaction standard = {.sa_handler = SIG_DFL}, ours;
	sigaction(SIGTSTP, &standard, &ours);
	raise(SIGTSTP);
	/* Here again after SIGCONT. */
	sigaction(SIGTSTP, &ours, NULL);
	term_taken = 1;
	if (term.bracketed && write(STDOUT_FILENO, TERM_PASTE_ON, sizeof(TERM_PASTE_ON) - 1) < 0)
		term.bracketed = false;
	term_resize(0, 0);
	term_repaint();
}

void term_resize(int rows, int width)
{
	if (!term.headless) {
		struct winsize size;
		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
			return;
		rows = size.ws_row;
		width = size.ws_col;
	}
	resize_term(rows, width);
	term_repaint();
}

/* ---- keys ---- */

static int term_key_of_code(wint_t c)
{
	static const struct {
		wint_t code;
		int key;
	} codes[] = {
		{KEY_UP, KEY_ARROW_UP},       {KEY_DOWN, KEY_ARROW_DOWN}, {KEY_LEFT, KEY_ARROW_LEFT},
		{KEY_RIGHT, KEY_ARROW_RIGHT}, {KEY_PPAGE, KEY_PAGE_UP},   {KEY_NPAGE, KEY_PAGE_DOWN},
		{KEY_HOME, KEY_FIRST},        {KEY_END, KEY_LAST},        {KEY_BTAB, KEY_BACK_TAB},
		{KEY_BACKSPACE, KEY_ERASE},   {KEY_DC, KEY_DELETE},       {KEY_ENTER, KEY_RETURN},
	};
	if (c > KEY_F0 && c <= KEY_F0 + 24)
		return KEY_FUNCTION + (int)(c - KEY_F0);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == c)
			return codes[i].key;
	return 0;
}

static int term_key_of_char(wint_t c)
{
	switch (c) {
	case '\r':
	case '\n':
		return KEY_RETURN;
	case '\t':
		return KEY_TAB;
	case 8:
	case 127:
		return KEY_ERASE;
	case 27:
		break;
	default:
		return c < (wint_t)KEY_TEXT_END ? (int)c : 0;
	}
	if (term.esc_digit) { /* a digit that arrived together with Esc */
		wint_t next;
		int got = get_wch(&next);
		if (got == OK && next >= '0' && next <= '9')
			return KEY_FUNCTION + (next == '0' ? 10 : (int)(next - '0'));
		if (got == OK)
			unget_wch((wchar_t)next);
		else if (got == KEY_CODE_YES)
			ungetch((int)next);
	}
	return KEY_ESC;
}

/* Takes bytes of a paste; what stands behind its end goes to the tail. True: it has ended. */
static bool term_paste_take(const char *bytes, size_t n)
{
	static const char end[] = TERM_PASTE_END;
	for (size_t i = 0; i < n; i++) {
		term.matched = bytes[i] == end[term.matched] ? term.matched + 1 : bytes[i] == end[0];
		if (term.paste.len < TERM_PASTE_KEPT)
			buffer_char(&term.paste, bytes[i]);
		if (term.matched < sizeof(end) - 1)
			continue;
		if (term.paste.len < TERM_PASTE_KEPT)
			term.paste.len -= sizeof(end) - 1;
		buffer_add(&term.tail, bytes + i + 1, n - i - 1);
		return true;
	}
	return false;
}

static enum term_input term_paste_read(struct buffer *paste)
{
	char bytes[16384];
	struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
	bool ended = false;
	if (poll(&ready, 1, 0) == 1) {
		ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n <= 0)
			return TERM_CLOSED;
		term.pasted = clock_mono();
		ended = term_paste_take(bytes, (size_t)n);
	} else {
		ended = clock_mono() - term.pasted > SECOND; /* its end mark never came */
	}
	if (!ended)
		return TERM_NOTHING;
	term.pasting = false;
	buffer_clear(paste);
	buffer_add(paste, buffer_text(&term.paste), term.paste.len);
	return TERM_PASTE;
}

/* What was read behind a paste goes back to curses, which knows its keys. */
static bool term_tail_feed(void)
{
	size_t n = term.tail.len - term.tail_used;
	if (n == 0)
		return false;
	if (n > TERM_UNGET)
		n = TERM_UNGET;
	for (size_t i = n; i > 0; i--)
		ungetch((unsigned char)term.tail.data[term.tail_used + i - 1]);
	term.tail_used += n;
	if (term.tail_used == term.tail.len) {
		buffer_clear(&term.tail);
		term.tail_used = 0;
	}
	return true;
}

enum term_input term_read(int *key, struct buffer *paste)
{
	while (!term.headless && !term.pasting) {
		wint_t c;
		errno = 0;
		int got = get_wch(&c);
		if (got == ERR) {
			if (term_tail_feed())
				continue;
			return errno == EIO ? TERM_CLOSED : TERM_NOTHING;
		}
		if (got == KEY_CODE_YES && c == KEY_PASTE_BEGIN) {
			term.pasting = true;
			term.matched = 0;
			term.pasted = clock_mono();
			buffer_clear(&term.paste);
			break;
		}
		*key = got == KEY_CODE_YES ? term_key_of_code(c) : term_key_of_char(c);
		if (*key)
			return TERM_KEY;
	}
	return term.headless ? TERM_NOTHING : term_paste_read(paste);
}

bool term_pasting(void)
{
	return term.pasting;
}

/* ---- output ---- */

void term_show(void)
{
	wnoutrefresh(stdscr);
	doupdate();
	if (!term.headless)
		return;
	off_t end = lseek(term.output, 0, SEEK_CUR);
	term.sent = end < 0 ? 0 : end;
	if (end > 0 && (ftruncate(term.output, 0) < 0 || lseek(term.output, 0, SEEK_SET) < 0))
		term.sent = -1;
}

void term_repaint(void)
{
	clearok(curscr, TRUE);
}

int64_t term_sent(void)
{
	return term.sent;
}
