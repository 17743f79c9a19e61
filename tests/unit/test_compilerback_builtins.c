/* The builtins of generated host code, at every level, against wide arithmetic and libm. */
#include "kernel_run.h"

#include <math.h>

#include "builtins.yk.h"

enum { N = 1031, R = 24 };

typedef __int128 wide;

static const int32_t odd_ints[] = {0,         1,     -1,       2,         -2,        31,
                                   32,        33,    127,      128,       -128,      -129,
                                   65535,     65536, 0x7fffff, INT32_MAX, INT32_MIN, INT32_MIN + 1,
                                   0x55555555};

static int32_t some_int(void)
{
    return kr_below(2) ? odd_ints[kr_below(sizeof odd_ints / sizeof *odd_ints)]
                       : (int32_t)kr_random();
}

static wide saturated(wide v, wide lo, wide hi) { return v < lo ? lo : v > hi ? hi : v; }

static int leading(uint64_t v, int bits)
{
    int n = 0;
    while (n < bits && !(v >> (bits - 1 - n) & 1)) n++;
    return n;
}

static void on_levels(const yk_kernel *k, const void *args, void (*check)(int level))
{
    yk_range r = yk_1d(N);
    yk_shape shape;
    assert_int_equal(k->shape(&r, args, &shape), YK_OK);
    for (int level = 0; level < YK_HOST_LEVELS; level++) {
        if (!k->host->fn[level]) continue;
        if (level == 2 && !__builtin_cpu_supports("avx2")) continue;
        if (level == 3 && !__builtin_cpu_supports("avx512vl")) continue;
        for (size_t b = 0; b < N;) {
            size_t e = b + 64 * (1 + kr_below(9));
            if (e > N) e = N;
            yk_slice s = {&r, &shape, args, NULL, b, e, 0};
            k->host->fn[level](&s);
            b = e;
        }
        check(level);
    }
}

#define EXPECT(k, value) \
    if (got[k] != (value)) \
    fail_msg("level %d, result %d of item %d: %lld", level, k, i, (long long)got[k])

static int32_t ia[N], ib[N], ic[N], iout[N * R];

static void check_ints(int level)
{
    for (int i = 0; i < N; i++) {
        const int32_t *got = iout + R * i;
        wide x = ia[i], y = ib[i], z = ic[i];
        uint32_t u = (uint32_t)ia[i], turn = (uint32_t)ib[i] & 31;
        wide lo = y < z ? y : z, hi = y < z ? z : y;
        EXPECT(0, (x < y ? x : y));
        EXPECT(1, (x < y ? y : x));
        EXPECT(2, saturated(x, lo, hi));
        EXPECT(3, (int32_t)(uint32_t)(x < 0 ? -x : x));
        EXPECT(4, (int32_t)(uint32_t)(x < y ? y - x : x - y));
        EXPECT(5, saturated(x + y, INT32_MIN, INT32_MAX));
        EXPECT(6, saturated(x - y, INT32_MIN, INT32_MAX));
        EXPECT(7, (x + y) >> 1);
        EXPECT(8, (x + y + 1) >> 1);
        EXPECT(9, leading(u, 32));
        EXPECT(10, __builtin_popcount(u));
        EXPECT(11, (x * y) >> 32);
        EXPECT(12, (int32_t)(uint32_t)(((x * y) >> 32) + z));
        EXPECT(13, saturated(x * y + z, INT32_MIN, INT32_MAX));
        EXPECT(14, (int32_t)(turn ? u << turn | u >> (32 - turn) : u));
        EXPECT(15, (int32_t)(uint32_t)((x >> 8) * (y >> 8)));
        EXPECT(16, (int32_t)(uint32_t)((x >> 8) * (y >> 8) + z));
        EXPECT(17, (ia[i] & ~ic[i]) | (ib[i] & ic[i]));
        EXPECT(18, z ? y : x);
        EXPECT(19, saturated(x, -128, 127));
        EXPECT(20, saturated(x, 0, 65535));
        EXPECT(21, saturated(x, 0, UINT32_MAX) >> 1);
        EXPECT(22, (int32_t)(u << turn));
        EXPECT(23, x >> turn);
    }
}

static void test_ints(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++)
        ia[i] = some_int(), ib[i] = some_int(), ic[i] = kr_below(5) ? some_int() : 0;
    struct of_ints_args a = {ia, ib, ic, iout, N};
    on_levels(&of_ints_kernel, &a, check_ints);
}

static uint8_t ba[N];
static int8_t bb[N];
static int32_t bout[N * 8];

