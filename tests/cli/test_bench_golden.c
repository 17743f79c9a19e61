/* The tables of yoke-bench, made from the reports in golden/ and compared with the texts
 * there.  YKT_UPDATE=1 writes the texts anew, to be looked at before they are kept. */
#include "bench_run.h"

#define FOLDER YOKE_SOURCE_DIR "/tests/cli/golden"
enum { WIDTH = 100, LINES = 50, BYTES = 1 << 19 };

static const struct { const char *args[6], *text; int code; } cases[] = {
    {{"--show", "look.json"}, "look.txt", 0},
    {{"--show", "look.json", "--verbose"}, "look_verbose.txt", 0},
    {{"--show", "look.json", "--csv", "-"}, "look.csv", 0},
    {{"--show", "many.json"}, "many.txt", 0},
    {{"--show", "sizes.json"}, "sizes.txt", 0},
    {{"--show", "scaling.json"}, "scaling.txt", 0},
    {{"--compare", "old.json", "new.json"}, "compare.txt", 0},
    {{"--compare", "old.json", "new.json", "--fail-if", "slower:10%"}, "compare_fail.txt", 4},
    {{"--compare", "old.json", "new.json", "--json", "-"}, "compare.json", 0},
    {{"--compare", "old.json", "old.json", "--verbose"}, "compare_same.txt", 0},
};

static char *text_of(const char *name)
{
    char path[512], *text = calloc(1, BYTES);
    assert_non_null(text);
    snprintf(path, sizeof path, FOLDER "/%s", name);
    FILE *f = fopen(path, "r");
    if (!f) fail_msg("no %s", path);
    size_t n = fread(text, 1, BYTES - 1, f);
    fclose(f);
    text[n] = '\0';
    return text;
}

static void update(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, FOLDER "/%s", name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void test_golden(void **state)
{
    (void)state;
    ykt_setting s = {.folder = FOLDER};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const char *argv[8] = {YOKE_BENCH};
        for (size_t a = 0; a < 6; a++) argv[a + 1] = cases[k].args[a];
        ykt_command c = bench(&s, argv);
        if (getenv("YKT_UPDATE")) update(cases[k].text, c.out);
        char *expected = text_of(cases[k].text);
        if (strcmp(c.out, expected) != 0)
            fail_msg("%s: expected\n%s\ngot\n%s", cases[k].text, expected, c.out);
        if (c.code != cases[k].code || c.err[0])
            fail_msg("%s: exit %d: %s", cases[k].text, c.code, c.err);
        free(expected);
        ykt_command_free(&c);
    }
}

/* One screen, whatever there is: 17 workloads, 14 devices, every kind of trouble. */
static void test_screen(void **state)
{
    static const char *const texts[] = {"look.txt", "many.txt", "sizes.txt", "scaling.txt",
                                        "compare.txt"};
    (void)state;
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        size_t lines = 0;
        char *text = text_of(texts[k]);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++)
            if (strlen(line) > WIDTH) fail_msg("%s: too long: %s", texts[k], line);
        assert_in_range(lines, 1, LINES);
        free(text);
    }
}

/* The reports that the tables are made of are reports. */
static void test_inputs(void **state)
{
    static const char *const inputs[] = {"look.json",    "many.json", "sizes.json",
                                         "scaling.json", "old.json",  "new.json"};
    (void)state;
    for (size_t k = 0; k < sizeof inputs / sizeof *inputs; k++) {
        char *text = text_of(inputs[k]);
        json_decref(parsed(text));
        free(text);
    }
    char *text = text_of("compare.json");
    json_decref(parsed_as(text, COMPARE_SCHEMA));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden),
                                       cmocka_unit_test(test_screen),
                                       cmocka_unit_test(test_inputs)};
    return cmocka_run_group_tests_name("yoke-bench tables", tests, NULL, NULL);
}
