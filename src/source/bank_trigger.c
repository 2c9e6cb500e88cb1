/* What SQLite does not tell, and how it is found out.
 *
 * REPLACE (INSERT OR REPLACE, UPDATE OR REPLACE) deletes the rows in its way. It
 * fires their delete triggers only where the writer's connection has set
 * recursive_triggers, which nobody does. So a BEFORE trigger notes in bank_pending
 * the rows that share a unique value with the new row; whether they really go is
 * not known yet (OR IGNORE, DO NOTHING and DO UPDATE leave them in place), but when
 * the AFTER trigger of the same row runs it is: a noted row is gone if its key is
 * not found any more, or is now held by the new row.
 *
 *     recursive_triggers   off                          on
 *     BEFORE INSERT        notes the row in the way     the same
 *     (row is deleted)     nothing fires                AFTER DELETE logs it, strikes the note
 *     AFTER INSERT         logs the noted row, then     finds no note,
 *                          the new one                  logs the new row
 *
 * Notes that came to nothing stand until the next BEFORE trigger of the table.
 * NEW's rowid is not reliable in a BEFORE INSERT trigger when SQLite chooses it
 * (it is -1); the AFTER trigger's test makes a note taken in error harmless.
 */
#include "config.h"

#include "source/bank_trigger.h"

#include <stdbool.h>
#include <string.h>

#include "base/buffer.h"
#include "source/bank_capture.h"
#include "source/bank_sql.h"

static const char *const trigger_words[TRIGGER_COUNT] = {
	[BEFORE_INSERT] = "before_insert", [BEFORE_UPDATE] = "before_update", [AFTER_INSERT] = "after_insert",
	[AFTER_UPDATE] = "after_update",   [AFTER_DELETE] = "after_delete",
};

const char *bank_trigger_word(enum capture_trigger which)
{
	return trigger_words[which];
}

static void trigger_places(struct buffer *b, const struct capture_table *t, const char *prefix)
{
	for (int i = 0; i < t->column_count; i++)
		buffer_format(b, "%s%s%d", i ? ", " : "", prefix, t->columns[i].place);
}

static void trigger_columns(struct buffer *b, const struct capture_table *t, const char *row)
{
	for (int i = 0; i < t->column_count; i++) {
		buffer_format(b, "%s%s.", i ? ", " : "", row);
		bank_sql_name(b, t->columns[i].name);
	}
}

/* A column of NEW, OLD or the table, or its place in bank_pending. Triggers know no alias for the table
 * they delete from, so bank_pending goes by its name everywhere. */
static void trigger_side(struct buffer *b, const struct capture_column *c, const char *row)
{
	buffer_format(b, "%s.", row);
	if (strcmp(row, "bank_pending") == 0)
		buffer_format(b, "old_%d", c->place);
	else
		bank_sql_name(b, c->name);
}

/* Two rows share what u makes unique. In a BEFORE trigger NEW does not hold its defaults yet. */
static void trigger_same(struct buffer *b, const struct capture_table *t, const struct capture_unique *u,
			 const char *left, const char *op, const char *right)
{
	bool early = strcmp(op, "=") == 0 && strcmp(right, "NEW") == 0;

	buffer_char(b, '(');
	for (int i = 0; i < u->count; i++) {
		const struct capture_column *c = &t->columns[u->parts[i].column];

		buffer_text_add(b, i ? " AND " : "");
		trigger_side(b, c, left);
		buffer_text_add(b, " COLLATE ");
		bank_sql_name(b, u->parts[i].collation);
		buffer_format(b, " %s %s", op, early && c->fallback ? "coalesce(" : "");
		trigger_side(b, c, right);
		if (early && c->fallback)
			buffer_format(b, ", (%s))", c->fallback);
	}
	buffer_char(b, ')');
}

/* Rows r in the way of NEW; an update is never in its own way. */
static void trigger_conflict(struct buffer *b, const struct capture_table *t, bool update)
{
	buffer_char(b, '(');
	for (int i = 0; i < t->unique_count; i++) {
		buffer_text_add(b, i ? " OR " : "");
		trigger_same(b, t, &t->uniques[i], "r", "=", "NEW");
	}
	buffer_char(b, ')');
	if (update) {
		buffer_text_add(b, " AND NOT ");
		trigger_same(b, t, &t->uniques[0], "r", "IS", "OLD");
	}
}

static void trigger_from(struct buffer *b, const struct capture_table *t)
{
	buffer_text_add(b, " FROM ");
	bank_sql_name(b, t->name);
	buffer_text_add(b, " AS r WHERE ");
}

