/* What every loop on a pool must hold: each index once, cuts at the grain, worker
 * numbers unique, whatever the sizes, however many threads launch. */
#include "check.h"
#include "loops_once.h"

#include <pool/pool.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static yki_pool *open_pool(size_t workers, bool no_spin)
{
    yki_pool *pool = NULL;
    yki_pool_opts opts = {.workers = workers, .no_spin = no_spin};
    assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
    assert_int_equal(yki_pool_get_info(pool).workers, workers);
    return pool;
}

static void run_once(yki_pool *pool, size_t n, size_t grain)
{
    once o;
    once_init(&o, n, grain, yki_pool_get_info(pool).workers);
    o.ran = calloc(n ? n : 1, 1);
    assert_non_null(o.ran);
    yki_pool_run(pool, n, grain, once_body, &o);
    bool holds = once_holds(&o);
    free(o.ran);
    if (!holds) fail_msg("n %zu grain %zu: %u broken, %zu run", n, grain, o.broken, o.total);
}

static void each_index_runs_once(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 13, 63, 64, 65, 97, 127, 1021,
                                   4099, 65537, 299993};
    static const size_t grains[] = {0, 1, 2, 3, 7, 64, 1000, 300000};
    static const size_t workers[] = {1, 2, 3, 5};
    for (size_t w = 0; w < YKI_COUNT(workers); w++) {
        yki_pool *pool = open_pool(workers[w], false);
        for (size_t s = 0; s < YKI_COUNT(sizes); s++)
            for (size_t g = 0; g < YKI_COUNT(grains); g++) run_once(pool, sizes[s], grains[g]);
        yki_pool_close(&pool);
        assert_null(pool);
    }
}

static void huge_ranges_are_cut_without_overflow(void **state)
{
    (void)state;
    static const struct {
        size_t n, grain;
    } cases[] = {
        {SIZE_MAX, SIZE_MAX / 3},     {SIZE_MAX, SIZE_MAX}, {SIZE_MAX - 1, SIZE_MAX},
        {SIZE_MAX, SIZE_MAX / 2 + 1}, {SIZE_MAX, 1},        {SIZE_MAX - 6, 3},
        {SIZE_MAX, 0},                {SIZE_MAX / 2, 4096}, {SIZE_MAX, (size_t)1 << 40},
    };
    yki_pool *pool = open_pool(3, false);
    for (size_t i = 0; i < YKI_COUNT(cases); i++) {
        once o;
        once_init(&o, cases[i].n, cases[i].grain, 3);
        yki_pool_run(pool, cases[i].n, cases[i].grain, once_body, &o);
        if (!once_holds(&o)) fail_msg("case %zu: %zu run, %u broken", i, o.total, o.broken);
    }
    yki_pool_close(&pool);
}

/* ---- nested ---- */

typedef struct nest {
    yki_pool *pool, *other;
    _Atomic size_t inner, wrong;
} nest;

typedef struct inner_loop {
    nest *nest;
    size_t worker;
} inner_loop;

static void inner_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    inner_loop *in = ctx;
    atomic_fetch_add(&in->nest->inner, end - begin);
    if (worker != in->worker) atomic_fetch_add(&in->nest->wrong, 1);
}

static void outer_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    inner_loop in = {ctx, worker};
    for (size_t i = begin; i < end; i++) yki_pool_run(in.nest->pool, 10, 1, inner_body, &in);
}

static void nested_loops_run_on_the_calling_worker(void **state)
{
    (void)state;
    nest x = {.pool = open_pool(3, false)};
    for (int round = 0; round < 50; round++) {
        x.inner = 0;
        yki_pool_run(x.pool, 100, 1, outer_body, &x);
        assert_int_equal(x.inner, 1000);
        assert_int_equal(x.wrong, 0);
    }
    yki_pool_close(&x.pool);
}

static void count_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    (void)worker;
    atomic_fetch_add((_Atomic size_t *)ctx, end - begin);
}

