/* A pool as programs use it: several threads launch in bursts with gaps between them, other
 * work is asked for meanwhile, and rivals take the cores now and then.  Every index runs
 * exactly once, every piece of other work is done, and nothing stands still. */
#include "check.h"
#include "loops_once.h"
#include "random.h"

#include <pool/pool.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#define POOLS 8
#define LAUNCHERS 3
#define N_MAX 5000
#define POOL_NS UINT64_C(180000000)     /* that long each */

typedef struct scene {
    yki_pool *pool;
    uint64_t seed, end_ns;
    _Atomic long asked, left, done;     /* other work */
    _Atomic uint64_t failed;            /* seed of a loop that went wrong */
    _Atomic bool over;
} scene;

typedef struct actor {
    scene *scene;
    uint64_t seed;
    pthread_t thread;
    unsigned char ran[N_MAX];
} actor;

/* ---- other work ---- */

static bool work_left(void *ctx) { return atomic_load(&((scene *)ctx)->left) > 0; }

static bool do_work(void *ctx, size_t worker)
{
    scene *sc = ctx;
    long left = atomic_load(&sc->left);
    (void)worker;
    do {
        if (left == 0) return true;
    } while (!atomic_compare_exchange_weak(&sc->left, &left, left - 1));
    atomic_fetch_add(&sc->done, 1);
    return true;
}

static void ask_for_work(scene *sc, long pieces)
{
    atomic_fetch_add(&sc->asked, pieces);
    atomic_fetch_add(&sc->left, pieces);
    yki_pool_notify(sc->pool, (size_t)pieces);
}

/* ---- who takes part ---- */

static void wait_some(uint64_t *s)
{
    switch (rnd_in(s, 0, 4)) {
    case 0: return;
    case 1: sched_yield(); return;
    case 2: nanosleep(&(struct timespec){.tv_nsec = rnd_in(s, 0, 3000000)}, NULL); return;
    default: break;
    }
    uint64_t over = yki_now_ns() + (uint64_t)rnd_in(s, 0, 300000);
    while (yki_now_ns() < over) yki_relax();
}

static void dawdle(once *o, size_t begin, size_t end, size_t worker)
{
    const unsigned *spins = o->extra_ctx;
    (void)worker;
    if (begin % 3 == 0) for (size_t i = 0; i < *spins + end % 7; i++) yki_relax();
}

static void one_loop(actor *a, uint64_t seed)
{
    uint64_t s = seed;
    once o;
    size_t n = (size_t)rnd_in(&s, 1, rnd_chance(&s, 0.6) ? 40 : N_MAX);
    size_t grain = rnd_chance(&s, 0.3) ? 0 : (size_t)rnd_in(&s, 1, (int64_t)n);
    unsigned spins = (unsigned)rnd_in(&s, 0, 50);
    once_init(&o, n, grain, yki_pool_get_info(a->scene->pool).workers);
    o.ran = memset(a->ran, 0, n);
    if (rnd_chance(&s, 0.5)) o.extra = dawdle;
    o.extra_ctx = &spins;
    yki_pool_run(a->scene->pool, n, grain, once_body, &o);
    if (!once_holds(&o)) atomic_store(&a->scene->failed, seed);
}

static void *launcher_main(void *arg)
{
    actor *a = arg;
    scene *sc = a->scene;
    uint64_t s = a->seed;
    while (yki_now_ns() < sc->end_ns && !atomic_load(&sc->failed)) {
        for (int64_t burst = rnd_in(&s, 1, 60); burst > 0; burst--) one_loop(a, rnd(&s) | 1);
        if (rnd_chance(&s, 0.3)) ask_for_work(sc, rnd_in(&s, 1, 4));
        wait_some(&s);
    }
    return NULL;
}

/* Computes without a pause for some milliseconds, then lets the pool have the cores. */
static void *rival_main(void *arg)
{
    actor *a = arg;
    uint64_t s = a->seed;
    (void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
    while (!atomic_load(&a->scene->over)) {
        uint64_t until = yki_now_ns() + (uint64_t)rnd_in(&s, 0, 15000000);
        while (yki_now_ns() < until && !atomic_load(&a->scene->over)) yki_relax();
        nanosleep(&(struct timespec){.tv_nsec = rnd_in(&s, 0, 20000000)}, NULL);
    }
    return NULL;
}

/* ---- scenes ---- */

static void play(scene *sc, size_t rivals)
{
    static actor actors[LAUNCHERS + 2];
    size_t count = LAUNCHERS + rivals;
    for (size_t i = 0; i < count; i++) {
        actors[i].scene = sc;
        actors[i].seed = sc->seed * 16 + i;
        void *(*act)(void *) = i < LAUNCHERS ? launcher_main : rival_main;
        assert_int_equal(pthread_create(&actors[i].thread, NULL, act, &actors[i]), 0);
    }
    for (size_t i = 0; i < LAUNCHERS; i++) pthread_join(actors[i].thread, NULL);
    for (int ms = 0; ms < 20000 && atomic_load(&sc->done) < atomic_load(&sc->asked); ms++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    atomic_store(&sc->over, true);
    for (size_t i = LAUNCHERS; i < count; i++) pthread_join(actors[i].thread, NULL);
}

static size_t usable_cpus(int *cpus, size_t most)
{
    cpu_set_t mask;
    size_t count = 0;
    assert_int_equal(sched_getaffinity(0, sizeof mask, &mask), 0);
    for (size_t c = 0; c < CPU_SETSIZE && count < most; c++)
        if (CPU_ISSET(c, &mask)) cpus[count++] = (int)c;
    return count;
}

static void bursts_gaps_and_rivals(void **state)
{
    (void)state;
    int cpus[4];
    size_t n_cpus = usable_cpus(cpus, YKI_COUNT(cpus));
    for (uint64_t seed = 1; seed <= POOLS; seed++) {
        uint64_t s = seed;
        bool pinned = rnd_chance(&s, 0.6);
        yki_pool_opts opts = {.workers = pinned ? n_cpus : (size_t)rnd_in(&s, 1, 4),
                              .cpus = pinned ? cpus : NULL, .no_spin = rnd_chance(&s, 0.2)};
        scene sc = {.seed = seed, .end_ns = yki_now_ns() + POOL_NS};
        yki_source source = {work_left, do_work, &sc};
        assert_int_equal(yki_pool_open(&sc.pool, &opts, NULL), YK_OK);
        assert_int_equal(yki_pool_add_source(sc.pool, &source), YK_OK);
        play(&sc, seed % 3);
        yki_pool_close(&sc.pool);
        CHECK(sc.failed, sc.failed == 0);
        CHECK(seed, sc.done == sc.asked && sc.left == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bursts_gaps_and_rivals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
