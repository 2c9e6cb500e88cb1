/* Ingest of the real program, killed at random moments: what it leaves behind is as if nothing had happened.
 *
 * Arguments: --kills N --seed S. The binary is $TELLERDESK; works in $TMPDIR.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "chance.h"

#define WORDS 24

static int kills = 20;
static uint64_t seed = 1;

/* ---- processes ---- */

/* Starts the program with these words, its output in a file (NULL: in log). */
static pid_t desk_start(const char *out, const char *const *words)
{
	const char *argv[WORDS + 2] = {getenv("TELLERDESK")};
	pid_t pid;

	if (!argv[0])
		fail_msg("TELLERDESK is not set");
	for (int i = 0; i < WORDS && words[i]; i++)
		argv[i + 1] = words[i];
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
		int file = out ? open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600) : log;

		dup2(file, 1);
		dup2(log, 2);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

static void desk_log_tail(void)
{
	char text[2001];
	FILE *f = fopen("log", "r");
	size_t n;

	if (!f)
		return;
	fseek(f, -2000, SEEK_END);
	n = fread(text, 1, 2000, f);
	text[n] = '\0';
	fclose(f);
	printf("# log: %s\n", text);
}

#define DESK(out, ...) desk(out, (const char *const[]){__VA_ARGS__, NULL})
static void desk(const char *out, const char *const *words)
{
	int status;
	pid_t pid = desk_start(out, words);

	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	desk_log_tail();
	fail_msg("%s ended with 0x%x", words[0], (unsigned)status);
}

/* Up to `most` milliseconds, then the end without a chance to clean up. */
static void desk_killed(struct chance *chance, int most, const char *const *words)
{
	pid_t pid = desk_start(NULL, words);
	int64_t ns = (int64_t)chance_below(chance, most * 1000) * 1000;
	struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
	int status;

	nanosleep(&t, NULL); /* the moment itself is what is tested */
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
		return;
	desk_log_tail();
	fail_msg("%s ended by itself with 0x%x before it was killed", words[0], (unsigned)status);
}

/* ---- files ---- */

static char *file_read(const char *path, size_t *size)
{
	FILE *f = fopen(path, "r");
	struct buffer b = {0};
	char part[65536];
	size_t n;

	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buffer_add(&b, part, n);
	fclose(f);
	*size = b.len;
	return buffer_take(&b);
}

static void file_copy(const char *from, const char *to)
{
	size_t size;
	char *data = file_read(from, &size), *part = memory_format("%s.part", to);
	FILE *f = fopen(part, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(part, to), 0); /* whole at once, as a drop folder wants it */
	free(part);
	free(data);
}

/* Both files hold the same lines; else the first that differs is shown. */
static void file_same(const char *a, const char *b)
{
	size_t na, nb, i = 0, line;
	char *ta = file_read(a, &na), *tb = file_read(b, &nb);

	assert_true(na > 1000);
	while (i < na && i < nb && ta[i] == tb[i])
		i++;
	if (i < na || i < nb) {
		for (line = i; line > 0 && ta[line - 1] != '\n'; line--)
			continue;
		fail_msg("%s and %s differ:\n%.*s\n%.*s", a, b, (int)strcspn(ta + line, "\n"), ta + line,
			 (int)strcspn(tb + line, "\n"), tb + line);
	}
	free(ta);
	free(tb);
}

/* ---- a bank ---- */

static void bank_follow(const char *replica)
{
	DESK(NULL, "ingest", "--once", "--source", "bank:live.db", "--replica", replica, "-q");
}

static void bank_killed(struct chance *chance, const char *replica, int most)
{
	const char *const words[] = {"ingest", "--source", "bank:live.db", "--replica", replica, "-q", NULL};

	desk_killed(chance, most, words);
}

static bool ended(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return false;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		desk_log_tail();
		fail_msg("generate ended with 0x%x", (unsigned)status);
	}
	return true;
}

static void bank_check(const char *replica, const char *dump)
{
	DESK("check.out", "check", "--replica", replica);
	DESK("check.out", "check", "--against-source", "--replica", replica);
	DESK(dump, "dump", "--canonical", "--replica", replica);
}

/* A first copy under kills, then a stream of changes under kills. Both replicas begin on the same bank, so with the
 * same P0. */
static void kill_bank(void **state)
{
	const char *const changes[] = {"generate", "--to",  "bank:live.db", "--customers", "0", "--changes",
				       "300/s",    "--for", "5s",           "-q",          NULL};
	char *seed_text = memory_format("%" PRIu64, seed);
	struct chance chance = {seed};
	pid_t generator;
	int done = 0;

	(void)state;
	DESK("out", "generate", "--to", "bank:live.db", "--customers", "20000", "--delay", "0s", "--seed", seed_text,
	     "-q");
	bank_follow("undisturbed.db");
	for (; done < kills / 2; done++)
		bank_killed(&chance, "killed.db", 400);
	/* One that was killed before anything was stored begins now, on the same bank still. */
	bank_follow("killed.db");
	while (done < kills) {
		bool writing = true;

		generator = desk_start("out", changes);
		for (int i = 0; writing || i == 0; i++) {
			bank_killed(&chance, "killed.db", 500);
			done++;
			writing = writing && !ended(generator);
		}
	}
	bank_follow("killed.db");
	bank_follow("undisturbed.db");
	bank_check("killed.db", "killed.dump");
	bank_check("undisturbed.db", "undisturbed.dump");
	file_same("undisturbed.dump", "killed.dump");
	printf("# bank: %d kills\n", done);
	free(seed_text);
}

