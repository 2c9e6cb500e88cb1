#include "config.h"

#include "source/mysql/position.h"

#include <inttypes.h>
#include <string.h>

#include "base/buffer.h"
#include "binlog/gtid.h"
#include "source/mysql/seen.h"

static bool position_number(const char **at, const char *end, uint64_t most, uint64_t *out)
{
	const char *p = *at;

	*out = 0;
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		if (*out > (most - (uint64_t)(*p - '0')) / 10)
			return false;
		*out = *out * 10 + (uint64_t)(*p - '0');
	}
	if (p == *at)
		return false;
	*at = p;
	return true;
}

/* FILE:POS[@BEGUN]; names of logs may hold colons, offsets do not. */
static bool position_file(const char *text, const char *end, struct mysql_position *out)
{
	const char *colon = end, *at;
	uint64_t begun = 0;

	while (colon > text && *colon != ':')
		colon--;
	if (colon == text)
		return false;
	at = colon + 1;
	out->file = text;
	out->file_len = (size_t)(colon - text);
	if (!position_number(&at, end, UINT64_MAX, &out->pos))
		return false;
	if (at < end && *at == '@') {
		at++;
		if (!position_number(&at, end, UINT32_MAX, &begun))
			return false;
	}
	out->begun = (uint32_t)begun;
	return at == end;
}

bool mysql_position_parse(const char *text, struct mysql_position *out)
{
	static const char mark[] = "gtid=";
	const char *blank;

	*out = (struct mysql_position){0};
	if (seen_is_position(text))
		return false;
	if (strncmp(text, mark, sizeof mark - 1) == 0) {
		out->gtid = text + sizeof mark - 1;
		return true;
	}
	blank = strchr(text, ' ');
	if (blank) {
		if (strncmp(blank + 1, mark, sizeof mark - 1) != 0)
			return false;
		out->gtid = blank + sizeof mark;
	}
	return position_file(text, blank ? blank : text + strlen(text), out);
}

void mysql_position_print(const struct mysql_position *p, struct buffer *out)
{
	if (p->file) {
		buffer_add(out, p->file, p->file_len);
		buffer_format(out, ":%" PRIu64, p->pos);
		if (p->begun)
			buffer_format(out, "@%" PRIu32, p->begun);
	}
	if (p->gtid)
		buffer_format(out, "%sgtid=%s", p->file ? " " : "", p->gtid);
}

uint64_t mysql_log_number(const char *file, size_t n)
{
	uint64_t number = 0, place = 1;

	for (; n > 0 && file[n - 1] >= '0' && file[n - 1] <= '9' && place <= UINT64_C(1000000000000000000); n--, place *= 10)
		number += place * (uint64_t)(file[n - 1] - '0');
	return number;
}

static bool position_contains(const char *a, const char *b)
{
	/* Only MySQL's sets have colons. */
	bool mariadb = !strchr(a, ':') && !strchr(b, ':');
	struct gtid_set *sa = gtid_set_parse(mariadb, a, strlen(a)), *sb = gtid_set_parse(mariadb, b, strlen(b));
	bool contains = sa && sb && gtid_set_contains(sa, sb);

	gtid_set_free(sa);
	gtid_set_free(sb);
	return contains;
}

bool mysql_position_reached(const char *a, const char *b)
{
	struct mysql_position pa, pb;
	uint64_t na, nb;

	/* Of the change table; a place in the log is never before or after one of them. */
	if (seen_is_position(a) || seen_is_position(b))
		return seen_reached(a, b);
	if (!mysql_position_parse(a, &pa) || !mysql_position_parse(b, &pb))
		return false;
	if (!pa.file || !pb.file)
		return pa.gtid && pb.gtid && position_contains(pa.gtid, pb.gtid);
	na = mysql_log_number(pa.file, pa.file_len);
	nb = mysql_log_number(pb.file, pb.file_len);
	return na != nb ? na > nb : pa.pos >= pb.pos;
}
