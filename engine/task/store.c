/* store: memory for tasks, a cache line each.
 *
 * A thread with a hand takes from and gives to its own list, without any exchange with others.
 * Where one thread submits and another runs, memory would pile up with the second; so lists
 * that have grown give a chain of YKI_BATCH to the room, from which empty ones take.  Slabs
 * stay until the room closes: memory of tasks is always memory of tasks. */
#include "task_int.h"

typedef struct yki_slab {
    struct yki_slab *next;
    yki_task tasks[] __attribute__((aligned(YKI_CACHE_LINE)));
} yki_slab;

static yki_task *pop_free(yki_task **list)
{
    yki_task *t = *list;
    *list = (yki_task *)t->link.next;
    return t;
}

static void push_free(yki_task **list, yki_task *t)
{
    t->link.next = (yki_link *)*list;
    *list = t;
}

/* Lock held. */
static yki_task *from_slab(yki_tasks *ts)
{
    if (!ts->slabs || ts->slab_used == YKI_SLAB_TASKS) {
        yki_slab *s = yki_alloc(1, sizeof *s + YKI_SLAB_TASKS * sizeof s->tasks[0]);
        if (!s) return NULL;
        s->next = ts->slabs;
        ts->slabs = s;
        ts->slab_used = 0;
    }
    return &ts->slabs->tasks[ts->slab_used++];
}

/* A chain of the room's, else fresh memory; as much as there is. */
static bool refill(yki_tasks *ts, yki_hand *h)
{
    (void)pthread_mutex_lock(&ts->lock);
    if (ts->chains) {
        h->free = ts->chains;
        ts->chains = h->free->arg;
        h->n_free = YKI_BATCH;
    }
    while (h->n_free < YKI_BATCH) {
        yki_task *t = from_slab(ts);
        if (!t) break;
        push_free(&h->free, t);
        h->n_free++;
    }
    (void)pthread_mutex_unlock(&ts->lock);
    return h->n_free > 0;
}

static yki_task *take_single(yki_tasks *ts)
{
    (void)pthread_mutex_lock(&ts->lock);
    yki_task *t = ts->spare ? pop_free(&ts->spare) : from_slab(ts);
    (void)pthread_mutex_unlock(&ts->lock);
    return t;
}

yki_task *yki_store_take(yki_tasks *ts, yki_hand *h)
{
    if (!h) return take_single(ts);
    if (!h->free && !refill(ts, h)) return NULL;
    h->n_free--;
    return pop_free(&h->free);
}

/* The first YKI_BATCH of the list to the room. */
static void give_chain(yki_tasks *ts, yki_hand *h)
{
    yki_task *first = h->free, *last = first;
    for (size_t i = 1; i < YKI_BATCH; i++) last = (yki_task *)last->link.next;
    h->free = (yki_task *)last->link.next;
    h->n_free -= YKI_BATCH;
    last->link.next = NULL;
    (void)pthread_mutex_lock(&ts->lock);
    first->arg = ts->chains;
    ts->chains = first;
    (void)pthread_mutex_unlock(&ts->lock);
}

void yki_store_give(yki_tasks *ts, yki_hand *h, yki_task *t)
{
    if (h) {
        push_free(&h->free, t);
        if (++h->n_free >= 2 * YKI_BATCH) give_chain(ts, h);
        return;
    }
    (void)pthread_mutex_lock(&ts->lock);
    push_free(&ts->spare, t);
    (void)pthread_mutex_unlock(&ts->lock);
}

void yki_store_close(yki_tasks *ts)
{
    while (ts->slabs) {
        yki_slab *next = ts->slabs->next;
        yki_free(ts->slabs);
        ts->slabs = next;
    }
}
