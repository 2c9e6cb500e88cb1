/* A question that hangs: the worker waits for a disk that does not answer, and the next key is taken all the same. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "full_disk.h"
#include "place.h"
#include "ui/app.h"

#define CUSTOMERS 5000
#define HANG      (SECOND / 10) /* of one read */
#define LOOKUP    (SECOND / 5)  /* what a lookup may take while the worker hangs */

/* Until a read hangs; by then the question is asked. */
#define HANGS "run i=0; while [ ! -e hung ]; do i=$((i + 1)); [ $i -lt 1000 ] || exit 1; sleep 0.01; done; rm hung\n"

static pthread_t screen;
static atomic_int hung; /* reads that hung */
static int64_t quit;    /* when the first of them began */
static char shown[1 << 20];

/* For scripts: the worker is asked, and waits. */
static void place_hung(void)
{
	FILE *file = fopen(place_path("hung"), "w");
	if (file)
		fclose(file);
}

/* Where the file "slow" is, each read of another thread than the screen's takes as long as a bad disk does. */
static void wait_for_disk(void)
{
	if (pthread_equal(pthread_self(), screen) || access(place_path("slow"), F_OK) != 0)
		return;
	if (hung++ == 0) {
		quit = clock_mono();
		place_hung();
	}
	usleep((useconds_t)HANG);
}

static int begin(void **state)
{
	(void)state;
	screen = pthread_self();
	full_disk_install(place_path("slow.db"));
	place_begin();
	place_bank("slow.bank", CUSTOMERS, 11);
	place_ingest("slow.bank", "slow.db");
	full_disk_before_read(wait_for_disk);
	return 0;
}

static int end(void **state)
{
	(void)state;
	place_end();
	return 0;
}

/* Plays a script; what it printed is in `shown`. */
static void play(const char *script)
{
	struct error err = {0};
	char path[512], replica[512];
	snprintf(path, sizeof path, "%s", place_path("slow.script"));
	snprintf(replica, sizeof replica, "%s", place_path("slow.db"));
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(script, file);
	fclose(file);
	fflush(stdout);
	int out = open(place_path("slow.out"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), before = dup(STDOUT_FILENO);
	assert_true(out >= 0 && before >= 0 && dup2(out, STDOUT_FILENO) >= 0);
	struct app_params p = {.replica_path = replica, .user = "teller", .script = path};
	int status = app_run(&p, &err);
	fflush(stdout);
	dup2(before, STDOUT_FILENO);
	close(before);
	ssize_t n = pread(out, shown, sizeof shown - 1, 0);
	shown[n < 0 ? 0 : n] = '\0';
	close(out);
	if (status != 0)
		fail_msg("%s\n%s", err.message, shown);
}

/* The number behind the last of such words. */
static long long number(const char *words)
{
	const char *at = NULL;
	for (const char *next = shown; (next = strstr(next, words)); next++)
		at = next + strlen(words);
	return at ? atoll(at) : -1;
}

static void says(const char *words)
{
	if (!strstr(shown, words))
		fail_msg("\"%s\" is not shown:\n%s", words, shown);
}

static void keys_are_taken_while_a_question_hangs(void **state)
{
	(void)state;
	int64_t start = clock_mono();
	hung = 0;
	play("wait idle\nkeys F4\nrun touch slow\nkeys m Enter\n" HANGS "keys a\nkeys r\ndump\n"
	     "run rm slow\nwait idle\necho answered\ndump\n");
	assert_true(hung > 0);
	assert_true(clock_mono() - start < 10 * SECOND);
	const char *answered = strstr(shown, "answered");
	says("Name ==> mar_");
	says("Searching ...");
	assert_non_null(answered);
	assert_non_null(strstr(answered, "found"));
	assert_null(strstr(answered, "Searching ..."));
}

static void a_lookup_does_not_wait_for_it(void **state)
{
	(void)state;
	hung = 0;
	play("wait idle\nkeys F4\nrun touch slow\nkeys s Enter\n" HANGS "keys Esc Ctrl-F F2 \":cif 10000001\" Enter\n"
	     "dump\nkeys 10000002 Enter\ntime\necho second\ndump\nrun rm slow\nwait idle\n");
	assert_true(hung > 0);
	const char *second = strstr(shown, "second");
	assert_non_null(second);
	assert_non_null(strstr(second, "CIF ==> 10000002"));
	assert_non_null(strstr(second, "Gender"));
	if (number("enter_us ") > LOOKUP)
		fail_msg("a lookup took %lld us", number("enter_us "));
}

static void leaving_does_not_wait_for_it(void **state)
{
	(void)state;
	hung = 0;
	play("wait idle\nkeys F4\nrun touch slow\nkeys e Enter\n" HANGS "keys F2 quit Enter\n");
	int64_t took = clock_mono() - quit;
	unlink(place_path("slow"));
	assert_true(hung > 0);
	/* The one read that hangs has to come back, and few more. */
	if (took > 3 * SECOND)
		fail_msg("leaving took %lld ms", (long long)(took / 1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_taken_while_a_question_hangs),
		cmocka_unit_test(a_lookup_does_not_wait_for_it),
		cmocka_unit_test(leaving_does_not_wait_for_it),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
