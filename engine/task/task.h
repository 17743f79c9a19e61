/* task: functions that run by themselves, and futures to wait for them.
 *
 * A task is submitted to the deque of the thread that submits it, and run by whichever
 * worker of the pool takes it from there, by a thread of the crew if it blocks, or by a
 * thread that waits for it.  The room is one more source of the pool's workers (pool.h), so
 * that tasks and launches share the cores.  Called by engine.c, which passes the public calls
 * of yoke/task.h on; any thread may enter.
 *
 * Files: store.c (memory of tasks), queues.c (who has which tasks, and who looks where),
 * future.c (a task's states), submit.c, run.c (one task, from its beginning to its end),
 * wait.c, group.c, watch.c (what happens on completion: callbacks, dependencies, order of
 * completion), events.c (launches), tasks.c (opening, draining, closing), blocking.c
 * (threads of tasks that block), map.c and stream.c (parallel maps, map.h), map_state.c (what
 * the two have in common), progress.c. */
#ifndef YKI_TASK_H
#define YKI_TASK_H

#include <base/base.h>
#include <pool/pool.h>
#include <run/run.h>
#include <yoke/task.h>

typedef struct yki_tasks yki_tasks;

typedef struct yki_tasks_opts {
    yki_pool *pool;             /* borrowed; closed before yki_tasks_close, as is */
    yki_runner *runner;         /* that tasks launch on */
    bool no_spin;               /* a CPU quota binds: threads that wait sleep at once */
    size_t blocking_threads;    /* most threads for tasks that block; 0: 1024 */
} yki_tasks_opts;

/* Makes the room a source of the pool.  YK_E_NOMEM. */
yk_status yki_tasks_open(yki_tasks **out, const yki_tasks_opts *opts, yk_diag *diag);

/* From now on tasks come from tasks alone; runs and waits until all are complete.  False on
 * the deadline: nothing is taken any more, what had not begun has been cancelled, what runs
 * has been asked to end and did not within some milliseconds, and waits for it have been
 * given up.  May be called again. */
bool yki_tasks_drain(yki_tasks *tasks, uint64_t deadline_ns);

/* Frees everything.  Drained, or never used, and the pool is closed; takes NULL. */
void yki_tasks_close(yki_tasks **tasks);

/* As yk_task_submit. */
yk_status yki_tasks_submit(yki_tasks *tasks, yk_task_fn fn, void *arg, const yk_task_opts *opts,
                           yk_future **out);

/* As yk_event_future, for an event of the same engine. */
yk_status yki_tasks_event(yki_tasks *tasks, yk_event *event, yk_future **out);

/* Starts a prepared event (run.h) when these futures are complete, or aborts it if one has
 * failed.  On failure the event is neither started nor aborted. */
yk_status yki_tasks_start_after(yki_tasks *tasks, yk_future *const *after, size_t n,
                                yk_event *event, yk_diag *diag);

/* As yk_group_open. */
yk_status yki_group_open(yki_tasks *tasks, yk_group **out);

/* Most threads that may run tasks that block. */
size_t yki_tasks_blocking_limit(const yki_tasks *tasks);
yki_pool *yki_tasks_pool(const yki_tasks *tasks);

/* Moves the message of the calling thread's task to `to`, "" if it has none. */
void yki_task_take_message(char *to, size_t size);

#endif
