/* OpenCL devices, each test in a process of its own: listing, signal handlers, building,
 * giving up on a job that does not end, and carving. */
#include "check.h"
#include "child.h"
#include "devices.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>

#include "hand_kernels.c"

#define SECONDS 1000000000ull

static void run_child(int (*fn)(void *), void *ctx)
{
    int code = child_run(fn, ctx, 60);
    if (code == CHILD_SKIPPED) skip();
    assert_int_equal(code, CHILD_OK);
}

/* ---- listing ---- */

static bool no_opencl(void)
{
    size_t count;
    return yk_list_devices(NULL, 0, &count, NULL) == YK_E_UNSUPPORTED;
}

static int list_child(void *ctx)
{
    yk_device_info infos[16];
    yk_diag diag;
    size_t count = 0, again = 0;
    (void)ctx;
    if (no_opencl()) return CHILD_SKIPPED;
    REQUIRE(yk_list_devices(infos, 16, &count, &diag) == YK_OK);
    printf("%zu devices; %s\n", count, diag.text);
    for (size_t i = 0; i < count && i < 16; i++) {
        const yk_device_info *d = &infos[i];
        printf("%s: %s (%s), %llu MiB, local %llu, group %zu, fp64 %d, int64 atomics %d\n", d->id,
               d->name, d->platform, (unsigned long long)d->memory_bytes >> 20,
               (unsigned long long)d->local_bytes, d->max_group, d->fp64, d->int64_atomics);
        REQUIRE(d->id[0] && d->name[0] && d->platform[0]);
        REQUIRE(d->state == YK_DEVICE_LISTED);
        REQUIRE((d->type == YK_DEVICE_CPU) == (d->shares_cores != 0));
        REQUIRE(d->type != YK_DEVICE_CPU || strncmp(d->id, "cl", 2) == 0);
        REQUIRE(d->type != YK_DEVICE_CPU || d->reason[0]);
        for (size_t j = 0; j < i; j++) REQUIRE(strcmp(infos[j].id, d->id) != 0);
    }
    REQUIRE(yk_list_devices(NULL, 0, &again, NULL) == YK_OK && again == count);
    REQUIRE(yk_list_devices(NULL, 1, &again, NULL) == YK_E_INVALID);
    return CHILD_OK;
}

/* A build without OpenCL says so, and its listing is empty with a reason. */
static int unbuilt_child(void *ctx)
{
    yki_listing *listing = NULL;
    yk_diag diag;
    (void)ctx;
    if (!no_opencl()) return CHILD_SKIPPED;
    REQUIRE(yki_devices_list(&listing, &diag) == YK_OK);
    REQUIRE(yki_listing_count(listing) == 0 && diag.text[0]);
    yki_listing_close(&listing);
    return CHILD_OK;
}

static int no_driver_child(void *ctx)
{
    (void)ctx;
    setenv("OCL_ICD_VENDORS", "/nonexistent/", 1);
    yk_diag diag;
    size_t count = 99;
    if (no_opencl()) return CHILD_SKIPPED;
    REQUIRE(yk_list_devices(NULL, 0, &count, &diag) == YK_OK);
    REQUIRE(count == 0 && diag.text[0]);
    return CHILD_OK;
}

