/* board: the only state two threads share.
 *
 * A bitmask of topics that changed since it was last taken, and a pipe: one
 * byte stands in it while the mask is not empty. The ingest thread posts after
 * each commit; the console polls board_fd beside its terminal and takes.
 */
#ifndef TD_INGEST_BOARD_H
#define TD_INGEST_BOARD_H

#include <stdbool.h>

struct error;
struct board;

enum board_topic {
	BOARD_ROWS = 1,     /* rows or history committed */
	BOARD_ROLLUPS = 2,  /* registrations committed */
	BOARD_STATUS = 4,   /* the status row changed */
	BOARD_ENDED = 8,    /* the ingest thread ended */
};

struct board *board_new(struct error *err);
void board_free(struct board *b);
void board_post(struct board *b, unsigned topics); /* any thread; async-signal-safe */
unsigned board_take(struct board *b);              /* topics since the last take; empties the pipe */
int board_fd(const struct board *b);

#endif
