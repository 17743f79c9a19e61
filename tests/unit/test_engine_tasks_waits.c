/* Waiting for several futures: yk_wait_all, yk_wait_any, completions.  Written from
 * yoke/task.h alone. */
#include "tasks.h"

/* Futures of blocking tasks, each behind a gate of its own. */
#define GATED 8
typedef struct gated {
    ykt_gate gates[GATED];
    yk_future *futures[GATED];
} gated;

static void gated_open(gated *g, yk_engine *e)
{
    memset(g, 0, sizeof *g);
    for (int i = 0; i < GATED; i++)
        g->futures[i] = ykt_submit(e, ykt_at_gate, &g->gates[i], YK_BLOCKING);
}

static void let(gated *g, size_t i) { atomic_store(&g->gates[i].open, true); }

static void gated_close(gated *g)
{
    for (size_t i = 0; i < GATED; i++) let(g, i);
    for (size_t i = 0; i < GATED; i++) assert_int_equal(ykt_end_of(&g->futures[i]), YK_OK);
}

/* ---- all ---- */

static void all_tells_the_first_failure_in_the_array(void **state)
{
    (void)state;
    static const yk_status statuses[] = {YK_OK, YK_E_IO, YK_OK, YK_E_DEVICE, YK_E_NOMEM};
    enum { N = sizeof statuses / sizeof *statuses };
    yk_engine *e = ykt_open(0);
    yk_future *f[N + 2] = {NULL};       /* with NULLs at both ends */
    for (int i = N; i-- > 0;)
        f[i + 1] = ykt_submit(e, ykt_return, (void *)&statuses[i], i % 2 ? YK_BLOCKING : 0);
    assert_int_equal(yk_wait_all(f, N + 2, -1), YK_E_IO);
    for (int i = 0; i < N; i++) assert_int_equal(yk_future_done(f[i + 1]), 1);
    assert_int_equal(yk_wait_all(f, N + 2, 0), YK_E_IO);
    assert_int_equal(yk_wait_all(f + 3, N - 1, LONG_S), YK_E_DEVICE);
    assert_int_equal(yk_wait_all(f, 2, 0), YK_OK);
    for (int i = 0; i < N; i++) yk_future_free(&f[i + 1]);
    assert_int_equal(yk_wait_all(f, N + 2, -1), YK_OK);     /* NULLs alone */
    assert_int_equal(yk_wait_all(f, 0, -1), YK_OK);
    assert_int_equal(yk_wait_all(NULL, 0, -1), YK_OK);
    yk_engine_close(&e);
}

static void all_waits_on_after_a_failure(void **state)
{
    (void)state;
    yk_status io = YK_E_IO;
    ykt_gate gate = {0};
    yk_engine *e = ykt_open(0);
    yk_future *f[3] = {ykt_submit(e, ykt_return, &io, 0),
                       ykt_submit(e, ykt_at_gate, &gate, YK_BLOCKING), NULL};
    f[2] = f[0];        /* twice is legal */
    assert_int_equal(yk_future_wait(f[0], -1), YK_E_IO);
    assert_int_equal(yk_wait_all(f, 3, 0), YK_E_TIMEOUT);
    assert_int_equal(yk_wait_all(f, 3, 0.002), YK_E_TIMEOUT);
    atomic_store(&gate.open, true);
    assert_int_equal(yk_wait_all(f, 3, -1), YK_E_IO);
    assert_int_equal(atomic_load(&gate.passed), 1);
    yk_future_free(&f[0]);
    yk_future_free(&f[1]);
    yk_engine_close(&e);
}

/* ---- any ---- */

static void any_finds_the_one_that_is_done(void **state)
{
    (void)state;
    static const size_t order[GATED] = {3, 7, 0, 5, 1, 6, 2, 4};
    gated g;
    yk_engine *e = ykt_open(0);
    gated_open(&g, e);
    yk_future *left[GATED];
    memcpy(left, g.futures, sizeof left);
    for (size_t k = 0; k < GATED; k++) {
        size_t found = 99;
        assert_int_equal(yk_wait_any(left, GATED, 0, &found), YK_E_TIMEOUT);
        assert_int_equal(yk_wait_any(left, GATED, 1e-4, &found), YK_E_TIMEOUT);
        let(&g, order[k]);
        assert_int_equal(yk_wait_any(left, GATED, k % 2 ? -1 : LONG_S, &found), YK_OK);
        assert_int_equal(found, order[k]);
        assert_int_equal(yk_future_done(left[found]), 1);
        assert_int_equal(yk_wait_any(left, GATED, 0, &found), YK_OK);
        assert_int_equal(found, order[k]);
        left[found] = NULL;
    }
    size_t none = 99;
    assert_int_equal(yk_wait_any(left, GATED, -1, &none), YK_E_INVALID);
    assert_int_equal(none, 99);
    gated_close(&g);
    yk_engine_close(&e);
}

