/* postgresql: addresses: what is ours in them, what libpq gets, and what is refused. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/url.h"
#include "source/postgres/url.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static void expect(const char *text, const char *conninfo, const char *own)
{
	struct postgres_url u;
	struct error err = {0};
	struct buffer shown = {0};

	if (!postgres_url_parse(text, &u, &err))
		fail_msg("%s: %s", text, err.message);
	assert_string_equal(u.conninfo, conninfo);
	buffer_format(&shown, "%s %s %s", u.publication, u.slot ? u.slot : "-", u.schema ? u.schema : "-");
	assert_string_equal(buffer_text(&shown), own);
	postgres_url_done(&u);
	buffer_done(&shown);
}

static void takes_urls(void **state)
{
	(void)state;
	expect("postgresql://teller@db/bank", "postgresql://teller@db/bank", "tellerdesk - -");
	expect("postgres://db", "postgres://db", "tellerdesk - -");
	expect("postgresql://?service=bank", "postgresql://?service=bank", "tellerdesk - -");
	expect("postgresql:///b?host=%2Frun&port=5433", "postgresql:///b?host=%2Frun&port=5433", "tellerdesk - -");
	expect("postgresql://a,b:1/x?publication=p%20q", "postgresql://a,b:1/x", "p q - -");
	expect("postgresql://h/x?publication=p&sslmode=require&slot=s_1&application_name=n&schema=%C3%A9",
	       "postgresql://h/x?sslmode=require&application_name=n", "p s_1 \xc3\xa9");
	/* The last word counts. */
	expect("postgresql://h/x?slot=a&slot=b", "postgresql://h/x", "tellerdesk b -");
}

static void takes_words(void **state)
{
	(void)state;
	expect("postgresql:", "", "tellerdesk - -");
	expect("postgresql:host=/run dbname=bank", "host=/run dbname=bank", "tellerdesk - -");
	expect("postgres:  host = /run   publication='a \\'b' user='x y' slot=s", "host=/run user='x y'", "a 'b s -");
	expect("postgresql:schema=s\\ t options='-c a=b\\\\'", "options='-c a=b\\\\'", "tellerdesk - s t");
}

static void refuses(void **state)
{
	static const char *const texts[] = {
		"mysql://h/b", "postgresql", "postgresqlx://h",
		"postgresql://h/b?publication=", "postgresql://h/b?publication", "postgresql://h/b?publication=%zz", "postgresql://h/b?slot=A",
		"postgresql://h/b?slot=", "postgresql://h/b?slot=a-b", "postgresql://h/b?schema=",
		"postgresql://h/b?slot=a123456789b123456789c123456789d123456789e123456789f123456789g123",
		"postgresql://h/b?nothing=1", "postgresql://[::1/b", "postgresql://h/b?host",
		"postgresql:host", "postgresql:host=h user='u", "postgresql:nothing=1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct postgres_url u;
		struct error err = {0};

		if (postgres_url_parse(texts[i], &u, &err))
			fail_msg("%s was taken", texts[i]);
		assert_int_equal(err.code, ERROR_USAGE);
		assert_string_not_equal(err.hint, "");
	}
}

/* What libpq would take for a password: nobody else may decide what is one. */
static bool libpq_finds(const char *text)
{
	const char *rest = strchr(text, ':') + 1;
	PQconninfoOption *list = PQconninfoParse(strncmp(rest, "//", 2) == 0 ? text : rest, NULL);
	bool found = false;

	assert_non_null(list);
	for (PQconninfoOption *o = list; o->keyword; o++)
		found |= o->val && *o->dispchar == '*';
	PQconninfoFree(list);
	return found;
}

static void refuses_passwords(void **state)
{
	static const char *const texts[] = {
		"postgresql://u:hunter2@h/b", "postgresql://:hunter2@/b", "postgresql://u:hunter%32@a,b:1/b", "postgresql://h/b?password=hunter2",
		"postgresql://h/b?user=u&pass%77ord=hunter2", "postgresql://h/b?sslpassword=hunter2", "postgresql:password=hunter2",
		"postgresql: host=h password\t= 'hunter2' user=u", "postgresql:host=h\npassword=hunter2", "postgresql:host=h\vsslpassword=hunter2",
		"postgresql:user=' ' password='a\\'hunter2'",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct postgres_url u;
		struct error err = {0};

		if (!libpq_finds(texts[i]))
			fail_msg("%s holds none", texts[i]);
		assert_false(postgres_url_parse(texts[i], &u, &err));
		assert_int_equal(err.code, ERROR_USAGE);
		assert_non_null(strstr(err.message, "holds a password"));
		assert_non_null(strstr(err.hint, "~/.pgpass"));
		assert_null(strstr(err.message, "unter"));
	}
	/* And what it would not. */
	assert_false(libpq_finds("postgresql://h/b?passfile=password"));
	expect("postgresql://h/b?passfile=password", "postgresql://h/b?passfile=password", "tellerdesk - -");
	assert_false(libpq_finds("postgresql:options='password=x'"));
	expect("postgresql:options='password=x'", "options='password=x'", "tellerdesk - -");
}

/* One that is refused for something else, or that libpq cannot read, tells none. */
static void shows_no_password(void **state)
{
	static const char *const texts[] = {"postgresql:host password=hunter2", "postgresql:password='hunter2", "postgresql:password hunter2",
					    "postgresql://h/b?nothing=1&password=hunter2", "postgresql://u:hunter2@[::1/b"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct postgres_url u;
		struct error err = {0};

		assert_false(postgres_url_parse(texts[i], &u, &err));
		assert_null(strstr(err.message, "unter"));
		assert_null(strstr(err.hint, "unter"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_urls),
		cmocka_unit_test(takes_words),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_passwords),
		cmocka_unit_test(shows_no_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
