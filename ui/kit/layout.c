#include "config.h"

#include "ui/kit/layout.h"

#include <stddef.h>

/* The first row of a screen that fits the area decides: from the largest to the smallest. */
struct layout_rule {
	enum layout_screen screen;
	int columns, rows; /* at least, of the area: 5 rows less than the window, 8 on a customer's screens */
	enum layout_form form;
	int first,
		second; /* hundredths: of the width (BESIDE: the first; THREE: the first, the second; the two
			 * with a stack: of the column on the left, then of the height) and, STACKED, of the height */
};

static const struct layout_rule layout_table[] = {
	{LAYOUT_FIND, 120, 20, FORM_BESIDE, 60, 0},
	{LAYOUT_FIND, 0, 0, FORM_ONE, 0, 0},
	{LAYOUT_CUSTOMER, 160, 10, FORM_THREE, 33, 40},
	{LAYOUT_CUSTOMER, 120, 20, FORM_BESIDE_LOWER, 38, 50},
	{LAYOUT_CUSTOMER, 120, 10, FORM_BESIDE, 38, 0},
	{LAYOUT_CUSTOMER, 0, 10, FORM_STACKED, 60, 0},
	{LAYOUT_CUSTOMER, 0, 0, FORM_ONE, 0, 0},
	{LAYOUT_DETAIL, 160, 10, FORM_BESIDE, 60, 0},
	{LAYOUT_DETAIL, 0, 12, FORM_STACKED, 60, 0},
	{LAYOUT_DETAIL, 0, 0, FORM_ONE, 0, 0},
	{LAYOUT_HISTORY, 110, 20, FORM_BESIDE_STACKED, 40, 50},
	{LAYOUT_HISTORY, 0, 12, FORM_STACKED, 60, 0},
	{LAYOUT_HISTORY, 0, 0, FORM_ONE, 0, 0},
	{LAYOUT_STORES, 150, 20, FORM_BESIDE_LOWER, 56, 50},
	{LAYOUT_STORES, 0, 13, FORM_STACKED, 50, 0},
	{LAYOUT_STORES, 0, 0, FORM_ONE, 0, 0},
	{LAYOUT_LAG, 120, 20, FORM_BESIDE, 50, 0},
	{LAYOUT_LAG, 0, 0, FORM_ONE, 0, 0},
};

static const struct layout_rule *layout_rule(enum layout_screen screen, struct area area, bool accessible)
{
	const struct layout_rule *last = NULL;
	for (size_t i = 0; i < sizeof(layout_table) / sizeof(layout_table[0]); i++) {
		const struct layout_rule *r = &layout_table[i];
		if (r->screen != screen || area.h < r->rows || area.w < r->columns)
			continue;
		last = r;
		if (!accessible || r->form == FORM_ONE || r->form == FORM_STACKED)
			return r;
	}
	return last;
}

static void layout_stack(struct area *upper, struct area *lower, struct area area, int percent)
{
	int rows = area.h * percent / 100;
	*upper = (struct area){area.y, area.x, rows, area.w};
	*lower = (struct area){area.y + rows + 1, area.x, area.h - rows - 1, area.w};
}

void layout_make(enum layout_screen screen, struct area area, bool accessible, struct layout *out)
{
	const struct layout_rule *r = layout_rule(screen, area, accessible);
	int first = area.w * r->first / 100, second = area.w * r->second / 100;
	*out = (struct layout){.form = r->form, .part = {area}};
	switch (r->form) {
	case FORM_ONE:
		break;
	case FORM_STACKED:
		layout_stack(&out->part[0], &out->part[1], area, r->first);
		break;
	case FORM_BESIDE:
		out->part[0].w = first - 1;
		out->part[1] = (struct area){area.y, area.x + first, area.h, area.w - first};
		break;
	case FORM_THREE:
		out->part[0].w = first - 1;
		out->part[1] = (struct area){area.y, area.x + first, area.h, second - 1};
		out->part[2] = (struct area){area.y, area.x + first + second, area.h, area.w - first - second};
		break;
	case FORM_BESIDE_STACKED:
		out->part[2] = (struct area){area.y, area.x, area.h, first - 1};
		layout_stack(&out->part[0], &out->part[1],
			     (struct area){area.y, area.x + first, area.h, area.w - first}, r->second);
		break;
	case FORM_BESIDE_LOWER:
		out->part[0].w = first - 1;
		layout_stack(&out->part[1], &out->part[2],
			     (struct area){area.y, area.x + first, area.h, area.w - first}, r->second);
		break;
	}
}

void layout_lower(struct layout *l, int rows)
{
	int at = l->form == FORM_BESIDE_LOWER ? 1 : 0;
	struct area *upper = &l->part[at], *lower = &l->part[at + 1];
	if (l->form != FORM_STACKED && l->form != FORM_BESIDE_STACKED && l->form != FORM_BESIDE_LOWER)
		return;
	int all = lower->y + lower->h - upper->y;
	if (rows > all - 2)
		rows = all - 2;
	if (rows <= 0) {
		upper->h = all;
		lower->h = 0;
		return;
	}
	upper->h = all - rows - 1;
	lower->y = upper->y + upper->h + 1;
	lower->h = rows;
}
