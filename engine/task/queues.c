/* queues: who has which tasks, and who looks where.
 *
 * A thread puts what it submits at the bottom of its own deque, and takes from there first, so
 * that what is next is what is warm.  Who has none takes the oldest of another's, or of the
 * list that threads without a hand share.
 *
 * Idle workers read one word, `offered`, which says that there may be something to take.
 * Pushers set it after the push if it is not set; a worker clears it when it finds nothing,
 * or takes the last, and then looks once more.  Pushes, takes and `offered` are all in
 * the one order of sequentially consistent operations, so either the pusher sees the cleared
 * word, or the worker the push.  Setting it makes sure that somebody looks (yki_pool_notify).
 * That it stays set while all who are awake are busy must not leave others asleep: so a pusher
 * whose deque grows wakes one at each doubling, and a thief that leaves something behind one
 * more. */
#include "task_int.h"

#include <sched.h>

/* ---- hands ---- */

static yki_hand *make_hand(yki_tasks *ts, uint32_t number)
{
    yki_hand *h = yki_alloc(1, sizeof *h);
    if (!h) return NULL;
    if (!yki_deque_open(&h->deque)) {
        yki_free(h);
        return NULL;
    }
    h->tasks = ts;
    h->number = number;
    atomic_init(&h->owned, 1);
    atomic_init(&h->holders, 1);
    return h;
}

static void drop_hand(yki_hand *h)
{
    if (atomic_fetch_sub_explicit(&h->holders, 1, memory_order_acq_rel) == 1) yki_free(h);
}

yk_status yki_hands_open(yki_tasks *ts)
{
    ts->hands = yki_alloc(ts->workers + YKI_GUESTS, sizeof *ts->hands);
    if (!ts->hands) return YK_E_NOMEM;
    for (size_t i = 0; i < ts->workers; i++) {
        yki_hand *h = make_hand(ts, (uint32_t)i);
        if (!h) return YK_E_NOMEM;
        atomic_store_explicit(&ts->hands[i], h, memory_order_release);
        atomic_store_explicit(&ts->n_hands, (uint32_t)i + 1, memory_order_release);
    }
    return YK_OK;
}

/* A thread that outlives the room keeps its hand without a deque: it may be ending at this very
 * moment, and where it does not, nobody will tell it. */
void yki_hands_close(yki_tasks *ts)
{
    uint32_t n = atomic_load_explicit(&ts->n_hands, memory_order_acquire);
    for (uint32_t i = 0; i < n; i++) {
        yki_hand *h = atomic_load_explicit(&ts->hands[i], memory_order_acquire);
        yki_deque_close(&h->deque);
        drop_hand(h);
    }
    yki_free(ts->hands);
}

/* The thread is gone; what its deque holds is still there for all to take. */
void yki_hand_release(void *hand)
{
    yki_hand *h = hand;
    yki_group_flush(h);
    atomic_store_explicit(&h->owned, 0, memory_order_release);
    drop_hand(h);
}

/* One that a thread left, or a new one.  Lock held. */
static yki_hand *find_guest(yki_tasks *ts)
{
    uint32_t n = atomic_load_explicit(&ts->n_hands, memory_order_acquire);
    for (uint32_t i = (uint32_t)ts->workers; i < n; i++) {
        yki_hand *h = atomic_load_explicit(&ts->hands[i], memory_order_acquire);
        if (atomic_exchange_explicit(&h->owned, 1, memory_order_acq_rel) == 0) return h;
    }
    if (n == ts->workers + YKI_GUESTS) return NULL;
    yki_hand *h = make_hand(ts, n);
    if (!h) return NULL;
    atomic_store_explicit(&ts->hands[n], h, memory_order_release);
    atomic_store_explicit(&ts->n_hands, n + 1, memory_order_release);
    return h;
}

