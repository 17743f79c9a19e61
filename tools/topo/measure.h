/* What the measuring files share: the timed loops (measure_kernels.c), the threads that
 * run them (measure_team.c), and the devices (measure_devices.c).
 *
 * Every figure is the best of several samples.  Whatever disturbs a measurement makes it
 * slower, never faster, so the best sample is the nearest to what the machine can do; how
 * much of the cores the threads really had is kept, and said where it was too little. */
#ifndef YOKE_TOOLS_TOPO_MEASURE_H
#define YOKE_TOOLS_TOPO_MEASURE_H

#include "tool.h"

/* ---- the loops ---- */

#define READ_BLOCK 512          /* read and triad take multiples of so many bytes */
#define TICKS 16                /* dependent additions a step of yki_measure_ticks */

typedef struct measure_kernels {
    /* Reads `bytes` bytes of doubles `times` times; returns a sum nobody needs. */
    double (*read)(const double *x, size_t bytes, size_t times);
    /* a[i] = b[i] + s * c[i] over arrays of `bytes` bytes, `times` times. */
    void (*triad)(double *a, const double *b, const double *c, size_t bytes, size_t times);
    /* `steps` multiply-adds on independent vectors; *_per_step flops of arithmetic each. */
    double (*flops_double)(size_t steps);
    float (*flops_float)(size_t steps);
    double double_per_step, float_per_step;
} measure_kernels;

/* The set for an instruction set level, the best that is not above it. */
const measure_kernels *yki_measure_kernels(yk_isa isa);

/* Follows `steps` pointers from `start`; each load waits for the one before. */
void *yki_measure_chase(void *start, size_t steps);

/* `steps` times TICKS additions, each of which waits for the one before: one cycle each. */
uint64_t yki_measure_ticks(size_t steps);

/* ---- the team ---- */

typedef enum measure_fill {
    FILL_NONE,                  /* no data */
    FILL_NUMBERS,               /* ordinary doubles */
    FILL_CHAIN                  /* a cycle of pointers, see measure_team.c */
} measure_fill;

struct measure_job;
/* `times` repetitions over the data; returns where the next call is to go on. */
typedef char *measure_work(const struct measure_job *job, char *at, size_t bytes, size_t times);

/* One loop on `workers` threads at once, each bound to its worker's CPU and on data of its
 * own, which it touched first. */
typedef struct measure_job {
    const yk_topo *topo;
    const measure_kernels *kernels;
    measure_work *work;
    measure_fill fill;
    size_t workers;
    /* Bytes of a worker's data, a multiple of READ_BLOCK.  Unused with FILL_NONE. */
    size_t (*bytes_of)(const struct measure_job *job, size_t worker);
    const void *ctx;            /* for bytes_of */
    double unit;                /* what one repetition is worth; 0: its bytes */
    /* The answers. */
    double rate;                /* units a second, all workers together, the best sample */
    double cpu_s, wall_s;       /* time the threads had, and should have had */
} measure_job;

/* False where memory or threads were lacking. */
bool yki_measure_run(measure_job *job);

/* The loops above as work. */
measure_work yki_work_read, yki_work_triad, yki_work_chase, yki_work_double, yki_work_float,
    yki_work_ticks;

/* ---- devices ---- */

/* Fills m->devices with a figure for each OpenCL device of the list, each measured in a
 * child process; and m->pool_launch_s. */
void yki_measure_devices(measurement *m, const device_list *list);
double yki_measure_pool_launch(void);

#endif
