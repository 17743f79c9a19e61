/* Memory on the device, pinned memory of the host, and the probe that tells whether a
 * device reads the host's memory in place.  Entered by the device's thread. */
#include "device/opencl/opencl_int.h"

#include <string.h>

/* Drivers grant memory that is not there and fail, or hang, on its first use: a byte
 * written at the far end brings that forward to where it can be handled. */
static yk_status touch(cl_dev *dev, cl_mem mem, size_t bytes, yk_diag *diag)
{
    static const unsigned char zero = 0;
    cl_event event;
    cl_int err = clEnqueueWriteBuffer(dev->up, mem, CL_FALSE, bytes - 1, 1, &zero, 0, NULL, &event);
    if (err != CL_SUCCESS) return yki_cl_fail(diag, &dev->base.info, err, "clEnqueueWriteBuffer");
    return yki_cl_await(dev, dev->up, event, "clEnqueueWriteBuffer", diag);
}

yk_status yki_cl_buffer_open(yki_device *device, size_t bytes, yki_buffer **out, yk_diag *diag)
{
    cl_dev *dev = (cl_dev *)device;
    yki_buffer *buffer = yki_alloc(1, sizeof *buffer);
    if (!buffer) return yki_fail(diag, YK_E_NOMEM, "no memory for a buffer");
    cl_int err;
    yk_status st;
    buffer->bytes = bytes;
    buffer->mem = clCreateBuffer(dev->context, CL_MEM_READ_WRITE, bytes, NULL, &err);
    if (err != CL_SUCCESS || !buffer->mem) {
        buffer->mem = NULL;
        st = yki_cl_fail(diag, &device->info, err, "clCreateBuffer");
    } else st = touch(dev, buffer->mem, bytes, diag);
    if (st == YK_OK) *out = buffer;
    else yki_cl_buffer_close(device, buffer);
    return st;
}

/* A fresh buffer each time: only then does the standard promise that the device sees
 * what the host wrote since the last. */
yk_status yki_cl_buffer_wrap(yki_device *device, void *bytes, size_t size, yki_buffer **out,
                             yk_diag *diag)
{
    cl_dev *dev = (cl_dev *)device;
    yki_buffer *buffer = yki_alloc(1, sizeof *buffer);
    if (!buffer) return yki_fail(diag, YK_E_NOMEM, "no memory for a buffer");
    cl_int err;
    buffer->bytes = size;
    buffer->mem = clCreateBuffer(dev->context, CL_MEM_READ_ONLY | CL_MEM_USE_HOST_PTR, size, bytes,
                                 &err);
    if (err == CL_SUCCESS && buffer->mem) {
        *out = buffer;
        return YK_OK;
    }
    yki_free(buffer);
    return yki_cl_fail(diag, &device->info, err, "clCreateBuffer");
}

void yki_cl_buffer_close(yki_device *device, yki_buffer *buffer)
{
    if (buffer->mem && !device->abandoned) clReleaseMemObject(buffer->mem);
    yki_free(buffer);
}

yk_status yki_cl_stage_open(yki_device *device, size_t bytes, yki_stage **out, yk_diag *diag)
{
    cl_dev *dev = (cl_dev *)device;
    cl_stage *stage = yki_alloc(1, sizeof *stage);
    if (!stage) return yki_fail(diag, YK_E_NOMEM, "no memory for a stage");
    cl_int err;
    cl_event event = NULL;
    yk_status st;
    stage->base.size = bytes;
    stage->mem = clCreateBuffer(dev->context, CL_MEM_READ_WRITE | CL_MEM_ALLOC_HOST_PTR, bytes,
                                NULL, &err);
    if (err != CL_SUCCESS || !stage->mem) {
        stage->mem = NULL;
        st = yki_cl_fail(diag, &device->info, err, "clCreateBuffer");
        goto done;
    }
    stage->base.bytes = clEnqueueMapBuffer(dev->up, stage->mem, CL_FALSE,
                                           CL_MAP_READ | CL_MAP_WRITE, 0, bytes, 0, NULL, &event,
                                           &err);
    if (err != CL_SUCCESS || !stage->base.bytes) {
        stage->base.bytes = NULL;
        st = yki_cl_fail(diag, &device->info, err, "clEnqueueMapBuffer");
        goto done;
    }
    st = yki_cl_await(dev, dev->up, event, "clEnqueueMapBuffer", diag);
done:
    if (st == YK_OK) *out = &stage->base;
    else yki_cl_stage_close(device, &stage->base);
    return st;
}

