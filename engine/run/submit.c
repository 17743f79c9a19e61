/* Launches that nobody waits for yet.  They take their ticket when they are started, so that
 * they run in the order in which everything was asked for; one thread, started by the first
 * of them, then runs each as an ordinary launch.  An event that is cancelled in the queue stays
 * there, complete, until that thread comes by and passes its turn on. */
#include <run/run_int.h>

struct yki_submitter {
    yki_runner *runner;
    pthread_t thread;
    yk_event *first, **last;        /* guarded by the runner's lock */
    bool closing;
};

/* ---- its thread ---- */

/* Waits for the turn of an event, unless it is cancelled or late before; whether it is to be
 * run.  Lock held on entry and return. */
static bool begin(yki_runner *r, yk_event *ev)
{
    double deadline_s = ev->opts.deadline_s;
    yki_stop stop = {.cancel = {.word = {&ev->cancel}}, .deadline_ns = UINT64_MAX};
    if (deadline_s > 0) stop.deadline_ns = yki_time_after(ev->start_ns, deadline_s);
    while (yki_runner_serving(r) != ev->ticket && yki_stop_status(&stop) == YK_OK)
        yki_runner_sleep_for_turn(r, stop.deadline_ns);
    if (ev->state == YKI_EVENT_QUEUED) {
        ev->state = YKI_EVENT_RUNNING;
        return true;
    }
    (void)yki_runner_await_turn(r, ev->ticket, &stop);
    yki_runner_end_turn(r, ev->ticket);
    return false;
}

/* Its turn has come, or its deadline has passed. */
static void run(yki_runner *r, yk_event *ev)
{
    /* For this launch and whatever its code launches. */
    yki_current current = {.cancel = {.word = {&ev->cancel}}};
    yki_current_worker = &current;
    ev->status = yki_launch_run(r, &ev->ticket, ev->start_ns, ev->kernel, &ev->range, ev->args,
                                &ev->opts, &ev->report, &ev->diag);
    yki_current_worker = NULL;
    /* Before its turn ends: whoever saw a later launch end finds this one complete. */
    yki_event_settle(ev);
    yki_runner_lock(r);
    ev->state = YKI_EVENT_OVER;
    yki_runner_end_turn(r, ev->ticket);
    yki_runner_unlock(r);
    yki_event_call_watches(ev);
}

static void *submitter_main(void *ctx)
{
    struct yki_submitter *s = ctx;
    yki_runner *r = s->runner;
    yki_runner_lock(r);
    for (;;) {
        yk_event *ev = s->first;
        if (!ev && s->closing) {
            r->refusing = true;
            break;
        }
        if (!ev) {
            (void)yki_runner_sleep(r, UINT64_MAX);
            continue;
        }
        s->first = ev->next;
        if (!s->first) s->last = &s->first;
        bool runs = begin(r, ev);
        yki_runner_unlock(r);
        if (runs) run(r, ev);
        yki_event_drop(ev);
        yki_runner_lock(r);
    }
    yki_runner_unlock(r);
    return NULL;
}

/* Lock held; so only one thread gets to start it. */
static yk_status ensure_submitter(yki_runner *r)
{
    if (r->submitter) return YK_OK;
    struct yki_submitter *s = yki_alloc(1, sizeof *s);
    if (!s) return YK_E_NOMEM;
    s->runner = r;
    s->last = &s->first;
    yk_status st = yki_thread_start(&s->thread, "yoke/submit", submitter_main, s);
    if (st == YK_OK) r->submitter = s;
    else yki_free(s);
    return st;
}

/* ---- prepared events ---- */

static void link_prepared(yki_runner *r, yk_event *ev)
{
    ev->next = r->prepared;
    ev->link = &r->prepared;
    if (ev->next) ev->next->link = &ev->next;
    r->prepared = ev;
}

static void unlink_prepared(yk_event *ev)
{
    *ev->link = ev->next;
    if (ev->next) ev->next->link = ev->link;
    ev->next = NULL;
    ev->link = NULL;
}

