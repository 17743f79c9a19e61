/* The machine, as Yoke uses it: cores, caches, memory, and which of them are ours.
 *
 * A yk_topo is a snapshot: found out once, never changed, so any number of threads
 * may read it without a lock.  Everything an accessor returns belongs to the yk_topo
 * and lives until yk_topo_close.
 *
 * Words.  A CPU is what the kernel numbers and schedules on (hwloc's PU); a core has
 * one CPU or, with SMT, several; a package is a socket; a node is a NUMA node, that
 * is, memory near some of the cores.  Positions ("core 3") count from 0 in the order
 * of the machine's tree, so that neighbours share caches; a `cpu` is the kernel's own
 * number, good for sched_setaffinity.
 *
 * Usable is less than present.  The process may be bound (affinity mask), confined
 * (a cgroup's cpuset), rationed (a cgroup's CPU quota), or have asked for less
 * (YOKE_THREADS); workers are what is left:
 *     workers = max(1, min(usable cores, ceil(quota), asked))
 * one a core on its first usable CPU, performance cores first.  Only if more workers
 * than cores are asked for do cores get a second one.  yk_topo_limits says which of
 * these binds.
 *
 *     yk_topo *t;
 *     yk_diag diag;
 *     if (yk_topo_open(&t, NULL, &diag) != YK_OK) ...
 *     printf("%zu workers; %s binds\n", yk_topo_workers(t),
 *            yk_topo_bound_name(yk_topo_get_limits(t)->bound));
 *     yk_topo_close(&t);
 */
#ifndef YOKE_TOPO_H
#define YOKE_TOPO_H

#include <stddef.h>
#include <stdint.h>
#include <yoke/status.h>

/* A machine; from yk_topo_open, released by yk_topo_close. */
typedef struct yk_topo yk_topo;

/* Instruction sets for which range functions are built, each containing the one
 * before it.  GENERIC is what every processor of the architecture has; the others are
 * the micro-architecture levels of the x86-64 psABI. */
typedef enum yk_isa {
    YK_ISA_GENERIC,     /* "generic" */
    YK_ISA_X86_V2,      /* "x86-64-v2": SSE4.2, POPCNT */
    YK_ISA_X86_V3,      /* "x86-64-v3": AVX2, FMA, BMI2 */
    YK_ISA_X86_V4,      /* "x86-64-v4": AVX-512 F, BW, CD, DQ, VL */
    YK_ISA_COUNT
} yk_isa;

/* Zero means default, so {0} is legal, and NULL is the same. */
typedef struct yk_topo_opts {
    const char *xml;        /* an hwloc XML file to read instead of this machine */
    const char *synthetic;  /* an hwloc synthetic description, "pack:2 core:8 pu:2" */
    const char *root;       /* directory that holds /proc and /sys; default: the real
                             * ones.  For tests; also applied to xml and synthetic */
    size_t threads;         /* workers asked for; YOKE_THREADS; default: all usable cores */
    const char *isa;        /* highest instruction set: a name, or "native"; YOKE_ISA */
    int pci;                /* 1: find PCI display and accelerator devices as well */
    int full;               /* 1: everything, as yoke-topo shows it; implies pci */
    void *reserved[8];      /* NULL */
} yk_topo_opts;

/* The two kinds of core of a hybrid machine. */
typedef enum yk_core_kind {
    YK_CORE_PERFORMANCE,    /* every core of a machine that has one kind only */
    YK_CORE_EFFICIENCY      /* the slower kind of a hybrid machine */
} yk_core_kind;

#define YK_TOPO_NONE SIZE_MAX   /* "no worker", "no node" in the fields below */

/* What the kernel schedules on. */
typedef struct yk_topo_cpu {
    int cpu;                /* the kernel's number */
    int affine;             /* in the affinity mask of the thread that opened */
    int allowed;            /* in the cgroup's cpuset */
    size_t core;            /* position of its core */
    size_t worker;          /* the worker on it, or YK_TOPO_NONE */
} yk_topo_cpu;

/* One core, with its place in the machine; packages and nodes by position. */
typedef struct yk_topo_core {
    yk_core_kind kind;      /* performance or efficiency */
    size_t package;         /* the socket it is in */
    size_t node;            /* YK_TOPO_NONE if it is near none */
    size_t first_cpu;       /* its CPUs: [first_cpu, first_cpu + cpus) */
    size_t cpus;            /* more than one with SMT */
    size_t usable;          /* how many of them are affine and allowed */
    size_t worker;          /* the first worker on it, or YK_TOPO_NONE */
} yk_topo_core;

