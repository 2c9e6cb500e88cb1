#include "config.h"

#include "ui/console.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/zone.h"
#include "replica/query.h"
#include "ui/app.h"
#include "ui/pane.h"
#include "ui/kit/term.h"
#include "ui/worker.h"

#define CONSOLE_FRAME (SECOND / 60) /* a pane is not loaded more often while commits rush in */
#define CONSOLE_SHARE 4             /* nor, with its painting, more than a fifth of the time */
#define CONSOLE_PAINT (SECOND / 10) /* a whole screen over a slow line says little of the next one: it counts as so long */
#define CONSOLE_SOON  (SECOND / 2)  /* what is due later is no reason to wait for it */

/* ---- what happened meanwhile ---- */

/* The first change after a quiet frame is read at once. */
static int64_t console_load_at(const struct console *c, const struct pane *p)
{
	int64_t painted = c->painted < CONSOLE_PAINT ? c->painted : CONSOLE_PAINT;
	int64_t pause = (p->cost + painted) * CONSOLE_SHARE;
	return p->loaded_at == TIME_NONE ? 0 : p->loaded_at + (pause > CONSOLE_FRAME ? pause : CONSOLE_FRAME);
}

static void console_answers(struct console *c)
{
	for (struct job *j; (j = worker_take(c->session.worker));) {
		c->dirty = true;
		if (more_take(c, j))
			continue;
		struct pane *owner = NULL;
		for (int i = 0; i < c->screens.count; i++)
			if (c->screens.list[i] == j->owner)
				owner = c->screens.list[i];
		if (owner && owner->ops->take)
			owner->ops->take(owner, j);
		else
			job_free(j);
	}
}

void console_work(struct console *c)
{
	int64_t now = clock_mono();
	if (now >= c->tick_at) { /* the clock, and the age that goes on without any question */
		int64_t wall = clock_now();
		c->tick_at = now + SECOND - (wall % SECOND + SECOND) % SECOND;
		c->dirty |= !c->session.accessible;
	}
	console_replica(c, now);
	if (!c->session.query)
		return;
	console_answers(c);
	console_wishes(c);
	struct pane *p = screens_top(&c->screens);
	int64_t due = p->ops->due ? p->ops->due(p) : TIME_NONE;
	if (due != TIME_NONE && now >= due) {
		p->ops->wake(p);
		c->dirty = true;
	}
	if (p->stale && !p->held && now >= console_load_at(c, p)) {
		pane_load(p);
		c->dirty = true;
	}
}

int console_timeout(const struct console *c)
{
	const struct pane *p = screens_top(&c->screens);
	int64_t now = clock_mono();
	int64_t at = c->tick_at;
	if (!c->session.query)
		at = c->open_at < at ? c->open_at : at;
	else
		at = news_due(&c->news, now) < at ? news_due(&c->news, now) : at;
	if (c->session.query && c->fresh_at < at)
		at = c->fresh_at;
	int64_t due = c->session.query && p->ops->due ? p->ops->due(p) : TIME_NONE;
	if (due != TIME_NONE && due < at)
		at = due;
	if (p->stale && !p->held && console_load_at(c, p) < at)
		at = console_load_at(c, p);
	int64_t wait = (at - now + 999) / 1000;
	return wait < 0 ? 0 : wait > 1000 ? 1000 : (int)wait;
}

bool console_idle(struct console *c)
{
	struct pane *p = screens_top(&c->screens);
	if (!c->session.query)
		return false;
	if (news_waiting(&c->news, c->session.query) || worker_busy(c->session.worker))
		return false;
	int64_t due = p->ops->due ? p->ops->due(p) : TIME_NONE;
	return (due == TIME_NONE || due > clock_mono() + CONSOLE_SOON) && (!p->stale || p->held);
}

void console_paint(struct console *c)
{
	if (!c->dirty)
		return;
	c->dirty = false;
	int64_t start = clock_mono();
	c->session.now = clock_now();
	screen_draw(&c->screens, &c->session, &c->prompt);
	more_draw(c, start);
	term_show();
	c->painted = clock_mono() - start;
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

void console_started(struct console *c)
{
	const char *terminal = term_notice(), *other = c->params->notice;
	if (terminal && other)
		session_say(&c->session, ROLE_WARN, "%s; %s", terminal, other);
	else if (terminal)
		session_say(&c->session, ROLE_WARN, "%s", terminal);
}

int64_t console_cpu(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * SECOND + t.tv_nsec / 1000;
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
	s->as_of = s->as_of_last = s->go_as_of = TIME_NONE;
	s->go_tab = -1;
	s->accessible = session_flag(p->settings, "accessible");
	s->tour = session_flag(p->settings, "tour");
	const char *charts = session_text(p->settings, "charts"), *copy = session_text(p->settings, "copy");
	s->charts = !charts || strcmp(charts, "blocks") == 0 ? CHART_BLOCKS
		    : strcmp(charts, "braille") == 0         ? CHART_BRAILLE
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
	return console_go(c, find_pane.code, NULL);
}

void console_done(struct console *c)
{
	screens_done(&c->screens);
	more_done(&c->more);
	worker_free(c->session.worker);
	query_close(c->session.query);
	news_close(&c->news);
	prompt_done(&c->prompt);
	trail_done(&c->trail);
	console_unwant(c);
	session_done(&c->session);
}
