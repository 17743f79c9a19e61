/* y = a*x + y in double precision. */
kernel void daxpy(global const double *x, global double *y, double a, ulong n)
{
    size_t i = get_global_id(0);
    if (i < n) y[i] = a * x[i] + y[i];
}
