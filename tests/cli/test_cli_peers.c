/* Peers of yoke-bench that crash, hang, answer nonsense or wrongly: each costs its own cell.
 *
 * The peers are shell scripts: given to the function that asks peers, and laid beside a
 * link to yoke-bench, where it looks for its peers' programs. */
#include "check.h"
#include "command.h"
#include "schema.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/peers/ask.h"

#define SCHEMA YOKE_SOURCE_DIR "/docs/yoke-bench-1.schema.json"

/* ---- one answer ---- */

static bench_answer ask(const char *script, double limit_s)
{
    bench_answer a;
    memset(&a, 0x55, sizeof a);
    bench_ask(&a, (const char *const[]){"/bin/sh", "-c", script, NULL}, limit_s);
    return a;
}

static void test_ok(void **state)
{
    (void)state;
    bench_answer a = ask("echo '{\"peer\": \"x\", \"status\": \"ok\", \"max_error\": 0.5, "
                         "\"share\": 0.25, \"samples_s\": [0.5, 2, 0]}'", 10);
    assert_int_equal(a.status, BENCH_OK);
    assert_int_equal(a.n, 3);
    assert_true(a.samples[0] == 0.5 && a.samples[1] == 2 && a.samples[2] == 0);
    assert_true(a.max_error == 0.5 && a.share == 0.25);
    assert_string_equal(a.reason, "");
}

static void test_bad_answers(void **state)
{
    static const struct { const char *script; bench_status status; const char *says; } cases[] = {
        {"kill -SEGV $$", BENCH_CRASHED, "SIGSEGV"},
        {"echo '{\"status\": \"ok\", \"samples_s\": [1]}'; kill -ABRT $$", BENCH_CRASHED,
         "SIGABRT"},
        {"exit 3", BENCH_CRASHED, "exit 3"},
        {"exit 0", BENCH_CRASHED, "no result: ''"},
        {"echo no matter", BENCH_CRASHED, "no result: 'no matter'"},
        {"echo '{'", BENCH_CRASHED, "no result"},
        {"echo '[]'", BENCH_CRASHED, "no result"},
        {"echo '{\"status\": \"fine\"}'", BENCH_CRASHED, "no result"},
        {"echo '{\"status\": 7}'", BENCH_CRASHED, "no result"},
        {"echo '{\"status\": \"ok\"}'", BENCH_CRASHED, "no result"},
        {"echo '{\"status\": \"ok\", \"samples_s\": []}'", BENCH_CRASHED, "no result"},
        {"echo '{\"status\": \"ok\", \"samples_s\": [\"x\"]}'", BENCH_CRASHED, "no result"},
        {"echo '{\"status\": \"ok\", \"samples_s\": [-1]}'", BENCH_CRASHED, "no result"},
        {"echo '{\"status\": \"ok\", \"samples_s\": 5}'", BENCH_CRASHED, "no result"},
        {"echo '{\"status\": \"ok\", \"samples_s\": [1], \"samples_s\": [2]}'", BENCH_CRASHED,
         "no result"},
        {"echo '{\"status\": \"wrong\"}'", BENCH_CRASHED, "no result"},
        {"echo '{\"status\": \"wrong\", \"reason\": \"a[3] is 5\"}'", BENCH_WRONG, "a[3] is 5"},
        {"echo '{\"status\": \"failed\", \"reason\": \"no threads\"}'", BENCH_CRASHED,
         "no threads"},
        {"echo '{\"status\": \"unsupported\", \"reason\": \"no BLAS\"}'", BENCH_UNSUPPORTED,
         "no BLAS"},
        {"head -c 100000 /dev/zero | tr '\\0' x", BENCH_CRASHED, "no result: 'xxx"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        bench_answer a = ask(cases[k].script, 10);
        if (a.status != cases[k].status || !strstr(a.reason, cases[k].says) || a.n != 0)
            fail_msg("%s: status %d, '%s'", cases[k].script, (int)a.status, a.reason);
    }
}

/* More samples than there is room for are no answer either. */
static void test_too_many(void **state)
{
    (void)state;
    bench_answer a = ask("printf '{\"status\": \"ok\", \"samples_s\": [0'; "
                         "for k in $(seq 64); do printf ', 1'; done; echo ']}'", 10);
    assert_int_equal(a.status, BENCH_CRASHED);
}

/* With and without its output closed: no answer in time, and no process left. */
static void test_hang(void **state)
{
    static const char *const scripts[] = {"exec sleep 60", "exec >&-; exec sleep 60",
                                          "echo '{'; exec sleep 60"};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        bench_answer a = ask(scripts[k], 0.1);
        assert_int_equal(a.status, BENCH_TIMEOUT);
        assert_string_equal(a.reason, "no answer");
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    }
}

