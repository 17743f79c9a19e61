/* Tasks that come after others: order, failures along the way, YK_ALWAYS, cancelling, what
 * is complete already.  Written from yoke/task.h alone. */
#include "tasks.h"

/* A node notes when it ran, and that what it comes after had. */
typedef struct node {
    _Atomic unsigned *clock;
    struct node *needs[4];
    _Atomic unsigned when;      /* 0: never */
    yk_status status;
} node;

static yk_status visit(void *arg)
{
    node *n = arg;
    for (int i = 0; i < 4; i++)
        EXPECT(!n->needs[i] || atomic_load(&n->needs[i]->when) != 0);
    EXPECT(atomic_load(&n->when) == 0);
    atomic_store(&n->when, atomic_fetch_add(n->clock, 1) + 1);
    if (n->status != YK_OK) yk_task_message("this one failed");
    return n->status;
}

static yk_future *after(yk_engine *e, node *n, unsigned flags, yk_future *const *f, size_t count)
{
    yk_task_opts opts = {.flags = flags, .after = f, .n_after = count};
    yk_future *out = NULL;
    assert_int_equal(yk_task_submit(e, visit, n, &opts, &out), YK_OK);
    return out;
}

/* k's bits: which tasks block, and whether futures are freed before they are complete. */
static void one_diamond(yk_engine *e, unsigned k)
{
    _Atomic unsigned clock = 0;
    node a = {.clock = &clock}, b = {.clock = &clock, .needs = {&a}};
    node c = {.clock = &clock, .needs = {&a}}, d = {.clock = &clock, .needs = {&b, &c}};
    yk_future *fa = after(e, &a, k & 1 ? YK_BLOCKING : 0, NULL, 0);
    yk_future *mid[2] = {after(e, &b, k & 2 ? YK_BLOCKING : 0, &fa, 1),
                         after(e, &c, k & 4 ? YK_BLOCKING : 0, &fa, 1)};
    yk_future *fd = after(e, &d, k & 8 ? YK_BLOCKING : 0, mid, 2);
    if (k & 16) {       /* borrowed for the call alone */
        yk_future_free(&fa);
        yk_future_free(&mid[0]);
        yk_future_free(&mid[1]);
    }
    assert_int_equal(ykt_end_of(&fd), YK_OK);
    assert_int_equal(atomic_load(&d.when), 4);
    yk_future_free(&fa);
    yk_future_free(&mid[0]);
    yk_future_free(&mid[1]);
}

static void a_diamond(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 2; threads++) {
        yk_engine *e = ykt_open(threads);
        for (unsigned k = 0; k < 160; k++) one_diamond(e, k);
        yk_engine_close(&e);
    }
}

/* ---- chains: neither time nor stack grow with what hangs on one future ---- */

#define CHAIN 10000
static node chain[CHAIN];
static yk_future *links[CHAIN];

static void make_chain(yk_engine *e, _Atomic unsigned *clock, yk_future *first, unsigned flags)
{
    for (unsigned i = 0; i < CHAIN; i++) {
        chain[i] = (node){.clock = clock, .needs = {i ? &chain[i - 1] : NULL}};
        links[i] = after(e, &chain[i], flags, i ? &links[i - 1] : &first, 1);
    }
}

static void free_chain(void)
{
    for (unsigned i = 0; i < CHAIN; i++) yk_future_free(&links[i]);
}

static void a_chain_of_ten_thousand_runs(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 2; threads++) {
        _Atomic unsigned clock = 0;
        ykt_gate gate = {0};
        yk_engine *e = ykt_open(threads);
        yk_future *first = ykt_submit(e, ykt_at_gate, &gate, YK_BLOCKING);
        make_chain(e, &clock, first, 0);
        atomic_store(&gate.open, true);
        assert_int_equal(yk_future_wait(links[CHAIN - 1], -1), YK_OK);
        for (unsigned i = 0; i < CHAIN; i++) assert_int_equal(atomic_load(&chain[i].when), i + 1);
        free_chain();
        yk_future_free(&first);
        yk_engine_close(&e);
    }
}

