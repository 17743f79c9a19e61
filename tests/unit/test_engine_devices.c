/* The engine with the OpenCL drivers that are there: opening in the background, naming
 * devices, carving cores for one, closing while a driver still opens.  Skipped, and said
 * so, where there is none. */
#include <hand_kernels.h>
#include <stdlib.h>
#include <string.h>
#include <yoke/yoke.h>

#include "check.h"

#include "hand_kernels.c"

#define N 100003
#define MOST 16

static float x[N], y[N];

static size_t list(yk_device_info *info)
{
    size_t n = 0;
    yk_diag diag;
    yk_status st = yk_list_devices(info, MOST, &n, &diag);
    if (st != YK_OK) print_message("no devices: %s\n", diag.text);
    return st == YK_OK && n < MOST ? n : 0;
}

static yk_report check_saxpy(yk_engine *e, const char *devices, yk_policy policy)
{
    yk_report report;
    yk_diag diag;
    yk_run_opts opts = {.devices = devices, .policy = policy, .report = &report, .diag = &diag};
    yk_range range = yk_1d(N);
    hand_saxpy_args args = {.n = N, .a = 2, .x = x, .y = y};
    for (int i = 0; i < N; i++) x[i] = (float)(i % 1000), y[i] = 1;
    yk_status st = yk_launch(e, &hand_saxpy, &range, &args, &opts);
    if (st != YK_OK) fail_msg("%s: %s: %s", devices, yk_strerror(st), diag.text);
    for (int i = 0; i < N; i++) assert_true(y[i] == 2 * (float)(i % 1000) + 1);
    size_t items = 0;
    for (uint32_t k = 0; k < report.n_parts; k++) {
        items += report.parts[k].items;
        assert_true(report.parts[k].device[0] != '\0');     /* it has a name */
    }
    assert_int_equal(items, N);
    return report;
}

static void test_named_devices(void **state)
{
    yk_device_info info[MOST], opened[MOST];
    (void)state;
    size_t n = list(info);
    if (!n) skip();
    for (size_t i = 0; i < n; i++) {
        yk_engine *e = NULL;
        yk_diag diag;
        yk_engine_opts opts = {.devices = info[i].id};
        assert_int_equal(yk_engine_open(&e, &opts, &diag), YK_OK);
        assert_int_equal(yk_engine_settle(e, 60), YK_OK);
        assert_int_equal(yk_engine_devices(e, opened, MOST), n + 1);
        assert_string_equal(opened[0].id, "cpu");
        for (size_t k = 0; k < n; k++) {
            assert_string_equal(opened[k + 1].id, info[k].id);
            if (k != i) assert_int_equal(opened[k + 1].state, YK_DEVICE_LISTED);
        }
        print_message("%s %s: %s\n", info[i].id, info[i].name,
                      opened[i + 1].state == YK_DEVICE_READY ? "ready" : opened[i + 1].reason);
        if (opened[i + 1].state == YK_DEVICE_READY) {
            yk_report r = check_saxpy(e, info[i].id, YK_POLICY_SINGLE);
            assert_int_equal(r.parts[0].items, N);
            assert_int_equal(r.bytes_down, N * sizeof(float));
            (void)check_saxpy(e, NULL, YK_POLICY_DYNAMIC);
            (void)check_saxpy(e, NULL, YK_POLICY_AUTO);
        }
        yk_engine_close(&e);
    }
}

static void test_carve(void **state)
{
    yk_device_info info[MOST], opened[MOST];
    yk_topo *topo = NULL;
    (void)state;
    assert_int_equal(yk_topo_open(&topo, NULL, NULL), YK_OK);
    size_t workers = yk_topo_workers(topo), n = list(info);
    yk_topo_close(&topo);
    if (!n || workers < 2) skip();
    for (size_t i = 0; i < n; i++) {
        yk_engine *e = NULL;
        yk_diag diag;
        yk_engine_opts opts = {.devices = info[i].id, .carve = 1};
        if (info[i].type != YK_DEVICE_CPU) continue;
        assert_int_equal(yk_engine_open(&e, &opts, &diag), YK_OK);
        assert_int_equal(yk_engine_workers(e), workers - 1);
        assert_int_equal(yk_engine_settle(e, 60), YK_OK);
        (void)yk_engine_devices(e, opened, MOST);
        print_message("carve for %s: %s\n", info[i].name,
                      opened[i + 1].state == YK_DEVICE_READY ? "done" : opened[i + 1].reason);
        if (opened[i + 1].state == YK_DEVICE_READY) {
            assert_int_equal(opened[i + 1].carved, 1);
            for (int k = 0; k < 3; k++) (void)check_saxpy(e, NULL, YK_POLICY_STATIC);
        }
        yk_engine_close(&e);
    }
}

static void test_bad_requests(void **state)
{
    yk_device_info info[MOST];
    (void)state;
    yk_engine *e = NULL;
    yk_diag diag;
    if (!list(info)) skip();
    yk_engine_opts opts = {.devices = "nonesuch"};
    assert_int_equal(yk_engine_open(&e, &opts, &diag), YK_OK);
    assert_int_equal(yk_engine_settle(e, 60), YK_E_INVALID);
    assert_int_equal(yk_last_diag(e, &diag), YK_OK);
    assert_non_null(strstr(diag.text, "nonesuch"));
    (void)check_saxpy(e, NULL, YK_POLICY_AUTO);     /* works on all the same */
    yk_engine_close(&e);
    opts = (yk_engine_opts){.carve = 1};
    assert_int_equal(yk_engine_open(&e, &opts, &diag), YK_E_INVALID);
    opts = (yk_engine_opts){.carve = 1000, .devices = "all"};
    assert_int_equal(yk_engine_open(&e, &opts, &diag), YK_E_INVALID);
}

/* Closing waits for drivers that are still opening; a launch need not. */
static void test_close_while_opening(void **state)
{
    (void)state;
    yk_engine *e = NULL;
    yk_engine_opts opts = {.devices = "all"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(yk_engine_open(&e, &opts, NULL), YK_OK);
        if (i > 0) (void)check_saxpy(e, NULL, YK_POLICY_AUTO);
        yk_engine_close(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named_devices),
        cmocka_unit_test(test_carve),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_close_while_opening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
