/* Random programs of tasks: trees of them with dependencies, groups, launches, calls that
 * block, cancels and timeouts, submitted by tasks and by several threads, until the engine is
 * closed, at times while memory or threads are short.  Every task that was taken runs once,
 * after all that it comes after, or has not run for a reason that its status names; all who
 * wait are told the same; every callback comes once.
 *
 * One seed gives one program; in which order its tasks run is the machine's choice.  With
 * YKT_THOROUGH=1 in the environment, many more. */
#include "random.h"
#include "tasks.h"

#include <base/base.h>
#include <loops.yk.h>

enum { NODES = 300, DEPTH = 3, AFTER = 3, OWN = 8, OUTSIDERS = 3, FAMILIES = 64, LOOP = 700 };

typedef struct program program;

/* A group from its opening to its closing. */
typedef struct family {
    yk_group *group;
    _Atomic bool cancelled;
} family;

/* A task, and what has become of it. */
typedef struct node {
    program *in;
    uint64_t seed;
    unsigned id, depth, flags, n_after;
    struct node *after[AFTER];
    family *family;
    bool taken;
    yk_status returned;             /* plain: before `ended` */
    _Atomic bool cancelled;         /* yk_future_cancel has said that it never will run */
    _Atomic unsigned started, ended, called, asked;
} node;

struct program {
    yk_engine *engine;
    uint64_t seed;
    bool short_of_memory;
    _Atomic bool stopped;           /* closed with little patience */
    yk_future *common;              /* waited for by all threads */
    _Atomic unsigned n_nodes, n_families;
    family families[FAMILIES];
    node nodes[NODES];
};

/* What a thread or a task has submitted and still holds. */
typedef struct own {
    program *in;
    node *parent;                   /* NULL: a thread's */
    uint64_t random;
    family *family;
    struct { node *n; yk_future *f; } held[OWN];
    unsigned n_held, n_members;
    node *members[NODES];           /* of its family */
} own;

static void actions(own *o);

#define HOLDS(n, condition)                                                                     \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            fprintf(stderr, "seed %llu, node %u: %s (line %d)\n",                               \
                    (unsigned long long)(n)->in->seed, (n)->id, #condition, __LINE__);          \
            atomic_fetch_add(&ykt_failures, 1);                                                 \
        }                                                                                       \
    } while (0)

static bool is_stopped(const program *p) { return atomic_load(&p->stopped); }

/* ---- what must hold of a task ---- */

/* Complete, and its end is known. */
static bool has_failed(const node *n)
{
    return !atomic_load(&n->ended) || n->returned != YK_OK;
}

/* It has not run, and says so by `st`. */
static void check_reason(node *n, yk_status st)
{
    bool cancelled = atomic_load(&n->cancelled) || is_stopped(n->in)
        || (n->family && atomic_load(&n->family->cancelled));
    bool failed = false, named = cancelled && st == YK_E_CANCELLED;
    for (unsigned i = 0; i < n->n_after && !(n->flags & YK_ALWAYS); i++) {
        failed |= has_failed(n->after[i]);
        named |= atomic_load(&n->after[i]->ended) ? n->after[i]->returned == st
                                                  : st != YK_OK;
    }
    HOLDS(n, cancelled || failed);
    HOLDS(n, named);
}

static void check_status(node *n, const yk_future *f, yk_status st)
{
    char message[32];
    HOLDS(n, yk_future_done(f) == 1);
    if (!atomic_load(&n->started)) {
        check_reason(n, st);
        return;
    }
    HOLDS(n, atomic_load(&n->ended) == 1);
    HOLDS(n, st == n->returned);
    snprintf(message, sizeof message, "node %u", n->id);
    if (st == YK_E_IO && !n->in->short_of_memory)
        HOLDS(n, strcmp(yk_future_message(f), message) == 0);
}

/* After everything. */
static void check_node(node *n)
{
    unsigned started = atomic_load(&n->started);
    HOLDS(n, started == atomic_load(&n->ended));
    HOLDS(n, started <= 1);
    HOLDS(n, atomic_load(&n->called) == atomic_load(&n->asked));
    if (!n->taken || atomic_load(&n->cancelled)) HOLDS(n, started == 0);
    if (!n->taken) return;
    bool failed = is_stopped(n->in) || (n->family && atomic_load(&n->family->cancelled))
        || atomic_load(&n->cancelled);
    for (unsigned i = 0; i < n->n_after && !(n->flags & YK_ALWAYS); i++) {
        failed |= has_failed(n->after[i]);
        if (started) HOLDS(n, !has_failed(n->after[i]));
    }
    HOLDS(n, started || failed);
}

