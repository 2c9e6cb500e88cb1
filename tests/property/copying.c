#include "config.h"

#include "copying.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "chance.h"
#include "compare.h"
#include "ingest/ingest.h"
#include "model/model.h"
#include "oracle.h"
#include "replica/check.h"
#include "replica/query.h"
#include "replica/replica.h"
#include "run.h"
#include "sim_source.h"
#include "stream.h"

#define KILLED     42
#define CALLS_MOST 3000 /* of the source; a run takes some hundreds */

/* Memory that a killed child leaves to its parent. */
struct shared {
	struct sim_state sim;
	int commits_left;  /* 0: not counted */
	int end;           /* position when the run ended */
	char message[512]; /* why it failed */
};

struct bench {
	const struct copying *how;
	struct stream stream;
	struct chance chance;
	struct shared *shared;
	int base;
	int gap_from; /* position at which the first run ended, with a gap */
	char path[160];
	struct buffer *why;
};

struct copying copying_of(uint64_t seed, int length)
{
	struct copying c = {.seed = seed, .length = length};

	switch (seed % 7) {
	case 0:
		c.truncates = c.reloads = true;
		break;
	case 1:
		c.partial = true;
		break;
	case 2:
		c.gap = true;
		break;
	case 3:
		c.partial = c.truncates = true;
		break;
	case 4:
		c.gap = c.truncates = true;
		break;
	case 5:
		c.gap = c.partial = true;
		break;
	default:
		break;
	}
	c.stops = seed / 7 % 3 == 1;
	c.kills = seed / 7 % 3 == 2 ? 2 : 0;
	if (seed / 21 % 2) {
		c.cascades = CASCADES_SOME;
		c.truncates = c.reloads = false;
	}
	/* When the table swapped in is asked for anew depends on what a kill undid. */
	if (c.reloads)
		c.kills = 0;
	return c;
}

/* Keys are swapped where constraints wait for the end of a transaction; who allows that sends whole images. */
static struct stream_params bench_params(const struct copying *c)
{
	return (struct stream_params){.seed = c->seed,
				      .transactions = c->length,
				      .truncates = c->truncates ? 4 : 0,
				      .spare_customers = c->partial,
				      .reloads = c->reloads ? 6 : 0,
				      .no_displaced = c->partial,
				      .cascades = c->cascades};
}

static int bench_base(const struct copying *c)
{
	return c->cascades ? c->length / 2 : c->length / 3;
}

/* ---- one session of the real ingest ---- */

static int bench_commit(void *ctx)
{
	struct shared *shared = ctx;

	if (shared->commits_left && --shared->commits_left == 0)
		_exit(KILLED);
	return 0;
}

static void bench_stop(void *ctx)
{
	ingest_wake_to_stop(ctx);
}

/* True also when it was stopped. */
static bool bench_session(struct bench *b, int until)
{
	char position[24];
	struct ingest_params p = {.source_url = "sim:",
				  .replica_path = b->path,
				  .model = b->stream.model,
				  .state_folder = run_folder(),
				  .until = position};
	struct sim_state *sim = &b->shared->sim;
	struct error err = {0};
	struct ingest *in;
	const char *reached;
	bool ok;

	snprintf(position, sizeof position, "%d", until);
	in = ingest_new(&p, &err);
	if (!in) {
		snprintf(b->shared->message, sizeof b->shared->message, "%.500s", err.message);
		return false;
	}
	sqlite3_commit_hook(replica_db(ingest_replica(in)), bench_commit, b->shared);
	sim->stop = bench_stop;
	sim->stop_ctx = in;
	ok = ingest_run(in, &err);
	sqlite3_commit_hook(replica_db(ingest_replica(in)), NULL, NULL);
	reached = replica_position(ingest_replica(in));
	b->shared->end = reached ? atoi(reached) : 0;
	snprintf(b->shared->message, sizeof b->shared->message, "%.500s", err.message);
	ingest_free(in);
	return ok || (err.code == ERROR_INTERRUPTED && sim->calls < CALLS_MOST);
}

/* In a child that ends without clean-up before its nth commit, if it gets there. False: it failed by itself. */
static bool bench_killed_session(struct bench *b, int until, int commits)
{
	int status;
	pid_t pid;

	b->shared->commits_left = commits;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(bench_session(b, until) ? 0 : 1);
	waitpid(pid, &status, 0);
	b->shared->commits_left = 0;
	return WIFEXITED(status) && (WEXITSTATUS(status) == KILLED || WEXITSTATUS(status) == 0);
}

