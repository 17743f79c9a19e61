/* The plain C triad; see baseline.h.  a[i] = b[i] + s * c[i] for i in [0, n). */
#include "baseline.h"

YKI_BASELINE(void, triad, (size_t n, float s, const float *b, const float *c, float *a));
