#include "config.h"

#include "postgres_server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/shm.h>
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

#define SERVER_PATIENCE (60 * SECOND) /* of a loaded machine */
#define SERVER_LOOK     10            /* milliseconds between two looks */
#define SERVER_CHILDREN 256

struct pgserver {
	char *folder, *data, *socket, *log, *primary;
	bool tcp;
	unsigned port;
	pid_t pid; /* 0: not running */
	const char *const *settings;
	PGconn *root;
	struct buffer text, url;
};

static const char *const server_settings[] = {
	"fsync=off", "wal_level=logical", "max_wal_senders=20", "max_replication_slots=20", "max_connections=60", "shared_buffers=16MB",
	"max_wal_size=32MB", "min_wal_size=4MB", "autovacuum=off", "max_parallel_workers=0", "jit=off", "dynamic_shared_memory_type=mmap",
	"log_timezone=UTC", "timezone=UTC",
};

static const char server_hba[] = "local all,replication +by_reject reject\n"
				 "host all,replication +by_reject 127.0.0.1/32 reject\n"
				 "local all,replication +by_scram scram-sha-256\n"
				 "host all,replication +by_scram 127.0.0.1/32 scram-sha-256\n"
				 "local all,replication +by_md5 md5\n"
				 "host all,replication +by_md5 127.0.0.1/32 md5\n"
				 "local all,replication all trust\n"
				 "host all,replication all 127.0.0.1/32 trust\n";

static const char server_accounts[] = "CREATE ROLE teller LOGIN REPLICATION\n"
				      "CREATE ROLE by_scram\n"
				      "CREATE ROLE by_md5\n"
				      "CREATE ROLE by_reject\n"
				      "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT SELECT ON TABLES TO teller\n"
				      "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT USAGE ON SCHEMAS TO teller\n"
				      "ALTER ROLE postgres SET search_path = public\n"
				      "CREATE DATABASE bank\n";

static char *template_folder; /* of an empty server */
static pid_t template_owner;  /* who removes it: not a child of the test */

/* ---- programs ---- */

/* The folder of the newest PostgreSQL; NULL: there is none. */
static char *server_programs(void)
{
	char *best = NULL;
	int newest = 0;
	DIR *folder = opendir("/usr/lib/postgresql");
	const struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char *path = memory_format("/usr/lib/postgresql/%s/bin", entry->d_name), *program = memory_format("%s/initdb", path);
		int version = atoi(entry->d_name);

		if (version > newest && access(program, X_OK) == 0) {
			free(best);
			best = path;
			newest = version;
		} else {
			free(path);
		}
		free(program);
	}
	if (folder)
		closedir(folder);
	return best;
}

/* Whom the server runs as; NULL: there is nobody. */
static const struct passwd *server_owner(void)
{
	return geteuid() == 0 ? getpwnam("postgres") : getpwuid(geteuid());
}

static void server_give(const char *path)
{
	if (geteuid() == 0)
		assert_int_equal(chown(path, server_owner()->pw_uid, server_owner()->pw_gid), 0);
}

/* In a child. The wish to die with the test comes last: a change of user forgets it. */
static bool server_become(const struct passwd *user, pid_t parent)
{
	if (user && geteuid() == 0 &&
	    (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
		return false;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return getppid() == parent;
}

/* As `user` (NULL: as we are); what it says goes to the log, what it reads comes from `input`. */
static pid_t server_spawn(char *const *args, const struct passwd *user, const char *log, const char *input)
{
	pid_t parent = getpid(), pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		int in = open(input ? input : "/dev/null", O_RDONLY | O_CLOEXEC);

		if (out < 0 || in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir("/") != 0 || !server_become(user, parent))
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

static void server_run_program(char *const *args, const struct passwd *user, const char *log, const char *input)
{
	int status = 0;
	pid_t pid = server_spawn(args, user, log, input);

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		server_show(log);
	assert_int_equal(status, 0);
}

static void server_remove(const char *folder)
{
	char *args[] = {(char *)"/bin/rm", (char *)"-rf", (char *)folder, NULL};

	server_run_program(args, NULL, "/dev/null", NULL);
}

/* Others may pass: the server is another user. */
static char *server_folder_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char *folder = memory_format("%s/pg-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
	struct stat st;

	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0711), 0);
	server_give(folder);
	if (tmp && stat(tmp, &st) == 0 && !(st.st_mode & S_IXOTH))
		assert_int_equal(chmod(tmp, (st.st_mode | S_IXOTH) & 07777), 0);
	return folder;
}

static void server_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
	server_give(path);
}

