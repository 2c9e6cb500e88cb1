#include "config.h"

#include "mysql_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <mysql.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "source/mysql/client.h"

#define SERVER_PATIENCE (60 * SECOND) /* of a loaded machine */
#define SERVER_LOOK     10            /* milliseconds between two looks */

struct server {
	char *folder, *data, *socket, *log;
	unsigned port;
	pid_t pid; /* 0: not running */
	const char *const *options;
	MYSQL *root;
	struct buffer text, url;
};

static char *template_folder; /* of an empty server */
static pid_t template_owner;  /* who removes it: not a child of the test */

/* ---- programs ---- */

static char *server_program(const char *name)
{
	static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin",
					      "/usr/libexec"};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char *path = memory_format("%s/%s", folders[i], name);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

/* The child dies with the test, and says what it says in the log. */
static pid_t server_spawn(char *const *args, const char *log)
{
	pid_t parent = getpid(), pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent || out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
			_exit(126);
		execv(args[0], args);
		_exit(127);
	}
	return pid;
}

static void server_show(const char *log)
{
	char line[512];
	FILE *f = fopen(log, "r");

	while (f && fgets(line, sizeof line, f))
		print_error("%s", line);
	if (f)
		fclose(f);
}

static void server_program_run(char *const *args, const char *log)
{
	int status = 0;
	pid_t pid = server_spawn(args, log);

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		server_show(log);
	assert_int_equal(status, 0);
}

static void server_remove(const char *folder)
{
	char *args[] = {(char *)"/bin/rm", (char *)"-rf", (char *)folder, NULL};

	server_program_run(args, "/dev/null");
}

static char *server_folder_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = memory_format("%s/tellerdesk-mysql-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");

	assert_non_null(mkdtemp(folder));
	return folder;
}

/* ---- an empty server ---- */

static char *server_user(void)
{
	struct passwd *p = getpwuid(geteuid());

	return memory_format("--user=%s", p ? p->pw_name : "nobody");
}

