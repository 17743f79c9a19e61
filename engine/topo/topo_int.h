/* Inside topo: the struct, and the steps that fill it, in the order of yk_topo_open.
 * Each step runs on the opening thread alone, before anybody else sees the struct. */
#ifndef YKI_TOPO_INT_H
#define YKI_TOPO_INT_H

#include <hwloc.h>
#include <limits.h>
#include <topo/topo.h>

#define YKI_TEXT 128

struct yk_topo {
    bool imaginary;             /* out of a file or a description */
    char model[YKI_TEXT], os[YKI_TEXT], host[YKI_TEXT];
    uint64_t memory_bytes;
    size_t packages;
    yk_topo_cpu *cpus;
    size_t cpu_count;
    yk_topo_core *cores;
    size_t core_count;
    yk_topo_cache *caches;
    size_t cache_count;
    yk_topo_node *nodes;
    size_t node_count;
    yk_topo_pci *pci;
    size_t pci_count;
    int *worker_cpus;           /* limits.workers of each */
    size_t *worker_cores;
    yk_topo_limits limits;
    yk_isa isa, isa_machine;
};

/* load.c: hwloc's tree of the machine that was asked for; hwloc_topology_destroy. */
yk_status yki_topo_load(hwloc_topology_t *out, const yk_topo_opts *opts, yk_diag *diag);

/* machine.c: from hwloc's tree to our arrays. */
yk_status yki_topo_read_machine(yk_topo *t, hwloc_topology_t tree, yk_diag *diag);

/* kinds.c: marks the efficiency cores. */
void yki_topo_read_kinds(yk_topo *t, hwloc_topology_t tree);

/* limits.c: affinity, cpuset, quota, memory; how many workers were asked for. */
yk_status yki_topo_read_limits(yk_topo *t, const yk_topo_opts *opts, yk_diag *diag);

/* workers.c: how many, which CPU each, what binds, and the warning. */
yk_status yki_topo_place_workers(yk_topo *t, yk_diag *diag);

/* isa.c: the instruction set asked for against the one that is there. */
yk_status yki_topo_choose_isa(yk_topo *t, const yk_topo_opts *opts, yk_diag *diag);

/* pci.c */
yk_status yki_topo_read_pci(yk_topo *t, const char *root, yk_diag *diag);

/* cgroup.c: where this process's limits of one controller live. */
typedef struct yki_cgroup {
    const char *root;           /* of /proc and /sys */
    bool v2;
    char mount[PATH_MAX];       /* where the hierarchy is mounted */
    char path[PATH_MAX];        /* our group in it: "" or "/a/b" */
} yki_cgroup;

/* UNLIMITED: the process is in no such hierarchy.  LIMITED: *g is filled.  UNKNOWN:
 * it is in one that cannot be found (also for want of memory). */
yk_topo_known yki_cgroup_find(yki_cgroup *g, const char *root, const char *controller);

/* A file of the group and every group above it, the tightest value winning.  CPUs for
 * the quota, bytes for memory; `from` gets the file.  The cpuset is text, of the
 * nearest group that has one. */
yk_topo_known yki_cgroup_quota(const yki_cgroup *g, double *cpus, char *from, size_t size);
yk_topo_known yki_cgroup_memory(const yki_cgroup *g, double *bytes, char *from, size_t size);
yk_topo_known yki_cgroup_cpuset(const yki_cgroup *g, char *list, size_t list_size, char *from,
                                size_t size);

/* cpulist.c: calls mark(ctx, first, last) for each range of "0-3,8,10-11"; false where
 * the text is not such a list, marks made before that standing.  Empty is not one. */
bool yki_cpulist_each(const char *text, void (*mark)(void *ctx, int first, int last), void *ctx);

#endif
