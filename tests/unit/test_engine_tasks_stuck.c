/* Ways in which tasks might wait for ever, or for longer than they must: waits for groups whose
 * tasks lie with others, waits inside the last thread that may block, ends that are told late,
 * timeouts in busy workers, idle workers that nobody wakes. */
#include "tasks.h"

#include <base/base.h>

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

/* ---- a group whose tasks lie with others ---- */

static yk_status wait_for_group(void *arg)
{
    group_end *g = arg;
    atomic_fetch_add(&g->gate.entered, 1);
    UNTIL(atomic_load(&g->gate.open));
    return yk_group_wait(g->group, LONG_S / 5);
}

/* The only worker waits for a group, whose tasks another thread submits, among others. */
static void group_waited_for_inside(unsigned flags)
{
    group_end g = {.engine = ykt_open(1)};
    _Atomic unsigned others = 0;
    assert_int_equal(yk_group_open(g.engine, &g.group), YK_OK);
    yk_task_opts opts = {.group = g.group}, other = {0};
    yk_future *finisher = ykt_submit(g.engine, wait_for_group, &g, flags);
    ykt_held held;
    UNTIL(atomic_load(&g.gate.entered));
    if (flags & YK_BLOCKING) ykt_hold(g.engine, &held);
    for (int i = 0; i < SOME; i++) {
        assert_int_equal(yk_task_submit(g.engine, ykt_count, &others, &other, NULL), YK_OK);
        assert_int_equal(yk_task_submit(g.engine, ykt_count, &g.ran, &opts, NULL), YK_OK);
    }
    atomic_store(&g.gate.open, true);
    assert_int_equal(ykt_end_of(&finisher), YK_OK);
    assert_int_equal(atomic_load(&g.ran), SOME);
    if (flags & YK_BLOCKING) ykt_release(&held);
    yk_group_close(&g.group);
    yk_engine_close(&g.engine);
    assert_int_equal(atomic_load(&others), SOME);
}

static void the_only_worker_waits_for_anothers_group(void **state)
{
    (void)state;
    group_waited_for_inside(0);
}

static void a_blocking_task_waits_while_all_workers_are_busy(void **state)
{
    (void)state;
    group_waited_for_inside(YK_BLOCKING);
}

/* The same, with the tasks in the worker's own queue, below and among what others left. */
static yk_status submit_and_go(void *arg)
{
    group_end *g = arg;
    yk_task_opts in_group = {.group = g->group}, none = {0};
    for (int i = 0; i < SOME; i++) {
        EXPECT(yk_task_submit(g->engine, ykt_count, &g->ran, &in_group, NULL) == YK_OK);
        EXPECT(yk_task_submit(g->engine, ykt_nothing, NULL, &none, NULL) == YK_OK);
    }
    atomic_store(&g->gate.open, true);
    return yk_task_submit(g->engine, wait_for_group, g, &none, &g->future);
}

static void group_below_in_the_own_queue(void **state)
{
    (void)state;
    group_end g = {.engine = ykt_open(1)};
    assert_int_equal(yk_group_open(g.engine, &g.group), YK_OK);
    yk_future *first = ykt_submit(g.engine, submit_and_go, &g, 0);
    UNTIL(yk_future_done(first));
    assert_int_equal(ykt_end_of(&first), YK_OK);
    assert_int_equal(ykt_end_of(&g.future), YK_OK);
    assert_int_equal(atomic_load(&g.ran), SOME);
    yk_group_close(&g.group);
    yk_engine_close(&g.engine);
}

static bool no_thread(void *ctx)
{
    (void)ctx;
    return false;
}

/* The system grants no thread at all: who waits for a group works, below other tasks too. */
static void nobody_but_the_one_who_waits(void **state)
{
    (void)state;
    yki_thread_set_hook(no_thread, NULL);
    group_end g = {.engine = ykt_open(0)};
    _Atomic unsigned others = 0;
    assert_int_equal(yk_group_open(g.engine, &g.group), YK_OK);
    yk_task_opts in_group = {.group = g.group}, other = {0};
    for (int i = 0; i < SOME; i++) {
        other.flags = i % 2 ? YK_BLOCKING : 0;
        assert_int_equal(yk_task_submit(g.engine, ykt_count, &g.ran, &in_group, NULL), YK_OK);
        assert_int_equal(yk_task_submit(g.engine, ykt_count, &others, &other, NULL), YK_OK);
    }
    assert_int_equal(yk_group_wait(g.group, LONG_S), YK_OK);
    assert_int_equal(atomic_load(&g.ran), SOME);
    yk_group_close(&g.group);
    yk_engine_close(&g.engine);
    yki_thread_set_hook(NULL, NULL);
    assert_int_equal(atomic_load(&others), SOME);
}

/* ---- the last thread that may block ---- */

typedef struct nest {
    yk_engine *engine;
    unsigned depth, flags;
    bool by_group, alternate;
} nest;

