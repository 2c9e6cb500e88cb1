/* memory, arenas, buffers and errors: what everything else stands on. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/place.h"
#include "base/text.h"

static void buffer_begins_empty(void **state)
{
	struct buffer b = {0};
	char *taken;

	(void)state;
	assert_string_equal(buffer_text(&b), "");
	buffer_clear(&b);
	taken = buffer_take(&b);
	assert_string_equal(taken, "");
	free(taken);
	buffer_done(&b);
}

static void buffer_adds_all_kinds(void **state)
{
	struct buffer b = {0};

	(void)state;
	buffer_add(&b, "a\0b", 3);
	buffer_char(&b, 'c');
	buffer_fill(&b, '-', 2);
	buffer_text_add(&b, "d");
	buffer_format(&b, "%d%s", 42, "e");
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.data, "a\0bc--d42e", 11);
	buffer_cut(&b, 4);
	assert_memory_equal(b.data, "a\0bc", 5);
	buffer_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(buffer_text(&b), "");
	buffer_done(&b);
	buffer_text_add(&b, "again");
	assert_string_equal(buffer_text(&b), "again");
	buffer_done(&b);
}

/* Every length around the sizes at which it grows, and always the NUL. */
static void buffer_adds_hex(void **state)
{
	struct buffer b = {0};

	(void)state;
	buffer_hex(&b, "", 0);
	assert_string_equal(b.data, "");
	buffer_text_add(&b, "x");
	buffer_hex(&b, "\x00\x0a\xa0\xff\x7f", 5);
	assert_string_equal(b.data, "x000aa0ff7f");
	assert_int_equal(b.len, 11);
	buffer_done(&b);
}

static void buffer_grows(void **state)
{
	struct buffer b = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 5000; i++) {
		buffer_char(&b, (char)('a' + i % 26));
		assert_int_equal(b.len, i + 1);
		assert_int_equal(b.data[b.len], '\0');
		assert_true(b.cap > b.len);
	}
	for (i = 0; i < 5000; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
	buffer_done(&b);
}

static void buffer_formats_long_text(void **state)
{
	struct buffer b = {0};
	char wide[1000];
	size_t n;

	(void)state;
	memset(wide, 'w', sizeof wide);
	for (n = 250; n < 260; n++) {
		buffer_clear(&b);
		buffer_format(&b, "<%.*s>", (int)n, wide);
		assert_int_equal(b.len, n + 2);
		assert_int_equal(b.data[n + 1], '>');
	}
	buffer_done(&b);
}

/* Its own text may be an argument: "x" becomes "xx", "xxxx", past the point where it moves. */
static void buffer_formats_itself(void **state)
{
	struct buffer b = {0};
	size_t i, n = 1;

	(void)state;
	buffer_char(&b, 'x');
	for (i = 0; i < 12; i++) {
		buffer_format(&b, "%s", buffer_text(&b));
		n *= 2;
		assert_int_equal(b.len, n);
		assert_int_equal(strspn(b.data, "x"), n);
	}
	buffer_done(&b);
}

static void memory_copies_text(void **state)
{
	char *a = memory_text("abc"), *b = memory_text_n("abcdef", 2), *c = memory_format("%s-%d", "n", 7);
	char *none = memory_zero(0, 8);

	(void)state;
	assert_string_equal(a, "abc");
	assert_string_equal(b, "ab");
	assert_string_equal(c, "n-7");
	assert_null(memory_text(NULL));
	assert_non_null(none);
	free(a);
	free(b);
	free(c);
	free(none);
}

static void hook_says_so(void)
{
	if (write(STDERR_FILENO, "restored\n", 9) != 9)
		_exit(1);
}

/* Runs `act` in a child; gives what it said on stderr and how it ended. */
static int run_apart(void (*act)(void), char *said, size_t size)
{
	size_t n = 0;
	int fds[2], status;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		act();
		fflush(NULL);
		_exit(0);
	}
	close(fds[1]);
	while (n + 1 < size && (got = read(fds[0], said + n, size - 1 - n)) > 0)
		n += (size_t)got;
	said[n] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void exhaust_by_count(void)
{
	memory_on_exhausted(hook_says_so);
	free(memory_zero(SIZE_MAX / 2, 4));
}

static void exhaust_by_arena(void)
{
	struct arena a;

	arena_init(&a);
	memory_on_exhausted(hook_says_so);
	arena_zero(&a, SIZE_MAX / 2, 4);
}

