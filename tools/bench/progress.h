/* What yoke-bench shows while it works: one line on a terminal, and a look at the clocks of
 * the cores now and then.  In the parent; see bench.h. */
#ifndef YOKE_BENCH_PROGRESS_H
#define YOKE_BENCH_PROGRESS_H

#include "conditions.h"

struct bench_progress {
    size_t done, asked;         /* results */
    double guess_s;             /* of one result, before one is done */
    const char *name;           /* of the result that is being made */
    bool silent;                /* --verbose tells more by itself */
    uint64_t begin_ns, turn_ns; /* of all, and of this result */
    uint64_t shown_ns, looked_ns;
    bench_watch *watch;
    bench_conditions *conditions;
};

/* Called every 50 ms while a child runs. */
void bench_progress_tick(bench_progress *p, const bench_shared *shared);
/* "about 1 min 20 s left", from what the results so far have taken. */
void bench_time_left(const bench_progress *p, uint64_t now_ns, char *to, size_t size);

#endif
