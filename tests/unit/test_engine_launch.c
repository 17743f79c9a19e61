/* The engine as users meet it: opening, options, launches, submitted launches, errors
 * that name their cause, deadlines, fork.  On the pool alone; devices are tested by the
 * run room's tests and by conformance. */
#include <loops.yk.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yoke/yoke.h>

#include <cmocka.h>

#define N 10007

/* TSan starts no threads in the child of a process that has some. */
#if defined(__SANITIZE_THREAD__)
#define THREADS_FORBIDDEN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREADS_FORBIDDEN 1
#endif
#endif
#ifndef THREADS_FORBIDDEN
#define THREADS_FORBIDDEN 0
#endif

static yk_engine *open_engine(void)
{
    yk_engine *e = NULL;
    yk_diag diag;
    yk_engine_opts opts = {.devices = "none"};
    if (yk_engine_open(&e, &opts, &diag) != YK_OK) fail_msg("%s", diag.text);
    return e;
}

static void fill(float *x, float *y)
{
    for (int i = 0; i < N; i++) {
        x[i] = (float)(i % 100);
        y[i] = 1;
    }
}

static void check_saxpy(const float *y, float a)
{
    for (int i = 0; i < N; i++) assert_true(y[i] == a * (float)(i % 100) + 1);
}

static void test_run(void **state)
{
    (void)state;
    static float x[N], y[N];
    yk_engine *e = open_engine();
    yk_report none;
    yk_diag d;
    fill(x, y);
    assert_int_equal(yk_last_diag(e, &d), YK_E_INVALID);
    assert_int_equal(yk_engine_settle(e, -1), YK_OK);
    assert_int_equal(yk_last_diag(e, &d), YK_OK);
    assert_int_equal(yk_last_report(e, &none), YK_E_INVALID);   /* no launch yet */
    assert_int_equal(saxpy_run(e, yk_1d(N), x, y, 2, N), YK_OK);
    check_saxpy(y, 2);
    yk_report r;
    assert_int_equal(yk_last_report(e, &r), YK_OK);
    assert_int_equal(r.items, N);
    assert_int_equal(r.n_parts, 1);
    assert_string_equal(r.parts[0].device, "cpu");
    assert_int_equal(r.parts[0].items, N);
    assert_int_equal(r.split, 0);
    assert_true(r.total_s >= r.parts[0].busy_s);
    yk_engine_close(&e);
    assert_null(e);
}

static void test_in_place_and_empty(void **state)
{
    (void)state;
    static float y[N];
    yk_engine *e = open_engine();
    fill(y, y);
    assert_int_equal(saxpy_run(e, yk_1d(N), y, y, 1, N), YK_OK);
    for (int i = 0; i < N; i++) assert_true(y[i] == 2);
    assert_int_equal(saxpy_run(e, yk_1d(0), y, y, 1, 0), YK_OK);
    assert_int_equal(saxpy_run(e, yk_1d(64), NULL, NULL, 1, 0), YK_OK);
    /* A padded range touches nothing beyond n. */
    assert_int_equal(saxpy_run(e, yk_1d(N + 1000), y, y, 1, 5), YK_OK);
    for (int i = 0; i < N; i++) assert_true(y[i] == (i < 5 ? 4 : 2));
    yk_engine_close(&e);
}

