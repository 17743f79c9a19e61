/* price: values a file of options by the Black-Scholes formula, with its first
 * derivatives, on every processor.  price --help tells how it is called.
 *
 * The result goes to stdout or a file; everything else to stderr.  Exit codes: 0 done (bad
 * rows left out are told of), 1 failed (with --strict: also a bad row), 2 misused, 3 the
 * results differ from serial ones. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yoke/yoke.h>

#include "output.h"
#include "price.h"
#include "price.yk.h"
#include "timing.h"

enum { ROUNDS = 5 };

typedef struct options {
    const char *input, *output, *prefix;
    bool strict, quiet;
} options;

/* One set of results, and how long it took. */
typedef struct results {
    double *out[OUTPUTS];
    double seconds[ROUNDS];
} results;

static const char usage_text[] =
    "usage: price [OPTION]... FILE\n"
    "Values the options in a CSV file (\"-\": standard input) by the Black-Scholes formula and\n"
    "writes each row with value, delta, gamma, vega, theta (a year) and rho.\n"
    "\n"
    "Columns, in any order: type (call, put), spot, strike, years, rate, volatility and, if\n"
    "there is one, dividend.  Others are kept.\n"
    "\n"
    "  -o, --output=FILE  write to FILE rather than to standard output\n"
    "  -s, --strict       a bad row is an error: nothing is written, exit code 1\n"
    "  -p, --prefix=TEXT  put TEXT before the names of the new columns\n"
    "  -q, --quiet        no times and no comparison with serial\n"
    "  -h, --help         show this\n";

static int say(const char *what, const char *detail)
{
    fprintf(stderr, "price: %s%s%s\n", what, detail ? ": " : "", detail ? detail : "");
    return 1;
}

static int failed(yk_status status, const yk_diag *diag)
{
    return say(yk_strerror(status), diag->text[0] ? diag->text : NULL);
}

/* ---- computing ---- */

static int results_open(results *r, size_t n)
{
    for (int c = 0; c < OUTPUTS; c++) {
        r->out[c] = calloc(n + 1, sizeof *r->out[c]);
        if (!r->out[c]) return say("out of memory", NULL);
    }
    return 0;
}

static void results_close(results *r)
{
    for (int c = 0; c < OUTPUTS; c++) free(r->out[c]);
}

static yk_status launch(yk_engine *engine, const yk_run_opts *opts, const book *b, results *r)
{
    double *const *in = b->in, *const *out = r->out;
    return price_run_opts(engine, opts, yk_1d(b->rows), in[SIGN], in[SPOT], in[STRIKE], in[YEARS],
                          in[RATE], in[DIVIDEND], in[VOLATILITY], out[VALUE], out[DELTA],
                          out[GAMMA], out[VEGA], out[THETA], out[RHO], b->rows);
}

static void show_times(const book *b, results *yoke, results *serial, const yk_report *report)
{
    double fast = median(yoke->seconds, ROUNDS), slow = median(serial->seconds, ROUNDS);
    fprintf(stderr, "%zu options in %.3g ms, %.3g million rows/s; serial %.3g ms; x serial %.3g\n",
            b->rows, fast * 1e3, (double)b->rows / fast * 1e-6, slow * 1e3, slow / fast);
    for (uint32_t k = 0; k < report->n_parts; k++) {
        const yk_part *part = &report->parts[k];
        fprintf(stderr, "%s%s %.0f %%", k ? ", " : "by ", part->device,
                100.0 * (double)part->items / (double)(report->items ? report->items : 1));
    }
    fputs("\n", stderr);
}

/* Times Yoke beside the plain loop, in turns, and compares what they found. */
static int compare(yk_engine *engine, const yk_run_opts *opts, const book *b, results *yoke)
{
    results serial = {0};
    int code = results_open(&serial, b->rows);
    for (int k = 0; k < ROUNDS && code == 0; k++) {
        double start = now();
        price_serial(b->rows, b->in, serial.out);
        double between = now();
        yk_status status = launch(engine, opts, b, yoke);
        yoke->seconds[k] = now() - between;
        serial.seconds[k] = between - start;
        if (status != YK_OK) code = failed(status, opts->diag);
    }
    if (code == 0) {
        double worst = price_difference(b, yoke->out, serial.out);
        show_times(b, yoke, &serial, opts->report);
        if (!(worst <= 1)) {
            fprintf(stderr, "price: results differ from serial ones by %.3g times what rounding "
                    "explains\n", worst);
            code = 3;
        }
    }
    results_close(&serial);
    return code;
}

