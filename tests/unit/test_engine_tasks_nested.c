/* Tasks that wait for tasks, on one worker and on several: recursion, siblings that have not
 * begun, depth.  Written from yoke/task.h alone. */
#include "tasks.h"

/* ---- Fibonacci numbers, by futures and by groups ---- */

typedef struct fib {
    yk_engine *engine;
    bool groups;
    double timeout_s;
    unsigned n;
    unsigned long value;
} fib;

static yk_status fib_task(void *arg);

static yk_status fib_by_futures(fib *f, fib *left, fib *right)
{
    yk_future *a = NULL, *b = NULL;
    yk_status st = yk_task_submit(f->engine, fib_task, left, NULL, &a);
    if (st == YK_OK) st = yk_task_submit(f->engine, fib_task, right, NULL, &b);
    yk_future *both[2] = {b, a};
    yk_status waited = yk_wait_all(both, 2, f->timeout_s);
    yk_future_free(&a);
    yk_future_free(&b);
    return st != YK_OK ? st : waited;
}

static yk_status fib_by_groups(fib *f, fib *left, fib *right)
{
    yk_group *g = NULL;
    yk_status st = yk_group_open(f->engine, &g);
    if (st != YK_OK) return st;
    yk_task_opts opts = {.group = g};
    st = yk_task_submit(f->engine, fib_task, left, &opts, NULL);
    if (st == YK_OK) st = fib_task(right);      /* the other half by itself */
    yk_status waited = yk_group_wait(g, f->timeout_s);
    yk_group_close(&g);
    return st != YK_OK ? st : waited;
}

static yk_status fib_task(void *arg)
{
    fib *f = arg;
    f->value = f->n;
    if (f->n < 2) return YK_OK;
    fib left = *f, right = *f;
    left.n = f->n - 1;
    right.n = f->n - 2;
    yk_status st = f->groups ? fib_by_groups(f, &left, &right) : fib_by_futures(f, &left, &right);
    f->value = left.value + right.value;
    return st;
}

static void fibonacci(void **state)
{
    (void)state;
    unsigned n = YKT_TSAN ? 12 : 16;
    unsigned long expected = YKT_TSAN ? 144 : 987;
    for (unsigned k = 0; k < 2 * 2 * 3; k++) {
        fib f = {.engine = ykt_open(1 + k / 4), .groups = k % 2,
                 .timeout_s = k / 2 % 2 ? LONG_S : -1, .n = n};
        yk_future *whole = ykt_submit(f.engine, fib_task, &f, k == 5 ? YK_BLOCKING : 0);
        assert_int_equal(yk_future_wait(whole, k % 3 ? LONG_S : -1), YK_OK);
        assert_int_equal(f.value, expected);
        yk_future_free(&whole);
        yk_engine_close(&f.engine);
    }
}

/* Also called by a thread that is no worker. */
static void fibonacci_from_outside(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        fib f = {.engine = ykt_open(1 + k / 2), .groups = k % 2, .timeout_s = -1, .n = 12};
        assert_int_equal(fib_task(&f), YK_OK);
        assert_int_equal(f.value, 144);
        yk_engine_close(&f.engine);
    }
}

/* ---- siblings ---- */

typedef struct sibling {
    _Atomic bool submitted;
    yk_future *other;
    double timeout_s;
    ykt_gate begun;
} sibling;

static yk_status wait_for_sibling(void *arg)
{
    sibling *s = arg;
    atomic_fetch_add(&s->begun.entered, 1);
    UNTIL(atomic_load(&s->submitted));
    return yk_future_wait(s->other, s->timeout_s);
}

/* The one that is waited for has not begun, and the only worker is in the wait. */
static void a_task_waits_for_a_sibling_that_has_not_begun(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 20; k++) {
        sibling s = {.timeout_s = k & 1 ? LONG_S : -1};
        yk_status io = YK_E_IO;
        yk_engine *e = ykt_open(1 + (k & 2) / 2);
        yk_future *f = ykt_submit(e, wait_for_sibling, &s, 0);
        UNTIL(atomic_load(&s.begun.entered));
        s.other = ykt_submit(e, ykt_return, &io, k & 4 ? YK_BLOCKING : 0);
        atomic_store(&s.submitted, true);
        assert_int_equal(yk_future_wait(f, LONG_S), YK_E_IO);
        yk_future_free(&f);
        yk_future_free(&s.other);
        yk_engine_close(&e);
    }
}

