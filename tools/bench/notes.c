/* The lines below the table; see report.h.  What holds for many workloads is said once,
 * with their names, so that the report stays one screen. */
#include "report.h"

#include <math.h>
#include <string.h>

const char *bench_result_name(char buf[64], const bench_result *r)
{
    snprintf(buf, 64, "%.31s%s%.15s", r->workload, r->carved_device[0] ? " + " : "",
             r->carved_device);
    return buf;
}

/* ---- splits ---- */

static void put_splits(FILE *f, const bench_report *report)
{
    for (size_t k = 0; k < report->n_results; k++) {
        const bench_result *r = &report->results[k];
        double all = 0;
        bench_text line = {.used = 0};
        char name[64];
        if (!r->split || !r->verified) continue;
        for (uint32_t p = 0; p < r->n_parts; p++) all += (double)r->parts[p].items;
        bench_list_add(&line, "%s ", bench_result_name(name, r));
        for (uint32_t p = 0; p < r->n_parts && all > 0; p++)
            bench_list_add(&line, "%s %s %.0f %%", p ? "," : "", r->parts[p].device,
                           100 * (double)r->parts[p].items / all);
        if (r->has_efficiency) bench_list_add(&line, "; efficiency %.2f", r->efficiency);
        if (r->has_regret)
            bench_list_add(&line, ", %.2f of %s alone", 1 + r->regret, r->best_single);
        bench_put_text(f, "split", BENCH_INDENT, line.text);
    }
}

/* ---- why there was none ---- */

typedef enum cause { NO_CAUSE, TRANSFERS, POOL_FASTER, DEVICE_FASTER, GATE, OTHER } cause;

typedef struct single {
    cause cause;
    const bench_device *device;     /* the fastest besides the pool */
    double times;                   /* how many times as fast the better one is */
    const char *other;              /* the engine's own words */
} single;

/* The fastest device that might have shared; NULL if there was none. */
static const bench_device *partner(const bench_result *r)
{
    const bench_device *best = NULL;
    for (uint64_t k = 0; k < r->n_devices; k++) {
        const bench_device *d = &r->devices[k];
        if (!d->in_split || d->status != BENCH_OK || d->time.reps == 0) continue;
        if (!best || d->time.median_s < best->time.median_s) best = d;
    }
    return best;
}

/* Figures of one launch, which the engine gives as its reason, say less than the medians
 * of all of them. */
static bool is_about_rates(const char *reason)
{
    return !reason[0] || strncmp(reason, "sharing would take", 18) == 0 ||
           strcmp(reason, "one processor") == 0;
}

static single explain(const bench_result *r)
{
    single s = {.cause = NO_CAUSE, .device = partner(r), .other = r->hybrid_reason};
    if (r->split || r->is_pool || r->hybrid.reps == 0 || r->pool.reps == 0) return s;
    s.cause = OTHER;
    if (!s.device || !is_about_rates(r->hybrid_reason)) return s;
    double ratio = s.device->time.median_s / r->pool.median_s;
    s.times = fmax(ratio, 1 / ratio);
    if (s.times < 2) s.cause = GATE;
    else if (ratio < 1) s.cause = DEVICE_FASTER;
    else if (s.device->transfer_s > s.device->time.median_s / 2) s.cause = TRANSFERS;
    else s.cause = POOL_FASTER;
    return s;
}

static bool same_cause(const single *a, const single *b)
{
    if (a->cause != b->cause) return false;
    if (a->cause == OTHER) return strcmp(a->other, b->other) == 0;
    return a->cause == GATE || strcmp(a->device->id, b->device->id) == 0;
}

