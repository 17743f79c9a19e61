/* The report for people: one screen, the answer first; see bench.h. */
#include "bench.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

enum { NAME, ELEMENTS, SERIAL, OPENMP, POOL, DEVICE, HYBRID, X_SERIAL, X_OPENMP, COLUMNS };
static const char *const titles[COLUMNS] = {
    "", "elements", "serial", "OpenMP", "pool", "best device", "hybrid", "x serial", "x OpenMP"};

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

static int fill_line(struct libscols_line *line, const bench_result *r)
{
    char buf[COLUMNS][BENCH_TEXT];
    const char *hybrid = !r->hybrid.reps || !r->verified ? "-"
                         : r->is_pool || (!r->split && strcmp(r->best_single, "cpu") == 0)
                             ? "= pool" : time_cell(buf[HYBRID], &r->hybrid);
    char name[64];
    snprintf(name, sizeof name, "%s%s%s", r->workload, r->carved_device[0] ? " + " : "",
             r->carved_device);
    const char *cells[COLUMNS] = {
        [NAME] = name,
        [ELEMENTS] = r->is_case && !r->elements ? "-"
                                                : yki_human_count(buf[ELEMENTS], r->elements),
        [SERIAL] = time_cell(buf[SERIAL], &r->serial),
        [OPENMP] = time_cell(buf[OPENMP], &r->openmp),
        [POOL] = time_cell(buf[POOL], &r->pool),
        [DEVICE] = device_cell(buf[DEVICE], sizeof buf[DEVICE], r),
        [HYBRID] = hybrid,
        [X_SERIAL] = ratio_cell(buf[X_SERIAL], r->speedup),
        [X_OPENMP] = ratio_cell(buf[X_OPENMP], r->speedup_openmp),
    };
    int bad = 0;
    for (size_t k = 0; k < COLUMNS; k++) bad |= scols_line_set_data(line, k, cells[k]);
    return bad;
}

static char *table_text(const bench_report *report)
{
    char *text = NULL;
    struct libscols_table *table = scols_new_table();
    if (!table) return NULL;
    int bad = scols_table_set_column_separator(table, "  ");
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    for (int k = 0; k < COLUMNS; k++)
        bad |= !scols_table_new_column(table, titles[k], 0, k == NAME ? 0 : SCOLS_FL_RIGHT);
    for (size_t k = 0; k < report->n_results && !bad; k++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);
        bad |= !line || fill_line(line, &report->results[k]);
    }
    if (!bad) scols_print_table_to_string(table, &text);
    scols_unref_table(table);
    return text;
}

/* ---- the lines below ---- */

static void put_splits(FILE *f, const bench_report *report)
{
    for (size_t k = 0; k < report->n_results; k++) {
        const bench_result *r = &report->results[k];
        double all = 0;
        if (!r->split || !r->verified) continue;
        for (uint32_t p = 0; p < r->n_parts; p++) all += (double)r->parts[p].items;
        fprintf(f, "split    %s ", r->workload);
        for (uint32_t p = 0; p < r->n_parts && all > 0; p++)
            fprintf(f, "%s %s %.0f %%", p ? "," : "", r->parts[p].device,
                    100 * (double)r->parts[p].items / all);
        if (r->has_efficiency) fprintf(f, "; efficiency %.2f", r->efficiency);
        if (r->has_regret) fprintf(f, ", %.2f of %s alone", 1 + r->regret, r->best_single);
        putc('\n', f);
    }
}

/* Why a launch stayed on one processor, where there was a choice. */
static void put_singles(FILE *f, const bench_report *report)
{
    for (size_t k = 0; k < report->n_results; k++) {
        const bench_result *r = &report->results[k];
        if (r->split || r->is_pool || !r->hybrid.reps || !r->hybrid_reason[0]) continue;
        fprintf(f, "single   %s: %.80s\n", r->workload, r->hybrid_reason);
    }
}

