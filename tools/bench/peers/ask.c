/* Starts programs of peers and reads their answers; see ask.h. */
#include "peers/ask.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "process.h"

enum { LOOPS = BENCH_LOOPS, FORKS = BENCH_FORKS, TASKS = BENCH_TASKS, WIDE = BENCH_WIDE };

const bench_runtime bench_runtimes[BENCH_RUNTIMES] = {
    {"pool", NULL, NULL, LOOPS | FORKS | TASKS | WIDE},
    {"OpenMP", NULL, NULL, LOOPS | FORKS | TASKS | WIDE},
    {"libomp", "yoke-peer-libomp", "libomp-dev", LOOPS | FORKS | TASKS | WIDE},
    {"oneTBB", "yoke-peer-tbb", "libtbb-dev", LOOPS | FORKS | TASKS | WIDE},
    {"pthreadpool", "yoke-peer-pthreadpool", "libpthreadpool-dev", LOOPS | FORKS},
    {"OpenBLAS", "yoke-peer-openblas", "libopenblas-dev", LOOPS},
    {"PoCL", "yoke-peer-pocl", "pocl-opencl-icd", LOOPS},
    {"StarPU", "yoke-peer-starpu", "libstarpu-dev", LOOPS | TASKS},
    {"joblib", "yoke-peer-joblib", "python3-joblib", TASKS | WIDE},
    {"futures", "yoke-peer-futures", "python3", TASKS | WIDE},
};
const bench_runtime bench_serial = {"serial", NULL, NULL, LOOPS | TASKS | WIDE};

/* ---- answers ---- */

static void refuse(bench_answer *a, bench_status status, const char *format, const char *what)
{
    *a = (bench_answer){.status = status};
    snprintf(a->reason, sizeof a->reason, format, what);
}

static double number_at(const json_t *line, const char *key)
{
    const json_t *x = json_object_get(line, key);
    return json_is_number(x) ? json_number_value(x) : 0;
}

static bool read_samples(bench_answer *a, const json_t *list)
{
    a->n = json_array_size(list);
    if (a->n == 0 || a->n > BENCH_PEER_SAMPLES) return false;
    for (size_t k = 0; k < a->n; k++) {
        const json_t *x = json_array_get(list, k);
        a->samples[k] = json_is_number(x) ? json_number_value(x) : -1;
        if (!(a->samples[k] >= 0) || !isfinite(a->samples[k])) return false;
    }
    return true;
}

/* Whether the line is an answer at all. */
static bool read_answer(bench_answer *a, const json_t *line)
{
    static const struct { const char *name; bench_status status; } kinds[] = {
        {"ok", BENCH_OK}, {"unsupported", BENCH_UNSUPPORTED}, {"wrong", BENCH_WRONG},
        {"failed", BENCH_CRASHED}};
    const char *status = json_string_value(json_object_get(line, "status"));
    const char *reason = json_string_value(json_object_get(line, "reason"));
    for (size_t k = 0; status && k < YKI_COUNT(kinds); k++) {
        if (strcmp(status, kinds[k].name) != 0) continue;
        *a = (bench_answer){.status = kinds[k].status, .max_error = number_at(line, "max_error"),
                            .share = number_at(line, "share")};
        if (a->status == BENCH_OK) return read_samples(a, json_object_get(line, "samples_s"));
        yki_copy_text(a->reason, sizeof a->reason, reason ? reason : "no reason given");
        return reason != NULL;
    }
    return false;
}

void bench_ask(bench_answer *out, const char *const *argv, double limit_s)
{
    bench_process p;
    bench_process_run(&p, argv, limit_s);
    switch (p.end) {
    case BENCH_PROCESS_DONE: break;
    case BENCH_PROCESS_FAILED: refuse(out, BENCH_CRASHED, "its process ended with %s", p.how); return;
    case BENCH_PROCESS_LATE: refuse(out, BENCH_TIMEOUT, "no answer%s", ""); return;
    case BENCH_PROCESS_NOT_STARTED:
        refuse(out, BENCH_CRASHED, "its process cannot be started%s", "");
        return;
    }
    json_t *line = json_loads(p.text, JSON_REJECT_DUPLICATES, NULL);
    if (!read_answer(out, line)) {
        p.text[strcspn(p.text, "\n")] = '\0';
        if (strlen(p.text) > 60) strcpy(p.text + 57, "...");
        refuse(out, BENCH_CRASHED, "its answer is no result: '%s'", p.text);
    }
    json_decref(line);
}

/* ---- programs ---- */

/* Where the runtime's program must lie: beside this one, in peers/. */
static bool path_of(const bench_runtime *r, char *path, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", path, size - 1);
    if (n < 0) return false;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash) return false;
    size_t used = (size_t)(slash - path);
    return (size_t)snprintf(path + used, size - used, "/peers/%s", r->program) < size - used;
}

/* Was the folder made, so that what is not in it was not found? */
static bool were_built(char *path)
{
    *strrchr(path, '/') = '\0';
    return access(path, F_OK) == 0;
}

void bench_ask_runtime(bench_answer *out, const bench_runtime *runtime, const char *workload,
                       uint64_t elements, uint64_t threads, size_t samples, double limit_s)
{
    char path[4096] = "/proc/self/exe", numbers[4][24];
    bool ours = !runtime->program;
    const char *argv[9] = {path}, **next = argv + 1;
    if (!ours && (!path_of(runtime, path, sizeof path) || access(path, X_OK) != 0)) {
        if (were_built(path)) refuse(out, BENCH_ABSENT, "not installed (%s)", runtime->package);
        else refuse(out, BENCH_ABSENT, "not built (./run bench --peers)%s", "");
        return;
    }
    snprintf(numbers[0], sizeof numbers[0], "%" PRIu64, elements);
    snprintf(numbers[1], sizeof numbers[1], "%" PRIu64, threads);
    snprintf(numbers[2], sizeof numbers[2], "%zu", samples);
    snprintf(numbers[3], sizeof numbers[3], "%u", BENCH_SEED);
    if (ours) *next++ = BENCH_PEER_OPTION;
    if (ours) *next++ = runtime->name;
    *next++ = workload;
    for (size_t k = 0; k < 4; k++) *next++ = numbers[k];
    bench_ask(out, argv, limit_s);
}

/* ---- series ---- */

void bench_series_add(bench_series *s, const bench_answer *a)
{
    s->peer.status = a->status;
    memcpy(s->peer.reason, a->reason, sizeof s->peer.reason);
    s->peer.max_error = fmax(s->peer.max_error, a->max_error);
    for (size_t k = 0; k < a->n && s->n < YKI_COUNT(s->samples); k++)
        s->samples[s->n++] = a->samples[k];
}

void bench_series_end(bench_series *s)
{
    yki_copy_text(s->peer.name, sizeof s->peer.name, s->runtime->name);
    if (s->peer.status == BENCH_OK) s->peer.bench_time = bench_summary(s->samples, s->n);
}
