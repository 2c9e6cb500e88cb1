#include "config.h"

#include "binlog/charset.h"

#include <iconv.h>
#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "binlog/charset_table.h"

/* clang-format off */
/* UTF8: nothing to convert. BYTE: one byte a character. The others are named by a set of their kind. */
enum charset_form {
	FORM_UTF8, FORM_BYTE, FORM_BIG5, FORM_SJIS, FORM_UJIS, FORM_GB18030,
	FORM_UCS2, FORM_UTF16, FORM_UTF16LE, FORM_UTF32,
};

enum charset_index {
	CS_NONE, ARMSCII8, ASCII, BIG5, BINARY, CP1250, CP1251, CP1256, CP1257, CP850, CP852, CP866, CP932, DEC8,
	EUCJPMS, EUCKR, GB18030, GB2312, GBK, GEOSTD8, GREEK, HEBREW, HP8, KEYBCS2, KOI8R, KOI8U, LATIN1, LATIN2,
	LATIN5, LATIN7, MACCE, MACROMAN, SJIS, SWE7, TIS620, UCS2, UJIS, UTF16, UTF16LE, UTF32, UTF8MB3, UTF8MB4,
	CHARSETS,
};

#define BYTES_OF(set) {.name = #set, .form = FORM_BYTE, .runs = set##_runs}

static const struct charset charsets[CHARSETS] = {
	[ARMSCII8] = BYTES_OF(armscii8), [CP1250] = BYTES_OF(cp1250), [CP1251] = BYTES_OF(cp1251),
	[CP1256] = BYTES_OF(cp1256), [CP1257] = BYTES_OF(cp1257), [CP850] = BYTES_OF(cp850),
	[CP852] = BYTES_OF(cp852), [CP866] = BYTES_OF(cp866), [DEC8] = BYTES_OF(dec8),
	[GEOSTD8] = BYTES_OF(geostd8), [GREEK] = BYTES_OF(greek), [HEBREW] = BYTES_OF(hebrew),
	[HP8] = BYTES_OF(hp8), [KEYBCS2] = BYTES_OF(keybcs2), [KOI8R] = BYTES_OF(koi8r),
	[KOI8U] = BYTES_OF(koi8u), [LATIN1] = BYTES_OF(latin1), [LATIN2] = BYTES_OF(latin2),
	[LATIN5] = BYTES_OF(latin5), [LATIN7] = BYTES_OF(latin7), [MACCE] = BYTES_OF(macce),
	[MACROMAN] = BYTES_OF(macroman), [SWE7] = BYTES_OF(swe7), [TIS620] = BYTES_OF(tis620),
	[BIG5] = {.name = "big5", .form = FORM_BIG5, .iconv = "BIG5", .runs = big5_runs},
	[CP932] = {.name = "cp932", .form = FORM_SJIS, .iconv = "CP932"},
	[EUCJPMS] = {.name = "eucjpms", .form = FORM_UJIS, .iconv = "EUC-JP-MS"},
	[EUCKR] = {.name = "euckr", .form = FORM_BIG5, .iconv = "UHC"},
	[GB18030] = {.name = "gb18030", .form = FORM_GB18030, .iconv = "GB18030"},
	[GB2312] = {.name = "gb2312", .form = FORM_BIG5, .iconv = "GB2312"},
	[GBK] = {.name = "gbk", .form = FORM_BIG5, .iconv = "GBK"},
	[SJIS] = {.name = "sjis", .form = FORM_SJIS, .iconv = "SJIS", .runs = sjis_runs},
	[UJIS] = {.name = "ujis", .form = FORM_UJIS, .iconv = "EUC-JP-MS", .runs = ujis_runs},
	[ASCII] = {.name = "ascii"}, [UTF8MB3] = {.name = "utf8mb3"}, [UTF8MB4] = {.name = "utf8mb4"},
	[BINARY] = {.name = "binary", .binary = true},
	[UCS2] = {.name = "ucs2", .form = FORM_UCS2}, [UTF16] = {.name = "utf16", .form = FORM_UTF16},
	[UTF16LE] = {.name = "utf16le", .form = FORM_UTF16LE}, [UTF32] = {.name = "utf32", .form = FORM_UTF32},
};

/* ---- numbers ---- */

