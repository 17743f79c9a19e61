/* What a parallel map and a stream have in common; see map_int.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <task/map_int.h>
#include <time.h>

#define PROGRESS_S 0.1      /* between two calls of it, by default */

/* ---- beginning ---- */

yk_status yki_map_refuse(const yk_map_opts *opts, yk_status st, const char *why)
{
    return yki_fail(opts ? opts->diag : NULL, st, "%s", why);
}

static yk_status check(const yki_map_state *m)
{
    const yk_map_opts *o = &m->opts;
    const char *why = NULL;
    if (!m->fn) why = "the function is NULL";
    else if (o->flags & ~(YK_BLOCKING | YK_ALL_ERRORS)) why = "flags has an unknown flag";
    else if (!(o->timeout_s >= 0)) why = "timeout_s is negative or no number";
    else if (!(o->progress_s >= 0)) why = "progress_s is negative or no number";
    for (size_t i = 0; i < YKI_COUNT(o->reserved); i++)
        if (o->reserved[i]) why = "yk_map_opts.reserved must be NULL";
    return why ? yki_map_refuse(o, YK_E_INVALID, why) : YK_OK;
}

bool yki_map_is_inside(const yki_map_state *m)
{
    return yki_task_current() || yki_pool_inside(yki_tasks_pool(m->tasks), NULL);
}

/* Where a body calls, its pool is busy with the loop that it belongs to. */
static size_t most_jobs(const yki_map_state *m, size_t most)
{
    yki_pool *pool = yki_tasks_pool(m->tasks);
    size_t limit = yki_pool_get_info(pool).workers;
    if (m->opts.flags & YK_BLOCKING) limit = yki_tasks_blocking_limit(m->tasks);
    else if (yki_pool_inside(pool, NULL)) limit = 1;
    if (m->opts.n_jobs) limit = yki_min(limit, m->opts.n_jobs);
    return yki_max(1, yki_min(limit, most));
}

static void start_clock(yki_map_state *m)
{
    const yk_map_opts *o = &m->opts;
    m->start_ns = yki_now_ns();
    m->deadline_ns = o->timeout_s > 0 ? yki_time_after(m->start_ns, o->timeout_s) : UINT64_MAX;
    m->every_ns = yki_time_after(0, o->progress_s > 0 ? o->progress_s : PROGRESS_S);
    uint64_t next = yki_time_after(m->start_ns, yki_seconds(m->every_ns));
    atomic_init(&m->next_ns, o->progress ? next : UINT64_MAX);
    yki_meter_open(&m->meter, m->start_ns);
}

/* What runs for the map is cancelled with the task that contains it, and when time is up. */
static void bind_group(yki_map_state *m, yk_group *g)
{
    g->tasks = m->tasks;
    g->up = m->up;
    g->deadline_ns = m->deadline_ns == UINT64_MAX ? 0 : m->deadline_ns;
    m->group = g;
    m->self.owner = g;
}

yk_status yki_map_begin(yki_map_state *m, size_t most, const yk_map_opts *opts)
{
    if (opts) m->opts = *opts;
    yk_status st = check(m);
    if (st != YK_OK) return st;
    if (pthread_mutex_init(&m->lock, NULL) != 0)
        return yki_map_refuse(opts, YK_E_NOMEM, "no memory for the map");
    start_clock(m);
    m->up = yki_current_worker ? &yki_current_worker->cancel : NULL;
    m->self.flags = YKI_TASK_PLAIN | YKI_TASK_GROUPED;
    bind_group(m, &m->own);
    m->jobs = most_jobs(m, most);
    atomic_init(&m->end, SIZE_MAX);
    atomic_init(&m->first, SIZE_MAX);
    atomic_init(&m->batch, 1);
    return YK_OK;
}

/* ---- runners ---- */

/* Drops what has begun by now.  Lock held. */
static void forget_begun(yki_map_state *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->n_queued; i++) {
        if (yki_task_phase(m->queued[i]) == YKI_TASK_QUEUED) m->queued[kept++] = m->queued[i];
        else yk_future_free(&m->queued[i]);
    }
    m->n_queued = kept;
}

