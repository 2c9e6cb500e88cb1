#include "config.h"

#include "generate/person.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/zone.h"
#include "generate/dice.h"
#include "generate/pen.h"

/* Out of 100. */
enum { SAME_COUNTRY = 85, SAME_CITY = 65, NO_EMAIL = 4, NO_PHONE = 4 };

/* Domains nobody can own (RFC 2606). First addresses and later ones keep apart, so that none is given twice. */
static const char *const first_domains[] = {"mail.example", "post.example", "inbox.example", "home.example"};
static const char *const later_domains[] = {"new.example", "letter.example", "box.example"};

/* A bank's customers by age: from, years, weight. */
static const struct { int from, years; } ages[] = {
	{18, 7}, {25, 10}, {35, 10}, {45, 10}, {55, 10}, {65, 10}, {75, 10}, {85, 10},
};
static const int age_weights[] = {13, 23, 21, 17, 13, 8, 4, 1};
static const int country_weights[COUNTRIES] = {40, 15, 15, 12, 10, 8};

/* What a name is made of; which parts and in which order is the country's custom. */
struct naming {
	int country, gender;
	const char *title;
	const struct name *given[3];
	int given_count;
	const struct name *family[2]; /* the second is joined by a hyphen */
	int family_count;
};

void pen_day(struct pen *p, int64_t day)
{
	int year, month, date;
	civil_from_days(day, &year, &month, &date);
	pen_digits(p, (uint64_t)year, 4);
	pen_char(p, '-');
	pen_digits(p, (uint64_t)month, 2);
	pen_char(p, '-');
	pen_digits(p, (uint64_t)date, 2);
	pen_end(p);
}

int64_t person_day(int64_t at)
{
	at += BANK_OFFSET;
	return at / DAY - (at % DAY < 0);
}

static const struct name *name_pick(const struct name_list *list, struct dice *d)
{
	return &list->items[dice_front(d, list->count)];
}

/* A further name is not one of those before it, and of one word: "Ni Made" only begins a name. */
static bool naming_follows(const struct naming *a, const struct name *name)
{
	for (int i = 0; i < a->given_count; i++)
		if (a->given[i] == name || strchr(name->text, ' '))
			return false;
	return true;
}

static void naming_given(struct naming *a, const struct country *c, struct dice *d)
{
	const struct name_list *list = &c->given[a->gender];
	uint32_t at = dice_front(d, list->count);
	/* The lists hold more names of one word than a name has parts. */
	while (!naming_follows(a, &list->items[at]))
		at = (at + 1) % list->count;
	a->given[a->given_count++] = &list->items[at];
}

static void naming_family(struct naming *a, const struct country *c, struct dice *d)
{
	a->family[a->family_count++] = name_pick(&c->family, d);
}

/* One in eight has a single name, most have two or three and no family name, the others carry one. */
static void naming_indonesian(struct naming *a, const struct country *c, struct dice *d)
{
	uint32_t custom = dice_below(d, 100);
	naming_given(a, c, d);
	if (custom < 12) {
		/* Parts of a Balinese name such as "Ni Made" do not stand alone. */
		while (strchr(a->given[0]->text, ' ')) {
			a->given_count = 0;
			naming_given(a, c, d);
		}
		return;
	}
	if (custom < 72 || custom >= 92)
		naming_given(a, c, d);
	if (custom >= 60 && custom < 72)
		naming_given(a, c, d);
	if (custom >= 72)
		naming_family(a, c, d);
}

static void naming_born(struct naming *a, const struct country *c, struct dice *d)
{
	if (a->country == COUNTRY_ID) {
		naming_indonesian(a, c, d);
		return;
	}
	static const unsigned char second_given[COUNTRIES] = {0, 4, 30, 22, 0, 6};
	static const unsigned char double_family[COUNTRIES] = {0, 5, 5, 3, 0, 4};
	naming_given(a, c, d);
	if (dice_percent(d, second_given[a->country]))
		naming_given(a, c, d);
	naming_family(a, c, d);
	if (dice_percent(d, double_family[a->country]))
		naming_family(a, c, d);
	if (a->family_count == 2 && a->family[0] == a->family[1])
		a->family_count = 1;
}

/* Marriage: the other's family name, sometimes behind one's own. In Indonesia rather a pilgrim's title, or a family's name. */
static void naming_married(struct naming *a, const struct country *c, struct dice *d)
{
	const struct name *own = a->family_count ? a->family[0] : NULL, *other;
	do
		other = name_pick(&c->family, d);
	while (other == own);
	bool both = own && dice_percent(d, 20);
	if (a->country == COUNTRY_ID) {
		static const char *const titles[] = {[WOMEN] = "Hj.", [MEN] = "H."};
		a->title = dice_percent(d, 50) ? titles[a->gender] : NULL;
	}
	a->family_count = 0;
	if (both && a->country != COUNTRY_JP && a->country != COUNTRY_ID)
		a->family[a->family_count++] = own;
	a->family[a->family_count++] = other;
}

