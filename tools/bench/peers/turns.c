/* The turns of runtimes at one row; see turns.h. */
#include "peers/turns.h"

#include <math.h>
#include <stdio.h>

#include "base/base.h"

static void ask(const bench_turns *t, const bench_runtime *runtime, bench_answer *a)
{
    bool ours = runtime == &bench_runtimes[BENCH_RUNTIME_POOL];
    uint64_t threads = t->threads_others && !ours ? t->threads_others : t->threads;
    if (t->threads_others && !(runtime->does & BENCH_WIDE)) {
        *a = (bench_answer){.status = BENCH_UNSUPPORTED};
        snprintf(a->reason, sizeof a->reason, "has no more threads than cores");
        return;
    }
    bench_ask_runtime(a, runtime, t->order, t->elements, threads, t->samples, t->limit_s);
    const char *why = a->status == BENCH_OK && t->refuses ? t->refuses(a) : NULL;
    if (!why) return;
    *a = (bench_answer){.status = BENCH_UNSUPPORTED};
    snprintf(a->reason, sizeof a->reason, "%s", why);
}

static void take_turn(bench_turns *t, bench_series *s, double *share, size_t round)
{
    bench_answer a;
    bench_step(t->shared, BENCH_ACTIVE_NONE, t->limit_s + 10, "%s: %s (%zu)",
               t->shared->result.workload, s->runtime->name, round + 1);
    ask(t, s->runtime, &a);
    if (a.status == BENCH_OK && share) *share = fmin(*share, a.share);
    bench_series_add(s, &a);
}

static bool is_asked(const bench_turns *t, size_t k)
{
    if (!(bench_runtimes[k].does & t->does)) return false;
    return t->shared->job.peers || k == BENCH_RUNTIME_POOL || k == BENCH_RUNTIME_OPENMP;
}

static void one_round(bench_turns *t, size_t round)
{
    for (size_t i = 0; i < BENCH_RUNTIMES; i++) {
        size_t k = (i + round) % BENCH_RUNTIMES;
        if (is_asked(t, k) && t->series[k].peer.status == BENCH_OK)
            take_turn(t, &t->series[k], &t->share[k], round);
    }
    if (t->serial && t->serial_series.peer.status == BENCH_OK)
        take_turn(t, &t->serial_series, NULL, round);
}

void bench_take_turns(bench_turns *t)
{
    bench_result *r = &t->shared->result;
    t->serial_series.runtime = &bench_serial;
    for (size_t k = 0; k < BENCH_RUNTIMES; k++) {
        t->series[k].runtime = &bench_runtimes[k];
        t->share[k] = 1;
    }
    for (size_t round = 0; round < t->rounds; round++) one_round(t, round);
    for (size_t k = 0; k < BENCH_RUNTIMES; k++) {
        bench_series_end(&t->series[k]);
        if (t->shared->job.peers && is_asked(t, k)) r->peers[r->n_peers++] = t->series[k].peer;
    }
    bench_series_end(&t->serial_series);
    r->threads = t->threads;
    r->serial = t->serial_series.peer.bench_time;
    r->pool = t->series[BENCH_RUNTIME_POOL].peer.bench_time;
    r->openmp = t->series[BENCH_RUNTIME_OPENMP].peer.bench_time;
}

const bench_peer *bench_fastest_other(const bench_turns *t)
{
    const bench_peer *best = NULL;
    for (size_t k = BENCH_RUNTIME_OPENMP; k < BENCH_RUNTIMES; k++) {
        const bench_peer *p = &t->series[k].peer;
        if (p->status != BENCH_OK || p->bench_time.reps == 0) continue;
        if (!best || p->bench_time.median_s < best->bench_time.median_s) best = p;
    }
    return best;
}
