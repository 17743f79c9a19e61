/* Random lives of a crew: several pushers in bursts with pauses between them, items that
 * sleep, compute or push more, threads that end as soon as they are idle or cannot be
 * started, and a close at any moment.  What is taken runs exactly once, what is refused never,
 * there are never more threads than the limit, and one thread keeps the order. */
#include "check.h"
#include "random.h"

#include <pthread.h>
#include <sched.h>
#include <task/blocking.h>
#include <time.h>

#define LIVES 160
#define PUSHERS 4
#define N_MAX 120               /* items of a pusher; each may have a child */

typedef struct life life;

typedef struct item {
    yki_link link;
    life *life;
    struct item *child;         /* that it pushes, or NULL */
    unsigned kind;
    uint32_t order;             /* of begin */
    bool taken;
    _Atomic uint32_t ran;
} item;

struct life {
    yki_crew *crew;
    uint64_t seed;
    size_t limit;
    double failing;             /* part of the starts that fail */
    _Atomic uint64_t starts;
    _Atomic uint32_t begun, inside;
    _Atomic bool too_many;
};

typedef struct pusher {
    pthread_t thread;
    life *life;
    uint64_t seed;
    size_t n;
    item items[N_MAX], children[N_MAX];
} pusher;

static void doze(int64_t most_ns, uint64_t *s)
{
    nanosleep(&(struct timespec){.tv_nsec = rnd_in(s, 0, most_ns)}, NULL);
}

static bool may_start(void *ctx)
{
    life *l = ctx;
    uint64_t s = l->seed + 7919 * atomic_fetch_add(&l->starts, 1);
    if (rnd_chance(&s, 0.05)) doze(1000000, &s);    /* others come, run and end meanwhile */
    return !rnd_chance(&s, l->failing);
}

/* ---- items ---- */

static void push(life *l, item *it)
{
    it->taken = yki_crew_push(l->crew, &it->link);
    if (yki_crew_threads(l->crew) > l->limit) atomic_store(&l->too_many, true);
}

static void work(unsigned kind)
{
    uint64_t s = kind;
    switch (kind % 5) {
    case 0: doze(300000, &s); return;
    case 1: sched_yield(); return;
    case 2: for (unsigned i = 0; i < kind % 4000; i++) yki_relax(); return;
    default: return;
    }
}

static void run_item(void *ctx, yki_link *link)
{
    life *l = ctx;
    item *it = (item *)link;
    if (atomic_fetch_add(&l->inside, 1) + 1 > l->limit) atomic_store(&l->too_many, true);
    it->order = atomic_fetch_add(&l->begun, 1);
    atomic_fetch_add(&it->ran, 1);
    work(it->kind);
    if (it->child) push(l, it->child);
    atomic_fetch_sub(&l->inside, 1);
}

/* ---- pushers ---- */

static void prepare(pusher *p, life *l, uint64_t seed)
{
    uint64_t s = seed;
    double parents = rnd_chance(&s, 0.5) ? 0 : rnd_real(&s, 0, 1);
    *p = (pusher){.life = l, .n = (size_t)rnd_in(&s, 0, N_MAX), .seed = rnd(&s)};
    for (size_t i = 0; i < p->n; i++) {
        p->items[i] = (item){.life = l, .kind = (unsigned)(rnd(&s) >> 40)};
        p->children[i] = (item){.life = l, .kind = (unsigned)(rnd(&s) >> 40)};
        if (rnd_chance(&s, parents)) p->items[i].child = &p->children[i];
    }
}

static void *pusher_main(void *arg)
{
    pusher *p = arg;
    uint64_t s = p->seed;
    for (size_t i = 0; i < p->n;) {
        for (int64_t burst = rnd_in(&s, 1, 30); burst > 0 && i < p->n; burst--)
            push(p->life, &p->items[i++]);
        if (rnd_chance(&s, 0.6)) doze(rnd_chance(&s, 0.2) ? 3000000 : 200000, &s);
    }
    return NULL;
}

static void check_pusher(const pusher *p, uint64_t seed)
{
    uint32_t before = 0;
    for (size_t i = 0; i < p->n; i++) {
        const item *it = &p->items[i], *child = &p->children[i];
        CHECK(seed, atomic_load(&it->ran) == it->taken);
        CHECK(seed, atomic_load(&child->ran) == child->taken);
        CHECK(seed, !child->taken || it->taken);
        CHECK(seed, child->taken || !it->taken || !it->child);  /* its own thread is there */
        if (p->life->limit > 1 || !it->taken) continue;
        CHECK(seed, it->order >= before);
        before = it->order;
    }
}

/* ---- lives ---- */

static void one_life(uint64_t seed)
{
    static pusher pushers[PUSHERS];
    static const uint64_t idle_ns[] = {1, 20000, 300000, 2000000, 0};
    uint64_t s = seed;
    life l = {.seed = seed, .limit = (size_t)rnd_in(&s, 1, rnd_chance(&s, 0.7) ? 8 : 60)};
    if (rnd_chance(&s, 0.2)) l.limit = 1;
    if (rnd_chance(&s, 0.5)) l.failing = rnd_real(&s, 0, 1);
    yki_crew_opts opts = {.limit = l.limit, .idle_ns = idle_ns[rnd_in(&s, 0, 4)],
                          .run = run_item, .ctx = &l};
    size_t count = (size_t)rnd_in(&s, 1, PUSHERS);
    CHECK(seed, yki_crew_open(&l.crew, &opts, NULL) == YK_OK);
    yki_thread_set_hook(may_start, &l);
    for (size_t i = 0; i < count; i++) {
        prepare(&pushers[i], &l, rnd(&s));
        CHECK(seed, pthread_create(&pushers[i].thread, NULL, pusher_main, &pushers[i]) == 0);
    }
    for (size_t i = 0; i < count; i++) CHECK(seed, pthread_join(pushers[i].thread, NULL) == 0);
    if (rnd_chance(&s, 0.3)) doze(2000000, &s);
    yki_crew *crew = l.crew;        /* items that run still push to it by that name */
    yki_crew_close(&crew);
    yki_thread_set_hook(NULL, NULL);
    CHECK(seed, crew == NULL);
    CHECK(seed, !atomic_load(&l.too_many));
    CHECK(seed, atomic_load(&l.inside) == 0);
    for (size_t i = 0; i < count; i++) check_pusher(&pushers[i], seed);
}

static void lives_of_all_kinds(void **state)
{
    (void)state;
    uint64_t s = 20261;
    for (int i = 0; i < LIVES; i++) one_life(rnd(&s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lives_of_all_kinds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