static void any_does_not_mind_a_failure(void **state)
{
    (void)state;
    yk_status io = YK_E_IO;
    ykt_held held;
    size_t found = 99;
    yk_engine *e = ykt_open(0);
    yk_future *f[4] = {NULL, NULL, ykt_submit(e, ykt_return, &io, 0), NULL};
    assert_int_equal(yk_wait_any(f, 4, -1, &found), YK_OK);
    assert_int_equal(found, 2);
    ykt_hold(e, &held);
    f[0] = ykt_submit(e, ykt_nothing, NULL, 0);
    f[3] = f[0];
    yk_future_free(&f[2]);
    assert_int_equal(yk_wait_any(f, 4, 0, &found), YK_E_TIMEOUT);
    assert_int_equal(yk_future_cancel(f[0]), 1);
    assert_int_equal(yk_wait_any(f, 4, -1, &found), YK_OK);     /* the same one twice */
    assert_true(found == 0 || found == 3);
    ykt_release(&held);
    yk_future_free(&f[0]);
    yk_engine_close(&e);
}

static void any_of_nothing_is_refused(void **state)
{
    (void)state;
    yk_future *none[3] = {NULL};
    size_t index = 99;
    assert_int_equal(yk_wait_any(none, 3, -1, &index), YK_E_INVALID);
    assert_int_equal(yk_wait_any(none, 0, -1, &index), YK_E_INVALID);
    assert_int_equal(yk_wait_any(NULL, 0, 0, &index), YK_E_INVALID);
    assert_int_equal(index, 99);
}

/* Waits that ended in vain leave nothing at the futures that is in the way later. */
static void waits_in_vain_leave_nothing(void **state)
{
    (void)state;
    gated g;
    size_t found = 99;
    yk_engine *e = ykt_open(0);
    gated_open(&g, e);
    for (unsigned i = 0; i < 2000; i++) {
        yk_status st = i % 2 ? yk_wait_any(g.futures, GATED, i % 100 ? 0 : 1e-5, &found)
                             : yk_wait_all(g.futures, GATED, i % 100 ? 0 : 1e-5);
        assert_int_equal(st, YK_E_TIMEOUT);
        yk_completions *c = NULL;
        assert_int_equal(yk_completions_open(&c, g.futures, GATED), YK_OK);
        yk_completions_close(&c);
    }
    let(&g, 6);
    assert_int_equal(yk_wait_any(g.futures, GATED, -1, &found), YK_OK);
    assert_int_equal(found, 6);
    gated_close(&g);
    yk_engine_close(&e);
}

typedef struct any_waiter {
    gated *g;
    size_t found;
    yk_status status;
} any_waiter;

static void *wait_for_any(void *arg)
{
    any_waiter *w = arg;
    w->status = yk_wait_any(w->g->futures, GATED, -1, &w->found);
    return NULL;
}

static void many_threads_wait_for_the_same(void **state)
{
    (void)state;
    enum { THREADS = 10 };
    gated g;
    any_waiter w[THREADS];
    pthread_t threads[THREADS];
    yk_engine *e = ykt_open(0);
    gated_open(&g, e);
    for (int i = 0; i < THREADS; i++) {
        w[i] = (any_waiter){.g = &g, .found = 99};
        assert_int_equal(pthread_create(&threads[i], NULL, wait_for_any, &w[i]), 0);
    }
    ykt_sleep_us(1000);
    let(&g, 2);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(w[i].status, YK_OK);
        assert_int_equal(w[i].found, 2);
    }
    gated_close(&g);
    yk_engine_close(&e);
}

/* ---- completions ---- */

