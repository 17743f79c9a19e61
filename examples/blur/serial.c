/* The filters as plain loops.  See filter.h. */
#include <math.h>

#include "filter.h"

static void blur_rows(const float *in, const float *weight, float *out, size_t width, size_t rows,
                      size_t reach, size_t channels)
{
    size_t pitch = width + 2 * reach * channels;
    for (size_t y = 0; y < rows; y++) {
        for (size_t x = 0; x < width; x++) {
            float sum = 0;
            for (size_t k = 0; k <= 2 * reach; k++)
                sum += weight[k] * in[y * pitch + x + k * channels];
            out[y * width + x] = sum;
        }
    }
}

static void blur_columns(const float *in, const float *weight, float *out, size_t width,
                         size_t rows, size_t reach)
{
    for (size_t y = 0; y < rows; y++) {
        for (size_t x = 0; x < width; x++) {
            float sum = 0;
            for (size_t k = 0; k <= 2 * reach; k++) sum += weight[k] * in[(y + k) * width + x];
            out[y * width + x] = sum;
        }
    }
}

static void sobel(const float *in, float *out, size_t width, size_t rows, size_t channels)
{
    size_t pitch = width + 2 * channels;
    for (size_t y = 0; y < rows; y++) {
        const float *a = in + y * pitch, *b = a + pitch, *c = b + pitch;
        for (size_t x = 0; x < width; x++) {
            size_t m = x + channels, r = x + 2 * channels;
            float across = a[r] - a[x] + 2 * (b[r] - b[x]) + c[r] - c[x];
            float down = c[x] - a[x] + 2 * (c[m] - a[m]) + c[r] - a[r];
            out[y * width + x] = fminf(1, 0.25f * sqrtf(across * across + down * down));
        }
    }
}

void filter_serial(const filter *f, int stage, float *const to[STAGES])
{
    size_t width = (size_t)filter_width(f, stage), rows = (size_t)filter_rows(f, stage);
    size_t reach = (size_t)f->reach, channels = (size_t)f->channels;
    if (stage == BLUR_ROWS)
        blur_rows(f->margin, f->weight, to[stage], width, rows, reach, channels);
    else if (stage == BLUR_COLUMNS)
        blur_columns(to[BLUR_ROWS], f->weight, to[stage], width, rows, reach);
    else
        sobel(to[BLUR_COLUMNS], to[stage], width, rows, channels);
}
