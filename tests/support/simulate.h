/* A launch on processors that exist as numbers: virtual time, latencies, rates, noise,
 * failures, late arrivals.  Drives a plan as the executor does and feeds rates as it
 * does.  Deterministic: one seed, one course of events. */
#ifndef YKT_SIMULATE_H
#define YKT_SIMULATE_H

#include "random.h"

#include <math.h>
#include <plan/plan.h>
#include <string.h>

#define SIM_PROCS 5

typedef struct sim_proc {
    double latency_s;       /* of a chunk; hidden behind the one before it */
    double rate;            /* items a second */
    double noise;           /* relative, of each chunk */
    double beside;          /* rate while others work, relative; 0: 1 */
    double arrives_s;       /* > 0: late */
    double fails_s;         /* > 0: is lost then */
    size_t max_items, fill_items;
} sim_proc;

typedef struct sim_machine {
    size_t n;               /* processors, the host first */
    sim_proc proc[SIM_PROCS];
} sim_machine;

typedef struct sim_launch {
    yki_policy policy;
    size_t items, align;
    bool only_devices;
    uint64_t kernel;
} sim_launch;

typedef struct sim_result {
    double seconds;
    size_t items[SIM_PROCS];
    size_t orders[SIM_PROCS];
    double last[SIM_PROCS];     /* when each finished its last order */
    bool stalled;
    yki_plan_info info;
} sim_result;

/* Time of one processor alone. */
static inline double sim_alone(const sim_proc *p, size_t items)
{
    return p->latency_s + (double)items / p->rate;
}

typedef struct sim_order {
    size_t begin, end;
    double start, ends;
} sim_order;

typedef struct sim_state {
    const sim_machine *m;
    const sim_launch *l;
    yki_rates *rates;
    yki_plan *plan;
    uint64_t random;
    double now;
    size_t n_held[SIM_PROCS];
    sim_order held[SIM_PROCS][2];
    double free_at[SIM_PROCS], busy[SIM_PROCS];
    bool here[SIM_PROCS], gone[SIM_PROCS];
    sim_result result;
} sim_state;

static inline yki_rate_key sim_key(const sim_state *s, size_t d)
{
    return (yki_rate_key){s->l->kernel, (uint32_t)d, s->l->items, 1};
}

static inline bool sim_others_work(const sim_state *s, size_t d)
{
    for (size_t i = 0; i < s->m->n; i++) {
        if (i != d && s->n_held[i]) return true;
    }
    return false;
}

static inline void sim_take(sim_state *s, size_t d, yki_order o)
{
    const sim_proc *p = &s->m->proc[d];
    size_t n = s->n_held[d];
    double start = fmax(s->now, s->free_at[d]);
    bool hidden = d != 0 && n > 0;
    double rate = p->rate * (p->beside > 0 && sim_others_work(s, d) ? p->beside : 1);
    double noise = 1 + p->noise * rnd_real(&s->random, -1, 1);
    double t = (hidden ? 0 : p->latency_s) + (double)(o.end - o.begin) / rate * noise;
    s->held[d][n] = (sim_order){o.begin, o.end, start, start + t};
    s->free_at[d] = start + t;
    s->n_held[d]++;
    s->result.orders[d]++;
}

static inline void sim_ask(sim_state *s)
{
    for (size_t d = 0; d < s->m->n; d++) {
        while (s->here[d] && !s->gone[d]) {
            yki_order o = yki_plan_next(s->plan, d);
            if (o.kind == YKI_TAKE) {
                sim_take(s, d, o);
                continue;
            }
            s->gone[d] = o.kind == YKI_STOP && d != 0;
            break;
        }
    }
}

static inline void sim_end_order(sim_state *s, size_t d)
{
    sim_order o = s->held[d][0];
    double t = o.ends - o.start;
    s->held[d][0] = s->held[d][1];
    s->n_held[d]--;
    s->result.items[d] += o.end - o.begin;
    s->result.last[d] = o.ends;
    s->busy[d] += t;
    yki_plan_done(s->plan, d, o.begin, o.end, t);
    if (d != 0) {
        yki_rates_put(s->rates, sim_key(s, d), o.end - o.begin, t, s->l->only_devices, false);
    }
}

