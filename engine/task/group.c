/* group: tasks that are waited for together, counted instead of followed one by one.
 *
 * Two counts that only grow, on a line each: submitters add to one, enders to the other, and a
 * thread that runs many tasks of one group in a row adds them all at once, when it comes to
 * something else.  That delays nobody: as long as it runs a task of the group, the group has
 * not ended anyway.  Memory of groups is kept by the room, so that an ender's wake-up, and
 * a future that belonged to one, never meet foreign memory. */
#include "task_int.h"

#include <string.h>

/* ---- counting ---- */

/* Whether so many ends, times 2, are all. */
static bool is_whole(const yk_group *g, uint32_t ended)
{
    uint32_t submitted = atomic_load_explicit(&g->submitted, memory_order_acquire)
        + atomic_load_explicit(&g->submitted_home, memory_order_acquire);
    return ((ended ^ 2 * submitted) & ~1u) == 0;
}

/* The last end of all sees a whole count, since what is submitted counts before its end.  Once
 * the count is whole the group may be another's, and what is read of it, or woken, wrong: that
 * harms nobody. */
static void add_ends(yk_group *g, uint32_t n)
{
    uint32_t old = atomic_fetch_add_explicit(&g->ended, 2 * n, memory_order_acq_rel);
    if ((old & 1) && is_whole(g, old + 2 * n)) yki_futex_wake(&g->ended, UINT32_MAX);
}

void yki_group_flush(yki_hand *h)
{
    yk_group *g = h->done_group;
    if (!g) return;
    uint32_t n = h->done_count;
    h->done_group = NULL;
    h->done_count = 0;
    add_ends(g, n);
}

void yki_group_ended(yki_hand *h, yk_group *g)
{
    if (!h) {
        add_ends(g, 1);
        return;
    }
    if (h->done_group != g) yki_group_flush(h);
    h->done_group = g;
    h->done_count++;
}

void yki_group_failed(yk_group *g, yk_status st, const char *message)
{
    uint32_t none = YK_OK;
    if (atomic_compare_exchange_strong_explicit(&g->failed, &none, (uint32_t)st,
                                                memory_order_acq_rel, memory_order_relaxed))
        yki_copy_text(g->message, sizeof g->message, message);
}

/* Ends first: what was submitted until they were read is among the submitted then. */
static bool is_over(void *group)
{
    const yk_group *g = group;
    return is_whole(g, atomic_load_explicit(&g->ended, memory_order_acquire));
}

static uint32_t arm(void *group, _Atomic uint32_t **word)
{
    yk_group *g = group;
    *word = &g->ended;
    return atomic_fetch_or_explicit(&g->ended, 1, memory_order_acq_rel) | 1;
}

/* Inside a task: those of the group that are in nobody's deque, since all who could take them may
 * be waiting, too.  What blocks is run here only where the crew has no thread left for it. */
static bool help_with_shared(yk_group *g, yki_hand *h)
{
    yki_tasks *ts = g->tasks;
    if (!yki_task_current() && !ts->no_threads) return false;
    bool worker = h && h->number < ts->workers;
    bool crew = ts->no_threads || ((!worker || h->waits_long) && yki_crew_is_stuck(ts->crew));
    yki_task *t = yki_queue_take_grouped(ts, g, crew);
    if (t) yki_run_entry(ts, h, t, true);
    return t != NULL;
}

/* What the newest of those that wait for others waits for may be queued where only a thread finds
 * it that waits, too. */
static bool help_with_waiting(yk_group *g, yki_hand *h)
{
    yki_tasks *ts = g->tasks;
    if (!yki_task_current() && !ts->no_threads) return false;
    if (h && h->number < ts->workers && !h->waits_long) return false;
    (void)pthread_mutex_lock(&ts->lock);
    yki_task *t = g->waiting;
    if (t) atomic_fetch_add_explicit(&t->state, YKI_TASK_REF, memory_order_relaxed);
    (void)pthread_mutex_unlock(&ts->lock);
    bool helped = t && yki_wait_help_task(ts, h, t);
    if (t) yki_task_drop(ts, h, t);
    return helped;
}

