/* triad as a user would have written it.  Built twice, see baseline.h. */
#include "serial.h"

void YKI_BASELINE_NAME(triad)(size_t n, float s, const float *b, const float *c, float *a)
{
#pragma omp parallel for
    for (size_t i = 0; i < n; i++)
        a[i] = b[i] + s * c[i];
}
