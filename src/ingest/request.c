#include "config.h"

#include "ingest/request.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

static char *request_path(const char *replica_path, const char *suffix)
{
	return memory_format("%s.request%s", replica_path, suffix);
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	size_t n = strlen(text);
	bool ok = write(fd, text, n) == (ssize_t)n;
	return close(fd) == 0 && ok;
}

/* Not over another that waits, where the file system can tell. */
static bool put_in_place(const char *temporary, const char *path)
{
	if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return true;
	return errno == EINVAL && rename(temporary, path) == 0;
}

bool request_put(const char *replica_path, struct request *r, bool *taken, struct error *err)
{
	unsigned char random[16];
	randombytes_buf(random, sizeof random);
	sodium_bin2hex(r->id, sizeof r->id, random, sizeof random);
	char suffix[48];
	snprintf(suffix, sizeof suffix, ".%s", r->id);
	char *temporary = request_path(replica_path, suffix), *path = request_path(replica_path, "");
	json_t *json = json_pack("{s:s, s:s, s:b, s:b, s:s?}", "id", r->id, "entity", r->entity, "accept_server", r->accept_server, "adopt_model",
	                         r->adopt_model, "model", r->model);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	bool ok = text && write_file(temporary, text) && put_in_place(temporary, path);
	*taken = !ok && errno == EEXIST;
	if (!ok) {
		error_set(err, errno == EACCES ? ERROR_PERMISSION : ERROR_REPLICA, "could not write request \"%s\": %s", path, strerror(errno));
		unlink(temporary);
	}
	free(text);
	json_decref(json);
	free(temporary);
	free(path);
	return ok;
}

static void copy_text(char *to, size_t size, const json_t *from)
{
	const char *text = json_string_value(from);
	snprintf(to, size, "%s", text ? text : "");
}

bool request_take(const char *replica_path, struct request *r)
{
	char *path = request_path(replica_path, "");
	if (access(path, F_OK) != 0) {
		free(path);
		return false;
	}
	/* Whatever stands there, nothing is waited for. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	json_t *json = fd < 0 ? NULL : json_loadfd(fd, 0, NULL);
	if (fd >= 0)
		close(fd);
	unlink(path);
	free(path);
	memset(r, 0, sizeof *r);
	copy_text(r->id, sizeof r->id, json_object_get(json, "id"));
	copy_text(r->entity, sizeof r->entity, json_object_get(json, "entity"));
	r->model = memory_text(json_string_value(json_object_get(json, "model")));
	r->accept_server = json_is_true(json_object_get(json, "accept_server"));
	r->adopt_model = json_is_true(json_object_get(json, "adopt_model"));
	json_decref(json);
	if (r->id[0])
		return true;
	request_done(r);
	return false;
}

void request_done(struct request *r)
{
	free(r->model);
	r->model = NULL;
}
