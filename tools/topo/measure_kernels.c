/* The timed loops, written once with vectors of the width of each instruction set.
 * Enough independent chains are kept that latency hides behind throughput; they start
 * apart, or the compiler would find them equal and compute one. */
#include "measure.h"

#define CHAINS 12

#if defined(__x86_64__)
#define TARGET(text) __attribute__((target(text), noinline))
#else
#define TARGET(text) __attribute__((noinline))
#endif

#define DEFINE(name, attributes, width)                                                        \
    typedef double name##_d __attribute__((vector_size(width), aligned(8)));                   \
    typedef float name##_f __attribute__((vector_size(width), aligned(4)));                    \
                                                                                               \
    attributes static double name##_read(const double *x, size_t bytes, size_t times)          \
    {                                                                                          \
        name##_d s[8] = {{0}};                                                                 \
        for (size_t t = 0; t < times; t++) {                                                   \
            for (size_t i = 0; i < bytes / sizeof s; i++) {                                    \
                const name##_d *v = (const name##_d *)(const void *)x + i * 8;                 \
                for (size_t k = 0; k < 8; k++) s[k] += v[k];                                   \
            }                                                                                  \
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
                *to = *y + s * *z;                                                             \
            }                                                                                  \
            __asm__ __volatile__("" ::"r"(a) : "memory");                                      \
        }                                                                                      \
    }                                                                                          \
                                                                                               \
    attributes static double name##_flops_double(size_t steps)                                 \
    {                                                                                          \
        name##_d x[CHAINS] = {{0}}, b = {0}, c = {0};                                          \
        for (size_t k = 0; k < CHAINS; k++) x[k] += (double)k;                                 \
        b += 0.999, c += 0.001;                                                                \
        for (size_t i = 0; i < steps; i++)                                                     \
            for (size_t k = 0; k < CHAINS; k++) x[k] = x[k] * b + c;                           \
        for (size_t k = 1; k < CHAINS; k++) x[0] += x[k];                                      \
        return x[0][0];                                                                        \
    }                                                                                          \
                                                                                               \
    attributes static float name##_flops_float(size_t steps)                                   \
    {                                                                                          \
        name##_f x[CHAINS] = {{0}}, b = {0}, c = {0};                                          \
        for (size_t k = 0; k < CHAINS; k++) x[k] += (float)k;                                  \
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

DEFINE(baseline, __attribute__((noinline)), 16)
#if defined(__x86_64__)
DEFINE(v3, TARGET("avx2,fma"), 32)
DEFINE(v4, TARGET("avx2,fma,avx512f,avx512dq,avx512vl,avx512bw"), 64)
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
