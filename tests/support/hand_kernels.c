/* See hand_kernels.h. */
#include "hand_kernels.h"

#include <string.h>

#define ARGS(T) (sizeof(T))
#define SCALAR(T, field, kind) {.name = #field, .mode = YK_MODE_SCALAR, .type = kind, \
    .size = sizeof(((T *)0)->field), .offset = offsetof(T, field)}
#define ARRAY(T, field, how, kind, bytes) {.name = #field, .mode = how, .type = kind, \
    .size = bytes, .offset = offsetof(T, field)}
#define HAND_RANGE(d)                                                                   \
    "ulong lo" d ", ulong hi" d ", ulong size" d ", ulong offset" d ", ulong local" d
#define HAND_HOST(f) {.abi = YK_KERNEL_ABI, .size = sizeof(yk_host_table), .fn = {f}}

/* Lanes and blocks as the descriptor of an ordered float sum has them. */
#define HAND_LANES 64

static void clip_1d(const yk_range *range, size_t n, yk_shape *out)
{
    size_t end = range->offset[0] + range->size[0];
    out->lo[0] = range->offset[0] < n ? range->offset[0] : n;
    out->hi[0] = end < n ? end : n;
}

static yk_window own(int64_t extent) { return (yk_window){1, 0, 1, 1, 0, extent}; }

/* Element `i` of an array of which perhaps only some is there. */
static inline float load_f32(const void *base, size_t i)
{
    float v;
    memcpy(&v, (const void *)((uintptr_t)base + i * sizeof v), sizeof v);
    return v;
}
static inline void store_f32(void *base, size_t i, float v)
{
    memcpy((void *)((uintptr_t)base + i * sizeof v), &v, sizeof v);
}
static inline uint32_t load_u32(const void *base, size_t i)
{
    uint32_t v;
    memcpy(&v, (const void *)((uintptr_t)base + i * sizeof v), sizeof v);
    return v;
}
static inline void store_u32(void *base, size_t i, uint32_t v)
{
    memcpy((void *)((uintptr_t)base + i * sizeof v), &v, sizeof v);
}

/* ---- saxpy ---- */

static yk_status saxpy_shape(const yk_range *range, const void *block, yk_shape *out)
{
    const hand_saxpy_args *a = block;
    if (a->n < 0) return YK_E_EXTENT;
    clip_1d(range, (size_t)a->n, out);
    out->window[2] = out->window[3] = own(a->n);
    return YK_OK;
}

static void saxpy_host(const yk_slice *s)
{
    const hand_saxpy_args *a = s->args;
    for (size_t i = s->begin; i < s->end; i++) {
        volatile float product = a->a * load_f32(a->x, i);      /* never contracted */
        store_f32(a->y, i, product + load_f32(a->y, i));
    }
}

static const yk_arg saxpy_args[] = {
    SCALAR(hand_saxpy_args, n, YK_T_I32),
    SCALAR(hand_saxpy_args, a, YK_T_F32),
    ARRAY(hand_saxpy_args, x, YK_MODE_IN, YK_T_F32, 4),
    ARRAY(hand_saxpy_args, y, YK_MODE_INOUT, YK_T_F32, 4),
};
static const yk_host_table saxpy_host_table = HAND_HOST(saxpy_host);
static const yk_device_table saxpy_device = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table), .entry = "saxpy",
    .source =
        "#pragma OPENCL FP_CONTRACT OFF\n"
        "kernel void saxpy(int n, float a, global const float *x, ulong x_base,\n"
        "                  global float *y, ulong y_base, " HAND_RANGE("0") ")\n"
        "{\n"
        "    ulong i = lo0 + get_global_id(0);\n"
        "    if (i >= hi0) return;\n"
        "    y[i - y_base] = a * x[i - x_base] + y[i - y_base];\n"
        "}\n",
};
const yk_kernel hand_saxpy = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_kernel), .name = "saxpy", .hash = 1, .dims = 1,
    .align = 1, .lanes = 1, .n_args = 4, .args = saxpy_args, .args_size = ARGS(hand_saxpy_args),
    .shape = saxpy_shape, .host = &saxpy_host_table, .device = &saxpy_device,
};

/* ---- blur ---- */

