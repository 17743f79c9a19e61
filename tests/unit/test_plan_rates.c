/* Records of rates: what a few chunks teach, what one outlier or a change does, and the
 * gate's memory. */
#include "check.h"
#include "random.h"

#include <math.h>
#include <plan/plan.h>

static const yki_rate_key key = {.kernel = 42, .device = 1, .work = 1 << 20, .inner = 1};

static yki_rates *open_rates(void)
{
    yki_rates *r = NULL;
    assert_int_equal(YK_OK, yki_rates_open(&r));
    return r;
}

static yki_proc get(yki_rates *r, yki_rate_key k)
{
    yki_proc p = {0};
    yki_rates_get(r, k, &p);
    return p;
}

static void near_to(double want, double got, double share)
{
    if (!(fabs(got - want) <= share * fabs(want))) fail_msg("%g is not about %g", got, want);
}

/* A chunk of the line a + n / r, off by `noise` at most. */
static double line(uint64_t *s, double latency, double rate, size_t items, double noise)
{
    return (latency + (double)items / rate) * (1 + noise * rnd_real(s, -1, 1));
}

static void unknown_at_first(void **state)
{
    (void)state;
    yki_rates *r = open_rates();
    yki_proc p = get(r, key);
    assert_true(p.rate <= 0 && p.alone_rate <= 0 && p.latency_s < 0);
    yki_rates_put(r, key, 1000, 1, false, true);        /* just built */
    yki_rates_put(r, key, 0, 1, false, false);
    yki_rates_put(r, key, 1000, 0, false, false);
    yki_rates_put(r, key, 1000, -1, false, false);
    yki_rates_put(r, key, 1000, (double)NAN, false, false);
    yki_rates_put(r, key, 1000, (double)INFINITY, false, false);
    assert_true(get(r, key).rate <= 0);
    yki_rates_close(&r);
    assert_null(r);
    yki_rates_close(&r);
}

static void latency_and_rate_come_apart(void **state)
{
    (void)state;
    yki_rates *r = open_rates();
    uint64_t s = 1;
    static const size_t sizes[] = {10000, 20000, 40000, 80000, 160000, 320000};
    for (size_t i = 0; i < YKI_COUNT(sizes); i++) {
        yki_rates_put(r, key, sizes[i], line(&s, 300e-6, 1e8, sizes[i], 0.01), false, false);
    }
    yki_proc p = get(r, key);
    near_to(1e8, p.rate, 0.05);
    near_to(300e-6, p.latency_s, 0.15);
    assert_true(p.error <= 0.05 && p.alone_rate <= 0);
    yki_rates_close(&r);
}

static void alone_and_beside_are_kept_apart(void **state)
{
    (void)state;
    yki_rates *r = open_rates();
    for (int i = 0; i < 5; i++) {
        yki_rates_put(r, key, 100000, 1e-3, false, false);
        yki_rates_put(r, key, 100000, 0.5e-3, true, false);
    }
    yki_proc p = get(r, key);
    near_to(1e8, p.rate, 1e-6);
    near_to(2e8, p.alone_rate, 1e-6);
    yki_rates_close(&r);
}

static void rates_are_kept_in_work_items(void **state)
{
    (void)state;
    yki_rates *r = open_rates();
    yki_rate_key rows = key, planes = key;
    rows.inner = 100;
    planes.inner = 1000;
    for (int i = 0; i < 3; i++) yki_rates_put(r, rows, 1000, 1e-3, false, false);
    near_to(1e6, get(r, rows).rate, 1e-6);
    near_to(1e5, get(r, planes).rate, 1e-6);
    yki_rates_close(&r);
}

static void one_outlier_moves_nothing(void **state)
{
    (void)state;
    yki_rates *r = open_rates();
    uint64_t s = 5;
    for (int i = 0; i < 30; i++) {
        double t = line(&s, 0, 1e8, 100000, 0.02);
        if (i % 7 == 3) t *= 200;
        if (i % 7 == 6) t /= 200;
        yki_rates_put(r, key, 100000, t, false, false);
        if (i >= 4) near_to(1e8, get(r, key).rate, 0.05);
    }
    yki_rates_close(&r);
}

static void a_change_is_believed_soon(void **state)
{
    (void)state;
    yki_rates *r = open_rates();
    for (int i = 0; i < 20; i++) yki_rates_put(r, key, 100000, 1e-3, false, false);
    for (int i = 0; i < 3; i++) yki_rates_put(r, key, 100000, 4e-3, false, false);
    near_to(0.25e8, get(r, key).rate, 1e-6);
    for (int i = 0; i < 3; i++) yki_rates_put(r, key, 100000, 1e-3, false, false);
    near_to(1e8, get(r, key).rate, 1e-6);
    yki_rates_close(&r);
}

static void neighbours_serve_with_more_error(void **state)
{
    (void)state;
    yki_rates *r = open_rates();
    for (int i = 0; i < 9; i++) yki_rates_put(r, key, 100000, 1e-3, false, false);
    yki_rate_key next = key, far = key, other = key;
    next.work *= 4;
    far.work *= 1024;
    other.device++;
    near_to(1e8, get(r, next).rate, 1e-6);
    assert_true(get(r, next).error > get(r, key).error + 0.05);
    assert_true(get(r, far).rate <= 0);
    assert_true(get(r, other).rate <= 0);
    /* A nearer one is preferred. */
    yki_rate_key between = key;
    between.work *= 2;
    yki_rates_put(r, between, 100000, 2e-3, false, false);
    near_to(0.5e8, get(r, next).rate, 1e-6);
    yki_rates_close(&r);
}

