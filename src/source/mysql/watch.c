/* Foreign keys whose parent is not in the model: ON UPDATE CASCADE and SET NULL change rows of ours when a key of the
 * parent changes, and the log has the parent's rows only. Which of our rows that were cannot be told from a model
 * without the parent, so the child is read again; keys hardly ever change. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "source/mysql/private.h"

bool watch_table(struct mysql *m, const struct binlog_event *e, const char *schema, const char *name, const struct binlog_table **out, struct error *err)
{
	struct mysql_stream *st = &m->stream;

	*out = NULL;
	if (shape_watched(&m->shape, schema, name, 0) < 0)
		return true;
	struct binlog_table *t = arena_zero(&st->watched, 1, sizeof *t);
	*out = t;
	return binlog_table_read(e, &st->format, &st->watched, t, err);
}

/* The place of a key's column on the wire, -1: not known. */
static int watch_place(const struct mysql_hidden *h, const struct binlog_table *t, int column)
{
	for (int i = 0; t->has_names && i < t->column_count; i++)
		if (strcasecmp(t->columns[i].name, h->parent_columns[column]) == 0)
			return i;
	return t->has_names || h->ordinals[column] >= t->column_count ? -1 : h->ordinals[column];
}

static bool cell_changed(const struct binlog_cell *before, const struct binlog_cell *after)
{
	if (after->state == CELL_ABSENT || before->state == CELL_ABSENT)
		return after->state != CELL_ABSENT; /* a partial image holds what changed */
	if (before->state != after->state)
		return true;
	return before->state == CELL_HERE && (before->len != after->len || memcmp(before->at, after->at, before->len) != 0);
}

/* A column that cannot be told apart counts as changed: reading once too often does no harm. */
static bool key_changed(const struct mysql_hidden *h, const struct binlog_table *t, const struct binlog_cell *before, const struct binlog_cell *after)
{
	for (int i = 0; i < h->column_count; i++) {
		int place = watch_place(h, t, i);
		if (place < 0 || cell_changed(&before[place], &after[place]))
			return true;
	}
	return false;
}

bool watch_rows(struct mysql *m, const struct binlog_event *e, const struct binlog_table *t, struct error *err)
{
	struct mysql_stream *st = &m->stream;
	struct binlog_rows rows;
	int got;

	/* Apart from the table, which its statement's other events need: a statement may have any number of them. */
	arena_reset(&st->words);
	if (!binlog_rows_open(e, &st->format, &st->words, &rows, err))
		return false;
	if (rows.op != ROWS_UPDATE || rows.flags & ROWS_NO_FOREIGN_KEY_CHECKS)
		return true;
	struct binlog_cell *before = arena_zero(&st->words, (size_t)t->column_count, sizeof *before);
	struct binlog_cell *after = arena_zero(&st->words, (size_t)t->column_count, sizeof *after);
	uint64_t noted = 0;
	while ((got = binlog_rows_next(&rows, t, before, after, err)) == 1)
		for (int i = shape_watched(&m->shape, t->schema, t->name, 0); i >= 0; i = shape_watched(&m->shape, t->schema, t->name, i + 1)) {
			uint64_t bit = UINT64_C(1) << (m->shape.hidden[i].entity & 63);
			struct txn_record r = {.kind = TXN_RELOAD, .entity = m->shape.hidden[i].entity};
			if (noted & bit || !key_changed(&m->shape.hidden[i], t, before, after))
				continue;
			noted |= bit;
			if (!txn_add(&st->txn, &r, false, err))
				return false;
		}
	return got == 0;
}
