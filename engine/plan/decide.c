/* Who takes what next.
 *
 * Three situations.  One processor takes all (`single`).  Shares are fixed (static).
 * Or everybody takes part of what its ideal share of the rest would be, so that all end
 * together: devices large parts from the front, the host small ones from the back.
 * Processors of unknown rate are tried with little first.
 *
 * Nothing can stall: who declines an order does so because another one, active and
 * known, would have the smallest order done sooner, and of those the soonest never
 * declines.  That holds as long as nobody's part changes between two events: so answers
 * to questions decide nothing, events do.  Called by the plan alone. */
#include "plan_int.h"

#include <math.h>
#include <stdio.h>

/* A launch that the host would end sooner than this is no place for trying a device. */
#define EXPLORE_SECONDS 2e-3
/* The part of a launch that a first try takes: on a device a hundred times slower than
 * the host it lasts half the launch.  And the most that it may have to take. */
#define EXPLORE_PART 200
#define EXPLORE_LIMIT 50
/* A host block that tells its rate, where no device says what is little. */
#define FIRST_ITEMS 4096
/* The part of its share that a device of known rate takes at once. */
#define FIRST_PART 0.85
/* Least lengths of orders. */
#define HOST_BLOCK_S 50e-6
#define DEVICE_CHUNK_S 20e-6

/* ---- who takes part ---- */

static bool one_only(const yki_plan *p)
{
    return p->spec.whole || p->spec.policy == YKI_SINGLE;
}

static size_t count_active(const yki_plan *p)
{
    size_t n = 0;
    for (size_t d = 0; d < p->spec.n_procs; d++) n += yki_plan_active(p, d);
    return n;
}

static bool any_pending(const yki_plan *p)
{
    for (size_t d = 1; d < p->spec.n_procs; d++) {
        if (yki_plan_hopeful(p, d) && !p->proc[d].ready) return true;
    }
    return false;
}

static bool any_unsettled(const yki_plan *p)
{
    for (size_t d = 0; d < p->spec.n_procs; d++) {
        if (yki_plan_active(p, d) && !p->proc[d].settled) return true;
    }
    return false;
}

static bool any_unknown_other(const yki_plan *p, size_t d)
{
    for (size_t i = 0; i < p->spec.n_procs; i++) {
        if (i != d && yki_plan_active(p, i) && p->proc[i].rate <= 0) return true;
    }
    return false;
}

/* Stops a device of unknown rate if it would cost too much to try it.  Not if devices
 * must do it. */
static void drop_untried(yki_plan *p, size_t d)
{
    yki_state *s = &p->proc[d];
    const yki_state *host = &p->proc[0];
    bool coarse = p->unit > p->spec.items / EXPLORE_LIMIT;
    double rest = host->settled || host->probes > 2 ? (double)p->free.items / host->rate : INFINITY;
    if (d == 0 || s->rate > 0 || s->n_held > 0 || p->recall || p->spec.policy != YKI_AUTO) return;
    if (!yki_plan_active(p, d) || !yki_plan_active(p, 0)) return;
    if (!coarse && rest >= EXPLORE_SECONDS) return;
    s->stopped = true;
    p->changed = true;
    snprintf(p->info.reason, sizeof p->info.reason, "too %s to try processor %zu",
             coarse ? "few items" : "short a time", d);
}

static void decide_auto(yki_plan *p)
{
    for (size_t d = 1; d < p->spec.n_procs; d++) drop_untried(p, d);
    size_t active = count_active(p);
    if (active == 0 || p->recall) return;
    if (p->spec.stay_single) {
        p->single = yki_plan_best_single(p);
        snprintf(p->info.reason, sizeof p->info.reason, "earlier launches lost by sharing");
    } else if (active > 1 && any_unsettled(p)) {
        return;
    } else if (active > 1) {
        p->single = yki_plan_gate(p);
        p->gated = p->single == YKI_NOBODY;
        p->info.split = p->info.split || p->gated;
    } else {
        p->single = yki_plan_best_single(p);
        if (p->info.reason[0]) return;
        snprintf(p->info.reason, sizeof p->info.reason,
                 any_pending(p) ? "no device is ready yet" : "one processor");
    }
}

