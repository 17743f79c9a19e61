/* The life of a task's future, its real code, in every interleaving (explore.h) of the threads
 * that run it, cancel it, wait for it, watch it, make others depend on it, and free it.
 *
 * Whatever the order, the task runs once or is cancelled, each waiter is woken and told the
 * same status, each watcher is called once, with a future that is complete and alive, the
 * dependent runs or fails with it, and all memory is freed, once, and not touched after.
 * With YKT_THOROUGH=1 in the environment, larger scenarios too.
 *
 * This file is compiled once for each source that it explores, then as EX_PART, and once for
 * the rest. */
#include "check.h"
#include "explore.h"

#include <base/base.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- one step broken ---- */

typedef enum breakage {
    RIGHT,
    CLAIM_IN_TWO,           /* reads the phase, then writes it */
    SLEEPER_UNMARKED,       /* sleeps without having said so */
    WATCH_UNMARKED,
    LOCK_IN_TWO,
    DROP_IN_TWO,            /* of a reference */
    DONE_IN_TWO,
    BREAKAGES
} breakage;

uint64_t broken_modify(volatile void *at, size_t bytes, enum ex_op op, uint64_t value);
bool broken_swap(volatile void *at, size_t bytes, uint64_t *expected, uint64_t desired);
bool model_sleep(const volatile void *word, uint32_t value, uint64_t deadline_ns);
uint64_t model_now(void);

#define EX_CHANGE broken_modify
#define EX_SWAP broken_swap
#include "explore_atomics.h"

#define YKI_STORE_REPLACED
#define yki_futex_wait model_sleep
#define yki_futex_wake ex_futex_wake
#define yki_now_ns model_now
#define yki_alloc(count, size) ex_alloc((count) * (size))
#define yki_free(p) ex_free((void *)(uintptr_t)(p))

/* Where a thread that waits will sleep, it only gives the others time. */
#ifdef EX_SLEEPS
#define yki_relax() ((void)0)
#else
#define yki_relax ex_relax
#endif

#ifdef EX_PART
#include EX_PART
#else
#include "task/task_int.h"

static breakage broken;

/* ---- what the threads share ---- */

enum { THREADS = 3, ENTRIES = 4 };

/* What each thread does, a letter each: r runs what comes through the queue, for ever; c
 * cancels; w waits; t waits with a timeout; n asks to be called; d submits a dependent; o waits
 * by order of completion; l looks.  At last each but r gives its reference back. */
typedef struct scenario {
    const char *thread[THREADS];
    bool helps;                 /* who waits runs the task */
    bool fails;                 /* the task */
    bool slow;                  /* takes seconds: only with YKT_THOROUGH set */
} scenario;

static const scenario *now;

static struct world {
    yki_tasks tasks;
    yk_future *future[THREADS];         /* the same, with a reference for each thread */
    yki_task *entry[ENTRIES];
    uint32_t queued, taken;             /* entries ever; futex */
    uint32_t ran, dependent_ran, called, asked_for_calls;
    bool late[THREADS];                 /* its timeout has come */
    yk_status told[THREADS];            /* by a wait; -1: none */
    yk_status status;                   /* of the task at its end */
} w;

static const yk_status not_told = (yk_status)-1;

static yk_status body(void *arg)
{
    ex_modify(arg, sizeof(uint32_t), EX_ADD, 1);
    return arg == &w.ran && now->fails ? YK_E_IO : YK_OK;
}

static void on_done(yk_future *f, void *ctx)
{
    if (!yk_future_done(f)) ex_wrong("called before the end");
    if (yk_future_arg(f) != &w.ran) ex_wrong("called with something else");
    ex_modify(ctx, sizeof(uint32_t), EX_ADD, 1);
}

/* ---- what they do ---- */

static void run_next(void)
{
    uint32_t mine = (uint32_t)ex_modify(&w.taken, sizeof w.taken, EX_ADD, 1);
    for (uint32_t n; (n = (uint32_t)ex_load(&w.queued, sizeof n, memory_order_acquire)) <= mine;)
        ex_futex_wait(&w.queued, n, UINT64_MAX);
    yki_run_entry(&w.tasks, NULL, w.entry[mine], true);
}

static void wait_in_order(yk_future *f, yk_status *told)
{
    yk_completions *c;
    size_t index = 9;
    if (yk_completions_open(&c, &f, 1) != YK_OK) ex_wrong("no completions");
    if (yk_completions_next(c, -1, &index) != YK_OK || index != 0) ex_wrong("no completion");
    if (yk_completions_next(c, -1, &index) != YK_E_RANGE) ex_wrong("another completion");
    yk_completions_close(&c);
    *told = f->status;
}

static void depend(yk_future *f)
{
    yk_task_opts opts = {.after = &f, .n_after = 1};
    if (yki_tasks_submit(&w.tasks, body, &w.dependent_ran, &opts, NULL) != YK_OK)
        ex_wrong("not submitted");
}

