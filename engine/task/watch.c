/* watch: what happens when a task is complete, beside waking those who wait: callbacks, the
 * tasks that come after it, and the order of completion.  Called by any thread; functions
 * that are called on completion hold no lock and must be short. */
#include "task_int.h"

#include <string.h>

yk_status yki_task_watch(yki_task *t, yki_done *done)
{
    yki_extra *x = yki_task_extra(t);
    if (!x) return YK_E_NOMEM;
    yki_task_lock(t);
    bool open = yki_task_phase(t) != YKI_TASK_DONE;
    if (open) {
        done->next = x->watches;
        x->watches = done;
        atomic_fetch_or_explicit(&t->state, YKI_TASK_WATCHED, memory_order_relaxed);
    }
    yki_task_unlock(t);
    if (open) return YK_OK;
    yki_task *dead = NULL;
    yki_tasks *ts = yki_task_owner(t);
    yki_hand *h = yki_hand_of(ts);
    /* What is called may free the future. */
    atomic_fetch_add_explicit(&t->state, YKI_TASK_REF, memory_order_relaxed);
    done->fn(t, done, &dead);
    yki_task_drop(ts, h, t);
    if (dead) yki_task_end_dead(ts, h, dead);
    return YK_OK;
}

bool yki_task_unwatch(yki_task *t, yki_done *done)
{
    yki_extra *x = atomic_load_explicit(&t->extra, memory_order_acquire);
    if (!x) return false;
    yki_task_lock(t);
    bool open = yki_task_phase(t) != YKI_TASK_DONE, found = false;
    for (yki_done **at = &x->watches; open && *at && !found; at = found ? at : &(*at)->next) {
        found = *at == done;
        if (found) *at = done->next;
    }
    yki_task_unlock(t);
    return found;
}

/* ---- callbacks ---- */

typedef struct callback {
    yki_done done;
    void (*fn)(yk_future *, void *);
    void *ctx;
} callback;

static void call_back(yki_task *t, yki_done *done, yki_task **dead)
{
    (void)dead;
    callback *c = (callback *)done;
    c->fn(t, c->ctx);
    yki_free(c);
}

yk_status yk_future_then(yk_future *future, void (*fn)(yk_future *, void *), void *ctx)
{
    if (!future || !fn) return YK_E_INVALID;
    if (yki_pool_forked(yki_task_owner(future)->pool)) return YK_E_FORKED;
    callback *c = yki_alloc(1, sizeof *c);
    if (!c) return YK_E_NOMEM;
    *c = (callback){{.fn = call_back}, fn, ctx};
    yk_status st = yki_task_watch(future, &c->done);
    if (st != YK_OK) yki_free(c);
    return st;
}

/* ---- order of completion ---- */

typedef struct entry {
    yki_done done;
    yk_completions *of;
    size_t index;
    size_t place;                   /* in order of completion; SIZE_MAX: none yet */
    bool watches;
} entry;

struct yk_completions {
    yki_tasks *tasks;               /* NULL: there is nothing to wait for */
    size_t n, n_entries;            /* futures; those that are not NULL */
    yk_future **futures;            /* the entries' */
    /* Positions in order of completion; completers' adds hand out places.  Read in that order, so
     * a place that is taken but still 0 is waited for. */
    _Atomic size_t *order;          /* position + 1; 0: not there yet */
    _Atomic size_t placed;
    size_t taken;                   /* by the one who takes */
    _Atomic uint32_t stirred;       /* futex: completions ever, times 2, plus 1: somebody sleeps */
    _Atomic uint32_t holders;       /* its user, and every future not complete */
    entry entries[];
};

static void drop(yk_completions *c)
{
    if (atomic_fetch_sub_explicit(&c->holders, 1, memory_order_acq_rel) != 1) return;
    yki_free(c->futures);
    yki_free((void *)c->order);
    yki_free(c);
}

/* Whoever sees that a task is complete, and lets another end because of that, gets them in that
 * order. */
static void complete_soon(yki_done *done)
{
    entry *e = (entry *)done;
    e->place = atomic_fetch_add_explicit(&e->of->placed, 1, memory_order_relaxed);
}

static void completed(yki_task *t, yki_done *done, yki_task **dead)
{
    entry *e = (entry *)done;
    yk_completions *c = e->of;
    (void)t, (void)dead;
    if (e->place == SIZE_MAX) complete_soon(done);
    atomic_store_explicit(&c->order[e->place], e->index + 1, memory_order_release);
    uint32_t old = atomic_fetch_add_explicit(&c->stirred, 2, memory_order_acq_rel);
    if (old & 1) yki_futex_wake(&c->stirred, UINT32_MAX);
    drop(c);
}

