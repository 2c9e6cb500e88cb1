/* What comes from the terminal: keys, pastes, the mouse. */
#include "config.h"

#include "ui/kit/term_private.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "ui/kit/keys.h"
#include "ui/kit/term.h"

#define INPUT_PASTE_END "\033[201~"

enum {
	INPUT_PASTE_KEPT = 4096, /* bytes of a paste that are used */
	INPUT_UNGET = 64,        /* bytes given to curses at once: its own queue is short */
	INPUT_PASTE_BEGIN = 0x3000,
	INPUT_PAD = 0x3100, /* + a character: it stands on the numeric keypad */
};

static struct {
	/* A paste that has begun, and what was read behind its end. */
	bool pasting;
	size_t matched; /* bytes of INPUT_PASTE_END */
	int64_t pasted; /* when the last byte came */
	struct buffer paste;
	struct buffer tail;
	size_t tail_used;
} input;

/* ---- what the keys send ---- */

/* Terminals disagree on function keys, and TERM on the terminal: all common sequences are known. */
static void input_function_keys(void)
{
	static const struct {
		const char *sequence;
		int key;
	} common[] = {
		{"\033OP", KEY_F(1)},    {"\033OQ", KEY_F(2)},    {"\033OR", KEY_F(3)},
		{"\033OS", KEY_F(4)},    {"\033[11~", KEY_F(1)},  {"\033[12~", KEY_F(2)},
		{"\033[13~", KEY_F(3)},  {"\033[14~", KEY_F(4)},  {"\033[[A", KEY_F(1)},
		{"\033[[B", KEY_F(2)},   {"\033[[C", KEY_F(3)},   {"\033[[D", KEY_F(4)},
		{"\033[[E", KEY_F(5)},   {"\033[15~", KEY_F(5)},  {"\033[17~", KEY_F(6)},
		{"\033[18~", KEY_F(7)},  {"\033[19~", KEY_F(8)},  {"\033[20~", KEY_F(9)},
		{"\033[21~", KEY_F(10)}, {"\033[23~", KEY_F(11)}, {"\033[24~", KEY_F(12)},
		{"\033[H", KEY_HOME},    {"\033[F", KEY_END},     {"\033OH", KEY_HOME},
		{"\033OF", KEY_END},     {"\033[1~", KEY_HOME},   {"\033[4~", KEY_END},
		{"\033[7~", KEY_HOME},   {"\033[8~", KEY_END},    {"\033[5~", KEY_PPAGE},
		{"\033[6~", KEY_NPAGE},  {"\033[3~", KEY_DC},     {"\033[A", KEY_UP},
		{"\033[B", KEY_DOWN},    {"\033[C", KEY_RIGHT},   {"\033[D", KEY_LEFT},
		{"\033OA", KEY_UP},      {"\033OB", KEY_DOWN},    {"\033OC", KEY_RIGHT},
		{"\033OD", KEY_LEFT},    {"\033[Z", KEY_BTAB},    {"\033[200~", INPUT_PASTE_BEGIN},
	};
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (key_defined(common[i].sequence) == 0)
			define_key(common[i].sequence, common[i].key);
}

/* CIFs are typed on the numeric keypad, and many terminals (PuTTY) send its keys as VT100's application
 * keypad however Num Lock stands. */
static void input_keypad(void)
{
	static const char letters[] = "pqrstuvwxyMnmkljo", characters[] = "0123456789\r.-+,*/";
	int four = key_defined("\033Ot");
	if (four >= KEY_F(1) && four <= KEY_F(63)) /* VT100: half of it are function keys */
		return;
	for (size_t i = 0; letters[i]; i++) {
		const char sequence[] = {'\033', 'O', letters[i], 0};
		if (key_defined(sequence) >= 0) /* else longer ones begin with it */
			define_key(sequence, INPUT_PAD + characters[i]);
	}
}

void term_input_begin(void)
{
	keypad(stdscr, TRUE); /* from here on curses knows the keys of TERM, which come first */
	if (!term.headless) {
		input_function_keys();
		input_keypad();
	}
	nodelay(stdscr, TRUE);
	/* A frame is painted whole, though keys wait: else what is typed ahead would be shown in halves, or not at all. */
	typeahead(-1);
	meta(stdscr, TRUE);
	if (term.mouse && !term.headless) {
		mouseinterval(0); /* a press counts, at once */
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	}
}

void term_input_end(void)
{
	buffer_done(&input.paste);
	buffer_done(&input.tail);
	input.tail_used = 0;
	input.pasting = false;
}

/* ---- keys ---- */

