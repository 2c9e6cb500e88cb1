#include "config.h"

#include "model/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/language.h"
#include "base/memory.h"
#include "base/place.h"

/* Far more than the largest model the limits of a model allow to be useful. */
#define MODEL_FILE_MAX (1 << 20)

static bool model_complain(struct buffer *errors, const char *file, int line, const char *what)
{
	buffer_format(errors, "%s:%d: %s\n", file, line, what);
	return false;
}

static bool model_read_all(int fd, const char *file, struct buffer *text, struct buffer *errors)
{
	char block[8192];
	for (;;) {
		ssize_t n = read(fd, block, sizeof block);
		if (n == 0)
			return true;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return model_complain(errors, file, 1, strerror(errno));
		buffer_add(text, block, (size_t)n);
		if (text->len > MODEL_FILE_MAX)
			return model_complain(errors, file, 1, "the file is larger than 1 MiB: this is no model");
	}
}

static bool model_read_file(const char *file, struct buffer *text, struct buffer *errors)
{
	struct stat st;
	/* Non-blocking, so that a FIFO given by mistake is refused rather than waited for. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return model_complain(errors, file, 1, strerror(errno));
	bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? model_read_all(fd, file, text, errors)
							     : model_complain(errors, file, 1, "this is no file");
	close(fd);
	const char *nul = ok ? memchr(buffer_text(text), '\0', text->len) : NULL;
	if (nul) {
		int line = 1;
		for (const char *p = buffer_text(text); p < nul; p++)
			line += *p == '\n';
		return model_complain(errors, file, line, "the line holds a NUL byte");
	}
	return ok;
}

struct model *model_load(const char *name, struct buffer *errors)
{
	struct buffer text = {0};
	struct model *m = NULL;
	char *file = NULL;
	if (strpbrk(name, "/.")) {
		file = memory_text(name);
	} else {
		char *shipped = memory_format("models/%s.model", name);
		file = place_data(shipped);
		free(shipped);
	}
	if (!file)
		buffer_format(errors,
			      N_("%s:1: there is no model of this name; a file is given with its path: ./%s.model\n"), name,
			      name);
	else if (model_read_file(file, &text, errors))
		m = model_parse(buffer_text(&text), file, errors);
	buffer_done(&text);
	free(file);
	return m;
}

int model_entity(const struct model *m, const char *name)
{
	for (int i = 0; i < m->entity_count; i++)
		if (strcmp(m->entities[i].name, name) == 0)
			return i;
	return -1;
}

int model_entity_of_table(const struct model *m, const char *table)
{
	for (int i = 0; i < m->entity_count; i++)
		if (strcmp(m->entities[i].table, table) == 0)
			return i;
	return -1;
}

int entity_column(const struct entity *e, const char *name)
{
	for (int i = 0; i < e->column_count; i++)
		if (strcmp(e->columns[i].name, name) == 0)
			return i;
	for (int i = 0; i < e->column_count; i++)
		if (strcmp(e->columns[i].as, name) == 0)
			return i;
	return -1;
}

const char *column_type_text(enum column_type t)
{
	static const char *const words[] = {
		[COLUMN_TEXT] = "text",       [COLUMN_INTEGER] = "integer",   [COLUMN_DECIMAL] = "decimal",
		[COLUMN_DATE] = "date",       [COLUMN_DATETIME] = "datetime", [COLUMN_INSTANT] = "instant",
		[COLUMN_BOOLEAN] = "boolean", [COLUMN_BYTES] = "bytes",
	};
	return words[t];
}
