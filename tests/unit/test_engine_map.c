/* yk_map: every item once and in its place, which failure is reported, and that it gets by with
 * what workers, threads and memory there are.  (How it stops: test_engine_map_stops.c.) */
#include "map_rig.h"
#include "script.h"

#include <base/base.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_MAX 3000

/* ---- an item: counts its runs, fails where it is told to ---- */

typedef struct plan {
    _Atomic unsigned ran[N_MAX];
    const bool *fails;          /* of N_MAX, or NULL */
    _Atomic size_t at_once, most_at_once;
} plan;

static void reset(plan *p)
{
    memset(p, 0, sizeof *p);
}

static uint64_t f(uint64_t x) { return x * x + 1; }

static yk_status item(void *ctx, const void *in, void *out)
{
    plan *p = ctx;
    size_t x = (size_t)*(const uint64_t *)in;
    size_t now = atomic_fetch_add(&p->at_once, 1) + 1, most = atomic_load(&p->most_at_once);
    while (now > most && !atomic_compare_exchange_weak(&p->most_at_once, &most, now)) continue;
    atomic_fetch_add(&p->ran[x], 1);
    *(uint64_t *)out = f(x);
    for (size_t i = 0; i < x % 50; i++) yki_relax();
    if (x % 61 == 60) sched_yield();
    yk_status st = YK_OK;
    if (p->fails && p->fails[x]) {
        yk_task_message("item %zu says no", x);
        st = YK_E_IO;
    }
    atomic_fetch_sub(&p->at_once, 1);
    return st;
}

static void fill(uint64_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++) in[i] = i;
}

/* ---- what it computes ---- */

static void check_one(yk_engine *e, size_t n, const yk_map_opts *base)
{
    static plan p;
    static uint64_t in[N_MAX], out[N_MAX];
    static yk_status statuses[N_MAX];
    yk_map_opts opts = *base;
    size_t failed = 4711;
    reset(&p);
    fill(in, n);
    memset(out, 0xff, sizeof out);
    memset(statuses, 0xff, sizeof statuses);
    opts.statuses = statuses;
    opts.failed = &failed;
    assert_int_equal(yk_map(e, item, &p, in, 8, out, 8, n, &opts), YK_OK);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(p.ran[i], 1);
        assert_int_equal(out[i], f(i));
        assert_int_equal(statuses[i], YK_OK);
    }
    assert_int_equal(failed, 4711);
    if (base->n_jobs) assert_true(p.most_at_once <= base->n_jobs);
    if (!(base->flags & YK_BLOCKING)) assert_true(p.most_at_once <= yk_engine_workers(e));
}

static void every_item_once_in_its_place(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 7, 100, N_MAX};
    static const size_t jobs[] = {0, 1, 2, 5};
    static const size_t batches[] = {0, 1, 10, N_MAX + 1};
    for (size_t threads = 1; threads <= 4; threads += threads) {
        yk_engine *e = open_engine(threads, 7);
        for (size_t s = 0; s < YKI_COUNT(sizes); s++)
            for (size_t j = 0; j < YKI_COUNT(jobs); j++)
                for (size_t b = 0; b < YKI_COUNT(batches); b++)
                    for (unsigned flags = 0; flags <= YK_BLOCKING; flags += YK_BLOCKING) {
                        yk_map_opts opts = {.flags = flags, .n_jobs = jobs[j],
                                            .batch = batches[b]};
                        check_one(e, sizes[s], &opts);
                    }
        yk_engine_close(&e);
    }
}

static yk_status count_calls(void *ctx, const void *in, void *out)
{
    _Atomic size_t *calls = ctx;
    if (in || out) return YK_E_INVALID;
    atomic_fetch_add(calls, 1);
    return YK_OK;
}

static void arrays_may_be_absent_or_the_same(void **state)
{
    (void)state;
    static uint64_t x[1000];
    _Atomic size_t calls = 0;
    yk_engine *e = open_engine(2, 0);
    fill(x, 1000);
    assert_int_equal(yk_map(e, twice, NULL, x, 8, x, 8, 1000, NULL), YK_OK);
    for (size_t i = 0; i < 1000; i++) assert_int_equal(x[i], 2 * i);
    assert_int_equal(yk_map(e, count_calls, &calls, NULL, 0, NULL, 0, 12345, NULL), YK_OK);
    assert_int_equal(calls, 12345);
    assert_int_equal(yk_map(e, count_calls, &calls, NULL, 8, NULL, 8, 0, NULL), YK_OK);
    assert_int_equal(calls, 12345);
    yk_engine_close(&e);
}

