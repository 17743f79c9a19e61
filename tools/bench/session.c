/* The parent's round through all workloads: a child for each, restarted without a
 * device that took it down; see bench.h. */
#include "session.h"

#include "cases/tasks.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

/* Seconds of timing for all workloads, for a row of a case at most, and for each with
 * --quick; how well medians should be known. */
static const double ALL_S = 110, CASE_S = 4, QUICK_S = 0.6, NOISE = 0.03, QUICK_NOISE = 0.05;

/* ---- one workload, one turn ---- */

static void give_up_on(bench_device *d, bench_end end, const char *how, const char *where)
{
    d->status = end == BENCH_END_LATE ? BENCH_TIMEOUT : BENCH_CRASHED;
    if (end == BENCH_END_LATE)
        snprintf(d->reason, sizeof d->reason, "no answer %.80s", where);
    else
        snprintf(d->reason, sizeof d->reason, "driver crashed (%.24s) %.80s", how, where);
    yki_progress(NULL);
    yki_error(BENCH_TOOL, "%s: %s; left out, other results stand", d->id, d->reason);
}

/* Opening took the child down: opens each device by itself, to see whose fault that is.
 * What is found holds for all workloads: it is written to the session's devices too. */
static void probe(bench_session *s, bench_result *r, bench_end end, const char *how)
{
    bench_shared *shared = s->shared;
    bench_result all = *r;
    bool found = false;
    for (uint64_t k = 0; k < r->n_devices && !bench_interrupted(); k++) {
        char why[32];
        if (all.devices[k].status != BENCH_OK) continue;
        shared->job.kind = BENCH_JOB_PROBE;
        shared->result = (bench_result){.n_devices = 1};
        shared->result.devices[0] = all.devices[k];
        bench_end e = bench_supervise(shared, s->fd, &s->progress, why);
        if (e != BENCH_END_DIED && e != BENCH_END_LATE) continue;
        give_up_on(&r->devices[k], e, why, "while opening");
        found = true;
    }
    /* None by itself: then they cannot be together, and all are left out. */
    for (uint64_t k = 0; k < r->n_devices && !found; k++)
        if (r->devices[k].status == BENCH_OK)
            give_up_on(&r->devices[k], end, how, "while opening");
    for (uint64_t k = 0; k < r->n_devices; k++)
        for (size_t d = 0; d < s->n_devices; d++)
            if (strcmp(s->devices[d].id, r->devices[k].id) == 0 &&
                r->devices[k].status != BENCH_OK)
                s->devices[d] = r->devices[k];
}

/* The child died or hung: marks whoever was at work.  False if that was no device. */
static bool blame(bench_session *s, bench_result *r, bench_end end, const char *how)
{
    char where[BENCH_TEXT];
    int active = atomic_load_explicit(&s->shared->active, memory_order_acquire);
    snprintf(where, sizeof where, "in %.31s", r->workload);
    if (active >= 0 && (uint64_t)active < r->n_devices) {
        give_up_on(&r->devices[active], end, how, where);
        return true;
    }
    if (active == BENCH_ACTIVE_NONE) return false;
    bool any = false;
    for (uint64_t k = 0; k < r->n_devices; k++) {
        bench_device *d = &r->devices[k];
        any |= d->status == BENCH_OK;
        if (active == BENCH_ACTIVE_HYBRID && d->status == BENCH_OK && d->in_split)
            give_up_on(d, end, how, "in a split");
    }
    if (active == BENCH_ACTIVE_OPENING && any) probe(s, r, end, how);
    return any;
}

/* Runs of each workload: with --carve, one for each CPU device. */
static size_t turns(const bench_session *s)
{
    size_t n = 0;
    for (size_t k = 0; k < s->n_devices; k++) n += s->devices[k].carved;
    return n ? n : 1;
}

static size_t points(const bench_session *s)
{
    size_t n = 0;
    bench_points p;
    for (size_t w = 0; w < s->options->n_workloads; w++) {
        bench_points_of(s->options, s->options->workloads[w], s->workers, &p);
        n += p.n;
    }
    return n;
}

/* The time is shared out, so that all workloads together end when one would expect. */
static double budget(const bench_session *s)
{
    double n = (double)(points(s) * turns(s));
    return s->options->quick ? QUICK_S : fmin(fmax(ALL_S / n, 4), 25);
}

