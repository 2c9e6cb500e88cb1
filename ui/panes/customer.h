/* customer: what the parts of the customer screen share. Nobody else includes it.
 *
 * customer.c         the pane: loading, tabs, keys
 * customer_rows.c    the table of a detail tab: its rows, what differs, what went away
 * customer_lists.c   the last changes, and all that is held
 * customer_draw.c    where each of them stands
 */
#ifndef TD_UI_PANES_CUSTOMER_H
#define TD_UI_PANES_CUSTOMER_H

#include "base/buffer.h"
#include "base/memory.h"
#include "ui/kit/grid.h"
#include "ui/pane.h"
#include "ui/panes/card.h"
#include "ui/panes/record.h"

struct event;
struct model;

/* What Tab goes through before it goes to the next tab. */
enum customer_part { PART_MAIN, PART_CHANGES, PART_HOLDINGS, PARTS };

enum row_state {
	ROW_THERE,
	ROW_GONE,    /* there at the moment shown, not today */
	ROW_ADDED,   /* it came while it was looked at */
	ROW_DELETED, /* it went while it was looked at: as it was last */
};

struct customer_row {
	const char *key;
	const struct value *values;
	const struct value *today; /* to compare with; NULL: not */
	enum row_state state;
};

/* A line of the last changes: one changed column, or an event without any (-1). */
struct customer_change {
	const struct event *event;
	int column;
};

/* A line of what is held: a row of a detail entity, its title, or what came since then. */
enum { HOLDING_TITLE = -1, HOLDING_LATER = -2 };
struct customer_holding {
	int index, row;
	const struct row *today; /* of a row, of another moment; NULL: it is gone */
	const char **later;
	int later_count;
};

struct customer {
	struct pane base;
	struct card card;
	char *shown; /* CIF of the card, to know another from the same again */
	int64_t shown_as_of;
	struct arena arena; /* of what is made from the card */
	struct arena record_arena;
	const struct version **fresh; /* versions newer than what was looked at */
	int fresh_count;
	int64_t seen; /* sequence number looked at last; INT64_MAX: nothing is new */

	int tab;
	bool list;  /* one record over the whole screen, whole values */
	bool moved; /* into the fields of the customer: they show which is selected */
	enum customer_part part;
	bool there[PARTS]; /* at the last paint */

	struct record record;
	struct record_view view;
	struct grid fields; /* of the record; drawn by it */

	struct grid grid; /* rows of the detail tab, or candidates */
	struct customer_row *rows;
	int row_count;
	const char **later; /* keys that are there today and were not then */
	int later_count;
	int columns[GRID_COLUMNS]; /* of the entity */
	bool live;                 /* the same was shown before at the same moment: what went meanwhile is told */
	char *ghost;               /* key of the selected row, which was deleted while looked at */
	char *wanted;              /* key to select when its table is first shown */

	struct grid changes;
	struct customer_change *change;
	int subject, label; /* cells of their widest */
	struct grid holdings;
	struct customer_holding *holding;
	struct buffer cell;
	int64_t since; /* changes after it are marked */
};

static inline bool customer_then(const struct customer *c)
{
	return c->shown_as_of != TIME_NONE;
}

const struct model *customer_model(const struct customer *c);
/* Of the detail tab that is on; NULL: the customer's. */
const struct entity_rows *customer_entity(const struct customer *c);
/* The row changed in this column while it was looked at; column -1: it came. */
bool customer_is_fresh(const struct customer *c, int entity, const char *key, int column);

/* ---- customer_rows ---- */

/* Makes the rows of the tab that is on, and keeps the selection. again: the same table was shown before. */
void customer_rows_sync(struct customer *c, bool again);
/* The selected row, or NULL. */
const struct customer_row *customer_row(const struct customer *c);
/* "2 more since then: 7712, 7713"; nothing for none. */
void customer_later(struct buffer *out, const char *const *keys, int count);

/* ---- customer_lists ---- */

void customer_lists_sync(struct customer *c, bool again);
void customer_changes_draw(struct customer *c, struct area area);
void customer_holdings_draw(struct customer *c, struct area area);

/* ---- customer_draw ---- */

void customer_draw(struct pane *p, struct area area);
/* The record of the tab that is on: the customer, or the selected row. */
void customer_record(struct customer *c);

#endif
