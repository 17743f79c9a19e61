/* The model device's table: memory, a queue of jobs, a thread that takes them, and the
 * faults of its script.  The device's one thread enters the table; the model's own
 * thread runs `work`. */
#include "device/model/model_int.h"

#include <stdio.h>
#include <string.h>

typedef struct model {
    yki_device base;
    yki_model_script script;
    pthread_t thread;
    pthread_mutex_t lock;       /* guards what follows */
    pthread_cond_t more;
    model_job *first, **last;
    yki_model_counts counts;
    struct model_program *programs;
    _Atomic uint32_t stop;      /* ends scripted delays and hangs */
} model;

typedef struct model_program {
    struct model_program *next;
    const yk_kernel *kernel;
} model_program;

static const yki_backend backend;

/* How long closing a ticket that nobody waited for waits. */
#define PATIENCE_NS 10000000000u

static model *of(yki_device *device) { return (model *)device; }

static void add(model *m, size_t *counter, size_t by)
{
    pthread_mutex_lock(&m->lock);
    *counter += by;
    pthread_mutex_unlock(&m->lock);
}

/* ---- the thread ---- */

static void delay(model *m, uint64_t until_ns)
{
    while (atomic_load_explicit(&m->stop, memory_order_acquire) == 0)
        if (!yki_futex_wait(&m->stop, 0, until_ns)) return;
}

static model_job *next_job(model *m)
{
    pthread_mutex_lock(&m->lock);
    while (!m->first && atomic_load_explicit(&m->stop, memory_order_acquire) == 0)
        pthread_cond_wait(&m->more, &m->lock);
    model_job *mj = m->first;
    if (mj && !(m->first = mj->next)) m->last = &m->first;
    pthread_mutex_unlock(&m->lock);
    return mj;
}

static void run_job(model *m, model_job *mj)
{
    const double items = (double)(mj->job.end - mj->job.begin);
    uint64_t until = yki_now_ns() + m->script.job_ns + (uint64_t)(m->script.item_ns * items);
    if (m->script.hang > 0 && mj->number >= m->script.hang) until = UINT64_MAX;
    else yki_model_execute(mj);
    delay(m, until);
    pthread_mutex_lock(&m->lock);
    m->counts.jobs_done += until != UINT64_MAX;
    pthread_mutex_unlock(&m->lock);
    if (until == UINT64_MAX) return;
    atomic_store_explicit(&mj->done, 1, memory_order_release);
    yki_futex_wake(&mj->done, 1);
}

static void *work(void *ctx)
{
    model *m = ctx;
    for (model_job *mj; (mj = next_job(m));) run_job(m, mj);
    return NULL;
}

/* ---- programs and memory ---- */

static yk_status program(yki_device *device, const yk_kernel *kernel, yki_program **out,
                         bool *built, yk_diag *diag)
{
    model *m = of(device);
    if (m->script.fail_build)
        return yki_fail(diag, YK_E_BUILD, "%s: %s: the script refuses to build it",
                        device->info.id, kernel->name);
    model_program *p = m->programs;
    while (p && p->kernel != kernel) p = p->next;
    *built = !p;
    if (!p) {
        if (!(p = yki_alloc(1, sizeof *p))) return yki_fail(diag, YK_E_NOMEM, "no memory");
        *p = (model_program){m->programs, kernel};
        m->programs = p;
        add(m, &m->counts.programs, 1);
        delay(m, yki_now_ns() + m->script.build_ns);
    }
    *out = (yki_program *)p;
    return YK_OK;
}

static yk_status buffer_open(yki_device *device, size_t bytes, yki_buffer **out, yk_diag *diag)
{
    model *m = of(device);
    add(m, &m->counts.buffers, 1);
    yki_buffer *b = yki_alloc(1, sizeof *b);
    if (b) b->bytes = yki_alloc(bytes, 1);
    if (!b || !b->bytes || m->counts.buffers == m->script.fail_buffer) {
        if (b) yki_free(b->bytes);
        yki_free(b);
        return yki_fail(diag, YK_E_NOMEM, "%s: no memory for a buffer", device->info.id);
    }
    b->size = bytes;
    memset(b->bytes, 0xA5, bytes);
    add(m, &m->counts.live_buffers, 1);
    *out = b;
    return YK_OK;
}

