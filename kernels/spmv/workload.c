/* spmv: rows of varying length, indirect reads; bound by memory.  See workload.h. */
#include "workload.h"

#include <math.h>
#include <stdio.h>

#include "serial.h"
#include "spmv.yk.h"

enum { ROW, COLS, VALS, X, Y };
enum { BLOCK = 64, MEAN = 16 };

static const yki_array_spec arrays[] = {
    [ROW] = {"row", YKI_INPUT, sizeof(unsigned), 0},
    [COLS] = {"cols", YKI_INPUT, sizeof(unsigned), 0},
    [VALS] = {"vals", YKI_INPUT, sizeof(float), 0},
    [X] = {"x", YKI_INPUT, sizeof(float), 0},
    [Y] = {"y", YKI_OUTPUT, sizeof(float), 0},
};

static void describe(size_t elements, yki_extent *out)
{
    double n = (double)elements;
    *out = (yki_extent){.elements = elements, .nx = elements, .ny = 1, .items = elements,
                        .launches = 1, .bytes = n * (12 + 8 * MEAN), .flops = 2 * MEAN * n};
    out->count[ROW] = elements + 1;
    out->count[COLS] = out->count[VALS] = MEAN * elements;
    snprintf(out->shape, sizeof out->shape, "%zu rows, %zu entries", elements, MEAN * elements);
}

/* ---- the matrix ---- */

/* Lengths by a power law: of 64 rows one has 256 entries, one 128, two 64, four 32, ...,
 * 32 have 4; 16 on average.  Those left over at the end have 16 each. */
static unsigned length_of(size_t place)
{
    unsigned length = 128;
    if (place == 0) return 256;
    for (size_t p = place; p > 1; p /= 2) length /= 2;
    return length;
}

/* The same rows in another order in every block. */
static void shuffle(uint64_t *seed, size_t order[BLOCK])
{
    for (size_t i = 0; i < BLOCK; i++) order[i] = i;
    for (size_t i = BLOCK; i > 1; i--) {
        size_t j = (size_t)(yki_random(seed) % i), t = order[i - 1];
        order[i - 1] = order[j];
        order[j] = t;
    }
}

static void fill_lengths(yki_instance *in, uint64_t *seed)
{
    unsigned *row = in->array[ROW].data;
    size_t n = in->extent.elements, order[BLOCK];
    row[0] = 0;
    for (size_t i = 0; i < n; i++) {
        if (i % BLOCK == 0) shuffle(seed, order);
        bool whole = i / BLOCK * BLOCK + BLOCK <= n;
        row[i + 1] = row[i] + (whole ? length_of(order[i % BLOCK]) : MEAN);
    }
}

/* Half of a row's entries lie side by side round the diagonal, the others anywhere, one in
 * each of as many parts of the row; in ascending order.  (Rows of a matrix smaller than its
 * rows are long name some columns twice, which is legal.) */
static void fill_row(uint64_t *seed, size_t n, size_t i, size_t length, unsigned *cols)
{
    size_t near = length / 2, far = length - near, a = 0, b = 0;
    size_t first = i > near / 2 ? i - near / 2 : 0;
    if (first + near > n) first = n > near ? n - near : 0;
    size_t next = (size_t)(yki_random(seed) % (n / far + 1));
    while (a < near || b < far) {
        size_t diagonal = first + a < n ? first + a : n - 1;
        if (a < near && (b == far || diagonal <= next)) {
            *cols++ = (unsigned)diagonal;
            a++;
            continue;
        }
        *cols++ = (unsigned)(next < n ? next : n - 1);
        b++;
        next = b * n / far + (size_t)(yki_random(seed) % (n / far + 1));
    }
}

static void fill(yki_instance *in, uint64_t seed)
{
    const unsigned *row = in->array[ROW].data;
    unsigned *cols = in->array[COLS].data;
    float *vals = in->array[VALS].data, *x = in->array[X].data;
    size_t n = in->extent.elements;
    fill_lengths(in, &seed);
    for (size_t i = 0; i < n; i++) {
        x[i] = yki_random_float(&seed, -1, 1);
        fill_row(&seed, n, i, row[i + 1] - row[i], cols + row[i]);
    }
    for (size_t k = 0; k < MEAN * n; k++) vals[k] = yki_random_float(&seed, -1, 1);
}

/* ---- runs ---- */

static void serial(yki_instance *in)
{
    yki_array *a = in->array;
    spmv_serial(in->extent.nx, a[ROW].data, a[COLS].data, a[VALS].data, a[X].data, a[Y].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    yki_array *a = in->array;
    spmv_openmp(in->extent.nx, a[ROW].data, a[COLS].data, a[VALS].data, a[X].data, a[Y].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    const yki_array *a = in->array;
    (void)launch, (void)partial;
    spmv_serial(end - begin, (const unsigned *)a[ROW].data + begin, a[COLS].data, a[VALS].data,
                a[X].data, (float *)a[Y].data + begin);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    yki_array *a = in->array;
    size_t n = in->extent.nx;
    yk_status st = spmv_run_opts(engine, &o, yk_1d(n), a[ROW].data, a[COLS].data, a[VALS].data,
                                 a[X].data, a[Y].data, n, MEAN * n);
    if (report) yki_report_add(report, &one);
    return st;
}

/* The sum of the products' sizes, times the roundings that a product of this row may pass
 * through: its own and one for each addition. */
static double scale(const yki_instance *in, size_t i)
{
    const unsigned *row = in->array[ROW].data, *cols = in->array[COLS].data;
    const float *vals = in->array[VALS].data, *x = in->array[X].data;
    double sum = 0;
    for (unsigned k = row[i]; k < row[i + 1]; k++)
        sum += fabs((double)vals[k] * (double)x[cols[k]]);
    return sum > 0 ? sum * (row[i + 1] - row[i] + 1) : 1;
}

/* Each rounding errs by 2^-24 of the sum of sizes at most, on both sides; 1 + 2^-12 more than
 * covers the products of such errors. */
static void check(const yki_instance *in, yki_verdict *out)
{
    out->tolerance = 2 * 0x1p-24 * (1 + 0x1p-12);
    yki_check_floats(in, Y, scale, out);
}

const yki_workload yki_workload_spmv = {
    .name = "spmv",
    .about = "sparse matrix (CSR) times vector; indirect reads",
    .measure = "difference over (entries + 1) times the sum of a row's |products|; at most one "
               "rounding of 2^-24 for each, on both sides",
    .elements = {(size_t)1 << 16, (size_t)1 << 20, (size_t)1 << 23},
    .n_arrays = 5, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
