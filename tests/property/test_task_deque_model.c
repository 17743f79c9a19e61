/* The deque of tasks, its real code, in every interleaving of small programs (explore.h):
 * whatever the order, its operations are as if done one after another on a plain list, each
 * at some moment between its begin and its end.  That implies that each entry is taken
 * exactly once or still there, newest first by the owner and oldest first by thieves, never
 * below a bound, and that nothing is missed.
 *
 * And that this would be noticed: with one step of the algorithm broken, every time another,
 * some program fails. */
#include "check.h"
#include "explore.h"

#include <base/base.h>
#include <stdlib.h>

enum { THREADS = 3, OPS = 6, AGAIN = 99 };

/* ---- one step broken ---- */

typedef enum breakage {
    RIGHT,
    POP_WITHOUT_SWAP,       /* takes the last entry unasked */
    POP_SWAPS_IN_TWO,       /* reads top, then writes it */
    STEAL_SWAPS_IN_TWO,
    POP_READS_TOP_FIRST,    /* its store to bottom is seen after its load of top */
    POP_LEAVES_BOTTOM,      /* does not put it back after the last entry */
    STEAL_READS_BOTTOM_FIRST,
    PUSH_SHOWS_BOTTOM_FIRST,    /* the entry may be seen after bottom */
    GROWTH_SHOWS_RING_FIRST,    /* the ring may be seen before its entries */
    GROWTH_LOSES_OLDEST,        /* it is not copied */
    POP_BELOW_BASE,
    STEAL_BELOW_BASE,
    BREAKAGES
} breakage;

static const char *const breakage_names[BREAKAGES] = {
    "none", "pop without swap", "pop swaps in two steps", "steal swaps in two steps",
    "pop reads top first", "pop leaves bottom", "steal reads bottom first",
    "push shows bottom first", "growth shows the ring first", "growth loses the oldest",
    "pop below its base", "steal below its base"};

typedef enum op_kind { PUSH, POP, STEAL } op_kind;

static breakage broken;

static uint64_t broken_load(const volatile void *at, size_t bytes, memory_order order);
static void broken_store(volatile void *at, size_t bytes, uint64_t value, memory_order order);
static bool broken_swap(volatile void *at, size_t bytes, uint64_t *expected, uint64_t desired);
static void *model_alloc(size_t count, size_t bytes);

#define EX_LOAD broken_load
#define EX_STORE broken_store
#define EX_SWAP broken_swap
#include "explore_atomics.h"
#define yki_alloc model_alloc
#define yki_free ex_free
#define YKI_DEQUE_ROOM 2
#include <task/deque.h>

/* ---- what the threads share ---- */

typedef struct op {
    unsigned char kind, base, arg;      /* arg: the entry pushed, 1 and up */
    unsigned char result;               /* entry, 0: NULL or refused, AGAIN */
    unsigned char before[THREADS];   /* operations ended when it began, */
    unsigned char after[THREADS];    /* and begun when it ended */
} op;

typedef struct world {
    yki_deque deque;
    bool no_memory;
    unsigned char running[THREADS];     /* op_kind */
    uint64_t early[THREADS];            /* bottom, read before its time */
    unsigned char begun[THREADS], ended[THREADS];
    op op[THREADS][OPS];
} world;

static world w;
static char entries[100];       /* entry k is &entries[k] */
static const char *script[THREADS];

static bool breaks(op_kind kind, breakage b)
{
    return broken == b && ex_now.self && w.running[ex_self()] == kind;
}

static void *model_alloc(size_t count, size_t bytes)
{
    return w.no_memory ? NULL : ex_alloc(count * bytes);
}

/* STEAL_READS_BOTTOM_FIRST: bottom comes with the load of top that follows it. */
static uint64_t broken_load(const volatile void *at, size_t bytes, memory_order order)
{
    if (breaks(STEAL, STEAL_READS_BOTTOM_FIRST)) {
        if (at == &w.deque.bottom) return w.early[ex_self()];
        if (at == &w.deque.top) w.early[ex_self()] = ex_load(&w.deque.bottom, bytes, order);
    }
    uint64_t value = ex_load(at, bytes, order);
    if (breaks(PUSH, GROWTH_LOSES_OLDEST) && at != &w.deque.bottom && at != &w.deque.top
        && at != &w.deque.ring && value == (uintptr_t)&entries[1])
        value = (uintptr_t)&entries[2];
    return value;
}

