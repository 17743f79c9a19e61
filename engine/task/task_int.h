/* Inside task: what its files share.
 *
 * A task's life is one word, its state: phase, flags and references together, so that each
 * step of it is one swap.  It begins QUEUED (or WAITING, for others to complete); whoever
 * swaps QUEUED for RUNNING runs it, be it a worker that took it from a deque or a thread that
 * waits for it and cannot wait for its turn; whoever swaps QUEUED for DONE has cancelled it.
 * So an entry of a deque is only a hint that there may be something to run, and holds a
 * reference.  Tasks that nobody has a future of are PLAIN: no one but the taker of their
 * entry ever looks at their state. */
#ifndef YKI_TASK_INT_H
#define YKI_TASK_INT_H

#include <task/blocking.h>
#include <task/deque.h>
#include <task/task.h>

#include <pthread.h>

/* ---- a task ---- */

/* yki_task.state */
enum {
    YKI_TASK_WAITING = 0,       /* for what it comes after, or for a launch */
    YKI_TASK_QUEUED = 1,
    YKI_TASK_RUNNING = 2,
    YKI_TASK_DONE = 3,
    YKI_TASK_PHASE = 3,         /* mask */
    YKI_TASK_SLEEPERS = 4,      /* somebody sleeps on the word */
    YKI_TASK_WATCHED = 8,       /* extra->watches is not empty; never cleared */
    YKI_TASK_LOCK = 16,         /* somebody changes extra or its watches; held for moments */
    YKI_TASK_REF = 256          /* one reference: the user's, the queue's or runner's */
};

/* yki_task.flags, beside the user's */
enum {
    YKI_TASK_PLAIN = 256,       /* without a future: neither claimed nor watched */
    YKI_TASK_IN_BODY = 512,     /* submitted inside a body: its launches run serially */
    YKI_TASK_GROUPED = 1024,    /* owner is a group */
    YKI_TASK_EVENT = 2048,      /* stands for a launch: extra->event */
    YKI_TASK_STARTS = 4096      /* starts a launch: runs also where others would be dropped */
};

typedef struct yk_future yki_task;

/* Something to be done when a task is complete.  Tasks that will not run because of that are
 * linked to *dead, claimed: the caller ends them when fn has returned, so that a long chain of
 * them is no deep stack. */
typedef struct yki_done {
    struct yki_done *next;
    void (*fn)(yki_task *task, struct yki_done *done, yki_task **dead);
    /* NULL, or called first, before anybody can see that the task is complete, if done was there
     * by then; under the task's LOCK. */
    void (*before)(struct yki_done *done);
} yki_done;

/* What few tasks have. */
typedef struct yki_extra {
    yki_done *watches;              /* guarded by LOCK */
    char message[208];              /* the runner's; others' once it is complete */
    yk_event *event;                /* of EVENT: held */
    /* What it comes after. */
    _Atomic size_t missing;         /* not complete yet; acquire-release */
    _Atomic uint32_t failed;        /* status of the first that failed; swap (acquire-release) */
    size_t n_after;
    struct yki_after *after;        /* n_after, with references to them */
    yki_task *next_waiting;         /* in its group's list, and where that points to it; NULL: it */
    yki_task **waiting_at;          /* is not there.  Guarded by the room's lock */
} yki_extra;

typedef struct yki_after {
    yki_done done;
    yki_task *self;                 /* whose dependency this is */
    yki_task *on;
} yki_after;

struct yk_future {
    yki_link link;                  /* in the crew's queue, the shared one, or a free list */
    /* While it runs: number of the hand + 1 << 48 | mark, so that those who wait for it find
     * what it has submitted (queues.c); 0: unknown. */
    _Atomic uint64_t where;
    yk_task_fn fn;
    void *arg;
    _Atomic uint32_t state;
    _Atomic uint32_t asked;         /* to end; asker's store (release) <-> loads (acquire) */
    yk_status status;               /* before DONE is stored (release) */
    uint32_t flags;
    void *owner;                    /* yk_group if GROUPED, else yki_tasks */
    _Atomic(yki_extra *) extra;     /* NULL: nothing; release <-> acquire */
};

_Static_assert(sizeof(struct yk_future) <= YKI_CACHE_LINE, "a task is one line");

static inline unsigned yki_task_phase(const yki_task *t)
{
    return atomic_load_explicit(&t->state, memory_order_acquire) & YKI_TASK_PHASE;
}

/* ---- a thread with a deque ---- */

#define YKI_CRATE 128               /* tasks' memory that changes hands at once */

/* Tasks whose entries one thread has, its memory for tasks, and its counts.  The pool's
 * workers have one each, other threads while there are some left.  Only the thread that owns
 * it changes anything but the deque's top. */
