/* Which bytes of an array a run of items touches.
 *
 * A window is a comb of runs for each item, so a run of items touches a two-level
 * lattice of runs; here its levels are ordered, merged where runs meet, and clipped to
 * the extent.  Called by memory for every chunk and by the checks of a launch.  Pure;
 * any thread. */
#include "kernel_int.h"

#include <string.h>

static yki_wide least(yki_wide a, yki_wide b) { return a < b ? a : b; }
static yki_wide most(yki_wide a, yki_wide b) { return a > b ? a : b; }
static yki_wide up(yki_wide n, yki_wide d) { return (n + d - 1) / d; }

bool yki_window_span(const yk_window *w, size_t first, size_t count, yki_wide *lo, yki_wide *hi)
{
    if (count == 0 || w->count < 1 || w->hi <= w->lo) return false;
    yki_wide a = (yki_wide)first * w->stride;
    yki_wide b = (yki_wide)(first + (count - 1)) * w->stride;
    yki_wide runs = (yki_wide)(w->count - 1) * w->pitch;
    *lo = least(a, b) + least(0, runs) + w->lo;
    *hi = most(a, b) + most(0, runs) + w->hi;
    return true;
}

/* Two levels of runs of the same length: the finer pitch first, so that what can merge
 * merges from the inside out. */
static void order_levels(yki_lattice *l)
{
    if (l->inner_pitch == 0) l->inner = 1;
    if (l->outer_pitch == 0) l->outer = 1;
    bool swap = l->inner == 1 || (l->outer > 1 && l->outer_pitch < l->inner_pitch);
    if (!swap) return;
    yki_wide n = l->inner, p = l->inner_pitch;
    l->inner = l->outer;
    l->inner_pitch = l->outer_pitch;
    l->outer = n;
    l->outer_pitch = p;
}

/* Runs of the inner level that touch or overlap become one. */
static void merge_inner(yki_lattice *l)
{
    if (l->inner == 1 || l->run < l->inner_pitch) return;
    l->run += (l->inner - 1) * l->inner_pitch;
    l->inner = l->outer;
    l->inner_pitch = l->outer_pitch;
    l->outer = 1;
}

/* Groups that reach into each other: combs in step are one longer comb; others have no
 * form that a few boxes could give. */
static void merge_outer(yki_lattice *l)
{
    if (l->outer == 1) return;
    yki_wide span = (l->inner - 1) * l->inner_pitch + l->run;
    if (span <= l->outer_pitch) return;
    if (l->outer_pitch % l->inner_pitch == 0) {
        l->inner += (l->outer - 1) * (l->outer_pitch / l->inner_pitch);
    } else {
        l->exact = false;
        l->run = span + (l->outer - 1) * l->outer_pitch;
        l->inner = 1;
    }
    l->outer = 1;
}

bool yki_window_lattice(const yk_window *w, size_t first, size_t count, yki_lattice *out)
{
    yki_wide lo, hi;
    if (!yki_window_span(w, first, count, &lo, &hi)) return false;
    yki_wide stride = w->stride, pitch = w->pitch;
    yki_lattice l = {.base = lo, .run = (yki_wide)w->hi - w->lo, .exact = true,
                     .inner = (yki_wide)count, .inner_pitch = stride < 0 ? -stride : stride,
                     .outer = w->count, .outer_pitch = pitch < 0 ? -pitch : pitch};
    order_levels(&l);
    merge_inner(&l);
    merge_inner(&l);
    merge_outer(&l);
    *out = l;
    return true;
}

bool yki_window_private(const yk_window *w, size_t first, size_t count)
{
    yki_wide lo, hi;
    if (count < 2 || !yki_window_span(w, first, count, &lo, &hi)) return true;
    yki_wide run = (yki_wide)w->hi - w->lo, stride = w->stride, pitch = w->pitch;
    if (stride < 0) stride = -stride;
    if (pitch < 0) pitch = -pitch;
    if (w->count == 1 || pitch == 0) return run <= stride;
    if (pitch * (w->count - 1) + run <= stride) return true;    /* each item's runs together */
    return run <= stride && stride * (yki_wide)(count - 1) + run <= pitch;
}

/* Of `count` pieces of length `len`, `pitch` apart from `base` on: those that reach into
 * [0, extent) are [first, last), those wholly inside [full_first, full_last), which is
 * inside the former or empty.  len <= pitch, so that one piece at most is cut at each
 * end. */
typedef struct cut {
    yki_wide first, last, full_first, full_last;
} cut;

