/* builtin_host: OpenCL C's builtin functions in C, of which a host file gets those it
 * uses.
 *
 * Maths comes from libm; where glibc has vector versions (libmvec), they are declared so
 * that gcc calls them from vectorised loops without any value-changing option.  The
 * rest is written here as templates that the C compiler can vectorise: selects rather
 * than branches.  Meanings are those of OpenCL 1.2, section 6.12.  Called by
 * emit_expr.c (what is used) and emit_source.c (what to write). */
#include "compiler/emit.h"

#include <string.h>

/* Letters of a template.  %T the type, %U and %S its unsigned and signed integer, %W an
 * integer of twice its size, %s its suffix, %f "f" for float, %b its bits, %h half of
 * them less one, %x %n its largest and smallest value, %m %I %N the bits of a float's
 * magnitude, of infinity and of the smallest normal.
 * Shapes: result:parameters by letter, the parameters called a, b, c; P pointer to T,
 * Q pointer to int, i int, L a 64-bit integer. */
typedef struct row {
    const char *name;
    char kinds;         /* f: float and double, i: integers, a: both */
    const char *shape;
    const char *needs;  /* other rows of the same type; "name/" of double */
    const char *body;   /* NULL: a libm function */
    int vector;         /* libm: 1 in libmvec since glibc 2.22, 2 since 2.35 */
} row;

#define LIBM(name, shape, vector) {#name, 'f', shape, "", NULL, vector}

