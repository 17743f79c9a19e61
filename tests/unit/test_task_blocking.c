/* The crew of threads for work that blocks: each item once and in order, growth to the limit
 * and back, failing allocations and threads, names, affinity, closing at awkward moments. */
#include "check.h"
#include "child.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <task/blocking.h>
#include <time.h>
#include <unistd.h>

#define LONG_NS UINT64_C(60000000000)       /* what has not come by then does not come */
#define MANY 64

typedef struct scene {
    yki_crew *crew;
    void (*body)(struct scene *, size_t number);    /* NULL: nothing more to do */
    _Atomic uint32_t begun, done;
    _Atomic uint32_t inside, most;  /* items at once */
    _Atomic uint32_t wanted;        /* `meet`: begun by then */
    _Atomic bool late;              /* something did not come */
    _Atomic bool wrong;             /* what a body looked for is not so */
} scene;

typedef struct item {
    yki_link link;
    scene *scene;
    size_t number;
    _Atomic uint32_t ran;
    uint32_t order;                 /* of begin */
} item;

/* ---- helpers ---- */

static void nap(void) { nanosleep(&(struct timespec){.tv_nsec = 300000}, NULL); }

/* Until *word is at least `value`; false: it does not come. */
static bool reaches(_Atomic uint32_t *word, uint32_t value)
{
    uint64_t end = yki_now_ns() + LONG_NS;
    while (atomic_load(word) < value) {
        if (yki_now_ns() > end) return false;
        nap();
    }
    return true;
}

static bool threads_become(const yki_crew *crew, size_t count)
{
    uint64_t end = yki_now_ns() + LONG_NS;
    while (yki_crew_threads(crew) != count) {
        if (yki_now_ns() > end) return false;
        nap();
    }
    return true;
}

static void run_item(void *ctx, yki_link *link)
{
    item *it = (item *)link;
    scene *sc = it->scene;
    (void)ctx;
    uint32_t now = atomic_fetch_add(&sc->inside, 1) + 1, most = atomic_load(&sc->most);
    while (most < now && !atomic_compare_exchange_weak(&sc->most, &most, now)) continue;
    it->order = atomic_fetch_add(&sc->begun, 1);
    atomic_fetch_add(&it->ran, 1);
    if (sc->body) sc->body(sc, it->number);
    atomic_fetch_sub(&sc->inside, 1);
    atomic_fetch_add(&sc->done, 1);     /* the item may be gone from here on */
}

static yki_crew *crew_of(size_t limit, uint64_t idle_ns)
{
    yki_crew *crew = NULL;
    yki_crew_opts opts = {.limit = limit, .idle_ns = idle_ns, .run = run_item};
    assert_int_equal(yki_crew_open(&crew, &opts, NULL), YK_OK);
    assert_int_equal(yki_crew_limit(crew), limit);
    assert_int_equal(yki_crew_threads(crew), 0);
    return crew;
}

static item *items_of(scene *sc, size_t n)
{
    item *items = calloc(n, sizeof *items);
    assert_non_null(items);
    for (size_t i = 0; i < n; i++) items[i].scene = sc, items[i].number = i;
    return items;
}

/* Gives them back; each must have run once. */
static void check_once(item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) assert_int_equal(atomic_load(&items[i].ran), 1);
    free(items);
}

static void push_all(yki_crew *crew, item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) assert_true(yki_crew_push(crew, &items[i].link));
}

/* A body that waits until sc->wanted items have begun: as many threads are needed. */
static void meet(scene *sc, size_t number)
{
    (void)number;
    if (!reaches(&sc->begun, atomic_load(&sc->wanted))) atomic_store(&sc->late, true);
}

static void doze(scene *sc, size_t number)
{
    (void)sc, (void)number;
    nap();
}

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
        assert_true(threads_become(crew, 0));
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

/* ---- failures ---- */

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
    if (for_good) assert_in_range(yki_crew_threads(crew), 0, k);
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
    assert_int_equal(yki_crew_threads(crew), 1);
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
    REQUIRE(yki_crew_threads(crew) <= 5);
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
        cmocka_unit_test(missing_threads_hold_nothing_up),
        cmocka_unit_test(without_a_thread_nothing_is_taken),
        cmocka_unit_test(a_failed_start_is_tried_again_later),
        cmocka_unit_test(opening_without_memory),
        cmocka_unit_test(pushing_wants_no_memory),
        cmocka_unit_test(a_limit_of_the_system_is_lived_with),
        cmocka_unit_test(closing_runs_what_is_queued),
        cmocka_unit_test(closing_waits_for_what_items_push),
        cmocka_unit_test(closing_in_the_middle_of_growth),
        cmocka_unit_test(a_forked_child_may_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
