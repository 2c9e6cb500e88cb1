#include "config.h"

#include "command/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/place.h"
#include "base/settings.h"
#include "command/ask.h"
#include "command/demo_bank.h"
#include "command/demo_tour.h"
#include "command/out_text.h"
#include "command/stop.h"

/* Where the command line says nothing. */
enum { CUSTOMERS = 10000, RATE = 5 };

struct demo {
	char *folder, *url, *replica;
	bool made; /* the folder is private, and ours to remove */
};

static bool demo_folder(struct demo *d, const char *given, struct error *err)
{
	const char *tmp = getenv("TMPDIR");
	if (given) {
		if (!place_make(given, err))
			return false;
		d->folder = realpath(given, NULL);
		return d->folder || error_set(err, ERROR_PERMISSION, "could not use folder \"%s\": %s", given, strerror(errno));
	}
	d->folder = memory_format("%s/tellerdesk-demo-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	d->made = mkdtemp(d->folder) != NULL; /* mode 0700 */
	if (d->made)
		return true;
	error_set(err, ERROR_PERMISSION, "could not make folder \"%s\": %s", d->folder, strerror(errno));
	return error_hint(err, "give one with --dir");
}

static void demo_done(struct demo *d)
{
	if (d->made)
		demo_folder_remove(d->folder);
	free(d->folder);
	free(d->url);
	free(d->replica);
}

static bool demo_order(struct demo_bank_params *p, const struct settings *s, struct error *err)
{
	p->customers = settings_given(s, "customers") ? settings_count(s, "customers") : CUSTOMERS;
	p->rate = settings_given(s, "rate") ? (double)settings_count(s, "rate") : (double)RATE;
	p->seed_given = settings_given(s, "seed");
	p->seed = p->seed_given ? (uint64_t)settings_count(s, "seed") : 1;
	if (p->customers >= 1 && p->rate >= 0 && p->rate <= 1e6)
		return true;
	return error_set(err, ERROR_USAGE, "could not use --customers or --rate: at least 1 customer, 0 to 1,000,000 changes a second");
}

static int demo_show(struct settings *s, const struct demo *d, struct demo_bank *bank)
{
	struct error err = {0};
	struct demo_bank_report made;
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	char number[OUT_TEXT_NUMBER];
	if (terminal)
		fprintf(stderr, _("making a bank of %s customers in %s\n"), out_text_number(bank->params.customers, number), d->folder);
	if (!demo_bank_ready(bank, &made, &err))
		return error_report(&err);
	settings_set(s, "source", d->url);
	settings_set(s, "replica", d->replica);
	settings_set(s, "model", "demography");
	if (terminal)
		return command_find("console")->run(s, 0, NULL);
	settings_set(s, "format", "text");
	return demo_tour(s, bank, &made);
}

static int demo_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct error err = {0};
	struct demo d = {0};
	struct demo_bank bank;
	struct demo_bank_params p = {0};
	int status;
	if (!demo_order(&p, s, &err))
		return error_report(&err);
	if (!demo_folder(&d, settings_text(s, "dir"), &err)) {
		status = error_report(&err);
		demo_done(&d);
		return status;
	}
	d.url = memory_format("bank:%s/bank.db", d.folder);
	d.replica = memory_format("%s/replica.db", d.folder);
	p.folder = d.folder;
	p.private_folder = d.made;
	p.url = d.url;
	/* A signal ends us at once; the bank's process cleans up. The console has its own way. */
	if (demo_bank_start(&bank, &p, &err)) {
		stop_at_once(false);
		status = demo_show(s, &d, &bank);
	} else {
		status = error_report(&err);
	}
	demo_bank_end(&bank);
	demo_done(&d);
	return status == 0 ? ask_flush(0) : status;
}

const struct command command_demo = {
	.name = "demo",
	.synopsis = "demo [--customers N] [--rate N] [--seed N] [--dir DIR]",
	.about = N_("Show it all on a bank of our own making"),
	.run = demo_run,
};