static void refusals_say_why(void **state)
{
    (void)state;
    uint64_t x[2] = {0, 1};
    yk_diag d;
    yk_engine *e = open_engine(1, 0);
    yk_map_opts o = {.diag = &d};
    assert_int_equal(yk_map(NULL, twice, NULL, x, 8, x, 8, 2, &o), YK_E_INVALID);
    assert_non_null(strstr(d.text, "engine"));
    assert_int_equal(yk_map(e, NULL, NULL, x, 8, x, 8, 2, &o), YK_E_INVALID);
    assert_non_null(strstr(d.text, "function"));
    assert_int_equal(yk_map(e, twice, NULL, NULL, 8, x, 8, 2, &o), YK_E_INVALID);
    assert_non_null(strstr(d.text, "NULL"));
    assert_int_equal(yk_map(e, twice, NULL, x, 8, NULL, 8, 2, NULL), YK_E_INVALID);
    assert_int_equal(yk_map(e, twice, NULL, x, SIZE_MAX / 2, x, 8, 3, &o), YK_E_RANGE);
    assert_int_equal(d.status, YK_E_RANGE);
    assert_int_equal(yk_map(e, twice, NULL, x, 8, x, SIZE_MAX / 2, 3, NULL), YK_E_RANGE);
    yk_map_opts bad = {.flags = YK_ALWAYS, .diag = &d};
    assert_int_equal(yk_map(e, twice, NULL, x, 8, x, 8, 2, &bad), YK_E_INVALID);
    assert_non_null(strstr(d.text, "flag"));
    bad = (yk_map_opts){.timeout_s = -1, .diag = &d};
    assert_int_equal(yk_map(e, twice, NULL, x, 8, x, 8, 2, &bad), YK_E_INVALID);
    assert_non_null(strstr(d.text, "timeout_s"));
    bad = (yk_map_opts){.progress_s = __builtin_nan(""), .diag = &d};
    assert_int_equal(yk_map(e, twice, NULL, x, 8, x, 8, 2, &bad), YK_E_INVALID);
    bad = (yk_map_opts){.reserved = {x}, .diag = &d};
    assert_int_equal(yk_map(e, twice, NULL, x, 8, x, 8, 2, &bad), YK_E_INVALID);
    assert_non_null(strstr(d.text, "reserved"));
    assert_int_equal(x[1], 1);
    yk_engine_close(&e);
}

/* ---- many at once, for blocking calls ---- */

typedef struct meeting {
    _Atomic size_t here;
    size_t expected;
} meeting;

static yk_status meet(void *ctx, const void *in, void *out)
{
    meeting *m = ctx;
    (void)in, (void)out;
    atomic_fetch_add(&m->here, 1);
    while (atomic_load(&m->here) < m->expected) usleep(200);
    return YK_OK;
}

/* Each waits for all the others, so they end only if all are under way together. */
static void blocking_calls_are_all_under_way(void **state)
{
    (void)state;
    yk_engine *e = open_engine(1, 0);
    meeting m = {.expected = 50};
    yk_map_opts opts = {.flags = YK_BLOCKING};
    assert_int_equal(yk_map(e, meet, &m, NULL, 0, NULL, 0, 50, &opts), YK_OK);
    m.here = 0;
    opts.progress_s = 10;       /* the caller only watches */
    opts.timeout_s = 1000;
    assert_int_equal(yk_map(e, meet, &m, NULL, 0, NULL, 0, 50, &opts), YK_OK);
    yk_engine_close(&e);
}

/* ---- failures ---- */

static void check_statuses(const plan *p, const yk_status *statuses, size_t n, size_t first,
                           bool all)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(p->ran[i] <= 1);
        if (all || i <= first) assert_int_equal(p->ran[i], 1);
        yk_status expected = p->fails[i] ? YK_E_IO : YK_OK;
        if (!p->ran[i]) expected = YK_E_CANCELLED;
        assert_int_equal(statuses[i], expected);
    }
}

