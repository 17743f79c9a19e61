/* The peer OpenBLAS; see peer.h.  Takes the place of Yoke's launches: what a workload gives
 * to yk_launch goes to the BLAS routine that computes the same. */
#include "peer.h"

#include <cblas.h>
#include <string.h>

#include "workload.h"

static int n_threads;

static const char *open_threads(size_t threads)
{
    n_threads = (int)threads;
    return NULL;
}

/* ---- arguments of a launch, by their names in the kernel file ---- */

typedef struct launch {
    const yk_kernel *kernel;
    const unsigned char *args;
} launch;

static const void *value_of(const launch *l, const char *name)
{
    for (uint32_t k = 0; k < l->kernel->n_args; k++)
        if (strcmp(l->kernel->args[k].name, name) == 0) return l->args + l->kernel->args[k].offset;
    return NULL;
}

static void *array_of(const launch *l, const char *name)
{
    void *p = NULL;
    const void *at = value_of(l, name);
    if (at) memcpy(&p, at, sizeof p);
    return p;
}

static blasint count_of(const launch *l, const char *name)
{
    uint64_t n = 0;
    const void *at = value_of(l, name);
    if (at) memcpy(&n, at, sizeof n);
    return (blasint)n;
}

/* ---- the routines ---- */

static void dot(const launch *l)
{
    float *sum = array_of(l, "sum");
    *sum += cblas_sdot(count_of(l, "n"), array_of(l, "x"), 1, array_of(l, "y"), 1);
}

static void axpy(const launch *l)
{
    double a;
    memcpy(&a, value_of(l, "a"), sizeof a);
    cblas_daxpy(count_of(l, "n"), a, array_of(l, "x"), 1, array_of(l, "y"), 1);
}

static void gemm(const launch *l)
{
    blasint m = count_of(l, "m"), n = count_of(l, "n"), k = count_of(l, "k");
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, array_of(l, "a"), k,
                array_of(l, "b"), n, 0, array_of(l, "c"), n);
}

static const struct routine {
    const char *workload;
    void (*call)(const launch *l);
} routines[] = {{"dot", dot}, {"matmul", gemm}, {"saxpy", axpy}};

static const struct routine *chosen;

static const char *refuses(const yki_workload *w)
{
    for (size_t k = 0; k < sizeof routines / sizeof *routines; k++)
        if (strcmp(routines[k].workload, w->name) == 0) chosen = &routines[k];
    return chosen ? NULL : "is no routine of BLAS";
}

/* What the linker puts in yk_launch's place (--wrap). */
yk_status __wrap_yk_launch(yk_engine *engine, const yk_kernel *kernel, const yk_range *range,
                           const void *args, const yk_run_opts *opts);

yk_status __wrap_yk_launch(yk_engine *engine, const yk_kernel *kernel, const yk_range *range,
                           const void *args, const yk_run_opts *opts)
{
    (void)engine, (void)range, (void)opts;
    /* A workload that uses OpenBLAS by itself may have told it otherwise. */
    openblas_set_num_threads(n_threads);
    chosen->call(&(launch){kernel, args});
    return YK_OK;
}

static const char *run(yki_instance *in)
{
    yk_status st = in->workload->yoke(in, NULL, NULL, NULL);
    return st == YK_OK ? NULL : yk_strerror(st);
}

static void close_threads(void) {}

const peer yoke_peer = {
    .name = "OpenBLAS", .open = open_threads, .refuses = refuses, .run = run,
    .close = close_threads,
};
