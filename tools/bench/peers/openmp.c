/* The peer OpenMP, with whatever runtime this is linked with (libgomp by gcc, libomp by
 * clang): the same loops with a pragma, see serial.c of each workload; see peer.h. */
#include "peer.h"
#include "workload.h"

#ifdef _OPENMP
#include <omp.h>

static const char *open_threads(size_t threads)
{
    omp_set_num_threads((int)threads);
    return NULL;
}

static void fork_two(peer_piece piece)
{
#pragma omp parallel for schedule(static, 1)
    for (unsigned i = 0; i < 2; i++) piece(i);
}

/* ---- tasks: one thread makes them, the others of the region run them ---- */

static const char *all(const peer_calls *c)
{
#pragma omp parallel
#pragma omp single
    for (size_t k = 0; k < c->n; k++) {
#pragma omp task firstprivate(k)
        c->call(peer_arg(c, k));
    }
    return NULL;
}

static const char *each(const peer_calls *c)
{
#pragma omp parallel
#pragma omp single
    for (size_t k = 0; k < c->n; k++) {
#pragma omp task firstprivate(k)
        c->call(peer_arg(c, k));
#pragma omp taskwait
    }
    return NULL;
}

static uint64_t fib_of(unsigned n)
{
    uint64_t first, second;
    if (n < 2) return n;
#pragma omp task shared(first) firstprivate(n)
    first = fib_of(n - 1);
    second = fib_of(n - 2);
#pragma omp taskwait
    return first + second;
}

static const char *fib(unsigned n, uint64_t *value)
{
#pragma omp parallel
#pragma omp single
    *value = fib_of(n);
    return NULL;
}

static const peer_tasks tasks = {.all = all, .each = each, .fib = fib};

#else

static const char *open_threads(size_t threads)
{
    (void)threads;
    return "built without OpenMP";
}

#endif

static const char *refuses(const yki_workload *w)
{
    return w->openmp ? NULL : "built without OpenMP";
}

static const char *run(yki_instance *in)
{
    in->workload->openmp(in);
    return NULL;
}

static void close_threads(void) {}

#ifndef PEER_OPENMP
#define PEER_OPENMP yoke_peer_openmp
#define PEER_OPENMP_NAME "OpenMP"
#endif

const peer PEER_OPENMP = {
    .name = PEER_OPENMP_NAME, .open = open_threads, .refuses = refuses, .run = run,
    .close = close_threads,
#ifdef _OPENMP
    .fork = fork_two,
    .tasks = &tasks,
#endif
};
