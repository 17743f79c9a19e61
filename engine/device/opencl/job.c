/* Jobs: uploads on one queue, the kernel on another, downloads on a third, each joined
 * to the next by an event, so that the next job's uploads run beside this one's kernel.
 * Entered by the device's thread. */
#include "device/opencl/opencl_int.h"

#include <string.h>

typedef struct cl_ticket {
    yki_ticket base;
    cl_waiter *waiter;
    uint64_t submit_ns;
    size_t n_up, n_events;      /* events: uploads, the kernel, downloads */
    bool watched;               /* the callback will come */
    cl_event events[];
} cl_ticket;

/* ---- transfers ---- */

/* A box as the commands that move it: `count` of them, each of rows x planes runs.  The
 * standard wants plane pitches that are multiples of the row pitch and planes that do
 * not interleave; other boxes go row by row, or plane by plane. */
typedef struct cut {
    size_t count, rows, planes;
    size_t row_pitch, plane_pitch;              /* in the buffer */
    size_t stage_row, stage_plane;              /* in the stage */
    size_t buffer_step, stage_step;             /* from command to command */
} cut;

static cut cut_box(const yki_box *b)
{
    const size_t packed = b->run * b->rows;
    if (b->planes == 1)
        return (cut){1, b->rows, 1, b->row_pitch, 0, b->run, 0, 0, 0};
    if (b->plane_pitch % b->row_pitch == 0 && b->plane_pitch / b->row_pitch >= b->rows)
        return (cut){1, b->rows, b->planes, b->row_pitch, b->plane_pitch, b->run, packed, 0, 0};
    if (b->planes <= b->rows)
        return (cut){b->planes, b->rows, 1, b->row_pitch, 0, b->run, 0, b->plane_pitch, packed};
    return (cut){b->rows, b->planes, 1, b->plane_pitch, 0, packed, 0, b->row_pitch, b->run};
}

static size_t count_commands(const yki_transfer *list, size_t n)
{
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += cut_box(&list[i].box).count;
    return sum;
}

typedef struct moved {
    cl_command_queue queue;
    bool up;
    cl_event after;     /* may be NULL */
    const char *call;
} moved;

static cl_int move_rows(moved *m, const yki_transfer *t, const cut *c, size_t first,
                        unsigned char *host, cl_event *out)
{
    /* The driver wants the corner as byte, row and plane of a grid of such rows; as byte
     * `first` of row 0, any corner will do. */
    const size_t at[3] = {first, 0, 0}, zero[3] = {0, 0, 0};
    const size_t region[3] = {t->box.run, c->rows, c->planes};
    const cl_uint n = m->after ? 1 : 0;
    const cl_event *wait = m->after ? &m->after : NULL;
    cl_mem mem = t->buffer->mem;
    m->call = m->up ? "clEnqueueWriteBufferRect" : "clEnqueueReadBufferRect";
    if (m->up)
        return clEnqueueWriteBufferRect(m->queue, mem, CL_FALSE, at, zero, region, c->row_pitch,
                                        c->plane_pitch, c->stage_row, c->stage_plane, host, n,
                                        wait, out);
    return clEnqueueReadBufferRect(m->queue, mem, CL_FALSE, at, zero, region, c->row_pitch,
                                   c->plane_pitch, c->stage_row, c->stage_plane, host, n, wait,
                                   out);
}

static cl_int move_run(moved *m, const yki_transfer *t, size_t first, unsigned char *host,
                       cl_event *out)
{
    const cl_uint n = m->after ? 1 : 0;
    const cl_event *wait = m->after ? &m->after : NULL;
    m->call = m->up ? "clEnqueueWriteBuffer" : "clEnqueueReadBuffer";
    if (m->up)
        return clEnqueueWriteBuffer(m->queue, t->buffer->mem, CL_FALSE, first, t->box.run, host, n,
                                    wait, out);
    return clEnqueueReadBuffer(m->queue, t->buffer->mem, CL_FALSE, first, t->box.run, host, n, wait,
                               out);
}