static void check_bytes(int level)
{
    for (int i = 0; i < N; i++) {
        const int32_t *got = bout + 8 * i;
        int x = ba[i], y = bb[i];
        EXPECT(0, saturated(x + 200, 0, 255));
        EXPECT(1, saturated(y - 100, -128, 127));
        EXPECT(2, leading((uint64_t)x, 8));
        EXPECT(3, ((x << 3) | (x >> 5)) & 255);
        EXPECT(4, (y * y) >> 8);
        EXPECT(5, y * 256 + x);
        EXPECT(6, (x + 255) >> 1);
        EXPECT(7, __builtin_popcount((unsigned)(uint8_t)y));
    }
}

static void test_bytes(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) ba[i] = (uint8_t)kr_random(), bb[i] = (int8_t)kr_random();
    struct of_bytes_args a = {ba, bb, bout, N};
    on_levels(&of_bytes_kernel, &a, check_bytes);
}

static int64_t la[N], lb[N], lout[N * 6];

static void check_longs(int level)
{
    for (int i = 0; i < N; i++) {
        const int64_t *got = lout + 6 * i;
        wide x = la[i], y = lb[i];
        unsigned __int128 ux = (uint64_t)la[i], uy = (uint64_t)lb[i];
        unsigned turn = (unsigned)lb[i] & 63;
        uint64_t u = (uint64_t)la[i];
        EXPECT(0, (int64_t)((x * y) >> 64));
        EXPECT(1, (int64_t)((ux * uy) >> 64));
        EXPECT(2, (int64_t)saturated(x + y, INT64_MIN, INT64_MAX));
        EXPECT(3, (int64_t)(turn ? u << turn | u >> (64 - turn) : u));
        EXPECT(4, leading(u, 64));
        EXPECT(5, (int64_t)(x < y ? y - x : x - y));
    }
}

static void test_longs(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        la[i] = kr_below(3) ? (int64_t)kr_random() : some_int();
        lb[i] = kr_below(3) ? (int64_t)kr_random() : INT64_MIN;
    }
    struct of_longs_args a = {la, lb, lout, N};
    on_levels(&of_longs_kernel, &a, check_longs);
}

/* ---- floats ---- */

static const float odd_floats[] = {
    0.0f,    -0.0f, 1.0f,   -1.0f,      0.5f,     -0.5f,     1.5f, 2.5f,           -2.5f,  1e-42f,
    -1e-42f, 3e38f, -3e38f, 8388609.0f, INFINITY, -INFINITY, NAN,  0x1.fffffep-1f, -1e-20f};

static float some_float(void)
{
    return kr_below(3) ? (float)kr_value() * 5.0f
                       : odd_floats[kr_below(sizeof odd_floats / sizeof *odd_floats)];
}

static bool same(float a, float b)
{
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    return memcmp(&a, &b, sizeof a) == 0;
}

static float from_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static uint32_t bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static float fa[N], fb[N], fc[N], fout[N * R];

#define SAME(k, value) \
    do { \
        float want_ = (value); \
        if (!same(got[k], want_)) \
            fail_msg("level %d, result %d of (%a, %a): %a, not %a", level, k, x, y, got[k], \
                     want_); \
    } while (0)

static float saturated_conversions(float x)
{
    double v = rint((double)(x * 1e9f));
    int32_t i = isnan(v)             ? 0
                : v >= 2147483647.0  ? INT32_MAX
                : v <= -2147483648.0 ? INT32_MIN
                                     : (int32_t)v;
    double w = trunc((double)x);
    uint8_t u = isnan(w) ? 0 : w >= 255 ? 255 : w <= 0 ? 0 : (uint8_t)w;
    return (float)i + (float)u;
}