typedef struct yki_hand {
    yki_deque deque;
    _Alignas(YKI_CACHE_LINE) yki_tasks *tasks;
    uint32_t number;
    uint32_t n_tiny;                /* stolen tasks that were hardly worth it */
    uint32_t ticks;                 /* entries taken; now and then others come first */
    size_t n_free;                  /* memory for tasks */
    yki_task *free[2 * YKI_CRATE];
    struct yki_hand *victim;        /* whose deque the last entry came from; NULL: none */
    uint64_t woke_ns;               /* when it last left something behind for others */
    yk_group *done_group;           /* whose done_count ends are not in its count yet */
    uint32_t done_count;
    /* Tasks submitted and completed by this thread ever.  Owner's store (release) <-> closer's
     * load (acquire). */
    _Atomic uint64_t submitted, completed;
    /* A worker's: keeps apart (queues.c), and so its core is free; sequentially consistent, as
     * offered: cleared before it looks again. */
    _Atomic uint32_t apart;
    int64_t since;                  /* a guest's: mark when its thread took the hand */
    bool waits_long;                /* a worker's: for SHY_NS by now, see run.c and group.c */
    /* Others' hands: has a thread.  Leaver's store (release) <-> next one's swap (acquire). */
    _Atomic uint32_t owned;
    _Atomic uint32_t holders;       /* the room and its thread; the last one frees it */
} yki_hand;

#define YKI_GUESTS 16               /* hands for threads that are no workers */
#define YKI_SLAB_TASKS 1024

/* ---- a group ---- */

struct yk_group {
    yki_tasks *tasks;
    _Atomic uint32_t asked;         /* cancelled: as yki_task.asked */
    _Atomic uint32_t failed;        /* status of the first that failed; swap */
    char message[208];              /* that one's, before it counts as ended */
    char said[208];                 /* what yk_group_message returns */
    /* As yki_task.where, of one of its tasks that another thread took. */
    _Atomic uint64_t where;
    yk_group *next, *older;         /* in the list of free ones; of all */
    yki_task *waiting;              /* its tasks that come after others; the room's lock */
    /* Of a map's group, set before it has tasks: with what else they are asked to end, and
     * when in any case (as in yki_cancel). */
    const yki_cancel *up;
    uint64_t deadline_ns;
    /* Tasks submitted ever, by the thread that opened the group, with a plain store, and by
     * others; relaxed: they come before the submitter's own end. */
    _Alignas(YKI_CACHE_LINE) _Atomic uint32_t submitted_home;
    yki_hand *home;
    _Atomic uint32_t submitted;
    /* Tasks ended ever, times 2, plus 1 while somebody sleeps on it.  The enders' add (release)
     * is the last that they do with the group; waiter's load (acquire). */
    _Alignas(YKI_CACHE_LINE) _Atomic uint32_t ended;
};

/* ---- the room ---- */

enum { YKI_TASKS_OPEN, YKI_TASKS_CLOSING, YKI_TASKS_STOPPED };

struct yki_tasks {
    yki_pool *pool;
    yki_runner *runner;
    yki_crew *crew;
    bool no_spin;                   /* a CPU quota binds */
    size_t workers;                 /* hands 0 .. workers-1 are theirs */
    bool no_threads;                /* the pool has none: who waits works */
    pthread_key_t key;              /* each other thread's hand */
    bool has_key;

    /* There may be something to take: see queues.c. */
    _Alignas(YKI_CACHE_LINE) _Atomic uint32_t offered;

    _Alignas(YKI_CACHE_LINE) _Atomic uint32_t n_hands;  /* release <-> acquire */
    _Atomic(yki_hand *) *hands;     /* workers + YKI_GUESTS */
    _Atomic uint32_t state;         /* YKI_TASKS_OPEN ...; release <-> acquire */
    /* As yki_task.asked, for all; 2: nor is anybody to wait for those any more. */
    _Atomic uint32_t stopped;
    _Atomic uint32_t progress;      /* futex of the closer */

    pthread_mutex_t lock;           /* guards all below, and the making of hands */
    yki_link *first, **last;        /* entries of threads without a hand, oldest first */
    _Atomic size_t shared_count;    /* of them; a hint, sequentially consistent */
    struct yki_crate *full, *empty; /* store.c: free memory in crates, crates without any */
    yki_task *spare;                /* and single tasks */
    yk_group *groups, *all_groups;  /* free ones, and all: their memory stays */
    struct yki_slab *slabs;
    uint32_t slab_used;             /* tasks of the first slab that were given out */
    _Atomic uint64_t submitted, completed;  /* by threads without a hand */
};

static inline yki_tasks *yki_task_owner(const yki_task *t)
{
    if (t->flags & YKI_TASK_GROUPED) return ((const yk_group *)t->owner)->tasks;
    return t->owner;
}
static inline yk_group *yki_task_group(const yki_task *t)
{
    return t->flags & YKI_TASK_GROUPED ? t->owner : NULL;
}

