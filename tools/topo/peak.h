/* Kernels of nothing but arithmetic, for a device's peak; written by hand, as yokec knows
 * no vector types yet. */
#ifndef YOKE_TOOLS_TOPO_PEAK_H
#define YOKE_TOOLS_TOPO_PEAK_H

#include <stdint.h>
#include <yoke/kernel.h>

#define YKI_PEAK_ARGS 3
#define YKI_PEAK_FLOPS 128      /* a work-item and step: 4 chains of 16 lanes */

/* y: n floats or doubles, written. */
typedef struct peak_args {
    void *y;
    uint32_t steps;
    uint64_t n;
} peak_args;

extern const yk_kernel yki_peak_float, yki_peak_double;

#endif
