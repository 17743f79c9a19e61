/* What the threads of an explored program do (explore.h): they change places with the
 * explorer before each access, and their accesses, sleeps and allocations are done here, in
 * the model of memory that explore.h describes.  Header only. */
#ifndef YKT_EXPLORE_STEPS_H
#define YKT_EXPLORE_STEPS_H

#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EX_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define EX_ASAN
#endif
#ifdef EX_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

enum {
    EX_THREADS = 4,
    EX_OPTIONS = 8,         /* of one ex_choose */
    EX_BUFFER = 7,          /* stores under way, a thread */
    EX_DEPTH = 4000,        /* choices in one run */
    EX_CHOICES = 32,        /* at one point */
    EX_PLACES = 512,        /* that are accessed, a power of two */
    EX_BLOCKS = 16,         /* allocations in one run, a thread */
    EX_HEAPS = EX_THREADS + 1,
    EX_HEAP = 1 << 12,      /* bytes of them, a thread */
    EX_STACK = 1 << 15,     /* bytes, a thread */
    EX_SAVED = 96,          /* bytes of registers that a function may save on its stack */
};

typedef struct ex_program {
    const char *name;
    unsigned threads;
    void *world;                        /* all that is shared, but for the heap; */
    size_t world_bytes;                 /* whole words; zeroed before each run */
    void (*begin)(void);                /* before the threads start; may be NULL */
    void (*thread)(unsigned number);
    /* When all threads have returned, or sleep for ever (`stuck`): what is wrong, or NULL. */
    const char *(*end)(bool stuck);
    void **local;                       /* a variable that each thread has its own of, or NULL */
    bool in_order;                      /* stores are not delayed: fewer schedules */
    bool spins;                         /* threads call ex_relax */
    unsigned asleep;                    /* so many first threads have gone to sleep before the
                                         * others begin: fewer again */
} ex_program;

typedef struct ex_result {
    const char *wrong;                  /* NULL: no schedule fails */
    uint64_t schedules;                 /* complete ones, all of them, or UINT64_MAX */
    size_t states;                      /* distinct points */
} ex_result;

typedef struct ex_write {
    void *at;
    uint64_t value;
    size_t bytes;
    bool release;
} ex_write;

typedef struct ex_thread {
    bool started, done;
    bool fresh;                         /* may do one access without asking */
    unsigned options, option;           /* of the choice it waits for, and the one made */
    const volatile void *asleep;        /* futex that it sleeps on */
    bool may_time_out, timed_out;
    bool news;                          /* others have stored something since its last load */
    unsigned buffered;
    ex_write buffer[EX_BUFFER];
    void *local;                        /* its own value of the program's variable */
    const unsigned char *low;           /* what it has on its stack begins there */
    uint64_t hash[2];                   /* of that, and of its registers, */
    bool hashed;                        /* if it is known */
} ex_thread;

/* A stack of its own, made once: a thread begins where `base` says, and goes on at `at`. */
typedef struct ex_fiber {
    ucontext_t first;
    jmp_buf base, at;
    unsigned char *used;        /* its stack below the base, */
    size_t used_bytes;          /* as far as it was ever seen to go */
    bool made;
} ex_fiber;

typedef struct ex_key {
    uint64_t a, b;
} ex_key;

typedef struct ex_block {
    size_t at, bytes;
    bool freed;
} ex_block;

/* All that makes a point, to go back to it; data: the world, the heap, the stacks. */
typedef struct ex_saved {
    ex_thread thread[EX_THREADS];
    jmp_buf at[EX_THREADS];
    size_t heap_used[EX_HEAPS], n_blocks[EX_HEAPS];
    ex_block block[EX_HEAPS][EX_BLOCKS];
    _Alignas(8) unsigned char data[];
} ex_saved;

typedef struct ex_node {
    ex_key key;
    uint64_t schedules;
    ex_saved *saved;                    /* where there is more than one choice */
    unsigned char choice[EX_CHOICES];
    unsigned n, next;
} ex_node;

typedef struct ex_seen {
    ex_key key;
    uint64_t schedules;                 /* 0 as long as the search is below it */
    bool used;
} ex_seen;

