/* What --measure measures of OpenCL devices, and what a launch on the pool costs.
 *
 * The child opens one device through the library's device room and times whole jobs, from
 * giving them to their end: drivers' own clocks are not to be trusted (one that was seen
 * ends everything a nanosecond after its start).  A transfer's time is that of a job with
 * it less that of a job of nothing. */
#include "measure.h"

#include "device/device.h"
#include "peak.h"
#include "triad.yk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LIMIT_MS 60000
#define JOB_NS 10000000000u
#define MOST_CPU_BYTES ((size_t)64 << 20)   /* an array of the triad, beyond any cache */
#define MOST_GPU_BYTES ((size_t)512 << 20)
#define MOST_TRANSFER ((size_t)128 << 20)
#define WORK_ITEMS ((size_t)1 << 18)
#define FEW_ITEMS 64
#define LONG_ENOUGH_S 0.05
#define MOST_STEPS (1u << 24)
#define MEETING_NS 1000000u     /* a worker that comes later than that was not let run */

/* ---- the child ---- */

typedef struct bench {
    yki_device *device;
    yki_buffer *buffers[3];
    yki_stage *stage;
    size_t bytes;               /* of a buffer */
    size_t moved;               /* of a transfer */
    char *addresses;            /* 3 * bytes that nobody touches: arrays have addresses */
    double launch_s;
    yk_diag diag;
} bench;

/* Seconds from giving the job to its end; 0 where it failed. */
static double time_job(bench *b, const yki_job *job)
{
    yki_ticket *ticket = NULL;
    uint64_t start = yki_now_ns();
    if (yki_job_submit(b->device, job, &ticket, &b->diag) != YK_OK) return 0;
    yk_status status = yki_ticket_wait(b->device, ticket, start + JOB_NS, &b->diag);
    uint64_t end = yki_now_ns();
    yki_ticket_close(b->device, &ticket);
    return status == YK_OK && end > start ? yki_seconds(end - start) : 0;
}

