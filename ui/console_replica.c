/* The replica under the console: not there yet, there, feeding from a source in trouble, replaced by another
 * file, gone. Whatever it is, the console lives on, says what it is, and goes on by itself when it is over. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/moment.h"
#include "base/text.h"
#include "base/zone.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/app.h"
#include "ui/console.h"
#include "ui/kit/figures.h"
#include "ui/pane.h"
#include "ui/worker.h"

#define REPLICA_OPEN  (SECOND / 4)   /* between two tries to open it */
#define REPLICA_FRESH (2 * SECOND)   /* between two looks at the age when nothing happens */
#define REPLICA_FRAME (SECOND / 60)  /* the age is not asked for more often while commits rush in */
#define REPLICA_STAND SECOND         /* between two looks at what is wrong */

enum { REPLICA_TOLD = 200 }; /* bytes of an error, and of a hint, beside which a line about them has room */

void console_zone(struct session *s)
{
	const char *name = session_text(s->settings, "zone");
	struct error err = {0};
	const struct zone *zone = name ? zone_get(name, &err) : NULL;
	s->zone = zone ? zone : s->model && s->model->zone ? s->model->zone : zone_utc();
}

/* ---- opening ---- */

static bool replica_file(const struct console *c, struct stat *st)
{
	return stat(c->session.replica_path, st) == 0;
}

/* Takes a replica that could be opened. The panes of another one hold what is no more. */
static void replica_take(struct console *c, struct query *q, struct worker *w, const struct stat *st)
{
	struct session *s = &c->session;
	if (s->query) {
		screens_done(&c->screens);
		more_stop(&c->more);
		worker_free(s->worker);
		query_close(s->query);
	}
	s->query = q;
	s->worker = w;
	s->model = query_model(q);
	s->trouble = (struct error){0};
	s->standing[0] = 0;
	c->device = st->st_dev;
	c->inode = st->st_ino;
	c->gone = false;
	s->age.away = 0;
	c->fresh_at = c->stand_at = 0;
	news_close(&c->news);
	news_open(&c->news, c->params->board, s->replica_path);
	news_take(&c->news, q, clock_mono());
	if (!s->zone_chosen)
		console_zone(s);
}

static bool replica_open(struct console *c, struct error *err)
{
	struct session *s = &c->session;
	struct stat before, after;
	bool there = replica_file(c, &before);
	struct query *q = query_open(s->replica_path, err);
	if (!q)
		return false;
	/* Whose file it is must be known for certain: one replaced just now is opened with the next try. */
	if (!there || !replica_file(c, &after) || before.st_ino != after.st_ino || before.st_dev != after.st_dev) {
		query_close(q);
		return error_set(err, ERROR_REPLICA, "could not open replica \"%s\": it is being replaced",
				 s->replica_path);
	}
	struct worker_params w = {
		.replica_path = s->replica_path, .live = s->age.live, .lag = s->age.lag, .silent = s->silent};
	query_thresholds(q, w.live, w.lag, w.silent);
	query_steady(q);
	struct worker *worker = worker_new(&w, err);
	if (!worker) {
		query_close(q);
		return false;
	}
	console_keep(c);
	replica_take(c, q, worker, &after);
	return true;
}

/* The file may not exist yet: the ingest thread of this very process may be making it. */
static void replica_first(struct console *c, int64_t now)
{
	struct session *s = &c->session;
	struct error err = {0};
	if (now < c->open_at)
		return;
	c->open_at = now + REPLICA_OPEN;
	if (!replica_open(c, &err)) {
		c->dirty |= strcmp(err.message, s->trouble.message) != 0;
		s->trouble = err;
		return;
	}
	pane_load(screens_top(&c->screens));
	c->dirty = true;
	console_want(c);
}

/* ---- the file under the name ---- */

static void replica_stand(struct console *c, enum role role, const char *text)
{
	struct session *s = &c->session;
	if (strcmp(s->standing, text) == 0)
		return;
	snprintf(s->standing, sizeof(s->standing), "%s", text);
	s->standing_role = role;
	c->dirty = true;
}

/* Deleted, or another file put in its place: what is open goes on answering from what it was, for ever.
 * So the new one is opened as soon as it can be, and until then the screen says what it shows. */
static void replica_watch(struct console *c, int64_t now)
{
	struct session *s = &c->session;
	struct stat st;
	struct error err = {0};
	char text[sizeof(s->standing)];
	if (now < c->open_at)
		return;
	c->open_at = now + REPLICA_OPEN;
	if (replica_file(c, &st) && st.st_dev == c->device && st.st_ino == c->inode) {
		if (c->gone)
			c->fresh_at = c->stand_at = 0;
		c->gone = false;
		s->age.away = 0;
		return;
	}
	if (replica_open(c, &err)) {
		console_restore(c);
		session_say(s, ROLE_WARN, _("Replica \"%s\" was replaced: this is the new one"), s->replica_path);
		c->dirty = true;
		return;
	}
	if (!c->gone)
		s->age.away = clock_now();
	c->gone = true;
	snprintf(
		text, sizeof(text),
		_("Replica \"%s\" is gone: this is what it held last. The screens go on as soon as there is one again"),
		s->replica_path);
	replica_stand(c, ROLE_ERROR, text);
}

