/* compiler: the preprocessor: expansion as the C standard's examples have it, conditions,
 * includes, pragmas, the command line. */
#include <sys/stat.h>
#include <unistd.h>

#include "compile.h"
#include "compiler/front_int.h"

static char folder[256];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/yoke-pp-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static void in_folder(char *path, size_t n, const char *name)
{
    (void)snprintf(path, n, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *text)
{
    char path[512];
    in_folder(path, sizeof path, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"main.cl", "a.h", "guard.h", "once.h", "self.h", "sub/b.h",
                                        "sub/c.h", "sub"};
    char path[512];
    (void)state;
    for (size_t i = 0; i < YKI_COUNT(names); i++) {
        in_folder(path, sizeof path, names[i]);
        if (unlink(path) != 0) (void)rmdir(path);
    }
    return rmdir(folder);
}

/* Tokens after preprocessing, spelled with the blanks that they had; "!" and the first
 * message where there were errors. */
static char *preprocess(yki_front_opts o)
{
    yki_unit *u = NULL;
    yki_text out = {0};
    yki_message m;
    assert_int_equal(yki_unit_open(&u), YK_OK);
    yk_status st = yki_preprocess(u, &o);
    if (st != YK_OK || yki_diags_errors(yki_unit_diags(u))) {
        assert_true(yki_diags_get(yki_unit_diags(u), 0, &m));
        yki_text_printf(&out, "!%s", m.text);
    } else {
        for (size_t i = 0; i + 1 < u->token_count; i++) {
            const yki_token *t = &u->tokens[i];
            if (i && (t->space || t->bol)) yki_text_add(&out, " ");
            yki_text_add_n(&out, t->text, t->len);
            if (t->kind == YKI_TK_CONTRACT) yki_text_printf(&out, "%u", t->id);
        }
    }
    yki_unit_close(&u);
    char *copy = strdup(yki_text_get(&out));
    yki_text_free(&out);
    assert_non_null(copy);
    return copy;
}

static void expect(const char *text, const char *want)
{
    char *got =
        preprocess((yki_front_opts){.path = "t.cl", .text = text, .text_bytes = strlen(text)});
    assert_string_equal(got, want);
    free(got);
}

static void objects(void **state)
{
    (void)state;
    expect("#define N 4\nN+N", "4+4");
    expect("#define A B\n#define B A\nA B", "A B");
    expect("#define A A + 1\nA", "A + 1");
    expect("#define E\nx E y", "x y");
    expect("#define N 1\n#undef N\nN", "N");
    expect("#define x (4 + y)\n#define y (2 * x)\nx; y;", "(4 + (2 * x)); (2 * (4 + y));");
    expect("a # b", "a # b");
    expect("__LINE__\n__LINE__ __FILE__", "1 2 \"t.cl\"");
    expect("__OPENCL_VERSION__ __OPENCL_C_VERSION__ __YOKEC__ CHAR_BIT true", "120 120 1 8 1");
}

static void functions(void **state)
{
    (void)state;
    expect("#define F(x) [x]\nF(1) F (2) F", "[1] [2] F");
    expect("#define F(x) [x]\nF((1,2))", "[(1,2)]");
    expect("#define F() z\nF() F( )", "z z");
    expect("#define F(x,y) x|y\nF(,) F(a,)", "| a|");
    expect("#define F(x) x\n#define G F(\nG 3)", "3");
    expect("#define F(x) x F\nF(1)(2)", "1 F(2)");
    expect("#define F(a,...) a:__VA_ARGS__;\nF(1) F(1,2,3)", "1:; 1:2,3;");
    expect("#define F(a,...) f(a, ##__VA_ARGS__)\nF(1) F(1,2,3)", "f(1) f(1,2,3)");
    expect("#define S(x) #x\nS( a  \"b\\n\" 'c' )", "\"a \\\"b\\\\n\\\" 'c'\"");
    expect("#define C(a,b) a##b\nC(x,1) C(,y) C(z,) C(<,<)", "x1 y z <<");
    expect("#define C(a,b) a##b\n#define D(a,b) C(a,b)\n#define N 7\nC(N,1) D(N,1)", "N1 71");
    expect("#define F(x)\\\n  x\\\n  + 1\nF(2)", "2 + 1");
    expect("#define F(x) x\nF(\n1\n)", "1");
}

/* C11 6.10.3.5, example 3. */
static void standard_example(void **state)
{
    (void)state;
    expect("#define x 3\n#define f(a) f(x * (a))\n#undef x\n#define x 2\n#define g f\n"
           "#define z z[0]\n#define h g(~\n#define m(a) a(w)\n#define w 0,1\n#define t(a) a\n"
           "#define p() int\n#define q(x) x\n#define r(x,y) x ## y\n#define str(x) # x\n"
           "f(y+1) + f(f(z)) % t(t(g)(0) + t)(1);\n"
           "g(x+(3,4)-w) | h 5) & m\n(f)^m(m);\n"
           "p() i[q()] = { q(1), r(2,3), r(4,), r(,5), r(,) };",
           "f(2 * (y+1)) + f(2 * (f(2 * (z[0])))) % f(2 * (0)) + t(1); "
           "f(2 * (2+(3,4)-0,1)) | f(2 * (~ 5)) & f(2 * (0,1))^m(0,1); "
           "int i[] = { 1, 23, 4, 5, };");
}

static void conditions(void **state)
{
    (void)state;
    expect("#if 1\na\n#else\nb\n#endif", "a");
    expect("#if 0\na\n#elif 1\nb\n#elif 1\nc\n#else\nd\n#endif", "b");
    expect("#ifdef X\na\n#else\nb\n#endif\n#ifndef X\nc\n#endif", "b c");
    expect("#if 0\n#if 1\na\n#else\n#error no\n#endif\n'\n#else\nb\n#endif", "b");
    expect("#if 1\na\n#elif 1 / 0\nb\n#endif", "a");
    expect(
        "#define N 3\n#if N * 2 == 6 && defined(N) && !defined M && (N > 2 ? 1 : 1/0)\na\n#endif",
        "a");
    expect("#if -1 > 0u\na\n#endif\n#if -1 < 0\nb\n#endif", "a b");
    expect("#if 0 && 1/0 || 1 | 0\na\n#endif", "a");
    expect("#if (1 << 4) - 6 % 4 == 14 && ~0 == -1 && 'a' == 97 && 7 >> 1 == 3\na\n#endif", "a");
    expect("#if unknown\na\n#else\nb\n#endif", "b");
    expect("#ifdef YK_OUT\na\n#endif\n#if defined(YK_BOX)\nb\n#endif", "a b");
    expect("#define YK_OUT nothing\nYK_OUT", "YK_OUT");
    expect("#if 1\na", "!this #if has no #endif");
    expect("#endif", "!#endif without #if");
    expect("#if 1\n#else\n#else\n#endif", "!#else after #else");
    expect("#if 1 2\n#endif", "!unexpected text in this #if");
    expect("#if (1\n#endif", "!expected ')' in this #if");
    expect("#if 1.5\n#endif", "!only whole numbers can stand in this #if");
}

static void pragmas(void **state)
{
    (void)state;
    expect("#pragma OPENCL FP_CONTRACT OFF\na\n#pragma OPENCL FP_CONTRACT ON\nb\n"
           "#pragma OPENCL FP_CONTRACT DEFAULT", "#pragma2 a #pragma1 b #pragma0");
    expect("#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n#pragma unroll\n#line 7 \"x\"\na", "a");
}

static void includes(void **state)
{
    char path[512], dir[512], sub[512];
    (void)state;
    in_folder(path, sizeof path, "main.cl");
    in_folder(sub, sizeof sub, "sub");
    (void)snprintf(dir, sizeof dir, "%s", sub);
    assert_int_equal(mkdir(sub, 0700), 0);
    write_file("main.cl", "#include \"a.h\"\n#include <b.h>\n#define P \"guard.h\"\n#include P\n"
                          "#include \"guard.h\"\n#include \"once.h\"\n#include \"once.h\"\nend\n");
    write_file("a.h", "a __LINE__");
    write_file("guard.h", "#ifndef G\n#define G\ng\n#endif\n");
    write_file("once.h", "#pragma once\no\n");
    write_file("sub/b.h", "#include \"c.h\"\nb");
    write_file("sub/c.h", "c");
    write_file("self.h", "#include \"self.h\"\n");
    const char *const dirs[] = {dir};
    char *got =
        preprocess((yki_front_opts){.path = path, .include_dirs = dirs, .include_count = 1});
    assert_string_equal(got, "a 1 c b g o end");
    free(got);
    got = preprocess((yki_front_opts){.path = path});
    assert_string_equal(got, "!cannot find 'b.h'");
    free(got);
    in_folder(path, sizeof path, "self.h");
    got = preprocess((yki_front_opts){.path = path});
    assert_string_equal(got, "!includes are nested deeper than 64");
    free(got);
    got = preprocess((yki_front_opts){.path = sub});
    assert_non_null(strstr(got, "cannot read"));
    free(got);
}

static void command_line(void **state)
{
    static const yki_define defines[] = {
        {false, "REAL=double"}, {false, "FLAG"}, {false, "ADD(a,b)=((a)+(b))"}, {false, "GONE=1"},
        {true, "GONE"}, {false, "EMPTY="}};
    static const char text[] = "REAL FLAG ADD(1,2) GONE EMPTY;";
    (void)state;
    char *got = preprocess((yki_front_opts){.path = "t.cl",
                                            .text = text,
                                            .text_bytes = sizeof text - 1,
                                            .defines = defines,
                                            .define_count = YKI_COUNT(defines)});
    assert_string_equal(got, "double 1 ((1)+(2)) GONE;");
    free(got);
}

static void bombs(void **state)
{
    yki_text t = {0};
    (void)state;
    yki_text_add(&t, "#define a0 x x\n");
    for (int i = 1; i < 40; i++) yki_text_printf(&t, "#define a%d a%d a%d\n", i, i - 1, i - 1);
    yki_text_add(&t, "a39\n");
    expect(yki_text_get(&t), "!macros and includes grow beyond 2000000 tokens");
    t.len = 0;
    yki_text_add(&t, "#define f(x) x\n");
    for (int i = 0; i < 1000; i++) yki_text_add(&t, "f(");
    for (int i = 0; i < 1000; i++) yki_text_add(&t, ")");
    expect(yki_text_get(&t), "!macro calls are nested deeper than 128");
    yki_text_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects), cmocka_unit_test(functions), cmocka_unit_test(standard_example),
        cmocka_unit_test(conditions), cmocka_unit_test(pragmas), cmocka_unit_test(includes),
        cmocka_unit_test(command_line), cmocka_unit_test(bombs),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
