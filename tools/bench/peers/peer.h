/* Peers: other runtimes, and Yoke beside them, with the same work in processes of their own.
 *
 * A peer is one file here that says how its runtime runs a loop.  Linked with peer.c it
 * is a program (yoke-peer-<name>); OpenMP and Yoke's pool are linked into yoke-bench and
 * started as
 *     PROGRAM WORKLOAD ELEMENTS THREADS SAMPLES SEED      times a workload of kernels/
 *     PROGRAM forkjoin GAP_US 2 LOOPS SEED                times a fork and join of 2 threads
 * Each writes one line of JSON: {"peer", "status": "ok|unsupported|wrong|failed", "reason",
 * "max_error", "samples_s": [...]}.  One thread calls a peer; what the runtime's own
 * threads enter are `body` and `piece`.  C and C++. */
#ifndef YOKE_PEER_H
#define YOKE_PEER_H

#include <stdbool.h>
#include <stddef.h>

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

/* Functions that can fail return NULL, or why they did. */
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
} peer;

/* A program's own (main.c); yoke-bench's two. */
extern const peer yoke_peer;
extern const peer yoke_peer_pool, yoke_peer_openmp;

/* The program of a peer, from its argument list (argv[0] is not looked at).  Returns an
 * exit code: 0 where the line was written, whatever it says. */
int peer_main(const peer *p, int argc, char **argv);

/* forkjoin.c: the median over `loops` loops (fewer where they take seconds) after gaps of
 * gap_us: *seconds, beyond the work itself; *share, of loops in which two threads took part,
 * which alone count. */
void peer_measure_fork(const peer *p, size_t gap_us, size_t loops, double *seconds,
                       double *share);

#ifdef __cplusplus
}
#endif

#endif
