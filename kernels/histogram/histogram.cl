/* How often each of 256 grey values occurs in a picture. */
kernel void histogram(global const uchar *grey, global uint *bins YK_SUM(256), ulong n)
{
    size_t i = get_global_id(0);
    if (i < n) bins[grey[i]] += 1;
}
