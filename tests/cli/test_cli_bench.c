/* yoke-bench as its users call it: options, streams, exit codes, reports.
 *
 * Workloads run at tiny sizes and without devices, unless a test is about devices. */
#include "bench_run.h"

#include <math.h>

/* ---- what needs no run ---- */

static void test_help(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("--help"));
    assert_int_equal(c.code, 0);
    assert_non_null(strstr(c.out, "--fail-if slower:10%"));
    assert_string_equal(c.err, "");
    ykt_command_free(&c);
}

static void test_version(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("-V"));
    assert_int_equal(c.code, 0);
    assert_int_equal(strncmp(c.out, "yoke-bench ", 11), 0);
    assert_string_equal(c.err, "");
    ykt_command_free(&c);
}

static void test_list(void **state)
{
    static const char *const names[] = {"black_scholes", "dot", "histogram", "mandelbrot",
                                        "nbody", "triad", "wave2d", "open"};
    (void)state;
    ykt_command c = bench(NULL, ARGS("--list"));
    assert_int_equal(c.code, 0);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        assert_non_null(strstr(c.out, names[k]));
    assert_string_equal(c.err, "");
    assert_non_null(strstr(c.out, " from opening an engine to the first item\n"));   /* not cut */
    for (char *line = strtok(c.out, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 100);
    ykt_command_free(&c);
}

/* Those that were named, however long they would take. */
static void test_list_some(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("--list", "--size", "1000Gi", "nbody"));
    assert_int_equal(c.code, 0);
    assert_non_null(strstr(c.out, "\nnbody "));
    assert_non_null(strstr(c.out, "> 99 h  "));
    assert_null(strstr(c.out, "\ndot "));
    assert_null(strstr(c.out, "\nopen "));
    ykt_command_free(&c);
}

/* The cost of the size that was asked for: 12 bytes and 2 operations an element. */
static void test_list_size(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("--list", "--size", "4096"));
    assert_int_equal(c.code, 0);
    const char *line = strstr(c.out, "\ntriad ");
    assert_non_null(line);
    char count[16], unit[16], bytes[16], flops[16];
    assert_int_equal(sscanf(line, " triad %15s %15s %15s %15s", count, unit, bytes, flops), 4);
    assert_string_equal(count, "4");
    assert_string_equal(unit, "Ki");
    assert_string_equal(bytes, "12");
    assert_string_equal(flops, "2");
    ykt_command_free(&c);
}

