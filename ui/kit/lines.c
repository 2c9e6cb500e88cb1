#include "config.h"

#include "ui/kit/lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lines_clear(struct lines *l)
{
	arena_reset(&l->arena);
	l->count = 0;
}

void lines_done(struct lines *l)
{
	arena_done(&l->arena);
	free(l->list);
	*l = (struct lines){0};
}

static void lines_append(struct lines *l, struct line line)
{
	if (l->count == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		l->list = memory_grow(l->list, (size_t)l->room * sizeof(*l->list));
	}
	l->list[l->count++] = line;
}

static const char *lines_format(struct lines *l, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static const char *lines_format(struct lines *l, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		return "";
	char *text = arena_alloc(&l->arena, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, format, args);
	return text;
}

void lines_add(struct lines *l, enum role role, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	lines_append(l, (struct line){.role = role, .indent = 1, .text = lines_format(l, format, args)});
	va_end(args);
}

void lines_pair(struct lines *l, int indent, const char *label, enum role role, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	lines_append(l, (struct line){role, indent, arena_text(&l->arena, label), lines_format(l, format, args)});
	va_end(args);
}

/* Paints from screen line `at` on (what lies outside the area is only counted); returns the next. */
static int lines_paint(const struct line *line, struct area area, int at)
{
	const char *s = line->text, *piece = "";
	size_t n = strlen(s), length = 0;
	int first = at;
	while (draw_wrap(&s, &n, area.w - line->indent, &piece, &length) || at == first) {
		if (at >= 0 && at < area.h) {
			if (at == first && line->label)
				draw_text(area.y + at, area.x + 1, line->indent - 2, ROLE_LABEL, line->label,
					  strlen(line->label));
			draw_text(area.y + at, area.x + line->indent, area.w - line->indent, line->role, piece, length);
		}
		at++;
		length = 0;
	}
	return at;
}

void lines_draw(struct lines *l, struct area area)
{
	struct area nowhere = area;
	nowhere.h = 0;
	l->total = 0;
	for (int i = 0; i < l->count; i++)
		l->total = lines_paint(&l->list[i], nowhere, l->total);
	l->shown = area.h;
	if (l->top > l->total - area.h)
		l->top = l->total - area.h;
	if (l->top < 0)
		l->top = 0;
	for (int i = 0, at = -l->top; i < l->count; i++)
		at = lines_paint(&l->list[i], area, at);
}

bool lines_act(struct lines *l, enum action a)
{
	int page = l->shown > 1 ? l->shown - 1 : 1;
	switch (a) {
	case ACTION_UP:
		l->top--;
		break;
	case ACTION_DOWN:
		l->top++;
		break;
	case ACTION_PAGE_UP:
		l->top -= page;
		break;
	case ACTION_PAGE_DOWN:
		l->top += page;
		break;
	case ACTION_FIRST:
		l->top = 0;
		break;
	case ACTION_LAST:
		l->top = l->total;
		break;
	default:
		return false;
	}
	if (l->top > l->total - l->shown)
		l->top = l->total - l->shown;
	if (l->top < 0)
		l->top = 0;
	return true;
}
