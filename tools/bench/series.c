/* Series: --sizes A..B and --scaling run each workload at several points; see bench.h. */
#include "bench.h"

#include <string.h>

/* Doubling up to this many points, else four times as many each time. */
enum { DOUBLINGS = 10 };

static void add_point(bench_points *p, size_t elements, size_t threads)
{
    if (p->n < BENCH_MAX_POINTS)
        p->point[p->n++] = (bench_point){.elements = elements, .threads = threads};
}

/* A, A*f, A*f^2, ... and B itself. */
static void add_sizes(bench_points *p, size_t from, size_t to)
{
    size_t factor = to / from >> DOUBLINGS ? 4 : 2, n = from;
    for (; n < to; n = n > to / factor ? to : n * factor) add_point(p, n, 0);
    add_point(p, to, 0);
}

/* 1, 2, 3, 4, and from there powers of two; and all of them. */
static void add_threads(bench_points *p, size_t elements, size_t workers)
{
    for (size_t n = 1; n < workers; n = n < 4 ? n + 1 : 2 * n) add_point(p, elements, n);
    add_point(p, elements, workers);
}

void bench_points_of(const bench_options *o, const yki_workload *w, size_t workers,
                     bench_points *out)
{
    out->n = 0;
    if (o->sizes_from) add_sizes(out, o->sizes_from, o->sizes_to);
    else if (o->scaling) add_threads(out, bench_elements(o, w), workers);
    else add_point(out, bench_elements(o, w), o->threads);
}

/* ---- where one processor overtakes another ---- */

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
