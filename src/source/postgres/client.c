#include "config.h"

#include "source/postgres/client.h"

#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "pgoutput/cell.h"
#include "source/postgres/client_private.h"
#include "source/postgres/fault.h"
#include "source/postgres/url.h"
#include "source/resolve.h"

#define CLIENT_PATIENCE (60 * SECOND)
#define CLIENT_CONNECT  (10 * SECOND) /* where the URL does not say */
#define LISTEN_MOST     64            /* reads of the library, some 16 KB each */

/* ---- failing ---- */

/* A line for each host that was tried; what begins with a tab only guesses. */
static void note_lines(struct buffer *out, const char *text)
{
	for (size_t n; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		if (n && *text != '\t') {
			buffer_text_add(out, out->len ? "; " : "");
			buffer_add(out, text, n);
		}
	}
}

/* What the server said beside any answer comes as text alone: told at length, its code is in it. */
static void note_text(struct postgres_client *c)
{
	const char *text = PQerrorMessage(c->handle), *found = NULL;

	memset(c->sqlstate, 0, sizeof c->sqlstate);
	buffer_clear(&c->words);
	for (const char *p = strstr(text, ": "); p && !found; p = strstr(p + 2, ": ")) {
		const char *state = p + 1 + strspn(p + 1, " ");
		/* FATAL has five letters too, but every code has a digit. */
		if (strspn(state, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && strcspn(state, "0123456789") < 5 && state[5] == ':' && state[6] == ' ') {
			memcpy(c->sqlstate, state, 5);
			found = state + 7;
		}
	}
	if (found)
		buffer_add(&c->words, found, strcspn(found, "\n"));
	else
		note_lines(&c->words, text);
}

static void note_connect(struct postgres_client *c)
{
	note_text(c);
	c->end = CLIENT_BROKEN;
}

void client_note(struct postgres_client *c, const PGresult *r)
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL, *words = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	note_text(c);
	if (words) {
		memset(c->sqlstate, 0, sizeof c->sqlstate);
		if (state)
			strncpy(c->sqlstate, state, sizeof c->sqlstate - 1);
		buffer_clear(&c->words);
		buffer_add(&c->words, words, strcspn(words, "\n"));
	}
	if (PQstatus(c->handle) == CONNECTION_BAD)
		c->end = CLIENT_BROKEN;
}

bool client_fail(struct postgres_client *c, const char *what, struct error *err)
{
	struct buffer text = {0};

	if (c->end == CLIENT_STOPPED)
		return error_set(err, ERROR_INTERRUPTED, "could not %s server %s: stopped", what, c->name);
	if (c->end == CLIENT_SILENT)
		return error_set(err, ERROR_UNREACHABLE, "could not %s server %s: it does not answer", what, c->name);
	postgres_fault_text(&text, c->sqlstate, buffer_text(&c->words));
	error_set(err, postgres_fault_code(c->sqlstate, buffer_text(&c->words)), "could not %s server %s: %s", what, c->name, buffer_text(&text));
	const char *hint = postgres_fault_hint(c->sqlstate, buffer_text(&c->words));
	if (hint)
		error_hint(err, "%s", hint);
	buffer_done(&text);
	return false;
}

const char *postgres_client_sqlstate(const struct postgres_client *c)
{
	return c->sqlstate;
}

const char *postgres_client_words(const struct postgres_client *c)
{
	return buffer_text(&c->words);
}

/* ---- waiting ---- */

bool client_wait(struct postgres_client *c, short events, int64_t deadline)
{
	struct pollfd fds[2] = {{.fd = c->stop, .events = POLLIN}, {.fd = PQsocket(c->handle), .events = events}};

	for (;;) {
		int64_t left = deadline == TIME_NONE ? -1 : deadline - clock_mono();
		if (deadline != TIME_NONE && left < 0) {
			c->end = CLIENT_SILENT;
			return false;
		}
		int n = poll(fds, 2, left < 0 ? -1 : (int)(left / 1000 + 1));
		if (n > 0 && fds[0].revents) {
			c->end = CLIENT_STOPPED;
			return false;
		}
		if (n > 0)
			return true;
	}
}

static int64_t client_deadline(const struct postgres_client *c)
{
	return c->patience ? clock_mono() + c->patience : TIME_NONE;
}

static bool broken(struct postgres_client *c)
{
	client_note(c, NULL);
	c->end = CLIENT_BROKEN;
	return false;
}

