/* Where the parts of the customer screen stand, and what is said below them. */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/text.h"
#include "model/model.h"
#include "replica/query.h"
#include "ui/kit/figures.h"
#include "ui/panes/customer.h"
#include "ui/panes/show.h"
#include "ui/session.h"

enum {
	CUSTOMER_MARKS = 256, /* columns that can be marked */
	CUSTOMER_CHANGES = 3, /* rows the last changes have at least: a title and two */
	CUSTOMER_HIGH = 14,   /* rows from which on they take those from a record that needs them all */
	CUSTOMER_TALL = 24,   /* rows from which on a long table gives some to the selected row */
	CUSTOMER_HINT = 70,   /* columns from which on there is room for a hint */
};

/* ---- the record ---- */

/* What of the customer changed while it was looked at, or within the last 30 days. */
static void record_signs(const struct customer *c, enum record_sign *signs)
{
	int e = customer_model(c)->customer;
	for (int i = 0; i < c->card.history.count; i++) {
		const struct version *v = &c->card.history.versions[i];
		if (v->entity != e || v->valid_from < c->since)
			continue;
		for (int k = 0; k < v->changed_count; k++)
			if (v->changed[k] < CUSTOMER_MARKS)
				signs[v->changed[k]] = RECORD_RECENT;
	}
}

static void record_fresh(const struct customer *c, int entity, const char *key, enum record_sign *signs)
{
	for (int i = 0; i < customer_model(c)->entities[entity].column_count && i < CUSTOMER_MARKS; i++)
		if (customer_is_fresh(c, entity, key, i))
			signs[i] = RECORD_FRESH;
}

static bool record_of_row(struct customer *c, struct record_request *q, enum record_sign *signs)
{
	const struct customer_row *row = customer_row(c);
	int entity = customer_entity(c)->entity;
	if (!row)
		return false;
	q->entity = &customer_model(c)->entities[entity];
	q->values = row->values;
	q->today = row->today;
	if (!customer_then(c))
		record_fresh(c, entity, row->key, signs);
	return true;
}

static void record_of_customer(struct customer *c, struct record_request *q, enum record_sign *signs)
{
	q->entity = &customer_model(c)->entities[customer_model(c)->customer];
	q->values = c->card.answer.customer->values;
	q->skip = q->entity->key_count == 1 ? q->entity->key[0] : -1;
	if (customer_then(c)) {
		q->today = c->card.today.customer ? c->card.today.customer->values : NULL;
		return;
	}
	record_signs(c, signs);
	record_fresh(c, customer_model(c)->customer, c->card.answer.customer->key, signs);
}

void customer_record(struct customer *c)
{
	enum record_sign signs[CUSTOMER_MARKS] = {RECORD_PLAIN};
	struct record_request q = {.zone = c->base.session->zone, .exact = c->list, .skip = -1, .signs = signs};
	arena_reset(&c->record_arena);
	c->record = (struct record){0};
	bool some = c->card.answer.customer != NULL;
	if (some && customer_entity(c))
		some = record_of_row(c, &q, signs);
	else if (some)
		record_of_customer(c, &q, signs);
	if (some && q.entity->column_count <= CUSTOMER_MARKS)
		record_make(&c->record, &c->record_arena, &q);
	grid_sync(&c->fields, c->record.count);
}

static bool record_in_focus(const struct customer *c)
{
	if (c->tab > 0)
		return c->list;
	return c->part == PART_MAIN && (c->moved || c->list || c->base.session->accessible);
}

static void record_look(struct customer *c, bool one)
{
	c->view.one = one;
	c->view.words = c->base.session->accessible;
}

static void draw_record(struct customer *c, struct area area)
{
	c->view.selected = record_in_focus(c) ? grid_row(&c->fields) : -1;
	record_draw(&c->record, &c->view, area);
	c->fields.y = c->view.y;
	c->fields.x = c->view.x;
	c->fields.height = area.h;
}

/* ---- the customer ---- */

static void personal_layout(struct customer *c, struct area area, struct layout *l)
{
	layout_make(LAYOUT_CUSTOMER, area, c->base.session->accessible, l);
	if (l->form == FORM_STACKED) {
		int rows = area.h - record_lines(&c->record, &c->view, area.w) - 1;
		if (rows < CUSTOMER_CHANGES)
			rows = area.h < CUSTOMER_HIGH ? 0 : CUSTOMER_CHANGES;
		layout_lower(l, rows);
	} else if (l->form == FORM_BESIDE_LOWER) {
		int held = c->holdings.count < area.h / 2 ? c->holdings.count : area.h / 2;
		int left = area.h - (c->changes.count ? c->changes.count : 1) - 2;
		layout_lower(l, left > held ? left : held);
	}
}

