/* The generated bank: the same for the same seed, and plausible customer by customer. */
#include "config.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/zone.h"
#include "generate/generator.h"
#include "generate/names.h"
#include "generate/person.h"

#define NOW INT64_C(1795400000000000) /* a Saturday in November 2026 */
enum { CUSTOMERS = 20000, DAYS = 90 };

static struct generator *new_generator(uint64_t seed, int64_t customers)
{
	struct error err = {0};
	struct generator *g =
		generator_new(&(struct generator_params){.seed = seed, .customers = customers, .now = NOW, .days = DAYS}, &err);
	if (!g)
		fail_msg("%s", err.message);
	return g;
}

static struct names *get_names(void)
{
	static struct names *names;
	struct error err = {0};
	if (!names)
		names = names_load(&err);
	if (!names)
		fail_msg("%s", err.message);
	return names;
}

static int country_of(const struct person *p)
{
	for (int i = 0; i < COUNTRIES; i++)
		if (tolower((unsigned char)p->country[0]) == country_codes[i][0] &&
		    tolower((unsigned char)p->country[1]) == country_codes[i][1] && !p->country[2])
			return i;
	fail_msg("no such country: %s", p->country);
	return 0;
}

/* ---- the lists ---- */

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void assert_distinct(const char **items, size_t count, const char *code, const char *what)
{
	qsort(items, count, sizeof *items, compare_text);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(items[i - 1], items[i]))
			fail_msg("%s: %s \"%s\" stands twice", code, what, items[i]);
}

static void names_are_many_and_distinct(void **state)
{
	(void)state;
	const struct names *names = get_names();
	static const char *items[4096];
	for (int i = 0; i < COUNTRIES; i++) {
		const struct country *c = &names->countries[i];
		size_t n = 0;
		for (int gender = WOMEN; gender <= MEN; gender++)
			for (uint32_t k = 0; k < c->given[gender].count; k++)
				items[n++] = c->given[gender].items[k].text;
		assert_true(n >= 200 && c->given[WOMEN].count >= 90 && c->given[MEN].count >= 90);
		assert_distinct(items, n, country_codes[i], "given name");
		for (n = 0; n < c->family.count; n++)
			items[n] = c->family.items[n].text;
		assert_true(n >= 300);
		assert_distinct(items, n, country_codes[i], "family name");
		for (n = 0; n < c->towns.count; n++)
			items[n] = c->towns.items[n].name;
		assert_true(n >= 60);
		assert_distinct(items, n, country_codes[i], "city");
		for (n = 0; n < c->streets.count; n++)
			items[n] = c->streets.items[n];
		assert_true(n >= 40);
		assert_distinct(items, n, country_codes[i], "street");
	}
	assert_true(names->shop_count >= 24);
}

static void names_are_clean_text(void **state)
{
	(void)state;
	const struct names *names = get_names();
	for (int i = 0; i < COUNTRIES; i++) {
		const struct name_list *lists[] = {&names->countries[i].given[0], &names->countries[i].given[1],
		                                   &names->countries[i].family};
		for (int l = 0; l < 3; l++)
			for (uint32_t k = 0; k < lists[l]->count; k++) {
				const char *text = lists[l]->items[k].text;
				struct buffer clean = {0};
				text_clean(&clean, text, strlen(text), false);
				assert_string_equal(buffer_text(&clean), text);
				assert_true(text[0] != ' ' && text[strlen(text) - 1] != ' ' && !strchr(text, '|'));
				buffer_done(&clean);
			}
	}
}

/* ---- the same again ---- */

