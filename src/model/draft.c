#include "config.h"

#include "model/draft.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "model/ini.h"

void draft_init(struct draft *d, const char *file)
{
	memset(d, 0, sizeof *d);
	d->file = file;
	d->owner = memory_zero(1, sizeof *d->owner);
	arena_init(&d->owner->arena);
	d->model = &d->owner->model;
	d->model->customer = d->model->store = -1;
}

void draft_done(struct draft *d)
{
	for (int i = 0; i < d->section_count; i++)
		free(d->sections[i].keys);
	free(d->problems);
	if (d->owner) {
		arena_done(&d->owner->arena);
		free(d->owner);
	}
	memset(d, 0, sizeof *d);
}

struct model *draft_take(struct draft *d)
{
	struct model *m = d->model;
	d->owner = NULL;
	return m;
}

void draft_problem(struct draft *d, int line, const char *format, ...)
{
	va_list ap, again;
	va_start(ap, format);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	size_t size = n < 0 ? 1 : (size_t)n + 1;
	char *text = arena_alloc(&d->owner->arena, size);
	text[0] = '\0';
	vsnprintf(text, size, format, again);
	va_end(again);
	if (d->problem_count == d->problem_room) {
		d->problem_room = d->problem_room ? 2 * d->problem_room : 16;
		d->problems = memory_grow(d->problems, d->problem_room * sizeof *d->problems);
	}
	d->problems[d->problem_count] = (struct draft_problem){.line = line, .order = d->problem_count, .text = text};
	d->problem_count++;
}

static int draft_problem_compare(const void *a, const void *b)
{
	const struct draft_problem *x = a, *y = b;
	return x->line != y->line ? (x->line > y->line) - (x->line < y->line)
				  : (x->order > y->order) - (x->order < y->order);
}

bool draft_report(struct draft *d, struct buffer *errors)
{
	if (d->problem_count == 0)
		return true;
	qsort(d->problems, d->problem_count, sizeof *d->problems, draft_problem_compare);
	for (size_t i = 0; i < d->problem_count; i++)
		buffer_format(errors, "%s:%d: %s\n", d->file, d->problems[i].line, d->problems[i].text);
	return false;
}

const struct draft_key *draft_key(const struct draft_section *s, const char *name)
{
	for (int i = 0; i < s->key_count; i++)
		if (strcmp(s->keys[i].name, name) == 0)
			return &s->keys[i];
	return NULL;
}

const char *draft_value(const struct draft_section *s, const char *name)
{
	const struct draft_key *k = draft_key(s, name);
	return k && *k->value ? k->value : NULL;
}

const char *draft_label(struct draft *d, const struct draft_section *s)
{
	if (s->kind == DRAFT_MODEL)
		return "[model]";
	const char *word = s->kind == DRAFT_ROLLUP ? "rollup" : s->kind == DRAFT_FLAT ? "flat" : "entity";
	return arena_format(&d->owner->arena, "[%s %s]", word, s->name);
}

static bool draft_begins(const char *name, const char *prefix)
{
	for (; *prefix; name++, prefix++) {
		char one[] = {*name, '\0'}, other[] = {*prefix, '\0'};
		if (draft_name_compare(one, other) != 0)
			return false;
	}
	return true;
}

bool draft_name_fits(struct draft *d, int line, const char *what, const char *name, size_t max)
{
	if (strlen(name) > max)
		draft_problem(d, line, "the name of %s is longer than %zu bytes: \"%s\"", what, max, name);
	else if (draft_begins(name, "td_") || draft_begins(name, "sqlite_"))
		draft_problem(d, line, "the name of %s may not begin with td_ or sqlite_: \"%s\"", what, name);
	else
		return true;
	return false;
}

int draft_name_compare(const char *a, const char *b)
{
	for (;; a++, b++) {
		int x = (unsigned char)*a, y = (unsigned char)*b;
		x += x >= 'A' && x <= 'Z' ? 'a' - 'A' : 0;
		y += y >= 'A' && y <= 'Z' ? 'a' - 'A' : 0;
		if (x != y || x == 0)
			return x - y;
	}
}

