/* Launches and tasks in one graph: launches as futures, tasks after launches, launches after
 * tasks, cancelling either.  Written from yoke/task.h and yoke/run.h alone. */
#include "tasks.h"

#include <loops.yk.h>

#define N 3001
#define M 1000000
static float x[N], y[N], z[M];
/* Rounds that, for M items, take many seconds: a launch that must be stopped. */
#define FOREVER 400000

static void fill(void)
{
    for (int i = 0; i < N; i++) x[i] = 1, y[i] = 1;
}

static bool all_are(const float *a, float value)
{
    for (int i = 0; i < N; i++)
        if (a[i] != value) return false;
    return true;
}

/* y += x, submitted. */
static yk_event *add_x(yk_engine *e, yk_future *const *after, size_t n)
{
    yk_event *ev = NULL;
    yk_run_opts opts = {.after = after, .n_after = n};
    assert_int_equal(saxpy_submit_opts(e, &opts, yk_1d(N), x, y, 1, N, &ev), YK_OK);
    assert_non_null(ev);
    return ev;
}

static yk_future *future_of(yk_event *ev)
{
    yk_future *f = NULL;
    assert_int_equal(yk_event_future(ev, &f), YK_OK);
    assert_non_null(f);
    return f;
}

static void a_launch_is_a_future(void **state)
{
    (void)state;
    size_t index = 99;
    yk_engine *e = ykt_open(0);
    fill();
    yk_event *ev = add_x(e, NULL, 0);
    yk_future *f[3] = {NULL, future_of(ev), future_of(ev)};     /* as many as one likes */
    assert_int_equal(yk_future_wait(f[1], -1), YK_OK);
    assert_int_equal(yk_wait_all(f, 3, LONG_S), YK_OK);
    assert_int_equal(yk_wait_any(f, 2, -1, &index), YK_OK);
    assert_int_equal(index, 1);
    assert_int_equal(yk_event_done(ev), 1);
    assert_true(all_are(y, 2));
    yk_event_free(&ev);
    assert_int_equal(yk_future_wait(f[2], 0), YK_OK);       /* outlives the event */
    yk_future_free(&f[1]);
    yk_future_free(&f[2]);
    ev = add_x(e, NULL, 0);
    assert_int_equal(yk_event_wait(ev, -1), YK_OK);
    f[1] = future_of(ev);                                   /* of one that is complete */
    assert_int_equal(yk_future_done(f[1]), 1);
    assert_int_equal(ykt_end_of(&f[1]), YK_OK);
    yk_event_free(&ev);
    assert_int_equal(yk_event_future(NULL, &f[1]), YK_E_INVALID);
    assert_null(f[1]);
    yk_engine_close(&e);
}

static void its_failure_has_words(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    yk_event *ev = NULL;
    yk_run_opts opts = {.deadline_s = 0.01};
    fill();
    assert_int_equal(spin_submit_opts(e, &opts, yk_1d(M), z, FOREVER, M, &ev), YK_OK);
    yk_future *f = future_of(ev);
    assert_int_equal(yk_future_wait(f, -1), YK_E_TIMEOUT);
    assert_int_equal(yk_future_done(f), 1);
    assert_true(strlen(yk_future_message(f)) > 0);
    yk_future_free(&f);
    yk_event_free(&ev);
    yk_engine_close(&e);
}

/* ---- graphs ---- */

typedef struct check {
    const float *array;
    float expected;
    _Atomic unsigned ran;
    yk_status status;
} check;

static yk_status look(void *arg)
{
    check *c = arg;
    EXPECT(all_are(c->array, c->expected));
    atomic_fetch_add(&c->ran, 1);
    if (c->status != YK_OK) yk_task_message("looked and did not like it");
    return c->status;
}

/* Launch, task, launch, task: nobody waits before the end. */
static void one_pipeline(yk_engine *e, unsigned k)
{
    enum { STEPS = 40 };
    static check checks[STEPS];
    yk_event *ev[STEPS];
    yk_future *last = NULL;
    ykt_gate gate = {0};
    yk_future *first = ykt_submit(e, ykt_at_gate, &gate, YK_BLOCKING);
    fill();
    for (unsigned i = 0; i < STEPS; i++) {
        checks[i] = (check){.array = y, .expected = (float)(i + 2)};
        ev[i] = add_x(e, i ? &last : &first, 1);
        yk_future *launched = future_of(ev[i]);
        yk_future_free(&last);
        last = ykt_submit_after(e, look, &checks[i], (i + k) % 3 ? 0 : YK_BLOCKING, launched);
        yk_future_free(&launched);
    }
    assert_int_equal(yk_event_done(ev[0]), 0);
    assert_true(all_are(y, 1));
    atomic_store(&gate.open, true);
    assert_int_equal(ykt_end_of(&last), YK_OK);
    for (unsigned i = 0; i < STEPS; i++) {
        assert_int_equal(atomic_load(&checks[i].ran), 1);
        yk_event_free(&ev[i]);
    }
    yk_future_free(&first);
}