static void back_home_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    nest *x = ctx;
    (void)worker;
    /* `other` ran its single index on the thread that came through `pool`. */
    for (size_t i = begin; i < end; i++) yki_pool_run(x->pool, 5, 1, count_body, &x->inner);
}

static void through_other_body(void *ctx, size_t begin, size_t end, size_t worker)
{
    nest *x = ctx;
    (void)worker;
    for (size_t i = begin; i < end; i++) yki_pool_run(x->other, 1, 1, back_home_body, x);
}

static void loops_nest_through_another_pool(void **state)
{
    (void)state;
    nest x = {.pool = open_pool(2, false), .other = open_pool(2, false)};
    yki_pool_run(x.pool, 40, 1, through_other_body, &x);
    assert_int_equal(x.inner, 200);
    yki_pool_close(&x.pool);
    yki_pool_close(&x.other);
}

/* ---- many launchers ---- */

typedef struct launcher {
    yki_pool *pool;
    size_t n, grain;
    unsigned rounds, failed;
    pthread_t thread;
} launcher;

static void *launch_many(void *arg)
{
    launcher *l = arg;
    size_t workers = yki_pool_get_info(l->pool).workers;
    unsigned char *ran = malloc(l->n);
    for (unsigned r = 0; ran && r < l->rounds; r++) {
        once o;
        once_init(&o, l->n, l->grain, workers);
        o.ran = memset(ran, 0, l->n);
        yki_pool_run(l->pool, l->n, l->grain, once_body, &o);
        l->failed += !once_holds(&o);
    }
    if (!ran) l->failed++;
    free(ran);
    return NULL;
}

static void launch_from_eight(bool no_spin)
{
    launcher l[8];
    yki_pool *pool = open_pool(2, no_spin);
    for (size_t i = 0; i < YKI_COUNT(l); i++) {
        l[i] = (launcher){.pool = pool, .n = 1 + i * i * 331, .grain = i, .rounds = 100};
        assert_int_equal(pthread_create(&l[i].thread, NULL, launch_many, &l[i]), 0);
    }
    for (size_t i = 0; i < YKI_COUNT(l); i++) {
        pthread_join(l[i].thread, NULL);
        assert_int_equal(l[i].failed, 0);
    }
    yki_pool_close(&pool);
}

static void eight_threads_launch_at_once(void **state)
{
    (void)state;
    launch_from_eight(false);
    launch_from_eight(true);
}

/* ---- stealing ---- */

/* The first half of the range lasts until somebody has run an index of it on a second
 * worker: only stealing ends that. */
typedef struct slow_half {
    _Atomic size_t workers_seen;    /* bit set of those that ran the slow half */
    size_t half;
} slow_half;

static void wait_for_thief(once *o, size_t begin, size_t end, size_t worker)
{
    slow_half *s = o->extra_ctx;
    (void)end;
    if (begin >= s->half) return;
    atomic_fetch_or(&s->workers_seen, (size_t)1 << worker);
    for (int ms = 0; ms < 20000; ms++) {
        size_t seen = atomic_load(&s->workers_seen);
        if (seen & (seen - 1)) return;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static void a_slow_range_is_stolen_from(void **state)
{
    (void)state;
    for (int no_spin = 0; no_spin < 2; no_spin++) {
        yki_pool *pool = open_pool(2, no_spin != 0);
        slow_half s = {.half = 500};
        once o;
        once_init(&o, 1000, 1, 2);
        o.extra = wait_for_thief;
        o.extra_ctx = &s;
        yki_pool_run(pool, 1000, 1, once_body, &o);
        assert_true(once_holds(&o));
        assert_int_equal(s.workers_seen, 3);
        yki_pool_close(&pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_index_runs_once),
        cmocka_unit_test(huge_ranges_are_cut_without_overflow),
        cmocka_unit_test(nested_loops_run_on_the_calling_worker),
        cmocka_unit_test(loops_nest_through_another_pool),
        cmocka_unit_test(eight_threads_launch_at_once),
        cmocka_unit_test(a_slow_range_is_stolen_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