bool client_flush(struct postgres_client *c)
{
	int64_t deadline = client_deadline(c);

	for (;;) {
		int left = PQflush(c->handle);
		if (left == 0)
			return true;
		if (left < 0)
			return broken(c);
		/* What the server says meanwhile is taken, or both would wait for each other. */
		if (!client_wait(c, POLLIN | POLLOUT, deadline))
			return false;
		if (!PQconsumeInput(c->handle))
			return broken(c);
	}
}

PGresult *client_result(struct postgres_client *c)
{
	int64_t deadline = client_deadline(c);

	while (PQisBusy(c->handle)) {
		if (!client_wait(c, POLLIN, deadline))
			return NULL;
		if (!PQconsumeInput(c->handle)) {
			broken(c);
			return NULL;
		}
	}
	return PQgetResult(c->handle);
}

/* ---- opening ---- */

static const char *option(const PQconninfoOption *o, const char *name)
{
	for (; o && o->keyword; o++)
		if (strcmp(o->keyword, name) == 0)
			return o->val && *o->val ? o->val : NULL;
	return NULL;
}

static char *client_place(PGconn *handle, const PQconninfoOption *o)
{
	const char *user = option(o, "user"), *host = handle ? PQhost(handle) : NULL, *port = handle ? PQport(handle) : NULL;

	host = host && *host ? host : option(o, "host");
	port = port && *port ? port : option(o, "port");
	user = user ? user : "";
	if (host && *host == '/')
		return memory_format("%s%s%s", user, *user ? "@" : "", host);
	return memory_format(host && strchr(host, ':') ? "%s%s[%s]:%s" : "%s%s%s:%s", user, *user ? "@" : "", host ? host : "localhost", port ? port : "5432");
}

/* Names are looked up here first, where it can be stopped: the library's own look-up cannot. */
static bool client_resolve(struct postgres_client *c, const char *hosts, int64_t deadline, struct error *err)
{
	const char *cause = "";

	for (const char *p = hosts; p && *p; p += strcspn(p, ","), p += *p == ',') {
		char *host = memory_text_n(p, strcspn(p, ","));
		enum resolve_end end = *host && *host != '/' && *host != '@' ? resolve_host(host, c->stop, deadline, &cause) : RESOLVE_KNOWN;
		free(host);
		if (end == RESOLVE_STOPPED)
			c->end = CLIENT_STOPPED;
		if (end == RESOLVE_SILENT)
			c->end = CLIENT_SILENT;
		if (c->end != CLIENT_FINE)
			return client_fail(c, "reach", err);
	}
	return true;
}