static void set_job(bench_session *s, const bench_result *r)
{
    const bench_options *o = s->options;
    bench_job *job = &s->shared->job;
    *job = (bench_job){.kind = r->is_case ? BENCH_JOB_CASE : BENCH_JOB_WORKLOAD,
                       .elements = r->elements,
                       .threads = r->threads, .carve = o->carve, .policy = o->policy,
                       .budget_s = r->is_case ? fmin(budget(s), CASE_S) : budget(s),
                       .noise = o->quick ? QUICK_NOISE : NOISE,
                       .cold = o->cold, .verbose = o->verbose, .quick = o->quick,
                       .peers = o->peers, .timeout_s = o->timeout_s};
    yki_copy_text(job->workload, sizeof job->workload, r->workload);
}

/* libgomp reads the variable when it is loaded, so the child must be born with it. */
static void set_openmp_threads(size_t threads)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", threads);
    setenv("OMP_NUM_THREADS", text, 1);
}

/* Runs children until one comes to its end.  Each restart leaves out a device, so this
 * ends.  Returns an exit code. */
static int run_turn(bench_session *s, bench_result *r)
{
    char how[32];
    if (s->options->scaling) set_openmp_threads(r->threads);
    for (;;) {
        set_job(s, r);
        s->shared->result = *r;
        bench_end end = bench_supervise(s->shared, s->fd, &s->progress, how);
        bench_delete_files(s->shared);
        if (end == BENCH_END_INTERRUPTED) return YKI_EXIT_INTERRUPTED;
        if (end == BENCH_END_NOT_STARTED) return yki_error(BENCH_TOOL, "cannot start a child");
        if (end == BENCH_END_DONE) break;
        if (blame(s, r, end, how)) continue;
        snprintf(r->failure, sizeof r->failure, "%s (%.20s) while %.60s",
                 end == BENCH_END_LATE ? "no answer" : "crashed", how, s->shared->step);
        yki_error(BENCH_TOOL, "%s: %s", r->workload, r->failure);
        return YKI_EXIT_ERROR;
    }
    *r = s->shared->result;
    if (r->failure[0]) {
        yki_progress(NULL);
        yki_error(BENCH_TOOL, "%s: %s", r->workload, r->failure);
    }
    return s->shared->exit_code;
}

/* Other runtimes with the same workload, once its own child is done.  Whatever becomes of
 * them, the result stands. */
static int run_peers(bench_session *s, bench_result *r)
{
    char how[32];
    set_job(s, r);
    s->shared->job.kind = BENCH_JOB_PEERS;
    s->shared->result = *r;
    bench_end end = bench_supervise(s->shared, s->fd, &s->progress, how);
    if (end == BENCH_END_INTERRUPTED) return YKI_EXIT_INTERRUPTED;
    if (end == BENCH_END_DONE) *r = s->shared->result;
    else yki_warning("%s: peers could not be measured (%s)", r->workload, how);
    return YKI_EXIT_OK;
}

/* ---- all of them ---- */

/* The devices of a turn: with --carve, CPU devices come one at a time. */
static void set_devices(const bench_session *s, bench_result *r, const bench_device *carved)
{
    for (size_t k = 0; k < s->n_devices; k++) {
        const bench_device *d = &s->devices[k];
        if (!d->carved || d == carved) r->devices[r->n_devices++] = *d;
    }
    if (!carved) return;
    memcpy(r->carved_device, carved->id, sizeof r->carved_device);
    r->carved = s->options->carve;
}

/* The code that says most: a wrong result before an error, that before success. */
static int worse_code(int a, int b)
{
    static const int order[] = {YKI_EXIT_INTERRUPTED, YKI_EXIT_WRONG, YKI_EXIT_USAGE,
                                YKI_EXIT_ERROR};
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        if (a == order[k] || b == order[k]) return order[k];
    return YKI_EXIT_OK;
}

/* After Ctrl-C; and where the environment is wrong, it is for every workload. */
static bool ends_all(int code)
{
    return code == YKI_EXIT_INTERRUPTED || code == YKI_EXIT_USAGE;
}

/* Says so where the workload would not fit into memory. */
static bool is_too_large(const bench_session *s, bench_result *r)
{
    char need[YKI_HUMAN], have[YKI_HUMAN];
    const yki_workload *w = yki_workload_find(r->workload);
    bool on_cores = false;
    for (uint64_t k = 0; k < r->n_devices; k++)
        on_cores |= r->devices[k].type == YK_DEVICE_CPU && r->devices[k].status == BENCH_OK;
    double needed = w ? bench_memory_needed(w, r->elements, on_cores) : 0;
    double there = bench_memory_free("", s->memory_limit);
    if (needed <= there) return false;
    snprintf(r->failure, sizeof r->failure, "needs %s of memory, and %s can be had",
             yki_human_bytes(need, needed), yki_human_bytes(have, there));
    yki_progress(NULL);
    yki_error(BENCH_TOOL, "%s: %s", r->workload, r->failure);
    return true;
}