static int compute(const options *o, const book *b, results *r)
{
    yk_engine *engine;
    yk_diag diag = {0};
    yk_report report = {0};
    yk_run_opts opts = {.diag = &diag, .report = &report};
    if (b->rows == 0) return 0;
    yk_status status = yk_engine_open(&engine, NULL, &diag);
    if (status != YK_OK) return failed(status, &diag);
    status = launch(engine, &opts, b, r);       /* the first one also warms up */
    int code = status == YK_OK ? 0 : failed(status, &diag);
    if (code == 0 && !o->quiet) code = compare(engine, &opts, b, r);
    yk_engine_close(&engine);
    return code;
}

/* ---- files ---- */

static int cannot_write(const char *path)
{
    return say(strcmp(path, "-") == 0 ? "standard output" : path, strerror(errno));
}

static int write_results(const options *o, const book *b, const csv *file, const results *r)
{
    output out;
    if (output_open(&out, o->output) != 0) return cannot_write(o->output);
    price_write(b, file->separator, r->out, o->prefix, out.file);
    if (output_commit(&out) != 0) return cannot_write(o->output);
    return 0;
}

static int price(const options *o, book *b, const csv *file)
{
    results r = {0};
    int code = results_open(&r, b->rows);
    if (code == 0) code = compute(o, b, &r);
    if (code == 0) price_sift(b, file, r.out);
    if (code == 0 && o->strict && b->bad) code = 1;
    else if (code == 0) code = write_results(o, b, file, &r);
    results_close(&r);
    return code;
}

static void show_bad(const options *o, const book *b)
{
    if (b->bad == 0) return;
    fprintf(stderr, "price: %zu bad row%s%s\n", b->bad, b->bad == 1 ? "" : "s",
            o->strict ? "; nothing written (--strict)" : "");
}

static int run(const options *o)
{
    csv file;
    book b;
    if (output_check(o->output) != 0) return cannot_write(o->output);
    if (csv_open(&file, o->input) != 0) return 1;
    int code = book_read(&b, &file, o->prefix) == 0 ? 0 : 1;
    if (code == 0 && o->strict && b.bad) code = 1;
    else if (code == 0) code = price(o, &b, &file);
    show_bad(o, &b);
    book_free(&b);
    csv_close(&file);
    return code;
}

/* -1: go on; else the exit code. */
static int parse(options *o, int argc, char **argv)
{
    static const struct option known[] = {
        {"output", required_argument, NULL, 'o'}, {"strict", no_argument, NULL, 's'},
        {"prefix", required_argument, NULL, 'p'}, {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    *o = (options){.output = "-", .prefix = ""};
    for (int c; (c = getopt_long(argc, argv, "o:sp:qh", known, NULL)) != -1;) {
        if (c == 'o') o->output = optarg;
        else if (c == 's') o->strict = true;
        else if (c == 'p') o->prefix = optarg;
        else if (c == 'q') o->quiet = true;
        else if (c == 'h') return fputs(usage_text, stdout), fflush(stdout) == 0 ? 0 : 1;
        else return 2;      /* getopt_long has said why */
    }
    if (strpbrk(o->prefix, ",;\t|\"\r\n")) return say("--prefix: not in a column's name", NULL), 2;
    if (optind == argc - 1) return o->input = argv[optind], -1;
    return fputs(usage_text, stderr), 2;
}

int main(int argc, char **argv)
{
    options o;
    signal(SIGPIPE, SIG_IGN);       /* a closed pipe is an error of writing like others */
    int code = parse(&o, argc, argv);
    return code >= 0 ? code : run(&o);
}
