/* change: one row-level event, decoded, typed, canonical.
 *
 * Images are arrays of entity->column_count values in the model's column
 * order. A column the source did not send is VALUE_UNKNOWN; a complete image has none.
 *
 * op       before                        after
 * INSERT   NULL                          the row (an absent column is its default, never unknown)
 * UPDATE   the row, or NULL, or key only the row; the key in `before` differs when the key changed
 * DELETE   the row, or key only          NULL
 * MERGE    NULL                          a full row whose old state only the replica knows (CSV): insert,
 *                                        update or nothing; UNKNOWN columns keep their value
 * TRUNCATE NULL                          NULL: every row of the entity is gone
 * RELOAD   NULL                          NULL: a table swapped in or altered: the entity must be copied again
 * REJECT   NULL                          NULL: a row that could not be read; `reason` and `raw` say why
 */
#ifndef TD_MODEL_CHANGE_H
#define TD_MODEL_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/value.h"

enum change_op {
	CHANGE_INSERT, CHANGE_UPDATE, CHANGE_DELETE, CHANGE_MERGE,
	CHANGE_TRUNCATE, CHANGE_RELOAD, CHANGE_REJECT,
};

struct change {
	enum change_op op;
	int entity;
	const struct value *before;
	const struct value *after;
	bool cascades;       /* UPDATE, DELETE: the server carried out the foreign keys that refer to this row and logged none of
	                      * the rows they touched (source_ops.cascades has the rules) */
	const char *reason;  /* REJECT */
	const char *raw;     /* REJECT: the row as it came */
	size_t raw_len;
	uint64_t line;       /* REJECT: where in the batch, 0: unknown */
};

#endif