static yki_hand *become_guest(yki_tasks *ts)
{
    (void)pthread_mutex_lock(&ts->lock);
    yki_hand *h = find_guest(ts);
    (void)pthread_mutex_unlock(&ts->lock);
    if (!h) return NULL;
    atomic_fetch_add_explicit(&h->holders, 1, memory_order_relaxed);
    h->since = yki_deque_mark(&h->deque);
    if (pthread_setspecific(ts->key, h) == 0) return h;
    atomic_store_explicit(&h->owned, 0, memory_order_release);
    drop_hand(h);
    return NULL;
}

/* A worker's claim at the bottom of the chain says which of the hands is its own. */
static yki_hand *worker_hand(yki_tasks *ts)
{
    const yki_current *c = yki_current_worker;
    while (c && c->up) c = c->up;
    if (!c || !c->own_thread || c->pool != ts->pool || c->number >= ts->workers) return NULL;
    return atomic_load_explicit(&ts->hands[c->number], memory_order_relaxed);
}

yki_hand *yki_hand_held(yki_tasks *ts)
{
    return ts->has_key ? pthread_getspecific(ts->key) : NULL;
}

yki_hand *yki_hand_of(yki_tasks *ts)
{
    const yki_current *c = yki_current_worker;
    yki_hand *h = c ? c->hand : NULL;
    if (h && h->tasks == ts) return h;
    if (c && (h = worker_hand(ts)) != NULL) return h;
    if (!ts->has_key) return NULL;
    h = yki_hand_held(ts);
    return h ? h : become_guest(ts);
}

/* ---- offering ---- */

/* A worker that keeps apart will look again in a moment; one that then leaves its core has
 * somebody else look. */
static bool somebody_will_look(yki_tasks *ts)
{
    for (size_t i = 0; i < ts->workers; i++) {
        const yki_hand *h = atomic_load_explicit(&ts->hands[i], memory_order_relaxed);
        if (atomic_load_explicit(&h->apart, memory_order_seq_cst)) return true;
    }
    return false;
}

static void offer(yki_tasks *ts)
{
    if (atomic_load_explicit(&ts->offered, memory_order_seq_cst) != 0) return;
    if (atomic_exchange_explicit(&ts->offered, 1, memory_order_seq_cst) == 0
        && !somebody_will_look(ts))
        yki_pool_notify(ts->pool, 1);
}

static bool is_power_of_two(int64_t n) { return (n & (n - 1)) == 0; }

/* `left` entries wait where one was put or taken. */
static void wake_more(yki_tasks *ts, int64_t left)
{
    if (left > 0 && is_power_of_two(left) && yki_pool_asleep(ts->pool))
        yki_pool_notify(ts->pool, 1);
}

#define REST_NS UINT64_C(100000)

/* A thief leaves some behind.  Wakes that were meant for them may have been satisfied with this
 * very thread, when it was about to wake up: after a rest it passes one on. */
static void wake_behind(yki_tasks *ts, yki_hand *h, int64_t left)
{
    if (!yki_pool_asleep(ts->pool)) return;
    uint64_t now = yki_now_ns();
    bool rested = h && now - h->woke_ns > REST_NS;
    if (h) h->woke_ns = now;
    if (rested || is_power_of_two(left)) yki_pool_notify(ts->pool, 1);
}

/* ---- putting ---- */

static void put_shared(yki_tasks *ts, yki_task *t)
{
    t->link.next = NULL;
    (void)pthread_mutex_lock(&ts->lock);
    *ts->last = &t->link;
    ts->last = &t->link.next;
    size_t left = atomic_fetch_add_explicit(&ts->shared_count, 1, memory_order_seq_cst) + 1;
    (void)pthread_mutex_unlock(&ts->lock);
    offer(ts);
    wake_more(ts, (int64_t)left - 1);
}

