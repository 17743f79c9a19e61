/* An OpenCL layer (OPENCL_LAYERS, ocl-icd) that misbehaves as broken drivers do.
 *   YKT_CRASH   the call: "kernel" (clEnqueueNDRangeKernel), "context" (clCreateContext),
 *               "build" (clBuildProgram) or "list" (clGetDeviceIDs)
 *   YKT_HOW     "abort" (default): ends the process; "hang": never returns; "wrong" (of
 *               kernel): does nothing and says that it did
 *   YKT_ON      part of a platform's name: misbehaves for its devices alone ("list" for all) */
#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 300
#endif
#include <CL/cl_layer.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static cl_icd_dispatch table;

static const cl_icd_dispatch *next;

static int is(const char *variable, const char *value)
{
    const char *text = getenv(variable);
    return text && strcmp(text, value) == 0;
}

static int is_meant(cl_device_id device)
{
    const char *on = getenv("YKT_ON");
    cl_platform_id platform = NULL;
    char name[256] = "";
    if (!on || !device) return 1;
    next->clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof platform, (void *)&platform, NULL);
    next->clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof name - 1, name, NULL);
    return strstr(name, on) != NULL;
}

/* True if the call is to be passed over. */
static int misbehave(const char *call, cl_device_id device)
{
    if (!is("YKT_CRASH", call) || !is_meant(device)) return 0;
    if (is("YKT_HOW", "wrong")) return 1;
    if (!is("YKT_HOW", "hang")) abort();
    for (;;) pause();
}

static cl_int CL_API_CALL enqueue(cl_command_queue queue, cl_kernel kernel, cl_uint dims,
                                  const size_t *offset, const size_t *global, const size_t *local,
                                  cl_uint n, const cl_event *wait, cl_event *event)
{
    cl_device_id device = NULL;
    next->clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof device, (void *)&device, NULL);
    if (misbehave("kernel", device))
        return next->clEnqueueMarkerWithWaitList(queue, n, wait, event);
    return next->clEnqueueNDRangeKernel(queue, kernel, dims, offset, global, local, n, wait,
                                        event);
}

static cl_context CL_API_CALL
create_context(const cl_context_properties *properties, cl_uint n, const cl_device_id *devices,
               void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user,
               cl_int *error)
{
    misbehave("context", n ? devices[0] : NULL);
    return next->clCreateContext(properties, n, devices, notify, user, error);
}

static cl_int CL_API_CALL build(cl_program program, cl_uint n, const cl_device_id *devices,
                                const char *options,
                                void(CL_CALLBACK *notify)(cl_program, void *), void *user)
{
    misbehave("build", n && devices ? devices[0] : NULL);
    return next->clBuildProgram(program, n, devices, options, notify, user);
}

static cl_int CL_API_CALL list(cl_platform_id platform, cl_device_type type, cl_uint entries,
                               cl_device_id *devices, cl_uint *n)
{
    misbehave("list", NULL);
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
