/* The plain C n-body step of bodies [begin, end); see baseline.h.  All n bodies: position,
 * mass and velocity, which is updated; nx, ny, nz get the new positions. */
#include "baseline.h"

YKI_BASELINE(void, nbody, (size_t begin, size_t end, size_t n, float dt, float soft,
                           const float *x, const float *y, const float *z, const float *mass,
                           float *vx, float *vy, float *vz, float *nx, float *ny, float *nz));
