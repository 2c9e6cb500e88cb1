#include "config.h"

#include "command/command.h"

#include <stdio.h>

#include "answer/csv.h"
#include "answer/json.h"
#include "answer/text.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/language.h"
#include "base/settings.h"
#include "command/ask.h"
#include "model/model.h"
#include "replica/query.h"

/* Text is aligned by this many rows at a time: a table may be larger than memory. */
#define EXPORT_PAGE 500

struct export_field {
	const char *name;
	const struct column *column;
	int value; /* index in the row's values */
};

struct export
{
	const struct ask *ask;
	const char *name; /* of the entity or the flat view */
	int entity;       /* -1: the flat view */
	struct export_field *fields;
	int field_count;
	struct arena arena;
	struct answer_csv csv;
	struct sheet sheet;
};

/* A count beside the columns of a flat view. */
static const struct column export_count = {.name = "count", .title = "count", .type = COLUMN_INTEGER, .key = -1};

static void export_field_add(struct export *x, const char *name, const struct column *column, int value)
{
	x->fields[x->field_count++] = (struct export_field){.name = name, .column = column, .value = value};
}

/* Columns the bank lacks are left out; columns a person need not see, of text only. */
static void export_fields(struct export *x)
{
	const struct model *m = x->ask->model;
	bool text = x->ask->format == ASK_TEXT;
	const struct flat_column *flat = NULL;
	int count = x->entity < 0 ? query_flat_columns(x->ask->query, &flat) : m->entities[x->entity].column_count;
	arena_init(&x->arena);
	x->fields = arena_zero(&x->arena, (size_t)count + 1, sizeof *x->fields);
	for (int i = 0; i < count; i++) {
		int entity = flat ? flat[i].entity : x->entity, column = flat ? flat[i].column : i;
		if (column < 0) {
			export_field_add(x, flat[i].name, &export_count, i);
			continue;
		}
		const struct column *c = &m->entities[entity].columns[column];
		if (query_column_present(x->ask->query, entity, column) && !(text && c->hidden))
			export_field_add(x, flat ? flat[i].name : c->name, c, i);
	}
}

static void export_begin(struct export *x)
{
	export_fields(x);
	if (x->ask->format == ASK_CSV) {
		answer_csv_begin(&x->csv, stdout, &(struct answer_form){.guard = x->ask->guard}, NULL);
		for (int i = 0; i < x->field_count; i++)
			answer_csv_word(&x->csv, x->fields[i].name);
		answer_csv_head(&x->csv);
	} else if (x->ask->format == ASK_TEXT) {
		sheet_init(&x->sheet, x->ask->ascii);
		for (int i = 0; i < x->field_count; i++)
			sheet_column(&x->sheet, x->fields[i].name, SHEET_LEFT);
	}
}

static void export_end(struct export *x)
{
	if (x->ask->format == ASK_CSV)
		answer_csv_done(&x->csv);
	if (x->ask->format == ASK_TEXT) {
		if (x->sheet.column_count)
			sheet_print(&x->sheet, stdout, 0);
		sheet_done(&x->sheet);
	}
	arena_done(&x->arena);
}

static void export_json_row(const struct export *x, const struct export_row *row)
{
	const struct model *m = x->ask->model;
	const struct entity *e = &m->entities[x->entity < 0 ? m->customer : x->entity];
	json_t *values = json_object(), *o = json_object();
	for (int i = 0; i < x->field_count; i++) {
		const struct export_field *f = &x->fields[i];
		if (row->values[f->value].kind != VALUE_UNKNOWN)
			json_object_set_new(values, f->name,
					    answer_json_value(f->column, row->values[f->value], ANSWER_JSON_READABLE));
	}
	json_object_set_new(o, "entity", answer_json_string(x->name));
	json_object_set_new(o, "key", answer_json_key(e, row->key, ANSWER_JSON_READABLE));
	json_object_set_new(o, "values", values);
	answer_json_line(stdout, o);
}

