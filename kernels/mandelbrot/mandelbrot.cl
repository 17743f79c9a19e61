/* Iterations until a point of the complex plane escapes.  Rounding decides the fate of
 * points near the border, so contraction is off: then every processor agrees. */
#pragma OPENCL FP_CONTRACT OFF

kernel void mandelbrot(global int *count YK_OUT, uint width, uint height, float left, float top,
                       float step, int limit)
{
    size_t px = get_global_id(0), py = get_global_id(1);
    if (px >= width || py >= height) return;
    float cx = left + step * (float)px;
    float cy = top - step * (float)py;
    float x = 0.0f, y = 0.0f;
    int k = 0;
    while (k < limit && x * x + y * y <= 4.0f) {
        float next = x * x - y * y + cx;
        y = 2.0f * x * y + cy;
        x = next;
        k++;
    }
    count[py * width + px] = k;
}
