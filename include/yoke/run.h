/* Launches: run a kernel over a range, wait for it, and see what happened.
 *
 * Programs call the typed functions that yokec writes for each kernel: NAME_run,
 * NAME_submit, and the same with options, NAME_run_opts and NAME_submit_opts.  Those call
 * the two functions here.  Arguments are ordinary pointers: a launch reads what it needs and
 * has written the results back when it is done; the arrays stay the caller's.  Any thread may
 * launch; launches of one engine run one after the other, in order of arrival.
 *
 *     yk_report report;
 *     yk_run_opts opts = {.report = &report};
 *     status = saxpy_run_opts(engine, &opts, yk_1d(n), x, y, 2.0f, n);
 *     if (status == YK_OK && report.split)
 *         printf("%u processors, %g s\n", report.n_parts, report.total_s);
 *
 * A device that fails costs time, not results: see yk_report.retired. */
#ifndef YOKE_RUN_H
#define YOKE_RUN_H

#include <stddef.h>
#include <stdint.h>
#include <yoke/kernel.h>
#include <yoke/status.h>

/* See yoke/engine.h. */
typedef struct yk_engine yk_engine;
/* See yoke/task.h. */
typedef struct yk_future yk_future;

/* How a range is divided between processors. */
typedef enum yk_policy {
    YK_POLICY_AUTO = 0, /* from measured rates; splits only where that pays */
    YK_POLICY_SINGLE,   /* the fastest processor takes all */
    YK_POLICY_STATIC,   /* once, in proportion to rates (equally while unknown) */
    YK_POLICY_DYNAMIC   /* in shrinking chunks, to whoever is free */
} yk_policy;

#define YK_MAX_PARTS 16     /* most processors of an engine, the pool included */

/* What one processor did in a launch. */
typedef struct yk_part {
    char device[16];        /* "cpu", "gpu0", ... */
    size_t items;           /* that it finished */
    uint32_t chunks;        /* in how many pieces */
    uint32_t failed;        /* chunks that it lost, recomputed by the pool */
    double busy_s;          /* from its first order to its last result */
    double transfer_s;      /* of that, spent on staging and transfers it waited for */
    double idle_s;          /* from its last result to the end of the launch */
    uint64_t bytes_up;      /* to the device, and */
    uint64_t bytes_down;    /* back; 0 for the pool */
} yk_part;

/* A launch as data. */
typedef struct yk_report {
    yk_policy policy;       /* that was asked for */
    int split;              /* more than one processor did items */
    uint32_t n_parts;       /* of parts[] */
    yk_part parts[YK_MAX_PARTS];    /* processors that took part, the pool first; not set
                                     * from n_parts on */
    size_t items;           /* of the active range */
    double total_s;         /* from the call to its return */
    double overhead_s;      /* of that, while no processor was at work */
    uint64_t bytes_up;      /* sums over the parts */
    uint64_t bytes_down;    /* the same */
    uint32_t retired;       /* devices lost during this launch */
    char reason[256];       /* why it did not split, or what went wrong */
} yk_report;

/* Zero means default, so {0} is legal, and NULL is the same. */
typedef struct yk_run_opts {
    const char *devices;    /* comma-separated ids, of those the engine has; NULL: all it
                             * uses.  "cpu" alone keeps a launch on the pool */
    yk_policy policy;       /* how to divide it */
    double deadline_s;      /* from the call on; 0: none.  Looked at in the queue, between
                             * steps of the pool and between chunks of a device, since
                             * what has begun cannot be stopped */
    yk_report *report;      /* filled if not NULL, also on failure */
    yk_diag *diag;          /* filled on failure if not NULL */
    yk_future *const *after;    /* n_after futures, borrowed for the call: a submitted launch
                             * takes its place in the queue when all are complete.  If one
                             * has failed it never begins, and completes with that one's
                             * status.  deadline_s counts from the call, but is first
                             * looked at then.  Not for yk_launch: wait first */
    size_t n_after;         /* of after[] */
    void *reserved[2];      /* NULL */
} yk_run_opts;

/* A submitted launch; from yk_submit, freed by yk_event_free. */
typedef struct yk_event yk_event;

YK_BEGIN_DECLS

/* Runs `kernel` over `range` with the argument block `args` (struct of the kernel's
 * arguments, see yoke/kernel.h); blocks until the results are in the arrays.
 * Devices that fail are no error: their part is recomputed by the pool (see the
 * report).  From inside a yk_parallel_for body it runs on the calling worker.  Inside a
 * task that is cancelled it ends early (yoke/task.h).
 * YK_E_INVALID: NULL where none may be, a range of the wrong dimensions, a device id
 *   that the engine does not have, n_after is not 0.
 * YK_E_RANGE: sizes that overflow.  YK_E_EXTENT: a negative length, or a window that
 *   an extent cuts short.  YK_E_OVERLAP: an output overlaps another argument.
 * YK_E_NOMEM.  YK_E_TIMEOUT: the deadline passed, or YK_E_CANCELLED: the task was asked to
 *   end; outputs are in part written (the report says how many items are).
 * YK_E_UNSUPPORTED: an unknown abi, or no processor asked for can run it.
 * YK_E_FORKED: engine from before a fork. */
YK_API yk_status yk_launch(yk_engine *engine, const yk_kernel *kernel, const yk_range *range,
                           const void *args, const yk_run_opts *opts);

/* The same without waiting.  The argument block is copied; arrays (and opts->report,
 * opts->diag) are borrowed until the event completes.  *event is written on success
 * and owned by the caller (yk_event_free).  Errors of the arguments are returned at
 * once; later ones by the event.  Tasks may submit.  YK_E_WORKER: from inside a
 * yk_parallel_for body.  YK_E_INVALID: also a NULL among after[]. */
YK_API yk_status yk_submit(yk_engine *engine, const yk_kernel *kernel, const yk_range *range,
                           const void *args, const yk_run_opts *opts, yk_event **event);

/* Waits until the launch is complete, at most timeout_s seconds (negative: for ever),
 * and returns its status; YK_E_TIMEOUT while it is not complete.  Any thread, but not for
 * ever from inside a body of the same engine: the launch waits for the pool. */
YK_API yk_status yk_event_wait(yk_event *event, double timeout_s);

/* 1 once complete, else 0. */
YK_API int yk_event_done(const yk_event *event);

/* Copies the report; YK_E_INVALID before it is complete. */
YK_API yk_status yk_event_report(const yk_event *event, yk_report *out);
/* Copies the diagnostic; YK_E_INVALID before it is complete. */
YK_API yk_status yk_event_diag(const yk_event *event, yk_diag *out);

/* Waits for the launch if it still runs, then frees the event; takes NULL. */
YK_API void yk_event_free(yk_event **event);

/* The report of the calling thread's latest yk_launch on this engine; YK_E_INVALID if
 * there was none. */
YK_API yk_status yk_last_report(yk_engine *engine, yk_report *out);
/* The diagnostic of the calling thread's latest yk_launch, yk_submit or yk_engine_settle
 * on this engine; YK_E_INVALID if there was none. */
YK_API yk_status yk_last_diag(yk_engine *engine, yk_diag *out);

YK_END_DECLS

#endif
