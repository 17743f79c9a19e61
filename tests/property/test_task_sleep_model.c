/* How workers go to sleep and are woken for tasks, in every interleaving (explore.h): the real
 * main loop of the pool's workers, its notices and the tasks' queues, with threads from
 * outside that submit.
 *
 * Whatever the order, everything that was submitted runs, once; and no worker sleeps while
 * something waits that nobody else will take, even where what runs lasts until the other has
 * run.  And this would be noticed, if a worker slept without a last look, or a pusher told
 * nobody.  With YKT_THOROUGH=1 in the environment, larger scenarios too. */
#include "check.h"
#include "explore.h"

#include <base/base.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

/* ---- one step broken ---- */

typedef enum breakage {
    RIGHT,
    NO_LAST_LOOK,           /* parks without looking for work once more */
    NO_NOTICE,              /* a pusher sets `offered` and wakes nobody */
    NO_RESCAN,              /* `offered` is cleared without looking round after it */
    CLEARED_LATE,           /* the cleared `offered` is seen after the look round */
    BREAKAGES
} breakage;

static breakage broken;

static uint64_t broken_modify(volatile void *at, size_t bytes, enum ex_op op, uint64_t value);
static bool broken_swap(volatile void *at, size_t bytes, uint64_t *expected, uint64_t desired);

#define EX_CHANGE broken_modify
#define EX_SWAP broken_swap
#include "explore_atomics.h"

#define yki_futex_wait ex_futex_wait
#define yki_futex_wake ex_futex_wake
#define yki_alloc(count, size) ex_alloc((count) * (size))
#define yki_free ex_free
#define yki_relax ex_relax
#define yki_now_ns() UINT64_C(1)
#define pthread_mutex_lock(m) (ex_lock(m), 0)
#define pthread_mutex_unlock(m) (ex_unlock(m), 0)
#define YKI_DEQUE_ROOM 4
#define YKI_TINY_NS 0

/* The device room has a job too. */
#define yki_job pool_job
#include "pool/worker.c"
#include "pool/pool.c"
#undef yki_job

#include "task/queues.c"

/* ---- what the threads share ---- */

enum { WORKERS = 2, TASKS = 3 };

typedef struct scenario {
    const char *name;
    unsigned workers;
    /* What each thread from outside submits; with a deque of its own, or through the list. */
    const char *submits[2];
    bool hands;
    char lasting;               /* this one runs until the other one has */
    char awaited;
    unsigned asleep;            /* workers that sleep at first */
    bool slow;                  /* takes tens of seconds: only with YKT_THOROUGH set */
} scenario;

static const scenario *now;

static struct world {
    yki_pool pool;
    yki_mail mail[WORKERS];
    yki_slot slots[WORKERS];
    yki_tasks tasks;
    _Atomic(yki_hand *) hands[WORKERS + YKI_GUESTS];
    yki_hand hand[WORKERS + 2];
    yki_task task[TASKS];
    uint32_t ran[TASKS];        /* futexes */
} w;

static void run_task(unsigned k)
{
    if (now->lasting == (char)('a' + k)) {
        uint32_t *other = &w.ran[now->awaited - 'a'];
        while (ex_load(other, sizeof *other, memory_order_acquire) == 0)
            ex_futex_wait(other, 0, UINT64_MAX);
    }
    ex_modify(&w.ran[k], sizeof w.ran[k], EX_ADD, 1);
    ex_futex_wake(&w.ran[k], UINT32_MAX);
}

static void thread_main(unsigned number)
{
    if (number < now->workers) {
        (void)yki_worker_main(&w.slots[number].worker);
        return;
    }
    unsigned guest = number - now->workers;
    yki_hand *h = now->hands ? &w.hand[number] : NULL;
    for (const char *p = now->submits[guest]; *p; p++)
        yki_queue_put(&w.tasks, h, &w.task[*p - 'a']);
}

static void open_hand(unsigned k)
{
    w.hand[k].tasks = &w.tasks;
    w.hand[k].number = k;
    if (!yki_deque_open(&w.hand[k].deque)) ex_wrong("no deque");
    atomic_store(&w.hands[k], &w.hand[k]);
}

static void begin(void)
{
    w.pool.mail = w.mail;
    w.pool.slots = w.slots;
    w.pool.thread_count = w.pool.slot_count = (uint16_t)now->workers;
    w.pool.no_spin = true;
    w.tasks.pool = &w.pool;
    w.tasks.workers = now->workers;
    w.tasks.last = &w.tasks.first;
    w.tasks.hands = w.hands;
    unsigned hands = now->workers + (now->hands ? (now->submits[1] ? 2 : 1) : 0);
    for (unsigned k = 0; k < hands; k++) open_hand(k);
    atomic_store(&w.tasks.n_hands, hands);
    for (uint16_t k = 0; k < now->workers; k++) w.slots[k].worker = (yki_worker){&w.pool, k};
    yki_source source = {yki_queue_ready, yki_queue_run, &w.tasks};
    if (yki_pool_add_source(&w.pool, &source) != YK_OK) ex_wrong("no source");
}

