#include "config.h"

#include "command/demo_tour.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/settings.h"
#include "command/command.h"
#include "command/demo_bank.h"
#include "command/out_text.h"
#include "command/target.h"
#include "ingest/ingest.h"
#include "replica/query.h"
#include "source/source.h"

enum { CHANGES = 400 };
#define PATIENCE (30 * SECOND)

/* What follows the bank while the tour looks at the replica. */
struct follow {
	struct target target;
	struct ingest *ingest;
};

/* Copies the bank into the replica, up to where it stands now. */
static bool tour_copy(const struct settings *s, int64_t *spent, int *status)
{
	struct error err = {0};
	struct target t;
	int64_t begun = clock_mono();
	*status = 0;
	if (!target_open(&t, s, &err)) {
		*status = target_fail(&t, &err);
		return false;
	}
	t.params.once = true;
	struct ingest *in = ingest_new(&t.params, &err);
	bool ok = in && ingest_run(in, &err);
	if (in)
		ingest_free(in);
	if (!ok)
		*status = error_report(&err);
	target_close(&t);
	*spent = clock_mono() - begun;
	return ok;
}

static bool follow_begin(struct follow *f, const struct settings *s, struct error *err)
{
	*f = (struct follow){0};
	if (!target_open(&f->target, s, err))
		return false;
	f->ingest = ingest_new(&f->target.params, err);
	return f->ingest && ingest_start(f->ingest, err);
}

/* Waits until what happened in the bank is in the replica. */
static bool follow_reach(const struct follow *f, const char *position, struct error *err)
{
	const struct source_ops *ops = source_find(f->target.source_url, err);
	struct query *q = ops ? query_open(f->target.replica_path, err) : NULL;
	bool reached = q && query_wait(q, ops->reached, position, PATIENCE, err);
	if (q)
		query_close(q);
	return reached;
}

static bool follow_end(struct follow *f, struct error *err)
{
	bool ok = !f->ingest || ingest_stop(f->ingest, err);
	if (f->ingest)
		ingest_free(f->ingest);
	target_close(&f->target);
	return ok;
}

/* Runs a command as if it had been typed, and shows what was typed. */
static int tour_command(struct settings *s, const char *name, const char *argument, const char *options)
{
	const struct command *c = command_find(name);
	const char *arguments[] = {argument, NULL};
	printf("\n$ tellerdesk %s%s%s%s\n\n", name, argument ? " " : "", argument ? argument : "", options);
	fflush(stdout);
	int status = c->run(s, argument ? 1 : 0, arguments);
	/* The bank lives on: whom it is about may just have left it. */
	return status == ERROR_NOT_FOUND ? 0 : status;
}

static void tour_head(const struct demo_bank_report *made, int64_t copied)
{
	char a[OUT_TEXT_NUMBER], b[OUT_TEXT_NUMBER];
	printf("tellerdesk demo\n\n");
	if (made->resumed)
		printf(_("The bank holds %s customers.\n"), out_text_number(made->customers, a));
	else
		printf(_("A bank of %s customers (%s rows) was made in %.1f s.\n"), out_text_number(made->customers, a),
		       out_text_number(made->rows, b), (double)made->spent / 1e6);
	printf(_("Copied into a local replica in %.1f s.\n"), (double)copied / 1e6);
}

static int tour_show(struct settings *s, int64_t cif)
{
	char text[24];
	snprintf(text, sizeof text, "%" PRId64, cif);
	int status = tour_command(s, "lookup", text, "");
	if (status == 0)
		status = tour_command(s, "history", text, "");
	settings_set(s, "window", "1h");
	if (status == 0)
		status = tour_command(s, "stores", NULL, " --window 1h");
	if (status == 0)
		status = tour_command(s, "status", NULL, "");
	return status;
}

static int tour_changes(struct settings *s, struct demo_bank *bank, const struct follow *f)
{
	struct error err = {0};
	struct demo_bank_report changed;
	char number[OUT_TEXT_NUMBER];
	int64_t begun = clock_mono();
	if (!demo_bank_burst(bank, CHANGES, &changed, &err) || !follow_reach(f, changed.position, &err))
		return error_report(&err);
	printf(_("Then %d things happened in the bank (%s rows): all in the replica %.2f s after the first.\n"), CHANGES,
	       out_text_number(changed.rows, number), (double)(clock_mono() - begun) / 1e6);
	if (changed.cif)
		return tour_show(s, changed.cif);
	error_set(&err, ERROR_NOT_FOUND, "could not show a customer with a history: the bank has none");
	error_hint(&err, "tellerdesk demo --customers 10000");
	return error_report(&err);
}

int demo_tour(struct settings *s, struct demo_bank *bank, const struct demo_bank_report *made)
{
	struct error err = {0};
	struct follow f;
	int64_t copied;
	int status;
	if (!tour_copy(s, &copied, &status))
		return status;
	tour_head(made, copied);
	if (follow_begin(&f, s, &err))
		status = tour_changes(s, bank, &f);
	else
		status = error_report(&err);
	if (!follow_end(&f, &err) && status == 0)
		status = error_report(&err);
	if (status == 0)
		printf(_("\nIn a terminal the same is live: tellerdesk demo\n"));
	return status;
}
