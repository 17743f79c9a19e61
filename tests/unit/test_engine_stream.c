/* yk_map_stream: it is the serial loop, with fn called for many items at once and never more
 * than the wanted number of items in being; how it fails, stops, and gets by. */
#include "map_rig.h"
#include "script.h"

#include <base/base.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_MAX 1000
#define NONE SIZE_MAX

/* ---- a stream that watches its rules ---- */

typedef struct item {
    uint64_t x;
    char padding[37];           /* an odd size */
} item;

typedef struct feed {
    size_t n;                           /* items there are */
    size_t bad_item, bad_generate, bad_sink;
    size_t in_flight;                   /* that may be in being */
    pthread_t caller;
    size_t made, sunk;
    _Atomic size_t ran[N_MAX];
    _Atomic int wrong;                  /* rules that were broken */
} feed;

static feed new_feed(size_t n, size_t in_flight)
{
    return (feed){.n = n, .bad_item = NONE, .bad_generate = NONE, .bad_sink = NONE,
                  .in_flight = in_flight ? in_flight : NONE, .caller = pthread_self()};
}

static void must(feed *f, bool holds)
{
    if (!holds) atomic_fetch_add(&f->wrong, 1);
}

static uint64_t f_of(uint64_t x) { return 3 * x + 1; }

static yk_status generate(void *ctx, size_t index, void *in)
{
    feed *f = ctx;
    item *to = in;
    must(f, pthread_equal(pthread_self(), f->caller));
    must(f, index == f->made && index < N_MAX);
    if (index == f->bad_generate) return YK_E_DEVICE;
    if (index == f->n) return YK_E_RANGE;
    must(f, f->made - f->sunk < f->in_flight);
    f->made++;
    to->x = index;
    return YK_OK;
}

static yk_status run_one(void *ctx, const void *in, void *out)
{
    feed *f = ctx;
    const item *from = in;
    uint64_t *to = out;
    for (size_t i = 0; i < from->x % 40; i++) yki_relax();
    if (from->x % 53 == 52) sched_yield();
    must(f, atomic_fetch_add(&f->ran[from->x], 1) == 0);
    *to = f_of(from->x);
    if (from->x != f->bad_item) return YK_OK;
    yk_task_message("item %zu is bad", (size_t)from->x);
    return YK_E_IO;
}

static yk_status sink(void *ctx, size_t index, yk_status status, const void *out)
{
    feed *f = ctx;
    const uint64_t *from = out;
    must(f, pthread_equal(pthread_self(), f->caller));
    must(f, index == f->sunk++ && index < f->made);
    must(f, *from == f_of(index));
    must(f, status == (index == f->bad_item ? YK_E_IO : YK_OK));
    return index == f->bad_sink ? YK_E_EXTENT : YK_OK;
}

static yk_stream stream_of(feed *f, size_t in_flight)
{
    return (yk_stream){.generate = generate, .fn = run_one, .sink = sink, .ctx = f,
                       .in_size = sizeof(item), .out_size = sizeof(uint64_t),
                       .in_flight = in_flight};
}

/* ---- what it computes ---- */

static yk_status check_one(yk_engine *e, size_t n, size_t in_flight, const yk_map_opts *opts)
{
    feed f = new_feed(n, in_flight);
    yk_stream s = stream_of(&f, in_flight);
    size_t count = 4711;
    yk_status st = yk_map_stream(e, &s, opts, &count);
    assert_int_equal(f.wrong, 0);
    if (st != YK_OK) return st;
    assert_int_equal(count, n);
    assert_int_equal(f.sunk, n);
    for (size_t i = 0; i < n; i++) assert_int_equal(f.ran[i], 1);
    return YK_OK;
}

static void every_item_in_order(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 10, 700};
    static const size_t flights[] = {0, 1, 2, 7, 2000};
    static const size_t jobs[] = {0, 1, 3};
    for (size_t threads = 1; threads <= 2; threads++) {
        yk_engine *e = open_engine(threads, 5);
        for (size_t n = 0; n < YKI_COUNT(sizes); n++)
            for (size_t k = 0; k < YKI_COUNT(flights); k++)
                for (size_t j = 0; j < YKI_COUNT(jobs); j++)
                    for (unsigned flags = 0; flags <= YK_BLOCKING; flags += YK_BLOCKING) {
                        yk_map_opts opts = {.flags = flags, .n_jobs = jobs[j], .batch = k};
                        assert_int_equal(check_one(e, sizes[n], flights[k], &opts), YK_OK);
                    }
        yk_engine_close(&e);
    }
}

