kernel void relax(global const float *u, global float *v, ulong n)
{
    size_t i = get_global_id(0);
    if (i >= 1 && i < n - 1) v[i] = 0.5f * (u[i - 1] + u[i + 1]);
}

/* Of the same name as the caller's kernel; the prefix keeps them apart. */
kernel void saxpy(global const float *x, global float *y, ulong n)
{
    size_t i = get_global_id(0);
    if (i < n) y[i] = x[i];
}
