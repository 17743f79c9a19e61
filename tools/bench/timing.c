/* Timing of variants, in turns; see measure.h.
 *
 * A sample is one run, or as many back to back as take some milliseconds.  Before it the
 * process is quiet: no thread of another variant spins.  Then follow runs that are not
 * timed, until threads just woken have found a core each (the kernel first puts an OpenMP
 * thread beside the one that woke it, and takes milliseconds to move it).  A round takes
 * one sample of each variant, in random order.
 *
 * Rounds go on until the medians of all variants are known well enough, or time is up. */
#include "measure.h"

#include <math.h>
#include <string.h>

#include "base/base.h"

static const double SAMPLE_S = 4e-3, WAKE_S = 15e-3, WARM_S = 0.5;
/* A run no faster than 0.97 of the best before it: caches and clocks have settled. */
static const double STABLE = 0.97;
/* Time is up: after the budget with enough samples, after so many budgets with few. */
static const double FEW_BUDGETS = 5;
enum { WARM_RUNS = 2, WARM_HYBRID_RUNS = 8, FEW_ROUNDS = 3, MAX_INNER = 1024 };

/* ---- one sample ---- */

static double timed_runs(bench_run *run, bench_variant *v, yk_engine *engine, size_t count,
                         yk_report *report)
{
    yk_status st = YK_OK;
    uint64_t begin = yki_now_ns();
    for (size_t k = 0; k < count && st == YK_OK; k++)
        st = bench_run_variant(run, v, engine, report);
    double s = yki_seconds(yki_now_ns() - begin);
    bench_variant_ran(run, v, st, report);
    return s / (double)count;
}

/* Of the report of `runs` launches on one device: the least seen stands for all, as waiting
 * is what makes the others longer. */
static void keep_transfers(bench_run *run, const bench_variant *v, const yk_report *report)
{
    bench_device *d = &run->result->devices[v->device];
    double s = 0, runs = run->shared->job.cold ? 1 : (double)v->inner;
    for (uint32_t k = 0; k < report->n_parts; k++) s += report->parts[k].transfer_s;
    if (v->n == 0 || s / runs < d->transfer_s) d->transfer_s = s / runs;
}

static void keep_sample(bench_run *run, bench_variant *v, double s, const yk_report *report)
{
    if (v->off || v->n == BENCH_MAX_REPS) return;
    if (v->kind == BENCH_HYBRID) run->hybrid[v->n] = *report;
    if (v->kind == BENCH_DEVICE) keep_transfers(run, v, report);
    v->samples[v->n++] = s;
}

/* Longer runs do not notice. */
static void wake_up(bench_run *run, bench_variant *v)
{
    uint64_t begin = yki_now_ns();
    if (v->kind == BENCH_SERIAL || v->estimate_s > 4 * WAKE_S) return;
    do {
        yk_report unused = {0};
        timed_runs(run, v, run->engine, 1, &unused);
    } while (!v->off && yki_seconds(yki_now_ns() - begin) < WAKE_S);
}

static void sample_warm(bench_run *run, bench_variant *v)
{
    yk_report report = {0};
    yki_instance_reset(run->instance);
    bench_wait_quiet();
    wake_up(run, v);
    double s = v->off ? 0 : timed_runs(run, v, run->engine, v->inner, &report);
    keep_sample(run, v, s, &report);
}

/* The first run on an engine of its own, whose devices are open. */
static void sample_cold(bench_run *run, bench_variant *v)
{
    yk_report report = {0};
    yk_engine *engine = NULL;
    if (v->kind != BENCH_SERIAL && v->kind != BENCH_OPENMP) {
        yk_status st = bench_engine_open(run->shared, &engine, &v->diag);
        if (st != YK_OK) {
            bench_variant_ran(run, v, st, &report);
            return;
        }
        bench_variant_step(run, v, "first run on");
    }
    yki_instance_reset(run->instance);
    bench_wait_quiet();
    keep_sample(run, v, timed_runs(run, v, engine, 1, &report), &report);
    yk_engine_close(&engine);
}