/* Where the replica stands; -1: nowhere yet. */
static int bench_position(const struct bench *b)
{
	struct error err = {0};
	struct query *q = query_open(b->path, &err);
	struct status_answer a = {0};
	int position = -1;

	if (q && query_status(q, &a, &err) && a.source_count && a.sources[0].position)
		position = atoi(a.sources[0].position);
	if (q)
		answer_done(&a.base);
	query_close(q);
	return position;
}

/* Bounds given out before the copy was begun for good are no T0. */
static void bench_forget_bounds(struct bench *b)
{
	int position = bench_position(b);

	if (position < 0 || position < b->shared->sim.purged)
		b->shared->sim.bound_count = 0;
}

/* Runs until a position, with what is to go wrong on the way. */
static bool bench_run(struct bench *b, int until)
{
	struct sim_state *sim = &b->shared->sim;
	bool ok = true;

	for (int i = 0; i < b->how->kills && ok; i++) {
		ok = bench_killed_session(b, until, 1 + chance_below(&b->chance, 25));
		bench_forget_bounds(b);
	}
	for (int i = 0; i < b->how->stops && ok; i++) {
		sim->stop_at = sim->calls + 1 + chance_below(&b->chance, 60);
		ok = bench_session(b, until);
		bench_forget_bounds(b);
	}
	sim->stop_at = CALLS_MOST; /* a run that never ends is a mistake too */
	ok = ok && bench_session(b, until);
	if (!ok)
		buffer_format(b->why, "ingest: %s", b->shared->message[0] ? b->shared->message : "it does not end");
	return ok;
}

/* ---- what the replica says of tables that were emptied while they were copied ---- */

/* A row that was read, or not, before its table was emptied: both are right. Which it was, is asked. */
struct seen_version {
	int entity;
	char *key;
	int64_t version, from, to, seq;
	enum version_origin origin;
	enum version_end end;
};

struct seen {
	struct seen_version *list;
	int count;
};

static bool seen_line(void *ctx, const struct dump_line *line)
{
	struct seen *s = ctx;

	if (line->type != DUMP_VERSION)
		return true;
	s->list = memory_grow(s->list, (size_t)(s->count + 1) * sizeof *s->list);
	s->list[s->count++] = (struct seen_version){line->entity,
						    memory_text(line->key),
						    line->version->version,
						    line->version->valid_from,
						    line->version->valid_to,
						    line->version->seq,
						    line->version->origin,
						    line->version->ended_by};
	return true;
}

static void seen_done(struct seen *s)
{
	for (int i = 0; i < s->count; i++)
		free(s->list[i].key);
	free(s->list);
}

static bool seen_copied(const struct seen *s, int entity, const char *key, int64_t t0)
{
	for (int i = 0; i < s->count; i++)
		if (s->list[i].entity == entity && s->list[i].version == 1 && s->list[i].from == t0 &&
		    s->list[i].origin == ORIGIN_SNAPSHOT && strcmp(s->list[i].key, key) == 0)
			return true;
	return false;
}

static bool seen_reconciled(const struct seen *s, int entity, const char *key, int64_t t0)
{
	for (int i = 0; i < s->count; i++)
		if (s->list[i].entity == entity && strcmp(s->list[i].key, key) == 0 &&
		    ((s->list[i].from == t0 && s->list[i].origin == ORIGIN_RESYNC) ||
		     (s->list[i].to == t0 && s->list[i].end == END_RESYNC)))
			return true;
	return false;
}

/* Whether a chunk had brought the row before a transaction of the source, by its sequence. */
static bool seen_before(const struct seen *s, int entity, const char *key, int64_t seq)
{
	for (int i = 0; i < s->count; i++)
		if (s->list[i].entity == entity && s->list[i].version == 1 && s->list[i].origin == ORIGIN_SNAPSHOT &&
		    strcmp(s->list[i].key, key) == 0)
			return s->list[i].seq < seq;
	return false;
}

/* ---- the oracle's way ---- */

/* A row that stood when the copy began, and of which nothing is known yet. */
struct waiting {
	int entity;
	const char *key;
};

struct telling {
	struct bench *b;
	struct oracle *oracle;
	struct tables tables;
	const struct seen *seen;
	bool late; /* the server cascades: a row is known from when it is read or changed */
	struct waiting *waiting;
	int waiting_count;
	int64_t t0[STREAM_ENTITIES];
};

static bool telling_touches(const struct bench *b, const struct change *c, int entity, const char *key)
{
	const struct entity *e = &b->stream.model->entities[entity];
	bool touches;
	struct arena a;

	if (c->entity != entity || (!c->before && !c->after))
		return false;
	arena_init(&a);
	touches = (c->before && strcmp(oracle_key(&a, e, c->before), key) == 0) ||
		  (c->after && strcmp(oracle_key(&a, e, c->after), key) == 0);
	arena_done(&a);
	return touches;
}

