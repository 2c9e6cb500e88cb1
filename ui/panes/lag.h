/* lag: what the files of the LAG screen share. Nobody else includes it.
 *
 *     lag.c          the pane: its question, its views, its keys
 *     lag_source.c   where the data comes from, in lines
 *     lag_lists.c    gaps, anomalies and rejected rows, as tables and one by one
 */
#ifndef TD_UI_PANES_LAG_H
#define TD_UI_PANES_LAG_H

#include <stdbool.h>
#include <stdint.h>

#include "replica/query.h"
#include "ui/kit/figures.h"
#include "base/buffer.h"
#include "ui/kit/grid.h"
#include "ui/kit/lines.h"
#include "ui/pane.h"

enum lag_view { LAG_SOURCE, LAG_GAPS, LAG_ANOMALIES, LAG_REJECTED, LAG_VIEWS };

struct lag {
	struct pane base;
	struct status_answer status;
	int64_t free; /* bytes on the replica's disk; -1: unknown */
	bool shown, asked, again;
	enum lag_view view;
	bool beside; /* the lists stand beside the source, as last painted */
	bool opened; /* one row of a list, whole */
	struct lines source, record;
	struct grid lists[LAG_VIEWS]; /* LAG_SOURCE has none */
	char cell[FIGURES_SIZE];
	struct buffer told; /* a reason, translated for a cell */
	char key[FIGURES_SIZE];
};

/* Fills the lines from what was read. */
void lag_say(struct lag *l);

void lag_lists_init(struct lag *l);
void lag_lists_sync(struct lag *l);
/* How many there are in all, not only of those listed. */
int64_t lag_count(const struct lag *l, enum lag_view view);
const char *lag_view_title(enum lag_view view); /* translated */
/* The list that is shown beside the source while that has the focus: the first that is not empty. */
enum lag_view lag_list(const struct lag *l);
void lag_record(struct lag *l); /* the selected row, in lines */
void lag_draw_list(struct lag *l, enum lag_view view, struct area area);

#endif
