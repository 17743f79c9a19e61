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
#endif
};
