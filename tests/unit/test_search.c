/* search: every answer equals a walk over all customers. Arguments: --customers N (100000) --seed S.
 *
 * Three times: with the index complete, with thousands of changes it has not followed yet, and after it has.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "generate/generator.h"
#include "property/chance.h"
#include "replica/apply.h"
#include "replica/query.h"
#include "replica/replica.h"
#include "replica/search_index.h"
#include "replica_fixture.h"

#define QUESTIONS  150
#define HITS       50
#define TOTAL_MOST 10000
#define BATCH      5000

static const char model[] =
	"[model]\nname = searched\n"
	"[entity customer]\nkind = customer\ntable = customer\nkey = cif\nname = name\nstore = store\n"
	"column.cif = CIF | integer\ncolumn.name = Name | text\ncolumn.store = Store | text\n"
	"column.email = E-mail | text | search\ncolumn.phone = Phone | text | search\n";

enum { CIF, NAME, STORE, EMAIL, PHONE, COLUMNS };

struct customer {
	int64_t cif;
	char *name, *folded, *email, *phone, *email_folded, *phone_folded;
};

static struct fixture f;
static struct generator *generator;
static struct customer *customers;
static int count, most = 100000;
static uint64_t seed = 1;
static struct chance chance;
static struct buffer folding;

/* ---- the customers, in memory and in the replica ---- */

static char *folded(const char *s)
{
	buffer_clear(&folding);
	text_fold(&folding, s, strlen(s));
	return memory_text(buffer_text(&folding));
}

static void customer_set(struct customer *c, const struct person *p)
{
	*c = (struct customer){
		p->cif,           memory_text(p->name), folded(p->name), memory_text(p->email), memory_text(p->phone),
		folded(p->email), folded(p->phone)};
}

static void customer_free(struct customer *c)
{
	free(c->name);
	free(c->folded);
	free(c->email);
	free(c->phone);
	free(c->email_folded);
	free(c->phone_folded);
}

static struct value cell(const char *s)
{
	return *s ? value_text(s, strlen(s)) : value_null();
}

static void customer_row(const struct customer *c, struct value row[COLUMNS])
{
	row[CIF] = value_integer(c->cif);
	row[NAME] = cell(c->name);
	row[STORE] = cell("S1");
	row[EMAIL] = cell(c->email);
	row[PHONE] = cell(c->phone);
}

static void change(enum change_op op, const struct customer *before, const struct customer *after)
{
	struct value rows[2][COLUMNS];
	struct change c = {.op = op, .entity = CUSTOMER};

	if (before) {
		customer_row(before, rows[0]);
		c.before = rows[0];
	}
	if (after) {
		customer_row(after, rows[1]);
		c.after = rows[1];
	}
	if (!apply_change(f.apply, &c, &f.err))
		fail_msg("%s", f.err.message);
}

static void person_of(int64_t n, struct person *p)
{
	struct product product;
	struct asset asset;

	generator_customer(generator, n, p, &product, &asset);
}

static void follow(void)
{
	for (bool more = true; more;)
		if (!search_follow(f.replica, 2000, &more, &f.err))
			fail_msg("%s", f.err.message);
}

/* ---- the walk ---- */

struct found {
	const struct customer *c;
	const char *matched;
};

/* Each word begins some word of the name. */
static bool name_matches(const char *name, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, " ");
		const char *at = name;

		while (at && strncmp(at, words, n) != 0) {
			at = strchr(at, ' ');
			if (at)
				at++;
		}
		if (!at)
			return false;
		words += n + strspn(words + n, " ");
	}
	return true;
}

static int found_order(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	bool cif_x = strcmp(x->matched, "cif") == 0, cif_y = strcmp(y->matched, "cif") == 0;
	int order = cif_y - cif_x;

	if (!order)
		order = strcmp(x->c->folded, y->c->folded);
	return order ? order : x->c->cif < y->c->cif ? -1 : 1;
}

static struct found *walk(const char *question, int *n)
{
	struct found *list = memory_alloc((size_t)(count + 1) * sizeof *list);
	char *words = folded(question), cif[24];

	*n = 0;
	for (int i = 0; i < count; i++) {
		const struct customer *c = &customers[i];

		snprintf(cif, sizeof cif, "%" PRId64, c->cif);
		if (strcmp(cif, question) == 0)
			list[(*n)++] = (struct found){c, "cif"};
		else if (*words && name_matches(c->folded, words))
			list[(*n)++] = (struct found){c, "name"};
		else if (*words && *c->email && strcmp(c->email_folded, words) == 0)
			list[(*n)++] = (struct found){c, "email"};
		else if (*words && *c->phone && strcmp(c->phone_folded, words) == 0)
			list[(*n)++] = (struct found){c, "phone"};
	}
	qsort(list, (size_t)*n, sizeof *list, found_order);
	free(words);
	return list;
}

