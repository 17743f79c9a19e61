/* The table of --peers, below the main one; see ask.h and report.h. */
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "peers/ask.h"
#include "report.h"

/* ---- what is there ---- */

static const bench_peer *peer_of(const bench_result *r, const char *name)
{
    for (uint64_t k = 0; k < r->n_peers; k++)
        if (strcmp(r->peers[k].name, name) == 0) return &r->peers[k];
    return NULL;
}

/* Workloads have a table and cases have one, as not the same runtimes take part. */
typedef struct rows {
    const bench_report *report;
    bool cases;
} rows;

static bool has_row(const rows *of, const bench_result *r)
{
    return r->n_peers > 0 && r->is_case == of->cases;
}

/* A runtime that is absent from all rows, or takes no part, has no column. */
static bool has_column(const rows *of, const bench_runtime *runtime)
{
    for (size_t k = 0; k < of->report->n_results; k++) {
        const bench_peer *p = peer_of(&of->report->results[k], runtime->name);
        if (p && p->status != BENCH_ABSENT && has_row(of, &of->report->results[k])) return true;
    }
    return false;
}

/* The fastest of the others over the pool; 0: unknown. */
static double factor(const bench_result *r)
{
    const bench_peer *pool = peer_of(r, bench_runtimes[BENCH_RUNTIME_POOL].name);
    double best = 0;
    for (uint64_t k = 0; k < r->n_peers; k++) {
        const bench_peer *p = &r->peers[k];
        if (p == pool || p->status != BENCH_OK || p->bench_time.reps == 0) continue;
        if (best == 0 || p->bench_time.median_s < best) best = p->bench_time.median_s;
    }
    bool known = pool && pool->status == BENCH_OK && pool->bench_time.median_s > 0;
    return known ? best / pool->bench_time.median_s : 0;
}

/* ---- the table ---- */

static const char *cell(char buf[YKI_HUMAN], const bench_peer *p)
{
    if (!p || p->status == BENCH_UNSUPPORTED || p->status == BENCH_ABSENT) return "-";
    if (p->status == BENCH_WRONG) return "WRONG";
    if (p->status != BENCH_OK) return bench_status_name(p->status);
    return p->bench_time.reps ? yki_human_seconds(buf, p->bench_time.median_s) : "-";
}

static int fill_line(struct libscols_table *table, const rows *of, const bench_result *r)
{
    char buf[YKI_HUMAN];
    size_t column = 0;
    double x = factor(r);
    struct libscols_line *line = scols_table_new_line(table, NULL);
    int bad = !line || scols_line_set_data(line, column++, r->workload);
    for (size_t k = 0; k < BENCH_RUNTIMES && !bad; k++)
        if (has_column(of, &bench_runtimes[k]))
            bad |= scols_line_set_data(line, column++,
                                       cell(buf, peer_of(r, bench_runtimes[k].name)));
    return bad || scols_line_set_data(line, column, x > 0 ? yki_human_ratio(buf, x) : "-");
}

static int fill_table(struct libscols_table *table, const rows *of)
{
    int bad = !scols_table_new_column(table, "peers", 0, 0);
    for (size_t k = 0; k < BENCH_RUNTIMES; k++)
        if (has_column(of, &bench_runtimes[k]))
            bad |= !scols_table_new_column(table, bench_runtimes[k].name, 0, SCOLS_FL_RIGHT);
    bad |= !scols_table_new_column(table, "x best", 0, SCOLS_FL_RIGHT);
    for (size_t k = 0; k < of->report->n_results && !bad; k++)
        if (has_row(of, &of->report->results[k]))
            bad |= fill_line(table, of, &of->report->results[k]);
    return bad;
}

static char *table_text(const rows *of, const char *separator)
{
    char *text = NULL;
    struct libscols_table *table = scols_new_table();
    if (!table) return NULL;
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
    if (scols_table_set_column_separator(table, separator) == 0 && fill_table(table, of) == 0)
        scols_print_table_to_string(table, &text);
    scols_unref_table(table);
    return text;
}

