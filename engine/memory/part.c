/* The arithmetic of a part: which bytes of which argument, which way they reach the
 * device, where they lie in staging, and how many items fit.  Touches no device. */
#include "memory/memory_int.h"

#include <string.h>

/* ---- packing ---- */

void yki_pack(const yki_box *box, void *packed, const void *array)
{
    unsigned char *to = packed;
    const uintptr_t base = (uintptr_t)array + box->first;
    for (size_t p = 0; p < box->planes; p++)
        for (size_t r = 0; r < box->rows; r++, to += box->run)
            memcpy(to, (const void *)(base + p * box->plane_pitch + r * box->row_pitch), box->run);
}

void yki_unpack(const yki_box *box, void *array, const void *packed)
{
    const unsigned char *from = packed;
    const uintptr_t base = (uintptr_t)array + box->first;
    for (size_t p = 0; p < box->planes; p++)
        for (size_t r = 0; r < box->rows; r++, from += box->run)
            memcpy((void *)(base + p * box->plane_pitch + r * box->row_pitch), from, box->run);
}

/* ---- one argument ---- */

/* The pages of a yk_alloc block that hold the hull; element 0 of what the device sees
 * must be an element of the array. */
static bool can_wrap(const yki_memory *memory, const yki_call *call, size_t i, arg_plan *plan)
{
    const size_t align = yki_device_wrap_align(memory->device);
    const size_t size = call->kernel->args[i].size;
    unsigned char *array = yki_call_pointer(call, i);
    if (!memory->blocks || align == 0 || call->kernel->args[i].mode != YK_MODE_IN ||
        plan->last == plan->first || !yki_blocks_own(memory->blocks, array, plan->last))
        return false;
    size_t skip = ((uintptr_t)array + plan->first) % align;
    size_t bytes = plan->last - plan->first + skip;
    if (skip > plan->first || skip % size != 0 || bytes > yki_device_largest(memory->device) ||
        !yki_blocks_own(memory->blocks, array + plan->first - skip, bytes))
        return false;
    plan->first -= skip;
    return true;
}

static void plan_array(yki_chunk *chunk, size_t i, arg_plan *plan, size_t begin, size_t end)
{
    const yki_call *call = chunk->call;
    const yk_arg *arg = &call->kernel->args[i];
    yki_call_hull(call, i, begin, end, &plan->first, &plan->last);
    plan->n_boxes = yki_call_boxes(call, i, begin, end, plan->boxes);
    plan->way = WAY_OWN;
    plan->up = arg->mode != YK_MODE_OUT && plan->n_boxes > 0;
    plan->down = arg->mode != YK_MODE_IN && plan->n_boxes > 0;
    if (can_wrap(chunk->memory, call, i, plan)) {
        plan->way = WAY_WRAPPED;
        plan->up = false;
    } else if (arg->mode == YK_MODE_IN && chunk->memory->launch == call && plan->n_boxes > 0 &&
               call->shape.window[i].stride == 0) {
        plan->way = WAY_SHARED;
        plan->up = !chunk->memory->shared[i].valid;
    }
    plan->buffer_bytes = yki_max(plan->last - plan->first, arg->size);
}

/* Results move as one run: block results of the part, or one set that starts out as the
 * identity.  False where their size overflows. */
static bool plan_reduction(const yki_call *call, size_t i, arg_plan *plan, size_t begin, size_t end)
{
    const yk_arg *arg = &call->kernel->args[i];
    size_t bytes;
    if (!yki_mul((size_t)call->shape.window[i].extent, arg->size, &bytes)) return false;
    if (arg->ordered && !yki_mul(bytes, yki_div_up(end - begin, call->block), &bytes)) return false;
    plan->way = WAY_OWN;
    plan->n_boxes = bytes > 0;
    plan->boxes[0] = (yki_box){0, bytes, 1, bytes, 1, bytes};
    plan->up = !arg->ordered && bytes > 0;
    plan->down = bytes > 0;
    plan->buffer_bytes = yki_max(bytes, arg->size);
    return true;
}

