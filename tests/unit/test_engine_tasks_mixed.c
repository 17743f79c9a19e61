/* Tasks beside launches and loops: each inside the other, all at the same time, from threads
 * that come and go; nobody starves, which is counted, not timed.  Written from yoke/task.h
 * alone. */
#include "tasks.h"

#include <loops.yk.h>

#define N 4003

/* ---- launches and loops inside tasks ---- */

typedef struct job {
    yk_engine *engine;
    float x[N], y[N];
    _Atomic unsigned *ran;
} job;

static void fill(job *j, float a)
{
    for (int i = 0; i < N; i++) j->x[i] = a, j->y[i] = 1;
}

static bool is_filled(const job *j, float value)
{
    for (int i = 0; i < N; i++)
        if (j->y[i] != value) return false;
    return true;
}

static yk_status launch_inside(void *arg)
{
    job *j = arg;
    float sum = 0;
    yk_status st = saxpy_run(j->engine, yk_1d(N), j->x, j->y, 2, N);
    EXPECT(st == YK_OK && is_filled(j, 2 * j->x[0] + 1));
    if (st == YK_OK) st = total_run(j->engine, yk_1d(N), j->y, &sum, N);
    EXPECT(st == YK_OK && sum == (2 * j->x[0] + 1) * N);
    return st;
}

static void double_slice(void *ctx, size_t begin, size_t end, size_t worker)
{
    job *j = ctx;
    (void)worker;
    for (size_t i = begin; i < end; i++) j->y[i] *= 2;
}

static yk_status loop_inside(void *arg)
{
    job *j = arg;
    for (int round = 0; round < 5; round++) {
        yk_status st = yk_parallel_for(j->engine, N, 0, double_slice, j);
        EXPECT(st == YK_OK);
        if (st != YK_OK) return st;
    }
    EXPECT(is_filled(j, 32));
    return YK_OK;
}

static yk_status submit_launch_inside(void *arg)
{
    job *j = arg;
    yk_event *ev = NULL;
    yk_status st = saxpy_submit(j->engine, yk_1d(N), j->x, j->y, 2, N, &ev);
    EXPECT(st == YK_OK);
    if (st == YK_OK) st = yk_event_wait(ev, -1);
    EXPECT(st == YK_OK && is_filled(j, 2 * j->x[0] + 1));
    yk_event_free(&ev);
    return st;
}

static void launches_and_loops_inside_tasks(void **state)
{
    (void)state;
    enum { JOBS = 24 };
    static job jobs[JOBS];
    static const yk_task_fn inside[] = {launch_inside, loop_inside, submit_launch_inside};
    for (unsigned k = 0; k < 6; k++) {
        yk_engine *e = ykt_open(1 + k % 2);
        yk_future *f[JOBS];
        for (unsigned i = 0; i < JOBS; i++) {
            jobs[i].engine = e;
            fill(&jobs[i], (float)(i + 1));
            f[i] = ykt_submit(e, inside[(i + k / 2) % 3], &jobs[i], i % 4 ? 0 : YK_BLOCKING);
        }
        for (unsigned i = 0; i < JOBS; i++)
            assert_int_equal(yk_future_wait(f[i], i % 2 ? -1 : LONG_S), YK_OK);
        for (unsigned i = 0; i < JOBS; i++) yk_future_free(&f[i]);
        yk_engine_close(&e);
    }
}

/* ---- tasks inside loops ---- */

typedef struct nest {
    yk_engine *engine;
    _Atomic unsigned ran, bodies;
    unsigned flags;
    bool wait_all;
} nest;

static yk_status nest_task(void *arg)
{
    atomic_fetch_add(&((nest *)arg)->ran, 1);
    return YK_OK;
}

