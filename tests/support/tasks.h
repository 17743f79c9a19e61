/* What tests of tasks share: an engine, gates that hold tasks until the test lets them go,
 * tasks that count, and checks that may stand inside tasks, where cmocka's may not.
 * A test that hangs is ended by an alarm.  Header only. */
#ifndef YKT_TASKS_H
#define YKT_TASKS_H

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <yoke/yoke.h>

/* Under sanitizers loops are shorter and stack frames larger; and TSan starts no threads in
 * the child of a process that has some. */
#if defined(__SANITIZE_THREAD__)
#define YKT_TSAN 1
#elif defined(__SANITIZE_ADDRESS__)
#define YKT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define YKT_TSAN 1
#elif __has_feature(address_sanitizer)
#define YKT_ASAN 1
#endif
#endif
#ifndef YKT_TSAN
#define YKT_TSAN 0
#endif
#ifndef YKT_ASAN
#define YKT_ASAN 0
#endif

/* n turns of a loop, fewer where each is slow. */
static inline unsigned ykt_turns(unsigned n) { return YKT_TSAN ? (n + 3) / 4 : n; }

/* Long enough for anything that ends at all. */
#define LONG_S 100.0

/* ---- checks ---- */

static _Atomic unsigned ykt_failures;

/* A check for any thread: says what did not hold, and the test fails when it ends. */
#define EXPECT(condition)                                                               \
    do {                                                                                \
        if (!(condition)) {                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);             \
            atomic_fetch_add(&ykt_failures, 1);                                         \
        }                                                                               \
    } while (0)

static inline int ykt_begin(void **state)
{
    (void)state;
    atomic_store(&ykt_failures, 0);
    alarm(YKT_TSAN || YKT_ASAN ? 200 : 60);
    return 0;
}

static inline int ykt_end(void **state)
{
    (void)state;
    alarm(0);
    return atomic_load(&ykt_failures) ? -1 : 0;
}

#define task_test(fn) cmocka_unit_test_setup_teardown(fn, ykt_begin, ykt_end)

/* ---- time ---- */

static inline void ykt_sleep_us(long us)
{
    nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}, NULL);
}

/* Until the condition holds. */
#define UNTIL(condition)                                                                \
    do {                                                                                \
        while (!(condition)) ykt_sleep_us(100);                                         \
    } while (0)

/* ---- the engine ---- */

/* threads 0: as many as there are cores; no more than that in any case. */
static inline yk_engine *ykt_open(size_t threads)
{
    yk_engine *e = NULL;
    yk_diag diag;
    yk_engine_opts opts = {.threads = threads, .devices = "none"};
    yk_status st = yk_engine_open(&e, &opts, &diag);
    if (st == YK_E_INVALID && threads > 1) {
        opts.threads = 0;
        st = yk_engine_open(&e, &opts, &diag);
    }
    if (st != YK_OK) fail_msg("%s", diag.text);
    return e;
}

/* ---- tasks ---- */

/* arg: an _Atomic unsigned. */
static inline yk_status ykt_count(void *arg)
{
    atomic_fetch_add((_Atomic unsigned *)arg, 1);
    return YK_OK;
}

static inline yk_status ykt_nothing(void *arg)
{
    (void)arg;
    return YK_OK;
}

/* Returns the status that its argument points to. */
static inline yk_status ykt_return(void *arg) { return *(const yk_status *)arg; }

/* Tasks stand at a gate until the test opens it. */
typedef struct ykt_gate {
    _Atomic unsigned entered, passed;
    _Atomic bool open;
} ykt_gate;

/* Looks less and less often, since there may be a thousand. */
static inline bool ykt_gate_is_open(ykt_gate *g, long *nap_us)
{
    if (atomic_load(&g->open)) return true;
    *nap_us = *nap_us < 6400 ? 2 * *nap_us : *nap_us;
    ykt_sleep_us(*nap_us);
    return false;
}

static inline yk_status ykt_at_gate(void *arg)
{
    ykt_gate *g = arg;
    long nap_us = 50;
    atomic_fetch_add(&g->entered, 1);
    while (!ykt_gate_is_open(g, &nap_us)) continue;
    atomic_fetch_add(&g->passed, 1);
    return YK_OK;
}

/* The same, but ends with YK_E_CANCELLED when asked to. */
static inline yk_status ykt_at_gate_or_cancelled(void *arg)
{
    ykt_gate *g = arg;
    long nap_us = 50;
    atomic_fetch_add(&g->entered, 1);
    while (!ykt_gate_is_open(g, &nap_us))
        if (yk_cancelled()) return YK_E_CANCELLED;
    atomic_fetch_add(&g->passed, 1);
    return YK_OK;
}

static inline yk_future *ykt_submit(yk_engine *e, yk_task_fn fn, void *arg, unsigned flags)
{
    yk_future *f = NULL;
    yk_task_opts opts = {.flags = flags};
    assert_int_equal(yk_task_submit(e, fn, arg, &opts, &f), YK_OK);
    assert_non_null(f);
    return f;
}

/* One more that begins after `after`. */
static inline yk_future *ykt_submit_after(yk_engine *e, yk_task_fn fn, void *arg, unsigned flags,
                                          yk_future *after)
{
    yk_future *f = NULL;
    yk_task_opts opts = {.flags = flags, .after = &after, .n_after = 1};
    assert_int_equal(yk_task_submit(e, fn, arg, &opts, &f), YK_OK);
    assert_non_null(f);
    return f;
}

/* Waits for ever, frees, and tells the status. */
static inline yk_status ykt_end_of(yk_future **f)
{
    yk_status st = yk_future_wait(*f, -1);
    EXPECT(yk_future_done(*f) == 1);
    yk_future_free(f);
    EXPECT(!*f);
    return st;
}

/* ---- workers that are kept busy, so that pool tasks stay pending ---- */

typedef struct ykt_held {
    ykt_gate gate;
    size_t n;
    yk_future *futures[64];
} ykt_held;

static inline void ykt_hold(yk_engine *e, ykt_held *h)
{
    memset(h, 0, sizeof *h);
    h->n = yk_engine_workers(e);
    assert_true(h->n <= 64);
    for (size_t i = 0; i < h->n; i++)
        h->futures[i] = ykt_submit(e, ykt_at_gate, &h->gate, 0);
    UNTIL(atomic_load(&h->gate.entered) == h->n);
}

static inline void ykt_release(ykt_held *h)
{
    atomic_store(&h->gate.open, true);
    for (size_t i = 0; i < h->n; i++) assert_int_equal(ykt_end_of(&h->futures[i]), YK_OK);
}

#endif
