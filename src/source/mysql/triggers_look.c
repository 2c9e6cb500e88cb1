/* What the change table shows. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/log.h"
#include "source/mysql/private.h"
#include "source/mysql/triggers.h"

#define LOOK_ROWS   100000     /* of one look: numbers and times, no images */
#define SCAN_ROWS   10000      /* numbers that are asked for one by one */
#define SCAN_COUNT  1000000    /* numbers that are counted in one statement */
#define PROBE_GAPS  200        /* in one statement */
#define PROBE_ROWS  10000
#define SINGLES     16         /* gaps probed one by one in a round */
#define WAIT_FIRST  SECOND     /* before a gap that is locked is asked for again; doubled each time */
#define WAIT_MOST   MINUTE
#define FETCH_FIRST 20
#define FETCH_MOST  500
#define FETCH_BYTES (4 << 20)

enum { ER_LOCK_WAIT = 1205, ER_LOCK_NOWAIT = 3572 };

#define AT "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', `at`)"

static void add_table(const struct mysql *m, struct buffer *sql)
{
	mysql_identifier(sql, m->url.database);
	buffer_char(sql, '.');
	mysql_identifier(sql, CAPTURE_TABLE);
}

static void add_range(struct buffer *sql, bool first, uint64_t from, uint64_t to)
{
	buffer_format(sql, "%s`id` BETWEEN %" PRIu64 " AND %" PRIu64, first ? "" : " OR ", from, to);
}

static uint64_t cell_id(const struct mysql_rows *r, int column)
{
	return r->cells[column] ? strtoull(r->cells[column], NULL, 10) : 0;
}

static int64_t cell_at(const struct mysql_rows *r, int column)
{
	return r->cells[column] ? strtoll(r->cells[column], NULL, 10) : TIME_NONE;
}

/* ---- what a snapshot sees ---- */

static bool take_ids(struct mysql *m, const char *sql, struct seen *out, struct error *err)
{
	struct mysql_rows r;
	bool ok = mysql_client_rows(m->control, sql, &r, err);

	while (ok && mysql_rows_next(&r))
		seen_add(out, cell_id(&r, 0), cell_id(&r, 0));
	mysql_rows_done(&r);
	return ok;
}

static bool count_range(struct mysql *m, uint64_t from, uint64_t to, uint64_t *count, struct error *err)
{
	struct buffer sql = {0};
	char *text;

	buffer_text_add(&sql, "SELECT COUNT(*) FROM ");
	add_table(m, &sql);
	buffer_text_add(&sql, " FORCE INDEX (`ids`) WHERE ");
	add_range(&sql, true, from, to);
	text = mysql_client_cell(m->control, buffer_text(&sql), err);
	buffer_done(&sql);
	*count = text ? strtoull(text, NULL, 10) : 0;
	free(text);
	return text != NULL;
}

static bool read_range(struct mysql *m, uint64_t from, uint64_t to, struct seen *out, struct error *err)
{
	struct buffer sql = {0};

	buffer_text_add(&sql, "SELECT `id` FROM ");
	add_table(m, &sql);
	buffer_text_add(&sql, " FORCE INDEX (`ids`) WHERE ");
	add_range(&sql, true, from, to);
	buffer_text_add(&sql, " ORDER BY `id`");
	bool ok = take_ids(m, buffer_text(&sql), out, err);
	buffer_done(&sql);
	return ok;
}

/* Counting is cheaper than reading, and most ranges are full. */
static bool scan_range(struct mysql *m, uint64_t from, uint64_t to, struct seen *out, struct error *err)
{
	uint64_t size = to - from + 1, count;

	if (size <= SCAN_ROWS)
		return read_range(m, from, to, out, err);
	if (size <= SCAN_COUNT) {
		if (!count_range(m, from, to, &count, err))
			return false;
		if (count == size)
			seen_add(out, from, to);
		if (count == size || count == 0)
			return true;
	}
	uint64_t middle = size > SCAN_COUNT ? from + SCAN_COUNT - 1 : from + size / 2;
	if (!scan_range(m, from, middle, out, err))
		return false;
	return scan_range(m, middle + 1, to, out, err);
}