/* The first that happens to a key after a position: true when its table is emptied or swapped before it is touched. */
static bool telling_swept(const struct bench *b, int position, int entity, const char *key)
{
	for (int i = position; i < b->stream.count; i++)
		for (int k = 0; k < b->stream.transactions[i].count; k++) {
			const struct change *c = &b->stream.transactions[i].changes[k];

			if (telling_touches(b, c, entity, key))
				return false;
			if (c->entity == entity && (c->op == CHANGE_TRUNCATE || c->op == CHANGE_RELOAD))
				return true;
		}
	return false;
}

/* ---- rows found late: a cascade struck their table before they were read ---- */

static int telling_waiting(const struct telling *t, int entity, const struct value *row)
{
	const struct entity *e = &t->b->stream.model->entities[entity];
	int found = -1;
	struct arena a;

	arena_init(&a);
	for (int i = 0; row && i < t->waiting_count && found < 0; i++)
		if (t->waiting[i].entity == entity && strcmp(t->waiting[i].key, oracle_key(&a, e, row)) == 0)
			found = i;
	arena_done(&a);
	return found;
}

/* Taken off the list; `tell`: as it stands now it is known from its table's T0 on. */
static void telling_found(struct telling *t, int waiting, bool tell)
{
	struct waiting w = t->waiting[waiting];

	t->waiting[waiting] = t->waiting[--t->waiting_count];
	if (tell)
		oracle_found(t->oracle, w.entity, tables_find(&t->tables, w.entity, w.key), t->t0[w.entity]);
}

static void telling_waits(struct telling *t, int entity, const struct value *row)
{
	const struct entity *e = &t->b->stream.model->entities[entity];

	t->waiting = memory_grow(t->waiting, (size_t)(t->waiting_count + 1) * sizeof *t->waiting);
	t->waiting[t->waiting_count++] = (struct waiting){entity, oracle_key(&t->oracle->arena, e, row)};
}

/* What was read before this transaction is known from then; the rest, from the transaction on. */
static void telling_strike(struct telling *t, int entity, int64_t seq)
{
	for (int i = t->waiting_count; i-- > 0;)
		if (t->waiting[i].entity == entity && seen_before(t->seen, entity, t->waiting[i].key, seq))
			telling_found(t, i, true);
	t->t0[entity] = t->oracle->now;
}

/* The first event on a row tells what it was; a cascade tells nothing of a row nobody knows. */
static void telling_change(struct telling *t, const struct stream_transaction *txn, int index, int64_t seq)
{
	const struct change *c = &txn->changes[index];
	const struct cascades *rules = &t->b->stream.cascades;
	bool hidden = txn->hidden[index];
	int waiting = telling_waiting(t, c->entity, c->before);

	if (waiting >= 0 && (!hidden || c->op == CHANGE_DELETE))
		telling_found(t, waiting, !hidden);
	tables_apply(&t->tables, c);
	if (hidden && waiting >= 0)
		return;
	(hidden ? oracle_cascade : oracle_change)(t->oracle, c);
	for (int i = 0; !hidden && i < rules->count; i++)
		if (stream_strikes(&rules->list[i], c))
			telling_strike(t, rules->list[i].child, seq);
}

static int64_t telling_seq(const struct telling *t, int index)
{
	struct sqlite3 *db;
	sqlite3_stmt *s;
	int64_t seq = 0;

	if (sqlite3_open_v2(t->b->path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "SELECT seq FROM td_txn WHERE kind = 0 AND position = ?1", -1, &s, NULL) !=
		    SQLITE_OK)
		abort();
	sqlite3_bind_int(s, 1, index + 1);
	if (sqlite3_step(s) == SQLITE_ROW)
		seq = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return seq;
}

static void telling_copy(struct telling *t, const struct sim_bound *bound)
{
	const struct stream *s = &t->b->stream;

	for (int i = 0; i < bound->p0; i++)
		tables_commit(&t->tables, &s->transactions[i]);
	for (int e = 0; e < STREAM_ENTITIES; e++)
		for (int i = 0; i < t->tables.count[e]; i++) {
			const struct value *row = t->tables.rows[e][i];
			const char *key = oracle_key(&t->oracle->arena, &s->model->entities[e], row);

			if (t->late)
				telling_waits(t, e, row);
			else if (!telling_swept(t->b, bound->p0, e, key) || seen_copied(t->seen, e, key, bound->clock))
				oracle_found(t->oracle, e, row, bound->clock);
		}
	for (int e = 0; e < STREAM_ENTITIES; e++)
		t->t0[e] = bound->clock;
	oracle_resync_at(t->oracle, bound->clock);
}

