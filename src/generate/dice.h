/* dice: random numbers that are a function of where they are used.
 *
 * A throw is keyed by (seed, purpose, number), so that what customer 4,711 is
 * called does not depend on who was asked about before. The generator is
 * splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
 */
#ifndef TD_GENERATE_DICE_H
#define TD_GENERATE_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

enum dice_purpose {
	DICE_TIME = 1, DICE_TRAITS, DICE_NAME, DICE_HOME, DICE_PHONE, DICE_MAIL, DICE_PRODUCT, DICE_ASSET, DICE_TELLER,
	/* Keyed by the number of an event instead of a customer's. */
	DICE_EVENT = 32, DICE_RENAMED, DICE_MOVED, DICE_PHONED, DICE_MAILED, DICE_OPENED, DICE_REVALUED, DICE_SERVED,
};

static inline uint64_t dice_mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline struct dice dice_of(uint64_t seed, enum dice_purpose purpose, uint64_t number)
{
	uint64_t lane = dice_mix(seed + (uint64_t)purpose * UINT64_C(0xd1342543de82ef95));
	return (struct dice){dice_mix(lane ^ (number * UINT64_C(0x9e3779b97f4a7c15)))};
}

static inline uint64_t dice_next(struct dice *d)
{
	d->state += UINT64_C(0x9e3779b97f4a7c15);
	return dice_mix(d->state);
}

/* 0 .. n-1; n up to 2^32. The bias is below n / 2^32. */
static inline uint32_t dice_below(struct dice *d, uint32_t n)
{
	return (uint32_t)(((dice_next(d) >> 32) * n) >> 32);
}

/* [0, 1) */
static inline double dice_unit(struct dice *d)
{
	return (double)(dice_next(d) >> 11) * 0x1p-53;
}

static inline bool dice_percent(struct dice *d, uint32_t percent)
{
	return dice_below(d, 100) < percent;
}

/* As dice_below, the first ones more often than the last: how common names are. */
static inline uint32_t dice_front(struct dice *d, uint32_t n)
{
	uint32_t a = dice_below(d, n), b = dice_below(d, n);
	return a < b ? a : b;
}

/* The index drawn by weights that add up to `sum`. */
static inline int dice_weighted(struct dice *d, const int *weights, int sum)
{
	int left = (int)dice_below(d, (uint32_t)sum), i = 0;
	while (left >= weights[i])
		left -= weights[i++];
	return i;
}

/* About normal, mean 0, deviation 1, within +-3.5: a sum of four, so that it is the same on every machine's libm. */
static inline double dice_normal(struct dice *d)
{
	return (dice_unit(d) + dice_unit(d) + dice_unit(d) + dice_unit(d) - 2.0) * 1.7320508075688772;
}

#endif
