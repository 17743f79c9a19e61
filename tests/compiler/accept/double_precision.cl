#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#pragma OPENCL FP_CONTRACT OFF
kernel void axpy64(double a, global const double *x, global double *y)
{
    size_t i = get_global_id(0);
    double p, e;
    p = a * x[i];
    e = fma(a, x[i], -p);
    y[i] += p + e;
    y[i] = fmin(y[i], 1.0 / DBL_EPSILON) + sinpi(0.25);
}
