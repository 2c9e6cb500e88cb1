#include "config.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "binlog/cell_internal.h"
#include "binlog/charset.h"
#include "binlog/json.h"
#include "binlog/pack.h"
#include "binlog/table.h"

/* ---- UUID, INET4, INET6 ---- */

static char *text_put_hex(char *p, unsigned v, bool padded)
{
	static const char digits[] = "0123456789abcdef";
	for (int shift = 12; shift >= 0; shift -= 4) {
		if (padded || v >> shift != 0 || shift == 0)
			*p++ = digits[v >> shift & 15];
	}
	return p;
}

static size_t text_uuid(const uint8_t b[16], char *out)
{
	char *p = out;
	for (int i = 0; i < 16; i += 2) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		p = text_put_hex(p, (unsigned)b[i] << 8 | b[i + 1], true);
	}
	return (size_t)(p - out);
}

static char *text_put_inet4(char *p, const uint8_t b[4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*p++ = '.';
		p = cell_put(p, b[i], b[i] > 99 ? 3 : b[i] > 9 ? 2 : 1);
	}
	return p;
}

/* The first of the longest runs of zero groups, *len groups long. */
static int inet6_gap(const unsigned groups[8], int *len)
{
	int at = -1;
	*len = 0;
	for (int i = 0; i < 8; i++) {
		int run = 0;
		while (i + run < 8 && groups[i + run] == 0)
			run++;
		if (run > *len) {
			*len = run;
			at = i;
		}
	}
	return at;
}

static size_t text_inet6(const uint8_t b[16], char *out)
{
	unsigned groups[8];
	int len;
	for (int i = 0; i < 8; i++)
		groups[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
	int gap = inet6_gap(groups, &len);
	char *p = out;
	for (int i = 0; i < 8; i++) {
		if (len > 0 && i >= gap && i < gap + len) {
			if (i == gap)
				*p++ = ':';
			if (i == 7)
				*p++ = ':';
			continue;
		}
		if (i > 0)
			*p++ = ':';
		/* An IPv4 address inside, mapped or compatible */
		if (i == 6 && gap == 0 && (len == 6 || (len == 5 && groups[5] == 0xffff)))
			return (size_t)(text_put_inet4(p, b + 12) - out);
		p = text_put_hex(p, groups[i], false);
	}
	return (size_t)(p - out);
}

static bool text_form(const struct cell_in *in, const uint8_t *p, size_t n, struct value *out)
{
	char *text = arena_alloc(in->a, 48);
	size_t len;
	if (n != (in->t->form == CELL_INET4 ? 4 : 16))
		return cell_refuse(in, "an address or UUID cannot have %zu bytes", n);
	if (in->t->form == CELL_UUID)
		len = text_uuid(p, text);
	else if (in->t->form == CELL_INET6)
		len = text_inet6(p, text);
	else
		len = (size_t)(text_put_inet4(text, p) - text);
	*out = cell_canonical(in, text, len);
	return true;
}

/* ---- strings and bytes ---- */

static struct value text_value(const struct cell_in *in, const uint8_t *p, size_t n)
{
	const char *text = (const char *)p;
	size_t len = n;
	if (in->t->charset)
		charset_to_utf8(in->t->charset, (const char *)p, n, in->a, &text, &len);
	return cell_canonical(in, text, len);
}

/* The log leaves out the zero bytes at the end of what has a fixed width. */
bool cell_string(const struct cell_in *in, struct value *out)
{
	const uint8_t *p = in->p;
	size_t n = in->n, width = in->t->width;
	if (width > 0 && n > width)
		return cell_refuse(in, "it has %zu bytes, its column %zu", n, width);
	if (n < width) {
		uint8_t *padded = arena_alloc(in->a, width);
		if (n > 0)
			memcpy(padded, p, n);
		memset(padded + n, 0, width - n);
		p = padded;
		n = width;
	}
	if (in->t->form != CELL_PLAIN)
		return text_form(in, p, n, out);
	*out = text_value(in, p, n);
	return true;
}

bool cell_compressed(const struct cell_in *in, struct value *out)
{
	const uint8_t *p;
	size_t n;
	if (!pack_cell(in->p, in->n, in->a, &p, &n, in->err))
		return false;
	*out = text_value(in, p, n);
	return true;
}

/* ---- labels ---- */

bool cell_enum(const struct cell_in *in, struct value *out)
{
	if (in->n < 1 || in->n > 2)
		return cell_refuse(in, "an ENUM has 1 or 2 bytes, not %zu", in->n);
	uint64_t i = cell_little(in->p, in->n);
	if (i > (uint64_t)in->t->label_count)
		return cell_refuse(in, "it has ENUM label %u of %d: the table has changed", (unsigned)i,
				   in->t->label_count);
	*out = i == 0 ? cell_canonical(in, "", 0)
		      : cell_canonical(in, in->t->labels[i - 1].text, in->t->labels[i - 1].len);
	return true;
}

static struct value set_join(const struct cell_in *in, uint64_t bits)
{
	size_t n = 0;
	for (int i = 0; i < in->t->label_count; i++)
		n += bits >> i & 1 ? in->t->labels[i].len + 1U : 0;
	char *text = arena_alloc(in->a, n), *p = text;
	for (int i = 0; i < in->t->label_count; i++) {
		const struct value *label = &in->t->labels[i];
		if (!(bits >> i & 1))
			continue;
		if (p > text)
			*p++ = ',';
		if (label->len > 0)
			memcpy(p, label->text, label->len);
		p += label->len;
	}
	return cell_canonical(in, text, (size_t)(p - text));
}

bool cell_set(const struct cell_in *in, struct value *out)
{
	if (in->n < 1 || in->n > 8)
		return cell_refuse(in, "a SET has 1 to 8 bytes, not %zu", in->n);
	uint64_t bits = cell_little(in->p, in->n);
	int count = in->t->label_count;
	if (count > 64 || (count < 64 && bits >> count != 0))
		return cell_refuse(in, "it has SET labels past its %d: the table has changed", count);
	*out = set_join(in, bits);
	return true;
}

/* ---- JSON ---- */

bool cell_json(const struct cell_in *in, struct value *out)
{
	struct buffer text = {0};
	struct error err = {0};
	if (!json_binary_text(in->p, in->n, &text, &err)) {
		buffer_done(&text);
		return cell_refuse(in, "%.200s", err.message);
	}
	*out = cell_canonical_copy(in, buffer_text(&text), text.len);
	buffer_done(&text);
	return true;
}
