/* A comparison for people; see compare.h. */
#include "compare.h"
#include "report.h"

#include <inttypes.h>
#include <string.h>

static const char *text_at(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

static bool is_same(const json_t *row) { return strcmp(text_at(row, "change"), "same") == 0; }

/* "triad", and in a series "triad 4 Ki" or "triad 4 threads". */
static void row_name(const json_t *row, bool several, char to[64])
{
    char count[YKI_HUMAN];
    json_int_t elements = json_integer_value(json_object_get(row, "elements"));
    json_int_t threads = json_integer_value(json_object_get(row, "threads"));
    if (!several || elements <= 0)
        snprintf(to, 64, "%.40s", text_at(row, "workload"));
    else
        snprintf(to, 64, "%.30s %s/%lld", text_at(row, "workload"),
                 yki_human_count(count, (uint64_t)elements), (long long)threads);
}

static void put_row(FILE *f, const json_t *row, bool several)
{
    char name[64], before[YKI_HUMAN], now[YKI_HUMAN], interval[48] = "none";
    const json_t *lo = json_object_get(row, "lo"), *hi = json_object_get(row, "hi");
    row_name(row, several, name);
    if (json_is_real(lo) && json_is_real(hi))
        snprintf(interval, sizeof interval, "%.3f..%.3f", json_real_value(lo),
                 json_real_value(hi));
    bool failed = json_is_true(json_object_get(row, "regression"));
    fprintf(f, "%-22s %-8s %10s %10s  %6.3f  %-14s %s%s\n", name, text_at(row, "variant"),
            yki_human_seconds(before, json_real_value(json_object_get(row, "old_s"))),
            yki_human_seconds(now, json_real_value(json_object_get(row, "new_s"))),
            json_real_value(json_object_get(row, "ratio")), interval, text_at(row, "change"),
            failed ? "  REGRESSION" : "");
}

/* In a series a workload comes more than once. */
static bool is_series(const json_t *rows)
{
    size_t k;
    const json_t *r, *first = json_array_get(rows, 0);
    json_array_foreach(rows, k, r)
        if (k > 0 && strcmp(text_at(r, "workload"), text_at(first, "workload")) == 0 &&
            strcmp(text_at(r, "variant"), text_at(first, "variant")) == 0)
            return true;
    return false;
}

static void put_rows(FILE *f, const comparison *c, const bench_options *o)
{
    size_t k;
    const json_t *row;
    bool several = is_series(c->rows), any = false;
    json_array_foreach(c->rows, k, row) {
        if (is_same(row) && !o->verbose) continue;
        if (!any)
            fprintf(f, "%-22s %-8s %10s %10s  %6s  %s\n", "", "", "old", "new", "ratio",
                    "95 % interval");
        any = true;
        put_row(f, row, several);
    }
    if (any) putc('\n', f);
}

void bench_put_comparison(FILE *f, const comparison *c, const bench_options *o)
{
    size_t k;
    const json_t *note;
    put_rows(f, c, o);
    json_array_foreach(c->notes, k, note) bench_put_text(f, "note", BENCH_INDENT,
                                                         json_string_value(note));
    fprintf(f, "%zu faster, %zu slower, %zu same, %zu inconclusive", c->count[BENCH_FASTER],
            c->count[BENCH_SLOWER], c->count[BENCH_SAME], c->count[BENCH_INCONCLUSIVE]);
    if (o->fail_ratio > 0)
        fprintf(f, "; %s slower than %.3g times the old for certain%s",
                c->regression ? "some" : "none", o->fail_ratio,
                c->regression ? "; exit 4" : "");
    putc('\n', f);
}
