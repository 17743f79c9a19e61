/* A layer for the OpenCL loader (OPENCL_LAYERS, CL/cl_layer.h): counts calls and bytes,
 * and makes the one that a test chose fail, at once or as the status of an event.  Built
 * as a shared object of its own; the loader loads it into the test's process. */
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl_layer.h>

#include <string.h>

#include "cl_layer.h"

#define EXPORT __attribute__((visibility("default")))

extern ykt_cl_control ykt_cl_layer;
EXPORT ykt_cl_control ykt_cl_layer;

static const cl_icd_dispatch *next;
static cl_icd_dispatch ours;

/* ---- counting and choosing ---- */

static void count(const char *name, size_t bytes)
{
    for (size_t i = 0; i < YKT_CL_FUNCTIONS; i++) {
        ykt_cl_function *f = &ykt_cl_layer.functions[i];
        if (!f->name) f->name = name;
        if (strcmp(f->name, name) != 0) continue;
        atomic_fetch_add(&f->calls, 1);
        atomic_fetch_add(&f->bytes, bytes);
        return;
    }
}

/* Whether this is the call. */
static int hit(const char *name, size_t bytes)
{
    ykt_cl_control *c = &ykt_cl_layer;
    count(name, bytes);
    if (c->name && strcmp(c->name, name) != 0) return 0;
    if (atomic_fetch_add(&c->calls, 1) + 1 != atomic_load(&c->fail_at)) return 0;
    strncpy(c->fired_name, name, sizeof c->fired_name - 1);
    atomic_fetch_add(&c->fired, 1);
    return 1;
}

/* What an enqueue's event is replaced with, once the command itself has ended. */
static cl_int spoil(cl_command_queue queue, cl_event *event)
{
    cl_context context;
    cl_int err;
    cl_event real = *event;
    next->clFlush(queue);
    next->clWaitForEvents(1, &real);
    err = next->clGetCommandQueueInfo(queue, CL_QUEUE_CONTEXT, sizeof context, &context, NULL);
    if (err != CL_SUCCESS) return err;
    *event = next->clCreateUserEvent(context, &err);
    if (err != CL_SUCCESS) return err;
    next->clReleaseEvent(real);
    if (ykt_cl_layer.mode == YKT_CL_EVENT)
        err = next->clSetUserEventStatus(*event, ykt_cl_layer.error);
    return err;
}

/* ---- calls that return a code ---- */

