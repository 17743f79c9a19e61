/* yoke-bench --compare: verdicts, refusals, exit codes.  Reports come from golden/, so that
 * nothing needs to be measured but where a run is what is tested. */
#include "bench_run.h"

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
    json_t *json = json_load_file(YOKE_SOURCE_DIR "/tests/cli/golden/old.json", 0, NULL);
    assert_non_null(json);
    json_t *r = (json_t *)first_result(json);
    scale_times(r, 1);
    json_dump_file(json, f->old_path, 0);
    json_dump_file(json, f->new_path, 0);
    compare(f, "slower:10%", 0, "0 faster, 0 slower");
    compare(f, "slower:10%", 0, "none slower");
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

/* An interval that reaches below the bound fails nothing, however slow the median is. */
static void test_wide_interval(void **state)
{
    fixture *f = *state;
    json_t *json = json_load_file(YOKE_SOURCE_DIR "/tests/cli/golden/old.json", 0, NULL);
    json_t *pool = json_object_get((json_t *)first_result(json), "pool");
    assert_int_equal(json_dump_file(json, f->old_path, 0), 0);
    scale_times((json_t *)first_result(json), 1.5);
    json_object_set_new(json_object_get((json_t *)first_result(json), "hybrid"), "lo_s",
                        json_real(0.00001));
    json_object_set_new(pool, "lo_s", json_real(0.9 * number_at(pool, "median_s")));
    assert_int_equal(json_dump_file(json, f->new_path, 0), 0);
    compare(f, "slower:30%", 4, "REGRESSION");      /* 1.5 * 0.9, and the old one's 1 % */
    compare(f, "slower:40%", 0, "none slower");
    json_decref(json);
}

/* What differs is refused, or said. */
static void test_differences(void **state)
{
    static const struct { const char *object, *key, *says; int code; } cases[] = {
        {"machine", "host", "the machine differs (host: ", 1},
        {"machine", "isa", "the machine differs (isa: ", 1},
        {"machine", "serial_build", "differs: serial_build", 0},
        {"machine", "os", "differs: os", 0},
        {NULL, "policy", "the run differs (policy: ", 1},
        {NULL, "series", "the run differs (series: ", 1},
        {NULL, "yoke", "differs: yoke", 0},
    };
    fixture *f = *state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        json_t *json = json_load_file(YOKE_SOURCE_DIR "/tests/cli/golden/old.json", 0, NULL);
        assert_int_equal(json_dump_file(json, f->old_path, 0), 0);
        json_t *at = cases[k].object ? json_object_get(json, cases[k].object) : json;
        json_object_set_new(at, cases[k].key, json_string("another"));
        assert_int_equal(json_dump_file(json, f->new_path, 0), 0);
        compare(f, NULL, cases[k].code, cases[k].says);
        json_decref(json);
    }
}

/* A run now against a stored one: the report goes to the file, the comparison to stdout. */
static void test_compare_run(void **state)
{
    fixture *f = *state;
    ykt_command c = bench(NULL, ARGS("--quick", "--devices", "none", "--size", "4096", "--json",
                                     f->old_path, "triad"));
    assert_int_equal(c.code, 0);
    ykt_command_free(&c);
    c = bench(NULL, ARGS("--quick", "--devices", "none", "--size", "4096", "triad", "--compare",
                         f->old_path, "--json", f->new_path));
    assert_int_equal(c.code, 0);
    assert_non_null(strstr(c.out, " inconclusive"));
    assert_null(strstr(c.out, "workloads verified"));
    ykt_command_free(&c);
    compare(f, NULL, 0, " inconclusive");
}

/* Files that cannot be read, and why. */
static void test_unreadable(void **state)
{
    (void)state;
    static const struct { const char *path, *says; } cases[] = {
        {"/nonexistent.json", "cannot read /nonexistent.json: No such file or directory\n"},
        {"/tmp", "cannot read /tmp: Is a directory\n"},
        {"/dev/null", "/dev/null is no report: "}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        ykt_command c = bench(NULL, ARGS("--show", cases[k].path));
        assert_int_equal(c.code, 1);
        assert_non_null(strstr(c.err, cases[k].says));
        ykt_command_free(&c);
    }
}

