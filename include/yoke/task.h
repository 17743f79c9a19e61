/* Tasks: functions that run by themselves, futures to wait for them, and parallel maps.
 *
 * A task is a function and its argument.  Tasks that compute run on the engine's pinned
 * workers, beside launches, never more of them at once than there are cores; tasks that
 * sleep or wait for files and sockets (YK_BLOCKING) run on threads of their own, as many
 * as are wanted up to a limit, which end when they have been idle.
 *
 *     static yk_status fetch(void *arg) { struct page *p = arg; ...; return YK_OK; }
 *     ...
 *     yk_task_opts opts = {.flags = YK_BLOCKING};
 *     yk_future *f;
 *     status = yk_task_submit(engine, fetch, &page, &opts, &f);
 *     ...other work...
 *     status = yk_future_wait(f, -1);          what fetch returned
 *     yk_future_free(&f);
 *
 * A task reports by the status that it returns, with a message if it likes
 * (yk_task_message), and leaves results where its argument points.  Tasks may submit tasks,
 * wait for them, and launch kernels.  A task that waits lends its worker to what it
 * waits for, to what it has submitted itself, and to launches; to nothing else.  Do not let a task
 * wait for one that waits for it, nor for one that waits for the task that submitted it.
 *
 * Unless a call says otherwise any thread may make it, from inside tasks too, and in a child
 * of the process that opened the engine it returns YK_E_FORKED.  Futures and groups must be
 * freed before their engine is closed.  Times are in seconds; a negative timeout is for
 * ever. */
#ifndef YOKE_TASK_H
#define YOKE_TASK_H

#include <stddef.h>
#include <yoke/run.h>
#include <yoke/status.h>

/* A task's end, to be waited for; from yk_task_submit, freed by yk_future_free. */
typedef struct yk_future yk_future;

/* Tasks that are waited for together; from yk_group_open, freed by yk_group_close. */
typedef struct yk_group yk_group;

/* Futures in the order in which they complete; from yk_completions_open. */
typedef struct yk_completions yk_completions;

/* What a task does.  It should end early, with YK_E_CANCELLED, where yk_cancelled() says
 * so. */
typedef yk_status (*yk_task_fn)(void *arg);

#define YK_BLOCKING 1u      /* it sleeps, or waits for I/O: runs on a thread of its own */
#define YK_ALWAYS 2u        /* it runs also if a future that it comes after has failed */
#define YK_ALL_ERRORS 4u    /* yk_map: goes on after an item has failed */

/* Zero means default, so {0} is legal, and NULL is the same. */
typedef struct yk_task_opts {
    unsigned flags;             /* YK_BLOCKING | YK_ALWAYS */
    yk_future *const *after;    /* n_after futures, borrowed for the call: the task begins
                                 * when all are complete.  If one has failed it never
                                 * begins, and completes with that one's status */
    size_t n_after;             /* of after[] */
    yk_group *group;            /* it belongs to; NULL: to none */
    void *reserved[4];          /* NULL */
} yk_task_opts;

YK_BEGIN_DECLS

/* ---- tasks and futures ---- */

/* Has fn(arg) run once, by another thread or, at the latest, in a wait for it.  arg is the
 * caller's, and borrowed until the task is complete.  *out (out may be NULL) is written on
 * success and owned by the caller; a task without a future runs all the same, and
 * yk_engine_close waits for it.
 * YK_E_INVALID: engine or fn is NULL, an unknown flag, a NULL among after[], a future or group
 * of another engine.  YK_E_NOMEM.
 * YK_E_CANCELLED: the engine is closing and this is none of its tasks, or the group is
 * cancelled. */
YK_API yk_status yk_task_submit(yk_engine *engine, yk_task_fn fn, void *arg,
                                const yk_task_opts *opts, yk_future **out);

/* Waits until the task is complete, at most timeout_s, and returns its status;
 * YK_E_TIMEOUT while it is not complete.  A timeout of 0 only looks.  From a thread that is
 * no worker, with a timeout, another thread runs the task in any case; from inside a task, the
 * wait may end later than asked, by the time of what its worker has begun meanwhile. */
YK_API yk_status yk_future_wait(yk_future *future, double timeout_s);

/* 1 once complete, else 0. */
YK_API int yk_future_done(const yk_future *future);

/* What the task, or Yoke in its place, had to say about its end; "" if nothing, or before it
 * is complete.  The future's, valid until it is freed. */
YK_API const char *yk_future_message(const yk_future *future);

/* The argument that the task was submitted with. */
YK_API void *yk_future_arg(const yk_future *future);

/* A task that has not begun never will: it is complete at once, with YK_E_CANCELLED.  One
 * that runs is asked: yk_cancelled() is true in it, and a kernel launch that it is waiting
 * in ends between two chunks.  Returns 1 in the first case, else 0; nothing happens to one
 * that is complete. */
