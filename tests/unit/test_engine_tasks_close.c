/* Closing an engine that has tasks: all of them are complete afterwards, whatever they wait
 * for, and nobody who waits is forgotten.  Written from yoke/task.h alone. */
#include "tasks.h"

#include <loops.yk.h>

static void everything_pending_is_done_afterwards(void **state)
{
    (void)state;
    enum { EACH = 300 };
    for (unsigned k = 0; k < 20; k++) {
        _Atomic unsigned ran = 0;
        yk_engine *e = ykt_open(1 + k % 2);
        yk_future *last = ykt_submit(e, ykt_count, (void *)&ran, 0);
        for (unsigned i = 1; i < EACH; i++) {
            bool chained = i % 3 == 0;
            yk_task_opts opts = {.flags = i % 10 == 9 ? YK_BLOCKING : 0, .after = &last,
                                 .n_after = chained};
            yk_future *f = NULL;
            assert_int_equal(yk_task_submit(e, ykt_count, (void *)&ran, &opts,
                                            chained ? &f : NULL), YK_OK);
            if (!chained) continue;
            yk_future_free(&last);
            last = f;
        }
        yk_future_free(&last);
        yk_engine_close(&e);
        assert_null(e);
        assert_int_equal(atomic_load(&ran), EACH);
    }
}

static void opening_and_closing(void **state)
{
    (void)state;
    for (unsigned k = 0; k < ykt_turns(100); k++) {
        _Atomic unsigned ran = 0;
        yk_engine *e = ykt_open(k % 3);
        yk_task_opts opts = {.flags = k % 7 ? 0 : YK_BLOCKING};
        for (unsigned i = 0; i < k % 5; i++)
            assert_int_equal(yk_task_submit(e, ykt_count, (void *)&ran, &opts, NULL), YK_OK);
        if (k % 2) ykt_sleep_us(100);
        yk_engine_close(&e);
        assert_int_equal(atomic_load(&ran), k % 5);
    }
}

/* What the tests below submit with, and count. */
typedef struct spawner {
    yk_engine *engine;
    unsigned flags, limit;
    _Atomic unsigned accepted, ran;
} spawner;

/* Tasks may go on submitting while the engine closes: who has begun a sort must be able to
 * finish it. */
static yk_status be_next(void *arg)
{
    spawner *s = arg;
    yk_task_opts opts = {.flags = s->flags};
    if (atomic_fetch_add(&s->ran, 1) + 1 == s->limit) return YK_OK;
    if (atomic_load(&s->ran) % 100 == 0) ykt_sleep_us(500);
    EXPECT(yk_task_submit(s->engine, be_next, s, &opts, NULL) == YK_OK);
    return YK_OK;
}

static void a_closing_engine_takes_tasks_of_tasks(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 8; k++) {
        spawner s = {.engine = ykt_open(1 + k / 2 % 2), .flags = k % 2 ? YK_BLOCKING : 0,
                     .limit = 1000};
        yk_engine *e = s.engine;
        yk_task_opts opts = {.flags = k / 4 % 2 ? YK_BLOCKING : 0};
        assert_int_equal(yk_task_submit(e, be_next, &s, &opts, NULL), YK_OK);
        yk_engine_close(&e);
        assert_int_equal(atomic_load(&s.ran), s.limit);
    }
}

/* Each task submits two more while the engine closes: what was taken was run. */
static yk_status breed(void *arg)
{
    spawner *s = arg;
    atomic_fetch_add(&s->ran, 1);
    for (int i = 0; i < 2; i++) {
        if (atomic_load(&s->accepted) > 500) break;
        yk_status st = yk_task_submit(s->engine, breed, s, NULL, NULL);
        EXPECT(st == YK_OK);
        if (st == YK_OK) atomic_fetch_add(&s->accepted, 1);
    }
    return YK_OK;
}

static void close_against_tasks_that_submit(void **state)
{
    (void)state;
    for (unsigned k = 0; k < ykt_turns(100); k++) {
        spawner s = {.engine = ykt_open(1 + k % 2), .accepted = 1};
        yk_engine *e = s.engine;
        assert_int_equal(yk_task_submit(e, breed, &s, NULL, NULL), YK_OK);
        if (k % 4 == 1) ykt_sleep_us(50);
        yk_engine_close(&e);
        assert_int_equal(atomic_load(&s.ran), atomic_load(&s.accepted));
    }
}

/* A task may go on waiting for what it submitted before the close. */
typedef struct patient {
    yk_engine *engine;
    ykt_gate gate;
    _Atomic unsigned ran;
} patient;

