kernel void a(global float *y YK_OWN(0) YK_ALL, global const float *x YK_OUT,
              int n YK_LEN(3), global float *z YK_HALO(-1), float w)
    YK_ITEMS(n, w)
{
    y[0] = x[0];
}
kernel void b(global float *s YK_SUM(1) YK_OUT, global float *t YK_MAX(2) YK_OWN(1),
              global const float *u YK_WINDOW(1, 2), global float *v YK_BOX(1, 2, 3, 0, 5),
              global float *r YK_LEN(y) YK_LEN(2), int n)
    YK_ITEMS(n) YK_ITEMS(n)
{
    s[0] += 1;
}
void helper(global float *y YK_OUT) { y[0] = 1; }
kernel void c(global float *y YK_LEN(n = 3), global float *z YK_LEN(y[0]), global float *q YK_LEN(max(n, 1)),
              global float *h YK_OUT(3), int n)
    YK_ITEMS(1, 2, 3, 4)
{
    y[0] = 1;
}
