/* kernel_run: runs a generated kernel through its descriptor the way devices and workers
 * do, and compares with a plain loop over all work-items.
 *
 * Buffers stand between guards.  Each slice sees arrays in which everything outside its
 * items' windows is garbage, outputs that are never read included; afterwards the
 * windows must hold what the plain loop gave and everything else must be untouched.  So
 * a window that is too small, too large, or an output not written in full, shows. */
#ifndef YOKE_TEST_KERNEL_RUN_H
#define YOKE_TEST_KERNEL_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yoke/kernel.h>

#define GUARD 256 /* bytes on each side */

#ifndef kr_fail
#define kr_fail fail_msg
#endif

/* kr_same[i] = j + 1: argument i is the very array that argument j is. */
static unsigned kr_same[YK_MAX_ARGS];

static uint64_t kr_seed = 88172645463325252u;

static inline uint64_t kr_random(void)
{
    kr_seed ^= kr_seed << 13;
    kr_seed ^= kr_seed >> 7;
    kr_seed ^= kr_seed << 17;
    return kr_seed;
}

static inline size_t kr_below(size_t n) { return n ? (size_t)(kr_random() % n) : 0; }

static inline double kr_value(void) { return (double)(int64_t)(kr_random() % 4001) / 1000.0 - 2.0; }

/* Fills n elements: numbers of moderate size, or whatever bytes. */
static inline void kr_fill(const yk_arg *a, void *data, size_t n)
{
    unsigned char *bytes = data;
    for (size_t i = 0; i < n; i++) {
        if (a->type == YK_T_F32) ((float *)data)[i] = (float)kr_value();
        else if (a->type == YK_T_F64) ((double *)data)[i] = kr_value();
        else if (a->type == YK_T_I32) ((int32_t *)data)[i] = (int32_t)(kr_random() % 20001) - 10000;
        else
            for (size_t b = 0; b < a->size; b++)
                bytes[i * a->size + b] = (unsigned char)(kr_random() &
                                                         0x3f); /* no NaN in structs */
    }
}

/* What stands beside an array, other bytes each time: whoever reads them gives other
 * results.  The first of them says which. */
static inline unsigned char kr_guard(unsigned char first, size_t i)
{
    return (unsigned char)(first ^ (i * 37));
}

/* An array between guards; free with kr_free. */
static inline void *kr_array(size_t bytes)
{
    unsigned char *p = malloc(bytes + 2 * GUARD), first = (unsigned char)kr_random();
    assert_non_null(p);
    for (size_t i = 0; i < GUARD; i++)
        p[GUARD - 1 - i] = p[GUARD + bytes + i] = kr_guard(first, i);
    return p + GUARD;
}

static inline void kr_free(void *array)
{
    if (array) free((unsigned char *)array - GUARD);
}

static inline void kr_check_guards(const void *array, size_t bytes, const char *kernel,
                                   const char *arg)
{
    const unsigned char *p = array;
    for (size_t i = 0; i < GUARD; i++) {
        unsigned char want = kr_guard(p[-1], i);
        if (p[-1 - (ptrdiff_t)i] == want && p[bytes + i] == want) continue;
        kr_fail("%s: wrote outside array %s", kernel, arg);
    }
}

static inline void **kr_pointer(const yk_kernel *k, void *args, size_t i)
{
    return (void **)(void *)((unsigned char *)args + k->args[i].offset);
}

/* Does the window of some item of [begin, end) hold element `at`? */
static inline bool kr_in_window(const yk_window *w, size_t begin, size_t end, int64_t at)
{
    for (size_t i = begin; i < end; i++) {
        int64_t from = at - (int64_t)i * w->stride;
        for (int64_t c = 0; c < w->count; c++) {
            if (from >= c * w->pitch + w->lo && from < c * w->pitch + w->hi) return true;
        }
        if (w->stride == 0) return false;
    }
    return false;
}

typedef struct kr_case {
    const yk_kernel *kernel;
    /* One work-item of the plain loop, on the argument block. */
    void (*item)(const void *args, const size_t id[3], const yk_range *range);
} kr_case;

static inline void kr_all_items(const kr_case *c, const yk_range *r, const void *args)
{
    size_t id[3];
    for (id[2] = r->offset[2]; id[2] < r->offset[2] + r->size[2]; id[2]++) {
        for (id[1] = r->offset[1]; id[1] < r->offset[1] + r->size[1]; id[1]++) {
            for (id[0] = r->offset[0]; id[0] < r->offset[0] + r->size[0]; id[0]++)
                c->item(args, id, r);
        }
    }
}

/* Is it another argument's array as well? */
static inline bool kr_shared(const yk_kernel *k, size_t j)
{
    for (size_t i = 0; i < k->n_args; i++) {
        if (kr_same[i] == j + 1) return true;
    }
    return false;
}

