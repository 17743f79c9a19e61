/* Where, in a series over sizes, one processor overtakes another; see bench.h.  Pure. */
#include "bench.h"

#include <string.h>

static double pool_of(const bench_result *r) { return r->pool.reps ? r->pool.median_s : 0; }
static double serial_of(const bench_result *r) { return r->serial.reps ? r->serial.median_s : 0; }
static double openmp_of(const bench_result *r) { return r->openmp.reps ? r->openmp.median_s : 0; }

static double device_of(const bench_result *r)
{
    const bench_device *d = bench_best_device(r);
    return d ? d->time.median_s : 0;
}

/* The least elements of a point from which on `a` was faster than `b` at every point; 0: at
 * the last point it was not.  Points that lack one of them do not count. */
static uint64_t overtakes(const bench_result *r, size_t n, double (*a)(const bench_result *),
                          double (*b)(const bench_result *))
{
    uint64_t from = 0;
    for (size_t k = n; k-- > 0;) {
        double x = a(&r[k]), y = b(&r[k]);
        if (!(x > 0) || !(y > 0)) continue;
        if (x >= y) break;
        from = r[k].elements;
    }
    return from;
}

bench_crossover bench_crossover_of(const bench_result *r, size_t n)
{
    bench_crossover c = {.pool_over_serial = overtakes(r, n, pool_of, serial_of),
                         .pool_over_openmp = overtakes(r, n, pool_of, openmp_of),
                         .device_over_pool = overtakes(r, n, device_of, pool_of)};
    const bench_device *d = NULL;
    for (size_t k = n; k-- > 0 && !d;) d = bench_best_device(&r[k]);
    if (d) memcpy(c.device, d->id, sizeof c.device);
    return c;
}

size_t bench_same_workload(const bench_report *report, size_t first)
{
    size_t k = first + 1;
    while (k < report->n_results &&
           strcmp(report->results[k].workload, report->results[first].workload) == 0)
        k++;
    return k - first;
}
