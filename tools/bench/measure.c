/* One workload in the child: every variant is checked against serial, then all are timed
 * in turns; see bench.h.  How they are timed is in timing.c. */
#include "measure.h"

#include <string.h>

#include "base/base.h"

/* ---- running a variant ---- */

/* Everything the pool and the devices of the split may use: "cpu,gpu0". */
static void split_list(const bench_result *r, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "cpu");
    for (uint64_t k = 0; k < r->n_devices && used < size; k++) {
        const bench_device *d = &r->devices[k];
        if (!d->in_split || d->status != BENCH_OK) continue;
        int n = snprintf(out + used, size - used, ",%s", d->id);
        used += n > 0 ? (size_t)n : 0;
    }
}

static yk_status run_yoke(bench_run *run, bench_variant *v, yk_engine *engine, yk_report *report)
{
    char devices[BENCH_MAX_DEVICES * 17 + 8];
    yk_run_opts opts = {.policy = YK_POLICY_SINGLE, .devices = "cpu", .diag = &v->diag};
    if (v->kind == BENCH_DEVICE) opts.devices = run->result->devices[v->device].id;
    if (v->kind == BENCH_HYBRID) {
        split_list(run->result, devices, sizeof devices);
        opts.devices = devices;
        opts.policy = run->shared->job.policy;
    }
    return run->workload->yoke(run->instance, engine, &opts, report);
}

yk_status bench_run_variant(bench_run *run, bench_variant *v, yk_engine *engine,
                            yk_report *report)
{
    if (v->kind == BENCH_SERIAL) run->workload->serial(run->instance);
    else if (v->kind == BENCH_OPENMP) run->workload->openmp(run->instance);
    else return run_yoke(run, v, engine, report);
    return YK_OK;
}

static const char *variant_name(const bench_run *run, const bench_variant *v)
{
    static const char *const names[] = {"serial", "OpenMP", "pool", "", "hybrid"};
    return v->kind == BENCH_DEVICE ? run->result->devices[v->device].id : names[v->kind];
}

void bench_variant_step(bench_run *run, const bench_variant *v, const char *what)
{
    int active = v->kind == BENCH_DEVICE   ? v->device
                 : v->kind == BENCH_HYBRID ? BENCH_ACTIVE_HYBRID : BENCH_ACTIVE_NONE;
    double asked = run->shared->job.timeout_s, limit = 60 + 100 * run->serial_s;
    if (active != BENCH_ACTIVE_NONE && asked > 0) limit = asked;
    bench_step(run->shared, active, limit, "%s: %s %s", run->workload->name, what,
               variant_name(run, v));
}

/* ---- what went wrong ---- */

static void note_wrong(bench_run *run, const bench_variant *v, const char *text)
{
    bench_result *r = run->result;
    const char *name = variant_name(run, v);
    if (v->kind == BENCH_DEVICE) {
        r->devices[v->device].status = BENCH_WRONG;
        snprintf(r->devices[v->device].reason, sizeof r->devices[v->device].reason, "%s", text);
    }
    if (r->n_wrong < BENCH_MAX_WRONG)
        snprintf(r->wrong[r->n_wrong++], BENCH_TEXT, "%s: %s", name, text);
}

/* The engine tells of all devices that were asked for; here that is the one. */
static const char *own_words(const char *why, const char *id)
{
    static const char all[] = " can run it: ";
    const char *at = strstr(why, all);
    if (at) why = at + strlen(all);
    size_t n = strlen(id);
    return strncmp(why, id, n) == 0 && strncmp(why + n, ": ", 2) == 0 ? why + n + 2 : why;
}

