/* future: what a user may ask of one task.  Any thread. */
#include "task_int.h"

static bool is_done(void *task) { return yki_task_phase(task) == YKI_TASK_DONE; }

static uint32_t arm(void *task, _Atomic uint32_t **word)
{
    yki_task *t = task;
    *word = &t->state;
    return atomic_fetch_or_explicit(&t->state, YKI_TASK_SLEEPERS, memory_order_acq_rel)
        | YKI_TASK_SLEEPERS;
}

/* From its place at the bottom of this thread's deque if it is there, as it mostly is, so
 * that no entry stays behind that leads to nothing. */
static bool help(void *task, yki_hand *h)
{
    yki_task *t = task;
    yki_tasks *ts = yki_task_owner(t);
    if (h && yki_deque_newest(&h->deque) == t && yki_deque_pop(&h->deque, INT64_MIN) == t) {
        yki_run_entry(ts, h, t, false);
        return true;
    }
    return yki_wait_help_task(ts, h, t);
}

static bool clear(void *task, yki_hand *h)
{
    return yki_task_end_unwanted(yki_task_owner(task), h, task);
}

/* *w is from the wait before, or has nothing but its deadline. */
static yk_status wait_for_one(yki_wait *w, yki_task *t)
{
    w->tasks = yki_task_owner(t);
    if (is_done(t)) return t->status;
    if (yki_pool_forked(w->tasks->pool)) return YK_E_FORKED;
    w->done = is_done;
    w->ctx = t;
    w->arm = arm;
    w->clear = clear;
    w->help = help;
    w->where = &t->where;
    return yki_wait_for(w) ? t->status : YK_E_TIMEOUT;
}

yk_status yk_future_wait(yk_future *future, double timeout_s)
{
    if (!future || timeout_s != timeout_s) return YK_E_INVALID;
    yki_wait w = {.deadline_ns = yki_deadline(timeout_s)};
    return wait_for_one(&w, future);
}

/* Backwards: then what this thread has submitted in order it finds at the bottom of its
 * deque, one after the other. */
yk_status yk_wait_all(yk_future *const *futures, size_t n, double timeout_s)
{
    if ((n && !futures) || timeout_s != timeout_s) return YK_E_INVALID;
    yki_wait w = {.deadline_ns = yki_deadline(timeout_s)};
    yk_status st = YK_OK;
    bool late = false, forked = false;
    for (size_t i = n; i-- > 0;) {
        if (!futures[i]) continue;
        yk_status one = wait_for_one(&w, futures[i]);
        /* From now on they are only looked at. */
        if (w.deadline_ns != UINT64_MAX && yki_now_ns() >= w.deadline_ns) w.deadline_ns = 0;
        if (!is_done(futures[i])) {
            late |= one == YK_E_TIMEOUT;
            forked |= one == YK_E_FORKED;
        } else if (one != YK_OK) {
            st = one;
        }
    }
    return forked ? YK_E_FORKED : late ? YK_E_TIMEOUT : st;
}

int yk_future_done(const yk_future *future)
{
    return future && yki_task_phase(future) == YKI_TASK_DONE;
}

const char *yk_future_message(const yk_future *future)
{
    if (!yk_future_done(future)) return "";
    const yki_extra *x = atomic_load_explicit(&future->extra, memory_order_acquire);
    return x ? x->message : "";
}

void *yk_future_arg(const yk_future *future) { return future ? future->arg : NULL; }

int yk_future_cancel(yk_future *t)
{
    if (!t || yki_task_phase(t) == YKI_TASK_DONE) return 0;
    yki_tasks *ts = yki_task_owner(t);
    if (yki_pool_forked(ts->pool)) return 0;
    if (t->flags & YKI_TASK_EVENT) return yki_task_cancel_event(t);
    /* With a reference of its own, since a callback may give back the user's. */
    if (yki_task_claim(t, YKI_TASK_QUEUED, YKI_TASK_REF)
        || yki_task_claim(t, YKI_TASK_WAITING, YKI_TASK_REF)) {
        yki_task_say(t, "it had not begun");
        yki_task_end(ts, yki_hand_of(ts), t, YK_E_CANCELLED, YKI_TASK_REF);
        return 1;
    }
    atomic_store_explicit(&t->asked, 1, memory_order_release);
    yki_runner_nudge(ts->runner);
    return 0;
}

void yk_future_free(yk_future **future)
{
    yki_task *t = future ? *future : NULL;
    if (!t) return;
    yki_tasks *ts = yki_task_owner(t);
    *future = NULL;
    if (!yki_pool_forked(ts->pool)) yki_task_drop(ts, yki_hand_of(ts), t);
}
