/* One task and its future: status, message, argument, polling, timeouts, cancelling,
 * callbacks, freeing early.  Written from yoke/task.h alone. */
#include "tasks.h"

#include <math.h>

/* ---- status, argument, message ---- */

static void every_status_arrives(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (int s = 0; s <= YK_E_UNSUPPORTED; s++) {
        for (unsigned flags = 0; flags <= YK_BLOCKING; flags += YK_BLOCKING) {
            yk_status wanted = (yk_status)s;
            yk_future *f = ykt_submit(e, ykt_return, &wanted, flags);
            assert_ptr_equal(yk_future_arg(f), &wanted);
            assert_int_equal(yk_future_wait(f, -1), wanted);
            assert_int_equal(yk_future_done(f), 1);
            assert_int_equal(yk_future_wait(f, 0), wanted);     /* as often as one likes */
            assert_int_equal(yk_future_wait(f, 1), wanted);
            assert_string_equal(yk_future_message(f), "");
            assert_ptr_equal(yk_future_arg(f), &wanted);
            yk_future_free(&f);
            assert_null(f);
        }
    }
    yk_engine_close(&e);
}

static yk_status leave_messages(void *arg)
{
    yk_task_message("the first, %s", "which the last replaces");
    yk_task_message("page %d of %s: %5.2f%%", 7, (const char *)arg, 12.5);
    return YK_E_IO;
}

static yk_status leave_long_message(void *arg)
{
    yk_task_message("%s", (const char *)arg);
    return YK_OK;
}

static yk_status leave_empty_message(void *arg)
{
    (void)arg;
    yk_task_message("something");
    yk_task_message("%s", "");
    return YK_E_IO;
}

static void messages_arrive(void **state)
{
    (void)state;
    static char text[] = "the book", longer[5000];
    yk_engine *e = ykt_open(0);
    yk_future *f = ykt_submit(e, leave_messages, text, 0);
    assert_int_equal(yk_future_wait(f, -1), YK_E_IO);
    assert_string_equal(yk_future_message(f), "page 7 of the book: 12.50%");
    yk_future_free(&f);
    /* Also with success; cut, not overrun. */
    for (size_t i = 0; i + 1 < sizeof longer; i++) longer[i] = (char)('a' + i % 26);
    f = ykt_submit(e, leave_long_message, longer, YK_BLOCKING);
    assert_int_equal(yk_future_wait(f, -1), YK_OK);
    size_t length = strlen(yk_future_message(f));
    assert_in_range(length, 150, 300);
    assert_memory_equal(yk_future_message(f), longer, length);
    yk_future_free(&f);
    f = ykt_submit(e, leave_empty_message, NULL, 0);
    assert_int_equal(yk_future_wait(f, -1), YK_E_IO);
    assert_string_equal(yk_future_message(f), "");
    yk_future_free(&f);
    yk_engine_close(&e);
}

static yk_status say_and_stay(void *arg)
{
    yk_task_message("not yet");
    return ykt_at_gate(arg);
}

static void a_message_is_not_there_before_the_end(void **state)
{
    (void)state;
    ykt_gate gate = {0};
    yk_engine *e = ykt_open(0);
    yk_future *f = ykt_submit(e, say_and_stay, &gate, 0);
    UNTIL(atomic_load(&gate.entered));
    assert_string_equal(yk_future_message(f), "");
    atomic_store(&gate.open, true);
    assert_int_equal(yk_future_wait(f, -1), YK_OK);
    assert_string_equal(yk_future_message(f), "not yet");
    yk_future_free(&f);
    yk_task_message("outside a task this is %s", "nothing");
    assert_int_equal(yk_cancelled(), 0);
    yk_engine_close(&e);
}

/* A wait inside a task may run another one on the same thread: what belongs to the one does
 * not leak into the other. */
typedef struct pair {
    yk_engine *engine;
    _Atomic int begun;
    int inside, after;
} pair;

