/* The client against a real server. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "mysql_server.h"
#include "source/mysql/client.h"
#include "source/mysql/url.h"

static struct server *server;

static int start(void **state)
{
	(void)state;
	server = server_start(&(struct server_setup){.tcp = true});
	if (server)
		server_sql(server,
			   "CREATE DATABASE bank; CREATE USER teller@localhost; CREATE USER teller@'127.0.0.1';"
			   "GRANT ALL ON bank.* TO teller@localhost; GRANT ALL ON bank.* TO teller@'127.0.0.1'");
	return 0;
}

static int end(void **state)
{
	(void)state;
	server_end(server);
	return 0;
}

static struct mysql_client *opened(const char *text, struct error *err)
{
	struct mysql_url url;
	struct mysql_client *c;

	assert_true(mysql_url_parse(text, &url, err));
	c = mysql_client_open(&(struct mysql_client_params){.url = &url, .stop = -1}, err);
	mysql_url_done(&url);
	return c;
}

static void test_socket(void **state)
{
	struct error err = {0};
	struct mysql_client *c;

	(void)state;
	if (!server)
		skip();
	c = opened(server_url(server, "teller", "bank"), &err);
	if (!c)
		fail_msg("%s", err.message);
	print_message("%s %u %s %s\n", mysql_client_name(c), mysql_client_server(c)->version,
		      mysql_client_server(c)->version_text, mysql_client_server(c)->host);
	mysql_client_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_socket),
	};

	return cmocka_run_group_tests(tests, start, end);
}
