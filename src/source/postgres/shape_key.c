/* Keys: whether the model's key is one of the table's, and whether the server's old tuples have it (the replica identity).
 *
 * An identity belongs to the table the rows lie in: of a partitioned table to each of its partitions, which may differ from it and among
 * themselves.
 */
#include "config.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "model/model.h"
#include "source/postgres/client.h"
#include "source/postgres/shape_private.h"

#define KEY_COLUMNS 32 /* the server's own limit for an index, unless it was built otherwise */

/* Numbers of columns of a table. */
struct numbers { int list[KEY_COLUMNS]; int count; };

static struct numbers numbers_read(const char *text)
{
	struct numbers n = {0};

	for (char *end; text && *text && n.count < KEY_COLUMNS; text = *end ? end + 1 : end)
		n.list[n.count++] = (int)strtol(text, &end, 10);
	return n;
}

static bool numbers_have(const struct numbers *n, int number)
{
	for (int i = 0; i < n->count; i++)
		if (n->list[i] == number)
			return true;
	return false;
}

static bool numbers_within(const struct numbers *a, const struct numbers *b)
{
	for (int i = 0; i < a->count; i++)
		if (!numbers_have(b, a->list[i]))
			return false;
	return true;
}

/* The model's key in the server's columns; none where one of them is missing. */
static struct numbers key_numbers(const struct entity *e, const struct postgres_table *t)
{
	struct numbers key = {0};

	for (int i = 0; i < e->key_count && key.count < KEY_COLUMNS; i++) {
		int place = t->base.place[e->key[i]];
		if (place < 0)
			return (struct numbers){0};
		key.list[key.count++] = t->columns[place].number;
	}
	return key;
}

static bool never_null(const struct postgres_table *t, const struct numbers *n)
{
	for (int i = 0; i < t->column_count; i++)
		if (numbers_have(n, t->columns[i].number) && !t->columns[i].not_null)
			return false;
	return true;
}

static void take_key(struct postgres_shape *s, struct postgres_table *t, const struct numbers *index, const struct postgres_rows *r)
{
	bool immediate = shape_is(r, "indimmediate");

	if (!never_null(t, index)) {
		t->nullable_index = immediate ? shape_text(s, r, "relname") : t->nullable_index;
		return;
	}
	t->base.keyed = true;
	if (!t->unique_index && immediate) {
		t->unique_index = shape_text(s, r, "relname");
		t->unique_is_primary = shape_is(r, "indisprimary");
	}
}

/* Unique from one moment to the next or at the end of each transaction: both will do for a key, only the first for an identity. */
bool shape_keys(struct postgres_shape *s, struct postgres_client *c, struct error *err)
{
	struct buffer sql = {0};
	struct postgres_rows r;

	buffer_text_add(&sql, "WITH ");
	shape_with_tables(s, &sql);
	buffer_text_add(&sql, " SELECT w.entity, c.relname, i.indisprimary, i.indimmediate, pg_catalog.array_to_string((i.indkey::int2[])[0:i.indnkeyatts - 1], ' ') AS numbers "
			      "FROM wanted w JOIN pg_catalog.pg_index i ON i.indrelid = w.oid JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
			      "WHERE i.indisunique AND i.indisvalid AND i.indislive AND i.indpred IS NULL AND i.indexprs IS NULL "
			      "ORDER BY w.entity, i.indisprimary DESC, c.relname");
	bool ok = shape_ask(c, &sql, &r, err);
	while (ok && postgres_rows_next(&r)) {
		struct postgres_table *t = shape_row(s, &r);
		if (!t)
			continue;
		struct numbers index = numbers_read(postgres_rows_named(&r, "numbers")), key = key_numbers(&s->target.model->entities[t - s->tables], t);
		if (key.count && index.count == key.count && numbers_within(&key, &index))
			take_key(s, t, &index, &r);
	}
	postgres_rows_done(&r);
	return ok;
}

/* The columns of the identity of each table and of each partition that holds rows, by their names in the table that is modelled, alike ones once;
 * NULL where an update or delete would fail, or the whole row is sent. */
static const char identities_sql[] =
	", tree (entity, root, id) AS (SELECT entity, oid, oid FROM wanted UNION ALL "
	"SELECT t.entity, t.root, c.oid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.id "
	"JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid WHERE c.relispartition) "
	"SELECT DISTINCT t.entity, t.id = t.root AS self, c.relkind <> 'p' AS holds, c.relreplident, "
	"(SELECT string_agg(r.attnum::text, ' ' ORDER BY r.attnum) FROM pg_catalog.pg_index i "
	"CROSS JOIN LATERAL unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS n (attnum) "
	"JOIN pg_catalog.pg_attribute a ON a.attrelid = t.id AND a.attnum = n.attnum "
	"JOIN pg_catalog.pg_attribute r ON r.attrelid = t.root AND r.attname = a.attname "
	"WHERE i.indrelid = t.id AND i.indisunique AND i.indisvalid AND i.indislive AND i.indimmediate AND i.indpred IS NULL "
	"AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END) AS numbers "
	"FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.id ORDER BY t.entity, self DESC";

/* The server refuses an update or delete whose old row it could not filter, or not send as a whole (generated columns count since 18). */
static bool filter_passes(const struct postgres_table *t, const struct numbers *identity, bool whole, int version)
{
	struct numbers filter = numbers_read(t->filter_columns);

	if (whole && t->column_list)
		return false;
	for (int i = 0; i < t->column_count; i++)
		if (!t->columns[i].published && (t->column_list || version >= 180000) && (whole || numbers_have(identity, t->columns[i].number)))
			return false;
	return whole || numbers_within(&filter, identity);
}

/* Of the modelled table. */
struct identity {
	struct numbers key;
	struct numbers told; /* what a relation message marks as its identity */
	int version;
};

/* What is in an old tuple is the identity of the partition. */
static void take_identity(struct postgres_table *t, const struct identity *table, const struct postgres_rows *r)
{
	struct numbers sent = numbers_read(postgres_rows_named(r, "numbers"));
	bool whole = shape_letter(r, "relreplident") == 'f';

	t->identity_works = t->identity_works && (whole || sent.count > 0);
	t->filter_works = t->filter_works && ((!whole && sent.count == 0) || filter_passes(t, &sent, whole, table->version));
	t->identity_is_key = t->identity_is_key && table->key.count > 0 &&
			     (whole || (table->told.count > 0 && numbers_within(&table->key, &table->told) && numbers_within(&table->told, &sent)));
}

bool shape_identities(struct postgres_shape *s, struct postgres_client *c, struct error *err)
{
	struct buffer sql = {0};
	struct postgres_rows r;
	struct identity table = {.version = s->target.version};

	buffer_text_add(&sql, "WITH RECURSIVE ");
	shape_with_tables(s, &sql);
	buffer_text_add(&sql, identities_sql);
	bool ok = shape_ask(c, &sql, &r, err);
	while (ok && postgres_rows_next(&r)) {
		struct postgres_table *t = shape_row(s, &r);
		if (!t)
			continue;
		if (shape_is(&r, "self")) {
			table.key = key_numbers(&s->target.model->entities[t - s->tables], t);
			table.told = numbers_read(postgres_rows_named(&r, "numbers"));
			/* Until a partition says otherwise; there may be none yet. */
			t->identity_works = t->identity_is_key = t->filter_works = true;
		}
		if (shape_is(&r, "holds"))
			take_identity(t, &table, &r);
	}
	postgres_rows_done(&r);
	return ok;
}
