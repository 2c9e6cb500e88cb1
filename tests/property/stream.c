#include "config.h"

#include "stream.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/zone.h"
#include "chance.h"
#include "model/model.h"
#include "oracle.h"

enum registered_kind { REGISTERED_NONE, REGISTERED_DATETIME, REGISTERED_INSTANT, REGISTERED_DATE };
enum item_key { ITEM_INTEGER, ITEM_TEXT, ITEM_COMPOSITE };

enum { CUSTOMER, ITEM, STORE };
enum { C_CIF, C_NAME, C_STORE, C_AMOUNT, C_NOTE, C_REGISTERED };
enum { I_NO, I_CIF, I_WHAT };
enum { S_ID, S_TITLE };

#define KEYS   6
#define STORES 3

struct making {
	struct stream *s;
	struct chance chance;
	struct tables now;
	struct stream_transaction *txn;
	enum registered_kind registered;
	enum item_key item_key;
	bool text_cif, wild_clock, no_displaced;
	bool truncates[STREAM_ENTITIES], reloads[STREAM_ENTITIES];
	int64_t clock, last_commit;
};

/* ---- the rows of a bank ---- */

void tables_init(struct tables *t, const struct model *m)
{
	*t = (struct tables){.model = m};
}

void tables_done(struct tables *t)
{
	for (int e = 0; e < STREAM_ENTITIES; e++)
		free(t->rows[e]);
	*t = (struct tables){0};
}

static void tables_copy(struct tables *t, const struct tables *from)
{
	*t = *from;
	for (int e = 0; e < STREAM_ENTITIES; e++) {
		size_t size = (size_t)from->count[e] * sizeof *t->rows[e];

		t->rows[e] = memory_alloc(size + 1);
		if (size)
			memcpy(t->rows[e], from->rows[e], size);
	}
}

static void tables_add(struct tables *t, int entity, const struct value *row)
{
	t->rows[entity] = memory_grow(t->rows[entity], (size_t)(t->count[entity] + 1) * sizeof *t->rows[entity]);
	t->rows[entity][t->count[entity]++] = row;
}

/* By its whole content: while keys are swapped two rows may have one key. */
static int tables_place(const struct tables *t, int entity, const struct value *row)
{
	for (int i = 0; i < t->count[entity]; i++)
		if (oracle_same_row(&t->model->entities[entity], t->rows[entity][i], row))
			return i;
	assert(false); /* a bank changes rows it has */
	return -1;
}

void tables_apply(struct tables *t, const struct change *c)
{
	int at;

	switch (c->op) {
	case CHANGE_INSERT:
		tables_add(t, c->entity, c->after);
		break;
	case CHANGE_UPDATE:
		t->rows[c->entity][tables_place(t, c->entity, c->before)] = c->after;
		break;
	case CHANGE_DELETE:
		at = tables_place(t, c->entity, c->before);
		t->rows[c->entity][at] = t->rows[c->entity][--t->count[c->entity]];
		break;
	default:
		t->count[c->entity] = 0;
	}
}

void tables_commit(struct tables *t, const struct stream_transaction *txn)
{
	for (int i = 0; i < txn->count; i++)
		tables_apply(t, &txn->changes[i]);
	for (int i = 0; i < txn->reloaded_count; i++)
		tables_add(t, txn->changes[0].entity, txn->reloaded[i]);
}

const struct value *tables_find(const struct tables *t, int entity, const char *key)
{
	const struct value *found = NULL;
	struct arena a;

	arena_init(&a);
	for (int i = 0; i < t->count[entity] && !found; i++)
		if (strcmp(oracle_key(&a, &t->model->entities[entity], t->rows[entity][i]), key) == 0)
			found = t->rows[entity][i];
	arena_done(&a);
	return found;
}

/* ---- the model ---- */

static struct model *making_model(struct making *k, bool composite)
{
	static const char *const zones[] = {"UTC", "Europe/Berlin", "Asia/Kathmandu", "Asia/Jakarta",
					    "America/New_York"};
	static const char *const registered[] = {NULL, "datetime", "instant", "date"};
	struct buffer text = {0}, errors = {0};
	struct model *m;

