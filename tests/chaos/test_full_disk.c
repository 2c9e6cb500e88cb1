/* A disk that fills up under ingest, at every stage: it pauses, says so, and goes on to the same replica when there is
 * room. */
#include "config.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "full_disk.h"
#include "ingest/ingest.h"
#include "place.h"

#define CUSTOMERS 2000
#define LOG       "full.log"
#define CHANGES                                                                                                        \
	"UPDATE customer_info SET phone = '' || (cif % 97) || length(address), address = address || ' 2'; UPDATE "     \
	"customer_asset SET assetvalue = '7.50';"

static uint64_t copied; /* the digest of a replica that had room */

static bool log_says(const char *words)
{
	char text[65536];
	FILE *f = fopen(place_path(LOG), "r");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
	text[n] = '\0';
	if (f)
		fclose(f);
	return strstr(text, words) != NULL;
}

static struct ingest *start(void)
{
	struct error err = {0};
	unlink(place_path(LOG));
	assert_true(log_open(place_path(LOG), LOG_WARN));
	struct ingest_params p = place_params("full.bank", "full.db");
	struct ingest *in = ingest_new(&p, &err);
	if (!in || !ingest_start(in, &err))
		fail_msg("%s", err.message);
	return in;
}

static void stop(struct ingest *in)
{
	struct error err = {0};
	if (!ingest_stop(in, &err))
		fail_msg("%s", err.message);
	ingest_free(in);
	log_open(NULL, LOG_ERROR);
}

/* Waits until a write was refused and ingest said that it pauses. */
static void await_pause(int64_t limit)
{
	int64_t end = clock_mono() + 20 * SECOND;
	while (!full_disk_refused() || !log_says("could not write replica")) {
		if (clock_mono() > end)
			fail_msg("a limit of %lld bytes is not met: %lld are used, %d writes were refused",
				 (long long)limit, (long long)full_disk_used(), full_disk_refused());
		usleep(2000);
	}
}

static void await_end(void)
{
	int64_t newest = place_number("full.bank", "SELECT max(id) FROM bank_change", -1);
	if (!place_wait("full.db", "SELECT CAST(position AS INTEGER) FROM td_source", newest, 20) ||
	    !place_wait("full.db",
			"SELECT value = 'ready' AND NOT EXISTS (SELECT 1 FROM td_search_queue) FROM td_meta WHERE name "
			"= 'search'",
			1, 20) ||
	    !place_wait("full.db", "SELECT state = 'live' AND error IS NULL FROM td_status", 1, 20))
		fail_msg("ingest did not go on");
}

/* One pause: the limit is met, room is made, the replica comes to the same end. */
static void pause_once(int64_t limit, int code, uint64_t wanted)
{
	full_disk_limit(limit, code);
	struct ingest *in = start();
	await_pause(limit);
	/* What a roll-back freed has room for the status row. */
	if (wanted == copied &&
	    !place_wait("full.db", "SELECT state = 'paused' AND error IS NOT NULL AND hint IS NOT NULL FROM td_status",
			1, 10))
		fail_msg("the status row does not say that ingest pauses");
	full_disk_limit(-1, 0);
	await_end();
	stop(in);
	place_check("full.db");
	assert_true(place_digest("full.db") == wanted);
}

static int begin(void **state)
{
	(void)state;
	full_disk_install(place_path("full.db"));
	place_begin();
	place_bank("full.bank", CUSTOMERS, 5);
	place_ingest("full.bank", "full.db");
	copied = place_digest("full.db");
	return 0;
}

static int end(void **state)
{
	(void)state;
	place_end();
	return 0;
}

/* A first copy of about a megabyte meets its limit in the rows, in the indexes, in the words. */
static void test_copy(void **state)
{
	(void)state;
	place_remove("full.db");
	struct ingest *in = start();
	await_end();
	stop(in);
	int64_t size = full_disk_used();
	for (int part = 2; part <= 9; part++) {
		place_remove("full.db");
		pause_once(size * part / 10, part % 2 ? SQLITE_FULL : SQLITE_IOERR_WRITE, copied);
	}
}

/* Changes that come when there is no room for a single page more, and then for a few. */
static void test_stream(void **state)
{
	(void)state;
	place_remove("full.db");
	place_ingest("full.bank", "full.db");
	place_ingest("full.bank", "other.db");
	for (int round = 0; round < 3; round++) {
		place_write("full.bank", CHANGES);
		place_ingest("full.bank", "other.db");
		pause_once(full_disk_used() + round * 200000, round % 2 ? SQLITE_FULL : SQLITE_IOERR_WRITE,
			   place_digest("other.db"));
	}
}

/* While it is full it can be stopped at once, and started again. */
static void test_stop(void **state)
{
	(void)state;
	place_remove("full.db");
	full_disk_limit(300000, SQLITE_FULL);
	struct ingest *in = start();
	await_pause(300000);
	int64_t began = clock_mono();
	stop(in);
	assert_true(clock_mono() - began < SECOND);
	full_disk_limit(-1, 0);
	in = start();
	await_end();
	stop(in);
	place_check("full.db");
	place_remove("other.db");
	place_ingest("full.bank", "other.db");
	assert_true(place_digest("full.db") == place_digest("other.db"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_stop),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
