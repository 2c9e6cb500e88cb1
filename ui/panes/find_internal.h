/* find_internal: what the parts of the screen FIND share. find.c asks and takes keys, find_draw.c shows. */
#ifndef TD_UI_PANES_FIND_INTERNAL_H
#define TD_UI_PANES_FIND_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "replica/query.h"
#include "ui/kit/field.h"
#include "ui/kit/grid.h"
#include "ui/kit/lines.h"
#include "ui/pane.h"
#include "ui/panes/brief.h"
#include "ui/session.h"
#include "ui/worker.h"

enum { FIND_LIMIT = 200, FIND_MOST = 10000 /* query_search gives no more */, FIND_COLUMNS = 4, FIND_MARKS = 8 };

enum find_column { FIND_CIF, FIND_NAME, FIND_STORE, FIND_BY };

/* A search; or without a text the count of all there are, for the first screen. */
struct find_job {
	struct job job;
	char *text;
	int limit;
	struct search_answer answer;
	struct status_answer status;
};

struct find {
	struct pane base;
	struct field name;
	bool name_focus, name_chosen; /* letters go there; digits too */
	bool list_focus;        /* the reader went down to the list: the cursor is there until something is typed */
	bool recent;            /* the list is that of the customers seen last */
	struct find_job *found; /* the last answer, or NULL */
	int limit;              /* hits asked for; more of them when the end of the list is reached */
	int64_t due, asked_at, cost;
	bool asked;
	bool send;          /* Enter came before the answer: open it if there is just one */
	enum action onward; /* the movement that asked for more of the list: done when it has come */
	char *wanted;       /* CIF to select when the answer has come, or NULL */
	int wanted_row;     /* and where on the screen it stood */
	struct grid grid;
	int cursor_x;
	bool marking; /* cells are asked for to be painted */
	struct grid_mark marks[FIND_MARKS];
	char store[160];
	struct brief brief; /* of the selected customer, while there is room beside the list */
	bool wide;
	struct lines guide;
	int64_t count_at; /* monotonic: when to count all there are; TIME_OPEN: when something has changed */
	int64_t counted_at, count_cost;
	bool counted;
	int64_t customers, stores; /* stores -1: the bank has none */
};

extern const struct grid_ops find_grid_ops;

/* The list is that of the customers seen last. */
bool find_lists_recent(const struct find *f);
/* The list answers what stands in the field, not what stood there a key before. */
bool find_answered(const struct find *f);
/* CIF of a row, and of the selected one, or NULL. */
const char *find_key(void *ctx, int row);
const char *find_selected(struct find *f);
void find_draw(struct pane *p, struct area area);

#endif
