/* Every interleaving of a few threads, run one by one: small programs are not tried but
 * proven, in the model of memory below.
 *
 * The code under test is the real one, compiled with <support/explore_atomics.h>, which
 * turns each atomic access, futex call and allocation into a call of this file.  Its
 * threads are coroutines on one thread; before each access to what is shared they hand
 * over to the explorer, which decides who goes on.  It tries every choice, depth first, by
 * running the program again and again from its start.
 *
 * A thread's future depends on nothing but what it has seen so far and what lies in memory.
 * So where those (kept as a hash of 128 bits) are as they were at a point that has been
 * explored, nothing new can follow, and the run ends there.  The number of schedules that
 * follow from a point is kept with it, so that schedules are counted, also those that were
 * not run again.
 *
 * Memory: stores that are not sequentially consistent go into a buffer of the thread and
 * reach memory later, at a moment of the explorer's choice.  Those to different places may
 * reach it in any order, but a release store not before those that precede it.  Swaps,
 * additions, sequentially consistent stores and system calls empty the buffer.  That is a
 * processor that delays stores, as x86 does, and reorders them, as ARM does; loads are done
 * in the order of the program.
 *
 * For one thread of the test program at a time; header only. */
#ifndef YKT_EXPLORE_H
#define YKT_EXPLORE_H

#include "explore_steps.h"

/* ---- points that were seen ---- */

static inline ex_key ex_hash(ex_key k, const void *data, size_t bytes)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t w = 0;
        memcpy(&w, p + i, bytes - i < sizeof w ? bytes - i : sizeof w);
        if (w == 0) continue;       /* most words are; the others count with their place */
        w += i * UINT64_C(0xbf58476d1ce4e5b9);
        k.a = ex_mix(k.a, w);
        k.b = (k.b + w) * UINT64_C(0xd1342543de82ef95);
        k.b ^= k.b >> 32;
    }
    return k;
}

static inline ex_key ex_state(void)
{
    ex_key k = ex_hash((ex_key){1, 2}, ex_now.program->world, ex_now.program->world_bytes);
    k.a += ex_now.heap_used;
    k = ex_hash(k, ex_now.heap, ex_now.heap_used);
    for (unsigned i = 0; i < ex_now.program->threads; i++) {
        const ex_thread *t = &ex_now.thread[i];
        uint64_t own[] = {t->seen, (uint64_t)(uintptr_t)t->asleep,
                          (uint64_t)t->options << 16 | (uint64_t)t->buffered << 8
                              | (uint64_t)t->may_time_out << 2 | (uint64_t)t->done << 1
                              | t->started};
        k = ex_hash(k, own, sizeof own);
        for (unsigned b = 0; b < t->buffered; b++) {
            const ex_write *w = &t->buffer[b];
            uint64_t write[] = {(uint64_t)(uintptr_t)w->at, w->value, w->release};
            k = ex_hash(k, write, sizeof write);
        }
    }
    return k;
}

static inline ex_seen *ex_find(ex_key key)
{
    size_t i = key.a & (ex_now.room - 1);
    while (ex_now.table[i].schedules
           && (ex_now.table[i].key.a != key.a || ex_now.table[i].key.b != key.b))
        i = (i + 1) & (ex_now.room - 1);
    return &ex_now.table[i];
}

static inline void ex_grow(void)
{
    ex_seen *old = ex_now.table;
    size_t room = ex_now.room;
    ex_now.room = room ? 2 * room : 1 << 12;
    ex_now.table = calloc(ex_now.room, sizeof *ex_now.table);
    if (!ex_now.table) abort();
    for (size_t i = 0; i < room; i++)
        if (old[i].schedules) *ex_find(old[i].key) = old[i];
    free(old);
}

static inline void ex_remember(ex_key key, uint64_t schedules)
{
    if (2 * (ex_now.states + 1) > ex_now.room) ex_grow();
    *ex_find(key) = (ex_seen){key, schedules};
    ex_now.states++;
}

/* ---- the search ---- */

enum { EX_FLUSH = EX_OPTIONS, EX_TIME_OUT = 15 };

static inline void ex_restart(void)
{
    const ex_program *p = ex_now.program;
    memset(ex_now.thread, 0, sizeof ex_now.thread);
    memset(ex_now.heap, 0, ex_now.heap_used);
    memset(p->world, 0, p->world_bytes);
    ex_now.heap_used = ex_now.n_blocks = 0;
    ex_now.self = NULL;
    ex_now.runs++;
    for (unsigned i = 0; i < p->threads; i++) ex_now.thread[i].options = 1;
    if (p->begin) p->begin();
}

