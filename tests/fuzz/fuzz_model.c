/* Any text is either a model or a list of problems; a model read again is the same, and all its indexes hold. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Kept in builds without assertions too. */
static void must(bool condition)
{
	if (!condition)
		abort();
}

static void fuzz_entity(const struct model *m, const struct entity *e)
{
	int n = e->column_count;
	must(*e->name && *e->title && *e->table && n > 0 && e->key_count > 0);
	for (int i = 0; i < e->key_count; i++)
		must(e->key[i] >= 0 && e->key[i] < n && e->columns[e->key[i]].key == i &&
		     e->columns[e->key[i]].identifier);
	for (int i = 0; i < e->name_count; i++)
		must(e->names[i] >= 0 && e->names[i] < n);
	const int roles[] = {e->cif, e->store, e->registered, e->changed_by, e->city};
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		must(roles[i] >= -1 && roles[i] < n);
	must(e->via >= -1 && e->via < m->entities[m->customer].column_count);
	must(e->kind != ENTITY_DETAIL || (e->cif >= 0) != (e->via >= 0));
	must(e->kind != ENTITY_CUSTOMER || (e->key_count == 1 && e->cif == e->key[0] && e->name_count > 0));
	for (int i = 0; i < n; i++) {
		must(*e->columns[i].name && *e->columns[i].title && *e->columns[i].as && *e->columns[i].as != '_');
		must(entity_column(e, e->columns[i].name) == i);
	}
}

static void fuzz_good(const struct model *m)
{
	must(*m->name && m->zone && m->customer >= 0 && m->customer < m->entity_count);
	must(m->entities[m->customer].kind == ENTITY_CUSTOMER);
	must(m->store < 0 || m->entities[m->store].kind == ENTITY_STORE);
	for (int i = 0; i < m->entity_count; i++) {
		fuzz_entity(m, &m->entities[i]);
		must(model_entity(m, m->entities[i].name) == i && model_entity_of_table(m, m->entities[i].table) == i);
	}
	for (int i = 0; i < m->rollup_count; i++)
		must(m->rollups[i].entity == m->customer);
	for (int i = 0; i < m->flat_count; i++)
		must(m->flats[i].entity_count > 0 && m->flats[i].entities[0] == m->customer);
}

/* FILE:LINE: message, a line each, the lines never going back. */
static void fuzz_problems(const char *text)
{
	long last = 1;
	must(*text != '\0');
	while (*text) {
		must(strncmp(text, "fuzz:", 5) == 0);
		char *end;
		long line = strtol(text + 5, &end, 10);
		must(line >= last && strncmp(end, ": ", 2) == 0);
		last = line;
		text = strchr(text, '\n');
		must(text != NULL);
		text++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = memory_text_n((const char *)data, size);
	struct buffer errors = {0};
	struct model *m = model_parse(text, "fuzz", &errors);
	if (m) {
		must(errors.len == 0);
		fuzz_good(m);
		struct model *again = model_parse(m->text, "fuzz", &errors);
		must(again && !model_difference(m, again, &errors) && errors.len == 0);
		model_free(again);
	} else {
		fuzz_problems(buffer_text(&errors));
	}
	model_free(m);
	buffer_done(&errors);
	free(text);
	return 0;
}
