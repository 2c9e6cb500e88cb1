#include "config.h"

#include "ui/console.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/zone.h"
#include "ingest/board.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/app.h"
#include "ui/panes/card.h"
#include "ui/pane.h"
#include "ui/kit/term.h"
#include "ui/worker.h"

#define CONSOLE_OPEN  (SECOND / 4)  /* between two tries to open the replica */
#define CONSOLE_POLL  (SECOND / 100) /* between two looks for commits of another process, */
#define CONSOLE_SEEN  (SECOND / 25)  /* and where the ingest of this one posts its own */
#define CONSOLE_FRESH (2 * SECOND)  /* between two looks at the age when nothing happens */
#define CONSOLE_FRAME (SECOND / 50) /* a pane is not loaded more often while commits rush in */
#define CONSOLE_SHARE 10            /* nor more than a tenth of the time */
#define CONSOLE_SOON  (SECOND / 2)  /* what is due later is no reason to wait for it */

/* ---- the replica ---- */

static void console_zone(struct session *s)
{
	const char *name = session_text(s->settings, "zone");
	struct error err = {0};
	const struct zone *zone = name ? zone_get(name, &err) : NULL;
	s->zone = zone ? zone : s->model && s->model->zone ? s->model->zone : zone_utc();
}

/* The file may not exist yet: the ingest thread of this very process may be making it. */
static void console_open(struct console *c)
{
	struct session *s = &c->session;
	int64_t now = clock_mono();
	if (s->query || now < c->open_at)
		return;
	c->open_at = now + CONSOLE_OPEN;
	struct error err = {0};
	struct query *q = query_open(s->replica_path, &err);
	if (!q) {
		c->dirty |= strcmp(err.message, s->trouble.message) != 0;
		s->trouble = err;
		return;
	}
	struct worker_params w = {
		.replica_path = s->replica_path, .live = s->age.live, .lag = s->age.lag, .silent = s->silent};
	query_thresholds(q, w.live, w.lag, w.silent);
	s->worker = worker_new(&w, &err);
	if (!s->worker) {
		query_close(q);
		s->trouble = err;
		return;
	}
	s->query = q;
	s->model = query_model(q);
	s->trouble = (struct error){0};
	console_zone(s);
	c->version = query_data_version(q);
	pane_load(screens_top(&c->screens));
	c->dirty = true;
}

/* ---- what happened meanwhile ---- */

static void console_topics(struct console *c, int64_t now)
{
	if (c->params->board)
		c->topics |= board_take(c->params->board);
	if (now >= c->poll_at) {
		int64_t version = query_data_version(c->session.query);
		if (version != c->version)
			c->topics |= BOARD_ROWS | BOARD_ROLLUPS | BOARD_STATUS;
		c->version = version;
		c->poll_at = now + (c->params->board ? CONSOLE_SEEN : CONSOLE_POLL);
	}
	struct pane *p = screens_top(&c->screens);
	if (c->topics & p->ops->topics)
		p->stale = true;
	if (c->topics && c->fresh_asked + CONSOLE_FRAME < c->fresh_at)
		c->fresh_at = c->fresh_asked + CONSOLE_FRAME;
	c->topics = 0;
}

static int64_t console_load_at(const struct pane *p)
{
	if (p->loaded_at == TIME_NONE)
		return 0;
	return p->loaded_at + (p->cost * CONSOLE_SHARE > CONSOLE_FRAME ? p->cost * CONSOLE_SHARE : CONSOLE_FRAME);
}

static void console_freshness(struct console *c, int64_t now)
{
	struct answer fresh = {0};
	struct error err = {0};
	if (now < c->fresh_at)
		return;
	c->fresh_asked = now;
	c->fresh_at = now + CONSOLE_FRESH;
	if (query_freshness(c->session.query, &fresh, &err)) {
		age_set(&c->session.age, &fresh.freshness, clock_now());
		c->dirty = true;
	}
	answer_done(&fresh);
}

