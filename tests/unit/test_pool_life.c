/* A pool from opening to closing: pinning, failures at each k, fork, idleness, other
 * sources of work, closing at awkward moments. */
#include "check.h"
#include "loops_once.h"

#include <dirent.h>
#include <pool/pool.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void check_runs(yki_pool *pool)
{
    unsigned char ran[1009] = {0};
    once o;
    once_init(&o, sizeof ran, 3, yki_pool_get_info(pool).workers);
    o.ran = ran;
    yki_pool_run(pool, sizeof ran, 3, once_body, &o);
    assert_true(once_holds(&o));
}

/* The CPUs this process may use, at most `most`. */
static size_t own_cpus(int *cpus, size_t most)
{
    cpu_set_t mask;
    size_t count = 0;
    assert_int_equal(sched_getaffinity(0, sizeof mask, &mask), 0);
    for (size_t c = 0; c < CPU_SETSIZE && count < most; c++)
        if (CPU_ISSET(c, &mask)) cpus[count++] = (int)c;
    return count;
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    yki_pool *pool = NULL;
    yki_pool_opts none = {0};
    yk_diag diag;
    assert_int_equal(yki_pool_open(&pool, &none, &diag), YK_E_INVALID);
    assert_int_equal(diag.status, YK_E_INVALID);
    assert_int_equal(yki_pool_open(&pool, NULL, NULL), YK_E_INVALID);
    assert_null(pool);
    yki_pool_close(&pool);
    yki_pool_close(NULL);
}

static void workers_are_pinned_and_the_caller_is_not(void **state)
{
    (void)state;
    int cpus[8];
    size_t count = own_cpus(cpus, 8);
    cpu_set_t before, after;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    yki_pool *pool = NULL;
    yki_pool_opts opts = {.workers = count, .cpus = cpus};
    assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
    yki_pool_info info = yki_pool_get_info(pool);
    assert_int_equal(info.workers, count);
    assert_int_equal(info.asked, count);
    assert_int_equal(info.pinned, count);
    for (int i = 0; i < 100; i++) check_runs(pool);
    assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
    assert_true(CPU_EQUAL(&before, &after));
    yki_pool_close(&pool);
}

static void a_cpu_that_is_not_there_leaves_its_worker_unpinned(void **state)
{
    (void)state;
    static const int bad[] = {8191, 100000, -3, INT32_MAX};
    for (size_t i = 0; i < YKI_COUNT(bad); i++) {
        int cpus[2] = {0, bad[i]};
        own_cpus(cpus, 1);
        yki_pool *pool = NULL;
        yki_pool_opts opts = {.workers = 2, .cpus = cpus};
        assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
        assert_int_equal(yki_pool_get_info(pool).workers, 2);
        assert_int_equal(yki_pool_get_info(pool).pinned, 1);
        for (int r = 0; r < 20; r++) check_runs(pool);
        yki_pool_close(&pool);
    }
}

/* A caller on a core of which the pool has none: it only waits. */
static void a_caller_elsewhere_does_not_compute(void **state)
{
    (void)state;
    int cpus[2];
    if (own_cpus(cpus, 2) < 2) skip();
    cpu_set_t before, there;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&there);
    CPU_SET((size_t)cpus[1], &there);
    int twice[2] = {cpus[0], cpus[0]};
    yki_pool *pool = NULL;
    yki_pool_opts opts = {.workers = 2, .cpus = twice};
    assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
    assert_int_equal(sched_setaffinity(0, sizeof there, &there), 0);
    for (int r = 0; r < 100; r++) check_runs(pool);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    yki_pool_close(&pool);
}

/* ---- failures ---- */

typedef struct failing {
    _Atomic long left;  /* calls that still succeed */
    bool for_good;
} failing;

static bool fail_at(failing *f)
{
    long left = atomic_fetch_sub(&f->left, 1);
    return f->for_good ? left > 0 : left != 0;
}
static bool thread_hook(void *ctx) { return fail_at(ctx); }
static bool alloc_hook(void *ctx, size_t bytes)
{
    (void)bytes;
    return fail_at(ctx);
}

static void missing_threads_leave_a_smaller_pool(void **state)
{
    (void)state;
    enum { asked = 4 };
    for (int mode = 0; mode < 2; mode++) {
        for (long k = 0; k <= asked; k++) {
            failing f = {k, mode == 1};
            yki_thread_set_hook(thread_hook, &f);
            yki_pool *pool = NULL;
            yki_pool_opts opts = {.workers = asked};
            assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
            yki_thread_set_hook(NULL, NULL);
            size_t threads = mode == 1 ? (size_t)k : k < asked ? asked - 1 : asked;
            /* The caller takes the place of one that is missing. */
            size_t expected = threads < asked ? threads + 1 : asked;
            assert_int_equal(yki_pool_get_info(pool).workers, expected);
            assert_int_equal(yki_pool_get_info(pool).asked, asked);
            for (int r = 0; r < 20; r++) check_runs(pool);
            yki_pool_close(&pool);
        }
    }
}

