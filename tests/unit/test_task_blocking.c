/* The crew of threads for work that blocks: each item once and in order, growth to the limit
 * and back, names, affinity, closing at awkward moments. */
#include "child.h"
#include "crew.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

/* ---- opening ---- */

static void bad_options_are_refused(void **state)
{
    (void)state;
    yki_crew *crew = NULL;
    yk_diag diag;
    assert_int_equal(yki_crew_open(&crew, NULL, &diag), YK_E_INVALID);
    assert_int_equal(diag.status, YK_E_INVALID);
    yki_crew_opts opts = {.limit = 0, .run = run_item};
    assert_int_equal(yki_crew_open(&crew, &opts, NULL), YK_E_INVALID);
    opts = (yki_crew_opts){.limit = 1};
    assert_int_equal(yki_crew_open(&crew, &opts, NULL), YK_E_INVALID);
    opts = (yki_crew_opts){.limit = SIZE_MAX / 2, .run = run_item};
    assert_int_equal(yki_crew_open(&crew, &opts, NULL), YK_E_NOMEM);
    assert_null(crew);
    yki_crew_close(&crew);
    yki_crew_close(NULL);
}

static void an_unused_crew_has_no_threads(void **state)
{
    (void)state;
    yki_crew *crew = crew_of(7, 0);
    yki_crew_close(&crew);
    assert_null(crew);
}

/* ---- order and number ---- */

typedef struct pusher {
    pthread_t thread;
    yki_crew *crew;
    item *items;
    size_t n;
    bool refused;
} pusher;

static void *pusher_main(void *arg)
{
    pusher *p = arg;
    for (size_t i = 0; i < p->n; i++)
        if (!yki_crew_push(p->crew, &p->items[i].link)) p->refused = true;
    return NULL;
}

static void many_pushers_each_item_once(void **state)
{
    (void)state;
    enum { pushers = 6, each = 700 };
    scene sc = {0};
    yki_crew *crew = crew_of(24, 1000000);
    item *items = items_of(&sc, pushers * each);
    pusher p[pushers];
    for (size_t i = 0; i < pushers; i++) {
        p[i] = (pusher){.crew = crew, .items = items + i * each, .n = each};
        assert_int_equal(pthread_create(&p[i].thread, NULL, pusher_main, &p[i]), 0);
    }
    for (size_t i = 0; i < pushers; i++) {
        assert_int_equal(pthread_join(p[i].thread, NULL), 0);
        assert_false(p[i].refused);
    }
    yki_crew_close(&crew);
    assert_int_equal(atomic_load(&sc.done), pushers * each);
    check_once(items, pushers * each);
}

static void one_thread_keeps_the_order(void **state)
{
    (void)state;
    scene sc = {0};
    yki_crew *crew = crew_of(1, 0);
    item *items = items_of(&sc, 500);
    for (size_t i = 0; i < 500; i++) {
        assert_true(yki_crew_push(crew, &items[i].link));
        if (i % 100 == 0) nap();        /* also to an idle thread */
    }
    assert_true(reaches(&sc.done, 500));
    assert_int_equal(yki_crew_threads(crew), 1);
    yki_crew_close(&crew);
    assert_int_equal(atomic_load(&sc.most), 1);
    for (size_t i = 0; i < 500; i++) assert_int_equal(items[i].order, i);
    check_once(items, 500);
}

/* ---- growth ---- */

static void every_item_gets_a_thread(void **state)
{
    (void)state;
    scene sc = {.body = meet, .wanted = MANY};
    yki_crew *crew = crew_of(1000, 0);
    item *items = items_of(&sc, MANY);
    push_all(crew, items, MANY);
    assert_true(reaches(&sc.done, MANY));
    assert_false(atomic_load(&sc.late));
    assert_int_equal(yki_crew_threads(crew), MANY);
    yki_crew_close(&crew);
    check_once(items, MANY);
}

