/* The example blur as it is called: pictures of every kind and odd sizes against sums
 * written out here, bad files, and nothing left behind. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#ifdef HAVE_PNG
#include <png.h>
#endif

#include "command.h"
#include "random.h"
#include "scratch.h"

static ykt_scratch box;

#define RUN(...) ykt_run(NULL, (const char *const[]){YOKE_BLUR, __VA_ARGS__, NULL})
#define MAX_SAMPLES 4096
/* So narrow a bell is 1 in the middle and 0 beside it: the picture comes out as it was. */
#define NARROW "-s", "0.05"

typedef struct picture {
    int width, height, channels, most;
    unsigned sample[MAX_SAMPLES];
} picture;

/* ---- pictures and PNM files ---- */

static picture noise(int width, int height, int channels, int most)
{
    picture p = {width, height, channels, most, {0}};
    uint64_t seed = (uint64_t)(width * 1000 + height);
    for (int k = 0; k < width * height * channels; k++)
        p.sample[k] = (unsigned)(rnd(&seed) % ((unsigned)most + 1));
    return p;
}

static const char *put_pnm(const char *name, const picture *p)
{
    char *text = NULL;
    size_t bytes;
    FILE *f = open_memstream(&text, &bytes);
    fprintf(f, "P%d\n# a comment\n%d %d\n%d\n", p->channels == 3 ? 6 : 5, p->width, p->height,
            p->most);
    for (int k = 0; k < p->width * p->height * p->channels; k++) {
        if (p->most > 255) putc((int)(p->sample[k] >> 8), f);
        putc((int)(p->sample[k] & 255), f);
    }
    fclose(f);
    const char *path = ykt_put(&box, name, text, bytes);
    free(text);
    return path;
}

static picture get_pnm(const char *path)
{
    picture p = {0};
    size_t bytes;
    char *data = ykt_get(path, &bytes);
    int kind, head = 0;
    assert_non_null(data);
    assert_int_equal(sscanf(data, "P%d %d %d %d%n", &kind, &p.width, &p.height, &p.most, &head), 4);
    p.channels = kind == 6 ? 3 : 1;
    int n = p.width * p.height * p.channels, size = p.most > 255 ? 2 : 1;
    const unsigned char *from = (const unsigned char *)data + head + 1;
    assert_int_equal(bytes, head + 1 + n * size);
    for (int k = 0; k < n; k++)
        p.sample[k] = size == 1 ? from[k] : (unsigned)(from[2 * k] << 8 | from[2 * k + 1]);
    free(data);
    return p;
}

static void same(const picture *a, const picture *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->channels, b->channels);
    assert_int_equal(a->most, b->most);
    for (int k = 0; k < a->width * a->height * a->channels; k++)
        assert_int_equal(a->sample[k], b->sample[k]);
}

static void succeeds(ykt_command c)
{
    assert_string_equal(c.err, "");
    assert_int_equal(c.code, 0);
    ykt_command_free(&c);
}

/* ---- sums written out ---- */

static double at(const picture *p, int x, int y, int c)
{
    x = x < 0 ? 0 : x >= p->width ? p->width - 1 : x;
    y = y < 0 ? 0 : y >= p->height ? p->height - 1 : y;
    return (double)p->sample[(y * p->width + x) * p->channels + c] / p->most;
}

/* The blur at a pixel, which may lie outside, where the border goes on. */
static double blurred(const picture *p, int x, int y, int c, double sigma)
{
    int r = (int)ceil(3 * sigma);
    double sum = 0, weights = 0;
    for (int j = -r; j <= r; j++)
        for (int i = -r; i <= r; i++) {
            double w = exp(-0.5 * (i * i + j * j) / (sigma * sigma));
            sum += w * at(p, x + i, y + j, c);
            weights += w;
        }
    return sum / weights;
}

static double steepness(const picture *p, int x, int y, int c, double sigma)
{
    double v[3][3];
    for (int j = 0; j < 3; j++)
        for (int i = 0; i < 3; i++) v[j][i] = blurred(p, x + i - 1, y + j - 1, c, sigma);
    double across = v[0][2] + 2 * v[1][2] + v[2][2] - v[0][0] - 2 * v[1][0] - v[2][0];
    double down = v[2][0] + 2 * v[2][1] + v[2][2] - v[0][0] - 2 * v[0][1] - v[0][2];
    return fmin(1, hypot(across, down) / 4);
}