int draft_list(struct draft *d, const char *text, char separator, char ***items)
{
	size_t count = 1;
	for (const char *p = text; *p; p++)
		count += *p == separator;
	*items = arena_zero(&d->owner->arena, count, sizeof **items);
	char *rest = arena_text(&d->owner->arena, text);
	for (size_t i = 0; i < count; i++) {
		char *end = strchr(rest, separator);
		if (end)
			*end = '\0';
		(*items)[i] = ini_trim(rest);
		rest = end ? end + 1 : rest;
	}
	return (int)count;
}

/* ---- reading: lines become sections ---- */

static struct draft_section *draft_same_section(struct draft *d, unsigned kind, const char *name)
{
	for (int i = 0; i < d->section_count; i++)
		if (d->sections[i].kind == kind && draft_name_compare(d->sections[i].name, name) == 0)
			return &d->sections[i];
	return NULL;
}

/* NULL: its keys are not read, so that one mistake is one problem. */
static struct draft_section *draft_open(struct draft *d, char *head, int line)
{
	static const struct {
		const char *word;
		unsigned kind;
	} kinds[] = {
		{"model", DRAFT_MODEL},
		{"entity", DRAFT_ENTITY},
		{"rollup", DRAFT_ROLLUP},
		{"flat", DRAFT_FLAT},
	};
	size_t n = strcspn(head, " \t");
	char *name = ini_trim(head + n);
	unsigned kind = 0;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strlen(kinds[i].word) == n && memcmp(kinds[i].word, head, n) == 0)
			kind = kinds[i].kind;
	if (kind == 0) {
		draft_problem(d, line,
			      "unknown section [%s]: there are [model], [entity NAME], [rollup NAME], [flat NAME]",
			      head);
		return NULL;
	}
	if (kind == DRAFT_MODEL && *name) {
		draft_problem(d, line, "the section is [model] alone: its name is given by name = %s", name);
		return NULL;
	}
	if (kind != DRAFT_MODEL && *name == '\0') {
		draft_problem(d, line, "the section has no name: [%.*s NAME]", (int)n, head);
		return NULL;
	}
	struct draft_section *same = draft_same_section(d, kind, name);
	if (same) {
		draft_problem(d, line, "the section stands twice: first in line %d", same->line);
		return NULL;
	}
	if (d->section_count == DRAFT_SECTIONS_MAX) {
		draft_problem(d, line, "the model has more than %d sections", DRAFT_SECTIONS_MAX);
		return NULL;
	}
	struct draft_section *s = &d->sections[d->section_count++];
	*s = (struct draft_section){.kind = kind, .name = name, .line = line};
	return s;
}

static void draft_add_key(struct draft *d, struct draft_section *s, const struct ini_line *line)
{
	const struct draft_key *same = draft_key(s, line->name);
	if (same) {
		draft_problem(d, line->number, "\"%s\" stands twice in this section: first in line %d", line->name,
			      same->line);
	} else if (s->key_count == DRAFT_KEYS_MAX) {
		draft_problem(d, line->number, "the section has more than %d keys", DRAFT_KEYS_MAX);
	} else {
		if (*line->value == '\0')
			draft_problem(d, line->number, "\"%s\" has no value", line->name);
		if (s->key_count == s->key_room) {
			s->key_room = s->key_room ? 2 * s->key_room : 16;
			s->keys = memory_grow(s->keys, (size_t)s->key_room * sizeof *s->keys);
		}
		s->keys[s->key_count++] =
			(struct draft_key){.name = line->name, .value = line->value, .line = line->number};
	}
}

void draft_read(struct draft *d, const char *text)
{
	struct ini in;
	struct ini_line line;
	struct draft_section *s = NULL;
	bool begun = false;
	ini_init(&in, arena_text(&d->owner->arena, text));
	while (ini_next(&in, &line)) {
		switch (line.kind) {
		case INI_BAD:
			draft_problem(d, line.number, "%s", line.bad);
			break;
		case INI_SECTION:
			s = draft_open(d, line.name, line.number);
			begun = true;
			break;
		case INI_KEY:
			if (s)
				draft_add_key(d, s, &line);
			else if (!begun)
				draft_problem(d, line.number, "\"%s\" stands before the first section", line.name);
			break;
		}
	}
}