/* Misuse: exit 2, nothing on stdout, and a message that helps. */
static const struct { const char *args[5], *env, *says; } misuses[] = {
    {{"--sise", "small"}, NULL, "--size"},
    {{"--size"}, NULL, "--size"},
    {{"--size", "smal"}, NULL, "small"},
    {{"--size", "-1"}, NULL, "whole number"},
    {{"--size", "1e3"}, NULL, "whole number"},
    {{"--size", "99999999999999999999"}, NULL, "whole number"},
    {{"--size", "4Q"}, NULL, "whole number"},
    {{"--size", "9999999G"}, NULL, "whole number"},
    {{"--sizes", "4096"}, NULL, "A..B"},
    {{"--sizes", "4k..8Ki"}, NULL, "'4k' is not"},
    {{"--sizes", "4Ki..8Kib"}, NULL, "'8Kib' is not"},
    {{"--sizes", "..8"}, NULL, "'' is not"},
    {{"--sizes", "0..8"}, NULL, "'0' is not"},
    {{"--sizes", "1..2..3"}, NULL, "'2..3' is not"},
    {{"--sizes", "16..8"}, NULL, "16 is more than 8"},
    {{"--sizes", "8..16", "--size", "small"}, NULL, "contradict"},
    {{"--sizes", "8..16", "--scaling"}, NULL, "one at a time"},
    {{"--scaling", "--carve", "1"}, NULL, "--scaling does not go with --carve"},
    {{"--scaling", "--peers"}, NULL, "--scaling does not go with --peers"},
    {{"--scaling=2"}, NULL, "--scaling"},
    {{"--peers=all"}, NULL, "--peers"},
    {{"--threads", "0"}, NULL, "from 1"},
    {{"--threads", "two"}, NULL, "--threads two"},
    {{"--carve", "0"}, NULL, "--carve"},
    {{"--carve", "1", "--devices", "none"}, NULL, "--carve"},
    {{"--policy", "dynamc"}, NULL, "dynamic"},
    {{"--devices", ""}, NULL, "--devices"},
    {{"--devices", "none,", "triad"}, NULL, "none"},
    {{"--json", ""}, NULL, "--json"},
    {{"--json", "-", "--csv", "-"}, NULL, "stdout"},
    {{"--fail-if", "slower:10%"}, NULL, "--compare"},
    {{"--compare", "x.json", "--fail-if", "slower:10"}, NULL, "slower:10%"},
    {{"--compare", "x.json", "--fail-if", "slower:nan%"}, NULL, "slower:10%"},
    {{"--compare", "x.json", "--fail-if", "slower:0x5%"}, NULL, "slower:10%"},
    {{"--compare", "x.json", "y.json", "--csv", "z"}, NULL, "--compare"},
    {{"--compare", "x.json", "--json", "-"}, NULL, "--compare writes to stdout"},
    {{"--show"}, NULL, "--show"},
    {{"--show", ""}, NULL, "--show"},
    {{"--show", "x.json", "triad"}, NULL, "--show runs nothing"},
    {{"--show", "x.json", "--json", "y"}, NULL, "--show runs nothing"},
    {{"--show", "x.json", "--scaling"}, NULL, "--show runs nothing"},
    {{"--timeout", "0"}, NULL, "from 1 to 86400"},
    {{"--timeout", "5s"}, NULL, "--timeout 5s"},
    {{"--timeout", "1e9"}, NULL, "whole number of seconds"},
    {{"--list", "--json", "-"}, NULL, "--list"},
    {{"--cold", "open"}, NULL, "open does not go with --cold"},
    {{"--carve", "1", "open"}, NULL, "open does not go with --carve"},
    {{"opne"}, NULL, "open"},
    {{"--quick=yes"}, NULL, "--quick"},
    {{"traid"}, NULL, "triad"},
    {{"zzzzzzzz"}, NULL, "--list"},
    {{"--bench-child", "7"}, NULL, "internal"},
    {{"--devices", "none", "triad"}, "YOKE_THREADS=eight", "YOKE_THREADS=eight"},
    {{"--devices", "none", "triad"}, "YOKE_ISA=pentium", "YOKE_ISA=pentium"},
    {{"--devices", "none", "triad"}, "YOKE_CARVE=half", "YOKE_CARVE=half"},
    {{"--devices", "none", "triad", "dot"}, "YOKE_PIN=maybe", "YOKE_PIN=maybe"},
    {{"--threads", "65536", "triad"}, NULL, "--threads=65536: expected"},
};

static void test_misuse(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof misuses / sizeof *misuses; k++) {
        const char *argv[7] = {YOKE_BENCH}, *env[] = {misuses[k].env, NULL};
        for (size_t a = 0; a < 5; a++) argv[a + 1] = misuses[k].args[a];
        ykt_command c = bench(&(ykt_setting){.env = env}, argv);
        if (c.code != 2 || c.out[0] || !strstr(c.err, misuses[k].says))
            fail_msg("%s %s: exit %d, stdout '%s', stderr '%s'", argv[1],
                     argv[2] ? argv[2] : "", c.code, c.out, c.err);
        ykt_command_free(&c);
    }
}

/* ---- runs ---- */

static const char *const tiny[] = {"--quick", "--devices", "none", "--size"};

/* A run at some size of some workload, with its report on stdout. */
static json_t *report_of(const char *workload, const char *size)
{
    ykt_command c = bench(NULL, ARGS(tiny[0], tiny[1], tiny[2], tiny[3], size, "--json", "-",
                                     workload));
    if (c.code != 0) fail_msg("%s at %s: exit %d: %s", workload, size, c.code, c.err);
    assert_string_equal(c.err, "");
    json_t *json = parsed(c.out);
    ykt_command_free(&c);
    return json;
}

