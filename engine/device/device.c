/* Devices as their callers see them: each call goes to the backend's table.  Decides
 * nothing but what no backend may do: call a device that was abandoned.  Entered by
 * the device's one thread. */
#include "device/device_int.h"

#include <stdio.h>
#include <string.h>

/* ---- opening ---- */

yk_status yki_device_open(yki_device **out, const yki_listing *listing, size_t i,
                          const yki_device_opts *opts, yk_diag *diag)
{
    static const yki_device_opts defaults = {0};
    if (!opts) opts = &defaults;
    if (i >= listing->count)
        return yki_fail(diag, YK_E_INVALID, "there is no device number %zu", i);
    const yki_listed *item = &listing->items[i];
    if (!item->usable)
        return yki_fail(diag, YK_E_UNSUPPORTED, "%s: %s", item->info.id, item->info.reason);
#ifdef YOKE_OPENCL
    return yki_opencl_open(out, listing, item, opts, diag);
#else
    (void)out;
    return yki_fail(diag, YK_E_UNSUPPORTED, "this build has no OpenCL");
#endif
}

void yki_device_close(yki_device **device)
{
    if (!*device) return;
    (*device)->backend->close(*device);
    *device = NULL;
}

void yki_device_set_budget(yki_device *device, size_t memory_bytes, uint64_t host_limit)
{
    uint64_t most = device->info.memory_bytes;
    /* A driver that computes on the cores takes its memory from the host. */
    if (device->info.shares_cores && host_limit < most) most = host_limit;
    most = most / 10 * 9;
    if (memory_bytes > 0 && memory_bytes < most) most = memory_bytes;
    uint64_t single = device->info.alloc_bytes < most ? device->info.alloc_bytes : most;
    device->budget = most > SIZE_MAX ? SIZE_MAX : yki_max((size_t)most, 1);
    device->largest = single > SIZE_MAX ? SIZE_MAX : yki_max((size_t)single, 1);
}

/* ---- what it is ---- */

const yk_device_info *yki_device_info(const yki_device *device) { return &device->info; }
size_t yki_device_budget(const yki_device *device) { return device->budget; }
size_t yki_device_largest(const yki_device *device) { return device->largest; }
bool yki_device_abandoned(const yki_device *device) { return device->abandoned; }
size_t yki_device_wrap_align(const yki_device *device) { return device->wrap_align; }

bool yki_device_info_can(const yk_device_info *info, const yk_kernel *kernel, char *reason,
                         size_t size)
{
    const char *lacks = NULL;
    size_t group = yki_kernel_group_items(kernel);
    if ((kernel->flags & YK_KERNEL_FP64) && !info->fp64) lacks = "fp64";
    else if ((kernel->flags & YK_KERNEL_ATOMIC64) && !info->int64_atomics)
        lacks = "64-bit integer atomics";
    if (lacks) snprintf(reason, size, "%s needs %s, which %s has not", kernel->name, lacks,
                        info->id);
    else if (group > info->max_group)
        snprintf(reason, size, "%s needs work-groups of %zu, %s has at most %zu", kernel->name,
                 group, info->id, info->max_group);
    else return true;
    return false;
}

bool yki_device_can(const yki_device *device, const yk_kernel *kernel, char *reason, size_t size)
{
    if (device->abandoned) {
        snprintf(reason, size, "%s was given up", device->info.id);
        return false;
    }
    if (!yki_device_info_can(&device->info, kernel, reason, size)) return false;
    return !device->backend->can || device->backend->can(device, kernel, reason, size);
}

/* ---- programs and memory ---- */

static yk_status gone(const yki_device *device, yk_diag *diag)
{
    return yki_fail(diag, YK_E_DEVICE, "%s was given up", device->info.id);
}

yk_status yki_device_program(yki_device *device, const yk_kernel *kernel, yki_program **out,
                             bool *built, yk_diag *diag)
{
    bool fresh = false;
    if (device->abandoned) return gone(device, diag);
    yk_status st = device->backend->program(device, kernel, out, &fresh, diag);
    if (built) *built = fresh;
    return st;
}

yk_status yki_buffer_open(yki_device *device, size_t bytes, yki_buffer **out, yk_diag *diag)
{
    if (device->abandoned) return gone(device, diag);
    if (bytes == 0 || bytes > device->largest)
        return yki_fail(diag, YK_E_NOMEM, "%s: a buffer of %zu bytes, %zu is the most",
                        device->info.id, bytes, device->largest);
    return device->backend->buffer_open(device, bytes, out, diag);
}

yk_status yki_buffer_wrap(yki_device *device, void *bytes, size_t size, yki_buffer **out,
                          yk_diag *diag)
{
    if (device->abandoned) return gone(device, diag);
    if (!device->backend->buffer_wrap || device->wrap_align == 0 ||
        (uintptr_t)bytes % device->wrap_align != 0 || size == 0)
        return yki_fail(diag, YK_E_UNSUPPORTED, "%s reads no memory of the host in place",
                        device->info.id);
    return device->backend->buffer_wrap(device, bytes, size, out, diag);
}

void yki_buffer_close(yki_device *device, yki_buffer **buffer)
{
    if (!*buffer) return;
    device->backend->buffer_close(device, *buffer);
    *buffer = NULL;
}

yk_status yki_stage_open(yki_device *device, size_t bytes, yki_stage **out, yk_diag *diag)
{
    if (device->abandoned) return gone(device, diag);
    if (bytes == 0) return yki_fail(diag, YK_E_INVALID, "a stage of no bytes");
    return device->backend->stage_open(device, bytes, out, diag);
}

void yki_stage_close(yki_device *device, yki_stage **stage)
{
    if (!*stage) return;
    device->backend->stage_close(device, *stage);
    *stage = NULL;
}

void *yki_stage_bytes(const yki_stage *stage) { return stage->bytes; }

/* ---- jobs ---- */

void yki_job_box(const yki_job *job, size_t lo[YK_MAX_DIMS], size_t hi[YK_MAX_DIMS])
{
    const yk_shape *shape = &job->call->shape;
    const uint32_t axis = job->call->kernel->axis;
    memcpy(lo, shape->lo, sizeof shape->lo);
    memcpy(hi, shape->hi, sizeof shape->hi);
    lo[axis] = shape->lo[axis] + job->begin;
    hi[axis] = shape->lo[axis] + job->end;
}

yk_status yki_job_submit(yki_device *device, const yki_job *job, yki_ticket **out,
                         yk_diag *diag)
{
    if (device->abandoned) return gone(device, diag);
    return device->backend->submit(device, job, out, diag);
}

yk_status yki_ticket_wait(yki_device *device, yki_ticket *ticket, uint64_t deadline_ns,
                          yk_diag *diag)
{
    if (device->abandoned) return gone(device, diag);
    return device->backend->wait(device, ticket, deadline_ns, diag);
}

yki_ticket_times yki_ticket_get_times(const yki_ticket *ticket) { return ticket->times; }

void yki_ticket_close(yki_device *device, yki_ticket **ticket)
{
    if (!*ticket) return;
    device->backend->ticket_close(device, *ticket);
    *ticket = NULL;
}