static void customer_is_function_of_seed_and_number(void **state)
{
	(void)state;
	struct generator *a = new_generator(7, CUSTOMERS), *b = new_generator(7, CUSTOMERS), *c = new_generator(8, CUSTOMERS);
	int same = 0;
	for (int64_t n = 1; n <= 500; n++) {
		/* One asks upwards, the other downwards with others between. */
		struct person pa = {0}, pb = {0}, pc = {0};
		struct product ra = {0}, rb = {0};
		struct asset sa = {0}, sb = {0};
		generator_customer(b, 501 - n, &pb, &rb, &sb);
		generator_customer(b, n, &pb, &rb, &sb);
		generator_customer(a, n, &pa, &ra, &sa);
		assert_int_equal(pa.cif, pb.cif);
		assert_int_equal(pa.registered_at, pb.registered_at);
		assert_string_equal(pa.name, pb.name);
		assert_string_equal(pa.address, pb.address);
		assert_string_equal(pa.email, pb.email);
		assert_string_equal(pa.phone, pb.phone);
		assert_string_equal(pa.store_id, pb.store_id);
		assert_string_equal(ra.opendate, rb.opendate);
		assert_string_equal(ra.status, rb.status);
		assert_string_equal(sa.assetvalue, sb.assetvalue);
		generator_customer(c, n, &pc, &rb, &sb);
		same += !strcmp(pa.name, pc.name);
	}
	assert_true(same < 20);
	generator_free(a);
	generator_free(b);
	generator_free(c);
}

/* What customer 1 of seed 42 is called is part of what a seed promises: it only changes on purpose. */
static void first_customer_of_seed_42(void **state)
{
	(void)state;
	struct generator *g = new_generator(42, CUSTOMERS);
	struct person p;
	struct product r;
	struct asset a;
	generator_customer(g, 1, &p, &r, &a);
	assert_int_equal(p.cif, 10000001);
	assert_string_equal(p.name, "Emily Grant");
	assert_string_equal(p.email, "emily.grant4@inbox.example");
	assert_string_equal(a.assetvalue, "9000.00");
	generator_free(g);
}

/* ---- plausible ---- */

static int64_t day_of(const char *date)
{
	int year, month, day;
	assert_int_equal(strlen(date), 10);
	assert_int_equal(sscanf(date, "%4d-%2d-%2d", &year, &month, &day), 3);
	struct civil c = {year, month, day, 0, 0, 0, 0};
	assert_true(civil_valid(&c));
	return civil_days(year, month, day);
}

static void assert_age(const struct person *p)
{
	int64_t registered = person_day(p->registered_at), born = day_of(p->birthdate);
	int year, month, day, then, m, d;
	civil_from_days(registered, &year, &month, &day);
	civil_from_days(born, &then, &m, &d);
	int age = year - then - (month < m || (month == m && day < d));
	assert_true(age >= 18 && age <= 95);
	civil_from_days(person_day(NOW), &year, &month, &day);
	assert_true(year - then - (month < m || (month == m && day < d)) <= 95);
}

static const struct town *town_of(const struct country *c, const char *city)
{
	for (uint32_t i = 0; i < c->towns.count; i++)
		if (!strcmp(c->towns.items[i].name, city))
			return &c->towns.items[i];
	return NULL;
}

/* The postcode of an address: after the last comma, in Japan after the mark. */
static const char *post_in(int country, const char *address)
{
	static const char mark[] = "〒";
	if (country == COUNTRY_JP)
		return strncmp(address, mark, strlen(mark)) ? "" : address + strlen(mark);
	const char *comma = strrchr(address, ',');
	if (country == COUNTRY_FR && comma && !strncmp(comma, ", appt", 6))
		for (comma--; comma > address && *comma != ','; comma--)
			;
	return comma ? comma + 2 : "";
}

static bool post_fits(int country, const char *post)
{
	static const char *const patterns[COUNTRIES] = {"00000", "00000", NULL, "00000", "000-0000", "00000"};
	if (country == COUNTRY_GB) {
		/* A9 9AA, AA99 9AA */
		size_t n = strlen(post);
		const char *blank = strchr(post, ' ');
		return blank && n >= 6 && n <= 8 && (size_t)(blank - post) == n - 4 && isdigit((unsigned char)blank[1]) &&
		       isupper((unsigned char)blank[2]) && isupper((unsigned char)blank[3]) &&
		       isdigit((unsigned char)blank[-1]) && isupper((unsigned char)post[0]);
	}
	const char *pattern = patterns[country];
	for (; *pattern; pattern++, post++)
		if (*pattern == '0' ? !isdigit((unsigned char)*post) : *pattern != *post)
			return false;
	return !*post || *post == ' ' || *post == ',';
}