static void broken_store(volatile void *at, size_t bytes, uint64_t value, memory_order order)
{
    bool bottom = at == &w.deque.bottom, restored = bottom && w.running[ex_self()] == POP
                                                    && value > ex_peek(at, bytes);
    if (restored && broken == POP_LEAVES_BOTTOM) return;
    if (bottom && !restored && breaks(POP, POP_READS_TOP_FIRST)) order = memory_order_release;
    if (bottom && breaks(PUSH, PUSH_SHOWS_BOTTOM_FIRST)) order = memory_order_relaxed;
    if (at == &w.deque.ring && breaks(PUSH, GROWTH_SHOWS_RING_FIRST)) order = memory_order_relaxed;
    ex_store(at, bytes, value, order);
}

static bool broken_swap(volatile void *at, size_t bytes, uint64_t *expected, uint64_t desired)
{
    if (breaks(POP, POP_WITHOUT_SWAP)) return true;
    if (!breaks(POP, POP_SWAPS_IN_TWO) && !breaks(STEAL, STEAL_SWAPS_IN_TWO))
        return ex_swap(at, bytes, expected, desired);
    if (ex_load(at, bytes, memory_order_seq_cst) != *expected) return false;
    ex_store(at, bytes, desired, memory_order_seq_cst);
    return true;
}

/* ---- scripts: "+" push, "-" pop, "s" steal, each with a bound ("-1"), "!" no memory ---- */

static unsigned char run_op(op *o)
{
    bool again = false;
    void *x = NULL;
    switch (o->kind) {
    case PUSH: return yki_deque_push(&w.deque, &entries[o->arg]) ? o->arg : 0;
    case POP: x = yki_deque_pop(&w.deque, broken == POP_BELOW_BASE ? 0 : o->base); break;
    default:
        x = yki_deque_steal(&w.deque, broken == STEAL_BELOW_BASE ? 0 : o->base, &again);
        if (again) return x ? 0xff : AGAIN;
    }
    return x ? (unsigned char)((char *)x - entries) : 0;
}

static void do_op(unsigned self, char letter, unsigned char base)
{
    op *o = &w.op[self][w.begun[self]];
    ex_pause();
    o->kind = letter == '+' ? PUSH : letter == '-' ? POP : STEAL;
    w.running[self] = o->kind;
    o->base = base;
    o->arg = ++w.begun[self];
    memcpy(o->before, w.ended, sizeof o->before);
    o->result = run_op(o);
    memcpy(o->after, w.begun, sizeof o->after);
    w.ended[self]++;
}

static void run_script(unsigned self)
{
    for (const char *p = script[self]; *p; p++) {
        unsigned char base = p[1] >= '0' && p[1] <= '9' ? (unsigned char)(p[1] - '0') : 0;
        if (*p == '!') w.no_memory = true;
        else if (*p == '+' || *p == '-' || *p == 's') do_op(self, *p, base);
    }
}

/* ---- the plain list that it must be like ---- */

typedef struct list {
    unsigned char entry[OPS];
    unsigned top, bottom;       /* positions, as the deque's */
} list;

/* Does `o` on the list; false: it could not have that result. */
static bool apply(list *l, const op *o)
{
    bool some = l->top < l->bottom;
    if (o->kind == PUSH) {
        if (!o->result) return w.no_memory && l->bottom - l->top >= 2;
        l->entry[l->bottom++] = o->arg;
        return true;
    }
    if (o->result == AGAIN) return true;
    if (o->kind == POP) some = some && l->bottom - 1 >= o->base;
    else some = some && l->top >= o->base;
    if (!some || !o->result) return !some && !o->result;
    /* As in the deque, the last entry's position is not used again. */
    bool last = l->bottom - l->top == 1;
    return o->result == l->entry[o->kind == POP && !last ? --l->bottom : l->top++];
}