/* One cache.  Unknown sizes are 0. */
typedef struct yk_topo_cache {
    unsigned level;         /* 1, 2, 3, ... */
    int instruction;        /* 1: holds code alone */
    uint64_t bytes;         /* what it holds */
    unsigned line_bytes;    /* of one line */
    int ways;               /* associativity, -1: full */
    size_t first_core;      /* shared by cores [first_core, first_core + cores) */
    size_t cores;           /* that many */
    size_t cpus;            /* and by that many CPUs */
    yk_core_kind kind;      /* of its first core */
} yk_topo_cache;

/* One NUMA node. */
typedef struct yk_topo_node {
    unsigned number;        /* the kernel's */
    uint64_t bytes;         /* memory */
    size_t cores;           /* cores that are near it */
} yk_topo_node;

/* A display controller (class 03), 3D controller (0302) or processing accelerator
 * (class 12), as the bus lists it; no driver was asked. */
typedef struct yk_topo_pci {
    char address[16];       /* "0000:01:00.0" */
    char driver[32];        /* the kernel driver bound to it, empty if none */
    unsigned vendor;        /* PCI's number of the maker, */
    unsigned device;        /* and the maker's of the device */
    unsigned class_code;    /* 24 bits: class, subclass, interface */
    int node;               /* the kernel's NUMA node, -1 if unknown */
} yk_topo_pci;

/* What a limit was found to be. */
typedef enum yk_topo_known {
    YK_TOPO_UNLIMITED,
    YK_TOPO_LIMITED,
    YK_TOPO_UNKNOWN         /* there seems to be one, but it cannot be read */
} yk_topo_known;

/* Which limit sets the number of workers. */
typedef enum yk_topo_bound {
    YK_BOUND_MACHINE,       /* nothing: every core is used */
    YK_BOUND_AFFINITY,
    YK_BOUND_CPUSET,
    YK_BOUND_QUOTA,
    YK_BOUND_ASKED,
    YK_BOUND_COUNT
} yk_topo_bound;

/* Why there are as many workers as there are. */
typedef struct yk_topo_limits {
    size_t cores;           /* of the machine */
    size_t affinity;        /* cores with a CPU in the affinity mask */
    size_t cpuset;          /* cores with a CPU in the cpuset */
    size_t usable;          /* cores with a CPU in both */
    yk_topo_known cpuset_known; /* could it be read? */
    yk_topo_known quota_known;  /* and this? */
    double quota;           /* CPUs, 0 unless LIMITED */
    size_t asked;           /* 0 if nothing was */
    size_t workers;         /* what came of it, at least 1 */
    yk_topo_bound bound;    /* the one that binds */
    char cpus[256];         /* the affinity mask as a list, "0-15" (cut if too long) */
    char cpuset_from[256];  /* the file it came from, empty if none; as the next two */
    char quota_from[256];   /* of the quota */
    char memory_from[256];  /* of the limit on memory */
    yk_topo_known memory_known; /* is there a limit on memory? */
    uint64_t memory;        /* the cgroup's limit in bytes, 0 unless LIMITED */
    char asked_from[32];    /* "YOKE_THREADS" or "threads" */
    char warning[256];      /* one line to pass on to the user, empty if none */
    size_t offline;         /* CPUs that are there but off; no core above counts them */
} yk_topo_limits;

YK_BEGIN_DECLS

/* Finds out about the machine.  Takes about a millisecond; touches no device and no
 * driver, and leaves the caller's affinity alone.
 * opts, diag: may be NULL.  *out is written on success and then owned by the caller.
 * hwloc's own variables (HWLOC_XMLFILE, HWLOC_SYNTHETIC, HWLOC_FSROOT, ...) never put
 * another machine in place of this one: where they would, that is an error.
 * YK_E_INVALID: a bad option or variable (YOKE_THREADS, YOKE_ISA), a malformed xml or
 * synthetic machine, one with more objects than is sensible, one nested too deep, or
 * both given.  YK_E_IO: the file cannot be read.  YK_E_NOMEM. */
YK_API yk_status yk_topo_open(yk_topo **out, const yk_topo_opts *opts, yk_diag *diag);

