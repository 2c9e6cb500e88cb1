/* news: what changed in the replica is learned once, at once, and by whatever there is to learn it from. */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "ingest/board.h"
#include "replica/commit_watch.h"
#include "replica/query.h"
#include "ui/news.h"

#define NOW   (INT64_C(1000) * SECOND)
#define MS(n) ((n) * SECOND / 1000)

static int64_t version;

/* In the place of the replica's own. */
int64_t query_data_version(struct query *q)
{
	(void)q;
	return version;
}

static bool ready(const struct news *n, int64_t now)
{
	struct pollfd p = {.fd = news_fd(n, now), .events = POLLIN};
	return poll(&p, 1, 0) == 1;
}

static void write_log(void)
{
	int fd = open("news.db-wal", O_WRONLY | O_CREAT | O_APPEND, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "frame", 5), 5);
	close(fd);
}

/* At rest: the log is there, and nothing is new. */
static void rested(struct news *n, struct board *board)
{
	version = 7;
	unlink("news.db-wal");
	write_log();
	news_open(n, board, "news.db");
	news_take(n, NULL, NOW - SECOND);
	assert_int_equal(news_take(n, NULL, NOW - SECOND / 2), 0);
}

static void another_process_wakes_us(void **state)
{
	(void)state;
	struct news n;
	rested(&n, NULL);
	assert_false(ready(&n, NOW));
	assert_true(news_due(&n, NOW - SECOND / 2) >= NOW - SECOND / 4);
	write_log();
	assert_true(ready(&n, NOW));
	version++;
	assert_true(news_take(&n, NULL, NOW) & BOARD_ROWS);
	assert_false(ready(&n, NOW));
	assert_int_equal(news_take(&n, NULL, NOW + MS(1)), 0);
	news_close(&n);
}

/* The log is written before the commit can be seen. */
static void a_write_that_is_no_commit_yet_is_looked_at_again(void **state)
{
	(void)state;
	struct news n;
	rested(&n, NULL);
	write_log();
	assert_int_equal(news_take(&n, NULL, NOW), 0);
	assert_int_equal(news_due(&n, NOW), NOW + MS(1));
	assert_int_equal(news_take(&n, NULL, NOW + MS(1)), 0);
	assert_int_equal(news_due(&n, NOW + MS(1)), NOW + MS(3));
	version++;
	assert_true(news_take(&n, NULL, NOW + MS(3)) & BOARD_ROLLUPS);
	news_close(&n);
}

/* However long the pause has become, a write is heeded again four milliseconds later. */
static void the_end_of_a_long_transaction_is_heeded(void **state)
{
	(void)state;
	struct news n;
	int64_t now = NOW;
	rested(&n, NULL);
	write_log();
	for (int i = 0; i < 5; i++) {
		assert_int_equal(news_take(&n, NULL, now), 0);
		now = n.look_at;
	}
	assert_int_equal(news_take(&n, NULL, now), 0);
	assert_int_equal(n.look_at, now + MS(32));
	write_log();
	version++;
	assert_false(ready(&n, now + MS(1)));
	assert_int_equal(news_due(&n, now + MS(1)), now + MS(4));
	assert_true(ready(&n, now + MS(4)));
	assert_true(news_take(&n, NULL, now + MS(4)) != 0);
	news_close(&n);
}

static void a_rush_of_commits_wakes_us_once_a_frame(void **state)
{
	(void)state;
	struct news n;
	rested(&n, NULL);
	write_log();
	version++;
	assert_true(news_take(&n, NULL, NOW) != 0);
	write_log();
	version++;
	assert_false(ready(&n, NOW + MS(10)));
	assert_int_equal(news_take(&n, NULL, NOW + MS(10)), 0);
	assert_true(news_due(&n, NOW + MS(10)) < NOW + MS(17));
	assert_true(news_take(&n, NULL, NOW + MS(17)) != 0);
	news_close(&n);
}

static void what_our_own_thread_posted_is_news_once(void **state)
{
	(void)state;
	struct news n;
	struct error err = {0};
	struct board *board = board_new(&err);
	rested(&n, board);
	write_log();
	version++;
	board_post(board, BOARD_ROWS);
	assert_int_equal(news_board_fd(&n, NOW), board_fd(board));
	assert_int_equal(news_take(&n, NULL, NOW), BOARD_ROWS);
	/* What follows at once waits for the end of the frame. */
	board_post(board, BOARD_ROWS);
	assert_int_equal(news_board_fd(&n, NOW + MS(10)), -1);
	assert_int_equal(news_take(&n, NULL, NOW + MS(10)), 0);
	assert_true(news_due(&n, NOW + MS(10)) < NOW + MS(17));
	assert_int_equal(news_take(&n, NULL, NOW + MS(17)), BOARD_ROWS);
	/* From now on the log says nothing the board does not say better. */
	write_log();
	assert_false(ready(&n, NOW + SECOND));
	assert_int_equal(news_take(&n, NULL, NOW + SECOND), 0);
	/* What nobody posts is found in the end. */
	version++;
	assert_int_equal(news_take(&n, NULL, NOW + 2 * SECOND), BOARD_ROWS | BOARD_ROLLUPS | BOARD_STATUS);
	board_post(board, BOARD_ENDED);
	assert_int_equal(news_take(&n, NULL, NOW + 3 * SECOND), BOARD_ENDED);
	write_log();
	assert_true(ready(&n, NOW + 4 * SECOND));
	news_close(&n);
	board_free(board);
}

/* Without a log there is nothing to watch; and it may come later. */
static void a_log_that_comes_later_is_watched(void **state)
{
	(void)state;
	struct news n;
	version = 7;
	unlink("news.db-wal");
	news_open(&n, NULL, "news.db");
	news_take(&n, NULL, NOW);
	assert_int_equal(news_fd(&n, NOW + SECOND), -1);
	news_take(&n, NULL, NOW + SECOND);
	assert_int_equal(news_due(&n, NOW + SECOND), NOW + SECOND + MS(40));
	write_log();
	news_take(&n, NULL, NOW + 2 * SECOND);
	assert_true(news_fd(&n, NOW + 3 * SECOND) >= 0);
	news_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_process_wakes_us),
		cmocka_unit_test(a_write_that_is_no_commit_yet_is_looked_at_again),
		cmocka_unit_test(the_end_of_a_long_transaction_is_heeded),
		cmocka_unit_test(a_rush_of_commits_wakes_us_once_a_frame),
		cmocka_unit_test(what_our_own_thread_posted_is_news_once),
		cmocka_unit_test(a_log_that_comes_later_is_watched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
