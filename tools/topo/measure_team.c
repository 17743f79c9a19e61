/* The threads that measure: one a worker, bound to its CPU, on data of its own.
 *
 * A sample runs for a time, not for an amount: every thread repeats its loop until the
 * time is up and counts, and the rates of all are added.  So the slower cores of a hybrid
 * machine neither hold up the fast ones nor are left alone with the memory at the end.
 * Called by measure.c on the main thread; enters no other room. */
#include "measure.h"

#include "base/base.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define MOST_SAMPLES 80
#define PATIENCE 12                 /* samples without progress; see add_up */
#define CHAIN_PATIENCE 25           /* with chains of LEARNED bytes and more */
#define LEARNED ((size_t)1 << 20)
#define SAMPLE_NS 10000000u
#define CHUNK_NS (SAMPLE_NS / 32)   /* between two looks at the clock */

/* One load in this many bytes: some processors fetch lines in pairs. */
#define STRIDE 128
#define ORDINARY 0x3f           /* doubles of such bytes are 4.8e-4: nothing special */
/* The chain visits all of a window of pages before it goes on, so that a page's address is
 * translated once in a thousand loads: the figure is the cache's, not the TLB's.  Within,
 * the order is random, and 32 pages are more than prefetchers follow. */
#define WINDOW ((size_t)128 << 10)

enum { SHUT, OPEN, OFF };

typedef struct team team;

typedef struct seat {
    team *team;
    size_t worker, bytes;
    char *data, *at;
    size_t times;               /* repetitions a chunk */
    double rate, cpu_s, wall_s; /* of the latest sample */
    pthread_t thread;
} seat;

struct team {
    measure_job *job;
    seat *seats;
    _Atomic uint32_t gate;      /* SHUT until all threads are there, then OPEN or OFF */
    _Atomic bool failed;
    int samples, last_progress; /* worker 0's, as the next */
    _Atomic bool enough;
    pthread_barrier_t barrier;
};

/* ---- the work ---- */

char *yki_work_read(const measure_job *j, char *at, size_t bytes, size_t times)
{
    volatile double sink = j->kernels->read((const double *)(void *)at, bytes, times);
    (void)sink;
    return at;
}

char *yki_work_triad(const measure_job *j, char *at, size_t bytes, size_t times)
{
    size_t each = yki_round_down(bytes / 3, READ_BLOCK);
    double *a = (double *)(void *)at, *b = (double *)(void *)(at + each);
    double *c = (double *)(void *)(at + 2 * each);
    j->kernels->triad(a, b, c, each, times);
    return at;
}

char *yki_work_chase(const measure_job *j, char *at, size_t bytes, size_t times)
{
    (void)j, (void)bytes;
    return yki_measure_chase(at, times);
}

char *yki_work_double(const measure_job *j, char *at, size_t bytes, size_t times)
{
    (void)bytes;
    volatile double sink = j->kernels->flops_double(times);
    (void)sink;
    return at;
}

char *yki_work_float(const measure_job *j, char *at, size_t bytes, size_t times)
{
    (void)bytes;
    volatile float sink = j->kernels->flops_float(times);
    (void)sink;
    return at;
}

char *yki_work_ticks(const measure_job *j, char *at, size_t bytes, size_t times)
{
    (void)j, (void)bytes;
    volatile uint64_t sink = yki_measure_ticks(times);
    (void)sink;
    return at;
}

/* ---- the data ---- */

static void shuffle(uint32_t *order, size_t n, uint64_t *seed)
{
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    for (size_t i = n; i-- > 1;) {
        *seed ^= *seed << 13, *seed ^= *seed >> 7, *seed ^= *seed << 17;
        size_t k = (size_t)(*seed % (i + 1));
        uint32_t swap = order[i];
        order[i] = order[k];
        order[k] = swap;
    }
}

/* One cycle through a pointer in every STRIDE bytes: windows in random order, and each
 * window's pointers in random order. */
static bool link_chain(char *data, size_t bytes)
{
    size_t window = yki_min(WINDOW, bytes), windows = bytes / window, each = window / STRIDE;
    uint32_t *order = yki_alloc(windows + each, sizeof *order);
    if (!order) return false;
    uint64_t seed = 88172645463325252u;
    char *first = NULL, *last = NULL;
    shuffle(order, windows, &seed);
    for (size_t w = 0; w < windows; w++) {
        shuffle(order + windows, each, &seed);
        for (size_t k = 0; k < each; k++) {
            char *here = data + order[w] * window + order[windows + k] * STRIDE;
            if (last) memcpy(last, &here, sizeof here);
            else first = here;
            last = here;
        }
    }
    memcpy(last, &first, sizeof first);
    yki_free(order);
    return true;
}

