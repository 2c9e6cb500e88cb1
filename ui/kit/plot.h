/* plot: a chart with its axes: counts on the left in round numbers, times below at round times.
 *
 * Pure, as chart is. Any size from 10 by 1 on; what has no room is left off: first the labels that would
 * touch, then the times, the axis, the counts.
 *
 *     struct plot p = {.values = counts, .starts = times, .count = n, .zone = zone, .style = CHART_BLOCKS};
 *     struct plot_frame f;
 *     plot_lay(&p, width, height, &f);
 *     for (int row = 0; row < f.height; row++) {
 *             plot_side(&text, &p, &f, row);      f.label cells: "  32 ┤"
 *             plot_body(&text, &p, &f, row);      f.cells cells: bars, then the axis, then the times
 *     }
 */
#ifndef TD_UI_KIT_PLOT_H
#define TD_UI_KIT_PLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/kit/chart.h"

struct buffer;
struct zone;

struct plot {
	const int64_t *values;
	const char *states;    /* an enum chart_state each; NULL: all are whole */
	const int64_t *starts; /* when each bar begins, in order; NULL: the axis has no times */
	int count;             /* where not all fit, the last ones are shown */
	int least;             /* cells for labels: charts below each other then stand in line; 0: as needed */
	const struct zone *zone;
	enum chart_style style;
};

struct plot_frame {
	int first, count;  /* the bars that are shown */
	int label, cells;  /* of the counts with the axis beside them, and of the bars */
	int height, rows;  /* of all, and of the bars */
	int every;         /* rows between two counts */
	int interval;      /* between the times below: which of a list; -1: none */
	struct chart bars; /* what is shown, as chart takes it */
};

void plot_lay(const struct plot *p, int width, int height, struct plot_frame *out);
void plot_side(struct buffer *out, const struct plot *p, const struct plot_frame *f, int row);
void plot_body(struct buffer *out, const struct plot *p, const struct plot_frame *f, int row);

/* 1,834 as it is; what takes more than six cells in thousands, millions ...: 12.5M, 1T. */
enum { PLOT_COUNT = 64 };
const char *plot_count(int64_t n, char out[PLOT_COUNT]);

#endif
