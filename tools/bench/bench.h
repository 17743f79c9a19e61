/* yoke-bench: proves, and then measures, what Yoke gains on this machine.
 *
 * The process that the user started (the parent) reads options, finds out which devices
 * there are, and writes reports; it never loads a driver.  For each workload it
 * re-executes itself as a child, which opens an engine, checks every variant against the
 * serial result, and times them in turns.  The two share one block of memory
 * (bench_shared): the parent puts the job there, the child its result, and, before
 * every step, what it is doing, so that when a driver crashes or hangs the parent knows
 * whose column that is and starts the child again without it.
 *
 * Parent and child each use one thread of their own (the library has more). */
#ifndef YOKE_BENCH_H
#define YOKE_BENCH_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <yoke/yoke.h>

#include "common/tool.h"
#include "workload.h"

#define BENCH_TOOL "yoke-bench"
#define BENCH_MAX_DEVICES 15        /* besides the pool: as many as a report has parts */
#define BENCH_MAX_WORKLOADS 64
#define BENCH_MAX_CASES 32
#define BENCH_MAX_PEERS 10          /* other runtimes beside Yoke in one result */
#define BENCH_SEED 20261122u        /* of all inputs */
#define BENCH_CHILD_OPTION "--bench-child"

/* A workload that is no array loop; see case.h. */
typedef struct bench_case bench_case;

/* ---- what was asked for (options.c) ---- */

typedef struct bench_options {
    const yki_workload *workloads[BENCH_MAX_WORKLOADS];
    size_t n_workloads;
    const bench_case *cases[BENCH_MAX_CASES];   /* after the workloads */
    size_t n_cases;
    bool list, help, version, cold, quick, verbose;
    bool peers;                 /* also other runtimes, where installed */
    bool scaling;               /* a series over numbers of threads */
    size_t sizes_from, sizes_to;    /* --sizes A..B: a series over elements; 0: none */
    bool size_given;
    yki_size size;
    size_t elements;            /* --size ELEMENTS, where elements_given */
    bool elements_given;
    size_t threads;             /* 0: all */
    const char *devices;        /* NULL: all */
    size_t carve;               /* 0: none */
    yk_policy policy;
    const char *json, *csv;     /* NULL: none; "-": standard output */
    const char *compare_old, *compare_new;
    const char *show;           /* a stored report to show instead of running; NULL */
    double timeout_s;           /* for one step of a device; 0: by what serial took */
    double fail_ratio;          /* --fail-if slower:10% is 1.10; 0: none */
    int argc;
    char **argv;
} bench_options;

/* Parses the command line.  Returns YKI_EXIT_OK, or YKI_EXIT_USAGE after saying what is
 * wrong.  *o borrows argv. */
int bench_options_parse(bench_options *o, int argc, char **argv);
/* The help text; everything --list shows. */
void bench_usage(FILE *to);
int bench_list(const bench_options *o);
/* Elements that `w` is to be run with. */
size_t bench_elements(const bench_options *o, const yki_workload *w);

/* What one workload is run at: one point, or those of a series (series.c). */
#define BENCH_MAX_POINTS 48
typedef struct bench_point {
    size_t elements;
    size_t threads;             /* 0: all */
} bench_point;
typedef struct bench_points {
    bench_point point[BENCH_MAX_POINTS];
    size_t n;
} bench_points;
void bench_points_of(const bench_options *o, const yki_workload *w, size_t workers,
                     bench_points *out);
/* By yk_policy, NULL behind the last. */
extern const char *const bench_policy_names[];

/* ---- what was measured: plain data, as it lies in shared memory ---- */

/* A series of timed runs; reps 0: there was none. */
typedef struct bench_time {
    double median_s, min_s;
    double spread;      /* interquartile range over the median */
    uint64_t reps;
    double lo_s, hi_s;  /* 95 % interval of the median; 0: too few repetitions for one */
} bench_time;

typedef enum bench_status {
    BENCH_OK,
    BENCH_UNSUPPORTED,  /* the device cannot run it: `reason` */
    BENCH_CRASHED,      /* it took the process down, or its driver gave up */
    BENCH_TIMEOUT,
    BENCH_WRONG,
    BENCH_ABSENT        /* a peer that is not installed, or was not built: `reason` */
} bench_status;
const char *bench_status_name(bench_status status);

