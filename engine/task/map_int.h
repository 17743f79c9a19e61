/* map_int: what a parallel map and a stream have in common.
 *
 * Runners, tasks of one group, take items in order and call the user's function; the
 * caller works as they do, or looks after the clock.  The state here says up to where items
 * begin, why not further, what failed first, and how far all has come.  Used by map.c and
 * stream.c.  Unless a function says otherwise every runner may call it, all at once. */
#ifndef YKI_MAP_INT_H
#define YKI_MAP_INT_H

#include <task/map.h>
#include <task/map_meter.h>
#include <task/task_int.h>

/* Why no further items begin. */
enum {
    YKI_MAP_GOES_ON = 0,
    YKI_MAP_FAILED,             /* something did, and YK_ALL_ERRORS was not asked for */
    YKI_MAP_TIMEOUT,
    YKI_MAP_CANCELLED
};

#define YKI_MAP_BATCH_NS UINT64_C(200000)   /* what a batch is to take */

typedef struct yki_map_state {
    /* ---- set up before there are runners ---- */
    yki_tasks *tasks;
    yk_map_fn fn;
    void *ctx;
    yk_task_fn runner;
    void *arg;                  /* of runner */
    size_t total;               /* items; 0: not known */
    size_t jobs;                /* most calls of fn at once */
    yk_map_opts opts;           /* what was asked for */
    const yki_cancel *up;       /* with what the caller is asked to end, or NULL */
    yk_group *group;            /* of the runners; `own` while there are none */
    bool reports;               /* the caller, and nobody else, calls progress */
    uint64_t start_ns;
    uint64_t deadline_ns;       /* UINT64_MAX: none */
    uint64_t every_ns;          /* between two calls of progress */
    yk_group own;               /* never has tasks */
    yki_task self;              /* what the caller is in when it works; of `group` */

    /* ---- when to stop ---- */
    /* Items at or behind it do not begin.  Only goes down.  Relaxed: one that begins all the
     * same does no harm. */
    _Alignas(YKI_CACHE_LINE) _Atomic size_t end;
    _Atomic uint32_t why;       /* YKI_MAP_*, the first reason; relaxed */
    _Atomic uint32_t cut;       /* by time or cancelling: not even what is taken need run */
    _Atomic size_t batch;       /* items that lately took about YKI_MAP_BATCH_NS; relaxed */

    /* ---- how far it has come ---- */
    _Alignas(YKI_CACHE_LINE) _Atomic size_t done;   /* items that are complete; relaxed */
    _Atomic size_t failed;                          /* of those; relaxed */
    _Atomic uint64_t next_ns;   /* when progress is due; relaxed */
    _Atomic uint32_t talking;   /* somebody is in progress: taken acquire, given back release */
    yki_meter meter;            /* of whoever is talking */

    /* ---- what failed ---- */
    /* Position of the first failed item in order, SIZE_MAX: none.  Changed under the lock;
     * relaxed, since those who read it without only want to save themselves the lock. */
    _Atomic size_t first;
    pthread_mutex_t lock;       /* guards what follows */
    yk_status first_status;
    char first_message[208];

    /* ---- runners that may not have begun ---- */
    yk_future **queued;         /* n_queued of `room`; `few`, where memory is short */
    size_t n_queued, room;
    yk_future *few[8];
    bool dismissed;             /* no more are wanted */
} yki_map_state;

/* Checks and takes over the options (NULL: none); the clock runs from here.  At most `most`
 * items are ever under way at once.  tasks to total have been set, all else is zero.  On
 * success it must come to yki_map_end or yki_map_close.  Caller. */
yk_status yki_map_begin(yki_map_state *m, size_t most, const yk_map_opts *opts);

/* Whether the caller is inside a task or a body: then nobody else may be free to work. */
bool yki_map_is_inside(const yki_map_state *m);

/* Has one more runner work; false: it cannot be had. */
bool yki_map_hire(yki_map_state *m);

/* Inside a runner that has worked for a while: true if it has been queued once more, behind
 * others, and should return. */
bool yki_map_give_way(yki_map_state *m);

/* There is nothing left to take: runners that have not begun never will.  They might be waited
 * for in vain, with all threads waiting for such as they are. */
void yki_map_dismiss(yki_map_state *m);

/* work(arg) on this thread, as if in a runner.  Caller. */
void yki_map_here(yki_map_state *m, yk_task_fn work, void *arg);

/* Item `index` has failed, or left a message, which no other is to be taken to have left.
 * Returns st.  Inside a runner. */
yk_status yki_map_note(yki_map_state *m, size_t index, yk_status st);

/* Calls fn for item `index`, inside the runner `self`. */
static inline yk_status yki_map_call(yki_map_state *m, const yki_task *self, size_t index,
                                     const void *in, void *out)
{
    yk_status st = m->fn(m->ctx, in, out);
    if (st == YK_OK && !atomic_load_explicit(&self->extra, memory_order_relaxed)) return st;
    return yki_map_note(m, index, st);
}

/* So many items more are complete, `failed` of them failed. */
void yki_map_count(yki_map_state *m, size_t done, size_t failed);

/* `items` of them took `ns`. */
void yki_map_learn(yki_map_state *m, size_t items, uint64_t ns);
/* How many to run between two looks at the clock, and how many to take, of `left`. */
size_t yki_map_stride(const yki_map_state *m);
size_t yki_map_share(const yki_map_state *m, size_t left);

/* No item at or behind `end` begins from now on; unless it was for a failure, those that run
 * are asked to end. */
void yki_map_stop(yki_map_state *m, unsigned why, size_t end);

/* Whether an item may begin. */
static inline bool yki_map_may(const yki_map_state *m, size_t index)
{
    return index < atomic_load_explicit(&m->end, memory_order_relaxed);
}

/* Whether it has been stopped for another reason than a failure. */
static inline bool yki_map_is_cut(const yki_map_state *m)
{
    return atomic_load_explicit(&m->cut, memory_order_relaxed) != 0;
}

/* Now and then: stops the map if its time is up or it is cancelled, and reports progress if
 * that is due.  Inside a runner, or caller. */
void yki_map_look(yki_map_state *m, uint64_t now_ns, bool is_caller);

/* When the caller must look again, if it only waits; UINT64_MAX: never. */
uint64_t yki_map_next_look(const yki_map_state *m);

/* Waits for all runners, and looks now and then.  Caller. */
void yki_map_join(yki_map_state *m);

/* After the join: reports progress for the last time, fills in what was asked for, closes,
 * and returns the status of the whole.  complete: every item ran.  st: of what failed before
 * any item in order, whose diagnostic is not filled in here; or YK_OK.  Caller. */
yk_status yki_map_end(yki_map_state *m, bool complete, yk_status st);

/* Releases what yki_map_begin took.  Caller. */
void yki_map_close(yki_map_state *m);

#endif