static void export_text_row(struct export *x, const struct export_row *row)
{
	struct buffer b = {0};
	for (int i = 0; i < x->sheet.column_count; i++) {
		buffer_clear(&b);
		answer_text_value(&b, x->fields[i].column, row->values[x->fields[i].value], x->ask->zone,
				  x->ask->ascii);
		sheet_bytes(&x->sheet, buffer_text(&b), b.len);
	}
	buffer_done(&b);
	if (x->sheet.column_count && sheet_rows(&x->sheet) >= EXPORT_PAGE)
		sheet_print(&x->sheet, stdout, 0);
}

static bool export_row(void *ctx, const struct export_row *row)
{
	struct export *x = ctx;
	if (x->ask->format == ASK_JSON) {
		export_json_row(x, row);
	} else if (x->ask->format == ASK_CSV) {
		for (int i = 0; i < x->field_count; i++)
			answer_csv_value(&x->csv, x->fields[i].column, row->values[x->fields[i].value]);
		answer_csv_row(&x->csv);
	} else {
		export_text_row(x, row);
	}
	return !ferror(stdout);
}

/* entity -1: the flat view. */
static bool export_one(const struct ask *a, int entity, int64_t as_of, struct error *err)
{
	struct export x = {.ask = a, .entity = entity};
	x.name = entity < 0 ? a->model->flats[0].name : a->model->entities[entity].name;
	export_begin(&x);
	bool ok = entity < 0 ? query_export_flat(a->query, as_of, export_row, &x, err)
			     : query_export(a->query, entity, as_of, export_row, &x, err);
	export_end(&x);
	return ok;
}

static bool export_all(const struct ask *a, int64_t as_of, struct error *err)
{
	for (int i = 0; i < a->model->entity_count; i++) {
		if (a->format == ASK_TEXT)
			printf("%s== %s\n", i ? "\n" : "", a->model->entities[i].name);
		if (!export_one(a, i, as_of, err))
			return false;
	}
	return true;
}

static bool export_check(const struct settings *s, struct error *err)
{
	bool flat = settings_flag(s, "flat"), entity = settings_text(s, "entity") != NULL;
	if (flat && entity) {
		error_set(err, ERROR_USAGE, "could not export both --flat and --entity");
		return error_hint(err, "give one of them");
	}
	if (ask_format(s) == ASK_CSV && !flat && !entity) {
		error_set(err, ERROR_USAGE, "could not export every table into one CSV: their columns differ");
		return error_hint(err, "choose one with --entity ENTITY, or take --flat");
	}
	return ask_check_moment(s, "as-of", err);
}

static bool export_tables(const struct ask *a, struct error *err)
{
	int entity;
	int64_t as_of;
	bool flat = settings_flag(a->settings, "flat");
	if (!ask_moment(a, "as-of", MOMENT_AS_OF, &as_of, err) || !ask_entity(a, &entity, err))
		return false;
	if (flat && !a->model->flat_count) {
		error_set(err, ERROR_USAGE, "could not export flat: the model has no [flat] view");
		return error_hint(err,
				  "add one to the model and run tellerdesk resync --adopt-model, or take --entity");
	}
	return flat || entity >= 0 ? export_one(a, flat ? -1 : entity, as_of, err) : export_all(a, as_of, err);
}

static int export_run(struct settings *s, size_t count, const char *const *arguments)
{
	(void)count;
	(void)arguments;
	struct ask a;
	struct error err = {0};
	struct answer age = {0};
	int status;
	if (!export_check(s, &err) || !ask_open(&a, s, &err))
		return error_report(&err);
	if (query_freshness(a.query, &age, &err) && export_tables(&a, &err)) {
		ask_note_age(&a, &age.freshness);
		status = ask_finish(&a, &age.freshness, 0);
	} else {
		status = error_report(&err);
	}
	answer_done(&age);
	ask_close(&a);
	return status;
}

const struct command command_export = {
	.name = "export",
	.synopsis = "export [--flat | --entity ENTITY] [--as-of TIME]",
	.about = N_("Write whole tables, now or at a moment in time"),
	.run = export_run,
};
