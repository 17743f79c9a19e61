/* submit: a task's way to a queue, at once or when all that it comes after is complete. */
#include "task_int.h"

/* ---- after others ---- */

static void one_is_done(yki_task *on, yki_done *done, yki_task **dead)
{
    yki_after *a = (yki_after *)done;
    yki_task *self = a->self;
    yki_tasks *ts = yki_task_owner(self);
    yki_extra *x = atomic_load_explicit(&self->extra, memory_order_acquire);
    uint32_t none = YK_OK;
    if (on->status != YK_OK && !(self->flags & YK_ALWAYS))
        atomic_compare_exchange_strong_explicit(&x->failed, &none, (uint32_t)on->status,
                                                memory_order_acq_rel, memory_order_relaxed);
    if (atomic_fetch_sub_explicit(&x->missing, 1, memory_order_acq_rel) == 1)
        yki_task_ready(ts, yki_hand_of(ts), self, dead);
}

/* Something before it has failed.  One that starts a launch is told of that itself. */
static bool will_not_run(const yki_task *t)
{
    const yki_extra *x = atomic_load_explicit(&t->extra, memory_order_acquire);
    return !(t->flags & YKI_TASK_STARTS)
        && atomic_load_explicit(&x->failed, memory_order_acquire) != YK_OK;
}

/* Otherwise whoever keeps the last of a long chain would keep them all, and freeing it would be
 * one call inside the other.  The entries of `after` have all been called, or never watched; a
 * helper may be looking at them (wait.c). */
void yki_task_let_go(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    yki_extra *x = atomic_load_explicit(&t->extra, memory_order_acquire);
    if (!x || !x->after) return;
    yki_task_lock(t);
    yki_after *after = x->after;
    size_t n = x->n_after;
    x->after = NULL;
    x->n_after = 0;
    yki_task_unlock(t);
    for (size_t i = 0; i < n; i++)
        if (after[i].on) yki_task_drop(ts, h, after[i].on);
    yki_free(after);
}

void yki_task_ready(yki_tasks *ts, yki_hand *h, yki_task *t, yki_task **dead)
{
    if (yki_task_group(t)) yki_group_remove_waiting(yki_task_group(t), t);
    if (will_not_run(t)) {
        if (yki_task_claim(t, YKI_TASK_WAITING, 0)) {
            t->link.next = (yki_link *)*dead;
            *dead = t;
            return;
        }
    } else {
        if (!(t->flags & YKI_TASK_STARTS)) yki_task_let_go(ts, h, t);
        uint32_t s = atomic_load_explicit(&t->state, memory_order_acquire);
        while ((s & YKI_TASK_PHASE) == YKI_TASK_WAITING)
            if (atomic_compare_exchange_weak_explicit(&t->state, &s, s | YKI_TASK_QUEUED,
                                                      memory_order_acq_rel, memory_order_acquire)) {
                /* Not into the deque of one that is no worker: its thread may look there no
                 * more, and those who wait for the task's group inside others never do. */
                yki_queue_put(ts, h && h->number < ts->workers ? h : NULL, t);
                return;
            }
    }
    yki_task_let_go(ts, h, t);
    yki_task_drop(ts, h, t);    /* cancelled */
}

/* Its own extra with references to all that it comes after; nothing is watched yet. */
static yk_status hold_after(yki_task *t, yk_future *const *after, size_t n)
{
    yki_extra *x = yki_task_extra(t);
    if (!x || !(x->after = yki_alloc(n, sizeof *x->after))) return YK_E_NOMEM;
    atomic_init(&x->missing, n + 1);
    x->n_after = n;
    for (size_t i = 0; i < n; i++) {
        x->after[i] = (yki_after){{.fn = one_is_done}, t, after[i]};
        atomic_fetch_add_explicit(&after[i]->state, YKI_TASK_REF, memory_order_relaxed);
        if (!yki_task_extra(after[i])) return YK_E_NOMEM;   /* so that watching cannot fail */
    }
    return YK_OK;
}

/* Of the n + 1 that are missing one is this call itself, so that the task is not ready before
 * all are watched. */
static void watch_after(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    yki_extra *x = atomic_load_explicit(&t->extra, memory_order_acquire);
    yki_task *dead = NULL;
    for (size_t i = 0; i < x->n_after; i++) (void)yki_task_watch(x->after[i].on, &x->after[i].done);
    if (atomic_fetch_sub_explicit(&x->missing, 1, memory_order_acq_rel) == 1)
        yki_task_ready(ts, h, t, &dead);
    yki_task_end_dead(ts, h, dead);
}

/* ---- submitting ---- */