static int broken_icd_child(void *ctx)
{
    char dir[] = "/tmp/yoke-icd-XXXXXX", path[64], command[96];
    (void)ctx;
    REQUIRE(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/broken.icd", dir);
    FILE *file = fopen(path, "w");
    REQUIRE(file);
    fputs("/nonexistent/libbroken.so\n", file);
    fclose(file);
    setenv("OCL_ICD_VENDORS", dir, 1);
    yk_diag diag;
    size_t count = 99;
    yk_status st = yk_list_devices(NULL, 0, &count, &diag);
    snprintf(command, sizeof command, "rm -r %s", dir);
    REQUIRE(system(command) == 0);
    if (st == YK_E_UNSUPPORTED) return CHILD_SKIPPED;
    REQUIRE(st == YK_OK && count == 0 && diag.text[0]);
    return CHILD_OK;
}

static void lists_devices(void **state) { (void)state; run_child(list_child, NULL); }
static void builds_without_opencl(void **state) { (void)state; run_child(unbuilt_child, NULL); }
static void no_driver_is_no_device(void **state) { (void)state; run_child(no_driver_child, NULL); }
static void broken_icd_is_no_device(void **state)
{
    (void)state;
    run_child(broken_icd_child, NULL);
}


/* ---- signals ---- */

static void our_handler(int sig) { (void)sig; }

static void open_close(yki_device *device, void *ctx)
{
    *(size_t *)ctx += 1;
    const yk_device_info *d = yki_device_info(device);
    printf("%s: unified %d, copies %d, wrap %zu, budget %zu, largest %zu\n", d->id, d->unified,
           d->copies, yki_device_wrap_align(device), yki_device_budget(device),
           yki_device_largest(device));
    REQUIRE(d->state == YK_DEVICE_READY);
    REQUIRE(yki_device_largest(device) <= yki_device_budget(device));
    REQUIRE(yki_device_budget(device) <= d->memory_bytes / 10 * 9);
}

static int signals_child(void *ctx)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGFPE};
    struct sigaction ours = {.sa_handler = our_handler}, now, before[YKI_COUNT(signals)];
    size_t opened = 0;
    (void)ctx;
    REQUIRE(sigaction(SIGINT, &ours, NULL) == 0);
    for (size_t i = 0; i < YKI_COUNT(signals); i++)
        REQUIRE(sigaction(signals[i], NULL, &before[i]) == 0);
    devices_each(open_close, &opened);
    for (size_t i = 0; i < YKI_COUNT(signals); i++) {
        REQUIRE(sigaction(signals[i], NULL, &now) == 0);
        REQUIRE(now.sa_handler == before[i].sa_handler);
    }
    return opened > 0 ? CHILD_OK : CHILD_SKIPPED;
}

static void handlers_are_restored(void **state) { (void)state; run_child(signals_child, NULL); }

/* ---- building ---- */

static void build(yki_device *device, void *ctx)
{
    yki_program *first = NULL, *second = NULL;
    bool built = false;
    yk_diag diag = {0};
    char reason[256] = "";
    *(size_t *)ctx += 1;
    REQUIRE(yki_device_program(device, &hand_saxpy, &first, &built, &diag) == YK_OK && built);
    REQUIRE(yki_device_program(device, &hand_saxpy, &second, &built, &diag) == YK_OK && !built);
    REQUIRE(first == second);
    /* Same hash, other code: another program. */
    yk_kernel twin = hand_blur;
    twin.hash = hand_saxpy.hash;
    REQUIRE(yki_device_program(device, &twin, &second, &built, &diag) == YK_OK && built);
    REQUIRE(first != second);
    REQUIRE(yki_device_program(device, &hand_broken, &second, &built, &diag) == YK_E_BUILD);
    printf("%s: %s\n", yki_device_info(device)->id, diag.text);
    REQUIRE(diag.status == YK_E_BUILD && strstr(diag.driver_error, "CL_"));
    REQUIRE(strstr(diag.text, "CL_BUILD_PROGRAM_FAILURE"));
    REQUIRE(strcmp(diag.kernel, "broken") == 0);
    REQUIRE(yki_device_can(device, &hand_double, reason, sizeof reason) ==
            (yki_device_info(device)->fp64 != 0));
    REQUIRE(yki_device_info(device)->fp64 || strstr(reason, "fp64"));
    yk_kernel wide = hand_sum;
    wide.lanes = 1u << 20;
    REQUIRE(!yki_device_can(device, &wide, reason, sizeof reason));
    yk_kernel host_only = hand_saxpy;
    host_only.device = NULL;
    REQUIRE(yki_device_program(device, &host_only, &second, &built, &diag) ==
            YK_E_UNSUPPORTED);
    yki_buffer *buffer = NULL;
    REQUIRE(yki_buffer_open(device, 0, &buffer, &diag) == YK_E_NOMEM);
    REQUIRE(yki_buffer_open(device, yki_device_largest(device) + 1, &buffer, &diag) ==
            YK_E_NOMEM);
}

