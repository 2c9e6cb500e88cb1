#include "config.h"

#include "source/mysql/txn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/* What stands before each record's bytes, in memory and in the file alike. */
struct txn_head {
	uint32_t n;
	int32_t entity;
	uint8_t kind;
	uint8_t type;
	uint8_t lasting;
};

/* A place among the records: so much of memory, so much of the file. */
struct txn_mark_at {
	char *name;
	size_t memory;
	uint64_t file;
	int64_t records, changes;
};

void txn_init(struct txn *t, const char *folder)
{
	*t = (struct txn){.folder = memory_text(folder), .file = -1};
}

static void marks_cut(struct txn *t, int count)
{
	while (t->mark_count > count)
		free(t->marks[--t->mark_count].name);
}

void txn_done(struct txn *t)
{
	marks_cut(t, 0);
	free(t->marks);
	buffer_done(&t->memory);
	buffer_done(&t->served);
	if (t->file >= 0)
		close(t->file);
	free(t->folder);
}

/* Memory that one large event needed is given back. */
static void shrink(struct buffer *b)
{
	if (b->cap > 2 * TXN_MEMORY)
		buffer_done(b);
	else
		buffer_clear(b);
}

void txn_clear(struct txn *t)
{
	marks_cut(t, 0);
	shrink(&t->memory);
	shrink(&t->served);
	if (t->file >= 0)
		close(t->file);
	t->file = -1;
	t->file_len = t->file_at = 0;
	t->memory_at = 0;
	t->records = t->changes = 0;
}

bool txn_is_empty(const struct txn *t)
{
	return t->changes == 0;
}

/* ---- the file ---- */

static bool file_fail(const struct txn *t, const char *what, struct error *err)
{
	enum error_code code = errno == ENOSPC || errno == EDQUOT ? ERROR_FULL : ERROR_REPLICA;

	return error_set(err, code, "could not %s a large transaction in \"%s\": %s", what, t->folder, strerror(errno));
}

static bool file_open(struct txn *t, struct error *err)
{
	char *name;

	if (t->file >= 0)
		return true;
	name = memory_format("%s/transaction-XXXXXX", t->folder);
	t->file = mkostemp(name, O_CLOEXEC);
	if (t->file >= 0)
		unlink(name);
	free(name);
	return t->file >= 0 || file_fail(t, "keep", err);
}

