/* The client against real servers: one without TLS, one with it. Limits of time are wide enough for a loaded machine
 * and far below what the library would wait by itself. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <mysql.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "mysql_server.h"
#include "source/mysql/client.h"
#include "source/mysql/url.h"

#define SECRET "hunter2"
#define SOON   (2 * SECOND)

static struct server *server;

/* ---- helpers ---- */

static int start(void **state)
{
	(void)state;
	/* Nobody's option files but ours. */
	setenv("HOME", "/nonexistent", 1);
	server = server_start(&(struct server_setup){.tcp = true});
	if (server)
		server_sql(server, "CREATE DATABASE bank; CREATE USER teller@localhost; CREATE USER teller@'127.0.0.1';"
				   "GRANT ALL ON bank.* TO teller@localhost; GRANT ALL ON bank.* TO teller@'127.0.0.1';"
				   "CREATE USER clerk@localhost IDENTIFIED BY '" SECRET
				   "'; GRANT SELECT ON bank.* TO clerk@localhost");
	return 0;
}

static int end(void **state)
{
	(void)state;
	server_end(server);
	return 0;
}

static struct mysql_client *opened_by(const char *text, struct mysql_client_params params, struct error *err)
{
	struct mysql_url url;
	struct mysql_client *c;

	error_clear(err);
	if (!mysql_url_parse(text, &url, err))
		fail_msg("%s", err->message);
	params.url = &url;
	c = mysql_client_open(&params, err);
	mysql_url_done(&url);
	return c;
}

static struct mysql_client *opened(const char *text)
{
	struct error err = {0};
	struct mysql_client *c = opened_by(text, (struct mysql_client_params){.stop = -1}, &err);

	if (!c)
		fail_msg("%s: %s", text, err.message);
	return c;
}

static struct mysql_client *teller(void)
{
	return opened(server_url(server, "teller", "bank"));
}

static void refused(const char *text, enum error_code code, const char *says)
{
	struct error err = {0};
	struct mysql_client *c = opened_by(text, (struct mysql_client_params){.stop = -1}, &err);

	if (c)
		fail_msg("%s was opened", text);
	if (err.code != code || !strstr(err.message, says))
		fail_msg("%s: %d %s", text, err.code, err.message);
	assert_null(strstr(err.message, SECRET));
	assert_true(err.hint[0] != 0);
}

static char *tcp_url(const char *host, unsigned port, const char *parameters)
{
	return memory_format("mysql://teller@%s:%u/bank%s", host, port, parameters);
}

static void cell_is(struct mysql_client *c, const char *sql, const char *expected)
{
	struct error err = {0};
	char *cell = mysql_client_cell(c, sql, &err);

	if (err.code != ERROR_NONE)
		fail_msg("%s: %s", sql, err.message);
	if (!expected)
		assert_null(cell);
	else
		assert_string_equal(cell, expected);
	free(cell);
}

static void file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

/* Readable after so many milliseconds. */
static int timer(int ms)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct itimerspec at = {.it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 + 1}};

	assert_true(fd >= 0);
	assert_int_equal(timerfd_settime(fd, 0, &at, NULL), 0);
	return fd;
}

/* ---- connecting ---- */

static void test_socket(void **state)
{
	struct mysql_client *c;
	const struct mysql_server *s;

	(void)state;
	if (!server)
		skip();
	c = teller();
	s = mysql_client_server(c);
	assert_true(s->mariadb);
	assert_true(s->version >= 100300);
	assert_string_equal(s->uuid, "");
	assert_string_equal(s->cipher, "");
	assert_true(s->host[0] != 0 && s->server_id > 0);
	assert_int_equal(strtoul(s->version_text, NULL, 10), s->version / 10000);
	assert_non_null(strstr(mysql_client_name(c), server_socket(server)));
	assert_true(strncmp(mysql_client_name(c), "teller@", 7) == 0);
	cell_is(c, "SELECT CURRENT_USER()", "teller@localhost");
	server_sqlf(server, "DO 1; SELECT id FROM information_schema.processlist WHERE id = %lu", s->thread);
	mysql_client_close(c);
}