static void console_answers(struct console *c)
{
	for (struct job *j; (j = worker_take(c->session.worker));) {
		struct pane *owner = NULL;
		for (int i = 0; i < c->screens.count; i++)
			if (c->screens.list[i] == j->owner)
				owner = c->screens.list[i];
		if (owner && owner->ops->take)
			owner->ops->take(owner, j);
		else
			job_free(j);
		c->dirty = true;
	}
}

void console_work(struct console *c)
{
	int64_t now = clock_mono();
	console_open(c);
	if (now >= c->tick_at) { /* the clock, and the age that goes on without any question */
		int64_t wall = clock_now();
		c->tick_at = now + SECOND - (wall % SECOND + SECOND) % SECOND;
		c->dirty |= !c->session.accessible;
	}
	if (!c->session.query)
		return;
	console_topics(c, now);
	console_answers(c);
	console_wishes(c);
	struct pane *p = screens_top(&c->screens);
	int64_t due = p->ops->due ? p->ops->due(p) : TIME_NONE;
	if (due != TIME_NONE && now >= due) {
		p->ops->wake(p);
		c->dirty = true;
	}
	if (p->stale && !p->held && now >= console_load_at(p)) {
		pane_load(p);
		c->dirty = true;
	}
	console_freshness(c, now);
}

int console_timeout(const struct console *c)
{
	const struct pane *p = screens_top(&c->screens);
	int64_t now = clock_mono();
	int64_t at = c->tick_at;
	if (!c->session.query)
		at = c->open_at < at ? c->open_at : at;
	else
		at = c->poll_at < at ? c->poll_at : at;
	if (c->session.query && c->fresh_at < at)
		at = c->fresh_at;
	int64_t due = c->session.query && p->ops->due ? p->ops->due(p) : TIME_NONE;
	if (due != TIME_NONE && due < at)
		at = due;
	if (p->stale && !p->held && console_load_at(p) < at)
		at = console_load_at(p);
	int64_t wait = (at - now + 999) / 1000;
	return wait < 0 ? 0 : wait > 1000 ? 1000 : (int)wait;
}

bool console_idle(struct console *c)
{
	struct pane *p = screens_top(&c->screens);
	if (!c->session.query)
		return false;
	if (query_data_version(c->session.query) != c->version || worker_busy(c->session.worker))
		return false;
	int64_t due = p->ops->due ? p->ops->due(p) : TIME_NONE;
	return (due == TIME_NONE || due > clock_mono() + CONSOLE_SOON) && (!p->stale || p->held);
}

void console_paint(struct console *c)
{
	if (!c->dirty)
		return;
	c->dirty = false;
	screen_draw(&c->screens, &c->session, &c->prompt, clock_now());
	term_show();
	if (!c->first_frame && c->session.query) {
		c->first_frame = clock_mono() - c->started;
		c->first_frame_cpu = console_cpu() - c->started_cpu;
	}
}

struct term_params console_terminal(const struct console *c)
{
	const struct settings *s = c->params->settings;
	const char *no_color = getenv("NO_COLOR");
	const char *theme = session_text(s, "theme");
	return (struct term_params){
		.ascii = session_flag(s, "ascii"),
		.color = !session_flag(s, "no-color") && !(no_color && no_color[0]),
		.theme = theme ? theme_find(theme) : THEME_AUTO,
		.mouse = session_flag(s, "mouse"),
		.esc_digit = c->session.keys.esc_digit,
	};
}

int64_t console_cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * SECOND + t.tv_nsec / 1000;
}

/* ---- going somewhere ---- */

bool console_go(struct console *c, const char *code, const char *argument)
{
	struct session *s = &c->session;
	const struct pane_ops *const *o = pane_table;
	while (*o && strcasecmp((*o)->code, code) != 0)
		o++;
	if (!*o)
		return false;
	if (*o != &find_pane && *o != &help_pane && !s->query) {
		session_say(s, ROLE_WARN, "There is no replica to read yet");
		return true;
	}
	if ((*o)->customer && !s->customer) {
		session_say(s, ROLE_WARN, "Which customer? Type a CIF first");
		return true;
	}
	if (!(*o)->customer)
		s->as_of = TIME_NONE;
	struct pane *p = screens_open(&c->screens, s, *o, argument);
	if (s->query)
		pane_load(p);
	c->dirty = true;
	return true;
}