/* Memory of tasks, and who waits for whom, are one engine's. */
static yk_status check_opts(const yki_tasks *ts, const yk_task_opts *o)
{
    if (o->flags & ~(YK_BLOCKING | YK_ALWAYS)) return YK_E_INVALID;
    if (o->n_after && !o->after) return YK_E_INVALID;
    if (o->group && o->group->tasks != ts) return YK_E_INVALID;
    for (size_t i = 0; i < o->n_after; i++)
        if (!o->after[i] || yki_task_owner(o->after[i]) != ts) return YK_E_INVALID;
    for (size_t i = 0; i < YKI_COUNT(o->reserved); i++)
        if (o->reserved[i]) return YK_E_INVALID;
    return YK_OK;
}

/* A closing room takes tasks from its own tasks alone: without those they may never end. */
static bool is_taking(const yki_tasks *ts, const yk_group *g)
{
    if (g && atomic_load_explicit(&g->asked, memory_order_acquire)) return false;
    uint32_t state = atomic_load_explicit(&ts->state, memory_order_acquire);
    if (state == YKI_TASKS_OPEN) return true;
    const yki_task *current = yki_task_current();
    return state == YKI_TASKS_CLOSING && current && yki_task_owner(current) == ts;
}

void yki_task_count_in(yki_tasks *ts, yki_hand *h, yk_group *g)
{
    if (g && h && h == g->home) {
        uint32_t n = atomic_load_explicit(&g->submitted_home, memory_order_relaxed);
        atomic_store_explicit(&g->submitted_home, n + 1, memory_order_release);
    } else if (g) {
        atomic_fetch_add_explicit(&g->submitted, 1, memory_order_release);
    }
    if (!h) {
        atomic_fetch_add_explicit(&ts->submitted, 1, memory_order_release);
        return;
    }
    uint64_t n = atomic_load_explicit(&h->submitted, memory_order_relaxed);
    atomic_store_explicit(&h->submitted, n + 1, memory_order_release);
}

yki_task *yki_task_make(yki_tasks *ts, yki_hand *h, uint32_t state, uint32_t flags)
{
    yki_task *t = yki_store_take(ts, h);
    if (!t) return NULL;
    t->link.next = NULL;
    atomic_store_explicit(&t->where, 0, memory_order_relaxed);
    t->fn = NULL;
    t->arg = NULL;
    atomic_store_explicit(&t->state, state, memory_order_relaxed);
    atomic_store_explicit(&t->asked, 0, memory_order_relaxed);
    t->status = YK_OK;
    t->flags = flags;
    t->owner = ts;
    atomic_store_explicit(&t->extra, NULL, memory_order_relaxed);
    return t;
}

static bool is_in_body(const yki_tasks *ts)
{
    const yki_current *c = yki_current_worker;
    return c && yki_pool_inside(ts->pool, NULL);
}

yk_status yki_tasks_submit(yki_tasks *ts, yk_task_fn fn, void *arg, const yk_task_opts *o,
                           yk_future **out)
{
    static const yk_task_opts none;
    return yki_tasks_submit_as(ts, fn, arg, o ? o : &none, 0, out);
}

yk_status yki_tasks_submit_as(yki_tasks *ts, yk_task_fn fn, void *arg, const yk_task_opts *o,
                              uint32_t flags, yk_future **out)
{
    yk_status st = fn ? check_opts(ts, o) : YK_E_INVALID;
    if (st != YK_OK) return st;
    if (!is_taking(ts, o->group)) return YK_E_CANCELLED;
    flags |= o->flags;
    if (o->group) flags |= YKI_TASK_GROUPED;
    if (!out && !o->n_after) flags |= YKI_TASK_PLAIN;
    if (is_in_body(ts)) flags |= YKI_TASK_IN_BODY;
    yki_hand *h = yki_hand_of(ts);
    uint32_t phase = o->n_after ? YKI_TASK_WAITING : YKI_TASK_QUEUED;
    yki_task *t = yki_task_make(ts, h, phase + (out ? 2u : 1u) * YKI_TASK_REF, flags);
    if (!t) return YK_E_NOMEM;
    t->fn = fn;
    t->arg = arg;
    if (o->n_after && (st = hold_after(t, o->after, o->n_after)) != YK_OK) {
        yki_task_discard(ts, h, t);
        return st;
    }
    if (o->group) t->owner = o->group;
    yki_task_count_in(ts, h, o->group);
    if (o->group && o->n_after && !yki_group_add_waiting(o->group, t))
        (void)yki_task_end_unwanted(ts, h, t);
    if (out) *out = t;
    if (o->n_after) watch_after(ts, h, t);
    else yki_queue_put(ts, h, t);
    return YK_OK;
}
