/* tasks: the room's life: opening, draining, closing.  One thread at a time. */
#include "task_int.h"

#define BLOCKING_THREADS 1024u
#define LOOK_NS UINT64_C(2000000)       /* how often a closer counts, if nobody wakes it */
#define GRACE_NS UINT64_C(50000000)     /* for those that are asked to end */

static yk_status fill(yki_tasks *ts, const yki_tasks_opts *opts, yk_diag *diag)
{
    yki_pool_info info = yki_pool_get_info(opts->pool);
    ts->pool = opts->pool;
    ts->runner = opts->runner;
    ts->workers = info.threads;
    ts->no_threads = info.threads == 0;
    ts->no_spin = opts->no_spin;
    ts->last = &ts->first;
    size_t limit = opts->blocking_threads ? opts->blocking_threads : BLOCKING_THREADS;
    yki_crew_opts crew = {.limit = limit, .run = yki_run_blocking, .ctx = ts};
    yk_status st = yki_crew_open(&ts->crew, &crew, diag);
    if (st == YK_OK) st = yki_hands_open(ts);
    if (st != YK_OK) return st;
    ts->has_key = pthread_key_create(&ts->key, yki_hand_release) == 0;
    yki_source source = {yki_queue_ready, yki_queue_run, ts};
    return yki_pool_add_source(opts->pool, &source);
}

yk_status yki_tasks_open(yki_tasks **out, const yki_tasks_opts *opts, yk_diag *diag)
{
    yki_tasks *ts = yki_alloc(1, sizeof *ts);
    if (!ts) return yki_fail(diag, YK_E_NOMEM, "no memory for tasks");
    if (pthread_mutex_init(&ts->lock, NULL) != 0) {
        yki_free(ts);
        return yki_fail(diag, YK_E_NOMEM, "no memory for tasks");
    }
    yk_status st = fill(ts, opts, diag);
    if (st == YK_OK) *out = ts;
    else yki_tasks_close(&ts);
    return st == YK_OK ? st : yki_fail(diag, st, "no memory for tasks");
}

void yki_tasks_close(yki_tasks **tasks)
{
    yki_tasks *ts = tasks ? *tasks : NULL;
    if (!ts) return;
    *tasks = NULL;
    yki_crew_close(&ts->crew);
    if (ts->has_key) {
        yki_hand *own = pthread_getspecific(ts->key);
        (void)pthread_key_delete(ts->key);
        if (own) yki_hand_release(own);
    }
    if (ts->hands) yki_hands_close(ts);
    yki_groups_close(ts);
    yki_store_close(ts);
    (void)pthread_mutex_destroy(&ts->lock);
    yki_free(ts);
}

/* ---- draining ---- */

/* The closer is one more thread that waits, for all of them. */
static bool work_once(yki_tasks *ts, yki_hand *h)
{
    if (!ts->no_threads && yki_queue_core_taken(ts)) return false;
    bool stolen;
    yki_task *t = yki_queue_find(ts, h, &stolen);
    if (t) yki_run_entry(ts, h, t, stolen);
    if (h) yki_group_flush(h);
    return t != NULL;
}

static bool any_item(const yki_link *item, const void *ctx)
{
    (void)ctx;
    return item != NULL;
}

/* Nothing begins any more: what is queued need only be ended, or, where it has ended, given
 * back. */
static void end_queued(yki_tasks *ts, yki_hand *h)
{
    bool stolen;
    yki_task *t;
    while ((t = yki_queue_find(ts, h, &stolen)) != NULL) yki_run_entry(ts, h, t, stolen);
    yki_link *item;
    while ((item = yki_crew_take(ts->crew, any_item, NULL)) != NULL)
        yki_run_entry(ts, h, (yki_task *)item, true);
    if (h) yki_group_flush(h);
}

static bool await_all(yki_tasks *ts, uint64_t deadline_ns)
{
    yki_hand *h = yki_hand_of(ts);
    for (;;) {
        uint32_t seen = atomic_load_explicit(&ts->progress, memory_order_acquire);
        if (yki_tasks_left(ts) == 0) return true;
        if (atomic_load_explicit(&ts->stopped, memory_order_relaxed)) end_queued(ts, h);
        uint64_t now = yki_now_ns();
        if (now >= deadline_ns) return false;
        /* With a deadline it must not begin what may not end. */
        if ((deadline_ns == UINT64_MAX || ts->no_threads) && work_once(ts, h)) continue;
        uint64_t until = now + LOOK_NS < deadline_ns ? now + LOOK_NS : deadline_ns;
        (void)yki_futex_wait(&ts->progress, seen, until);
    }
}

/* Entries may be left of tasks that have ended without them, and hold references. */
static bool drained(yki_tasks *ts)
{
    end_queued(ts, yki_hand_of(ts));
    return true;
}

bool yki_tasks_drain(yki_tasks *ts, uint64_t deadline_ns)
{
    uint32_t open = YKI_TASKS_OPEN;
    atomic_compare_exchange_strong_explicit(&ts->state, &open, YKI_TASKS_CLOSING,
                                            memory_order_acq_rel, memory_order_relaxed);
    if (await_all(ts, deadline_ns)) return drained(ts);
    atomic_store_explicit(&ts->state, YKI_TASKS_STOPPED, memory_order_release);
    atomic_store_explicit(&ts->stopped, 1, memory_order_release);
    yki_runner_nudge(ts->runner);
    if (await_all(ts, yki_now_ns() + GRACE_NS)) return drained(ts);
    atomic_store_explicit(&ts->stopped, 2, memory_order_release);
    return false;
}

size_t yki_tasks_blocking_limit(const yki_tasks *ts) { return yki_crew_limit(ts->crew); }
yki_pool *yki_tasks_pool(const yki_tasks *ts) { return ts->pool; }
