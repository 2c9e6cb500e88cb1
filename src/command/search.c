#include "config.h"

#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "answer/answer.h"
#include "answer/csv.h"
#include "answer/text.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/language.h"
#include "base/settings.h"
#include "command/ask.h"
#include "replica/query.h"

#define SEARCH_LIMIT 50
#define SEARCH_MOST  100000

static void search_store(struct sheet *t, const struct search_hit *h)
{
	struct buffer b = {0};
	buffer_text_add(&b, h->store ? h->store : "-");
	if (h->store_name)
		buffer_format(&b, " %s", h->store_name);
	sheet_bytes(t, buffer_text(&b), b.len);
	buffer_done(&b);
}

static void search_text(const struct ask *a, const struct search_answer *s)
{
	char shown[ANSWER_TEXT_NUMBER], total[ANSWER_TEXT_NUMBER];
	struct sheet t;
	sheet_init(&t, a->ascii);
	sheet_column(&t, "CIF", SHEET_LEFT);
	sheet_column(&t, "Name", SHEET_LEFT);
	sheet_column(&t, "Store", SHEET_LEFT);
	sheet_column(&t, "Found by", SHEET_LEFT);
	for (int i = 0; i < s->count; i++) {
		sheet_text(&t, s->hits[i].cif);
		sheet_text(&t, s->hits[i].name);
		search_store(&t, &s->hits[i]);
		sheet_text(&t, s->hits[i].matched);
	}
	if (s->count)
		sheet_print(&t, stdout, 0);
	sheet_done(&t);
	if (!s->count)
		printf("No customer found\n");
	else
		printf("%s of %s%s\n", answer_text_number(s->count, shown), s->total_exact ? "" : "more than ",
		       answer_text_number(s->total, total));
	if (s->indexing >= 0)
		printf("Indexing %d %%: names not indexed yet may be missing\n", s->indexing);
	ask_print_age(a, &s->base.freshness);
}

static bool search_limit(const struct settings *s, int *limit, struct error *err)
{
	int64_t given = settings_given(s, "limit") ? settings_count(s, "limit") : SEARCH_LIMIT;
	*limit = (int)given;
	if (given >= 1 && given <= SEARCH_MOST)
		return true;
	error_set(err, ERROR_USAGE, "could not take --limit %lld", (long long)given);
	return error_hint(err, "a limit is 1 to %d", SEARCH_MOST);
}

static void search_print(const struct ask *a, const char *text, const struct search_answer *s)
{
	if (a->format == ASK_JSON) {
		answer_search_json(stdout, a->query, text, s);
	} else if (a->format == ASK_CSV) {
		answer_search_csv(stdout, &(struct answer_form){.guard = a->guard}, s);
		ask_note_age(a, &s->base.freshness);
	} else
		search_text(a, s);
}

static int search_run(struct settings *s, size_t count, const char *const *arguments)
{
	struct ask a;
	struct error err = {0};
	struct search_answer found = {0};
	struct buffer text = {0};
	int limit, status;
	/* tellerdesk search mary ann: words need no quotes. */
	for (size_t i = 0; i < count; i++)
		buffer_format(&text, "%s%s", i ? " " : "", arguments[i]);
	if (!search_limit(s, &limit, &err) || !ask_open(&a, s, &err)) {
		buffer_done(&text);
		return error_report(&err);
	}
	if (query_search(a.query, buffer_text(&text), limit, &found, &err)) {
		search_print(&a, buffer_text(&text), &found);
		status = ask_finish(&a, &found.base.freshness, found.count ? 0 : ERROR_NOT_FOUND);
	} else {
		status = error_report(&err);
	}
	answer_done(&found.base);
	ask_close(&a);
	buffer_done(&text);
	return status;
}

const struct command command_search = {
	.name = "search",
	.synopsis = "search TEXT [--limit N]",
	.about = N_("Find customers by words of their name, by CIF or another search column"),
	.min_arguments = 1,
	.max_arguments = 16,
	.run = search_run,
};