/* So many before a look at whether all have ended, which costs more than a short task. */
#define HELP_AT_ONCE 64

/* The newest of this thread's entries, as long as they belong to the group. */
static bool help(void *group, yki_hand *h)
{
    yk_group *g = group;
    yki_task *t;
    unsigned n = 0;
    while (h && n < HELP_AT_ONCE && (t = yki_deque_pop(&h->deque, INT64_MIN)) != NULL) {
        if (yki_task_group(t) != g) {
            yki_queue_put(g->tasks, h, t);
            break;
        }
        yki_run_entry(g->tasks, h, t, false);
        n++;
    }
    return n > 0 || help_with_shared(g, h) || help_with_waiting(g, h);
}

/* All others may be waiting as well, each above what another waits for.  Where there are no
 * workers, what tasks of the group come after has nobody else to run it. */
static bool search(void *group, yki_hand *h)
{
    yk_group *g = group;
    yki_tasks *ts = g->tasks;
    bool stolen = true;
    yki_task *t = yki_queue_search(ts, h, g);
    if (!t && ts->no_threads) t = yki_queue_find(ts, h, &stolen);
    if (t) yki_run_entry(ts, h, t, stolen);
    return t != NULL;
}

/* ---- cancelled groups ---- */

static yki_extra *extra_of(yki_task *t)
{
    return atomic_load_explicit(&t->extra, memory_order_acquire);
}

/* Lock held. */
static void unlink_waiting(yki_task *t)
{
    yki_extra *x = extra_of(t);
    *x->waiting_at = x->next_waiting;
    if (x->next_waiting) extra_of(x->next_waiting)->waiting_at = x->waiting_at;
    x->waiting_at = NULL;
}

bool yki_group_add_waiting(yk_group *g, yki_task *t)
{
    yki_extra *x = extra_of(t);
    (void)pthread_mutex_lock(&g->tasks->lock);
    bool asked = atomic_load_explicit(&g->asked, memory_order_acquire) != 0;
    if (!asked) {
        x->next_waiting = g->waiting;
        if (g->waiting) extra_of(g->waiting)->waiting_at = &x->next_waiting;
        x->waiting_at = &g->waiting;
        g->waiting = t;
    }
    (void)pthread_mutex_unlock(&g->tasks->lock);
    return !asked;
}

void yki_group_remove_waiting(yk_group *g, yki_task *t)
{
    (void)pthread_mutex_lock(&g->tasks->lock);
    if (extra_of(t)->waiting_at) unlink_waiting(t);
    (void)pthread_mutex_unlock(&g->tasks->lock);
}

/* Its entries out of this thread's deque: of all, or inside a task of those that are that
 * task's.  The others' order stays. */
static bool clear_deque(yk_group *g, yki_hand *h)
{
    const yki_current *c = yki_current_worker;
    int64_t from = c && c->hand == h ? c->mark : INT64_MIN;
    yki_task *kept = NULL, *t;
    bool any = false;
    while ((t = yki_deque_pop(&h->deque, from)) != NULL) {
        if (yki_task_group(t) == g) {
            yki_run_entry(g->tasks, h, t, false);
            any = true;
        } else {
            t->link.next = (yki_link *)kept;
            kept = t;
        }
    }
    while ((t = kept) != NULL) {
        kept = (yki_task *)t->link.next;
        yki_queue_put(g->tasks, h, t);
    }
    return any;
}

/* With a reference. */
static yki_task *take_waiting(yk_group *g)
{
    (void)pthread_mutex_lock(&g->tasks->lock);
    yki_task *t = g->waiting;
    if (t) {
        atomic_fetch_add_explicit(&t->state, YKI_TASK_REF, memory_order_relaxed);
        unlink_waiting(t);
    }
    (void)pthread_mutex_unlock(&g->tasks->lock);
    return t;
}

static bool clear_waiting(yk_group *g, yki_hand *h)
{
    yki_tasks *ts = g->tasks;
    bool any = false;
    yki_task *t;
    while ((t = take_waiting(g)) != NULL) {
        any |= yki_task_end_unwanted(ts, h, t);
        yki_task_drop(ts, h, t);
    }
    return any;
}