/* The tables as they stand at the position a resync starts from. */
static void telling_resync(struct telling *t, int position, int64_t clock)
{
	const struct model *m = t->b->stream.model;
	int64_t t0 = oracle_resync_at(t->oracle, clock);
	int versions = t->oracle->version_count;

	for (int i = 0; i < versions; i++) {
		const struct oracle_version *v = &t->oracle->versions[i];
		int entity = v->entity;
		const char *key = v->key;

		if (v->to != TIME_OPEN || tables_find(&t->tables, entity, key))
			continue;
		if (!telling_swept(t->b, position, entity, key) || seen_reconciled(t->seen, entity, key, t0))
			oracle_reconcile_row(t->oracle, entity, key, NULL, t0);
	}
	for (int e = 0; e < STREAM_ENTITIES; e++)
		for (int i = 0; i < t->tables.count[e]; i++) {
			const struct value *row = t->tables.rows[e][i];
			const char *key = oracle_key(&t->oracle->arena, &m->entities[e], row);

			if (!telling_swept(t->b, position, e, key) || seen_reconciled(t->seen, e, key, t0))
				oracle_reconcile_row(t->oracle, e, key, row, t0);
		}
}

/* The clock of the bound that was taken when the stream had brought everything up to a position. */
static const struct sim_bound *telling_bound(const struct telling *t, int given, int from)
{
	const struct sim_state *sim = &t->b->shared->sim;

	for (int i = from; i < sim->bound_count; i++)
		if (sim->bounds[i].given == given)
			return &sim->bounds[i];
	return NULL;
}

static bool telling_transaction(struct telling *t, int index)
{
	const struct stream_transaction *txn = &t->b->stream.transactions[index];
	const struct sim_bound *bound;

	oracle_begin(t->oracle, txn->commit_time, INT64_MAX / 2);
	if (t->late) {
		int64_t seq = telling_seq(t, index);

		for (int i = 0; i < txn->count; i++)
			telling_change(t, txn, i, seq);
		return true;
	}
	tables_commit(&t->tables, txn);
	if (txn->changes[0].op != CHANGE_RELOAD) {
		for (int i = 0; i < txn->count; i++)
			(txn->hidden[i] ? oracle_cascade : oracle_change)(t->oracle, &txn->changes[i]);
		oracle_end(t->oracle);
		return true;
	}
	bound = telling_bound(t, index + 1, 0);
	if (!bound) {
		buffer_format(t->b->why, "no bound was asked for after the table was swapped at %d", index + 1);
		return false;
	}
	oracle_reconcile(t->oracle, txn->changes[0].entity, (const struct value *const *)txn->reloaded,
			 txn->reloaded_count, oracle_resync_at(t->oracle, bound->clock));
	return true;
}

/* first: the bound of the first copy. */
static bool telling_all(struct telling *t, const struct sim_bound *first)
{
	const struct stream *s = &t->b->stream;
	int at = first->p0;

	telling_copy(t, first);
	for (; t->b->how->gap && at < t->b->gap_from; at++)
		if (!telling_transaction(t, at))
			return false;
	if (t->b->how->gap) {
		const struct sim_bound *second = &t->b->shared->sim.bounds[0];

		for (; at < second->p0; at++)
			tables_commit(&t->tables, &s->transactions[at]);
		telling_resync(t, at, second->clock);
	}
	for (; at < s->count; at++)
		if (!telling_transaction(t, at))
			return false;
	while (t->waiting_count)
		telling_found(t, 0, true);
	return true;
}

/* ---- judging ---- */

static void bench_violation(void *ctx, const struct violation *v)
{
	struct bench *b = ctx;

	buffer_format(b->why, "check: %s %s: %s: %s; ", v->entity, v->key, v->rule, v->detail);
}

/* A cascade may have a table copied anew: its rows may move, or have children of their own. */
static bool bench_restarts(const struct bench *b)
{
	const struct cascades *c = &b->stream.cascades;

	for (int i = 0; i < c->count; i++)
		if (c->list[i].on_update == CASCADE_FOLLOW &&
		    b->stream.model->entities[c->list[i].child].columns[c->list[i].child_columns[0]].key >= 0)
			return true;
	return c->count > 1;
}

/* When a resync of partial images learns of a row, or one into which cascades ran, depends on when it is read; what the
 * row is does not. */
