#include "config.h"

#include "ui/news.h"

#include "base/clock.h"
#include "base/moment.h"
#include "ingest/board.h"
#include "replica/commit_watch.h"
#include "replica/query.h"

#define NEWS_POLL  (SECOND / 25)   /* between two looks where nothing wakes us */
#define NEWS_CHECK (SECOND / 4)    /* between two looks where something does: nothing is trusted for ever */
#define NEWS_FRAME (SECOND / 60)   /* while commits rush in */
#define NEWS_SOON  (SECOND / 1000) /* after a write that was no commit yet; then twice as long, up to: */
#define NEWS_LATE  (SECOND / 16)
#define NEWS_HEED  (SECOND / 250)  /* a long transaction writes for seconds before it commits */
#define NEWS_ALL   (BOARD_ROWS | BOARD_ROLLUPS | BOARD_STATUS)

void news_open(struct news *n, struct board *board, const char *replica_path)
{
	*n = (struct news){.board = board, .watch = commit_watch_new(replica_path)};
}

void news_close(struct news *n)
{
	commit_watch_free(n->watch);
	*n = (struct news){0};
}

int news_fd(const struct news *n, int64_t now)
{
	return !n->watch || n->ours || now < n->heed_at ? -1 : commit_watch_fd(n->watch);
}

int news_board_fd(const struct news *n, int64_t now)
{
	return !n->board || now < n->heed_at ? -1 : board_fd(n->board);
}

int64_t news_due(const struct news *n, int64_t now)
{
	return now < n->heed_at && n->heed_at < n->look_at ? n->heed_at : n->look_at;
}

static bool news_look(struct news *n, struct query *q, int64_t now)
{
	int64_t version = query_data_version(q);
	bool changed = version != n->version;
	n->version = version;
	if (changed) {
		n->pause = 0;
		n->heed_at = now + NEWS_FRAME;
		n->look_at = n->ours ? now + NEWS_CHECK : n->heed_at;
	} else if (n->pause) {
		n->heed_at = now + NEWS_HEED;
		n->look_at = now + n->pause;
		n->pause = n->pause * 2 <= NEWS_LATE ? n->pause * 2 : 0;
	} else {
		n->heed_at = now;
		n->look_at = now + (n->ours || commit_watch_fd(n->watch) >= 0 ? NEWS_CHECK : NEWS_POLL);
	}
	return changed;
}

unsigned news_take(struct news *n, struct query *q, int64_t now)
{
	unsigned topics = n->board && now >= n->heed_at ? board_take(n->board) : 0;
	if (topics) {
		n->ours = !(topics & BOARD_ENDED);
		n->pause = 0;
		news_look(n, q, now); /* what was posted is no news any more at the next look */
		n->heed_at = topics & BOARD_ROWS ? now + NEWS_FRAME : now;
		return topics;
	}
	bool written = !n->ours && now >= n->heed_at && commit_watch_take(n->watch);
	if (written)
		n->pause = NEWS_SOON;
	if ((written || now >= n->look_at) && news_look(n, q, now))
		topics |= NEWS_ALL;
	return topics;
}

bool news_waiting(const struct news *n, struct query *q)
{
	return query_data_version(q) != n->version;
}
