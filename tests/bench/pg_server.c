#include "config.h"

#include "bench/pg_server.h"

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "bench/bench.h"

#define START_NS (60 * INT64_C(1000000000))
#define ARGUMENTS 64

struct pg_server {
	char *folder, *data, *log;
	pid_t pid;
};

/* ---- programs ---- */

/* Version numbers of one or two digits: of two paths of a pattern, the later one is the longer or the greater. */
static const char *newest_of(const glob_t *g)
{
	const char *best = NULL;
	for (size_t i = 0; i < g->gl_pathc; i++) {
		const char *path = g->gl_pathv[i];
		if (!best || strlen(path) > strlen(best) || (strlen(path) == strlen(best) && strcmp(path, best) > 0))
			best = path;
	}
	return best;
}

char *pg_program(const char *name)
{
	static const char *const folders[] = {"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/usr/local/bin", "/usr/bin"};
	char *found = NULL;
	for (size_t i = 0; i < sizeof folders / sizeof *folders && !found; i++) {
		/* A folder of client programs only has nothing to start. */
		char *pattern = memory_format("%s/postgres", folders[i]);
		glob_t g = {0};
		if (glob(pattern, 0, NULL, &g) == 0) {
			const char *server = newest_of(&g);
			found = memory_format("%.*s%s", (int)(strlen(server) - strlen("postgres")), server, name);
		}
		globfree(&g);
		free(pattern);
	}
	return found;
}

/* Whom the server runs as; NULL: as who runs the bench. */
static const struct passwd *other_user(void)
{
	return geteuid() == 0 ? getpwnam("postgres") : NULL;
}

static void become(const struct passwd *user)
{
	if (user && (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
		_exit(126);
}

static pid_t spawn(const char *const *argv, const char *log)
{
	const struct passwd *user = other_user();
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	fflush(stdout);
	pid_t parent = getpid(), pid = fork();
	if (pid < 0 || out < 0)
		bench_fail("could not start \"%s\"", argv[0]);
	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		become(user);
		/* After the change of user, which would undo it. The server's own processes end with it. */
		prctl(PR_SET_PDEATHSIG, SIGQUIT);
		if (getppid() != parent || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
			_exit(126);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(out);
	return pid;
}

static void show(const char *log)
{
	char line[512];
	FILE *f = fopen(log, "re");
	while (f && fgets(line, sizeof line, f))
		fputs(line, stderr);
	if (f)
		fclose(f);
}

/* ---- starting and ending ---- */

static void make_folder(struct pg_server *s, const struct bench *b, const char *name)
{
	const struct passwd *user = other_user();
	s->folder = bench_path(b, name);
	s->data = memory_format("%s/data", s->folder);
	s->log = memory_format("%s.log", s->folder);
	/* The other user has to come by the bench's folder, and to read nothing in it. */
	if (mkdir(s->folder, 0700) != 0 || (user && (chown(s->folder, user->pw_uid, user->pw_gid) != 0 || chmod(b->folder, 0711) != 0)))
		bench_fail("could not make a folder \"%s\"", s->folder);
}

static void make_data(struct pg_server *s)
{
	char *program = pg_program("initdb");
	const char *const argv[] = {program, "-D", s->data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N", NULL};
	int status = 1;
	waitpid(spawn(argv, s->log), &status, 0);
	if (status != 0) {
		show(s->log);
		bench_fail("initdb failed");
	}
	free(program);
}

static void await(struct pg_server *s)
{
	char *info = memory_format("host=%s user=postgres dbname=postgres", s->folder);
	int64_t begun = bench_ns();
	while (PQping(info) != PQPING_OK) {
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid || bench_ns() - begun > START_NS) {
			show(s->log);
			bench_fail("PostgreSQL did not start");
		}
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	free(info);
}

struct pg_server *pg_server_start(const struct bench *b, const char *name, const char *const *settings)
{
	char *program = pg_program("postgres");
	if (!program || access(program, X_OK) != 0 || (geteuid() == 0 && !other_user())) {
		free(program);
		return NULL;
	}
	struct pg_server *s = memory_zero(1, sizeof *s);
	make_folder(s, b, name);
	make_data(s);
	const char *argv[ARGUMENTS] = {program, "-D", s->data, "-k", s->folder, "-c", "listen_addresses="};
	int n = 7;
	for (; *settings && n + 3 < ARGUMENTS; settings++) {
		argv[n++] = "-c";
		argv[n++] = *settings;
	}
	s->pid = spawn(argv, s->log);
	free(program);
	await(s);
	return s;
}

void pg_server_end(struct pg_server *s)
{
	kill(s->pid, SIGQUIT);
	waitpid(s->pid, NULL, 0);
	free(s->folder);
	free(s->data);
	free(s->log);
	free(s);
}

const char *pg_server_folder(const struct pg_server *s)
{
	return s->folder;
}

/* ---- statements ---- */

PGconn *pg_server_connect(const struct pg_server *s, const char *database)
{
	char *info = memory_format("host=%s user=postgres dbname=%s client_encoding=UTF8 options='-c client_min_messages=warning'", s->folder, database);
	PGconn *db = PQconnectdb(info);
	if (PQstatus(db) != CONNECTION_OK)
		bench_fail("could not connect: %s", PQerrorMessage(db));
	free(info);
	return db;
}

static void must(PGconn *db, const PGresult *r, const char *sql)
{
	ExecStatusType status = PQresultStatus(r);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
		bench_fail("%.200s: %s", sql, PQerrorMessage(db));
}

void pg_run(PGconn *db, const char *sql)
{
	PGresult *r = PQexec(db, sql);
	must(db, r, sql);
	PQclear(r);
}

void pg_runf(PGconn *db, const char *format, ...)
{
	struct buffer sql = {0};
	va_list args;
	va_start(args, format);
	buffer_format_list(&sql, format, args);
	va_end(args);
	pg_run(db, buffer_text(&sql));
	buffer_done(&sql);
}

char *pg_cell(PGconn *db, const char *format, ...)
{
	struct buffer sql = {0};
	va_list args;
	va_start(args, format);
	buffer_format_list(&sql, format, args);
	va_end(args);
	PGresult *r = PQexec(db, buffer_text(&sql));
	must(db, r, buffer_text(&sql));
	char *cell = memory_text(PQntuples(r) ? PQgetvalue(r, 0, 0) : "");
	PQclear(r);
	buffer_done(&sql);
	return cell;
}