static yk_status blur_shape(const yk_range *range, const void *block, yk_shape *out)
{
    const hand_blur_args *a = block;
    const int64_t extent = (int64_t)a->pitch * (a->h - 1) + a->w;
    const size_t most[2] = {(size_t)a->w - 1, (size_t)a->h - 1};
    if (a->w < 2 || a->h < 2 || a->pitch < a->w) return YK_E_EXTENT;
    for (int d = 0; d < 2; d++) {
        size_t end = range->offset[d] + range->size[d];
        out->lo[d] = range->offset[d] > 1 ? range->offset[d] : 1;
        out->hi[d] = end < most[d] ? end : most[d];
        if (out->hi[d] < out->lo[d]) out->hi[d] = out->lo[d];
    }
    out->window[3] = (yk_window){a->pitch, -a->pitch, (int64_t)a->pitch + a->w, 1, 0, extent};
    out->window[4] = (yk_window){a->pitch, 1, a->w - 1, 1, 0, extent};
    return YK_OK;
}

static void blur_host(const yk_slice *s)
{
    const hand_blur_args *a = s->args;
    const size_t p = (size_t)a->pitch;
    for (size_t y = s->begin; y < s->end; y++)
        for (size_t x = s->shape->lo[0]; x < s->shape->hi[0]; x++) {
            size_t i = y * p + x;
            float sum = load_f32(a->u, i) + load_f32(a->u, i - 1);
            sum += load_f32(a->u, i + 1);
            sum += load_f32(a->u, i - p);
            sum += load_f32(a->u, i + p);
            store_f32(a->v, i, sum * 0.25f);
        }
}

static const yk_arg blur_args[] = {
    SCALAR(hand_blur_args, w, YK_T_I32),
    SCALAR(hand_blur_args, h, YK_T_I32),
    SCALAR(hand_blur_args, pitch, YK_T_I32),
    ARRAY(hand_blur_args, u, YK_MODE_IN, YK_T_F32, 4),
    ARRAY(hand_blur_args, v, YK_MODE_OUT, YK_T_F32, 4),
};
static const yk_host_table blur_host_table = HAND_HOST(blur_host);
static const yk_device_table blur_device = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table), .entry = "blur",
    .source =
        "#pragma OPENCL FP_CONTRACT OFF\n"
        "kernel void blur(int w, int h, int pitch, global const float *u, ulong u_base,\n"
        "                 global float *v, ulong v_base,\n"
        "                 " HAND_RANGE("0") ", " HAND_RANGE("1") ")\n"
        "{\n"
        "    ulong x = lo0 + get_global_id(0), y = lo1 + get_global_id(1);\n"
        "    if (x >= hi0 || y >= hi1) return;\n"
        "    ulong i = y * (ulong)pitch + x - u_base;\n"
        "    float sum = u[i] + u[i - 1];\n"
        "    sum += u[i + 1];\n"
        "    sum += u[i - (ulong)pitch];\n"
        "    sum += u[i + (ulong)pitch];\n"
        "    v[y * (ulong)pitch + x - v_base] = sum * 0.25f;\n"
        "}\n",
};
const yk_kernel hand_blur = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_kernel), .name = "blur", .hash = 2, .dims = 2,
    .axis = 1, .align = 1, .lanes = 1, .n_args = 5, .args = blur_args,
    .args_size = ARGS(hand_blur_args), .shape = blur_shape, .host = &blur_host_table,
    .device = &blur_device,
};