/* Of the first collations, which were numbered as they came. */
static const uint8_t charset_first[] = {
	CS_NONE, BIG5, LATIN2, DEC8, CP850, LATIN1, HP8, KOI8R, LATIN1, LATIN2,                       /* 0 */
	SWE7, ASCII, UJIS, SJIS, CP1251, LATIN1, HEBREW, CS_NONE, TIS620, EUCKR,                      /* 10 */
	LATIN7, LATIN2, KOI8U, CP1251, GB2312, GREEK, CP1250, LATIN2, GBK, CP1257,                    /* 20 */
	LATIN5, LATIN1, ARMSCII8, UTF8MB3, CP1250, UCS2, CP866, KEYBCS2, MACCE, MACROMAN,             /* 30 */
	CP852, LATIN7, LATIN7, MACCE, CP1250, UTF8MB4, UTF8MB4, LATIN1, LATIN1, LATIN1,               /* 40 */
	CP1251, CP1251, CP1251, MACROMAN, UTF16, UTF16, UTF16LE, CP1256, CP1257, CP1257,              /* 50 */
	UTF32, UTF32, UTF16LE, BINARY, ARMSCII8, ASCII, CP1250, CP1256, CP866, DEC8,                  /* 60 */
	GREEK, HEBREW, HP8, KEYBCS2, KOI8R, KOI8U, UTF8MB3, LATIN2, LATIN5, LATIN7,                   /* 70 */
	CP850, CP852, SWE7, UTF8MB3, BIG5, EUCKR, GB2312, GBK, SJIS, TIS620,                          /* 80 */
	UCS2, UJIS, GEOSTD8, GEOSTD8, LATIN1, CP932, CP932, EUCJPMS, EUCJPMS, CP1250,                 /* 90 */
};

/* Later ones came by the set. */
static const struct {
	uint16_t first, last;
	uint8_t index;
} charset_ranges[] = {
	{101, 124, UTF16},   {128, 159, UCS2},    {160, 183, UTF32},     {192, 223, UTF8MB3}, {224, 247, UTF8MB4},
	{248, 250, GB18030}, {254, 254, UTF8MB3}, {255, 323, UTF8MB4}, /* MySQL's 0900 */
	{576, 607, UTF8MB3}, {608, 639, UTF8MB4}, {640, 671, UCS2},      {672, 703, UTF16},   {736, 767, UTF32},
	/* MariaDB's uca1400: 256 numbers a set */
	{2048, 2303, UTF8MB3}, {2304, 2559, UTF8MB4}, {2560, 2815, UCS2}, {2816, 3071, UTF16}, {3072, 3327, UTF32},
};

/* clang-format on */

static bool charset_open(const struct charset *c);

static const struct charset *charset_get(unsigned index)
{
	const struct charset *c = &charsets[index];
	return c->name && (!c->iconv || charset_open(c)) ? c : NULL;
}

const struct charset *charset_of_collation(uint32_t id)
{
	/* MariaDB's "nopad" collations are numbered as those they vary, 1024 later. */
	if (id > 1024 && id < 1280)
		id -= 1024;
	if (id < sizeof charset_first)
		return charset_get(charset_first[id]);
	for (size_t i = 0; i < sizeof charset_ranges / sizeof *charset_ranges; i++) {
		if (id >= charset_ranges[i].first && id <= charset_ranges[i].last)
			return charset_get(charset_ranges[i].index);
	}
	return NULL;
}

const struct charset *charset_named(const char *name)
{
	if (strcmp(name, "utf8") == 0)
		name = "utf8mb3";
	for (unsigned i = CS_NONE + 1; i < CHARSETS; i++) {
		if (strcmp(charsets[i].name, name) == 0)
			return charset_get(i);
	}
	return NULL;
}

/* ---- iconv ---- */

/* A descriptor has state and is not for two threads at once; opened ones are kept for the life of the process. */
static struct {
	iconv_t descriptor;
	bool opened;
} charset_iconv[CHARSETS];
static pthread_mutex_t charset_lock = PTHREAD_MUTEX_INITIALIZER;

/* False: the system does not have it. */
static bool charset_open(const struct charset *c)
{
	size_t i = (size_t)(c - charsets);
	pthread_mutex_lock(&charset_lock);
	if (!charset_iconv[i].opened) {
		charset_iconv[i].descriptor = iconv_open("UTF-8", c->iconv);
		charset_iconv[i].opened = charset_iconv[i].descriptor != (iconv_t)-1;
	}
	bool opened = charset_iconv[i].opened;
	pthread_mutex_unlock(&charset_lock);
	return opened;
}

static size_t charset_utf8_length(char lead)
{
	uint8_t b = (uint8_t)lead;
	return b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
}

/* One character; NULL: it has none, or is two. The lock is held. */
static char *charset_put_iconv(const struct charset *c, const char *p, size_t n, char *to)
{
	iconv_t descriptor = charset_iconv[c - charsets].descriptor;
	char *from = (char *)(uintptr_t)p, *end = to; /* it is only read */
	size_t left = n, room = 4;
	iconv(descriptor, NULL, NULL, NULL, NULL);
	size_t lost = iconv(descriptor, &from, &left, &end, &room);
	return lost == 0 && left == 0 && end - to == (ptrdiff_t)charset_utf8_length(*to) ? end : NULL;
}

/* ---- conversion ---- */