static yk_status nested(void *arg)
{
    const nest *up = arg;
    if (up->depth == 0) return YK_OK;
    nest down = *up;
    down.depth--;
    if (up->alternate) down.flags ^= YK_BLOCKING;
    yk_future *f = NULL;
    yk_group *group = NULL;
    yk_task_opts opts = {.flags = down.flags};
    if (up->by_group && yk_group_open(up->engine, &group) != YK_OK) return YK_E_NOMEM;
    opts.group = group;
    yk_status st = yk_task_submit(up->engine, nested, &down, &opts, group ? NULL : &f);
    if (st == YK_OK) st = group ? yk_group_wait(group, LONG_S / 5) : yk_future_wait(f, LONG_S / 5);
    if (st == YK_E_TIMEOUT) abort();    /* it still uses this stack */
    yk_future_free(&f);
    yk_group_close(&group);
    return st;
}

/* Calls that block submit and wait for calls that block, deeper than there may be threads; or by
 * turns for tasks that compute and wait for calls that block. */
static void nested_at_the_limit(size_t limit)
{
    yk_engine *e = NULL;
    yk_engine_opts opts = {.devices = "none", .threads = 1, .blocking_threads = limit};
    assert_int_equal(yk_engine_open(&e, &opts, NULL), YK_OK);
    for (unsigned kind = 0; kind < 4; kind++) {
        nest top[4];
        yk_future *f[4];
        for (unsigned i = 0; i < 4; i++) {
            top[i] = (nest){e, 6, YK_BLOCKING, kind & 1, kind & 2};
            f[i] = ykt_submit(e, nested, &top[i], YK_BLOCKING);
        }
        for (unsigned i = 0; i < 4; i++) assert_int_equal(ykt_end_of(&f[i]), YK_OK);
    }
    yk_engine_close(&e);
}

static void blocking_inside_blocking_at_the_limit(void **state)
{
    (void)state;
    for (size_t limit = 1; limit <= 3; limit++) nested_at_the_limit(limit);
}

/* ---- timeouts ---- */

typedef struct busy {
    yk_engine *engine;
    yk_future *never, *all[SOME];
    _Atomic unsigned ran;
    unsigned ran_at_timeout[2];
} busy;

static yk_status slow(void *arg)
{
    ykt_sleep_us(2000);
    return ykt_count(arg);
}

static yk_status wait_with_much_to_do(void *arg)
{
    busy *b = arg;
    for (int i = 0; i < SOME; i++) {
        yk_task_opts none = {0};
        EXPECT(yk_task_submit(b->engine, slow, &b->ran, &none, &b->all[i]) == YK_OK);
    }
    EXPECT(yk_future_wait(b->never, 0.002) == YK_E_TIMEOUT);
    b->ran_at_timeout[0] = atomic_load(&b->ran);
    EXPECT(yk_wait_all(b->all, SOME, 0.002) == YK_E_TIMEOUT);
    b->ran_at_timeout[1] = atomic_load(&b->ran);
    return YK_OK;
}

/* A worker whose time is over begins nothing more. */
static void a_timeout_inside_ends_among_other_work(void **state)
{
    (void)state;
    busy b = {.engine = ykt_open(1)};
    ykt_gate gate = {0};
    b.never = ykt_submit(b.engine, ykt_at_gate, &gate, YK_BLOCKING);
    yk_future *f = ykt_submit(b.engine, wait_with_much_to_do, &b, 0);
    assert_int_equal(ykt_end_of(&f), YK_OK);
    assert_in_range(b.ran_at_timeout[0], 0, SOME / 2);
    assert_in_range(b.ran_at_timeout[1], 0, SOME - 1);
    atomic_store(&gate.open, true);
    assert_int_equal(yk_wait_all(b.all, SOME, -1), YK_OK);
    for (int i = 0; i < SOME; i++) yk_future_free(&b.all[i]);
    assert_int_equal(ykt_end_of(&b.never), YK_OK);
    yk_engine_close(&b.engine);
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

/* ---- who wakes whom ---- */

/* So many tasks as there are workers, and some more, that nobody waits for: all workers come,
 * though the first few are told of while one is just waking up. */
static void all_workers_come(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (unsigned round = 0; round < ykt_turns(50); round++) {
        ykt_gate gate = {0};
        yk_future *f[70];
        size_t n = yk_engine_workers(e), more = n + round % 5;
        if (n > 64) break;
        ykt_sleep_us(round % 2 ? 20000 : 100);      /* asleep, or not yet */
        for (size_t i = 0; i < more; i++) f[i] = ykt_submit(e, ykt_at_gate, &gate, 0);
        UNTIL(atomic_load(&gate.entered) >= n);
        atomic_store(&gate.open, true);
        for (size_t i = 0; i < more; i++) assert_int_equal(ykt_end_of(&f[i]), YK_OK);
    }
    yk_engine_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(cancelled_by_another_thread),
        task_test(a_worker_that_goes_on_to_something_else),
        task_test(the_only_worker_waits_for_anothers_group),
        task_test(a_blocking_task_waits_while_all_workers_are_busy),
        task_test(group_below_in_the_own_queue),
        task_test(nobody_but_the_one_who_waits),
        task_test(blocking_inside_blocking_at_the_limit),
        task_test(a_timeout_inside_ends_among_other_work),
        task_test(all_workers_come),
        task_test(futures_and_groups_of_another_engine_are_refused),
        task_test(a_cancelled_future_outlives_its_callbacks),
        task_test(a_long_chain_whose_futures_are_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
