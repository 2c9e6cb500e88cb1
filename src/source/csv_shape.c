#include "config.h"

#include "source/csv_shape.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/csv.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/model.h"
#include "model/value.h"

/* The column a name of the header means: as it is written, else without regard to
 * case, as SQL has it; -1: none. */
static int csv_shape_column(const struct entity *e, const char *name)
{
	int column = entity_column(e, name);

	for (int i = 0; column < 0 && i < e->column_count; i++) {
		if (strcasecmp(e->columns[i].name, name) == 0 || strcasecmp(e->columns[i].as, name) == 0)
			column = i;
	}
	return column;
}

/* The name of a field of the header without blanks around it. */
static char *csv_shape_name(const struct csv_field *f)
{
	const char *s = f->text;
	size_t n = f->len;

	while (n > 0 && (*s == ' ' || *s == '\t')) {
		s++;
		n--;
	}
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	return memory_text_n(s, n);
}

static bool csv_shape_field(struct csv_shape *s, size_t field, const struct csv_field *f, struct buffer *reason,
			    struct buffer *ignored)
{
	char *name = csv_shape_name(f);
	int column = csv_shape_column(s->entity, name);

	s->columns[field] = column;
	if (column < 0)
		buffer_format(ignored, "%s%s", ignored->len ? ", " : "", *name ? name : "(no name)");
	for (size_t i = 0; column >= 0 && i < field; i++) {
		if (s->columns[i] == column) {
			buffer_format(reason, N_("column \"%s\" stands in the header twice"),
				      s->entity->columns[column].name);
			free(name);
			return false;
		}
	}
	free(name);
	return true;
}

static bool csv_shape_has(const struct csv_shape *s, int column)
{
	for (size_t i = 0; i < s->field_count; i++) {
		if (s->columns[i] == column)
			return true;
	}
	return false;
}

static bool csv_shape_keys(const struct csv_shape *s, const struct csv_row *header, struct buffer *reason)
{
	bool good = true;

	for (int i = 0; i < s->entity->key_count; i++) {
		const struct column *c = &s->entity->columns[s->entity->key[i]];

		if (csv_shape_has(s, s->entity->key[i]))
			continue;
		if (good)
			buffer_format(reason, N_("the header lacks the key column \"%s\""), c->name);
		else
			buffer_format(reason, " and \"%s\"", c->name);
		good = false;
	}
	/* The commonest cause by far has a name. */
	if (!good && header->count == 1 && memchr(header->raw, ';', header->raw_len))
		buffer_text_add(reason, "; " N_("its columns seem to be parted by ';' where ',' is expected"));
	else if (!good && header->count == 1 && memchr(header->raw, '\t', header->raw_len))
		buffer_text_add(reason, "; " N_("its columns seem to be parted by tabs where ',' is expected"));
	return good;
}

bool csv_shape_init(struct csv_shape *s, const struct entity *e, const struct zone *zone, const struct csv_row *header,
		    struct buffer *reason, struct buffer *ignored)
{
	*s = (struct csv_shape){.entity = e, .zone = zone};
	if (header->raw_len >= 2 &&
	    (memcmp(header->raw, "\xFF\xFE", 2) == 0 || memcmp(header->raw, "\xFE\xFF", 2) == 0)) {
		buffer_text_add(reason, N_("the file is UTF-16; it must be UTF-8, or latin1 when told"));
		return false;
	}
	if (header->bad) {
		buffer_format(reason, N_("the header cannot be read: %s"), header->bad);
		return false;
	}
	s->field_count = header->count;
	s->columns = memory_alloc(header->count * sizeof(*s->columns));
	for (size_t i = 0; i < header->count; i++) {
		if (!csv_shape_field(s, i, &header->fields[i], reason, ignored))
			return false;
	}
	return csv_shape_keys(s, header, reason);
}

void csv_shape_done(struct csv_shape *s)
{
	free(s->columns);
	*s = (struct csv_shape){0};
}

static const char *csv_shape_article(enum column_type t)
{
	return t == COLUMN_INTEGER || t == COLUMN_INSTANT ? "an" : "a";
}

/* One cell. The reason names column and type, never the value, since it may end in a log. */
static const char *csv_shape_cell(const struct csv_shape *s, const struct column *c, const struct csv_field *f,
				  struct value *out, struct arena *arena)
{
	if (f->len == 0 && !f->quoted)
		*out = value_null();
	else if (f->len == 0 && c->type != COLUMN_TEXT && c->type != COLUMN_BYTES)
		return arena_format(arena, "%s: empty text is not %s %s", c->name, csv_shape_article(c->type),
				    column_type_text(c->type));
	else
		*out = value_canonical(c, f->text, f->len, s->zone, arena);
	if (c->key >= 0 && f->len == 0)
		return arena_format(arena, "%s: the key is empty", c->name);
	if (value_misfit(c, *out))
		return arena_format(arena, "%s: not %s %s that fits", c->name, csv_shape_article(c->type),
				    column_type_text(c->type));
	return NULL;
}

const char *csv_shape_row(const struct csv_shape *s, const struct csv_row *row, struct value *values,
			  struct arena *arena)
{
	if (row->bad)
		return row->bad;
	if (row->count != s->field_count)
		return arena_format(arena, "%zu fields where the header has %zu", row->count, s->field_count);
	if (memchr(row->raw, '\0', row->raw_len))
		return "a NUL byte";
	if (!text_valid(row->raw, row->raw_len))
		return "not UTF-8";
	for (int i = 0; i < s->entity->column_count; i++)
		values[i] = (struct value){.kind = VALUE_UNKNOWN};
	for (size_t i = 0; i < row->count; i++) {
		int column = s->columns[i];
		const char *bad;

		if (column < 0)
			continue;
		bad = csv_shape_cell(s, &s->entity->columns[column], &row->fields[i], &values[column], arena);
		if (bad)
			return bad;
	}
	return NULL;
}