/* The LOCK in a task's state; spins, since it is held for moments. */
void yki_task_lock(yki_task *t);
void yki_task_unlock(yki_task *t);

/* ---- store.c ---- */
bool yki_store_refill(yki_tasks *ts, yki_hand *h);      /* false: no memory */
void yki_store_spill(yki_tasks *ts, yki_hand *h);       /* of a full one */
yki_task *yki_store_take_single(yki_tasks *ts);
void yki_store_give_single(yki_tasks *ts, yki_task *t);
void yki_store_close(yki_tasks *ts);

#ifdef YKI_STORE_REPLACED       /* by tests that watch over every task's memory */
yki_task *yki_store_take(yki_tasks *ts, yki_hand *h);
void yki_store_give(yki_tasks *ts, yki_hand *h, yki_task *t);
#else
/* Tasks fall out of the cache while they lie in the store; so many are fetched ahead. */
#define YKI_FETCH_AHEAD 8

/* Memory for a task, not cleared; NULL: none.  h may be NULL. */
static inline yki_task *yki_store_take(yki_tasks *ts, yki_hand *h)
{
    if (!h) return yki_store_take_single(ts);
    if (h->n_free == 0 && !yki_store_refill(ts, h)) return NULL;
    size_t n = --h->n_free;
    __builtin_prefetch(h->free[n >= YKI_FETCH_AHEAD ? n - YKI_FETCH_AHEAD : 0], 1);
    return h->free[n];
}

static inline void yki_store_give(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    if (!h) {
        yki_store_give_single(ts, t);
        return;
    }
    if (h->n_free == YKI_COUNT(h->free)) yki_store_spill(ts, h);
    h->free[h->n_free++] = t;
}
#endif

/* ---- queues.c ---- */
/* The calling thread's hand; NULL: it has none. */
yki_hand *yki_hand_of(yki_tasks *ts);
/* The same of one that is no worker, but only if it has got one already. */
yki_hand *yki_hand_held(yki_tasks *ts);
void yki_hand_release(void *hand);      /* a thread ends; pthread_key_create's destructor */
yk_status yki_hands_open(yki_tasks *ts);
void yki_hands_close(yki_tasks *ts);
/* Puts a task where a thread of its kind will find it.  Cannot fail. */
void yki_queue_put(yki_tasks *ts, yki_hand *h, yki_task *t);
/* The next entry for a thread that may run anything; NULL: there is none. */
yki_task *yki_queue_find(yki_tasks *ts, yki_hand *h, bool *stolen);
/* A task of the group that no thread has in its own deque: of the shared ones, or, if `crew`, of
 * those that wait for a thread of the crew. */
yki_task *yki_queue_take_grouped(yki_tasks *ts, const yk_group *g, bool crew);
/* One that some thread has in its deque.  Entries that are in its way become shared ones. */
yki_task *yki_queue_search(yki_tasks *ts, yki_hand *h, const yk_group *g);
/* An entry that was submitted by what `where` says is running. */
yki_task *yki_queue_find_below(yki_tasks *ts, _Atomic uint64_t *where);
/* The pool's source. */
bool yki_queue_ready(void *tasks);
bool yki_queue_run(void *tasks, size_t worker);
/* Whether the worker of the calling thread's core is at work on tasks; a hint. */
bool yki_queue_core_taken(const yki_tasks *ts);
/* Whether a thread that is no worker and waits is to work meanwhile; slow: what it has run so
 * far took long. */
bool yki_queue_lets_work(const yki_tasks *ts, bool slow);
/* Tasks that are not complete; exact where it says 0. */
uint64_t yki_tasks_left(yki_tasks *ts);

/* ---- run.c ---- */
/* Swaps `from` for RUNNING, and adds refs; false: it was in another phase.  Whoever claims a
 * task ends it. */
bool yki_task_claim(yki_task *t, unsigned from, uint32_t refs);
/* The end of a claimed task, and of `drop` (0 or one YKI_TASK_REF) of its references: tells all
 * who wait or watch. */
void yki_task_end(yki_tasks *ts, yki_hand *h, yki_task *t, yk_status st, uint32_t drop);
/* Ends a task that has not begun and will not be run, since its group was cancelled or its engine
 * closed, without waiting for a thread to find it.  False: it is none, or has ended. */
bool yki_task_end_unwanted(yki_tasks *ts, yki_hand *h, yki_task *t);
/* Ends those that yki_done.fn left. */
void yki_task_end_dead(yki_tasks *ts, yki_hand *h, yki_task *dead);
/* Leaves a message in a claimed task; lost where there is no memory. */
void yki_task_say(yki_task *t, const char *format, ...) YK_PRINTF(2, 3);
/* Why a task that has been claimed is not to run: the status with which it ends; YK_OK: it is. */
yk_status yki_task_refusal(const yki_tasks *ts, yki_task *t);
/* What an entry of a queue leads to: runs it unless it has begun or ended by now.  Takes over
 * the entry's reference.  stolen: it was another's. */
