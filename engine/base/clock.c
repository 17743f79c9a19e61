/* The monotonic clock, read through the vDSO.  Any thread may enter. */
#include "base/base.h"

#include <time.h>

uint64_t yki_now_ns(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);     /* cannot fail for this clock on Linux */
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
