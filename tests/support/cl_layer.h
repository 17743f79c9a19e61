/* What a test tells the OpenCL layer (cl_layer.c) to do, and what it counted: the struct
 * that the layer's shared object exports as `ykt_cl_layer`.  The test loads the object
 * with dlopen, names it in OPENCL_LAYERS before its first OpenCL call, and so shares the
 * struct with the loader's copy. */
#ifndef YKT_CL_LAYER_H
#define YKT_CL_LAYER_H

#include <stdatomic.h>
#include <stddef.h>

enum { YKT_CL_FUNCTIONS = 64 };

typedef enum ykt_cl_mode {
    YKT_CL_ERROR = 0,   /* the call returns `error` and does nothing (releases do) */
    YKT_CL_EVENT,       /* an enqueue succeeds, its event ends in `error` */
    YKT_CL_HANG         /* an enqueue succeeds, its event never ends */
} ykt_cl_mode;

typedef struct ykt_cl_function {
    const char *name;
    _Atomic size_t calls;
    _Atomic size_t bytes;       /* moved by reads and writes */
} ykt_cl_function;

typedef struct ykt_cl_control {
    _Atomic size_t fail_at;     /* this call, counted from 1; 0: none */
    const char *name;           /* counting only calls of this function; NULL: all */
    int error;
    ykt_cl_mode mode;           /* calls that give no event fail as with YKT_CL_ERROR */
    _Atomic size_t calls;       /* that were counted */
    _Atomic size_t fired;
    char fired_name[64];        /* what it hit */
    ykt_cl_function functions[YKT_CL_FUNCTIONS];
} ykt_cl_control;

#endif