/* A launch did not succeed.  A device is left out; without the pool there is no result. */
static void note_failure(bench_run *run, bench_variant *v, yk_status st)
{
    const char *why = v->diag.text[0] ? v->diag.text : yk_strerror(st);
    v->off = true;
    if (v->kind == BENCH_DEVICE) {
        bench_device *d = &run->result->devices[v->device];
        d->status = st == YK_E_UNSUPPORTED ? BENCH_UNSUPPORTED
                    : st == YK_E_TIMEOUT   ? BENCH_TIMEOUT : BENCH_CRASHED;
        yki_copy_text(d->reason, sizeof d->reason, own_words(why, d->id));
        return;
    }
    snprintf(run->result->failure, BENCH_TEXT, "%s: %.200s", variant_name(run, v), why);
}

/* A device alone whose chunks others had to redo has not run the workload. */
static bool was_replaced(const bench_run *run, const bench_variant *v, const yk_report *report)
{
    if (v->kind != BENCH_DEVICE || report->items == 0) return false;
    for (uint32_t k = 0; k < report->n_parts; k++) {
        const yk_part *p = &report->parts[k];
        if (strcmp(p->device, run->result->devices[v->device].id) == 0)
            return p->failed > 0 || p->items != report->items;
    }
    return true;
}

/* The split is right even where a device was lost, but that device is not. */
static void note_lost(bench_run *run, const yk_report *report)
{
    for (uint32_t k = 0; k < report->n_parts && report->retired; k++) {
        if (report->parts[k].failed == 0) continue;
        for (uint64_t d = 0; d < run->result->n_devices; d++) {
            bench_device *to = &run->result->devices[d];
            if (to->status != BENCH_OK || strcmp(to->id, report->parts[k].device)) continue;
            to->status = BENCH_CRASHED;
            snprintf(to->reason, sizeof to->reason, "lost in a split: %.200s", report->reason);
        }
    }
}

/* The engine's words for a device that it stopped waiting for. */
static bool is_late(const char *reason)
{
    return strstr(reason, "no answer from the driver") || strstr(reason, "by the deadline");
}

bool bench_variant_ran(bench_run *run, bench_variant *v, yk_status st, const yk_report *report)
{
    if (v->kind == BENCH_HYBRID) note_lost(run, report);
    if (st == YK_OK && !was_replaced(run, v, report)) return true;
    if (st == YK_OK) {
        st = is_late(report->reason) ? YK_E_TIMEOUT : YK_E_DEVICE;
        snprintf(v->diag.text, sizeof v->diag.text, "%s",
                 report->reason[0] ? report->reason : "the device gave up; the pool took over");
    }
    note_failure(run, v, st);
    return false;
}

/* ---- checking ---- */

/* Runs it once from a fresh start and compares.  The time goes to v->estimate_s. */
static void verify(bench_run *run, bench_variant *v, yk_engine *engine)
{
    yk_report report = {0};
    yki_verdict verdict;
    bench_variant_step(run, v, "checking");
    yki_instance_reset(run->instance);
    uint64_t begin = yki_now_ns();
    yk_status st = bench_run_variant(run, v, engine, &report);
    v->estimate_s = yki_seconds(yki_now_ns() - begin);
    if (!bench_variant_ran(run, v, st, &report)) return;
    yki_instance_check(run->instance, &verdict);
    run->result->max_error = yki_worse(run->result->max_error, verdict.max_error);
    run->result->tolerance = verdict.tolerance;
    if (verdict.right) return;
    note_wrong(run, v, verdict.wrong);
    v->off = true;
}

static void serial_reference(bench_run *run)
{
    bench_step(run->shared, BENCH_ACTIVE_NONE, 600, "%s: serial", run->workload->name);
    yki_instance_reset(run->instance);
    uint64_t begin = yki_now_ns();
    run->workload->serial(run->instance);
    run->serial_s = yki_seconds(yki_now_ns() - begin);
    yki_instance_keep(run->instance);
}

/* Hybrid is left out where no second processor is left for it. */
static void settle_hybrid(bench_run *run, bench_variant *hybrid)
{
    hybrid->off = true;
    for (uint64_t k = 0; k < run->result->n_devices; k++) {
        const bench_device *d = &run->result->devices[k];
        if (d->in_split && d->status == BENCH_OK) hybrid->off = false;
    }
    run->result->is_pool = hybrid->off;
}