static bool prepare(seat *me)
{
    const measure_job *j = me->team->job;
    if (j->fill == FILL_NONE) return true;
    size_t align = me->bytes >= (size_t)4 << 20 ? (size_t)2 << 20 : 4096;
    me->data = me->at = yki_alloc_aligned(me->bytes, 1, align);
    if (!me->data) return false;
    if (align > 4096) (void)madvise(me->data, me->bytes, MADV_HUGEPAGE);
    if (j->fill == FILL_CHAIN) return link_chain(me->data, me->bytes);
    memset(me->data, ORDINARY, me->bytes);
    return true;
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

static double thread_seconds(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Doubles the repetitions until they take a chunk's time. */
static void calibrate(seat *me)
{
    const measure_job *j = me->team->job;
    for (me->times = 1;; me->times *= 2) {
        uint64_t start = yki_now_ns();
        me->at = j->work(j, me->at, me->bytes, me->times);
        if (yki_now_ns() - start >= CHUNK_NS || me->times > SIZE_MAX / 4) return;
    }
}

static void sample(seat *me)
{
    const measure_job *j = me->team->job;
    double unit = j->unit > 0 ? j->unit : (double)me->bytes, done = 0;
    double cpu = thread_seconds();
    uint64_t start = yki_now_ns(), now;
    do {
        me->at = j->work(j, me->at, me->bytes, me->times);
        done += (double)me->times;
    } while ((now = yki_now_ns()) - start < SAMPLE_NS);
    me->cpu_s = thread_seconds() - cpu;
    me->wall_s = yki_seconds(now - start);
    me->rate = done * unit / me->wall_s;
}

/* Worker 0's, between two barriers.  Large caches learn what is worth keeping: data that
 * fits may be served from memory for some tenths of a second before it stays.  So samples
 * of chains go on until they have not become better for a while. */
static void add_up(team *t)
{
    measure_job *j = t->job;
    double rate = 0;
    for (size_t i = 0; i < j->workers; i++) {
        rate += t->seats[i].rate;
        j->cpu_s += t->seats[i].cpu_s;
        j->wall_s += t->seats[i].wall_s;
    }
    t->samples++;
    if (rate > 1.01 * j->rate) t->last_progress = t->samples;
    if (rate > j->rate) j->rate = rate;
    bool learned = j->fill == FILL_CHAIN && t->seats[0].bytes >= LEARNED;
    int patience = learned ? CHAIN_PATIENCE : PATIENCE;
    if (t->samples >= MOST_SAMPLES || t->samples - t->last_progress >= patience)
        atomic_store(&t->enough, true);
}

static void *sit(void *ctx)
{
    seat *me = ctx;
    team *t = me->team;
    while (atomic_load(&t->gate) == SHUT) yki_futex_wait(&t->gate, SHUT, UINT64_MAX);
    if (atomic_load(&t->gate) == OFF) return NULL;
    bind_to(yk_topo_worker_cpu(t->job->topo, me->worker));
    if (!prepare(me)) atomic_store(&t->failed, true);
    pthread_barrier_wait(&t->barrier);
    bool failed = atomic_load(&t->failed);      /* alike for all: nobody writes it now */
    if (!failed) calibrate(me);
    while (!failed) {
        pthread_barrier_wait(&t->barrier);
        if (atomic_load(&t->enough)) break;
        sample(me);
        pthread_barrier_wait(&t->barrier);
        if (me->worker == 0) add_up(t);
    }
    yki_free(me->data);
    return NULL;
}

/* All threads or none: the barrier counts on every one of them. */
static bool run_threads(team *t)
{
    size_t started = 0, workers = t->job->workers;
    for (; started < workers; started++) {
        seat *s = &t->seats[started];
        *s = (seat){.team = t, .worker = started};
        if (t->job->fill != FILL_NONE) s->bytes = t->job->bytes_of(t->job, started);
        if (yki_thread_start(&s->thread, "yoke-measure", sit, s) != YK_OK) break;
    }
    atomic_store(&t->gate, started == workers ? OPEN : OFF);
    yki_futex_wake(&t->gate, UINT32_MAX);
    for (size_t i = 0; i < started; i++) pthread_join(t->seats[i].thread, NULL);
    return started == workers && !atomic_load(&t->failed);
}

bool yki_measure_run(measure_job *job)
{
    team t = {.job = job, .seats = yki_alloc(job->workers, sizeof *t.seats)};
    job->rate = job->cpu_s = job->wall_s = 0;
    if (!t.seats) return false;
    bool ok = pthread_barrier_init(&t.barrier, NULL, (unsigned)job->workers) == 0;
    if (ok) {
        ok = run_threads(&t);
        pthread_barrier_destroy(&t.barrier);
    }
    yki_free(t.seats);
    return ok && job->rate > 0;
}
