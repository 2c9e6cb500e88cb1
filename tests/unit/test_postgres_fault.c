/* What errors of a server, and of the library that speaks to it, mean here, and what a person is told to do. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "source/postgres/fault.h"

static const struct {
	const char *state, *words;
	enum error_code code;
	const char *says, *hint; /* hint: what is in it; NULL: there is none */
} cases[] = {
	{"28P01", "password authentication failed for user \"teller\"", ERROR_PERMISSION, "password authentication failed for user \"teller\" (28P01)", "VALID UNTIL"},
	{"28000", "no pg_hba.conf entry for host \"10.0.0.7\", user \"teller\", database \"bank\", no encryption", ERROR_PERMISSION,
	 "no pg_hba.conf entry for host \"10.0.0.7\", user \"teller\", database \"bank\", no encryption (28000)", "pg_hba.conf"},
	{"28000", "role \"teller\" is not permitted to log in", ERROR_PERMISSION, "role \"teller\" is not permitted to log in (28000)", "~/.pgpass"},
	{"42501", "permission denied for table store", ERROR_PERMISSION, "permission denied for table store (42501)", "check-source"},
	{"3D000", "database \"bnk\" does not exist", ERROR_REFUSED, "database \"bnk\" does not exist (3D000)", "name right"},
	{"53300", "sorry, too many clients already", ERROR_UNREACHABLE, "sorry, too many clients already (53300)", "all the connections"},
	{"57P03", "the database system is starting up", ERROR_UNREACHABLE, "the database system is starting up (57P03)", "tried again"},
	{"22P02", "invalid input syntax for type integer: \"hunter2\"", ERROR_REFUSED, "invalid input syntax for type integer: \"...\" (22P02)", NULL},
	{"42601", "syntax error at or near \"FRM\"", ERROR_REFUSED, "syntax error at or near \"FRM\" (42601)", NULL},
	{"", "connection to server at \"db\" (10.0.0.1), port 5432 failed: fe_sendauth: no password supplied", ERROR_PERMISSION,
	 "connection to server at \"db\" (10.0.0.1), port 5432 failed: fe_sendauth: no password supplied", "chmod 600"},
	{"", "connection to server at \"db\", port 5432 failed: server certificate for \"db1\" does not match host name \"db\"", ERROR_REFUSED,
	 "connection to server at \"db\", port 5432 failed: server certificate for \"db1\" does not match host name \"db\"", "hostaddr="},
	{"", "failed: SSL error: certificate verify failed", ERROR_REFUSED, "failed: SSL error: certificate verify failed", "sslrootcert="},
	{"", "failed: root certificate file \"/r.crt\" does not exist", ERROR_REFUSED, "failed: root certificate file \"/r.crt\" does not exist", "sslrootcert="},
	{"", "server does not support SSL, but SSL was required", ERROR_REFUSED, "server does not support SSL, but SSL was required", "sslmode="},
	{"", "definition of service \"bank\" not found", ERROR_USAGE, "definition of service \"bank\" not found", "PGSERVICE"},
	/* A service that starts before the network does must go on trying. */
	{"", "could not translate host name \"db\" to address: Name or service not known", ERROR_UNREACHABLE,
	 "could not translate host name \"db\" to address: Name or service not known", "host's name"},
	{"", "could not translate host name \"db\" to address: Temporary failure in name resolution", ERROR_UNREACHABLE,
	 "could not translate host name \"db\" to address: Temporary failure in name resolution", "host's name"},
	{"", "connection to server at \"db\", port 5432 failed: Connection refused\n\tIs the server running", ERROR_UNREACHABLE,
	 "connection to server at \"db\", port 5432 failed: Connection refused", "is the server running"},
	{"", "SSL connection has been closed unexpectedly", ERROR_UNREACHABLE, "SSL connection has been closed unexpectedly", "tried again"},
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer out = {0};
		const char *hint = postgres_fault_hint(cases[i].state, cases[i].words);

		postgres_fault_text(&out, cases[i].state, cases[i].words);
		assert_string_equal(buffer_text(&out), cases[i].says);
		assert_int_equal(postgres_fault_code(cases[i].state, cases[i].words), cases[i].code);
		if (!cases[i].hint)
			assert_null(hint);
		else if (!hint || !strstr(hint, cases[i].hint))
			fail_msg("\"%s\": \"%s\" is not in \"%s\"", cases[i].words, cases[i].hint, hint ? hint : "(no hint)");
		buffer_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