static void a_pipeline(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 6; k++) {
        yk_engine *e = ykt_open(1 + k % 2);
        one_pipeline(e, k);
        yk_engine_close(&e);
    }
}

static void a_launch_that_waits_holds_up_no_other(void **state)
{
    (void)state;
    ykt_gate gate = {0};
    yk_engine *e = ykt_open(0);
    fill();
    yk_future *first = ykt_submit(e, ykt_at_gate, &gate, YK_BLOCKING);
    yk_event *waiting = add_x(e, &first, 1);
    assert_int_equal(yk_event_wait(waiting, 0.001), YK_E_TIMEOUT);
    assert_int_equal(spin_run(e, yk_1d(N), z, 1, N), YK_OK);
    yk_event *other = NULL;
    assert_int_equal(spin_submit(e, yk_1d(N), z, 1, N, &other), YK_OK);
    assert_int_equal(yk_event_wait(other, -1), YK_OK);
    assert_int_equal(yk_event_done(waiting), 0);
    atomic_store(&gate.open, true);
    assert_int_equal(yk_event_wait(waiting, -1), YK_OK);
    assert_true(all_are(y, 2));
    yk_event_free(&waiting);
    yk_event_free(&other);
    yk_future_free(&first);
    yk_engine_close(&e);
}

static void a_failure_stops_what_comes_after(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (int cancel = 0; cancel < 2; cancel++) {
        ykt_held held;
        check bad = {.array = x, .expected = 1, .status = YK_E_BUILD};
        _Atomic unsigned ran = 0;
        yk_diag diag;
        fill();
        ykt_hold(e, &held);
        yk_future *first = ykt_submit(e, look, &bad, 0);
        yk_event *ev = add_x(e, &first, 1);
        yk_future *launched = future_of(ev);
        yk_future *next = ykt_submit_after(e, ykt_count, &ran, 0, launched);
        yk_future *always = ykt_submit_after(e, ykt_count, &ran, YK_ALWAYS, launched);
        yk_event *second = add_x(e, &launched, 1);
        if (cancel) assert_int_equal(yk_future_cancel(first), 1);
        ykt_release(&held);
        yk_status expected = cancel ? YK_E_CANCELLED : YK_E_BUILD;
        assert_int_equal(ykt_end_of(&next), expected);
        assert_int_equal(ykt_end_of(&always), YK_OK);
        assert_int_equal(ykt_end_of(&launched), expected);
        assert_int_equal(yk_event_wait(ev, -1), expected);
        assert_int_equal(yk_event_wait(second, -1), expected);
        assert_int_equal(yk_event_diag(ev, &diag), YK_OK);
        assert_int_equal(diag.status, expected);
        assert_true(strlen(diag.text) > 0);
        assert_int_equal(atomic_load(&ran), 1);
        assert_true(all_are(y, 1));
        yk_future_free(&first);
        yk_event_free(&ev);
        yk_event_free(&second);
    }
    yk_engine_close(&e);
}

static void wrong_ones_are_refused(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    yk_future *f[2] = {ykt_submit(e, ykt_nothing, NULL, 0), NULL};
    yk_event *ev = NULL;
    yk_run_opts opts = {.after = f, .n_after = 2};
    fill();
    assert_int_equal(saxpy_submit_opts(e, &opts, yk_1d(N), x, y, 1, N, &ev), YK_E_INVALID);
    assert_null(ev);
    opts.n_after = 1;
    assert_int_equal(saxpy_run_opts(e, &opts, yk_1d(N), x, y, 1, N), YK_E_INVALID);
    opts.after = NULL;
    assert_int_equal(saxpy_submit_opts(e, &opts, yk_1d(N), x, y, 1, N, &ev), YK_E_INVALID);
    assert_null(ev);
    assert_true(all_are(y, 1));
    yk_future_free(&f[0]);
    yk_engine_close(&e);
}

/* ---- cancelling ---- */

static void launches_can_be_cancelled(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (int k = 0; k < 10; k++) {
        yk_event *ev = NULL;
        fill();
        assert_int_equal(spin_submit(e, yk_1d(M), z, FOREVER, M, &ev), YK_OK);
        yk_event *queued = add_x(e, NULL, 0);       /* behind it */
        yk_future *running = future_of(ev), *pending = future_of(queued);
        if (k % 2) ykt_sleep_us(3000);
        (void)yk_future_cancel(pending);
        assert_int_equal(yk_future_wait(pending, -1), YK_E_CANCELLED);
        assert_int_equal(yk_event_wait(queued, -1), YK_E_CANCELLED);
        assert_true(all_are(y, 1));
        (void)yk_future_cancel(running);
        assert_int_equal(yk_future_wait(running, -1), YK_E_CANCELLED);
        assert_int_equal(yk_event_wait(ev, -1), YK_E_CANCELLED);
        assert_int_equal(yk_future_cancel(running), 0);
        yk_future_free(&running);
        yk_future_free(&pending);
        yk_event_free(&ev);
        yk_event_free(&queued);
        assert_int_equal(saxpy_run(e, yk_1d(N), x, y, 1, N), YK_OK);    /* works as before */
        assert_true(all_are(y, 2));
    }
    yk_engine_close(&e);
}

