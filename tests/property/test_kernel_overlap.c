/* Overlaps against brute force: two arguments somewhere in one allocation share a byte,
 * or they do not, and a launch is refused exactly in the first case. */
#include "check.h"
#include "kernels.h"
#include "random.h"

#include <kernel/kernel.h>
#include <stdlib.h>

#define CASES 40000

/* Marks what all items touch of argument `arg`, or tells whether a mark is met. */
static bool walk(const test_kernel *k, const test_args *a, size_t arg, size_t items,
                 const uint8_t *arena, uint8_t *marks, bool set)
{
    const yk_window *w = &a->window[arg];
    size_t size = k->args[arg].size;
    uint8_t *base = marks + ((const uint8_t *)a->array[arg] - arena);
    for (int64_t i = 0; i < (int64_t)items; i++) {
        for (int64_t c = 0; c < w->count; c++) {
            int64_t from = i * w->stride + c * w->pitch + w->lo, to = from + w->hi - w->lo;
            for (int64_t e = from < 0 ? 0 : from; e < to && e < w->extent; e++) {
                uint8_t *m = base + (size_t)e * size;
                if (set) memset(m, 1, size);
                else if (memchr(m, 1, size)) return true;
            }
        }
    }
    return false;
}

static bool same_window(const test_args *a)
{
    const yk_window *v = &a->window[0], *w = &a->window[1];
    return a->array[0] == a->array[1] && v->stride == w->stride && v->lo == w->lo &&
           v->hi == w->hi && v->count == w->count && v->pitch == w->pitch;
}

static yk_window random_window(uint64_t *r)
{
    yk_window w = {.stride = rnd_in(r, 0, 9), .lo = rnd_in(r, 0, 6), .count = 1,
                   .extent = rnd_in(r, 1, 200)};
    w.hi = w.lo + rnd_in(r, 1, 5);
    if (rnd_chance(r, 0.5)) {
        w.count = rnd_in(r, 1, 4);
        w.pitch = w.count > 1 ? rnd_in(r, 1, 40) : 0;
    }
    return w;
}

static void small_cases(void **state)
{
    (void)state;
    static uint8_t arena[4096], marks[4096];
    size_t met = 0, apart = 0;
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        uint64_t s = seed, *r = &s;
        test_kernel k;
        test_args a = {0};
        yki_call call;
        yk_diag diag;
        size_t items = (size_t)rnd_in(r, 1, 10);
        test_kernel_init(&k, 1, 2);
        test_arg_type(&k, 0, rnd_chance(r, 0.5) ? YK_MODE_IN : YK_MODE_INOUT, YK_T_U8, 1);
        test_arg_type(&k, 1, YK_MODE_INOUT, YK_T_OTHER, (uint32_t)rnd_in(r, 1, 3));
        for (size_t i = 0; i < 2; i++) {
            a.array[i] = arena + rnd_in(r, 0, 120);
            a.window[i] = random_window(r);
        }
        if (rnd_chance(r, 0.4)) {       /* the same comb, shifted */
            a.window[1] = a.window[0];
            a.window[1].lo += rnd_in(r, 0, 2), a.window[1].hi = a.window[1].lo + rnd_in(r, 1, 2);
            test_arg_type(&k, 1, YK_MODE_INOUT, YK_T_U8, 1);
            a.array[1] = a.array[0];
        }
        yk_range range = yk_1d(items);
        yk_status st = yki_call_init(&call, &k.kernel, &range, &a, &diag);
        if (st == YK_E_UNSUPPORTED || st == YK_E_EXTENT) continue;
        memset(marks, 0, sizeof marks);
        walk(&k, &a, 0, items, arena, marks, true);
        bool meets = walk(&k, &a, 1, items, arena, marks, false);
        yki_box box[YKI_MAX_BOXES];
        if (st == YK_E_OVERLAP) {
            CHECK(seed, strcmp(diag.kernel, "k") == 0 && diag.argument[0] && diag.text[0]);
        }
        /* An input that is given as its hull may be refused for its gaps. */
        bool hull = false;
        if (k.args[0].mode == YK_MODE_IN) {
            yk_kernel one = k.kernel;
            one.n_args = 1;
            if (yki_call_init(&call, &one, &range, &a, NULL) == YK_OK) {
                size_t n = yki_call_boxes(&call, 0, 0, items, box), bytes = 0, want = 0;
                for (size_t i = 0; i < n; i++) bytes += yki_box_bytes(&box[i]);
                for (size_t i = 0; i < sizeof marks; i++) want += marks[i];
                hull = bytes != want;
            }
        }
        bool own = k.args[0].size == k.args[1].size && same_window(&a) &&
                   !(call.whole && items > 1);
        if (own) continue;      /* unit tests say what holds there */
        CHECK(seed, !meets || st == YK_E_OVERLAP);
        CHECK(seed, meets || hull || st == YK_OK);
        met += meets;
        apart += !meets;
    }
    assert_true(met > CASES / 20 && apart > CASES / 20);
}

/* Sub-boxes of one volume, too many rows to look at one by one. */
static void large_cases(void **state)
{
    (void)state;
    const size_t arena_size = (size_t)4 << 20;
    uint8_t *arena = calloc(1, arena_size), *marks = calloc(1, arena_size);
    assert_non_null(arena);
    assert_non_null(marks);
    size_t met = 0, apart = 0;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        uint64_t s = seed, *r = &s;
        test_kernel k;
        test_args a = {0};
        yki_call call;
        test_kernel_init(&k, 1, 2);
        int64_t width = rnd_in(r, 4, 9), height = 300, depth = 300, rows = rnd_in(r, 280, 290);
        for (size_t i = 0; i < 2; i++) {
            test_arg_type(&k, i, YK_MODE_INOUT, YK_T_U8, 1);
            int64_t lo = rnd_in(r, 0, width - 2), hi = lo + rnd_in(r, 1, 2);
            a.array[i] = arena + width * height * rnd_in(r, 0, 3) + width * rnd_in(r, 0, 3);
            /* items are planes, runs are rows */
            a.window[i] = (yk_window){width * height, lo, hi, rows, width,
                                      width * height * (depth - 4)};
        }
        yk_range range = yk_1d(280);
        yk_status st = yki_call_init(&call, &k.kernel, &range, &a, NULL);
        if (st == YK_OK || st == YK_E_OVERLAP) {
            memset(marks, 0, arena_size);
            walk(&k, &a, 0, 280, arena, marks, true);
            bool meets = walk(&k, &a, 1, 280, arena, marks, false);
            if (!same_window(&a)) CHECK(seed, (st == YK_E_OVERLAP) == meets);
            met += meets;
            apart += !meets;
        } else {
            CHECK(seed, false);
        }
    }
    assert_true(met > 10 && apart > 10);
    free(marks);
    free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_cases),
        cmocka_unit_test(large_cases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
