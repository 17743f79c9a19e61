/* Reading a yk_topo.  Pure; any thread, any time between open and close. */
#include "topo/topo_int.h"

int yk_topo_is_this_machine(const yk_topo *t) { return !t->imaginary; }

const char *yk_topo_cpu_model(const yk_topo *t) { return t->model; }
const char *yk_topo_os(const yk_topo *t) { return t->os; }
const char *yk_topo_host(const yk_topo *t) { return t->host; }

uint64_t yk_topo_memory(const yk_topo *t) { return t->memory_bytes; }

uint64_t yk_topo_memory_limit(const yk_topo *t)
{
    uint64_t all = t->memory_bytes, limit = t->limits.memory;
    return limit && (!all || limit < all) ? limit : all;
}

size_t yk_topo_packages(const yk_topo *t) { return t->packages; }

const yk_topo_node *yk_topo_nodes(const yk_topo *t, size_t *count)
{
    if (count) *count = t->node_count;
    return t->nodes;
}

const yk_topo_core *yk_topo_cores(const yk_topo *t, size_t *count)
{
    if (count) *count = t->core_count;
    return t->cores;
}

const yk_topo_cpu *yk_topo_cpus(const yk_topo *t, size_t *count)
{
    if (count) *count = t->cpu_count;
    return t->cpus;
}

const yk_topo_cache *yk_topo_caches(const yk_topo *t, size_t *count)
{
    if (count) *count = t->cache_count;
    return t->caches;
}

const yk_topo_cache *yk_topo_core_cache(const yk_topo *t, size_t core, unsigned level)
{
    for (size_t i = 0; i < t->cache_count; i++) {
        const yk_topo_cache *c = &t->caches[i];
        if (c->level == level && !c->instruction && core - c->first_core < c->cores) return c;
    }
    return NULL;
}

size_t yk_topo_pci_count(const yk_topo *t) { return t->pci_count; }

const yk_topo_pci *yk_topo_pci_at(const yk_topo *t, size_t i)
{
    return i < t->pci_count ? &t->pci[i] : NULL;
}

const yk_topo_limits *yk_topo_get_limits(const yk_topo *t) { return &t->limits; }
double yk_topo_quota(const yk_topo *t) { return t->limits.quota; }
size_t yk_topo_workers(const yk_topo *t) { return t->limits.workers; }

int yk_topo_worker_cpu(const yk_topo *t, size_t w)
{
    return w < t->limits.workers ? t->worker_cpus[w] : -1;
}

size_t yk_topo_worker_core(const yk_topo *t, size_t w)
{
    return w < t->limits.workers ? t->worker_cores[w] : YK_TOPO_NONE;
}

size_t yk_topo_worker_node(const yk_topo *t, size_t w)
{
    return w < t->limits.workers ? t->cores[t->worker_cores[w]].node : YK_TOPO_NONE;
}

yk_core_kind yk_topo_worker_kind(const yk_topo *t, size_t w)
{
    return w < t->limits.workers ? t->cores[t->worker_cores[w]].kind : YK_CORE_PERFORMANCE;
}

const int *yk_topo_worker_cpus(const yk_topo *t) { return t->worker_cpus; }

yk_isa yk_topo_isa(const yk_topo *t) { return t->isa; }
yk_isa yk_topo_isa_machine(const yk_topo *t) { return t->isa_machine; }

const char *yk_topo_bound_name(yk_topo_bound bound)
{
    static const char *const names[YK_BOUND_COUNT] = {
        [YK_BOUND_MACHINE] = "the machine",
        [YK_BOUND_AFFINITY] = "the affinity mask",
        [YK_BOUND_CPUSET] = "the cpuset",
        [YK_BOUND_QUOTA] = "the cgroup quota",
        [YK_BOUND_ASKED] = "what was asked for",
    };
    return (unsigned)bound < YK_BOUND_COUNT ? names[bound] : "unknown";
}