/* Whether the list at last is what the deque holds. */
static bool same_left(list l)
{
    static yki_deque left;
    memcpy(&left, &w.deque, sizeof left);
    for (char *x; (x = yki_deque_pop(&left, 0)) != NULL;)
        if (l.top == l.bottom || x != &entries[l.entry[--l.bottom]]) return false;
    return l.top == l.bottom;
}

/* Whether the operations from next[] on can be put in an order that explains them: each
 * after those that ended before it began. */
static bool explained(list l, const unsigned char *next)
{
    bool all = true;
    for (unsigned t = 0; t < THREADS; t++) {
        if (next[t] == w.ended[t]) continue;
        all = false;
        const op *o = &w.op[t][next[t]];
        bool first = true;
        for (unsigned u = 0; u < THREADS; u++) first = first && next[u] >= o->before[u];
        list after = l;
        if (!first || !apply(&after, o)) continue;
        unsigned char then[THREADS];
        memcpy(then, next, sizeof then);
        then[t]++;
        if (explained(after, then)) return true;
    }
    return all && same_left(l);
}

/* Another thread takes something while `o`, of thread `self`, lasts. */
static bool disturbed(unsigned self, const op *o)
{
    for (unsigned t = 0; t < THREADS; t++)
        for (unsigned k = o->before[t]; t != self && k < o->after[t]; k++)
            if (w.op[t][k].kind != PUSH && w.op[t][k].result) return true;
    return false;
}

static void begin(void)
{
    if (!yki_deque_open(&w.deque)) ex_wrong("no deque");
}

static const char *end(bool stuck)
{
    static const unsigned char none[THREADS];
    if (stuck) return "stuck";
    for (unsigned t = 0; t < THREADS; t++)
        for (unsigned k = 0; k < w.ended[t]; k++)
            if (w.op[t][k].result == AGAIN && !disturbed(t, &w.op[t][k]))
                return "again, but nobody was quicker";
    if (!explained((list){.top = 0}, none)) return "no order explains the results";
    yki_deque_close(&w.deque);
    return ex_live() ? "a ring is left" : NULL;
}

/* ---- all programs ---- */

typedef struct program {
    const char *owner, *thief[2];
} program;

/* Chosen: two thieves, growth under them, no memory for it, bounds. */
static const program chosen[] = {
    {"+-", {"s", "s"}},
    {"++-", {"s", "s"}},
    {"++--", {"s", "s"}},
    {"+-+-", {"s", "s"}},
    {"++-+-", {"ss", NULL}},
    {"+++", {"ss", NULL}},
    {"+++", {"s", "s"}},
    {"+++-", {"s", "s"}},
    {"+++--", {"ss", NULL}},
    {"+++---", {"s", NULL}},
    {"+++++", {"s", NULL}},
    {"!+++-", {"s", "s"}},
    {"!+++-+", {"ss", NULL}},
    {"++-1-1-", {"s", NULL}},
    {"++-1-1", {"s", "s1"}},
    {"+++-1", {"s1s", NULL}},
    {"++-", {"s1", "s1"}},
    {"-+-", {"ss", NULL}},
};

static ex_result explore(const program *p, FILE *trace)
{
    char name[64];
    script[0] = p->owner;
    unsigned threads = 1;
    for (unsigned t = 0; t < 2 && p->thief[t]; t++) script[threads++] = p->thief[t];
    snprintf(name, sizeof name, "owner %s, thieves %s %s", p->owner, p->thief[0],
             p->thief[1] ? p->thief[1] : "");
    const ex_program all = {.name = name, .threads = threads, .world = &w, .world_bytes = sizeof w,
                            .begin = begin, .thread = run_script, .end = end};
    return ex_explore(&all, trace);
}

static void add(ex_result *sum, const program *p)
{
    ex_result r = explore(p, stderr);
    if (r.wrong) fail_msg("owner %s: %s", p->owner, r.wrong);
    sum->schedules += r.schedules;
    sum->states += r.states;
}