yk_status yki_runner_prepare(yki_runner *r, const yk_kernel *kernel, const yk_range *range,
                             const void *args, const yk_run_opts *opts, yk_event **event,
                             yk_diag *diag)
{
    if (!event) return yki_fail(diag, YK_E_INVALID, "event is NULL");
    if (yki_pool_inside(r->parts.pool, NULL))
        return yki_fail(diag, YK_E_WORKER, "a launch cannot be submitted from inside a body");
    yki_call call;
    yk_status st = yki_call_init(&call, kernel, range, args, diag);
    if (st != YK_OK) return st;
    yk_event *ev = yki_event_make(r, &call, opts);
    if (!ev) return yki_fail(diag, YK_E_NOMEM, "no memory for the event");
    yki_runner_lock(r);
    st = ensure_submitter(r);
    if (st == YK_OK) link_prepared(r, ev);
    yki_runner_unlock(r);
    if (st != YK_OK) {
        yki_event_drop(ev);
        yki_event_drop(ev);
        return yki_fail(diag, st, "no thread could be started for submitted launches");
    }
    *event = ev;
    return YK_OK;
}

/* ---- from there on ---- */

/* Lock held. */
static void enqueue(yki_runner *r, yk_event *ev)
{
    yki_event_hold(ev);
    ev->state = YKI_EVENT_QUEUED;
    ev->ticket = yki_runner_take_ticket(r);
    *r->submitter->last = ev;
    r->submitter->last = &ev->next;
    yki_runner_changed(r);
}

void yki_event_start(yk_event *ev)
{
    if (yk_event_done(ev)) return;
    yki_runner *r = ev->runner;
    yki_runner_lock(r);
    bool prepared = ev->state == YKI_EVENT_PREPARED, refused = r->refusing;
    if (prepared && !refused) {
        unlink_prepared(ev);
        enqueue(r, ev);
    }
    yki_runner_unlock(r);
    if (refused) (void)yki_event_abort(ev, YK_E_CANCELLED, "the engine is closing");
}

/* Whether it had not begun, and now never will: the caller completes it.  Lock held. */
static bool take_back(yk_event *ev)
{
    if (ev->state == YKI_EVENT_PREPARED) unlink_prepared(ev);
    else if (ev->state != YKI_EVENT_QUEUED) return false;
    ev->state = YKI_EVENT_OVER;
    return true;
}

/* Ends it with `status` if it has not begun; else only asks it to, if it `may_ask`. */
static bool end_early(yk_event *ev, yk_status status, const char *text, bool may_ask)
{
    if (yk_event_done(ev)) return false;
    yki_runner *r = ev->runner;
    yki_runner_lock(r);
    bool taken = take_back(ev);
    if (taken || may_ask) {
        atomic_store_explicit(&ev->cancel, 1, memory_order_release);
        yki_runner_wake_all(r);
    }
    yki_runner_unlock(r);
    if (!taken) return false;
    yki_event_set_unrun(ev, status, text);
    yki_event_settle(ev);
    yki_event_call_watches(ev);
    return true;
}

bool yki_event_abort(yk_event *ev, yk_status status, const char *text)
{
    return end_early(ev, status, text, false);
}

bool yki_event_cancel(yk_event *ev)
{
    return end_early(ev, YK_E_CANCELLED, "cancelled before it began", true);
}

yk_status yki_runner_submit(yki_runner *r, const yk_kernel *kernel, const yk_range *range,
                            const void *args, const yk_run_opts *opts, yk_event **event,
                            yk_diag *diag)
{
    yk_status st = yki_runner_prepare(r, kernel, range, args, opts, event, diag);
    if (st == YK_OK) yki_event_start(*event);
    return st;
}

/* ---- closing ---- */

void yki_submitter_close(yki_runner *r)
{
    struct yki_submitter *s = r->submitter;
    if (!s) return;     /* nor is there any event */
    yki_runner_lock(r);
    s->closing = true;
    yki_runner_changed(r);
    yki_runner_unlock(r);
    (void)pthread_join(s->thread, NULL);
    yki_runner_lock(r);
    for (yk_event *ev; (ev = r->prepared) != NULL;) {
        yki_event_hold(ev);
        yki_runner_unlock(r);
        (void)yki_event_abort(ev, YK_E_CANCELLED, "the engine was closed before it began");
        yki_event_drop(ev);
        yki_runner_lock(r);
    }
    yki_runner_unlock(r);
    yki_free(s);
    r->submitter = NULL;
}
