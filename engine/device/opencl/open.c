/* Opening and closing one OpenCL device: context, three queues, the probe, and for a
 * carved device the check of where its threads run.  Entered by the device's thread. */
#include "device/opencl/opencl_int.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const yki_backend backend;

static yk_status open_queue(cl_dev *dev, cl_command_queue *out, yk_diag *diag)
{
    cl_int err;
    *out = clCreateCommandQueue(dev->context, dev->id, CL_QUEUE_PROFILING_ENABLE, &err);
    if (err == CL_SUCCESS && *out) return YK_OK;
    *out = NULL;
    return yki_cl_fail(diag, &dev->base.info, err, "clCreateCommandQueue");
}

static yk_status open_context(cl_dev *dev, yk_diag *diag)
{
    cl_context_properties properties[] = {
        CL_CONTEXT_PLATFORM, (cl_context_properties)dev->platform, 0,
    };
    cl_int err;
    yk_status st;
    dev->context = clCreateContext(properties, 1, &dev->id, NULL, NULL, &err);
    if (err != CL_SUCCESS || !dev->context) {
        dev->context = NULL;
        return yki_cl_fail(diag, &dev->base.info, err, "clCreateContext");
    }
    if ((st = open_queue(dev, &dev->compute, diag)) != YK_OK) return st;
    if ((st = open_queue(dev, &dev->up, diag)) != YK_OK) return st;
    return open_queue(dev, &dev->down, diag);
}

static void read_item_limits(cl_dev *dev)
{
    size_t limits[16] = {0};
    cl_uint dims = 0;
    for (size_t d = 0; d < YK_MAX_DIMS; d++) dev->item_limits[d] = d == 0 ? SIZE_MAX : 1;
    if (clGetDeviceInfo(dev->id, CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, sizeof dims, &dims, NULL) !=
            CL_SUCCESS ||
        dims > YKI_COUNT(limits) ||
        clGetDeviceInfo(dev->id, CL_DEVICE_MAX_WORK_ITEM_SIZES, dims * sizeof limits[0], limits,
                        NULL) != CL_SUCCESS)
        return;
    for (size_t d = 0; d < YK_MAX_DIMS && d < dims; d++)
        if (limits[d] > 0) dev->item_limits[d] = limits[d];
}

/* ---- carve ---- */

/* One kernel of a single work-item: some drivers start their threads only here. */
static yk_status warm_up(cl_dev *dev, yk_diag *diag)
{
    static const yk_device_table table = {
        .source = "kernel void warm_up(global uint *a) { a[get_global_id(0)] += 1u; }\n",
        .entry = "warm_up",
    };
    const size_t one = 1;
    yki_program program = {0};
    yki_buffer *buffer = NULL;
    cl_event event;
    yk_status st = yki_cl_build(dev, "warm_up", &table, &program, diag);
    if (st != YK_OK) return st;
    if ((st = yki_cl_buffer_open(&dev->base, sizeof(cl_uint), &buffer, diag)) != YK_OK) goto done;
    cl_int err = clSetKernelArg(program.kernel, 0, sizeof buffer->mem, &buffer->mem);
    if (err == CL_SUCCESS)
        err = clEnqueueNDRangeKernel(dev->compute, program.kernel, 1, NULL, &one, NULL, 0, NULL,
                                     &event);
    if (err != CL_SUCCESS) st = yki_cl_fail(diag, &dev->base.info, err, "clEnqueueNDRangeKernel");
    else st = yki_cl_await(dev, dev->compute, event, "clEnqueueNDRangeKernel", diag);
done:
    if (buffer) yki_cl_buffer_close(&dev->base, buffer);
    if (!dev->base.abandoned) {
        clReleaseKernel(program.kernel);
        clReleaseProgram(program.program);
    }
    yki_free(program.key);
    return st;
}

static yk_status check_threads(const cl_dev *dev, const int *threads, size_t count,
                               const yki_device_opts *opts, yk_diag *diag)
{
    int bad = 0;
    if (yki_threads_bind(threads, count, opts->carve_cpus, opts->carve, &bad)) return YK_OK;
    return yki_fail(diag, YK_E_UNSUPPORTED,
                    "%s cannot be carved: thread %d of its driver may run outside the %zu cores",
                    dev->base.info.id, bad, opts->carve);
}

