enum { A = 1 / 0, B = 3000000000, C = 1.5f };
enum kind { A };
kernel void a(global int *y, int n)
{
    int b[0], c[-1], d[n], e[2.0f], f[1 << 30][1 << 30];
    switch (n) { case 1: case 1: case n: default: default: break; }
    y[0] = 08 + 0x + 1.5q + 12abc + 99999999999999999999;
    y[0] = 'ab' + '' + '\q';
    y[0] = n / 0 + n % 0;
    y[0] = n << 40;
    int g[2] = {1, 2, 3};
    int h[3] = {[5] = 1};
    int i[2] = 7;
    struct { int p, q; } s = {.r = 1};
    case 3: break;
    y[0] = 1.0e;
}