static void failing_allocations_leave_nothing_behind(void **state)
{
    (void)state;
    int cpus[2] = {0, 0};
    own_cpus(cpus, 2);
    for (int mode = 0; mode < 2; mode++) {
        bool opened = false;
        for (long k = 0; !opened; k++) {
            assert_true(k < 100);
            failing f = {k, mode == 1};
            yki_alloc_set_hook(alloc_hook, &f);
            yki_pool *pool = NULL;
            yki_pool_opts opts = {.workers = 2, .cpus = cpus};
            yk_diag diag = {0};
            yk_status st = yki_pool_open(&pool, &opts, &diag);
            yki_alloc_set_hook(NULL, NULL);
            opened = st == YK_OK;
            if (opened) {
                assert_true(k > 0);
                check_runs(pool);
            } else {
                assert_int_equal(st, YK_E_NOMEM);
                assert_int_equal(diag.status, YK_E_NOMEM);
                assert_null(pool);
            }
            yki_pool_close(&pool);
        }
    }
}

/* ---- closing ---- */

static void open_and_close_many_times(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        yki_pool *pool = NULL;
        yki_pool_opts opts = {.workers = 1 + (size_t)i % 4, .no_spin = i % 3 == 0};
        assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
        if (i % 2) check_runs(pool);
        yki_pool_close(&pool);
        assert_null(pool);
    }
}

typedef struct late_launch {
    yki_pool *pool;
    _Atomic bool begun;
    _Atomic size_t done;
} late_launch;

static void late_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    late_launch *l = ctx;
    (void)worker;
    atomic_store(&l->begun, true);
    sleep_ms(2);
    atomic_fetch_add(&l->done, end - begin);
}

static void *late_main(void *arg)
{
    late_launch *l = arg;
    yki_pool_run(l->pool, 8, 1, late_body, l);
    return NULL;
}

static void close_waits_for_a_launch_in_flight(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        late_launch l = {0};
        yki_pool_opts opts = {.workers = 2, .no_spin = i % 2 == 0};
        pthread_t thread;
        yki_pool *pool = NULL;
        assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
        l.pool = pool;
        assert_int_equal(pthread_create(&thread, NULL, late_main, &l), 0);
        while (!atomic_load(&l.begun)) sched_yield();
        yki_pool_close(&pool);
        assert_int_equal(atomic_load(&l.done), 8);
        pthread_join(thread, NULL);
    }
}

/* ---- fork ---- */

static void child_main(yki_pool *pool)
{
    alarm(20);
    unsigned char ran[101] = {0};
    once o;
    once_init(&o, sizeof ran, 1, 1);
    o.ran = ran;
    if (!yki_pool_forked(pool)) _exit(2);
    yki_pool_run(pool, sizeof ran, 1, once_body, &o);
    if (!once_holds(&o)) _exit(3);
    yki_pool_notify(pool, 2);
    yki_pool_close(&pool);
    _exit(pool ? 4 : 0);
}

static void a_child_runs_alone_and_closes(void **state)
{
    (void)state;
    yki_pool *pool = NULL;
    yki_pool_opts opts = {.workers = 2};
    assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
    assert_false(yki_pool_forked(pool));
    check_runs(pool);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) child_main(pool);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_false(yki_pool_forked(pool));
    check_runs(pool);
    yki_pool_close(&pool);
}

/* ---- the threads themselves ---- */

typedef struct thread_facts {
    _Atomic unsigned named, deaf;
    pthread_t caller;
} thread_facts;

static void look_at_thread(void *ctx, size_t begin, size_t end, size_t worker)
{
    thread_facts *f = ctx;
    (void)begin, (void)end;
    sleep_ms(1);
    if (pthread_equal(pthread_self(), f->caller)) return;
    char name[16] = "", expected[16];
    snprintf(expected, sizeof expected, "yoke/%zu", worker);
    pthread_getname_np(pthread_self(), name, sizeof name);
    if (strcmp(name, expected) == 0) atomic_fetch_or(&f->named, 1);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    if (sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGUSR1) == 1)
        atomic_fetch_or(&f->deaf, 1);
}

static void workers_have_names_and_block_signals(void **state)
{
    (void)state;
    thread_facts f = {.caller = pthread_self()};
    yki_pool *pool = NULL;
    yki_pool_opts opts = {.workers = 2};
    assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
    yki_pool_run(pool, 16, 1, look_at_thread, &f);
    assert_int_equal(f.named, 1);
    assert_int_equal(f.deaf, 1);
    yki_pool_close(&pool);
}

