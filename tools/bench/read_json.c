/* A stored report read back, for --show; see bench.h.  Reports are files from anywhere:
 * what is missing or of another type counts as not there, texts are cut, and nothing is
 * used as an index before it was checked. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

static double real_at(const json_t *o, const char *key)
{
    const json_t *x = json_object_get(o, key);
    return json_is_number(x) ? json_number_value(x) : 0;
}

static uint64_t count_at(const json_t *o, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(o, key));
    return n > 0 ? (uint64_t)n : 0;
}

static bool true_at(const json_t *o, const char *key)
{
    return json_is_true(json_object_get(o, key));
}

static void text_at(const json_t *o, const char *key, char *to, size_t size)
{
    const char *text = json_string_value(json_object_get(o, key));
    yki_copy_text(to, size, text ? text : "");
}

bool bench_read_time(const json_t *o, bench_time *t)
{
    *t = (bench_time){.median_s = real_at(o, "median_s"), .min_s = real_at(o, "min_s"),
                      .spread = real_at(o, "spread"), .reps = count_at(o, "reps"),
                      .lo_s = real_at(o, "lo_s"), .hi_s = real_at(o, "hi_s")};
    bool interval = t->lo_s > 0 && t->lo_s <= t->median_s && t->median_s <= t->hi_s;
    if (!interval) t->lo_s = t->hi_s = 0;
    if (t->reps > 0 && t->median_s > 0) return true;
    *t = (bench_time){0};
    return false;
}

/* The position of the text in `names`, or `otherwise`. */
static int word_at(const json_t *o, const char *key, const char *const *names, int n,
                   int otherwise)
{
    const char *text = json_string_value(json_object_get(o, key));
    for (int k = 0; text && k < n; k++)
        if (strcmp(names[k], text) == 0) return k;
    return otherwise;
}

static bench_status status_of(const json_t *o)
{
    const char *names[BENCH_ABSENT + 1];
    for (int k = 0; k <= BENCH_ABSENT; k++) names[k] = bench_status_name((bench_status)k);
    return (bench_status)word_at(o, "status", names, BENCH_ABSENT + 1, BENCH_UNSUPPORTED);
}

static void read_device(const json_t *o, bench_device *d)
{
    static const char *const types[] = {"pool", "gpu", "accelerator", "cpu"};
    *d = (bench_device){.shares_cores = true_at(o, "shares_cores"),
                        .in_split = true_at(o, "in_split"), .status = status_of(o),
                        .transfer_s = real_at(o, "transfer_s")};
    d->type = (yk_device_type)word_at(o, "type", types, 4, YK_DEVICE_GPU);
    text_at(o, "id", d->id, sizeof d->id);
    text_at(o, "name", d->name, sizeof d->name);
    text_at(o, "platform", d->platform, sizeof d->platform);
    text_at(o, "known_as", d->known_as, sizeof d->known_as);
    if (!d->known_as[0]) yki_copy_text(d->known_as, sizeof d->known_as, d->name);
    text_at(o, "reason", d->reason, sizeof d->reason);
    if (d->status == BENCH_OK) bench_read_time(o, &d->time);
}

static void read_peer(const json_t *o, bench_peer *p)
{
    *p = (bench_peer){.status = status_of(o), .max_error = real_at(o, "max_error")};
    text_at(o, "name", p->name, sizeof p->name);
    text_at(o, "reason", p->reason, sizeof p->reason);
    if (p->status == BENCH_OK) bench_read_time(o, &p->bench_time);
}

static void read_hybrid(const json_t *o, bench_result *r)
{
    size_t k;
    const json_t *part;
    bench_read_time(o, &r->hybrid);
    r->split = word_at(o, "mode", (const char *const[]){"single", "split"}, 2, 0) == 1;
    r->overhead_s = real_at(o, "overhead_s");
    r->bytes_up = count_at(o, "bytes_up");
    r->bytes_down = count_at(o, "bytes_down");
    text_at(o, "reason", r->hybrid_reason, sizeof r->hybrid_reason);
    json_array_foreach(json_object_get(o, "parts"), k, part) {
        if (r->n_parts == YK_MAX_PARTS) break;
        bench_part *p = &r->parts[r->n_parts++];
        *p = (bench_part){.items = count_at(part, "items"), .busy_s = real_at(part, "busy_s")};
        text_at(part, "device", p->device, sizeof p->device);
    }
    r->is_pool = !r->split;
    for (uint64_t d = 0; d < r->n_devices; d++)
        if (r->devices[d].in_split && r->devices[d].status == BENCH_OK) r->is_pool = false;
}

static void read_lists(const json_t *o, bench_result *r)
{
    size_t k;
    const json_t *x;
    json_array_foreach(json_object_get(o, "devices"), k, x)
        if (r->n_devices < BENCH_MAX_DEVICES) read_device(x, &r->devices[r->n_devices++]);
    json_array_foreach(json_object_get(o, "peers"), k, x)
        if (r->n_peers < BENCH_MAX_PEERS) read_peer(x, &r->peers[r->n_peers++]);
    json_array_foreach(json_object_get(o, "wrong"), k, x)
        if (json_is_string(x) && r->n_wrong < BENCH_MAX_WRONG)
            yki_copy_text(r->wrong[r->n_wrong++], BENCH_TEXT, json_string_value(x));
}

