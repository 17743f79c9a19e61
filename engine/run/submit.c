/* Launches that nobody waits for yet.  They take their ticket when they are submitted,
 * so that they run in the order in which everything was asked for; one thread, started
 * by the first of them, then runs each as an ordinary launch. */
#include <run/run_int.h>
#include <math.h>
#include <string.h>

struct yk_event {
    yki_runner *runner;
    yk_event *next;                 /* in the submitter's queue */
    const yk_kernel *kernel;
    yk_range range;
    yk_run_opts opts;
    char *devices;                  /* copy of opts.devices */
    void *args;                     /* copy of the argument block */
    uint64_t ticket, start_ns;
    yk_status status;               /* these three settle before done is set */
    yk_report report;
    yk_diag diag;
    _Atomic uint32_t done;          /* release when complete, pairs with acquire loads */
    _Atomic uint32_t owners;        /* the user and the submitter; the last one frees */
};

struct yki_submitter {
    yki_runner *runner;
    pthread_t thread;
    yk_event *first, **last;        /* guarded by the runner's lock */
    bool closing;
};

static void drop(yk_event *ev)
{
    if (atomic_fetch_sub_explicit(&ev->owners, 1, memory_order_acq_rel) != 1) return;
    yki_free(ev->args);
    yki_free(ev->devices);
    yki_free(ev);
}

static void complete(yk_event *ev)
{
    if (ev->opts.report) *ev->opts.report = ev->report;
    if (ev->opts.diag && ev->status != YK_OK) *ev->opts.diag = ev->diag;
    atomic_store_explicit(&ev->done, 1, memory_order_release);
    yki_futex_wake(&ev->done, UINT32_MAX);
    drop(ev);
}

static void *submitter_main(void *ctx)
{
    struct yki_submitter *s = ctx;
    yki_runner *r = s->runner;
    yki_runner_lock(r);
    for (;;) {
        yk_event *ev = s->first;
        if (!ev && s->closing) break;
        if (!ev) {
            (void)yki_runner_sleep(r, UINT64_MAX);
            continue;
        }
        s->first = ev->next;
        if (!s->first) s->last = &s->first;
        yki_runner_unlock(r);
        ev->status = yki_launch_run(r, &ev->ticket, ev->start_ns, ev->kernel, &ev->range, ev->args,
                                    &ev->opts, &ev->report, &ev->diag);
        /* Before its turn ends: whoever saw a later launch end finds this one complete. */
        uint64_t ticket = ev->ticket;
        complete(ev);
        yki_runner_lock(r);
        yki_runner_end_turn(r, ticket);
    }
    yki_runner_unlock(r);
    return NULL;
}

/* Lock not held; only one thread gets to start it, since the lock is taken here. */
static yk_status ensure_submitter(yki_runner *r)
{
    yk_status st = YK_OK;
    yki_runner_lock(r);
    if (!r->submitter) {
        struct yki_submitter *s = yki_alloc(1, sizeof *s);
        if (s) {
            s->runner = r;
            s->last = &s->first;
            st = yki_thread_start(&s->thread, "yoke/submit", submitter_main, s);
        }
        if (!s) st = YK_E_NOMEM;
        else if (st != YK_OK) yki_free(s);
        else r->submitter = s;
    }
    yki_runner_unlock(r);
    return st;
}

void yki_submitter_close(struct yki_submitter **submitter)
{
    struct yki_submitter *s = *submitter;
    if (!s) return;
    yki_runner_lock(s->runner);
    s->closing = true;
    yki_runner_changed(s->runner);
    yki_runner_unlock(s->runner);
    (void)pthread_join(s->thread, NULL);
    yki_free(s);
    *submitter = NULL;
}

static yk_event *make_event(yki_runner *r, const yk_kernel *kernel, const yk_range *range,
                            const void *args, const yk_run_opts *opts)
{
    yk_event *ev = yki_alloc(1, sizeof *ev);
    if (!ev) return NULL;
    ev->runner = r;
    ev->start_ns = yki_now_ns();
    ev->kernel = kernel;
    ev->range = *range;
    atomic_init(&ev->owners, 1);
    if (opts) ev->opts = *opts;
    ev->args = yki_alloc(1, yki_max(kernel->args_size, 1));
    if (ev->opts.devices) ev->devices = yki_strdup(ev->opts.devices);
    if (!ev->args || (ev->opts.devices && !ev->devices)) {
        drop(ev);
        return NULL;
    }
    memcpy(ev->args, args, kernel->args_size);
    ev->opts.devices = ev->devices;
    return ev;
}

yk_status yki_runner_submit(yki_runner *r, const yk_kernel *kernel, const yk_range *range,
                            const void *args, const yk_run_opts *opts, yk_event **event,
                            yk_diag *diag)
{
    if (!event) return yki_fail(diag, YK_E_INVALID, "event is NULL");
    if (yki_pool_inside(r->parts.pool, NULL))
        return yki_fail(diag, YK_E_WORKER, "a launch cannot be submitted from inside a body");
    yki_call call;
    yk_status st = yki_call_init(&call, kernel, range, args, diag);
    if (st != YK_OK) return st;
    yk_event *ev = make_event(r, kernel, range, args, opts);
    if (!ev) return yki_fail(diag, YK_E_NOMEM, "no memory for the event");
    if ((st = ensure_submitter(r)) != YK_OK) {
        drop(ev);
        return yki_fail(diag, st, "no thread could be started for submitted launches");
    }
    (void)atomic_fetch_add_explicit(&ev->owners, 1, memory_order_relaxed);
    yki_runner_lock(r);
    ev->ticket = yki_runner_take_ticket(r);
    *r->submitter->last = ev;
    r->submitter->last = &ev->next;
    yki_runner_changed(r);
    yki_runner_unlock(r);
    *event = ev;
    return YK_OK;
}

/* ---- what users do with events ---- */

int yk_event_done(const yk_event *event)
{
    return event && atomic_load_explicit(&event->done, memory_order_acquire) != 0;
}

/* Negative and absurdly long times mean for ever. */
static uint64_t deadline_after(double seconds)
{
    if (!(seconds >= 0) || seconds > 1e9) return UINT64_MAX;
    return yki_now_ns() + (uint64_t)(seconds * 1e9);
}

yk_status yk_event_wait(yk_event *event, double timeout_s)
{
    if (!event || isnan(timeout_s)) return YK_E_INVALID;
    uint64_t deadline = deadline_after(timeout_s);
    while (!yk_event_done(event))
        if (!yki_futex_wait(&event->done, 0, deadline) && !yk_event_done(event))
            return YK_E_TIMEOUT;
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
    drop(*event);
    *event = NULL;
}