static yk_status verify_carve(cl_dev *dev, const yki_listing *listing, const int *before,
                              size_t n_before, const yki_device_opts *opts, yk_diag *diag)
{
    int *threads = NULL;
    const int self = (int)gettid();
    size_t count = 0;
    yk_status st = check_threads(dev, &self, 1, opts, diag);
    if (st == YK_OK) st = check_threads(dev, listing->threads, listing->n_threads, opts, diag);
    if (st == YK_OK) st = warm_up(dev, diag);
    if (st != YK_OK) return st;
    st = yki_threads_list(&threads, &count);
    if (st != YK_OK) return yki_fail(diag, st, "cannot list the threads of this process");
    count = yki_threads_added(threads, count, before, n_before);
    st = check_threads(dev, threads, count, opts, diag);
    if (st == YK_OK) st = check_threads(dev, listing->threads, listing->n_threads, opts, diag);
    yki_free(threads);
    return st;
}

/* ---- open and close ---- */

static void close_device(yki_device *device)
{
    cl_dev *dev = (cl_dev *)device;
    yki_cl_programs_close(dev);
    if (!device->abandoned) {
        if (dev->up) clReleaseCommandQueue(dev->up);
        if (dev->down) clReleaseCommandQueue(dev->down);
        if (dev->compute) clReleaseCommandQueue(dev->compute);
        if (dev->context) clReleaseContext(dev->context);
    }
    yki_free(dev);
}

static yk_status start(cl_dev *dev, const yki_listing *listing, const yki_device_opts *opts,
                       yk_diag *diag)
{
    int *before = NULL;
    size_t n_before = 0;
    yk_status st = YK_OK;
    if (opts->carve > 0 && (st = yki_threads_list(&before, &n_before)) != YK_OK)
        return yki_fail(diag, st, "cannot list the threads of this process");
    if ((st = open_context(dev, diag)) != YK_OK) goto done;
    read_item_limits(dev);
    if ((st = yki_cl_probe(dev, diag)) != YK_OK) goto done;
    if (opts->carve > 0) st = verify_carve(dev, listing, before, n_before, opts, diag);
done:
    yki_free(before);
    return st;
}

yk_status yki_opencl_open(yki_device **out, const yki_listing *listing, const yki_listed *item,
                          const yki_device_opts *opts, yk_diag *diag)
{
    cl_signals *signals = yki_cl_signals_save();
    cl_dev *dev = yki_alloc(1, sizeof *dev);
    yki_device *device = (yki_device *)dev;
    const cl_platform_id platform = item->platform;
    yk_status st = YK_E_NOMEM;
    if (dev) dev->base.backend = &backend;
    if (!dev || !signals) {
        (void)yki_fail(diag, st, "no memory to open %s", item->info.id);
        goto done;
    }
    dev->base.info = item->info;
    dev->base.info.state = YK_DEVICE_READY;
    dev->base.info.reason[0] = '\0';
    dev->base.info.carved = (uint32_t)opts->carve;
    dev->id = item->device;
    dev->platform = platform;
    yki_device_set_budget(&dev->base, opts->memory_bytes, yki_host_memory_limit(""));
    if ((st = start(dev, listing, opts, diag)) != YK_OK) goto done;
    *out = &dev->base;
    device = NULL;
done:
    yki_device_close(&device);
    yki_cl_signals_restore(&signals, &platform, 1);
    return st;
}

static const yki_backend backend = {
    .abi = YKI_BACKEND_ABI,
    .size = sizeof(yki_backend),
    .name = "opencl",
    .close = close_device,
    .program = yki_cl_program,
    .buffer_open = yki_cl_buffer_open,
    .buffer_close = yki_cl_buffer_close,
    .buffer_wrap = yki_cl_buffer_wrap,
    .stage_open = yki_cl_stage_open,
    .stage_close = yki_cl_stage_close,
    .submit = yki_cl_submit,
    .wait = yki_cl_wait,
    .ticket_close = yki_cl_ticket_close,
};
