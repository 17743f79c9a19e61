/* completed: eight tasks, each told of when it is complete: with its result, with what went
 * wrong, or cancelled.  completed --help tells how it is called.
 *
 * They stand for fetching pages from servers.  One fails, one never begins because it is
 * cancelled first, and one never ends until it is told to.
 * Exit codes: 0 done, 1 failed, 2 misused, 3 a result is not what it must be. */
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <yoke/yoke.h>

#include "sleeping.h"

enum { ARCHIVE, ATLAS, BACKUP, BOOKS, MAIL, NEWS, STREAM, WEATHER, PAGES };

/* A task's argument: what it needs, and where it leaves what came of it. */
typedef struct page {
    const char *name;
    double seconds;         /* that it takes */
    size_t bytes;           /* that there are to fetch */
    const char *problem;    /* why it cannot be fetched; NULL: it can */
    size_t fetched;         /* the result */
    double ran;             /* for how long it was at it */
} page;

static const page pages[PAGES] = {
    [ARCHIVE] = {.name = "archive", .seconds = 0.2, .problem = "the server does not answer"},
    [ATLAS] = {.name = "atlas", .seconds = 0.7, .bytes = 81250},
    [BACKUP] = {.name = "backup", .seconds = 0.5, .bytes = 99900},
    [BOOKS] = {.name = "books", .seconds = 0.6, .bytes = 5120},
    [MAIL] = {.name = "mail", .seconds = 0.5, .bytes = 730},
    [NEWS] = {.name = "news", .seconds = 0.3, .bytes = 1270},
    [STREAM] = {.name = "stream", .seconds = INFINITY},
    [WEATHER] = {.name = "weather", .seconds = 0.1, .bytes = 340},
};

/* The longest that the stream may take. */
static const double limit_s = 1.0;

typedef struct job {
    page pages[PAGES];
    yk_future *futures[PAGES];
    double start;
    double limit;           /* on the clock of `start` */
} job;

static const char usage_text[] =
    "usage: completed [OPTION]...\n"
    "Runs 8 tasks at the same time and tells of each when it is complete.\n"
    "\n"
    "  -x, --scale=F    multiply the times by F, up to 100\n"
    "  -h, --help       show this\n";

static int failed(const char *call, yk_status status, const char *detail)
{
    fprintf(stderr, "completed: %s: %s%s%s\n", call, yk_strerror(status), *detail ? ": " : "",
            detail);
    return 1;
}

/* ---- the task ---- */

static yk_status fetch(void *arg)
{
    page *p = arg;
    double begin = now();
    yk_status status = sleep_unless_cancelled(p->seconds);
    p->ran = now() - begin;
    if (status == YK_E_CANCELLED) {
        yk_task_message("told to end after %.2f s", p->ran);
        return status;
    }
    if (p->problem) {
        yk_task_message("%s", p->problem);
        return YK_E_IO;
    }
    p->fetched = p->bytes;
    return YK_OK;
}

/* ---- running them ---- */

/* All pages at once, but for the backup, which comes after the mail. */
static yk_status submit(yk_engine *engine, job *j)
{
    yk_status status = YK_OK;
    for (int k = 0; k < PAGES && status == YK_OK; k++) {
        yk_task_opts opts = {.flags = YK_BLOCKING};
        if (k == BACKUP) continue;
        status = yk_task_submit(engine, fetch, &j->pages[k], &opts, &j->futures[k]);
    }
    yk_task_opts late = {.flags = YK_BLOCKING, .after = &j->futures[MAIL], .n_after = 1};
    if (status != YK_OK) return status;
    return yk_task_submit(engine, fetch, &j->pages[BACKUP], &late, &j->futures[BACKUP]);
}

static void show(const job *j, size_t k)
{
    const page *p = &j->pages[k];
    yk_status status = yk_future_wait(j->futures[k], 0);
    const char *message = yk_future_message(j->futures[k]);
    printf("%7.3f s  %-8s ", now() - j->start, p->name);
    if (status == YK_OK) printf("%6zu bytes\n", p->fetched);
    else printf("%s%s%s\n", yk_strerror(status), *message ? ": " : "", message);
}

