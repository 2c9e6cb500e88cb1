/* What errors of a server mean here, and that no statement, value or secret is repeated from them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "source/mysql/fault.h"

static const struct {
	unsigned number;
	const char *text;
	enum error_code code;
	const char *says;
} cases[] = {
	{2002, "Can't connect to server on 'db1' (111)", ERROR_UNREACHABLE, "Connection refused (2002)"},
	{2002, "Can't connect to local server through socket '/run/s' (2)", ERROR_UNREACHABLE,
	 "No such file or directory (2002)"},
	{2003, "Can't connect to MySQL server on 'db1:3306' (113)", ERROR_UNREACHABLE, "No route to host (2003)"},
	{2002, "Can't connect to server on 'db(1' (odd)", ERROR_UNREACHABLE,
	 "Can't connect to server on 'db(1' (odd) (2002)"},
	{2005, "Unknown server host 'db1' (-2)", ERROR_UNREACHABLE, "Name or service not known (2005)"},
	{2005, "Unknown server host 'db1' (11)", ERROR_UNREACHABLE, "the host's name is not known (2005)"},
	{2013, "Lost connection to server during query", ERROR_UNREACHABLE,
	 "Lost connection to server during query (2013)"},
	{2026, "TLS/SSL error: Certificate verification failure: The certificate is NOT trusted.", ERROR_REFUSED,
	 "TLS/SSL error: Certificate verification failure: The certificate is NOT trusted. (2026)"},
	{2026, "TLS/SSL error: SSL is required, but the server does not support it", ERROR_REFUSED,
	 "TLS/SSL error: SSL is required, but the server does not support it (2026)"},
	{2026, "TLS/SSL error: unexpected eof while reading", ERROR_UNREACHABLE,
	 "TLS/SSL error: unexpected eof while reading (2026)"},
	{1040, "Too many connections", ERROR_UNREACHABLE, "Too many connections (1040)"},
	{1205, "Lock wait timeout exceeded; try restarting transaction", ERROR_UNREACHABLE,
	 "Lock wait timeout exceeded; try restarting transaction (1205)"},
	{1290, "The MariaDB server is running with the --read-only option so it cannot execute this statement",
	 ERROR_UNREACHABLE,
	 "The MariaDB server is running with the --read-only option so it cannot execute this statement (1290)"},
	{1290, "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement",
	 ERROR_REFUSED,
	 "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement (1290)"},
	{1047, "WSREP has not yet prepared node for application use", ERROR_UNREACHABLE,
	 "WSREP has not yet prepared node for application use (1047)"},
	{1047, "Unknown command", ERROR_REFUSED, "Unknown command (1047)"},
	{1045, "Access denied for user 'teller'@'h' (using password: YES)", ERROR_PERMISSION,
	 "Access denied for user 'teller'@'h' (using password: YES) (1045)"},
	{1142, "SELECT command denied to user 'teller'@'h' for table `bank`.`t`", ERROR_PERMISSION,
	 "SELECT command denied to user 'teller'@'h' for table `bank`.`t` (1142)"},
	{5010, "Plugin 'mysql_clear_password' is not allowed", ERROR_PERMISSION,
	 "Plugin 'mysql_clear_password' is not allowed (5010)"},
	{1146, "Table 'bank.t' doesn't exist", ERROR_REFUSED, "Table 'bank.t' doesn't exist (1146)"},
	{1064, "You have an error in your SQL syntax; check ... near 'FRM t WHERE a = 'hunter2'' at line 1",
	 ERROR_REFUSED, "You have an error in your SQL syntax; check ... near '...' at line 1 (1064)"},
	{1062, "Duplicate entry 'budi@bank.example' for key 'email'", ERROR_REFUSED, "Duplicate entry '...' (1062)"},
	{1366, "Incorrect integer value: 'hunter2' for column `b`.`t`.`a` at row 1", ERROR_REFUSED,
	 "Incorrect integer value: '...' for column `b`.`t`.`a` at row 1 (1366)"},
	{1064, "syntax error near 'hunter2", ERROR_REFUSED, "syntax error near '...' (1064)"},
};

static void test_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buffer out = {0};

		fault_text(&out, cases[i].number, cases[i].text);
		assert_string_equal(buffer_text(&out), cases[i].says);
		assert_int_equal(fault_code(cases[i].number, cases[i].text), cases[i].code);
		buffer_done(&out);
	}
}

/* Who is told to wait, or that a privilege is missing, is told what to do. */
static void test_hints(void **state)
{
	(void)state;
	assert_non_null(strstr(fault_hint(1045, ""), "~/.my.cnf"));
	assert_non_null(strstr(fault_hint(2002, ""), "is the server running"));
	assert_non_null(strstr(fault_hint(2026, "Certificate"), "ssl-ca="));
	assert_null(fault_hint(1064, ""));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (cases[i].code == ERROR_PERMISSION)
			assert_non_null(fault_hint(cases[i].number, cases[i].text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