static bool bench_only_now(const struct bench *b)
{
	return (b->how->gap && (b->how->partial || b->how->cascades)) || (b->how->cascades && bench_restarts(b));
}

static bool bench_judge(struct bench *b, const struct sim_bound *first)
{
	struct error err = {0};
	struct query *q = query_open(b->path, &err);
	struct seen seen = {0};
	struct oracle o;
	struct telling t = {.b = b, .oracle = &o, .seen = &seen, .late = b->how->cascades && !bench_only_now(b)};
	struct compare c = {.oracle = &o,
			    .query = q,
			    .seed = b->how->seed,
			    .partial = b->how->partial,
			    .restarted = b->how->reloads || b->how->cascades,
			    .why = b->why};
	bool ok;

	oracle_init(&o, b->stream.model);
	tables_init(&t.tables, b->stream.model);
	ok = q && query_dump(q, seen_line, &seen, &err);
	if (!ok)
		buffer_text_add(b->why, err.message);
	ok = ok && telling_all(&t, first);
	ok = ok && (bench_only_now(b) ? compare_now(&c) : compare_all(&c));
	tables_done(&t.tables);
	oracle_done(&o);
	free(t.waiting);
	seen_done(&seen);
	query_close(q);
	if (ok && !replica_check(b->path, bench_violation, b, NULL, &err))
		buffer_text_add(b->why, err.message);
	/* What was not whole when it came stands in history as of another time than it was counted. */
	return ok && b->why->len == 0 && (b->how->partial || compare_rebuilt(b->path, "sim:", b->why));
}

static bool bench_both_runs(struct bench *b, struct sim_bound *first)
{
	struct sim_state *sim = &b->shared->sim;
	int count = b->stream.count, until = b->how->gap ? b->base + (count - b->base) / 3 : count;

	if (!bench_run(b, until))
		return false;
	*first = sim->bounds[0];
	b->gap_from = b->shared->end;
	if (!b->how->gap || b->gap_from >= count)
		return true;
	sim->purged = b->gap_from + 1 + chance_below(&b->chance, count - b->gap_from);
	sim->bound_count = 0;
	sim->stop_at = 0;
	sim->calls = 0;
	return bench_run(b, count);
}

bool copying_run(const struct copying *c, struct buffer *why)
{
	struct bench b = {.how = c, .chance = {c->seed ^ 0xc0}, .why = why, .base = bench_base(c)};
	struct stream_params p = bench_params(c);
	struct sim_how how = {.seed = c->seed, .base = b.base, .partial = c->partial};
	struct copying undisturbed = *c;
	struct sim_bound first;
	bool ok;

	b.shared = mmap(NULL, sizeof *b.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b.shared == MAP_FAILED)
		abort();
	stream_init(&b.stream, &p);
	sim_source_install(&b.stream, &how, &b.shared->sim);
	snprintf(b.path, sizeof b.path, "%s/r.db", run_folder());
	ok = bench_both_runs(&b, &first);
	/* All was read before the log could be purged: there was no gap. */
	undisturbed.gap = c->gap && b.shared->sim.purged;
	b.how = &undisturbed;
	ok = ok && bench_judge(&b, &first);
	sim_source_remove();
	run_remove(b.path);
	stream_done(&b.stream);
	munmap(b.shared, sizeof *b.shared);
	return ok;
}

void copying_tell(const struct copying *c, struct buffer *out)
{
	struct stream_params p = bench_params(c);
	struct stream s;

	stream_init(&s, &p);
	buffer_format(out, "#   %d transactions stand at the start;%s%s%s%s%s %d stops, %d kills\n", bench_base(c),
		      c->partial ? " partial images;" : "", c->cascades ? " cascades;" : "", c->gap ? " a gap;" : "",
		      c->truncates ? " truncates;" : "", c->reloads ? " reloads;" : "", c->stops, c->kills);
	for (int i = 0; i < s.count; i++) {
		buffer_format(out, "#   %d: commit %" PRId64 "\n", i + 1, s.transactions[i].commit_time);
		for (int k = 0; k < s.transactions[i].count; k++) {
			buffer_text_add(out, "#      ");
			if (s.transactions[i].hidden[k])
				buffer_text_add(out, "(cascade) ");
			stream_tell(out, s.model, &s.transactions[i].changes[k]);
			buffer_char(out, '\n');
		}
		for (int k = 0; k < s.transactions[i].reloaded_count; k++) {
			buffer_text_add(out, "#      ... ");
			stream_tell_row(out, s.model, s.transactions[i].changes[0].entity,
					s.transactions[i].reloaded[k]);
			buffer_char(out, '\n');
		}
	}
	stream_done(&s);
}