/* ---- all of them ---- */

/* Runs until it no longer gets faster, which for a split takes some launches. */
static void run_until_stable(bench_run *run, bench_variant *v)
{
    size_t least = v->kind == BENCH_HYBRID ? WARM_HYBRID_RUNS : WARM_RUNS;
    uint64_t begin = yki_now_ns();
    v->estimate_s = INFINITY;
    for (size_t k = 0; !v->off; k++) {
        yk_report unused = {0};
        double s = timed_runs(run, v, run->engine, 1, &unused);
        bool stable = k + 1 >= least && s >= STABLE * v->estimate_s;
        v->estimate_s = fmin(v->estimate_s, s);
        if (stable || (k > 0 && yki_seconds(yki_now_ns() - begin) > WARM_S)) break;
    }
}

/* Doubles the runs of a sample until it is long enough for the clock and for whatever
 * interrupts it. */
static void choose_inner(bench_run *run, bench_variant *v)
{
    for (v->inner = 1; v->inner < MAX_INNER && !v->off; v->inner *= 2) {
        yk_report unused = {0};
        if (v->estimate_s * (double)v->inner >= SAMPLE_S) break;
        v->estimate_s = timed_runs(run, v, run->engine, v->inner, &unused);
    }
}

static void warm_up(bench_run *run, bench_variant *v)
{
    bench_variant_step(run, v, "warming up");
    yki_instance_reset(run->instance);
    run_until_stable(run, v);
    choose_inner(run, v);
}

/* Fisher and Yates: every order is equally likely. */
static void shuffle(size_t *order, size_t n, uint64_t *random)
{
    for (size_t k = 0; k < n; k++) order[k] = k;
    for (size_t k = n; k > 1; k--) {
        size_t other = (size_t)(yki_random(random) % k), last = order[k - 1];
        order[k - 1] = order[other];
        order[other] = last;
    }
}

static void round_of_samples(bench_run *run, size_t round, uint64_t *random)
{
    size_t order[BENCH_MAX_DEVICES + 4];
    char what[32];
    snprintf(what, sizeof what, "timing (%zu)", round + 1);
    shuffle(order, run->n, random);
    for (size_t k = 0; k < run->n && !run->result->failure[0]; k++) {
        bench_variant *v = &run->variants[order[k]];
        if (v->off) continue;
        bench_variant_step(run, v, what);
        if (run->shared->job.cold) sample_cold(run, v);
        else sample_warm(run, v);
    }
}

/* The widest interval of a median, as half its width over the median; infinite while there
 * are too few samples for one.  Of the devices the fastest counts, as in the table: the
 * slower ones of a machine are never worth waiting for. */
static double noise_of(const bench_run *run)
{
    double worst = 0, best_s = INFINITY, best_noise = 0;
    for (size_t k = 0; k < run->n; k++) {
        const bench_variant *v = &run->variants[k];
        double sorted[BENCH_MAX_REPS];
        if (v->off || v->n == 0) continue;
        memcpy(sorted, v->samples, v->n * sizeof *sorted);
        bench_time t = bench_summary(sorted, v->n);
        if (v->kind != BENCH_DEVICE) {
            worst = fmax(worst, bench_noise(t));
        } else if (t.median_s < best_s) {
            best_s = t.median_s;
            best_noise = bench_noise(t);
        }
    }
    return fmax(worst, best_noise);
}

/* After `rounds` rounds that took `s` seconds: shall there be no more? */
static bool is_enough(bench_run *run, size_t rounds, double s)
{
    const bench_job *job = &run->shared->job;
    bench_result *r = run->result;
    r->stopped = BENCH_BY_TIME;
    r->cut_short = rounds < BENCH_MIN_REPS;
    if (rounds < FEW_ROUNDS) return false;
    if (rounds < BENCH_MIN_REPS) return s > FEW_BUDGETS * job->budget_s;
    r->noise = noise_of(run);
    if (r->noise <= job->noise) r->stopped = BENCH_BY_NOISE;
    else if (rounds >= BENCH_MAX_REPS) r->stopped = BENCH_BY_REPS;
    else return s > job->budget_s;
    return true;
}

