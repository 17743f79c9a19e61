/* forkjoin: what waking a second thread and waiting for it cost, beyond the work itself;
 * see case.h.
 *
 * Yoke's pool, OpenMP, and with --peers other runtimes that have such a loop: each in a
 * process of its own, taking turns, a median over many loops in each turn (peers/forkjoin.c).
 * Only loops in which two threads took part count: a runtime whose calling thread does all
 * the work by itself has not forked. */
#include <stdio.h>

#include "base/base.h"
#include "case.h"
#include "peers/turns.h"

enum { ROUNDS = 9, QUICK_ROUNDS = 3, QUICK_PART = 4 };
static const double LIMIT_S = 60, SHARE_LEAST = 0.05;

static const bench_row rows[] = {
    {"forkjoin", 0, "2 threads, back to back", BENCH_ROW_NO_DEVICES},
    {"forkjoin_20us", 0, "2 threads, after 20 us of other work", BENCH_ROW_NO_DEVICES},
    {"forkjoin_100us", 0, "2 threads, after 100 us of other work", BENCH_ROW_NO_DEVICES},
    {"forkjoin_1ms", 0, "2 threads, after 1 ms of other work", BENCH_ROW_NO_DEVICES},
};
/* By row: what lies between loops, and how many loops a turn has. */
static const struct {
    size_t gap_us, loops;
} kinds[YKI_COUNT(rows)] = {{0, 20000}, {20, 4000}, {100, 1500}, {1000, 200}};

static const char *refuses(const bench_answer *a)
{
    return a->share < SHARE_LEAST ? "a second thread seldom took part" : NULL;
}

/* The fastest of the others, and how the pool compares. */
static void put_note(const bench_turns *t)
{
    bench_result *r = &t->shared->result;
    const bench_peer *pool = &t->series[BENCH_RUNTIME_POOL].peer, *best = bench_fastest_other(t);
    if (pool->status != BENCH_OK)
        snprintf(r->note, sizeof r->note, "pool: %.160s", pool->reason);
    else if (best && best->bench_time.median_s > 0)
        snprintf(r->note, sizeof r->note,
                 "%.2f of the fastest other (%s); both threads took part in %.0f %%",
                 pool->bench_time.median_s / best->bench_time.median_s, best->name,
                 100 * t->share[BENCH_RUNTIME_POOL]);
}

static int measure(bench_shared *shared, const bench_row *row)
{
    size_t kind = (size_t)(row - rows), loops = kinds[kind].loops;
    bench_turns t = {.shared = shared, .does = BENCH_FORKS, .order = "forkjoin",
                     .elements = kinds[kind].gap_us, .threads = 2,
                     .samples = shared->job.quick ? loops / QUICK_PART : loops,
                     .rounds = shared->job.quick ? QUICK_ROUNDS : ROUNDS,
                     .limit_s = LIMIT_S, .refuses = refuses};
    bench_take_turns(&t);
    put_note(&t);
    return YKI_EXIT_OK;
}

const bench_case bench_case_forkjoin = {
    .name = "forkjoin", .about = "wake a second thread and wait for it",
    .n_rows = YKI_COUNT(rows), .rows = rows, .measure = measure,
};