/* Whole values over the whole width; the last changes below, if room is left. */
static void list_layout(struct customer *c, struct area area, struct layout *l)
{
	int rows = record_lines(&c->record, &c->view, area.w);
	*l = (struct layout){.form = FORM_STACKED, .part = {area, {area.y + area.h, area.x, 0, area.w}}};
	layout_lower(l, area.h - rows - 1 >= CUSTOMER_CHANGES ? area.h - rows - 1 : 0);
}

static void draw_personal(struct customer *c, struct area area)
{
	struct layout l;
	record_look(c, c->list);
	if (c->list)
		list_layout(c, area, &l);
	else
		personal_layout(c, area, &l);
	c->there[PART_CHANGES] = l.part[1].h > 1 && c->changes.count;
	c->there[PART_HOLDINGS] = l.part[2].h > 0 && c->holdings.count;
	if (!c->there[c->part])
		c->part = PART_MAIN;
	c->changes.focus = c->part == PART_CHANGES;
	c->holdings.focus = c->part == PART_HOLDINGS;
	draw_record(c, l.part[0]);
	customer_changes_draw(c, l.part[1]);
	customer_holdings_draw(c, l.part[2]);
}

/* ---- a detail ---- */

static bool detail_copied(const struct customer *c)
{
	return card_copied(&c->card, customer_entity(c)->entity);
}

/* There are rows, but the filter leaves none of them: that is not to be taken for "none". */
static void draw_filtered(const struct customer *c, struct area area)
{
	char key[16], rows[FIGURES_SIZE];
	keys_first(&c->base.session->keys, ACTION_BACK, key, sizeof(key));
	area.y++, area.x++, area.w -= 2;
	draw_format(area.y, area.x, area.w, ROLE_WARN, P_("%s row, but it does not hold \"%s\"",
						       "%s rows, but none holds \"%s\"", c->grid.rows),
		    figures_count(c->grid.rows, rows), c->grid.filter);
	draw_format(area.y + 1, area.x, area.w, ROLE_TEXT, _("%s: all again"), key);
}

static void draw_nothing(const struct customer *c, struct area area)
{
	if (c->grid.filter && c->grid.rows) {
		draw_filtered(c, area);
		return;
	}
	enum known known = customer_entity(c)->known;
	enum role role = ROLE_WARN;
	const char *text = _("none");
	if (!detail_copied(c))
		text = _("not copied yet");
	else if (known == KNOWN_BEFORE_SNAPSHOT)
		text = _("not known: the first copy was made later");
	else if (known == KNOWN_GAP)
		text = _("none known, but that time lies in a gap");
	else
		role = ROLE_NONE;
	draw_format(area.y + 1, area.x + 1, area.w - 2, role, "%s", text);
}

/* One column then, which has room for what it is today. */
static bool detail_differs(const struct customer *c)
{
	for (int i = 0; i < c->record.count; i++)
		if (c->record.fields[i].today)
			return true;
	return false;
}

/* The row below its table, or beside it, where there is room for both. */
static void detail_layout(struct customer *c, struct area area, struct layout *l)
{
	int table = c->grid.count + 1;
	layout_make(LAYOUT_DETAIL, area, c->base.session->accessible, l);
	if (l->form != FORM_STACKED)
		return;
	int record = record_lines(&c->record, &c->view, area.w) + 1;
	if (table + 1 + record <= area.h)
		layout_lower(l, area.h - table - 1);
	else if (area.h < CUSTOMER_TALL)
		layout_lower(l, 0);
}

static void draw_selected(struct customer *c, struct area area)
{
	const struct customer_row *row = customer_row(c);
	if (area.h < 2 || !row)
		return;
	const struct entity *e = &customer_model(c)->entities[customer_entity(c)->entity];
	draw_format(area.y, area.x + 1, area.w - 1, ROLE_TITLE, "%s %s", e->name, row->key);
	area.y++, area.h--;
	draw_record(c, area);
}

