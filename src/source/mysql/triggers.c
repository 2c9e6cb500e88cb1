/* Looks at the change table as source transactions. */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "model/model.h"
#include "source/mysql/private.h"
#include "source/mysql/triggers.h"

#define FIRST_BATCH 20

/* ---- opening ---- */

struct mysql_triggers *triggers_new(const struct model *model)
{
	struct mysql_triggers *t = memory_zero(1, sizeof *t);
	int most = 1;

	for (int i = 0; i < model->entity_count; i++)
		most = model->entities[i].column_count > most ? model->entities[i].column_count : most;
	t->cells = memory_zero((size_t)most, sizeof *t->cells);
	t->high_at = t->clock = t->floor = t->group_floor = TIME_NONE;
	t->made_for = t->verified = -1;
	t->gap_age = GAP_AGE;
	t->batch_size = FIRST_BATCH;
	arena_init(&t->shapes);
	arena_init(&t->change);
	return t;
}

void triggers_free(struct mysql_triggers *t)
{
	if (!t)
		return;
	mysql_rows_done(&t->batch);
	seen_done(&t->seen);
	seen_done(&t->known);
	arena_done(&t->shapes);
	arena_done(&t->change);
	buffer_done(&t->position);
	free(t->items);
	free(t->gaps);
	free(t->cells);
	free(t);
}

