/* Inside pool: its lines of shared memory, and what its files call of each other.
 *
 * A launch k reaches worker w as one cache line, its mail: what to run, how the
 * range is cut, and w's own slice.  The slice is one word, (tag k, near, far), that
 * owner and thieves take from with one compare-and-swap each; since every word of a
 * launch carries its tag, a swap that succeeds also proves that the launch still
 * has work, so that a worker which comes late can never touch the next one.  A worker
 * that is known to spin is dealt the first share of its slice as already taken: it
 * starts without a swap, which would fetch the line a second time.
 *
 * A launch is over when the units that all have reported add up to its units;
 * nobody waits for a worker that took no part.
 *
 * Fields written by one launcher after another belong to whoever holds the queue
 * (queue.c).  No other file includes this one. */
#ifndef YKI_POOL_INT_H
#define YKI_POOL_INT_H

#include <pool/pool.h>

#include <sys/types.h>

/* ---- the slice word ---- */

/* 36 bits of tag, 14 of near end, 14 of far end, counted in units from the slice's
 * first.  A word whose near end lies beyond its far end is an order instead.  A tag
 * comes round again after 2^36 launches (19 hours of the shortest ones), and then
 * matters only to a thread that stood still between two instructions for exactly
 * that long. */
#define YKI_POS_BITS 14
#define YKI_POS_MAX ((1u << YKI_POS_BITS) - 1)
#define YKI_TAG_MASK ((UINT64_C(1) << (64 - 2 * YKI_POS_BITS)) - 1)

enum {
    YKI_ORDER_PARKED = 1,   /* set by the worker: asleep */
    YKI_ORDER_AWAY = 2,     /* set by the worker: yielding, or at other work */
    YKI_ORDER_PARK = 3,     /* to the worker: park */
    YKI_ORDER_QUIT = 4,     /* to the worker: end */
    YKI_ORDER_WOKEN = 5,    /* set by the notifier: woken to look for other work, and not
                             * seen since */
};

static inline uint64_t yki_word(uint64_t tag, uint64_t near, uint64_t far)
{
    return tag << (2 * YKI_POS_BITS) | near << YKI_POS_BITS | far;
}
static inline uint64_t yki_word_order(uint64_t tag, unsigned order)
{
    return yki_word(tag, order, 0);
}
static inline uint64_t yki_word_tag(uint64_t w) { return w >> (2 * YKI_POS_BITS); }
static inline uint32_t yki_word_near(uint64_t w) { return (w >> YKI_POS_BITS) & YKI_POS_MAX; }
static inline uint32_t yki_word_far(uint64_t w) { return w & YKI_POS_MAX; }
/* The order a word carries; 0: it is a slice. */
static inline unsigned yki_word_is_order(uint64_t w)
{
    return yki_word_near(w) > yki_word_far(w) ? yki_word_near(w) : 0;
}

/* ---- what a launch is ---- */

/* A unit is `unit` indices (the last may be shorter).  Slice i of `slices` holds
 * `count` units, and one more if i < extra.  Slices are dealt round the slots
 * 0 .. used-1, slice 0 to slot `first`; `caller` is the slot that the launching
 * thread stands in for, YKI_NO_SLOT where it only waits. */
#define YKI_NO_SLOT UINT16_MAX
#define YKI_SLOTS_MAX 8192

typedef struct yki_job {
    yk_body body;
    void *ctx;
    size_t n, unit;
    uint64_t tag;
    uint16_t count, extra, slices, first, used, caller;
} yki_job;

/* One cache line a worker.  All but `report` and `wake` is written by the launcher
 * before it stores `word`, and read by the worker after it read `word`.  The fields
 * are atomic since a worker that comes late may read them while the next launch is
 * being written; what it read counts only after a swap on a word of its tag, or where
 * the word came with its first share taken. */
typedef struct yki_mail {
    /* Launcher's and notifier's exchange (release) <-> worker's load (acquire);
     * claims (acquire-release) <-> claims of all others. */
    _Alignas(YKI_CACHE_LINE) _Atomic uint64_t word;
    _Atomic(yk_body) body;          /* relaxed; ordered by word, as all down to unit */
    _Atomic(void *) ctx;
    _Atomic size_t n;
    _Atomic size_t unit;
    /* Units done ever, times 2, plus 1 while a launcher sleeps on pool.join.
     * Worker's add (release) <-> launcher's load or or (acquire) in join.c. */
    _Atomic uint64_t report;
    /* Futex.  Waker's add (release) <-> parked worker's load (acquire). */
    _Atomic uint32_t wake;
    _Atomic uint16_t count, extra, slices, first, used, caller; /* relaxed, as body */
} yki_mail;

_Static_assert(sizeof(yki_mail) == YKI_CACHE_LINE, "job and slice reach a worker in one line");
_Static_assert(_Alignof(yki_mail) == YKI_CACHE_LINE, "and no two workers share one");
_Static_assert(YKI_SLOTS_MAX < YKI_NO_SLOT, "slots fit their 16 bits");

/* ---- the pool ---- */

typedef struct yki_worker {
    yki_pool *pool;
    uint16_t slot;
} yki_worker;

/* What launchers and the closer know of a slot; the last four fields belong to the
 * holder of the queue, the others never change after opening. */
