#include "config.h"

#include "source/mysql/client.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "source/mysql/fault.h"
#include "source/mysql/library.h"
#include "source/resolve.h"
#include "source/mysql/url.h"

#define CLIENT_SILENCE 30 /* seconds */
#define CLIENT_STRICT  "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO"

struct mysql_client {
	MYSQL *handle;
	int stop;
	int64_t silence; /* microseconds */
	char *name;
	bool lost; /* given up in the middle of something: only closing is left */
	enum library_end end;
	unsigned number; /* of the last failure */
	struct mysql_server server;
	char *texts[3]; /* what server points into: version, host, uuid */
};

/* ---- failing ---- */

bool mysql_client_fail(struct mysql_client *c, const char *what, struct error *err)
{
	struct buffer text = {0};
	const char *hint;

	c->number = 0;
	if (c->end == LIBRARY_STOPPED)
		return error_set(err, ERROR_INTERRUPTED, "could not %s server %s: stopped", what, c->name);
	if (c->end == LIBRARY_SILENT)
		return error_set(err, ERROR_UNREACHABLE, "could not %s server %s: it does not answer", what, c->name);
	c->number = mysql_errno(c->handle);
	if (c->lost && c->number == 0)
		return error_set(err, ERROR_UNREACHABLE, "could not %s server %s: the connection was given up", what,
				 c->name);
	fault_text(&text, c->number, mysql_error(c->handle));
	error_set(err, fault_code(c->number, mysql_error(c->handle)), "could not %s server %s: %s", what, c->name,
		  buffer_text(&text));
	hint = fault_hint(c->number, mysql_error(c->handle));
	if (hint)
		error_hint(err, "%s", hint);
	buffer_done(&text);
	return false;
}

unsigned mysql_client_errno(const struct mysql_client *c)
{
	return c->number;
}

static bool client_ended(struct mysql_client *c, enum library_end end, const char *what, struct error *err)
{
	c->end = end;
	if (end != LIBRARY_DONE)
		c->lost = true;
	if (end == LIBRARY_DONE && mysql_errno(c->handle) == 0)
		return true;
	return mysql_client_fail(c, what, err);
}

/* ---- opening ---- */

static void client_library_once(void)
{
	if (mysql_library_init(0, NULL, NULL))
		memory_exhausted();
	library_begin();
}

void mysql_client_library(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, client_library_once);
}

static char *client_name(const struct library_place *p)
{
	const char *host = p->host && p->host[0] ? p->host : "localhost";
	const char *user = p->user ? p->user : "";
	const char *at = p->user ? "@" : "";

	if (p->socket)
		return memory_format("%s%s%s", user, at, p->socket);
	if (strcmp(host, "localhost") == 0 && !p->port)
		return memory_format("%s%s%s", user, at, host);
	return memory_format(strchr(host, ':') ? "%s%s[%s]:%u" : "%s%s%s:%u", user, at, host, p->port ? p->port : 3306);
}

/* Before the library looks the name up, which nothing can end. */
static bool client_resolve(struct mysql_client *c, const struct library_place *p, int64_t deadline, struct error *err)
{
	const char *cause = "";

	if (p->socket || !p->host || !p->host[0] || strcmp(p->host, "localhost") == 0)
		return true;
	switch (resolve_host(p->host, c->stop, deadline, &cause)) {
	case RESOLVE_STOPPED:
		return client_ended(c, LIBRARY_STOPPED, "reach", err);
	case RESOLVE_SILENT:
		error_set(err, ERROR_UNREACHABLE, "could not reach server %s: its name's server does not answer",
			  c->name);
		return false;
	case RESOLVE_UNKNOWN:
		error_set(err, ERROR_UNREACHABLE, "could not reach server %s: %s", c->name, cause);
		return error_hint(err, "is the host's name right? It is tried again");
	default:
		return true;
	}
}

static bool client_bare(const struct mysql_client *c, struct error *err)
{
	error_set(err, ERROR_REFUSED, "could not reach server %s: it offers no TLS, and ssl-mode asks for it", c->name);
	return error_hint(err, "set the server up for TLS (ssl_cert, ssl_key), or let ssl-mode be preferred");
}

static bool client_encrypted(struct mysql_client *c, const struct mysql_url *url, struct error *err)
{
	const char *cipher = mysql_get_ssl_cipher(c->handle);

	c->server.cipher = cipher ? cipher : "";
	c->server.local = library_local(c->handle);
	if (cipher || url->ssl < MYSQL_SSL_REQUIRED || c->server.local)
		return true;
	return client_bare(c, err);
}

