/* A part on its way: staged, sent, waited for, committed.  Nothing reaches the user's
 * arrays before yki_chunk_commit, so a part that fails can be done again by somebody
 * else.  Entered by the device's thread. */
#include "memory/memory_int.h"

#include <stdlib.h>
#include <string.h>

/* ---- one device's memory ---- */

yk_status yki_memory_open(yki_memory **out, yki_device *device, yki_blocks *blocks)
{
    yki_memory *memory = yki_alloc(1, sizeof *memory);
    if (!memory) return YK_E_NOMEM;
    const yk_device_info *info = yki_device_info(device);
    memory->device = device;
    memory->blocks = blocks;
    memory->stages_count = info->shares_cores || info->unified;
    *out = memory;
    return YK_OK;
}

static void drop_chunk(yki_memory *memory, yki_chunk *chunk)
{
    for (size_t i = 0; i < YK_MAX_ARGS; i++) yki_drop_buffer(memory, &chunk->buffers[i]);
    yki_drop_stage(memory, &chunk->up);
    yki_drop_stage(memory, &chunk->down);
    yki_free(chunk);
}

void yki_memory_close(yki_memory **out)
{
    yki_memory *memory = *out;
    if (!memory) return;
    for (yki_chunk *c = memory->chunks, *next; c; c = next) {
        next = c->next;
        yki_chunk *open = c;
        yki_chunk_close(&open);
        drop_chunk(memory, c);
    }
    for (size_t i = 0; i < YK_MAX_ARGS; i++) yki_drop_buffer(memory, &memory->shared[i].held);
    yki_free(memory);
    *out = NULL;
}

void yki_memory_launch_begin(yki_memory *memory, const yki_call *call)
{
    yki_memory_launch_end(memory);
    /* Buffers of the wrong sizes, kept by the first chunk, would be missing for the
     * second. */
    if ((memory->kernel != call->kernel || memory->items != call->items) &&
        memory->used > yki_device_budget(memory->device) / YKI_MAX_CHUNKS)
        yki_drop_idle(memory, NULL);
    memory->launch = call;
    memory->kernel = call->kernel;
    memory->items = call->items;
}

void yki_memory_launch_end(yki_memory *memory)
{
    memory->launch = NULL;
    for (size_t i = 0; i < YK_MAX_ARGS; i++) memory->shared[i].valid = false;
}

/* ---- starting ---- */

static yki_chunk *take_chunk(yki_memory *memory)
{
    size_t n = 0;
    for (yki_chunk *c = memory->chunks; c; c = c->next, n++)
        if (!c->busy) return c;
    yki_chunk *c = n < YKI_MAX_CHUNKS ? yki_alloc(1, sizeof *c) : NULL;
    if (!c) return NULL;
    c->memory = memory;
    c->next = memory->chunks;
    memory->chunks = c;
    return c;
}

/* The buffer of one argument, whichever way it goes. */
static yk_status provide(yki_chunk *chunk, size_t i, yk_diag *diag)
{
    yki_memory *memory = chunk->memory;
    arg_plan *plan = &chunk->plans[i];
    yk_status st = YK_OK;
    if (plan->way == WAY_OWN) {
        st = yki_hold_buffer(memory, &chunk->buffers[i], plan->buffer_bytes, diag);
        chunk->args[i].buffer = chunk->buffers[i].buffer;
    } else if (plan->way == WAY_SHARED) {
        st = yki_hold_buffer(memory, &memory->shared[i].held, plan->buffer_bytes, diag);
        chunk->args[i].buffer = memory->shared[i].held.buffer;
        plan->counted = st == YK_OK;
        memory->shared[i].users += plan->counted;
    } else if (plan->way == WAY_WRAPPED) {
        unsigned char *at = (unsigned char *)yki_call_pointer(chunk->call, i) + plan->first;
        st = yki_buffer_wrap(memory->device, at, plan->buffer_bytes, &plan->wrapped, diag);
        chunk->args[i].buffer = plan->wrapped;
        if (st == YK_OK && yki_blocks_hold(memory->blocks, at, plan->buffer_bytes))
            plan->wrapped_at = at;
    }
    return st;
}

