/* yk_future_then: when callbacks are called, by whom, how often, and what they may do with
 * the future.  Written from yoke/task.h alone. */
#include "tasks.h"

/* What a callback saw. */
typedef struct seen {
    _Atomic unsigned calls;
    yk_future *future;
    pthread_t thread;
    int done;
    yk_status status;
    char message[64];
    void *arg;
} seen;

static void look(yk_future *f, void *ctx)
{
    seen *s = ctx;
    s->future = f;
    s->thread = pthread_self();
    s->done = yk_future_done(f);
    s->status = yk_future_wait(f, 0);
    snprintf(s->message, sizeof s->message, "%s", yk_future_message(f));
    s->arg = yk_future_arg(f);
    atomic_fetch_add(&s->calls, 1);     /* last: tells the test that the rest is there */
}

static yk_status at_gate_with_message(void *arg)
{
    (void)ykt_at_gate(arg);
    yk_task_message("through the gate");
    return YK_E_EXTENT;
}

static void check_seen(const seen *s, const ykt_gate *gate)
{
    assert_int_equal(atomic_load(&s->calls), 1);
    assert_int_equal(s->done, 1);
    assert_int_equal(s->status, YK_E_EXTENT);
    assert_string_equal(s->message, "through the gate");
    assert_ptr_equal(s->arg, gate);
}

static void called_when_it_completes(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (unsigned flags = 0; flags <= YK_BLOCKING; flags += YK_BLOCKING) {
        ykt_gate gate = {0};
        seen s[5] = {{0}};
        yk_future *f = ykt_submit(e, at_gate_with_message, &gate, flags);
        UNTIL(atomic_load(&gate.entered));
        for (int i = 0; i < 5; i++) assert_int_equal(yk_future_then(f, look, &s[i]), YK_OK);
        for (int i = 0; i < 5; i++) assert_int_equal(atomic_load(&s[i].calls), 0);
        atomic_store(&gate.open, true);
        for (int i = 0; i < 5; i++) {
            UNTIL(atomic_load(&s[i].calls));
            check_seen(&s[i], &gate);
            assert_ptr_equal(s[i].future, f);
            assert_false(pthread_equal(s[i].thread, pthread_self()));
        }
        assert_int_equal(ykt_end_of(&f), YK_E_EXTENT);
    }
    yk_engine_close(&e);
}

static void called_at_once_when_it_is_complete(void **state)
{
    (void)state;
    ykt_gate gate = {.open = true};
    seen s[3] = {{0}};
    yk_engine *e = ykt_open(0);
    yk_future *f = ykt_submit(e, at_gate_with_message, &gate, 0);
    assert_int_equal(yk_future_wait(f, -1), YK_E_EXTENT);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(yk_future_then(f, look, &s[i]), YK_OK);
        check_seen(&s[i], &gate);
        assert_true(pthread_equal(s[i].thread, pthread_self()));
    }
    yk_future_free(&f);
    yk_engine_close(&e);
}

static void called_after_the_future_was_freed(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (unsigned i = 0; i < 200; i++) {
        ykt_gate gate = {0};
        seen s = {0};
        yk_future *f = ykt_submit(e, at_gate_with_message, &gate, i % 2 ? YK_BLOCKING : 0);
        assert_int_equal(yk_future_then(f, look, &s), YK_OK);
        yk_future_free(&f);
        atomic_store(&gate.open, true);
        UNTIL(atomic_load(&s.calls));
        check_seen(&s, &gate);
    }
    yk_engine_close(&e);
}

static void called_by_who_cancels(void **state)
{
    (void)state;
    ykt_held held;
    _Atomic unsigned ran = 0;
    seen s[2] = {{0}};
    yk_engine *e = ykt_open(0);
    ykt_hold(e, &held);
    yk_future *f = ykt_submit(e, ykt_count, &ran, 0);
    yk_future *next = ykt_submit_after(e, ykt_count, &ran, 0, f);
    assert_int_equal(yk_future_then(f, look, &s[0]), YK_OK);
    assert_int_equal(yk_future_then(next, look, &s[1]), YK_OK);
    assert_int_equal(yk_future_cancel(f), 1);
    UNTIL(atomic_load(&s[0].calls) && atomic_load(&s[1].calls));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(atomic_load(&s[i].calls), 1);
        assert_int_equal(s[i].status, YK_E_CANCELLED);
        assert_int_equal(s[i].done, 1);
    }
    assert_true(pthread_equal(s[0].thread, pthread_self()));
    ykt_release(&held);
    yk_future_free(&f);
    yk_future_free(&next);
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&ran), 0);
}

/* ---- what a callback may do ---- */

typedef struct deed {
    yk_engine *engine;
    yk_future *own;             /* the future it is called for, which it frees */
    _Atomic unsigned calls, inner, ran;
    yk_status submitted;
} deed;

static void free_it(yk_future *f, void *ctx)
{
    deed *d = ctx;
    yk_future_free(&d->own);
    EXPECT(yk_future_done(f) == 1);     /* valid until this returns */
    EXPECT(yk_future_arg(f) == d);
    atomic_fetch_add(&d->calls, 1);
}

static yk_status wait_a_little(void *arg)
{
    (void)arg;
    ykt_sleep_us(50);
    return YK_OK;
}

