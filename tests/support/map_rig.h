/* What tests of maps and streams share: an engine of about the size wanted, and items that
 * end only when they are asked to.  Header only. */
#ifndef YKT_MAP_RIG_H
#define YKT_MAP_RIG_H

#include "check.h"

#include <sched.h>
#include <stdatomic.h>
#include <yoke/yoke.h>

/* With that many workers, or as many as this machine can have. */
static inline yk_engine *open_engine(size_t threads, size_t blocking)
{
    yk_engine *e = NULL;
    yk_engine_opts opts = {.threads = threads, .devices = "none", .blocking_threads = blocking};
    yk_status st = yk_engine_open(&e, &opts, NULL);
    if (st == YK_E_INVALID) {
        opts.threads = 0;
        st = yk_engine_open(&e, &opts, NULL);
    }
    assert_int_equal(st, YK_OK);
    return e;
}

/* Runs fn(arg) as a task, to its end. */
static inline void run_task(yk_engine *e, yk_task_fn fn, void *arg, unsigned flags,
                            yk_status expected)
{
    yk_future *f = NULL;
    yk_task_opts opts = {.flags = flags};
    assert_int_equal(yk_task_submit(e, fn, arg, &opts, &f), YK_OK);
    assert_int_equal(yk_future_wait(f, -1), expected);
    yk_future_free(&f);
}

/* A yk_map_fn: doubles a uint64_t. */
static inline yk_status twice(void *ctx, const void *in, void *out)
{
    (void)ctx;
    *(uint64_t *)out = 2 * *(const uint64_t *)in;
    return YK_OK;
}

typedef struct patience {
    _Atomic size_t begun, asked;
} patience;

/* A yk_map_fn whose ctx begins with a patience. */
static inline yk_status until_asked(void *ctx, const void *in, void *out)
{
    patience *p = ctx;
    (void)in, (void)out;
    atomic_fetch_add(&p->begun, 1);
    while (!yk_cancelled()) sched_yield();
    atomic_fetch_add(&p->asked, 1);
    return YK_E_CANCELLED;
}

#endif