static void memory_exhausted_ends_cleanly(void **state)
{
	char said[200];

	(void)state;
	assert_int_equal(run_apart(exhaust_by_arena, said, sizeof said), 70);
	assert_string_equal(said, "restored\ntellerdesk: could not go on: out of memory\n");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
	/* AddressSanitizer ends the program itself when calloc overflows. */
	assert_int_equal(run_apart(exhaust_by_count, said, sizeof said), 70);
	assert_string_equal(said, "restored\ntellerdesk: could not go on: out of memory\n");
#else
	(void)exhaust_by_count;
#endif
}

static void arena_keeps_everything_until_reset(void **state)
{
	enum { COUNT = 3000 };
	static unsigned char *taken[COUNT];
	struct arena a;
	size_t i, k, bytes = 0;

	(void)state;
	arena_init(&a);
	for (i = 0; i < COUNT; i++) {
		size_t size = i % 97 == 0 ? i * 50 : i % 61;

		taken[i] = arena_alloc(&a, size);
		assert_int_equal((uintptr_t)taken[i] % 16, 0);
		memset(taken[i], (int)(i % 251), size);
		bytes += size;
	}
	for (i = 0; i < COUNT; i++) {
		size_t size = i % 97 == 0 ? i * 50 : i % 61;

		for (k = 0; k < size; k++)
			assert_int_equal(taken[i][k], i % 251);
	}
	assert_true(a.used >= bytes);
	assert_true(a.total >= a.used);
	arena_done(&a);
	assert_int_equal(a.total, 0);
}

static void arena_texts(void **state)
{
	struct arena a;
	char *zero;
	size_t i;

	(void)state;
	arena_init(&a);
	assert_string_equal(arena_text(&a, "text"), "text");
	assert_null(arena_text(&a, NULL));
	assert_memory_equal(arena_copy(&a, "x\0y", 3), "x\0y", 4);
	assert_string_equal(arena_copy(&a, NULL, 0), "");
	assert_string_equal(arena_format(&a, "%03d", 7), "007");
	zero = arena_zero(&a, 10, 10);
	for (i = 0; i < 100; i++)
		assert_int_equal(zero[i], 0);
	arena_done(&a);
}

/* A reset keeps an ordinary block, so that a stream of changes allocates once, and never a huge one. */
static void arena_reset_bounds_memory(void **state)
{
	struct arena a;
	size_t round, kept;

	(void)state;
	arena_init(&a);
	arena_alloc(&a, 100);
	kept = a.total;
	assert_true(kept >= 8 << 10);
	for (round = 0; round < 10; round++) {
		arena_reset(&a);
		assert_int_equal(a.used, 0);
		assert_int_equal(a.total, kept);
		assert_non_null(arena_alloc(&a, 100));
		assert_int_equal(a.total, kept);
	}
	arena_alloc(&a, 64 << 20);
	assert_true(a.total > 64 << 20);
	arena_reset(&a);
	assert_true(a.total <= 1 << 20);
	arena_reset(&a);
	arena_done(&a);
}

/* What is larger than a block must not throw away the room left in the one in use. */
static void arena_large_one_leaves_the_block_in_use(void **state)
{
	struct arena a;
	char *before, *after;

	(void)state;
	arena_init(&a);
	before = arena_alloc(&a, 16);
	arena_alloc(&a, 1 << 21);
	after = arena_alloc(&a, 16);
	assert_ptr_equal(after, before + 16);
	arena_done(&a);
}

static void error_is_set_and_cleared(void **state)
{
	struct error err = {0};

	(void)state;
	assert_false(error_set(&err, ERROR_REPLICA, "could not open replica \"%s\": %s", "r.db", "no"));
	assert_string_equal(err.message, "could not open replica \"r.db\": no");
	assert_string_equal(err.hint, "");
	assert_false(error_hint(&err, "look at %d", 5));
	assert_string_equal(err.hint, "look at 5");
	assert_false(error_set(&err, ERROR_USAGE, "could not start: %s", err.message));
	assert_string_equal(err.message, "could not start: could not open replica \"r.db\": no");
	assert_string_equal(err.hint, "");
	error_clear(&err);
	assert_int_equal(err.code, ERROR_NONE);
	assert_string_equal(err.message, "");
	assert_false(error_set(NULL, ERROR_USAGE, "nobody asks"));
	assert_false(error_hint(NULL, "nobody asks"));
}

