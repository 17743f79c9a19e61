/* Every builtin function of numbers, compared in tests/unit/test_compilerback_builtins.c
 * with what OpenCL 1.2 says it is. */
#pragma OPENCL FP_CONTRACT OFF

#define R 24

kernel void of_ints(global const int *a, global const int *b, global const int *c, global int *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    int x = a[i], y = b[i], z = c[i];
    out[R * i] = min(x, y);
    out[R * i + 1] = max(x, y);
    out[R * i + 2] = clamp(x, min(y, z), max(y, z));
    out[R * i + 3] = (int)abs(x);
    out[R * i + 4] = (int)abs_diff(x, y);
    out[R * i + 5] = add_sat(x, y);
    out[R * i + 6] = sub_sat(x, y);
    out[R * i + 7] = hadd(x, y);
    out[R * i + 8] = rhadd(x, y);
    out[R * i + 9] = clz(x);
    out[R * i + 10] = popcount(x);
    out[R * i + 11] = mul_hi(x, y);
    out[R * i + 12] = mad_hi(x, y, z);
    out[R * i + 13] = mad_sat(x, y, z);
    out[R * i + 14] = rotate(x, y);
    out[R * i + 15] = mul24(x >> 8, y >> 8);
    out[R * i + 16] = mad24(x >> 8, y >> 8, z);
    out[R * i + 17] = bitselect(x, y, z);
    out[R * i + 18] = select(x, y, z);
    out[R * i + 19] = convert_char_sat(x);
    out[R * i + 20] = convert_ushort_sat(x);
    out[R * i + 21] = convert_uint_sat(x) >> 1;
    out[R * i + 22] = x << y;
    out[R * i + 23] = x >> y;
}

kernel void of_bytes(global const uchar *a, global const char *b, global int *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    uchar x = a[i];
    char y = b[i];
    out[8 * i] = add_sat(x, (uchar)200);
    out[8 * i + 1] = sub_sat(y, (char)100);
    out[8 * i + 2] = clz(x);
    out[8 * i + 3] = rotate(x, (uchar)3);
    out[8 * i + 4] = mul_hi(y, y);
    out[8 * i + 5] = upsample(y, x);
    out[8 * i + 6] = hadd(x, (uchar)255);
    out[8 * i + 7] = popcount(y);
}

kernel void of_longs(global const long *a, global const long *b, global long *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    long x = a[i], y = b[i];
    out[6 * i] = mul_hi(x, y);
    out[6 * i + 1] = (long)mul_hi((ulong)x, (ulong)y);
    out[6 * i + 2] = add_sat(x, y);
    out[6 * i + 3] = rotate(x, y);
    out[6 * i + 4] = clz(x);
    out[6 * i + 5] = (long)abs_diff(x, y);
}

kernel void exact_floats(global const float *a, global const float *b, global const float *c, global float *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    float x = a[i], y = b[i], z = c[i], w;
    out[R * i] = fmin(x, y);
    out[R * i + 1] = fmax(x, y);
    out[R * i + 2] = floor(x);
    out[R * i + 3] = ceil(x);
    out[R * i + 4] = trunc(x);
    out[R * i + 5] = rint(x);
    out[R * i + 6] = round(x);
    out[R * i + 7] = fabs(x);
    out[R * i + 8] = copysign(x, y);
    out[R * i + 9] = fma(x, y, z);
    out[R * i + 10] = sqrt(x);
    out[R * i + 11] = sign(x);
    out[R * i + 12] = step(x, y);
    out[R * i + 13] = fdim(x, y);
    out[R * i + 14] = fract(x, &w);
    out[R * i + 15] = w;
    out[R * i + 16] = fmod(x, y);
    out[R * i + 17] = ldexp(x, 3);
    out[R * i + 18] = (float)ilogb(y);
    out[R * i + 19] = (float)(isnan(x) + 2 * isinf(x) + 4 * isfinite(x) + 8 * isnormal(x) + 16 * signbit(x));
    out[R * i + 20] = (float)(isless(x, y) + 2 * isgreater(x, y) + 4 * isunordered(x, y) + 8 * isnotequal(x, y));
    out[R * i + 21] = bitselect(x, y, z);
    out[R * i + 22] = (float)convert_int_sat_rte(x * 1e9f) + (float)convert_uchar_sat(x);
    out[R * i + 23] = as_float(as_int(x) ^ 1);
}

kernel void near_floats(global const float *a, global const float *b, global float *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    float x = a[i], y = b[i], p = fabs(x) + 0.1f, q = x * 0.49f, cosine;
    out[R * i] = exp(x);
    out[R * i + 1] = log(p);
    out[R * i + 2] = sin(x);
    out[R * i + 3] = cos(x);
    out[R * i + 4] = tan(x);
    out[R * i + 5] = pow(p, y);
    out[R * i + 6] = exp2(x);
    out[R * i + 7] = log2(p);
    out[R * i + 8] = log10(p);
    out[R * i + 9] = asin(q);
    out[R * i + 10] = acos(q);
    out[R * i + 11] = atan(x);
    out[R * i + 12] = atan2(x, y);
    out[R * i + 13] = sinh(x);
    out[R * i + 14] = cosh(x);
    out[R * i + 15] = tanh(x);
    out[R * i + 16] = erf(x);
    out[R * i + 17] = erfc(x);
    out[R * i + 18] = cbrt(x);
    out[R * i + 19] = hypot(x, y);
    out[R * i + 20] = rsqrt(p);
    out[R * i + 21] = sincos(x, &cosine) + cosine;
    out[R * i + 22] = sinpi(x);
    out[R * i + 23] = mix(x, y, 0.25f) + native_exp(y);
}

kernel void near_doubles(global const double *a, global const double *b, global double *out, int n)
{
    int i = get_global_id(0);
    if (i >= n) return;
    double x = a[i], y = b[i], p = fabs(x) + 0.1;
    out[12 * i] = exp(x);
    out[12 * i + 1] = log(p);
    out[12 * i + 2] = sin(x);
    out[12 * i + 3] = cos(x);
    out[12 * i + 4] = pow(p, y);
    out[12 * i + 5] = tanh(x);
    out[12 * i + 6] = erfc(x);
    out[12 * i + 7] = cbrt(x);
    out[12 * i + 8] = pown(p, 3);
    out[12 * i + 9] = rootn(p, 3);
    out[12 * i + 10] = atan2(x, y);
    out[12 * i + 11] = smoothstep(-1.0, 1.0, x);
}