static void test_not_there(void **state)
{
    bench_answer a;
    (void)state;
    bench_ask(&a, (const char *const[]){"/nonexistent/peer", NULL}, 10);
    assert_int_equal(a.status, BENCH_CRASHED);
    bench_ask_runtime(&a, &(bench_runtime){"X", "no-such-peer", "libx-dev", BENCH_LOOPS}, "triad",
                      1, 1, 1, 10);
    assert_int_equal(a.status, BENCH_ABSENT);
    assert_non_null(strstr(a.reason, "not built"));
}

/* Answers of all rounds are one series; one that fails ends it, without times. */
static void test_series(void **state)
{
    (void)state;
    bench_series s = {.runtime = &bench_runtimes[BENCH_RUNTIME_POOL]};
    bench_answer a = {.n = 3, .samples = {1, 2, 3}, .max_error = 2}, b = a;
    b.samples[0] = 5;
    b.max_error = 1;
    bench_series_add(&s, &a);
    bench_series_add(&s, &b);
    bench_series_end(&s);
    assert_string_equal(s.peer.name, "pool");
    assert_int_equal(s.peer.bench_time.reps, 6);
    assert_true(s.peer.bench_time.median_s == 2.5 && s.peer.bench_time.min_s == 1);
    assert_true(s.peer.max_error == 2);
    bench_series failing = {.runtime = &bench_runtimes[BENCH_RUNTIME_POOL]};
    bench_answer crash = {.status = BENCH_CRASHED, .reason = "SIGSEGV"};
    bench_series_add(&failing, &a);
    bench_series_add(&failing, &crash);
    bench_series_end(&failing);
    assert_int_equal(failing.peer.status, BENCH_CRASHED);
    assert_string_equal(failing.peer.reason, "SIGSEGV");
    assert_int_equal(failing.peer.bench_time.reps, 0);
}

/* ---- the peers in yoke-bench itself ---- */

static bench_answer ask_ours(const char *name, const char *workload, const char *elements)
{
    bench_answer a;
    bench_ask(&a, (const char *const[]){YOKE_BENCH, BENCH_PEER_OPTION, name, workload, elements,
                                        "2", "1", "7", NULL}, 60);
    return a;
}

/* Work as tasks, so little of it that it takes no time. */
#define TASK_ORDERS \
    {"sleep16", "1"}, {"spawn", "1000"}, {"submit_wait", "100"}, {"fib", "12"}, {"files", "20"}
typedef const char *order[2];

/* A workload, a reduction, a fork and join, and tasks; or the reason why not. */
static void test_ours(void **state)
{
    static const char *const names[] = {"pool", "OpenMP", "serial"};
    static const order orders[] = {TASK_ORDERS, {"grid300", "2"}, {"files_cold", "20"},
                                   {"forkjoin", "20"}, {"triad", "1009"}, {"dot", "1009"},
                                   {"wave2d", "1009"}};
    (void)state;
    for (size_t n = 0; n < 3; n++)
        for (size_t k = 0; k < sizeof orders / sizeof *orders; k++) {
            bench_answer a = ask_ours(names[n], orders[k][0], orders[k][1]);
            bool without = a.status == BENCH_UNSUPPORTED &&
                           ((n == 1 && (strstr(a.reason, "without OpenMP") ||
                                        strcmp(a.reason, "has no tasks") == 0)) ||
                            (n > 0 && strstr(a.reason, "has no loop of two")));
            if (!without && (a.status != BENCH_OK || a.n != 1))
                fail_msg("%s, %s: status %d, %s", names[n], orders[k][0], (int)a.status,
                         a.reason);
        }
}

static size_t ask_installed(const bench_runtime *runtime, const char *path)
{
    static const order loops[] = {{"triad", "4096"}, {"dot", "4096"}, {"wave2d", "4096"},
                                  {"matmul", "4096"}}, tasks[] = {TASK_ORDERS};
    bool does[] = {runtime->does & BENCH_LOOPS, runtime->does & BENCH_TASKS};
    const order *const orders[] = {loops, tasks};
    const size_t n[] = {sizeof loops / sizeof *loops, sizeof tasks / sizeof *tasks};
    size_t asked = 0;
    for (size_t kind = 0; kind < 2; kind++)
        for (size_t k = 0; k < n[kind] && does[kind]; k++, asked++) {
            bench_answer a;
            bench_ask(&a, (const char *const[]){path, orders[kind][k][0], orders[kind][k][1], "2",
                                                "1", "7", NULL}, 60);
            if (a.status != BENCH_OK && a.status != BENCH_UNSUPPORTED &&
                !strstr(a.reason, "not installed"))
                fail_msg("%s, %s: %s", runtime->name, orders[kind][k][0], a.reason);
        }
    return asked;
}

