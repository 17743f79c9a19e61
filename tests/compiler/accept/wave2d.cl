constant float W[5] = {-1.f / 12, 16.f / 12, -30.f / 12, 16.f / 12, -1.f / 12};

float lap(global const float *p, size_t k, int ld)
{
    float s = 0;
#pragma unroll
    for (int j = -2; j <= 2; j++) s += W[j + 2] * (p[k + j] + p[k + j * ld]);
    return s;
}

kernel void wave(global const float *p YK_WINDOW(ld, 0, 5 * ld) YK_LEN(ld * (rows + 4)),
                 global float *q YK_WINDOW(ld, 2 * ld, 3 * ld), global const float *v YK_OWN(ld),
                 int ld, int rows)
    __attribute__((work_group_size_hint(64, 4, 1)))
    YK_ITEMS(ld - 4, rows)
{
    size_t x = get_global_id(0) + 2, y = get_global_id(1) + 2, k = y * ld + x;
    q[k] = 2 * p[k] - q[k] + v[(y - 2) * ld + x] * lap(p, k, ld);
}