static void submit_and_wait(void *ctx, size_t begin, size_t end, size_t worker)
{
    nest *n = ctx;
    yk_task_opts opts = {.flags = n->flags};
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        yk_future *f[3] = {NULL};
        atomic_fetch_add(&n->bodies, 1);
        for (int k = 0; k < 3; k++)
            EXPECT(yk_task_submit(n->engine, nest_task, n, &opts, &f[k]) == YK_OK);
        if (n->wait_all) EXPECT(yk_wait_all(f, 3, -1) == YK_OK);
        for (int k = 0; k < 3; k++) {
            EXPECT(yk_future_wait(f[k], LONG_S) == YK_OK);
            yk_future_free(&f[k]);
        }
    }
}

static yk_status loop_of_waits(void *arg)
{
    nest *n = arg;
    return yk_parallel_for(n->engine, 50, 1, submit_and_wait, n);
}

static void tasks_inside_loops(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 16; k++) {
        nest n = {.engine = ykt_open(1 + k % 2), .flags = k & 2 ? YK_BLOCKING : 0,
                  .wait_all = k & 4};
        if (k & 8) {        /* the loop in a task in turn */
            yk_future *f = ykt_submit(n.engine, loop_of_waits, &n, 0);
            assert_int_equal(ykt_end_of(&f), YK_OK);
        } else {
            assert_int_equal(loop_of_waits(&n), YK_OK);
        }
        assert_int_equal(atomic_load(&n.bodies), 50);
        assert_int_equal(atomic_load(&n.ran), 150);
        yk_engine_close(&n.engine);
    }
}

/* ---- nobody starves ---- */

/* Both kinds go on until each has been served often enough: if either starved, the test would
 * not end. */
typedef struct contest {
    yk_engine *engine;
    _Atomic unsigned tasks, launches;
    unsigned enough;
} contest;

static bool contest_over(contest *c)
{
    return atomic_load(&c->tasks) >= c->enough && atomic_load(&c->launches) >= c->enough;
}

static yk_status endless_task(void *arg)
{
    contest *c = arg;
    atomic_fetch_add(&c->tasks, 1);
    if (contest_over(c)) return YK_OK;
    return yk_task_submit(c->engine, endless_task, c, NULL, NULL);
}

static void *endless_launches(void *arg)
{
    contest *c = arg;
    static _Thread_local float x[N], y[N];
    while (!contest_over(c)) {
        EXPECT(saxpy_run(c->engine, yk_1d(N), x, y, 2, N) == YK_OK);
        atomic_fetch_add(&c->launches, 1);
    }
    return NULL;
}

static void *endless_submitting(void *arg)
{
    contest *c = arg;
    while (!contest_over(c)) {
        yk_future *f = NULL;
        EXPECT(yk_task_submit(c->engine, ykt_nothing, NULL, NULL, &f) == YK_OK);
        EXPECT(yk_future_wait(f, LONG_S) == YK_OK);
        yk_future_free(&f);
        atomic_fetch_add(&c->tasks, 1);
    }
    return NULL;
}

static void run_contest(size_t workers, unsigned launchers, unsigned submitters, unsigned seeds)
{
    contest c = {.engine = ykt_open(workers), .enough = ykt_turns(300)};
    pthread_t threads[16];
    unsigned n = 0;
    for (unsigned i = 0; i < seeds; i++)
        assert_int_equal(yk_task_submit(c.engine, endless_task, &c, NULL, NULL), YK_OK);
    for (unsigned i = 0; i < launchers; i++, n++)
        assert_int_equal(pthread_create(&threads[n], NULL, endless_launches, &c), 0);
    for (unsigned i = 0; i < submitters; i++, n++)
        assert_int_equal(pthread_create(&threads[n], NULL, endless_submitting, &c), 0);
    while (n-- > 0) pthread_join(threads[n], NULL);
    UNTIL(contest_over(&c));
    yk_engine_close(&c.engine);
}

static void launches_and_tasks_take_turns(void **state)
{
    (void)state;
    for (size_t workers = 1; workers <= 2; workers++) {
        run_contest(workers, 1, 0, 1);
        run_contest(workers, 1, 0, 50);     /* queues that are never empty */
        run_contest(workers, 4, 0, 2);      /* launches that are always waiting */
        run_contest(workers, 4, 4, 0);
        run_contest(workers, 1, 4, 10);
    }
}