static yk_status make_nothing(void *ctx, size_t index, void *in)
{
    (void)ctx;
    if (in) return YK_E_INVALID;
    return index < 500 ? YK_OK : YK_E_RANGE;
}

static yk_status count_calls(void *ctx, const void *in, void *out)
{
    if (in || out) return YK_E_INVALID;
    atomic_fetch_add((_Atomic size_t *)ctx, 1);
    return YK_OK;
}

static void items_may_be_nothing(void **state)
{
    (void)state;
    yk_engine *e = open_engine(2, 0);
    _Atomic size_t calls = 0;
    yk_stream s = {.generate = make_nothing, .fn = count_calls, .ctx = &calls};
    assert_int_equal(yk_map_stream(e, &s, NULL, NULL), YK_OK);
    assert_int_equal(calls, 500);
    yk_engine_close(&e);
}

static void refusals_say_why(void **state)
{
    (void)state;
    yk_diag d;
    yk_status statuses[1];
    size_t count = 4711;
    yk_engine *e = open_engine(1, 0);
    yk_map_opts o = {.diag = &d};
    _Atomic size_t calls = 0;
    const yk_stream good = {.generate = make_nothing, .fn = count_calls, .ctx = &calls};
    yk_stream s = good;
    assert_int_equal(yk_map_stream(NULL, &s, &o, NULL), YK_E_INVALID);
    assert_non_null(strstr(d.text, "engine"));
    assert_int_equal(yk_map_stream(e, NULL, &o, &count), YK_E_INVALID);
    assert_non_null(strstr(d.text, "stream"));
    assert_int_equal(count, 0);
    s.generate = NULL;
    assert_int_equal(yk_map_stream(e, &s, &o, NULL), YK_E_INVALID);
    s = good;
    s.fn = NULL;
    assert_int_equal(yk_map_stream(e, &s, &o, NULL), YK_E_INVALID);
    assert_non_null(strstr(d.text, "function"));
    s = good;
    s.reserved[3] = &s;
    assert_int_equal(yk_map_stream(e, &s, &o, NULL), YK_E_INVALID);
    s = good;
    s.in_size = SIZE_MAX - 8;
    assert_int_equal(yk_map_stream(e, &s, &o, NULL), YK_E_RANGE);
    s.in_size = SIZE_MAX / 4;
    s.in_flight = 100;
    assert_int_equal(yk_map_stream(e, &s, &(yk_map_opts){.diag = &d, .flags = YK_BLOCKING}, NULL),
                     YK_E_RANGE);
    o.statuses = statuses;
    assert_int_equal(yk_map_stream(e, &good, &o, NULL), YK_E_INVALID);
    assert_non_null(strstr(d.text, "statuses"));
    assert_int_equal(calls, 0);
    yk_engine_close(&e);
}

/* ---- while one waits, others work ---- */

typedef struct slow {
    _Atomic size_t ran;
    size_t n;
} slow;

/* The last item comes only when all before it have been run. */
static yk_status slow_generate(void *ctx, size_t index, void *in)
{
    slow *s = ctx;
    (void)in;
    if (index == s->n) return YK_E_RANGE;
    while (index == s->n - 1 && atomic_load(&s->ran) < index) usleep(200);
    return YK_OK;
}

static yk_status slow_fn(void *ctx, const void *in, void *out)
{
    (void)in, (void)out;
    atomic_fetch_add(&((slow *)ctx)->ran, 1);
    return YK_OK;
}

