/* From hwloc's tree to our own arrays, after which the tree is not needed any more.
 * CPUs and cores are in the order of the tree, so that whatever shares a cache or a
 * node is one contiguous range of positions. */
#include "topo/topo_int.h"

#include <stdio.h>
#include <string.h>

/* hwloc says -1 for a type on several levels, which none of those used here is. */
static size_t count_of(hwloc_topology_t tree, hwloc_obj_type_t type)
{
    int n = hwloc_get_nbobjs_by_type(tree, type);
    return n > 0 ? (size_t)n : 0;
}

static const char *info_of(hwloc_obj_t o, const char *name)
{
    const char *value = o ? hwloc_obj_get_info_by_name(o, name) : NULL;
    return value ? value : "";
}

/* ---- names ---- */

static void cut_out(char *text, const char *what)
{
    size_t n = strlen(what);
    for (char *at; (at = strstr(text, what)) != NULL;) memmove(at, at + n, strlen(at + n) + 1);
}

static void cut_from(char *text, const char *what)
{
    char *at = strstr(text, what);
    if (at) *at = '\0';
}

static void squeeze_blanks(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != ' ' || (to > text && to[-1] != ' ')) *to++ = *from;
    while (to > text && to[-1] == ' ') to--;
    *to = '\0';
}

/* "13th Gen " in front, " 16-Core" inside: said elsewhere, or of no use. */
static void cut_counts(char *model)
{
    char *gen = strstr(model, "th Gen ");
    if (gen && strspn(model, "0123456789") == (size_t)(gen - model))
        memmove(model, gen + 7, strlen(gen + 7) + 1);
    char *core = strstr(model, "-Core");
    if (!core) return;
    char *start = core;
    while (start > model && start[-1] >= '0' && start[-1] <= '9') start--;
    if (start < core && start > model && start[-1] == ' ')
        memmove(start - 1, core + 5, strlen(core + 5) + 1);
}

/* "Intel(R) Core(TM) i9-13900K CPU @ 3.00GHz" -> "Intel Core i9-13900K" */
static void tidy_model(char *model)
{
    cut_counts(model);
    cut_out(model, "(R)");
    cut_out(model, "(TM)");
    cut_out(model, "(r)");
    cut_out(model, "(tm)");
    cut_from(model, " @ ");
    cut_from(model, " with Radeon");
    cut_out(model, " CPU");
    cut_out(model, " Processor");
    squeeze_blanks(model);
}

static void read_names(yk_topo *t, hwloc_topology_t tree)
{
    hwloc_obj_t machine = hwloc_get_root_obj(tree);
    const char *model = info_of(hwloc_get_obj_by_type(tree, HWLOC_OBJ_PACKAGE, 0), "CPUModel");
    if (!*model) model = info_of(machine, "CPUModel");
    yki_copy_text(t->model, sizeof t->model, model);
    tidy_model(t->model);
    yki_copy_text(t->host, sizeof t->host, info_of(machine, "HostName"));
    const char *os = info_of(machine, "OSName"), *release = info_of(machine, "OSRelease");
    snprintf(t->os, sizeof t->os, "%.60s%s%.60s", os, *os && *release ? " " : "", release);
}

/* ---- nodes ---- */

static void read_nodes(yk_topo *t, hwloc_topology_t tree)
{
    for (size_t i = 0; i < t->node_count; i++) {
        hwloc_obj_t o = hwloc_get_obj_by_type(tree, HWLOC_OBJ_NUMANODE, (unsigned)i);
        t->nodes[i].number = o->os_index;
        t->nodes[i].bytes = o->attr->numanode.local_memory;
    }
}

/* The node nearest to a CPU: the one of the fewest CPUs that has it among them. */
static size_t node_of(hwloc_topology_t tree, size_t nodes, unsigned cpu)
{
    size_t best = YK_TOPO_NONE;
    int fewest = INT_MAX;
    for (size_t i = 0; i < nodes; i++) {
        hwloc_obj_t o = hwloc_get_obj_by_type(tree, HWLOC_OBJ_NUMANODE, (unsigned)i);
        if (!o->cpuset || !hwloc_bitmap_isset(o->cpuset, cpu)) continue;
        int weight = hwloc_bitmap_weight(o->cpuset);
        if (weight < 0) weight = INT_MAX - 1;
        if (weight >= fewest) continue;
        fewest = weight;
        best = i;
    }
    return best;
}

/* ---- cores and CPUs ---- */

static void add_core(yk_topo *t, hwloc_topology_t tree, hwloc_obj_t pu, size_t first_cpu)
{
    hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(tree, HWLOC_OBJ_PACKAGE, pu);
    yk_topo_core *core = &t->cores[t->core_count++];
    core->package = package ? package->logical_index : 0;
    core->node = node_of(tree, t->node_count, pu->os_index);
    core->first_cpu = first_cpu;
    core->worker = YK_TOPO_NONE;
    if (core->node != YK_TOPO_NONE) t->nodes[core->node].cores++;
}