static yk_status inner_task(void *arg)
{
    pair *p = arg;
    p->inside = yk_cancelled();
    yk_task_message("inner");
    return YK_E_DEVICE;
}

static yk_status outer_task(void *arg)
{
    pair *p = arg;
    yk_future *f = NULL;
    atomic_store(&p->begun, 1);
    UNTIL(yk_cancelled());
    yk_task_message("outer");
    if (yk_task_submit(p->engine, inner_task, p, NULL, &f) != YK_OK) return YK_E_NOMEM;
    EXPECT(yk_future_wait(f, -1) == YK_E_DEVICE);
    EXPECT(strcmp(yk_future_message(f), "inner") == 0);
    yk_future_free(&f);
    p->after = yk_cancelled();
    return YK_E_IO;
}

static void a_nested_task_has_a_message_and_a_wish_of_its_own(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 2; threads++) {
        pair p = {.engine = ykt_open(threads), .inside = -1};
        yk_future *f = ykt_submit(p.engine, outer_task, &p, 0);
        UNTIL(atomic_load(&p.begun));
        assert_int_equal(yk_future_cancel(f), 0);
        assert_int_equal(yk_future_wait(f, -1), YK_E_IO);
        assert_string_equal(yk_future_message(f), "outer");
        assert_int_equal(p.inside, 0);
        assert_int_equal(p.after, 1);
        yk_future_free(&f);
        yk_engine_close(&p.engine);
    }
}

/* ---- waiting ---- */

static void a_wait_ends_in_time_without_harm(void **state)
{
    (void)state;
    static const double times[] = {0, 1e-12, 1e-9, 1e-4, 0.01};
    ykt_held held;
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(0);
    ykt_hold(e, &held);
    yk_future *pending = ykt_submit(e, ykt_count, &ran, 0);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        assert_int_equal(yk_future_wait(held.futures[0], times[i]), YK_E_TIMEOUT);
        assert_int_equal(yk_future_wait(pending, times[i]), YK_E_TIMEOUT);
        assert_int_equal(yk_future_done(held.futures[0]), 0);
        assert_int_equal(yk_future_done(pending), 0);
    }
    assert_int_equal(atomic_load(&ran), 0);
    ykt_release(&held);
    assert_int_equal(ykt_end_of(&pending), YK_OK);
    assert_int_equal(atomic_load(&ran), 1);
    yk_engine_close(&e);
}

/* Times that no clock can hold are for ever as well. */
static void enormous_timeouts_are_for_ever(void **state)
{
    (void)state;
    const double times[] = {1e9, 1e18, 1e300, INFINITY, -1e300, -INFINITY, -1e-9};
    yk_engine *e = ykt_open(0);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        ykt_gate gate = {0};
        yk_future *f = ykt_submit(e, ykt_at_gate, &gate, YK_BLOCKING);
        yk_task_opts after = {.after = &f, .n_after = 1};
        yk_future *next = NULL;
        assert_int_equal(yk_task_submit(e, ykt_nothing, NULL, &after, &next), YK_OK);
        UNTIL(atomic_load(&gate.entered));
        atomic_store(&gate.open, true);
        assert_int_equal(yk_future_wait(next, times[i]), YK_OK);
        yk_future_free(&f);
        yk_future_free(&next);
    }
    yk_engine_close(&e);
}

/* Nobody but another thread can have run it: this one only looks. */
static void polling_sees_the_end(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0;
    for (size_t threads = 1; threads <= 2; threads++) {
        yk_engine *e = ykt_open(threads);
        for (unsigned i = 0; i < 100; i++) {
            yk_future *f = ykt_submit(e, ykt_count, &ran, i % 10 ? 0 : YK_BLOCKING);
            if (i % 3 == 0) UNTIL(yk_future_done(f));
            else if (i % 3 == 1) UNTIL(yk_future_wait(f, 0) == YK_OK);
            else assert_int_equal(yk_future_wait(f, LONG_S), YK_OK);
            assert_int_equal(ykt_end_of(&f), YK_OK);
        }
        yk_engine_close(&e);
    }
    assert_int_equal(atomic_load(&ran), 200);
}