static void a_generator_may_block(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags <= YK_BLOCKING; flags += YK_BLOCKING) {
        yk_engine *e = open_engine(1, 0);
        slow w = {.n = 6};
        size_t count = 0;
        yk_stream s = {.generate = slow_generate, .fn = slow_fn, .ctx = &w, .in_flight = 6};
        yk_map_opts opts = {.flags = flags};
        assert_int_equal(yk_map_stream(e, &s, &opts, &count), YK_OK);
        assert_int_equal(count, 6);
        yk_engine_close(&e);
    }
}

/* Each item waits until as many as there may be are under way. */
static yk_status meet(void *ctx, const void *in, void *out)
{
    slow *s = ctx;
    (void)in, (void)out;
    atomic_fetch_add(&s->ran, 1);
    while (atomic_load(&s->ran) < s->n) usleep(200);
    return YK_OK;
}

static yk_status generate_n(void *ctx, size_t index, void *in)
{
    (void)in;
    return index < ((slow *)ctx)->n ? YK_OK : YK_E_RANGE;
}

static void blocking_items_are_all_under_way(void **state)
{
    (void)state;
    yk_engine *e = open_engine(1, 0);
    slow w = {.n = 30};
    yk_stream s = {.generate = generate_n, .fn = meet, .ctx = &w, .in_flight = 30};
    yk_map_opts opts = {.flags = YK_BLOCKING};
    assert_int_equal(yk_map_stream(e, &s, &opts, NULL), YK_OK);
    yk_engine_close(&e);
}

/* ---- failures: what comes first in order ---- */

static void check_failure(yk_engine *e, feed *f, const yk_map_opts *base, yk_status expected,
                          size_t count_expected, size_t begin)
{
    yk_diag d;
    size_t count = 4711, failed = 4711;
    yk_map_opts opts = *base;
    yk_stream s = stream_of(f, 8);
    opts.diag = &d;
    opts.failed = &failed;
    assert_int_equal(yk_map_stream(e, &s, &opts, &count), expected);
    assert_int_equal(f->wrong, 0);
    assert_int_equal(count, count_expected);
    assert_int_equal(f->sunk, count_expected);
    assert_int_equal(d.status, expected);
    assert_int_equal(d.begin, begin);
    assert_int_equal(d.end, begin + 1);
    assert_int_equal(failed, expected == YK_E_IO ? begin : 4711);
    if (expected == YK_E_IO) assert_non_null(strstr(d.text, "is bad"));
}

static void failures_with(yk_engine *e, unsigned flags)
{
    yk_map_opts opts = {.flags = flags}, all = {.flags = flags | YK_ALL_ERRORS};
    for (size_t at = 0; at < 40; at += 13) {
        feed f = new_feed(100, 8);
        f.bad_item = at;
        check_failure(e, &f, &opts, YK_E_IO, at + 1, at);
        f = new_feed(100, 8);
        f.bad_item = at;
        check_failure(e, &f, &all, YK_E_IO, 100, at);
        f = new_feed(100, 8);
        f.bad_generate = at;
        check_failure(e, &f, &opts, YK_E_DEVICE, at, at);
        f = new_feed(100, 8);
        f.bad_sink = at;
        f.bad_item = at + 1;
        check_failure(e, &f, &opts, YK_E_EXTENT, at + 1, at);
        f = new_feed(100, 8);
        f.bad_generate = at + 1;
        f.bad_item = at;
        check_failure(e, &f, &opts, YK_E_IO, at + 1, at);
        f = new_feed(100, 8);
        f.bad_generate = at + 3;
        f.bad_item = at;
        check_failure(e, &f, &all, YK_E_DEVICE, at + 3, at + 3);
    }
}

static void the_first_failure_in_order_is_told(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 2; threads++) {
        yk_engine *e = open_engine(threads, 3);
        failures_with(e, 0);
        failures_with(e, YK_BLOCKING);
        yk_engine_close(&e);
    }
}

/* ---- stopping ---- */

typedef struct endless {
    patience p;                 /* first: until_asked's */
    yk_engine *engine;
    unsigned flags;
    double timeout_s;
    _Atomic int result;
    _Atomic size_t sunk;
} endless;

static yk_status go_on(void *ctx, size_t index, void *in)
{
    (void)ctx, (void)index, (void)in;
    return YK_OK;
}

