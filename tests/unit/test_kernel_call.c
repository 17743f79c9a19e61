/* yki_call_init: what it refuses and names, and the numbers that it gives. */
#include "check.h"
#include "kernels.h"

#include <kernel/kernel.h>
#include <yoke/topo.h>

static float room[4096];

/* A launch over n elements of one input and one output, all in order. */
typedef struct plain {
    test_kernel k;
    test_args a;
    yk_range range;
    yki_call call;
    yk_diag diag;
} plain;

static void plain_init(plain *p, int64_t n)
{
    memset(p, 0, sizeof *p);
    test_kernel_init(&p->k, 1, 2);
    test_arg_type(&p->k, 1, YK_MODE_OUT, YK_T_F32, 4);
    p->a.array[0] = room;
    p->a.array[1] = room + 2048;
    for (int i = 0; i < 2; i++) p->a.window[i] = (yk_window){1, 0, 1, 1, 0, n};
    p->range = yk_1d((size_t)n);
}

static yk_status init(plain *p)
{
    return yki_call_init(&p->call, &p->k.kernel, &p->range, &p->a, &p->diag);
}

static void numbers_of_a_plain_launch(void **state)
{
    (void)state;
    plain p;
    plain_init(&p, 100);
    p.k.kernel.align = 64;
    assert_int_equal(YK_OK, init(&p));
    assert_int_equal(100, p.call.items);
    assert_int_equal(1, p.call.inner);
    assert_int_equal(64, p.call.align);
    assert_int_equal(0, p.call.block);
    assert_false(p.call.whole);
    assert_ptr_equal(room + 2048, yki_call_pointer(&p.call, 1));
    assert_int_equal(YK_OK, yki_call_init(&p.call, &p.k.kernel, &p.range, &p.a, NULL));
}

static void active_box_counts(void **state)
{
    (void)state;
    plain p;
    plain_init(&p, 1000);
    test_kernel_init(&p.k, 3, 2);
    test_arg_type(&p.k, 1, YK_MODE_OUT, YK_T_F32, 4);
    p.k.kernel.axis = 1;
    p.range = yk_3d_at(1, 2, 3, 10, 20, 30);
    memcpy(p.a.lo, (size_t[]){1, 4, 5}, sizeof p.a.lo);
    memcpy(p.a.hi, (size_t[]){8, 20, 33}, sizeof p.a.hi);
    assert_int_equal(YK_OK, init(&p));
    assert_int_equal(16, p.call.items);
    assert_int_equal(7 * 28, p.call.inner);
    size_t first, last;
    yki_call_hull(&p.call, 1, 2, 5, &first, &last);
    assert_int_equal(6 * 4, first);         /* position 2 is global id 6 */
    assert_int_equal(9 * 4, last);
    p.a.hi[0] = 12;                         /* beyond the range */
    assert_int_equal(YK_E_INVALID, init(&p));
}

static void empty_launches_succeed(void **state)
{
    (void)state;
    plain p;
    plain_init(&p, 0);
    p.a.array[0] = p.a.array[1] = NULL;
    p.a.status = YK_E_RANGE;                /* not asked: the range is empty */
    assert_int_equal(YK_OK, init(&p));
    assert_int_equal(0, p.call.items);
    plain_init(&p, 10);
    p.a.lo[0] = p.a.hi[0] = 7;              /* the active box is */
    p.a.array[0] = p.a.array[1] = NULL;
    assert_int_equal(YK_OK, init(&p));
    assert_int_equal(0, p.call.items);
    yki_box box[YKI_MAX_BOXES];
    assert_int_equal(0, yki_call_boxes(&p.call, 0, 0, 0, box));
}