/* Appends one event a command to events[*n...]. */
static cl_int move(moved *m, const yki_transfer *t, cl_event *events, size_t *n)
{
    const cut c = cut_box(&t->box);
    unsigned char *host = t->stage->bytes + t->stage_offset;
    for (size_t i = 0; i < c.count; i++) {
        size_t first = t->box.first + i * c.buffer_step;
        unsigned char *at = host + i * c.stage_step;
        cl_int err = c.rows == 1 && c.planes == 1 ? move_run(m, t, first, at, &events[*n])
                                                  : move_rows(m, t, &c, first, at, &events[*n]);
        if (err != CL_SUCCESS) return err;
        (*n)++;
    }
    return CL_SUCCESS;
}

/* ---- submitting ---- */

static cl_int flush(cl_command_queue queue, const char **call)
{
    *call = "clFlush";
    return clFlush(queue);
}

static cl_int watch(cl_ticket *ticket, const char **call)
{
    *call = "clSetEventCallback";
    cl_int err = yki_cl_watch(ticket->events[ticket->n_events - 1], ticket->waiter);
    ticket->watched = err == CL_SUCCESS;
    return err;
}

/* Everything of a job, in order.  On failure ticket->events holds what was queued. */
static cl_int enqueue(cl_dev *dev, const yki_job *job, cl_ticket *ticket, const char **call)
{
    cl_event *events = ticket->events;
    size_t *n = &ticket->n_events;
    cl_int err;
    moved up = {.queue = dev->up, .up = true}, down = {.queue = dev->down};
    for (size_t i = 0; i < job->n_up; i++)
        if ((err = move(&up, &job->up[i], events, n)) != CL_SUCCESS) {
            *call = up.call;
            return err;
        }
    ticket->n_up = *n;
    if (*n > 0 && (err = flush(dev->up, call)) != CL_SUCCESS) return err;
    err = yki_cl_launch(dev, job, *n > 0 ? events[*n - 1] : NULL, &events[*n], call);
    if (err != CL_SUCCESS) return err;
    down.after = events[(*n)++];
    if (job->n_down == 0 && (err = watch(ticket, call)) != CL_SUCCESS) return err;
    if ((err = flush(dev->compute, call)) != CL_SUCCESS || job->n_down == 0) return err;
    for (size_t i = 0; i < job->n_down; i++)
        if ((err = move(&down, &job->down[i], events, n)) != CL_SUCCESS) {
            *call = down.call;
            return err;
        }
    if ((err = watch(ticket, call)) != CL_SUCCESS) return err;
    return flush(dev->down, call);
}

/* What was queued must have ended before the job's buffers go back to their owner. */
static void take_back(cl_dev *dev, cl_ticket *ticket)
{
    if (ticket->n_events > 0) {
        (void)clFlush(dev->up);
        (void)clFlush(dev->compute);
        (void)clFlush(dev->down);
        (void)yki_cl_drain(dev, ticket->events, ticket->n_events);
    }
    yki_cl_ticket_close(&dev->base, &ticket->base);
}

yk_status yki_cl_submit(yki_device *device, const yki_job *job, yki_ticket **out, yk_diag *diag)
{
    cl_dev *dev = (cl_dev *)device;
    size_t commands = 1 + count_commands(job->up, job->n_up) +
                      count_commands(job->down, job->n_down);
    cl_ticket *ticket = yki_alloc(1, sizeof *ticket + commands * sizeof(cl_event));
    cl_waiter *waiter = yki_alloc(1, sizeof *waiter);
    if (!ticket || !waiter) {
        yki_free(ticket);
        yki_free(waiter);
        return yki_fail(diag, YK_E_NOMEM, "no memory for a job");
    }
    const char *call = "";
    ticket->waiter = waiter;
    ticket->submit_ns = yki_now_ns();
    cl_int err = enqueue(dev, job, ticket, &call);
    if (err == CL_SUCCESS) {
        *out = &ticket->base;
        return YK_OK;
    }
    yk_status st = yki_cl_fail(diag, &device->info, err, call);
    if (diag) yki_copy_text(diag->kernel, sizeof diag->kernel, job->call->kernel->name);
    take_back(dev, ticket);
    return st;
}