static inline void ex_take(unsigned choice)
{
    ex_thread *t = &ex_now.thread[choice / 16];
    unsigned what = choice % 16;
    if (what >= EX_FLUSH && what < EX_TIME_OUT) {
        if (ex_now.trace)
            fprintf(ex_now.trace, "  %u: what was stored is seen: %#llx\n", choice / 16,
                    (unsigned long long)t->buffer[what - EX_FLUSH].value);
        ex_flush(t, what - EX_FLUSH);
        return;
    }
    t->asleep = NULL;
    t->timed_out = what == EX_TIME_OUT;
    t->option = what;
    t->options = 1;
    ex_switch_to(t);
}

static inline unsigned ex_choices(unsigned char *out)
{
    unsigned n = 0;
    for (unsigned i = 0; i < ex_now.program->threads; i++) {
        const ex_thread *t = &ex_now.thread[i];
        for (unsigned o = 0; !t->done && !t->asleep && o < t->options; o++)
            out[n++] = (unsigned char)(16 * i + o);
        if (t->asleep && t->may_time_out) out[n++] = (unsigned char)(16 * i + EX_TIME_OUT);
        for (unsigned b = 0; b < t->buffered; b++)
            if (ex_may_flush(t, b)) out[n++] = (unsigned char)(16 * i + EX_FLUSH + b);
    }
    return n;
}

static inline void ex_finish(void)
{
    bool stuck = false;
    for (unsigned i = 0; i < ex_now.program->threads; i++) stuck |= !ex_now.thread[i].done;
    const char *wrong = ex_now.program->end(stuck);
    if (wrong) ex_wrong(wrong);
    ex_check_heap();
}

/* Runs on until the end, or a point that was seen; the schedules from there. */
static inline uint64_t ex_extend(void)
{
    for (;;) {
        if (ex_now.depth == EX_DEPTH) ex_wrong("a schedule without end");
        if (ex_now.wrong) return 1;
        ex_node *node = &ex_now.path[ex_now.depth];
        node->key = ex_state();
        uint64_t known = ex_find(node->key)->schedules;
        if (known) return known;
        node->n = ex_choices(node->choice);
        if (node->n == 0) {
            ex_finish();
            ex_remember(node->key, 1);
            return 1;
        }
        node->next = 0;
        node->schedules = 0;
        ex_now.depth++;
        ex_take(node->choice[0]);
    }
}

/* The schedules from the point at the path's end are known: goes back to the nearest one
 * with a choice left.  False: there is none, and *all are all schedules. */
static inline bool ex_back(uint64_t below, uint64_t *all)
{
    while (ex_now.depth > 0) {
        ex_node *node = &ex_now.path[ex_now.depth - 1];
        node->schedules += below;
        if (++node->next < node->n) return true;
        ex_remember(node->key, node->schedules);
        below = node->schedules;
        ex_now.depth--;
    }
    *all = below;
    return false;
}

static inline void ex_replay(void)
{
    ex_restart();
    for (unsigned i = 0; i < ex_now.depth; i++) ex_take(ex_now.path[i].choice[ex_now.path[i].next]);
}

/* Runs all schedules of `program`, or those up to the first that fails, which goes to
 * `trace` (may be NULL) step by step. */
static inline ex_result ex_explore(const ex_program *program, FILE *trace)
{
    ex_result r = {0};
    ex_now.program = program;
    ex_now.wrong = NULL;
    ex_now.depth = 0;
    ex_now.states = ex_now.runs = ex_now.room = 0;
    ex_now.table = NULL;
    ex_grow();
    uint64_t below;
    do {
        ex_replay();
        below = ex_extend();
    } while (!ex_now.wrong && ex_back(below, &r.schedules));
    if (ex_now.wrong && trace) {
        fprintf(trace, "%s: %s\n", program->name, ex_now.wrong);
        ex_now.trace = trace;
        ex_replay();
        ex_now.trace = NULL;
    }
    free(ex_now.table);
    r.wrong = ex_now.wrong;
    r.states = ex_now.states;
    r.runs = ex_now.runs;
    return r;
}

#endif
