/* monte_carlo: random numbers by counting, maths, ordered sums.  See workload.h. */
#include "workload.h"

#include <math.h>
#include <stdio.h>

#include "serial.h"
#include "monte_carlo.yk.h"

enum { TOTAL, DRAWN };
enum { STEPS = 16 };
static const uint32_t SEED = 20240229;
static const float PRICE = 100, STRIKE = 105;
static const double RATE = 0.02, VOLATILITY = 0.20, YEARS = 1;

static const yki_array_spec arrays[] = {
    [TOTAL] = {"total", YKI_STATE, sizeof(float), 2},
    [DRAWN] = {"drawn", YKI_STATE, sizeof(uint32_t), 1},
};

/* Four steps: ten rounds of 10 operations on whole numbers, 3 sums; two of log, sqrt, sin
 * and cos and four of exp, counted as one operation each, and 26 others. */
static void describe(size_t elements, yki_extent *out)
{
    double n = (double)elements;
    *out = (yki_extent){.elements = elements, .nx = elements, .ny = 1, .items = elements,
                        .launches = 1, .bytes = 12, .flops = n * (STEPS / 4 * 142 + 6)};
    snprintf(out->shape, sizeof out->shape, "%zu paths, %d steps", elements, STEPS);
}

/* Nothing is read: the numbers come from the paths' own. */
static void fill(yki_instance *in, uint64_t seed)
{
    float *total = in->array[TOTAL].data;
    (void)seed;
    total[0] = total[1] = 0;
    *(uint32_t *)in->array[DRAWN].data = 0;
}

static float drift(void)
{
    return (float)((RATE - VOLATILITY * VOLATILITY / 2) * YEARS / STEPS);
}

static float spread(void) { return (float)(VOLATILITY * sqrt(YEARS / STEPS)); }

/* Sums in double. */
typedef struct sums {
    double total[2];
    uint32_t drawn;
} sums;

static void combine(yki_instance *in, const void *partial)
{
    const sums *s = partial;
    float *total = in->array[TOTAL].data;
    uint32_t *drawn = in->array[DRAWN].data;
    for (int k = 0; k < 2; k++) total[k] = (float)((double)total[k] + s->total[k]);
    *drawn += s->drawn;
}

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    sums *s = partial;
    (void)in, (void)launch;
    monte_carlo_serial(begin, end, SEED, STEPS, drift(), spread(), PRICE, STRIKE, s->total,
                       &s->drawn);
}

static void serial(yki_instance *in)
{
    sums s = {0};
    part(in, 0, 0, in->extent.nx, &s);
    combine(in, &s);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    sums s = {0};
    monte_carlo_openmp(0, in->extent.nx, SEED, STEPS, drift(), spread(), PRICE, STRIKE, s.total,
                       &s.drawn);
    combine(in, &s);
}
#endif

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t n = in->extent.nx;
    yk_status st = monte_carlo_run_opts(engine, &o, yk_1d(n), in->array[TOTAL].data,
                                        in->array[DRAWN].data, SEED, STEPS, drift(), spread(),
                                        PRICE, STRIKE, n);
    if (report) yki_report_add(report, &one);
    return st;
}

/* Both totals in units of the sum of averages, which their errors are a share of. */
static double scale(const yki_instance *in, size_t k)
{
    double averages = (double)((const float *)in->array[TOTAL].expected)[1];
    (void)k;
    return averages > 0 ? averages : 1;
}

/* The random words are whole numbers: exact. */
static void check_drawn(const yki_instance *in, yki_verdict *out)
{
    uint32_t got = *(const uint32_t *)in->array[DRAWN].data;
    uint32_t want = *(const uint32_t *)in->array[DRAWN].expected;
    if (got == want) return;
    out->max_error = yki_worse(out->max_error, 1);
    snprintf(out->wrong, sizeof out->wrong,
             "the random words add up to %08x, with serial to %08x (exact match required)",
             (unsigned)got, (unsigned)want);
}

/* With u = 2^-24, on one side: a normal number is a radius of at most sqrt(48 ln 2) < 5.8
 * (log 3 ulp = 6u, halved by the root; the root 3 ulp; two more: 11u) times a sine of at most
 * 1 (4 ulp = 8u; the angle of at most 2 pi errs by 2u of it: 21u): 5.8 * 33u < 192u.  Times a
 * spread of 0.05 it moves the logarithm by 9.6u; adding it, and to a logarithm below 2,
 * rounds by 3u: 16 steps, 202u.  exp (3 ulp), 16 additions and three operations make 227u of
 * the average; payments, an average less a constant, err by as much and u.  The two sides:
 * 456u.  And each addition on the way to the total: 8192/64 in its lane, 6 where lanes
 * combine, log2 of the blocks where those do, one into the result, serial's last rounding. */
static void check(const yki_instance *in, yki_verdict *out)
{
    unsigned roundings = 456 + 8192 / 64 + 6 + 2;
    for (size_t blocks = in->extent.nx / 8192 + 1; blocks > 1; blocks -= blocks / 2) roundings++;
    out->tolerance = roundings * 0x1p-24;
    yki_check_floats(in, TOTAL, scale, out);
    check_drawn(in, out);
}

const yki_workload yki_workload_monte_carlo = {
    .name = "monte_carlo",
    .about = "an Asian option by random paths, counter-based; log, sqrt, sin, cos, exp",
    .measure = "difference over the sum of averages; at most 592 roundings of 2^-24 (builtins of "
               "4 ulp over 16 steps, both sides; ordered sums); the random words exactly",
    .elements = {(size_t)1 << 14, (size_t)1 << 18, (size_t)1 << 22},
    .n_arrays = 2, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part,
    .partial_bytes = sizeof(sums), .combine = combine, .yoke = yoke, .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
