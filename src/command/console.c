#include "config.h"

#include "command/command.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/settings.h"
#include "command/ask.h"
#include "command/stop.h"
#include "command/target.h"
#include "ingest/board.h"
#include "ingest/ingest.h"
#include "replica/replica.h"
#include "ui/app.h"

struct console {
	struct target target;
	struct board *board; /* NULL: without ingest of our own */
	struct ingest *ingest;
	char *notice;
};

/* Who writes the replica when we do not; NULL when nobody does. */
static char *console_writer(const char *replica_path)
{
	int64_t writer = replica_writer(replica_path);
	if (writer == 0)
		return NULL;
	if (writer < 0)
		return memory_text(_("another process keeps the replica current; this console takes over when it ends"));
	return memory_format(_("process %lld keeps the replica current; this console takes over when it ends"),
			     (long long)writer);
}

/* A console without its ingest is still of use as long as there is a replica to read. */
static bool console_ingest(struct console *c, struct error *err)
{
	c->notice = c->target.replica_exists ? console_writer(c->target.replica_path) : NULL;
	c->board = board_new(err);
	if (!c->board)
		return false;
	c->target.params.board = c->board;
	c->target.params.wait_for_lock = true;
	c->ingest = ingest_new(&c->target.params, err);
	if (c->ingest && ingest_start(c->ingest, err))
		return true;
	if (!c->target.replica_exists || (err->code != ERROR_UNREACHABLE && err->code != ERROR_REFUSED))
		return false;
	log_line(LOG_WARN, "%s", err->message);
	free(c->notice);
	struct buffer why = {0};
	language_sentence(&why, err->message);
	c->notice = memory_format(_("%s; the replica is read as it is"), buffer_text(&why));
	buffer_done(&why);
	error_clear(err);
	return true;
}

static int console_open(struct console *c, const struct settings *s, const char *script, struct error *err)
{
	const struct passwd *who = getpwuid(geteuid());
	struct app_params app = {
		.replica_path = c->target.replica_path,
		.board = c->ingest ? c->board : NULL,
		.settings = s,
		.user = who ? who->pw_name : getenv("USER"),
		.notice = c->notice,
		.stop_fd = stop_fd(),
		.script = script,
	};
	if (stop_signal()) /* before there was a screen */
		return 0;
	int status = app_run(&app, err);
	return err->code ? error_report(err) : status;
}

static void console_end(struct console *c)
{
	struct error err = {0};
	if (c->ingest) {
		if (!ingest_stop(c->ingest, &err))
			log_line(LOG_ERROR, "%s", err.message);
		ingest_free(c->ingest);
	}
	if (c->board)
		board_free(c->board);
	free(c->notice);
	target_close(&c->target);
}

static bool console_terminal(const char *script, struct error *err)
{
	if (script || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return true;
	error_set(err, ERROR_USAGE, "could not open the console: stdin and stdout are no terminal");
	return error_hint(err,
			  "for scripts: tellerdesk lookup, search, history, stores, status; see tellerdesk --help");
}

/* What is logged must not be painted over the screen. */
static void console_log(const struct settings *s, const char *state_folder)
{
	const char *given = settings_text(s, "log");
	char *path = given ? memory_text(given) : memory_format("%s/tellerdesk.log", state_folder);
	log_open(path, command_log_level(s));
	free(path);
}

static int console_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct console c = {0};
	struct error err = {0};
	const char *script = settings_text(s, "script");
	int status;
	if (!console_terminal(script, &err))
		return error_report(&err);
	if (!target_open(&c.target, s, &err))
		return target_fail(&c.target, &err);
	if (!stop_begin(&err))
		return target_fail(&c.target, &err);
	console_log(s, c.target.state_folder);
	if (settings_flag(s, "no-ingest") || console_ingest(&c, &err))
		status = console_open(&c, s, script, &err);
	else
		status = error_report(&err);
	console_end(&c);
	stop_end();
	return status;
}

const struct command command_console = {
	.name = "console",
	.synopsis = "console [--no-ingest]",
	.about = N_("Open the console; the ingest thread runs behind it"),
	.service = true,
	.run = console_run,
};
