/* yoke-bench --compare: what got faster or slower between two reports; see bench.h and
 * compare.h.  Reports are files from anywhere: nothing in them is trusted. */
#include "compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const change_names[BENCH_CHANGES] = {"same", "faster", "slower",
                                                        "inconclusive"};

/* What would steer a terminal becomes blanks, in all texts that may be shown. */
static void clean_texts(json_t *value)
{
    const char *key;
    json_t *x;
    size_t k;
    json_object_foreach(value, key, x) clean_texts(x);
    json_array_foreach(value, k, x) clean_texts(x);
    char *text = json_is_string(value) ? strdup(json_string_value(value)) : NULL;
    if (!text) return;
    bool dirty = false;
    for (unsigned char *p = (unsigned char *)text; *p; p++) {
        bool c1 = p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;  /* U+0080 to U+009F */
        if (*p >= ' ' && *p != 0x7f && !c1) continue;
        if (c1) *p++ = ' ';
        *p = ' ';
        dirty = true;
    }
    if (dirty) json_string_set(value, text);
    free(text);
}

int bench_load_json(const char *path, json_t **out)
{
    json_error_t error;
    struct stat s;
    FILE *f = fopen(path, "r");
    if (f && fstat(fileno(f), &s) == 0 && S_ISDIR(s.st_mode)) errno = EISDIR, fclose(f), f = NULL;
    if (!f) return yki_error(BENCH_TOOL, "cannot read %s: %s", path, strerror(errno));
    json_t *json = json_loadf(f, JSON_REJECT_DUPLICATES, &error);
    fclose(f);
    if (!json)
        return yki_error(BENCH_TOOL, "%s is no report: %s (line %d)", path, error.text, error.line);
    clean_texts(json);
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

/* "key: old and new", quoted as in JSON. */
static char *both(const json_t *a, const json_t *b, const char *key)
{
    char *x = json_dumps(json_object_get(a, key), JSON_ENCODE_ANY), *text = NULL;
    char *y = json_dumps(json_object_get(b, key), JSON_ENCODE_ANY);
    if (asprintf(&text, "%s: %s and %s", key, x ? x : "nothing", y ? y : "nothing") < 0)
        text = NULL;
    free(x);
    free(y);
    return text;
}

static int refuse(const char *what, const json_t *a, const json_t *b, const char *key)
{
    char *values = both(a, b, key);
    int code = yki_error(BENCH_TOOL, "not comparable: %s differs (%s)", what,
                         values ? values : key);
    free(values);
    return code;
}

int bench_check_comparable(const json_t *before, const json_t *now)
{
    static const char *const machine_keys[] = {"cpu", "cores", "workers", "isa", "host"};
    static const char *const run_keys[] = {"carved", "policy", "cold", "series"};
    const json_t *a = json_object_get(before, "machine"), *b = json_object_get(now, "machine");
    for (size_t k = 0; k < sizeof machine_keys / sizeof *machine_keys; k++)
        if (!same(a, b, machine_keys[k])) return refuse("the machine", a, b, machine_keys[k]);
    for (size_t k = 0; k < sizeof run_keys / sizeof *run_keys; k++)
        if (!same(before, now, run_keys[k])) return refuse("the run", before, now, run_keys[k]);
    return YKI_EXIT_OK;
}

static void add_note(comparison *c, const char *format, ...) YK_PRINTF(2, 3);
static void add_note(comparison *c, const char *format, ...)
{
    char text[BENCH_NOTE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_array_append_new(c->notes, json_string(text));
}

/* What may differ, but is worth knowing. */
static void mark_differences(comparison *c, const json_t *before, const json_t *now)
{
    static const char *const keys[] = {"serial_build", "openmp_build", "os", "quota_cpus"};
    const json_t *a = json_object_get(before, "machine"), *b = json_object_get(now, "machine");
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        if (same(a, b, keys[k])) continue;
        char *values = both(a, b, keys[k]);
        if (values) add_note(c, "differs: %s", values);
        free(values);
    }
    if (same(before, now, "yoke")) return;
    char *values = both(before, now, "yoke");
    if (values) add_note(c, "differs: %s", values);
    free(values);
}

/* ---- pairs ---- */

typedef struct match {
    const json_t *exact;    /* the same point of the same workload */
    const json_t *other;    /* the same workload at another point */
} match;

static match find_result(const json_t *report, const json_t *like)
{
    size_t k;
    const json_t *r;
    match m = {NULL, NULL};
    json_array_foreach(json_object_get(report, "results"), k, r) {
        if (!json_is_string(json_object_get(r, "workload"))) continue;
        if (!same(r, like, "workload") || !same(r, like, "carved_device")) continue;
        if (same(r, like, "elements") && same(r, like, "threads")) m.exact = r;
        else m.other = r;
    }
    return m;
}

static const json_t *find_device(const json_t *result, const json_t *like)
{
    size_t k;
    const json_t *d;
    json_array_foreach(json_object_get(result, "devices"), k, d)
        if (same(d, like, "id") && same(d, like, "name")) return d;
    return NULL;
}

/* ---- one pair ---- */

/* `ours`: a time that Yoke answers for, as against a baseline's. */
static void compare_series(comparison *c, const json_t *result, const char *variant,
                           const json_t *a, const json_t *b, bool ours)
{
    bench_time before, now;
    if (!bench_read_time(a, &before) || !bench_read_time(b, &now)) return;
    bench_ratio r = bench_compare_times(&before, &now);
    c->count[r.change]++;
    bool failed = ours && c->fail_ratio > 0 && r.change == BENCH_SLOWER && r.lo > c->fail_ratio;
    c->regression |= failed;
    if (strcmp(variant, "serial") == 0 && c->n_serial < BENCH_MAX_WORKLOADS)
        c->serial[c->n_serial++] = r.ratio;
    const char *text = json_string_value(json_object_get(result, "workload"));
    json_t *row = json_pack("{s:s, s:O?, s:O?, s:s, s:f, s:f, s:f, s:o, s:o, s:s, s:b}",
                            "workload", text, "elements", json_object_get(result, "elements"),
                            "threads", json_object_get(result, "threads"), "variant", variant,
                            "old_s", before.median_s, "new_s", now.median_s, "ratio", r.ratio,
                            "lo", r.lo > 0 ? json_real(r.lo) : json_null(),
                            "hi", isfinite(r.hi) ? json_real(r.hi) : json_null(),
                            "change", change_names[r.change], "regression", failed);
    json_array_append_new(c->rows, row);
}

/* A hybrid without a second processor is the pool's own time once more. */
static bool is_pool_again(const json_t *result)
{
    return json_equal(json_object_get(json_object_get(result, "pool"), "median_s"),
                      json_object_get(json_object_get(result, "hybrid"), "median_s"));
}

static void compare_devices(comparison *c, const json_t *a, const json_t *b)
{
    size_t k;
    const json_t *d;
    json_array_foreach(json_object_get(b, "devices"), k, d) {
        const char *id = json_string_value(json_object_get(d, "id"));
        const json_t *old = find_device(a, d);
        if (!id || !old) continue;
        compare_series(c, b, id, old, d, true);
        if (same(old, d, "status")) continue;
        char *values = both(old, d, "status");
        if (values)
            add_note(c, "%s on %s: %s", json_string_value(json_object_get(b, "workload")), id,
                     values);
        free(values);
    }
}

static void compare_result(comparison *c, const json_t *a, const json_t *b)
{
    static const struct { const char *key; bool ours; } series[] = {
        {"serial", false}, {"openmp", false}, {"pool", true}, {"hybrid", true}};
    bool again = is_pool_again(a) && is_pool_again(b);
    for (size_t k = 0; k < sizeof series / sizeof *series; k++)
        if (!again || strcmp(series[k].key, "hybrid") != 0)
            compare_series(c, b, series[k].key, json_object_get(a, series[k].key),
                           json_object_get(b, series[k].key), series[k].ours);
    compare_devices(c, a, b);
    if (json_is_true(json_object_get(a, "verified")) &&
        json_is_false(json_object_get(b, "verified")))
        add_note(c, "%s was verified before and is not now",
                 json_string_value(json_object_get(b, "workload")));
}

/* Results of the one report that the other lacks. */
static void note_missing(comparison *c, const json_t *from, const json_t *in, const char *which)
{
    char names[BENCH_NOTE - 64] = "";
    size_t k, used = 0;
    const json_t *r;
    json_array_foreach(json_object_get(from, "results"), k, r) {
        const char *name = json_string_value(json_object_get(r, "workload"));
        if (!name || find_result(in, r).exact || used >= sizeof names) continue;
        int n = snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", name);
        used += n > 0 ? (size_t)n : 0;
    }
    if (names[0]) add_note(c, "only in the %s report: %s", which, names);
}

static int compare_all(comparison *c, const json_t *before, const json_t *now, size_t *pairs)
{
    size_t k;
    const json_t *b;
    bool series = json_is_string(json_object_get(now, "series"));
    json_array_foreach(json_object_get(now, "results"), k, b) {
        const char *name = json_string_value(json_object_get(b, "workload"));
        if (!name) continue;
        match m = find_result(before, b);
        if (m.exact) compare_result(c, m.exact, b), ++*pairs;
        else if (m.other && !series && json_object_get(b, "hybrid"))
            return refuse(name, m.other, b, same(m.other, b, "elements") ? "threads"
                                                                         : "elements");
    }
    return YKI_EXIT_OK;
}

/* ---- the whole ---- */

/* Serial C is the same program in both: where it changed throughout, the machine did. */
static void judge_machine(comparison *c)
{
    static const double ALIKE = 1.05;
    if (c->n_serial == 0) return;
    double median = bench_median(c->serial, c->n_serial);
    if (median > ALIKE || median < 1 / ALIKE)
        add_note(c, "serial C itself takes %.2f times as long (median): the machine or the "
                    "compiler changed, so look at ratios to serial", median);
}

static int compare_reports(comparison *c, const json_t *before, const json_t *now)
{
    size_t pairs = 0;
    int code = bench_check_comparable(before, now);
    if (code != YKI_EXIT_OK) return code;
    mark_differences(c, before, now);
    code = compare_all(c, before, now, &pairs);
    if (code != YKI_EXIT_OK) return code;
    if (pairs == 0) return yki_error(BENCH_TOOL, "the reports have no workload in common");
    note_missing(c, before, now, "old");
    note_missing(c, now, before, "new");
    judge_machine(c);
    return YKI_EXIT_OK;
}

static json_t *comparison_json(const comparison *c, const bench_options *o)
{
    json_t *bound = c->fail_ratio > 0 ? json_real(c->fail_ratio) : json_null();
    return json_pack("{s:s, s:s, s:s?, s:s?, s:o, s:b, s:O, s:O}", "schema",
                     "yoke-bench-compare/1", "yoke", yk_version(), "old", o->compare_old, "new",
                     o->compare_new, "fail_ratio", bound, "regression", c->regression, "notes",
                     c->notes, "rows", c->rows);
}

static int write_out(const comparison *c, const bench_options *o, FILE *to)
{
    /* Without NEW.json, --json has the report of this run. */
    bool as_json = o->json && o->compare_new;
    if (!as_json || strcmp(o->json, "-") != 0) bench_put_comparison(to, c, o);
    if (!as_json) return YKI_EXIT_OK;
    json_t *json = comparison_json(c, o);
    int code = yki_write_json(BENCH_TOOL, o->json, json);
    json_decref(json);
    return code;
}

int bench_compare(const bench_options *o, const json_t *before, const json_t *now, FILE *to)
{
    comparison c = {.fail_ratio = o->fail_ratio, .rows = json_array(), .notes = json_array()};
    int code = c.rows && c.notes ? compare_reports(&c, before, now)
                                 : yki_error(BENCH_TOOL, "out of memory");
    if (code == YKI_EXIT_OK) code = write_out(&c, o, to);
    json_decref(c.rows);
    json_decref(c.notes);
    return code != YKI_EXIT_OK ? code : c.regression ? YKI_EXIT_REGRESSION : YKI_EXIT_OK;
}