static void begin_turn(bench_session *s, const bench_result *r)
{
    bench_progress *p = &s->progress;
    p->turn_ns = yki_now_ns();
    if (s->n_results == 0) p->begin_ns = p->turn_ns;
    p->done = s->n_results;
    p->name = r->workload;
    s->shared->step[0] = '\0';
}

/* The result at the end of the list, whose name, size and devices are set. */
static int run_next(bench_session *s, bench_result *r)
{
    begin_turn(s, r);
    int code = !r->is_case && is_too_large(s, r) ? YKI_EXIT_ERROR : run_turn(s, r);
    if (ends_all(code)) return code;
    /* What was measured by then stands, even if there is no time left for others. */
    int peers = code == YKI_EXIT_OK && s->options->peers && !r->is_case ? run_peers(s, r)
                                                                        : YKI_EXIT_OK;
    s->n_results++;
    bench_derive(r);
    if (code == YKI_EXIT_OK && bench_bad_device(r)) code = YKI_EXIT_ERROR;
    return ends_all(peers) ? peers : r->n_wrong ? YKI_EXIT_WRONG : code;
}

static int run_one(bench_session *s, const yki_workload *w, bench_point point,
                   const bench_device *carved)
{
    bench_result *r = &s->results[s->n_results];
    *r = (bench_result){.elements = point.elements, .threads = point.threads};
    yki_copy_text(r->workload, sizeof r->workload, w->name);
    set_devices(s, r, carved);
    return run_next(s, r);
}

static bool has_row(const bench_session *s, const bench_row *row)
{
    return row->devices != BENCH_ROW_IF_DEVICES || s->n_devices > 0;
}

static int run_row(bench_session *s, const bench_row *row)
{
    bench_result *r = &s->results[s->n_results];
    *r = (bench_result){.elements = row->elements, .is_case = true,
                        .threads = s->options->threads};
    yki_copy_text(r->workload, sizeof r->workload, row->name);
    if (row->devices == BENCH_ROW_DEVICES) set_devices(s, r, NULL);
    return run_next(s, r);
}

static int run_case(bench_session *s, const bench_case *c)
{
    int code = YKI_EXIT_OK;
    size_t first = s->n_results;
    for (size_t k = 0; k < c->n_rows && !ends_all(code); k++)
        if (has_row(s, &c->rows[k])) code = worse_code(code, run_row(s, &c->rows[k]));
    if (c->conclude && code == YKI_EXIT_OK)
        c->conclude(&s->results[first], s->n_results - first);
    return code;
}

static int run_cases(bench_session *s, int code)
{
    for (size_t c = 0; c < s->options->n_cases && !ends_all(code); c++)
        code = worse_code(code, run_case(s, s->options->cases[c]));
    return code;
}

static size_t rows_of_cases(const bench_session *s)
{
    size_t n = 0;
    for (size_t c = 0; c < s->options->n_cases; c++)
        for (size_t k = 0; k < s->options->cases[c]->n_rows; k++)
            n += has_row(s, &s->options->cases[c]->rows[k]);
    return n;
}

/* One point of a workload: once, or, with --carve, once for each device to be carved. */
static int run_point(bench_session *s, const yki_workload *w, bench_point point, int code)
{
    bool carving = s->options->carve > 0;
    for (size_t k = 0; k < (carving ? s->n_devices : 1) && !ends_all(code); k++) {
        const bench_device *carved = carving ? &s->devices[k] : NULL;
        if (!carved || carved->carved) code = worse_code(code, run_one(s, w, point, carved));
    }
    return code;
}

static int run_workload(bench_session *s, const yki_workload *w, int code)
{
    bench_points p;
    bench_points_of(s->options, w, s->workers, &p);
    for (size_t k = 0; k < p.n && !ends_all(code); k++)
        code = run_point(s, w, p.point[k], code);
    return code;
}

int bench_session_run(bench_session *s)
{
    int code = YKI_EXIT_OK;
    s->asked = points(s) * turns(s) + rows_of_cases(s);
    s->results = calloc(s->asked, sizeof *s->results);
    if (!s->results) return yki_error(BENCH_TOOL, "out of memory");
    s->progress = (bench_progress){.asked = s->asked, .guess_s = budget(s) + 1, .watch = s->watch,
                                   .conditions = s->conditions, .silent = s->options->verbose};
    for (size_t w = 0; w < s->options->n_workloads && !ends_all(code); w++)
        code = run_workload(s, s->options->workloads[w], code);
    code = run_cases(s, code);
    yki_progress(NULL);
    return code;
}
