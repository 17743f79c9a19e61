/* The arithmetic of reductions, by element type and mode: one table of functions.
 *
 * Sums of integers wrap.  A real sum's identity is -0.0, the only number that leaves
 * every other as it is.  Minimum and maximum skip NaN, and put -0 below +0, so that
 * neither depends on the order of the values.  Pure; any thread. */
#include "reduce_ops.h"

#include <math.h>
#include <string.h>

/* In C, signed overflow is undefined and unsigned wraps to the same bits. */
#define SUM_INT(T, U) return (T)((U)a + (U)b)
#define SUM_REAL(T, U) return a + b
#define MIN_INT(T, U) return b < a ? b : a
#define MAX_INT(T, U) return b > a ? b : a
#define MIN_REAL(T, U) return (b < a || a != a || (a == b && signbit(b))) ? b : a
#define MAX_REAL(T, U) return (b > a || a != a || (a == b && signbit(a))) ? b : a

/* T, the unsigned type of its size (or itself), its name, the three identities, and the
 * families of the operations above. */
#define TYPES(X)                                                \
    X(int8_t, uint8_t, I8, 0, INT8_MAX, INT8_MIN, INT)          \
    X(uint8_t, uint8_t, U8, 0, UINT8_MAX, 0, INT)               \
    X(int16_t, uint16_t, I16, 0, INT16_MAX, INT16_MIN, INT)     \
    X(uint16_t, uint16_t, U16, 0, UINT16_MAX, 0, INT)           \
    X(int32_t, uint32_t, I32, 0, INT32_MAX, INT32_MIN, INT)     \
    X(uint32_t, uint32_t, U32, 0, UINT32_MAX, 0, INT)           \
    X(int64_t, uint64_t, I64, 0, INT64_MAX, INT64_MIN, INT)     \
    X(uint64_t, uint64_t, U64, 0, UINT64_MAX, 0, INT)           \
    X(float, float, F32, -0.0f, INFINITY, -INFINITY, REAL)      \
    X(double, double, F64, -0.0, (double)INFINITY, -(double)INFINITY, REAL)

#define DEFINE_OP(T, U, name, op, identity, family)                                     \
    static inline T one_##op##_##name(T a, T b) { op##_##family(T, U); }                \
    static void fill_##op##_##name(void *to, size_t n)                                  \
    {                                                                                   \
        T *t = to;                                                                      \
        for (size_t i = 0; i < n; i++) t[i] = (T)(identity);                            \
    }                                                                                   \
    static void combine_##op##_##name(void *into, const void *from, size_t n)           \
    {                                                                                   \
        T *restrict t = into;                                                           \
        const T *restrict f = from;                                                     \
        for (size_t i = 0; i < n; i++) t[i] = one_##op##_##name(t[i], f[i]);            \
    }
#define DEFINE_TYPE(T, U, name, sum, min, max, family)  \
    DEFINE_OP(T, U, name, SUM, sum, family)             \
    DEFINE_OP(T, U, name, MIN, min, family)             \
    DEFINE_OP(T, U, name, MAX, max, family)
TYPES(DEFINE_TYPE)

/* The canonical tree: neighbours are added, then neighbours of those, an odd last one
 * going up as it is.  So each sum of n copies is that of the largest power of two below
 * n plus that of the rest, for every n. */
#define DEFINE_TREE(T, name)                                                            \
    static void tree_##name(void *copies, size_t count, size_t n)                       \
    {                                                                                   \
        T *x = copies;                                                                  \
        while (count > 1) {                                                             \
            size_t pairs = count / 2;                                                   \
            for (size_t p = 0; p < pairs; p++) {                                        \
                for (size_t e = 0; e < n; e++) {                                        \
                    x[p * n + e] = x[2 * p * n + e] + x[(2 * p + 1) * n + e];           \
                }                                                                       \
            }                                                                           \
            if (count % 2) memmove(x + pairs * n, x + 2 * pairs * n, n * sizeof(T));    \
            count -= pairs;                                                             \
        }                                                                               \
    }
DEFINE_TREE(float, F32)
DEFINE_TREE(double, F64)
#define tree_I8 NULL
#define tree_U8 NULL
#define tree_I16 NULL
#define tree_U16 NULL
#define tree_I32 NULL
#define tree_U32 NULL
#define tree_I64 NULL
#define tree_U64 NULL

#define ENTRY(T, U, name, sum, min, max, family)                            \
    [YK_T_##name] = {{fill_SUM_##name, combine_SUM_##name, tree_##name},    \
                     {fill_MIN_##name, combine_MIN_##name, NULL},           \
                     {fill_MAX_##name, combine_MAX_##name, NULL}},

const yki_ops *yki_ops_of(const yk_arg *arg)
{
    static const yki_ops ops[][3] = {TYPES(ENTRY)};
    return &ops[arg->type][arg->mode - YK_MODE_SUM];
}
