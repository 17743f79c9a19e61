/* Peers: other runtimes, and Yoke beside them, with the same work in processes of their own.
 *
 * A peer is one file here that says how its runtime runs a loop.  Linked with peer.c it
 * is a program (yoke-peer-<name>); OpenMP and Yoke's pool are linked into yoke-bench and
 * started as
 *     PROGRAM WORKLOAD ELEMENTS THREADS SAMPLES SEED      times a workload of kernels/
 *     PROGRAM forkjoin GAP_US 2 LOOPS SEED                times a fork and join of 2 threads
 *     PROGRAM spawn TASKS THREADS SAMPLES SEED            times tasks, see tasks.c
 * Each writes one line of JSON: {"peer", "status": "ok|unsupported|wrong|failed", "reason",
 * "max_error", "samples_s": [...]}.  One thread calls a peer; what the runtime's own
 * threads enter are `body`, `piece` and `call`.  C and C++. */
#ifndef YOKE_PEER_H
#define YOKE_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct yki_workload;
struct yki_instance;

/* One launch of a workload as a loop over its items: the plain serial loop is `body`. */
typedef struct peer_loop {
    size_t items;
    /* Items [begin, end); any threads at the same time. */
    void (*body)(const struct peer_loop *loop, size_t begin, size_t end, void *partial);
    /* Reductions: each thread or part has a block of partial_bytes zeros of its own, and
     * each block goes to combine at the end, one after the other.  0: partial is NULL. */
    size_t partial_bytes;
    void (*combine)(const struct peer_loop *loop, const void *partial);
    void *instance;
    size_t launch;
} peer_loop;

typedef void (*peer_piece)(unsigned number);

/* Calls to be made as tasks: call(args + k * stride) once for each k of [0, n). */
typedef struct peer_calls {
    void (*call)(void *arg);    /* any threads at the same time */
    unsigned char *args;
    size_t stride, n;
    bool waits;                 /* it sleeps, or waits for a file */
} peer_calls;

static inline void *peer_arg(const peer_calls *c, size_t k) { return c->args + k * c->stride; }

/* Functions that can fail return NULL, or why they did.  A function that is NULL is what the
 * runtime cannot do. */
typedef struct peer_tasks {
    /* A task a call, all submitted by this thread; returns when all have ended. */
    const char *(*all)(const peer_calls *calls);
    /* The same, but each task's end is waited for before the next is submitted. */
    const char *(*each)(const peer_calls *calls);
    /* *value = n < 2 ? n : fib(n - 1) + fib(n - 2), the first as a task, the second called,
     * and then the task waited for; so in every call, however small n is. */
    const char *(*fib)(unsigned n, uint64_t *value);
} peer_tasks;

typedef struct peer {
    const char *name;           /* as its users write it */
    const char *(*open)(size_t threads);
    /* A loop runtime has this... */
    const char *(*loop)(const peer_loop *loop);
    /* ... any other has these: why it cannot run a workload (NULL: it can); and one run. */
    const char *(*refuses)(const struct yki_workload *w);
    const char *(*run)(struct yki_instance *in);
    /* piece(0) and piece(1) on two threads; NULL: it has no part in forkjoin. */
    void (*fork)(peer_piece piece);
    void (*close)(void);
    const peer_tasks *tasks;    /* NULL: it has none */
} peer;

/* A program's own (main.c); yoke-bench's three. */
extern const peer yoke_peer;
extern const peer yoke_peer_pool, yoke_peer_openmp, yoke_peer_serial;

typedef struct peer_order {
    const peer *peer;
    const char *workload;
    size_t elements, threads, samples, seed;
} peer_order;
enum { PEER_MAX_SAMPLES = 64 };     /* of tasks and workloads */

/* The program of a peer, from its argument list (argv[0] is not looked at).  Returns an
 * exit code: 0 where the line was written, whatever it says. */
int peer_main(const peer *p, int argc, char **argv);

/* forkjoin.c: the median over `loops` loops (fewer where they take seconds) after gaps of
 * gap_us: *seconds, beyond the work itself; *share, of loops in which two threads took part,
 * which alone count. */
void peer_measure_fork(const peer *p, size_t gap_us, size_t loops, double *seconds,
                       double *share);

/* tasks.c: what came of an order. */
typedef struct peer_outcome {
    const char *status;         /* as in the answer: "ok", or one of the others and `why` */
    char why[128];
    double samples[PEER_MAX_SAMPLES];
} peer_outcome;
/* Is there work as tasks of that name? */
bool peer_has_tasks(const char *workload);
/* Makes the work, opens the runtime, checks and times, and closes it. */
void peer_measure_tasks(const peer_order *o, peer_outcome *out);

/* Files for the orders files and files_cold, in a folder of TMPDIR, whose name goes to `folder`;
 * if it is empty, there is none.  A peer that finds the variable PEER_FILES reads those of that
 * folder; else it makes its own, which takes much longer than reading them. */
#define PEER_FILES "YOKE_BENCH_FILES"
#define PEER_FOLDER 128
bool peer_files_make(char folder[PEER_FOLDER], size_t n, size_t seed);
void peer_files_delete(const char *folder, size_t n);

#ifdef __cplusplus
}
#endif

#endif