static bench_time *time_of(bench_result *r, const bench_variant *v)
{
    switch (v->kind) {
    case BENCH_SERIAL: return &r->serial;
    case BENCH_OPENMP: return &r->openmp;
    case BENCH_POOL: return &r->pool;
    case BENCH_HYBRID: return &r->hybrid;
    case BENCH_DEVICE: break;
    }
    return &r->devices[v->device].time;
}

/* First device to finish over the last, from the launch's start. */
static double balance_of(const yk_report *report)
{
    double first = INFINITY, last = 0;
    for (uint32_t k = 0; k < report->n_parts; k++) {
        if (report->parts[k].items == 0) continue;
        double finish = report->total_s - report->parts[k].idle_s;
        first = fmin(first, finish);
        last = fmax(last, finish);
    }
    return last > 0 ? fmax(first, 0) / last : 0;
}

/* The report of the run whose time is nearest to the median stands for all. */
static void describe_hybrid(bench_run *run, const bench_variant *v, double median)
{
    bench_result *r = run->result;
    double balance[BENCH_MAX_REPS];
    size_t best = 0;
    for (size_t k = 0; k < v->n; k++) {
        balance[k] = balance_of(&run->hybrid[k]);
        if (fabs(v->samples[k] - median) < fabs(v->samples[best] - median)) best = k;
    }
    const yk_report *report = &run->hybrid[best];
    size_t runs = run->shared->job.cold ? 1 : v->inner;
    r->split = report->split;
    r->overhead_s = report->overhead_s / (double)runs;
    r->bytes_up = report->bytes_up / runs;
    r->bytes_down = report->bytes_down / runs;
    yki_copy_text(r->hybrid_reason, sizeof r->hybrid_reason, report->reason);
    for (uint32_t k = 0; k < report->n_parts; k++) {
        const yk_part *p = &report->parts[k];
        bench_part *to = &r->parts[r->n_parts++];
        *to = (bench_part){.items = p->items / runs, .busy_s = p->busy_s / (double)runs};
        yki_copy_text(to->device, sizeof to->device, p->device);
    }
    if (report->split) r->balance = bench_median(balance, v->n);
}

/* Hybrid without a second processor is the pool, and was not timed again. */
static void copy_pool(bench_run *run)
{
    bench_result *r = run->result;
    r->hybrid = r->pool;
    r->n_parts = 1;
    r->parts[0] = (bench_part){.device = "cpu", .items = run->instance->extent.items *
                                                         run->instance->extent.launches,
                               .busy_s = r->pool.median_s};
    yki_copy_text(r->hybrid_reason, sizeof r->hybrid_reason, "no second processor");
}

static void keep_times(bench_run *run)
{
    for (size_t k = 0; k < run->n; k++) {
        bench_variant *v = &run->variants[k];
        if (v->off || v->n == 0) continue;
        if (v->kind == BENCH_HYBRID) {
            double sorted[BENCH_MAX_REPS];
            memcpy(sorted, v->samples, v->n * sizeof *sorted);
            describe_hybrid(run, v, bench_median(sorted, v->n));
        }
        *time_of(run->result, v) = bench_summary(v->samples, v->n);
    }
    if (run->result->is_pool) copy_pool(run);
}

void bench_time_all(bench_run *run)
{
    const bench_job *job = &run->shared->job;
    for (size_t k = 0; k < run->n && !job->cold; k++)
        if (!run->variants[k].off) warm_up(run, &run->variants[k]);
    uint64_t begin = yki_now_ns(), random = BENCH_SEED;
    for (size_t rounds = 0; !run->result->failure[0];) {
        round_of_samples(run, rounds++, &random);
        if (is_enough(run, rounds, yki_seconds(yki_now_ns() - begin))) break;
    }
    keep_times(run);
}
