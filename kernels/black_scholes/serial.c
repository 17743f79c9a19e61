/* Black-Scholes as a user would have written it.  Built twice, see baseline.h. */
#include "serial.h"

#include <math.h>

/* The normal distribution, Abramowitz and Stegun 26.2.17: error below 7.5e-8. */
static float cnd(float d)
{
    float k = 1.0f / (1.0f + 0.2316419f * fabsf(d));
    float tail = 0.39894228f * expf(-0.5f * d * d) *
                 (k * (0.31938153f + k * (-0.356563782f + k * (1.781477937f +
                  k * (-1.821255978f + k * 1.330274429f)))));
    return d > 0.0f ? 1.0f - tail : tail;
}

void YKI_BASELINE_NAME(black_scholes)(size_t n, float rate, float volatility, const float *price,
                                      const float *strike, const float *years, float *call,
                                      float *put)
{
#pragma omp parallel for
    for (size_t i = 0; i < n; i++) {
        float s = price[i], x = strike[i], t = years[i];
        float root = volatility * sqrtf(t);
        float d1 = (logf(s / x) + (rate + 0.5f * volatility * volatility) * t) / root;
        float d2 = d1 - root;
        float n1 = cnd(d1), n2 = cnd(d2);
        float present = x * expf(-rate * t);
        call[i] = s * n1 - present * n2;
        put[i] = present * (1.0f - n2) - s * (1.0f - n1);
    }
}
