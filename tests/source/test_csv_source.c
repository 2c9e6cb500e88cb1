/* The drop folder, driven as the ingest thread drives it: open, start, next, durable. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "model/model.h"
#include "model/value.h"
#include "source/csv_batch.h"
#include "source/csv_folder.h"
#include "source/source.h"

/* No wait in these tests is longer. */
enum { PATIENCE_MS = 20000 };

static const char model_text[] = "[model]\n"
				 "name = shop\n"
				 "zone = Asia/Jakarta\n"
				 "[entity customer]\n"
				 "kind = customer\n"
				 "table = person_info\n"
				 "key = cif\n"
				 "name = name\n"
				 "column.cif = CIF | integer\n"
				 "column.name = Name | text\n"
				 "column.born = Born | date | pii\n"
				 "column.paid = Paid | decimal(2)\n"
				 "[entity account]\n"
				 "kind = detail\n"
				 "table = account\n"
				 "key = cif, number\n"
				 "cif = cif\n"
				 "column.cif = CIF | integer\n"
				 "column.number = Number | text\n";

static struct model *model;
static char root[200];

struct fixture {
	char folder[300];
	struct source *source;
	struct source_params params;
	struct buffer log; /* what the source gave, in words */
	char *position;    /* of the last commit, or of an IDLE */
	struct error err;
	int commits;
};

/* ---- files ---- */

static char *path_of(const struct fixture *f, const char *name)
{
	return memory_format("%s/%s", f->folder, name);
}

