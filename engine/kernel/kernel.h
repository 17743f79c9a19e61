/* kernel: one launch, checked and made arithmetic.
 *
 * Turns a descriptor, a range and an argument block into a yki_call: how many items
 * there are, where they may be cut, which bytes of which argument a run of items
 * touches; and owns what a launch's reductions need until they are combined.  Called
 * by memory (which bytes move), run (cuts, checks, reductions) and device (limits of
 * a part).  Computes nothing of a kernel itself, starts no thread. */
#ifndef YKI_KERNEL_H
#define YKI_KERNEL_H

#include <base/base.h>
#include <yoke/kernel.h>
#include <yoke/topo.h>

/* ---- one launch ---- */

/* Positions count items from 0: position p is global id shape.lo[axis] + p.  Plain
 * data, immutable once made; readable by any thread. */
typedef struct yki_call {
    const yk_kernel *kernel;
    yk_range range;
    const void *args;       /* borrowed argument block */
    yk_shape shape;
    size_t items;           /* of the active box along the axis; 0: nothing to do */
    size_t inner;           /* work-items an item */
    size_t align;           /* parts are cut at multiples of it: the kernel's, and of
                             * `block` where that is set */
    size_t block;           /* items a block of ordered sums, 0 without them */
    size_t blocks;          /* of the launch, 0 without them */
    bool whole;             /* may not be divided between processors */
} yki_call;

/* Checks everything and fills *out; on failure its items are 0, its kernel is NULL, and
 * the rest means nothing.  Windows of scalars are zeros; those beyond the arguments are
 * not set.  Order of errors: abi, NULLs, dimensions and sizes (YK_E_RANGE), required
 * work-group size, the shape, lengths, windows, NULL arrays (allowed where nothing is
 * touched), overlaps.  The diagnostic names kernel and argument.
 * YK_E_UNSUPPORTED: an unknown abi; or an output whose runs interleave with no common
 *   step, so that no few boxes would hold exactly its bytes.
 * YK_E_INVALID: NULL, a pointer not aligned to its elements, a range of the wrong
 *   dimensions or work-group size, a malformed descriptor.
 * YK_E_RANGE: sizes, offsets, lengths or windows that overflow (global ids and elements
 *   must fit int64, bytes PTRDIFF_MAX).
 * YK_E_EXTENT: a negative length; an output window that is written in full (YK_MODE_OUT,
 *   no item sharing it with another) and cut short by its extent; an item of which
 *   nothing is left of an output's window.  Other windows are clipped: halos of inputs,
 *   the last block of an output that is written in part.
 * YK_E_OVERLAP: an output's bytes, those that the whole launch touches, are shared with
 *   another argument, unless pointer and window are the same and each item's window is
 *   its own.  Exact for sub-arrays woven into one allocation with the same pitches or
 *   with at most 65536 runs; beyond that, woven arrays count as overlapping.
 * An empty active box is success with items 0, whatever the pointers; its shape is
 * computed only if the range is not empty.  An output whose items touch the same
 * elements sets `whole`.  An all-zero local size becomes the required one. */
yk_status yki_call_init(yki_call *out, const yk_kernel *kernel, const yk_range *range,
                        const void *args, yk_diag *diag);

/* The items per block of ordered sums with `length` results (of all of them together):
 * 8192 work-items (at least an item), doubled until the block results number at most
 * max(4 Mi, 64 * length).  A function of the launch alone, never of how it is divided. */
size_t yki_call_block_items(size_t items, size_t inner, size_t length);

/* The host pointer of argument `arg` (not a scalar). */
void *yki_call_pointer(const yki_call *call, size_t arg);

/* ---- which bytes ---- */

/* A strided box of bytes in an array: `planes` planes, each of `rows` rows, each of
 * `run` bytes; `first` is the offset of the first byte.  rows == 1 has row_pitch run,
 * planes == 1 has plane_pitch rows * row_pitch. */
typedef struct yki_box {
    size_t first, run;
    size_t rows, row_pitch;
    size_t planes, plane_pitch;
} yki_box;

static inline size_t yki_box_bytes(const yki_box *b) { return b->run * b->rows * b->planes; }

