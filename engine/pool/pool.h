/* pool: pinned workers that run one index range together.
 *
 * A pool has one thread for each CPU it is given.  The thread that calls
 * yki_pool_run takes part as well: it stands in for the worker of the CPU it is
 * on, which stays parked, so that there is never more than one busy thread a
 * core; the caller's own affinity is never changed.  Each takes a contiguous
 * slice from its near end; who is done steals from the far end of another's.
 * Called by run and by yk_parallel_for; knows nothing of kernels or devices. */
#ifndef YKI_POOL_H
#define YKI_POOL_H

#include <base/base.h>
#include <yoke/pool.h>

typedef struct yki_pool yki_pool;

typedef struct yki_pool_opts {
    size_t workers;     /* at least 1 */
    const int *cpus;    /* OS number of each worker's CPU, copied; NULL: unpinned */
    bool no_spin;       /* park at once: a CPU quota binds */
} yki_pool_opts;

/* Starts the workers.  Threads that cannot be created or pinned are no failure:
 * the pool then has fewer workers, down to the caller alone, or unpinned ones
 * (yki_pool_info).  YK_E_NOMEM: no memory for the pool itself. */
yk_status yki_pool_open(yki_pool **out, const yki_pool_opts *opts, yk_diag *diag);

/* Waits for launches in flight, ends and joins the threads. */
void yki_pool_close(yki_pool **pool);

typedef struct yki_pool_info {
    size_t workers;     /* most bodies that run at once; worker numbers are below it */
    size_t threads;     /* that it has: workers, or one less where some failed to start */
    size_t asked;       /* yki_pool_opts.workers */
    size_t pinned;      /* workers bound to their CPU */
} yki_pool_info;

yki_pool_info yki_pool_get_info(const yki_pool *pool);

/* Runs body over [0, n), cut only at multiples of `grain` (0: chosen from n), and
 * returns when all of it is done:
 *     for (b = 0; b < n; b = e) body(ctx, b, e, worker);
 * in any order, at once.  Any thread may call; callers queue in order of arrival.
 * A call from inside a body runs serially on the calling worker.  Cannot fail. */
void yki_pool_run(yki_pool *pool, size_t n, size_t grain, yk_body body, void *ctx);

/* Whether most workers are up, so that a launch need not wake them; a hint, which may be
 * out of date.  Any thread; costs one load. */
bool yki_pool_awake(const yki_pool *pool);

/* True in a child of the process that opened the pool: it has no workers there.
 * yki_pool_run then runs on the calling thread alone, and yki_pool_close only
 * frees.  Costs one load where the kernel can wipe a page on fork (Linux 4.14). */
bool yki_pool_forked(const yki_pool *pool);

/* ---- further work for idle workers ---- */

/* Idle workers look into the launch slot, then into each source in the order added.
 * Both functions are called by many workers at once. */
typedef struct yki_source {
    bool (*ready)(void *ctx);               /* there may be work; cheap, often called */
    /* Does some of it, and returns soon after yki_pool_wanted says that a launch waits.
     * False: others want this worker's core more than the work wants the worker, which then
     * sleeps for some milliseconds, or until it is notified. */
    bool (*run)(void *ctx, size_t worker);
    void *ctx;                              /* outlives the pool */
} yki_source;

#define YKI_POOL_SOURCES 4

/* Adds a source.  A launch that arrives while run() is busy does not wait for it: others take
 * this worker's slice; and after each launch it is the sources' turn, so that neither keeps
 * the other from running.  What run() does is no body: launches from there are shared out.
 * The source is copied, and stays for the rest of the pool's life.  One thread at a time.
 * YK_E_RANGE: YKI_POOL_SOURCES are there already. */
yk_status yki_pool_add_source(yki_pool *pool, const yki_source *source);

/* A source has new work, published (sequentially consistent, as its ready() must read it)
 * before this call: sees to it that `count` workers look for it, if there are so many that
 * have nothing to do: those that spin do so anyway, parked ones are woken, the worker of the
 * calling thread's core last.  Any thread. */
void yki_pool_notify(yki_pool *pool, size_t count);

/* Inside run(): a launch has dealt `worker` a slice.  Costs a load. */
bool yki_pool_wanted(const yki_pool *pool, size_t worker);

