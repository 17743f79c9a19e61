/* black_scholes: exp, log and sqrt for each of two results.  See workload.h. */
#include "workload.h"

#include <stdio.h>

#include "serial.h"
#include "black_scholes.yk.h"

enum { PRICE, STRIKE, YEARS, CALL, PUT };
static const float RATE = 0.02f, VOLATILITY = 0.30f;

static const yki_array_spec arrays[] = {
    [PRICE] = {"price", YKI_INPUT, sizeof(float), 0},
    [STRIKE] = {"strike", YKI_INPUT, sizeof(float), 0},
    [YEARS] = {"years", YKI_INPUT, sizeof(float), 0},
    [CALL] = {"call", YKI_OUTPUT, sizeof(float), 0},
    [PUT] = {"put", YKI_OUTPUT, sizeof(float), 0},
};

static void describe(size_t elements, yki_extent *out)
{
    *out = (yki_extent){.elements = elements, .nx = elements, .ny = 1, .items = elements,
                        .launches = 1, .bytes = 20.0 * (double)elements,
                        .flops = 59.0 * (double)elements};
    snprintf(out->shape, sizeof out->shape, "%zu", elements);
}

/* Stocks of 5 to 30, strikes from far in to far out of the money, three months to ten
 * years: the usual test book. */
static void fill(yki_instance *in, uint64_t seed)
{
    float *price = in->array[PRICE].data, *strike = in->array[STRIKE].data;
    float *years = in->array[YEARS].data;
    for (size_t i = 0; i < in->extent.elements; i++) {
        price[i] = yki_random_float(&seed, 5, 30);
        strike[i] = yki_random_float(&seed, 1, 100);
        years[i] = yki_random_float(&seed, 0.25f, 10);
    }
}

static void serial(yki_instance *in)
{
    yki_array *a = in->array;
    black_scholes_serial(in->extent.nx, RATE, VOLATILITY, a[PRICE].data, a[STRIKE].data,
                         a[YEARS].data, a[CALL].data, a[PUT].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    yki_array *a = in->array;
    black_scholes_openmp(in->extent.nx, RATE, VOLATILITY, a[PRICE].data, a[STRIKE].data,
                         a[YEARS].data, a[CALL].data, a[PUT].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    const yki_array *a = in->array;
    (void)launch, (void)partial;
    black_scholes_serial(end - begin, RATE, VOLATILITY, (const float *)a[PRICE].data + begin,
                         (const float *)a[STRIKE].data + begin,
                         (const float *)a[YEARS].data + begin, (float *)a[CALL].data + begin,
                         (float *)a[PUT].data + begin);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    yki_array *a = in->array;
    size_t n = in->extent.nx;
    yk_status st = black_scholes_run_opts(engine, &o, yk_1d(n), a[PRICE].data, a[STRIKE].data,
                                          a[YEARS].data, a[CALL].data, a[PUT].data, RATE,
                                          VOLATILITY, n);
    if (report) yki_report_add(report, &one);
    return st;
}

/* Both results are differences of s*N(d1) and x*exp(-rt)*N(d2), so errors are measured
 * against s + x. */
static double scale(const yki_instance *in, size_t k)
{
    const float *price = in->array[PRICE].data, *strike = in->array[STRIKE].data;
    return (double)price[k] + (double)strike[k];
}

/* With u = 2^-24 and builtins within 4 ulp = 8u (OpenCL allows exp and log 3 ulp, the
 * vector maths library 4, a division 2.5): log(s/x) errs by 5u from the quotient and 8u of
 * itself, at most 3u*8 here, and root by 4u; so d, at most 50, errs by
 * (5u + 24u) / 0.15 + 6u |d|.  N turns an error of d into at most 0.4 of it, and into
 * 0.25 of one relative to d: 29 * 2.7 + 1.5 = 79u; its own operations add less than 16u.
 * The products and the difference add 12u.  Twice that, as both sides err: 214u. */
static void check(const yki_instance *in, yki_verdict *out)
{
    out->tolerance = 214 * 0x1p-24;
    yki_check_floats(in, CALL, scale, out);
    yki_check_floats(in, PUT, scale, out);
}

const yki_workload yki_workload_black_scholes = {
    .name = "black_scholes",
    .about = "call and put values of options; exp, log, sqrt",
    .measure = "difference over price + strike; at most 214 roundings of 2^-24: builtins of 4 "
               "ulp, magnified by 1/(volatility*sqrt(years)) <= 6.7",
    .elements = {(size_t)1 << 17, (size_t)1 << 20, (size_t)1 << 24},
    .n_arrays = 5, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