static void the_limit_is_reached_and_kept(void **state)
{
    (void)state;
    scene sc = {.body = meet, .wanted = 5};
    yki_crew *crew = crew_of(5, 0);
    item *items = items_of(&sc, 200);
    push_all(crew, items, 200);
    assert_true(reaches(&sc.done, 200));
    assert_false(atomic_load(&sc.late));
    assert_int_equal(yki_crew_threads(crew), 5);
    assert_int_equal(atomic_load(&sc.most), 5);
    yki_crew_close(&crew);
    check_once(items, 200);
}

/* One push after the other, each waited for: an idle thread is used again. */
static void idle_threads_are_used_again(void **state)
{
    (void)state;
    scene sc = {0};
    yki_crew *crew = crew_of(200, 0);
    item *items = items_of(&sc, 200);
    for (uint32_t i = 0; i < 200; i++) {
        assert_true(yki_crew_push(crew, &items[i].link));
        assert_true(reaches(&sc.done, i + 1));
    }
    assert_in_range(yki_crew_threads(crew), 1, 100);    /* in fact 1 or 2 */
    yki_crew_close(&crew);
    check_once(items, 200);
}

/* A process's threads by the name that debuggers show. */
static size_t named_threads(const char *prefix)
{
    size_t found = 0;
    DIR *d = opendir("/proc/self/task");
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        char path[300], name[32] = "";
        if (entry->d_name[0] == '.') continue;
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *f = fopen(path, "r");     /* it may end meanwhile */
        if (!f) continue;
        if (fgets(name, sizeof name, f) && strncmp(name, prefix, strlen(prefix)) == 0) found++;
        (void)fclose(f);
    }
    (void)closedir(d);
    return found;
}

static void threads_end_when_idle_and_come_again(void **state)
{
    (void)state;
    scene sc = {.body = meet};
    yki_crew *crew = crew_of(100, 2000000);
    for (uint32_t round = 1; round <= 4; round++) {
        atomic_store(&sc.wanted, MANY * round);
        item *items = items_of(&sc, MANY);
        push_all(crew, items, MANY);
        assert_true(reaches(&sc.done, MANY * round));
        assert_true(threads_fall_to(crew, 0));
        check_once(items, MANY);
    }
    assert_false(atomic_load(&sc.late));
    uint64_t end = yki_now_ns() + LONG_NS;
    while (named_threads("yoke/b-") != 0 && yki_now_ns() < end) nap();
    assert_int_equal(named_threads("yoke/b-"), 0);
    yki_crew_close(&crew);
}

static void threads_have_names(void **state)
{
    (void)state;
    scene sc = {.body = meet, .wanted = MANY + 1};  /* stays until one more begins */
    yki_crew *crew = crew_of(MANY + 1, 0);
    item *items = items_of(&sc, MANY + 1);
    push_all(crew, items, MANY);
    assert_true(reaches(&sc.begun, MANY));
    assert_int_equal(named_threads("yoke/b-"), MANY);
    assert_int_equal(named_threads("yoke/b-12\n"), 1);
    assert_true(yki_crew_push(crew, &items[MANY].link));
    yki_crew_close(&crew);
    check_once(items, MANY + 1);
}

/* ---- what threads are like ---- */

static cpu_set_t openers;       /* set before any thread looks */

static void look_at_itself(scene *sc, size_t number)
{
    cpu_set_t own;
    sigset_t blocked;
    meet(sc, number);
    if (sched_getaffinity(0, sizeof own, &own) != 0 || !CPU_EQUAL(&own, &openers)
        || pthread_sigmask(SIG_SETMASK, NULL, &blocked) != 0
        || sigismember(&blocked, SIGTERM) != 1 || sigismember(&blocked, SIGSEGV) != 1)
        atomic_store(&sc->wrong, true);
}

static void *pinned_main(void *arg)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    for (size_t c = 0; c < CPU_SETSIZE && CPU_COUNT(&one) == 0; c++)
        if (CPU_ISSET(c, &openers)) CPU_SET(c, &one);
    pusher *p = arg;
    if (sched_setaffinity(0, sizeof one, &one) != 0) p->refused = true;
    return pusher_main(arg);
}

