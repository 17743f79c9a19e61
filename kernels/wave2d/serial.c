/* A step of the wave equation as a user would have written it.  Built twice, see baseline.h. */
#include "serial.h"

void YKI_BASELINE_NAME(wave2d)(int pitch, int rows, const float *now, const float *courant,
                               float *before)
{
#pragma omp parallel for
    for (int y = 2; y < rows - 2; y++) {
        for (int x = 2; x < pitch - 2; x++) {
            int k = y * pitch + x;
            float near = now[k - 1] + now[k + 1] + now[k - pitch] + now[k + pitch];
            float far = now[k - 2] + now[k + 2] + now[k - 2 * pitch] + now[k + 2 * pitch];
            float laplacian = (16.0f * near - far - 60.0f * now[k]) * (1.0f / 12.0f);
            before[k] = 2.0f * now[k] - before[k] + courant[k] * laplacian;
        }
    }
}
