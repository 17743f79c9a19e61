/* run: launches, from the call to the report.
 *
 * A launch is checked (kernel), planned (plan), handed out to the pool and to the
 * devices' threads, joined, combined and reported.  The thread that launches drives
 * the pool itself; each device has one thread, which opened it, sleeps while it works,
 * and is the only one that calls it.  One launch at a time: others queue in order of
 * arrival.  Called by engine.c alone.
 *
 * Files: runner.c (life, queue of launches), seat.c (a device's thread), opener.c
 * (finding and opening devices), launch.c (one launch), host.c (its blocks on the
 * pool), report.c, submit.c (launches nobody waits for), event.c (their ends). */
#ifndef YKI_RUN_H
#define YKI_RUN_H

#include <base/base.h>
#include <memory/memory.h>
#include <plan/plan.h>
#include <pool/pool.h>
#include <yoke/run.h>
#include <yoke/topo.h>

typedef struct yki_runner yki_runner;

/* What a runner works with; all borrowed until it is closed. */
typedef struct yki_runner_parts {
    void *owner;                /* what yki_event_owner returns */
    yki_pool *pool;
    yki_rates *rates;
    yki_blocks *blocks;
    yk_isa isa;
    bool no_devices;            /* launches run on the pool alone */
    bool checked;               /* kernels must check their accesses; implies no_devices */
    const char *pool_name;      /* for yk_device_info, "AMD EPYC" */
    const char *pool_note;      /* for its reason; may be NULL */
    uint64_t memory_bytes;      /* of the machine, likewise */
    double patience_s;          /* deadline of a chunk whose time cannot be predicted yet;
                                 * 0: 60 s */
} yki_runner_parts;

yk_status yki_runner_open(yki_runner **out, const yki_runner_parts *parts);

/* Waits for launches and openers, closes the devices; takes NULL. */
void yki_runner_close(yki_runner **runner);

/* What devices to open, and how. */
typedef struct yki_open_request {
    const char *devices;        /* as yk_engine_opts.devices; NULL: GPUs and accelerators */
    size_t device_bytes;        /* budget a device, 0: default */
    size_t carve;               /* cores for the one CPU device that is named */
    const int *carve_cpus;      /* copied */
} yki_open_request;

/* Starts a thread that lists the devices and opens those that are asked for, each on a
 * thread of its own, which stays the device's.  Once per runner. */
yk_status yki_runner_open_devices(yki_runner *runner, const yki_open_request *request,
                                  yk_diag *diag);

/* Takes an open device (a scripted one, in tests) instead: the runner owns it from here
 * on, also where this fails. */
yk_status yki_runner_add_device(yki_runner *runner, yki_device *device);

/* Waits until no device is opening any more.  YK_E_TIMEOUT; the status and diagnostic
 * of what went wrong as a whole (an unknown device name, no OpenCL). */
yk_status yki_runner_settle(yki_runner *runner, uint64_t deadline_ns, yk_diag *diag);

/* As yk_engine_devices. */
size_t yki_runner_devices(yki_runner *runner, yk_device_info *out, size_t max);

/* As yk_launch; report and diag may be NULL, and are filled in any case.  If the calling
 * thread's innermost claim (yki_current_worker) has a flag `cancel` and that is set, the
 * launch ends between two pieces with YK_E_CANCELLED, and nothing is written afterwards. */
yk_status yki_runner_launch(yki_runner *runner, const yk_kernel *kernel, const yk_range *range,
                            const void *args, const yk_run_opts *opts, yk_report *report,
                            yk_diag *diag);

/* A flag that launches look at (yki_current.cancel) has been set: those that sleep, in the
 * queue or for a device, look again.  Those at work do so by themselves, about every
 * millisecond.  Any thread. */
void yki_runner_nudge(yki_runner *runner);

/* *to = *from, but for the parts that no processor has. */
void yki_report_copy(yk_report *to, const yk_report *from);

/* As yk_submit, without opts->after: prepares and starts. */
yk_status yki_runner_submit(yki_runner *runner, const yk_kernel *kernel, const yk_range *range,
                            const void *args, const yk_run_opts *opts, yk_event **event,
                            yk_diag *diag);

/* ---- events as futures ----
 *
 * An event is made first and started later: only then has its launch a place in the queue.
 * It is complete once, whoever comes first: the launch that ended, yki_event_cancel,
 * yki_event_abort, or the closing runner, which finishes what was started and aborts the
 * rest.  All of these may be called by any thread, from watches too, and do nothing to an
 * event that is complete.  The runner must not be closed meanwhile. */

/* Checks all that yk_submit checks, and makes the event, owned by the caller. */
yk_status yki_runner_prepare(yki_runner *runner, const yk_kernel *kernel, const yk_range *range,
                             const void *args, const yk_run_opts *opts, yk_event **event,
                             yk_diag *diag);

/* Puts a prepared one into the queue; what goes wrong completes it.  Once; it may have been
 * aborted or cancelled before, and then stays so. */
void yki_event_start(yk_event *event);

/* One that has not begun never will: it is complete, with `status`, when this returns.  `text`
 * is for its diagnostic and report.  Returns whether it was that. */
bool yki_event_abort(yk_event *event, yk_status status, const char *text);

/* The same with YK_E_CANCELLED; one that runs is asked to end, between two pieces. */
bool yki_event_cancel(yk_event *event);

/* Holds: an event is freed when the last one is dropped, yk_event_free being one. */
void yki_event_hold(yk_event *event);
void yki_event_drop(yk_event *event);

/* Its status, and a copy of its diagnostic (diag may be NULL; unchanged without one);
 * YK_E_TIMEOUT while it is not complete. */
yk_status yki_event_status(const yk_event *event, yk_diag *diag);

/* yki_runner_parts.owner of its runner. */
void *yki_event_owner(const yk_event *event);

/* Somebody to be told.  The caller's until fn is called; fn may free it. */
typedef struct yki_watch {
    void (*fn)(void *ctx);
    void *ctx;
    struct yki_watch *next;         /* the event's */
} yki_watch;

/* Has watch->fn called once, when the event is complete: by the thread that completes it, with
 * no lock held, those that came first first; or at once.  It must not wait.  Any number of
 * watches; the event lives at least until they are called. */
void yki_event_watch(yk_event *event, yki_watch *watch);

#endif
