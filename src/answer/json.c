#include "config.h"

#include "answer/json.h"

#include <assert.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/moment.h"
#include "base/text.h"
#include "model/model.h"
#include "replica/query.h"

/* Beyond it a reader that keeps numbers as doubles would change the last digits. */
#define SAFE_INTEGER ((INT64_C(1) << 53) - 1)

json_t *answer_json_text(const char *s, size_t n, enum answer_json_bytes bytes)
{
	json_t *made;
	if (text_valid(s, n))
		return json_stringn(s, n);
	struct buffer b = {0};
	if (bytes == ANSWER_JSON_EXACT) {
		const struct column raw = {.name = "", .type = COLUMN_BYTES};
		value_print(&b, &raw, value_bytes(s, n));
		made = json_pack("{s:s}", "$bytes", buffer_text(&b));
	} else {
		text_utf8(&b, s, n);
		made = json_stringn(buffer_text(&b), b.len);
	}
	buffer_done(&b);
	return made;
}

json_t *answer_json_string(const char *s)
{
	return s ? answer_json_text(s, strlen(s), ANSWER_JSON_READABLE) : json_null();
}

json_t *answer_json_integer(int64_t i)
{
	if (i >= -SAFE_INTEGER && i <= SAFE_INTEGER)
		return json_integer(i);
	return json_sprintf("%lld", (long long)i);
}

json_t *answer_json_time(int64_t at)
{
	char text[MOMENT_SIZE];
	if (at == TIME_NONE || at >= TIME_OPEN)
		return json_null();
	return json_string(moment_utc(at, text));
}

static json_t *answer_json_printed(const struct column *c, struct value v)
{
	struct buffer b = {0};
	value_print(&b, c, v);
	json_t *made = answer_json_text(buffer_text(&b), b.len, ANSWER_JSON_READABLE);
	buffer_done(&b);
	return made;
}

static json_t *answer_json_whole(const struct column *c, int64_t i)
{
	if (c->type == COLUMN_BOOLEAN && (i == 0 || i == 1))
		return json_boolean(i == 1);
	if (c->type == COLUMN_INSTANT)
		return answer_json_printed(c, value_integer(i));
	if (c->identifier)
		return json_sprintf("%lld", (long long)i);
	return answer_json_integer(i);
}

json_t *answer_json_value(const struct column *c, struct value v, enum answer_json_bytes bytes)
{
	switch (v.kind) {
	case VALUE_INTEGER:
		return answer_json_whole(c, v.integer);
	case VALUE_TEXT:
		if (c->type == COLUMN_DATETIME && !value_misfit(c, v))
			return answer_json_printed(c, v);
		return answer_json_text(v.text, v.len, bytes);
	case VALUE_BYTES:
		/* Bytes in a column that is not of that type are text nobody could decode. */
		return c->type == COLUMN_BYTES ? answer_json_printed(c, v) : answer_json_text(v.text, v.len, bytes);
	case VALUE_NULL:
	case VALUE_UNKNOWN:
		break;
	}
	return json_null();
}

json_t *answer_json_row(const struct query *q, int entity, const struct value *values, enum answer_json_bytes bytes)
{
	const struct entity *e = &query_model(q)->entities[entity];
	json_t *row = json_object();
	for (int i = 0; i < e->column_count; i++)
		if (values[i].kind != VALUE_UNKNOWN && query_column_present(q, entity, i))
			json_object_set_new(row, e->columns[i].name,
					    answer_json_value(&e->columns[i], values[i], bytes));
	return row;
}

json_t *answer_json_key(const struct entity *e, const char *key, enum answer_json_bytes bytes)
{
	if (e->key_count > 1) {
		json_t *parts = json_loads(key, JSON_ALLOW_NUL, NULL);
		if (parts)
			return parts;
	}
	return answer_json_text(key, strlen(key), bytes);
}

