/* One launch, checked: yki_call_init and the numbers that follow from it.
 *
 * Everything here comes from outside (ranges, scalars, pointers), so every sum and
 * product is checked before it is believed.  Called by run for each launch.  Pure; any
 * thread. */
#include "kernel_int.h"

#include <string.h>

/* Work-items a block of ordered sums, and the block results that a launch may keep
 * whatever their number; more only up to 64 blocks. */
#define BLOCK_WORK 8192
#define BLOCK_RESULTS ((size_t)4 << 20)
#define BLOCK_LEAST 64

size_t yki_call_block_items(size_t items, size_t inner, size_t length)
{
    size_t block = yki_max(1, BLOCK_WORK / yki_max(inner, 1));
    size_t allowed = yki_max(BLOCK_LEAST, BLOCK_RESULTS / yki_max(length, 1));
    while (block < items && yki_div_up(items, block) > allowed) {
        block = block > SIZE_MAX / 2 ? SIZE_MAX : block * 2;
    }
    return block;
}

void *yki_call_pointer(const yki_call *call, size_t arg)
{
    void *p;
    memcpy(&p, (const char *)call->args + call->kernel->args[arg].offset, sizeof p);
    return p;
}

/* ---- the range ---- */

static yk_status check_local(yki_call *c, yk_diag *diag)
{
    const yk_kernel *k = c->kernel;
    bool any = false, required = false;
    size_t product = 1;
    for (size_t d = 0; d < k->dims; d++) {
        any = any || c->range.local[d] != 0;
        required = required || k->required_local[d] != 0;
    }
    for (size_t d = 0; d < k->dims; d++) {
        size_t *local = &c->range.local[d];
        if (!any && required) *local = k->required_local[d];
        if (required && *local != k->required_local[d]) {
            return yki_call_fail(diag, YK_E_INVALID, k, NULL,
                                 "local size %zu in dimension %zu; the kernel requires %zu", *local,
                                 d, k->required_local[d]);
        }
        if (!yki_mul(product, yki_max(*local, 1), &product)) {
            return yki_call_fail(diag, YK_E_RANGE, k, NULL, "the local size overflows");
        }
    }
    return YK_OK;
}

/* Global ids must be good int64 numbers, since windows are reckoned in those. */
static yk_status check_range(yki_call *c, yk_diag *diag)
{
    const yk_kernel *k = c->kernel;
    yk_range *r = &c->range;
    size_t work = 1, end;
    if (r->dims != k->dims) {
        return yki_call_fail(diag, YK_E_INVALID, k, NULL, "a range of %u dimensions; it has %u",
                             r->dims, k->dims);
    }
    for (size_t d = 0; d < YK_MAX_DIMS; d++) {
        if (d >= k->dims) {
            if (r->size[d] != 1 || r->offset[d] != 0 || r->local[d] > 1) {
                return yki_call_fail(diag, YK_E_INVALID, k, NULL,
                                     "unused dimension %zu has not size 1 and offset 0", d);
            }
            continue;
        }
        if (!yki_add(r->offset[d], r->size[d], &end) || end > INT64_MAX) {
            return yki_call_fail(diag, YK_E_RANGE, k, NULL,
                                 "dimension %zu: offset %zu and size %zu overflow", d,
                                 r->offset[d], r->size[d]);
        }
        /* A size of 0 must not hide an overflow of the others. */
        if (!yki_mul(work, yki_max(r->size[d], 1), &work) || work > INT64_MAX) {
            return yki_call_fail(diag, YK_E_RANGE, k, NULL, "the range's size overflows");
        }
    }
    return check_local(c, diag);
}

static bool range_empty(const yk_range *r)
{
    return r->size[0] == 0 || r->size[1] == 0 || r->size[2] == 0;
}

/* ---- the shape ---- */

static yk_status check_box(yki_call *c, yk_diag *diag)
{
    const yk_kernel *k = c->kernel;
    yk_shape *s = &c->shape;
    size_t work = 1;
    bool empty = false;
    for (size_t d = 0; d < YK_MAX_DIMS; d++) {
        if (d >= k->dims) {
            s->lo[d] = 0;
            s->hi[d] = 1;
            continue;
        }
        size_t first = c->range.offset[d], last = first + c->range.size[d];
        if (s->lo[d] > s->hi[d] || s->lo[d] < first || s->hi[d] > last) {
            return yki_call_fail(diag, YK_E_INVALID, k, NULL,
                                 "bad descriptor: active ids [%zu, %zu) of [%zu, %zu) in "
                                 "dimension %zu",
                                 s->lo[d], s->hi[d], first, last, d);
        }
        empty = empty || s->lo[d] == s->hi[d];
        if (d != k->axis) work *= s->hi[d] - s->lo[d];  /* at most the range's, checked */
    }
    c->items = empty ? 0 : s->hi[k->axis] - s->lo[k->axis];
    c->inner = empty ? 0 : work;
    return YK_OK;
}

