/* The deque of tasks among real threads: its owner pushes and pops by a random script while
 * one to four others steal, from rings that begin with two entries and grow meanwhile, or
 * cannot.  Every entry is taken exactly once, the owner's newest first, each thief's oldest
 * first, nothing below a bound; and what was written before a push is read after the take
 * (which ThreadSanitizer checks). */
#include "check.h"
#include "random.h"

#define YKI_DEQUE_ROOM 2
#include <base/base.h>
#include <pthread.h>
#include <sched.h>
#include <task/deque.h>

#define ROUNDS 32
#define ROUND_NS UINT64_C(50000000)     /* that long each, at most */
#define ENTRIES (1 << 19)               /* of a round, at most */
#define DEPTH 3000                      /* of the deque, about */
#define THIEVES 4

/* Entry k is &item[k]. */
static struct item {
    int64_t position;       /* plain: written before the push */
    _Atomic unsigned taken;
} item[ENTRIES];

typedef struct scene {
    yki_deque deque;
    uint64_t seed, end_ns;
    _Atomic bool over;
    _Atomic long stolen;
} scene;

typedef struct thief {
    scene *round;
    uint64_t random;
    pthread_t thread;
    const char *wrong;
} thief;

typedef struct owner {
    scene *round;
    uint64_t random;
    size_t pushed, depth;
    size_t stack[DEPTH * 2];    /* what it has pushed and not popped; the oldest may be gone */
    const char *wrong;
} owner;

static size_t take(struct item *x)
{
    atomic_fetch_add_explicit(&x->taken, 1, memory_order_relaxed);
    return (size_t)(x - item);
}

/* ---- thieves ---- */

static void steal_once(thief *th, size_t *next)
{
    bool again = false;
    int64_t base = 0;
    /* At times only what is new. */
    if (rnd_chance(&th->random, 0.1))
        base = rnd_in(&th->random, 0, 2)
            + atomic_load_explicit(&th->round->deque.top, memory_order_relaxed);
    struct item *x = yki_deque_steal(&th->round->deque, base, &again);
    if (!x) return;
    if (again) th->wrong = "again, with an entry";
    if (x->position < base) th->wrong = "stolen below the bound";
    size_t k = take(x);
    if (k < *next) th->wrong = "stolen out of order";
    *next = k + 1;
    atomic_fetch_add_explicit(&th->round->stolen, 1, memory_order_relaxed);
}

static void *thief_main(void *arg)
{
    thief *th = arg;
    size_t next = 0;
    while (!atomic_load_explicit(&th->round->over, memory_order_acquire)) {
        for (int64_t n = rnd_in(&th->random, 1, 50); n > 0; n--) steal_once(th, &next);
        if (rnd_chance(&th->random, 0.1)) sched_yield();
        for (int64_t n = rnd_in(&th->random, 0, 40); n > 0; n--) yki_relax();
    }
    return NULL;
}

/* ---- the owner ---- */

static bool refuse_rarely(void *ctx, size_t bytes)
{
    (void)bytes;
    return !rnd_chance(ctx, 0.3);
}

static void push(owner *o)
{
    struct item *x = &item[o->pushed];
    x->position = yki_deque_mark(&o->round->deque);
    if (!yki_deque_push(&o->round->deque, x)) return;       /* no memory: nothing happened */
    o->stack[o->depth++] = o->pushed++;
}

/* Thieves take the oldest alone: what is popped is what was pushed last, or nothing is left. */
static bool pop(owner *o, int64_t base)
{
    struct item *x = yki_deque_pop(&o->round->deque, base);
    if (!x) {
        bool held = o->depth > 0 && item[o->stack[o->depth - 1]].position < base;
        if (!held) o->depth = 0;
        return false;
    }
    if (o->depth == 0 || take(x) != o->stack[--o->depth]) o->wrong = "popped out of order";
    if (x->position < base) o->wrong = "popped below the bound";
    return true;
}

static void push_some(owner *o)
{
    int64_t n = rnd_chance(&o->random, 0.02) ? rnd_in(&o->random, 1, 1500)
                                             : rnd_in(&o->random, 1, 12);
    for (; n > 0 && o->pushed < ENTRIES && o->depth < DEPTH; n--) push(o);
}

/* As a task does: what it pushed, it pops, and nothing older. */
static void push_and_pop_above(owner *o)
{
    int64_t mark = yki_deque_mark(&o->round->deque);
    push_some(o);
    while (pop(o, mark)) if (rnd_chance(&o->random, 0.05)) push_some(o);
}

static void own(owner *o)
{
    scene *r = o->round;
    while (!o->wrong && o->pushed < ENTRIES && yki_now_ns() < r->end_ns) {
        for (unsigned i = 0; i < 50; i++) {
            switch (rnd_in(&o->random, 0, 5)) {
            case 0: case 1: push_some(o); break;
            case 2: push_and_pop_above(o); break;
            case 3: for (int64_t n = rnd_in(&o->random, 1, 12); n > 0; n--) pop(o, 0); break;
            case 4: if (o->depth > DEPTH / 2) while (pop(o, 0)); break;
            default: for (int64_t n = rnd_in(&o->random, 0, 60); n > 0; n--) yki_relax();
            }
        }
    }
    while (pop(o, 0));
}

/* ---- rounds ---- */

static const char *check_taken(size_t pushed)
{
    const char *wrong = NULL;
    for (size_t k = 0; k < pushed; k++) {
        unsigned taken = atomic_load_explicit(&item[k].taken, memory_order_relaxed);
        if (taken != 1) wrong = taken ? "taken twice" : "lost";
        atomic_store_explicit(&item[k].taken, 0, memory_order_relaxed);
    }
    return wrong;
}

static void run_round(scene *r, owner *o, size_t thieves)
{
    static thief th[THIEVES];
    assert_true(yki_deque_open(&r->deque));
    for (size_t i = 0; i < thieves; i++) {
        th[i] = (thief){.round = r, .random = r->seed * 8 + i};
        assert_int_equal(pthread_create(&th[i].thread, NULL, thief_main, &th[i]), 0);
    }
    uint64_t refusals = r->seed;
    if (r->seed % 4 == 0) yki_alloc_set_hook(refuse_rarely, &refusals);
    own(o);
    yki_alloc_set_hook(NULL, NULL);
    atomic_store_explicit(&r->over, true, memory_order_release);
    for (size_t i = 0; i < thieves; i++) {
        pthread_join(th[i].thread, NULL);
        if (th[i].wrong) o->wrong = th[i].wrong;
    }
    if (yki_deque_count(&r->deque) != 0) o->wrong = "something is left";
    yki_deque_close(&r->deque);
}

static void owner_against_thieves(void **state)
{
    (void)state;
    static owner o;
    static scene r;
    size_t pushed = 0;
    long stolen = 0;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        r = (scene){.seed = seed, .end_ns = yki_now_ns() + ROUND_NS};
        o = (owner){.round = &r, .random = seed};
        run_round(&r, &o, 1 + seed % THIEVES);
        const char *taken = check_taken(o.pushed);
        if (taken) o.wrong = taken;
        if (o.wrong) fail_msg("seed %llu: %s", (unsigned long long)seed, o.wrong);
        pushed += o.pushed;
        stolen += atomic_load(&r.stolen);
    }
    print_message("%zu entries, %ld of them stolen\n", pushed, stolen);
    assert_true(stolen > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(owner_against_thieves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