static uint64_t process_cpu_ms(void)
{
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* 10 ms of spinning for each of three workers is the most that is allowed; idle
 * workers that did not park would take 300 ms a core. */
static void idle_workers_park(void **state)
{
    (void)state;
    yki_pool *pool = NULL;
    yki_pool_opts opts = {.workers = 3};
    assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
    for (int gap = 0; gap < 10; gap++) {
        check_runs(pool);
        sleep_ms(gap / 2);      /* teaches them to stay up for a while */
    }
    uint64_t before = process_cpu_ms();
    sleep_ms(300);
    uint64_t used = process_cpu_ms() - before;
    yki_pool_close(&pool);
    assert_true(used < 100);
}

/* ---- other sources ---- */

typedef struct tasks {
    _Atomic long left;
    _Atomic long done, nested;
    yki_pool *pool;
} tasks;

static void nested_task(void *ctx, size_t begin, size_t end, size_t worker)
{
    (void)worker;
    atomic_fetch_add((_Atomic long *)ctx, (long)(end - begin));
}

static bool tasks_left(void *ctx)
{
    tasks *t = ctx;
    return atomic_load(&t->left) > 0;
}

static bool run_task(void *ctx, size_t worker)
{
    tasks *t = ctx;
    (void)worker;
    long left = atomic_load(&t->left);
    do {
        if (left == 0) return true;
    } while (!atomic_compare_exchange_weak(&t->left, &left, left - 1));
    yki_pool_run(t->pool, 3, 1, nested_task, &t->nested);
    atomic_fetch_add(&t->done, 1);
    return true;
}

static void idle_workers_serve_other_sources(void **state)
{
    (void)state;
    for (int no_spin = 0; no_spin < 2; no_spin++) {
        tasks t = {0};
        yki_pool_opts opts = {.workers = 2, .no_spin = no_spin != 0};
        assert_int_equal(yki_pool_open(&t.pool, &opts, NULL), YK_OK);
        yki_source source = {tasks_left, run_task, &t};
        assert_int_equal(yki_pool_add_source(t.pool, &source), YK_OK);
        long asked = 0;
        for (int round = 0; round < 300; round++) {
            atomic_fetch_add(&t.left, 5);
            asked += 5;
            yki_pool_notify(t.pool, 2);
            if (round % 3 == 0) check_runs(t.pool);
            if (round % 50 == 0) sleep_ms(15);
            for (int ms = 0; ms < 20000 && atomic_load(&t.done) < asked; ms++) sleep_ms(1);
            assert_int_equal(atomic_load(&t.done), asked);
        }
        assert_int_equal(atomic_load(&t.nested), 3 * asked);
        for (int i = 1; i < YKI_POOL_SOURCES; i++)
            assert_int_equal(yki_pool_add_source(t.pool, &source), YK_OK);
        assert_int_equal(yki_pool_add_source(t.pool, &source), YK_E_RANGE);
        yki_pool_close(&t.pool);
    }
}

/* A task that lasts until a launch made meanwhile is over. */
typedef struct long_tasks {
    _Atomic int left, begun, gave_up;
    _Atomic bool launch_over;
} long_tasks;

static bool long_tasks_left(void *ctx)
{
    long_tasks *t = ctx;
    return atomic_load(&t->left) > 0;
}

static bool run_long_task(void *ctx, size_t worker)
{
    long_tasks *t = ctx;
    (void)worker;
    if (atomic_fetch_sub(&t->left, 1) <= 0) return true;
    atomic_fetch_add(&t->begun, 1);
    for (int ms = 0; ms < 20000; ms++) {
        if (atomic_load(&t->launch_over)) return true;
        sleep_ms(1);
    }
    atomic_fetch_add(&t->gave_up, 1);
    return true;
}

static void a_launch_does_not_wait_for_another_source(void **state)
{
    (void)state;
    for (int warm = 0; warm < 2; warm++) {
        long_tasks t = {0};
        yki_pool *pool = NULL;
        yki_pool_opts opts = {.workers = 2};
        yki_source source = {long_tasks_left, run_long_task, &t};
        assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
        assert_int_equal(yki_pool_add_source(pool, &source), YK_OK);
        for (int i = 0; i < 50 * warm; i++) check_runs(pool);   /* workers that spin */
        atomic_store(&t.left, 2);
        yki_pool_notify(pool, 2);
        for (int ms = 0; ms < 20000 && atomic_load(&t.begun) < 2; ms++) sleep_ms(1);
        assert_int_equal(atomic_load(&t.begun), 2);
        check_runs(pool);
        atomic_store(&t.launch_over, true);
        check_runs(pool);
        yki_pool_close(&pool);
        assert_int_equal(atomic_load(&t.gave_up), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(workers_are_pinned_and_the_caller_is_not),
        cmocka_unit_test(a_cpu_that_is_not_there_leaves_its_worker_unpinned),
        cmocka_unit_test(a_caller_elsewhere_does_not_compute),
        cmocka_unit_test(missing_threads_leave_a_smaller_pool),
        cmocka_unit_test(failing_allocations_leave_nothing_behind),
        cmocka_unit_test(open_and_close_many_times),
        cmocka_unit_test(close_waits_for_a_launch_in_flight),
        cmocka_unit_test(a_child_runs_alone_and_closes),
        cmocka_unit_test(workers_have_names_and_block_signals),
        cmocka_unit_test(idle_workers_park),
        cmocka_unit_test(idle_workers_serve_other_sources),
        cmocka_unit_test(a_launch_does_not_wait_for_another_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
