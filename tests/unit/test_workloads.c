/* The workloads' own checks: both baselines pass them, and nothing wrong does.
 *
 * Everything that Yoke's kernels are held to rests on these checks. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "monte_carlo/philox.h"
#include "workload.h"

static const size_t sizes[] = {0, 1, 2, 24, 25, 127, 1009, 4096};
enum { SIZES = sizeof sizes / sizeof *sizes };

static yki_instance *opened(const yki_workload *w, size_t elements)
{
    yki_instance *in = NULL;
    assert_int_equal(yki_instance_open(&in, w, elements, 42), YK_OK);
    yki_instance_reset(in);
    w->serial(in);
    yki_instance_keep(in);
    return in;
}

static void expect(const yki_instance *in, bool right, const char *what)
{
    yki_verdict v;
    yki_instance_check(in, &v);
    if (v.right != right)
        fail_msg("%s, %s: %s (error %g of %g) %s", in->workload->name, what,
                 v.right ? "passed" : "failed", v.max_error, v.tolerance, v.wrong);
    assert_int_equal(v.wrong[0] != '\0', !right);
}

static void test_baselines(void **state)
{
    (void)state;
    for (size_t k = 0; k < yki_workload_count; k++) {
        for (size_t s = 0; s < SIZES; s++) {
            const yki_workload *w = yki_workloads[k];
            yki_instance *in = opened(w, sizes[s]);
            assert_true(in->extent.elements <= sizes[s]);
            expect(in, true, "serial");
            yki_instance_reset(in);
            if (w->openmp) w->openmp(in);
            else w->serial(in);
            expect(in, true, "OpenMP");
            yki_instance_close(&in);
            assert_null(in);
        }
    }
}

static yki_role role(const yki_instance *in, size_t array)
{
    return in->workload->arrays[array].role;
}

/* Writes nothing at all: outputs keep their pattern. */
static void test_not_run(void **state)
{
    (void)state;
    for (size_t k = 0; k < yki_workload_count; k++) {
        yki_instance *in = opened(yki_workloads[k], 1024);
        yki_instance_reset(in);
        expect(in, false, "not run");
        yki_instance_close(&in);
    }
}

/* A wrong element anywhere: the first, one in the middle, the last. */
static void test_one_wrong(void **state)
{
    (void)state;
    for (size_t k = 0; k < yki_workload_count; k++) {
        yki_instance *in = opened(yki_workloads[k], 1024);
        for (size_t a = 0; a < in->workload->n_arrays; a++) {
            size_t size = in->workload->arrays[a].size, n = in->array[a].bytes / size;
            size_t where[] = {0, n / 2, n - 1};
            if (role(in, a) == YKI_INPUT) continue;
            for (int i = 0; i < 3; i++) {
                unsigned char *byte = (unsigned char *)in->array[a].data +
                                      where[i] * size + size - 1;
                *byte ^= 0x40;  /* a high bit: another exponent, another number */
                expect(in, false, "one element changed");
                *byte ^= 0x40;
            }
            memset(in->array[a].data, 0xff, size);
            expect(in, false, "a NaN");
            memcpy(in->array[a].data, in->array[a].expected, size);
        }
        expect(in, true, "put right again");
        yki_instance_close(&in);
    }
}

/* One item left out, or done twice, of a reduction. */
static void test_lost_item(void **state)
{
    (void)state;
    const yki_workload *w = yki_workload_find("dot");
    assert_non_null(w);
    yki_instance *in = opened(w, 65536);
    float *sum = in->array[0].data;
    *sum -= 0.9f;
    expect(in, false, "an item lost");
    *sum += 1.8f;
    expect(in, false, "an item twice");
    yki_instance_close(&in);
}

static void test_strays(void **state)
{
    (void)state;
    for (size_t k = 0; k < yki_workload_count; k++) {
        yki_instance *in = opened(yki_workloads[k], 1024);
        for (size_t a = 0; a < in->workload->n_arrays; a++) {
            unsigned char *data = in->array[a].data;
            unsigned char *bytes[] = {data - 1, data + in->array[a].bytes,
                                      role(in, a) == YKI_INPUT ? data : data - 4096};
            for (int i = 0; i < 3; i++) {
                *bytes[i] ^= 1;
                expect(in, false, "a stray write");
                *bytes[i] ^= 1;
            }
        }
        expect(in, true, "put right again");
        yki_instance_close(&in);
    }
}

