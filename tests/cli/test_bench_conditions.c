/* What yoke-bench says of the machine's condition, out of false /proc and /sys trees, on an
 * imaginary machine of four cores.  No process is started. */
#include "check.h"
#include "false_root.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "bench/conditions.h"
#include "bench/progress.h"

#define CPUFREQ "/sys/devices/system/cpu/cpu0/cpufreq/"
#define STAT                                                                     \
    "cpu  900 0 90 9000 0 0 0 0\ncpu0 100 0 10 1000 0 0 0 0\n"                   \
    "cpu1 100 0 10 1000 0 0 0 0\ncpu2 100 0 10 1000 0 0 0 0\n"                   \
    "cpu3 100 0 10 1000 0 0 0 0\ncpu9 9 9 9 9 9 9 9 9\nintr 1\n"

typedef struct tree {
    char root[64];
    bench_watch watch;
    bench_conditions c;
} tree;

static void start(tree *t, const char *quota)
{
    yk_topo *topo = NULL;
    yk_diag d = {0};
    if (quota) {
        false_root_put(t->root, "/proc/self/cgroup", "0::/a\n");
        false_root_put(t->root, "/proc/self/mountinfo",
                       "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
        false_root_put(t->root, "/sys/fs/cgroup/a/cpu.max", quota);
        false_root_put(t->root, "/sys/fs/cgroup/a/cpu.stat",
                       "usage_usec 5\nnr_throttled 3\nthrottled_usec 1000000\n");
    }
    yk_topo_opts o = {.synthetic = "pack:1 core:4 pu:1", .root = t->root};
    if (yk_topo_open(&topo, &o, &d) != YK_OK) fail_msg("%s", d.text);
    bench_watch_start(&t->watch, t->root, topo, &t->c);
    yk_topo_close(&topo);
}

static bool warns(const bench_conditions *c, const char *cause, const char *says)
{
    for (size_t k = 0; k < c->n_warnings; k++)
        if (strcmp(c->warnings[k].cause, cause) == 0 && strstr(c->warnings[k].text, says))
            return true;
    return false;
}

static int set_up(void **state)
{
    tree *t = calloc(1, sizeof *t);
    false_root_make(t->root);
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    tree *t = *state;
    false_root_remove(t->root);
    free(t);
    return 0;
}

/* Nothing can be read: everything is unknown, and nobody is warned. */
static void test_unknown(void **state)
{
    tree *t = *state;
    start(t, NULL);
    bench_ticks none = {0};
    bench_watch_judge(&t->watch, &t->c, &none, 10, 1, -1);
    assert_true(t->c.load[0] < 0 && t->c.others_cpus < 0 && t->c.steal < 0);
    assert_true(t->c.throttled_s < 0);
    assert_int_equal(t->c.n_warnings, 0);
}

/* Ticks are counted over our four CPUs alone. */
static void test_others(void **state)
{
    static const struct { double busy_s, steal_s, own_s; bool load, steal; } cases[] = {
        {20, 0, 20, false, false}, {20, 0, 19, false, false}, {30, 0, 20, true, false},
        {20, 2, 20, false, true},  {10, 0, 20, false, false}};
    tree *t = *state;
    double tick = (double)sysconf(_SC_CLK_TCK);
    false_root_put(t->root, "/proc/stat", STAT);
    false_root_put(t->root, "/proc/loadavg", "3.50 1.25 0.75 2/99 4711\n");
    start(t, NULL);
    assert_int_equal(t->watch.ticks.cpus, 4);
    assert_true(t->watch.ticks.busy == 440 && t->watch.ticks.all == 4440);
    assert_true(t->c.load[0] == 3.5 && t->c.load[1] == 1.25 && t->c.load[2] == 0.75);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        bench_conditions c = t->c;
        bench_ticks now = t->watch.ticks;
        now.busy += cases[k].busy_s * tick;
        now.steal += cases[k].steal_s * tick;
        now.all += 40 * tick;
        bench_watch_judge(&t->watch, &c, &now, 10, cases[k].own_s, -1);
        if (warns(&c, "load", "other programs") != cases[k].load) fail_msg("case %zu: load", k);
        if (warns(&c, "steal", "hypervisor") != cases[k].steal) fail_msg("case %zu: steal", k);
        assert_true(fabs(c.others_cpus - fmax(0, cases[k].busy_s - cases[k].own_s) / 10) < 1e-9);
    }
}