/* One transfer a box, packed one after another from `at` on. */
static void add_transfers(yki_chunk *chunk, size_t i, yki_stage *stage, size_t at,
                          yki_transfer *list, size_t *n, uint64_t *bytes)
{
    const arg_plan *plan = &chunk->plans[i];
    for (size_t b = 0; b < plan->n_boxes; b++) {
        yki_transfer *t = &list[(*n)++];
        *t = (yki_transfer){chunk->args[i].buffer, plan->boxes[b], stage, at};
        t->box.first -= plan->first;
        at += yki_box_bytes(&t->box);
        *bytes += yki_box_bytes(&t->box);
    }
}

static void stage_argument(yki_chunk *chunk, size_t i)
{
    const yki_call *call = chunk->call;
    const arg_plan *plan = &chunk->plans[i];
    if (!plan->up) return;
    unsigned char *to = (unsigned char *)yki_stage_bytes(chunk->up.stage) + plan->up_at;
    if (yki_is_reduction(&call->kernel->args[i])) {
        yki_reduce_identity(call, i, to);
        return;
    }
    for (size_t b = 0; b < plan->n_boxes; b++) {
        yki_pack(&plan->boxes[b], to, yki_call_pointer(call, i));
        to += yki_box_bytes(&plan->boxes[b]);
    }
}

static yk_status prepare(yki_chunk *chunk, size_t begin, size_t end, yk_diag *diag)
{
    const yk_kernel *kernel = chunk->call->kernel;
    yki_memory *memory = chunk->memory;
    size_t up_bytes, down_bytes;
    yk_status st = yki_plan_part(chunk, begin, end, &up_bytes, &down_bytes, diag);
    for (uint32_t i = 0; st == YK_OK && i < kernel->n_args; i++) st = provide(chunk, i, diag);
    if (st == YK_OK) st = yki_hold_stage(memory, &chunk->up, up_bytes, diag);
    if (st == YK_OK) st = yki_hold_stage(memory, &chunk->down, down_bytes, diag);
    if (st != YK_OK) return st;
    for (uint32_t i = 0; i < kernel->n_args; i++) {
        const arg_plan *plan = &chunk->plans[i];
        if (plan->way == WAY_NONE) continue;
        chunk->args[i].base = plan->first / kernel->args[i].size;
        if (plan->up)
            add_transfers(chunk, i, chunk->up.stage, plan->up_at, chunk->ups, &chunk->n_ups,
                          &chunk->info.bytes_up);
        if (plan->down)
            add_transfers(chunk, i, chunk->down.stage, plan->down_at, chunk->downs,
                          &chunk->n_downs, &chunk->info.bytes_down);
        stage_argument(chunk, i);
    }
    return YK_OK;
}

static yk_status submit(yki_chunk *chunk, yki_program *program, yk_diag *diag)
{
    const yki_job job = {
        .call = chunk->call,
        .program = program,
        .begin = chunk->info.begin,
        .end = chunk->info.end,
        .args = chunk->args,
        .up = chunk->ups,
        .down = chunk->downs,
        .n_up = chunk->n_ups,
        .n_down = chunk->n_downs,
    };
    yk_status st = yki_job_submit(chunk->memory->device, &job, &chunk->ticket, diag);
    if (st != YK_OK) return st;
    /* The device's kernels run in order: one that reads a shared array finds it there
     * once the first that brought it along has started. */
    for (uint32_t i = 0; i < chunk->call->kernel->n_args; i++)
        if (chunk->plans[i].way == WAY_SHARED) chunk->memory->shared[i].valid = true;
    return YK_OK;
}

