/* What the files of the run room share.
 *
 * One mutex, runner->lock, guards the queue, the seats' states and the running launch
 * with its plan; `changed` tells every sleeper that one of them has, but for the queue,
 * whose sleepers have `turn`: launches that no device is part of must not wake the
 * devices' threads, which would take cores from the next.  The lock is never held while
 * a kernel, a driver or the pool works. */
#ifndef YKI_RUN_INT_H
#define YKI_RUN_INT_H

#include <run/choice.h>
#include <run/run.h>

/* A device may hold this many chunks: one at work, one queued behind it. */
#define YKI_DEPTH 2

/* ---- one launch ---- */

/* What may end a launch early. */
typedef struct yki_stop {
    yki_cancel cancel;              /* yki_current.cancel, whose asker calls yki_runner_nudge */
    uint64_t deadline_ns;           /* UINT64_MAX: none */
} yki_stop;

static inline bool yki_stop_asked(const yki_stop *stop)
{
    return yki_cancel_asked(&stop->cancel);
}

static inline bool yki_stop_possible(const yki_stop *stop)
{
    return yki_cancel_possible(&stop->cancel) || stop->deadline_ns != UINT64_MAX;
}

/* When to look again though nobody calls. */
static inline uint64_t yki_stop_wake_ns(const yki_stop *stop)
{
    uint64_t wake = stop->deadline_ns;
    for (const yki_cancel *c = &stop->cancel; c; c = c->up)
        if (c->deadline_ns && c->deadline_ns < wake) wake = c->deadline_ns;
    return wake;
}

/* Why it must end now: YK_E_CANCELLED, YK_E_TIMEOUT; YK_OK: it need not.  Once it must, it
 * must for good. */
static inline yk_status yki_stop_status(const yki_stop *stop)
{
    if (yki_stop_asked(stop)) return YK_E_CANCELLED;
    if (stop->deadline_ns == UINT64_MAX || yki_now_ns() < stop->deadline_ns) return YK_OK;
    return YK_E_TIMEOUT;
}

/* What one processor has done so far. */
typedef struct yki_tally {
    size_t items;
    uint32_t chunks, failed;
    uint64_t first_ns, last_ns;     /* first order, last result; 0: none */
    uint64_t work_ns;               /* the pool's: at work, without its waits for orders */
    double transfer_s;
    uint64_t bytes_up, bytes_down;
    bool used;                      /* takes part in this launch */
} yki_tally;

/* On the stack of the thread that launches; seats see it only while attached.  Large, so
 * that a small launch clears no more of it than it uses (launch.c). */
typedef struct yki_launch {
    yki_call call;
    yki_reduce *reduce;
    yk_host_fn host;
    yki_plan *plan;
    yki_habit *habit;               /* what is known of such launches on the pool */
    uint64_t serial;                /* tells launches of one runner apart */
    yki_stop stop;
    uint64_t start_ns;
    uint64_t turn_ns;               /* its turn came */
    uint64_t before_ns;             /* the launch before it had ended then */
    yk_policy policy;
    bool only_devices;
    bool cancelled;                 /* no further orders are taken */
    uint32_t attached;              /* seats that hold a pointer to this */
    uint32_t retired;
    size_t n_procs;                 /* tallies in use, the others are not cleared */
    char reason[256];
    yki_tally tally[YKI_PLAN_MAX];  /* by processor: 0 the pool, i + 1 seat i */
} yki_launch;

/* ---- a device's place ---- */

typedef enum yki_seat_state {
    YKI_SEAT_EMPTY = 0,     /* listed, not opened */
    YKI_SEAT_OPENING,
    YKI_SEAT_READY,
    YKI_SEAT_RETIRED
} yki_seat_state;

/* A kernel that a seat has met: whether its program is there, and why not. */
typedef struct yki_met {
    uint64_t hash;
    bool works;
    bool timed;                     /* a chunk of it has run: the first one's time is
                                     * dropped, it may contain what the driver put off */
    char reason[160];
} yki_met;

typedef struct yki_seat {
    yki_runner *runner;
    size_t number;                  /* its processor is number + 1 */
    size_t listed;                  /* its position in the listing */
    yk_device_info info;            /* guarded by lock, as state */
    yki_seat_state state;
    yki_device *device;             /* the seat's thread's own */
    yki_memory *memory;
    pthread_t thread;
    bool started;                   /* thread is to be joined */
    uint64_t served;                /* serial of the last launch it looked at */
    yki_met *met;                   /* grows; guarded by lock */
    size_t n_met, met_room;
} yki_seat;

