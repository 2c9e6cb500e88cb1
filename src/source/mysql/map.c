#include "config.h"

#include "source/mysql/map.h"

#include <string.h>

#include "base/error.h"
#include "base/language.h"
#include "binlog/charset.h"
#include "binlog/event.h"
#include "model/model.h"
#include "source/mysql/shape.h"

void map_init(struct mysql_map *m)
{
	*m = (struct mysql_map){0};
	arena_init(&m->arena);
}

void map_done(struct mysql_map *m)
{
	arena_done(&m->arena);
	buffer_done(&m->raw);
}

void map_forget(struct mysql_map *m)
{
	m->made = false;
}

/* ---- making ---- */

static bool mismatch(const struct binlog_table *t, const char *what, struct error *err)
{
	error_set(err, ERROR_PURGED, "could not read the log: its rows of \"%s.%s\" were written under another shape of the table (%s)", t->schema,
		  t->name, what);
	return error_hint(err, "with SET GLOBAL binlog_row_metadata = FULL rows tell their own shape");
}

static bool is_text(uint8_t type)
{
	switch (type) {
	case COL_VARCHAR:
	case COL_VAR_STRING:
	case COL_STRING:
	case COL_BLOB:
	case COL_TINY_BLOB:
	case COL_MEDIUM_BLOB:
	case COL_LONG_BLOB:
	case COL_VARCHAR_COMPRESSED:
	case COL_BLOB_COMPRESSED:
	case COL_ENUM:
	case COL_SET:
		return true;
	default:
		return false;
	}
}

static void wire_labels(struct arena *a, const struct binlog_column *w, struct cell_type *cell)
{
	struct value *labels = arena_zero(a, (size_t)w->label_count, sizeof *labels);

	for (int i = 0; i < w->label_count; i++) {
		const char *text = w->labels[i];
		size_t n = w->label_lens[i];
		if (cell->charset)
			charset_to_utf8(cell->charset, text, n, a, &text, &n);
		labels[i] = value_text(text, n);
	}
	cell->labels = labels;
	cell->label_count = w->label_count;
}

/* What the wire tells comes first, what only the catalogue knows after it. known: the catalogue's column, or NULL. */
static bool make_cell(struct mysql_map *m, struct binlog_column *w, const struct mysql_column *known, struct cell_type *cell, struct error *err)
{
	*cell = (struct cell_type){.type = w->type, .meta = w->meta};
	bool fits = known && shape_fits(known, w);
	cell->is_unsigned = m->table.has_signedness ? w->is_unsigned : known && known->cell.is_unsigned;
	if (is_text(w->type)) {
		cell->charset = known ? known->cell.charset : NULL;
		if (w->collation) {
			cell->charset = charset_of_collation(w->collation);
			if (!cell->charset) {
				error_set(err, ERROR_REFUSED, "could not read the log: a column of \"%s.%s\" has the unknown collation %u", m->table.schema,
					  m->table.name, w->collation);
				return false;
			}
		}
		if (cell->charset && cell->charset->binary)
			cell->charset = NULL;
	}
	if (w->type == COL_STRING && !cell->charset)
		cell->width = w->meta;
	if (fits) {
		cell->form = known->cell.form;
		/* The old forms do not tell their fraction on the wire; how long a cell is depends on it. */
		if (w->type == COL_TIME || w->type == COL_DATETIME || w->type == COL_TIMESTAMP)
			w->meta = (uint16_t)(cell->old_fraction = known->fraction);
	}
	if ((w->type == COL_ENUM || w->type == COL_SET) && w->label_count) {
		wire_labels(&m->arena, w, cell);
	} else if (fits) {
		cell->labels = known->cell.labels;
		cell->label_count = known->cell.label_count;
	}
	return true;
}

/* The column of the catalogue a wire column is; -1: none. */
static int column_known(const struct mysql_map *m, const struct mysql_table *t, int wire)
{
	if (m->table.has_names)
		return shape_column(t, m->table.columns[wire].name);
	return wire < t->column_count ? wire : -1;
}

static int column_model(const struct mysql_map *m, const struct entity *e, const struct mysql_table *t, int wire, int known)
{
	if (known >= 0)
		return t->columns[known].model;
	for (int i = 0; m->table.has_names && i < e->column_count; i++)
		if (strcasecmp(e->columns[i].name, m->table.columns[wire].name) == 0)
			return i;
	return -1;
}

