/* yoke-topo as its users call it: options, streams, exit codes, JSON, machines nobody
 * owns, drivers that crash. */
#include "topo_command.h"

#ifdef YOKE_CRASH_LAYER
#define LAYER "OPENCL_LAYERS=" YOKE_CRASH_LAYER
#else
#define LAYER "YKT_LAYER=none"
#endif
#define HYBRID YOKE_SOURCE_DIR "/tests/topo/hybrid.xml"

static void help_and_version(void **state)
{
    (void)state;
    ykt_command c = run(NULL, 0, ARGS("--help"));
    has(c.out, "usage: yoke-topo");
    static const char *const words[] = {"--json", "--measure", "--config", "--doctor", "--input",
                                        "--verbose", "Exit codes"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) has(c.out, words[i]);
    assert_string_equal(c.err, "");
    ykt_command_free(&c);
    c = run(NULL, 0, ARGS("--version"));
    assert_int_equal(strncmp(c.out, "yoke-topo ", 10), 0);
    assert_string_equal(c.err, "");
    ykt_command_free(&c);
}

static void usage_errors(void **state)
{
    (void)state;
    static const struct {
        const char *arg, *value, *expected;
    } cases[] = {
        {"--josn", NULL, "yoke-topo: unknown option '--josn'; did you mean '--json'?\n"},
        {"--docter", NULL, "did you mean '--doctor'?"},
        {"--zzzzzzzz", NULL, "yoke-topo: unknown option '--zzzzzzzz'\n"},
        {"-q", NULL, "yoke-topo: unknown option '-q'\n"},
        {"--json", NULL, "yoke-topo: option '--json' needs an argument\n"},
        {"--measure=3", NULL, "yoke-topo: option '--measure' takes no argument\n"},
        {"--ver", NULL, "option '--ver' is ambiguous"},
        {"stray", NULL, "yoke-topo: unexpected argument 'stray'\n"},
        {"--input", "", "option '--input' is empty"},
        {"--input", "nonsense", "'nonsense': not an hwloc synthetic description"},
        {"--input", "pack:99999999", "more than 8192 objects"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *argv[] = {YOKE_TOPO, cases[i].arg, cases[i].value, NULL};
        ykt_command c = run(NULL, 2, argv);
        assert_string_equal(c.out, "");
        has(c.err, cases[i].expected);
        ykt_command_free(&c);
    }
    ykt_command c = run(NULL, 2, ARGS("--input", HYBRID, "--measure"));
    ykt_command_free(&c);
    c = run(NULL, 1, ARGS("--measure", "--json", "/nonexistent/x"));
    assert_string_equal(c.out, "");     /* said before anything is measured */
    has(c.err, "cannot write /nonexistent/x: No such file");
    ykt_command_free(&c);
    c = run(NULL, 1, ARGS("--input", "/nonexistent.xml"));
    has(c.err, "/nonexistent.xml: No such file");
    assert_string_equal(c.out, "");
    ykt_command_free(&c);
}

static void bad_environment(void **state)
{
    (void)state;
    ykt_command c = run(ENV("YOKE_THREADS=eight"), 2, ARGS("--input", "core:12 pu:2"));
    has(c.err, "yoke-topo: YOKE_THREADS=eight: expected a whole number from 1 to 24\n");
    assert_string_equal(c.out, "");
    ykt_command_free(&c);
    c = run(ENV("YOKE_ISA=fast"), 2, ARGS("--config"));
    has(c.err, "YOKE_ISA=fast: expected generic");
    ykt_command_free(&c);
    c = run(ENV("YOKE_PIN=perhaps"), 2, ARGS("--config"));
    has(c.err, "YOKE_PIN=perhaps: expected 1, on, yes");
    assert_string_equal(c.out, "");
    ykt_command_free(&c);
}

static void this_machine(void **state)
{
    (void)state;
    ykt_command c = run(NULL, 0, ARGS("--json", "-"));
    json_t *o = parsed(c.out);
    assert_true(number(json_object_get(o, "machine"), "workers") >= 1);
    assert_true(json_array_size(json_object_get(o, "devices")) >= 1);
    const json_t *pool = json_array_get(json_object_get(o, "devices"), 0);
    assert_string_equal(json_string_value(json_object_get(pool, "id")), "cpu");
    assert_int_equal(json_array_size(json_object_get(o, "cores")),
                     number(json_object_get(o, "machine"), "cores"));
    json_decref(o);
    ykt_command_free(&c);
    c = run(NULL, 0, ARGS("--verbose"));
    has(c.out, "Yoke uses ");
    ykt_command_free(&c);
}

static void json_file(void **state)
{
    (void)state;
    char root[64], path[PATH_MAX];
    false_root_make(root);
    snprintf(path, sizeof path, "%s/machine.json", root);
    ykt_command c = run(NULL, 0, ARGS("--input", HYBRID, "--json", path));
    has(c.out, "i9-13900K");        /* the file is besides, not instead */
    json_t *o = json_load_file(path, 0, NULL);
    assert_non_null(o);
    assert_int_equal(json_array_size(json_object_get(o, "cpus")), 32);
    assert_int_equal(number(json_object_get(o, "machine"), "efficiency_cores"), 16);
    json_decref(o);
    ykt_command_free(&c);
    c = run(NULL, 1, ARGS("--input", HYBRID, "--json", "/nonexistent/x.json"));
    has(c.err, "cannot write /nonexistent/x.json: No such file or directory");
    ykt_command_free(&c);
    c = run(&(ykt_setting){.stdout_to = "/dev/full"}, 1, ARGS("--input", HYBRID));
    has(c.err, "cannot write to standard output: No space left on device");
    ykt_command_free(&c);
    c = run(&(ykt_setting){.stdout_to = "/dev/full"}, 1, ARGS("--input", HYBRID, "--json", "-"));
    has(c.err, "cannot write to standard output");
    ykt_command_free(&c);
    false_root_remove(root);
}

static void config(void **state)
{
    (void)state;
    ykt_command c = run(ENV("YOKE_ISA=generic", "YOKE_DEVICE_MEM=2G"), 0, ARGS("--config"));
    static const char *const words[] = {"YOKE_THREADS", "YOKE_DEVICES", "YOKE_ISA", "YOKE_CARVE",
                                        "YOKE_PIN", "YOKE_PROFILE", "YOKE_DEVICE_MEM",
                                        "YOKE_CHECK", "YOKE_LOG", "generic", "2 GiB"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) has(c.out, words[i]);
    assert_string_equal(c.err, "");
    ykt_command_free(&c);
    c = run(NULL, 0, ARGS("--config", "--json", "-"));
    json_t *o = parsed(c.out);
    assert_int_equal(json_array_size(json_object_get(o, "config")), 9);
    json_decref(o);
    ykt_command_free(&c);
    c = run(ENV("YOKE_THREAD=3", "YOKE_ZZZZZZZZ=1"), 0, ARGS("--config"));
    has(c.out, "YOKE_THREAD      3");
    has(c.out, "no setting of Yoke; did you mean YOKE_THREADS?");
    has(c.out, "YOKE_ZZZZZZZZ");
    ykt_command_free(&c);
}

/* What is in force, and why, for every setting. */
static void settings(void **state)
{
    (void)state;
    static const struct {
        const char *env, *row;
    } cases[] = {
        {"YOKE_THREADS=1", "YOKE_THREADS     1        1                      as set\n"},
        {"YOKE_DEVICES=none", "YOKE_DEVICES     none     none "},
        {"YOKE_ISA=generic", "YOKE_ISA         generic  generic "},
        {"YOKE_CARVE=1", "YOKE_CARVE       1        1                      as set\n"},
        {"YOKE_PIN=no", "YOKE_PIN         no       off                    as set\n"},
        {"YOKE_DEVICE_MEM=64M", "YOKE_DEVICE_MEM  64M      64 MiB                 as set\n"},
        {"YOKE_CHECK=on", "YOKE_CHECK       on       on "},
        {"YOKE_LOG=x", "YOKE_LOG         x        -                      has no effect"},
        {"YOKE_PROFILE=x", "YOKE_PROFILE     x        -                      has no effect"},
    };
    static const struct {
        const char *env, *expected;
    } bad[] = {
        {"YOKE_THREADS=0", "YOKE_THREADS=0: expected a whole number from 1 to "},
        {"YOKE_THREADS=-1", "YOKE_THREADS=-1: expected"},
        {"YOKE_CARVE=x", "YOKE_CARVE=x: expected a whole number"},
        {"YOKE_PIN=2", "YOKE_PIN=2: expected"},
        {"YOKE_DEVICE_MEM=1.5G", "YOKE_DEVICE_MEM=1.5G: expected"},
        {"YOKE_CHECK=maybe", "YOKE_CHECK=maybe: expected"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ykt_command c = run(ENV(cases[i].env), 0, ARGS("--config"));
        has(c.out, cases[i].row);
        assert_string_equal(c.err, "");
        ykt_command_free(&c);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ykt_command c = run(ENV(bad[i].env), 2, ARGS("--config"));
        assert_string_equal(c.out, "");
        has(c.err, bad[i].expected);
        ykt_command_free(&c);
    }
}

static void closed_pipe(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    close(fds[0]);
    ykt_command c = ykt_run(&(ykt_setting){.stdout_fd = fds[1]}, ARGS("--input", HYBRID));
    assert_int_equal(c.code, 1);
    has(c.err, "cannot write to standard output: Broken pipe");
    ykt_command_free(&c);
    close(fds[1]);
}

/* A comma-decimal locale changes no number, and one without UTF-8 no line. */
static void locales(void **state)
{
    (void)state;
    ykt_command plain = run(ENV("LC_ALL=C"), 0, ARGS("--input", HYBRID));
    static const char *const others[] = {"LC_ALL=de_DE.UTF-8", "LC_ALL=de_DE.ISO-8859-1",
                                         "LC_ALL=C.UTF-8", "LC_ALL=nonsense"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ykt_command c = run(ENV(others[i]), 0, ARGS("--input", HYBRID));
        assert_string_equal(c.out, plain.out);
        ykt_command_free(&c);
        c = run(ENV(others[i]), 0, ARGS("--input", HYBRID, "--json", "-"));
        json_t *o = parsed(c.out);
        json_decref(o);
        ykt_command_free(&c);
    }
    ykt_command_free(&plain);
}

#ifdef YOKE_CRASH_LAYER
/* Drivers that die when a context is opened are none of the plain tree's concern. */
static void opens_no_context(void **state)
{
    (void)state;
    ykt_command c = run(ENV(LAYER, "YKT_CRASH=context"), 0, ARGS("--json", "-"));
    json_t *o = parsed(c.out);
    assert_true(json_is_null(json_object_get(o, "problem")));
    json_decref(o);
    ykt_command_free(&c);
    c = run(ENV(LAYER, "YKT_CRASH=list"), 0, ARGS("--json", "-"));     /* the layer does work */
    o = parsed(c.out);
    has(json_string_value(json_object_get(o, "problem")), "crashed (SIGABRT)");
    json_decref(o);
    ykt_command_free(&c);
}
#endif

#ifdef YOKE_BAD_DRIVER
/* Drivers are replaced by a library that ends the process, in each way seen. */
static void crashing_driver(void **state)
{
    (void)state;
    static const struct {
        const char *how, *expected;
    } cases[] = {{"abort", "crashed (SIGABRT)"}, {"segv", "crashed (SIGSEGV)"},
                 {"exit", "ended the process"}, {"hang", "did not answer within"},
                 {"noise", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char how[64];
        snprintf(how, sizeof how, "BAD_DRIVER=%s", cases[i].how);
        ykt_command c = run(ENV("OCL_ICD_VENDORS=" YOKE_BAD_DRIVER, how), 0, ARGS("--json", "-"));
        json_t *o = parsed(c.out);          /* whatever the driver wrote, stdout is ours */
        const char *problem = json_string_value(json_object_get(o, "problem"));
        if (cases[i].expected) has(problem ? problem : "(none)", cases[i].expected);
        json_decref(o);
        ykt_command_free(&c);
    }
}

#endif

static double real_of(const json_t *o, const char *key)
{
    return json_number_value(json_object_get(o, key));
}

/* Whatever the machine: a level farther away holds more and answers later, the ridges are
 * quotients of what stands beside them, and every device has its row. */
static void measure(void **state)
{
    (void)state;
    /* Of two drivers one crashes as soon as a context is opened: it has a reason, the
     * other its figures.  (Sanitizers do without the second driver.) */
    const char *second = getenv("YKT_STEP") ? "RUSTICL_ENABLE=" : "RUSTICL_ENABLE=llvmpipe";
    ykt_command c = run(ENV("YOKE_THREADS=1", second, LAYER, "YKT_CRASH=context",
                            "YKT_ON=rusticl"), 0, ARGS("--measure", "--json", "-"));
    json_t *o = parsed(c.out);
    const json_t *m = json_object_get(o, "measured"), *level, *device;
    size_t i, devices = json_array_size(json_object_get(o, "devices"));
    static const char *const rates[] = {"triad_bytes_s", "float_flops_s", "float_flops_one_s",
                                        "double_flops_s", "double_flops_one_s", "clock_hz"};
    for (i = 0; i < sizeof rates / sizeof *rates; i++) assert_true(real_of(m, rates[i]) > 0);
    double quotient = real_of(m, "float_flops_s") / real_of(m, "triad_bytes_s");
    assert_true(real_of(m, "float_ridge") / quotient > 1 - 1e-6);
    assert_true(real_of(m, "float_ridge") / quotient < 1 + 1e-6);
    json_int_t before = 0;
    json_array_foreach(json_object_get(m, "levels"), i, level) {
        assert_true(real_of(level, "latency_s") > 0);
        assert_true(real_of(level, "read_bytes_s") > 0);
        assert_true(number(level, "working_set") > before);
        assert_true(number(level, "reach_bytes") <= number(level, "bytes"));
        before = number(level, "working_set");
    }
    assert_true(i >= 1);
    size_t rows = 0;
    json_array_foreach(json_object_get(o, "devices"), i, device)
        rows += i > 0 && json_is_string(json_object_get(device, "id"));
    assert_true(devices >= 1);
    assert_int_equal(json_array_size(json_object_get(m, "devices")), rows);
    json_array_foreach(json_object_get(m, "devices"), i, device) {
        const char *problem = json_string_value(json_object_get(device, "problem"));
        if (problem) {
            assert_string_equal(problem, "crashed (SIGABRT)");
            assert_true(json_is_null(json_object_get(device, "float_flops_s")));
            continue;
        }
        assert_true(real_of(device, "up_bytes_s") > 0 && real_of(device, "float_ridge") > 0);
        assert_true(real_of(device, "launch_s") > 0 && real_of(device, "float_flops_s") > 0);
    }
    json_decref(o);
    ykt_command_free(&c);
}

int main(void)
{
    clean_environment();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_and_version), cmocka_unit_test(usage_errors),
        cmocka_unit_test(bad_environment),  cmocka_unit_test(this_machine),
        cmocka_unit_test(json_file),        cmocka_unit_test(closed_pipe),
        cmocka_unit_test(config),           cmocka_unit_test(settings),
        cmocka_unit_test(locales),
        cmocka_unit_test(measure),
#ifdef YOKE_CRASH_LAYER
        cmocka_unit_test(opens_no_context),
#endif
#ifdef YOKE_BAD_DRIVER
        cmocka_unit_test(crashing_driver),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