static const row rows[] = {
    LIBM(exp, "T:T", 1),
    LIBM(log, "T:T", 1),
    LIBM(sin, "T:T", 1),
    LIBM(cos, "T:T", 1),
    LIBM(pow, "T:TT", 1),
    LIBM(acos, "T:T", 2),
    LIBM(acosh, "T:T", 2),
    LIBM(asin, "T:T", 2),
    LIBM(asinh, "T:T", 2),
    LIBM(atan, "T:T", 2),
    LIBM(atanh, "T:T", 2),
    LIBM(cbrt, "T:T", 2),
    LIBM(cosh, "T:T", 2),
    LIBM(erf, "T:T", 2),
    LIBM(erfc, "T:T", 2),
    LIBM(exp10, "T:T", 2),
    LIBM(exp2, "T:T", 2),
    LIBM(expm1, "T:T", 2),
    LIBM(log10, "T:T", 2),
    LIBM(log1p, "T:T", 2),
    LIBM(log2, "T:T", 2),
    LIBM(sinh, "T:T", 2),
    LIBM(tan, "T:T", 2),
    LIBM(tanh, "T:T", 2),
    LIBM(atan2, "T:TT", 2),
    LIBM(hypot, "T:TT", 2),
    LIBM(lgamma, "T:T", 0),
    LIBM(tgamma, "T:T", 0),
    LIBM(logb, "T:T", 0),
    LIBM(fmod, "T:TT", 0),
    LIBM(remainder, "T:TT", 0),
    LIBM(nextafter, "T:TT", 0),
    LIBM(ldexp, "T:Ti", 0),
    LIBM(ilogb, "i:T", 0),
    LIBM(sqrt, "T:T", 0),
    LIBM(floor, "T:T", 0),
    LIBM(ceil, "T:T", 0),
    LIBM(trunc, "T:T", 0),
    LIBM(rint, "T:T", 0),
    LIBM(round, "T:T", 0),
    LIBM(fma, "T:TTT", 0),
    {"lgamma_r", 'f', "T:TQ", "",
     "extern %T yk_m_lgamma_r_%s(%T, int *) __asm__(\"lgamma%f_r\");\n"
     "    int s; %T r = yk_m_lgamma_r_%s(a, &s); *b = s; return r;",
     0},
    {"frexp", 'f', "T:TQ", "",
     "extern %T yk_m_frexp_%s(%T, int *) __asm__(\"frexp%f\");\n"
     "    int s; %T r = yk_m_frexp_%s(a, &s); *b = s; return r;",
     0},
    {"remquo", 'f', "T:TTQ", "",
     "extern %T yk_m_remquo_%s(%T, %T, int *) __asm__(\"remquo%f\");\n"
     "    int s; %T r = yk_m_remquo_%s(a, b, &s); *c = s; return r;",
     0},
    {"modf", 'f', "T:TP", "",
     "extern %T yk_m_modf_%s(%T, %T *) __asm__(\"modf%f\");\n"
     "    %T s, r = yk_m_modf_%s(a, &s); *b = s; return r;",
     0},
    {"fabs", 'f', "T:T", "", "return __builtin_fabs%f(a);", 0},
    {"copysign", 'f', "T:TT", "", "return __builtin_copysign%f(a, b);", 0},
    {"acospi", 'f', "T:T", "acos", "return (%T)(yk_acos_%s(a) * (%T)0.31830988618379067154);", 0},
    {"asinpi", 'f', "T:T", "asin", "return (%T)(yk_asin_%s(a) * (%T)0.31830988618379067154);", 0},
    {"atanpi", 'f', "T:T", "atan", "return (%T)(yk_atan_%s(a) * (%T)0.31830988618379067154);", 0},
    {"atan2pi", 'f', "T:TT", "atan2",
     "return (%T)(yk_atan2_%s(a, b) * (%T)0.31830988618379067154);", 0},
    {"bits", 'f', "U:T", "", "union { %T v; %U u; } x = {a}; return x.u;", 0},
    {"value", 'f', "T:U", "", "union { %U u; %T v; } x = {a}; return x.v;", 0},
    {"sinpi", 'f', "T:T", "sin cos fmod",
     "%T x = yk_fmod_%s(a, (%T)2), r = __builtin_fabs%f(x), s = x < 0 ? (%T)-1 : (%T)1;\n"
     "    if (r > 1) { r -= 1; s = -s; }\n    if (r > (%T)0.5) r = 1 - r;\n"
     "    if (r == 0) return __builtin_copysign%f((%T)0, a);\n"
     "    return r <= (%T)0.25 ? s * yk_sin_%s((%T)3.14159265358979323846 * r)"
     " : s * yk_cos_%s((%T)3.14159265358979323846 * ((%T)0.5 - r));",
     0},
    {"cospi", 'f', "T:T", "sin cos fmod",
     "%T r = __builtin_fabs%f(yk_fmod_%s(a, (%T)2)), s = 1;\n"
     "    if (r > 1) r = 2 - r;\n    if (r > (%T)0.5) { r = 1 - r; s = -1; }\n"
     "    return r < (%T)0.25 ? s * yk_cos_%s((%T)3.14159265358979323846 * r)"
     " : s * yk_sin_%s((%T)3.14159265358979323846 * ((%T)0.5 - r)) + (%T)0;",
     0},
    {"tanpi", 'f', "T:T", "sinpi cospi", "return yk_sinpi_%s(a) / yk_cospi_%s(a);", 0},
    {"rsqrt", 'f', "T:T", "sqrt", "return 1 / yk_sqrt_%s(a);", 0},
    {"recip", 'f', "T:T", "", "return 1 / a;", 0},
    {"divide", 'f', "T:TT", "", "return a / b;", 0},
    {"mad", 'f', "T:TTT", "", "return a * b + c;", 0},
    {"fdim", 'f', "T:TT", "", "return a != a ? a : b != b ? b : a > b ? a - b : (%T)0;", 0},
    {"fmax", 'f', "T:TT", "", "return b != b ? a : a < b ? b : a != a ? b : a;", 0},
    {"fmin", 'f', "T:TT", "", "return b != b ? a : b < a ? b : a != a ? b : a;", 0},
    {"maxmag", 'f', "T:TT", "fmax fabs",
     "%T x = yk_fabs_%s(a), y = yk_fabs_%s(b); return x > y ? a : y > x ? b : yk_fmax_%s(a, b);",
     0},
    {"minmag", 'f', "T:TT", "fmin fabs",
     "%T x = yk_fabs_%s(a), y = yk_fabs_%s(b); return x < y ? a : y < x ? b : yk_fmin_%s(a, b);",
     0},
    {"powr", 'f', "T:TT", "pow",
     "%T r = yk_pow_%s(a, b);\n    int bad = a < 0 || a != a || b != b || (b == 0 && (a == 0 || a > %x)) ||"
     " (a == 1 && (b > %x || b < -%x));\n    return bad ? __builtin_nan%f(\"\") : __builtin_fabs%f(r);",
     0},
    {"pown", 'f', "T:Ti", "pow/", "return (%T)yk_pow_f64((double)a, (double)b);", 0},
    {"rootn", 'f', "T:Ti", "pow/ fabs",
     "double r = yk_pow_f64((double)yk_fabs_%s(a), 1.0 / (double)b);\n"
     "    if (b == 0 || (a < 0 && !(b & 1))) return __builtin_nan%f(\"\");\n"
     "    return (%T)((b & 1) ? __builtin_copysign(r, (double)a) : r);",
     0},
    {"nan", 'f', "T:U", "", "(void)a; return __builtin_nan%f(\"\");", 0},
    {"fract", 'f', "T:TP", "floor fmin",
     "%T w = yk_floor_%s(a); *b = w;\n    if (a - a != a - a) return a != a ? a : __builtin_copysign%f((%T)0, a);\n"
     "    return yk_fmin_%s(a - w, 1 - %e);",
     0},
    {"sincos", 'f', "T:TP", "sin cos", "*b = yk_cos_%s(a); return yk_sin_%s(a);", 0},
    {"degrees", 'f', "T:T", "", "return (%T)57.295779513082320877 * a;", 0},
    {"radians", 'f', "T:T", "", "return (%T)0.017453292519943295769 * a;", 0},
    {"sign", 'f', "T:T", "", "return a > 0 ? (%T)1 : a < 0 ? (%T)-1 : a == 0 ? a : (%T)0;", 0},
    {"step", 'f', "T:TT", "", "return b < a ? (%T)0 : (%T)1;", 0},
    {"mix", 'f', "T:TTT", "", "return a + (b - a) * c;", 0},
    {"smoothstep", 'f', "T:TTT", "",
     "%T t = (c - a) / (b - a); t = t < 0 ? (%T)0 : t > 1 ? (%T)1 : t; return t * t * (3 - 2 * t);",
     0},
    {"clamp", 'f', "T:TTT", "", "a = a < b ? b : a; return c < a ? c : a;", 0},
    {"max", 'f', "T:TT", "", "return a < b ? b : a;", 0},
    {"min", 'f', "T:TT", "", "return b < a ? b : a;", 0},
    {"clamp", 'i', "T:TTT", "", "a = a < b ? b : a; return c < a ? c : a;", 0},
    {"max", 'i', "T:TT", "", "return a < b ? b : a;", 0},
    {"min", 'i', "T:TT", "", "return b < a ? b : a;", 0},
    {"abs", 'i', "U:T", "", "return a < 0 ? (%U)(0 - (%U)a) : (%U)a;", 0},
    {"abs_diff", 'i', "U:TT", "", "return a < b ? (%U)((%U)b - (%U)a) : (%U)((%U)a - (%U)b);", 0},
    {"add_sat", 'i', "T:TT", "",
     "%T r; return __builtin_add_overflow(a, b, &r) ? (b < 0 ? %n : %x) : r;", 0},
    {"sub_sat", 'i', "T:TT", "",
     "%T r; return __builtin_sub_overflow(a, b, &r) ? (%i ? (b < 0 ? %x : %n) : 0) : r;", 0},
    {"hadd", 'i', "T:TT", "", "return (%T)((a >> 1) + (b >> 1) + (a & b & 1));", 0},
    {"rhadd", 'i', "T:TT", "", "return (%T)((a >> 1) + (b >> 1) + ((a | b) & 1));", 0},
    {"clz", 'i', "T:T", "",
     "%U u = (%U)a; return (%T)(u ? __builtin_clzll((unsigned long long)u) - (64 - %b) : %b);", 0},
    {"popcount", 'i', "T:T", "", "return (%T)__builtin_popcountll((unsigned long long)(%U)a);", 0},
    {"mul_hi", 'i', "T:TT", "", "return (%T)(((%W)a * (%W)b) >> %b);", 0},
    {"mad_hi", 'i', "T:TTT", "mul_hi", "return (%T)((%U)yk_mul_hi_%s(a, b) + (%U)c);", 0},
    {"mad_sat", 'i', "T:TTT", "",
     "yk_wide r = (yk_wide)a * b + c; return r > %x ? %x : r < %n ? %n : (%T)r;", 0},
    {"rotate", 'i', "T:TT", "",
     "unsigned n = (unsigned)b & (%b - 1); %U u = (%U)a;\n"
     "    return (%T)(%U)((u << n) | (u >> ((%b - n) & (%b - 1))));",
     0},
    {"upsample", 'i', "W:TU", "", "return (%W)((%W)a * ((%W)1 << %b) | (%W)b);", 0},
    {"mad24", 'i', "T:TTT", "", "return (%T)((uint32_t)a * (uint32_t)b + (uint32_t)c);", 0},
    {"mul24", 'i', "T:TT", "", "return (%T)((uint32_t)a * (uint32_t)b);", 0},
    {"isequal", 'f', "i:TT", "", "return a == b;", 0},
    {"isnotequal", 'f', "i:TT", "", "return a != b;", 0},
    {"isgreater", 'f', "i:TT", "", "return a > b;", 0},
    {"isgreaterequal", 'f', "i:TT", "", "return a >= b;", 0},
    {"isless", 'f', "i:TT", "", "return a < b;", 0},
    {"islessequal", 'f', "i:TT", "", "return a <= b;", 0},
    {"islessgreater", 'f', "i:TT", "", "return (a < b) | (a > b);", 0},
    {"isordered", 'f', "i:TT", "", "return (a == a) & (b == b);", 0},
    {"isunordered", 'f', "i:TT", "", "return (a != a) | (b != b);", 0},
    {"isfinite", 'f', "i:T", "bits", "return (yk_bits_%s(a) & %m) < %I;", 0},
    {"isinf", 'f', "i:T", "bits", "return (yk_bits_%s(a) & %m) == %I;", 0},
    {"isnan", 'f', "i:T", "bits", "return (yk_bits_%s(a) & %m) > %I;", 0},
    {"isnormal", 'f', "i:T", "bits", "%U u = yk_bits_%s(a) & %m; return (u < %I) & (u >= %N);", 0},
    {"signbit", 'f', "i:T", "bits", "return (int32_t)(yk_bits_%s(a) >> (%b - 1));", 0},
    {"any", 'i', "i:T", "", "return a < 0;", 0},
    {"all", 'i', "i:T", "", "return a < 0;", 0},
    {"bitselect", 'i', "T:TTT", "", "return (%T)((a & ~c) | (b & c));", 0},
    {"bitselect", 'f', "T:TTT", "bits value",
     "%U m = yk_bits_%s(c); return yk_value_%s((yk_bits_%s(a) & ~m) | (yk_bits_%s(b) & m));", 0},
    {"select", 'a', "T:TTL", "", "return c ? b : a;", 0},
    /* one element of a reduction; the order of min and max is total: NaN loses, -0 < +0 */
    {"reduce_sum", 'f', "v:PT", "", "*a = *a + b;", 0},
    {"reduce_sum", 'i', "v:PT", "", "*a = (%T)((%U)*a + (%U)b);", 0},
    {"reduce_min", 'i', "v:PT", "", "*a = b < *a ? b : *a;", 0},
    {"reduce_max", 'i', "v:PT", "", "*a = b > *a ? b : *a;", 0},
    {"reduce_min", 'f', "v:PT", "bits value",
     "%T o = *a, r = (b < o) | (o != o) ? b : o;\n"
     "    *a = o == b ? yk_value_%s(yk_bits_%s(o) | yk_bits_%s(b)) : r;",
     0},
    {"reduce_max", 'f', "v:PT", "bits value",
     "%T o = *a, r = (b > o) | (o != o) ? b : o;\n"
     "    *a = o == b ? yk_value_%s(yk_bits_%s(o) & yk_bits_%s(b)) : r;",
     0},
};

