/* Dot product.  The sum has a fixed order, so its bits depend neither on the number of
 * threads nor on how the range was split. */
kernel void dot(global const float *x, global const float *y, global float *sum YK_SUM(1),
                ulong n)
{
    size_t i = get_global_id(0);
    if (i < n) sum[0] += x[i] * y[i];
}
