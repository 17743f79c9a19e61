/* mandelbrot: a loop whose length differs from pixel to pixel.  See workload.h. */
#include "workload.h"

#include <stdio.h>

#include "serial.h"
#include "mandelbrot.yk.h"

enum { COUNT };
static const float LEFT = -2.2f, TOP = 1.5f, WIDTH = 3.0f;
static const int LIMIT = 256;

static const yki_array_spec arrays[] = {
    [COUNT] = {"count", YKI_OUTPUT, sizeof(int), 0},
};

static float step(const yki_instance *in)
{
    return in->extent.nx ? WIDTH / (float)in->extent.nx : WIDTH;
}

/* Of this picture's points 17 % never escape, the others after 5 iterations on average:
 * 47 iterations of 10 operations each. */
static void describe(size_t elements, yki_extent *out)
{
    size_t nx, ny;
    yki_grid(elements, &nx, &ny);
    double points = (double)nx * (double)ny;
    *out = (yki_extent){.elements = nx * ny, .nx = nx, .ny = ny, .items = ny, .launches = 1,
                        .bytes = 4 * points, .flops = 470 * points};
    snprintf(out->shape, sizeof out->shape, "%zu x %zu", nx, ny);
}

/* Nothing is read: the picture is the input. */
static void fill(yki_instance *in, uint64_t seed)
{
    (void)in;
    (void)seed;
}

static void serial(yki_instance *in)
{
    mandelbrot_serial(in->extent.nx, 0, in->extent.ny, LEFT, TOP, step(in), LIMIT,
                      in->array[COUNT].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    mandelbrot_openmp(in->extent.nx, 0, in->extent.ny, LEFT, TOP, step(in), LIMIT,
                      in->array[COUNT].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    (void)launch, (void)partial;
    mandelbrot_serial(in->extent.nx, begin, end, LEFT, TOP, step(in), LIMIT,
                      in->array[COUNT].data);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t nx = in->extent.nx, ny = in->extent.ny;
    yk_status st = mandelbrot_run_opts(engine, &o, yk_2d(nx, ny), in->array[COUNT].data,
                                       (uint32_t)nx, (uint32_t)ny, LEFT, TOP, step(in), LIMIT);
    if (report) yki_report_add(report, &one);
    return st;
}

/* Exact: without contraction, every operation here is rounded the same way everywhere.
 * Devices that flush denormals lose nothing, as those are only ever added to cx or cy. */
static void check(const yki_instance *in, yki_verdict *out)
{
    const int *got = in->array[COUNT].data, *want = in->array[COUNT].expected;
    size_t differ = 0, first = 0;
    for (size_t k = 0; k < in->extent.elements; k++)
        if (got[k] != want[k] && differ++ == 0) first = k;
    out->max_error = (double)differ;
    if (!differ) return;
    snprintf(out->wrong, sizeof out->wrong,
             "%zu of %zu pixels differ; pixel (%zu, %zu) has %d, serial has %d "
             "(exact match required)", differ, in->extent.elements, first % in->extent.nx,
             first / in->extent.nx, got[first], want[first]);
}

const yki_workload yki_workload_mandelbrot = {
    .name = "mandelbrot",
    .about = "iterations until a point escapes; divergent loops",
    .measure = "pixels that differ; none may, as contraction is off on both sides",
    .elements = {(size_t)1 << 16, (size_t)1 << 20, (size_t)1 << 24},
    .n_arrays = 1, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
