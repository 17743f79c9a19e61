/* What yoke-bench makes of measurements: derived figures, JSON, CSV, statistics.  Links
 * the tool's own sources; no process is started. */
#include "check.h"
#include "schema.h"

#include <math.h>
#include <string.h>

#include "bench/bench.h"

static bench_time time_of(double median)
{
    return (bench_time){median, median * 0.9, 0.02, 9, median * 0.98, median * 1.02};
}

/* Serial 100 ms, OpenMP 50, pool 10, gpu0 30 alone, hybrid 8. */
static bench_result good(void)
{
    bench_result r = {.workload = "triad", .elements = 1000, .items = 1000, .shape = "1000",
                      .serial = time_of(0.1), .openmp = time_of(0.05), .pool = time_of(0.01),
                      .hybrid = time_of(0.008), .split = true, .n_devices = 1,
                      .complete = true, .tolerance = 1, .balance = 0.9};
    r.devices[0] = (bench_device){.id = "gpu0", .name = "a \"fast\", new one",
                                  .type = YK_DEVICE_GPU, .in_split = true,
                                  .time = time_of(0.03)};
    return r;
}

static void test_derive(void **state)
{
    (void)state;
    bench_result r = good();
    bench_derive(&r);
    assert_true(r.verified);
    assert_true(fabs(r.speedup - 12.5) < 1e-9);
    assert_true(fabs(r.speedup_openmp - 6.25) < 1e-9);
    assert_string_equal(r.best_single, "cpu");
    assert_true(fabs(r.regret - (-0.2)) < 1e-9);
    /* S = 10/8; S_max = (1/10 + 1/30) * 10 = 4/3; E = 15/16 */
    assert_true(fabs(r.efficiency - 0.9375) < 1e-9);
}

/* The fastest of the split counts, not a device that only shares the pool's cores. */
static void test_best_single(void **state)
{
    (void)state;
    bench_result r = good();
    r.devices[0].time = time_of(0.005);
    bench_derive(&r);
    assert_string_equal(r.best_single, "gpu0");
    assert_true(fabs(r.regret - 0.6) < 1e-9);
    r.devices[0].in_split = false;
    bench_derive(&r);
    assert_string_equal(r.best_single, "cpu");
    assert_false(r.has_efficiency);
    assert_string_equal(bench_best_device(&r)->id, "gpu0");
}

/* No speedup is claimed for what is wrong, crashed or unfinished. */
static void test_unverified(void **state)
{
    static const bench_status bad[] = {BENCH_CRASHED, BENCH_TIMEOUT, BENCH_WRONG};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        bench_result r = good();
        r.devices[0].status = bad[k];
        bench_derive(&r);
        assert_false(r.verified);
        assert_true(r.speedup == 0 && r.speedup_openmp == 0);
    }
    bench_result r = good();
    r.n_wrong = 1;
    bench_derive(&r);
    assert_true(!r.verified && r.speedup == 0);
    r = good();
    r.complete = false;
    bench_derive(&r);
    assert_true(!r.verified && r.speedup == 0);
    r = good();
    r.devices[0].status = BENCH_UNSUPPORTED;
    bench_derive(&r);
    assert_true(r.verified && r.speedup > 0);
}

static bench_report report_on(const bench_options *o, bench_result *r)
{
    bench_report report = {.options = o, .command = "yoke-bench", .results = r, .n_results = 1,
                           .asked = 1, .conditions = {.load = {-1, -1, -1}, .others_cpus = -1,
                           .steal = -1, .throttled_s = -1}};
    report.machine = json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:s,s:[],s:s,s:n}", "host", "h", "os",
                               "o", "cpu", "c", "cores", 2, "workers", 2, "memory_bytes", 1,
                               "isa", "i", "devices", "serial_build", "cc", "openmp_build");
    assert_non_null(report.machine);
    return report;
}

