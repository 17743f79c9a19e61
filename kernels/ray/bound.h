/* How far two processors' pixels may lie apart: the ray followed in double, with a bound on
 * what rounding to float can have moved, to first order.
 *
 * u = 2^-24 is a rounding; OpenCL allows a division 2.5 ulp = 5u and a root 3 ulp = 6u.  A
 * ball magnifies errors at each reflection, so each pixel has a bound of its own; and where
 * a comparison is closer than the bound, either outcome is right.  Called by workload.c. */
#ifndef YKI_RAY_BOUND_H
#define YKI_RAY_BOUND_H

#include <math.h>
#include <stdbool.h>

#define U 0x1p-24
#define NEAR 1e-3

typedef struct scene {
    const float *ball, *light;
    int balls, bounces;
} scene;

typedef struct path {
    double o[3], d[3];  /* where a ray begins, and its direction */
    double eo, ed;      /* a kernel's is at most that far from it */
} path;

typedef struct pixel_bound {
    double error;   /* of a colour, on one side */
    bool sure;      /* every comparison came out the same with room to spare */
} pixel_bound;

static double dot3(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Where the ball is met, and how far off that may be; -1: not at all. */
static double meet(const float *ball, const path *p, double *error, bool *sure)
{
    double c[3], r = (double)ball[3];
    for (int i = 0; i < 3; i++) c[i] = (double)ball[i] - p->o[i];
    double cc = dot3(c, c), size = sqrt(cc), along = dot3(c, p->d);
    double gap = r * r - cc + along * along;
    double ec = p->eo + U * size;                           /* c: one rounding */
    double ea = ec + size * p->ed + 3 * U * size;           /* along: three */
    double eg = 2 * size * ec + 2 * fabs(along) * ea + U * (6 * cc + 3 * r * r);
    if (fabs(gap) <= 2 * eg) *sure = false;
    if (gap <= 0) return -1;
    double root = sqrt(gap);
    *error = ea + eg / root + U * (7 * root + fabs(along - root));
    return along - root;
}

/* The nearest ball, -1: none; *t: how far, *error: how far off. */
static int nearest_ball(const scene *s, const path *p, double *t, double *error, bool *sure)
{
    int hit = -1;
    *t = INFINITY;
    *error = 0;
    for (int k = 0; k < s->balls; k++) {
        double e = 0, at = meet(s->ball + 8 * k, p, &e, sure);
        if (fabs(at - NEAR) <= e || fabs(at - *t) <= e + *error) *sure = false;
        if (at > NEAR && at < *t) *t = at, *error = e, hit = k;
    }
    return hit;
}

/* The light at p->o where the normal is n, which may be off by en; *error: of that. */
static double light_there(const scene *s, const path *p, const double n[3], double en,
                          double *error, bool *sure)
{
    path l = {.eo = p->eo};
    for (int i = 0; i < 3; i++) l.o[i] = p->o[i], l.d[i] = (double)s->light[i] - p->o[i];
    double away = sqrt(dot3(l.d, l.d));
    for (int i = 0; i < 3; i++) l.d[i] /= away;
    l.ed = 2 * p->eo / away + 16 * U;       /* one, a sum of squares, root, division */
    double lit = dot3(n, l.d);
    *error = en + l.ed + 4 * U;
    if (lit < -*error) return 0;
    for (int k = 0; k < s->balls; k++) {
        double e = 0, at = meet(s->ball + 8 * k, &l, &e, sure);
        if (fabs(at - NEAR) <= e || fabs(at - away) <= e + p->eo + 8 * U * away) *sure = false;
        if (at > NEAR && at < away) lit = 0;
    }
    return fmax(lit, 0);
}

/* Moves on to the point that is hit, fills the normal there; its error. */
static double go_to(path *p, const float *ball, double t, double et, double n[3])
{
    for (int i = 0; i < 3; i++) p->o[i] += t * p->d[i];
    p->eo += et + t * p->ed + U * (t + sqrt(dot3(p->o, p->o)));
    for (int i = 0; i < 3; i++) n[i] = (p->o[i] - (double)ball[i]) / (double)ball[3];
    return p->eo / (double)ball[3] + 7 * U;
}

static void reflect(path *p, const double n[3], double en)
{
    double back = 2 * dot3(p->d, n);
    for (int i = 0; i < 3; i++) p->d[i] -= back * n[i];
    p->ed += 4 * en + 12 * U;
}

/* (dx, dy): where the pixel's ray meets the screen. */
static pixel_bound bound_of(const scene *s, double dx, double dy)
{
    double size = sqrt(dx * dx + dy * dy + 1), share = 1;
    path p = {.d = {dx / size, dy / size, 1 / size}, .ed = 16 * U}; /* product, root, division */
    pixel_bound b = {4 * U, true};
    for (int bounce = 0; bounce < s->bounces && share > 0; bounce++) {
        double t, et, n[3], el;
        int hit = nearest_ball(s, &p, &t, &et, &b.sure);
        if (hit < 0) {
            b.error += share * (0.6 * p.ed + 4 * U);
            break;
        }
        const float *ball = s->ball + 8 * hit;
        double en = go_to(&p, ball, t, et, n), mirror = (double)ball[7];
        (void)light_there(s, &p, n, en, &el, &b.sure);
        b.error += share * (1 - mirror) * (0.9 * el + 8 * U) + 2 * U;
        share *= mirror;
        reflect(&p, n, en);
    }
    return b;
}

#undef U
#undef NEAR
#endif
