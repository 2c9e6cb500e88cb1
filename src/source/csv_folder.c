#include "config.h"

#include "source/csv_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/* Names tried before giving up: nobody drops a file a thousand times. */
enum { CSV_NAMES_MAX = 10000 };

enum csv_place { CSV_DONE, CSV_FAILED, CSV_PLACES };
static const char *const csv_place_name[CSV_PLACES] = {[CSV_DONE] = "done", [CSV_FAILED] = "failed"};

struct csv_folder {
	char *path;
	int fd;
	int watch;
	uint64_t device, inode;
};

bool csv_identity_same(const struct csv_identity *a, const struct csv_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size && a->modified == b->modified;
}

static struct csv_identity csv_identity_of(const struct stat *st)
{
	return (struct csv_identity){
		.device = st->st_dev,
		.inode = st->st_ino,
		.size = st->st_size,
		.modified = st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec,
		.changed = st->st_ctim.tv_sec * INT64_C(1000000000) + st->st_ctim.tv_nsec,
	};
}

/* ---- the folder ---- */

static enum error_code csv_folder_code(int cause)
{
	return cause == EACCES || cause == EPERM ? ERROR_PERMISSION : ERROR_UNREACHABLE;
}

struct csv_folder *csv_folder_open(const char *path, struct error *err)
{
	char *absolute = realpath(path, NULL);
	int fd = absolute ? open(absolute, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	struct csv_folder *f;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		int cause = errno;

		error_set(err, csv_folder_code(cause), "could not open drop folder \"%s\": %s", path, strerror(cause));
		if (cause == ENOENT)
			error_hint(err, "make the folder, or correct the path in csv:DIR");
		if (fd >= 0)
			close(fd);
		free(absolute);
		return NULL;
	}
	f = memory_zero(1, sizeof(*f));
	f->path = absolute;
	f->fd = fd;
	f->device = st.st_dev;
	f->inode = st.st_ino;
	f->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (f->watch >= 0 && inotify_add_watch(f->watch, absolute, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
		close(f->watch);
		f->watch = -1;
	}
	return f;
}

void csv_folder_close(struct csv_folder *f)
{
	if (!f)
		return;
	if (f->watch >= 0)
		close(f->watch);
	close(f->fd);
	free(f->path);
	free(f);
}

const char *csv_folder_path(const struct csv_folder *f)
{
	return f->path;
}

/* A descriptor outlives its folder: one that was removed, or covered by a mount, would look empty for ever. */
static bool csv_folder_present(struct csv_folder *f, struct error *err)
{
	struct stat st;

	if (stat(f->path, &st) != 0)
		return error_set(err, ERROR_UNREACHABLE, "could not read drop folder \"%s\": %s", f->path,
				 strerror(errno));
	if (st.st_dev != f->device || st.st_ino != f->inode)
		return error_set(err, ERROR_UNREACHABLE,
				 "could not read drop folder \"%s\": another folder took its place", f->path);
	return true;
}

bool csv_folder_list(struct csv_folder *f, void (*fn)(void *ctx, const char *name), void *ctx, struct error *err)
{
	struct dirent *entry;
	DIR *dir;
	int fd;

	if (!csv_folder_present(f, err))
		return false;
	fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		int cause = errno;

		if (fd >= 0)
			close(fd);
		return error_set(err, csv_folder_code(cause), "could not read drop folder \"%s\": %s", f->path,
				 strerror(cause));
	}
	errno = 0;
	while ((entry = readdir(dir))) {
		fn(ctx, entry->d_name);
		errno = 0;
	}
	if (errno != 0) {
		error_set(err, ERROR_UNREACHABLE, "could not read drop folder \"%s\": %s", f->path, strerror(errno));
		closedir(dir);
		return false;
	}
	closedir(dir);
	return true;
}

/* ---- one file ---- */

enum csv_opened csv_folder_file(struct csv_folder *f, const char *name, int *fd, struct csv_identity *id,
				struct error *err)
{
	struct stat st;

	*fd = -1;
	/* Looked at before it is opened: opening a pipe is an event for whoever waits at its other end. */
	if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		if (errno == ENOENT)
			return CSV_OPEN_GONE;
	} else if (!S_ISREG(st.st_mode)) {
		return CSV_OPEN_REFUSED;
	} else {
		*fd = openat(f->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	}
	if (*fd >= 0 && fstat(*fd, &st) == 0) {
		*id = csv_identity_of(&st);
		if (S_ISREG(st.st_mode))
			return CSV_OPENED;
		close(*fd);
		*fd = -1;
		return CSV_OPEN_REFUSED;
	}
	if (errno == ENOENT)
		return CSV_OPEN_GONE;
	if (errno == ELOOP)
		return CSV_OPEN_REFUSED;
	error_set(err, ERROR_UNREACHABLE, "could not read \"%s/%s\": %s", f->path, name, strerror(errno));
	if (errno == EACCES)
		error_hint(err, "let the user who runs tellerdesk read it; later batches wait for it");
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return CSV_OPEN_ERROR;
}

