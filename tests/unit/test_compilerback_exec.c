/* Runs every kernel of tests/compiler/exec/exec.cl as yokec translated it, at every
 * instruction set level and cut at random, against the same file read as C. */
#include "kernel_run.h"

#include "exec.yk.h"

/* the reference: structs come from the generated header */
#define particle ref_particle
#define span ref_span
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wimplicit-fallthrough"
#include "../compiler/exec/as_c.h"
#include "../compiler/exec/exec.cl"
#undef particle
#undef span

ITEM(saxpy, a->a, a->x, a->y, a->n)
ITEM(unsigned_guard, a->x, a->y, a->n, a->shift)
ITEM(interior, a->u, a->v, a->w, a->h, a->k)
ITEM(blur, a->u, a->v, a->w, a->h)
ITEM(columns, a->u, a->v, a->w, a->h)
ITEM(transpose, a->in, a->out, a->w, a->h)
ITEM(reverse, a->in, a->out, a->n)
ITEM(triples, a->in, a->out, a->n)
ITEM(pairs, a->in, a->out, a->n)
ITEM(every_fourth, a->in, a->out, a->n)
ITEM(helpers, a->u, a->v, a->n)
ITEM(odd_even, a->in, a->out, a->n)
ITEM(sometimes, a->in, a->out, a->n)
ITEM(escape, a->in, a->out, a->n, a->most)
ITEM(volume, a->u, a->v, a->nx, a->ny, a->nz)
ITEM(structs, (const ref_particle *)(const void *)a->in, (ref_particle *)(void *)a->out,
     (ref_span){a->s.first, a->s.count}, a->n)
ITEM(control, a->in, a->out, a->n)
ITEM(launch_words, (ulong *)a->out, a->n)
ITEM(boundary, a->u, a->v, a->w, a->h)
ITEM(shifts, (const long *)a->in, (long *)a->out, a->n, a->s)
ITEM(doubles, a->x, a->y, a->a, a->n)
ITEM(local_groups, a->u, a->v, a->w)

ITEM(escapes, a->in, a->out, a->n, a->limit)
ITEM(pairwise, a->u, a->v, a->n)
ITEM(nested, a->in, a->out, a->n, a->m)
ITEM(branches, a->in, a->out, a->n, a->m)
ITEM(lattice, a->u, a->v, a->n, a->k)
ITEM(drawers, a->in, a->out, a->n, a->m)
ITEM(fetch, a->in, a->u, a->v, a->n, a->m)
ITEM(rows, a->in, a->v, a->n)
ITEM(rows_of_loops, a->u, a->v, a->w, a->h)

ITEM(convolve, a->u, a->v, a->w, a->h, a->r)
ITEM(edges, a->u, a->v, a->w, a->h)
ITEM(derived, a->u, a->v, a->w, a->h, a->m)
ITEM(product, a->u, a->v, a->w, a->h, a->m)
ITEM(product_double, a->u, a->v, a->w, a->h, a->m)
ITEM(triangle, a->u, a->v, a->w, a->h)
ITEM(row_values, a->u, a->v, a->w, a->h, a->m)
ITEM(layers, a->u, a->v, a->nx, a->ny, a->nz, a->m)
ITEM(padded, a->u, a->v, a->w, a->h, a->r)
ITEM(columns_to_rows, a->in, a->out, a->w, a->h)
ITEM(into_columns, a->in, a->sum, a->w, a->h)
ITEM(turned_twice, a->u, a->bytes, a->v, a->flags, a->w, a->h)
ITEM(some_turned, a->in, a->out, a->w, a->h)
ITEM(ends, a->u, a->v, a->n)
ITEM(near_ends, a->u, a->v, a->n)
ITEM(unsigned_inside, a->u, a->v, a->w, a->h)
ITEM(unguarded, a->u, a->v, a->w)

static const int sizes[] = {0, 1, 2, 5, 63, 64, 65, 127, 128, 129, 200, 521, 1000};