static char *charset_put(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	} else if (c < 0x110000) {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 63));
		*to++ = (char)(0x80 | (c >> 6 & 63));
		*to++ = (char)(0x80 | (c & 63));
	} else {
		*to++ = '?';
	}
	return to;
}

/* 0: not in our table. */
static uint32_t charset_letter(const struct charset_run *r, uint32_t code)
{
	for (; r && r->count > 0; r++) {
		if (code >= r->first && code - r->first < r->count)
			return r->letters ? r->letters[code - r->first] : '?';
	}
	return 0;
}

static char *charset_bytes(const struct charset *c, const uint8_t *p, size_t n, char *to)
{
	const struct charset_run *r = c->runs; /* a set of bytes has one */
	for (size_t i = 0; i < n; i++) {
		uint32_t b = p[i];
		if (b >= r->first && b - r->first < r->count)
			b = r->letters[b - r->first];
		else if (b >= 0x80)
			b = '?';
		to = charset_put(to, b);
	}
	return to;
}

/* Bytes of the character that begins with p[0], not ASCII, as far as the form tells. */
static size_t charset_length(enum charset_form form, const uint8_t *p, size_t n)
{
	size_t len = 2;
	if (form == FORM_SJIS && (p[0] == 0x80 || (p[0] >= 0xa0 && p[0] <= 0xdf) || p[0] > 0xfc))
		len = 1;
	else if (form == FORM_UJIS && p[0] == 0x8f)
		len = 3;
	else if (form == FORM_GB18030 && n > 1 && p[1] >= 0x30 && p[1] <= 0x39)
		len = 4;
	/* No second byte is below 0x40: what stands there is a character of its own. */
	return len <= n && (len != 2 || p[1] >= 0x40) ? len : 1;
}

static char *charset_multi(const struct charset *c, const uint8_t *p, size_t n, char *to)
{
	pthread_mutex_lock(&charset_lock);
	for (size_t i = 0, len; i < n; i += len) {
		len = 1;
		if (p[i] < 0x80) {
			*to++ = (char)p[i];
			continue;
		}
		len = charset_length(c->form, p + i, n - i);
		uint32_t code = 0;
		for (size_t k = 0; k < len; k++)
			code = code << 8 | p[i + k];
		uint32_t letter = charset_letter(c->runs, code);
		char *end = letter ? charset_put(to, letter) : charset_put_iconv(c, (const char *)p + i, len, to);
		to = end ? end : charset_put(to, '?');
	}
	pthread_mutex_unlock(&charset_lock);
	return to;
}

/* Half a pair is '?' in UTF-16; in UCS-2 and UTF-32 it is a letter to the servers, though UTF-8 has none such. What is
 * cut off at the end is '?' too. */
static char *charset_wide(const struct charset *c, const uint8_t *p, size_t n, char *to)
{
	size_t unit = c->form == FORM_UTF32 ? 4 : 2;
	bool pairs = c->form == FORM_UTF16 || c->form == FORM_UTF16LE;
	uint32_t high = 0; /* half of a pair that waits for the other */
	for (; n >= unit; p += unit, n -= unit) {
		uint32_t v = (uint32_t)p[0] << 8 | p[1];
		if (c->form == FORM_UTF16LE)
			v = (uint32_t)p[1] << 8 | p[0];
		else if (unit == 4)
			v = v << 16 | (uint32_t)p[2] << 8 | p[3];
		bool low = v >= 0xdc00 && v < 0xe000;
		if (high && low) {
			to = charset_put(to, 0x10000 + ((high & 0x3ff) << 10) + (v & 0x3ff));
			high = 0;
			continue;
		}
		if (high)
			to = charset_put(to, '?');
		high = 0;
		if (pairs && v >= 0xd800 && v < 0xdc00)
			high = v;
		else
			to = charset_put(to, pairs && low ? '?' : v);
	}
	return high || n > 0 ? charset_put(to, '?') : to;
}

static bool charset_is_ascii(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((unsigned char)p[i] >= 0x80)
			return false;
	}
	return true;
}

void charset_to_utf8(const struct charset *c, const char *p, size_t n, struct arena *a, const char **out,
		     size_t *out_len)
{
	*out = p;
	*out_len = n;
	bool wide = c->form >= FORM_UCS2;
	if (c->form == FORM_UTF8 || n == 0 || (!wide && c != &charsets[SWE7] && charset_is_ascii(p, n)))
		return;
	/* No character takes more than three bytes for each of its own, but those of a wide set that is cut off. */
	char *to = arena_alloc(a, 3 * n + 4), *end;
	if (wide)
		end = charset_wide(c, (const uint8_t *)p, n, to);
	else if (c->form == FORM_BYTE)
		end = charset_bytes(c, (const uint8_t *)p, n, to);
	else
		end = charset_multi(c, (const uint8_t *)p, n, to);
	*out = to;
	*out_len = (size_t)(end - to);
}
