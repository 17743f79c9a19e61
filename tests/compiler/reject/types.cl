struct point { float x, y; };
typedef struct { const int fixed; } holder;
constant float table[2] = {1, 2};
void take(float *p, global int *q, struct point s);
kernel void a(global float *y, global const float *x, int n, struct point p)
{
    float local_array[4];
    global int *q = y;
    x[0] = 1;
    table[0] = 2;
    take(y, x, p);
    take(local_array, 0, 3);
    y[0] = p;
    y[p] = 1;
    y[1.5f] = 1;
    n[0] = 1;
    *n = 1;
    &n = 0;
    p.z = 1;
    p->x = 1;
    y.x = 1;
    local_array = 0;
    if (p) n = 1;
}
kernel void b(global float *y, holder h)
{
    y[0] = y[0] << 2;
    y[0] = ~y[0];
    y[0] = y + y;
    y[0] = (struct point)y[0];
    h = h;
    h.fixed++;
    3 = 4;
    y[0] = 1 ? y : 2.0f;
    int *wrong = y;
    private int *fine = (private int *)y;
    for (;;) { float y; continue; }
    switch (y[0]) { case 1: break; }
    sizeof(void);
}
