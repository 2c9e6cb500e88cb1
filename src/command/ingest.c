/* ingest: source to replica without a screen, as a service or as a batch.
 *
 * The work runs in the ingest thread, as it does under the console; the main
 * thread waits for signals and tells what happens: a line at the start, of the
 * first copy every tenth of the way, of each change of state.
 */
#include "config.h"

#include "command/command.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/log.h"
#include "base/settings.h"
#include "command/ask.h"
#include "command/stop.h"
#include "command/target.h"
#include "ingest/board.h"
#include "ingest/ingest.h"
#include "replica/query.h"
#include "source/source.h"

struct narrator {
	const char *path;
	bool batch;          /* it ends by itself: its states on the way are no news */
	bool drawn;          /* a terminal shows the progress of the first copy already */
	struct query *query; /* NULL: the replica is not there yet */
	bool state_known;
	enum freshness_state state;
	int tenth;    /* of the first copy, told last */
	int64_t next; /* on the monotonic clock: not before */
};

static void narrate_trouble(struct narrator *n, const struct freshness *f)
{
	struct status_answer s = {0};
	const char *why = NULL, *what = NULL;
	if (query_sources(n->query, &s, NULL) && s.source_count) {
		why = s.sources[0].error;
		what = s.sources[0].hint;
	}
	enum log_level level = f->state == FRESH_REFUSED ? LOG_ERROR : LOG_WARN;
	if (why && what)
		log_line(level, "state %s: %s; hint: %s", freshness_word(f->state), why, what);
	else if (why)
		log_line(level, "state %s: %s", freshness_word(f->state), why);
	else
		log_line(level, "state %s", freshness_word(f->state));
	answer_done(&s.base);
}

static void narrate_state(struct narrator *n, const struct freshness *f)
{
	char text[MOMENT_SIZE];
	bool news = !n->state_known || f->state != n->state;
	n->state_known = true;
	n->state = f->state;
	if (f->state == FRESH_SNAPSHOT && !n->drawn && f->snapshot_percent / 10 != n->tenth) {
		n->tenth = f->snapshot_percent / 10;
		log_line(n->batch ? LOG_DEBUG : LOG_NOTE, "first copy %d %%",
			 f->snapshot_percent < 0 ? 0 : f->snapshot_percent);
	}
	if (!news || f->state == FRESH_SNAPSHOT)
		return;
	/* What ends a batch is told as its error. */
	if ((f->state == FRESH_OFFLINE || f->state == FRESH_REFUSED) && !n->batch)
		narrate_trouble(n, f);
	else if (f->state != FRESH_OFFLINE && f->state != FRESH_REFUSED)
		log_line(n->batch ? LOG_DEBUG : LOG_NOTE, "state %s, complete to %s", freshness_word(f->state),
			 moment_utc(f->complete_to, text));
}

/* Reads the replica as any other process would; not after each of thousands of commits. */
static void narrate(struct narrator *n, bool last)
{
	struct answer a = {0};
	if (!last && clock_mono() < n->next)
		return;
	n->next = clock_mono() + SECOND / 10;
	if (!n->query)
		n->query = query_open(n->path, NULL);
	/* After the end nobody writes any more, and every replica would be called offline. */
	if (n->query && query_freshness(n->query, &a, NULL) && !(last && a.freshness.state == FRESH_OFFLINE))
		narrate_state(n, &a.freshness);
	answer_done(&a);
}

/* Returns when the thread has ended or is told to. */
static void ingest_watch(struct ingest *in, struct board *board, struct narrator *n)
{
	bool told = false;
	for (;;) {
		struct pollfd fds[] = {{.fd = board_fd(board), .events = POLLIN},
				       {.fd = told ? -1 : stop_fd(), .events = POLLIN}};
		poll(fds, 2, 1000);
		if (!told && stop_signal()) {
			ingest_wake_to_stop(in);
			told = true;
		}
		if (board_take(board) & BOARD_ENDED)
			return;
		if (!told)
			narrate(n, false);
	}
}

/* A batch says what it has done; a service, that it is there. */
static void ingest_tell_start(const struct target *t, bool batch)
{
	struct buffer url = {0};
	source_url_clean(&url, t->source_url);
	log_line(batch ? LOG_DEBUG : LOG_NOTE, "ingest of %s into %s, process %ld", buffer_text(&url), t->replica_path,
		 (long)getpid());
	buffer_done(&url);
}

static void ingest_tell_end(const struct narrator *n)
{
	struct status_answer s = {0};
	char text[MOMENT_SIZE];
	if (n->batch && !stop_signal() && n->query && query_sources(n->query, &s, NULL) && s.source_count)
		log_line(LOG_NOTE, "done at position %s, complete to %s",
			 s.sources[0].position ? s.sources[0].position : "-",
			 moment_utc(s.base.freshness.complete_to, text));
	else if (!n->batch)
		log_line(LOG_NOTE, "ingest ended");
	answer_done(&s.base);
}

static int ingest_status(const struct target *t, bool ok, struct error *err)
{
	bool batch = t->params.once || t->params.until;
	if (!ok && !(stop_signal() && (err->code == ERROR_INTERRUPTED || err->code == ERROR_CANCELLED)))
		return error_report(err);
	if (!batch || !stop_signal())
		return 0;
	error_clear(err);
	error_set(err, ERROR_INTERRUPTED, "could not reach the end: interrupted by %s", strsignal(stop_signal()));
	error_hint(err, "what was committed stays; the next run goes on from there");
	return error_report(err);
}

static int ingest_work(struct target *t, struct board *board, struct error *err)
{
	struct narrator n = {
		.path = t->replica_path,
		.batch = t->params.once || t->params.until,
		.drawn = t->params.progress,
		.tenth = -1,
	};
	struct ingest *in = ingest_new(&t->params, err);
	if (!in)
		return error_report(err);
	ingest_tell_start(t, n.batch);
	bool ok = ingest_start(in, err);
	if (ok) {
		ingest_watch(in, board, &n);
		ok = ingest_stop(in, err);
	}
	if (ok) {
		narrate(&n, true);
		ingest_tell_end(&n);
	}
	ingest_free(in);
	if (n.query)
		query_close(n.query);
	return ingest_status(t, ok, err);
}

static int ingest_run_command(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct error err = {0};
	struct target t;
	if (!target_open(&t, s, &err))
		return target_fail(&t, &err);
	struct board *board = board_new(&err);
	if (!board || !stop_begin(&err)) {
		if (board)
			board_free(board);
		return target_fail(&t, &err);
	}
	t.params.board = board;
	t.params.once = settings_flag(s, "once");
	t.params.until = settings_text(s, "until");
	t.params.progress = isatty(STDERR_FILENO) && !settings_flag(s, "quiet");
	int status = ingest_work(&t, board, &err);
	stop_end();
	board_free(board);
	target_close(&t);
	return status;
}

const struct command command_ingest = {
	.name = "ingest",
	.synopsis = "ingest [--once] [--until POSITION]",
	.about = N_("Keep the replica current without a screen"),
	.service = true,
	.run = ingest_run_command,
};
