/* The life of a plan: opening, events, and what may be asked about it.
 * Called by run under its lock, by tests and by simulations.  Allocates at opening
 * alone, so no event can fail. */
#include "plan_int.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool known(double x) { return x > 0 && isfinite(x); }

static void set_proc(yki_plan *p, size_t d)
{
    const yki_proc *in = &p->spec.procs[d];
    yki_state *s = &p->proc[d];
    size_t least = p->spec.whole ? p->spec.items : p->unit;
    /* The host always stands by, for what the others lose. */
    s->here = (d == 0 || in->present) && (in->max_items == 0 || in->max_items >= least);
    if (d == 0) s->here = true;
    s->ready = d == 0 || in->ready;
    s->rate = known(in->rate) ? in->rate : known(in->alone_rate) ? in->alone_rate : 0;
    s->alone_rate = known(in->alone_rate) ? in->alone_rate : 0;
    s->latency_s = known(in->latency_s) && s->rate > 0 ? in->latency_s : 0;
    s->error = known(in->error) ? in->error : 0;
    s->settled = s->rate > 0;
}

/* Shares once and for all: by rates if all are known, else equal. */
static void set_quotas(yki_plan *p)
{
    double sum = 0, before = 0;
    size_t given = 0, last = 0;
    bool rates = true;
    for (size_t d = 0; d < p->spec.n_procs; d++) {
        bool takes = p->proc[d].here && (d > 0 || !p->spec.only_devices);
        if (!takes) continue;
        rates = rates && p->proc[d].rate > 0;
        last = d;
    }
    for (int pass = 0; pass < 2; pass++) {
        for (size_t d = 0; d <= last; d++) {
            if (!p->proc[d].here || (d == 0 && p->spec.only_devices)) continue;
            double weight = rates ? p->proc[d].rate : 1;
            if (pass == 0) {
                sum += weight;
                continue;
            }
            before += weight;
            double to = (double)p->spec.items * (before / sum);
            size_t end = to >= (double)p->spec.items ? p->spec.items : (size_t)to;
            end = d == last ? p->spec.items : yki_round_down(end, p->spec.align);
            p->proc[d].quota = end > given ? end - given : 0;
            given = yki_max(given, end);
        }
    }
}

yk_status yki_plan_open(yki_plan **out, const yki_plan_spec *spec)
{
    bool any = !spec->only_devices && spec->n_procs > 0;
    if (spec->n_procs > YKI_PLAN_MAX) return YK_E_INVALID;
    for (size_t d = 1; d < spec->n_procs; d++) any = any || spec->procs[d].present;
    if (!any) return YK_E_INVALID;
    yki_plan *p = yki_alloc(1, sizeof *p);
    if (!p) return YK_E_NOMEM;
    p->spec = *spec;
    p->spec.align = yki_max(spec->align, 1);
    p->unit = yki_min(p->spec.align, spec->items);
    p->left = spec->items;
    p->single = YKI_NOBODY;
    yki_free_add(&p->free, 0, spec->items);
    for (size_t d = 0; d < spec->n_procs; d++) set_proc(p, d);
    if (spec->policy == YKI_STATIC) set_quotas(p);
    yki_plan_decide(p);
    *out = p;
    return YK_OK;
}

void yki_plan_close(yki_plan **plan)
{
    yki_free(*plan);
    *plan = NULL;
}

bool yki_plan_finished(const yki_plan *p) { return p->left == 0; }

yki_plan_info yki_plan_get_info(const yki_plan *p)
{
    yki_plan_info info = p->info;
    if (info.split) info.reason[0] = '\0';
    return info;
}

size_t yki_plan_trim(const yki_plan *p, size_t d)
{
    const yki_state *s = &p->proc[d];
    if (d >= p->spec.n_procs || s->n_held == 0) return 0;
    return p->recall && s->held[0].large ? s->held[0].span.begin : s->held[0].span.end;
}

/* ---- events ---- */

/* The order that the span lies in, at its front or back; NULL: none. */
static yki_held *find_held(yki_state *s, size_t begin, size_t end)
{
    for (size_t i = 0; i < s->n_held; i++) {
        const yki_span *h = &s->held[i].span;
        bool inside = begin >= h->begin && end <= h->end;
        if (inside && (begin == h->begin || end == h->end)) return &s->held[i];
    }
    return NULL;
}

static void shrink(yki_plan *p, yki_state *s, yki_held *h, size_t begin, size_t end)
{
    if (begin == h->span.begin) h->span.begin = end;
    else h->span.end = begin;
    if (h->span.begin < h->span.end) return;
    size_t at = (size_t)(h - s->held);
    s->n_held--;
    p->held--;
    memmove(h, h + 1, (s->n_held - at) * sizeof *h);
}

/* At the end of every event: a recall is over once the host holds nothing, and what has
 * changed is weighed. */
static void end_event(yki_plan *p, bool decide)
{
    bool recalled = p->recall && p->proc[0].n_held == 0;
    if (recalled) p->recall = false;
    if (decide || recalled || p->changed) yki_plan_decide(p);
}

void yki_plan_done(yki_plan *p, size_t d, size_t begin, size_t end, double seconds)
{
    yki_state *s = &p->proc[d];
    yki_held *h = d < p->spec.n_procs && begin < end ? find_held(s, begin, end) : NULL;
    if (!h) {
        end_event(p, false);
        return;
    }
    seconds = seconds > 0 && isfinite(seconds) ? seconds : 0;
    bool was_settled = s->settled;
    s->clock_s += seconds;
    p->now_s = fmax(p->now_s, s->clock_s);
    yki_plan_measure(p, d, (double)(end - begin), seconds, h->latency_s);
    h->latency_s = 0;
    p->left -= end - begin;
    shrink(p, s, h, begin, end);
    end_event(p, s->settled && !was_settled);
}

void yki_plan_returned(yki_plan *p, size_t d, size_t begin, size_t end)
{
    yki_state *s = &p->proc[d];
    yki_held *h = d < p->spec.n_procs && begin < end ? find_held(s, begin, end) : NULL;
    if (!h) return;
    yki_free_add(&p->free, begin, end);
    shrink(p, s, h, begin, end);
    end_event(p, false);
}

void yki_plan_failed(yki_plan *p, size_t d)
{
    if (d >= p->spec.n_procs) return;
    yki_state *s = &p->proc[d];
    while (s->n_held > 0) {
        yki_span span = s->held[0].span;
        yki_free_add(&p->free, span.begin, span.end);
        shrink(p, s, &s->held[0], span.begin, span.end);
    }
    /* The host cannot be lost: it only gives back. */
    s->failed = d != 0;
    s->quota = 0;
    end_event(p, true);
}

/* Whether it is worth interrupting the host, which holds everything, for a device. */
static bool worth_recall(const yki_plan *p, size_t d)
{
    const yki_state *host = &p->proc[0], *s = &p->proc[d];
    if (host->n_held == 0 || !host->held[0].large) return false;
    if (host->rate <= 0 || s->rate <= 0) return true;   /* deciding will tell */
    double items = (double)(host->held[0].span.end - host->held[0].span.begin);
    double alone = items / host->rate;
    double shared = (items + s->latency_s * s->rate) / (host->rate + s->rate);
    return shared <= (1 - fmax(0.03, 2 * s->error)) * alone;
}

void yki_plan_arrived(yki_plan *p, size_t d)
{
    if (d >= p->spec.n_procs || p->proc[d].ready) return;
    p->proc[d].ready = true;
    if (p->spec.policy == YKI_AUTO && !p->spec.whole && worth_recall(p, d)) p->recall = true;
    end_event(p, true);
}
