/* The engine: owns one of each room and nothing else, and is what the public calls
 * enter by.  Options come from the caller or else from the environment, strictly read.
 *
 * Two facts about the process are checked here, since no room may know of them: a fork
 * (every call of the child is refused), and another engine on the same cores (the second
 * one's workers stay unpinned). */
#include <base/base.h>
#include <dirent.h>
#include <memory/memory.h>
#include <plan/plan.h>
#include <pool/pool.h>
#include <run/run.h>
#include <stdio.h>
#include <string.h>
#include <task/map.h>
#include <task/task.h>
#include <topo/topo.h>
#include <yoke/yoke.h>

/* What one thread last did on an engine. */
typedef struct memo {
    bool called, launched;
    yk_report report;
    yk_diag diag;
} memo;

struct yk_engine {
    yk_topo *topo;
    yki_pool *pool;
    yki_rates *rates;
    yki_blocks *blocks;
    yki_runner *runner;
    yki_tasks *tasks;
    const char *pool_note;      /* why its workers are not pinned; NULL: they are */
    pthread_key_t memos;        /* of each thread: memo */
    bool has_memos;
};

static yk_status check_engine(const yk_engine *e)
{
    if (!e) return YK_E_INVALID;
    return yki_pool_forked(e->pool) ? YK_E_FORKED : YK_OK;
}

/* A launch that never gets to the runner: its report says that nothing was done. */
static yk_status refuse(yk_status st, const yk_run_opts *opts)
{
    if (!opts) return st;
    if (opts->report) memset(opts->report, 0, sizeof *opts->report);
    return yki_fail(opts->diag, st, st == YK_E_FORKED
                    ? "the engine was opened before a fork: open one in the child"
                    : "the engine is NULL");
}

/* ---- options ---- */

typedef struct settings {
    size_t carve, device_bytes;
    const char *devices;        /* NULL: the default; "none" */
    bool pin;
    bool checked;               /* kernels must have been built with checks */
} settings;

static yk_status check_reserved(const yk_engine_opts *o, yk_diag *diag)
{
    for (size_t i = 0; i < YKI_COUNT(o->reserved); i++)
        if (o->reserved[i])
            return yki_fail(diag, YK_E_INVALID, "yk_engine_opts.reserved must be NULL");
    return YK_OK;
}

static yk_status read_settings(const yk_engine_opts *o, settings *s, yk_diag *diag)
{
    *s = (settings){.pin = true};
    yk_status st = check_reserved(o, diag);
    if (st == YK_OK) st = yki_env_bool("YOKE_PIN", &s->pin, diag);
    if (st == YK_OK) st = yki_env_size("YOKE_CARVE", 0, 65536, &s->carve, diag);
    if (st == YK_OK) st = yki_env_bytes("YOKE_DEVICE_MEM", &s->device_bytes, diag);
    if (st == YK_OK) st = yki_env_bool("YOKE_CHECK", &s->checked, diag);
    if (st != YK_OK) return st;
    s->devices = o->devices ? o->devices : yki_env("YOKE_DEVICES");
    if (o->carve) s->carve = o->carve;
    if (o->device_bytes) s->device_bytes = o->device_bytes;
    if (o->pin) s->pin = o->pin > 0;
    if (o->reproducible || s->checked) s->devices = "none";
    return YK_OK;
}

/* ---- the cores ---- */

/* Another engine's workers bear names of the pool's. */
static bool has_other_engine(void)
{
    bool found = false;
    char path[320], name[32];
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks) return false;
    struct dirent *d;
    while (!found && (d = readdir(tasks)) != NULL) {
        if (d->d_name[0] == '.') continue;
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/comm", d->d_name);
        if (yki_read_file("", path, name, sizeof name) != YK_OK) continue;
        found = strncmp(name, "yoke/", 5) == 0 && name[5] >= '0' && name[5] <= '9';
    }
    (void)closedir(tasks);
    return found;
}

/* Workers get the first cores, the carved device the last ones. */
static yk_status open_pool(yk_engine *e, const settings *s, yk_diag *diag)
{
    size_t workers = yk_topo_workers(e->topo);
    if (s->carve >= workers)
        return yki_fail(diag, YK_E_INVALID, "carve %zu: expected a whole number from 0 to %zu",
                        s->carve, workers - 1);
    if (!s->pin) e->pool_note = "not pinned: asked not to";
    else if (has_other_engine()) e->pool_note = "not pinned: another engine's workers are";
    bool pin = !e->pool_note && yk_topo_is_this_machine(e->topo);
    yki_pool_opts opts = {.workers = workers - s->carve,
                          .cpus = pin ? yk_topo_worker_cpus(e->topo) : NULL,
                          .no_spin = yk_topo_quota(e->topo) > 0};
    return yki_pool_open(&e->pool, &opts, diag);
}

