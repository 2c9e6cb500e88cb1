#include "config.h"

#include "ui/panes/show.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/language.h"
#include "model/model.h"
#include "ui/kit/figures.h"

/* A moment to the second, as everywhere else on the screen: without its fraction. */
static void show_moment(struct buffer *out, const char *s, size_t n)
{
	figures_date_text(out, s, n > FIGURES_SECOND && s[FIGURES_SECOND] == '.' ? FIGURES_SECOND : n);
}

/* ".655849" of an instant; nothing where there is none. */
static void show_fraction(struct buffer *out, int64_t at)
{
	int64_t micro = (at % SECOND + SECOND) % SECOND;
	if (micro)
		buffer_format(out, ".%06lld", (long long)micro);
}

static bool show_has_fraction(const char *s, size_t n)
{
	size_t i = FIGURES_SECOND + 1;
	while (i < n && s[i] == '0')
		i++;
	return i < n && s[FIGURES_SECOND] == '.';
}

/* A value its column can hold, as the reader's locale writes it. */
static void show_fit(struct buffer *out, const struct column *c, struct value v, const struct zone *zone)
{
	char second[FIGURES_SIZE];
	if (c->type == COLUMN_INSTANT && v.kind == VALUE_INTEGER)
		buffer_text_add(out, figures_second(v.integer, zone, second));
	else if (c->type == COLUMN_BOOLEAN && v.kind == VALUE_INTEGER)
		buffer_text_add(out, v.integer ? _("yes") : _("no"));
	else if (c->type == COLUMN_DATE && v.kind == VALUE_TEXT)
		figures_date_text(out, v.text, v.len);
	else if (c->type == COLUMN_DATETIME && v.kind == VALUE_TEXT)
		show_moment(out, v.text, v.len);
	else if (c->type == COLUMN_DECIMAL && v.kind == VALUE_TEXT)
		figures_decimal_text(out, v.text, v.len);
	else
		value_print(out, c, v);
}

const char *show_title(const struct column *c)
{
	return c->title && c->title[0] ? _(c->title) : "";
}

const char *show_entity(const struct entity *e)
{
	return e->title && e->title[0] ? _(e->title) : e->name;
}

enum role show_value(struct buffer *out, const struct column *c, struct value v, const struct zone *zone)
{
	switch (v.kind) {
	case VALUE_UNKNOWN:
		buffer_text_add(out, _("(not held)"));
		return ROLE_NONE;
	case VALUE_NULL:
		buffer_text_add(out, _("(none)"));
		return ROLE_NONE;
	case VALUE_BYTES:
		buffer_format(out, P_("(%u byte)", "(%u bytes)", v.len), (unsigned)v.len);
		return ROLE_NONE;
	case VALUE_TEXT:
		if (v.len == 0) {
			buffer_text_add(out, "\"\"");
			return ROLE_NONE;
		}
		break;
	case VALUE_INTEGER:
		break;
	}
	if (value_misfit(c, v)) {
		buffer_add(out, v.text, v.len);
		buffer_format(out, _(" (no %s)"), column_type_text(c->type));
		return ROLE_WARN;
	}
	show_fit(out, c, v, zone);
	return ROLE_TEXT;
}

enum role show_exact(struct buffer *out, const struct column *c, struct value v, const struct zone *zone)
{
	enum role role = show_value(out, c, v, zone);
	if (role != ROLE_TEXT)
		return role;
	if (c->type == COLUMN_INSTANT && v.kind == VALUE_INTEGER)
		show_fraction(out, v.integer);
	else if (c->type == COLUMN_DATETIME && v.kind == VALUE_TEXT && show_has_fraction(v.text, v.len))
		buffer_add(out, v.text + FIGURES_SECOND, v.len - FIGURES_SECOND);
	return role;
}

void show_more(int y, int x, int w, int above, int below)
{
	if (above > 0 && below > 0)
		draw_format(y, x, w, ROLE_WARN, _("lines: %d more above, %d more below"), above, below);
	else if (below > 0)
		draw_format(y, x, w, ROLE_WARN, P_("%d more line below", "%d more lines below", below), below);
	else if (above > 0)
		draw_format(y, x, w, ROLE_WARN, P_("%d more line above", "%d more lines above", above), above);
}
