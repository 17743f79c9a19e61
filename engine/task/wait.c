/* wait: threads that wait, and what they do meanwhile.
 *
 * A worker inside a task works: on what it waits for if that has not begun, on what its task
 * has submitted, and on what the thread that runs what it waits for has submitted since.
 * Otherwise on launches alone: at once if it waits for one, and else after a while, since a
 * launch by a thread whose core has no worker waits for workers, all of which may be waiting.
 * Nothing else, so that its stack holds only work that it waits for anyway.  Another thread
 * also runs what it waits for.  Once that has taken long it goes on only as long as the worker of
 * its core has nothing to do, and otherwise sleeps: all cores are busy then.  Inside a task of
 * the crew it works after a while in any case, since all workers may be waiting for that very
 * task. */
#include "task_int.h"

#include <sched.h>

#define SPIN_NS UINT64_C(20000)         /* a sleep costs more than that */
#define SPINS_A_CLOCK 16
#define SHY_NS UINT64_C(1000000)        /* so long a thread of the crew leaves it to workers,
                                         * and a worker a launch to others */
#define SHY_MAX_NS UINT64_C(16000000)   /* and so often it looks again, in the end */
#define NAP_MIN_NS UINT64_C(50000)      /* a worker asleep looks for work that often, */
#define NAP_MAX_NS UINT64_C(2000000)    /* and in the end only that often */
#define LONG_NS UINT64_C(50000)         /* a task that takes as long is worth a sleep */
#define TIME_EVERY 8
#define LOOK_NS UINT64_C(100000000)     /* and everybody whether the engine was closed */

typedef struct waiter {
    yki_wait *wait;
    yki_hand *hand;
    int64_t mark;               /* entries from there on are this task's */
    bool worker, in_task, helped;
    unsigned spins;             /* since it last did something */
    uint64_t since_ns, now_ns;  /* first and last look at the clock since then; 0: none */
    uint64_t nap_ns;
    uint64_t search_ns;         /* idle for so long it looks further */
} waiter;

uint64_t yki_deadline(double timeout_s)
{
    if (timeout_s < 0) return UINT64_MAX;
    return timeout_s > 0 ? yki_time_after(yki_now_ns(), timeout_s) : 0;
}

/* ---- working ---- */

/* The first dependency of t that is not complete, with a reference; NULL: there is none. */
static yki_task *first_missing(yki_task *t)
{
    yki_task *on = NULL;
    yki_task_lock(t);
    const yki_extra *x = atomic_load_explicit(&t->extra, memory_order_acquire);
    for (size_t i = 0; i < x->n_after && !on; i++)
        if (yki_task_phase(x->after[i].on) != YKI_TASK_DONE) on = x->after[i].on;
    if (on) atomic_fetch_add_explicit(&on->state, YKI_TASK_REF, memory_order_relaxed);
    yki_task_unlock(t);
    return on;
}

/* Does some of the launch that has dealt this worker a slice, if one has. */
static bool help_launch(const yki_tasks *ts)
{
    size_t helper = yki_pool_helper(ts->pool);
    if (helper == SIZE_MAX || !yki_pool_has_slice(ts->pool, helper)) return false;
    yki_pool_help(ts->pool, helper);
    return true;
}

/* Down the first dependencies that are not complete, to one that can begin. */
bool yki_wait_help_task(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    yki_task *held = NULL;
    bool helped = false;
    while (t && yki_task_owner(t) == ts) {
        unsigned phase = yki_task_phase(t);
        if (phase == YKI_TASK_QUEUED) helped = yki_run_claimed(ts, h, t);
        else if (phase == YKI_TASK_RUNNING && (t->flags & YKI_TASK_EVENT)) helped = help_launch(ts);
        yki_task *next = phase == YKI_TASK_WAITING ? first_missing(t) : NULL;
        if (held) yki_task_drop(ts, h, held);
        t = held = next;
    }
    return helped;
}

/* What its task has submitted, whatever it waits for: others may be on top of that. */
static bool run_own(const waiter *w)
{
    yki_task *t = w->hand ? yki_deque_pop(&w->hand->deque, w->mark) : NULL;
    if (t) yki_run_entry(w->wait->tasks, w->hand, t, false);
    return t != NULL;
}

static bool help_as_worker(const waiter *w)
{
    const yki_wait *wait = w->wait;
    yki_tasks *ts = wait->tasks;
    if (run_own(w)) return true;
    bool waits_long = w->since_ns && w->now_ns - w->since_ns > SHY_NS;
    w->hand->waits_long = waits_long;
    yki_task *t = wait->where ? yki_queue_find_below(ts, wait->where) : NULL;
    if (t) {
        yki_run_entry(ts, w->hand, t, true);
        return true;
    }
    if (wait->help(wait->ctx, w->hand)) return true;
    return waits_long && help_launch(ts);
}

static bool help_once(const waiter *w)
{
    return (w->in_task && run_own(w)) || w->wait->help(w->wait->ctx, w->hand);
}

