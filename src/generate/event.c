/* Events: what happens in a bank after a customer has registered.
 *
 * An event is drawn from its number alone (which kind, whom it strikes, which of the
 * products), noted in the customer's trace, and only then are the rows made: by the
 * same functions that made them first. So replaying the numbers replays everything. */
#include "config.h"

#include "generate/generator.h"

#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "generate/dice.h"
#include "generate/pen.h"
#include "generate/world.h"

static const int kind_weights[EVENT_KINDS] = {
	[EVENT_MOVE] = 15, [EVENT_PHONE] = 12, [EVENT_RENAME] = 4, [EVENT_EMAIL] = 8, [EVENT_OPEN] = 12,
	[EVENT_STATUS] = 10, [EVENT_REVALUE] = 15, [EVENT_LEAVE] = 4, [EVENT_REGISTER] = 20,
};

/* Some customers are busy: three events of ten strike one in a hundred, so that histories get long. */
enum { BUSY_PERCENT = 30, BUSY_EACH = 100, TRIES = 16 };

/* Everything one event works with. */
struct happening {
	struct generator *g;
	struct generator_event *event;
	struct dice dice;
	uint32_t number; /* from 1 */
	int64_t day;
	struct trace *trace; /* of the customer it strikes */
};

static struct event_write *write_add(struct happening *h, enum writer_op op, enum writer_table table)
{
	assert(h->event->count < EVENT_WRITES);
	struct event_write *w = &h->event->writes[h->event->count++];
	w->op = op;
	w->table = table;
	return w;
}

/* A customer who is still there; 0: none found, the bank may be as good as empty. */
static int64_t target_draw(struct happening *h)
{
	const struct generator *g = h->g;
	for (int i = 0; g->customers > 0 && i < TRIES; i++) {
		int64_t n = 1 + (int64_t)(dice_unit(&h->dice) * (double)g->customers);
		if (dice_percent(&h->dice, BUSY_PERCENT) && n > BUSY_EACH)
			n -= n % BUSY_EACH;
		const struct trace *trace = trace_find(&g->traces, n);
		if (!trace || !trace->gone)
			return n;
	}
	return 0;
}

static void write_person(struct happening *h, enum writer_op op)
{
	/* Who served the customer stands in the row; who is deleted keeps the teller of the last change. */
	if (op == WRITER_UPDATE)
		h->trace->traits.served = h->number;
	world_person(h->g, h->trace->n, &write_add(h, op, WRITER_CUSTOMER)->person);
}

static void product_make(struct happening *h, int which, struct product *product)
{
	if (which == 0) {
		world_first_product(h->g, h->trace->n, product);
		return;
	}
	const struct trace_product *opened = &h->trace->opened[which - 1];
	product_opened(product, h->g->seed, h->trace->n, opened->event, opened->day);
	product_status(product, opened->status);
}

static enum status product_status_now(const struct happening *h, int which)
{
	struct product first;
	return which == 0 ? world_first_product(h->g, h->trace->n, &first) : h->trace->opened[which - 1].status;
}

static void event_open(struct happening *h)
{
	struct trace *t = h->trace;
	if (!t->opened)
		t->opened = memory_zero(OPENED_MAX, sizeof *t->opened);
	t->opened[t->opened_count++] = (struct trace_product){h->number, (int32_t)h->day, STATUS_ACTIVE};
	product_make(h, t->opened_count, &write_add(h, WRITER_INSERT, WRITER_PRODUCT)->product);
}

static enum status status_after(enum status now, struct dice *d)
{
	if (now != STATUS_ACTIVE)
		return dice_percent(d, 70) ? STATUS_ACTIVE : STATUS_CLOSED;
	static const enum status next[] = {STATUS_CLOSED, STATUS_BLOCKED, STATUS_DORMANT};
	static const int weights[] = {50, 30, 20};
	return next[dice_weighted(d, weights, 100)];
}

