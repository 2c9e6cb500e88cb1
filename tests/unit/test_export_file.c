/* export_file: a file is there whole or not at all, whatever happens while it is written. */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "ui/export_file.h"

/* The disk takes so many bytes more, by pieces; -1: any number. */
static long disk_room = -1;
static size_t disk_piece = SIZE_MAX;
static int disk_error = ENOSPC;

ssize_t write(int fd, const void *from, size_t n)
{
	if (n > disk_piece)
		n = disk_piece;
	if (disk_room >= 0 && (long)n > disk_room) {
		if (!disk_room) {
			errno = disk_error;
			return -1;
		}
		n = (size_t)disk_room;
	}
	ssize_t wrote = syscall(SYS_write, fd, from, n);
	if (disk_room >= 0 && wrote > 0)
		disk_room -= wrote;
	return wrote;
}

static char folder[256], path[512];
static atomic_bool stop;
static _Atomic int64_t bytes;

static int setup(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");
	snprintf(folder, sizeof(folder), "%s/export.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/a.csv", folder);
	disk_room = -1;
	disk_piece = SIZE_MAX;
	disk_error = ENOSPC;
	stop = false;
	bytes = 0;
	return 0;
}

/* How many files are in the folder, hidden ones too. */
static int files(void)
{
	int count = 0;
	DIR *d = opendir(folder);
	for (struct dirent *e; (e = readdir(d));)
		count += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return count;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void holds(const char *wanted)
{
	char text[64] = "";
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	assert_true(fgets(text, sizeof(text), f) != NULL);
	fclose(f);
	assert_string_equal(text, wanted);
}

static bool write_file(const char *text, int times, bool overwrite, struct error *err)
{
	struct export_file f;
	*err = (struct error){0};
	if (!export_file_open(&f, path, &stop, &bytes, err))
		return false;
	for (int i = 0; i < times; i++)
		fputs(text, f.out);
	return export_file_close(&f, overwrite, err);
}

static void a_file_appears_when_it_is_whole(void **state)
{
	(void)state;
	struct error err;
	struct export_file f;
	struct stat st;
	assert_true(export_file_open(&f, path, &stop, &bytes, &err));
	fputs("one", f.out);
	fflush(f.out);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(files(), 1);
	assert_true(export_file_close(&f, false, &err));
	holds("one");
	assert_int_equal(files(), 1);
	assert_int_equal(bytes, 3);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void what_is_there_is_kept_unless_told(void **state)
{
	(void)state;
	struct error err;
	assert_true(write_file("one", 1, false, &err));
	assert_false(write_file("two", 1, false, &err));
	assert_int_equal(err.code, ERROR_USAGE);
	holds("one");
	assert_int_equal(files(), 1);
	assert_true(write_file("two", 1, true, &err));
	holds("two");
	assert_int_equal(files(), 1);
}

static void a_full_disk_leaves_nothing_behind(void **state)
{
	(void)state;
	struct error err;
	disk_piece = 1000;
	disk_room = 50000;
	assert_false(write_file("0123456789", 100000, false, &err));
	assert_int_equal(err.code, ERROR_FULL);
	assert_non_null(strstr(err.message, "No space left on device"));
	assert_non_null(strstr(err.hint, "nothing was left behind"));
	assert_int_equal(files(), 0);
	assert_int_equal(bytes, 50000);
	/* In the very last piece, and over a file that was there. */
	disk_room = -1;
	assert_true(write_file("one", 1, false, &err));
	disk_room = 2;
	assert_false(write_file("two", 1, true, &err));
	assert_int_equal(err.code, ERROR_FULL);
	disk_room = -1;
	holds("one");
	assert_int_equal(files(), 1);
}

static void a_disk_that_fails_is_told(void **state)
{
	(void)state;
	struct error err;
	disk_room = 0;
	disk_error = EIO;
	assert_false(write_file("one", 1, false, &err));
	assert_int_equal(err.code, ERROR_PERMISSION);
	assert_non_null(strstr(err.message, "Input/output error"));
	assert_int_equal(files(), 0);
}

static void one_that_is_stopped_is_not_there(void **state)
{
	(void)state;
	struct error err;
	struct export_file f;
	assert_true(export_file_open(&f, path, &stop, &bytes, &err));
	fputs("one", f.out);
	fflush(f.out);
	stop = true;
	for (int i = 0; i < 100000 && !ferror(f.out); i++)
		fputs("two", f.out);
	assert_true(ferror(f.out));
	assert_false(export_file_close(&f, false, &err));
	assert_int_equal(err.code, ERROR_CANCELLED);
	assert_int_equal(files(), 0);
	/* Stopped when all was written already, but not yet given its name. */
	stop = false;
	assert_true(export_file_open(&f, path, &stop, &bytes, &err));
	fputs("one", f.out);
	fflush(f.out);
	stop = true;
	assert_false(export_file_close(&f, false, &err));
	assert_int_equal(err.code, ERROR_CANCELLED);
	assert_int_equal(files(), 0);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
	(void)state;
	struct error err;
	struct export_file f;
	char nowhere[600];
	snprintf(nowhere, sizeof(nowhere), "%s/nowhere/a.csv", folder);
	assert_false(export_file_open(&f, nowhere, &stop, &bytes, &err));
	assert_non_null(strstr(err.message, "No such file or directory"));
	assert_string_equal(err.hint, "there is no such folder: name one that exists");
	assert_false(export_file_open(&f, folder, &stop, &bytes, &err));
	assert_non_null(strstr(err.message, "no ordinary file"));
	assert_false(export_file_open(&f, "/dev/null", &stop, &bytes, &err));
	assert_non_null(strstr(err.message, "no ordinary file"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_appears_when_it_is_whole),
		TEST(what_is_there_is_kept_unless_told),
		TEST(a_full_disk_leaves_nothing_behind),
		TEST(a_disk_that_fails_is_told),
		TEST(one_that_is_stopped_is_not_there),
		TEST(a_folder_that_is_not_there_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
