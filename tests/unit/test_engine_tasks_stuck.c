/* Ways in which tasks might wait for ever, or for longer than they must: waits for groups whose
 * tasks lie with others, waits inside the last thread that may block, ends that are told late,
 * timeouts in busy workers, idle workers that nobody wakes. */
#include "tasks.h"

#define SOME 50

/* ---- ends that are told late ---- */

typedef struct group_end {
    yk_engine *engine;
    yk_group *group;
    yk_future *future;
    _Atomic unsigned ran;
    ykt_gate gate;
    _Atomic bool cancelled, over;
} group_end;

static void *cancel_and_stay(void *arg)
{
    group_end *g = arg;
    EXPECT(yk_future_cancel(g->future) == 1);
    atomic_store(&g->cancelled, true);
    UNTIL(atomic_load(&g->over));       /* does nothing with the engine meanwhile */
    return NULL;
}

/* The thread that cancelled a group's last task goes on to something else. */
static void cancelled_by_another_thread(void **state)
{
    (void)state;
    group_end g = {.engine = ykt_open(0)};
    ykt_held held;
    pthread_t thread;
    ykt_hold(g.engine, &held);
    assert_int_equal(yk_group_open(g.engine, &g.group), YK_OK);
    yk_task_opts opts = {.group = g.group};
    assert_int_equal(yk_task_submit(g.engine, ykt_count, &g.ran, &opts, &g.future), YK_OK);
    assert_int_equal(pthread_create(&thread, NULL, cancel_and_stay, &g), 0);
    UNTIL(atomic_load(&g.cancelled));
    EXPECT(yk_group_wait(g.group, LONG_S / 10) == YK_E_CANCELLED);
    atomic_store(&g.over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    ykt_release(&held);
    yk_group_close(&g.group);
    yk_future_free(&g.future);
    yk_engine_close(&g.engine);
    assert_int_equal(atomic_load(&g.ran), 0);
}

/* A worker runs a group's last task, and then one of no group that does not end. */
static void a_worker_that_goes_on_to_something_else(void **state)
{
    (void)state;
    group_end g = {.engine = ykt_open(1)};
    ykt_held held;
    ykt_hold(g.engine, &held);
    assert_int_equal(yk_group_open(g.engine, &g.group), YK_OK);
    yk_task_opts opts = {.group = g.group};
    assert_int_equal(yk_task_submit(g.engine, ykt_count, &g.ran, &opts, NULL), YK_OK);
    yk_future *next = ykt_submit(g.engine, ykt_at_gate, &g.gate, 0);
    ykt_release(&held);
    UNTIL(atomic_load(&g.gate.entered));
    EXPECT(yk_group_wait(g.group, LONG_S / 10) == YK_OK);
    atomic_store(&g.gate.open, true);
    assert_int_equal(ykt_end_of(&next), YK_OK);
    yk_group_close(&g.group);
    yk_engine_close(&g.engine);
}

/* ---- long chains ---- */

/* Each after the one before, whose future is given back at once: nothing may pile up that is
 * then freed link by link, one call inside the other. */
static void a_long_chain_whose_futures_are_freed(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    _Atomic unsigned ran = 0;
    unsigned n = ykt_turns(300000);
    yk_future *last = ykt_submit(e, ykt_count, &ran, 0);
    for (unsigned i = 1; i < n; i++) {
        yk_future *next = ykt_submit_after(e, ykt_count, &ran, 0, last);
        yk_future_free(&last);
        last = next;
    }
    assert_int_equal(ykt_end_of(&last), YK_OK);
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&ran), n);
}

/* ---- two engines ---- */

static void futures_and_groups_of_another_engine_are_refused(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(1), *other = ykt_open(1);
    yk_future *before = ykt_submit(e, ykt_nothing, NULL, 0), *f = NULL;
    yk_task_opts opts = {.after = &before, .n_after = 1};
    assert_int_equal(yk_task_submit(other, ykt_nothing, NULL, &opts, &f), YK_E_INVALID);
    opts = (yk_task_opts){0};
    assert_int_equal(yk_group_open(e, &opts.group), YK_OK);
    assert_int_equal(yk_task_submit(other, ykt_nothing, NULL, &opts, &f), YK_E_INVALID);
    assert_null(f);
    yk_group_close(&opts.group);
    assert_int_equal(ykt_end_of(&before), YK_OK);
    yk_engine_close(&other);
    yk_engine_close(&e);
}

/* ---- giving back while it is told ---- */

typedef struct twice {
    yk_future *future;
    ykt_held held;
    unsigned calls;
} twice;

static void free_it(yk_future *f, void *ctx)
{
    twice *t = ctx;
    EXPECT(yk_future_done(f) == 1);
    if (t->calls++ > 0) return;
    yk_future_free(&t->future);
    atomic_store(&t->held.gate.open, true);
    ykt_sleep_us(1000);     /* workers drop the queue's entry meanwhile */
}

/* The first of two callbacks gives the future back, in the middle of its being cancelled. */
static void a_cancelled_future_outlives_its_callbacks(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (unsigned i = 0; i < ykt_turns(50); i++) {
        twice t = {0};
        ykt_hold(e, &t.held);
        yk_future *f = t.future = ykt_submit(e, ykt_nothing, NULL, 0);
        EXPECT(yk_future_then(f, free_it, &t) == YK_OK);
        EXPECT(yk_future_then(f, free_it, &t) == YK_OK);
        EXPECT(yk_future_cancel(f) == 1);
        EXPECT(t.calls == 2);
        ykt_release(&t.held);
    }
    yk_engine_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(cancelled_by_another_thread),
        task_test(a_worker_that_goes_on_to_something_else),
        task_test(futures_and_groups_of_another_engine_are_refused),
        task_test(a_cancelled_future_outlives_its_callbacks),
        task_test(a_long_chain_whose_futures_are_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