static int build_child(void *ctx)
{
    size_t opened = 0;
    (void)ctx;
    devices_each(build, &opened);
    return opened > 0 ? CHILD_OK : CHILD_SKIPPED;
}

static void programs_are_built_once(void **state) { (void)state; run_child(build_child, NULL); }

/* ---- a job that does not end in time ---- */

static const yk_device_table slow_device = {
    .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table), .entry = "slow",
    .source =
        "kernel void slow(int n, float a, global const float *x, ulong x_base,\n"
        "                 global float *y, ulong y_base, ulong lo, ulong hi, ulong size,\n"
        "                 ulong offset, ulong local_size)\n"
        "{\n"
        "    ulong i = lo + get_global_id(0);\n"
        "    if (i >= hi) return;\n"
        "    float v = y[i - y_base];\n"
        /* llvmpipe leaves loops after 65535 turns: the items must do it. */
        "    for (int k = 0; k < n; k++)\n"
        "        for (int j = 0; j < n; j++) v = sin(v) * a + x[i - x_base];\n"
        "    y[i - y_base] = v;\n"
        "}\n",
};

static void give_up(yki_device *device, void *ctx)
{
    enum { ITEMS = 1 << 20 };
    static float x[ITEMS], y[ITEMS];
    yk_kernel slow = hand_saxpy;
    yk_diag diag = {0};
    yki_call call;
    yki_program *program = NULL;
    yki_buffer *buffer[2] = {NULL, NULL};
    yki_ticket *ticket = NULL, *refused = NULL;
    bool built;
    *(size_t *)ctx += 1;
    slow.device = &slow_device;
    slow.name = "slow";
    const hand_saxpy_args args = {ITEMS, 0.99f, x, y};
    const yk_range range = yk_1d(ITEMS);
    REQUIRE(yki_call_init(&call, &slow, &range, &args, &diag) == YK_OK);
    hand_saxpy_args longer = args;
    longer.n = 60000;
    call.args = &longer;        /* turns of the loop, not items */
    REQUIRE(yki_device_program(device, &slow, &program, &built, &diag) == YK_OK);
    for (int i = 0; i < 2; i++)
        REQUIRE(yki_buffer_open(device, sizeof x, &buffer[i], &diag) == YK_OK);
    const yki_job_arg job_args[4] = {{NULL, 0}, {NULL, 0}, {buffer[0], 0}, {buffer[1], 0}};
    const yki_job job = {.call = &call, .program = program, .begin = 0, .end = ITEMS,
                         .args = job_args};
    REQUIRE(yki_job_submit(device, &job, &ticket, &diag) == YK_OK);
    yk_status st = yki_ticket_wait(device, ticket, yki_now_ns() + SECONDS / 20, &diag);
    printf("%s: %s\n", yk_status_name(st), diag.text);
    REQUIRE(st == YK_E_TIMEOUT);
    REQUIRE(yki_device_abandoned(device));
    REQUIRE(yki_job_submit(device, &job, &refused, &diag) == YK_E_DEVICE && !refused);
    uint64_t t0 = yki_now_ns();
    yki_ticket_close(device, &ticket);
    for (int i = 0; i < 2; i++) yki_buffer_close(device, &buffer[i]);
    REQUIRE(yki_now_ns() - t0 < SECONDS);       /* waits for nothing */
}

static int give_up_child(void *ctx)
{
    size_t opened = 0;
    (void)ctx;
    devices_each(give_up, &opened);
    fflush(NULL);
    _exit(opened > 0 ? CHILD_OK : CHILD_SKIPPED);   /* drivers are still at work */
}

static void a_late_job_is_given_up(void **state) { (void)state; run_child(give_up_child, NULL); }

