/* The crew of threads on which work that sleeps or waits is run; see blocking.h.
 *
 * One lock guards everything.  It is never held while an item runs or a thread starts, but
 * for the first thread, since a push has to say whether there is one.  An idle thread is
 * given its item by hand and woken by a word of its own.
 *
 * A push wakes a thread only if none is on its way; those on their way wake the next when they
 * get there, as long as something is queued: one, or two if no item has ended meanwhile.  So
 * items that are over soon are done by few threads, one after the other, and a thousand that
 * sleep have their threads after ten doublings.  Where something is queued a thread is on its
 * way, or none is idle.
 *
 * A thread that ends joins the one that ended before it, and close joins the last, so none
 * is left.  None ends while another is being started: whoever starts it still uses its
 * handle, and if the start fails somebody must be left to do the work. */
#include "blocking.h"

#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#define IDLE_NS UINT64_C(2000000000)
#define RETRY_NS UINT64_C(10000000)     /* after a thread could not be started */
#define FAN_OUT 2                       /* threads that a new one starts */

/* The place of one thread. */
typedef struct seat {
    yki_crew *crew;
    struct seat *next, *prev;   /* among the idle; next alone: among the free */
    yki_link *item;             /* given to it while it was idle; NULL: look round */
    uint64_t ends_then;         /* crew's ends when it was called or started */
    /* 0: idle.  Set under the lock; release <-> the sleeper's acquire, for `item`. */
    _Atomic uint32_t called;
} seat;

struct yki_crew {
    yki_crew_opts opts;
    cpu_set_t *cpus;            /* the opener's affinity; NULL: not known */
    size_t cpus_bytes;
    pid_t pid;
    pthread_mutex_t lock;
    pthread_cond_t empty;       /* closing, and no thread is left */
    yki_link *first, **last;    /* the queue; where its next item goes */
    size_t queued;
    seat *idle;                 /* latest first */
    seat *free;
    /* Taken seats.  Changed under the lock; relaxed, since others only want to show it. */
    _Atomic size_t threads;
    size_t starting;            /* of these, not at work yet */
    size_t arriving;            /* of these, called from idleness, and not there yet */
    uint64_t ends;              /* items ended ever */
    size_t creating;            /* of these, by a call that has not returned */
    uint64_t retry_ns;          /* no thread is started before; 0: no failure */
    bool closing, has_ended;
    pthread_t ended;            /* the last that ended, to be joined */
    seat seats[];
};

static size_t threads_of(const yki_crew *c)
{
    return atomic_load_explicit(&c->threads, memory_order_relaxed);
}

static void set_threads(yki_crew *c, size_t n)
{
    atomic_store_explicit(&c->threads, n, memory_order_relaxed);
}

/* ---- the queue; under the lock ---- */

static void put(yki_crew *c, yki_link *item)
{
    item->next = NULL;
    *c->last = item;
    c->last = &item->next;
    c->queued++;
}

static yki_link *take(yki_crew *c)
{
    yki_link *item = c->first;
    if (!item) return NULL;
    c->first = item->next;
    if (!c->first) c->last = &c->first;
    c->queued--;
    return item;
}

/* ---- seats; under the lock ---- */

static seat *take_seat(yki_crew *c)
{
    seat *s = c->free;
    c->free = s->next;
    s->ends_then = c->ends;
    c->starting++;
    set_threads(c, threads_of(c) + 1);
    return s;
}

static void give_seat_back(yki_crew *c, seat *s)
{
    s->next = c->free;
    c->free = s;
    set_threads(c, threads_of(c) - 1);
}

static void lie_down(yki_crew *c, seat *s)
{
    s->item = NULL;
    atomic_store_explicit(&s->called, 0, memory_order_relaxed);
    s->prev = NULL;
    s->next = c->idle;
    if (s->next) s->next->prev = s;
    c->idle = s;
}

