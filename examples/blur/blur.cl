/* A Gaussian blur in two passes, and the Sobel operator.
 *
 * Pictures are rows of samples, a pixel's channels side by side.  The first one comes with a
 * margin that repeats its border, so that no kernel has to ask where it is: `reach` pixels on
 * each side are used up by the blur, one more by Sobel.  weight: 2*reach + 1 numbers. */

/* Along the rows: in has rows of width + 2*reach*channels samples, out of width. */
kernel void blur_rows(global const float *in, global const float *weight,
                      global float *out YK_OUT, int width, int rows, int reach, int channels)
{
    size_t x = get_global_id(0), y = get_global_id(1);
    if (x >= (size_t)width || y >= (size_t)rows) return;
    size_t pitch = (size_t)width + 2 * (size_t)reach * channels;
    float sum = 0.0f;
    for (int k = 0; k <= 2 * reach; k++) sum += weight[k] * in[y * pitch + x + k * channels];
    out[y * width + x] = sum;
}

/* Down the columns: in has 2*reach more rows than out. */
kernel void blur_columns(global const float *in, global const float *weight,
                         global float *out YK_OUT, int width, int rows, int reach)
{
    size_t x = get_global_id(0), y = get_global_id(1);
    if (x >= (size_t)width || y >= (size_t)rows) return;
    float sum = 0.0f;
    for (int k = 0; k <= 2 * reach; k++) sum += weight[k] * in[(y + k) * width + x];
    out[y * width + x] = sum;
}

/* How steep the picture is, in each channel: 0 to 1 for samples from 0 to 1 (a sharp edge
 * along the rows or columns has 1).  in has a pixel more than out on each side. */
kernel void sobel(global const float *in, global float *out YK_OUT, int width, int rows,
                  int channels)
{
    size_t x = get_global_id(0), y = get_global_id(1);
    if (x >= (size_t)width || y >= (size_t)rows) return;
    size_t pitch = (size_t)width + 2 * (size_t)channels;
    size_t a = y * pitch + x, b = a + pitch, c = b + pitch;     /* the row above, this, below */
    size_t m = a + channels, n = a + 2 * channels;
    float across = in[n] - in[a] + 2.0f * (in[b + 2 * channels] - in[b]) +
                   in[c + 2 * channels] - in[c];
    float down = in[c] - in[a] + 2.0f * (in[c + channels] - in[m]) + in[c + 2 * channels] - in[n];
    out[y * width + x] = min(1.0f, 0.25f * sqrt(across * across + down * down));
}