static bool file_write(struct txn *t, uint64_t at, const void *p, size_t n, struct error *err)
{
	const char *bytes = p;

	while (n > 0) {
		ssize_t written = pwrite(t->file, bytes, n, (off_t)at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return file_fail(t, "keep", err);
		bytes += written;
		at += (uint64_t)written;
		n -= (size_t)written;
	}
	return true;
}

static bool file_read(struct txn *t, uint64_t at, void *p, size_t n, struct error *err)
{
	char *bytes = p;

	while (n > 0) {
		ssize_t got = pread(t->file, bytes, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (got == 0)
				errno = EIO;
			return file_fail(t, "read back", err);
		}
		bytes += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return true;
}

/* ---- adding ---- */

static bool is_change(enum txn_record_kind kind)
{
	return kind == TXN_ROWS || kind == TXN_TRUNCATE || kind == TXN_RELOAD;
}

bool txn_add(struct txn *t, const struct txn_record *r, bool lasting, struct error *err)
{
	struct txn_head head;

	/* Padding too: the head is written as it is. */
	memset(&head, 0, sizeof head);
	head.n = (uint32_t)r->n;
	head.entity = r->entity;
	head.kind = (uint8_t)r->kind;
	head.type = r->type;
	head.lasting = lasting;
	if (t->file < 0 && t->memory.len + sizeof head + r->n <= TXN_MEMORY) {
		buffer_add(&t->memory, &head, sizeof head);
		buffer_add(&t->memory, r->bytes, r->n);
	} else {
		if (!file_open(t, err) || !file_write(t, t->file_len, &head, sizeof head, err) ||
		    !file_write(t, t->file_len + sizeof head, r->bytes, r->n, err))
			return false;
		t->file_len += sizeof head + r->n;
	}
	t->records++;
	t->changes += is_change(r->kind);
	return true;
}

/* ---- serving ---- */

void txn_rewind(struct txn *t)
{
	t->memory_at = 0;
	t->file_at = 0;
}

static int next_record(struct txn *t, struct txn_head *head, const uint8_t **bytes, struct error *err)
{
	if (t->memory_at < t->memory.len) {
		memcpy(head, t->memory.data + t->memory_at, sizeof *head);
		*bytes = (const uint8_t *)t->memory.data + t->memory_at + sizeof *head;
		t->memory_at += sizeof *head + head->n;
		return 1;
	}
	if (t->file_at >= t->file_len)
		return 0;
	if (!file_read(t, t->file_at, head, sizeof *head, err))
		return -1;
	shrink(&t->served);
	buffer_fill(&t->served, 0, head->n);
	if (head->n > 0 && !file_read(t, t->file_at + sizeof *head, t->served.data, head->n, err))
		return -1;
	*bytes = (const uint8_t *)t->served.data;
	t->file_at += sizeof *head + head->n;
	return 1;
}

int txn_next(struct txn *t, struct txn_record *out, struct error *err)
{
	struct txn_head head;
	const uint8_t *bytes;
	int got = next_record(t, &head, &bytes, err);

	if (got == 1)
		*out = (struct txn_record){(enum txn_record_kind)head.kind, head.entity, head.type, bytes, head.n};
	return got;
}

/* ---- savepoints ---- */

static int mark_find(const struct txn *t, const char *name)
{
	for (int i = t->mark_count; i-- > 0;)
		if (strcasecmp(t->marks[i].name, name) == 0) /* as the servers compare them */
			return i;
	return -1;
}

void txn_mark(struct txn *t, const char *name)
{
	/* A name that is set again moves. */
	txn_release(t, name);
	if (t->mark_count == t->mark_cap)
		t->marks = memory_grow(t->marks, sizeof *t->marks * (size_t)(t->mark_cap = t->mark_cap ? t->mark_cap * 2 : 8));
	t->marks[t->mark_count++] = (struct txn_mark_at){memory_text(name), t->memory.len, t->file_len, t->records, t->changes};
}

void txn_release(struct txn *t, const char *name)
{
	int i = mark_find(t, name);

	if (i < 0)
		return;
	free(t->marks[i].name);
	memmove(&t->marks[i], &t->marks[i + 1], sizeof *t->marks * (size_t)(t->mark_count - i - 1));
	t->mark_count--;
}

/* What is neither a row nor undone with rows: maps are needed by what lasts, shapes change at once. */
static bool survives(const struct txn_head *head)
{
	return head->lasting || !is_change((enum txn_record_kind)head->kind);
}

/* Keeps, of what came after a place, what lasts. It is read and added again: rollbacks after rows are rare. */
static bool back_to(struct txn *t, const struct txn_mark_at *mark, struct error *err)
{
	struct txn kept;
	struct txn_head head;
	struct txn_record r;
	const uint8_t *bytes;
	int got;

	txn_init(&kept, t->folder);
	t->memory_at = mark->memory;
	t->file_at = mark->file;
	while ((got = next_record(t, &head, &bytes, err)) == 1) {
		r = (struct txn_record){(enum txn_record_kind)head.kind, head.entity, head.type, bytes, head.n};
		if (survives(&head) && !txn_add(&kept, &r, head.lasting, err))
			break;
	}
	if (got == 0) {
		buffer_cut(&t->memory, mark->memory);
		t->file_len = mark->file;
		t->records = mark->records;
		t->changes = mark->changes;
		txn_rewind(&kept);
		while ((got = txn_next(&kept, &r, err)) == 1)
			if (!txn_add(t, &r, true, err))
				break;
	}
	txn_done(&kept);
	return got == 0;
}

bool txn_back_to(struct txn *t, const char *name, struct error *err)
{
	int i = mark_find(t, name);

	if (i < 0)
		return error_set(err, ERROR_REFUSED, "could not roll back to a savepoint that was not logged");
	marks_cut(t, i + 1);
	return back_to(t, &t->marks[i], err);
}

bool txn_back_all(struct txn *t, struct error *err)
{
	marks_cut(t, 0);
	return back_to(t, &(struct txn_mark_at){0}, err);
}