/* ---- a drop folder ---- */

static char **batches;
static int batch_count;

/* The place of a batch's table in the model. */
static size_t batch_place(const char *name)
{
	static const char *const tables[] = {"customer_info_", "bank_product_", "customer_asset_", "store_"};
	size_t i = 0;

	while (i < sizeof tables / sizeof *tables && strncmp(name, tables[i], strlen(tables[i])) != 0)
		i++;
	return i;
}

/* As a drop folder is read: by stamp, then in the model's order. */
static int by_stamp(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	int order = strcmp(strrchr(x, '_'), strrchr(y, '_'));

	return order ? order : (int)batch_place(x) - (int)batch_place(y);
}

static void batches_list(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL)
		if (entry->d_name[0] != '.' && strstr(entry->d_name, ".csv")) {
			batches = memory_grow(batches, (size_t)(batch_count + 1) * sizeof *batches);
			batches[batch_count++] = memory_text(entry->d_name);
		}
	closedir(d);
	qsort(batches, (size_t)batch_count, sizeof *batches, by_stamp);
}

static void batch_drop(const char *folder, int i)
{
	char *from = memory_format("batches/%s", batches[i]), *to = memory_format("%s/%s", folder, batches[i]);

	file_copy(from, to);
	free(from);
	free(to);
}

struct drop {
	char folder[40], url[48], replica[48], dump[48];
};

static struct drop drop_new(const char *name)
{
	struct drop d;

	snprintf(d.folder, sizeof d.folder, "drop-%s", name);
	snprintf(d.url, sizeof d.url, "csv:drop-%s", name);
	snprintf(d.replica, sizeof d.replica, "csv-%s.db", name);
	snprintf(d.dump, sizeof d.dump, "csv-%s.dump", name);
	assert_int_equal(mkdir(d.folder, 0700), 0);
	return d;
}

static void drop_follow(const struct drop *d)
{
	DESK(NULL, "ingest", "--once", "--settle", "0s", "--source", d->url, "--replica", d->replica, "-q");
}

static void drop_done(const struct drop *d)
{
	DESK("check.out", "check", "--replica", d->replica);
	DESK(d->dump, "dump", "--canonical", "--replica", d->replica);
}

static void kill_csv(void **state)
{
	struct drop at_once = drop_new("once"), one_by_one = drop_new("single"), twice = drop_new("twice"),
		    killed = drop_new("killed");
	const char *const words[] = {"ingest",    "--settle",     "0s", "--source", killed.url,
				     "--replica", killed.replica, "-q", NULL};
	char *seed_text = memory_format("%" PRIu64, seed);
	struct chance chance = {seed};

	(void)state;
	assert_int_equal(mkdir("batches", 0700), 0);
	DESK("out", "generate", "--to", "csv:batches", "--customers", "30000", "--batch", "10000", "--delay", "0s",
	     "--seed", seed_text, "-q");
	DESK("out", "generate", "--to", "csv:batches", "--customers", "0", "--changes", "2000/s", "--for", "2s", "-q");
	batches_list("batches");
	for (int i = 0; i < batch_count; i++) {
		batch_drop(at_once.folder, i);
		batch_drop(killed.folder, i);
		batch_drop(one_by_one.folder, i);
		drop_follow(&one_by_one);
	}
	drop_follow(&at_once);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < batch_count; i++)
			batch_drop(twice.folder, i);
		drop_follow(&twice);
	}
	for (int i = 0; i < kills; i++)
		desk_killed(&chance, 200, words);
	drop_follow(&killed);
	drop_done(&at_once);
	drop_done(&one_by_one);
	drop_done(&twice);
	drop_done(&killed);
	file_same(at_once.dump, one_by_one.dump);
	file_same(at_once.dump, twice.dump);
	file_same(at_once.dump, killed.dump);
	printf("# csv: %d batches, %d kills\n", batch_count, kills);
	free(seed_text);
	for (int i = 0; i < batch_count; i++)
		free(batches[i]);
	free(batches);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		{"a bank", kill_bank, NULL, NULL, NULL},
		{"a drop folder", kill_csv, NULL, NULL, NULL},
	};
	const char *folder = getenv("TMPDIR");

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--kills") == 0)
			kills = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
	}
	printf("# kill: %d kills each from seed %" PRIu64 "\n", kills, seed);
	fflush(stdout);
	if (folder && chdir(folder) != 0)
		return 1;
	return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
