#include "config.h"

#include "ui/pane.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "ui/kit/grid.h"
#include "ui/session.h"
#include "ui/worker.h"

const struct pane_ops *const pane_table[] = {
	&find_pane, &customer_pane, &history_pane, &stores_pane, &lag_pane, &help_pane, NULL,
};

struct pane *pane_new(const struct pane_ops *ops, struct session *s)
{
	assert(ops->code && ops->title && ops->about && ops->size >= sizeof(struct pane) && ops->load && ops->draw);
	struct pane *p = memory_zero(1, ops->size);
	p->ops = ops;
	p->session = s;
	p->loaded_at = TIME_NONE;
	return p;
}

void pane_free(struct pane *p)
{
	if (p->session->worker)
		worker_cancel(p->session->worker, p);
	if (p->ops->stop)
		p->ops->stop(p);
	free(p);
}

bool pane_load(struct pane *p)
{
	struct error err = {0};
	int64_t start = clock_mono();
	bool good = p->session->query && p->ops->load(p, &err);
	p->stale = false;
	p->loaded_at = clock_mono();
	p->cost = p->loaded_at - start;
	if (good)
		p->loaded = true;
	else if (err.code != ERROR_NONE)
		session_fail(p->session, &err);
	return good;
}

static struct grid *pane_grid(struct pane *p)
{
	return p->ops->grid ? p->ops->grid(p) : NULL;
}

static enum reaction pane_react(struct pane *p, enum action a)
{
	struct grid *g = pane_grid(p);
	if (g && (grid_record_act(g, a) || (a == ACTION_BACK && grid_act(g, a)))) {
		if (p->ops->act)
			p->ops->act(p, ACTION_NONE); /* another row may be selected */
		return REACT_DONE;
	}
	enum reaction r = p->ops->act ? p->ops->act(p, a) : REACT_IGNORED;
	if (r != REACT_IGNORED)
		return r;
	return g && grid_act(g, a) ? REACT_DONE : REACT_IGNORED;
}

enum reaction pane_act(struct pane *p, enum action a)
{
	bool held = p->held;
	enum reaction r = pane_react(p, a);
	if (p->held && !held)
		p->known = p->session->age;
	return r;
}

bool pane_filter(struct pane *p, const char *text)
{
	struct grid *g = pane_grid(p);
	if (p->ops->filter)
		p->ops->filter(p, text);
	else if (g)
		grid_filter(g, text);
	else
		return false;
	if (p->ops->act)
		p->ops->act(p, ACTION_NONE);
	return true;
}

const char *pane_filtered(struct pane *p)
{
	struct grid *g = pane_grid(p);
	if (p->ops->filtered)
		return p->ops->filtered(p);
	return g ? g->filter : NULL;
}

void pane_ask(struct pane *p, const char *label, const char *initial)
{
	p->ask = label;
	snprintf(p->ask_initial, sizeof(p->ask_initial), "%s", initial ? initial : "");
}
