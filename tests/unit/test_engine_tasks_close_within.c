/* yk_engine_close_within: an engine with tasks that do not end cannot be closed, says so, and
 * wakes everybody who waits; later it can.  Written from yoke/engine.h and yoke/task.h alone. */
#include "tasks.h"

#include <math.h>

static void without_tasks_it_closes(void **state)
{
    (void)state;
    static const double timeouts[] = {0, 1e-9, 0.01, LONG_S, -1, 1e300, INFINITY, -INFINITY};
    yk_engine *none = NULL;
    assert_int_equal(yk_engine_close_within(NULL, 1), YK_OK);
    assert_int_equal(yk_engine_close_within(&none, 1), YK_OK);
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        yk_engine *e = ykt_open(0), *same = e;
        assert_int_equal(yk_engine_close_within(&e, NAN), YK_E_INVALID);
        assert_ptr_equal(e, same);
        yk_future *f = ykt_submit(e, ykt_nothing, NULL, i % 2 ? YK_BLOCKING : 0);
        assert_int_equal(ykt_end_of(&f), YK_OK);
        assert_int_equal(yk_engine_close_within(&e, timeouts[i]), YK_OK);
        assert_null(e);
    }
}

static void it_waits_for_what_ends_in_time(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 20; k++) {
        _Atomic unsigned ran = 0;
        yk_engine *e = ykt_open(1 + k % 2);
        for (unsigned i = 0; i < 300; i++) {
            yk_task_opts opts = {.flags = i % 30 ? 0 : YK_BLOCKING};
            assert_int_equal(yk_task_submit(e, ykt_count, (void *)&ran, &opts, NULL), YK_OK);
        }
        assert_int_equal(yk_engine_close_within(&e, LONG_S), YK_OK);
        assert_null(e);
        assert_int_equal(atomic_load(&ran), 300);
    }
}

/* Closes one whose tasks end when they are asked: perhaps in time, perhaps a moment later. */
static void close_obedient(yk_engine **e)
{
    yk_status st = yk_engine_close_within(e, 0.001);
    assert_true(st == YK_OK || st == YK_E_TIMEOUT);
    assert_int_equal(*e == NULL, st == YK_OK);
    if (st != YK_OK) assert_int_equal(yk_engine_close_within(e, -1), YK_OK);
    assert_null(*e);
}

static void who_runs_is_asked_and_who_waits_never_begins(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        ykt_gate gate = {0};
        _Atomic unsigned ran = 0;
        yk_engine *e = ykt_open(1 + k % 2);
        size_t n = yk_engine_workers(e) + 1;
        for (size_t i = 0; i < n; i++) {
            yk_task_opts opts = {.flags = i ? 0 : YK_BLOCKING};
            yk_status st = yk_task_submit(e, ykt_at_gate_or_cancelled, &gate, &opts, NULL);
            assert_int_equal(st, YK_OK);
        }
        UNTIL(atomic_load(&gate.entered) == n);
        yk_future *first = ykt_submit(e, ykt_count, &ran, 0);
        yk_future *next = ykt_submit_after(e, ykt_count, &ran, k & 2 ? YK_BLOCKING : 0, first);
        yk_future_free(&next);
        yk_future_free(&first);
        close_obedient(&e);
        assert_int_equal(atomic_load(&ran), 0);
        assert_int_equal(atomic_load(&gate.passed), 0);
    }
}

/* ---- a task that never ends, until the test lets it ---- */

typedef struct scene {
    yk_engine *engine;
    ykt_gate gate;
    yk_future *stuck, *pending, *chained;
    yk_group *group;
    _Atomic unsigned ran, woken;
} scene;

/* All workers are in tasks that never end, or, blocking, one thread is. */
static void set_scene(scene *s, unsigned k)
{
    memset(s, 0, sizeof *s);
    s->engine = ykt_open(1 + k % 2);
    size_t n = k & 2 ? 1 : yk_engine_workers(s->engine);
    assert_int_equal(yk_group_open(s->engine, &s->group), YK_OK);
    yk_task_opts opts = {.flags = k & 2 ? YK_BLOCKING : 0, .group = s->group};
    for (size_t i = 0; i < n; i++)
        assert_int_equal(yk_task_submit(s->engine, ykt_at_gate, &s->gate, &opts,
                                        i ? NULL : &s->stuck), YK_OK);
    UNTIL(atomic_load(&s->gate.entered) == n);
    if (!(k & 2)) s->pending = ykt_submit(s->engine, ykt_count, &s->ran, 0);
    s->chained = ykt_submit_after(s->engine, ykt_count, &s->ran, k & 4 ? YK_BLOCKING : 0, s->stuck);
}