/* ---- waiting ---- */

static double duration(cl_event event)
{
    cl_ulong start = 0, end = 0;
    if (clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) !=
            CL_SUCCESS ||
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) !=
            CL_SUCCESS ||
        end < start)
        return 0;
    return yki_seconds(end - start);
}

/* No kernel takes less: a driver that says so has no clock (rusticl of Mesa 22.3 puts
 * every end a nanosecond behind its start), and all of the job's time is put down to the
 * kernel. */
#define SHORTEST_S 1e-7

static void read_times(cl_ticket *ticket)
{
    yki_ticket_times *times = &ticket->base.times;
    for (size_t i = 0; i < ticket->n_events; i++) {
        double *sum = i < ticket->n_up ? &times->up_s
                    : i == ticket->n_up ? &times->kernel_s : &times->down_s;
        *sum += duration(ticket->events[i]);
    }
    if (times->kernel_s < SHORTEST_S)
        *times = (yki_ticket_times){
            .kernel_s = yki_seconds(ticket->waiter->done_ns - ticket->submit_ns),
        };
}

/* The last command has ended; the others have too, since each waits for the one before,
 * but a driver may run on after a command that failed. */
static yk_status check(cl_dev *dev, cl_ticket *ticket, yk_diag *diag)
{
    cl_int worst = ticket->waiter->status < 0 ? ticket->waiter->status : CL_COMPLETE;
    if (!yki_cl_drain(dev, ticket->events, ticket->n_events))
        return yki_fail(diag, YK_E_TIMEOUT, "%s: commands of a job that had ended never did",
                        dev->base.info.id);
    size_t at = ticket->n_events - 1;
    for (size_t i = ticket->n_events; i-- > 0;) {
        cl_int status = CL_COMPLETE;
        cl_int err = clGetEventInfo(ticket->events[i], CL_EVENT_COMMAND_EXECUTION_STATUS,
                                    sizeof status, &status, NULL);
        if (err == CL_SUCCESS && status >= 0) continue;
        worst = err == CL_SUCCESS ? status : err;
        at = i;     /* the first that failed is the cause of the others */
    }
    if (worst == CL_COMPLETE) return YK_OK;
    return yki_cl_fail(diag, &dev->base.info, worst,
                       at < ticket->n_up ? "an upload" : at == ticket->n_up ? "a kernel"
                                                                            : "a download");
}

yk_status yki_cl_wait(yki_device *device, yki_ticket *base, uint64_t deadline_ns, yk_diag *diag)
{
    cl_dev *dev = (cl_dev *)device;
    cl_ticket *ticket = (cl_ticket *)base;
    if (!yki_cl_sleep(ticket->waiter, deadline_ns)) {
        device->abandoned = true;
        yk_status st = yki_fail(diag, YK_E_TIMEOUT, "%s: no result by the deadline",
                                device->info.id);
        if (diag) yki_copy_text(diag->device, sizeof diag->device, device->info.id);
        return st;
    }
    yk_status st = check(dev, ticket, diag);
    if (st == YK_OK) read_times(ticket);
    return st;
}

void yki_cl_ticket_close(yki_device *device, yki_ticket *base)
{
    cl_ticket *ticket = (cl_ticket *)base;
    if (!device->abandoned && ticket->watched &&
        !yki_cl_sleep(ticket->waiter, yki_now_ns() + YKI_CL_PATIENCE_NS))
        device->abandoned = true;
    if (device->abandoned) {
        /* Its callback may come yet: the waiter stays. */
        yki_free(ticket);
        return;
    }
    for (size_t i = 0; i < ticket->n_events; i++) clReleaseEvent(ticket->events[i]);
    yki_free(ticket->waiter);
    yki_free(ticket);
}