static struct naming naming_of(const struct names *names, const struct person_key *key, int country, int gender, uint32_t renamed)
{
	struct naming a = {.country = country, .gender = gender};
	struct dice d = dice_of(key->seed, DICE_NAME, (uint64_t)key->n);
	naming_born(&a, &names->countries[country], &d);
	if (renamed) {
		d = dice_of(key->seed, DICE_RENAMED, renamed);
		naming_married(&a, &names->countries[country], &d);
	}
	return a;
}

static void naming_write(struct pen *p, const struct naming *a)
{
	const char *blank = "";
	if (a->title) {
		pen_text(p, a->title);
		blank = " ";
	}
	/* Family name first in Japan. */
	for (int turn = 0; turn < 2; turn++) {
		bool family = turn == (a->country == COUNTRY_JP ? 0 : 1);
		int count = family ? a->family_count : a->given_count;
		for (int i = 0; i < count; i++) {
			pen_text(p, i > 0 && family ? "-" : blank);
			pen_text(p, (family ? a->family[i] : a->given[i])->text);
			blank = " ";
		}
	}
	pen_end(p);
}

struct home {
	const struct town *town;
	struct dice dice; /* what is left of it draws the street */
};

static struct home home_of(const struct names *names, const struct person_key *key, int country, uint32_t moved)
{
	const struct country *c = &names->countries[country];
	struct home h;
	h.dice = moved ? dice_of(key->seed, DICE_MOVED, moved) : dice_of(key->seed, DICE_HOME, (uint64_t)key->n);
	bool near = dice_percent(&h.dice, SAME_CITY) && names->shop_country[key->shop] == country;
	h.town = near ? names->shop_town[key->shop] : &c->towns.items[dice_front(&h.dice, c->towns.count)];
	return h;
}

static void pen_random(struct pen *p, struct dice *d, const char *set, uint32_t size, int count)
{
	while (count-- > 0)
		pen_char(p, set[dice_below(d, size)]);
}

static void pen_dice(struct pen *p, struct dice *d, int count)
{
	pen_random(p, d, "0123456789", 10, count);
}

static void post_write(struct pen *p, int country, const char *prefix, struct dice *d)
{
	static const char letters[] = "ABDEFGHJLNPQRSTUWXYZ"; /* those a British inward code uses */
	pen_text(p, prefix);
	int rest = 5 - (int)strlen(prefix);
	switch (country) {
	case COUNTRY_GB:
		pen_number(p, 1 + dice_below(d, 19));
		pen_char(p, ' ');
		pen_number(p, 1 + dice_below(d, 9));
		pen_random(p, d, letters, sizeof letters - 1, 2);
		break;
	case COUNTRY_JP:
		pen_char(p, '-');
		pen_dice(p, d, 4);
		break;
	case COUNTRY_FR:
		pen_digits(p, 1 + dice_below(d, 9), rest); /* a district, where the city has them */
		break;
	default:
		pen_digits(p, 1 + dice_below(d, rest == 1 ? 9 : rest == 2 ? 99 : rest == 3 ? 999 : 9999), rest);
	}
}

static void address_part(struct pen *p, int country, const struct town *town, const char *street, const char *part, struct dice *d)
{
	switch (part[0] == 's' && part[1] == 'm' ? 'S' : part[0]) {
	case 's': pen_text(p, street); break;
	case 'p': post_write(p, country, town->post, d); break;
	case 'n': pen_number(p, 1 + dice_front(d, 180)); break;
	case 'S': pen_number(p, 1 + dice_below(d, 24)); break;
	case 't': pen_digits(p, 1 + dice_below(d, 15), 2); break;
	case 'l': pen_char(p, (char)('A' + dice_below(d, 4))); break;
	case 'c': pen_number(p, 1 + dice_below(d, 6)); break;
	case 'r': pen_digits(p, (1 + dice_below(d, 9)) * 100 + 1 + dice_below(d, 9), 3); break;
	}
}

static void address_write(struct pen *p, const struct names *names, int country, struct home *h)
{
	const struct country *c = &names->countries[country];
	const char *street = c->streets.items[dice_below(&h->dice, c->streets.count)];
	const char *at = c->addresses.items[dice_below(&h->dice, c->addresses.count)];
	for (; *at; at++) {
		if (*at != '{') {
			pen_char(p, *at);
			continue;
		}
		address_part(p, country, h->town, street, at + 1, &h->dice);
		at += strcspn(at, "}");
	}
	pen_end(p);
}

static void phone_write(struct pen *p, const struct country *c, const struct town *town, struct dice *d)
{
	const char *at = c->phones.items[dice_below(d, c->phones.count)];
	for (; *at; at++) {
		if (*at == '#') {
			pen_dice(p, d, 1);
		} else if (*at == '{') {
			pen_text(p, town->area);
			at += strcspn(at, "}");
		} else {
			pen_char(p, *at);
		}
	}
	pen_end(p);
}