static bool floating(yki_type_kind t) { return t == YKI_T_FLOAT || t == YKI_T_DOUBLE; }

static const row *find_row(const char *name, yki_type_kind type)
{
    char kind = floating(type) ? 'f' : 'i';
    for (size_t i = 0; i < YKI_COUNT(rows); i++) {
        if (!strcmp(rows[i].name, name) && (rows[i].kinds == kind || rows[i].kinds == 'a')) {
            return &rows[i];
        }
    }
    return NULL;
}

/* ---- what is used ---- */

/* Those that a row needs come before it in the list. */
void yki_use_builtin(yki_emit *e, const char *name, yki_type_kind type)
{
    yki_used **end = &e->used;
    for (; *end; end = &(*end)->next) {
        if ((*end)->type == type && (*end)->to == YKI_T_ERROR && !strcmp((*end)->name, name))
            return;
    }
    const row *r = find_row(name, type);
    for (const char *s = r ? r->needs : ""; *s;) {
        char need[32];
        size_t n = strcspn(s, " /");
        memcpy(need, s, n);
        need[n] = 0;
        const row *needed = find_row(need, type);
        yki_use_builtin(e, needed ? needed->name : need, s[n] == '/' ? YKI_T_DOUBLE : type);
        s += n;
        s += strspn(s, " /");
    }
    yki_used *u = yki_arena_alloc(e->b->arena, sizeof *u);
    if (!u) return;
    u->name = r ? r->name : name;
    u->type = type;
    for (end = &e->used; *end; end = &(*end)->next) {
    }
    *end = u;
}

