#include "config.h"

#include "source/postgres/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/buffer.h"
#include "base/language.h"

#define HINT_RUNNING N_("is the server running, and does it listen there? It is tried again")
#define HINT_ACCOUNT N_("user and password come from ~/.pgpass or a service file; passfile= and service= in the URL name others")
#define HINT_EXPIRED N_("is it the password in ~/.pgpass or the service file? An account that has expired (VALID UNTIL) is told the same")
#define HINT_SECRET \
	N_("no line of ~/.pgpass, or of the passfile= in the URL, is for this host, port, database and user; or others may read the file (chmod 600)")
#define HINT_ENTRY   N_("pg_hba.conf of the server says who may connect from where, and to which database")
#define HINT_GRANT   N_("ask the database's administrator for the privilege; tellerdesk check-source prints the statements")
#define HINT_TLS     N_("sslmode= and sslrootcert= of the URL say how the connection is encrypted and the server is known")
#define HINT_NAME    N_("with sslmode=verify-full the host is called in the URL as its certificate calls it; hostaddr= says where it is")
#define HINT_SIGNED  N_("sslrootcert= in the URL names the certificate of the authority that signed the server's")
#define HINT_FULL    N_("the server has all the connections it allows; it is tried again")
#define HINT_RETRY   N_("it is tried again")

/* The first that begins a code, and whose words are in the message, is it. */
static const struct fault {
	const char *state;
	const char *only; /* NULL: always */
	enum error_code code;
	const char *hint;
} faults[] = {
	{"28P01", NULL, ERROR_PERMISSION, HINT_EXPIRED},
	{"28000", "pg_hba.conf", ERROR_PERMISSION, HINT_ENTRY},
	{"28", NULL, ERROR_PERMISSION, HINT_ACCOUNT},
	{"42501", NULL, ERROR_PERMISSION, HINT_GRANT},
	{"3D000", NULL, ERROR_REFUSED, N_("is the database's name right?")},
	{"53300", NULL, ERROR_UNREACHABLE, HINT_FULL},
	{"08", NULL, ERROR_UNREACHABLE, HINT_RETRY},
	{"40", NULL, ERROR_UNREACHABLE, HINT_RETRY},
	{"53", NULL, ERROR_UNREACHABLE, HINT_RETRY},
	{"55006", NULL, ERROR_UNREACHABLE, HINT_RETRY},
	{"55P03", NULL, ERROR_UNREACHABLE, HINT_RETRY},
	{"57", NULL, ERROR_UNREACHABLE, HINT_RETRY},
	{"58", NULL, ERROR_UNREACHABLE, HINT_RETRY},
	{"25006", NULL, ERROR_UNREACHABLE, HINT_RETRY},
	/* The library's own words, where the server said nothing. */
	{"", "no password supplied", ERROR_PERMISSION, HINT_SECRET},
	{"", "does not match host name", ERROR_REFUSED, HINT_NAME},
	{"", "certificate verify failed", ERROR_REFUSED, HINT_SIGNED},
	{"", "root certificate file", ERROR_REFUSED, HINT_SIGNED},
	{"", "certificate", ERROR_REFUSED, HINT_TLS},
	{"", "does not support SSL", ERROR_REFUSED, HINT_TLS},
	/* The system's own words for a name that is not known have a service in them. */
	{"", "could not translate host name", ERROR_UNREACHABLE, N_("is the host's name right? It is tried again")},
	{"", "service", ERROR_USAGE, N_("service= in the URL, or PGSERVICE, names a section of pg_service.conf")},
	{"", "No such file or directory", ERROR_UNREACHABLE, HINT_RUNNING},
	{"", "refused", ERROR_UNREACHABLE, HINT_RUNNING},
};

static const struct fault *fault_find(const char *sqlstate, const char *words)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		const struct fault *f = &faults[i];
		bool same = *f->state ? strncmp(sqlstate, f->state, strlen(f->state)) == 0 : *sqlstate == '\0';
		if (same && (!f->only || strstr(words, f->only)))
			return f;
	}
	return NULL;
}

enum error_code postgres_fault_code(const char *sqlstate, const char *words)
{
	const struct fault *f = fault_find(sqlstate, words);

	if (f)
		return f->code;
	return *sqlstate ? ERROR_REFUSED : ERROR_UNREACHABLE;
}

const char *postgres_fault_hint(const char *sqlstate, const char *words)
{
	const struct fault *f = fault_find(sqlstate, words);

	return f ? f->hint : *sqlstate ? NULL : HINT_RETRY;
}

/* Classes whose messages hold what a row or a statement holds. */
static bool tells_values(const char *sqlstate)
{
	return strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0;
}

void postgres_fault_text(struct buffer *out, const char *sqlstate, const char *words)
{
	size_t n = strcspn(words, "\n");
	const char *open = tells_values(sqlstate) ? memchr(words, '"', n) : NULL, *close = open ? memrchr(words, '"', n) : NULL;

	if (open && close > open) {
		buffer_add(out, words, (size_t)(open - words));
		buffer_text_add(out, "\"...\"");
		buffer_add(out, close + 1, n - (size_t)(close + 1 - words));
	} else {
		buffer_add(out, words, n);
	}
	if (*sqlstate)
		buffer_format(out, " (%s)", sqlstate);
}
