/* No runtime at all: the same calls one after another, for the column `serial` of rows that
 * are measured in peers' processes; see peer.h. */
#include "peer.h"
#include "workload.h"

static const char *open_nothing(size_t threads)
{
    (void)threads;
    return NULL;
}

static const char *refuses(const yki_workload *w)
{
    (void)w;
    return NULL;
}

static const char *run(yki_instance *in)
{
    in->workload->serial(in);
    return NULL;
}

static void close_nothing(void) {}

static const char *make_calls(const peer_calls *c)
{
    for (size_t k = 0; k < c->n; k++) c->call(peer_arg(c, k));
    return NULL;
}

static uint64_t fib_of(unsigned n) { return n < 2 ? n : fib_of(n - 1) + fib_of(n - 2); }

static const char *fib(unsigned n, uint64_t *value)
{
    *value = fib_of(n);
    return NULL;
}

static const peer_tasks tasks = {.all = make_calls, .each = make_calls, .fib = fib};

const peer yoke_peer_serial = {
    .name = "serial", .open = open_nothing, .refuses = refuses, .run = run,
    .close = close_nothing, .tasks = &tasks,
};
