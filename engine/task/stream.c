/* stream: a map over items that come one after the other and need not fit in memory.
 *
 * Items live in a ring of slots.  The caller, and nobody else, fills slots in order and
 * empties them in order; runners take filled slots in order.  A runner that finds none ends,
 * so that no worker waits for the generator; the caller hires the next when there is work.
 * It calls fn itself only where others may never come to: inside a task, or when the item
 * that it waits for has been lying about.
 *
 * Called by engine.c, on any thread, from inside tasks too; runners are tasks. */
#include <string.h>
#include <task/map_int.h>

#define NOBODY SIZE_MAX
#define PATIENCE_NS UINT64_C(1000000)   /* with an item that nobody has taken */
#define LINGER 100                      /* looks for another item, some microseconds */

typedef struct slot {
    /* Position + 1 of the last item that was completed in it.  Sequentially consistent with
     * `awaited`: either the caller sees it, or is rung for. */
    _Atomic size_t done;
    yk_status status;
} slot;

typedef struct stream {
    yki_map_state state;
    yk_stream user;
    char *slots;
    size_t in_flight;           /* slots */
    size_t slot_bytes, in_at, out_at;
    size_t most_runners;        /* jobs, less the caller's if it works */
    bool inside, timed;         /* the caller is in a task; it has a clock to look at */

    /* ---- the caller's ---- */
    size_t made, sunk;          /* items generated, and sunk */
    yk_status generated;        /* why there are no more; YK_OK: there are */
    yk_status sink;             /* what it last returned */
    size_t waited_for;          /* an item that was waited for in vain */
    bool over;                  /* the last item has been sunk */

    /* ---- everybody's ---- */
    /* As `made`.  Sequentially consistent with `hired`: either the caller sees that a runner
     * has left, or the runner the item. */
    _Alignas(YKI_CACHE_LINE) _Atomic size_t filled;
    _Alignas(YKI_CACHE_LINE) _Atomic size_t next;   /* items taken; relaxed, the swap decides */
    _Atomic uint32_t hired;     /* runners that work, or are queued to */
    _Atomic uint32_t busy;      /* that work, the caller included; at most jobs; relaxed */
    _Alignas(YKI_CACHE_LINE) _Atomic size_t awaited;    /* item that the caller sleeps for */
    _Atomic uint32_t bell;      /* futex of the caller */
} stream;

static slot *slot_of(const stream *s, size_t index)
{
    return (slot *)(s->slots + index % s->in_flight * s->slot_bytes);
}

static void *in_of(const stream *s, size_t index)
{
    return s->user.in_size ? (char *)slot_of(s, index) + s->in_at : NULL;
}

static void *out_of(const stream *s, size_t index)
{
    return s->user.out_size ? (char *)slot_of(s, index) + s->out_at : NULL;
}

static bool is_done(const stream *s, size_t index)
{
    return atomic_load_explicit(&slot_of(s, index)->done, memory_order_seq_cst) == index + 1;
}

static size_t taken(const stream *s)
{
    return atomic_load_explicit(&s->next, memory_order_relaxed);
}

static size_t waiting(const stream *s)
{
    return atomic_load_explicit(&s->filled, memory_order_seq_cst) - taken(s);
}

static bool may_take(const stream *s) { return yki_map_may(&s->state, taken(s)); }

/* ---- items ---- */

static bool take(stream *s, size_t most, size_t *begin, size_t *end)
{
    size_t b = taken(s), filled, n;
    do {
        filled = atomic_load_explicit(&s->filled, memory_order_seq_cst);
        if (b >= filled || !yki_map_may(&s->state, b)) return false;
        n = yki_min(most, yki_map_share(&s->state, filled - b));
    } while (!atomic_compare_exchange_weak_explicit(&s->next, &b, b + n, memory_order_relaxed,
                                                    memory_order_relaxed));
    *begin = b;
    *end = b + n;
    return true;
}

static void ring(stream *s)
{
    atomic_fetch_add_explicit(&s->bell, 1, memory_order_release);
    yki_futex_wake(&s->bell, 1);
}