/* The programs of the runtimes that are installed here: right, or with a reason. */
static void test_installed(void **state)
{
    size_t asked = 0;
    (void)state;
#ifdef YOKE_PEERS
    for (size_t k = 0; k < BENCH_RUNTIMES; k++) {
        char path[512];
        if (!bench_runtimes[k].program) continue;
        snprintf(path, sizeof path, "%s/%s", YOKE_PEERS, bench_runtimes[k].program);
        if (access(path, X_OK) == 0) asked += ask_installed(&bench_runtimes[k], path);
    }
#else
    (void)ask_installed;
#endif
    if (asked == 0) skip();
}

/* Orders that make no sense are misuse, not a crash. */
static void test_bad_orders(void **state)
{
    static const char *const orders[][6] = {
        {"pool", "nothing", "5", "1", "1", "1"}, {"pool", "triad", "-1", "1", "1", "1"},
        {"pool", "triad", "5", "0", "1", "1"},   {"pool", "triad", "5", "1", "0", "1"},
        {"pool", "triad", "5", "1", "65", "1"},  {"pool", "triad", "5", "1", "1", "x"},
        {"nobody", "triad", "5", "1", "1", "1"}, {"pool", "spawn", "5", "1", "65", "1"},
        {"pool", "spawn", "5", "0", "1", "1"}};
    (void)state;
    for (size_t k = 0; k < sizeof orders / sizeof *orders; k++) {
        const char *const *o = orders[k];
        ykt_command c = ykt_run(NULL, (const char *const[]){YOKE_BENCH, BENCH_PEER_OPTION, o[0],
                                                            o[1], o[2], o[3], o[4], o[5], NULL});
        assert_int_equal(c.code, 2);
        assert_string_equal(c.out, "");
        ykt_command_free(&c);
    }
}

/* ---- the whole tool beside such peers ---- */

typedef struct place { char folder[256], bench[300]; } place;

static void put_script(const place *p, const char *name, const char *text)
{
    char path[400];
    snprintf(path, sizeof path, "%s/peers/%s", p->folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "#!/bin/sh\n%s\n", text);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0700), 0);
}

static int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);
    char peers[300];
    assert_non_null(p);
    snprintf(p->folder, sizeof p->folder, "%s/peers-XXXXXX", YOKE_BINARY_DIR);
    assert_non_null(mkdtemp(p->folder));
    snprintf(peers, sizeof peers, "%s/peers", p->folder);
    snprintf(p->bench, sizeof p->bench, "%s/yoke-bench", p->folder);
    assert_int_equal(link(YOKE_BENCH, p->bench), 0);
    assert_int_equal(mkdir(peers, 0700), 0);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    place *p = *state;
    ykt_command c = ykt_run(NULL, (const char *const[]){"/bin/rm", "-rf", p->folder, NULL});
    ykt_command_free(&c);
    free(p);
    return 0;
}

/* Runs a workload with these peers; *json gets the report, and what comes back the table. */
static ykt_command run(const place *p, const char *workload, json_t **json)
{
    char path[300];
    ykt_schema schema;
    snprintf(path, sizeof path, "%s/report.json", p->folder);
    ykt_command c = ykt_run(NULL, (const char *const[]){p->bench, "--peers", "--quick",
        "--devices", "none", "--size", "4096", "--json", path, workload, NULL});
    if (c.code != 0) fail_msg("exit %d: %s", c.code, c.err);
    *json = json_load_file(path, 0, NULL);
    assert_non_null(*json);
    if (!ykt_schema_obeys(&schema, SCHEMA, *json)) fail_msg("%s", schema.error);
    return c;
}

static const json_t *peer_named(const json_t *report, const char *name)
{
    const json_t *r = json_array_get(json_object_get(report, "results"), 0), *p;
    size_t k;
    json_array_foreach(json_object_get(r, "peers"), k, p)
        if (strcmp(json_string_value(json_object_get(p, "name")), name) == 0) return p;
    fail_msg("no peer %s", name);
    return NULL;
}

