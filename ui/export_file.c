#include "config.h"

#include "ui/export_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"

enum { EXPORT_NAME = 60 /* bytes of the name in that of the temporary file */ };

static void export_file_done(struct export_file *f)
{
	free(f->path);
	free(f->temporary);
	*f = (struct export_file){.fd = -1};
}

static bool export_file_fail(const struct export_file *f, int cause, struct error *err)
{
	bool full = cause == ENOSPC || cause == EDQUOT;
	if (cause == ECANCELED)
		return error_set(err, ERROR_CANCELLED, "the export was cancelled, no file was written");
	error_set(err,
		  full              ? ERROR_FULL
		  : cause == EEXIST ? ERROR_USAGE
				    : ERROR_PERMISSION,
		  "could not write \"%s\": %s", f->path, strerror(cause));
	if (full)
		return error_hint(err, "make room on that disk, or name another folder; nothing was left behind");
	if (cause == EACCES || cause == EPERM || cause == EROFS)
		return error_hint(err, "name a folder you may write to; the setting export-dir proposes it");
	if (cause == ENOENT || cause == ENOTDIR)
		return error_hint(err, "there is no such folder: name one that exists");
	return false;
}

/* What stdio hands over. Short writes are no failure, what is left is written next. */
static ssize_t export_file_write(void *cookie, const char *from, size_t n)
{
	struct export_file *f = cookie;
	size_t done = 0;
	while (done < n && !f->failure) {
		ssize_t wrote = *f->stop ? -1 : write(f->fd, from + done, n - done);
		if (wrote >= 0)
			done += (size_t)wrote;
		else if (*f->stop)
			f->failure = ECANCELED;
		else if (errno != EINTR)
			f->failure = errno;
	}
	*f->bytes += (int64_t)done;
	return done ? (ssize_t)done : -1;
}

/* A device or a folder is never replaced, whoever asks for it. */
static bool export_file_ordinary(const char *path, struct error *err)
{
	struct stat st;
	if (lstat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
		return true;
	error_set(err, ERROR_USAGE, "could not write \"%s\": it is there, and no ordinary file", path);
	return error_hint(err, "name a file that is not there yet");
}

bool export_file_open(struct export_file *f, const char *path, const atomic_bool *stop, _Atomic int64_t *bytes,
		      struct error *err)
{
	*f = (struct export_file){.fd = -1, .stop = stop, .bytes = bytes};
	if (!export_file_ordinary(path, err))
		return false;
	f->path = memory_text(path);
	const char *name = strrchr(path, '/');
	name = name ? name + 1 : path;
	/* Beside its name, so that the rename stays on one disk; hidden, for what lists the folder meanwhile. */
	int kept = (int)(strlen(name) > EXPORT_NAME ? text_whole(name, EXPORT_NAME) : strlen(name));
	f->temporary = memory_format("%.*s.%.*s.XXXXXX", (int)(name - path), path, kept, name);
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	if (f->fd < 0) {
		export_file_fail(f, errno, err);
		export_file_done(f);
		return false;
	}
	f->out = fopencookie(f, "w", (cookie_io_functions_t){.write = export_file_write});
	if (!f->out)
		memory_exhausted();
	return true;
}

/* Takes the name; what has it meanwhile is kept unless `overwrite`. */
static int export_file_publish(const struct export_file *f, bool overwrite)
{
	if (overwrite)
		return rename(f->temporary, f->path) == 0 ? 0 : errno;
	if (link(f->temporary, f->path) == 0)
		return unlink(f->temporary) == 0 ? 0 : errno;
	/* A file system without hard links. */
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return errno;
	return renameat2(AT_FDCWD, f->temporary, AT_FDCWD, f->path, RENAME_NOREPLACE) == 0 ? 0 : errno;
}

bool export_file_close(struct export_file *f, bool overwrite, struct error *err)
{
	bool written = fclose(f->out) == 0 && !f->failure;
	int cause = f->failure ? f->failure : written ? 0 : EIO;
	if (!cause && *f->stop)
		cause = ECANCELED;
	if (!cause && fsync(f->fd) != 0 && errno != EINVAL)
		cause = errno;
	if (close(f->fd) != 0 && !cause)
		cause = errno;
	if (!cause)
		cause = export_file_publish(f, overwrite);
	if (cause) {
		unlink(f->temporary);
		export_file_fail(f, cause, err);
	}
	export_file_done(f);
	return cause == 0;
}
