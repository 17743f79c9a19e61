/* Reductions: identities, what combines with what, and the order of real sums. */
#include "check.h"
#include "kernels.h"
#include "random.h"

#include <kernel/kernel.h>
#include <math.h>
#include <stdlib.h>

typedef struct launch {
    test_kernel k;
    test_args a;
    yki_call call;
} launch;

/* One reduction of `results` elements at `user`, over n items. */
static void open_launch(launch *l, yk_mode mode, yk_type type, uint32_t size, size_t n,
                        int64_t results, void *user, bool ordered)
{
    memset(l, 0, sizeof *l);
    test_kernel_init(&l->k, 1, 1);
    test_arg_type(&l->k, 0, mode, type, size);
    l->k.args[0].ordered = ordered;
    l->k.kernel.flags = ordered ? YK_KERNEL_ORDERED : 0;
    l->a.window[0] = (yk_window){.extent = results};
    l->a.array[0] = user;
    yk_range range = yk_1d(n);
    assert_int_equal(YK_OK, yki_call_init(&l->call, &l->k.kernel, &range, &l->a, NULL));
}

static void without_reductions_nothing_is_held(void **state)
{
    (void)state;
    launch l;
    float user[4];
    open_launch(&l, YK_MODE_IN, YK_T_F32, 4, 4, 4, user, false);
    yki_reduce *r = (yki_reduce *)&l;
    assert_int_equal(YK_OK, yki_reduce_open(&r, &l.call, 8, NULL));
    assert_null(r);
    assert_null(yki_reduce_worker(r, 3)[0]);
    yki_reduce_finish(r);
    yki_reduce_close(&r);
}

/* Workers and devices add 1 to every result as often as the test says. */
#define INTEGER_TEST(T, type)                                                               \
    do {                                                                                    \
        T user[5] = {0, 1, 2, 3, (T)-1};                                                    \
        launch l;                                                                           \
        yki_reduce *r;                                                                      \
        open_launch(&l, YK_MODE_SUM, type, sizeof(T), 9, 5, user, false);                   \
        assert_int_equal(YK_OK, yki_reduce_open(&r, &l.call, 3, NULL));                     \
        for (size_t w = 0; w < 3; w++) {                                                    \
            T *mine = yki_reduce_worker(r, w)[0];                                           \
            assert_int_equal(0, (uintptr_t)mine % YKI_CACHE_LINE);                          \
            for (size_t e = 0; e < 5; e++) mine[e] = (T)(mine[e] + 1);                      \
        }                                                                                   \
        T device[5];                                                                        \
        yki_reduce_identity(&l.call, 0, device);                                            \
        for (size_t e = 0; e < 5; e++) assert_true(device[e] == 0);                         \
        device[2] = 10;                                                                     \
        yki_reduce_merge(r, 0, device);                                                     \
        yki_reduce_merge(r, 0, device);                                                     \
        yki_reduce_finish(r);                                                               \
        yki_reduce_close(&r);                                                               \
        assert_null(r);                                                                     \
        const T want[5] = {3, 4, 25, 6, 2};                                                 \
        assert_memory_equal(want, user, sizeof want);                                       \
    } while (0)

static void integer_sums_wrap(void **state)
{
    (void)state;
    INTEGER_TEST(int8_t, YK_T_I8);
    INTEGER_TEST(uint8_t, YK_T_U8);
    INTEGER_TEST(int16_t, YK_T_I16);
    INTEGER_TEST(uint16_t, YK_T_U16);
    INTEGER_TEST(int32_t, YK_T_I32);
    INTEGER_TEST(uint32_t, YK_T_U32);
    INTEGER_TEST(int64_t, YK_T_I64);
    INTEGER_TEST(uint64_t, YK_T_U64);
    int32_t top[1] = {INT32_MAX};
    launch l;
    yki_reduce *r;
    open_launch(&l, YK_MODE_SUM, YK_T_I32, 4, 9, 1, top, false);
    assert_int_equal(YK_OK, yki_reduce_open(&r, &l.call, 1, NULL));
    *(int32_t *)yki_reduce_worker(r, 0)[0] = 1;
    yki_reduce_finish(r);
    yki_reduce_close(&r);
    assert_int_equal(INT32_MIN, top[0]);
}

/* Each launch of `workers` adds a number to every result, in memory of the one before. */
static void renew_once(yki_reduce **r, size_t workers, int64_t results)
{
    int32_t user[64] = {0};
    launch l;
    open_launch(&l, YK_MODE_SUM, YK_T_I32, 4, 9, results, user, false);
    assert_int_equal(YK_OK, yki_reduce_renew(r, &l.call, workers, NULL));
    assert_true(yki_reduce_bytes(*r) >= workers * (size_t)results * 4);
    for (size_t w = 0; w < workers; w++) {
        int32_t *mine = yki_reduce_worker(*r, w)[0];
        for (int64_t e = 0; e < results; e++) mine[e] += (int32_t)(w + 1);
    }
    yki_reduce_finish(*r);
    for (int64_t e = 0; e < 64; e++)
        assert_int_equal(e < results ? workers * (workers + 1) / 2 : 0, user[e]);
}

