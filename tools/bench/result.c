/* What follows from the times: speedups, regret, efficiency; see bench.h.  Pure. */
#include "bench.h"

#include <string.h>

const char *const bench_policy_names[] = {
    [YK_POLICY_AUTO] = "auto", [YK_POLICY_SINGLE] = "single",
    [YK_POLICY_STATIC] = "static", [YK_POLICY_DYNAMIC] = "dynamic", NULL};

const char *bench_status_name(bench_status status)
{
    static const char *const names[] = {"ok", "unsupported", "crashed", "timeout", "wrong",
                                        "absent"};
    return names[status];
}

const char *bench_stop_name(bench_stop stopped)
{
    static const char *const names[] = {"time", "noise", "reps"};
    return names[stopped];
}

const char *bench_type_name(yk_device_type type)
{
    switch (type) {
    case YK_DEVICE_GPU: return "gpu";
    case YK_DEVICE_ACCELERATOR: return "accelerator";
    case YK_DEVICE_CPU: return "cpu";
    case YK_DEVICE_POOL: break;
    }
    return "pool";
}

const bench_device *bench_best_device(const bench_result *r)
{
    const bench_device *best = NULL;
    for (uint64_t k = 0; k < r->n_devices; k++) {
        const bench_device *d = &r->devices[k];
        if (d->status != BENCH_OK || d->time.reps == 0) continue;
        if (!best || d->time.median_s < best->time.median_s) best = d;
    }
    return best;
}

const bench_device *bench_bad_device(const bench_result *r)
{
    for (uint64_t k = 0; k < r->n_devices; k++) {
        const bench_device *d = &r->devices[k];
        if (d->status != BENCH_OK && d->status != BENCH_UNSUPPORTED) return d;
    }
    return NULL;
}

/* Over the processors of the split: the fastest alone, and the sum of their rates. */
static void derive_hybrid(bench_result *r)
{
    double best = r->pool.median_s, rates = 1 / r->pool.median_s;
    unsigned processors = 1;
    strcpy(r->best_single, "cpu");
    for (uint64_t k = 0; k < r->n_devices; k++) {
        const bench_device *d = &r->devices[k];
        if (!d->in_split || d->status != BENCH_OK || d->time.reps == 0) continue;
        processors++;
        rates += 1 / d->time.median_s;
        if (d->time.median_s >= best) continue;
        best = d->time.median_s;
        memcpy(r->best_single, d->id, sizeof r->best_single);
    }
    r->has_regret = true;
    r->regret = r->hybrid.median_s / best - 1;
    /* E = S / S_max with S = best / T_hybrid and S_max = (sum of n/T_d) / (n/best). */
    r->has_efficiency = processors > 1;
    if (r->has_efficiency) r->efficiency = 1 / (r->hybrid.median_s * rates);
}

void bench_derive(bench_result *r)
{
    r->verified = r->complete && r->n_wrong == 0 && !bench_bad_device(r);
    r->has_regret = r->has_efficiency = false;
    r->best_single[0] = '\0';
    if (r->pool.reps && r->hybrid.reps) derive_hybrid(r);
    r->speedup = r->speedup_openmp = 0;
    /* Cases run on the pool alone. */
    const bench_time *ours = r->is_case ? &r->pool : &r->hybrid;
    if (!r->verified || ours->reps == 0 || ours->median_s <= 0) return;
    if (r->serial.reps) r->speedup = r->serial.median_s / ours->median_s;
    if (r->openmp.reps) r->speedup_openmp = r->openmp.median_s / ours->median_s;
}