/* ---- tasks ---- */

static float ones[LOOP];

static void launch(program *p)
{
    float sum = 0;
    yk_status st = total_run(p->engine, yk_1d(LOOP), ones, &sum, LOOP);
    EXPECT(st == YK_OK || st == YK_E_CANCELLED || st == YK_E_NOMEM);
    if (st == YK_OK) EXPECT(sum == (float)LOOP);
}

static void dawdle(own *o, unsigned flags)
{
    if (flags & YK_BLOCKING) ykt_sleep_us(rnd_in(&o->random, 0, 200));
    else for (int64_t i = rnd_in(&o->random, 0, 300); i > 0; i--) yki_relax();
}

static yk_status body(void *arg)
{
    node *n = arg;
    own o = {.in = n->in, .parent = n, .random = n->seed};
    HOLDS(n, atomic_fetch_add(&n->started, 1) == 0);
    for (unsigned i = 0; i < n->n_after; i++) {
        HOLDS(n, atomic_load(&n->after[i]->started) == atomic_load(&n->after[i]->ended));
        if (!(n->flags & YK_ALWAYS)) HOLDS(n, !has_failed(n->after[i]));
    }
    if (n->depth < DEPTH && rnd_chance(&o.random, 0.4)) actions(&o);
    dawdle(&o, n->flags);
    n->returned = yk_cancelled() ? YK_E_CANCELLED : rnd_chance(&o.random, 0.1) ? YK_E_IO : YK_OK;
    if (n->returned == YK_E_IO) yk_task_message("node %u", n->id);
    atomic_fetch_add(&n->ended, 1);
    return n->returned;
}

static void on_done(yk_future *f, void *ctx)
{
    node *n = ctx;
    HOLDS(n, yk_future_done(f) == 1);
    HOLDS(n, yk_future_arg(f) == n);
    HOLDS(n, atomic_load(&n->started) == atomic_load(&n->ended));
    atomic_fetch_add(&n->called, 1);
}

/* ---- what threads and tasks do ---- */

static node *new_node(own *o)
{
    program *p = o->in;
    unsigned id = atomic_fetch_add(&p->n_nodes, 1);
    if (id >= NODES) {
        atomic_fetch_sub(&p->n_nodes, 1);
        return NULL;
    }
    node *n = &p->nodes[id];
    n->in = p;
    n->id = id;
    n->seed = rnd(&o->random);
    n->depth = o->parent ? o->parent->depth + 1 : 0;
    n->flags = (rnd_chance(&o->random, 0.15) ? YK_BLOCKING : 0)
        | (rnd_chance(&o->random, 0.1) ? YK_ALWAYS : 0);
    return n;
}

static void submit(own *o)
{
    node *n = o->n_held < OWN ? new_node(o) : NULL;
    yk_future *after[AFTER], *f = NULL;
    if (!n) return;
    if (o->n_held && rnd_chance(&o->random, 0.4))
        n->n_after = (unsigned)rnd_in(&o->random, 1, AFTER);
    for (unsigned i = 0; i < n->n_after; i++) {
        unsigned k = (unsigned)rnd_in(&o->random, 0, o->n_held - 1);
        n->after[i] = o->held[k].n;
        after[i] = o->held[k].f;
    }
    if (rnd_chance(&o->random, 0.5)) n->family = o->family;
    yk_task_opts opts = {.flags = n->flags, .after = after, .n_after = n->n_after,
                         .group = n->family ? n->family->group : NULL};
    bool hold = rnd_chance(&o->random, 0.7);
    yk_status st = yk_task_submit(o->in->engine, body, n, &opts, hold ? &f : NULL);
    n->taken = st == YK_OK;
    HOLDS(n, st == YK_OK || (st == YK_E_NOMEM && o->in->short_of_memory)
                 || (st == YK_E_CANCELLED && is_stopped(n->in)));
    if (n->taken && n->family) o->members[o->n_members++] = n;
    if (st != YK_OK || !hold) return;
    HOLDS(n, yk_future_arg(f) == n);
    o->held[o->n_held].n = n;
    o->held[o->n_held++].f = f;
}

static void give_back(own *o, unsigned k)
{
    yk_future_free(&o->held[k].f);
    o->held[k] = o->held[--o->n_held];
}

