/* compiler: kernel files to trees: every statement and declaration form, and a corpus of
 * kernels as people write them for GPUs, all of which must be accepted without a word. */
#include "compile.h"

static void expect_tree(const char *text, const char *want)
{
    compiled c = compile(text);
    if (c.status != YK_OK) fail_msg("%s", yki_text_get(&c.diags));
    assert_string_equal(yki_text_get(&c.tree), want);
    compiled_free(&c);
}

static void check_accept(const char *dir, const char *name)
{
    char path[1200];
    size_t n;
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    char *text = read_text(path, &n);
    compiled c = compile_n(name, text, n);
    if (c.status != YK_OK || c.diags.len) fail_msg("%s: %s", name, yki_text_get(&c.diags));
    assert_null(strstr(yki_text_get(&c.tree), "poison"));
    assert_non_null(strstr(yki_text_get(&c.tree), "kernel "));
    compiled_free(&c);
    free(text);
}

static void corpus(void **state)
{
    (void)state;
    assert_true(each_kernel("accept", check_accept) >= 20);
}

static void empty_files(void **state)
{
    (void)state;
    expect_tree("", "");
    expect_tree(";;\n/* nothing */\n", "");
    expect_tree("typedef int number; enum { A }; int f(int); struct later;", "");
}

static void statements(void **state)
{
    (void)state;
    expect_tree("void f(int n) {\n"
                "  for (int i = 0, j = 1; i < n; i++, j--) if (i) continue; else break;\n"
                "  for (;;) ;\n"
                "  while (n) { n--; }\n"
                "  do n++; while (n < 3);\n"
                "  { int n = 2; }\n"
                "  return;\n"
                "}",
                "function f 'void'\n"
                "  param n 'int' r5 w2\n"
                "  block\n"
                "    for (< i n) step (, (post++ i) (post-- j))\n"
                "      init\n"
                "        var i 'int' r3 w1 = 0\n"
                "        var j 'int' r1 w1 = 1\n"
                "      if i\n"
                "        continue\n"
                "        else\n"
                "          break\n"
                "    for\n"
                "      empty\n"
                "    while n\n"
                "      block\n"
                "        expr (post-- n)\n"
                "    do (< n 3)\n"
                "      expr (post++ n)\n"
                "    block\n"
                "      var n 'int' r0 w0 = 2\n"
                "    return\n");
}

static void switches(void **state)
{
    (void)state;
    expect_tree("enum e { A = 2, B };\n"
                "int f(uchar n) {\n"
                "  switch (n) { case A: case B + 1: return 1; default: break; case -1: ; }\n"
                "  return 'a';\n"
                "}",
                "function f 'int'\n"
                "  param n 'uchar' r1 w0\n"
                "  block\n"
                "    switch (to 'int' n)\n"
                "      block\n"
                "        case 2\n"
                "        case 4\n"
                "        return 1\n"
                "        default\n"
                "        break\n"
                "        case -1\n"
                "        empty\n"
                "    return 97\n");
}

static void records(void **state)
{
    (void)state;
    expect_tree("typedef struct { char c; double d; short s[3]; } mixed;\n"
                "struct __attribute__((packed)) tight { char c; int i; };\n"
                "union u { char c[6]; int i; };\n"
                "struct node { mixed m; struct { float a, b; } in; union u u; };\n"
                "float f(const struct node *n, struct node v) { v.in.a = n->m.s[1]; return v.u.i + "
                "n->in.b; }",
                "mixed size 24 align 8\n"
                "  c 'char' at 0\n"
                "  d 'double' at 8\n"
                "  s 'short[3]' at 16\n"
                "struct tight size 5 align 1\n"
                "  c 'char' at 0\n"
                "  i 'int' at 1\n"
                "union u size 8 align 4\n"
                "  c 'char[6]' at 0\n"
                "  i 'int' at 0\n"
                "struct size 8 align 4\n"
                "  a 'float' at 0\n"
                "  b 'float' at 4\n"
                "struct node size 40 align 8\n"
                "  m 'mixed' at 0\n"
                "  in 'struct' at 24\n"
                "  u 'union u' at 32\n"
                "function f 'float' fp64\n"
                "  param n 'const struct node *' r2 w0\n"
                "  param v 'struct node' r1 w1\n"
                "  block\n"
                "    expr (= (.a (.in v)) (to 'float' ([] (to decay 'const short *' (.s (.m (deref "
                "n)))) 1)))\n"
                "    return (+ (to 'float' (.i (.u v))) (.b (.in (deref n))))\n");
}