typedef struct bench_device {
    char id[16];
    char name[128];
    char platform[128];
    char known_as[YKI_DEVICE_NAME];     /* for people */
    yk_device_type type;
    bool shares_cores;      /* computes on cores of the pool */
    bool carved;            /* on cores set apart for it */
    bool in_split;          /* takes part in hybrid */
    bench_status status;
    char reason[256];
    bench_time time;
    double transfer_s;      /* of that, staging and transfers; 0: unknown */
} bench_device;

/* Another runtime with the same workload, in a process of its own (--peers). */
typedef struct bench_peer {
    char name[32];          /* "oneTBB" */
    bench_status status;
    char reason[256];
    bench_time bench_time;  /* where status is BENCH_OK */
    double max_error;       /* in the workload's own measure */
} bench_peer;

typedef struct bench_part {
    char device[16];
    uint64_t items;
    double busy_s;
} bench_part;

/* What ended the timing of a workload. */
typedef enum bench_stop {
    BENCH_BY_TIME,      /* its time was up */
    BENCH_BY_NOISE,     /* every median is known well enough */
    BENCH_BY_REPS       /* there are as many samples as are ever taken */
} bench_stop;
const char *bench_stop_name(bench_stop stopped);

#define BENCH_MAX_WRONG 8
#define BENCH_TEXT 256

typedef struct bench_result {
    char workload[32];
    bool is_case;               /* a row of a case: only what applies to it is there */
    char note[BENCH_TEXT];      /* what a case has to say besides its times, or empty */
    uint64_t elements, items;
    char shape[64];
    double bytes, flops;
    char carved_device[16];     /* whose turn it was with --carve, or empty */
    uint64_t carved;            /* its cores, 0 without */
    bench_time serial, openmp, pool, hybrid;
    bool is_pool;               /* hybrid has no second processor: it is the pool */
    bool split;
    uint32_t n_parts;
    bench_part parts[YK_MAX_PARTS];
    double overhead_s;
    uint64_t bytes_up, bytes_down;
    char hybrid_reason[256];    /* why it did not split */
    double balance;             /* 0: unknown */
    bench_device devices[BENCH_MAX_DEVICES];
    uint64_t n_devices;
    uint64_t threads;           /* workers of the pool, and OpenMP's threads; 0: unknown */
    bench_peer peers[BENCH_MAX_PEERS];
    uint64_t n_peers;
    double max_error, tolerance;
    uint32_t n_wrong;
    char wrong[BENCH_MAX_WRONG][BENCH_TEXT];    /* "pool: bin 17 is ..." */
    bool complete;              /* everything was measured */
    bench_stop stopped;
    double noise;               /* the widest interval of a median, see bench_noise; of the
                                 * devices, the fastest one's */
    bool cut_short;             /* even the least number of samples took too long */
    char failure[BENCH_TEXT];   /* why it is not complete */
    /* Derived by bench_derive; 0 or empty where they do not apply. */
    bool verified;
    double speedup, speedup_openmp, regret, efficiency;
    bool has_regret, has_efficiency;
    char best_single[16];
} bench_result;

/* Fills the derived fields from the others (result.c). */
void bench_derive(bench_result *r);
/* The device that is fastest alone, shared cores or not; NULL if none ran. */
const bench_device *bench_best_device(const bench_result *r);
/* The device that went wrong first; NULL if none did. */
const bench_device *bench_bad_device(const bench_result *r);
/* "cl0" with YK_DEVICE_CPU is "cpu"; as in JSON. */
const char *bench_type_name(yk_device_type type);

/* Where in a series over sizes one processor overtakes another: the elements from which on
 * it was faster at every point, 0 where it was not at the last. */
typedef struct bench_crossover {
    uint64_t pool_over_serial, pool_over_openmp, device_over_pool;
    char device[16];            /* the fastest at the largest size; empty without one */
} bench_crossover;
/* Of n results of one workload, sizes ascending (crossover.c). */
bench_crossover bench_crossover_of(const bench_result *r, size_t n);

