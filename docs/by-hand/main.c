/* A matrix product that has other code on each side than product.cl: the program of
 * docs/by-hand.md.  Computes it on every processor in turn and on all of them together,
 * and compares; exits with 1 if anything is wrong. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <yoke/yoke.h>

#include "product.yk.h"

/* ---- the host's side: rows [begin, end) of C ---- */

static void rows(const yk_slice *slice)
{
    const struct product_args *p = slice->args;
    for (size_t y = slice->begin; y < slice->end; y++) {
        float *c = p->c + y * p->n;
        memset(c, 0, p->n * sizeof *c);
        for (size_t i = 0; i < p->k; i++)
            for (size_t x = 0; x < p->n; x++) c[x] += p->a[y * p->k + i] * p->b[i * p->n + x];
    }
}

static const yk_host_table host = {YK_KERNEL_ABI, sizeof host, {rows}};

/* ---- the devices' side: tiles of 16 x 16 in local memory ---- */

static const char source[] =
    "kernel __attribute__((reqd_work_group_size(16, 16, 1)))\n"
    "void tiled(global const float *a, ulong a_base, global const float *b, ulong b_base,\n"
    "           global float *c, ulong c_base, ulong m, ulong n, ulong k,\n"
    "           ulong lo0, ulong hi0, ulong size0, ulong offset0, ulong local0,\n"
    "           ulong lo1, ulong hi1, ulong size1, ulong offset1, ulong local1)\n"
    "{\n"
    "    local float ta[16][16], tb[16][16];\n"
    "    uint i = get_local_id(0), j = get_local_id(1);\n"
    "    ulong x = lo0 + get_global_id(0), y = lo1 + get_global_id(1);\n"
    "    float sum = 0;\n"
    "    for (ulong k0 = 0; k0 < k; k0 += 16) {\n"
    "        ta[j][i] = y < hi1 && k0 + i < k ? a[y * k + k0 + i - a_base] : 0;\n"
    "        tb[j][i] = x < hi0 && k0 + j < k ? b[(k0 + j) * n + x - b_base] : 0;\n"
    "        barrier(CLK_LOCAL_MEM_FENCE);\n"
    "        for (uint q = 0; q < 16; q++) sum += ta[j][q] * tb[q][i];\n"
    "        barrier(CLK_LOCAL_MEM_FENCE);\n"
    "    }\n"
    "    if (x < hi0 && y < hi1) c[y * n + x - c_base] = sum;\n"
    "}\n";

static const yk_device_table device = {
    .abi = YK_KERNEL_ABI,
    .size = sizeof device,
    .source = source,
    .entry = "tiled",
    .group = {16, 16},
};

/* ---- both, in one kernel ---- */

enum { M = 301, N = 203, K = 117 };
static float a[M * K], b[K * N], c[M * N];

/* On the devices named, NULL for all.  Returns whether it went well and was right. */
static int check(yk_engine *engine, const yk_kernel *kernel, const char *devices)
{
    struct product_args args = {.a = a, .b = b, .c = c, .m = M, .n = N, .k = K};
    yk_range range = yk_2d(N, M);
    yk_diag diag = {0};
    yk_run_opts opts = {.devices = devices, .diag = &diag};
    double worst = 0;
    memset(c, 0xff, sizeof c);
    yk_status status = yk_launch(engine, kernel, &range, &args, &opts);
    for (size_t y = 0; y < M; y++) {
        for (size_t x = 0; x < N; x++) {
            double sum = 0;
            for (size_t i = 0; i < K; i++) sum += (double)a[y * K + i] * (double)b[i * N + x];
            double error = fabs(sum - (double)c[y * N + x]);
            if (!(error <= worst)) worst = error;
        }
    }
    printf("%-8s %s%s%s, off by %.2g\n", devices ? devices : "all", yk_status_name(status),
           diag.text[0] ? ": " : "", diag.text, worst);
    return status == YK_OK && worst < 1e-3;
}

int main(void)
{
    yk_engine *engine;
    yk_engine_opts opts = {.devices = "all"};
    if (yk_engine_open(&engine, &opts, NULL) != YK_OK) return 1;
    (void)yk_engine_settle(engine, 60);     /* wait for the devices, so as to try each */

    yk_kernel product = yk_kernel_by_hand(&product_kernel, "product by hand", &host, &device);

    for (size_t i = 0; i < M * K; i++) a[i] = (float)(i % 17) - 8;
    for (size_t i = 0; i < K * N; i++) b[i] = (float)(i % 13) - 6;
    yk_device_info info[16];
    size_t n = yk_engine_devices(engine, info, 16);
    int right = check(engine, &product, NULL);
    for (size_t d = 0; d < n && d < 16; d++)
        if (info[d].state == YK_DEVICE_READY) right &= check(engine, &product, info[d].id);
    yk_engine_close(&engine);
    return !right;
}