void yki_plan_decide(yki_plan *p)
{
    size_t before = p->single;
    bool stays = before != YKI_NOBODY && yki_plan_active(p, before);
    p->changed = false;
    /* While everything is given out there is nothing to weigh. */
    if (p->free.items == 0 && p->held > 0) {
        p->single = stays ? before : YKI_NOBODY;
        p->changed = true;
        return;
    }
    p->single = YKI_NOBODY;
    if (one_only(p)) {
        p->single = stays ? before : yki_plan_best_single(p);
        snprintf(p->info.reason, sizeof p->info.reason,
                 p->spec.whole ? "its outputs overlap" : "policy single");
    } else if (p->spec.policy == YKI_AUTO) {
        decide_auto(p);
    } else if (count_active(p) == 1 && !any_pending(p)) {
        p->single = yki_plan_best_single(p);
    }
    if (p->single != YKI_NOBODY) p->info.best = p->single;
}

/* ---- how much ---- */

static size_t to_items(double x)
{
    if (!(x > 0)) return 0;
    return x >= 0x1p63 ? SIZE_MAX : (size_t)x;
}

static size_t least_fill(const yki_plan *p)
{
    size_t least = SIZE_MAX;
    for (size_t d = 0; d < p->spec.n_procs; d++) {
        size_t fill = p->spec.procs[d].fill_items;
        if (p->proc[d].here && fill) least = yki_min(least, fill);
    }
    return least == SIZE_MAX ? FIRST_ITEMS : least;
}

/* Without a rate: little, in the hope that it says much. */
static size_t first_try(const yki_plan *p, size_t d)
{
    const yki_state *host = &p->proc[0];
    size_t n = p->spec.items;
    if (p->spec.policy == YKI_DYNAMIC) return yki_max(p->unit, n / EXPLORE_PART);
    if (d == 0) return yki_max(p->unit, yki_min(least_fill(p), n / 1024));
    /* What the host could do meanwhile has to be known first. */
    if (yki_plan_active(p, 0) && !host->settled && host->probes < 3) return 0;
    size_t fill = p->spec.procs[d].fill_items ? p->spec.procs[d].fill_items : n;
    return yki_max(p->unit, yki_min(fill, n / EXPLORE_PART));
}

/* q: its ideal share of the rest. */
static double device_count(const yki_plan *p, size_t d, double q)
{
    const yki_state *s = &p->proc[d];
    double least = s->rate * fmax(4 * s->latency_s, DEVICE_CHUNK_S);
    if (!s->settled) return fmin(s->growth * s->probe_items, q);
    if (any_unknown_other(p, d)) return fmin(q, (double)p->free.items / 8);
    /* While others may yet turn out faster, none lasts long either. */
    if (any_unsettled(p)) return fmin(q / 2, fmax(least, s->rate * p->now_s / 8));
    if (p->gated && !s->started) return FIRST_PART * q;
    return q <= least ? q : fmax(q / 2, least);
}

/* Blocks are short while a device may turn out to be much faster: then none lasts longer
 * than a twentieth of the time gone by. */
static double host_count(const yki_plan *p, double q)
{
    const yki_state *s = &p->proc[0];
    double block = p->spec.host_block_s > 0 ? p->spec.host_block_s : HOST_BLOCK_S;
    if (!s->settled) block = fmin(block, 8 * s->probe_items / s->rate);
    if (any_unsettled(p)) return fmin(q, s->rate * fmax(block, p->now_s / 20));
    if (any_unknown_other(p, 0)) return fmin(q, (double)p->free.items / 8);
    return fmin(q, fmax(q / 8, s->rate * fmax(block, p->now_s / 50)));
}

/* Items for a processor among several, 0: none. */
static size_t share(const yki_plan *p, size_t d)
{
    const yki_state *s = &p->proc[d];
    if (s->rate <= 0) return first_try(p, d);
    double rest = (double)p->free.items, start = yki_plan_start_at(p, d);
    double q = s->rate * (yki_plan_end(p, rest, YKI_NOBODY, false) - start);
    double others = yki_plan_end(p, rest, d, true);
    size_t n = to_items(d == 0 ? host_count(p, q) : device_count(p, d, q));
    /* A device on trial: less than before would tell nothing and may last as long. */
    if (d != 0 && !s->settled && q < s->probe_items && others < INFINITY) return 0;
    /* Where the cut or the latency makes it last longer, the others may have it. */
    if (n < p->unit || q < 0.5 * s->rate * s->latency_s) {
        n = yki_max(n, p->unit);
        double end = start + fmin((double)n, rest) / s->rate;
        if (end > others) return 0;
    }
    return n;
}