/* Most waits are for one task, and over with it, so the first is not timed. */
static bool help_as_other(const waiter *w)
{
    yki_wait *wait = w->wait;
    if (wait->helped++ % TIME_EVERY != 1) return help_once(w);
    uint64_t begin = yki_now_ns();
    bool helped = help_once(w);
    if (helped && yki_now_ns() - begin > LONG_NS) wait->slow = true;
    return helped;
}

static bool help(const waiter *w)
{
    const yki_wait *wait = w->wait;
    const yki_tasks *ts = wait->tasks;
    if (!wait->help) return false;
    if (w->worker) return help_as_worker(w);
    bool must = ts->no_threads || (w->in_task && w->since_ns && w->now_ns - w->since_ns > SHY_NS);
    if (!must && (wait->patient || wait->deadline_ns != UINT64_MAX)) return false;
    return (must || yki_queue_lets_work(ts, wait->slow)) && help_as_other(w);
}

/* What may be far from here, if nothing near has been found for long. */
static bool search(waiter *w)
{
    const yki_wait *wait = w->wait;
    if (!wait->search || !(w->worker || w->in_task || wait->tasks->no_threads)) return false;
    if (w->now_ns - w->since_ns < w->search_ns && w->now_ns < wait->deadline_ns) return false;
    if (wait->search(wait->ctx, w->hand)) {
        w->search_ns = 0;
        w->helped = true;
        w->spins = 0;
        return true;
    }
    w->search_ns = w->search_ns < SHY_NS ? SHY_NS : 2 * w->search_ns;
    if (w->search_ns > SHY_MAX_NS) w->search_ns = SHY_MAX_NS;
    return false;
}

/* ---- not working ---- */

/* Looked at between two pieces of work, of which there may be much. */
static bool is_late(const waiter *w)
{
    uint64_t deadline = w->wait->deadline_ns;
    return deadline == 0 || (w->helped && deadline != UINT64_MAX && yki_now_ns() >= deadline);
}

/* False: it has taken long. */
static bool spin(waiter *w)
{
    if (w->spins == 0) w->since_ns = 0;
    yki_relax();
    if (++w->spins % SPINS_A_CLOCK != 0 && !w->wait->tasks->no_spin) return true;
    w->now_ns = yki_now_ns();
    if (w->since_ns == 0) w->since_ns = w->now_ns;
    return !w->wait->tasks->no_spin && w->now_ns - w->since_ns < SPIN_NS;
}

/* A thread of the crew may be one of a thousand. */
static uint64_t nap_until(waiter *w)
{
    uint64_t nap = LOOK_NS;
    if (w->worker || w->in_task) {
        uint64_t most = w->worker ? NAP_MAX_NS : SHY_MAX_NS;
        w->nap_ns = w->nap_ns ? 2 * w->nap_ns : w->worker ? NAP_MIN_NS : SHY_NS;
        if (w->nap_ns > most) w->nap_ns = most;
        nap = w->nap_ns;
    }
    uint64_t until = w->now_ns + nap;
    return until < w->wait->deadline_ns ? until : w->wait->deadline_ns;
}

static void sleep_some(waiter *w)
{
    const yki_wait *wait = w->wait;
    _Atomic uint32_t *word;
    if (wait->clear && wait->clear(wait->ctx, w->hand)) return;
    uint32_t value = wait->arm(wait->ctx, &word);
    if (!wait->done(wait->ctx)) (void)yki_futex_wait(word, value, nap_until(w));
    w->now_ns = yki_now_ns();
}

static waiter begin(yki_wait *wait)
{
    yki_hand *h = yki_hand_of(wait->tasks);
    const yki_current *c = yki_current_worker;
    waiter w = {.wait = wait, .hand = h, .in_task = c && c->task, .search_ns = SHY_NS};
    w.worker = h && h->number < wait->tasks->workers;
    if (h) w.mark = c && c->hand == h ? c->mark : yki_deque_mark(&h->deque);
    /* A thread of the crew that has got its hand inside this task. */
    if (h && w.in_task && !c->hand) w.mark = h->since;
    return w;
}

bool yki_wait_for(yki_wait *wait)
{
    if (wait->done(wait->ctx)) return true;
    waiter w = begin(wait);
    for (;;) {
        if (w.hand) yki_group_flush(w.hand);
        if (wait->done(wait->ctx)) return true;
        if (is_late(&w)) return false;
        if (atomic_load_explicit(&wait->tasks->stopped, memory_order_acquire) > 1) {
            if (wait->clear) (void)wait->clear(wait->ctx, w.hand);
            return wait->done(wait->ctx);
        }
        if (help(&w)) {
            w.helped = true;
            w.spins = 0;
            w.nap_ns = 0;
        } else if (!spin(&w)) {
            if (search(&w)) continue;
            if (w.now_ns >= wait->deadline_ns) return wait->done(wait->ctx);
            sleep_some(&w);
        }
    }
}
