/* Compressed rows times a vector as a user would have written it; rows differ in length, so
 * threads take them in portions.  Built twice, see baseline.h. */
#include "serial.h"

void YKI_BASELINE_NAME(spmv)(size_t rows, const unsigned *row, const unsigned *cols,
                             const float *vals, const float *x, float *y)
{
#pragma omp parallel for schedule(dynamic, 1024)
    for (size_t i = 0; i < rows; i++) {
        float sum = 0.0f;
        for (unsigned k = row[i]; k < row[i + 1]; k++) sum += vals[k] * x[cols[k]];
        y[i] = sum;
    }
}
