/* card: what the screens of one customer share: the answer, its head line and the row of tabs. */
#ifndef TD_UI_PANES_CARD_H
#define TD_UI_PANES_CARD_H

#include <stdbool.h>

#include "replica/query.h"
#include "ui/kit/draw.h"
#include "ui/kit/figures.h"

struct error;
struct pane;
struct session;

enum { CARD_HISTORY = 200 }; /* about so many versions are read for the last changes and the count on the tab */

struct card {
	bool loaded;
	struct lookup_answer answer; /* at the session's moment */
	struct lookup_answer today;  /* the current state, while the moment is another; else empty */
	struct history_answer history;
};

void card_done(struct card *c);
/* Reads the session's customer at the session's moment; a card that cannot be read stays what it was. */
bool card_load(struct card *c, struct session *s, struct error *err);
/* Tabs: 0 the customer, 1 to n one for each detail entity, n + 1 the history. */
int card_tabs(const struct card *c);
/* The first copy of this entity is done. */
bool card_copied(const struct card *c, int entity);
/* "g4": the keys of a tab, from 0. */
void card_tab_key(const struct session *s, int tab, char out[FIGURES_SIZE]);
/* Two rows: who it is; the tabs, `on` marked. */
void card_head(const struct card *c, const struct session *s, struct area area, int on);
/* What is known of a customer that is not there, in the place of what would be; returns the rows it took. */
int card_absent(const struct card *c, const struct session *s, struct area area);
/* The last row of an area: NOT CURRENT, and what is to be known of the values; tab: of this one. False: nothing is. */
bool card_caution(const struct card *c, const struct session *s, int tab, struct area area);
/* The moment shown, to the second only where it has seconds. */
const char *card_moment(const struct session *s, char out[FIGURES_SIZE]);
/* Today's rows of the detail entity at `index` of answer.entities, in the order of strcmp; NULL: the card is of now. */
const struct entity_rows *card_today(const struct card *c, int index);
/* Index of the row of this key among them, -1: none. */
int card_today_row(const struct entity_rows *today, const char *key);

/* Keys of the rows that are there today and were not then, into the arena; returns how many. */
int card_later(const struct card *c, int index, struct arena *a, const char ***keys);

/* The card of the customer screen, NULL on any other. */
const struct card *customer_card(const struct pane *p);
/* Tabs of the customer or history screen p. */
int customer_tabs(const struct pane *p);
/* The moment of the version selected on the history screen; TIME_NONE on any other, or with none. */
int64_t history_moment(const struct pane *p);

#endif