/* Written under a hidden name and renamed, as a careful writer does. */
static void drop_bytes(const struct fixture *f, const char *name, const char *text, size_t n)
{
	char *hidden = path_of(f, ".hidden"), *path = path_of(f, name);
	int fd = open(hidden, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
	assert_int_equal(rename(hidden, path), 0);
	free(hidden);
	free(path);
}

static void drop(const struct fixture *f, const char *name, const char *text)
{
	drop_bytes(f, name, text, strlen(text));
}

static bool exists(const struct fixture *f, const char *name)
{
	char *path = path_of(f, name);
	struct stat st;
	bool there = lstat(path, &st) == 0;

	free(path);
	return there;
}

static char *content(const struct fixture *f, const char *name)
{
	char *path = path_of(f, name), block[4096];
	struct buffer out = {0};
	int fd = open(path, O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	while ((n = read(fd, block, sizeof(block))) > 0)
		buffer_add(&out, block, (size_t)n);
	close(fd);
	free(path);
	return out.data ? buffer_take(&out) : memory_text("");
}

static void expect_content(const struct fixture *f, const char *name, const char *wanted)
{
	char *got = content(f, name);

	assert_string_equal(got, wanted);
	free(got);
}

static void expect_content_has(const struct fixture *f, const char *name, const char *part)
{
	char *got = content(f, name);

	if (!strstr(got, part))
		print_error("\"%s\" is not in: %s\n", part, got);
	assert_non_null(strstr(got, part));
	free(got);
}

static void remove_tree(const char *path)
{
	pid_t child = fork();

	if (child == 0) {
		execlp("rm", "rm", "-rf", path, (char *)NULL);
		_exit(127);
	}
	waitpid(child, NULL, 0);
}

/* ---- the source ---- */

static void open_source(struct fixture *f, const char *position)
{
	char *url = memory_format("csv:%s", f->folder);

	f->params.url = url;
	f->params.model = model;
	f->source = source_open(&f->params, &f->err);
	if (!f->source)
		print_error("%s\n", f->err.message);
	assert_non_null(f->source);
	assert_true(f->source->ops->start(f->source, position, &f->err));
	free(url);
}

static void close_source(struct fixture *f)
{
	if (f->source)
		f->source->ops->close(f->source);
	f->source = NULL;
}

static void print_values(struct buffer *out, const struct entity *e, const struct value *values)
{
	for (int i = 0; i < e->column_count; i++) {
		buffer_char(out, ' ');
		switch (values[i].kind) {
		case VALUE_UNKNOWN:
			buffer_char(out, '?');
			break;
		case VALUE_NULL:
			buffer_text_add(out, "NULL");
			break;
		case VALUE_INTEGER:
			buffer_format(out, "%lld", (long long)values[i].integer);
			break;
		default:
			buffer_char(out, '\'');
			buffer_add(out, values[i].text, values[i].len);
			buffer_char(out, '\'');
		}
	}
}

static void print_event(struct fixture *f, enum source_result r, const struct source_event *event)
{
	const struct change *c = &event->change;
	const struct entity *e;

	switch (r) {
	case SOURCE_BEGIN:
		buffer_format(&f->log, "begin %s %lld\n", event->raw_time, (long long)(event->commit_time / SECOND));
		break;
	case SOURCE_CHANGE:
		e = &model->entities[c->entity];
		buffer_format(&f->log, "%s %s", c->op == CHANGE_MERGE ? "merge" : "reject", e->name);
		if (c->op == CHANGE_MERGE) {
			print_values(&f->log, e, c->after);
		} else {
			buffer_format(&f->log, " %llu (%s) [", (unsigned long long)c->line, c->reason);
			buffer_add(&f->log, c->raw, c->raw_len < 60 ? c->raw_len : 60);
			buffer_char(&f->log, ']');
		}
		buffer_char(&f->log, '\n');
		break;
	case SOURCE_COMMIT:
		f->commits++;
		buffer_text_add(&f->log, "commit\n");
		break;
	case SOURCE_ERROR:
		buffer_format(&f->log, "error %s\n", f->err.message);
		break;
	default:
		break;
	}
	if (event->position && (r == SOURCE_COMMIT || r == SOURCE_IDLE)) {
		free(f->position);
		f->position = memory_text(event->position);
	}
}

static enum source_result step(struct fixture *f, int timeout_ms)
{
	struct source_event event;
	enum source_result r = f->source->ops->next(f->source, timeout_ms, &event, &f->err);

	print_event(f, r, &event);
	return r;
}

/* Reads on until the source has nothing more, or fails. */
static enum source_result run(struct fixture *f)
{
	int64_t end = clock_mono() + PATIENCE_MS * INT64_C(1000);

	buffer_clear(&f->log);
	for (;;) {
		enum source_result r = step(f, 100);

		if (r == SOURCE_IDLE || r == SOURCE_ERROR)
			return r;
		assert_true(clock_mono() < end);
	}
}

static void durable(struct fixture *f)
{
	f->source->ops->durable(f->source, f->position);
}

static void expect_run(struct fixture *f, const char *wanted)
{
	enum source_result r = run(f);

	assert_string_equal(buffer_text(&f->log), wanted);
	assert_int_equal(r, strncmp(wanted, "error", 5) == 0 ? SOURCE_ERROR : SOURCE_IDLE);
}

static int set_up(void **state)
{
	struct fixture *f = memory_zero(1, sizeof(*f));
	static int number;

	snprintf(f->folder, sizeof(f->folder), "%s/%d", root, ++number);
	f->params = (struct source_params){.stop = -1, .settle = 100000, .reject_percent = 5, .encoding = "utf-8"};
	*state = f;
	return mkdir(f->folder, 0700);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close_source(f);
	chmod(f->folder, 0700);
	remove_tree(f->folder);
	buffer_done(&f->log);
	free(f->position);
	free(f);
	return 0;
}

#define HEADER "cif,name,born,paid\n"
#define PERSON "person_info_20260102030405.csv"
/* 2026-01-02 03:04:05 in Jakarta is seven hours earlier in UTC. */
#define BEGIN "begin 20260102030405 1767297845\n"

/* ---- rows ---- */

static void test_rows_in_order(void **state)
{
	struct fixture *f = *state;

	drop(f, PERSON, "name,paid,cif,born\nAnna,1.5,1,1990-02-03\n\"\",,2,\nAnna B,007.10,1,1990-02-03\n");
	open_source(f, NULL);
	expect_run(f, BEGIN "merge customer 1 'Anna' '1990-02-03' '1.50'\n"
			    "merge customer 2 '' NULL NULL\n"
			    "merge customer 1 'Anna B' '1990-02-03' '7.10'\n"
			    "commit\n");
	/* It stays until the replica holds it for good. */
	assert_true(exists(f, PERSON));
	expect_run(f, "");
	durable(f);
	assert_false(exists(f, PERSON));
	assert_true(exists(f, "done/" PERSON));
}

static void test_what_files_bring(void **state)
{
	struct fixture *f = *state;

	/* BOM, CRLF, a quoted line end, doubled quotes, blanks and case in the header. */
	drop(f, PERSON,
	     "\xEF\xBB\xBF"
	     "CIF, Name ,born,paid\r\n1,\"Ann\r\na \"\"B\"\"\",,\r\n");
	open_source(f, NULL);
	expect_run(f, BEGIN "merge customer 1 'Ann\r\na \"B\"' NULL NULL\ncommit\n");
}

static void test_missing_and_unknown_columns(void **state)
{
	struct fixture *f = *state;

	drop(f, PERSON, "nick,cif,paid\nx,1,2\n");
	open_source(f, NULL);
	expect_run(f, BEGIN "merge customer 1 ? ? '2.00'\ncommit\n");
}

static void test_a_header_alone_is_a_batch(void **state)
{
	struct fixture *f = *state;

	drop(f, PERSON, HEADER);
	open_source(f, NULL);
	expect_run(f, BEGIN "commit\n");
}

static void test_latin1(void **state)
{
	struct fixture *f = *state;

	drop(f, PERSON, HEADER "1,Ren\xE9,,\n");
	drop(f, "person_info_20260102030406.csv", "\xEF\xBB\xBF" HEADER "2,Ren\xC3\xA9,,\n");
	f->params.encoding = "latin1";
	open_source(f, NULL);
	expect_run(f, BEGIN "merge customer 1 'Ren\xC3\xA9' NULL NULL\ncommit\n"
			    "begin 20260102030406 1767297846\nmerge customer 2 'Ren\xC3\xA9' NULL NULL\ncommit\n");
}

static void test_bad_rows_are_rejected(void **state)
{
	struct fixture *f = *state;
	struct buffer text = {0};

	buffer_text_add(&text, HEADER);
	for (int i = 0; i < 300; i++)
		buffer_format(&text, "%d,x,,\n", i);
	buffer_text_add(&text, ",no key,,\n");
	buffer_text_add(&text, "\"\",no key,,\n");
	buffer_text_add(&text, "1,x,2026-02-30,\n");
	buffer_text_add(&text, "1,x,\"\",\n");
	buffer_text_add(&text, "1,x,,1.234\n");
	buffer_text_add(&text, "x,x,,\n");
	buffer_text_add(&text, "1,x\n");
	buffer_text_add(&text, "1,\xFFx,,\n");
	buffer_add(&text, "1,a\0b,,\n", 8);
	buffer_text_add(&text, "1,\"a\"b,,\n");
	drop_bytes(f, PERSON, text.data, text.len);
	buffer_done(&text);
	open_source(f, NULL);
	assert_int_equal(run(f), SOURCE_IDLE);
	assert_non_null(strstr(f->log.data, "reject customer 302 (cif: the key is empty) [,no key,,]\n"
					    "reject customer 303 (cif: empty text is not an integer) [\"\",no key,,]\n"
					    "reject customer 304 (born: not a date that fits) [1,x,2026-02-30,]\n"
					    "reject customer 305 (born: empty text is not a date) [1,x,\"\",]\n"
					    "reject customer 306 (paid: not a decimal that fits) [1,x,,1.234]\n"
					    "reject customer 307 (cif: not an integer that fits) [x,x,,]\n"
					    "reject customer 308 (2 fields where the header has 4) [1,x]\n"
					    "reject customer 309 (not UTF-8) [1,\xFFx,,]\n"
					    "reject customer 310 (a NUL byte) [1,a"));
	assert_non_null(
		strstr(f->log.data + strlen(f->log.data) + 1, "reject customer 311 (text after a closing quote)"));
}

static void test_too_many_bad_rows(void **state)
{
	struct fixture *f = *state;
	struct buffer text = {0};

	/* 5 of 100 are allowed, 6 of 101 are not. */
	buffer_text_add(&text, HEADER);
	for (int i = 0; i < 95; i++)
		buffer_format(&text, "%d,x,,\n", i);
	for (int i = 0; i < 5; i++)
		buffer_text_add(&text, ",x,,\n");
	drop(f, PERSON, text.data);
	buffer_text_add(&text, ",x,,\n");
	drop(f, "person_info_20260102030406.csv", text.data);
	buffer_done(&text);
	open_source(f, NULL);
	assert_int_equal(run(f), SOURCE_IDLE);
	assert_int_equal(f->commits, 1);
	assert_false(exists(f, "person_info_20260102030406.csv"));
	assert_true(exists(f, "failed/person_info_20260102030406.csv"));
	expect_content(
		f, "failed/person_info_20260102030406.csv.reason",
		"6 of 101 rows cannot be used, and 5 % are allowed\n"
		"line 97: cif: the key is empty\nline 98: cif: the key is empty\nline 99: cif: the key is empty\n"
		"line 100: cif: the key is empty\nline 101: cif: the key is empty\nline 102: cif: the key is empty\n");
}

static void test_files_that_fail_whole(void **state)
{
	static const struct {
		const char *name, *text, *reason;
	} files[] = {
		{"person_info_20260101000001.csv", "", "the file is empty, without so much as a header\n"},
		{"person_info_20260101000002.csv", "name,born\nx,\n", "the header lacks the key column \"cif\"\n"},
		{"person_info_20260101000003.csv", "cif,name,CIF\n1,x,1\n",
		 "column \"cif\" stands in the header twice\n"},
		{"person_info_20260101000004.csv", "cif;name\n1;x\n",
		 "the header lacks the key column \"cif\"; its columns seem "
		 "to be parted by ';' where ',' is expected\n"},
		{"person_info_20260101000005.csv", "\"cif\"x\n1\n",
		 "the header cannot be read: text after a closing quote\n"},
		{"person_info_20260101000006.csv",
		 "\xFF\xFE"
		 "c",
		 "the file is UTF-16; it must be UTF-8, or latin1 when told\n"},
		{"person_info_20260101000007.csv", "cif,name\n1,a\n2,\"b\n3,c\n4,d\n",
		 "a quote in the row of line 3 is never closed\n"},
		{"account_20260101000008.csv", "name\nx\n", "the header lacks the key column \"cif\" and \"number\"\n"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		drop(f, files[i].name, files[i].text);
	open_source(f, NULL);
	expect_run(f, "");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *name = memory_format("failed/%s", files[i].name), *reason = memory_format("%s.reason", name);

		assert_false(exists(f, files[i].name));
		expect_content(f, name, files[i].text);
		expect_content(f, reason, files[i].reason);
		free(name);
		free(reason);
	}
	/* Looked at as far as that, though nothing was taken. */
	assert_string_equal(f->position, "account=!20260101000008,person_info=!20260101000007");
}

static void test_a_row_over_the_limit(void **state)
{
	struct fixture *f = *state;
	struct buffer text = {0};

	f->params.reject_percent = 50;
	buffer_text_add(&text, HEADER "1,");
	buffer_fill(&text, 'x', 2 * 1024 * 1024);
	buffer_text_add(&text, ",,\n2,y,,\n");
	drop(f, PERSON, text.data);
	buffer_done(&text);
	open_source(f, NULL);
	expect_run(f, BEGIN "reject customer 2 (longer than a row may be) "
			    "[1,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]\n"
			    "merge customer 2 'y' NULL NULL\ncommit\n");
}

/* ---- order and identity ---- */

static void test_order_is_stamp_then_model(void **state)
{
	struct fixture *f = *state;

	drop(f, "account_20260101000000.csv", "cif,number\n1,a\n");
	drop(f, "person_info_20260101000000.csv", "cif\n1\n");
	drop(f, "person_info_20251231235959.csv", "cif\n0\n");
	drop(f, "account_20260101000001.csv", "cif,number\n2,b\n");
	open_source(f, NULL);
	expect_run(f, "begin 20251231235959 1767200399\nmerge customer 0 ? ? ?\ncommit\n"
		      "begin 20260101000000 1767200400\nmerge customer 1 ? ? ?\ncommit\n"
		      "begin 20260101000000 1767200400\nmerge account 1 'a'\ncommit\n"
		      "begin 20260101000001 1767200401\nmerge account 2 'b'\ncommit\n");
	durable(f);
	assert_true(exists(f, "done/account_20260101000001.csv"));
	/* Older than other tables' batches only: taken. Not later than its own table's: put aside. */
	drop(f, "person_info_20260101000002.csv", "cif\n5\n");
	expect_run(f, "begin 20260101000002 1767200402\nmerge customer 5 ? ? ?\ncommit\n");
	durable(f);
	drop(f, "account_20260101000001.csv.tmp", "");
	drop(f, "account_20251231000000.csv", "cif,number\n9,z\n");
	expect_run(f, "");
	assert_true(exists(f, "failed/account_20251231000000.csv"));
	expect_content_has(f, "failed/account_20251231000000.csv.reason",
			   "older than the last batch of account, 20260101000001\n");
}

static void test_durable_moves_only_what_it_covers(void **state)
{
	struct fixture *f = *state;
	char *first = NULL;

	drop(f, "person_info_20260101000001.csv", "cif\n1\n");
	drop(f, "person_info_20260101000002.csv", "cif\n2\n");
	open_source(f, NULL);
	while (f->commits < 1)
		step(f, 1000);
	first = memory_text(f->position);
	assert_int_equal(run(f), SOURCE_IDLE);
	assert_int_equal(f->commits, 2);
	f->source->ops->durable(f->source, first);
	assert_true(exists(f, "done/person_info_20260101000001.csv"));
	assert_true(exists(f, "person_info_20260101000002.csv"));
	durable(f);
	assert_true(exists(f, "done/person_info_20260101000002.csv"));
	free(first);
}

static void test_the_same_file_again(void **state)
{
	struct fixture *f = *state;

	open_source(f, NULL);
	for (int i = 0; i < 3; i++) {
		drop(f, PERSON, "cif\n1\n");
		expect_run(f, i == 0 ? BEGIN "merge customer 1 ? ? ?\ncommit\n" : "");
		durable(f);
		assert_false(exists(f, PERSON));
	}
	assert_true(exists(f, "done/" PERSON));
	assert_true(exists(f, "done/" PERSON ".again"));
	assert_true(exists(f, "done/" PERSON ".again.2"));
	assert_false(exists(f, "failed"));
	/* Another name is another batch, whatever is in it. */
	drop(f, "person_info_20260102030406.csv", "cif\n1\n");
	expect_run(f, "begin 20260102030406 1767297846\nmerge customer 1 ? ? ?\ncommit\n");
}

static void test_the_same_name_with_other_content(void **state)
{
	struct fixture *f = *state;

	open_source(f, NULL);
	drop(f, PERSON, "cif\n1\n");
	run(f);
	durable(f);
	for (int i = 0; i < 2; i++) {
		drop(f, PERSON, "cif\n2\n");
		expect_run(f, "");
	}
	expect_content(f, "done/" PERSON, "cif\n1\n");
	expect_content(f, "failed/" PERSON, "cif\n2\n");
	expect_content(f, "failed/" PERSON ".2", "cif\n2\n");
	expect_content_has(f, "failed/" PERSON ".reason",
			   "a file of this name, with other content, was taken before\n");
	expect_content_has(f, "failed/" PERSON ".2.reason", "a file of this name, with other content");
}

static void test_a_corrected_file_may_come_back(void **state)
{
	struct fixture *f = *state;

	open_source(f, NULL);
	drop(f, PERSON, "name\nx\n");
	expect_run(f, "");
	assert_true(exists(f, "failed/" PERSON));
	drop(f, PERSON, "cif,name\n1,x\n");
	expect_run(f, BEGIN "merge customer 1 'x' ? ?\ncommit\n");
}

/* ---- crashes ---- */

static void test_a_crash_between_commit_and_move(void **state)
{
	struct fixture *f = *state;

	drop(f, PERSON, "cif\n1\n");
	open_source(f, NULL);
	run(f);
	assert_int_equal(f->commits, 1);
	assert_non_null(strstr(f->position, "person_info=20260102030405;" PERSON ":"));
	close_source(f);
	assert_true(exists(f, PERSON));
	/* The replica held the position: the file is known by its content, and moved. */
	open_source(f, f->position);
	expect_run(f, "");
	assert_int_equal(f->commits, 1);
	assert_false(exists(f, PERSON));
	assert_true(exists(f, "done/" PERSON));
	assert_false(exists(f, "failed"));
	/* From then on the position need not name it. */
	drop(f, "account_20260101000000.csv", "cif,number\n1,a\n");
	run(f);
	assert_null(strstr(f->position, PERSON));
}

static void test_a_crash_and_another_content(void **state)
{
	struct fixture *f = *state;

	drop(f, PERSON, "cif\n1\n");
	open_source(f, NULL);
	run(f);
	close_source(f);
	drop(f, PERSON, "cif\n2\n");
	open_source(f, f->position);
	expect_run(f, "");
	assert_int_equal(f->commits, 1);
	expect_content(f, "failed/" PERSON, "cif\n2\n");
	expect_content_has(f, "failed/" PERSON ".reason", "other content");
	assert_false(exists(f, "done/" PERSON));
}

static void test_a_crash_before_the_commit(void **state)
{
	struct fixture *f = *state;

	drop(f, PERSON, "cif\n1\n");
	open_source(f, NULL);
	run(f);
	close_source(f);
	/* The replica never held it: it is taken as if for the first time. */
	open_source(f, "");
	expect_run(f, BEGIN "merge customer 1 ? ? ?\ncommit\n");
	durable(f);
	assert_true(exists(f, "done/" PERSON));
}

static void test_a_file_replaced_before_its_move(void **state)
{
	struct fixture *f = *state;

	drop(f, PERSON, "cif\n1\n");
	open_source(f, NULL);
	run(f);
	drop(f, PERSON, "cif\n2\n");
	durable(f);
	assert_false(exists(f, "done/" PERSON)); /* which is not what was taken */
	expect_run(f, "");
	expect_content(f, "failed/" PERSON, "cif\n2\n");
	assert_int_equal(f->commits, 1);
}

static void test_a_file_that_changes_between_the_passes(void **state)
{
	struct fixture *f = *state;
	struct buffer text = {0};
	char *path = path_of(f, PERSON);
	enum source_result r;
	int fd;

	buffer_text_add(&text, HEADER);
	for (int i = 0; i < 20000; i++)
		buffer_format(&text, "%d,name,,\n", i);
	drop(f, PERSON, text.data);
	open_source(f, NULL);
	while ((r = step(f, 1000)) != SOURCE_CHANGE)
		assert_true(r == SOURCE_BEGIN || r == SOURCE_WAIT);
	/* The second pass is at its first block; the last row becomes another. */
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "X", 1, (off_t)text.len - 4), 1);
	close(fd);
	assert_int_equal(run(f), SOURCE_ERROR);
	assert_int_equal(f->err.code, ERROR_UNREACHABLE);
	assert_non_null(strstr(f->err.message, "it changed while it was read"));
	assert_int_equal(f->commits, 0);
	/* Opened again, as the ingest thread does, the file as it is now is taken. */
	close_source(f);
	open_source(f, NULL);
	assert_int_equal(run(f), SOURCE_IDLE);
	assert_int_equal(f->commits, 1);
	assert_non_null(strstr(f->log.data, "merge customer 19999 'namX' NULL NULL\ncommit\n"));
	buffer_done(&text);
	free(path);
}

/* ---- files that are not whole, not ours, not files ---- */

static bool leases_work(const struct fixture *f)
{
	char *path = path_of(f, ".lease");
	int fd = open(path, O_RDONLY | O_CREAT, 0600);
	bool work = csv_folder_writer(fd) == CSV_WRITER_NONE;

	close(fd);
	unlink(path);
	free(path);
	return work;
}

static void test_a_file_still_being_written(void **state)
{
	struct fixture *f = *state;
	char *path = path_of(f, "person_info_20260101000000.csv");
	int64_t began;
	int fd;

	if (!leases_work(f))
		skip();
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "cif\n1", 5), 5);
	drop(f, "account_20260101000001.csv", "cif,number\n1,a\n");
	open_source(f, NULL);
	/* The later batch waits for the earlier one. */
	expect_run(f, "");
	assert_int_equal(write(fd, "2\n", 2), 2);
	close(fd);
	began = clock_mono();
	buffer_clear(&f->log);
	while (f->commits < 2)
		step(f, 500);
	/* Told by the system, not found by the next look. */
	assert_true(clock_mono() - began < 900 * 1000);
	assert_string_equal(f->log.data, "begin 20260101000000 1767200400\nmerge customer 12 ? ? ?\ncommit\n"
					 "begin 20260101000001 1767200401\nmerge account 1 'a'\ncommit\n");
	free(path);
}