static void a_chain_of_ten_thousand_fails(void **state)
{
    (void)state;
    _Atomic unsigned clock = 0;
    yk_status io = YK_E_IO;
    yk_engine *e = ykt_open(0);
    for (int cancel = 0; cancel < 2; cancel++) {
        ykt_held held;
        ykt_hold(e, &held);
        yk_future *first = ykt_submit(e, ykt_return, &io, 0);
        make_chain(e, &clock, first, 0);
        if (cancel) assert_int_equal(yk_future_cancel(first), 1);
        ykt_release(&held);
        yk_status expected = cancel ? YK_E_CANCELLED : YK_E_IO;
        assert_int_equal(yk_wait_all(links, CHAIN, -1), expected);
        for (unsigned i = 0; i < CHAIN; i++)
            assert_int_equal(yk_future_wait(links[i], 0), expected);
        assert_int_equal(atomic_load(&clock), 0);
        free_chain();
        yk_future_free(&first);
    }
    yk_engine_close(&e);
}

static void blocking_and_pool_in_turns(void **state)
{
    (void)state;
    enum { N = 300 };
    _Atomic unsigned clock = 0;
    yk_engine *e = ykt_open(1);
    for (unsigned i = 0; i < N; i++) {
        chain[i] = (node){.clock = &clock, .needs = {i ? &chain[i - 1] : NULL}};
        links[i] = after(e, &chain[i], i % 2 ? YK_BLOCKING : 0, i ? &links[i - 1] : NULL, i != 0);
    }
    assert_int_equal(yk_future_wait(links[N - 1], LONG_S), YK_OK);
    assert_int_equal(atomic_load(&clock), N);
    for (unsigned i = 0; i < N; i++) yk_future_free(&links[i]);
    yk_engine_close(&e);
}

/* ---- wide ones ---- */

static void one_after_ten_thousand_and_ten_thousand_after_one(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0, late = 0;
    ykt_held held;
    yk_engine *e = ykt_open(0);
    ykt_hold(e, &held);
    for (unsigned i = 0; i < CHAIN; i++) links[i] = ykt_submit(e, ykt_count, &ran, 0);
    yk_task_opts opts = {.after = links, .n_after = CHAIN};
    yk_future *middle = NULL;
    assert_int_equal(yk_task_submit(e, ykt_count, &ran, &opts, &middle), YK_OK);
    free_chain();
    for (unsigned i = 0; i < CHAIN; i++)
        links[i] = ykt_submit_after(e, ykt_count, &late, i % 100 ? 0 : YK_BLOCKING, middle);
    assert_int_equal(yk_wait_all(links, CHAIN, 0), YK_E_TIMEOUT);
    ykt_release(&held);
    assert_int_equal(yk_future_wait(middle, LONG_S), YK_OK);
    assert_int_equal(atomic_load(&ran), CHAIN + 1);
    assert_int_equal(yk_wait_all(links, CHAIN, -1), YK_OK);
    assert_int_equal(atomic_load(&late), CHAIN);
    free_chain();
    yk_future_free(&middle);
    yk_engine_close(&e);
}

static void what_is_complete_already(void **state)
{
    (void)state;
    yk_status io = YK_E_IO;
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(0);
    yk_future *good = ykt_submit(e, ykt_nothing, NULL, 0);
    yk_future *bad = ykt_submit(e, ykt_return, &io, 0);
    assert_int_equal(yk_wait_all((yk_future *[]){good, bad}, 2, -1), YK_E_IO);
    for (unsigned flags = 0; flags <= YK_BLOCKING; flags += YK_BLOCKING) {
        yk_future *f = ykt_submit_after(e, ykt_count, &ran, flags, good);
        assert_int_equal(ykt_end_of(&f), YK_OK);
        f = ykt_submit_after(e, ykt_count, &ran, flags, bad);
        assert_int_equal(yk_future_done(f), 1);     /* nothing is left to happen */
        assert_int_equal(ykt_end_of(&f), YK_E_IO);
        f = ykt_submit_after(e, ykt_count, &ran, flags | YK_ALWAYS, bad);
        assert_int_equal(ykt_end_of(&f), YK_OK);
    }
    assert_int_equal(atomic_load(&ran), 4);
    yk_future_free(&good);
    yk_future_free(&bad);
    yk_engine_close(&e);
}

