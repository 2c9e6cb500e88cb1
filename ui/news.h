/* news: learning that the replica changed.
 *
 * Three ways, the best that there is: the ingest thread of this process posts on the board after each commit;
 * another process's write to the log wakes us (commit_watch), and we look whether it was a commit; where
 * nothing can be watched we look now and then.
 *
 *     news_open(&n, board, path)
 *     poll news_fd(&n, now) and news_board_fd(&n, now), until news_due(&n, now) at most
 *     topics = news_take(&n, query, now)
 *     news_close(&n)
 */
#ifndef TD_UI_NEWS_H
#define TD_UI_NEWS_H

#include <stdbool.h>
#include <stdint.h>

struct board;
struct commit_watch;
struct query;

struct news {
	struct board *board; /* or NULL */
	struct commit_watch *watch;
	bool ours;       /* the writer is of this process: it posts */
	int64_t look_at; /* monotonic: when to look at the latest */
	int64_t heed_at; /* what is written or posted before is not heeded: we look then anyway */
	int64_t pause;   /* before the next look, after a write that was no commit yet; 0: none is awaited */
	int64_t version; /* of the data, when last looked */
};

void news_open(struct news *n, struct board *board, const char *replica_path);
void news_close(struct news *n);
/* The descriptor of who wakes us, to poll for reading; -1: nobody does before news_due. */
int news_fd(const struct news *n, int64_t now);
int news_board_fd(const struct news *n, int64_t now);
/* Monotonic: when to call news_take at the latest. */
int64_t news_due(const struct news *n, int64_t now);
/* Topics of the board that changed since the last call. */
unsigned news_take(struct news *n, struct query *q, int64_t now);
/* The data changed since they were last taken. */
bool news_waiting(const struct news *n, struct query *q);

#endif
