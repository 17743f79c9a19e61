/* binomial: options on a lattice, each with an array of its own.  See workload.h. */
#include "workload.h"

#include <math.h>
#include <stdio.h>

#include "serial.h"
#include "binomial.yk.h"

enum { PRICE, STRIKE, RATIO, PUT };
enum { STEPS = 255, PASS = 15, RATIOS = 2 * STEPS + 1 + PASS };
static const double RATE = 0.02, VOLATILITY = 0.30, YEARS = 1;

static const yki_array_spec arrays[] = {
    [PRICE] = {"price", YKI_INPUT, sizeof(float), 0},
    [STRIKE] = {"strike", YKI_INPUT, sizeof(float), 0},
    [RATIO] = {"ratio", YKI_INPUT, sizeof(float), RATIOS},
    [PUT] = {"put", YKI_OUTPUT, sizeof(float), 0},
};

/* 256 leaves of 3 operations, 255 * 256 / 2 nodes of 6. */
static void describe(size_t elements, yki_extent *out)
{
    double n = (double)elements;
    *out = (yki_extent){.elements = elements, .nx = elements, .ny = 1, .items = elements,
                        .launches = 1, .bytes = 12 * n,
                        .flops = n * (3 * (STEPS + 1) + 3 * STEPS * (STEPS + 1))};
    snprintf(out->shape, sizeof out->shape, "%zu, %d steps", elements, STEPS);
}

/* What a step up multiplies the price with: 1 / that is a step down. */
static double step_up(void) { return exp(VOLATILITY * sqrt(YEARS / STEPS)); }

/* Chance of a step up (down), by which the price grows at the rate on average. */
static float chance(bool up)
{
    double u = step_up(), p = (exp(RATE * YEARS / STEPS) - 1 / u) / (u - 1 / u);
    return (float)((up ? p : 1 - p) * exp(-RATE * YEARS / STEPS));
}

/* One year to run, prices round 100, strikes from far in to far out of the money. */
static void fill(yki_instance *in, uint64_t seed)
{
    float *price = in->array[PRICE].data, *strike = in->array[STRIKE].data;
    float *ratio = in->array[RATIO].data;
    for (size_t i = 0; i < in->extent.elements; i++) {
        price[i] = yki_random_float(&seed, 80, 120);
        strike[i] = yki_random_float(&seed, 60, 150);
    }
    for (int k = -STEPS; k <= STEPS + PASS; k++) ratio[STEPS + k] = (float)pow(step_up(), k);
}

static void serial(yki_instance *in)
{
    yki_array *a = in->array;
    binomial_serial(in->extent.nx, chance(true), chance(false), a[PRICE].data, a[STRIKE].data,
                    a[RATIO].data, a[PUT].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    yki_array *a = in->array;
    binomial_openmp(in->extent.nx, chance(true), chance(false), a[PRICE].data, a[STRIKE].data,
                    a[RATIO].data, a[PUT].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    const yki_array *a = in->array;
    (void)launch, (void)partial;
    binomial_serial(end - begin, chance(true), chance(false), (const float *)a[PRICE].data + begin,
                    (const float *)a[STRIKE].data + begin, a[RATIO].data,
                    (float *)a[PUT].data + begin);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    yki_array *a = in->array;
    size_t n = in->extent.nx;
    yk_status st = binomial_run_opts(engine, &o, yk_1d(n), a[PRICE].data, a[STRIKE].data,
                                     a[RATIO].data, a[PUT].data, chance(true), chance(false), n);
    if (report) yki_report_add(report, &one);
    return st;
}

static double scale(const yki_instance *in, size_t k)
{
    return (double)((const float *)in->array[STRIKE].data)[k];
}

/* In units of the strike, which no value exceeds, with u = 2^-24.  A step back rounds at
 * most three times what lies below 1 (two products, a sum): 3u, less where they contract.
 * What it computes from errs by e, and counts with up + down < 1: so errors add up to at
 * most 3u a step.  Exercising is worth 1 - s * ratio: the product errs by u, as it is below
 * 1 where that matters, the difference by u; and max adds nothing.  255 * 3u + 2u, on both
 * sides. */
static void check(const yki_instance *in, yki_verdict *out)
{
    out->tolerance = 2 * (3 * STEPS + 2) * 0x1p-24;
    yki_check_floats(in, PUT, scale, out);
}

const yki_workload yki_workload_binomial = {
    .name = "binomial",
    .about = "American puts on a lattice of 255 steps; a private array for each",
    .measure = "difference over the strike; at most 1534 roundings of 2^-24: three in each of "
               "255 steps and two in exercising, on both sides",
    .elements = {(size_t)1 << 11, (size_t)1 << 15, (size_t)1 << 19},
    .n_arrays = 4, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