static double best_of(bench *b, const yki_job *job, int times)
{
    double best = 0;
    for (int i = 0; i < times; i++) {
        double t = time_job(b, job);
        if (t <= 0) return 0;
        if (best <= 0 || t < best) best = t;
    }
    return best;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Fills the call and the job of one kernel over n items; job->args stays the caller's. */
static bool make_job(bench *b, yki_call *call, yki_job *job, const yk_kernel *kernel, size_t n,
                     const void *args, const yki_job_arg *on_device)
{
    yk_range range = yk_1d(n);
    yki_program *program = NULL;
    if (yki_call_init(call, kernel, &range, args, &b->diag) != YK_OK) return false;
    if (yki_device_program(b->device, kernel, &program, NULL, &b->diag) != YK_OK) return false;
    *job = (yki_job){.call = call, .program = program, .begin = 0, .end = n, .args = on_device};
    return true;
}

typedef struct triad {
    yki_call call;
    yki_job job;
    struct topo_triad_args args;
    yki_job_arg on_device[5];
} triad;

static bool make_triad(bench *b, triad *t, size_t n)
{
    char *at = b->addresses;
    t->args = (struct topo_triad_args){
        .b = (float *)(void *)(at + b->bytes), .c = (float *)(void *)(at + 2 * b->bytes),
        .a = (float *)(void *)at, .s = 3, .n = n};
    memset(t->on_device, 0, sizeof t->on_device);
    for (size_t i = 0; i < 3; i++) t->on_device[i].buffer = b->buffers[i];
    return make_job(b, &t->call, &t->job, &topo_triad_kernel, n, &t->args, t->on_device);
}

static bool measure_launch(bench *b)
{
    double samples[31];
    triad t;
    if (!make_triad(b, &t, FEW_ITEMS) || best_of(b, &t.job, 3) <= 0) return false;
    for (size_t i = 0; i < COUNT_OF(samples); i++)
        if ((samples[i] = time_job(b, &t.job)) <= 0) return false;
    qsort(samples, COUNT_OF(samples), sizeof *samples, by_value);
    b->launch_s = samples[COUNT_OF(samples) / 2];
    return true;
}

static double measure_transfer(bench *b, bool up)
{
    triad t;
    const yki_transfer move = {.buffer = b->buffers[0], .stage = b->stage,
                               .box = {.run = b->moved, .rows = 1, .row_pitch = b->moved,
                                       .planes = 1, .plane_pitch = b->moved}};
    if (!make_triad(b, &t, FEW_ITEMS)) return 0;
    if (up) t.job.up = &move, t.job.n_up = 1;
    else t.job.down = &move, t.job.n_down = 1;
    double s = best_of(b, &t.job, 7);
    if (s <= 0) return 0;
    double alone = s - b->launch_s;         /* a driver whose launches take longer: all of it */
    return (double)b->moved / (alone > 0 ? alone : s);
}

static double measure_triad(bench *b)
{
    triad t;
    size_t n = b->bytes / sizeof(float);
    if (!make_triad(b, &t, n) || best_of(b, &t.job, 1) <= 0) return 0;
    double s = best_of(b, &t.job, 5);
    return s > 0 ? 3.0 * (double)b->bytes / s : 0;
}

/* The steps are doubled until the job is long. */
static double measure_flops(bench *b, const yk_kernel *kernel)
{
    yki_call call;
    yki_job job;
    char reason[256];
    const yki_job_arg on_device[YKI_PEAK_ARGS] = {{.buffer = b->buffers[0]}};
    peak_args args = {.y = b->addresses, .steps = 4, .n = WORK_ITEMS};
    if (!yki_device_can(b->device, kernel, reason, sizeof reason)) return 0;
    if (!make_job(b, &call, &job, kernel, WORK_ITEMS, &args, on_device)) return 0;
    for (; args.steps < MOST_STEPS; args.steps *= 2) {
        double s = best_of(b, &job, 1);
        if (s <= 0) return 0;
        if (s >= LONG_ENOUGH_S) break;
    }
    double s = best_of(b, &job, 5);
    return s > 0 ? (double)YKI_PEAK_FLOPS * args.steps * (double)WORK_ITEMS / s : 0;
}

static bool make_room(bench *b)
{
    size_t most = yki_device_info(b->device)->type == YK_DEVICE_CPU ? MOST_CPU_BYTES
                                                                    : MOST_GPU_BYTES;
    b->bytes = yki_min(most, yki_min(yki_device_largest(b->device),
                                     yki_device_budget(b->device) / 8));
    b->bytes = yki_round_down(b->bytes, 4096);
    b->moved = yki_min(b->bytes, MOST_TRANSFER);
    if (b->bytes < WORK_ITEMS * sizeof(double)) {
        (void)yki_fail(&b->diag, YK_E_NOMEM, "it has too little memory to be measured");
        return false;
    }
    void *at = mmap(NULL, 3 * b->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    if (at == MAP_FAILED) return false;
    b->addresses = at;
    for (size_t i = 0; i < 3; i++)
        if (yki_buffer_open(b->device, b->bytes, &b->buffers[i], &b->diag) != YK_OK) return false;
    if (yki_stage_open(b->device, b->moved, &b->stage, &b->diag) != YK_OK) return false;
    memset(yki_stage_bytes(b->stage), 0, b->moved);
    return true;
}

/* Says what it has so far with every step, so that a driver that dies later does not take
 * it along. */
static bool tell(FILE *to, const char *key, double value)
{
    return yki_topo_child_line(to, json_pack("{s:f}", key, value));
}

static bool measure_all(bench *b, FILE *to)
{
    if (!make_room(b) || !measure_launch(b)) return false;
    double up, down, memory, single;
    if (!tell(to, "launch", b->launch_s)) return false;
    if ((up = measure_transfer(b, true)) <= 0 || !tell(to, "up", up)) return false;
    if ((down = measure_transfer(b, false)) <= 0 || !tell(to, "down", down)) return false;
    if ((memory = measure_triad(b)) <= 0 || !tell(to, "triad", memory)) return false;
    if ((single = measure_flops(b, &yki_peak_float)) <= 0 || !tell(to, "float", single))
        return false;
    return tell(to, "double", measure_flops(b, &yki_peak_double));
}

bool yki_topo_child_measures(FILE *to, size_t index)
{
    static bench b;             /* the process has no other use */
    yki_listing *listing = NULL;
    bool ok = yki_devices_list(&listing, &b.diag) == YK_OK && index < yki_listing_count(listing) &&
              yki_device_open(&b.device, listing, index, NULL, &b.diag) == YK_OK &&
              measure_all(&b, to);
    const char *why = b.diag.text[0] ? b.diag.text : "it cannot be measured";
    return yki_topo_child_line(to, json_pack("{s:b, s:s}", "end", ok, "text", ok ? "" : why));
}

/* ---- the parent ---- */

static void take(double *to, const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);
    if (value) *to = json_number_value(value);
}

/* True if the child came to its end. */
static bool take_lines(measured_device *d, char *text)
{
    bool complete = false;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        json_t *o = json_loads(line, 0, NULL);
        take(&d->launch_s, o, "launch");
        take(&d->up_bytes_s, o, "up");
        take(&d->down_bytes_s, o, "down");
        take(&d->triad_bytes_s, o, "triad");
        take(&d->float_flops_s, o, "float");
        take(&d->double_flops_s, o, "double");
        const char *why = json_string_value(json_object_get(o, "text"));
        if (json_object_get(o, "end")) complete = true;
        if (why) snprintf(d->problem, sizeof d->problem, "%s", why);
        json_decref(o);
    }
    return complete;
}

