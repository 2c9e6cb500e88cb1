/* Lookup and search on a replica nobody writes, warm. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "bench/bench.h"
#include "bench/db.h"
#include "bench/look.h"
#include "bench/raw_copy.h"
#include "generate/dice.h"
#include "replica/query.h"

#define LOOKUPS  20000
#define SEARCHES 1200

static int64_t random_cif(const struct bench *b, struct dice *d)
{
	return bench_cif(1 + dice_below(d, (uint32_t)b->customers));
}

static void lookups(const struct bench *b)
{
	struct look l;
	struct dice d = {11};
	bench_says("looking customers up");
	look_open(&l, b);
	for (int i = 0; i < LOOKUPS; i++) {
		if (i == LOOKUPS / 10) { /* warm by now */
			samples_done(&l.ours);
			samples_done(&l.bare);
		}
		look_pair(&l, random_cif(b, &d), random_cif(b, &d));
	}
	report_section("lookup of one customer, all entities, idle");
	report_line(&(struct report_line){"median, against the bare statements", REPORT_TIME, samples_at(&l.ours, 0.5),
					  samples_at(&l.bare, 0.5), 0, "2.00", "1.20"});
	report_line(&(struct report_line){"p99", REPORT_TIME, samples_at(&l.ours, 0.99), samples_at(&l.bare, 0.99), 0,
					  NULL, NULL});
	look_close(&l);
}

/* ---- search ---- */

/* So many characters of a word, at most all of it. */
static void add_prefix(struct buffer *out, const char *word, size_t n, int characters)
{
	size_t at = 0;
	uint32_t c;
	while (characters-- > 0 && at < n && word[at] != ' ')
		at += text_next(word + at, n - at, &c);
	buffer_add(out, word, at);
}

static const char *last_word(const char *name)
{
	const char *space = strrchr(name, ' ');
	return space ? space + 1 : name;
}

/* What a teller types, in turns: 1 to 8 letters of a given or family name, both, an e-mail address, a phone number, a
 * CIF. */
static void make_query(struct buffer *out, sqlite3_stmt *person, int64_t cif, int turn, struct dice *d)
{
	const char *field[3];
	sqlite3_bind_int64(person, 1, cif);
	if (!db_row(person))
		bench_fail("customer %" PRId64 " was not found", cif);
	for (int i = 0; i < 3; i++) {
		field[i] = (const char *)sqlite3_column_text(person, i);
		if (!field[i])
			field[i] = "nobody";
	}
	const char *family = last_word(field[0]);
	int letters = 1 + turn / 8 % 8;
	buffer_clear(out);
	switch (turn % 8) {
	case 5:
		buffer_text_add(out, field[1]);
		break;
	case 6:
		buffer_text_add(out, field[2]);
		break;
	case 7:
		buffer_format(out, "%" PRId64, cif);
		break;
	case 3:
	case 4:
		add_prefix(out, field[0], strlen(field[0]), letters);
		buffer_char(out, ' ');
		add_prefix(out, family, strlen(family), 1 + (int)dice_below(d, 8));
		break;
	case 2:
		add_prefix(out, family, strlen(family), letters);
		break;
	default:
		add_prefix(out, field[0], strlen(field[0]), letters);
		break;
	}
	sqlite3_reset(person);
}

/* What a plain index on the folded name answers for text that begins the name: its first 50. */
static double search_bare(sqlite3_stmt *s, const char *text)
{
	struct buffer from = {0}, to = {0};
	int64_t start = bench_ns();
	text_fold(&from, text, strlen(text));
	buffer_add(&to, buffer_text(&from), from.len);
	buffer_text_add(&to, "\xf4\x8f\xbf\xbf");
	sqlite3_bind_text(s, 1, buffer_text(&from), -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, buffer_text(&to), -1, SQLITE_STATIC);
	while (db_row(s))
		sqlite3_column_text(s, 1);
	double micro = (double)(bench_ns() - start) / 1e3;
	buffer_done(&from);
	buffer_done(&to);
	return micro;
}

static void searches(const struct bench *b)
{
	struct error err = {0};
	struct search_answer answer = {0};
	struct samples ours = {0}, bare = {0};
	struct buffer text = {0};
	struct dice d = {13};
	struct query *q = query_open(b->replica, &err);
	bench_must(q != NULL, &err);
	sqlite3 *db = db_open_read(b->raw);
	raw_copy_fold(db);
	sqlite3_stmt *person = db_prepare(db, "SELECT name, email, phone FROM customer_info WHERE cif = ?1");
	sqlite3_stmt *prefix = db_prepare(
		db, "SELECT cif, name, store_id FROM customer_info WHERE fold(name) >= ?1 AND fold(name) < ?2 "
		    "ORDER BY fold(name) LIMIT 50");
	bench_says("searching");
	for (int i = 0; i < SEARCHES; i++) {
		make_query(&text, person, random_cif(b, &d), i, &d);
		int64_t start = bench_ns();
		bench_must(query_search(q, buffer_text(&text), 50, &answer, &err), &err);
		samples_add(&ours, (double)(bench_ns() - start) / 1e3);
		if (!answer.count && i % 8 < 5)
			bench_fail("a search for a name found nobody");
		if (i % 8 < 2)
			samples_add(&bare, search_bare(prefix, buffer_text(&text)));
	}
	report_section("search, first 50, against a plain index on the name");
	report_line(&(struct report_line){"median of a mix of queries", REPORT_TIME, samples_at(&ours, 0.5),
					  samples_at(&bare, 0.5), 0, "1 ms", "0.2 ms"});
	report_line(&(struct report_line){"p99", REPORT_TIME, samples_at(&ours, 0.99), samples_at(&bare, 0.99), 0,
					  "5 ms", "1.5 ms"});
	answer_done(&answer.base);
	query_close(q);
	sqlite3_finalize(person);
	sqlite3_finalize(prefix);
	sqlite3_close(db);
	samples_done(&ours);
	samples_done(&bare);
	buffer_done(&text);
}

void bench_read(const struct bench *b)
{
	lookups(b);
	searches(b);
}
