/* Launches on simulated processors: how near they come to the ideal end, and that they
 * never lose much against the best processor alone.  Virtual time, so the figures are the
 * same on every machine.
 *
 * Efficiency and regret as documented for the tools: P_d = n / T_d(n), S_max = sum(P_d) /
 * max(P_d), E = (min T_d / T) / S_max, regret = T / min T_d - 1; means over nine seeds. */
#include "check.h"
#include "simulate.h"

#define SEEDS 9

typedef struct figures {
    double cold, warm;      /* mean seconds of first launches, and of the third to eighth */
    double best, limit;     /* the best alone; seconds at efficiency 1 */
    bool stalled;
} figures;

static figures measure(const sim_machine *m, const sim_launch *l)
{
    figures f = {.best = INFINITY};
    double sum = 0;
    for (size_t d = 0; d < m->n; d++) {
        f.best = fmin(f.best, sim_alone(&m->proc[d], l->items));
        sum += 1 / sim_alone(&m->proc[d], l->items);
    }
    f.limit = 1 / sum;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        yki_rates *rates = NULL;
        assert_int_equal(YK_OK, yki_rates_open(&rates));
        for (uint64_t i = 0; i < 8; i++) {
            sim_result r = sim_run(m, l, rates, seed * 1000 + i);
            size_t items = 0;
            for (size_t d = 0; d < m->n; d++) items += r.items[d];
            f.stalled = f.stalled || r.stalled || items != l->items;
            if (i == 0) f.cold += r.seconds / SEEDS;
            if (i >= 2) f.warm += r.seconds / (SEEDS * 6);
        }
        yki_rates_close(&rates);
    }
    return f;
}

/* A host of 1e8 items a second and n - 1 devices `ratio` times as fast, the second one
 * slower and further away. */
static sim_machine machine(size_t n, double ratio, double latency)
{
    sim_machine m = {.n = n};
    m.proc[0] = (sim_proc){.latency_s = 2e-6, .rate = 1e8, .noise = 0.03};
    for (size_t d = 1; d < n; d++) {
        m.proc[d] = (sim_proc){.latency_s = latency * (double)d, .noise = 0.03,
                               .rate = 1e8 * ratio * (d == 2 ? 0.7 : 1), .fill_items = 16384};
    }
    return m;
}

static size_t items_for(const sim_machine *m, double seconds)
{
    double sum = 0;
    for (size_t d = 0; d < m->n; d++) sum += m->proc[d].rate;
    return (size_t)(seconds * sum);
}

#define SHOW(f, text, ...)                                                                  \
    print_message("      " text ": E %.3f cold, %.3f warm; regret %+.1f %% cold, %+.1f %% "  \
                  "warm\n", __VA_ARGS__, (f).limit / (f).cold, (f).limit / (f).warm,         \
                  100 * ((f).cold / (f).best - 1), 100 * ((f).warm / (f).best - 1))

static void compute_bound_launches_share_well(void **state)
{
    (void)state;
    static const double ratios[] = {0.2, 0.5, 1, 2, 5, 10};
    static const double latencies[] = {50e-6, 300e-6};
    for (size_t n = 2; n <= 4; n++) {
        for (size_t k = 0; k < YKI_COUNT(ratios); k++) {
            for (size_t j = 0; j < YKI_COUNT(latencies); j++) {
                sim_machine m = machine(n, ratios[k], latencies[j]);
                /* 20 times the tail of a + m / r, m = a r / 0.02, of the nearest device */
                double seconds = 20 * 51 * latencies[j];
                sim_launch l = {YKI_AUTO, items_for(&m, seconds), 64, false, 7};
                figures f = measure(&m, &l);
                assert_false(f.stalled);
                SHOW(f, "%zu processors, ratio %4.1f, latency %3.0f us", n, ratios[k],
                     latencies[j] * 1e6);
                assert_true(f.limit / f.warm >= 0.95);
                assert_true(f.limit / f.cold >= 0.90);
            }
        }
    }
}

static void slow_devices_cost_little(void **state)
{
    (void)state;
    static const double seconds[] = {1e-3, 5e-3, 20e-3, 100e-3, 1};
    for (size_t n = 2; n <= 4; n++) {
        for (size_t k = 0; k < YKI_COUNT(seconds); k++) {
            sim_machine m = machine(n, 0.01, 200e-6);
            sim_launch l = {YKI_AUTO, items_for(&m, seconds[k]), 64, false, 7};
            figures f = measure(&m, &l);
            assert_false(f.stalled);
            SHOW(f, "%zu processors, devices 100 times slower, %g ms", n, seconds[k] * 1e3);
            assert_true(f.warm <= 1.03 * f.best);
            assert_true(f.cold <= 1.05 * f.best);
        }
    }
}

/* Transfers: a device that would be fast is fed at a tenth of the host's pace. */
static void transfers_that_dominate_cost_little(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 3; n++) {
        for (double latency = 20e-6; latency < 5e-3; latency *= 6) {
            sim_machine m = machine(n, 0.03, latency);
            for (size_t d = 1; d < n; d++) m.proc[d].beside = 0.7;
            m.proc[0].beside = 0.97;        /* and takes memory bandwidth from the host */
            sim_launch l = {YKI_AUTO, items_for(&m, 0.03), 64, false, 7};
            figures f = measure(&m, &l);
            assert_false(f.stalled);
            SHOW(f, "%zu processors, fed slowly, latency %4.0f us", n, latency * 1e6);
            assert_true(f.warm <= 1.03 * f.best);
            assert_true(f.cold <= 1.05 * f.best);
        }
    }
}