static void test_errors_name_their_cause(void **state)
{
    (void)state;
    static float x[N], y[N];
    yk_engine *e = open_engine();
    yk_diag d;
    assert_int_equal(saxpy_run(NULL, yk_1d(N), x, y, 2, N), YK_E_INVALID);
    assert_int_equal(saxpy_run(e, yk_2d(3, 3), x, y, 2, N), YK_E_INVALID);
    assert_int_equal(saxpy_run(e, yk_1d(N), NULL, y, 2, N), YK_E_INVALID);
    assert_int_equal(yk_last_diag(e, &d), YK_OK);
    assert_string_equal(d.kernel, "saxpy");
    assert_string_equal(d.argument, "x");
    assert_int_equal(saxpy_run(e, yk_1d(100), y, y + 1, 2, 100), YK_E_OVERLAP);
    assert_int_equal(yk_last_diag(e, &d), YK_OK);
    assert_int_equal(d.status, YK_E_OVERLAP);
    assert_true(strlen(d.text) > 0);
    assert_int_equal(saxpy_run(e, yk_1d(SIZE_MAX), x, y, 2, SIZE_MAX), YK_E_RANGE);
    yk_run_opts opts = {.devices = "gpu7", .diag = &d};
    assert_int_equal(saxpy_run_opts(e, &opts, yk_1d(N), x, y, 2, N), YK_E_INVALID);
    assert_non_null(strstr(d.text, "gpu7"));
    opts = (yk_run_opts){.policy = (yk_policy)9};
    assert_int_equal(saxpy_run_opts(e, &opts, yk_1d(N), x, y, 2, N), YK_E_INVALID);
    opts = (yk_run_opts){.deadline_s = -1};
    assert_int_equal(saxpy_run_opts(e, &opts, yk_1d(N), x, y, 2, N), YK_E_INVALID);
    yk_kernel strange = saxpy_kernel;
    strange.abi = 99;
    struct saxpy_args args = {.x = x, .y = y, .a = 1, .n = N};
    yk_range range = yk_1d(N);
    assert_int_equal(yk_launch(e, &strange, &range, &args, NULL), YK_E_UNSUPPORTED);
    /* After all that it still works. */
    fill(x, y);
    assert_int_equal(saxpy_run(e, yk_1d(N), x, y, 2, N), YK_OK);
    check_saxpy(y, 2);
    yk_engine_close(&e);
}

