/* What a file looks like that other OpenCL compilers take as well. */
#ifndef YK_OUT
#define YK_OUT
#endif
#ifndef __YOKEC__
#define YK_HALO(r)
#endif
#define YK_OWN(w)
kernel void smooth(global const float *a YK_HALO(1), global float *b YK_OUT YK_OWN(1), int n)
{
    int i = get_global_id(0);
    if (i > 0 && i < n - 1) b[i] = (a[i - 1] + a[i] + a[i + 1]) / 3;
    else if (i < n) b[i] = a[i];
}
