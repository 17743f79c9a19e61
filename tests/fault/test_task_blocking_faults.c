/* The crew of threads for work that blocks, where threads cannot be started or memory is not
 * to be had: what was taken runs all the same. */
#include "child.h"
#include "crew.h"

#include <sys/resource.h>

typedef struct failing {
    _Atomic long left;          /* calls that still succeed */
    _Atomic bool for_good;
    _Atomic uint32_t calls;
} failing;

static bool fail_at(failing *f)
{
    atomic_fetch_add(&f->calls, 1);
    long left = atomic_fetch_sub(&f->left, 1);
    return atomic_load(&f->for_good) ? left > 0 : left != 0;
}
static bool thread_hook(void *ctx) { return fail_at(ctx); }
static bool alloc_hook(void *ctx, size_t bytes)
{
    (void)bytes;
    return fail_at(ctx);
}

static void kth_thread_fails(long k, bool for_good)
{
    enum { n = 12 };
    scene sc = {.body = doze};
    failing f = {.left = k, .for_good = for_good};
    yki_crew *crew = crew_of(n, 0);
    item *items = items_of(&sc, n);
    yki_thread_set_hook(thread_hook, &f);
    size_t taken = 0;
    for (size_t i = 0; i < n; i++) {
        bool ok = yki_crew_push(crew, &items[taken].link);
        if (k > 0) assert_true(ok);     /* there is a thread, and it does not end */
        taken += ok;
    }
    assert_int_equal(taken, k > 0 ? n : for_good ? 0 : n - 1);
    assert_true(reaches(&sc.done, (uint32_t)taken));
    if (for_good) assert_true(threads_fall_to(crew, (size_t)k));
    yki_crew_close(&crew);
    yki_thread_set_hook(NULL, NULL);
    for (size_t i = taken; i < n; i++) atomic_store(&items[i].ran, 1);
    check_once(items, n);
}

static void missing_threads_hold_nothing_up(void **state)
{
    (void)state;
    for (long k = 0; k <= 12; k++) {
        kth_thread_fails(k, false);
        kth_thread_fails(k, true);
    }
}

static void without_a_thread_nothing_is_taken(void **state)
{
    (void)state;
    scene sc = {0};
    failing f = {.for_good = true};
    yki_crew *crew = crew_of(3, 0);
    item *items = items_of(&sc, 1);
    yki_thread_set_hook(thread_hook, &f);
    for (int i = 0; i < 5; i++) assert_false(yki_crew_push(crew, &items[0].link));
    assert_int_equal(yki_crew_threads(crew), 0);
    assert_int_equal(atomic_load(&items[0].ran), 0);
    yki_thread_set_hook(NULL, NULL);
    assert_true(yki_crew_push(crew, &items[0].link));
    yki_crew_close(&crew);
    check_once(items, 1);
}

/* While one cannot be started, pushes do not try again and again; later they do, and then
 * the crew grows. */
static void a_failed_start_is_tried_again_later(void **state)
{
    (void)state;
    scene sc = {.body = meet, .wanted = MANY};
    failing f = {.left = 1, .for_good = true};
    yki_crew *crew = crew_of(MANY, 0);
    item *items = items_of(&sc, MANY);
    yki_thread_set_hook(thread_hook, &f);
    uint64_t before = yki_now_ns();
    push_all(crew, items, MANY - 1);
    assert_true(reaches(&f.calls, 2));
    assert_true(threads_fall_to(crew, 1));
    /* One attempt in 10 ms, and those that were under way. */
    assert_in_range(atomic_load(&f.calls), 2, 4 + (yki_now_ns() - before) / 10000000);
    atomic_store(&f.for_good, false);
    nanosleep(&(struct timespec){.tv_nsec = 12000000}, NULL);
    push_all(crew, items + MANY - 1, 1);
    assert_true(reaches(&sc.done, MANY));
    assert_false(atomic_load(&sc.late));
    assert_int_equal(yki_crew_threads(crew), MANY);
    yki_crew_close(&crew);
    yki_thread_set_hook(NULL, NULL);
    check_once(items, MANY);
}

static item *offspring;     /* those that items push; set before any thread looks */

/* While the second thread is being started, the first becomes idle for longer than threads
 * may be, and a further item is pushed: it must not rely on the start, which fails. */
