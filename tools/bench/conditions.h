/* Whether the machine was fit to be measured.  The parent starts a watch before the first
 * workload, looks at the clocks now and then while children run, and ends it after the
 * last; what it found, and warnings that name causes, go into the report.  See bench.h. */
#ifndef YOKE_BENCH_CONDITIONS_H
#define YOKE_BENCH_CONDITIONS_H

#include "bench.h"

#define BENCH_MAX_CPUS 1024

/* Clock ticks since the start of the machine, over the CPUs that count. */
typedef struct bench_ticks {
    double busy, steal, all;
    size_t cpus;            /* 0: unknown */
} bench_ticks;

typedef struct bench_watch {
    const char *root;       /* of /proc and /sys: "" but for tests */
    int cpus[BENCH_MAX_CPUS];   /* that this program may use */
    size_t n_cpus;
    bench_ticks ticks;      /* at the start, as the next three */
    double own_s;
    double throttled_s;     /* -1: unknown */
    uint64_t begin_ns;
} bench_watch;

void bench_watch_start(bench_watch *w, const char *root, const yk_topo *t, bench_conditions *c);
void bench_watch_look(bench_watch *w, bench_conditions *c);
void bench_watch_end(bench_watch *w, bench_conditions *c);
/* What bench_watch_end concludes from the state at the end: `s` seconds later, in which this
 * program used `own` seconds of CPU. */
void bench_watch_judge(const bench_watch *w, bench_conditions *c, const bench_ticks *now, double s,
                       double own, double throttled);

#endif