/* Half a step of rounding to whole numbers and, of 65535, what floats of 2^-24 add up to
 * in 2 x 13 products and Sobel: less than another step. */
static void check_sums(int width, int height, int channels, double sigma, const char *text)
{
    picture p = noise(width, height, channels, 65535);
    const char *soft = ykt_path(&box, "soft.pnm"), *edge = ykt_path(&box, "edge.pnm");
    succeeds(RUN("-q", "-s", text, put_pnm("in.pnm", &p), soft, edge));
    picture s = get_pnm(soft), e = get_pnm(edge);
    assert_int_equal(s.width * 1000 + s.height, width * 1000 + height);
    assert_int_equal(e.width * 1000 + e.height, width * 1000 + height);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++) {
                int k = (y * width + x) * channels + c;
                assert_true(fabs(s.sample[k] - 65535 * blurred(&p, x, y, c, sigma)) < 1.5);
                assert_true(fabs(e.sample[k] - 65535 * steepness(&p, x, y, c, sigma)) < 1.5);
            }
}

static void test_sums(void **state)
{
    (void)state;
    check_sums(1, 1, 1, 2, "2");
    check_sums(1, 9, 3, 1, "1");
    check_sums(17, 1, 1, 1.5, "1.5");
    check_sums(19, 11, 3, 2, "2.0");
    check_sums(67, 5, 1, 0.4, ".4");
}

/* Times and the comparison with serial are shown. */
static void test_report(void **state)
{
    (void)state;
    picture p = noise(37, 23, 3, 255);
    const char *in = put_pnm("in.ppm", &p);
    char first[256];
    snprintf(first, sizeof first, "%s: 37 x 23, RGB, 8 bits; sigma 2, 13 taps\n", in);
    ykt_command c = RUN(in, ykt_path(&box, "out.ppm"));
    assert_memory_equal(c.out, first, strlen(first));
    static const char *const lines[] = {"serial        Yoke  x serial\n", "\nblur rows ",
                                        "\nblur columns ", "\nsobel ", "\ntogether ",
                                        "\nrows by cpu 100 %\n"};
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) assert_non_null(strstr(c.out, lines[k]));
    succeeds(c);
    assert_int_equal(ykt_files(&box), 2);
}

/* ---- formats ---- */

static void round_trip(int width, int height, int channels, int most, const char *between)
{
    picture p = noise(width, height, channels, most);
    const char *middle = ykt_path(&box, between), *out = ykt_path(&box, "out.pnm");
    succeeds(RUN("-q", NARROW, put_pnm("in.pnm", &p), middle));
    succeeds(RUN("-q", NARROW, middle, out));
    picture q = get_pnm(out);
    same(&p, &q);
}

static void test_pnm(void **state)
{
    (void)state;
    round_trip(1, 1, 1, 255, "a.pgm");
    round_trip(13, 7, 3, 65535, "a.PPM");
    /* other largest values are spread over 8 and 16 bits; decimal samples */
    const char *plain = ykt_put(&box, "a.pgm", "P2 # grey\n3 1 #wide\n100\n0 50\n100 ", 33);
    const char *out = ykt_path(&box, "out.ppm");
    succeeds(RUN("-q", NARROW, plain, out));
    picture p = get_pnm(out);
    static const picture want = {3, 1, 3, 255, {0, 0, 0, 128, 128, 128, 255, 255, 255}};
    same(&p, &want);
    plain = ykt_put(&box, "b.ppm", "P3 1 1 1000 1000 0 1", 20);
    succeeds(RUN("-q", NARROW, plain, out));
    p = get_pnm(out);
    static const picture deep = {1, 1, 3, 65535, {65535, 0, 66}};
    same(&p, &deep);
}

#ifdef HAVE_PNG

/* One pixel a byte (or two) of a PNG file of the kind. */
static const char *put_png(const char *name, int width, int height, int type, int bits,
                           int interlace, const unsigned char *bytes, size_t pitch)
{
    static const png_color colours[] = {{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {9, 8, 7}};
    static const png_byte clear[] = {255, 255, 128, 0};
    const char *path = ykt_path(&box, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, f);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, bits, type, interlace, 0, 0);
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, colours, 4);
        if (name[0] == 't') png_set_tRNS(png, info, clear, 4, NULL);
    }
    png_write_info(png, info);
    for (int pass = png_set_interlace_handling(png); pass > 0; pass--)
        for (int y = 0; y < height; y++) png_write_row(png, bytes + (size_t)y * pitch);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(f);
    return path;
}

