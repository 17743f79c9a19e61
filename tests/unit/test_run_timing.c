/* What launches keep count of while devices come late, hang and go: deadlines between
 * steps of the pool, rates without the time spent waiting, kernels told apart, and many
 * threads at once.  Needs no driver. */
#include <hand_kernels.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "random.h"
#include "run_rig.h"

#include "hand_kernels.c"

#define N 50021

/* y = 3 x + y over n items by `kernel`, checked where it succeeded. */
static yk_status run(rig *g, const yk_kernel *kernel, int32_t n, const yk_run_opts *opts,
                     yk_report *report)
{
    yk_diag diag = {0};
    yk_range range = yk_1d((size_t)n);
    float *x = malloc(N * sizeof *x), *y = malloc(N * sizeof *y);
    assert_true(x && y);
    for (int i = 0; i < N; i++) x[i] = (float)(i % 977), y[i] = (float)(i % 31);
    hand_saxpy_args args = {.n = n, .a = 3, .x = x, .y = y};
    yk_status st = yki_runner_launch(g->runner, kernel, &range, &args, opts, report, &diag);
    for (int i = 0; i < N && st == YK_OK; i++)
        assert_true(y[i] == (i < n ? 3 * x[i] : 0) + (float)(i % 31));
    free(x);
    free(y);
    return st;
}

static void slow_host(const yk_slice *s)
{
    for (size_t i = s->begin; i < s->end; i++) (void)usleep(100);
}
static const yk_host_table slow_table = HAND_HOST(slow_host);

/* The pool looks at the time from its first order on, and a program may still be in the
 * making when the launch is over, or the runner closes. */
static void test_deadline_in_first_order(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0", .build_ns = 500000000};
    enum { ITEMS = 8000 };      /* 0.4 s on two threads */
    yk_report r;
    rig g;
    yk_kernel slow = hand_saxpy;
    slow.host = &slow_table;
    slow.hash = 77;
    open_rig(&g, &script, 1);
    yk_run_opts opts = {.deadline_s = 0.02, .policy = YK_POLICY_STATIC};
    assert_int_equal(run(&g, &slow, ITEMS, &opts, &r), YK_E_TIMEOUT);
    assert_int_equal(r.n_parts, 1);
    assert_true(r.parts[0].items > 0 && r.parts[0].items < ITEMS / 4);
    close_rig(&g);
}

/* What the pool waited for a device that hung says nothing about its rate. */
static void test_rate_without_waits(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0", .hang = 1};
    yk_report r = {0};
    rig g;
    open_rig(&g, &script, 1);
    yk_run_opts opts = {.policy = YK_POLICY_STATIC};
    for (int i = 0; i < 50 && !r.retired; i++)
        assert_int_equal(run(&g, &hand_saxpy, N, &opts, &r), YK_OK);
    assert_int_equal(r.retired, 1);
    assert_true(r.total_s > 0.25);
    yki_proc host = {0};
    yki_rate_key key = {.kernel = hand_saxpy.hash, .work = N, .inner = 1};
    yki_rates_get(g.rates, key, &host);
    double rate = host.rate > 0 ? host.rate : host.alone_rate;
    assert_true(rate > N / 0.1);
    close_rig(&g);
}

/* Two kernels whose descriptors have no hash are two kernels. */
static void test_kernels_without_hash(void **state)
{
    (void)state;
    yki_model_script script = {.id = "gpu0", .build_ns = 300000000};
    yk_kernel first = hand_saxpy, second = hand_saxpy;
    yk_report r = {0};
    rig g;
    first.hash = second.hash = 0;
    open_rig(&g, &script, 1);
    yk_run_opts only = {.devices = "gpu0"}, both = {.policy = YK_POLICY_STATIC};
    assert_int_equal(run(&g, &first, N, &only, &r), YK_OK);
    assert_string_equal(r.parts[0].device, "gpu0");
    /* Its program is not there yet: the pool does not wait for it. */
    assert_int_equal(run(&g, &second, N, &both, &r), YK_OK);
    assert_string_equal(r.parts[0].device, "cpu");
    assert_int_equal(r.parts[0].items, N);
    close_rig(&g);
}

