#include "config.h"

#include "ui/panes/brief.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/kit/figures.h"
#include "ui/panes/show.h"
#include "ui/session.h"

enum { BRIEF_LABEL_MOST = 20 /* cells */ };

/* Cells of the widest label, and what stands around it. */
static int brief_indent(const struct entity *e)
{
	int widest = 4;
	for (int i = 0; i < e->column_count; i++) {
		int cells =
			e->columns[i].hidden ? 0 : (int)text_width(e->columns[i].title, strlen(e->columns[i].title));
		widest = cells > widest ? cells : widest;
	}
	return (widest < BRIEF_LABEL_MOST ? widest : BRIEF_LABEL_MOST) + 3;
}

static void brief_fields(struct brief *b, const struct session *s, const struct lookup_answer *a)
{
	const struct entity *e = &s->model->entities[s->model->customer];
	struct buffer text = {0};
	int indent = brief_indent(e);
	for (int i = 0; i < e->column_count; i++) {
		struct value v = a->customer->values[i];
		if (e->columns[i].hidden || e->columns[i].key >= 0 || v.kind <= VALUE_NULL)
			continue;
		buffer_clear(&text);
		enum role role = show_value(&text, &e->columns[i], v, s->zone);
		if (i == e->store && a->store_name)
			buffer_format(&text, " %s", a->store_name);
		lines_pair(&b->lines, indent, e->columns[i].title, role, "%s", buffer_text(&text));
	}
	lines_add(&b->lines, ROLE_TEXT, "%s", "");
	for (int i = 0; i < a->entity_count; i++) {
		char n[FIGURES_SIZE];
		const struct entity *d = &s->model->entities[a->entities[i].entity];
		lines_pair(&b->lines, indent, show_entity(d), ROLE_TEXT, "%s",
			   figures_count(a->entities[i].count, n));
	}
	buffer_done(&text);
}

bool brief_load(struct brief *b, struct session *s, const char *cif, struct error *err)
{
	struct lookup_answer a = {0};
	char *asked = memory_text(cif);
	lines_clear(&b->lines);
	b->lines.top = 0;
	free(b->cif);
	b->cif = asked;
	if (!asked)
		return true;
	bool good = query_lookup(s->query, asked, TIME_NONE, &a, err);
	if (good && a.customer) {
		lines_add(&b->lines, ROLE_NAME, "%s", a.name && a.name[0] ? a.name : _("(no name)"));
		lines_add(&b->lines, ROLE_TEXT, "%s", "");
		brief_fields(b, s, &a);
	} else if (good) {
		lines_add(&b->lines, ROLE_WARN, _("There is no customer %s."), asked);
	}
	answer_done(&a.base);
	return good;
}

void brief_draw(struct brief *b, struct area area)
{
	lines_draw(&b->lines, area);
}

void brief_done(struct brief *b)
{
	free(b->cif);
	b->cif = NULL;
	lines_done(&b->lines);
}
