kernel void a(global float *y, int n)
{
    size_t i = get_global_id(0)
    float s = 0.0f;
    for (int k = 0, k < n; k++) s += k;
    if (i < n {
        y[i] = s;
    }
    y[i] = s +;
    while y[i] > 0) y[i]--;
    else y[i] = 1;
    int x y;
    y[i] = (float s);
}
}
kernel void b(global float *y, ) { y[0] = 1; }
kernl void c(global float *y) { y[0] = 2; }
kernel void d(global float *y) { y[0] = `3`; }
kernel void e(global float *y) { do { y[0]++; } until (y[0] > 3); }
kernel void f(global float *y { y[0] = 4; }
kernel void g(global float *y) { y[0] = float(3); }