/* ---- devices ---- */

static bool wants_devices(const yk_engine *e, const settings *s)
{
    if (s->devices) return strcmp(s->devices, "none") != 0;
    return yk_topo_pci_count(e->topo) > 0;
}

static yk_status open_runner(yk_engine *e, const settings *s, yk_diag *diag)
{
    bool devices = wants_devices(e, s);
    yki_runner_parts parts = {.owner = e, .pool = e->pool, .rates = e->rates, .blocks = e->blocks,
                              .isa = yk_topo_isa(e->topo), .no_devices = !devices,
                              .checked = s->checked,
                              .pool_name = yk_topo_cpu_model(e->topo),
                              .pool_note = e->pool_note,
                              .memory_bytes = yk_topo_memory_limit(e->topo)};
    yk_status st = yki_runner_open(&e->runner, &parts);
    if (st != YK_OK) return yki_fail(diag, st, "no memory for the engine");
    if (s->carve && !s->devices)
        return yki_fail(diag, YK_E_INVALID, "carve: name the OpenCL CPU device to carve for");
    if (!devices) return YK_OK;
    size_t first = yk_topo_workers(e->topo) - s->carve;
    yki_open_request q = {.devices = s->devices, .device_bytes = s->device_bytes,
                          .carve = s->carve,
                          .carve_cpus = yk_topo_worker_cpus(e->topo) + first};
    return yki_runner_open_devices(e->runner, &q, diag);
}

/* ---- life ---- */

static yk_status open_rooms(yk_engine *e, const yk_engine_opts *o, yk_diag *diag)
{
    settings s;
    yk_status st = read_settings(o, &s, diag);
    if (st != YK_OK) return st;
    yk_topo_opts topo = {.threads = o->threads, .isa = o->isa, .pci = s.devices == NULL};
    if ((st = yk_topo_open(&e->topo, &topo, diag)) != YK_OK) return st;
    if ((st = open_pool(e, &s, diag)) != YK_OK) return st;
    st = yki_rates_open(&e->rates);
    if (st == YK_OK) st = yki_blocks_open(&e->blocks);
    if (st == YK_OK && pthread_key_create(&e->memos, yki_free) == 0) e->has_memos = true;
    if (st != YK_OK) return yki_fail(diag, st, "no memory for the engine");
    if ((st = open_runner(e, &s, diag)) != YK_OK) return st;
    yki_tasks_opts tasks = {.pool = e->pool, .runner = e->runner,
                            .no_spin = yk_topo_quota(e->topo) > 0,
                            .blocking_threads = o->blocking_threads};
    return yki_tasks_open(&e->tasks, &tasks, diag);
}

yk_status yk_engine_open(yk_engine **out, const yk_engine_opts *opts, yk_diag *diag)
{
    yk_diag unused;
    const yk_engine_opts none = {0};
    if (!diag) diag = &unused;
    memset(diag, 0, sizeof *diag);
    if (!out) return yki_fail(diag, YK_E_INVALID, "out is NULL");
    yk_engine *e = yki_alloc(1, sizeof *e);
    if (!e) return yki_fail(diag, YK_E_NOMEM, "no memory for the engine");
    yk_status st = open_rooms(e, opts ? opts : &none, diag);
    if (st == YK_OK) {
        *out = e;
        e = NULL;
    }
    yk_engine_close(&e);
    return st;
}

/* The tasks end first, since they launch; their room goes last, since the pool's workers look
 * into it as long as there are any. */
static void close_rooms(yk_engine *e)
{
    yki_runner_close(&e->runner);
    yki_blocks_close(&e->blocks);
    yki_pool_close(&e->pool);
    yki_tasks_close(&e->tasks);
    yki_rates_close(&e->rates);
    yk_topo_close(&e->topo);
    if (e->has_memos) {
        yki_free(pthread_getspecific(e->memos));
        (void)pthread_key_delete(e->memos);
    }
    yki_free(e);
}

yk_status yk_engine_close_within(yk_engine **engine, double timeout_s)
{
    yk_engine *e = engine ? *engine : NULL;
    if (timeout_s != timeout_s) return YK_E_INVALID;
    if (!e) return YK_OK;
    /* In a forked child the threads are gone and the drivers broken: everything is left
     * to the end of the process. */
    bool forked = e->pool && yki_pool_forked(e->pool);
    uint64_t deadline = yki_time_after(yki_now_ns(), timeout_s);
    if (!forked && e->tasks && !yki_tasks_drain(e->tasks, deadline)) return YK_E_TIMEOUT;
    *engine = NULL;
    if (!forked) close_rooms(e);
    return YK_OK;
}

