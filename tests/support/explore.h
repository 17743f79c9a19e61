/* Every interleaving of a few threads, run one by one: small programs are not tried but
 * proven, in the model of memory below.
 *
 * The code under test is the real one, compiled with <support/explore_atomics.h>, which
 * turns each atomic access, futex call and allocation into a call of this file.  Its
 * threads are coroutines on one thread; before each access to what is shared they hand
 * over to the explorer, which decides who goes on.  It tries every choice, depth first: where
 * there are several, it saves memory, stacks and registers, and comes back to them.  So all
 * that the threads share must lie in the program's world or come from its heap.
 *
 * What can follow depends on nothing but memory, the threads' stacks and their registers.  So
 * where all those (kept as a hash of 128 bits) are as they were at a point that has been
 * explored, nothing new can follow, and the run ends there.  The number of schedules that
 * follow from a point is kept with it, so that schedules are counted, also those that were
 * not run again.  Where threads can go round in circles, the circles are not counted.
 *
 * Accesses to places that no other thread writes, or, for stores, uses at all, are no points
 * of choice: nothing depends on when they happen.
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

static inline ex_key ex_hash_word(ex_key k, uint64_t w, size_t place)
{
    w += place * UINT64_C(0xbf58476d1ce4e5b9);
    k.a = (k.a ^ w) * UINT64_C(0x9e3779b97f4a7c15);
    k.a ^= k.a >> 29;
    k.b = (k.b + w) * UINT64_C(0xd1342543de82ef95);
    k.b ^= k.b >> 32;
    return k;
}

/* Most words are 0; the others count with their place. */
static inline ex_key ex_hash(ex_key k, const void *data, size_t bytes)
{
    const unsigned char *p = data;
    size_t i = 0;
    uint64_t w;
    for (; i + sizeof w <= bytes; i += sizeof w) {
        memcpy(&w, p + i, sizeof w);
        if (w != 0) k = ex_hash_word(k, w, i);
    }
    w = 0;
    memcpy(&w, p + i, bytes - i);
    return ex_hash_word(k, w, i);
}

/* Its stack has red zones under AddressSanitizer, whose bytes count like any others. */
__attribute__((no_sanitize("address"))) static inline ex_key ex_hash_stack(ex_key k,
                                                                           const ex_thread *t)
{
    size_t number = (size_t)(t - ex_now.thread);
    const unsigned char *end = ex_now.stack[number] + EX_STACK;
    for (const unsigned char *p = t->low; p + sizeof(uint64_t) <= end; p += sizeof(uint64_t)) {
        uint64_t v = *(const uint64_t *)(const void *)p;
        if (v) k = ex_hash_word(k, v, (size_t)(end - p));
    }
    return ex_hash(k, &ex_now.fiber[number].at, sizeof ex_now.fiber[number].at);
}

static inline void ex_hash_thread(ex_thread *t)
{
    if (t->hashed) return;
    ex_key k = {3, 4};
    if (t->started && !t->done) k = ex_hash_stack(k, t);
    t->hash[0] = k.a;
    t->hash[1] = k.b;
    t->hashed = true;
}

