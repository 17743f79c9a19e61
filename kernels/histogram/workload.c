/* histogram: a reduction whose place depends on the data.  See workload.h. */
#include "workload.h"

#include <stdio.h>
#include <string.h>

#include "serial.h"
#include "histogram.yk.h"

enum { GREY, BINS };

static const yki_array_spec arrays[] = {
    [GREY] = {"grey", YKI_INPUT, 1, 0},
    [BINS] = {"bins", YKI_STATE, sizeof(unsigned), 256},
};

static void describe(size_t elements, yki_extent *out)
{
    *out = (yki_extent){.elements = elements, .nx = elements, .ny = 1, .items = elements,
                        .launches = 1, .bytes = 1.0 * (double)elements,
                        .flops = 1.0 * (double)elements};
    snprintf(out->shape, sizeof out->shape, "%zu", elements);
}

/* Like a photograph: most values lie round the middle, neighbours are alike. */
static void fill(yki_instance *in, uint64_t seed)
{
    unsigned char *grey = in->array[GREY].data;
    memset(in->array[BINS].data, 0, in->array[BINS].bytes);
    unsigned level = 128;
    for (size_t i = 0; i < in->extent.elements; i++) {
        uint64_t r = yki_random(&seed);
        if ((r & 63) == 0) level = (unsigned)((r >> 8 & 127) + (r >> 16 & 127));
        grey[i] = (unsigned char)((level + (unsigned)(r >> 24 & 7)) & 255);
    }
}

static void serial(yki_instance *in)
{
    histogram_serial(in->extent.nx, in->array[GREY].data, in->array[BINS].data);
}

#ifdef YKI_OPENMP
static void openmp(yki_instance *in)
{
    histogram_openmp(in->extent.nx, in->array[GREY].data, in->array[BINS].data);
}
#endif

static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    (void)launch;
    histogram_serial(end - begin, (const unsigned char *)in->array[GREY].data + begin, partial);
}

static void combine(yki_instance *in, const void *partial)
{
    unsigned *bins = in->array[BINS].data;
    for (size_t k = 0; k < 256; k++) bins[k] += ((const unsigned *)partial)[k];
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    yk_report one = {0};
    yk_run_opts o = yki_launch_opts(opts, &one);
    size_t n = in->extent.nx;
    yk_status st = histogram_run_opts(engine, &o, yk_1d(n), in->array[GREY].data,
                                      in->array[BINS].data, n);
    if (report) yki_report_add(report, &one);
    return st;
}

/* Whole numbers: exact. */
static void check(const yki_instance *in, yki_verdict *out)
{
    const unsigned *got = in->array[BINS].data, *want = in->array[BINS].expected;
    for (size_t k = 256; k-- > 0;) {
        if (got[k] == want[k]) continue;
        double e = got[k] > want[k] ? got[k] - want[k] : want[k] - got[k];
        out->max_error = yki_worse(out->max_error, e);
        snprintf(out->wrong, sizeof out->wrong,
                 "bin %zu is %u, serial has %u (exact match required)", k, got[k], want[k]);
    }
}

const yki_workload yki_workload_histogram = {
    .name = "histogram",
    .about = "how often each of 256 values occurs; reduction",
    .measure = "difference of a bin; none is allowed, as these are whole numbers",
    .elements = {(size_t)1 << 20, (size_t)1 << 24, (size_t)1 << 28},
    .n_arrays = 2, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part,
    .partial_bytes = 256 * sizeof(unsigned), .combine = combine, .yoke = yoke, .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
