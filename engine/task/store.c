/* store: memory for tasks, a cache line each.
 *
 * A thread with a hand takes from and gives to its own stack, without any exchange with others.
 * Where one thread submits and another runs, memory would pile up with the second; so stacks
 * that are full give a crate to the room, from which empty ones take.  Slabs stay until the
 * room closes: memory of tasks is always memory of tasks. */
#include "task_int.h"

#include <string.h>

typedef struct yki_slab {
    struct yki_slab *next;
    yki_task tasks[] __attribute__((aligned(YKI_CACHE_LINE)));
} yki_slab;

typedef struct yki_crate {
    struct yki_crate *next;
    yki_task *task[YKI_CRATE];
} yki_crate;

/* ---- the room's; lock held ---- */

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

static yki_task *take_single(yki_tasks *ts)
{
    yki_task *t = ts->spare;
    if (!t) return from_slab(ts);
    ts->spare = (yki_task *)t->link.next;
    return t;
}

static void give_single(yki_tasks *ts, yki_task *t)
{
    t->link.next = (yki_link *)ts->spare;
    ts->spare = t;
}

static void take_crate(yki_tasks *ts, yki_hand *h)
{
    yki_crate *c = ts->full;
    ts->full = c->next;
    memcpy(h->free, c->task, sizeof c->task);
    h->n_free = YKI_CRATE;
    c->next = ts->empty;
    ts->empty = c;
}

/* The oldest half of a full stack. */
static void give_crate(yki_tasks *ts, yki_hand *h)
{
    yki_crate *c = ts->empty ? ts->empty : yki_alloc(1, sizeof *c);
    if (c && c == ts->empty) ts->empty = c->next;
    if (c) {
        memcpy(c->task, h->free, sizeof c->task);
        c->next = ts->full;
        ts->full = c;
    } else {
        for (size_t i = 0; i < YKI_CRATE; i++) give_single(ts, h->free[i]);
    }
    h->n_free -= YKI_CRATE;
    memmove(h->free, h->free + YKI_CRATE, h->n_free * sizeof *h->free);
}

/* ---- threads ---- */

bool yki_store_refill(yki_tasks *ts, yki_hand *h)
{
    (void)pthread_mutex_lock(&ts->lock);
    if (ts->full) take_crate(ts, h);
    while (h->n_free < YKI_CRATE) {
        yki_task *t = take_single(ts);
        if (!t) break;
        h->free[h->n_free++] = t;
    }
    (void)pthread_mutex_unlock(&ts->lock);
    return h->n_free > 0;
}

yki_task *yki_store_take_single(yki_tasks *ts)
{
    (void)pthread_mutex_lock(&ts->lock);
    yki_task *t = take_single(ts);
    (void)pthread_mutex_unlock(&ts->lock);
    return t;
}

void yki_store_give_single(yki_tasks *ts, yki_task *t)
{
    (void)pthread_mutex_lock(&ts->lock);
    give_single(ts, t);
    (void)pthread_mutex_unlock(&ts->lock);
}

void yki_store_spill(yki_tasks *ts, yki_hand *h)
{
    (void)pthread_mutex_lock(&ts->lock);
    give_crate(ts, h);
    (void)pthread_mutex_unlock(&ts->lock);
}

static void free_crates(yki_crate *c)
{
    while (c) {
        yki_crate *next = c->next;
        yki_free(c);
        c = next;
    }
}

void yki_store_close(yki_tasks *ts)
{
    free_crates(ts->full);
    free_crates(ts->empty);
    while (ts->slabs) {
        yki_slab *next = ts->slabs->next;
        yki_free(ts->slabs);
        ts->slabs = next;
    }
}
