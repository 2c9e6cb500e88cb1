#include "config.h"

#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/zone.h"
#include "model/draft.h"

static void parse_model_section(struct draft *d)
{
	struct model *m = d->model;
	const struct draft_section *s = NULL;
	for (int i = 0; i < d->section_count; i++)
		if (d->sections[i].kind == DRAFT_MODEL)
			s = &d->sections[i];
	m->zone = zone_utc();
	m->zone_name = "UTC";
	m->name = m->title = "";
	if (!s) {
		draft_problem(d, 1, "the model has no section [model]");
		return;
	}
	const char *name = draft_value(s, "name"), *title = draft_value(s, "title"), *zone = draft_value(s, "zone");
	if (name)
		m->name = m->title = name;
	if (title)
		m->title = title;
	if (name && strlen(name) > DRAFT_NAME_MAX)
		draft_problem(d, draft_key(s, "name")->line, "the name of a model is longer than %d bytes",
			      DRAFT_NAME_MAX);
	if (!zone)
		return;
	struct error err = {0};
	const struct zone *z = zone_get(zone, &err);
	if (!z)
		draft_problem(d, draft_key(s, "zone")->line,
			      "unknown zone \"%s\": expected a name like Asia/Jakarta, UTC or +07:00", zone);
	else
		m->zone = z;
	m->zone_name = zone;
}

struct model *model_parse(const char *text, const char *file, struct buffer *errors)
{
	struct draft d;
	struct model *m = NULL;
	draft_init(&d, file);
	draft_read(&d, text);
	draft_rules(&d);
	parse_model_section(&d);
	draft_entities(&d);
	draft_views(&d);
	draft_check(&d);
	if (draft_report(&d, errors)) {
		m = draft_take(&d);
		m->text = arena_text(&((struct draft_model *)m)->arena, text);
	}
	draft_done(&d);
	return m;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	struct draft_model *owner = (struct draft_model *)m; /* the model is its first member */
	arena_done(&owner->arena);
	free(owner);
}