/* ---- writing ---- */

static const yki_type_kind unsigned_of[YKI_T_KINDS] = {
    [YKI_T_CHAR] = YKI_T_UCHAR, [YKI_T_UCHAR] = YKI_T_UCHAR, [YKI_T_SHORT] = YKI_T_USHORT,
    [YKI_T_USHORT] = YKI_T_USHORT, [YKI_T_INT] = YKI_T_UINT, [YKI_T_UINT] = YKI_T_UINT,
    [YKI_T_LONG] = YKI_T_ULONG, [YKI_T_ULONG] = YKI_T_ULONG, [YKI_T_FLOAT] = YKI_T_UINT,
    [YKI_T_DOUBLE] = YKI_T_ULONG};
static const char *const wide_of[YKI_T_KINDS] = {
    [YKI_T_CHAR] = "int16_t", [YKI_T_UCHAR] = "uint16_t", [YKI_T_SHORT] = "int32_t",
    [YKI_T_USHORT] = "uint32_t", [YKI_T_INT] = "int64_t", [YKI_T_UINT] = "uint64_t",
    [YKI_T_LONG] = "yk_wide", [YKI_T_ULONG] = "yk_uwide"};
static const char *const largest[YKI_T_KINDS] = {
    [YKI_T_CHAR] = "INT8_MAX", [YKI_T_UCHAR] = "UINT8_MAX", [YKI_T_SHORT] = "INT16_MAX",
    [YKI_T_USHORT] = "UINT16_MAX", [YKI_T_INT] = "INT32_MAX", [YKI_T_UINT] = "UINT32_MAX",
    [YKI_T_LONG] = "INT64_MAX", [YKI_T_ULONG] = "UINT64_MAX", [YKI_T_FLOAT] = "0x1.fffffep+127f",
    [YKI_T_DOUBLE] = "0x1.fffffffffffffp+1023"};