static yk_status check_extent(const yki_call *c, size_t arg, yk_diag *diag)
{
    const yk_arg *a = &c->kernel->args[arg];
    int64_t extent = c->shape.window[arg].extent;
    size_t bytes;
    if (extent < 0) {
        return yki_call_fail(diag, YK_E_EXTENT, c->kernel, a->name, "its length is %lld",
                             (long long)extent);
    }
    if (!yki_mul((size_t)extent, a->size, &bytes) || bytes > PTRDIFF_MAX) {
        return yki_call_fail(diag, YK_E_RANGE, c->kernel, a->name,
                             "%lld elements of %u bytes overflow", (long long)extent, a->size);
    }
    return YK_OK;
}

/* An output may be cut by its extent less freely than an input, whose halo often is:
 * what is written in full cannot be, and an item that finds nothing left of its window
 * would write behind the array. */
static yk_status check_output_cut(const yki_call *c, size_t arg, yki_wide lo, yki_wide hi,
                                  yk_diag *diag)
{
    const yk_arg *a = &c->kernel->args[arg];
    const yk_window *w = &c->shape.window[arg];
    size_t first = c->shape.lo[c->kernel->axis], last = first + (c->items - 1);
    size_t item = last;
    yki_wide extent = w->extent, from, to;
    bool own = a->mode == YK_MODE_OUT && yki_window_private(w, first, c->items);
    bool bad = own && (lo < 0 || hi > extent);
    for (int i = 0; i < 2 && !bad; i++) {
        item = i ? last : first;
        yki_window_span(w, item, 1, &from, &to);
        bad = to <= 0 || from >= extent;
    }
    if (!bad) return YK_OK;
    yki_window_span(w, item, 1, &from, &to);
    yk_status st = yki_call_fail(diag, YK_E_EXTENT, c->kernel, a->name,
                                 "items touch elements [%lld, %lld), of which the array has %lld",
                                 (long long)lo, (long long)hi, (long long)extent);
    if (diag) {
        diag->begin = item - first;
        diag->end = diag->begin + 1;
    }
    return st;
}

/* Most windows are one run an item, far from the ends of 64 bits, and those of outputs lie
 * apart and inside the array: then there is nothing to find, and this is quicker. */
static bool is_plain(const yki_call *c, size_t arg)
{
    const int64_t far = INT64_C(1) << 30;
    const yk_window *w = &c->shape.window[arg];
    size_t first = c->shape.lo[c->kernel->axis], last = first + (c->items - 1);
    if (w->count != 1 || w->hi <= w->lo || w->lo < -far || w->hi > far) return false;
    if (w->stride < 0 || w->stride > far || last > (size_t)far) return false;
    if (!yki_mode_writes(c->kernel->args[arg].mode)) return true;
    if (c->items > 1 && w->hi - w->lo > w->stride) return false;
    return (int64_t)first * w->stride + w->lo >= 0 &&
           (int64_t)last * w->stride + w->hi <= w->extent;
}

static yk_status check_window(yki_call *c, size_t arg, yk_diag *diag)
{
    const yk_arg *a = &c->kernel->args[arg];
    const yk_window *w = &c->shape.window[arg];
    size_t first = c->shape.lo[c->kernel->axis];
    yki_wide lo, hi;
    yki_lattice lattice;
    if (is_plain(c, arg)) return YK_OK;
    if (!yki_window_span(w, first, c->items, &lo, &hi)) return YK_OK;
    if (lo < INT64_MIN || hi > INT64_MAX) {
        return yki_call_fail(diag, YK_E_RANGE, c->kernel, a->name,
                             "its window leaves 64 bits within %zu items", c->items);
    }
    if (!yki_mode_writes(a->mode)) return YK_OK;
    if (!yki_window_private(w, first, c->items)) c->whole = true;
    yki_window_lattice(w, first, c->items, &lattice);
    if (!lattice.exact) {
        return yki_call_fail(diag, YK_E_UNSUPPORTED, c->kernel, a->name,
                             "%lld runs %lld apart, stride %lld: runs of different items "
                             "interleave without a common step",
                             (long long)w->count, (long long)w->pitch, (long long)w->stride);
    }
    return check_output_cut(c, arg, lo, hi, diag);
}

