/* One time step of n bodies that attract each other, every pair of them. */
kernel void nbody(global const float *x YK_ALL YK_LEN(n), global const float *y YK_ALL YK_LEN(n),
                  global const float *z YK_ALL YK_LEN(n), global const float *mass YK_ALL YK_LEN(n),
                  global float *vx, global float *vy, global float *vz,
                  global float *nx YK_OUT, global float *ny YK_OUT, global float *nz YK_OUT,
                  float dt, float soft, ulong n)
{
    size_t i = get_global_id(0);
    if (i >= n) return;
    float xi = x[i], yi = y[i], zi = z[i];
    float ax = 0.0f, ay = 0.0f, az = 0.0f;
    for (ulong j = 0; j < n; j++) {
        float dx = x[j] - xi, dy = y[j] - yi, dz = z[j] - zi;
        float r = rsqrt(dx * dx + dy * dy + dz * dz + soft);
        float f = mass[j] * (r * r * r);
        ax += f * dx;
        ay += f * dy;
        az += f * dz;
    }
    vx[i] += dt * ax;
    vy[i] += dt * ay;
    vz[i] += dt * az;
    nx[i] = xi + dt * vx[i];
    ny[i] = yi + dt * vy[i];
    nz[i] = zi + dt * vz[i];
}
