enum op { ADD, SUB = 5, MUL, SHIFT = 1 << 3 };
kernel void apply(global const int *a, global const int *b, global int *c, enum op what)
{
    size_t i = get_global_id(0);
    switch (what) {
    case ADD: c[i] = a[i] + b[i]; break;
    case SUB:
        c[i] = a[i] - b[i];
        break;
    case MUL: {
        long wide = (long)a[i] * b[i];
        c[i] = convert_int_sat(wide);
        break;
    }
    case SHIFT: c[i] = a[i] << b[i]; break;
    default: c[i] = -1;
    }
}
