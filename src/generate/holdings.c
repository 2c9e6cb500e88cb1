#include "config.h"

#include "generate/holdings.h"

#include <string.h>

#include "generate/dice.h"
#include "generate/pen.h"
#include "generate/person.h"

static const char *const product_types[] = {
	"SAVINGS", "CURRENT", "DEPOSIT", "CREDIT CARD", "PERSONAL LOAN", "MORTGAGE", "VEHICLE LOAN", "BROKERAGE",
};
static const int product_weights[] = {38, 24, 12, 12, 5, 5, 2, 2};
static const char *const status_words[] = {"ACTIVE", "DORMANT", "CLOSED", "BLOCKED"};
static const int status_weights[] = {86, 7, 5, 2};

/* Worth: half of them below the median; deviation in powers of two; rounded to so many cents. */
static const struct {
	const char *type;
	int weight;
	double median, deviation;
	int64_t round;
} assets[] = {
	{"DEPOSIT", 34, 9500, 1.9, 1},       {"GOLD", 14, 4200, 1.4, 1},
	{"PROPERTY", 12, 185000, 0.9, 50000}, {"VEHICLE", 14, 13500, 0.9, 10000},
	{"MUTUAL FUND", 12, 7800, 1.5, 1},   {"BOND", 6, 15000, 1.2, 1000},
	{"STOCK", 8, 6400, 2.1, 1},
};
enum { ASSET_TYPES = sizeof assets / sizeof assets[0] };

void product_status(struct product *p, enum status status)
{
	strcpy(p->status, status_words[status]);
}

enum status product_first(struct product *p, uint64_t seed, int64_t n, int64_t since, int64_t until)
{
	struct dice d = dice_of(seed, DICE_PRODUCT, (uint64_t)n);
	enum status status = (enum status)dice_weighted(&d, status_weights, 100);
	/* Most open something on the day they come, the others within two weeks. */
	int64_t day = since + (dice_percent(&d, 70) ? 0 : dice_front(&d, 15));
	p->productid = PRODUCT_FIRST - 1 + n;
	p->cif = CIF_FIRST - 1 + n;
	strcpy(p->producttype, product_types[dice_weighted(&d, product_weights, 100)]);
	pen_day(&PEN(p->opendate), day < until ? day : until);
	product_status(p, status);
	return status;
}

void product_opened(struct product *p, uint64_t seed, int64_t n, uint32_t event, int64_t day)
{
	struct dice d = dice_of(seed, DICE_OPENED, event);
	p->productid = PRODUCT_OPENED_FIRST - 1 + event;
	p->cif = CIF_FIRST - 1 + n;
	strcpy(p->producttype, product_types[dice_weighted(&d, product_weights, 100)]);
	pen_day(&PEN(p->opendate), day);
	product_status(p, STATUS_ACTIVE);
}

/* 2^x for -60 < x < 60, to four digits. Plain arithmetic, so that every machine gives the same cents. */
static double power_of_two(double x)
{
	int whole = (int)x - (x < 0);
	double part = x - whole;
	double power = 1 + part * (0.69583282 + part * (0.22606716 + part * 0.07810002));
	for (; whole > 0; whole--)
		power *= 2;
	for (; whole < 0; whole++)
		power /= 2;
	return power;
}

static void money_write(char *out, size_t size, int64_t cents)
{
	struct pen p = {out, out + size - 1};
	pen_number(&p, (uint64_t)cents / 100);
	pen_char(&p, '.');
	pen_digits(&p, (uint64_t)cents % 100, 2);
	pen_end(&p);
}

void asset_fill(struct asset *a, uint64_t seed, int64_t n, uint32_t revalued, int64_t since, int64_t until)
{
	struct dice d = dice_of(seed, DICE_ASSET, (uint64_t)n);
	int weights[ASSET_TYPES];
	for (int i = 0; i < ASSET_TYPES; i++)
		weights[i] = assets[i].weight;
	int type = dice_weighted(&d, weights, 100);
	double worth = assets[type].median * power_of_two(dice_normal(&d) * assets[type].deviation);
	int64_t day = since + dice_below(&d, (uint32_t)(until - since + 1));
	if (revalued) {
		/* Its market moved by some percent since the first valuation. */
		d = dice_of(seed, DICE_REVALUED, revalued);
		worth *= power_of_two(dice_normal(&d) * 0.15 + 0.02);
		day = until;
	}
	int64_t cents = (int64_t)(worth * 100) / assets[type].round * assets[type].round;
	a->assetid = ASSET_FIRST - 1 + n;
	a->cif = CIF_FIRST - 1 + n;
	strcpy(a->assettype, assets[type].type);
	money_write(a->assetvalue, sizeof a->assetvalue, cents > assets[type].round ? cents : assets[type].round);
	pen_day(&PEN(a->valuation_date), day);
}
