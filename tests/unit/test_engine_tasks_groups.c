/* Groups: what their wait tells, cancelling, use after use, tasks that add to their own
 * group.  Written from yoke/task.h alone. */
#include "tasks.h"

static yk_group *open_group(yk_engine *e)
{
    yk_group *g = NULL;
    assert_int_equal(yk_group_open(e, &g), YK_OK);
    assert_non_null(g);
    return g;
}

static yk_status add(yk_engine *e, yk_group *g, yk_task_fn fn, void *arg, unsigned flags)
{
    yk_task_opts opts = {.flags = flags, .group = g};
    return yk_task_submit(e, fn, arg, &opts, NULL);
}

static void a_group_is_waited_for_again_and_again(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0;
    unsigned expected = 0;
    yk_engine *e = ykt_open(0);
    yk_group *g = open_group(e);
    assert_int_equal(yk_group_wait(g, -1), YK_OK);      /* empty */
    assert_int_equal(yk_group_wait(g, 0), YK_OK);
    assert_string_equal(yk_group_message(g), "");
    for (unsigned round = 0; round < 300; round++) {
        for (unsigned i = 0; i < round % 20; i++, expected++)
            assert_int_equal(add(e, g, ykt_count, &ran, i % 9 == 8 ? YK_BLOCKING : 0), YK_OK);
        assert_int_equal(yk_group_wait(g, round % 2 ? -1 : LONG_S), YK_OK);
        assert_int_equal(atomic_load(&ran), expected);
    }
    yk_group_close(&g);
    assert_null(g);
    yk_group_close(&g);
    yk_group_close(NULL);
    yk_engine_close(&e);
}

/* ---- failures ---- */

typedef struct failing {
    yk_status status;
    const char *message;
    ykt_gate gate;
    ykt_gate *opens;        /* when it has failed: the next one's */
} failing;

static yk_status fail_in_turn(void *arg)
{
    failing *f = arg;
    ykt_at_gate(&f->gate);
    if (f->message) yk_task_message("%s", f->message);
    return f->status;
}

static void the_first_to_fail_is_told(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    yk_group *g = open_group(e);
    for (int order = 0; order < 2; order++) {
        failing a = {.status = YK_E_IO, .message = "disk"};
        failing b = {.status = YK_E_EXTENT, .message = "too short"};
        failing *first = order ? &b : &a, *second = order ? &a : &b;
        yk_task_opts opts = {.flags = YK_BLOCKING, .group = g};
        yk_future *fa = NULL, *fb = NULL;
        assert_int_equal(yk_task_submit(e, fail_in_turn, &a, &opts, &fa), YK_OK);
        assert_int_equal(yk_task_submit(e, fail_in_turn, &b, &opts, &fb), YK_OK);
        assert_int_equal(add(e, g, ykt_nothing, NULL, 0), YK_OK);
        atomic_store(&first->gate.open, true);
        assert_int_equal(yk_future_wait(order ? fb : fa, -1), first->status);
        assert_int_equal(yk_group_wait(g, 0), YK_E_TIMEOUT);
        atomic_store(&second->gate.open, true);
        assert_int_equal(yk_group_wait(g, -1), first->status);
        assert_string_equal(yk_group_message(g), first->message);
        assert_int_equal(yk_future_wait(fa, 0), YK_E_IO);
        assert_int_equal(yk_future_wait(fb, 0), YK_E_EXTENT);
        yk_future_free(&fa);
        yk_future_free(&fb);
        /* And then it is as new. */
        assert_int_equal(add(e, g, ykt_nothing, NULL, 0), YK_OK);
        assert_int_equal(yk_group_wait(g, -1), YK_OK);
        assert_string_equal(yk_group_message(g), "");
    }
    yk_group_close(&g);
    yk_engine_close(&e);
}

static void a_failure_without_words_has_none(void **state)
{
    (void)state;
    failing loud = {.status = YK_E_IO, .message = "loud", .gate = {.open = true}};
    failing quiet = {.status = YK_E_DEVICE, .gate = {.open = true}};
    failing fine = {.status = YK_OK, .message = "all is well", .gate = {.open = true}};
    yk_engine *e = ykt_open(0);
    yk_group *g = open_group(e);
    assert_int_equal(add(e, g, fail_in_turn, &loud, 0), YK_OK);
    assert_int_equal(yk_group_wait(g, -1), YK_E_IO);
    assert_string_equal(yk_group_message(g), "loud");
    assert_int_equal(add(e, g, fail_in_turn, &quiet, 0), YK_OK);
    assert_int_equal(yk_group_wait(g, -1), YK_E_DEVICE);
    assert_string_equal(yk_group_message(g), "");
    assert_int_equal(add(e, g, fail_in_turn, &fine, 0), YK_OK);
    assert_int_equal(yk_group_wait(g, -1), YK_OK);
    yk_group_close(&g);
    yk_engine_close(&e);
}