YK_API int yk_future_cancel(yk_future *future);

/* Has fn(future, ctx) called once, when the task is complete: by the thread that completes
 * it, or by this one if it is complete already.  It must be short, and must not wait.  Within
 * it the future is valid, even where it was freed before.
 * YK_E_INVALID: NULL.  YK_E_NOMEM: it will not be called. */
YK_API yk_status yk_future_then(yk_future *future, void (*fn)(yk_future *future, void *ctx),
                                void *ctx);

/* Gives the future back; the task itself goes on.  Takes NULL, and clears *future. */
YK_API void yk_future_free(yk_future **future);

/* Waits until all of futures[0 .. n-1] are complete (NULLs among them are skipped).  Returns the
 * status of the first in the array that failed, else YK_OK; YK_E_TIMEOUT if any is not
 * complete. */
YK_API yk_status yk_wait_all(yk_future *const *futures, size_t n, double timeout_s);

/* Waits until one of futures[0 .. n-1] is complete (NULLs among them are skipped); its position
 * goes to *index, and YK_OK is returned whatever its own status is.
 * YK_E_INVALID: there is none to wait for.  YK_E_TIMEOUT.  YK_E_NOMEM. */
YK_API yk_status yk_wait_any(yk_future *const *futures, size_t n, double timeout_s,
                             size_t *index);

/* Prepares to hand out futures[0 .. n-1] as they complete (NULLs are skipped); the array is
 * borrowed for the call, the futures until yk_completions_close.
 *     while (yk_completions_next(c, -1, &k) == YK_OK) printf("%zu is done\n", k);
 * YK_E_INVALID.  YK_E_NOMEM. */
YK_API yk_status yk_completions_open(yk_completions **out, yk_future *const *futures, size_t n);

/* The next position in order of completion to *index.  YK_E_RANGE: all have been handed out.
 * YK_E_TIMEOUT: none is complete yet.  One thread at a time. */
YK_API yk_status yk_completions_next(yk_completions *c, double timeout_s, size_t *index);

/* Forgets the rest; takes NULL, and clears *c. */
YK_API void yk_completions_close(yk_completions **c);

/* ---- groups ---- */

/* An empty group.  Groups cost less than futures: submit with opts.group, and out NULL. */
YK_API yk_status yk_group_open(yk_engine *engine, yk_group **out);

/* Waits until all tasks of the group are complete, those included that its tasks submit to it
 * meanwhile.  Returns the status of the first that failed, YK_E_CANCELLED after
 * yk_group_cancel, else YK_OK; after that the group is empty and as new.  YK_E_TIMEOUT.
 * One thread at a time; not from inside a task of the group. */
YK_API yk_status yk_group_wait(yk_group *group, double timeout_s);

/* The message of the task whose status yk_group_wait has just returned, or "".  Valid until
 * the next call on the group. */
YK_API const char *yk_group_message(const yk_group *group);

/* Tasks of the group that have not begun never will; those that run are asked to end
 * (yk_cancelled); further ones are refused until yk_group_wait has returned. */
YK_API void yk_group_cancel(yk_group *group);

/* Waits for the group's tasks, and frees it.  Takes NULL, and clears *group. */
YK_API void yk_group_close(yk_group **group);

/* ---- inside a task ---- */

/* 1 if the task in which it is called has been asked to end: cancelled, its group cancelled,
 * or its engine closing without further patience.  0 outside tasks.  Costs a few loads. */
YK_API int yk_cancelled(void);

/* Leaves a message, as of printf, for whoever waits for the task; at most some 200 characters
 * are kept, of the last call.  Outside tasks nothing happens. */
YK_API void yk_task_message(const char *format, ...) YK_PRINTF(1, 2);

/* ---- launches ---- */

/* The launch as a future, for yk_wait_any and so on and for yk_task_opts.after; cancelling it
 * stops the launch between two chunks.  The event stays the caller's.  For the other way
 * round, a launch that waits for tasks, see yk_run_opts.after.
 * YK_E_INVALID: NULL.  YK_E_NOMEM. */
YK_API yk_status yk_event_future(yk_event *event, yk_future **out);

/* ---- parallel map ---- */

/* One call: reads the item at `in`, writes the result to `out`; both are the caller's
 * arrays'.  Several calls run at once, each with another item. */
typedef yk_status (*yk_map_fn)(void *ctx, const void *in, void *out);

/* How far a map has come. */
typedef struct yk_progress {
    size_t done;            /* items that are complete, failed ones included */
    size_t failed;          /* of those, failed */
    size_t total;           /* 0: not known (yk_map_stream) */
    double elapsed_s;       /* since the call */
    double rate;            /* items a second, lately; 0: not known yet */
    double left_s;          /* until the end at that rate; negative: not known */
    int last;               /* 1 in the last call, when all has ended */
} yk_progress;

