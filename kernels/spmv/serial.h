/* The plain C product of a sparse matrix and a vector; see baseline.h.  Row i has the
 * entries row[i] to row[i + 1] - 1, each a column and a value. */
#include "baseline.h"

YKI_BASELINE(void, spmv, (size_t rows, const unsigned *row, const unsigned *cols,
                          const float *vals, const float *x, float *y));
