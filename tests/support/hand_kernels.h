/* Kernels whose descriptors are written by hand, device source and host function both,
 * following yoke/kernel.h to the letter: for tests of whatever runs descriptors.
 * Include hand_kernels.c in one file of the program (the test files here are programs of
 * a single file).  All immutable. */
#ifndef YKT_HAND_KERNELS_H
#define YKT_HAND_KERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <yoke/kernel.h>

/* y[i] = a * x[i] + y[i]; x and y may be the same array. */
typedef struct hand_saxpy_args {
    int32_t n;
    float a;
    const float *x;
    float *y;
} hand_saxpy_args;
extern const yk_kernel hand_saxpy;

/* v = the mean of u and its four neighbours, on the inside of a w x h grid of rows of
 * `pitch` floats; the border, and what lies between w and pitch, is not written. */
typedef struct hand_blur_args {
    int32_t w, h, pitch;
    const float *u;
    float *v;
} hand_blur_args;
extern const yk_kernel hand_blur;
/* The same with a device program in groups of 8 x 4 work-items that share local memory
 * and compute tiles of 16 x 12 points. */
extern const yk_kernel hand_blur_tiled;

/* bins[value[i] % n_bins] += 1 over n values. */
typedef struct hand_histogram_args {
    int32_t n, n_bins;
    const uint32_t *value;
    uint32_t *bins;
} hand_histogram_args;
extern const yk_kernel hand_histogram;

/* sum[0] += x[i] over n floats, in the canonical order. */
typedef struct hand_sum_args {
    int32_t n;
    const float *x;
    float *sum;
} hand_sum_args;
extern const yk_kernel hand_sum;

/* out[x * h + y] = in[y * w + x]: a row of the input is a column of the output. */
typedef struct hand_transpose_args {
    int32_t w, h;
    const float *in;
    float *out;
} hand_transpose_args;
extern const yk_kernel hand_transpose;

/* out[i] = sum over all j of table[j] * (i + 1): everybody reads all of `table`. */
typedef struct hand_all_args {
    int32_t n, m;
    const int32_t *table;
    int32_t *out;
} hand_all_args;
extern const yk_kernel hand_all;

/* A kernel that no compiler takes, and one that needs fp64. */
extern const yk_kernel hand_broken;
extern const yk_kernel hand_double;

#endif
