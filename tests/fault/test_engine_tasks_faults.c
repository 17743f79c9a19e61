/* Tasks where something fails: the k-th allocation, once and for good; the k-th thread; threads
 * that the system refuses; arguments that are wrong.  Calls say so, whatever was accepted is
 * done all the same, and the engine works afterwards.  Written from yoke/task.h alone. */
#include "child.h"
#include "tasks.h"

#include <base/base.h>
#include <sys/resource.h>

/* ---- one of everything ---- */

typedef struct course {
    yk_engine *engine;
    unsigned accepted;              /* tasks */
    _Atomic unsigned ran, nested;   /* of those; what they in turn had accepted */
    _Atomic unsigned called;        /* callbacks */
    unsigned callbacks;             /* accepted */
    bool failed;                    /* some call said YK_E_NOMEM */
} course;

/* Only YK_E_NOMEM may have gone wrong. */
static bool fine(course *c, yk_status st)
{
    EXPECT(st == YK_OK || st == YK_E_NOMEM);
    if (st != YK_OK) c->failed = true;
    return st == YK_OK;
}

static yk_status count_nested(void *arg)
{
    atomic_fetch_sub(&((course *)arg)->nested, 1);
    return YK_OK;
}

/* Submits one of each kind and waits for them. */
static yk_status submit_inside(void *arg)
{
    course *c = arg;
    yk_status worst = YK_OK;
    atomic_fetch_add(&c->ran, 1);
    for (unsigned flags = 0; flags <= YK_BLOCKING; flags += YK_BLOCKING) {
        yk_task_opts opts = {.flags = flags};
        yk_future *f = NULL;
        atomic_fetch_add(&c->nested, 1);
        yk_status st = yk_task_submit(c->engine, count_nested, c, &opts, &f);
        EXPECT(st == YK_OK || st == YK_E_NOMEM);
        if (st == YK_OK) EXPECT(yk_future_wait(f, -1) == YK_OK);
        else atomic_fetch_sub(&c->nested, 1), worst = st;
        yk_future_free(&f);
    }
    return worst;
}

static yk_status simple(void *arg)
{
    yk_task_message("%s", "simple");
    atomic_fetch_add(&((course *)arg)->ran, 1);
    return YK_OK;
}

static yk_future *submit(course *c, yk_task_fn fn, const yk_task_opts *opts)
{
    yk_future *f = NULL;
    bool ok = fine(c, yk_task_submit(c->engine, fn, c, opts, &f));
    EXPECT(ok == (f != NULL));
    c->accepted += ok;
    return f;
}

static void call_back(yk_future *f, void *ctx)
{
    EXPECT(yk_future_done(f));
    atomic_fetch_add(&((course *)ctx)->called, 1);
}

static void use_futures(course *c)
{
    enum { N = 6 };
    yk_future *f[N] = {NULL};
    yk_completions *done = NULL;
    size_t index;
    for (unsigned i = 0; i < N - 1; i++) {
        yk_task_opts opts = {.flags = i % 3 == 2 ? YK_BLOCKING : 0};
        f[i] = submit(c, i % 2 ? submit_inside : simple, &opts);
        if (f[i] && fine(c, yk_future_then(f[i], call_back, c))) c->callbacks++;
    }
    yk_future *pair[2] = {f[0], f[2]};
    yk_task_opts after = {.after = pair, .n_after = 2};
    if (f[0] && f[2]) f[N - 1] = submit(c, simple, &after);
    if (f[0]) fine(c, yk_wait_any(f, N, -1, &index));
    if (fine(c, yk_completions_open(&done, f, N))) {
        for (unsigned i = 0; i < N; i++)
            if (f[i]) EXPECT(yk_completions_next(done, -1, &index) == YK_OK);
        EXPECT(yk_completions_next(done, -1, &index) == YK_E_RANGE);
    }
    yk_completions_close(&done);
    fine(c, yk_wait_all(f, N, -1));
    for (unsigned i = 0; i < N; i++) yk_future_free(&f[i]);
}

static void use_a_group(course *c)
{
    yk_group *g = NULL;
    if (!fine(c, yk_group_open(c->engine, &g))) {
        EXPECT(!g);
        return;
    }
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 6; i++) {
            yk_task_opts opts = {.group = g, .flags = i % 3 == 2 ? YK_BLOCKING : 0};
            yk_task_fn fn = i % 2 ? submit_inside : simple;
            c->accepted += fine(c, yk_task_submit(c->engine, fn, c, &opts, NULL));
        }
        fine(c, yk_group_wait(g, -1));
        EXPECT(yk_group_message(g) != NULL);
    }
    yk_group_close(&g);
}

