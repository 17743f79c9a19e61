/* sleepers: sixteen calls that sleep, all at the same time, each on a thread of its own.
 * sleepers --help tells how it is called.
 *
 * A call that sleeps, or waits for a file or a server, needs no core meanwhile.  The flag
 * YK_BLOCKING says so, and such tasks run on as many threads as there are of them, where
 * tasks that compute share the engine's workers.  Exit codes: 0 done, 1 failed, 2 misused. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <yoke/yoke.h>

#include "sleeping.h"

enum { SLEEPERS = 16, WIDTH = 64 };

static const double seconds[SLEEPERS] = {0.1, 0.2, 0.1, 0.5, 0.7, 0.9, 0.5, 0.4,
                                         1.5, 1.3, 1.0, 0.3, 0.7, 0.6, 0.3, 0.8};

/* A task's argument: what it needs, and where it leaves what came of it. */
typedef struct sleeper {
    double seconds;     /* to sleep */
    double begin, end;  /* when it did */
} sleeper;

typedef struct options {
    bool serial;
    double scale;
} options;

static const char usage_text[] =
    "usage: sleepers [OPTION]...\n"
    "Runs 16 calls that sleep 0.1 to 1.5 s, 9.9 s in all, at the same time.\n"
    "\n"
    "  -s, --serial     run them one after another as well, rather than add up their times\n"
    "  -x, --scale=F    multiply the times by F, up to 100\n"
    "  -h, --help       show this\n";

static int failed(const char *call, yk_status status, const char *detail)
{
    fprintf(stderr, "sleepers: %s: %s%s%s\n", call, yk_strerror(status), *detail ? ": " : "",
            detail);
    return 1;
}

/* ---- the task ---- */

static yk_status nap(void *arg)
{
    sleeper *s = arg;
    s->begin = now();
    sleep_for(s->seconds);
    s->end = now();
    return YK_OK;
}

/* ---- running them ---- */

static yk_status run_together(yk_engine *engine, sleeper *all)
{
    yk_task_opts opts = {.flags = YK_BLOCKING};
    yk_future *futures[SLEEPERS] = {NULL};
    yk_status status = YK_OK;
    for (int k = 0; k < SLEEPERS && status == YK_OK; k++)
        status = yk_task_submit(engine, nap, &all[k], &opts, &futures[k]);
    /* Also after a failure: those that were submitted use `all`. */
    yk_status ended = yk_wait_all(futures, SLEEPERS, -1);
    for (int k = 0; k < SLEEPERS; k++) yk_future_free(&futures[k]);
    return status != YK_OK ? status : ended;
}

static double run_in_turn(sleeper *all)
{
    double start = now();
    for (int k = 0; k < SLEEPERS; k++) nap(&all[k]);
    return now() - start;
}

static double sum(const sleeper *all)
{
    double total = 0;
    for (int k = 0; k < SLEEPERS; k++) total += all[k].end - all[k].begin;
    return total;
}

/* ---- showing them ---- */

/* A line for each, with a bar from its begin to its end. */
static void show(const sleeper *all, double start, double total)
{
    for (int k = 0; k < SLEEPERS; k++) {
        int from = (int)((all[k].begin - start) / total * WIDTH);
        int to = (int)((all[k].end - start) / total * WIDTH);
        printf("%6.3g s  |%*s", all[k].seconds, from, "");
        for (int at = from; at < to || at == from; at++) putchar('=');
        putchar('\n');
    }
}

static int run(const options *o, yk_engine *engine)
{
    sleeper all[SLEEPERS];
    for (int k = 0; k < SLEEPERS; k++) all[k] = (sleeper){.seconds = seconds[k] * o->scale};
    double start = now();
    yk_status status = run_together(engine, all);
    double total = now() - start;
    if (status != YK_OK) return failed("yk_task_submit", status, "");
    show(all, start, total);
    double serial = o->serial ? run_in_turn(all) : sum(all);
    const char *how = o->serial ? "one after another" : "the sum of what they slept";
    printf("\n%d sleeps, serial %.2f s (%s), together %.2f s, x serial %.3g\n", (int)SLEEPERS,
           serial, how, total, serial / total);
    return 0;
}

/* -1: go on; else the exit code. */
static int parse(options *o, int argc, char **argv)
{
    static const struct option known[] = {{"serial", no_argument, NULL, 's'},
                                          {"scale", required_argument, NULL, 'x'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    *o = (options){.scale = 1};
    for (int c; (c = getopt_long(argc, argv, "sx:h", known, NULL)) != -1;) {
        if (c == 's') o->serial = true;
        else if (c == 'x') o->scale = parse_scale(optarg);
        else if (c == 'h') return fputs(usage_text, stdout), fflush(stdout) == 0 ? 0 : 1;
        else return 2;      /* getopt_long has said why */
    }
    if (o->scale > 0 && optind == argc) return -1;
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
    return fflush(stdout) == 0 ? code : (perror("sleepers: standard output"), 1);
}
