/* What the back half accepts, refuses and says: windows as --explain prints them, error
 * messages word by word, memory running out at every allocation, and generated text that
 * is the same every time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "compiler/compile.h"

static yk_status compile(yki_result *r, const char *text)
{
    yki_compile_opts o = {.front = {.path = "k.cl", .text = text, .text_bytes = strlen(text)},
                          .header = "k.yk.h"};
    return yki_compile(r, &o);
}

static void refuses(const char *text, const char *messages)
{
    yki_result r;
    assert_int_equal(compile(&r, text), YK_E_BUILD);
    assert_string_equal(yki_text_get(&r.messages), messages);
    assert_int_equal(r.source.len, 0);
    yki_result_close(&r);
}

static void explains(const char *text, const char *want)
{
    yki_result r;
    if (compile(&r, text) != YK_OK) fail_msg("%s", yki_text_get(&r.messages));
    assert_string_equal(yki_text_get(&r.explain), want);
    yki_result_close(&r);
}

static void test_unknown_index(void **state)
{
    (void)state;
    refuses(
        "kernel void wave(global const float *p, global float *q, global const int *map, int n)\n"
        "{\n"
        "    int i = get_global_id(0);\n"
        "    if (i < n) q[i] = p[map[i]];\n"
        "}\n",
        "k.cl:4:24: error: cannot tell which elements of 'p' an item reads\n"
        "    4 |     if (i < n) q[i] = p[map[i]];\n"
        "      |                        ^\n"
        "note: wave() reads p at an index that is no sum of products of its scalar arguments and global ids\n"
        "hint: declare it   global const float *p YK_ALL YK_LEN(number of elements)\n");
}

static void test_unknown_length(void **state)
{
    (void)state;
    refuses(
        "kernel void next(global const float *u, global float *v, int n)\n"
        "{\n"
        "    int i = get_global_id(0);\n"
        "    if (i >= n) return;\n"
        "    v[i] = u[i] > 0 ? u[i + 1] : 0;\n"
        "}\n",
        "k.cl:5:24: error: cannot tell how long 'u' is: this access may not happen, or not so far out\n"
        "    5 |     v[i] = u[i] > 0 ? u[i + 1] : 0;\n"
        "      |                        ^\n"
        "note: next() reads u[x + 1]\n"
        "hint: declare it   global const float *u YK_LEN(number of elements)\n");
}

static void test_contradiction(void **state)
{
    (void)state;
    refuses("kernel void k(global const float *u YK_OWN(1), global float *v, int n)\n"
            "{\n"
            "    int i = get_global_id(0);\n"
            "    if (i < n) v[i] = u[i + 1];\n"
            "}\n",
            "k.cl:4:24: error: this access to 'u' lies outside the window declared for it\n"
            "    4 |     if (i < n) v[i] = u[i + 1];\n"
            "      |                        ^\n"
            "note: k() reads u[x + 1]\n"
            "k.cl:1:37: note: declared here: elements [i*1+0, i*1+1) of item i\n"
            "    1 | kernel void k(global const float *u YK_OWN(1), global float *v, int n)\n"
            "      |                                     ^\n");
}

static void test_reductions(void **state)
{
    (void)state;
    refuses(
        "kernel void a(global const float *u, global float *s YK_SUM(1))\n"
        "{\n"
        "    s[0] += u[get_global_id(0)];\n"
        "    if (s[0] > 1) s[0] = 0;\n"
        "}\n"
        "kernel void b(global short *s YK_MIN(1)) { s[0] = min(s[0], (short)3); }\n"
        "kernel void c(global int *s YK_MAX(1), int v) { s[0] = min(s[0], v); }\n"
        "kernel void d(global int *s YK_SUM(1)) { }\n",
        "k.cl:4:9: error: 's' is declared YK_SUM and may only be used as a statement like a[e] += v\n"
        "    4 |     if (s[0] > 1) s[0] = 0;\n"
        "      |         ^\n"
        "k.cl:6:31: error: a reduction needs elements of type int, uint, long, ulong, float or double\n"
        "    6 | kernel void b(global short *s YK_MIN(1)) { s[0] = min(s[0], (short)3); }\n"
        "      |                               ^\n"
        "k.cl:7:49: error: 's' is declared YK_MAX and may only be used as a statement like a[e] = max(a[e], v)\n"
        "    7 | kernel void c(global int *s YK_MAX(1), int v) { s[0] = min(s[0], v); }\n"
        "      |                                                 ^\n"
        "k.cl:8:29: error: 's' is declared a reduction and never updated\n"
        "    8 | kernel void d(global int *s YK_SUM(1)) { }\n"
        "      |                             ^\n");
}

static void test_modes(void **state)
{
    (void)state;
    refuses("kernel void a(global float *u YK_OUT, global float *w YK_OUT)\n"
            "{\n"
            "    u[get_global_id(0)] += 1;\n"
            "}\n",
            "k.cl:1:31: error: 'u' is declared YK_OUT but the kernel reads it\n"
            "    1 | kernel void a(global float *u YK_OUT, global float *w YK_OUT)\n"
            "      |                               ^\n"
            "hint: leave YK_OUT away: then it is read and written\n"
            "k.cl:1:55: error: 'w' is declared YK_OUT but never written\n"
            "    1 | kernel void a(global float *u YK_OUT, global float *w YK_OUT)\n"
            "      |                                                       ^\n");
}

static void test_two_arrays(void **state)
{
    (void)state;
    refuses("kernel void a(global float *u, global float *v)\n"
            "{\n"
            "    global float *p = get_global_id(0) & 1 ? u : v;\n"
            "    p[0] = 1;\n"
            "}\n",
            "k.cl:4:6: error: cannot tell which array this pointer leads into\n"
            "    4 |     p[0] = 1;\n"
            "      |      ^\n"
            "hint: let a pointer lead into one argument only\n");
}

static void test_no_kernel(void **state)
{
    (void)state;
    yki_result r;
    assert_int_equal(compile(&r, "int f(int x) { return x; }\n"), YK_E_BUILD);
    assert_non_null(strstr(yki_text_get(&r.messages), "no kernel in this file"));
    yki_result_close(&r);
}

static void test_explain_stencil(void **state)
{
    (void)state;
    explains("kernel void heat(global const float *u, global float *v, int w, int h)\n"
             "{\n"
             "    size_t x = get_global_id(0), y = get_global_id(1);\n"
             "    if (x < 1 || x >= w - 1 || y < 1 || y >= h - 1) return;\n"
             "    size_t k = y * w + x;\n"
             "    v[k] = u[k - w] + u[k + w];\n"
             "}\n",
             "heat   2 dimensions, split along y, cut at multiples of 1\n"
             "  active   y < h - 1, y >= 1, x < w - 1, x >= 1\n"
             "  u        in     from its indexes, stride w\n"
             "           extent the last element touched, plus one\n"
             "           reads   u[w*y - w + x]\n"
             "           reads   u[w*y + w + x]\n"
             "  v        out    from its indexes, stride w\n"
             "           extent the last element touched, plus one\n"
             "           writes  v[w*y + x]\n"
             "  w        scalar int\n"
             "  h        scalar int\n");
}

static void test_explain_whole(void **state)
{
    (void)state;
    explains("kernel void seidel(global float *u, int n)\n"
             "{\n"
             "    int i = get_global_id(0);\n"
             "    if (i < n) u[i + 1] += u[i];\n"
             "}\n",
             "seidel   1 dimension, split along x, cut at multiples of 64, runs on one processor\n"
             "  active   x < n\n"
             "  u        inout  all: its items' windows cannot be told apart\n"
             "           extent the last element touched, plus one\n"
             "           reads   u[x]\n"
             "           updates u[x + 1]\n"
             "  n        scalar int\n");
}

static void test_explain_annotated(void **state)
{
    (void)state;
    explains(
        "kernel void k(global const float *t YK_ALL YK_LEN(n * 2), global float *v YK_OWN(w) YK_OUT,\n"
        "              global uint *bins YK_SUM(w + 1), int w, int n) YK_ITEMS(n)\n"
        "{\n"
        "    size_t i = get_global_id(0);\n"
        "    for (int c = 0; c < w; c++) v[i * w + c] = t[(int)t[c]];\n"
        "    bins[i % 4]++;\n"
        "}\n",
        "k   1 dimension, split along x, cut at multiples of 64, no contraction\n"
        "  active   x < n\n"
        "  t        in     all  declared\n"
        "           extent n*2\n"
        "           reads   t[t3], t3 = 0 .. w - 1\n"
        "           reads   t[?]\n"
        "  v        out    own(w)  declared\n"
        "           extent stride x active items\n"
        "           writes  v[w*x + t3], t3 = 0 .. w - 1\n"
        "  bins     sum    w + 1 results, indexes vary\n"
        "  w        scalar int\n"
        "  n        scalar int\n");
}

static const char rich[] =
    "typedef struct { float x; int k; } item;\n"
    "constant float w[3] = {1, 2, 3};\n"
    "float h(global const float *u, int k) { return u[k] * w[k % 3] + exp(u[k]); }\n"
    "kernel void a(global const float *u YK_LEN(n), global float *v, global item *t, global double *s YK_SUM(1),\n"
    "              global int *m YK_MAX(4), item one, int n)\n"
    "{\n"
    "    int i = get_global_id(0);\n"
    "    if (i >= n) return;\n"
    "    float sum = 0;\n"
    "    for (int j = -1; j < 2; j++) sum += h(u, clamp(i + j, 0, n - 1));\n"
    "    v[i] = sum; t[i].k = one.k;\n"
    "    s[0] += sum;\n"
    "    m[i & 3] = max(m[i & 3], i);\n"
    "}\n";

/* Allocation number `left` fails, and all after it. */
static bool fail_after(void *ctx, size_t bytes)
{
    size_t *left = ctx;
    (void)bytes;
    if (*left == 0) return false;
    --*left;
    return true;
}

