/* choice: the calling thread alone or the pool, on machines that exist only as numbers. */
#include <run/choice.h>
#include <string.h>

#include "check.h"
#include "random.h"

/* What a launch really takes, and what happens to be added to one. */
typedef struct machine {
    double item_s;              /* of one thread */
    double awake_s, asleep_s;   /* beyond the work, on the pool */
    size_t workers;
    double scaling;             /* of the workers: 1 all of them count */
} machine;

static double takes(const machine *m, yki_way way, size_t work)
{
    double alone = m->item_s * (double)work;
    double shared = alone / ((double)m->workers * m->scaling);
    return way == YKI_ALONE ? alone : way == YKI_AWAKE ? shared + m->awake_s : shared + m->asleep_s;
}

/* One launch of a machine whose workers are up or not; returns the way it took. */
static yki_way launch(yki_choices *c, const machine *m, size_t work, bool awake, double extra_s)
{
    yki_habit *h = yki_choices_find(c, 1, work);
    yki_choice q = {.work = work, .workers = m->workers, .awake = awake, .gap_s = 1e-6};
    yki_way way = yki_choices_way(c, h, &q);
    if (way == YKI_TRY) {
        yki_habit_learn(h, YKI_ALONE, work, takes(m, YKI_ALONE, work) + extra_s);
        return way;
    }
    assert_true(way == YKI_ALONE || way == (awake ? YKI_AWAKE : YKI_ASLEEP));
    yki_habit_learn(h, way, work, takes(m, way, work) + extra_s);
    return way;
}

static size_t count(yki_choices *c, const machine *m, size_t work, size_t launches, yki_way way)
{
    size_t n = 0;
    for (size_t i = 0; i < launches; i++) n += launch(c, m, work, true, 0) == way;
    return n;
}

static const machine usual = {1e-9, 0.5e-6, 10e-6, 2, 1};

/* From 100 ns to 1 ms; nearly all launches go the better way, after a few, unless both
 * are as good. */
static void the_better_way_is_found(void **state)
{
    (void)state;
    for (size_t work = 100; work < 1000000; work += work / 3) {
        yki_choices c = {0};
        double alone = takes(&usual, YKI_ALONE, work), shared = takes(&usual, YKI_AWAKE, work);
        if (alone < 1.25 * shared && shared < 1.25 * alone) continue;
        assert_int_equal(launch(&c, &usual, work, true, 0), YKI_TRY);
        count(&c, &usual, work, 40, YKI_ALONE);
        size_t n = count(&c, &usual, work, 1000, alone < shared ? YKI_ALONE : YKI_AWAKE);
        assert_true(n >= 950);
    }
}

/* Trying the other way costs no more than a few hundredths, whatever it costs. */
static void trying_stays_cheap(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int k = 0; k < 2000; k++) {
        yki_choices c = {0};
        machine m = {.item_s = rnd_real(&seed, 1e-10, 1e-8),
                     .awake_s = rnd_real(&seed, 1e-6, 1e-4),
                     .workers = (size_t)rnd_in(&seed, 2, 30),
                     .scaling = rnd_real(&seed, 0.05, 1)};
        size_t work = (size_t)rnd_in(&seed, 1, 100000);
        double alone = takes(&m, YKI_ALONE, work), shared = takes(&m, YKI_AWAKE, work);
        double best = alone < shared ? alone : shared, spent = 0;
        for (int i = 0; i < 60; i++) (void)launch(&c, &m, work, true, 0);
        for (int i = 0; i < 3000; i++) {
            yki_way way = launch(&c, &m, work, true, 0);
            spent += way == YKI_TRY ? alone : takes(&m, way, work);
        }
        assert_true(spent <= 1.05 * 3000 * best + 3 * (alone + shared));
    }
}

/* Whichever launch has the bad moment, and however bad it is. */
static void one_bad_moment_is_forgotten(void **state)
{
    (void)state;
    for (size_t work = 200; work < 400000; work *= 4) {
        double alone = takes(&usual, YKI_ALONE, work), shared = takes(&usual, YKI_AWAKE, work);
        yki_way better = alone < shared ? YKI_ALONE : YKI_AWAKE;
        for (size_t bad = 0; bad < 30; bad++) {
            yki_choices c = {0};
            for (size_t i = 0; i < 30; i++)
                (void)launch(&c, &usual, work, true, i == bad ? 3e-3 : 0);
            count(&c, &usual, work, 30, better);
            assert_true(count(&c, &usual, work, 100, better) >= 90);
        }
    }
}

