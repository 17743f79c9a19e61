/* The report as CSV: a header, then one line for each variant of each workload; see
 * bench.h.  Fields that do not apply are empty. */
#include "bench.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char header[] =
    "workload,elements,shape,items,bytes,flops,carved_device,variant,device,type,shares_cores,"
    "status,reason,median_s,min_s,spread,reps,mode,speedup,speedup_openmp,best_single,regret,"
    "efficiency,balance,max_error,tolerance,verified,threads,lo_s,hi_s,stopped,noise,host,cpu,"
    "workers,isa,quota_cpus,others_cpus,serial_build,openmp_build,yoke\n";

/* RFC 4180: quotes doubled, the field between quotes where that is needed. */
static void put_text(FILE *f, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, f);
        return;
    }
    putc('"', f);
    for (; *text; text++) {
        if (*text == '"') putc('"', f);
        putc(*text, f);
    }
    putc('"', f);
}

static void put_number(FILE *f, bool known, double x)
{
    putc(',', f);
    if (known) fprintf(f, "%.9g", x);
}

static void put_count(FILE *f, bool known, uint64_t n)
{
    putc(',', f);
    if (known) fprintf(f, "%" PRIu64, n);
}

typedef struct row {
    const char *variant;
    const bench_device *device;     /* NULL: none */
    const bench_time *time;
    const bench_peer *peer;         /* NULL: none; its name stands where a device's does */
} row;

static const char *status_of(const row *w)
{
    if (w->device) return bench_status_name(w->device->status);
    if (w->peer) return bench_status_name(w->peer->status);
    return w->time->reps > 0 ? "ok" : "";
}

static void put_member(FILE *f, const json_t *o, const char *key)
{
    const json_t *x = json_object_get(o, key);
    putc(',', f);
    if (json_is_string(x)) put_text(f, json_string_value(x));
    else if (json_is_number(x)) fprintf(f, "%.9g", json_number_value(x));
}

/* The same in every line, so that lines of many runs can be put together. */
static void put_circumstances(FILE *f, const bench_report *report)
{
    static const char *const keys[] = {"host", "cpu", "workers", "isa", "quota_cpus"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        put_member(f, report->machine, keys[k]);
    put_number(f, report->conditions.others_cpus >= 0, report->conditions.others_cpus);
    put_member(f, report->machine, "serial_build");
    put_member(f, report->machine, "openmp_build");
    fprintf(f, ",%s\n", yk_version());
}

static void put_row(FILE *f, const bench_report *report, const bench_result *r, const row *w)
{
    const bench_device *d = w->device;
    bool timed = w->time->reps > 0 && strcmp(status_of(w), "ok") == 0;
    bool hybrid = strcmp(w->variant, "hybrid") == 0;
    bool loop = !r->is_case;
    fprintf(f, "%s", r->workload);
    put_count(f, loop || r->elements, r->elements);
    putc(',', f);
    put_text(f, r->shape);
    put_count(f, loop, r->items);
    put_number(f, loop, r->bytes);
    put_number(f, loop, r->flops);
    fprintf(f, ",%s,%s,", r->carved_device, w->variant);
    put_text(f, d ? d->name : w->peer ? w->peer->name : "");
    fprintf(f, ",%s,%s,%s,", d ? bench_type_name(d->type) : "",
            d ? d->shares_cores ? "true" : "false" : "",
            status_of(w));
    put_text(f, d ? d->reason : w->peer ? w->peer->reason : hybrid ? r->hybrid_reason : "");
    put_number(f, timed, w->time->median_s);
    put_number(f, timed, w->time->min_s);
    put_number(f, timed, w->time->spread);
    put_number(f, timed, (double)w->time->reps);
    fprintf(f, ",%s", hybrid ? r->split ? "split" : "single" : "");
    put_number(f, hybrid && r->speedup > 0, r->speedup);
    put_number(f, hybrid && r->speedup_openmp > 0, r->speedup_openmp);
    fprintf(f, ",%s", hybrid ? r->best_single : "");
    put_number(f, hybrid && r->has_regret, r->regret);
    put_number(f, hybrid && r->has_efficiency, r->efficiency);
    put_number(f, hybrid && r->balance > 0, r->balance);
    put_number(f, loop, r->max_error);
    put_number(f, loop, r->tolerance);
    fprintf(f, ",%s", r->verified ? "true" : "false");
    put_number(f, r->threads > 0, (double)r->threads);
    put_number(f, timed && w->time->hi_s > 0, w->time->lo_s);
    put_number(f, timed && w->time->hi_s > 0, w->time->hi_s);
    bool sampled = r->complete && !r->is_case;
    fprintf(f, ",%s", sampled ? bench_stop_name(r->stopped) : "");
    put_number(f, sampled && isfinite(r->noise), r->noise);
    put_circumstances(f, report);
}

static void put_result(FILE *f, const bench_report *report, const bench_result *r)
{
    put_row(f, report, r, &(row){"serial", NULL, &r->serial, NULL});
    if (r->openmp.reps) put_row(f, report, r, &(row){"openmp", NULL, &r->openmp, NULL});
    put_row(f, report, r, &(row){"pool", NULL, &r->pool, NULL});
    for (uint64_t k = 0; k < r->n_devices; k++)
        put_row(f, report, r, &(row){r->devices[k].id, &r->devices[k], &r->devices[k].time,
                                      NULL});
    if (!r->is_case) put_row(f, report, r, &(row){"hybrid", NULL, &r->hybrid, NULL});
    for (uint64_t k = 0; k < r->n_peers; k++)
        put_row(f, report, r, &(row){"peer", NULL, &r->peers[k].bench_time, &r->peers[k]});
}

int bench_write_csv(const bench_report *report, const char *path)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *f = open_memstream(&text, &bytes);
    if (!f) return yki_error(BENCH_TOOL, "out of memory");
    fputs(header, f);
    for (size_t k = 0; k < report->n_results; k++) put_result(f, report, &report->results[k]);
    int code = fclose(f) == 0 ? yki_write_text(BENCH_TOOL, path, text, bytes)
                              : yki_error(BENCH_TOOL, "out of memory");
    free(text);
    return code;
}
