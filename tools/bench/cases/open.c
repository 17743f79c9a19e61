/* open: how long it takes from yk_engine_open to the first item computed; see case.h.
 *
 * Every sample is a fresh process, as a user's program would be, since hwloc's and the
 * kernel's work (page faults, threads) are part of it.  With devices, all of them are
 * asked for: they open in the background and must not delay the first item.  The process
 * writes the time before it closes the engine. */
#include "cases/open.h"

#include <stdlib.h>
#include <triad.yk.h>
#include <unistd.h>

#include "base/base.h"
#include "case.h"
#include "process.h"

enum { SAMPLES = 9, DEVICE_SAMPLES = 5, FEWER = 3 };
static const double LIMIT_S = 60;

int bench_open_main(const char *devices, const char *threads)
{
    const float b[1] = {1}, c[1] = {2};
    float a[1] = {0};
    yk_engine *engine = NULL;
    yk_diag diag = {0};
    yk_engine_opts opts = {.devices = devices};
    if (!yki_parse_size(threads, 0, 65536, &opts.threads))
        return yki_usage_error(BENCH_TOOL, "%s is for internal use", BENCH_OPEN_OPTION);
    uint64_t begin = yki_now_ns();
    yk_status st = yk_engine_open(&engine, &opts, &diag);
    if (st == YK_OK) st = triad_run(engine, yk_1d(1), b, c, a, 3, 1);
    double took = yki_seconds(yki_now_ns() - begin);
    if (st != YK_OK || a[0] != 7)
        return yki_error(BENCH_TOOL, "open: %s", diag.text[0] ? diag.text : yk_strerror(st));
    printf("%.9f\n", took);
    fflush(stdout);
    yk_engine_close(&engine);
    return YKI_EXIT_OK;
}

static int measure(bench_shared *shared, const bench_row *row)
{
    bool devices = row->devices != BENCH_ROW_NO_DEVICES;
    char threads[24];
    const char *const argv[] = {"/proc/self/exe", BENCH_OPEN_OPTION, devices ? "all" : "none",
                                threads, NULL};
    double samples[SAMPLES];
    size_t n = shared->job.quick ? FEWER : devices ? DEVICE_SAMPLES : SAMPLES;
    bench_process p;
    snprintf(threads, sizeof threads, "%zu", (size_t)shared->job.threads);
    for (size_t k = 0; k < n; k++) {
        bench_step(shared, BENCH_ACTIVE_NONE, 2 * LIMIT_S, "%s: process %zu", row->name, k + 1);
        bench_process_run(&p, argv, LIMIT_S);
        samples[k] = strtod(p.text, NULL);
        /* A driver may end its process while closing; the time was written before. */
        if (samples[k] <= 0 || p.end == BENCH_PROCESS_LATE)
            return bench_case_failed(shared, "the process that opens an engine failed %s", p.how);
    }
    shared->result.pool = bench_summary(samples, n);
    return YKI_EXIT_OK;
}

static const bench_row rows[] = {
    {"open", 0, "yk_engine_open to the first item", BENCH_ROW_NO_DEVICES},
    {"open_devices", 0, "the same while all devices open in the background",
     BENCH_ROW_IF_DEVICES},
};

const bench_case bench_case_open = {
    .name = "open", .about = "from opening an engine to the first item",
    .n_rows = YKI_COUNT(rows), .rows = rows, .measure = measure,
};