static void buffer_close(yki_device *device, yki_buffer *b)
{
    add(of(device), &of(device)->counts.live_buffers, SIZE_MAX);
    yki_free(b->bytes);
    yki_free(b);
}

static yk_status stage_open(yki_device *device, size_t bytes, yki_stage **out, yk_diag *diag)
{
    yki_stage *s = yki_alloc(1, sizeof *s);
    if (s) s->bytes = yki_alloc(bytes, 1);
    if (!s || !s->bytes) {
        yki_free(s);
        return yki_fail(diag, YK_E_NOMEM, "%s: no memory for a stage", device->info.id);
    }
    s->size = bytes;
    add(of(device), &of(device)->counts.live_stages, 1);
    *out = s;
    return YK_OK;
}

static void stage_close(yki_device *device, yki_stage *s)
{
    add(of(device), &of(device)->counts.live_stages, SIZE_MAX);
    yki_free(s->bytes);
    yki_free(s);
}

/* ---- jobs ---- */

static void free_job(model_job *mj)
{
    yki_free(mj->transfers);
    yki_free(mj->args);
    yki_free(mj);
}

static model_job *copy_job(const yki_job *job)
{
    const yk_kernel *kernel = job->call->kernel;
    model_job *mj = yki_alloc(1, sizeof *mj + kernel->args_size);
    if (!mj) return NULL;
    mj->job = *job;
    mj->transfers = yki_alloc(job->n_up + job->n_down + 1, sizeof *mj->transfers);
    mj->args = yki_alloc(kernel->n_args + 1u, sizeof *mj->args);
    if (!mj->transfers || !mj->args) {
        free_job(mj);
        return NULL;
    }
    if (job->n_up) memcpy(mj->transfers, job->up, job->n_up * sizeof *job->up);
    if (job->n_down)
        memcpy(mj->transfers + job->n_up, job->down, job->n_down * sizeof *job->down);
    if (kernel->n_args) memcpy(mj->args, job->args, kernel->n_args * sizeof *job->args);
    if (kernel->args_size) memcpy(mj->block, job->call->args, kernel->args_size);
    mj->job.up = mj->transfers;
    mj->job.down = mj->transfers + job->n_up;
    mj->job.args = mj->args;
    return mj;
}

static yk_status submit(yki_device *device, const yki_job *job, yki_ticket **out, yk_diag *diag)
{
    model *m = of(device);
    model_job *mj = copy_job(job);
    if (!mj) return yki_fail(diag, YK_E_NOMEM, "no memory for a job");
    pthread_mutex_lock(&m->lock);
    mj->number = ++m->counts.submits;
    bool refused = mj->number == m->script.fail_submit;
    if (!refused) {
        *m->last = mj;
        m->last = &mj->next;
        m->counts.live_tickets++;
        for (size_t i = 0; i < job->n_up; i++) m->counts.bytes_up += yki_box_bytes(&job->up[i].box);
        for (size_t i = 0; i < job->n_down; i++)
            m->counts.bytes_down += yki_box_bytes(&job->down[i].box);
        pthread_cond_signal(&m->more);
    }
    pthread_mutex_unlock(&m->lock);
    if (refused) {
        free_job(mj);
        return yki_fail(diag, YK_E_DEVICE, "%s: the script refuses this job", device->info.id);
    }
    *out = &mj->base;
    return YK_OK;
}