static bool scan_gaps(struct mysql *m, const struct seen *base, struct seen *out, struct error *err)
{
	struct buffer sql = {0};
	int in = 0, gaps = seen_gap_count(base);
	bool ok = true;

	for (int i = 0; ok && i < gaps; i++) {
		struct seen_range g = seen_gap(base, i);
		if (g.to - g.from >= SCAN_ROWS) {
			ok = scan_range(m, g.from, g.to, out, err);
		} else {
			if (in == 0) {
				buffer_clear(&sql);
				buffer_text_add(&sql, "SELECT `id` FROM ");
				add_table(m, &sql);
				buffer_text_add(&sql, " WHERE ");
			}
			add_range(&sql, in++ == 0, g.from, g.to);
		}
		if (ok && in && (in == PROBE_GAPS || i == gaps - 1)) {
			ok = take_ids(m, buffer_text(&sql), out, err);
			in = 0;
		}
	}
	if (ok && in)
		ok = take_ids(m, buffer_text(&sql), out, err);
	buffer_done(&sql);
	return ok;
}

/* MIN, MAX, and when the row of a number was written: TIME_NONE: there is none. False also for an empty table. */
static bool ends(struct mysql *m, uint64_t id, uint64_t *min, uint64_t *max, int64_t *at, struct error *err)
{
	struct buffer sql = {0};
	struct mysql_rows r;

	*min = *max = 0;
	buffer_text_add(&sql, "SELECT MIN(`id`), MAX(`id`), (SELECT " AT " FROM ");
	add_table(m, &sql);
	buffer_format(&sql, " WHERE `id` = %" PRIu64 ") FROM ", id);
	add_table(m, &sql);
	bool ok = mysql_client_rows(m->control, buffer_text(&sql), &r, err);
	if (ok && mysql_rows_next(&r)) {
		*min = cell_id(&r, 0);
		*max = cell_id(&r, 1);
		*at = cell_at(&r, 2);
	}
	mysql_rows_done(&r);
	buffer_done(&sql);
	if (ok && !*max) {
		error_set(err, ERROR_REFUSED, "could not follow server %s: table %s is empty", mysql_client_name(m->control), CAPTURE_TABLE);
		error_hint(err, "somebody emptied it: tellerdesk capture-sql | mariadb %s; then tellerdesk resync", m->url.database);
	}
	return ok && *max;
}

bool triggers_visible_here(struct mysql *m, struct buffer *out, struct error *err)
{
	struct mysql_triggers *t = m->triggers;
	struct seen now = {0};
	uint64_t min, max;
	int64_t at = TIME_NONE;

	seen_copy(&now, t->started ? &t->seen : &t->known);
	bool ok = ends(m, 0, &min, &max, &at, err);
	/* What was pruned before we came is before us. */
	if (ok && !now.count && min > 1)
		seen_add(&now, 1, min - 1);
	uint64_t high = seen_high(&now);
	ok = ok && scan_gaps(m, &now, &now, err) && (max <= high || scan_range(m, high + 1, max, &now, err)) && ends(m, seen_high(&now), &min, &max, &at, err);
	if (ok) {
		seen_print(&now, at, out);
		if (!t->started)
			seen_copy(&t->known, &now);
	}
	seen_done(&now);
	return ok;
}

bool triggers_visible(struct mysql *m, struct buffer *out, struct error *err)
{
	return mysql_client_runf(m->control, err, "START TRANSACTION WITH CONSISTENT SNAPSHOT") && triggers_visible_here(m, out, err) &&
	       mysql_client_runf(m->control, err, "COMMIT");
}

/* ---- is it still the table we know? ---- */

static bool another(struct mysql *m, const char *what, struct error *err)
{
	error_set(err, ERROR_REFUSED, "could not follow server %s: table %s %s", mysql_client_name(m->control), CAPTURE_TABLE, what);
	return error_hint(err, "the database was restored, or the table made anew; take it as it is now: tellerdesk resync --accept-server");
}

bool triggers_goes_on(struct mysql *m, struct error *err)
{
	struct mysql_triggers *t = m->triggers;
	uint64_t min, max, high = seen_high(&t->seen), low = seen_low(&t->seen);
	int64_t at = TIME_NONE;

	if (!ends(m, high, &min, &max, &at, err))
		return false;
	if (max < high)
		return another(m, "ends before our position", err);
	/* Pruning takes the lowest numbers: one that is gone and that we have not seen may have been a change. */
	if (min > low + 1) {
		error_set(err, ERROR_PURGED, "could not follow server %s: changes we have not seen were pruned from table %s", mysql_client_name(m->control),
			  CAPTURE_TABLE);
		return error_hint(err, "keep them longer (event %s), then: tellerdesk resync", CAPTURE_EVENT);
	}
	if (high && t->high_at != TIME_NONE && at != t->high_at)
		return another(m, at == TIME_NONE ? N_("lacks the last row we have seen") : N_("has another row where we have seen our last"), err);
	t->high_at = at;
	return true;
}

/* ---- gaps ---- */

