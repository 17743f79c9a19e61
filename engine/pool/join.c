/* join: the end of a launch, as the launching thread lives it.
 *
 * It helps with what others have not begun, spins for what they are about to
 * finish, and sleeps when that takes long.  Helps only its own launch.  Called by
 * the holder of the queue. */
#include "pool_int.h"

#include <sched.h>

/* After this long somebody else may want the core, and a yield comes that often. */
#define YIELD_AFTER_NS UINT64_C(20000)
#define YIELD_EVERY_NS UINT64_C(10000)
/* Sleeping costs a wake-up; after this long it is a small part of the whole. */
#define SPIN_MAX_NS UINT64_C(1000000)
#define SPINS_A_CLOCK 8

typedef struct waiting {
    unsigned spins;
    uint64_t since_ns;      /* first look at the clock; 0: none yet */
    uint64_t now_ns;        /* last one */
    uint64_t yielded_ns;
} waiting;

static bool takes_part(const yki_pool *pool, const yki_job *job, unsigned slot)
{
    return slot != job->caller && slot < pool->thread_count
        && yki_job_slice(job, slot) < job->slices;
}

static uint64_t reported(const yki_pool *pool, const yki_job *job)
{
    uint64_t sum = 0;
    for (unsigned s = 0; s < job->used; s++) {
        if (!takes_part(pool, job, s)) continue;
        uint64_t r = atomic_load_explicit(&pool->mail[s].report, memory_order_acquire);
        sum += (r >> 1) - pool->slots[s].counted;
    }
    return sum;
}

/* Takes a share of a slice somebody else was dealt.  Returns the units done. */
static unsigned steal(yki_pool *pool, const yki_job *job)
{
    for (unsigned step = 1; step < job->used; step++) {
        unsigned slot = (job->caller + step) % job->used;
        if (!takes_part(pool, job, slot)) continue;
        unsigned slice = yki_job_slice(job, slot);
        unsigned units = yki_job_take_far(job, &pool->mail[slot].word, slice, job->caller);
        if (units) return units;
    }
    return 0;
}

/* Sleeps until all is reported.  From the moment a worker's report carries the
 * sleeper's bit, what it adds is taken off `missing` as well; the one that brings it
 * to nothing wakes us. */
static void sleep_join(yki_pool *pool, const yki_job *job, uint64_t total)
{
    const int64_t far_off = INT64_MAX / 2;
    int64_t sum = 0;
    uint32_t join = atomic_load_explicit(&pool->join, memory_order_acquire);
    atomic_store_explicit(&pool->missing, far_off, memory_order_relaxed);
    for (unsigned s = 0; s < job->used; s++) {
        if (!takes_part(pool, job, s)) continue;
        uint64_t r = atomic_fetch_or_explicit(&pool->mail[s].report, 1, memory_order_acq_rel);
        sum += (int64_t)((r >> 1) - pool->slots[s].counted);
    }
    int64_t surplus = far_off - ((int64_t)total - sum);
    atomic_fetch_sub_explicit(&pool->missing, surplus, memory_order_acq_rel);
    while (atomic_load_explicit(&pool->missing, memory_order_acquire) != 0) {
        yki_futex_wait(&pool->join, join, UINT64_MAX);
        join = atomic_load_explicit(&pool->join, memory_order_acquire);
    }
    for (unsigned s = 0; s < job->used; s++) {
        if (!takes_part(pool, job, s)) continue;
        atomic_fetch_and_explicit(&pool->mail[s].report, ~UINT64_C(1), memory_order_acq_rel);
    }
}

/* One turn of waiting; false: it has taken long. */
static bool spin(const yki_pool *pool, waiting *wait)
{
    if (pool->no_spin) return false;
    yki_relax();
    if (++wait->spins % SPINS_A_CLOCK != 0) return true;
    uint64_t now = wait->now_ns = yki_now_ns();
    if (wait->since_ns == 0) wait->since_ns = wait->yielded_ns = now;
    uint64_t waited = now - wait->since_ns;
    if (waited >= YIELD_AFTER_NS && now - wait->yielded_ns >= YIELD_EVERY_NS) {
        sched_yield();
        wait->yielded_ns = yki_now_ns();
    }
    return waited < SPIN_MAX_NS;
}

void yki_join(yki_pool *pool, const yki_job *job, uint64_t own, uint64_t total)
{
    waiting wait = {0};
    bool may_help = job->caller != YKI_NO_SLOT;
    while (reported(pool, job) != total - own) {
        unsigned units = may_help ? steal(pool, job) : 0;
        own += units;
        if (units || spin(pool, &wait)) continue;
        sleep_join(pool, job, total - own);
    }
    for (unsigned s = 0; s < job->used; s++) {
        if (!takes_part(pool, job, s)) continue;
        yki_mail *mail = &pool->mail[s];
        yki_slot *slot = &pool->slots[s];
        uint64_t counted = atomic_load_explicit(&mail->report, memory_order_relaxed) >> 1;
        slot->absent = counted == slot->counted;
        slot->counted = counted;
        slot->idle_word = atomic_load_explicit(&mail->word, memory_order_acquire);
    }
}