static void assert_home(const struct names *names, const struct person *p)
{
	static const char *const prefixes[COUNTRIES] = {"+62 ", "+33 ", "+44 ", "+90 ", "+81 ", "+49 "};
	int country = country_of(p);
	const struct town *town = town_of(&names->countries[country], p->city);
	if (!town)
		fail_msg("%s is no city of %s", p->city, p->country);
	const char *post = post_in(country, p->address);
	if (strncmp(post, town->post, strlen(town->post)) || !post_fits(country, post))
		fail_msg("\"%s\" is no postcode of %s, %s", post, p->city, p->address);
	if (*p->phone && strncmp(p->phone, prefixes[country], 4))
		fail_msg("%s is no phone of %s", p->phone, p->country);
	if (strpbrk(p->phone, "#{}") || strpbrk(p->address, "#{}"))
		fail_msg("a pattern was left over: %s, %s", p->phone, p->address);
}

static void assert_email(const struct person *p)
{
	if (!*p->email)
		return;
	const char *at = strchr(p->email, '@');
	assert_non_null(at);
	assert_true(at > p->email);
	for (const char *c = p->email; *c; c++)
		assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || strchr("@._", *c));
	assert_string_equal(p->email + strlen(p->email) - strlen(".example"), ".example");
}

static bool given_name_is(const struct name_list *list, const char *name, bool last)
{
	for (uint32_t i = 0; i < list->count; i++) {
		const char *text = list->items[i].text;
		size_t n = strlen(text), all = strlen(name);
		if (all < n)
			continue;
		if (last ? !strcmp(name + all - n, text) : !strncmp(name, text, n) && (name[n] == ' ' || !name[n]))
			return true;
	}
	return false;
}

static void assert_gender(const struct names *names, const struct person *p)
{
	int country = country_of(p), gender = p->gender[0] == 'F' ? WOMEN : MEN;
	assert_true(!strcmp(p->gender, "F") || !strcmp(p->gender, "M"));
	if (!given_name_is(&names->countries[country].given[gender], p->name, country == COUNTRY_JP))
		fail_msg("%s is not of gender %s", p->name, p->gender);
}

static void assert_holdings(const struct person *p, const struct product *r, const struct asset *a)
{
	int64_t registered = person_day(p->registered_at), today = person_day(NOW);
	assert_int_equal(r->cif, p->cif);
	assert_int_equal(a->cif, p->cif);
	assert_true(day_of(r->opendate) >= registered && day_of(r->opendate) <= today);
	assert_true(day_of(a->valuation_date) >= registered && day_of(a->valuation_date) <= today);
	size_t n = strlen(a->assetvalue);
	assert_true(n >= 4 && a->assetvalue[n - 3] == '.' && a->assetvalue[0] != '0');
	assert_int_equal(strspn(a->assetvalue, "0123456789."), n);
	assert_ptr_equal(strchr(a->assetvalue, '.'), a->assetvalue + n - 3);
}

static void customers_are_plausible(void **state)
{
	(void)state;
	const struct names *names = get_names();
	struct generator *g = new_generator(3, CUSTOMERS);
	int64_t before = 0;
	for (int64_t n = 1; n <= CUSTOMERS; n++) {
		struct person p;
		struct product r;
		struct asset a;
		generator_customer(g, n, &p, &r, &a);
		assert_int_equal(p.cif, 10000000 + n);
		assert_true(p.registered_at > before && p.registered_at <= NOW && p.registered_at >= NOW - DAYS * DAY);
		before = p.registered_at;
		assert_true(text_valid(p.name, strlen(p.name)) && text_valid(p.address, strlen(p.address)));
		assert_age(&p);
		assert_home(names, &p);
		assert_email(&p);
		assert_gender(names, &p);
		assert_holdings(&p, &r, &a);
	}
	generator_free(g);
}

static void emails_are_unique(void **state)
{
	(void)state;
	struct generator *g = new_generator(5, CUSTOMERS);
	const char **mails = memory_zero(CUSTOMERS, sizeof *mails);
	size_t count = 0;
	for (int64_t n = 1; n <= CUSTOMERS; n++) {
		struct person p;
		struct product r;
		struct asset a;
		generator_customer(g, n, &p, &r, &a);
		if (*p.email)
			mails[count++] = memory_text(p.email);
	}
	assert_distinct(mails, count, "seed 5", "e-mail");
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)mails[i]);
	free(mails);
	generator_free(g);
}