static void test_memory(void **state)
{
    (void)state;
    bool done = false;
    for (size_t k = 0; !done && k < 20000; k += k < 400 ? 1 : 7) {
        size_t left = k;
        yki_result r;
        yki_alloc_set_hook(fail_after, &left);
        yk_status st = compile(&r, rich);
        yki_result_close(&r);
        yki_alloc_set_hook(NULL, NULL);
        done = st == YK_OK;
        if (!done) assert_int_equal(st, YK_E_NOMEM);
    }
    assert_true(done);
}

static void test_same_text(void **state)
{
    (void)state;
    yki_result a, b;
    assert_int_equal(compile(&a, rich), YK_OK);
    assert_int_equal(compile(&b, rich), YK_OK);
    assert_string_equal(yki_text_get(&a.source), yki_text_get(&b.source));
    assert_string_equal(yki_text_get(&a.header), yki_text_get(&b.header));
    assert_null(strstr(yki_text_get(&a.source), "k.cl"));
    yki_result_close(&a);
    yki_result_close(&b);
}

static void test_prefix(void **state)
{
    (void)state;
    yki_result r;
    yki_compile_opts o = {.front = {.path = "k.cl", .text = rich, .text_bytes = strlen(rich)},
                          .header = "k.yk.h",
                          .prefix = "d_"};
    assert_int_equal(yki_compile(&r, &o), YK_OK);
    assert_non_null(strstr(yki_text_get(&r.header), "extern const yk_kernel d_a_kernel;"));
    assert_non_null(strstr(yki_text_get(&r.header), "yk_status d_a_submit("));
    assert_non_null(strstr(yki_text_get(&r.header),
                           "yk_status d_a_submit_opts(yk_engine *yk_e, const yk_run_opts *yk_o, "
                           "yk_range yk_r"));
    assert_non_null(strstr(yki_text_get(&r.header), "struct d_a_args {"));
    assert_non_null(strstr(yki_text_get(&r.header), "d_item one"));
    yki_result_close(&r);
    o.prefix = "3x";
    assert_int_equal(yki_compile(&r, &o), YK_E_INVALID);
    yki_result_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown_index), cmocka_unit_test(test_unknown_length),
        cmocka_unit_test(test_contradiction), cmocka_unit_test(test_reductions),
        cmocka_unit_test(test_modes),         cmocka_unit_test(test_two_arrays),
        cmocka_unit_test(test_no_kernel),     cmocka_unit_test(test_explain_stencil),
        cmocka_unit_test(test_explain_whole), cmocka_unit_test(test_explain_annotated),
        cmocka_unit_test(test_memory),        cmocka_unit_test(test_same_text),
        cmocka_unit_test(test_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
