#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "replica_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "model/model.h"
#include "replica/apply.h"
#include "replica/query.h"
#include "replica/replica.h"

static const char fixture_model[] =
	"[model]\nname = little\nzone = UTC\n"
	"[entity customer]\nkind = customer\ntable = customer\nkey = cif\nname = name\nstore = store\nregistered = at\n"
	"column.cif = CIF | integer\ncolumn.name = Name | text\ncolumn.store = Store | text\ncolumn.at = Registered | "
	"datetime\n"
	"[entity item]\nkind = detail\ntable = item\nkey = no\ncif = cif\n"
	"column.no = No | integer\ncolumn.cif = CIF | integer\ncolumn.what = What | text\n"
	"[rollup registrations]\nof = first(customer)\nby = store\nat = at\n";

static void fixture_must(struct fixture *f, bool ok)
{
	if (!ok)
		fail_msg("%s", f->err.message);
}

static void fixture_start(struct fixture *f)
{
	struct replica_params p = {.path = f->path, .model = f->model, .source_url = "test:", .source_kind = "test"};

	f->replica = replica_open_writer(&p, &f->err);
	fixture_must(f, f->replica != NULL);
	f->apply = apply_new(f->replica);
}

static void fixture_stop(struct fixture *f)
{
	query_close(f->query);
	apply_free(f->apply);
	replica_close(f->replica);
	f->query = NULL;
}

void fixture_open(struct fixture *f, const char *model)
{
	const char *folder = getenv("TMPDIR");
	struct buffer errors = {0};

	*f = (struct fixture){0};
	arena_init(&f->arena);
	f->model = model_parse(model ? model : fixture_model, "fixture.model", &errors);
	if (!f->model)
		fail_msg("%s", buffer_text(&errors));
	buffer_done(&errors);
	snprintf(f->path, sizeof f->path, "%s/fixture-%d.db", folder ? folder : "/tmp", (int)getpid());
	fixture_start(f);
}

void fixture_reopen(struct fixture *f)
{
	fixture_stop(f);
	fixture_start(f);
}

void fixture_close(struct fixture *f)
{
	static const char *const beside[] = {"", "-wal", "-shm", ".lock"};
	char name[220];

	fixture_stop(f);
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
		snprintf(name, sizeof name, "%s%s", f->path, beside[i]);
		unlink(name);
	}
	model_free(f->model);
	buffer_done(&f->text);
	arena_done(&f->arena);
}

const struct value *fixture_row(struct fixture *f, int entity, const char *text)
{
	const struct entity *e = &f->model->entities[entity];
	struct value *row;

	if (!text)
		return NULL;
	row = arena_zero(&f->arena, (size_t)e->column_count, sizeof *row);
	for (int i = 0; i < e->column_count; i++) {
		size_t n = strcspn(text, "|");
		const char *cell = arena_copy(&f->arena, text, n);

		if (strcmp(cell, "?") == 0)
			row[i] = (struct value){.kind = VALUE_UNKNOWN};
		else if (strcmp(cell, "-") == 0)
			row[i] = value_null();
		else
			row[i] = value_canonical(&e->columns[i], cell, n, f->model->zone, &f->arena);
		assert_int_equal(text[n] == '|', i < e->column_count - 1);
		text += n + 1;
	}
	return row;
}

void fixture_begin_at(struct fixture *f, int64_t second, int64_t clock)
{
	struct apply_times t = {.commit_time = FIXTURE_START + second * SECOND,
				.source_clock = FIXTURE_START + clock * SECOND};

	fixture_must(f, apply_begin(f->apply, &t, &f->err));
}

void fixture_begin(struct fixture *f, int64_t second)
{
	fixture_begin_at(f, second, second);
}

bool fixture_try(struct fixture *f, enum change_op op, int entity, const char *before, const char *after)
{
	struct change c = {.op = op,
			   .entity = entity,
			   .before = fixture_row(f, entity, before),
			   .after = fixture_row(f, entity, after),
			   .cascades = f->cascades};

	return apply_change(f->apply, &c, &f->err);
}