/* ---- what is wrong ---- */

/* "12 min", from rows a second and the share that is copied. */
static bool replica_left(const struct status_answer *a, char out[MOMENT_SIZE])
{
	if (a->percent < 0.5 || a->percent >= 100 || a->rows_per_s < 0.5)
		return false;
	double left = (double)a->copy_rows * (100 - a->percent) / a->percent / a->rows_per_s;
	duration_short((int64_t)(left * SECOND), out);
	return true;
}

static void replica_copying(struct console *c, const struct status_answer *a)
{
	char text[sizeof(c->session.standing)], left[MOMENT_SIZE], rows[FIGURES_SIZE], rate[FIGURES_SIZE];
	figures_count(a->copy_rows, rows);
	figures_count((int64_t)a->rows_per_s, rate);
	if (c->session.accessible) /* figures that never stand still are only noise */
		snprintf(text, sizeof(text), _("The first copy runs: %d %%"), (int)a->percent);
	else if (replica_left(a, left))
		snprintf(text, sizeof(text), _("The first copy runs: %d %%, %s rows, %s a second, about %s left"),
			 (int)a->percent, rows, rate, left);
	else
		snprintf(text, sizeof(text), _("The first copy runs: %d %%, %s rows, %s a second"), (int)a->percent,
			 rows, rate);
	replica_stand(c, ROLE_LAG, text);
}

/* The source's own error, what helps, and whether one has to do something. Longer stories stand on LAG. */
static void replica_source(struct console *c, const struct status_source *x)
{
	char text[sizeof(c->session.standing)], error[REPLICA_TOLD], hint[REPLICA_TOLD];
	session_told(error, sizeof(error), x->error);
	session_told(hint, sizeof(hint), x->hint && x->hint[0] ? x->hint : "-");
	if (strcmp(x->state, "refused") == 0)
		snprintf(text, sizeof(text), _("A person must decide (:lag says more): %s; hint: %s"), error, hint);
	else if (strcmp(x->state, "paused") == 0)
		snprintf(text, sizeof(text), _("The copy waits: %s. It goes on by itself; what is shown grows older"),
			 error);
	else
		snprintf(text, sizeof(text), _("%s (:lag says more)"), error);
	replica_stand(c, strcmp(x->state, "refused") == 0 ? ROLE_ERROR : ROLE_WARN, text);
}

static void replica_standing(struct console *c)
{
	struct status_answer a = {0};
	struct error err = {0};
	const struct status_source *wrong = NULL;
	if (c->gone)
		return;
	bool good = query_sources(c->session.query, &a, &err);
	for (int i = 0; good && i < a.source_count && !wrong; i++)
		if (a.sources[i].error && a.sources[i].error[0])
			wrong = &a.sources[i];
	if (wrong)
		replica_source(c, wrong);
	else if (good && a.copying && a.base.freshness.incomplete_count)
		replica_copying(c, &a);
	else if (good)
		replica_stand(c, ROLE_TEXT, "");
	answer_done(&a.base);
}

/* ---- what happened meanwhile ---- */

static void replica_topics(struct console *c, int64_t now)
{
	unsigned topics = news_take(&c->news, c->session.query, now);
	struct pane *p = screens_top(&c->screens);
	if (topics & p->ops->topics)
		p->stale = true;
	if (topics && c->fresh_asked + REPLICA_FRAME < c->fresh_at)
		c->fresh_at = c->fresh_asked + REPLICA_FRAME;
}

/* Who listens to the screen is told of another state, not of each second. */
static void replica_freshness(struct console *c, int64_t now)
{
	struct session *s = &c->session;
	struct answer fresh = {0};
	struct error err = {0};
	if (now < c->fresh_at)
		return;
	c->fresh_asked = now;
	c->fresh_at = now + REPLICA_FRESH;
	if (query_freshness(s->query, &fresh, &err)) {
		bool known = s->age.known;
		enum freshness_state before = age_state(&s->age, clock_now());
		age_set(&s->age, &fresh.freshness, clock_now());
		bool another = !known || before != age_state(&s->age, clock_now());
		c->dirty |= !s->accessible || another;
		if (another) /* what stood there may be over */
			c->stand_at = 0;
	}
	answer_done(&fresh);
	if (now >= c->stand_at) {
		c->stand_at = now + REPLICA_STAND;
		replica_standing(c);
	}
}

void console_replica(struct console *c, int64_t now)
{
	if (!c->session.query) {
		replica_first(c, now);
		return;
	}
	replica_watch(c, now);
	replica_topics(c, now);
	replica_freshness(c, now);
}