static yk_completions *make(yk_future *const *futures, size_t n)
{
    size_t bytes;
    if (!yki_mul(n, sizeof(entry), &bytes) || !yki_add(bytes, sizeof(yk_completions), &bytes))
        return NULL;
    yk_completions *c = yki_alloc(1, bytes);
    if (!c) return NULL;
    atomic_init(&c->holders, 1);
    c->n = n;
    c->futures = yki_alloc(yki_max(n, 1), sizeof *c->futures);
    c->order = yki_alloc(yki_max(n, 1), sizeof *c->order);
    if (!c->futures || !c->order) {
        drop(c);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        if (!futures[i]) continue;
        entry *e = &c->entries[c->n_entries];
        *e = (entry){{NULL, completed, complete_soon}, c, i, SIZE_MAX, false};
        c->futures[c->n_entries++] = futures[i];
        c->tasks = yki_task_owner(futures[i]);
    }
    return c;
}

static bool is_forked(yk_future *const *futures, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (futures[i] && yki_pool_forked(yki_task_owner(futures[i])->pool)) return true;
    return false;
}

yk_status yk_completions_open(yk_completions **out, yk_future *const *futures, size_t n)
{
    if (!out || (n && !futures)) return YK_E_INVALID;
    if (is_forked(futures, n)) return YK_E_FORKED;
    yk_completions *c = make(futures, n);
    if (!c) return YK_E_NOMEM;
    for (size_t i = 0; i < c->n_entries; i++) {
        atomic_fetch_add_explicit(&c->holders, 1, memory_order_relaxed);
        c->entries[i].watches = yki_task_watch(c->futures[i], &c->entries[i].done) == YK_OK;
        if (c->entries[i].watches) continue;
        drop(c);
        yk_completions_close(&c);
        return YK_E_NOMEM;
    }
    *out = c;
    return YK_OK;
}

static bool has_next(void *completions)
{
    const yk_completions *c = completions;
    return atomic_load_explicit(&c->order[c->taken], memory_order_acquire) != 0;
}

static uint32_t arm(void *completions, _Atomic uint32_t **word)
{
    yk_completions *c = completions;
    *word = &c->stirred;
    return atomic_fetch_or_explicit(&c->stirred, 1, memory_order_acq_rel) | 1;
}

static bool help(void *completions, yki_hand *h)
{
    yk_completions *c = completions;
    for (size_t i = 0; i < c->n_entries; i++)
        if (yki_wait_help_task(c->tasks, h, c->futures[i])) return true;
    return false;
}

static bool clear(void *completions, yki_hand *h)
{
    yk_completions *c = completions;
    bool any = false;
    for (size_t i = 0; i < c->n_entries; i++)
        any |= yki_task_end_unwanted(c->tasks, h, c->futures[i]);
    return any;
}

yk_status yk_completions_next(yk_completions *c, double timeout_s, size_t *index)
{
    if (!c || !index || timeout_s != timeout_s) return YK_E_INVALID;
    if (c->taken == c->n_entries) return YK_E_RANGE;
    if (yki_pool_forked(c->tasks->pool) && !has_next(c)) return YK_E_FORKED;
    yki_wait w = {.tasks = c->tasks, .deadline_ns = yki_deadline(timeout_s), .done = has_next,
                  .ctx = c, .arm = arm, .clear = clear, .help = help, .patient = true};
    if (!yki_wait_for(&w)) return YK_E_TIMEOUT;
    atomic_fetch_and_explicit(&c->stirred, ~1u, memory_order_relaxed);
    *index = atomic_load_explicit(&c->order[c->taken++], memory_order_acquire) - 1;
    return YK_OK;
}

void yk_completions_close(yk_completions **completions)
{
    yk_completions *c = completions ? *completions : NULL;
    if (!c) return;
    *completions = NULL;
    /* In a child nobody else holds it, and futures may be locked by threads that are not there. */
    bool forked = c->tasks && yki_pool_forked(c->tasks->pool);
    if (forked) atomic_store_explicit(&c->holders, 1, memory_order_relaxed);
    for (size_t i = 0; i < c->n_entries && !forked; i++)
        if (c->entries[i].watches && yki_task_unwatch(c->futures[i], &c->entries[i].done)) drop(c);
    drop(c);
}

yk_status yk_wait_any(yk_future *const *futures, size_t n, double timeout_s, size_t *index)
{
    if (!index || timeout_s != timeout_s || (n && !futures)) return YK_E_INVALID;
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        any |= futures[i] != NULL;
        if (!yk_future_done(futures[i])) continue;
        *index = i;
        return YK_OK;
    }
    yk_completions *c;
    yk_status st = any ? yk_completions_open(&c, futures, n) : YK_E_INVALID;
    if (st != YK_OK) return st;
    st = yk_completions_next(c, timeout_s, index);
    yk_completions_close(&c);
    return st;
}
