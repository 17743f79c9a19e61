/* European options by the Black-Scholes formula, one option an item. */

/* The normal distribution, Abramowitz and Stegun 26.2.17: error below 7.5e-8. */
float cnd(float d)
{
    float k = 1.0f / (1.0f + 0.2316419f * fabs(d));
    float tail = 0.39894228f * exp(-0.5f * d * d) *
                 (k * (0.31938153f + k * (-0.356563782f + k * (1.781477937f +
                  k * (-1.821255978f + k * 1.330274429f)))));
    return d > 0.0f ? 1.0f - tail : tail;
}

kernel void black_scholes(global const float *price, global const float *strike,
                          global const float *years, global float *call YK_OUT,
                          global float *put YK_OUT, float rate, float volatility, ulong n)
{
    size_t i = get_global_id(0);
    if (i >= n) return;
    float s = price[i], x = strike[i], t = years[i];
    float root = volatility * sqrt(t);
    float d1 = (log(s / x) + (rate + 0.5f * volatility * volatility) * t) / root;
    float d2 = d1 - root;
    float n1 = cnd(d1), n2 = cnd(d2);
    float present = x * exp(-rate * t);
    call[i] = s * n1 - present * n2;
    put[i] = present * (1.0f - n2) - s * (1.0f - n1);
}