	k->text_cif = chance_percent(&k->chance, 40);
	k->item_key = (enum item_key)chance_below(&k->chance, 3);
	if (composite)
		k->item_key = ITEM_COMPOSITE;
	k->registered = (enum registered_kind)chance_below(&k->chance, 4);
	buffer_format(&text, "[model]\nname = tiny\nzone = %s\n", zones[chance_below(&k->chance, 5)]);
	buffer_format(&text,
		      "[entity customer]\nkind = customer\ntable = customer\nkey = cif\nname = name\nstore = store\n%s",
		      registered[k->registered] ? "registered = registered\n" : "");
	buffer_format(&text, "column.cif = CIF | %s\ncolumn.name = Name | text\ncolumn.store = Store | text\n",
		      k->text_cif ? "text" : "integer");
	buffer_text_add(&text, "column.amount = Amount | decimal(2)\ncolumn.note = Note | text | search\n");
	if (registered[k->registered])
		buffer_format(&text, "column.registered = Registered | %s\n", registered[k->registered]);
	buffer_format(&text, "[entity item]\nkind = detail\ntable = item\nkey = %s\ncif = cif\n",
		      k->item_key == ITEM_COMPOSITE ? "no, cif" : "no");
	buffer_format(&text, "column.no = No | %s\ncolumn.cif = CIF | %s\ncolumn.what = What | text\n",
		      k->item_key == ITEM_TEXT ? "text" : "integer", k->text_cif ? "text" : "integer");
	buffer_text_add(&text, "[entity store]\nkind = store\ntable = store\nkey = id\nname = title\n"
			       "column.id = Store | text\ncolumn.title = Title | text\n");
	buffer_format(&text, "[rollup registrations]\nof = first(customer)\nby = store\n%s",
		      registered[k->registered] ? "at = registered\n" : "");
	m = model_parse(buffer_text(&text), "tiny.model", &errors);
	if (!m) {
		fprintf(stderr, "%s%s", buffer_text(&text), buffer_text(&errors));
		abort();
	}
	buffer_done(&text);
	buffer_done(&errors);
	return m;
}

/* ---- values ---- */

static struct value making_text(const char *s)
{
	return s ? value_text(s, strlen(s)) : value_null();
}

static struct value making_any(struct making *k, const char *const *words, int count)
{
	return making_text(words[chance_below(&k->chance, count)]);
}

/* The same number is the same text or integer wherever it is a key. */
static struct value making_key(bool text, int n)
{
	static const char *const texts[KEYS] = {"A1", "a1", "\303\2512", "7 x", "q\"\\", "Z"};
	static const int integers[KEYS] = {1, 2, 3, 10, 20, 9000};

	return text ? making_text(texts[n]) : value_integer(integers[n]);
}

/* Event times lie about the clock, some days off, on the edges of windows and past them, years away. */
static int64_t making_event(struct making *k)
{
	int64_t at = k->clock, window = 5 * MINUTE;

	switch (chance_below(&k->chance, 8)) {
	case 0:
		return at - chance_below(&k->chance, 90) * MINUTE;
	case 1:
		return at - chance_below(&k->chance, 100) * HOUR;
	case 2:
		return at - at % window;
	case 3:
		return at - at % window - 1;
	case 4:
		return at - at % DAY + chance_below(&k->chance, 3) - 1;
	case 5:
		return chance_percent(&k->chance, 50) ? INT64_C(7400000000000000) : INT64_C(-86400000001);
	default:
		return at - chance_below(&k->chance, 1000000);
	}
}

static struct value making_registered(struct making *k)
{
	struct civil c;
	int64_t at = making_event(k);
	char text[64];
	size_t n;

	if (chance_percent(&k->chance, 15))
		return value_null();
	if (k->registered == REGISTERED_INSTANT)
		return value_integer(at);
	zone_civil(k->s->model->zone, at, &c);
	snprintf(text, sizeof text, "%04d-%02d-%02d", c.year, c.month, c.day);
	n = strlen(text);
	if (k->registered == REGISTERED_DATETIME) {
		n += (size_t)snprintf(text + n, sizeof text - n, " %02d:%02d:%02d", c.hour, c.minute, c.second);
		if (c.micro) {
			n += (size_t)snprintf(text + n, sizeof text - n, ".%06d", c.micro);
			while (text[n - 1] == '0')
				n--;
		}
	}
	return value_text(arena_copy(&k->s->arena, text, n), n);
}

