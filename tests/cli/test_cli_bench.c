/* yoke-bench as its users call it: options, streams, exit codes, reports.
 *
 * Workloads run at tiny sizes and without devices, unless a test is about devices. */
#include "check.h"
#include "command.h"
#include "schema.h"

#include <math.h>

#define ARGS(...) ((const char *const[]){YOKE_BENCH, __VA_ARGS__, NULL})
#define SCHEMA YOKE_SOURCE_DIR "/docs/yoke-bench-1.schema.json"

static ykt_command bench(const ykt_setting *s, const char *const *argv)
{
    ykt_command c = ykt_run(s, argv);
    assert_true(c.code >= 0);
    return c;
}

static json_t *parsed(const char *text)
{
    json_error_t error;
    ykt_schema schema;
    json_t *json = json_loads(text, 0, &error);
    if (!json) fail_msg("not JSON: %s (line %d)", error.text, error.line);
    if (!ykt_schema_obeys(&schema, SCHEMA, json)) fail_msg("%s", schema.error);
    return json;
}

static const json_t *first_result(const json_t *report)
{
    return json_array_get(json_object_get(report, "results"), 0);
}

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
    ykt_command c = bench(NULL, ARGS("--version"));
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
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) assert_non_null(strstr(c.out, names[k]));
    assert_string_equal(c.err, "");
    ykt_command_free(&c);
}

