/* menu: a short list to choose from, over the lower part of a screen. One letter each.
 *
 *     menu_open(&m, _("More"));
 *     menu_add(&m, 'c', 1, _("The table as CSV"));
 *     menu_key(&m, key, &what)
 *     menu_draw(&m, area, accessible)
 */
#ifndef TD_UI_MENU_H
#define TD_UI_MENU_H

#include <stdbool.h>

#include "ui/kit/layout.h"

enum { MENU_MOST = 16, MENU_LABEL = 96 };

struct menu {
	const char *title;
	struct {
		char letter;
		int what; /* the caller's name for it */
		char label[MENU_LABEL];
	} items[MENU_MOST];
	int count, selected;
};

enum menu_result {
	MENU_OPEN,   /* nothing is chosen yet */
	MENU_CHOSEN, /* *what */
	MENU_CLOSED,
	MENU_PASSED, /* closed, and the key means something to others: a digit */
};

void menu_open(struct menu *m, const char *title);
void menu_add(struct menu *m, char letter, int what, const char *label);
enum menu_result menu_key(struct menu *m, int key, int *what);
/* In the last rows of the area; *y, *x: where the cursor belongs. accessible: lines of text alone. */
void menu_draw(const struct menu *m, struct area area, bool accessible, int *y, int *x);

#endif
