/* Kernels whose annotations are right for some arguments and wrong for others. */
float peek(global const float *p, int k) { return p[k]; }

kernel void near(global const float *u YK_WINDOW(1, 0, reach) YK_LEN(n), global float *v, int n, int reach, int step)
{
    int i = get_global_id(0);
    if (i >= n - 8) return;
    v[i] = u[i + step] + peek(u, i);
}

kernel void tally(global const int *bin, global int *count YK_SUM(bins), int n, int bins)
{
    int i = get_global_id(0);
    if (i < n) count[bin[i]] += 1;
}
