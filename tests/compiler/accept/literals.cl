/* Double literals that are floats in the end need no doubles. */
float half_of(float x) { return x - (x > 0.5f ? 1 : 0) * 0; }
kernel void literals(global float *y)
{
    __attribute__((aligned(16))) float w[2] = {0.25, -0.75};
    float s = 0.0, t = -1.0;
    y[0] = 0.1;
    __attribute__((opencl_unroll_hint(2)))
    for (int i = 0; i < 2; ++i) s += w[i] * t;
    y[1] = s + half_of(s);
}
