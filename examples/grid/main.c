/* grid: a call for each cell of a grid of 30 x 10, many at once, with their results in
 * order.  grid --help tells how it is called.
 *
 * A call takes 0.1 s without using a core, as one that asks a server does: hence the flag
 * YK_BLOCKING.  Without it calls share the engine's workers, as they should if they compute.
 * Exit codes: 0 done, 1 failed, 2 misused, 3 a result is wrong. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <yoke/yoke.h>

#include "sleeping.h"

enum { ROWS = 30, COLUMNS = 10, CELLS = ROWS * COLUMNS };

/* A call's input. */
typedef struct cell {
    int row, column;
} cell;

typedef struct options {
    bool serial;
    size_t jobs;
    double scale;
} options;

static const char usage_text[] =
    "usage: grid [OPTION]...\n"
    "Makes a call of 0.1 s for each cell of a grid of 30 x 10, many at once.\n"
    "\n"
    "  -j, --jobs=N     at most N calls at once; else as many as the engine has threads for\n"
    "  -s, --serial     make all calls one after another as well, rather than one row\n"
    "  -x, --scale=F    multiply the times by F, up to 100\n"
    "  -h, --help       show this\n";

static int failed(const char *call, yk_status status, const char *detail)
{
    fprintf(stderr, "grid: %s: %s%s%s\n", call, yk_strerror(status), *detail ? ": " : "", detail);
    return 1;
}

/* ---- the call ---- */

/* How far the cell is from the first one, after a while.  ctx: the seconds that takes. */
static yk_status measure(void *ctx, const void *in, void *out)
{
    const double *seconds = ctx;
    const cell *c = in;
    double *distance = out;
    sleep_for(*seconds);
    *distance = hypot(c->row, c->column);
    return YK_OK;
}

/* ---- making it for every cell ---- */

static yk_status map_cells(yk_engine *engine, const options *o, double seconds, const cell *cells,
                           double *distances, yk_diag *diag)
{
    yk_map_opts opts = {.flags = YK_BLOCKING,
                        .n_jobs = o->jobs,
                        .progress = yk_progress_line,   /* on stderr, if that is a terminal */
                        .diag = diag};
    return yk_map(engine, measure, &seconds, cells, sizeof *cells, distances, sizeof *distances,
                  CELLS, &opts);
}

/* So many calls as a plain loop: how long they take. */
static double loop(double seconds, const cell *cells, double *distances, size_t n)
{
    double start = now();
    for (size_t k = 0; k < n; k++) measure(&seconds, &cells[k], &distances[k]);
    return now() - start;
}

static size_t wrong(const double *distances)
{
    size_t count = 0;
    for (int k = 0; k < CELLS; k++) count += distances[k] != hypot(k / COLUMNS, k % COLUMNS);
    return count;
}

static void show(const options *o, double serial, double parallel)
{
    printf("%d x %d calls of %.3g s\n", (int)ROWS, (int)COLUMNS, 0.1 * o->scale);
    printf("  serial    %8.3f s   %s\n", serial,
           o->serial ? "one after another" : "one row of 10 calls, times 30");
    printf("  parallel  %8.3f s   ", parallel);
    if (o->jobs) printf("%zu at once\n", o->jobs);
    else printf("as many at once as there are threads for\n");
    printf("  x serial  %8.3g     results in order\n", serial / parallel);
}

static int run(const options *o, yk_engine *engine)
{
    cell cells[CELLS];
    double distances[CELLS] = {0}, again[CELLS] = {0};
    yk_diag diag = {0};
    for (int k = 0; k < CELLS; k++) cells[k] = (cell){k / COLUMNS, k % COLUMNS};
    double start = now();
    yk_status status = map_cells(engine, o, 0.1 * o->scale, cells, distances, &diag);
    double parallel = now() - start;
    if (status != YK_OK) return failed("yk_map", status, diag.text);
    size_t bad = wrong(distances);
    if (bad) return fprintf(stderr, "grid: %zu of %d results are wrong\n", bad, (int)CELLS), 3;
    double serial = loop(0.1 * o->scale, cells, again, o->serial ? CELLS : COLUMNS);
    show(o, o->serial ? serial : serial * ROWS, parallel);
    return 0;
}

/* ---- as it is called ---- */

/* A whole number above 0; 0: it is none. */
static size_t parse_jobs(const char *text)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    return errno || *end || *text < '0' || *text > '9' ? 0 : n;
}

/* -1: go on; else the exit code. */
static int parse(options *o, int argc, char **argv)
{
    static const struct option known[] = {{"jobs", required_argument, NULL, 'j'},
                                          {"serial", no_argument, NULL, 's'},
                                          {"scale", required_argument, NULL, 'x'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    bool bad = false;
    *o = (options){.scale = 1};
    for (int c; (c = getopt_long(argc, argv, "j:sx:h", known, NULL)) != -1;) {
        if (c == 'j') bad |= (o->jobs = parse_jobs(optarg)) == 0;
        else if (c == 's') o->serial = true;
        else if (c == 'x') bad |= (o->scale = parse_scale(optarg)) <= 0;
        else if (c == 'h') return fputs(usage_text, stdout), fflush(stdout) == 0 ? 0 : 1;
        else return 2;      /* getopt_long has said why */
    }
    if (!bad && optind == argc) return -1;
    return fputs(usage_text, stderr), 2;
}

int main(int argc, char **argv)
{
    options o;
    yk_engine *engine;
    yk_diag diag = {0};
    int code = parse(&o, argc, argv);
    if (code >= 0) return code;
    yk_status status = yk_engine_open(&engine, NULL, &diag);
    if (status != YK_OK) return failed("yk_engine_open", status, diag.text);
    code = run(&o, engine);
    yk_engine_close(&engine);
    return fflush(stdout) == 0 ? code : (perror("grid: standard output"), 1);
}