static yk_status wait_through_the_close(void *arg)
{
    patient *p = arg;
    yk_future *f[10];
    yk_group *g = NULL;
    yk_task_opts opts = {0};
    EXPECT(yk_group_open(p->engine, &g) == YK_OK);
    for (int i = 0; i < 10; i++) {
        opts.flags = i % 2 ? YK_BLOCKING : 0;
        EXPECT(yk_task_submit(p->engine, ykt_count, (void *)&p->ran, &opts, &f[i]) == YK_OK);
        opts.group = i % 3 ? g : NULL;
    }
    (void)ykt_at_gate(&p->gate);
    EXPECT(yk_wait_all(f, 10, -1) == YK_OK);
    EXPECT(yk_group_wait(g, -1) == YK_OK);
    EXPECT(yk_cancelled() == 0);        /* a plain close is patient */
    for (int i = 0; i < 10; i++) yk_future_free(&f[i]);
    yk_group_close(&g);
    return YK_OK;
}

static void *open_gate_later(void *arg)
{
    ykt_sleep_us(2000);
    atomic_store(&((ykt_gate *)arg)->open, true);
    return NULL;
}

static void a_closing_engine_lets_tasks_finish(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 20; k++) {
        patient p = {.engine = ykt_open(1 + k % 2)};
        yk_engine *e = p.engine;
        yk_task_opts opts = {.flags = k / 2 % 2 ? YK_BLOCKING : 0};
        pthread_t thread;
        assert_int_equal(yk_task_submit(e, wait_through_the_close, &p, &opts, NULL), YK_OK);
        UNTIL(atomic_load(&p.gate.entered));
        assert_int_equal(pthread_create(&thread, NULL, open_gate_later, &p.gate), 0);
        yk_engine_close(&e);
        assert_int_equal(atomic_load(&p.ran), 10);
        pthread_join(thread, NULL);
    }
}

/* Waiters in other threads are woken; the engine is not gone before they have freed what they
 * hold, since one task waits for that. */
typedef struct waiter {
    yk_future *future;
    yk_status status;
    ykt_gate *gone;
} waiter;

static void *wait_and_free(void *arg)
{
    waiter *w = arg;
    w->status = yk_future_wait(w->future, -1);
    yk_future_free(&w->future);
    atomic_store(&w->gone->open, true);
    return NULL;
}

static void a_close_wakes_waiters_in_other_threads(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 20; k++) {
        ykt_gate work = {0}, gone = {0};
        yk_status io = YK_E_IO;
        yk_engine *e = ykt_open(1 + k % 2);
        yk_future *first = ykt_submit(e, ykt_at_gate, &work, YK_BLOCKING);
        waiter w = {.gone = &gone};
        w.future = ykt_submit_after(e, ykt_return, &io, k / 2 % 2 ? YK_BLOCKING : 0, first);
        yk_future *last = ykt_submit(e, ykt_at_gate, &gone, YK_BLOCKING);
        yk_future_free(&first);
        yk_future_free(&last);
        pthread_t waiting, opener;
        assert_int_equal(pthread_create(&waiting, NULL, wait_and_free, &w), 0);
        assert_int_equal(pthread_create(&opener, NULL, open_gate_later, &work), 0);
        yk_engine_close(&e);
        pthread_join(waiting, NULL);
        pthread_join(opener, NULL);
        assert_int_equal(w.status, YK_E_IO);
    }
}

/* Launches, loops and tasks, submitted and never waited for. */
typedef struct launching {
    yk_engine *engine;
    float *x, *y;
    size_t n;
} launching;

static yk_status launch(void *arg)
{
    launching *l = arg;
    return saxpy_run(l->engine, yk_1d(l->n), l->x, l->y, 1, l->n);
}

static void launches_and_tasks_at_once(void **state)
{
    (void)state;
    enum { N = 2003, TASKS = 20 };
    static float x[TASKS][N], y[TASKS][N];
    for (unsigned k = 0; k < 10; k++) {
        yk_engine *e = ykt_open(1 + k % 2);
        launching l[TASKS];
        yk_event *ev = NULL;
        for (int i = 0; i < TASKS; i++) {
            for (int j = 0; j < N; j++) x[i][j] = 1, y[i][j] = 1;
            l[i] = (launching){e, x[i], y[i], N};
            if (i % 2) assert_int_equal(yk_task_submit(e, launch, &l[i], NULL, NULL), YK_OK);
            else assert_int_equal(saxpy_submit(e, yk_1d(N), x[i], y[i], 1, N, &ev), YK_OK);
            yk_event_free(&ev);
        }
        yk_engine_close(&e);
        for (int i = 0; i < TASKS; i++)
            for (int j = 0; j < N; j++) assert_true(y[i][j] == 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(everything_pending_is_done_afterwards),
        task_test(opening_and_closing),
        task_test(a_closing_engine_takes_tasks_of_tasks),
        task_test(close_against_tasks_that_submit),
        task_test(a_closing_engine_lets_tasks_finish),
        task_test(a_close_wakes_waiters_in_other_threads),
        task_test(launches_and_tasks_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