static void memory_is_used_again(void **state)
{
    (void)state;
    static const struct {
        size_t workers;
        int64_t results;
    } turns[] = {{3, 5}, {3, 5}, {1, 64}, {9, 2}, {2, 0}, {7, 64}, {1, 1}};
    yki_reduce *r = NULL;
    for (size_t i = 0; i < YKI_COUNT(turns); i++) renew_once(&r, turns[i].workers, turns[i].results);
    launch l;
    float total = 1;
    open_launch(&l, YK_MODE_SUM, YK_T_F32, 4, 9, 1, &total, true);
    assert_true(yki_call_reduces(&l.call));
    assert_int_equal(YK_OK, yki_reduce_renew(&r, &l.call, 2, NULL));
    *(float *)yki_reduce_blocks(r, 0, 0) = 2;
    yki_reduce_finish(r);
    assert_true(total == 3);
    yki_reduce_close(&r);
}

/* The result of minimum or maximum over what two workers and a device found. */
#define EXTREME_TEST(T, type, mode, a, b, c, initial, want)                                 \
    do {                                                                                    \
        T values[3] = {a, b, c}, expected = want;                                           \
        for (int turn = 0; turn < 3; turn++) {                                              \
            T user = initial;                                                               \
            launch l;                                                                       \
            yki_reduce *r;                                                                  \
            open_launch(&l, mode, type, sizeof(T), 9, 1, &user, false);                     \
            assert_int_equal(YK_OK, yki_reduce_open(&r, &l.call, 3, NULL));                 \
            *(T *)yki_reduce_worker(r, 1)[0] = values[turn];                                \
            *(T *)yki_reduce_worker(r, 2)[0] = values[(turn + 1) % 3];                      \
            yki_reduce_merge(r, 0, &values[(turn + 2) % 3]);                                \
            yki_reduce_finish(r);                                                           \
            yki_reduce_close(&r);                                                           \
            assert_memory_equal(&expected, &user, sizeof user);                             \
        }                                                                                   \
    } while (0)

static void extremes_do_not_depend_on_order(void **state)
{
    (void)state;
    const float nan_f = NAN, inf_f = INFINITY;
    EXTREME_TEST(int32_t, YK_T_I32, YK_MODE_MIN, 5, -7, 3, 100, -7);
    EXTREME_TEST(int32_t, YK_T_I32, YK_MODE_MAX, 5, -7, 3, -100, 5);
    EXTREME_TEST(uint8_t, YK_T_U8, YK_MODE_MAX, 5, 255, 3, 0, 255);
    EXTREME_TEST(int64_t, YK_T_I64, YK_MODE_MIN, 5, INT64_MIN, 3, 0, INT64_MIN);
    EXTREME_TEST(uint64_t, YK_T_U64, YK_MODE_MIN, 5, UINT64_MAX, 3, 1, 1);
    EXTREME_TEST(float, YK_T_F32, YK_MODE_MIN, 5, nan_f, 3, 100, 3);
    EXTREME_TEST(float, YK_T_F32, YK_MODE_MAX, 5, nan_f, 3, nan_f, 5);
    EXTREME_TEST(float, YK_T_F32, YK_MODE_MIN, 0.0f, -0.0f, 0.0f, 0.0f, -0.0f);
    EXTREME_TEST(float, YK_T_F32, YK_MODE_MAX, -0.0f, 0.0f, -0.0f, -0.0f, 0.0f);
    EXTREME_TEST(float, YK_T_F32, YK_MODE_MIN, nan_f, nan_f, nan_f, 7, 7);
    EXTREME_TEST(float, YK_T_F32, YK_MODE_MIN, inf_f, inf_f, inf_f, inf_f, inf_f);
    EXTREME_TEST(double, YK_T_F64, YK_MODE_MAX, (double)-inf_f, 2.0, (double)nan_f, 1.0, 2.0);
    EXTREME_TEST(double, YK_T_F64, YK_MODE_MIN, -0.0, 0.0, 0.0, 0.0, -0.0);
}

/* The canonical tree as its definition has it. */
static float tree(const float *x, size_t n, size_t pitch)
{
    if (n == 1) return *x;
    size_t half = 1;
    while (half * 2 < n) half *= 2;
    float left = tree(x, half, pitch), right = tree(x + half * pitch, n - half, pitch);
    return left + right;
}