static void one_failing_map(yk_engine *e, uint64_t seed, plan *p, bool *fails)
{
    static uint64_t in[N_MAX], out[N_MAX];
    static yk_status statuses[N_MAX];
    char text[64];
    size_t n = 1 + (size_t)(seed * 7919 % N_MAX), first = n, failed = 4711;
    yk_diag d;
    reset(p);
    p->fails = fails;
    memset(fails, 0, N_MAX);
    for (size_t k = 0; k <= seed % 5; k++) {
        size_t at = (size_t)(seed * (k + 31) * 104729 % n);
        fails[at] = true;
        first = yki_min(first, at);
    }
    fill(in, n);
    bool all = seed % 3 == 0;
    yk_map_opts opts = {.flags = (all ? YK_ALL_ERRORS : 0) | (seed % 2 ? YK_BLOCKING : 0),
                        .batch = seed % 7 * 3, .statuses = statuses, .failed = &failed,
                        .diag = &d};
    assert_int_equal(yk_map(e, item, p, in, 8, out, 8, n, &opts), YK_E_IO);
    assert_int_equal(failed, first);
    (void)snprintf(text, sizeof text, "item %zu says no", first);
    assert_string_equal(d.text, text);
    assert_int_equal(d.status, YK_E_IO);
    assert_int_equal(d.begin, first);
    assert_int_equal(d.end, first + 1);
    check_statuses(p, statuses, n, first, all);
}

static void the_first_failure_in_order_is_told(void **state)
{
    (void)state;
    static plan p;
    static bool fails[N_MAX];
    yk_engine *e = open_engine(3, 5);
    for (uint64_t seed = 1; seed <= 300; seed++) one_failing_map(e, seed, &p, fails);
    yk_engine_close(&e);
}

/* Item 3 talks and is fine; item 6 fails without a word. */
static yk_status talker(void *ctx, const void *in, void *out)
{
    (void)ctx, (void)out;
    uint64_t x = *(const uint64_t *)in;
    if (x == 3) yk_task_message("all is well");
    return x == 6 ? YK_E_DEVICE : YK_OK;
}

static void messages_stay_with_their_items(void **state)
{
    (void)state;
    uint64_t in[8];
    yk_diag d;
    fill(in, 8);
    for (size_t threads = 1; threads <= 2; threads++) {
        yk_engine *e = open_engine(threads, 0);
        yk_map_opts opts = {.diag = &d, .batch = 8, .timeout_s = threads == 2 ? 1000 : 0};
        assert_int_equal(yk_map(e, talker, NULL, in, 8, NULL, 0, 8, &opts), YK_E_DEVICE);
        assert_null(strstr(d.text, "well"));
        assert_non_null(strstr(d.text, "item 6"));
        yk_engine_close(&e);
    }
}

static void enough_time_is_no_failure(void **state)
{
    (void)state;
    yk_engine *e = open_engine(2, 0);
    check_one(e, 1000, &(yk_map_opts){.timeout_s = 1000});
    check_one(e, 1000, &(yk_map_opts){.timeout_s = 1e300});
    yk_engine_close(&e);
}

/* ---- maps in maps, tasks and bodies ---- */

typedef struct nest {
    yk_engine *engine;
    unsigned depth, flags;
    _Atomic size_t leaves;
} nest;

typedef struct nested {
    nest *all;
    unsigned depth;
} nested;

static yk_status deeper(void *ctx, const void *in, void *out)
{
    const nested *n = ctx;
    (void)in, (void)out;
    if (n->depth == n->all->depth) {
        atomic_fetch_add(&n->all->leaves, 1);
        return YK_OK;
    }
    nested below = {n->all, n->depth + 1};
    yk_map_opts opts = {.flags = n->all->flags, .batch = 1};
    return yk_map(n->all->engine, deeper, &below, NULL, 0, NULL, 0, 5, &opts);
}

static yk_status nest_all(void *arg)
{
    nest *n = arg;
    nested top = {n, 0};
    return deeper(&top, NULL, NULL);
}

static void body_that_maps(void *ctx, size_t begin, size_t end, size_t worker)
{
    nest *n = ctx;
    (void)worker;
    for (size_t i = begin; i < end; i++) (void)nest_all(n);
}