static void the_same_one_many_times(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(0);
    for (unsigned k = 0; k < 50; k++) {
        ykt_held held;
        ykt_hold(e, &held);
        yk_future *one = ykt_submit(e, ykt_nothing, NULL, 0);
        yk_future *many[20];
        for (int i = 0; i < 20; i++) many[i] = one;
        yk_task_opts opts = {.after = many, .n_after = 20};
        yk_future *f = NULL;
        assert_int_equal(yk_task_submit(e, ykt_count, &ran, &opts, &f), YK_OK);
        assert_int_equal(yk_future_done(f), 0);
        if (k % 2) assert_int_equal(yk_future_cancel(one), 1);
        ykt_release(&held);
        assert_int_equal(ykt_end_of(&f), k % 2 ? YK_E_CANCELLED : YK_OK);
        yk_future_free(&one);
    }
    assert_int_equal(atomic_load(&ran), 25);
    yk_engine_close(&e);
}

/* ---- failures and YK_ALWAYS ---- */

static void one_failure_is_enough_but_not_for_always(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (unsigned bad = 0; bad < 4; bad++) {
        _Atomic unsigned clock = 0;
        node n[4], never = {.clock = &clock}, always = {.clock = &clock}, next = {.clock = &clock};
        yk_future *f[4];
        for (unsigned i = 0; i < 4; i++) {
            n[i] = (node){.clock = &clock, .status = i == bad ? YK_E_BUILD : YK_OK};
            always.needs[i] = &n[i];
            f[i] = after(e, &n[i], i % 2 ? YK_BLOCKING : 0, NULL, 0);
        }
        yk_future *fnever = after(e, &never, 0, f, 4);
        yk_future *falways = after(e, &always, YK_ALWAYS, f, 4);
        yk_future *fnext = after(e, &next, 0, &falways, 1);
        assert_int_equal(yk_future_wait(fnever, -1), YK_E_BUILD);
        assert_non_null(strstr(yk_future_message(fnever), "this one failed"));
        assert_int_equal(ykt_end_of(&falways), YK_OK);
        assert_int_equal(ykt_end_of(&fnext), YK_OK);
        assert_int_equal(atomic_load(&never.when), 0);
        assert_int_equal(atomic_load(&clock), 6);
        yk_future_free(&fnever);
        for (unsigned i = 0; i < 4; i++) yk_future_free(&f[i]);
    }
    yk_engine_close(&e);
}

/* Cleaning up after a chain that broke: the clean-up runs, what comes after it as well. */
static void always_catches_what_was_cancelled(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0, cleaned = 0;
    ykt_held held;
    yk_engine *e = ykt_open(0);
    ykt_hold(e, &held);
    yk_future *a = ykt_submit(e, ykt_count, &ran, 0);
    yk_future *b = ykt_submit_after(e, ykt_count, &ran, YK_BLOCKING, a);
    yk_future *c = ykt_submit_after(e, ykt_count, &cleaned, YK_ALWAYS, b);
    yk_future *d = ykt_submit_after(e, ykt_count, &cleaned, 0, c);
    assert_int_equal(yk_future_cancel(a), 1);
    ykt_release(&held);
    assert_int_equal(ykt_end_of(&d), YK_OK);
    assert_int_equal(ykt_end_of(&c), YK_OK);
    assert_int_equal(ykt_end_of(&b), YK_E_CANCELLED);
    assert_int_equal(ykt_end_of(&a), YK_E_CANCELLED);
    assert_int_equal(atomic_load(&ran), 0);
    assert_int_equal(atomic_load(&cleaned), 2);
    yk_engine_close(&e);
}

/* ---- cancelling what waits for others ---- */