static void test_tcp(void **state)
{
	char *url, *name;
	struct mysql_client *c;

	(void)state;
	if (!server)
		skip();
	url = tcp_url("127.0.0.1", server_port(server), "");
	name = memory_format("teller@127.0.0.1:%u", server_port(server));
	c = opened(url);
	assert_string_equal(mysql_client_name(c), name);
	cell_is(c, "SELECT CURRENT_USER()", "teller@127.0.0.1");
	mysql_client_close(c);
	free(url);
	free(name);
}

static void test_session(void **state)
{
	struct error err = {0};
	struct mysql_client *c;

	(void)state;
	if (!server)
		skip();
	server_sql(server, "SET GLOBAL sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES', GLOBAL time_zone = '+07:00',"
			   "GLOBAL autocommit = 0, GLOBAL character_set_server = latin1");
	c = teller();
	cell_is(c,
		"SELECT CONCAT_WS(' ', @@time_zone, @@sql_mode, @@autocommit, @@character_set_client,"
		"@@character_set_results, @@character_set_connection)",
		"+00:00  ON utf8mb4 utf8mb4 utf8mb4");
	mysql_client_close(c);
	c = opened_by(server_url(server, "teller", "bank"), (struct mysql_client_params){.stop = -1, .writer = true},
		      &err);
	assert_non_null(c);
	cell_is(c, "SELECT @@sql_mode LIKE '%STRICT_ALL_TABLES%' AND @@sql_mode NOT LIKE '%ANSI%'", "1");
	mysql_client_close(c);
	server_sql(server, "SET GLOBAL sql_mode = DEFAULT, GLOBAL time_zone = DEFAULT, GLOBAL autocommit = 1,"
			   "GLOBAL character_set_server = DEFAULT");
}

static void test_refusals(void **state)
{
	static const char *const nowhere = "mysql://teller@localhost/bank?socket=/nonexistent/s";
	struct error err = {0};
	char *url, *text;

	(void)state;
	if (!server)
		skip();
	refused(server_url(server, "clerk", "bank"), ERROR_PERMISSION, "(1045)");
	refused(server_url(server, "nobody", "bank"), ERROR_PERMISSION, "(using password: NO) (1045)");
	refused(server_url(server, "teller", "mysql"), ERROR_PERMISSION, "(1044)");
	refused(server_url(server, "root", "no_such"), ERROR_REFUSED, "Unknown database 'no_such' (1049)");
	refused(nowhere, ERROR_UNREACHABLE,
		"could not reach server teller@/nonexistent/s: No such file or directory (2002)");
	opened_by(nowhere, (struct mysql_client_params){.stop = -1}, &err);
	assert_non_null(strstr(err.hint, "is the server running"));
	url = tcp_url("127.0.0.1", 1, "");
	refused(url, ERROR_UNREACHABLE, "could not reach server teller@127.0.0.1:1: Connection refused (2002)");
	free(url);
	url = tcp_url("[::1]", 1, "");
	refused(url, ERROR_UNREACHABLE, "could not reach server teller@[::1]:1: ");
	free(url);
	url = memory_format("mysql://teller@no-such-host.invalid/bank?connect-timeout=2");
	text = memory_format("could not reach server teller@no-such-host.invalid:3306: ");
	refused(url, ERROR_UNREACHABLE, text);
	free(url);
	free(text);
}

static void test_option_files(void **state)
{
	struct mysql_client *c;
	char *path, *url;
	struct buffer text = {0};

	(void)state;
	if (!server)
		skip();
	path = memory_format("%s/teller.cnf", server_folder(server));
	/* The later groups win, the URL wins over all. */
	buffer_format(&text, "[client]\nuser=clerk\npassword=wrong\nlocal-infile=1\nport=1\n"
			     "connect-timeout=1\ndefault-character-set=latin1\nreconnect=1\nprotocol=tcp\nhost=no-such-"
			     "host.invalid\n"
			     "[mysqldump]\npassword=other\n[tellerdesk]\npassword=" SECRET "\n");
	file_write(path, buffer_text(&text));
	url = memory_format("mysql:///bank?socket=%s&defaults-file=%s", server_socket(server), path);
	c = opened(url);
	cell_is(c, "SELECT CURRENT_USER()", "clerk@localhost");
	cell_is(c, "SELECT @@character_set_client", "utf8mb4");
	assert_true(strncmp(mysql_client_name(c), "clerk@/", 7) == 0);
	mysql_client_close(c);
	free(url);
	/* A socket and a host from the file. */
	buffer_clear(&text);
	buffer_format(&text, "[client-mariadb]\nsocket=%s\n[tellerdesk]\nuser=teller\n", server_socket(server));
	file_write(path, buffer_text(&text));
	url = memory_format("mysql:///bank?defaults-file=%s", path);
	c = opened(url);
	cell_is(c, "SELECT CURRENT_USER()", "teller@localhost");
	assert_non_null(strstr(mysql_client_name(c), server_socket(server)));
	mysql_client_close(c);
	free(url);
	free(path);
	buffer_done(&text);
}