static void test_report(void **state)
{
    (void)state;
    json_t *json = report_of("triad", "65536");
    const json_t *r = first_result(json), *hybrid = json_object_get(r, "hybrid");
    assert_int_equal(json_array_size(json_object_get(json, "results")), 1);
    assert_true(json_is_true(json_object_get(r, "verified")));
    assert_int_equal(json_integer_value(json_object_get(r, "elements")), 65536);
    assert_true(number_at(json_object_get(r, "serial"), "reps") >= 7);
    assert_string_equal(json_string_value(json_object_get(hybrid, "mode")), "single");
    double speedup = number_at(json_object_get(r, "serial"), "median_s") /
                     number_at(hybrid, "median_s");
    assert_true(fabs(speedup / number_at(r, "speedup") - 1) < 1e-9);
    assert_true(number_at(r, "max_error") <= number_at(r, "tolerance"));
    json_decref(json);
}

/* A case's row: what applies is there, what does not is left out, and it obeys the schema. */
static void test_case(void **state)
{
    static const char *const left_out[] = {"elements", "items", "bytes", "hybrid", "tolerance"};
    (void)state;
    json_t *json = report_of("open", "7");
    const json_t *r = first_result(json);
    assert_int_equal(json_array_size(json_object_get(json, "results")), 1);
    assert_string_equal(json_string_value(json_object_get(r, "workload")), "open");
    assert_true(json_is_true(json_object_get(r, "verified")));
    assert_true(number_at(json_object_get(r, "pool"), "median_s") > 0);
    for (size_t k = 0; k < sizeof left_out / sizeof *left_out; k++)
        assert_null(json_object_get(r, left_out[k]));
    json_decref(json);
}

/* Sizes at which loops go wrong: nothing, one, fewer than workers, primes. */
static void test_odd_sizes(void **state)
{
    static const char *const workloads[] = {"black_scholes", "dot", "histogram", "mandelbrot",
                                            "nbody", "triad", "wave2d"};
    static const char *const sizes[] = {"0", "1", "127", "1009"};
    (void)state;
    for (size_t w = 0; w < sizeof workloads / sizeof *workloads; w++) {
        const char *size = sizes[w % 4], *other = sizes[(w + 2) % 4];
        json_decref(report_of(workloads[w], size));
        json_decref(report_of(workloads[w], other));
    }
}

static void test_table(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("--quick", "--devices", "none", "--size", "4096", "triad"));
    assert_int_equal(c.code, 0);
    assert_string_equal(c.err, "");
    assert_non_null(strstr(c.out, "= pool"));
    assert_non_null(strstr(c.out, "1 of 1 workloads verified"));
    for (char *line = strtok(c.out, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 100);
    ykt_command_free(&c);
}

static void test_csv(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("--quick", "--devices", "none", "--size", "4096", "--csv",
                                     "-", "dot"));
    size_t commas = 0, lines = 0, first = 0;
    assert_int_equal(c.code, 0);
    assert_int_equal(strncmp(c.out, "workload,elements,", 18), 0);
    for (const char *p = c.out; *p; p++) {
        commas += *p == ',';
        if (*p != '\n') continue;
        if (lines++ == 0) first = commas;
        assert_int_equal(commas, first);    /* every line has the header's fields */
        commas = 0;
    }
    assert_true(lines >= 4);
    ykt_command_free(&c);
}

/* Every way of running that there is an option for gives right results. */
static void test_modes(void **state)
{
    static const char *const modes[][2] = {{"--cold", "--quick"}, {"--policy", "single"},
                                           {"--policy", "static"}, {"--policy", "dynamic"},
                                           {"--threads", "1"}};
    (void)state;
    for (size_t k = 0; k < sizeof modes / sizeof *modes; k++) {
        ykt_command c = bench(NULL, ARGS("--quick", "--devices", "none", "--size", "4096",
                                         "--json", "-", modes[k][0], modes[k][1], "dot"));
        if (c.code != 0) fail_msg("%s %s: exit %d: %s", modes[k][0], modes[k][1], c.code, c.err);
        json_t *json = parsed(c.out);
        assert_true(json_is_true(json_object_get(first_result(json), "verified")));
        json_decref(json);
        ykt_command_free(&c);
    }
}