/* ---- an empty server ---- */

static void server_data_new(const char *folder, const char *data)
{
	char *programs = server_programs(), *initdb = memory_format("%s/initdb", programs), *postgres = memory_format("%s/postgres", programs);
	char *log = memory_format("%s/install.log", folder), *hba = memory_format("%s/pg_hba.conf", data);
	char *accounts = memory_format("%s/accounts.sql", folder);

	server_run_program((char *[]){initdb, (char *)"--pgdata", (char *)data, (char *)"--username=postgres", (char *)"--auth=trust",
				      (char *)"--encoding=UTF8", (char *)"--locale=C.UTF-8", (char *)"--no-sync", (char *)"--wal-segsize=1", NULL},
			   server_owner(), log, NULL);
	server_file(accounts, server_accounts);
	server_run_program((char *[]){postgres, (char *)"--single", (char *)"-D", (char *)data, (char *)"-c", (char *)"fsync=off", (char *)"template1", NULL},
			   server_owner(), log, accounts);
	server_file(hba, server_hba);
	free(programs);
	free(initdb);
	free(postgres);
	free(log);
	free(hba);
	free(accounts);
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

static void template_make(void)
{
	char *data;

	template_folder = server_folder_new();
	template_owner = getpid();
	atexit(template_remove);
	data = memory_format("%s/data", template_folder);
	server_data_new(template_folder, data);
	free(data);
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

static bool server_connect(struct pgserver *s, const char *database)
{
	char *target = memory_format("host=%s port=%u user=postgres dbname=%s application_name=test", s->folder, s->port, database);

	PQfinish(s->root);
	s->root = PQconnectdb(target);
	free(target);
	if (PQstatus(s->root) == CONNECTION_OK)
		return true;
	PQfinish(s->root);
	s->root = NULL;
	return false;
}

static void server_ready(struct pgserver *s)
{
	int64_t end = clock_mono() + SERVER_PATIENCE;

	while (!server_connect(s, "bank")) {
		int status;

		if (waitpid(s->pid, &status, WNOHANG) == s->pid || clock_mono() > end) {
			server_show(s->log);
			fail_msg("the server did not start");
		}
		poll(NULL, 0, SERVER_LOOK);
	}
}

static void server_run(struct pgserver *s)
{
	char *programs = server_programs(), *args[128], *own[4];
	int n = 0, m = 0;

	own[m++] = memory_format("%s/postgres", programs);
	own[m++] = memory_format("%u", s->port);
	own[m++] = memory_format("unix_socket_directories=%s", s->folder);
	own[m++] = memory_format("listen_addresses=%s", s->tcp ? "127.0.0.1" : "");
	args[n++] = own[0];
	args[n++] = (char *)"-D";
	args[n++] = s->data;
	args[n++] = (char *)"-p";
	args[n++] = own[1];
	for (int i = 2; i < m; i++) {
		args[n++] = (char *)"-c";
		args[n++] = own[i];
	}
	for (size_t i = 0; i < sizeof(server_settings) / sizeof(server_settings[0]); i++) {
		args[n++] = (char *)"-c";
		args[n++] = (char *)server_settings[i];
	}
	for (int i = 0; s->settings && s->settings[i] && n < 124; i++) {
		args[n++] = (char *)"-c";
		args[n++] = (char *)s->settings[i];
	}
	if (s->primary) {
		args[n++] = (char *)"-c";
		args[n++] = s->primary;
	}
	args[n] = NULL;
	s->pid = server_spawn(args, server_owner(), s->log, NULL);
	for (int i = 0; i < m; i++)
		free(own[i]);
	free(programs);
	server_ready(s);
}

static void server_copy(struct pgserver *s, const char *from)
{
	char *pid = memory_format("%s/postmaster.pid", s->data);

	server_run_program((char *[]){(char *)"/bin/cp", (char *)"-a", (char *)from, s->data, NULL}, NULL, s->log, NULL);
	unlink(pid);
	free(pid);
}

static void server_follow(struct pgserver *s, const struct pgserver *primary)
{
	char *programs = server_programs(), *program = memory_format("%s/pg_basebackup", programs), *port = memory_format("%u", primary->port);
	char *mark = memory_format("%s/standby.signal", s->data);

	server_run_program((char *[]){program, (char *)"-D", s->data, (char *)"-h", primary->folder, (char *)"-p", port, (char *)"-U", (char *)"postgres",
				      (char *)"-X", (char *)"stream", (char *)"-c", (char *)"fast", (char *)"--no-sync", NULL},
			   server_owner(), s->log, NULL);
	server_file(mark, "");
	s->primary = memory_format("primary_conninfo=host=%s port=%u user=postgres application_name=standby", primary->folder, primary->port);
	free(programs);
	free(program);
	free(port);
	free(mark);
}

struct pgserver *pgserver_start(const struct pgserver_setup *setup)
{
	char *programs = server_programs(), *from;
	struct pgserver *s;

	if (!programs || !server_owner()) {
		free(programs);
		print_message("there is no PostgreSQL here\n");
		return NULL;
	}
	free(programs);
	if (!template_folder)
		template_make();
	s = memory_zero(1, sizeof *s);
	s->folder = server_folder_new();
	s->data = memory_format("%s/data", s->folder);
	s->log = memory_format("%s/log", s->folder);
	s->tcp = setup->tcp;
	s->port = setup->tcp ? server_free_port() : 5432;
	s->socket = memory_format("%s/.s.PGSQL.%u", s->folder, s->port);
	s->settings = setup->settings;
	from = memory_format("%s/data", template_folder);
	if (setup->standby_of)
		server_follow(s, setup->standby_of);
	else if (setup->alien)
		server_data_new(s->folder, s->data);
	else
		server_copy(s, from);
	free(from);
	server_run(s);
	return s;
}

/* ---- ending ---- */

/* The parent of a process; 0: it is gone, or about to be. */
static pid_t server_parent(pid_t pid)
{
	char path[64], line[512], *end;
	FILE *f;
	int parent = 0;
	char state = 'Z';

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (!(f = fopen(path, "r")))
		return 0;
	if (fgets(line, sizeof line, f) && (end = strrchr(line, ')')))
		(void)sscanf(end + 1, " %c %d", &state, &parent);
	fclose(f);
	return state == 'Z' || state == 'X' ? 0 : parent;
}

static int server_children(pid_t of, pid_t out[SERVER_CHILDREN])
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int n = 0;

	while (proc && n < SERVER_CHILDREN && (entry = readdir(proc))) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && server_parent(pid) == of)
			out[n++] = pid;
	}
	if (proc)
		closedir(proc);
	return n;
}

