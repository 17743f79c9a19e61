/* Launches over the pool and scripted devices: every policy gives the serial result, and
 * whatever a device does wrong costs time, not results.  Needs no driver. */
#include <device/model/model.h>
#include <hand_kernels.h>
#include <math.h>
#include <run/run.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "random.h"

#include "hand_kernels.c"

#define N 50021

typedef struct rig {
    yki_pool *pool;
    yki_rates *rates;
    yki_blocks *blocks;
    yki_runner *runner;
    yki_device *device[2];
    float *x, *y, *expect;
} rig;

static void open_rig(rig *g, const yki_model_script *scripts, size_t n)
{
    memset(g, 0, sizeof *g);
    yki_pool_opts pool = {.workers = 2};
    assert_int_equal(yki_pool_open(&g->pool, &pool, NULL), YK_OK);
    assert_int_equal(yki_rates_open(&g->rates), YK_OK);
    assert_int_equal(yki_blocks_open(&g->blocks), YK_OK);
    yki_runner_parts parts = {.pool = g->pool, .rates = g->rates, .blocks = g->blocks,
                              .patience_s = 0.3};
    assert_int_equal(yki_runner_open(&g->runner, &parts), YK_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(yki_model_open(&g->device[i], &scripts[i]), YK_OK);
        assert_int_equal(yki_runner_add_device(g->runner, g->device[i]), YK_OK);
    }
    g->x = malloc(N * sizeof(float));
    g->y = malloc(N * sizeof(float));
    g->expect = malloc(N * sizeof(float));
    assert_true(g->x && g->y && g->expect);
}

static void close_rig(rig *g)
{
    yki_runner_close(&g->runner);
    yki_blocks_close(&g->blocks);
    yki_rates_close(&g->rates);
    yki_pool_close(&g->pool);
    free(g->x);
    free(g->y);
    free(g->expect);
}

/* One saxpy of n items under opts; its result must be right. */
static yk_report check_saxpy(rig *g, int32_t n, const yk_run_opts *opts)
{
    yk_report report;
    yk_diag diag = {0};
    yk_range range = yk_1d((size_t)n);
    hand_saxpy_args args = {.n = n, .a = 3, .x = g->x, .y = g->y};
    for (int i = 0; i < N; i++) {
        g->x[i] = (float)(i % 977);
        g->y[i] = (float)(i % 31);
        g->expect[i] = i < n ? 3 * g->x[i] + g->y[i] : g->y[i];
    }
    yk_status st = yki_runner_launch(g->runner, &hand_saxpy, &range, &args, opts, &report, &diag);
    if (st != YK_OK) fail_msg("%s: %s", yk_strerror(st), diag.text);
    assert_memory_equal(g->y, g->expect, N * sizeof(float));
    size_t items = 0;
    for (uint32_t i = 0; i < report.n_parts; i++) items += report.parts[i].items;
    assert_int_equal(items, n);
    return report;
}

static const yk_policy policies[] = {YK_POLICY_AUTO, YK_POLICY_SINGLE, YK_POLICY_STATIC,
                                     YK_POLICY_DYNAMIC};

static void test_policies(void **state)
{
    (void)state;
    yki_model_script scripts[2] = {{.id = "gpu0"}, {.id = "gpu1", .item_ns = 20}};
    rig g;
    open_rig(&g, scripts, 2);
    for (int round = 0; round < 5; round++)
        for (size_t p = 0; p < YKI_COUNT(policies); p++) {
            yk_run_opts opts = {.policy = policies[p]};
            (void)check_saxpy(&g, N, &opts);
            (void)check_saxpy(&g, 1, &opts);
            (void)check_saxpy(&g, 63, &opts);
        }
    close_rig(&g);
}

static void test_one_device_moves_the_minimum(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0"};
    rig g;
    open_rig(&g, &script, 1);
    yk_run_opts opts = {.devices = "gpu0", .policy = YK_POLICY_SINGLE};
    yk_report r = check_saxpy(&g, N, &opts);
    assert_int_equal(r.n_parts, 1);
    assert_string_equal(r.parts[0].device, "gpu0");
    assert_int_equal(r.bytes_up, 2 * N * sizeof(float));
    assert_int_equal(r.bytes_down, N * sizeof(float));
    assert_int_equal(r.retired, 0);
    close_rig(&g);
}

