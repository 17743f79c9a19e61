/* The examples of tasks as they are called: results, streams, exit codes.  Their times are
 * scaled down; of times only what a sleep promises is looked at, that it is no shorter (but
 * for the last digit printed). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "command.h"

#define RUN(...) ykt_run(NULL, (const char *const[]){__VA_ARGS__, NULL})

static const char *const programs[] = {YOKE_SLEEPERS, YOKE_COMPLETED, YOKE_GRID, YOKE_PIPELINE};
enum { PROGRAMS = sizeof programs / sizeof *programs };

static const char *name_of(const char *path) { return strrchr(path, '/') + 1; }

/* It did what it was asked, and complained of nothing. */
static void fine(const ykt_command *c)
{
    assert_string_equal(c->err, "");
    assert_int_equal(c->code, 0);
}

/* The number behind the last `word` of a text. */
static double number(const char *text, const char *word)
{
    const char *at = NULL;
    for (const char *next = text; (next = strstr(next, word)); next++) at = next;
    if (!at) fail_msg("no \"%s\" in: %s", word, text);
    return strtod(at + strlen(word), NULL);
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, word)); at++) n++;
    return n;
}

/* ---- what all of them do ---- */

static void test_help(void **state)
{
    (void)state;
    for (int k = 0; k < PROGRAMS; k++) {
        char usage[64];
        snprintf(usage, sizeof usage, "usage: %s [OPTION]...\n", name_of(programs[k]));
        ykt_command c = RUN(programs[k], "--help");
        fine(&c);
        assert_memory_equal(c.out, usage, strlen(usage));
        ykt_command_free(&c);
    }
}

static void test_misused(void **state)
{
    (void)state;
    static const char *const bad[] = {"-x0",  "-x-1", "--scale=x", "-x", "--scale=1x", "-x101",
                                      "-xnan", "more", "--nonsense"};
    for (int k = 0; k < PROGRAMS; k++) {
        for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
            ykt_command c = RUN(programs[k], bad[b]);
            assert_string_equal(c.out, "");
            assert_int_not_equal(strlen(c.err), 0);
            assert_int_equal(c.code, 2);
            ykt_command_free(&c);
        }
    }
    static const char *const own[][2] = {{YOKE_GRID, "-j0"}, {YOKE_GRID, "--jobs=-2"},
                                         {YOKE_GRID, "-jx"}, {YOKE_PIPELINE, "-b0"},
                                         {YOKE_PIPELINE, "-b65"}, {YOKE_PIPELINE, "-b2x"}};
    for (size_t k = 0; k < sizeof own / sizeof *own; k++) {
        ykt_command c = RUN(own[k][0], own[k][1]);
        assert_string_equal(c.out, "");
        assert_memory_equal(c.err, "usage: ", 7);
        assert_int_equal(c.code, 2);
        ykt_command_free(&c);
    }
}

static void test_no_engine(void **state)
{
    (void)state;
    static const char *const threads[] = {"YOKE_THREADS=eight", NULL};
    ykt_setting s = {.env = threads};
    for (int k = 0; k < PROGRAMS; k++) {
        const char *name = name_of(programs[k]);
        ykt_command c = ykt_run(&s, (const char *const[]){programs[k], NULL});
        assert_string_equal(c.out, "");
        assert_memory_equal(c.err, name, strlen(name));
        assert_non_null(strstr(c.err, "YK_E_INVALID"));
        assert_non_null(strstr(c.err, "YOKE_THREADS"));
        assert_int_equal(c.code, 1);
        ykt_command_free(&c);
    }
}

static void test_full_disk(void **state)
{
    (void)state;
    ykt_setting s = {.stdout_to = "/dev/full"};
    for (int k = 0; k < PROGRAMS; k++) {
        char expected[128];
        snprintf(expected, sizeof expected, "%s: standard output: No space left on device\n",
                 name_of(programs[k]));
        ykt_command c = ykt_run(&s, (const char *const[]){programs[k], "--scale=0.01", NULL});
        assert_string_equal(c.err, expected);
        assert_int_equal(c.code, 1);
        ykt_command_free(&c);
    }
}

/* ---- sleepers ---- */

static void test_sleepers(void **state)
{
    (void)state;
    ykt_command c = RUN(YOKE_SLEEPERS, "--scale=0.05");
    fine(&c);
    assert_int_equal(count(c.out, " s  |"), 16);
    assert_int_equal(count(c.out, "=\n"), 16);
    assert_true(number(c.out, "16 sleeps, serial ") >= 9.9 * 0.05 - 0.005);
    assert_true(number(c.out, "(the sum of what they slept), together ") >= 1.5 * 0.05 - 0.005);
    assert_true(number(c.out, ", x serial ") > 0);
    ykt_command_free(&c);
    c = RUN(YOKE_SLEEPERS, "-s", "-x", "0.03");
    fine(&c);
    assert_true(number(c.out, "16 sleeps, serial ") >= 9.9 * 0.03 - 0.005);
    assert_non_null(strstr(c.out, "(one after another)"));
    ykt_command_free(&c);
}