static void test_whole(void **state)
{
	(void)state;
	assert_true(csv_is_whole(&(struct csv_quiet){.writer = CSV_WRITER_NONE}, 100));
	assert_false(csv_is_whole(
		&(struct csv_quiet){.writer = CSV_WRITER_SOME, .closed = true, .unchanged = 200, .age = 200}, 100));
	/* Where nothing tells who writes, it must have been quiet, or closed. */
	assert_false(csv_is_whole(&(struct csv_quiet){.writer = CSV_WRITER_UNKNOWN, .unchanged = 99, .age = 99}, 100));
	assert_true(csv_is_whole(&(struct csv_quiet){.writer = CSV_WRITER_UNKNOWN, .unchanged = 100, .age = -5}, 100));
	assert_true(csv_is_whole(&(struct csv_quiet){.writer = CSV_WRITER_UNKNOWN, .age = 100}, 100));
	assert_true(csv_is_whole(&(struct csv_quiet){.writer = CSV_WRITER_UNKNOWN, .closed = true}, 100));
}

static void test_strangers_are_left_alone(void **state)
{
	static const char *const names[] = {
		".person_info_20260101000000.csv",
		"person_info_20260101000000.csv.tmp",
		"person_info_20260101000001.csv.part",
		"person_info_20260101000002.csv.filepart",
		"readme.txt",
		"person_info_2026.csv",
		"person_info_20261301000000.csv",
		"person_info_20260230000000.csv",
		"person_info-20260101000000.csv",
		"unknown_20260101000000.csv",
		"_20260101000000.csv",
		"person_info_20260101000000.CSV",
		"person_info_120260101000000.csv",
	};
	struct fixture *f = *state;
	char *path;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		drop(f, names[i], "cif\n1\n");
	path = path_of(f, "person_info_20260101000010.csv");
	assert_int_equal(symlink("readme.txt", path), 0);
	free(path);
	path = path_of(f, "person_info_20260101000011.csv");
	assert_int_equal(mkfifo(path, 0600), 0);
	free(path);
	path = path_of(f, "person_info_20260101000012.csv");
	assert_int_equal(mkdir(path, 0700), 0);
	free(path);
	drop(f, PERSON, "cif\n1\n");
	open_source(f, NULL);
	expect_run(f, BEGIN "merge customer 1 ? ? ?\ncommit\n");
	durable(f);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(exists(f, names[i]));
	assert_true(exists(f, "person_info_20260101000010.csv"));
	assert_true(exists(f, "person_info_20260101000011.csv"));
	assert_true(exists(f, "person_info_20260101000012.csv"));
	assert_false(exists(f, "failed"));
}