/* ---- carve ---- */

static void bind_to(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    REQUIRE(sched_setaffinity(0, sizeof set, &set) == 0);
}

static int first_cpu(void)
{
    cpu_set_t set;
    REQUIRE(sched_getaffinity(0, sizeof set, &set) == 0);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, &set)) return cpu;
    return -1;
}

/* The ids of all threads; those that came later than `before` are the driver's. */
static size_t threads_now(int *out, size_t max)
{
    size_t n = 0;
    DIR *dir = opendir("/proc/self/task");
    REQUIRE(dir);
    for (struct dirent *entry; (entry = readdir(dir)) && n < max;)
        if (entry->d_name[0] != '.') out[n++] = atoi(entry->d_name);
    closedir(dir);
    return n;
}

static bool among(int tid, const int *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == tid) return true;
    return false;
}

static void require_bound(const int *before, size_t n_before, int cpu)
{
    int now[256];
    size_t n = threads_now(now, 256);
    for (size_t i = 0; i < n; i++) {
        cpu_set_t set;
        if (among(now[i], before, n_before) || sched_getaffinity(now[i], sizeof set, &set) != 0)
            continue;
        REQUIRE(CPU_COUNT(&set) == 1 && CPU_ISSET((size_t)cpu, &set));
    }
}

/* Opens everything on one thread: bound to `cpu`, or asking for a core that is not there. */
static void *carve_thread(void *ctx)
{
    const bool possible = *(bool *)ctx;
    const int cpu = first_cpu(), asked = possible ? cpu : CPU_SETSIZE - 1;
    const yki_device_opts opts = {.carve = 1, .carve_cpus = &asked};
    yki_listing *listing = NULL;
    yk_diag diag;
    int before[256];
    size_t n_before = threads_now(before, 256);
    bind_to(cpu);
    REQUIRE(yki_devices_list(&listing, &diag) == YK_OK);
    for (size_t i = 0; i < yki_listing_count(listing); i++) {
        yki_device *device = NULL;
        yk_status st = yki_device_open(&device, listing, i, &opts, &diag);
        printf("%s: %s\n", yki_listing_info(listing, i)->id,
               st == YK_OK ? "carved" : diag.text);
        REQUIRE(st == (possible ? YK_OK : YK_E_UNSUPPORTED));
        if (possible) {
            REQUIRE(yki_device_info(device)->carved == 1);
            require_bound(before, n_before, cpu);
        } else REQUIRE(!device && strstr(diag.text, "carved"));
        yki_device_close(&device);
    }
    yki_listing_close(&listing);
    return NULL;
}

static int carve_child(void *ctx)
{
    pthread_t thread;
    yki_listing *listing = NULL;
    REQUIRE(yki_thread_start(&thread, "carve", carve_thread, ctx) == YK_OK);
    pthread_join(thread, NULL);
    REQUIRE(yki_devices_list(&listing, NULL) == YK_OK);
    bool any = yki_listing_count(listing) > 0;
    yki_listing_close(&listing);
    return any ? CHILD_OK : CHILD_SKIPPED;
}

static void carve_binds_all_threads(void **state)
{
    bool possible = true;
    (void)state;
    run_child(carve_child, &possible);
}

static void carve_is_refused_where_it_fails(void **state)
{
    bool possible = false;
    (void)state;
    run_child(carve_child, &possible);
}

/* An argument chooses tests by a pattern. */
int main(int argc, char **argv)
{
    devices_env();
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_devices),
        cmocka_unit_test(builds_without_opencl),
        cmocka_unit_test(no_driver_is_no_device),
        cmocka_unit_test(broken_icd_is_no_device),
        cmocka_unit_test(handlers_are_restored),
        cmocka_unit_test(programs_are_built_once),
        cmocka_unit_test(a_late_job_is_given_up),
        cmocka_unit_test(carve_binds_all_threads),
        cmocka_unit_test(carve_is_refused_where_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