static void measure_one(measured_device *d, const device_row *row)
{
    char end[YKI_CHILD_END];
    *d = (measured_device){.row = row};
    yki_progress("measuring %s...", row->info.id);
    char *text = yki_topo_child(&(child_task){.what = YKI_CHILD_MEASURE, .index = row->index,
                                              .icd = row->icd[0] ? row->icd : NULL,
                                              .limit_ms = LIMIT_MS}, end);
    bool complete = text && take_lines(d, text);
    free(text);
    if (complete) return;
    snprintf(d->problem, sizeof d->problem, "%s", end[0] ? end : "ended without an answer");
}

void yki_measure_devices(measurement *m, const device_list *list)
{
    for (size_t i = 0; i < list->count && m->device_count < MOST_DEVICES; i++) {
        const device_row *row = &list->rows[i];
        if (row->info.type == YK_DEVICE_POOL || !row->info.id[0]) continue;
        measure_one(&m->devices[m->device_count++], row);
    }
}

/* ---- the pool ---- */

typedef struct meeting {
    _Atomic size_t there;
    size_t expected;
    _Atomic bool missed;
} meeting;

/* Ends when every worker is in it: a loop that the caller could end alone would show
 * nothing of what it costs to have the others take part. */
static void meet(void *ctx, size_t begin, size_t end, size_t worker)
{
    meeting *m = ctx;
    (void)begin, (void)end, (void)worker;
    atomic_fetch_add(&m->there, 1);
    uint64_t until = yki_now_ns() + MEETING_NS;
    while (atomic_load(&m->there) < m->expected) {
        if (atomic_load(&m->missed) || yki_now_ns() > until) {
            atomic_store(&m->missed, true);
            return;
        }
        yki_relax();
    }
}

double yki_measure_pool_launch(void)
{
    double samples[501];
    size_t n = 0;
    yk_engine *engine = NULL;
    if (yk_engine_open(&engine, &(yk_engine_opts){.devices = "none"}, NULL) != YK_OK) return 0;
    meeting m = {.expected = yk_engine_workers(engine)};
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        atomic_store(&m.there, 0);
        atomic_store(&m.missed, false);
        uint64_t start = yki_now_ns();
        if (yk_parallel_for(engine, m.expected, 1, meet, &m) != YK_OK) break;
        if (!atomic_load(&m.missed)) samples[n++] = yki_seconds(yki_now_ns() - start);
    }
    yk_engine_close(&engine);
    if (n == 0) return 0;
    qsort(samples, n, sizeof *samples, by_value);
    return samples[n / 2];
}
