/* The plain C loop; see baseline.h.  y[i] = a * x[i] + y[i] for i in [0, n). */
#include "baseline.h"

YKI_BASELINE(void, saxpy, (size_t n, double a, const double *x, double *y));