/* The picture as 8 bits of red, green, blue and alpha. */
static void get_png(const char *path, int width, int height, unsigned char *rgba)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_file(&image, path));
    assert_int_equal(image.width, width);
    assert_int_equal(image.height, height);
    image.format = PNG_FORMAT_RGBA;
    assert_true(png_image_finish_read(&image, NULL, rgba, 0, NULL));
}

static void test_png(void **state)
{
    (void)state;
    round_trip(1, 1, 3, 255, "a.png");
    round_trip(31, 17, 3, 65535, "b.png");
    round_trip(8, 3, 1, 255, "c.PNG");
    round_trip(3, 8, 1, 65535, "d.png");
}

static void test_png_kinds(void **state)
{
    (void)state;
    const char *out = ykt_path(&box, "out.ppm");
    /* a palette, four pixels a byte, interlaced */
    static const unsigned char packed[] = {0x1b, 0x00, 0xe4, 0xc0};
    const char *in = put_png("p.png", 5, 2, PNG_COLOR_TYPE_PALETTE, 2, PNG_INTERLACE_ADAM7, packed,
                             2);
    succeeds(RUN("-q", NARROW, in, out));
    picture p = get_pnm(out);
    static const picture palette = {5, 2, 3, 255, {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7, 255, 0,
                                                   0, 9, 8, 7, 0, 0, 255, 0, 255, 0, 255, 0, 0, 9,
                                                   8, 7}};
    same(&p, &palette);
    /* black and white, eight pixels a byte */
    static const unsigned char bits[] = {0xa5, 0x80};
    in = put_png("b.png", 9, 1, PNG_COLOR_TYPE_GRAY, 1, PNG_INTERLACE_NONE, bits, 2);
    out = ykt_path(&box, "out.pgm");
    succeeds(RUN("-q", NARROW, in, out));
    p = get_pnm(out);
    static const picture grey = {9, 1, 1, 255, {255, 0, 255, 0, 0, 255, 0, 255, 255}};
    same(&p, &grey);
}

/* A palette with clear colours becomes RGB and alpha; edges have no alpha. */
static void test_png_clear_colours(void **state)
{
    (void)state;
    static const unsigned char index[] = {0, 1, 2, 3};
    unsigned char got[4 * 4];
    const char *in = put_png("t.png", 4, 1, PNG_COLOR_TYPE_PALETTE, 8, 0, index, 4);
    const char *out = ykt_path(&box, "out.png"), *edges = ykt_path(&box, "edges.ppm");
    succeeds(RUN("-q", NARROW, in, out, edges));
    get_png(out, 4, 1, got);
    static const unsigned char want[] = {255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 128, 0, 0, 0, 0};
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(get_pnm(edges).channels, 3);
}

/* What cannot be seen does not bleed: left of the middle clear green, right of it solid red. */
static void test_alpha(void **state)
{
    (void)state;
    enum { W = 16, H = 3 };
    unsigned char pixel[H][W][4], got[H][W][4];
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            static const unsigned char red[] = {255, 0, 0, 255}, green[] = {0, 255, 0, 0};
            memcpy(pixel[y][x], x < W / 2 ? green : red, 4);
        }
    const char *in = put_png("in.png", W, H, PNG_COLOR_TYPE_RGB_ALPHA, 8, 0, pixel[0][0], W * 4);
    const char *out = ykt_path(&box, "out.png");
    succeeds(RUN("-q", "-s", "1", in, out));
    get_png(out, W, H, got[0][0]);
    assert_true(got[1][W / 2][3] < 255 && got[1][W / 2 - 1][3] > 0);
    for (int x = 0; x < W; x++) {
        assert_int_equal(got[1][x][1], 0);
        assert_int_equal(got[1][x][0], got[1][x][3] ? 255 : 0);
        if (x > 0) assert_true(got[1][x][3] >= got[1][x - 1][3]);
    }
    /* grey and alpha, 16 bits; a .ppm cannot hold it */
    static const unsigned char deep[] = {0x12, 0x34, 0xff, 0xff};
    in = put_png("deep.png", 1, 1, PNG_COLOR_TYPE_GRAY_ALPHA, 16, 0, deep, 4);
    succeeds(RUN("-q", in, out));
    ykt_command c = RUN("-q", in, ykt_path(&box, "out.ppm"));
    assert_non_null(strstr(c.err, "out.ppm: only a .png can hold transparency\n"));
    assert_int_equal(c.code, 1);
    ykt_command_free(&c);
}

