/* launch: loops so small that the call is what they cost; see case.h.
 *
 * The kernel is triad's, called as a user calls it: no options, no report.  Beside it the
 * same loop in plain C, and with OpenMP; at the smallest and the largest size also on each
 * device, where one element is as good as an empty kernel: what is timed there is the
 * driver's launch and two tiny transfers. */
#include <math.h>
#include <string.h>
#include <triad.yk.h>

#include "base/base.h"
#include "case.h"

static const float S = 0.4f;
/* As in the workload's table. */
enum { A, B, C };

static yk_status run_triad(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                           yk_report *report)
{
    size_t n = in->extent.nx;
    const float *b = in->array[B].data, *c = in->array[C].data;
    float *a = in->array[A].data;
    if (strcmp(opts->devices, "cpu") == 0) return triad_run(engine, yk_1d(n), b, c, a, S, n);
    yk_run_opts with_report = *opts;
    with_report.report = report;
    return triad_run_opts(engine, &with_report, yk_1d(n), b, c, a, S, n);
}

static int measure(bench_shared *shared, const bench_row *row)
{
    const yki_workload *triad = yki_workload_find("triad");
    if (!triad) return bench_case_failed(shared, "there is no workload triad");
    yki_workload loop = *triad;
    loop.name = row->name;
    loop.yoke = run_triad;
    return bench_measure_loop(shared, &loop);
}

/* ---- what the rows say together ---- */

static void conclude(bench_result *rows, size_t n)
{
    double worst = 0;
    char count[YKI_HUMAN], seconds[YKI_HUMAN];
    uint64_t from = bench_crossover_of(rows, n).pool_over_serial;
    for (size_t k = 0; k < n; k++)
        worst = fmax(worst, rows[k].pool.median_s - rows[k].serial.median_s);
    if (n == 0) return;
    snprintf(rows[n - 1].note, sizeof rows[n - 1].note,
             "the pool beats the serial loop %s%s; it is at most %s behind it",
             from ? "from " : "at none of these sizes",
             from ? yki_human_count(count, from) : "", yki_human_seconds(seconds, worst));
}

static const bench_row rows[] = {
    {"launch", 1, "a[i] = b[i] + s*c[i]", BENCH_ROW_DEVICES},
    {"launch", 64, "a[i] = b[i] + s*c[i]", BENCH_ROW_NO_DEVICES},
    {"launch", 1024, "a[i] = b[i] + s*c[i]", BENCH_ROW_NO_DEVICES},
    {"launch", 4096, "a[i] = b[i] + s*c[i]", BENCH_ROW_NO_DEVICES},
    {"launch", 16384, "a[i] = b[i] + s*c[i]", BENCH_ROW_NO_DEVICES},
    {"launch", 65536, "a[i] = b[i] + s*c[i]", BENCH_ROW_DEVICES},
};

const bench_case bench_case_launch = {
    .name = "launch", .about = "what calls cost: loops of 1 to 64 Ki elements",
    .n_rows = YKI_COUNT(rows), .rows = rows, .measure = measure, .conclude = conclude,
};
