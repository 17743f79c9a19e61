/* Launches cut at random into parts, some left out, several in flight, on every OpenCL
 * device and on the model: results equal to serial loops written here, and not a byte
 * written that no part that ran has a window on. */
#include "check.h"
#include "devices.h"
#include "random.h"

#include "hand_kernels.c"

#include <memory/memory.h>

#define GUARD 32
#define SENTINEL 0x7fa5a5a5u
#define SECONDS 1000000000ull

typedef struct rig {
    yki_device *device;
    yki_memory *memory;
    uint64_t seed;
    bool skip;              /* leave some parts out */
    size_t depth;
    uint64_t bytes_up, bytes_down;
    unsigned char *ran;     /* by position, of the latest launch */
} rig;

/* ---- guarded arrays ---- */

static uint32_t *guarded(size_t n)
{
    uint32_t *a = malloc((n + 2 * GUARD) * sizeof *a);
    assert_non_null(a);
    for (size_t i = 0; i < n + 2 * GUARD; i++) a[i] = SENTINEL;
    return a + GUARD;
}

static void release(uint64_t seed, uint32_t *a, size_t n)
{
    for (size_t i = 0; i < GUARD; i++) {
        CHECK(seed, a[-1 - (ptrdiff_t)i] == SENTINEL);
        CHECK(seed, a[n + i] == SENTINEL);
    }
    free(a - GUARD);
}

/* Values with exact small arithmetic. */
static void fill_floats(uint32_t *a, size_t n, uint64_t *state)
{
    for (size_t i = 0; i < n; i++) {
        float f = (float)rnd_in(state, -1000, 1000) * 0.125f;
        memcpy(&a[i], &f, sizeof f);
    }
}

static float as_float(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint32_t as_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof f);
    return bits;
}

/* ---- a launch in parts ---- */

typedef struct fifo {
    yki_chunk *chunk[8];
    size_t count;
} fifo;

static void finish_first(rig *r, fifo *f, yki_reduce *reduce)
{
    yk_diag diag = {0};
    yki_chunk *chunk = f->chunk[0];
    yk_status st = yki_chunk_wait(chunk, yki_now_ns() + 60 * SECONDS, &diag);
    if (st != YK_OK) fail_msg("seed %llx: %s", (unsigned long long)r->seed, diag.text);
    yki_chunk_commit(chunk, reduce);
    yki_chunk_info info = yki_chunk_get_info(chunk);
    r->bytes_up += info.bytes_up;
    r->bytes_down += info.bytes_down;
    yki_chunk_close(&chunk);
    f->count--;
    memmove(&f->chunk[0], &f->chunk[1], f->count * sizeof f->chunk[0]);
}

static void launch(rig *r, const yk_kernel *kernel, yk_range range, const void *args)
{
    yk_diag diag = {0};
    yki_call call;
    yki_reduce *reduce = NULL;
    yki_program *program = NULL;
    bool built;
    uint64_t state = r->seed;
    fifo f = {.count = 0};
    if (yki_call_init(&call, kernel, &range, args, &diag) != YK_OK) fail_msg("%s", diag.text);
    assert_int_equal(yki_reduce_open(&reduce, &call, 1, &diag), YK_OK);
    if (yki_device_program(r->device, kernel, &program, &built, &diag) != YK_OK)
        fail_msg("%s", diag.text);
    free(r->ran);
    r->ran = calloc(call.items + 1, 1);
    r->bytes_up = r->bytes_down = 0;
    size_t most = yki_memory_max_items(r->memory, &call, r->depth);
    CHECK(r->seed, call.items == 0 || (most > 0 && most % call.align == 0));
    yki_memory_launch_begin(r->memory, &call);
    for (size_t begin = 0, end; begin < call.items; begin = end) {
        size_t units = yki_div_up(call.items, call.align);
        end = begin + (size_t)rnd_in(&state, 1, (int64_t)yki_max(units / 3, 1)) * call.align;
        end = yki_min(yki_min(end, call.items), begin + most);
        if (r->skip && rnd_chance(&state, 0.3)) continue;
        memset(r->ran + begin, 1, end - begin);
        yki_chunk *chunk = NULL;
        if (yki_chunk_start(r->memory, &call, program, begin, end, &chunk, &diag) != YK_OK)
            fail_msg("seed %llx: %s", (unsigned long long)r->seed, diag.text);
        f.chunk[f.count++] = chunk;
        if (f.count == r->depth) finish_first(r, &f, reduce);
    }
    while (f.count > 0) finish_first(r, &f, reduce);
    yki_memory_launch_end(r->memory);
    if (reduce) yki_reduce_finish(reduce);
    yki_reduce_close(&reduce);
}

