/* What each policy orders, step by step, and what the plan says about itself. */
#include "check.h"

#include <plan/plan.h>
#include <string.h>

static yki_plan *open_plan(const yki_plan_spec *spec)
{
    yki_plan *p = NULL;
    assert_int_equal(YK_OK, yki_plan_open(&p, spec));
    return p;
}

static yki_proc proc(double latency, double rate)
{
    return (yki_proc){.present = true, .ready = true, .latency_s = latency, .rate = rate,
                      .error = 0.01};
}

/* The host and one device of unknown rates. */
static yki_plan_spec cold(yki_policy policy, size_t items)
{
    return (yki_plan_spec){.policy = policy, .items = items, .align = 64, .n_procs = 2,
                           .procs = {proc(-1, 0), proc(-1, 0)}};
}

static yki_plan_spec warm(yki_policy policy, size_t items, double host, double device)
{
    yki_plan_spec s = cold(policy, items);
    s.procs[0] = proc(2e-6, host);
    s.procs[1] = proc(100e-6, device);
    return s;
}

static yki_order take(yki_plan *p, size_t d)
{
    yki_order o = yki_plan_next(p, d);
    assert_int_equal(YKI_TAKE, o.kind);
    return o;
}

static void done(yki_plan *p, size_t d, yki_order o, double seconds)
{
    yki_plan_done(p, d, o.begin, o.end, seconds);
}

static void nobody_and_nothing(void **state)
{
    (void)state;
    yki_plan *p = NULL;
    yki_plan_spec s = cold(YKI_AUTO, 100);
    s.n_procs = 0;
    assert_int_equal(YK_E_INVALID, yki_plan_open(&p, &s));
    s.n_procs = YKI_PLAN_MAX + 1;
    assert_int_equal(YK_E_INVALID, yki_plan_open(&p, &s));
    s = cold(YKI_AUTO, 100);
    s.only_devices = true;
    s.procs[1].present = false;
    assert_int_equal(YK_E_INVALID, yki_plan_open(&p, &s));
    assert_null(p);
    s = cold(YKI_AUTO, 0);
    p = open_plan(&s);
    assert_true(yki_plan_finished(p));
    assert_int_equal(YKI_STOP, yki_plan_next(p, 0).kind);
    assert_int_equal(YKI_STOP, yki_plan_next(p, 1).kind);
    assert_int_equal(YKI_STOP, yki_plan_next(p, 99).kind);
    yki_plan_close(&p);
    assert_null(p);
    yki_plan_close(&p);
}

static void host_alone_takes_all_at_once(void **state)
{
    (void)state;
    yki_plan_spec s = cold(YKI_AUTO, 1000);
    s.procs[1].present = false;
    yki_plan *p = open_plan(&s);
    yki_order o = take(p, 0);
    assert_int_equal(0, o.begin);
    assert_int_equal(1000, o.end);
    assert_int_equal(1000, yki_plan_trim(p, 0));
    assert_false(yki_plan_get_info(p).split);
    assert_true(yki_plan_get_info(p).reason[0]);
    done(p, 0, o, 1e-3);
    assert_true(yki_plan_finished(p));
    yki_plan_close(&p);
}

static void single_takes_the_fastest(void **state)
{
    (void)state;
    yki_plan_spec s = warm(YKI_SINGLE, 1000000, 1e6, 1e9);
    yki_plan *p = open_plan(&s);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 0).kind);
    yki_order o = take(p, 1);
    assert_int_equal(1000000, o.end - o.begin);
    yki_plan_failed(p, 1);
    assert_int_equal(YKI_STOP, yki_plan_next(p, 1).kind);
    o = take(p, 0);
    assert_int_equal(1000000, o.end - o.begin);
    done(p, 0, o, 1);
    assert_true(yki_plan_finished(p));
    yki_plan_close(&p);
    /* What a device cannot hold at once goes in several orders, two at a time. */
    s.procs[1].max_items = 100000;
    p = open_plan(&s);
    o = take(p, 1);
    assert_true(o.end - o.begin <= 100000 && o.begin == 0);
    o = take(p, 1);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 1).kind);
    yki_plan_close(&p);
}

