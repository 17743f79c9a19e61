/* pipeline: blocks of a recording are loaded, calibrated, summed up and stored, each block
 * as soon as it can be, and no thread waits in between.  pipeline --help tells how it is
 * called.
 *
 *     load (blocking) -> calibrate (a kernel) -> reduce (computes) -> store (blocking)
 *
 * Each step names the one that it comes after, and the whole graph is submitted at once:
 * while one block is on its way from the disk, another is on the cores.  The recording is a
 * temporary file; that a disk is slow is played, by a sleep.
 * Exit codes: 0 done, 1 failed, 2 misused, 3 the results differ from serial ones. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yoke/yoke.h>

#include "calibrate.yk.h"
#include "sleeping.h"

enum { MOST_BLOCKS = 64, SAMPLES = 1 << 20 };

/* Powers of two and whole numbers, so that every result is exact. */
static const float zero = 2048, gain = 0.125f;

/* What there is to say of a block. */
typedef struct summary {
    float least, most;
    double power;           /* sum of squares */
} summary;

/* A block on its way: the argument of all its tasks. */
typedef struct block {
    size_t number;
    double delay;           /* of the disk, in seconds */
    FILE *from, *to;        /* the recording, and what becomes of it */
    int16_t *counts;        /* SAMPLES of them */
    float *volts;           /* the same number */
    summary summary;
    yk_future *loaded, *calibrated, *reduced;
    yk_event *launch;
} block;

typedef struct options {
    size_t blocks;
    double scale;
} options;

static const char usage_text[] =
    "usage: pipeline [OPTION]...\n"
    "Loads, calibrates, sums up and stores blocks of a recording, as a graph of tasks and\n"
    "launches, and then one after another.\n"
    "\n"
    "  -b, --blocks=N   so many blocks of 1 Mi samples, 1 to 64, rather than 8\n"
    "  -x, --scale=F    multiply the disk's 0.1 s for each block by F, up to 100\n"
    "  -h, --help       show this\n";

static int say(const char *what, const char *detail)
{
    fprintf(stderr, "pipeline: %s%s%s\n", what, *detail ? ": " : "", detail);
    return 1;
}

/* ---- the steps ---- */

static yk_status load(void *arg)
{
    block *b = arg;
    size_t bytes = SAMPLES * sizeof *b->counts;
    sleep_for(b->delay);
    ssize_t got = pread(fileno(b->from), b->counts, bytes, (off_t)(b->number * bytes));
    if (got == (ssize_t)bytes) return YK_OK;
    yk_task_message("block %zu: %s", b->number, got < 0 ? strerror(errno) : "cut short");
    return YK_E_IO;
}

static yk_status reduce(void *arg)
{
    block *b = arg;
    summary s = {.least = b->volts[0], .most = b->volts[0]};
    for (size_t i = 0; i < SAMPLES; i++) {
        s.least = fminf(s.least, b->volts[i]);
        s.most = fmaxf(s.most, b->volts[i]);
        s.power += (double)b->volts[i] * b->volts[i];
    }
    b->summary = s;
    return YK_OK;
}

static yk_status store(void *arg)
{
    block *b = arg;
    size_t bytes = SAMPLES * sizeof *b->volts;
    sleep_for(b->delay);
    ssize_t put = pwrite(fileno(b->to), b->volts, bytes, (off_t)(b->number * bytes));
    if (put == (ssize_t)bytes) return YK_OK;
    yk_task_message("block %zu: %s", b->number, put < 0 ? strerror(errno) : "cut short");
    return YK_E_IO;
}

/* ---- as a graph ---- */