/* A number of as many digits, another one for each n from 1: it makes an address unique without counting up. */
static uint64_t number_scrambled(uint64_t n)
{
	uint64_t low = 1;
	while (n >= low * 10)
		low *= 10;
	/* 7 does not divide 9 * 10^k, so multiplying by a power of it is a permutation of low..10*low-1. */
	uint64_t span = 9 * low, place = n - low;
	uint64_t mixed = (uint64_t)((unsigned __int128)place * UINT64_C(282475249) % span);
	return (mixed + span / 3) % span + low;
}

static void email_write(struct pen *p, const struct naming *a, uint64_t number, const char *domain, struct dice *d)
{
	static const char *const marks[] = {".", ".", "_", ""};
	const char *mark = marks[dice_below(d, 4)];
	const struct name *last = a->family_count ? a->family[a->family_count - 1] : a->given_count > 1 ? a->given[1] : NULL;
	if (last && dice_percent(d, 20)) {
		pen_char(p, a->given[0]->plain[0]);
		pen_text(p, mark);
		pen_text(p, last->plain);
	} else {
		pen_text(p, a->given[0]->plain);
		if (last) {
			pen_text(p, mark);
			pen_text(p, last->plain);
		}
	}
	pen_number(p, number);
	pen_char(p, '@');
	pen_text(p, domain);
	pen_end(p);
}

static void email_fill(struct person *p, const struct names *names, const struct person_key *key, int country, int gender)
{
	const struct traits *t = key->traits;
	uint32_t mailed = t ? t->mailed : 0;
	struct naming a = naming_of(names, key, country, gender, mailed ? t->mailed_name : 0);
	struct dice d = mailed ? dice_of(key->seed, DICE_MAILED, mailed) : dice_of(key->seed, DICE_MAIL, (uint64_t)key->n);
	if (!mailed && dice_percent(&d, NO_EMAIL))
		return;
	const char *domain = mailed ? later_domains[dice_below(&d, 3)] : first_domains[dice_below(&d, 4)];
	email_write(&PEN(p->email), &a, number_scrambled(mailed ? mailed : (uint64_t)key->n), domain, &d);
}

static void phone_fill(struct person *p, const struct names *names, const struct person_key *key, int country)
{
	const struct traits *t = key->traits;
	uint32_t phoned = t ? t->phoned : 0;
	struct dice d = phoned ? dice_of(key->seed, DICE_PHONED, phoned) : dice_of(key->seed, DICE_PHONE, (uint64_t)key->n);
	if (!phoned && dice_percent(&d, NO_PHONE))
		return;
	struct home h = home_of(names, key, country, phoned ? t->phoned_home : 0);
	phone_write(&PEN(p->phone), &names->countries[country], h.town, &d);
}

void shop_teller(char out[16], const struct shop *shop, uint32_t teller)
{
	struct pen p = {out, out + 15};
	pen_text(&p, shop->store_id);
	pen_text(&p, "-T");
	pen_number(&p, 1 + teller);
	pen_end(&p);
}

static int64_t age_days(struct dice *d)
{
	int band = dice_weighted(d, age_weights, 100);
	/* The last band ends a year early: who is 94 at the registration is at most 95 for the span of a generated bank. */
	int64_t days = ages[band].years * INT64_C(365) - (band == 7 ? 365 : 0);
	return (ages[band].from * INT64_C(1461) + 3) / 4 + 1 + dice_below(d, (uint32_t)days);
}

void person_fill(struct person *p, const struct names *names, const struct person_key *key)
{
	static const struct traits untouched;
	const struct traits *t = key->traits ? key->traits : &untouched;
	const struct shop *shop = &names->shops[key->shop];
	struct dice d = dice_of(key->seed, DICE_TRAITS, (uint64_t)key->n);
	bool local = dice_percent(&d, SAME_COUNTRY);
	int elsewhere = dice_weighted(&d, country_weights, 100);
	int country = local ? names->shop_country[key->shop] : elsewhere;
	int gender = dice_percent(&d, 51) ? WOMEN : MEN;

	p->cif = CIF_FIRST - 1 + key->n;
	p->registered_at = key->registered_at;
	p->gender[0] = gender == WOMEN ? 'F' : 'M';
	p->gender[1] = '\0';
	p->country[0] = (char)toupper((unsigned char)country_codes[country][0]);
	p->country[1] = (char)toupper((unsigned char)country_codes[country][1]);
	p->country[2] = '\0';
	p->email[0] = p->phone[0] = '\0';
	pen_day(&PEN(p->birthdate), person_day(key->registered_at) - age_days(&d));
	strcpy(p->store_id, shop->store_id);
	struct dice served = t->served ? dice_of(key->seed, DICE_SERVED, t->served) : dice_of(key->seed, DICE_TELLER, (uint64_t)key->n);
	shop_teller(p->changed_by, shop, dice_below(&served, 6));

	struct naming a = naming_of(names, key, country, gender, t->renamed);
	naming_write(&PEN(p->name), &a);
	struct home h = home_of(names, key, country, t->moved);
	struct pen city = PEN(p->city);
	pen_text(&city, h.town->name);
	pen_end(&city);
	address_write(&PEN(p->address), names, country, &h);
	phone_fill(p, names, key, country);
	email_fill(p, names, key, country, gender);
}