void yk_engine_close(yk_engine **engine) { (void)yk_engine_close_within(engine, -1); }

size_t yk_engine_workers(const yk_engine *e) { return e ? yki_pool_get_info(e->pool).workers : 0; }
const yk_topo *yk_engine_topo(const yk_engine *e) { return e ? e->topo : NULL; }

size_t yk_engine_devices(yk_engine *e, yk_device_info *out, size_t max)
{
    if (check_engine(e) != YK_OK) return 0;
    return yki_runner_devices(e->runner, out, out ? max : 0);
}

/* ---- loops and launches ---- */

yk_status yk_parallel_for(yk_engine *e, size_t n, size_t grain, yk_body body, void *ctx)
{
    yk_status st = check_engine(e);
    if (st != YK_OK) return st;
    if (!body) return YK_E_INVALID;
    if (n) yki_pool_run(e->pool, n, grain, body, ctx);
    return YK_OK;
}

/* The calling thread's memo, made at its first launch; NULL if there is no memory, when
 * only yk_last_report and yk_last_diag suffer. */
static memo *own_memo(yk_engine *e)
{
    if (!e->has_memos) return NULL;
    memo *m = pthread_getspecific(e->memos);
    if (m) return m;
    m = yki_alloc(1, sizeof *m);
    if (m && pthread_setspecific(e->memos, m) != 0) {
        yki_free(m);
        m = NULL;
    }
    return m;
}

static yk_status check_opts(const yk_run_opts *opts, yk_diag *diag)
{
    if (!opts) return YK_OK;
    for (size_t i = 0; i < YKI_COUNT(opts->reserved); i++)
        if (opts->reserved[i])
            return yki_fail(diag, YK_E_INVALID, "yk_run_opts.reserved must be NULL");
    if ((unsigned)opts->policy > YK_POLICY_DYNAMIC)
        return yki_fail(diag, YK_E_INVALID, "policy %d is none", (int)opts->policy);
    if (!(opts->deadline_s >= 0))
        return yki_fail(diag, YK_E_INVALID, "deadline_s is negative or no number");
    if (opts->n_after && !opts->after)
        return yki_fail(diag, YK_E_INVALID, "after is NULL, n_after %zu", opts->n_after);
    for (size_t i = 0; i < opts->n_after; i++)
        if (!opts->after[i]) return yki_fail(diag, YK_E_INVALID, "after[%zu] is NULL", i);
    return YK_OK;
}

/* Where a call's report and diagnostic are gathered before they go where they belong. */
typedef struct outcome {
    memo *memo;
    yk_report *report;
    yk_diag *diag;
    yk_report spare_report;
    yk_diag spare_diag;
} outcome;

static void gather(yk_engine *e, outcome *o)
{
    o->memo = own_memo(e);
    o->report = o->memo ? &o->memo->report : &o->spare_report;
    o->diag = o->memo ? &o->memo->diag : &o->spare_diag;
    if (o->memo) o->memo->called = true;
    o->diag->status = YK_OK;
    o->diag->text[0] = o->diag->kernel[0] = '\0';
}

static yk_status hand_out(const outcome *o, yk_status st, const yk_run_opts *opts)
{
    o->diag->status = st;
    if (opts && opts->diag && st != YK_OK) *opts->diag = *o->diag;
    return st;
}

yk_status yk_launch(yk_engine *e, const yk_kernel *kernel, const yk_range *range,
                    const void *args, const yk_run_opts *opts)
{
    yk_status st = check_engine(e);
    if (st != YK_OK) return refuse(st, opts);
    outcome o;
    gather(e, &o);
    if (o.memo) o.memo->launched = true;
    st = check_opts(opts, o.diag);
    if (st == YK_OK && opts && opts->n_after)
        st = yki_fail(o.diag, YK_E_INVALID, "yk_launch waits for no futures: n_after must be 0");
    if (st == YK_OK)
        st = yki_runner_launch(e->runner, kernel, range, args, opts, o.report, o.diag);
    else memset(o.report, 0, sizeof *o.report);
    if (opts && opts->report) yki_report_copy(opts->report, o.report);
    return hand_out(&o, st, opts);
}

static yk_status submit_after(yk_engine *e, const yk_kernel *kernel, const yk_range *range,
                              const void *args, const yk_run_opts *opts, yk_event **event,
                              yk_diag *diag)
{
    yk_event *ev = NULL;
    if (!event) return yki_fail(diag, YK_E_INVALID, "event is NULL");
    yk_status st = yki_runner_prepare(e->runner, kernel, range, args, opts, &ev, diag);
    if (st == YK_OK) st = yki_tasks_start_after(e->tasks, opts->after, opts->n_after, ev, diag);
    if (st == YK_OK) {
        *event = ev;
        ev = NULL;
    }
    if (ev) (void)yki_event_abort(ev, st, "it could not be told what to wait for");
    yk_event_free(&ev);
    return st;
}

