kernel void dot_product(global const float *a, global const float *b, global float *sum YK_SUM(1), uint n)
    YK_ITEMS(n)
{
    size_t i = get_global_id(0);
    if (i < n) sum[0] += a[i] * b[i];
}
