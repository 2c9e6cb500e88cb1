/* lines: text that scrolls, a role and an indent a line; wrapped when it is drawn. */
#ifndef TD_UI_KIT_LINES_H
#define TD_UI_KIT_LINES_H

#include <stdbool.h>

#include "base/memory.h"
#include "ui/kit/draw.h"
#include "ui/kit/keys.h"

struct line {
	enum role role;
	int indent;        /* cells before it, on every line it wraps to */
	const char *label; /* drawn in front of the indent; or NULL */
	const char *text;
};

struct lines {
	struct arena arena;
	struct line *list;
	int count, room;
	int top, shown, total; /* in screen lines, as of the last paint */
};

void lines_clear(struct lines *l); /* keeps the place */
void lines_done(struct lines *l);
void lines_add(struct lines *l, enum role role, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A label, and beside it a value that wraps in its own column. */
void lines_pair(struct lines *l, int indent, const char *label, enum role role, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void lines_draw(struct lines *l, struct area area);
bool lines_act(struct lines *l, enum action a);

#endif