static void test_home(void **state)
{
	struct mysql_client *c;
	char *path, *url;

	(void)state;
	if (!server)
		skip();
	path = memory_format("%s/.my.cnf", server_folder(server));
	file_write(path, "[client]\nuser=clerk\npassword=" SECRET "\n");
	setenv("HOME", server_folder(server), 1);
	url = memory_format("mysql:///bank?socket=%s", server_socket(server));
	c = opened(url);
	cell_is(c, "SELECT CURRENT_USER()", "clerk@localhost");
	mysql_client_close(c);
	setenv("HOME", "/nonexistent", 1);
	unlink(path);
	free(url);
	free(path);
}

static void test_program_name(void **state)
{
	static const char *const options[] = {"--performance-schema=ON", NULL};
	struct mysql_client *c;

	(void)state;
	if (!server)
		skip();
	server_stop(server);
	server_again(server, options);
	c = teller();
	server_await(server,
		     "SELECT attr_value FROM performance_schema.session_connect_attrs"
		     " WHERE attr_name = 'program_name' AND attr_value = 'tellerdesk'",
		     "tellerdesk\n", 5);
	mysql_client_close(c);
}

/* ---- stopping ---- */

static void stop_query(const char *url, const char *sql)
{
	struct error err = {0};
	struct mysql_client *c;
	struct mysql_rows rows;
	int64_t begin;
	int stop = timer(1000);

	c = opened_by(url, (struct mysql_client_params){.stop = stop}, &err);
	if (!c)
		fail_msg("%s", err.message);
	begin = clock_mono();
	assert_false(mysql_client_rows(c, sql, &rows, &err));
	mysql_rows_done(&rows);
	assert_int_equal(err.code, ERROR_INTERRUPTED);
	assert_int_equal(mysql_client_errno(c), 0);
	assert_true(clock_mono() - begin < SECOND + SOON);
	/* Only closing is left. */
	assert_false(mysql_client_run(c, "DO 1", 4, &err));
	begin = clock_mono();
	mysql_client_close(c);
	assert_true(clock_mono() - begin < SOON);
	close(stop);
}

static void test_stop_in_query(void **state)
{
	(void)state;
	if (!server)
		skip();
	stop_query(server_url(server, "teller", "bank"), "SELECT SLEEP(30)");
	/* Rows come for as long as one likes. */
	stop_query(server_url(server, "teller", "bank"),
		   "SELECT SLEEP(0.01), REPEAT('x', 20000) FROM seq_1_to_1000000");
}

static void stop_connect(const char *url, const char *timeout, enum error_code code, int64_t at_most)
{
	struct error err = {0};
	int stop = timer(300);
	int64_t begin = clock_mono(), took;
	char *text = memory_format("%s%s", url, timeout);

	assert_null(opened_by(text, (struct mysql_client_params){.stop = timeout[0] ? -1 : stop}, &err));
	if (err.code != code)
		fail_msg("%d %s", err.code, err.message);
	took = clock_mono() - begin;
	if (took >= at_most)
		fail_msg("it took %lld ms", (long long)(took / 1000));
	close(stop);
	free(text);
}

static int listening(unsigned *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, n), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &n), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

