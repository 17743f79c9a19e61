/* Reductions of generated code: ordered sums give the bits of the canonical order at
 * every level and for every cut; the others give the exact result. */
#include "kernel_run.h"

#include <math.h>

#include "reduce.yk.h"

static bool level_runs(const yk_kernel *k, int level)
{
    if (!k->host->fn[level]) return false;
    if (level == 2) return __builtin_cpu_supports("avx2") != 0;
    if (level == 3) return __builtin_cpu_supports("avx512vl") != 0;
    return true;
}

static size_t cut(size_t from, size_t end, size_t multiple)
{
    size_t to = from + multiple * (1 + kr_below((end - from) / multiple + 1));
    return to > end ? end : to;
}

/* Awkward values: cancellation, denormals, signed zeros, now and then inf and NaN. */
static float awkward(bool special)
{
    static const float odd[] = {0.0f,  -0.0f,  1e-42f,   -1e-42f,   3e38f, -3e38f,
                                1e30f, -1e30f, INFINITY, -INFINITY, NAN};
    if (kr_below(4) == 0) return odd[kr_below(special ? 11 : 8)];
    return (float)kr_value() * (kr_below(2) ? 1e10f : 1e-10f);
}

static bool same_f32(float a, float b)
{
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool same_f64(double a, double b)
{
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    return memcmp(&a, &b, sizeof a) == 0;
}

/* The canonical order, written down once more: rows of `width` items inside a block. */
static float lanes_f32(const float *v, size_t rows, size_t width, size_t pitch)
{
    float lane[64];
    for (int j = 0; j < 64; j++) lane[j] = -0.0f;
    for (size_t r = 0; r < rows; r++) {
        for (size_t x = 0; x < width; x++) lane[x % 64] += v[r * pitch + x];
    }
    for (int s = 32; s; s /= 2) {
        for (int j = 0; j < s; j++) lane[j] += lane[j + s];
    }
    return lane[0];
}

/* Runs all blocks in random slices; results of block b at reduce[b * extent]. */
static void run_ordered(const yk_kernel *k, const yk_range *r, const void *args, size_t block,
                        size_t arg, void *results, int level)
{
    yk_shape shape;
    void *reduce[YK_MAX_ARGS] = {0};
    assert_int_equal(k->shape(r, args, &shape), YK_OK);
    reduce[arg] = results;
    for (size_t b = shape.lo[k->axis]; b < shape.hi[k->axis];) {
        size_t e = cut(b, shape.hi[k->axis], block);
        yk_slice s = {r, &shape, args, reduce, b, e, block};
        k->host->fn[level](&s);
        b = e;
    }
}

static void test_sum(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 63, 64, 65, 127, 1000, 8192, 8193, 20011};
    assert_int_equal(sum_kernel.lanes, 64);
    assert_true(sum_kernel.flags & YK_KERNEL_ORDERED);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i], block = i & 1 ? 8192 : 256, blocks = (n + block - 1) / block;
        float *x = malloc(n * sizeof *x), *got = malloc(blocks * sizeof *got);
        for (size_t j = 0; j < n; j++) x[j] = awkward(i & 2);
        struct sum_args a = {.x = x, .n = n};
        yk_range r = yk_1d(n + 7);
        for (int level = 0; level < YK_HOST_LEVELS; level++) {
            if (!level_runs(&sum_kernel, level)) continue;
            memset(got, 0x55, blocks * sizeof *got);
            run_ordered(&sum_kernel, &r, &a, block, 1, got, level);
            for (size_t b = 0; b < blocks; b++) {
                size_t m = n - b * block < block ? n - b * block : block;
                assert_true(same_f32(got[b], lanes_f32(x + b * block, 1, m, m)));
            }
        }
        free(x);
        free(got);
    }
}

static void test_dot2(void **state)
{
    (void)state;
    enum { N = 5003, BLOCK = 512, BLOCKS = (N + BLOCK - 1) / BLOCK };
    static double x[N], y[N], got[BLOCKS * 3];
    assert_int_equal(dot2_kernel.lanes, 32);
    for (int i = 0; i < N; i++) x[i] = kr_value() * 1e8, y[i] = kr_value();
    struct dot2_args a = {.x = x, .y = y, .n = N};
    yk_range r = yk_1d(N);
    for (int level = 0; level < YK_HOST_LEVELS; level++) {
        if (!level_runs(&dot2_kernel, level)) continue;
        run_ordered(&dot2_kernel, &r, &a, BLOCK, 2, got, level);
        for (size_t b = 0; b < BLOCKS; b++) {
            double p[32], q[32];
            for (int j = 0; j < 32; j++) p[j] = q[j] = -0.0;
            for (size_t i = b * BLOCK; i < N && i < (b + 1) * BLOCK; i++) {
                double product = x[i] * y[i];
                p[(i - b * BLOCK) % 32] += product;
                if (x[i] > 0) q[(i - b * BLOCK) % 32] += x[i];
            }
            for (int s = 16; s; s /= 2) {
                for (int j = 0; j < s; j++) p[j] += p[j + s], q[j] += q[j + s];
            }
            assert_true(same_f64(got[b * 3], p[0]));
            assert_true(same_f64(got[b * 3 + 1], q[0]));
            assert_true(same_f64(got[b * 3 + 2], -0.0));
        }
    }
}

