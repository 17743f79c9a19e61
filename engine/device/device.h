/* device: one function table per kind of processor that is not the pool.
 *
 * Lists and opens OpenCL devices, builds programs, and runs jobs on them: a job is
 * some transfers up, one kernel, some transfers down, given at once and waited for
 * later.  Works on bytes and buffers; which bytes is memory's business, which items is
 * plan's.  A driver never sees a user's pointer: uploads come from staging (pinned)
 * memory, or from yk_alloc blocks where a probe found that this pays.
 * Unless said otherwise a device's functions are called by one thread at a time, the
 * one that opened it (a carved device depends on it). */
#ifndef YKI_DEVICE_H
#define YKI_DEVICE_H

#include <base/base.h>
#include <kernel/kernel.h>
#include <yoke/device.h>

/* ---- the set of devices ---- */

/* Lists what all platforms have, as yk_list_devices; `info` as it documents, `reason`
 * filled for CPU devices.  Devices keep a handle for opening. */
typedef struct yki_listing yki_listing;
yk_status yki_devices_list(yki_listing **out, yk_diag *diag);
void yki_listing_close(yki_listing **listing);
size_t yki_listing_count(const yki_listing *listing);
const yk_device_info *yki_listing_info(const yki_listing *listing, size_t i);

/* Whether a device is named by a list such as "gpu0,pocl" (an id, or a part of its name,
 * its platform's or its version, in any case), "all", or "none"; NULL is the default: GPUs and
 * accelerators.  An unknown word is the caller's to report: yki_devices_word gives the
 * first word that names none. */
bool yki_device_named(const yk_device_info *info, const char *list);
bool yki_devices_unknown_word(const yki_listing *listing, const char *list, char *word,
                              size_t size);

/* ---- one device ---- */

typedef struct yki_device yki_device;
typedef struct yki_buffer yki_buffer;       /* memory on the device */
typedef struct yki_stage yki_stage;         /* pinned host memory */
typedef struct yki_program yki_program;     /* a kernel, built */
typedef struct yki_ticket yki_ticket;       /* a job in flight */

typedef struct yki_device_opts {
    size_t memory_bytes;    /* budget; 0: 90 % of global memory and the cgroup's limit */
    size_t carve;           /* cores to be bound to; see yki_device_open */
    const int *carve_cpus;  /* their OS numbers */
} yki_device_opts;

/* Opens device `i` of a listing: context, compute queue, transfer queues, a probe of
 * zero-copy.  With carve, the calling thread must be bound to carve_cpus already and
 * stay the only one that calls, the listing included (drivers start threads there);
 * every thread that appeared since is bound there as well, and checked afterwards, else
 * YK_E_UNSUPPORTED with the reason.  Signal handlers that the
 * driver replaced are restored.  YK_E_DEVICE, YK_E_NOMEM. */
yk_status yki_device_open(yki_device **out, const yki_listing *listing, size_t i,
                          const yki_device_opts *opts, yk_diag *diag);

/* Waits for nothing: a device that was abandoned (a wait ran into its deadline) is
 * leaked, context and all, because its driver may still use it. */
void yki_device_close(yki_device **device);

const yk_device_info *yki_device_info(const yki_device *device);

/* 0 < bytes a part may take: a part's buffers together, and any single one. */
size_t yki_device_budget(const yki_device *device);
size_t yki_device_largest(const yki_device *device);

/* Whether a wait on it ran into its deadline, so that it is of no more use. */
bool yki_device_abandoned(const yki_device *device);

/* Whether it can run the kernel; if not, why (fp64, 64-bit atomics, no device source). */
bool yki_device_can(const yki_device *device, const yk_kernel *kernel, char *reason, size_t size);

/* Builds the kernel's program, or returns the one already built (*built tells which).
 * May take seconds.  YK_E_BUILD with the build log.  Owned by the device. */
yk_status yki_device_program(yki_device *device, const yk_kernel *kernel, yki_program **out,
                             bool *built, yk_diag *diag);

/* Buffers and stages; freed explicitly, all of them before close.  bytes > 0. */
yk_status yki_buffer_open(yki_device *device, size_t bytes, yki_buffer **out, yk_diag *diag);
void yki_buffer_close(yki_device *device, yki_buffer **buffer);
yk_status yki_stage_open(yki_device *device, size_t bytes, yki_stage **out, yk_diag *diag);
void yki_stage_close(yki_device *device, yki_stage **stage);
void *yki_stage_bytes(const yki_stage *stage);

/* Memory of the host that the device reads in place: what must be aligned to
 * yki_device_wrap_align bytes, 0 where a probe found that this does not pay.  The bytes
 * must stay as they are, and mapped, until the buffer is closed; for ever if the device
 * is abandoned meanwhile.  For arguments that are only read.  YK_E_UNSUPPORTED too. */
size_t yki_device_wrap_align(const yki_device *device);
yk_status yki_buffer_wrap(yki_device *device, void *bytes, size_t size, yki_buffer **out,
                          yk_diag *diag);

/* A transfer: `bytes` between a stage (at stage_offset) and a buffer, packed in the
 * stage in the order of the box, strided in the buffer as the box says (box.first is
 * an offset in the buffer). */
typedef struct yki_transfer {
    yki_buffer *buffer;
    yki_box box;
    yki_stage *stage;
    size_t stage_offset;
} yki_transfer;

/* One argument of a kernel as the device sees it. */
typedef struct yki_job_arg {
    yki_buffer *buffer;     /* NULL for scalars */
    uint64_t base;          /* elements; see yk_device_table */
} yki_job_arg;

/* A part: items [begin, end) of a call. */
typedef struct yki_job {
    const yki_call *call;
    yki_program *program;
    size_t begin, end;              /* positions */
    const yki_job_arg *args;        /* call->kernel->n_args */
    const yki_transfer *up, *down;
    size_t n_up, n_down;
} yki_job;

/* Queues it all (uploads, kernel, downloads, each waiting for what it needs) and
 * returns; *out is the caller's until yki_ticket_close.  Buffers and stages belong to
 * the job until then.  YK_E_DEVICE, YK_E_NOMEM. */
yk_status yki_job_submit(yki_device *device, const yki_job *job, yki_ticket **out,
                         yk_diag *diag);

/* Sleeps until it is complete or the monotonic clock reads deadline_ns.  On
 * YK_E_TIMEOUT the device is abandoned: nothing may be called on it any more but the
 * closers, which then leak. */
yk_status yki_ticket_wait(yki_device *device, yki_ticket *ticket, uint64_t deadline_ns,
                          yk_diag *diag);

/* Seconds, from the device's own clock where it has one. */
typedef struct yki_ticket_times {
    double up_s, kernel_s, down_s;
} yki_ticket_times;
yki_ticket_times yki_ticket_get_times(const yki_ticket *ticket);

/* A job that nobody waited for is waited for here, some seconds at most; then the device
 * is abandoned. */
void yki_ticket_close(yki_device *device, yki_ticket **ticket);

#endif