void yki_cl_stage_close(yki_device *device, yki_stage *base)
{
    cl_dev *dev = (cl_dev *)device;
    cl_stage *stage = (cl_stage *)base;
    if (stage->mem && !device->abandoned) {
        /* The queue holds on to the memory until it has unmapped it. */
        if (base->bytes &&
            clEnqueueUnmapMemObject(dev->up, stage->mem, base->bytes, 0, NULL, NULL) == CL_SUCCESS)
            (void)clFlush(dev->up);
        clReleaseMemObject(stage->mem);
    }
    yki_free(stage);
}

/* ---- the probe ---- */

enum { PROBE_BYTES = 1 << 21, PROBE_ROUNDS = 5, PROBE_ALIGN = 4096 };

static yk_status copy(cl_dev *dev, cl_mem from, cl_mem to, yk_diag *diag)
{
    cl_event event;
    cl_int err = clEnqueueCopyBuffer(dev->compute, from, to, 0, 0, PROBE_BYTES, 0, NULL, &event);
    if (err != CL_SUCCESS) return yki_cl_fail(diag, &dev->base.info, err, "clEnqueueCopyBuffer");
    return yki_cl_await(dev, dev->compute, event, "clEnqueueCopyBuffer", diag);
}

/* One round: how long a copy takes that reads a buffer of the device, and one that
 * reads the host's memory through a buffer made for the purpose. */
static yk_status probe_round(cl_dev *dev, const yki_buffer *own, const yki_buffer *to, void *host,
                             uint64_t *own_ns, uint64_t *wrap_ns, yk_diag *diag)
{
    uint64_t t0 = yki_now_ns();
    yk_status st = copy(dev, own->mem, to->mem, diag);
    uint64_t t1 = yki_now_ns();
    if (st != YK_OK) return st;
    yki_buffer *wrapped = NULL;
    st = yki_cl_buffer_wrap(&dev->base, host, PROBE_BYTES, &wrapped, diag);
    if (st != YK_OK) return st;
    st = copy(dev, wrapped->mem, to->mem, diag);
    yki_cl_buffer_close(&dev->base, wrapped);
    uint64_t t2 = yki_now_ns();
    if (t1 - t0 < *own_ns) *own_ns = t1 - t0;
    if (t2 - t1 < *wrap_ns) *wrap_ns = t2 - t1;
    return st;
}

/* In place pays where reading the host's memory, buffer made and released, is no slower
 * than reading the device's own: a hidden copy makes it at least twice as slow.  Only
 * devices that claim to share the host's memory are asked.  That the probe failed is no
 * failure of the device, unless it had to be given up. */
yk_status yki_cl_probe(cl_dev *dev, yk_diag *diag)
{
    yki_device *device = &dev->base;
    if (!device->info.unified || device->largest < PROBE_BYTES ||
        device->budget / 3 < PROBE_BYTES)
        return YK_OK;
    yki_buffer *own = NULL, *to = NULL;
    uint64_t own_ns = UINT64_MAX, wrap_ns = UINT64_MAX;
    void *host = yki_alloc_aligned(PROBE_BYTES, 1, PROBE_ALIGN);
    if (!host) return yki_fail(diag, YK_E_NOMEM, "no memory for a probe");
    memset(host, 1, PROBE_BYTES);
    yk_status st = yki_cl_buffer_open(device, PROBE_BYTES, &own, diag);
    if (st == YK_OK) st = yki_cl_buffer_open(device, PROBE_BYTES, &to, diag);
    for (int i = 0; st == YK_OK && i < PROBE_ROUNDS; i++)
        st = probe_round(dev, own, to, host, &own_ns, &wrap_ns, diag);
    device->info.copies = st != YK_OK || wrap_ns / 3 > own_ns / 2;
    if (!device->info.copies) device->wrap_align = PROBE_ALIGN;
    if (own) yki_buffer_close(device, &own);
    if (to) yki_buffer_close(device, &to);
    /* An abandoned driver may still read it. */
    if (!device->abandoned) yki_free(host);
    return device->abandoned ? st : YK_OK;
}
