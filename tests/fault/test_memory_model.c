/* Parts that fail, on a scripted device: nothing reaches the user's arrays, nothing is
 * leaked, and the device is usable afterwards or given up. */
#include "check.h"
#include "devices.h"

#include "hand_kernels.c"

#include <memory/memory.h>

#define SECONDS 1000000000ull
enum { N = 1000 };

typedef struct fixture {
    yki_device *device;
    yki_memory *memory;
    yki_program *program;
    yki_call call;
    hand_saxpy_args args;
    yk_range range;
    float x[N], y[N];
} fixture;

static void open_fixture(fixture *f, const yki_model_script *script)
{
    bool built;
    memset(f, 0, sizeof *f);
    for (size_t i = 0; i < N; i++) f->x[i] = f->y[i] = (float)i;
    f->args = (hand_saxpy_args){N, 1.0f, f->x, f->y};
    f->range = yk_1d(N);
    assert_int_equal(yki_model_open(&f->device, script), YK_OK);
    assert_int_equal(yki_memory_open(&f->memory, f->device, NULL), YK_OK);
    assert_int_equal(yki_call_init(&f->call, &hand_saxpy, &f->range, &f->args, NULL), YK_OK);
    assert_int_equal(yki_device_program(f->device, &hand_saxpy, &f->program, &built, NULL), YK_OK);
}

static void close_fixture(fixture *f)
{
    yki_memory_close(&f->memory);
    yki_model_counts counts = yki_model_get_counts(f->device);
    assert_int_equal(counts.live_buffers, 0);
    assert_int_equal(counts.live_stages, 0);
    yki_device_close(&f->device);
    assert_null(f->device);
}

static yk_status one_part(fixture *f, size_t begin, size_t end, uint64_t patience_ns)
{
    yki_chunk *chunk = NULL;
    yk_diag diag = {0};
    yk_status st = yki_chunk_start(f->memory, &f->call, f->program, begin, end, &chunk, &diag);
    if (st == YK_OK) st = yki_chunk_wait(chunk, yki_now_ns() + patience_ns, &diag);
    else assert_null(chunk);
    if (st == YK_OK) yki_chunk_commit(chunk, NULL);
    else assert_int_equal(diag.status, st);
    yki_chunk_close(&chunk);
    return st;
}

static void check(const fixture *f, size_t begin, size_t end)
{
    for (size_t i = 0; i < N; i++)
        assert_true(f->y[i] == (float)i * (i >= begin && i < end ? 2.0f : 1.0f));
}

static void failed_submit(void **state)
{
    fixture *f = malloc(sizeof *f);
    (void)state;
    open_fixture(f, &(yki_model_script){.fail_submit = 2});
    assert_int_equal(one_part(f, 0, 100, SECONDS * 10), YK_OK);
    assert_int_equal(one_part(f, 100, 200, SECONDS * 10), YK_E_DEVICE);
    check(f, 0, 100);
    assert_int_equal(one_part(f, 100, 200, SECONDS * 10), YK_OK);
    check(f, 0, 200);
    close_fixture(f);
    free(f);
}

static void failed_wait(void **state)
{
    fixture *f = malloc(sizeof *f);
    (void)state;
    open_fixture(f, &(yki_model_script){.fail_wait = 1});
    assert_int_equal(one_part(f, 0, N, SECONDS * 10), YK_E_DEVICE);
    check(f, 0, 0);
    assert_false(yki_device_abandoned(f->device));
    assert_int_equal(one_part(f, 0, N, SECONDS * 10), YK_OK);
    check(f, 0, N);
    close_fixture(f);
    free(f);
}

static void refused_buffers(void **state)
{
    fixture *f = malloc(sizeof *f);
    (void)state;
    for (size_t k = 1; k <= 4; k++) {
        open_fixture(f, &(yki_model_script){.fail_buffer = k});
        yk_status st = one_part(f, 0, N, SECONDS * 10);
        /* A refused buffer is asked for again, once what idles has been given up. */
        assert_int_equal(st, YK_OK);
        check(f, 0, N);
        close_fixture(f);
    }
    free(f);
}

static void refused_program(void **state)
{
    yki_device *device = NULL;
    yki_program *program = NULL;
    bool built;
    yk_diag diag;
    (void)state;
    assert_int_equal(yki_model_open(&device, &(yki_model_script){.fail_build = true}), YK_OK);
    assert_int_equal(yki_device_program(device, &hand_saxpy, &program, &built, &diag), YK_E_BUILD);
    assert_null(program);
    yki_device_close(&device);
}

/* Two parts in flight, the second hangs: the first is good, the device given up, and
 * everything can be closed at once. */
static void hung_job(void **state)
{
    fixture *f = malloc(sizeof *f);
    yki_chunk *first = NULL, *second = NULL, *third = NULL;
    yk_diag diag;
    (void)state;
    open_fixture(f, &(yki_model_script){.hang = 2});
    assert_int_equal(yki_chunk_start(f->memory, &f->call, f->program, 0, 500, &first, &diag),
                     YK_OK);
    assert_int_equal(yki_chunk_start(f->memory, &f->call, f->program, 500, N, &second, &diag),
                     YK_OK);
    assert_int_equal(yki_chunk_wait(first, yki_now_ns() + 10 * SECONDS, &diag), YK_OK);
    yki_chunk_commit(first, NULL);
    yki_chunk_close(&first);
    assert_int_equal(yki_chunk_wait(second, yki_now_ns() + SECONDS / 100, &diag), YK_E_TIMEOUT);
    assert_true(yki_device_abandoned(f->device));
    assert_int_equal(yki_chunk_start(f->memory, &f->call, f->program, 500, N, &third, &diag),
                     YK_E_DEVICE);
    assert_null(third);
    yki_chunk_close(&second);
    check(f, 0, 500);
    close_fixture(f);
    free(f);
}

