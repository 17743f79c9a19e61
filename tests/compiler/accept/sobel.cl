__constant int GX[3][3] = {{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}};
__constant int GY[3][3] = {{-1, -2, -1}, {0, 0, 0}, {1, 2, 1}};

__kernel void sobel(__global const uchar *restrict in, __global uchar *restrict out,
                    const int width, const int height)
{
    const int x = get_global_id(0);
    const int y = get_global_id(1);
    int sx = 0, sy = 0;

    if (x < 1 || x >= width - 1 || y < 1 || y >= height - 1) return;
    for (int j = -1; j <= 1; ++j)
        for (int i = -1; i <= 1; ++i) {
            int v = in[(y + j) * width + (x + i)];
            sx += GX[j + 1][i + 1] * v;
            sy += GY[j + 1][i + 1] * v;
        }
    out[y * width + x] = convert_uchar_sat(sqrt((float)(sx * sx + sy * sy)));
}
