/* An OpenCL layer (OPENCL_LAYERS, ocl-icd) that ends the process as broken drivers do.
 * YKT_CRASH names the call: "kernel" (clEnqueueNDRangeKernel), "context"
 * (clCreateContext), "build" (clBuildProgram) or "list" (clGetDeviceIDs). */
#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 300
#endif
#include <CL/cl_layer.h>
#include <stdlib.h>
#include <string.h>

static cl_icd_dispatch table;

static int hit(const char *call)
{
    const char *which = getenv("YKT_CRASH");
    return which && strcmp(which, call) == 0;
}

#define CRASH_IF(call) \
    if (hit(call)) abort()

static const cl_icd_dispatch *next;

static cl_int CL_API_CALL enqueue(cl_command_queue queue, cl_kernel kernel, cl_uint dims,
                                  const size_t *offset, const size_t *global, const size_t *local,
                                  cl_uint n, const cl_event *wait, cl_event *event)
{
    CRASH_IF("kernel");
    return next->clEnqueueNDRangeKernel(queue, kernel, dims, offset, global, local, n, wait,
                                        event);
}

static cl_context CL_API_CALL
create_context(const cl_context_properties *properties, cl_uint n, const cl_device_id *devices,
               void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user,
               cl_int *error)
{
    CRASH_IF("context");
    return next->clCreateContext(properties, n, devices, notify, user, error);
}

static cl_int CL_API_CALL build(cl_program program, cl_uint n, const cl_device_id *devices,
                                const char *options,
                                void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
    CRASH_IF("build");
    return next->clBuildProgram(program, n, devices, options, notify, user);
}

static cl_int CL_API_CALL list(cl_platform_id platform, cl_device_type type, cl_uint entries,
                               cl_device_id *devices, cl_uint *n)
{
    CRASH_IF("list");
    return next->clGetDeviceIDs(platform, type, entries, devices, n);
}

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info name, size_t size, void *value,
                                               size_t *size_ret)
{
    static const char title[] = "crash";
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    const void *from = name == CL_LAYER_NAME ? (const void *)title : &version;
    size_t bytes = name == CL_LAYER_NAME ? sizeof title : sizeof version;
    if (value && size < bytes) return CL_INVALID_VALUE;
    if (value) memcpy(value, from, bytes);
    if (size_ret) *size_ret = bytes;
    return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target,
                                            cl_uint *entries_ret, const cl_icd_dispatch **ours)
{
    size_t count = sizeof table / sizeof(void *);
    next = target;
    memcpy(&table, target, (entries < count ? entries : count) * sizeof(void *));
    table.clEnqueueNDRangeKernel = enqueue;
    table.clCreateContext = create_context;
    table.clBuildProgram = build;
    table.clGetDeviceIDs = list;
    *entries_ret = entries < count ? entries : (cl_uint)count;
    *ours = &table;
    return CL_SUCCESS;
}
