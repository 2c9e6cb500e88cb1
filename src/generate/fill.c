#include "config.h"

#include "generate/fill.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "generate/writer.h"

/* Above this rate events share transactions, one each tick. */
#define EVENTS_ALONE 100.0
#define TICK (10 * INT64_C(1000))
enum { EVENTS_TOGETHER = 20000 };
/* A machine that cannot keep up, or slept, does not make up for more than this. */
#define BEHIND (30 * SECOND)

/* True when someone wants an end; else waits so long for it. */
static bool fill_stopped(const struct fill *f, int64_t wait)
{
	struct pollfd fds[2] = {{.fd = f->params.stop[0], .events = POLLIN}, {.fd = f->params.stop[1], .events = POLLIN}};
	int64_t end = clock_mono() + wait;
	for (;;) {
		struct timespec time = {.tv_sec = wait / SECOND, .tv_nsec = (wait % SECOND) * 1000};
		int ready = ppoll(fds, 2, &time, NULL);
		/* A signal that means an end has made a descriptor readable by now: look again. */
		if (ready >= 0 || errno != EINTR)
			return ready > 0;
		wait = end - clock_mono();
		if (wait < 0)
			wait = 0;
	}
}

static bool fill_interrupted(struct fill *f, struct error *err)
{
	const char *position = f->rows ? fill_position(f) : NULL;
	if (position && *position)
		error_set(err, ERROR_INTERRUPTED, "could not write everything: interrupted after %lld rows, position %s", (long long)f->rows,
		          position);
	else
		error_set(err, ERROR_INTERRUPTED, "could not write everything: interrupted after %lld rows", (long long)f->rows);
	return error_hint(err, "the batches written are complete; another run goes on after them");
}

bool fill_open(struct fill *f, const struct fill_params *p, struct error *err)
{
	*f = (struct fill){.params = *p};
	f->writer = writer_open(p->url, err);
	if (!f->writer)
		return false;
	f->event = memory_alloc(sizeof *f->event);
	if (f->writer->ops->resume && !f->writer->ops->resume(f->writer, &f->state, err))
		goto failed;
	f->resumed = f->state.len > 0;
	f->generator = f->resumed ? generator_resume(buffer_text(&f->state), err)
	                          : generator_new(&(struct generator_params){.seed = p->seed}, err);
	if (!f->generator)
		goto failed;
	if (!p->seed_given || generator_seed(f->generator) == p->seed)
		return true;
	error_set(err, ERROR_USAGE, "could not generate with seed %llu: \"%s\" was begun with seed %llu", (unsigned long long)p->seed, p->url,
	          (unsigned long long)generator_seed(f->generator));
	error_hint(err, "leave out --seed, or generate into a new bank");
failed:
	fill_close(f);
	return false;
}

void fill_close(struct fill *f)
{
	if (f->writer)
		f->writer->ops->close(f->writer);
	generator_free(f->generator);
	free(f->event);
	buffer_done(&f->state);
	*f = (struct fill){0};
}

static bool fill_put(struct fill *f, enum writer_op op, enum writer_table table, const void *row, struct error *err)
{
	f->rows++;
	return f->writer->ops->put(f->writer, op, table, row, err);
}

/* Notes the place reached and commits. */
static bool fill_commit(struct fill *f, struct error *err)
{
	if (f->writer->ops->note) {
		buffer_clear(&f->state);
		generator_state(f->generator, &f->state);
		if (!f->writer->ops->note(f->writer, buffer_text(&f->state), err))
			return false;
	}
	return f->writer->ops->commit(f->writer, err);
}

static bool fill_shops(struct fill *f, struct error *err)
{
	const struct shop *shops;
	int count = generator_shops(f->generator, &shops);
	for (int i = 0; i < count; i++)
		if (!fill_put(f, WRITER_INSERT, WRITER_STORE, &shops[i], err))
			return false;
	return true;
}

/* Begins a transaction; a new bank's first one brings the shops. */
static bool fill_begin(struct fill *f, int64_t commit_time, struct error *err)
{
	if (!f->writer->ops->begin(f->writer, commit_time, err))
		return false;
	if (f->resumed || f->rows > 0)
		return true;
	return fill_shops(f, err);
}

static bool fill_batch(struct fill *f, int64_t count, int64_t commit_time, struct error *err)
{
	struct person person;
	struct product product;
	struct asset asset;
	int64_t n = generator_count(f->generator), last = n + count;
	if (!fill_begin(f, commit_time, err))
		return false;
	while (++n <= last) {
		generator_customer(f->generator, n, &person, &product, &asset);
		if (!fill_put(f, WRITER_INSERT, WRITER_CUSTOMER, &person, err) ||
		    !fill_put(f, WRITER_INSERT, WRITER_PRODUCT, &product, err) ||
		    !fill_put(f, WRITER_INSERT, WRITER_ASSET, &asset, err))
			return false;
	}
	generator_made(f->generator, last);
	return fill_commit(f, err);
}

