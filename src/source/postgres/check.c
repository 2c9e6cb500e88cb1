/* Preflight: everything that keeps a server from being followed exactly, at once, each with what mends it, in the order in which it is to
 * be mended.
 *
 *     check_server.c       what the server is set to
 *     check_table.c        the model's tables; first of all whether publishing one would have the bank's own statements fail
 *     check_publication.c  what is published of them
 *     check_account.c      what the account may, tried rather than read; the way to the server; the slot, and what a new one would wait for
 */
#include "config.h"

#include "source/postgres/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "model/model.h"
#include "source/postgres/private.h"

/* ---- names in statements ---- */

static bool load_words(struct checking *k, struct error *err)
{
	struct postgres_rows r;
	bool ok = postgres_client_rows(k->m->control, "SELECT word FROM pg_catalog.pg_get_keywords() WHERE catcode <> 'U' ORDER BY word COLLATE \"C\"", &r, err);

	k->words = ok ? arena_zero(&k->r.arena, (size_t)r.count + 1, sizeof *k->words) : NULL;
	while (ok && postgres_rows_next(&r))
		k->words[k->word_count++] = arena_text(&k->r.arena, postgres_rows_named(&r, "word"));
	postgres_rows_done(&r);
	return ok;
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_bare(const struct checking *k, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_", more[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

	return *name && strchr(letters, *name) && name[strspn(name, more)] == '\0' &&
	       !bsearch(&name, k->words, (size_t)k->word_count, sizeof *k->words, compare_words);
}

const char *check_name(struct checking *k, const char *name)
{
	struct buffer quoted = {0};

	if (is_bare(k, name))
		return name;
	postgres_identifier(&quoted, name);
	const char *text = report_text(&k->r, buffer_text(&quoted));
	buffer_done(&quoted);
	return text;
}

const char *check_table_name(struct checking *k, const struct postgres_table *t)
{
	if (strcmp(t->schema, "public") == 0)
		return check_name(k, t->base.name);
	return report_format(&k->r, "%s.%s", check_name(k, t->schema), check_name(k, t->base.name));
}

const char *check_key(struct checking *k, const struct entity *e, const struct postgres_table *t)
{
	struct buffer names = {0};

	for (int i = 0; i < e->key_count; i++) {
		int place = t->base.place[e->key[i]];
		buffer_format(&names, "%s%s", i ? ", " : "", check_name(k, place < 0 ? e->columns[e->key[i]].name : t->columns[place].name));
	}
	const char *text = report_text(&k->r, buffer_text(&names));
	buffer_done(&names);
	return text;
}

const char *check_literal(struct checking *k, const char *text)
{
	struct buffer quoted = {0};

	postgres_literal(&quoted, text, strlen(text));
	const char *kept = report_text(&k->r, buffer_text(&quoted));
	buffer_done(&quoted);
	return kept;
}

/* ---- all of it ---- */

/* Who we are, and where: a standby has no slots of its own to be asked about. */
static bool begin(struct checking *k, struct error *err)
{
	struct postgres_rows r;

	if (!load_words(k, err))
		return false;
	k->account = check_name(k, postgres_client_server(k->m->control)->user);
	bool ok = postgres_client_rows(k->m->control, "SELECT pg_catalog.pg_is_in_recovery() AS standby", &r, err);
	if (ok && postgres_rows_next(&r)) {
		const char *standby = postgres_rows_named(&r, "standby");
		k->standby = standby && *standby == 't';
	}
	postgres_rows_done(&r);
	return ok && (k->standby || slot_look(k->m->control, k->m->slot, &k->slot, err));
}

static bool check_all(struct checking *k, struct error *err)
{
	if (!begin(k, err) || !check_server(k, err) || !postgres_shape_refresh(k->m, err) || !check_tables(k, err))
		return false;
	check_publication(k);
	return check_account(k, err) && (k->standby || check_slot(k, err));
}

static bool check_run(struct checking *k, struct error *err)
{
	report_init(&k->r);
	bool ok = check_all(k, err);
	report_done(&k->r);
	return ok;
}

bool postgres_check(struct source *s, void (*found)(void *ctx, const struct source_finding *f), void *ctx, struct error *err)
{
	struct checking k = {.m = (struct postgres *)s, .r = {.found = found, .ctx = ctx}, .tries = true};

	k.m->shape_stale = true;
	return check_run(&k, err);
}

bool postgres_require(struct postgres *m, struct error *err)
{
	struct error first = {0};
	struct report_required required = {.server = postgres_client_name(m->control), .first = &first};
	struct checking k = {.m = m, .r = {.found = report_require, .ctx = &required}};

	return check_run(&k, err) && report_required(&required, err);
}
