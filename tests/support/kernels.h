/* Descriptors put together at run time, for tests of what reads descriptors.
 * The shape is whatever the test laid into a test_args block. */
#ifndef YKT_KERNELS_H
#define YKT_KERNELS_H

#include <string.h>
#include <yoke/kernel.h>

#define TEST_ARGS 4

/* The argument block: pointers by argument, and the shape that the kernel "computes". */
typedef struct test_args {
    void *array[TEST_ARGS];
    yk_status status;       /* of the shape function */
    size_t lo[YK_MAX_DIMS], hi[YK_MAX_DIMS];    /* hi 0: the range's */
    yk_window window[TEST_ARGS];
} test_args;

static inline yk_status test_shape(const yk_range *range, const void *block, yk_shape *out)
{
    const test_args *a = block;
    if (a->status != YK_OK) return a->status;
    for (size_t d = 0; d < range->dims; d++) {
        out->lo[d] = a->hi[d] ? a->lo[d] : range->offset[d];
        out->hi[d] = a->hi[d] ? a->hi[d] : range->offset[d] + range->size[d];
    }
    memcpy(out->window, a->window, sizeof a->window);
    return YK_OK;
}

static inline void test_host(const yk_slice *slice) { (void)slice; }

typedef struct test_kernel {
    yk_kernel kernel;
    yk_host_table host;
    yk_arg args[TEST_ARGS];
} test_kernel;

/* `n_args` float inputs named "a" to "d"; change what the test is about. */
static inline void test_kernel_init(test_kernel *t, uint32_t dims, uint32_t n_args)
{
    static const char *const names[TEST_ARGS] = {"a", "b", "c", "d"};
    memset(t, 0, sizeof *t);
    t->host = (yk_host_table){.abi = YK_KERNEL_ABI, .size = sizeof t->host, .fn = {test_host}};
    for (uint32_t i = 0; i < n_args; i++) {
        t->args[i] = (yk_arg){.name = names[i], .mode = YK_MODE_IN, .type = YK_T_F32, .size = 4,
                              .offset = (uint32_t)(i * sizeof(void *))};
    }
    t->kernel = (yk_kernel){.abi = YK_KERNEL_ABI, .size = sizeof t->kernel, .name = "k",
                            .dims = dims, .axis = dims - 1, .align = 1, .lanes = 1,
                            .n_args = n_args, .args = t->args, .args_size = sizeof(test_args),
                            .shape = test_shape, .host = &t->host};
}

static inline void test_arg_type(test_kernel *t, size_t arg, yk_mode mode, yk_type type,
                                 uint32_t size)
{
    t->args[arg].mode = (uint8_t)mode;
    t->args[arg].type = (uint8_t)type;
    t->args[arg].size = size;
}

#endif