/* Gaps as seen has them now; what was one before keeps its age. */
static void gaps_follow(struct mysql_triggers *t)
{
	int count = seen_gap_count(&t->seen);
	struct trigger_gap *now = memory_alloc(sizeof *now * (size_t)(count ? count : 1));
	int64_t mono = clock_mono();

	for (int i = 0, k = 0; i < count; i++) {
		struct seen_range g = seen_gap(&t->seen, i);
		while (k < t->gap_count && t->gaps[k].to < g.from)
			k++;
		bool old = k < t->gap_count && t->gaps[k].from <= g.from && g.to <= t->gaps[k].to;
		now[i] = old ? t->gaps[k] : (struct trigger_gap){.since = mono};
		now[i].from = g.from;
		now[i].to = g.to;
	}
	free(t->gaps);
	t->gaps = now;
	t->gap_count = t->gap_cap = count;
}

enum probe { PROBE_FREE, PROBE_SOME, PROBE_LOCKED, PROBE_FAILED };

/* Whether nobody holds one of these numbers, nor has committed one. */
static enum probe probe(struct mysql *m, struct trigger_gap *const *gaps, int count, struct error *err)
{
	const struct mysql_server *s = mysql_client_server(m->control);
	struct buffer sql = {0};
	struct mysql_rows r = {0};
	struct error why = {0};
	enum probe result;