json_t *answer_json_freshness(const struct model *m, const struct freshness *f)
{
	json_t *incomplete = json_array();
	for (int i = 0; i < f->incomplete_count; i++)
		json_array_append_new(incomplete, answer_json_string(m->entities[f->incomplete[i]].name));
	json_t *age = f->age == TIME_NONE ? json_null() : json_integer(f->age / 1000);
	return json_pack("{s:s, s:o, s:o, s:o}", "state", freshness_word(f->state), "age_ms", age, "complete_to",
			 answer_json_time(f->complete_to), "incomplete", incomplete);
}

json_t *answer_json_gap(const struct gap *g)
{
	json_t *o = json_object();
	json_object_set_new(o, "source", answer_json_string(g->source));
	json_object_set_new(o, "entity", answer_json_string(g->entity));
	json_object_set_new(o, "from", answer_json_time(g->from));
	json_object_set_new(o, "to", answer_json_time(g->to));
	json_object_set_new(o, "reason", answer_json_string(g->reason));
	return o;
}

json_t *answer_json_counts(const struct model *m, const int64_t *counts)
{
	json_t *all = json_object();
	for (int i = 0; i < m->entity_count; i++)
		json_object_set_new(all, m->entities[i].name, answer_json_integer(counts[i]));
	return all;
}

/* ---- writing ---- */

static int answer_json_collect(const char *p, size_t n, void *ctx)
{
	buffer_add(ctx, p, n);
	return 0;
}

static void answer_json_escape(FILE *out, uint32_t c)
{
	if (c >= 0x10000)
		fprintf(out, "\\u%04X\\u%04X", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF));
	else
		fprintf(out, "\\u%04X", c);
}

/* Outside strings a document holds plain ASCII only, so whatever is harmful here
 * stands inside a string, where an escape means the same character. */
static void answer_json_write(FILE *out, const char *s, size_t n)
{
	size_t done = 0, at = 0;
	while (at < n) {
		uint32_t c = (unsigned char)s[at];
		size_t step = c < 0x7F ? 1 : text_next(s + at, n - at, &c);
		if (c >= 0x7F && text_harmful(c)) {
			fwrite(s + done, 1, at - done, out);
			answer_json_escape(out, c);
			done = at + step;
		}
		at += step;
	}
	fwrite(s + done, 1, n - done, out);
}

static void answer_json_dump(FILE *out, json_t *taken)
{
	struct buffer b = {0};
	int failed = json_dump_callback(taken, answer_json_collect, &b, JSON_COMPACT | JSON_ENCODE_ANY);
	assert(!failed);
	(void)failed;
	answer_json_write(out, buffer_text(&b), b.len);
	buffer_done(&b);
	json_decref(taken);
}

static void answer_json_next(struct answer_json *j, const char *indent)
{
	fputs(j->first ? "" : ",", j->out);
	fputs(indent, j->out);
	j->first = false;
}

void answer_json_begin(struct answer_json *j, FILE *out)
{
	*j = (struct answer_json){.out = out, .first = true};
	fputc('{', out);
}

void answer_json_member(struct answer_json *j, const char *name, json_t *taken)
{
	answer_json_next(j, "\n ");
	answer_json_dump(j->out, json_string(name));
	fputc(':', j->out);
	answer_json_dump(j->out, taken);
}

void answer_json_array(struct answer_json *j, const char *name)
{
	answer_json_next(j, "\n ");
	answer_json_dump(j->out, json_string(name));
	fputs(":[", j->out);
	j->first = true;
}

void answer_json_item(struct answer_json *j, json_t *taken)
{
	answer_json_next(j, "\n  ");
	answer_json_dump(j->out, taken);
}

void answer_json_array_end(struct answer_json *j)
{
	fputc(']', j->out);
	j->first = false;
}

void answer_json_end(struct answer_json *j)
{
	fputs("\n}\n", j->out);
}

void answer_json_line(FILE *out, json_t *taken)
{
	answer_json_dump(out, taken);
	fputc('\n', out);
}