static void act(unsigned self, char what)
{
    yk_future *f = w.future[self];
    switch (what) {
    case 'c': (void)yk_future_cancel(f); break;
    case 'w': w.told[self] = yk_future_wait(f, -1); break;
    case 't': w.told[self] = yk_future_wait(f, 1); break;
    case 'n':
        ex_modify(&w.asked_for_calls, sizeof w.called, EX_ADD, 1);
        if (yk_future_then(f, on_done, &w.called) != YK_OK) ex_wrong("not watched");
        break;
    case 'd': depend(f); break;
    case 'o': wait_in_order(f, &w.told[self]); break;
    default:
        if (yk_future_done(f)) (void)yk_future_message(f);
    }
}

static void thread_main(unsigned self)
{
    while (now->thread[self][0] == 'r') run_next();
    for (const char *p = now->thread[self]; *p; p++) act(self, *p);
    yk_future *last = w.future[self];
    if (yk_future_done(last)) w.status = last->status;
    yk_future_free(&w.future[self]);
}

static void begin(void)
{
    w.tasks.no_spin = true;
    w.status = not_told;
    for (unsigned i = 0; i < THREADS; i++) w.told[i] = not_told;
    /* The first thread runs, the second has the first reference. */
    if (yki_tasks_submit(&w.tasks, body, &w.ran, NULL, &w.future[1]) != YK_OK)
        ex_wrong("not submitted");
    if (!now->thread[2]) return;
    w.future[2] = w.future[1];
    atomic_fetch_add(&w.future[1]->state, YKI_TASK_REF);
}

static bool does(char what)
{
    for (unsigned i = 0; i < THREADS && now->thread[i]; i++)
        if (strchr(now->thread[i], what)) return true;
    return false;
}

static const char *check_told(void)
{
    yk_status end = w.ran ? (now->fails ? YK_E_IO : YK_OK) : YK_E_CANCELLED;
    if (w.status != not_told && w.status != end) return "a status that does not say what happened";
    for (unsigned i = 0; i < THREADS; i++) {
        if (w.told[i] == not_told || w.told[i] == end) continue;
        if (w.told[i] != YK_E_TIMEOUT || !w.late[i]) return "a waiter was told something else";
    }
    return NULL;
}

static const char *end(bool stuck)
{
    for (unsigned i = 1; stuck && i < THREADS && now->thread[i]; i++)
        if (!ex_now.thread[i].done) return "somebody sleeps for ever";
    if (w.taken != w.queued + 1) return "the queue is not empty";
    if (w.ran > 1) return "run twice";
    if (!w.ran && !does('c')) return "not run";
    if (w.called != w.asked_for_calls) return "a watcher was not called once";
    if (does('d') && w.dependent_ran != (w.ran && !now->fails)) return "the dependent is wrong";
    if (ex_live()) return "something is not freed";
    return check_told();
}

/* ---- broken steps ---- */

bool broken_swap(volatile void *at, size_t bytes, uint64_t *expected, uint64_t desired)
{
    uint64_t changed = *expected ^ desired;
    bool claims = (*expected & YKI_TASK_PHASE) == YKI_TASK_QUEUED
        && (desired & YKI_TASK_PHASE) == YKI_TASK_RUNNING;
    bool ends = (*expected & YKI_TASK_PHASE) == YKI_TASK_RUNNING
        && (desired & YKI_TASK_PHASE) == YKI_TASK_DONE;
    bool breaks = (broken == CLAIM_IN_TWO && claims) || (broken == DONE_IN_TWO && ends)
        || (broken == LOCK_IN_TWO && changed == YKI_TASK_LOCK);
    if (!breaks || bytes != sizeof(uint32_t)) return ex_swap(at, bytes, expected, desired);
    if (ex_load(at, bytes, memory_order_acquire) != *expected) return false;
    ex_store(at, bytes, desired, memory_order_seq_cst);
    return true;
}

uint64_t broken_modify(volatile void *at, size_t bytes, enum ex_op op, uint64_t value)
{
    if ((broken == SLEEPER_UNMARKED && op == EX_OR && value == YKI_TASK_SLEEPERS)
        || (broken == WATCH_UNMARKED && op == EX_OR && value == YKI_TASK_WATCHED))
        return ex_load(at, bytes, memory_order_acquire);
    if (broken == DROP_IN_TWO && op == EX_SUB && value == YKI_TASK_REF) {
        uint64_t old = ex_load(at, bytes, memory_order_acquire);
        ex_store(at, bytes, old - value, memory_order_seq_cst);
        return old;
    }
    return ex_modify(at, bytes, op, value);
}

/* ---- in place of the library's ---- */

