/* Every workload through the engine, as its users call it: every policy, every device
 * alone and with the pool, every instruction set level, several thread counts, launches
 * from several threads at once, submitted launches.  Compared with serial C each time. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <workload.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static yk_engine *open_engine(const char *devices, const char *isa, size_t threads)
{
    yk_engine *e = NULL;
    yk_diag diag;
    yk_engine_opts opts = {.devices = devices, .isa = isa, .threads = threads};
    yk_status st = yk_engine_open(&e, &opts, &diag);
    if (st != YK_OK) fail_msg("engine: %s: %s", yk_strerror(st), diag.text);
    st = yk_engine_settle(e, 60);
    if (st != YK_OK) {
        assert_int_equal(yk_last_diag(e, &diag), YK_OK);
        fail_msg("devices: %s: %s", yk_strerror(st), diag.text);
    }
    return e;
}

static void check_run(yki_instance *in, yk_engine *e, const yk_run_opts *opts, const char *what)
{
    yk_report report = {0};
    yki_verdict v;
    yki_instance_reset(in);
    yk_status st = in->workload->yoke(in, e, opts, &report);
    if (st != YK_OK) {
        yk_diag diag = {0};
        (void)yk_last_diag(e, &diag);
        fail_msg("%s on %s: %s: %s", in->workload->name, what, yk_strerror(st), diag.text);
    }
    yki_instance_check(in, &v);
    if (!v.right)
        fail_msg("%s of %zu on %s: error %g, tolerance %g: %s", in->workload->name,
                 in->extent.elements, what, v.max_error, v.tolerance, v.wrong);
}

static yki_instance *open_instance(const yki_workload *w, size_t elements)
{
    yki_instance *in = NULL;
    assert_int_equal(yki_instance_open(&in, w, elements, 11), YK_OK);
    yki_instance_reset(in);
    w->serial(in);
    yki_instance_keep(in);
    return in;
}

/* At most `most`, and small enough for many runs: some workloads cost n squared, others
 * much for each element. */
static size_t affordable(const yki_workload *w, size_t most)
{
    static const size_t sizes[] = {60013, 20011, 5003, 2003};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        yki_extent extent;
        w->describe(sizes[i], &extent);
        if (sizes[i] <= most && extent.flops < 1e8) return sizes[i];
    }
    return 509;
}

static void test_levels_and_threads(void **state)
{
    (void)state;
    for (int isa = YK_ISA_GENERIC; isa <= (int)yk_isa_native(); isa++) {
        for (size_t threads = 1; threads <= 2; threads++) {
            char what[64];
            yk_topo *topo = NULL;
            assert_int_equal(yk_topo_open(&topo, NULL, NULL), YK_OK);
            size_t workers = yk_topo_workers(topo);
            yk_topo_close(&topo);
            if (threads > workers) continue;
            yk_engine *e = open_engine("none", yk_isa_name((yk_isa)isa), threads);
            (void)snprintf(what, sizeof what, "%s, %zu threads", yk_isa_name((yk_isa)isa), threads);
            for (size_t k = 0; k < yki_workload_count; k++) {
                const yki_workload *w = yki_workloads[k];
                yki_instance *in = open_instance(w, affordable(w, 5003));
                check_run(in, e, NULL, what);
                yki_instance_close(&in);
            }
            yk_engine_close(&e);
        }
    }
}

static const yk_policy policies[] = {YK_POLICY_SINGLE, YK_POLICY_STATIC, YK_POLICY_DYNAMIC,
                                     YK_POLICY_AUTO};

/* Devices that cannot run a kernel say so; nothing else may go wrong. */
static void check_on(yk_engine *e, yki_instance *in, const char *devices)
{
    for (size_t p = 0; p < COUNT(policies); p++) {
        char what[64];
        yk_run_opts opts = {.devices = devices, .policy = policies[p]};
        (void)snprintf(what, sizeof what, "%s, policy %zu", devices, p);
        yki_instance_reset(in);
        yk_status st = in->workload->yoke(in, e, &opts, NULL);
        if (st == YK_E_UNSUPPORTED) {
            yk_diag diag;
            assert_int_equal(yk_last_diag(e, &diag), YK_OK);
            print_message("%s: %s\n", in->workload->name, diag.text);
            return;
        }
        check_run(in, e, &opts, what);
        check_run(in, e, &opts, what);      /* warm */
    }
}

