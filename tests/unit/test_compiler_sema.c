/* compiler: types and conversions of expressions, overloads of builtins, constants, and
 * who reads and writes what. */
#include "compile.h"
#include "compiler/front_int.h"

/* The tree of one expression among variables of every type; NULL: it is an error. */
static void expect(const char *text, const char *want)
{
    static const char before[] =
        "void f(char c, uchar uc, short s, ushort us, int i, uint u, long l, ulong ul, float x,"
        " double d, bool b, float *p, global const int *g) { float a[4]; int e; float z;\n(void)(";
    yki_text t = {0};
    yki_text_printf(&t, "%s%s); }", before, text);
    compiled c = compile(yki_text_get(&t));
    yki_text_free(&t);
    if (!want) {
        if (c.status != YK_E_BUILD) fail_msg("%s was accepted", text);
    } else {
        if (c.status != YK_OK) fail_msg("%s", yki_text_get(&c.diags));
        const char *got = strstr(yki_text_get(&c.tree), "(cast void 'void' ");
        assert_non_null(got);
        yki_text found = {0};
        yki_text_add_n(&found, got + 18, strcspn(got + 18, "\n") - 1);
        if (strcmp(yki_text_get(&found), want) != 0)
            fail_msg("%s: expected %s, got %s", text, want, yki_text_get(&found));
        yki_text_free(&found);
    }
    compiled_free(&c);
}

static void usual_conversions(void **state)
{
    (void)state;
    expect("c + uc", "(+ (to 'int' c) (to 'int' uc))");
    expect("i + u", "(+ (to 'uint' i) u)");
    expect("u + l", "(+ (to 'long' u) l)");
    expect("l + ul", "(+ (to 'ulong' l) ul)");
    expect("i * x", "(* (to 'float' i) x)");
    expect("x * 2.0", "(* (to 'double' x) 2)");
    expect("x * 2.0f", "(* x 2f)");
    expect("x / d", "(/ (to 'double' x) d)");
    expect("-c", "(- (to 'int' c))");
    expect("~us", "(~ (to 'int' us))");
    expect("!x", "(! x)");
    expect("s << l", "(<< (to 'int' s) l)");
    expect("ul >> c", "(>> ul (to 'int' c))");
    expect("i < u", "(< (to 'uint' i) u)");
    expect("x == i", "(== x (to 'float' i))");
    expect("b && x", "(&& b x)");
    expect("b ? c : x", "(?: b (to 'float' c) x)");
    expect("i, x", "(, i x)");
    expect("i = x", "(= i (to 'int' x))");
    expect("c += x", "(+=:float c x)");
    expect("c <<= l", "(<<=:int c l)");
    expect("b = 3", "(= b (to 'bool' 3))");
    expect("b = p", "(= b (to bool-ptr 'bool' p))");
    expect("(float)i / 3", "(/ (cast 'float' i) (to 'float' 3))");
    expect("true + M_PI_F", "(+ (to 'float' 1) 3.14159274f)");
    expect("INT_MIN", "(- (- 2147483647) 1)");
    expect("x % 2", NULL);
    expect("~x", NULL);
    expect("x & 1", NULL);
}

static void pointers(void **state)
{
    (void)state;
    expect("p + i", "(+ p i)");
    expect("i + p", "(+ p i)");
    expect("p - a", "(- p (to decay 'float *' a))");
    expect("p += 2", "(+=:float * p 2)");
    expect("2[p]", "([] p 2)");
    expect("*a", "(deref (to decay 'float *' a))");
    expect("&a[1]", "(addr ([] (to decay 'float *' a) 1))");
    expect("&a", "(addr a)");
    expect("p == 0", "(== p (to null 'float *' 0))");
    expect("NULL != g", "(!= (to null 'global const int *' (cast null 'void *' 0)) g)");
    expect("b ? p : a", "(?: b p (to decay 'float *' a))");
    expect("b ? p : 0", "(?: b p (to null 'float *' 0))");
    expect("(int *)p", "(cast pointer 'int *' p)");
    expect("(ulong)p", "(cast ptr-int 'ulong' p)");
    expect("*p++", "(deref (post++ p))");
    expect("sizeof(a) + sizeof a[0] + sizeof(int *)", "(+ (+ 16ul 4ul) 8ul)");
    expect("p + g", NULL);
    expect("p == g", NULL);
    expect("(int *)g", NULL);
    expect("(global int *)g", "(cast qualify 'global int *' g)");
    expect("*g = 1", NULL);
    expect("p * 2", NULL);
    expect("a = p", NULL);
    expect("b ? p : g", NULL);
    expect("(float *)x", NULL);
}

