/* writer_csv: generated rows as batches in a drop folder.
 *
 * A transaction becomes one file for each table it touched, all of one stamp. A
 * file is written under a hidden name and renamed when it is whole, stores before
 * customers before what they hold. Stamps are wall clock of Asia/Jakarta, as the
 * shipped models read them, and rise with every transaction: where transactions
 * come faster than seconds pass, they run ahead of the clock. The highest stamp
 * of the files in the folder, done/ and failed/ is where a new run starts from.
 *
 * The generator's bookkeeping is a hidden file, renamed into place last. A run
 * that is killed between the two writes its last transaction once more, under a
 * later stamp; rows that are equal change nothing.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/zone.h"
#include "generate/generator.h"
#include "generate/wall.h"
#include "generate/writer.h"
#include "source/csv_batch.h"

enum { WRITER_CSV_TABLES = WRITER_ASSET + 1, WRITER_CSV_NAME = 128, WRITER_CSV_NOTE_MAX = 4096 };

/* Rows collected before they are written: a transaction of any size takes this much memory. */
#define WRITER_CSV_FLUSH (256 * 1024)

static const struct {
	const char *name, *header;
} writer_csv_table[WRITER_CSV_TABLES] = {
	[WRITER_STORE] = {"store", "store_id,name,city\n"},
	[WRITER_CUSTOMER] = {"customer_info", "cif,name,birthdate,gender,address,city,country,email,phone,store_id,"
					      "registered_at,changed_by\n"},
	[WRITER_PRODUCT] = {"bank_product", "productid,cif,producttype,opendate,status\n"},
	[WRITER_ASSET] = {"customer_asset", "assetid,cif,assettype,assetvalue,valuation_date\n"},
};

static const char writer_csv_note_name[] = ".tellerdesk-generator";

struct writer_csv {
	struct writer base;
	char *path;
	int folder;
	const struct zone *zone;
	int64_t last;                 /* the last stamp, as an instant in whole seconds; TIME_NONE: none */
	int64_t stamp;                /* of the open transaction, YYYYMMDDhhmmss */
	int files[WRITER_CSV_TABLES]; /* -1: the open transaction did not touch the table */
	struct buffer rows[WRITER_CSV_TABLES];
	char *note; /* to be kept with the open transaction */
	struct csv_position position;
	struct buffer text;
};

static struct writer_csv *writer_csv_of(struct writer *w)
{
	return (struct writer_csv *)w;
}

static bool writer_csv_fail(const struct writer_csv *w, const char *name, struct error *err)
{
	enum error_code code = errno == EACCES || errno == EPERM ? ERROR_PERMISSION : ERROR_UNREACHABLE;

	return error_set(err, errno == ENOSPC ? ERROR_FULL : code, "could not write \"%s/%s\": %s", w->path, name,
			 strerror(errno));
}

/* ---- stamps ---- */

static int64_t writer_csv_number(const struct writer_csv *w, int64_t at)
{
	struct civil c;

	zone_civil(w->zone, at, &c);
	return ((((c.year * INT64_C(100) + c.month) * 100 + c.day) * 100 + c.hour) * 100 + c.minute) * 100 + c.second;
}

/* The instant of the stamp in a file's name, done/NAME.again.2 and all; TIME_NONE: it is none of ours. */
static int64_t writer_csv_stamp(const struct writer_csv *w, const char *name)
{
	for (int t = 0; t < WRITER_CSV_TABLES; t++) {
		size_t n = strlen(writer_csv_table[t].name);
		struct civil c;
		int64_t at;

		if (strncmp(name, writer_csv_table[t].name, n) != 0 || name[n] != '_' ||
		    strspn(name + n + 1, "0123456789") != CSV_STAMP_LEN || strncmp(name + n + 15, ".csv", 4) != 0)
			continue;
		if (sscanf(name + n + 1, "%4d%2d%2d%2d%2d%2d", &c.year, &c.month, &c.day, &c.hour, &c.minute,
			   &c.second) != 6)
			continue;
		c.micro = 0;
		if (!civil_valid(&c))
			continue;
		zone_instant(w->zone, &c, &at);
		return at;
	}
	return TIME_NONE;
}

static void writer_csv_scan(struct writer_csv *w, const char *place)
{
	int fd = openat(w->folder, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return; /* done/ and failed/ need not be there */
	}
	while ((entry = readdir(dir))) {
		int64_t at = writer_csv_stamp(w, entry->d_name);

		if (at > w->last)
			w->last = at;
	}
	closedir(dir);
}

/* ---- open and close ---- */

static void writer_csv_name(const struct writer_csv *w, int table, char out[WRITER_CSV_NAME], bool hidden)
{
	snprintf(out, WRITER_CSV_NAME, "%s%s_%014" PRId64 ".csv", hidden ? "." : "", writer_csv_table[table].name,
		 w->stamp);
}

