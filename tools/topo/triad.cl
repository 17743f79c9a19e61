/* What yoke-topo --measure runs on a device to see its memory: three arrays of n floats,
 * two read, one written, and next to no arithmetic. */
kernel void topo_triad(global const float *b, global const float *c, global float *a YK_OUT,
                       float s, ulong n)
{
    size_t i = get_global_id(0);
    if (i < n) a[i] = b[i] + s * c[i];
}