static yk_status count_sunk(void *ctx, size_t index, yk_status status, const void *out)
{
    (void)index, (void)status, (void)out;
    atomic_fetch_add(&((endless *)ctx)->sunk, 1);
    return YK_OK;
}

static yk_status stream_until_asked(void *arg)
{
    endless *x = arg;
    yk_stream s = {.generate = go_on, .fn = until_asked, .sink = count_sunk, .ctx = x,
                   .in_flight = 9};
    yk_map_opts opts = {.flags = x->flags, .n_jobs = 3, .timeout_s = x->timeout_s};
    yk_status st = yk_map_stream(x->engine, &s, &opts, NULL);
    atomic_store(&x->result, (int)st);
    return st;
}

static void check_timeout(yk_engine *e, unsigned flags, unsigned task_flags, bool in_task)
{
    endless x = {.engine = e, .flags = flags, .timeout_s = 0.01};
    if (in_task) run_task(e, stream_until_asked, &x, task_flags, YK_E_TIMEOUT);
    else assert_int_equal(stream_until_asked(&x), YK_E_TIMEOUT);
    assert_int_equal(x.p.begun, x.p.asked);
    assert_int_equal(x.sunk, 0);
}

static void time_is_up_everywhere(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 2; threads++) {
        yk_engine *e = open_engine(threads, 4);
        for (unsigned flags = 0; flags <= YK_BLOCKING; flags += YK_BLOCKING) {
            check_timeout(e, flags, 0, false);
            check_timeout(e, flags, 0, true);
            check_timeout(e, flags, YK_BLOCKING, true);
        }
        yk_engine_close(&e);
    }
}

static void cancelled_with_the_task_around_it(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        yk_engine *e = open_engine(1 + k % 2, 0);
        endless x = {.engine = e, .flags = k & 2 ? YK_BLOCKING : 0, .result = -1};
        yk_task_opts opts = {.flags = k & 4 ? YK_BLOCKING : 0};
        yk_future *f = NULL;
        assert_int_equal(yk_task_submit(e, stream_until_asked, &x, &opts, &f), YK_OK);
        while (atomic_load(&x.p.begun) == 0) sched_yield();
        assert_int_equal(yk_future_cancel(f), 0);
        assert_int_equal(yk_future_wait(f, -1), YK_E_CANCELLED);
        assert_int_equal(x.result, YK_E_CANCELLED);
        assert_int_equal(x.p.begun, x.p.asked);
        yk_future_free(&f);
        yk_engine_close(&e);
    }
}

typedef struct watcher {
    pthread_t caller;
    int calls, lasts, elsewhere, stop_at;
    yk_progress last;
} watcher;

static int watch(void *ctx, const yk_progress *p)
{
    watcher *w = ctx;
    w->elsewhere += !pthread_equal(pthread_self(), w->caller);
    w->calls++;
    w->lasts += p->last;
    w->last = *p;
    return w->calls == w->stop_at;
}

static void progress_is_told_and_can_stop_it(void **state)
{
    (void)state;
    yk_engine *e = open_engine(2, 0);
    for (unsigned flags = 0; flags <= YK_BLOCKING; flags += YK_BLOCKING) {
        watcher w = {.caller = pthread_self()};
        yk_map_opts opts = {.flags = flags | YK_ALL_ERRORS, .progress = watch,
                            .progress_ctx = &w, .progress_s = 1e-6};
        feed f = new_feed(200, 8);
        f.bad_item = 7;
        yk_stream s = stream_of(&f, 8);
        assert_int_equal(yk_map_stream(e, &s, &opts, NULL), YK_E_IO);
        assert_true(w.calls > 1);
        assert_int_equal(w.lasts, 1);
        assert_int_equal(w.elsewhere, 0);
        assert_int_equal(w.last.done, 200);
        assert_int_equal(w.last.failed, 1);
        assert_int_equal(w.last.total, 0);
        endless x = {.engine = e};
        w = (watcher){.caller = pthread_self(), .stop_at = 1};
        yk_stream stopped = {.generate = go_on, .fn = until_asked, .ctx = &x};
        assert_int_equal(yk_map_stream(e, &stopped, &opts, NULL), YK_E_CANCELLED);
        assert_int_equal(x.p.begun, x.p.asked);
        assert_int_equal(w.lasts, 1);
    }
    yk_engine_close(&e);
}

