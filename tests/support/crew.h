/* A crew and items that leave a trace, for the tests of the crew of blocking threads.  Header
 * only. */
#ifndef YKT_CREW_H
#define YKT_CREW_H

#include "check.h"

#include <stdlib.h>
#include <task/blocking.h>
#include <time.h>

#define LONG_NS UINT64_C(60000000000)       /* what has not come by then does not come */
#define MANY 64

typedef struct scene {
    yki_crew *crew;
    void (*body)(struct scene *, size_t number);    /* NULL: nothing more to do */
    _Atomic uint32_t begun, done;
    _Atomic uint32_t inside, most;  /* items at once */
    _Atomic uint32_t wanted;        /* `meet`: begun by then */
    _Atomic uint32_t starts;        /* of threads, where that matters */
    _Atomic bool late;              /* something did not come */
    _Atomic bool wrong;             /* what a body looked for is not so */
} scene;

typedef struct item {
    yki_link link;
    scene *scene;
    size_t number;
    _Atomic uint32_t ran;
    uint32_t order;                 /* of begin */
} item;

/* ---- helpers ---- */

static inline void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 300000}, NULL); }

/* Until *word is at least `value`; false: it does not come. */
static inline bool reaches(_Atomic uint32_t *word, uint32_t value)
{
    uint64_t end = yki_now_ns() + LONG_NS;
    while (atomic_load(word) < value) {
        if (yki_now_ns() > end) return false;
        nap();
    }
    return true;
}

/* Likewise until there are at most `most` threads. */
static inline bool threads_fall_to(const yki_crew *crew, size_t most)
{
    uint64_t end = yki_now_ns() + LONG_NS;
    while (yki_crew_threads(crew) > most) {
        if (yki_now_ns() > end) return false;
        nap();
    }
    return true;
}

static inline void run_item(void *ctx, yki_link *link)
{
    item *it = (item *)link;
    scene *sc = it->scene;
    (void)ctx;
    uint32_t now = atomic_fetch_add(&sc->inside, 1) + 1, most = atomic_load(&sc->most);
    while (most < now && !atomic_compare_exchange_weak(&sc->most, &most, now)) continue;
    it->order = atomic_fetch_add(&sc->begun, 1);
    atomic_fetch_add(&it->ran, 1);
    if (sc->body) sc->body(sc, it->number);
    atomic_fetch_sub(&sc->inside, 1);
    atomic_fetch_add(&sc->done, 1);     /* the item may be gone from here on */
}

static inline yki_crew *crew_of(size_t limit, uint64_t idle_ns)
{
    yki_crew *crew = NULL;
    yki_crew_opts opts = {.limit = limit, .idle_ns = idle_ns, .run = run_item};
    assert_int_equal(yki_crew_open(&crew, &opts, NULL), YK_OK);
    assert_int_equal(yki_crew_limit(crew), limit);
    assert_int_equal(yki_crew_threads(crew), 0);
    return crew;
}

static inline item *items_of(scene *sc, size_t n)
{
    item *items = calloc(n, sizeof *items);
    assert_non_null(items);
    for (size_t i = 0; i < n; i++) items[i].scene = sc, items[i].number = i;
    return items;
}

/* Gives them back; each must have run once. */
static inline void check_once(item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) assert_int_equal(atomic_load(&items[i].ran), 1);
    free(items);
}

static inline void push_all(yki_crew *crew, item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) assert_true(yki_crew_push(crew, &items[i].link));
}

/* A body that waits until sc->wanted items have begun: as many threads are needed. */
static inline void meet(scene *sc, size_t number)
{
    (void)number;
    uint64_t end = yki_now_ns() + LONG_NS;
    while (atomic_load(&sc->begun) < atomic_load(&sc->wanted)) {
        if (yki_now_ns() > end) atomic_store(&sc->wanted, 0), atomic_store(&sc->late, true);
        nap();
    }
}

static inline void doze(scene *sc, size_t number)
{
    (void)sc, (void)number;
    nap();
}

#endif