	buffer_text_add(&sql, "SELECT `id` FROM ");
	add_table(m, &sql);
	buffer_text_add(&sql, " FORCE INDEX (PRIMARY) WHERE ");
	for (int i = 0; i < count; i++)
		add_range(&sql, i == 0, gaps[i]->from, gaps[i]->to);
	buffer_format(&sql, " LIMIT %d %s", PROBE_ROWS,
		      s->mariadb ? "LOCK IN SHARE MODE NOWAIT" : s->version >= 80001 ? "FOR SHARE NOWAIT" : "LOCK IN SHARE MODE");
	if (!mysql_client_runf(m->control, err, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED") || !mysql_client_runf(m->control, err, "START TRANSACTION"))
		result = PROBE_FAILED;
	else if (mysql_client_rows(m->control, buffer_text(&sql), &r, &why))
		result = r.count ? PROBE_SOME : PROBE_FREE;
	else if (mysql_client_errno(m->control) == ER_LOCK_WAIT || mysql_client_errno(m->control) == ER_LOCK_NOWAIT)
		result = PROBE_LOCKED;
	else
		result = PROBE_FAILED;
	mysql_rows_done(&r);
	buffer_done(&sql);
	if (result == PROBE_FAILED) {
		if (why.code && err)
			*err = why;
		return result;
	}
	return mysql_client_runf(m->control, err, "ROLLBACK") ? result : PROBE_FAILED;
}

static void gaps_put_off(struct trigger_gap *g, int64_t now)
{
	g->wait = g->wait ? (g->wait * 2 > WAIT_MOST ? WAIT_MOST : g->wait * 2) : WAIT_FIRST;
	g->next = now + g->wait;
}

static bool gaps_decide(struct mysql *m, struct trigger_gap *const *gaps, int count, enum probe *result, struct error *err)
{
	struct mysql_triggers *t = m->triggers;

	*result = probe(m, gaps, count, err);
	if (*result == PROBE_FREE) {
		for (int i = 0; i < count; i++) {
			log_line(LOG_DEBUG, "changes %llu to %llu were rolled back", (unsigned long long)gaps[i]->from,
			         (unsigned long long)gaps[i]->to);
			seen_add(&t->seen, gaps[i]->from, gaps[i]->to);
		}
		t->moved = t->owed = true;
	}
	return *result != PROBE_FAILED;
}

/* Some of them are held: which? Without NOWAIT each that is costs a second. */
static bool gaps_one_by_one(struct mysql *m, struct trigger_gap *const *gaps, int count, struct error *err)
{
	const struct mysql_server *s = mysql_client_server(m->control);
	int most = s->mariadb || s->version >= 80001 ? SINGLES : 1;
	enum probe result;

	for (int i = 0; i < count && i < most; i++) {
		if (!gaps_decide(m, gaps + i, 1, &result, err))
			return false;
		if (result == PROBE_LOCKED)
			gaps_put_off(gaps[i], clock_mono());
	}
	return true;
}

/* Asks for the gaps that are old enough, once a second. */
static bool gaps_probe(struct mysql *m, struct error *err)
{
	struct mysql_triggers *t = m->triggers;
	struct trigger_gap *due[PROBE_GAPS];
	int64_t now = clock_mono();
	int count = 0;
	enum probe result;
	bool ok = true;

	if (!t->gap_count || (now - t->probed < SECOND && t->gap_count < GAPS_MANY))
		return true;
	t->probed = now;
	for (int i = 0; i < t->gap_count && count < PROBE_GAPS; i++)
		if (now - t->gaps[i].since >= t->gap_age && t->gaps[i].next <= now)
			due[count++] = &t->gaps[i];
	if (!count)
		return true;
	ok = gaps_decide(m, due, count, &result, err);
	if (ok && result == PROBE_LOCKED)
		ok = gaps_one_by_one(m, due, count, err);
	gaps_follow(t);
	return ok;
}

/* ---- looks ---- */

/* The last row we know, what is above, and what fills gaps: one statement, one consistent read. */
static void look_sql(struct mysql *m, bool above, struct buffer *sql)
{
	struct mysql_triggers *t = m->triggers;
	uint64_t high = seen_high(&t->seen);

	buffer_text_add(sql, "(SELECT `id`, " AT ", `txn` FROM ");
	add_table(m, sql);
	buffer_format(sql, " WHERE `id` = %" PRIu64 ")", high);
	if (above) {
		buffer_text_add(sql, " UNION ALL (SELECT `id`, " AT ", `txn` FROM ");
		add_table(m, sql);
		buffer_format(sql, " WHERE `id` > %" PRIu64 " ORDER BY `id` LIMIT %d)", high, LOOK_ROWS);
	}
	for (int i = 0; i < t->gap_count; i++) {
		if (i == 0) {
			buffer_text_add(sql, " UNION ALL (SELECT `id`, " AT ", `txn` FROM ");
			add_table(m, sql);
			buffer_text_add(sql, " WHERE ");
		}
		add_range(sql, i == 0, t->gaps[i].from, t->gaps[i].to);
		if (i == t->gap_count - 1)
			buffer_format(sql, " ORDER BY `id` LIMIT %d)", LOOK_ROWS);
	}
}

static int row_compare(const void *a, const void *b)
{
	const struct trigger_item *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* A row that another server wrote came by replication: which numbers are in flight there cannot be seen here. */
static bool written_here(struct mysql *m, uint64_t id, const char *txn, struct error *err)
{
	unsigned long server = txn ? strtoul(txn, NULL, 10) : 0;

	if (!txn || server == mysql_client_server(m->control)->server_id)
		return true;
	error_set(err, ERROR_REFUSED, "could not follow server %s: change %llu was written on server %lu", mysql_client_name(m->control), (unsigned long long)id, server);
	return error_hint(err, "it is a replica, or one of several that are written to: name the server that the bank writes to");
}

struct look {
	struct mysql_rows r;
	const char **txn;  /* by item */
	int gaps, above;   /* rows of each kind */
	bool last;         /* the last row we know is there */
	int64_t last_at;
};

static bool look_take(struct mysql *m, struct look *k, struct error *err)
{
	struct mysql_triggers *t = m->triggers;
	uint64_t high = seen_high(&t->seen);

	if (k->r.count > t->cap)
		t->items = memory_grow(t->items, sizeof *t->items * (size_t)(t->cap = (int)k->r.count));
	while (mysql_rows_next(&k->r)) {
		uint64_t id = cell_id(&k->r, 0);
		int64_t at = cell_at(&k->r, 1);
		if (id == high) {
			k->last = true;
			k->last_at = at;
			continue;
		}
		if (!written_here(m, id, k->r.cells[2], err))
			return false;
		if (id > high)
			k->above++;
		else
			k->gaps++;
		/* end: where its transaction's name stands, until they are in order */
		t->items[t->count] = (struct trigger_item){.id = id, .at = at == TIME_NONE ? 0 : at, .end = t->count};
		k->txn[t->count++] = k->r.cells[2];
	}
	return true;
}

/* In order, with their transactions. */
static void look_sort(struct mysql_triggers *t, struct look *k)
{
	const char **txn = memory_alloc(sizeof *txn * (size_t)(t->count + 1));

	qsort(t->items, (size_t)t->count, sizeof *t->items, row_compare);
	for (int i = 0; i < t->count; i++)
		txn[i] = k->txn[t->items[i].end];
	free(k->txn);
	k->txn = txn;
	/* A gap filled with more than fits: what stands above waits for the rest. */
	if (k->gaps == LOOK_ROWS)
		t->count = k->gaps;
	t->more = t->more || k->gaps == LOOK_ROWS || k->above == LOOK_ROWS;
	for (int i = 0; i < t->count; i++)
		t->newest_at = t->items[i].at > t->newest_at ? t->items[i].at : t->newest_at;
	triggers_group(t->items, txn, t->count, t->catching_up);
	if (!t->more || !t->count)
		return;
	/* Where the look was cut off nothing ends; what is whole before that is taken, else all, as the beginning of something long. */
	t->items[t->count - 1].last = false;
	for (int i = t->count; i > 0 && !t->open; i--)
		if (t->items[i - 1].last) {
			t->count = i;
			break;
		}
}

/* Where a source transaction's beginning does not show its end, its time is that of the newest row of all. */
static bool look_newest(struct mysql *m, struct error *err)
{
	struct mysql_triggers *t = m->triggers;
	uint64_t min, max;
	int64_t at = TIME_NONE;

	if (!t->more || !t->count || t->items[t->count - 1].last)
		return true;
	if (!ends(m, 0, &min, &max, &at, err) || !ends(m, max, &min, &max, &at, err))
		return false;
	t->newest_at = at != TIME_NONE && at > t->newest_at ? at : t->newest_at;
	return true;
}

static bool look_rows(struct mysql *m, struct error *err)
{
	struct mysql_triggers *t = m->triggers;
	struct look k = {.last_at = TIME_NONE};
	struct buffer sql = {0};
	bool above = t->gap_count < GAPS_MOST;

	t->count = t->next = t->batch_end = 0;
	t->more = !above;
	look_sql(m, above, &sql);
	bool ok = mysql_client_rows(m->control, buffer_text(&sql), &k.r, err);
	buffer_done(&sql);
	if (ok) {
		k.txn = memory_alloc(sizeof *k.txn * (size_t)(k.r.count + 1));
		ok = look_take(m, &k, err);
		if (ok)
			look_sort(t, &k);
	}
	mysql_rows_done(&k.r);
	free(k.txn);
	/* Each look proves that the table goes on from where we stand. */
	if (ok && seen_high(&t->seen) && (!k.last || k.last_at != t->high_at))
		ok = triggers_goes_on(m, err);
	if (!ok)
		t->count = 0;
	return ok && look_newest(m, err);
}

bool triggers_look(struct mysql *m, struct error *err)
{
	struct mysql_triggers *t = m->triggers;
	int64_t clock = TIME_NONE;

	if (!t->open && (!mysql_shape_refresh(m, err) || !triggers_verify(m, err)))
		return false;
	gaps_follow(t);
	if (!gaps_probe(m, err))
		return false;
	/* What was committed by this clock is visible to the read that follows; what is in flight, gaps too, will be committed after it. */
	if ((t->owed || clock_mono() - t->told >= SECOND) && !mysql_read_clock(m, &clock, err))
		return false;
	t->newest_at = 0;
	if (!look_rows(m, err))
		return false;
	t->group_floor = t->floor;
	t->clock = t->more ? TIME_NONE : clock;
	if (t->clock != TIME_NONE)
		t->floor = clock;
	if (!t->count && !t->more)
		t->catching_up = false;
	return true;
}

/* ---- images ---- */

bool triggers_fetch(struct mysql *m, struct error *err)
{
	struct mysql_triggers *t = m->triggers;
	int end = t->next + t->batch_size > t->count ? t->count : t->next + t->batch_size;
	struct buffer sql = {0};
	int64_t bytes = 0;

	mysql_rows_done(&t->batch);
	buffer_text_add(&sql, "SELECT `id`, `tbl`, `shape`, `op`, `before_image`, `after_image` FROM ");
	add_table(m, &sql);
	buffer_text_add(&sql, " WHERE ");
	for (int i = t->next, from; i < end; i++) {
		for (from = i; i + 1 < end && t->items[i + 1].id == t->items[i].id + 1; i++)
			;
		add_range(&sql, from == t->next, t->items[from].id, t->items[i].id);
	}
	buffer_text_add(&sql, " ORDER BY `id`");
	bool ok = mysql_client_rows(m->control, buffer_text(&sql), &t->batch, err);
	buffer_done(&sql);
	if (!ok)
		return false;
	if (t->batch.count != end - t->next) {
		error_set(err, ERROR_PURGED, "could not follow server %s: changes were deleted from table %s while they were read", mysql_client_name(m->control),
			  CAPTURE_TABLE);
		return error_hint(err, "keep them longer (event %s), then: tellerdesk resync", CAPTURE_EVENT);
	}
	while (mysql_rows_next(&t->batch))
		bytes += (int64_t)(t->batch.lens[4] + t->batch.lens[5]) + 1;
	mysql_rows_rewind(&t->batch);
	int64_t fits = FETCH_BYTES / (bytes / (end - t->next) + 1) + 1;
	t->batch_size = fits > FETCH_MOST ? FETCH_MOST : (int)fits;
	t->batch_end = end;
	return true;
}
