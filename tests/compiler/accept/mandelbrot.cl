kernel void mandelbrot(global ushort *out YK_OUT YK_OWN(width), int width, int height,
                       float x0, float y0, float step, int limit)
{
    const int px = get_global_id(0), py = get_global_id(1);
    if (px >= width || py >= height) return;
    float cx = x0 + px * step, cy = y0 + py * step, zx = 0, zy = 0;
    int n = 0;
    while (n < limit && zx * zx + zy * zy < 4.0f) {
        float t = zx * zx - zy * zy + cx;
        zy = 2.0f * zx * zy + cy;
        zx = t;
        n++;
    }
    out[py * width + px] = (ushort)n;
}
