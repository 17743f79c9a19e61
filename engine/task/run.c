/* run: one task, from its beginning to its end.
 *
 * Called by workers, by threads of the crew, and by threads that wait; no lock is held while
 * the task's function runs.  What is done with a task after its state says DONE is done with a
 * reference of its own, or is a wake-up, which needs its address alone. */
#include "task_int.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- the lock in the state, for moments ---- */

void yki_task_lock(yki_task *t)
{
    for (unsigned spins = 1;; spins++) {
        uint32_t s = atomic_load_explicit(&t->state, memory_order_relaxed);
        if (!(s & YKI_TASK_LOCK) && atomic_compare_exchange_weak_explicit(
                                        &t->state, &s, s | YKI_TASK_LOCK, memory_order_acquire,
                                        memory_order_relaxed))
            return;
        if (spins % 64 == 0) sched_yield();     /* its holder may not be running */
        else yki_relax();
    }
}

void yki_task_unlock(yki_task *t)
{
    atomic_fetch_and_explicit(&t->state, ~(uint32_t)YKI_TASK_LOCK, memory_order_release);
}

/* ---- what few tasks have ---- */

yki_extra *yki_task_extra(yki_task *t)
{
    yki_extra *x = atomic_load_explicit(&t->extra, memory_order_acquire);
    if (x) return x;
    yki_extra *mine = yki_alloc(1, sizeof *mine);
    if (!mine) return NULL;
    if (atomic_compare_exchange_strong_explicit(&t->extra, &x, mine, memory_order_acq_rel,
                                                memory_order_acquire))
        return mine;
    yki_free(mine);
    return x;
}

static void free_extra(yki_tasks *ts, yki_hand *h, yki_task *t, yki_extra *x)
{
    yki_task_let_go(ts, h, t);
    if (x->event) yki_event_drop(x->event);
    yki_free(x);
}

void yki_task_discard(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    yki_extra *x = atomic_load_explicit(&t->extra, memory_order_acquire);
    if (x) free_extra(ts, h, t, x);
    yki_store_give(ts, h, t);
}

void yki_task_drop(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    /* Where this is the only reference nobody else can come by another. */
    uint32_t s = atomic_load_explicit(&t->state, memory_order_acquire);
    if (s / YKI_TASK_REF > 1)
        s = atomic_fetch_sub_explicit(&t->state, YKI_TASK_REF, memory_order_acq_rel);
    if (s / YKI_TASK_REF == 1) yki_task_discard(ts, h, t);
}

/* ---- counting ---- */

static void add_one(_Atomic uint64_t *own)
{
    uint64_t n = atomic_load_explicit(own, memory_order_relaxed);
    atomic_store_explicit(own, n + 1, memory_order_release);
}

void yki_task_count(yki_tasks *ts, yki_hand *h)
{
    if (h) add_one(&h->completed);
    else atomic_fetch_add_explicit(&ts->completed, 1, memory_order_release);
    if (atomic_load_explicit(&ts->state, memory_order_relaxed) == YKI_TASKS_OPEN) return;
    atomic_fetch_add_explicit(&ts->progress, 1, memory_order_release);
    yki_futex_wake(&ts->progress, 1);
}

/* ---- ending ---- */

/* Whoever asked for the task, or for all of them, does not want it any more. */
static const char *unwanted(const yki_tasks *ts, const yki_task *t)
{
    const yk_group *g = yki_task_group(t);
    if (g && atomic_load_explicit(&g->asked, memory_order_acquire))
        return "its group was cancelled";
    if (atomic_load_explicit(&ts->stopped, memory_order_acquire)) return "its engine was closed";
    return NULL;
}

yki_cancel yki_task_cancel_words(const yki_tasks *ts, const yki_task *t)
{
    const yk_group *g = yki_task_group(t);
    yki_cancel c = {{&ts->stopped, &t->asked, g ? &g->asked : NULL}, .deadline_ns = 0};
    if (g) {
        c.deadline_ns = g->deadline_ns;
        c.up = g->up;
    }
    return c;
}

static const char *message_of(const yki_task *t)
{
    const yki_extra *x = atomic_load_explicit(&t->extra, memory_order_acquire);
    return x ? x->message : "";
}

/* RUNNING to DONE, and `drop` off the references unless there are watches to be called first.
 * Returns the state as it was. */
static uint32_t swap_done(yki_task *t, uint32_t drop)
{
    uint32_t s = atomic_load_explicit(&t->state, memory_order_acquire);
    for (;;) {
        for (unsigned spins = 1; s & YKI_TASK_LOCK; spins++) {
            if (spins % 64 == 0) sched_yield();
            else yki_relax();
            s = atomic_load_explicit(&t->state, memory_order_acquire);
        }
        uint32_t to = s | YKI_TASK_DONE;
        if (!(s & YKI_TASK_WATCHED)) to -= drop;
        if (atomic_compare_exchange_weak_explicit(&t->state, &s, to, memory_order_acq_rel,
                                                  memory_order_acquire))
            return s;
    }
}