static void console_found(struct console *c, const struct lookup_answer *a, int64_t took)
{
	struct session *s = &c->session;
	struct civil at;
	if (!a->customer) {
		session_say(s, ROLE_WARN, a->candidate_count ? "%d customers: choose one" : "Not found",
			    a->candidate_count);
		return;
	}
	session_remember(s, a->cif, a->name, a->store_name);
	free(s->customer);
	s->customer = memory_text(a->cif);
	field_set(&s->cif, a->cif, true);
	if (a->base.freshness.complete_to == TIME_NONE) {
		session_say(s, ROLE_MESSAGE, "Customer found in %.1f ms", (double)took / 1000);
		return;
	}
	zone_civil(s->zone, a->base.freshness.complete_to, &at);
	session_say(s, ROLE_MESSAGE, "Customer found in %.1f ms, replica as of %02d:%02d:%02d", (double)took / 1000,
		    at.hour, at.minute, at.second);
}

void console_lookup(struct console *c, const char *cif)
{
	struct session *s = &c->session;
	while (*cif == ' ')
		cif++;
	size_t n = strlen(cif);
	while (n && cif[n - 1] == ' ')
		n--;
	if (!n)
		return;
	char *asked = memory_text_n(cif, n); /* cif may be our own field */
	field_set(&s->cif, asked, true);
	s->cif_focus = false;
	if (!s->query) {
		s->cif.sent = false;
		session_say(s, ROLE_WARN, "There is no replica to read yet: Enter again in a moment");
		free(asked);
		return;
	}
	s->as_of = TIME_NONE; /* the next customer is met in the present */
	s->go_tab = -1;
	free(s->customer);
	s->customer = asked;
	int64_t start = clock_now();
	console_go(c, "CIF", NULL);
	const struct card *card = customer_card(screens_top(&c->screens));
	if (card && card->loaded)
		console_found(c, &card->answer, clock_now() - start);
}

/* ---- life ---- */

bool console_init(struct console *c, const struct app_params *p, struct error *err)
{
	struct session *s = &c->session;
	*c = (struct console){.params = p, .dirty = true, .started = clock_mono(), .started_cpu = console_cpu()};
	if (!keys_init(&s->keys, p->settings, err))
		return false;
	s->replica_path = p->replica_path;
	s->settings = p->settings;
	s->user = p->user;
	s->as_of = TIME_NONE;
	s->go_tab = -1;
	s->accessible = session_flag(p->settings, "accessible");
	s->tour = session_flag(p->settings, "tour");
	const char *charts = session_text(p->settings, "charts"), *copy = session_text(p->settings, "copy");
	s->charts = !charts || strcmp(charts, "blocks") == 0 ? CHART_BLOCKS
		    : strcmp(charts, "braille") == 0	     ? CHART_BRAILLE
							     : CHART_ASCII;
	s->copies = copy && strcmp(copy, "osc52") == 0;
	s->age.live = session_duration(p->settings, "live", 5 * SECOND);
	s->age.lag = session_duration(p->settings, "lag", MINUTE);
	s->silent = session_duration(p->settings, "silent", 30 * MINUTE);
	const char *zone = session_text(p->settings, "zone");
	if (zone && !zone_get(zone, err))
		return false;
	error_set(&s->trouble, ERROR_REPLICA, "Reading \"%s\" ...", p->replica_path);
	console_zone(s);
	if (p->notice)
		session_say(s, ROLE_WARN, "%s", p->notice);
	screens_open(&c->screens, s, &find_pane, NULL);
	return true;
}

void console_done(struct console *c)
{
	screens_done(&c->screens);
	worker_free(c->session.worker);
	query_close(c->session.query);
	prompt_done(&c->prompt);
	session_done(&c->session);
}
