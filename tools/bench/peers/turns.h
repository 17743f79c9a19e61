/* Rows that are measured in processes of peers alone: those of forkjoin and of tasks.
 *
 * Yoke, OpenMP, and with --peers every other runtime that can, take turns, each turn a
 * process; a round begins with another one each time.  Used in yoke-bench's child, on its
 * one thread. */
#ifndef YOKE_BENCH_TURNS_H
#define YOKE_BENCH_TURNS_H

#include "peers/ask.h"

typedef struct bench_turns {
    bench_shared *shared;
    unsigned does;              /* runtimes that take part: BENCH_FORKS or BENCH_TASKS */
    const char *order;          /* as in peer.h, from here... */
    uint64_t elements;
    uint64_t threads;           /* of Yoke */
    uint64_t threads_others;    /* of the others; 0: as many */
    size_t samples;             /* ... to here */
    size_t rounds;
    bool serial;                /* the calls one after another have turns as well */
    double limit_s;             /* for a turn */
    /* Optional: why an answer, which is BENCH_OK, does not count; NULL if it does. */
    const char *(*refuses)(const bench_answer *a);
    /* What comes out. */
    bench_series series[BENCH_RUNTIMES], serial_series;
    double share[BENCH_RUNTIMES];   /* the least of all turns */
} bench_turns;

/* Takes all turns, and fills the result's serial, pool, openmp and peers. */
void bench_take_turns(bench_turns *t);
/* The fastest runtime besides Yoke; NULL if there is none. */
const bench_peer *bench_fastest_other(const bench_turns *t);

#endif