/* Some that nobody waits for. */
static void leave_some(course *c)
{
    for (unsigned i = 0; i < 4; i++) {
        yk_task_opts opts = {.flags = i % 2 ? YK_BLOCKING : 0};
        c->accepted += fine(c, yk_task_submit(c->engine, simple, c, &opts, NULL));
    }
}

static bool course_open(course *c, size_t threads)
{
    *c = (course){0};
    yk_engine_opts opts = {.threads = threads, .devices = "none"};
    yk_status st = yk_engine_open(&c->engine, &opts, NULL);
    if (st == YK_E_INVALID) {       /* more than there are cores */
        opts.threads = 0;
        st = yk_engine_open(&c->engine, &opts, NULL);
    }
    EXPECT((st == YK_OK) == (c->engine != NULL));
    return fine(c, st);
}

static void course_run(course *c)
{
    use_futures(c);
    use_a_group(c);
    leave_some(c);
}

/* Nothing is lost: what was accepted has run. */
static void course_close(course *c)
{
    yk_engine_close(&c->engine);
    EXPECT(atomic_load(&c->ran) == c->accepted);
    EXPECT(atomic_load(&c->nested) == 0);
    EXPECT(atomic_load(&c->called) == c->callbacks);
}

/* ---- failing calls ---- */

typedef struct script {
    _Atomic size_t calls;
    size_t fail_at;
    bool for_good;
} script;

static bool decide(script *s)
{
    size_t call = atomic_fetch_add(&s->calls, 1) + 1;
    return s->for_good ? call < s->fail_at : call != s->fail_at;
}

static bool alloc_hook(void *ctx, size_t bytes)
{
    (void)bytes;
    return decide(ctx);
}

static bool thread_hook(void *ctx) { return decide(ctx); }

static void set_hook(script *s, bool threads)
{
    if (threads) yki_thread_set_hook(s ? thread_hook : NULL, s);
    else yki_alloc_set_hook(s ? alloc_hook : NULL, s);
}

/* Opens, uses and closes an engine while the k-th call fails; where it could be opened, half of
 * them are used again once nothing fails any more. */
static void course_with_failure(script *s, bool threads, size_t workers)
{
    course c;
    set_hook(s, threads);
    bool opened = course_open(&c, workers);
    if (opened) course_run(&c);
    bool again = opened && s->fail_at % 2;
    if (again) {
        set_hook(NULL, threads);
        c.failed = false;
        course_run(&c);
        EXPECT(!c.failed || threads);   /* an engine that got no thread has none */
    }
    if (opened) course_close(&c);
    set_hook(NULL, threads);
}

static void fail_each(bool threads, bool for_good, size_t workers)
{
    size_t most = threads ? 40 : 4000, k = 1;
    for (; k <= most; k++) {
        script s = {.fail_at = k, .for_good = for_good};
        course_with_failure(&s, threads, workers);
        if (atomic_load(&ykt_failures)) fail_msg("when call %zu fails", k);
        if (atomic_load(&s.calls) < k) break;       /* it was never reached */
    }
    assert_true(k > 2 && k <= most);
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    fail_each(false, false, 2);
}

static void each_allocation_fails_for_good(void **state)
{
    (void)state;
    fail_each(false, true, 2);
}

static void each_thread_fails_once(void **state)
{
    (void)state;
    for (size_t workers = 1; workers <= 2; workers++) fail_each(true, false, workers);
}

static void each_thread_fails_for_good(void **state)
{
    (void)state;
    for (size_t workers = 1; workers <= 2; workers++) fail_each(true, true, workers);
}