static void call_before(yki_task *t)
{
    yki_task_lock(t);
    const yki_extra *x = atomic_load_explicit(&t->extra, memory_order_acquire);
    for (yki_done *d = x->watches; d; d = d->next)
        if (d->before) d->before(d);
    yki_task_unlock(t);
}

/* In the order in which they came.  Nobody adds or removes any, now that the task is done. */
static void call_watches(yki_task *t, yki_task **dead)
{
    yki_extra *x = atomic_load_explicit(&t->extra, memory_order_acquire);
    yki_done *newest = x->watches, *oldest = NULL;
    x->watches = NULL;
    while (newest) {
        yki_done *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        yki_done *next = oldest->next;
        oldest->fn(t, oldest, dead);
        oldest = next;
    }
}

static void end_future(yki_tasks *ts, yki_hand *h, yki_task *t, yk_status st, uint32_t drop,
                       yki_task **dead)
{
    t->status = st;
    if (atomic_load_explicit(&t->state, memory_order_relaxed) & YKI_TASK_WATCHED) call_before(t);
    uint32_t s = swap_done(t, drop);
    if (s & YKI_TASK_SLEEPERS) yki_futex_wake(&t->state, UINT32_MAX);
    if (!(s & YKI_TASK_WATCHED)) {
        if (drop && s / YKI_TASK_REF == 1) yki_task_discard(ts, h, t);
        return;
    }
    call_watches(t, dead);
    if (drop) yki_task_drop(ts, h, t);
}

static void end(yki_tasks *ts, yki_hand *h, yki_task *t, yk_status st, uint32_t drop,
                yki_task **dead)
{
    yk_group *g = yki_task_group(t);
    if (st != YK_OK && g) yki_group_failed(g, st, message_of(t));
    if (t->flags & YKI_TASK_PLAIN) yki_task_discard(ts, h, t);
    else end_future(ts, h, t, st, drop, dead);
    if (g) yki_group_ended(h, g);
    yki_task_count(ts, h);
}

static void end_dead(yki_tasks *ts, yki_hand *h, yki_task *dead)
{
    while (dead) {
        yki_task *t = dead;
        dead = (yki_task *)t->link.next;
        yk_status st = yki_task_refusal(ts, t);
        yki_task_let_go(ts, h, t);
        end(ts, h, t, st, YKI_TASK_REF, &dead);
    }
}

void yki_task_end_dead(yki_tasks *ts, yki_hand *h, yki_task *dead)
{
    end_dead(ts, h, dead);
    if (h) yki_group_flush(h);
}

/* Flushes: a thread that runs no tasks might never come to it. */
void yki_task_end(yki_tasks *ts, yki_hand *h, yki_task *t, yk_status st, uint32_t drop)
{
    yki_task *dead = NULL;
    end(ts, h, t, st, drop, &dead);
    yki_task_end_dead(ts, h, dead);
}

bool yki_task_end_unwanted(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    if (t->flags & YKI_TASK_STARTS || !unwanted(ts, t)) return false;
    if (!yki_task_claim(t, YKI_TASK_QUEUED, 0) && !yki_task_claim(t, YKI_TASK_WAITING, 0))
        return false;
    yki_task_end(ts, h, t, yki_task_refusal(ts, t), 0);
    return true;
}

static void say(yki_task *t, const char *format, va_list args)
{
    yki_extra *x = yki_task_extra(t);
    if (x) (void)vsnprintf(x->message, sizeof x->message, format, args);
}

void yki_task_say(yki_task *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(t, format, args);
    va_end(args);
}

/* ---- running ---- */

bool yki_task_claim(yki_task *t, unsigned from, uint32_t refs)
{
    uint32_t s = atomic_load_explicit(&t->state, memory_order_acquire);
    while ((s & YKI_TASK_PHASE) == from) {
        uint32_t to = ((s & ~(uint32_t)YKI_TASK_PHASE) | YKI_TASK_RUNNING) + refs;
        if (atomic_compare_exchange_weak_explicit(&t->state, &s, to, memory_order_acq_rel,
                                                  memory_order_acquire))
            return true;
    }
    return false;
}

/* Hands on what a failed one that t comes after had to say.  Locked: where t was cancelled
 * meanwhile, the end of the last of those lets them go. */
static void blame(yki_task *t, const yki_extra *x, yk_status failed)
{
    char said[sizeof x->message] = "";
    yki_task_lock(t);
    for (size_t i = 0; i < x->n_after; i++) {
        if (!yk_future_done(x->after[i].on) || x->after[i].on->status != failed) continue;
        yki_copy_text(said, sizeof said, yk_future_message(x->after[i].on));
        break;
    }
    yki_task_unlock(t);
    yki_task_say(t, "what it comes after has failed%s%.140s", said[0] ? ": " : "", said);
}

/* Leaves a message as well. */
yk_status yki_task_refusal(const yki_tasks *ts, yki_task *t)
{
    if (t->flags & YKI_TASK_STARTS) return YK_OK;
    const yki_extra *x = atomic_load_explicit(&t->extra, memory_order_acquire);
    uint32_t failed = x ? atomic_load_explicit(&x->failed, memory_order_acquire) : YK_OK;
    if (failed != YK_OK) {
        blame(t, x, (yk_status)failed);
        return (yk_status)failed;
    }
    const char *why = unwanted(ts, t);
    if (!why) return YK_OK;
    yki_task_say(t, "%s", why);
    return YK_E_CANCELLED;
}

