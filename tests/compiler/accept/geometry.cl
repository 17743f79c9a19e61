typedef struct vec { float x, y, z; } vec;
struct ray { vec origin, dir; };
typedef struct { vec center; float radius; } __attribute__((packed)) sphere;

vec vsub(vec a, vec b);
float vdot(const vec *a, const vec *b) { return a->x * b->x + a->y * b->y + a->z * b->z; }

kernel void intersect(global const struct ray *rays, constant sphere *spheres YK_ALL YK_LEN(count),
                      global float *t YK_OUT, int count)
{
    size_t i = get_global_id(0);
    struct ray r = rays[i];
    float best = FLT_MAX;
    for (int k = 0; k < count; ++k) {
        sphere s = spheres[k];
        vec oc = vsub(r.origin, s.center);
        float b = vdot(&oc, &r.dir), c = vdot(&oc, &oc) - s.radius * s.radius, d = b * b - c;
        if (d < 0.0f) continue;
        float hit = -b - sqrt(d);
        if (hit > 1e-3f && hit < best) best = hit;
    }
    t[i] = best == FLT_MAX ? -1.0f : best;
}

vec vsub(vec a, vec b)
{
    vec r = {a.x - b.x, a.y - b.y, a.z - b.z};
    return (vec){r.x, r.y, .z = r.z};
}