static void they_come_in_order_of_completion(void **state)
{
    (void)state;
    static const size_t order[GATED] = {5, 2, 7, 0, 1, 6, 4, 3};
    for (int at_once = 0; at_once < 2; at_once++) {
        gated g;
        yk_completions *c = NULL;
        yk_engine *e = ykt_open(0);
        gated_open(&g, e);
        assert_int_equal(yk_completions_open(&c, g.futures, GATED), YK_OK);
        size_t index = 99;
        assert_int_equal(yk_completions_next(c, 0, &index), YK_E_TIMEOUT);
        assert_int_equal(yk_completions_next(c, 1e-4, &index), YK_E_TIMEOUT);
        assert_int_equal(index, 99);
        for (size_t k = 0; k < GATED; k++) {
            let(&g, order[k]);
            assert_int_equal(yk_future_wait(g.futures[order[k]], -1), YK_OK);
            if (at_once) continue;
            assert_int_equal(yk_completions_next(c, -1, &index), YK_OK);
            assert_int_equal(index, order[k]);
        }
        for (size_t k = 0; at_once && k < GATED; k++) {
            assert_int_equal(yk_completions_next(c, -1, &index), YK_OK);
            assert_int_equal(index, order[k]);
        }
        for (int i = 0; i < 3; i++)
            assert_int_equal(yk_completions_next(c, i - 1, &index), YK_E_RANGE);
        yk_completions_close(&c);
        assert_null(c);
        gated_close(&g);
        yk_engine_close(&e);
    }
}

static void each_comes_once(void **state)
{
    (void)state;
    enum { N = 500 };
    static unsigned char came[N];
    static yk_future *f[N];
    yk_engine *e = ykt_open(0);
    yk_completions *c = NULL;
    _Atomic unsigned ran = 0;
    memset(came, 0, sizeof came);
    for (size_t i = 0; i < N; i++) {
        f[i] = i % 5 == 4 ? NULL : ykt_submit(e, ykt_count, (void *)&ran, i % 3 ? 0 : YK_BLOCKING);
        if (i % 50 == 0) f[i + 1] = f[i], i++;      /* in two places */
    }
    assert_int_equal(yk_completions_open(&c, f, N), YK_OK);
    size_t index, count = 0;
    while (yk_completions_next(c, -1, &index) == YK_OK) {
        assert_in_range(index, 0, N - 1);
        assert_non_null(f[index]);
        assert_int_equal(yk_future_done(f[index]), 1);
        assert_int_equal(came[index]++, 0);
        count++;
    }
    for (size_t i = 0; i < N; i++) assert_int_equal(came[i], f[i] != NULL);
    assert_true(count > N / 2);
    yk_completions_close(&c);
    for (size_t i = 0; i < N; i++) {
        bool twice = i + 1 < N && f[i] && f[i + 1] == f[i];
        if (twice) f[i] = NULL;
        else yk_future_free(&f[i]);
    }
    yk_engine_close(&e);
}

static void an_early_close_forgets_the_rest(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (size_t taken = 0; taken < 4; taken++) {
        gated g;
        yk_completions *c = NULL;
        gated_open(&g, e);
        assert_int_equal(yk_completions_open(&c, g.futures, GATED), YK_OK);
        for (size_t k = 0; k < taken; k++) {
            size_t index;
            let(&g, k);
            assert_int_equal(yk_completions_next(c, -1, &index), YK_OK);
            assert_int_equal(index, k);
        }
        let(&g, 7);         /* may complete before the close, or after it */
        yk_completions_close(&c);
        assert_null(c);
        gated_close(&g);
    }
    yk_completions *c = NULL;
    yk_completions_close(&c);
    yk_completions_close(NULL);
    yk_engine_close(&e);
}

static void empty_ones_end_at_once(void **state)
{
    (void)state;
    yk_completions *c = NULL;
    yk_future *none[4] = {NULL};
    size_t index = 99;
    assert_int_equal(yk_completions_open(&c, none, 4), YK_OK);
    assert_int_equal(yk_completions_next(c, -1, &index), YK_E_RANGE);
    yk_completions_close(&c);
    assert_int_equal(yk_completions_open(&c, NULL, 0), YK_OK);
    assert_int_equal(yk_completions_next(c, -1, &index), YK_E_RANGE);
    yk_completions_close(&c);
    assert_int_equal(yk_completions_open(NULL, none, 4), YK_E_INVALID);
    assert_int_equal(yk_completions_open(&c, NULL, 4), YK_E_INVALID);
    assert_null(c);
    assert_int_equal(index, 99);
}

