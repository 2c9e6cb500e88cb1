/* Where the STOR screen stands: by the command line, and as it was left. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/moment.h"
#include "base/zone.h"
#include "ui/panes/stores.h"
#include "ui/session.h"

enum { PLACE_FIELD = 256 };

/* A window, with or without its slide; else a store. */
void stores_argument(struct stores *s, const char *argument)
{
	struct error err = {0};
	if (!argument || !argument[0])
		return;
	switch (windows_parse(argument, &s->window, &s->share, &err)) {
	case WINDOWS_GOOD:
		stores_anew(s);
		stores_drill_close(s);
		break;
	case WINDOWS_BAD:
		session_fail(s->base.session, &err);
		break;
	case WINDOWS_NONE:
		stores_drill_open(s, strcmp(argument, _("(none)")) == 0 ? "" : argument);
		break;
	}
}

/* ---- a mark: fields behind tabs, each with its letter; what could not be read back is left out ---- */

static void place_field(struct buffer *out, char letter, const char *text)
{
	if (text && !strpbrk(text, "\t\n\r") && strlen(text) < PLACE_FIELD)
		buffer_format(out, "%s%c%s", out->len ? "\t" : "", letter, text);
}

static void place_grid(struct buffer *out, char key, char row, const struct grid *g)
{
	char number[16];
	snprintf(number, sizeof(number), "%d", g->selected - g->top);
	if (g->key && g->key[0]) {
		place_field(out, key, g->key);
		place_field(out, row, number);
	}
}

void stores_mark(const struct pane *p, struct buffer *out)
{
	const struct stores *s = (const struct stores *)p;
	struct duration slide = stores_slide(s);
	char window[MOMENT_SIZE], by[MOMENT_SIZE], text[2 * MOMENT_SIZE];
	snprintf(text, sizeof(text), "%s/%s", duration_text(&s->window, window), duration_text(&slide, by));
	struct buffer fields = {0};
	place_field(&fields, 'w', text);
	snprintf(text, sizeof(text), "%d%s%s%d", s->order, s->reverse ? "r" : "-", s->silent_only ? "s" : "-", s->view);
	place_field(&fields, 'o', text);
	place_field(&fields, 'z', s->zone == p->session->zone ? NULL : zone_name(s->zone));
	place_field(&fields, 'f', s->filter);
	place_grid(&fields, 'k', 'r', &s->grid);
	if (s->drill.store) {
		snprintf(text, sizeof(text), "%d", s->drill.limit);
		place_field(&fields, 'd', s->drill.store);
		place_field(&fields, 'l', text);
		place_grid(&fields, 'K', 'R', &s->drill.grid);
	}
	buffer_add(out, buffer_text(&fields), fields.len);
	buffer_done(&fields);
}

static void place_key(struct grid *g, const char *key)
{
	free(g->key);
	g->key = memory_text(key);
}

/* The row stands so many rows below the top once its key is found. */
static void place_row(struct grid *g, const char *text)
{
	g->selected = atoi(text);
	g->top = 0;
}

static void place_orders(struct stores *s, const char *text)
{
	int order = text[0] - '0';
	if (strlen(text) != 4 || order < 0 || order >= TALLY_ORDERS || text[3] < '0' || text[3] >= '0' + VIEW_COUNT)
		return;
	s->order = (enum tally_order)order;
	s->reverse = text[1] == 'r';
	s->silent_only = text[2] == 's';
	s->view = (enum stores_view)(text[3] - '0');
}

static void place_take(struct stores *s, char letter, const char *text)
{
	const struct zone *zone;
	switch (letter) {
	case 'w':
		windows_parse(text, &s->window, &s->share, NULL);
		break;
	case 'o':
		place_orders(s, text);
		break;
	case 'z':
		zone = zone_get(text, NULL);
		s->zone = zone ? zone : s->zone;
		break;
	case 'f':
		free(s->filter);
		s->filter = memory_text(text);
		break;
	case 'k':
		place_key(&s->grid, text);
		break;
	case 'r':
		place_row(&s->grid, text);
		break;
	case 'd':
		stores_drill_open(s, text);
		break;
	case 'l':
		s->drill.limit = atoi(text) > 0 ? atoi(text) : s->drill.limit;
		break;
	case 'K':
		place_key(&s->drill.grid, text);
		break;
	case 'R':
		place_row(&s->drill.grid, text);
		break;
	default:
		break;
	}
}

/* What a mark does not name was not there. */
static void place_clear(struct stores *s)
{
	free(s->filter);
	s->filter = NULL;
	s->zone = s->base.session->zone;
	if (s->drill.store)
		stores_drill_close(s);
}

void stores_recall(struct pane *p, const char *mark)
{
	struct stores *s = (struct stores *)p;
	char text[PLACE_FIELD];
	place_clear(s);
	enum stores_view view = s->view;
	for (const char *at = mark; *at;) {
		size_t n = strcspn(at, "\t");
		if (n > 1 && n < sizeof(text)) {
			memcpy(text, at + 1, n - 1);
			text[n - 1] = 0;
			place_take(s, *at, text);
			view = *at == 'o' ? s->view : view;
		} else if (n == 1 && *at == 'd') {
			stores_drill_open(s, ""); /* the unknown store */
		}
		at += n + (at[n] == '\t');
	}
	s->view = view; /* opening a store chose its own */
	stores_list(s); /* what was counted last, as it was left, until it is counted anew */
	stores_anew(s);
}
