/* Windows against brute force: every element that the definition names is marked item
 * by item, and the boxes must be exactly those bytes, for the whole and for any cuts. */
#include "check.h"
#include "kernels.h"
#include "random.h"

#include <kernel/kernel.h>
#include <stdlib.h>

#define CASES 60000
#define MAX_BYTES 8192

typedef struct window_case {
    uint64_t seed;
    test_kernel kernel;
    test_args args;
    yki_call call;
    size_t items;
} window_case;

/* Two levels that nest more often than chance would have it. */
static void nest(uint64_t *r, yk_window *w, size_t *items)
{
    int64_t run = rnd_in(r, 1, 4), inner = rnd_in(r, 1, 5), outer = rnd_in(r, 1, 5);
    int64_t pitch = run + rnd_in(r, 0, 4), span = (inner - 1) * pitch + run;
    int64_t far = rnd_chance(r, 0.3) ? pitch * rnd_in(r, 1, 4) : span + rnd_in(r, 0, 6);
    bool items_inner = rnd_chance(r, 0.5);
    w->hi = w->lo + run;
    *items = (size_t)(items_inner ? inner : outer);
    w->count = items_inner ? outer : inner;
    w->stride = items_inner ? pitch : far;
    w->pitch = items_inner ? far : pitch;
    if (rnd_chance(r, 0.2)) w->stride = -w->stride;
    if (rnd_chance(r, 0.2)) w->pitch = -w->pitch;
}

static void make_case(window_case *c, uint64_t seed)
{
    static const uint32_t sizes[] = {1, 2, 4, 8, 12};
    uint64_t state = seed, *r = &state;
    yk_window *w = &c->args.window[0];
    memset(c, 0, sizeof *c);
    c->seed = seed;
    test_kernel_init(&c->kernel, 1, 1);
    test_arg_type(&c->kernel, 0, YK_MODE_IN, YK_T_OTHER, sizes[rnd_in(r, 0, 4)]);
    c->items = (size_t)rnd_in(r, 1, 12);
    w->stride = rnd_in(r, -8, 12);
    w->lo = rnd_in(r, -40, 40);
    w->hi = w->lo + rnd_in(r, -1, 9);
    w->count = rnd_in(r, 1, 5);
    w->pitch = w->count > 1 ? rnd_in(r, -20, 40) : 0;
    w->extent = rnd_chance(r, 0.05) ? 0 : rnd_in(r, 1, 300);
    if (rnd_chance(r, 0.6)) nest(r, w, &c->items);
    yk_range range = yk_1d_at((size_t)rnd_in(r, 0, 9), c->items);
    c->args.array[0] = (void *)(uintptr_t)4096;
    assert_int_equal(YK_OK, yki_call_init(&c->call, &c->kernel.kernel, &range, &c->args, NULL));
    assert_int_equal(c->items, c->call.items);
}

/* The definition in yoke/kernel.h, word by word. */
static void mark_items(const window_case *c, size_t begin, size_t end, uint8_t *marks)
{
    const yk_window *w = &c->args.window[0];
    size_t size = c->kernel.args[0].size;
    for (size_t p = begin; p < end; p++) {
        int64_t i = (int64_t)(c->call.shape.lo[0] + p);
        for (int64_t k = 0; k < w->count; k++) {
            for (int64_t e = w->lo; e < w->hi; e++) {
                int64_t at = i * w->stride + k * w->pitch + e;
                if (at >= 0 && at < w->extent) memset(marks + (size_t)at * size, 1, size);
            }
        }
    }
}

/* Whether the runs of these items interleave with no common step. */
static bool interleaved(const yk_window *w, size_t items)
{
    int64_t n = (int64_t)items, m = w->count, p = llabs(w->stride), q = llabs(w->pitch);
    int64_t run = w->hi - w->lo;
    if (p > q) {
        int64_t t = p;
        p = q, q = t;
        t = n, n = m, m = t;
    }
    if (n < 2 || m < 2 || p == 0 || run <= 0 || run >= p) return false;
    return (n - 1) * p + run > q && q % p != 0;
}

static void check_form(const window_case *c, const yki_box *box, size_t n)
{
    CHECK(c->seed, n <= YKI_MAX_BOXES);
    for (size_t i = 0; i < n; i++) {
        const yki_box *b = &box[i];
        CHECK(c->seed, b->run && b->rows && b->planes);
        CHECK(c->seed, i == 0 || box[i - 1].first < b->first);
        CHECK(c->seed, b->rows > 1 || b->row_pitch == b->run);
        CHECK(c->seed, b->planes > 1 || b->plane_pitch == b->rows * b->row_pitch);
    }
}

static void mark_boxes(const window_case *c, size_t begin, size_t end, uint8_t *marks)
{
    yki_box box[YKI_MAX_BOXES];
    size_t bytes = (size_t)c->args.window[0].extent * c->kernel.args[0].size;
    size_t n = yki_call_boxes(&c->call, 0, begin, end, box), first = SIZE_MAX, last = 0;
    check_form(c, box, n);
    for (size_t i = 0; i < n; i++) {
        const yki_box *b = &box[i];
        for (size_t p = 0; p < b->planes; p++) {
            for (size_t r = 0; r < b->rows; r++) {
                size_t at = b->first + p * b->plane_pitch + r * b->row_pitch;
                CHECK(c->seed, at + b->run <= bytes);
                for (size_t k = at; k < at + b->run; k++) marks[k]++;
                first = first < at ? first : at;
                last = last > at + b->run ? last : at + b->run;
            }
        }
    }
    size_t hull_first, hull_last;
    yki_call_hull(&c->call, 0, begin, end, &hull_first, &hull_last);
    CHECK(c->seed, hull_last - hull_first == (n ? last - first : 0));
    CHECK(c->seed, n == 0 || (hull_first == first && hull_last == last));
}