static void run_item(stream *s, const yki_task *self, size_t index)
{
    slot *to = slot_of(s, index);
    yk_status st = yki_map_call(&s->state, self, index, in_of(s, index), out_of(s, index));
    bool last = st != YK_OK && !(s->state.opts.flags & YK_ALL_ERRORS);
    to->status = st;
    yki_map_count(&s->state, 1, st != YK_OK);
    /* From here on the slot may be another item's. */
    atomic_store_explicit(&to->done, index + 1, memory_order_seq_cst);
    if (last || atomic_load_explicit(&s->awaited, memory_order_seq_cst) == index) ring(s);
}

/* Takes some items, `most` at most, and runs them; false: there were none. */
static bool run_some(stream *s, size_t most, bool is_caller)
{
    const yki_task *self = yki_task_current();
    size_t begin, end, i;
    if (!take(s, most, &begin, &end)) return false;
    uint64_t then = yki_now_ns();
    for (i = begin; i < end && yki_map_may(&s->state, i); i++) run_item(s, self, i);
    uint64_t now = yki_now_ns();
    yki_map_learn(&s->state, i - begin, now - then);
    yki_map_look(&s->state, now, is_caller);
    /* The caller may be asleep for an item that will not come. */
    if (yki_map_is_cut(&s->state)) ring(s);
    return true;
}

/* ---- runners ---- */

/* Adds one, unless that would be more than `most`. */
static bool enter(_Atomic uint32_t *count, size_t most)
{
    uint32_t n = atomic_load_explicit(count, memory_order_seq_cst);
    while (n < most)
        if (atomic_compare_exchange_weak_explicit(count, &n, n + 1, memory_order_seq_cst,
                                                  memory_order_seq_cst))
            return true;
    return false;
}

static void leave(_Atomic uint32_t *count)
{
    atomic_fetch_sub_explicit(count, 1, memory_order_seq_cst);
}

/* True: something came soon after all. */
static bool linger(const stream *s)
{
    for (int i = 0; i < LINGER; i++) {
        if (waiting(s) > 0) return true;
        yki_relax();
    }
    return false;
}

/* Until there is nothing to take, or (true) until others should have their turn. */
static bool run_until_idle(stream *s)
{
    uint64_t start = yki_now_ns();
    do {
        while (run_some(s, SIZE_MAX, false)) {
            uint64_t now = yki_now_ns();
            if (now - start < YKI_MAP_BATCH_NS) continue;
            if (waiting(s) > 0) return true;
            start = now;
        }
    } while (may_take(s) && linger(s));
    return false;
}

/* Where the caller stands in for a runner that did not come, there is no place for it; the
 * caller sees to it that there is another. */
static yk_status run(void *arg)
{
    stream *s = arg;
    do {
        bool has_place = enter(&s->busy, s->state.jobs);
        bool others = has_place && run_until_idle(s);
        if (has_place) leave(&s->busy);
        if (others && yki_map_give_way(&s->state)) return YK_OK;
        leave(&s->hired);
        if (!has_place) return YK_OK;
        /* What came before that may have been taken for this one's to do. */
    } while (waiting(s) > 0 && may_take(s) && enter(&s->hired, s->most_runners));
    return YK_OK;
}

/* If there are items to take.  One runner is enough for so many. */
static void hire(stream *s, size_t moment)
{
    uint32_t hired = atomic_load_explicit(&s->hired, memory_order_seq_cst);
    if (waiting(s) <= (hired ? moment : 0)) return;
    if (!enter(&s->hired, s->most_runners)) return;
    if (!yki_map_hire(&s->state)) leave(&s->hired);
}

/* ---- the caller ---- */

static bool generate(stream *s)
{
    if (s->generated != YK_OK || s->made - s->sunk == s->in_flight
        || !yki_map_may(&s->state, s->made))
        return false;
    s->generated = s->user.generate(s->user.ctx, s->made, in_of(s, s->made));
    if (s->generated != YK_OK) return true;
    s->made++;
    atomic_store_explicit(&s->filled, s->made, memory_order_seq_cst);
    hire(s, yki_map_stride(&s->state) / 8);     /* those it will have done in a moment */
    return true;
}

