/* Every workload, cut at random and computed piece by piece by whoever is drawn: the
 * host at any instruction set level, any OpenCL device that is there.  The results must
 * be those of serial C within the workload's tolerance, nothing around the arrays may
 * change, and an ordered sum must have the same bits however it was divided.
 *
 * Works by standing in for the engine: yk_launch below is what the workloads call. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <loops.yk.h>
#include <memory/memory.h>
#include <workload.h>

#define MAX_DEVICES 4
#define MAX_PARTS 64
#define WORKERS 3

typedef struct harness {
    uint64_t random;
    yk_isa isa;                     /* the machine's */
    yki_blocks *blocks;
    yki_listing *listing;
    yki_device *device[MAX_DEVICES];
    yki_memory *memory[MAX_DEVICES];
    size_t n_devices;
    size_t only;                    /* 0: anybody; 1: the host; i + 2: device i */
    bool whole;                     /* one part */
    size_t device_parts;            /* how many parts devices computed */
    yk_diag diag;
} harness;

static size_t draw(harness *h, size_t below) { return (size_t)(yki_random(&h->random) % below); }

/* ---- one part ---- */

static void host_part(harness *h, const yki_call *c, yki_reduce *reduce, size_t begin, size_t end)
{
    size_t zero = c->shape.lo[c->kernel->axis];
    yk_slice s = {.range = &c->range, .shape = &c->shape, .args = c->args,
                  .reduce = yki_reduce_worker(reduce, draw(h, WORKERS)),
                  .begin = zero + begin, .end = zero + end, .block = c->block};
    yki_kernel_host(c->kernel, (yk_isa)draw(h, (size_t)h->isa + 1))(&s);
}

static yk_status device_part(harness *h, size_t d, const yki_call *c, yki_reduce *reduce,
                             size_t begin, size_t end)
{
    yki_program *program;
    yki_chunk *chunk = NULL;
    bool built;
    yk_status st = yki_device_program(h->device[d], c->kernel, &program, &built, &h->diag);
    if (st != YK_OK) return st;
    st = yki_chunk_start(h->memory[d], c, program, begin, end, &chunk, &h->diag);
    if (st == YK_OK) st = yki_chunk_wait(chunk, yki_now_ns() + 60000000000u, &h->diag);
    if (st == YK_OK) yki_chunk_commit(chunk, reduce);
    yki_chunk_close(&chunk);
    h->device_parts += st == YK_OK;
    return st;
}

static yk_status one_part(harness *h, const yki_call *c, yki_reduce *reduce, size_t begin,
                          size_t end)
{
    char reason[160];
    size_t who = h->only ? h->only - 1 : draw(h, h->n_devices + 1);
    if (who > 0 && yki_device_can(h->device[who - 1], c->kernel, reason, sizeof reason))
        return device_part(h, who - 1, c, reduce, begin, end);
    host_part(h, c, reduce, begin, end);
    return YK_OK;
}

/* ---- cutting ---- */

static size_t cut(harness *h, const yki_call *c, size_t bounds[MAX_PARTS + 1])
{
    size_t n = 0, at = 0, pieces = h->whole || c->whole ? 1 : 1 + draw(h, MAX_PARTS);
    size_t units = yki_div_up(c->items, c->align);
    bounds[0] = 0;
    while (at < c->items && n < MAX_PARTS) {
        size_t left = units - at / c->align;
        size_t take = pieces == 1 ? left : 1 + draw(h, yki_max(1, yki_min(left, 2 * units / pieces)));
        if (n == MAX_PARTS - 1) take = left;
        at = yki_min(c->items, at + take * c->align);
        bounds[++n] = at;
    }
    return n;
}

static void shuffle(harness *h, size_t order[], size_t n)
{
    for (size_t i = 0; i < n; i++) order[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t j = draw(h, i), t = order[i - 1];
        order[i - 1] = order[j];
        order[j] = t;
    }
}