/* ---- kernels ---- */

static size_t count_ran(const rig *r, size_t n)
{
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += r->ran[i];
    return sum;
}

static void check_saxpy(rig *r, size_t n)
{
    uint64_t state = r->seed;
    uint32_t *x = guarded(n), *y = guarded(n), *was = guarded(n);
    fill_floats(x, n, &state);
    fill_floats(y, n, &state);
    for (size_t i = 0; i < n; i++) was[i] = y[i];
    const size_t from = n > 3 ? (size_t)rnd_in(&state, 0, 2) : 0;
    hand_saxpy_args args = {(int32_t)n, 1.5f, (const float *)x, (float *)y};
    launch(r, &hand_saxpy, yk_1d_at(from, n + 7), &args);
    for (size_t i = 0; i < n; i++) {
        bool ran = i >= from && r->ran[i - from];
        float want = ran ? 1.5f * as_float(x[i]) + as_float(was[i]) : as_float(was[i]);
        CHECK(r->seed, y[i] == as_bits(want));
    }
    size_t items = count_ran(r, n - yki_min(from, n));
    CHECK(r->seed, r->bytes_up == 8 * items && r->bytes_down == 4 * items);
    release(r->seed, x, n);
    release(r->seed, y, n);
    release(r->seed, was, n);
}

/* In place: x and y are the same array. */
static void check_saxpy_in_place(rig *r, size_t n)
{
    uint64_t state = r->seed;
    uint32_t *y = guarded(n), *was = guarded(n);
    fill_floats(y, n, &state);
    for (size_t i = 0; i < n; i++) was[i] = y[i];
    hand_saxpy_args args = {(int32_t)n, 2.0f, (const float *)y, (float *)y};
    launch(r, &hand_saxpy, yk_1d(n), &args);
    for (size_t i = 0; i < n; i++) {
        float want = r->ran[i] ? 3.0f * as_float(was[i]) : as_float(was[i]);
        CHECK(r->seed, as_float(y[i]) == want);
    }
    release(r->seed, y, n);
    release(r->seed, was, n);
}

static void check_blur_by(rig *r, size_t n, const yk_kernel *kernel)
{
    uint64_t state = r->seed;
    const size_t w = n % 37 + 2, h = n / 7 + 2, pitch = w + (size_t)rnd_in(&state, 0, 5);
    const size_t all = pitch * (h - 1) + w;
    uint32_t *u = guarded(all), *v = guarded(all);
    fill_floats(u, all, &state);
    hand_blur_args args = {(int32_t)w, (int32_t)h, (int32_t)pitch, (const float *)u, (float *)v};
    launch(r, kernel, yk_2d(w + 3, h + 1), &args);
    for (size_t i = 0; i < all; i++) {
        size_t x = i % pitch, y = i / pitch;
        bool inside = x > 0 && x + 1 < w && y > 0 && y + 1 < h;
        if (!inside || !r->ran[y - 1]) {
            CHECK(r->seed, v[i] == SENTINEL);
            continue;
        }
        float sum = as_float(u[i]) + as_float(u[i - 1]) + as_float(u[i + 1]);
        sum = sum + as_float(u[i - pitch]) + as_float(u[i + pitch]);
        CHECK(r->seed, as_float(v[i]) == sum * 0.25f);
    }
    if (w > 2 && h > 2)
        CHECK(r->seed, r->bytes_down == 4 * (w - 2) * count_ran(r, h - 2));
    release(r->seed, u, all);
    release(r->seed, v, all);
}

