kernel void a(global float *y, global int *z, long l)
{
    y[0] = sqrt();
    y[0] = pow(y[1]);
    y[0] = frexp(y[1], y[2]);
    y[0] = frexp(y[1], z);
    y[0] = modf(y[1], &z);
    z[0] = abs(y[0]);
    z[0] = mad24(l, 1, 2);
    z[0] = clz(y[0]);
    z[0] = upsample(l, 1);
    z[0] = convert_int_foo(y[0]);
    z[0] = as_int(l);
    y[0] = convert_float_sat(z[0]);
    z[0] = isnan(y);
    y[0] = select(y[0], y[1], l);
    z[0] = get_global_id(0, 1);
    y[0] = dot(y[0], y[1]);
    y[0] = rsqt(y[0]);
}
