/* Workloads: the loops by which Yoke is checked and timed.
 *
 * One folder a workload: <name>.cl (the kernel), serial.c (the plain C loop), and
 * workload.c (sizes, inputs, calls, check), which defines one yki_workload called
 * yki_workload_<name>; the build finds the folders and makes the registry from them.
 * Used by yoke-bench and by the tests.  Nothing here is part of the library.
 *
 * An instance is one problem: its arrays with their inputs, the results expected of
 * them, and guard bytes round every array.  Checking goes like this:
 *     open; reset; serial; keep;  then for each way of running it: reset; run; check
 * An instance may be used by one thread at a time; two instances share nothing. */
#ifndef YKI_WORKLOAD_H
#define YKI_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yoke/yoke.h>

typedef struct yki_workload yki_workload;
typedef struct yki_instance yki_instance;

/* The named sizes, the same on every machine. */
typedef enum yki_size { YKI_SMALL, YKI_MEDIUM, YKI_LARGE, YKI_SIZE_COUNT } yki_size;

#define YKI_MAX_ARRAYS 12

/* What a number of elements comes to. */
typedef struct yki_extent {
    size_t elements;    /* results computed: at most as many as were asked for */
    size_t nx, ny;      /* the grid; ny is 1 for a line */
    size_t nz;          /* a third length, where the workload has one */
    size_t count[YKI_MAX_ARRAYS];   /* elements of each array that is neither of fixed
                                     * length nor as long as `elements`; else 0 */
    size_t items;       /* of the split axis, in each launch */
    size_t launches;    /* that one run makes */
    char shape[64];     /* in words: "1024 x 1024, 20 steps" */
    double bytes;       /* one run must read and write at least that much of its arrays */
    double flops;       /* arithmetic operations of one run, as the formula is written */
} yki_extent;

typedef enum yki_role {
    YKI_INPUT,      /* never changes */
    YKI_STATE,      /* read and written: set back before each check */
    YKI_OUTPUT      /* only written: set to a pattern that no result has */
} yki_role;

/* One array: `fixed` elements of `size` bytes; if that is 0, the extent's `count` of them;
 * if that is 0 as well, one for each element. */
typedef struct yki_array_spec {
    const char *name;
    yki_role role;
    size_t size;
    size_t fixed;
} yki_array_spec;

typedef struct yki_array {
    void *data;         /* what runs work on */
    void *initial;      /* STATE: what reset puts there */
    void *expected;     /* STATE and OUTPUT: what keep saved */
    size_t bytes;
    uint64_t checksum;  /* INPUT: what data must still be */
    unsigned char *block;   /* guard bytes, data, guard bytes */
    size_t block_bytes;
} yki_array;

struct yki_instance {
    const yki_workload *workload;
    yki_extent extent;
    yki_array array[YKI_MAX_ARRAYS];    /* in the order of the workload's table */
};

/* How right a run was. */
typedef struct yki_verdict {
    bool right;         /* max_error <= tolerance, nothing else was touched */
    double max_error;   /* in the workload's own measure, see `measure` */
    double tolerance;   /* the most that rounding explains */
    char wrong[160];    /* one line on the worst element; empty where right */
} yki_verdict;

struct yki_workload {
    const char *name;
    const char *about;          /* one line */
    const char *measure;        /* what max_error is, and why the tolerance is what it is */
    size_t elements[YKI_SIZE_COUNT];
    size_t n_arrays;
    const yki_array_spec *arrays;