/* ---- statistics (stats.c) ---- */

/* Sorts samples (seconds).  n 0 gives a bench_time without repetitions.
 *
 * The interval of the median is that of order statistics: with x_1 <= ... <= x_n and any
 * continuous distribution, P(x_r <= median <= x_(n+1-r)) = 1 - 2 sum_(i<r) C(n, i) / 2^n
 * (David and Nagaraja, Order Statistics, 3rd ed., 7.1).  The largest r is taken that keeps
 * at least 95 %; below six samples there is none. */
bench_time bench_summary(double *samples, size_t n);
double bench_median(double *samples, size_t n);
/* Half the interval's width over the median; infinite without an interval. */
double bench_noise(bench_time t);

typedef enum bench_change {
    BENCH_SAME, BENCH_FASTER, BENCH_SLOWER, BENCH_INCONCLUSIVE, BENCH_CHANGES
} bench_change;
typedef struct bench_ratio {
    double ratio;       /* new / old: below 1 is faster */
    double lo, hi;      /* 95 % interval; 0 and infinite where there is none */
    bench_change change;
} bench_ratio;
/* Compares two series by their medians.  The interval of the ratio comes from those of
 * the two medians, on the scale of logarithms (MOVER: Zou and Donner, Statistics in
 * Medicine 27, 2008): with a and b the logarithms of the old and the new median,
 *     (b - a) - sqrt((b - b_lo)^2 + (a_hi - a)^2)  to
 *     (b - a) + sqrt((b_hi - b)^2 + (a - a_lo)^2)
 * It needs no normal distribution and may lie unevenly about the ratio.  Less than 2 % is
 * never called a change. */
bench_ratio bench_compare_times(const bench_time *before, const bench_time *now);

/* ---- parent and child ---- */

typedef enum bench_kind { BENCH_JOB_LIST, BENCH_JOB_PROBE, BENCH_JOB_WORKLOAD,
                          BENCH_JOB_CASE, BENCH_JOB_PEERS } bench_kind;

typedef struct bench_job {
    bench_kind kind;
    char workload[32];
    uint64_t elements;
    uint64_t threads, carve;
    yk_policy policy;
    double budget_s;        /* for timing */
    double noise;           /* how well every median should be known, see bench_noise */
    double timeout_s;       /* as in the options */
    bool cold, verbose, quick, peers;
} bench_job;

typedef struct bench_shared {
    bench_job job;              /* by the parent, before the child starts */
    _Atomic uint64_t due_ns;    /* when the present step should be over; 0: whenever */
    _Atomic int active;         /* device of the present step: index, or one of these */
    char step[64];              /* and in words */
    bool finished;              /* the child came to its end; else it died on the way */
    int exit_code;              /* YKI_EXIT_*: of a child that ended by itself */
    yk_diag diag;               /* of an exit code that is not 0 */
    bench_result result;        /* its devices are set by the parent; status other than
                                 * BENCH_OK: to be left out */
    yk_device_info listed[BENCH_MAX_DEVICES];   /* of BENCH_JOB_LIST */
    uint64_t n_listed;
    char files[128];            /* a folder of job.elements files, while there is one: whoever
                                 * is left deletes it */
} bench_shared;

enum { BENCH_ACTIVE_NONE = -1, BENCH_ACTIVE_OPENING = -2, BENCH_ACTIVE_HYBRID = -3 };

/* The child's main (child.c): runs the job in the memory behind file descriptor `fd`. */
int bench_child_main(const char *fd);

/* What became of a child. */
typedef enum bench_end { BENCH_END_DONE, BENCH_END_DIED, BENCH_END_LATE, BENCH_END_INTERRUPTED,
                         BENCH_END_NOT_STARTED } bench_end;
/* Starts a child on `shared` (whose descriptor is fd) and watches it (supervise.c);
 * progress, which may be NULL, is told every 50 ms.  signal_name (32 bytes) gets "SIGABRT"
 * or "exit 1" where it died. */