/* It accepts and never says a word. */
static void test_stop_in_connect(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int tcp, local;
	unsigned port;
	char *url;

	(void)state;
	if (!server)
		skip();
	tcp = listening(&port);
	url = tcp_url("127.0.0.1", port, "");
	stop_connect(url, "", ERROR_INTERRUPTED, SOON);
	stop_connect(url, "?connect-timeout=1", ERROR_UNREACHABLE, SECOND + SOON);
	/* With the backlog full the connection does not even come about. */
	for (int i = 0; i < 3; i++)
		stop_connect(url, "", ERROR_INTERRUPTED, SOON);
	free(url);
	close(tcp);
	local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(un.sun_path, sizeof un.sun_path, "%s/silent", server_folder(server));
	assert_int_equal(bind(local, (struct sockaddr *)&un, sizeof un), 0);
	assert_int_equal(listen(local, 1), 0);
	url = memory_format("mysql://teller@localhost/bank?socket=%s", un.sun_path);
	stop_connect(url, "", ERROR_INTERRUPTED, SOON);
	stop_connect(url, "&connect-timeout=1", ERROR_UNREACHABLE, SECOND + SOON);
	free(url);
	close(local);
}

/* The first bytes of a server. */
static size_t greeting(struct server *s, char *to, size_t room)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)server_port(s)),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t n;

	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof in), 0);
	n = read(fd, to, room);
	assert_true(n > 40);
	close(fd);
	return (size_t)n;
}

/* It greets as a server does and then falls silent: in the midst of TLS, or of the login. */
static void stop_greeted(struct server *s)
{
	char bytes[512], *url;
	size_t n = greeting(s, bytes, sizeof bytes);
	unsigned port;
	int fd = listening(&port);
	pid_t child = fork();

	if (child == 0)
		for (prctl(PR_SET_PDEATHSIG, SIGKILL);;) {
			int client = accept(fd, NULL, NULL);

			if (client < 0 || write(client, bytes, n) != (ssize_t)n)
				_exit(1);
		}
	url = tcp_url("127.0.0.1", port, "");
	stop_connect(url, "", ERROR_INTERRUPTED, SOON);
	stop_connect(url, "?connect-timeout=1", ERROR_UNREACHABLE, SECOND + SOON);
	free(url);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(fd);
}

static void test_stop_in_login(void **state)
{
	(void)state;
	if (!server)
		skip();
	stop_greeted(server);
}

static void test_silence(void **state)
{
	struct error err = {0};
	struct mysql_client *c;
	int64_t begin;

	(void)state;
	if (!server)
		skip();
	c = opened_by(server_url(server, "teller", "bank"), (struct mysql_client_params){.stop = -1, .timeout = 1},
		      &err);
	assert_non_null(c);
	begin = clock_mono();
	assert_false(mysql_client_run(c, "SELECT SLEEP(30)", 16, &err));
	assert_int_equal(err.code, ERROR_UNREACHABLE);
	assert_non_null(strstr(err.message, "it does not answer"));
	assert_true(clock_mono() - begin >= SECOND && clock_mono() - begin < SECOND + SOON);
	mysql_client_close(c);
}

static void test_server_gone(void **state)
{
	struct error err = {0};
	struct mysql_client *c;

	(void)state;
	if (!server)
		skip();
	c = teller();
	server_kill(server);
	assert_false(mysql_client_run(c, "DO 1", 4, &err));
	assert_int_equal(err.code, ERROR_UNREACHABLE);
	assert_true(mysql_client_errno(c) == 2006 || mysql_client_errno(c) == 2013);
	/* It does not come back behind our back: the session would be another. */
	server_again(server, NULL);
	assert_false(mysql_client_run(c, "DO 1", 4, &err));
	assert_int_equal(err.code, ERROR_UNREACHABLE);
	mysql_client_close(c);
	c = teller();
	server_sqlf(server, "KILL %lu", mysql_client_server(c)->thread);
	assert_false(mysql_client_run(c, "DO 1", 4, &err));
	assert_int_equal(err.code, ERROR_UNREACHABLE);
	mysql_client_close(c);
}

/* ---- statements ---- */