/* Which threads have read and written a place, as bits. */
typedef struct ex_place {
    const volatile void *at;
    unsigned readers, writers;
} ex_place;

typedef struct ex {
    const ex_program *program;
    ex_fiber fiber[EX_THREADS];
    jmp_buf main;
    ex_thread thread[EX_THREADS];
    ex_thread *self;                    /* who runs; NULL: the explorer */
    char stored;                        /* its address is what waiting loops sleep on */
    const char *wrong;
    FILE *trace;
    unsigned depth;
    ex_node path[EX_DEPTH];
    ex_seen *table;
    size_t room, states;
    ex_place place[EX_PLACES];
    bool learnt;                        /* two threads use a place that only one was known to */
    size_t heap_used[EX_HEAPS], n_blocks[EX_HEAPS];
    ex_block block[EX_HEAPS][EX_BLOCKS];
    /* One a thread and one for the beginning, so that addresses do not depend on who comes
     * first. */
    _Alignas(64) unsigned char heap[EX_HEAPS][EX_HEAP];
    _Alignas(64) unsigned char stack[EX_THREADS][EX_STACK];
#ifdef EX_ASAN
    const void *main_stack;
    size_t main_bytes;
#endif
} ex;

/* Sources of which several are explored together, but not in one file, define EX_PART. */
#ifdef EX_PART
extern ex ex_now;
#else
ex ex_now;
#endif

/* ---- changing between explorer and threads ---- */

/* Jumps, not swapcontext, which makes a system call each time.  A thread that was left in the
 * middle of a run is begun again by a jump to its base. */
static inline void ex_leave(jmp_buf to, bool main)
{
#ifdef EX_ASAN
    unsigned char *stack = ex_now.self ? ex_now.stack[ex_now.self - ex_now.thread] : NULL;
    __sanitizer_start_switch_fiber(NULL, main ? ex_now.main_stack : stack,
                                   main ? ex_now.main_bytes : EX_STACK);
#endif
    (void)main;
    _longjmp(to, 1);
}

static inline void ex_arrived(bool main)
{
#ifdef EX_ASAN
    __sanitizer_finish_switch_fiber(NULL, main ? NULL : &ex_now.main_stack,
                                    main ? NULL : &ex_now.main_bytes);
#endif
    (void)main;
}

/* Below its lowest variable lie what the function has saved of its caller's registers. */
static inline void ex_switch_out(ex_thread *t)
{
    const unsigned char here = 0;
    ex_fiber *f = &ex_now.fiber[t - ex_now.thread];
    t->low = &here - (uintptr_t)&here % 8 - EX_SAVED;
    t->hashed = false;
    if (t->low < f->used) {
        f->used_bytes += (size_t)(f->used - t->low);
        f->used = (unsigned char *)(uintptr_t)t->low;
    }
    if (_setjmp(ex_now.fiber[t - ex_now.thread].at) == 0) ex_leave(ex_now.main, true);
    ex_arrived(false);
}

/* What a fiber does: whenever it is begun, the part of its thread. */
static inline void ex_entry(void)
{
    unsigned char here = 0;
    ex_fiber *f = &ex_now.fiber[ex_now.self - ex_now.thread];
    f->used = &here - (uintptr_t)&here % 8 - 4 * EX_SAVED;
    (void)_setjmp(f->base);
    ex_arrived(false);
    ex_now.program->thread((unsigned)(ex_now.self - ex_now.thread));
    ex_now.self->done = true;
    ex_leave(ex_now.main, true);
}

static inline void ex_make(ex_fiber *f, unsigned char *stack)
{
    f->made = true;
    if (getcontext(&f->first) != 0) abort();
    f->first.uc_stack.ss_sp = stack;
    f->first.uc_stack.ss_size = EX_STACK;
    makecontext(&f->first, ex_entry, 0);
#ifdef EX_ASAN
    __sanitizer_start_switch_fiber(NULL, stack, EX_STACK);
#endif
    setcontext(&f->first);
}

/* What an earlier run has left on the stack would make equal points look different. */
static inline void ex_clean(ex_fiber *f, unsigned char *stack)
{
#ifdef EX_ASAN
    __asan_unpoison_memory_region(stack, EX_STACK);
#endif
    (void)stack;
    memset(f->used, 0, f->used_bytes);
}