/* Workers never end: all that matters is that nothing is left when all sleep. */
static const char *end(bool stuck)
{
    unsigned submitted = 0;
    if (!stuck) return "a worker has ended";
    for (unsigned g = 0; g < 2 && now->submits[g]; g++) {
        if (!ex_now.thread[now->workers + g].done) return "a submitter waits";
        submitted += (unsigned)strlen(now->submits[g]);
    }
    for (unsigned k = 0; k < submitted; k++)
        if (w.ran[k] != 1) return w.ran[k] ? "run twice" : "all sleep, but a task is left";
    return NULL;
}

/* ---- broken steps ---- */

static uint64_t broken_modify(volatile void *at, size_t bytes, enum ex_op op, uint64_t value)
{
    if (at == &w.tasks.offered && value == 0 && broken == CLEARED_LATE) {
        uint64_t old = ex_load(at, bytes, memory_order_seq_cst);
        ex_store(at, bytes, value, memory_order_release);
        return old;
    }
    uint64_t old = ex_modify(at, bytes, op, value);
    if (at == &w.tasks.offered && value == 0 && broken == NO_RESCAN) return 0;
    if (at == &w.tasks.offered && value == 1 && broken == NO_NOTICE) return 1;
    return old;
}

static bool broken_swap(volatile void *at, size_t bytes, uint64_t *expected, uint64_t desired)
{
    /* The swap to parked comes after the last look, not before it. */
    bool parks = ex_now.self && yki_word_is_order(desired) == YKI_ORDER_PARKED;
    if (broken == NO_LAST_LOOK && parks && ready_source(&w.pool)) return false;
    bool same = ex_swap(at, bytes, expected, desired);
    if (broken == NO_LAST_LOOK && parks && same) {
        yki_mail *mail = &w.mail[ex_self()];
        while (ex_load(&mail->word, sizeof desired, memory_order_acquire) == desired)
            ex_futex_wait(&mail->wake, atomic_load(&mail->wake), UINT64_MAX);
        return false;
    }
    return same;
}

/* ---- in place of the library's ---- */

uint16_t yki_core_slot(const yki_pool *pool) { return pool ? YKI_NO_SLOT : 0; }
bool yki_pool_forked(const yki_pool *pool) { return !pool; }
void yki_run_entry(yki_tasks *ts, yki_hand *h, yki_task *t, bool stolen)
{
    (void)ts, (void)h, (void)stolen;
    run_task((unsigned)(t - w.task));
}
yki_link *yki_crew_take(yki_crew *crew, bool (*fits)(const yki_link *, const void *),
                        const void *ctx)
{
    (void)crew, (void)fits, (void)ctx;
    return NULL;
}

/* ---- scenarios ---- */

static const scenario scenarios[] = {
    {"one worker, one task", 1, {"a", NULL}, true, 0, 0, 0, false},
    {"one worker, two tasks", 1, {"ab", NULL}, true, 0, 0, 0, false},
    {"one worker, through the list", 1, {"ab", NULL}, false, 0, 0, 0, false},
    {"one worker, two submitters", 1, {"a", "b"}, true, 0, 0, 0, true},
    {"two workers, one task", 2, {"a", NULL}, true, 0, 0, 0, false},
    {"one worker, three tasks", 1, {"abc", NULL}, true, 0, 0, 0, true},
    {"two asleep, two tasks", 2, {"ab", NULL}, true, 0, 0, 2, true},
    {"two asleep, the first lasts", 2, {"ab", NULL}, true, 'a', 'b', 2, true},
    {"two asleep, the second lasts", 2, {"ab", NULL}, true, 'b', 'a', 2, true},
    {"two asleep, through the list, the first lasts", 2, {"ab", NULL}, false, 'a', 'b', 2, true},
    {"two asleep, two submitters, the first lasts", 2, {"a", "b"}, true, 'a', 'b', 2, true},
};

static bool is_left_out(const scenario *s) { return s->slow && !getenv("YKT_THOROUGH"); }

static ex_result explore(const scenario *s, FILE *trace)
{
    now = s;
    const ex_program p = {
        .name = s->name, .threads = s->workers + (s->submits[1] ? 2 : 1), .world = &w,
        .world_bytes = sizeof w, .begin = begin, .thread = thread_main, .end = end,
        .local = (void **)(uintptr_t)&yki_current_worker, .in_order = s->workers > 1,
        .asleep = s->asleep};
    return ex_explore(&p, trace);
}

static void nothing_is_left_when_all_sleep(void **state)
{
    (void)state;
    broken = RIGHT;
    for (size_t i = 0; i < YKI_COUNT(scenarios); i++) {
        if (is_left_out(&scenarios[i])) continue;
        ex_result r = explore(&scenarios[i], stderr);
        if (r.wrong) fail_msg("%s: %s", scenarios[i].name, r.wrong);
        print_message("%s: %s%llu schedules (%zu points)\n", scenarios[i].name, ex_at_least(&r),
                      (unsigned long long)r.schedules, r.states);
        fflush(stdout);
    }
}

static void a_broken_step_is_noticed(void **state)
{
    (void)state;
    for (broken = RIGHT + 1; broken < BREAKAGES; broken++) {
        size_t i = 0;
        ex_result r = {0};
        while (i < YKI_COUNT(scenarios)
               && (scenarios[i].slow || !(r = explore(&scenarios[i], NULL)).wrong))
            i++;
        if (!r.wrong) fail_msg("breakage %d is not noticed", (int)broken);
        print_message("breakage %d: %s: %s\n", (int)broken, scenarios[i].name, r.wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_when_all_sleep),
        cmocka_unit_test(a_broken_step_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