static void wait_for_one(own *o, unsigned k)
{
    static const double patience[] = {-1, -1, 0, 1e-5, 1e-3, LONG_S};
    double s = patience[rnd_in(&o->random, 0, 5)];
    yk_status st = yk_future_wait(o->held[k].f, s);
    if (st == YK_E_TIMEOUT && (s < 1 || is_stopped(o->in))) return;
    check_status(o->held[k].n, o->held[k].f, st);
}

static void wait_for_all(own *o)
{
    yk_future *f[OWN];
    for (unsigned k = 0; k < o->n_held; k++) f[k] = o->held[k].f;
    yk_status st = yk_wait_all(f, o->n_held, -1), first = YK_OK;
    if (st == YK_E_TIMEOUT && is_stopped(o->in)) return;
    for (unsigned k = o->n_held; k-- > 0;) {
        yk_status one = yk_future_wait(f[k], 0);
        check_status(o->held[k].n, f[k], one);
        if (one != YK_OK) first = one;
    }
    EXPECT(st == first);
}

static void wait_for_any(own *o)
{
    yk_future *f[OWN];
    size_t index = OWN;
    for (unsigned k = 0; k < o->n_held; k++) f[k] = o->held[k].f;
    yk_status st = yk_wait_any(f, o->n_held, -1, &index);
    if (st == YK_E_NOMEM && o->in->short_of_memory) return;
    if (st == YK_E_TIMEOUT && is_stopped(o->in)) return;
    EXPECT(st == YK_OK && index < o->n_held && yk_future_done(f[index]));
}

static void wait_in_order(own *o)
{
    yk_future *f[OWN];
    yk_completions *c = NULL;
    bool seen[OWN] = {false};
    for (unsigned k = 0; k < o->n_held; k++) f[k] = o->held[k].f;
    if (yk_completions_open(&c, f, o->n_held) != YK_OK) {
        EXPECT(o->in->short_of_memory);
        return;
    }
    unsigned stop = (unsigned)rnd_in(&o->random, 0, o->n_held);
    for (unsigned i = 0; i < stop; i++) {
        size_t k = OWN;
        if (yk_completions_next(c, -1, &k) == YK_E_TIMEOUT && is_stopped(o->in)) break;
        EXPECT(k < o->n_held && !seen[k] && yk_future_done(f[k]));
        if (k < OWN) seen[k] = true;
    }
    yk_completions_close(&c);
}

static void be_called(own *o, unsigned k)
{
    node *n = o->held[k].n;
    yk_status st = yk_future_then(o->held[k].f, on_done, n);
    HOLDS(n, st == YK_OK || o->in->short_of_memory);
    if (st == YK_OK) atomic_fetch_add(&n->asked, 1);
}

static void cancel(own *o, unsigned k)
{
    if (yk_future_cancel(o->held[k].f)) atomic_store(&o->held[k].n->cancelled, true);
}

static void open_family(own *o)
{
    unsigned k = atomic_fetch_add(&o->in->n_families, 1);
    if (k >= FAMILIES) return;
    family *m = &o->in->families[k];
    if (yk_group_open(o->in->engine, &m->group) == YK_OK) o->family = m;
    else EXPECT(o->in->short_of_memory);
}

/* All of the family that this thread or task has submitted is over then. */
static void end_family(own *o)
{
    family *m = o->family;
    if (rnd_chance(&o->random, 0.2)) {
        atomic_store(&m->cancelled, true);
        yk_group_cancel(m->group);
    }
    yk_status st = yk_group_wait(m->group, -1);
    bool failed = false, over = st != YK_E_TIMEOUT || !is_stopped(o->in);
    for (unsigned k = 0; k < o->n_members && over; k++) {
        const node *n = o->members[k];
        HOLDS(n, atomic_load(&n->started) == atomic_load(&n->ended));
        failed |= has_failed(n);
    }
    o->n_members = 0;
    if (over) EXPECT((st != YK_OK) == (failed || atomic_load(&m->cancelled)));
    yk_group_close(&m->group);
    o->family = NULL;
}

static void one_action(own *o)
{
    unsigned k = o->n_held ? (unsigned)rnd_in(&o->random, 0, o->n_held - 1) : 0;
    int64_t what = rnd_in(&o->random, 0, o->n_held ? 15 : 7);
    switch (what) {
    case 6: if (o->family) end_family(o); else open_family(o); break;
    case 7: launch(o->in); break;
    case 8: case 9: wait_for_one(o, k); break;
    case 10: give_back(o, k); break;
    case 11: be_called(o, k); break;
    case 12: cancel(o, k); break;
    case 13: wait_for_all(o); break;
    case 14: wait_for_any(o); break;
    case 15: wait_in_order(o); break;
    default: submit(o);
    }
}