static void ordered_sums_follow_the_tree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t s = seed;
        size_t blocks = (size_t)rnd_in(&s, 1, seed % 10 ? 40 : 3000);
        size_t results = (size_t)rnd_in(&s, 1, 6);
        float user[6], want[6];
        launch l;
        yki_reduce *r;
        for (size_t e = 0; e < results; e++) user[e] = (float)rnd_real(&s, -1, 1);
        open_launch(&l, YK_MODE_SUM, YK_T_F32, 4, blocks * 8192 - 5, (int64_t)results, user, true);
        CHECK(seed, l.call.blocks == blocks);
        assert_int_equal(YK_OK, yki_reduce_open(&r, &l.call, 2, NULL));
        float *all = yki_reduce_worker(r, 1)[0];
        assert_ptr_equal(all, yki_reduce_worker(r, 0)[0]);
        for (size_t b = 0; b < blocks; b++) {
            assert_ptr_equal(all + b * results, yki_reduce_blocks(r, 0, b));
            for (size_t e = 0; e < results; e++) {
                float x = (float)rnd_real(&s, -1, 1);
                all[b * results + e] = x * ldexpf(1, (int)rnd_in(&s, 0, 30));
            }
        }
        for (size_t e = 0; e < results; e++) want[e] = user[e] + tree(all + e, blocks, results);
        yki_reduce_finish(r);
        yki_reduce_close(&r);
        CHECK(seed, memcmp(want, user, results * sizeof(float)) == 0);
    }
}

static void zero_signs_survive(void **state)
{
    (void)state;
    double user = -0.0, want = -0.0;
    launch l;
    yki_reduce *r;
    open_launch(&l, YK_MODE_SUM, YK_T_F64, 8, 3 * 8192, 1, &user, true);
    assert_int_equal(YK_OK, yki_reduce_open(&r, &l.call, 1, NULL));
    for (size_t b = 0; b < 3; b++) *(double *)yki_reduce_blocks(r, 0, b) = -0.0;
    yki_reduce_finish(r);
    yki_reduce_close(&r);
    assert_memory_equal(&want, &user, sizeof user);
    /* Unordered: the identities of idle workers leave it alone as well. */
    open_launch(&l, YK_MODE_SUM, YK_T_F64, 8, 3, 1, &user, false);
    assert_int_equal(YK_OK, yki_reduce_open(&r, &l.call, 4, NULL));
    yki_reduce_finish(r);
    yki_reduce_close(&r);
    assert_memory_equal(&want, &user, sizeof user);
}

typedef struct countdown {
    size_t left;
} countdown;

static bool fail_at(void *ctx, size_t bytes)
{
    (void)bytes;
    return ((countdown *)ctx)->left-- != 0;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    static int64_t user[1000];
    launch l;
    open_launch(&l, YK_MODE_SUM, YK_T_I64, 8, 10, 1000, user, false);
    size_t k = 0;
    for (yk_status st = YK_E_NOMEM; st != YK_OK; k++) {
        yki_reduce *r = NULL;
        yk_diag diag;
        countdown c = {k};
        yki_alloc_set_hook(fail_at, &c);
        st = yki_reduce_open(&r, &l.call, 4, &diag);
        yki_alloc_set_hook(NULL, NULL);
        assert_true(st == YK_OK || (st == YK_E_NOMEM && !r && diag.status == st));
        yki_reduce_close(&r);
    }
    assert_true(k >= 3);
}

static void sizes_are_checked(void **state)
{
    (void)state;
    launch l;
    yki_reduce *r = NULL;
    yk_diag diag;
    int64_t user;
    open_launch(&l, YK_MODE_SUM, YK_T_I64, 8, 10, 1, &user, false);
    l.call.shape.window[0].extent = INT64_MAX / 8;
    assert_int_equal(YK_E_RANGE, yki_reduce_open(&r, &l.call, 1000, &diag));
    assert_string_equal("a", diag.argument);
    assert_null(r);
}

typedef struct merger {
    yki_reduce *reduce;
    int64_t results[64];
} merger;

static void *merge_often(void *ctx)
{
    merger *m = ctx;
    for (int i = 0; i < 200; i++) yki_reduce_merge(m->reduce, 0, m->results);
    return NULL;
}

static void merging_is_thread_safe(void **state)
{
    (void)state;
    static int64_t user[64];
    launch l;
    merger m;
    pthread_t thread[4];
    memset(user, 0, sizeof user);
    open_launch(&l, YK_MODE_SUM, YK_T_I64, 8, 10, 64, user, false);
    assert_int_equal(YK_OK, yki_reduce_open(&m.reduce, &l.call, 1, NULL));
    for (int i = 0; i < 64; i++) m.results[i] = i;
    for (int t = 0; t < 4; t++) {
        assert_int_equal(YK_OK, yki_thread_start(&thread[t], "merge", merge_often, &m));
    }
    for (int t = 0; t < 4; t++) pthread_join(thread[t], NULL);
    yki_reduce_finish(m.reduce);
    yki_reduce_close(&m.reduce);
    for (int i = 0; i < 64; i++) assert_int_equal(800 * i, user[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_reductions_nothing_is_held),
        cmocka_unit_test(integer_sums_wrap),
        cmocka_unit_test(memory_is_used_again),
        cmocka_unit_test(extremes_do_not_depend_on_order),
        cmocka_unit_test(ordered_sums_follow_the_tree),
        cmocka_unit_test(zero_signs_survive),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(sizes_are_checked),
        cmocka_unit_test(merging_is_thread_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
