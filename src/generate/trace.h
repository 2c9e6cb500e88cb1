/* trace: what events changed, by customer.
 *
 * A customer no event has touched has no trace; the rows of one that was are those
 * of the registration with the trace applied. About 80 bytes each, in a hash table.
 */
#ifndef TD_GENERATE_TRACE_H
#define TD_GENERATE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generate/generator.h"
#include "generate/person.h"

struct trace_product {
	uint32_t event; /* that opened it, from 1 */
	int32_t day;
	uint8_t status;
};

struct trace {
	int64_t n;
	int64_t registered_at; /* of one that an event registered; else 0 */
	struct traits traits;
	uint32_t revalued;     /* the event, 0: none */
	int32_t revalued_day;
	bool gone;
	bool first_changed;    /* the status of the first product is first_status now */
	uint8_t first_status;
	uint8_t opened_count;
	struct trace_product *opened; /* OPENED_MAX of them, or NULL */
};

struct trace_table {
	struct trace **slots; /* open addressing, a power of two */
	size_t room, count;
};

void trace_table_done(struct trace_table *t);
struct trace *trace_find(const struct trace_table *t, int64_t n); /* NULL: untouched */
struct trace *trace_get(struct trace_table *t, int64_t n);        /* made if there is none */

#endif
