/* The transpose of a matrix of `height` rows of `width`. */
kernel void transpose(global const float *in, global float *out, uint width, uint height)
{
    size_t x = get_global_id(0), y = get_global_id(1);
    if (x < width && y < height) out[x * height + y] = in[y * width + x];
}