/* Counts that must come out near what was meant. */
struct tally {
	int countries[COUNTRIES], no_email, no_phone, women, active, closed, dormant, blocked, stores[64];
	int hours[24], weekend, one_word, young, old, deposits;
};

static void tally_add(struct tally *t, const struct person *p, const struct product *r, const struct asset *a)
{
	int country = country_of(p);
	int64_t registered = person_day(p->registered_at);
	t->countries[country]++;
	t->no_email += !*p->email;
	t->no_phone += !*p->phone;
	t->women += p->gender[0] == 'F';
	t->active += !strcmp(r->status, "ACTIVE");
	t->closed += !strcmp(r->status, "CLOSED");
	t->dormant += !strcmp(r->status, "DORMANT");
	t->blocked += !strcmp(r->status, "BLOCKED");
	t->stores[atoi(p->store_id + 1)]++;
	t->one_word += country == COUNTRY_ID && !strchr(p->name, ' ');
	t->young += registered - day_of(p->birthdate) < 35 * 365;
	t->old += registered - day_of(p->birthdate) > 75 * 365;
	t->deposits += !strcmp(a->assettype, "DEPOSIT");
	/* An hour of Indonesian shops, a quarter of all: enough to see the day. */
	if (atoi(p->store_id + 1) == 1) {
		t->hours[(p->registered_at + 7 * HOUR) / HOUR % 24]++;
		t->weekend += (registered + 3) % 7 >= 5;
	}
}

static void weights_come_out(void **state)
{
	(void)state;
	struct generator *g = new_generator(11, CUSTOMERS);
	struct tally t = {0};
	for (int64_t n = 1; n <= CUSTOMERS; n++) {
		struct person p;
		struct product r;
		struct asset a;
		generator_customer(g, n, &p, &r, &a);
		tally_add(&t, &p, &r, &a);
	}
	for (int i = 0; i < COUNTRIES; i++)
		assert_in_range(t.countries[i], CUSTOMERS / 25, CUSTOMERS / 2);
	assert_in_range(t.no_email, CUSTOMERS * 3 / 100, CUSTOMERS * 5 / 100);
	assert_in_range(t.no_phone, CUSTOMERS * 3 / 100, CUSTOMERS * 5 / 100);
	assert_in_range(t.women, CUSTOMERS * 48 / 100, CUSTOMERS * 54 / 100);
	assert_in_range(t.active, CUSTOMERS * 83 / 100, CUSTOMERS * 89 / 100);
	assert_true(t.dormant > t.closed && t.closed > t.blocked && t.blocked > 0);
	assert_in_range(t.one_word, t.countries[COUNTRY_ID] * 8 / 100, t.countries[COUNTRY_ID] * 16 / 100);
	assert_true(t.young > CUSTOMERS / 4 && t.old < CUSTOMERS / 10 && t.old > 0);
	assert_in_range(t.deposits, CUSTOMERS * 30 / 100, CUSTOMERS * 38 / 100);
	assert_true(t.stores[1] > 2 * t.stores[3] && t.stores[3] > 2 * t.stores[20] && t.stores[24] > 0);
	int day = t.hours[9] + t.hours[10] + t.hours[11], night = t.hours[1] + t.hours[2] + t.hours[3];
	assert_true(day > 20 * night && t.hours[12] < t.hours[10]);
	assert_true(t.weekend > 0 && t.weekend * 6 < t.stores[1]);
	generator_free(g);
}

/* ---- events ---- */

static void assert_events_equal(const struct generator_event *a, const struct generator_event *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->at, b->at);
	assert_int_equal(a->cif, b->cif);
	assert_int_equal(a->count, b->count);
	for (int i = 0; i < a->count; i++) {
		const struct event_write *x = &a->writes[i], *y = &b->writes[i];
		assert_int_equal(x->op, y->op);
		assert_int_equal(x->table, y->table);
		if (x->table == WRITER_CUSTOMER) {
			assert_string_equal(x->person.name, y->person.name);
			assert_string_equal(x->person.address, y->person.address);
			assert_string_equal(x->person.phone, y->person.phone);
			assert_string_equal(x->person.email, y->person.email);
			assert_string_equal(x->person.changed_by, y->person.changed_by);
			assert_int_equal(x->person.registered_at, y->person.registered_at);
		} else if (x->table == WRITER_PRODUCT) {
			assert_int_equal(x->product.productid, y->product.productid);
			assert_string_equal(x->product.opendate, y->product.opendate);
			assert_string_equal(x->product.status, y->product.status);
		} else {
			assert_int_equal(x->asset.assetid, y->asset.assetid);
			assert_string_equal(x->asset.assetvalue, y->asset.assetvalue);
		}
	}
}

