/* y = a*x + y as a user would have written it.  Built twice, see baseline.h. */
#include "serial.h"

void YKI_BASELINE_NAME(saxpy)(size_t n, double a, const double *x, double *y)
{
#pragma omp parallel for
    for (size_t i = 0; i < n; i++)
        y[i] = a * x[i] + y[i];
}