static yk_status wait_job(yki_device *device, yki_ticket *ticket, uint64_t deadline_ns,
                          yk_diag *diag)
{
    model_job *mj = (model_job *)ticket;
    while (atomic_load_explicit(&mj->done, memory_order_acquire) == 0)
        if (!yki_futex_wait(&mj->done, 0, deadline_ns) &&
            atomic_load_explicit(&mj->done, memory_order_acquire) == 0) {
            device->abandoned = true;
            return yki_fail(diag, YK_E_TIMEOUT, "%s: no result by the deadline",
                            device->info.id);
        }
    if (mj->number == of(device)->script.fail_wait)
        return yki_fail(diag, YK_E_DEVICE, "%s: the script fails this job", device->info.id);
    return YK_OK;
}

/* Unlike a driver's thread, ours can be ended: an abandoned model leaks nothing. */
static void end_thread(model *m)
{
    if (atomic_exchange_explicit(&m->stop, 1, memory_order_acq_rel)) return;
    yki_futex_wake(&m->stop, UINT32_MAX);
    pthread_mutex_lock(&m->lock);
    m->first = NULL;        /* jobs that were never begun belong to their tickets */
    pthread_cond_signal(&m->more);
    pthread_mutex_unlock(&m->lock);
    pthread_join(m->thread, NULL);
}

static void ticket_close(yki_device *device, yki_ticket *ticket)
{
    model *m = of(device);
    if (!device->abandoned) (void)wait_job(device, ticket, yki_now_ns() + PATIENCE_NS, NULL);
    if (device->abandoned) end_thread(m);
    else add(m, &m->counts.live_tickets, SIZE_MAX);
    free_job((model_job *)ticket);
}

/* ---- opening ---- */

static void close_device(yki_device *device)
{
    model *m = of(device);
    end_thread(m);
    for (model_program *p = m->programs, *next; p; p = next) {
        next = p->next;
        yki_free(p);
    }
    pthread_cond_destroy(&m->more);
    pthread_mutex_destroy(&m->lock);
    yki_free(m);
}

static void describe(yk_device_info *info, const yki_model_script *s)
{
    yki_copy_text(info->id, sizeof info->id, s->id ? s->id : "model0");
    yki_copy_text(info->name, sizeof info->name, "model device");
    yki_copy_text(info->platform, sizeof info->platform, "model");
    info->type = s->type == YK_DEVICE_POOL ? YK_DEVICE_GPU : s->type;
    info->state = YK_DEVICE_READY;
    info->fp64 = !s->no_fp64;
    info->int64_atomics = 1;
    info->units = 1;
    info->memory_bytes = (s->memory_bytes ? s->memory_bytes : (size_t)1 << 30) / 9 * 10 + 10;
    info->alloc_bytes = s->alloc_bytes ? s->alloc_bytes : info->memory_bytes;
    info->local_bytes = 1 << 16;
    info->max_group = 1024;
}

yk_status yki_model_open(yki_device **out, const yki_model_script *script)
{
    static const yki_model_script plain = {0};
    model *m = yki_alloc(1, sizeof *m);
    if (!m) return YK_E_NOMEM;
    m->base.backend = &backend;
    m->script = script ? *script : plain;
    describe(&m->base.info, &m->script);
    m->script.id = NULL;
    yki_device_set_budget(&m->base, m->script.memory_bytes, UINT64_MAX);
    m->last = &m->first;
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->more, NULL);
    yk_status st = yki_thread_start(&m->thread, "model", work, m);
    if (st != YK_OK) {
        atomic_store_explicit(&m->stop, 1, memory_order_release);   /* nothing to join */
        close_device(&m->base);
        return st;
    }
    *out = &m->base;
    return YK_OK;
}

yki_model_counts yki_model_get_counts(yki_device *device)
{
    model *m = of(device);
    pthread_mutex_lock(&m->lock);
    yki_model_counts counts = m->counts;
    pthread_mutex_unlock(&m->lock);
    return counts;
}

static const yki_backend backend = {
    .abi = YKI_BACKEND_ABI,
    .size = sizeof(yki_backend),
    .name = "model",
    .close = close_device,
    .program = program,
    .buffer_open = buffer_open,
    .buffer_close = buffer_close,
    .stage_open = stage_open,
    .stage_close = stage_close,
    .submit = submit,
    .wait = wait_job,
    .ticket_close = ticket_close,
};