enum csv_writer csv_folder_writer(int fd)
{
	/* A read lease is refused while anybody has the file open for writing. Should somebody open it in the
	 * instant we hold the lease, we are told by a signal; the default, SIGIO, would end the process. */
	if (fcntl(fd, F_SETSIG, SIGURG) != 0 || fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return errno == EAGAIN ? CSV_WRITER_SOME : CSV_WRITER_UNKNOWN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return CSV_WRITER_NONE;
}

/* ---- moving ---- */

/* done/ or failed/ as a descriptor, made if it is not there; -1 with errno. It is opened for each
 * use, since people tidy up: a descriptor kept would follow a folder that was renamed or removed. */
static int csv_place_open(struct csv_folder *f, enum csv_place place, bool make)
{
	if (make && mkdirat(f->fd, csv_place_name[place], 0700) != 0 && errno != EEXIST)
		return -1;
	return openat(f->fd, csv_place_name[place], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int csv_folder_done_file(struct csv_folder *f, const char *name)
{
	int place = csv_place_open(f, CSV_DONE, false);
	int fd;

	if (place < 0)
		return -1;
	fd = openat(place, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(place);
	return fd;
}

/* rename that never overwrites, on file systems that cannot promise it too. */
static bool csv_rename(int from, const char *name, int to, const char *wanted)
{
	if (renameat2(from, name, to, wanted, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	if (faccessat(to, wanted, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return false;
	}
	return renameat(from, name, to, wanted) == 0;
}

static bool csv_is_identity(int folder, const char *name, const struct csv_identity *id)
{
	struct csv_identity now;
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	now = csv_identity_of(&st);
	return csv_identity_same(&now, id);
}

static bool csv_reason_write(int place, const char *name, const char *reason)
{
	char *path = memory_format("%s.reason", name);
	int fd = openat(place, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t n = strlen(reason);
	bool good = fd >= 0 && write(fd, reason, n) == (ssize_t)n && fsync(fd) == 0;
	int cause = errno;

	if (fd >= 0)
		close(fd);
	free(path);
	errno = cause ? cause : ENOSPC;
	return good;
}

/* One attempt, as `wanted`. The reason is there before the file, so that no file is ever without; one that
 * was written for an attempt that a crash ended is written anew. */
static enum csv_move csv_move_as(struct csv_folder *f, const char *name, int place, const char *wanted,
				 const struct csv_identity *id, const char *reason)
{
	if (faccessat(place, wanted, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return CSV_MOVE_ERROR;
	}
	if (!csv_is_identity(f->fd, name, id))
		return CSV_MOVE_CHANGED;
	if (reason && !csv_reason_write(place, wanted, reason))
		return CSV_MOVE_ERROR;
	if (!csv_rename(f->fd, name, place, wanted))
		return errno == ENOENT ? CSV_MOVE_CHANGED : CSV_MOVE_ERROR;
	if (csv_is_identity(place, wanted, id))
		return CSV_MOVED;
	/* Somebody put another file in its place between the look and the move: it goes back. */
	csv_rename(place, wanted, f->fd, name);
	return CSV_MOVE_CHANGED;
}

static enum csv_move csv_move(struct csv_folder *f, const char *name, enum csv_place place, const char *suffix,
			      const struct csv_identity *id, const char *reason, struct error *err)
{
	int to = csv_place_open(f, place, true);
	enum csv_move moved = CSV_MOVE_ERROR;

	for (int i = 1; to >= 0 && i < CSV_NAMES_MAX; i++) {
		char *wanted = i == 1 ? memory_format("%s%s", name, suffix) : memory_format("%s%s.%d", name, suffix, i);
		int cause;

		moved = csv_move_as(f, name, to, wanted, id, reason);
		cause = errno;
		free(wanted);
		errno = cause;
		if (moved != CSV_MOVE_ERROR || cause != EEXIST)
			break;
	}
	if (moved == CSV_MOVE_ERROR) {
		error_set(err, ERROR_UNREACHABLE, "could not move \"%s/%s\" to %s/: %s", f->path, name,
			  csv_place_name[place], strerror(errno));
		error_hint(err, "the user who runs tellerdesk must be able to write into the drop folder");
	}
	if (to >= 0)
		close(to);
	return moved;
}

enum csv_move csv_folder_done(struct csv_folder *f, const char *name, const struct csv_identity *id, bool again,
			      struct error *err)
{
	return csv_move(f, name, CSV_DONE, again ? ".again" : "", id, NULL, err);
}

enum csv_move csv_folder_failed(struct csv_folder *f, const char *name, const struct csv_identity *id,
				const char *reason, struct error *err)
{
	return csv_move(f, name, CSV_FAILED, "", id, reason, err);
}

void csv_folder_sync(struct csv_folder *f)
{
	/* The place first: a power cut between the two must show the file twice rather than never. */
	for (int i = 0; i < CSV_PLACES; i++) {
		int place = csv_place_open(f, (enum csv_place)i, false);

		if (place < 0)
			continue;
		fsync(place);
		close(place);
	}
	fsync(f->fd);
}

/* ---- watching ---- */

int csv_folder_watch(const struct csv_folder *f)
{
	return f->watch;
}

bool csv_folder_events(struct csv_folder *f, void (*fn)(void *ctx, const char *name), void *ctx)
{
	_Alignas(struct inotify_event) char block[4096];
	bool any = false;
	ssize_t n;

	while (f->watch >= 0 && (n = read(f->watch, block, sizeof(block))) > 0) {
		const char *end = block + n;

		for (const char *p = block; p < end;) {
			const struct inotify_event *event = (const void *)p;

			if (event->len > 0)
				fn(ctx, event->name);
			p += sizeof(*event) + event->len;
		}
		any = true;
	}
	return any;
}
