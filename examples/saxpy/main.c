/* saxpy: y = a*x + y on every processor, with everything a program can ask about a call:
 * the status says what kind of thing went wrong, the diagnostic says to what, and the
 * report says who did the work.
 *
 *   saxpy [N]      N elements, 16 million unless told otherwise */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <yoke/yoke.h>

#include "saxpy.yk.h"

/* A call failed: its message is in the diagnostic where there is one. */
static int failed(const char *call, yk_status status, const yk_diag *diag)
{
    fprintf(stderr, "saxpy: %s: %s", call, yk_strerror(status));
    if (diag->text[0]) fprintf(stderr, ": %s", diag->text);
    if (diag->driver_error[0]) fprintf(stderr, " (%s)", diag->driver_error);
    fputc('\n', stderr);
    return 1;
}

static void show(const yk_report *report)
{
    printf("%zu elements in %.3g ms\n", report->items, report->total_s * 1e3);
    for (uint32_t k = 0; k < report->n_parts; k++) {
        const yk_part *part = &report->parts[k];
        printf("  %-6s %zu elements, busy for %.3g ms, lost %u chunks\n", part->device,
               part->items, part->busy_s * 1e3, part->failed);
    }
    if (report->reason[0]) printf("  %s\n", report->reason);
}

static size_t wrong(const float *y, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += y[i] != 2.0f * (float)(i % 1024) + 1.0f;
    return count;
}

static int run(yk_engine *engine, float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(i % 1024);
        y[i] = 1.0f;
    }
    yk_diag diag = {0};
    yk_report report = {0};
    yk_run_opts opts = {.diag = &diag, .report = &report};
    yk_status status = saxpy_run_opts(engine, &opts, yk_1d(n), x, y, 2.0f, n);
    if (status != YK_OK) return failed("saxpy_run_opts", status, &diag);
    show(&report);
    size_t bad = wrong(y, n);
    if (bad) fprintf(stderr, "saxpy: %zu of %zu elements are wrong\n", bad, n);
    return bad ? 3 : 0;
}

/* A whole number above 0, of elements that can be addressed; else 0. */
static size_t parse_count(const char *text)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (errno || *end || end == text || *text < '0' || *text > '9') return 0;
    return n > SIZE_MAX / sizeof(float) ? 0 : (size_t)n;
}

int main(int argc, char **argv)
{
    size_t n = argc > 1 ? parse_count(argv[1]) : (size_t)16 << 20;
    if (argc > 2 || n == 0) {
        fprintf(stderr, "usage: saxpy [N], N a number of elements\n");
        return 2;
    }
    yk_engine *engine;
    yk_diag diag = {0};
    yk_status status = yk_engine_open(&engine, NULL, &diag);
    if (status != YK_OK) return failed("yk_engine_open", status, &diag);

    /* Any memory will do; this is aligned and lies near the cores that will use it. */
    float *x = yk_alloc(engine, n * sizeof *x), *y = yk_alloc(engine, n * sizeof *y);
    int code = 1;
    if (x && y) code = run(engine, x, y, n);
    else fprintf(stderr, "saxpy: no memory for %zu elements\n", n);
    yk_free(engine, x);
    yk_free(engine, y);
    yk_engine_close(&engine);
    return fflush(stdout) == 0 ? code : (perror("saxpy: standard output"), 1);
}