/* A chunk that is closed, or memory that is, while the job runs: waited for. */
static void closed_early(void **state)
{
    fixture *f = malloc(sizeof *f);
    yki_chunk *chunk = NULL;
    (void)state;
    open_fixture(f, &(yki_model_script){.job_ns = SECONDS / 50});
    assert_int_equal(yki_chunk_start(f->memory, &f->call, f->program, 0, N, &chunk, NULL), YK_OK);
    yki_chunk_close(&chunk);
    assert_int_equal(yki_chunk_start(f->memory, &f->call, f->program, 0, N, &chunk, NULL), YK_OK);
    check(f, 0, 0);
    close_fixture(f);
    free(f);
}

static void too_many_in_flight(void **state)
{
    fixture *f = malloc(sizeof *f);
    yki_chunk *chunk[5] = {NULL};
    yk_diag diag;
    (void)state;
    open_fixture(f, NULL);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(yki_chunk_start(f->memory, &f->call, f->program, i * 100, i * 100 + 100,
                                         &chunk[i], &diag), YK_OK);
    assert_int_equal(yki_chunk_start(f->memory, &f->call, f->program, 400, 500, &chunk[4], &diag),
                     YK_E_NOMEM);
    assert_null(chunk[4]);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(yki_chunk_wait(chunk[i], yki_now_ns() + 10 * SECONDS, &diag), YK_OK);
        yki_chunk_commit(chunk[i], NULL);
        yki_chunk_close(&chunk[i]);
    }
    check(f, 0, 400);
    close_fixture(f);
    free(f);
}

/* ---- the k-th allocation ---- */

typedef struct countdown {
    _Atomic size_t left;
    _Atomic size_t refused;
    bool for_good;
} countdown;

static bool count_down(void *ctx, size_t bytes)
{
    countdown *c = ctx;
    (void)bytes;
    size_t left = atomic_load(&c->left);
    if (left > 1) {
        atomic_store(&c->left, left - 1);
        return true;
    }
    if (left == 0 && !c->for_good) return true;
    atomic_store(&c->left, 0);
    atomic_fetch_add(&c->refused, 1);
    return false;
}

/* Opening, building and one part, with the k-th allocation refused (from then on all, or
 * that one alone); false once k is beyond the last. */
static bool with_refusal(size_t k, bool for_good)
{
    countdown c = {.left = k, .for_good = for_good};
    float x[16], y[16];
    bool built;
    yki_device *device = NULL;
    yki_memory *memory = NULL;
    yki_program *program = NULL;
    yki_chunk *chunk = NULL;
    yki_blocks *blocks = NULL;
    yki_call call;
    for (size_t i = 0; i < 16; i++) x[i] = y[i] = (float)i;
    const hand_saxpy_args args = {16, 1.0f, x, y};
    const yk_range range = yk_1d(16);
    assert_int_equal(yki_call_init(&call, &hand_saxpy, &range, &args, NULL), YK_OK);
    yki_alloc_set_hook(count_down, &c);
    yk_status st = yki_model_open(&device, NULL);
    if (st == YK_OK) st = yki_blocks_open(&blocks);
    if (st == YK_OK && !yki_blocks_alloc(blocks, NULL, 100)) st = YK_E_NOMEM;
    if (st == YK_OK) st = yki_memory_open(&memory, device, blocks);
    if (st == YK_OK) st = yki_device_program(device, &hand_saxpy, &program, &built, NULL);
    if (st == YK_OK) st = yki_chunk_start(memory, &call, program, 0, 16, &chunk, NULL);
    if (st == YK_OK) st = yki_chunk_wait(chunk, yki_now_ns() + 10 * SECONDS, NULL);
    if (st == YK_OK) yki_chunk_commit(chunk, NULL);
    yki_alloc_set_hook(NULL, NULL);
    if (c.refused == 0) assert_int_equal(st, YK_OK);
    else if (st != YK_OK) assert_int_equal(st, YK_E_NOMEM);
    for (size_t i = 0; i < 16; i++)
        assert_true(y[i] == (float)i * (st == YK_OK ? 2.0f : 1.0f));
    yki_chunk_close(&chunk);
    if (memory && program) {        /* and it works again */
        assert_int_equal(yki_chunk_start(memory, &call, program, 0, 16, &chunk, NULL), YK_OK);
        assert_int_equal(yki_chunk_wait(chunk, yki_now_ns() + 10 * SECONDS, NULL), YK_OK);
        yki_chunk_close(&chunk);
    }
    yki_memory_close(&memory);
    yki_blocks_close(&blocks);
    yki_device_close(&device);
    return c.refused > 0;
}

static void every_allocation(void **state)
{
    (void)state;
    for (int for_good = 0; for_good < 2; for_good++) {
        size_t k = 1;
        while (with_refusal(k, for_good)) {
            k++;
            assert_true(k < 1000);
        }
        assert_true(k > 5);
        printf("%zu allocations refused, %s\n", k - 1, for_good ? "for good" : "once");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_submit),
        cmocka_unit_test(failed_wait),
        cmocka_unit_test(refused_buffers),
        cmocka_unit_test(refused_program),
        cmocka_unit_test(hung_job),
        cmocka_unit_test(closed_early),
        cmocka_unit_test(too_many_in_flight),
        cmocka_unit_test(every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