/* Without names the catalogue is the only witness: it must agree on every column. Implicit versioning columns stand at the end. */
static bool check_shape(const struct mysql_map *m, const struct mysql_table *t, struct error *err)
{
	int hidden = t->versioned && !t->row_end ? 2 : 0;

	if (m->table.has_names)
		return true;
	if (m->table.column_count != t->column_count + hidden)
		return mismatch(&m->table, N_("another number of columns"), err);
	for (int i = 0; i < t->column_count; i++)
		if (!shape_fits(&t->columns[i], &m->table.columns[i]))
			return mismatch(&m->table, t->columns[i].name, err);
	return true;
}

static int find_row_end(const struct mysql_map *m, const struct mysql_table *t)
{
	if (!t->versioned)
		return -1;
	if (!t->row_end) {
		int last = m->table.column_count - 1;
		/* Rows of before the table was versioned end with a column of their own. */
		return m->table.has_names && strcasecmp(m->table.columns[last].name, "row_end") != 0 ? -1 : last;
	}
	for (int i = 0; i < m->table.column_count; i++)
		if (column_known(m, t, i) == shape_column(t, t->row_end))
			return i;
	return -1;
}

static bool make(struct mysql_map *m, const struct mysql_shape *s, int entity, struct error *err)
{
	const struct entity *e = &s->target.model->entities[entity];
	const struct mysql_table *t = &s->tables[entity];
	int n = m->table.column_count;

	if (!check_shape(m, t, err))
		return false;
	m->cells = arena_zero(&m->arena, (size_t)n, sizeof *m->cells);
	m->model = arena_zero(&m->arena, (size_t)n, sizeof *m->model);
	m->before = arena_zero(&m->arena, (size_t)n, sizeof *m->before);
	m->after = arena_zero(&m->arena, (size_t)n, sizeof *m->after);
	m->wire = arena_zero(&m->arena, (size_t)e->column_count, sizeof *m->wire);
	for (int i = 0; i < e->column_count; i++)
		m->wire[i] = -1;
	for (int i = 0; i < n; i++) {
		int known = column_known(m, t, i);
		m->model[i] = column_model(m, e, t, i, known);
		if (!make_cell(m, &m->table.columns[i], known >= 0 ? &t->columns[known] : NULL, &m->cells[i], err))
			return false;
		if (m->model[i] >= 0)
			m->wire[m->model[i]] = i;
	}
	m->row_end = find_row_end(m, t);
	return true;
}

bool map_take(struct mysql_map *m, const struct mysql_shape *s, int entity, const struct binlog_event *e, const struct binlog_format *f,
	      struct error *err)
{
	size_t id = f->post[BINLOG_TABLE_MAP] == 6 ? 4 : 6;

	if (m->made && e->size > id && m->raw.len == e->size - id && memcmp(m->raw.data, e->body + id, m->raw.len) == 0)
		return true;
	m->made = false;
	arena_reset(&m->arena);
	buffer_clear(&m->raw);
	if (!binlog_table_read(e, f, &m->arena, &m->table, err) || !make(m, s, entity, err))
		return false;
	buffer_add(&m->raw, e->body + id, e->size - id);
	m->made = true;
	return true;
}

/* ---- images ---- */

bool map_image(const struct map_image *i, struct value *row, struct arena *a, struct error *err)
{
	const struct mysql_map *m = i->map;
	const struct model *model = i->shape->target.model;
	const struct entity *e = &model->entities[i->entity];

	for (int c = 0; c < e->column_count; c++) {
		const struct binlog_cell *cell = m->wire[c] >= 0 ? &i->cells[m->wire[c]] : NULL;
		if (!cell || cell->state == CELL_NULL)
			row[c] = value_null(); /* a column the table lacks, or lacked then, is NULL */
		else if (cell->state == CELL_ABSENT)
			row[c] = (struct value){.kind = VALUE_UNKNOWN};
		else if (!cell_value(&m->cells[m->wire[c]], &e->columns[c], model->zone, cell, a, &row[c], err))
			return false;
	}
	return true;
}

/* The end of time of MariaDB's versioning: the largest TIMESTAMP(6), of 2038 or, from 11.5 on, 2106; by transactions it is the
 * largest number. */
bool map_has_ended(const struct mysql_map *m, const struct binlog_cell *cells)
{
	static const uint8_t ends[2][7] = {{0x7f, 0xff, 0xff, 0xff, 0x0f, 0x42, 0x3f}, {0xff, 0xff, 0xff, 0xff, 0x0f, 0x42, 0x3f}};
	static const uint8_t never[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct binlog_cell *end = m->row_end >= 0 ? &cells[m->row_end] : NULL;

	if (end && end->state == CELL_HERE && end->len == sizeof never)
		return memcmp(end->at, never, sizeof never) != 0;
	if (!end || end->state != CELL_HERE || end->len != 7)
		return false;
	return memcmp(end->at, ends[0], 7) != 0 && memcmp(end->at, ends[1], 7) != 0;
}
