#include "config.h"

#include "command/command.h"

#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "command/ask.h"
#include "command/target.h"
#include "replica/query.h"
#include "source/source.h"

/* The model is the replica's own where none is given. */
static bool capture_work(struct target *t, struct buffer *out, struct error *err)
{
	struct query *q = NULL;
	struct source *source = NULL;
	const struct source_ops *ops = source_find(t->source_url, err);
	bool ok = ops;
	if (ok && !ops->capture_sql) {
		ok = error_set(err, ERROR_USAGE, "could not write triggers for a source of kind %s: its changes come without any", ops->kind);
		error_hint(err, "tellerdesk capture-sql is for mysql://USER@HOST/DATABASE?capture=triggers");
	}
	ok = ok && (t->model || (q = query_open(t->replica_path, err)));
	if (ok) {
		struct source_params params = {
			.url = t->source_url,
			.model = t->model ? t->model : query_model(q),
			.state_folder = t->state_folder,
			.stop = -1,
		};
		source = source_open(&params, err);
		ok = source && source->ops->capture_sql(source, out, err);
	}
	if (source)
		source->ops->close(source);
	if (q)
		query_close(q);
	return ok;
}

static int capture_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct target t;
	struct error err = {0};
	struct buffer out = {0};
	if (!target_open(&t, s, &err))
		return target_fail(&t, &err);
	if (!capture_work(&t, &out, &err)) {
		buffer_done(&out);
		return target_fail(&t, &err);
	}
	fwrite(buffer_text(&out), 1, out.len, stdout);
	buffer_done(&out);
	target_close(&t);
	return ask_flush(0);
}

const struct command command_capture_sql = {
	.name = "capture-sql",
	.synopsis = "capture-sql",
	.about = N_("Print the SQL that captures changes by triggers, to be read and run"),
	.run = capture_run,
};
