/* yk_map: how it stops before its end, by time, cancelling or a progress function, and what the
 * latter is told.  (What it computes: test_engine_map.c.) */
#include "map_rig.h"

#include <base/base.h>
#include <unistd.h>

/* ---- stopping ---- */

static void map_with_timeout(yk_engine *e, unsigned flags)
{
    patience p = {0};
    yk_status statuses[100];
    size_t failed = 4711;
    yk_diag d;
    yk_map_opts opts = {.flags = flags, .timeout_s = 0.01, .statuses = statuses, .diag = &d,
                        .failed = &failed};
    assert_int_equal(yk_map(e, until_asked, &p, NULL, 0, NULL, 0, 100, &opts), YK_E_TIMEOUT);
    assert_int_equal(p.begun, p.asked);
    for (size_t i = 0; i < 100; i++) assert_int_equal(statuses[i], YK_E_CANCELLED);
    assert_int_equal(failed, 4711);
    assert_int_equal(d.status, YK_E_TIMEOUT);
    assert_non_null(strstr(d.text, "of 100 items"));
}

static yk_status map_with_timeout_inside(void *engine)
{
    map_with_timeout(engine, 0);
    map_with_timeout(engine, YK_BLOCKING);
    return YK_OK;
}

static void time_is_up_everywhere(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 2; threads++) {
        yk_engine *e = open_engine(threads, 4);
        (void)map_with_timeout_inside(e);
        run_task(e, map_with_timeout_inside, e, 0, YK_OK);
        run_task(e, map_with_timeout_inside, e, YK_BLOCKING, YK_OK);
        yk_engine_close(&e);
    }
}

typedef struct outer {
    yk_engine *engine;
    unsigned flags;
    patience p;
    _Atomic int result;
} outer;

static yk_status map_until_asked(void *arg)
{
    outer *o = arg;
    yk_map_opts opts = {.flags = o->flags, .n_jobs = 3};
    yk_status st = yk_map(o->engine, until_asked, &o->p, NULL, 0, NULL, 0, 50, &opts);
    atomic_store(&o->result, (int)st);
    return st;
}

/* The items see it though all workers are inside items, and nobody else looks. */
static void cancelled_with_the_task_around_it(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        yk_engine *e = open_engine(1 + k % 2, 0);
        outer o = {.engine = e, .flags = k & 2 ? YK_BLOCKING : 0, .result = -1};
        yk_task_opts opts = {.flags = k & 4 ? YK_BLOCKING : 0};
        yk_future *f = NULL;
        assert_int_equal(yk_task_submit(e, map_until_asked, &o, &opts, &f), YK_OK);
        while (atomic_load(&o.p.begun) == 0) sched_yield();
        assert_int_equal(yk_future_cancel(f), 0);
        assert_int_equal(yk_future_wait(f, -1), YK_E_CANCELLED);
        assert_int_equal(o.result, YK_E_CANCELLED);
        assert_int_equal(o.p.begun, o.p.asked);
        yk_future_free(&f);
        yk_engine_close(&e);
    }
}

static yk_status map_of_maps(void *ctx, const void *in, void *out)
{
    (void)in, (void)out;
    return map_until_asked(ctx);
}

/* The outer one's time reaches the items of the inner ones. */
static void cancelled_with_the_map_around_it(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 2; threads++) {
        yk_engine *e = open_engine(threads, 0);
        outer o = {.engine = e};
        yk_map_opts opts = {.timeout_s = 0.01};
        assert_int_equal(yk_map(e, map_of_maps, &o, NULL, 0, NULL, 0, 4, &opts), YK_E_TIMEOUT);
        assert_int_equal(o.result, YK_E_CANCELLED);
        yk_engine_close(&e);
    }
}

static void cancelled_with_the_engine(void **state)
{
    (void)state;
    yk_engine *e = open_engine(2, 0);
    outer o = {.engine = e, .result = -1};
    assert_int_equal(yk_task_submit(e, map_until_asked, &o, NULL, NULL), YK_OK);
    while (atomic_load(&o.p.begun) == 0) sched_yield();
    yk_status st;
    while ((st = yk_engine_close_within(&e, 0)) == YK_E_TIMEOUT) continue;
    assert_int_equal(st, YK_OK);
    assert_int_equal(o.result, YK_E_CANCELLED);
}

