/* worker: one thread for questions that may take longer than a frame.
 *
 * A job is handed over whole: from worker_ask until worker_take it belongs to the
 * worker, before and after to the console; nothing in it is ever seen by both
 * threads at once. Embed struct job first:
 *
 *     struct search { struct job job; char *text; struct search_answer answer; };
 *     worker_ask(w, &s->job);                 an older job of the same owner is dropped, interrupted if it runs
 *     ... poll says worker_fd is readable ...
 *     while ((job = worker_take(w))) job->owner gets it, and frees it with job_free
 *
 * A job of an owner that has gone (worker_cancel) is freed by the worker.
 */
#ifndef TD_UI_WORKER_H
#define TD_UI_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct job;
struct query;
struct worker;

struct job_ops {
	bool (*run)(struct job *j, struct query *q, struct error *err); /* in the worker's thread */
	void (*free)(struct job *j);
};

struct job {
	const struct job_ops *ops;
	const void *owner;
	bool good; /* what run returned; else err says why */
	struct error error;
	bool dropped;
	struct job *next;
};

struct worker_params {
	const char *replica_path;
	int64_t live, lag, silent; /* as query_thresholds takes them */
};

struct worker *worker_new(const struct worker_params *p, struct error *err);
void worker_free(struct worker *w); /* interrupts what runs, waits for the thread, frees all jobs */
void worker_ask(struct worker *w, struct job *j);
void worker_cancel(struct worker *w, const void *owner);
/* The owner can wait, others cannot: its jobs end now and are given out, with ERROR_CANCELLED unless they were done. */
void worker_release(struct worker *w, const void *owner);
/* A finished job, or NULL. Dropped ones are never given out. */
struct job *worker_take(struct worker *w);
bool worker_busy(struct worker *w); /* a job waits, runs, or is finished and not taken */
int worker_fd(const struct worker *w);
void job_free(struct job *j);

#endif