/* Releases it; takes NULL and clears *topo. */
YK_API void yk_topo_close(yk_topo **topo);

/* False for machines out of a file or a description: nothing is ever bound to them. */
YK_API int yk_topo_is_this_machine(const yk_topo *t);

/* The processor, "Intel Core i9-13900K"; never NULL, empty if unknown, as the next two. */
YK_API const char *yk_topo_cpu_model(const yk_topo *t);
/* The system, "Linux 6.8". */
YK_API const char *yk_topo_os(const yk_topo *t);
/* The machine's name on the network. */
YK_API const char *yk_topo_host(const yk_topo *t);

/* Memory of the whole machine in bytes, 0 if unknown. */
YK_API uint64_t yk_topo_memory(const yk_topo *t);
/* What this process may use of it: the smaller of that and the cgroup's limit. */
YK_API uint64_t yk_topo_memory_limit(const yk_topo *t);

/* Number of sockets. */
YK_API size_t yk_topo_packages(const yk_topo *t);

/* The parts of the machine, in the order of its tree: arrays of *count elements (count
 * may be NULL).  NUMA nodes: */
YK_API const yk_topo_node *yk_topo_nodes(const yk_topo *t, size_t *count);
/* Cores: an array of *count. */
YK_API const yk_topo_core *yk_topo_cores(const yk_topo *t, size_t *count);
/* CPUs: an array of *count. */
YK_API const yk_topo_cpu *yk_topo_cpus(const yk_topo *t, size_t *count);
/* Caches: an array of *count. */
YK_API const yk_topo_cache *yk_topo_caches(const yk_topo *t, size_t *count);

/* The cache of that level that core `core` stores data in; NULL if there is none. */
YK_API const yk_topo_cache *yk_topo_core_cache(const yk_topo *t, size_t core, unsigned level);

/* Number of PCI devices; none unless opts.pci or opts.full. */
YK_API size_t yk_topo_pci_count(const yk_topo *t);
/* One of them; NULL where i is too large. */
YK_API const yk_topo_pci *yk_topo_pci_at(const yk_topo *t, size_t i);

/* What is usable, and why. */
YK_API const yk_topo_limits *yk_topo_get_limits(const yk_topo *t);
/* The cgroup's quota in CPUs, 0 if there is none. */
YK_API double yk_topo_quota(const yk_topo *t);

/* Number of workers, at least 1.  Performance cores come first, and neighbours in number
 * are neighbours in the machine.  On an imaginary machine the numbers are imaginary too. */
YK_API size_t yk_topo_workers(const yk_topo *t);
/* The kernel's number of worker w's CPU; -1 where w is out of range. */
YK_API int yk_topo_worker_cpu(const yk_topo *t, size_t w);
/* The position of its core; YK_TOPO_NONE where w is out of range. */
YK_API size_t yk_topo_worker_core(const yk_topo *t, size_t w);
/* That of its NUMA node; YK_TOPO_NONE where it is near none, or w out of range. */
YK_API size_t yk_topo_worker_node(const yk_topo *t, size_t w);
/* The kind of its core; YK_CORE_PERFORMANCE where w is out of range. */
YK_API yk_core_kind yk_topo_worker_kind(const yk_topo *t, size_t w);
/* All of them as one array of yk_topo_workers() CPU numbers. */
YK_API const int *yk_topo_worker_cpus(const yk_topo *t);

/* The instruction set to use: the machine's best, unless YOKE_ISA or opts.isa lowers it.
 * GENERIC for an imaginary machine, unless asked for. */
YK_API yk_isa yk_topo_isa(const yk_topo *t);
/* The best that this processor and its kernel have. */
YK_API yk_isa yk_topo_isa_machine(const yk_topo *t);

/* "x86-64-v3"; "unknown" for a number that is no level.  Static. */
YK_API const char *yk_isa_name(yk_isa isa);
/* The level of that name to *out; YK_E_INVALID if there is none such. */
YK_API yk_status yk_isa_parse(const char *name, yk_isa *out);
/* Asks this processor and its kernel.  Takes no memory, cannot fail. */
YK_API yk_isa yk_isa_native(void);

/* "affinity", "the cgroup quota", ...: what yk_topo_limits.bound says in words. */
YK_API const char *yk_topo_bound_name(yk_topo_bound bound);

YK_END_DECLS

#endif
