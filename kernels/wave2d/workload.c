/* wave2d: many steps of a stencil; two arrays change roles after each.  See workload.h. */
#include "workload.h"

#include <math.h>
#include <stdio.h>

#include "serial.h"
#include "wave2d.yk.h"

enum { NOW, BEFORE, COURANT };
enum { STEPS = 20, RADIUS = 2, PULSES = 3 };

static const yki_array_spec arrays[] = {
    [NOW] = {"now", YKI_STATE, sizeof(float), 0},
    [BEFORE] = {"before", YKI_STATE, sizeof(float), 0},
    [COURANT] = {"courant", YKI_INPUT, sizeof(float), 0},
};

/* Points inside the border; 0 where the grid is all border. */
static size_t inside(size_t n) { return n > 2 * RADIUS ? n - 2 * RADIUS : 0; }

static void describe(size_t elements, yki_extent *out)
{
    size_t nx, ny;
    yki_grid(elements, &nx, &ny);
    double points = (double)inside(nx) * (double)inside(ny) * STEPS;
    *out = (yki_extent){.elements = nx * ny, .nx = nx, .ny = ny, .items = inside(ny),
                        .launches = STEPS, .bytes = 16 * points, .flops = 15 * points};
    snprintf(out->shape, sizeof out->shape, "%zu x %zu, %d steps", nx, ny, (int)STEPS);
}

/* One smooth pulse, at rest: the field now and a step ago are the same. */
static void add_pulse(yki_instance *in, float px, float py, float width)
{
    float *now = in->array[NOW].data, *before = in->array[BEFORE].data;
    size_t nx = in->extent.nx, ny = in->extent.ny;
    for (size_t y = RADIUS; y + RADIUS < ny; y++) {
        for (size_t x = RADIUS; x + RADIUS < nx; x++) {
            float dx = ((float)x - px) / width, dy = ((float)y - py) / width;
            float r2 = dx * dx + dy * dy;
            if (r2 >= 1) continue;
            now[y * nx + x] += (1 - r2) * (1 - r2) * (1 - r2);
            before[y * nx + x] = now[y * nx + x];
        }
    }
}

/* Layers of rock, faster with depth: (speed * dt / dx)^2 from 0.10 to 0.35; the scheme is
 * stable up to 3/8. */
static void fill(yki_instance *in, uint64_t seed)
{
    float *now = in->array[NOW].data, *before = in->array[BEFORE].data;
    float *courant = in->array[COURANT].data;
    size_t nx = in->extent.nx, ny = in->extent.ny;
    for (size_t y = 0; y < ny; y++) {
        float layer = 0.10f + 0.05f * (float)(5 * y / ny);
        for (size_t x = 0; x < nx; x++) {
            now[y * nx + x] = before[y * nx + x] = 0;
            courant[y * nx + x] = layer + yki_random_float(&seed, 0, 0.05f);
        }
    }
    for (int k = 0; k < PULSES; k++) {
        float px = yki_random_float(&seed, 0, (float)nx);
        float py = yki_random_float(&seed, 0, (float)ny);
        add_pulse(in, px, py, 2 + (float)nx / 16);
    }
}

/* A step of one of the two plain loops. */
typedef void (*step_fn)(int pitch, int rows, const float *now, const float *courant,
                        float *before);

/* STEPS is even, so the arrays end up in the roles they began with. */
static void plain(yki_instance *in, step_fn step)
{
    float *now = in->array[NOW].data, *before = in->array[BEFORE].data;
    for (int k = 0; k < STEPS; k++) {
        step((int)in->extent.nx, (int)in->extent.ny, now, in->array[COURANT].data, before);
        float *next = before;
        before = now;
        now = next;
    }
}

static void serial(yki_instance *in) { plain(in, wave2d_serial); }
#ifdef YKI_OPENMP
static void openmp(yki_instance *in) { plain(in, wave2d_openmp); }
#endif

/* Row i of the items is row i + RADIUS of the field; a part reads RADIUS rows more to
 * either side. */
static void part(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial)
{
    bool odd = launch % 2;
    size_t first = begin * in->extent.nx;
    const float *now = in->array[odd ? BEFORE : NOW].data;
    float *before = in->array[odd ? NOW : BEFORE].data;
    (void)partial;
    wave2d_serial((int)in->extent.nx, (int)(end - begin + 2 * RADIUS), now + first,
                  (const float *)in->array[COURANT].data + first, before + first);
}

static yk_status yoke(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report)
{
    float *now = in->array[NOW].data, *before = in->array[BEFORE].data;
    size_t nx = in->extent.nx, ny = in->extent.ny;
    yk_range interior = yk_2d_at(RADIUS, RADIUS, inside(nx), inside(ny));
    yk_status st = YK_OK;
    for (int k = 0; k < STEPS && st == YK_OK; k++) {
        yk_report one = {0};
        yk_run_opts o = yki_launch_opts(opts, &one);
        st = wave2d_run_opts(engine, &o, interior, now, in->array[COURANT].data, before,
                             (int)nx, (int)ny);
        if (report) yki_report_add(report, &one);
        float *next = before;
        before = now;
        now = next;
    }
    return st;
}

/* The largest value of the field: errors are measured against it. */
static double amplitude(const yki_instance *in, size_t array)
{
    const float *p = in->array[array].expected;
    double most = 0;
    for (size_t k = 0; k < in->extent.elements; k++) most = fmax(most, fabs((double)p[k]));
    return most;
}

static double one(const yki_instance *in, size_t k)
{
    (void)in;
    (void)k;
    return 1;
}

/* With values up to A, a step rounds 2*now - before + courant*laplacian with an error
 * below 16u A: sums of up to 8A and 60A/12 with four and five roundings, times 0.4, and
 * two roundings of at most 3A.  The scheme is stable, so an error made in step k has grown
 * at most (STEPS - k)-fold at the end (its equation has the double root 1): all together
 * STEPS (STEPS + 1) / 2 times that, from both sides. */
static void check(const yki_instance *in, yki_verdict *out)
{
    double most = fmax(amplitude(in, NOW), amplitude(in, BEFORE));
    double bound = STEPS * (STEPS + 1) / 2 * 2 * 16 * 0x1p-24;
    out->tolerance = bound * (most > 0 ? most : 1);
    yki_check_floats(in, NOW, one, out);
    yki_check_floats(in, BEFORE, one, out);
}

const yki_workload yki_workload_wave2d = {
    .name = "wave2d",
    .about = "20 steps of the wave equation, 4th order; stencil",
    .measure = "difference of the field; at most 32 roundings of 2^-24 of its largest value a "
               "step, each of which grows with the steps that follow",
    .elements = {(size_t)1 << 16, (size_t)1 << 20, (size_t)1 << 24},
    .n_arrays = 3, .arrays = arrays,
    .describe = describe, .fill = fill, .serial = serial, .part = part, .yoke = yoke,
    .check = check,
#ifdef YKI_OPENMP
    .openmp = openmp,
#endif
};
