#include "config.h"

#include "source/mysql/xa.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "binlog/event.h"
#include "source/mysql/txn.h"

static const char xa_magic[8] = "tdxa\0\0\0\2";

#define XA_NAME        "mysql-xa-"
#define XA_PLACE_MOST ((uint32_t)1 << 20)

struct xa_record {
	uint32_t n;
	int32_t entity;
	uint8_t kind, type;
	uint8_t nothing[2];
};

struct xa_file {
	FILE *file;
	const char *path;
	uint32_t crc;
	bool failed;
};

#define XA_HASH 16

/* How the names of all of a server begin. */
static void xa_prefix(const char *identity, char out[sizeof XA_NAME + 2 * XA_HASH])
{
	unsigned char hash[XA_HASH];

	crypto_generichash(hash, sizeof hash, (const unsigned char *)identity, strlen(identity), NULL, 0);
	memcpy(out, XA_NAME, sizeof XA_NAME - 1);
	sodium_bin2hex(out + sizeof XA_NAME - 1, 2 * sizeof hash + 1, hash, sizeof hash);
}

char *xa_path(const struct xa_name *x)
{
	unsigned char hash[XA_HASH];
	char hex[2 * sizeof hash + 1], prefix[sizeof XA_NAME + 2 * XA_HASH];
	crypto_generichash_state state;
	uint8_t shape[6] = {(uint8_t)x->format, (uint8_t)(x->format >> 8), (uint8_t)(x->format >> 16), (uint8_t)(x->format >> 24), x->gtrid_len,
			    x->bqual_len};

	crypto_generichash_init(&state, NULL, 0, sizeof hash);
	crypto_generichash_update(&state, shape, sizeof shape);
	crypto_generichash_update(&state, x->xid, (size_t)x->gtrid_len + x->bqual_len);
	crypto_generichash_final(&state, hash, sizeof hash);
	sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
	xa_prefix(x->identity, prefix);
	return memory_format("%s/%s-%s", x->folder, prefix, hex);
}

void xa_forget(const char *path)
{
	unlink(path);
}

void xa_forget_all(const char *folder, const char *identity)
{
	char prefix[sizeof XA_NAME + 2 * XA_HASH];
	DIR *d = opendir(folder);

	xa_prefix(identity, prefix);
	for (struct dirent *entry; d && (entry = readdir(d));)
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
}

static void xa_write(struct xa_file *f, const void *p, size_t n)
{
	if (n == 0)
		return;
	f->crc = (uint32_t)crc32(f->crc, p, (uInt)n);
	f->failed |= fwrite(p, 1, n, f->file) != n;
}

static void xa_read(struct xa_file *f, void *p, size_t n)
{
	if (n == 0 || f->failed)
		return;
	f->failed |= fread(p, 1, n, f->file) != n;
	if (!f->failed)
		f->crc = (uint32_t)crc32(f->crc, p, (uInt)n);
}

static bool xa_fail(const char *what, const char *path, struct error *err)
{
	enum error_code code = errno == ENOSPC || errno == EDQUOT ? ERROR_FULL : ERROR_REPLICA;

	return error_set(err, code, "could not %s a prepared transaction, \"%s\": %s", what, path, strerror(errno));
}

static bool sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool write_all(struct xa_file *f, const char *place, const struct binlog_format *format, struct txn *t, struct error *err)
{
	struct txn_record r;
	int64_t count = t->records;
	uint8_t mariadb = format->mariadb;
	uint32_t place_len = (uint32_t)strlen(place);
	int got;

	xa_write(f, xa_magic, sizeof xa_magic);
	xa_write(f, &mariadb, 1);
	xa_write(f, format->post, sizeof format->post);
	xa_write(f, &place_len, sizeof place_len);
	xa_write(f, place, place_len);
	xa_write(f, &count, sizeof count);
	txn_rewind(t);
	while ((got = txn_next(t, &r, err)) == 1) {
		struct xa_record head = {(uint32_t)r.n, r.entity, (uint8_t)r.kind, r.type, {0}};
		xa_write(f, &head, sizeof head);
		xa_write(f, r.bytes, r.n);
	}
	uint32_t crc = f->crc;
	xa_write(f, &crc, sizeof crc);
	return got == 0;
}

bool xa_save(const struct xa_name *x, const char *place, const struct binlog_format *format, struct txn *t, struct error *err)
{
	char *path = xa_path(x), *part = memory_format("%s.part", path);
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct xa_file f = {.file = fd >= 0 ? fdopen(fd, "wb") : NULL, .path = path};
	bool ok = f.file || xa_fail("keep", path, err);

	if (ok) {
		ok = write_all(&f, place, format, t, err);
		bool synced = !f.failed && fflush(f.file) == 0 && fsync(fileno(f.file)) == 0;
		synced = fclose(f.file) == 0 && synced;
		if (ok && (!synced || rename(part, path) != 0 || !sync_folder(x->folder)))
			ok = xa_fail("keep", path, err);
		if (!ok)
			unlink(part);
	}
	free(part);
	free(path);
	return ok;
}

static bool read_records(struct xa_file *f, int64_t count, struct txn *t, struct error *err)
{
	struct xa_record head;
	uint8_t *bytes = NULL;
	bool ok = true;

	for (int64_t i = 0; ok && i < count; i++) {
		xa_read(f, &head, sizeof head);
		if (f->failed || head.n > UINT32_C(1) << 30)
			break;
		bytes = memory_grow(bytes, head.n + 1);
		xa_read(f, bytes, head.n);
		struct txn_record r = {(enum txn_record_kind)head.kind, head.entity, head.type, bytes, head.n};
		ok = !f->failed && txn_add(t, &r, false, err);
	}
	free(bytes);
	return ok;
}

static void read_place(struct xa_file *f, struct buffer *place)
{
	uint32_t n = 0;

	xa_read(f, &n, sizeof n);
	f->failed |= n > XA_PLACE_MOST;
	buffer_clear(place);
	buffer_fill(place, 0, f->failed ? 0 : n);
	xa_read(f, place->data, place->len);
}

/* Nothing of a file that is damaged is used: it is as if it were not there. */
int xa_load(const struct xa_name *x, struct buffer *place, struct binlog_format *format, struct txn *t, struct error *err)
{
	char *path = xa_path(x), magic[sizeof xa_magic] = {0};
	struct xa_file f = {.file = fopen(path, "rbe"), .path = path};
	int64_t count = 0;
	uint8_t mariadb = 0;
	uint32_t crc, stored = 0;
	int found = 0;

	free(path);
	txn_clear(t);
	if (!f.file)
		return 0;
	xa_read(&f, magic, sizeof magic);
	xa_read(&f, &mariadb, 1);
	xa_read(&f, format->post, sizeof format->post);
	read_place(&f, place);
	xa_read(&f, &count, sizeof count);
	if (!f.failed && memcmp(magic, xa_magic, sizeof magic) == 0) {
		found = read_records(&f, count, t, err) ? 1 : err->code ? -1 : 0;
		crc = f.crc;
		xa_read(&f, &stored, sizeof stored);
		if (found == 1 && (f.failed || stored != crc))
			found = 0;
	}
	format->mariadb = mariadb;
	fclose(f.file);
	if (found != 1)
		txn_clear(t);
	return found;
}
