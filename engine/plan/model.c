/* The model of processors: who would be done when, and whether sharing pays.
 * T_d(n) = a_d + n / r_d, and the ideal end of several by water-filling: the level T at
 * which sum over d of r_d (T - start_d) = n, those excepted that start after it.
 * Called by the plan alone.  Pure. */
#include "plan_int.h"

#include <math.h>
#include <stdio.h>

/* Splitting must promise at least this share, and this many seconds, of the single
 * time; more where the rates are uncertain, but never more than GATE_MOST: shrinking
 * chunks make up for wrong rates while the launch runs, and a split that lost is not
 * repeated soon, so scatter alone, as of loops whose items differ, must not keep a
 * kernel from ever sharing. */
#define GATE_SHARE 0.03
#define GATE_MOST 0.06
#define GATE_SECONDS 10e-6

static bool allowed(const yki_plan *p, size_t d)
{
    if (d != 0 || !p->spec.only_devices) return true;
    for (size_t i = 1; i < p->spec.n_procs; i++) {
        if (yki_plan_hopeful(p, i)) return false;
    }
    return true;
}

bool yki_plan_hopeful(const yki_plan *p, size_t d)
{
    const yki_state *s = &p->proc[d];
    return s->here && !s->failed && !s->stopped;
}

bool yki_plan_active(const yki_plan *p, size_t d)
{
    return yki_plan_hopeful(p, d) && p->proc[d].ready && allowed(p, d);
}

double yki_plan_free_at(const yki_plan *p, size_t d)
{
    const yki_state *s = &p->proc[d];
    if (s->n_held == 0 || s->rate <= 0) return p->now_s;
    double t = s->clock_s;
    for (size_t i = 0; i < s->n_held; i++) {
        const yki_span *span = &s->held[i].span;
        t += s->held[i].latency_s + (double)(span->end - span->begin) / s->rate;
    }
    return fmax(t, p->now_s);
}

double yki_plan_start_at(const yki_plan *p, size_t d)
{
    return yki_plan_free_at(p, d) + (p->proc[d].n_held ? 0 : p->proc[d].latency_s);
}

double yki_plan_end(const yki_plan *p, double items, size_t without, bool certain)
{
    double start[YKI_PLAN_MAX], rate[YKI_PLAN_MAX], unit_end = INFINITY, level = INFINITY;
    size_t n = 0;
    double unit = fmin((double)p->unit, items);
    for (size_t d = 0; d < p->spec.n_procs; d++) {
        const yki_state *s = &p->proc[d];
        if (d == without || s->rate <= 0 || !yki_plan_active(p, d)) continue;
        if (certain && d != 0 && !s->settled) continue;
        start[n] = yki_plan_start_at(p, d);
        rate[n] = s->rate;
        unit_end = fmin(unit_end, start[n] + unit / rate[n]);
        n++;
    }
    for (bool changed = true; changed && n > 0;) {
        double sum = 0, water = items;
        for (size_t i = 0; i < n; i++) {
            sum += rate[i];
            water += rate[i] * start[i];
        }
        level = water / sum;
        changed = false;
        for (size_t i = n; i-- > 0 && n > 1;) {
            if (start[i] < level) continue;
            n--;
            start[i] = start[n];
            rate[i] = rate[n];
            changed = true;
        }
    }
    return certain ? fmax(level, unit_end) : level;
}

/* Seconds of processor d alone for what is free, by its rate when alone. */
static double alone_end(const yki_plan *p, size_t d)
{
    const yki_state *s = &p->proc[d];
    double rate = s->alone_rate > 0 ? s->alone_rate : s->rate;
    return yki_plan_start_at(p, d) + (double)p->free.items / rate;
}

size_t yki_plan_best_single(const yki_plan *p)
{
    size_t best = YKI_NOBODY;
    double least = INFINITY;
    for (size_t d = 0; d < p->spec.n_procs; d++) {
        const yki_state *s = &p->proc[d];
        if (!yki_plan_active(p, d)) continue;
        if (best == YKI_NOBODY) best = d;
        if (s->rate <= 0 && s->alone_rate <= 0) continue;
        double t = alone_end(p, d);
        if (t < least) best = d;
        least = fmin(t, least);
    }
    return best;
}

