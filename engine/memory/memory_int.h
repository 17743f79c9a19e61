/* memory, inside: a device's chunks and what they keep from one part to the next.
 * Included by engine/memory/ alone; everything here belongs to the device's thread. */
#ifndef YKI_MEMORY_INT_H
#define YKI_MEMORY_INT_H

#include "memory/memory.h"

/* Parts in flight on one device, at most. */
#define YKI_MAX_CHUNKS 4

/* A device buffer that is kept and grows. */
typedef struct held_buffer {
    yki_buffer *buffer;
    size_t bytes;
} held_buffer;

typedef struct held_stage {
    yki_stage *stage;
    size_t bytes;
} held_stage;

/* An array that all parts of a launch read whole. */
typedef struct shared_buffer {
    held_buffer held;
    size_t users;           /* chunks in flight that read it */
    bool valid;             /* holds what the launch's array holds */
} shared_buffer;

/* How an argument reaches the device in one part. */
typedef enum arg_way {
    WAY_NONE,               /* a scalar */
    WAY_OWN,                /* a buffer of the chunk */
    WAY_SHARED,             /* a buffer of the launch */
    WAY_WRAPPED             /* the user's memory, read in place */
} arg_way;

typedef struct arg_plan {
    arg_way way;
    size_t first, last;     /* hull, bytes of the array */
    size_t buffer_bytes;    /* at least one element */
    size_t n_boxes;
    yki_box boxes[YKI_MAX_BOXES];
    size_t up_at, down_at;  /* offsets in the stages */
    bool up, down;
    bool counted;           /* among the shared buffer's users */
    yki_buffer *wrapped;
    const void *wrapped_at;
} arg_plan;

struct yki_chunk {
    yki_memory *memory;
    yki_chunk *next;
    bool busy;
    const yki_call *call;
    yki_ticket *ticket;
    held_buffer buffers[YK_MAX_ARGS];
    held_stage up, down;
    arg_plan plans[YK_MAX_ARGS];
    yki_job_arg args[YK_MAX_ARGS];
    yki_transfer ups[YK_MAX_ARGS * YKI_MAX_BOXES], downs[YK_MAX_ARGS * YKI_MAX_BOXES];
    size_t n_ups, n_downs;
    yki_chunk_info info;
};

struct yki_memory {
    yki_device *device;
    yki_blocks *blocks;     /* may be NULL */
    yki_chunk *chunks;
    const yki_call *launch; /* NULL outside of one */
    const yk_kernel *kernel;    /* of the latest launch, and its items */
    size_t items;
    shared_buffer shared[YK_MAX_ARGS];
    size_t used;            /* bytes of the budget that are taken */
    bool stages_count;      /* staging comes out of the same memory */
};

/* ---- holdings ---- */

/* Makes a buffer or stage of at least `bytes`; what was in it is lost.  Makes room by
 * giving up what idle chunks keep.  YK_E_NOMEM, YK_E_DEVICE, YK_E_TIMEOUT. */
yk_status yki_hold_buffer(yki_memory *memory, held_buffer *held, size_t bytes, yk_diag *diag);
yk_status yki_hold_stage(yki_memory *memory, held_stage *held, size_t bytes, yk_diag *diag);
/* Gives up what nothing in flight uses, but for `keep` (may be NULL). */
void yki_drop_idle(yki_memory *memory, const held_buffer *keep);
void yki_drop_buffer(yki_memory *memory, held_buffer *held);
void yki_drop_stage(yki_memory *memory, held_stage *held);

/* ---- arithmetic of a part ---- */

/* Fills plans[] for the chunk's part and the bytes that either stage must hold. */
yk_status yki_plan_part(yki_chunk *chunk, size_t begin, size_t end, size_t *up_bytes,
                        size_t *down_bytes, yk_diag *diag);

/* Copies the bytes of a box between an array (by the address of its byte 0) and a
 * packed run of them. */
void yki_pack(const yki_box *box, void *packed, const void *array);
void yki_unpack(const yki_box *box, void *array, const void *packed);

static inline bool yki_is_reduction(const yk_arg *arg) { return arg->mode >= YK_MODE_SUM; }

#endif
