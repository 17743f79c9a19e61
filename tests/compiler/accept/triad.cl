#ifndef REAL
#define REAL float
#endif
kernel void triad(global REAL *restrict a, global const REAL *restrict b,
                  global const REAL *restrict c, REAL q)
{
    size_t i = get_global_id(0);
    a[i] = b[i] + q * c[i];
}
