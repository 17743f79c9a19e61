/* What the cases of tasks share: sleep16, grid300, spawn, submit_wait, fib and files.
 *
 * Each row is measured in processes of peers that take turns (peers/turns.h); the work
 * itself is in peers/tasks.c. */
#ifndef YOKE_BENCH_TASKS_H
#define YOKE_BENCH_TASKS_H

#include "case.h"

/* How a row is measured. */
typedef struct bench_task_row {
    const char *order;          /* as in peers/tasks.c */
    size_t samples, rounds;     /* samples in a process, and such processes */
    size_t quick_rounds;
    uint64_t threads_others;    /* that other runtimes get, as they have no way to find out by
                                 * themselves that calls only wait; 0: one a core */
    double serial_s;            /* what the calls sleep in all; 0: they compute */
    bool runs_serial;           /* of calls that sleep: once one after another, if not quick */
    bool files;                 /* reads as many files as the row has elements */
} bench_task_row;

/* Fills shared->result.  Returns an exit code. */
int bench_measure_tasks(bench_shared *shared, const bench_row *row, const bench_task_row *how);
/* In the parent, when the child is gone: deletes the files that it had made, if it could not. */
void bench_delete_files(bench_shared *shared);

#endif
