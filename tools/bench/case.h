/* Cases: workloads of yoke-bench that are no array loop, such as what a call costs.
 *
 * One file of cases/ a case, named as the case, which defines one bench_case called
 * bench_case_<name>; the build finds the files and makes the registry from them.  A case
 * has one row or more in the report: each is measured in a child of its own, like a
 * workload, and fills what applies to it of bench_result. */
#ifndef YOKE_BENCH_CASE_H
#define YOKE_BENCH_CASE_H

#include "bench.h"

typedef enum bench_row_devices {
    BENCH_ROW_NO_DEVICES,       /* has no device columns */
    BENCH_ROW_DEVICES,          /* has those of --devices */
    BENCH_ROW_IF_DEVICES        /* has none, but is there only where devices are */
} bench_row_devices;

/* One row.  `name` is what the report calls it; a name may come more than once with
 * different `elements`, which are 0 where the row has none. */
typedef struct bench_row {
    const char *name;
    uint64_t elements;
    const char *shape;          /* in words */
    bench_row_devices devices;
} bench_row;

struct bench_case {
    const char *name;           /* on the command line */
    const char *about;          /* one line */
    size_t n_rows;
    const bench_row *rows;
    /* In the child: fills shared->result (name, elements, shape and devices are there).
     * Returns an exit code; on failure, result.failure says why. */
    int (*measure)(bench_shared *shared, const bench_row *row);
    /* Optional, in the parent, when all rows are measured: notes on them together. */
    void (*conclude)(bench_result *rows, size_t n);
};

/* The registry, made by the build; in order of name. */
extern const bench_case *const bench_cases[];
extern const size_t bench_case_count;
/* NULL if there is none of that name. */
const bench_case *bench_case_find(const char *name);

/* The child's job: finds the row of shared->job and measures it. */
int bench_measure_case(bench_shared *shared);
/* For cases: result.failure and an exit code. */
int bench_case_failed(bench_shared *shared, const char *format, ...) YK_PRINTF(2, 3);

#endif