static void add_cause(bench_text *line, const single *s, double least, double most)
{
    char range[96], low[YKI_HUMAN], high[YKI_HUMAN];
    yki_human_ratio(low, least);
    yki_human_ratio(high, most);
    snprintf(range, sizeof range, "%s%s%s times as fast as", low,
             most > 1.05 * least ? " to " : "", most > 1.05 * least ? high : "");
    switch (s->cause) {
    case TRANSFERS:
        bench_list_add(line, "transfers to %s cost more than computing", s->device->id);
        break;
    case POOL_FASTER: bench_list_add(line, "the pool is %s %s", range, s->device->id); break;
    case DEVICE_FASTER: bench_list_add(line, "%s is %s the pool", s->device->id, range); break;
    case GATE: bench_list_add(line, "sharing would gain too little"); break;
    case OTHER:
    case NO_CAUSE: bench_list_add(line, "%.120s", s->other[0] ? s->other : "not said why"); break;
    }
}

/* The first workload of each cause tells it for all. */
static void put_single(FILE *f, const bench_report *report, size_t first)
{
    single s = explain(&report->results[first]);
    double least = s.times, most = s.times;
    bench_text line = {.used = 0};
    char name[64], last[64] = "";
    if (s.cause == NO_CAUSE) return;
    for (size_t k = 0; k < report->n_results; k++) {
        single other = explain(&report->results[k]);
        if (!same_cause(&s, &other)) continue;
        if (k < first) return;
        least = fmin(least, other.times);
        most = fmax(most, other.times);
        /* In a series, many rows are of one workload. */
        if (strcmp(last, bench_result_name(name, &report->results[k])) != 0)
            bench_list_add(&line, "%s%s", k > first ? ", " : "", name);
        memcpy(last, name, sizeof last);
    }
    bench_list_add(&line, ": ");
    add_cause(&line, &s, least, most);
    bench_put_text(f, "single", BENCH_INDENT, line.text);
}

/* ---- what went wrong ---- */

static void put_wrong(FILE *f, const bench_report *report)
{
    size_t put = 0, all = 0;
    char name[64];
    for (size_t k = 0; k < report->n_results; k++) {
        const bench_result *r = &report->results[k];
        all += r->n_wrong;
        for (uint32_t w = 0; w < r->n_wrong && put < BENCH_MAX_WRONG; w++, put++)
            bench_put_line(f, "WRONG", "%s on %s", bench_result_name(name, r), r->wrong[w]);
    }
    if (all > put) bench_put_line(f, "WRONG", "and %zu more: --json has them all", all - put);
}

static bool same_trouble(const bench_device *a, const bench_device *b)
{
    return a->status == b->status && strcmp(a->id, b->id) == 0 && strcmp(a->reason, b->reason) == 0;
}

/* A reason that names its workload ("crashed in triad") holds for that one alone. */
static void put_trouble(FILE *f, const bench_report *report, size_t result, size_t device)
{
    const bench_device *d = &report->results[result].devices[device];
    bench_text line = {.used = 0};
    char name[64];
    if (d->status == BENCH_OK || d->status == BENCH_WRONG) return;
    for (size_t k = 0; k < report->n_results; k++) {
        const bench_result *r = &report->results[k];
        for (uint64_t i = 0; i < r->n_devices; i++) {
            if (!same_trouble(d, &r->devices[i])) continue;
            if (k < result) return;
            bench_list_add(&line, "%s%s", line.used ? ", " : "", bench_result_name(name, r));
        }
    }
    bench_list_add(&line, " on %s: %s", d->id, d->reason);
    bench_put_text(f, d->status == BENCH_UNSUPPORTED ? "left out" : bench_status_name(d->status),
                   BENCH_INDENT, line.text);
}

static void put_failures(FILE *f, const bench_report *report)
{
    for (size_t k = 0; k < report->n_results; k++)
        for (uint64_t d = 0; d < report->results[k].n_devices; d++) put_trouble(f, report, k, d);
    for (size_t k = 0; k < report->n_results; k++) {
        char name[64];
        const bench_result *r = &report->results[k];
        if (r->failure[0])
            bench_put_line(f, "failed", "%s: %s", bench_result_name(name, r), r->failure);
    }
}

/* ---- devices on the pool's own cores ---- */