/* What the open transaction has written goes. */
static void writer_csv_forget(struct writer_csv *w)
{
	char name[WRITER_CSV_NAME];

	for (int t = 0; t < WRITER_CSV_TABLES; t++) {
		buffer_clear(&w->rows[t]);
		if (w->files[t] < 0)
			continue;
		close(w->files[t]);
		w->files[t] = -1;
		writer_csv_name(w, t, name, true);
		unlinkat(w->folder, name, 0);
	}
	free(w->note);
	w->note = NULL;
}

static void writer_csv_close(struct writer *base)
{
	struct writer_csv *w = writer_csv_of(base);

	writer_csv_forget(w);
	for (int t = 0; t < WRITER_CSV_TABLES; t++)
		buffer_done(&w->rows[t]);
	csv_position_done(&w->position);
	buffer_done(&w->text);
	if (w->folder >= 0)
		close(w->folder);
	free(w->path);
	free(w);
}

static struct writer *writer_csv_open(const char *target, struct error *err)
{
	const char *path = strncmp(target, "csv:", 4) == 0 ? target + 4 : target;
	struct writer_csv *w;

	if (!*path) {
		error_set(err, ERROR_USAGE, "could not write to \"%s\": it names no folder", target);
		error_hint(err, "csv:DIR, such as csv:/var/spool/bank");
		return NULL;
	}
	w = memory_zero(1, sizeof(*w));
	w->base.ops = &writer_csv_ops;
	w->path = memory_text(path);
	w->last = TIME_NONE;
	for (int t = 0; t < WRITER_CSV_TABLES; t++)
		w->files[t] = -1;
	w->zone = wall_zone();
	w->folder = -1;
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		w->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->folder < 0) {
		error_set(err, errno == EACCES || errno == EPERM ? ERROR_PERMISSION : ERROR_UNREACHABLE,
			  "could not open drop folder \"%s\": %s", path, strerror(errno));
		writer_csv_close(&w->base);
		return NULL;
	}
	writer_csv_scan(w, ".");
	writer_csv_scan(w, "done");
	writer_csv_scan(w, "failed");
	return &w->base;
}

/* ---- rows ---- */

static void writer_csv_text(struct buffer *out, const char *text)
{
	buffer_char(out, ',');
	csv_field_add(out, text, strlen(text), false);
}

/* "" is NULL. */
static void writer_csv_optional(struct buffer *out, const char *text)
{
	buffer_char(out, ',');
	csv_field_add(out, *text ? text : NULL, strlen(text), false);
}