static void actions(own *o)
{
    for (int64_t n = rnd_in(&o->random, 1, o->parent ? 12 : 40); n > 0; n--) one_action(o);
    if (rnd_chance(&o->random, 0.5) && o->n_held) wait_for_all(o);
    if (o->family) end_family(o);
    while (o->n_held) give_back(o, (unsigned)rnd_in(&o->random, 0, o->n_held - 1));
}

static void *outsider_main(void *arg)
{
    own *o = arg;
    actions(o);
    yk_status st = yk_future_wait(o->in->common, -1);
    check_status(yk_future_arg(o->in->common), o->in->common, st);
    return NULL;
}

/* ---- programs ---- */

static bool refuse_some(void *ctx, size_t bytes)
{
    _Atomic uint64_t *random = ctx;
    (void)bytes;
    uint64_t s = atomic_fetch_add(random, 1);
    return !rnd_chance(&s, 0.03);
}

static bool refuse_threads(void *ctx)
{
    uint64_t s = atomic_fetch_add((_Atomic uint64_t *)ctx, 1);
    return !rnd_chance(&s, 0.5);
}

/* Waits, or with little patience, so that what has not begun is cancelled. */
static void close_engine(program *p, uint64_t *s)
{
    if (rnd_chance(s, 0.6)) {
        yk_engine_close(&p->engine);
        return;
    }
    atomic_store(&p->stopped, true);
    yk_status st = yk_engine_close_within(&p->engine, rnd_real(s, 0, 2e-3));
    while (st == YK_E_TIMEOUT) st = yk_engine_close_within(&p->engine, 0.01);
    EXPECT(st == YK_OK && !p->engine);
}

static void play(program *p, uint64_t *s)
{
    static own outsiders[OUTSIDERS];
    pthread_t thread[OUTSIDERS];
    own first = {.in = p, .random = rnd(s)};
    node *n = new_node(&first);
    n->flags = 0;
    n->taken = yk_task_submit(p->engine, body, n, NULL, &p->common) == YK_OK;
    if (!n->taken) return;
    size_t count = (size_t)rnd_in(s, 1, OUTSIDERS);
    for (size_t i = 0; i < count; i++) {
        outsiders[i] = (own){.in = p, .random = rnd(s)};
        assert_int_equal(pthread_create(&thread[i], NULL, outsider_main, &outsiders[i]), 0);
    }
    for (size_t i = 0; i < count; i++) pthread_join(thread[i], NULL);
    yk_future_free(&p->common);
}

static void run_program(uint64_t seed, bool no_memory, bool no_threads)
{
    static program p;
    static _Atomic uint64_t random;
    uint64_t s = seed;
    atomic_store(&random, seed * 1000);
    memset(&p, 0, sizeof p);
    p.seed = seed;
    p.short_of_memory = no_memory;
    if (no_threads) yki_thread_set_hook(refuse_threads, (void *)&random);
    p.engine = ykt_open((size_t)rnd_in(&s, 0, 2));
    if (no_memory) yki_alloc_set_hook(refuse_some, (void *)&random);
    play(&p, &s);
    close_engine(&p, &s);
    yki_alloc_set_hook(NULL, NULL);
    yki_thread_set_hook(NULL, NULL);
    unsigned n = atomic_load(&p.n_nodes);
    for (unsigned k = 0; k < n; k++) check_node(&p.nodes[k]);
    if (atomic_load(&ykt_failures)) fail_msg("seed %llu", (unsigned long long)seed);
}

static uint64_t programs(unsigned n)
{
    if (!getenv("YKT_THOROUGH")) return ykt_turns(n);
    alarm(0);
    return n * UINT64_C(50);
}

static void random_programs(void **state)
{
    (void)state;
    for (uint64_t seed = programs(120); seed > 0; seed--) run_program(seed, false, false);
}

static void while_memory_is_short(void **state)
{
    (void)state;
    for (uint64_t seed = programs(60); seed > 0; seed--) run_program(seed, true, false);
}

static void while_threads_are_short(void **state)
{
    (void)state;
    for (uint64_t seed = programs(60); seed > 0; seed--) run_program(seed, seed % 2, true);
}

int main(void)
{
    for (size_t i = 0; i < LOOP; i++) ones[i] = 1;
    const struct CMUnitTest tests[] = {
        task_test(random_programs),
        task_test(while_memory_is_short),
        task_test(while_threads_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