/* A task that is never over, on each worker: launches run on the calling thread. */
static void busy_workers_hold_up_no_launch(void **state)
{
    (void)state;
    static job j;
    ykt_held held;
    yk_engine *e = ykt_open(0);
    ykt_hold(e, &held);
    for (int i = 0; i < 50; i++) {
        fill(&j, 3);
        assert_int_equal(saxpy_run(e, yk_1d(N), j.x, j.y, 2, N), YK_OK);
        assert_true(is_filled(&j, 7));
        assert_int_equal(yk_parallel_for(e, N, 0, double_slice, &j), YK_OK);
        assert_true(is_filled(&j, 14));
    }
    ykt_release(&held);
    yk_engine_close(&e);
}

/* ---- threads that come and go ---- */

#define EACH 50
typedef struct visitor {
    yk_engine *engine;
    _Atomic unsigned *ran;
    unsigned number;
} visitor;

static void *visit(void *arg)
{
    visitor *v = arg;
    yk_future *f[EACH] = {NULL};
    yk_group *g = NULL;
    EXPECT(yk_group_open(v->engine, &g) == YK_OK);
    for (unsigned i = 0; i < EACH; i++) {
        yk_task_opts opts = {.flags = i % 17 == 16 ? YK_BLOCKING : 0, .group = i % 3 ? NULL : g};
        bool leave = i % 5 == 4;        /* nobody waits for this one */
        EXPECT(yk_task_submit(v->engine, ykt_count, (void *)v->ran, &opts, leave ? NULL : &f[i])
               == YK_OK);
    }
    if (v->number % 2) EXPECT(yk_wait_all(f, EACH, -1) == YK_OK);
    for (unsigned i = 0; i < EACH; i++) {
        if (f[i] && i % 2) EXPECT(yk_future_wait(f[i], LONG_S) == YK_OK);
        yk_future_free(&f[i]);
    }
    if (v->number % 3) EXPECT(yk_group_wait(g, -1) == YK_OK);
    yk_group_close(&g);
    return NULL;
}

static void threads_come_and_go(void **state)
{
    (void)state;
    enum { THREADS = 64, ROUNDS = 6 };
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        visitor v[THREADS];
        pthread_t threads[THREADS];
        for (unsigned i = 0; i < THREADS; i++) {
            v[i] = (visitor){e, &ran, i + round};
            assert_int_equal(pthread_create(&threads[i], NULL, visit, &v[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    }
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&ran), THREADS * ROUNDS * EACH);
}

/* Several engines at once; a task of one waits for one of the other. */
static yk_status ask_the_other(void *arg)
{
    visitor *v = arg;
    yk_future *f = NULL;
    yk_status st = yk_task_submit(v->engine, ykt_count, (void *)v->ran, NULL, &f);
    if (st == YK_OK) st = yk_future_wait(f, -1);
    yk_future_free(&f);
    return st;
}

static void two_engines(void **state)
{
    (void)state;
    enum { TASKS = 100 };
    for (size_t threads = 1; threads <= 2; threads++) {
        _Atomic unsigned ran = 0;
        yk_engine *a = ykt_open(threads), *b = ykt_open(3 - threads);
        visitor to_b = {b, &ran, 0};
        yk_future *f[2 * TASKS];
        for (int i = 0; i < TASKS; i++) {
            f[2 * i] = ykt_submit(a, ask_the_other, &to_b, i % 9 ? 0 : YK_BLOCKING);
            f[2 * i + 1] = ykt_submit(b, ykt_nothing, NULL, 0);
        }
        assert_int_equal(yk_wait_all(f, 2 * TASKS, LONG_S), YK_OK);
        for (int i = 0; i < 2 * TASKS; i++) yk_future_free(&f[i]);
        assert_int_equal(atomic_load(&ran), TASKS);
        yk_engine_close(&a);
        yk_engine_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(launches_and_loops_inside_tasks),
        task_test(tasks_inside_loops),
        task_test(launches_and_tasks_take_turns),
        task_test(busy_workers_hold_up_no_launch),
        task_test(threads_come_and_go),
        task_test(two_engines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