static void end_scene(scene *s)
{
    atomic_store(&s->gate.open, true);
    UNTIL(yk_future_done(s->stuck));
    assert_int_equal(yk_future_wait(s->stuck, 0), YK_OK);
    yk_future_free(&s->stuck);
    yk_future_free(&s->pending);
    yk_future_free(&s->chained);
    yk_group_close(&s->group);
    assert_int_equal(yk_engine_close_within(&s->engine, -1), YK_OK);
    assert_null(s->engine);
    assert_int_equal(atomic_load(&s->ran), 0);
}

static void a_task_that_never_ends(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        scene s;
        set_scene(&s, k);
        for (int i = 0; i < 1 + (k == 0); i++) {
            yk_engine *e = s.engine;
            assert_int_equal(yk_engine_close_within(&s.engine, i ? 0 : 0.002), YK_E_TIMEOUT);
            assert_ptr_equal(s.engine, e);
        }
        yk_future *none = NULL;
        assert_int_equal(yk_task_submit(s.engine, ykt_count, &s.ran, NULL, &none), YK_E_CANCELLED);
        assert_null(none);
        assert_int_equal(yk_future_done(s.stuck), 0);
        if (s.pending) assert_int_equal(yk_future_wait(s.pending, -1), YK_E_CANCELLED);
        assert_int_equal(yk_future_wait(s.chained, -1), YK_E_CANCELLED);
        end_scene(&s);
    }
}

static void no_wait_hangs_on_it(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        scene s;
        size_t index = 99;
        yk_completions *c = NULL, *early = NULL;
        set_scene(&s, k);
        assert_int_equal(yk_completions_open(&early, &s.stuck, 1), YK_OK);
        assert_int_equal(yk_engine_close_within(&s.engine, 0), YK_E_TIMEOUT);
        assert_int_equal(yk_future_wait(s.stuck, -1), YK_E_TIMEOUT);
        assert_int_equal(yk_future_wait(s.stuck, LONG_S), YK_E_TIMEOUT);
        assert_int_equal(yk_wait_all(&s.stuck, 1, -1), YK_E_TIMEOUT);
        assert_int_equal(yk_wait_any(&s.stuck, 1, -1, &index), YK_E_TIMEOUT);
        assert_int_equal(yk_completions_next(early, -1, &index), YK_E_TIMEOUT);
        yk_completions_close(&early);
        assert_int_equal(yk_completions_open(&c, &s.stuck, 1), YK_OK);
        assert_int_equal(yk_completions_next(c, -1, &index), YK_E_TIMEOUT);
        yk_completions_close(&c);
        assert_int_equal(yk_group_wait(s.group, -1), YK_E_TIMEOUT);
        assert_int_equal(index, 99);
        assert_int_equal(yk_future_cancel(s.stuck), 0);
        if (k == 3) yk_group_close(&s.group);       /* does not hang either */
        end_scene(&s);
    }
}

static void *wait_in_vain(void *arg)
{
    scene *s = arg;
    size_t index;
    yk_future *both[2] = {s->stuck, NULL};
    unsigned kind = atomic_fetch_add(&s->woken, 1);
    yk_status st = kind % 3 == 0 ? yk_future_wait(s->stuck, -1)
                 : kind % 3 == 1 ? yk_wait_all(both, 2, -1)
                                 : yk_wait_any(both, 2, -1, &index);
    EXPECT(st == YK_E_TIMEOUT);
    return NULL;
}

static void those_who_wait_already_are_woken(void **state)
{
    (void)state;
    enum { WAITERS = 9 };
    for (unsigned k = 0; k < 4; k++) {
        scene s;
        pthread_t threads[WAITERS];
        set_scene(&s, k);
        for (int i = 0; i < WAITERS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, wait_in_vain, &s), 0);
        UNTIL(atomic_load(&s.woken) == WAITERS);
        ykt_sleep_us(2000);
        assert_int_equal(yk_engine_close_within(&s.engine, 0), YK_E_TIMEOUT);
        for (int i = 0; i < WAITERS; i++) pthread_join(threads[i], NULL);
        end_scene(&s);
    }
}

/* A task that waits for the one that never ends is let go, and ends. */
static yk_status wait_for_the_stuck(void *arg)
{
    scene *s = arg;
    atomic_fetch_add(&s->woken, 1);
    yk_status st = yk_future_wait(s->stuck, -1);
    EXPECT(st == YK_E_TIMEOUT);
    EXPECT(yk_cancelled() == 1);
    return st;
}