static void declarators(void **state)
{
    (void)state;
    expect_tree(
        "void f(global float (*rows)[4], int a[], const int *const *b, int m[2][3], unsigned u,\n"
        "       long int li, short unsigned int su, uchar const volatile c)\n"
        "{ float x[2][3], (y), *p = x[1], *q[2], (*r)[3] = x; }",
        "function f 'void'\n"
        "  param rows 'global float (*)[4]' r0 w0\n"
        "  param a 'int *' r0 w0\n"
        "  param b 'const int * const*' r0 w0\n"
        "  param m 'int (*)[3]' r0 w0\n"
        "  param u 'uint' r0 w0\n"
        "  param li 'long' r0 w0\n"
        "  param su 'ushort' r0 w0\n"
        "  param c 'const volatile uchar' r0 w0\n"
        "  block\n"
        "    var x 'float[2][3]' r0 w0 &\n"
        "    var y 'float' r0 w0\n"
        "    var p 'float *' r0 w0 = (to decay 'float *' ([] (to decay 'float (*)[3]' x) 1))\n"
        "    var q 'float *[2]' r0 w0\n"
        "    var r 'float (*)[3]' r0 w0 = (to decay 'float (*)[3]' x)\n");
}

static void initialisers(void **state)
{
    (void)state;
    expect_tree(
        "struct p { int a[2]; float f; };\n"
        "constant int open[] = {1, 2, [4] = 5, 6};\n"
        "constant struct p ps[2] = {{{1}, 2}, 3, 4, 5};\n"
        "constant float m[2][2] = {1, 2, 3};\n"
        "constant int s = {7};\n"
        "void f(void) { struct p v = {.f = 1, .a = {2, 3}}, w = v; v = (struct p){{1, 2}, 3}; }",
        "struct p size 12 align 4\n"
        "  a 'int[2]' at 0\n"
        "  f 'float' at 8\n"
        "constant open 'constant int[6]' r0 w0 = (init 1 2 _ _ 5 6)\n"
        "constant ps 'constant struct p[2]' r0 w0 = (init (init (init 1) (to 'float' 2)) "
        "(init (init 3 4) (to 'float' 5)))\n"
        "constant m 'constant float[2][2]' r0 w0 = (init (init (to 'float' 1) (to 'float' 2)) "
        "(init (to 'float' 3)))\n"
        "constant s 'constant int' r0 w0 = 7\n"
        "function f 'void'\n"
        "  block\n"
        "    var v 'struct p' r1 w1 = (init (init 2 3) (to 'float' 1))\n"
        "    var w 'struct p' r0 w0 = v\n"
        "    expr (= v (compound (init (init 1 2) (to 'float' 3))))\n");
}

static void kernels(void **state)
{
    (void)state;
    expect_tree(
        "#pragma OPENCL FP_CONTRACT OFF\n"
        "__kernel __attribute__((reqd_work_group_size(8, 4, 1)))\n"
        "void k(__global const float *restrict a YK_LEN(n * n) YK_HALO(r + 1), __global float *b "
        "YK_OUT,\n"
        "       global int *s YK_SUM(2), global int *w YK_WINDOW(2, -1, r ? 3 : sizeof(int)),\n"
        "       global int *x YK_BOX(1, 2, 3, 4, 5), constant int *c YK_ALL, int n, uchar r)\n"
        "  YK_ITEMS(n, 2 * n) __attribute__((vec_type_hint(float4)))\n"
        "{\n#pragma OPENCL FP_CONTRACT ON\n b[0] = a[0]; }\n"
        "kernel void l(void) { }",
        "kernel k 'void' contract-on group 8 4 1 items((to 'long' n), (* 2l (to 'long' n)))\n"
        "  param a 'global const float * restrict' r1 w0 halo((+ (to 'long' r) 1l)) "
        "len((* (to 'long' n) (to 'long' n)))\n"
        "  param b 'global float *' r1 w0 out()\n"
        "  param s 'global int *' r0 w0 sum(2l)\n"
        "  param w 'global int *' r0 w0 window(2l, (- 1l), (?: (to 'long' r) 3l 4l))\n"
        "  param x 'global int *' r0 w0 box(1l, 2l, 3l, 4l, 5l)\n"
        "  param c 'constant int *' r0 w0 all()\n"
        "  param n 'int' r0 w0\n"
        "  param r 'uchar' r0 w0\n"
        "  block\n"
        "    empty\n"
        "    expr (= ([] b 0) ([] a 0))\n"
        "kernel l 'void' contract-off\n"
        "  block\n");
}

