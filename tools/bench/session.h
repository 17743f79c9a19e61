/* A run of yoke-bench over its workloads, in the parent; see bench.h. */
#ifndef YOKE_BENCH_SESSION_H
#define YOKE_BENCH_SESSION_H

#include "conditions.h"
#include "progress.h"

typedef struct bench_session {
    const bench_options *options;
    bench_shared *shared;
    int fd;                     /* of shared */
    bench_device devices[BENCH_MAX_DEVICES];    /* the columns */
    size_t n_devices;
    bench_result *results;      /* owned by whoever declared the session: free() */
    size_t n_results;
    size_t asked;               /* results there should be */
    size_t workers;
    double memory_limit;        /* bytes that this process may use; 0: unknown */
    bench_watch *watch;
    bench_conditions *conditions;
    bench_progress progress;
} bench_session;

/* Runs all workloads.  Returns an exit code; results are there also on failure. */
int bench_session_run(bench_session *s);

#endif
