kernel void clean(global float *a, float bad)
{
    size_t i = get_global_id(0);
    float v = a[i];
    if (isnan(v) || isinf(v) || !isfinite(v)) v = bad;
    v = select(v, -v, isless(v, 0.0f));
    v = signbit(v) ? copysign(v, INFINITY) : v;
    int ex;
    float ip, co, m = frexp(v, &ex), f = modf(v, &ip), s = sincos(v, &co);
    a[i] = fmax(ldexp(m, ex), ip + f) + s * co + nextafter(v, MAXFLOAT) + pown(v, 3) + rootn(v, 3) +
           smoothstep(0.0f, 1.0f, v) + mix(v, bad, 0.5f) + native_sin(v) + half_divide(v, 2.0f) +
           degrees(v) + step(0.5f, v) + sign(v) + M_SQRT1_2_F + any((int)v) + nan(1u);
}
