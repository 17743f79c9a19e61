/* A loop body that counts how often each index ran, and what else must hold of every
 * slice: bounds, cuts, worker numbers.  For tests of the pool; header only. */
#ifndef YKT_LOOPS_ONCE_H
#define YKT_LOOPS_ONCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define ONCE_WORKERS 64

typedef struct once {
    size_t n, grain, workers;
    unsigned char *ran;                     /* n counts; NULL: only count indices */
    _Atomic size_t total;
    _Atomic unsigned broken;                /* slices out of bounds, badly cut, ... */
    _Atomic unsigned busy[ONCE_WORKERS];    /* bodies running now, by worker number */
    _Atomic size_t by_worker[ONCE_WORKERS]; /* indices run */
    void (*extra)(struct once *o, size_t begin, size_t end, size_t worker);
    void *extra_ctx;
} once;

/* grain 0: cuts anywhere. */
static inline void once_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    once *o = ctx;
    bool cut = o->grain == 0
            || (begin % o->grain == 0 && (end == o->n || end % o->grain == 0));
    if (begin >= end || end > o->n || worker >= o->workers || !cut) {
        atomic_fetch_add(&o->broken, 1);
        return;
    }
    if (atomic_fetch_add(&o->busy[worker], 1) != 0) atomic_fetch_add(&o->broken, 1);
    for (size_t i = begin; o->ran && i < end; i++) o->ran[i]++;
    if (o->extra) o->extra(o, begin, end, worker);
    atomic_fetch_add(&o->total, end - begin);
    atomic_fetch_add(&o->by_worker[worker], end - begin);
    atomic_fetch_sub(&o->busy[worker], 1);
}

static inline void once_init(once *o, size_t n, size_t grain, size_t workers)
{
    *o = (once){.n = n, .grain = grain, .workers = workers};
}

/* After the loop: all indices ran once each, and nothing was broken. */
static inline bool once_holds(const once *o)
{
    if (o->broken || o->total != o->n) return false;
    for (size_t i = 0; o->ran && i < o->n; i++)
        if (o->ran[i] != 1) return false;
    return true;
}

#endif
