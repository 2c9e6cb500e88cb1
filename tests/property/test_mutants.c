/* The tests of the copy can fail: without any one of its rules a stream is found whose replica is wrong.
 *
 * Linked with the code under test built with -DTD_MUTANTS. The rules that only matter after a restart are looked
 * for among streams whose ingest is killed.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "copying.h"
#include "replica/mutants.h"
#include "run.h"

#define LENGTH 45

int copy_mutant;

static int mutant_streams = 1000;
static uint64_t mutant_seed = 1;

struct mutant {
	const char *rule;
	enum copy_mutant mutant;
	bool partial, gap, truncates;
	enum stream_cascades cascades;
	int kills;
};

/* What a stream must bring for the rule to matter. */
static const struct mutant mutants[] = {
	{.rule = "nothing is taken out", .mutant = MUTANT_NONE, .partial = true, .truncates = true, .kills = 2},
	{.rule = "touched keys are not overwritten", .mutant = MUTANT_TOUCHED},
	{.rule = "a chunk is held until H", .mutant = MUTANT_HOLD},
	{.rule = "P0 is visible", .mutant = MUTANT_P0},
	{.rule = "a truncate ends the copy", .mutant = MUTANT_TRUNCATE, .truncates = true},
	{.rule = "no chunk fills a row that returned", .mutant = MUTANT_REINSERT, .partial = true},
	{.rule = "leftovers wait for a bound", .mutant = MUTANT_LEFTOVER_BOUND, .partial = true},
	{.rule = "an insert during a resync closes what is held", .mutant = MUTANT_RESYNC_INSERT, .gap = true},
	{.rule = "touched keys outlive a restart", .mutant = MUTANT_DURABLE_TOUCHED, .kills = 3},
	{.rule = "the cursor moves with its rows", .mutant = MUTANT_CURSOR, .kills = 3},
	{.rule = "nothing is taken out where the server cascades",
	 .mutant = MUTANT_NONE,
	 .partial = true,
	 .cascades = CASCADES_SOME},
	{.rule = "a cascade voids what is held", .mutant = MUTANT_CASCADE, .cascades = CASCADES_SOME},
	{.rule = "reads wait until a cascade is visible", .mutant = MUTANT_CASCADE_P0, .cascades = CASCADES_SOME},
	{.rule = "rows read after a cascade are dated from it", .mutant = MUTANT_CASCADE_T0, .cascades = CASCADES_SOME},
	{.rule = "a cascade that moves keys begins the copy anew",
	 .mutant = MUTANT_CASCADE_MOVES,
	 .cascades = CASCADES_OF_KEYS},
	{.rule = "children of rows not read are read again",
	 .mutant = MUTANT_CASCADE_SPREAD,
	 .cascades = CASCADES_IN_CHAINS},
	{.rule = "a partial row that may be struck is in doubt",
	 .mutant = MUTANT_CASCADE_DOUBT,
	 .partial = true,
	 .cascades = CASCADES_SOME},
};

static bool mutant_run(const struct mutant *m, uint64_t seed, struct buffer *why)
{
	struct copying c = {.seed = seed,
			    .length = LENGTH,
			    .partial = m->partial,
			    .gap = m->gap,
			    .truncates = m->truncates,
			    .cascades = m->cascades,
			    .kills = m->kills};

	return copying_run(&c, why);
}

static void mutant_hunt(void **state)
{
	const struct mutant *m = *state;
	struct buffer why = {0};
	int streams = m->mutant == MUTANT_NONE ? 50 : mutant_streams;
	bool caught = false;

	copy_mutant = (int)m->mutant;
	for (int i = 0; i < streams && !caught; i++) {
		buffer_clear(&why);
		caught = !mutant_run(m, mutant_seed + (uint64_t)i, &why);
		if (caught) {
			printf("# without \"%s\": seed %" PRIu64 ": %s\n", m->rule, mutant_seed + (uint64_t)i,
			       buffer_text(&why));
			fflush(stdout);
		}
	}
	copy_mutant = MUTANT_NONE;
	buffer_done(&why);
	if (caught && m->mutant == MUTANT_NONE)
		fail_msg("a stream fails with all rules in place");
	if (!caught && m->mutant != MUTANT_NONE)
		fail_msg("%d streams do not notice that the rule is missing", streams);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[sizeof mutants / sizeof *mutants];

	run_arguments(argc, argv, &mutant_streams, &mutant_seed);
	printf("# mutants: up to %d streams each from seed %" PRIu64 "\n", mutant_streams, mutant_seed);
	fflush(stdout);
	for (size_t i = 0; i < sizeof mutants / sizeof *mutants; i++)
		tests[i] = (struct CMUnitTest){mutants[i].rule, mutant_hunt, NULL, NULL, (void *)&mutants[i]};
	return cmocka_run_group_tests_name("mutants", tests, NULL, NULL);
}
