/* Measuring the rows of tasks, in the child; see cases/tasks.h. */
#include "cases/tasks.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "peers/peer.h"
#include "peers/turns.h"

static const double LIMIT_S = 60;

/* Workers that Yoke has; 0 where the machine cannot be read. */
static size_t workers(const bench_shared *shared)
{
    yk_topo *t = NULL;
    size_t n = 0;
    if (yk_topo_open(&t, &(yk_topo_opts){.threads = shared->job.threads}, NULL) == YK_OK)
        n = yk_topo_workers(t);
    yk_topo_close(&t);
    return n;
}

/* Calls that sleep take what they sleep, but for what it is worth are run once. */
static void measure_serial(bench_turns *t, const bench_task_row *how)
{
    bench_answer a = {.n = 1, .samples = {how->serial_s}};
    if (how->serial_s <= 0) return;
    bench_step(t->shared, BENCH_ACTIVE_NONE, LIMIT_S + 10, "%s: serial",
               t->shared->result.workload);
    if (how->runs_serial && !t->shared->job.quick)
        bench_ask_runtime(&a, &bench_serial, t->order, t->elements, 1, 1, LIMIT_S);
    bench_series_add(&t->serial_series, &a);
}

/* ---- files ---- */

/* One folder for all peers. */
static bool make_files(bench_shared *shared, const bench_task_row *how)
{
    if (!how->files) return true;
    return peer_files_make(shared->files, shared->job.elements, BENCH_SEED) &&
           setenv(PEER_FILES, shared->files, 1) == 0;
}

void bench_delete_files(bench_shared *shared)
{
    if (shared->files[0]) peer_files_delete(shared->files, shared->job.elements);
    shared->files[0] = '\0';
}

/* ---- the row ---- */

static void put_note(const bench_turns *t, const bench_task_row *how)
{
    bench_result *r = &t->shared->result;
    const bench_peer *best = bench_fastest_other(t);
    size_t used = 0;
    if (best && r->pool.reps && best->bench_time.median_s > 0)
        used = (size_t)snprintf(r->note, sizeof r->note, "%.2f of the fastest other (%s)",
                                r->pool.median_s / best->bench_time.median_s, best->name);
    if (how->threads_others)
        used += (size_t)snprintf(r->note + used, sizeof r->note - used,
                                 "%sthe others were given %d threads", used ? "; " : "",
                                 (int)how->threads_others);
    if (how->serial_s > 0 && (t->shared->job.quick || !how->runs_serial))
        snprintf(r->note + used, sizeof r->note - used, "%sserial is the sum of the sleeps",
                 used ? "; " : "");
}

/* What is wrong with Yoke, OpenMP or the serial calls is wrong with the row. */
static int judge(bench_shared *shared, const bench_series *s)
{
    bench_result *r = &shared->result;
    if (s->peer.status == BENCH_OK || s->peer.status == BENCH_UNSUPPORTED) return YKI_EXIT_OK;
    if (s->peer.status != BENCH_WRONG)
        return bench_case_failed(shared, "%s: %.160s", s->runtime->name, s->peer.reason);
    if (r->n_wrong < BENCH_MAX_WRONG)
        snprintf(r->wrong[r->n_wrong++], BENCH_TEXT, "%s: %.200s", s->runtime->name,
                 s->peer.reason);
    return YKI_EXIT_OK;
}

int bench_measure_tasks(bench_shared *shared, const bench_row *row, const bench_task_row *how)
{
    bench_turns t = {.shared = shared, .does = BENCH_TASKS, .order = how->order,
                     .elements = row->elements, .threads = workers(shared),
                     .threads_others = how->threads_others, .samples = how->samples,
                     .rounds = shared->job.quick ? how->quick_rounds : how->rounds,
                     .serial = how->serial_s <= 0, .limit_s = LIMIT_S};
    if (t.threads == 0) return bench_case_failed(shared, "the machine cannot be read");
    if (!make_files(shared, how)) return bench_case_failed(shared, "cannot make files in TMPDIR");
    measure_serial(&t, how);
    bench_take_turns(&t);
    bench_delete_files(shared);
    put_note(&t, how);
    int code = judge(shared, &t.serial_series);
    if (code == YKI_EXIT_OK) code = judge(shared, &t.series[BENCH_RUNTIME_OPENMP]);
    return code == YKI_EXIT_OK ? judge(shared, &t.series[BENCH_RUNTIME_POOL]) : code;
}
