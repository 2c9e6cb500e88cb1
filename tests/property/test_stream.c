/* Random streams, straight through apply: the replica holds what the oracle says.
 *
 * Several source transactions share a commit; now and then what is not committed is rolled back, or
 * the replica closed and opened, and the stream goes on at the position the replica stores.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "chance.h"
#include "compare.h"
#include "oracle.h"
#include "replica/apply.h"
#include "replica/query.h"
#include "replica/replica.h"
#include "run.h"
#include "stream.h"

#define LENGTH 40

struct feed {
	const struct stream *stream;
	struct chance chance;
	struct replica *replica;
	struct apply *apply;
	char path[160];
	struct error err;
};

static struct stream_params feed_params(uint64_t seed, int length)
{
	return (struct stream_params){.seed = seed,
				      .transactions = length,
				      .wild_clock = seed % 3 == 0,
				      .truncates = seed % 2 ? 4 : 0,
				      .cascades = seed % 5 < 2 ? CASCADES_SOME : CASCADES_NONE};
}

static bool feed_open(struct feed *f)
{
	struct replica_params p = {
		.path = f->path, .model = f->stream->model, .source_url = "test:", .source_kind = "test"};

	f->replica = replica_open_writer(&p, &f->err);
	f->apply = f->replica ? apply_new(f->replica) : NULL;
	return f->apply && apply_set_cascades(f->apply, &f->stream->cascades, &f->err);
}

static void feed_close(struct feed *f)
{
	apply_free(f->apply);
	replica_close(f->replica);
	f->apply = NULL;
	f->replica = NULL;
}

static bool feed_transaction(struct feed *f, int index)
{
	const struct stream_transaction *t = &f->stream->transactions[index];
	struct apply_times times = {.commit_time = t->commit_time, .source_clock = t->clock};
	char position[32];

	snprintf(position, sizeof position, "%d", index + 1);
	if (!apply_begin(f->apply, &times, &f->err))
		return false;
	for (int i = 0; i < t->count; i++)
		if (!t->hidden[i] && !apply_change(f->apply, &t->changes[i], &f->err))
			return false;
	return apply_end(f->apply, position, &f->err);
}

/* Where the stream goes on. */
static int feed_position(const struct feed *f)
{
	const char *position = replica_position(f->replica);

	return position ? atoi(position) : 0;
}

static bool feed_all(struct feed *f)
{
	int at = 0;

	while (at < f->stream->count) {
		if (!feed_transaction(f, at++))
			return false;
		if (chance_percent(&f->chance, 60) && at < f->stream->count)
			continue;
		if (chance_percent(&f->chance, 15)) {
			replica_rollback(f->replica);
			apply_reset(f->apply);
			at = feed_position(f);
			continue;
		}
		if (!replica_commit(f->replica, &f->err))
			return false;
		if (chance_percent(&f->chance, 4)) {
			feed_close(f);
			if (!feed_open(f))
				return false;
			if (feed_position(f) != at)
				return error_set(&f->err, ERROR_REPLICA, "position is %d, not %d", feed_position(f),
						 at);
		}
	}
	return true;
}

static void stream_oracle(struct oracle *o, const struct stream *s)
{
	oracle_init(o, s->model);
	for (int i = 0; i < s->count; i++) {
		oracle_begin(o, s->transactions[i].commit_time, s->transactions[i].clock);
		for (int k = 0; k < s->transactions[i].count; k++)
			(s->transactions[i].hidden[k] ? oracle_cascade : oracle_change)(o,
											&s->transactions[i].changes[k]);
		oracle_end(o);
	}
}

static bool stream_compare(struct feed *f, uint64_t seed, struct buffer *why)
{
	struct query *q = query_open(f->path, &f->err);
	struct oracle o;
	struct compare c = {.oracle = &o, .query = q, .seed = seed, .why = why};
	bool ok;

	if (!q) {
		buffer_text_add(why, f->err.message);
		return false;
	}
	stream_oracle(&o, f->stream);
	ok = compare_all(&c);
	oracle_done(&o);
	query_close(q);
	return ok;
}

static bool stream_one(uint64_t seed, int length, struct buffer *why)
{
	struct stream_params p = feed_params(seed, length);
	struct stream s;
	struct feed f = {.stream = &s, .chance = {seed}};
	bool ok;

	stream_init(&s, &p);
	snprintf(f.path, sizeof f.path, "%s/r.db", run_folder());
	ok = feed_open(&f) && feed_all(&f);
	if (!ok)
		buffer_text_add(why, f.err.message);
	feed_close(&f);
	ok = ok && stream_compare(&f, seed, why) && compare_rebuilt(f.path, "test:", why);
	run_remove(f.path);
	stream_done(&s);
	return ok;
}

static void stream_words(uint64_t seed, int length, struct buffer *out)
{
	struct stream_params p = feed_params(seed, length);
	struct stream s;

	stream_init(&s, &p);
	for (int i = 0; i < s.count; i++) {
		buffer_format(out, "#   %d: commit %" PRId64 ", clock %" PRId64 "\n", i + 1,
			      s.transactions[i].commit_time, s.transactions[i].clock);
		for (int k = 0; k < s.transactions[i].count; k++) {
			buffer_text_add(out, "#      ");
			if (s.transactions[i].hidden[k])
				buffer_text_add(out, "(cascade) ");
			stream_tell(out, s.model, &s.transactions[i].changes[k]);
			buffer_char(out, '\n');
		}
	}
	stream_done(&s);
}

int main(int argc, char **argv)
{
	static const struct run_program program = {"stream", 1000, LENGTH, stream_one, stream_words};

	return run_main(&program, argc, argv);
}