yk_status yk_submit(yk_engine *e, const yk_kernel *kernel, const yk_range *range,
                    const void *args, const yk_run_opts *opts, yk_event **event)
{
    yk_status st = check_engine(e);
    if (st != YK_OK) return refuse(st, opts);
    outcome o;
    gather(e, &o);
    st = check_opts(opts, o.diag);
    if (st == YK_OK && opts && opts->n_after)
        st = submit_after(e, kernel, range, args, opts, event, o.diag);
    else if (st == YK_OK)
        st = yki_runner_submit(e->runner, kernel, range, args, opts, event, o.diag);
    if (st != YK_OK && opts && opts->report) memset(opts->report, 0, sizeof *opts->report);
    return hand_out(&o, st, opts);
}

yk_status yk_engine_settle(yk_engine *e, double timeout_s)
{
    yk_status st = check_engine(e);
    if (st != YK_OK) return st;
    outcome o;
    uint64_t deadline = yki_time_after(yki_now_ns(), timeout_s);
    gather(e, &o);
    return hand_out(&o, yki_runner_settle(e->runner, deadline, o.diag), NULL);
}

static yk_status find_memo(yk_engine *e, const memo **out)
{
    yk_status st = check_engine(e);
    if (st != YK_OK) return st;
    const memo *m = e->has_memos ? pthread_getspecific(e->memos) : NULL;
    if (!m || !m->called) return YK_E_INVALID;
    *out = m;
    return YK_OK;
}

yk_status yk_last_report(yk_engine *e, yk_report *out)
{
    const memo *m;
    yk_status st = out ? find_memo(e, &m) : YK_E_INVALID;
    if (st == YK_OK && !m->launched) st = YK_E_INVALID;
    if (st == YK_OK) yki_report_copy(out, &m->report);
    return st;
}

yk_status yk_last_diag(yk_engine *e, yk_diag *out)
{
    const memo *m;
    yk_status st = out ? find_memo(e, &m) : YK_E_INVALID;
    if (st == YK_OK) *out = m->diag;
    return st;
}

/* ---- tasks ---- */

yk_status yk_task_submit(yk_engine *e, yk_task_fn fn, void *arg, const yk_task_opts *opts,
                         yk_future **out)
{
    yk_status st = check_engine(e);
    return st == YK_OK ? yki_tasks_submit(e->tasks, fn, arg, opts, out) : st;
}

yk_status yk_group_open(yk_engine *e, yk_group **out)
{
    yk_status st = check_engine(e);
    if (st == YK_OK && !out) st = YK_E_INVALID;
    return st == YK_OK ? yki_group_open(e->tasks, out) : st;
}

yk_status yk_event_future(yk_event *event, yk_future **out)
{
    yk_engine *e = event ? yki_event_owner(event) : NULL;
    yk_status st = check_engine(e);
    if (st == YK_OK && !out) st = YK_E_INVALID;
    return st == YK_OK ? yki_tasks_event(e->tasks, event, out) : st;
}

static yk_status refuse_map(yk_status st, const yk_map_opts *opts)
{
    return yki_map_refuse(opts, st, st == YK_E_FORKED
                          ? "the engine was opened before a fork: open one in the child"
                          : "the engine is NULL");
}

yk_status yk_map(yk_engine *e, yk_map_fn fn, void *ctx, const void *in, size_t in_size,
                 void *out, size_t out_size, size_t n, const yk_map_opts *opts)
{
    yk_status st = check_engine(e);
    if (st != YK_OK) return refuse_map(st, opts);
    return yki_map(e->tasks, fn, ctx, in, in_size, out, out_size, n, opts);
}

yk_status yk_map_stream(yk_engine *e, const yk_stream *stream, const yk_map_opts *opts,
                        size_t *count)
{
    yk_status st = check_engine(e);
    if (st != YK_OK) return refuse_map(st, opts);
    return yki_map_stream(e->tasks, stream, opts, count);
}

/* ---- memory ---- */

void *yk_alloc(yk_engine *e, size_t bytes)
{
    if (check_engine(e) != YK_OK || bytes == 0) return NULL;
    return yki_blocks_alloc(e->blocks, e->pool, bytes);
}

void yk_free(yk_engine *e, void *p)
{
    if (p && check_engine(e) == YK_OK) yki_blocks_free(e->blocks, p);
}
