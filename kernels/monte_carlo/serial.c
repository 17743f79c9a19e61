/* An Asian call by Monte Carlo as a user would have written it.  Built twice, see
 * baseline.h. */
#include "serial.h"

#include <math.h>

#include "philox.h"

static float radius(uint32_t word)
{
    return sqrtf(-2.0f * logf((float)((word >> 8) + 1) * 0x1p-24f));
}

static float angle(uint32_t word) { return 6.2831853f * ((float)(word >> 8) * 0x1p-24f); }

void YKI_BASELINE_NAME(monte_carlo)(size_t begin, size_t end, uint32_t seed, unsigned steps,
                                    float drift, float spread, float price, float strike,
                                    double *total, uint32_t *drawn)
{
    double paid = 0, averages = 0;
    uint32_t mixed = 0;
#pragma omp parallel for reduction(+ : paid, averages, mixed)
    for (size_t i = begin; i < end; i++) {
        float x = 0, sum = 0;
        for (unsigned k = 0; k < steps; k += 4) {
            uint32_t w[4] = {(uint32_t)i, (uint32_t)(i >> 32), k, 0};
            yki_philox(w, seed, 0);
            for (int half = 0; half < 4; half += 2) {
                float r = radius(w[half]), a = angle(w[half + 1]);
                x += drift + spread * (r * cosf(a));
                sum += expf(x);
                x += drift + spread * (r * sinf(a));
                sum += expf(x);
            }
            mixed += w[0] + w[1] + w[2] + w[3];
        }
        float average = price * sum / (float)steps;
        paid += average > strike ? (double)(average - strike) : 0;
        averages += (double)average;
    }
    total[0] += paid;
    total[1] += averages;
    *drawn += mixed;
}
