/* Workers that are held up: not yet come, just woken, or on a core that others want.  A
 * launch waits for none of them that has not begun, and all get back to work. */
#include "check.h"
#include "loops_once.h"

#include <pool/pool.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

/* What should take no time must happen within this many milliseconds. */
#define AT_MOST_MS 20000

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void check_runs(yki_pool *pool)
{
    unsigned char ran[509] = {0};
    once o;
    once_init(&o, sizeof ran, 3, yki_pool_get_info(pool).workers);
    o.ran = ran;
    yki_pool_run(pool, sizeof ran, 3, once_body, &o);
    assert_true(once_holds(&o));
}

/* ---- woken and not come ---- */

/* A source without work that keeps workers while they look into it. */
typedef struct keeper {
    _Atomic bool keeps;
    _Atomic int kept;           /* workers in here now */
    _Atomic int gave_up;        /* of those, left by themselves in the end */
} keeper;

static bool keep(void *ctx)
{
    keeper *k = ctx;
    if (!atomic_load(&k->keeps)) return false;
    atomic_fetch_add(&k->kept, 1);
    int ms = 0;
    for (; ms < AT_MOST_MS && atomic_load(&k->keeps); ms++) sleep_ms(1);
    if (ms == AT_MOST_MS) atomic_fetch_add(&k->gave_up, 1);
    atomic_store(&k->keeps, false);
    atomic_fetch_sub(&k->kept, 1);
    return false;
}

static bool run_nothing(void *ctx, size_t worker)
{
    (void)ctx, (void)worker;
    return true;
}

static void await_kept(keeper *k, int count)
{
    for (int ms = 0; ms < AT_MOST_MS && atomic_load(&k->kept) != count; ms++) sleep_ms(1);
    assert_int_equal(atomic_load(&k->kept), count);
}

static void await_asleep(yki_pool *pool)
{
    for (int ms = 0; ms < AT_MOST_MS && yki_pool_awake(pool); ms++) sleep_ms(1);
    assert_false(yki_pool_awake(pool));
}

/* Launches while all of the pool's threads are held up: the caller does all of it. */
static void launch_without(yki_pool *pool, keeper *k, int workers)
{
    atomic_store(&k->keeps, true);
    yki_pool_notify(pool, (size_t)workers);
    await_kept(k, workers);
    for (int i = 0; i < 30; i++) check_runs(pool);
    assert_int_equal(atomic_load(&k->kept), workers);
    atomic_store(&k->keeps, false);
    await_kept(k, 0);
}

static void a_launch_does_not_wait_for_workers_woken_before(bool no_spin)
{
    enum { workers = 3 };
    keeper k = {0};
    yki_pool *pool = NULL;
    yki_pool_opts opts = {.workers = workers, .no_spin = no_spin};
    yki_source source = {keep, run_nothing, &k};
    assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
    assert_int_equal(yki_pool_add_source(pool, &source), YK_OK);
    launch_without(pool, &k, workers);      /* threads that have done nothing yet */
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < 20 * round; i++) check_runs(pool);  /* some that have */
        await_asleep(pool);
        launch_without(pool, &k, workers);
    }
    yki_pool_close(&pool);
    assert_int_equal(atomic_load(&k.gave_up), 0);
}

static void workers_that_were_woken_are_not_waited_for(void **state)
{
    (void)state;
    a_launch_does_not_wait_for_workers_woken_before(false);
    a_launch_does_not_wait_for_workers_woken_before(true);
}

/* ---- a core that others want ---- */

typedef struct greedy {
    int cpu;
    _Atomic bool runs, stop;
    pthread_t thread;
} greedy;

static void bind_to(int cpu)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
}

static void *be_greedy(void *arg)
{
    greedy *g = arg;
    bind_to(g->cpu);
    (void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
    atomic_store(&g->runs, true);
    while (!atomic_load(&g->stop)) yki_relax();
    return NULL;
}

/* Launches with gaps that a worker spins over, until the pool is seen `awake` or not
 * after one. */
static bool launch_until(yki_pool *pool, bool awake)
{
    uint64_t end = yki_now_ns() + AT_MOST_MS * UINT64_C(1000000);
    do {
        check_runs(pool);
        uint64_t over = yki_now_ns() + 100000;
        while (yki_now_ns() < over) yki_relax();
    } while (yki_pool_awake(pool) != awake && yki_now_ns() < end);
    return yki_pool_awake(pool) == awake;
}

static void check_it_makes_way(yki_pool *pool, int cpu)
{
    greedy g = {.cpu = cpu};
    assert_true(launch_until(pool, true));
    assert_int_equal(pthread_create(&g.thread, NULL, be_greedy, &g), 0);
    while (!atomic_load(&g.runs)) sleep_ms(1);
    bool parked = launch_until(pool, false);
    for (int i = 0; i < 20; i++) check_runs(pool);
    atomic_store(&g.stop, true);
    pthread_join(g.thread, NULL);
    assert_true(parked);
    assert_true(launch_until(pool, true));
}

static void a_worker_makes_way_on_its_core_and_comes_back(void **state)
{
    (void)state;
    cpu_set_t before;
    int cpus[2], count = 0;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    for (int c = 0; c < CPU_SETSIZE && count < 2; c++)
        if (CPU_ISSET((size_t)c, &before)) cpus[count++] = c;
    if (count < 2) skip();
    yki_pool *pool = NULL;
    yki_pool_opts opts = {.workers = 2, .cpus = cpus};
    assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
    bind_to(cpus[1]);
    for (int round = 0; round < 3; round++) check_it_makes_way(pool, cpus[0]);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    yki_pool_close(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_that_were_woken_are_not_waited_for),
        cmocka_unit_test(a_worker_makes_way_on_its_core_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