/* ---- streams in tasks, and in each other ---- */

typedef struct nest {
    yk_engine *engine;
    unsigned depth, levels, flags;
    _Atomic size_t *leaves;
} nest;

static yk_status four(void *ctx, size_t index, void *in)
{
    (void)ctx, (void)in;
    return index < 4 ? YK_OK : YK_E_RANGE;
}

static yk_status deeper(void *ctx, const void *in, void *out)
{
    nest below = *(nest *)ctx;
    (void)in, (void)out;
    if (below.depth++ == below.levels) {
        atomic_fetch_add(below.leaves, 1);
        return YK_OK;
    }
    yk_stream s = {.generate = four, .fn = deeper, .ctx = &below};
    yk_map_opts opts = {.flags = below.flags};
    return yk_map_stream(below.engine, &s, &opts, NULL);
}

static yk_status nest_all(void *arg) { return deeper(arg, NULL, NULL); }

static void body_that_streams(void *ctx, size_t begin, size_t end, size_t worker)
{
    (void)worker;
    for (size_t i = begin; i < end; i++) (void)nest_all(ctx);
}

static void streams_within_streams_end(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        yk_engine *e = open_engine(1 + k % 2, 2);
        _Atomic size_t leaves = 0;
        nest n = {.engine = e, .levels = 3, .flags = k < 2 ? 0 : YK_BLOCKING, .leaves = &leaves};
        assert_int_equal(nest_all(&n), YK_OK);
        assert_int_equal(leaves, 64);
        run_task(e, nest_all, &n, 0, YK_OK);
        run_task(e, nest_all, &n, YK_BLOCKING, YK_OK);
        assert_int_equal(leaves, 192);
        n.levels = 2;
        assert_int_equal(yk_parallel_for(e, 6, 1, body_that_streams, &n), YK_OK);
        assert_int_equal(leaves, 192 + 6 * 16);
        yk_engine_close(&e);
    }
}

/* ---- doing without ---- */

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 4; how++) {
        size_t k = 0, refused = 0;
        script s = {.for_good = how & 1};
        do {
            yk_engine *e = open_engine(2, 3);
            yk_diag d = {.status = YK_OK};
            yk_map_opts opts = {.flags = how & 2 ? YK_BLOCKING : 0, .diag = &d};
            s.fail_at = ++k;
            s.calls = 0;
            yki_alloc_set_hook(script_alloc, &s);
            yk_status st = check_one(e, 200, 10, &opts);
            yki_alloc_set_hook(NULL, NULL);
            assert_true(st == YK_OK || st == YK_E_NOMEM);
            assert_int_equal(d.status, st);
            refused += st != YK_OK;
            yk_engine_close(&e);
        } while (s.calls >= k && k < 1000);
        assert_true(k < 1000);
        assert_int_equal(refused, 1);       /* for the slots */
    }
}

static void threads_may_fail(void **state)
{
    (void)state;
    for (size_t k = 1; k <= 6; k++) {
        script s = {.fail_at = k, .for_good = true};
        yki_thread_set_hook(script_thread, &s);
        yk_engine *e = open_engine(2, 3);
        for (unsigned how = 0; how < 4; how++) {
            yk_map_opts opts = {.flags = how & 1 ? YK_BLOCKING : 0,
                                .timeout_s = how & 2 ? 1000 : 0};
            assert_int_equal(check_one(e, 200, 10, &opts), YK_OK);
        }
        yki_thread_set_hook(NULL, NULL);
        yk_engine_close(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_in_order),
        cmocka_unit_test(items_may_be_nothing),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(a_generator_may_block),
        cmocka_unit_test(blocking_items_are_all_under_way),
        cmocka_unit_test(the_first_failure_in_order_is_told),
        cmocka_unit_test(time_is_up_everywhere),
        cmocka_unit_test(cancelled_with_the_task_around_it),
        cmocka_unit_test(progress_is_told_and_can_stop_it),
        cmocka_unit_test(streams_within_streams_end),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(threads_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