    /* What `elements` comes to; any number is legal, 0 included. */
    void (*describe)(size_t elements, yki_extent *out);
    /* Writes the INPUT and STATE arrays; the same seed gives the same bytes everywhere. */
    void (*fill)(yki_instance *in, uint64_t seed);
    /* One run each.  openmp is NULL in a build without OpenMP. */
    void (*serial)(yki_instance *in);
    void (*openmp)(yki_instance *in);
    /* The same through Yoke.  opts (may be NULL) is used for every launch, but for its
     * report; *report (may be NULL) gets the sum over the launches.  Returns the first
     * launch's failure. */
    yk_status (*yoke)(yki_instance *in, yk_engine *engine, const yk_run_opts *opts,
                      yk_report *report);
    /* Optional: the serial loop on items [begin, end) of launch `launch`, for runtimes that
     * share it out (yoke-bench --peers).  Any threads run the parts of a launch at the same
     * time; a launch begins when the one before it has ended.  NULL: the loop cannot be cut.
     * partial: where a reduction adds what its items give, partial_bytes of zeros before
     * the first part; parts that run at the same time have different ones. */
    void (*part)(const yki_instance *in, size_t launch, size_t begin, size_t end, void *partial);
    size_t partial_bytes;       /* 0: no reduction, and partial is NULL */
    /* Of reductions: takes one partial into the result, after the launch's last part. */
    void (*combine)(yki_instance *in, const void *partial);
    /* Compares data with expected: max_error, tolerance, and `wrong` if that is passed. */
    void (*check)(const yki_instance *in, yki_verdict *out);
};

/* ---- the registry, made by the build; in order of name ---- */

extern const yki_workload *const yki_workloads[];
extern const size_t yki_workload_count;
/* NULL if there is none of that name. */
const yki_workload *yki_workload_find(const char *name);
/* "gcc 12.2.0 -O3 -march=native": compiler and flags of the baselines. */
extern const char *const yki_serial_flags;
extern const char *const yki_openmp_flags;  /* NULL in a build without OpenMP */

/* ---- instances ---- */

/* *out is written on success and owned by the caller.
 * YK_E_RANGE: sizes overflow.  YK_E_NOMEM. */
yk_status yki_instance_open(yki_instance **out, const yki_workload *w, size_t elements,
                            uint64_t seed);
void yki_instance_close(yki_instance **in);

/* Puts states back and spoils outputs (0xff bytes: NaN in floats). */
void yki_instance_reset(yki_instance *in);
/* Saves states and outputs as what is expected. */
void yki_instance_keep(yki_instance *in);
/* The workload's check, then the guards and the inputs. */
void yki_instance_check(const yki_instance *in, yki_verdict *out);

/* ---- for writing workloads ---- */

/* Repeatable random numbers: splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t yki_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* In [lo, hi), from 24 random bits, so that it is exact in a float before scaling. */
static inline float yki_random_float(uint64_t *state, float lo, float hi)
{
    return lo + (hi - lo) * ((float)(yki_random(state) >> 40) * 0x1p-24f);
}

/* The largest near-square grid of at most `elements` points: nx = floor(sqrt),
 * ny = elements / nx.  Both 0 where elements is. */
void yki_grid(size_t elements, size_t *nx, size_t *ny);

/* The larger of two errors, where NaN is larger than anything. */
static inline double yki_worse(double a, double b)
{
    return b > a || b != b ? b : a;
}

/* Error of `got` against `want` in units of `scale`: 0 for equal values, two NaNs and
 * equal infinities; NaN where only one of them is finite. */
double yki_difference(double got, double want, double scale);

/* Fills *out from one array of floats, each error in units of scale(in, k). */
typedef double (*yki_scale_fn)(const yki_instance *in, size_t k);
void yki_check_floats(const yki_instance *in, size_t array, yki_scale_fn scale, yki_verdict *out);

/* Adds one launch's report to a sum over several; *sum starts as zeros. */
void yki_report_add(yk_report *sum, const yk_report *one);

/* One launch of a run: `call` is NAME_run_opts(engine, &one_opts, ...) written with the
 * options that yki_launch_opts made; its report is added to *report. */
static inline yk_run_opts yki_launch_opts(const yk_run_opts *opts, yk_report *one)
{
    yk_run_opts o = opts ? *opts : (yk_run_opts){0};
    o.report = one;
    return o;
}

#endif