static void cancelling_one_that_waits_for_others(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(0);
    for (unsigned k = 0; k < 100; k++) {
        ykt_gate gate = {0};
        yk_future *first = ykt_submit(e, ykt_at_gate, &gate, YK_BLOCKING);
        yk_future *f = ykt_submit_after(e, ykt_count, &ran, k % 2 ? YK_ALWAYS : 0, first);
        yk_future *next = ykt_submit_after(e, ykt_count, &ran, 0, f);
        UNTIL(atomic_load(&gate.entered));
        assert_int_equal(yk_future_cancel(f), 1);
        assert_int_equal(yk_future_wait(f, 0), YK_E_CANCELLED);
        assert_int_equal(yk_future_wait(next, LONG_S), YK_E_CANCELLED);
        if (k % 3 == 0) yk_future_free(&f);
        assert_int_equal(yk_future_done(first), 0);     /* that one was not touched */
        atomic_store(&gate.open, true);
        assert_int_equal(ykt_end_of(&first), YK_OK);
        yk_future_free(&f);
        yk_future_free(&next);
    }
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&ran), 0);
}

/* ---- groups ---- */

static void a_group_waits_for_what_comes_after(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0;
    yk_status io = YK_E_IO;
    yk_group *g = NULL;
    yk_engine *e = ykt_open(0);
    assert_int_equal(yk_group_open(e, &g), YK_OK);
    for (int fails = 0; fails < 2; fails++) {
        ykt_held held;
        ykt_hold(e, &held);
        yk_future *first = fails ? ykt_submit(e, ykt_return, &io, 0)
                                 : ykt_submit(e, ykt_nothing, NULL, 0);
        yk_task_opts opts = {.group = g, .after = &first, .n_after = 1};
        for (int i = 0; i < 10; i++)
            assert_int_equal(yk_task_submit(e, ykt_count, &ran, &opts, NULL), YK_OK);
        assert_int_equal(yk_group_wait(g, 0), YK_E_TIMEOUT);
        ykt_release(&held);
        assert_int_equal(yk_group_wait(g, -1), fails ? YK_E_IO : YK_OK);
        yk_future_free(&first);
    }
    assert_int_equal(atomic_load(&ran), 10);
    yk_group_close(&g);
    yk_engine_close(&e);
}

/* ---- random graphs: each node runs once, after all that it names ---- */

static void random_graphs(void **state)
{
    (void)state;
    enum { NODES = 400 };
    static node n[NODES];
    static yk_future *f[NODES];
    for (uint64_t seed = 1; seed <= 10; seed++) {
        uint64_t r = seed * 0x9e3779b97f4a7c15u;
        _Atomic unsigned clock = 0;
        yk_engine *e = ykt_open(1 + seed % 2);
        for (unsigned i = 0; i < NODES; i++) {
            yk_future *needs[4];
            size_t count = 0;
            n[i] = (node){.clock = &clock};
            for (unsigned k = 0; i && k < 4; k++) {
                r = r * 6364136223846793005u + 1442695040888963407u;
                unsigned other = (unsigned)(r >> 33) % i;
                if (r >> 62 == 0) continue;
                n[i].needs[k] = &n[other];
                needs[count++] = f[other];
            }
            f[i] = after(e, &n[i], r >> 40 & 1 ? YK_BLOCKING : 0, needs, count);
        }
        CHECK(seed, yk_wait_all(f, NODES, -1) == YK_OK);
        CHECK(seed, atomic_load(&clock) == NODES);
        for (unsigned i = 0; i < NODES; i++) {
            CHECK(seed, atomic_load(&n[i].when) != 0);
            yk_future_free(&f[i]);
        }
        yk_engine_close(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(a_diamond),
        task_test(a_chain_of_ten_thousand_runs),
        task_test(a_chain_of_ten_thousand_fails),
        task_test(blocking_and_pool_in_turns),
        task_test(one_after_ten_thousand_and_ten_thousand_after_one),
        task_test(what_is_complete_already),
        task_test(the_same_one_many_times),
        task_test(one_failure_is_enough_but_not_for_always),
        task_test(always_catches_what_was_cancelled),
        task_test(cancelling_one_that_waits_for_others),
        task_test(a_group_waits_for_what_comes_after),
        task_test(random_graphs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