static size_t static_count(const yki_plan *p, size_t d)
{
    size_t promised = 0;
    for (size_t i = 0; i < p->spec.n_procs; i++) {
        if (i != d && yki_plan_active(p, i)) promised += p->proc[i].quota;
    }
    size_t rest = p->free.items > promised ? p->free.items - promised : 0;
    if (p->proc[d].quota) return yki_min(p->proc[d].quota, yki_max(rest, p->unit));
    /* What nobody is there for. */
    return rest ? yki_max(p->unit, rest / (2 * count_active(p))) : 0;
}

static size_t single_count(const yki_plan *p, size_t d)
{
    const yki_state *s = &p->proc[d];
    size_t all = p->free.items;
    /* The executor learns from the first order how often it should look for a recall. */
    if (d != 0 || s->started || p->spec.whole || !any_pending(p)) return all;
    size_t first = s->rate > 0 ? to_items(s->rate * 1e-3) : all / 64;
    return yki_max(p->unit, first);
}

/* ---- orders ---- */

static const yki_order wait_order = {YKI_WAIT, 0, 0};
static const yki_order stop_order = {YKI_STOP, 0, 0};

/* Nothing to do.  Devices stay only where something may come back for them. */
static yki_order idle(yki_plan *p, size_t d, bool declined)
{
    yki_state *s = &p->proc[d];
    if (d == 0 || s->n_held > 0 || one_only(p) || p->spec.only_devices || p->recall) {
        return wait_order;
    }
    bool wanted = !declined || p->spec.policy != YKI_AUTO;
    for (size_t i = 1; i < p->spec.n_procs; i++) {
        if (wanted && i != d && p->proc[i].n_held > 0) return wait_order;
    }
    if (wanted && (p->free.items > 0 || (p->proc[0].n_held && p->proc[0].held[0].large))) {
        return wait_order;
    }
    s->stopped = true;
    s->quota = 0;
    p->changed = true;
    return stop_order;
}

static size_t count_for(const yki_plan *p, size_t d)
{
    if (p->single != YKI_NOBODY) return d == p->single ? single_count(p, d) : 0;
    if (one_only(p)) return 0;
    return p->spec.policy == YKI_STATIC ? static_count(p, d) : share(p, d);
}

static yki_order give(yki_plan *p, size_t d, size_t count)
{
    yki_state *s = &p->proc[d];
    size_t most = p->spec.procs[d].max_items;
    bool splitting = p->free.n + p->held < YKI_FREE_SPANS;
    yki_span span;
    if (!yki_free_take(&p->free, d == 0, count, most, p->spec.align, splitting, &span)) {
        return wait_order;
    }
    if (s->n_held == 0) s->clock_s = p->now_s;
    /* An unsettled rate has the latency in it. */
    double latency = s->n_held == 0 && s->settled ? s->latency_s : 0;
    s->held[s->n_held++] = (yki_held){span, latency, p->single == d && s->started};
    p->held++;
    s->started = true;
    s->quota -= yki_min(s->quota, span.end - span.begin);
    for (size_t i = 0; i < p->spec.n_procs; i++) {
        if (i != d && p->proc[i].started) p->info.split = true;
    }
    return (yki_order){YKI_TAKE, span.begin, span.end};
}

static size_t most_orders(const yki_plan *p, size_t d)
{
    return d == 0 || p->spec.whole || !p->proc[d].settled ? 1 : YKI_DEVICE_ORDERS;
}

yki_order yki_plan_next(yki_plan *p, size_t d)
{
    if (d >= p->spec.n_procs || p->left == 0) return stop_order;
    const yki_state *s = &p->proc[d];
    if (d != 0 && !yki_plan_hopeful(p, d)) return stop_order;
    if (!yki_plan_active(p, d) || p->recall || s->n_held >= most_orders(p, d)) return wait_order;
    if (p->free.items == 0) return idle(p, d, false);
    if (!one_only(p)) drop_untried(p, d);   /* the host's rate may be known by now */
    if (s->stopped) return stop_order;
    size_t count = count_for(p, d);
    if (count > 0) return give(p, d, count);
    /* A device waits for the host's rate; otherwise the others are better at the rest. */
    bool untried = s->rate <= 0 && p->single == YKI_NOBODY;
    return untried ? wait_order : idle(p, d, true);
}