static void check_blur(rig *r, size_t n) { check_blur_by(r, n, &hand_blur); }
static void check_blur_tiled(rig *r, size_t n) { check_blur_by(r, n, &hand_blur_tiled); }

static void check_histogram(rig *r, size_t n, size_t n_bins)
{
    uint64_t state = r->seed;
    uint32_t *value = guarded(n), *bins = guarded(n_bins);
    uint32_t *want = calloc(n_bins, sizeof *want);
    assert_non_null(want);
    for (size_t i = 0; i < n; i++) value[i] = (uint32_t)rnd(&state);
    for (size_t b = 0; b < n_bins; b++) bins[b] = want[b] = (uint32_t)rnd_in(&state, 0, 9);
    hand_histogram_args args = {(int32_t)n, (int32_t)n_bins, value, bins};
    launch(r, &hand_histogram, yk_1d(n), &args);
    for (size_t i = 0; i < n; i++) want[value[i] % n_bins] += r->ran[i];
    for (size_t b = 0; b < n_bins; b++) CHECK(r->seed, bins[b] == want[b]);
    free(want);
    release(r->seed, value, n);
    release(r->seed, bins, n_bins);
}

static void check_few_bins(rig *r, size_t n) { check_histogram(r, n, 17); }
/* More than local memory takes. */
static void check_many_bins(rig *r, size_t n) { check_histogram(r, n, 100003); }

static void check_sum(rig *r, size_t n)
{
    uint64_t state = r->seed;
    uint32_t *x = guarded(n), *sum = guarded(1);
    const bool skip = r->skip;
    for (size_t i = 0; i < n; i++) {
        float f = (float)rnd_real(&state, -1e3, 1e3);
        memcpy(&x[i], &f, sizeof f);
    }
    hand_sum_args args = {(int32_t)n, (const float *)x, (float *)sum};
    const yk_range range = yk_1d(n);
    float start = 0.5f;

    /* What the host function makes of it in one go. */
    yki_call call;
    yki_reduce *reduce = NULL;
    memcpy(sum, &start, sizeof start);
    assert_int_equal(yki_call_init(&call, &hand_sum, &range, &args, NULL), YK_OK);
    assert_int_equal(yki_reduce_open(&reduce, &call, 1, NULL), YK_OK);
    const yk_slice slice = {
        .range = &call.range, .shape = &call.shape, .args = &args,
        .reduce = yki_reduce_worker(reduce, 0), .begin = 0, .end = n, .block = call.block,
    };
    if (n > 0) hand_sum.host->fn[0](&slice);
    yki_reduce_finish(reduce);
    yki_reduce_close(&reduce);
    const uint32_t want = sum[0];

    memcpy(sum, &start, sizeof start);
    r->skip = false;
    launch(r, &hand_sum, range, &args);
    r->skip = skip;
    CHECK(r->seed, sum[0] == want);
    CHECK(r->seed, r->bytes_up == 4 * n);
    release(r->seed, x, n);
    release(r->seed, sum, 1);
}

static void check_transpose(rig *r, size_t n)
{
    uint64_t state = r->seed;
    const size_t w = n % 19 + 1, h = n / 5 + 1, all = w * h;
    uint32_t *in = guarded(all), *out = guarded(all);
    fill_floats(in, all, &state);
    hand_transpose_args args = {(int32_t)w, (int32_t)h, (const float *)in, (float *)out};
    launch(r, &hand_transpose, yk_2d(w, h), &args);
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++)
            CHECK(r->seed, out[x * h + y] == (r->ran[y] ? in[y * w + x] : SENTINEL));
    CHECK(r->seed, r->bytes_down == 4 * w * count_ran(r, h));
    release(r->seed, in, all);
    release(r->seed, out, all);
}

