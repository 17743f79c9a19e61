/* The dot product as a careful user would have written it: a float sum would lose all
 * precision after some million elements.  Built twice, see baseline.h. */
#include "serial.h"

float YKI_BASELINE_NAME(dot)(size_t n, const float *x, const float *y)
{
    double sum = 0;
#pragma omp parallel for simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)y[i];
    return (float)sum;
}
