/* One file for float and double: REAL is given on the command line. */
kernel void axpy(global const REAL *x, global REAL *y, REAL a, ulong n)
{
    size_t i = get_global_id(0);
    if (i < n) y[i] = a * x[i] + y[i];
}
