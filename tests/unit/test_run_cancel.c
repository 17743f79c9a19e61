/* Launches that are asked to end: before their turn, on the pool, with chunks of a device in
 * flight, inside bodies; and launches by whoever is inside something: a kernel's host code, a
 * source of the pool's.  What a report counts as done is what is written, whenever the asking
 * comes.  Needs no driver. */
#include <hand_kernels.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "random.h"
#include "run_rig.h"

#include "hand_kernels.c"
#include "gated_kernel.h"

#define N 20000

/* ---- a launch that is asked by a flag ---- */

typedef struct call {
    rig *rig;
    const yk_kernel *kernel;
    yk_run_opts opts;
    int32_t n;
    _Atomic uint32_t cancel;
    pthread_t thread;
    yk_status status;
    yk_report report;
    yk_diag diag;
    float x[N], y[N];
} call;

static call *new_call(rig *g, const yk_kernel *kernel, int32_t n)
{
    call *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->rig = g;
    c->kernel = kernel;
    c->n = n;
    for (int i = 0; i < N; i++) c->x[i] = (float)(i % 97 + 1);
    return c;
}

/* y = 1 * x + y, so that an item is done where y is not 0. */
static void *run_call(void *ctx)
{
    call *c = ctx;
    yki_current current = {.cancel = {.word = {&c->cancel}}, .up = yki_current_worker};
    hand_saxpy_args args = {.n = c->n, .a = 1, .x = c->x, .y = c->y};
    yk_range range = yk_1d((size_t)c->n);
    yki_current_worker = &current;
    c->status = yki_runner_launch(c->rig->runner, c->kernel, &range, &args, &c->opts, &c->report,
                                  &c->diag);
    yki_current_worker = current.up;
    return NULL;
}

static void start_call(call *c)
{
    assert_int_equal(pthread_create(&c->thread, NULL, run_call, c), 0);
}

static void ask(call *c)
{
    atomic_store(&c->cancel, 1);
    yki_runner_nudge(c->rig->runner);
}

static size_t reported(const call *c)
{
    size_t items = 0;
    for (uint32_t i = 0; i < c->report.n_parts; i++) items += c->report.parts[i].items;
    return items;
}

/* Every item is done once or not at all, and the report knows how many. */
static bool is_consistent(const call *c)
{
    size_t written = 0;
    for (int i = 0; i < N; i++) {
        if (c->y[i] != 0 && c->y[i] != c->x[i]) return false;
        written += c->y[i] != 0;
    }
    if (written != reported(c)) return false;
    return c->status == YK_OK ? written == (size_t)c->n : c->status == YK_E_CANCELLED;
}

static void check_cancelled(const call *c)
{
    assert_int_equal(c->status, YK_E_CANCELLED);
    assert_int_equal(c->diag.status, YK_E_CANCELLED);
    assert_non_null(strstr(c->diag.text, "cancelled"));
    assert_string_equal(c->diag.kernel, "saxpy");
    assert_int_equal(c->report.items, c->n);
    assert_true(is_consistent(c));
}

/* ---- kernels ---- */

static _Atomic uint32_t *asked_by_kernel;
static _Atomic size_t items_before;

/* Asks for the end of the launch that it is part of. */
static void asking_host(const yk_slice *s)
{
    for (size_t i = s->begin; i < s->end; i++) {
        (void)usleep(100);
        if (atomic_fetch_add(&items_before, 1) == 100) atomic_store(asked_by_kernel, 1);
    }
    saxpy_host(s);
}
static const yk_host_table asking_table = HAND_HOST(asking_host);

static yk_kernel kernel_of(const yk_host_table *table, uint64_t hash)
{
    yk_kernel k = hand_saxpy;
    k.host = table;
    k.hash = hash;
    return k;
}

/* ---- where a launch can be ---- */