static void pinned_pushers_start_free_threads(void **state)
{
    (void)state;
    scene sc = {.body = look_at_itself, .wanted = 20};
    assert_int_equal(sched_getaffinity(0, sizeof openers, &openers), 0);
    yki_crew *crew = crew_of(20, 0);
    item *items = items_of(&sc, 40);
    pusher p = {.crew = crew, .items = items, .n = 40};
    assert_int_equal(pthread_create(&p.thread, NULL, pinned_main, &p), 0);
    assert_int_equal(pthread_join(p.thread, NULL), 0);
    yki_crew_close(&crew);
    assert_false(p.refused);
    assert_false(atomic_load(&sc.wrong));
    assert_false(atomic_load(&sc.late));
    check_once(items, 40);
}

/* ---- the end ---- */

static void closing_runs_what_is_queued(void **state)
{
    (void)state;
    for (size_t limit = 1; limit <= 4; limit++) {
        scene sc = {.body = doze};
        yki_crew *crew = crew_of(limit, 0);
        item *items = items_of(&sc, 60);
        push_all(crew, items, 60);
        yki_crew_close(&crew);
        assert_int_equal(atomic_load(&sc.done), 60);
        check_once(items, 60);
    }
}

static item *offspring;     /* those that items push; set before any thread looks */

static void push_another(scene *sc, size_t number)
{
    nap();
    if (number + 8 < 200 && !yki_crew_push(sc->crew, &offspring[number + 8].link))
        atomic_store(&sc->wrong, true);
}

static void closing_waits_for_what_items_push(void **state)
{
    (void)state;
    for (size_t limit = 1; limit <= 9; limit += 4) {
        scene sc = {.body = push_another};
        yki_crew *crew = sc.crew = crew_of(limit, 0);
        offspring = items_of(&sc, 200);
        push_all(crew, offspring, 8);
        yki_crew_close(&crew);
        assert_false(atomic_load(&sc.wrong));
        assert_int_equal(atomic_load(&sc.done), 200);
        check_once(offspring, 200);
    }
}

static void closing_in_the_middle_of_growth(void **state)
{
    (void)state;
    for (size_t round = 0; round < 100; round++) {
        scene sc = {0};
        yki_crew *crew = crew_of(16, round % 3 ? 1 : 0);
        item *items = items_of(&sc, 20);
        push_all(crew, items, round % 20 + 1);
        yki_crew_close(&crew);
        assert_int_equal(atomic_load(&sc.done), round % 20 + 1);
        free(items);
    }
}

static int close_in_child(void *ctx)
{
    yki_crew *crew = ctx;
    yki_crew_close(&crew);
    _exit(crew ? 1 : CHILD_OK);     /* the leak checker would miss the parent's threads */
}

static void a_forked_child_may_close(void **state)
{
    (void)state;
    scene sc = {.body = meet, .wanted = 5};
    yki_crew *crew = crew_of(8, 0);
    item *items = items_of(&sc, 5);
    push_all(crew, items, 4);
    assert_true(reaches(&sc.begun, 4));
    assert_int_equal(child_run(close_in_child, crew, 60), CHILD_OK);
    push_all(crew, items + 4, 1);
    yki_crew_close(&crew);
    check_once(items, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(an_unused_crew_has_no_threads),
        cmocka_unit_test(many_pushers_each_item_once),
        cmocka_unit_test(one_thread_keeps_the_order),
        cmocka_unit_test(every_item_gets_a_thread),
        cmocka_unit_test(the_limit_is_reached_and_kept),
        cmocka_unit_test(idle_threads_are_used_again),
        cmocka_unit_test(threads_end_when_idle_and_come_again),
        cmocka_unit_test(threads_have_names),
        cmocka_unit_test(pinned_pushers_start_free_threads),
        cmocka_unit_test(closing_runs_what_is_queued),
        cmocka_unit_test(closing_waits_for_what_items_push),
        cmocka_unit_test(closing_in_the_middle_of_growth),
        cmocka_unit_test(a_forked_child_may_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
