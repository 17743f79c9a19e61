/* The OpenCL backend, inside: its structs and the calls between its files.  Included by
 * engine/device/opencl/ alone.  OpenCL 1.2 is all that is asked for. */
#ifndef YKI_OPENCL_INT_H
#define YKI_OPENCL_INT_H

/* clCreateCommandQueue, which every driver has; its successor is missing before 2.0. */
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>

#include "device/device_int.h"

/* How long a driver may take over one of the small commands that the backend waits for
 * itself (never a user's kernel); after that it counts as hung. */
#define YKI_CL_PATIENCE_NS 10000000000u

typedef struct cl_built cl_built;

typedef struct cl_dev {
    yki_device base;
    cl_device_id id;
    cl_platform_id platform;
    cl_context context;
    cl_command_queue compute, up, down;     /* in order each; events join them */
    cl_built *programs;
    size_t item_limits[YK_MAX_DIMS];        /* CL_DEVICE_MAX_WORK_ITEM_SIZES */
} cl_dev;

struct yki_buffer {
    cl_mem mem;
    size_t bytes;
};

typedef struct cl_stage {
    yki_stage base;
    cl_mem mem;
} cl_stage;

struct yki_program {
    cl_program program;
    cl_kernel kernel;
    size_t multiple;        /* preferred work-group multiple, at least 1 */
    size_t max_group;
    uint64_t hash;
    char *key;              /* entry, options and source, each terminated */
    size_t key_bytes;
};

struct cl_built {
    cl_built *next;
    yki_program program;
};

/* ---- errors ---- */

/* "CL_OUT_OF_RESOURCES"; "CL_UNKNOWN_ERROR" for numbers that nobody defined. */
const char *yki_cl_error_name(cl_int err);

/* As yki_fail, with the driver's code and name: "gpu0: clFlush: CL_OUT_OF_RESOURCES".
 * Memory that was refused is YK_E_NOMEM, all else YK_E_DEVICE. */
yk_status yki_cl_fail(yk_diag *diag, const yk_device_info *info, cl_int err, const char *call);

/* ---- waiting ---- */

/* A word on which one thread sleeps until an event's callback sets it.  After a timeout
 * it is the driver's for good, and so never freed. */
typedef struct cl_waiter {
    _Atomic uint32_t done;
    cl_int status;          /* CL_COMPLETE or negative; stored before done */
    uint64_t done_ns;
} cl_waiter;

/* Asks to be told when `event` ends.  On failure nothing will touch *waiter.  To be
 * called before the command is flushed: rusticl holds the event's lock while it runs,
 * and the call would block that long. */
cl_int yki_cl_watch(cl_event event, cl_waiter *waiter);
bool yki_cl_sleep(cl_waiter *waiter, uint64_t deadline_ns);

/* Flushes `queue`, waits for `event` with the usual patience and releases it.  Abandons
 * the device on YK_E_TIMEOUT. */
yk_status yki_cl_await(cl_dev *dev, cl_command_queue queue, cl_event event, const char *call,
                       yk_diag *diag);

/* Waits by looking, for when a driver fails at telling: true once each event has ended;
 * abandons the device otherwise. */
bool yki_cl_drain(cl_dev *dev, const cl_event *events, size_t count);

/* ---- signal handlers ---- */

#define YKI_CL_SIGNALS 12
typedef struct cl_signals cl_signals;

/* What is in force before drivers are loaded, and putting it back: only where the
 * handler now in force lies in code that came with a driver. */
cl_signals *yki_cl_signals_save(void);      /* NULL: no memory */
void yki_cl_signals_restore(cl_signals **saved, const cl_platform_id *platforms, size_t count);

/* ---- threads ---- */

/* The process's threads, ascending, in a block of yki_alloc; YK_E_NOMEM, YK_E_IO. */
yk_status yki_threads_list(int **out, size_t *count);
/* The members of `after` that are not in `before`, moved to its front; their number. */
size_t yki_threads_added(int *after, size_t n_after, const int *before, size_t n_before);
/* Binds every thread that may run elsewhere to `cpus`, and looks again: whether all that
 * still live may now run there alone; if not, *bad is one that may not. */
bool yki_threads_bind(const int *threads, size_t count, const int *cpus, size_t n_cpus, int *bad);

/* ---- the backend's slots ---- */

yk_status yki_cl_program(yki_device *device, const yk_kernel *kernel, yki_program **out,
                         bool *built, yk_diag *diag);
yk_status yki_cl_build(cl_dev *dev, const char *name, const yk_device_table *table,
                       yki_program *out, yk_diag *diag);
void yki_cl_programs_close(cl_dev *dev);
yk_status yki_cl_buffer_open(yki_device *device, size_t bytes, yki_buffer **out, yk_diag *diag);
yk_status yki_cl_buffer_wrap(yki_device *device, void *bytes, size_t size, yki_buffer **out,
                             yk_diag *diag);
void yki_cl_buffer_close(yki_device *device, yki_buffer *buffer);
yk_status yki_cl_stage_open(yki_device *device, size_t bytes, yki_stage **out, yk_diag *diag);
void yki_cl_stage_close(yki_device *device, yki_stage *stage);
yk_status yki_cl_submit(yki_device *device, const yki_job *job, yki_ticket **out, yk_diag *diag);
yk_status yki_cl_wait(yki_device *device, yki_ticket *ticket, uint64_t deadline_ns,
                      yk_diag *diag);
void yki_cl_ticket_close(yki_device *device, yki_ticket *ticket);

/* Enqueues a part's kernel after `after` (may be NULL). */
cl_int yki_cl_launch(cl_dev *dev, const yki_job *job, cl_event after, cl_event *out,
                     const char **call);

/* Measures whether memory of the host is read in place as fast as the device's own:
 * fills info.copies and wrap_align. */
yk_status yki_cl_probe(cl_dev *dev, yk_diag *diag);

#endif