static const char *const smallest[YKI_T_KINDS] = {
    [YKI_T_CHAR] = "INT8_MIN", [YKI_T_UCHAR] = "0", [YKI_T_SHORT] = "INT16_MIN",
    [YKI_T_USHORT] = "0", [YKI_T_INT] = "INT32_MIN", [YKI_T_UINT] = "0",
    [YKI_T_LONG] = "INT64_MIN", [YKI_T_ULONG] = "0"};
static const int bits_of[YKI_T_KINDS] = {
    [YKI_T_CHAR] = 8, [YKI_T_UCHAR] = 8, [YKI_T_SHORT] = 16, [YKI_T_USHORT] = 16,
    [YKI_T_INT] = 32, [YKI_T_UINT] = 32, [YKI_T_LONG] = 64, [YKI_T_ULONG] = 64,
    [YKI_T_FLOAT] = 32, [YKI_T_DOUBLE] = 64};

static void letter(yki_emit *e, char c, yki_type_kind t)
{
    switch (c) {
    case 'T': yki_text_add(e->out, yki_emit_kind(t, false)); return;
    case 'U': yki_text_add(e->out, yki_emit_kind(unsigned_of[t], false)); return;
    case 'W': yki_text_add(e->out, wide_of[t]); return;
    case 's': yki_text_add(e->out, yki_kind_suffix(t)); return;
    case 'f': yki_text_add(e->out, t == YKI_T_FLOAT ? "f" : ""); return;
    case 'b': yki_text_printf(e->out, "%d", bits_of[t]); return;
    case 'x': yki_text_add(e->out, largest[t]); return;
    case 'n': yki_text_add(e->out, smallest[t]); return;
    case 'i': yki_text_add(e->out, strcmp(smallest[t], "0") ? "1" : "0"); return;
    case 'm':
        yki_text_add(e->out, t == YKI_T_FLOAT ? "0x7fffffffu" : "UINT64_C(0x7fffffffffffffff)");
        return;
    case 'I':
        yki_text_add(e->out, t == YKI_T_FLOAT ? "0x7f800000u" : "UINT64_C(0x7ff0000000000000)");
        return;
    case 'N':
        yki_text_add(e->out, t == YKI_T_FLOAT ? "0x00800000u" : "UINT64_C(0x0010000000000000)");
        return;
    case 'e': yki_text_add(e->out, t == YKI_T_FLOAT ? "0x1p-24f" : "0x1p-53"); return;
    default: return;
    }
}

