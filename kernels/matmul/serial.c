/* A matrix product as a user would have written it: the innermost loop runs along rows of
 * B and C, so that it is vectorised.  Built twice, see baseline.h. */
#include "serial.h"

void YKI_BASELINE_NAME(matmul)(size_t m, size_t n, size_t k, const float *a, const float *b,
                               float *restrict c)
{
#pragma omp parallel for
    for (size_t i = 0; i < m; i++) {
        float *row = c + i * n;
        for (size_t j = 0; j < n; j++) row[j] = 0;
        for (size_t p = 0; p < k; p++) {
            float x = a[i * k + p];
            for (size_t j = 0; j < n; j++) row[j] += x * b[p * n + j];
        }
    }
}
