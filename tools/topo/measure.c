/* Measuring the machine: latency and bandwidth of each cache level and of memory, and
 * peak arithmetic.  Threads of our own, each bound to a worker's CPU, touch their own
 * data first; every figure is the median of several samples of at least 10 ms. */
#include "tool.h"

#include "base/base.h"
#include "measure.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SAMPLES 7
#define SAMPLE_NS 10000000u
#define LINE 64
#define LEAST_MEMORY ((uint64_t)64 << 20)
#define MOST_MEMORY ((uint64_t)1 << 30)

enum { SHUT, OPEN, OFF };

struct job;
typedef void work(const struct job *job, char *data, size_t bytes, size_t times);

/* One measurement on `workers` threads at once, `bytes` of data each. */
typedef struct job {
    const yk_topo *topo;
    const measure_kernels *kernels;
    work *work;
    bool chase;                 /* fill the data with a chain of pointers */
    size_t workers, bytes;
    size_t times;               /* repetitions a sample; set by worker 0 */
    double seconds;             /* the answer: of one repetition */
    _Atomic uint32_t gate;      /* SHUT until all threads are there, then OPEN or OFF */
    _Atomic bool failed;
    pthread_barrier_t barrier;
} job;

typedef struct seat {
    job *job;
    size_t worker;
    pthread_t thread;
} seat;

/* ---- the work ---- */

static void work_read(const job *j, char *data, size_t bytes, size_t times)
{
    volatile double sink = j->kernels->read((const double *)(void *)data, bytes, times);
    (void)sink;
}

static void work_triad(const job *j, char *data, size_t bytes, size_t times)
{
    size_t each = yki_round_down(bytes / 3, READ_BLOCK);
    double *a = (double *)(void *)data, *b = (double *)(void *)(data + each);
    double *c = (double *)(void *)(data + 2 * each);
    j->kernels->triad(a, b, c, each, times);
}

static void work_chase(const job *j, char *data, size_t bytes, size_t times)
{
    (void)j, (void)bytes;
    void *volatile sink = yki_measure_chase(data, times);
    (void)sink;
}

static void work_double(const job *j, char *data, size_t bytes, size_t times)
{
    (void)data, (void)bytes;
    volatile double sink = j->kernels->flops_double(times);
    (void)sink;
}

static void work_float(const job *j, char *data, size_t bytes, size_t times)
{
    (void)data, (void)bytes;
    volatile float sink = j->kernels->flops_float(times);
    (void)sink;
}

/* ---- the data ---- */

/* One cycle through all lines in random order (Sattolo), so that no prefetcher knows
 * the next one. */
static bool link_lines(char *data, size_t bytes)
{
    size_t n = bytes / LINE;
    size_t *order = yki_alloc(n, sizeof *order);
    if (!order) return false;
    uint64_t seed = 88172645463325252u;
    for (size_t i = 0; i < n; i++) order[i] = i;
    for (size_t i = n; i-- > 1;) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        size_t k = (size_t)(seed % i), swap = order[i];
        order[i] = order[k];
        order[k] = swap;
    }
    for (size_t i = 0; i < n; i++) {
        void *next = data + order[i] * LINE;
        memcpy(data + i * LINE, &next, sizeof next);
    }
    yki_free(order);
    return true;
}

static char *prepare(const job *j)
{
    size_t align = j->bytes >= (size_t)4 << 20 ? (size_t)2 << 20 : 4096;
    char *data = yki_alloc_aligned(yki_max(j->bytes, LINE), 1, align);
    if (!data) return NULL;
    if (align > 4096) (void)madvise(data, j->bytes, MADV_HUGEPAGE);
    if (j->chase) {
        if (link_lines(data, j->bytes)) return data;
        yki_free(data);
        return NULL;
    }
    for (size_t i = 0; i + sizeof(double) <= j->bytes; i += sizeof(double)) {
        double one = 1;
        memcpy(data + i, &one, sizeof one);
    }
    return data;
}