static void put_problems(FILE *f, const bench_report *report)
{
    for (size_t k = 0; k < report->n_results; k++) {
        const bench_result *r = &report->results[k];
        for (uint32_t w = 0; w < r->n_wrong; w++)
            fprintf(f, "WRONG    %s on %s\n", r->workload, r->wrong[w]);
        for (uint64_t d = 0; d < r->n_devices; d++) {
            const bench_device *v = &r->devices[d];
            if (v->status == BENCH_OK || v->status == BENCH_WRONG) continue;
            fprintf(f, "%-8s %s on %s: %s\n",
                    v->status == BENCH_UNSUPPORTED ? "no" : bench_status_name(v->status),
                    r->workload, v->id, v->reason);
        }
        if (r->failure[0]) fprintf(f, "failed   %s: %s\n", r->workload, r->failure);
    }
}

/* What cases have to say besides their times. */
static void put_notes(FILE *f, const bench_report *report)
{
    for (size_t k = 0; k < report->n_results; k++) {
        const bench_result *r = &report->results[k];
        if (r->note[0]) fprintf(f, "%-8s %s\n", r->workload, r->note);
    }
}

/* Devices that compute on the pool's own cores are said so once. */
static void put_sharing(FILE *f, const bench_report *report)
{
    if (report->n_results == 0) return;
    const bench_result *r = &report->results[0];
    for (uint64_t k = 0; k < r->n_devices; k++) {
        const bench_device *d = &r->devices[k];
        if (d->shares_cores)
            fprintf(f, "shared   %s (%s) uses the pool's cores: compared, not in the split "
                       "(--carve)\n", d->id, d->known_as);
    }
}

typedef struct worst {
    double spread;
    const char *workload, *variant;
} worst;

static void look_at(worst *w, const bench_result *r, const char *variant, const bench_time *t)
{
    if (t->reps && t->spread > w->spread) *w = (worst){t->spread, r->workload, variant};
}

static void put_noise(FILE *f, const bench_report *report)
{
    worst w = {-1, NULL, NULL};
    for (size_t k = 0; k < report->n_results; k++) {
        const bench_result *r = &report->results[k];
        look_at(&w, r, "serial", &r->serial);
        look_at(&w, r, "OpenMP", &r->openmp);
        look_at(&w, r, "pool", &r->pool);
        look_at(&w, r, "hybrid", &r->hybrid);
        for (uint64_t d = 0; d < r->n_devices; d++)
            look_at(&w, r, r->devices[d].id, &r->devices[d].time);
        if (r->cut_short)
            fprintf(f, "short    %s: %d repetitions, then its time was up\n", r->workload,
                    (int)r->serial.reps);
    }
    if (!w.workload) return;
    fprintf(f, "noise    worst spread %.1f %% (%s, %s)", 100 * w.spread, w.workload, w.variant);
    if (report->throttled_s >= 0) fprintf(f, "   throttled %.0f ms", 1e3 * report->throttled_s);
    putc('\n', f);
}

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
    fprintf(f, "  error %.3g of at most %.3g: %s\n", r->max_error, r->tolerance,
            w ? w->measure : "");
}

static void put_report(FILE *f, const bench_report *report, const char *table)
{
    size_t verified = 0;
    const bench_options *o = report->options;
    fprintf(f, "%s\n", report->headline);
    fprintf(f, "Median of %d, interleaved, transfers included%s%s\n\n", o->quick ? 7 : 9,
            o->cold ? "; first launches on fresh engines" : "",
            o->carve ? "; each CPU device on cores of its own" : "");
    fputs(table, f);
    if (table[0] && table[strlen(table) - 1] != '\n') putc('\n', f);
    putc('\n', f);
    put_splits(f, report);
    put_singles(f, report);
    put_problems(f, report);
    put_sharing(f, report);
    put_notes(f, report);
    put_noise(f, report);
    for (size_t k = 0; k < report->n_results; k++) {
        verified += report->results[k].verified;
        if (o->verbose) put_details(f, &report->results[k]);
    }
    fprintf(f, "%zu of %zu workloads verified%s\n", verified, report->asked,
            report->interrupted ? "; interrupted" : "");
}

int bench_write_table(const bench_report *report)
{
    char *text = NULL, *table = table_text(report);
    size_t bytes = 0;
    FILE *f = table ? open_memstream(&text, &bytes) : NULL;
    if (f) put_report(f, report, table);
    int code = f && fclose(f) == 0 ? yki_write_text(BENCH_TOOL, "-", text, bytes)
                                   : yki_error(BENCH_TOOL, "out of memory");
    free(text);
    free(table);
    return code;
}
