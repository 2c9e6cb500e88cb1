/* From screen to screen: by code, by CIF, back and forward. Each place that is left is written down as it is. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/moment.h"
#include "base/zone.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/console.h"
#include "ui/kit/figures.h"
#include "ui/pane.h"
#include "ui/panes/card.h"
#include "ui/worker.h"

static const struct pane_ops *go_ops(const char *code)
{
	const struct pane_ops *const *o = pane_table;
	while (*o && strcasecmp((*o)->code, code) != 0)
		o++;
	return *o;
}

void console_keep(struct console *c)
{
	struct session *s = &c->session;
	struct pane *p = screens_top(&c->screens);
	struct buffer mark = {0};
	if (!p)
		return;
	if (p->ops->mark)
		p->ops->mark(p, &mark);
	trail_keep(&c->trail, p->ops->customer ? s->customer : NULL, p->ops->customer ? s->as_of : TIME_NONE,
		   buffer_text(&mark));
	buffer_done(&mark);
}

/* What a screen asked that is seen no more gives way to what the next one asks. */
static void go_show(struct console *c, const struct pane_ops *ops, const char *argument, const char *mark)
{
	struct session *s = &c->session;
	struct pane *before = screens_top(&c->screens);
	if (before && before->ops != ops && s->worker)
		worker_release(s->worker, before);
	c->tab_pending = false;
	struct pane *p = screens_show(&c->screens, s, ops);
	if (ops->start)
		ops->start(p, argument);
	if (mark && mark[0] && ops->recall)
		ops->recall(p, mark);
	if (s->query)
		pane_load(p);
	c->dirty = true;
}

bool console_go(struct console *c, const char *code, const char *argument)
{
	struct session *s = &c->session;
	const struct pane_ops *o = go_ops(code);
	if (!o)
		return false;
	if (o != &find_pane && o != &help_pane && !s->query) {
		session_say(s, ROLE_WARN, _("There is no replica to read yet"));
		return true;
	}
	if (o->customer && !s->customer) {
		session_say(s, ROLE_WARN, _("Which customer? Type a CIF first"));
		return true;
	}
	console_keep(c);
	if (!o->customer)
		s->as_of = TIME_NONE;
	else if (s->go_as_of != TIME_NONE)
		s->as_of = s->as_of_last = s->go_as_of;
	s->go_as_of = TIME_NONE;
	trail_go(&c->trail, o->code, o->customer ? s->customer : NULL, s->as_of);
	go_show(c, o, argument, NULL);
	return true;
}

/* ---- back and forward ---- */

void console_restore(struct console *c)
{
	struct session *s = &c->session;
	const struct place *p = trail_here(&c->trail);
	const struct pane_ops *o = p ? go_ops(p->code) : &find_pane;
	s->as_of = p ? p->as_of : TIME_NONE;
	s->go_tab = -1;
	if (p && p->cif) {
		free(s->customer);
		s->customer = memory_text(p->cif);
		if (!session_typed(s)) /* the next CIF, half typed, stays */
			field_set(&s->cif, p->cif, true);
	}
	go_show(c, o, NULL, p ? p->mark : NULL);
}

bool console_step(struct console *c, bool forward)
{
	console_keep(c);
	if (!(forward ? trail_forward(&c->trail) : trail_back(&c->trail)))
		return false;
	console_restore(c);
	return true;
}

/* ---- one customer ---- */

static void go_remember(struct session *s, const struct lookup_answer *a)
{
	const struct entity *e = &s->model->entities[s->model->customer];
	struct recent seen = {memory_text(a->cif), memory_text(a->name), NULL, memory_text(a->store_name)};
	struct buffer store = {0};
	if (e->store >= 0 && a->customer->values[e->store].kind > VALUE_NULL) {
		value_print(&store, &e->columns[e->store], a->customer->values[e->store]);
		seen.store = memory_text(buffer_text(&store));
	}
	buffer_done(&store);
	session_remember(s, seen);
}

static void go_found(struct console *c, const struct lookup_answer *a, int64_t took)
{
	struct session *s = &c->session;
	struct civil at;
	char ms[FIGURES_SIZE];
	if (!a->customer && a->candidate_count) {
		session_say(s, ROLE_WARN, P_("%d customer: choose one", "%d customers: choose one", a->candidate_count),
			    a->candidate_count);
		return;
	}
	if (!a->customer) {
		session_say(s, ROLE_WARN, _("Not found"));
		return;
	}
	go_remember(s, a);
	free(s->customer);
	s->customer = memory_text(a->cif);
	field_set(&s->cif, a->cif, true);
	figures_real((double)took / 1000, 1, ms);
	if (a->base.freshness.complete_to == TIME_NONE) {
		session_say(s, ROLE_MESSAGE, _("Customer found in %s ms"), ms);
		return;
	}
	zone_civil(s->zone, a->base.freshness.complete_to, &at);
	session_say(s, ROLE_MESSAGE, _("Customer found in %s ms, replica as of %02d:%02d:%02d"), ms, at.hour, at.minute,
		    at.second);
}

/* Nothing typed is lost for coming too early: it is shown, in order, as soon as there is something to show. */
static void go_later(struct console *c, char *cif)
{
	if (c->wanted_count == CONSOLE_WANTED) {
		free(c->wanted[0]);
		memmove(&c->wanted[0], &c->wanted[1], (CONSOLE_WANTED - 1) * sizeof(c->wanted[0]));
		c->wanted_count--;
	}
	c->wanted[c->wanted_count++] = cif;
	session_say(&c->session, ROLE_WARN, _("There is no replica to read yet: %s is shown as soon as there is"), cif);
}

void console_unwant(struct console *c)
{
	while (c->wanted_count)
		free(c->wanted[--c->wanted_count]);
}

void console_want(struct console *c)
{
	struct session *s = &c->session;
	struct field typed = s->cif; /* what is being typed meanwhile stays */
	bool typing = session_typed(s);
	for (int i = 0; i < c->wanted_count; i++) {
		console_lookup(c, c->wanted[i]);
		console_paint(c);
	}
	console_unwant(c);
	if (typing)
		s->cif = typed;
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
	s->cif_focus = s->cif_left = false;
	if (!s->query) {
		go_later(c, asked);
		return;
	}
	console_keep(c);
	s->as_of = TIME_NONE; /* the next customer is met in the present */
	s->go_tab = -1;
	free(s->customer);
	s->customer = asked;
	trail_go(&c->trail, customer_pane.code, asked, TIME_NONE);
	int64_t start = clock_now();
	go_show(c, &customer_pane, NULL, NULL);
	const struct card *card = customer_card(screens_top(&c->screens));
	if (card && card->loaded)
		go_found(c, &card->answer, clock_now() - start);
}

/* ---- another moment ---- */

void console_as_of(struct console *c, const char *text)
{
	struct session *s = &c->session;
	struct error err = {0};
	struct pane *p = screens_top(&c->screens);
	int64_t at = TIME_NONE;
	if (text[0] && strcmp(text, "now") != 0 &&
	    !moment_parse(text, s->zone, age_source_now(&s->age, clock_now()), MOMENT_AS_OF, &at, &err)) {
		session_fail(s, &err);
		return;
	}
	int64_t before = s->as_of;
	s->as_of = at;
	if (!pane_load(p))
		s->as_of = before; /* what is shown is still that */
	else if (at != TIME_NONE)
		s->as_of_last = at;
}