/* What no thread holds, and what this one does; the rest ends when its turn comes. */
static bool clear(void *group, yki_hand *h)
{
    yk_group *g = group;
    if (!atomic_load_explicit(&g->asked, memory_order_acquire)
        && !atomic_load_explicit(&g->tasks->stopped, memory_order_acquire))
        return false;
    bool any = clear_waiting(g, h);
    if (h) any |= clear_deque(g, h);
    yki_task *t;
    while ((t = yki_queue_take_grouped(g->tasks, g, true)) != NULL) {
        yki_run_entry(g->tasks, h, t, true);
        any = true;
    }
    return any;
}

/* ---- the public calls ---- */

yk_status yki_group_open(yki_tasks *ts, yk_group **out)
{
    (void)pthread_mutex_lock(&ts->lock);
    yk_group *g = ts->groups;
    if (g) ts->groups = g->next;
    (void)pthread_mutex_unlock(&ts->lock);
    if (!g) {
        if (!(g = yki_alloc(1, sizeof *g))) return YK_E_NOMEM;
        g->tasks = ts;
        (void)pthread_mutex_lock(&ts->lock);
        g->older = ts->all_groups;
        ts->all_groups = g;
        (void)pthread_mutex_unlock(&ts->lock);
    }
    g->up = NULL;
    g->deadline_ns = 0;
    g->home = yki_hand_of(ts);
    *out = g;
    return YK_OK;
}

void yki_groups_close(yki_tasks *ts)
{
    while (ts->all_groups) {
        yk_group *older = ts->all_groups->older;
        yki_free(ts->all_groups);
        ts->all_groups = older;
    }
}

static void renew(yk_group *g)
{
    atomic_store_explicit(&g->asked, 0, memory_order_release);
    atomic_store_explicit(&g->failed, YK_OK, memory_order_release);
    g->message[0] = '\0';
}

yk_status yk_group_wait(yk_group *g, double timeout_s)
{
    if (!g || timeout_s != timeout_s) return YK_E_INVALID;
    if (yki_pool_forked(g->tasks->pool)) return YK_E_FORKED;
    yki_wait w = {.tasks = g->tasks, .deadline_ns = yki_deadline(timeout_s), .done = is_over,
                  .ctx = g, .arm = arm, .clear = clear, .help = help, .search = search,
                  .where = &g->where};
    if (!yki_wait_for(&w)) return YK_E_TIMEOUT;
    atomic_fetch_and_explicit(&g->ended, ~1u, memory_order_relaxed);
    yk_status st = (yk_status)atomic_load_explicit(&g->failed, memory_order_acquire);
    if (st == YK_OK && atomic_load_explicit(&g->asked, memory_order_acquire)) st = YK_E_CANCELLED;
    memcpy(g->said, g->message, sizeof g->said);
    renew(g);
    return st;
}

const char *yk_group_message(const yk_group *g) { return g ? g->said : ""; }

void yk_group_cancel(yk_group *g)
{
    if (!g || yki_pool_forked(g->tasks->pool)) return;
    atomic_store_explicit(&g->asked, 1, memory_order_release);
    (void)clear_waiting(g, yki_hand_of(g->tasks));
    if (atomic_load_explicit(&g->ended, memory_order_relaxed) & 1)
        yki_futex_wake(&g->ended, UINT32_MAX);      /* to clear the rest */
}

void yk_group_close(yk_group **group)
{
    yk_group *g = group ? *group : NULL;
    if (!g) return;
    yki_tasks *ts = g->tasks;
    *group = NULL;
    /* Tasks that will never end still count in it: it is left to the room. */
    if (yki_pool_forked(ts->pool) || yk_group_wait(g, -1) == YK_E_TIMEOUT) return;
    g->said[0] = '\0';
    (void)pthread_mutex_lock(&ts->lock);
    g->next = ts->groups;
    ts->groups = g;
    (void)pthread_mutex_unlock(&ts->lock);
}
