/* Random loops on random pools: every index exactly once, whatever the sizes, grains,
 * worker counts, imbalances and gaps. */
#include "check.h"
#include "loops_once.h"
#include "random.h"

#include <pool/pool.h>
#include <sched.h>
#include <string.h>

#define POOLS 24
#define LOOPS 500
#define N_MAX 20000

typedef struct imbalance {
    size_t from, to;        /* slow indices */
    unsigned spins, yields; /* how slow */
} imbalance;

static void dawdle(once *o, size_t begin, size_t end, size_t worker)
{
    const imbalance *m = o->extra_ctx;
    (void)worker;
    if (end <= m->from || begin >= m->to) return;
    for (unsigned i = 0; i < m->spins; i++) yki_relax();
    for (unsigned i = 0; i < m->yields; i++) sched_yield();
}

static size_t random_size(uint64_t *s)
{
    switch (rnd_in(s, 0, 3)) {
    case 0: return (size_t)rnd_in(s, 0, 9);
    case 1: return (size_t)rnd_in(s, 0, 200);
    default: return (size_t)rnd_in(s, 0, N_MAX);
    }
}

static void one_loop(yki_pool *pool, uint64_t seed, unsigned char *ran)
{
    uint64_t s = seed;
    once o;
    size_t n = random_size(&s);
    size_t grain = rnd_chance(&s, 0.2) ? 0 : 1 + random_size(&s) / (size_t)rnd_in(&s, 1, 100);
    once_init(&o, n, grain, yki_pool_get_info(pool).workers);
    imbalance m = {.from = random_size(&s), .spins = (unsigned)rnd_in(&s, 0, 60),
                   .yields = rnd_chance(&s, 0.1) ? 3 : 0};
    m.to = m.from + random_size(&s);
    o.ran = memset(ran, 0, N_MAX);
    o.extra = rnd_chance(&s, 0.7) ? dawdle : NULL;
    o.extra_ctx = &m;
    yki_pool_run(pool, n, grain, once_body, &o);
    CHECK(seed, once_holds(&o));
    for (int64_t gap = rnd_chance(&s, 0.2) ? rnd_in(&s, 0, 3000) : 0; gap > 0; gap--) yki_relax();
}

static void every_index_once_whatever_happens(void **state)
{
    (void)state;
    static unsigned char ran[N_MAX];
    for (uint64_t p = 1; p <= POOLS; p++) {
        uint64_t s = p;
        int cpus[8];
        for (size_t i = 0; i < YKI_COUNT(cpus); i++) cpus[i] = (int)rnd_in(&s, 0, 3);
        yki_pool_opts opts = {.workers = (size_t)rnd_in(&s, 1, 7), .no_spin = rnd_chance(&s, 0.3),
                              .cpus = rnd_chance(&s, 0.5) ? cpus : NULL};
        yki_pool *pool = NULL;
        assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
        for (uint64_t l = 0; l < LOOPS; l++) one_loop(pool, p << 32 | l, ran);
        yki_pool_close(&pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_index_once_whatever_happens)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
