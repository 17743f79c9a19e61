/* The report as JSON, schema yoke-bench/1; see bench.h and docs/yoke-bench-1.schema.json. */
#include "bench.h"

#include <math.h>

static json_t *text_or_null(const char *text)
{
    return text[0] ? json_string(text) : json_null();
}

/* JSON knows neither NaN nor infinity. */
static json_t *number(double x) { return isfinite(x) ? json_real(x) : json_null(); }

/* Puts the numbers of a series into `to`; nothing where there is none. */
static void put_time(json_t *to, const bench_time *t)
{
    if (t->reps == 0) return;
    json_object_set_new(to, "median_s", json_real(t->median_s));
    json_object_set_new(to, "min_s", json_real(t->min_s));
    json_object_set_new(to, "spread", json_real(t->spread));
    json_object_set_new(to, "reps", json_integer((json_int_t)t->reps));
    if (t->hi_s <= 0) return;
    json_object_set_new(to, "lo_s", json_real(t->lo_s));
    json_object_set_new(to, "hi_s", json_real(t->hi_s));
}

static void set_time(json_t *to, const char *key, const bench_time *t)
{
    if (t->reps == 0) return;
    json_t *series = json_object();
    put_time(series, t);
    json_object_set_new(to, key, series);
}

static json_t *device(const bench_device *d)
{
    json_t *o = json_object();
    json_object_set_new(o, "id", json_string(d->id));
    json_object_set_new(o, "name", json_string(d->name));
    json_object_set_new(o, "known_as", json_string(d->known_as));
    json_object_set_new(o, "platform", json_string(d->platform));
    json_object_set_new(o, "type", json_string(bench_type_name(d->type)));
    json_object_set_new(o, "shares_cores", json_boolean(d->shares_cores));
    json_object_set_new(o, "in_split", json_boolean(d->in_split));
    json_object_set_new(o, "status", json_string(bench_status_name(d->status)));
    json_object_set_new(o, "reason", text_or_null(d->reason));
    if (d->status != BENCH_OK) return o;
    put_time(o, &d->time);
    if (d->transfer_s > 0) json_object_set_new(o, "transfer_s", number(d->transfer_s));
    return o;
}

static json_t *devices(const bench_result *r)
{
    json_t *list = json_array();
    for (uint64_t k = 0; k < r->n_devices; k++) json_array_append_new(list, device(&r->devices[k]));
    return list;
}

static json_t *peer(const bench_peer *p)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(p->name));
    json_object_set_new(o, "status", json_string(bench_status_name(p->status)));
    json_object_set_new(o, "reason", text_or_null(p->reason));
    if (p->status != BENCH_OK) return o;
    put_time(o, &p->bench_time);
    json_object_set_new(o, "max_error", number(p->max_error));
    return o;
}

static json_t *peers(const bench_result *r)
{
    json_t *list = json_array();
    for (uint64_t k = 0; k < r->n_peers; k++) json_array_append_new(list, peer(&r->peers[k]));
    return list;
}

static json_t *hybrid(const bench_result *r)
{
    json_t *o = json_object(), *parts = json_array();
    put_time(o, &r->hybrid);
    json_object_set_new(o, "mode", json_string(r->split ? "split" : "single"));
    json_object_set_new(o, "reason", text_or_null(r->hybrid_reason));
    for (uint32_t k = 0; k < r->n_parts; k++)
        json_array_append_new(parts, json_pack("{s:s, s:I, s:f}", "device", r->parts[k].device,
                                               "items", (json_int_t)r->parts[k].items,
                                               "busy_s", r->parts[k].busy_s));
    json_object_set_new(o, "parts", parts);
    json_object_set_new(o, "overhead_s", number(r->overhead_s));
    json_object_set_new(o, "bytes_up", json_integer((json_int_t)r->bytes_up));
    json_object_set_new(o, "bytes_down", json_integer((json_int_t)r->bytes_down));
    return o;
}

static json_t *problems(const bench_result *r)
{
    json_t *list = json_array();
    for (uint32_t k = 0; k < r->n_wrong; k++) json_array_append_new(list, json_string(r->wrong[k]));
    return list;
}

static void put_derived(json_t *o, const bench_result *r)
{
    if (r->speedup > 0) json_object_set_new(o, "speedup", number(r->speedup));
    if (r->speedup_openmp > 0) json_object_set_new(o, "speedup_openmp", number(r->speedup_openmp));
    if (r->best_single[0]) json_object_set_new(o, "best_single", json_string(r->best_single));
    if (r->has_regret) json_object_set_new(o, "regret", number(r->regret));
    if (r->has_efficiency) json_object_set_new(o, "efficiency", number(r->efficiency));
    if (r->balance > 0) json_object_set_new(o, "balance", number(r->balance));
    if (!r->is_case) {
        json_object_set_new(o, "max_error", number(r->max_error));
        json_object_set_new(o, "tolerance", number(r->tolerance));
    }
    json_object_set_new(o, "verified", json_boolean(r->verified));
}