static cut cut_comb(yki_wide base, yki_wide len, yki_wide pitch, yki_wide count, yki_wide extent)
{
    cut c = {0, 0, 0, 0};
    if (base + len <= 0) c.first = (-(base + len)) / pitch + 1;
    if (base < 0) c.full_first = up(-base, pitch);
    if (base < extent) c.last = up(extent - base, pitch);
    if (base + len <= extent) c.full_last = (extent - base - len) / pitch + 1;
    c.last = least(c.last, count);
    c.full_last = least(c.full_last, count);
    c.first = least(c.first, c.last);
    c.full_first = least(most(c.full_first, c.first), c.last);
    c.full_last = most(c.full_last, c.full_first);
    return c;
}

/* Boxes collected so far, in elements of `size` bytes. */
typedef struct boxes {
    yki_box *out;
    size_t n, size;
    yki_wide extent;
} boxes;

static void add_box(boxes *b, yki_wide first, const yki_lattice *l, yki_wide run, yki_wide rows,
                    yki_wide planes)
{
    if (run <= 0 || rows <= 0 || planes <= 0) return;
    yki_box *box = &b->out[b->n++];
    box->first = (size_t)first * b->size;
    box->run = (size_t)run * b->size;
    box->rows = (size_t)rows;
    box->row_pitch = rows == 1 ? box->run : (size_t)l->inner_pitch * b->size;
    box->planes = (size_t)planes;
    box->plane_pitch = planes == 1 ? box->rows * box->row_pitch
                                   : (size_t)l->outer_pitch * b->size;
}

/* One run, cut to the extent. */
static void add_run(boxes *b, const yki_lattice *l, yki_wide base)
{
    yki_wide lo = most(base, 0), hi = least(base + l->run, b->extent);
    add_box(b, lo, l, hi - lo, 1, 1);
}

/* One group of runs, cut to the extent. */
static void add_rows(boxes *b, const yki_lattice *l, yki_wide base)
{
    yki_wide pitch = l->inner > 1 ? l->inner_pitch : l->run;
    cut c = cut_comb(base, l->run, pitch, l->inner, b->extent);
    if (c.first < c.full_first) add_run(b, l, base + c.first * pitch);
    add_box(b, base + c.full_first * pitch, l, l->run, c.full_last - c.full_first, 1);
    if (c.full_last < c.last) add_run(b, l, base + c.full_last * pitch);
}

static size_t clip(const yki_lattice *l, yki_wide extent, size_t size, yki_box *out)
{
    boxes b = {out, 0, size, extent};
    if (l->outer == 1) {
        add_rows(&b, l, l->base);
        return b.n;
    }
    yki_wide span = (l->inner - 1) * l->inner_pitch + l->run, pitch = l->outer_pitch;
    cut c = cut_comb(l->base, span, pitch, l->outer, extent);
    if (c.first < c.full_first) add_rows(&b, l, l->base + c.first * pitch);
    add_box(&b, l->base + c.full_first * pitch, l, l->run, l->inner, c.full_last - c.full_first);
    if (c.full_last < c.last) add_rows(&b, l, l->base + c.full_last * pitch);
    return b.n;
}

size_t yki_call_boxes(const yki_call *call, size_t arg, size_t begin, size_t end,
                      yki_box out[YKI_MAX_BOXES])
{
    const yk_arg *a = &call->kernel->args[arg];
    const yk_window *w = &call->shape.window[arg];
    if (a->mode == YK_MODE_SCALAR || yki_mode_reduces(a->mode) || end <= begin) return 0;
    yki_lattice l;
    size_t first = call->shape.lo[call->kernel->axis] + begin;
    if (!yki_window_lattice(w, first, end - begin, &l)) return 0;
    return clip(&l, w->extent, a->size, out);
}

static size_t box_end(const yki_box *b)
{
    return b->first + (b->planes - 1) * b->plane_pitch + (b->rows - 1) * b->row_pitch + b->run;
}

void yki_call_hull(const yki_call *call, size_t arg, size_t begin, size_t end, size_t *first,
                   size_t *last)
{
    yki_box box[YKI_MAX_BOXES];
    size_t n = yki_call_boxes(call, arg, begin, end, box);
    *first = n ? box[0].first : 0;
    *last = *first;
    for (size_t i = 0; i < n; i++) *last = yki_max(*last, box_end(&box[i]));
}

void yki_box_copy(const yki_box *box, void *to, const void *from)
{
    /* As numbers: an image's byte 0 may lie outside every object. */
    uintptr_t dst = (uintptr_t)to + box->first, src = (uintptr_t)from + box->first;
    for (size_t p = 0; p < box->planes; p++) {
        for (size_t r = 0; r < box->rows; r++) {
            size_t at = p * box->plane_pitch + r * box->row_pitch;
            memcpy((void *)(dst + at), (const void *)(src + at), box->run);
        }
    }
}
