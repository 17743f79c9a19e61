/* matmul, each side by hand: OpenBLAS computes the host's slices, a tiled program those of
 * devices; everything else is yokec's.
 *
 * OpenBLAS is loaded when matmul first runs, not linked: it starts a thread for each core
 * as soon as it is there, which has no place in a process that measures other things. */
#include "by_hand.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <yoke/topo.h>

#include "matmul.yk.h"

extern const char yki_source_matmul[];  /* matmul.device.cl */

/* What is used of OpenBLAS, as its cblas.h has it (with int for blasint, as in every
 * library of this name). */
enum { ROW_MAJOR = 101, NOT_TRANSPOSED = 111 };
enum { SEQUENTIAL = 0, OWN_THREADS = 1 };    /* openblas_get_parallel */
typedef void (*sgemm_fn)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                         const float *a, int lda, const float *b, int ldb, float beta, float *c,
                         int ldc);
typedef struct blas {
    sgemm_fn sgemm;
    int (*get_threads)(void);
    void (*set_threads)(int);
    int (*get_parallel)(void);
} blas;

static struct {
    pthread_once_t once;
    yk_kernel kernel;
    yk_host_table host;
    yk_host_fn plain;       /* yokec's code for this machine */
    blas blas;              /* zeros: not here */
    pthread_mutex_t lock;   /* guards what follows */
    unsigned inside;        /* matmul_enter not yet left */
    int threads;            /* OpenBLAS's number before */
} by_hand = {.once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the host's side ---- */

/* The slice's rows of A times B.  Lengths beyond an int are left to yokec's code. */
static void rows(const yk_slice *s)
{
    const struct matmul_args *p = s->args;
    size_t first = s->shape->lo[0], n = s->shape->hi[0] - first, m = s->end - s->begin;
    if (m > INT_MAX || p->n > INT_MAX || p->k > INT_MAX) {
        by_hand.plain(s);
        return;
    }
    by_hand.blas.sgemm(ROW_MAJOR, NOT_TRANSPOSED, NOT_TRANSPOSED, (int)m, (int)n, (int)p->k, 1,
                       p->a + s->begin * p->k, p->k ? (int)p->k : 1, p->b + first, (int)p->n, 0,
                       p->c + s->begin * p->n + first, (int)p->n);
}

static bool find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* False: it is not here, or is the build that runs on OpenMP, whose number of threads
 * belongs to each calling thread and cannot be set for the pool's. */
static bool load(blas *out)
{
    blas b = {0};
    void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return false;
    if (!find(library, "cblas_sgemm", &b.sgemm) ||
        !find(library, "openblas_get_num_threads", &b.get_threads) ||
        !find(library, "openblas_set_num_threads", &b.set_threads) ||
        !find(library, "openblas_get_parallel", &b.get_parallel) ||
        (b.get_parallel() != SEQUENTIAL && b.get_parallel() != OWN_THREADS)) {
        dlclose(library);
        return false;
    }
    *out = b;
    return true;
}

/* Only in the place of the code for this very machine, which is what OpenBLAS chooses by
 * itself: YOKE_ISA with a lower level still gets yokec's code. */
static void replace_host(void)
{
    unsigned level = (unsigned)yk_isa_native();
    by_hand.host = *matmul_kernel.host;
    by_hand.plain = by_hand.host.fn[0];
    for (unsigned i = 1; i <= level; i++)
        if (by_hand.host.fn[i]) by_hand.plain = by_hand.host.fn[i];
    by_hand.host.fn[level] = rows;
}

/* ---- both ---- */

static void make(void)
{
    static const yk_device_table device = {
        .abi = YK_KERNEL_ABI, .size = sizeof(yk_device_table),
        .source = yki_source_matmul, .entry = "tiled",
        .group = {16, 8}, .tile = {128, 64},
    };
    bool found = load(&by_hand.blas);
    if (found) replace_host();
    by_hand.kernel = yk_kernel_by_hand(&matmul_kernel, found ? "matmul by OpenBLAS" : "matmul",
                                       found ? &by_hand.host : NULL, &device);
    by_hand.kernel.align = 16;      /* rows that OpenBLAS's innermost loops take at once */
    if (found) by_hand.kernel.slice = 384;  /* B is packed for each slice anew: 2 % of that */
}

const yk_kernel *matmul_by_hand(void)
{
    pthread_once(&by_hand.once, make);
    return &by_hand.kernel;
}

/* The number of threads is the whole process's, so the last to leave puts it back. */
void matmul_enter(void)
{
    (void)matmul_by_hand();
    if (!by_hand.blas.sgemm) return;
    pthread_mutex_lock(&by_hand.lock);
    if (by_hand.inside++ == 0) {
        by_hand.threads = by_hand.blas.get_threads();
        by_hand.blas.set_threads(1);
    }
    pthread_mutex_unlock(&by_hand.lock);
}

void matmul_leave(void)
{
    if (!by_hand.blas.sgemm) return;
    pthread_mutex_lock(&by_hand.lock);
    if (--by_hand.inside == 0) by_hand.blas.set_threads(by_hand.threads);
    pthread_mutex_unlock(&by_hand.lock);
}
