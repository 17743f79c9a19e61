/* Asking peers: starts their programs and understands what they answer; see peer.h.
 * Used in yoke-bench's child, on its one thread; a peer that crashes, hangs, or answers
 * nonsense costs its own answer. */
#ifndef YOKE_BENCH_ASK_H
#define YOKE_BENCH_ASK_H

#include "bench.h"

#define BENCH_PEER_OPTION "--bench-peer"
#define BENCH_PEER_SAMPLES 64   /* the most in one answer */

/* A peer that yoke-bench knows. */
typedef struct bench_runtime {
    const char *name;
    const char *program;    /* in the folder peers/ beside yoke-bench; NULL: yoke-bench itself */
    const char *package;    /* whose headers its program is built with (Debian) */
    unsigned does;          /* BENCH_LOOPS and so on: what it is asked for */
} bench_runtime;
enum {
    BENCH_LOOPS = 1,        /* workloads */
    BENCH_FORKS = 2,        /* forkjoin: a loop of two pieces, the caller doing one */
    BENCH_TASKS = 4,        /* the work of tasks.c */
    BENCH_WIDE = 8          /* that also on more threads than there are cores */
};
/* The pool is the first, and OpenMP the second. */
enum { BENCH_RUNTIME_POOL, BENCH_RUNTIME_OPENMP, BENCH_RUNTIMES = BENCH_MAX_PEERS };
extern const bench_runtime bench_runtimes[BENCH_RUNTIMES];
/* No runtime: the calls one after another.  For the column `serial`, not among the peers. */
extern const bench_runtime bench_serial;

typedef struct bench_answer {
    bench_status status;
    char reason[256];       /* where status is not BENCH_OK */
    size_t n;
    double samples[BENCH_PEER_SAMPLES];
    double max_error;
    double share;           /* of forkjoin */
} bench_answer;

/* Runs argv (NULL-terminated) for at most limit_s, and reads its line. */
void bench_ask(bench_answer *out, const char *const *argv, double limit_s);
/* The same for a runtime and an order as in peer.h; BENCH_ABSENT where its program is not
 * there. */
void bench_ask_runtime(bench_answer *out, const bench_runtime *runtime, const char *workload,
                       uint64_t elements, uint64_t threads, size_t samples, double limit_s);

/* Process of a peer that is linked into yoke-bench: `name` and an order.  Exit code. */
int bench_peer_main(int argc, char **argv);

/* Many answers of one runtime. */
typedef struct bench_series {
    const bench_runtime *runtime;
    bench_peer peer;            /* what comes out; its times by bench_series_end */
    size_t n;
    double samples[4 * BENCH_PEER_SAMPLES];
} bench_series;

/* Takes in an answer; one that is not BENCH_OK is the last. */
void bench_series_add(bench_series *s, const bench_answer *a);
void bench_series_end(bench_series *s);

/* The child's job BENCH_JOB_PEERS: all runtimes with shared->job's workload, in rounds, to
 * shared->result.peers (rounds.c).  Returns an exit code. */
int bench_measure_peers(bench_shared *shared);

/* The table of peers, and what is to be said of them; nothing without any (table.c). */
void bench_put_peers(FILE *f, const bench_report *report);

#endif
