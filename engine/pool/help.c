/* help: what a worker does for launches while it waits inside a source's run().
 *
 * Called on the pool's own threads, by whoever waits there; the worker is away for launches,
 * which leave its slice to everybody, itself included. */
#include "pool_int.h"

#define AWAKE_NS UINT64_C(20000)        /* a sleep and a wake-up cost as much */
#define NAP_MIN_NS UINT64_C(20000)
#define NAP_MAX_NS UINT64_C(500000)

size_t yki_pool_helper(const yki_pool *pool)
{
    const yki_current *c = yki_current_worker;
    if (!c || yki_pool_inside(pool, NULL)) return SIZE_MAX;
    while (c->up) c = c->up;
    return c->own_thread && c->pool == pool ? c->number : SIZE_MAX;
}

bool yki_pool_has_slice(const yki_pool *pool, size_t helper)
{
    uint64_t w = atomic_load_explicit(&pool->mail[helper].word, memory_order_relaxed);
    return !yki_word_is_order(w);
}

/* Until it is away again: a launch that comes before that may have left a share with it. */
void yki_pool_help(yki_pool *pool, size_t helper)
{
    yki_mail *mail = &pool->mail[helper];
    const yki_current *up = yki_current_worker;
    yki_current current = {.pool = pool, .number = helper, .in_body = true, .up = up};
    uint64_t w = atomic_load_explicit(&mail->word, memory_order_acquire);
    yki_current_worker = &current;
    while (!yki_word_is_order(w)) {
        uint64_t tag = yki_word_tag(w);
        yki_worker_launch(pool, mail, (unsigned)helper, w);
        w = atomic_load_explicit(&mail->word, memory_order_acquire);
        if (yki_word_tag(w) != tag) continue;
        if (yki_worker_leave(mail, w)) break;
        w = atomic_load_explicit(&mail->word, memory_order_acquire);
    }
    yki_current_worker = up;
}

bool yki_pool_stay_awake(const yki_pool *pool, size_t helper, const _Atomic uint64_t *word,
                         uint64_t value)
{
    uint64_t until = pool->no_spin ? 0 : yki_now_ns() + AWAKE_NS;
    while (!yki_pool_has_slice(pool, helper)) {
        if (atomic_load_explicit(word, memory_order_relaxed) == value) return false;
        for (int i = 0; i < 16; i++) yki_relax();
        if (yki_now_ns() >= until) return false;
    }
    return true;
}

uint64_t yki_pool_nap(uint64_t before)
{
    return before ? yki_min(2 * before, NAP_MAX_NS) : NAP_MIN_NS;
}
