/* device, inside: the function table behind every yki_device, and what listing and
 * backends share.  Included by engine/device/ alone.
 *
 * A backend is a static const table of functions; its device, stage and ticket begin
 * with the structs below, so that device.c can serve the common part without asking.
 * device.c has checked every pointer before a slot is called. */
#ifndef YKI_DEVICE_INT_H
#define YKI_DEVICE_INT_H

#include "device/device.h"

#define YKI_BACKEND_ABI 1u

typedef struct yki_backend {
    uint32_t abi, size;     /* YKI_BACKEND_ABI, sizeof(yki_backend) */
    const char *name;
    void (*close)(yki_device *device);
    /* NULL: everything that the device's info allows. */
    bool (*can)(const yki_device *device, const yk_kernel *kernel, char *reason, size_t size);
    yk_status (*program)(yki_device *device, const yk_kernel *kernel, yki_program **out,
                         bool *built, yk_diag *diag);
    yk_status (*buffer_open)(yki_device *device, size_t bytes, yki_buffer **out, yk_diag *diag);
    void (*buffer_close)(yki_device *device, yki_buffer *buffer);
    yk_status (*stage_open)(yki_device *device, size_t bytes, yki_stage **out, yk_diag *diag);
    void (*stage_close)(yki_device *device, yki_stage *stage);
    /* NULL: no memory of the host is ever read in place. */
    yk_status (*buffer_wrap)(yki_device *device, void *bytes, size_t size, yki_buffer **out,
                             yk_diag *diag);
    yk_status (*submit)(yki_device *device, const yki_job *job, yki_ticket **out, yk_diag *diag);
    /* Sets device->abandoned where it returns YK_E_TIMEOUT. */
    yk_status (*wait)(yki_device *device, yki_ticket *ticket, uint64_t deadline_ns,
                      yk_diag *diag);
    void (*ticket_close)(yki_device *device, yki_ticket *ticket);
} yki_backend;

struct yki_device {
    const yki_backend *backend;
    yk_device_info info;
    size_t budget, largest;     /* bytes, both above 0 */
    size_t wrap_align;          /* of memory read in place; 0: never read in place */
    bool abandoned;             /* its driver may still be at work: call it no more */
};

struct yki_stage {
    unsigned char *bytes;
    size_t size;
};

struct yki_ticket {
    yki_ticket_times times;
};

/* ---- listing ---- */

typedef struct yki_listed {
    yk_device_info info;
    void *platform, *device;    /* the driver's handles */
    bool usable;                /* false: info.reason says why it cannot be opened */
} yki_listed;

struct yki_listing {
    yki_listed *items;
    size_t count, room;
    int *threads;               /* threads that appeared while drivers were loaded */
    size_t n_threads;
};

/* Adds a device and names it by its type ("gpu0", ...).  YK_E_NOMEM. */
yk_status yki_listing_add(yki_listing *listing, const yki_listed *item);

/* The OpenCL backend's share; only there where YOKE_OPENCL is defined.  `list` adds
 * what it finds and appends to *diag's text what is wrong with platforms. */
yk_status yki_opencl_list(yki_listing *listing, yk_diag *diag);
yk_status yki_opencl_open(yki_device **out, const yki_listing *listing, const yki_listed *item,
                          const yki_device_opts *opts, yk_diag *diag);

/* ---- limits ---- */

/* The smallest memory limit of the cgroups that this process is in (v1 or v2), and of
 * the machine; UINT64_MAX where nothing can be read.  root: "" for the real one. */
uint64_t yki_host_memory_limit(const char *root);

/* Fills budget and largest from info and the option. */
void yki_device_set_budget(yki_device *device, size_t memory_bytes, uint64_t host_limit);

/* Why the device cannot run a kernel, from its info alone. */
bool yki_device_info_can(const yk_device_info *info, const yk_kernel *kernel, char *reason,
                         size_t size);

/* The active box of a part, in global ids: the launch's, cut along the axis. */
void yki_job_box(const yki_job *job, size_t lo[YK_MAX_DIMS], size_t hi[YK_MAX_DIMS]);

#endif