static void expect(const json_t *report, const char *name, const char *status, const char *says)
{
    const json_t *p = peer_named(report, name);
    const char *reason = json_string_value(json_object_get(p, "reason"));
    assert_string_equal(json_string_value(json_object_get(p, "status")), status);
    assert_int_equal(json_object_get(p, "median_s") != NULL, strcmp(status, "ok") == 0);
    if (says && (!reason || !strstr(reason, says))) fail_msg("%s: %s", name, reason);
}

static void put_scripts(const place *p)
{
    put_script(p, "yoke-peer-tbb", "kill -SEGV $$");
    put_script(p, "yoke-peer-pthreadpool", "echo nonsense");
    put_script(p, "yoke-peer-openblas",
               "echo '{\"status\": \"wrong\", \"reason\": \"a[7] is 1, serial has 2\"}'");
    put_script(p, "yoke-peer-starpu",
               "[ \"$1 $2 $5\" = 'triad 4096 20261122' ] && [ \"$#\" = 5 ] || exit 9\n"
               "echo '{\"status\": \"ok\", \"samples_s\": [1, 1, 1]}'");
}

/* What the table shows of them, in the cells and below. */
static void expect_table(char *out)
{
    static const char *const says[] = {"\npeers ", " crashed", " WRONG", " 1.00 s",
                                       "WRONG    triad with OpenBLAS: a[7] is 1, serial has 2",
                                       "absent   ", "PoCL: not installed (pocl-opencl-icd)",
                                       "1 of 1 workload"};
    for (size_t k = 0; k < sizeof says / sizeof *says; k++)
        if (!strstr(out, says[k])) fail_msg("no '%s' in\n%s", says[k], out);
    for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"))
        if (strlen(line) > 100) fail_msg("too long: %s", line);
}

static void test_report(void **state)
{
    const place *p = *state;
    json_t *json;
    put_scripts(p);
    ykt_command c = run(p, "triad", &json);
    const json_t *r = json_array_get(json_object_get(json, "results"), 0);
    assert_true(json_is_true(json_object_get(r, "verified")));
    expect(json, "oneTBB", "crashed", "SIGSEGV");
    expect(json, "pthreadpool", "crashed", "nonsense");
    expect(json, "OpenBLAS", "wrong", "a[7] is 1");
    expect(json, "StarPU", "ok", NULL);
    expect(json, "PoCL", "absent", "pocl-opencl-icd");
    expect(json, "pool", "ok", NULL);
    expect_table(c.out);
    json_decref(json);
    ykt_command_free(&c);
}

/* ---- cases of tasks ---- */

/* What a case's peers answer has its place; what they get wrong does not spoil the row. */
static void test_tasks(void **state)
{
    const place *p = *state;
    json_t *json;
    put_scripts(p);
    put_script(p, "yoke-peer-joblib", "echo '{\"status\": \"unsupported\", "
                                      "\"reason\": \"has no futures\"}'");
    put_script(p, "yoke-peer-futures",
               "[ \"$1 $2 $3 $5\" = 'grid300 300 300 20261122' ] && [ \"$#\" = 5 ] || exit 9\n"
               "echo '{\"status\": \"ok\", \"samples_s\": [0.5]}'");
    ykt_command c = run(p, "grid300", &json);
    const json_t *r = json_array_get(json_object_get(json, "results"), 0);
    assert_true(json_is_true(json_object_get(r, "verified")));
    assert_non_null(json_object_get(r, "pool"));
    assert_non_null(strstr(json_string_value(json_object_get(r, "note")), "300 threads"));
    expect(json, "oneTBB", "crashed", "SIGSEGV");
    expect(json, "joblib", "unsupported", "has no futures");
    expect(json, "futures", "ok", NULL);
    expect(json, "StarPU", "unsupported", "no more threads than cores");
    expect(json, "pool", "ok", NULL);
    assert_int_equal(json_array_size(json_object_get(r, "peers")), 7);
    json_decref(json);
    ykt_command_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ok),        cmocka_unit_test(test_bad_answers),
        cmocka_unit_test(test_too_many),  cmocka_unit_test(test_hang),
        cmocka_unit_test(test_not_there), cmocka_unit_test(test_series),
        cmocka_unit_test(test_ours),      cmocka_unit_test(test_bad_orders),
        cmocka_unit_test(test_installed),
        cmocka_unit_test_setup_teardown(test_report, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tasks, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("peers", tests, NULL, NULL);
}
