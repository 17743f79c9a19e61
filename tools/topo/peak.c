/* The device's peak: descriptors by hand, see peak.h and yoke/kernel.h.
 *
 * Each work-item keeps four chains of multiply-adds of 16 lanes each: drivers that compute
 * on CPUs make vector instructions of the lanes, GPUs have 64 chains and never wait for
 * one.  The sum of all is stored lest they be left out. */
#include "peak.h"

#define SOURCE(type, name, pragma)                                                             \
    pragma "kernel void " name "(global " type " *y, ulong y_base, uint steps, ulong n,\n"     \
    "    ulong lo, ulong hi, ulong size, ulong offset, ulong local_size)\n"                    \
    "{\n"                                                                                      \
    "    ulong i = lo + get_global_id(0);\n"                                                   \
    "    if (i >= hi) return;\n"                                                               \
    "    " type "16 a = (" type ")i * (" type ")1e-6, b = a + 1, c = a + 2, d = a + 3;\n"      \
    "    const " type "16 m = (" type ")0.999, p = (" type ")0.001;\n"                         \
    "    for (uint k = 0; k < steps; k++) {\n"                                                 \
    "        a = a * m + p;\n"                                                                 \
    "        b = b * m + p;\n"                                                                 \
    "        c = c * m + p;\n"                                                                 \
    "        d = d * m + p;\n"                                                                 \
    "    }\n"                                                                                  \
    "    " type "16 s = (a + b) + (c + d);\n"                                                  \
    "    " type "8 t = s.lo + s.hi;\n"                                                         \
    "    " type "4 u = t.lo + t.hi;\n"                                                         \
    "    y[i - y_base] = u.x + u.y + u.z + u.w;\n"                                             \
    "}\n"

static const yk_device_table on_device_float = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table), .entry = "peak_float",
    .source = "#pragma OPENCL FP_CONTRACT ON\n" SOURCE("float", "peak_float", ""),
};

static const yk_device_table on_device_double = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table), .entry = "peak_double",
    .source = "#pragma OPENCL FP_CONTRACT ON\n"
              SOURCE("double", "peak_double", "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n"),
};

/* Every kernel has a host side; nobody runs this one. */
static void on_host(const yk_slice *slice) { (void)slice; }

static const yk_host_table host = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_host_table), .fn = {on_host},
};

static yk_status shape(const yk_range *range, const void *args, yk_shape *out)
{
    const peak_args *a = args;
    size_t end = range->offset[0] + range->size[0];
    out->lo[0] = range->offset[0];
    out->hi[0] = end < a->n ? end : (size_t)a->n;
    out->window[0] = (yk_window){.stride = 1, .hi = 1, .count = 1, .extent = (int64_t)a->n};
    return YK_OK;
}

#define ARGS(of_type, of_size)                                                                 \
    {                                                                                          \
        {.name = "y", .mode = YK_MODE_OUT, .type = (of_type), .size = (of_size),               \
         .offset = offsetof(peak_args, y)},                                                    \
        {.name = "steps", .mode = YK_MODE_SCALAR, .type = YK_T_U32, .size = sizeof(uint32_t),  \
         .offset = offsetof(peak_args, steps)},                                                \
        {.name = "n", .mode = YK_MODE_SCALAR, .type = YK_T_U64, .size = sizeof(uint64_t),      \
         .offset = offsetof(peak_args, n)},                                                    \
    }

static const yk_arg float_args[YKI_PEAK_ARGS] = ARGS(YK_T_F32, sizeof(float));
static const yk_arg double_args[YKI_PEAK_ARGS] = ARGS(YK_T_F64, sizeof(double));

#define KERNEL(of_name, of_hash, of_flags, of_args, of_table)                                  \
    {                                                                                          \
        .abi = YK_KERNEL_ABI, .size = sizeof(yk_kernel), .name = (of_name), .hash = (of_hash), \
        .flags = (of_flags), .dims = 1, .align = 64, .lanes = 1, .n_args = YKI_PEAK_ARGS,      \
        .args = (of_args), .args_size = sizeof(peak_args), .shape = shape, .host = &host,      \
        .device = (of_table),                                                                  \
    }

const yk_kernel yki_peak_float = KERNEL("peak_float", 0x79b1, 0, float_args, &on_device_float);
const yk_kernel yki_peak_double =
    KERNEL("peak_double", 0x79b2, YK_KERNEL_FP64, double_args, &on_device_double);
