#include "config.h"

#include "source/csv_batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/zone.h"
#include "model/model.h"

/* ---- names ---- */

static bool csv_ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

static int csv_digits(const char *s, int n)
{
	int value = 0;

	while (n-- > 0)
		value = 10 * value + (*s++ - '0');
	return value;
}

/* 14 digits as a wall clock; false: there is no such time. */
static bool csv_stamp(const char *s, const struct zone *zone, struct csv_batch *out)
{
	struct civil c;

	if (strspn(s, "0123456789") < CSV_STAMP_LEN)
		return false;
	c = (struct civil){
		.year = csv_digits(s, 4),
		.month = csv_digits(s + 4, 2),
		.day = csv_digits(s + 6, 2),
		.hour = csv_digits(s + 8, 2),
		.minute = csv_digits(s + 10, 2),
		.second = csv_digits(s + 12, 2),
	};
	if (!civil_valid(&c))
		return false;
	out->stamp = INT64_C(1000000) * csv_digits(s, 8) + csv_digits(s + 8, 6);
	/* A time the zone skips is the moment its clocks jumped to: a file is never refused for that. */
	zone_instant(zone, &c, &out->at);
	return true;
}

enum csv_name csv_batch_parse(const struct model *m, const char *name, struct csv_batch *out)
{
	enum { TAIL = 1 + CSV_STAMP_LEN + 4 };
	size_t n = strlen(name);
	char *table;

	if (name[0] == '.' || csv_ends_with(name, ".tmp") || csv_ends_with(name, ".part") ||
	    csv_ends_with(name, ".filepart"))
		return CSV_NAME_IGNORED;
	if (n <= TAIL || name[n - TAIL] != '_' || !csv_ends_with(name, ".csv") ||
	    !csv_stamp(name + n - TAIL + 1, m->zone, out))
		return CSV_NAME_FOREIGN;
	table = memory_text_n(name, n - TAIL);
	out->entity = model_entity_of_table(m, table);
	free(table);
	return out->entity >= 0 ? CSV_NAME_BATCH : CSV_NAME_FOREIGN;
}

int csv_batch_compare(const struct csv_batch *a, const struct csv_batch *b)
{
	if (a->stamp != b->stamp)
		return a->stamp < b->stamp ? -1 : 1;
	return (a->entity > b->entity) - (a->entity < b->entity);
}

/* ---- positions ---- */

static struct csv_mark *csv_mark_get(struct csv_position *p, const char *table)
{
	size_t at = 0;

	while (at < p->mark_count && strcmp(p->marks[at].table, table) < 0)
		at++;
	if (at < p->mark_count && strcmp(p->marks[at].table, table) == 0)
		return &p->marks[at];
	p->marks = memory_grow(p->marks, (p->mark_count + 1) * sizeof(*p->marks));
	memmove(p->marks + at + 1, p->marks + at, (p->mark_count - at) * sizeof(*p->marks));
	p->mark_count++;
	p->marks[at] = (struct csv_mark){.table = memory_text(table)};
	return &p->marks[at];
}

const struct csv_mark *csv_position_mark(const struct csv_position *p, const char *table)
{
	for (size_t i = 0; i < p->mark_count; i++) {
		if (strcmp(p->marks[i].table, table) == 0)
			return &p->marks[i];
	}
	return NULL;
}

void csv_position_see(struct csv_position *p, const char *table, int64_t stamp)
{
	struct csv_mark *mark = csv_mark_get(p, table);

	if (stamp > mark->seen)
		mark->seen = stamp;
}

void csv_position_take(struct csv_position *p, const char *table, int64_t stamp)
{
	struct csv_mark *mark = csv_mark_get(p, table);

	if (stamp > mark->last)
		mark->last = stamp;
	if (stamp > mark->seen)
		mark->seen = stamp;
}

void csv_position_keep(struct csv_position *p, const char *name, const unsigned char hash[CSV_HASH_SIZE])
{
	struct csv_taken *t;

	p->taken = memory_grow(p->taken, (p->taken_count + 1) * sizeof(*p->taken));
	t = &p->taken[p->taken_count++];
	*t = (struct csv_taken){.name = memory_text(name)};
	memcpy(t->hash, hash, CSV_HASH_SIZE);
}

struct csv_taken *csv_position_find(const struct csv_position *p, const char *name)
{
	for (size_t i = 0; i < p->taken_count; i++) {
		if (strcmp(p->taken[i].name, name) == 0)
			return &p->taken[i];
	}
	return NULL;
}

void csv_position_drop(struct csv_position *p, struct csv_taken *t)
{
	size_t at = (size_t)(t - p->taken);

	free(t->name);
	p->taken_count--;
	memmove(t, t + 1, (p->taken_count - at) * sizeof(*t));
}

void csv_position_done(struct csv_position *p)
{
	for (size_t i = 0; i < p->mark_count; i++)
		free(p->marks[i].table);
	for (size_t i = 0; i < p->taken_count; i++)
		free(p->taken[i].name);
	free(p->marks);
	free(p->taken);
	*p = (struct csv_position){0};
}

bool csv_position_reached(const struct csv_position *a, const struct csv_position *b)
{
	for (size_t i = 0; i < b->mark_count; i++) {
		const struct csv_mark *mark = csv_position_mark(a, b->marks[i].table);

		if (b->marks[i].seen > 0 && (!mark || mark->seen < b->marks[i].seen))
			return false;
	}
	return true;
}

static void csv_escape(struct buffer *out, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= 0x20 || c == 0x7f || strchr(",=;:!%", c))
			buffer_format(out, "%%%02X", c);
		else
			buffer_char(out, (char)c);
	}
}

