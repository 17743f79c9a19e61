/* C = A * B: A has m rows of k, B has k rows of n. */
kernel void product(global const float *a, global const float *b, global float *c,
                    ulong m, ulong n, ulong k)
{
    size_t x = get_global_id(0), y = get_global_id(1);
    if (x >= n || y >= m) return;
    float sum = 0;
    for (ulong i = 0; i < k; i++) sum += a[y * k + i] * b[i * n + x];
    c[y * n + x] = sum;
}