/* What the generated calls of the workloads end in. */
yk_status yk_launch(yk_engine *engine, const yk_kernel *kernel, const yk_range *range,
                    const void *args, const yk_run_opts *opts)
{
    harness *h = (harness *)engine;
    yki_call call;
    yki_reduce *reduce = NULL;
    size_t bounds[MAX_PARTS + 1], order[MAX_PARTS];
    (void)opts;
    yk_status st = yki_call_init(&call, kernel, range, args, &h->diag);
    if (st != YK_OK || call.items == 0) return st;
    if ((st = yki_reduce_open(&reduce, &call, WORKERS, &h->diag)) != YK_OK) return st;
    size_t n = cut(h, &call, bounds);
    shuffle(h, order, n);
    for (size_t i = 0; st == YK_OK && i < n; i++)
        st = one_part(h, &call, reduce, bounds[order[i]], bounds[order[i] + 1]);
    if (st == YK_OK) yki_reduce_finish(reduce);
    yki_reduce_close(&reduce);
    return st;
}

yk_status yk_submit(yk_engine *engine, const yk_kernel *kernel, const yk_range *range,
                    const void *args, const yk_run_opts *opts, yk_event **event)
{
    (void)engine; (void)kernel; (void)range; (void)args; (void)opts; (void)event;
    return YK_E_UNSUPPORTED;
}

/* ---- the tests ---- */

/* One size of one workload: the serial result, then `rounds` random divisions. */
static void check_size(harness *h, const yki_workload *w, size_t elements, int rounds)
{
    yki_instance *in;
    assert_int_equal(yki_instance_open(&in, w, elements, 7 + elements), YK_OK);
    yki_instance_reset(in);
    w->serial(in);
    yki_instance_keep(in);
    for (int round = 0; round < rounds; round++) {
        uint64_t seed = h->random;
        yki_verdict v;
        yki_instance_reset(in);
        yk_status st = w->yoke(in, (yk_engine *)h, NULL, NULL);
        if (st != YK_OK)
            fail_msg("%s of %zu, seed %" PRIu64 ": %s: %s", w->name, elements, seed,
                     yk_strerror(st), h->diag.text);
        yki_instance_check(in, &v);
        if (!v.right)
            fail_msg("%s of %zu, seed %" PRIu64 ": error %g, tolerance %g: %s", w->name, elements,
                     seed, v.max_error, v.tolerance, v.wrong);
    }
    yki_instance_close(&in);
}

static const size_t sizes[] = {0, 1, 2, 3, 7, 31, 63, 64, 65, 127, 997, 4099, 10007};

/* Some workloads cost n squared, others much for each element: those are spared the largest
 * sizes. */
static bool affordable(const yki_workload *w, size_t elements)
{
    yki_extent extent;
    w->describe(elements, &extent);
    return elements < 1000 || extent.flops < 5e8;
}

static void check_workloads(harness *h, int rounds)
{
    for (size_t k = 0; k < yki_workload_count; k++)
        for (size_t i = 0; i < YKI_COUNT(sizes); i++)
            if (affordable(yki_workloads[k], sizes[i]))
                check_size(h, yki_workloads[k], sizes[i], rounds);
}

static void test_host_alone(void **state)
{
    harness *h = *state;
    h->only = 1;
    check_workloads(h, 6);
}

static void test_each_device_alone(void **state)
{
    harness *h = *state;
    if (!h->n_devices) skip();
    for (size_t d = 0; d < h->n_devices; d++) {
        h->only = d + 2;
        size_t before = h->device_parts;
        check_workloads(h, 2);
        assert_true(h->device_parts > before);
    }
}

static void test_all_mixed(void **state)
{
    harness *h = *state;
    if (!h->n_devices) skip();
    h->only = 0;
    check_workloads(h, 3);
}

/* The same bits for every division of a sum of nasty numbers. */
static void test_dot_has_one_result(void **state)
{
    harness *h = *state;
    const yki_workload *w = yki_workload_find("dot");
    yki_instance *in;
    float first = 0;
    assert_non_null(w);
    assert_int_equal(yki_instance_open(&in, w, 300007, 3), YK_OK);
    float *x = in->array[1].data, *y = in->array[2].data;
    for (size_t i = 0; i < in->extent.elements; i += 3) {
        x[i] *= 1e18f;                              /* cancellation */
        if (i % 2) y[i] = -y[i];
        if (i % 21 == 0) x[i] = 1e-41f;             /* denormals */
        if (i % 33 == 0) x[i] = -0.0f;
    }
    h->only = 0;
    for (int round = 0; round < 60; round++) {
        h->whole = round == 0;
        yki_instance_reset(in);
        assert_int_equal(w->yoke(in, (yk_engine *)h, NULL, NULL), YK_OK);
        const float *sum = in->array[0].data;
        if (round == 0) first = *sum;
        assert_memory_equal(sum, &first, sizeof first);
    }
    h->whole = false;
    yki_instance_close(&in);
}

