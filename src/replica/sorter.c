#include "config.h"

#include "replica/sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#define RUN_BUFFER ((size_t)64 * 1024)

struct record {
	uint64_t head;   /* the first bytes as a number that sorts as they do: most comparisons end there */
	uint32_t offset; /* in data, which never reaches 4 GB */
	uint32_t len;
};

/* A run on disk, read through a window: records are a length (u32) and the bytes. */
struct run {
	off_t at, end;
	char *window;
	size_t have, used, cap;
	const char *record;
	uint32_t len;
};

struct sorter {
	char *folder;
	size_t memory;
	struct buffer data;
	struct record *records;
	size_t count, cap;
	int64_t total;
	int file; /* -1: nothing was spilled */
	off_t size;
	struct run *runs;
	size_t run_count;
	size_t *heap; /* of runs, smallest record first */
	size_t heap_count;
	size_t next; /* of records, when nothing was spilled */
	bool advance; /* the top run's record was given out */
};

struct sorter *sorter_new(const char *folder, size_t memory)
{
	struct sorter *s = memory_zero(1, sizeof *s);
	s->folder = memory_text(folder);
	s->memory = memory < UINT32_MAX / 2 ? memory : UINT32_MAX / 2;
	s->file = -1;
	return s;
}

void sorter_free(struct sorter *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->run_count; i++)
		free(s->runs[i].window);
	if (s->file >= 0)
		close(s->file);
	buffer_done(&s->data);
	free(s->records);
	free(s->runs);
	free(s->heap);
	free(s->folder);
	free(s);
}

int64_t sorter_count(const struct sorter *s)
{
	return s->total;
}

static int order(const char *a, size_t an, const char *b, size_t bn)
{
	int c = memcmp(a, b, an < bn ? an : bn);
	return c ? c : (an > bn) - (an < bn);
}

static uint64_t head_of(const char *p, size_t n)
{
	uint64_t head = 0;
	for (size_t i = 0; i < sizeof head; i++)
		head = head << 8 | (i < n ? (unsigned char)p[i] : 0);
	return head;
}

static int compare_records(const void *x, const void *y, void *data)
{
	const struct record *a = x, *b = y;
	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	return order((char *)data + a->offset, a->len, (char *)data + b->offset, b->len);
}

static bool failed(struct sorter *s, struct error *err)
{
	int cause = errno;
	error_set(err, cause == ENOSPC ? ERROR_FULL : ERROR_PERMISSION, "could not sort in folder \"%s\": %s", s->folder, strerror(cause));
	return false;
}

static bool open_file(struct sorter *s, struct error *err)
{
	if (s->file >= 0)
		return true;
	s->file = open(s->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->file >= 0)
		return true;
	/* Not every file system knows unnamed files. */
	char *name = memory_format("%s/.sort-XXXXXX", s->folder);
	s->file = mkostemp(name, O_CLOEXEC);
	if (s->file >= 0)
		unlink(name);
	free(name);
	return s->file >= 0 || failed(s, err);
}

static bool write_all(struct sorter *s, const struct buffer *b, struct error *err)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = pwrite(s->file, b->data + done, b->len - done, s->size + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(s, err);
		done += (size_t)n;
	}
	s->size += (off_t)b->len;
	return true;
}

static void sort_records(struct sorter *s)
{
	if (s->count)
		qsort_r(s->records, s->count, sizeof *s->records, compare_records, s->data.data);
}

static bool spill(struct sorter *s, struct error *err)
{
	if (!s->count)
		return true;
	if (!open_file(s, err))
		return false;
	sort_records(s);
	struct buffer out = {0};
	off_t start = s->size;
	bool ok = true;
	for (size_t i = 0; ok && i < s->count; i++) {
		buffer_add(&out, &s->records[i].len, sizeof s->records[i].len);
		buffer_add(&out, s->data.data + s->records[i].offset, s->records[i].len);
		if (out.len >= RUN_BUFFER * 4) {
			ok = write_all(s, &out, err);
			buffer_clear(&out);
		}
	}
	ok = ok && write_all(s, &out, err);
	buffer_done(&out);
	if (!ok)
		return false;
	s->runs = memory_grow(s->runs, (s->run_count + 1) * sizeof *s->runs);
	s->runs[s->run_count++] = (struct run){.at = start, .end = s->size};
	s->count = 0;
	buffer_clear(&s->data);
	return true;
}

