/* image: see image.h. */
#include "image.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "output.h"

int image_error(const char *path, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "blur: %s: ", path);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return -1;
}

int image_alloc(image *im, const char *path)
{
    size_t channels = (size_t)im->channels;
    if (im->width == 0 || im->height == 0) return image_error(path, "an empty picture");
    if (im->width > IMAGE_MAX_SIDE || im->height > IMAGE_MAX_SIDE ||
        im->width * channels > IMAGE_MAX_SAMPLES / im->height)
        return image_error(path, "%zu x %zu is too large", im->width, im->height);
    im->sample = malloc(im->width * im->height * channels * sizeof *im->sample);
    return im->sample ? 0 : image_error(path, "out of memory for %zu x %zu", im->width,
                                        im->height);
}

void image_free(image *im)
{
    free(im->sample);
    *im = (image){0};
}

/* ---- alpha ---- */

static void multiply_by_alpha(image *im)
{
    int n = im->channels;
    if (!image_has_alpha(im)) return;
    float *end = im->sample + im->width * im->height * (size_t)n;
    for (float *pixel = im->sample; pixel < end; pixel += n)
        for (int c = 0; c < n - 1; c++) pixel[c] *= pixel[n - 1];
}

static uint16_t whole(float v, unsigned most)
{
    float scaled = v * (float)most + 0.5f;
    if (!(scaled > 0)) return 0;
    return scaled >= (float)most ? (uint16_t)most : (uint16_t)scaled;
}

void image_row(const image *im, size_t y, uint16_t *out)
{
    int n = im->channels;
    size_t samples = im->width * (size_t)n;
    unsigned most = im->bits == 16 ? 65535 : 255;
    const float *row = im->sample + y * samples;
    for (size_t k = 0; k < samples; k += (size_t)n) {
        float alpha = image_has_alpha(im) ? row[k + (size_t)n - 1] : 1.0f;
        for (int c = 0; c < n; c++) {
            bool colour = c < n - 1 || !image_has_alpha(im);
            float v = row[k + (size_t)c];
            if (colour) v = alpha > 0 ? v / alpha : 0.0f;
            out[k + (size_t)c] = whole(v, most);
        }
    }
}

/* ---- files ---- */

static int read_stream(image *im, FILE *f, const char *path)
{
    unsigned char magic[8] = {0};
    size_t got = fread(magic, 1, sizeof magic, f);
    if (ferror(f) || fseek(f, 0, SEEK_SET) != 0) return image_error(path, "%s", strerror(errno));
    if (got == 0) return image_error(path, "the file is empty");
    if (memcmp(magic, "\x89PNG", 4) == 0) return png_file_read(im, f, path);
    if (magic[0] == 'P' && strchr("2356", magic[1])) return pnm_file_read(im, f, path);
    return image_error(path, "neither PNG nor PPM or PGM");
}

int image_read(image *im, const char *path)
{
    *im = (image){0};
    FILE *f = fopen(path, "rb");
    if (!f) return image_error(path, "%s", strerror(errno));
    int bad = read_stream(im, f, path);
    fclose(f);
    if (bad) image_free(im);
    else multiply_by_alpha(im);
    return bad;
}

static bool has_ending(const char *path, const char *ending)
{
    size_t n = strlen(path), k = strlen(ending);
    return n > k && strcasecmp(path + n - k, ending) == 0;
}

int image_check_output(const char *path, int channels)
{
    bool png = has_ending(path, ".png"), grey = has_ending(path, ".pgm");
    if (!png && !grey && !has_ending(path, ".ppm") && !has_ending(path, ".pnm"))
        return image_error(path, "a name that ends in .png, .ppm, .pgm or .pnm was expected");
#ifndef HAVE_PNG
    if (png) return image_error(path, "this build has no libpng; it can write .ppm and .pgm");
#endif
    if (!png && channels % 2 == 0)
        return image_error(path, "only a .png can hold transparency");
    if (grey && channels > 1) return image_error(path, "a .pgm cannot hold colour");
    if (output_check(path) != 0) return image_error(path, "%s", strerror(errno));
    return 0;
}

int image_write(const image *im, const char *path)
{
    output out;
    uint16_t *row = malloc(im->width * (size_t)im->channels * sizeof *row);
    if (!row) return image_error(path, "out of memory");
    if (output_open(&out, path) != 0) {
        free(row);
        return image_error(path, "%s", strerror(errno));
    }
    bool colour = im->channels > 1 || has_ending(path, ".ppm");
    int bad = has_ending(path, ".png") ? png_file_write(im, out.file, path, row)
                                       : pnm_file_write(im, out.file, colour, row);
    free(row);
    if (bad) output_discard(&out);
    else if (output_commit(&out) != 0) bad = image_error(path, "%s", strerror(errno));
    return bad;
}
