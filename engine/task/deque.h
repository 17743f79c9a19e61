/* deque: the tasks that one thread has submitted and nobody has begun, newest at the bottom.
 *
 * Its owner pushes and pops at the bottom, any number of thieves take from the top, all at
 * once (Chase and Lev, "Dynamic circular work-stealing deque", SPAA 2005).  Owner and
 * thieves meet only at the last entry, where both swap `top`.  That needs one order between
 * two variables: the owner's store to bottom comes before its load of top, a thief's load
 * of top before its load of bottom, and all four are seen by everybody in one order; hence
 * the sequentially consistent accesses (a fence would do as well, but ThreadSanitizer does
 * not know fences).  Positions only grow at the top, so that a swap there never mistakes one
 * round for another.
 *
 * Rings that became too small stay until the deque is closed, since a thief may still read
 * one; all of them together are no larger than the last.
 *
 * Knows nothing of what it holds.  The functions stand here because they are what a task
 * costs, and because tests run them step by step (YKI_DEQUE_STEP comes before each access to
 * what is shared). */
#ifndef YKI_DEQUE_H
#define YKI_DEQUE_H

#include <base/base.h>

#ifndef YKI_DEQUE_STEP
#define YKI_DEQUE_STEP() ((void)0)
#endif
#ifndef YKI_DEQUE_ROOM
#define YKI_DEQUE_ROOM 256      /* entries of the first ring, a power of two */
#endif

typedef struct yki_ring {
    struct yki_ring *smaller;       /* the one before, or NULL */
    int64_t mask;                   /* entries - 1 */
    /* Relaxed: ordered by bottom (owner's store) and top (thieves' swap). */
    _Atomic(void *) entry[];
} yki_ring;

typedef struct yki_deque {
    /* Position of the oldest entry.  Swapped by thieves, and by the owner for the last
     * entry; sequentially consistent. */
    _Alignas(YKI_CACHE_LINE) _Atomic int64_t top;
    /* Position behind the newest entry; stored by the owner alone, sequentially consistent,
     * which also publishes the entry before it. */
    _Alignas(YKI_CACHE_LINE) _Atomic int64_t bottom;
    _Atomic(yki_ring *) ring;       /* owner's store (release) <-> thieves' load (acquire) */
} yki_deque;

static inline yki_ring *yki_ring_open(int64_t entries, yki_ring *smaller)
{
    size_t bytes;
    if (!yki_mul((size_t)entries, sizeof(_Atomic(void *)), &bytes)
        || !yki_add(bytes, sizeof(yki_ring), &bytes))
        return NULL;
    yki_ring *r = (yki_ring *)yki_alloc(1, bytes);
    if (!r) return NULL;
    r->smaller = smaller;
    r->mask = entries - 1;
    return r;
}

/* The deque is all zeros.  False: no memory. */
static inline bool yki_deque_open(yki_deque *d)
{
    yki_ring *r = yki_ring_open(YKI_DEQUE_ROOM, NULL);
    atomic_store_explicit(&d->ring, r, memory_order_release);
    return r != NULL;
}

/* Nobody uses it any more; entries that are left are forgotten. */
static inline void yki_deque_close(yki_deque *d)
{
    yki_ring *r = atomic_load_explicit(&d->ring, memory_order_acquire);
    while (r) {
        yki_ring *smaller = r->smaller;
        yki_free(r);
        r = smaller;
    }
    atomic_store_explicit(&d->ring, NULL, memory_order_relaxed);
}

/* Owner: the position that the next push will use. */
static inline int64_t yki_deque_mark(const yki_deque *d)
{
    return atomic_load_explicit(&d->bottom, memory_order_relaxed);
}

/* Owner: the newest entry, which a thief may have taken by now; NULL: there is none.  Only to
 * be compared: what it points to may be gone. */
static inline const void *yki_deque_newest(const yki_deque *d)
{
    int64_t b = atomic_load_explicit(&d->bottom, memory_order_relaxed) - 1;
    if (b < atomic_load_explicit(&d->top, memory_order_relaxed)) return NULL;
    const yki_ring *r = atomic_load_explicit(&d->ring, memory_order_relaxed);
    return atomic_load_explicit(&r->entry[b & r->mask], memory_order_relaxed);
}

