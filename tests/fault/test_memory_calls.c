/* The k-th OpenCL call fails, for every k from listing to closing, on each driver: by its
 * return code, or by an event that ends badly or never.  Each k in a process of its own.
 * Never a crash, always a status, no result before success; afterwards the device works,
 * or was given up. */
#include "check.h"
#include "child.h"
#include "devices.h"

#include <dlfcn.h>

#include "cl_layer.h"
#include "hand_kernels.c"

#include <memory/memory.h>

#define LAYER YOKE_BINARY_DIR "/tests/libcl_layer.so"
#define SECONDS 1000000000ull
enum { N = 3000, W = 40, H = 30, CHILD_BEYOND = 50 };

typedef struct order {
    const char *vendors;    /* one driver's .icd */
    const char *name;       /* calls of one function, NULL: all */
    size_t at;
    int error;
    ykt_cl_mode mode;
} order;

static ykt_cl_control *load_layer(const order *o)
{
    setenv("OCL_ICD_VENDORS", o->vendors, 1);
    setenv("OPENCL_LAYERS", LAYER, 1);
    void *object = dlopen(LAYER, RTLD_NOW);
    REQUIRE(object);
    ykt_cl_control *control = dlsym(object, "ykt_cl_layer");
    REQUIRE(control);
    control->name = o->name;
    control->error = o->error;
    control->mode = o->mode;
    atomic_store(&control->fail_at, o->at);
    return control;
}

typedef struct work {
    float x[N], y[N], u[W * H], v[W * H];
    hand_saxpy_args saxpy;
    hand_blur_args blur;
} work;

static void fill(work *w)
{
    for (size_t i = 0; i < N; i++) w->x[i] = w->y[i] = (float)i;
    for (size_t i = 0; i < W * H; i++) w->u[i] = w->v[i] = (float)i;
    w->saxpy = (hand_saxpy_args){N, 1.0f, w->x, w->y};
    w->blur = (hand_blur_args){W, H, W, w->u, w->v};
}

/* Two parts in flight of one kernel. */
static yk_status run(yki_device *device, yki_memory *memory, const yk_kernel *kernel,
                     yk_range range, const void *args, size_t done[2])
{
    yk_diag diag = {0};
    yki_call call;
    yki_program *program = NULL;
    yki_chunk *chunk[2] = {NULL, NULL};
    bool built;
    REQUIRE(yki_call_init(&call, kernel, &range, args, &diag) == YK_OK);
    done[0] = done[1] = 0;
    yk_status st = yki_device_program(device, kernel, &program, &built, &diag);
    if (st != YK_OK) return st;
    const size_t cut[3] = {0, call.items / 3, call.items};
    yk_status started[2], waited[2];
    yki_memory_launch_begin(memory, &call);
    for (size_t i = 0; i < 2; i++) {
        started[i] = yki_chunk_start(memory, &call, program, cut[i], cut[i + 1], &chunk[i], &diag);
        REQUIRE((started[i] == YK_OK) == (chunk[i] != NULL));
        if (started[i] != YK_OK) st = started[i];
    }
    for (size_t i = 0; i < 2; i++) {
        if (!chunk[i]) continue;
        waited[i] = yki_chunk_wait(chunk[i], yki_now_ns() + SECONDS / 2, &diag);
        if (waited[i] == YK_OK) {
            yki_chunk_commit(chunk[i], NULL);
            done[i] = 1;
        } else st = waited[i];
        yki_chunk_close(&chunk[i]);
    }
    yki_memory_launch_end(memory);
    return st;
}

static void require_results(const work *w, const size_t saxpy[2], const size_t blur[2])
{
    for (size_t i = 0; i < N; i++)
        REQUIRE(w->y[i] == (float)i * (saxpy[i < N / 3 ? 0 : 1] ? 2.0f : 1.0f));
    for (size_t y = 0; y < H; y++)
        for (size_t x = 0; x < W; x++) {
            const size_t i = y * W + x;
            bool inside = x > 0 && y > 0 && x + 1 < W && y + 1 < H;
            bool ran = inside && blur[y - 1 < (H - 2) / 3 ? 0 : 1];
            float mean = ((float)i + (float)(i - 1) + (float)(i + 1) + (float)(i - W) +
                          (float)(i + W)) * 0.25f;
            REQUIRE(w->v[i] == (ran ? mean : (float)i));
        }
}

