/* The peer PoCL: the plain kernel file through plain OpenCL; see peer.h.
 *
 * Takes the place of Yoke's launches with what one writes without Yoke: one program from
 * the .cl file, whose annotations mean nothing here; buffers that use the arrays where they
 * lie (PoCL then copies nothing); the whole range in one clEnqueueNDRangeKernel, the
 * work-group's size left to PoCL.  The arrays are mapped between runs, as the host works on
 * them there. */
#include "peer.h"

#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "workload.h"

#define PLATFORM "Portable Computing Language"
enum { MAX_TEXT = 1 << 16, MAX_BUFFERS = 16 };

typedef struct buffer {
    void *host, *mapped;
    size_t bytes;
    cl_mem mem;
} buffer;

static struct {
    cl_device_id device;
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    const char *workload;
    buffer buffers[MAX_BUFFERS];
    size_t n_buffers;
    char why[128];
} cl;

static const char *failed(const char *call, cl_int code)
{
    snprintf(cl.why, sizeof cl.why, "%s: error %d", call, (int)code);
    return cl.why;
}

/* ---- the device ---- */

static const char *find_device(void)
{
    cl_platform_id platforms[16];
    cl_uint n = 0;
    char name[128];
    if (clGetPlatformIDs(16, platforms, &n) != CL_SUCCESS) return "no OpenCL platform";
    for (cl_uint k = 0; k < n && k < 16; k++) {
        if (clGetPlatformInfo(platforms[k], CL_PLATFORM_NAME, sizeof name, name, NULL)) continue;
        if (strcmp(name, PLATFORM) != 0) continue;
        if (!clGetDeviceIDs(platforms[k], CL_DEVICE_TYPE_CPU, 1, &cl.device, NULL)) return NULL;
    }
    return "PoCL is not installed (pocl-opencl-icd)";
}

static const char *open_device(size_t threads)
{
    cl_int code;
    char count[24];
    snprintf(count, sizeof count, "%zu", threads);
    setenv("POCL_MAX_PTHREAD_COUNT", count, 1);
    const char *why = find_device();
    if (why) return why;
    cl.context = clCreateContext(NULL, 1, &cl.device, NULL, NULL, &code);
    if (code) return failed("clCreateContext", code);
    cl.queue = clCreateCommandQueueWithProperties(cl.context, cl.device, NULL, &code);
    return code ? failed("clCreateCommandQueue", code) : NULL;
}

static void close_device(void)
{
    for (size_t k = 0; k < cl.n_buffers; k++) clReleaseMemObject(cl.buffers[k].mem);
    if (cl.kernel) clReleaseKernel(cl.kernel);
    if (cl.program) clReleaseProgram(cl.program);
    clReleaseCommandQueue(cl.queue);
    clReleaseContext(cl.context);
}

/* ---- the program ---- */

/* yoke/annotate.h and then the kernel file, as if that had included it. */
static const char *read_sources(char *annotations, char *text)
{
    char path[256];
    if (yki_read_file("", PEER_SOURCE_DIR "/include/yoke/annotate.h", annotations, MAX_TEXT))
        return "include/yoke/annotate.h cannot be read";
    snprintf(path, sizeof path, PEER_SOURCE_DIR "/kernels/%s/%s.cl", cl.workload, cl.workload);
    return yki_read_file("", path, text, MAX_TEXT) ? "its .cl file cannot be read" : NULL;
}

/* A kernel by hand may be called "matmul by X": its first word is that of the file. */
static const char *build(const char *called)
{
    char kernel[64];
    static char annotations[MAX_TEXT], text[MAX_TEXT];
    const char *sources[] = {annotations, text}, *why = read_sources(annotations, text);
    cl_int code;
    snprintf(kernel, sizeof kernel, "%.*s", (int)strcspn(called, " "), called);
    if (why) return why;
    cl.program = clCreateProgramWithSource(cl.context, 2, sources, NULL, &code);
    if (!code) code = clBuildProgram(cl.program, 1, &cl.device, "", NULL, NULL);
    if (code) return failed("clBuildProgram", code);
    cl.kernel = clCreateKernel(cl.program, kernel, &code);
    return code ? failed("clCreateKernel", code) : NULL;
}

/* ---- a launch ---- */

