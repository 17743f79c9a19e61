/* Series: --sizes A..B and --scaling run each workload at several points; see bench.h. */
#include "bench.h"

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
