/* Launching a part's kernel: its parameters in the order that yoke/kernel.h promises,
 * work-group sizes, and the padded range.  Entered by the device's thread. */
#include "device/opencl/opencl_int.h"

#include <string.h>

/* Work-items a group: enough to hide latency on a GPU and the cost of a group on a
 * CPU.  Reductions with local bins pay once a group for each bin. */
enum { GROUP_ITEMS = 256, GROUP_ITEMS_BINS = 1024 };

/* ---- parameters ---- */

typedef struct setter {
    cl_kernel kernel;
    cl_uint next;
    cl_int err;
} setter;

static void set(setter *s, size_t size, const void *value)
{
    if (s->err == CL_SUCCESS) s->err = clSetKernelArg(s->kernel, s->next++, size, value);
}

static void set_ulong(setter *s, uint64_t value)
{
    cl_ulong v = value;
    set(s, sizeof v, &v);
}

static bool is_reduction(const yk_arg *arg) { return arg->mode >= YK_MODE_SUM; }

/* Local memory is shared by a kernel's reductions and its own arrays: one reduction
 * gets at most a quarter of it. */
static void set_bins(setter *s, const cl_dev *dev, const yk_arg *arg, uint64_t extent)
{
    uint64_t most = dev->base.info.local_bytes / 4;
    cl_uint use_local = extent > 0 && extent <= most / arg->size;
    set(s, use_local ? (size_t)extent * arg->size : arg->size, NULL);
    set_ulong(s, extent);
    set(s, sizeof use_local, &use_local);
}

static void set_argument(setter *s, const cl_dev *dev, const yki_job *job, size_t i)
{
    const yk_arg *arg = &job->call->kernel->args[i];
    const yki_job_arg *given = &job->args[i];
    const uint64_t extent = (uint64_t)job->call->shape.window[i].extent;
    if (arg->mode == YK_MODE_SCALAR) {
        set(s, arg->size, (const char *)job->call->args + arg->offset);
        return;
    }
    set(s, sizeof given->buffer->mem, &given->buffer->mem);
    if (!is_reduction(arg)) set_ulong(s, given->base);
    else if (arg->ordered) set_ulong(s, extent);
    else set_bins(s, dev, arg, extent);
}

static void set_ranges(setter *s, const yki_job *job, const size_t lo[YK_MAX_DIMS],
                       const size_t hi[YK_MAX_DIMS])
{
    const yk_range *range = &job->call->range;
    for (uint32_t d = 0; d < job->call->kernel->dims; d++) {
        set_ulong(s, lo[d]);
        set_ulong(s, hi[d]);
        set_ulong(s, range->size[d]);
        set_ulong(s, range->offset[d]);
        set_ulong(s, range->local[d] ? range->local[d] : 1);
    }
    if (job->call->kernel->flags & YK_KERNEL_ORDERED) set_ulong(s, job->call->block);
}

/* ---- sizes ---- */

/* The smallest power of two that is at least n, or `most` where that is less. */
static size_t cover(size_t n, size_t most)
{
    size_t p = 1;
    while (p < n && p <= most / 2) p *= 2;
    return p;
}

static bool has_bins(const yk_kernel *kernel)
{
    for (uint32_t i = 0; i < kernel->n_args; i++)
        if (is_reduction(&kernel->args[i]) && !kernel->args[i].ordered) return true;
    return false;
}

/* A group of the preferred multiple times a power of two; the fastest dimension takes
 * as much of it as it can fill, the others what is left. */
static void choose_local(const cl_dev *dev, const yk_kernel *kernel, const yki_program *program,
                         const size_t extent[YK_MAX_DIMS], size_t local[YK_MAX_DIMS])
{
    size_t most = yki_min(program->max_group,
                          has_bins(kernel) ? GROUP_ITEMS_BINS : GROUP_ITEMS);
    size_t group = program->multiple <= most ? program->multiple : 1;
    while (group <= most / 2) group *= 2;
    bool power = (program->multiple & (program->multiple - 1)) == 0;
    local[0] = power ? cover(extent[0], group) : group;
    local[0] = yki_min(local[0], dev->item_limits[0]);
    size_t left = power ? group / local[0] : 1;
    for (size_t d = 1; d < kernel->dims; d++) {
        local[d] = yki_min(cover(extent[d], yki_max(left, 1)), dev->item_limits[d]);
        left /= local[d];
    }
}

/* False where padding overflows. */
static bool choose_sizes(const cl_dev *dev, const yki_job *job, const size_t lo[YK_MAX_DIMS],
                         const size_t hi[YK_MAX_DIMS], size_t global[YK_MAX_DIMS],
                         size_t local[YK_MAX_DIMS])
{
    const yk_kernel *kernel = job->call->kernel;
    size_t extent[YK_MAX_DIMS] = {1, 1, 1}, tile[YK_MAX_DIMS];
    if (kernel->flags & YK_KERNEL_ORDERED) {
        size_t blocks = yki_div_up(job->end - job->begin, job->call->block);
        local[0] = kernel->lanes;
        return yki_mul(blocks, local[0], &global[0]);
    }
    for (uint32_t d = 0; d < kernel->dims; d++) extent[d] = hi[d] - lo[d];
    if (!yki_kernel_group(kernel, local, tile)) {
        choose_local(dev, kernel, job->program, extent, local);
        memcpy(tile, local, sizeof tile);
    }
    for (uint32_t d = 0; d < kernel->dims; d++)
        if (!yki_mul(yki_div_up(extent[d], tile[d]), local[d], &global[d])) return false;
    return true;
}

cl_int yki_cl_launch(cl_dev *dev, const yki_job *job, cl_event after, cl_event *out,
                     const char **call)
{
    const yk_kernel *kernel = job->call->kernel;
    size_t lo[YK_MAX_DIMS], hi[YK_MAX_DIMS];
    size_t global[YK_MAX_DIMS] = {1, 1, 1}, local[YK_MAX_DIMS] = {1, 1, 1};
    setter s = {.kernel = job->program->kernel, .err = CL_SUCCESS};
    yki_job_box(job, lo, hi);
    *call = "clSetKernelArg";
    for (size_t i = 0; i < kernel->n_args; i++) set_argument(&s, dev, job, i);
    set_ranges(&s, job, lo, hi);
    if (s.err != CL_SUCCESS) return s.err;
    *call = "clEnqueueNDRangeKernel";
    if (!choose_sizes(dev, job, lo, hi, global, local)) return CL_INVALID_GLOBAL_WORK_SIZE;
    cl_uint dims = kernel->flags & YK_KERNEL_ORDERED ? 1 : kernel->dims;
    return clEnqueueNDRangeKernel(dev->compute, s.kernel, dims, NULL, global, local,
                                  after ? 1 : 0, after ? &after : NULL, out);
}
