/* What --measure measures of the cores: latency and bandwidth of each cache level and of
 * memory, peak arithmetic, the clock.  How a figure is taken is in measure_team.c; here
 * is which data belongs to which level.
 *
 * A level's data must not fit into the level below it and must fit into the level itself,
 * with room for what else is there (on a shared host, other guests' data).  So it is
 * twice the level below, or halfway (as a ratio) where that is less. */
#include "measure.h"

#include "base/base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_MEMORY ((uint64_t)64 << 20)
#define MOST_MEMORY_ONE ((uint64_t)1 << 30)
#define MOST_MEMORY_ALL ((uint64_t)4 << 30)
#define MOST_LEVEL 5
#define BEYOND 2.0              /* times a level's latency: no longer that level */

/* What measuring one figure needs to know; ctx of the jobs. */
typedef struct plan {
    const yk_topo *topo;
    const measure_kernels *kernels;
    measurement *m;
    unsigned level;             /* of the cache, 0: memory */
    size_t workers;             /* at work */
    uint64_t fixed;             /* bytes a worker, 0: as the level says */
} plan;

/* ---- how much data ---- */

/* What one of the plan's workers has of a cache of its core. */
static uint64_t share_of(const plan *p, const yk_topo_cache *c)
{
    size_t sharers = 0;
    for (size_t w = 0; w < p->workers; w++)
        sharers += yk_topo_worker_core(p->topo, w) - c->first_core < c->cores;
    return c->bytes / yki_max(1, sharers);
}

/* The largest cache below `level`, as one worker has it; 0 below L1. */
static uint64_t below(const plan *p, size_t core, unsigned level)
{
    uint64_t bytes = 0;
    for (unsigned k = 1; k < level; k++) {
        const yk_topo_cache *c = yk_topo_core_cache(p->topo, core, k);
        if (c && share_of(p, c) > bytes) bytes = share_of(p, c);
    }
    return bytes;
}

static uint64_t level_bytes(const plan *p, size_t worker)
{
    size_t core = yk_topo_worker_core(p->topo, worker);
    const yk_topo_cache *c = yk_topo_core_cache(p->topo, core, p->level);
    uint64_t lower = below(p, core, p->level), own = c ? share_of(p, c) : 2 * lower;
    if (lower == 0) return own / 2;
    if (own < lower + lower / 2) return lower + own / 2;    /* of a level that adds to it */
    double half = sqrt((double)lower * (double)own);
    return half < 2.0 * (double)lower ? (uint64_t)half : 2 * lower;
}

/* Several times what the last level holds, of one core or of all together. */
static uint64_t memory_bytes(const plan *p)
{
    size_t count, core = yk_topo_worker_core(p->topo, 0);
    const yk_topo_cache *c = yk_topo_caches(p->topo, &count);
    uint64_t bytes = LEAST_MEMORY, limit = yk_topo_memory_limit(p->topo) / 8;
    unsigned last = 0;
    for (size_t i = 0; i < count; i++)
        if (!c[i].instruction && c[i].level > last) last = c[i].level;
    for (size_t i = 0; i < count; i++)
        if (c[i].level == last && (p->workers > 1 || core - c[i].first_core < c[i].cores))
            bytes += 4 * c[i].bytes;
    uint64_t most = p->workers > 1 ? MOST_MEMORY_ALL : MOST_MEMORY_ONE;
    if (bytes > most) bytes = most;
    if (limit && bytes > limit) bytes = limit;
    return bytes / p->workers;
}

static size_t bytes_of(const measure_job *j, size_t worker)
{
    const plan *p = j->ctx;
    uint64_t bytes = p->fixed     ? p->fixed
                     : p->level ? level_bytes(p, worker)
                                : memory_bytes(p);
    return yki_max(3 * READ_BLOCK, yki_round_down((size_t)bytes, READ_BLOCK));
}

/* ---- one figure ---- */

/* Units a second; 0 where it failed. */
static double rate_of(plan *p, measure_work *work, measure_fill fill, size_t workers, double unit)
{
    p->workers = workers;
    measure_job j = {.topo = p->topo, .kernels = p->kernels, .work = work, .fill = fill,
                     .workers = workers, .bytes_of = bytes_of, .ctx = p, .unit = unit};
    if (!yki_measure_run(&j)) return 0;
    p->m->cpu_s += j.cpu_s;
    p->m->wall_s += j.wall_s;
    return j.rate;
}