/* They are not ours to wait for. */
static void server_gone(const pid_t *pids, int n)
{
	int64_t end = clock_mono() + SERVER_PATIENCE;

	for (int i = 0; i < n; i++)
		while (server_parent(pids[i]) != 0) {
			assert_true(clock_mono() < end);
			poll(NULL, 0, 1);
		}
}

static void server_signal(struct pgserver *s, int signal)
{
	pid_t children[SERVER_CHILDREN];
	int n;

	PQfinish(s->root);
	s->root = NULL;
	if (s->pid == 0)
		return;
	if (signal == SIGKILL)
		kill(s->pid, SIGSTOP); /* no children that are not in the list */
	n = server_children(s->pid, children);
	for (int i = 0; signal == SIGKILL && i < n; i++)
		kill(children[i], SIGKILL);
	kill(s->pid, signal);
	assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
	server_gone(children, n);
	s->pid = 0;
}

void pgserver_stop(struct pgserver *s)
{
	server_signal(s, SIGINT);
}

void pgserver_kill(struct pgserver *s)
{
	server_signal(s, SIGKILL);
	unlink(s->socket);
}

void pgserver_again(struct pgserver *s, const char *const *settings)
{
	assert_int_equal(s->pid, 0);
	if (settings)
		s->settings = settings;
	server_run(s);
}

/* The mark of shared memory that a killed server leaves on the machine: the seventh line of its postmaster.pid. */
static int server_segment(const struct pgserver *s)
{
	char *path = memory_format("%s/postmaster.pid", s->data), line[512];
	FILE *f = fopen(path, "r");
	int segment = -1;

	for (int i = 0; f && i < 7 && fgets(line, sizeof line, f); i++)
		if (i == 6 && sscanf(line, "%*d %d", &segment) != 1)
			segment = -1;
	if (f)
		fclose(f);
	free(path);
	return segment;
}