bool sorter_add(struct sorter *s, const void *p, size_t n, struct error *err)
{
	if (s->data.len + n + s->count * sizeof(struct record) > s->memory && !spill(s, err))
		return false;
	if (s->count == s->cap)
		s->records = memory_grow(s->records, (s->cap = s->cap ? s->cap * 2 : 4096) * sizeof *s->records);
	s->records[s->count++] = (struct record){head_of(p, n), (uint32_t)s->data.len, (uint32_t)n};
	buffer_add(&s->data, p, n);
	s->total++;
	return true;
}

/* Moves a run to its next record: 1, 0 at its end, -1 error. */
static int run_next(struct sorter *s, struct run *r, struct error *err)
{
	for (;;) {
		size_t left = r->have - r->used;
		if (left >= sizeof r->len) {
			memcpy(&r->len, r->window + r->used, sizeof r->len);
			if (left >= sizeof r->len + r->len) {
				r->record = r->window + r->used + sizeof r->len;
				r->used += sizeof r->len + r->len;
				return 1;
			}
		}
		if (r->at >= r->end && !left)
			return 0;
		size_t want = left >= sizeof r->len && r->len + sizeof r->len > RUN_BUFFER ? r->len + sizeof r->len : RUN_BUFFER;
		if (want > r->cap)
			r->window = memory_grow(r->window, r->cap = want);
		memmove(r->window, r->window + r->used, left);
		r->have = left;
		r->used = 0;
		size_t room = r->cap - left;
		if ((off_t)room > r->end - r->at)
			room = (size_t)(r->end - r->at);
		ssize_t n = pread(s->file, r->window + left, room, r->at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = EIO;
			failed(s, err);
			return -1;
		}
		r->have += (size_t)n;
		r->at += n;
	}
}

static bool less(const struct sorter *s, size_t a, size_t b)
{
	return order(s->runs[a].record, s->runs[a].len, s->runs[b].record, s->runs[b].len) < 0;
}

static void sift(struct sorter *s, size_t i)
{
	for (;;) {
		size_t best = i, l = 2 * i + 1;
		if (l < s->heap_count && less(s, s->heap[l], s->heap[best]))
			best = l;
		if (l + 1 < s->heap_count && less(s, s->heap[l + 1], s->heap[best]))
			best = l + 1;
		if (best == i)
			return;
		size_t t = s->heap[i];
		s->heap[i] = s->heap[best];
		s->heap[best] = t;
		i = best;
	}
}

bool sorter_finish(struct sorter *s, struct error *err)
{
	if (!s->run_count) {
		sort_records(s);
		return true;
	}
	if (!spill(s, err))
		return false;
	buffer_done(&s->data);
	free(s->records);
	s->records = NULL;
	s->heap = memory_zero(s->run_count, sizeof *s->heap);
	for (size_t i = 0; i < s->run_count; i++) {
		int got = run_next(s, &s->runs[i], err);
		if (got < 0)
			return false;
		if (got)
			s->heap[s->heap_count++] = i;
	}
	for (size_t i = s->heap_count; i-- > 0;)
		sift(s, i);
	return true;
}

int sorter_next(struct sorter *s, const char **p, size_t *n, struct error *err)
{
	if (!s->run_count) {
		if (s->next == s->count)
			return 0;
		const struct record *r = &s->records[s->next++];
		*p = s->data.data + r->offset;
		*n = r->len;
		return 1;
	}
	if (s->advance && s->heap_count) {
		int got = run_next(s, &s->runs[s->heap[0]], err);
		if (got < 0)
			return -1;
		if (!got)
			s->heap[0] = s->heap[--s->heap_count];
		sift(s, 0);
	}
	if (!s->heap_count)
		return 0;
	const struct run *r = &s->runs[s->heap[0]];
	*p = r->record;
	*n = r->len;
	s->advance = true;
	return 1;
}
