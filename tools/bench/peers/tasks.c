/* Work as tasks, the same for every peer; see peer.h.
 *
 *     sleep16      sleeps of 0.1 to 1.5 s
 *     grid300      sleeps of 0.1 s
 *     spawn        empty tasks, all submitted by one thread
 *     submit_wait  empty tasks, each waited for before the next
 *     fib          tasks that submit tasks and wait for them
 *     files        files of 1 to 8 KiB, read and summed
 *     files_cold   the same, the page cache of these files emptied before each run
 *
 * Peers say how their runtime makes a task of a call; what the calls do, and whether all of
 * them did it, once, is here.  A sample is one run of all the calls, or, of spawn and
 * submit_wait, a task's share of it; there runtimes that are slow get fewer tasks. */
#include "peer.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"

enum { MAX_THREADS = 1024, MAX_FIB = 40, LEAST_TASKS = 100, FILE_LEAST = 1024, FILE_MOST = 8192 };
/* Of spawn and submit_wait, at most so much time goes into a sample. */
static const double MOST_S = 0.15;

typedef struct work {
    const peer_order *order;
    peer_calls calls;
    size_t runs;                /* of all the calls, so far */
    uint64_t value;             /* fib's */
    size_t counted;             /* of count_up */
    char folder[PEER_FOLDER];   /* of files; */
    bool borrowed;              /* somebody else's */
} work;

/* ---- sleeps ---- */

typedef struct nap {
    double seconds;
    size_t runs;
} nap;

static void sleep_once(void *arg)
{
    nap *n = arg;
    time_t whole = (time_t)n->seconds;
    struct timespec rest = {whole, (long)(1e9 * (n->seconds - (double)whole))};
    while (nanosleep(&rest, &rest) != 0) continue;
    n->runs++;
}

static const char *make_naps(work *w, const double *seconds, size_t n)
{
    nap *naps = yki_alloc(w->order->elements, sizeof *naps);
    if (!naps) return "no memory";
    for (size_t k = 0; k < w->order->elements; k++) naps[k].seconds = seconds[k % n];
    w->calls = (peer_calls){.call = sleep_once, .args = (unsigned char *)naps,
                            .stride = sizeof *naps, .n = w->order->elements, .waits = true};
    return NULL;
}

static const char *make_sixteen(work *w)
{
    static const double seconds[] = {0.1, 0.2, 0.1, 0.5, 0.7, 0.9, 0.5, 0.4,
                                     1.5, 1.3, 1.0, 0.3, 0.7, 0.6, 0.3, 0.8};
    return make_naps(w, seconds, YKI_COUNT(seconds));
}

static const char *make_grid(work *w)
{
    static const double seconds[] = {0.1};
    return make_naps(w, seconds, 1);
}

static bool naps_are_right(const work *w, char *wrong, size_t size)
{
    for (size_t k = 0; k < w->calls.n; k++) {
        const nap *n = peer_arg(&w->calls, k);
        if (n->runs == w->runs) continue;
        snprintf(wrong, size, "sleep %zu ran %zu times in %zu runs", k, n->runs, w->runs);
        return false;
    }
    return true;
}

/* ---- empty tasks ---- */

/* What an empty task does all the same, so that every one is known to have run: counts, in a
 * cache line of its own thread.  A thread gets its line with its first task. */
static struct line {
    _Alignas(YKI_CACHE_LINE) _Atomic size_t n;
} lines[MAX_THREADS];
static _Atomic size_t lines_given;
static _Thread_local struct line *mine;

static struct line *take_line(void)
{
    size_t k = atomic_fetch_add_explicit(&lines_given, 1, memory_order_relaxed);
    return mine = &lines[k % MAX_THREADS];
}

static void count(void *arg)
{
    struct line *l = mine ? mine : take_line();
    (void)arg;
    size_t n = atomic_load_explicit(&l->n, memory_order_relaxed);
    atomic_store_explicit(&l->n, n + 1, memory_order_relaxed);
}