/* The number of the worker whose own thread the caller is, outside bodies of the pool, so that
 * it can help; SIZE_MAX: it is none.  A thread that waits inside run() must help now and then:
 * its core has nothing better to do, and a launch by a thread whose core has no worker is run
 * by workers alone. */
size_t yki_pool_helper(const yki_pool *pool);

/* A launch has dealt that worker a slice.  Costs a load. */
bool yki_pool_has_slice(const yki_pool *pool, size_t helper);

/* Does some of that launch, if there is any left; what it does is a body. */
void yki_pool_help(yki_pool *pool, size_t helper);

/* Stays awake until *word is `value`, or there is a slice (then true), but not for long, and not
 * at all where a CPU quota binds. */
bool yki_pool_stay_awake(const yki_pool *pool, size_t helper, const _Atomic uint64_t *word,
                         uint64_t value);

/* How long a helper that found nothing to do may sleep, if it did so for `before` ns last (0: it
 * had something). */
uint64_t yki_pool_nap(uint64_t before);

/* Whether any worker sleeps; a hint.  Costs a load. */
bool yki_pool_asleep(const yki_pool *pool);

/* The worker that is pinned to the core that this thread is on; SIZE_MAX: there is none.  A
 * thread that works beside it only takes turns with it. */
size_t yki_pool_core_worker(const yki_pool *pool);

/* Whether a worker is inside run(), or yields its core; a hint. */
bool yki_pool_is_away(const yki_pool *pool, size_t worker);

/* ---- which worker this thread is, and what it does ---- */

/* By what something may be asked to end. */
typedef struct yki_cancel {
    /* It is when one of them is not 0; NULLs are none.  Asker's store (release) <-> loads
     * (acquire). */
    const _Atomic uint32_t *word[3];
    uint64_t deadline_ns;           /* or from then on; 0: never */
    const struct yki_cancel *up;    /* or with what it is a part of; NULL: of nothing */
} yki_cancel;

static inline bool yki_cancel_possible(const yki_cancel *c)
{
    return c->word[0] || c->word[1] || c->word[2] || c->deadline_ns || c->up;
}

static inline bool yki_cancel_asked(const yki_cancel *c)
{
    for (; c; c = c->up) {
        for (size_t i = 0; i < YKI_COUNT(c->word); i++)
            if (c->word[i] && atomic_load_explicit(c->word[i], memory_order_acquire) != 0)
                return true;
        if (c->deadline_ns && yki_now_ns() >= c->deadline_ns) return true;
    }
    return false;
}

/* A claim of the thread that made it (on its stack, taken back before it returns): to be
 * worker `number` of `pool`, and to work on `task`.  Claims are chained, since a body of one
 * pool may launch on another, and a task that waits runs others. */
typedef struct yki_current {
    const yki_pool *pool;           /* NULL: no pool's worker */
    size_t number;
    bool in_body;                   /* of a loop: launches from here run serially */
    bool own_thread;                /* made by a thread of the pool at its start */
    /* These are the task room's; whoever makes a claim copies them from the one above. */
    void *task;                     /* what is being worked on; NULL: none */
    void *hand;                     /* the thread's queue of tasks; NULL: to be found */
    int64_t mark;                   /* position in it at which the task's own begin */
    yki_cancel cancel;              /* by which it is asked to end; launches stop, too */
    const struct yki_current *up;
} yki_current;

/* The one thread-local of Yoke: the innermost claim, NULL outside. */
extern _Thread_local const yki_current *yki_current_worker;

/* The calling thread's innermost claim to be a worker of `pool`; NULL: it is none. */
const yki_current *yki_pool_current(const yki_pool *pool);

/* Makes *c the claim of this thread to be in a body of `pool`, as worker `number`; taken back by
 * yki_current_worker = c->up.  Here since small launches cost little else. */
static inline void yki_current_enter_body(yki_current *c, const yki_pool *pool, size_t number)
{
    const yki_current *up = yki_current_worker;
    if (up) *c = *up;
    else *c = (yki_current){0};
    c->pool = pool;
    c->number = number;
    c->in_body = true;
    c->own_thread = false;
    c->up = up;
    yki_current_worker = c;
}

/* Whether the calling thread is inside a body of this pool: run needs it, since a
 * launch from there must not queue behind the one it is part of.  *worker (may be
 * NULL) is then the number the body was given. */
bool yki_pool_inside(const yki_pool *pool, size_t *worker);

#endif