static bool stage_bytes(const arg_plan *plan, size_t *at, size_t *total)
{
    *at = yki_round_up(*total, YKI_CACHE_LINE);
    *total = *at;
    for (size_t b = 0; b < plan->n_boxes; b++)
        if (!yki_add(*total, yki_box_bytes(&plan->boxes[b]), total)) return false;
    return true;
}

yk_status yki_plan_part(yki_chunk *chunk, size_t begin, size_t end, size_t *up_bytes,
                        size_t *down_bytes, yk_diag *diag)
{
    const yk_kernel *kernel = chunk->call->kernel;
    *up_bytes = *down_bytes = 0;
    for (uint32_t i = 0; i < kernel->n_args; i++) {
        arg_plan *plan = &chunk->plans[i];
        bool ok = true;
        *plan = (arg_plan){.way = WAY_NONE};
        if (kernel->args[i].mode == YK_MODE_SCALAR) continue;
        if (yki_is_reduction(&kernel->args[i]))
            ok = plan_reduction(chunk->call, i, plan, begin, end);
        else plan_array(chunk, i, plan, begin, end);
        if (ok && plan->up) ok = stage_bytes(plan, &plan->up_at, up_bytes);
        if (ok && plan->down) ok = stage_bytes(plan, &plan->down_at, down_bytes);
        if (!ok)
            return yki_fail(diag, YK_E_NOMEM, "%s: the part's bytes cannot be counted",
                            kernel->name);
    }
    return YK_OK;
}

/* ---- how many items fit ---- */

typedef unsigned __int128 wide;

static wide magnitude(int64_t v) { return v < 0 ? (wide) - (__int128)v : (wide)v; }

/* Bytes of the largest hull that any n items can have; clipping only shortens it. */
static wide hull_bound(const yki_call *call, size_t i, size_t n)
{
    const yk_arg *arg = &call->kernel->args[i];
    const yk_window *w = &call->shape.window[i];
    const wide extent = magnitude(w->extent);
    if (yki_is_reduction(arg))
        return extent * arg->size * (arg->ordered ? yki_div_up(n, call->block) : 1);
    if (w->hi <= w->lo || n == 0) return 0;
    wide span = (wide)((__int128)w->hi - w->lo) + magnitude(w->stride) * (n - 1);
    if (w->count > 1) span += magnitude(w->pitch) * magnitude(w->count - 1);
    return (span < extent ? span : extent) * arg->size;
}

/* Pages round each buffer, which drivers waste. */
enum { SLACK = 4096 };

static bool part_fits(const yki_memory *memory, const yki_call *call, size_t n, size_t depth)
{
    const wide largest = yki_device_largest(memory->device);
    const wide copies = memory->stages_count ? 2 : 1;
    wide own = 0, shared = 0;
    for (uint32_t i = 0; i < call->kernel->n_args; i++) {
        const yk_arg *arg = &call->kernel->args[i];
        if (arg->mode == YK_MODE_SCALAR) continue;
        wide bytes = hull_bound(call, i, n);
        if (bytes > largest) return false;
        bool once = memory->launch == call && arg->mode == YK_MODE_IN &&
                    call->shape.window[i].stride == 0;
        bytes = bytes * copies * (arg->mode == YK_MODE_INOUT && copies > 1 ? 2 : 1) + SLACK;
        if (once) shared += bytes;
        else own += bytes;
    }
    return shared + own * depth <= yki_device_budget(memory->device);
}

size_t yki_memory_max_items(yki_memory *memory, const yki_call *call, size_t depth)
{
    const size_t align = yki_max(call->align, 1);
    depth = yki_min(yki_max(depth, 1), YKI_MAX_CHUNKS);
    if (call->items == 0) return 0;
    size_t low = 0, high = yki_div_up(call->items, align);      /* in units of align */
    if (part_fits(memory, call, call->items, depth)) return yki_round_up(call->items, align);
    while (low < high) {        /* low fits, high + 1 does not */
        size_t middle = high - (high - low) / 2;
        if (part_fits(memory, call, yki_min(middle * align, call->items), depth)) low = middle;
        else high = middle - 1;
    }
    return low * align;
}
