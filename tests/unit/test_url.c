/* Addresses of databases: what of them may be shown, and how one is refused. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/url.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void expect_clean(const char *url, const char *wanted, bool secret)
{
	struct buffer out = {0};

	url_clean(&out, url);
	assert_string_equal(buffer_text(&out), wanted);
	assert_int_equal(url_secret(url), secret);
	buffer_done(&out);
}

static void cleans_urls(void **state)
{
	(void)state;
	expect_clean("bank:/var/a:b@c", "bank:/var/a:b@c", false);
	expect_clean("bank:/var/password=x", "bank:/var/password=x", false);
	expect_clean("csv:drop", "csv:drop", false);
	expect_clean("mysql://u@h:3306/db", "mysql://u@h:3306/db", false);
	expect_clean("mysql://h:3306/db", "mysql://h:3306/db", false);
	expect_clean("mysql://u:@h/db", "mysql://u@h/db", false);
	expect_clean("mysql://u:p@h/db", "mysql://u@h/db", true);
	expect_clean("mysql://u:p/q@h/db", "mysql://u@h/db", true);
	expect_clean("postgresql://u:p@a,b:5433/db", "postgresql://u@a,b:5433/db", true);
	expect_clean("postgresql://h/db?password=x&user=u", "postgresql://h/db?user=u", true);
	expect_clean("postgresql://h/db?user=u&PASSWORD=x", "postgresql://h/db?user=u", true);
	expect_clean("postgresql://h/db?password=x", "postgresql://h/db", true);
	expect_clean("postgresql://h/db?pass%77or%64=x&sslmode=require", "postgresql://h/db?sslmode=require", true);
	expect_clean("postgresql://h/db?sslpassword=x&oauth_client_secret=y&a=b", "postgresql://h/db?a=b", true);
	expect_clean("postgresql://h/db?passfile=/p&passwordx=1&%zz=2", "postgresql://h/db?passfile=/p&passwordx=1&%zz=2", false);
	expect_clean("postgresql:///db?host=/run", "postgresql:///db?host=/run", false);
	expect_clean("", "", false);
}

static void cleans_words(void **state)
{
	(void)state;
	expect_clean("postgresql:host=/run dbname=bank", "postgresql:host=/run dbname=bank", false);
	expect_clean("postgres:host=h  user = 'a b'", "postgres:host=h  user = 'a b'", false);
	expect_clean("postgresql:", "postgresql:", false);
	expect_clean("postgresql: ", "postgresql: ", false);
	expect_clean("postgresql:password=hunter2 host=h", "postgresql: host=h", true);
	expect_clean("postgresql:host=h password=hunter2", "postgresql:host=h", true);
	expect_clean("postgresql:host=h password\t=\n hunter2 user=u", "postgresql:host=h user=u", true);
	expect_clean("postgresql:host=h password='hun ter2' user=u", "postgresql:host=h user=u", true);
	expect_clean("postgresql:host=h password='hun\\'ter2 \\\\' user=u", "postgresql:host=h user=u", true);
	expect_clean("postgresql:host=h password=hun\\ ter2 user=u", "postgresql:host=h user=u", true);
	expect_clean("postgresql:host=h sslpassword= hunter2", "postgresql:host=h", true);
	expect_clean("postgresql:host=h password=", "postgresql:host=h", true);
	/* Inside another value it is none. */
	expect_clean("postgresql:options='-c password=x' user=u", "postgresql:options='-c password=x' user=u", false);
	expect_clean("postgresql:passfile=password=x", "postgresql:passfile=password=x", false);
	/* What libpq would not take shows none either. */
	expect_clean("postgresql:host=h password hunter2", "postgresql:host=h", true);
	expect_clean("postgresql:password='hunter2 host=h", "postgresql:", true);
	expect_clean("postgresql:host password=hunter2", "postgresql:host", true);
	expect_clean("postgresql:host=h password=hunter2\\", "postgresql:host=h", true);
	expect_clean("postgresql:PassWord=hunter2", "postgresql:", true);
	/* Words are libpq's alone. */
	expect_clean("csv:password=x", "csv:password=x", false);
	expect_clean("postgresqlx:password=x", "postgresqlx:password=x", false);
}

static void decodes(void **state)
{
	static const struct { const char *text, *is; } cases[] = {
		{"", ""}, {"abc", "abc"}, {"a%20b", "a b"}, {"%c3%A9%25", "\xc3\xa9%"}, {"+", "+"}, {"%01", "\1"}, {"%10", "\x10"},
		{"%", NULL}, {"a%2", NULL}, {"%g0", NULL}, {"%0g", NULL}, {"a%00b", NULL}, {"%%41", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = url_decode(cases[i].text, strlen(cases[i].text));
		if (cases[i].is)
			assert_string_equal(text, cases[i].is);
		else
			assert_null(text);
		free(text);
	}
	/* No further than it was told: the escape is cut in two. */
	assert_null(url_decode("%41", 2));
	char *text = url_decode("%41%42", 3);
	assert_string_equal(text, "A");
	free(text);
}

static void refuses(void **state)
{
	struct error err = {0};

	(void)state;
	assert_false(url_wrong(&err, "mysql://u:hunter2@h", "it is bad", "mysql://GOOD"));
	assert_int_equal(err.code, ERROR_USAGE);
	assert_string_equal(err.message, "could not take the URL \"mysql://u@h\": it is bad");
	assert_string_equal(err.hint, "its form is mysql://GOOD");

	error_clear(&err);
	assert_true(url_allowed("mysql://u@h/db", "elsewhere", &err));
	assert_int_equal(err.code, ERROR_NONE);
	assert_false(url_allowed("postgresql:password=hunter2", "100% elsewhere", &err));
	assert_int_equal(err.code, ERROR_USAGE);
	assert_non_null(strstr(err.message, "holds a password"));
	assert_null(strstr(err.message, "hunter2"));
	assert_string_equal(err.hint, "100% elsewhere");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cleans_urls),
		cmocka_unit_test(cleans_words),
		cmocka_unit_test(decodes),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