static void whole_program(void **state)
{
    (void)state;
    expect_tree("double late(int);\n"
                "int other(void) { return get_local_id(0); }\n"
                "kernel void k(global float *y) { int a = 1, b[2]; b[a] = late(a) + other(); a += "
                "b[0]; int *p = &a; }\n"
                "double late(int x) { return x; }",
                "function other 'int' ids 0x20\n"
                "  block\n"
                "    return (to 'int' (get_local_id:ulong (to 'uint' 0)))\n"
                "kernel k 'void' fp64 ids 0x20\n"
                "  param y 'global float *' r0 w0\n"
                "  block\n"
                "    var a 'int' r3 w1 & = 1\n"
                "    var b 'int[2]' r1 w1\n"
                "    expr (= ([] (to decay 'int *' b) a) (to 'int' (+ (late:double a) (to 'double' "
                "(other:int)))))\n"
                "    expr (+=:int a ([] (to decay 'int *' b) 0))\n"
                "    var p 'int *' r0 w0 = (addr a)\n"
                "function late 'double' fp64\n"
                "  param x 'int' r1 w0\n"
                "  block\n"
                "    return (to 'double' x)\n");
}

/* A literal that is a float in the end is one: the kernel needs no doubles for it. */
static void double_literals(void **state)
{
    (void)state;
    expect_tree("float f(void) { float s = 0.1, t = -1.0; s = -(-2.5); return 0x1p-200; }",
                "function f 'float'\n"
                "  block\n"
                "    var s 'float' r0 w1 = 0.100000001f\n"
                "    var t 'float' r0 w0 = -1f\n"
                "    expr (= s 2.5f)\n"
                "    return 0f\n");
    expect_tree("float f(float x) { return x * 0.5; }",
                "function f 'float' fp64\n"
                "  param x 'float' r1 w0\n"
                "  block\n"
                "    return (to 'float' (* (to 'double' x) 0.5))\n");
}

/* Scopes nested as deep as statements may be: names stay apart. */
static void deep_scopes(void **state)
{
    yki_text t = {0};
    (void)state;
    yki_text_add(&t, "int f(int n) {");
    for (int i = 0; i < 60; i++)
        yki_text_add(&t, "for (int n = 0; n < 1; n++) { if (n) { int n; n = 1; ");
    for (int i = 0; i < 60; i++) yki_text_add(&t, "} }");
    yki_text_add(&t, "return n; }");
    compiled c = compile(yki_text_get(&t));
    if (c.status != YK_OK) fail_msg("%s", yki_text_get(&c.diags));
    assert_non_null(strstr(yki_text_get(&c.tree), "param n 'int' r1 w0\n"));
    compiled_free(&c);
    yki_text_free(&t);
}

static void misuse(void **state)
{
    yki_unit *u = NULL;
    (void)state;
    assert_int_equal(yki_unit_open(&u), YK_OK);
    assert_int_equal(yki_front_run(u, &(yki_front_opts){0}), YK_E_INVALID);
    assert_int_equal(yki_front_run(u, &(yki_front_opts){.path = "/nowhere/at.all"}), YK_E_IO);
    assert_null(yki_unit_program(u));
    assert_int_equal(yki_diags_errors(yki_unit_diags(u)), 1);
    assert_int_equal(yki_front_run(u, &(yki_front_opts){.path = "x", .text = "", .text_bytes = 0}),
                     YK_E_INVALID);
    yki_unit_close(&u);
    assert_null(u);
    yki_unit_close(&u);
    yki_unit_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus), cmocka_unit_test(empty_files), cmocka_unit_test(statements),
        cmocka_unit_test(switches), cmocka_unit_test(records), cmocka_unit_test(declarators),
        cmocka_unit_test(initialisers), cmocka_unit_test(kernels), cmocka_unit_test(whole_program),
        cmocka_unit_test(double_literals), cmocka_unit_test(deep_scopes), cmocka_unit_test(misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
