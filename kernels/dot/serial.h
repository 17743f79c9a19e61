/* The plain C dot product; see baseline.h.  The sum of x[i] * y[i] for i in [0, n). */
#include "baseline.h"

YKI_BASELINE(float, dot, (size_t n, const float *x, const float *y));