void yki_queue_put(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    bool to_crew = (t->flags & YK_BLOCKING) || ts->no_threads;
    if (to_crew && yki_crew_push(ts->crew, &t->link)) return;
    if (!h || !yki_deque_push(&h->deque, t)) {
        put_shared(ts, t);
        return;
    }
    offer(ts);
    wake_more(ts, yki_deque_count(&h->deque) - 1);
}

/* ---- taking ---- */

static yki_task *take_shared(yki_tasks *ts)
{
    if (atomic_load_explicit(&ts->shared_count, memory_order_seq_cst) == 0) return NULL;
    (void)pthread_mutex_lock(&ts->lock);
    yki_link *l = ts->first;
    if (l) {
        ts->first = l->next;
        if (!ts->first) ts->last = &ts->first;
        atomic_fetch_sub_explicit(&ts->shared_count, 1, memory_order_seq_cst);
    }
    (void)pthread_mutex_unlock(&ts->lock);
    return (yki_task *)l;
}

static bool is_of_group(const yki_link *item, const void *group)
{
    return yki_task_group((const yki_task *)item) == group;
}

static yki_task *take_shared_of(yki_tasks *ts, const yk_group *g)
{
    if (atomic_load_explicit(&ts->shared_count, memory_order_seq_cst) == 0) return NULL;
    (void)pthread_mutex_lock(&ts->lock);
    yki_link **at = &ts->first;
    while (*at && !is_of_group(*at, g)) at = &(*at)->next;
    yki_link *l = *at;
    if (l) {
        *at = l->next;
        if (!*at) ts->last = at;
        atomic_fetch_sub_explicit(&ts->shared_count, 1, memory_order_seq_cst);
    }
    (void)pthread_mutex_unlock(&ts->lock);
    return (yki_task *)l;
}

yki_task *yki_queue_take_grouped(yki_tasks *ts, const yk_group *g, bool crew)
{
    yki_task *t = take_shared_of(ts, g);
    return t || !crew ? t : (yki_task *)yki_crew_take(ts->crew, is_of_group, g);
}

/* From any other's deque, beginning behind its own, so that thieves spread. */
static yki_task *steal(yki_tasks *ts, yki_hand *h, int64_t *left)
{
    uint32_t n = atomic_load_explicit(&ts->n_hands, memory_order_acquire);
    uint32_t first = h ? h->number : 0;
    bool again;
    do {
        again = false;
        for (uint32_t i = 1; i <= n; i++) {
            yki_hand *v = atomic_load_explicit(&ts->hands[(first + i) % n], memory_order_acquire);
            yki_task *t = v == h ? NULL : yki_deque_steal(&v->deque, INT64_MIN, &again);
            if (!t) continue;
            *left = yki_deque_count(&v->deque);
            if (h) h->victim = v;
            return t;
        }
    } while (again);
    return NULL;
}

/* So many entries of one deque are turned over at once. */
#define SEARCH_DEPTH 64

static yki_task *search_deque(yki_tasks *ts, yki_hand *v, bool own, const yk_group *g)
{
    for (unsigned i = 0; i < SEARCH_DEPTH; i++) {
        bool again = false;
        yki_task *t = own ? yki_deque_pop(&v->deque, INT64_MIN)
                          : yki_deque_steal(&v->deque, INT64_MIN, &again);
        if (!t && !again) return NULL;
        if (t && yki_task_group(t) == g) return t;
        if (t) put_shared(ts, t);
    }
    return NULL;
}

yki_task *yki_queue_search(yki_tasks *ts, yki_hand *h, const yk_group *g)
{
    uint32_t n = atomic_load_explicit(&ts->n_hands, memory_order_acquire);
    yki_task *t = h ? search_deque(ts, h, true, g) : NULL;
    for (uint32_t i = 0; i < n && !t; i++) {
        yki_hand *v = atomic_load_explicit(&ts->hands[i], memory_order_acquire);
        if (v != h) t = search_deque(ts, v, false, g);
    }
    return t;
}

