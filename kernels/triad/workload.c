/* triad: a = b + s*c, bound by memory bandwidth.  See workload.h. */
#include "workload.h"

#include <stdio.h>

#include "serial.h"
#include "triad.yk.h"

enum { A, B, C };
static const float S = 0.4f;

static const yki_array_spec arrays[] = {
    [A] = {"a", YKI_OUTPUT, sizeof(float), 0},
    [B] = {"b", YKI_INPUT, sizeof(float), 0},
    [C] = {"c", YKI_INPUT, sizeof(float), 0},
};

static void describe(size_t elements, yki_extent *out)
{
    *out = (yki_extent){.elements = elements, .nx = elements, .ny = 1, .items = elements,
                        .launches = 1, .bytes = 12.0 * (double)elements,
                        .flops = 2.0 * (double)elements};
    snprintf(out->shape, sizeof out->shape, "%zu", elements);
}

static void fill(yki_instance *in, uint64_t seed)
{
    float *b = in->array[B].data, *c = in->array[C].data;
    for (size_t i = 0; i < in->extent.elements; i++) {
        b[i] = yki_random_float(&seed, -1, 1);
        c[i] = yki_random_float(&seed, -1, 1);
    }
}

static void serial(yki_instance *in)
{
    triad_serial(in->extent.nx, S, in->array[B].data, in->array[C].data, in->array[A].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    triad_openmp(in->extent.nx, S, in->array[B].data, in->array[C].data, in->array[A].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    const float *b = in->array[B].data, *c = in->array[C].data;
    float *a = in->array[A].data;
    (void)launch, (void)partial;
    triad_serial(end - begin, S, b + begin, c + begin, a + begin);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t n = in->extent.nx;
    yk_status st = triad_run_opts(engine, &o, yk_1d(n), in->array[B].data, in->array[C].data,
                                  in->array[A].data, S, n);
    if (report) yki_report_add(report, &one);
    return st;
}

/* Both results lie within u(|b| + 2|s*c|) of b + s*c (u = 2^-24: one rounding with a
 * fused multiply-add, two without), so they differ by less than 4u(|b| + |s*c|). */
static double scale(const yki_instance *in, size_t k)
{
    const float *b = in->array[B].data, *c = in->array[C].data;
    double sum = (b[k] < 0 ? -b[k] : b[k]) + (c[k] < 0 ? -c[k] : c[k]) * S;
    return sum > 0 ? sum : 1;
}

static void check(const yki_instance *in, yki_verdict *out)
{
    out->tolerance = 0x4p-24;
    yki_check_floats(in, A, scale, out);
}

const yki_workload yki_workload_triad = {
    .name = "triad",
    .about = "a[i] = b[i] + s*c[i]; memory bandwidth",
    .measure = "difference over |b| + |s*c|; at most 4 roundings of 2^-24, as one side may "
               "fuse the multiplication with the addition",
    .elements = {(size_t)1 << 18, (size_t)1 << 24, (size_t)1 << 26},
    .n_arrays = 3, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
