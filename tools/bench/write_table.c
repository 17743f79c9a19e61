/* The report for people: one screen, the answer first; see bench.h and report.h. */
#include "peers/ask.h"
#include "report.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

enum { NAME, ELEMENTS, SERIAL, OPENMP, POOL, DEVICE, HYBRID, X_SERIAL, X_OPENMP, COLUMNS };
static const char *const titles[COLUMNS] = {
    "", "elements", "serial", "OpenMP", "pool", "best device", "hybrid", "x serial", "x OpenMP"};

/* Hybrid is called the same as one processor alone up to this. */
static const double LIKE = 1.05;

/* ---- cells ---- */

static const char *time_cell(char *buf, const bench_time *t)
{
    return t->reps ? yki_human_seconds(buf, t->median_s) : "-";
}

static const char *ratio_cell(char *buf, double ratio)
{
    return ratio > 0 ? yki_human_ratio(buf, ratio) : "-";
}

static const char *device_cell(char *buf, size_t size, const bench_result *r)
{
    const bench_device *bad = bench_bad_device(r), *best = bench_best_device(r);
    char time[YKI_HUMAN];
    if (bad) {
        snprintf(buf, size, "%s %s", bad->id, bad->status == BENCH_WRONG ? "WRONG"
                                              : bench_status_name(bad->status));
    } else if (best) {
        snprintf(buf, size, "%s %s", best->id, yki_human_seconds(time, best->time.median_s));
    } else {
        return "-";
    }
    return buf;
}

/* A launch that one processor did alone says which, unless it took longer than that
 * processor by itself. */
static const char *hybrid_cell(char *buf, size_t size, const bench_result *r)
{
    const char *who = r->n_parts == 1 ? r->parts[0].device : "";
    double alone = strcmp(who, "cpu") == 0 ? r->pool.median_s : 0;
    if (r->hybrid.reps == 0 || !r->verified || r->is_case) return "-";
    for (uint64_t k = 0; k < r->n_devices; k++)
        if (strcmp(r->devices[k].id, who) == 0) alone = r->devices[k].time.median_s;
    if (!r->is_pool && (r->split || !(r->hybrid.median_s <= LIKE * alone)))
        return time_cell(buf, &r->hybrid);
    snprintf(buf, size, "= %s", r->is_pool || strcmp(who, "cpu") == 0 ? "pool" : who);
    return buf;
}

static void put_cell(char *to, const char *text)
{
    if (to != text) snprintf(to, BENCH_TEXT, "%s", text);
}

/* In a series, a workload is named once. */
static void fill_row(const bench_report *report, size_t row, char cells[][BENCH_TEXT])
{
    const bench_result *r = &report->results[row];
    bool again = report->options->sizes_from && row > 0 &&
                 strcmp(report->results[row - 1].workload, r->workload) == 0;
    char name[64];
    put_cell(cells[NAME], again ? "" : bench_result_name(name, r));
    if (r->is_case && !r->elements) put_cell(cells[ELEMENTS], "-");
    else yki_human_count(cells[ELEMENTS], r->elements);
    put_cell(cells[SERIAL], time_cell(cells[SERIAL], &r->serial));
    put_cell(cells[OPENMP], time_cell(cells[OPENMP], &r->openmp));
    put_cell(cells[POOL], time_cell(cells[POOL], &r->pool));
    put_cell(cells[DEVICE], device_cell(cells[DEVICE], BENCH_TEXT, r));
    put_cell(cells[HYBRID], hybrid_cell(cells[HYBRID], BENCH_TEXT, r));
    put_cell(cells[X_SERIAL], ratio_cell(cells[X_SERIAL], r->speedup));
    put_cell(cells[X_OPENMP], ratio_cell(cells[X_OPENMP], r->speedup_openmp));
}

static int add_row(struct libscols_table *table, const bench_grid *grid,
                   const bench_report *report, size_t row)
{
    char cells[BENCH_MAX_COLUMNS][BENCH_TEXT];
    struct libscols_line *line = scols_table_new_line(table, NULL);
    int bad = !line;
    if (!bad) grid->fill(report, row, cells);
    for (int k = 0; k < grid->columns && !bad; k++)
        bad |= scols_line_set_data(line, (size_t)k, cells[k]);
    return bad;
}