static void tasks_that_wait_for_it_are_let_go(void **state)
{
    (void)state;
    for (unsigned k = 2; k < 8; k++) {      /* k & 2: the worker is free */
        if (!(k & 2)) continue;
        scene s;
        set_scene(&s, k);
        yk_future *f = ykt_submit(s.engine, wait_for_the_stuck, &s, k & 4 ? YK_BLOCKING : 0);
        UNTIL(atomic_load(&s.woken) == 1);
        assert_int_equal(yk_engine_close_within(&s.engine, 0), YK_E_TIMEOUT);
        UNTIL(yk_future_done(f));
        assert_int_equal(yk_future_wait(f, 0), YK_E_TIMEOUT);       /* the task's own word */
        yk_future_free(&f);
        end_scene(&s);
    }
}

/* What was complete before stays readable. */
static void what_is_complete_keeps_its_status(void **state)
{
    (void)state;
    scene s;
    yk_status io = YK_E_IO;
    set_scene(&s, 2);
    yk_future *f = ykt_submit(s.engine, ykt_return, &io, 0);
    assert_int_equal(yk_future_wait(f, -1), YK_E_IO);
    assert_int_equal(yk_engine_close_within(&s.engine, 0), YK_E_TIMEOUT);
    assert_int_equal(yk_future_wait(f, -1), YK_E_IO);
    yk_future_free(&f);
    end_scene(&s);
}

/* ---- another thread submits until it is refused ---- */

typedef struct rival {
    yk_engine *engine;
    _Atomic unsigned accepted, begun, refused;
    _Atomic unsigned *ran;
} rival;

static void *submit_until_refused(void *arg)
{
    rival *r = arg;
    yk_status st;
    atomic_store(&r->begun, 1);
    while ((st = yk_task_submit(r->engine, ykt_count, (void *)r->ran, NULL, NULL)) == YK_OK) {
        atomic_fetch_add(&r->accepted, 1);
        ykt_sleep_us(20);
    }
    EXPECT(st == YK_E_CANCELLED);
    atomic_store(&r->refused, 1);
    return NULL;
}

static void from_the_call_on_nothing_is_taken(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 6; k++) {
        scene s;
        pthread_t thread;
        set_scene(&s, 2);           /* keeps the engine from being closed */
        _Atomic unsigned ran = 0;
        rival r = {.engine = s.engine, .ran = &ran};
        assert_int_equal(pthread_create(&thread, NULL, submit_until_refused, &r), 0);
        UNTIL(atomic_load(&r.begun));
        assert_int_equal(yk_engine_close_within(&s.engine, 0.001), YK_E_TIMEOUT);
        pthread_join(thread, NULL);
        assert_int_equal(atomic_load(&r.refused), 1);
        end_scene(&s);
        assert_in_range(atomic_load(&ran), 0, atomic_load(&r.accepted));
    }
}

/* Tasks go on submitting, and waiting for what they submit, in the time that is given. */
typedef struct chain {
    yk_engine *engine;
    unsigned left;
    _Atomic unsigned ran;
} chain;

static yk_status go_on(void *arg)
{
    chain *c = arg;
    atomic_fetch_add(&c->ran, 1);
    if (c->left-- == 0) return YK_OK;
    yk_future *f = NULL;
    yk_task_opts opts = {.flags = c->left % 2 ? YK_BLOCKING : 0};
    EXPECT(yk_task_submit(c->engine, go_on, c, &opts, &f) == YK_OK);
    yk_status st = yk_future_wait(f, -1);
    yk_future_free(&f);
    return st;
}

static void tasks_of_tasks_are_taken_in_that_time(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 2; threads++) {
        chain c = {.engine = ykt_open(threads), .left = 50};
        yk_engine *e = c.engine;
        assert_int_equal(yk_task_submit(e, go_on, &c, NULL, NULL), YK_OK);
        assert_int_equal(yk_engine_close_within(&e, LONG_S), YK_OK);
        assert_int_equal(atomic_load(&c.ran), 51);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(without_tasks_it_closes),
        task_test(it_waits_for_what_ends_in_time),
        task_test(who_runs_is_asked_and_who_waits_never_begins),
        task_test(a_task_that_never_ends),
        task_test(no_wait_hangs_on_it),
        task_test(those_who_wait_already_are_woken),
        task_test(tasks_that_wait_for_it_are_let_go),
        task_test(what_is_complete_keeps_its_status),
        task_test(from_the_call_on_nothing_is_taken),
        task_test(tasks_of_tasks_are_taken_in_that_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