static void cancelled_and_complete_ones_come_too(void **state)
{
    (void)state;
    ykt_held held;
    yk_completions *c = NULL;
    size_t first = 99, second = 99, third = 99;
    yk_engine *e = ykt_open(0);
    yk_future *f[3] = {ykt_submit(e, ykt_nothing, NULL, 0), NULL, NULL};
    assert_int_equal(yk_future_wait(f[0], -1), YK_OK);
    ykt_hold(e, &held);
    f[1] = ykt_submit(e, ykt_nothing, NULL, 0);
    f[2] = ykt_submit(e, ykt_nothing, NULL, 0);
    assert_int_equal(yk_completions_open(&c, f, 3), YK_OK);
    assert_int_equal(yk_completions_next(c, 0, &first), YK_OK);
    assert_int_equal(first, 0);
    assert_int_equal(yk_completions_next(c, 0, &second), YK_E_TIMEOUT);
    assert_int_equal(yk_future_cancel(f[2]), 1);
    assert_int_equal(yk_completions_next(c, 0, &second), YK_OK);
    assert_int_equal(second, 2);
    ykt_release(&held);
    assert_int_equal(yk_completions_next(c, -1, &third), YK_OK);
    assert_int_equal(third, 1);
    yk_completions_close(&c);
    for (int i = 0; i < 3; i++) yk_future_free(&f[i]);
    yk_engine_close(&e);
}

/* ---- from inside a task, which holds the only worker ---- */

#define CHILDREN 20
typedef struct parent {
    yk_engine *engine;
    _Atomic unsigned ran, failed;
    double timeout_s;
    unsigned flags;             /* of the children */
} parent;

static yk_status child(void *arg)
{
    atomic_fetch_add(&((parent *)arg)->ran, 1);
    return YK_OK;
}

static void make_children(parent *p, yk_future **f)
{
    yk_task_opts opts = {.flags = p->flags};
    for (int i = 0; i < CHILDREN; i++)
        EXPECT(yk_task_submit(p->engine, child, p, &opts, &f[i]) == YK_OK);
}

static yk_status wait_for_all_children(void *arg)
{
    parent *p = arg;
    yk_future *f[CHILDREN] = {NULL};
    make_children(p, f);
    EXPECT(yk_wait_all(f, CHILDREN, p->timeout_s) == YK_OK);
    for (int i = 0; i < CHILDREN; i++) yk_future_free(&f[i]);
    return YK_OK;
}

static yk_status wait_for_any_child(void *arg)
{
    parent *p = arg;
    yk_future *f[CHILDREN] = {NULL};
    make_children(p, f);
    for (int i = 0; i < CHILDREN; i++) {
        size_t index = 99;
        EXPECT(yk_wait_any(f, CHILDREN, p->timeout_s, &index) == YK_OK);
        if (index >= CHILDREN) return YK_E_RANGE;
        EXPECT(yk_future_done(f[index]));
        yk_future_free(&f[index]);
    }
    return YK_OK;
}

static yk_status take_children_as_they_come(void *arg)
{
    parent *p = arg;
    yk_future *f[CHILDREN] = {NULL};
    yk_completions *c = NULL;
    size_t index, count = 0;
    make_children(p, f);
    EXPECT(yk_completions_open(&c, f, CHILDREN) == YK_OK);
    while (yk_completions_next(c, p->timeout_s, &index) == YK_OK) count++;
    EXPECT(count == CHILDREN);
    yk_completions_close(&c);
    for (int i = 0; i < CHILDREN; i++) yk_future_free(&f[i]);
    return YK_OK;
}

static void a_task_may_wait_in_every_way(void **state)
{
    (void)state;
    static const yk_task_fn parents[] = {wait_for_all_children, wait_for_any_child,
                                         take_children_as_they_come};
    for (unsigned k = 0; k < 3 * 2 * 2 * 2 * 2; k++) {
        parent p = {.engine = ykt_open(1 + k % 2), .timeout_s = k / 2 % 2 ? -1 : LONG_S,
                    .flags = k / 4 % 2 ? YK_BLOCKING : 0};
        yk_future *f = ykt_submit(p.engine, parents[k / 16], &p, k / 8 % 2 ? YK_BLOCKING : 0);
        assert_int_equal(yk_future_wait(f, LONG_S), YK_OK);
        yk_future_free(&f);
        assert_int_equal(atomic_load(&p.ran), CHILDREN);
        yk_engine_close(&p.engine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(all_tells_the_first_failure_in_the_array),
        task_test(all_waits_on_after_a_failure),
        task_test(any_finds_the_one_that_is_done),
        task_test(any_does_not_mind_a_failure),
        task_test(any_of_nothing_is_refused),
        task_test(waits_in_vain_leave_nothing),
        task_test(many_threads_wait_for_the_same),
        task_test(they_come_in_order_of_completion),
        task_test(each_comes_once),
        task_test(an_early_close_forgets_the_rest),
        task_test(empty_ones_end_at_once),
        task_test(cancelled_and_complete_ones_come_too),
        task_test(a_task_may_wait_in_every_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