#define YKI_SEATS (YKI_PLAN_MAX - 1)

/* So many launches may give up waiting for their turn at once; more wait it out. */
#define YKI_GONE 64

struct yki_runner {
    yki_runner_parts parts;
    pthread_mutex_t lock;
    pthread_cond_t changed, turn;   /* of the monotonic clock */
    bool closing;

    uint64_t next_ticket;           /* queue of launches */
    _Atomic uint64_t serving;       /* whose turn it is; relaxed, as it changes under the lock */
    uint64_t gone[YKI_GONE];        /* tickets whose owners gave up before their turn */
    size_t n_gone;
    yki_launch *launch;             /* the running one that seats may join */
    uint64_t serials;

    yki_seat seats[YKI_SEATS];
    size_t n_seats;
    uint64_t last_launch_ns;        /* when the last one ended */

    struct yki_opener *opener;      /* NULL: none was asked for */
    struct yki_submitter *submitter;    /* NULL until the first submit */
    yk_event *prepared;             /* events not started yet */
    bool refusing;                  /* no event is started any more */
    yki_choices choices;            /* of whose turn it is */
    /* Memory of a reduction that is over, for the next launch that has one, or NULL; taken
     * and given with exchanges (acquire-release), as nested launches hold no lock. */
    _Atomic(yki_reduce *) spare;
};

/* What is known of a kernel is kept by its hash; descriptors written by hand may all leave
 * theirs 0. */
static inline uint64_t yki_kernel_key(const yk_kernel *kernel)
{
    return kernel->hash ? kernel->hash : (uint64_t)(uintptr_t)kernel;
}

static inline uint64_t yki_runner_serving(const yki_runner *r)
{
    return atomic_load_explicit(&r->serving, memory_order_relaxed);
}

/* ---- runner.c ---- */
void yki_runner_lock(yki_runner *r);
void yki_runner_unlock(yki_runner *r);
void yki_runner_changed(yki_runner *r);     /* wakes sleepers; lock held */
void yki_runner_wake_all(yki_runner *r);    /* and those in the queue; lock held */
/* Sleeps until something but the queue changed; false on the deadline.  Lock held. */
bool yki_runner_sleep(yki_runner *r, uint64_t deadline_ns);
uint64_t yki_runner_take_ticket(yki_runner *r);             /* lock held */
/* Other than YK_OK: the launch must end, and its turn may or may not have come.  Lock held. */
yk_status yki_runner_await_turn(yki_runner *r, uint64_t ticket, const yki_stop *stop);
/* Sleeps until a turn was passed on, or an event was cancelled.  Lock held. */
void yki_runner_sleep_for_turn(yki_runner *r, uint64_t deadline_ns);
/* Passes the turn on, in either case.  Lock held. */
void yki_runner_end_turn(yki_runner *r, uint64_t ticket);

/* ---- seat.c ---- */
/* Starts the seat's thread with an open device, which it owns from here on; with NULL
 * the thread opens the listed one. */
yk_status yki_seat_start(yki_seat *seat, yki_device *device);
/* What that thread does, for a thread that is there already; returns when closing. */
void yki_seat_main(yki_seat *seat);
void yki_seat_close(yki_seat *seat);        /* joins; the runner is closing */
/* Why a seat cannot take part in launches of this kernel; false: it can.  Lock held. */
bool yki_seat_refuses(const yki_seat *seat, const yk_kernel *kernel, char *reason, size_t size);
void yki_seat_retire(yki_seat *seat, const char *reason);   /* lock held */
/* Its program for the kernel is there.  Lock held. */
bool yki_seat_has_program(const yki_seat *seat, const yk_kernel *kernel);
/* Whether no chunk of the kernel has been timed before; from now on one has.  Lock held. */
bool yki_seat_first_time(yki_seat *seat, const yk_kernel *kernel);

/* ---- chunks.c ---- */
/* Takes orders of the launch and runs them on the seat's device until there are none,
 * or it fails.  On the seat's thread, attached; lock held on entry and return. */
void yki_seat_drive(yki_seat *seat, yki_launch *l, yki_program *program);