#define CODE(name, params, args)                                                        \
    static cl_int CL_API_CALL my_##name params                                          \
    {                                                                                   \
        return hit(#name, 0) ? ykt_cl_layer.error : next->name args;                    \
    }

/* A release that "fails" has released: the test is about the caller, not about leaks. */
#define RELEASE(name, type)                                                             \
    static cl_int CL_API_CALL my_##name(type object)                                    \
    {                                                                                   \
        int now = hit(#name, 0);                                                        \
        cl_int err = next->name(object);                                                \
        return now ? ykt_cl_layer.error : err;                                          \
    }

/* An object, or NULL and a code. */
#define MAKE(type, name, params, args)                                                  \
    static type CL_API_CALL my_##name params                                            \
    {                                                                                   \
        if (!hit(#name, 0)) return next->name args;                                     \
        if (err) *err = ykt_cl_layer.error;                                             \
        return NULL;                                                                    \
    }

#define ENQUEUE(name, moved, params, args)                                              \
    static cl_int CL_API_CALL my_##name params                                          \
    {                                                                                   \
        int now = hit(#name, moved);                                                    \
        if (now && (ykt_cl_layer.mode == YKT_CL_ERROR || !event)) return ykt_cl_layer.error; \
        cl_int err = next->name args;                                                   \
        return now && err == CL_SUCCESS ? spoil(queue, event) : err;                    \
    }

CODE(clGetPlatformIDs, (cl_uint n, cl_platform_id *p, cl_uint *c), (n, p, c))
CODE(clGetPlatformInfo, (cl_platform_id p, cl_platform_info w, size_t n, void *v, size_t *r),
     (p, w, n, v, r))
CODE(clGetDeviceIDs,
     (cl_platform_id p, cl_device_type t, cl_uint n, cl_device_id *d, cl_uint *c),
     (p, t, n, d, c))
CODE(clGetDeviceInfo, (cl_device_id d, cl_device_info w, size_t n, void *v, size_t *r),
     (d, w, n, v, r))
MAKE(cl_context, clCreateContext,
     (const cl_context_properties *p, cl_uint n, const cl_device_id *d,
      void(CL_CALLBACK *f)(const char *, const void *, size_t, void *), void *u, cl_int *err),
     (p, n, d, f, u, err))
MAKE(cl_command_queue, clCreateCommandQueue,
     (cl_context c, cl_device_id d, cl_command_queue_properties p, cl_int *err), (c, d, p, err))
MAKE(cl_mem, clCreateBuffer, (cl_context c, cl_mem_flags f, size_t n, void *p, cl_int *err),
     (c, f, n, p, err))
MAKE(cl_program, clCreateProgramWithSource,
     (cl_context c, cl_uint n, const char **s, const size_t *l, cl_int *err), (c, n, s, l, err))
MAKE(cl_kernel, clCreateKernel, (cl_program p, const char *n, cl_int *err), (p, n, err))
CODE(clBuildProgram,
     (cl_program p, cl_uint n, const cl_device_id *d, const char *o,
      void(CL_CALLBACK *f)(cl_program, void *), void *u),
     (p, n, d, o, f, u))
CODE(clGetProgramBuildInfo,
     (cl_program p, cl_device_id d, cl_program_build_info w, size_t n, void *v, size_t *r),
     (p, d, w, n, v, r))
CODE(clGetKernelWorkGroupInfo,
     (cl_kernel k, cl_device_id d, cl_kernel_work_group_info w, size_t n, void *v, size_t *r),
     (k, d, w, n, v, r))
CODE(clSetKernelArg, (cl_kernel k, cl_uint i, size_t n, const void *v), (k, i, n, v))
CODE(clFlush, (cl_command_queue q), (q))
CODE(clSetEventCallback,
     (cl_event e, cl_int t, void(CL_CALLBACK *f)(cl_event, cl_int, void *), void *u),
     (e, t, f, u))
CODE(clGetEventInfo, (cl_event e, cl_event_info w, size_t n, void *v, size_t *r),
     (e, w, n, v, r))
CODE(clGetEventProfilingInfo, (cl_event e, cl_profiling_info w, size_t n, void *v, size_t *r),
     (e, w, n, v, r))
RELEASE(clReleaseContext, cl_context)
RELEASE(clReleaseCommandQueue, cl_command_queue)
RELEASE(clReleaseMemObject, cl_mem)
RELEASE(clReleaseProgram, cl_program)
RELEASE(clReleaseKernel, cl_kernel)
RELEASE(clReleaseEvent, cl_event)

/* ---- enqueues ---- */

ENQUEUE(clEnqueueWriteBuffer, n,
        (cl_command_queue queue, cl_mem m, cl_bool b, size_t o, size_t n, const void *p,
         cl_uint nw, const cl_event *w, cl_event *event),
        (queue, m, b, o, n, p, nw, w, event))
ENQUEUE(clEnqueueReadBuffer, n,
        (cl_command_queue queue, cl_mem m, cl_bool b, size_t o, size_t n, void *p, cl_uint nw,
         const cl_event *w, cl_event *event),
        (queue, m, b, o, n, p, nw, w, event))
ENQUEUE(clEnqueueWriteBufferRect, r[0] * r[1] * r[2],
        (cl_command_queue queue, cl_mem m, cl_bool b, const size_t *bo, const size_t *ho,
         const size_t *r, size_t br, size_t bs, size_t hr, size_t hs, const void *p, cl_uint nw,
         const cl_event *w, cl_event *event),
        (queue, m, b, bo, ho, r, br, bs, hr, hs, p, nw, w, event))
ENQUEUE(clEnqueueReadBufferRect, r[0] * r[1] * r[2],
        (cl_command_queue queue, cl_mem m, cl_bool b, const size_t *bo, const size_t *ho,
         const size_t *r, size_t br, size_t bs, size_t hr, size_t hs, void *p, cl_uint nw,
         const cl_event *w, cl_event *event),
        (queue, m, b, bo, ho, r, br, bs, hr, hs, p, nw, w, event))
ENQUEUE(clEnqueueCopyBuffer, n,
        (cl_command_queue queue, cl_mem s, cl_mem d, size_t so, size_t o, size_t n, cl_uint nw,
         const cl_event *w, cl_event *event),
        (queue, s, d, so, o, n, nw, w, event))
ENQUEUE(clEnqueueNDRangeKernel, 0,
        (cl_command_queue queue, cl_kernel k, cl_uint d, const size_t *o, const size_t *g,
         const size_t *l, cl_uint nw, const cl_event *w, cl_event *event),
        (queue, k, d, o, g, l, nw, w, event))
ENQUEUE(clEnqueueUnmapMemObject, 0,
        (cl_command_queue queue, cl_mem m, void *p, cl_uint nw, const cl_event *w,
         cl_event *event),
        (queue, m, p, nw, w, event))

static void *CL_API_CALL my_clEnqueueMapBuffer(cl_command_queue queue, cl_mem m, cl_bool b,
                                               cl_map_flags f, size_t o, size_t n, cl_uint nw,
                                               const cl_event *w, cl_event *event, cl_int *err)
{
    int now = hit("clEnqueueMapBuffer", 0);
    if (now && (ykt_cl_layer.mode == YKT_CL_ERROR || !event)) {
        if (err) *err = ykt_cl_layer.error;
        return NULL;
    }
    void *mapped = next->clEnqueueMapBuffer(queue, m, b, f, o, n, nw, w, event, err);
    if (now && mapped) (void)spoil(queue, event);
    return mapped;
}

/* ---- the loader's side ---- */

EXPORT CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t size,
                                                      void *value, size_t *size_ret)
{
    static const char name[] = "yoke test layer";
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    const void *from = what == CL_LAYER_API_VERSION ? (const void *)&version : name;
    size_t bytes = what == CL_LAYER_API_VERSION ? sizeof version : sizeof name;
    if (what != CL_LAYER_API_VERSION && what != CL_LAYER_NAME) return CL_INVALID_VALUE;
    if (value && size < bytes) return CL_INVALID_VALUE;
    if (value) memcpy(value, from, bytes);
    if (size_ret) *size_ret = bytes;
    return CL_SUCCESS;
}

EXPORT CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint n, const cl_icd_dispatch *target,
                                                   cl_uint *n_ret,
                                                   const cl_icd_dispatch **dispatch)
{
    const cl_uint entries = sizeof ours / sizeof ours.clGetPlatformIDs;
    if (!target || !dispatch || !n_ret || n < entries) return CL_INVALID_VALUE;
    next = target;
    ours = *target;
#define TAKE(name) ours.name = my_##name
    TAKE(clGetPlatformIDs);
    TAKE(clGetPlatformInfo);
    TAKE(clGetDeviceIDs);
    TAKE(clGetDeviceInfo);
    TAKE(clCreateContext);
    TAKE(clCreateCommandQueue);
    TAKE(clCreateBuffer);
    TAKE(clCreateProgramWithSource);
    TAKE(clCreateKernel);
    TAKE(clBuildProgram);
    TAKE(clGetProgramBuildInfo);
    TAKE(clGetKernelWorkGroupInfo);
    TAKE(clSetKernelArg);
    TAKE(clFlush);
    TAKE(clSetEventCallback);
    TAKE(clGetEventInfo);
    TAKE(clGetEventProfilingInfo);
    TAKE(clReleaseContext);
    TAKE(clReleaseCommandQueue);
    TAKE(clReleaseMemObject);
    TAKE(clReleaseProgram);
    TAKE(clReleaseKernel);
    TAKE(clReleaseEvent);
    TAKE(clEnqueueWriteBuffer);
    TAKE(clEnqueueReadBuffer);
    TAKE(clEnqueueWriteBufferRect);
    TAKE(clEnqueueReadBufferRect);
    TAKE(clEnqueueCopyBuffer);
    TAKE(clEnqueueNDRangeKernel);
    TAKE(clEnqueueUnmapMemObject);
    TAKE(clEnqueueMapBuffer);
    *dispatch = &ours;
    *n_ret = entries;
    return CL_SUCCESS;
}
