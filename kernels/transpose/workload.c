/* transpose: rows become columns; nothing but memory traffic, across the grain.  See
 * workload.h. */
#include "workload.h"

#include <stdio.h>

#include "serial.h"
#include "transpose.yk.h"

enum { IN, OUT };

static const yki_array_spec arrays[] = {
    [IN] = {"in", YKI_INPUT, sizeof(float), 0},
    [OUT] = {"out", YKI_OUTPUT, sizeof(float), 0},
};

static void describe(size_t elements, yki_extent *out)
{
    size_t nx, ny;
    yki_grid(elements, &nx, &ny);
    *out = (yki_extent){.elements = nx * ny, .nx = nx, .ny = ny, .items = ny, .launches = 1,
                        .bytes = 8 * (double)nx * (double)ny};
    snprintf(out->shape, sizeof out->shape, "%zu x %zu", nx, ny);
}

static void fill(yki_instance *in, uint64_t seed)
{
    float *p = in->array[IN].data;
    for (size_t k = 0; k < in->extent.elements; k++) p[k] = yki_random_float(&seed, -1, 1);
}

static void serial(yki_instance *in)
{
    size_t nx = in->extent.nx, ny = in->extent.ny;
    transpose_serial(nx, ny, 0, ny, in->array[IN].data, in->array[OUT].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    size_t nx = in->extent.nx, ny = in->extent.ny;
    transpose_openmp(nx, ny, 0, ny, in->array[IN].data, in->array[OUT].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    (void)launch, (void)partial;
    transpose_serial(in->extent.nx, in->extent.ny, begin, end, in->array[IN].data,
                     in->array[OUT].data);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t nx = in->extent.nx, ny = in->extent.ny;
    yk_status st = transpose_run_opts(engine, &o, yk_2d(nx, ny), in->array[IN].data,
                                      in->array[OUT].data, (unsigned)nx, (unsigned)ny);
    if (report) yki_report_add(report, &one);
    return st;
}

static double one(const yki_instance *in, size_t k)
{
    (void)in;
    (void)k;
    return 1;
}

/* Values are moved, not computed: the same. */
static void check(const yki_instance *in, yki_verdict *out)
{
    out->tolerance = 0;
    yki_check_floats(in, OUT, one, out);
}

const yki_workload yki_workload_transpose = {
    .name = "transpose",
    .about = "rows of a matrix become columns; memory",
    .measure = "difference of an element; none is allowed, as nothing is computed",
    .elements = {(size_t)1 << 18, (size_t)1 << 24, (size_t)1 << 26},
    .n_arrays = 2, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
