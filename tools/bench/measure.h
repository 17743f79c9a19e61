/* What measure.c (checking) and timing.c share about one workload's run; see bench.h.
 * One thread, in the child. */
#ifndef YOKE_BENCH_MEASURE_H
#define YOKE_BENCH_MEASURE_H

#include "bench.h"

#define BENCH_MIN_REPS 7
#define BENCH_MAX_REPS 64

typedef enum bench_variant_kind {
    BENCH_SERIAL, BENCH_OPENMP, BENCH_POOL, BENCH_DEVICE, BENCH_HYBRID
} bench_variant_kind;

typedef struct bench_variant {
    bench_variant_kind kind;
    int device;             /* index into the result's devices, of BENCH_DEVICE */
    bool off;               /* left out: it failed, was wrong, or is another's double */
    double estimate_s;      /* of one run */
    size_t inner;           /* runs that one sample times */
    size_t n;               /* samples */
    double samples[BENCH_MAX_REPS];
    yk_diag diag;
} bench_variant;

typedef struct bench_run {
    bench_shared *shared;
    bench_result *result;           /* &shared->result */
    const yki_workload *workload;
    yki_instance *instance;
    yk_engine *engine;
    double serial_s;                /* a first estimate */
    size_t n;
    bench_variant variants[BENCH_MAX_DEVICES + 4];  /* hybrid is the last */
    yk_report hybrid[BENCH_MAX_REPS];   /* of its samples, in order */
} bench_run;

/* One run of the workload.  report may be NULL. */
yk_status bench_run_variant(bench_run *run, bench_variant *v, yk_engine *engine,
                            yk_report *report);
/* True if that was a success; else the variant is switched off and the result says why. */
bool bench_variant_ran(bench_run *run, bench_variant *v, yk_status st, const yk_report *report);
/* bench_step for a variant. */
void bench_variant_step(bench_run *run, const bench_variant *v, const char *what);

/* Times all variants that are not off; fills the times of the result. */
void bench_time_all(bench_run *run);

#endif