static void bad_descriptors(void **state)
{
    (void)state;
    plain p;
    assert_int_equal(YK_E_INVALID, yki_call_init(&p.call, NULL, NULL, NULL, &p.diag));
#define REFUSED(wanted, change)                 \
    do {                                        \
        plain_init(&p, 10);                     \
        p.call.items = 77;                      \
        change;                                 \
        assert_int_equal(wanted, init(&p));     \
        assert_int_equal(wanted, p.diag.status);\
        assert_true(p.diag.text[0]);            \
        assert_int_equal(0, p.call.items);      \
    } while (0)
    REFUSED(YK_E_UNSUPPORTED, p.k.kernel.abi = 2);
    REFUSED(YK_E_UNSUPPORTED, p.k.kernel.size = 16);
    REFUSED(YK_E_UNSUPPORTED, p.k.host.abi = 0);
    REFUSED(YK_E_UNSUPPORTED, p.k.host.size = 8);
    REFUSED(YK_E_INVALID, p.k.host.fn[0] = NULL);
    REFUSED(YK_E_INVALID, p.k.kernel.host = NULL);
    REFUSED(YK_E_INVALID, p.k.kernel.shape = NULL);
    REFUSED(YK_E_INVALID, p.k.kernel.name = NULL);
    REFUSED(YK_E_INVALID, p.k.kernel.args = NULL);
    REFUSED(YK_E_INVALID, p.k.kernel.dims = 4);
    REFUSED(YK_E_INVALID, p.k.kernel.dims = 0);
    REFUSED(YK_E_INVALID, p.k.kernel.axis = 1);
    REFUSED(YK_E_INVALID, p.k.kernel.n_args = 33);
    REFUSED(YK_E_INVALID, p.k.args[0].mode = 9);
    REFUSED(YK_E_INVALID, p.k.args[0].type = 99);
    REFUSED(YK_E_INVALID, p.k.args[0].size = 0);
    REFUSED(YK_E_INVALID, p.k.args[0].size = 8);
    REFUSED(YK_E_INVALID, p.k.args[0].offset = sizeof(test_args));
    REFUSED(YK_E_INVALID, p.k.args[0].offset = UINT32_MAX);
    REFUSED(YK_E_INVALID, p.k.args[0].offset = 4);
    REFUSED(YK_E_INVALID, p.k.args[1].ordered = 1);
    REFUSED(YK_E_INVALID, (p.k.args[1].mode = YK_MODE_SUM, p.k.args[1].ordered = 1));
    REFUSED(YK_E_INVALID, (p.k.args[1].mode = YK_MODE_SUM, p.k.args[1].type = YK_T_OTHER));
    yk_device_table dev = {.abi = 7, .size = sizeof dev};
    REFUSED(YK_E_UNSUPPORTED, p.k.kernel.device = &dev);
    dev = (yk_device_table){.abi = YK_KERNEL_ABI, .size = sizeof dev, .entry = "k"};
    REFUSED(YK_E_INVALID, p.k.kernel.device = &dev);
    /* Another binary's: longer structs are fine. */
    plain_init(&p, 10);
    p.k.kernel.size += 64;
    p.k.host.size += 64;
    assert_int_equal(YK_OK, init(&p));
}