static bool sink(stream *s)
{
    if (s->sunk == s->made || !is_done(s, s->sunk)) return false;
    size_t index = s->sunk++;
    yk_status st = slot_of(s, index)->status;
    if (s->user.sink) s->sink = s->user.sink(s->user.ctx, index, st, out_of(s, index));
    s->over = s->sink != YK_OK || (st != YK_OK && !(s->state.opts.flags & YK_ALL_ERRORS));
    return true;
}

static yk_status run_one(void *arg)
{
    return run_some(arg, 1, true) ? YK_OK : YK_E_RANGE;
}

static bool help(stream *s)
{
    if (waiting(s) == 0 || !enter(&s->busy, s->state.jobs)) return false;
    yki_map_here(&s->state, run_one, s);
    leave(&s->busy);
    return true;
}

/* An item that is not done.  Not the next one, if items are short: a sleep for each would take
 * longer than they do. */
static size_t worth_waking_for(const stream *s)
{
    size_t ahead = yki_min(yki_map_stride(&s->state), (s->made - s->sunk) / 2);
    if (!yki_map_may(&s->state, s->sunk + ahead)) ahead = 0;
    /* Runners are at different places; all before the item should be done when it is. */
    while (ahead && is_done(s, s->sunk + ahead)) ahead /= 2;
    return s->sunk + ahead;
}

/* Sleeps until there are items to be sunk, or for as long as there is patience. */
static void sleep_for_next(stream *s, bool untaken)
{
    uint64_t until = s->timed ? yki_map_next_look(&s->state) : UINT64_MAX;
    if (untaken) until = yki_min(until, yki_now_ns() + PATIENCE_NS);
    /* First, so that what is decided by what is read next is decided anew after a ring. */
    uint32_t bell = atomic_load_explicit(&s->bell, memory_order_acquire);
    size_t last = worth_waking_for(s);
    atomic_store_explicit(&s->awaited, last, memory_order_seq_cst);
    if (!is_done(s, last) && !yki_map_is_cut(&s->state)
        && !yki_futex_wait(&s->bell, bell, until) && untaken)
        s->waited_for = s->sunk;
    atomic_store_explicit(&s->awaited, NOBODY, memory_order_relaxed);
}

static void wait_or_help(stream *s)
{
    hire(s, 0);
    bool untaken = taken(s) <= s->sunk;
    bool alone = atomic_load_explicit(&s->hired, memory_order_relaxed) == 0;
    if (s->inside || (untaken && (alone || s->waited_for == s->sunk)))
        if (help(s)) return;
    sleep_for_next(s, untaken);
}

/* Until all has been sunk, or something ended it. */
static void drive(stream *s)
{
    while (!s->over && !yki_map_is_cut(&s->state)) {
        if (s->timed) yki_map_look(&s->state, yki_now_ns(), true);
        bool sank = sink(s);
        if (s->over) break;
        bool made = generate(s);
        if (s->sunk == s->made && s->generated != YK_OK) break;
        if (!sank && !made) wait_or_help(s);
    }
    if (s->sunk < s->made) yki_map_stop(&s->state, YKI_MAP_FAILED, 0);
    yki_map_dismiss(&s->state);
    yki_map_join(&s->state);
}

/* ---- memory ---- */

/* Where a slot's parts are; false: too large to be counted. */
static bool lay_out(stream *s)
{
    const size_t align = _Alignof(max_align_t);
    s->in_at = yki_round_up(sizeof(slot), align);
    if (!yki_add(s->in_at, yki_round_up(s->user.in_size, align), &s->out_at)
        || !yki_add(s->out_at, s->user.out_size, &s->slot_bytes)
        || s->slot_bytes > SIZE_MAX - YKI_CACHE_LINE)
        return false;
    s->slot_bytes = yki_round_up(s->slot_bytes, YKI_CACHE_LINE);
    return true;
}