/* Whatever the result, the JSON obeys the schema, and says no more than is known. */
static void test_json(void **state)
{
    (void)state;
    bench_options o = {0};
    for (int status = BENCH_OK; status <= BENCH_WRONG; status++) {
        bench_result r = good();
        r.devices[0].status = (bench_status)status;
        r.max_error = status == BENCH_WRONG ? NAN : 0;
        strcpy(r.devices[0].reason, "why");
        r.n_peers = 2;
        r.peers[0] = (bench_peer){.name = "oneTBB", .bench_time = time_of(0.02)};
        r.peers[1] = (bench_peer){.name = "StarPU", .status = BENCH_ABSENT, .reason = "not built"};
        r.threads = 2;
        bench_derive(&r);
        bench_report report = report_on(&o, &r);
        json_t *json = bench_json(&report);
        ykt_schema schema;
        assert_non_null(json);
        if (!ykt_schema_obeys(&schema, YOKE_SOURCE_DIR "/docs/yoke-bench-1.schema.json", json))
            fail_msg("%s", schema.error);
        const json_t *got = json_array_get(json_object_get(json, "results"), 0);
        const json_t *device = json_array_get(json_object_get(got, "devices"), 0);
        assert_int_equal(json_object_get(device, "median_s") != NULL, status == BENCH_OK);
        assert_int_equal(json_object_get(got, "speedup") != NULL, r.verified);
        assert_string_equal(json_string_value(json_object_get(device, "status")),
                            bench_status_name((bench_status)status));
        json_decref(json);
        json_decref(report.machine);
    }
}

/* The schema check itself tells right from wrong. */
static void test_schema_check(void **state)
{
    (void)state;
    ykt_schema schema;
    json_t *json = json_pack("{s:s}", "schema", "yoke-bench/1");
    assert_false(ykt_schema_obeys(&schema, YOKE_SOURCE_DIR "/docs/yoke-bench-1.schema.json",
                                  json));
    assert_non_null(strstr(schema.error, "lacks"));
    json_decref(json);
}

static void test_summary(void **state)
{
    (void)state;
    double one[] = {3}, many[] = {5, 1, 4, 2, 3}, even[] = {4, 1, 2, 3};
    bench_time t = bench_summary(one, 1);
    assert_true(t.median_s == 3 && t.min_s == 3 && t.spread == 0 && t.reps == 1);
    t = bench_summary(many, 5);
    assert_true(t.median_s == 3 && t.min_s == 1 && t.reps == 5);
    assert_true(fabs(t.spread - 2.0 / 3) < 1e-12);      /* quartiles 2 and 4 */
    t = bench_summary(even, 4);
    assert_true(t.median_s == 2.5);
    t = bench_summary(NULL, 0);
    assert_true(t.reps == 0 && t.median_s == 0);
}

/* Coverage of [x_r, x_(n+1-r)] for the median: n 6, r 1: 1 - 2/64 = 0.969; n 8, r 1: 0.992,
 * r 2: 0.930; n 9, r 2: 0.961; n 20, r 6: 0.959, r 7: 0.885. */
static void test_interval(void **state)
{
    static const struct { size_t n, rank; } cases[] = {{1, 0}, {5, 0}, {6, 1}, {7, 1}, {8, 1},
                                                       {9, 2}, {12, 3}, {15, 4}, {20, 6}};
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double samples[64];
        size_t n = cases[k].n, rank = cases[k].rank;
        for (size_t i = 0; i < n; i++) samples[i] = (double)(n - i);
        bench_time t = bench_summary(samples, n);
        if (rank == 0 ? t.hi_s != 0 : t.lo_s != (double)rank || t.hi_s != (double)(n + 1 - rank))
            fail_msg("%zu samples: %g..%g", n, t.lo_s, t.hi_s);
    }
}