/* Lock held. */
static bool submit(yki_map_state *m)
{
    yk_task_opts o = {.flags = m->opts.flags & YK_BLOCKING, .group = m->group};
    if (m->n_queued == m->room) forget_begun(m);
    if (m->n_queued == m->room || m->dismissed) return false;
    if (yki_tasks_submit(m->tasks, m->runner, m->arg, &o, &m->queued[m->n_queued]) != YK_OK)
        return false;
    m->n_queued++;
    return true;
}

/* What the first runner needs.  Caller. */
static bool open_group(yki_map_state *m)
{
    yk_group *g;
    if (yki_group_open(m->tasks, &g) != YK_OK) return false;
    bind_group(m, g);
    m->queued = m->few;
    m->room = YKI_COUNT(m->few);
    if (m->jobs <= m->room) return true;
    yk_future **many = yki_alloc(m->jobs, sizeof *many);
    if (!many) return true;
    m->queued = many;
    m->room = m->jobs;
    return true;
}

bool yki_map_hire(yki_map_state *m)
{
    if (m->group == &m->own && !open_group(m)) return false;
    (void)pthread_mutex_lock(&m->lock);
    bool ok = submit(m);
    (void)pthread_mutex_unlock(&m->lock);
    return ok;
}

/* Those in this thread's own deque are taken from there, so that no entry stays behind. */
void yki_map_dismiss(yki_map_state *m)
{
    if (m->group == &m->own) return;
    yki_tasks *ts = m->tasks;
    yki_hand *h = yki_hand_of(ts);
    (void)pthread_mutex_lock(&m->lock);
    m->dismissed = true;
    while (m->n_queued) {
        yki_task *t = m->queued[--m->n_queued];
        bool own = h && yki_deque_newest(&h->deque) == t
            && yki_deque_pop(&h->deque, INT64_MIN) == t;
        if (yki_task_claim(t, YKI_TASK_QUEUED, 0))
            yki_task_end(ts, h, t, YK_E_CANCELLED, own ? YKI_TASK_REF : 0);
        else if (own) yki_task_drop(ts, h, t);
        yki_task_drop(ts, h, t);
    }
    if (h) yki_group_flush(h);
    (void)pthread_mutex_unlock(&m->lock);
}

/* Threads that block need not make room for others while there can be more of them. */
bool yki_map_give_way(yki_map_state *m)
{
    if (yki_task_current() == &m->self) return false;
    if ((m->opts.flags & YK_BLOCKING)
        && yki_crew_threads(m->tasks->crew) < yki_tasks_blocking_limit(m->tasks))
        return false;
    return yki_map_hire(m);
}

void yki_map_here(yki_map_state *m, yk_task_fn work, void *arg)
{
    const yki_current *up = yki_current_worker;
    yki_current claim = {0};
    if (up) claim = *up;
    claim.up = up;
    claim.own_thread = false;
    claim.task = &m->self;
    claim.hand = yki_hand_of(m->tasks);
    claim.mark = claim.hand ? yki_deque_mark(&((yki_hand *)claim.hand)->deque) : 0;
    claim.cancel = yki_task_cancel_words(m->tasks, &m->self);
    yki_current_worker = &claim;
    (void)work(arg);
    yki_current_worker = up;
}

/* ---- batches ---- */

void yki_map_learn(yki_map_state *m, size_t items, uint64_t ns)
{
    if (items == 0) return;
    /* Growing is by steps, since what was quick may have been no more than luck. */
    double fit = (double)items * ((double)YKI_MAP_BATCH_NS / (double)(ns ? ns : 1));
    if (fit > 0.7 * (double)items && fit < 1.4 * (double)items) fit = (double)items;
    size_t most = yki_max(items, yki_map_stride(m));
    most = most < SIZE_MAX / 2 ? 2 * most : SIZE_MAX;
    size_t batch = fit < (double)most ? yki_max(1, (size_t)fit) : most;
    atomic_store_explicit(&m->batch, batch, memory_order_relaxed);
}