#endif

/* ---- bad input ---- */

/* `what`: the message behind the input's path; nothing may be written. */
static void refuses(const char *in, const char *what)
{
    char err[512];
    size_t files = ykt_files(&box);
    ykt_command c = RUN("-q", in, ykt_path(&box, "out.ppm"));
    snprintf(err, sizeof err, "blur: %s: %s\n", in, what);
    assert_string_equal(c.err, err);
    assert_string_equal(c.out, "");
    assert_int_equal(c.code, 1);
    ykt_command_free(&c);
    assert_int_equal(ykt_files(&box), files);
}

static void refuses_text(const char *text, size_t bytes, const char *what)
{
    refuses(ykt_put(&box, "bad.ppm", text, bytes), what);
}

#define REFUSES(text, what) refuses_text(text, sizeof text - 1, what)

static void test_bad_pnm(void **state)
{
    (void)state;
    REFUSES("", "the file is empty");
    REFUSES("GIF89a", "neither PNG nor PPM or PGM");
    REFUSES("P4 1 1 1", "neither PNG nor PPM or PGM");
    REFUSES("P6", "the header is damaged or cut off");
    REFUSES("P6 3 2", "the header is damaged or cut off");
    REFUSES("P6 3 two 255\n", "the header is damaged or cut off");
    REFUSES("P6 -3 2 255\n", "the header is damaged or cut off");
    REFUSES("P6 # no end", "the header is damaged or cut off");
    REFUSES("P6 99999999999 2 255\n", "the header is damaged or cut off");
    REFUSES("P6 0 2 255\n", "an empty picture");
    REFUSES("P6 3 0 255\n", "an empty picture");
    REFUSES("P6 3 2 0\n", "largest value 0; 1 to 65535 was expected");
    REFUSES("P6 3 2 65536\n", "largest value 65536; 1 to 65535 was expected");
    REFUSES("P6 999999999 999999999 255\n", "999999999 x 999999999 is too large");
    REFUSES("P5 16777216 16777216 255\n", "16777216 x 16777216 is too large");
    REFUSES("P6 3 2 255\n123456789", "cut off or damaged in row 2 of 2");
    REFUSES("P6 1 1 256\n12345", "cut off or damaged in row 1 of 1");
    REFUSES("P5 2 1 100\nde", "a sample of 101 in row 1, above the largest value 100");
    REFUSES("P2 2 1 9 1 x", "cut off or damaged in row 1 of 1");
    REFUSES("P2 2 1 9 1 12", "a sample of 12 in row 1, above the largest value 9");
    REFUSES("P5 9000 9000 255\nx", "cut off or damaged in row 1 of 9000");
    refuses(ykt_path(&box, "missing.ppm"), "No such file or directory");
    refuses(box.folder, "Is a directory");
}

#ifdef HAVE_PNG

/* Every length that is too short, and a wrong byte in the middle. */
static void test_bad_png(void **state)
{
    (void)state;
    static const unsigned char grey[30];
    size_t bytes;
    char *data = ykt_get(put_png("a.png", 5, 6, PNG_COLOR_TYPE_GRAY, 8, 0, grey, 5), &bytes);
    const char *out = ykt_path(&box, "out.png");
    for (size_t cut = 4; cut < bytes; cut += cut < 40 ? 5 : 3) {
        ykt_command c = RUN("-q", ykt_put(&box, "cut.png", data, cut), out);
        assert_non_null(strstr(c.err, "cut.png: cannot be read as PNG: "));
        assert_int_equal(c.code, 1);
        ykt_command_free(&c);
    }
    data[20] ^= 1;
    ykt_command c = RUN("-q", ykt_put(&box, "cut.png", data, bytes), out);
    assert_non_null(strstr(c.err, "cut.png: cannot be read as PNG: "));
    assert_int_equal(c.code, 1);
    ykt_command_free(&c);
    free(data);
    assert_int_equal(ykt_files(&box), 2);
}

