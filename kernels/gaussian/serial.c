/* The blur as a user would have written it.  Built twice, see baseline.h. */
#include "serial.h"

enum { RADIUS = 15, SIDE = 2 * RADIUS + 1 };

static inline int clamp(int v, int most) { return v < 0 ? 0 : v > most ? most : v; }

void YKI_BASELINE_NAME(gaussian)(int width, int height, int begin, int end, const float *image,
                                 const float *weight, float *blurred)
{
#pragma omp parallel for
    for (int y = begin; y < end; y++) {
        for (int x = 0; x < width; x++) {
            float sum = 0;
            for (int j = 0; j < SIDE; j++) {
                const float *row = image + (size_t)clamp(y + j - RADIUS, height - 1) * width;
                for (int i = 0; i < SIDE; i++)
                    sum += weight[j * SIDE + i] * row[clamp(x + i - RADIUS, width - 1)];
            }
            blurred[(size_t)y * width + x] = sum;
        }
    }
}
