/* Blocking tasks: how many overlap, how their threads come and go, and that they and pool
 * tasks may wait for each other.  Written from yoke/task.h alone. */
#include "tasks.h"

#include <dirent.h>

static size_t threads_now(void)
{
    size_t count = 0;
    DIR *d = opendir("/proc/self/task");
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));) count += entry->d_name[0] != '.';
    closedir(d);
    return count;
}

/* ---- overlap: each waits until all are there, so none can have waited for another ---- */

typedef struct meeting {
    _Atomic unsigned here;
    unsigned expected;
    yk_engine *engine;
} meeting;

static yk_status meet(void *arg)
{
    meeting *m = arg;
    atomic_fetch_add(&m->here, 1);
    UNTIL(atomic_load(&m->here) >= m->expected);
    return YK_OK;
}

static void they_overlap(void **state)
{
    (void)state;
    static const unsigned counts[] = {1, 16, 300, 16};
    static yk_future *f[300];
    yk_engine *e = ykt_open(0);
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        meeting m = {.expected = counts[k]};
        for (unsigned i = 0; i < counts[k]; i++) f[i] = ykt_submit(e, meet, &m, YK_BLOCKING);
        assert_int_equal(yk_wait_all(f, counts[k], k % 2 ? -1 : LONG_S), YK_OK);
        for (unsigned i = 0; i < counts[k]; i++) yk_future_free(&f[i]);
    }
    yk_engine_close(&e);
}

/* Submitted one at a time, each by the one before it, which then waits. */
static yk_status meet_with_another(void *arg)
{
    meeting *m = arg;
    yk_task_opts opts = {.flags = YK_BLOCKING};
    if (atomic_fetch_add(&m->here, 1) + 1 < m->expected)
        EXPECT(yk_task_submit(m->engine, meet_with_another, m, &opts, NULL) == YK_OK);
    UNTIL(atomic_load(&m->here) >= m->expected);
    return YK_OK;
}

static void each_brings_the_next(void **state)
{
    (void)state;
    meeting m = {.expected = 200, .engine = ykt_open(1)};
    yk_future *f = ykt_submit(m.engine, meet_with_another, &m, 0);
    assert_int_equal(yk_future_wait(f, LONG_S), YK_OK);
    yk_future_free(&f);
    yk_engine_close(&m.engine);
}

/* ---- more than there can be threads ---- */

static void ten_thousand_at_a_gate(void **state)
{
    (void)state;
    enum { N = 10000 };
    static yk_future *f[N];
    ykt_gate gate = {0};
    yk_engine *e = ykt_open(0);
    size_t before = threads_now(), most = 0;
    for (unsigned i = 0; i < N; i++) f[i] = ykt_submit(e, ykt_at_gate, &gate, YK_BLOCKING);
    UNTIL(atomic_load(&gate.entered) >= 300);
    most = threads_now();
    assert_in_range(most - before, 300, N);
    /* Those that wait for a thread can be cancelled like any other. */
    unsigned cancelled = 0;
    for (unsigned i = N - 100; i < N; i++) cancelled += (unsigned)yk_future_cancel(f[i]);
    atomic_store(&gate.open, true);
    yk_status expected = cancelled ? YK_E_CANCELLED : YK_OK;
    assert_int_equal(yk_wait_all(f, N, -1), expected);
    assert_int_equal(atomic_load(&gate.passed), N - cancelled);
    for (unsigned i = 0; i < N; i++) yk_future_free(&f[i]);
    /* Idle ones end by themselves, and come back when they are needed. */
    UNTIL(threads_now() < before + 150);
    meeting m = {.expected = 100};
    for (unsigned i = 0; i < 100; i++) f[i] = ykt_submit(e, meet, &m, YK_BLOCKING);
    assert_int_equal(yk_wait_all(f, 100, -1), YK_OK);
    for (unsigned i = 0; i < 100; i++) yk_future_free(&f[i]);
    yk_engine_close(&e);
}

static void ten_thousand_short_ones(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0;
    unsigned n = ykt_turns(10000);
    yk_engine *e = ykt_open(0);
    yk_task_opts opts = {.flags = YK_BLOCKING};
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(yk_task_submit(e, ykt_count, (void *)&ran, &opts, NULL), YK_OK);
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&ran), n);
}

/* Parents as many as there may be threads, or more, each waiting for a child that needs one. */
typedef struct family {
    yk_engine *engine;
    _Atomic unsigned children;
    unsigned flags;
    bool groups;
} family;

static yk_status family_child(void *arg)
{
    atomic_fetch_add(&((family *)arg)->children, 1);
    return YK_OK;
}