static void say(const char *what, size_t programs, ex_result sum)
{
    print_message("%s: %zu programs, all of their %llu schedules (%zu points)\n", what, programs,
                  (unsigned long long)sum.schedules, sum.states);
}

static void chosen_programs(void **state)
{
    (void)state;
    ex_result sum = {0};
    broken = RIGHT;
    for (size_t i = 0; i < YKI_COUNT(chosen); i++) add(&sum, &chosen[i]);
    say("chosen", YKI_COUNT(chosen), sum);
}

/* Every owner's script of a push and three more operations against each of these.  (Under
 * AddressSanitizer, where a change of threads is slow, only each YKT_STEP-th.) */
static void every_short_program(void **state)
{
    (void)state;
    const char *text = getenv("YKT_STEP");
    unsigned step = text ? (unsigned)strtoul(text, NULL, 10) : 1;
    static const char *const thief[][2] = {{"ss", NULL}, {"s1", NULL}, {"s", "s"}};
    ex_result sum = {0};
    size_t programs = 0;
    broken = RIGHT;
    for (unsigned k = 0; k < 3 * 8; k += step) {
        char owner[5] = "+";
        for (unsigned i = 0; i < 3; i++) owner[i + 1] = k >> i & 1 ? '+' : '-';
        add(&sum, &(program){owner, {thief[k / 8][0], thief[k / 8][1]}});
        programs++;
    }
    say("short", programs, sum);
}

static void a_broken_step_is_noticed(void **state)
{
    (void)state;
    for (broken = RIGHT + 1; broken < BREAKAGES; broken++) {
        size_t i = 0;
        ex_result r = {0};
        while (i < YKI_COUNT(chosen) && !(r = explore(&chosen[i], NULL)).wrong) i++;
        if (!r.wrong) fail_msg("not noticed: %s", breakage_names[broken]);
        print_message("%s: owner %s, %s\n", breakage_names[broken], chosen[i].owner, r.wrong);
    }
}

/* ---- that the explorer misses nothing ---- */

static struct {
    unsigned x, y, missed[2];
} pair;

static void two_steps(unsigned self)
{
    for (unsigned i = 0; i < 4; i++)
        ex_modify(&pair.x, sizeof pair.x, EX_ADD, self + 1);
}

static const char *sum_is_right(bool stuck)
{
    return stuck || pair.x != 4 * (1 + 2 + 3) ? "sum" : NULL;
}

/* Three threads of four steps and their start: 15! / (5!)^3. */
static void schedules_are_counted(void **state)
{
    (void)state;
    const ex_program p = {.name = "count", .threads = 3, .world = &pair, .world_bytes = sizeof pair,
                          .thread = two_steps, .end = sum_is_right};
    ex_result r = ex_explore(&p, stderr);
    assert_null(r.wrong);
    assert_int_equal(r.schedules, 756756);
}

static void store_and_look(unsigned self)
{
    unsigned *mine = self ? &pair.y : &pair.x, *other = self ? &pair.x : &pair.y;
    ex_store(mine, sizeof *mine, 1, memory_order_release);
    pair.missed[self] = ex_load(other, sizeof *other, memory_order_acquire) == 0;
}

static bool both_missed;

static const char *look_end(bool stuck)
{
    both_missed |= pair.missed[0] && pair.missed[1];
    return stuck ? "stuck" : NULL;
}

/* Each stores, then reads the other's: both may miss, which no order of steps explains. */
static void stores_may_be_late(void **state)
{
    (void)state;
    const ex_program p = {.name = "late", .threads = 2, .world = &pair, .world_bytes = sizeof pair,
                          .thread = store_and_look, .end = look_end};
    assert_null(ex_explore(&p, stderr).wrong);
    assert_true(both_missed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_are_counted),    cmocka_unit_test(stores_may_be_late),
        cmocka_unit_test(chosen_programs),          cmocka_unit_test(every_short_program),
        cmocka_unit_test(a_broken_step_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