/* Sums that stay among denormals, on devices that have none as well; signed zeros,
 * infinities and NaN. */
static void test_sum_of_tiny_numbers(void **state)
{
    enum { N = 70001 };
    static float x[N];
    harness *h = *state;
    uint64_t random = 99;
    h->only = 0;
    for (int kind = 0; kind < 4; kind++) {
        float first = 0;
        for (size_t i = 0; i < N; i++) {
            uint32_t bits = (uint32_t)yki_random(&random);
            if (kind == 0) bits &= 0x800007ffu;                     /* denormals */
            if (kind == 1) bits = (bits & 0x80ffffffu) | (bits & 0x0c000000u); /* and near */
            if (kind == 2) bits = 0x80000000u;                      /* -0 alone */
            if (kind == 3) bits &= 0xbfffffffu;                     /* anything below 2 */
            memcpy(&x[i], &bits, sizeof bits);
        }
        for (int round = 0; round < 25; round++) {
            float sum = kind == 2 ? -0.0f : 0.0f;
            h->whole = round == 0;
            assert_int_equal(total_run((yk_engine *)h, yk_1d(N), x, &sum, N), YK_OK);
            if (round == 0) first = sum;
            uint32_t got, want;
            memcpy(&got, &sum, sizeof got);
            memcpy(&want, &first, sizeof want);
            if (got != want) fail_msg("kind %d, round %d: %08x, not %08x", kind, round, got, want);
        }
    }
    h->whole = false;
}

static void test_sum_with_nan(void **state)
{
    enum { N = 20011 };
    static float x[N];
    harness *h = *state;
    for (int round = 0; round < 10; round++) {
        float nan = 0, inf = 0;
        for (size_t i = 0; i < N; i++) x[i] = i == 777 ? INFINITY : 1.0f;
        assert_int_equal(total_run((yk_engine *)h, yk_1d(N), x, &inf, N), YK_OK);
        assert_true(isinf(inf) && inf > 0);
        x[15000] = -INFINITY;
        assert_int_equal(total_run((yk_engine *)h, yk_1d(N), x, &nan, N), YK_OK);
        assert_true(isnan(nan));
    }
}

/* ---- devices ---- */

static void open_device(harness *h, size_t i)
{
    yki_device_opts opts = {.memory_bytes = (size_t)1 << 30};
    yki_device **d = &h->device[h->n_devices];
    if (h->n_devices == MAX_DEVICES) return;
    yk_status st = yki_device_open(d, h->listing, i, &opts, &h->diag);
    if (st == YK_OK) st = yki_memory_open(&h->memory[h->n_devices], *d, h->blocks);
    if (st != YK_OK) {
        print_message("%s left out: %s\n", yki_listing_info(h->listing, i)->name, h->diag.text);
        yki_device_close(d);
        return;
    }
    print_message("device %s: %s\n", yki_listing_info(h->listing, i)->id,
                  yki_listing_info(h->listing, i)->name);
    h->n_devices++;
}

static int open_all(void **state)
{
    harness *h = calloc(1, sizeof *h);
    if (!h || yki_blocks_open(&h->blocks) != YK_OK) return -1;
    h->random = 20240229;
    h->isa = yk_isa_native();
    *state = h;
    if (yki_devices_list(&h->listing, &h->diag) != YK_OK) {
        print_message("no OpenCL devices: %s\n", h->diag.text);
        return 0;
    }
    for (size_t i = 0; i < yki_listing_count(h->listing); i++) open_device(h, i);
    return 0;
}

static int close_all(void **state)
{
    harness *h = *state;
    for (size_t i = 0; i < h->n_devices; i++) {
        yki_memory_close(&h->memory[i]);
        yki_device_close(&h->device[i]);
    }
    yki_listing_close(&h->listing);
    yki_blocks_close(&h->blocks);
    free(h);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_alone),
        cmocka_unit_test(test_each_device_alone),
        cmocka_unit_test(test_all_mixed),
        cmocka_unit_test(test_dot_has_one_result),
        cmocka_unit_test(test_sum_of_tiny_numbers),
        cmocka_unit_test(test_sum_with_nan),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