static struct value making_cell(struct making *k, int entity, int column)
{
	static const char *const names[] = {"Ann Lee", "ann  lee", "\xc3\x85sa", "", NULL, "Bo"};
	static const char *const stores[] = {"S1", "S2", "s1", NULL};
	static const char *const amounts[] = {"1.00", "-0.10", "12345678901234567890.12", "n/a", NULL, "0.00"};
	static const char *const notes[] = {"x", "X", "x ", "", NULL, "1", "\xff"};
	static const char *const whats[] = {"card", "loan", "", NULL};

	if (entity == ITEM)
		return column == I_CIF ? making_key(k->text_cif, chance_below(&k->chance, KEYS))
				       : making_any(k, whats, 4);
	if (entity == STORE)
		return making_any(k, names, 6);
	switch (column) {
	case C_NAME:
		return making_any(k, names, 6);
	case C_STORE:
		return making_any(k, stores, 4);
	case C_AMOUNT:
		return making_any(k, amounts, 6);
	case C_NOTE:
		return making_any(k, notes, 7);
	default:
		return making_registered(k);
	}
}

static void making_new_key(struct making *k, int entity, struct value *row)
{
	static const char *const stores[STORES] = {"S1", "S2", "s1"};

	if (entity == CUSTOMER)
		row[C_CIF] = making_key(k->text_cif, chance_below(&k->chance, KEYS));
	else if (entity == STORE)
		row[S_ID] = making_any(k, stores, STORES);
	else
		row[I_NO] = making_key(k->item_key == ITEM_TEXT, chance_below(&k->chance, KEYS));
	/* With cascades children are many: their copy takes its time. */
	if (entity == ITEM && k->item_key == ITEM_INTEGER && k->s->cascades.count)
		row[I_NO] = value_integer(chance_below(&k->chance, 6 * KEYS));
	if (entity == ITEM && k->item_key == ITEM_COMPOSITE) {
		row[I_NO] = value_integer(chance_below(&k->chance, k->s->cascades.count ? 6 : 3));
		row[I_CIF] = making_key(k->text_cif, chance_below(&k->chance, KEYS));
	}
}

static bool making_is_key(const struct entity *e, int column)
{
	return e->columns[column].key >= 0;
}

static struct value *making_row(struct making *k, int entity)
{
	const struct entity *e = &k->s->model->entities[entity];
	struct value *row = arena_zero(&k->s->arena, (size_t)e->column_count, sizeof *row);

	for (int i = 0; i < e->column_count; i++)
		if (!making_is_key(e, i))
			row[i] = making_cell(k, entity, i);
	making_new_key(k, entity, row);
	return row;
}

/* ---- foreign keys ---- */

static enum cascade_action making_action(struct making *k, bool may_be_null)
{
	return (enum cascade_action)chance_below(&k->chance, may_be_null ? 3 : 2);
}

/* Items belong to a customer, customers to a store, or one of the two. */
static void making_rules(struct making *k, enum stream_cascades kind)
{
	static const int columns[] = {C_CIF, I_CIF, S_ID, C_STORE};
	struct cascade *rules = arena_zero(&k->s->arena, 2, sizeof *rules);
	bool null = k->item_key != ITEM_COMPOSITE;
	struct cascade items = {
		CUSTOMER, ITEM, 1, &columns[0], &columns[1], making_action(k, null), making_action(k, null)};
	struct cascade customers = {
		STORE, CUSTOMER, 1, &columns[2], &columns[3], making_action(k, true), making_action(k, true)};
	int which = kind == CASCADES_OF_KEYS     ? 1
		    : kind == CASCADES_IN_CHAINS ? 3
						 : 1 + chance_below(&k->chance, 3),
	    n = 0;

	if (kind == CASCADES_OF_KEYS)
		items.on_update = CASCADE_FOLLOW;
	if (kind == CASCADES_IN_CHAINS)
		items.on_delete = customers.on_delete = CASCADE_FOLLOW;
	if (which & 1)
		rules[n++] = items;
	if (which & 2)
		rules[n++] = customers;
	k->s->cascades = (struct cascades){rules, n};
}