static void expand(yki_emit *e, const char *s, yki_type_kind t)
{
    while (*s) {
        size_t n = strcspn(s, "%");
        yki_text_add_n(e->out, s, n);
        s += n;
        if (!*s) return;
        letter(e, s[1], t);
        s += 2;
    }
}

static void shape_type(yki_emit *e, char c, yki_type_kind t)
{
    switch (c) {
    case 'v': yki_text_add(e->out, "void"); return;
    case 'i': yki_text_add(e->out, "int32_t"); return;
    case 'L': yki_text_add(e->out, "int64_t"); return;
    case 'P': yki_text_printf(e->out, "%s *", yki_emit_kind(t, false)); return;
    case 'Q': yki_text_add(e->out, "int32_t *"); return;
    default: letter(e, c, t); return;
    }
}

static void parameters(yki_emit *e, const char *shape, yki_type_kind t)
{
    yki_text_add(e->out, "(");
    for (int i = 0; shape[2 + i]; i++) {
        if (i) yki_text_add(e->out, ", ");
        shape_type(e, shape[2 + i], t);
        yki_text_printf(e->out, " %c", 'a' + i);
    }
    yki_text_add(e->out, ")");
}

/* sqrt and the roundings are instructions: declared under their own names, without
 * errno, gcc inlines and vectorises them.  The others are reached by another name, so
 * that they can be given vector versions. */
static bool own_name(const char *name)
{
    static const char *const names[] = {"sqrt", "floor", "ceil", "trunc", "rint", "round", "fma"};
    for (size_t i = 0; i < YKI_COUNT(names); i++) {
        if (!strcmp(name, names[i])) return true;
    }
    return false;
}

static void libm(yki_emit *e, const row *r, yki_type_kind t)
{
    const char *f = t == YKI_T_FLOAT ? "f" : "";
    yki_text_add(e->out, "extern ");
    shape_type(e, r->shape[0], t);
    if (own_name(r->name)) yki_text_printf(e->out, " %s%s", r->name, f);
    else yki_text_printf(e->out, " yk_m_%s_%s", r->name, yki_kind_suffix(t));
    parameters(e, r->shape, t);
    if (!own_name(r->name)) yki_text_printf(e->out, " __asm__(\"%s%s\")", r->name, f);
    yki_text_printf(e->out, " YK_PURE%s;\n",
                    r->vector == 1   ? " YK_VECTOR"
                    : r->vector == 2 ? " YK_VECTOR_235"
                                     : "");
    yki_text_add(e->out, "YK_INLINE ");
    shape_type(e, r->shape[0], t);
    yki_text_printf(e->out, " yk_%s_%s", r->name, yki_kind_suffix(t));
    parameters(e, r->shape, t);
    if (own_name(r->name)) yki_text_printf(e->out, " { return %s%s(a", r->name, f);
    else yki_text_printf(e->out, " { return yk_m_%s_%s(a", r->name, yki_kind_suffix(t));
    for (size_t i = 1; r->shape[2 + i]; i++) yki_text_printf(e->out, ", %c", (int)('a' + i));
    yki_text_add(e->out, "); }\n");
}

static void template_row(yki_emit *e, const row *r, yki_type_kind t)
{
    const char *word = strncmp(r->name, "reduce_", 7) ? r->name : r->name + 7;
    yki_text_add(e->out, "YK_INLINE ");
    shape_type(e, r->shape[0], t);
    if (word == r->name) yki_text_printf(e->out, " yk_%s_%s", word, yki_kind_suffix(t));
    else yki_text_printf(e->out, " yk_reduce_%s_%s", word, yki_kind_suffix(t));
    parameters(e, r->shape, t);
    yki_text_add(e->out, "\n{\n    ");
    expand(e, r->body, t);
    yki_text_add(e->out, "\n}\n");
}