/* Work-groups of a device program written by hand, of a kernel of two dimensions. */
static void groups_of_devices(void **state)
{
    (void)state;
    static const struct { size_t group[3], tile[3]; yk_status st; } cases[] = {
        {{0}, {0}, YK_OK},
        {{16, 8}, {0}, YK_OK},
        {{16, 8, 1}, {128, 64, 1}, YK_OK},
        {{16, 0}, {0}, YK_E_INVALID},
        {{0, 8}, {0}, YK_E_INVALID},
        {{16, 8, 2}, {0}, YK_E_INVALID},
        {{16, 8}, {128, 64, 2}, YK_E_INVALID},
        {{0}, {128, 64}, YK_E_INVALID},
        {{16, 8}, {128, 0}, YK_E_INVALID},
        {{(size_t)1 << 40, (size_t)1 << 40}, {0}, YK_E_INVALID},
        {{16, 8}, {(size_t)1 << 40, (size_t)1 << 40}, YK_E_INVALID},
    };
    for (size_t i = 0; i < YKI_COUNT(cases); i++) {
        plain p;
        plain_init(&p, 10);
        test_kernel_init(&p.k, 2, 2);
        test_arg_type(&p.k, 1, YK_MODE_OUT, YK_T_F32, 4);
        p.range = yk_2d(1, 10);
        p.a.hi[0] = 1;
        p.a.hi[1] = 10;
        yk_device_table dev = {.abi = YK_KERNEL_ABI, .size = sizeof dev, .source = "", .entry = "k"};
        memcpy(dev.group, cases[i].group, sizeof dev.group);
        memcpy(dev.tile, cases[i].tile, sizeof dev.tile);
        p.k.kernel.device = &dev;
        assert_int_equal(cases[i].st, init(&p));
        if (cases[i].st != YK_OK) assert_non_null(strstr(p.diag.text, "work-groups"));
        /* Ordered sums decide on their groups themselves. */
        p.k.kernel.flags |= YK_KERNEL_ORDERED;
        assert_int_equal(cases[i].group[0] ? YK_E_INVALID : cases[i].st, init(&p));
        p.k.kernel.flags = 0;
        /* A table of a binary that knows nothing of groups. */
        dev.size = offsetof(yk_device_table, group);
        assert_int_equal(YK_OK, init(&p));
        assert_int_equal(1, yki_kernel_group_items(&p.k.kernel));
    }
}

static void group_and_tile(void **state)
{
    (void)state;
    size_t group[YK_MAX_DIMS], tile[YK_MAX_DIMS];
    yk_device_table dev = {.abi = YK_KERNEL_ABI, .size = sizeof dev};
    yk_kernel k = {.dims = 2, .lanes = 64, .device = &dev};
    assert_false(yki_kernel_group(&k, group, tile));
    assert_int_equal(1, yki_kernel_group_items(&k));
    k.required_local[0] = 4, k.required_local[1] = 6;
    assert_true(yki_kernel_group(&k, group, tile));
    assert_int_equal(24, yki_kernel_group_items(&k));
    assert_memory_equal(tile, ((size_t[]){4, 6, 1}), sizeof tile);
    dev.group[0] = 16, dev.group[1] = 8;
    assert_true(yki_kernel_group(&k, group, tile));
    assert_memory_equal(tile, ((size_t[]){16, 8, 1}), sizeof tile);
    dev.tile[0] = 128, dev.tile[1] = 64;
    assert_true(yki_kernel_group(&k, group, tile));
    assert_memory_equal(group, ((size_t[]){16, 8, 1}), sizeof group);
    assert_memory_equal(tile, ((size_t[]){128, 64, 1}), sizeof tile);
    assert_int_equal(128, yki_kernel_group_items(&k));
    k.flags = YK_KERNEL_ORDERED;
    assert_int_equal(64, yki_kernel_group_items(&k));
}