typedef struct bench_progress bench_progress;
bench_end bench_supervise(bench_shared *shared, int fd, bench_progress *progress,
                          char signal_name[32]);
/* Memory shared with children; NULL without.  Unmapped by bench_shared_close. */
bench_shared *bench_shared_open(int *fd);
void bench_shared_close(bench_shared **shared, int fd);
/* From now on Ctrl-C and SIGTERM end the running child, and bench_interrupted is true; a
 * second one ends the program at once. */
void bench_catch_interrupts(void);
bool bench_interrupted(void);

/* Finds the columns that --devices asks for (columns.c): to devices[], their number to
 * *count.  Returns an exit code. */
int bench_columns(const bench_options *o, bench_shared *shared, int fd, bench_device *devices,
                  size_t *count);

/* The variants of one workload, checked and timed, in the child (measure.c): fills
 * shared->result.  Returns an exit code. */
int bench_measure(bench_shared *shared);
/* The same for a loop that is not in the registry. */
int bench_measure_loop(bench_shared *shared, const yki_workload *w);
/* Tells the parent what is done next: device index or BENCH_ACTIVE_*, in how many
 * seconds at most. */
void bench_step(bench_shared *shared, int active, double limit_s, const char *format, ...)
    YK_PRINTF(4, 5);
/* Opens an engine with the job's options on the job's devices (a comma-separated list of
 * those that are BENCH_OK).  YK_OK, or the status, with *diag. */
yk_status bench_engine_open(bench_shared *shared, yk_engine **engine, yk_diag *diag);
/* Bytes that a workload needs: its arrays, what is kept of them to check, and what a driver
 * on the cores would add.  And what there is: the kernel's estimate, at most `limit` (0:
 * none); infinite if unknown (memory.c). */
double bench_memory_needed(const yki_workload *w, size_t elements, bool cpu_device);
double bench_memory_free(const char *root, double limit);
/* Waits until this process has stopped using CPU time: idle OpenMP threads and drivers
 * spin for a while. */
void bench_wait_quiet(void);

/* ---- reports ---- */

/* What else went on meanwhile; found out by conditions.c.  Negative: unknown. */
#define BENCH_MAX_WARNINGS 8
typedef struct bench_warning {
    char cause[16];             /* "load", "steal", "quota", "frequency", "workers" */
    char text[200];
} bench_warning;
typedef struct bench_conditions {
    double load[3];             /* averages before it began */
    double others_cpus;         /* cores that other programs kept busy */
    double steal;               /* share of the cores' time that the hypervisor took */
    double throttled_s;         /* by the cgroup's CPU quota */
    double max_hz, seen_hz;     /* highest clock there is, and was seen; 0: unknown */
    char governor[32];          /* empty if unknown */
    bench_warning warnings[BENCH_MAX_WARNINGS];
    size_t n_warnings;
} bench_conditions;

typedef struct bench_report {
    const bench_options *options;
    char command[1024];
    json_t *machine;            /* owned */
    bench_result *results;      /* owned */
    size_t n_results;
    size_t asked;               /* workloads (times turns) that should have run */
    bench_conditions conditions;
    bool interrupted;
    int code;                   /* what the program will exit with */
} bench_report;

json_t *bench_json(const bench_report *report);         /* new reference */
int bench_write_csv(const bench_report *report, const char *path);
int bench_write_table(const bench_report *report);
/* Two reports of this or an earlier run; prints the comparison to stdout.  Exit code. */
int bench_compare(const bench_options *o, const json_t *before, const json_t *now, FILE *to);
/* The part of it that needs no results: whether machine and settings are the same. */
int bench_check_comparable(const json_t *before, const json_t *now);
int bench_load_json(const char *path, json_t **out);
/* A stored report back into structures (read_json.c).  *o gets what the report says of the
 * run.  report->results and report->machine are the caller's.  Exit code. */
int bench_report_read(const json_t *json, bench_options *o, bench_report *report);
/* The series in `o`; false, and *t zeros, if there is none. */
bool bench_read_time(const json_t *o, bench_time *t);
/* The number of results from `first` on that are of the same workload. */
size_t bench_same_workload(const bench_report *report, size_t first);

#endif