void pgserver_end(struct pgserver *s)
{
	int segment;

	if (!s)
		return;
	segment = server_segment(s);
	server_signal(s, SIGKILL);
	if (segment >= 0)
		shmctl(segment, IPC_RMID, NULL);
	server_remove(s->folder);
	buffer_done(&s->text);
	buffer_done(&s->url);
	free(s->folder);
	free(s->data);
	free(s->socket);
	free(s->log);
	free(s->primary);
	free(s);
}

/* ---- what it is ---- */

const char *pgserver_folder(const struct pgserver *s)
{
	return s->folder;
}

const char *pgserver_data(const struct pgserver *s)
{
	return s->data;
}

const char *pgserver_socket(const struct pgserver *s)
{
	return s->socket;
}

unsigned pgserver_port(const struct pgserver *s)
{
	return s->port;
}

pid_t pgserver_pid(const struct pgserver *s)
{
	return s->pid;
}

const char *pgserver_url(struct pgserver *s, const char *user, const char *database)
{
	buffer_clear(&s->url);
	buffer_format(&s->url, "postgresql://%s@/%s%chost=%s", user, database, strchr(database, '?') ? '&' : '?', s->folder);
	if (s->tcp)
		buffer_format(&s->url, "&port=%u", s->port);
	return buffer_text(&s->url);
}

/* ---- statements ---- */

void pgserver_use(struct pgserver *s, const char *database)
{
	if (!server_connect(s, database))
		fail_msg("no connection to the database %s", database);
}

static PGresult *server_answer(struct pgserver *s, const char *sql)
{
	PGresult *result = PQexec(s->root, sql);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY)
		fail_msg("%s: %s", sql, PQresultErrorMessage(result));
	return result;
}

void pgserver_sql(struct pgserver *s, const char *sql)
{
	PQclear(server_answer(s, sql));
}

void pgserver_sqlf(struct pgserver *s, const char *format, ...)
{
	struct buffer sql = {0};
	va_list args;

	va_start(args, format);
	buffer_format_list(&sql, format, args);
	va_end(args);
	pgserver_sql(s, buffer_text(&sql));
	buffer_done(&sql);
}

const char *pgserver_rows(struct pgserver *s, const char *sql)
{
	PGresult *result = server_answer(s, sql);
	int columns = PQnfields(result);

	buffer_clear(&s->text);
	for (int row = 0; row < PQntuples(result); row++)
		for (int i = 0; i < columns; i++)
			buffer_format(&s->text, "%s%s", PQgetisnull(result, row, i) ? "NULL" : PQgetvalue(result, row, i), i + 1 < columns ? "|" : "\n");
	PQclear(result);
	return buffer_text(&s->text);
}

void pgserver_await(struct pgserver *s, const char *sql, const char *expected, int seconds)
{
	int64_t end = clock_mono() + seconds * SECOND;

	while (strcmp(pgserver_rows(s, sql), expected) != 0) {
		if (clock_mono() > end)
			fail_msg("%s: expected %s, found %s", sql, expected, buffer_text(&s->text));
		poll(NULL, 0, SERVER_LOOK);
	}
}

void pgserver_promote(struct pgserver *s)
{
	pgserver_sql(s, "SELECT pg_promote()");
	pgserver_await(s, "SELECT pg_is_in_recovery()", "f\n", 60);
}

/* ---- the log ---- */

uint64_t pgserver_lsn(struct pgserver *s)
{
	return strtoull(pgserver_rows(s, "SELECT pg_current_wal_insert_lsn() - '0/0'"), NULL, 10);
}

void pgserver_noise(struct pgserver *s, int megabytes)
{
	pgserver_sqlf(s, "SELECT pg_logical_emit_message(false, 'noise', repeat('x', 1 << 20)) FROM generate_series(1, %d)", megabytes);
}

void pgserver_lose_slot(struct pgserver *s, const char *slot)
{
	char *look = memory_format("SELECT wal_status FROM pg_replication_slots WHERE slot_name = '%s'", slot);

	for (int i = 0; strcmp(pgserver_rows(s, look), "lost\n") != 0; i++) {
		if (i > 100)
			fail_msg("slot %s is not lost: %s", slot, buffer_text(&s->text));
		pgserver_noise(s, 2);
		pgserver_sql(s, "SELECT pg_switch_wal()");
		pgserver_sql(s, "CHECKPOINT");
	}
	free(look);
}
