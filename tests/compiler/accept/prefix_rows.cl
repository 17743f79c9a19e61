kernel void scan_rows(global const float *in YK_OWN(w), global float *out YK_OWN(w) YK_OUT, int w, int h)
{
    int y = get_global_id(0);
    if (y >= h) return;
    global const float *src = in + y * w;
    global float *dst = &out[y * w];
    float run = 0;
    for (const global float *end = src + w; src != end; src++, dst++) {
        run += *src;
        *dst = run;
    }
}
