/* The peer StarPU: loops as a task for each of eight parts a thread, and tasks, on its CPU
 * workers; see peer.h.
 * The parts share the arrays, which lie in main memory, so no data is registered. */
#include "peer.h"

#include <starpu.h>
#include <stdlib.h>

static size_t n_threads;

typedef struct part {
    const peer_loop *loop;
    size_t begin, end;
    void *partial;
} part;

static void run_part(void *buffers[], void *arg)
{
    const part *p = arg;
    (void)buffers;
    p->loop->body(p->loop, p->begin, p->end, p->partial);
}

static struct starpu_codelet codelet = {.cpu_funcs = {run_part}, .nbuffers = 0,
                                        .name = "part of a loop"};

static const char *open_workers(size_t threads)
{
    struct starpu_conf conf;
    n_threads = threads;
    setenv("STARPU_SILENT", "1", 0);    /* what it prints is no result */
    starpu_conf_init(&conf);
    conf.ncpus = (int)threads;
    conf.ncuda = 0;
    conf.nopencl = 0;
    if (starpu_init(&conf) != 0) return "starpu_init failed";
    if (starpu_cpu_worker_get_count() == threads) return NULL;
    starpu_shutdown();
    return "StarPU started another number of workers";
}

static const char *submit(part *p)
{
    struct starpu_task *task = starpu_task_create();
    if (!task) return "starpu_task_create failed";
    task->cl = &codelet;
    task->cl_arg = p;
    task->cl_arg_size = sizeof *p;
    return starpu_task_submit(task) == 0 ? NULL : "starpu_task_submit failed";
}

static const char *loop(const peer_loop *l)
{
    size_t n = 8 * n_threads < l->items ? 8 * n_threads : l->items;
    part *parts = calloc(n, sizeof *parts);
    unsigned char *partials = l->partial_bytes ? calloc(n, l->partial_bytes) : NULL;
    const char *why = !parts || (l->partial_bytes && !partials) ? "no memory" : NULL;
    for (size_t k = 0; k < n && !why; k++) {
        parts[k] = (part){l, l->items * k / n, l->items * (k + 1) / n,
                          partials ? partials + k * l->partial_bytes : NULL};
        why = submit(&parts[k]);
    }
    if (starpu_task_wait_for_all() != 0) why = "starpu_task_wait_for_all failed";
    for (size_t k = 0; k < n && !why && partials; k++)
        l->combine(l, parts[k].partial);
    free(parts);
    free(partials);
    return why;
}

/* ---- tasks ---- */

/* Of all the calls of one order. */
static void (*call)(void *arg);

static void run_call(void *buffers[], void *arg)
{
    (void)buffers;
    call(arg);
}

static struct starpu_codelet call_codelet = {.cpu_funcs = {run_call}, .nbuffers = 0,
                                             .name = "call"};

/* The task's argument stays where it is.  `waited`: returns when the task has ended. */
static const char *submit_call(const peer_calls *c, size_t k, bool waited)
{
    struct starpu_task *task = starpu_task_create();
    if (!task) return "starpu_task_create failed";
    task->cl = &call_codelet;
    task->cl_arg = peer_arg(c, k);
    if (waited) task->synchronous = 1;
    return starpu_task_submit(task) == 0 ? NULL : "starpu_task_submit failed";
}

static const char *all(const peer_calls *c)
{
    const char *why = NULL;
    call = c->call;
    for (size_t k = 0; k < c->n && !why; k++) why = submit_call(c, k, false);
    return starpu_task_wait_for_all() == 0 ? why : "starpu_task_wait_for_all failed";
}

static const char *each(const peer_calls *c)
{
    const char *why = NULL;
    call = c->call;
    for (size_t k = 0; k < c->n && !why; k++) why = submit_call(c, k, true);
    return why;
}

static const peer_tasks tasks = {.all = all, .each = each};

static void close_workers(void) { starpu_shutdown(); }

const peer yoke_peer = {
    .name = "StarPU", .open = open_workers, .loop = loop, .close = close_workers,
    .tasks = &tasks,
};
