/* The arithmetic of reductions, by element type and mode.
 * Used by reduce.c alone. */
#ifndef YKI_REDUCE_OPS_H
#define YKI_REDUCE_OPS_H

#include <kernel/kernel.h>

typedef struct yki_ops {
    void (*fill)(void *to, size_t n);                           /* with the identity */
    void (*combine)(void *into, const void *from, size_t n);    /* element by element */
    /* copies[c * n + e], c < count: leaves the sum over c, by the canonical tree, in the
     * first n elements and destroys the rest.  NULL where sums are not of real numbers. */
    void (*tree)(void *copies, size_t count, size_t n);
} yki_ops;

/* The operations of a reduction argument. */
const yki_ops *yki_ops_of(const yk_arg *arg);

#endif