/* Without /proc/stat, the load before it began has to do. */
static void test_load(void **state)
{
    tree *t = *state;
    false_root_put(t->root, "/proc/loadavg", "3.50 1.25 0.75 2/99 4711\n");
    start(t, NULL);
    bench_watch_end(&t->watch, &t->c);
    assert_true(warns(&t->c, "load", "3.5 on 4 cores"));
}

static void test_quota(void **state)
{
    tree *t = *state;
    start(t, "150000 100000\n");
    assert_true(warns(&t->c, "workers", "2 of 4 cores"));
    assert_true(warns(&t->c, "quota", "2 workers on 1.5 CPUs"));
    false_root_put(t->root, "/sys/fs/cgroup/a/cpu.stat", "throttled_usec 1600000\n");
    bench_watch_end(&t->watch, &t->c);
    assert_true(fabs(t->c.throttled_s - 0.6) < 1e-9);
    assert_true(warns(&t->c, "quota", "600 ms"));
}

static void test_frequency(void **state)
{
    static const struct { const char *governor, *driver, *cap, *now, *says; } cases[] = {
        {"performance", "acpi-cpufreq", "3900000", "3800000", NULL},
        {"powersave", "acpi-cpufreq", "3900000", "3800000", "governor is powersave"},
        {"powersave", "intel_pstate", "3900000", "3800000", NULL},
        {"powersave", "amd-pstate-epp", "3900000", "3800000", NULL},
        {"performance", "intel_pstate", "2000000", "2000000", "capped at 2 of 3.9 GHz"},
        {"schedutil", "acpi-cpufreq", "3900000", "1200000", "above 1.2 of 3.9 GHz"},
    };
    tree *t = *state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        char line[64];
        const char *names[] = {"scaling_governor", "scaling_driver", "scaling_max_freq",
                               "scaling_cur_freq"};
        const char *values[] = {cases[k].governor, cases[k].driver, cases[k].cap, cases[k].now};
        false_root_put(t->root, CPUFREQ "cpuinfo_max_freq", "3900000\n");
        for (size_t f = 0; f < 4; f++) {
            char path[128];
            snprintf(path, sizeof path, CPUFREQ "%s", names[f]);
            snprintf(line, sizeof line, "%s\n", values[f]);
            false_root_put(t->root, path, line);
        }
        start(t, NULL);
        bench_watch_look(&t->watch, &t->c);
        bench_watch_end(&t->watch, &t->c);
        assert_string_equal(t->c.governor, cases[k].governor);
        if (t->c.n_warnings != (cases[k].says != NULL) ||
            (cases[k].says && !warns(&t->c, "frequency", cases[k].says)))
            fail_msg("case %zu: %zu warnings: %s", k, t->c.n_warnings, t->c.warnings[0].text);
    }
}

static void test_memory(void **state)
{
    tree *t = *state;
    assert_true(isinf(bench_memory_free(t->root, 0)));
    assert_true(bench_memory_free(t->root, 1e9) == 1e9);
    false_root_put(t->root, "/proc/meminfo", "MemTotal: 100 kB\nMemAvailable:   50 kB\n");
    assert_true(bench_memory_free(t->root, 0) == 51200);
    assert_true(bench_memory_free(t->root, 4096) == 4096);
    /* triad: three arrays of floats, and a copy of the output to check against. */
    const yki_workload *w = yki_workload_find("triad");
    assert_true(bench_memory_needed(w, 1000, false) == 16000);
    assert_true(bench_memory_needed(w, 1000, true) == 40000);
}

/* Two of five results took 10 s each; the third has run for 4 s. */
static void test_time_left(void **state)
{
    static const uint64_t S = 1000000000;
    (void)state;
    char text[48];
    bench_progress p = {.done = 2, .asked = 5, .guess_s = 100, .begin_ns = S, .turn_ns = 21 * S};
    bench_time_left(&p, 25 * S, text, sizeof text);
    assert_string_equal(text, "about 26 s left");
    bench_time_left(&p, 99 * S, text, sizeof text);
    assert_string_equal(text, "about 20 s left");
    p = (bench_progress){.asked = 2, .guess_s = 50, .begin_ns = S, .turn_ns = S};
    bench_time_left(&p, S, text, sizeof text);
    assert_string_equal(text, "about 1 min 40 s left");
}

int main(void)
{
#define IN_TREE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_TREE(test_unknown), IN_TREE(test_others),    IN_TREE(test_load),
        IN_TREE(test_quota),   IN_TREE(test_frequency), IN_TREE(test_memory),
        cmocka_unit_test(test_time_left),
    };
    return cmocka_run_group_tests_name("yoke-bench conditions", tests, NULL, NULL);
}