static inline void ex_switch_to(ex_thread *t)
{
    unsigned number = (unsigned)(t - ex_now.thread);
    ex_fiber *f = &ex_now.fiber[number];
    bool first = !t->started;
    t->started = true;
    ex_now.self = t;
    if (ex_now.program->local) *ex_now.program->local = t->local;
    if (_setjmp(ex_now.main) == 0) {
        if (!f->made) ex_make(f, ex_now.stack[number]);
        if (first) ex_clean(f, ex_now.stack[number]);
        ex_leave(first ? f->base : f->at, false);
    }
    ex_arrived(true);
    if (ex_now.program->local) {
        ex_now.self->local = *ex_now.program->local;
        *ex_now.program->local = NULL;
    }
    ex_now.self = NULL;
}

/* ---- what threads call ---- */

/* The first thing that is wrong is kept. */
static inline void ex_wrong(const char *what)
{
    if (!ex_now.wrong) ex_now.wrong = what;
}

/* One of 0 .. n-1: every one will be tried.  Other threads may go first. */
static inline unsigned ex_choose(unsigned n)
{
    ex_thread *t = ex_now.self;
    if (!t) return 0;
    if (t->fresh && n == 1) {
        t->fresh = false;
        return 0;
    }
    t->options = n;
    ex_switch_out(t);
    return t->option;
}

/* Lets others go first; the access that follows then belongs to the same step. */
static inline void ex_pause(void)
{
    ex_choose(1);
    if (ex_now.self) ex_now.self->fresh = true;
}

static inline unsigned ex_self(void) { return (unsigned)(ex_now.self - ex_now.thread); }

static inline void ex_say(const char *what, const volatile void *at, uint64_t value)
{
    if (!ex_now.trace || !ex_now.self) return;
    const char *p = (const char *)(uintptr_t)at, *world = ex_now.program->world;
    bool heap = p >= (char *)ex_now.heap && p < (char *)ex_now.heap + sizeof ex_now.heap;
    fprintf(ex_now.trace, "  %u: %s %s+%td %#llx\n", ex_self(), what, heap ? "heap" : "world",
            heap ? p - (char *)ex_now.heap : p - world, (unsigned long long)value);
}

/* ---- memory ---- */

/* The block that `at` lies in; NULL: it is none of the heap. */
static inline ex_block *ex_find_block(const volatile void *at)
{
    uintptr_t offset = (uintptr_t)at - (uintptr_t)ex_now.heap;
    if (offset >= sizeof ex_now.heap) return NULL;
    size_t h = offset / EX_HEAP;
    for (size_t i = 0; i < ex_now.n_blocks[h]; i++) {
        ex_block *b = &ex_now.block[h][i];
        if (offset % EX_HEAP - b->at < b->bytes) return b;
    }
    return NULL;
}

static inline void ex_check(const volatile void *at)
{
    const ex_block *b = ex_find_block(at);
    if (b && b->freed) ex_wrong("touched after it was freed");
}

static inline uint64_t ex_get(const volatile void *at, size_t bytes)
{
    uint64_t value = 0;
    ex_check(at);
    memcpy(&value, (const void *)(uintptr_t)at, bytes);
    return value;
}

static inline void ex_put(void *at, size_t bytes, uint64_t value)
{
    ex_check(at);
    memcpy(at, &value, bytes);
    for (unsigned i = 0; i < EX_THREADS; i++) {
        if (&ex_now.thread[i] == ex_now.self) continue;
        if (ex_now.thread[i].asleep == &ex_now.stored) ex_now.thread[i].asleep = NULL;
        ex_now.thread[i].news = ex_now.program->spins;
    }
}

/* Store i of the thread's buffer reaches memory. */
static inline void ex_flush(ex_thread *t, unsigned i)
{
    ex_put(t->buffer[i].at, t->buffer[i].bytes, t->buffer[i].value);
    memmove(&t->buffer[i], &t->buffer[i + 1], (--t->buffered - i) * sizeof t->buffer[0]);
}

static inline bool ex_may_flush(const ex_thread *t, unsigned i)
{
    for (unsigned k = 0; k < i; k++)
        if (t->buffer[i].release || t->buffer[k].at == t->buffer[i].at) return false;
    return true;
}

