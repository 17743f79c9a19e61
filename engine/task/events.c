/* events: submitted launches as futures, and launches that come after futures.
 *
 * Called by threads that submit, and, when a launch is complete, by the one that ran it. */
#include "task_int.h"

/* ---- a future for a launch ---- */

typedef struct launch_end {
    yki_watch watch;
    yki_task *task;
} launch_end;

static void launch_is_over(void *ctx)
{
    launch_end *end = ctx;
    yki_task *t = end->task;
    yki_tasks *ts = yki_task_owner(t);
    yk_diag diag = {0};
    yk_status st = yki_event_status(atomic_load_explicit(&t->extra, memory_order_acquire)->event,
                                    &diag);
    yki_free(end);
    if (st != YK_OK) yki_task_say(t, "%s", diag.text);
    yki_task_end(ts, yki_hand_of(ts), t, st, YKI_TASK_REF);
}

yk_status yki_tasks_event(yki_tasks *ts, yk_event *event, yk_future **out)
{
    yki_hand *h = yki_hand_of(ts);
    launch_end *end = yki_alloc(1, sizeof *end);
    yki_task *t = end ? yki_task_make(ts, h, YKI_TASK_RUNNING + 2 * YKI_TASK_REF, YKI_TASK_EVENT)
                      : NULL;
    yki_extra *x = t ? yki_task_extra(t) : NULL;
    if (!x) {
        if (t) yki_task_discard(ts, h, t);
        yki_free(end);
        return YK_E_NOMEM;
    }
    yki_event_hold(event);
    x->event = event;
    *end = (launch_end){{launch_is_over, end, NULL}, t};
    yki_task_count_in(ts, h, NULL);
    *out = t;
    yki_event_watch(event, &end->watch);
    return YK_OK;
}

int yki_task_cancel_event(yki_task *t)
{
    yki_event_cancel(atomic_load_explicit(&t->extra, memory_order_acquire)->event);
    return yki_task_phase(t) == YKI_TASK_DONE && t->status == YK_E_CANCELLED;
}

/* ---- a launch after futures ---- */

/* As a task, which runs in any case: what it starts must complete, whatever came before. */
static yk_status start_launch(void *event)
{
    yk_event *ev = event;
    const yki_task *self = yki_task_current();
    const yki_extra *x = atomic_load_explicit(&self->extra, memory_order_acquire);
    const yki_tasks *ts = yki_task_owner(self);
    const yki_task *bad = NULL;
    for (size_t i = 0; i < x->n_after && !bad; i++)
        if (x->after[i].on->status != YK_OK) bad = x->after[i].on;
    if (atomic_load_explicit(&ts->stopped, memory_order_acquire))
        yki_event_abort(ev, YK_E_CANCELLED, "its engine was closed");
    else if (bad)
        yki_event_abort(ev, bad->status, yk_future_message(bad)[0] ? yk_future_message(bad)
                                         : "a task that it comes after has failed");
    else
        yki_event_start(ev);
    yki_event_drop(ev);
    return YK_OK;
}

yk_status yki_tasks_start_after(yki_tasks *ts, yk_future *const *after, size_t n, yk_event *ev,
                                yk_diag *diag)
{
    yk_task_opts opts = {.flags = YK_ALWAYS, .after = after, .n_after = n};
    yki_event_hold(ev);
    yk_status st = yki_tasks_submit_as(ts, start_launch, ev, &opts, YKI_TASK_STARTS, NULL);
    if (st == YK_OK) return st;
    yki_event_drop(ev);
    return yki_fail(diag, st, st == YK_E_INVALID ? "yk_run_opts.after: one of them is NULL"
                    : st == YK_E_NOMEM ? "no memory for a launch that comes after others"
                                       : "the engine is closing");
}
