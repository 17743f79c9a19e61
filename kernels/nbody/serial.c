/* A step of n bodies as a user would have written it.  Built twice, see baseline.h. */
#include "serial.h"

#include <math.h>

void YKI_BASELINE_NAME(nbody)(size_t begin, size_t end, size_t n, float dt, float soft,
                              const float *x, const float *y, const float *z, const float *mass,
                              float *vx, float *vy, float *vz, float *nx, float *ny, float *nz)
{
#pragma omp parallel for
    for (size_t i = begin; i < end; i++) {
        float xi = x[i], yi = y[i], zi = z[i];
        float ax = 0, ay = 0, az = 0;
        for (size_t j = 0; j < n; j++) {
            float dx = x[j] - xi, dy = y[j] - yi, dz = z[j] - zi;
            float r = 1.0f / sqrtf(dx * dx + dy * dy + dz * dz + soft);
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
}
