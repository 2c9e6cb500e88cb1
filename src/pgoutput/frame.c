#include "config.h"

#include "pgoutput/frame.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/language.h"
#include "pgoutput/epoch.h"

static bool frame_refuse(struct error *err, const char *why)
{
	return error_set(err, ERROR_REFUSED, "could not read what the server sent of its log: %s", why);
}

bool pgframe_read(const uint8_t *p, size_t n, struct pgframe *out, struct error *err)
{
	struct bytes b = bytes_of(p, n);
	uint8_t kind = bytes_u8(&b);
	if (b.bad)
		return frame_refuse(err, N_("it is empty"));
	if (kind != PGFRAME_DATA && kind != PGFRAME_ALIVE)
		return error_set(err, ERROR_REFUSED, "could not read what the server sent of its log: it is of an unknown kind, %u", kind);
	*out = (struct pgframe){.kind = (enum pgframe_kind)kind};
	if (kind == PGFRAME_DATA)
		out->start = bytes_u64_big(&b);
	out->end = bytes_u64_big(&b);
	bool sane = epoch_read(bytes_u64_big(&b), &out->sent);
	if (kind == PGFRAME_ALIVE)
		out->reply = bytes_u8(&b) != 0;
	if (b.bad)
		return frame_refuse(err, N_("it is cut off"));
	if (!sane)
		return frame_refuse(err, N_("its time is none"));
	out->n = bytes_left(&b);
	out->bytes = bytes_take(&b, out->n);
	if (kind == PGFRAME_ALIVE && out->n > 0)
		return error_set(err, ERROR_REFUSED, "could not read what the server sent of its log: it has %zu bytes too many", out->n);
	return true;
}

static uint8_t *frame_put(uint8_t *to, uint64_t v)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		*to++ = (uint8_t)(v >> shift);
	return to;
}

void pgframe_feedback(const struct pgframe_feedback *f, uint8_t out[PGFRAME_FEEDBACK])
{
	uint8_t *to = out;
	*to++ = 'r';
	to = frame_put(to, f->received);
	to = frame_put(to, f->durable);
	to = frame_put(to, f->applied);
	to = frame_put(to, epoch_write(f->clock));
	*to = f->reply;
}