/* Misuse: exit 2, nothing on stdout, and a message that helps. */
static void test_misuse(void **state)
{
    static const struct { const char *args[5], *env, *says; } cases[] = {
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
        {{"--compare", "x.json", "y.json", "--json", "z"}, NULL, "--compare"},
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
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *argv[7] = {YOKE_BENCH}, *env[] = {cases[k].env, NULL};
        for (size_t a = 0; a < 5; a++) argv[a + 1] = cases[k].args[a];
        ykt_command c = bench(&(ykt_setting){.env = env}, argv);
        if (c.code != 2 || c.out[0] || !strstr(c.err, cases[k].says))
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

static double number_at(const json_t *o, const char *key)
{
    const json_t *x = json_object_get(o, key);
    if (!json_is_number(x)) fail_msg("no number %s", key);
    return json_number_value(x);
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
        assert_true(strlen(line) <= 110);
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
    assert_non_null(strstr(c.err, "/nonexistent/x.json"));
    ykt_command_free(&c);
    ykt_setting full = {.stdout_to = "/dev/full"};
    c = bench(&full, ARGS("--quick", "--devices", "none", "--size", "64", "triad"));
    assert_int_equal(c.code, 1);
    assert_true(c.err[0] != '\0');
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

/* No driver at all: everything runs on the CPU, and that is no failure. */
static void test_no_driver(void **state)
{
    static const char *const env[] = {"OCL_ICD_VENDORS=/nonexistent", NULL};
    (void)state;
    ykt_setting s = {.env = env};
    ykt_command c = bench(&s, ARGS("--quick", "--size", "4096", "--json", "-", "triad"));
    assert_int_equal(c.code, 0);
    json_t *json = parsed(c.out);
    assert_int_equal(json_array_size(json_object_get(first_result(json), "devices")), 0);
    json_decref(json);
    ykt_command_free(&c);
}

/* ---- drivers that end the process ---- */

#ifdef YOKE_CRASH_LAYER

/* A run under the layer that crashes in the named call; its report, and what it exited
 * with.  NULL if this machine has no OpenCL device to crash. */
static json_t *crashing_in(const char *call, int *code, char warned[512])
{
    char crash[64];
    const char *env[] = {"OPENCL_LAYERS=" YOKE_CRASH_LAYER, crash, NULL};
    ykt_setting s = {.env = env};
    snprintf(crash, sizeof crash, "YKT_CRASH=%s", call);
    ykt_command c = bench(&s, ARGS("--quick", "--size", "4096", "--json", "-", "triad"));
    *code = c.code;
    snprintf(warned, 512, "%s", c.err);
    json_t *json = parsed(c.out);
    ykt_command_free(&c);
    if (json_array_size(json_object_get(first_result(json), "devices")) > 0 ||
        strcmp(call, "list") == 0)
        return json;
    json_decref(json);
    return NULL;
}

/* The column of the device tells; everything else stands. */
static void test_crashes(void **state)
{
    static const char *const calls[] = {"context", "build", "kernel"};
    (void)state;
    for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) {
        int code;
        char warned[512];
        json_t *json = crashing_in(calls[k], &code, warned);
        if (!json) skip();
        const json_t *r = first_result(json), *d;
        size_t n;
        assert_int_equal(code, 1);
        assert_non_null(strstr(warned, "SIGABRT"));
        json_array_foreach(json_object_get(r, "devices"), n, d)
            assert_string_equal(json_string_value(json_object_get(d, "status")), "crashed");
        assert_non_null(json_object_get(r, "pool"));
        assert_true(json_is_false(json_object_get(r, "verified")));
        assert_null(json_object_get(r, "speedup"));
        json_decref(json);
    }
}

/* Listing alone kills: then there are no devices, with a warning. */
static void test_crash_while_listing(void **state)
{
    int code;
    char warned[512];
    (void)state;
    json_t *json = crashing_in("list", &code, warned);
    const json_t *r = first_result(json);
    assert_int_equal(code, 0);
    assert_int_equal(json_array_size(json_object_get(r, "devices")), 0);
    assert_true(json_is_true(json_object_get(r, "verified")));
    json_decref(json);
}

#endif

/* ---- comparing ---- */

typedef struct fixture { char folder[64], old_path[96], new_path[96]; } fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    strcpy(f->folder, "/tmp/yoke-cli-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->old_path, sizeof f->old_path, "%s/old.json", f->folder);
    snprintf(f->new_path, sizeof f->new_path, "%s/new.json", f->folder);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    unlink(f->old_path);
    unlink(f->new_path);
    rmdir(f->folder);
    free(f);
    return 0;
}

/* The series that Yoke answers for, `factor` times as long. */
static void scale_times(json_t *result, double factor)
{
    static const char *const series[] = {"pool", "hybrid"};
    for (size_t k = 0; k < 2; k++) {
        json_t *t = json_object_get(result, series[k]);
        double median = factor * number_at(t, "median_s");
        json_object_set_new(t, "median_s", json_real(median));
        json_object_set_new(t, "lo_s", json_real(0.99 * median));
        json_object_set_new(t, "hi_s", json_real(1.01 * median));
    }
}

static void compare(const fixture *f, const char *fail_if, int code, const char *says)
{
    ykt_command c = fail_if ? bench(NULL, ARGS("--compare", f->old_path, f->new_path,
                                               "--fail-if", fail_if))
                            : bench(NULL, ARGS("--compare", f->old_path, f->new_path));
    if (c.code != code || !strstr(code == 1 ? c.err : c.out, says))
        fail_msg("exit %d, not %d; expected '%s' in '%s' '%s'", c.code, code, says, c.out, c.err);
    ykt_command_free(&c);
}

static void test_compare(void **state)
{
    fixture *f = *state;
    json_t *json = report_of("triad", "65536");
    json_t *r = (json_t *)first_result(json);
    scale_times(r, 1);
    json_dump_file(json, f->old_path, 0);
    json_dump_file(json, f->new_path, 0);
    compare(f, "slower:10%", 0, "0 faster, 0 slower");
    scale_times(r, 1.5);
    json_dump_file(json, f->new_path, 0);
    compare(f, NULL, 0, "slower");
    compare(f, "slower:10%", 4, "REGRESSION");
    compare(f, "slower:80%", 0, "none slower");
    scale_times(r, 0.5);
    json_dump_file(json, f->new_path, 0);
    compare(f, "slower:10%", 0, "faster");
    json_object_set_new(r, "elements", json_integer(7));
    json_dump_file(json, f->new_path, 0);
    compare(f, NULL, 1, "elements");
    json_object_set_new(json_object_get(json, "machine"), "cpu", json_string("another"));
    json_dump_file(json, f->new_path, 0);
    compare(f, NULL, 1, "machine differs");
    json_decref(json);
}

/* Damaged reports are named, never believed. */
static void test_damaged_reports(void **state)
{
    static const char *const texts[] = {
        "", "{", "[]", "{\"schema\": \"yoke-bench/2\", \"results\": [], \"machine\": {}}",
        "{\"schema\": \"yoke-bench/1\", \"results\": 5, \"machine\": {}}",
        "{\"schema\": \"yoke-bench/1\", \"results\": [3, null, {}], \"machine\": {}}"};
    fixture *f = *state;
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        FILE *file = fopen(f->old_path, "w");
        assert_non_null(file);
        fputs(texts[k], file);
        fclose(file);
        ykt_command c = bench(NULL, ARGS("--compare", f->old_path, f->old_path));
        if (c.code != 1 || !c.err[0]) fail_msg("text %zu: exit %d: %s", k, c.code, c.err);
        ykt_command_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_report),
        cmocka_unit_test(test_case),
        cmocka_unit_test(test_odd_sizes),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_carve),
        cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_unknown_device),
        cmocka_unit_test(test_no_driver),
#ifdef YOKE_CRASH_LAYER
        cmocka_unit_test(test_crashes),
        cmocka_unit_test(test_crash_while_listing),
#endif
        cmocka_unit_test_setup_teardown(test_compare, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damaged_reports, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("yoke-bench", tests, NULL, NULL);
}
