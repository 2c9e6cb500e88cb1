/* Any bytes as a statement: what is read is one kind of statement, its names are inside the text's length, and an
 * identifier found in it is mentioned. The first byte says the sql_mode, the second the collation. */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "binlog/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* A name we were told is one the text mentions. */
static void fuzz_name(const struct binlog_query *q, const char *name)
{
	must(name && strlen(name) <= q->text_len);
	if (*name)
		must(statement_mentions(q, &name, 1));
}

static void fuzz_table(const struct binlog_query *q, const struct statement_table *t)
{
	must(t->schema && t->effect <= EFFECT_REPARTITIONED);
	must(t->name || t->effect == EFFECT_DROPPED);
	if (t->name)
		fuzz_name(q, t->name);
	must(!t->to_name == !t->to_schema && !t->to_name == (t->effect != EFFECT_RENAMED));
	if (t->to_name)
		fuzz_name(q, t->to_name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t collations[] = {0, 8, 13, 28, 33, 255, 1025, 250};
	static const char *const names[] = {"customer_info", "t", "\xc3\xa9"};
	struct statement s;
	struct arena arena;
	if (size < 2)
		return 0;
	struct binlog_query q = {.schema = "bank",
				 .text = (const char *)data + 2,
				 .text_len = size - 2,
				 .sql_mode = (data[0] & 1 ? 0x4 : 0) | (data[0] & 2 ? 0x100000 : 0),
				 .ansi_quotes = data[0] & 1,
				 .collation = collations[data[1] % 8]};
	arena_init(&arena);
	statement_read(&q, &arena, &s);
	must(s.kind <= STATEMENT_WRITE && (s.kind == STATEMENT_DDL) == (s.table_count > 0));
	must(s.gtrid_len + s.bqual_len <= STATEMENT_XID_MAX);
	for (int i = 0; i < s.table_count; i++)
		fuzz_table(&q, &s.tables[i]);
	if (s.name)
		fuzz_name(&q, s.name);
	statement_mentions(&q, names, 3);
	arena_done(&arena);
	return 0;
}