/* Beyond ten times the median, a spread is no figure any more. */
static void test_wide_spread(void **state)
{
    fixture *f = *state;
    json_t *json = json_load_file(YOKE_SOURCE_DIR "/tests/cli/golden/old.json", 0, NULL);
    json_object_set_new(json_object_get((json_t *)first_result(json), "serial"), "spread",
                        json_real(183.9));
    assert_int_equal(json_dump_file(json, f->old_path, 0), 0);
    ykt_command c = bench(NULL, ARGS("--show", f->old_path));
    assert_int_equal(c.code, 0);
    assert_non_null(strstr(c.out, "worst spread over 1000 % ("));
    ykt_command_free(&c);
    json_decref(json);
}

/* Nothing in a file steers the terminal, and details keep to the width. */
static void test_shown_texts(void **state)
{
    fixture *f = *state;
    json_t *json = json_load_file(YOKE_SOURCE_DIR "/tests/cli/golden/old.json", 0, NULL);
    json_t *machine = json_object_get(json, "machine");
    json_object_set_new(machine, "cpu", json_string("a\x1b[31mb\xc2\x9b" "31mc\n\x7f"));
    assert_int_equal(json_dump_file(json, f->old_path, 0), 0);
    ykt_command c = bench(NULL, ARGS("--show", f->old_path, "--verbose"));
    assert_int_equal(c.code, 0);
    assert_non_null(strstr(c.out, "a [31mb  31mc  "));
    for (char *line = strtok(c.out, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 100);
    ykt_command_free(&c);
    json_decref(json);
}

/* Another machine's report is refused before anything is run. */
static void test_refused_first(void **state)
{
    (void)state;
    ykt_command c = bench(NULL, ARGS("--quick", "--devices", "none", "--verbose", "triad",
                                     "--compare", YOKE_SOURCE_DIR "/tests/cli/golden/old.json"));
    assert_int_equal(c.code, 1);
    assert_string_equal(c.out, "");
    assert_non_null(strstr(c.err, "not comparable: the machine differs ("));
    assert_null(strstr(c.err, "triad: "));
    ykt_command_free(&c);
}

/* After Ctrl-C nothing is compared: the table of what there is comes instead. */
static void test_interrupted(void **state)
{
    fixture *f = *state;
    ykt_command c = bench(NULL, ARGS("--quick", "--devices", "none", "--size", "4096", "--json",
                                     f->old_path, "triad"));
    assert_int_equal(c.code, 0);
    ykt_command_free(&c);
    c = bench(&(ykt_setting){.interrupt_ms = 600},
              ARGS("--devices", "none", "--size", "16777216", "nbody", "--compare", f->old_path));
    assert_int_equal(c.code, 130);
    assert_non_null(strstr(c.out, "0 of 1 workloads verified; interrupted; exit 130\n"));
    ykt_command_free(&c);
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
        c = bench(NULL, ARGS("--show", f->old_path));
        if (c.code != (k == 5 ? 0 : 1)) fail_msg("text %zu: shown: exit %d", k, c.code);
        ykt_command_free(&c);
    }
}

int main(void)
{
#define WITH_FILES(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_FILES(test_compare),     WITH_FILES(test_wide_interval), WITH_FILES(test_differences),
        WITH_FILES(test_compare_run), WITH_FILES(test_damaged_reports),
        WITH_FILES(test_unreadable),  WITH_FILES(test_wide_spread),
        WITH_FILES(test_shown_texts), WITH_FILES(test_refused_first),
        WITH_FILES(test_interrupted),
    };
    return cmocka_run_group_tests_name("yoke-bench --compare", tests, NULL, NULL);
}