static void check_exact(int level)
{
    for (int i = 0; i < N; i++) {
        const float *got = fout + R * i;
        float x = fa[i], y = fb[i], z = fc[i], whole = floorf(x);
        if (x != y && x != 0) SAME(0, fminf(x, y)); /* which zero is the smaller is left open */
        if (x != y && x != 0) SAME(1, fmaxf(x, y));
        SAME(2, floorf(x));
        SAME(3, ceilf(x));
        SAME(4, truncf(x));
        SAME(5, rintf(x));
        SAME(6, roundf(x));
        SAME(7, fabsf(x));
        SAME(8, copysignf(x, y));
        SAME(9, fmaf(x, y, z));
        SAME(10, sqrtf(x));
        SAME(11, isnan(x) ? 0.0f : x > 0 ? 1.0f : x < 0 ? -1.0f : x);
        SAME(12, y < x ? 0.0f : 1.0f);
        SAME(13, fdimf(x, y));
        SAME(14, isnan(x) ? x : isinf(x) ? copysignf(0.0f, x) : fminf(x - whole, 0x1.fffffep-1f));
        SAME(15, whole);
        SAME(16, fmodf(x, y));
        SAME(17, ldexpf(x, 3));
        SAME(18, (float)ilogbf(y));
        SAME(19, (float)(!!isnan(x) + 2 * !!isinf(x) + 4 * !!isfinite(x) + 8 * !!isnormal(x) +
                         16 * !!signbit(x)));
        SAME(20,
             (float)(isless(x, y) + 2 * isgreater(x, y) + 4 * isunordered(x, y) + 8 * (x != y)));
        SAME(21, from_bits((bits(x) & ~bits(z)) | (bits(y) & bits(z))));
        SAME(22, saturated_conversions(x));
        SAME(23, from_bits(bits(x) ^ 1));
    }
}

static void test_exact(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) fa[i] = some_float(), fb[i] = some_float(), fc[i] = some_float();
    struct exact_floats_args a = {fa, fb, fc, fout, N};
    on_levels(&exact_floats_kernel, &a, check_exact);
}

/* libmvec promises 4 ulp; OpenCL allows up to 16 (pow, erf, tgamma). */
static void close_f32(float got, double want, double ulps, int level, int which, double x, double y)
{
    float w = (float)want;
    double ulp = fmax((double)(nextafterf(fabsf(w), INFINITY) - fabsf(w)), 0x1p-149);
    if (!(fabs((double)got - want) <= ulps * ulp)) {
        fail_msg("level %d, result %d of (%a, %a): %a, not %a", level, which, x, y, (double)got,
                 want);
    }
}

static void check_near(int level)
{
    for (int i = 0; i < N; i++) {
        double x = fa[i], y = fb[i];
        float pf = fabsf(fa[i]) + 0.1f, qf = fa[i] * 0.49f;
        double p = pf, q = qf;
        double want[R] = {exp(x),      log(p),      sin(x),      cos(x),  tan(x),  pow(p, y),
                          exp2(x),     log2(p),     log10(p),    asin(q), acos(q), atan(x),
                          atan2(x, y), sinh(x),     cosh(x),     tanh(x), erf(x),  erfc(x),
                          cbrt(x),     hypot(x, y), 1 / sqrt(p), 0,       0,       0};
        for (int k = 0; k <= 20; k++)
            close_f32(fout[R * i + k], want[k], k == 5 || k == 16 || k == 17 ? 16 : 5, level, k, x,
                      y);
        assert_true(fabs((double)fout[R * i + 21] - (sin(x) + cos(x))) < 1e-6);
        assert_true(fabs((double)fout[R * i + 22] - sin(3.14159265358979323846 * x)) < 1e-6);
        double mixed = x + (y - x) * 0.25 + exp(y);
        assert_true(fabs((double)fout[R * i + 23] - mixed) < 1e-5 * (1 + fabs(mixed)));
    }
}

static void test_near(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) fa[i] = (float)kr_value(), fb[i] = (float)kr_value();
    struct near_floats_args a = {fa, fb, fout, N};
    on_levels(&near_floats_kernel, &a, check_near);
}

static double da[N], db[N], dout[N * 12];

static void check_doubles(int level)
{
    for (int i = 0; i < N; i++) {
        double x = da[i], y = db[i], p = fabs(x) + 0.1, t = fmin(fmax((x + 1) / 2, 0), 1);
        double want[12] = {exp(x),  log(p),  sin(x),    cos(x),  pow(p, y),   tanh(x),
                           erfc(x), cbrt(x), p * p * p, cbrt(p), atan2(x, y), t * t * (3 - 2 * t)};
        for (int k = 0; k < 12; k++) {
            double got = dout[12 * i + k], slack = 8 * 0x1p-52 * fabs(want[k]) + 1e-300;
            if (!(fabs(got - want[k]) <= slack))
                fail_msg("level %d, result %d of (%a, %a): %a", level, k, x, y, got);
        }
    }
}

static void test_doubles(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) da[i] = kr_value(), db[i] = kr_value();
    struct near_doubles_args a = {da, db, dout, N};
    on_levels(&near_doubles_kernel, &a, check_doubles);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ints), cmocka_unit_test(test_bytes), cmocka_unit_test(test_longs),
        cmocka_unit_test(test_exact), cmocka_unit_test(test_near), cmocka_unit_test(test_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
