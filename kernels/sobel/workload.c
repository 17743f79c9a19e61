/* sobel: edges of a grey image in whole numbers; a stencil of bytes.  See workload.h. */
#include "workload.h"

#include <stdio.h>

#include "serial.h"
#include "sobel.yk.h"

enum { GREY, EDGES };

static const yki_array_spec arrays[] = {
    [GREY] = {"grey", YKI_INPUT, sizeof(uint8_t), 0},
    [EDGES] = {"edges", YKI_OUTPUT, sizeof(uint16_t), 0},
};

static void describe(size_t elements, yki_extent *out)
{
    size_t nx, ny;
    yki_grid(elements, &nx, &ny);
    double pixels = (double)nx * (double)ny;
    *out = (yki_extent){.elements = nx * ny, .nx = nx, .ny = ny, .items = ny, .launches = 1,
                        .bytes = 3 * pixels, .flops = 19 * pixels};
    snprintf(out->shape, sizeof out->shape, "%zu x %zu", nx, ny);
}

/* Slopes with grain, broken by lines; levels span less than 90, see check. */
static void fill(yki_instance *in, uint64_t seed)
{
    uint8_t *grey = in->array[GREY].data;
    for (size_t y = 0; y < in->extent.ny; y++) {
        for (size_t x = 0; x < in->extent.nx; x++) {
            uint64_t r = yki_random(&seed);
            size_t level = 80 + (x + 2 * y) / 8 % 40 + (x / 37 + y / 41) % 2 * 33 + (r & 15);
            grey[y * in->extent.nx + x] = (uint8_t)level;
        }
    }
}

static void serial(yki_instance *in)
{
    int nx = (int)in->extent.nx, ny = (int)in->extent.ny;
    sobel_serial(nx, ny, 0, ny, in->array[GREY].data, in->array[EDGES].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    int nx = (int)in->extent.nx, ny = (int)in->extent.ny;
    sobel_openmp(nx, ny, 0, ny, in->array[GREY].data, in->array[EDGES].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    (void)launch, (void)partial;
    sobel_serial((int)in->extent.nx, (int)in->extent.ny, (int)begin, (int)end,
                 in->array[GREY].data, in->array[EDGES].data);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t nx = in->extent.nx, ny = in->extent.ny;
    yk_status st = sobel_run_opts(engine, &o, yk_2d(nx, ny), in->array[GREY].data,
                                  in->array[EDGES].data, (int)nx, (int)ny);
    if (report) yki_report_add(report, &one);
    return st;
}

/* Exact.  Levels differ by less than 90, so both gradients lie within 360 and their sum of
 * squares m, a whole number that a float holds, has a root below 510.  Roots may be off by
 * 3 ulp on a device (OpenCL 7.4): by 3 * 2^-15; adding 0.5 is exact there.  That changes no
 * rounding, as (n + 0.5)^2 = n^2 + n + 1/4 is at least 1/4 away from any m, and the root
 * hence at least 1/4 / (2 * 510 + 1), 8 * 2^-15, from n + 0.5. */
static void check(const yki_instance *in, yki_verdict *out)
{
    const uint16_t *got = in->array[EDGES].data, *want = in->array[EDGES].expected;
    for (size_t k = in->extent.elements; k-- > 0;) {
        if (got[k] == want[k]) continue;
        double e = got[k] > want[k] ? got[k] - want[k] : want[k] - got[k];
        out->max_error = yki_worse(out->max_error, e);
        snprintf(out->wrong, sizeof out->wrong,
                 "edges[%zu] is %u, serial has %u (exact match required)", k, got[k], want[k]);
    }
}

const yki_workload yki_workload_sobel = {
    .name = "sobel",
    .about = "edges of a grey image; stencil of bytes",
    .measure = "difference of a pixel; none is allowed, as no root is near enough to where "
               "rounding changes",
    .elements = {(size_t)1 << 18, (size_t)1 << 23, (size_t)1 << 27},
    .n_arrays = 2, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