/* A product that is not closed changes its status; false: all are closed. */
static bool event_status(struct happening *h)
{
	struct trace *t = h->trace;
	int count = 1 + t->opened_count, first = (int)dice_below(&h->dice, (uint32_t)count);
	for (int i = 0; i < count; i++) {
		int which = (first + i) % count;
		enum status now = product_status_now(h, which);
		if (now == STATUS_CLOSED)
			continue;
		enum status next = status_after(now, &h->dice);
		if (which == 0) {
			t->first_changed = true;
			t->first_status = (uint8_t)next;
		} else {
			t->opened[which - 1].status = (uint8_t)next;
		}
		product_make(h, which, &write_add(h, WRITER_UPDATE, WRITER_PRODUCT)->product);
		return true;
	}
	return false;
}

static void event_revalue(struct happening *h)
{
	h->trace->revalued = h->number;
	h->trace->revalued_day = (int32_t)h->day;
	world_asset(h->g, h->trace->n, &write_add(h, WRITER_UPDATE, WRITER_ASSET)->asset);
}

static void event_leave(struct happening *h)
{
	for (int which = h->trace->opened_count; which >= 0; which--)
		product_make(h, which, &write_add(h, WRITER_DELETE, WRITER_PRODUCT)->product);
	world_asset(h->g, h->trace->n, &write_add(h, WRITER_DELETE, WRITER_ASSET)->asset);
	write_person(h, WRITER_DELETE);
	h->trace->gone = true;
}

static void event_register(struct happening *h)
{
	h->trace = trace_get(&h->g->traces, ++h->g->customers);
	h->trace->registered_at = h->event->at;
	write_person(h, WRITER_INSERT);
	product_make(h, 0, &write_add(h, WRITER_INSERT, WRITER_PRODUCT)->product);
	world_asset(h->g, h->trace->n, &write_add(h, WRITER_INSERT, WRITER_ASSET)->asset);
}

/* A change of the customer's own row. */
static void event_person(struct happening *h)
{
	struct traits *t = &h->trace->traits;
	switch (h->event->kind) {
	case EVENT_MOVE:
		t->moved = h->number;
		break;
	case EVENT_RENAME:
		t->renamed = h->number;
		break;
	case EVENT_PHONE:
		t->phoned = h->number;
		t->phoned_home = t->moved;
		break;
	default:
		t->mailed = h->number;
		t->mailed_name = t->renamed;
		break;
	}
	write_person(h, WRITER_UPDATE);
}

/* Does what was drawn or, where the customer does not allow it, the next best. */
static void event_happen(struct happening *h)
{
	struct generator_event *e = h->event;
	if (e->kind == EVENT_OPEN && h->trace->opened_count == OPENED_MAX)
		e->kind = EVENT_STATUS;
	if (e->kind == EVENT_STATUS) {
		if (event_status(h))
			return;
		e->kind = h->trace->opened_count < OPENED_MAX ? EVENT_OPEN : EVENT_REVALUE;
	}
	if (e->kind == EVENT_OPEN)
		event_open(h);
	else if (e->kind == EVENT_REVALUE)
		event_revalue(h);
	else if (e->kind == EVENT_LEAVE)
		event_leave(h);
	else
		event_person(h);
}

void generator_event(struct generator *g, struct generator_event *event)
{
	assert(g->stretch_count > 0 && g->stretches[g->stretch_count - 1].live);
	struct stretch *live = &g->stretches[g->stretch_count - 1];
	uint32_t number = (uint32_t)++g->events;
	event->at = live->from + live->done++ * live->step;
	event->count = 0;

	struct happening h = {.g = g, .event = event, .number = number, .day = person_day(event->at)};
	h.dice = dice_of(g->seed, DICE_EVENT, number);
	event->kind = (enum event_kind)dice_weighted(&h.dice, kind_weights, 100);
	int64_t n = event->kind == EVENT_REGISTER ? 0 : target_draw(&h);
	if (n == 0) {
		event->kind = EVENT_REGISTER;
		event_register(&h);
	} else {
		h.trace = trace_get(&g->traces, n);
		event_happen(&h);
	}
	event->cif = CIF_FIRST - 1 + h.trace->n;
}