#else

static void test_no_png(void **state)
{
    (void)state;
    picture p = noise(3, 3, 1, 255);
    refuses(ykt_put(&box, "a.png", "\x89PNG\r\n\x1a\n", 8),
            "a PNG file, and this build has no libpng; it reads PPM and PGM");
    ykt_command c = RUN("-q", put_pnm("in.pgm", &p), ykt_path(&box, "out.png"));
    assert_non_null(strstr(c.err, "out.png: this build has no libpng; it can write .ppm and .pgm"));
    assert_int_equal(c.code, 1);
    ykt_command_free(&c);
}

#endif

static void cannot_write(const char *in, const char *out, const char *what)
{
    char err[512];
    ykt_command c = RUN("-q", in, out);
    snprintf(err, sizeof err, "blur: %s: %s\n", out, what);
    assert_string_equal(c.err, err);
    assert_int_equal(c.code, 1);
    ykt_command_free(&c);
}

static void test_bad_outputs(void **state)
{
    (void)state;
    picture p = noise(3, 3, 3, 255);
    const char *in = put_pnm("in.ppm", &p);
    cannot_write(in, "/nonexistent/a.ppm", "No such file or directory");
    cannot_write(in, "picture", "a name that ends in .png, .ppm, .pgm or .pnm was expected");
    cannot_write(in, ".ppm", "a name that ends in .png, .ppm, .pgm or .pnm was expected");
    cannot_write(in, ykt_path(&box, "grey.pgm"), "a .pgm cannot hold colour");
    false_root_put(box.folder, "/folder.ppm", NULL);
    cannot_write(in, ykt_path(&box, "folder.ppm"), "Is a directory");
    assert_int_equal(symlink("/dev/full", ykt_path(&box, "full.ppm")), 0);
    cannot_write(in, ykt_path(&box, "full.ppm"), "No space left on device");
    assert_int_equal(ykt_files(&box), 3);
    /* over itself, and through a link, which stays one */
    assert_int_equal(symlink("in.ppm", ykt_path(&box, "link.ppm")), 0);
    succeeds(RUN("-q", NARROW, in, ykt_path(&box, "link.ppm")));
    struct stat st;
    assert_int_equal(lstat(ykt_path(&box, "link.ppm"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    picture q = get_pnm(in);
    same(&p, &q);
}

static void test_misused(void **state)
{
    (void)state;
    static const char *const widths[] = {"0", "-1", "nan", "inf", "201", "2x", ""};
    for (size_t k = 0; k < sizeof widths / sizeof *widths; k++) {
        ykt_command c = RUN("-s", widths[k], "a.ppm", "b.ppm");
        assert_memory_equal(c.err, "blur: --sigma: a number above 0 and up to 200 was expected: ",
                            59);
        assert_int_equal(c.code, 2);
        ykt_command_free(&c);
    }
    static const char *const lines[][5] = {{"a.ppm"}, {"a.ppm", "b.ppm", "c.ppm", "d.ppm"},
                                           {"--nothing", "a.ppm", "b.ppm"}};
    for (size_t k = 0; k < sizeof lines / sizeof *lines; k++) {
        ykt_command c = ykt_run(NULL, (const char *const[]){YOKE_BLUR, lines[k][0], lines[k][1],
                                                            lines[k][2], lines[k][3], NULL});
        assert_string_equal(c.out, "");
        assert_int_equal(c.code, 2);
        ykt_command_free(&c);
    }
    ykt_command c = RUN("--help");
    assert_memory_equal(c.out, "usage: blur [OPTION]... INPUT OUTPUT [EDGES]\n", 45);
    succeeds(c);
}

static int open_box(void **state)
{
    (void)state;
    ykt_scratch_open(&box);
    return 0;
}

static int close_box(void **state)
{
    (void)state;
    ykt_scratch_close(&box);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_box, close_box)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sums), TEST(test_report), TEST(test_pnm),
#ifdef HAVE_PNG
        TEST(test_png), TEST(test_png_kinds), TEST(test_png_clear_colours), TEST(test_alpha),
        TEST(test_bad_png),
#else
        TEST(test_no_png),
#endif
        TEST(test_bad_pnm), TEST(test_bad_outputs), TEST(test_misused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