static void get_up(yki_crew *c, seat *s)
{
    if (s->prev) s->prev->next = s->next;
    else c->idle = s->next;
    if (s->next) s->next->prev = s->prev;
}

/* The latest idle thread gets `item`; wake it once the lock is free.  NULL: none is idle. */
static seat *call(yki_crew *c, yki_link *item)
{
    seat *s = c->idle;
    if (!s) return NULL;
    get_up(c, s);
    s->item = item;
    s->ends_then = c->ends;
    if (item) c->arriving++;
    atomic_store_explicit(&s->called, 1, memory_order_release);
    return s;
}

/* Idle threads that get what is queued first, to be woken once the lock is free. */
typedef struct roused {
    seat *seat[FAN_OUT];
    size_t n;
} roused;

static roused rouse(yki_crew *c, size_t most)
{
    roused r = {.n = 0};
    while (r.n < most && c->queued > 0 && c->idle) r.seat[r.n++] = call(c, take(c));
    return r;
}

static void wake(const roused *r)
{
    for (size_t i = 0; i < r->n; i++) yki_futex_wake(&r->seat[i]->called, 1);
}

static void call_all(yki_crew *c)
{
    for (seat *s; (s = call(c, NULL)) != NULL;) yki_futex_wake(&s->called, 1);
}

/* ---- starting threads ---- */

static void *thread_main(void *arg);

static bool start(seat *s, const cpu_set_t *cpus)
{
    pthread_t thread;       /* the thread itself keeps it */
    return yki_thread_start_on(&thread, cpus, s->crew->cpus_bytes, thread_main, s) == YK_OK;
}

static bool start_here(seat *s) { return start(s, NULL); }

/* From outside the crew.  A pinned pusher that goes on computing would keep a thread that
 * begins on its core waiting for milliseconds, and all others behind that one. */
static bool start_elsewhere(seat *s)
{
    const yki_crew *c = s->crew;
    int here = sched_getcpu();
    cpu_set_t there;        /* the size of most masks; not worth more */
    if (!c->cpus || c->cpus_bytes != sizeof there || here < 0) return start(s, NULL);
    there = *c->cpus;
    CPU_CLR((size_t)here, &there);
    return start(s, CPU_COUNT(&there) ? &there : NULL);
}

/* Under the lock: seats for at most `most` threads more, as many as there is work for that
 * no thread on its way will do. */
static seat *plan_starts(yki_crew *c, size_t most)
{
    seat *planned = NULL;
    if (most == 0 || c->queued <= c->starting || threads_of(c) == c->opts.limit) return NULL;
    if (c->retry_ns != 0 && yki_now_ns() < c->retry_ns) return NULL;
    c->retry_ns = 0;
    while (most-- > 0 && c->queued > c->starting && threads_of(c) < c->opts.limit) {
        seat *s = take_seat(c);
        c->creating++;
        s->next = planned;
        planned = s;
    }
    return planned;
}

static void start_planned(yki_crew *c, seat *planned, bool (*begin)(seat *))
{
    bool ok = true;
    while (planned) {
        seat *s = planned;
        planned = s->next;
        ok = ok && begin(s);     /* after one failure no more are tried */
        pthread_mutex_lock(&c->lock);
        c->creating--;
        if (!ok) {
            c->starting--;
            give_seat_back(c, s);
            c->retry_ns = yki_now_ns() + RETRY_NS;
        }
        /* Those that wanted to end could not. */
        if (c->creating == 0 && c->closing) call_all(c);
        pthread_mutex_unlock(&c->lock);
    }
}

/* Under the lock. */
static bool start_first(yki_crew *c)
{
    seat *s = take_seat(c);
    if (start_elsewhere(s)) return true;
    c->starting--;
    give_seat_back(c, s);
    return false;
}

/* ---- a thread ---- */

