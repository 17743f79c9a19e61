/* memory: which bytes are valid where, and how they get there.
 *
 * For each part of a launch: buffers and staging on its device, the windows' bytes up,
 * the outputs' bytes down, and after success their commit into the user's arrays.
 * Owns the blocks of yk_alloc.  Called by run; knows nothing of who does what. */
#ifndef YKI_MEMORY_H
#define YKI_MEMORY_H

#include <base/base.h>
#include <device/device.h>
#include <kernel/kernel.h>
#include <pool/pool.h>

/* ---- yk_alloc blocks ---- */

typedef struct yki_blocks yki_blocks;       /* thread-safe */

yk_status yki_blocks_open(yki_blocks **out);
/* Frees blocks that the user forgot, those excepted that an abandoned device may use. */
void yki_blocks_close(yki_blocks **blocks);
/* bytes zeroed bytes, first touched by the pool's workers in the shares that
 * yki_pool_run gives them; NULL if none are left. */
void *yki_blocks_alloc(yki_blocks *blocks, yki_pool *pool, size_t bytes);
void yki_blocks_free(yki_blocks *blocks, void *p);
bool yki_blocks_own(yki_blocks *blocks, const void *p, size_t bytes);
/* A device reads the block that holds p in place.  A block that is freed while held, for
 * good if the device was abandoned, keeps its pages.  False: p lies in no block. */
bool yki_blocks_hold(yki_blocks *blocks, const void *p, size_t bytes);
void yki_blocks_let_go(yki_blocks *blocks, const void *p);

/* ---- a device's side of launches ---- */

/* One per device; keeps buffers and staging from part to part.  Used by the device's
 * thread alone. */
typedef struct yki_memory yki_memory;

yk_status yki_memory_open(yki_memory **out, yki_device *device, yki_blocks *blocks);
void yki_memory_close(yki_memory **memory);

/* Between these two, parts of `call` share what every item of it reads: such an array
 * goes up once.  Without them each part takes its own copy along.  The user's arrays
 * must not change in between; all chunks are closed before the end. */
void yki_memory_launch_begin(yki_memory *memory, const yki_call *call);
void yki_memory_launch_end(yki_memory *memory);

/* The most items that one part of this call may have, when `depth` parts are in flight
 * on the device: a multiple of call->align; 0 if not even `align` items fit. */
size_t yki_memory_max_items(yki_memory *memory, const yki_call *call, size_t depth);

/* One chunk in flight. */
typedef struct yki_chunk yki_chunk;

/* Starts items [begin, end) of a call: stages and uploads what they need, launches,
 * queues the downloads; returns without waiting for the device.
 * YK_E_NOMEM, YK_E_DEVICE: nothing of it is left behind. */
yk_status yki_chunk_start(yki_memory *memory, const yki_call *call, yki_program *program,
                          size_t begin, size_t end, yki_chunk **out, yk_diag *diag);

/* Sleeps until it is complete.  After YK_E_TIMEOUT the device is abandoned. */
yk_status yki_chunk_wait(yki_chunk *chunk, uint64_t deadline_ns, yk_diag *diag);

/* After a successful wait: copies outputs from staging into the user's arrays, and
 * reduction results into `reduce`.  The only place where a device's results reach the
 * user.  Cannot fail. */
void yki_chunk_commit(yki_chunk *chunk, yki_reduce *reduce);

typedef struct yki_chunk_info {
    size_t begin, end;
    uint64_t bytes_up, bytes_down;
    double stage_s;             /* host time spent staging and committing */
    yki_ticket_times device;
} yki_chunk_info;
yki_chunk_info yki_chunk_get_info(const yki_chunk *chunk);

/* Gives its buffers back for the next one; takes NULL.  Also after failure. */
void yki_chunk_close(yki_chunk **chunk);

#endif
