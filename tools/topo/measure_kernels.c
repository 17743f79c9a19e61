/* The timed loops, written once with vectors of the width of each instruction set.
 *
 * Enough independent chains are kept that latency hides behind throughput: two units of
 * four or five cycles need ten, Arm cores with four units sixteen.  They start apart, and
 * at values the compiler does not know, or it would find chains that are equal, or that
 * rest at a fixed point, and not compute them. */
#include "measure.h"

#if defined(__aarch64__)
#define CHAINS 20
#else
#define CHAINS 12
#endif

/* Past the caches, where there is such a store: what is written in full need not be read
 * first, so that the bytes counted are the bytes moved. */
#if defined(__x86_64__)
#include <immintrin.h>
#define STORE_16(to, v) _mm_stream_pd((double *)(to), (__m128d)(v))
#define STORE_32(to, v) _mm256_stream_pd((double *)(to), (__m256d)(v))
#define STORE_64(to, v) _mm512_stream_pd((double *)(to), (__m512d)(v))
#else
#define STORE_16(to, v) (*(to) = (v))
#endif

static const volatile double unknown = 1;

#if defined(__x86_64__)
#define TARGET(text) __attribute__((target(text), noinline))
#else
#define TARGET(text) __attribute__((noinline))
#endif

#define DEFINE(name, attributes, width, store)                                                 \
    typedef double name##_d __attribute__((vector_size(width), aligned(8)));                   \
    typedef float name##_f __attribute__((vector_size(width), aligned(4)));                    \
                                                                                               \
    attributes static double name##_read(const double *x, size_t bytes, size_t times)          \
    {                                                                                          \
        name##_d s[8] = {{0}};                                                                 \
        const size_t quarter = bytes / 4 / sizeof *s;                                          \
        for (size_t t = 0; t < times; t++) {                                                   \
            const name##_d *v = (const name##_d *)(const void *)x;                             \
            for (size_t i = 0; i + 2 <= quarter; i += 2, v += 2)                               \
                for (size_t k = 0; k < 4; k++) {                                               \
                    s[2 * k] += v[k * quarter];                                                \
                    s[2 * k + 1] += v[k * quarter + 1];                                        \
                }                                                                              \
            __asm__ __volatile__("" ::"r"(x) : "memory");                                      \
        }                                                                                      \
        double sum = 0;                                                                        \
        for (size_t k = 0; k < 8; k++)                                                         \
            for (size_t j = 0; j < (width) / 8; j++) sum += s[k][j];                           \
        return sum;                                                                            \
    }                                                                                          \
                                                                                               \
    attributes static void name##_triad(double *a, const double *b, const double *c,           \
                                        size_t bytes, size_t times)                            \
    {                                                                                          \
        name##_d s = {0};                                                                      \
        s += 3.0;                                                                              \
        for (size_t t = 0; t < times; t++) {                                                   \
            for (size_t i = 0; i < bytes / (width); i++) {                                     \
                name##_d *to = (name##_d *)(void *)a + i;                                      \
                const name##_d *y = (const name##_d *)(const void *)b + i;                     \
                const name##_d *z = (const name##_d *)(const void *)c + i;                     \
                store(to, *y + s * *z);                                                        \
            }                                                                                  \
            __asm__ __volatile__("" ::"r"(a) : "memory");                                      \
        }                                                                                      \
    }                                                                                          \
                                                                                               \
    attributes static double name##_flops_double(size_t steps)                                 \
    {                                                                                          \
        const double start = unknown;                                                          \
        name##_d x[CHAINS] = {{0}}, b = {0}, c = {0};                                          \
        for (size_t k = 0; k < CHAINS; k++) x[k] += (double)k * start;                         \
        b += 0.999, c += 0.001;                                                                \
        for (size_t i = 0; i < steps; i++)                                                     \
            for (size_t k = 0; k < CHAINS; k++) x[k] = x[k] * b + c;                           \
        for (size_t k = 1; k < CHAINS; k++) x[0] += x[k];                                      \
        return x[0][0];                                                                        \
    }                                                                                          \
                                                                                               \
    attributes static float name##_flops_float(size_t steps)                                   \
    {                                                                                          \
        const float start = (float)unknown;                                                    \
        name##_f x[CHAINS] = {{0}}, b = {0}, c = {0};                                          \
        for (size_t k = 0; k < CHAINS; k++) x[k] += (float)k * start;                          \
        b += 0.999f, c += 0.001f;                                                              \
        for (size_t i = 0; i < steps; i++)                                                     \
            for (size_t k = 0; k < CHAINS; k++) x[k] = x[k] * b + c;                           \
        for (size_t k = 1; k < CHAINS; k++) x[0] += x[k];                                      \
        return x[0][0];                                                                        \
    }                                                                                          \
                                                                                               \
    static const measure_kernels name##_kernels = {                                            \
        name##_read, name##_triad, name##_flops_double, name##_flops_float,                    \
        2.0 * CHAINS * (width) / 8, 2.0 * CHAINS * (width) / 4,                                \
    };

DEFINE(baseline, __attribute__((noinline)), 16, STORE_16)
#if defined(__x86_64__)
DEFINE(v3, TARGET("avx2,fma"), 32, STORE_32)
DEFINE(v4, TARGET("avx2,fma,avx512f,avx512dq,avx512vl,avx512bw"), 64, STORE_64)
#endif

const measure_kernels *yki_measure_kernels(yk_isa isa)
{
#if defined(__x86_64__)
    if (isa >= YK_ISA_X86_V4) return &v4_kernels;
    if (isa >= YK_ISA_X86_V3) return &v3_kernels;
#endif
    (void)isa;
    return &baseline_kernels;
}

void *yki_measure_chase(void *start, size_t steps)
{
    void **at = start;
    for (size_t i = 0; i < steps; i++) at = *at;
    return at;
}

/* The compiler must not know the sum, or it would fold additions. */
#define ADD(sum, by) (sum) += (by); __asm__ __volatile__("" : "+r"(sum))
#define ADD_4(sum, by) ADD(sum, by); ADD(sum, by); ADD(sum, by); ADD(sum, by)

uint64_t yki_measure_ticks(size_t steps)
{
    uint64_t sum = 1, by = (uint64_t)unknown;
    for (size_t i = 0; i < steps; i++) {
        ADD_4(sum, by);
        ADD_4(sum, by);
        ADD_4(sum, by);
        ADD_4(sum, by);
    }
    return sum;
}