/* Sleeps until called; false: for as long as a thread may be idle. */
static bool sleep_idle(yki_crew *c, seat *s)
{
    uint64_t now = yki_now_ns();
    uint64_t until = c->opts.idle_ns < UINT64_MAX - now ? now + c->opts.idle_ns : UINT64_MAX;
    while (atomic_load_explicit(&s->called, memory_order_acquire) == 0)
        if (!yki_futex_wait(&s->called, 0, until)) return false;
    return true;
}

/* Under the lock, and frees it.  The seat is another's from then on. */
static void leave(yki_crew *c, seat *s)
{
    bool join = c->has_ended;
    pthread_t before = c->ended;
    c->ended = pthread_self();
    c->has_ended = true;
    give_seat_back(c, s);
    if (threads_of(c) == 0) pthread_cond_signal(&c->empty);
    pthread_mutex_unlock(&c->lock);
    if (join) (void)pthread_join(before, NULL);
}

/* Under the lock, with nothing queued.  An item that came, or NULL. */
static yki_link *rest(yki_crew *c, seat *s, bool *tired)
{
    lie_down(c, s);
    pthread_mutex_unlock(&c->lock);
    (void)sleep_idle(c, s);
    pthread_mutex_lock(&c->lock);
    *tired = atomic_load_explicit(&s->called, memory_order_relaxed) == 0;
    if (*tired) get_up(c, s);
    return s->item;
}

/* Under the lock, and frees it: sees to it that what is queued gets threads.  This one has just
 * come, and so has others come, or goes on to its next item. */
static void pass_on(yki_crew *c, size_t others, bool has_come)
{
    roused r = rouse(c, has_come ? others : c->arriving + c->starting == 0);
    seat *planned = plan_starts(c, has_come ? others - r.n : c->starting == 0);
    pthread_mutex_unlock(&c->lock);
    wake(&r);
    start_planned(c, planned, start_here);
}

/* The next item to run; NULL: none came, and the thread is to end. */
static yki_link *next_item(yki_crew *c, seat *s, bool fresh)
{
    pthread_mutex_lock(&c->lock);
    if (fresh) c->starting--;
    else c->ends++;
    yki_link *item;
    bool tired = false, has_come = fresh;
    while ((item = take(c)) == NULL) {
        if (c->creating == 0 && (tired || c->closing)) {
            leave(c, s);
            return NULL;
        }
        if ((item = rest(c, s, &tired)) == NULL) continue;
        c->arriving--;
        has_come = true;
        break;
    }
    pass_on(c, c->ends == s->ends_then ? FAN_OUT : 1, has_come);
    return item;
}

static void *thread_main(void *arg)
{
    seat *s = arg;
    yki_crew *c = s->crew;
    char name[16];
    (void)snprintf(name, sizeof name, "yoke/b-%zu", (size_t)(s - c->seats) + 1);
    yki_thread_name(name);
    /* Started by a pinned thread, perhaps.  If it is refused that is no worse than before. */
    if (c->cpus) (void)sched_setaffinity(0, c->cpus_bytes, c->cpus);
    yki_link *item = next_item(c, s, true);
    while (item) {
        c->opts.run(c->opts.ctx, item);
        item = next_item(c, s, false);
    }
    return NULL;
}

/* ---- from outside ---- */

bool yki_crew_push(yki_crew *c, yki_link *item)
{
    pthread_mutex_lock(&c->lock);
    seat *idle = c->arriving + c->starting == 0 ? call(c, item) : NULL;
    if (idle) {
        pthread_mutex_unlock(&c->lock);
        yki_futex_wake(&idle->called, 1);
        return true;
    }
    if (threads_of(c) == 0 && !start_first(c)) {
        pthread_mutex_unlock(&c->lock);
        return false;
    }
    put(c, item);
    seat *planned = plan_starts(c, c->starting + c->arriving == 0);
    pthread_mutex_unlock(&c->lock);
    start_planned(c, planned, start_elsewhere);
    return true;
}

