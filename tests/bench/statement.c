#include "config.h"

#include "bench/statement.h"

#include <inttypes.h>

#include "base/buffer.h"
#include "model/change.h"
#include "model/model.h"

void statement_value(struct buffer *sql, struct value v)
{
	if (v.kind == VALUE_INTEGER) {
		buffer_format(sql, "%" PRId64, v.integer);
	} else if (v.kind != VALUE_TEXT) {
		buffer_text_add(sql, "NULL");
	} else {
		buffer_char(sql, '\'');
		for (uint32_t i = 0; i < v.len; i++) {
			if (v.text[i] == '\'')
				buffer_char(sql, '\'');
			buffer_char(sql, v.text[i]);
		}
		buffer_char(sql, '\'');
	}
}

void statement_update(struct buffer *sql, const struct model *m, const struct change *c)
{
	const struct entity *e = &m->entities[c->entity];
	size_t begin = sql->len;
	bool any = false;
	buffer_format(sql, "UPDATE bank.%s SET ", e->table);
	for (int i = 0; i < e->column_count; i++) {
		if (value_equal(c->before[i], c->after[i]))
			continue;
		buffer_format(sql, "%s%s = ", any ? ", " : "", e->columns[i].name);
		statement_value(sql, c->after[i]);
		any = true;
	}
	buffer_format(sql, " WHERE %s = %" PRId64 ";", e->columns[e->key[0]].name, c->after[e->key[0]].integer);
	/* A number drawn may be the one that stands there: one in ten thousands says nothing about a rate. */
	if (!any)
		buffer_cut(sql, begin);
}