static void put_table(FILE *f, const rows *of)
{
    bool any = false;
    for (size_t k = 0; k < of->report->n_results; k++) any |= has_row(of, &of->report->results[k]);
    char *text = any ? table_text(of, "  ") : NULL;
    if (text && strcspn(text, "\n") > BENCH_WIDTH) {
        free(text);
        text = table_text(of, " ");
    }
    if (text) fprintf(f, "%s%s\n", text, text[0] && text[strlen(text) - 1] != '\n' ? "\n" : "");
    free(text);
}

/* ---- the lines below it ---- */

static bool same_trouble(const bench_peer *a, const bench_peer *b)
{
    return a->status == b->status && strcmp(a->name, b->name) == 0 &&
           strcmp(a->reason, b->reason) == 0;
}

/* One line for each reason, with all workloads that it holds for, at the first of them. */
static void put_trouble(FILE *f, const bench_report *report, size_t result,
                        const bench_peer *p)
{
    bench_text line = {.used = 0};
    size_t n = 0;
    if (p->status == BENCH_OK || p->status == BENCH_ABSENT) return;
    for (size_t k = 0; k < report->n_results; k++) {
        const bench_result *r = &report->results[k];
        const bench_peer *other = peer_of(r, p->name);
        if (!other || !same_trouble(p, other)) continue;
        if (k < result) return;
        bench_list_add(&line, "%s%s", n++ ? ", " : "", r->workload);
    }
    bench_list_add(&line, " with %s: %s", p->name, p->reason);
    const char *tag = p->status == BENCH_UNSUPPORTED ? "left out"
                      : p->status == BENCH_WRONG     ? "WRONG" : bench_status_name(p->status);
    bench_put_text(f, tag, BENCH_INDENT, line.text);
}

/* The k-th runtime, if no workload was run with it; else NULL. */
static const bench_peer *absent_peer(const bench_report *report, size_t k)
{
    const bench_peer *p = NULL;
    for (size_t i = 0; i < report->n_results && !p; i++)
        p = peer_of(&report->results[i], bench_runtimes[k].name);
    bool present = has_column(&(rows){report, false}, &bench_runtimes[k]) ||
                   has_column(&(rows){report, true}, &bench_runtimes[k]);
    return present ? NULL : p;
}

/* All that are absent for the reason of the k-th, which is the first of them. */
static void add_absent(bench_text *line, const bench_report *report, size_t k)
{
    const bench_peer *first = absent_peer(report, k), *p;
    for (size_t i = 0; first && i < k; i++)
        if ((p = absent_peer(report, i)) && strcmp(p->reason, first->reason) == 0) return;
    if (!first) return;
    bench_list_add(line, "%s%s", line->used ? "; " : "", first->name);
    for (size_t i = k + 1; i < BENCH_RUNTIMES; i++)
        if ((p = absent_peer(report, i)) && strcmp(p->reason, first->reason) == 0)
            bench_list_add(line, ", %s", p->name);
    bench_list_add(line, ": %s", first->reason);
}

static void put_absent(FILE *f, const bench_report *report)
{
    bench_text line = {.used = 0};
    for (size_t k = 0; k < BENCH_RUNTIMES; k++) add_absent(&line, report, k);
    if (line.used) bench_put_text(f, "absent", BENCH_INDENT, line.text);
}

void bench_put_peers(FILE *f, const bench_report *report)
{
    bool any = false;
    for (size_t k = 0; k < report->n_results; k++) any |= report->results[k].n_peers > 0;
    if (!any) return;
    put_table(f, &(rows){report, false});
    put_table(f, &(rows){report, true});
    for (size_t k = 0; k < report->n_results; k++)
        for (uint64_t p = 0; p < report->results[k].n_peers; p++)
            put_trouble(f, report, k, &report->results[k].peers[p]);
    put_absent(f, report);
    putc('\n', f);
}
