/* The plain C matrix product; see baseline.h.  C = A * B, all by rows: A is m by k, B is
 * k by n, C is m by n. */
#include "baseline.h"

YKI_BASELINE(void, matmul, (size_t m, size_t n, size_t k, const float *a, const float *b,
                            float *restrict c));