/* A run that was ended and taken up again, twice, with customers added, does what one run would have done. */
static void resumed_generator_goes_on_equally(void **state)
{
	(void)state;
	static struct generator_event a, b;
	struct error err = {0};
	struct buffer text = {0}, other = {0};
	struct generator *one = new_generator(21, 800), *two = new_generator(21, 800);
	generator_made(one, 700); /* interrupted */
	generator_made(two, 700);
	for (int round = 0; round < 3; round++) {
		generator_live(one, NOW + round * HOUR, SECOND / 5);
		generator_live(two, NOW + round * HOUR, SECOND / 5);
		for (int i = 0; i < 400; i++) {
			generator_event(one, &a);
			generator_event(two, &b);
			assert_events_equal(&a, &b);
		}
		generator_load(one, 100, NOW + (round + 1) * HOUR, DAYS);
		generator_load(two, 100, NOW + (round + 1) * HOUR, DAYS);
		generator_made(one, generator_count(one) + 50);
		generator_made(two, generator_count(two) + 50);
		buffer_clear(&text);
		generator_state(two, &text);
		generator_free(two);
		two = generator_resume(buffer_text(&text), &err);
		assert_non_null(two);
		assert_int_equal(generator_count(one), generator_count(two));
		assert_int_equal(generator_events(one), generator_events(two));
		buffer_clear(&other);
		generator_state(two, &other);
		assert_string_equal(buffer_text(&text), buffer_text(&other));
	}
	buffer_done(&text);
	buffer_done(&other);
	generator_free(one);
	generator_free(two);
}

static void foreign_state_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "rubbish", "generator 1 42 0000000000000000\n", "generator 99 42 1\nload 1 1 1 2\n"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct error err = {0};
		assert_null(generator_resume(texts[i], &err));
		assert_int_equal(err.code, ERROR_USAGE);
		assert_true(err.hint[0]);
	}
}

/* A bank in memory: which rows are there, and how each stands. */
enum { MODEL_CUSTOMERS = 6000, MODEL_PRODUCTS = 4096 };
struct bank {
	struct person *people; /* by number; cif 0: not there */
	struct product *first, *later;
	int later_count;
	struct asset *assets;
};

static struct product *bank_product(struct bank *b, int64_t id)
{
	if (id < INT64_C(500000001))
		return &b->first[id - 20000000];
	for (int i = 0; i < b->later_count; i++)
		if (b->later[i].productid == id)
			return &b->later[i];
	assert_true(b->later_count < MODEL_PRODUCTS);
	return &b->later[b->later_count++];
}

/* Each write must fit what is there: insert the new, update and delete the old, which a delete shows as it was. */
static void bank_write(struct bank *b, const struct event_write *w)
{
	void *row, *key;
	const void *with;
	size_t size;
	if (w->table == WRITER_CUSTOMER) {
		struct person *p = &b->people[w->person.cif - 10000000];
		row = p, key = &p->cif, with = &w->person, size = sizeof *p;
	} else if (w->table == WRITER_PRODUCT) {
		struct product *p = bank_product(b, w->product.productid);
		row = p, key = &p->cif, with = &w->product, size = sizeof *p;
	} else {
		struct asset *a = &b->assets[w->asset.assetid - 60000000];
		row = a, key = &a->cif, with = &w->asset, size = sizeof *a;
	}
	assert_int_equal(*(int64_t *)key != 0, w->op != WRITER_INSERT);
	if (w->op == WRITER_DELETE && w->table == WRITER_CUSTOMER) {
		assert_string_equal(((struct person *)row)->name, w->person.name);
		assert_string_equal(((struct person *)row)->changed_by, w->person.changed_by);
	}
	if (w->op == WRITER_DELETE && w->table == WRITER_PRODUCT)
		assert_string_equal(((struct product *)row)->status, w->product.status);
	memcpy(row, with, size);
	if (w->op == WRITER_DELETE)
		*(int64_t *)key = 0;
}

