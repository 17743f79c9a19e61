/* Convolution of a volume with 3 x 3 x 3 weights.  The outermost points of the result,
 * which lack neighbours, are left alone. */
kernel void convolution3d(global const float *volume, global const float *weight,
                          global float *result, int nx, int ny, int nz)
{
    int x = get_global_id(0), y = get_global_id(1), z = get_global_id(2);
    if (x < 1 || y < 1 || z < 1 || x >= nx - 1 || y >= ny - 1 || z >= nz - 1) return;
    float sum = 0.0f;
    for (int k = 0; k < 3; k++)
        for (int j = 0; j < 3; j++)
            for (int i = 0; i < 3; i++)
                sum += weight[(k * 3 + j) * 3 + i] *
                       volume[((z + k - 1) * ny + y + j - 1) * nx + x + i - 1];
    result[(z * ny + y) * nx + x] = sum;
}