bool stream_strikes(const struct cascade *r, const struct change *c)
{
	int column = r->parent_columns[0];

	if (!c->cascades || r->parent != c->entity || (c->after ? r->on_update : r->on_delete) == CASCADE_NONE)
		return false;
	return c->before[column].kind != VALUE_NULL && !(c->after && oracle_same(c->before[column], c->after[column]));
}

static void making_note(struct making *k, struct change c, bool hidden)
{
	struct stream_transaction *t = k->txn;
	struct change *grown = arena_zero(&k->s->arena, (size_t)t->count + 1, sizeof *grown);
	bool *marks = arena_zero(&k->s->arena, (size_t)t->count + 1, sizeof *marks);

	if (t->count) {
		memcpy(grown, t->changes, (size_t)t->count * sizeof *grown);
		memcpy(marks, t->hidden, (size_t)t->count * sizeof *marks);
	}
	marks[t->count] = hidden;
	grown[t->count++] = c;
	t->changes = grown;
	t->hidden = marks;
	tables_apply(&k->now, &c);
}

static bool making_lives(struct making *k, int entity, const struct value *row)
{
	return tables_find(&k->now, entity, oracle_key(&k->s->arena, &k->s->model->entities[entity], row)) != NULL;
}

static const struct value *making_child(struct making *k, const struct cascade *r, const struct value *parent)
{
	for (int i = 0; i < k->now.count[r->child]; i++) {
		const struct value *row = k->now.rows[r->child][i];

		if (oracle_same(row[r->child_columns[0]], parent[r->parent_columns[0]]))
			return row;
	}
	return NULL;
}

/* Of one column each. False: the server would not allow it, a child's new key is another's. */
static bool making_cascade(struct making *k, const struct change *c)
{
	for (int n = 0; n < k->s->cascades.count; n++) {
		const struct cascade *r = &k->s->cascades.list[n];
		enum cascade_action action = c->after ? r->on_update : r->on_delete;
		const struct value *child;

		if (!stream_strikes(r, c))
			continue;
		while ((child = making_child(k, r, c->before))) {
			struct change own = {
				.op = CHANGE_DELETE, .entity = r->child, .before = child, .cascades = true};
			struct value *after;

			if (c->after || action == CASCADE_SET_NULL) {
				after = arena_copy(&k->s->arena, child,
						   (size_t)k->s->model->entities[r->child].column_count *
							   sizeof *after);
				after[r->child_columns[0]] =
					action == CASCADE_SET_NULL ? value_null() : c->after[r->parent_columns[0]];
				own.op = CHANGE_UPDATE;
				own.after = after;
				if (making_is_key(&k->s->model->entities[r->child], r->child_columns[0]) &&
				    making_lives(k, r->child, after))
					return false;
			}
			making_note(k, own, true);
			if (!making_cascade(k, &own))
				return false;
		}
	}
	return true;
}

/* ---- changes ---- */

static void making_change(struct making *k, struct change c)
{
	int count = k->txn->count;
	struct tables before;

	c.cascades = k->s->cascades.count && c.before && chance_percent(&k->chance, 85);
	if (!c.cascades) {
		making_note(k, c, false);
		return;
	}
	tables_copy(&before, &k->now);
	making_note(k, c, false);
	if (making_cascade(k, &c)) {
		tables_done(&before);
		return;
	}
	/* With checks off it can be done. */
	tables_done(&k->now);
	k->now = before;
	k->txn->count = count;
	c.cascades = false;
	making_note(k, c, false);
}

static void making_insert(struct making *k, int entity)
{
	struct value *row = making_row(k, entity);

	if (!making_lives(k, entity, row))
		making_change(k, (struct change){.op = CHANGE_INSERT, .entity = entity, .after = row});
}

