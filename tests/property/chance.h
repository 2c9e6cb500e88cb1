/* chance: random numbers that are the same everywhere for the same seed. */
#ifndef TD_PROPERTY_CHANCE_H
#define TD_PROPERTY_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
	uint64_t state;
};

/* SplitMix64 (Steele, Lea, Flood 2014): any state is a good one, so seeds may be 1, 2, 3 ... */
static inline uint64_t chance_next(struct chance *c)
{
	uint64_t z = c->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* 0 to n - 1. */
static inline int chance_below(struct chance *c, int n)
{
	return (int)(chance_next(c) % (uint64_t)n);
}

static inline bool chance_percent(struct chance *c, int percent)
{
	return chance_below(c, 100) < percent;
}

#endif
