#include "config.h"

#include "source/sql/report.h"

#include "base/buffer.h"
#include "base/error.h"
#include "source/source.h"

void report_init(struct report *r)
{
	arena_init(&r->arena);
}

void report_done(struct report *r)
{
	arena_done(&r->arena);
}

static const char *format_list(struct report *r, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

static const char *format_list(struct report *r, const char *format, va_list args)
{
	struct buffer text = {0};

	buffer_format_list(&text, format, args);
	const char *kept = arena_text(&r->arena, buffer_text(&text));
	buffer_done(&text);
	return kept;
}

void report_tell(struct report *r, bool refuses, const char *object, const char *fix, const char *format, ...)
{
	struct source_finding f = {.refuse = refuses, .object = object, .fix = fix};
	va_list args;

	va_start(args, format);
	f.detail = format_list(r, format, args);
	va_end(args);
	r->found(r->ctx, &f);
}

const char *report_format(struct report *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	const char *text = format_list(r, format, args);
	va_end(args);
	return text;
}

const char *report_text(struct report *r, const char *text)
{
	return arena_text(&r->arena, text);
}

void report_require(void *ctx, const struct source_finding *f)
{
	struct report_required *r = ctx;

	if (f->refuse && r->refused++ == 0) {
		error_set(r->first, ERROR_REFUSED, "could not follow server %s: %s: %s", r->server, f->object, f->detail);
		error_hint(r->first, "%s", f->fix);
	}
}

bool report_required(const struct report_required *r, struct error *err)
{
	if (!r->refused)
		return true;
	if (err) {
		*err = *r->first;
		if (r->refused > 1)
			error_hint(err, "%.700s; %d more: tellerdesk check-source", r->first->hint, r->refused - 1);
	}
	return false;
}
