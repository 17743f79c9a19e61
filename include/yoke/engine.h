/* The engine: one machine's processors, ready to run loops.
 *
 * Open one early and keep it: it owns the pinned threads, the devices and what was
 * learned about their speed.  A library takes its caller's engine.  A process may
 * have several; a second one on the same cores is not pinned.  After fork the
 * child opens its own: every call on the parent's returns YK_E_FORKED there.
 *
 *     yk_engine *engine;
 *     yk_diag diag;
 *     if (yk_engine_open(&engine, NULL, &diag) != YK_OK) {
 *         fprintf(stderr, "%s\n", diag.text);
 *         return 1;
 *     }
 *     ...launches...
 *     yk_engine_close(&engine);
 *
 * An engine may be used by any number of threads at once; only yk_engine_close must be
 * the last call on it. */
#ifndef YOKE_ENGINE_H
#define YOKE_ENGINE_H

#include <stddef.h>
#include <yoke/device.h>
#include <yoke/status.h>
#include <yoke/topo.h>

/* An opened machine; from yk_engine_open, released by yk_engine_close. */
typedef struct yk_engine yk_engine;

/* Zero means default, so {0} is legal, and NULL is the same.  An option that is set
 * wins over the environment variable named beside it.
 *
 * YOKE_CHECK=1, for finding wrong annotations: every launch runs on the pool alone, and
 * kernels that were not compiled with `yokec --check` (or with YOKE_CHECK=1 in yokec's own
 * environment) are refused, YK_E_UNSUPPORTED. */
typedef struct yk_engine_opts {
    size_t threads;         /* workers; YOKE_THREADS; default: all usable cores */
    const char *devices;    /* "none", "all", or a comma-separated list of ids ("gpu0",
                             * "cl1") or parts of device or platform names ("pocl");
                             * YOKE_DEVICES; default: GPUs and accelerators */
    size_t carve;           /* cores to set apart for the one OpenCL CPU device named in
                             * `devices`; YOKE_CARVE; default: none */
    const char *isa;        /* highest instruction set for range functions; YOKE_ISA */
    int pin;                /* 1 pin, -1 do not; YOKE_PIN; default: pin */
    size_t device_bytes;    /* most memory to use on a device; YOKE_DEVICE_MEM */
    int reproducible;       /* 1: every launch runs on the pool alone */
    size_t blocking_threads;    /* most threads for tasks that block; default: 1024 */
    void *reserved[7];      /* NULL */
} yk_engine_opts;

YK_BEGIN_DECLS

/* Opens an engine; *out is written on success and owned by the caller.  Returns
 * before devices are open (they open in the background and join when ready); a
 * machine without any is no failure.  diag (may be NULL) tells what went wrong.
 * YK_E_INVALID: a bad option or environment variable, named in diag.  YK_E_NOMEM. */
YK_API yk_status yk_engine_open(yk_engine **out, const yk_engine_opts *opts, yk_diag *diag);

/* Waits for tasks, launches and devices still opening, then releases everything; takes
 * NULL and clears *engine.  No other thread may use the engine any more. */
YK_API void yk_engine_close(yk_engine **engine);

/* The same, if the tasks are complete within timeout_s seconds (negative: for ever).
 * From the call on, tasks are taken from tasks alone, others are YK_E_CANCELLED.  When the
 * time is up, what has not begun is cancelled, and what runs is asked to end (yk_cancelled)
 * and given some milliseconds to.
 * YK_OK: closed, *engine is NULL.  YK_E_TIMEOUT: some task still runs; *engine stays, takes
 * no tasks, waits for its futures return YK_E_TIMEOUT, and it may be closed again later.
 * YK_E_INVALID: timeout_s is no number. */
YK_API yk_status yk_engine_close_within(yk_engine **engine, double timeout_s);

/* Waits until every device that was asked for is ready or has failed, at most
 * timeout_s seconds (negative: for ever).  YK_E_TIMEOUT.  YK_E_INVALID: a name in the
 * list of devices is none of this machine's (yk_last_diag says which), or what was to
 * be carved is no OpenCL CPU device.  A device that failed to open is no error: see
 * yk_engine_devices. */
YK_API yk_status yk_engine_settle(yk_engine *engine, double timeout_s);

/* Number of workers, at least 1. */
YK_API size_t yk_engine_workers(const yk_engine *engine);
/* The machine as the engine sees it; the engine's, valid until it closes. */
YK_API const yk_topo *yk_engine_topo(const yk_engine *engine);

YK_END_DECLS

#endif
