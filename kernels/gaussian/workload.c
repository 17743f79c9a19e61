/* gaussian: a blur with 961 weights, bound by arithmetic.  See workload.h. */
#include "workload.h"

#include <math.h>
#include <stdio.h>

#include "gaussian.yk.h"
#include "serial.h"

enum { IMAGE, WEIGHT, BLURRED };
enum { RADIUS = 15, SIDE = 2 * RADIUS + 1, TAPS = SIDE * SIDE };
static const double SIGMA = 5;

static const yki_array_spec arrays[] = {
    [IMAGE] = {"image", YKI_INPUT, sizeof(float), 0},
    [WEIGHT] = {"weight", YKI_INPUT, sizeof(float), TAPS},
    [BLURRED] = {"blurred", YKI_OUTPUT, sizeof(float), 0},
};

static void describe(size_t elements, yki_extent *out)
{
    size_t nx, ny;
    yki_grid(elements, &nx, &ny);
    double pixels = (double)nx * (double)ny;
    *out = (yki_extent){.elements = nx * ny, .nx = nx, .ny = ny, .items = ny, .launches = 1,
                        .bytes = 8 * pixels, .flops = 2.0 * TAPS * pixels};
    snprintf(out->shape, sizeof out->shape, "%zu x %zu, %d x %d weights", nx, ny, (int)SIDE,
             (int)SIDE);
}

/* The bell, cut off at three sigma; the weights' sum is 1. */
static void fill_weights(float *weight)
{
    double line[SIDE], sum = 0;
    for (int i = 0; i < SIDE; i++) {
        line[i] = exp(-0.5 * (i - RADIUS) * (i - RADIUS) / (SIGMA * SIGMA));
        sum += line[i];
    }
    for (int j = 0; j < SIDE; j++)
        for (int i = 0; i < SIDE; i++)
            weight[j * SIDE + i] = (float)(line[j] / sum * (line[i] / sum));
}

static void fill(yki_instance *in, uint64_t seed)
{
    float *image = in->array[IMAGE].data;
    for (size_t k = 0; k < in->extent.elements; k++) image[k] = yki_random_float(&seed, 0, 1);
    fill_weights(in->array[WEIGHT].data);
}

static void serial(yki_instance *in)
{
    int nx = (int)in->extent.nx, ny = (int)in->extent.ny;
    gaussian_serial(nx, ny, 0, ny, in->array[IMAGE].data, in->array[WEIGHT].data,
                    in->array[BLURRED].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    int nx = (int)in->extent.nx, ny = (int)in->extent.ny;
    gaussian_openmp(nx, ny, 0, ny, in->array[IMAGE].data, in->array[WEIGHT].data,
                    in->array[BLURRED].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    (void)launch, (void)partial;
    gaussian_serial((int)in->extent.nx, (int)in->extent.ny, (int)begin, (int)end,
                    in->array[IMAGE].data, in->array[WEIGHT].data, in->array[BLURRED].data);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t nx = in->extent.nx, ny = in->extent.ny;
    yk_status st = gaussian_run_opts(engine, &o, yk_2d(nx, ny), in->array[IMAGE].data,
                                     in->array[WEIGHT].data, in->array[BLURRED].data, (int)nx,
                                     (int)ny);
    if (report) yki_report_add(report, &one);
    return st;
}

/* No term is negative, so the pixel itself bounds the sum of all of them. */
static double scale(const yki_instance *in, size_t k)
{
    double pixel = (double)((const float *)in->array[BLURRED].expected)[k];
    return pixel > 0 ? pixel : 1;
}

/* A sum of 961 products that are not negative, in any order: each product is rounded
 * once and goes through at most 960 additions, so both sides lie within 961u / (1 - 961u)
 * of the exact sum, u = 2^-24, relative to it (Higham, Accuracy and Stability, 3.1): they
 * differ by less than 2 * 962u of what serial has. */
static void check(const yki_instance *in, yki_verdict *out)
{
    out->tolerance = 2 * (TAPS + 1) * 0x1p-24;
    yki_check_floats(in, BLURRED, scale, out);
}

const yki_workload yki_workload_gaussian = {
    .name = "gaussian",
    .about = "Gaussian blur with 31 x 31 weights; arithmetic",
    .measure = "difference over the pixel; at most 962 roundings of 2^-24 on either side, "
               "as all terms are positive",
    .elements = {(size_t)1 << 13, (size_t)1 << 17, (size_t)1 << 22},
    .n_arrays = 3, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