static void *wait_for_it(void *arg)
{
    return yk_future_wait(arg, -1) == YK_OK ? arg : NULL;
}

static void many_threads_may_wait_for_one(void **state)
{
    (void)state;
    enum { WAITERS = 20 };
    for (int pending = 0; pending < 2; pending++) {
        ykt_held held;
        pthread_t threads[WAITERS];
        yk_engine *e = ykt_open(0);
        ykt_hold(e, &held);
        yk_future *f = pending ? ykt_submit_after(e, ykt_nothing, NULL, 0, held.futures[0])
                               : ykt_submit(e, ykt_nothing, NULL, 0);
        for (int i = 0; i < WAITERS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, wait_for_it, f), 0);
        ykt_sleep_us(2000);
        ykt_release(&held);
        for (int i = 0; i < WAITERS; i++) {
            void *result = NULL;
            pthread_join(threads[i], &result);
            assert_ptr_equal(result, f);
        }
        yk_future_free(&f);
        yk_engine_close(&e);
    }
}

/* ---- cancelling ---- */

static void a_pending_task_that_is_cancelled_never_runs(void **state)
{
    (void)state;
    ykt_held held;
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(0);
    ykt_hold(e, &held);
    for (int i = 0; i < 100; i++) {
        yk_future *f = ykt_submit(e, ykt_count, &ran, 0);
        assert_int_equal(yk_future_cancel(f), 1);
        assert_int_equal(yk_future_done(f), 1);
        assert_int_equal(yk_future_wait(f, 0), YK_E_CANCELLED);
        assert_int_equal(yk_future_wait(f, -1), YK_E_CANCELLED);
        assert_non_null(yk_future_message(f));
        assert_int_equal(yk_future_cancel(f), 0);
        assert_int_equal(yk_future_wait(f, 0), YK_E_CANCELLED);
        yk_future_free(&f);
    }
    ykt_release(&held);
    yk_future *last = ykt_submit(e, ykt_nothing, NULL, 0);
    assert_int_equal(ykt_end_of(&last), YK_OK);
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&ran), 0);
}

static void cancelling_wakes_who_waits(void **state)
{
    (void)state;
    ykt_held held;
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(1);
    ykt_hold(e, &held);
    /* It comes after the held one, so no waiter can run it either. */
    yk_future *f = ykt_submit_after(e, ykt_count, &ran, 0, held.futures[0]);
    pthread_t thread;
    void *result = &held;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_it, f), 0);
    ykt_sleep_us(2000);
    assert_int_equal(yk_future_cancel(f), 1);
    pthread_join(thread, &result);
    assert_null(result);        /* not YK_OK */
    assert_int_equal(ykt_end_of(&f), YK_E_CANCELLED);
    ykt_release(&held);
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&ran), 0);
}

static yk_status heed(void *arg)
{
    ykt_gate *g = arg;
    EXPECT(yk_cancelled() == 0);
    atomic_fetch_add(&g->entered, 1);
    UNTIL(yk_cancelled());
    EXPECT(yk_cancelled() == 1);
    yk_task_message("asked to end");
    return YK_E_CANCELLED;
}

static yk_status ignore(void *arg)
{
    ykt_gate *g = arg;
    atomic_fetch_add(&g->entered, 1);
    UNTIL(yk_cancelled());
    return YK_OK;
}

