uint reverse(uint v)
{
    v = ((v >> 1) & 0x55555555) | ((v & 0x55555555) << 1);
    v = ((v >> 2) & 0x33333333) | ((v & 0x33333333) << 2);
    v = ((v >> 4) & 0x0F0F0F0F) | ((v & 0x0F0F0F0F) << 4);
    v = ((v >> 8) & 0x00FF00FF) | ((v & 0x00FF00FF) << 8);
    return (v >> 16) | (v << 16);
}
kernel void bits(global const uint *in, global uint *out)
{
    size_t i = get_global_id(0);
    uint v = in[i];
    out[i] = reverse(v) ^ rotate(v, 7u) ^ popcount(v) ^ clz(v) ^ mul_hi(v, 0xCCCCCCCDu) ^
             mad24((int)v, 3, 1) ^ abs((int)v) ^ as_uint(as_float(v)) ^ hadd(v, 3u) ^
             (uint)upsample((ushort)v, (ushort)1) ^ abs_diff(v, 5u) ^ sub_sat(v, 9u);
}