/* Boxes are disjoint; exact but for interleaved inputs, which they cover. */
static bool check_part(const window_case *c, size_t begin, size_t end, uint8_t *whole)
{
    uint8_t want[MAX_BYTES] = {0}, got[MAX_BYTES] = {0};
    bool exact = !interleaved(&c->args.window[0], end - begin);
    mark_items(c, begin, end, want);
    mark_boxes(c, begin, end, got);
    for (size_t i = 0; i < MAX_BYTES; i++) {
        CHECK(c->seed, got[i] <= 1);
        CHECK(c->seed, exact ? got[i] == want[i] : got[i] >= want[i]);
        whole[i] |= got[i];
    }
    return exact;
}

static void boxes_are_the_union(void **state)
{
    (void)state;
    size_t exact = 0, parts_seen = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        window_case c;
        uint8_t whole[MAX_BYTES] = {0}, parts[MAX_BYTES] = {0};
        uint64_t r = ~seed;
        make_case(&c, seed);
        bool whole_exact = check_part(&c, 0, c.items, whole);
        exact += whole_exact;
        for (size_t at = 0; at < c.items;) {
            size_t end = at + (size_t)rnd_in(&r, 1, (int64_t)(c.items - at));
            check_part(&c, at, end, parts);
            parts_seen++;
            at = end;
        }
        if (whole_exact) CHECK(seed, memcmp(whole, parts, sizeof whole) == 0);
    }
    /* The cases reach both kinds. */
    assert_true(exact > CASES / 2 && exact < CASES);
    assert_true(parts_seen > CASES);
}

static void empty_parts_touch_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        window_case c;
        yki_box box[YKI_MAX_BOXES];
        size_t first, last;
        make_case(&c, seed);
        CHECK(seed, yki_call_boxes(&c.call, 0, 0, 0, box) == 0);
        CHECK(seed, yki_call_boxes(&c.call, 0, c.items, c.items, box) == 0);
        yki_call_hull(&c.call, 0, 0, 0, &first, &last);
        CHECK(seed, first == last);
    }
}

/* Copying goes through images whose byte 0 is not there. */
static void copies_move_those_bytes_alone(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5000; seed++) {
        window_case c;
        uint8_t want[MAX_BYTES] = {0}, from[MAX_BYTES], to[MAX_BYTES];
        yki_box box[YKI_MAX_BOXES];
        make_case(&c, seed);
        memset(from, 1, sizeof from);
        memset(to, 0, sizeof to);
        size_t n = yki_call_boxes(&c.call, 0, 0, c.items, box), first, last;
        yki_call_hull(&c.call, 0, 0, c.items, &first, &last);
        for (size_t i = 0; i < n; i++) {
            yki_box_copy(&box[i], (void *)((uintptr_t)to - first), from);
            size_t bytes = yki_box_bytes(&box[i]);
            CHECK(seed, bytes == box[i].run * box[i].rows * box[i].planes);
        }
        mark_boxes(&c, 0, c.items, want);
        CHECK(seed, memcmp(want + first, to, last - first) == 0);
    }
}

/* Outputs that no few boxes describe are refused, others are taken as they are. */
static void outputs_are_exact_or_refused(void **state)
{
    (void)state;
    size_t refused = 0;
    for (uint64_t seed = 1; seed <= CASES / 4; seed++) {
        window_case c;
        make_case(&c, seed);
        test_arg_type(&c.kernel, 0, YK_MODE_INOUT, YK_T_OTHER, c.kernel.args[0].size);
        yk_range range = c.call.range;
        yk_status st = yki_call_init(&c.call, &c.kernel.kernel, &range, &c.args, NULL);
        bool odd = interleaved(&c.args.window[0], c.items);
        CHECK(seed, (st == YK_E_UNSUPPORTED) == odd);
        CHECK(seed, odd || st == YK_OK || st == YK_E_EXTENT);
        refused += odd;
    }
    assert_true(refused > 0);
}

/* `whole` is set exactly where two items share an element of an output, but for the
 * combs that reach into each other, where it may be set without need. */
static void shared_outputs_are_whole(void **state)
{
    (void)state;
    size_t shared_seen = 0;
    for (uint64_t seed = 1; seed <= CASES / 4; seed++) {
        window_case c;
        make_case(&c, seed);
        yk_window *w = &c.args.window[0];
        w->lo += 1000, w->hi += 1000, w->extent = 2000;     /* no clipping */
        test_arg_type(&c.kernel, 0, YK_MODE_INOUT, YK_T_OTHER, 1);
        yk_range range = c.call.range;
        if (yki_call_init(&c.call, &c.kernel.kernel, &range, &c.args, NULL) != YK_OK) continue;
        uint8_t all[MAX_BYTES] = {0};
        bool shared = false;
        for (size_t p = 0; p < c.items; p++) {
            uint8_t one[MAX_BYTES] = {0};
            mark_items(&c, p, p + 1, one);
            for (size_t i = 0; i < 2000; i++) {
                shared = shared || (one[i] && all[i]);
                all[i] |= one[i];
            }
        }
        CHECK(seed, !shared || c.call.whole);
        if (w->count == 1) CHECK(seed, shared == c.call.whole);
        shared_seen += shared;
    }
    assert_true(shared_seen > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_are_the_union),
        cmocka_unit_test(empty_parts_touch_nothing),
        cmocka_unit_test(copies_move_those_bytes_alone),
        cmocka_unit_test(outputs_are_exact_or_refused),
        cmocka_unit_test(shared_outputs_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