static void draw_detail(struct customer *c, struct area area)
{
	struct layout l;
	struct buffer since = {0};
	customer_later(&since, c->later, c->later_count);
	if (since.len) {
		draw_text(area.y + --area.h, area.x + 1, area.w - 1, ROLE_CHANGED, since.data, since.len);
		buffer_done(&since);
	}
	record_look(c, c->list || detail_differs(c));
	if (c->grid.count == 0) {
		draw_nothing(c, area);
	} else if (c->list) {
		draw_record(c, area);
	} else {
		detail_layout(c, area, &l);
		grid_draw(&c->grid, l.part[0]);
		draw_selected(c, l.part[1]);
	}
}

/* ---- the last row ---- */

static bool legend_deleted(struct customer *c, struct area area)
{
	char when[FIGURES_SIZE];
	const struct customer_row *row = customer_entity(c) ? customer_row(c) : NULL;
	if (!row || row->state != ROW_DELETED)
		return false;
	const struct entity_rows *rows = customer_entity(c);
	int64_t at = TIME_NONE;
	for (int i = 0; i < c->card.history.count && at == TIME_NONE; i++) {
		const struct version *v = &c->card.history.versions[i];
		if (v->entity == rows->entity && strcmp(v->key, row->key) == 0)
			at = v->valid_to;
	}
	draw_format(area.y + area.h - 1, area.x + 1, area.w - 1, ROLE_WARN,
		    _("%s %s was deleted %s: this is how it was last"), customer_model(c)->entities[rows->entity].name,
		    row->key, figures_minute(at, c->base.session->zone, when));
	return true;
}

static bool legend_has(const struct customer *c, enum record_sign sign)
{
	for (int i = 0; i < c->record.count; i++)
		if (c->record.fields[i].sign == sign)
			return true;
	return false;
}

/* How to see what was cut, else that nothing need be left first. */
static void draw_hint(const struct customer *c, struct area left)
{
	struct buffer hint = {0};
	char key[16];
	keys_first(&c->base.session->keys, ACTION_VIEW, key, sizeof(key));
	if (c->view.cut)
		buffer_format(&hint, _("%s shows whole values"), key);
	else
		buffer_text_add(&hint, _("Type the next CIF any time"));
	int cells = (int)text_width(hint.data, hint.len);
	if (cells < left.w - 1 && (c->view.cut || left.x + left.w >= CUSTOMER_HINT))
		draw_text(left.y, left.x + left.w - cells - 1, cells, ROLE_DIM, hint.data, hint.len);
	buffer_done(&hint);
}

static void draw_legend(struct customer *c, struct area area)
{
	int y = area.y + area.h - 1, x = area.x + 1;
	if (card_caution(&c->card, c->base.session, c->tab, area) || legend_deleted(c, area))
		return;
	bool words = c->base.session->accessible;
	if (customer_entity(c) && !detail_copied(c) && c->grid.count)
		x += draw_format(y, x, area.w - 2, ROLE_WARN, "%s", _("not copied in full yet: more may come")) + 2;
	if (!words && (c->tab == 0 ? legend_has(c, RECORD_FRESH) : c->fresh_count > 0))
		x += draw_format(y, x, area.x + area.w - x, ROLE_CHANGED, "%s", _("! changed just now")) + 2;
	if (!words && legend_has(c, RECORD_RECENT))
		x += draw_format(y, x, area.x + area.w - x, ROLE_CHANGED, "%s", _("* changed in the last 30 days")) + 2;
	draw_hint(c, (struct area){y, x, 1, area.x + area.w - x});
}

void customer_draw(struct pane *p, struct area area)
{
	struct customer *c = (struct customer *)p;
	if (!c->card.loaded)
		return;
	card_head(&c->card, p->session, area, c->tab);
	area.y += 2, area.h -= 2;
	c->there[PART_MAIN] = true;
	c->there[PART_CHANGES] = c->there[PART_HOLDINGS] = false;
	c->changes.y = c->holdings.y = c->fields.y = c->grid.y = -1;
	c->view.cut = false;
	if (!c->card.answer.customer) {
		int rows = card_absent(&c->card, p->session, area) + 1;
		area.y += rows, area.h -= rows;
		if (c->card.answer.candidate_count)
			grid_draw(&c->grid, area);
		return;
	}
	struct area body = area;
	body.h--;
	if (c->tab == 0)
		draw_personal(c, body);
	else
		draw_detail(c, body);
	draw_legend(c, area);
}