static const char *make_empty(work *w)
{
    if (w->order->threads > MAX_THREADS) return "more threads than are counted";
    w->calls = (peer_calls){.call = count, .args = (unsigned char *)w, .n = w->order->elements};
    return NULL;
}

static bool count_is_right(const work *w, char *wrong, size_t size)
{
    size_t n = 0;
    for (size_t k = 0; k < MAX_THREADS; k++)
        n += atomic_load_explicit(&lines[k].n, memory_order_relaxed);
    snprintf(wrong, size, "%zu tasks ran, %zu were submitted", n, w->runs);
    return n == w->runs;
}

/* Each task is waited for before the next, so they need no atomic. */
static void count_up(void *arg) { ++*(size_t *)arg; }

static const char *make_turns(work *w)
{
    w->calls = (peer_calls){.call = count_up, .args = (unsigned char *)&w->counted,
                            .n = w->order->elements};
    return NULL;
}

static bool turns_are_right(const work *w, char *wrong, size_t size)
{
    snprintf(wrong, size, "%zu tasks ran, %zu were submitted", w->counted, w->runs);
    return w->counted == w->runs;
}

/* ---- fib ---- */

static const char *make_fib(work *w)
{
    return w->order->elements > MAX_FIB ? "fib of more than 40" : NULL;
}

static const char *run_fib(work *w)
{
    return w->order->peer->tasks->fib((unsigned)w->order->elements, &w->value);
}

static bool fib_is_right(const work *w, char *wrong, size_t size)
{
    uint64_t a = 0, b = 1;
    for (size_t k = 0; k < w->order->elements; k++) {
        uint64_t c = a + b;
        a = b;
        b = c;
    }
    snprintf(wrong, size, "fib(%zu) is %" PRIu64 ", should be %" PRIu64, w->order->elements,
             w->value, a);
    return w->value == a;
}

/* ---- files ---- */

typedef struct page {
    char path[160];
    uint64_t sum, found;
    size_t runs;
} page;

/* The sum of whole words; `bytes` is a multiple of 8. */
static uint64_t sum_of(const unsigned char *text, size_t bytes)
{
    uint64_t sum = bytes, word;
    for (size_t k = 0; k < bytes; k += sizeof word) {
        memcpy(&word, text + k, sizeof word);
        sum += word;
    }
    return sum;
}

/* The bytes of the file; 0: it cannot be read. */
static size_t read_page(const char *path, unsigned char *text, size_t size)
{
    size_t used = 0;
    ssize_t n = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    while (n > 0 && used < size) {
        n = read(fd, text + used, size - used);
        if (n > 0) used += (size_t)n;
    }
    close(fd);
    return used;
}

static void read_once(void *arg)
{
    page *p = arg;
    unsigned char text[FILE_MOST];
    size_t bytes = read_page(p->path, text, sizeof text);
    p->found = sum_of(text, bytes - bytes % sizeof(uint64_t));
    p->runs++;
}

/* Where file `number` lies; what is to be in it goes to text, and its sum to the page.  Returns
 * the number of words. */
static size_t plan_page(page *p, const char *folder, size_t number, uint64_t *random,
                        uint64_t text[FILE_MOST / sizeof(uint64_t)])
{
    size_t words = FILE_MOST / sizeof *text;
    for (size_t k = 0; k < FILE_MOST / sizeof *text; k++)
        text[k] = *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    words -= (size_t)(*random >> 33) % (words - FILE_LEAST / sizeof *text);
    snprintf(p->path, sizeof p->path, "%s/%zu", folder, number);
    p->sum = sum_of((const unsigned char *)text, words * sizeof *text);
    return words;
}

static bool make_page(work *w, page *p, size_t number, uint64_t *random)
{
    uint64_t text[FILE_MOST / sizeof(uint64_t)];
    size_t words = plan_page(p, w->folder, number, random, text);
    FILE *f = w->borrowed ? NULL : fopen(p->path, "wb");
    bool ok = w->borrowed || (f && fwrite(text, sizeof *text, words, f) == words);
    return (!f || fclose(f) == 0) && ok;
}