static void one_failure_among_thousands(void **state)
{
    (void)state;
    enum { N = 5000 };
    yk_status no = YK_E_RANGE;
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(0);
    yk_group *g = open_group(e);
    for (unsigned at = 0; at < N; at += N / 5) {
        atomic_store(&ran, 0);
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(i == at ? add(e, g, ykt_return, &no, 0)
                                     : add(e, g, ykt_count, &ran, 0), YK_OK);
        assert_int_equal(yk_group_wait(g, -1), YK_E_RANGE);
        assert_int_equal(atomic_load(&ran), N - 1);     /* the others ran all the same */
    }
    yk_group_close(&g);
    yk_engine_close(&e);
}

/* ---- timeouts ---- */

static void a_wait_in_vain_changes_nothing(void **state)
{
    (void)state;
    ykt_gate gate = {0};
    yk_status io = YK_E_IO;
    yk_engine *e = ykt_open(0);
    yk_group *g = open_group(e);
    assert_int_equal(add(e, g, ykt_return, &io, 0), YK_OK);
    for (int i = 0; i < 3; i++) assert_int_equal(add(e, g, ykt_at_gate, &gate, YK_BLOCKING), YK_OK);
    UNTIL(atomic_load(&gate.entered) == 3);
    assert_int_equal(yk_group_wait(g, 0), YK_E_TIMEOUT);
    assert_int_equal(yk_group_wait(g, 1e-3), YK_E_TIMEOUT);
    assert_int_equal(add(e, g, ykt_at_gate, &gate, YK_BLOCKING), YK_OK);
    atomic_store(&gate.open, true);
    assert_int_equal(yk_group_wait(g, LONG_S), YK_E_IO);
    assert_int_equal(atomic_load(&gate.passed), 4);
    yk_group_close(&g);
    yk_engine_close(&e);
}

/* ---- cancelling ---- */

static void cancelling_stops_what_has_not_begun_and_asks_the_rest(void **state)
{
    (void)state;
    ykt_gate gate = {0};
    ykt_held held;
    _Atomic unsigned ran = 0, after = 0;
    yk_engine *e = ykt_open(0);
    yk_group *g = open_group(e);
    ykt_hold(e, &held);
    assert_int_equal(add(e, g, ykt_at_gate_or_cancelled, &gate, YK_BLOCKING), YK_OK);
    UNTIL(atomic_load(&gate.entered) == 1);
    for (int i = 0; i < 100; i++) assert_int_equal(add(e, g, ykt_count, &ran, 0), YK_OK);
    yk_task_opts opts = {.group = g};
    yk_future *in = NULL, *out = ykt_submit(e, ykt_count, &after, 0), *none = NULL;
    assert_int_equal(yk_task_submit(e, ykt_count, &ran, &opts, &in), YK_OK);
    yk_group_cancel(g);
    yk_group_cancel(g);
    assert_int_equal(yk_future_wait(in, LONG_S), YK_E_CANCELLED);
    assert_int_equal(add(e, g, ykt_count, &ran, 0), YK_E_CANCELLED);
    assert_int_equal(yk_task_submit(e, ykt_count, &ran, &opts, &none), YK_E_CANCELLED);
    assert_null(none);
    assert_int_equal(yk_group_wait(g, LONG_S), YK_E_CANCELLED); /* the workers are still held */
    assert_int_equal(atomic_load(&gate.passed), 0);
    ykt_release(&held);
    /* It is as new, and what belongs to no group was not touched. */
    assert_int_equal(yk_group_wait(g, -1), YK_OK);
    assert_int_equal(add(e, g, ykt_count, &after, 0), YK_OK);
    assert_int_equal(yk_group_wait(g, -1), YK_OK);
    assert_int_equal(ykt_end_of(&out), YK_OK);
    assert_int_equal(atomic_load(&after), 2);
    assert_int_equal(atomic_load(&ran), 0);
    yk_future_free(&in);
    yk_group_close(&g);
    yk_engine_close(&e);
}

static void an_empty_group_can_be_cancelled(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(0);
    yk_group *g = open_group(e);
    yk_group_cancel(g);
    assert_int_equal(add(e, g, ykt_count, &ran, 0), YK_E_CANCELLED);
    assert_int_equal(yk_group_wait(g, -1), YK_E_CANCELLED);
    assert_int_equal(add(e, g, ykt_count, &ran, 0), YK_OK);
    assert_int_equal(yk_group_wait(g, -1), YK_OK);
    assert_int_equal(atomic_load(&ran), 1);
    yk_group_cancel(g);
    yk_group_close(&g);     /* cancelled and not waited for */
    yk_engine_close(&e);
}