/* Pruning (the trigger of bank_meta) is due now and then. It is asked for from here because this condition is
 * evaluated for each row anyway, where a trigger of the change table would cost a quarter of a writer's speed.
 * Deletes are not seen here: who inserts and deletes in turn could step over one number in 256 for ever. */
static const char trigger_due[] = "(SELECT max(id) FROM bank_change) % 256 < 4";

static void trigger_note(struct buffer *b, const struct capture_table *t, bool update)
{
	buffer_format(b, " WHEN EXISTS (SELECT 1 FROM bank_pending WHERE tbl = %d) OR EXISTS (SELECT 1", t->id);
	trigger_from(b, t);
	trigger_conflict(b, t, update);
	buffer_format(b, ") OR %s\nBEGIN\n DELETE FROM bank_pending WHERE tbl = %d;\n", trigger_due, t->id);
	buffer_text_add(b, " INSERT INTO bank_pending (tbl, ");
	trigger_places(b, t, "old_");
	buffer_format(b, ") SELECT %d, ", t->id);
	trigger_columns(b, t, "r");
	trigger_from(b, t);
	trigger_conflict(b, t, update);
	buffer_format(b, ";\n UPDATE bank_meta SET beat = 1 WHERE %s;\nEND", trigger_due);
}

static const char trigger_stamp[] = "(SELECT txn FROM bank_txn), coalesce((SELECT at FROM bank_txn), " BANK_CLOCK ")";

static void trigger_log(struct buffer *b, const struct capture_table *t, enum bank_op op)
{
	buffer_text_add(b, " INSERT INTO bank_change (txn, at, tbl, op");
	for (int after = 0; after < 2; after++) {
		if (op == (after ? BANK_DELETE : BANK_INSERT))
			continue;
		buffer_text_add(b, ", ");
		trigger_places(b, t, after ? "new_" : "old_");
	}
	buffer_format(b, ")\n VALUES (%s, %d, %d", trigger_stamp, t->id, (int)op);
	for (int after = 0; after < 2; after++) {
		if (op == (after ? BANK_DELETE : BANK_INSERT))
			continue;
		buffer_text_add(b, ", ");
		trigger_columns(b, t, after ? "NEW" : "OLD");
	}
	buffer_text_add(b, ");\n");
}

static void trigger_log_displaced(struct buffer *b, const struct capture_table *t)
{
	buffer_text_add(b, " INSERT INTO bank_change (txn, at, tbl, op, ");
	trigger_places(b, t, "old_");
	buffer_format(b, ")\n SELECT %s, %d, %d, ", trigger_stamp, t->id, (int)BANK_DELETE);
	trigger_places(b, t, "old_");
	buffer_format(b, "\n FROM bank_pending WHERE tbl = %d AND (", t->id);
	trigger_same(b, t, &t->uniques[0], "bank_pending", "IS", "NEW");
	buffer_text_add(b, " OR NOT EXISTS (SELECT 1");
	trigger_from(b, t);
	trigger_same(b, t, &t->uniques[0], "r", "IS", "bank_pending");
	buffer_text_add(b, ")) ORDER BY bank_pending.rowid;\n");
}

void bank_trigger_name(struct buffer *b, const struct capture_table *t, enum capture_trigger which)
{
	buffer_format(b, "bank_%s_%s", t->name, trigger_words[which]);
}

void bank_trigger_text(struct buffer *b, const struct capture_table *t, enum capture_trigger which)
{
	static const char *const events[TRIGGER_COUNT] = {"BEFORE INSERT", "BEFORE UPDATE", "AFTER INSERT",
							  "AFTER UPDATE", "AFTER DELETE"};
	struct buffer name = {0};

	bank_trigger_name(&name, t, which);
	buffer_text_add(b, "CREATE TRIGGER ");
	bank_sql_name(b, buffer_text(&name));
	buffer_done(&name);
	buffer_format(b, " %s ON ", events[which]);
	bank_sql_name(b, t->name);
	if (which == BEFORE_INSERT || which == BEFORE_UPDATE) {
		trigger_note(b, t, which == BEFORE_UPDATE);
		return;
	}
	buffer_text_add(b, "\nBEGIN\n");
	if (which == AFTER_DELETE) {
		buffer_format(b, " DELETE FROM bank_pending WHERE tbl = %d AND ", t->id);
		trigger_same(b, t, &t->uniques[0], "bank_pending", "IS", "OLD");
		buffer_text_add(b, ";\n");
	} else {
		trigger_log_displaced(b, t);
	}
	trigger_log(b, t, which == AFTER_INSERT ? BANK_INSERT : which == AFTER_UPDATE ? BANK_UPDATE : BANK_DELETE);
	buffer_text_add(b, "END");
}
