/* random_kernels: the kernels themselves; see random_kernels.c, which calls it. */
#ifndef YOKE_TEST_RANDOM_KERNELS_H
#define YOKE_TEST_RANDOM_KERNELS_H

#include <stdint.h>

enum { RK_TEXT = 1 << 16 };

typedef struct rk_kernel {
    char text[RK_TEXT];     /* OpenCL C */
    char c[4096];           /* how to call it from C */
} rk_kernel;

/* The kernel `k<number>` of a seed. */
void rk_make(rk_kernel *k, uint64_t seed, unsigned number);

#endif