/* ---- completed ---- */

/* The line of a page, without the time before it; its last one if there are two. */
static void ends(const char *out, const char *line)
{
    const char *at = strstr(out, line);
    if (!at) fail_msg("no line \"%s\" in: %s", line, out);
    assert_true(at - out >= 11 && at[-1] == ' ' && at[-2] == ' ' && at[-3] == 's');
}

static void test_completed(void **state)
{
    (void)state;
    ykt_command c = RUN(YOKE_COMPLETED, "--scale=0.05");
    fine(&c);
    ends(c.out, "atlas     81250 bytes\n");
    ends(c.out, "books      5120 bytes\n");
    ends(c.out, "mail        730 bytes\n");
    ends(c.out, "news       1270 bytes\n");
    ends(c.out, "weather     340 bytes\n");
    ends(c.out, "archive  YK_E_IO: a file or a system call failed: the server does not answer\n");
    ends(c.out, "backup   YK_E_CANCELLED: cancelled");
    ends(c.out, "stream   has had its time\n");
    ends(c.out, "stream   YK_E_CANCELLED: cancelled: told to end after ");
    assert_true(strstr(c.out, "has had its time") < strstr(c.out, "told to end after"));
    assert_int_equal(count(c.out, "\n"), 11);
    assert_true(number(c.out, "\n8 tasks, serial ") >= 2.4 * 0.05 - 0.005);
    double last = 0, at;
    for (const char *line = c.out; sscanf(line, "%lf s", &at) == 1; line = strchr(line, '\n') + 1) {
        assert_true(at >= last);
        last = at;
    }
    assert_true(last > 0);
    ykt_command_free(&c);
}

/* ---- grid ---- */

static void test_grid(void **state)
{
    (void)state;
    ykt_command c = RUN(YOKE_GRID, "--scale=0.05");
    fine(&c);
    assert_memory_equal(c.out, "30 x 10 calls of 0.005 s\n", 25);
    assert_non_null(strstr(c.out, " s   one row of 10 calls, times 30\n"));
    assert_non_null(strstr(c.out, "results in order\n"));
    assert_true(number(c.out, "serial ") > 0 && number(c.out, "parallel ") >= 0.005);
    ykt_command_free(&c);

    c = RUN(YOKE_GRID, "-s", "-j7", "-x", "0.01");
    fine(&c);
    assert_non_null(strstr(c.out, " s   one after another\n"));
    assert_non_null(strstr(c.out, " s   7 at once\n"));
    /* 300 calls, seven at once: the last of seven has at least 43 of them. */
    assert_true(number(c.out, "  parallel ") >= 0.0429);
    ykt_command_free(&c);
}

/* ---- pipeline ---- */

/* Block k is a wave of 2000 * (k + 1) / n counts, to be had as volts, 8 counts each. */
static void test_pipeline(void **state)
{
    (void)state;
    enum { N = 3 };
    ykt_command c = RUN(YOKE_PIPELINE, "--blocks=3", "--scale=0.05");
    fine(&c);
    const char *line = c.out;
    for (int k = 0; k < N; k++, line = strchr(line, '\n') + 1) {
        int block = -1;
        double height = 2000.0 * (k + 1) / N / 8, least, most, effective;
        assert_int_equal(sscanf(line, "block %d %lf to %lf V, effective %lf V\n", &block, &least,
                                &most, &effective), 4);
        assert_int_equal(block, k);
        /* Counts are whole: a result is off by one of them at most. */
        assert_true(least >= -height - 0.126 && least <= -height + 0.126);
        assert_true(most >= height - 0.251 && most <= height + 0.126);
        assert_true(effective * 1.41421 >= height - 0.4 && effective * 1.41421 <= height + 0.4);
    }
    assert_true(number(line, "\n3 blocks, serial ") >= N * 2 * 0.005 - 0.005);
    assert_true(number(line, ", as a graph ") >= 2 * 0.005 - 0.005);
    assert_non_null(strstr(line, "; same results\n"));
    ykt_command_free(&c);
}

/* Files may have 8 MiB: the third block of 4 MiB cannot be stored, and the graph says so. */
static void test_pipeline_fails(void **state)
{
    (void)state;
    struct rlimit was, now;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    now = was;
    now.rlim_cur = 8 << 20;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
    ykt_command c = RUN(YOKE_PIPELINE, "-b3", "-x0.05");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_string_equal(c.out, "");
    assert_string_equal(c.err, "pipeline: YK_E_IO: a file or a system call failed: "
                               "block 2: File too large\n");
    assert_int_equal(c.code, 1);
    ykt_command_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_misused),
        cmocka_unit_test(test_no_engine),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_sleepers),
        cmocka_unit_test(test_completed),
        cmocka_unit_test(test_grid),
        cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_pipeline_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