/* Tells of each that completes.  The stream is given up when its time has passed. */
static yk_status follow(job *j)
{
    size_t k;
    yk_completions *completions;
    yk_status status = yk_completions_open(&completions, j->futures, PAGES);
    if (status != YK_OK) return status;
    for (bool waiting = true;;) {
        double left = fmax(j->limit - now(), 0);
        status = yk_completions_next(completions, waiting ? left : -1, &k);
        if (status == YK_OK) {
            show(j, k);
        } else if (status == YK_E_TIMEOUT) {
            printf("%7.3f s  stream   has had its time\n", now() - j->start);
            yk_future_cancel(j->futures[STREAM]);
            waiting = false;
        } else {
            break;
        }
    }
    yk_completions_close(&completions);
    return status == YK_E_RANGE ? YK_OK : status;       /* all have been handed out */
}

/* What each must have come to. */
static int check(const job *j)
{
    int wrong = 0;
    for (int k = 0; k < PAGES; k++) {
        const page *p = &j->pages[k];
        yk_status want = p->problem ? YK_E_IO : YK_OK;
        if (k == BACKUP || k == STREAM) want = YK_E_CANCELLED;
        bool right = yk_future_wait(j->futures[k], 0) == want;
        right = right && p->fetched == (want == YK_OK ? p->bytes : 0);
        if (!right) fprintf(stderr, "completed: %s did not end as it must\n", p->name);
        wrong += !right;
    }
    return wrong ? 3 : 0;
}

static void show_times(const job *j)
{
    double total = now() - j->start, serial = 0;
    for (int k = 0; k < PAGES; k++) serial += j->pages[k].ran;
    printf("\n%d tasks, serial %.2f s (the sum of what they ran), together %.2f s, x serial %.3g\n",
           (int)PAGES, serial, total, serial / total);
}

static int run(yk_engine *engine, job *j)
{
    yk_status status = submit(engine, j);
    if (status != YK_OK) return failed("yk_task_submit", status, "");
    if (!yk_future_cancel(j->futures[BACKUP])) puts("the backup had begun");
    status = follow(j);
    if (status != YK_OK) return failed("yk_completions_next", status, "");
    show_times(j);
    return check(j);
}

static int open_and_run(double scale)
{
    yk_engine *engine;
    yk_diag diag = {0};
    yk_status status = yk_engine_open(&engine, NULL, &diag);
    if (status != YK_OK) return failed("yk_engine_open", status, diag.text);
    job j = {.start = now()};
    j.limit = j.start + limit_s * scale;
    memcpy(j.pages, pages, sizeof pages);
    for (int k = 0; k < PAGES; k++) j.pages[k].seconds *= scale;
    int code = run(engine, &j);
    for (int k = 0; k < PAGES; k++) {
        if (j.futures[k]) yk_future_cancel(j.futures[k]);    /* nothing happens to the complete */
        if (j.futures[k]) yk_future_wait(j.futures[k], -1);
        yk_future_free(&j.futures[k]);
    }
    yk_engine_close(&engine);
    return code;
}

/* -1: go on; else the exit code. */
static int parse(double *scale, int argc, char **argv)
{
    static const struct option known[] = {{"scale", required_argument, NULL, 'x'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    *scale = 1;
    for (int c; (c = getopt_long(argc, argv, "x:h", known, NULL)) != -1;) {
        if (c == 'x') *scale = parse_scale(optarg);
        else if (c == 'h') return fputs(usage_text, stdout), fflush(stdout) == 0 ? 0 : 1;
        else return 2;      /* getopt_long has said why */
    }
    if (*scale > 0 && optind == argc) return -1;
    return fputs(usage_text, stderr), 2;
}

int main(int argc, char **argv)
{
    double scale;
    int code = parse(&scale, argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);       /* each line when it happens, also into a pipe */
    if (code < 0) code = open_and_run(scale);
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    return perror("completed: standard output"), 1;
}