static bool make_folder(work *w)
{
    const char *there = getenv(PEER_FILES), *temporary = getenv("TMPDIR");
    w->borrowed = there && there[0];
    if (w->borrowed) {
        yki_copy_text(w->folder, sizeof w->folder, there);
        return true;
    }
    snprintf(w->folder, sizeof w->folder, "%.100s/yoke-bench-XXXXXX",
             temporary && temporary[0] ? temporary : "/tmp");
    if (mkdtemp(w->folder)) return true;
    w->folder[0] = '\0';
    return false;
}

static const char *make_files(work *w)
{
    page *pages = yki_alloc(w->order->elements, sizeof *pages);
    uint64_t random = w->order->seed;
    if (!pages) return "no memory";
    w->calls = (peer_calls){.call = read_once, .args = (unsigned char *)pages,
                            .stride = sizeof *pages, .waits = true};
    if (!make_folder(w)) return "no temporary folder";
    for (; w->calls.n < w->order->elements; w->calls.n++)
        if (!make_page(w, &pages[w->calls.n], w->calls.n, &random)) return "cannot write files";
    return NULL;
}

bool peer_files_make(char folder[PEER_FOLDER], size_t n, size_t seed)
{
    const peer_order o = {.elements = n, .seed = seed};
    work w = {.order = &o};
    const char *why = make_files(&w);
    yki_copy_text(folder, PEER_FOLDER, w.folder);
    yki_free(w.calls.args);
    return why == NULL;
}

void peer_files_delete(const char *folder, size_t n)
{
    char path[PEER_FOLDER + 24];
    for (size_t k = 0; k < n; k++) {
        snprintf(path, sizeof path, "%s/%zu", folder, k);
        unlink(path);
    }
    rmdir(folder);
}

/* Calls `visit` with each file's descriptor until one fails. */
static bool visit_files(const work *w, bool (*visit)(int fd))
{
    bool ok = true;
    for (size_t k = 0; k < w->calls.n && ok; k++) {
        int fd = open(((const page *)peer_arg(&w->calls, k))->path, O_RDWR | O_CLOEXEC);
        ok = fd >= 0 && visit(fd);
        if (fd >= 0) close(fd);
    }
    return ok;
}

static bool begin_writing(int fd)
{
    return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) == 0;
}

static bool wait_written(int fd)
{
    return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                                         SYNC_FILE_RANGE_WAIT_AFTER) == 0;
}

static bool drop_cached(int fd) { return posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0; }

/* Only what the disk has can be dropped from the cache. */
static const char *make_cold_files(work *w)
{
    const char *why = make_files(w);
    if (why) return why;
    bool ok = visit_files(w, begin_writing) && visit_files(w, wait_written);
    return ok ? NULL : "cannot write files to the disk";
}

static const char *drop_files(work *w)
{
    return visit_files(w, drop_cached) ? NULL : "cannot empty the page cache";
}

static bool files_are_right(const work *w, char *wrong, size_t size)
{
    for (size_t k = 0; k < w->calls.n; k++) {
        const page *p = peer_arg(&w->calls, k);
        if (p->runs == w->runs && p->found == p->sum) continue;
        if (p->runs != w->runs)
            snprintf(wrong, size, "file %zu was read %zu times in %zu runs", k, p->runs, w->runs);
        else snprintf(wrong, size, "file %zu was read with another sum", k);
        return false;
    }
    return true;
}

/* ---- the kinds ---- */

static const char *run_all(work *w) { return w->order->peer->tasks->all(&w->calls); }
static const char *run_each(work *w) { return w->order->peer->tasks->each(&w->calls); }

