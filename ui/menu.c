#include "config.h"

#include "ui/menu.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/kit/draw.h"
#include "ui/kit/keys.h"

void menu_open(struct menu *m, const char *title)
{
	*m = (struct menu){.title = title};
}

void menu_add(struct menu *m, char letter, int what, const char *label)
{
	if (m->count == MENU_MOST)
		return;
	m->items[m->count].letter = letter;
	m->items[m->count].what = what;
	snprintf(m->items[m->count++].label, MENU_LABEL, "%s", label);
}

static enum menu_result menu_letter(struct menu *m, int key, int *what)
{
	for (int i = 0; i < m->count; i++)
		if (m->items[i].letter == key) {
			*what = m->items[i].what;
			return MENU_CHOSEN;
		}
	return MENU_OPEN;
}

enum menu_result menu_key(struct menu *m, int key, int *what)
{
	if (key >= '0' && key <= '9')
		return MENU_PASSED;
	switch (key) {
	case KEY_ARROW_UP:
	case KEY_BACK_TAB:
		m->selected = (m->selected + m->count - 1) % m->count;
		return MENU_OPEN;
	case KEY_ARROW_DOWN:
	case KEY_TAB:
		m->selected = (m->selected + 1) % m->count;
		return MENU_OPEN;
	case KEY_FIRST:
		m->selected = 0;
		return MENU_OPEN;
	case KEY_LAST:
		m->selected = m->count - 1;
		return MENU_OPEN;
	case KEY_RETURN:
	case 'E' - KEY_CONTROL:
		*what = m->items[m->selected].what;
		return MENU_CHOSEN;
	case KEY_ESC:
	case KEY_FUNCTION + 12:
	case KEY_FUNCTION + 10:
	case 'C' - KEY_CONTROL:
		return MENU_CLOSED;
	default:
		return menu_letter(m, key, what);
	}
}

static void menu_title(const struct menu *m, struct area area, bool accessible)
{
	int cells = (int)text_width(m->title, strlen(m->title));
	draw_fill(area.y, area.x, area.w, ROLE_TEXT);
	if (!accessible)
		draw_rule(area.y, area.x, area.w, ROLE_RULE);
	draw_text(area.y, area.x + 1, cells < area.w - 2 ? cells : area.w - 2, ROLE_TITLE, m->title, strlen(m->title));
}

void menu_draw(const struct menu *m, struct area area, bool accessible, int *y, int *x)
{
	int rows = m->count < area.h - 1 ? m->count : area.h - 1;
	int top = m->selected >= rows ? m->selected - rows + 1 : 0;
	area.y += area.h - rows - 1;
	menu_title(m, area, accessible);
	for (int i = 0; i < rows; i++) {
		bool on = top + i == m->selected;
		enum role role = on ? ROLE_SELECTED : ROLE_TEXT;
		int at = area.y + 1 + i;
		const char *label = m->items[top + i].label;
		draw_fill(at, area.x, area.w, role);
		draw_text(at, area.x, 1, role, on ? ">" : " ", 1);
		draw_text(at, area.x + 2, 1, on ? ROLE_SELECTED : ROLE_KEY, &m->items[top + i].letter, 1);
		draw_text(at, area.x + 4, area.w - 5, role, label, strlen(label));
		if (on) {
			*y = at;
			*x = area.x;
		}
	}
}
