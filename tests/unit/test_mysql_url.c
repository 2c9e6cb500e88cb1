/* mysql:// addresses: what is read from them, and what is refused. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "source/mysql/url.h"

static const char *show(const struct mysql_url *u)
{
	static struct buffer out;

	buffer_clear(&out);
	buffer_format(&out, "%s %s %u %s %s ssl=%d %s %s %s file=%s %u%s", u->user ? u->user : "-",
		      u->host ? u->host : "-", u->port, u->socket ? u->socket : "-", u->database, u->ssl,
		      u->ssl_ca ? u->ssl_ca : "-", u->ssl_cert ? u->ssl_cert : "-", u->ssl_key ? u->ssl_key : "-",
		      u->defaults_file ? u->defaults_file : "-", u->connect_timeout, u->triggers ? " triggers" : "");
	return buffer_text(&out);
}

static void test_taken(void **state)
{
	static const struct {
		const char *text, *is;
	} cases[] = {
		{"mysql://teller@db1/bank", "teller db1 0 - bank ssl=1 - - - file=- 10"},
		{"mysql://teller@db1:3307/bank", "teller db1 3307 - bank ssl=1 - - - file=- 10"},
		{"mysql://db1/bank", "- db1 0 - bank ssl=1 - - - file=- 10"},
		{"mysql://@db1/bank", "- db1 0 - bank ssl=1 - - - file=- 10"},
		{"mysql:///bank", "- - 0 - bank ssl=1 - - - file=- 10"},
		{"mysql://teller@/bank", "teller - 0 - bank ssl=1 - - - file=- 10"},
		{"mysql://:3307/bank", "- - 3307 - bank ssl=1 - - - file=- 10"},
		{"mysql://t%40x%3ay@db-1.bank.example/d%c3%a9p%C3%B4t",
		 "t@x:y db-1.bank.example 0 - dépôt ssl=1 - - - file=- 10"},
		{"mysql://teller@[::1]/bank", "teller ::1 0 - bank ssl=1 - - - file=- 10"},
		{"mysql://teller@[fe80::1%25eth0]:3307/bank", "teller fe80::1%eth0 3307 - bank ssl=1 - - - file=- 10"},
		{"mysql://teller@a@db1/bank", "teller@a db1 0 - bank ssl=1 - - - file=- 10"},
		{"mysql://localhost/bank?socket=/run/a%26b.sock",
		 "- localhost 0 /run/a&b.sock bank ssl=1 - - - file=- 10"},
		{"mysql:///bank?socket=/s&capture=triggers", "- - 0 /s bank ssl=1 - - - file=- 10 triggers"},
		{"mysql:///bank?capture=log", "- - 0 - bank ssl=1 - - - file=- 10"},
		{"mysql://h/b?ssl-mode=disabled", "- h 0 - b ssl=0 - - - file=- 10"},
		{"mysql://h/b?ssl-mode=preferred", "- h 0 - b ssl=1 - - - file=- 10"},
		{"mysql://h/b?ssl-mode=required", "- h 0 - b ssl=2 - - - file=- 10"},
		{"mysql://h/b?ssl-mode=verify-ca&ssl-ca=/ca", "- h 0 - b ssl=3 /ca - - file=- 10"},
		{"mysql://h/b?ssl-mode=verify-identity&ssl-cert=/c&ssl-key=/k", "- h 0 - b ssl=4 - /c /k file=- 10"},
		{"mysql://h/b?defaults-file=/etc/teller.cnf&connect-timeout=3",
		 "- h 0 - b ssl=1 - - - file=/etc/teller.cnf 3"},
		{"mysql://h/b?", "- h 0 - b ssl=1 - - - file=- 10"},
		{"mysql://h:65535/b", "- h 65535 - b ssl=1 - - - file=- 10"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mysql_url u;
		struct error err = {0};

		if (!mysql_url_parse(cases[i].text, &u, &err))
			fail_msg("%s: %s", cases[i].text, err.message);
		assert_string_equal(show(&u), cases[i].is);
		mysql_url_done(&u);
		assert_null(u.database);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"postgresql://h/b", "does not begin with mysql://"},
		{"mysql:h/b", "does not begin with mysql://"},
		{"mysql://h", "the database is missing"},
		{"mysql://h/", "the database is missing"},
		{"mysql://h?socket=/s", "the database is missing"},
		{"mysql://h/a/b", "the database's name cannot be read"},
		{"mysql://h/a%zz", "the database's name cannot be read"},
		{"mysql://h/a%4", "the database's name cannot be read"},
		{"mysql://h/a%00b", "the database's name cannot be read"},
		{"mysql://t%@h/a", "the user's name cannot be read"},
		{"mysql://t:@h/a", "the user's name cannot be read"},
		{"mysql://h:0/b", "the port is not a number"},
		{"mysql://h:/b", "the port is not a number"},
		{"mysql://h:65536/b", "the port is not a number"},
		{"mysql://h:33 06/b", "the port is not a number"},
		{"mysql://a=b/b", "the host's name cannot be read"},
		{"mysql://a;b/b", "the host's name cannot be read"},
		{"mysql://a,b/b", "the host's name cannot be read"},
		{"mysql://[::1/b", "the ] after the address is missing"},
		{"mysql://[::1]x/b", "between the address and its port"},
		{"mysql://h/b?ssl-mode=on", "ssl-mode is none of"},
		{"mysql://h/b?connect-timeout=0", "connect-timeout is not"},
		{"mysql://h/b?connect-timeout=3601", "connect-timeout is not"},
		{"mysql://h/b?connect-timeout=-1", "connect-timeout is not"},
		{"mysql://h/b?capture=binlog", "capture is neither"},
		{"mysql://h/b?ssl-ca", "a parameter has no value"},
		{"mysql://h/b?ssl-ca=", "the value of a parameter cannot be read"},
		{"mysql://h/b?ssl-ca=/a&ssl-ca=/b", "a parameter stands twice"},
		{"mysql://h/b?ssl-cert=/a", "ssl-cert and ssl-key go together"},
		{"mysql://h/b?charset=utf8", "it has no parameter \"charset\""},
		{"mysql://h/b?&ssl-ca=/a", "it has no parameter \"\""},
		{"mysql://h/b?socket=/s", "not to another host"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mysql_url u;
		struct error err = {0};

		if (mysql_url_parse(cases[i].text, &u, &err))
			fail_msg("%s was taken", cases[i].text);
		if (!strstr(err.message, cases[i].why))
			fail_msg("%s: %s", cases[i].text, err.message);
		assert_int_equal(err.code, ERROR_USAGE);
		assert_true(err.hint[0] != 0);
	}
}

/* The hint of an unknown parameter names all there are. */
static void test_names(void **state)
{
	struct mysql_url u;
	struct error err = {0};

	(void)state;
	assert_false(mysql_url_parse("mysql://h/b?sslmode=required", &u, &err));
	assert_string_equal(err.hint, "its parameters are socket, ssl-mode, ssl-ca, ssl-cert, ssl-key, defaults-file, "
				      "connect-timeout, capture");
}

static void test_password(void **state)
{
	static const char *const texts[] = {"mysql://teller:hunter2@h/b", "mysql://h/b?password=hunter2",
					    "mysql://teller:hun/ter2@h/b", "mysql://h/b?socket=/s&pwd=hunter2"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct mysql_url u;
		struct error err = {0};

		assert_false(mysql_url_parse(texts[i], &u, &err));
		assert_int_equal(err.code, ERROR_USAGE);
		assert_non_null(strstr(err.message, "holds a password"));
		assert_non_null(strstr(err.hint, "~/.my.cnf"));
		assert_null(strstr(err.message, "ter2"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