/* One run in parts of `step` items, each reduction in two partial results. */
static void run_in_parts(yki_instance *in, size_t step)
{
    const yki_workload *w = in->workload;
    for (size_t launch = 0; launch < in->extent.launches; launch++) {
        unsigned char *partials[2] = {NULL, NULL};
        for (int k = 0; k < 2 && w->partial_bytes; k++)
            assert_non_null(partials[k] = calloc(1, w->partial_bytes));
        for (size_t end = in->extent.items, turn = 0; end > 0; turn++) {
            size_t begin = end > step ? end - step : 0;
            w->part(in, launch, begin, end, partials[turn % 2]);
            end = begin;
        }
        for (int k = 0; k < 2 && w->partial_bytes; k++) {
            w->combine(in, partials[k]);
            free(partials[k]);
        }
    }
}

/* The plain loop cut anywhere gives the plain loop's results; an item less does not. */
static void test_parts(void **state)
{
    (void)state;
    for (size_t k = 0; k < yki_workload_count; k++) {
        const yki_workload *w = yki_workloads[k];
        assert_true((w->combine != NULL) == (w->partial_bytes > 0));
        for (size_t s = 0; s < SIZES && w->part; s++) {
            yki_instance *in = opened(w, sizes[s]);
            yki_instance_reset(in);
            run_in_parts(in, s % 2 ? 7 : 1000);
            expect(in, true, "in parts");
            yki_instance_reset(in);
            in->extent.items -= in->extent.items > 0;
            run_in_parts(in, 1000);
            if (sizes[s] > 100) expect(in, false, "in parts, the last item missing");
            yki_instance_close(&in);
        }
    }
}

static void test_same_inputs(void **state)
{
    (void)state;
    for (size_t k = 0; k < yki_workload_count; k++) {
        yki_instance *a = opened(yki_workloads[k], 1000), *b = opened(yki_workloads[k], 1000);
        for (size_t n = 0; n < a->workload->n_arrays; n++)
            assert_memory_equal(a->array[n].data, b->array[n].data, a->array[n].bytes);
        yki_instance_close(&a);
        yki_instance_close(&b);
    }
}

static void test_grid(void **state)
{
    (void)state;
    for (size_t n = 0; n < 5000; n++) {
        size_t nx, ny;
        yki_grid(n, &nx, &ny);
        assert_true(nx * ny <= n && nx <= ny + (n == 0));
        assert_true(n == 0 ? nx == 0 : nx > 0 && (nx + 1) * (nx + 1) > n && n - nx * ny < nx);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    yki_instance *in = NULL;
    const yki_workload *w = yki_workload_find("triad");
    assert_int_equal(yki_instance_open(&in, w, SIZE_MAX / 2, 1), YK_E_RANGE);
    assert_null(in);
    assert_null(yki_workload_find("nothing"));
    for (size_t k = 0; k < yki_workload_count; k++)
        for (int s = 1; s < YKI_SIZE_COUNT; s++)
            assert_true(yki_workloads[k]->elements[s - 1] < yki_workloads[k]->elements[s]);
}

/* The answers that the generator's authors publish (Random123, kat_vectors); what the
 * kernel draws is compared with what this draws wherever monte_carlo runs. */
static void test_philox(void **state)
{
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}, {UINT32_MAX, UINT32_MAX},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    (void)state;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        uint32_t words[4];
        memcpy(words, known[k].counter, sizeof words);
        yki_philox(words, known[k].key[0], known[k].key[1]);
        assert_memory_equal(words, known[k].words, sizeof words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox),
        cmocka_unit_test(test_baselines),   cmocka_unit_test(test_not_run),
        cmocka_unit_test(test_one_wrong),   cmocka_unit_test(test_lost_item),
        cmocka_unit_test(test_strays),      cmocka_unit_test(test_same_inputs),
        cmocka_unit_test(test_grid),        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests_name("workloads", tests, NULL, NULL);
}
