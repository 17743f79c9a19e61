/* The tables of series; see report.h. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

/* ---- --scaling ---- */

enum { NAME, THREADS, OPENMP, OPENMP_X, OPENMP_E, POOL, POOL_X, POOL_E, COLUMNS };
static const char *const titles[COLUMNS] = {"", "threads", "OpenMP", "x serial", "efficiency",
                                            "pool", "x serial", "efficiency"};

static void put_pair(char cells[3][BENCH_TEXT], const bench_result *r, const bench_time *t,
                     const bench_time *one)
{
    strcpy(cells[0], "-");
    strcpy(cells[1], "-");
    strcpy(cells[2], "-");
    if (t->reps == 0) return;
    yki_human_seconds(cells[0], t->median_s);
    if (r->verified && r->serial.reps)
        yki_human_ratio(cells[1], r->serial.median_s / t->median_s);
    if (one->reps && r->threads)
        snprintf(cells[2], BENCH_TEXT, "%.0f %%",
                 100 * one->median_s / (t->median_s * (double)r->threads));
}

static void fill_scaling(const bench_report *report, size_t row, char cells[][BENCH_TEXT])
{
    size_t first = row;
    const bench_result *r = &report->results[row];
    while (first > 0 && strcmp(report->results[first - 1].workload, r->workload) == 0) first--;
    static const bench_time none;
    const bench_result *one = &report->results[first];
    bool known = one->threads == 1;     /* the run on one thread is there */
    snprintf(cells[NAME], BENCH_TEXT, "%s", row == first ? r->workload : "");
    snprintf(cells[THREADS], BENCH_TEXT, "%llu", (unsigned long long)r->threads);
    put_pair(&cells[OPENMP], r, &r->openmp, known ? &one->openmp : &none);
    put_pair(&cells[POOL], r, &r->pool, known ? &one->pool : &none);
}

char *bench_scaling_text(const bench_report *report)
{
    return bench_grid_text(&(bench_grid){titles, COLUMNS, fill_scaling}, report);
}

/* ---- --sizes ---- */

static void add_from(bench_text *line, const char *who, uint64_t from, const char *whom,
                     uint64_t first)
{
    char count[YKI_HUMAN];
    const char *start = line->used ? "; " : "";
    if (from == 0) bench_list_add(line, "%s%s never beats %s", start, who, whom);
    else if (from == first) bench_list_add(line, "%s%s beats %s at every size", start, who, whom);
    else bench_list_add(line, "%s%s beats %s from %s on", start, who, whom,
                        yki_human_count(count, from));
}

void bench_put_crossovers(FILE *f, const bench_report *report)
{
    for (size_t k = 0, n; k < report->n_results; k += n) {
        const bench_result *r = &report->results[k];
        n = bench_same_workload(report, k);
        if (n < 2) continue;
        bench_crossover c = bench_crossover_of(r, n);
        bench_text line = {.used = 0};
        add_from(&line, "the pool", c.pool_over_serial, "serial", r->elements);
        if (r[n - 1].openmp.reps)
            add_from(&line, "the pool", c.pool_over_openmp, "OpenMP", r->elements);
        if (c.device[0]) add_from(&line, c.device, c.device_over_pool, "the pool", r->elements);
        bench_put_line(f, "from", "%s: %s", r->workload, line.text);
    }
}