/* What yk_kernel_by_hand keeps, replaces, and tells apart. */
static void other_code_on_one_side(void **state)
{
    (void)state;
    test_kernel t;
    test_kernel_init(&t, 1, 2);
    yk_device_table dev = {.abi = YK_KERNEL_ABI, .size = sizeof dev, .source = "a", .entry = "k"};
    yk_device_table other = dev;
    yk_host_table host = t.host;
    t.kernel.device = &dev;
    t.kernel.hash = 5;
    other.source = "b";
    const yk_kernel made[] = {
        yk_kernel_by_hand(&t.kernel, "k", NULL, NULL),
        yk_kernel_by_hand(&t.kernel, "h", NULL, NULL),
        yk_kernel_by_hand(&t.kernel, "h", &host, NULL),
        yk_kernel_by_hand(&t.kernel, "h", &host, &dev),
        yk_kernel_by_hand(&t.kernel, "h", &host, &other),
        yk_kernel_by_hand(&t.kernel, "h", NULL, &other),
    };
    for (size_t i = 0; i < YKI_COUNT(made); i++) {
        const yk_kernel *k = &made[i];
        assert_ptr_equal(k->args, t.kernel.args);
        assert_int_equal(k->size, sizeof *k);
        assert_ptr_equal(k->host, i >= 2 && i <= 4 ? &host : &t.host);
        assert_ptr_equal(k->device, i >= 4 ? &other : &dev);
        assert_int_not_equal(k->hash, t.kernel.hash);
        for (size_t j = 0; j < i; j++) assert_int_not_equal(k->hash, made[j].hash);
    }
    /* A descriptor of an older binary, which ends sooner. */
    t.kernel.size = offsetof(yk_kernel, device);
    assert_null(yk_kernel_by_hand(&t.kernel, "k", NULL, NULL).device);
}

static void bad_ranges(void **state)
{
    (void)state;
    plain p;
    plain_init(&p, 10);
    assert_int_equal(YK_E_INVALID, yki_call_init(&p.call, &p.k.kernel, NULL, &p.a, &p.diag));
    assert_int_equal(YK_E_INVALID, yki_call_init(&p.call, &p.k.kernel, &p.range, NULL, &p.diag));
    assert_string_equal("k", p.diag.kernel);
    REFUSED(YK_E_INVALID, p.range = yk_2d(10, 1));
    REFUSED(YK_E_INVALID, p.range.size[1] = 2);
    REFUSED(YK_E_INVALID, p.range.offset[2] = 1);
    REFUSED(YK_E_RANGE, p.range.size[0] = SIZE_MAX);
    REFUSED(YK_E_RANGE, p.range.offset[0] = SIZE_MAX);
    REFUSED(YK_E_RANGE, p.range.offset[0] = INT64_MAX - 5);
    REFUSED(YK_E_RANGE, (p.k.kernel.dims = 2, p.range = yk_2d((size_t)1 << 40, (size_t)1 << 40)));
    REFUSED(YK_E_RANGE, (p.k.kernel.dims = 3, p.range = yk_3d(SIZE_MAX / 4, 0, 4)));
    REFUSED(YK_E_INVALID, (p.k.kernel.required_local[0] = 8, p.range.local[0] = 4));
    REFUSED(YK_E_RANGE, (p.k.kernel.dims = 2, p.range = yk_2d(4, 4),
                         p.range.local[0] = SIZE_MAX, p.range.local[1] = 2));
    REFUSED(YK_E_RANGE, p.a.status = YK_E_RANGE);
    REFUSED(YK_E_EXTENT, p.a.status = YK_E_EXTENT);
    plain_init(&p, 10);
    p.k.kernel.required_local[0] = 8;
    assert_int_equal(YK_OK, init(&p));
    assert_int_equal(8, p.call.range.local[0]);
}