static void maps_within_maps_end(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 6; k++) {
        yk_engine *e = open_engine(1 + k % 3, 2);
        nest n = {.engine = e, .depth = 4, .flags = k < 3 ? 0 : YK_BLOCKING};
        assert_int_equal(nest_all(&n), YK_OK);
        assert_int_equal(n.leaves, 625);
        run_task(e, nest_all, &n, 0, YK_OK);
        run_task(e, nest_all, &n, YK_BLOCKING, YK_OK);
        assert_int_equal(n.leaves, 3 * 625);
        n.depth = 2;
        n.leaves = 0;
        assert_int_equal(yk_parallel_for(e, 12, 1, body_that_maps, &n), YK_OK);
        assert_int_equal(n.leaves, 12 * 25);
        yk_engine_close(&e);
    }
}

typedef struct caller {
    pthread_t thread;
    yk_engine *engine;
    unsigned number;
    bool ok;
} caller;

static void *call_often(void *arg)
{
    caller *c = arg;
    uint64_t in[200], out[200];
    fill(in, 200);
    c->ok = true;
    for (unsigned round = 0; round < 40; round++) {
        yk_map_opts opts = {.flags = (round + c->number) % 3 == 0 ? YK_BLOCKING : 0,
                            .batch = round % 4, .timeout_s = round % 5 == 4 ? 1000 : 0};
        memset(out, 0, sizeof out);
        c->ok &= yk_map(c->engine, twice, NULL, in, 8, out, 8, 200, &opts) == YK_OK;
        for (size_t i = 0; i < 200; i++) c->ok &= out[i] == 2 * i;
    }
    return NULL;
}

static void many_threads_map_at_once(void **state)
{
    (void)state;
    caller callers[6];
    yk_engine *e = open_engine(3, 4);
    for (unsigned i = 0; i < 6; i++) {
        callers[i] = (caller){.engine = e, .number = i};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), 0);
    }
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        assert_true(callers[i].ok);
    }
    yk_engine_close(&e);
}

/* ---- doing without ---- */

/* Nothing that a map does needs memory: it computes with fewer, and all the same. */
static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 8; how++) {
        size_t k = 0;
        script s = {.for_good = how & 1};
        do {
            yk_engine *e = open_engine(2, 3);
            yk_map_opts opts = {.flags = how & 2 ? YK_BLOCKING : 0,
                                .timeout_s = how & 4 ? 1000 : 0};
            s.fail_at = ++k;
            s.calls = 0;
            yki_alloc_set_hook(script_alloc, &s);
            check_one(e, 300, &opts);
            yki_alloc_set_hook(NULL, NULL);
            yk_engine_close(&e);
        } while (s.calls >= k && k < 1000);
        assert_true(k < 1000);
    }
}

static void threads_may_fail(void **state)
{
    (void)state;
    for (size_t k = 1; k <= 6; k++) {
        script s = {.fail_at = k, .for_good = true};
        yki_thread_set_hook(script_thread, &s);
        yk_engine *e = open_engine(2, 3);
        check_one(e, 300, &(yk_map_opts){0});
        check_one(e, 300, &(yk_map_opts){.flags = YK_BLOCKING});
        check_one(e, 300, &(yk_map_opts){.timeout_s = 1000});
        check_one(e, 300, &(yk_map_opts){.flags = YK_BLOCKING, .timeout_s = 1000});
        yki_thread_set_hook(NULL, NULL);
        yk_engine_close(&e);
    }
}

static void refused_after_a_fork(void **state)
{
    (void)state;
    yk_engine *e = open_engine(2, 0);
    check_one(e, 100, &(yk_map_opts){0});
    pid_t pid = fork();
    if (pid == 0) {
        uint64_t x = 1;
        yk_diag d = {0};
        yk_map_opts opts = {.diag = &d};
        bool ok = yk_map(e, twice, NULL, &x, 8, &x, 8, 1, &opts) == YK_E_FORKED
                  && d.status == YK_E_FORKED && d.text[0] && x == 1;
        _exit(ok ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    yk_engine_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_once_in_its_place),
        cmocka_unit_test(arrays_may_be_absent_or_the_same),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(blocking_calls_are_all_under_way),
        cmocka_unit_test(the_first_failure_in_order_is_told),
        cmocka_unit_test(messages_stay_with_their_items),
        cmocka_unit_test(enough_time_is_no_failure),
        cmocka_unit_test(maps_within_maps_end),
        cmocka_unit_test(many_threads_map_at_once),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(threads_may_fail),
        cmocka_unit_test(refused_after_a_fork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