void yki_run_entry(yki_tasks *ts, yki_hand *h, yki_task *t, bool stolen);
/* Runs a task that somebody has a reference to, if it has not begun; false: it has, or must
 * not run here. */
bool yki_run_claimed(yki_tasks *ts, yki_hand *h, yki_task *t);
/* The crew's function. */
void yki_run_blocking(void *tasks, yki_link *item);
void yki_task_drop(yki_tasks *ts, yki_hand *h, yki_task *t);
/* Gives back a task that nobody else has seen. */
void yki_task_discard(yki_tasks *ts, yki_hand *h, yki_task *t);
/* Counts a task as complete for closers. */
void yki_task_count(yki_tasks *ts, yki_hand *h);
/* The task's extra, made now if need be; NULL: no memory. */
yki_extra *yki_task_extra(yki_task *t);
/* The task that the calling thread is in, or NULL. */
yki_task *yki_task_current(void);
/* By what a task is asked to end. */
yki_cancel yki_task_cancel_words(const yki_tasks *ts, const yki_task *t);

/* ---- watch.c ---- */
/* Has done->fn called when t is complete, or now.  YK_E_NOMEM. */
yk_status yki_task_watch(yki_task *t, yki_done *done);
/* Takes that back; false: it has been called, or is about to be. */
bool yki_task_unwatch(yki_task *t, yki_done *done);

/* ---- submit.c ---- */
/* All that t comes after is complete: queues it, or, where it is not to run, links it to *dead
 * (see yki_done). */
/* Gives back what t came after, once it is all complete and its statuses are not wanted any
 * more. */
void yki_task_let_go(yki_tasks *ts, yki_hand *h, yki_task *t);
void yki_task_ready(yki_tasks *ts, yki_hand *h, yki_task *t, yki_task **dead);
/* A task with nothing set but these; NULL: no memory. */
yki_task *yki_task_make(yki_tasks *ts, yki_hand *h, uint32_t state, uint32_t flags);
/* Counts one as submitted. */
void yki_task_count_in(yki_tasks *ts, yki_hand *h, yk_group *g);
/* As yki_tasks_submit, with opts and further flags. */
yk_status yki_tasks_submit_as(yki_tasks *ts, yk_task_fn fn, void *arg, const yk_task_opts *opts,
                              uint32_t flags, yk_future **out);

/* ---- events.c ---- */
/* As yk_future_cancel, of a launch's future. */
int yki_task_cancel_event(yki_task *t);

/* ---- wait.c ---- */
/* A wait: until done(ctx), working meanwhile where that is right. */
typedef struct yki_wait {
    yki_tasks *tasks;
    uint64_t deadline_ns;           /* UINT64_MAX: none */
    bool (*done)(void *ctx);
    void *ctx;
    /* Announces a sleeper; returns the word's value with which to sleep; *word gets it. */
    uint32_t (*arm)(void *ctx, _Atomic uint32_t **word);
    /* Before a sleep: ends what will never run of what is waited for; false: nothing did. */
    bool (*clear)(void *ctx, yki_hand *h);
    /* Runs something of what is waited for; false: there was nothing to begin. */
    bool (*help)(void *ctx, yki_hand *h);
    /* The same where that means looking far; called seldom.  NULL: there is no such place. */
    bool (*search)(void *ctx, yki_hand *h);
    _Atomic uint64_t *where;        /* of what is waited for, or NULL */
    unsigned helped;                /* how often it has; kept from wait to wait, as is */
    bool slow;                      /* that it took long */
    bool patient;                   /* the first of several: threads that are no workers do not
                                     * work, since that would hold up news of the others */
} yki_wait;
/* False on the deadline, or when the engine was closed without further patience. */
bool yki_wait_for(yki_wait *w);
/* Runs t, or the first thing that must run before it can; false: there is nothing to begin. */
bool yki_wait_help_task(yki_tasks *ts, yki_hand *h, yki_task *t);
uint64_t yki_deadline(double timeout_s);

/* ---- group.c ---- */
/* h's ends that its group does not know of yet. */
void yki_group_flush(yki_hand *h);
void yki_group_ended(yki_hand *h, yk_group *g);
void yki_groups_close(yki_tasks *ts);
/* A task of a group that comes after others: from its submission until it is ready.  False: the
 * group is cancelled. */
bool yki_group_add_waiting(yk_group *g, yki_task *t);
void yki_group_remove_waiting(yk_group *g, yki_task *t);
void yki_group_failed(yk_group *g, yk_status st, const char *message);

#endif
