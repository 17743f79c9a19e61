/* Reductions, run by tests/unit/test_compilerback_reduce.c against the order laid down
 * in yoke/kernel.h. */
kernel void sum(global const float *x, global float *out YK_SUM(1), ulong n)
{
    size_t i = get_global_id(0);
    if (i < n) out[0] += x[i];
}

kernel void dot2(global const double *x, global const double *y, global double *out YK_SUM(3), int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    out[0] += x[i] * y[i];
    if (x[i] > 0) out[1] = out[1] + x[i];
}

kernel void plane(global const float *x, global float *out YK_SUM(2), int w, int h)
{
    int c = get_global_id(0), r = get_global_id(1);
    if (c >= w || r >= h) return;
    out[1] += x[r * w + c];
}

kernel void binned(global const float *x, global const uchar *bin, global float *out YK_SUM(16), int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    out[bin[i] & 15] += x[i];
}

kernel void counts(global const uchar *x, global uint *bins YK_SUM(256), global int *odd YK_SUM(1), ulong n)
{
    size_t i = get_global_id(0);
    if (i >= n) return;
    bins[x[i]]++;
    if (x[i] & 1) odd[0] += 1;
}

kernel void extremes(global const float *x, global const int *y, global float *lo YK_MIN(1), global float *hi YK_MAX(1),
                     global int *least YK_MIN(2), global ulong *most YK_MAX(1), int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    lo[0] = fmin(lo[0], x[i]);
    hi[0] = fmax(x[i], hi[0]);
    least[1] = min(least[1], y[i]);
    if (y[i] < least[0]) least[0] = y[i];
    most[0] = max(most[0], (ulong)(y[i] & 0xffff) * 3);
}

kernel void longs(global const int *x, global long *total YK_SUM(1), int n)
{
    int i = get_global_id(0);
    if (i < n) total[0] += (long)x[i] * 1000003;
}

kernel void turns(global const float *x, global int *total YK_SUM(1), global float *reached YK_SUM(1), int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    float v = x[i];
    int k = 0;
    while (v < 10.0f && k < 40) {
        v = v * 1.5f + 1.0f;
        k++;
        if (k == 9) total[0] += 100;
    }
    total[0] += k;
    if (k & 1) reached[0] += v;
}
