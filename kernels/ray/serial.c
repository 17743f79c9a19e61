/* A ray tracer as a user would have written it, with contraction off so that edges come out
 * the same everywhere.  Built twice, see baseline.h. */
#include "serial.h"

#include <math.h>
#include <stdbool.h>

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

#define FAR 1e30f
#define NEAR 1e-3f

typedef struct vec {
    float x, y, z;
} vec;

static float dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static vec to(vec a, vec b) { return (vec){b.x - a.x, b.y - a.y, b.z - a.z}; }

/* How far along d from o the ball is met; FAR: not at all. */
static float meet(const float *ball, vec o, vec d)
{
    vec c = to(o, (vec){ball[0], ball[1], ball[2]});
    float along = dot(c, d), gap = ball[3] * ball[3] - dot(c, c) + along * along;
    if (gap <= 0) return FAR;
    float t = along - sqrtf(gap);
    return t > NEAR ? t : FAR;
}

static int nearest(const float *ball, int balls, vec o, vec d, float *t)
{
    int hit = -1;
    *t = FAR;
    for (int k = 0; k < balls; k++) {
        float at = meet(ball + 8 * k, o, d);
        if (at < *t) *t = at, hit = k;
    }
    return hit;
}

static bool in_shadow(const float *ball, int balls, vec o, vec d, float away)
{
    for (int k = 0; k < balls; k++) {
        if (meet(ball + 8 * k, o, d) < away) return true;
    }
    return false;
}

static float light_at(const float *ball, int balls, vec o, vec normal, vec light)
{
    vec l = to(o, light);
    float away = sqrtf(dot(l, l));
    l = (vec){l.x / away, l.y / away, l.z / away};
    float lit = dot(normal, l);
    return lit > 0 && !in_shadow(ball, balls, o, l, away) ? lit : 0;
}

static void add_sky(float *pixel, float share, float dy)
{
    float pale = 1.0f - fabsf(dy);
    pixel[0] += share * (0.3f + 0.6f * pale);
    pixel[1] += share * (0.5f + 0.4f * pale);
    pixel[2] += share * (0.8f + 0.1f * pale);
}

static void trace(const float *ball, int balls, int bounces, vec light, vec d, float *pixel)
{
    vec o = {0, 0, 0};
    float share = 1;
    for (int bounce = 0; bounce < bounces && share > 0; bounce++) {
        float t;
        int hit = nearest(ball, balls, o, d, &t);
        if (hit < 0) {
            add_sky(pixel, share, d.y);
            return;
        }
        const float *b = ball + 8 * hit;
        o = (vec){o.x + t * d.x, o.y + t * d.y, o.z + t * d.z};
        vec n = {(o.x - b[0]) / b[3], (o.y - b[1]) / b[3], (o.z - b[2]) / b[3]};
        float shine = share * (1 - b[7]) * (0.1f + 0.9f * light_at(ball, balls, o, n, light));
        for (int c = 0; c < 3; c++) pixel[c] += shine * b[4 + c];
        share *= b[7];
        float back = 2 * dot(d, n);
        d = (vec){d.x - back * n.x, d.y - back * n.y, d.z - back * n.z};
    }
}

void YKI_BASELINE_NAME(ray)(size_t width, size_t height, size_t begin, size_t end, float step,
                            const float *ball, int balls, int bounces, const float light[3],
                            float *image)
{
#pragma omp parallel for schedule(dynamic)
    for (size_t py = begin; py < end; py++) {
        for (size_t px = 0; px < width; px++) {
            float dx = ((float)px - 0.5f * (float)(width - 1)) * step;
            float dy = (0.5f * (float)(height - 1) - (float)py) * step;
            float dz = 1.0f / sqrtf(dx * dx + dy * dy + 1.0f);
            float *pixel = image + 3 * (py * width + px);
            pixel[0] = pixel[1] = pixel[2] = 0;
            trace(ball, balls, bounces, (vec){light[0], light[1], light[2]},
                  (vec){dx * dz, dy * dz, dz}, pixel);
        }
    }
}