/* ---- opener.c ---- */
/* Opens the device a seat was listed for, on the calling thread. */
yk_status yki_opener_open(yki_seat *seat, yki_device **out, yk_diag *diag);
yk_status yki_opener_start(yki_runner *r, const yki_open_request *request, yk_diag *diag);
void yki_opener_join(struct yki_opener *opener);     /* may be NULL; the runner is closing */
/* Frees what seats' threads open by: they are joined before. */
void yki_opener_close(struct yki_opener **opener);
bool yki_opener_busy(const yki_runner *r);          /* listing or opening; lock held */
bool yki_opener_listing(const yki_runner *r);       /* seats may yet be added; lock held */
yk_status yki_opener_result(const yki_runner *r, yk_diag *diag);    /* lock held */

/* ---- host.c ---- */
/* Runs positions [begin, end) on the pool.  Returns how many of them: all, unless the launch
 * must end (yki_stop_status). */
size_t yki_host_run(yki_runner *r, yki_launch *l, size_t begin, size_t end);
/* Drives the pool through a planned launch until it is finished, or must end: then the
 * reason.  Lock held on entry and return. */
yk_status yki_host_drive(yki_runner *r, yki_launch *l);
/* Runs all of a launch, or until it must end, on the pool or, where that is quicker, on the
 * calling thread alone.  In its turn; lock not held. */
yk_status yki_host_run_all(yki_runner *r, yki_launch *l);

/* ---- launch.c ---- */
/* A launch that was asked for at start_ns, from which its deadline counts.  `ticket` was
 * taken then, and the caller ends its turn; NULL: takes one, and ends the turn. */
yk_status yki_launch_run(yki_runner *r, const uint64_t *ticket, uint64_t start_ns,
                         const yk_kernel *kernel, const yk_range *range, const void *args,
                         const yk_run_opts *opts, yk_report *report, yk_diag *diag);
yki_rate_key yki_launch_key(const yki_launch *l, size_t proc);

/* ---- report.c ---- */
void yki_report_fill(const yki_runner *r, const yki_launch *l, uint64_t end_ns, yk_report *out);

/* ---- events ---- */

typedef enum yki_event_state {
    YKI_EVENT_PREPARED = 0,
    YKI_EVENT_QUEUED,               /* has a ticket, and waits for its turn */
    YKI_EVENT_RUNNING,
    YKI_EVENT_OVER                  /* whoever made it so completes it */
} yki_event_state;

struct yk_event {
    yki_runner *runner;             /* not there any more once it is complete, */
    yki_pool *pool;                 /* nor is this, but for its own threads */
    yk_event *next, **link;         /* among the prepared, or in the queue; link: what points
                                     * to this one among the prepared */
    const yk_kernel *kernel;
    yk_range range;
    yk_run_opts opts;
    char *devices;                  /* copy of opts.devices */
    void *args;                     /* copy of the argument block */
    size_t items;
    uint64_t ticket, start_ns;      /* start_ns: of the call, from which deadlines count */
    yki_event_state state;          /* guarded by the runner's lock */
    yk_status status;               /* these three settle before done is set */
    yk_report report;
    yk_diag diag;
    _Atomic uint32_t cancel;        /* as yki_stop.cancel */
    _Atomic uint32_t done;          /* release when complete, pairs with acquire loads */
    /* Newest first; the event's own address once they are called.  Watcher's swap and the
     * completer's exchange (acquire-release). */
    _Atomic(yki_watch *) watches;
    /* The user's hold, the completer's, the queue's and others'; the last one frees. */
    _Atomic uint32_t owners;
};

/* ---- event.c ---- */
/* Checks nothing; owned by the caller and by whoever completes it.  NULL: no memory. */
yk_event *yki_event_make(yki_runner *r, const yki_call *call, const yk_run_opts *opts);
/* Fills in the outcome of an event that never ran. */
void yki_event_set_unrun(yk_event *ev, yk_status status, const char *text);
/* The outcome stands: tells those who wait.  Its state is YKI_EVENT_OVER, or nobody else can
 * complete it. */
void yki_event_settle(yk_event *ev);
/* After that: calls the watches, lets go.  Lock not held. */
void yki_event_call_watches(yk_event *ev);

/* ---- submit.c ---- */
/* Finishes what was started; completes, unrun, what was only prepared.  The runner is
 * closing. */
void yki_submitter_close(yki_runner *r);

#endif
