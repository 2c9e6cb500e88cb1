#include "config.h"

#include "replica/details.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/moment.h"
#include "base/text.h"
#include "replica/query.h"

#define GTID_MARK " gtid="

struct telling {
	const struct status_source *source;
	const struct freshness *fresh;
	const struct zone *zone;
	struct arena *arena;
	struct detail_line *out;
	int count;
};

static const struct status_detail *find(const struct status_source *s, const char *name)
{
	for (int i = 0; i < s->detail_count; i++)
		if (strcmp(s->details[i].name, name) == 0)
			return &s->details[i];
	return NULL;
}

const char *detail_text(const struct status_source *s, const char *name)
{
	const struct status_detail *d = find(s, name);
	return d ? d->text : NULL;
}

int64_t detail_number(const struct status_source *s, const char *name, int64_t otherwise)
{
	const struct status_detail *d = find(s, name);
	return d && d->number ? strtoll(d->text, NULL, 10) : otherwise;
}

const char *detail_place(const char *position, struct arena *a)
{
	static const char *const machinery[] = {GTID_MARK, " slot=", " timeline=", " shape="};
	const char *end = NULL;
	for (size_t i = 0; i < sizeof machinery / sizeof *machinery; i++) {
		const char *mark = strstr(position, machinery[i]);
		if (mark && (!end || mark < end))
			end = mark;
	}
	return end ? arena_copy(a, position, (size_t)(end - position)) : position;
}

const char *detail_gtids(const char *position)
{
	const char *mark = strstr(position, GTID_MARK);
	return mark ? mark + strlen(GTID_MARK) : NULL;
}

/* Takes the buffer. */
static void put(struct telling *t, const char *label, struct buffer *text, bool warn)
{
	if (text->len)
		t->out[t->count++] = (struct detail_line){label, arena_text(t->arena, buffer_text(text)), warn};
	buffer_done(text);
}

static void put_server(struct telling *t)
{
	const char *server = detail_text(t->source, "server"), *host = detail_text(t->source, "host");
	int64_t connection = detail_number(t->source, "connection", -1);
	struct buffer b = {0};
	if (!server)
		return;
	if (host && connection >= 0)
		buffer_format(&b, N_("%s on %s, connection %lld"), server, host, (long long)connection);
	else if (host)
		buffer_format(&b, "%s on %s", server, host);
	else if (connection >= 0)
		buffer_format(&b, N_("%s, connection %lld"), server, (long long)connection);
	else
		buffer_text_add(&b, server);
	put(t, /* xgettext: cell 14 */ N_("Server"), &b, false);
}

static void put_encryption(struct telling *t)
{
	const char *tls = detail_text(t->source, "tls"), *transport = detail_text(t->source, "transport");
	bool local = transport && strcmp(transport, "socket") == 0, none = tls && strcmp(tls, "none") == 0;
	struct buffer b = {0};
	if (!tls)
		return;
	if (!none)
		buffer_format(&b, "TLS, %s", tls);
	else
		buffer_text_add(&b, local ? N_("not needed, by a socket of this machine") : N_("none: all that travels can be read on its way"));
	put(t, /* xgettext: cell 14 */ N_("Encryption"), &b, none && !local);
}

/* While nobody answers, what was told last is not how things stand: it says when that was. */
static bool told_before(const struct telling *t, char when[MOMENT_SIZE])
{
	bool old = t->fresh->state == FRESH_OFFLINE || t->fresh->state == FRESH_REFUSED;
	const char *asked_at = detail_text(t->source, "asked_at");
	int64_t asked;
	if (!old || !asked_at || !moment_rfc3339(asked_at, &asked))
		return false;
	moment_minute(asked, t->zone, when);
	return true;
}

/* As put, dated. */
static void put_then(struct telling *t, const char *label, struct buffer *b, bool warn)
{
	char when[MOMENT_SIZE];
	struct buffer dated = {0};
	if (!told_before(t, when)) {
		put(t, label, b, warn);
		return;
	}
	buffer_format(&dated, N_("%s, as of %s"), buffer_text(b), when);
	buffer_done(b);
	put(t, label, &dated, warn);
}

static void put_behind(struct telling *t)
{
	const struct freshness *f = t->fresh;
	int64_t bytes = detail_number(t->source, "behind_bytes", -1);
	char age[MOMENT_SIZE], when[MOMENT_SIZE], size[TEXT_SIZE];
	bool old = f->state == FRESH_OFFLINE || f->state == FRESH_REFUSED;
	struct buffer b = {0};
	bool dated = bytes >= 0 && told_before(t, when);
	if (bytes >= 0)
		text_size(bytes, size);
	if (f->age != TIME_NONE)
		duration_short(f->age, age);
	if (f->age != TIME_NONE && dated)
		buffer_format(&b, N_("%s by the source's clock; %s at %s"), age, size, when);
	else if (f->age != TIME_NONE && bytes >= 0)
		buffer_format(&b, N_("%s by the source's clock; %s"), age, size);
	else if (f->age != TIME_NONE)
		buffer_format(&b, N_("%s by the source's clock"), age);
	else if (dated)
		buffer_format(&b, "%s at %s", size, when);
	else if (bytes >= 0)
		buffer_text_add(&b, size);
	put(t, /* xgettext: cell 14 */ N_("Behind"), &b, old || f->state == FRESH_STALE);
}

