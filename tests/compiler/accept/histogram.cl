#define BINS 256
kernel void histogram(global const uchar *pixels, global uint *bins YK_SUM(BINS), ulong n)
{
    ulong i = get_global_id(0);
    if (i < n) bins[pixels[i]] += 1u;
}
