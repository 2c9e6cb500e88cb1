#include "config.h"

#include "generate/trace.h"

#include <stdlib.h>

#include "base/memory.h"
#include "generate/dice.h"

static size_t slot_of(const struct trace_table *t, int64_t n)
{
	size_t at = dice_mix((uint64_t)n) & (t->room - 1);
	while (t->slots[at] && t->slots[at]->n != n)
		at = (at + 1) & (t->room - 1);
	return at;
}

static void table_grow(struct trace_table *t)
{
	struct trace_table grown = {.room = t->room ? t->room * 2 : 1024, .count = t->count};
	grown.slots = memory_zero(grown.room, sizeof *grown.slots);
	for (size_t i = 0; i < t->room; i++)
		if (t->slots[i])
			grown.slots[slot_of(&grown, t->slots[i]->n)] = t->slots[i];
	free(t->slots);
	*t = grown;
}

struct trace *trace_find(const struct trace_table *t, int64_t n)
{
	return t->count ? t->slots[slot_of(t, n)] : NULL;
}

struct trace *trace_get(struct trace_table *t, int64_t n)
{
	if (t->count * 4 >= t->room * 3)
		table_grow(t);
	struct trace **slot = &t->slots[slot_of(t, n)];
	if (!*slot) {
		*slot = memory_zero(1, sizeof **slot);
		(*slot)->n = n;
		t->count++;
	}
	return *slot;
}

void trace_table_done(struct trace_table *t)
{
	for (size_t i = 0; i < t->room; i++)
		if (t->slots[i]) {
			free(t->slots[i]->opened);
			free(t->slots[i]);
		}
	free(t->slots);
	*t = (struct trace_table){0};
}