static void put_log_end(struct telling *t)
{
	const char *end = detail_text(t->source, "log_end");
	struct buffer b = {0};
	buffer_text_add(&b, end ? end : "");
	put(t, /* xgettext: cell 14 */ N_("Log ends at"), &b, false);
}

static void put_files(struct buffer *b, int64_t files, const char *size, const char *oldest)
{
	if (files < 0)
		return;
	buffer_text_add(b, b->len ? "; " : "");
	if (oldest)
		buffer_format(b, NP_("%lld file, %s, from %s on", "%lld files, %s, from %s on", files), (long long)files, size, oldest);
	else
		buffer_format(b, NP_("%lld file, %s", "%lld files, %s", files), (long long)files, size);
}

static void put_kept(struct telling *t)
{
	const char *oldest = detail_text(t->source, "log_oldest");
	int64_t seconds = detail_number(t->source, "log_kept_s", -1), most = detail_number(t->source, "log_kept_bytes", 0);
	int64_t files = detail_number(t->source, "log_files", -1), bytes = detail_number(t->source, "log_bytes", 0);
	bool brief = seconds > 0 && seconds < DETAIL_RETAIN_LEAST;
	char words[MOMENT_SIZE], size[TEXT_SIZE];
	struct buffer b = {0};
	if (seconds > 0)
		duration_short(seconds * SECOND, words);
	if (most > 0)
		text_size(most, size);
	if (brief && most > 0)
		buffer_format(&b, N_("%s, no outage may last longer, up to %s"), words, size);
	else if (brief)
		buffer_format(&b, N_("%s, no outage may last longer"), words);
	else if (seconds > 0 && most > 0)
		buffer_format(&b, N_("%s, up to %s"), words, size);
	else if (seconds > 0)
		buffer_text_add(&b, words);
	else if (seconds == 0 && most > 0)
		buffer_format(&b, N_("until it is purged by hand, up to %s"), size);
	else if (seconds == 0)
		buffer_text_add(&b, N_("until it is purged by hand"));
	else if (most > 0)
		buffer_format(&b, N_("up to %s"), size);
	put_files(&b, files, text_size(bytes, size), oldest);
	put(t, /* xgettext: cell 14 */ N_("Log kept"), &b, brief);
}

static void put_slot(struct telling *t)
{
	const char *slot = detail_text(t->source, "slot"), *told = detail_text(t->source, "slot_state"), *state = told ? told : "";
	bool reserved = strcmp(state, "reserved") == 0;
	struct buffer b = {0};
	if (!slot)
		return;
	if (reserved)
		buffer_format(&b, N_("%s, reserved"), slot);
	else if (strcmp(state, "extended") == 0)
		buffer_format(&b, N_("%s, extended: it holds more log than the server plans for"), slot);
	else if (strcmp(state, "unreserved") == 0)
		buffer_format(&b, N_("%s, unreserved: the server may give up its log at any moment"), slot);
	else if (strcmp(state, "lost") == 0)
		buffer_format(&b, N_("%s, lost: the server gave up its log"), slot);
	else if (strcmp(state, "missing") == 0)
		buffer_format(&b, N_("%s, missing: somebody dropped it"), slot);
	else
		buffer_text_add(&b, slot); /* servers before 13 tell no state */
	put_then(t, /* xgettext: cell 14 */ N_("Slot"), &b, *state && !reserved);
}

/* How much of its log the server keeps for us, and when it will do so no more. */
static void put_retained(struct telling *t)
{
	int64_t bytes = detail_number(t->source, "retained_bytes", -1), most = detail_number(t->source, "retained_limit_bytes", -1);
	int64_t left = detail_number(t->source, "safe_bytes", -1);
	bool little = most >= 0 && left >= 0 && left < most / DETAIL_LEFT_LEAST;
	char kept[TEXT_SIZE], limit[TEXT_SIZE], rest[TEXT_SIZE];
	struct buffer b = {0};
	if (bytes < 0)
		return;
	/* The server counts whole segments, and so may have more left than its limit says. */
	if (most >= 0 && left > most)
		left = most;
	text_size(bytes, kept);
	text_size(most < 0 ? 0 : most, limit);
	text_size(left < 0 ? 0 : left, rest);
	if (most < 0)
		buffer_format(&b, N_("%s, without a limit"), kept);
	else if (left < 0)
		buffer_format(&b, N_("%s, at most %s"), kept, limit);
	else if (left == 0)
		buffer_format(&b, N_("%s, at most %s: nothing is left before it is given up"), kept, limit);
	else if (little)
		buffer_format(&b, N_("%s, at most %s: only %s are left before it is given up"), kept, limit, rest);
	else
		buffer_format(&b, N_("%s, at most %s: %s are left"), kept, limit, rest);
	put_then(t, /* xgettext: cell 14 */ N_("Kept for us"), &b, little || left == 0);
}

int detail_lines(const struct status_source *s, const struct freshness *f, const struct zone *zone, struct arena *a, struct detail_line *out)
{
	struct telling t = {s, f, zone, a, out, 0};
	if (!s->detail_count)
		return 0;
	put_behind(&t);
	put_log_end(&t);
	put_kept(&t);
	put_slot(&t);
	put_retained(&t);
	put_server(&t);
	put_encryption(&t);
	return t.count;
}