static void test_bad_environment_is_named(void **state)
{
    static const struct { const char *name, *value, *expect; } cases[] = {
        {"YOKE_THREADS", "eight", "YOKE_THREADS=eight"},
        {"YOKE_THREADS", "0", "YOKE_THREADS=0"},
        {"YOKE_PIN", "maybe", "YOKE_PIN=maybe"},
        {"YOKE_CARVE", "-1", "YOKE_CARVE=-1"},
        {"YOKE_DEVICE_MEM", "lots", "YOKE_DEVICE_MEM=lots"},
        {"YOKE_ISA", "mmx", "YOKE_ISA=mmx"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        yk_engine *e = NULL;
        yk_diag d;
        assert_int_equal(setenv(cases[i].name, cases[i].value, 1), 0);
        assert_int_equal(yk_engine_open(&e, NULL, &d), YK_E_INVALID);
        assert_null(e);
        if (!strstr(d.text, cases[i].expect)) fail_msg("%s: %s", cases[i].expect, d.text);
        assert_int_equal(unsetenv(cases[i].name), 0);
    }
}

/* YOKE_CHECK refuses kernels that cannot keep its promise. */
static void test_unchecked_kernels_are_refused(void **state)
{
    (void)state;
    static float x[N], y[N];
    yk_diag d;
    assert_int_equal(setenv("YOKE_CHECK", "1", 1), 0);
    yk_engine *e = open_engine();
    assert_int_equal(unsetenv("YOKE_CHECK"), 0);
    assert_int_equal(saxpy_run(e, yk_1d(N), x, y, 2, N), YK_E_UNSUPPORTED);
    assert_int_equal(yk_last_diag(e, &d), YK_OK);
    assert_non_null(strstr(d.text, "--check"));
    yk_kernel checked = saxpy_kernel;       /* as yokec --check flags it */
    checked.flags |= YK_KERNEL_CHECKED;
    struct saxpy_args args = {.x = x, .y = y, .a = 2, .n = N};
    yk_range range = yk_1d(N);
    fill(x, y);
    assert_int_equal(yk_launch(e, &checked, &range, &args, NULL), YK_OK);
    check_saxpy(y, 2);
    yk_engine_close(&e);
}

static void test_deadline(void **state)
{
    (void)state;
    static float y[N];
    yk_engine *e = open_engine();
    yk_report r;
    yk_run_opts opts = {.deadline_s = 0.05, .report = &r};
    for (int i = 0; i < N; i++) y[i] = 0.5f;
    yk_status st = spin_run_opts(e, &opts, yk_1d(N), y, 20000000, N);
    assert_int_equal(st, YK_E_TIMEOUT);
    assert_true(r.parts[0].items < N);
    opts.deadline_s = 1e6;
    assert_int_equal(spin_run_opts(e, &opts, yk_1d(N), y, 1, N), YK_OK);
    assert_int_equal(r.parts[0].items, N);
    yk_engine_close(&e);
}

static void test_submit_runs_in_order(void **state)
{
    (void)state;
    static float x[N], y[N];
    enum { LAUNCHES = 50 };
    yk_event *events[LAUNCHES];
    yk_engine *e = open_engine();
    for (int i = 0; i < N; i++) x[i] = 1, y[i] = 0;
    /* y = x + y, then y = y + y, in turns: the order shows in the result. */
    double expect = 0;
    for (int k = 0; k < LAUNCHES; k++) {
        float *from = k % 5 == 4 ? y : x;
        assert_int_equal(saxpy_submit(e, yk_1d(N), from, y, 1, N, &events[k]), YK_OK);
        expect = k % 5 == 4 ? 2 * expect : expect + 1;
    }
    float one = 1, z = 0;
    assert_int_equal(saxpy_run(e, yk_1d(1), &one, &z, 1, 1), YK_OK);   /* queues behind them */
    for (int k = 0; k < LAUNCHES; k++) {
        yk_report r;
        assert_int_equal(yk_event_done(events[k]), 1);
        assert_int_equal(yk_event_wait(events[k], 0), YK_OK);
        assert_int_equal(yk_event_report(events[k], &r), YK_OK);
        assert_int_equal(r.items, N);
        yk_event_free(&events[k]);
        assert_null(events[k]);
    }
    for (int i = 0; i < N; i++) assert_true(y[i] == (float)expect);
    yk_event_free(&events[0]);
    yk_engine_close(&e);
}

static void test_event_waits(void **state)
{
    (void)state;
    static float y[N];
    yk_engine *e = open_engine();
    yk_event *ev = NULL;
    yk_report r;
    assert_int_equal(spin_submit(e, yk_1d(N), y, 200000, N, &ev), YK_OK);
    yk_status st = yk_event_wait(ev, 0);
    assert_true(st == YK_E_TIMEOUT || st == YK_OK);
    if (!yk_event_done(ev)) assert_int_equal(yk_event_report(ev, &r), YK_E_INVALID);
    yk_engine_close(&e);        /* finishes what was submitted */
    assert_int_equal(yk_event_wait(ev, -1), YK_OK);
    yk_event_free(&ev);
}

/* A submitted launch's time runs from the submission, also while others are before it. */
static void test_submitted_deadline(void **state)
{
    (void)state;
    static float x[N], y[N], z[N];
    yk_engine *e = open_engine();
    yk_event *first = NULL, *second = NULL;
    yk_report r;
    yk_run_opts opts = {.deadline_s = 0.02, .report = &r};
    fill(x, y);
    struct saxpy_args args = {.x = x, .y = y, .a = 2, .n = N};
    yk_range range = yk_1d(N);
    assert_int_equal(spin_submit(e, yk_1d(N), z, 400000, N, &first), YK_OK);
    assert_int_equal(yk_submit(e, &saxpy_kernel, &range, &args, &opts, &second), YK_OK);
    assert_int_equal(yk_event_wait(first, -1), YK_OK);
    assert_int_equal(yk_event_wait(second, -1), YK_E_TIMEOUT);
    assert_int_equal(r.n_parts, 0);
    for (int i = 0; i < N; i++) assert_true(y[i] == 1);
    yk_event_free(&first);
    yk_event_free(&second);
    yk_engine_close(&e);
}

/* A call whose deadline passes in the queue does not wait for its turn, and holds up
 * nobody behind it. */
static void test_deadline_in_queue(void **state)
{
    (void)state;
    static float x[N], y[N], z[N];
    yk_engine *e = open_engine();
    yk_event *first = NULL;
    yk_run_opts longer = {.deadline_s = 1}, shorter = {.deadline_s = 0.02};
    struct spin_args args = {.y = z, .rounds = 20000000, .n = N};
    yk_range range = yk_1d(N);
    fill(x, y);
    assert_int_equal(yk_submit(e, &spin_kernel, &range, &args, &longer, &first), YK_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(saxpy_run_opts(e, &shorter, yk_1d(N), x, y, 2, N), YK_E_TIMEOUT);
    assert_int_equal(yk_event_done(first), 0);
    assert_int_equal(saxpy_run(e, yk_1d(N), x, y, 2, N), YK_OK);
    check_saxpy(y, 2);
    assert_int_equal(yk_event_wait(first, 0), YK_E_TIMEOUT);
    assert_int_equal(yk_event_done(first), 1);
    yk_event_free(&first);
    yk_engine_close(&e);
}

/* What never began has an empty report, not that of an earlier launch. */
static void test_refused_reports(void **state)
{
    (void)state;
    static float x[N], y[N];
    yk_engine *e = open_engine();
    yk_event *ev = NULL;
    yk_report r;
    yk_diag d;
    fill(x, y);
    struct saxpy_args args = {.x = x, .y = y, .a = 2, .n = N};
    yk_range range = yk_1d(N);
    yk_run_opts opts = {.deadline_s = -1, .report = &r, .diag = &d};
    assert_int_equal(saxpy_run(e, yk_1d(N), x, y, 2, N), YK_OK);
    assert_int_equal(saxpy_run_opts(e, &opts, yk_1d(N), x, y, 2, N), YK_E_INVALID);
    assert_int_equal(r.n_parts, 0);
    assert_int_equal(r.items, 0);
    memset(&r, 0xA5, sizeof r);
    assert_int_equal(yk_submit(e, &saxpy_kernel, &range, &args, &opts, &ev), YK_E_INVALID);
    assert_int_equal(r.n_parts, 0);
    assert_null(ev);
    memset(&r, 0xA5, sizeof r);
    memset(&d, 0xA5, sizeof d);
    assert_int_equal(saxpy_run_opts(NULL, &opts, yk_1d(N), x, y, 2, N), YK_E_INVALID);
    assert_int_equal(r.n_parts, 0);
    assert_int_equal(d.status, YK_E_INVALID);
    assert_non_null(strstr(d.text, "NULL"));
    yk_engine_close(&e);
}

static void test_submit_opts(void **state)
{
    (void)state;
    static float x[N], y[N];
    yk_engine *e = open_engine();
    yk_event *ev = NULL;
    yk_report r;
    yk_diag d;
    fill(x, y);
    yk_run_opts opts = {.devices = "cpu", .report = &r, .diag = &d};
    assert_int_equal(saxpy_submit_opts(e, &opts, yk_1d(N), x, y, 2, N, &ev), YK_OK);
    assert_int_equal(yk_event_wait(ev, -1), YK_OK);
    assert_int_equal(r.items, N);
    check_saxpy(y, 2);
    yk_event_free(&ev);
    assert_int_equal(saxpy_submit_opts(e, NULL, yk_1d(N), x, y, 2, N, &ev), YK_OK);
    yk_event_free(&ev);
    opts.reserved[1] = &r;
    assert_int_equal(saxpy_submit_opts(e, &opts, yk_1d(N), x, y, 2, N, &ev), YK_E_INVALID);
    assert_null(ev);
    yk_engine_close(&e);
}

/* Futures to come after are for submitted launches, and none may be missing. */
static void test_bad_after(void **state)
{
    (void)state;
    static float x[N], y[N];
    yk_engine *e = open_engine();
    yk_event *ev = NULL;
    yk_diag d;
    yk_future *none[2] = {NULL, NULL};
    fill(x, y);
    yk_run_opts opts = {.after = none, .n_after = 2, .diag = &d};
    assert_int_equal(saxpy_submit_opts(e, &opts, yk_1d(N), x, y, 2, N, &ev), YK_E_INVALID);
    assert_non_null(strstr(d.text, "after[0]"));
    opts.after = NULL;
    assert_int_equal(saxpy_submit_opts(e, &opts, yk_1d(N), x, y, 2, N, &ev), YK_E_INVALID);
    assert_non_null(strstr(d.text, "after is NULL"));
    assert_null(ev);
    opts.after = none;
    assert_int_equal(saxpy_run_opts(e, &opts, yk_1d(N), x, y, 2, N), YK_E_INVALID);
    opts.n_after = 0;
    assert_int_equal(saxpy_run_opts(e, &opts, yk_1d(N), x, y, 2, N), YK_OK);
    check_saxpy(y, 2);
    yk_engine_close(&e);
}

/* ---- a launch inside a body ---- */

typedef struct inner {
    yk_engine *engine;
    float *y;
    double deadline_s;
    int rounds;
    yk_status status;
    yk_report report;
} inner;

static void launch_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    inner *in = ctx;
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        yk_run_opts opts = {.deadline_s = in[i].deadline_s, .report = &in[i].report};
        in[i].status = spin_run_opts(in[i].engine, &opts, yk_1d(N), in[i].y, in[i].rounds, N);
    }
}

