/* What the kernel room's own files share: windows as lattices, and the overlap test.
 * Nobody outside the room includes it. */
#ifndef YKI_KERNEL_INT_H
#define YKI_KERNEL_INT_H

#include <kernel/kernel.h>

/* Wide enough for every sum of products of 64-bit numbers that a window can form. */
__extension__ typedef __int128 yki_wide;

/* The elements that a run of items touches: `outer` groups, outer_pitch apart, each of
 * `inner` runs, inner_pitch apart, each of `run` elements from `base` on.  Not clipped.
 * Runs of one lattice never overlap.  exact: it is the union of the windows; otherwise
 * it is the smallest single run that holds them. */
typedef struct yki_lattice {
    yki_wide base, run;
    yki_wide inner, inner_pitch;
    yki_wide outer, outer_pitch;
    bool exact;
} yki_lattice;

/* The lattice of `count` items from global id `first` on; false: they touch nothing. */
bool yki_window_lattice(const yk_window *w, size_t first, size_t count, yki_lattice *out);

/* The elements [*lo, *hi) between which everything lies that the items touch, not
 * clipped; false: they touch nothing. */
bool yki_window_span(const yk_window *w, size_t first, size_t count, yki_wide *lo, yki_wide *hi);

/* Whether no two of the items touch the same element. */
bool yki_window_private(const yk_window *w, size_t first, size_t count);

/* What a whole launch touches of an argument, reductions included. */
size_t yki_call_touched(const yki_call *call, size_t arg, yki_box out[YKI_MAX_BOXES]);

/* Whether any byte belongs to both boxes, whose arrays begin at `a_at` and `b_at`.
 * Exact where the pitches agree or one side has few rows; beyond that, boxes whose
 * hulls meet count as overlapping. */
bool yki_boxes_meet(const yki_box *a, uintptr_t a_at, const yki_box *b, uintptr_t b_at);

static inline bool yki_mode_reduces(unsigned mode) { return mode >= YK_MODE_SUM; }
static inline bool yki_mode_writes(unsigned mode) { return mode >= YK_MODE_OUT; }

/* Fills the diagnostic with kernel, argument (NULL: none) and a text; returns `status`. */
yk_status yki_call_fail(yk_diag *diag, yk_status status, const yk_kernel *kernel,
                        const char *argument, const char *format, ...) YK_PRINTF(5, 6);

/* The descriptor alone: abi, sizes, argument table, host functions. */
yk_status yki_kernel_check(const yk_kernel *kernel, yk_diag *diag);

/* Bytes of an element of a numeric type; 0 for YK_T_OTHER and unknown ones. */
size_t yki_type_size(unsigned type);

#endif
