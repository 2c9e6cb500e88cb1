/* board: nothing posted is ever lost, and the descriptor tells when there is something to take. */
#include "config.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "ingest/board.h"

enum { ROUNDS = 20000, LIMIT_MS = 20000 };

static bool test_ready(const struct board *b, int timeout_ms)
{
	struct pollfd p = {.fd = board_fd(b), .events = POLLIN};
	return poll(&p, 1, timeout_ms) == 1;
}

static void board_gathers_topics(void **state)
{
	(void)state;
	struct error err = {0};
	struct board *b = board_new(&err);
	assert_non_null(b);
	assert_false(test_ready(b, 0));
	board_post(b, 0);
	assert_false(test_ready(b, 0));
	board_post(b, BOARD_ROWS);
	board_post(b, BOARD_STATUS);
	board_post(b, BOARD_ROWS);
	assert_true(test_ready(b, 0));
	assert_int_equal(board_take(b), BOARD_ROWS | BOARD_STATUS);
	assert_false(test_ready(b, 0));
	assert_int_equal(board_take(b), 0);
	board_post(b, BOARD_ENDED);
	assert_true(test_ready(b, 0));
	assert_int_equal(board_take(b), BOARD_ENDED);
	board_free(b);
}

/* A full pipe must neither block the poster nor lose what it posted. */
static void board_never_fills(void **state)
{
	(void)state;
	struct error err = {0};
	struct board *b = board_new(&err);
	assert_non_null(b);
	for (int i = 0; i < 1000000; i++)
		board_post(b, BOARD_ROWS);
	assert_int_equal(board_take(b), BOARD_ROWS);
	assert_false(test_ready(b, 0));
	board_free(b);
}

struct talk {
	struct board *board;
	atomic_int done; /* rounds the poster has made */
	atomic_int seen; /* rounds the taker has answered */
};

/* Each round waits for the answer to the one before: a lost wake-up would stop the talk. */
static void *test_poster(void *arg)
{
	struct talk *t = arg;
	for (int i = 1; i <= ROUNDS; i++) {
		atomic_store(&t->done, i);
		board_post(t->board, i % 2 ? BOARD_ROWS : BOARD_ROLLUPS);
		while (i % 16 == 0 && atomic_load(&t->seen) < i && atomic_load(&t->seen) >= 0)
			;
	}
	board_post(t->board, BOARD_ENDED);
	return NULL;
}

static void board_wakes_another_thread(void **state)
{
	(void)state;
	struct error err = {0};
	struct talk t = {.board = board_new(&err)};
	assert_non_null(t.board);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, test_poster, &t), 0);
	unsigned all = 0;
	while (!(all & BOARD_ENDED)) {
		if (!test_ready(t.board, LIMIT_MS)) {
			atomic_store(&t.seen, -1);
			fail_msg("a post was lost after round %d", atomic_load(&t.done));
		}
		all |= board_take(t.board);
		atomic_store(&t.seen, atomic_load(&t.done));
	}
	pthread_join(thread, NULL);
	assert_int_equal(all, BOARD_ROWS | BOARD_ROLLUPS | BOARD_ENDED);
	assert_int_equal(atomic_load(&t.done), ROUNDS);
	board_free(t.board);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(board_gathers_topics),
		cmocka_unit_test(board_never_fills),
		cmocka_unit_test(board_wakes_another_thread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