static const yk_device_table blur_tiled_device = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table), .entry = "blur",
    .group = {8, 4}, .tile = {16, 12},
    .source =
        "#pragma OPENCL FP_CONTRACT OFF\n"
        "kernel __attribute__((reqd_work_group_size(8, 4, 1)))\n"
        "void blur(int w, int h, int pitch, global const float *u, ulong u_base,\n"
        "          global float *v, ulong v_base,\n"
        "          " HAND_RANGE("0") ", " HAND_RANGE("1") ")\n"
        "{\n"
        "    local float tile[14][18];\n"  /* from (x0 - 1, y0 - 1) on */
        "    int me = get_local_id(1) * 8 + get_local_id(0);\n"
        "    ulong x0 = lo0 + get_group_id(0) * 16, y0 = lo1 + get_group_id(1) * 12;\n"
        "    for (int i = me; i < 14 * 18; i += 32) {\n"
        "        ulong x = x0 + i % 18 - 1, y = y0 + i / 18 - 1;\n"
        "        if (x <= hi0 && y <= hi1)\n"
        "            tile[i / 18][i % 18] = u[y * (ulong)pitch + x - u_base];\n"
        "    }\n"
        "    barrier(CLK_LOCAL_MEM_FENCE);\n"
        "    for (int i = me; i < 12 * 16; i += 32) {\n"
        "        int c = i % 16, r = i / 16;\n"
        "        ulong x = x0 + c, y = y0 + r;\n"
        "        if (x >= hi0 || y >= hi1) continue;\n"
        "        float sum = tile[r + 1][c + 1] + tile[r + 1][c];\n"
        "        sum += tile[r + 1][c + 2];\n"
        "        sum += tile[r][c + 1];\n"
        "        sum += tile[r + 2][c + 1];\n"
        "        v[y * (ulong)pitch + x - v_base] = sum * 0.25f;\n"
        "    }\n"
        "}\n",
};
const yk_kernel hand_blur_tiled = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_kernel), .name = "blur tiled", .hash = 12, .dims = 2,
    .axis = 1, .align = 1, .lanes = 1, .n_args = 5, .args = blur_args,
    .args_size = ARGS(hand_blur_args), .shape = blur_shape, .host = &blur_host_table,
    .device = &blur_tiled_device,
};

/* ---- histogram ---- */

static yk_status histogram_shape(const yk_range *range, const void *block, yk_shape *out)
{
    const hand_histogram_args *a = block;
    if (a->n < 0 || a->n_bins < 1) return YK_E_EXTENT;
    clip_1d(range, (size_t)a->n, out);
    out->window[2] = own(a->n);
    out->window[3] = (yk_window){0, 0, 0, 1, 0, a->n_bins};
    return YK_OK;
}

static void histogram_host(const yk_slice *s)
{
    const hand_histogram_args *a = s->args;
    uint32_t *bins = s->reduce[3];
    for (size_t i = s->begin; i < s->end; i++)
        bins[load_u32(a->value, i) % (uint32_t)a->n_bins] += 1;
}

static const yk_arg histogram_args[] = {
    SCALAR(hand_histogram_args, n, YK_T_I32),
    SCALAR(hand_histogram_args, n_bins, YK_T_I32),
    ARRAY(hand_histogram_args, value, YK_MODE_IN, YK_T_U32, 4),
    ARRAY(hand_histogram_args, bins, YK_MODE_SUM, YK_T_U32, 4),
};
static const yk_host_table histogram_host_table = HAND_HOST(histogram_host);
static const yk_device_table histogram_device = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table), .entry = "histogram",
    .source =
        "kernel void histogram(int n, int n_bins, global const uint *value, ulong value_base,\n"
        "                      global uint *results, local uint *bins, ulong extent,\n"
        "                      uint use_local, " HAND_RANGE("0") ")\n"
        "{\n"
        "    ulong i = lo0 + get_global_id(0);\n"
        "    if (use_local) {\n"
        "        for (ulong b = get_local_id(0); b < extent; b += get_local_size(0)) bins[b] = 0;\n"
        "        barrier(CLK_LOCAL_MEM_FENCE);\n"
        "    }\n"
        "    if (i < hi0) {\n"
        "        uint b = value[i - value_base] % (uint)n_bins;\n"
        "        if (use_local) atomic_add(&bins[b], 1u);\n"
        "        else atomic_add(&results[b], 1u);\n"
        "    }\n"
        "    if (use_local) {\n"
        "        barrier(CLK_LOCAL_MEM_FENCE);\n"
        "        for (ulong b = get_local_id(0); b < extent; b += get_local_size(0))\n"
        "            if (bins[b]) atomic_add(&results[b], bins[b]);\n"
        "    }\n"
        "}\n",
};
const yk_kernel hand_histogram = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_kernel), .name = "histogram", .hash = 3, .dims = 1,
    .align = 1, .lanes = 1, .n_args = 4, .args = histogram_args,
    .args_size = ARGS(hand_histogram_args), .shape = histogram_shape,
    .host = &histogram_host_table, .device = &histogram_device,
};

/* ---- ordered sum ---- */

static yk_status sum_shape(const yk_range *range, const void *block, yk_shape *out)
{
    const hand_sum_args *a = block;
    if (a->n < 0) return YK_E_EXTENT;
    clip_1d(range, (size_t)a->n, out);
    out->window[1] = own(a->n);
    out->window[2] = (yk_window){0, 0, 0, 1, 0, 1};
    return YK_OK;
}