/* Called now and then, and once at the end, by one thread at a time; not 0: stop, as if
 * cancelled. */
typedef int (*yk_progress_fn)(void *ctx, const yk_progress *progress);

/* Zero means default, so {0} is legal, and NULL is the same. */
typedef struct yk_map_opts {
    unsigned flags;             /* YK_BLOCKING: calls sleep or do I/O.  YK_ALL_ERRORS: run
                                 * every item, whatever fails; else none begins that comes
                                 * after a failed one in order.  Those before it have run, so
                                 * that the first failure is that of the serial loop */
    size_t n_jobs;              /* most calls at once; default: the workers, or, blocking,
                                 * as many threads as the engine may have */
    size_t batch;               /* items a task; default: so many as take about 0.2 ms,
                                 * found out while it runs */
    double timeout_s;           /* for the whole map; 0: none.  Calls that run are asked to
                                 * end (yk_cancelled) and waited for */
    yk_status *statuses;        /* n of them, or NULL: each item's; YK_E_CANCELLED where it
                                 * never began */
    yk_progress_fn progress;    /* or NULL */
    void *progress_ctx;         /* for progress */
    double progress_s;          /* between two calls of it; default 0.1 */
    size_t *failed;             /* position of the failed item whose status is returned,
                                 * the first in order; unchanged if none failed.  Or NULL */
    yk_diag *diag;              /* filled on failure, with that item's message; or NULL */
    void *reserved[4];          /* NULL */
} yk_map_opts;

/* for (i = 0; i < n; i++) fn(ctx, in + i * in_size, out + i * out_size), many at once.
 * in: n items of in_size bytes, borrowed; NULL with in_size 0: fn gets NULL.
 * out: n results of out_size bytes, likewise, each in its item's place.
 * Blocks until every call that began has returned; the caller takes part where it would
 * otherwise only wait.  Called inside a task that is cancelled, it stops as well.
 * YK_OK: every item.  Otherwise the status of the first item in order that failed;
 * YK_E_TIMEOUT; YK_E_CANCELLED: a task that contains it was cancelled, or progress said so.
 * YK_E_INVALID: engine or fn is NULL, a NULL array with a size, an unknown flag.
 * YK_E_RANGE: n times a size overflows.  YK_E_NOMEM: none even for a lock; where it is merely
 * short, or threads are, fewer calls run at once.
 * From inside a yk_parallel_for body it runs on the calling worker alone, unless it is
 * YK_BLOCKING. */
YK_API yk_status yk_map(yk_engine *engine, yk_map_fn fn, void *ctx, const void *in,
                        size_t in_size, void *out, size_t out_size, size_t n,
                        const yk_map_opts *opts);

/* Writes item number `index` to `in`.  YK_OK: there it is.  YK_E_RANGE: there are no more.
 * Anything else: it failed, and the map ends with that status. */
typedef yk_status (*yk_generate_fn)(void *ctx, size_t index, void *in);

/* Takes the result of item `index`, and its status, in order of index.  Anything but YK_OK
 * ends the map with that status. */
typedef yk_status (*yk_sink_fn)(void *ctx, size_t index, yk_status status, const void *out);

/* A map over more items than fit in memory. */
typedef struct yk_stream {
    yk_generate_fn generate;    /* called by one thread at a time */
    yk_map_fn fn;               /* called by several at once */
    yk_sink_fn sink;            /* called by one thread at a time; may be NULL */
    void *ctx;                  /* for all three */
    size_t in_size;             /* bytes an item, */
    size_t out_size;            /* and a result; where they are 0 there is none, and the
                                 * functions get NULL */
    size_t in_flight;           /* most items between generate and sink; default: some per
                                 * worker */
    void *reserved[4];          /* NULL */
} yk_stream;

/* for (i = 0; generate(ctx, i, in) == YK_OK; i++) { s = fn(ctx, in, out); sink(ctx, i, s, out); }
 * with fn called for many items at once, and never more than in_flight items in memory, aligned
 * for any type.  What failed first in order is what is returned, as of that loop.
 * generate and sink are called by this thread, and so is progress.  opts: as of yk_map;
 * statuses must be NULL, and batch is not used.  *count (may be NULL): items that went to the
 * sink.  Without YK_ALL_ERRORS, the first item in order that failed is the last to go to the
 * sink.  Errors as of yk_map. */
YK_API yk_status yk_map_stream(yk_engine *engine, const yk_stream *stream,
                               const yk_map_opts *opts, size_t *count);

/* A progress function for terminals: one line on the FILE * that is its ctx (NULL: stderr),
 * rewritten in place, with items, rate and time left.  Writes nothing where that is no
 * terminal. */
YK_API int yk_progress_line(void *file, const yk_progress *progress);

YK_END_DECLS

#endif
