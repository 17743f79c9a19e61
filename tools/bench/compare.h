/* A comparison of two reports as data; see bench.h for when one is made.  compare.c finds
 * it out, write_compare.c shows it to people.  One thread. */
#ifndef YOKE_BENCH_COMPARE_H
#define YOKE_BENCH_COMPARE_H

#include "bench.h"

#define BENCH_NOTE 512

typedef struct comparison {
    double fail_ratio;          /* --fail-if: 1.10 for 10 %; 0: none */
    json_t *rows;               /* as docs/yoke-bench-compare-1.schema.json has them */
    json_t *notes;              /* lines of text */
    size_t count[BENCH_CHANGES];
    double serial[BENCH_MAX_WORKLOADS];     /* ratios of serial C */
    size_t n_serial;
    bool regression;
} comparison;

/* For people: what changed, what is unclear, and a verdict; with --verbose all rows. */
void bench_put_comparison(FILE *to, const comparison *c, const bench_options *o);

#endif
