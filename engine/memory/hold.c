/* Buffers and staging that a device keeps from part to part, within its budget.  Entered
 * by the device's thread. */
#include "memory/memory_int.h"

void yki_drop_buffer(yki_memory *memory, held_buffer *held)
{
    if (!held->buffer) return;
    yki_buffer_close(memory->device, &held->buffer);
    memory->used -= held->bytes;
    held->bytes = 0;
}

void yki_drop_stage(yki_memory *memory, held_stage *held)
{
    if (!held->stage) return;
    yki_stage_close(memory->device, &held->stage);
    if (memory->stages_count) memory->used -= held->bytes;
    held->bytes = 0;
}

static bool fits(const yki_memory *memory, size_t bytes)
{
    size_t budget = yki_device_budget(memory->device);
    return memory->used <= budget && bytes <= budget - memory->used;
}

void yki_drop_idle(yki_memory *memory, const held_buffer *keep)
{
    for (yki_chunk *c = memory->chunks; c; c = c->next) {
        if (c->busy) continue;
        for (size_t i = 0; i < YK_MAX_ARGS; i++) yki_drop_buffer(memory, &c->buffers[i]);
        yki_drop_stage(memory, &c->up);
        yki_drop_stage(memory, &c->down);
    }
    for (size_t i = 0; i < YK_MAX_ARGS; i++) {
        shared_buffer *s = &memory->shared[i];
        if (s->users == 0 && !s->valid && &s->held != keep) yki_drop_buffer(memory, &s->held);
    }
}

/* Half as much again as before, so that a run of growing parts is not a run of
 * allocations; the bare need once that would bring the sum above one chunk's share,
 * since the others in flight must find theirs (yki_memory_max_items). */
static size_t grown(const yki_memory *memory, size_t before, size_t need, size_t most)
{
    size_t more = before + before / 2, share = yki_device_budget(memory->device) / YKI_MAX_CHUNKS;
    return more > need && more <= most && memory->used <= share && more <= share - memory->used
               ? more : need;
}

yk_status yki_hold_buffer(yki_memory *memory, held_buffer *held, size_t bytes, yk_diag *diag)
{
    if (held->buffer && held->bytes >= bytes) return YK_OK;
    const size_t before = held->bytes;
    yki_drop_buffer(memory, held);
    if (!fits(memory, bytes)) yki_drop_idle(memory, held);
    if (!fits(memory, bytes))
        return yki_fail(diag, YK_E_NOMEM, "%s: %zu bytes are too much beside %zu of %zu in use",
                        yki_device_info(memory->device)->id, bytes, memory->used,
                        yki_device_budget(memory->device));
    size_t size = grown(memory, before, bytes, yki_device_largest(memory->device));
    yk_status st = yki_buffer_open(memory->device, size, &held->buffer, diag);
    if (st == YK_E_NOMEM) {
        yki_drop_idle(memory, held);
        size = bytes;
        st = yki_buffer_open(memory->device, size, &held->buffer, diag);
    }
    if (st != YK_OK) return st;
    held->bytes = size;
    memory->used += size;
    return YK_OK;
}

yk_status yki_hold_stage(yki_memory *memory, held_stage *held, size_t bytes, yk_diag *diag)
{
    if (bytes == 0 || (held->stage && held->bytes >= bytes)) return YK_OK;
    const size_t before = held->bytes;
    yki_drop_stage(memory, held);
    if (memory->stages_count && !fits(memory, bytes)) yki_drop_idle(memory, NULL);
    if (memory->stages_count && !fits(memory, bytes))
        return yki_fail(diag, YK_E_NOMEM, "%s: no room to stage %zu bytes",
                        yki_device_info(memory->device)->id, bytes);
    size_t size = grown(memory, before, bytes, SIZE_MAX);
    yk_status st = yki_stage_open(memory->device, size, &held->stage, diag);
    if (st == YK_E_NOMEM && size > bytes) {
        size = bytes;
        st = yki_stage_open(memory->device, size, &held->stage, diag);
    }
    if (st != YK_OK) return st;
    held->bytes = size;
    if (memory->stages_count) memory->used += size;
    return YK_OK;
}
