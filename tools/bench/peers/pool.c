/* Yoke's own pool as a peer, so that the others are compared with it under the same
 * conditions: a process of its own, the same rounds; see peer.h. */
#include "peer.h"

#include <yoke/task.h>

#include "workload.h"

static yk_engine *engine;

static const char *open_engine(size_t threads)
{
    yk_engine_opts opts = {.threads = threads, .devices = "none"};
    yk_status st = yk_engine_open(&engine, &opts, NULL);
    return st == YK_OK ? NULL : yk_strerror(st);
}

static const char *refuses(const yki_workload *w)
{
    (void)w;
    return NULL;
}

static const char *run(yki_instance *in)
{
    yk_run_opts opts = {.policy = YK_POLICY_SINGLE, .devices = "cpu"};
    yk_status st = in->workload->yoke(in, engine, &opts, NULL);
    return st == YK_OK ? NULL : yk_strerror(st);
}

static void body(void *ctx, size_t begin, size_t end, size_t worker)
{
    peer_piece piece = *(peer_piece *)ctx;
    (void)worker;
    for (size_t i = begin; i < end; i++) piece((unsigned)i);
}

static void fork_two(peer_piece piece) { (void)yk_parallel_for(engine, 2, 1, body, &piece); }

/* ---- tasks ---- */

/* Of all the calls of one order. */
static void (*call)(void *arg);

static yk_status run_call(void *arg)
{
    call(arg);
    return YK_OK;
}

static const char *all(const peer_calls *c)
{
    yk_group *group = NULL;
    yk_status st = yk_group_open(engine, &group);
    if (st != YK_OK) return yk_strerror(st);
    yk_task_opts opts = {.flags = c->waits ? YK_BLOCKING : 0, .group = group};
    call = c->call;
    for (size_t k = 0; k < c->n && st == YK_OK; k++)
        st = yk_task_submit(engine, run_call, peer_arg(c, k), &opts, NULL);
    yk_status end = yk_group_wait(group, -1);
    yk_group_close(&group);
    if (st == YK_OK) st = end;
    return st == YK_OK ? NULL : yk_strerror(st);
}

static const char *each(const peer_calls *c)
{
    yk_task_opts opts = {.flags = c->waits ? YK_BLOCKING : 0};
    yk_status st = YK_OK;
    call = c->call;
    for (size_t k = 0; k < c->n && st == YK_OK; k++) {
        yk_future *future;
        st = yk_task_submit(engine, run_call, peer_arg(c, k), &opts, &future);
        if (st != YK_OK) break;
        st = yk_future_wait(future, -1);
        yk_future_free(&future);
    }
    return st == YK_OK ? NULL : yk_strerror(st);
}

typedef struct fib_call {
    unsigned n;
    uint64_t value;
} fib_call;

static yk_status fib_task(void *arg)
{
    fib_call *c = arg, first = {.n = c->n - 1}, second = {.n = c->n - 2};
    yk_future *future;
    if (c->n < 2) {
        c->value = c->n;
        return YK_OK;
    }
    yk_status st = yk_task_submit(engine, fib_task, &first, NULL, &future);
    if (st != YK_OK) return st;
    st = fib_task(&second);
    yk_status end = yk_future_wait(future, -1);
    yk_future_free(&future);
    c->value = first.value + second.value;
    return st == YK_OK ? end : st;
}

/* The outermost call is a task as well, as in the other runtimes it is in a thread of
 * theirs. */
static const char *fib(unsigned n, uint64_t *value)
{
    fib_call whole = {.n = n};
    yk_future *future;
    yk_status st = yk_task_submit(engine, fib_task, &whole, NULL, &future);
    if (st == YK_OK) {
        st = yk_future_wait(future, -1);
        yk_future_free(&future);
    }
    *value = whole.value;
    return st == YK_OK ? NULL : yk_strerror(st);
}

static const peer_tasks tasks = {.all = all, .each = each, .fib = fib};

static void close_engine(void) { yk_engine_close(&engine); }

const peer yoke_peer_pool = {
    .name = "pool", .open = open_engine, .refuses = refuses, .run = run, .fork = fork_two,
    .close = close_engine, .tasks = &tasks,
};