/* A pool that comes to be worth nothing is left, and taken again when it is. */
static void lasting_changes_are_followed(void **state)
{
    (void)state;
    yki_choices c = {0};
    machine busy = usual;
    busy.scaling = 0.3;
    size_t work = 20000;
    count(&c, &usual, work, 100, YKI_AWAKE);
    assert_true(count(&c, &usual, work, 100, YKI_AWAKE) >= 90);
    count(&c, &busy, work, 100, YKI_AWAKE);
    assert_true(count(&c, &busy, work, 100, YKI_ALONE) >= 90);
    count(&c, &usual, work, 1000, YKI_AWAKE);
    assert_true(count(&c, &usual, work, 100, YKI_AWAKE) >= 90);
}

/* 8 us on one thread: not worth waking anybody for, but ten of them are; and where waking
 * never brings anybody, it becomes rare. */
static void a_burst_wakes_the_workers(void **state)
{
    (void)state;
    yki_choices c = {0};
    size_t work = 8000, woken = 0, i = 0;
    for (int k = 0; k < 40; k++) (void)launch(&c, &usual, work, true, 0);
    for (; i < 10 && launch(&c, &usual, work, false, 0) == YKI_ALONE; i++) {}
    assert_true(i > 0 && i < 10);
    for (i = 0; i < 10000; i++) woken += launch(&c, &usual, work, false, 0) == YKI_ASLEEP;
    assert_true(woken > 0 && woken < 200);
    (void)launch(&c, &usual, work, true, 0);
    for (i = 0; i < 10 && launch(&c, &usual, work, false, 0) == YKI_ALONE; i++) {}
    assert_true(i < 10);
}

static void long_launches_wake_the_workers(void **state)
{
    (void)state;
    yki_choices c = {0};
    (void)launch(&c, &usual, 1000000, false, 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(launch(&c, &usual, 1000000, false, 0), YKI_ASLEEP);
}

/* A kernel that wants long slices is not tried in pieces: the pool comes first. */
static void whole_launches_begin_on_the_pool(void **state)
{
    (void)state;
    yki_choices c = {0};
    yki_choice q = {.work = 1000, .workers = 2, .awake = true, .whole = true};
    yki_habit *h = yki_choices_find(&c, 9, q.work);
    assert_int_equal(yki_choices_way(&c, h, &q), YKI_AWAKE);
    yki_habit_learn(h, YKI_AWAKE, q.work, 1e-6);
    assert_int_equal(yki_choices_way(&c, h, &q), YKI_ALONE);
    h = yki_choices_find(&c, 10, q.work);
    yki_habit_learn(h, YKI_AWAKE, q.work, 1e-3);
    for (int i = 0; i < 100; i++) assert_int_equal(yki_choices_way(&c, h, &q), YKI_AWAKE);
}

static void one_worker_is_the_thread_itself(void **state)
{
    (void)state;
    yki_choices c = {0};
    yki_choice q = {.work = 1000000, .workers = 1, .awake = true};
    assert_int_equal(yki_choices_way(&c, yki_choices_find(&c, 1, q.work), &q), YKI_ALONE);
}

/* Kernels and sizes do not mix; those used lately stay. */
static void habits_are_kept_apart(void **state)
{
    (void)state;
    static yki_choices c;
    memset(&c, 0, sizeof c);
    yki_habit_learn(yki_choices_find(&c, 1, 1000), YKI_ALONE, 1000, 1e-6);
    yki_habit_learn(yki_choices_find(&c, 2, 1000), YKI_ALONE, 1000, 5e-6);
    yki_habit_learn(yki_choices_find(&c, 1, 4000), YKI_ALONE, 4000, 4.1e-6);
    for (uint64_t k = 100; k < 3000; k++) {
        yki_habit *h = yki_choices_find(&c, k, SIZE_MAX);
        assert_true(!(yki_habit_seconds(h, 1) > 0));
        assert_float_equal(yki_habit_seconds(yki_choices_find(&c, 1, 1000), 1000), 1e-6, 1e-12);
        assert_float_equal(yki_habit_seconds(yki_choices_find(&c, 2, 1001), 1000), 5e-6, 1e-12);
        assert_float_equal(yki_habit_seconds(yki_choices_find(&c, 1, 4000), 4000), 4.1e-6, 1e-12);
    }
    for (size_t work = 0; work < 20; work++) assert_non_null(yki_choices_find(&c, 3, work));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_better_way_is_found),
        cmocka_unit_test(trying_stays_cheap),
        cmocka_unit_test(one_bad_moment_is_forgotten),
        cmocka_unit_test(lasting_changes_are_followed),
        cmocka_unit_test(a_burst_wakes_the_workers),
        cmocka_unit_test(long_launches_wake_the_workers),
        cmocka_unit_test(whole_launches_begin_on_the_pool),
        cmocka_unit_test(one_worker_is_the_thread_itself),
        cmocka_unit_test(habits_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