static void test_before_its_turn(void **state)
{
    (void)state;
    rig g;
    yk_kernel gated = kernel_of(&gated_table, 7);
    open_rig(&g, NULL, 0);
    call *first = new_call(&g, &gated, 1000), *second = new_call(&g, &hand_saxpy, N);
    call *third = new_call(&g, &hand_saxpy, N);
    atomic_store(&gate, 0);
    atomic_store(&entered, 0);
    start_call(first);
    while (!atomic_load(&entered)) (void)usleep(100);
    start_call(second);
    start_call(third);
    (void)usleep(2000);
    ask(second);
    assert_int_equal(pthread_join(second->thread, NULL), 0);    /* the first still runs */
    check_cancelled(second);
    assert_int_equal(second->report.n_parts, 0);
    atomic_store(&gate, 1);
    assert_int_equal(pthread_join(first->thread, NULL), 0);
    assert_int_equal(pthread_join(third->thread, NULL), 0);
    assert_int_equal(first->status, YK_OK);
    assert_int_equal(third->status, YK_OK);
    assert_true(is_consistent(first) && is_consistent(third));
    /* What was asked before it is called does nothing. */
    memset(third->y, 0, sizeof third->y);
    ask(third);
    (void)run_call(third);
    check_cancelled(third);
    assert_int_equal(reported(third), 0);
    free(first), free(second), free(third);
    close_rig(&g);
}

/* On the pool and on the calling thread alone, known and unknown; and beside a device whose
 * program is not there. */
static void test_between_steps(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0", .build_ns = 300000000};
    yk_kernel asking = kernel_of(&asking_table, 8);
    for (size_t workers = 1; workers <= 2; workers++)
        for (size_t devices = 0; devices <= 1; devices++) {
            rig g;
            open_rig_of(&g, workers, 0.3, &script, devices);
            for (int round = 0; round < 3; round++) {
                call *c = new_call(&g, &asking, 8000);      /* 0.4 s and more, in full */
                if (devices) c->opts.policy = YK_POLICY_STATIC;
                asked_by_kernel = &c->cancel;
                atomic_store(&items_before, 0);
                (void)run_call(c);
                check_cancelled(c);
                assert_true(reported(c) > 100 && reported(c) < 2000);
                free(c);
            }
            close_rig(&g);
        }
}

static void nested_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    (void)begin, (void)end, (void)worker;
    (void)run_call(ctx);
}

static void test_inside_a_body(void **state)
{
    (void)state;
    rig g;
    yk_kernel asking = kernel_of(&asking_table, 8);
    open_rig(&g, NULL, 0);
    call *c = new_call(&g, &asking, 8000);
    asked_by_kernel = &c->cancel;
    atomic_store(&items_before, 0);
    yki_pool_run(g.pool, 1, 1, nested_body, c);
    check_cancelled(c);
    assert_true(reported(c) > 100 && reported(c) < 2000);
    free(c);
    close_rig(&g);
}

/* The chunk in flight ends, and reaches nobody's array. */
static void test_device_in_flight(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0", .job_ns = 60000000};
    bool seen = false;
    for (int round = 0; round < 20 && !seen; round++) {
        rig g;
        memset(&g, 0, sizeof g);
        open_rig_of(&g, 2, 60, NULL, 0);
        yki_device *device = NULL;
        assert_int_equal(yki_model_open(&device, &script), YK_OK);
        assert_int_equal(yki_runner_add_device(g.runner, device), YK_OK);
        call *c = new_call(&g, &hand_saxpy, N);
        c->opts.devices = "gpu0";
        start_call(c);
        while (yki_model_get_counts(device).submits == 0) (void)usleep(100);
        ask(c);
        assert_int_equal(pthread_join(c->thread, NULL), 0);
        assert_true(is_consistent(c));
        if (c->status == YK_E_CANCELLED) check_cancelled(c);
        seen = c->status == YK_E_CANCELLED && reported(c) == 0;
        assert_int_equal(yki_model_get_counts(device).live_tickets, 0);
        free(c);
        /* The device is as good as before. */
        c = new_call(&g, &hand_saxpy, N);
        c->opts.devices = "gpu0";
        (void)run_call(c);
        assert_int_equal(c->status, YK_OK);
        assert_true(is_consistent(c));
        free(c);
        close_rig(&g);
    }
    assert_true(seen);
}