static bool pointer_holds(const yki_call *c, size_t arg, uintptr_t at)
{
    const yk_arg *a = &c->kernel->args[arg];
    uintptr_t end, element = yki_max(yki_type_size(a->type), 1);    /* a power of two */
    size_t bytes = (size_t)c->shape.window[arg].extent * a->size;
    return at != 0 && (at & (element - 1)) == 0 && yki_add(at, bytes, &end);
}

/* The pointer must be there, be aligned as C wants it, and hold what is touched, if
 * anything is. */
static yk_status check_pointer(const yki_call *c, size_t arg, yk_diag *diag)
{
    const yk_arg *a = &c->kernel->args[arg];
    yki_box box[YKI_MAX_BOXES];
    uintptr_t at = (uintptr_t)yki_call_pointer(c, arg), end;
    if (pointer_holds(c, arg, at) || yki_call_touched(c, arg, box) == 0) return YK_OK;
    if (!at) return yki_call_fail(diag, YK_E_INVALID, c->kernel, a->name, "is NULL");
    if (at % yki_max(yki_type_size(a->type), 1)) {
        return yki_call_fail(diag, YK_E_INVALID, c->kernel, a->name,
                             "is not aligned to its elements of %u bytes", a->size);
    }
    size_t bytes = (size_t)c->shape.window[arg].extent * a->size;
    if (!yki_add(at, bytes, &end)) {
        return yki_call_fail(diag, YK_E_RANGE, c->kernel, a->name,
                             "its %zu bytes leave the address space", bytes);
    }
    return YK_OK;
}

static yk_status check_arrays(yki_call *c, yk_diag *diag)
{
    const yk_kernel *k = c->kernel;
    yk_status st = YK_OK;
    for (size_t i = 0; i < k->n_args && st == YK_OK; i++) {
        if (k->args[i].mode != YK_MODE_SCALAR) st = check_extent(c, i, diag);
    }
    for (size_t i = 0; i < k->n_args && st == YK_OK && c->items; i++) {
        bool plain = k->args[i].mode != YK_MODE_SCALAR && !yki_mode_reduces(k->args[i].mode);
        if (plain) st = check_window(c, i, diag);
    }
    for (size_t i = 0; i < k->n_args && st == YK_OK && c->items; i++) {
        if (k->args[i].mode != YK_MODE_SCALAR) st = check_pointer(c, i, diag);
    }
    return st;
}

/* ---- overlaps ---- */

size_t yki_call_touched(const yki_call *call, size_t arg, yki_box out[YKI_MAX_BOXES])
{
    const yk_arg *a = &call->kernel->args[arg];
    if (!yki_mode_reduces(a->mode)) return yki_call_boxes(call, arg, 0, call->items, out);
    size_t bytes = (size_t)call->shape.window[arg].extent * a->size;
    if (bytes == 0 || call->items == 0) return 0;
    out[0] = (yki_box){0, bytes, 1, bytes, 1, bytes};
    return 1;
}

/* Each item touches the same elements of both and no other item touches them. */
static bool same_own(const yki_call *c, size_t a, size_t b)
{
    const yk_arg *x = &c->kernel->args[a], *y = &c->kernel->args[b];
    const yk_window *v = &c->shape.window[a], *w = &c->shape.window[b];
    if (yki_mode_reduces(x->mode) || yki_mode_reduces(y->mode) || x->size != y->size) return false;
    if (yki_call_pointer(c, a) != yki_call_pointer(c, b)) return false;
    bool same = v->stride == w->stride && v->lo == w->lo && v->hi == w->hi &&
                v->count == w->count && v->pitch == w->pitch;
    return same && yki_window_private(v, c->shape.lo[c->kernel->axis], c->items);
}

/* Mostly the arrays as a whole lie apart, and nothing else needs to be known. */
static bool arguments_meet(const yki_call *c, size_t a, size_t b)
{
    yki_box x[YKI_MAX_BOXES], y[YKI_MAX_BOXES];
    uintptr_t at_x = (uintptr_t)yki_call_pointer(c, a), at_y = (uintptr_t)yki_call_pointer(c, b);
    uintptr_t end_x = at_x + (size_t)c->shape.window[a].extent * c->kernel->args[a].size;
    uintptr_t end_y = at_y + (size_t)c->shape.window[b].extent * c->kernel->args[b].size;
    bool in_space = end_x >= at_x && end_y >= at_y;
    if (in_space && (end_x <= at_y || end_y <= at_x)) return false;
    size_t nx = yki_call_touched(c, a, x), ny = yki_call_touched(c, b, y);
    for (size_t i = 0; i < nx; i++) {
        for (size_t j = 0; j < ny; j++) {
            if (yki_boxes_meet(&x[i], at_x, &y[j], at_y)) return true;
        }
    }
    return false;
}

