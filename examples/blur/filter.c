/* filter: see filter.h. */
#include "filter.h"

#include <math.h>
#include <string.h>

#include "blur.yk.h"

/* ---- sizes ---- */

int filter_width(const filter *f, int stage)
{
    return f->width + (stage == SOBEL ? 0 : 2 * f->channels);
}

int filter_rows(const filter *f, int stage)
{
    static const int sobel_margin[STAGES] = {2, 2, 0};
    return f->height + sobel_margin[stage] + (stage == BLUR_ROWS ? 2 * f->reach : 0);
}

static size_t samples(const filter *f, int stage)
{
    return (size_t)filter_width(f, stage) * (size_t)filter_rows(f, stage);
}

/* ---- making ---- */

/* The bell of width sigma in pixels, cut off at three sigma. */
static void bell(float *weight, int reach, double sigma)
{
    double sum = 0;
    for (int k = -reach; k <= reach; k++) sum += exp(-0.5 * k * k / (sigma * sigma));
    for (int k = -reach; k <= reach; k++)
        weight[k + reach] = (float)(exp(-0.5 * k * k / (sigma * sigma)) / sum);
}

static void copy_pixels(float *to, const float *pixel, int channels, int times)
{
    for (int k = 0; k < times; k++) memcpy(to + k * channels, pixel, sizeof *to * (size_t)channels);
}

/* The picture's rows, their first and last pixels and its first and last rows repeated. */
static void fill_margin(filter *f, const image *im)
{
    int margin = f->reach + 1, side = margin * f->channels;
    size_t width = (size_t)f->width, pitch = width + 2 * (size_t)side;
    for (int y = -margin; y < f->height + margin; y++) {
        int inside = y < 0 ? 0 : y >= f->height ? f->height - 1 : y;
        const float *from = im->sample + (size_t)inside * width;
        float *to = f->margin + (size_t)(y + margin) * pitch;
        copy_pixels(to, from, f->channels, margin);
        memcpy(to + side, from, width * sizeof *to);
        copy_pixels(to + side + width, from + width - f->channels, f->channels, margin);
    }
}

int filter_open(filter *f, yk_engine *engine, const image *im, double sigma)
{
    *f = (filter){.width = (int)im->width * im->channels, .height = (int)im->height,
                  .channels = im->channels, .reach = (int)ceil(3 * sigma)};
    size_t margin = (size_t)f->reach + 1;
    size_t around = (im->width + 2 * margin) * (im->height + 2 * margin) * (size_t)im->channels;
    f->weight = yk_alloc(engine, (2 * margin - 1) * sizeof *f->weight);
    f->margin = yk_alloc(engine, around * sizeof *f->margin);
    bool all = f->weight && f->margin;
    for (int s = 0; s < STAGES; s++) {
        f->stage[s] = yk_alloc(engine, samples(f, s) * sizeof(float));
        all = all && f->stage[s];
    }
    if (!all) return -1;
    bell(f->weight, f->reach, sigma);
    fill_margin(f, im);
    return 0;
}

void filter_close(filter *f, yk_engine *engine)
{
    yk_free(engine, f->weight);
    yk_free(engine, f->margin);
    for (int s = 0; s < STAGES; s++) yk_free(engine, f->stage[s]);
    *f = (filter){0};
}

/* ---- running ---- */

yk_status filter_yoke(filter *f, int stage, yk_engine *engine, const yk_run_opts *opts)
{
    int width = filter_width(f, stage), rows = filter_rows(f, stage);
    yk_range range = yk_2d((size_t)width, (size_t)rows);
    if (stage == BLUR_ROWS)
        return blur_rows_run_opts(engine, opts, range, f->margin, f->weight, f->stage[BLUR_ROWS],
                                  width, rows, f->reach, f->channels);
    if (stage == BLUR_COLUMNS)
        return blur_columns_run_opts(engine, opts, range, f->stage[BLUR_ROWS], f->weight,
                                     f->stage[BLUR_COLUMNS], width, rows, f->reach);
    return sobel_run_opts(engine, opts, range, f->stage[BLUR_COLUMNS], f->stage[SOBEL], width,
                          rows, f->channels);
}

/* ---- results ---- */

static double largest(const float *a, const float *b, size_t n)
{
    double worst = 0;
    for (size_t k = 0; k < n; k++) {
        double d = fabs((double)a[k] - (double)b[k]);
        if (d > worst || isnan(d)) worst = d;
    }
    return worst;
}

/* With u = 2^-24, samples up to 1 and weights that add up to 1, a sum of t products errs by
 * at most (t + 1) u; so two sides differ by 2(t + 1) u after the rows and twice that after
 * the columns.  Sobel's two sums have weights of 8 together: they differ by 8 times that
 * and 64 u of their own, and a quarter of their root by sqrt(2)/4 of it, and 2 u. */
double filter_difference(const filter *f, float *const other[STAGES])
{
    double u = 0x1p-24, rows = 2 * (2 * f->reach + 2) * u;
    double bound[STAGES] = {rows, 2 * rows, 0.3536 * (16 * rows + 64 * u) + 2 * u};
    double worst = 0;
    for (int s = 0; s < STAGES; s++) {
        double d = largest(f->stage[s], other[s], samples(f, s)) / bound[s];
        if (d > worst || isnan(d)) worst = d;
    }
    return worst;
}

void filter_result(const filter *f, int stage, image *im)
{
    size_t pitch = (size_t)filter_width(f, stage), n = (size_t)im->channels;
    size_t step = (size_t)f->channels;
    const float *from = f->stage[stage] + (stage == SOBEL ? 0 : pitch + step);
    for (size_t y = 0; y < im->height; y++)
        for (size_t x = 0; x < im->width; x++)
            for (size_t c = 0; c < n; c++)
                im->sample[(y * im->width + x) * n + c] = from[y * pitch + x * step + c];
}