static yk_status submit_block(yk_engine *engine, yk_group *group, block *b)
{
    yk_task_opts to_load = {.flags = YK_BLOCKING, .group = group};
    yk_status status = yk_task_submit(engine, load, b, &to_load, &b->loaded);
    if (status != YK_OK) return status;

    yk_run_opts to_calibrate = {.after = &b->loaded, .n_after = 1};
    status = calibrate_submit_opts(engine, &to_calibrate, yk_1d(SAMPLES), b->counts, b->volts,
                                   zero, gain, SAMPLES, &b->launch);
    if (status != YK_OK) return status;
    status = yk_event_future(b->launch, &b->calibrated);
    if (status != YK_OK) return status;

    yk_task_opts to_reduce = {.after = &b->calibrated, .n_after = 1, .group = group};
    status = yk_task_submit(engine, reduce, b, &to_reduce, &b->reduced);
    if (status != YK_OK) return status;

    yk_task_opts to_store = {.flags = YK_BLOCKING, .after = &b->reduced, .n_after = 1,
                             .group = group};
    return yk_task_submit(engine, store, b, &to_store, NULL);
}

static void release_block(block *b)
{
    yk_event_free(&b->launch);      /* waits for it */
    yk_future_free(&b->loaded);
    yk_future_free(&b->calibrated);
    yk_future_free(&b->reduced);
}

static int run_graph(yk_engine *engine, block *blocks, size_t n)
{
    yk_group *group;
    yk_status status = yk_group_open(engine, &group);
    if (status != YK_OK) return say("yk_group_open", yk_strerror(status));
    for (size_t k = 0; k < n && status == YK_OK; k++)
        status = submit_block(engine, group, &blocks[k]);
    if (status != YK_OK) yk_group_cancel(group);
    /* Also after a failure: tasks use their blocks until they are complete. */
    yk_status ended = yk_group_wait(group, -1);
    int code = 0;
    if (status != YK_OK) code = say("submitting", yk_strerror(status));
    else if (ended != YK_OK) code = say(yk_strerror(ended), yk_group_message(group));
    for (size_t k = 0; k < n; k++) release_block(&blocks[k]);
    yk_group_close(&group);
    return code;
}

/* ---- one after another ---- */

static void calibrate(block *b)
{
    for (size_t i = 0; i < SAMPLES; i++) b->volts[i] = ((float)b->counts[i] - zero) * gain;
}

static int run_serial(block *blocks, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        block *b = &blocks[k];
        if (load(b) != YK_OK) return say("serial", "a block could not be loaded");
        calibrate(b);
        reduce(b);
        if (store(b) != YK_OK) return say("serial", "a block could not be stored");
    }
    return 0;
}

/* ---- data ---- */

static int open_blocks(block *blocks, size_t n, double delay, FILE *from, FILE *to)
{
    for (size_t k = 0; k < n; k++) {
        block *b = &blocks[k];
        *b = (block){.number = k, .delay = delay, .from = from, .to = to};
        b->counts = malloc(SAMPLES * sizeof *b->counts);
        b->volts = malloc(SAMPLES * sizeof *b->volts);
        if (!b->counts || !b->volts) return say("out of memory", "");
    }
    return 0;
}

static void close_blocks(block *blocks, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        free(blocks[k].counts);
        free(blocks[k].volts);
    }
}

/* A wave that grows from block to block, in counts of a converter of 12 bits. */
static int record(FILE *to, size_t blocks)
{
    int16_t wave[4096];
    enum { PIECES = SAMPLES / 4096 };
    for (size_t k = 0; k < blocks; k++) {
        double height = 2000.0 * (double)(k + 1) / (double)blocks;
        for (int i = 0; i < 4096; i++) wave[i] = (int16_t)(zero + height * sin(i * 0.0245));
        for (int piece = 0; piece < PIECES; piece++)
            if (fwrite(wave, sizeof wave, 1, to) != 1) return -1;
    }
    return fflush(to);
}

static bool same_file(FILE *a, FILE *b)
{
    char x[4096], y[4096];
    size_t n;
    rewind(a);
    rewind(b);
    do {
        n = fread(x, 1, sizeof x, a);
        if (fread(y, 1, sizeof y, b) != n || memcmp(x, y, n) != 0) return false;
    } while (n > 0);
    return true;
}

