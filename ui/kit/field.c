#include "config.h"

#include "ui/kit/field.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/buffer.h"
#include "base/text.h"
#include "ui/kit/draw.h"
#include "ui/kit/keys.h"

void field_set(struct field *f, const char *text, bool sent)
{
	field_clear(f);
	field_paste(f, text, strlen(text));
	f->sent = sent;
}

void field_clear(struct field *f)
{
	*f = (struct field){0};
}

static size_t field_encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | c);
	return n;
}

static bool field_put(struct field *f, uint32_t c)
{
	char bytes[4];
	if (c < ' ' || text_harmful(c) || (c >= 0xd800 && c < 0xe000))
		return false;
	if (f->sent)
		field_clear(f);
	size_t n = field_encode(c, bytes);
	if (f->len + n >= sizeof(f->text))
		return false;
	memmove(f->text + f->cursor + n, f->text + f->cursor, f->len - f->cursor);
	memcpy(f->text + f->cursor, bytes, n);
	f->len += n;
	f->cursor += n;
	f->text[f->len] = 0;
	return true;
}

static size_t field_before(const struct field *f, size_t at)
{
	while (at > 0 && ((unsigned char)f->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t field_after(const struct field *f, size_t at)
{
	uint32_t c;
	return at < f->len ? at + text_next(f->text + at, f->len - at, &c) : at;
}

static void field_cut(struct field *f, size_t from, size_t to)
{
	memmove(f->text + from, f->text + to, f->len - to + 1);
	f->len -= to - from;
	f->cursor = from;
}

void field_cut_before(struct field *f)
{
	f->sent = false;
	field_cut(f, 0, f->cursor);
}

void field_cut_after(struct field *f)
{
	f->sent = false;
	field_cut(f, f->cursor, f->len);
}

void field_replace(struct field *f, size_t from, const char *text)
{
	f->sent = false;
	if (from < f->cursor)
		field_cut(f, from, f->cursor);
	for (size_t n = strlen(text); n;) {
		uint32_t c;
		size_t length = text_next(text, n, &c);
		if (c != UINT32_MAX)
			field_put(f, c);
		text += length;
		n -= length;
	}
}

/* The blanks before the cursor, and the word before them. */
static size_t field_word(const struct field *f)
{
	size_t at = f->cursor;
	while (at > 0 && f->text[at - 1] == ' ')
		at--;
	while (at > 0 && f->text[at - 1] != ' ')
		at--;
	return at;
}

static bool field_control(struct field *f, int key)
{
	if (key != 'A' - KEY_CONTROL && key != 'W' - KEY_CONTROL)
		return false;
	f->sent = false;
	if (key == 'A' - KEY_CONTROL)
		f->cursor = 0;
	else
		field_cut(f, field_word(f), f->cursor);
	return true;
}

bool field_key(struct field *f, int key)
{
	if (key < ' ')
		return field_control(f, key);
	if (key < KEY_TEXT_END)
		return field_put(f, (uint32_t)key);
	bool sent = f->sent;
	f->sent = false; /* whoever moves inside wants to correct what was sent */
	switch (key) {
	case KEY_ERASE:
		field_cut(f, field_before(f, f->cursor), f->cursor);
		return true;
	case KEY_DELETE:
		field_cut(f, f->cursor, field_after(f, f->cursor));
		return true;
	case KEY_ARROW_LEFT:
		f->cursor = field_before(f, f->cursor);
		return true;
	case KEY_ARROW_RIGHT:
		f->cursor = field_after(f, f->cursor);
		return true;
	case KEY_FIRST:
		f->cursor = 0;
		return true;
	case KEY_LAST:
		f->cursor = f->len;
		return true;
	default:
		f->sent = sent;
		return false;
	}
}

void field_paste(struct field *f, const char *text, size_t n)
{
	while (n && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n'))
		text++, n--;
	for (size_t i = 0; i < n && text[i] != '\n' && text[i] != '\r' && f->len + 4 < sizeof(f->text);) {
		uint32_t c;
		i += text_next(text + i, n - i, &c);
		if (c != UINT32_MAX)
			field_put(f, c == '\t' ? ' ' : c);
	}
}

void field_draw(const struct field *f, int y, int x, int w, int *cursor)
{
	if (w <= 1) {
		*cursor = x;
		return;
	}
	/* The part around the cursor, when the text is longer than the field. */
	size_t from = 0;
	while ((int)text_width(f->text + from, f->cursor - from) > w - 1)
		from = field_after(f, from);
	int cells = (int)text_width(f->text + from, f->len - from);
	struct buffer text = {0};
	buffer_add(&text, f->text + from, f->len - from);
	if (cells < w)
		buffer_fill(&text, '_', (size_t)(w - cells));
	draw_text(y, x, w, ROLE_FIELD, text.data, text.len);
	buffer_done(&text);
	*cursor = x + (int)text_width(f->text + from, f->cursor - from);
}
