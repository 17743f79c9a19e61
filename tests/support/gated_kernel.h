/* A saxpy that says when it has begun, and waits to be let go.  Include after hand_kernels.c. */
#ifndef YKT_GATED_KERNEL_H
#define YKT_GATED_KERNEL_H

#include <unistd.h>

static _Atomic uint32_t gate;       /* 0: hold; 1: go */
static _Atomic uint32_t entered;

static void gated_host(const yk_slice *s)
{
    atomic_store(&entered, 1);
    while (!atomic_load(&gate)) (void)usleep(100);
    saxpy_host(s);
}
static const yk_host_table gated_table = HAND_HOST(gated_host);

#endif