/* "10.11.19-MariaDB-..." -> 101119; MariaDB may stand behind a "5.5.5-" that old replicas needed. */
static unsigned client_version(const char *text)
{
	unsigned part[3] = {0};

	if (strncmp(text, "5.5.5-", 6) == 0 && strstr(text, "MariaDB"))
		text += 6;
	for (int i = 0; i < 3; i++) {
		char *end;

		part[i] = (unsigned)strtoul(text, &end, 10);
		if (end == text || *end != '.')
			break;
		text = end + 1;
	}
	return part[0] * 10000 + part[1] * 100 + part[2];
}

static bool client_learn(struct mysql_client *c, struct error *err)
{
	struct mysql_server *s = &c->server;
	struct mysql_rows rows;
	bool ok = mysql_client_rows(c, "SELECT VERSION(), @@version_comment, @@server_id, @@hostname", &rows, err) &&
		  mysql_rows_next(&rows);

	if (ok) {
		c->texts[0] = memory_text(rows.cells[0] ? rows.cells[0] : "");
		c->texts[1] = memory_text(rows.cells[3] ? rows.cells[3] : "");
		s->mariadb =
			strcasestr(c->texts[0], "mariadb") || (rows.cells[1] && strcasestr(rows.cells[1], "mariadb"));
		s->server_id = rows.cells[2] ? (uint32_t)strtoul(rows.cells[2], NULL, 10) : 0;
		s->version = client_version(c->texts[0]);
	}
	mysql_rows_done(&rows);
	if (ok && !s->mariadb) {
		c->texts[2] = mysql_client_cell(c, "SELECT @@server_uuid", err);
		ok = c->texts[2] != NULL || err->code == ERROR_NONE;
	}
	s->version_text = c->texts[0] ? c->texts[0] : "";
	s->host = c->texts[1] ? c->texts[1] : "";
	s->uuid = c->texts[2] ? c->texts[2] : "";
	s->thread = mysql_thread_id(c->handle);
	return ok;
}

static bool client_set_up(struct mysql_client *c, bool writer, struct error *err)
{
	return mysql_client_runf(c, err, "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = '%s', autocommit = 1",
				 writer ? CLIENT_STRICT : "");
}

static bool client_connect(struct mysql_client *c, const struct mysql_client_params *p, struct error *err)
{
	int64_t deadline = clock_mono() + p->url->connect_timeout * SECOND;
	struct library_wait wait = {.handle = c->handle, .stop = c->stop, .deadline = deadline};
	struct library_place place;

	library_options(c->handle, p->url, &place);
	c->name = client_name(&place);
	if (!client_resolve(c, &place, deadline, err))
		return false;
	wait.silence = p->url->connect_timeout * SECOND;
	enum library_end end = library_connect(&wait, p->url);
	if (end == LIBRARY_BARE) {
		c->lost = true;
		return client_bare(c, err);
	}
	if (!client_ended(c, end, "reach", err))
		return false;
	library_settle(c->handle);
	return client_encrypted(c, p->url, err) && client_set_up(c, p->writer, err) && client_learn(c, err);
}

struct mysql_client *mysql_client_open(const struct mysql_client_params *p, struct error *err)
{
	struct mysql_client *c = memory_zero(1, sizeof *c);
	struct error own = {0};

	mysql_client_library();
	c->handle = mysql_init(NULL);
	if (!c->handle)
		memory_exhausted();
	c->stop = p->stop;
	c->silence = (p->timeout ? p->timeout : CLIENT_SILENCE) * SECOND;
	if (client_connect(c, p, &own))
		return c;
	if (err)
		*err = own;
	mysql_client_close(c);
	return NULL;
}

void mysql_client_close(struct mysql_client *c)
{
	if (!c)
		return;
	if (c->lost)
		library_cut(c->handle);
	mysql_close(c->handle);
	for (size_t i = 0; i < sizeof(c->texts) / sizeof(c->texts[0]); i++)
		free(c->texts[i]);
	free(c->name);
	free(c);
}

const struct mysql_server *mysql_client_server(const struct mysql_client *c)
{
	return &c->server;
}

const char *mysql_client_name(const struct mysql_client *c)
{
	return c->name;
}

struct st_mysql *mysql_client_handle(struct mysql_client *c)
{
	return (struct st_mysql *)c->handle;
}

/* ---- statements ---- */