static void test_done_is_private(void **state)
{
	struct fixture *f = *state;
	char *path = path_of(f, "done");
	struct stat st;

	drop(f, PERSON, "cif\n1\n");
	open_source(f, NULL);
	run(f);
	durable(f);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	free(path);
}

static void test_done_may_be_tidied(void **state)
{
	struct fixture *f = *state;
	char *done = path_of(f, "done"), *old = path_of(f, "old");

	open_source(f, NULL);
	drop(f, "person_info_20260101000000.csv", "cif\n1\n");
	run(f);
	durable(f);
	assert_int_equal(rename(done, old), 0);
	drop(f, "person_info_20260101000001.csv", "cif\n2\n");
	run(f);
	durable(f);
	assert_true(exists(f, "old/person_info_20260101000000.csv"));
	assert_true(exists(f, "done/person_info_20260101000001.csv"));
	free(done);
	free(old);
}

static void test_a_move_that_fails_stops_the_source(void **state)
{
	struct fixture *f = *state;

	/* A file stands where the folder should be. */
	drop(f, "done", "");
	drop(f, PERSON, "cif\n1\n");
	open_source(f, NULL);
	run(f);
	assert_int_equal(f->commits, 1);
	durable(f);
	assert_true(exists(f, PERSON));
	assert_int_equal(run(f), SOURCE_ERROR);
	assert_int_equal(f->err.code, ERROR_UNREACHABLE);
	assert_non_null(strstr(f->err.message, "could not move"));
	assert_int_equal(f->commits, 1);
}