static void read_result(const json_t *o, uint64_t carved, bench_result *r)
{
    static const char *const stops[] = {"time", "noise", "reps"};
    *r = (bench_result){.elements = count_at(o, "elements"), .items = count_at(o, "items"),
                        .is_case = !json_object_get(o, "hybrid"), .carved = carved,
                        .bytes = real_at(o, "bytes"), .flops = real_at(o, "flops"),
                        .threads = count_at(o, "threads"), .noise = real_at(o, "noise"),
                        .max_error = real_at(o, "max_error"), .balance = real_at(o, "balance"),
                        .tolerance = real_at(o, "tolerance"),
                        .cut_short = true_at(o, "cut_short")};
    text_at(o, "workload", r->workload, sizeof r->workload);
    text_at(o, "shape", r->shape, sizeof r->shape);
    text_at(o, "note", r->note, sizeof r->note);
    text_at(o, "carved_device", r->carved_device, sizeof r->carved_device);
    text_at(o, "failure", r->failure, sizeof r->failure);
    r->stopped = (bench_stop)word_at(o, "stopped", stops, 3, BENCH_BY_TIME);
    bench_read_time(json_object_get(o, "serial"), &r->serial);
    bench_read_time(json_object_get(o, "openmp"), &r->openmp);
    bench_read_time(json_object_get(o, "pool"), &r->pool);
    read_lists(o, r);
    read_hybrid(json_object_get(o, "hybrid"), r);
    r->complete = !r->failure[0];
    bench_derive(r);
}

static double known_at(const json_t *o, const char *key)
{
    return json_is_number(json_object_get(o, key)) ? real_at(o, key) : -1;
}

static void read_warnings(const json_t *list, bench_conditions *c)
{
    size_t k;
    const json_t *w;
    json_array_foreach(list, k, w) {
        if (c->n_warnings == BENCH_MAX_WARNINGS) return;
        bench_warning *to = &c->warnings[c->n_warnings++];
        text_at(w, "cause", to->cause, sizeof to->cause);
        text_at(w, "text", to->text, sizeof to->text);
    }
}

static bench_conditions read_conditions(const json_t *json)
{
    const json_t *o = json_object_get(json, "conditions"), *load = json_object_get(o, "load");
    bench_conditions c = {.others_cpus = known_at(o, "others_cpus"), .steal = known_at(o, "steal"),
                          .throttled_s = known_at(json, "throttled_s"),
                          .max_hz = real_at(o, "max_hz"), .seen_hz = real_at(o, "seen_hz")};
    for (size_t k = 0; k < 3; k++) {
        const json_t *x = json_array_get(load, k);
        c.load[k] = json_is_number(x) ? json_number_value(x) : -1;
    }
    text_at(o, "governor", c.governor, sizeof c.governor);
    read_warnings(json_object_get(json, "warnings"), &c);
    return c;
}

/* What an old report ended with, as far as that follows from it. */
static int code_of(const bench_report *report)
{
    int code = report->interrupted ? YKI_EXIT_INTERRUPTED : YKI_EXIT_OK;
    for (size_t k = 0; k < report->n_results && code != YKI_EXIT_INTERRUPTED; k++) {
        const bench_result *r = &report->results[k];
        if (r->n_wrong) code = YKI_EXIT_WRONG;
        else if (!r->verified && code == YKI_EXIT_OK) code = YKI_EXIT_ERROR;
    }
    return code;
}

int bench_report_read(const json_t *json, bench_options *o, bench_report *report)
{
    size_t k;
    const json_t *r, *results = json_object_get(json, "results");
    *report = (bench_report){.options = o, .interrupted = true_at(json, "interrupted")};
    report->conditions = read_conditions(json);
    o->carve = count_at(json, "carved");
    o->cold = true_at(json, "cold");
    o->scaling = word_at(json, "series", (const char *const[]){"scaling"}, 1, -1) == 0;
    o->sizes_from = word_at(json, "series", (const char *const[]){"sizes"}, 1, -1) == 0;
    o->policy = (yk_policy)word_at(json, "policy", bench_policy_names, 4, YK_POLICY_AUTO);
    text_at(json, "command", report->command, sizeof report->command);
    report->machine = json_incref(json_object_get(json, "machine"));
    report->results = calloc(json_array_size(results) + 1, sizeof *report->results);
    if (!report->results) return yki_error(BENCH_TOOL, "out of memory");
    json_array_foreach(results, k, r)
        if (json_is_object(r)) read_result(r, o->carve, &report->results[report->n_results++]);
    report->asked = count_at(json, "asked");
    if (report->asked < report->n_results) report->asked = report->n_results;
    report->code = code_of(report);
    return YKI_EXIT_OK;
}