/* No thread at all: pool tasks run in the waits for them, or in the close. */
static void without_any_thread(void **state)
{
    (void)state;
    script s = {.fail_at = 1, .for_good = true};
    set_hook(&s, true);
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(2);
    yk_group *g = NULL;
    yk_completions *c = NULL;
    size_t index = 99;
    yk_future *f[10];
    for (int i = 0; i < 10; i++) f[i] = ykt_submit(e, ykt_count, &ran, 0);
    assert_int_equal(yk_future_wait(f[7], -1), YK_OK);
    assert_int_equal(yk_wait_any(f, 3, -1, &index), YK_OK);
    assert_int_equal(yk_completions_open(&c, f, 10), YK_OK);
    for (int i = 0; i < 10; i++) assert_int_equal(yk_completions_next(c, -1, &index), YK_OK);
    yk_completions_close(&c);
    assert_int_equal(yk_wait_all(f, 10, -1), YK_OK);
    assert_int_equal(yk_group_open(e, &g), YK_OK);
    yk_task_opts opts = {.group = g};
    for (int i = 0; i < 10; i++)
        assert_int_equal(yk_task_submit(e, ykt_count, (void *)&ran, &opts, NULL), YK_OK);
    assert_int_equal(yk_group_wait(g, -1), YK_OK);
    yk_group_close(&g);
    assert_int_equal(atomic_load(&ran), 20);
    for (int i = 0; i < 10; i++) yk_future_free(&f[i]);
    for (int i = 0; i < 10; i++)
        assert_int_equal(yk_task_submit(e, ykt_count, (void *)&ran, NULL, NULL), YK_OK);
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&ran), 30);
    set_hook(NULL, true);
}

/* ---- out of threads for real: in a child that is nobody ---- */

static int as_nobody(void *arg)
{
    struct rlimit few;
    alarm(60);
    REQUIRE(getrlimit(RLIMIT_NPROC, &few) == 0);
    few.rlim_cur = *(const rlim_t *)arg;
    REQUIRE(setrlimit(RLIMIT_NPROC, &few) == 0);
    REQUIRE(setuid(65534) == 0);
    for (size_t workers = 1; workers <= 2; workers++) {
        course c;
        REQUIRE(course_open(&c, workers));      /* threads are missing, not memory */
        course_run(&c);
        enum { N = 100 };
        yk_future *f[N] = {NULL};
        for (int i = 0; i < N; i++) {
            yk_task_opts opts = {.flags = YK_BLOCKING};
            f[i] = submit(&c, simple, &opts);
        }
        REQUIRE(yk_wait_all(f, N, -1) == YK_OK);
        for (int i = 0; i < N; i++) yk_future_free(&f[i]);
        course_close(&c);
    }
    _exit(atomic_load(&ykt_failures) ? 1 : CHILD_OK);
}

static void out_of_threads(void **state)
{
    (void)state;
    if (geteuid() != 0) skip();
    static const rlim_t limits[] = {1, 3, 6, 20};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        rlim_t limit = limits[i];
        assert_int_equal(child_run(as_nobody, &limit, 90), CHILD_OK);
    }
}

/* ---- wrong arguments ---- */

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    yk_future *out = NULL, *f = ykt_submit(e, ykt_nothing, NULL, 0);
    yk_future *with_null[3] = {f, NULL, f};
    yk_group *g = NULL;
    _Atomic unsigned ran = 0;
    const yk_task_opts bad[] = {
        {.flags = YK_ALL_ERRORS}, {.flags = 8}, {.flags = 1u << 31}, {.flags = ~0u},
        {.after = with_null, .n_after = 3}, {.n_after = 1}, {.reserved = {&ran}},
        {.reserved = {NULL, NULL, NULL, &ran}}, {.flags = YK_BLOCKING, .n_after = 7},
    };
    assert_int_equal(yk_task_submit(NULL, ykt_count, (void *)&ran, NULL, &out), YK_E_INVALID);
    assert_int_equal(yk_task_submit(e, NULL, (void *)&ran, NULL, &out), YK_E_INVALID);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (yk_task_submit(e, ykt_count, (void *)&ran, &bad[i], &out) != YK_E_INVALID)
            fail_msg("bad[%zu] was taken", i);
        assert_null(out);
    }
    assert_int_equal(yk_group_open(NULL, &g), YK_E_INVALID);
    assert_int_equal(yk_group_open(e, NULL), YK_E_INVALID);
    assert_null(g);
    assert_int_equal(yk_wait_all(NULL, 2, -1), YK_E_INVALID);
    assert_int_equal(yk_wait_any(NULL, 2, -1, &(size_t){0}), YK_E_INVALID);
    /* after[] is not looked at where n_after is 0. */
    yk_task_opts none = {.after = with_null};
    assert_int_equal(yk_task_submit(e, ykt_count, (void *)&ran, &none, &out), YK_OK);
    assert_int_equal(ykt_end_of(&out), YK_OK);
    assert_int_equal(ykt_end_of(&f), YK_OK);
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&ran), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(out_of_threads),      /* first: it forks */
        task_test(wrong_arguments_are_refused),
        task_test(each_allocation_fails_once),
        task_test(each_allocation_fails_for_good),
        task_test(each_thread_fails_once),
        task_test(each_thread_fails_for_good),
        task_test(without_any_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
