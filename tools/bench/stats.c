/* Medians, spreads, and whether two of them differ; see bench.h.  Pure. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The quantile q of sorted samples, between neighbours by a straight line. */
static double quantile(const double *sorted, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t k = (size_t)at;
    if (k + 1 >= n) return sorted[n - 1];
    return sorted[k] + (at - (double)k) * (sorted[k + 1] - sorted[k]);
}

double bench_median(double *samples, size_t n)
{
    if (n == 0) return 0;
    qsort(samples, n, sizeof *samples, by_value);
    return quantile(samples, n, 0.5);
}

bench_time bench_summary(double *samples, size_t n)
{
    bench_time t = {0};
    if (n == 0) return t;
    t.median_s = bench_median(samples, n);
    t.min_s = samples[0];
    t.reps = n;
    if (t.median_s > 0)
        t.spread = (quantile(samples, n, 0.75) - quantile(samples, n, 0.25)) / t.median_s;
    return t;
}

/* Student's t for 95 %, two-sided, by degrees of freedom. */
static double student(uint64_t freedom)
{
    static const double t[] = {12.71, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26,
                               2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09, 2.09};
    size_t last = sizeof t / sizeof t[0] - 1;
    return freedom < last ? t[freedom] : freedom < 60 ? 2.09 : 1.96;
}

/* Less than this is never called a change: two runs of one program differ by as much
 * through where their memory happened to lie. */
static const double NEGLIGIBLE = 0.02;

static bench_change judge(const bench_ratio *r)
{
    if (r->lo > 1 + NEGLIGIBLE) return BENCH_SLOWER;
    if (r->hi < 1 / (1 + NEGLIGIBLE)) return BENCH_FASTER;
    /* The interval lies round 1: a narrow one says that nothing changed. */
    if (r->lo > 0.95 && r->hi < 1 / 0.95) return BENCH_SAME;
    return BENCH_INCONCLUSIVE;
}

bench_ratio bench_compare_times(const bench_time *before, const bench_time *now)
{
    double a = before->spread * before->spread / (double)before->reps;
    double b = now->spread * now->spread / (double)now->reps;
    uint64_t samples = before->reps + now->reps;
    double half = student(samples > 2 ? samples - 2 : 0) * (1.2533 / 1.349) * sqrt(a + b);
    bench_ratio r = {.ratio = now->median_s / before->median_s};
    r.lo = r.ratio * exp(-half);
    r.hi = r.ratio * exp(half);
    /* A median of fewer than three says nothing about its own error. */
    r.change = before->reps < 3 || now->reps < 3 ? BENCH_INCONCLUSIVE : judge(&r);
    return r;
}