static void test_rows(void **state)
{
	struct error err = {0};
	struct mysql_client *c;
	struct mysql_rows rows;

	(void)state;
	if (!server)
		skip();
	c = teller();
	assert_true(mysql_client_rows(
		c, "SELECT 'a\\0b' AS Text, NULL AS Nothing, '' AS Empty UNION ALL SELECT 'c', 1, 2", &rows, &err));
	assert_int_equal(rows.columns, 3);
	assert_int_equal(rows.count, 2);
	assert_null(mysql_rows_named(&rows, "text"));
	assert_true(mysql_rows_next(&rows));
	assert_int_equal(rows.lens[0], 3);
	assert_memory_equal(rows.cells[0], "a\0b", 4);
	assert_null(rows.cells[1]);
	assert_null(mysql_rows_named(&rows, "nothing"));
	assert_string_equal(mysql_rows_named(&rows, "EMPTY"), "");
	assert_null(mysql_rows_named(&rows, "absent"));
	assert_true(mysql_rows_next(&rows));
	assert_string_equal(mysql_rows_named(&rows, "nothing"), "1");
	assert_false(mysql_rows_next(&rows));
	assert_null(mysql_rows_named(&rows, "nothing"));
	mysql_rows_done(&rows);
	mysql_rows_done(&rows);
	assert_true(mysql_client_rows(c, "DO 1", &rows, &err));
	assert_false(mysql_rows_next(&rows));
	cell_is(c, "SELECT NULL", NULL);
	cell_is(c, "SELECT 1 FROM DUAL WHERE 0", NULL);
	/* Rows nobody asked for are not left on the wire. */
	assert_true(mysql_client_run(c, "SELECT 1", 8, &err));
	cell_is(c, "SELECT 2", "2");
	assert_int_equal(mysql_client_errno(c), 0);
	mysql_client_close(c);
}

/* Who has the handle may use it by calls that wait. */
static void waiting_calls(const char *url)
{
	struct mysql_client *c = opened(url);
	MYSQL *handle = (MYSQL *)mysql_client_handle(c);
	MYSQL_RES *result;

	assert_int_equal(mysql_query(handle, "SELECT SLEEP(0.3), REPEAT('x', 3000000)"), 0);
	result = mysql_store_result(handle);
	assert_non_null(result);
	assert_string_equal(mysql_fetch_row(result)[0], "0");
	mysql_free_result(result);
	cell_is(c, "SELECT 3", "3");
	mysql_client_close(c);
}

static void test_waiting_calls(void **state)
{
	char *url;

	(void)state;
	if (!server)
		skip();
	waiting_calls(server_url(server, "teller", "bank"));
	url = tcp_url("127.0.0.1", server_port(server), "");
	waiting_calls(url);
	free(url);
}

static void test_failing_statements(void **state)
{
	struct error err = {0};
	struct mysql_client *c;
	struct mysql_rows rows;
	char *cell;

	(void)state;
	if (!server)
		skip();
	c = teller();
	assert_false(mysql_client_rows(c, "SELECT FROM customer WHERE pin = '" SECRET "'", &rows, &err));
	mysql_rows_done(&rows);
	assert_int_equal(err.code, ERROR_REFUSED);
	assert_int_equal(mysql_client_errno(c), 1064);
	assert_null(strstr(err.message, SECRET));
	assert_non_null(strstr(err.message, "could not query server teller@/"));
	cell = mysql_client_cell(c, "SELECT * FROM mysql.user", &err);
	assert_null(cell);
	assert_int_equal(err.code, ERROR_PERMISSION);
	/* One statement is one statement. */
	assert_false(mysql_client_run(c, "DO 1; DO 2", 10, &err));
	assert_int_equal(mysql_client_errno(c), 1064);
	cell_is(c, "SELECT 'still here'", "still here");
	mysql_client_close(c);
}

static void test_no_files(void **state)
{
	struct error err = {0};
	struct mysql_client *c;

	(void)state;
	if (!server)
		skip();
	c = teller();
	assert_true(mysql_client_runf(c, &err, "CREATE OR REPLACE TABLE stolen (a TEXT)"));
	assert_false(mysql_client_runf(c, &err, "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE stolen"));
	server_sql(server, "DO 1");
	assert_string_equal(server_rows(server, "SELECT COUNT(*) FROM bank.stolen"), "0\n");
	mysql_client_close(c);
}