static void test_the_folder_goes(void **state)
{
	struct fixture *f = *state;
	char *away = memory_format("%s.away", f->folder);

	open_source(f, NULL);
	expect_run(f, "");
	assert_int_equal(rename(f->folder, away), 0);
	assert_int_equal(mkdir(f->folder, 0700), 0);
	for (int i = 0; i < 100 && step(f, 100) != SOURCE_ERROR; i++)
		;
	assert_int_equal(f->err.code, ERROR_UNREACHABLE);
	assert_non_null(strstr(f->err.message, "another folder took its place"));
	remove_tree(away);
	free(away);
}

static void test_opening(void **state)
{
	struct fixture *f = *state;
	char *url = memory_format("csv:%s/none", f->folder);

	f->params.model = model;
	f->params.url = url;
	assert_null(source_open(&f->params, &f->err));
	assert_int_equal(f->err.code, ERROR_UNREACHABLE);
	f->params.url = "csv:";
	assert_null(source_open(&f->params, &f->err));
	assert_int_equal(f->err.code, ERROR_USAGE);
	f->params.url = "cvs:/tmp";
	assert_null(source_open(&f->params, &f->err));
	assert_int_equal(f->err.code, ERROR_USAGE);
	assert_non_null(strstr(f->err.hint, "csv:"));
	free(url);
	open_source(f, NULL);
	assert_false(f->source->ops->start(f->source, "7", &f->err));
	assert_int_equal(f->err.code, ERROR_REFUSED);
}