static inline ex_key ex_state(void)
{
    ex_key k = ex_hash((ex_key){1, 2}, ex_now.program->world, ex_now.program->world_bytes);
    k = ex_hash(k, ex_now.heap_used, sizeof ex_now.heap_used);
    for (size_t h = 0; h < EX_HEAPS; h++) k = ex_hash(k, ex_now.heap[h], ex_now.heap_used[h]);
    for (unsigned i = 0; i < ex_now.program->threads; i++) {
        ex_thread *t = &ex_now.thread[i];
        ex_hash_thread(t);
        uint64_t own[] = {t->hash[0], t->hash[1], (uint64_t)(uintptr_t)t->asleep,
                          (uint64_t)t->options << 16 | (uint64_t)t->buffered << 8
                              | (uint64_t)t->news << 5 | (uint64_t)t->fresh << 4
                              | (uint64_t)t->timed_out << 3
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
    while (ex_now.table[i].used
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
        if (old[i].used) *ex_find(old[i].key) = old[i];
    free(old);
}

/* False: the point was seen before, and *schedules follow from it. */
static inline bool ex_is_new(ex_key key, uint64_t *schedules)
{
    ex_seen *s = ex_find(key);
    *schedules = s->schedules;
    if (s->used) return false;
    *s = (ex_seen){key, 0, true};
    if (2 * ++ex_now.states > ex_now.room) ex_grow();
    return true;
}

/* ---- going back ---- */

/* memcpy of whole words, also of a stack with red zones. */
__attribute__((no_sanitize("address"))) static inline void ex_copy(void *to, const void *from,
                                                                   size_t bytes)
{
    uint64_t *t = to;
    const uint64_t *f = from;
    for (size_t i = 0; i < bytes / sizeof *t; i++) t[i] = f[i];
}

/* Copies `bytes` of a place to *data, or back, and moves on. */
static inline void ex_copy_one(unsigned char **data, void *place, size_t bytes, bool back)
{
    if (back) ex_copy(place, *data, bytes);
    else ex_copy(*data, place, bytes);
    *data += bytes;
}

static inline void ex_copy_all(unsigned char *data, bool back)
{
    ex_copy_one(&data, ex_now.program->world, ex_now.program->world_bytes, back);
    for (size_t h = 0; h < EX_HEAPS; h++)
        ex_copy_one(&data, ex_now.heap[h], ex_now.heap_used[h], back);
    for (unsigned i = 0; i < ex_now.program->threads; i++) {
        const ex_thread *t = &ex_now.thread[i];
        unsigned char *low = (unsigned char *)(uintptr_t)t->low;
        if (t->started && !t->done)
            ex_copy_one(&data, low, (size_t)(ex_now.stack[i] + EX_STACK - low), back);
    }
}

static inline void ex_save(ex_node *node)
{
    size_t room = ex_now.program->world_bytes + sizeof ex_now.heap + sizeof ex_now.stack;
    if (!node->saved) node->saved = malloc(sizeof *node->saved + room);
    if (!node->saved) abort();
    ex_saved *s = node->saved;
    memcpy(s->thread, ex_now.thread, sizeof s->thread);
    memcpy(s->heap_used, ex_now.heap_used, sizeof s->heap_used);
    memcpy(s->n_blocks, ex_now.n_blocks, sizeof s->n_blocks);
    memcpy(s->block, ex_now.block, sizeof s->block);
    for (unsigned i = 0; i < EX_THREADS; i++)
        memcpy(&s->at[i], &ex_now.fiber[i].at, sizeof s->at[i]);
    ex_copy_all(s->data, false);
}

static inline void ex_go_back(const ex_node *node)
{
    const ex_saved *s = node->saved;
    for (size_t h = 0; h < EX_HEAPS; h++) memset(ex_now.heap[h], 0, ex_now.heap_used[h]);
    memcpy(ex_now.thread, s->thread, sizeof s->thread);
    memcpy(ex_now.heap_used, s->heap_used, sizeof s->heap_used);
    memcpy(ex_now.n_blocks, s->n_blocks, sizeof s->n_blocks);
    memcpy(ex_now.block, s->block, sizeof s->block);
    for (unsigned i = 0; i < EX_THREADS; i++)
        memcpy(&ex_now.fiber[i].at, &s->at[i], sizeof s->at[i]);
#ifdef EX_ASAN
    __asan_unpoison_memory_region(ex_now.stack, sizeof ex_now.stack);
#endif
    ex_copy_all((unsigned char *)(uintptr_t)s->data, true);
}

static inline void ex_forget_saved(void)
{
    for (unsigned i = 0; i < EX_DEPTH; i++) {
        free(ex_now.path[i].saved);
        ex_now.path[i].saved = NULL;
    }
}

/* ---- the search ---- */

enum { EX_FLUSH = EX_OPTIONS, EX_TIME_OUT = 15 };

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

static inline void ex_restart(void)
{
    const ex_program *p = ex_now.program;
    memset(ex_now.thread, 0, sizeof ex_now.thread);
    memset(p->world, 0, p->world_bytes);
    memset(ex_now.heap, 0, sizeof ex_now.heap);
    memset(ex_now.heap_used, 0, sizeof ex_now.heap_used);
    memset(ex_now.n_blocks, 0, sizeof ex_now.n_blocks);
    ex_now.self = NULL;
    for (unsigned i = 0; i < p->threads; i++) ex_now.thread[i].options = 1;
    if (p->begin) p->begin();
    for (unsigned i = 0; i < p->asleep; i++)
        while (!ex_now.thread[i].asleep && !ex_now.thread[i].done) ex_take(16 * i);
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
        if (ex_now.wrong || ex_now.learnt) return 1;
        ex_node *node = &ex_now.path[ex_now.depth];
        node->key = ex_state();
        uint64_t known;
        if (!ex_is_new(node->key, &known)) return known;
        node->n = ex_choices(node->choice);
        if (node->n == 0) {
            ex_finish();
            return ex_find(node->key)->schedules = 1;
        }
        node->next = 0;
        node->schedules = 0;
        if (node->n > 1) ex_save(node);
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
        if (__builtin_add_overflow(node->schedules, below, &node->schedules))
            node->schedules = UINT64_MAX;
        if (++node->next < node->n) return true;
        below = ex_find(node->key)->schedules = node->schedules;
        ex_now.depth--;
    }
    *all = below;
    return false;
}

/* The path that the search is on, from the start. */
static inline void ex_replay(void)
{
    ex_restart();
    for (unsigned i = 0; i < ex_now.depth; i++) ex_take(ex_now.path[i].choice[ex_now.path[i].next]);
}

/* Runs by chance, which find out most of who uses what before the search begins. */
static inline void ex_look_round(void)
{
    uint64_t random = 1;
    unsigned char choice[EX_CHOICES];
    for (unsigned run = 0; run < 300; run++) {
        ex_restart();
        for (unsigned step = 0, n; step < EX_DEPTH && (n = ex_choices(choice)) > 0; step++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            ex_take(choice[(random >> 33) % n]);
        }
    }
    ex_now.wrong = NULL;    /* the search will come to it */
}

/* To be printed before r->schedules. */
static inline const char *ex_at_least(const ex_result *r)
{
    return r->schedules == UINT64_MAX ? "at least " : "";
}

/* With what is known by now of who uses what. */
static inline void ex_search(uint64_t *schedules)
{
    uint64_t below;
    free(ex_now.table);
    ex_now.table = NULL;
    ex_now.depth = 0;
    ex_now.states = ex_now.room = 0;
    ex_now.learnt = false;
    ex_grow();
    ex_restart();
    for (;;) {
        below = ex_extend();
        if (ex_now.wrong || ex_now.learnt || !ex_back(below, schedules)) return;
        const ex_node *node = &ex_now.path[ex_now.depth - 1];
        ex_go_back(node);
        ex_take(node->choice[node->next]);
    }
}

/* Runs all schedules of `program`, or those up to the first that fails, which goes to
 * `trace` (may be NULL) step by step. */
static inline ex_result ex_explore(const ex_program *program, FILE *trace)
{
    ex_result r = {0};
    ex_now.program = program;
    ex_now.wrong = NULL;
    memset(ex_now.place, 0, sizeof ex_now.place);
    ex_look_round();
    do ex_search(&r.schedules);
    while (ex_now.learnt && !ex_now.wrong);
    if (ex_now.wrong && trace) {
        fprintf(trace, "%s: %s\n", program->name, ex_now.wrong);
        ex_now.trace = trace;
        ex_replay();
        ex_now.trace = NULL;
    }
    ex_forget_saved();
    r.wrong = ex_now.wrong;
    r.states = ex_now.states;
    return r;
}

#endif
