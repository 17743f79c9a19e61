/* pool: opening, closing, and what one can ask a pool.
 *
 * Called by the engine, from any thread; nothing here runs a body.  The pool's
 * threads run yki_worker_main, and touch nothing here. */
#include "pool_int.h"

#include <sched.h>
#include <stdio.h>

/* CPU numbers from here on are not pinned to; the kernel's own limit. */
#define CPUS_MAX 8192

/* ---- opening ---- */

static bool pin(pthread_t thread, int cpu)
{
    cpu_set_t mask[CPUS_MAX / CPU_SETSIZE];
    if (cpu < 0 || cpu >= CPUS_MAX) return false;
    CPU_ZERO_S(sizeof mask, mask);
    CPU_SET_S((size_t)cpu, sizeof mask, mask);
    return pthread_setaffinity_np(thread, sizeof mask, mask) == 0;
}

static size_t cpus_named(const yki_pool_opts *opts, size_t workers)
{
    size_t cpus = 0;
    for (size_t i = 0; opts->cpus && i < workers; i++)
        if (opts->cpus[i] >= 0 && opts->cpus[i] < CPUS_MAX)
            cpus = yki_max(cpus, (size_t)opts->cpus[i] + 1);
    return cpus;
}

static bool allocate(yki_pool *pool, const yki_pool_opts *opts, size_t workers)
{
    pool->cpus = cpus_named(opts, workers);
    pool->mail = yki_alloc(workers, sizeof *pool->mail);
    pool->slots = yki_alloc(workers, sizeof *pool->slots);
    if (pool->cpus) pool->slot_of_cpu = yki_alloc(pool->cpus, sizeof *pool->slot_of_cpu);
    if (!pool->mail || !pool->slots || (pool->cpus && !pool->slot_of_cpu)) return false;
    for (size_t c = 0; c < pool->cpus; c++) pool->slot_of_cpu[c] = YKI_NO_SLOT;
    return true;
}

/* Starts the next slot's thread and ties it to `cpu` (-1: to none). */
static void start_worker(yki_pool *pool, int cpu)
{
    uint16_t number = pool->thread_count;
    yki_slot *slot = &pool->slots[number];
    char name[16];
    snprintf(name, sizeof name, "yoke/%u", number);
    slot->worker = (yki_worker){pool, number};
    slot->absent = true;
    if (yki_thread_start(&slot->thread, name, yki_worker_main, &slot->worker) != YK_OK) return;
    pool->thread_count++;
    if (pin(slot->thread, cpu)) {
        pool->pinned++;
        if (pool->slot_of_cpu[cpu] == YKI_NO_SLOT) pool->slot_of_cpu[cpu] = number;
    } else if (pool->unpinned == YKI_NO_SLOT) {
        pool->unpinned = number;
    }
}

/* Where a thread is missing, a caller whose core has no worker here still takes part
 * in its stead. */
static void start_workers(yki_pool *pool, const yki_pool_opts *opts, size_t workers)
{
    for (size_t i = 0; i < workers; i++) start_worker(pool, opts->cpus ? opts->cpus[i] : -1);
    pool->slot_count = pool->thread_count;
    if (pool->thread_count == workers) return;
    pool->unpinned = pool->slot_count++;
}

yk_status yki_pool_open(yki_pool **out, const yki_pool_opts *opts, yk_diag *diag)
{
    if (!out || !opts || opts->workers == 0)
        return yki_fail(diag, YK_E_INVALID, "a pool needs at least one worker");
    yk_status st = YK_E_NOMEM;
    size_t workers = yki_min(opts->workers, YKI_SLOTS_MAX);
    yki_pool *pool = yki_alloc(1, sizeof *pool);
    if (!pool) goto done;
    pool->asked = opts->workers;
    pool->no_spin = opts->no_spin;
    pool->unpinned = YKI_NO_SLOT;
    yki_fork_watch(pool);
    if (!allocate(pool, opts, workers)) goto done;
    start_workers(pool, opts, workers);
    *out = pool;
    pool = NULL;
    st = YK_OK;
done:
    yki_pool_close(&pool);
    if (st != YK_OK) yki_fail(diag, st, "no memory for a pool of %zu workers", opts->workers);
    return st;
}

/* ---- closing ---- */