static void bad_windows(void **state)
{
    (void)state;
    plain p;
    REFUSED(YK_E_EXTENT, p.a.window[0].extent = -1);
    assert_string_equal("a", p.diag.argument);
    REFUSED(YK_E_EXTENT, p.a.window[1].extent = 9);
    assert_string_equal("b", p.diag.argument);
    assert_int_equal(9, p.diag.begin);
    REFUSED(YK_E_EXTENT, (p.a.window[1].lo = -1, p.a.window[1].hi = 0));
    REFUSED(YK_E_RANGE, p.a.window[0].extent = INT64_MAX);
    REFUSED(YK_E_RANGE, p.a.window[0].stride = INT64_MAX);
    REFUSED(YK_E_RANGE, p.a.window[0].stride = INT64_MIN);
    REFUSED(YK_E_RANGE, (p.a.window[0].lo = INT64_MAX - 3, p.a.window[0].hi = INT64_MAX));
    REFUSED(YK_E_RANGE, (p.a.window[0].count = INT64_MAX, p.a.window[0].pitch = INT64_MIN));
    REFUSED(YK_E_RANGE, (p.a.window[0].count = INT64_MAX, p.a.window[0].pitch = INT64_MAX));
    REFUSED(YK_E_INVALID, p.a.array[0] = NULL);
    REFUSED(YK_E_INVALID, p.a.array[0] = (char *)room + 1);
    REFUSED(YK_E_RANGE, (p.a.array[0] = (void *)(UINTPTR_MAX - 15)));
    /* Clipped, not refused: halos and short inputs, outputs that are written in part. */
    plain_init(&p, 10);
    p.a.window[0] = (yk_window){1, -3, 4, 1, 0, 10};
    assert_int_equal(YK_OK, init(&p));
    p.a.window[0].extent = 4;
    assert_int_equal(YK_OK, init(&p));
    p.a.window[0] = (yk_window){0, INT64_MIN, INT64_MAX, 1, 0, 10};
    assert_int_equal(YK_OK, init(&p));
    p.k.args[1].mode = YK_MODE_INOUT;
    p.a.window[1] = (yk_window){4, 0, 4, 1, 0, 37};
    assert_int_equal(YK_OK, init(&p));
    p.a.window[1].extent = 36;
    assert_int_equal(YK_E_EXTENT, init(&p));
    p.k.args[1].mode = YK_MODE_OUT;
    p.a.window[1].extent = 37;
    assert_int_equal(YK_E_EXTENT, init(&p));
    /* NULL where no byte is touched. */
    plain_init(&p, 10);
    p.a.window[0].extent = 0;
    p.a.array[0] = NULL;
    assert_int_equal(YK_OK, init(&p));
}

static void overlaps(void **state)
{
    (void)state;
    plain p;
    REFUSED(YK_E_OVERLAP, p.a.array[1] = room + 9);
    assert_string_equal("b", p.diag.argument);
    REFUSED(YK_E_OVERLAP, (p.a.array[1] = room, p.a.window[0].lo = -1));    /* a halo */
    REFUSED(YK_E_OVERLAP, (p.k.args[1].mode = YK_MODE_SUM, p.a.array[1] = room,
                           p.a.window[1].extent = 1));
    REFUSED(YK_E_OVERLAP, (p.a.array[1] = room, p.a.window[0] = p.a.window[1] =
                           (yk_window){0, 0, 10, 1, 0, 10}));   /* the same, but not own */
    plain_init(&p, 10);
    p.a.array[1] = room;                    /* in place */
    assert_int_equal(YK_OK, init(&p));
    p.a.array[1] = room + 10;               /* side by side */
    assert_int_equal(YK_OK, init(&p));
    p.a.array[1] = room + 1;                /* woven: even and odd elements */
    p.a.window[0] = p.a.window[1] = (yk_window){2, 0, 1, 1, 0, 20};
    assert_int_equal(YK_OK, init(&p));
    p.a.array[1] = room + 2;
    assert_int_equal(YK_E_OVERLAP, init(&p));
    p.k.args[1].mode = YK_MODE_IN;          /* nothing is written */
    assert_int_equal(YK_OK, init(&p));
}

static void whole_launches(void **state)
{
    (void)state;
    plain p;
    plain_init(&p, 10);
    p.k.kernel.flags = YK_KERNEL_WHOLE;
    assert_int_equal(YK_OK, init(&p));
    assert_true(p.call.whole);
    plain_init(&p, 10);
    p.k.args[1].mode = YK_MODE_INOUT;
    p.a.window[1] = (yk_window){1, -1, 2, 1, 0, 10};
    assert_int_equal(YK_OK, init(&p));
    assert_true(p.call.whole);
    p.range = yk_1d(1);                     /* one item shares with nobody */
    assert_int_equal(YK_OK, init(&p));
    assert_false(p.call.whole);
}

