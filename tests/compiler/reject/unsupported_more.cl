kernel void first(global int *y) { y[0] = 1; }
kernel void second(global int *y, int n)
{
    first(y);
    long long wide = n;
    switch (n) {
    case 1:
        if (y[0]) {
    case 2:
            y[1] = 2;
        }
    }
    static int count = 0;
    const char *text = "hello";
    y[0] = convert_int4(n);
    y[0] = as_half(n);
    int vla[n];
    struct { int a : 3; } bits;
    write_imagef(y, n, 1);
    event_t e;
    __generic int *p;
}
void many(int a, ...);
