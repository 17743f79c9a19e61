/* How many workers there are, on which CPU each belongs, which limit binds, and what
 * the user should be told.  Pure arithmetic over what the earlier steps found. */
#include "topo/topo_int.h"

#include <math.h>
#include <stdio.h>

static bool is_usable(const yk_topo_cpu *c) { return c->affine && c->allowed; }

/* A mask and a cpuset with no CPU of the tree in common (it changed while we read):
 * better to believe neither than to have nowhere to run. */
static void count_usable(yk_topo *t)
{
    size_t usable = 0;
    for (size_t i = 0; i < t->cpu_count; i++) usable += is_usable(&t->cpus[i]);
    if (usable == 0)
        for (size_t i = 0; i < t->cpu_count; i++) t->cpus[i].affine = t->cpus[i].allowed = 1;
    yk_topo_limits *m = &t->limits;
    m->cores = t->core_count;
    for (size_t k = 0; k < t->core_count; k++) {
        yk_topo_core *core = &t->cores[k];
        bool affine = false, allowed = false;
        for (size_t i = core->first_cpu; i < core->first_cpu + core->cpus; i++) {
            affine = affine || t->cpus[i].affine;
            allowed = allowed || t->cpus[i].allowed;
            core->usable += is_usable(&t->cpus[i]);
        }
        m->affinity += affine;
        m->cpuset += allowed;
        m->usable += core->usable > 0;
    }
}

static size_t usable_cpus(const yk_topo *t)
{
    size_t n = 0;
    for (size_t k = 0; k < t->core_count; k++) n += t->cores[k].usable;
    return n;
}

/* More than the cores were asked for: CPUs are what there is.  The kernel shows every
 * mask cut down to the cpuset, so where both leave the same, the cpuset binds. */
static void choose_count(yk_topo *t)
{
    yk_topo_limits *m = &t->limits;
    size_t have = m->asked > m->usable ? usable_cpus(t) : m->usable;
    size_t quota = m->quota > 0 && m->quota < (double)have ? (size_t)ceil(m->quota) : have;
    m->workers = yki_max(1, yki_min(have, quota));
    m->bound = YK_BOUND_MACHINE;
    if (m->usable < m->cores) m->bound = m->affinity < m->cpuset ? YK_BOUND_AFFINITY
                                                                  : YK_BOUND_CPUSET;
    if (quota < have) m->bound = YK_BOUND_QUOTA;
    if (m->asked && m->asked <= m->workers) {
        m->workers = m->asked;
        m->bound = YK_BOUND_ASKED;
    }
}

/* The n-th usable CPU of a core, or NULL. */
static yk_topo_cpu *usable_cpu(yk_topo *t, const yk_topo_core *core, size_t n)
{
    for (size_t i = core->first_cpu; i < core->first_cpu + core->cpus; i++)
        if (is_usable(&t->cpus[i]) && n-- == 0) return &t->cpus[i];
    return NULL;
}

static size_t place_round(yk_topo *t, size_t placed, size_t round, yk_core_kind kind)
{
    for (size_t k = 0; k < t->core_count && placed < t->limits.workers; k++) {
        yk_topo_core *core = &t->cores[k];
        yk_topo_cpu *cpu = core->kind == kind ? usable_cpu(t, core, round) : NULL;
        if (!cpu) continue;
        if (round == 0) core->worker = placed;
        cpu->worker = placed;
        t->worker_cpus[placed] = cpu->cpu;
        t->worker_cores[placed++] = k;
    }
    return placed;
}

static void place(yk_topo *t)
{
    size_t placed = 0;
    for (size_t round = 0; placed < t->limits.workers && round < t->cpu_count; round++) {
        placed = place_round(t, placed, round, YK_CORE_PERFORMANCE);
        placed = place_round(t, placed, round, YK_CORE_EFFICIENCY);
    }
}

/* Workers that a quota stops for part of each period. */
static void warn(yk_topo_limits *m)
{
    if (m->quota <= 0 || (double)m->workers <= m->quota) return;
    double lost = 100 * (1 - m->quota / (double)m->workers);
    int n = snprintf(m->warning, sizeof m->warning,
                     "%zu worker%s on %.3g CPUs: up to %.0f %% throttling", m->workers,
                     m->workers == 1 ? "" : "s", m->quota, lost);
    size_t fits = (size_t)floor(m->quota);
    if (fits >= 1 && n > 0 && (size_t)n < sizeof m->warning)
        snprintf(m->warning + n, sizeof m->warning - (size_t)n, "; YOKE_THREADS=%zu avoids it",
                 fits);
}

yk_status yki_topo_place_workers(yk_topo *t, yk_diag *diag)
{
    count_usable(t);
    choose_count(t);
    t->worker_cpus = yki_alloc(t->limits.workers, sizeof *t->worker_cpus);
    t->worker_cores = yki_alloc(t->limits.workers, sizeof *t->worker_cores);
    if (!t->worker_cpus || !t->worker_cores)
        return yki_fail(diag, YK_E_NOMEM, "no memory for the machine");
    place(t);
    warn(&t->limits);
    return YK_OK;
}