static bool client_query(struct mysql_client *c, const char *sql, size_t n, MYSQL_RES **result, struct error *err)
{
	struct library_wait wait = {.handle = c->handle, .stop = c->stop, .silence = c->silence, .deadline = TIME_NONE};

	*result = NULL;
	if (c->lost) {
		c->end = LIBRARY_DONE;
		return mysql_client_fail(c, "query", err);
	}
	if (!client_ended(c, library_query(&wait, sql, n), "query", err))
		return false;
	if (mysql_field_count(c->handle) == 0)
		return true;
	return client_ended(c, library_store(&wait, result), "query", err);
}

bool mysql_client_run(struct mysql_client *c, const char *sql, size_t n, struct error *err)
{
	MYSQL_RES *result;
	bool ok = client_query(c, sql, n, &result, err);

	if (result)
		mysql_free_result(result);
	return ok;
}

bool mysql_client_runf(struct mysql_client *c, struct error *err, const char *format, ...)
{
	struct buffer sql = {0};
	va_list args;
	bool ok;

	va_start(args, format);
	buffer_format_list(&sql, format, args);
	va_end(args);
	ok = mysql_client_run(c, sql.data, sql.len, err);
	buffer_done(&sql);
	return ok;
}

bool mysql_client_rows(struct mysql_client *c, const char *sql, struct mysql_rows *out, struct error *err)
{
	MYSQL_RES *result;

	*out = (struct mysql_rows){0};
	if (!client_query(c, sql, strlen(sql), &result, err))
		return false;
	if (result) {
		out->result = (struct st_mysql_res *)result;
		out->columns = (int)mysql_num_fields(result);
		out->count = (int64_t)mysql_num_rows(result);
	}
	return true;
}

bool mysql_rows_next(struct mysql_rows *r)
{
	if (!r->result)
		return false;
	r->cells = mysql_fetch_row((MYSQL_RES *)r->result);
	r->lens = r->cells ? mysql_fetch_lengths((MYSQL_RES *)r->result) : NULL;
	return r->cells != NULL;
}

void mysql_rows_rewind(struct mysql_rows *r)
{
	if (r->result)
		mysql_data_seek((MYSQL_RES *)r->result, 0);
}

const char *mysql_rows_named(struct mysql_rows *r, const char *column)
{
	MYSQL_FIELD *fields = r->result ? mysql_fetch_fields((MYSQL_RES *)r->result) : NULL;

	for (int i = 0; fields && r->cells && i < r->columns; i++)
		if (strcasecmp(fields[i].name, column) == 0)
			return r->cells[i];
	return NULL;
}

void mysql_rows_done(struct mysql_rows *r)
{
	if (r->result)
		mysql_free_result((MYSQL_RES *)r->result);
	*r = (struct mysql_rows){0};
}

char *mysql_client_cell(struct mysql_client *c, const char *sql, struct error *err)
{
	struct mysql_rows rows;
	char *cell = NULL;

	if (err)
		error_clear(err);
	if (mysql_client_rows(c, sql, &rows, err) && mysql_rows_next(&rows) && rows.cells[0])
		cell = memory_text_n(rows.cells[0], rows.lens[0]);
	mysql_rows_done(&rows);
	return cell;
}

/* ---- text ---- */

/* The session speaks utf8mb4 and its backslash escapes, whatever an option file says; so no question to the library
 * what is a character. Bytes that are no UTF-8 cannot stand in a text. */
static void literal_hex(struct buffer *out, const char *p, size_t n)
{
	buffer_text_add(out, "x'");
	buffer_hex(out, p, n);
	buffer_char(out, '\'');
}

void mysql_literal(struct mysql_client *c, struct buffer *out, const char *p, size_t n)
{
	size_t from = 0;

	(void)c;
	if (!text_valid(p, n)) {
		literal_hex(out, p, n);
		return;
	}
	buffer_char(out, '\'');
	for (size_t i = 0; i < n; i++) {
		if (p[i] != '\'' && p[i] != '\\' && p[i] != 0)
			continue;
		buffer_add(out, p + from, i - from);
		buffer_char(out, '\\');
		buffer_char(out, p[i] ? p[i] : '0');
		from = i + 1;
	}
	buffer_add(out, p + from, n - from);
	buffer_char(out, '\'');
}

void mysql_identifier(struct buffer *out, const char *name)
{
	buffer_char(out, '`');
	for (; *name; name++) {
		if (*name == '`')
			buffer_char(out, '`');
		buffer_char(out, *name);
	}
	buffer_char(out, '`');
}