void fixture_insert(struct fixture *f, int entity, const char *row)
{
	fixture_must(f, fixture_try(f, CHANGE_INSERT, entity, NULL, row));
}

void fixture_update(struct fixture *f, int entity, const char *before, const char *after)
{
	fixture_must(f, fixture_try(f, CHANGE_UPDATE, entity, before, after));
}

void fixture_delete(struct fixture *f, int entity, const char *row)
{
	fixture_must(f, fixture_try(f, CHANGE_DELETE, entity, row, NULL));
}

void fixture_merge(struct fixture *f, int entity, const char *row)
{
	fixture_must(f, fixture_try(f, CHANGE_MERGE, entity, NULL, row));
}

void fixture_truncate(struct fixture *f, int entity)
{
	fixture_must(f, fixture_try(f, CHANGE_TRUNCATE, entity, NULL, NULL));
}

void fixture_end_only(struct fixture *f)
{
	char position[24];

	snprintf(position, sizeof position, "%d", ++f->position);
	fixture_must(f, apply_end(f->apply, position, &f->err));
}

void fixture_end(struct fixture *f)
{
	fixture_end_only(f);
	fixture_must(f, replica_commit(f->replica, &f->err));
}

/* ---- reading ---- */

struct query *fixture_query(struct fixture *f)
{
	if (!f->query) {
		f->query = query_open(f->path, &f->err);
		fixture_must(f, f->query != NULL);
	}
	return f->query;
}

struct fixture_dump {
	struct fixture *f;
	int entity;
};

static void fixture_time(struct fixture *f, int64_t at)
{
	int64_t micro = at - FIXTURE_START;

	buffer_format(&f->text, "%" PRId64, micro / SECOND);
	if (micro % SECOND)
		buffer_format(&f->text, ".%06" PRId64, micro % SECOND);
}

static bool fixture_line(void *ctx, const struct dump_line *line)
{
	struct fixture_dump *d = ctx;
	struct buffer *out = &d->f->text;
	const struct version *v = line->version;
	const struct entity *e = &d->f->model->entities[d->entity];

	if (line->type != DUMP_VERSION || line->entity != d->entity)
		return true;
	buffer_format(out, "%s.%" PRId64 " ", v->key, v->version);
	fixture_time(d->f, v->valid_from);
	buffer_char(out, '-');
	if (v->valid_to == TIME_OPEN)
		buffer_text_add(out, "now");
	else
		fixture_time(d->f, v->valid_to);
	buffer_format(out, " %s", origin_word(v->origin));
	if (v->ended_by)
		buffer_format(out, "/%s", end_word(v->ended_by));
	for (int i = 0; i < v->changed_count; i++)
		buffer_format(out, "%s%s", i ? "," : " changed ", e->columns[v->changed[i]].name);
	for (int i = 0; i < e->column_count; i++) {
		buffer_text_add(out, i ? "|" : ": ");
		if (v->values[i].kind == VALUE_NULL)
			buffer_char(out, '-');
		else
			value_print(out, &e->columns[i], v->values[i]);
	}
	buffer_char(out, '\n');
	return true;
}

const char *fixture_versions(struct fixture *f, int entity)
{
	struct fixture_dump d = {f, entity};

	buffer_clear(&f->text);
	fixture_must(f, query_dump(fixture_query(f), fixture_line, &d, &f->err));
	return buffer_text(&f->text);
}

const char *fixture_anomalies(struct fixture *f)
{
	struct status_answer a = {0};

	buffer_clear(&f->text);
	fixture_must(f, query_status(fixture_query(f), &a, &f->err));
	assert_int_equal(a.anomalies, a.anomaly_count);
	for (int i = a.anomaly_count; i-- > 0;)
		buffer_format(&f->text, "%s: %s\n", a.anomaly_list[i].key ? a.anomaly_list[i].key : "",
			      a.anomaly_list[i].reason);
	answer_done(&a.base);
	return buffer_text(&f->text);
}
