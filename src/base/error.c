#include "config.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/language.h"
#include "base/text.h"

/* A cut message must not end within a character: its rest would show as damage. */
static void error_end_whole(char *text, size_t size)
{
	size_t end = strlen(text);

	if (end + 1 < size)
		return;
	while (end > 0 && ((unsigned char)text[end - 1] & 0xc0) == 0x80)
		end--;
	if (end > 0 && (unsigned char)text[end - 1] >= 0xc0)
		end--;
	if (!text_valid(text + end, strlen(text + end)))
		text[end] = '\0';
}

/* By way of a copy: an outer cause often quotes the message it replaces. */
static void error_format(char *out, size_t size, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
static void error_format(char *out, size_t size, const char *format, va_list args)
{
	char text[sizeof((struct error *)0)->message];

	_Static_assert(sizeof((struct error *)0)->message >= sizeof((struct error *)0)->hint, "the copy holds both");
	vsnprintf(text, size, format, args);
	error_end_whole(text, size);
	memcpy(out, text, strlen(text) + 1);
}

bool error_set(struct error *err, enum error_code code, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return false;
	va_start(args, format);
	error_format(err->message, sizeof err->message, format, args);
	va_end(args);
	err->code = code;
	err->hint[0] = '\0';
	return false;
}

bool error_hint(struct error *err, const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return false;
	va_start(args, format);
	error_format(err->hint, sizeof err->hint, format, args);
	va_end(args);
	return false;
}

void error_clear(struct error *err)
{
	if (err == NULL)
		return;
	err->code = ERROR_NONE;
	err->message[0] = '\0';
	err->hint[0] = '\0';
}

int error_exit(const struct error *err)
{
	switch (err->code) {
	case ERROR_PURGED:
	case ERROR_FOREIGN:
		return ERROR_REFUSED;
	case ERROR_FULL:
		return ERROR_REPLICA;
	case ERROR_CANCELLED:
		return ERROR_INTERRUPTED;
	case ERROR_NONE:
	case ERROR_NOT_FOUND:
	case ERROR_USAGE:
	case ERROR_PERMISSION:
	case ERROR_STALE:
	case ERROR_REPLICA:
	case ERROR_UNREACHABLE:
	case ERROR_INTERRUPTED:
	case ERROR_REFUSED:
		break;
	}
	return (int)err->code;
}

static void error_add(struct buffer *out, const char *english)
{
	struct buffer text = {0};

	language_sentence(&text, english);
	text_clean(out, buffer_text(&text), text.len, false);
	buffer_done(&text);
}

/* One write for both lines, so that those of two threads do not mix. */
int error_report(const struct error *err)
{
	struct buffer out = {0};

	if (err->code == ERROR_NONE)
		return 0;
	buffer_text_add(&out, "tellerdesk: ");
	error_add(&out, err->message);
	buffer_char(&out, '\n');
	if (err->hint[0] != '\0') {
		buffer_text_add(&out, _("hint: "));
		error_add(&out, err->hint);
		buffer_char(&out, '\n');
	}
	fwrite(out.data, 1, out.len, stderr);
	fflush(stderr);
	buffer_done(&out);
	return error_exit(err);
}