static const char *buffer_of(void *host, size_t bytes, cl_mem *out)
{
    cl_int code;
    for (size_t k = 0; k < cl.n_buffers; k++) {
        if (cl.buffers[k].host != host || cl.buffers[k].bytes != bytes) continue;
        *out = cl.buffers[k].mem;
        return NULL;
    }
    if (cl.n_buffers == MAX_BUFFERS) return "has too many arrays";
    *out = clCreateBuffer(cl.context, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, bytes, host, &code);
    if (code) return failed("clCreateBuffer", code);
    cl.buffers[cl.n_buffers++] = (buffer){.host = host, .bytes = bytes, .mem = *out};
    return NULL;
}

static const char *set_argument(const yk_kernel *kernel, uint32_t k, const unsigned char *args,
                                const yk_shape *shape)
{
    const yk_arg *a = &kernel->args[k];
    void *host;
    cl_mem mem;
    if (a->mode == YK_MODE_SCALAR) {
        cl_int code = clSetKernelArg(cl.kernel, k, a->size, args + a->offset);
        return code ? failed("clSetKernelArg", code) : NULL;
    }
    memcpy(&host, args + a->offset, sizeof host);
    const char *why = buffer_of(host, (size_t)shape->window[k].extent * a->size, &mem);
    if (why) return why;
    cl_int code = clSetKernelArg(cl.kernel, k, sizeof mem, &mem);
    return code ? failed("clSetKernelArg", code) : NULL;
}

static const char *enqueue(const yk_kernel *kernel, const yk_range *range, const void *args)
{
    yk_shape shape;
    const char *why = cl.kernel ? NULL : build(kernel->name);
    if (!why && kernel->shape(range, args, &shape) != YK_OK) why = "the range does not fit";
    for (uint32_t k = 0; k < kernel->n_args && !why; k++)
        why = set_argument(kernel, k, args, &shape);
    if (why) return why;
    cl_int code = clEnqueueNDRangeKernel(cl.queue, cl.kernel, range->dims, range->offset,
                                         range->size, range->local[0] ? range->local : NULL, 0,
                                         NULL, NULL);
    return code ? failed("clEnqueueNDRangeKernel", code) : NULL;
}

/* What the linker puts in yk_launch's place (--wrap). */
yk_status __wrap_yk_launch(yk_engine *engine, const yk_kernel *kernel, const yk_range *range,
                           const void *args, const yk_run_opts *opts);

yk_status __wrap_yk_launch(yk_engine *engine, const yk_kernel *kernel, const yk_range *range,
                           const void *args, const yk_run_opts *opts)
{
    (void)engine, (void)opts;
    if (range->size[0] == 0 || range->size[1] == 0 || range->size[2] == 0) return YK_OK;
    return enqueue(kernel, range, args) ? YK_E_DEVICE : YK_OK;
}

/* ---- a run ---- */

static cl_int give_to_device(void)
{
    cl_int code = CL_SUCCESS;
    for (size_t k = 0; k < cl.n_buffers && !code; k++) {
        buffer *b = &cl.buffers[k];
        if (b->mapped) code = clEnqueueUnmapMemObject(cl.queue, b->mem, b->mapped, 0, NULL, NULL);
        b->mapped = NULL;
    }
    return code;
}

static cl_int give_to_host(void)
{
    cl_int code = CL_SUCCESS;
    for (size_t k = 0; k < cl.n_buffers && !code; k++) {
        buffer *b = &cl.buffers[k];
        b->mapped = clEnqueueMapBuffer(cl.queue, b->mem, CL_FALSE, CL_MAP_READ | CL_MAP_WRITE, 0,
                                       b->bytes, 0, NULL, NULL, &code);
    }
    return code ? code : clFinish(cl.queue);
}

static const char *refuses(const yki_workload *w)
{
    cl.workload = w->name;
    return w->partial_bytes ? "its items add to one place, which plain OpenCL C cannot" : NULL;
}

static const char *run(yki_instance *in)
{
    cl_int code = give_to_device();
    if (code) return failed("clEnqueueUnmapMemObject", code);
    cl.why[0] = '\0';
    yk_status st = in->workload->yoke(in, NULL, NULL, NULL);
    if (st != YK_OK) return cl.why[0] ? cl.why : yk_strerror(st);
    code = give_to_host();
    return code ? failed("clFinish", code) : NULL;
}

const peer yoke_peer = {
    .name = "PoCL", .open = open_device, .refuses = refuses, .run = run, .close = close_device,
};
