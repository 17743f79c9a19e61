/* blur: the two filters, by Yoke and by plain loops. */
#ifndef EXAMPLES_BLUR_FILTER_H
#define EXAMPLES_BLUR_FILTER_H

#include <yoke/yoke.h>

#include "image.h"

#define FILTER_MAX_SIGMA 200.0
enum { BLUR_ROWS, BLUR_COLUMNS, SOBEL, STAGES };
enum { FILTER_ROUNDS = 3 };

/* A picture on its way.  Every stage is smaller than the one before it, see blur.cl. */
typedef struct filter {
    int width, height;      /* of the picture, in samples and rows */
    int channels, reach;
    float *weight;          /* 2*reach + 1, their sum is 1 */
    float *margin;          /* the picture and `reach + 1` pixels around it */
    float *stage[STAGES];
} filter;

/* Lengths and numbers of the rows of each stage. */
int filter_width(const filter *f, int stage);
int filter_rows(const filter *f, int stage);

/* Memory from the engine, and the picture with its margin.  0, or -1 without memory;
 * filter_close in either case, before the engine is closed. */
int filter_open(filter *f, yk_engine *engine, const image *im, double sigma);
void filter_close(filter *f, yk_engine *engine);

/* One stage on every processor. */
yk_status filter_yoke(filter *f, int stage, yk_engine *engine, const yk_run_opts *opts);

/* The same as one would write it without Yoke: one thread.  to: in place of f's own. */
void filter_serial(const filter *f, int stage, float *const to[STAGES]);

/* The largest difference between two results of all stages in units of what rounding can
 * explain: up to 1 they are the same. */
double filter_difference(const filter *f, float *const other[STAGES]);

/* Copies the picture's part of a stage; without alpha if im has fewer channels. */
void filter_result(const filter *f, int stage, image *im);

#endif
