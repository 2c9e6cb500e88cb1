#include "config.h"

#include "ingest/snapshot.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "replica/copy.h"
#include "replica/mutants.h"
#include "replica/replica.h"
#include "source/source.h"

#define CHUNK_ROWS 5000
#define LEFTOVER_KEYS 500

/* What stands between two steps. */
enum holding {
	HOLD_NOTHING,
	HOLD_CHUNK,     /* read, waits for its H */
	HOLD_LEFTOVERS, /* keys given out, waits for a bound past their last event */
	HOLD_FILL,      /* read by key, waits for its H */
};

struct snapshot {
	struct replica *replica;
	struct source *source;
	enum holding holding;
	char *visible;          /* reads see everything before this position; NULL: nobody asked yet */
	struct source_chunk chunk;
	struct copy_chunk write;
	const struct value *const *keys;
	int key_count;
	char *bound;            /* the leftovers' last position */
	int64_t *estimates;     /* rows by entity; -1 unknown; made at the first question */
};

struct snapshot *snapshot_new(struct replica *r, struct source *s)
{
	struct snapshot *x = memory_zero(1, sizeof *x);
	x->replica = r;
	x->source = s;
	return x;
}

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	free(s->bound);
	free(s->visible);
	free(s->estimates);
	free(s);
}

static const struct source_copy_ops *reader(const struct snapshot *s)
{
	return s->source->ops->copy;
}

bool snapshot_begin(struct snapshot *s, const struct snapshot_how *how, struct error *err)
{
	const char *p0;
	int64_t clock;
	bool anew = how->fresh && reader(s)->begin_anew;
	if (!(anew ? reader(s)->begin_anew : reader(s)->bound_before)(s->source, &p0, &clock, err))
		return false;
	if (MUTANT(P0) && !s->source->ops->newest(s->source, &p0, err))
		return false;
	if (!how->fresh)
		p0 = replica_position(s->replica);
	s->holding = HOLD_NOTHING;
	struct copy_start start = {how->entity, how->resync, how->fresh, p0, clock, how->gap_reason};
	return copy_begin(s->replica, &start, err) && replica_commit(s->replica, err);
}

/* Reads may begin once all before P0 is visible to them: at once after a first P0, later when the stream was running. Each
 * entity has a P0 of its own. */
static bool wait_readable(struct snapshot *s, const char *p0, bool *readable, struct error *err)
{
	const char *bound;
	int64_t clock;
	*readable = MUTANT(P0) || (s->visible && s->source->ops->reached(s->visible, p0));
	if (*readable)
		return true;
	if (!reader(s)->bound_before(s->source, &bound, &clock, err))
		return false;
	free(s->visible);
	s->visible = memory_text(bound);
	*readable = s->source->ops->reached(bound, p0);
	return true;
}

static bool applied(const struct snapshot *s, const char *high)
{
	const char *position = replica_position(s->replica);
	return MUTANT(HOLD) || (position && s->source->ops->reached(position, high));
}

static enum snapshot_step worked(bool ok)
{
	return ok ? SNAPSHOT_WORKED : SNAPSHOT_FAILED;
}

static enum snapshot_step read_chunk(struct snapshot *s, const struct copy_progress *p, struct error *err)
{
	if (!reader(s)->read_chunk(s->source, p->entity, p->cursor, CHUNK_ROWS, &s->chunk, err))
		return SNAPSHOT_FAILED;
	s->write = (struct copy_chunk){p->entity, s->chunk.count, s->chunk.rows, s->chunk.last, p->epoch};
	s->holding = HOLD_CHUNK;
	return SNAPSHOT_WORKED;
}

static enum snapshot_step write_chunk(struct snapshot *s, struct error *err)
{
	if (!applied(s, s->chunk.high))
		return SNAPSHOT_WAITS;
	s->holding = HOLD_NOTHING;
	return worked(copy_chunk(s->replica, &s->write, err) && replica_commit(s->replica, err));
}

