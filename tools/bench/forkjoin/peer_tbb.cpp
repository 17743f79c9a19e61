/* The fork-join peer of oneTBB, with the partitioner made for such loops. */
#include "probe.h"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>

static tbb::global_control *control;

int peer_open(void)
{
    control = new tbb::global_control(tbb::global_control::max_allowed_parallelism, 2);
    return 0;
}

void peer_loop(void)
{
    tbb::parallel_for(0u, 2u, [](unsigned i) { probe_work(i); }, tbb::static_partitioner());
}

void peer_close(void) { delete control; }
