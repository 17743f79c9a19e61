/* --peers: all runtimes with one workload, in rounds, each time in a process of its own.
 *
 * So nothing of one runtime is there while another is measured, and whatever else the
 * machine does meets all of them.  Rounds go on until the medians of all are known as well
 * as those of the main table, or as much time as that had is up.  The pool and OpenMP are in the rounds like the others:
 * they, not the main table's, are what peers are compared with. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "measure.h"
#include "peers/ask.h"

enum { SAMPLES = 4, LEAST_ROUNDS = 3, LEAST_QUICK = 2, MOST_ROUNDS = 12 };
/* A runtime must start, and may build its code, within START_S. */
static const double START_S = 30;

typedef struct rounds {
    bench_shared *shared;
    bench_series series[BENCH_RUNTIMES];
    double limit_s;
} rounds;

static void one_round(rounds *all, size_t round)
{
    const bench_result *r = &all->shared->result;
    for (size_t k = 0; k < BENCH_RUNTIMES; k++) {
        bench_series *s = &all->series[(k + round) % BENCH_RUNTIMES];
        bench_answer a;
        if (!(s->runtime->does & BENCH_LOOPS) || s->peer.status != BENCH_OK) continue;
        bench_step(all->shared, BENCH_ACTIVE_NONE, all->limit_s + 10, "%s: %s (%zu)",
                   r->workload, s->runtime->name, round + 1);
        bench_ask_runtime(&a, s->runtime, r->workload, all->shared->job.elements, r->threads,
                          SAMPLES, all->limit_s);
        bench_series_add(s, &a);
    }
}

/* Is every median known well enough? */
static bool are_known(const rounds *all)
{
    for (size_t k = 0; k < BENCH_RUNTIMES; k++) {
        double sorted[YKI_COUNT(all->series[k].samples)];
        const bench_series *s = &all->series[k];
        if (!(s->runtime->does & BENCH_LOOPS) || s->peer.status != BENCH_OK) continue;
        memcpy(sorted, s->samples, s->n * sizeof *sorted);
        if (bench_noise(bench_summary(sorted, s->n)) > all->shared->job.noise) return false;
    }
    return true;
}

int bench_measure_peers(bench_shared *shared)
{
    bench_result *r = &shared->result;
    size_t least = shared->job.quick ? LEAST_QUICK : LEAST_ROUNDS;
    uint64_t begin = yki_now_ns();
    rounds all = {.shared = shared, .limit_s = START_S + 100 * r->serial.median_s};
    for (size_t k = 0; k < BENCH_RUNTIMES; k++) all.series[k].runtime = &bench_runtimes[k];
    for (size_t round = 0; round < MOST_ROUNDS; round++) {
        bool time_is_up = yki_seconds(yki_now_ns() - begin) > shared->job.budget_s;
        if (round >= least && (time_is_up || are_known(&all))) break;
        one_round(&all, round);
    }
    for (size_t k = 0; k < BENCH_RUNTIMES; k++) {
        if (!(bench_runtimes[k].does & BENCH_LOOPS)) continue;
        bench_series_end(&all.series[k]);
        r->peers[r->n_peers++] = all.series[k].peer;
    }
    return YKI_EXIT_OK;
}
