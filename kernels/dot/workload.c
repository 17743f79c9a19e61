/* dot: a reproducible sum of products, bound by memory bandwidth.  See workload.h. */
#include "workload.h"

#include <stdio.h>

#include "serial.h"
#include "dot.yk.h"

enum { SUM, X, Y };

static const yki_array_spec arrays[] = {
    [SUM] = {"sum", YKI_STATE, sizeof(float), 1},
    [X] = {"x", YKI_INPUT, sizeof(float), 0},
    [Y] = {"y", YKI_INPUT, sizeof(float), 0},
};

static void describe(size_t elements, yki_extent *out)
{
    *out = (yki_extent){.elements = elements, .nx = elements, .ny = 1, .items = elements,
                        .launches = 1, .bytes = 8.0 * (double)elements,
                        .flops = 2.0 * (double)elements};
    snprintf(out->shape, sizeof out->shape, "%zu", elements);
}

/* All positive: then a lost or doubled item is larger than the tolerance. */
static void fill(yki_instance *in, uint64_t seed)
{
    float *x = in->array[X].data, *y = in->array[Y].data;
    *(float *)in->array[SUM].data = 0;
    for (size_t i = 0; i < in->extent.elements; i++) {
        x[i] = yki_random_float(&seed, 0.5f, 1.5f);
        y[i] = yki_random_float(&seed, 0.5f, 1.5f);
    }
}

static void serial(yki_instance *in)
{
    float *sum = in->array[SUM].data;
    *sum += dot_serial(in->extent.nx, in->array[X].data, in->array[Y].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    float *sum = in->array[SUM].data;
    *sum += dot_openmp(in->extent.nx, in->array[X].data, in->array[Y].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    const float *x = in->array[X].data, *y = in->array[Y].data;
    double *sum = partial;
    (void)launch;
    *sum += (double)dot_serial(end - begin, x + begin, y + begin);
}

static void combine(yki_instance *in, const void *partial)
{
    float *sum = in->array[SUM].data;
    *sum = (float)((double)*sum + *(const double *)partial);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t n = in->extent.nx;
    yk_status st = dot_run_opts(engine, &o, yk_1d(n), in->array[X].data, in->array[Y].data,
                                in->array[SUM].data, n);
    if (report) yki_report_add(report, &one);
    return st;
}

static double scale(const yki_instance *in, size_t k)
{
    double want = (double)((const float *)in->array[SUM].expected)[k];
    return want > 0 ? want : 1;
}

/* Each addition that a product passes through can err by u = 2^-24 of the (positive)
 * sum: 8192/64 in its lane, 6 where lanes combine, log2 of the blocks where those do,
 * one into the result; and one for the product, one for serial's last rounding. */
static void check(const yki_instance *in, yki_verdict *out)
{
    unsigned roundings = 8192 / 64 + 6 + 3;
    for (size_t blocks = in->extent.nx / 8192 + 1; blocks > 1; blocks -= blocks / 2) roundings++;
    out->tolerance = roundings * 0x1p-24;
    yki_check_floats(in, SUM, scale, out);
}

const yki_workload yki_workload_dot = {
    .name = "dot",
    .about = "sum of x[i]*y[i], reproducible; memory bandwidth",
    .measure = "relative difference from serial's sum in double; at most one rounding of 2^-24 "
               "for each addition between a product and the result",
    .elements = {(size_t)1 << 18, (size_t)1 << 24, (size_t)1 << 26},
    .n_arrays = 3, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part,
    .partial_bytes = sizeof(double), .combine = combine, .yoke = yoke, .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