/* One slice in a world of its own. */
static inline void kr_slice(const kr_case *c, const yk_range *r, const yk_shape *shape,
                            const void *args, void *const *before, void *const *after, size_t begin,
                            size_t end, int level)
{
    const yk_kernel *k = c->kernel;
    unsigned char block[1024];
    void *array[YK_MAX_ARGS] = {0}, *image[YK_MAX_ARGS] = {0};
    assert_true(k->args_size <= sizeof block);
    memcpy(block, args, k->args_size);
    for (size_t i = 0; i < k->n_args; i++) {
        const yk_arg *a = &k->args[i];
        const yk_window *w = &shape->window[i];
        if (a->mode == YK_MODE_SCALAR) continue;
        size_t n = (size_t)w->extent;
        if (kr_same[i]) continue;
        array[i] = kr_array(n * a->size);
        image[i] = kr_array(n * a->size);
        kr_fill(a, array[i], n);
        for (size_t e = 0; (a->mode != YK_MODE_OUT || kr_shared(k, i)) && e < n; e++) {
            if (!kr_in_window(w, begin, end, (int64_t)e)) continue;
            memcpy((char *)array[i] + e * a->size, (char *)before[i] + e * a->size, a->size);
        }
        memcpy(image[i], array[i], n * a->size);
        *kr_pointer(k, block, i) = array[i];
    }
    for (size_t i = 0; i < k->n_args; i++) {
        if (kr_same[i]) *kr_pointer(k, block, i) = array[kr_same[i] - 1];
    }
    yk_slice s = {r, shape, block, NULL, begin, end, 0};
    k->host->fn[level](&s);
    for (size_t i = 0; i < k->n_args; i++) {
        const yk_arg *a = &k->args[i];
        const yk_window *w = &shape->window[i];
        if (a->mode == YK_MODE_SCALAR || kr_same[i]) continue;
        for (size_t e = 0; e < (size_t)w->extent; e++) {
            bool mine = a->mode != YK_MODE_IN && kr_in_window(w, begin, end, (int64_t)e);
            const void *want = (char *)(mine ? after[i] : image[i]) + e * a->size;
            if (memcmp((char *)array[i] + e * a->size, want, a->size) == 0) continue;
            uint64_t got = 0, right = 0;
            memcpy(&got, (char *)array[i] + e * a->size, a->size < 8 ? a->size : 8);
            memcpy(&right, want, a->size < 8 ? a->size : 8);
            kr_fail(
                "%s level %d, items [%zu, %zu) of [%zu, %zu): %s[%zu] is wrong (%s its window): "
                "bits %llx, not %llx",
                k->name, level, begin, end, shape->lo[k->axis], shape->hi[k->axis], a->name, e,
                mine ? "inside" : "outside", (unsigned long long)got, (unsigned long long)right);
        }
        kr_check_guards(array[i], (size_t)w->extent * a->size, k->name, a->name);
        kr_free(array[i]);
        kr_free(image[i]);
    }
}

/* Everything above for one range and one set of scalars (already in args, whose array
 * pointers are set here).  No reductions. */
static inline void kr_run(const kr_case *c, yk_range r, void *args)
{
    const yk_kernel *k = c->kernel;
    yk_shape shape;
    memset(&shape, 0xee, sizeof shape);
    yk_status st = k->shape(&r, args, &shape);
    if (st != YK_OK)
        kr_fail("%s: shape gives %d for %zu x %zu x %zu", k->name, (int)st, r.size[0], r.size[1],
                 r.size[2]);
    void *before[YK_MAX_ARGS] = {0}, *after[YK_MAX_ARGS] = {0};
    for (size_t i = 0; i < k->n_args; i++) {
        const yk_arg *a = &k->args[i];
        if (a->mode == YK_MODE_SCALAR) continue;
        size_t n = (size_t)shape.window[i].extent;
        if (kr_same[i] && memcmp(&shape.window[i], &shape.window[kr_same[i] - 1],
                                 sizeof shape.window[i]) != 0)
            kr_same[i] = 0;
        if (kr_same[i]) continue;
        before[i] = kr_array(n * a->size);
        after[i] = kr_array(n * a->size);
        kr_fill(a, before[i], n);
        memcpy(after[i], before[i], n * a->size);
        *kr_pointer(k, args, i) = after[i];
    }
    for (size_t i = 0; i < k->n_args; i++) {
        if (kr_same[i]) *kr_pointer(k, args, i) = after[kr_same[i] - 1];
    }
    kr_all_items(c, &r, args);
    size_t lo = shape.lo[k->axis], hi = shape.hi[k->axis], align = k->align;
    for (int level = 0; level < YK_HOST_LEVELS; level++) {
        if (!k->host->fn[level]) continue;
        if (level == 2 && !__builtin_cpu_supports("avx2")) continue;
        if (level == 3 && !__builtin_cpu_supports("avx512vl")) continue;
        size_t begin = lo;
        bool empty = false;
        for (int d = 0; d < 3; d++) empty = empty || shape.lo[d] == shape.hi[d];
        while (!empty && begin < hi) {
            size_t end = begin + align * (1 + kr_below((hi - begin) / align / 2 + 2));
            if (end > hi || kr_below(4) == 0) end = hi;
            kr_slice(c, &r, &shape, args, before, after, begin, end, level);
            begin = end;
        }
    }
    for (size_t i = 0; i < k->n_args; i++) {
        const yk_arg *a = &k->args[i];
        if (a->mode != YK_MODE_SCALAR && !kr_same[i])
            kr_check_guards(after[i], (size_t)shape.window[i].extent * a->size, k->name, a->name);
        kr_free(before[i]);
        kr_free(after[i]);
    }
}

#endif