/* ---- time ---- */

static void test_next_keeps_its_time(void **state)
{
	struct fixture *f = *state;
	struct source_event event;
	int64_t began, last_idle;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	f->params.stop = ends[0];
	open_source(f, NULL);
	expect_run(f, "");
	began = clock_mono();
	while (f->source->ops->next(f->source, 50, &event, &f->err) != SOURCE_WAIT)
		;
	assert_true(clock_mono() - began < 400 * 1000);
	/* Idle is said at least once a second, or nearly, and is never ahead of the clock. */
	last_idle = clock_mono();
	for (int idles = 0; idles < 2;) {
		enum source_result r = f->source->ops->next(f->source, 100, &event, &f->err);

		assert_true(clock_mono() - last_idle < 1500 * 1000);
		if (r != SOURCE_IDLE)
			continue;
		idles++;
		last_idle = clock_mono();
		assert_true(event.complete_to <= clock_now() && event.complete_to > clock_now() - 2 * SECOND);
	}
	/* Stop wakes it at once. */
	assert_int_equal(write(ends[1], "x", 1), 1);
	began = clock_mono();
	assert_int_equal(f->source->ops->next(f->source, 10000, &event, &f->err), SOURCE_WAIT);
	assert_true(clock_mono() - began < 400 * 1000);
	close_source(f);
	close(ends[0]);
	close(ends[1]);
}