/* What an event of a customer's own row may change, and nothing else of it. */
static void assert_only(const struct generator_event *e, const struct person *before, const struct person *after)
{
	assert_int_equal(before->registered_at, after->registered_at);
	assert_string_equal(before->birthdate, after->birthdate);
	assert_string_equal(before->store_id, after->store_id);
	assert_string_equal(before->country, after->country);
	if (e->kind != EVENT_MOVE)
		assert_string_equal(before->address, after->address);
	if (e->kind != EVENT_PHONE)
		assert_string_equal(before->phone, after->phone);
	if (e->kind != EVENT_EMAIL)
		assert_string_equal(before->email, after->email);
	if (e->kind != EVENT_RENAME)
		assert_string_equal(before->name, after->name);
}

static bool event_changes_person(enum event_kind kind)
{
	return kind == EVENT_MOVE || kind == EVENT_PHONE || kind == EVENT_EMAIL || kind == EVENT_RENAME;
}

static void events_fit_the_bank(void **state)
{
	(void)state;
	const struct names *names = get_names();
	static struct generator_event e;
	struct bank b = {memory_zero(MODEL_CUSTOMERS, sizeof(struct person)), memory_zero(MODEL_CUSTOMERS, sizeof(struct product)),
	                 memory_zero(MODEL_PRODUCTS, sizeof(struct product)), 0,
	                 memory_zero(MODEL_CUSTOMERS, sizeof(struct asset))};
	int kinds[EVENT_KINDS] = {0}, changed = 0, own = 0;
	struct generator *g = new_generator(9, 2000);
	for (int64_t n = 1; n <= 2000; n++)
		generator_customer(g, n, &b.people[n], &b.first[n], &b.assets[n]);
	generator_made(g, 2000);
	generator_live(g, NOW, SECOND / 5);
	for (int i = 0; i < 10000; i++) {
		generator_event(g, &e);
		assert_int_equal(e.at, NOW + i * (SECOND / 5));
		kinds[e.kind]++;
		if (event_changes_person(e.kind)) {
			const struct person *before = &b.people[e.cif - 10000000], *after = &e.writes[0].person;
			assert_only(&e, before, after);
			own++;
			changed += strcmp(before->name, after->name) || strcmp(before->address, after->address) ||
			           strcmp(before->phone, after->phone) || strcmp(before->email, after->email);
			assert_home(names, after);
			assert_email(after);
		}
		for (int k = 0; k < e.count; k++)
			bank_write(&b, &e.writes[k]);
	}
	for (int i = 0; i < EVENT_KINDS; i++)
		assert_true(kinds[i] > 100);
	assert_true(kinds[EVENT_REGISTER] > 2 * kinds[EVENT_LEAVE]);
	assert_true(changed * 100 > own * 99);
	/* Whoever left took everything along. */
	for (int i = 0; i < b.later_count; i++)
		assert_true(!b.later[i].cif || b.people[b.later[i].cif - 10000000].cif);
	for (int64_t n = 1; n < MODEL_CUSTOMERS; n++)
		assert_true((b.people[n].cif != 0) == (b.first[n].cif != 0) && (b.first[n].cif != 0) == (b.assets[n].cif != 0));
	free(b.people);
	free(b.first);
	free(b.later);
	free(b.assets);
	generator_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_many_and_distinct),
		cmocka_unit_test(names_are_clean_text),
		cmocka_unit_test(customer_is_function_of_seed_and_number),
		cmocka_unit_test(first_customer_of_seed_42),
		cmocka_unit_test(customers_are_plausible),
		cmocka_unit_test(emails_are_unique),
		cmocka_unit_test(weights_come_out),
		cmocka_unit_test(resumed_generator_goes_on_equally),
		cmocka_unit_test(foreign_state_is_refused),
		cmocka_unit_test(events_fit_the_bank),
	};
	int failed = cmocka_run_group_tests_name("generator", tests, NULL, NULL);
	names_free(get_names());
	return failed;
}
