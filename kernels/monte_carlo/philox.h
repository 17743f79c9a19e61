/* Philox 4x32-10 in C, for the plain loop and for tests: Salmon, Moraes, Dror and Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011.  Pure. */
#ifndef YKI_PHILOX_H
#define YKI_PHILOX_H

#include <stdint.h>

/* Turns the four words of a counter into four random words, under a key of two. */
static inline void yki_philox(uint32_t w[4], uint32_t key, uint32_t other)
{
    for (int round = 0; round < 10; round++) {
        uint64_t first = (uint64_t)0xd2511f53u * w[0], second = (uint64_t)0xcd9e8d57u * w[2];
        w[0] = (uint32_t)(second >> 32) ^ w[1] ^ key;
        w[1] = (uint32_t)second;
        w[2] = (uint32_t)(first >> 32) ^ w[3] ^ other;
        w[3] = (uint32_t)first;
        key += 0x9e3779b9u;
        other += 0xbb67ae85u;
    }
}

#endif