static void *wait_for_group(void *arg)
{
    return yk_group_wait(arg, -1) == YK_E_CANCELLED ? arg : NULL;
}

static void cancelling_wakes_who_waits(void **state)
{
    (void)state;
    ykt_held held;
    _Atomic unsigned ran = 0;
    yk_engine *e = ykt_open(0);
    ykt_hold(e, &held);
    yk_group *g = open_group(e);
    yk_task_opts opts = {.group = g, .after = held.futures, .n_after = 1};
    for (int i = 0; i < 10; i++)
        assert_int_equal(yk_task_submit(e, ykt_count, &ran, &opts, NULL), YK_OK);
    pthread_t thread;
    void *result = NULL;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_group, g), 0);
    ykt_sleep_us(1000);
    yk_group_cancel(g);
    pthread_join(thread, &result);
    assert_ptr_equal(result, g);
    ykt_release(&held);
    yk_group_close(&g);
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&ran), 0);
}

/* Another thread waits, and this one cancels the tasks one by one, and does nothing else. */
static void cancelling_every_task_ends_a_group(void **state)
{
    (void)state;
    ykt_held held;
    yk_engine *e = ykt_open(0);
    yk_group *g = open_group(e);
    ykt_hold(e, &held);
    for (int k = 0; k < 20; k++) {
        yk_future *f[3] = {NULL};
        yk_task_opts opts = {.group = g, .n_after = (size_t)(k % 2), .after = held.futures};
        for (int i = 0; i < 3; i++) {
            assert_int_equal(yk_task_submit(e, ykt_nothing, NULL, &opts, &f[i]), YK_OK);
            opts.after = &f[i];
        }
        pthread_t thread;
        void *result = NULL;
        assert_int_equal(pthread_create(&thread, NULL, wait_for_group, g), 0);
        if (k % 4 > 1) ykt_sleep_us(1000);
        for (int i = 0; i < 3; i++) (void)yk_future_cancel(f[i]);
        pthread_join(thread, &result);
        assert_ptr_equal(result, g);
        for (int i = 0; i < 3; i++) assert_int_equal(ykt_end_of(&f[i]), YK_E_CANCELLED);
    }
    ykt_release(&held);
    yk_group_close(&g);
    yk_engine_close(&e);
}

/* A task that cancels its own group, as one does who has found what all were looking for. */
typedef struct search {
    yk_engine *engine;
    yk_group *group;
    _Atomic unsigned found, asked, looked;
} search;

static yk_status look_for_it(void *arg)
{
    search *s = arg;
    unsigned nth = atomic_fetch_add(&s->looked, 1);
    if (nth == 10) {
        yk_group_cancel(s->group);
        EXPECT(yk_cancelled() == 1);
        atomic_fetch_add(&s->found, 1);
    } else if (yk_cancelled()) {
        atomic_fetch_add(&s->asked, 1);
    }
    return YK_OK;
}

static void a_task_may_cancel_its_group(void **state)
{
    (void)state;
    enum { N = 2000 };
    for (size_t threads = 1; threads <= 2; threads++) {
        search s = {.engine = ykt_open(threads)};
        s.group = open_group(s.engine);
        unsigned accepted = 0;
        for (unsigned i = 0; i < N; i++)
            accepted += add(s.engine, s.group, look_for_it, &s, 0) == YK_OK;
        assert_int_equal(yk_group_wait(s.group, -1), YK_E_CANCELLED);
        assert_int_equal(atomic_load(&s.found), 1);
        assert_in_range(atomic_load(&s.looked), 11, accepted);
        yk_group_close(&s.group);
        yk_engine_close(&s.engine);
    }
}

/* ---- tasks that add to their group ---- */

typedef struct tree {
    yk_engine *engine;
    yk_group *group;
    _Atomic unsigned ran;
    _Atomic int budget;     /* tasks that may still be added */
    unsigned children;
} tree;

static yk_status grow(void *arg)
{
    tree *t = arg;
    atomic_fetch_add(&t->ran, 1);
    for (unsigned i = 0; i < t->children; i++) {
        if (atomic_fetch_sub(&t->budget, 1) <= 0) break;
        EXPECT(add(t->engine, t->group, grow, t, i % 16 == 15 ? YK_BLOCKING : 0) == YK_OK);
    }
    return YK_OK;
}

static void tasks_add_to_their_group(void **state)
{
    (void)state;
    static const unsigned children[] = {1, 2, 40};
    for (unsigned k = 0; k < 6; k++) {
        int budget = (int)ykt_turns(3000);
        tree t = {.engine = ykt_open(1 + k % 2), .budget = budget, .children = children[k / 2]};
        t.group = open_group(t.engine);
        assert_int_equal(add(t.engine, t.group, grow, &t, 0), YK_OK);
        assert_int_equal(yk_group_wait(t.group, -1), YK_OK);
        assert_int_equal(atomic_load(&t.ran), budget + 1);
        yk_group_close(&t.group);
        yk_engine_close(&t.engine);
    }
}