static void check_all(rig *r, size_t n)
{
    uint64_t state = r->seed;
    const size_t m = (size_t)rnd_in(&state, 1, 300);
    uint32_t *table = guarded(m), *out = guarded(n);
    uint32_t sum = 0;
    for (size_t j = 0; j < m; j++) sum += table[j] = (uint32_t)rnd(&state);
    hand_all_args args = {(int32_t)n, (int32_t)m, (const int32_t *)table, (int32_t *)out};
    launch(r, &hand_all, yk_1d(n), &args);
    size_t items = count_ran(r, n);
    for (size_t i = 0; i < n; i++)
        CHECK(r->seed, out[i] == (r->ran[i] ? sum * (uint32_t)(i + 1) : SENTINEL));
    /* Once a launch, however many parts. */
    CHECK(r->seed, r->bytes_up == (items > 0 ? 4 * m : 0) && r->bytes_down == 4 * items);
    release(r->seed, table, m);
    release(r->seed, out, n);
}

static void check_everything(yki_device *device, void *ctx)
{
    static void (*const checks[])(rig *, size_t) = {
        check_saxpy, check_saxpy_in_place, check_blur, check_blur_tiled, check_few_bins,
        check_many_bins, check_sum, check_transpose, check_all,
    };
    static const size_t sizes[] = {0, 1, 2, 3, 63, 64, 65, 127, 1009, 4096, 30011, 65537};
    (void)ctx;
    rig r = {.device = device};
    assert_int_equal(yki_memory_open(&r.memory, device, NULL), YK_OK);
    for (size_t c = 0; c < YKI_COUNT(checks); c++)
        for (size_t s = 0; s < YKI_COUNT(sizes); s++) {
            r.seed = c * 1000 + s + 1;
            r.depth = 1 + (c + s) % 3;
            r.skip = s % 2;
            checks[c](&r, sizes[s]);
        }
    free(r.ran);
    yki_memory_close(&r.memory);
}

static void opencl_devices(void **state)
{
    (void)state;
    if (devices_each(check_everything, NULL) == 0) {
        printf("skipped: no OpenCL device\n");
        skip();
    }
}

static void model_device(void **state)
{
    (void)state;
    yki_device *device = NULL;
    assert_int_equal(yki_model_open(&device, NULL), YK_OK);
    check_everything(device, NULL);
    yki_model_counts counts = yki_model_get_counts(device);
    assert_int_equal(counts.live_buffers, 0);
    assert_int_equal(counts.live_stages, 0);
    assert_int_equal(counts.live_tickets, 0);
    yki_device_close(&device);
}

/* A device too small for the launch: parts are cut to what it holds. */
static void small_memory(void **state)
{
    (void)state;
    yki_device *device = NULL;
    const yki_model_script script = {.memory_bytes = 128 << 10};
    assert_int_equal(yki_model_open(&device, &script), YK_OK);
    assert_int_equal(yki_device_budget(device), 128 << 10);
    rig r = {.device = device, .depth = 2, .seed = 99};
    assert_int_equal(yki_memory_open(&r.memory, device, NULL), YK_OK);
    check_saxpy(&r, 100003);
    check_blur(&r, 100003);
    check_sum(&r, 200001);
    yki_call call;
    static int32_t table[1 << 16], out[1 << 16];
    hand_all_args args = {8, 1 << 16, table, out};
    yk_range range = yk_1d(8);
    assert_int_equal(yki_call_init(&call, &hand_all, &range, &args, NULL), YK_OK);
    assert_int_equal(yki_memory_max_items(r.memory, &call, 1), 0);
    /* One row of the input is a column of the output, whose hull is nearly all of it. */
    hand_transpose_args turn = {256, 256, (const float *)table, (float *)out};
    range = yk_2d(256, 256);
    assert_int_equal(yki_call_init(&call, &hand_transpose, &range, &turn, NULL), YK_OK);
    assert_int_equal(yki_memory_max_items(r.memory, &call, 1), 0);
    free(r.ran);
    yki_memory_close(&r.memory);
    yki_device_close(&device);
}

int main(void)
{
    devices_env();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_device),
        cmocka_unit_test(small_memory),
        cmocka_unit_test(opencl_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