/* The rate of all workers, which that of one is where there is but one. */
static double all_or(plan *p, double one, measure_work *work, measure_fill fill, double unit)
{
    size_t workers = yk_topo_workers(p->topo);
    return workers == 1 ? one : rate_of(p, work, fill, workers, unit);
}

static double latency(plan *p)
{
    double rate = rate_of(p, yki_work_chase, FILL_CHAIN, 1, 1);
    return rate > 0 ? 1 / rate : 0;
}

/* ---- caches and memory ---- */

static bool measure_level(plan *p, measured_level *l)
{
    yki_progress("measuring %s...", l->name);
    p->workers = 1;
    p->fixed = 0;
    l->working_set = bytes_of(&(measure_job){.ctx = p}, 0);
    l->latency_s = latency(p);
    l->read_bytes_s = rate_of(p, yki_work_read, FILL_NUMBERS, 1, 0);
    l->all_bytes_s = all_or(p, l->read_bytes_s, yki_work_read, FILL_NUMBERS, 0);
    return l->latency_s > 0 && l->read_bytes_s > 0 && l->all_bytes_s > 0;
}

/* How far the level reaches: guests of a shared host, and processes with an allotted
 * part of a cache, get less of it than it has. */
static void measure_reach(plan *p, measured_level *l)
{
    uint64_t reached = l->working_set, size = 2 * l->working_set;
    for (; size <= l->bytes / 4 * 3; size *= 2) {
        p->fixed = size;
        double here = latency(p);
        if (here <= 0 || here > BEYOND * l->latency_s) break;
        reached = size;
    }
    l->reach = size > l->bytes / 4 * 3 ? l->bytes : reached;
    p->fixed = 0;
}

static bool measure_caches(plan *p)
{
    size_t core = yk_topo_worker_core(p->topo, 0);
    for (unsigned level = 1; level <= MOST_LEVEL; level++) {
        const yk_topo_cache *c = yk_topo_core_cache(p->topo, core, level);
        if (!c || c->bytes == 0 || p->m->level_count >= MOST_LEVELS - 1) continue;
        measured_level *l = &p->m->levels[p->m->level_count++];
        snprintf(l->name, sizeof l->name, "L%u", level);
        l->bytes = l->reach = c->bytes;
        p->level = level;
        if (!measure_level(p, l)) return false;
        if (level > 1) measure_reach(p, l);
    }
    return true;
}

static bool measure_memory(plan *p)
{
    measured_level *l = &p->m->levels[p->m->level_count++];
    snprintf(l->name, sizeof l->name, "memory");
    p->level = 0;
    if (!measure_level(p, l)) return false;
    p->m->triad_bytes_s = rate_of(p, yki_work_triad, FILL_NUMBERS, yk_topo_workers(p->topo), 0);
    return p->m->triad_bytes_s > 0;
}

/* ---- arithmetic ---- */

static bool measure_flops(plan *p)
{
    measurement *m = p->m;
    double d = p->kernels->double_per_step, f = p->kernels->float_per_step;
    yki_progress("measuring arithmetic...");
    m->clock_hz = rate_of(p, yki_work_ticks, FILL_NONE, 1, TICKS);
    m->double_flops_one_s = rate_of(p, yki_work_double, FILL_NONE, 1, d);
    m->float_flops_one_s = rate_of(p, yki_work_float, FILL_NONE, 1, f);
    m->double_flops_s = all_or(p, m->double_flops_one_s, yki_work_double, FILL_NONE, d);
    m->float_flops_s = all_or(p, m->float_flops_one_s, yki_work_float, FILL_NONE, f);
    return m->clock_hz > 0 && m->double_flops_one_s > 0 && m->float_flops_one_s > 0 &&
           m->double_flops_s > 0 && m->float_flops_s > 0;
}

int yki_topo_measure(measurement *m, const state *s)
{
    plan p = {.topo = s->topo, .kernels = yki_measure_kernels(yk_topo_isa(s->topo)), .m = m};
    bool ok = measure_caches(&p) && measure_memory(&p) && measure_flops(&p);
    if (ok) {
        yki_progress("measuring launches...");
        m->pool_launch_s = yki_measure_pool_launch();
        yki_measure_devices(m, &s->devices);
    }
    yki_progress(NULL);
    if (ok) return YKI_EXIT_OK;
    return yki_error(TOOL, "cannot measure: no memory or no threads left");
}