bool yki_builtin_vectorises(const char *name)
{
    const row *r = find_row(name, YKI_T_FLOAT);
    return !r || r->body || r->vector || own_name(name);
}

/* ---- conversions ---- */

static void converter_name(yki_emit *e, const yki_used *u)
{
    static const char *const round[] = {"", "_rte", "_rtz", "_rtp", "_rtn"};
    yki_text_printf(e->out, "yk_convert_%s_%s%s%s", yki_kind_suffix(u->to),
                    yki_kind_suffix(u->type), u->saturate ? "_sat" : "", round[u->round]);
}

static void to_integer(yki_emit *e, const yki_used *u)
{
    static const char *const how[] = {"trunc", "rint", "trunc", "ceil", "floor"};
    const char *to = yki_emit_kind(u->to, false), *f = u->type == YKI_T_FLOAT ? "f" : "";
    int bits = bits_of[u->to] - (strcmp(smallest[u->to], "0") ? 1 : 0);
    if (floating(u->type)) {
        yki_text_printf(e->out, "    a = __builtin_%s%s(a);\n", how[u->round], f);
        if (u->saturate) {
            yki_text_printf(e->out, "    if (a != a) return 0;\n    if (a >= 0x1p%d%s) return %s;\n"
                            "    if (a <= (%s)%s) return %s;\n", bits, f, largest[u->to],
                            yki_emit_kind(u->type, false), smallest[u->to], smallest[u->to]);
        }
    } else if (u->saturate) {
        yki_text_printf(e->out, "    if ((yk_wide)a > (yk_wide)%s) return %s;\n"
                        "    if ((yk_wide)a < (yk_wide)%s) return %s;\n", largest[u->to],
                        largest[u->to], smallest[u->to], smallest[u->to]);
    }
    yki_text_printf(e->out, "    return (%s)a;\n", to);
}

static void to_float(yki_emit *e, const yki_used *u)
{
    const char *to = yki_emit_kind(u->to, false), *f = u->to == YKI_T_FLOAT ? "f" : "";
    const char *exact = floating(u->type) ? "double" : "yk_wide";
    yki_text_printf(e->out, "    %s r = (%s)a;\n", to, to);
    if (u->round > YKI_ROUND_RTE) {
        const char *over = u->round == YKI_ROUND_RTP   ? "0"
                           : u->round == YKI_ROUND_RTN ? "1"
                                                       : "(r > 0)";
        const char *under = u->round == YKI_ROUND_RTN   ? "0"
                            : u->round == YKI_ROUND_RTP ? "1"
                                                        : "(r < 0)";
        yki_text_printf(
            e->out,
            "    if (%s && (%s)r > (%s)a) r = __builtin_nextafter%s(r, -__builtin_inf%s());\n"
            "    else if (%s && (%s)r < (%s)a) r = __builtin_nextafter%s(r, __builtin_inf%s());\n",
            over, exact, exact, f, f, under, exact, exact, f, f);
    }
    yki_text_add(e->out, "    return r;\n");
}

static void converter(yki_emit *e, const yki_used *u)
{
    yki_text_printf(e->out, "YK_INLINE %s ", yki_emit_kind(u->to, false));
    converter_name(e, u);
    yki_text_printf(e->out, "(%s a)\n{\n", yki_emit_kind(u->type, false));
    if (floating(u->to)) to_float(e, u);
    else to_integer(e, u);
    yki_text_add(e->out, "}\n");
}

void yki_emit_preamble(yki_emit *e)
{
    for (const yki_used *u = e->used; u; u = u->next) {
        const row *r = u->to == YKI_T_ERROR ? find_row(u->name, u->type) : NULL;
        if (u->to != YKI_T_ERROR) converter(e, u);
        else if (r && r->body) template_row(e, r, u->type);
        else if (r) libm(e, r, u->type);
    }
}

/* ---- calls ---- */

static void arguments(yki_emit *e, const yki_expr *x)
{
    yki_text_add(e->out, "(");
    for (uint32_t i = 0; i < x->arg_count; i++) {
        if (i) yki_text_add(e->out, ", ");
        yki_emit_expr(e, x->args[i]);
    }
    yki_text_add(e->out, ")");
}