static bool client_poll_connect(struct postgres_client *c, int64_t deadline)
{
	for (;;) {
		PostgresPollingStatusType next = PQconnectPoll(c->handle);
		if (next == PGRES_POLLING_OK)
			return true;
		if (next == PGRES_POLLING_FAILED) {
			note_connect(c);
			return false;
		}
		if (!client_wait(c, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
			return false;
	}
}

static bool client_connect(struct postgres_client *c, const struct postgres_client_params *p, struct error *err)
{
	PQconninfoOption *o = PQconninfoParse(p->url->conninfo, NULL);
	const char *seconds = option(o, "connect_timeout");
	int64_t timeout = seconds && atoi(seconds) > 0 ? atoi(seconds) * SECOND : CLIENT_CONNECT, deadline = clock_mono() + timeout;
	const char *const keywords[] = {"dbname", "fallback_application_name", "client_encoding", p->use == POSTGRES_REPLICATION ? "replication" : NULL, NULL};
	const char *const values[] = {p->url->conninfo, p->name ? p->name : "tellerdesk", "UTF8", "database", NULL};

	c->name = client_place(NULL, o);
	bool ok = client_resolve(c, option(o, "hostaddr") ? NULL : option(o, "host"), deadline, err);
	PQconninfoFree(o);
	if (!ok)
		return false;
	c->handle = PQconnectStartParams(keywords, values, 1);
	if (!c->handle)
		memory_exhausted();
	PQsetErrorVerbosity(c->handle, PQERRORS_VERBOSE);
	ok = PQstatus(c->handle) != CONNECTION_BAD;
	if (!ok)
		note_connect(c);
	ok = ok && client_poll_connect(c, deadline) && PQsetnonblocking(c->handle, 1) == 0;
	o = PQconninfo(c->handle);
	free(c->name);
	c->name = client_place(c->handle, o);
	PQconninfoFree(o);
	return ok || client_fail(c, "reach", err);
}

static void no_notices(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

static void client_know(struct postgres_client *c)
{
	const char *version = PQparameterStatus(c->handle, "server_version"), *cipher = PQsslInUse(c->handle) ? PQsslAttribute(c->handle, "cipher") : NULL;
	const char *host = PQhost(c->handle);

	version = version ? version : "";
	c->version_text = memory_text_n(version, strcspn(version, " "));
	c->server = (struct postgres_server){
		.version = PQserverVersion(c->handle),
		.version_text = c->version_text,
		.database = PQdb(c->handle),
		.user = PQuser(c->handle),
		.cipher = cipher ? cipher : "",
		.local = host && *host == '/',
		.pid = PQbackendPID(c->handle),
		.application = PQparameterStatus(c->handle, "application_name"),
	};
}

/* "-c name=value -c name=value" as one SELECT. */
static void add_settings(struct buffer *sql)
{
	for (const char *p = strstr(pgcell_settings, "-c "); p; p = strstr(p, "-c ")) {
		p += 3;
		const char *equals = strchr(p, '=');
		buffer_text_add(sql, ", set_config(");
		postgres_literal(sql, p, (size_t)(equals - p));
		buffer_text_add(sql, ", ");
		postgres_literal(sql, equals + 1, strcspn(equals + 1, " "));
		buffer_text_add(sql, ", false)");
	}
}

static bool client_settle(struct postgres_client *c, const struct postgres_client_params *p, struct error *err)
{
	struct buffer sql = {0};

	/* A reader that is serializable takes part in finding conflicts, and has others' statements fail for them. */
	buffer_text_add(&sql, "SELECT set_config('row_security', 'off', false), set_config('default_transaction_isolation', 'read committed', false)");
	add_settings(&sql);
	if (p->url->schema) {
		struct buffer name = {0};
		postgres_identifier(&name, p->url->schema);
		buffer_text_add(&sql, ", set_config('search_path', ");
		postgres_literal(&sql, buffer_text(&name), name.len);
		buffer_text_add(&sql, ", false)");
		buffer_done(&name);
	}
	bool ok = postgres_client_run(c, buffer_text(&sql), err);
	buffer_done(&sql);
	return ok;
}

struct postgres_client *postgres_client_open(const struct postgres_client_params *p, struct error *err)
{
	struct postgres_client *c = memory_zero(1, sizeof *c);

	c->stop = p->stop;
	c->patience = CLIENT_PATIENCE;
	if (client_connect(c, p, err)) {
		PQsetNoticeReceiver(c->handle, no_notices, NULL);
		client_know(c);
		if (client_settle(c, p, err))
			return c;
	}
	postgres_client_close(c);
	return NULL;
}

void postgres_client_close(struct postgres_client *c)
{
	if (!c)
		return;
	if (c->message)
		PQfreemem(c->message);
	PQfinish(c->handle);
	buffer_done(&c->words);
	free(c->version_text);
	free(c->name);
	free(c);
}

const struct postgres_server *postgres_client_server(const struct postgres_client *c)
{
	return &c->server;
}

const char *postgres_client_name(const struct postgres_client *c)
{
	return c->name;
}

void postgres_client_be_patient(struct postgres_client *c, bool patient)
{
	c->patience = patient ? 0 : CLIENT_PATIENCE;
}

/* ---- statements ---- */

bool postgres_client_ask(struct postgres_client *c, const char *sql, struct error *err)
{
	if (c->end != CLIENT_FINE)
		return client_fail(c, "ask", err);
	if (!PQsendQuery(c->handle, sql)) {
		broken(c);
		return client_fail(c, "ask", err);
	}
	return client_flush(c) || client_fail(c, "ask", err);
}

static bool result_is_good(ExecStatusType status)
{
	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY || status == PGRES_COPY_IN || status == PGRES_COPY_BOTH;
}

/* Takes all results of the statement; the first with rows, or the last, is kept. */
static bool client_answer(struct postgres_client *c, PGresult **kept, struct error *err)
{
	bool ok = true;
	PGresult *r;

	*kept = NULL;
	while ((r = client_result(c))) {
		ExecStatusType status = PQresultStatus(r);
		if (!result_is_good(status) && ok) {
			client_note(c, r);
			ok = false;
		}
		if (*kept && PQresultStatus(*kept) == PGRES_TUPLES_OK) {
			PQclear(r);
		} else {
			PQclear(*kept);
			*kept = r;
		}
		/* A copy has no end of its own. */
		if (status == PGRES_COPY_IN || status == PGRES_COPY_BOTH)
			break;
	}
	if (ok && c->end == CLIENT_FINE)
		return true;
	PQclear(*kept);
	*kept = NULL;
	return client_fail(c, "ask", err);
}

bool postgres_client_run(struct postgres_client *c, const char *sql, struct error *err)
{
	PGresult *r = NULL;
	bool ok = postgres_client_ask(c, sql, err) && client_answer(c, &r, err);

	PQclear(r);
	return ok;
}

bool postgres_client_runf(struct postgres_client *c, struct error *err, const char *format, ...)
{
	struct buffer sql = {0};
	va_list args;

	va_start(args, format);
	buffer_format_list(&sql, format, args);
	va_end(args);
	bool ok = postgres_client_run(c, buffer_text(&sql), err);
	buffer_done(&sql);
	return ok;
}

bool postgres_client_answer(struct postgres_client *c, struct postgres_rows *out, struct error *err)
{
	PGresult *r;

	*out = (struct postgres_rows){0};
	if (!client_answer(c, &r, err))
		return false;
	out->result = r;
	out->columns = r ? PQnfields(r) : 0;
	out->count = r ? PQntuples(r) : 0;
	out->cells = memory_zero((size_t)out->columns + 1, sizeof *out->cells);
	out->lens = memory_zero((size_t)out->columns + 1, sizeof *out->lens);
	return true;
}

void postgres_client_listen(struct postgres_client *c)
{
	for (int i = 0; i < LISTEN_MOST && c->end == CLIENT_FINE && PQisBusy(c->handle); i++) {
		struct pollfd fd = {.fd = PQsocket(c->handle), .events = POLLIN};
		if (poll(&fd, 1, 0) <= 0 || !PQconsumeInput(c->handle))
			return;
	}
}

bool postgres_client_is_busy(const struct postgres_client *c)
{
	return PQtransactionStatus(c->handle) == PQTRANS_ACTIVE;
}

bool postgres_client_rows(struct postgres_client *c, const char *sql, struct postgres_rows *out, struct error *err)
{
	*out = (struct postgres_rows){0};
	return postgres_client_ask(c, sql, err) && postgres_client_answer(c, out, err);
}

bool postgres_rows_next(struct postgres_rows *r)
{
	if (r->at >= r->count)
		return false;
	int row = (int)r->at++;
	for (int i = 0; i < r->columns; i++) {
		r->cells[i] = PQgetisnull(r->result, row, i) ? NULL : PQgetvalue(r->result, row, i);
		r->lens[i] = (size_t)PQgetlength(r->result, row, i);
	}
	return true;
}

const char *postgres_rows_named(const struct postgres_rows *r, const char *column)
{
	int i = PQfnumber(r->result, column);

	return i < 0 ? NULL : r->cells[i];
}

void postgres_rows_done(struct postgres_rows *r)
{
	PQclear(r->result);
	free(r->cells);
	free(r->lens);
	*r = (struct postgres_rows){0};
}

char *postgres_client_cell(struct postgres_client *c, const char *sql, struct error *err)
{
	struct postgres_rows r;
	char *cell = NULL;

	if (!postgres_client_rows(c, sql, &r, err))
		return NULL;
	if (postgres_rows_next(&r) && r.columns > 0)
		cell = memory_text(r.cells[0]);
	postgres_rows_done(&r);
	return cell;
}

/* ---- words of SQL ---- */

void postgres_literal(struct buffer *out, const char *p, size_t n)
{
	bool escapes = memchr(p, '\\', n) != NULL;

	/* With E a backslash means the same whatever standard_conforming_strings is. */
	buffer_text_add(out, escapes ? "E'" : "'");
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\'' || p[i] == '\\')
			buffer_char(out, p[i]);
		buffer_char(out, p[i]);
	}
	buffer_char(out, '\'');
}

void postgres_identifier(struct buffer *out, const char *name)
{
	buffer_char(out, '"');
	for (; *name; name++) {
		if (*name == '"')
			buffer_char(out, '"');
		buffer_char(out, *name);
	}
	buffer_char(out, '"');
}
