/* Medians, spreads, and whether two of them differ; see bench.h.  Pure. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>

static const double CONFIDENCE = 0.95;

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

/* The rank r (from 1) whose x_r and x_(n+1-r) enclose the median with 95 %; 0: none. */
static size_t interval_rank(size_t n)
{
    double term = exp2(-(double)n), below = 0;      /* C(n, i) / 2^n, and their sum */
    size_t rank = 0;
    for (size_t i = 0; i < n / 2; i++) {
        below += term;
        if (1 - 2 * below < CONFIDENCE) break;
        rank = i + 1;
        term *= (double)(n - i) / (double)(i + 1);
    }
    return rank;
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
    size_t rank = interval_rank(n);
    if (rank == 0) return t;
    t.lo_s = samples[rank - 1];
    t.hi_s = samples[n - rank];
    return t;
}

double bench_noise(bench_time t)
{
    return t.hi_s > 0 && t.median_s > 0 ? (t.hi_s - t.lo_s) / (2 * t.median_s) : INFINITY;
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
    bench_ratio r = {.ratio = now->median_s / before->median_s, .hi = INFINITY,
                     .change = BENCH_INCONCLUSIVE};
    if (!(before->lo_s > 0) || !(now->lo_s > 0)) return r;
    r.lo = r.ratio * exp(-hypot(log(now->median_s / now->lo_s),
                                log(before->hi_s / before->median_s)));
    r.hi = r.ratio * exp(hypot(log(now->hi_s / now->median_s),
                               log(before->median_s / before->lo_s)));
    r.change = judge(&r);
    return r;
}
