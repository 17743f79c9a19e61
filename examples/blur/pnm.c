/* The PNM family of formats: "P6 640 480 255" and samples.  See image.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

typedef struct pnm {
    FILE *f;
    const char *path;
    bool plain;             /* samples as decimal numbers */
    unsigned most;          /* the largest sample */
} pnm;

static int end_of_line(FILE *f)
{
    int c = getc(f);
    while (c != '\n' && c != '\r' && c != EOF) c = getc(f);
    return c;
}

/* The first character that is neither blank nor in a comment, which ends with its line. */
static int skip_blanks(FILE *f)
{
    int c = getc(f);
    while (isspace(c) || c == '#') {
        if (c == '#') c = end_of_line(f);
        else c = getc(f);
    }
    return c;
}

/* A whole number of at most nine digits and the one character behind it; -1: none. */
static long read_number(FILE *f)
{
    long v = 0;
    int digits = 0, c = skip_blanks(f);
    for (; c >= '0' && c <= '9' && digits <= 9; digits++, c = getc(f)) v = 10 * v + c - '0';
    if (digits == 0 || digits > 9) return -1;
    return c == EOF || isspace(c) ? v : -1;
}

static int read_header(pnm *p, image *im)
{
    char kind[2];
    if (fread(kind, 1, 2, p->f) != 2) return image_error(p->path, "the header is cut off");
    p->plain = kind[1] < '4';
    im->channels = kind[1] == '3' || kind[1] == '6' ? 3 : 1;
    long width = read_number(p->f), height = read_number(p->f), most = read_number(p->f);
    if (width < 0 || height < 0 || most < 0)
        return image_error(p->path, "the header is damaged or cut off");
    if (most < 1 || most > 65535)
        return image_error(p->path, "largest value %ld; 1 to 65535 was expected", most);
    im->width = (size_t)width;
    im->height = (size_t)height;
    im->bits = most > 255 ? 16 : 8;
    p->most = (unsigned)most;
    return 0;
}

/* n samples of a plain file; how many there were. */
static size_t read_plain(const pnm *p, unsigned *value, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        long v = read_number(p->f);
        if (v < 0) return k;
        value[k] = (unsigned)v;
    }
    return n;
}

static size_t read_binary(const pnm *p, unsigned *value, unsigned char *bytes, size_t n)
{
    size_t size = p->most > 255 ? 2 : 1, got = fread(bytes, size, n, p->f);
    for (size_t k = 0; k < got; k++)
        value[k] = size == 1 ? bytes[k] : (unsigned)(bytes[2 * k] << 8 | bytes[2 * k + 1]);
    return got;
}

static int read_rows(const pnm *p, image *im, unsigned *value, unsigned char *bytes)
{
    size_t n = im->width * (size_t)im->channels;
    for (size_t y = 0; y < im->height; y++) {
        size_t got = p->plain ? read_plain(p, value, n) : read_binary(p, value, bytes, n);
        if (got != n)
            return image_error(p->path, "cut off or damaged in row %zu of %zu", y + 1, im->height);
        for (size_t k = 0; k < n; k++) {
            if (value[k] > p->most)
                return image_error(p->path, "a sample of %u in row %zu, above the largest value %u",
                                   value[k], y + 1, p->most);
            im->sample[y * n + k] = image_scale(value[k], p->most);
        }
    }
    return 0;
}

int pnm_file_read(image *im, FILE *f, const char *path)
{
    pnm p = {.f = f, .path = path};
    if (read_header(&p, im) != 0 || image_alloc(im, path) != 0) return -1;
    size_t n = im->width * (size_t)im->channels;
    unsigned *value = malloc(n * sizeof *value);
    unsigned char *bytes = malloc(2 * n);
    int bad = value && bytes ? read_rows(&p, im, value, bytes) : image_error(path, "out of memory");
    free(value);
    free(bytes);
    return bad;
}

static void put_sample(unsigned v, int bits, FILE *f)
{
    if (bits == 16) putc((int)(v >> 8), f);
    putc((int)(v & 255), f);
}

/* A grey picture in a colour file has each sample three times. */
int pnm_file_write(const image *im, FILE *f, bool colour, uint16_t *row)
{
    size_t n = im->width * (size_t)im->channels;
    int times = colour && im->channels == 1 ? 3 : 1;
    fprintf(f, "P%c\n%zu %zu\n%d\n", colour ? '6' : '5', im->width, im->height,
            im->bits == 16 ? 65535 : 255);
    for (size_t y = 0; y < im->height && !ferror(f); y++) {
        image_row(im, y, row);
        for (size_t k = 0; k < n; k++)
            for (int t = 0; t < times; t++) put_sample(row[k], im->bits, f);
    }
    return 0;
}