static void template_remove(void)
{
	char *args[] = {(char *)"/bin/rm", (char *)"-rf", template_folder, NULL};
	pid_t pid = getpid() == template_owner ? fork() : -1;

	if (pid == 0) {
		execv(args[0], args);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	free(template_folder);
}

static void template_make(const char *install)
{
	char *user = server_user(), *log, *data, *tmp;

	template_folder = server_folder_new();
	template_owner = getpid();
	atexit(template_remove);
	log = memory_format("%s/install.log", template_folder);
	data = memory_format("--datadir=%s/data", template_folder);
	tmp = memory_format("--tmpdir=%s", template_folder);
	server_program_run((char *[]){(char *)install, (char *)"--no-defaults", user, data, tmp,
				      (char *)"--auth-root-authentication-method=normal", (char *)"--skip-test-db",
				      (char *)"--innodb-log-file-size=4M", NULL},
			   log);
	free(user);
	free(log);
	free(data);
	free(tmp);
}

/* ---- running ---- */

static unsigned server_free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static bool server_connect(struct server *s)
{
	if (s->root)
		mysql_close(s->root);
	s->root = mysql_init(NULL);
	mysql_options(s->root, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(s->root, NULL, "root", "", NULL, 0, s->socket, CLIENT_MULTI_STATEMENTS))
		return true;
	mysql_close(s->root);
	s->root = NULL;
	return false;
}

static void server_ready(struct server *s)
{
	int64_t end = clock_mono() + SERVER_PATIENCE;

	while (!server_connect(s)) {
		int status;

		if (waitpid(s->pid, &status, WNOHANG) == s->pid || clock_mono() > end) {
			server_show(s->log);
			fail_msg("the server did not start");
		}
		poll(NULL, 0, SERVER_LOOK);
	}
}

static void server_run(struct server *s)
{
	char *program = server_program("mariadbd"), *user = server_user(), *args[64], *own[8];
	int n = 0, m = 0;

	own[m++] = memory_format("--datadir=%s", s->data);
	own[m++] = memory_format("--socket=%s", s->socket);
	own[m++] = memory_format("--pid-file=%s/pid", s->folder);
	own[m++] = memory_format("--tmpdir=%s", s->folder);
	own[m++] = memory_format(s->port ? "--port=%u" : "--skip-networking", s->port);
	args[n++] = program;
	args[n++] = (char *)"--no-defaults";
	args[n++] = user;
	for (int i = 0; i < m; i++)
		args[n++] = own[i];
	args[n++] = (char *)"--bind-address=127.0.0.1";
	args[n++] = (char *)"--skip-name-resolve";
	args[n++] = (char *)"--performance-schema=OFF";
	args[n++] = (char *)"--innodb-buffer-pool-size=32M";
	args[n++] = (char *)"--innodb-log-file-size=4M";
	args[n++] = (char *)"--innodb-flush-log-at-trx-commit=0";
	args[n++] = (char *)"--sync-binlog=0";
	for (int i = 0; s->options && s->options[i] && n < 63; i++)
		args[n++] = (char *)s->options[i];
	args[n] = NULL;
	s->pid = server_spawn(args, s->log);
	for (int i = 0; i < m; i++)
		free(own[i]);
	free(user);
	free(program);
	server_ready(s);
}

struct server *server_start(const struct server_setup *setup)
{
	char *install = server_program("mariadb-install-db"), *program = server_program("mariadbd"), *from;
	struct server *s;

	free(program);
	if (!install || !program) {
		free(install);
		print_message("there is no mariadbd here\n");
		return NULL;
	}
	mysql_client_library();
	if (!template_folder)
		template_make(install);
	free(install);
	s = memory_zero(1, sizeof *s);
	s->folder = server_folder_new();
	s->data = memory_format("%s/data", s->folder);
	s->socket = memory_format("%s/s", s->folder);
	s->log = memory_format("%s/log", s->folder);
	s->port = setup->tcp ? server_free_port() : 0;
	s->options = setup->options;
	from = memory_format("%s/data", template_folder);
	server_program_run((char *[]){(char *)"/bin/cp", (char *)"-r", from, s->data, NULL}, s->log);
	free(from);
	server_run(s);
	return s;
}

static void server_signal(struct server *s, int signal)
{
	if (s->root)
		mysql_close(s->root);
	s->root = NULL;
	if (s->pid == 0)
		return;
	kill(s->pid, signal);
	assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
	s->pid = 0;
}

void server_stop(struct server *s)
{
	server_signal(s, SIGTERM);
}

void server_kill(struct server *s)
{
	server_signal(s, SIGKILL);
}

void server_again(struct server *s, const char *const *options)
{
	assert_int_equal(s->pid, 0);
	if (options)
		s->options = options;
	server_run(s);
}

void server_end(struct server *s)
{
	if (!s)
		return;
	server_signal(s, SIGKILL);
	server_remove(s->folder);
	buffer_done(&s->text);
	buffer_done(&s->url);
	free(s->folder);
	free(s->data);
	free(s->socket);
	free(s->log);
	free(s);
}

/* ---- what it is ---- */

const char *server_folder(const struct server *s)
{
	return s->folder;
}

const char *server_data(const struct server *s)
{
	return s->data;
}

const char *server_socket(const struct server *s)
{
	return s->socket;
}

unsigned server_port(const struct server *s)
{
	return s->port;
}

pid_t server_pid(const struct server *s)
{
	return s->pid;
}

const char *server_url(struct server *s, const char *user, const char *database)
{
	buffer_clear(&s->url);
	buffer_format(&s->url, "mysql://%s@localhost/%s%csocket=%s", user, database, strchr(database, '?') ? '&' : '?',
		      s->socket);
	return buffer_text(&s->url);
}

/* ---- statements ---- */

static void server_check(struct server *s, const char *sql, bool ok)
{
	if (!ok)
		fail_msg("%s: %s", sql, mysql_error(s->root));
}

void server_sql(struct server *s, const char *sql)
{
	int more;

	server_check(s, sql, mysql_query(s->root, sql) == 0);
	do {
		MYSQL_RES *result = mysql_store_result(s->root);

		if (result)
			mysql_free_result(result);
		more = mysql_next_result(s->root);
		server_check(s, sql, more <= 0);
	} while (more == 0);
}

void server_sqlf(struct server *s, const char *format, ...)
{
	struct buffer sql = {0};
	va_list args;

	va_start(args, format);
	buffer_format_list(&sql, format, args);
	va_end(args);
	server_sql(s, buffer_text(&sql));
	buffer_done(&sql);
}

const char *server_rows(struct server *s, const char *sql)
{
	MYSQL_RES *result;
	MYSQL_ROW row;

	buffer_clear(&s->text);
	server_check(s, sql, mysql_query(s->root, sql) == 0);
	result = mysql_store_result(s->root);
	server_check(s, sql, result != NULL);
	while ((row = mysql_fetch_row(result)))
		for (unsigned i = 0; i < mysql_num_fields(result); i++)
			buffer_format(&s->text, "%s%s", row[i] ? row[i] : "NULL",
				      i + 1 < mysql_num_fields(result) ? "|" : "\n");
	mysql_free_result(result);
	return buffer_text(&s->text);
}

void server_await(struct server *s, const char *sql, const char *expected, int seconds)
{
	int64_t end = clock_mono() + seconds * SECOND;

	while (strcmp(server_rows(s, sql), expected) != 0) {
		if (clock_mono() > end)
			fail_msg("%s: expected %s, found %s", sql, expected, buffer_text(&s->text));
		poll(NULL, 0, SERVER_LOOK);
	}
}
