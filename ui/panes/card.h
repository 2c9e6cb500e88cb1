/* card: what the screens of one customer share: the answer, its head line and the row of tabs. */
#ifndef TD_UI_PANES_CARD_H
#define TD_UI_PANES_CARD_H

#include <stdbool.h>

#include "replica/query.h"
#include "ui/kit/draw.h"

struct error;
struct pane;
struct session;

enum { CARD_HISTORY = 200 }; /* versions read for the last changes and the count on the tab */

struct card {
	bool loaded;
	struct lookup_answer answer; /* at the session's moment */
	struct lookup_answer today;  /* the current state, while the moment is another; else empty */
	struct history_answer history;
};

void card_done(struct card *c);
/* Reads the session's customer at the session's moment. */
bool card_load(struct card *c, struct session *s, struct error *err);
/* Tabs: 0 the customer, 1 to n one for each detail entity, n + 1 the history. */
int card_tabs(const struct card *c);
/* Two rows: who it is; the tabs, `on` marked. */
void card_head(const struct card *c, const struct session *s, struct area area, int on);
/* What is known of a customer that is not there, in the place of what would be. */
void card_absent(const struct card *c, const struct session *s, struct area area);
/* Today's row of a detail entity with this key, or NULL. index: among answer.entities. */
const struct row *card_today_row(const struct card *c, int index, const char *key);

/* The card of the customer screen, NULL on any other. */
const struct card *customer_card(const struct pane *p);
/* Tabs of the customer or history screen p. */
int customer_tabs(const struct pane *p);

#endif