static void losing_twice_keeps_a_kernel_single(void **state)
{
    (void)state;
    yki_rates *r = open_rates();
    assert_false(yki_rates_stay_single(r, key));
    yki_rates_judge(r, key, true, 1.0, 1.2);
    assert_false(yki_rates_stay_single(r, key));
    yki_rates_judge(r, key, true, 1.0, 0.7);            /* won: forgotten */
    yki_rates_judge(r, key, true, 1.0, 1.2);
    yki_rates_judge(r, key, false, 1.0, 5.0);           /* not split: says nothing */
    yki_rates_judge(r, key, true, 0, 5.0);              /* nothing was predicted */
    assert_false(yki_rates_stay_single(r, key));
    for (int k = 1; k <= 4; k++) {
        yki_rates_judge(r, key, true, 1.0, 1.2);
        if (k > 1) yki_rates_judge(r, key, true, 1.0, 1.2);     /* one was lost above */
        for (int i = 0; i < 1 << k; i++) assert_true(yki_rates_stay_single(r, key));
        assert_false(yki_rates_stay_single(r, key));
    }
    yki_rates_close(&r);
}

static void silent_devices_are_tried_again(void **state)
{
    (void)state;
    yki_rates *r = open_rates();
    yki_rate_key host = key;
    host.device = 0;
    yki_rates_put(r, key, 1000, 1e-3, false, false);
    yki_rates_put(r, host, 1000, 1e-3, false, false);
    int unknown = 0;
    for (int i = 1; i <= 1000; i++) {
        bool known = get(r, key).rate > 0;
        unknown += !known;
        if (i == 64 || i == 64 + 128) assert_false(known);
        assert_true(get(r, host).rate > 0);
    }
    assert_int_equal(4, unknown);       /* 64, 192, 448, 960 */
    for (int i = 1; i <= 1000; i++) {
        yki_rates_put(r, key, 1000, 1e-3, false, false);
        assert_true(get(r, key).rate > 0);
    }
    yki_rates_close(&r);
}

static void many_records_stay_apart(void **state)
{
    (void)state;
    yki_rates *r = open_rates();
    for (uint64_t pass = 0; pass < 2; pass++) {
        uint64_t s = 9;
        for (size_t i = 0; i < 3000; i++) {
            yki_rate_key k = key;
            k.kernel = rnd(&s);
            if (pass == 0) yki_rates_put(r, k, 1000 + i, 1, false, false);
            else near_to(1000.0 + (double)i, get(r, k).rate, 1e-6);
        }
    }
    yki_rates_close(&r);
}

static bool no_memory(void *ctx, size_t bytes)
{
    (void)ctx; (void)bytes;
    return false;
}

static void without_memory_samples_are_lost(void **state)
{
    (void)state;
    yki_rates *r = NULL;
    yki_alloc_set_hook(no_memory, NULL);
    assert_int_equal(YK_E_NOMEM, yki_rates_open(&r));
    yki_alloc_set_hook(NULL, NULL);
    assert_null(r);
    r = open_rates();
    yki_alloc_set_hook(no_memory, NULL);
    yki_rates_put(r, key, 1000, 1, false, false);
    yki_rates_judge(r, key, true, 1, 2);
    yki_alloc_set_hook(NULL, NULL);
    assert_true(get(r, key).rate <= 0);
    yki_rates_put(r, key, 1000, 1, false, false);
    assert_true(get(r, key).rate > 0);
    yki_rates_close(&r);
}

static void *use_often(void *ctx)
{
    yki_rates *r = ctx;
    for (uint64_t i = 0; i < 2000; i++) {
        yki_rate_key k = key;
        k.kernel = i % 50;
        yki_rates_put(r, k, 1000, 1e-3, i % 2, false);
        (void)get(r, k);
        yki_rates_judge(r, k, true, 1, i % 3 ? 2 : 0.5);
        (void)yki_rates_stay_single(r, k);
    }
    return NULL;
}

static void any_thread_may_call(void **state)
{
    (void)state;
    yki_rates *r = open_rates();
    pthread_t t[4];
    for (int i = 0; i < 4; i++) assert_int_equal(YK_OK, yki_thread_start(&t[i], "r", use_often, r));
    for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
    yki_rate_key k = key;
    k.kernel = 7;
    near_to(1e6, get(r, k).alone_rate, 1e-6);
    yki_rates_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_at_first),
        cmocka_unit_test(latency_and_rate_come_apart),
        cmocka_unit_test(alone_and_beside_are_kept_apart),
        cmocka_unit_test(rates_are_kept_in_work_items),
        cmocka_unit_test(one_outlier_moves_nothing),
        cmocka_unit_test(a_change_is_believed_soon),
        cmocka_unit_test(neighbours_serve_with_more_error),
        cmocka_unit_test(losing_twice_keeps_a_kernel_single),
        cmocka_unit_test(silent_devices_are_tried_again),
        cmocka_unit_test(many_records_stay_apart),
        cmocka_unit_test(without_memory_samples_are_lost),
        cmocka_unit_test(any_thread_may_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
