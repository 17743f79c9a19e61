/* timing: what the examples tell times with.  No state; any thread. */
#ifndef EXAMPLES_TIMING_H
#define EXAMPLES_TIMING_H

#include <stdlib.h>
#include <time.h>

/* Seconds of the monotonic clock. */
static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int smaller_first(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The middle of n numbers, n odd; sorts them. */
static inline double median(double *seconds, size_t n)
{
    qsort(seconds, n, sizeof *seconds, smaller_first);
    return seconds[n / 2];
}

#endif
