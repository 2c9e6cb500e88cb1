/* MySQL's sets hold few sources and few intervals each, and grow at the end of the last one; MariaDB's hold a handful
 * of domains. Both are sorted arrays: what is printed is canonical, and a transaction is added by one binary search.
 */
#include "config.h"

#include "binlog/gtid.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "binlog/event.h"

#define GTID_UUID_TEXT 36
#define GTID_TAG_MOST  32
#define GTID_END       ((uint64_t)INT64_MAX) /* no transaction has this number or a higher one */

/* [from, to) */
struct gtid_interval {
	uint64_t from, to;
};

/* Of MySQL: a server and a tag. */
struct gtid_source {
	uint8_t uuid[16];
	char tag[GTID_TAG_MOST + 1];
	struct gtid_interval *intervals; /* sorted; neither overlapping nor touching */
	size_t count, room;
};

/* Of MariaDB: the last transaction of a domain. */
struct gtid_domain {
	uint32_t domain, server_id;
	uint64_t sequence;
};

struct gtid_set {
	bool mariadb;
	struct gtid_source *sources; /* sorted by uuid, then tag */
	struct gtid_domain *domains; /* sorted */
	size_t count, room;
};

static void *gtid_room(void *p, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return p;
	*room = *room ? *room * 2 : 4;
	return memory_grow(p, *room * size);
}

/* ---- MariaDB ---- */

/* The place of the domain, or where it belongs. */
static size_t gtid_domain_find(const struct gtid_set *s, uint32_t domain)
{
	size_t low = 0, high = s->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->domains[middle].domain < domain)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct gtid_domain *gtid_domain_get(struct gtid_set *s, uint32_t domain)
{
	size_t i = gtid_domain_find(s, domain);
	if (i == s->count || s->domains[i].domain != domain) {
		s->domains = gtid_room(s->domains, s->count, &s->room, sizeof *s->domains);
		memmove(s->domains + i + 1, s->domains + i, (s->count - i) * sizeof *s->domains);
		s->domains[i] = (struct gtid_domain){.domain = domain};
		s->count++;
	}
	return &s->domains[i];
}

static bool gtid_domains_contain(const struct gtid_set *a, const struct gtid_set *b)
{
	for (size_t i = 0; i < b->count; i++) {
		size_t at = gtid_domain_find(a, b->domains[i].domain);
		if (at == a->count || a->domains[at].domain != b->domains[i].domain ||
		    a->domains[at].sequence < b->domains[i].sequence)
			return false;
	}
	return true;
}

/* ---- MySQL ---- */

static int gtid_source_compare(const struct gtid_source *s, const uint8_t *uuid, const char *tag)
{
	int c = memcmp(s->uuid, uuid, sizeof s->uuid);
	return c ? c : strcmp(s->tag, tag);
}