static void test_static_splits(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0"};
    rig g;
    open_rig(&g, &script, 1);
    yk_run_opts opts = {.policy = YK_POLICY_STATIC};
    /* The first launch builds; later ones go by rates, which noise may make one-sided. */
    yk_report r = {0};
    for (int i = 0; i < 50 && !r.split; i++) r = check_saxpy(&g, N, &opts);
    if (!r.split) fail_msg("one processor did it all: %s", r.reason);
    assert_int_equal(r.n_parts, 2);
    assert_true(r.bytes_up == 2 * r.parts[1].items * sizeof(float));
    close_rig(&g);
}

/* A device without room for the smallest part is refused if asked for alone. */
static void test_no_room(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0", .memory_bytes = 64};
    rig g;
    yk_diag diag = {0};
    open_rig(&g, &script, 1);
    yk_run_opts opts = {.devices = "gpu0"};
    yk_range range = yk_1d(N);
    hand_saxpy_args args = {.n = N, .a = 3, .x = g.x, .y = g.y};
    assert_int_equal(yki_runner_launch(g.runner, &hand_saxpy, &range, &args, &opts, NULL, &diag),
                     YK_E_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "memory"));
    opts.devices = NULL;
    (void)check_saxpy(&g, N, &opts);
    close_rig(&g);
}

static void test_faults_cost_no_result(void **state)
{
    static const yki_model_script faults[] = {
        {.fail_submit = 1}, {.fail_submit = 2}, {.fail_submit = 5},
        {.fail_wait = 1},   {.fail_wait = 3},   {.hang = 1},
        {.hang = 2},        {.fail_build = true}, {.fail_buffer = 1},
        {.fail_buffer = 2}, {.memory_bytes = 65536}, {.alloc_bytes = 4096},
    };
    (void)state;
    for (size_t f = 0; f < YKI_COUNT(faults); f++)
        for (size_t p = 0; p < YKI_COUNT(policies); p++)
            for (int only = 0; only <= 1; only++) {
                yki_model_script script = faults[f];
                rig g;
                script.id = "gpu0";
                open_rig(&g, &script, 1);
                yk_run_opts opts = {.policy = policies[p], .devices = only ? "gpu0" : NULL};
                for (int round = 0; round < 3; round++) {
                    yk_device_info info[2];
                    assert_int_equal(yki_runner_devices(g.runner, info, 2), 2);
                    /* Once it is known to be of no use, asking for it alone is refused. */
                    if (only && round > 0 && info[1].state == YK_DEVICE_RETIRED) break;
                    if (only && round > 0 && script.fail_build) break;
                    (void)check_saxpy(&g, N, &opts);
                }
                close_rig(&g);
            }
}

static void test_useless_device_is_refused(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0", .fail_submit = 1};
    rig g;
    yk_diag diag = {0};
    open_rig(&g, &script, 1);
    yk_run_opts opts = {.devices = "gpu0", .policy = YK_POLICY_SINGLE};
    yk_report r = check_saxpy(&g, N, &opts);
    assert_int_equal(r.retired, 1);
    yk_range range = yk_1d(N);
    hand_saxpy_args args = {.n = N, .a = 3, .x = g.x, .y = g.y};
    assert_int_equal(yki_runner_launch(g.runner, &hand_saxpy, &range, &args, &opts, NULL, &diag),
                     YK_E_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "gpu0"));
    close_rig(&g);
}

/* A program that takes long to build does not hold up a launch that can do without. */
static void test_late_program(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0", .build_ns = 300000000};
    rig g;
    open_rig(&g, &script, 1);
    yk_run_opts opts = {.policy = YK_POLICY_DYNAMIC};
    yk_report r = check_saxpy(&g, N, &opts);
    assert_int_equal(r.parts[0].items, N);      /* the pool did it all meanwhile */
    (void)usleep(400000);
    (void)check_saxpy(&g, N, &opts);
    close_rig(&g);
}

