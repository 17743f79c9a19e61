/* Which cores are efficiency cores.
 *
 * hwloc sorts cores into kinds, but also where they differ by a few per cent of turbo
 * frequency, which makes nobody an efficiency core.  What the processor says of itself
 * (CoreType, LinuxCapacity) counts first, then a clear gap in frequency. */
#include "topo/topo_int.h"

#include <string.h>

#define SLOWER_PERCENT 75       /* below this share of the best: another kind of core */

#if HWLOC_API_VERSION >= 0x00020400
typedef struct kind {
    const char *type;           /* "IntelCore", "IntelAtom" or NULL */
    size_t capacity;            /* 0 if unknown, as frequency */
    size_t frequency;
    int rank;                   /* hwloc's, higher is faster; -1 unknown */
} kind;

static kind describe(hwloc_topology_t tree, unsigned which, hwloc_bitmap_t set)
{
    kind k = {.rank = -1};
    unsigned count = 0;
    struct hwloc_info_s *infos = NULL;
    if (hwloc_cpukinds_get_info(tree, which, set, &k.rank, &count, &infos, 0) != 0) return k;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(infos[i].name, "CoreType") == 0) k.type = infos[i].value;
        if (strcmp(infos[i].name, "LinuxCapacity") == 0)
            yki_parse_size(infos[i].value, 1, INT_MAX, &k.capacity);
        if (strcmp(infos[i].name, "FrequencyMaxMHz") == 0)
            yki_parse_size(infos[i].value, 1, INT_MAX, &k.frequency);
    }
    return k;
}

static bool is_efficiency(const kind *k, const kind *best)
{
    if (k->type) return strcmp(k->type, "IntelAtom") == 0;
    if (k->capacity && best->capacity)
        return k->capacity * 100 < best->capacity * SLOWER_PERCENT;
    if (k->frequency && best->frequency)
        return k->frequency * 100 < best->frequency * SLOWER_PERCENT;
    return k->rank >= 0 && k->rank < best->rank;
}

static void mark(yk_topo *t, hwloc_const_bitmap_t set)
{
    for (size_t i = 0; i < t->cpu_count; i++)
        if (hwloc_bitmap_isset(set, (unsigned)t->cpus[i].cpu))
            t->cores[t->cpus[i].core].kind = YK_CORE_EFFICIENCY;
}

void yki_topo_read_kinds(yk_topo *t, hwloc_topology_t tree)
{
    int count = hwloc_cpukinds_get_nr(tree, 0);
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    kind best = {.rank = -1};
    for (int i = 0; set && i < count; i++) {
        kind k = describe(tree, (unsigned)i, set);
        best.capacity = yki_max(best.capacity, k.capacity);
        best.frequency = yki_max(best.frequency, k.frequency);
        if (k.rank > best.rank) best.rank = k.rank;
    }
    size_t marked = 0;
    for (int i = 0; set && count > 1 && i < count; i++) {
        kind k = describe(tree, (unsigned)i, set);
        if (!is_efficiency(&k, &best)) continue;
        mark(t, set);
        marked++;
    }
    if (count > 0 && marked == (size_t)count)     /* nothing to be slower than */
        for (size_t i = 0; i < t->core_count; i++) t->cores[i].kind = YK_CORE_PERFORMANCE;
    hwloc_bitmap_free(set);
}
#else
void yki_topo_read_kinds(yk_topo *t, hwloc_topology_t tree)
{
    (void)t;
    (void)tree;
}
#endif