static size_t gtid_source_find(const struct gtid_set *s, const uint8_t *uuid, const char *tag)
{
	size_t low = 0, high = s->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (gtid_source_compare(&s->sources[middle], uuid, tag) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct gtid_source *gtid_source_get(struct gtid_set *s, const uint8_t *uuid, const char *tag)
{
	size_t i = gtid_source_find(s, uuid, tag);
	if (i == s->count || gtid_source_compare(&s->sources[i], uuid, tag) != 0) {
		s->sources = gtid_room(s->sources, s->count, &s->room, sizeof *s->sources);
		memmove(s->sources + i + 1, s->sources + i, (s->count - i) * sizeof *s->sources);
		s->sources[i] = (struct gtid_source){0};
		memcpy(s->sources[i].uuid, uuid, sizeof s->sources[i].uuid);
		memcpy(s->sources[i].tag, tag, strlen(tag) + 1);
		s->count++;
	}
	return &s->sources[i];
}

/* The first interval that ends at `from` or behind it: it may be joined, and those before it cannot. */
static size_t gtid_interval_find(const struct gtid_source *s, uint64_t from)
{
	size_t low = 0, high = s->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->intervals[middle].to < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void gtid_interval_add(struct gtid_source *s, struct gtid_interval new)
{
	size_t first = gtid_interval_find(s, new.from), last = first;
	for (; last < s->count && s->intervals[last].from <= new.to; last++) {
		if (s->intervals[last].from < new.from)
			new.from = s->intervals[last].from;
		if (s->intervals[last].to > new.to)
			new.to = s->intervals[last].to;
	}
	s->intervals = gtid_room(s->intervals, s->count, &s->room, sizeof *s->intervals);
	memmove(s->intervals + first + 1, s->intervals + last, (s->count - last) * sizeof *s->intervals);
	s->intervals[first] = new;
	s->count = s->count - (last - first) + 1;
}

static bool gtid_source_contains(const struct gtid_source *a, const struct gtid_source *b)
{
	for (size_t i = 0; i < b->count; i++) {
		size_t at = gtid_interval_find(a, b->intervals[i].to);
		if (at == a->count || a->intervals[at].from > b->intervals[i].from)
			return false;
	}
	return true;
}

static bool gtid_sources_contain(const struct gtid_set *a, const struct gtid_set *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct gtid_source *other = &b->sources[i];
		size_t at = gtid_source_find(a, other->uuid, other->tag);
		if (at == a->count || gtid_source_compare(&a->sources[at], other->uuid, other->tag) != 0 ||
		    !gtid_source_contains(&a->sources[at], other))
			return false;
	}
	return true;
}

/* ---- text ---- */

struct gtid_text {
	const char *at, *end;
};

static void gtid_blanks(struct gtid_text *t)
{
	while (t->at < t->end && (*t->at == ' ' || (*t->at >= '\t' && *t->at <= '\r')))
		t->at++;
}

/* The character, blanks around it. */
static bool gtid_skip(struct gtid_text *t, char c)
{
	gtid_blanks(t);
	if (t->at == t->end || *t->at != c)
		return false;
	t->at++;
	gtid_blanks(t);
	return true;
}

/* Decimal, at most `most`. */
static bool gtid_number(struct gtid_text *t, uint64_t most, uint64_t *out)
{
	const char *start = t->at;
	for (*out = 0; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++) {
		uint64_t digit = (uint64_t)(*t->at - '0');
		if (*out > (most - digit) / 10)
			return false;
		*out = *out * 10 + digit;
	}
	return t->at > start;
}

static int gtid_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool gtid_uuid(struct gtid_text *t, uint8_t *uuid)
{
	if (t->end - t->at < GTID_UUID_TEXT)
		return false;
	for (size_t i = 0, digits = 0; i < GTID_UUID_TEXT; i++) {
		char c = t->at[i];
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return false;
			continue;
		}
		int digit = gtid_hex(c);
		if (digit < 0)
			return false;
		uuid[digits / 2] = (uint8_t)(digits % 2 ? uuid[digits / 2] << 4 | digit : digit);
		digits++;
	}
	t->at += GTID_UUID_TEXT;
	return true;
}

static bool gtid_tag_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A letter or underscore, then digits as well; kept in lower case. False when none, or a longer one, is there. */
static bool gtid_tag(struct gtid_text *t, char *tag)
{
	size_t n = 0;
	for (; t->at < t->end && (gtid_tag_letter(*t->at) || (n > 0 && *t->at >= '0' && *t->at <= '9')); t->at++) {
		if (n == GTID_TAG_MOST)
			return false;
		tag[n++] = *t->at >= 'A' && *t->at <= 'Z' ? (char)(*t->at | 0x20) : *t->at;
	}
	tag[n] = '\0';
	return n > 0;
}

/* from[-to]; one that ends before it begins is allowed, and empty. */
static bool gtid_parse_interval(struct gtid_text *t, struct gtid_source *source)
{
	uint64_t from, to;
	if (!gtid_number(t, GTID_END - 1, &from) || from == 0)
		return false;
	to = from;
	if (gtid_skip(t, '-') && !gtid_number(t, GTID_END - 1, &to))
		return false;
	if (to >= from)
		gtid_interval_add(source, (struct gtid_interval){from, to + 1});
	return true;
}

/* uuid:interval:...:tag:interval:..., the tag holding for the intervals behind it. */
static bool gtid_parse_sources(struct gtid_set *s, struct gtid_text *t)
{
	uint8_t uuid[16];
	char tag[GTID_TAG_MOST + 1] = "";
	bool interval = false;
	if (!gtid_uuid(t, uuid))
		return false;
	while (gtid_skip(t, ':')) {
		if (t->at < t->end && gtid_tag_letter(*t->at)) {
			if (!gtid_tag(t, tag))
				return false;
			interval = false;
		} else {
			if (!gtid_parse_interval(t, gtid_source_get(s, uuid, tag)))
				return false;
			interval = true;
		}
	}
	return interval;
}

static bool gtid_parse_domain(struct gtid_set *s, struct gtid_text *t)
{
	uint64_t domain, server_id, sequence;
	if (!gtid_number(t, UINT32_MAX, &domain) || !gtid_skip(t, '-') || !gtid_number(t, UINT32_MAX, &server_id) ||
	    !gtid_skip(t, '-') || !gtid_number(t, UINT64_MAX, &sequence))
		return false;
	struct gtid_domain *d = gtid_domain_get(s, (uint32_t)domain);
	/* gtid_binlog_state lists a domain once for each server: the last one is the domain's. */
	if (sequence >= d->sequence) {
		d->server_id = (uint32_t)server_id;
		d->sequence = sequence;
	}
	gtid_blanks(t);
	return true;
}

static void gtid_drop_empty(struct gtid_set *s)
{
	size_t kept = 0;
	for (size_t i = 0; !s->mariadb && i < s->count; i++) {
		if (s->sources[i].count > 0)
			s->sources[kept++] = s->sources[i];
		else
			free(s->sources[i].intervals);
	}
	if (!s->mariadb)
		s->count = kept;
}

struct gtid_set *gtid_set_parse(bool mariadb, const char *text, size_t n)
{
	struct gtid_set *s = memory_zero(1, sizeof *s);
	struct gtid_text t = {text, text ? text + n : text};
	s->mariadb = mariadb;
	gtid_blanks(&t);
	if (t.at == t.end)
		return s;
	do {
		if (!(mariadb ? gtid_parse_domain : gtid_parse_sources)(s, &t)) {
			gtid_set_free(s);
			return NULL;
		}
	} while (gtid_skip(&t, ','));
	if (t.at < t.end) {
		gtid_set_free(s);
		return NULL;
	}
	gtid_drop_empty(s);
	return s;
}

/* ---- sets ---- */

struct gtid_set *gtid_set_copy(const struct gtid_set *s)
{
	struct gtid_set *copy = memory_zero(1, sizeof *copy);
	copy->mariadb = s->mariadb;
	for (size_t i = 0; i < s->count; i++) {
		if (s->mariadb) {
			*gtid_domain_get(copy, s->domains[i].domain) = s->domains[i];
			continue;
		}
		struct gtid_source *to = gtid_source_get(copy, s->sources[i].uuid, s->sources[i].tag);
		for (size_t k = 0; k < s->sources[i].count; k++)
			gtid_interval_add(to, s->sources[i].intervals[k]);
	}
	return copy;
}

void gtid_set_free(struct gtid_set *s)
{
	if (!s)
		return;
	for (size_t i = 0; !s->mariadb && i < s->count; i++)
		free(s->sources[i].intervals);
	free(s->sources);
	free(s->domains);
	free(s);
}

bool gtid_set_is_empty(const struct gtid_set *s)
{
	return s->count == 0;
}

void gtid_set_add(struct gtid_set *s, const struct binlog_gtid *g)
{
	if (g->anonymous)
		return;
	assert(g->mariadb == s->mariadb);
	if (s->mariadb) {
		/* The last in the log, not the highest: without strict mode numbers may go back. */
		struct gtid_domain *d = gtid_domain_get(s, g->domain);
		d->server_id = g->server_id;
		d->sequence = g->sequence;
	} else if (g->sequence > 0 && g->sequence < GTID_END) {
		gtid_interval_add(gtid_source_get(s, g->uuid, g->tag),
				  (struct gtid_interval){g->sequence, g->sequence + 1});
	}
}

bool gtid_set_contains(const struct gtid_set *a, const struct gtid_set *b)
{
	if (a->mariadb != b->mariadb)
		return b->count == 0;
	return a->mariadb ? gtid_domains_contain(a, b) : gtid_sources_contain(a, b);
}

static void gtid_print_source(const struct gtid_source *s, struct buffer *out)
{
	for (size_t i = 0; i < sizeof s->uuid; i++)
		buffer_format(out, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", s->uuid[i]);
	if (*s->tag)
		buffer_format(out, ":%s", s->tag);
	for (size_t i = 0; i < s->count; i++) {
		buffer_format(out, ":%" PRIu64, s->intervals[i].from);
		if (s->intervals[i].to - s->intervals[i].from > 1)
			buffer_format(out, "-%" PRIu64, s->intervals[i].to - 1);
	}
}

void gtid_set_print(const struct gtid_set *s, struct buffer *out)
{
	for (size_t i = 0; i < s->count; i++) {
		if (i > 0)
			buffer_char(out, ',');
		if (s->mariadb)
			buffer_format(out, "%" PRIu32 "-%" PRIu32 "-%" PRIu64, s->domains[i].domain,
				      s->domains[i].server_id, s->domains[i].sequence);
		else
			gtid_print_source(&s->sources[i], out);
	}
}

static void gtid_encode_u64(uint64_t v, struct buffer *out)
{
	for (int i = 0; i < 8; i++)
		buffer_char(out, (char)(v >> (8 * i) & 0xff));
}

/* A set without tags goes as every server since 5.6 reads it. In the tagged form the first number has the form's, 1,
 * in its highest and its lowest byte and the count between; a tag's length is doubled, as the server's own encoding
 * of numbers has it. */
void gtid_set_encode(const struct gtid_set *s, struct buffer *out)
{
	bool tagged = false;
	assert(!s->mariadb);
	for (size_t i = 0; i < s->count; i++)
		tagged |= *s->sources[i].tag != '\0';
	gtid_encode_u64(tagged ? UINT64_C(1) << 56 | (uint64_t)s->count << 8 | 1 : s->count, out);
	for (size_t i = 0; i < s->count; i++) {
		const struct gtid_source *source = &s->sources[i];
		size_t tag_len = strlen(source->tag);
		buffer_add(out, source->uuid, sizeof source->uuid);
		if (tagged) {
			buffer_char(out, (char)(tag_len << 1));
			buffer_add(out, source->tag, tag_len);
		}
		gtid_encode_u64(source->count, out);
		for (size_t k = 0; k < source->count; k++) {
			gtid_encode_u64(source->intervals[k].from, out);
			gtid_encode_u64(source->intervals[k].to, out);
		}
	}
}