static void test_nested(void **state)
{
    (void)state;
    static float y[2][N];
    yk_engine *e = open_engine();
    inner in[2] = {{.engine = e, .y = y[0], .deadline_s = 0.02, .rounds = 20000000},
                   {.engine = e, .y = y[1], .rounds = 1}};
    for (int i = 0; i < N; i++) y[0][i] = y[1][i] = 0.5f;
    assert_int_equal(yk_parallel_for(e, 2, 1, launch_body, in), YK_OK);
    assert_int_equal(in[0].status, YK_E_TIMEOUT);
    assert_true(in[0].report.parts[0].items < N);
    assert_int_equal(in[1].status, YK_OK);
    assert_int_equal(in[1].report.parts[0].items, N);
    for (int i = 0; i < N; i++) assert_true(y[1][i] == 3.7f * 0.5f * 0.5f);
    yk_engine_close(&e);
}

/* ---- a forked child ---- */

static void test_fork(void **state)
{
    (void)state;
    static float x[N], y[N];
    yk_engine *e = open_engine();
    fill(x, y);
    assert_int_equal(saxpy_run(e, yk_1d(N), x, y, 2, N), YK_OK);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        yk_engine *own = NULL;
        yk_diag d = {0};
        yk_run_opts opts = {.diag = &d};
        int ok = saxpy_run_opts(e, &opts, yk_1d(N), x, y, 2, N) == YK_E_FORKED;
        ok = ok && d.status == YK_E_FORKED && strstr(d.text, "child");
        yk_engine_close(&e);
        if (THREADS_FORBIDDEN) _exit(ok ? 0 : 1);
        ok = ok && yk_engine_open(&own, &(yk_engine_opts){.devices = "none"}, NULL) == YK_OK;
        ok = ok && saxpy_run(own, yk_1d(N), x, y, 2, N) == YK_OK;
        if (ok) yk_engine_close(&own);
        _exit(ok ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    fill(x, y);
    assert_int_equal(saxpy_run(e, yk_1d(N), x, y, 2, N), YK_OK);
    check_saxpy(y, 2);
    yk_engine_close(&e);
}

/* ---- memory and loops ---- */

static void sum_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    ((size_t *)ctx)[worker * 16] += end - begin;
}