/* Lane j adds items j, j + 64, ... of its block in order; lanes combine by halves. */
static void sum_host(const yk_slice *s)
{
    const hand_sum_args *a = s->args;
    const size_t lo = s->shape->lo[0];
    for (size_t begin = s->begin; begin < s->end; begin += s->block) {
        size_t end = s->end - begin < s->block ? s->end : begin + s->block;
        volatile float lane[HAND_LANES];
        for (size_t j = 0; j < HAND_LANES; j++) {
            lane[j] = begin + j < end ? load_f32(a->x, begin + j) : -0.0f;
            for (size_t i = begin + j + HAND_LANES; i < end; i += HAND_LANES)
                lane[j] += load_f32(a->x, i);
        }
        for (size_t half = HAND_LANES / 2; half > 0; half /= 2)
            for (size_t j = 0; j < half; j++) lane[j] += lane[j + half];
        store_f32(s->reduce[2], (begin - lo) / s->block, lane[0]);
    }
}

static const yk_arg sum_args[] = {
    SCALAR(hand_sum_args, n, YK_T_I32),
    ARRAY(hand_sum_args, x, YK_MODE_IN, YK_T_F32, 4),
    {.name = "sum", .mode = YK_MODE_SUM, .type = YK_T_F32, .ordered = 1, .size = 4,
     .offset = offsetof(hand_sum_args, sum)},
};
static const yk_host_table sum_host_table = HAND_HOST(sum_host);
static const yk_device_table sum_device = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table), .entry = "sum",
    .source =
        "#pragma OPENCL FP_CONTRACT OFF\n"
        "kernel void sum(int n, global const float *x, ulong x_base,\n"
        "                global float *blocks, ulong extent, " HAND_RANGE("0") ",\n"
        "                ulong block)\n"
        "{\n"
        "    local float lane[64];\n"
        "    ulong j = get_local_id(0), b = get_group_id(0);\n"
        "    ulong begin = lo0 + b * block;\n"
        "    ulong end = hi0 - begin < block ? hi0 : begin + block;\n"
        "    float v = begin + j < end ? x[begin + j - x_base] : -0.0f;\n"
        "    for (ulong i = begin + j + 64; i < end; i += 64) v += x[i - x_base];\n"
        "    lane[j] = v;\n"
        "    for (uint half_of = 32; half_of > 0; half_of /= 2) {\n"
        "        barrier(CLK_LOCAL_MEM_FENCE);\n"
        "        if (j < half_of) lane[j] += lane[j + half_of];\n"
        "    }\n"
        "    if (j == 0) blocks[b * extent] = lane[0];\n"
        "}\n",
};
const yk_kernel hand_sum = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_kernel), .name = "sum", .hash = 4,
    .flags = YK_KERNEL_ORDERED, .dims = 1, .align = 1, .lanes = HAND_LANES, .n_args = 3,
    .args = sum_args, .args_size = ARGS(hand_sum_args), .shape = sum_shape,
    .host = &sum_host_table, .device = &sum_device,
};

/* ---- transpose ---- */

static yk_status transpose_shape(const yk_range *range, const void *block, yk_shape *out)
{
    const hand_transpose_args *a = block;
    const int64_t extent = (int64_t)a->w * a->h;
    if (a->w < 1 || a->h < 1) return YK_E_EXTENT;
    for (int d = 0; d < 2; d++) {
        size_t end = range->offset[d] + range->size[d], most = (size_t)(d ? a->h : a->w);
        out->lo[d] = range->offset[d] < most ? range->offset[d] : most;
        out->hi[d] = end < most ? end : most;
    }
    out->window[2] = (yk_window){a->w, 0, a->w, 1, 0, extent};
    out->window[3] = (yk_window){1, 0, 1, a->w, a->h, extent};
    return YK_OK;
}

static void transpose_host(const yk_slice *s)
{
    const hand_transpose_args *a = s->args;
    for (size_t y = s->begin; y < s->end; y++)
        for (size_t x = s->shape->lo[0]; x < s->shape->hi[0]; x++)
            store_f32(a->out, x * (size_t)a->h + y, load_f32(a->in, y * (size_t)a->w + x));
}