static void a_running_task_is_asked(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (unsigned flags = 0; flags <= YK_BLOCKING; flags += YK_BLOCKING) {
        ykt_gate gate = {0};
        yk_future *f = ykt_submit(e, heed, &gate, flags);
        UNTIL(atomic_load(&gate.entered) == 1);
        assert_int_equal(yk_future_cancel(f), 0);
        assert_int_equal(yk_future_wait(f, -1), YK_E_CANCELLED);
        assert_string_equal(yk_future_message(f), "asked to end");
        yk_future_free(&f);
        f = ykt_submit(e, ignore, &gate, flags);
        UNTIL(atomic_load(&gate.entered) == 2);
        assert_int_equal(yk_future_cancel(f), 0);
        assert_int_equal(yk_future_cancel(f), 0);
        assert_int_equal(yk_future_wait(f, -1), YK_OK);     /* its own word counts */
        assert_int_equal(yk_future_cancel(f), 0);
        assert_int_equal(yk_future_wait(f, 0), YK_OK);
        yk_future_free(&f);
    }
    yk_engine_close(&e);
}

static yk_status not_cancelled(void *arg)
{
    (void)arg;
    return yk_cancelled() ? YK_E_CANCELLED : YK_OK;
}

/* The wish to end dies with the task: whoever runs next on that thread has none. */
static void a_wish_does_not_outlive_its_task(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(1);
    for (unsigned i = 0; i < 200; i++) {
        unsigned flags = i % 2 ? YK_BLOCKING : 0;
        ykt_gate gate = {0};
        yk_future *f = ykt_submit(e, ignore, &gate, flags);
        UNTIL(atomic_load(&gate.entered));
        yk_future *next = ykt_submit(e, not_cancelled, NULL, flags);
        yk_future_cancel(f);
        assert_int_equal(ykt_end_of(&f), YK_OK);
        assert_int_equal(ykt_end_of(&next), YK_OK);
        assert_int_equal(yk_cancelled(), 0);
    }
    yk_engine_close(&e);
}

/* ---- freeing ---- */

static void what_is_freed_runs_all_the_same(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0;
    ykt_held held;
    yk_engine *e = ykt_open(0);
    yk_future_free(NULL);
    ykt_hold(e, &held);
    for (unsigned i = 0; i < 300; i++) {
        yk_task_opts opts = {.flags = i % 30 ? 0 : YK_BLOCKING};
        yk_future *f = NULL;
        assert_int_equal(yk_task_submit(e, ykt_count, &ran, &opts, i % 2 ? &f : NULL), YK_OK);
        yk_future_free(&f);
        assert_null(f);
        yk_future_free(&f);
    }
    ykt_release(&held);
    yk_engine_close(&e);        /* waits for them */
    assert_int_equal(atomic_load(&ran), 300);
}

/* ---- as many as one likes ---- */

static void a_hundred_thousand(void **state)
{
    (void)state;
    enum { BATCH = 5000 };
    static yk_future *futures[BATCH];
    static yk_status statuses[BATCH];
    yk_engine *e = ykt_open(0);
    for (unsigned round = 0; round < ykt_turns(20); round++) {
        for (unsigned i = 0; i < BATCH; i++) {
            statuses[i] = i % 7 == round % 7 ? YK_E_IO : YK_OK;
            futures[i] = ykt_submit(e, ykt_return, &statuses[i], 0);
        }
        for (unsigned i = 0; i < BATCH; i++) {
            unsigned k = round % 2 ? i : BATCH - 1 - i;
            assert_ptr_equal(yk_future_arg(futures[k]), &statuses[k]);
            assert_int_equal(ykt_end_of(&futures[k]), statuses[k]);
        }
    }
    yk_engine_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(every_status_arrives),
        task_test(messages_arrive),
        task_test(a_message_is_not_there_before_the_end),
        task_test(a_nested_task_has_a_message_and_a_wish_of_its_own),
        task_test(a_wait_ends_in_time_without_harm),
        task_test(enormous_timeouts_are_for_ever),
        task_test(polling_sees_the_end),
        task_test(many_threads_may_wait_for_one),
        task_test(a_pending_task_that_is_cancelled_never_runs),
        task_test(cancelling_wakes_who_waits),
        task_test(a_running_task_is_asked),
        task_test(a_wish_does_not_outlive_its_task),
        task_test(what_is_freed_runs_all_the_same),
        task_test(a_hundred_thousand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
