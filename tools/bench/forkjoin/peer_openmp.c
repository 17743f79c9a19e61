/* The fork-join peer of OpenMP, with whatever runtime this file is linked with (libgomp
 * by gcc, libomp by clang), and that runtime's own settings. */
#include "probe.h"

#include <stdint.h>

#include <omp.h>

int peer_open(void)
{
    omp_set_num_threads(2);
    return 0;
}

void peer_loop(void)
{
#pragma omp parallel for schedule(static, 1)
    for (unsigned i = 0; i < 2; i++) probe_work(i);
}

void peer_close(void) {}
