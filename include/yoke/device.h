/* The processors of an engine: the pool of the CPU's cores, and OpenCL devices.
 *
 * GPUs and accelerators open in the background and join when they are ready.  OpenCL
 * drivers that compute on the cores (PoCL, llvmpipe) are listed and left alone unless
 * they are asked for by name, since they would share the pool's cores.  A device that
 * fails is retired for the engine's life and says why; the launch it failed in succeeds.
 *
 *     yk_device_info device[YK_MAX_PARTS];
 *     size_t n = yk_engine_devices(engine, device, YK_MAX_PARTS);
 *     for (size_t k = 0; k < n && k < YK_MAX_PARTS; k++)
 *         printf("%s: %s %s\n", device[k].id, device[k].name, device[k].reason);
 */
#ifndef YOKE_DEVICE_H
#define YOKE_DEVICE_H

#include <stddef.h>
#include <stdint.h>
#include <yoke/status.h>

/* What kind of processor it is. */
typedef enum yk_device_type {
    YK_DEVICE_POOL = 0,     /* the cores, through Yoke's own threads */
    YK_DEVICE_GPU,
    YK_DEVICE_ACCELERATOR,
    YK_DEVICE_CPU           /* an OpenCL driver that computes on the cores */
} yk_device_type;

/* How far it has come. */
typedef enum yk_device_state {
    YK_DEVICE_LISTED = 0,   /* known, not used: `reason` says why */
    YK_DEVICE_OPENING,
    YK_DEVICE_READY,
    YK_DEVICE_RETIRED       /* failed; `reason` says how */
} yk_device_state;

/* One processor, as plain data.  `id` names it in options and reports: "cpu" is the
 * pool, then "gpu0", "gpu1", ... "acc0", ... and "cl0", ... for OpenCL CPU devices,
 * in the order in which the loader lists them. */
typedef struct yk_device_info {
    char id[16];                /* "cpu", "gpu0" */
    char name[128];             /* as its driver calls it */
    char platform[128];         /* whose driver that is */
    char driver[64];            /* driver version */
    char version[64];           /* OpenCL version text */
    char pci[16];               /* "01:00.0", empty if unknown */
    char reason[256];           /* why it is not used, or (the pool) not pinned */
    yk_device_type type;        /* what it is */
    yk_device_state state;      /* at the time of the call */
    int shares_cores;           /* computes on the pool's cores, carved or not */
    int fp64;                   /* runs kernels with double */
    int int64_atomics;          /* and those that need 64-bit integer atomics */
    int unified;                /* claims to share the host's memory */
    int copies;                 /* a probe found that "zero-copy" is none */
    uint32_t units;             /* compute units it claims */
    uint32_t carved;            /* cores set apart for it, 0 if none */
    uint64_t memory_bytes;      /* global memory */
    uint64_t alloc_bytes;       /* the largest single allocation */
    uint64_t local_bytes;       /* local memory of a work-group */
    size_t max_group;           /* largest work-group */
} yk_device_info;

/* See yoke/engine.h. */
typedef struct yk_engine yk_engine;

YK_BEGIN_DECLS

/* Copies at most `max` processors of the engine to out[] (which may be NULL if max
 * is 0) and returns how many there are; the pool is always the first.  While devices
 * open in the background the list grows.  Any thread. */
YK_API size_t yk_engine_devices(yk_engine *engine, yk_device_info *out, size_t max);

/* Lists every OpenCL device of the machine without opening a context on any: copies
 * at most `max` to out[], their number to *count (0 with no driver: no error), and
 * what is wrong with platforms that have none to *diag's text (may be NULL).  Loads
 * all drivers, which may take most of a second and, where one is broken, end the
 * process: tools call it in a child.
 * YK_E_UNSUPPORTED: built without OpenCL.  YK_E_NOMEM. */
YK_API yk_status yk_list_devices(yk_device_info *out, size_t max, size_t *count, yk_diag *diag);

YK_END_DECLS

#endif
