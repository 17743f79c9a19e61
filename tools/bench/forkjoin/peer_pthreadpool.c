/* The fork-join peer of pthreadpool (Maratyszcza/pthreadpool). */
#include "probe.h"

#include <pthreadpool.h>
#include <stddef.h>

static pthreadpool_t pool;

static void task(void *ctx, size_t i)
{
    (void)ctx;
    probe_work((unsigned)i);
}

int peer_open(void)
{
    pool = pthreadpool_create(2);
    return pool ? 0 : 1;
}

void peer_loop(void) { pthreadpool_parallelize_1d(pool, task, NULL, 2, 0); }

void peer_close(void) { pthreadpool_destroy(pool); }