/* Most boxes that one argument's part needs (edges are clipped apart). */
#define YKI_MAX_BOXES 16

/* The bytes of argument `arg` that items [begin, end) touch, as disjoint boxes, in
 * ascending order of `first`, clipped to the extent; exactly the union of their
 * windows.  Returns their number (0: none, as for reductions and scalars).  Only an input
 * whose runs interleave with no common step is given as the smallest run that holds them
 * all; yki_call_init refuses such outputs. */
size_t yki_call_boxes(const yki_call *call, size_t arg, size_t begin, size_t end,
                      yki_box out[YKI_MAX_BOXES]);

/* The smallest byte range [*first, *last) that holds them all. */
void yki_call_hull(const yki_call *call, size_t arg, size_t begin, size_t end, size_t *first,
                   size_t *last);

/* Copies the bytes of a box between two images of the same array, each given by the
 * address of its byte 0 (which may lie outside what is allocated). */
void yki_box_copy(const yki_box *box, void *to, const void *from);

/* ---- the host's function ---- */

/* The best range function for an instruction set level; never NULL after
 * yki_call_init. */
yk_host_fn yki_kernel_host(const yk_kernel *kernel, yk_isa isa);

/* ---- the devices' program ---- */

/* The size of its work-groups, and how many ids a group computes: group[d] and tile[d]
 * by dimension, 1 in those the kernel has not.  False: the descriptor leaves that open.
 * Not for ordered sums, which are launched in groups of `lanes`. */
bool yki_kernel_group(const yk_kernel *kernel, size_t group[YK_MAX_DIMS],
                      size_t tile[YK_MAX_DIMS]);

/* The work-items of the groups that it insists on, ordered sums included; 1: on none. */
size_t yki_kernel_group_items(const yk_kernel *kernel);

/* ---- reductions ---- */

/* What they compute, the same on every processor.  Sums of integers wrap; the identity
 * of a real sum is -0.0.  A minimum or maximum skips NaN and has -0 below +0, so it does
 * not depend on the order of values; the identity of a real minimum is +infinity, of a
 * maximum -infinity.  So where all values are NaN, the user's number stays as it was
 * (and a NaN that was there becomes the infinity).
 *
 * A launch's reduction results until they are combined.  Without reductions (or without
 * items) it is NULL and costs nothing: the functions below take NULL, those of a single
 * argument excepted, which have nothing to be called for. */
typedef struct yki_reduce yki_reduce;

/* Space for `workers` private copies of unordered results (set to the identity, on
 * cache lines of their own) and for the block results of ordered sums.
 * YK_E_NOMEM, YK_E_RANGE. */
yk_status yki_reduce_open(yki_reduce **out, const yki_call *call, size_t workers, yk_diag *diag);
void yki_reduce_close(yki_reduce **reduce);

/* Whether the launch has reductions, and items: it needs a yki_reduce. */
bool yki_call_reduces(const yki_call *call);

/* As yki_reduce_open, for a call that reduces, in the memory of *reduce: of one whose launch
 * is over, of any kernel, or NULL.  A failure closes it. */
yk_status yki_reduce_renew(yki_reduce **reduce, const yki_call *call, size_t workers,
                           yk_diag *diag);
/* The memory it holds. */
size_t yki_reduce_bytes(const yki_reduce *reduce);

/* The table for yk_slice.reduce of one worker, by argument. */
void *const *yki_reduce_worker(yki_reduce *reduce, size_t worker);

/* Where block `block`'s results of ordered sum `arg` lie (extent elements each, blocks
 * one after another).  Different blocks may be written by different threads. */
void *yki_reduce_blocks(yki_reduce *reduce, size_t arg, size_t block);

/* Combines a device's results of an unordered reduction into the launch's.  Thread-safe. */
void yki_reduce_merge(yki_reduce *reduce, size_t arg, const void *results);

/* Fills results[0, extent) with the reduction's identity. */
void yki_reduce_identity(const yki_call *call, size_t arg, void *results);

/* Once all parts are done: combines everything in the canonical order (block results
 * by a fixed pairwise tree over block numbers) and applies it to the user's arrays,
 * a[e] = a[e] + total and likewise for min and max. */
void yki_reduce_finish(yki_reduce *reduce);

#endif