/* ---- at any moment ---- */

static void test_any_moment(void **state)
{
    (void)state;
    uint64_t s = 11;
    size_t cancelled = 0;
    yki_model_script scripts[2] = {{.id = "gpu0", .job_ns = 50000},
                                   {.id = "gpu1", .item_ns = 30, .fail_wait = 200}};
    rig g;
    open_rig(&g, scripts, 2);
    for (int round = 0; round < 60; round++) {
        call *c[3];
        for (size_t i = 0; i < 3; i++) {
            c[i] = new_call(&g, &hand_saxpy, (int32_t)rnd_in(&s, 1, N));
            c[i]->opts.policy = (yk_policy)rnd_in(&s, 0, 3);
            start_call(c[i]);
        }
        (void)usleep((unsigned)rnd_in(&s, 0, 400));
        for (size_t i = 0; i < 3; i++)
            if (rnd_chance(&s, 0.6)) ask(c[i]);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(pthread_join(c[i]->thread, NULL), 0);
            if (!is_consistent(c[i])) fail_msg("round %d: %s", round, c[i]->diag.text);
            assert_true(c[i]->status == YK_OK || atomic_load(&c[i]->cancel));
            cancelled += c[i]->status == YK_E_CANCELLED;
            free(c[i]);
        }
    }
    assert_true(cancelled > 0);
    close_rig(&g);
}

/* ---- launches from inside ---- */

static rig *host_rig;
static _Atomic size_t nested_ok;

/* As a library that uses the same engine would. */
static void launching_host(const yk_slice *s)
{
    float x[8] = {1, 2, 3, 4, 5, 6, 7, 8}, y[8] = {0};
    hand_saxpy_args args = {.n = 8, .a = 2, .x = x, .y = y};
    yk_range range = yk_1d(8);
    yk_event *event = NULL;
    yki_runner *r = host_rig->runner;
    yk_status st = yki_runner_launch(r, &hand_saxpy, &range, &args, NULL, NULL, NULL);
    yk_status refused = yki_runner_submit(r, &hand_saxpy, &range, &args, NULL, &event, NULL);
    if (st == YK_OK && y[7] == 16 && refused == YK_E_WORKER)
        atomic_fetch_add(&nested_ok, s->end - s->begin);
    saxpy_host(s);
}
static const yk_host_table launching_table = HAND_HOST(launching_host);

/* Whether it runs on the pool or, small or first, on the calling thread alone. */
static void test_host_code_that_launches(void **state)
{
    (void)state;
    static const int32_t sizes[] = {1, 64, 1000, N};
    yk_kernel launching = kernel_of(&launching_table, 9);
    rig g;
    open_rig(&g, NULL, 0);
    host_rig = &g;
    for (int round = 0; round < 4; round++)
        for (size_t i = 0; i < YKI_COUNT(sizes); i++) {
            call *c = new_call(&g, &launching, sizes[i]);
            atomic_store(&nested_ok, 0);
            (void)run_call(c);
            assert_int_equal(c->status, YK_OK);
            assert_true(is_consistent(c));
            assert_int_equal(atomic_load(&nested_ok), sizes[i]);
            free(c);
        }
    close_rig(&g);
}

typedef struct source_state {
    rig *rig;
    _Atomic size_t left, good;
} source_state;

static bool source_ready(void *ctx)
{
    source_state *s = ctx;
    return atomic_load(&s->left) > 0;
}

static void count_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    _Atomic size_t *n = ctx;
    (void)worker;
    atomic_fetch_add(n, end - begin);
}