static inline void ex_drain(void)
{
    while (ex_now.self && ex_now.self->buffered) ex_flush(ex_now.self, 0);
}

/* It has stores under way, which others see when they are drained. */
static inline bool ex_is_late(void) { return ex_now.self && ex_now.self->buffered > 0; }

static inline uint64_t ex_peek(const volatile void *at, size_t bytes)
{
    const ex_thread *t = ex_now.self;
    for (unsigned i = t ? t->buffered : 0; i-- > 0;)
        if (t->buffer[i].at == at) return t->buffer[i].value;
    return ex_get(at, bytes);
}

static inline ex_place *ex_find_place(const volatile void *at)
{
    size_t i = (uintptr_t)at / 4 * 2654435761u % EX_PLACES;
    while (ex_now.place[i].at && ex_now.place[i].at != at) i = (i + 1) % EX_PLACES;
    ex_now.place[i].at = at;
    return &ex_now.place[i];
}

/* Whether the moment of this access matters: another thread writes there, or reads what is
 * written.  That is found out while the search runs, and begins it again. */
static inline bool ex_is_shared(const volatile void *at, bool write)
{
    if (!ex_now.self) return false;
    ex_place *p = ex_find_place(at);
    unsigned own = 1u << ex_self(), *mine = write ? &p->writers : &p->readers;
    bool shared = ((p->writers | (write ? p->readers : 0)) & ~own) != 0;
    if (shared && !(*mine & own)) ex_now.learnt = true;
    *mine |= own;
    return shared;
}

static inline uint64_t ex_load(const volatile void *at, size_t bytes, memory_order order)
{
    (void)order;
    if (ex_is_shared(at, false)) ex_choose(1);
    uint64_t value = ex_peek(at, bytes);
    if (ex_now.self) ex_now.self->news = false;
    ex_say("load", at, value);
    return value;
}

static inline void ex_store(volatile void *at, size_t bytes, uint64_t value, memory_order order)
{
    ex_thread *t = ex_now.self;
    bool shared = ex_is_shared(at, true), later = shared && order != memory_order_seq_cst
                                               && !ex_now.program->in_order;
    /* A store into the buffer is seen by nobody else: its moment does not matter. */
    if (later ? t->buffered == EX_BUFFER : shared || ex_is_late()) ex_choose(1);
    ex_say(later ? "store (later)" : "store", at, value);
    if (!later) {
        if (order == memory_order_seq_cst) ex_drain();
        ex_put((void *)(uintptr_t)at, bytes, value);
        return;
    }
    if (t->buffered == EX_BUFFER) ex_drain();
    t->buffer[t->buffered++] = (ex_write){(void *)(uintptr_t)at, value, bytes,
                                          order == memory_order_release};
}

static inline bool ex_swap(volatile void *at, size_t bytes, uint64_t *expected, uint64_t desired)
{
    if (ex_is_shared(at, true) || ex_is_late()) ex_choose(1);
    ex_drain();
    uint64_t old = ex_get(at, bytes);
    bool same = old == *expected;
    if (same) ex_put((void *)(uintptr_t)at, bytes, desired);
    *expected = old;
    ex_say(same ? "swap" : "no swap", at, same ? desired : old);
    return same;
}

enum ex_op { EX_SET, EX_ADD, EX_SUB, EX_OR, EX_AND };

/* Exchange and arithmetic; the value before. */
static inline uint64_t ex_modify(volatile void *at, size_t bytes, enum ex_op op, uint64_t value)
{
    if (ex_is_shared(at, true) || ex_is_late()) ex_choose(1);
    ex_drain();
    uint64_t old = ex_get(at, bytes);
    uint64_t now = op == EX_SET ? value : op == EX_ADD ? old + value : op == EX_SUB ? old - value
                 : op == EX_OR ? old | value : old & value;
    ex_put((void *)(uintptr_t)at, bytes, now);
    ex_say("modify", at, now);
    return old;
}

/* ---- sleeping ---- */