static void test_stop_while_a_large_file_is_read(void **state)
{
	struct fixture *f = *state;
	struct source_event event;
	struct buffer text = {0};
	int ends[2];
	char byte;
	int rows = 0;

	assert_int_equal(pipe(ends), 0);
	buffer_text_add(&text, HEADER);
	for (int i = 0; i < 200000; i++)
		buffer_format(&text, "%d,name,,\n", i);
	drop(f, PERSON, text.data);
	buffer_done(&text);
	f->params.stop = ends[0];
	open_source(f, NULL);
	/* Without any time it still gets on, a block each call. */
	while (f->source->ops->next(f->source, 0, &event, &f->err) != SOURCE_BEGIN)
		;
	assert_int_equal(write(ends[1], "x", 1), 1);
	while (f->source->ops->next(f->source, 1000, &event, &f->err) == SOURCE_CHANGE)
		rows++;
	assert_true(rows < 20000);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	while (f->source->ops->next(f->source, 1000, &event, &f->err) == SOURCE_CHANGE)
		rows++;
	assert_int_equal(rows, 200000);
	close_source(f);
	close(ends[0]);
	close(ends[1]);
}

static void test_a_new_file_wakes_it(void **state)
{
	struct fixture *f = *state;
	int64_t began;

	open_source(f, NULL);
	expect_run(f, "");
	drop(f, PERSON, "cif\n1\n");
	began = clock_mono();
	while (f->commits < 1)
		step(f, 500);
	assert_true(clock_mono() - began < 900 * 1000);
}

/* ---- positions ---- */

static void expect_position(const char *text, const char *wanted)
{
	struct csv_position p;
	struct buffer out = {0};

	assert_true(csv_position_parse(&p, text));
	csv_position_print(&p, &out);
	assert_string_equal(buffer_text(&out), wanted);
	csv_position_done(&p);
	buffer_done(&out);
}

#define SHA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_positions(void **state)
{
	static const char *const wrong[] = {
		"a",
		"a=",
		"a=2026",
		"=20260101000000",
		"a=20260101000000,",
		"a=20260101000000x",
		"a=20260101000000;b",
		"a=20260101000000;b:12",
		(";b:" SHA "0"),
		(";:" SHA),
		"a=20260101000000!",
		"%zz=20260101000000",
		"%00=20260101000000",
		"a=202601010000000",
		";;",
	};
	struct csv_position p;

	(void)state;
	expect_position(NULL, "");
	expect_position("", "");
	expect_position(";", "");
	expect_position("b=20260101000000,a=20260101000001", "a=20260101000001,b=20260101000000");
	expect_position("a=20260101000001;n.csv:" SHA ",m.csv:" SHA, "a=20260101000001;n.csv:" SHA ",m.csv:" SHA);
	expect_position("a=20260101000001!20260101000002", "a=20260101000001!20260101000002");
	expect_position("a=20260101000002!20260101000001", "a=20260101000002");
	expect_position("a=!20260101000001", "a=!20260101000001");
	expect_position(";a%20%3A%25%2c.csv:" SHA, ";a%20%3A%25%2C.csv:" SHA);
	expect_position("a%3Db=20260101000001", "a%3Db=20260101000001");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (csv_position_parse(&p, wrong[i]))
			print_error("taken for a position: %s\n", wrong[i]);
		assert_false(csv_position_parse(&p, wrong[i]));
	}
}

static void test_reached(void **state)
{
	bool (*reached)(const char *, const char *) = csv_ops.reached;

	(void)state;
	assert_true(reached(";", ";"));
	assert_true(reached("a=20260101000001", ";"));
	assert_false(reached(";", "a=20260101000001"));
	assert_true(reached("a=20260101000001,b=20260101000001", "a=20260101000001"));
	assert_true(reached("a=20260101000002;x:" SHA, "a=20260101000001"));
	assert_false(reached("a=20260101000001,b=20260101000009", "a=20260101000002"));
	/* What was looked at and put aside is behind us too. */
	assert_true(reached("a=20260101000001!20260101000002", "a=20260101000002"));
	assert_true(reached("a=!20260101000002", "a=20260101000002"));
	assert_false(reached("nonsense", "a=20260101000002"));
}