static void end_workers(yki_pool *pool)
{
    uint64_t quit = yki_word_order((pool->tag + 1) & YKI_TAG_MASK, YKI_ORDER_QUIT);
    for (size_t s = 0; s < pool->thread_count; s++) {
        uint64_t old = atomic_exchange_explicit(&pool->mail[s].word, quit, memory_order_acq_rel);
        if (yki_word_is_order(old) == YKI_ORDER_PARKED) yki_worker_wake(&pool->mail[s]);
    }
    for (size_t s = 0; s < pool->thread_count; s++) pthread_join(pool->slots[s].thread, NULL);
}

void yki_pool_close(yki_pool **pool)
{
    yki_pool *p = pool ? *pool : NULL;
    if (!p) return;
    *pool = NULL;
    if (!yki_pool_forked(p)) {
        yki_queue_enter(p);     /* for good */
        end_workers(p);
    }
    yki_fork_unwatch(p);
    yki_free(p->slot_of_cpu);
    yki_free(p->slots);
    yki_free(p->mail);
    yki_free(p);
}

/* ---- asking ---- */

yki_pool_info yki_pool_get_info(const yki_pool *pool)
{
    return (yki_pool_info){.workers = pool->slot_count, .threads = pool->thread_count,
                           .asked = pool->asked, .pinned = pool->pinned};
}

/* The worker of the caller's core sleeps while the others work; or it is the caller, and does
 * not count. */
bool yki_pool_awake(const yki_pool *pool)
{
    unsigned parked = atomic_load_explicit(&pool->parked, memory_order_relaxed);
    if (yki_current_worker && yki_pool_current(pool)) parked++;
    unsigned up = parked < pool->thread_count ? pool->thread_count - parked : 0;
    return up > 0 && 2 * up + 1 >= pool->thread_count;
}

/* ---- other sources of work ---- */

yk_status yki_pool_add_source(yki_pool *pool, const yki_source *source)
{
    uint32_t count = atomic_load_explicit(&pool->source_count, memory_order_relaxed);
    if (count == YKI_POOL_SOURCES) return YK_E_RANGE;
    pool->sources[count] = *source;
    atomic_store_explicit(&pool->source_count, count + 1, memory_order_release);
    return YK_OK;
}

/* Both this load and the worker's swap to parked are in the one order of sequentially
 * consistent operations, and so are the work's publication before this and the worker's look
 * for work after its swap: one of the two sees the other. */
static bool unpark(yki_mail *mail)
{
    uint64_t w = atomic_load_explicit(&mail->word, memory_order_seq_cst);
    if (yki_word_is_order(w) != YKI_ORDER_PARKED) return false;
    uint64_t woken = yki_word_order(yki_word_tag(w), YKI_ORDER_WOKEN);
    if (!atomic_compare_exchange_strong_explicit(&mail->word, &w, woken, memory_order_acq_rel,
                                                 memory_order_acquire))
        return false;
    yki_worker_wake(mail);
    return true;
}

/* Whether the worker will look for work without being woken: it spins, with no launch to
 * be busy with, or has been woken and has not looked yet. */
static bool will_look(const yki_pool *pool, size_t s)
{
    uint64_t w = atomic_load_explicit(&pool->mail[s].word, memory_order_seq_cst);
    unsigned order = yki_word_is_order(w);
    if (order) return order == YKI_ORDER_WOKEN;
    return !yki_queue_busy(&pool->queue);
}

void yki_pool_notify(yki_pool *pool, size_t count)
{
    if (yki_pool_forked(pool)) return;
    uint16_t own = yki_core_slot(pool);
    for (size_t s = 0; s < pool->thread_count && count > 0; s++)
        if (s != own && will_look(pool, s)) count--;
    for (size_t s = 0; s < pool->thread_count && count > 0; s++)
        if (s != own && unpark(&pool->mail[s])) count--;
    if (count > 0 && own < pool->thread_count) unpark(&pool->mail[own]);
}

bool yki_pool_is_away(const yki_pool *pool, size_t worker)
{
    uint64_t w = atomic_load_explicit(&pool->mail[worker].word, memory_order_relaxed);
    return yki_word_is_order(w) == YKI_ORDER_AWAY;
}

bool yki_pool_wanted(const yki_pool *pool, size_t worker)
{
    return !yki_pool_is_away(pool, worker);
}

bool yki_pool_asleep(const yki_pool *pool)
{
    return atomic_load_explicit(&pool->parked, memory_order_relaxed) > 0;
}

size_t yki_pool_core_worker(const yki_pool *pool)
{
    uint16_t own = yki_core_slot(pool);
    return own < pool->thread_count ? own : SIZE_MAX;
}
