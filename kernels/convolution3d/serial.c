/* The convolution as a user would have written it.  Built twice, see baseline.h. */
#include "serial.h"

void YKI_BASELINE_NAME(convolution3d)(int nx, int ny, int nz, const float *restrict volume,
                                      const float *restrict weight, float *restrict result)
{
#pragma omp parallel for
    for (int z = 1; z < nz - 1; z++) {
        for (int y = 1; y < ny - 1; y++) {
            for (int x = 1; x < nx - 1; x++) {
                float sum = 0;
                for (int k = 0; k < 3; k++)
                    for (int j = 0; j < 3; j++)
                        for (int i = 0; i < 3; i++)
                            sum += weight[(k * 3 + j) * 3 + i] *
                                   volume[((z + k - 1) * ny + y + j - 1) * nx + x + i - 1];
                result[(z * ny + y) * nx + x] = sum;
            }
        }
    }
}