yki_link *yki_crew_take(yki_crew *c, bool (*fits)(const yki_link *, const void *),
                        const void *ctx)
{
    pthread_mutex_lock(&c->lock);
    yki_link **at = &c->first;
    while (*at && !fits(*at, ctx)) at = &(*at)->next;
    yki_link *item = *at;
    if (item) {
        *at = item->next;
        if (!*at) c->last = at;
        c->queued--;
    }
    pthread_mutex_unlock(&c->lock);
    return item;
}

bool yki_crew_is_stuck(yki_crew *c)
{
    pthread_mutex_lock(&c->lock);
    bool stuck = c->queued > 0 && c->starting + c->arriving == 0;
    pthread_mutex_unlock(&c->lock);
    return stuck;
}

size_t yki_crew_threads(const yki_crew *c) { return threads_of(c); }

size_t yki_crew_limit(const yki_crew *c) { return c->opts.limit; }

/* ---- opening and closing ---- */

/* The kernel refuses a mask shorter than its own, so grow until it fits.  A mask that
 * cannot be read binds nobody.  False: no memory. */
static bool read_affinity(yki_crew *c)
{
    for (size_t cpus = 1024; cpus <= (size_t)1 << 20; cpus *= 4) {
        c->cpus_bytes = CPU_ALLOC_SIZE(cpus);
        c->cpus = yki_alloc(c->cpus_bytes, 1);
        if (!c->cpus) return false;
        if (sched_getaffinity(0, c->cpus_bytes, c->cpus) == 0) return true;
        yki_free(c->cpus);
        c->cpus = NULL;
    }
    return true;
}

static yki_crew *alloc_crew(size_t limit)
{
    size_t bytes;
    if (!yki_mul(limit, sizeof(seat), &bytes) || !yki_add(bytes, sizeof(yki_crew), &bytes))
        return NULL;
    return yki_alloc(bytes, 1);
}

static void free_crew(yki_crew *c)
{
    if (c) yki_free(c->cpus);
    yki_free(c);
}

static bool open_locks(yki_crew *c)
{
    if (pthread_mutex_init(&c->lock, NULL) != 0) return false;
    if (pthread_cond_init(&c->empty, NULL) == 0) return true;
    (void)pthread_mutex_destroy(&c->lock);
    return false;
}

yk_status yki_crew_open(yki_crew **out, const yki_crew_opts *opts, yk_diag *diag)
{
    if (!opts || opts->limit == 0 || !opts->run)
        return yki_fail(diag, YK_E_INVALID, "a crew needs a limit of threads and something to run");
    yki_crew *c = alloc_crew(opts->limit);
    if (!c || !read_affinity(c) || !open_locks(c)) {
        free_crew(c);
        return yki_fail(diag, YK_E_NOMEM, "no memory for %zu threads that block", opts->limit);
    }
    c->opts = *opts;
    if (c->opts.idle_ns == 0) c->opts.idle_ns = IDLE_NS;
    c->pid = getpid();
    c->last = &c->first;
    for (size_t i = opts->limit; i-- > 0;) {
        c->seats[i].crew = c;
        c->seats[i].next = c->free;
        c->free = &c->seats[i];
    }
    *out = c;
    return YK_OK;
}

static void end_threads(yki_crew *c)
{
    pthread_mutex_lock(&c->lock);
    c->closing = true;
    call_all(c);
    while (threads_of(c) != 0) pthread_cond_wait(&c->empty, &c->lock);
    bool join = c->has_ended;
    pthread_mutex_unlock(&c->lock);
    if (join) (void)pthread_join(c->ended, NULL);
    (void)pthread_cond_destroy(&c->empty);
    (void)pthread_mutex_destroy(&c->lock);
}

void yki_crew_close(yki_crew **crew)
{
    if (!crew || !*crew) return;
    yki_crew *c = *crew;
    *crew = NULL;
    /* A child of the opener has none of the threads, and perhaps a lock that one of them held. */
    if (getpid() == c->pid) end_threads(c);
    free_crew(c);
}
