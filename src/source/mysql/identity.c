/* Who the server is, and who we are to it. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "source/mysql/private.h"

/* A MySQL server has a uuid of its own. A MariaDB server has none: its number and host name stand in for it; a server restored under
 * both is told by its log (stream.c, failure.c). */
bool mysql_know_server(struct mysql *m, struct error *err)
{
	const struct mysql_server *s = mysql_client_server(m->control);
	char *mode = NULL;

	free(m->identity);
	if (s->uuid && *s->uuid)
		m->identity = memory_format("mysql %s %s", s->uuid, m->url.database);
	else
		m->identity = memory_format("mariadb %" PRIu32 " %s %s", s->server_id, s->host ? s->host : "", m->url.database);
	m->gtid_mode = false;
	if (!s->mariadb && s->version >= 50605) {
		mode = mysql_client_cell(m->control, "SELECT @@global.gtid_mode", err);
		if (!mode && err && err->code)
			return false;
		m->gtid_mode = mode && strcasecmp(mode, "ON") == 0;
		free(mode);
	}
	/* MySQL logs what foreign keys do from 9.6 on. */
	m->logs_cascades = !s->mariadb && s->version >= 90600;
	return true;
}

/* ---- ourselves ---- */

/* The file of a state folder that no other process of ours uses holds the id and the uuid: two programs must not share one. */
static int identity_open(const char *folder, int number, struct error *err)
{
	char *path = number > 1 ? memory_format("%s/mysql-replica-id.%d", folder, number) : memory_format("%s/mysql-replica-id", folder);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fd < 0) {
		error_set(err, errno == EACCES ? ERROR_PERMISSION : ERROR_REPLICA, "could not open \"%s\": %s", path, strerror(errno));
	} else if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
		close(fd);
		fd = -2;
	}
	free(path);
	return fd;
}

static bool identity_read(struct mysql *m)
{
	char text[96] = {0};
	ssize_t n = pread(m->id_lock, text, sizeof text - 1, 0);

	return n > 0 && sscanf(text, "%" SCNu32 " %36s", &m->server_id, m->uuid) == 2 && m->server_id >= UINT32_C(0x80000000) && strlen(m->uuid) == 36;
}

static bool identity_make(struct mysql *m, struct error *err)
{
	uint8_t b[16];
	char text[96];

	/* The upper half: administrators number their servers from 1. */
	m->server_id = UINT32_C(0x80000000) | randombytes_random();
	if (m->server_id == UINT32_MAX)
		m->server_id--;
	randombytes_buf(b, sizeof b);
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(m->uuid, sizeof m->uuid, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5], b[6],
		 b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	int n = snprintf(text, sizeof text, "%" PRIu32 " %s\n", m->server_id, m->uuid);
	return (ftruncate(m->id_lock, 0) == 0 && pwrite(m->id_lock, text, (size_t)n, 0) == n && fsync(m->id_lock) == 0) ||
	       error_set(err, ERROR_REPLICA, "could not write mysql-replica-id in \"%s\": %s", m->state_folder, strerror(errno));
}

#define PROGRAMS_MOST 256 /* of one user on one machine */

bool mysql_know_self(struct mysql *m, struct error *err)
{
	if (m->id_lock >= 0)
		return true;
	for (int i = 1; i <= PROGRAMS_MOST && m->id_lock < 0; i++) {
		m->id_lock = identity_open(m->state_folder, i, err);
		if (m->id_lock == -1)
			return false;
	}
	if (m->id_lock < 0)
		return error_set(err, ERROR_REPLICA, "could not find a free replica id in \"%s\"", m->state_folder);
	return identity_read(m) || identity_make(m, err);
}