/* What was run; of cases, what they have. */
static void put_extent(json_t *o, const bench_result *r)
{
    json_object_set_new(o, "workload", json_string(r->workload));
    if (!r->is_case || r->elements)
        json_object_set_new(o, "elements", json_integer((json_int_t)r->elements));
    json_object_set_new(o, "shape", json_string(r->shape));
    if (r->note[0]) json_object_set_new(o, "note", json_string(r->note));
    if (r->is_case) return;
    json_object_set_new(o, "items", json_integer((json_int_t)r->items));
    json_object_set_new(o, "bytes", number(r->bytes));
    json_object_set_new(o, "flops", number(r->flops));
}

static json_t *result(const bench_result *r)
{
    json_t *o = json_object();
    put_extent(o, r);
    json_object_set_new(o, "carved_device", text_or_null(r->carved_device));
    json_object_set_new(o, "threads", r->threads ? json_integer((json_int_t)r->threads)
                                                 : json_null());
    set_time(o, "serial", &r->serial);
    set_time(o, "openmp", &r->openmp);
    set_time(o, "pool", &r->pool);
    json_object_set_new(o, "devices", devices(r));
    if (!r->is_case) json_object_set_new(o, "hybrid", hybrid(r));
    json_object_set_new(o, "peers", peers(r));
    put_derived(o, r);
    json_object_set_new(o, "wrong", problems(r));
    json_object_set_new(o, "failure", text_or_null(r->failure));
    bool timed = r->complete && !r->is_case;
    json_object_set_new(o, "stopped", timed ? json_string(bench_stop_name(r->stopped))
                                            : json_null());
    json_object_set_new(o, "noise", timed ? number(r->noise) : json_null());
    json_object_set_new(o, "cut_short", json_boolean(r->cut_short));
    return o;
}

/* Negative: unknown. */
static json_t *known(double x) { return x < 0 ? json_null() : number(x); }

static json_t *conditions(const bench_conditions *c)
{
    json_t *load = c->load[0] < 0 ? json_null()
                                  : json_pack("[f, f, f]", c->load[0], c->load[1], c->load[2]);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "load", load, "others_cpus",
                     known(c->others_cpus), "steal", known(c->steal), "governor",
                     text_or_null(c->governor), "max_hz", c->max_hz > 0 ? number(c->max_hz)
                                                                        : json_null(),
                     "seen_hz", c->seen_hz > 0 ? number(c->seen_hz) : json_null());
}

static json_t *warnings(const bench_conditions *c)
{
    json_t *list = json_array();
    for (size_t k = 0; k < c->n_warnings; k++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "cause", c->warnings[k].cause,
                                              "text", c->warnings[k].text));
    return list;
}

static json_t *from(uint64_t elements)
{
    return elements ? json_integer((json_int_t)elements) : json_null();
}

static json_t *crossovers(const bench_report *report)
{
    json_t *list = json_array();
    for (size_t k = 0, n; k < report->n_results; k += n) {
        n = bench_same_workload(report, k);
        bench_crossover c = bench_crossover_of(&report->results[k], n);
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:o, s:o}", "workload", report->results[k].workload,
                            "pool_over_serial", from(c.pool_over_serial), "pool_over_openmp",
                            from(c.pool_over_openmp), "device", text_or_null(c.device),
                            "device_over_pool", from(c.device_over_pool)));
    }
    return list;
}

static const char *series_of(const bench_options *o)
{
    return o->sizes_from ? "sizes" : o->scaling ? "scaling" : NULL;
}

json_t *bench_json(const bench_report *report)
{
    const bench_options *o = report->options;
    json_t *results = json_array();
    for (size_t k = 0; k < report->n_results; k++)
        json_array_append_new(results, result(&report->results[k]));
    const bench_conditions *c = &report->conditions;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:O, s:o, s:s, s:b, s:b, s:o, s:s?, s:I, s:o, s:o, s:o}",
        "schema", "yoke-bench/1", "yoke", yk_version(), "command", report->command,
        "machine", report->machine,
        "carved", o->carve ? json_integer((json_int_t)o->carve) : json_null(),
        "policy", bench_policy_names[o->policy], "cold", o->cold,
        "interrupted", report->interrupted, "throttled_s", known(c->throttled_s),
        "series", series_of(o), "asked", (json_int_t)report->asked,
        "conditions", conditions(c), "warnings", warnings(c), "results", results);
    if (json && o->sizes_from) json_object_set_new(json, "crossovers", crossovers(report));
    return json;
}
