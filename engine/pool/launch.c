/* launch: one loop, from the call to its join.
 *
 * Called by any thread.  The launching thread queues, deals the slices out, works on
 * the slice of the slot it stands in for, and joins. */
#include "pool_int.h"

#include <sched.h>

_Thread_local const yki_current *yki_current_worker;

/* ---- who am I ---- */

const yki_current *yki_pool_current(const yki_pool *pool)
{
    const yki_current *c = yki_current_worker;
    while (c && c->pool != pool) c = c->up;
    return c;
}

uint16_t yki_core_slot(const yki_pool *pool)
{
    int cpu = sched_getcpu();
    return cpu >= 0 && (size_t)cpu < pool->cpus ? pool->slot_of_cpu[cpu] : YKI_NO_SLOT;
}

/* The slot that a worker launches from is its own.  Any other thread has that of the CPU it is
 * on; else one that has no CPU of its own; else none: then the cores it may use are all
 * busy without it. */
static uint16_t stand_in(const yki_pool *pool, const yki_current *worker)
{
    if (worker) return (uint16_t)worker->number;
    if (pool->slot_count == 1) return 0;
    uint16_t slot = yki_core_slot(pool);
    return slot != YKI_NO_SLOT ? slot : pool->unpinned;
}

/* ---- dealing ---- */

/* Slots that can work in this launch: those with a thread, and the caller's. */
static uint16_t usable(const yki_pool *pool, uint16_t caller)
{
    return caller == pool->thread_count ? pool->slot_count : pool->thread_count;
}

static void write_job(yki_mail *mail, const yki_job *job)
{
    atomic_store_explicit(&mail->body, job->body, memory_order_relaxed);
    atomic_store_explicit(&mail->ctx, job->ctx, memory_order_relaxed);
    atomic_store_explicit(&mail->n, job->n, memory_order_relaxed);
    atomic_store_explicit(&mail->unit, job->unit, memory_order_relaxed);
    atomic_store_explicit(&mail->count, job->count, memory_order_relaxed);
    atomic_store_explicit(&mail->extra, job->extra, memory_order_relaxed);
    atomic_store_explicit(&mail->slices, job->slices, memory_order_relaxed);
    atomic_store_explicit(&mail->first, job->first, memory_order_relaxed);
    atomic_store_explicit(&mail->used, job->used, memory_order_relaxed);
    atomic_store_explicit(&mail->caller, job->caller, memory_order_relaxed);
}

/* A worker that took part in the launch before, and whose word is as it was left, spins
 * on it, so its first share is as good as begun, and dealt as taken.  One that is parked,
 * away, or was woken and has not been seen since may be long in coming: then all of its
 * slice is for anyone to take.  True: it must be woken. */
static bool deal(yki_mail *mail, const yki_job *job, unsigned units, yki_slot *slot)
{
    uint64_t old = slot->idle_word;
    uint64_t begun = yki_word(job->tag, yki_job_share(job, units), units);
    write_job(mail, job);
    if (!slot->absent && !yki_word_is_order(old)
        && atomic_compare_exchange_strong_explicit(&mail->word, &old, begun,
                                                   memory_order_acq_rel, memory_order_acquire))
        return false;
    old = atomic_exchange_explicit(&mail->word, yki_word(job->tag, 0, units),
                                   memory_order_acq_rel);
    slot->absent = true;
    return yki_word_is_order(old) == YKI_ORDER_PARKED;
}

/* The worker of the caller's core would only take turns with the caller on it, if it is not
 * the caller.  One that is asleep already must not be told: its sleep would then have no
 * end. */
static void send_to_park(yki_pool *pool, const yki_job *job, const yki_current *worker)
{
    if (worker || job->caller >= pool->thread_count) return;
    _Atomic uint64_t *word = &pool->mail[job->caller].word;
    uint64_t w = atomic_load_explicit(word, memory_order_acquire);
    unsigned order = yki_word_is_order(w);
    if (order == YKI_ORDER_PARKED || order == YKI_ORDER_PARK) return;
    /* Fails only where it is parking, leaving or coming back by itself. */
    atomic_compare_exchange_strong_explicit(word, &w, yki_word_order(job->tag, YKI_ORDER_PARK),
                                            memory_order_acq_rel, memory_order_acquire);
}