static void test_literals(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} cases[] = {
		{"", 0},         {"plain", 5}, {"O'Brien \\ \"x\" `y` \n\r\t\x1a%_", 24},    {"a\0b", 3},
		{"\\", 1},       {"'", 1},     {"d\xc3\xa9p\xc3\xb4t \xf0\x9f\x8f\xa6", 12}, {"\xff\x27\x00\x5c", 4},
		{"\xc3\x27", 2},
	};
	struct error err = {0};
	struct mysql_client *c;
	struct buffer sql = {0};
	struct mysql_rows rows;

	(void)state;
	if (!server)
		skip();
	c = teller();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_clear(&sql);
		buffer_text_add(&sql, "SELECT ");
		mysql_literal(c, &sql, cases[i].text, cases[i].n);
		assert_true(mysql_client_rows(c, buffer_text(&sql), &rows, &err));
		assert_true(mysql_rows_next(&rows));
		assert_int_equal(rows.lens[0], cases[i].n);
		assert_memory_equal(rows.cells[0], cases[i].text, cases[i].n);
		mysql_rows_done(&rows);
	}
	buffer_clear(&sql);
	buffer_text_add(&sql, "SELECT 7 AS ");
	mysql_identifier(&sql, "a`b \"c\" d\xc3\xa9");
	assert_true(mysql_client_rows(c, buffer_text(&sql), &rows, &err));
	assert_true(mysql_rows_next(&rows));
	assert_string_equal(mysql_rows_named(&rows, "a`b \"c\" d\xc3\xa9"), "7");
	mysql_rows_done(&rows);
	buffer_done(&sql);
	mysql_client_close(c);
}

/* A statement and a row of many packets. */
static void test_large(void **state)
{
	struct error err = {0};
	struct mysql_client *c;
	struct mysql_rows rows;
	struct buffer sql = {0};

	(void)state;
	if (!server)
		skip();
	server_sql(server, "SET GLOBAL max_allowed_packet = 100000000");
	c = teller();
	buffer_text_add(&sql, "SELECT '");
	buffer_fill(&sql, 'x', 40000000);
	buffer_text_add(&sql, "'");
	assert_true(mysql_client_rows(c, buffer_text(&sql), &rows, &err));
	assert_true(mysql_rows_next(&rows));
	assert_int_equal(rows.lens[0], 40000000);
	mysql_rows_done(&rows);
	buffer_done(&sql);
	mysql_client_close(c);
}

/* ---- TLS ---- */

static void certificate(const char *folder, const char *name, const char *subject, const char *extra)
{
	char *command = memory_format("cd '%s' && exec 2>openssl.log && openssl req -newkey rsa:2048 -nodes -sha256 "
				      "-subj '/CN=%s' -keyout %s.key %s",
				      folder, subject, name, extra);

	assert_int_equal(system(command), 0);
	free(command);
}

static struct server *tls_server(const char *name)
{
	char *folder = memory_format("%s/tls", server_folder(server)), *ca, *cert, *key;
	static const char *options[4];
	struct server *s;

	mkdir(folder, 0700);
	certificate(folder, "ca", "bank", "-x509 -days 30 -out ca.pem");
	certificate(folder, "other", "stranger", "-x509 -days 30 -out other.pem");
	certificate(
		folder, "server", "db.bank.example",
		"-out server.csr && openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30"
		" -out server.pem && echo subjectAltName=IP:127.0.0.1 >names && openssl x509 -req -in server.csr -CA "
		"ca.pem"
		" -CAkey ca.key -CAcreateserial -days 30 -extfile names -out good.pem");
	ca = memory_format("--ssl-ca=%s/ca.pem", folder);
	cert = memory_format("--ssl-cert=%s/%s", folder, name);
	key = memory_format("--ssl-key=%s/server.key", folder);
	options[0] = ca;
	options[1] = cert;
	options[2] = key;
	s = server_start(&(struct server_setup){.tcp = true, .options = options});
	free(ca);
	free(cert);
	free(key);
	free(folder);
	if (s)
		server_sql(s, "CREATE DATABASE bank; CREATE USER teller@'127.0.0.1'; GRANT ALL ON bank.* TO "
			      "teller@'127.0.0.1'");
	return s;
}

static void encrypted(struct server *s, const char *parameters, bool expected)
{
	char *url = tcp_url("127.0.0.1", server_port(s), parameters);
	struct mysql_client *c = opened(url);

	if ((mysql_client_server(c)->cipher[0] != 0) != expected)
		fail_msg("%s: cipher \"%s\"", parameters, mysql_client_server(c)->cipher);
	cell_is(c,
		"SELECT variable_value <> '' FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'",
		expected ? "1" : "0");
	mysql_client_close(c);
	free(url);
}