static void test_plane(void **state)
{
    (void)state;
    for (int turn = 0; turn < 8; turn++) {
        size_t w = 1 + kr_below(200), h = 1 + kr_below(40), block = 1 + kr_below(9),
               blocks = (h + block - 1) / block;
        float *x = malloc(w * h * sizeof *x), *got = malloc(blocks * 2 * sizeof *got);
        for (size_t j = 0; j < w * h; j++) x[j] = awkward(false);
        struct plane_args a = {.x = x, .w = (int)w, .h = (int)h};
        yk_range r = yk_2d(w + 3, h + 1);
        assert_int_equal(plane_kernel.axis, 1);
        for (int level = 0; level < YK_HOST_LEVELS; level++) {
            if (!level_runs(&plane_kernel, level)) continue;
            run_ordered(&plane_kernel, &r, &a, block, 1, got, level);
            for (size_t b = 0; b < blocks; b++) {
                size_t rows = h - b * block < block ? h - b * block : block;
                assert_true(same_f32(got[2 * b], -0.0f));
                assert_true(same_f32(got[2 * b + 1], lanes_f32(x + b * block * w, rows, w, w)));
            }
        }
        free(x);
        free(got);
    }
}

static void test_binned(void **state)
{
    (void)state;
    enum { N = 3001, BLOCK = 128, BLOCKS = (N + BLOCK - 1) / BLOCK };
    static float x[N], got[BLOCKS * 16];
    static uint8_t bin[N];
    assert_int_equal(binned_kernel.lanes, 1);
    for (int i = 0; i < N; i++) x[i] = awkward(false), bin[i] = (uint8_t)kr_random();
    struct binned_args a = {.x = x, .bin = bin, .n = N};
    yk_range r = yk_1d(N);
    for (int level = 0; level < YK_HOST_LEVELS; level++) {
        if (!level_runs(&binned_kernel, level)) continue;
        run_ordered(&binned_kernel, &r, &a, BLOCK, 2, got, level);
        for (size_t b = 0; b < BLOCKS; b++) {
            float want[16];
            for (int j = 0; j < 16; j++) want[j] = -0.0f;
            for (size_t i = b * BLOCK; i < N && i < (b + 1) * BLOCK; i++) want[bin[i] & 15] += x[i];
            for (int j = 0; j < 16; j++) assert_true(same_f32(got[b * 16 + (size_t)j], want[j]));
        }
    }
}

/* Unordered ones: several workers' results, each over random slices. */
static void test_counts(void **state)
{
    (void)state;
    enum { N = 10007 };
    static uint8_t x[N];
    for (int i = 0; i < N; i++) x[i] = (uint8_t)kr_random();
    struct counts_args a = {.x = x, .n = N};
    yk_range r = yk_1d(N + 64);
    yk_shape shape;
    assert_int_equal(counts_kernel.shape(&r, &a, &shape), YK_OK);
    assert_int_equal(shape.window[1].extent, 256);
    for (int level = 0; level < YK_HOST_LEVELS; level++) {
        uint32_t bins[256] = {0}, want[256] = {0};
        int32_t odd = 0, odds = 0;
        void *reduce[] = {NULL, bins, &odd, NULL};
        if (!level_runs(&counts_kernel, level)) continue;
        for (size_t b = 0; b < N;) {
            size_t e = cut(b, N, 64);
            yk_slice s = {&r, &shape, &a, reduce, b, e, 0};
            counts_kernel.host->fn[level](&s);
            b = e;
        }
        for (int i = 0; i < N; i++) want[x[i]]++, odds += x[i] & 1;
        assert_memory_equal(bins, want, sizeof want);
        assert_int_equal(odd, odds);
    }
}