static yki_task *take_others(yki_tasks *ts, yki_hand *h, int64_t *left)
{
    if (h) h->victim = NULL;
    yki_task *t = take_shared(ts);
    if (!t) return steal(ts, h, left);
    *left = (int64_t)atomic_load_explicit(&ts->shared_count, memory_order_relaxed);
    return t;
}

static bool anything_left(yki_tasks *ts)
{
    if (atomic_load_explicit(&ts->shared_count, memory_order_seq_cst) > 0) return true;
    uint32_t n = atomic_load_explicit(&ts->n_hands, memory_order_acquire);
    for (uint32_t i = 0; i < n; i++)
        if (yki_deque_count(&atomic_load_explicit(&ts->hands[i], memory_order_acquire)->deque) > 0)
            return true;
    return false;
}

/* Nothing was left where this thread looked: says so, unless there is something elsewhere. */
static void withdraw(yki_tasks *ts)
{
    if (atomic_exchange_explicit(&ts->offered, 0, memory_order_seq_cst) == 0) return;
    if (anything_left(ts)) offer(ts);
}

/* Now and then others come before the thread's own, which might never end. */
#define OTHERS_FIRST 61

yki_task *yki_queue_find(yki_tasks *ts, yki_hand *h, bool *stolen)
{
    int64_t left = 0;
    yki_task *t = NULL;
    bool others_first = h && ++h->ticks % OTHERS_FIRST == 0;
    *stolen = false;
    if (others_first) t = take_others(ts, h, &left);
    if (!t && h && (t = yki_deque_pop(&h->deque, INT64_MIN)) != NULL) return t;
    if (!t) t = take_others(ts, h, &left);
    *stolen = true;
    if (left > 0) wake_behind(ts, h, left);
    else withdraw(ts);
    return t;
}

/* If `where` reads the same after the theft as before, what it tells of ran all that time (or
 * another of its kind did, from the same position on), and what lay at that position or later
 * was submitted by it. */
yki_task *yki_queue_find_below(yki_tasks *ts, _Atomic uint64_t *where)
{
    uint64_t at = atomic_load_explicit(where, memory_order_acquire);
    uint32_t number = (uint32_t)(at >> 48);
    if (number == 0 || number > atomic_load_explicit(&ts->n_hands, memory_order_acquire))
        return NULL;
    yki_hand *v = atomic_load_explicit(&ts->hands[number - 1], memory_order_acquire);
    bool again = false;
    yki_task *t = yki_deque_steal(&v->deque, (int64_t)(at & ((UINT64_C(1) << 48) - 1)), &again);
    if (!t) return NULL;
    if (yki_deque_count(&v->deque) <= 0) withdraw(ts);
    if (atomic_load_explicit(where, memory_order_acquire) == at) return t;
    put_shared(ts, t);
    return NULL;
}

/* ---- the pool's source ---- */

bool yki_queue_ready(void *tasks)
{
    const yki_tasks *ts = tasks;
    return atomic_load_explicit(&ts->offered, memory_order_seq_cst) != 0;
}

/* Where tasks are over in less time than a line takes from core to core, whoever takes them
 * one by one from the deque of a thread that is at work on it only holds that thread up, which
 * would be through with them sooner alone.  So it keeps apart for a while; and if that thread,
 * or any other, waits for this very core, it leaves it. */
#ifndef YKI_TINY_NS             /* tests without a clock say 0: there is no such task */
#define YKI_TINY_NS 150
#endif
#define LOOK_AGAIN_NS 300
#define APART_NS 1500
#define YIELD_AT 16             /* tiny ones */
#define YIELD_TOOK_NS 40000     /* then somebody else had the core */

static uint64_t pause_until(const yki_tasks *ts, size_t worker, uint64_t until)
{
    uint64_t now;
    while ((now = yki_now_ns()) < until && !yki_pool_wanted(ts->pool, worker)) yki_relax();
    return now;
}

