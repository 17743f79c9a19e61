typedef struct {
    float x, y, z, mass;
} body_t;

#define SOFTENING 1e-9f

kernel void nbody(global const body_t *bodies YK_ALL YK_LEN(n), global body_t *next YK_OUT,
                  global float *vel YK_OWN(3), int n, float dt)
{
    int i = get_global_id(0);
    if (i >= n) return;
    body_t me = bodies[i];
    float f[3] = {0.0f, 0.0f, 0.0f};
    for (int j = 0; j < n; ++j) {
        const float dx = bodies[j].x - me.x, dy = bodies[j].y - me.y, dz = bodies[j].z - me.z;
        const float inv = rsqrt(dx * dx + dy * dy + dz * dz + SOFTENING);
        const float s = bodies[j].mass * inv * inv * inv;
        f[0] += dx * s;
        f[1] += dy * s;
        f[2] += dz * s;
    }
    for (int k = 0; k < 3; ++k) vel[3 * i + k] += dt * f[k];
    me.x += dt * vel[3 * i];
    me.y += dt * vel[3 * i + 1];
    me.z += dt * vel[3 * i + 2];
    next[i] = me;
}
