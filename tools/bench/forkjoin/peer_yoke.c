/* The fork-join peer of Yoke's own pool: two workers on the first two CPUs that this
 * process may use.  Links the rooms base and pool, no engine. */
#include "probe.h"

#include <pool/pool.h>
#include <sched.h>

static yki_pool *pool;

static void body(void *ctx, size_t begin, size_t end, size_t worker)
{
    (void)ctx, (void)worker;
    for (size_t i = begin; i < end; i++) probe_work((unsigned)i);
}

int peer_open(void)
{
    int cpus[2], found = 0;
    cpu_set_t mask;
    if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
    for (int c = 0; c < CPU_SETSIZE && found < 2; c++)
        if (CPU_ISSET((size_t)c, &mask)) cpus[found++] = c;
    if (found < 2) return 1;
    yki_pool_opts opts = {.workers = 2, .cpus = cpus};
    return yki_pool_open(&pool, &opts, NULL) == YK_OK ? 0 : 1;
}

void peer_loop(void) { yki_pool_run(pool, 2, 1, body, NULL); }

void peer_close(void) { yki_pool_close(&pool); }