/* n items asked for, in ranges that are padded, cut short, or begin later. */
#define LINE(name, ...) \
    static void test_##name(void **state) \
    { \
        (void)state; \
        for (size_t i = 0; i < YKC(sizes); i++) { \
            int n = sizes[i]; \
            struct name##_args args; \
            memset(&args, 0, sizeof args); \
            args = (struct name##_args){__VA_ARGS__}; \
            args.n = (__typeof__(args.n))n; \
            kr_run(&case_##name, yk_1d((size_t)n), &args); \
            kr_run(&case_##name, yk_1d((size_t)n + kr_below(100)), &args); \
            kr_run(&case_##name, yk_1d_at(kr_below(70), (size_t)n), &args); \
            kr_run(&case_##name, yk_1d_at(kr_below((size_t)n), kr_below((size_t)n)), &args); \
        } \
    }
#define YKC(a) (sizeof(a) / sizeof((a)[0]))

LINE(saxpy, .a = 1.25f)
LINE(unsigned_guard, .shift = 7)
LINE(reverse)
LINE(triples)
LINE(pairs)
LINE(every_fourth)
LINE(helpers)
LINE(odd_even)
LINE(sometimes)
LINE(escape, .most = 100)
LINE(structs, .s = {3, 4})
LINE(control)
LINE(shifts, .s = 11)
LINE(doubles, .a = 3.5)
LINE(escapes, .limit = 60)
LINE(pairwise)
LINE(nested, .m = 9)
LINE(branches, .m = 21)
LINE(ends)
LINE(near_ends)
LINE(lattice, .k = 0.375f)
LINE(drawers, .m = 11)
LINE(fetch, .m = 3)
LINE(rows)

#define PLANE(name, ...) \
    static void test_##name(void **state) \
    { \
        (void)state; \
        static const int sides[][2] = {{0, 0}, {1, 1},  {1, 7},  {7, 1},   {2, 2}, \
                                       {3, 5}, {64, 3}, {65, 4}, {31, 17}, {130, 9}}; \
        for (size_t i = 0; i < YKC(sides); i++) { \
            int w = sides[i][0], h = sides[i][1]; \
            struct name##_args args = {.w = 0, ##__VA_ARGS__}; \
            args.w = (__typeof__(args.w))w, args.h = (__typeof__(args.h))h; \
            kr_run(&case_##name, yk_2d((size_t)w, (size_t)h), &args); \
            kr_run(&case_##name, yk_2d((size_t)w + 3, (size_t)h + 2), &args); \
            kr_run(&case_##name, yk_2d_at(0, kr_below(3), (size_t)w, (size_t)h), &args); \
            yk_range part = yk_2d_at(kr_below((size_t)w), kr_below((size_t)h), 1, 1); \
            part.size[0] = kr_below((size_t)w) + 1, part.size[1] = kr_below((size_t)h) + 1; \
            kr_run(&case_##name, part, &args); \
        } \
    }

PLANE(interior, .k = 0.25f)
PLANE(blur)
PLANE(columns)
PLANE(transpose)
PLANE(rows_of_loops)
PLANE(convolve, .r = 2)
PLANE(edges)
PLANE(unsigned_inside)
PLANE(derived, .m = 5)
PLANE(product, .m = 19)
PLANE(product_double, .m = 6)
PLANE(triangle)
PLANE(row_values, .m = 18)
PLANE(padded, .r = 2)
PLANE(columns_to_rows)
PLANE(into_columns)
PLANE(turned_twice)
PLANE(some_turned)

/* A part of a plane needs its rows and their neighbours, and an array no longer than it is. */
static void test_border_windows(void **state)
{
    (void)state;
    struct edges_args a = {.w = 10, .h = 20};
    struct convolve_args b = {.w = 10, .h = 20, .r = 3};
    yk_range r = yk_2d(16, 32);
    yk_shape s;
    assert_int_equal(edges_kernel.shape(&r, &a, &s), YK_OK);
    assert_int_equal(s.window[0].extent, 200);
    assert_int_equal(s.window[0].stride, 10);
    assert_int_equal(s.window[0].lo, -10);
    assert_int_equal(s.window[0].hi, 30);
    assert_int_equal(convolve_kernel.shape(&r, &b, &s), YK_OK);
    assert_int_equal(s.window[0].extent, 200);
    assert_int_equal(s.window[0].lo, -31);
    assert_int_equal(s.window[0].hi, 41);
    struct blur_args c = {.w = 10, .h = 20};    /* clamped along the row: not beyond it */
    assert_int_equal(blur_kernel.shape(&r, &c, &s), YK_OK);
    assert_int_equal(s.window[0].lo, 0);
    assert_int_equal(s.window[0].hi, 10);
}

static void test_unguarded(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct unguarded_args a = {.w = (int)kr_below(90)};
        kr_run(&case_unguarded, yk_2d((size_t)a.w, kr_below(12)), &a);
    }
}

static void test_boundary(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct boundary_args args = {.w = (int)kr_below(90), .h = (int)kr_below(12)};
        kr_run(&case_boundary, yk_2d((size_t)args.w + kr_below(3), (size_t)args.h), &args);
    }
}

static void test_volume(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        struct volume_args args = {
            .nx = (int)kr_below(40), .ny = (int)kr_below(9), .nz = (int)kr_below(7)};
        kr_run(&case_volume, yk_3d((size_t)args.nx, (size_t)args.ny + 1, (size_t)args.nz + 1),
               &args);
    }
}

static void test_layers(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct layers_args args = {.nx = (int)kr_below(140), .ny = (int)kr_below(11),
                                   .nz = (int)kr_below(5), .m = 20};
        kr_run(&case_layers, yk_3d((size_t)args.nx, (size_t)args.ny + 1, (size_t)args.nz), &args);
    }
}

static void test_launch_words(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        struct launch_words_args args = {.n = (int)kr_below(300)};
        yk_range r = yk_1d_at(kr_below(50), 1 + kr_below(300));
        r.local[0] = kr_below(9);
        kr_run(&case_launch_words, r, &args);
    }
}

static void test_local_groups(void **state)
{
    (void)state;
    struct local_groups_args args = {.w = 3};
    kr_run(&case_local_groups, yk_2d(37, 11), &args);
}

/* Signed widths below zero leave nothing to do; as a size_t they cut nothing off. */
static void test_negative(void **state)
{
    (void)state;
    struct saxpy_args a = {.n = -5};
    yk_shape s;
    yk_range r = yk_1d(100);
    assert_int_equal(saxpy_kernel.shape(&r, &a, &s), YK_OK);
    assert_int_equal(s.lo[0], s.hi[0]);
    struct launch_words_args b = {.n = -1};
    assert_int_equal(launch_words_kernel.shape(&r, &b, &s), YK_OK);
    assert_int_equal(s.hi[0], 100);
    r.size[0] = (size_t)1 << 31;
    assert_int_equal(saxpy_kernel.shape(&r, &a, &s), YK_E_RANGE);
    struct blur_args c = {.w = INT32_MAX, .h = INT32_MAX};
    yk_range wide = yk_2d(8, 8);
    assert_int_equal(blur_kernel.shape(&wide, &c, &s), YK_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saxpy),         cmocka_unit_test(test_unsigned_guard),
        cmocka_unit_test(test_reverse),       cmocka_unit_test(test_triples),
        cmocka_unit_test(test_pairs),         cmocka_unit_test(test_every_fourth),
        cmocka_unit_test(test_helpers),       cmocka_unit_test(test_odd_even),
        cmocka_unit_test(test_sometimes),     cmocka_unit_test(test_escape),
        cmocka_unit_test(test_structs),       cmocka_unit_test(test_control),
        cmocka_unit_test(test_shifts),        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_interior),      cmocka_unit_test(test_blur),
        cmocka_unit_test(test_columns),       cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_boundary),      cmocka_unit_test(test_volume),
        cmocka_unit_test(test_launch_words),  cmocka_unit_test(test_convolve),
        cmocka_unit_test(test_edges),         cmocka_unit_test(test_border_windows),
        cmocka_unit_test(test_escapes),       cmocka_unit_test(test_pairwise),
        cmocka_unit_test(test_nested),        cmocka_unit_test(test_branches),
        cmocka_unit_test(test_lattice),       cmocka_unit_test(test_drawers),
        cmocka_unit_test(test_fetch),         cmocka_unit_test(test_rows),
        cmocka_unit_test(test_rows_of_loops), cmocka_unit_test(test_local_groups),
        cmocka_unit_test(test_negative),       cmocka_unit_test(test_derived),
        cmocka_unit_test(test_product),       cmocka_unit_test(test_product_double),
        cmocka_unit_test(test_triangle),      cmocka_unit_test(test_row_values),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_padded),         cmocka_unit_test(test_ends),
        cmocka_unit_test(test_near_ends),      cmocka_unit_test(test_columns_to_rows),
        cmocka_unit_test(test_into_columns),   cmocka_unit_test(test_turned_twice),
        cmocka_unit_test(test_some_turned),   cmocka_unit_test(test_unsigned_inside),
        cmocka_unit_test(test_unguarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