/* Launches, submits and loops as a task would. */
static bool source_run(void *ctx, size_t worker)
{
    source_state *s = ctx;
    size_t left = atomic_load(&s->left);
    _Atomic size_t counted = 0;
    (void)worker;
    while (left && !atomic_compare_exchange_weak(&s->left, &left, left - 1)) {}
    if (!left) return true;
    call *c = calloc(1, sizeof *c);
    if (!c) return true;
    c->rig = s->rig, c->kernel = &hand_saxpy, c->n = N;
    for (int i = 0; i < N; i++) c->x[i] = 3;
    (void)run_call(c);
    hand_saxpy_args args = {.n = N, .a = 1, .x = c->x, .y = c->y};
    yk_range range = yk_1d(N);
    yk_event *event = NULL;
    bool good = c->status == YK_OK && is_consistent(c);
    good = good && yki_runner_submit(s->rig->runner, &hand_saxpy, &range, &args, NULL, &event,
                                     NULL) == YK_OK;
    good = good && yk_event_wait(event, -1) == YK_OK && c->y[0] == 6 && c->y[N - 1] == 6;
    yk_event_free(&event);
    free(c);
    yki_pool_run(s->rig->pool, 1000, 10, count_body, &counted);
    if (good && atomic_load(&counted) == 1000) atomic_fetch_add(&s->good, 1);
    return true;
}

/* Beside launches and loops of this thread; or the test hangs, which is a failure too. */
static void check_sources(rig *g, size_t workers, size_t times)
{
    static source_state s;      /* outlives the pool */
    yki_source source = {source_ready, source_run, &s};
    s.rig = g;
    atomic_store(&s.good, 0);
    assert_int_equal(yki_pool_add_source(g->pool, &source), YK_OK);
    atomic_store(&s.left, times);
    yki_pool_notify(g->pool, workers);
    size_t mine = 0;
    while (atomic_load(&s.good) < times) {
        _Atomic size_t counted = 0;
        call *c = new_call(g, &hand_saxpy, N);
        (void)run_call(c);
        assert_int_equal(c->status, YK_OK);
        assert_true(is_consistent(c));
        free(c);
        yki_pool_run(g->pool, 1000, 10, count_body, &counted);
        assert_int_equal(atomic_load(&counted), 1000);
        mine++;
    }
    assert_true(mine > 0);
}

static void test_sources_that_launch(void **state)
{
    (void)state;
    for (size_t workers = 1; workers <= 3; workers++) {
        rig g;
        open_rig_of(&g, workers, 0.3, NULL, 0);
        check_sources(&g, workers, 60);
        close_rig(&g);
    }
}

/* This thread is on a core of no worker, so that workers alone run what it launches, while
 * all of them may be inside something that waits for its turn. */
static void test_workers_that_wait_help(void **state)
{
    (void)state;
    static const int cpus[2] = {0, 0};
    cpu_set_t before, other;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&other);
    for (size_t c = 1; c < CPU_SETSIZE && CPU_COUNT(&other) == 0; c++)
        if (CPU_ISSET(c, &before)) CPU_SET(c, &other);
    if (!CPU_ISSET(0, &before) || CPU_COUNT(&other) == 0) skip();
    rig g;
    open_rig_on(&g, &(yki_pool_opts){.workers = 2, .cpus = cpus}, 0.3, NULL, 0);
    assert_int_equal(sched_setaffinity(0, sizeof other, &other), 0);
    check_sources(&g, 2, 60);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    close_rig(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_its_turn),
        cmocka_unit_test(test_between_steps),
        cmocka_unit_test(test_inside_a_body),
        cmocka_unit_test(test_device_in_flight),
        cmocka_unit_test(test_any_moment),
        cmocka_unit_test(test_host_code_that_launches),
        cmocka_unit_test(test_sources_that_launch),
        cmocka_unit_test(test_workers_that_wait_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
