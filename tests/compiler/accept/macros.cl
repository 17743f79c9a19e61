#define CONCAT_(a, b) a##b
#define CONCAT(a, b) CONCAT_(a, b)
#define KERNEL(name, T, expr)                                     \
    __kernel void CONCAT(name, _##T)(__global const T *a, __global T *b) \
    {                                                             \
        size_t i = get_global_id(0);                              \
        T x = a[i];                                               \
        b[i] = expr;                                              \
    }
KERNEL(square, float, x *x)
KERNEL(square, int, x *x)
KERNEL(negate, long, -x)
#if defined(__OPENCL_VERSION__) && __OPENCL_VERSION__ >= 110 && !defined(NOPE)
KERNEL(half_of, uint, x >> 1)
#else
#error never here
#endif
