#include "config.h"

#include "replica/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"
#include "replica/replica.h"

/* Not in every linux/magic.h. */
#ifndef SMB2_SUPER_MAGIC
#define SMB2_SUPER_MAGIC 0xFE534D42
#endif
#ifndef CIFS_SUPER_MAGIC
#define CIFS_SUPER_MAGIC 0xFF534D42
#endif

static char *lock_path(const char *path)
{
	return memory_format("%s.lock", path);
}

int lock_open(const char *path)
{
	char *name = lock_path(path);
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int cause = errno;
	free(name);
	errno = cause;
	return fd;
}

int64_t lock_holder(int fd)
{
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	int64_t pid = 0;
	if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) {
		char text[32] = {0};
		pid = pread(fd, text, sizeof text - 1, 0) > 0 ? strtoll(text, NULL, 10) : -1;
		if (pid <= 0)
			pid = -1;
	}
	return pid;
}

int64_t replica_writer(const char *path)
{
	int fd = lock_open(path);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	int64_t pid = lock_holder(fd);
	close(fd);
	return pid;
}

/* An open-file-description lock: it belongs to this descriptor, threads and closed copies do not lose it. */
int lock_take(const char *path, struct error *err)
{
	char *name = lock_path(path);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		error_set(err, errno == EACCES || errno == EROFS || errno == EPERM ? ERROR_PERMISSION : ERROR_REPLICA,
		          "could not open lock \"%s\": %s", name, strerror(errno));
		free(name);
		return -1;
	}
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
		close(fd);
		int64_t pid = replica_writer(path);
		error_set(err, ERROR_REPLICA, "could not write replica \"%s\": process %lld writes it", path, (long long)pid);
		error_hint(err, "end that process, or use another --replica");
		free(name);
		return -1;
	}
	char text[32];
	int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
	/* On a full disk the lock holds all the same, only the name of its holder is missing. */
	if (ftruncate(fd, 0) == 0)
		n -= (int)pwrite(fd, text, (size_t)n, 0);
	free(name);
	return fd;
}

/* WAL needs memory shared by processes of one host: on a network file system two hosts would damage the file. */
bool lock_on_network(const char *path, struct error *err)
{
	struct statfs fs;
	char *folder = memory_text(path);
	char *slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	bool network = statfs(slash ? folder : ".", &fs) == 0 &&
	               (fs.f_type == NFS_SUPER_MAGIC || fs.f_type == SMB_SUPER_MAGIC || fs.f_type == SMB2_SUPER_MAGIC || fs.f_type == CIFS_SUPER_MAGIC);
	free(folder);
	if (network) {
		error_set(err, ERROR_REPLICA, "could not open replica \"%s\": it is on a network file system", path);
		error_hint(err, "put it on a local disk with --replica");
	}
	return network;
}