static char *text_with(const bench_grid *grid, const bench_report *report, const char *separator)
{
    char *text = NULL;
    struct libscols_table *table = scols_new_table();
    if (!table) return NULL;
    int bad = scols_table_set_column_separator(table, separator);
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    for (int k = 0; k < grid->columns; k++)
        bad |= !scols_table_new_column(table, grid->titles[k], 0, k == 0 ? 0 : SCOLS_FL_RIGHT);
    for (size_t k = 0; k < report->n_results && !bad; k++) bad |= add_row(table, grid, report, k);
    if (!bad) scols_print_table_to_string(table, &text);
    scols_unref_table(table);
    return text;
}

/* Two blanks between columns where there is room for them. */
char *bench_grid_text(const bench_grid *grid, const bench_report *report)
{
    char *text = text_with(grid, report, "  ");
    if (!text || strcspn(text, "\n") <= BENCH_WIDTH) return text;
    free(text);
    return text_with(grid, report, " ");
}

/* ---- details ---- */

static void put_series(FILE *f, const bench_result *r, const char *name, const bench_time *t)
{
    char median[YKI_HUMAN], least[YKI_HUMAN], rate[YKI_HUMAN], flops[YKI_HUMAN];
    if (t->reps == 0) return;
    fprintf(f, "  %-10s %10s  min %10s  spread %5.1f %%  reps %2d", name,
            yki_human_seconds(median, t->median_s), yki_human_seconds(least, t->min_s),
            100 * t->spread, (int)t->reps);
    if (!r->is_case)
        fprintf(f, "  %12s  %14s", yki_human_rate(rate, r->bytes / t->median_s, "B/s"),
                yki_human_rate(flops, r->flops / t->median_s, "flop/s"));
    putc('\n', f);
}

/* --verbose: everything that was measured. */
static void put_details(FILE *f, const bench_result *r)
{
    const yki_workload *w = yki_workload_find(r->workload);
    fprintf(f, "\n%s  %s\n", r->workload, r->shape);
    put_series(f, r, "serial", &r->serial);
    put_series(f, r, "OpenMP", &r->openmp);
    put_series(f, r, "pool", &r->pool);
    for (uint64_t k = 0; k < r->n_devices; k++)
        put_series(f, r, r->devices[k].id, &r->devices[k].time);
    if (!r->is_pool) put_series(f, r, "hybrid", &r->hybrid);
    if (r->is_case) return;
    bench_text line = {.used = 0};
    bench_list_add(&line, "%.3g of at most %.3g: %s", r->max_error, r->tolerance,
                   w ? w->measure : "");
    bench_put_text(f, "  error", strlen("  error "), line.text);
}

static void put_report(FILE *f, const bench_report *report, const char *table)
{
    const bench_options *o = report->options;
    bench_put_headline(f, report);
    fprintf(f, "Medians of interleaved runs, transfers included%s%s\n\n",
            o->cold ? "; first launches on fresh engines" : "",
            o->carve ? "; each CPU device on cores of its own" : "");
    if (report->n_results > 0)
        fprintf(f, "%s%s\n", table, table[0] && table[strlen(table) - 1] != '\n' ? "\n" : "");
    bench_put_peers(f, report);
    if (o->sizes_from) bench_put_crossovers(f, report);
    bench_put_notes(f, report);
    for (size_t k = 0; k < report->n_results; k++)
        if (o->verbose) put_details(f, &report->results[k]);
    if (o->verbose && report->n_results > 0) putc('\n', f);
    bench_put_verdict(f, report);
}

int bench_write_table(const bench_report *report)
{
    static const bench_grid grid = {titles, COLUMNS, fill_row};
    char *text = NULL, *table = report->options->scaling ? bench_scaling_text(report)
                                                         : bench_grid_text(&grid, report);
    size_t bytes = 0;
    FILE *f = table ? open_memstream(&text, &bytes) : NULL;
    if (f) put_report(f, report, table);
    int code = f && fclose(f) == 0 ? yki_write_text(BENCH_TOOL, "-", text, bytes)
                                   : yki_error(BENCH_TOOL, "out of memory");
    free(text);
    free(table);
    return code;
}
