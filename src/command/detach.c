#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <stdlib.h>

#include "answer/csv.h"
#include "answer/json.h"
#include "answer/text.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/settings.h"
#include "base/text.h"
#include "command/ask.h"
#include "command/target.h"
#include "replica/replica.h"
#include "source/source.h"

/* What an older writer told of the server is not how things stand any more. */
static bool detach_note(struct replica *r, struct error *err)
{
	struct status_row row = {.state = "detached", .complete_to = TIME_NONE, .copy_percent = -1, .details = "{}",
	                         .error = N_("the replica is not followed any more: it was detached from its source"),
	                         .hint = N_("tellerdesk ingest, or a console that feeds it, follows it again: all tables are compared first")};
	return replica_begin(r, err) && replica_status(r, &row, err) && replica_allow_resync(r, err) && replica_commit(r, err);
}

static struct source_params detach_params(const struct target *t)
{
	return (struct source_params){.url = t->source_url, .replica = t->replica_path, .state_folder = t->state_folder, .stop = -1};
}

/* With its lock held, so that nobody follows by what is given up, nor begins to. */
static bool detach_replica(const struct target *t, const struct source_ops *ops, struct source_detached *out, struct error *err)
{
	struct replica_params rp = {.path = t->replica_path};
	struct source_params p = detach_params(t);
	struct replica *r = replica_open_writer(&rp, err);
	char *identity = r ? replica_identity(r) : NULL;
	struct source_detach how = {.position = r ? replica_position(r) : NULL, .identity = identity};
	bool ok = r && ops->detach(&p, &how, out, err) && detach_note(r, err);
	free(identity);
	replica_close(r);
	return ok;
}

static bool detach_work(const struct settings *s, const struct target *t, struct source_detached *out, struct error *err)
{
	const char *name = settings_text(s, "slot");
	const struct source_ops *ops = source_find(t->source_url, err);
	if (!ops)
		return false;
	if (!ops->detach) {
		error_set(err, ERROR_USAGE, "could not detach from a source of kind %s: it keeps nothing for a replica", ops->kind);
		return error_hint(err, "stop following it, that is all; tellerdesk detach is for postgresql://...");
	}
	if (name) {
		struct source_params p = detach_params(t);
		struct source_detach how = {.name = name};
		return ops->detach(&p, &how, out, err);
	}
	if (t->replica_exists)
		return detach_replica(t, ops, out, err);
	error_set(err, ERROR_REPLICA, "could not detach replica \"%s\": there is none", t->replica_path);
	return error_hint(err, "name the slot of one that is gone with --slot NAME; SELECT slot_name FROM pg_replication_slots lists them");
}

static void detach_json(const struct source_detached *d)
{
	struct answer_json j;
	answer_json_begin(&j, stdout);
	answer_json_member(&j, "slot", answer_json_string(d->name));
	answer_json_member(&j, "server", answer_json_string(d->server));
	answer_json_member(&j, "dropped", json_boolean(d->found));
	answer_json_member(&j, "freed_bytes", json_integer(d->freed));
	answer_json_end(&j);
}

static void detach_csv(const struct source_detached *d)
{
	struct answer_csv c;
	answer_csv_begin(&c, stdout, &(struct answer_form){0}, "slot,server,dropped,freed_bytes");
	answer_csv_text(&c, d->name);
	answer_csv_text(&c, d->server);
	answer_csv_word(&c, d->found ? "true" : "false");
	answer_csv_number(&c, d->freed);
	answer_csv_row(&c);
	answer_csv_done(&c);
}

static void detach_text(const struct source_detached *d, bool ascii)
{
	char size[TEXT_SIZE];
	struct buffer server = {0};
	answer_text_add(&server, d->server, ascii);
	if (d->found)
		printf(_("Dropped slot %s of server %s, which kept %s of log for it\n"), d->name, buffer_text(&server), text_size(d->freed, size));
	else
		printf(_("Server %s has no slot %s: there is nothing to drop\n"), buffer_text(&server), d->name);
	buffer_done(&server);
}

static int detach_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct target t;
	struct error err = {0};
	struct source_detached done = {0};
	if (!target_open(&t, s, &err) || !detach_work(s, &t, &done, &err))
		return target_fail(&t, &err);
	if (ask_format(s) == ASK_JSON)
		detach_json(&done);
	else if (ask_format(s) == ASK_CSV)
		detach_csv(&done);
	else
		detach_text(&done, ask_ascii(s));
	target_close(&t);
	return ask_flush(0);
}

const struct command command_detach = {
	.name = "detach",
	.synopsis = "detach [--slot NAME]",
	.about = N_("Drop the slot that the bank's server keeps for a console that is retired"),
	.run = detach_run,
};
