/* Processes whose output is a measurement: fresh ones for `open`, one a runtime for
 * forkjoin and --peers.  Used in yoke-bench's child, on its one thread. */
#ifndef YOKE_BENCH_PROCESS_H
#define YOKE_BENCH_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

typedef enum bench_process_end {
    BENCH_PROCESS_DONE,         /* it exited with 0 */
    BENCH_PROCESS_FAILED,       /* with another code, or by a signal: `how` */
    BENCH_PROCESS_LATE,         /* no end within the limit: killed */
    BENCH_PROCESS_NOT_STARTED
} bench_process_end;

typedef struct bench_process {
    bench_process_end end;
    char how[32];               /* "SIGSEGV", "exit 1"; empty where it is done */
    char text[8192];            /* what it wrote to stdout, terminated; the rest is dropped */
} bench_process;

/* Runs argv[0] (a path) and waits for its end, at most limit_s.  It dies with this
 * process.  argv is NULL-terminated. */
void bench_process_run(bench_process *p, const char *const *argv, double limit_s);

#endif