static void static_shares_by_rates(void **state)
{
    (void)state;
    yki_plan_spec s = warm(YKI_STATIC, 64000, 1e6, 3e6);
    yki_plan *p = open_plan(&s);
    yki_order host = take(p, 0), device = take(p, 1);
    assert_int_equal(16000, host.end - host.begin);
    assert_int_equal(48000, device.end - device.begin);
    assert_true(yki_plan_get_info(p).split);
    done(p, 0, host, 1);
    done(p, 1, device, 1);
    assert_true(yki_plan_finished(p));
    yki_plan_close(&p);
    /* Equally while a rate is unknown. */
    s.procs[1].rate = 0;
    p = open_plan(&s);
    host = take(p, 0);
    assert_int_equal(32000, host.end - host.begin);
    yki_plan_failed(p, 1);
    size_t rest = 32000;
    done(p, 0, host, 1);
    while (!yki_plan_finished(p)) {
        host = take(p, 0);
        rest -= host.end - host.begin;
        done(p, 0, host, 1);
    }
    assert_int_equal(0, rest);
    yki_plan_close(&p);
}

static void dynamic_shares_shrink(void **state)
{
    (void)state;
    yki_plan_spec s = warm(YKI_DYNAMIC, 1 << 20, 1e8, 1e8);
    yki_plan *p = open_plan(&s);
    size_t last = SIZE_MAX;
    for (int i = 0; i < 4; i++) {
        yki_order o = take(p, 1);
        assert_true(o.end - o.begin < last);
        last = o.end - o.begin;
        done(p, 1, o, (double)last / 1e8);
    }
    yki_plan_close(&p);
}

static void the_gate_keeps_one_processor(void **state)
{
    (void)state;
    yki_plan_spec s = warm(YKI_AUTO, 10000000, 1e8, 1e6);     /* a hundred times slower */
    yki_plan *p = open_plan(&s);
    yki_plan_info info = yki_plan_get_info(p);
    assert_false(info.split);
    assert_int_equal(0, info.best);
    assert_true(info.reason[0] && info.predicted_single_s > 0.09);
    assert_int_equal(YKI_STOP, yki_plan_next(p, 1).kind);
    yki_order o = take(p, 0);
    assert_int_equal(10000000, o.end - o.begin);
    yki_plan_close(&p);

    s = warm(YKI_AUTO, 10000000, 1e8, 1e8);
    p = open_plan(&s);
    info = yki_plan_get_info(p);
    assert_true(info.split && !info.reason[0]);
    assert_true(info.predicted_s > 0.05 && info.predicted_s < 0.051);
    /* 85 % of its half at once. */
    o = take(p, 1);
    assert_true(o.begin == 0 && o.end > 4200000 && o.end < 4260000);
    o = take(p, 0);
    assert_int_equal(10000000, o.end);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 0).kind);
    yki_plan_close(&p);

    s.stay_single = true;
    p = open_plan(&s);
    assert_false(yki_plan_get_info(p).split);
    yki_plan_close(&p);

    s = warm(YKI_AUTO, 10000, 1e8, 1e8);        /* over before the device has begun */
    p = open_plan(&s);
    assert_false(yki_plan_get_info(p).split);
    yki_plan_close(&p);

    s = warm(YKI_AUTO, 10000000, 1e8, 5e6);     /* 4.8 % to gain, if the model is right */
    p = open_plan(&s);
    assert_true(yki_plan_get_info(p).split);
    yki_plan_close(&p);
    s.procs[0].error = 0.2;                     /* which is not certain */
    p = open_plan(&s);
    assert_false(yki_plan_get_info(p).split);
    yki_plan_close(&p);

    s = warm(YKI_AUTO, 10000000, 1e8, 1e7);     /* 9 %: worth a try all the same, since */
    s.procs[0].error = 0.2;                     /* losing twice is remembered */
    p = open_plan(&s);
    assert_true(yki_plan_get_info(p).split);
    yki_plan_close(&p);
}