static void it_may_free_the_future(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (unsigned i = 0; i < 200; i++) {
        deed d = {0};
        ykt_held held = {0};
        if (i % 2) ykt_hold(e, &held);
        yk_future *f = ykt_submit(e, wait_a_little, &d, 0);
        d.own = f;
        if (!(i % 2)) assert_int_equal(yk_future_wait(f, -1), YK_OK);
        assert_int_equal(yk_future_then(f, free_it, &d), YK_OK);
        if (i % 2) ykt_release(&held);
        UNTIL(atomic_load(&d.calls));
        assert_int_equal(atomic_load(&d.calls), 1);
        assert_null(d.own);
    }
    yk_engine_close(&e);
}

static void count_inner(yk_future *f, void *ctx)
{
    (void)f;
    atomic_fetch_add(&((deed *)ctx)->inner, 1);
}

static yk_status count_ran(void *arg)
{
    atomic_fetch_add(&((deed *)arg)->ran, 1);
    return YK_OK;
}

static void do_more(yk_future *f, void *ctx)
{
    deed *d = ctx;
    EXPECT(yk_future_then(f, count_inner, d) == YK_OK);     /* complete: at once */
    EXPECT(atomic_load(&d->inner) == 1);
    EXPECT(yk_future_cancel(f) == 0);
    d->submitted = yk_task_submit(d->engine, count_ran, d, NULL, NULL);
    atomic_fetch_add(&d->calls, 1);
}

static void it_may_submit_and_add_callbacks(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 2; threads++) {
        for (int cancel = 0; cancel < 2; cancel++) {
            deed d = {.engine = ykt_open(threads)};
            ykt_held held;
            ykt_hold(d.engine, &held);
            yk_future *f = ykt_submit(d.engine, ykt_nothing, NULL, 0);
            assert_int_equal(yk_future_then(f, do_more, &d), YK_OK);
            assert_int_equal(yk_future_cancel(f) == 1 || !cancel, 1);
            ykt_release(&held);
            UNTIL(atomic_load(&d.calls) == 1 && atomic_load(&d.ran) == 1);
            assert_int_equal(d.submitted, YK_OK);
            yk_future_free(&f);
            yk_engine_close(&d.engine);
            assert_int_equal(atomic_load(&d.inner), 1);
        }
    }
}

/* A callback is not in the task: its message and its wish to end are the task's. */
static void speak(yk_future *f, void *ctx)
{
    (void)f;
    yk_task_message("from a callback");
    atomic_store((_Atomic unsigned *)ctx, 1);
}

static void it_changes_no_message(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (int i = 0; i < 50; i++) {
        ykt_gate gate = {0};
        _Atomic unsigned called = 0;
        yk_future *f = ykt_submit(e, at_gate_with_message, &gate, 0);
        assert_int_equal(yk_future_then(f, speak, (void *)&called), YK_OK);
        atomic_store(&gate.open, true);
        UNTIL(atomic_load(&called));
        assert_int_equal(yk_future_wait(f, -1), YK_E_EXTENT);
        assert_string_equal(yk_future_message(f), "through the gate");
        yk_future_free(&f);
    }
    yk_engine_close(&e);
}

/* A chain of thousands: each callback submits the next task. */
typedef struct relay {
    yk_engine *engine;
    _Atomic unsigned left, over;
} relay;

static void pass_on(yk_future *f, void *ctx)
{
    relay *r = ctx;
    yk_future *next = NULL;
    (void)f;
    if (atomic_fetch_sub(&r->left, 1) == 1) {
        atomic_store(&r->over, 1);
        return;
    }
    EXPECT(yk_task_submit(r->engine, ykt_nothing, NULL, NULL, &next) == YK_OK);
    EXPECT(yk_future_then(next, pass_on, r) == YK_OK);
    yk_future_free(&next);
}

static void callbacks_chain(void **state)
{
    (void)state;
    relay r = {.engine = ykt_open(0), .left = ykt_turns(2000)};
    yk_future *f = ykt_submit(r.engine, ykt_nothing, NULL, 0);
    assert_int_equal(yk_future_then(f, pass_on, &r), YK_OK);
    yk_future_free(&f);
    UNTIL(atomic_load(&r.over));
    yk_engine_close(&r.engine);
}

static void many_on_one(void **state)
{
    (void)state;
    enum { CALLBACKS = 5000 };
    static seen s[CALLBACKS];
    ykt_gate gate = {0};
    yk_engine *e = ykt_open(0);
    yk_future *f = ykt_submit(e, at_gate_with_message, &gate, 0);
    for (int i = 0; i < CALLBACKS; i++) {
        if (i == CALLBACKS - 100) atomic_store(&gate.open, true);
        assert_int_equal(yk_future_then(f, look, &s[i]), YK_OK);
    }
    for (int i = 0; i < CALLBACKS; i++) {
        UNTIL(atomic_load(&s[i].calls));
        check_seen(&s[i], &gate);
    }
    yk_future_free(&f);
    yk_engine_close(&e);
}

static void nothing_is_refused(void **state)
{
    (void)state;
    seen s = {0};
    yk_engine *e = ykt_open(0);
    yk_future *f = ykt_submit(e, ykt_nothing, NULL, 0);
    assert_int_equal(yk_future_then(NULL, look, &s), YK_E_INVALID);
    assert_int_equal(yk_future_then(f, NULL, &s), YK_E_INVALID);
    assert_int_equal(ykt_end_of(&f), YK_OK);
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&s.calls), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(called_when_it_completes),
        task_test(called_at_once_when_it_is_complete),
        task_test(called_after_the_future_was_freed),
        task_test(called_by_who_cancels),
        task_test(it_may_free_the_future),
        task_test(it_may_submit_and_add_callbacks),
        task_test(it_changes_no_message),
        task_test(callbacks_chain),
        task_test(many_on_one),
        task_test(nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
