/* Options with the polynomial approximation of the normal distribution. */
#define A1 0.31938153f
#define A2 -0.356563782f
#define A3 1.781477937f
#define A4 -1.821255978f
#define A5 1.330274429f
#define RSQRT2PI 0.39894228040143267793994605993438f

static inline float cnd(float d)
{
    const float k = 1.0f / (1.0f + 0.2316419f * fabs(d));
    float c = RSQRT2PI * exp(-0.5f * d * d) * (k * (A1 + k * (A2 + k * (A3 + k * (A4 + k * A5)))));
    return d > 0 ? 1.0f - c : c;
}

__kernel __attribute__((vec_type_hint(float)))
void black_scholes(__global float *restrict call YK_OUT, __global float *restrict put YK_OUT,
                   __global const float *restrict price, __global const float *restrict strike,
                   __global const float *restrict years, float r, float v, uint count)
{
    for (uint i = get_global_id(0); i < count; i += get_global_size(0)) {
        float s = price[i], x = strike[i], t = years[i];
        float root = sqrt(t);
        float d1 = (log(s / x) + (r + 0.5f * v * v) * t) / (v * root);
        float d2 = d1 - v * root;
        float n1 = cnd(d1), n2 = cnd(d2), e = exp(-r * t);
        call[i] = s * n1 - x * e * n2;
        put[i] = x * e * (1.0f - n2) - s * (1.0f - n1);
    }
}