/* How far in the past batches begin that come faster than their times can be told apart, so that the last one has its own. */
static int64_t load_shift(const struct fill *f, const struct fill_load *load, int64_t left)
{
	int64_t short_of = f->writer->ops->apart - load->delay;
	return short_of > 0 ? (left - 1) / load->batch * short_of : 0;
}

bool fill_customers(struct fill *f, const struct fill_load *load, struct error *err)
{
	if (load->customers <= 0)
		return true;
	generator_load(f->generator, load->customers, clock_now(), load->days);
	for (int64_t done = 0; done < load->customers;) {
		if (fill_stopped(f, done ? load->delay : 0))
			return fill_interrupted(f, err);
		int64_t left = load->customers - done, count = left < load->batch ? left : load->batch;
		if (!fill_batch(f, count, clock_now() - load_shift(f, load, left), err))
			return false;
		done += count;
		if (f->params.progress)
			f->params.progress(f->params.ctx, done, load->customers, f->rows);
	}
	return true;
}

/* Where rows cannot be deleted, who leaves has their products closed: false when nothing of the write is left. */
static bool write_without_deletes(struct event_write *w)
{
	if (w->op != WRITER_DELETE)
		return true;
	if (w->table != WRITER_PRODUCT)
		return false;
	w->op = WRITER_UPDATE;
	strcpy(w->product.status, "CLOSED");
	return true;
}

static bool event_put(struct fill *f, struct error *err)
{
	generator_event(f->generator, f->event);
	for (int i = 0; i < f->event->count; i++) {
		struct event_write *w = &f->event->writes[i];
		if (!f->writer->ops->deletes && !write_without_deletes(w))
			continue;
		if (!fill_put(f, w->op, w->table, &w->person, err))
			return false;
	}
	return true;
}

static bool fill_events(struct fill *f, int64_t count, struct error *err)
{
	if (!fill_begin(f, clock_now(), err))
		return false;
	for (int64_t i = 0; i < count; i++)
		if (!event_put(f, err))
			return false;
	return fill_commit(f, err);
}

bool fill_event(struct fill *f, struct error *err)
{
	return fill_events(f, 1, err);
}

/* A stretch of events: `done` of them since `started`. */
struct pace {
	double rate;
	int64_t tick; /* between transactions at least; events due by then share one; 0: each has its own */
	int64_t started, done;
	int64_t last; /* transaction */
};

static void pace_begin(struct pace *p, struct fill *f)
{
	int64_t step = (int64_t)((double)SECOND / p->rate);
	p->started = clock_mono();
	p->done = 0;
	p->tick = p->rate > EVENTS_ALONE ? TICK : 0;
	if (p->tick < f->writer->ops->apart)
		p->tick = f->writer->ops->apart;
	p->last = p->started - p->tick;
	generator_live(f->generator, clock_now(), step > 0 ? step : 1);
}

/* How long until there is something to do; 0: there is. */
static int64_t pace_wait(const struct pace *p, int64_t now)
{
	int64_t next = p->started + (int64_t)((double)(p->done + 1) / p->rate * (double)SECOND);
	if (next < p->last + p->tick)
		next = p->last + p->tick;
	return next > now ? next - now : 0;
}

static int64_t pace_due(const struct pace *p, int64_t now)
{
	int64_t due = (int64_t)((double)(now - p->started) / (double)SECOND * p->rate) - p->done;
	if (due < 1 || p->tick == 0)
		return 1;
	return due < EVENTS_TOGETHER ? due : EVENTS_TOGETHER;
}

bool fill_changes(struct fill *f, double rate, int64_t duration, struct error *err)
{
	struct pace pace = {.rate = rate};
	int64_t begun = clock_mono(), total = 0;
	int64_t all = duration ? (int64_t)((double)duration / (double)SECOND * rate + 0.5) : INT64_MAX;
	pace_begin(&pace, f);
	while (total < all) {
		int64_t now = clock_mono();
		/* Too slow a machine ends in time, with fewer events. */
		if (duration && now - begun > duration + SECOND + pace.tick)
			break;
		if (fill_stopped(f, pace_wait(&pace, now)))
			return duration == 0 || fill_interrupted(f, err);
		now = clock_mono();
		if (now - pace.started - (int64_t)((double)pace.done / rate * (double)SECOND) > BEHIND)
			pace_begin(&pace, f);
		int64_t count = pace_due(&pace, now);
		if (count > all - total)
			count = all - total;
		if (!fill_events(f, count, err))
			return false;
		pace.last = now;
		pace.done += count;
		total += count;
		if (f->params.progress)
			f->params.progress(f->params.ctx, total, duration ? all : 0, f->rows);
	}
	return true;
}

const char *fill_position(struct fill *f)
{
	return f->writer->ops->position(f->writer);
}
