#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "answer/csv.h"
#include "answer/json.h"
#include "answer/text.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/settings.h"
#include "base/text.h"
#include "command/ask.h"
#include "command/target.h"
#include "replica/query.h"
#include "source/source.h"

struct preflight {
	enum ask_format format;
	bool ascii;
	struct answer_json json;
	struct answer_csv csv;
	int refused, warned;
	bool begun;
};

/* Not before there is something to say: a source that could not be asked gives no answer. */
static void preflight_begin(struct preflight *p)
{
	if (p->begun)
		return;
	p->begun = true;
	if (p->format == ASK_JSON) {
		answer_json_begin(&p->json, stdout);
		answer_json_array(&p->json, "findings");
	} else if (p->format == ASK_CSV) {
		answer_csv_begin(&p->csv, stdout, &(struct answer_form){0}, "severity,object,detail,fix");
	}
}

static void preflight_add(struct buffer *out, const char *english, bool ascii)
{
	struct buffer told = {0};
	language_sentence(&told, english);
	answer_text_add(out, buffer_text(&told), ascii);
	buffer_done(&told);
}

static void preflight_text(const struct preflight *p, const struct source_finding *f)
{
	struct buffer b = {0};
	/* xgettext: cell 7 */
	const char *severity = _("refuse");
	if (!f->refuse)
		/* xgettext: cell 7 */
		severity = _("warn");
	text_fit(&b, severity, strlen(severity), 7, p->ascii);
	buffer_char(&b, ' ');
	answer_text_add(&b, f->object, p->ascii);
	buffer_text_add(&b, f->object ? ": " : "");
	preflight_add(&b, f->detail, p->ascii);
	if (f->fix) {
		buffer_text_add(&b, "\n        ");
		buffer_text_add(&b, _("fix: "));
		preflight_add(&b, f->fix, p->ascii);
	}
	printf("%s\n", buffer_text(&b));
	buffer_done(&b);
}

static void preflight_found(void *ctx, const struct source_finding *f)
{
	struct preflight *p = ctx;
	const char *severity = f->refuse ? "refuse" : "warn";
	preflight_begin(p);
	if (f->refuse)
		p->refused++;
	else
		p->warned++;
	if (p->format == ASK_JSON) {
		json_t *o = json_object();
		json_object_set_new(o, "severity", json_string(severity));
		json_object_set_new(o, "object", answer_json_string(f->object));
		json_object_set_new(o, "detail", answer_json_string(f->detail));
		json_object_set_new(o, "fix", answer_json_string(f->fix));
		answer_json_item(&p->json, o);
	} else if (p->format == ASK_CSV) {
		answer_csv_word(&p->csv, severity);
		answer_csv_text(&p->csv, f->object);
		answer_csv_text(&p->csv, f->detail);
		answer_csv_text(&p->csv, f->fix);
		answer_csv_row(&p->csv);
	} else {
		preflight_text(p, f);
	}
}

/* whole: the source could be asked everything. */
static void preflight_end(struct preflight *p, bool whole)
{
	preflight_begin(p);
	if (p->format == ASK_JSON) {
		answer_json_array_end(&p->json);
		answer_json_member(&p->json, "ok", json_boolean(whole && p->refused == 0));
		answer_json_end(&p->json);
	} else if (p->format == ASK_CSV) {
		answer_csv_done(&p->csv);
	} else if (!whole) {
		fflush(stdout); /* the error that follows says the rest */
	} else if (p->refused) {
		printf(P_("The source cannot be followed yet: %d to fix, %d warning\n",
			  "The source cannot be followed yet: %d to fix, %d warnings\n", p->warned),
		       p->refused, p->warned);
	} else {
		printf("%s\n", p->warned ? _("The source can be followed, with the warnings above")
					: _("The source can be followed"));
	}
}

/* The model is the replica's own where none is given. */
static bool preflight_work(struct preflight *p, struct target *t, struct error *err)
{
	struct query *q = NULL;
	struct source *source = NULL;
	bool ok = t->model || (q = query_open(t->replica_path, err));
	if (ok) {
		struct source_params params = {
			.url = t->source_url,
			.model = t->model ? t->model : query_model(q),
			.state_folder = t->state_folder,
			.replica = t->replica_path,
			.stop = -1,
			.settle = t->params.settle,
			.reject_percent = t->params.reject_percent,
			.encoding = t->params.encoding,
		};
		source = source_open(&params, err);
		ok = source != NULL;
	}
	ok = ok && source->ops->check(source, preflight_found, p, err);
	/* What was found before it failed is closed too, so that a program can read it. */
	if (ok || p->begun)
		preflight_end(p, ok);
	if (source)
		source->ops->close(source);
	if (q)
		query_close(q);
	return ok;
}

static int preflight_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct target t;
	struct error err = {0};
	struct preflight p = {.format = ask_format(s), .ascii = ask_ascii(s)};
	if (!target_open(&t, s, &err))
		return target_fail(&t, &err);
	if (!preflight_work(&p, &t, &err)) {
		fflush(stdout);
		return target_fail(&t, &err);
	}
	target_close(&t);
	return ask_flush(p.refused ? ERROR_REFUSED : 0);
}

const struct command command_check_source = {
	.name = "check-source",
	.synopsis = "check-source",
	.about = N_("Tell whether the source can be followed, each finding with its fix"),
	.run = preflight_run,
};
