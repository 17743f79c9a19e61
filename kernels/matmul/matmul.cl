/* C = A * B in single precision: A has m rows of k, B has k rows of n, C has m rows of n.
 * The range is n columns by m rows; a row of C is an item. */
kernel void matmul(global const float *a, global const float *b, global float *c,
                   ulong m, ulong n, ulong k)
{
    size_t column = get_global_id(0), row = get_global_id(1);
    if (column >= n || row >= m) return;
    float sum = 0;
    for (ulong i = 0; i < k; i++) sum += a[row * k + i] * b[i * n + column];
    c[row * n + column] = sum;
}