static int input_key_of_code(wint_t c)
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
	if (c == INPUT_PAD + '\r')
		return KEY_RETURN;
	if (c > INPUT_PAD && c < INPUT_PAD + 128)
		return (int)c - INPUT_PAD;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == c)
			return codes[i].key;
	return 0;
}

static int input_key_of_char(wint_t c)
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

static bool input_mouse(struct term_mouse *mouse)
{
	MEVENT event;
	if (getmouse(&event) != OK)
		return false;
	if (!(event.bstate & (BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED)))
		return false;
	mouse->what = event.bstate & BUTTON4_PRESSED   ? TERM_WHEEL_UP
		      : event.bstate & BUTTON5_PRESSED ? TERM_WHEEL_DOWN
						       : TERM_CLICK;
	mouse->y = event.y;
	mouse->x = event.x;
	return true;
}

/* ---- pastes ---- */

/* Bytes of a mouse that moved meanwhile, at the start of s: curses would look for their rest in the terminal. */
static size_t input_mouse_length(const char *s, size_t n)
{
	if (!term.mouse || n < 3 || memcmp(s, "\033[", 2) != 0)
		return 0;
	if (s[2] == 'M')
		return n < 6 ? n : 6;
	size_t length = 3;
	while (s[2] == '<' && length < n && strchr("0123456789;", s[length]))
		length++;
	return s[2] == '<' ? length + (length < n) : 0;
}

static void input_tail_add(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t skip = input_mouse_length(bytes + i, n - i);
		if (!skip)
			buffer_char(&input.tail, bytes[i]);
		i += skip ? skip : 1;
	}
}

/* Takes bytes of a paste; what stands behind its end goes to the tail. True: it has ended. */
static bool input_paste_take(const char *bytes, size_t n)
{
	static const char end[] = INPUT_PASTE_END;
	for (size_t i = 0; i < n; i++) {
		input.matched = bytes[i] == end[input.matched] ? input.matched + 1 : bytes[i] == end[0];
		if (input.paste.len < INPUT_PASTE_KEPT)
			buffer_char(&input.paste, bytes[i]);
		if (input.matched < sizeof(end) - 1)
			continue;
		if (input.paste.len < INPUT_PASTE_KEPT)
			input.paste.len -= sizeof(end) - 1;
		input_tail_add(bytes + i + 1, n - i - 1);
		return true;
	}
	return false;
}

static enum term_input input_paste_read(struct buffer *paste)
{
	char bytes[16384];
	struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
	bool ended = false;
	if (poll(&ready, 1, 0) == 1) {
		ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			return TERM_NOTHING;
		if (n <= 0)
			return TERM_CLOSED;
		input.pasted = clock_mono();
		ended = input_paste_take(bytes, (size_t)n);
	} else {
		ended = clock_mono() - input.pasted > SECOND; /* its end mark never came */
	}
	if (!ended)
		return TERM_NOTHING;
	input.pasting = false;
	buffer_clear(paste);
	buffer_add(paste, buffer_text(&input.paste), input.paste.len);
	return TERM_PASTE;
}

/* What was read behind a paste goes back to curses, which knows its keys. */
static bool input_tail_feed(void)
{
	size_t n = input.tail.len - input.tail_used;
	if (n == 0)
		return false;
	if (n > INPUT_UNGET)
		n = INPUT_UNGET;
	for (size_t i = n; i > 0; i--)
		ungetch((unsigned char)input.tail.data[input.tail_used + i - 1]);
	input.tail_used += n;
	if (input.tail_used == input.tail.len) {
		buffer_clear(&input.tail);
		input.tail_used = 0;
	}
	return true;
}

/* ---- reading ---- */

static void input_paste_begin(void)
{
	input.pasting = true;
	input.matched = 0;
	input.pasted = clock_mono();
	buffer_clear(&input.paste);
}

enum term_input term_read(int *key, struct buffer *paste, struct term_mouse *mouse)
{
	while (!term.headless && !input.pasting) {
		wint_t c;
		errno = 0;
		int got = get_wch(&c);
		if (got == ERR) {
			if (input_tail_feed())
				continue;
			return errno == EIO ? TERM_CLOSED : TERM_NOTHING;
		}
		if (got == KEY_CODE_YES && c == INPUT_PASTE_BEGIN) {
			input_paste_begin();
			break;
		}
		if (got == KEY_CODE_YES && c == KEY_MOUSE) {
			if (input_mouse(mouse))
				return TERM_MOUSE;
			continue;
		}
		*key = got == KEY_CODE_YES ? input_key_of_code(c) : input_key_of_char(c);
		if (*key)
			return TERM_KEY;
	}
	return term.headless ? TERM_NOTHING : input_paste_read(paste);
}

bool term_pasting(void)
{
	return input.pasting;
}