static char *tls_file(const char *parameters, const char *name)
{
	return memory_format("%s&ssl-ca=%s/tls/%s", parameters, server_folder(server), name);
}

static void encrypted_by(struct server *s, const char *parameters, const char *ca)
{
	char *all = tls_file(parameters, ca);

	encrypted(s, all, true);
	free(all);
}

static void tls_refused(struct server *s, const char *parameters, const char *ca, const char *says)
{
	char *all = tls_file(parameters, ca);
	char *url = tcp_url("127.0.0.1", server_port(s), all);

	refused(url, ERROR_REFUSED, says);
	free(url);
	free(all);
}

/* A file's authority and its wish to verify stand where the URL says nothing of them. */
static void test_tls_option_file(struct server *tls)
{
	char *path = memory_format("%s/tls.cnf", server_folder(server)), *text, *parameters, *url;

	text = memory_format("[client]\nssl-verify-server-cert=1\nssl-ca=%s/tls/other.pem\n", server_folder(server));
	file_write(path, text);
	parameters = memory_format("?defaults-file=%s", path);
	url = tcp_url("127.0.0.1", server_port(tls), parameters);
	refused(url, ERROR_REFUSED, "(2026)");
	encrypted_by(tls, parameters, "ca.pem");
	free(url);
	url = tcp_url("127.0.0.1", server_port(server), parameters);
	refused(url, ERROR_REFUSED, "TLS");
	free(url);
	free(parameters);
	parameters = memory_format("?ssl-mode=disabled&defaults-file=%s", path);
	encrypted(tls, parameters, false);
	free(parameters);
	free(text);
	free(path);
}

static void test_tls(void **state)
{
	struct server *tls;
	char *url;

	(void)state;
	if (!server || system("openssl version >/dev/null 2>&1") != 0)
		skip();
	tls = tls_server("server.pem");
	encrypted(tls, "", true);
	encrypted(tls, "?ssl-mode=preferred", true);
	encrypted(tls, "?ssl-mode=required", true);
	encrypted(tls, "?ssl-mode=disabled", false);
	stop_greeted(tls);
	url = tcp_url("127.0.0.1", server_port(tls), "");
	waiting_calls(url);
	stop_query(url, "SELECT SLEEP(30)");
	stop_query(url, "SELECT SLEEP(0.01), REPEAT('x', 20000) FROM seq_1_to_1000000");
	free(url);
	encrypted_by(tls, "?ssl-mode=verify-ca", "ca.pem");
	tls_refused(tls, "?ssl-mode=verify-ca", "other.pem", "(2026)");
	tls_refused(tls, "?ssl-mode=verify-ca", "missing.pem", "(2026)");
	/* The name in the certificate is not that of the host, in the second it is. */
	tls_refused(tls, "?ssl-mode=verify-identity", "ca.pem", "(2026)");
	url = tcp_url("127.0.0.1", server_port(tls), "?ssl-mode=verify-ca");
	refused(url, ERROR_REFUSED, "(2026)");
	free(url);
	server_end(tls);
	tls = tls_server("good.pem");
	encrypted_by(tls, "?ssl-mode=verify-identity", "ca.pem");
	test_tls_option_file(tls);
	server_end(tls);
	/* A server without. */
	encrypted(server, "", false);
	encrypted(server, "?ssl-mode=disabled", false);
	tls_refused(server, "?ssl-mode=required", "ca.pem", "it offers no TLS");
	tls_refused(server, "?ssl-mode=verify-ca", "ca.pem", "TLS");
	tls_refused(server, "?ssl-mode=verify-identity", "ca.pem", "TLS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_tcp),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_option_files),
		cmocka_unit_test(test_home),
		cmocka_unit_test(test_program_name),
		cmocka_unit_test(test_stop_in_query),
		cmocka_unit_test(test_stop_in_connect),
		cmocka_unit_test(test_stop_in_login),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_server_gone),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_waiting_calls),
		cmocka_unit_test(test_failing_statements),
		cmocka_unit_test(test_no_files),
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_tls),
	};

	return cmocka_run_group_tests(tests, start, end);
}
