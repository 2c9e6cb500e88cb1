/* Which changes of a look are one source transaction.
 *
 * What became visible together may be many transactions, and after a night away a night's. They are told apart
 * where that is certain: between two numbers that no transaction has changes on both sides of. The order stays that of the
 * numbers, so a cut too few is harmless.
 *
 *     number        1 2 3 4 5 6 7
 *     transaction   a a b c b c d      given: 1-2, 3-6, 7
 *
 * MariaDB's triggers name the transaction ("1-42/0-1-77"). Elsewhere they name the connection alone ("1-42/"): what a
 * look shows is one transaction then; only what piled up while nobody looked is cut where every connection was silent for
 * a while (QUIET), so that an hour's changes do not bear the time of the last.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "source/mysql/triggers.h"

#define QUIET MINUTE

struct grouped { const char *txn; int item; };

static int grouped_compare(const void *a, const void *b)
{
	const struct grouped *x = a, *y = b;
	int order = strcmp(x->txn, y->txn);

	return order ? order : x->item - y->item;
}

static bool named(const char *txn)
{
	size_t n = strlen(txn);

	return n > 0 && txn[n - 1] != '/';
}

static bool together(const struct trigger_item *items, const struct grouped *a, const struct grouped *b, bool catching_up)
{
	if (strcmp(a->txn, b->txn) != 0)
		return false;
	return named(a->txn) || !catching_up || items[b->item].at - items[a->item].at < QUIET;
}

void triggers_group(struct trigger_item *items, const char *const *txn, int count, bool catching_up)
{
	struct grouped *g = memory_alloc(sizeof *g * (size_t)(count ? count : 1));
	int reach = 0;

	for (int i = 0; i < count; i++) {
		const char *t = txn[i] ? txn[i] : "";
		g[i] = (struct grouped){named(t) || catching_up ? t : "", i};
		items[i].end = i;
	}
	qsort(g, (size_t)count, sizeof *g, grouped_compare);
	for (int i = count - 2; i >= 0; i--)
		if (together(items, &g[i], &g[i + 1], catching_up))
			items[g[i].item].end = items[g[i + 1].item].end;
	for (int i = 0; i < count; i++) {
		reach = items[i].end > reach ? items[i].end : reach;
		items[i].last = reach == i;
	}
	free(g);
}