static yk_status both(yki_device *device, yki_memory *memory, work *w)
{
    size_t saxpy[2] = {0, 0}, blur[2] = {0, 0};
    fill(w);
    yk_status st = run(device, memory, &hand_saxpy, yk_1d(N), &w->saxpy, saxpy);
    if (st == YK_OK) st = run(device, memory, &hand_blur, yk_2d(W, H), &w->blur, blur);
    require_results(w, saxpy, blur);
    return st;
}

static int child(void *ctx)
{
    const order *o = ctx;
    static work w;
    ykt_cl_control *control = load_layer(o);
    yki_listing *listing = NULL;
    yki_device *device = NULL;
    yki_memory *memory = NULL;
    yk_diag diag = {0};
    bool abandoned = false;
    yk_status st = yki_devices_list(&listing, &diag);
    REQUIRE(st == YK_OK || st == YK_E_NOMEM);
    if (o->at == 0 && yki_listing_count(listing) == 0) return CHILD_SKIPPED;
    if (st == YK_OK && yki_listing_count(listing) > 0) {
        st = yki_device_open(&device, listing, 0, NULL, &diag);
        REQUIRE(st == YK_OK || diag.status == st);
    }
    if (device) {
        REQUIRE(yki_memory_open(&memory, device, NULL) == YK_OK);
        st = both(device, memory, &w);
        REQUIRE(st == YK_OK || st == YK_E_DEVICE || st == YK_E_NOMEM || st == YK_E_TIMEOUT ||
                st == YK_E_BUILD);
        REQUIRE(st != YK_E_TIMEOUT || yki_device_abandoned(device));
        abandoned = yki_device_abandoned(device);
        /* One call failed; what is not given up works. */
        if (st != YK_OK && !abandoned) REQUIRE(both(device, memory, &w) == YK_OK);
    }
    yki_memory_close(&memory);
    yki_device_close(&device);
    yki_listing_close(&listing);
    bool fired = atomic_load(&control->fired) > 0;
    if (getenv("YKT_VERBOSE")) {
        if (o->at == 0)
            for (size_t i = 0; i < YKT_CL_FUNCTIONS && control->functions[i].name; i++)
                printf("%s %zu\n", control->functions[i].name, control->functions[i].calls);
        else
            printf("call %zu, %s: %s%s\n", o->at, control->fired_name, yk_status_name(st),
                   abandoned ? ", given up" : "");
    }
    fflush(NULL);
    if (abandoned || o->mode == YKT_CL_HANG) _exit(fired ? CHILD_OK : CHILD_BEYOND);
    if (!fired) REQUIRE(st == YK_OK);
    return fired ? CHILD_OK : CHILD_BEYOND;
}

/* ---- every k ---- */

/* Every call on the one; on the other, whose start takes longer, every third.  YKT_STEP
 * overrides both: 1 tries them all, sanitized builds try fewer.  Of calls of one function, which
 * are few, all are tried, or in sanitized builds every third at least. */
static const struct {
    const char *vendors;
    size_t step;
} drivers[] = {
    {"/etc/OpenCL/vendors/pocl.icd", 1},
    {"/etc/OpenCL/vendors/rusticl.icd", 3},
};

static size_t every_call(order o, size_t step)
{
    size_t hits = 0;
    for (o.at = 1; o.at < 100000; o.at += step) {
        int code = child_run(child, &o, 60);
        if (code == CHILD_BEYOND) return hits;
        if (code != CHILD_OK)
            fail_msg("%s: call %zu of %s: the child ended with %d", o.vendors, o.at,
                     o.name ? o.name : "all", code);
        hits++;
    }
    fail_msg("no end of calls");
    return hits;
}

/* Nothing fails where nothing is asked to, and the driver has a device. */
static bool there(const char *vendors)
{
    int code = CHILD_SKIPPED;
#ifdef CL_TARGET_OPENCL_VERSION
    order o = {.vendors = vendors, .at = 0};
    if (access(vendors, R_OK) == 0) code = child_run(child, &o, 60);
#endif
    if (code == CHILD_SKIPPED) printf("skipped: %s\n", vendors);
    else if (code != CHILD_BEYOND) fail_msg("%s: the child ended with %d", vendors, code);
    return code == CHILD_BEYOND;
}

