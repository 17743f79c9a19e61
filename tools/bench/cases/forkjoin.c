/* forkjoin: what waking a second thread and waiting for it cost, beyond the work itself;
 * see case.h.
 *
 * Yoke's pool, OpenMP, and with --peers other runtimes that have such a loop: each in a
 * process of its own, taking turns, a median over many loops in each turn (peers/forkjoin.c).
 * Only loops in which two threads took part count: a runtime whose calling thread does all
 * the work by itself has not forked. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "case.h"
#include "peers/ask.h"

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

typedef struct forks {
    bench_shared *shared;
    const bench_row *row;
    bench_series series[BENCH_RUNTIMES];
    double share[BENCH_RUNTIMES];   /* the least of all turns */
} forks;

static void take_turn(forks *all, size_t k)
{
    bench_series *s = &all->series[k];
    size_t kind = (size_t)(all->row - rows), loops = kinds[kind].loops;
    bench_answer a;
    bench_step(all->shared, BENCH_ACTIVE_NONE, LIMIT_S + 10, "%s: %s", all->row->name,
               s->runtime->name);
    bench_ask_runtime(&a, s->runtime, "forkjoin", kinds[kind].gap_us, 2,
                      all->shared->job.quick ? loops / QUICK_PART : loops, LIMIT_S);
    if (a.status == BENCH_OK) all->share[k] = fmin(all->share[k], a.share);
    if (a.status == BENCH_OK && a.share < SHARE_LEAST) {
        a = (bench_answer){.status = BENCH_UNSUPPORTED};
        snprintf(a.reason, sizeof a.reason, "a second thread seldom took part");
    }
    bench_series_add(s, &a);
}

static bool is_asked(const forks *all, size_t k)
{
    if (all->series[k].peer.status != BENCH_OK || !bench_runtimes[k].forks) return false;
    return all->shared->job.peers || k == BENCH_RUNTIME_POOL || k == BENCH_RUNTIME_OPENMP;
}

/* The fastest of the others, and how the pool compares. */
static void put_note(forks *all)
{
    bench_result *r = &all->shared->result;
    const bench_peer *pool = &all->series[BENCH_RUNTIME_POOL].peer, *best = NULL;
    for (size_t k = BENCH_RUNTIME_OPENMP; k < BENCH_RUNTIMES; k++) {
        const bench_peer *p = &all->series[k].peer;
        if (p->status != BENCH_OK || p->bench_time.reps == 0) continue;
        if (!best || p->bench_time.median_s < best->bench_time.median_s) best = p;
    }
    if (pool->status != BENCH_OK)
        snprintf(r->note, sizeof r->note, "pool: %.160s", pool->reason);
    else if (best && best->bench_time.median_s > 0)
        snprintf(r->note, sizeof r->note,
                 "%.2f of the fastest other (%s); both threads took part in %.0f %%",
                 pool->bench_time.median_s / best->bench_time.median_s, best->name,
                 100 * all->share[BENCH_RUNTIME_POOL]);
}

static int measure(bench_shared *shared, const bench_row *row)
{
    bench_result *r = &shared->result;
    forks all = {.shared = shared, .row = row};
    size_t n = shared->job.quick ? QUICK_ROUNDS : ROUNDS;
    for (size_t k = 0; k < BENCH_RUNTIMES; k++) {
        all.series[k].runtime = &bench_runtimes[k];
        all.share[k] = 1;
    }
    for (size_t round = 0; round < n; round++)
        for (size_t k = 0; k < BENCH_RUNTIMES; k++)
            if (is_asked(&all, (k + round) % BENCH_RUNTIMES))
                take_turn(&all, (k + round) % BENCH_RUNTIMES);
    for (size_t k = 0; k < BENCH_RUNTIMES; k++) {
        bench_series_end(&all.series[k]);
        if (shared->job.peers && bench_runtimes[k].forks)
            r->peers[r->n_peers++] = all.series[k].peer;
    }
    r->threads = 2;
    r->pool = all.series[BENCH_RUNTIME_POOL].peer.bench_time;
    r->openmp = all.series[BENCH_RUNTIME_OPENMP].peer.bench_time;
    put_note(&all);
    return YKI_EXIT_OK;
}

const bench_case bench_case_forkjoin = {
    .name = "forkjoin", .about = "wake a second thread and wait for it",
    .n_rows = YKI_COUNT(rows), .rows = rows, .measure = measure,
};