static const struct value *making_pick(struct making *k, int entity)
{
	return k->now.count[entity] ? k->now.rows[entity][chance_below(&k->chance, k->now.count[entity])] : NULL;
}

static struct value *making_image(struct making *k, int entity, const struct value *row)
{
	const struct entity *e = &k->s->model->entities[entity];

	return arena_copy(&k->s->arena, row, (size_t)e->column_count * sizeof *row);
}

/* One column, or two, or by chance none at all; with `key`, the key too. */
static void making_update(struct making *k, int entity, bool key)
{
	const struct entity *e = &k->s->model->entities[entity];
	const struct value *old = making_pick(k, entity);
	struct value *row;

	if (!old)
		return;
	row = making_image(k, entity, old);
	for (int n = chance_below(&k->chance, 3); n > 0; n--) {
		int column = chance_below(&k->chance, e->column_count);

		if (!making_is_key(e, column))
			row[column] = making_cell(k, entity, column);
	}
	if (key) {
		making_new_key(k, entity, row);
		if (making_lives(k, entity, row))
			return;
	}
	making_change(k, (struct change){.op = CHANGE_UPDATE, .entity = entity, .before = old, .after = row});
}

static void making_delete(struct making *k, int entity)
{
	const struct value *old = making_pick(k, entity);

	if (old)
		making_change(k, (struct change){.op = CHANGE_DELETE, .entity = entity, .before = old});
}

/* What REPLACE does: the old row goes, another with its key comes. */
static void making_replace(struct making *k, int entity)
{
	const struct entity *e = &k->s->model->entities[entity];
	const struct value *old = making_pick(k, entity);
	struct value *row;

	if (!old)
		return;
	row = making_row(k, entity);
	for (int i = 0; i < e->key_count; i++)
		row[e->key[i]] = old[e->key[i]];
	making_change(k, (struct change){.op = CHANGE_DELETE, .entity = entity, .before = old});
	making_change(k, (struct change){.op = CHANGE_INSERT, .entity = entity, .after = row});
}

/* Two or three rows take each other's keys, one after the other; or the first takes the key of a second, which is
 * deleted. Rows that differ in nothing but their keys do not: once moved they could not be told apart. */
static void making_rotate(struct making *k, int entity)
{
	const struct entity *e = &k->s->model->entities[entity];
	const struct value *old[3];
	struct value *rows[3];
	int count = 2 + chance_below(&k->chance, 2), first;
	bool drop = chance_percent(&k->chance, 25);

	if (k->now.count[entity] < count)
		return;
	first = chance_below(&k->chance, k->now.count[entity]);
	for (int i = 0; i < count; i++)
		old[i] = k->now.rows[entity][(first + i) % k->now.count[entity]];
	for (int i = 0; i < count; i++) {
		const struct value *next = old[(i + 1) % count];

		rows[i] = making_image(k, entity, old[i]);
		for (int c = 0; c < e->key_count; c++)
			rows[i][e->key[c]] = next[e->key[c]];
		if (chance_percent(&k->chance, 20) && !making_is_key(e, e->column_count - 1))
			rows[i][e->column_count - 1] = making_cell(k, entity, e->column_count - 1);
		if (oracle_same_row(e, rows[i], next))
			return;
	}
	for (int i = 0; i < count; i++) {
		if (drop && i == count - 1)
			making_change(k, (struct change){.op = CHANGE_DELETE, .entity = entity, .before = old[i]});
		else
			making_change(
				k, (struct change){
					   .op = CHANGE_UPDATE, .entity = entity, .before = old[i], .after = rows[i]});
	}
}

/* A row goes, and another takes its key, all at once. */
static void making_take_over(struct making *k, int entity)
{
	const struct entity *e = &k->s->model->entities[entity];
	const struct value *gone = making_pick(k, entity), *old;
	struct value *row;

	if (k->now.count[entity] < 2)
		return;
	making_change(k, (struct change){.op = CHANGE_DELETE, .entity = entity, .before = gone});
	old = making_pick(k, entity);
	row = making_image(k, entity, old);
	for (int c = 0; c < e->key_count; c++)
		row[e->key[c]] = gone[e->key[c]];
	making_change(k, (struct change){.op = CHANGE_UPDATE, .entity = entity, .before = old, .after = row});
}