/* Cores of its own for each CPU device, one after the other. */
static void test_carve(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("--quick", "--size", "65536", "--json", "-", "--carve", "1",
                                     "black_scholes"));
    if (c.code != 0) {      /* one core, or no CPU device: refused, and said so */
        assert_true(c.code == 1 || c.code == 2);
        assert_non_null(strstr(c.err, "--carve"));
        ykt_command_free(&c);
        skip();
    }
    json_t *json = parsed(c.out);
    const json_t *r;
    size_t k;
    assert_int_equal(json_integer_value(json_object_get(json, "carved")), 1);
    json_array_foreach(json_object_get(json, "results"), k, r) {
        assert_true(json_is_true(json_object_get(r, "verified")));
        assert_true(json_is_string(json_object_get(r, "carved_device")));
    }
    json_decref(json);
    ykt_command_free(&c);
}

static void test_unwritable(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("--quick", "--devices", "none", "--size", "64", "--json",
                                     "/nonexistent/x.json", "triad"));
    assert_int_equal(c.code, 1);
    assert_string_equal(c.out, "");     /* said before anything is run */
    assert_non_null(strstr(c.err, "/nonexistent/x.json"));
    ykt_command_free(&c);
    ykt_setting full = {.stdout_to = "/dev/full"};
    c = bench(&full, ARGS("--quick", "--devices", "none", "--size", "64", "triad"));
    assert_int_equal(c.code, 1);
    assert_true(c.err[0] != '\0');
    ykt_command_free(&c);
}

/* Drivers that offer nothing are named: their column would only be missed. */
static void test_no_device(void **state)
{
    (void)state;
    if (access("/etc/OpenCL/vendors/rusticl.icd", R_OK) != 0) skip();
    const char *env[] = {"OCL_ICD_VENDORS=/etc/OpenCL/vendors/rusticl.icd", "RUSTICL_ENABLE", NULL};
    ykt_command c = ykt_run(&(ykt_setting){.env = env},
                            ARGS("--quick", "--size", "64", "triad"));
    assert_int_equal(c.code, 0);
    assert_non_null(strstr(c.err, "no driver offers a device (yoke-topo --doctor"));
    assert_non_null(strstr(c.err, "rusticl"));
    ykt_command_free(&c);
}

/* A stream that the caller closed is no place for the next file that is opened. */
static void test_closed_streams(void **state)
{
    (void)state;
    for (int fd = 0; fd < 3; fd++) {
        ykt_command c = bench(&(ykt_setting){.closed = 1u << fd},
                              ARGS("--quick", "--devices", "none", "--size", "64", "triad"));
        assert_int_equal(c.code, fd == 1 ? 1 : 0);
        if (fd == 1) assert_non_null(strstr(c.err, "standard output: Bad file descriptor"));
        else assert_non_null(strstr(c.out, "1 of 1 workloads verified\n"));
        ykt_command_free(&c);
    }
}

/* OpenMP's threads are those of the pool, whatever the shell says.  Its library tells when
 * it is loaded: in the parent, and last in the child that measures. */
static void test_openmp_threads(void **state)
{
    const char *env[] = {"OMP_NUM_THREADS=7", "OMP_DISPLAY_ENV=true", NULL}, *last = NULL;
    (void)state;
    ykt_command c = bench(&(ykt_setting){.env = env},
                          ARGS("--quick", "--devices", "none", "--size", "64", "triad", "--threads",
                               "1"));
    assert_int_equal(c.code, 0);
    for (const char *p = c.err; (p = strstr(p, "OMP_NUM_THREADS")); p++) last = p;
    if (!last) skip();      /* a build without OpenMP */
    assert_int_equal(strtol(last + strcspn(last, "0123456789"), NULL, 10), 1);
    ykt_command_free(&c);
}

