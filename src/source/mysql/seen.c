#include "config.h"

#include "source/mysql/seen.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"

#define SEEN_MARK "change:"

void seen_done(struct seen *s)
{
	free(s->ranges);
	*s = (struct seen){0};
}

void seen_clear(struct seen *s)
{
	s->count = 0;
}

static void seen_room(struct seen *s, int count)
{
	if (count <= s->cap)
		return;
	s->cap = count < 8 ? 8 : count * 2;
	s->ranges = memory_grow(s->ranges, sizeof *s->ranges * (size_t)s->cap);
}

void seen_copy(struct seen *to, const struct seen *from)
{
	seen_room(to, from->count);
	if (from->count)
		memcpy(to->ranges, from->ranges, sizeof *from->ranges * (size_t)from->count);
	to->count = from->count;
}

/* The first range that ends at or after id; count: none. */
static int seen_find(const struct seen *s, uint64_t id)
{
	int low = 0, high = s->count;

	while (low < high) {
		int middle = low + (high - low) / 2;
		if (s->ranges[middle].to < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void seen_add(struct seen *s, uint64_t from, uint64_t to)
{
	int first = seen_find(s, from > 1 ? from - 1 : from), last = first;

	if (from > to)
		return;
	/* Ranges first to last - 1 touch the new one and become it. */
	while (last < s->count && (to == UINT64_MAX || s->ranges[last].from <= to + 1))
		last++;
	if (last > first) {
		struct seen_range *r = &s->ranges[first];
		uint64_t end = s->ranges[last - 1].to;
		r->from = from < r->from ? from : r->from;
		r->to = to > end ? to : end;
		memmove(r + 1, s->ranges + last, sizeof *r * (size_t)(s->count - last));
		s->count -= last - first - 1;
		return;
	}
	seen_room(s, s->count + 1);
	memmove(s->ranges + first + 1, s->ranges + first, sizeof *s->ranges * (size_t)(s->count - first));
	s->ranges[first] = (struct seen_range){from, to};
	s->count++;
}

bool seen_has(const struct seen *s, uint64_t id)
{
	int i = seen_find(s, id);

	return i < s->count && s->ranges[i].from <= id;
}

bool seen_contains(const struct seen *a, const struct seen *b)
{
	for (int i = 0, k = 0; i < b->count; i++) {
		while (k < a->count && a->ranges[k].to < b->ranges[i].from)
			k++;
		if (k == a->count || a->ranges[k].from > b->ranges[i].from || a->ranges[k].to < b->ranges[i].to)
			return false;
	}
	return true;
}

uint64_t seen_low(const struct seen *s)
{
	return s->count && s->ranges[0].from <= 1 ? s->ranges[0].to : 0;
}

uint64_t seen_high(const struct seen *s)
{
	return s->count ? s->ranges[s->count - 1].to : 0;
}

int seen_gap_count(const struct seen *s)
{
	return s->count - (seen_low(s) ? 1 : 0);
}

struct seen_range seen_gap(const struct seen *s, int gap)
{
	int above = gap + (seen_low(s) ? 1 : 0); /* the range that ends it */

	return (struct seen_range){above ? s->ranges[above - 1].to + 1 : 1, s->ranges[above].from - 1};
}

/* ---- positions ---- */

void seen_print(const struct seen *s, int64_t at, struct buffer *out)
{
	uint64_t end = seen_low(s);

	buffer_format(out, SEEN_MARK "%" PRIu64, end);
	for (int i = end ? 1 : 0, first = i; i < s->count; i++) {
		const struct seen_range *r = &s->ranges[i];
		buffer_format(out, "%c%" PRIu64 "x%" PRIu64, i == first ? '+' : ',', r->from - end - 1, r->to - r->from + 1);
		end = r->to;
	}
	if (at != TIME_NONE)
		buffer_format(out, "@%" PRId64, at);
}

static bool seen_number(const char **p, uint64_t *out)
{
	const char *from = *p;

	for (*out = 0; **p >= '0' && **p <= '9'; ++*p) {
		if (*out > (UINT64_MAX - 9) / 10)
			return false;
		*out = *out * 10 + (uint64_t)(**p - '0');
	}
	return *p > from;
}

static bool seen_pair(const char **p, struct seen *s, uint64_t *end)
{
	uint64_t gap, run;

	if (!seen_number(p, &gap) || **p != 'x')
		return false;
	++*p;
	if (!seen_number(p, &run) || !gap || !run || gap > UINT64_MAX - *end || run > UINT64_MAX - *end - gap)
		return false;
	seen_add(s, *end + gap + 1, *end + gap + run);
	*end += gap + run;
	return true;
}

bool seen_is_position(const char *text)
{
	return strncmp(text, SEEN_MARK, sizeof SEEN_MARK - 1) == 0;
}

bool seen_parse(const char *text, struct seen *s, int64_t *at)
{
	const char *p = text + sizeof SEEN_MARK - 1;
	uint64_t end, when;

	seen_clear(s);
	*at = TIME_NONE;
	if (!seen_is_position(text) || !seen_number(&p, &end))
		return false;
	if (end)
		seen_add(s, 1, end);
	for (char next = '+'; *p == next; next = ',') {
		p++;
		if (!seen_pair(&p, s, &end))
			return false;
	}
	if (*p == '@') {
		p++;
		if (!seen_number(&p, &when) || when > INT64_MAX)
			return false;
		*at = (int64_t)when;
	}
	return *p == '\0';
}

bool seen_reached(const char *a, const char *b)
{
	struct seen sa = {0}, sb = {0};
	int64_t at;
	bool reached = seen_parse(a, &sa, &at) && seen_parse(b, &sb, &at) && seen_contains(&sa, &sb);

	seen_done(&sa);
	seen_done(&sb);
	return reached;
}
