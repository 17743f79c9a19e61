/* Events: the ends of launches that nobody waited for when they were submitted.  What users
 * and the task room do with them; submit.c runs them.  Any thread. */
#include <math.h>
#include <run/run_int.h>
#include <string.h>

/* ---- life ---- */

yk_event *yki_event_make(yki_runner *r, const yki_call *call, const yk_run_opts *opts)
{
    yk_event *ev = yki_alloc(1, sizeof *ev);
    if (!ev) return NULL;
    ev->runner = r;
    ev->pool = r->parts.pool;
    ev->start_ns = yki_now_ns();
    ev->kernel = call->kernel;
    ev->range = call->range;
    ev->items = call->items;
    atomic_init(&ev->owners, 1);
    if (opts) ev->opts = *opts;
    ev->args = yki_alloc(1, yki_max(call->kernel->args_size, 1));
    if (ev->opts.devices) ev->devices = yki_strdup(ev->opts.devices);
    if (!ev->args || (ev->opts.devices && !ev->devices)) {
        yki_event_drop(ev);
        return NULL;
    }
    memcpy(ev->args, call->args, call->kernel->args_size);
    ev->opts.devices = ev->devices;
    ev->opts.after = NULL;      /* was borrowed for the call */
    ev->opts.n_after = 0;
    yki_event_hold(ev);
    return ev;
}

void *yki_event_owner(const yk_event *ev) { return ev->runner->parts.owner; }

void yki_event_hold(yk_event *ev)
{
    (void)atomic_fetch_add_explicit(&ev->owners, 1, memory_order_relaxed);
}

void yki_event_drop(yk_event *ev)
{
    if (atomic_fetch_sub_explicit(&ev->owners, 1, memory_order_acq_rel) != 1) return;
    yki_free(ev->args);
    yki_free(ev->devices);
    yki_free(ev);
}

/* ---- its end ---- */

void yki_event_set_unrun(yk_event *ev, yk_status status, const char *text)
{
    ev->status = status;
    memset(&ev->report, 0, sizeof ev->report);
    ev->report.policy = ev->opts.policy;
    ev->report.items = ev->items;
    ev->report.total_s = ev->report.overhead_s = yki_seconds(yki_now_ns() - ev->start_ns);
    yki_copy_text(ev->report.reason, sizeof ev->report.reason, text);
    (void)yki_fail(&ev->diag, status, "%s", text);
    yki_copy_text(ev->diag.kernel, sizeof ev->diag.kernel, ev->kernel->name);
}

void yki_event_settle(yk_event *ev)
{
    if (ev->opts.report) *ev->opts.report = ev->report;
    if (ev->opts.diag && ev->status != YK_OK) *ev->opts.diag = ev->diag;
    atomic_store_explicit(&ev->done, 1, memory_order_release);
    yki_futex_wake(&ev->done, UINT32_MAX);
}

/* Stands for the watches of an event whose watches are called. */
static yki_watch *called(yk_event *ev) { return (yki_watch *)(void *)ev; }

void yki_event_call_watches(yk_event *ev)
{
    yki_watch *newest = atomic_exchange_explicit(&ev->watches, called(ev), memory_order_acq_rel);
    yki_watch *oldest = NULL;
    while (newest) {
        yki_watch *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        yki_watch *next = oldest->next;     /* its memory may go with the call */
        oldest->fn(oldest->ctx);
        oldest = next;
    }
    yki_event_drop(ev);
}

void yki_event_watch(yk_event *ev, yki_watch *watch)
{
    yki_watch *newest = atomic_load_explicit(&ev->watches, memory_order_acquire);
    do {
        /* The same where they are about to be called: nothing more comes after its end. */
        if (newest == called(ev) || yk_event_done(ev)) {
            watch->fn(watch->ctx);
            return;
        }
        watch->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&ev->watches, &newest, watch,
                                                    memory_order_acq_rel, memory_order_acquire));
}

yk_status yki_event_status(const yk_event *ev, yk_diag *diag)
{
    if (!yk_event_done(ev)) return YK_E_TIMEOUT;
    if (diag) *diag = ev->diag;
    return ev->status;
}

/* ---- what users do ---- */

int yk_event_done(const yk_event *event)
{
    return event && atomic_load_explicit(&event->done, memory_order_acquire) != 0;
}

/* A worker of the pool, which waits inside a task, helps the launches before this one, and this
 * one.  Whether there was something to do; otherwise it may sleep for *nap. */
static bool help(yki_pool *pool, size_t helper, uint64_t *nap)
{
    bool slice = yki_pool_has_slice(pool, helper);
    if (slice) yki_pool_help(pool, helper);
    *nap = slice ? 0 : yki_pool_nap(*nap);
    return slice;
}

yk_status yk_event_wait(yk_event *event, double timeout_s)
{
    if (!event || isnan(timeout_s)) return YK_E_INVALID;
    uint64_t deadline = yki_time_after(yki_now_ns(), timeout_s), nap = 0;
    size_t helper = yki_pool_helper(event->pool);
    while (!yk_event_done(event)) {
        uint64_t until = deadline;
        if (helper != SIZE_MAX && help(event->pool, helper, &nap)) continue;
        if (helper != SIZE_MAX) until = yki_min(deadline, yki_now_ns() + nap);
        if (!yki_futex_wait(&event->done, 0, until) && until == deadline && !yk_event_done(event))
            return YK_E_TIMEOUT;
    }
    return event->status;
}

yk_status yk_event_report(const yk_event *event, yk_report *out)
{
    if (!out || !yk_event_done(event)) return YK_E_INVALID;
    *out = event->report;
    return YK_OK;
}

yk_status yk_event_diag(const yk_event *event, yk_diag *out)
{
    if (!out || !yk_event_done(event)) return YK_E_INVALID;
    *out = event->diag;
    return YK_OK;
}

void yk_event_free(yk_event **event)
{
    if (!event || !*event) return;
    (void)yk_event_wait(*event, -1);
    yki_event_drop(*event);
    *event = NULL;
}