static bool start_slowly_and_fail(void *ctx)
{
    scene *sc = ctx;
    if (atomic_fetch_add(&sc->starts, 1) == 0) return true;
    atomic_store(&sc->wanted, 0);       /* the first item ends */
    if (!reaches(&sc->done, 2)) atomic_store(&sc->late, true);
    for (int i = 0; i < 20; i++) nap();
    if (!yki_crew_push(sc->crew, &offspring[2].link)) atomic_store(&sc->wrong, true);
    return false;
}

static void nobody_ends_while_a_start_may_fail(void **state)
{
    (void)state;
    scene sc = {.body = meet, .wanted = 99};
    yki_crew *crew = sc.crew = crew_of(2, 1000);
    offspring = items_of(&sc, 3);
    yki_thread_set_hook(start_slowly_and_fail, &sc);
    push_all(crew, offspring, 1);
    assert_true(reaches(&sc.begun, 1));
    push_all(crew, offspring + 1, 1);
    assert_true(reaches(&sc.done, 3));
    yki_crew_close(&crew);
    yki_thread_set_hook(NULL, NULL);
    assert_int_equal(atomic_load(&sc.starts), 2);
    assert_false(atomic_load(&sc.wrong));
    assert_false(atomic_load(&sc.late));
    check_once(offspring, 3);
}

static void opening_without_memory(void **state)
{
    (void)state;
    yki_crew_opts opts = {.limit = 4, .run = run_item};
    for (long k = 0;; k++) {
        failing f = {.left = k, .for_good = true};
        yki_crew *crew = NULL;
        yk_diag diag = {0};
        yki_alloc_set_hook(alloc_hook, &f);
        yk_status status = yki_crew_open(&crew, &opts, &diag);
        yki_alloc_set_hook(NULL, NULL);
        if (status == YK_OK) {
            assert_true(k > 0);
            yki_crew_close(&crew);
            break;
        }
        assert_int_equal(status, YK_E_NOMEM);
        assert_int_equal(diag.status, YK_E_NOMEM);
        assert_null(crew);
    }
}

static void pushing_wants_no_memory(void **state)
{
    (void)state;
    scene sc = {.body = doze};
    failing f = {.for_good = true};
    yki_crew *crew = crew_of(8, 0);
    item *items = items_of(&sc, 100);
    yki_alloc_set_hook(alloc_hook, &f);
    push_all(crew, items, 100);
    assert_true(reaches(&sc.done, 100));
    yki_crew_close(&crew);
    yki_alloc_set_hook(NULL, NULL);
    assert_int_equal(atomic_load(&f.calls), 0);
    check_once(items, 100);
}

/* As a user whom the system grants few threads. */
static int few_threads_body(void *ctx)
{
    enum { n = 60 };
    static item items[n];
    scene sc = {.body = doze};
    (void)ctx;
    if (getuid() == 0 && setuid(54321) != 0) _exit(CHILD_SKIPPED);  /* root has no limit */
    yki_crew *crew = NULL;
    yki_crew_opts opts = {.limit = n, .run = run_item};
    REQUIRE(yki_crew_open(&crew, &opts, NULL) == YK_OK);
    for (size_t i = 0; i < n; i++) items[i].scene = &sc;
    /* The first thread before there is a limit: others may have used it up. */
    REQUIRE(yki_crew_push(crew, &items[0].link));
    struct rlimit few = {.rlim_cur = 5, .rlim_max = 5};
    if (setrlimit(RLIMIT_NPROC, &few) != 0) _exit(CHILD_SKIPPED);
    for (size_t i = 1; i < n; i++) REQUIRE(yki_crew_push(crew, &items[i].link));
    REQUIRE(reaches(&sc.done, n));
    REQUIRE(threads_fall_to(crew, 5));
    yki_crew_close(&crew);
    _exit(CHILD_OK);
}

static void a_limit_of_the_system_is_lived_with(void **state)
{
    (void)state;
    int code = child_run(few_threads_body, NULL, 60);
    if (code == CHILD_SKIPPED) skip();
    assert_int_equal(code, CHILD_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_threads_hold_nothing_up),
        cmocka_unit_test(without_a_thread_nothing_is_taken),
        cmocka_unit_test(a_failed_start_is_tried_again_later),
        cmocka_unit_test(nobody_ends_while_a_start_may_fail),
        cmocka_unit_test(opening_without_memory),
        cmocka_unit_test(pushing_wants_no_memory),
        cmocka_unit_test(a_limit_of_the_system_is_lived_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
