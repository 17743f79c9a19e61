/* What the model device computes: one job, on private memory.  Entered by the model's
 * own thread. */
#include "device/model/model_int.h"

#include <string.h>

static uint64_t transfer(const yki_transfer *t, bool up)
{
    const yki_box *b = &t->box;
    unsigned char *stage = t->stage->bytes + t->stage_offset;
    for (size_t p = 0; p < b->planes; p++)
        for (size_t r = 0; r < b->rows; r++, stage += b->run) {
            size_t at = b->first + p * b->plane_pitch + r * b->row_pitch;
            if (up) memcpy(t->buffer->bytes + at, stage, b->run);
            else memcpy(stage, t->buffer->bytes + at, b->run);
        }
    return yki_box_bytes(b);
}

/* The argument block as the device has it: each array's pointer so that its element
 * `base` is the buffer's first.  As integers, since most of such an array is not there. */
static void patch(model_job *mj)
{
    const yk_kernel *kernel = mj->job.call->kernel;
    for (uint32_t i = 0; i < kernel->n_args; i++) {
        const yk_arg *arg = &kernel->args[i];
        if (arg->mode == YK_MODE_SCALAR) continue;
        uintptr_t at = (uintptr_t)mj->args[i].buffer->bytes;
        if (arg->mode < YK_MODE_SUM) {
            at -= (uintptr_t)mj->args[i].base * arg->size;
            memcpy(mj->block + arg->offset, &at, sizeof at);
            continue;
        }
        if (arg->ordered) {
            size_t first = mj->job.begin / mj->job.call->block;
            at -= first * (size_t)mj->job.call->shape.window[i].extent * arg->size;
        }
        memcpy(&mj->reduce[i], &at, sizeof at);
    }
}

void yki_model_execute(model_job *mj)
{
    const yki_job *job = &mj->job;
    const yki_call *call = job->call;
    const size_t origin = call->shape.lo[call->kernel->axis];
    uint64_t t0 = yki_now_ns();
    for (size_t i = 0; i < job->n_up; i++) transfer(&job->up[i], true);
    uint64_t t1 = yki_now_ns();
    patch(mj);
    const yk_slice slice = {
        .range = &call->range,
        .shape = &call->shape,
        .args = mj->block,
        .reduce = mj->reduce,
        .begin = origin + job->begin,
        .end = origin + job->end,
        .block = call->block,
    };
    yki_kernel_host(call->kernel, YK_ISA_GENERIC)(&slice);
    uint64_t t2 = yki_now_ns();
    for (size_t i = 0; i < job->n_down; i++) transfer(&job->down[i], false);
    mj->base.times = (yki_ticket_times){
        .up_s = yki_seconds(t1 - t0),
        .kernel_s = yki_seconds(t2 - t1),
        .down_s = yki_seconds(yki_now_ns() - t2),
    };
}