static const struct value *making_parent(struct making *k, const struct cascade *r, const struct value *child)
{
	for (int i = 0; i < k->now.count[r->parent]; i++)
		if (oracle_same(k->now.rows[r->parent][i][r->parent_columns[0]], child[r->child_columns[0]]))
			return k->now.rows[r->parent][i];
	return NULL;
}

/* A row that has children goes, or changes its key. */
static void making_strike(struct making *k)
{
	const struct cascade *r = &k->s->cascades.list[chance_below(&k->chance, k->s->cascades.count)];
	const struct value *child = making_pick(k, r->child), *parent = child ? making_parent(k, r, child) : NULL;
	struct value *row;

	if (!parent)
		return;
	if (chance_percent(&k->chance, 50)) {
		making_change(k, (struct change){.op = CHANGE_DELETE, .entity = r->parent, .before = parent});
		return;
	}
	row = making_image(k, r->parent, parent);
	making_new_key(k, r->parent, row);
	if (!making_lives(k, r->parent, row))
		making_change(
			k, (struct change){.op = CHANGE_UPDATE, .entity = r->parent, .before = parent, .after = row});
}

static int making_entity(struct making *k)
{
	int n = chance_below(&k->chance, 10);

	return n < (k->s->cascades.count ? 3 : 6) ? CUSTOMER : n < 9 ? ITEM : STORE;
}

static void making_some_change(struct making *k)
{
	int entity = making_entity(k), what = chance_below(&k->chance, 100);

	if (k->s->cascades.count && chance_percent(&k->chance, 25))
		making_strike(k);
	else if (what < (k->s->cascades.count ? 45 : 30))
		making_insert(k, entity);
	else if (what < 56)
		making_update(k, entity, false);
	else if (what < 66)
		making_delete(k, entity);
	else if (what < 76)
		making_update(k, entity, true);
	else if (what < 82)
		making_take_over(k, entity);
	else if (what < 91 && !k->no_displaced)
		making_rotate(k, entity);
	else
		making_replace(k, entity);
}

static void making_truncate(struct making *k)
{
	int entity = making_entity(k);

	if (k->truncates[entity])
		making_change(k, (struct change){.op = CHANGE_TRUNCATE, .entity = entity});
}

/* A table swapped in: some rows as they were, some not, some new. */
static void making_reload(struct making *k)
{
	int entity = making_entity(k), count = 0;
	const struct entity *e = &k->s->model->entities[entity];
	const struct value **rows = arena_zero(&k->s->arena, KEYS * KEYS, sizeof *rows);

	if (!k->reloads[entity] || k->txn->count)
		return;
	for (int i = 0; i < k->now.count[entity]; i++) {
		struct value *row = making_image(k, entity, k->now.rows[entity][i]);

		if (chance_percent(&k->chance, 40))
			for (int c = 0; c < e->column_count; c++)
				if (!making_is_key(e, c))
					row[c] = making_cell(k, entity, c);
		if (chance_percent(&k->chance, 75))
			rows[count++] = row;
	}
	for (int i = 0; i < 2; i++) {
		struct value *row = making_row(k, entity);

		if (!making_lives(k, entity, row) &&
		    (i == 0 || !count ||
		     strcmp(oracle_key(&k->s->arena, e, rows[count - 1]), oracle_key(&k->s->arena, e, row)) != 0))
			rows[count++] = row;
	}
	making_change(k, (struct change){.op = CHANGE_RELOAD, .entity = entity});
	k->txn->reloaded = rows;
	k->txn->reloaded_count = count;
	for (int i = 0; i < count; i++)
		tables_add(&k->now, entity, rows[i]);
	k->reloads[entity] = false;
}

/* ---- transactions ---- */

