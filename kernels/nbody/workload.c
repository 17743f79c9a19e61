/* nbody: all pairs, bound by arithmetic; every item reads all positions.  See workload.h. */
#include "workload.h"

#include <math.h>
#include <stdio.h>

#include "serial.h"
#include "nbody.yk.h"

enum { X, Y, Z, MASS, VX, VY, VZ, NX, NY, NZ };
static const float DT = 0.01f, SOFT = 1e-3f;

static const yki_array_spec arrays[] = {
    [X] = {"x", YKI_INPUT, sizeof(float), 0},     [Y] = {"y", YKI_INPUT, sizeof(float), 0},
    [Z] = {"z", YKI_INPUT, sizeof(float), 0},     [MASS] = {"mass", YKI_INPUT, sizeof(float), 0},
    [VX] = {"vx", YKI_STATE, sizeof(float), 0},   [VY] = {"vy", YKI_STATE, sizeof(float), 0},
    [VZ] = {"vz", YKI_STATE, sizeof(float), 0},   [NX] = {"nx", YKI_OUTPUT, sizeof(float), 0},
    [NY] = {"ny", YKI_OUTPUT, sizeof(float), 0},  [NZ] = {"nz", YKI_OUTPUT, sizeof(float), 0},
};

static void describe(size_t elements, yki_extent *out)
{
    double n = (double)elements;
    *out = (yki_extent){.elements = elements, .nx = elements, .ny = 1, .items = elements,
                        .launches = 1, .bytes = 52 * n, .flops = n * (20 * n + 12)};
    snprintf(out->shape, sizeof out->shape, "%zu", elements);
}

/* Bodies all over a unit cube, about 1 of mass in all. */
static void fill(yki_instance *in, uint64_t seed)
{
    float mass = 2.0f / (float)(in->extent.elements + 1);
    for (size_t i = 0; i < in->extent.elements; i++) {
        for (int k = X; k <= Z; k++)
            ((float *)in->array[k].data)[i] = yki_random_float(&seed, 0, 1);
        ((float *)in->array[MASS].data)[i] = yki_random_float(&seed, 0, mass);
        for (int k = VX; k <= VZ; k++)
            ((float *)in->array[k].data)[i] = yki_random_float(&seed, -0.1f, 0.1f);
    }
}

static void serial(yki_instance *in)
{
    yki_array *a = in->array;
    size_t n = in->extent.nx;
    nbody_serial(0, n, n, DT, SOFT, a[X].data, a[Y].data, a[Z].data, a[MASS].data, a[VX].data,
                 a[VY].data, a[VZ].data, a[NX].data, a[NY].data, a[NZ].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    yki_array *a = in->array;
    size_t n = in->extent.nx;
    nbody_openmp(0, n, n, DT, SOFT, a[X].data, a[Y].data, a[Z].data, a[MASS].data, a[VX].data,
                 a[VY].data, a[VZ].data, a[NX].data, a[NY].data, a[NZ].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    const yki_array *a = in->array;
    (void)launch, (void)partial;
    nbody_serial(begin, end, in->extent.nx, DT, SOFT, a[X].data, a[Y].data, a[Z].data,
                 a[MASS].data, a[VX].data, a[VY].data, a[VZ].data, a[NX].data, a[NY].data,
                 a[NZ].data);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    yki_array *a = in->array;
    size_t n = in->extent.nx;
    yk_status st = nbody_run_opts(engine, &o, yk_1d(n), a[X].data, a[Y].data, a[Z].data,
                                  a[MASS].data, a[VX].data, a[VY].data, a[VZ].data, a[NX].data,
                                  a[NY].data, a[NZ].data, DT, SOFT, n);
    if (report) yki_report_add(report, &one);
    return st;
}

/* The sum over all bodies j of the size of j's pull on body i. */
static double pull(const yki_instance *in, size_t i)
{
    const float *x = in->array[X].data, *y = in->array[Y].data, *z = in->array[Z].data;
    const float *mass = in->array[MASS].data;
    double sum = 0;
    for (size_t j = 0; j < in->extent.nx; j++) {
        double dx = (double)(x[j] - x[i]), dy = (double)(y[j] - y[i]);
        double dz = (double)(z[j] - z[i]), r2 = dx * dx + dy * dy + dz * dz;
        sum += (double)mass[j] * sqrt(r2) / pow(r2 + (double)SOFT, 1.5);
    }
    return sum;
}

/* The smallest pull on a sample of the bodies: a scale on the safe side for all others
 * but a few at the corners of the cube, which the factor of a half allows for. */
static double smallest_pull(const yki_instance *in)
{
    double least = INFINITY;
    size_t n = in->extent.nx, stride = n / 16 + 1;
    for (size_t i = 0; i < n; i += stride) least = fmin(least, pull(in, i));
    return n > 1 ? 0.5 * least : 1;
}

/* A velocity errs by its own rounding, and by DT times the error of the acceleration. */
static double worst_of(const yki_instance *in, size_t k, double pulled, yki_verdict *out)
{
    const float *got = in->array[k].data, *want = in->array[k].expected;
    double worst = 0;
    for (size_t i = 0; i < in->extent.nx; i++) {
        double scale = fabs((double)want[i]) + (double)DT * pulled;
        double e = yki_difference((double)got[i], (double)want[i], scale);
        if (!(e > worst) && !isnan(e)) continue;
        worst = e;
        if (!(e <= out->tolerance))
            snprintf(out->wrong, sizeof out->wrong,
                     "%s[%zu] is %.9g, serial has %.9g (error %.2g, at most %.2g)",
                     arrays[k].name, i, (double)got[i], (double)want[i], e, out->tolerance);
        if (isnan(e)) return e;
    }
    return worst;
}

/* Both sides add n terms in the same order but round differently.  The bound for certain,
 * n u, would hide mistakes; roundings of n additions behave like independent ones, whose
 * sum exceeds lambda sqrt(n) u times the sum of sizes with probability 2 exp(-lambda^2/2)
 * (Higham and Mary, SIAM J. Sci. Comput. 41, 2019): lambda = 6 makes that 3e-8.  A term
 * itself errs by 16u (rsqrt 2 ulp = 4u, cubed 12u; the rest 4u), on both sides. */
static void check(const yki_instance *in, yki_verdict *out)
{
    out->tolerance = (2 * 6 * sqrt((double)in->extent.nx) + 32 + 4) * 0x1p-24;
    double pulled = smallest_pull(in);
    for (size_t k = VX; k <= NZ; k++)
        out->max_error = yki_worse(out->max_error, worst_of(in, k, pulled, out));
}

const yki_workload yki_workload_nbody = {
    .name = "nbody",
    .about = "one step of n bodies, all pairs; arithmetic",
    .measure = "difference over |v| + dt * sum of all pulls; at most (12 sqrt(n) + 36) roundings "
               "of 2^-24, as n terms are added and each builtin may err by 2 ulp",
    .elements = {2048, 8192, 32768},
    .n_arrays = 10, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
