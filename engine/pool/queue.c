/* queue: threads launch one at a time, in order of arrival.
 *
 * Called by every launch and by the closer.  One word counts the threads inside and
 * hands out tickets, so a leaver learns from its own subtraction whether somebody
 * waits; an undisputed launch costs two operations on a line that stays put.
 * Waiting threads sleep: the cores are the pool's. */
#include "pool_int.h"

#define INSIDE_BITS 16
#define INSIDE_MASK ((UINT64_C(1) << INSIDE_BITS) - 1)

/* A worker away at something else helps whoever's turn it is. */
static void await_turn(yki_pool *pool, _Atomic uint32_t *turn, uint32_t now, uint64_t *nap)
{
    size_t helper = yki_pool_helper(pool);
    if (helper == SIZE_MAX) {
        yki_futex_wait(turn, now, UINT64_MAX);
    } else if (yki_pool_has_slice(pool, helper)) {
        yki_pool_help(pool, helper);
        *nap = 0;
    } else {
        *nap = yki_pool_nap(*nap);
        yki_futex_wait(turn, now, yki_now_ns() + *nap);
    }
}

uint64_t yki_queue_enter(yki_pool *pool)
{
    yki_queue *queue = &pool->queue;
    uint64_t old = atomic_fetch_add_explicit(&queue->state, (UINT64_C(1) << INSIDE_BITS) + 1,
                                             memory_order_acq_rel);
    uint64_t ticket = old >> INSIDE_BITS;
    if ((old & INSIDE_MASK) == 0) return ticket;
    _Atomic uint32_t *turn = &queue->turn[ticket % YKI_TURNS];
    for (uint64_t nap = 0;;) {
        uint32_t now = atomic_load_explicit(turn, memory_order_acquire);
        if (now == (uint32_t)ticket + 1) return ticket;
        await_turn(pool, turn, now, &nap);
    }
}

void yki_queue_leave(yki_queue *queue, uint64_t ticket)
{
    /* After the store below the pool may be closed and freed by the next in line:
     * the wake then finds nobody at that address, which harms nobody. */
    _Atomic uint32_t *turn = &queue->turn[(ticket + 1) % YKI_TURNS];
    uint64_t old = atomic_fetch_sub_explicit(&queue->state, 1, memory_order_acq_rel);
    if ((old & INSIDE_MASK) == 1) return;
    /* Plus one, so that ticket 0 differs from a turn never set. */
    atomic_store_explicit(turn, (uint32_t)ticket + 2, memory_order_release);
    yki_futex_wake(turn, UINT32_MAX);
}

bool yki_queue_busy(const yki_queue *queue)
{
    return (atomic_load_explicit(&queue->state, memory_order_relaxed) & INSIDE_MASK) != 0;
}
