/* The loops that yoke-topo times, one set for each instruction set. */
#ifndef YOKE_TOOLS_TOPO_MEASURE_H
#define YOKE_TOOLS_TOPO_MEASURE_H

#include <stddef.h>
#include <yoke/topo.h>

#define READ_BLOCK 512          /* read and triad take multiples of so many bytes */

typedef struct measure_kernels {
    /* Reads `bytes` bytes of doubles `times` times; returns a sum nobody needs. */
    double (*read)(const double *x, size_t bytes, size_t times);
    /* a[i] = b[i] + s * c[i] over arrays of `bytes` bytes, `times` times. */
    void (*triad)(double *a, const double *b, const double *c, size_t bytes, size_t times);
    /* `steps` multiply-adds on independent vectors; flops_* of arithmetic each step. */
    double (*flops_double)(size_t steps);
    float (*flops_float)(size_t steps);
    double double_per_step, float_per_step;
} measure_kernels;

const measure_kernels *yki_measure_kernels(yk_isa isa);

/* Follows `steps` pointers from `start`; each load waits for the one before. */
void *yki_measure_chase(void *start, size_t steps);

#endif