size_t yki_map_stride(const yki_map_state *m)
{
    return atomic_load_explicit(&m->batch, memory_order_relaxed);
}

/* Towards the end batches get smaller, so that all are done at about the same time, but not
 * so small that taking them is what takes time. */
size_t yki_map_share(const yki_map_state *m, size_t left)
{
    if (m->opts.batch) return yki_min(m->opts.batch, left);
    size_t batch = yki_map_stride(m), part = left / m->jobs / 2;
    return yki_min(left, yki_min(batch, yki_max(part, yki_max(batch / 64, 1))));
}

/* ---- items ---- */

yk_status yki_map_note(yki_map_state *m, size_t index, yk_status st)
{
    char text[sizeof m->first_message];
    yki_task_take_message(text, sizeof text);
    if (st == YK_OK) return st;
    bool all = (m->opts.flags & YK_ALL_ERRORS) != 0;
    /* It may have ended only because it was asked to. */
    if (!all || st == YK_E_CANCELLED) yki_map_look(m, yki_now_ns(), false);
    if (!all) yki_map_stop(m, YKI_MAP_FAILED, index);
    if (index > atomic_load_explicit(&m->first, memory_order_relaxed)) return st;
    (void)pthread_mutex_lock(&m->lock);
    if (index < atomic_load_explicit(&m->first, memory_order_relaxed)) {
        atomic_store_explicit(&m->first, index, memory_order_relaxed);
        m->first_status = st;
        memcpy(m->first_message, text, sizeof text);
    }
    (void)pthread_mutex_unlock(&m->lock);
    return st;
}

void yki_map_count(yki_map_state *m, size_t done, size_t failed)
{
    if (done) atomic_fetch_add_explicit(&m->done, done, memory_order_relaxed);
    if (failed) atomic_fetch_add_explicit(&m->failed, failed, memory_order_relaxed);
}

/* ---- stopping ---- */

void yki_map_stop(yki_map_state *m, unsigned why, size_t end)
{
    uint32_t none = YKI_MAP_GOES_ON;
    atomic_compare_exchange_strong_explicit(&m->why, &none, why, memory_order_relaxed,
                                            memory_order_relaxed);
    size_t old = atomic_load_explicit(&m->end, memory_order_relaxed);
    while (end < old && !atomic_compare_exchange_weak_explicit(
                            &m->end, &old, end, memory_order_relaxed, memory_order_relaxed))
        continue;
    if (why == YKI_MAP_FAILED) return;
    atomic_store_explicit(&m->cut, 1, memory_order_relaxed);
    yk_group_cancel(m->group);
}

/* ---- looking ---- */

static yk_progress read_progress(yki_map_state *m, uint64_t now, bool last)
{
    yk_progress p = {.total = m->total, .last = last,
                     .failed = atomic_load_explicit(&m->failed, memory_order_relaxed),
                     .done = atomic_load_explicit(&m->done, memory_order_relaxed),
                     .elapsed_s = yki_seconds(now - m->start_ns), .left_s = -1};
    p.failed = yki_min(p.failed, p.done);       /* counted a moment after */
    p.rate = yki_meter_rate(&m->meter, now, p.done);
    if (last) p.left_s = 0;
    else if (p.total && p.rate > 0) p.left_s = (double)(p.total - p.done) / p.rate;
    return p;
}

static bool is_due(const yki_map_state *m, uint64_t now)
{
    return now >= atomic_load_explicit(&m->next_ns, memory_order_relaxed);
}

static void report(yki_map_state *m, uint64_t now)
{
    if (!is_due(m, now) || atomic_exchange_explicit(&m->talking, 1, memory_order_acquire)) return;
    int stop = 0;
    if (is_due(m, now)) {
        yk_progress p = read_progress(m, now, false);
        stop = m->opts.progress(m->opts.progress_ctx, &p);
        atomic_store_explicit(&m->next_ns, yki_time_after(yki_now_ns(), yki_seconds(m->every_ns)),
                              memory_order_relaxed);
    }
    atomic_store_explicit(&m->talking, 0, memory_order_release);
    if (stop) yki_map_stop(m, YKI_MAP_CANCELLED, 0);
}