static void ask(const char *question)
{
	struct search_answer a = {0};
	int n;
	struct found *want = walk(question, &n);

	if (!query_search(fixture_query(&f), question, HITS, &a, &f.err))
		fail_msg("\"%s\": %s", question, f.err.message);
	if (a.total != (n > TOTAL_MOST ? TOTAL_MOST : n) || a.total_exact != (n <= TOTAL_MOST))
		fail_msg("\"%s\": %d customers, not %" PRId64 "%s", question, n, a.total,
			 a.total_exact ? "" : " or more");
	if (a.count != (n > HITS ? HITS : n) || a.truncated != (n > HITS))
		fail_msg("\"%s\": %d hits of %d", question, a.count, n);
	for (int i = 0; i < a.count; i++)
		if (strtoll(a.hits[i].cif, NULL, 10) != want[i].c->cif ||
		    strcmp(a.hits[i].matched, want[i].matched) != 0)
			fail_msg("\"%s\": hit %d must be %" PRId64 " \"%s\" by %s, is %s \"%s\" by %s", question, i,
				 want[i].c->cif, want[i].c->name, want[i].matched, a.hits[i].cif, a.hits[i].name,
				 a.hits[i].matched);
	answer_done(&a.base);
	free(want);
}

/* ---- questions ---- */

/* The begin of some words of a name, as it is written, folded, or shouted; its length in bytes ends between characters.
 */
static void question_of_name(const char *name, char out[200])
{
	size_t n = strlen(name), at = 0, len = 0;
	uint32_t c;

	if (chance_percent(&chance, 40))
		at = strcspn(name, " ");
	at += strspn(name + at, " ");
	if (at >= n)
		at = 0;
	for (size_t stop = 1 + (size_t)chance_below(&chance, 12); at + len < n && len < stop;)
		len += text_next(name + at + len, n - at - len, &c);
	snprintf(out, 200, "%.*s", (int)len, name + at);
	if (chance_percent(&chance, 25))
		for (char *p = out; *p; p++)
			*p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
}

static void question(char out[200])
{
	const struct customer *c = &customers[chance_below(&chance, count)];
	char part[200];

	switch (chance_below(&chance, 12)) {
	case 0:
		snprintf(out, 200, "%s", c->name);
		break;
	case 1:
		snprintf(out, 200, "%s", c->folded);
		break;
	case 2:
		snprintf(out, 200, "%" PRId64, c->cif);
		break;
	case 3:
		snprintf(out, 200, "%s", *c->email ? c->email : "nobody@example");
		break;
	case 4:
		snprintf(out, 200, "%s", *c->phone ? c->phone : "000");
		break;
	case 5:
		snprintf(out, 200, "%c", 'a' + chance_below(&chance, 26));
		break;
	case 6:
		snprintf(out, 200, "%c %c", 'a' + chance_below(&chance, 26), 'a' + chance_below(&chance, 26));
		break;
	case 7:
		snprintf(out, 200, "zqx%d", chance_below(&chance, 100));
		break;
	case 8:
		question_of_name(c->name, part);
		snprintf(out, 200, "%.90s %c", part, 'a' + chance_below(&chance, 26));
		break;
	default:
		question_of_name(c->name, out);
	}
}

static void ask_many(void)
{
	char text[200];

	for (int i = 0; i < QUESTIONS; i++) {
		question(text);
		ask(text);
	}
}

/* ---- the tests ---- */

static void all_indexed(void **state)
{
	struct person p;

	(void)state;
	for (int n = 1; n <= most; n++) {
		if ((n - 1) % BATCH == 0)
			fixture_begin(&f, n);
		person_of(n, &p);
		customer_set(&customers[count++], &p);
		change(CHANGE_INSERT, NULL, &customers[count - 1]);
		if (n % BATCH == 0 || n == most)
			fixture_end(&f);
	}
	follow();
	ask_many();
}

static void changes_not_followed_yet(void **state)
{
	struct person p;

	(void)state;
	fixture_begin(&f, most + 1);
	for (int i = 0; i < 3000; i++) {
		struct customer *c = &customers[chance_below(&chance, count)], now;

		if (chance_percent(&chance, 30)) {
			change(CHANGE_DELETE, c, NULL);
			customer_free(c);
			*c = customers[--count];
			continue;
		}
		person_of(most + 1 + i, &p);
		if (chance_percent(&chance, 70))
			p.cif = c->cif; /* another name, e-mail and phone */
		customer_set(&now, &p);
		if (p.cif != c->cif) {
			change(CHANGE_INSERT, NULL, &now);
			customers[count++] = now;
			continue;
		}
		change(CHANGE_UPDATE, c, &now);
		customer_free(c);
		*c = now;
	}
	fixture_end(&f);
	ask_many();
}

static void changes_followed(void **state)
{
	(void)state;
	follow();
	ask_many();
	fixture_reopen(&f);
	ask_many();
}

static int setup(void **state)
{
	struct generator_params p = {.seed = seed, .customers = most + 4000, .now = FIXTURE_START, .days = 30};

	(void)state;
	chance.state = seed;
	fixture_open(&f, model);
	generator = generator_new(&p, &f.err);
	if (!generator)
		fail_msg("%s", f.err.message);
	customers = memory_zero((size_t)most + 4000, sizeof *customers);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < count; i++)
		customer_free(&customers[i]);
	free(customers);
	generator_free(generator);
	buffer_done(&folding);
	fixture_close(&f);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_indexed),
		cmocka_unit_test(changes_not_followed_yet),
		cmocka_unit_test(changes_followed),
	};

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--customers") == 0)
			most = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
	}
	printf("# search: %d customers from seed %" PRIu64 "\n", most, seed);
	fflush(stdout);
	return cmocka_run_group_tests_name("search", tests, setup, teardown);
}
