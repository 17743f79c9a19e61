/* ray: loops that end early, branches that part neighbours, reads by index.  See workload.h. */
#include "workload.h"

#include <stdio.h>

#include "serial.h"
#include "bound.h"
#include "ray.yk.h"

enum { BALL, IMAGE };
enum { BALLS = 40, BOUNCES = 4 };
static const float LIGHT[3] = {-6, 9, -3};

static const yki_array_spec arrays[] = {
    [BALL] = {"ball", YKI_INPUT, 8 * sizeof(float), BALLS},
    [IMAGE] = {"image", YKI_OUTPUT, 3 * sizeof(float), 0},
};

/* The screen is 1.6 wide. */
static float step(const yki_instance *in)
{
    return in->extent.nx ? 1.6f / (float)in->extent.nx : 1.6f;
}

static void describe(size_t elements, yki_extent *out)
{
    size_t nx, ny;
    yki_grid(elements, &nx, &ny);
    double points = (double)nx * (double)ny;
    *out = (yki_extent){.elements = nx * ny, .nx = nx, .ny = ny, .items = ny, .launches = 1,
                        .bytes = 12 * points, .flops = 2200 * points};
    snprintf(out->shape, sizeof out->shape, "%zu x %zu, %d balls", nx, ny, BALLS);
}

/* A large mirror amid a cloud of balls; one in three is dull. */
static void fill(yki_instance *in, uint64_t seed)
{
    float *ball = in->array[BALL].data;
    for (int k = 0; k < BALLS; k++, ball += 8) {
        ball[0] = yki_random_float(&seed, -4, 4);
        ball[1] = yki_random_float(&seed, -4, 4);
        ball[2] = yki_random_float(&seed, 4, 11);
        ball[3] = yki_random_float(&seed, 0.4f, 0.9f);
        for (int c = 4; c < 7; c++) ball[c] = yki_random_float(&seed, 0.2f, 1);
        ball[7] = k % 3 == 2 ? 0 : yki_random_float(&seed, 0.2f, 0.8f);
        if (k > 0) continue;
        ball[0] = ball[1] = 0;
        ball[2] = 6;
        ball[3] = 1.5f;
        ball[7] = 0.8f;
    }
}

static void serial(yki_instance *in)
{
    ray_serial(in->extent.nx, in->extent.ny, 0, in->extent.ny, step(in), in->array[BALL].data,
               BALLS, BOUNCES, LIGHT, in->array[IMAGE].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    ray_openmp(in->extent.nx, in->extent.ny, 0, in->extent.ny, step(in), in->array[BALL].data,
               BALLS, BOUNCES, LIGHT, in->array[IMAGE].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    (void)launch, (void)partial;
    ray_serial(in->extent.nx, in->extent.ny, begin, end, step(in), in->array[BALL].data, BALLS,
               BOUNCES, LIGHT, in->array[IMAGE].data);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t nx = in->extent.nx, ny = in->extent.ny;
    yk_status st = ray_run_opts(engine, &o, yk_2d(nx, ny), in->array[BALL].data,
                                in->array[IMAGE].data, BALLS, BOUNCES, LIGHT[0], LIGHT[1],
                                LIGHT[2], (uint32_t)nx, (uint32_t)ny, step(in));
    if (report) yki_report_add(report, &one);
    return st;
}

/* No pixel's bound is smaller: 16 roundings of the direction alone count 0.6 in the sky. */
static const double LEAST = 2 * 12 * 0x1p-24;

/* The error of a pixel in units of its bound (bound.h); 0 where a comparison was too close
 * to call.  That excuses no colour that there is not. */
static double pixel_error(const yki_instance *in, size_t pixel)
{
    const float *got = (const float *)in->array[IMAGE].data + 3 * pixel;
    const float *want = (const float *)in->array[IMAGE].expected + 3 * pixel;
    const scene s = {in->array[BALL].data, LIGHT, BALLS, BOUNCES};
    double worst = 0, nx = (double)in->extent.nx, ny = (double)in->extent.ny;
    for (int c = 0; c < 3; c++) {
        if (!(got[c] >= 0 && got[c] < 2)) return NAN;
        worst = yki_worse(worst, fabs((double)got[c] - (double)want[c]));
    }
    if (worst <= LEAST) return worst / LEAST;
    double px = (double)(pixel % in->extent.nx), py = (double)(pixel / in->extent.nx);
    pixel_bound b = bound_of(&s, (px - 0.5 * (nx - 1)) * (double)step(in),
                             (0.5 * (ny - 1) - py) * (double)step(in));
    return b.sure ? worst / (2 * b.error) : 0;
}

static void check(const yki_instance *in, yki_verdict *out)
{
    const float *got = in->array[IMAGE].data, *want = in->array[IMAGE].expected;
    out->tolerance = 1;
    for (size_t k = 0; k < in->extent.elements; k++) {
        double e = pixel_error(in, k);
        if (yki_worse(out->max_error, e) == out->max_error) continue;
        out->max_error = yki_worse(out->max_error, e);
        if (e <= out->tolerance) continue;
        snprintf(out->wrong, sizeof out->wrong,
                 "pixel (%zu, %zu) is (%.6g, %.6g, %.6g), serial has (%.6g, %.6g, %.6g)",
                 k % in->extent.nx, k / in->extent.nx, (double)got[3 * k],
                 (double)got[3 * k + 1], (double)got[3 * k + 2], (double)want[3 * k],
                 (double)want[3 * k + 1], (double)want[3 * k + 2]);
    }
}

const yki_workload yki_workload_ray = {
    .name = "ray",
    .about = "ray tracer: 40 balls, hard shadows, 3 reflections; divergent loops",
    .measure = "difference of a colour over what rounding explains for that pixel, followed "
               "along its ray in double; pixels where a comparison is too close to call may differ",
    .elements = {(size_t)1 << 15, (size_t)1 << 20, (size_t)1 << 23},
    .n_arrays = 2, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
