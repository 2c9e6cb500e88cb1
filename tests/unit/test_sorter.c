/* The sorter: whatever fits into memory or not comes out in the order of the bytes. */
#include "config.h"

#include "replica/sorter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/memory.h"

enum { RECORDS = 20000, LONGEST = 40 };

struct bytes {
	size_t n;
	char p[LONGEST];
};

static int by_bytes(const void *x, const void *y)
{
	const struct bytes *a = x, *b = y;
	int c = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);
	return c ? c : (a->n > b->n) - (a->n < b->n);
}

/* Few different bytes, NUL and 0xff among them, and all lengths: long equal beginnings are frequent. */
static void make(struct bytes *list)
{
	static const char letters[] = {0, 1, 'a', 'b', (char)0xff};
	uint64_t state = 42;
	for (int i = 0; i < RECORDS; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		list[i].n = (size_t)(state >> 33) % (LONGEST + 1);
		for (size_t k = 0; k < list[i].n; k++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			/* The first eight are nearly always alike. */
			list[i].p[k] = k < 8 && (state >> 40) % 8 ? 'a' : letters[(state >> 33) % sizeof letters];
		}
	}
}

static void sorted(size_t memory)
{
	struct error err = {0};
	const char *folder = getenv("TMPDIR"), *p;
	size_t n;
	struct bytes *list = memory_zero(RECORDS, sizeof *list);
	struct sorter *s = sorter_new(folder ? folder : "/tmp", memory);
	make(list);
	for (int i = 0; i < RECORDS; i++)
		assert_true(sorter_add(s, list[i].p, list[i].n, &err));
	assert_true(sorter_finish(s, &err));
	assert_int_equal(sorter_count(s), RECORDS);
	qsort(list, RECORDS, sizeof *list, by_bytes);
	for (int i = 0; i < RECORDS; i++) {
		assert_int_equal(sorter_next(s, &p, &n, &err), 1);
		assert_int_equal(n, list[i].n);
		assert_memory_equal(p, list[i].p, n);
	}
	assert_int_equal(sorter_next(s, &p, &n, &err), 0);
	sorter_free(s);
	free(list);
}

static void in_memory(void **state)
{
	(void)state;
	sorted((size_t)16 << 20);
}

static void by_runs(void **state)
{
	(void)state;
	sorted(50000);
}

static void of_nothing(void **state)
{
	struct error err = {0};
	const char *p;
	size_t n;
	(void)state;
	struct sorter *s = sorter_new("/tmp", 1000);
	assert_true(sorter_finish(s, &err));
	assert_int_equal(sorter_next(s, &p, &n, &err), 0);
	sorter_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_memory),
		cmocka_unit_test(by_runs),
		cmocka_unit_test(of_nothing),
	};
	return cmocka_run_group_tests_name("sorter", tests, NULL, NULL);
}