/* Sharing slows both so much that it does not pay, which no rate of one alone shows. */
static void interference_is_found_out(void **state)
{
    (void)state;
    sim_machine m = machine(2, 1, 50e-6);
    m.proc[0].beside = m.proc[1].beside = 0.5;
    sim_launch l = {YKI_AUTO, items_for(&m, 0.05), 64, false, 7};
    figures f = measure(&m, &l);
    assert_false(f.stalled);
    SHOW(f, "%s", "both at half speed when together");
    assert_true(f.warm <= 1.03 * f.best);
}

/* A device that was measured while something else kept it busy gets its chance later. */
static void a_device_that_recovers_is_found_again(void **state)
{
    (void)state;
    sim_machine slow = machine(2, 0.02, 100e-6), fast = machine(2, 2, 100e-6);
    sim_launch l = {YKI_AUTO, 3000000, 64, false, 7};   /* 30 ms of the host */
    yki_rates *rates = NULL;
    assert_int_equal(YK_OK, yki_rates_open(&rates));
    for (uint64_t i = 0; i < 20; i++) sim_run(&slow, &l, rates, i);
    double total = 0, last = 0;
    for (uint64_t i = 0; i < 400; i++) {
        last = sim_run(&fast, &l, rates, 100 + i).seconds;
        total += last;
    }
    print_message("      %.3g ms a launch in the end, %.3g ms in the mean\n", last * 1e3,
                  total / 400 * 1e3);
    assert_true(last < 0.012);
    /* One that becomes slow spoils the launches in which that shows, since a device's order
     * cannot be taken back; trying it again costs at most 1 % over many launches. */
    for (uint64_t i = 0; i < 10; i++) sim_run(&slow, &l, rates, 600 + i);
    total = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        total += sim_run(&slow, &l, rates, 1000 + i).seconds;
    }
    yki_rates_close(&rates);
    double mean = total / 1000, alone = sim_alone(&slow.proc[0], l.items);
    print_message("      one that became slow and stays so: %+.2f %% in the mean\n",
                  100 * (mean / alone - 1));
    assert_true(mean <= 1.01 * alone);
}

/* A device a hundred times as fast is nearly all there is. */
static void fast_devices_are_not_held_up(void **state)
{
    (void)state;
    sim_machine m = machine(2, 100, 100e-6);
    sim_launch l = {YKI_AUTO, items_for(&m, 0.1), 64, false, 7};
    figures f = measure(&m, &l);
    SHOW(f, "%s", "a device 100 times faster");
    assert_true(f.warm <= 1.03 * f.best);
    assert_true(f.cold <= 1.05 * f.best);
}

static void late_devices_join(void **state)
{
    (void)state;
    sim_machine m = machine(2, 4, 100e-6);
    m.proc[1].arrives_s = 0.1;
    sim_launch l = {YKI_AUTO, 100000000, 64, false, 7};     /* a second of the host */
    figures f = measure(&m, &l);
    assert_false(f.stalled);
    /* 0.1 s alone, then five times as fast */
    double ideal = 0.1 + 0.9 / 5;
    assert_true(f.cold <= 1.1 * ideal);
    assert_true(f.warm <= 1.1 * ideal);
}

static void losses_cost_time_alone(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t s = seed;
        sim_machine m = machine((size_t)rnd_in(&s, 2, 4), rnd_real(&s, 0.1, 10), 100e-6);
        sim_launch l = {(yki_policy)rnd_in(&s, 0, 3), (size_t)rnd_in(&s, 1, 20000000), 64,
                        rnd_chance(&s, 0.2), 7};
        for (size_t d = 1; d < m.n; d++) {
            m.proc[d].fails_s = rnd_chance(&s, 0.5) ? rnd_real(&s, 0, 0.05) : 0;
            m.proc[d].arrives_s = rnd_chance(&s, 0.3) ? rnd_real(&s, 0, 0.05) : 0;
            m.proc[d].max_items = rnd_chance(&s, 0.3) ? (size_t)rnd_in(&s, 1, 10000) * 64 : 0;
        }
        yki_rates *rates = NULL;
        assert_int_equal(YK_OK, yki_rates_open(&rates));
        for (uint64_t i = 0; i < 4; i++) {
            sim_result r = sim_run(&m, &l, rates, seed * 10 + i);
            size_t items = 0;
            for (size_t d = 0; d < m.n; d++) items += r.items[d];
            CHECK(seed, !r.stalled && items == l.items);
        }
        yki_rates_close(&rates);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compute_bound_launches_share_well),
        cmocka_unit_test(slow_devices_cost_little),
        cmocka_unit_test(transfers_that_dominate_cost_little),
        cmocka_unit_test(interference_is_found_out),
        cmocka_unit_test(a_device_that_recovers_is_found_again),
        cmocka_unit_test(fast_devices_are_not_held_up),
        cmocka_unit_test(late_devices_join),
        cmocka_unit_test(losses_cost_time_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