yk_status yki_chunk_start(yki_memory *memory, const yki_call *call, yki_program *program,
                          size_t begin, size_t end, yki_chunk **out, yk_diag *diag)
{
    const uint64_t t0 = yki_now_ns();
    if (begin >= end || end > call->items)
        return yki_fail(diag, YK_E_INVALID, "%s: no part [%zu, %zu)", call->kernel->name, begin,
                        end);
    yki_chunk *chunk = take_chunk(memory);
    if (!chunk) return yki_fail(diag, YK_E_NOMEM, "no memory for another part in flight");
    chunk->busy = true;
    chunk->call = call;
    chunk->n_ups = chunk->n_downs = 0;
    chunk->info = (yki_chunk_info){.begin = begin, .end = end};
    memset(chunk->args, 0, sizeof chunk->args);
    memset(chunk->plans, 0, sizeof chunk->plans);
    yk_status st = prepare(chunk, begin, end, diag);
    chunk->info.stage_s = yki_seconds(yki_now_ns() - t0);
    if (st == YK_OK) st = submit(chunk, program, diag);
    if (st == YK_OK) *out = chunk;
    else yki_chunk_close(&chunk);
    return st;
}

/* ---- waiting, committing, closing ---- */

yk_status yki_chunk_wait(yki_chunk *chunk, uint64_t deadline_ns, yk_diag *diag)
{
    yk_status st = yki_ticket_wait(chunk->memory->device, chunk->ticket, deadline_ns, diag);
    if (st == YK_OK) chunk->info.device = yki_ticket_get_times(chunk->ticket);
    /* Whatever it brought along for others may not be there. */
    else
        for (size_t i = 0; i < YK_MAX_ARGS; i++) chunk->memory->shared[i].valid = false;
    return st;
}

static void commit_reduction(const yki_chunk *chunk, size_t i, const void *results,
                             yki_reduce *reduce)
{
    const yki_call *call = chunk->call;
    if (!call->kernel->args[i].ordered) {
        yki_reduce_merge(reduce, i, results);
        return;
    }
    void *to = yki_reduce_blocks(reduce, i, chunk->info.begin / call->block);
    memcpy(to, results, chunk->plans[i].boxes[0].run);
}

void yki_chunk_commit(yki_chunk *chunk, yki_reduce *reduce)
{
    const uint64_t t0 = yki_now_ns();
    const yki_call *call = chunk->call;
    for (uint32_t i = 0; i < call->kernel->n_args; i++) {
        const arg_plan *plan = &chunk->plans[i];
        if (!plan->down) continue;
        const unsigned char *from =
            (const unsigned char *)yki_stage_bytes(chunk->down.stage) + plan->down_at;
        if (yki_is_reduction(&call->kernel->args[i])) {
            commit_reduction(chunk, i, from, reduce);
            continue;
        }
        for (size_t b = 0; b < plan->n_boxes; b++) {
            yki_unpack(&plan->boxes[b], yki_call_pointer(call, i), from);
            from += yki_box_bytes(&plan->boxes[b]);
        }
    }
    chunk->info.stage_s += yki_seconds(yki_now_ns() - t0);
}

yki_chunk_info yki_chunk_get_info(const yki_chunk *chunk) { return chunk->info; }

/* What a buffer of the launch's or of the user's was lent for. */
static void release_argument(yki_chunk *chunk, size_t i)
{
    yki_memory *memory = chunk->memory;
    arg_plan *plan = &chunk->plans[i];
    memory->shared[i].users -= plan->counted;
    plan->counted = false;
    if (plan->wrapped) yki_buffer_close(memory->device, &plan->wrapped);
    /* An abandoned device may still read it: the hold stays. */
    if (plan->wrapped_at && !yki_device_abandoned(memory->device))
        yki_blocks_let_go(memory->blocks, plan->wrapped_at);
    plan->wrapped_at = NULL;
    plan->way = WAY_NONE;
}

void yki_chunk_close(yki_chunk **out)
{
    yki_chunk *chunk = *out;
    *out = NULL;
    if (!chunk || !chunk->busy) return;
    yki_ticket_close(chunk->memory->device, &chunk->ticket);
    for (size_t i = 0; i < YK_MAX_ARGS; i++) release_argument(chunk, i);
    chunk->busy = false;
}
