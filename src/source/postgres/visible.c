/* Which commits of the log reads may not see yet.
 *
 * The server sends a commit when its record is on disk, and lets others see it after that: late, where a synchronous standby is waited for.
 * So what was sent is noted with its transaction's number until a snapshot of the server, asked for on the control connection,
 * no longer has that number among those in progress. A position before which everything is visible is one before the first
 * commit that is not.
 *
 * What was committed before the place where we began, and was not visible then, is among the transactions in progress when we
 * begin; of a fresh slot its own snapshot, which is made from the log, tells which of those they are.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "pgoutput/xid.h"
#include "source/postgres/private.h"

#define SETTLE (SECOND / 5) /* most that is waited for commits that were sent: without a synchronous standby it is no time at all */
#define LIST_MOST 4096 /* entries; then the server is asked */

/* A snapshot as text: xmin:xmax:xip,xip... */
struct snapshot_text {
	uint64_t xmin, xmax;
	const char *list;
};

void visible_init(struct postgres_visible *v)
{
	*v = (struct postgres_visible){0};
}

void visible_done(struct postgres_visible *v)
{
	free(v->list);
	*v = (struct postgres_visible){0};
}

static void note(struct postgres_visible *v, uint64_t xid, uint64_t lsn)
{
	if (v->count == v->cap)
		v->list = memory_grow(v->list, sizeof *v->list * (size_t)(v->cap = v->cap ? v->cap * 2 : 64));
	v->list[v->count++] = (struct postgres_commit){xid, lsn};
}

void visible_committed(struct postgres_visible *v, uint32_t xid, uint64_t end)
{
	/* One that was in progress when we began has committed only now. */
	for (int i = 0; i < v->count && v->list[i].lsn == 0; i++)
		if ((uint32_t)v->list[i].xid == xid) {
			memmove(&v->list[i], &v->list[i + 1], sizeof *v->list * (size_t)(v->count - i - 1));
			v->count--;
			break;
		}
	note(v, xid, end);
}

static bool parse(const char *text, struct snapshot_text *out)
{
	char *end;

	out->xmin = strtoull(text, &end, 10);
	if (*end != ':')
		return false;
	out->xmax = strtoull(end + 1, &end, 10);
	out->list = end + 1;
	return *end == ':';
}

static bool listed(const struct snapshot_text *s, uint64_t xid)
{
	for (const char *p = s->list; *p; p += *p == ',') {
		char *end;
		if (strtoull(p, &end, 10) == xid)
			return true;
		if (end == p)
			return false;
		p = end;
	}
	return false;
}

static bool seen(const struct snapshot_text *s, uint64_t xid)
{
	return xid < s->xmin || (xid < s->xmax && !listed(s, xid));
}

/* pg_current_snapshot() is of 13; its other name is of all. */
static char *ask(struct postgres *m, struct error *err)
{
	return postgres_client_cell(m->control, "SELECT txid_current_snapshot()", err);
}

static bool bad(struct postgres *m, struct error *err)
{
	return error_set(err, ERROR_REFUSED, "could not follow server %s: it told a snapshot that cannot be read", postgres_client_name(m->control));
}

/* A snapshot, and behind it a number that nobody had before: of all numbers between nobody can know yet. */
static char *ask_newest(struct postgres *m, uint64_t *next, struct error *err)
{
	char *text = postgres_client_cell(m->control, "SELECT txid_current_snapshot() || ' ' || txid_current()", err);
	char *behind = text ? strchr(text, ' ') : NULL;

	*next = behind ? strtoull(behind, NULL, 10) : 0;
	if (behind)
		*behind = '\0';
	return text;
}

bool visible_begin(struct postgres *m, const char *slot_snapshot, struct error *err)
{
	struct snapshot_text then = {0}, now;
	uint64_t next;
	char *text = ask_newest(m, &next, err);

	m->visible.count = 0;
	if (!text)
		return false;
	if (!parse(text, &now) || (slot_snapshot && !parse(slot_snapshot, &then))) {
		free(text);
		return bad(m, err);
	}
	for (const char *p = now.list; *p; p += *p == ',') {
		char *end;
		uint64_t xid = strtoull(p, &end, 10);
		if (end == p)
			break;
		if (!slot_snapshot || seen(&then, xid))
			note(&m->visible, xid, 0);
		p = end;
	}
	/* A snapshot ends behind the last that has ended: those who began after it are in no list. */
	for (uint64_t xid = now.xmax; xid < next; xid++)
		if (!slot_snapshot || seen(&then, xid))
			note(&m->visible, xid, 0);
	free(text);
	m->visible.begun = true;
	return true;
}

static bool prune(struct postgres *m, struct error *err)
{
	struct postgres_visible *v = &m->visible;
	struct snapshot_text now;
	int kept = 0;

	if (!v->count)
		return true;
	char *text = ask(m, err);
	if (!text)
		return false;
	bool ok = parse(text, &now);
	for (int i = 0; ok && i < v->count; i++)
		if (!seen(&now, xid_near(now.xmax, (uint32_t)v->list[i].xid)))
			v->list[kept++] = v->list[i];
	free(text);
	if (!ok)
		return bad(m, err);
	v->count = kept;
	return true;
}

bool visible_keep_small(struct postgres *m, struct error *err)
{
	return m->visible.count < LIST_MOST || prune(m, err);
}

bool visible_all(struct postgres *m, bool *all, struct error *err)
{
	int64_t end = clock_mono() + SETTLE;

	do {
		if (!prune(m, err))
			return false;
		*all = true;
		for (int i = 0; i < m->visible.count; i++)
			*all = *all && m->visible.list[i].lsn == 0;
	} while (!*all && clock_mono() < end && !source_stopped(&m->base, 2));
	return true;
}

bool visible_bound(struct postgres *m, uint64_t *lsn, struct error *err)
{
	struct postgres_visible *v = &m->visible;
	uint64_t stands = m->stream.applied;

	if ((!v->begun && !visible_begin(m, NULL, err)) || !prune(m, err))
		return false;
	*lsn = !v->count ? stands : v->list[0].lsn ? v->list[0].lsn - 1 : 0;
	return true;
}

bool visible_bound_alone(struct postgres *m, uint64_t *lsn, struct error *err)
{
	struct postgres_visible *v = &m->visible;

	if ((!v->begun && (!postgres_log_end(m, &v->alone, NULL, err) || !visible_begin(m, NULL, err))) || !prune(m, err))
		return false;
	if (!v->count) {
		v->known = v->alone;
		v->begun = false;
	}
	*lsn = v->known;
	return true;
}
