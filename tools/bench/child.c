/* The child's side of yoke-bench: opens an engine for its one job; see bench.h.
 *
 * A driver may end this process at any moment; what was done so far lies in the shared
 * memory.  Leaves by _exit, since a driver's own cleaning up may crash as well. */
#include "case.h"
#include "peers/ask.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"

#define OPEN_LIMIT_S 60.0

void bench_step(bench_shared *shared, int active, double limit_s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(shared->step, sizeof shared->step, format, args);
    va_end(args);
    uint64_t due = yki_now_ns() + (uint64_t)(limit_s * 1e9);
    atomic_store_explicit(&shared->active, active, memory_order_release);
    atomic_store_explicit(&shared->due_ns, due, memory_order_release);
    if (shared->job.verbose) fprintf(stderr, "%s: %s\n", BENCH_TOOL, shared->step);
}

/* As the user said, or long enough for any driver. */
static double open_limit(const bench_shared *shared)
{
    return shared->job.timeout_s > 0 ? shared->job.timeout_s : OPEN_LIMIT_S;
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Twice in a row less than a tenth of one core: all threads sleep. */
void bench_wait_quiet(void)
{
    const struct timespec pause = {0, 2000000};
    int calm = 0;
    for (int k = 0; k < 150 && calm < 2; k++) {
        double before = cpu_seconds();
        nanosleep(&pause, NULL);
        calm = cpu_seconds() - before < 0.0002 ? calm + 1 : 0;
    }
}

/* ---- engines ---- */

/* Comma-separated ids of the job's devices that are to be used, or "none". */
static void device_list(const bench_result *r, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint64_t k = 0; k < r->n_devices && used < size; k++) {
        if (r->devices[k].status != BENCH_OK) continue;
        int n = snprintf(out + used, size - used, "%s%s", used ? "," : "", r->devices[k].id);
        used += n > 0 ? (size_t)n : 0;
    }
    if (!used) snprintf(out, size, "none");
}

/* A device that did not become ready is left out, with its reason. */
static void note_state(bench_device *d, const yk_device_info *all, size_t n)
{
    const yk_device_info *info = NULL;
    for (size_t k = 0; k < n; k++)
        if (strcmp(all[k].id, d->id) == 0) info = &all[k];
    if (info && info->state == YK_DEVICE_READY) return;
    bool retired = info && info->state == YK_DEVICE_RETIRED;
    d->status = retired ? BENCH_CRASHED : BENCH_UNSUPPORTED;
    if (info && info->state == YK_DEVICE_OPENING) d->status = BENCH_TIMEOUT;
    const char *why = info && info->reason[0] ? info->reason : "it did not open";
    yki_copy_text(d->reason, sizeof d->reason, why);
}

yk_status bench_engine_open(bench_shared *shared, yk_engine **engine, yk_diag *diag)
{
    char devices[BENCH_MAX_DEVICES * 17 + 8];
    device_list(&shared->result, devices, sizeof devices);
    bool any = strcmp(devices, "none") != 0;
    bench_step(shared, BENCH_ACTIVE_OPENING, open_limit(shared), "opening %s", any ? devices : "");
    yk_engine_opts opts = {.threads = shared->job.threads, .devices = devices};
    if (any) opts.carve = shared->job.carve;
    yk_status st = yk_engine_open(engine, &opts, diag);
    if (st != YK_OK) return st;
    yk_engine_settle(*engine, 0.9 * open_limit(shared));
    yk_device_info all[YK_MAX_PARTS];
    size_t n = yk_engine_devices(*engine, all, YK_MAX_PARTS);
    if (n > YK_MAX_PARTS) n = YK_MAX_PARTS;
    for (uint64_t k = 0; k < shared->result.n_devices; k++)
        if (shared->result.devices[k].status == BENCH_OK)
            note_state(&shared->result.devices[k], all, n);
    return YK_OK;
}

/* ---- jobs ---- */

static int run_list(bench_shared *shared)
{
    size_t count = 0;
    bench_step(shared, BENCH_ACTIVE_OPENING, open_limit(shared), "looking for devices");
    yk_status st = yk_list_devices(shared->listed, BENCH_MAX_DEVICES, &count, &shared->diag);
    shared->n_listed = count < BENCH_MAX_DEVICES ? count : BENCH_MAX_DEVICES;
    /* A build without OpenCL has no devices; that is no failure. */
    return st == YK_OK || st == YK_E_UNSUPPORTED ? YKI_EXIT_OK : YKI_EXIT_ERROR;
}

/* Opens the one device left, to see whether that ends the process. */
static int run_probe(bench_shared *shared)
{
    yk_engine *engine = NULL;
    yk_status st = bench_engine_open(shared, &engine, &shared->diag);
    yk_engine_close(&engine);
    return st == YK_OK ? YKI_EXIT_OK : YKI_EXIT_ERROR;
}

static int (*const jobs[])(bench_shared *) = {
    [BENCH_JOB_LIST] = run_list, [BENCH_JOB_PROBE] = run_probe,
    [BENCH_JOB_WORKLOAD] = bench_measure, [BENCH_JOB_CASE] = bench_measure_case,
    [BENCH_JOB_PEERS] = bench_measure_peers,
};

int bench_child_main(const char *fd)
{
    size_t number;
    if (!yki_parse_size(fd, 3, 1 << 20, &number))
        return yki_usage_error(BENCH_TOOL, "%s is for internal use", BENCH_CHILD_OPTION);
    bench_shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED,
                                (int)number, 0);
    if (shared == MAP_FAILED || (unsigned)shared->job.kind >= YKI_COUNT(jobs))
        return yki_usage_error(BENCH_TOOL, "%s is for internal use", BENCH_CHILD_OPTION);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    shared->exit_code = jobs[shared->job.kind](shared);
    shared->finished = true;
    _exit(shared->exit_code);
}