/* False: others want this core. */
static bool keep_apart(const yki_tasks *ts, yki_hand *h, const yki_hand *victim, size_t worker,
                       uint64_t now)
{
    const yki_deque *d = &victim->deque;
    int64_t was = yki_deque_mark(d);
    bool stays = true;
    atomic_store_explicit(&h->apart, 1, memory_order_relaxed);
    if (h->n_tiny++ % YIELD_AT == 0) {
        yki_group_flush(h);
        uint64_t before = now;
        (void)sched_yield();
        now = yki_now_ns();
        stays = now - before < YIELD_TOOK_NS;
    }
    if (stays) now = pause_until(ts, worker, now + LOOK_AGAIN_NS);
    if (stays && yki_deque_mark(d) != was) {
        yki_group_flush(h);
        (void)pause_until(ts, worker, now + APART_NS);
    }
    atomic_store_explicit(&h->apart, 0, memory_order_seq_cst);
    return stays;
}

static bool run_stolen(yki_tasks *ts, yki_hand *h, size_t worker, yki_task *t)
{
    if (!h->victim) {           /* nobody's deque */
        yki_run_entry(ts, h, t, true);
        return true;
    }
    yki_hand *victim = h->victim;
    uint64_t begin = yki_now_ns();
    yki_run_entry(ts, h, t, true);
    uint64_t end = yki_now_ns();
    return end >= begin + YKI_TINY_NS || keep_apart(ts, h, victim, worker, end);
}

bool yki_queue_run(void *tasks, size_t worker)
{
    yki_tasks *ts = tasks;
    yki_hand *h = atomic_load_explicit(&ts->hands[worker], memory_order_relaxed);
    yki_current claim = *yki_current_worker;
    claim.hand = h;
    claim.own_thread = false;
    claim.up = yki_current_worker;
    yki_current_worker = &claim;
    yki_task *t;
    bool stolen, stays = true;
    while (stays && (t = yki_queue_find(ts, h, &stolen)) != NULL) {
        if (stolen) stays = run_stolen(ts, h, worker, t);
        else yki_run_entry(ts, h, t, false);
        if (yki_pool_wanted(ts->pool, worker)) break;
    }
    yki_group_flush(h);
    yki_current_worker = claim.up;
    if (!stays && yki_queue_ready(ts)) yki_pool_notify(ts->pool, 1);
    return stays;
}

bool yki_queue_core_taken(const yki_tasks *ts)
{
    size_t worker = yki_pool_core_worker(ts->pool);
    if (worker >= ts->workers || !yki_pool_is_away(ts->pool, worker)) return false;
    const yki_hand *h = atomic_load_explicit(&ts->hands[worker], memory_order_relaxed);
    return !atomic_load_explicit(&h->apart, memory_order_relaxed);
}

bool yki_queue_lets_work(const yki_tasks *ts, bool slow)
{
    return !slow || !yki_queue_core_taken(ts);
}

/* ---- counting ---- */

/* Ends first: what had been submitted when they were read is then among the submitted. */
uint64_t yki_tasks_left(yki_tasks *ts)
{
    uint64_t left = 0 - atomic_load_explicit(&ts->completed, memory_order_acquire);
    uint32_t n = atomic_load_explicit(&ts->n_hands, memory_order_acquire);
    for (uint32_t i = 0; i < n; i++) {
        yki_hand *h = atomic_load_explicit(&ts->hands[i], memory_order_acquire);
        left -= atomic_load_explicit(&h->completed, memory_order_acquire);
    }
    n = atomic_load_explicit(&ts->n_hands, memory_order_acquire);
    for (uint32_t i = 0; i < n; i++) {
        yki_hand *h = atomic_load_explicit(&ts->hands[i], memory_order_acquire);
        left += atomic_load_explicit(&h->submitted, memory_order_acquire);
    }
    return left + atomic_load_explicit(&ts->submitted, memory_order_acquire);
}
