/* convolution3d: a stencil of 27 points in three dimensions.  See workload.h. */
#include "workload.h"

#include <math.h>
#include <stdio.h>

#include "convolution3d.yk.h"
#include "serial.h"

enum { VOLUME, WEIGHT, RESULT };
enum { TAPS = 27 };

static const yki_array_spec arrays[] = {
    [VOLUME] = {"volume", YKI_INPUT, sizeof(float), 0},
    [WEIGHT] = {"weight", YKI_INPUT, sizeof(float), TAPS},
    [RESULT] = {"result", YKI_STATE, sizeof(float), 0},
};

/* Points inside the border; 0 where the volume is all border. */
static size_t inside(size_t n) { return n > 2 ? n - 2 : 0; }

/* The largest near-cube of at most `elements` points. */
static void cube(size_t elements, size_t *nx, size_t *ny, size_t *nz)
{
    size_t root = (size_t)cbrt((double)elements);
    while (root > 0 && root > elements / root / root) root--;
    while (root + 1 <= elements / (root + 1) / (root + 1)) root++;
    *nx = root;
    yki_grid(root ? elements / root : 0, ny, nz);
}

static size_t depth(const yki_instance *in)
{
    const yki_extent *e = &in->extent;
    return e->elements ? e->elements / e->nx / e->ny : 0;
}

static void describe(size_t elements, yki_extent *out)
{
    size_t nx, ny, nz;
    cube(elements, &nx, &ny, &nz);
    double points = (double)inside(nx) * (double)inside(ny) * (double)inside(nz);
    *out = (yki_extent){.elements = nx * ny * nz, .nx = nx, .ny = ny, .items = inside(nz),
                        .launches = 1, .bytes = 8 * points, .flops = 2 * TAPS * points};
    snprintf(out->shape, sizeof out->shape, "%zu x %zu x %zu", nx, ny, nz);
}

static void fill(yki_instance *in, uint64_t seed)
{
    float *volume = in->array[VOLUME].data, *weight = in->array[WEIGHT].data;
    float *result = in->array[RESULT].data;
    for (size_t k = 0; k < in->extent.elements; k++) {
        volume[k] = yki_random_float(&seed, -1, 1);
        result[k] = 0;
    }
    for (size_t k = 0; k < TAPS; k++) weight[k] = yki_random_float(&seed, -1, 1);
}

static void serial(yki_instance *in)
{
    convolution3d_serial((int)in->extent.nx, (int)in->extent.ny, (int)depth(in),
                         in->array[VOLUME].data, in->array[WEIGHT].data, in->array[RESULT].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    convolution3d_openmp((int)in->extent.nx, (int)in->extent.ny, (int)depth(in),
                         in->array[VOLUME].data, in->array[WEIGHT].data, in->array[RESULT].data);
}
#endif

/* Item z of the items is plane z + 1; a part reads a plane more to either side. */
static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    size_t first = begin * in->extent.nx * in->extent.ny;
    (void)launch, (void)partial;
    convolution3d_serial((int)in->extent.nx, (int)in->extent.ny, (int)(end - begin + 2),
                         (const float *)in->array[VOLUME].data + first, in->array[WEIGHT].data,
                         (float *)in->array[RESULT].data + first);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t nx = in->extent.nx, ny = in->extent.ny, nz = depth(in);
    yk_status st = convolution3d_run_opts(engine, &o, yk_3d(nx, ny, nz), in->array[VOLUME].data,
                                          in->array[WEIGHT].data, in->array[RESULT].data, (int)nx,
                                          (int)ny, (int)nz);
    if (report) yki_report_add(report, &one);
    return st;
}

/* The size of all weights together: a bound of the sum of |weight * value|. */
static double scale(const yki_instance *in, size_t k)
{
    const float *weight = in->array[WEIGHT].data;
    double sum = 0;
    (void)k;
    for (size_t i = 0; i < TAPS; i++) sum += fabs((double)weight[i]);
    return sum;
}

/* A sum of 27 products: either side lies within 27u / (1 - 27u) of the exact one, u = 2^-24,
 * times the sum of their sizes, which is below that of the weights as values lie within
 * [-1, 1] (Higham, Accuracy and Stability, 3.1).  They differ by less than 2 * 28u. */
static void check(const yki_instance *in, yki_verdict *out)
{
    out->tolerance = 2 * (TAPS + 1) * 0x1p-24;
    yki_check_floats(in, RESULT, scale, out);
}

const yki_workload yki_workload_convolution3d = {
    .name = "convolution3d",
    .about = "3 x 3 x 3 weights over a volume; stencil",
    .measure = "difference over the sum of |weight|; at most 28 roundings of 2^-24 on either "
               "side",
    .elements = {(size_t)1 << 18, (size_t)1 << 24, (size_t)1 << 27},
    .n_arrays = 3, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