static void ordered(plain *p, size_t n, int64_t results)
{
    plain_init(p, 10);
    p->k.kernel.flags = YK_KERNEL_ORDERED;
    p->k.kernel.align = 64;
    test_arg_type(&p->k, 1, YK_MODE_SUM, YK_T_F32, 4);
    p->k.args[1].ordered = 1;
    p->a.window[1] = (yk_window){.extent = results};
    p->range = yk_1d(n);
}

static void blocks_of_ordered_sums(void **state)
{
    (void)state;
    plain p;
    ordered(&p, 100000, 1);
    assert_int_equal(YK_OK, init(&p));
    assert_int_equal(8192, p.call.block);
    assert_int_equal(13, p.call.blocks);
    assert_int_equal(8192, p.call.align);
    p.k.kernel.align = 3;
    assert_int_equal(YK_OK, init(&p));
    assert_int_equal(3 * 8192, p.call.align);
    ordered(&p, 100, 1 << 20);
    p.k.kernel.align = 1u << 31;
    assert_int_equal(YK_OK, init(&p));
    assert_int_equal(1u << 31, p.call.align);

    assert_int_equal(1, yki_call_block_items(1000, 10000, 1));
    assert_int_equal(8, yki_call_block_items(1000, 1000, 1));
    assert_int_equal(8192, yki_call_block_items((size_t)1 << 30, 1, 1));
    assert_int_equal(8192, yki_call_block_items((size_t)1 << 30, 1, 32));
    assert_int_equal(16384, yki_call_block_items((size_t)1 << 30, 1, 33));
    /* Many results: 64 blocks at most. */
    assert_int_equal((size_t)1 << 24, yki_call_block_items((size_t)1 << 30, 1, (size_t)1 << 30));
    for (size_t length = 1; length < SIZE_MAX / 3; length *= 3) {
        size_t items = SIZE_MAX / 2, block = yki_call_block_items(items, 3, length);
        size_t blocks = yki_div_up(items, block);
        assert_true(blocks <= 64 || blocks * length <= (size_t)4 << 20);
    }
    assert_true(yki_call_block_items(SIZE_MAX, 1, SIZE_MAX) >= SIZE_MAX / 64);
}

static void level_1(const yk_slice *slice) { (void)slice; }
static void level_3(const yk_slice *slice) { (void)slice; }

static void host_functions_by_level(void **state)
{
    (void)state;
    plain p;
    plain_init(&p, 10);
    p.k.host.fn[1] = level_1;
    p.k.host.fn[3] = level_3;
    const yk_kernel *k = &p.k.kernel;
    assert_true(yki_kernel_host(k, YK_ISA_GENERIC) == test_host);
    assert_true(yki_kernel_host(k, YK_ISA_X86_V2) == level_1);
    assert_true(yki_kernel_host(k, YK_ISA_X86_V3) == level_1);
    assert_true(yki_kernel_host(k, YK_ISA_X86_V4) == level_3);
    /* An older binary, whose table ends earlier. */
    p.k.host.size = offsetof(yk_host_table, fn[2]);
    assert_int_equal(YK_OK, init(&p));
    assert_true(yki_kernel_host(k, YK_ISA_X86_V4) == level_1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_a_plain_launch),
        cmocka_unit_test(active_box_counts),
        cmocka_unit_test(empty_launches_succeed),
        cmocka_unit_test(bad_descriptors),
        cmocka_unit_test(groups_of_devices),
        cmocka_unit_test(group_and_tile),
        cmocka_unit_test(other_code_on_one_side),
        cmocka_unit_test(bad_ranges),
        cmocka_unit_test(bad_windows),
        cmocka_unit_test(overlaps),
        cmocka_unit_test(whole_launches),
        cmocka_unit_test(blocks_of_ordered_sums),
        cmocka_unit_test(host_functions_by_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