/* A snapshot is one only at REPEATABLE READ. A lock that cannot be had at once is not waited for. */
bool triggers_session(struct mysql *m, struct error *err)
{
	return mysql_client_runf(m->control, err, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ") &&
	       mysql_client_runf(m->control, err, "SET SESSION innodb_lock_wait_timeout = 1");
}

bool triggers_serving(const struct mysql *m)
{
	return m->triggers && (m->triggers->open || m->triggers->next < m->triggers->count);
}

const struct capture_set *triggers_set(struct mysql *m)
{
	struct mysql_triggers *t = m->triggers;

	if (t->made_for == m->shape_at)
		return &t->set;
	arena_reset(&t->shapes);
	capture_set_make(&t->shapes, &m->shape, &t->set);
	t->made_for = m->shape_at;
	return &t->set;
}

/* ---- the script ---- */

/* "name@host" as the server has it, quoted. NULL: it does not say. */
static char *script_account(struct mysql *m, struct error *err)
{
	char *user = mysql_client_cell(m->control, "SELECT CURRENT_USER()", err);
	char *at = user ? strrchr(user, '@') : NULL;
	struct buffer out = {0};

	if (at) {
		mysql_literal(m->control, &out, user, (size_t)(at - user));
		buffer_char(&out, '@');
		mysql_literal(m->control, &out, at + 1, strlen(at + 1));
	}
	free(user);
	return at ? buffer_take(&out) : NULL;
}

static bool script_possible(struct mysql *m, struct error *err)
{
	const struct model *model = m->base.model;
	struct buffer missing = {0};

	for (int i = 0; i < model->entity_count; i++) {
		const struct entity *e = &model->entities[i];
		const struct mysql_table *t = &m->shape.tables[i];
		if ((!t->base.name && !e->optional) || t->base.view)
			buffer_format(&missing, "%s%s", missing.len ? ", " : "", e->table);
		for (int c = 0; t->base.name && c < e->column_count; c++)
			if (t->base.place[c] < 0 && (!e->columns[c].optional || e->columns[c].key >= 0))
				buffer_format(&missing, "%s%s.%s", missing.len ? ", " : "", e->table, e->columns[c].name);
	}
	bool ok = !missing.len;
	if (!ok) {
		error_set(err, ERROR_REFUSED, "could not write triggers for database %s: it lacks %.600s, or they may not be seen", m->url.database,
			  buffer_text(&missing));
		error_hint(err, "tellerdesk check-source tells all that is missing");
	}
	buffer_done(&missing);
	return ok;
}

bool triggers_script(struct mysql *m, struct buffer *out, struct error *err)
{
	struct capture_site site = {.database = m->url.database, .model = m->base.model->name, .mariadb = m->target.mariadb};
	struct capture_set set;
	struct arena arena;
	char *account;

	if (!script_possible(m, err))
		return false;
	arena_init(&arena);
	capture_set_make(&arena, &m->shape, &set);
	site.account = account = script_account(m, err);
	if (account)
		capture_script(out, &site, &set);
	free(account);
	arena_done(&arena);
	return account != NULL;
}

/* ---- starting ---- */

static bool start_bad(struct mysql *m, const char *position, struct error *err)
{
	struct mysql_position p;

	/* The replica followed the log: where it stood among the changes is not known. */
	if (mysql_position_parse(position, &p)) {
		error_set(err, ERROR_PURGED, "could not follow table %s of server %s: until now its log was followed", CAPTURE_TABLE,
			  mysql_client_name(m->control));
		return error_hint(err, "which changes are new is not known; the tables are read anew: tellerdesk resync");
	}
	error_set(err, ERROR_USAGE, "could not follow server %s from \"%.200s\": not a position", mysql_client_name(m->control), position);
	return error_hint(err, "a position is as tellerdesk status shows it");
}

bool triggers_start(struct source *s, const char *position, struct error *err)
{
	struct mysql *m = (struct mysql *)s;
	struct mysql_triggers *t = m->triggers;

	if (!mysql_require(m, err))
		return false;
	if (!position) {
		buffer_clear(&m->newest);
		if (!triggers_visible(m, &m->newest, err))
			return false;
		position = buffer_text(&m->newest);
	}
	if (!seen_parse(position, &t->seen, &t->high_at))
		return start_bad(m, position, err);
	t->owed = t->catching_up = true;
	t->told = clock_mono();
	t->started = triggers_goes_on(m, err);
	return t->started;
}

/* ---- images ---- */

/* False: what the trigger could not tell whole. */
static bool image_row(struct mysql *m, int entity, const char *text, size_t n, struct value *row)
{
	struct mysql_triggers *t = m->triggers;
	const struct model *model = m->base.model;
	const struct entity *e = &model->entities[entity];
	const struct mysql_table *table = &m->shape.tables[entity];
	const struct capture_table *c = &triggers_set(m)->tables[entity];
	size_t len;

	/* A column the bank lacks is NULL, as in a copy. */
	for (int i = 0; i < e->column_count; i++)
		row[i] = value_null();
	if (!text || !capture_image(c, text, n, t->cells))
		return false;
	for (int i = 0; i < c->count; i++) {
		int at = c->columns[i].column;
		const struct mysql_column *column = &table->columns[table->base.place[at]];
		if (t->cells[i].null)
			continue;
		if (!capture_text(c->columns[i].code, column, &t->cells[i], &t->change, &text, &len))
			return false;
		row[at] = cell_text_value(&column->cell, &e->columns[at], model->zone, text, len, &t->change);
	}
	return true;
}

static bool op_of(char letter, enum change_op *op)
{
	switch (tolower((unsigned char)letter)) {
	case 'i':
		*op = CHANGE_INSERT;
		return true;
	case 'u':
		*op = CHANGE_UPDATE;
		return true;
	case 'd':
		*op = CHANGE_DELETE;
		return true;
	default:
		return false;
	}
}

static bool change_foreign(struct mysql *m, const char *table, struct error *err)
{
	error_set(err, ERROR_PURGED, "could not follow server %s: the triggers of %s noted other columns than the model has", mysql_client_name(m->control), table);
	return error_hint(err, "tellerdesk capture-sql | mariadb %s; then tellerdesk resync", m->url.database);
}

/* The row at hand of the batch. False: err. */
static bool change_of(struct mysql *m, int entity, struct change *c, struct error *err)
{
	struct mysql_triggers *t = m->triggers;
	const struct mysql_rows *r = &t->batch;
	size_t size = sizeof(struct value) * (size_t)m->base.model->entities[entity].column_count;
	const char *shape = r->cells[2], *letter = r->cells[3];
	enum change_op op;

	if (letter && *letter == 'r') {
		*c = (struct change){.op = CHANGE_RELOAD, .entity = entity};
		return true;
	}
	if (!shape || strcmp(shape, triggers_set(m)->tables[entity].shape) != 0 || !letter || !op_of(*letter, &op))
		return change_foreign(m, r->cells[1], err);
	struct value *before = arena_alloc(&t->change, size), *after = arena_alloc(&t->change, size);
	bool whole = (op == CHANGE_INSERT || image_row(m, entity, r->cells[4], r->lens[4], before)) &&
		     (op == CHANGE_DELETE || image_row(m, entity, r->cells[5], r->lens[5], after));
	if (!whole) {
		*c = (struct change){.op = CHANGE_RELOAD, .entity = entity};
		return true;
	}
	*c = (struct change){
		.op = op,
		.entity = entity,
		.before = op == CHANGE_INSERT ? NULL : before,
		.after = op == CHANGE_DELETE ? NULL : after,
		/* A capital: the session had foreign keys unchecked. */
		.cascades = op != CHANGE_INSERT && m->shape.cascades.count > 0 && islower((unsigned char)*letter),
	};
	return true;
}

/* ---- serving ---- */

static const char *position_now(struct mysql_triggers *t)
{
	buffer_clear(&t->position);
	seen_print(&t->seen, t->high_at, &t->position);
	return buffer_text(&t->position);
}

/* The commit was after its last change, and after each look that did not see it. */
static int64_t group_time(const struct mysql_triggers *t)
{
	int64_t at = t->group_floor == TIME_NONE ? 0 : t->group_floor;
	int i = t->next;

	for (; i < t->count; i++) {
		at = t->items[i].at > at ? t->items[i].at : at;
		if (t->items[i].last)
			break;
	}
	return i == t->count && t->newest_at > at ? t->newest_at : at;
}

static void serve_past(struct mysql_triggers *t)
{
	const struct trigger_item *item = &t->items[t->next++];

	if (item->id > seen_high(&t->seen))
		t->high_at = item->at ? item->at : TIME_NONE;
	seen_add(&t->seen, item->id, item->id);
	t->moved = true;
	t->ended = item->last;
}

/* The rows of the batch are in the items' order. */
static bool serve_row(struct mysql *m, struct error *err)
{
	struct mysql_triggers *t = m->triggers;

	if (t->next == t->batch_end && !triggers_fetch(m, err))
		return false;
	return mysql_rows_next(&t->batch);
}

/* A change that is ready but waits for its BEGIN keeps its row. */
static enum source_result serve(struct mysql *m, struct source_event *event, struct error *err)
{
	struct mysql_triggers *t = m->triggers;

	for (;;) {
		if (t->ended) {
			t->ended = false;
			if (t->open) {
				t->open = t->moved = false;
				event->position = position_now(t);
				return SOURCE_COMMIT;
			}
		}
		if (t->next == t->count)
			return SOURCE_WAIT;
		if (!t->held && !serve_row(m, err))
			return SOURCE_ERROR;
		const char *table = t->batch.cells[1];
		int entity = table ? shape_entity(&m->shape, m->url.database, table) : -1;
		t->held = entity >= 0 && !t->open;
		if (t->held) {
			t->open = true;
			event->commit_time = group_time(t);
			return SOURCE_BEGIN;
		}
		if (entity >= 0) {
			arena_reset(&t->change);
			if (!change_of(m, entity, &event->change, err))
				return SOURCE_ERROR;
			event->bytes = (int64_t)(t->batch.lens[4] + t->batch.lens[5]);
		}
		serve_past(t);
		if (entity >= 0)
			return SOURCE_CHANGE;
	}
}

/* ---- following ---- */

static bool idle_due(const struct mysql_triggers *t, int64_t now)
{
	return t->clock != TIME_NONE && !t->open && ((t->owed && !t->count) || now - t->told >= SECOND);
}

static enum source_result idle(struct mysql_triggers *t, struct source_event *event, int64_t now)
{
	event->complete_to = t->clock;
	event->position = t->moved ? position_now(t) : NULL;
	t->moved = t->owed = false;
	t->clock = TIME_NONE;
	t->told = now;
	return SOURCE_IDLE;
}

/* Milliseconds' worth of microseconds: short while there is something to see. */
static int64_t pause_after_look(const struct mysql_triggers *t)
{
	if (t->gap_count >= GAPS_MANY)
		return SECOND;
	if (t->more)
		return 0;
	return t->quiet < 25 ? SECOND / 50 : SECOND / 10;
}

/* True: the stop descriptor is readable. */
static bool rest(const struct mysql *m, int64_t until, int64_t now)
{
	return source_stopped(&m->base, (int)((until - now + 999) / 1000));
}

/* Something long goes on with the next look; where nothing of it is left it was over. */
static bool look_again(struct mysql *m, struct error *err)
{
	struct mysql_triggers *t = m->triggers;

	if (!triggers_look(m, err))
		return false;
	if (t->open && !t->count && !t->more)
		t->ended = true;
	t->quiet = t->count ? 0 : t->quiet + 1;
	t->owed = t->owed || t->count;
	t->look_at = clock_mono() + pause_after_look(t);
	return true;
}

enum source_result triggers_next(struct source *s, int timeout_ms, struct source_event *event, struct error *err)
{
	struct mysql *m = (struct mysql *)s;
	struct mysql_triggers *t = m->triggers;
	int64_t deadline = 0;

	*event = (struct source_event){.commit_time = TIME_NONE, .complete_to = TIME_NONE};
	for (;;) {
		enum source_result result = serve(m, event, err);
		if (result != SOURCE_WAIT)
			return result;
		int64_t now = clock_mono();
		if (!deadline)
			deadline = now + (int64_t)timeout_ms * 1000;
		if (idle_due(t, now))
			return idle(t, event, now);
		if (source_stopped(&m->base, 0))
			return SOURCE_WAIT;
		if (now >= t->look_at) {
			if (!look_again(m, err))
				return SOURCE_ERROR;
			continue;
		}
		if (now >= deadline || rest(m, t->look_at < deadline ? t->look_at : deadline, now))
			return SOURCE_WAIT;
	}
}

/* Others read the same table: what was read stays there. */
void triggers_durable(struct source *s, const char *position)
{
	(void)s;
	(void)position;
}

bool triggers_newest(struct source *s, const char **position, struct error *err)
{
	struct mysql *m = (struct mysql *)s;

	buffer_clear(&m->newest);
	if (!triggers_visible(m, &m->newest, err))
		return false;
	*position = buffer_text(&m->newest);
	return true;
}
