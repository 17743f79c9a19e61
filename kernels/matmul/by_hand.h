/* matmul with code of its own on each side.  Used by this folder's workload.c alone. */
#ifndef YKI_MATMUL_BY_HAND_H
#define YKI_MATMUL_BY_HAND_H

#include <yoke/kernel.h>

/* matmul_kernel with OpenBLAS on the host, where it is installed, and the program of
 * matmul.device.cl on devices.  Made once, never freed.  Any thread. */
const yk_kernel *matmul_by_hand(void);

/* Around launches of it: OpenBLAS computes on the calling thread alone in between, since
 * the pool is what shares the work out.  Any thread; they may nest. */
void matmul_enter(void);
void matmul_leave(void);

#endif