/* And what that one comes after has not begun either. */
static void a_task_waits_for_the_end_of_a_chain(void **state)
{
    (void)state;
    enum { CHAIN = 20 };
    for (unsigned k = 0; k < 12; k++) {
        sibling s = {.timeout_s = k & 1 ? LONG_S : -1};
        _Atomic unsigned ran = 0;
        yk_engine *e = ykt_open(1 + (k & 2) / 2);
        yk_future *links[CHAIN], *f = ykt_submit(e, wait_for_sibling, &s, 0);
        UNTIL(atomic_load(&s.begun.entered));
        for (unsigned i = 0; i < CHAIN; i++) {
            unsigned flags = k / 4 == 1 || (k / 4 == 2 && i % 2) ? YK_BLOCKING : 0;
            links[i] = i ? ykt_submit_after(e, ykt_count, &ran, flags, links[i - 1])
                         : ykt_submit(e, ykt_count, &ran, flags);
        }
        s.other = links[CHAIN - 1];
        atomic_store(&s.submitted, true);
        assert_int_equal(yk_future_wait(f, LONG_S), YK_OK);
        assert_int_equal(atomic_load(&ran), CHAIN);
        yk_future_free(&f);
        for (int i = 0; i < CHAIN; i++) yk_future_free(&links[i]);
        yk_engine_close(&e);
    }
}

/* Waiting tasks take their worker to nothing else: a task that runs inside the wait of
 * another is a descendant of it, or what it waits for, and never the stranger, who could keep
 * it as long as he likes. */
typedef struct strangers {
    yk_engine *engine;
    _Atomic pid_t waiting;      /* the thread in the wait, while it is there */
    _Atomic unsigned inside;    /* strangers that ran on it meanwhile */
    _Atomic unsigned ran;
} strangers;

static yk_status be_strange(void *arg)
{
    strangers *s = arg;
    if (atomic_load(&s->waiting) == gettid()) atomic_fetch_add(&s->inside, 1);
    atomic_fetch_add(&s->ran, 1);
    return YK_OK;
}

static yk_status sleep_a_little(void *arg)
{
    (void)arg;
    ykt_sleep_us(3000);
    return YK_OK;
}

static yk_status wait_among_strangers(void *arg)
{
    strangers *s = arg;
    yk_task_opts opts = {.flags = YK_BLOCKING};
    yk_future *f = NULL;
    if (yk_task_submit(s->engine, sleep_a_little, NULL, &opts, &f) != YK_OK) return YK_E_NOMEM;
    atomic_store(&s->waiting, gettid());
    yk_status st = yk_future_wait(f, -1);
    atomic_store(&s->waiting, 0);
    yk_future_free(&f);
    return st;
}

static void a_wait_takes_in_no_strangers(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 10; k++) {
        strangers s = {.engine = ykt_open(1 + k % 2)};
        yk_future *f = ykt_submit(s.engine, wait_among_strangers, &s, 0);
        for (unsigned i = 0; i < 200; i++)
            assert_int_equal(yk_task_submit(s.engine, be_strange, &s, NULL, NULL), YK_OK);
        UNTIL(yk_future_done(f));
        assert_int_equal(ykt_end_of(&f), YK_OK);
        yk_engine_close(&s.engine);
        assert_int_equal(atomic_load(&s.inside), 0);
        assert_int_equal(atomic_load(&s.ran), 200);
    }
}

/* ---- depth: 10,000 waits inside each other, on stacks of 8 MB ---- */

typedef struct deep {
    yk_engine *engine;
    unsigned depth, flags;
    bool groups;
} deep;

static yk_status go_deeper(void *arg)
{
    deep *d = arg;
    if (d->depth == 0) return YK_E_EXTENT;
    deep next = *d;
    next.depth--;
    yk_group *g = NULL;
    yk_future *f = NULL;
    yk_status st = YK_OK;
    if (d->groups) st = yk_group_open(d->engine, &g);
    yk_task_opts opts = {.flags = d->flags, .group = g};
    if (st == YK_OK)
        st = yk_task_submit(d->engine, go_deeper, &next, &opts, d->groups ? NULL : &f);
    if (st == YK_OK) st = d->groups ? yk_group_wait(g, -1) : yk_future_wait(f, -1);
    yk_future_free(&f);
    yk_group_close(&g);
    return st;
}