static int64_t making_commit_time(struct making *k)
{
	switch (chance_below(&k->chance, k->wild_clock ? 20 : 10)) {
	case 0:
	case 1:
		return k->last_commit;
	case 2:
		return k->last_commit - chance_below(&k->chance, 2000000);
	case 3:
		return k->clock + 4 * MINUTE;
	case 10:
		return k->clock + 5 * MINUTE;
	case 11:
		return k->clock + 5 * MINUTE + 1;
	case 12:
		return k->clock + 30 * DAY;
	case 13:
		return k->clock - 10 * MINUTE;
	case 14:
		return k->clock - 400 * DAY;
	default:
		return k->clock - chance_below(&k->chance, 30000);
	}
}

static void making_transaction(struct making *k, struct stream_transaction *t, const struct stream_params *p)
{
	int changes = chance_percent(&k->chance, 50) ? 1 : 1 + chance_below(&k->chance, 4);

	if (p->cascades)
		changes++;
	k->txn = t;
	k->clock += p->wild_clock ? (1 + chance_below(&k->chance, 40000)) * INT64_C(1000)
				  : 20000 + chance_below(&k->chance, 80000);
	t->clock = k->clock;
	t->commit_time =
		k->wild_clock ? making_commit_time(k) : k->clock - chance_below(&k->chance, 3) * INT64_C(10000);
	k->last_commit = t->commit_time;
	if (chance_percent(&k->chance, p->reloads))
		making_reload(k);
	else if (chance_percent(&k->chance, p->truncates))
		making_truncate(k);
	for (int i = 0; i < changes && !t->reloaded; i++)
		making_some_change(k);
}

void stream_init(struct stream *s, const struct stream_params *p)
{
	struct making k = {.s = s,
			   .chance = {p->seed * 0x2545f4914f6cdd1du},
			   .wild_clock = p->wild_clock,
			   .no_displaced = p->no_displaced || p->cascades};

	*s = (struct stream){0};
	arena_init(&s->arena);
	s->model = making_model(&k, p->cascades == CASCADES_OF_KEYS);
	if (p->cascades)
		making_rules(&k, p->cascades);
	s->transactions = arena_zero(&s->arena, (size_t)p->transactions, sizeof *s->transactions);
	for (int e = 0; e < STREAM_ENTITIES; e++) {
		k.reloads[e] = p->reloads && chance_percent(&k.chance, 50);
		k.truncates[e] = !k.reloads[e] && !(p->spare_customers && e == CUSTOMER);
	}
	/* The night Europe's clocks change, so that days and hours are of odd length. */
	k.clock = k.last_commit = INT64_C(1711828800000000) + chance_below(&k.chance, 86400) * SECOND / 4;
	tables_init(&k.now, s->model);
	while (s->count < p->transactions) {
		making_transaction(&k, &s->transactions[s->count], p);
		if (s->transactions[s->count].count)
			s->count++;
	}
	tables_done(&k.now);
}

void stream_done(struct stream *s)
{
	model_free(s->model);
	arena_done(&s->arena);
	*s = (struct stream){0};
}

/* ---- in words ---- */

void stream_tell_row(struct buffer *out, const struct model *m, int entity, const struct value *row)
{
	const struct entity *e = &m->entities[entity];

	for (int i = 0; i < e->column_count; i++) {
		buffer_text_add(out, i ? ", " : "(");
		if (row[i].kind == VALUE_UNKNOWN)
			buffer_char(out, '?');
		else if (row[i].kind == VALUE_NULL)
			buffer_text_add(out, "null");
		else if (row[i].kind == VALUE_INTEGER)
			buffer_format(out, "%" PRId64, row[i].integer);
		else
			buffer_format(out, "'%.*s'", (int)row[i].len, row[i].text);
	}
	buffer_char(out, ')');
}

void stream_tell(struct buffer *out, const struct model *m, const struct change *c)
{
	static const char *const words[] = {"insert", "update", "delete", "merge", "truncate", "reload", "reject"};

	buffer_format(out, "%s %s", words[c->op], m->entities[c->entity].name);
	if (c->before) {
		buffer_char(out, ' ');
		stream_tell_row(out, m, c->entity, c->before);
	}
	if (c->after) {
		buffer_text_add(out, " -> ");
		stream_tell_row(out, m, c->entity, c->after);
	}
}
