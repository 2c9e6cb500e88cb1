/* What value_canonical promises of any text: a misfit is the text untouched; anything else has one form, so
 * that making it canonical again changes nothing and takes no memory. The first byte says the column's type,
 * the second its scale, the third the zone. */
#include "config.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/zone.h"
#include "model/model.h"
#include "model/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void fuzz_again(const struct column *c, struct value v, const struct zone *zone, struct arena *arena)
{
	char digits[24];
	const char *text = v.text;
	size_t n = v.len;
	if (v.kind == VALUE_INTEGER) {
		n = (size_t)snprintf(digits, sizeof digits, "%" PRId64, v.integer);
		text = digits;
	}
	if (v.kind == VALUE_INTEGER && c->type == COLUMN_INSTANT)
		return;
	size_t used = arena->used;
	struct value again = value_canonical(c, text, n, zone, arena);
	must(value_equal(v, again) && value_compare(v, again) == 0 && arena->used == used);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const zones[] = {"UTC", "+05:45", "Europe/Berlin", "Asia/Jakarta"};
	if (size < 3)
		return 0;
	struct column c = {.name = "x",
			   .as = "x",
			   .title = "X",
			   .type = (enum column_type)(data[0] % (COLUMN_BYTES + 1)),
			   .scale = data[1] % 129 - 1,
			   .key = -1};
	const struct zone *zone = zone_get(zones[data[2] % 4], NULL);
	const char *text = (const char *)data + 3;
	size_t n = size - 3;
	struct arena arena;
	struct buffer out = {0};
	arena_init(&arena);
	struct value v = value_canonical(&c, text, n, zone, &arena);
	if (value_misfit(&c, v))
		must(v.kind == VALUE_TEXT && v.len == n && v.text == text);
	fuzz_again(&c, v, zone, &arena);
	value_print(&out, &c, v);
	value_show(&out, &c, v, zone);
	value_instant(&c, v, zone);
	must(v.kind == VALUE_INTEGER || n == 0 || c.type == COLUMN_BYTES || out.len > 0);
	buffer_done(&out);
	arena_done(&arena);
	return 0;
}