static void test_extremes(void **state)
{
    (void)state;
    for (int turn = 0; turn < 20; turn++) {
        enum { N = 1500 };
        static float x[N];
        static int32_t y[N];
        int n = 1 + (int)kr_below(N);
        float lo_want = INFINITY, hi_want = -INFINITY;
        int32_t least_want = INT32_MAX;
        uint64_t most_want = 0;
        for (int i = 0; i < n; i++) {
            x[i] = turn % 4 == 0   ? (kr_below(2) ? 0.0f : -0.0f)
                   : turn % 4 == 1 ? NAN
                                   : awkward(true);
            y[i] = (int32_t)kr_random();
            bool less = x[i] < lo_want || (x[i] == lo_want && signbit(x[i]));
            bool more = x[i] > hi_want || (x[i] == hi_want && !signbit(x[i]));
            if (!isnan(x[i]) && less) lo_want = x[i];
            if (!isnan(x[i]) && more) hi_want = x[i];
            if (y[i] < least_want) least_want = y[i];
            if ((uint64_t)(y[i] & 0xffff) * 3 > most_want)
                most_want = (uint64_t)(y[i] & 0xffff) * 3;
        }
        struct extremes_args a = {.x = x, .y = y, .n = n};
        yk_range r = yk_1d((size_t)n);
        yk_shape shape;
        assert_int_equal(extremes_kernel.shape(&r, &a, &shape), YK_OK);
        for (int level = 0; level < YK_HOST_LEVELS; level++) {
            float lo = INFINITY, hi = -INFINITY;
            int32_t least[2] = {INT32_MAX, INT32_MAX};
            uint64_t most = 0;
            void *reduce[] = {NULL, NULL, &lo, &hi, least, &most, NULL};
            if (!level_runs(&extremes_kernel, level)) continue;
            for (size_t b = 0; b < (size_t)n;) {
                size_t e = cut(b, (size_t)n, 64);
                yk_slice s = {&r, &shape, &a, reduce, b, e, 0};
                extremes_kernel.host->fn[level](&s);
                b = e;
            }
            assert_true(same_f32(lo, lo_want));
            assert_true(same_f32(hi, hi_want));
            assert_int_equal(least[0], least_want);
            assert_int_equal(least[1], least_want);
            assert_true(most == most_want);
        }
    }
}

static void test_longs(void **state)
{
    (void)state;
    static int32_t x[777];
    int64_t want = 0;
    for (int i = 0; i < 777; i++) x[i] = (int32_t)kr_random(), want += (int64_t)x[i] * 1000003;
    struct longs_args a = {.x = x, .n = 777};
    yk_range r = yk_1d(777);
    yk_shape shape;
    assert_true(longs_kernel.flags & YK_KERNEL_ATOMIC64);
    assert_int_equal(longs_kernel.shape(&r, &a, &shape), YK_OK);
    for (int level = 0; level < YK_HOST_LEVELS; level++) {
        int64_t total = 0;
        void *reduce[] = {NULL, &total, NULL};
        if (!level_runs(&longs_kernel, level)) continue;
        yk_slice s = {&r, &shape, &a, reduce, 0, 777, 0};
        longs_kernel.host->fn[level](&s);
        assert_true(total == want);
    }
}

/* A loop of each item's own around and before the updates. */
static void test_turns(void **state)
{
    (void)state;
    enum { N = 1999, BLOCK = 256, BLOCKS = (N + BLOCK - 1) / BLOCK };
    static float x[N];
    int32_t want = 0;
    float lane[BLOCKS][64], sum[BLOCKS];
    for (int b = 0; b < BLOCKS; b++) {
        for (int j = 0; j < 64; j++) lane[b][j] = -0.0f;
    }
    for (int i = 0; i < N; i++) {
        float v = x[i] = (float)kr_value() * 3.0f;
        int k = 0;
        while (v < 10.0f && k < 40) {
            v = v * 1.5f + 1.0f;
            if (++k == 9) want += 100;
        }
        want += k;
        if (k & 1) lane[i / BLOCK][i % BLOCK % 64] += v;
    }
    for (int b = 0; b < BLOCKS; b++) {
        for (int s = 32; s; s /= 2) {
            for (int j = 0; j < s; j++) lane[b][j] += lane[b][j + s];
        }
        sum[b] = lane[b][0];
    }
    struct turns_args a = {.x = x, .n = N};
    yk_range r = yk_1d(N);
    yk_shape shape;
    assert_int_equal(turns_kernel.shape(&r, &a, &shape), YK_OK);
    for (int level = 0; level < YK_HOST_LEVELS; level++) {
        int32_t total = 0;
        float got[BLOCKS];
        void *reduce[] = {NULL, &total, got, NULL};
        if (!level_runs(&turns_kernel, level)) continue;
        for (size_t b = 0; b < N;) {
            size_t e = cut(b, N, BLOCK);
            yk_slice s = {&r, &shape, &a, reduce, b, e, BLOCK};
            turns_kernel.host->fn[level](&s);
            b = e;
        }
        assert_int_equal(total, want);
        for (int b = 0; b < BLOCKS; b++) assert_true(same_f32(got[b], sum[b]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum),    cmocka_unit_test(test_dot2),
        cmocka_unit_test(test_plane),  cmocka_unit_test(test_binned),
        cmocka_unit_test(test_counts), cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_longs), cmocka_unit_test(test_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