static enum snapshot_step ask_leftovers(struct snapshot *s, const struct copy_progress *p, struct error *err)
{
	const char *last;
	if (!copy_leftovers(s->replica, p->entity, &s->keys, &s->key_count, LEFTOVER_KEYS, &last, err) || !replica_commit(s->replica, err))
		return SNAPSHOT_FAILED;
	s->write = (struct copy_chunk){.entity = p->entity, .epoch = p->epoch};
	free(s->bound);
	s->bound = memory_text(last);
	s->holding = HOLD_LEFTOVERS;
	return SNAPSHOT_WORKED;
}

static enum snapshot_step read_leftovers(struct snapshot *s, struct error *err)
{
	const char *bound;
	int64_t clock;
	if (!reader(s)->bound_before(s->source, &bound, &clock, err))
		return SNAPSHOT_FAILED;
	if (!s->source->ops->reached(bound, s->bound) && !MUTANT(LEFTOVER_BOUND))
		return SNAPSHOT_WAITS;
	s->holding = HOLD_FILL;
	return worked(reader(s)->read_keys(s->source, s->write.entity, s->keys, s->key_count, &s->chunk, err));
}

static enum snapshot_step fill_leftovers(struct snapshot *s, struct error *err)
{
	if (!applied(s, s->chunk.high))
		return SNAPSHOT_WAITS;
	s->holding = HOLD_NOTHING;
	if (copy_epoch(s->replica, s->write.entity) != s->write.epoch)
		return SNAPSHOT_WORKED;
	struct copy_filling f = {s->write.entity, s->keys, s->key_count, s->chunk.rows, s->chunk.count};
	return worked(copy_fill(s->replica, &f, err) && replica_commit(s->replica, err));
}

static enum snapshot_step finish(struct snapshot *s, const struct copy_progress *p, struct error *err)
{
	struct copy_counts counts;
	if (!copy_finish(s->replica, p->entity, &counts, err) || !replica_commit(s->replica, err))
		return SNAPSHOT_FAILED;
	return copy_running(s->replica) ? SNAPSHOT_WORKED : SNAPSHOT_DONE;
}

enum snapshot_step snapshot_step(struct snapshot *s, struct error *err)
{
	struct copy_progress p;
	if (!copy_progress(s->replica, &p)) {
		s->holding = HOLD_NOTHING;
		return SNAPSHOT_NONE;
	}
	switch (s->holding) {
	case HOLD_CHUNK:
		return write_chunk(s, err);
	case HOLD_LEFTOVERS:
		return read_leftovers(s, err);
	case HOLD_FILL:
		return fill_leftovers(s, err);
	case HOLD_NOTHING:
		break;
	}
	bool readable;
	if (!wait_readable(s, p.p0, &readable, err))
		return SNAPSHOT_FAILED;
	if (!readable)
		return SNAPSHOT_WAITS;
	if (!p.read_all)
		return read_chunk(s, &p, err);
	if (copy_has_leftovers(s->replica, p.entity))
		return ask_leftovers(s, &p, err);
	return finish(s, &p, err);
}

double snapshot_percent(struct snapshot *s)
{
	struct copy_progress p;
	const struct model *m = replica_model(s->replica);
	if (!copy_progress(s->replica, &p) || !reader(s)->estimate)
		return 0;
	if (!s->estimates) {
		s->estimates = memory_zero((size_t)m->entity_count, sizeof *s->estimates);
		for (int i = 0; i < m->entity_count; i++)
			s->estimates[i] = reader(s)->estimate(s->source, i);
	}
	int64_t total = 0;
	for (int i = 0; i < m->entity_count; i++) {
		if (s->estimates[i] < 0)
			return 0;
		total += s->estimates[i];
	}
	double percent = total ? 100.0 * (double)p.rows / (double)total : 0;
	return percent > 99 ? 99 : percent;
}