/* ---- how long slices are ---- */

static _Atomic size_t shortest, slices;

static void counting_host(const yk_slice *s)
{
    size_t least = shortest;
    while (s->end - s->begin < least &&
           !atomic_compare_exchange_weak(&shortest, &least, s->end - s->begin)) {}
    slices++;
    saxpy_host(s);
}
static const yk_host_table counting_table = HAND_HOST(counting_host);

/* Two workers, 1000 items: as long as the kernel wants them, but a share for each. */
static void test_slices_as_wanted(void **state)
{
    (void)state;
    static const struct { uint32_t wanted; size_t least; } cases[] = {
        {5000, 500}, {500, 500}, {300, 500}, {250, 250}, {240, 250}, {100, 100}, {0, 1},
    };
    rig g;
    open_rig(&g, NULL, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        yk_kernel k = hand_saxpy;
        k.host = &counting_table;
        k.hash = 100 + i;       /* nothing is known of it: no launch is tiny */
        k.slice = cases[i].wanted;
        shortest = SIZE_MAX;
        slices = 0;
        assert_int_equal(run(&g, &k, 1000, NULL, NULL), YK_OK);
        assert_true(shortest >= cases[i].least);
        assert_true(slices >= 2);
    }
    close_rig(&g);
}

/* ---- many threads ---- */

typedef struct caller {
    rig *rig;
    uint64_t seed;
    pthread_t thread;
    size_t wrong;
} caller;

static void *call_often(void *ctx)
{
    caller *c = ctx;
    uint64_t s = c->seed;
    enum { MOST = 4000 };
    static const char *const lists[] = {NULL, "cpu", "cpu,gpu0", "gpu1,cpu"};
    for (int k = 0; k < 40; k++) {
        float x[MOST], y[MOST];
        int32_t n = (int32_t)rnd_in(&s, 0, MOST);
        for (int i = 0; i < MOST; i++) x[i] = (float)(i % 97), y[i] = 1;
        hand_saxpy_args args = {.n = n, .a = 2, .x = x, .y = y};
        yk_range range = yk_1d((size_t)n);
        yk_report report;
        yk_diag diag;
        yk_run_opts opts = {.policy = (yk_policy)rnd_in(&s, 0, 3), .report = &report,
                            .devices = lists[rnd_in(&s, 0, 3)], .diag = &diag};
        yk_event *event = NULL;
        yk_status st;
        if (rnd_chance(&s, 0.5)) {
            st = yki_runner_submit(c->rig->runner, &hand_saxpy, &range, &args, &opts, &event, NULL);
            if (st == YK_OK && rnd_chance(&s, 0.7)) st = yk_event_wait(event, -1);
            yk_event_free(&event);
        } else {
            st = yki_runner_launch(c->rig->runner, &hand_saxpy, &range, &args, &opts, &report,
                                   &diag);
        }
        size_t items = 0;
        for (uint32_t i = 0; st == YK_OK && i < report.n_parts; i++) items += report.parts[i].items;
        c->wrong += st != YK_OK || items != (size_t)n;
        for (int i = 0; i < MOST; i++) c->wrong += y[i] != (i < n ? 2 * x[i] : 0) + 1;
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        yki_model_script scripts[2] = {{.id = "gpu0", .fail_wait = 10 * seed, .build_ns = 1000000},
                                       {.id = "gpu1", .job_ns = 20000, .hang = 30 * seed}};
        caller callers[4];
        rig g;
        open_rig(&g, scripts, 2);
        for (size_t i = 0; i < YKI_COUNT(callers); i++) {
            callers[i] = (caller){.rig = &g, .seed = 10 * seed + i};
            assert_int_equal(pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), 0);
        }
        for (size_t i = 0; i < YKI_COUNT(callers); i++) {
            assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
            assert_int_equal(callers[i].wrong, 0);
        }
        close_rig(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deadline_in_first_order),
        cmocka_unit_test(test_rate_without_waits),
        cmocka_unit_test(test_kernels_without_hash),
        cmocka_unit_test(test_slices_as_wanted),
        cmocka_unit_test(test_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