static void test_newest(void **state)
{
	struct fixture *f = *state;
	char *newest, *path = path_of(f, "person_info_20260101000009.csv");
	const char *position;
	int fd;

	open_source(f, NULL);
	assert_true(f->source->ops->newest(f->source, &position, &f->err));
	assert_string_equal(position, "");
	drop(f, "person_info_20260101000001.csv", "cif\n1\n");
	drop(f, "person_info_20260101000002.csv", "broken\n1\n");
	drop(f, "account_20260101000001.csv", "cif,number\n1,a\n");
	assert_true(f->source->ops->newest(f->source, &position, &f->err));
	newest = memory_text(position);
	assert_string_equal(newest, "account=20260101000001,person_info=20260101000002");
	assert_int_equal(run(f), SOURCE_IDLE);
	assert_true(f->source->ops->reached(f->position, newest));
	assert_non_null(strstr(f->position, "person_info=20260101000001!20260101000002"));
	free(newest);
	/* One that is being written is not there yet. */
	if (leases_work(f)) {
		fd = open(path, O_WRONLY | O_CREAT, 0600);
		assert_true(f->source->ops->newest(f->source, &position, &f->err));
		assert_string_equal(position, "account=20260101000001,person_info=20260101000001!20260101000002");
		close(fd);
	}
	free(path);
}

/* A run that ends at the newest position must not leave behind what has no part in it. */
static void test_start_tidies(void **state)
{
	struct fixture *f = *state;

	drop(f, "person_info_20260101000001.csv", "cif\n1\n");
	drop(f, "account_20260101000001.csv", "cif,number\n1,a\n");
	open_source(f, "person_info=20260101000005");
	assert_true(exists(f, "failed/person_info_20260101000001.csv"));
	assert_true(exists(f, "account_20260101000001.csv"));
	expect_run(f, "begin 20260101000001 1767200401\nmerge account 1 'a'\ncommit\n");
}

/* ---- preflight ---- */

static void found(void *ctx, const struct source_finding *finding)
{
	buffer_format(ctx, "%s %s: %s\n", finding->refuse ? "refuse" : "warn",
		      strrchr(finding->object, '/') ? "folder" : finding->object, finding->detail);
	assert_true(*finding->fix);
}

static void test_check(void **state)
{
	struct fixture *f = *state;
	struct buffer out = {0};

	drop(f, "person_info_20260101000001.csv", "cif,nick\n1,x\n");
	drop(f, "person_info_20260101000002.csv", "name\nx\n");
	drop(f, "person_info_20260101000003.csv", "");
	drop(f, "person_info_20260101000004.csv", HEADER);
	open_source(f, NULL);
	assert_true(f->source->ops->check(f->source, found, &out, &f->err));
	assert_string_equal(buffer_text(&out),
			    "warn person_info_20260101000001.csv: nick\n"
			    "warn person_info_20260101000002.csv: the header lacks the key column \"cif\"\n"
			    "warn person_info_20260101000003.csv: the file is empty, without so much as a "
			    "header\n");
	buffer_done(&out);
	/* It only looked. */
	assert_true(exists(f, "person_info_20260101000002.csv"));
}

static int group_set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct buffer errors = {0};

	(void)state;
	snprintf(root, sizeof(root), "%s/test_csv_source.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(root))
		return -1;
	model = model_parse(model_text, "shop.model", &errors);
	if (!model)
		print_error("%s\n", buffer_text(&errors));
	buffer_done(&errors);
	return model ? 0 : -1;
}

static int group_tear_down(void **state)
{
	(void)state;
	model_free(model);
	remove_tree(root);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rows_in_order),
		TEST(test_what_files_bring),
		TEST(test_missing_and_unknown_columns),
		TEST(test_a_header_alone_is_a_batch),
		TEST(test_latin1),
		TEST(test_bad_rows_are_rejected),
		TEST(test_too_many_bad_rows),
		TEST(test_files_that_fail_whole),
		TEST(test_a_row_over_the_limit),
		TEST(test_order_is_stamp_then_model),
		TEST(test_durable_moves_only_what_it_covers),
		TEST(test_the_same_file_again),
		TEST(test_the_same_name_with_other_content),
		TEST(test_a_corrected_file_may_come_back),
		TEST(test_a_crash_between_commit_and_move),
		TEST(test_a_crash_and_another_content),
		TEST(test_a_crash_before_the_commit),
		TEST(test_a_file_replaced_before_its_move),
		TEST(test_a_file_that_changes_between_the_passes),
		TEST(test_a_file_still_being_written),
		TEST(test_whole),
		TEST(test_strangers_are_left_alone),
		TEST(test_done_is_private),
		TEST(test_done_may_be_tidied),
		TEST(test_a_move_that_fails_stops_the_source),
		TEST(test_the_folder_goes),
		TEST(test_opening),
		TEST(test_next_keeps_its_time),
		TEST(test_stop_while_a_large_file_is_read),
		TEST(test_a_new_file_wakes_it),
		TEST(test_positions),
		TEST(test_reached),
		TEST(test_newest),
		TEST(test_start_tidies),
		TEST(test_check),
	};

	return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}
