#include "config.h"

#include "full_disk.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct disk_file {
	sqlite3_file base;
	bool limited, log;
	sqlite3_file *real; /* behind this struct */
};

static struct {
	sqlite3_vfs vfs, *real;
	char path[512];
	_Atomic int64_t limit;
	atomic_int code, refused;
	atomic_bool unsynced, sync_fails;
	void (*before_read)(void);
} disk;

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct disk_file *)f)->real;
}

/* ---- the limit ---- */

void full_disk_limit(int64_t bytes, int code)
{
	disk.refused = 0;
	disk.code = code;
	disk.limit = bytes;
}

void full_disk_before_read(void (*wait)(void))
{
	disk.before_read = wait;
}

int full_disk_refused(void)
{
	return disk.refused;
}

bool full_disk_unsynced(void)
{
	return disk.unsynced;
}

void full_disk_fail_sync(bool fails)
{
	disk.sync_fails = fails;
}

int64_t full_disk_used(void)
{
	static const char *const suffixes[] = {"", "-wal", "-journal"};
	int64_t used = 0;
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		char name[600];
		struct stat st;
		snprintf(name, sizeof name, "%s%s", disk.path, suffixes[i]);
		if (stat(name, &st) == 0)
			used += st.st_size;
	}
	return used;
}

static bool has_room(sqlite3_file *f, int64_t end)
{
	sqlite3_int64 size = 0;
	int64_t limit = disk.limit;
	if (limit < 0 || !((struct disk_file *)f)->limited)
		return true;
	real_of(f)->pMethods->xFileSize(real_of(f), &size);
	if (end <= size || full_disk_used() + (end - size) <= limit)
		return true;
	disk.refused++;
	return false;
}

/* ---- a file ---- */

static int disk_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int disk_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	if (disk.before_read && ((struct disk_file *)f)->limited)
		disk.before_read();
	return real_of(f)->pMethods->xRead(real_of(f), to, n, at);
}

static int disk_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	if (((struct disk_file *)f)->log)
		disk.unsynced = true;
	return has_room(f, at + n) ? real_of(f)->pMethods->xWrite(real_of(f), from, n, at) : disk.code;
}

static int disk_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int disk_sync(sqlite3_file *f, int flags)
{
	if (((struct disk_file *)f)->log && disk.sync_fails)
		return SQLITE_IOERR_FSYNC;
	if (((struct disk_file *)f)->log)
		disk.unsynced = false;
	return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int disk_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int disk_lock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int disk_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int disk_check_lock(sqlite3_file *f, int *held)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), held);
}

static int disk_control(sqlite3_file *f, int op, void *argument)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, argument);
}

static int disk_sector(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int disk_traits(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int disk_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}

static int disk_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void disk_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int disk_shm_unmap(sqlite3_file *f, int delete)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), delete);
}

static int disk_fetch(sqlite3_file *f, sqlite3_int64 at, int n, void **out)
{
	return real_of(f)->pMethods->xFetch(real_of(f), at, n, out);
}

static int disk_unfetch(sqlite3_file *f, sqlite3_int64 at, void *page)
{
	return real_of(f)->pMethods->xUnfetch(real_of(f), at, page);
}

static const sqlite3_io_methods disk_methods = {
	.iVersion = 3,
	.xClose = disk_close,
	.xRead = disk_read,
	.xWrite = disk_write,
	.xTruncate = disk_truncate,
	.xSync = disk_sync,
	.xFileSize = disk_size,
	.xLock = disk_lock,
	.xUnlock = disk_unlock,
	.xCheckReservedLock = disk_check_lock,
	.xFileControl = disk_control,
	.xSectorSize = disk_sector,
	.xDeviceCharacteristics = disk_traits,
	.xShmMap = disk_shm_map,
	.xShmLock = disk_shm_lock,
	.xShmBarrier = disk_shm_barrier,
	.xShmUnmap = disk_shm_unmap,
	.xFetch = disk_fetch,
	.xUnfetch = disk_unfetch,
};

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct disk_file *file = (struct disk_file *)f;
	(void)vfs;
	memset(file, 0, sizeof *file);
	file->real = (sqlite3_file *)(void *)(file + 1);
	file->limited = name && strncmp(name, disk.path, strlen(disk.path)) == 0;
	file->log = file->limited && strcmp(name + strlen(disk.path), "-wal") == 0;
	int rc = disk.real->xOpen(disk.real, name, file->real, flags, out);
	/* A file that could not be opened is closed all the same when it has methods. */
	if (file->real->pMethods)
		file->base.pMethods = &disk_methods;
	return rc;
}

void full_disk_install(const char *path)
{
	snprintf(disk.path, sizeof disk.path, "%s", path);
	disk.limit = -1;
	disk.real = sqlite3_vfs_find(NULL);
	disk.vfs = *disk.real;
	disk.vfs.zName = "full_disk";
	disk.vfs.szOsFile = (int)sizeof(struct disk_file) + disk.real->szOsFile;
	disk.vfs.xOpen = disk_open;
	sqlite3_vfs_register(&disk.vfs, 1);
}