/* Enough that a worker's next items are there when it is done with one; many where they are
 * small, and may be short. */
static size_t default_slots(const stream *s)
{
    const size_t bytes_a_job = 65536, most_a_job = 1024;
    size_t a_job = yki_min(most_a_job, yki_max(2, bytes_a_job / s->slot_bytes));
    if (s->state.opts.flags & YK_BLOCKING) a_job = 2;
    return s->state.jobs * a_job;
}

static yk_status open_slots(stream *s, const yk_map_opts *opts)
{
    size_t bytes;
    s->in_flight = s->user.in_flight ? s->user.in_flight : default_slots(s);
    if (s->most_runners == 0) s->in_flight = 1;     /* there is no use in more */
    if (!yki_mul(s->in_flight, s->slot_bytes, &bytes))
        return yki_map_refuse(opts, YK_E_RANGE, "the items in flight are too many to count");
    s->slots = yki_alloc(s->in_flight, s->slot_bytes);
    if (s->slots) return YK_OK;
    return yki_map_refuse(opts, YK_E_NOMEM, "no memory for the items in flight");
}

/* ---- the whole ---- */

static yk_status begin(stream *s, const yk_map_opts *opts)
{
    if (opts && opts->statuses)
        return yki_map_refuse(opts, YK_E_INVALID, "a stream has no statuses: its sink gets them");
    if (!lay_out(s)) return yki_map_refuse(opts, YK_E_RANGE, "an item is too large");
    size_t most = s->user.in_flight ? s->user.in_flight : SIZE_MAX;
    yk_status st = yki_map_begin(&s->state, most, opts);
    if (st != YK_OK) return st;
    s->state.opts.batch = 0;
    s->state.reports = true;
    s->inside = yki_map_is_inside(&s->state);
    s->timed = s->inside || s->state.opts.progress || s->state.opts.timeout_s > 0;
    s->most_runners = s->state.jobs - s->inside;
    s->waited_for = NOBODY;
    atomic_init(&s->awaited, NOBODY);
    st = open_slots(s, opts);
    if (st != YK_OK) yki_map_close(&s->state);
    return st;
}

static void fail_at(const stream *s, yk_status st, const char *what, size_t index)
{
    yk_diag *d = s->state.opts.diag;
    (void)yki_fail(d, st, "%s item %zu: %s", what, index, yk_strerror(st));
    if (!d) return;
    d->begin = index;
    d->end = index + 1;
}

/* Whatever came first in order is what failed. */
static yk_status end(stream *s)
{
    bool all_sunk = s->sunk == s->made && !s->over;
    bool complete = s->generated == YK_E_RANGE && s->sunk == s->made;
    yk_status st = YK_OK;
    if (s->sink != YK_OK) {
        st = s->sink;
        fail_at(s, st, "sinking", s->sunk - 1);
    } else if (all_sunk && s->generated != YK_OK && s->generated != YK_E_RANGE) {
        st = s->generated;
        fail_at(s, st, "generating", s->made);
    }
    return yki_map_end(&s->state, complete, st);
}

yk_status yki_map_stream(yki_tasks *tasks, const yk_stream *user, const yk_map_opts *opts,
                         size_t *count)
{
    if (count) *count = 0;
    if (!user || !user->generate)
        return yki_map_refuse(opts, YK_E_INVALID, "there is no stream, or it has no generate");
    for (size_t i = 0; i < YKI_COUNT(user->reserved); i++)
        if (user->reserved[i])
            return yki_map_refuse(opts, YK_E_INVALID, "yk_stream.reserved must be NULL");
    stream s = {.state = {.tasks = tasks, .fn = user->fn, .ctx = user->ctx, .runner = run},
                .user = *user};
    s.state.arg = &s;
    yk_status st = begin(&s, opts);
    if (st != YK_OK) return st;
    drive(&s);
    st = end(&s);
    yki_free(s.slots);
    if (count) *count = s.sunk;
    return st;
}
