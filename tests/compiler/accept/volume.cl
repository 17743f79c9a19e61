kernel void heat3d(global const float *restrict u YK_BOX(ny * nx, -ny * nx, 2 * ny * nx, 1, 1),
                   global float *restrict v, int nx, int ny, int nz, float k)
{
    const int x = get_global_id(0), y = get_global_id(1), z = get_global_id(2);
    const int plane = nx * ny, c = z * plane + y * nx + x;
    if (x == 0 || y == 0 || z == 0 || x >= nx - 1 || y >= ny - 1 || z >= nz - 1) {
        if (x < nx && y < ny && z < nz) v[c] = u[c];
        return;
    }
    v[c] = u[c] + k * (u[c - 1] + u[c + 1] + u[c - nx] + u[c + nx] + u[c - plane] + u[c + plane] - 6 * u[c]);
}
