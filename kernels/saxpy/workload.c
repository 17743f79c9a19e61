/* saxpy: y = a*x + y in double, in place; bound by memory bandwidth.  See workload.h. */
#include "workload.h"

#include <math.h>
#include <stdio.h>

#include "saxpy.yk.h"
#include "serial.h"

enum { X, Y };
static const double A = 0.7;

static const yki_array_spec arrays[] = {
    [X] = {"x", YKI_INPUT, sizeof(double), 0},
    [Y] = {"y", YKI_STATE, sizeof(double), 0},
};

static void describe(size_t elements, yki_extent *out)
{
    *out = (yki_extent){.elements = elements, .nx = elements, .ny = 1, .items = elements,
                        .launches = 1, .bytes = 24.0 * (double)elements,
                        .flops = 2.0 * (double)elements};
    snprintf(out->shape, sizeof out->shape, "%zu", elements);
}

static double random_double(uint64_t *seed)
{
    return (double)(yki_random(seed) >> 11) * 0x1p-52 - 1;
}

static void fill(yki_instance *in, uint64_t seed)
{
    double *x = in->array[X].data, *y = in->array[Y].data;
    for (size_t i = 0; i < in->extent.elements; i++) {
        x[i] = random_double(&seed);
        y[i] = random_double(&seed);
    }
}

static void serial(yki_instance *in)
{
    saxpy_serial(in->extent.nx, A, in->array[X].data, in->array[Y].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    saxpy_openmp(in->extent.nx, A, in->array[X].data, in->array[Y].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    (void)launch, (void)partial;
    saxpy_serial(end - begin, A, (const double *)in->array[X].data + begin,
                 (double *)in->array[Y].data + begin);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t n = in->extent.nx;
    yk_status st = daxpy_run_opts(engine, &o, yk_1d(n), in->array[X].data, in->array[Y].data, A,
                                  n);
    if (report) yki_report_add(report, &one);
    return st;
}

/* Element k against serial's, in units of |a*x| + |y|. */
static double difference(const yki_instance *in, size_t k)
{
    const double *x = in->array[X].data, *y = in->array[Y].initial;
    double size = fabs(A * x[k]) + fabs(y[k]);
    return yki_difference(((const double *)in->array[Y].data)[k],
                          ((const double *)in->array[Y].expected)[k], size > 0 ? size : 1);
}

/* Both results lie within u(|y| + 2|a*x|) of a*x + y (u = 2^-53: one rounding with a fused
 * multiply-add, two without), so they differ by less than 4u(|a*x| + |y|). */
static void check(const yki_instance *in, yki_verdict *out)
{
    const double *got = in->array[Y].data, *want = in->array[Y].expected;
    out->tolerance = 0x4p-53;
    for (size_t k = in->extent.elements; k-- > 0;) {
        double e = difference(in, k);
        out->max_error = yki_worse(out->max_error, e);
        if (e <= out->tolerance) continue;
        snprintf(out->wrong, sizeof out->wrong,
                 "y[%zu] is %.17g, serial has %.17g (error %.2g, at most %.2g)", k, got[k],
                 want[k], e, out->tolerance);
    }
}

const yki_workload yki_workload_saxpy = {
    .name = "saxpy",
    .about = "y[i] = a*x[i] + y[i] in double; memory bandwidth",
    .measure = "difference over |a*x| + |y|; at most 4 roundings of 2^-53, as one side may "
               "fuse the multiplication with the addition",
    .elements = {(size_t)1 << 17, (size_t)1 << 23, (size_t)1 << 26},
    .n_arrays = 2, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