static void test_change(void **state)
{
    /* The half width of both medians' intervals, relative; 0: there is none. */
    static const struct { double ratio, half; bench_change change; } cases[] = {
        {1.00, 0.01, BENCH_SAME},         {1.50, 0.01, BENCH_SLOWER},
        {0.50, 0.01, BENCH_FASTER},       {1.10, 0.30, BENCH_INCONCLUSIVE},
        {1.00, 0.30, BENCH_INCONCLUSIVE}, {1.50, 0.00, BENCH_INCONCLUSIVE},
        {1.01, 1e-6, BENCH_SAME},         {1.03, 1e-6, BENCH_SLOWER},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        double half = cases[k].half, ratio = cases[k].ratio;
        bench_time before = {1, 1, half, 9, 1 - half, 1 + half};
        bench_time now = {ratio, ratio, half, 9, ratio * (1 - half), ratio * (1 + half)};
        if (half == 0) before.lo_s = before.hi_s = now.lo_s = now.hi_s = 0;
        bench_ratio r = bench_compare_times(&before, &now);
        if (r.change != cases[k].change) fail_msg("case %zu: %d", k, r.change);
        assert_true(r.lo <= r.ratio && r.ratio <= r.hi);
    }
}

/* Uneven intervals: old 1.00 in [0.90, 1.01], new 1.10 in [1.09, 1.30].  Down from the ratio
 * go new's lower and old's upper half: ln(1.10/1.09) = 0.00913 and ln(1.01) = 0.00995, together
 * 0.01351; up: ln(1.30/1.10) = 0.16705 and ln(1/0.90) = 0.10536, together 0.19750. */
static void test_ratio_interval(void **state)
{
    (void)state;
    bench_time before = {1, 0.9, 0.1, 9, 0.90, 1.01}, now = {1.10, 1, 0.1, 9, 1.09, 1.30};
    bench_ratio r = bench_compare_times(&before, &now);
    assert_true(fabs(r.ratio - 1.10) < 1e-12);
    assert_true(fabs(r.lo - 1.10 * exp(-0.01351)) < 1e-4);
    assert_true(fabs(r.hi - 1.10 * exp(0.19750)) < 1e-4);
    assert_int_equal(r.change, BENCH_SLOWER);
}

/* From the first size on after which it never loses again. */
static void test_crossover(void **state)
{
    static const struct { double pool[4], gpu[4]; uint64_t serial, device; } cases[] = {
        {{9, 9, 1, 1}, {5, 5, 5, 5}, 30, 0},        /* serial takes 2 each time */
        {{1, 9, 1, 1}, {0.5, 0.5, 0.5, 0.5}, 30, 10},
        {{1, 1, 1, 1}, {9, 0.5, 9, 0.5}, 10, 40},
        {{1, 1, 1, 9}, {1, 1, 1, 1}, 0, 40},
    };
    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        bench_result r[4];
        for (size_t i = 0; i < 4; i++) {
            r[i] = good();
            r[i].elements = 10 * (i + 1);
            r[i].serial = time_of(2);
            r[i].pool = time_of(cases[k].pool[i]);
            r[i].devices[0].time = time_of(cases[k].gpu[i]);
        }
        bench_crossover c = bench_crossover_of(r, 4);
        if (c.pool_over_serial != cases[k].serial || c.device_over_pool != cases[k].device)
            fail_msg("case %zu: %d, %d", k, (int)c.pool_over_serial, (int)c.device_over_pool);
        assert_string_equal(c.device, "gpu0");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derive),       cmocka_unit_test(test_best_single),
        cmocka_unit_test(test_unverified),   cmocka_unit_test(test_json),
        cmocka_unit_test(test_schema_check), cmocka_unit_test(test_summary),
        cmocka_unit_test(test_interval),     cmocka_unit_test(test_change),
        cmocka_unit_test(test_ratio_interval), cmocka_unit_test(test_crossover),
    };
    return cmocka_run_group_tests_name("yoke-bench reports", tests, NULL, NULL);
}