/* On this machine limits.c asks the cgroup; a file tells it of the machine it was made on. */
static int is_allowed(const yk_topo *t, hwloc_topology_t tree, unsigned cpu)
{
    hwloc_const_bitmap_t allowed = hwloc_topology_get_allowed_cpuset(tree);
    return !t->imaginary || !allowed || hwloc_bitmap_isset(allowed, cpu);
}

/* Where the tree knows no cores, each CPU is one. */
static void read_cores(yk_topo *t, hwloc_topology_t tree)
{
    hwloc_obj_t last = NULL;
    for (size_t i = 0; i < t->cpu_count; i++) {
        hwloc_obj_t pu = hwloc_get_obj_by_type(tree, HWLOC_OBJ_PU, (unsigned)i);
        hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(tree, HWLOC_OBJ_CORE, pu);
        if (!core || core != last) add_core(t, tree, pu, i);
        last = core;
        t->cores[t->core_count - 1].cpus++;
        t->cpus[i] = (yk_topo_cpu){.cpu = (int)pu->os_index, .affine = 1,
                                   .allowed = is_allowed(t, tree, pu->os_index),
                                   .core = t->core_count - 1, .worker = YK_TOPO_NONE};
    }
}

/* ---- caches ---- */

/* The CPUs under an object are contiguous: the first is found by going down. */
static void add_cache(yk_topo *t, hwloc_obj_t o)
{
    hwloc_obj_t pu = o;
    while (pu && pu->type != HWLOC_OBJ_PU) pu = pu->first_child;
    int cpus = hwloc_bitmap_weight(o->cpuset);
    if (!pu || cpus < 1) return;
    size_t first = pu->logical_index, last = yki_min(first + (size_t)cpus, t->cpu_count) - 1;
    const struct hwloc_cache_attr_s *a = &o->attr->cache;
    size_t first_core = t->cpus[first].core;
    t->caches[t->cache_count++] = (yk_topo_cache){
        .level = a->depth,
        .instruction = a->type == HWLOC_OBJ_CACHE_INSTRUCTION,
        .bytes = a->size,
        .line_bytes = a->linesize,
        .ways = a->associativity,
        .first_core = first_core,
        .cores = t->cpus[last].core - first_core + 1,
        .cpus = (size_t)cpus,
        .kind = t->cores[first_core].kind,
    };
}

static const hwloc_obj_type_t cache_types[] = {
    HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L2ICACHE,
    HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L3ICACHE, HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L5CACHE,
};

static void read_caches(yk_topo *t, hwloc_topology_t tree)
{
    for (size_t k = 0; k < YKI_COUNT(cache_types); k++)
        for (hwloc_obj_t o = NULL; (o = hwloc_get_next_obj_by_type(tree, cache_types[k], o));)
            add_cache(t, o);
}

/* ---- all of it ---- */

/* CPUs of a file's machine that were off when it was made. */
static void read_offline(yk_topo *t, hwloc_topology_t tree)
{
    hwloc_obj_t machine = hwloc_get_root_obj(tree);
    int all = machine->complete_cpuset ? hwloc_bitmap_weight(machine->complete_cpuset) : 0;
    int on = machine->cpuset ? hwloc_bitmap_weight(machine->cpuset) : 0;
    if (t->imaginary && all > on && on > 0) t->limits.offline = (size_t)(all - on);
}

static bool make_room(yk_topo *t, hwloc_topology_t tree)
{
    size_t caches = 0;
    for (size_t k = 0; k < YKI_COUNT(cache_types); k++) caches += count_of(tree, cache_types[k]);
    t->cpu_count = count_of(tree, HWLOC_OBJ_PU);
    t->node_count = count_of(tree, HWLOC_OBJ_NUMANODE);
    t->cpus = yki_alloc(t->cpu_count, sizeof *t->cpus);
    t->cores = yki_alloc(t->cpu_count, sizeof *t->cores);
    t->nodes = yki_alloc(t->node_count, sizeof *t->nodes);
    t->caches = yki_alloc(caches, sizeof *t->caches);
    return t->cpus && t->cores && t->nodes && t->caches;
}

yk_status yki_topo_read_machine(yk_topo *t, hwloc_topology_t tree, yk_diag *diag)
{
    if (count_of(tree, HWLOC_OBJ_PU) == 0)
        return yki_fail(diag, YK_E_UNSUPPORTED, "hwloc finds no CPU on this machine");
    if (!make_room(t, tree)) return yki_fail(diag, YK_E_NOMEM, "no memory for the machine");
    read_names(t, tree);
    read_nodes(t, tree);
    read_cores(t, tree);
    yki_topo_read_kinds(t, tree);
    read_caches(t, tree);
    read_offline(t, tree);
    t->packages = yki_max(1, count_of(tree, HWLOC_OBJ_PACKAGE));
    t->memory_bytes = hwloc_get_root_obj(tree)->total_memory;
    return YK_OK;
}