/* The host looks every millisecond; here, at once. */
static inline void sim_trim(sim_state *s)
{
    if (s->n_held[0] == 0) return;
    sim_order *o = &s->held[0][0];
    size_t trim = yki_plan_trim(s->plan, 0);
    if (trim >= o->end) return;
    double part = (s->now - o->start) / (o->ends - o->start);
    size_t at = o->begin + (size_t)((double)(o->end - o->begin) * fmin(fmax(part, 0), 1));
    at = yki_min(yki_round_up(yki_max(at, trim), s->l->align), o->end);
    if (at == o->end) return;
    size_t end = o->end;
    o->end = at;
    o->ends = s->now;
    s->free_at[0] = s->now;
    yki_plan_returned(s->plan, 0, at, end);
    sim_end_order(s, 0);
}

/* The next thing that happens: an order ends, a device comes or goes. */
static inline bool sim_step(sim_state *s)
{
    double when = INFINITY;
    size_t who = 0, what = 0;
    for (size_t d = 0; d < s->m->n; d++) {
        const sim_proc *p = &s->m->proc[d];
        bool lost = s->gone[d] && s->n_held[d] == 0;
        double at[3] = {s->n_held[d] ? s->held[d][0].ends : INFINITY,
                        !s->here[d] && !lost ? p->arrives_s : INFINITY,
                        p->fails_s > 0 && s->here[d] && !lost ? p->fails_s : INFINITY};
        for (size_t k = 0; k < 3; k++) {
            if (at[k] < when) when = at[k], who = d, what = k;
        }
    }
    if (when == INFINITY) return false;
    s->now = fmax(s->now, when);
    if (what == 0) {
        sim_end_order(s, who);
    } else if (what == 1) {
        s->here[who] = true;
        yki_plan_arrived(s->plan, who);
        sim_trim(s);
    } else {
        s->gone[who] = true;
        s->n_held[who] = 0;
        yki_plan_failed(s->plan, who);
    }
    return true;
}

static inline void sim_learn(sim_state *s)
{
    bool devices = false;
    for (size_t d = 1; d < s->m->n; d++) devices = devices || s->result.items[d];
    size_t items = s->result.items[0];
    if (items) {
        double t = s->result.last[0];
        yki_rates_put(s->rates, sim_key(s, 0), items, t, !devices, false);
    }
    yki_rates_judge(s->rates, sim_key(s, 0), devices && items, s->result.info.predicted_single_s,
                    s->now);
}

/* Runs one launch; `rates` keeps what it teaches. */
static inline sim_result sim_run(const sim_machine *m, const sim_launch *l, yki_rates *rates,
                                 uint64_t seed)
{
    sim_state s = {.m = m, .l = l, .rates = rates, .random = seed};
    yki_plan_spec spec = {.policy = l->policy, .items = l->items, .align = l->align,
                          .only_devices = l->only_devices, .n_procs = m->n};
    spec.stay_single = l->policy == YKI_AUTO && yki_rates_stay_single(rates, sim_key(&s, 0));
    for (size_t d = 0; d < m->n; d++) {
        yki_proc *p = &spec.procs[d];
        yki_rates_get(rates, sim_key(&s, d), p);
        p->present = true;
        p->ready = s.here[d] = m->proc[d].arrives_s <= 0;
        p->max_items = m->proc[d].max_items;
        p->fill_items = m->proc[d].fill_items;
    }
    if (yki_plan_open(&s.plan, &spec) != YK_OK) {
        s.result.stalled = true;
        return s.result;
    }
    sim_ask(&s);
    while (!yki_plan_finished(s.plan) && !s.result.stalled) {
        s.result.stalled = !sim_step(&s);
        sim_ask(&s);
    }
    s.result.seconds = s.now;
    s.result.info = yki_plan_get_info(s.plan);
    sim_learn(&s);
    yki_plan_close(&s.plan);
    return s.result;
}

#endif