static void ten_thousand_deep(void **state)
{
    (void)state;
    unsigned depth = YKT_TSAN || YKT_ASAN ? 1000 : 10000;
    for (unsigned k = 0; k < 4; k++) {
        deep d = {.engine = ykt_open(1 + k / 2), .depth = depth, .groups = k % 2};
        yk_future *f = ykt_submit(d.engine, go_deeper, &d, 0);
        assert_int_equal(yk_future_wait(f, LONG_S), YK_E_EXTENT);
        yk_future_free(&f);
        f = ykt_submit(d.engine, go_deeper, &d, 0);
        assert_int_equal(ykt_end_of(&f), YK_E_EXTENT);     /* perhaps on this stack */
        assert_int_equal(go_deeper(&d), YK_E_EXTENT);
        yk_engine_close(&d.engine);
    }
}

/* ---- wide: a parent of thousands, none of which waits ---- */

typedef struct wide {
    yk_engine *engine;
    _Atomic unsigned ran;
    unsigned children;
} wide;

static yk_status wide_child(void *arg)
{
    atomic_fetch_add(&((wide *)arg)->ran, 1);
    return YK_OK;
}

static yk_status wide_parent(void *arg)
{
    wide *w = arg;
    yk_future **f = calloc(w->children, sizeof *f);
    if (!f) return YK_E_NOMEM;
    for (unsigned i = 0; i < w->children; i++)
        EXPECT(yk_task_submit(w->engine, wide_child, w, NULL, &f[i]) == YK_OK);
    yk_status st = yk_wait_all(f, w->children, -1);
    for (unsigned i = 0; i < w->children; i++) yk_future_free(&f[i]);
    free(f);
    return st;
}

static void parents_of_thousands(void **state)
{
    (void)state;
    enum { PARENTS = 8 };
    for (size_t threads = 1; threads <= 2; threads++) {
        wide w = {.engine = ykt_open(threads), .children = ykt_turns(3000)};
        yk_future *f[PARENTS];
        for (int i = 0; i < PARENTS; i++) f[i] = ykt_submit(w.engine, wide_parent, &w, 0);
        assert_int_equal(yk_wait_all(f, PARENTS, LONG_S), YK_OK);
        assert_int_equal(atomic_load(&w.ran), PARENTS * w.children);
        for (int i = 0; i < PARENTS; i++) yk_future_free(&f[i]);
        yk_engine_close(&w.engine);
    }
}

/* ---- never more at once than there are workers ---- */

typedef struct crowd {
    _Atomic int now, most;
} crowd;

static yk_status be_one_of_the_crowd(void *arg)
{
    crowd *c = arg;
    int now = atomic_fetch_add(&c->now, 1) + 1, most = atomic_load(&c->most);
    while (now > most && !atomic_compare_exchange_weak(&c->most, &most, now)) continue;
    ykt_sleep_us(200);
    atomic_fetch_sub(&c->now, 1);
    return YK_OK;
}

static void no_more_at_once_than_workers(void **state)
{
    (void)state;
    enum { N = 300 };
    for (size_t threads = 0; threads <= 1; threads++) {
        crowd c = {0};
        yk_future *f[N];
        yk_engine *e = ykt_open(threads);
        for (int i = 0; i < N; i++) f[i] = ykt_submit(e, be_one_of_the_crowd, &c, 0);
        assert_int_equal(yk_wait_all(f, N, LONG_S), YK_OK);
        assert_in_range(atomic_load(&c.most), 1, yk_engine_workers(e));
        for (int i = 0; i < N; i++) yk_future_free(&f[i]);
        yk_engine_close(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(fibonacci),
        task_test(fibonacci_from_outside),
        task_test(a_task_waits_for_a_sibling_that_has_not_begun),
        task_test(a_task_waits_for_the_end_of_a_chain),
        task_test(a_wait_takes_in_no_strangers),
        task_test(ten_thousand_deep),
        task_test(parents_of_thousands),
        task_test(no_more_at_once_than_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