static void builtins(void **state)
{
    (void)state;
    expect("sqrt(2.0)", "(sqrt:double 2)");
    expect("sqrt(x)", "(sqrt:float x)");
    expect("sqrt(i)", "(sqrt:float (to 'float' i))");
    expect("pow(x, 2)", "(pow:float x (to 'float' 2))");
    expect("pow(x, 2.0)", "(pow:double (to 'double' x) 2)");
    expect("pown(d, 2)", "(pown:double d 2)");
    expect("ldexp(x, l)", "(ldexp:float x (to 'int' l))");
    expect("native_exp(d)", "(native_exp:float (to 'float' d))");
    expect("frexp(x, &e)", "(frexp:float x (addr e))");
    expect("sincos(x, &z)", "(sincos:float x (addr z))");
    expect("remquo(x, x, &e)", "(remquo:float x x (addr e))");
    expect("ilogb(d)", "(ilogb:int d)");
    expect("nan(u)", "(nan:float u)");
    expect("nan(ul)", "(nan:double ul)");
    expect("max(i, u)", "(max:uint (to 'uint' i) u)");
    expect("max(c, c)", "(max:char c c)");
    expect("max(c, i)", "(max:int (to 'int' c) i)");
    expect("max(x, 1)", "(max:float x (to 'float' 1))");
    expect("clamp(x, 0.0, 1.0)", "(clamp:double (to 'double' x) 0 1)");
    expect("clamp(uc, uc, uc)", "(clamp:uchar uc uc uc)");
    expect("abs(i)", "(abs:uint i)");
    expect("abs(c)", "(abs:uchar c)");
    expect("abs_diff(i, 3)", "(abs_diff:uint i 3)");
    expect("clz(us)", "(clz:ushort us)");
    expect("mad24(i, 2, 3)", "(mad24:int i 2 3)");
    expect("mul24(u, 2)", "(mul24:uint u (to 'uint' 2))");
    expect("upsample(s, us)", "(upsample:int s us)");
    expect("upsample(u, u)", "(upsample:ulong u u)");
    expect("isless(x, d)", "(isless:int (to 'double' x) d)");
    expect("select(x, x, i)", "(select:float x x i)");
    expect("select(d, d, i)", "(select:double d d (to 'long' i))");
    expect("bitselect(u, u, u)", "(bitselect:uint u u u)");
    expect("any(i)", "(any:int i)");
    expect("mix(x, x, 1)", "(mix:float x x (to 'float' 1))");
    expect("convert_uchar_sat_rte(x)", "(convert_uchar_sat_rte:uchar x)");
    expect("convert_double(i)", "(convert_double:double i)");
    expect("as_int(x)", "(as_int:int x)");
    expect("as_ulong(d)", "(as_ulong:ulong d)");
    expect("get_global_id(0)", "(get_global_id:ulong (to 'uint' 0))");
    expect("get_work_dim()", "(get_work_dim:uint)");
    expect("INFINITY", "inff");
    expect("FLT_EPSILON", "1.1920929e-07f");
    expect("as_int(d)", NULL);
    expect("abs(x)", NULL);
    expect("fabs(p)", NULL);
    expect("clamp(x, 0)", NULL);
    expect("convert_float_sat(i)", NULL);
    expect("convert_bool(i)", NULL);
}

/* Folded values, as array sizes show them. */
static void constants(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        {"1 + 2 * 3", 7},
        {"(1 << 5) | 1", 33},
        {"-7 / 2 + 10", 7},
        {"-7 % 3 + 10", 9},
        {"7 > 3 ? 11 : 1 / 0", 11},
        {"0 && 1 / 0 || 2", 1},
        {"!0 + ~-3", 3},
        {"(uchar)257", 1},
        {"(char)200 + 100", 44},
        {"2147483647 + 1 < 0 ? 5 : 6", 5},
        {"0u - 1 > 0 ? 3 : 4", 3},
        {"-1 < 0u ? 3 : 4", 4},
        {"sizeof(double) * 2", 16},
        {"(int)3.9", 3},
        {"(1L << 40) >> 38", 4},
        {"'A' - 60", 5},
        {"(bool)5 + 1", 2},
        {"5 ^ 1", 4},
        {"1 << 33", 2},
        {"A + B", 12},
    };
    (void)state;
    for (size_t i = 0; i < YKI_COUNT(cases); i++) {
        yki_text t = {0};
        char want[64];
        yki_text_printf(&t, "enum { A = 5, B = A + 2 }; void f(void) { char v[%s]; }",
                        cases[i].text);
        compiled c = compile(yki_text_get(&t));
        if (c.status != YK_OK) fail_msg("%s: %s", cases[i].text, yki_text_get(&c.diags));
        (void)snprintf(want, sizeof want, "'char[%lld]'", (long long)cases[i].value);
        if (!strstr(yki_text_get(&c.tree), want))
            fail_msg("%s: expected %s in %s", cases[i].text, want, yki_text_get(&c.tree));
        compiled_free(&c);
        yki_text_free(&t);
    }
}

static void warnings(void **state)
{
    (void)state;
    compiled c = compile("int f(int n) { return n / 0 + (n << 33); }");
    assert_int_equal(c.status, YK_OK);
    assert_non_null(strstr(yki_text_get(&c.diags), "warning: division by zero"));
    assert_non_null(strstr(yki_text_get(&c.diags), "warning: a shift by 33"));
    compiled_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_conversions), cmocka_unit_test(pointers), cmocka_unit_test(builtins),
        cmocka_unit_test(constants), cmocka_unit_test(warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