/* ---- one thread ---- */

static void bind_to(int cpu)
{
    size_t bytes = CPU_ALLOC_SIZE((size_t)cpu + 1);
    cpu_set_t *set = yki_alloc(bytes, 1);
    if (!set) return;           /* unbound: the kernel will spread the threads */
    CPU_SET_S((size_t)cpu, bytes, set);
    (void)sched_setaffinity(0, bytes, set);
    yki_free(set);
}

/* Doubles the repetitions until they take a sample's time. */
static size_t calibrate(job *j, char *data)
{
    for (size_t times = 1;; times *= 2) {
        uint64_t start = yki_now_ns();
        j->work(j, data, j->bytes, times);
        if (yki_now_ns() - start >= SAMPLE_NS || times > SIZE_MAX / 4) return times;
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void *sit(void *ctx)
{
    seat *me = ctx;
    job *j = me->job;
    double samples[SAMPLES];
    while (atomic_load(&j->gate) == SHUT) yki_futex_wait(&j->gate, SHUT, UINT64_MAX);
    if (atomic_load(&j->gate) == OFF) return NULL;
    bind_to(yk_topo_worker_cpu(j->topo, me->worker));
    char *data = prepare(j);
    if (!data) atomic_store(&j->failed, true);
    pthread_barrier_wait(&j->barrier);
    bool failed = atomic_load(&j->failed);      /* alike for all: nobody writes it now */
    if (!failed && me->worker == 0) j->times = calibrate(j, data);
    for (int i = 0; !failed && i < SAMPLES; i++) {
        pthread_barrier_wait(&j->barrier);
        uint64_t start = yki_now_ns();
        j->work(j, data, j->bytes, j->times);
        pthread_barrier_wait(&j->barrier);
        samples[i] = yki_seconds(yki_now_ns() - start);
    }
    if (!failed && me->worker == 0) {
        qsort(samples, SAMPLES, sizeof *samples, by_value);
        j->seconds = samples[SAMPLES / 2] / (double)j->times;
    }
    yki_free(data);
    return NULL;
}

/* All threads or none: the barrier counts on every one of them. */
static bool run_threads(job *j, seat *seats)
{
    size_t started = 0;
    for (; started < j->workers; started++) {
        seats[started] = (seat){.job = j, .worker = started};
        if (yki_thread_start(&seats[started].thread, "yoke-measure", sit, &seats[started]) !=
            YK_OK)
            break;
    }
    atomic_store(&j->gate, started == j->workers ? OPEN : OFF);
    yki_futex_wake(&j->gate, UINT32_MAX);
    for (size_t i = 0; i < started; i++) pthread_join(seats[i].thread, NULL);
    return started == j->workers && !atomic_load(&j->failed);
}

static bool run(job *j)
{
    seat *seats = yki_alloc(j->workers, sizeof *seats);
    if (!seats) return false;
    bool ok = pthread_barrier_init(&j->barrier, NULL, (unsigned)j->workers) == 0;
    if (ok) {
        ok = run_threads(j, seats);
        pthread_barrier_destroy(&j->barrier);
    }
    yki_free(seats);
    return ok;
}

/* ---- what to measure ---- */

typedef struct plan {
    const yk_topo *topo;
    const measure_kernels *kernels;
} plan;

/* Seconds of one repetition, 0 where it failed. */
static double time_of(const plan *p, work *w, bool chase, size_t workers, uint64_t bytes)
{
    size_t rounded = yki_max(READ_BLOCK, yki_round_down((size_t)bytes, READ_BLOCK));
    job j = {.topo = p->topo, .kernels = p->kernels, .work = w, .chase = chase,
             .workers = workers, .bytes = rounded};
    return run(&j) ? j.seconds : 0;
}

static double rate(double amount, double seconds) { return seconds > 0 ? amount / seconds : 0; }

/* `all`: the data of each worker when all of them run at once. */
static bool measure_level(const plan *p, measured_level *l, uint64_t all)
{
    size_t workers = yk_topo_workers(p->topo);
    yki_progress("measuring %s...", l->name);
    uint64_t one = yki_max(READ_BLOCK, yki_round_down((size_t)l->working_set, READ_BLOCK));
    all = yki_max(READ_BLOCK, yki_round_down((size_t)all, READ_BLOCK));
    l->latency_s = time_of(p, work_chase, true, 1, one);
    l->read_bytes_s = rate((double)one, time_of(p, work_read, false, 1, one));
    l->all_bytes_s = rate((double)(all * workers), time_of(p, work_read, false, workers, all));
    return l->latency_s > 0 && l->read_bytes_s > 0 && l->all_bytes_s > 0;
}

static bool measure_caches(const plan *p, measurement *m)
{
    size_t core = yk_topo_worker_core(p->topo, 0);
    for (unsigned level = 1; level <= 4; level++) {
        const yk_topo_cache *c = yk_topo_core_cache(p->topo, core, level);
        if (!c || c->bytes == 0 || m->level_count >= MOST_LEVELS - 1) continue;
        measured_level *l = &m->levels[m->level_count++];
        snprintf(l->name, sizeof l->name, "L%u", level);
        l->bytes = c->bytes;
        l->working_set = c->bytes / 2;
        if (!measure_level(p, l, c->bytes / 2 / c->cores)) return false;
    }
    return true;
}

/* Four times what all caches of the last level hold, within what may be used. */
static uint64_t memory_set(const yk_topo *t)
{
    size_t count;
    const yk_topo_cache *c = yk_topo_caches(t, &count);
    uint64_t largest = 0, bytes = LEAST_MEMORY, limit = yk_topo_memory_limit(t) / 8;
    for (size_t i = 0; i < count; i++)
        if (c[i].bytes > largest) largest = c[i].bytes;
    for (size_t i = 0; i < count; i++)
        if (c[i].bytes == largest) bytes += 4 * largest;
    if (bytes > MOST_MEMORY) bytes = MOST_MEMORY;
    return limit && bytes > limit ? limit : bytes;
}

static bool measure_memory(const plan *p, measurement *m)
{
    size_t workers = yk_topo_workers(p->topo);
    measured_level *l = &m->levels[m->level_count++];
    snprintf(l->name, sizeof l->name, "memory");
    l->working_set = memory_set(p->topo);
    size_t all = yki_max(3 * READ_BLOCK, (size_t)l->working_set / workers);
    if (!measure_level(p, l, all)) return false;
    size_t array = yki_round_down(yki_round_down(all, READ_BLOCK) / 3, READ_BLOCK);
    m->triad_bytes_s = rate(3.0 * (double)(array * workers),
                            time_of(p, work_triad, false, workers, all));
    return m->triad_bytes_s > 0;
}

static bool measure_flops(const plan *p, measurement *m)
{
    size_t workers = yk_topo_workers(p->topo);
    double n = (double)workers, d = p->kernels->double_per_step, f = p->kernels->float_per_step;
    yki_progress("measuring arithmetic...");
    m->double_flops_one_s = rate(d, time_of(p, work_double, false, 1, 0));
    m->float_flops_one_s = rate(f, time_of(p, work_float, false, 1, 0));
    m->double_flops_s = rate(n * d, time_of(p, work_double, false, workers, 0));
    m->float_flops_s = rate(n * f, time_of(p, work_float, false, workers, 0));
    return m->double_flops_one_s > 0 && m->float_flops_one_s > 0 && m->double_flops_s > 0 &&
           m->float_flops_s > 0;
}

int yki_topo_measure(measurement *m, const yk_topo *t)
{
    plan p = {.topo = t, .kernels = yki_measure_kernels(yk_topo_isa(t))};
    bool ok = measure_caches(&p, m) && measure_memory(&p, m) && measure_flops(&p, m);
    yki_progress(NULL);
    if (ok) return YKI_EXIT_OK;
    return yki_error(TOOL, "cannot measure: no memory or no threads left");
}
