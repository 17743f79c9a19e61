/* matmul: C = A * B in single precision; arithmetic, if B is made good use of.  See
 * workload.h. */
#include "workload.h"

#include <math.h>
#include <stdio.h>

#include "base/base.h"
#include "by_hand.h"
#include "serial.h"
#include "matmul.yk.h"

enum { A, B, C };

static const yki_array_spec arrays[] = {
    [A] = {"a", YKI_INPUT, sizeof(float), 0},
    [B] = {"b", YKI_INPUT, sizeof(float), 0},
    [C] = {"c", YKI_OUTPUT, sizeof(float), 0},
};

/* As long as SIZE_MAX where it overflows, which nobody can allocate. */
static size_t product(size_t a, size_t b)
{
    size_t result;
    return yki_mul(a, b, &result) ? result : SIZE_MAX;
}

/* C is a near-square grid.  The elements that it leaves over lengthen the sums, so that
 * odd numbers of elements are products of three different lengths. */
static void describe(size_t elements, yki_extent *out)
{
    size_t n, m;
    yki_grid(elements, &n, &m);
    size_t k = n + (elements - n * m);
    double terms = (double)m * (double)n * (double)k;
    *out = (yki_extent){.elements = n * m, .nx = n, .ny = m, .nz = k, .items = m, .launches = 1,
                        .count = {[A] = product(m, k), [B] = product(k, n)},
                        .flops = 2 * terms};
    out->bytes = 4 * ((double)out->count[A] + (double)out->count[B] + (double)out->elements);
    snprintf(out->shape, sizeof out->shape, "%zu x %zu x %zu", m, n, k);
}

static void fill(yki_instance *in, uint64_t seed)
{
    for (size_t array = A; array <= B; array++) {
        float *p = in->array[array].data;
        for (size_t i = 0; i < in->extent.count[array]; i++)
            p[i] = yki_random_float(&seed, -1, 1);
    }
}

static void serial(yki_instance *in)
{
    matmul_serial(in->extent.ny, in->extent.nx, in->extent.nz, in->array[A].data,
                  in->array[B].data, in->array[C].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    matmul_openmp(in->extent.ny, in->extent.nx, in->extent.nz, in->array[A].data,
                  in->array[B].data, in->array[C].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    size_t n = in->extent.nx, k = in->extent.nz;
    (void)launch, (void)partial;
    matmul_serial(end - begin, n, k, (const float *)in->array[A].data + begin * k,
                  in->array[B].data, (float *)in->array[C].data + begin * n);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t m = in->extent.ny, n = in->extent.nx, k = in->extent.nz;
    struct matmul_args args = {.a = in->array[A].data, .b = in->array[B].data,
                               .c = in->array[C].data, .m = m, .n = n, .k = k};
    yk_range range = yk_2d(n, m);
    matmul_enter();
    yk_status st = yk_launch(engine, matmul_by_hand(), &range, &args, &o);
    matmul_leave();
    if (report) yki_report_add(report, &one);
    return st;
}

/* ---- checking ---- */

/* The largest 2-norm of a row of A. */
static double largest_row(const yki_instance *in)
{
    const float *a = in->array[A].data;
    double most = 0;
    for (size_t i = 0; i < in->extent.ny; i++) {
        double sum = 0;
        for (size_t p = 0; p < in->extent.nz; p++, a++) sum += (double)*a * (double)*a;
        most = fmax(most, sum);
    }
    return sqrt(most);
}

/* The largest 2-norm of a column of B, a few columns at a time. */
static double largest_column(const yki_instance *in)
{
    enum { AT_ONCE = 64 };
    const float *b = in->array[B].data;
    size_t n = in->extent.nx;
    double most = 0;
    for (size_t j0 = 0; j0 < n; j0 += AT_ONCE) {
        double sum[AT_ONCE] = {0};
        size_t columns = yki_min(n - j0, AT_ONCE);
        for (size_t p = 0; p < in->extent.nz; p++)
            for (size_t j = 0; j < columns; j++) {
                double x = (double)b[p * n + j0 + j];
                sum[j] += x * x;
            }
        for (size_t j = 0; j < columns; j++) most = fmax(most, sum[j]);
    }
    return sqrt(most);
}

static double one(const yki_instance *in, size_t element)
{
    (void)in;
    (void)element;
    return 1;
}

/* Everyone adds the same k products in an order of his own.  Whatever the order, a product
 * goes through at most k roundings, which behave like independent ones: their sum exceeds
 * lambda sqrt(k) u times the sum of the products' sizes with probability
 * 2 exp(-lambda^2/2) (Higham and Mary, SIAM J. Sci. Comput. 41, 2019); lambda = 6 makes
 * that 3e-8.  That sum is at most |row of A| |column of B| (Cauchy and Schwarz).  Twice
 * that, since serial C rounds as well. */
static void check(const yki_instance *in, yki_verdict *out)
{
    double sizes = largest_row(in) * largest_column(in);
    out->tolerance = 2 * 6 * sqrt((double)in->extent.nz) * 0x1p-24 * sizes;
    yki_check_floats(in, C, one, out);
}

const yki_workload yki_workload_matmul = {
    .name = "matmul",
    .about = "C = A * B of floats; OpenBLAS if installed, a tiled program on devices",
    .measure = "difference of an element; at most 12 sqrt(k) roundings of 2^-24 of |row of A| "
               "|column of B|, as k products are added in different orders",
    .elements = {(size_t)1 << 18, (size_t)1 << 20, (size_t)1 << 24},
    .n_arrays = 3, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