static void test_devices_and_policies(void **state)
{
    yk_device_info info[16];
    (void)state;
    yk_engine *e = open_engine("all", NULL, 0);
    size_t n = yk_engine_devices(e, info, COUNT(info));
    for (size_t k = 0; k < yki_workload_count; k++) {
        yki_instance *in = open_instance(yki_workloads[k], affordable(yki_workloads[k], SIZE_MAX));
        for (size_t d = 1; d < n && d < COUNT(info); d++) {
            char with_pool[32];
            if (info[d].state != YK_DEVICE_READY) {
                if (k == 0) print_message("%s: %s\n", info[d].name, info[d].reason);
                continue;
            }
            (void)snprintf(with_pool, sizeof with_pool, "cpu,%s", info[d].id);
            check_on(e, in, info[d].id);
            check_on(e, in, with_pool);
        }
        check_run(in, e, NULL, "everything");
        yki_instance_close(&in);
    }
    size_t ready = 0;
    n = yk_engine_devices(e, info, COUNT(info));
    for (size_t d = 0; d < n; d++) ready += info[d].state == YK_DEVICE_READY;
    for (size_t d = 0; d < n; d++)
        if (info[d].state == YK_DEVICE_RETIRED) print_message("%s: %s\n", info[d].id, info[d].reason);
    assert_true(ready >= 1);
    yk_engine_close(&e);
}

/* ---- many callers ---- */

typedef struct caller {
    yk_engine *engine;
    size_t workload;
    bool right;
} caller;

static void *call_often(void *ctx)
{
    caller *c = ctx;
    yki_instance *in = NULL;
    const yki_workload *w = yki_workloads[c->workload % yki_workload_count];
    if (yki_instance_open(&in, w, affordable(w, 3001), 5) != YK_OK) return NULL;
    yki_instance_reset(in);
    w->serial(in);
    yki_instance_keep(in);
    c->right = true;
    for (int i = 0; i < 10; i++) {
        yki_verdict v = {0};
        yki_instance_reset(in);
        if (w->yoke(in, c->engine, NULL, NULL) == YK_OK) yki_instance_check(in, &v);
        c->right = c->right && v.right;
    }
    yki_instance_close(&in);
    return NULL;
}

static void test_many_callers(void **state)
{
    (void)state;
    yk_engine *e = open_engine("none", NULL, 0);
    pthread_t thread[8];
    caller callers[8];
    for (size_t i = 0; i < COUNT(thread); i++) {
        callers[i] = (caller){e, i, false};
        assert_int_equal(pthread_create(&thread[i], NULL, call_often, &callers[i]), 0);
    }
    for (size_t i = 0; i < COUNT(thread); i++) assert_int_equal(pthread_join(thread[i], NULL), 0);
    for (size_t i = 0; i < COUNT(thread); i++) assert_true(callers[i].right);
    yk_engine_close(&e);
}

/* ---- nested in a loop ---- */

static void nested_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        caller *c = &((caller *)ctx)[i];
        (void)call_often(c);
    }
}

static void test_launches_inside_a_loop(void **state)
{
    (void)state;
    yk_engine *e = open_engine("none", NULL, 0);
    caller callers[8];
    for (size_t i = 0; i < COUNT(callers); i++) callers[i] = (caller){e, i, false};
    assert_int_equal(yk_parallel_for(e, COUNT(callers), 1, nested_body, callers), YK_OK);
    for (size_t i = 0; i < COUNT(callers); i++) assert_true(callers[i].right);
    yk_engine_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_and_threads),
        cmocka_unit_test(test_devices_and_policies),
        cmocka_unit_test(test_many_callers),
        cmocka_unit_test(test_launches_inside_a_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
