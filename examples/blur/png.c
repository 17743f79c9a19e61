/* PNG through libpng; without it, the refusal.  See image.h.
 *
 * libpng reports errors by jumping back to setjmp, so everything to be released lies in a
 * structure and no local changes between the two. */
#include "image.h"

#ifdef HAVE_PNG

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

typedef struct job {
    png_structp png;
    png_infop info;
    const char *path;
    const char *doing;          /* "read" or "written" */
    unsigned char *bytes;       /* the whole picture as the file has it, or one row */
    png_bytep *rows;
} job;

static void on_error(png_structp png, png_const_charp message)
{
    const job *j = png_get_error_ptr(png);
    image_error(j->path, "cannot be %s as PNG: %s", j->doing, message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;      /* an odd colour profile and the like: the samples are fine */
}

static void release(job *j)
{
    free(j->bytes);
    free(j->rows);
}

/* What remains of the file's many forms is 8 or 16 bits of 1 to 4 channels. */
static void ask_for_plain_samples(job *j)
{
    png_set_expand(j->png);             /* palettes, 1 to 4 bits, a transparent colour */
    png_set_interlace_handling(j->png);
    png_read_update_info(j->png, j->info);
}

static int take_memory(job *j, image *im)
{
    size_t pitch = png_get_rowbytes(j->png, j->info);
    if (image_alloc(im, j->path) != 0) return -1;
    j->bytes = malloc(pitch * im->height);
    j->rows = malloc(im->height * sizeof *j->rows);
    if (!j->bytes || !j->rows) return image_error(j->path, "out of memory");
    for (size_t y = 0; y < im->height; y++) j->rows[y] = j->bytes + y * pitch;
    return 0;
}

static void convert(const job *j, image *im)
{
    size_t n = im->width * (size_t)im->channels;
    for (size_t y = 0; y < im->height; y++) {
        const unsigned char *row = j->rows[y];
        float *to = im->sample + y * n;
        for (size_t k = 0; k < n; k++) {
            if (im->bits == 8) to[k] = image_scale(row[k], 255);
            else to[k] = image_scale((unsigned)(row[2 * k] << 8 | row[2 * k + 1]), 65535);
        }
    }
}

static int read_picture(job *j, image *im, FILE *f)
{
    if (setjmp(png_jmpbuf(j->png))) return -1;
    png_init_io(j->png, f);
    png_read_info(j->png, j->info);
    ask_for_plain_samples(j);
    im->width = png_get_image_width(j->png, j->info);
    im->height = png_get_image_height(j->png, j->info);
    im->channels = png_get_channels(j->png, j->info);
    im->bits = png_get_bit_depth(j->png, j->info);
    if (take_memory(j, im) != 0) return -1;
    png_read_image(j->png, j->rows);
    png_read_end(j->png, NULL);
    convert(j, im);
    return 0;
}

int png_file_read(image *im, FILE *f, const char *path)
{
    job j = {.path = path, .doing = "read"};
    j.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &j, on_error, on_warning);
    j.info = j.png ? png_create_info_struct(j.png) : NULL;
    int bad = j.info ? read_picture(&j, im, f) : image_error(path, "out of memory");
    png_destroy_read_struct(&j.png, &j.info, NULL);
    release(&j);
    return bad;
}

static int colour_type(int channels)
{
    static const int types[] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA,
                                PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    return types[channels];
}

static int write_picture(const job *j, const image *im, FILE *f, uint16_t *row)
{
    if (setjmp(png_jmpbuf(j->png))) return -1;
    size_t n = im->width * (size_t)im->channels;
    png_init_io(j->png, f);
    png_set_IHDR(j->png, j->info, (png_uint_32)im->width, (png_uint_32)im->height, im->bits,
                 colour_type(im->channels), PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(j->png, 4);       /* twice as fast as 6, a few percent larger */
    png_write_info(j->png, j->info);
    for (size_t y = 0; y < im->height; y++) {
        image_row(im, y, row);
        for (size_t k = 0; k < n; k++) {
            if (im->bits == 8) j->bytes[k] = (unsigned char)row[k];
            else j->bytes[2 * k] = (unsigned char)(row[k] >> 8),
                 j->bytes[2 * k + 1] = (unsigned char)row[k];
        }
        png_write_row(j->png, j->bytes);
    }
    png_write_end(j->png, NULL);
    return 0;
}

int png_file_write(const image *im, FILE *f, const char *path, uint16_t *row)
{
    job j = {.path = path, .doing = "written"};
    j.bytes = malloc(2 * im->width * (size_t)im->channels);
    j.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &j, on_error, on_warning);
    j.info = j.png ? png_create_info_struct(j.png) : NULL;
    int bad = j.info && j.bytes ? write_picture(&j, im, f, row)
                                : image_error(path, "out of memory");
    png_destroy_write_struct(&j.png, &j.info);
    release(&j);
    return bad;
}

#else

int png_file_read(image *im, FILE *f, const char *path)
{
    (void)im;
    (void)f;
    return image_error(path, "a PNG file, and this build has no libpng; it reads PPM and PGM");
}

int png_file_write(const image *im, FILE *f, const char *path, uint16_t *row)
{
    (void)im;
    (void)f;
    (void)row;
    return image_error(path, "this build has no libpng; it can write .ppm and .pgm");
}

#endif