void csv_position_print(const struct csv_position *p, struct buffer *out)
{
	size_t start = out->len;

	for (size_t i = 0; i < p->mark_count; i++) {
		const struct csv_mark *mark = &p->marks[i];

		if (out->len > start)
			buffer_char(out, ',');
		csv_escape(out, mark->table);
		buffer_char(out, '=');
		if (mark->last)
			buffer_format(out, "%014" PRId64, mark->last);
		if (mark->seen > mark->last)
			buffer_format(out, "!%014" PRId64, mark->seen);
	}
	if (p->taken_count > 0)
		buffer_char(out, ';');
	for (size_t i = 0; i < p->taken_count; i++) {
		if (i > 0)
			buffer_char(out, ',');
		csv_escape(out, p->taken[i].name);
		buffer_char(out, ':');
		buffer_hex(out, p->taken[i].hash, CSV_HASH_SIZE);
	}
}

static int csv_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The escaped word up to `end`; *s moves past `end`. NULL: there is no such word. */
static char *csv_word(const char **s, char end)
{
	struct buffer out = {0};
	const char *p = *s;

	for (; *p && *p != end && !strchr(",;", *p); p++) {
		if (*p != '%') {
			buffer_char(&out, *p);
			continue;
		}
		if (csv_hex(p[1]) < 0 || csv_hex(p[2]) < 0 || (p[1] == '0' && p[2] == '0'))
			break;
		buffer_char(&out, (char)(16 * csv_hex(p[1]) + csv_hex(p[2])));
		p += 2;
	}
	if (*p != end || out.len == 0) {
		buffer_done(&out);
		return NULL;
	}
	*s = p + 1;
	return buffer_take(&out);
}

static bool csv_read_stamp(const char **s, int64_t *out)
{
	*out = 0;
	if (strspn(*s, "0123456789") != CSV_STAMP_LEN)
		return false;
	for (int i = 0; i < CSV_STAMP_LEN; i++)
		*out = 10 * *out + (*(*s)++ - '0');
	return true;
}

/* TABLE=[LAST][!SEEN] */
static bool csv_read_mark(struct csv_position *p, const char **s)
{
	char *table = csv_word(s, '=');
	int64_t last = 0, seen = 0;
	bool good = table != NULL;

	if (good && **s != '!')
		good = csv_read_stamp(s, &last);
	if (good && **s == '!') {
		++*s;
		good = csv_read_stamp(s, &seen);
	}
	if (good && last)
		csv_position_take(p, table, last);
	if (good && seen)
		csv_position_see(p, table, seen);
	free(table);
	return good;
}

/* NAME:SHA256. Whoever kept this position kept the rows with it: what is read here is durable. */
static bool csv_read_taken(struct csv_position *p, const char **s)
{
	unsigned char hash[CSV_HASH_SIZE];
	char *name = csv_word(s, ':');

	for (size_t i = 0; name && i < CSV_HASH_SIZE; i++) {
		int high = csv_hex(**s), low = high < 0 ? -1 : csv_hex((*s)[1]);

		if (low < 0) {
			free(name);
			return false;
		}
		hash[i] = (unsigned char)(16 * high + low);
		*s += 2;
	}
	if (!name)
		return false;
	csv_position_keep(p, name, hash);
	p->taken[p->taken_count - 1].durable = true;
	free(name);
	return true;
}

/* A list of what `one` reads, parted by commas, up to `end`. */
static bool csv_read_list(struct csv_position *p, const char **s, char end,
			  bool (*one)(struct csv_position *, const char **))
{
	while (**s && **s != end) {
		if (!one(p, s) || (**s && **s != ',' && **s != end))
			return false;
		if (**s == ',' && !*++*s)
			return false;
	}
	return true;
}

bool csv_position_parse(struct csv_position *p, const char *text)
{
	*p = (struct csv_position){0};
	if (!text)
		return true;
	if (csv_read_list(p, &text, ';', csv_read_mark)) {
		if (*text == ';')
			text++;
		if (csv_read_list(p, &text, '\0', csv_read_taken) && !*text)
			return true;
	}
	csv_position_done(p);
	return false;
}

/* ---- verdicts ---- */

enum csv_verdict csv_judge(const struct csv_facts *f, struct buffer *reason)
{
	/* What was taken once is asked first: the same file again is also older than itself. */
	if (f->known && memcmp(f->known, f->hash, CSV_HASH_SIZE) == 0)
		return CSV_AGAIN;
	if (f->known) {
		buffer_format(reason, N_("a file of this name, with other content, was taken before\n")
				      "A correction needs a name, and so a stamp, of its own.\n");
		return CSV_PUT_ASIDE;
	}
	if (f->stamp <= f->last) {
		buffer_format(reason,
			      N_("older than the last batch of %s, %014lld\n")
			      "Its rows would overwrite newer ones. To take them, give the file a later stamp.\n",
			      f->table, (long long)f->last);
		return CSV_PUT_ASIDE;
	}
	if (f->unusable) {
		buffer_format(reason, "%s\n", f->unusable);
		return CSV_PUT_ASIDE;
	}
	if (f->bad * 100 > f->rows * (uint64_t)f->reject_percent) {
		buffer_format(reason, N_("%llu of %llu rows cannot be used, and %d %% are allowed\n"),
			      (unsigned long long)f->bad, (unsigned long long)f->rows, f->reject_percent);
		buffer_text_add(reason, f->faults ? f->faults : "");
		return CSV_PUT_ASIDE;
	}
	return CSV_TAKE;
}

bool csv_is_whole(const struct csv_quiet *q, int64_t settle)
{
	if (q->writer != CSV_WRITER_UNKNOWN)
		return q->writer == CSV_WRITER_NONE;
	return q->closed || q->unchanged >= settle || q->age >= settle;
}