typedef struct stuck {
    yk_engine *engine;
    _Atomic bool begun;
    bool event;
    yk_status launched;
} stuck;

/* Would take minutes, unless the launch ends when its task is cancelled. */
static yk_status launch_for_ever(void *arg)
{
    stuck *s = arg;
    atomic_store(&s->begun, true);
    if (!s->event) return s->launched = spin_run(s->engine, yk_1d(M), z, FOREVER, M);
    yk_event *ev = NULL;
    s->launched = spin_submit(s->engine, yk_1d(M), z, FOREVER, M, &ev);
    if (s->launched != YK_OK) return s->launched;
    yk_future *f = NULL;
    s->launched = yk_event_future(ev, &f);
    while (s->launched == YK_OK && yk_future_wait(f, 0.001) == YK_E_TIMEOUT)
        if (yk_cancelled()) (void)yk_future_cancel(f);
    s->launched = yk_event_wait(ev, -1);
    yk_future_free(&f);
    yk_event_free(&ev);
    return s->launched;
}

static void cancelling_a_task_stops_its_launch(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 16; k++) {
        stuck s = {.engine = ykt_open(1 + k % 2), .event = k & 4, .launched = YK_OK};
        yk_group *g = NULL;
        yk_future *f = NULL;
        fill();
        assert_int_equal(yk_group_open(s.engine, &g), YK_OK);
        yk_task_opts opts = {.flags = k & 2 ? YK_BLOCKING : 0, .group = k & 8 ? g : NULL};
        assert_int_equal(yk_task_submit(s.engine, launch_for_ever, &s, &opts, &f), YK_OK);
        UNTIL(atomic_load(&s.begun));
        if (k % 3) ykt_sleep_us(1000);
        if (k & 8) yk_group_cancel(g);
        else assert_int_equal(yk_future_cancel(f), 0);
        assert_int_equal(yk_future_wait(f, -1), YK_E_CANCELLED);
        assert_int_equal(s.launched, YK_E_CANCELLED);
        assert_int_equal(yk_group_wait(g, -1), k & 8 ? YK_E_CANCELLED : YK_OK);
        yk_future_free(&f);
        yk_group_close(&g);
        yk_engine_close(&s.engine);
    }
}

/* ---- many ---- */

static void a_thousand_launches_as_they_complete(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    static yk_event *ev[MANY];
    static yk_future *f[MANY];
    unsigned n = ykt_turns(MANY);
    yk_completions *c = NULL;
    size_t index, count = 0;
    yk_engine *e = ykt_open(0);
    fill();
    for (unsigned i = 0; i < n; i++) ev[i] = add_x(e, NULL, 0), f[i] = future_of(ev[i]);
    assert_int_equal(yk_completions_open(&c, f, n), YK_OK);
    while (yk_completions_next(c, -1, &index) == YK_OK) count++;
    assert_int_equal(count, n);
    assert_true(all_are(y, (float)(n + 1)));
    yk_completions_close(&c);
    for (unsigned i = 0; i < n; i++) {
        if (i % 2) yk_event_free(&ev[i]);
        assert_int_equal(ykt_end_of(&f[i]), YK_OK);
        yk_event_free(&ev[i]);
    }
    yk_engine_close(&e);
}

/* Submitted and forgotten, in chains: the close sees to them. */
static void forgotten_chains(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 20; k++) {
        _Atomic unsigned ran = 0;
        yk_engine *e = ykt_open(1 + k % 2);
        yk_future *last = ykt_submit(e, ykt_count, &ran, k % 3 ? 0 : YK_BLOCKING);
        fill();
        yk_event *ev = add_x(e, &last, 1);
        yk_future *launched = future_of(ev);
        yk_future *next = ykt_submit_after(e, ykt_count, &ran, 0, launched);
        yk_future_free(&last);
        yk_future_free(&launched);
        yk_future_free(&next);
        yk_event_free(&ev);     /* waits for the launch, not for what comes after */
        yk_engine_close(&e);
        assert_int_equal(atomic_load(&ran), 2);
        assert_true(all_are(y, 2));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(a_launch_is_a_future),
        task_test(its_failure_has_words),
        task_test(a_pipeline),
        task_test(a_launch_that_waits_holds_up_no_other),
        task_test(a_failure_stops_what_comes_after),
        task_test(wrong_ones_are_refused),
        task_test(launches_can_be_cancelled),
        task_test(cancelling_a_task_stops_its_launch),
        task_test(a_thousand_launches_as_they_complete),
        task_test(forgotten_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
