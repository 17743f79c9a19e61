/* Small kernels for tests of the engine. */

kernel void saxpy(global const float *x, global float *y, float a, ulong n)
{
    size_t i = get_global_id(0);
    if (i < n) y[i] = a * x[i] + y[i];
}

kernel void total(global const float *x, global float *sum YK_SUM(1), ulong n)
{
    size_t i = get_global_id(0);
    if (i < n) sum[0] += x[i];
}

/* As long as one likes: `rounds` steps of a logistic map. */
kernel void spin(global float *y, int rounds, ulong n)
{
    size_t i = get_global_id(0);
    if (i >= n) return;
    float v = y[i];
    for (int k = 0; k < rounds; k++) v = 3.7f * v * (1.0f - v);
    y[i] = v;
}
