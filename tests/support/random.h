/* Random numbers for property tests: one seed gives one case, on every machine.
 * Header only; no state but the caller's. */
#ifndef YKT_RANDOM_H
#define YKT_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* splitmix64 (Steele, Lea, Flood 2014): every seed is as good as any other. */
static inline uint64_t rnd(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A whole number in [lo, hi]. */
static inline int64_t rnd_in(uint64_t *state, int64_t lo, int64_t hi)
{
    return lo + (int64_t)(rnd(state) % ((uint64_t)(hi - lo) + 1));
}

static inline bool rnd_chance(uint64_t *state, double p)
{
    return (double)(rnd(state) >> 11) * 0x1p-53 < p;
}

/* A real number in [lo, hi). */
static inline double rnd_real(uint64_t *state, double lo, double hi)
{
    return lo + (hi - lo) * ((double)(rnd(state) >> 11) * 0x1p-53);
}

#endif
