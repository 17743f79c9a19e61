/* Blocks of yk_alloc: zeroed, owned, placed; held by devices; and read in place where a
 * device's probe said so, with the same results as staging gives. */
#include "check.h"
#include "devices.h"
#include "random.h"

#include "hand_kernels.c"

#include <memory/memory.h>
#include <pool/pool.h>

#define SECONDS 1000000000ull

static void blocks_are_zeroed_and_known(void **state)
{
    yki_blocks *blocks = NULL;
    yki_pool *pool = NULL;
    const yki_pool_opts opts = {.workers = 2};
    (void)state;
    assert_int_equal(yki_pool_open(&pool, &opts, NULL), YK_OK);
    assert_int_equal(yki_blocks_open(&blocks), YK_OK);
    static const size_t sizes[] = {1, 4095, 4096, 4097, 1 << 20, (4 << 20) + 5, 9 << 20};
    unsigned char *p[YKI_COUNT(sizes)];
    for (size_t i = 0; i < YKI_COUNT(sizes); i++) {
        p[i] = yki_blocks_alloc(blocks, i % 2 ? pool : NULL, sizes[i]);
        assert_non_null(p[i]);
        assert_int_equal((uintptr_t)p[i] % 4096, 0);
        if (sizes[i] >= 4u << 20) assert_int_equal((uintptr_t)p[i] % (2u << 20), 0);
        for (size_t b = 0; b < sizes[i]; b++) assert_int_equal(p[i][b], 0);
        memset(p[i], 0xff, sizes[i]);
        assert_true(yki_blocks_own(blocks, p[i], sizes[i]));
        assert_true(yki_blocks_own(blocks, p[i] + sizes[i] - 1, 1));
        assert_false(yki_blocks_own(blocks, p[i], sizes[i] + 1));
        assert_false(yki_blocks_own(blocks, p[i] + 1, sizes[i]));
    }
    assert_false(yki_blocks_own(blocks, &pool, 1));
    assert_null(yki_blocks_alloc(blocks, pool, 0));
    assert_null(yki_blocks_alloc(blocks, pool, SIZE_MAX));
    assert_null(yki_blocks_alloc(blocks, pool, SIZE_MAX / 2));
    for (size_t i = 0; i < YKI_COUNT(sizes); i += 2) yki_blocks_free(blocks, p[i]);
    assert_false(yki_blocks_own(blocks, p[0], 1));
    yki_blocks_free(blocks, NULL);
    yki_blocks_close(&blocks);      /* the rest was forgotten */
    assert_null(blocks);
    yki_blocks_close(&blocks);
    yki_pool_close(&pool);
}

/* Pages that a device may still read stay after the block was freed. */
static void held_blocks_keep_their_pages(void **state)
{
    yki_blocks *blocks = NULL;
    (void)state;
    assert_int_equal(yki_blocks_open(&blocks), YK_OK);
    volatile unsigned char *p = yki_blocks_alloc(blocks, NULL, 8192);
    assert_non_null((void *)(uintptr_t)p);
    assert_true(yki_blocks_hold(blocks, (const void *)((uintptr_t)p + 4096), 10));
    assert_false(yki_blocks_hold(blocks, &blocks, 1));
    p[8191] = 7;
    yki_blocks_free(blocks, (void *)(uintptr_t)p);
    assert_false(yki_blocks_own(blocks, (const void *)(uintptr_t)p, 1));
    assert_int_equal(p[8191], 7);
    yki_blocks_close(&blocks);
    assert_int_equal(p[8191], 7);
}

typedef struct place {
    size_t devices, wrapping;
} place;

/* Parts of saxpy whose x lies in a block: nothing of it goes up where it is read in
 * place, from whatever byte on; changes between launches are seen. */
static void in_place(yki_device *device, void *ctx)
{
    enum { N = 100003, LAUNCHES = 3 };
    place *count = ctx;
    yki_blocks *blocks = NULL;
    yki_memory *memory = NULL;
    yki_program *program = NULL;
    yk_diag diag = {0};
    bool built;
    const bool wraps = yki_device_wrap_align(device) > 0;
    count->devices++;
    count->wrapping += wraps;
    assert_int_equal(yki_blocks_open(&blocks), YK_OK);
    assert_int_equal(yki_memory_open(&memory, device, blocks), YK_OK);
    float *x = yki_blocks_alloc(blocks, NULL, N * sizeof *x);
    float *y = yki_blocks_alloc(blocks, NULL, N * sizeof *y);
    assert_true(x && y);
    assert_int_equal(yki_device_program(device, &hand_saxpy, &program, &built, &diag), YK_OK);
    const hand_saxpy_args args = {N, 2.0f, x, y};
    const yk_range range = yk_1d(N);
    for (int turn = 0; turn < LAUNCHES; turn++) {
        yki_call call;
        uint64_t seed = (uint64_t)turn + 1, up = 0;
        for (size_t i = 0; i < N; i++) x[i] = (float)(i % 100 + (size_t)turn);
        for (size_t i = 0; i < N; i++) y[i] = 1;
        assert_int_equal(yki_call_init(&call, &hand_saxpy, &range, &args, &diag), YK_OK);
        yki_memory_launch_begin(memory, &call);
        for (size_t begin = 0, end; begin < N; begin = end) {
            yki_chunk *chunk = NULL;
            end = yki_min(begin + (size_t)rnd_in(&seed, 1, N / 2), N);
            assert_int_equal(yki_chunk_start(memory, &call, program, begin, end, &chunk, &diag),
                             YK_OK);
            assert_int_equal(yki_chunk_wait(chunk, yki_now_ns() + 60 * SECONDS, &diag), YK_OK);
            yki_chunk_commit(chunk, NULL);
            up += yki_chunk_get_info(chunk).bytes_up;
            yki_chunk_close(&chunk);
        }
        yki_memory_launch_end(memory);
        assert_int_equal(up, (wraps ? 1u : 2u) * (size_t)N * sizeof *x);
        for (size_t i = 0; i < N; i++)
            if (y[i] != 2.0f * x[i] + 1)
                fail_msg("turn %d, element %zu: %g", turn, i, (double)y[i]);
    }
    yki_memory_close(&memory);
    yki_blocks_free(blocks, x);
    yki_blocks_free(blocks, y);
    yki_blocks_close(&blocks);
}

static void blocks_are_read_in_place(void **state)
{
    place count = {0};
    (void)state;
    devices_each(in_place, &count);
    printf("%zu of %zu devices read in place\n", count.wrapping, count.devices);
    if (count.devices == 0) skip();
}

int main(void)
{
    devices_env();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_and_known),
        cmocka_unit_test(held_blocks_keep_their_pages),
        cmocka_unit_test(blocks_are_read_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