typedef struct kind {
    const char *name;
    const char *(*make)(work *w);
    const char *(*run)(work *w);
    bool (*is_right)(const work *w, char *wrong, size_t size);
    bool a_task;                /* samples are those of one task, runs counted likewise */
    bool cold;                  /* no run before the first sample */
    const char *(*prepare)(work *w);    /* before each run, not timed; may be NULL */
} kind;

static const kind kinds[] = {
    {"sleep16", make_sixteen, run_all, naps_are_right, false, true, NULL},
    {"grid300", make_grid, run_all, naps_are_right, false, true, NULL},
    {"spawn", make_empty, run_all, count_is_right, true, false, NULL},
    {"submit_wait", make_turns, run_each, turns_are_right, true, false, NULL},
    {"fib", make_fib, run_fib, fib_is_right, false, false, NULL},
    {"files", make_files, run_all, files_are_right, false, false, NULL},
    {"files_cold", make_cold_files, run_all, files_are_right, false, true, drop_files},
};

static const kind *kind_named(const char *name)
{
    for (size_t k = 0; k < YKI_COUNT(kinds); k++)
        if (strcmp(kinds[k].name, name) == 0) return &kinds[k];
    return NULL;
}

bool peer_has_tasks(const char *workload) { return kind_named(workload) != NULL; }

static const char *missing(const peer *p, const kind *k)
{
    if (!p->tasks) return "has no tasks";
    if (k->run == run_each && !p->tasks->each) return "has no futures";
    if (k->run == run_fib && !p->tasks->fib) return "its tasks cannot wait for tasks";
    return k->run == run_all && !p->tasks->all ? "has no such tasks" : NULL;
}

/* ---- timing ---- */

static void fail(peer_outcome *out, const char *status, const char *why)
{
    out->status = status;
    yki_copy_text(out->why, sizeof out->why, why);
}

/* One run, checked: its seconds. */
static double time_once(work *w, const kind *k, peer_outcome *out)
{
    char wrong[sizeof out->why];
    const char *why = k->prepare ? k->prepare(w) : NULL;
    uint64_t begin = yki_now_ns();
    if (!why) why = k->run(w);
    double took = yki_seconds(yki_now_ns() - begin);
    w->runs += k->a_task ? w->calls.n : 1;
    if (why) fail(out, "failed", why);
    else if (!k->is_right(w, wrong, sizeof wrong)) fail(out, "wrong", wrong);
    return k->a_task ? took / (double)w->calls.n : took;
}

/* So many tasks as take some time; first a few, to see what they take. */
static void warm_up(work *w, const kind *k, peer_outcome *out)
{
    size_t all = w->calls.n;
    if (k->a_task) w->calls.n = yki_min(all, yki_max(all / 100, LEAST_TASKS));
    double a_task = time_once(w, k, out);
    if (!k->a_task) return;
    double fits = MOST_S / a_task;
    w->calls.n = fits < (double)all ? yki_max((size_t)fits, 1) : all;
}

static void take_samples(work *w, const kind *k, peer_outcome *out)
{
    if (!k->cold) warm_up(w, k, out);
    for (size_t i = 0; i < w->order->samples && strcmp(out->status, "ok") == 0; i++)
        out->samples[i] = time_once(w, k, out);
}

static void delete_work(work *w)
{
    if (w->folder[0] && !w->borrowed) peer_files_delete(w->folder, w->order->elements);
    if (w->calls.stride) yki_free(w->calls.args);
}

void peer_measure_tasks(const peer_order *o, peer_outcome *out)
{
    const kind *k = kind_named(o->workload);
    work w = {.order = o};
    const char *why = missing(o->peer, k);
    *out = (peer_outcome){.status = "ok"};
    if (why) {
        fail(out, "unsupported", why);
        return;
    }
    why = k->make(&w);
    if (!why) why = o->peer->open(o->threads);
    if (why) {
        fail(out, "failed", why);
    } else {
        take_samples(&w, k, out);
        o->peer->close();
    }
    delete_work(&w);
}