static void unknown_devices_are_tried_with_little(void **state)
{
    (void)state;
    yki_plan_spec s = cold(YKI_AUTO, 1 << 24);
    s.procs[1].fill_items = 16384;
    yki_plan *p = open_plan(&s);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 1).kind);       /* the host's rate first */
    yki_order o = take(p, 0);
    assert_true(o.end - o.begin <= (1 << 24) / 1000);
    done(p, 0, o, (double)(o.end - o.begin) / 1e8);
    o = take(p, 0);
    done(p, 0, o, (double)(o.end - o.begin) / 1e8);             /* twice the same: settled */
    o = take(p, 1);
    assert_int_equal(16384, o.end - o.begin);
    yki_order block = take(p, 0);
    assert_true(block.end - block.begin <= 2 * 16384);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 1).kind);       /* one at a time till settled */
    done(p, 1, o, 200e-6);
    o = take(p, 1);
    assert_int_equal(4 * 16384, o.end - o.begin);
    yki_plan_close(&p);
    /* Not in a launch that the host has soon done. */
    s = cold(YKI_AUTO, 1 << 16);
    p = open_plan(&s);
    for (int i = 0; i < 2; i++) {
        o = take(p, 0);
        done(p, 0, o, (double)(o.end - o.begin) / 1e8);
    }
    assert_int_equal(YKI_STOP, yki_plan_next(p, 1).kind);
    yki_plan_close(&p);
    /* Nor where the least that can be cut is much. */
    s = cold(YKI_AUTO, 1 << 16);
    s.align = 8192;
    p = open_plan(&s);
    assert_int_equal(YKI_STOP, yki_plan_next(p, 1).kind);
    yki_plan_close(&p);
}

static void a_late_device_gets_its_share(void **state)
{
    (void)state;
    yki_plan_spec s = warm(YKI_AUTO, 100000000, 1e8, 1e8);
    s.procs[1].ready = false;
    yki_plan *p = open_plan(&s);
    yki_order o = take(p, 0);
    assert_true(o.end - o.begin < 1000000);     /* so that the executor can learn its pace */
    done(p, 0, o, 1e-3);
    o = take(p, 0);
    assert_int_equal(0, o.begin);               /* all the rest */
    assert_int_equal(o.end, yki_plan_trim(p, 0));
    yki_plan_arrived(p, 1);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 1).kind);
    assert_int_equal(o.begin, yki_plan_trim(p, 0));
    size_t at = 30000000 - 30000000 % 64;
    yki_plan_returned(p, 0, at, o.end);
    yki_plan_done(p, 0, 0, at, 0.3);
    yki_order device = take(p, 1);
    assert_int_equal(at, device.begin);
    assert_true(device.end - device.begin > 20000000);
    yki_plan_close(&p);
    /* A slow one is not worth the interruption. */
    s.procs[1].rate = 1e5;
    p = open_plan(&s);
    o = take(p, 0);
    done(p, 0, o, 1e-3);
    o = take(p, 0);
    yki_plan_arrived(p, 1);
    assert_int_equal(o.end, yki_plan_trim(p, 0));
    yki_plan_close(&p);
}

static void only_devices_until_they_are_lost(void **state)
{
    (void)state;
    yki_plan_spec s = cold(YKI_AUTO, 100000);
    s.only_devices = true;
    s.procs[1].ready = false;
    yki_plan *p = open_plan(&s);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 0).kind);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 1).kind);
    yki_plan_arrived(p, 1);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 0).kind);
    yki_order o = take(p, 1);
    assert_int_equal(100000, o.end - o.begin);
    yki_plan_failed(p, 1);
    o = take(p, 0);
    done(p, 0, o, 1);
    while (!yki_plan_finished(p)) {
        o = take(p, 0);
        done(p, 0, o, 1);
    }
    yki_plan_close(&p);
}

