#include "config.h"

#include "command/demo_tour.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"
#include "command/command.h"
#include "command/demo_bank.h"
#include "command/out_text.h"
#include "command/target.h"
#include "ingest/ingest.h"

enum { CHANGES = 400 };

/* From the bank to the replica, up to where the bank stands now. */
static bool tour_ingest(const struct settings *s, int64_t *spent, int *status)
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

/* Runs a command as if it had been typed, and shows what was typed. */
static int tour_command(struct settings *s, const char *name, const char *argument, const char *options)
{
	const struct command *c = command_find(name);
	const char *arguments[] = {argument, NULL};
	printf("\n$ tellerdesk %s%s%s%s\n\n", name, argument ? " " : "", argument ? argument : "", options);
	fflush(stdout);
	return c->run(s, argument ? 1 : 0, arguments);
}

static void tour_head(const struct demo_bank_report *made, int64_t copied)
{
	char a[OUT_TEXT_NUMBER], b[OUT_TEXT_NUMBER];
	printf("tellerdesk demo\n\n");
	if (made->resumed)
		printf("The bank holds %s customers.\n", out_text_number(made->customers, a));
	else
		printf("A bank of %s customers (%s rows) was made in %.1f s.\n", out_text_number(made->customers, a),
		       out_text_number(made->rows, b), (double)made->spent / 1e6);
	printf("Copied into a local replica in %.1f s.\n", (double)copied / 1e6);
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

int demo_tour(struct settings *s, struct demo_bank *bank, const struct demo_bank_report *made)
{
	struct error err = {0};
	struct demo_bank_report changed;
	int64_t copied, applied;
	int status;
	char a[OUT_TEXT_NUMBER];
	if (!tour_ingest(s, &copied, &status))
		return status;
	tour_head(made, copied);
	if (!demo_bank_burst(bank, CHANGES, &changed, &err))
		return error_report(&err);
	if (!tour_ingest(s, &applied, &status))
		return status;
	printf("Then %d things happened in the bank (%s rows): applied in %.2f s.\n", CHANGES, out_text_number(changed.rows, a),
	       (double)applied / 1e6);
	if (changed.cif == 0) {
		error_set(&err, ERROR_NOT_FOUND, "could not show a customer: the bank has none");
		error_hint(&err, "tellerdesk demo --customers 10000");
		return error_report(&err);
	}
	status = tour_show(s, changed.cif);
	printf("\nIn a terminal the same is live: tellerdesk demo\n");
	return status;
}
