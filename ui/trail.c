#include "config.h"

#include "ui/trail.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void trail_forget(struct place *p)
{
	free(p->cif);
	free(p->mark);
	*p = (struct place){0};
}

static bool trail_same(const struct place *p, const char *code, const char *cif, int64_t as_of)
{
	if (strcmp(p->code, code) != 0 || p->as_of != as_of)
		return false;
	return cif && p->cif ? strcmp(p->cif, cif) == 0 : cif == p->cif;
}

/* A screen of a customer and one of the same customer are tabs of each other: to and fro is no way. */
static bool trail_returns(const struct trail *t, const char *code, const char *cif, int64_t as_of)
{
	if (t->at == 0 || !cif || !t->list[t->at].cif || strcmp(t->list[t->at].cif, cif) != 0)
		return false;
	return trail_same(&t->list[t->at - 1], code, cif, as_of);
}

static void trail_fresh(struct place *p)
{
	free(p->mark);
	p->mark = memory_text("");
}

void trail_go(struct trail *t, const char *code, const char *cif, int64_t as_of)
{
	/* Of a screen that shows no customer the mark tells what is shown: with one, this is another place. */
	bool bare = t->count && (cif || !t->list[t->at].mark[0]);
	if (bare && trail_same(&t->list[t->at], code, cif, as_of)) {
		trail_fresh(&t->list[t->at]);
		return;
	}
	if (t->count && trail_returns(t, code, cif, as_of)) {
		trail_fresh(&t->list[--t->at]);
		return;
	}
	while (t->count > t->at + 1)
		trail_forget(&t->list[--t->count]);
	if (t->count == TRAIL_MOST) {
		trail_forget(&t->list[0]);
		memmove(&t->list[0], &t->list[1], (TRAIL_MOST - 1) * sizeof(t->list[0]));
		t->count--;
	}
	t->at = t->count++;
	t->list[t->at] = (struct place){code, memory_text(cif), as_of, memory_text("")};
}

void trail_keep(struct trail *t, const char *cif, int64_t as_of, const char *mark)
{
	if (!t->count)
		return;
	struct place *p = &t->list[t->at];
	struct place fresh = {p->code, memory_text(cif), as_of, memory_text(mark)};
	trail_forget(p);
	*p = fresh;
}

const struct place *trail_here(const struct trail *t)
{
	return t->count ? &t->list[t->at] : NULL;
}

const struct place *trail_back(struct trail *t)
{
	return t->at > 0 ? &t->list[--t->at] : NULL;
}

const struct place *trail_forward(struct trail *t)
{
	return t->at + 1 < t->count ? &t->list[++t->at] : NULL;
}

void trail_done(struct trail *t)
{
	while (t->count)
		trail_forget(&t->list[--t->count]);
	t->at = 0;
}