/* Ctrl-C: exit 130, and what was finished by then as a whole report. */
static void test_interrupt(void **state)
{
    (void)state;
    ykt_setting s = {.interrupt_ms = 1500};
    ykt_command c = bench(&s, ARGS("--devices", "none", "--size", "16777216", "--json", "-"));
    assert_int_equal(c.code, 130);
    json_t *json = parsed(c.out);
    assert_true(json_is_true(json_object_get(json, "interrupted")));
    json_decref(json);
    ykt_command_free(&c);
    s.interrupt_ms = 500;
    c = bench(&s, ARGS("--devices", "none", "--size", "16777216", "triad"));
    assert_int_equal(c.code, 130);
    assert_non_null(strstr(c.out, "; interrupted; exit 130\n"));
    ykt_command_free(&c);
}

/* A second Ctrl-C does not wait for reports. */
static void test_second_interrupt(void **state)
{
    (void)state;
    ykt_setting s = {.interrupt_ms = 500, .interrupts = 2};
    ykt_command c = bench(&s, ARGS("--devices", "none", "--size", "16777216", "triad"));
    assert_int_equal(c.code, 130);
    ykt_command_free(&c);
}

/* Far more than there can be: refused before anything is allocated. */
static void test_too_large(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("--quick", "--devices", "none", "--size", "1024G", "--json",
                                     "-", "triad"));
    assert_int_equal(c.code, 1);
    assert_non_null(strstr(c.err, "triad: needs 16 TiB of memory"));
    json_t *json = parsed(c.out);
    const char *failure = json_string_value(json_object_get(first_result(json), "failure"));
    assert_non_null(strstr(failure, "of memory"));
    assert_true(json_is_false(json_object_get(first_result(json), "verified")));
    json_decref(json);
    ykt_command_free(&c);
}

/* A result for each size, ends included, and what follows from them. */
static void test_sizes(void **state)
{
    static const json_int_t sizes[] = {1000, 2000, 3000};
    (void)state;
    ykt_command c = bench(NULL, ARGS("--quick", "--devices", "none", "--sizes", "1000..3000",
                                     "--json", "-", "dot"));
    assert_int_equal(c.code, 0);
    json_t *json = parsed(c.out);
    const json_t *r, *crossing = json_array_get(json_object_get(json, "crossovers"), 0);
    size_t k;
    assert_string_equal(json_string_value(json_object_get(json, "series")), "sizes");
    assert_int_equal(json_array_size(json_object_get(json, "results")), 3);
    json_array_foreach(json_object_get(json, "results"), k, r)
        assert_int_equal(json_integer_value(json_object_get(r, "elements")), sizes[k]);
    assert_string_equal(json_string_value(json_object_get(crossing, "workload")), "dot");
    json_decref(json);
    ykt_command_free(&c);
}

/* A result for some numbers of threads, from one to all. */
static void test_scaling(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("--quick", "--scaling", "--size", "1000", "--json", "-",
                                     "dot"));
    assert_int_equal(c.code, 0);
    json_t *json = parsed(c.out);
    const json_t *r;
    size_t k;
    json_int_t last = 0;
    assert_string_equal(json_string_value(json_object_get(json, "series")), "scaling");
    json_array_foreach(json_object_get(json, "results"), k, r) {
        json_int_t threads = json_integer_value(json_object_get(r, "threads"));
        assert_true(k == 0 ? threads == 1 : threads > last);
        last = threads;
    }
    assert_true((double)last == number_at(json_object_get(json, "machine"), "workers"));
    json_decref(json);
    ykt_command_free(&c);
}

static void test_unknown_device(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("--quick", "--devices", "gpu99", "--size", "64", "triad"));
    assert_int_equal(c.code, 2);
    assert_string_equal(c.out, "");
    assert_non_null(strstr(c.err, "gpu99"));
    ykt_command_free(&c);
}

int main(void)
{
    setenv("OMP_WAIT_POLICY", "passive", 0);    /* waiting for spinning threads takes long */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_some),
        cmocka_unit_test(test_list_size),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_case),
        cmocka_unit_test(test_odd_sizes),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_carve),
        cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_closed_streams),
        cmocka_unit_test(test_no_device),
        cmocka_unit_test(test_openmp_threads),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_second_interrupt),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_scaling),
        cmocka_unit_test(test_unknown_device),
    };
    return cmocka_run_group_tests_name("yoke-bench", tests, NULL, NULL);
}
