/* blur: pictures in memory and in files.
 *
 * PNG (where libpng was there when this was built) and the PNM family: PPM, PGM, plain and
 * binary, up to 16 bits.  Functions that return int return 0, or -1 after saying why on
 * stderr.  One thread. */
#ifndef EXAMPLES_BLUR_IMAGE_H
#define EXAMPLES_BLUR_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* 1 grey, 2 grey and alpha, 3 red, green and blue, 4 those and alpha. */
#define IMAGE_MAX_CHANNELS 4
#define IMAGE_MAX_SIDE ((size_t)1 << 24)
#define IMAGE_MAX_SAMPLES ((size_t)1 << 30)

typedef struct image {
    size_t width, height;
    int channels;
    int bits;           /* of a sample in the file: 8 or 16 */
    float *sample;      /* rows of width * channels, from 0 to 1.  Colours are multiplied by
                         * alpha, so that what cannot be seen does not bleed into what can */
} image;

static inline bool image_has_alpha(const image *im) { return im->channels % 2 == 0; }

/* Takes memory for an image whose size and channels are set; `path` is for messages. */
int image_alloc(image *im, const char *path);
void image_free(image *im);

int image_read(image *im, const char *path);

/* By the name's ending: .png, .ppm, .pgm, .pnm.  The file appears whole or not at all. */
int image_write(const image *im, const char *path);

/* Whether image_write could write a picture of so many channels there. */
int image_check_output(const char *path, int channels);

/* ---- for the readers and writers of formats ---- */

/* "blur: PATH: text"; -1. */
int image_error(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sample k of a row of numbers up to `most`, one or two bytes each, into the image. */
static inline float image_scale(unsigned value, unsigned most)
{
    return (float)value / (float)most;
}

/* Row y as whole numbers of im->bits, with colours divided by alpha again. */
void image_row(const image *im, size_t y, uint16_t *out);

/* The file is open at its beginning; fills *im, which image_free releases on failure. */
int png_file_read(image *im, FILE *f, const char *path);
int pnm_file_read(image *im, FILE *f, const char *path);

/* Errors of the stream are left to its owner.  row: width * channels numbers. */
int png_file_write(const image *im, FILE *f, const char *path, uint16_t *row);
int pnm_file_write(const image *im, FILE *f, bool colour, uint16_t *row);

#endif