static const yk_arg transpose_args[] = {
    SCALAR(hand_transpose_args, w, YK_T_I32),
    SCALAR(hand_transpose_args, h, YK_T_I32),
    ARRAY(hand_transpose_args, in, YK_MODE_IN, YK_T_F32, 4),
    ARRAY(hand_transpose_args, out, YK_MODE_OUT, YK_T_F32, 4),
};
static const yk_host_table transpose_host_table = HAND_HOST(transpose_host);
static const yk_device_table transpose_device = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table), .entry = "transpose",
    .source =
        "kernel void transpose(int w, int h, global const float *in, ulong in_base,\n"
        "                      global float *out, ulong out_base,\n"
        "                      " HAND_RANGE("0") ", " HAND_RANGE("1") ")\n"
        "{\n"
        "    ulong x = lo0 + get_global_id(0), y = lo1 + get_global_id(1);\n"
        "    if (x >= hi0 || y >= hi1) return;\n"
        "    out[x * (ulong)h + y - out_base] = in[y * (ulong)w + x - in_base];\n"
        "}\n",
};
const yk_kernel hand_transpose = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_kernel), .name = "transpose", .hash = 5, .dims = 2,
    .axis = 1, .align = 1, .lanes = 1, .n_args = 4, .args = transpose_args,
    .args_size = ARGS(hand_transpose_args), .shape = transpose_shape,
    .host = &transpose_host_table, .device = &transpose_device,
};

/* ---- all ---- */

static yk_status all_shape(const yk_range *range, const void *block, yk_shape *out)
{
    const hand_all_args *a = block;
    if (a->n < 0 || a->m < 0) return YK_E_EXTENT;
    clip_1d(range, (size_t)a->n, out);
    out->window[2] = (yk_window){0, 0, a->m, 1, 0, a->m};
    out->window[3] = own(a->n);
    return YK_OK;
}

static void all_host(const yk_slice *s)
{
    const hand_all_args *a = s->args;
    for (size_t i = s->begin; i < s->end; i++) {
        uint32_t sum = 0;
        for (size_t j = 0; j < (size_t)a->m; j++) sum += load_u32(a->table, j);
        store_u32(a->out, i, sum * (uint32_t)(i + 1));
    }
}

static const yk_arg all_args[] = {
    SCALAR(hand_all_args, n, YK_T_I32),
    SCALAR(hand_all_args, m, YK_T_I32),
    ARRAY(hand_all_args, table, YK_MODE_IN, YK_T_I32, 4),
    ARRAY(hand_all_args, out, YK_MODE_OUT, YK_T_I32, 4),
};
static const yk_host_table all_host_table = HAND_HOST(all_host);
static const yk_device_table all_device = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table), .entry = "all_of_it",
    .source =
        "kernel void all_of_it(int n, int m, global const int *table, ulong table_base,\n"
        "                      global int *out, ulong out_base, " HAND_RANGE("0") ")\n"
        "{\n"
        "    ulong i = lo0 + get_global_id(0);\n"
        "    if (i >= hi0) return;\n"
        "    uint sum = 0;\n"
        "    for (int j = 0; j < m; j++) sum += (uint)table[(ulong)j - table_base];\n"
        "    out[i - out_base] = (int)(sum * (uint)(i + 1));\n"
        "}\n",
};
const yk_kernel hand_all = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_kernel), .name = "all", .hash = 6, .dims = 1,
    .align = 1, .lanes = 1, .n_args = 4, .args = all_args, .args_size = ARGS(hand_all_args),
    .shape = all_shape, .host = &all_host_table, .device = &all_device,
};

/* ---- what must be refused ---- */

static const yk_device_table broken_device = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table), .entry = "broken",
    .source = "kernel void broken(global float *x) { x[0] = undeclared_name; }\n",
};
const yk_kernel hand_broken = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_kernel), .name = "broken", .hash = 7, .dims = 1,
    .align = 1, .lanes = 1, .n_args = 4, .args = saxpy_args, .args_size = ARGS(hand_saxpy_args),
    .shape = saxpy_shape, .host = &saxpy_host_table, .device = &broken_device,
};
const yk_kernel hand_double = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_kernel), .name = "double", .hash = 8,
    .flags = YK_KERNEL_FP64, .dims = 1, .align = 1, .lanes = 1, .n_args = 4, .args = saxpy_args,
    .args_size = ARGS(hand_saxpy_args), .shape = saxpy_shape, .host = &saxpy_host_table,
    .device = &saxpy_device,
};