/* A hint of how many there are; any thread. */
static inline int64_t yki_deque_count(const yki_deque *d)
{
    YKI_DEQUE_STEP();
    int64_t t = atomic_load_explicit(&d->top, memory_order_seq_cst);
    YKI_DEQUE_STEP();
    return atomic_load_explicit(&d->bottom, memory_order_seq_cst) - t;
}

/* A ring twice as large with the entries [t, b). */
static inline yki_ring *yki_deque_grow(yki_deque *d, yki_ring *old, int64_t t, int64_t b)
{
    yki_ring *r = yki_ring_open(2 * (old->mask + 1), old);
    if (!r) return NULL;
    for (int64_t i = t; i < b; i++) {
        void *x = atomic_load_explicit(&old->entry[i & old->mask], memory_order_relaxed);
        atomic_store_explicit(&r->entry[i & r->mask], x, memory_order_relaxed);
    }
    YKI_DEQUE_STEP();
    atomic_store_explicit(&d->ring, r, memory_order_release);
    return r;
}

/* Owner.  False: no memory, and nothing has changed. */
static inline bool yki_deque_push(yki_deque *d, void *x)
{
    int64_t b = atomic_load_explicit(&d->bottom, memory_order_relaxed);
    YKI_DEQUE_STEP();
    int64_t t = atomic_load_explicit(&d->top, memory_order_acquire);
    yki_ring *r = atomic_load_explicit(&d->ring, memory_order_relaxed);
    if (b - t > r->mask && !(r = yki_deque_grow(d, r, t, b))) return false;
    YKI_DEQUE_STEP();
    atomic_store_explicit(&r->entry[b & r->mask], x, memory_order_relaxed);
    YKI_DEQUE_STEP();
    atomic_store_explicit(&d->bottom, b + 1, memory_order_seq_cst);
    return true;
}

/* Owner: the newest entry, if it was pushed at position `base` or later; else NULL. */
static inline void *yki_deque_pop(yki_deque *d, int64_t base)
{
    int64_t b = atomic_load_explicit(&d->bottom, memory_order_relaxed) - 1;
    YKI_DEQUE_STEP();
    if (b < base || b < atomic_load_explicit(&d->top, memory_order_relaxed)) return NULL;
    yki_ring *r = atomic_load_explicit(&d->ring, memory_order_relaxed);
    /* Those that come next have often left the cache. */
    __builtin_prefetch(atomic_load_explicit(&r->entry[(b - 6) & r->mask], memory_order_relaxed));
    YKI_DEQUE_STEP();
    atomic_store_explicit(&d->bottom, b, memory_order_seq_cst);
    YKI_DEQUE_STEP();
    int64_t t = atomic_load_explicit(&d->top, memory_order_seq_cst);
    void *x = NULL;
    if (t <= b) x = atomic_load_explicit(&r->entry[b & r->mask], memory_order_relaxed);
    if (t < b) return x;
    /* The last one: whoever moves top has it. */
    YKI_DEQUE_STEP();
    if (t == b && !atomic_compare_exchange_strong_explicit(&d->top, &t, t + 1,
                                                           memory_order_seq_cst,
                                                           memory_order_relaxed))
        x = NULL;
    YKI_DEQUE_STEP();
    atomic_store_explicit(&d->bottom, b + 1, memory_order_seq_cst);
    return x;
}

/* Any other thread: the oldest entry, if it was pushed at position `base` or later.  NULL:
 * there is none, or another thread was quicker, when *again is set. */
static inline void *yki_deque_steal(yki_deque *d, int64_t base, bool *again)
{
    YKI_DEQUE_STEP();
    int64_t t = atomic_load_explicit(&d->top, memory_order_seq_cst);
    YKI_DEQUE_STEP();
    int64_t b = atomic_load_explicit(&d->bottom, memory_order_seq_cst);
    if (t >= b || t < base) return NULL;
    YKI_DEQUE_STEP();
    yki_ring *r = atomic_load_explicit(&d->ring, memory_order_acquire);
    YKI_DEQUE_STEP();
    void *x = atomic_load_explicit(&r->entry[t & r->mask], memory_order_relaxed);
    YKI_DEQUE_STEP();
    if (atomic_compare_exchange_strong_explicit(&d->top, &t, t + 1, memory_order_seq_cst,
                                                memory_order_relaxed))
        return x;
    *again = true;
    return NULL;
}

#endif