static void put_sharing(FILE *f, const bench_report *report)
{
    bench_text line = {.used = 0};
    size_t n = 0;
    if (report->n_results == 0) return;
    const bench_result *r = &report->results[0];
    for (uint64_t k = 0; k < r->n_devices; k++) {
        const bench_device *d = &r->devices[k];
        if (!d->shares_cores) continue;
        bench_list_add(&line, "%s%s (%s)", n++ ? ", " : "", d->id, d->known_as);
    }
    if (n == 0) return;
    bench_list_add(&line, " use%s the pool's cores: compared, not in the split (--carve)",
                   n == 1 ? "s" : "");
    bench_put_text(f, "shared", BENCH_INDENT, line.text);
}

/* What cases have to say besides their times. */
static void put_remarks(FILE *f, const bench_report *report)
{
    for (size_t k = 0; k < report->n_results; k++) {
        const bench_result *r = &report->results[k];
        char tag[40];
        snprintf(tag, sizeof tag, "%-8s ", r->workload);
        if (r->note[0]) bench_put_text(f, tag, BENCH_INDENT, r->note);
    }
}

void bench_put_notes(FILE *f, const bench_report *report)
{
    put_splits(f, report);
    for (size_t k = 0; k < report->n_results; k++) put_single(f, report, k);
    put_wrong(f, report);
    put_failures(f, report);
    put_sharing(f, report);
    put_remarks(f, report);
}

/* ---- how far to trust it ---- */

typedef struct worst {
    double spread;
    const char *workload, *variant;
} worst;

static void look_at(worst *w, const bench_result *r, const char *variant, const bench_time *t)
{
    if (t->reps && t->spread > w->spread) *w = (worst){t->spread, r->workload, variant};
}

static worst worst_spread(const bench_report *report)
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
    }
    return w;
}

/* Names only where they are few: "3 by time", "1 by time (triad)". */
static void add_stops(bench_text *line, const bench_report *report)
{
    static const char *const words[] = {"by time", "by noise", "at the most samples"};
    size_t count[3] = {0}, kinds = 0;
    for (size_t k = 0; k < report->n_results; k++)
        if (report->results[k].complete && !report->results[k].is_case)
            count[report->results[k].stopped]++;
    for (int s = BENCH_BY_REPS; s >= BENCH_BY_TIME; s--)
        if (count[s])
            bench_list_add(line, "%s%zu %s", kinds++ ? ", " : "; stopped: ", count[s], words[s]);
}

static void put_short(FILE *f, const bench_report *report)
{
    bench_text line = {.used = 0};
    for (size_t k = 0; k < report->n_results; k++) {
        char name[64];
        const bench_result *r = &report->results[k];
        if (r->cut_short && r->complete)
            bench_list_add(&line, "%s%s (%d samples)", line.used ? ", " : "",
                           bench_result_name(name, r), (int)r->serial.reps);
    }
    if (line.used) bench_put_line(f, "short", "%s: one run takes very long", line.text);
}

static void put_noise(FILE *f, const bench_report *report)
{
    worst w = worst_spread(report);
    bench_text line = {.used = 0};
    if (!w.workload) return;
    const double most = 10;     /* beyond, the figure itself means nothing */
    bench_list_add(&line, "worst spread %s%.*f %% (%s, %s)", w.spread > most ? "over " : "",
                   w.spread > most ? 0 : 1, 100 * fmin(w.spread, most), w.workload, w.variant);
    add_stops(&line, report);
    if (report->conditions.throttled_s >= 0)
        bench_list_add(&line, "; throttled %.0f ms", 1e3 * report->conditions.throttled_s);
    bench_put_text(f, "noise", BENCH_INDENT, line.text);
}

void bench_put_verdict(FILE *f, const bench_report *report)
{
    size_t verified = 0;
    put_short(f, report);
    put_noise(f, report);
    for (size_t k = 0; k < report->n_results; k++) verified += report->results[k].verified;
    fprintf(f, "%zu of %zu workloads verified%s", verified, report->asked,
            report->interrupted ? "; interrupted" : "");
    if (report->code != YKI_EXIT_OK) fprintf(f, "; exit %d", report->code);
    putc('\n', f);
}