typedef struct yki_slot {
    yki_worker worker;      /* the thread's argument */
    pthread_t thread;
    bool wake;              /* was parked when this launch was dealt */
    bool absent;            /* not known to spin: new, or did no unit of the launch before */
    uint64_t counted;       /* its reports up to the launch before */
    uint64_t idle_word;     /* its word when it was done with the launch before */
} yki_slot;

#define YKI_TURNS 16

/* Tickets, in order of arrival (queue.c). */
typedef struct yki_queue {
    /* next ticket << 16 | threads inside.  Leaver's sub (release) <-> the next
     * arrival's add (acquire). */
    _Alignas(YKI_CACHE_LINE) _Atomic uint64_t state;
    /* Whose turn it is, ticket t waiting on number t % YKI_TURNS.  Leaver's store
     * (release) <-> waiter's load (acquire).  Futexes. */
    _Atomic uint32_t turn[YKI_TURNS];
} yki_queue;

struct yki_pool {
    /* Never changes after opening. */
    yki_mail *mail;             /* one a slot */
    yki_slot *slots;
    uint16_t *slot_of_cpu;      /* pinned slots by CPU number */
    size_t cpus;                /* length of slot_of_cpu */
    size_t asked, pinned;
    uint16_t slot_count;        /* threads, and one slot without where some failed */
    uint16_t thread_count;      /* slots 0 .. thread_count-1 have a thread */
    uint16_t unpinned;          /* first slot without a CPU of its own, or none */
    bool no_spin;
    pid_t pid;                  /* of the process that has the threads */
    _Atomic uint32_t *alive;    /* 1; reads 0 in a child (fork.c); NULL: compare pid */

    yki_source sources[YKI_POOL_SOURCES];
    /* Adder's store (release) <-> workers' load (acquire). */
    _Atomic uint32_t source_count;

    yki_queue queue;
    uint64_t tag;               /* of the last launch; the queue holder's */

    /* The launching thread's own slice, open to thieves; as yki_mail.word. */
    _Alignas(YKI_CACHE_LINE) _Atomic uint64_t caller_word;

    /* Units that a sleeping launcher still waits for.  Workers' sub (release) <->
     * launcher's load (acquire). */
    _Alignas(YKI_CACHE_LINE) _Atomic int64_t missing;
    _Atomic uint32_t join;      /* futex; last worker's add (release) <-> launcher's load */

    /* Workers asleep; a hint, so relaxed. */
    _Alignas(YKI_CACHE_LINE) _Atomic uint32_t parked;
};

/* ---- launch.c ---- */

/* The pinned slot of the CPU that this thread is on, or YKI_NO_SLOT. */
uint16_t yki_core_slot(const yki_pool *pool);

/* ---- slice.c ---- */

/* Cuts [0, n) into job->slices slices of units, job->slices given as the most there
 * may be; fills unit, count, extra and slices.  n >= 1. */
void yki_job_cut(yki_job *job, size_t n, size_t grain);
/* Number of the slice dealt to `slot`; job->slices or more: it has none. */
unsigned yki_job_slice(const yki_job *job, unsigned slot);
/* Units of slice i. */
unsigned yki_job_units(const yki_job *job, unsigned i);
/* How many of `left` units to take at once. */
unsigned yki_job_share(const yki_job *job, unsigned left);
/* Takes some units of the slice at `word` and runs them as worker `me`: from its
 * near end, or from its far end.  `slice` is its number.  Returns the units done; 0
 * where nothing was left, or the word belongs to another launch. */
unsigned yki_job_take_near(const yki_job *job, _Atomic uint64_t *word, unsigned slice, size_t me);
unsigned yki_job_take_far(const yki_job *job, _Atomic uint64_t *word, unsigned slice, size_t me);
/* Runs `units` units from number `from` of slice i on, already taken. */
void yki_job_body(const yki_job *job, unsigned i, unsigned from, unsigned units, size_t me);
/* The word that holds the slice of `slot` in this launch. */
_Atomic uint64_t *yki_job_word(yki_pool *pool, const yki_job *job, unsigned slot);

/* ---- worker.c ---- */

void *yki_worker_main(void *worker);
/* Does what is left of the launch whose slice came with the word `w`. */
void yki_worker_launch(yki_pool *pool, yki_mail *mail, unsigned me, uint64_t w);
/* A launch may leave a share with a worker that spins, and must not with one that is about to
 * do something else.  False: work came instead. */
bool yki_worker_leave(yki_mail *mail, uint64_t w);
/* Wakes the worker of `mail`, found parked. */
void yki_worker_wake(yki_mail *mail);

/* ---- queue.c ---- */

/* Waits for this thread's turn, asleep or helping; returns its ticket. */
uint64_t yki_queue_enter(yki_pool *pool);
void yki_queue_leave(yki_queue *queue, uint64_t ticket);
/* Whether anybody launches or waits to; a hint. */
bool yki_queue_busy(const yki_queue *queue);

/* ---- join.c ---- */

/* Helps with, then waits for, the rest of a launch of which the calling thread has
 * done `own` of `total` units. */
void yki_join(yki_pool *pool, const yki_job *job, uint64_t own, uint64_t total);

/* ---- fork.c ---- */

/* Makes pool->alive, as far as the system can. */
void yki_fork_watch(yki_pool *pool);
void yki_fork_unwatch(yki_pool *pool);

#endif