static void verify_all(bench_run *run)
{
    for (size_t k = 0; k < run->n; k++) {
        bench_variant *v = &run->variants[k];
        if (v->kind == BENCH_HYBRID) settle_hybrid(run, v);
        if (!v->off) verify(run, v, run->engine);
        if (run->result->failure[0]) return;
    }
}

/* ---- the whole ---- */

static void add_variant(bench_run *run, bench_variant_kind kind, int device)
{
    run->variants[run->n++] = (bench_variant){.kind = kind, .device = device};
}

static void list_variants(bench_run *run)
{
    const bench_result *r = run->result;
    add_variant(run, BENCH_SERIAL, -1);
    if (run->workload->openmp) add_variant(run, BENCH_OPENMP, -1);
    add_variant(run, BENCH_POOL, -1);
    for (uint64_t k = 0; k < r->n_devices; k++)
        if (r->devices[k].status == BENCH_OK) add_variant(run, BENCH_DEVICE, (int)k);
    add_variant(run, BENCH_HYBRID, -1);
}

static void describe(bench_run *run)
{
    const yki_extent *x = &run->instance->extent;
    bench_result *r = run->result;
    r->elements = x->elements;
    r->items = x->items;
    r->bytes = x->bytes;
    r->flops = x->flops;
    yki_copy_text(r->shape, sizeof r->shape, x->shape);
}

static int fail(bench_run *run, yk_status st, const char *what)
{
    yk_diag *d = &run->shared->diag;
    d->status = st;
    snprintf(run->result->failure, BENCH_TEXT, "%s: %.200s", what,
             d->text[0] ? d->text : yk_strerror(st));
    return st == YK_E_INVALID ? YKI_EXIT_USAGE : YKI_EXIT_ERROR;
}

static int measure(bench_run *run)
{
    bench_result *r = run->result;
    bench_step(run->shared, BENCH_ACTIVE_NONE, 600, "%s: making inputs", run->workload->name);
    yk_status st = yki_instance_open(&run->instance, run->workload, run->shared->job.elements,
                                     BENCH_SEED);
    if (st != YK_OK) return fail(run, st, "inputs");
    describe(run);
    st = bench_engine_open(run->shared, &run->engine, &run->shared->diag);
    if (st != YK_OK) return fail(run, st, "engine");
    r->threads = yk_engine_workers(run->engine);
    list_variants(run);
    serial_reference(run);
    verify_all(run);
    if (!r->failure[0]) bench_time_all(run);
    /* Once more: by now the split is the one that was timed. */
    bench_variant *hybrid = &run->variants[run->n - 1];
    if (!r->failure[0] && !hybrid->off) verify(run, hybrid, run->engine);
    r->complete = !r->failure[0];
    return !r->complete ? YKI_EXIT_ERROR : r->n_wrong ? YKI_EXIT_WRONG : YKI_EXIT_OK;
}

int bench_measure_loop(bench_shared *shared, const yki_workload *w)
{
    bench_run *run = yki_alloc(1, sizeof *run);
    if (!run) return YKI_EXIT_ERROR;
    *run = (bench_run){.shared = shared, .result = &shared->result,
                       .workload = w};
    int code = w ? measure(run) : YKI_EXIT_ERROR;
    /* The result is whole; a driver that crashes from here on spoils nothing. */
    shared->exit_code = code;
    shared->finished = true;
    bench_step(shared, BENCH_ACTIVE_NONE, 15, "closing");
    yk_engine_close(&run->engine);
    yki_instance_close(&run->instance);
    yki_free(run);
    return code;
}

int bench_measure(bench_shared *shared)
{
    return bench_measure_loop(shared, yki_workload_find(shared->job.workload));
}