static void whole_launches_are_one_order(void **state)
{
    (void)state;
    yki_plan_spec s = warm(YKI_DYNAMIC, 1001, 1e6, 1e9);
    s.procs[1].latency_s = 0;
    s.whole = true;
    s.procs[1].max_items = 1000;        /* too little memory: the host */
    yki_plan *p = open_plan(&s);
    yki_order o = take(p, 0);
    assert_int_equal(1001, o.end - o.begin);
    yki_plan_close(&p);
    s.procs[1].max_items = 0;
    s.n_procs = 3;
    s.procs[2] = proc(0, 1e8);
    p = open_plan(&s);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 0).kind);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 2).kind);
    o = take(p, 1);
    assert_int_equal(1001, o.end - o.begin);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 1).kind);
    yki_plan_failed(p, 1);
    assert_int_equal(YKI_WAIT, yki_plan_next(p, 0).kind);
    o = take(p, 2);
    assert_int_equal(1001, o.end - o.begin);
    yki_plan_failed(p, 2);
    o = take(p, 0);
    assert_int_equal(1001, o.end - o.begin);
    done(p, 0, o, 1);
    assert_true(yki_plan_finished(p));
    yki_plan_close(&p);
}

static void limits_near_the_largest_size(void **state)
{
    (void)state;
    yki_plan_spec s = warm(YKI_DYNAMIC, SIZE_MAX, 1e19, 1e19);
    s.procs[1].max_items = SIZE_MAX / 100;
    yki_plan *p = open_plan(&s);
    while (!yki_plan_finished(p)) {
        for (size_t d = 0; d < 2; d++) {
            yki_order o = yki_plan_next(p, d);
            if (o.kind != YKI_TAKE) continue;
            assert_true(o.begin < o.end && o.begin % 64 == 0);
            if (d) assert_true(o.end - o.begin <= SIZE_MAX / 100);
            done(p, d, o, (double)(o.end - o.begin) / 1e19);
        }
    }
    yki_plan_close(&p);
}

static bool no_memory(void *ctx, size_t bytes)
{
    (void)ctx; (void)bytes;
    return false;
}

static void memory_is_needed_at_opening_alone(void **state)
{
    (void)state;
    yki_plan_spec s = warm(YKI_DYNAMIC, 1 << 20, 1e8, 1e8);
    yki_plan *p = NULL;
    yki_alloc_set_hook(no_memory, NULL);
    assert_int_equal(YK_E_NOMEM, yki_plan_open(&p, &s));
    yki_alloc_set_hook(NULL, NULL);
    assert_null(p);
    p = open_plan(&s);
    yki_alloc_set_hook(no_memory, NULL);
    yki_order o = take(p, 1);
    yki_plan_failed(p, 1);
    while (!yki_plan_finished(p)) {
        o = take(p, 0);
        done(p, 0, o, 1e-3);
    }
    yki_alloc_set_hook(NULL, NULL);
    yki_plan_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_and_nothing),
        cmocka_unit_test(host_alone_takes_all_at_once),
        cmocka_unit_test(single_takes_the_fastest),
        cmocka_unit_test(static_shares_by_rates),
        cmocka_unit_test(dynamic_shares_shrink),
        cmocka_unit_test(the_gate_keeps_one_processor),
        cmocka_unit_test(unknown_devices_are_tried_with_little),
        cmocka_unit_test(a_late_device_gets_its_share),
        cmocka_unit_test(only_devices_until_they_are_lost),
        cmocka_unit_test(whole_launches_are_one_order),
        cmocka_unit_test(limits_near_the_largest_size),
        cmocka_unit_test(memory_is_needed_at_opening_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