/* Launches of a task that was submitted inside a loop's body must not wait for that loop's
 * turn to end. */
static void enter_body(yki_tasks *ts, yki_current *claim)
{
    const yki_current *worker = yki_pool_current(ts->pool);
    claim->pool = ts->pool;
    claim->number = worker ? worker->number : 0;
    claim->in_body = true;
}

static yk_status call(yki_tasks *ts, yki_hand *h, yki_task *t, int64_t mark)
{
    const yki_current *up = yki_current_worker;
    yki_current claim;
    claim.pool = up ? up->pool : NULL;
    claim.number = up ? up->number : 0;
    claim.in_body = up && up->in_body;
    claim.up = up;
    claim.own_thread = false;
    claim.task = t;
    claim.hand = h;
    claim.mark = mark;
    claim.cancel = yki_task_cancel_words(ts, t);
    if (t->flags & YKI_TASK_IN_BODY) enter_body(ts, &claim);
    yki_current_worker = &claim;
    yk_status st = t->fn(t->arg);
    yki_current_worker = up;
    return st;
}

/* Lets those who wait for the task, or for its group, find what it submits. */
static _Atomic uint64_t *where_word(yki_task *t, bool stolen)
{
    yk_group *g = yki_task_group(t);
    if (!(t->flags & YKI_TASK_PLAIN)) return &t->where;
    return g && stolen ? &g->where : NULL;
}

static void end_run(yki_tasks *ts, yki_hand *h, yki_task *t, yk_status st)
{
    yki_task *dead = NULL;
    end(ts, h, t, st, YKI_TASK_REF, &dead);
    end_dead(ts, h, dead);
}

static void run(yki_tasks *ts, yki_hand *h, yki_task *t, bool stolen)
{
    yk_status st = yki_task_refusal(ts, t);
    if (st != YK_OK) {
        end_run(ts, h, t, st);
        return;
    }
    /* What this thread is through with must not wait for what it begins now. */
    if (h && h->done_group && h->done_group != yki_task_group(t)) yki_group_flush(h);
    int64_t mark = h ? yki_deque_mark(&h->deque) : 0;
    _Atomic uint64_t *where = h ? where_word(t, stolen) : NULL;
    uint64_t here = h ? (uint64_t)(h->number + 1) << 48 | (uint64_t)mark : 0;
    if (where) atomic_store_explicit(where, here, memory_order_release);
    st = call(ts, h, t, mark);
    if (where)
        atomic_compare_exchange_strong_explicit(where, &here, 0, memory_order_acq_rel,
                                                memory_order_relaxed);
    end_run(ts, h, t, st);
}

void yki_run_entry(yki_tasks *ts, yki_hand *h, yki_task *t, bool stolen)
{
    if ((t->flags & YKI_TASK_PLAIN) || yki_task_claim(t, YKI_TASK_QUEUED, 0)) run(ts, h, t, stolen);
    else yki_task_drop(ts, h, t);
}

/* One that blocks is left to the crew.  But where the crew has no thread for it because they are
 * all in tasks, they may all be waiting, each for one that is queued, or for one that waits for
 * such a one: then who waits runs it, a worker only when it has waited long. */
static bool may_run_here(yki_tasks *ts, const yki_hand *h, const yki_task *t)
{
    if (!(t->flags & YK_BLOCKING) || ts->no_threads || yki_crew_threads(ts->crew) == 0) return true;
    bool worker = h && h->number < ts->workers;
    return (!worker || h->waits_long) && yki_task_current() && yki_crew_is_stuck(ts->crew);
}

bool yki_run_claimed(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    if (!may_run_here(ts, h, t)) return false;
    if (!yki_task_claim(t, YKI_TASK_QUEUED, YKI_TASK_REF)) return false;
    run(ts, h, t, false);
    return true;
}

void yki_run_blocking(void *tasks, yki_link *item)
{
    yki_hand *h = yki_hand_held(tasks);
    yki_run_entry(tasks, h, (yki_task *)item, false);
    if (h) yki_group_flush(h);
}

/* ---- inside a task ---- */

yki_task *yki_task_current(void)
{
    const yki_current *c = yki_current_worker;
    return c ? c->task : NULL;
}

int yk_cancelled(void)
{
    const yki_current *c = yki_current_worker;
    return c && c->task && yki_cancel_asked(&c->cancel);
}

void yk_task_message(const char *format, ...)
{
    yki_task *t = yki_task_current();
    if (!t || !format) return;
    va_list args;
    va_start(args, format);
    say(t, format, args);
    va_end(args);
}

void yki_task_take_message(char *to, size_t size)
{
    yki_task *t = yki_task_current();
    yki_extra *x = t ? atomic_load_explicit(&t->extra, memory_order_acquire) : NULL;
    yki_copy_text(to, size, x ? x->message : "");
    if (x) x->message[0] = '\0';
}
