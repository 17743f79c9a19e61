/* yoke-bench --compare: what got faster or slower between two reports; see bench.h.
 * Reports are files from anywhere: nothing in them is trusted. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const change_names[BENCH_CHANGES] = {"same", "faster", "slower",
                                                        "inconclusive"};

int bench_load_json(const char *path, json_t **out)
{
    json_error_t error;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!json)
        return yki_error(BENCH_TOOL, "%s: %s (line %d)", path, error.text, error.line);
    const char *schema = json_string_value(json_object_get(json, "schema"));
    if (!schema || strcmp(schema, "yoke-bench/1") != 0 ||
        !json_is_array(json_object_get(json, "results")) ||
        !json_is_object(json_object_get(json, "machine"))) {
        json_decref(json);
        return yki_error(BENCH_TOOL, "%s is no yoke-bench/1 report", path);
    }
    *out = json;
    return YKI_EXIT_OK;
}

/* ---- are they comparable? ---- */

/* True if both have the same value there, or neither has one. */
static bool same(const json_t *a, const json_t *b, const char *key)
{
    const json_t *x = json_object_get(a, key), *y = json_object_get(b, key);
    return (!x && !y) || (x && y && json_equal(x, y));
}

static int refuse(const char *what, const json_t *a, const json_t *b, const char *key)
{
    char *x = json_dumps(json_object_get(a, key), JSON_ENCODE_ANY);
    char *y = json_dumps(json_object_get(b, key), JSON_ENCODE_ANY);
    int code = yki_error(BENCH_TOOL, "not comparable: %s differs (%s: %s and %s)", what, key,
                         x ? x : "nothing", y ? y : "nothing");
    free(x);
    free(y);
    return code;
}

static int check_comparable(const json_t *before, const json_t *now)
{
    static const char *const machine_keys[] = {"cpu", "cores", "workers", "isa", "host"};
    static const char *const run_keys[] = {"carved", "policy", "cold"};
    const json_t *a = json_object_get(before, "machine"), *b = json_object_get(now, "machine");
    for (size_t k = 0; k < sizeof machine_keys / sizeof *machine_keys; k++)
        if (!same(a, b, machine_keys[k])) return refuse("the machine", a, b, machine_keys[k]);
    for (size_t k = 0; k < sizeof run_keys / sizeof *run_keys; k++)
        if (!same(before, now, run_keys[k])) return refuse("the run", before, now, run_keys[k]);
    return YKI_EXIT_OK;
}

static const json_t *find_result(const json_t *report, const json_t *like)
{
    size_t k;
    const json_t *r;
    json_array_foreach(json_object_get(report, "results"), k, r)
        if (same(r, like, "workload") && same(r, like, "carved_device")) return r;
    return NULL;
}

static const json_t *find_device(const json_t *result, const json_t *like)
{
    size_t k;
    const json_t *d;
    json_array_foreach(json_object_get(result, "devices"), k, d)
        if (same(d, like, "id") && same(d, like, "name")) return d;
    return NULL;
}

/* ---- the comparison ---- */

typedef struct comparison {
    FILE *to;
    double fail_ratio;
    size_t count[BENCH_CHANGES];
    bool regression;
} comparison;

static double real_at(const json_t *o, const char *key)
{
    const json_t *x = json_object_get(o, key);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

static bool read_time(const json_t *o, bench_time *t)
{
    json_int_t reps = json_integer_value(json_object_get(o, "reps"));
    *t = (bench_time){.median_s = real_at(o, "median_s"), .min_s = real_at(o, "min_s"),
                      .spread = real_at(o, "spread"), .reps = reps > 0 ? (uint64_t)reps : 0,
                      .lo_s = real_at(o, "lo_s"), .hi_s = real_at(o, "hi_s")};
    bool interval = t->lo_s > 0 && t->lo_s <= t->median_s && t->median_s <= t->hi_s &&
                    isfinite(t->hi_s);
    if (!interval) t->lo_s = t->hi_s = 0;
    return t->reps > 0 && t->median_s > 0 && isfinite(t->median_s);
}

/* `ours`: a time that Yoke answers for, as against a baseline's. */
static void compare_series(comparison *c, const char *workload, const char *variant,
                           const json_t *a, const json_t *b, bool ours)
{
    bench_time before, now;
    char old_text[YKI_HUMAN], new_text[YKI_HUMAN];
    if (!read_time(a, &before) || !read_time(b, &now)) return;
    bench_ratio r = bench_compare_times(&before, &now);
    c->count[r.change]++;
    bool failed = ours && c->fail_ratio > 0 && r.change == BENCH_SLOWER && r.lo > c->fail_ratio;
    c->regression |= failed;
    fprintf(c->to, "%-15s %-8s %10s %10s  %6.3f  %6.3f..%-6.3f  %s%s\n", workload, variant,
            yki_human_seconds(old_text, before.median_s),
            yki_human_seconds(new_text, now.median_s), r.ratio, r.lo, r.hi,
            change_names[r.change], failed ? "  REGRESSION" : "");
}

static void compare_result(comparison *c, const json_t *a, const json_t *b)
{
    static const struct { const char *key; bool ours; } series[] = {
        {"serial", false}, {"openmp", false}, {"pool", true}, {"hybrid", true}};
    const char *workload = json_string_value(json_object_get(b, "workload"));
    for (size_t k = 0; k < sizeof series / sizeof *series; k++)
        compare_series(c, workload, series[k].key, json_object_get(a, series[k].key),
                       json_object_get(b, series[k].key), series[k].ours);
    size_t k;
    const json_t *d;
    json_array_foreach(json_object_get(b, "devices"), k, d) {
        const char *id = json_string_value(json_object_get(d, "id"));
        if (id) compare_series(c, workload, id, find_device(a, d), d, true);
    }
}

static int compare_all(comparison *c, const json_t *before, const json_t *now, size_t *pairs)
{
    size_t k;
    const json_t *b;
    json_array_foreach(json_object_get(now, "results"), k, b) {
        const json_t *a = find_result(before, b);
        if (!a || !json_is_string(json_object_get(b, "workload"))) continue;
        if (!same(a, b, "elements")) {
            const char *name = json_string_value(json_object_get(b, "workload"));
            return refuse(name, a, b, "elements");
        }
        compare_result(c, a, b);
        ++*pairs;
    }
    return YKI_EXIT_OK;
}

int bench_compare(const bench_options *o, const json_t *before, const json_t *now, FILE *to)
{
    comparison c = {.to = to, .fail_ratio = o->fail_ratio};
    size_t pairs = 0;
    int code = check_comparable(before, now);
    if (code != YKI_EXIT_OK) return code;
    fprintf(to, "%-15s %-8s %10s %10s  %6s  %-14s\n", "", "", "old", "new", "ratio",
            "95 % interval");
    code = compare_all(&c, before, now, &pairs);
    if (code != YKI_EXIT_OK) return code;
    if (pairs == 0) return yki_error(BENCH_TOOL, "the reports have no workload in common");
    fprintf(to, "%zu faster, %zu slower, %zu same, %zu inconclusive", c.count[BENCH_FASTER],
            c.count[BENCH_SLOWER], c.count[BENCH_SAME], c.count[BENCH_INCONCLUSIVE]);
    if (o->fail_ratio > 0)
        fprintf(to, "; %s slower than %.3g times the old", c.regression ? "some" : "none",
                o->fail_ratio);
    putc('\n', to);
    return c.regression ? YKI_EXIT_REGRESSION : YKI_EXIT_OK;
}