/* ---- many groups, closing ---- */

static void many_groups_at_once(void **state)
{
    (void)state;
    enum { GROUPS = 1000, EACH = 10 };
    static yk_group *g[GROUPS];
    static _Atomic unsigned ran[GROUPS];
    yk_engine *e = ykt_open(0);
    for (unsigned i = 0; i < GROUPS; i++) g[i] = open_group(e), atomic_store(&ran[i], 0);
    for (unsigned k = 0; k < EACH; k++)
        for (unsigned i = 0; i < GROUPS; i++)
            assert_int_equal(add(e, g[i], ykt_count, &ran[i], 0), YK_OK);
    for (unsigned i = GROUPS; i-- > 0;) {
        assert_int_equal(yk_group_wait(g[i], -1), YK_OK);
        assert_int_equal(atomic_load(&ran[i]), EACH);
        yk_group_close(&g[i]);
    }
    yk_engine_close(&e);
}

static void closing_waits(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (int i = 0; i < 100; i++) {
        _Atomic unsigned ran = 0;
        yk_group *g = open_group(e);
        for (int k = 0; k < 20; k++)
            assert_int_equal(add(e, g, ykt_count, &ran, k % 10 ? 0 : YK_BLOCKING), YK_OK);
        yk_group_close(&g);
        assert_null(g);
        assert_int_equal(atomic_load(&ran), 20);
    }
    yk_engine_close(&e);
}

/* Futures of a group's tasks outlive the group. */
static void futures_outlive_their_group(void **state)
{
    (void)state;
    enum { N = 50 };
    failing each[N];
    yk_future *f[N];
    yk_engine *e = ykt_open(0);
    yk_group *g = open_group(e);
    yk_task_opts opts = {.group = g};
    for (int i = 0; i < N; i++) {
        each[i] = (failing){.status = i % 3 ? YK_OK : YK_E_BUILD, .message = "mine",
                            .gate = {.open = true}};
        assert_int_equal(yk_task_submit(e, fail_in_turn, &each[i], &opts, &f[i]), YK_OK);
    }
    yk_group_close(&g);
    for (int i = 0; i < N; i++) {
        assert_int_equal(yk_future_done(f[i]), 1);
        assert_string_equal(yk_future_message(f[i]), "mine");
        assert_int_equal(ykt_end_of(&f[i]), each[i].status);
    }
    yk_engine_close(&e);
}

/* ---- a group inside a task that holds the only worker ---- */

static yk_status open_one_inside(void *arg)
{
    tree *t = arg;
    yk_group *g = NULL;
    _Atomic unsigned ran = 0;
    EXPECT(yk_group_open(t->engine, &g) == YK_OK);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++)
            EXPECT(add(t->engine, g, ykt_count, &ran, i % 25 ? 0 : YK_BLOCKING) == YK_OK);
        EXPECT(yk_group_wait(g, round ? -1 : LONG_S) == YK_OK);
        EXPECT(atomic_load(&ran) == 50 * (unsigned)(round + 1));
    }
    yk_group_close(&g);
    atomic_fetch_add(&t->ran, 1);
    return YK_OK;
}

static void tasks_open_groups_of_their_own(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 3; threads++) {
        tree t = {.engine = ykt_open(threads)};
        t.group = open_group(t.engine);
        for (unsigned i = 0; i < 40; i++)
            assert_int_equal(add(t.engine, t.group, open_one_inside, &t, i % 4 ? 0 : YK_BLOCKING),
                             YK_OK);
        assert_int_equal(yk_group_wait(t.group, LONG_S), YK_OK);
        assert_int_equal(atomic_load(&t.ran), 40);
        yk_group_close(&t.group);
        yk_engine_close(&t.engine);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(a_group_is_waited_for_again_and_again),
        task_test(the_first_to_fail_is_told),
        task_test(a_failure_without_words_has_none),
        task_test(one_failure_among_thousands),
        task_test(a_wait_in_vain_changes_nothing),
        task_test(cancelling_stops_what_has_not_begun_and_asks_the_rest),
        task_test(an_empty_group_can_be_cancelled),
        task_test(cancelling_wakes_who_waits),
        task_test(cancelling_every_task_ends_a_group),
        task_test(a_task_may_cancel_its_group),
        task_test(tasks_add_to_their_group),
        task_test(many_groups_at_once),
        task_test(closing_waits),
        task_test(futures_outlive_their_group),
        task_test(tasks_open_groups_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