static inline bool ex_futex_wait(const volatile void *word, uint32_t value, uint64_t deadline_ns)
{
    (void)ex_is_shared(word, false);
    ex_choose(1);
    ex_drain();
    ex_thread *t = ex_now.self;
    uint64_t now = ex_get(word, sizeof(uint32_t));
    if (!t || now != value) return true;
    if (deadline_ns == 0) return false;
    ex_say("sleep", word, value);
    t->asleep = word;
    t->may_time_out = deadline_ns != UINT64_MAX;
    ex_switch_out(t);
    ex_say(t->timed_out ? "timed out" : "awake", word, value);
    return !t->timed_out;
}

static inline unsigned ex_sleepers(const volatile void *word, ex_thread **out)
{
    unsigned n = 0;
    for (unsigned i = 0; i < EX_THREADS; i++)
        if (ex_now.thread[i].asleep == word) out[n++] = &ex_now.thread[i];
    return n;
}

/* Whom it wakes, of more than `count`, is a choice.  The word is an address and no more: it may
 * have been freed. */
static inline void ex_futex_wake(const volatile void *word, uint32_t count)
{
    ex_thread *sleeper[EX_THREADS];
    ex_choose(1);
    ex_drain();
    ex_say("wake", word, count);
    unsigned n = ex_sleepers(word, sleeper);
    while (n > 0 && count > 0) {
        unsigned which = n > count ? ex_choose(n) : 0;
        n = ex_sleepers(word, sleeper);
        if (n == 0) return;
        sleeper[which % n]->asleep = NULL;
        sleeper[which % n]->timed_out = false;
        n--;
        count--;
    }
}

/* One turn of a loop that waits for others to store something. */
static inline void ex_relax(void)
{
    ex_thread *t = ex_now.self;
    if (!t || t->news) return;
    if (t->buffered) ex_drain();
    t->asleep = &ex_now.stored;
    t->may_time_out = false;
    ex_switch_out(t);
}

/* A mutex is a word, not 0 while somebody has it. */
static inline void ex_lock(void *mutex)
{
    uint64_t free = 0;
    while (!ex_swap(mutex, sizeof(uint32_t), &free, 1)) {
        ex_now.self->asleep = mutex;
        ex_now.self->may_time_out = false;
        ex_switch_out(ex_now.self);
        free = 0;
    }
}

static inline void ex_unlock(void *mutex)
{
    ex_modify(mutex, sizeof(uint32_t), EX_SET, 0);
    for (unsigned i = 0; i < EX_THREADS; i++)
        if (ex_now.thread[i].asleep == mutex) ex_now.thread[i].asleep = NULL;
}

/* ---- the heap ---- */

static inline void *ex_alloc(size_t bytes)
{
    size_t h = ex_now.self ? ex_self() : EX_THREADS, room = (bytes + 63) / 64 * 64;
    size_t *used = &ex_now.heap_used[h], *n = &ex_now.n_blocks[h];
    if (*n == EX_BLOCKS || room > EX_HEAP - *used) {
        ex_wrong("the explorer's heap is too small");
        return NULL;
    }
    ex_now.block[h][(*n)++] = (ex_block){*used, room, false};
    *used += room;
    return ex_now.heap[h] + *used - room;
}

static inline void ex_free(void *p)
{
    if (!p) return;
    ex_block *b = ex_find_block(p);
    if (!b || ((uintptr_t)p - (uintptr_t)ex_now.heap) % EX_HEAP != b->at) {
        ex_wrong("freed, but never allocated");
        return;
    }
    if (b->freed) ex_wrong("freed twice");
    b->freed = true;
    memset(p, 0xdd, b->bytes);
}

/* Blocks that have not been freed. */
static inline size_t ex_live(void)
{
    size_t live = 0;
    for (size_t h = 0; h < EX_HEAPS; h++)
        for (size_t i = 0; i < ex_now.n_blocks[h]; i++) live += !ex_now.block[h][i].freed;
    return live;
}

static inline void ex_check_heap(void)
{
    for (size_t h = 0; h < EX_HEAPS; h++)
        for (size_t i = 0; i < ex_now.n_blocks[h]; i++) {
            const ex_block *b = &ex_now.block[h][i];
            for (size_t k = 0; b->freed && k < b->bytes; k++)
                if (ex_now.heap[h][b->at + k] != 0xdd) ex_wrong("written after it was freed");
        }
}

#endif