static void test_reductions(void **state)
{
    (void)state;
    yki_model_script scripts[2] = {{.id = "gpu0"}, {.id = "gpu1", .fail_wait = 2}};
    rig g;
    float first = 0;
    open_rig(&g, scripts, 2);
    for (int i = 0; i < N; i++) g.x[i] = (float)((i % 3) - 1) * (1.0f + 1.0f / (float)(i + 1));
    for (size_t k = 0; k < 12; k++) {
        static const char *const lists[] = {NULL, "cpu", "gpu0"};
        float sum = 0;
        yk_diag diag = {0};
        yk_run_opts opts = {.policy = policies[k % 4], .devices = lists[k % 3]};
        yk_range range = yk_1d(N);
        hand_sum_args args = {.n = N, .x = g.x, .sum = &sum};
        yk_status st =
            yki_runner_launch(g.runner, &hand_sum, &range, &args, &opts, NULL, &diag);
        if (st != YK_OK) fail_msg("%s: %s", yk_strerror(st), diag.text);
        if (k == 0) first = sum;
        assert_memory_equal(&sum, &first, sizeof sum);
    }
    close_rig(&g);
}

static void test_deadline_with_device(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0", .item_ns = 100000};
    rig g;
    yk_diag diag = {0};
    open_rig(&g, &script, 1);
    yk_run_opts opts = {.deadline_s = 0.02, .devices = "gpu0", .policy = YK_POLICY_DYNAMIC};
    yk_range range = yk_1d(N);
    hand_saxpy_args args = {.n = N, .a = 3, .x = g.x, .y = g.y};
    memset(g.x, 0, N * sizeof(float));
    memset(g.y, 0, N * sizeof(float));
    assert_int_equal(yki_runner_launch(g.runner, &hand_saxpy, &range, &args, &opts, NULL, &diag),
                     YK_E_TIMEOUT);
    opts = (yk_run_opts){.devices = "cpu"};
    (void)check_saxpy(&g, N, &opts);
    close_rig(&g);
}

static void test_unknown_names(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0"};
    rig g;
    yk_diag diag = {0};
    open_rig(&g, &script, 1);
    yk_run_opts opts = {.devices = "cpu,gpu1"};
    yk_range range = yk_1d(N);
    hand_saxpy_args args = {.n = N, .a = 3, .x = g.x, .y = g.y};
    assert_int_equal(yki_runner_launch(g.runner, &hand_saxpy, &range, &args, &opts, NULL, &diag),
                     YK_E_INVALID);
    assert_non_null(strstr(diag.text, "gpu1"));
    close_rig(&g);
}

/* Random scripts, policies and sizes. */
static void test_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        uint64_t r = seed;
        yki_model_script scripts[2] = {{.id = "gpu0"}, {.id = "gpu1"}};
        for (size_t d = 0; d < 2; d++) {
            scripts[d].item_ns = rnd_real(&r, 0, 40);
            scripts[d].job_ns = (uint64_t)rnd_in(&r, 0, 200000);
            scripts[d].build_ns = (uint64_t)rnd_in(&r, 0, 2000000);
            if (rnd_chance(&r, 0.3)) scripts[d].fail_wait = (size_t)rnd_in(&r, 1, 9);
            if (rnd_chance(&r, 0.3)) scripts[d].fail_submit = (size_t)rnd_in(&r, 1, 9);
            if (rnd_chance(&r, 0.3)) scripts[d].memory_bytes = (size_t)rnd_in(&r, 100, 100000);
        }
        rig g;
        open_rig(&g, scripts, (size_t)rnd_in(&r, 0, 2));
        for (int k = 0; k < 8; k++) {
            yk_run_opts opts = {.policy = policies[rnd_in(&r, 0, 3)]};
            (void)check_saxpy(&g, (int32_t)rnd_in(&r, 0, N), &opts);
        }
        close_rig(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_one_device_moves_the_minimum),
        cmocka_unit_test(test_static_splits),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_faults_cost_no_result),
        cmocka_unit_test(test_useless_device_is_refused),
        cmocka_unit_test(test_late_program),
        cmocka_unit_test(test_reductions),
        cmocka_unit_test(test_deadline_with_device),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
