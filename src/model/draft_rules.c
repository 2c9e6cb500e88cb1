#include "config.h"

#include "model/draft.h"

#include <string.h>

/* Every key a section may have, where it means something, and where it must stand. */
struct rule {
	const char *key;
	unsigned where, must;
};

static const struct rule rules[] = {
	{"name", DRAFT_MODEL | DRAFT_CUSTOMER | DRAFT_STORE, DRAFT_MODEL | DRAFT_CUSTOMER},
	{"title", DRAFT_MODEL | DRAFT_ENTITY | DRAFT_ROLLUP, 0},
	{"zone", DRAFT_MODEL, 0},
	{"kind", DRAFT_ENTITY, DRAFT_ENTITY},
	{"table", DRAFT_ENTITY, DRAFT_ENTITY},
	{"key", DRAFT_ENTITY, DRAFT_ENTITY},
	{"cif", DRAFT_DETAIL | DRAFT_EVENT, DRAFT_EVENT},
	{"via", DRAFT_DETAIL, 0},
	{"store", DRAFT_CUSTOMER, 0},
	{"registered", DRAFT_CUSTOMER, 0},
	{"changed_by", DRAFT_ENTITY, 0},
	{"city", DRAFT_STORE, 0},
	{"optional", DRAFT_ENTITY, 0},
	{"of", DRAFT_ROLLUP, DRAFT_ROLLUP},
	{"by", DRAFT_ROLLUP, 0},
	{"at", DRAFT_ROLLUP, 0},
	{"entities", DRAFT_FLAT, DRAFT_FLAT},
};

static const struct {
	const char *word;
	enum entity_kind kind;
	unsigned bit;
} kinds[] = {
	{"customer", ENTITY_CUSTOMER, DRAFT_CUSTOMER},
	{"detail", ENTITY_DETAIL, DRAFT_DETAIL},
	{"store", ENTITY_STORE, DRAFT_STORE},
	{"event", ENTITY_EVENT, DRAFT_EVENT},
};

static void rules_check_keys(struct draft *d, const struct draft_section *s)
{
	for (int i = 0; i < s->key_count; i++) {
		const struct draft_key *k = &s->keys[i];
		if ((s->kind & DRAFT_ENTITY) && strncmp(k->name, "column.", 7) == 0)
			continue;
		const struct rule *found = NULL;
		for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++)
			if (strcmp(rules[r].key, k->name) == 0)
				found = &rules[r];
		if (!found || !(found->where & (s->kind & DRAFT_ENTITY ? DRAFT_ENTITY : s->kind)))
			draft_problem(d, k->line, "unknown key \"%s\" in %s", k->name, draft_label(d, s));
		else if (!(found->where & s->kind))
			draft_problem(d, k->line, "\"%s\" means nothing in an entity of kind %s", k->name,
				      draft_key(s, "kind")->value);
	}
}

static void rules_check_missing(struct draft *d, const struct draft_section *s)
{
	for (size_t r = 0; r < sizeof rules / sizeof rules[0]; r++)
		if ((rules[r].must & s->kind) == s->kind && !draft_key(s, rules[r].key))
			draft_problem(d, s->line, "%s has no key \"%s\"", draft_label(d, s), rules[r].key);
	if (s->kind == DRAFT_DETAIL && !draft_key(s, "cif") == !draft_key(s, "via"))
		draft_problem(d, s->line, "%s needs either cif or via, to find the rows of a customer",
			      draft_label(d, s));
}

static void rules_read_kind(struct draft *d, struct draft_section *s)
{
	const struct draft_key *k = draft_key(s, "kind");
	if (!k || *k->value == '\0')
		return;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(kinds[i].word, k->value) == 0) {
			s->kind = kinds[i].bit;
			return;
		}
	}
	draft_problem(d, k->line, "unknown kind \"%s\": there are customer, detail, store, event", k->value);
}

void draft_rules(struct draft *d)
{
	for (int i = 0; i < d->section_count; i++) {
		struct draft_section *s = &d->sections[i];
		if (s->kind == DRAFT_ENTITY)
			rules_read_kind(d, s);
		rules_check_keys(d, s);
		rules_check_missing(d, s);
	}
}
