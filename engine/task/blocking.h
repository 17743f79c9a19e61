/* blocking: threads for work that sleeps or waits, as many as there is work for.
 *
 * A crew takes items in order and runs each on one of its threads.  A push wakes one idle
 * thread; if none is idle a further one is started, up to the limit, and beyond that items
 * wait.  A thread that has been idle for a while ends.  Threads are not pinned: they have
 * the affinity that the opener of the crew had, wherever pushes come from.
 *
 * New threads start the next ones, so that a burst costs whoever pushes it at most one.
 * Where the system grants no further thread, the threads that exist do all; another is tried
 * for after some milliseconds, at the next push or end of an item.
 *
 * Knows nothing of tasks and futures.  It is no use in a child of the process that opened
 * it: there it may be closed, nothing else. */
#ifndef YKI_BLOCKING_H
#define YKI_BLOCKING_H

#include <base/base.h>

/* The first member of whatever is pushed; the crew's until it is run. */
typedef struct yki_link {
    struct yki_link *next;
} yki_link;

typedef struct yki_crew yki_crew;

typedef struct yki_crew_opts {
    size_t limit;               /* most threads, at least 1 */
    uint64_t idle_ns;           /* a thread that is idle so long ends; 0: 2 s */
    void (*run)(void *ctx, yki_link *item);     /* once for each item; it may push */
    void *ctx;                  /* of run */
} yki_crew_opts;

/* Starts no thread yet.  YK_E_INVALID: no limit or no run.  YK_E_NOMEM. */
yk_status yki_crew_open(yki_crew **out, const yki_crew_opts *opts, yk_diag *diag);

/* Any thread, from within run too.  False: no thread runs and none can be started; the item
 * is not taken. */
bool yki_crew_push(yki_crew *crew, yki_link *item);

/* Takes the first queued item that fits(item, ctx), for whoever waits for it to run; NULL:
 * there is none. */
yki_link *yki_crew_take(yki_crew *crew, bool (*fits)(const yki_link *item, const void *ctx),
                        const void *ctx);

/* Whether items are queued for which no thread is on its way: there are as many as there may be,
 * or the system grants none. */
bool yki_crew_is_stuck(yki_crew *crew);

/* Threads that run, or are about to. */
size_t yki_crew_threads(const yki_crew *crew);
size_t yki_crew_limit(const yki_crew *crew);

/* Has everything run that was pushed, also from within run meanwhile, and ends all threads.
 * Not from within run, nor beside a push of other threads.  Takes NULL, and clears *crew. */
void yki_crew_close(yki_crew **crew);

#endif