static void test_alloc_and_loops(void **state)
{
    (void)state;
    yk_engine *e = open_engine();
    size_t workers = yk_engine_workers(e);
    size_t *sums = yk_alloc(e, workers * 16 * sizeof *sums);
    assert_non_null(sums);
    assert_int_equal(yk_parallel_for(e, 100003, 0, sum_body, sums), YK_OK);
    size_t total = 0;
    for (size_t w = 0; w < workers; w++) total += sums[w * 16];
    assert_int_equal(total, 100003);
    assert_int_equal(yk_parallel_for(e, 5, 1, NULL, NULL), YK_E_INVALID);
    assert_int_equal(yk_parallel_for(NULL, 5, 1, sum_body, sums), YK_E_INVALID);
    assert_null(yk_alloc(e, 0));
    assert_null(yk_alloc(e, SIZE_MAX / 2));
    yk_free(e, sums);
    yk_free(e, NULL);
    yk_engine_close(&e);
    yk_engine_close(&e);
    yk_engine_close(NULL);
}

/* A second engine on the same cores works; its sums have the same bits. */
static void test_two_engines(void **state)
{
    (void)state;
    static float x[N];
    float a = 0, b = 0;
    yk_device_info info;
    yk_engine *first = open_engine(), *second = open_engine();
    assert_int_equal(yk_engine_devices(first, &info, 1), 1);
    assert_string_equal(info.reason, "");
    assert_int_equal(yk_engine_devices(second, &info, 1), 1);
    assert_non_null(strstr(info.reason, "another engine"));
    for (int i = 0; i < N; i++) x[i] = 1.0f / (float)(i + 1);
    assert_int_equal(total_run(first, yk_1d(N), x, &a, N), YK_OK);
    assert_int_equal(total_run(second, yk_1d(N), x, &b, N), YK_OK);
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(a > 9.78f && a < 9.80f);
    yk_engine_close(&first);
    yk_engine_close(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_in_place_and_empty),
        cmocka_unit_test(test_errors_name_their_cause),
        cmocka_unit_test(test_bad_environment_is_named),
        cmocka_unit_test(test_unchecked_kernels_are_refused),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_submit_runs_in_order),
        cmocka_unit_test(test_event_waits),
        cmocka_unit_test(test_submitted_deadline),
        cmocka_unit_test(test_deadline_in_queue),
        cmocka_unit_test(test_refused_reports),
        cmocka_unit_test(test_submit_opts),
        cmocka_unit_test(test_bad_after),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_alloc_and_loops),
        cmocka_unit_test(test_two_engines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
