/* The triad of the STREAM benchmark: nothing but memory traffic. */
kernel void triad(global const float *b, global const float *c, global float *a YK_OUT,
                  float s, ulong n)
{
    size_t i = get_global_id(0);
    if (i < n) a[i] = b[i] + s * c[i];
}
