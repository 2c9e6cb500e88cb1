#include "config.h"

#include "bench/bench.h"

#include <ftw.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "bench/console.h"
#include "generate/person.h"
#include "model/model.h"

static int64_t started;
static volatile sig_atomic_t running; /* the process of the run */

/* ---- for all parts ---- */

void bench_fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

void bench_must(bool ok, const struct error *err)
{
	if (!ok)
		bench_fail("%s", err->message);
}

void bench_says(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fprintf(stderr, "[%3lld s] ", (long long)((bench_ns() - started) / 1000000000));
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

char *bench_path(const struct bench *b, const char *name)
{
	return memory_format("%s/%s", b->folder, name);
}

int64_t bench_cif(int64_t number)
{
	return CIF_FIRST + number - 1;
}

/* ---- the run ---- */

static const struct {
	const char *name;
	void (*run)(const struct bench *b);
	bool snapshot; /* needs what bench_snapshot makes */
} parts[] = {
	{"apply", bench_apply, false},
	{"snapshot", bench_snapshot, true},
	{"read", bench_read, true},
	{"stores", bench_stores, false},
	{"follow", bench_follow, true},
	{"console/headless", bench_console, true},
	{"console/bytes", console_traffic, true},
	{"console/commits", console_commits, true},
	/* Last: it leaves the bank far ahead of the replica. */
	{"console/typing", console_typing, true},
	{"mysql", bench_mysql, false},
	{"postgres", bench_postgres, false},
};

/* "console" asks for all that begin with it and a slash. */
static bool asked_for(const char *only, size_t part)
{
	const char *name = parts[part].name;
	for (const char *word = only; word; word = strchr(word, ',') ? strchr(word, ',') + 1 : NULL) {
		size_t n = strcspn(word, ",");
		if (strncmp(word, name, n) == 0 && (name[n] == 0 || name[n] == '/'))
			return true;
	}
	return !only;
}

static void run(struct bench *b, const char *only)
{
	struct buffer errors = {0};
	bool prepared = false;
	b->model = model_load("demography", &errors);
	if (!b->model)
		bench_fail("%s", buffer_text(&errors));
	printf("%lld customers, %lld rows\n", (long long)b->customers, (long long)b->customers * 3);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (!asked_for(only, i))
			continue;
		if (parts[i].snapshot && !prepared && parts[i].run != bench_snapshot)
			bench_snapshot(b);
		prepared |= parts[i].snapshot;
		parts[i].run(b);
	}
	report_machine();
	model_free(b->model);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void end_run(int signal)
{
	kill((pid_t)running, signal);
}

/* The run is a process of its own, so that the folder goes whatever becomes of it. */
static int run_apart(struct bench *b, const char *only)
{
	struct sigaction passed_on = {.sa_handler = end_run, .sa_flags = SA_RESTART};
	int status = 1;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		run(b, only);
		exit(0);
	}
	if (pid < 0)
		bench_fail("could not start a process");
	running = pid;
	sigaction(SIGINT, &passed_on, NULL);
	sigaction(SIGTERM, &passed_on, NULL);
	sigaction(SIGHUP, &passed_on, NULL);
	if (waitpid(pid, &status, 0) != pid)
		status = 1;
	nftw(b->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int usage(void)
{
	fputs("usage: bench --program TELLERDESK [--customers N] [--only PARTS]\n"
	      "PARTS are some of apply,snapshot,read,stores,follow,console,mysql,postgres; of console:\n"
	      "console/headless,console/typing,console/bytes,console/commits\n",
	      stderr);
	return 2;
}

/* A private folder whose path is absolute; what runs in it finds its state there. */
static char *make_folder(void)
{
	const char *temporary = getenv("TMPDIR");
	char *folder = memory_format("%s/tellerdesk-bench-XXXXXX", temporary && temporary[0] ? temporary : "/tmp");
	if (!mkdtemp(folder))
		bench_fail("could not make a folder \"%s\"", folder);
	char *real = realpath(folder, NULL);
	free(folder);
	setenv("HOME", real, 1);
	setenv("XDG_STATE_HOME", real, 1);
	setenv("XDG_CONFIG_HOME", real, 1);
	setenv("TERM", "xterm-256color", 1);
	return real;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"program", required_argument, NULL, 'p'},
						{"customers", required_argument, NULL, 'n'},
						{"only", required_argument, NULL, 'o'},
						{0}};
	struct bench b = {.customers = 1000000};
	const char *only = NULL;
	setlocale(LC_ALL, "C.UTF-8");
	setenv("LC_ALL", "C.UTF-8", 1);
	started = bench_ns();
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* as tellerdesk has it */
	for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (c == 'p')
			b.program = realpath(optarg, NULL);
		else if (c == 'n')
			b.customers = strtoll(optarg, NULL, 10);
		else if (c == 'o')
			only = optarg;
		else
			return usage();
	}
	if (!b.program || b.customers < 1000 || optind != argc)
		return usage();
	b.rounds = b.customers <= 1000000 ? 3 : 1;
	b.folder = make_folder();
	b.bank = bench_path(&b, "bank.db");
	b.replica = bench_path(&b, "replica.db");
	b.raw = bench_path(&b, "raw.db");
	return run_apart(&b, only);
}