/* Naps are no excuse: who sleeps is woken, unless it has asked for a timeout. */
bool model_sleep(const volatile void *word, uint32_t value, uint64_t deadline_ns)
{
    (void)deadline_ns;
    bool times_out = strchr(now->thread[ex_self()], 't') != NULL;
    bool woken = ex_futex_wait(word, value, times_out ? 1 : UINT64_MAX);
    if (!woken) w.late[ex_self()] = true;
    return woken;
}

uint64_t model_now(void) { return ex_now.self && w.late[ex_self()] ? UINT64_MAX - 1 : 1; }

yki_task *yki_store_take(yki_tasks *ts, yki_hand *h)
{
    return (void)ts, (void)h, ex_alloc(sizeof(yki_task));
}
void yki_store_give(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    (void)ts, (void)h;
    ex_free(t);
}
/* The queue is a list that only grows. */
void yki_queue_put(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    (void)ts, (void)h;
    w.entry[w.queued] = t;
    ex_modify(&w.queued, sizeof w.queued, EX_ADD, 1);
    ex_futex_wake(&w.queued, UINT32_MAX);
}
yki_hand *yki_hand_of(yki_tasks *ts) { return (void)ts, NULL; }
yki_task *yki_queue_find_below(yki_tasks *ts, _Atomic uint64_t *where)
{
    return (void)ts, (void)where, NULL;
}
bool yki_queue_lets_work(const yki_tasks *ts, bool slow)
{
    return (void)ts, (void)slow, now->helps;
}
bool yki_pool_forked(const yki_pool *pool) { return (void)pool, false; }
size_t yki_crew_threads(const yki_crew *crew) { return (void)crew, 0; }
void yki_runner_nudge(yki_runner *runner) { (void)runner; }

/* ---- scenarios ---- */

static const scenario scenarios[] = {
    {{"r", "w"}, false, false, false},
    {{"r", "w"}, true, false, false},
    {{"r", "w"}, false, true, false},
    {{"r", "t"}, false, false, false},
    {{"r", "n"}, false, false, false},
    {{"r", "nn"}, false, false, false},
    {{"r", "ncw"}, false, false, false},
    {{"r", "cn"}, false, true, false},
    {{"r", "lcl"}, false, false, false},
    {{"r", "o"}, false, false, false},
    {{"r", "no"}, false, true, false},
    {{"r", "d"}, false, false, false},
    {{"r", "dw"}, true, true, false},
    {{"r", "dc"}, false, false, false},
    {{"r", "cd"}, false, false, false},
    {{"r", "ndn"}, false, false, false},
    {{"r", "w", "w"}, false, false, false},
    {{"r", "w", "c"}, false, false, false},
    {{"r", "w", "c"}, true, false, true},
    {{"r", "t", "c"}, false, false, true},
    {{"r", "t", "n"}, false, false, true},
    {{"r", "n", "n"}, false, false, true},
    {{"r", "n", "c"}, false, false, true},
    {{"r", "n", "w"}, false, false, true},
    {{"r", "o", "c"}, false, false, true},
    {{"r", "o", "n"}, false, false, true},
    {{"r", "d", "c"}, false, false, true},
    {{"r", "d", "w"}, false, true, true},
    {{"r", "d", "n"}, false, false, true},
};

static ex_result explore(const scenario *s, FILE *trace)
{
    char name[64];
    now = s;
    unsigned threads = s->thread[2] ? 3 : 2;
    snprintf(name, sizeof name, "%s | %s | %s", s->thread[0], s->thread[1],
             s->thread[2] ? s->thread[2] : "");
    const ex_program p = {
        .name = name, .threads = threads, .world = &w, .world_bytes = sizeof w, .begin = begin,
        .thread = thread_main, .end = end, .local = (void **)(uintptr_t)&yki_current_worker,
        .in_order = threads > 2, .spins = true};
    return ex_explore(&p, trace);
}

static void all_ends_are_met(void **state)
{
    (void)state;
    broken = RIGHT;
    for (size_t i = 0; i < YKI_COUNT(scenarios); i++) {
        const scenario *s = &scenarios[i];
        if (s->slow && !getenv("YKT_THOROUGH")) continue;
        ex_result r = explore(s, stderr);
        if (r.wrong) fail_msg("%s | %s: %s", s->thread[0], s->thread[1], r.wrong);
        print_message("%s | %s | %s: %s%llu schedules (%zu points)\n", s->thread[0],
                      s->thread[1], s->thread[2] ? s->thread[2] : "", ex_at_least(&r),
                      (unsigned long long)r.schedules, r.states);
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
        print_message("breakage %d: %s | %s | %s: %s\n", (int)broken, scenarios[i].thread[0],
                      scenarios[i].thread[1], scenarios[i].thread[2] ? scenarios[i].thread[2] : "",
                      r.wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ends_are_met),
        cmocka_unit_test(a_broken_step_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
