/* sleeping: stands for the calls that the examples of tasks make, which take their time
 * without using a core, as files, servers and devices do.  No state; any thread. */
#ifndef EXAMPLES_SLEEPING_H
#define EXAMPLES_SLEEPING_H

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <yoke/task.h>

#include "timing.h"

/* Sleeps so many seconds, whatever happens. */
static inline void sleep_for(double seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds};
    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    while (nanosleep(&left, &left) != 0 && errno == EINTR) continue;
}

/* The same, for a task that can be told to end: it looks every 10 ms.  seconds may be
 * INFINITY.  YK_E_CANCELLED: it has been told. */
static inline yk_status sleep_unless_cancelled(double seconds)
{
    double left, end = now() + seconds;
    while ((left = end - now()) > 0) {
        if (yk_cancelled()) return YK_E_CANCELLED;
        sleep_for(left < 0.01 ? left : 0.01);
    }
    return YK_OK;
}

/* What --scale says, times are multiplied by: a number above 0, up to 100; 0: it is none. */
static inline double parse_scale(const char *text)
{
    char *end;
    double scale = strtod(text, &end);
    return end != text && *end == '\0' && scale > 0 && scale <= 100 ? scale : 0;
}

#endif