/* Spinning workers first: a system call for a parked one takes longer than they need
 * to be done. */
static void deal_all(yki_pool *pool, const yki_job *job)
{
    bool any = false;
    for (unsigned i = 0; i < job->slices; i++) {
        unsigned s = job->first + i;
        if (s >= job->used) s -= job->used;
        if (s == job->caller) continue;
        yki_slot *slot = &pool->slots[s];
        slot->wake = deal(&pool->mail[s], job, yki_job_units(job, i), slot);
        any |= slot->wake;
    }
    for (unsigned s = 0; any && s < job->used; s++) {
        if (s == job->caller || yki_job_slice(job, s) >= job->slices) continue;
        if (pool->slots[s].wake) yki_worker_wake(&pool->mail[s]);
    }
}

/* ---- the caller's share ---- */

static uint64_t run_as_worker(yki_pool *pool, const yki_job *job, unsigned taken)
{
    unsigned slice = yki_job_slice(job, job->caller);
    unsigned units;
    uint64_t done = taken;
    yki_job_body(job, slice, 0, taken, job->caller);
    while ((units = yki_job_take_near(job, &pool->caller_word, slice, job->caller)) != 0)
        done += units;
    return done;
}

/* The caller's first share is taken before others see its slice, and its slice is
 * out before others can be done with theirs. */
static void launch_shared(yki_pool *pool, yki_job *job, const yki_current *worker)
{
    unsigned taken = 0;
    uint64_t own = 0, total = (uint64_t)job->slices * job->count + job->extra;
    job->tag = pool->tag = (pool->tag + 1) & YKI_TAG_MASK;
    if (job->caller != YKI_NO_SLOT) {
        unsigned units = yki_job_units(job, yki_job_slice(job, job->caller));
        taken = yki_job_share(job, units);
        atomic_store_explicit(&pool->caller_word, yki_word(job->tag, taken, units),
                              memory_order_release);
    }
    deal_all(pool, job);
    send_to_park(pool, job, worker);
    if (taken) own = run_as_worker(pool, job, taken);
    yki_join(pool, job, own, total);
}

/* `worker`: this thread's claim to be one, which launches from outside a body; or NULL. */
static void launch(yki_pool *pool, const yki_current *worker, uint16_t caller, size_t n,
                   size_t grain, yk_body body, void *ctx)
{
    yki_job job = {.body = body, .ctx = ctx, .caller = caller, .used = usable(pool, caller)};
    job.slices = job.used;
    yki_job_cut(&job, n, grain);
    /* Where there is not a slice for everybody, the caller is to have one. */
    if (job.slices < job.used && caller != YKI_NO_SLOT) job.first = caller;
    if (job.slices == 1 && caller != YKI_NO_SLOT)
        body(ctx, 0, n, caller);
    else
        launch_shared(pool, &job, worker);
}

void yki_pool_run(yki_pool *pool, size_t n, size_t grain, yk_body body, void *ctx)
{
    if (n == 0) return;
    const yki_current *worker = yki_pool_current(pool), *up = yki_current_worker;
    if ((worker && worker->in_body) || yki_pool_forked(pool)) {
        body(ctx, 0, n, worker ? worker->number : 0);
        return;
    }
    uint64_t ticket = yki_queue_enter(pool);
    uint16_t caller = stand_in(pool, worker);
    yki_current current;
    yki_current_enter_body(&current, pool, caller);
    launch(pool, worker, caller, n, grain, body, ctx);
    yki_current_worker = up;
    yki_queue_leave(&pool->queue, ticket);
}

bool yki_pool_inside(const yki_pool *pool, size_t *worker)
{
    const yki_current *c = yki_pool_current(pool);
    if (!c || !c->in_body) return false;
    if (worker) *worker = c->number;
    return true;
}