/* Cut at every phase of a three-byte character, the message stays whole characters. */
static void error_cut_message_is_valid(void **state)
{
	struct error err;
	char text[2100];
	size_t phase, i;

	(void)state;
	for (phase = 0; phase < 3; phase++) {
		memset(text, 'a', phase);
		for (i = phase; i + 3 < sizeof text; i += 3)
			memcpy(text + i, "\xe2\x82\xac", 3);
		text[i] = '\0';
		error_set(&err, ERROR_USAGE, "%s", text);
		assert_true(strlen(err.message) >= sizeof err.message - 3);
		assert_true(text_valid(err.message, strlen(err.message)));
	}
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	error_set(&err, ERROR_USAGE, "%s", text);
	assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

static void error_exit_maps_inner_codes(void **state)
{
	static const struct {
		enum error_code code;
		int status;
	} cases[] = {
		{ERROR_NONE, 0},    {ERROR_NOT_FOUND, 1}, {ERROR_USAGE, 2},       {ERROR_PERMISSION, 3},
		{ERROR_STALE, 4},   {ERROR_REPLICA, 5},   {ERROR_UNREACHABLE, 6}, {ERROR_INTERRUPTED, 7},
		{ERROR_REFUSED, 8}, {ERROR_PURGED, 8},    {ERROR_FULL, 5},        {ERROR_CANCELLED, 7}, {ERROR_FOREIGN, 8},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error err = {.code = cases[i].code};

		assert_int_equal(error_exit(&err), cases[i].status);
	}
}

static void report_a_nasty_error(void)
{
	struct error err = {0};

	error_set(&err, ERROR_REFUSED, "could not read \"%s\": bad\nline", "a\033[2Jb");
	error_hint(&err, "run \xe2\x80\xae this");
	_exit(error_report(&err));
}

static void error_report_shows_no_control_character(void **state)
{
	char said[400];

	(void)state;
	assert_int_equal(run_apart(report_a_nasty_error, said, sizeof said), 8);
	assert_string_equal(said, "tellerdesk: could not read \"a\xef\xbf\xbd[2Jb\": bad\xef\xbf\xbdline\n"
				  "hint: run \xef\xbf\xbd this\n");
}

static void log_by_level(void)
{
	log_open(NULL, LOG_WARN);
	log_line(LOG_NOTE, "not said");
	log_line(LOG_WARN, "said %d\r", 1);
	log_level(LOG_NOTE);
	log_line(LOG_NOTE, "noted");
}

static void log_says_by_level(void **state)
{
	char said[400];

	(void)state;
	run_apart(log_by_level, said, sizeof said);
	assert_string_equal(said, "tellerdesk: warning: said 1\xef\xbf\xbd\ntellerdesk: noted\n");
}

static void place_makes_folders(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char *top = memory_format("%s/place-%d", tmp != NULL ? tmp : "/tmp", (int)getpid());
	char *deep = memory_format("%s//a/b/", top), *file = memory_format("%s/a/file", top);
	char *under = memory_format("%s/x", file), *expected;
	struct error err = {0};
	FILE *f;

	(void)state;
	assert_true(place_make(deep, &err));
	assert_true(place_make(deep, &err));
	assert_int_equal(access(deep, W_OK | X_OK), 0);
	f = fopen(file, "w");
	assert_non_null(f);
	fclose(f);
	assert_false(place_make(under, &err));
	assert_int_equal(err.code, ERROR_USAGE);
	expected = memory_format("could not make folder \"%s\": Not a directory", file);
	assert_string_equal(err.message, expected);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(deep), 0);
	free(expected);
	free(under);
	under = memory_format("%s/a", top);
	assert_int_equal(rmdir(under), 0);
	assert_int_equal(rmdir(top), 0);
	free(under);
	free(file);
	free(deep);
	free(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_begins_empty),
		cmocka_unit_test(buffer_adds_all_kinds),
		cmocka_unit_test(buffer_adds_hex),
		cmocka_unit_test(buffer_grows),
		cmocka_unit_test(buffer_formats_long_text),
		cmocka_unit_test(buffer_formats_itself),
		cmocka_unit_test(memory_copies_text),
		cmocka_unit_test(memory_exhausted_ends_cleanly),
		cmocka_unit_test(arena_keeps_everything_until_reset),
		cmocka_unit_test(arena_texts),
		cmocka_unit_test(arena_reset_bounds_memory),
		cmocka_unit_test(arena_large_one_leaves_the_block_in_use),
		cmocka_unit_test(error_is_set_and_cleared),
		cmocka_unit_test(error_cut_message_is_valid),
		cmocka_unit_test(error_exit_maps_inner_codes),
		cmocka_unit_test(error_report_shows_no_control_character),
		cmocka_unit_test(log_says_by_level),
		cmocka_unit_test(place_makes_folders),
	};

	return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
