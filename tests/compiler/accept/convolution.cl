#define RADIUS 3
#define TAPS (2 * RADIUS + 1)
#define CLAMP(v, lo, hi) ((v) < (lo) ? (lo) : (v) > (hi) ? (hi) : (v))
kernel void convolve(global const float *in YK_HALO(RADIUS), constant float *weights YK_ALL YK_LEN(TAPS),
                     global float *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    float taps[TAPS];
    int k = 0;
    do {
        taps[k] = in[CLAMP(i + k - RADIUS, 0, n - 1)];
    } while (++k < TAPS);
    float s = 0.0f;
    for (k = 0; k < TAPS; ++k) s = mad(taps[k], weights[k], s);
    out[i] = s;
}