static yk_status family_parent(void *arg)
{
    family *fam = arg;
    yk_group *g = NULL;
    yk_future *f = NULL;
    ykt_sleep_us(500);          /* by then all threads are parents */
    yk_status st = fam->groups ? yk_group_open(fam->engine, &g) : YK_OK;
    yk_task_opts opts = {.flags = fam->flags, .group = g};
    if (st == YK_OK)
        st = yk_task_submit(fam->engine, family_child, fam, &opts, fam->groups ? NULL : &f);
    if (st == YK_OK) st = fam->groups ? yk_group_wait(g, -1) : yk_future_wait(f, -1);
    yk_future_free(&f);
    yk_group_close(&g);
    return st;
}

static void parents_take_all_threads(void **state)
{
    (void)state;
    enum { N = 100 };
    static yk_future *f[N];
    for (unsigned k = 0; k < 8; k++) {
        yk_engine_opts opts = {.threads = 1, .devices = "none", .blocking_threads = 1 + k / 4 * 20};
        family fam = {.flags = k % 2 ? YK_BLOCKING : 0, .groups = k / 2 % 2};
        assert_int_equal(yk_engine_open(&fam.engine, &opts, NULL), YK_OK);
        for (unsigned i = 0; i < N; i++)
            f[i] = ykt_submit(fam.engine, family_parent, &fam, i % 25 ? YK_BLOCKING : 0);
        assert_int_equal(yk_wait_all(f, N, LONG_S), YK_OK);
        assert_int_equal(atomic_load(&fam.children), N);
        for (unsigned i = 0; i < N; i++) yk_future_free(&f[i]);
        yk_engine_close(&fam.engine);
    }
}

/* The limit holds. */
static void no_more_threads_than_asked_for(void **state)
{
    (void)state;
    static const size_t limits[] = {1, 2, 7, 33};
    enum { N = 100 };
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
        yk_engine_opts opts = {.devices = "none", .blocking_threads = limits[k]};
        yk_engine *e = NULL;
        ykt_gate gate = {0};
        yk_future *f[N];
        assert_int_equal(yk_engine_open(&e, &opts, NULL), YK_OK);
        for (int i = 0; i < N; i++) f[i] = ykt_submit(e, ykt_at_gate, &gate, YK_BLOCKING);
        UNTIL(atomic_load(&gate.entered) == limits[k]);
        ykt_sleep_us(2000);
        assert_int_equal(atomic_load(&gate.entered), limits[k]);
        atomic_store(&gate.open, true);
        assert_int_equal(yk_wait_all(f, N, -1), YK_OK);
        for (int i = 0; i < N; i++) yk_future_free(&f[i]);
        yk_engine_close(&e);
    }
}

/* ---- beside pool tasks ---- */

/* Sleepers keep no worker: pool tasks run while hundreds of them sleep. */
static void sleepers_hold_up_no_pool_task(void **state)
{
    (void)state;
    enum { SLEEPERS = 100, TASKS = 1000 };
    yk_future *sleeping[SLEEPERS];
    ykt_gate gate = {0};
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(1);
    for (int i = 0; i < SLEEPERS; i++)
        sleeping[i] = ykt_submit(e, ykt_at_gate, &gate, YK_BLOCKING);
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(yk_task_submit(e, ykt_count, (void *)&ran, NULL, NULL), YK_OK);
    UNTIL(atomic_load(&ran) == TASKS);
    assert_int_equal(atomic_load(&gate.passed), 0);
    atomic_store(&gate.open, true);
    assert_int_equal(yk_wait_all(sleeping, SLEEPERS, -1), YK_OK);
    for (int i = 0; i < SLEEPERS; i++) yk_future_free(&sleeping[i]);
    yk_engine_close(&e);
}

/* And pool tasks that compute without end hold up no blocking one. */
static void computing_holds_up_no_blocking_task(void **state)
{
    (void)state;
    ykt_held held;
    yk_engine *e = ykt_open(0);
    ykt_hold(e, &held);
    for (int i = 0; i < 100; i++) {
        yk_future *f = ykt_submit(e, ykt_nothing, NULL, YK_BLOCKING);
        assert_int_equal(yk_future_wait(f, LONG_S), YK_OK);
        yk_future_free(&f);
    }
    ykt_release(&held);
    yk_engine_close(&e);
}

/* Descents through both kinds of threads: a task waits for one of the other kind, which
 * waits for one of the first, and so on.  The pool has one worker. */
