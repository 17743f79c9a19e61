/* blur: softens a picture and finds its edges, on every processor, beside plain loops.
 * blur --help tells how it is called.
 *
 * Exit codes: 0 done, 1 failed, 2 misused, 3 the results differ from serial ones. */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "timing.h"

typedef struct options {
    const char *input, *blurred, *edges;    /* edges: NULL, not to be written */
    double sigma;
    bool quiet;
} options;

/* How long each stage took, each time. */
typedef struct times {
    double yoke[STAGES][FILTER_ROUNDS], serial[STAGES][FILTER_ROUNDS];
} times;

static const char *const stage_names[STAGES] = {"blur rows", "blur columns", "sobel"};

static const char usage_text[] =
    "usage: blur [OPTION]... INPUT OUTPUT [EDGES]\n"
    "Writes INPUT, softened by a Gaussian, to OUTPUT, and the edges of that, found by the Sobel\n"
    "operator, to EDGES.  Shows the times beside those of plain serial loops.\n"
    "\n"
    "INPUT is PNG, PPM or PGM; the others are what their names end in (.png .ppm .pgm .pnm).\n"
    "\n"
    "  -s, --sigma=S  width of the Gaussian in pixels, above 0 and up to 200 (default 2)\n"
    "  -q, --quiet    no times and no comparison with serial\n"
    "  -h, --help     show this\n";

static int say(const char *what, const char *detail)
{
    fprintf(stderr, "blur: %s%s%s\n", what, detail ? ": " : "", detail ? detail : "");
    return 1;
}

static int failed(yk_status status, const yk_diag *diag)
{
    return say(yk_strerror(status), diag->text[0] ? diag->text : NULL);
}

/* ---- times ---- */

static void show_line(const char *name, double serial, double yoke)
{
    printf("%-14s%9.3g ms%9.3g ms%10.3g\n", name, serial * 1e3, yoke * 1e3, serial / yoke);
}

static void show_times(times *t, const yk_report *last)
{
    double serial = 0, yoke = 0;
    printf("%-14s%12s%12s%10s\n", "", "serial", "Yoke", "x serial");
    for (int s = 0; s < STAGES; s++) {
        double slow = median(t->serial[s], FILTER_ROUNDS), fast = median(t->yoke[s], FILTER_ROUNDS);
        show_line(stage_names[s], slow, fast);
        serial += slow;
        yoke += fast;
    }
    show_line("together", serial, yoke);
    for (uint32_t k = 0; k < last->n_parts; k++) {
        const yk_part *part = &last->parts[k];
        printf("%s%s %.0f %%", k ? ", " : "rows by ", part->device,
               100.0 * (double)part->items / (double)(last->items ? last->items : 1));
    }
    printf("\n");
}

/* ---- filtering ---- */

/* All stages in turn, each by Yoke and, if there is room for its results, serially. */
static int run_rounds(filter *f, yk_engine *engine, const yk_run_opts *opts, times *t,
                      float *const serial[STAGES])
{
    int rounds = serial ? FILTER_ROUNDS : 1;
    for (int k = 0; k < rounds * STAGES; k++) {
        int round = k / STAGES, s = k % STAGES;
        double start = now();
        yk_status status = filter_yoke(f, s, engine, opts);
        if (status != YK_OK) return failed(status, opts->diag);
        double between = now();
        if (serial) filter_serial(f, s, serial);
        t->yoke[s][round] = between - start;
        t->serial[s][round] = now() - between;
    }
    return 0;
}

static int compare(filter *f, yk_engine *engine, const yk_run_opts *opts)
{
    times t;
    float *serial[STAGES];
    bool all = true;
    for (int s = 0; s < STAGES; s++) {
        size_t n = (size_t)filter_width(f, s) * (size_t)filter_rows(f, s);
        serial[s] = calloc(n, sizeof *serial[s]);
        all = all && serial[s];
    }
    int code = all ? run_rounds(f, engine, opts, &t, serial) : say("out of memory", NULL);
    if (code == 0) {
        double worst = filter_difference(f, serial);
        show_times(&t, opts->report);
        if (!(worst <= 1)) {
            fprintf(stderr, "blur: results differ from serial ones by %.3g times what rounding "
                    "explains\n", worst);
            code = 3;
        }
    }
    for (int s = 0; s < STAGES; s++) free(serial[s]);
    return code;
}