static size_t step_of(size_t usual)
{
    size_t step = usual;
    const char *text = getenv("YKT_STEP");
    if (text && !yki_parse_size(text, 1, 1000, &step)) fail_msg("YKT_STEP=%s", text);
    return step;
}

static void on_each(order o)
{
    size_t tried = 0;
    for (size_t d = 0; d < YKI_COUNT(drivers); d++) {
        o.vendors = drivers[d].vendors;
        if (!there(o.vendors)) continue;
        size_t step = o.name ? yki_min(step_of(1), 3) : step_of(drivers[d].step);
        size_t hits = every_call(o, step);
        printf("%s: %zu failures of %s survived\n", o.vendors, hits,
               o.name ? o.name : "all calls");
        tried++;
    }
    if (tried == 0) skip();
}

static void error_codes(void **state)
{
    (void)state;
    on_each((order){.error = -5});
}

static void refused_memory(void **state)
{
    (void)state;
    on_each((order){.error = -4, .name = "clCreateBuffer"});
}

static void bad_events(void **state)
{
    static const char *const names[] = {
        "clEnqueueWriteBuffer", "clEnqueueReadBuffer", "clEnqueueReadBufferRect",
        "clEnqueueNDRangeKernel",
    };
    (void)state;
    for (size_t i = 0; i < YKI_COUNT(names); i++)
        on_each((order){.error = -5, .name = names[i], .mode = YKT_CL_EVENT});
}

static void events_that_never_end(void **state)
{
    (void)state;
    on_each((order){.error = -5, .name = "clEnqueueNDRangeKernel", .mode = YKT_CL_HANG});
    on_each((order){.error = -5, .name = "clEnqueueReadBufferRect", .mode = YKT_CL_HANG});
}

/* ---- the k-th allocation of our own, with a real driver ---- */

typedef struct countdown {
    _Atomic size_t left, refused;
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

static bool with_refusal(size_t k, bool for_good)
{
    static work w;
    countdown c = {.left = k, .for_good = for_good};
    yki_listing *listing = NULL;
    yki_device *device = NULL;
    yki_memory *memory = NULL;
    yk_diag diag = {0};
    yki_alloc_set_hook(count_down, &c);
    yk_status st = yki_devices_list(&listing, &diag);
    if (st == YK_OK && yki_listing_count(listing) > 0)
        st = yki_device_open(&device, listing, 0, NULL, &diag);
    if (device) st = yki_memory_open(&memory, device, NULL);
    if (memory) st = both(device, memory, &w);
    yki_alloc_set_hook(NULL, NULL);
    REQUIRE(st == YK_OK || st == YK_E_NOMEM || st == YK_E_BUILD);
    REQUIRE(c.refused > 0 || st == YK_OK);
    if (memory) REQUIRE(both(device, memory, &w) == YK_OK);
    yki_memory_close(&memory);
    yki_device_close(&device);
    yki_listing_close(&listing);
    return c.refused > 0;
}

static int allocation_child(void *ctx)
{
    setenv("OCL_ICD_VENDORS", ctx, 1);
    for (int for_good = 0; for_good < 2; for_good++) {
        size_t k = 1;
        while (with_refusal(k, for_good)) k++;
        printf("%s: %zu refused allocations survived\n", (const char *)ctx, k - 1);
        REQUIRE(k > 10);
    }
    return CHILD_OK;
}

static void refused_allocations(void **state)
{
    char vendors[64];
    (void)state;
    yki_copy_text(vendors, sizeof vendors, drivers[0].vendors);
    if (!there(vendors)) skip();
    assert_int_equal(child_run(allocation_child, vendors, 100), CHILD_OK);
}

/* An argument chooses tests by a pattern. */
int main(int argc, char **argv)
{
    devices_env();
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_allocations),
        cmocka_unit_test(error_codes),
        cmocka_unit_test(refused_memory),
        cmocka_unit_test(bad_events),
        cmocka_unit_test(events_that_never_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
