/* The questions of the STOR screen, put to the worker, and their answers.
 *
 * Everything is counted once, and again whenever a window, a bar or a minute begins. In between each commit
 * is answered by what the last minutes hold, which takes well under a millisecond: a registration is on the
 * screen within a frame, however many there are in all.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "ui/panes/stores.h"
#include "ui/session.h"
#include "ui/worker.h"

#define STORES_SETTLE SECOND        /* what is over by the clock is soon whole */
#define STORES_LEAST  (SECOND / 20) /* between two counts */

enum {
	STORES_BARS = 200, /* counted at least */
	STORES_SHARE = 10, /* counting takes no more than a tenth of the time */
};

struct stores_job {
	struct job job;
	bool anew;
	struct tally tally;           /* anew */
	struct recent_request recent; /* else */
	struct recent_answer added;
	int64_t now;
	struct stores_drill drill; /* store NULL: none is shown */
	int64_t took;
};

/* ---- the questions ---- */

void stores_anew(struct stores *s)
{
	s->anew = true;
	s->anew_at = 0;
}

static bool stores_job_run(struct job *job, struct query *q, struct error *err)
{
	struct stores_job *j = (struct stores_job *)job;
	int64_t start = clock_mono();
	bool good = j->anew ? tally_count(&j->tally, q, err) : query_recent(q, &j->recent, &j->added, err);
	good = good && (!j->drill.store || stores_drill_read(q, &j->drill, j->tally.zone, j->now, err));
	j->took = clock_mono() - start;
	return good;
}

static void stores_job_free(struct job *job)
{
	struct stores_job *j = (struct stores_job *)job;
	tally_done(&j->tally);
	answer_done(&j->added.base);
	answer_done(&j->drill.registrations.base);
	answer_done(&j->drill.days.base);
	free(j->drill.store);
	free(j);
}

static const struct job_ops stores_job_ops = {.run = stores_job_run, .free = stores_job_free};

static int64_t stores_now(const struct stores *s)
{
	int64_t now = age_source_now(&s->base.session->age, clock_now());
	/* The source's clock is measured again and again: by that alone nothing begins anew. */
	return s->counted && now < s->tally.now && s->tally.now - now < MINUTE ? s->tally.now : now;
}

void stores_ask(struct stores *s)
{
	if (s->asked) {
		s->again = true;
		return;
	}
	if (s->anew && clock_mono() < s->anew_at) {
		s->due_at = s->anew_at;
		return;
	}
	struct stores_job *j = memory_zero(1, sizeof(*j));
	j->job.ops = &stores_job_ops;
	j->job.owner = s;
	j->now = stores_now(s);
	j->anew = s->anew || !s->counted || j->now >= s->tally.until;
	j->tally = (struct tally){.window = s->window,
				  .slide = stores_slide(s),
				  .zone = s->zone,
				  .now = j->now,
				  .silence = s->base.session->silent,
				  .bar_count = STORES_BARS};
	if (s->width > STORES_BARS)
		j->tally.bar_count = s->width < TALLY_BARS ? s->width : TALLY_BARS;
	if (!j->anew)
		j->recent = tally_recent(&s->tally, j->now);
	j->drill.store = memory_text(s->drill.store);
	j->drill.limit = s->drill.limit;
	s->asked = true;
	s->anew = false;
	worker_ask(s->base.session->worker, &j->job);
}

/* ---- the answers ---- */

static void stores_take_all(struct stores *s, struct stores_job *j)
{
	age_set(&s->base.session->age, &j->tally.answer.base.freshness, clock_now());
	tally_done(&s->tally);
	s->tally = j->tally;
	j->tally = (struct tally){0};
	s->counted_at = clock_mono();
	s->counting = j->took;
	s->counted = true;
}

static void stores_take_counts(struct stores *s, struct stores_job *j)
{
	if (j->anew) {
		stores_take_all(s, j);
	} else {
		age_set(&s->base.session->age, &j->added.base.freshness, clock_now());
		if (!tally_add(&s->tally, &j->added, j->now) && !s->anew) {
			/* Much has come late: a first copy, for one. All is counted again, in no more than its share of
			 * the time. */
			s->anew = true;
			s->anew_at = s->counted_at + s->counting * STORES_SHARE;
		}
	}
	stores_list(s);
	stores_numbers_sync(s);
}

void stores_take(struct pane *p, struct job *job)
{
	struct stores *s = (struct stores *)p;
	struct stores_job *j = (struct stores_job *)job;
	int64_t now = clock_mono();
	bool again = s->again;
	bool good = job->good;
	s->asked = s->again = false;
	s->anew |= j->anew && !good; /* what was chosen is still to be counted */
	p->loaded_at = now;
	p->cost = j->anew ? 0 : j->took; /* a full count is asked once a minute: it holds nothing up */
	if (!good) {
		if (job->error.code != ERROR_CANCELLED)
			session_fail(p->session, &job->error);
	} else {
		stores_take_counts(s, j);
		if (j->drill.store && s->drill.store && strcmp(j->drill.store, s->drill.store) == 0)
			stores_drill_take(s, &j->drill);
	}
	job_free(job);
	int64_t until = s->counted ? s->tally.until - stores_now(s) : MINUTE;
	if (s->counted && until > STORES_SETTLE && p->session->age.fresh.state <= FRESH_STALE &&
	    tally_settling(&s->tally))
		until = STORES_SETTLE;
	s->due_at = now + (until > STORES_LEAST ? until : STORES_LEAST);
	if (again || (good && s->anew && !s->asked))
		stores_ask(s);
}