static void describe(const options *o, const image *im, const filter *f)
{
    static const char *const kinds[] = {"", "grey", "grey and alpha", "RGB", "RGB and alpha"};
    printf("%s: %zu x %zu, %s, %d bits; sigma %g, %d taps\n", o->input, im->width, im->height,
           kinds[im->channels], im->bits, o->sigma, 2 * f->reach + 1);
}

static int process(const options *o, const image *im, filter *f, yk_engine *engine)
{
    yk_diag diag = {0};
    yk_report report = {0};
    yk_run_opts opts = {.diag = &diag, .report = &report};
    times unused;
    if (filter_open(f, engine, im, o->sigma) != 0) return say(o->input, "out of memory");
    if (o->quiet) return run_rounds(f, engine, &opts, &unused, NULL);
    describe(o, im, f);
    return compare(f, engine, &opts);
}

/* ---- files ---- */

static int edge_channels(const image *im)
{
    return image_has_alpha(im) ? im->channels - 1 : im->channels;
}

static int write_edges(const options *o, const image *im, const filter *f)
{
    image edges = *im;
    edges.channels = edge_channels(im);
    if (!o->edges) return 0;
    if (image_alloc(&edges, o->edges) != 0) return 1;
    filter_result(f, SOBEL, &edges);
    int bad = image_write(&edges, o->edges);
    image_free(&edges);
    return bad ? 1 : 0;
}

static int blur(const options *o, image *im)
{
    yk_engine *engine;
    yk_diag diag = {0};
    filter f = {0};
    yk_status status = yk_engine_open(&engine, NULL, &diag);
    if (status != YK_OK) return failed(status, &diag);
    int code = process(o, im, &f, engine);
    if (code == 0) {
        filter_result(&f, BLUR_COLUMNS, im);
        code = image_write(im, o->blurred) ? 1 : write_edges(o, im, &f);
    }
    filter_close(&f, engine);
    yk_engine_close(&engine);
    return code;
}

static int run(const options *o)
{
    image im;
    if (image_read(&im, o->input) != 0) return 1;
    int code = 1;
    if (image_check_output(o->blurred, im.channels) == 0 &&
        (!o->edges || image_check_output(o->edges, edge_channels(&im)) == 0))
        code = blur(o, &im);
    image_free(&im);
    return code;
}

/* ---- the command line ---- */

static bool read_sigma(const char *text, double *sigma)
{
    char *end;
    *sigma = strtod(text, &end);
    return end != text && !*end && *sigma > 0 && *sigma <= FILTER_MAX_SIGMA;
}

/* -1: go on; else the exit code. */
static int parse(options *o, int argc, char **argv)
{
    static const struct option known[] = {{"sigma", required_argument, NULL, 's'},
                                          {"quiet", no_argument, NULL, 'q'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    *o = (options){.sigma = 2};
    for (int c; (c = getopt_long(argc, argv, "s:qh", known, NULL)) != -1;) {
        if (c == 'q') o->quiet = true;
        else if (c == 'h') return fputs(usage_text, stdout), 0;
        else if (c != 's') return 2;        /* getopt_long has said why */
        else if (!read_sigma(optarg, &o->sigma))
            return say("--sigma: a number above 0 and up to 200 was expected", optarg), 2;
    }
    if (argc - optind < 2 || argc - optind > 3) return fputs(usage_text, stderr), 2;
    o->input = argv[optind];
    o->blurred = argv[optind + 1];
    o->edges = argv[optind + 2];    /* NULL at the end of argv */
    return -1;
}

int main(int argc, char **argv)
{
    options o;
    int code = parse(&o, argc, argv);
    if (code < 0) code = run(&o);
    return fflush(stdout) == 0 || code ? code : say("standard output", "cannot be written");
}