static void writer_csv_person(const struct writer_csv *w, struct buffer *out, const struct person *p)
{
	struct civil c;

	zone_civil(w->zone, p->registered_at, &c);
	buffer_format(out, "%" PRId64, p->cif);
	writer_csv_text(out, p->name);
	writer_csv_text(out, p->birthdate);
	writer_csv_text(out, p->gender);
	writer_csv_text(out, p->address);
	writer_csv_text(out, p->city);
	writer_csv_text(out, p->country);
	writer_csv_optional(out, p->email);
	writer_csv_optional(out, p->phone);
	writer_csv_optional(out, p->store_id);
	buffer_format(out, ",%04d-%02d-%02d %02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
	if (c.micro)
		buffer_format(out, ".%06d", c.micro);
	writer_csv_optional(out, p->changed_by);
}

static void writer_csv_row(const struct writer_csv *w, struct buffer *out, enum writer_table table, const void *row)
{
	const struct shop *shop = row;
	const struct product *product = row;
	const struct asset *asset = row;

	switch (table) {
	case WRITER_STORE:
		csv_field_add(out, shop->store_id, strlen(shop->store_id), false);
		writer_csv_text(out, shop->name);
		writer_csv_text(out, shop->city);
		break;
	case WRITER_CUSTOMER:
		writer_csv_person(w, out, row);
		break;
	case WRITER_PRODUCT:
		buffer_format(out, "%" PRId64 ",%" PRId64, product->productid, product->cif);
		writer_csv_text(out, product->producttype);
		writer_csv_text(out, product->opendate);
		writer_csv_text(out, product->status);
		break;
	case WRITER_ASSET:
		buffer_format(out, "%" PRId64 ",%" PRId64, asset->assetid, asset->cif);
		writer_csv_text(out, asset->assettype);
		writer_csv_text(out, asset->assetvalue);
		writer_csv_text(out, asset->valuation_date);
		break;
	}
	buffer_char(out, '\n');
}

static bool writer_csv_flush(struct writer_csv *w, int table, struct error *err)
{
	struct buffer *rows = &w->rows[table];
	size_t at = 0;

	while (at < rows->len) {
		ssize_t n = write(w->files[table], rows->data + at, rows->len - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return writer_csv_fail(w, writer_csv_table[table].name, err);
		at += (size_t)n;
	}
	buffer_clear(rows);
	return true;
}

/* ---- transactions ---- */

static bool writer_csv_begin(struct writer *base, int64_t commit_time, struct error *err)
{
	struct writer_csv *w = writer_csv_of(base);
	int64_t at = commit_time - ((commit_time % SECOND) + SECOND) % SECOND;

	(void)err;
	writer_csv_forget(w); /* of a transaction that failed half-way */
	if (w->last != TIME_NONE && at <= w->last)
		at = w->last + SECOND;
	w->last = at;
	w->stamp = writer_csv_number(w, at);
	return true;
}

static bool writer_csv_put(struct writer *base, enum writer_op op, enum writer_table table, const void *row,
			   struct error *err)
{
	struct writer_csv *w = writer_csv_of(base);
	char name[WRITER_CSV_NAME];

	if (op == WRITER_DELETE)
		return error_set(err, ERROR_USAGE,
				 "could not write a deletion: a row that is absent from a batch stays");
	if (w->files[table] < 0) {
		writer_csv_name(w, table, name, true);
		w->files[table] = openat(w->folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (w->files[table] < 0)
			return writer_csv_fail(w, name, err);
		buffer_text_add(&w->rows[table], writer_csv_table[table].header);
	}
	writer_csv_row(w, &w->rows[table], table, row);
	return w->rows[table].len < WRITER_CSV_FLUSH || writer_csv_flush(w, table, err);
}

static bool writer_csv_publish(struct writer_csv *w, int table, struct error *err)
{
	char hidden[WRITER_CSV_NAME], name[WRITER_CSV_NAME];
	int fd = w->files[table];

	writer_csv_name(w, table, hidden, true);
	writer_csv_name(w, table, name, false);
	if (!writer_csv_flush(w, table, err))
		return false;
	w->files[table] = -1;
	if (close(fd) != 0 || renameat2(w->folder, hidden, w->folder, name, RENAME_NOREPLACE) != 0) {
		writer_csv_fail(w, name, err);
		unlinkat(w->folder, hidden, 0);
		return false;
	}
	csv_position_take(&w->position, writer_csv_table[table].name, w->stamp);
	return true;
}

static bool writer_csv_keep_note(struct writer_csv *w, struct error *err)
{
	char *hidden = memory_format("%s.tmp", writer_csv_note_name);
	int fd = openat(w->folder, hidden, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t n = strlen(w->note);
	bool good = fd >= 0 && write(fd, w->note, n) == (ssize_t)n;

	if (fd >= 0)
		good = close(fd) == 0 && good;
	good = good && renameat(w->folder, hidden, w->folder, writer_csv_note_name) == 0;
	if (!good)
		writer_csv_fail(w, writer_csv_note_name, err);
	free(hidden);
	return good;
}

static bool writer_csv_commit(struct writer *base, struct error *err)
{
	struct writer_csv *w = writer_csv_of(base);

	for (int t = 0; t < WRITER_CSV_TABLES; t++) {
		if (w->files[t] >= 0 && !writer_csv_publish(w, t, err))
			return false;
	}
	if (w->note && !writer_csv_keep_note(w, err))
		return false;
	free(w->note);
	w->note = NULL;
	return true;
}

static const char *writer_csv_position(struct writer *base)
{
	struct writer_csv *w = writer_csv_of(base);

	buffer_clear(&w->text);
	csv_position_print(&w->position, &w->text);
	return buffer_text(&w->text);
}

static bool writer_csv_resume(struct writer *base, struct buffer *state, struct error *err)
{
	struct writer_csv *w = writer_csv_of(base);
	int fd = openat(w->folder, writer_csv_note_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[WRITER_CSV_NOTE_MAX];
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT || writer_csv_fail(w, writer_csv_note_name, err);
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n < 0)
		return writer_csv_fail(w, writer_csv_note_name, err);
	buffer_add(state, text, (size_t)n);
	return true;
}

static bool writer_csv_note(struct writer *base, const char *state, struct error *err)
{
	struct writer_csv *w = writer_csv_of(base);

	(void)err;
	free(w->note);
	w->note = memory_text(state);
	return true;
}

const struct writer_ops writer_csv_ops = {
	.scheme = "csv",
	.deletes = false,
	.apart = SECOND,
	.open = writer_csv_open,
	.begin = writer_csv_begin,
	.put = writer_csv_put,
	.commit = writer_csv_commit,
	.position = writer_csv_position,
	.resume = writer_csv_resume,
	.note = writer_csv_note,
	.close = writer_csv_close,
};