static void convert_call(yki_emit *e, const yki_expr *x)
{
    yki_used want = {.type = x->args[0]->type->kind, .to = x->type->kind, .name = "convert",
                     .saturate = x->saturate, .round = x->round};
    bool plain = !want.saturate && want.round == YKI_ROUND_DEFAULT;
    if (plain || want.to == YKI_T_BOOL) {
        yki_text_printf(e->out, "((%s)", yki_emit_kind(want.to, false));
        yki_emit_expr(e, x->args[0]);
        yki_text_add(e->out, ")");
        return;
    }
    yki_used **end = &e->used;
    bool there = false;
    for (; *end; end = &(*end)->next) {
        there = there || ((*end)->type == want.type && (*end)->to == want.to &&
                          (*end)->saturate == want.saturate && (*end)->round == want.round);
    }
    if (!there && (*end = yki_arena_alloc(e->b->arena, sizeof want))) **end = want;
    converter_name(e, &want);
    arguments(e, x);
}

/* as_T: through a union, written where it is used. */
static void as_call(yki_emit *e, const yki_expr *x)
{
    yki_text_printf(e->out, "((union { %s a; %s b; }){",
                    yki_emit_kind(x->args[0]->type->kind, false),
                    yki_emit_kind(x->type->kind, false));
    yki_emit_expr(e, x->args[0]);
    yki_text_add(e->out, "}.b)");
}

static void work_item(yki_emit *e, const yki_expr *x)
{
    static const char *const fn[] = {
        [YKI_WI_WORK_DIM] = "dims", [YKI_WI_GLOBAL_ID] = "id", [YKI_WI_GLOBAL_SIZE] = "size",
        [YKI_WI_GLOBAL_OFFSET] = "offset", [YKI_WI_LOCAL_ID] = "local_id",
        [YKI_WI_LOCAL_SIZE] = "local_size", [YKI_WI_GROUP_ID] = "group_id",
        [YKI_WI_NUM_GROUPS] = "groups"};
    int64_t d;
    bool constant = x->arg_count == 1 && yki_fold_int(x->args[0], &d) && d >= 0 && d < 3;
    if (constant && x->builtin->work_item == YKI_WI_GLOBAL_ID) {
        yki_text_printf(e->out, e->device ? "yk_w.id%d" : "((uint64_t)yk_w.i%d)", (int)d);
        return;
    }
    yki_text_printf(e->out, "yk_item_%s(yk_w", fn[x->builtin->work_item]);
    for (uint32_t i = 0; i < x->arg_count; i++) {
        yki_text_add(e->out, ", ");
        yki_emit_expr(e, x->args[i]);
    }
    yki_text_add(e->out, ")");
}

static void device_call(yki_emit *e, const yki_expr *x)
{
    static const char *const round[] = {"", "_rte", "_rtz", "_rtp", "_rtn"};
    const char *to = yki_emit_kind(x->type->kind, true);
    if (x->builtin->cls == YKI_B_CONVERT) {
        yki_text_printf(e->out, "convert_%s%s%s", to, x->saturate ? "_sat" : "", round[x->round]);
    } else if (x->builtin->cls == YKI_B_AS) {
        yki_text_printf(e->out, "as_%s", to);
    } else {
        yki_text_add(e->out, x->builtin->spelled);
    }
    arguments(e, x);
}

void yki_emit_builtin(yki_emit *e, const yki_expr *x)
{
    if (x->builtin->cls == YKI_B_WORK_ITEM) work_item(e, x);
    else if (e->device) device_call(e, x);
    else if (x->builtin->cls == YKI_B_CONVERT) convert_call(e, x);
    else if (x->builtin->cls == YKI_B_AS) as_call(e, x);
    else {
        /* nan's and ldexp's first argument does not name the type; the result does */
        bool by_result = !strcmp(x->builtin->name, "nan") || !strcmp(x->builtin->name, "select");
        yki_type_kind t = by_result ? x->type->kind : x->args[0]->type->kind;
        yki_use_builtin(e, x->builtin->name, t);
        yki_text_printf(e->out, "yk_%s_%s", x->builtin->name, yki_kind_suffix(t));
        arguments(e, x);
    }
}
