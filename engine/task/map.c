/* map: one function over an array, many items at once.
 *
 * Whoever works takes the next batch of positions, in order, from one shared counter.  So
 * when an item has failed, all that come before it have been taken: they still run, and
 * which failure is the first in order does not depend on who was quicker.
 *
 * Called by engine.c, on any thread, from inside tasks too; runners are tasks. */
#include <task/map_int.h>

typedef struct map {
    yki_map_state state;
    const char *in;
    char *out;
    size_t in_size, out_size, n;
    yk_status *statuses;        /* each written by whoever has the item; or NULL */
    /* Items before it are taken; relaxed, the swap alone decides. */
    _Alignas(YKI_CACHE_LINE) _Atomic size_t next;
} map;

static size_t taken(const map *m)
{
    return atomic_load_explicit(&m->next, memory_order_relaxed);
}

static bool take(map *m, size_t *begin, size_t *end)
{
    size_t b = taken(m), e;
    do {
        if (b >= m->n || !yki_map_may(&m->state, b)) return false;
        e = b + yki_map_share(&m->state, m->n - b);
    } while (!atomic_compare_exchange_weak_explicit(&m->next, &b, e, memory_order_relaxed,
                                                    memory_order_relaxed));
    *begin = b;
    *end = e;
    return true;
}

static void never_begun(map *m, size_t begin, size_t end)
{
    if (!m->statuses) return;
    for (size_t i = begin; i < end; i++) m->statuses[i] = YK_E_CANCELLED;
}

/* Items [begin, end), or those before the map was stopped.  Returns where it got to. */
static size_t run_items(map *m, size_t begin, size_t end)
{
    const yki_task *self = yki_task_current();
    size_t i, failed = 0;
    for (i = begin; i < end && yki_map_may(&m->state, i); i++) {
        const char *in = m->in ? m->in + i * m->in_size : NULL;
        char *out = m->out ? m->out + i * m->out_size : NULL;
        yk_status st = yki_map_call(&m->state, self, i, in, out);
        if (st != YK_OK) failed++;
        if (m->statuses) m->statuses[i] = st;
    }
    yki_map_count(&m->state, i - begin, failed);
    return i;
}

/* One batch.  A large one is run in parts, since somebody must look at the clock.  Returns
 * the time at its end. */
static uint64_t run_batch(map *m, size_t begin, size_t end, uint64_t now)
{
    while (begin < end && yki_map_may(&m->state, begin)) {
        size_t part = yki_min(end - begin, yki_map_stride(&m->state));
        size_t got = run_items(m, begin, begin + part);
        uint64_t then = now;
        now = yki_now_ns();
        yki_map_learn(&m->state, got - begin, now - then);
        yki_map_look(&m->state, now, false);
        begin = got;
    }
    never_begun(m, begin, end);
    return now;
}

static yk_status run(void *arg)
{
    map *m = arg;
    size_t begin, end;
    uint64_t start = yki_now_ns(), now = start;
    while (take(m, &begin, &end)) {
        now = run_batch(m, begin, end, now);
        if (now - start < YKI_MAP_BATCH_NS) continue;
        if (taken(m) < m->n && yki_map_give_way(&m->state)) return YK_OK;
        start = now;
    }
    yki_map_dismiss(&m->state);
    return YK_OK;
}

/* True if there are any. */
static bool hire(map *m, size_t runners)
{
    size_t hired = 0;
    while (hired < runners && taken(m) < m->n && yki_map_hire(&m->state)) hired++;
    return hired > 0;
}

/* A caller that is inside a task works: nobody else may be free to.  Others do so if all they
 * could do is wait, unless the worker of their core is busy with another task. */
static bool caller_works(const yki_map_state *s)
{
    if (yki_map_is_inside(s)) return true;
    if (s->opts.timeout_s > 0 || s->opts.progress) return false;
    return (s->opts.flags & YK_BLOCKING) || !yki_queue_core_taken(s->tasks);
}

static void work(map *m)
{
    yki_map_state *s = &m->state;
    bool works = caller_works(s);
    s->reports = !works;
    bool hired = hire(m, s->jobs - works);
    if (!works && !hired) {
        works = true;
        s->reports = false;
    }
    if (works) yki_map_here(s, run, m);
    yki_map_join(s);
}

yk_status yki_map(yki_tasks *tasks, yk_map_fn fn, void *ctx, const void *in, size_t in_size,
                  void *out, size_t out_size, size_t n, const yk_map_opts *opts)
{
    size_t bytes;
    if (n && ((!in && in_size) || (!out && out_size)))
        return yki_map_refuse(opts, YK_E_INVALID, "an array is NULL, and its items have a size");
    if (!yki_mul(n, in_size, &bytes) || !yki_mul(n, out_size, &bytes))
        return yki_map_refuse(opts, YK_E_RANGE, "the bytes of all items are too many to count");
    map m = {.state = {.tasks = tasks, .fn = fn, .ctx = ctx, .runner = run, .total = n},
             .in = in, .out = out, .in_size = in_size, .out_size = out_size, .n = n,
             .statuses = opts ? opts->statuses : NULL};
    m.state.arg = &m;
    yk_status st = yki_map_begin(&m.state, n, opts);
    if (st != YK_OK) return st;
    if (n) work(&m);
    never_begun(&m, taken(&m), n);
    bool complete = atomic_load_explicit(&m.state.done, memory_order_relaxed) == n;
    return yki_map_end(&m.state, complete, YK_OK);
}