static bool same_summary(const summary *a, const summary *b)
{
    return a->least == b->least && a->most == b->most && a->power == b->power;
}

/* ---- both, and how they compare ---- */

/* All that is used, for whoever closes it. */
typedef struct work {
    FILE *recording, *stored, *again;   /* what is read; what the graph and serial wrote */
    block graph[MOST_BLOCKS], serial[MOST_BLOCKS];
} work;

static int open_work(work *w, const options *o)
{
    double delay = 0.1 * o->scale;
    w->recording = tmpfile();
    w->stored = tmpfile();
    w->again = tmpfile();
    if (!w->recording || !w->stored || !w->again || record(w->recording, o->blocks) != 0)
        return say("a temporary file", strerror(errno));
    int code = open_blocks(w->graph, o->blocks, delay, w->recording, w->stored);
    return code ? code : open_blocks(w->serial, o->blocks, delay, w->recording, w->again);
}

static void close_work(work *w)
{
    close_blocks(w->graph, MOST_BLOCKS);
    close_blocks(w->serial, MOST_BLOCKS);
    if (w->recording) fclose(w->recording);
    if (w->stored) fclose(w->stored);
    if (w->again) fclose(w->again);
}

static int check(const work *w, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!same_summary(&w->graph[k].summary, &w->serial[k].summary))
            return say("results differ from serial ones", "the summaries"), 3;
    if (same_file(w->stored, w->again)) return 0;
    return say("results differ from serial ones", "the files"), 3;
}

static void show(const work *w, const options *o, double serial, double graph)
{
    for (size_t k = 0; k < o->blocks; k++) {
        const summary *s = &w->graph[k].summary;
        printf("block %-2zu  %8.3f to %7.3f V, effective %7.3f V\n", k, (double)s->least,
               (double)s->most, sqrt(s->power / SAMPLES));
    }
    printf("\n%zu blocks, serial %.2f s, as a graph %.2f s, x serial %.3g; same results\n",
           o->blocks, serial, graph, serial / graph);
}

static int run(yk_engine *engine, const options *o, work *w)
{
    int code = open_work(w, o);
    if (code) return code;
    double start = now();
    code = run_graph(engine, w->graph, o->blocks);
    double between = now();
    if (code == 0) code = run_serial(w->serial, o->blocks);
    double end = now();
    if (code == 0) code = check(w, o->blocks);
    if (code == 0) show(w, o, end - between, between - start);
    return code;
}

/* ---- as it is called ---- */

/* A number of blocks; 0: it is none. */
static size_t parse_blocks(const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    return *end || *text < '0' || *text > '9' || n > MOST_BLOCKS ? 0 : n;
}

/* -1: go on; else the exit code. */
static int parse(options *o, int argc, char **argv)
{
    static const struct option known[] = {{"blocks", required_argument, NULL, 'b'},
                                          {"scale", required_argument, NULL, 'x'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    *o = (options){.blocks = 8, .scale = 1};
    for (int c; (c = getopt_long(argc, argv, "b:x:h", known, NULL)) != -1;) {
        if (c == 'b') o->blocks = parse_blocks(optarg);
        else if (c == 'x') o->scale = parse_scale(optarg);
        else if (c == 'h') return fputs(usage_text, stdout), fflush(stdout) == 0 ? 0 : 1;
        else return 2;      /* getopt_long has said why */
    }
    if (o->blocks > 0 && o->scale > 0 && optind == argc) return -1;
    return fputs(usage_text, stderr), 2;
}

int main(int argc, char **argv)
{
    options o;
    work w = {0};
    yk_engine *engine;
    yk_diag diag = {0};
    int code = parse(&o, argc, argv);
    if (code >= 0) return code;
    yk_status status = yk_engine_open(&engine, NULL, &diag);
    if (status != YK_OK) return say(yk_strerror(status), diag.text);
    code = run(engine, &o, &w);
    close_work(&w);
    yk_engine_close(&engine);
    return fflush(stdout) == 0 ? code : (perror("pipeline: standard output"), 1);
}
