/* The model device: a processor for tests, without a driver.
 *
 * Runs jobs on a thread of its own, in order, by calling the kernel's host function on
 * private copies of the buffers, and so proves that boxes, bases and parts are right
 * where OpenCL would need a driver; and fails where its script says.  Buffers start
 * filled with a pattern, since a device's memory holds anything. */
#ifndef YKI_DEVICE_MODEL_H
#define YKI_DEVICE_MODEL_H

#include <device/device.h>

/* Zero means: no such fault.  Jobs and calls are counted from 1. */
typedef struct yki_model_script {
    const char *id;             /* "gpu0"; default "model0", cut at 15 characters */
    yk_device_type type;        /* default: YK_DEVICE_GPU */
    size_t memory_bytes;        /* its budget; default 1 GiB */
    size_t alloc_bytes;         /* largest single buffer; default all of it */
    size_t fail_submit;         /* this submit returns YK_E_DEVICE */
    size_t fail_wait;           /* the wait for this job returns YK_E_DEVICE */
    size_t hang;                /* this job and all after it never complete */
    size_t fail_buffer;         /* this buffer is refused, YK_E_NOMEM */
    bool fail_build;            /* every program: YK_E_BUILD */
    bool no_fp64;
    uint64_t job_ns;            /* time that each job takes at least, and each item */
    double item_ns;
    uint64_t build_ns;          /* time that the first building of a kernel takes */
} yki_model_script;

/* Opens one; the script is copied (but for the id's text, which is copied as well). */
yk_status yki_model_open(yki_device **out, const yki_model_script *script);

/* What it was asked to do so far.  Any thread. */
typedef struct yki_model_counts {
    size_t submits, jobs_done, buffers, programs;
    size_t live_buffers, live_stages, live_tickets;     /* not closed yet */
    uint64_t bytes_up, bytes_down;
} yki_model_counts;
yki_model_counts yki_model_get_counts(yki_device *device);

#endif