void yki_map_look(yki_map_state *m, uint64_t now, bool is_caller)
{
    if (!yki_map_is_cut(m)) {
        if (now >= m->deadline_ns) yki_map_stop(m, YKI_MAP_TIMEOUT, 0);
        else if (m->up && yki_cancel_asked(m->up)) yki_map_stop(m, YKI_MAP_CANCELLED, 0);
    }
    if (is_caller || !m->reports) report(m, now);
}

uint64_t yki_map_next_look(const yki_map_state *m)
{
    uint64_t next = atomic_load_explicit(&m->next_ns, memory_order_relaxed);
    return m->deadline_ns < next && !yki_map_is_cut(m) ? m->deadline_ns : next;
}

/* ---- ending ---- */

/* Never without a nap, though it may be that another is about to report what is due. */
static double nap_s(const yki_map_state *m)
{
    uint64_t next = yki_map_next_look(m), now = yki_now_ns();
    if (next == UINT64_MAX) return -1;
    return next > now + 1000000 ? yki_seconds(next - now) : 1e-3;
}

/* An engine that was closed does not wait for what does not end; but it uses the caller's
 * arrays, so the caller has to. */
void yki_map_join(yki_map_state *m)
{
    const struct timespec rest = {.tv_nsec = 1000000};
    if (m->group == &m->own) return;
    while (yk_group_wait(m->group, nap_s(m)) == YK_E_TIMEOUT) {
        if (atomic_load_explicit(&m->tasks->stopped, memory_order_relaxed))
            (void)nanosleep(&rest, NULL);
        yki_map_look(m, yki_now_ns(), true);
    }
}

static void report_last(yki_map_state *m)
{
    if (!m->opts.progress) return;
    yk_progress p = read_progress(m, yki_now_ns(), true);
    (void)m->opts.progress(m->opts.progress_ctx, &p);
}

static yk_status fail_early(const yki_map_state *m, yk_status st, const char *what)
{
    size_t done = atomic_load_explicit(&m->done, memory_order_relaxed);
    if (!m->total) return yki_fail(m->opts.diag, st, "%s after %zu items", what, done);
    return yki_fail(m->opts.diag, st, "%s after %zu of %zu items", what, done, m->total);
}

static yk_status fail_item(const yki_map_state *m, size_t index)
{
    yk_diag *d = m->opts.diag;
    yk_status st = m->first_status;
    if (m->opts.failed) *m->opts.failed = index;
    if (m->first_message[0]) (void)yki_fail(d, st, "%s", m->first_message);
    else (void)yki_fail(d, st, "item %zu: %s", index, yk_strerror(st));
    if (!d) return st;
    d->begin = index;
    d->end = index + 1;
    return st;
}

static yk_status outcome(const yki_map_state *m, bool complete)
{
    uint32_t why = atomic_load_explicit(&m->why, memory_order_relaxed);
    size_t first = atomic_load_explicit(&m->first, memory_order_relaxed);
    if (first == SIZE_MAX && complete) return YK_OK;
    if (why == YKI_MAP_TIMEOUT) return fail_early(m, YK_E_TIMEOUT, "time was up");
    /* Without a reason of its own, it ended because its engine did. */
    if (why == YKI_MAP_CANCELLED || first == SIZE_MAX)
        return fail_early(m, YK_E_CANCELLED, "cancelled");
    return fail_item(m, first);
}

void yki_map_close(yki_map_state *m)
{
    yki_map_dismiss(m);     /* those that were cancelled before they could do it */
    if (m->group != &m->own) yk_group_close(&m->group);
    if (m->queued != m->few) yki_free(m->queued);
    yki_free(atomic_load_explicit(&m->self.extra, memory_order_relaxed));
    (void)pthread_mutex_destroy(&m->lock);
}

yk_status yki_map_end(yki_map_state *m, bool complete, yk_status st)
{
    report_last(m);
    if (st == YK_OK) st = outcome(m, complete);
    yki_map_close(m);
    return st;
}