size_t yki_plan_gate(yki_plan *p)
{
    size_t best = yki_plan_best_single(p), active = 0;
    double error = 0, sum = 0;
    for (size_t d = 0; d < p->spec.n_procs; d++) {
        if (!yki_plan_active(p, d)) continue;
        active++;
        error += p->proc[d].rate * p->proc[d].error;
        sum += p->proc[d].rate;
    }
    if (best == YKI_NOBODY) return best;
    error = sum > 0 ? error / sum : 0;      /* of the whole: each errs on its share */
    double single = alone_end(p, best) - p->now_s;
    double shared = yki_plan_end(p, (double)p->free.items, YKI_NOBODY, true) - p->now_s;
    double e = fmin(fmax(GATE_SHARE, 2 * error), GATE_MOST);
    p->info.best = best;
    bool split = active > 1 && shared <= (1 - e) * single && single - shared >= GATE_SECONDS;
    /* The first decision is the one to be judged: later ones are about what is left. */
    if (p->info.predicted_single_s <= 0) {
        p->info.predicted_single_s = p->now_s + single;
        p->info.predicted_s = p->now_s + (split ? shared : single);
    }
    if (active < 2) {
        snprintf(p->info.reason, sizeof p->info.reason, "one processor");
    } else if (!split) {
        snprintf(p->info.reason, sizeof p->info.reason,
                 "sharing would take %.3g ms, processor %zu alone %.3g ms; it must gain %.0f %%",
                 shared * 1e3, best, single * 1e3, e * 100);
    }
    return split ? YKI_NOBODY : best;
}

/* Two chunks of different size tell latency and rate apart. */
static void fit_latency(yki_state *s, double items, double seconds)
{
    double more = items - s->probe_items, longer = seconds - s->probe_s;
    if (more < 0.5 * s->probe_items || longer <= 0) return;
    double rate = more / longer, latency = seconds - items / rate;
    /* A slope far from the plain rate is noise. */
    if (latency <= 0 || latency > 0.75 * seconds) return;
    s->rate = rate;
    s->latency_s = latency;
}

/* Settled: twice the same plain rate, or the fitted line was right about a chunk that was
 * not latency for the most part. */
static bool confirms(const yki_state *s, double items, double seconds)
{
    double rate = items / seconds, before = s->probe_items / fmax(s->probe_s, 1e-9);
    if (s->probes == 0) return false;
    if (fabs(rate - before) <= 0.1 * rate) return true;
    double expected = s->latency_s + items / s->rate;
    return s->latency_s > 0 && items / s->rate >= 0.3 * seconds &&
           fabs(expected - seconds) <= 0.1 * seconds;
}

static void probe(yki_state *s, double items, double seconds)
{
    s->settled = confirms(s, items, seconds) || s->probes >= 12;
    /* What took hardly longer with more items was all latency: on to much more. */
    s->growth = s->probes == 0 || seconds < 1.5 * s->probe_s ? 4 : 2;
    s->rate = items / seconds;
    s->latency_s = 0;
    if (s->probes > 0) fit_latency(s, items, seconds);
    s->probes++;
    s->probe_items = items;
    s->probe_s = seconds;
}

void yki_plan_measure(yki_plan *p, size_t d, double items, double seconds, double latency_s)
{
    yki_state *s = &p->proc[d];
    /* The first seconds of a duration beyond its latency carry the rate; and a rate moves
     * by at most a factor of two at a time, so that one stall does not rule the rest. */
    double net = fmax(seconds - latency_s, 0.1 * seconds);
    net = fmax(net, 1e-9);
    if (!s->settled) {
        probe(s, items, fmax(seconds, 1e-9));
        return;
    }
    double seen = fmin(fmax(items / net, 0.5 * s->rate), 2 * s->rate);
    double weight = d == 0 ? 0.25 : 0.5;
    s->rate += weight * (seen - s->rate);
}