static yk_status check_overlaps(const yki_call *c, yk_diag *diag)
{
    const yk_kernel *k = c->kernel;
    for (size_t a = 0; a < k->n_args; a++) {
        for (size_t b = 0; b < a; b++) {
            bool arrays = k->args[a].mode != YK_MODE_SCALAR && k->args[b].mode != YK_MODE_SCALAR;
            bool written = yki_mode_writes(k->args[a].mode) || yki_mode_writes(k->args[b].mode);
            if (!arrays || !written || same_own(c, a, b) || !arguments_meet(c, a, b)) continue;
            size_t output = yki_mode_writes(k->args[a].mode) ? a : b;
            return yki_call_fail(diag, YK_E_OVERLAP, k, k->args[output].name, "overlaps %s",
                                 k->args[output == a ? b : a].name);
        }
    }
    return YK_OK;
}

/* ---- cuts ---- */

static size_t common_divisor(size_t a, size_t b)
{
    while (b) {
        size_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

/* Where no common multiple lies inside the launch, its end is the only cut. */
static size_t common_multiple(size_t a, size_t b, size_t items)
{
    size_t m;
    if (!yki_mul(a / common_divisor(a, b), b, &m)) m = yki_max(items, 1);
    return m;
}

static yk_status set_cuts(yki_call *c, yk_diag *diag)
{
    const yk_kernel *k = c->kernel;
    size_t length = 0;
    c->align = yki_max(k->align, 1);
    if (!(k->flags & YK_KERNEL_ORDERED)) return YK_OK;
    for (size_t i = 0; i < k->n_args; i++) {
        /* Each is at most PTRDIFF_MAX bytes; of all of them the sum may overflow. */
        if (k->args[i].ordered && !yki_add(length, (size_t)c->shape.window[i].extent, &length)) {
            return yki_call_fail(diag, YK_E_RANGE, k, k->args[i].name, "too many results");
        }
    }
    c->block = yki_call_block_items(c->items, c->inner, length);
    c->blocks = yki_div_up(c->items, c->block);
    c->align = common_multiple(c->align, c->block, c->items);
    return YK_OK;
}

/* ---- all of it ---- */

static yk_status shape_launch(yki_call *c, yk_diag *diag)
{
    const yk_kernel *k = c->kernel;
    yk_status st = k->shape(&c->range, c->args, &c->shape);
    if (st != YK_OK) {
        return yki_call_fail(diag, st, k, NULL, "%s",
                             st == YK_E_EXTENT ? "the length of an argument is negative"
                                               : "an expression over the scalars overflows");
    }
    if ((st = check_box(c, diag)) != YK_OK) return st;
    if ((st = check_arrays(c, diag)) != YK_OK || c->items == 0) return st;
    if ((st = check_overlaps(c, diag)) != YK_OK) return st;
    return set_cuts(c, diag);
}

/* In place, window by window as they are needed: the whole of it is 1.7 KB. */
static yk_status fill_call(yki_call *c, const yk_kernel *kernel, const yk_range *range,
                           const void *args, yk_diag *diag)
{
    c->kernel = kernel;
    c->range = *range;
    c->args = args;
    c->align = 1;
    c->inner = c->block = c->blocks = 0;
    c->whole = (kernel->flags & YK_KERNEL_WHOLE) != 0;
    memset(c->shape.window, 0, kernel->n_args * sizeof c->shape.window[0]);
    yk_status st = check_range(c, diag);
    return st == YK_OK && !range_empty(&c->range) ? shape_launch(c, diag) : st;
}

yk_status yki_call_init(yki_call *out, const yk_kernel *kernel, const yk_range *range,
                        const void *args, yk_diag *diag)
{
    out->kernel = NULL;
    out->items = 0;
    yk_status st = yki_kernel_check(kernel, diag);
    if (st != YK_OK) return st;
    if (!range || (!args && kernel->args_size)) {
        return yki_call_fail(diag, YK_E_INVALID, kernel, NULL, "the %s is NULL",
                             range ? "argument block" : "range");
    }
    st = fill_call(out, kernel, range, args, diag);
    if (st == YK_OK) return YK_OK;
    out->kernel = NULL;
    out->items = 0;
    return st;
}