typedef struct descent {
    yk_engine *engine;
    double timeout_s;
    unsigned depth;
    bool alternate;
    _Atomic unsigned reached;
} descent;

typedef struct step {
    descent *d;
    unsigned depth;
} step;

static yk_status descend(void *arg)
{
    step *s = arg;
    descent *d = s->d;
    atomic_fetch_add(&d->reached, 1);
    if (s->depth == d->depth) return YK_E_EXTENT;
    step next = {d, s->depth + 1};
    yk_task_opts opts = {.flags = !d->alternate || next.depth % 2 ? YK_BLOCKING : 0};
    yk_future *f = NULL;
    yk_status st = yk_task_submit(d->engine, descend, &next, &opts, &f);
    if (st != YK_OK) return st;
    while ((st = yk_future_wait(f, d->timeout_s)) == YK_E_TIMEOUT) continue;
    yk_future_free(&f);
    return st;
}

static void pool_and_blocking_wait_for_each_other(void **state)
{
    (void)state;
    static const double timeouts[] = {-1, LONG_S, 1e-3};
    for (unsigned k = 0; k < 2 * 2 * 3; k++) {
        descent d = {.engine = ykt_open(1 + k / 2 % 2), .timeout_s = timeouts[k / 4],
                     .depth = 60, .alternate = k % 2};
        step first = {&d, 0};
        yk_future *f = ykt_submit(d.engine, descend, &first, 0);
        assert_int_equal(yk_future_wait(f, LONG_S), YK_E_EXTENT);
        assert_int_equal(atomic_load(&d.reached), 61);
        yk_future_free(&f);
        yk_engine_close(&d.engine);
    }
}

static yk_status wait_for_others(void *arg)
{
    yk_future **f = arg;
    return yk_wait_all(f, 10, -1);
}

static void blocking_waits_for_pool_tasks_of_others(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(1);
    for (int k = 0; k < 50; k++) {
        _Atomic unsigned ran = 0;
        yk_future *f[10];
        ykt_held held;
        ykt_hold(e, &held);
        for (int i = 0; i < 10; i++) f[i] = ykt_submit(e, ykt_count, &ran, 0);
        yk_future *waiting = ykt_submit(e, wait_for_others, f, YK_BLOCKING);
        ykt_release(&held);
        assert_int_equal(yk_future_wait(waiting, LONG_S), YK_OK);
        assert_int_equal(atomic_load(&ran), 10);
        yk_future_free(&waiting);
        for (int i = 0; i < 10; i++) yk_future_free(&f[i]);
    }
    yk_engine_close(&e);
}

/* ---- real waiting: a pipe that others write to ---- */

typedef struct pipe_pair {
    int ends[2];
    char byte;
} pipe_pair;

static yk_status read_byte(void *arg)
{
    pipe_pair *p = arg;
    return read(p->ends[0], &p->byte, 1) == 1 ? YK_OK : YK_E_IO;
}

static yk_status write_byte(void *arg)
{
    pipe_pair *p = arg;
    return write(p->ends[1], "y", 1) == 1 ? YK_OK : YK_E_IO;
}

static void readers_before_writers(void **state)
{
    (void)state;
    enum { PIPES = 100 };
    static pipe_pair pipes[PIPES];
    yk_future *f[2 * PIPES];
    yk_engine *e = ykt_open(0);
    for (int i = 0; i < PIPES; i++) {
        assert_int_equal(pipe(pipes[i].ends), 0);
        f[i] = ykt_submit(e, read_byte, &pipes[i], YK_BLOCKING);
    }
    for (int i = 0; i < PIPES; i++)
        f[PIPES + i] = ykt_submit(e, write_byte, &pipes[i], i % 2 ? YK_BLOCKING : 0);
    assert_int_equal(yk_wait_all(f, 2 * PIPES, -1), YK_OK);
    for (int i = 0; i < PIPES; i++) {
        assert_int_equal(pipes[i].byte, 'y');
        close(pipes[i].ends[0]);
        close(pipes[i].ends[1]);
    }
    for (int i = 0; i < 2 * PIPES; i++) yk_future_free(&f[i]);
    yk_engine_close(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(they_overlap),
        task_test(each_brings_the_next),
        task_test(ten_thousand_at_a_gate),
        task_test(ten_thousand_short_ones),
        task_test(parents_take_all_threads),
        task_test(no_more_threads_than_asked_for),
        task_test(sleepers_hold_up_no_pool_task),
        task_test(computing_holds_up_no_blocking_task),
        task_test(pool_and_blocking_wait_for_each_other),
        task_test(blocking_waits_for_pool_tasks_of_others),
        task_test(readers_before_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