/* ---- progress ---- */

typedef struct watcher {
    _Atomic int inside;         /* calls at once */
    int calls, lasts, overlaps, backward, stop_at;
    yk_progress last;
} watcher;

static int watch(void *ctx, const yk_progress *p)
{
    watcher *w = ctx;
    if (atomic_fetch_add(&w->inside, 1) != 0) w->overlaps++;
    w->calls++;
    w->lasts += p->last;
    if (p->done < w->last.done || p->elapsed_s < w->last.elapsed_s || p->failed > p->done
        || (p->total && p->done > p->total) || p->rate < 0)
        w->backward++;
    w->last = *p;
    atomic_fetch_sub(&w->inside, 1);
    return w->calls == w->stop_at;
}

static yk_status nap(void *ctx, const void *in, void *out)
{
    _Atomic size_t *calls = ctx;
    (void)in, (void)out;
    usleep(300);
    return atomic_fetch_add(calls, 1) % 10 == 9 ? YK_E_IO : YK_OK;
}

static void check_watched(yk_engine *e, unsigned flags)
{
    watcher w = {0};
    _Atomic size_t calls = 0;
    yk_map_opts opts = {.flags = flags | YK_ALL_ERRORS, .n_jobs = 2, .progress = watch,
                        .progress_ctx = &w, .progress_s = 1e-4};
    assert_int_equal(yk_map(e, nap, &calls, NULL, 0, NULL, 0, 100, &opts), YK_E_IO);
    assert_int_equal(calls, 100);
    assert_int_equal(w.overlaps, 0);
    assert_int_equal(w.backward, 0);
    assert_int_equal(w.lasts, 1);
    assert_true(w.calls > 1);
    assert_int_equal(w.last.last, 1);
    assert_int_equal(w.last.done, 100);
    assert_int_equal(w.last.failed, 10);
    assert_int_equal(w.last.total, 100);
    assert_true(w.last.left_s == 0);
}

static yk_status check_watched_inside(void *engine)
{
    check_watched(engine, 0);
    check_watched(engine, YK_BLOCKING);
    return YK_OK;
}

static void progress_is_told(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 2; threads++) {
        yk_engine *e = open_engine(threads, 0);
        (void)check_watched_inside(e);
        run_task(e, check_watched_inside, e, 0, YK_OK);
        watcher w = {0};
        yk_map_opts opts = {.progress = watch, .progress_ctx = &w, .progress_s = 1e300};
        assert_int_equal(yk_map(e, twice, NULL, NULL, 0, NULL, 0, 0, &opts), YK_OK);
        assert_int_equal(w.calls, 1);
        assert_int_equal(w.lasts, 1);
        yk_engine_close(&e);
    }
}

static yk_status stop_by_progress(void *engine)
{
    for (unsigned flags = 0; flags <= YK_BLOCKING; flags += YK_BLOCKING) {
        patience p = {0};
        watcher w = {.stop_at = 1};
        yk_map_opts opts = {.flags = flags, .progress = watch, .progress_ctx = &w,
                            .progress_s = 1e-3};
        assert_int_equal(yk_map(engine, until_asked, &p, NULL, 0, NULL, 0, 9, &opts),
                         YK_E_CANCELLED);
        assert_int_equal(p.begun, p.asked);
        assert_int_equal(w.lasts, 1);
    }
    return YK_OK;
}

static void progress_can_stop_it(void **state)
{
    (void)state;
    yk_engine *e = open_engine(2, 0);
    (void)stop_by_progress(e);
    yk_engine_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_is_up_everywhere),
        cmocka_unit_test(cancelled_with_the_task_around_it),
        cmocka_unit_test(cancelled_with_the_map_around_it),
        cmocka_unit_test(cancelled_with_the_engine),
        cmocka_unit_test(progress_is_told),
        cmocka_unit_test(progress_can_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
