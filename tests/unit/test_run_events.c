/* Events as futures: prepared, started, aborted and cancelled at every stage, watched by any
 * number, from any thread, in watches too; each is complete once, and no runner's close waits
 * for ever.  Needs no driver. */
#include <hand_kernels.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "random.h"
#include "run_rig.h"

#include "hand_kernels.c"
#include "gated_kernel.h"

#define N 4000

/* ---- kernels ---- */

/* Till it is asked to end, and by slices that take long enough to be asked between. */
static void endless_host(const yk_slice *s)
{
    atomic_store(&entered, 1);
    for (size_t i = s->begin; i < s->end; i++) (void)usleep(200);
    saxpy_host(s);
}
static const yk_host_table endless_table = HAND_HOST(endless_host);

static yk_kernel kernel_of(const yk_host_table *table, uint64_t hash)
{
    yk_kernel k = hand_saxpy;
    k.host = table;
    k.hash = hash;
    return k;
}

/* ---- events ---- */

typedef struct world {
    rig rig;
    float x[N], y[N];
    hand_saxpy_args args;
    yk_range range;
} world;

static world *open_world(void)
{
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    open_rig(&w->rig, NULL, 0);
    for (int i = 0; i < N; i++) w->x[i] = 1;
    w->args = (hand_saxpy_args){.n = N, .a = 1, .x = w->x, .y = w->y};
    w->range = yk_1d(N);
    return w;
}

static void close_world(world *w)
{
    close_rig(&w->rig);
    free(w);
}

static yk_event *prepare(world *w, const yk_kernel *kernel, const yk_run_opts *opts)
{
    yk_event *ev = NULL;
    yki_runner *r = w->rig.runner;
    assert_int_equal(yki_runner_prepare(r, kernel, &w->range, &w->args, opts, &ev, NULL), YK_OK);
    assert_non_null(ev);
    return ev;
}

static yk_event *submit(world *w, const yk_kernel *kernel)
{
    yk_event *ev = prepare(w, kernel, NULL);
    yki_event_start(ev);
    return ev;
}

static void await_entered(void)
{
    while (!atomic_load(&entered)) (void)usleep(100);
}

static yk_kernel close_gate(void)
{
    atomic_store(&gate, 0);
    atomic_store(&entered, 0);
    return kernel_of(&gated_table, 21);
}

/* ---- watches ---- */

typedef struct seen {
    yki_watch watch;
    yk_event *event;
    _Atomic int calls;
    yk_status status;
    size_t done_items;
    int *order, *next;      /* where to note in which order it was called */
} seen;

static void note(void *ctx)
{
    seen *s = ctx;
    yk_report r;
    s->status = yki_event_status(s->event, NULL);
    if (yk_event_report(s->event, &r) == YK_OK)
        for (uint32_t i = 0; i < r.n_parts; i++) s->done_items += r.parts[i].items;
    if (s->order) *s->order = (*s->next)++;
    atomic_fetch_add(&s->calls, 1);
}

static void watch(seen *s, yk_event *ev)
{
    memset(s, 0, sizeof *s);
    s->event = ev;
    s->watch = (yki_watch){.fn = note, .ctx = s};
    yki_event_watch(ev, &s->watch);
}

static void await_call(seen *s)
{
    while (!atomic_load(&s->calls)) (void)usleep(100);
}

static void test_watches(void **state)
{
    (void)state;
    world *w = open_world();
    yk_kernel gated = close_gate();
    yk_event *ev = submit(w, &gated);
    seen s[4];
    int order[4] = {-1, -1, -1, -1}, next = 0;
    for (int i = 0; i < 3; i++) {
        watch(&s[i], ev);
        s[i].order = &order[i];
        s[i].next = &next;
    }
    assert_int_equal(yki_event_status(ev, NULL), YK_E_TIMEOUT);
    for (int i = 0; i < 3; i++) assert_int_equal(atomic_load(&s[i].calls), 0);
    atomic_store(&gate, 1);
    for (int i = 0; i < 3; i++) await_call(&s[i]);
    watch(&s[3], ev);       /* at once */
    for (int i = 0; i < 4; i++) {
        assert_int_equal(atomic_load(&s[i].calls), 1);
        assert_int_equal(s[i].status, YK_OK);
        assert_int_equal(s[i].done_items, N);
    }
    for (int i = 0; i < 3; i++) assert_int_equal(order[i], i);
    yk_event_free(&ev);
    close_world(w);
}

typedef struct chain {
    yki_watch watch;
    yk_event *next;
} chain;

static void start_next(void *ctx)
{
    chain *c = ctx;
    yki_event_start(c->next);
    free(c);
}

/* Each started by the end of the one before, with none left but the last. */
static void test_pipeline(void **state)
{
    (void)state;
    enum { STAGES = 100 };
    world *w = open_world();
    yk_event *ev[STAGES];
    for (int i = 0; i < STAGES; i++) ev[i] = prepare(w, &hand_saxpy, NULL);
    for (int i = 0; i + 1 < STAGES; i++) {
        chain *c = calloc(1, sizeof *c);
        assert_non_null(c);
        c->next = ev[i + 1];
        c->watch = (yki_watch){.fn = start_next, .ctx = c};
        yki_event_watch(ev[i], &c->watch);
    }
    yki_event_start(ev[0]);
    assert_int_equal(yk_event_wait(ev[STAGES - 1], -1), YK_OK);
    for (int i = 0; i < N; i++) assert_true(w->y[i] == STAGES);
    for (int i = 0; i < STAGES; i++) yk_event_free(&ev[i]);
    close_world(w);
}

/* ---- prepared ---- */

static void test_prepared(void **state)
{
    (void)state;
    world *w = open_world();
    yk_report r = {0};
    yk_diag d = {0};
    yk_run_opts opts = {.report = &r, .diag = &d, .policy = YK_POLICY_STATIC};
    /* Prepared first, started last, and all in between goes ahead of it. */
    yk_event *late = prepare(w, &hand_saxpy, NULL), *aborted = prepare(w, &hand_saxpy, &opts);
    yk_event *soon = submit(w, &hand_saxpy);
    assert_int_equal(yk_event_wait(soon, -1), YK_OK);
    assert_int_equal(yk_event_wait(late, 0.001), YK_E_TIMEOUT);
    assert_true(yki_event_abort(aborted, YK_E_IO, "the disc is full"));
    assert_int_equal(yk_event_wait(aborted, 0), YK_E_IO);
    assert_string_equal(d.text, "the disc is full");
    assert_string_equal(d.kernel, "saxpy");
    assert_int_equal(d.status, YK_E_IO);
    assert_string_equal(r.reason, "the disc is full");
    assert_int_equal(r.items, N);
    assert_int_equal(r.n_parts, 0);
    assert_int_equal(r.policy, YK_POLICY_STATIC);
    /* It stays so. */
    yki_event_start(aborted);
    assert_false(yki_event_cancel(aborted));
    assert_false(yki_event_abort(aborted, YK_E_NOMEM, ""));
    assert_int_equal(yki_event_status(aborted, NULL), YK_E_IO);
    assert_true(w->y[0] == 1);
    yki_event_start(late);
    yki_event_start(late);      /* the second does nothing */
    assert_int_equal(yk_event_wait(late, -1), YK_OK);
    assert_true(w->y[0] == 2 && w->y[N - 1] == 2);
    assert_false(yki_event_cancel(late));
    assert_int_equal(yk_event_wait(late, 0), YK_OK);
    yk_event_free(&late), yk_event_free(&soon), yk_event_free(&aborted);
    close_world(w);
}

static void test_prepare_checks(void **state)
{
    (void)state;
    world *w = open_world();
    yk_event *ev = NULL;
    yk_diag d = {0};
    hand_saxpy_args bad = w->args;
    bad.x = NULL;
    assert_int_equal(yki_runner_prepare(w->rig.runner, &hand_saxpy, &w->range, &bad, NULL, &ev, &d),
                     YK_E_INVALID);
    assert_string_equal(d.argument, "x");
    assert_int_equal(yki_runner_prepare(w->rig.runner, &hand_saxpy, &w->range, &w->args, NULL, NULL,
                                        &d), YK_E_INVALID);
    assert_null(ev);
    close_world(w);
}

static size_t budget;
static bool few_allocations(void *ctx, size_t bytes)
{
    (void)ctx, (void)bytes;
    return budget && budget--;
}
static bool no_thread(void *ctx)
{
    (void)ctx;
    return false;
}

static void test_prepare_without_memory(void **state)
{
    (void)state;
    yk_status st = YK_E_NOMEM;
    for (size_t k = 0; st != YK_OK; k++) {
        world *w = open_world();
        yk_run_opts opts = {.devices = "cpu"};
        yk_event *ev = NULL;
        yki_thread_set_hook(no_thread, NULL);
        assert_int_equal(yki_runner_prepare(w->rig.runner, &hand_saxpy, &w->range, &w->args, &opts,
                                            &ev, NULL), YK_E_NOMEM);
        yki_thread_set_hook(NULL, NULL);
        budget = k;
        yki_alloc_set_hook(few_allocations, NULL);
        st = yki_runner_prepare(w->rig.runner, &hand_saxpy, &w->range, &w->args, &opts, &ev, NULL);
        yki_alloc_set_hook(NULL, NULL);
        assert_true(st == YK_OK ? ev != NULL : st == YK_E_NOMEM && !ev);
        if (ev) yki_event_start(ev);
        yk_event_free(&ev);
        close_world(w);
    }
}

/* ---- cancelled ---- */

static void test_cancel_in_queue(void **state)
{
    (void)state;
    enum { MANY = 300 };        /* more than may leave the queue by themselves */
    world *w = open_world();
    yk_kernel gated = close_gate();
    yk_event *first = submit(w, &gated), *ev[MANY];
    seen s[MANY];
    await_entered();
    for (int i = 0; i < MANY; i++) {
        ev[i] = submit(w, &hand_saxpy);
        watch(&s[i], ev[i]);
    }
    for (int i = 0; i < MANY; i++)
        if (i % 3) assert_true(yki_event_cancel(ev[i]));
    for (int i = 0; i < MANY; i++) {        /* complete at once, though the first still runs */
        assert_int_equal(yk_event_done(ev[i]), i % 3 != 0);
        assert_int_equal(atomic_load(&s[i].calls), i % 3 != 0);
        yk_diag d;
        if (i % 3 == 0) continue;
        assert_int_equal(yki_event_status(ev[i], &d), YK_E_CANCELLED);
        assert_non_null(strstr(d.text, "cancelled"));
        assert_int_equal(s[i].done_items, 0);
        yk_event_free(&ev[i]);
    }
    assert_int_equal(yk_event_done(first), 0);
    atomic_store(&gate, 1);
    for (int i = 0; i < MANY; i += 3) assert_int_equal(yk_event_wait(ev[i], -1), YK_OK);
    assert_true(w->y[0] == MANY / 3 + 1);
    for (int i = 0; i < MANY; i += 3) yk_event_free(&ev[i]);
    yk_event_free(&first);
    /* Nobody's turn was lost. */
    assert_int_equal(yki_runner_launch(w->rig.runner, &hand_saxpy, &w->range, &w->args, NULL, NULL,
                                       NULL), YK_OK);
    close_world(w);
}

static void test_cancel_running(void **state)
{
    (void)state;
    world *w = open_world();
    yk_kernel endless = kernel_of(&endless_table, 22);
    for (int round = 0; round < 3; round++) {
        atomic_store(&entered, 0);
        memset(w->y, 0, sizeof w->y);
        yk_event *ev = submit(w, &endless), *behind = submit(w, &hand_saxpy);
        yk_report r;
        yk_diag d;
        await_entered();
        assert_false(yki_event_cancel(ev));     /* it runs, and is asked */
        assert_int_equal(yk_event_wait(ev, -1), YK_E_CANCELLED);
        assert_int_equal(yk_event_report(ev, &r), YK_OK);
        assert_int_equal(yk_event_diag(ev, &d), YK_OK);
        assert_non_null(strstr(d.text, "cancelled after"));
        assert_int_equal(r.n_parts, 1);
        assert_true(r.parts[0].items > 0 && r.parts[0].items < N);
        assert_int_equal(yk_event_wait(behind, -1), YK_OK);
        size_t twice = 0;
        for (int i = 0; i < N; i++) twice += w->y[i] == 2;
        assert_int_equal(twice, r.parts[0].items);
        yk_event_free(&ev), yk_event_free(&behind);
    }
    close_world(w);
}

static void test_deadline_in_queue(void **state)
{
    (void)state;
    world *w = open_world();
    yk_kernel gated = close_gate();
    yk_run_opts opts = {.deadline_s = 0.01};
    yk_event *first = submit(w, &gated), *late = prepare(w, &hand_saxpy, &opts);
    await_entered();
    yki_event_start(late);
    /* The thread that runs them is busy, so it is complete when its turn would come. */
    (void)usleep(15000);
    atomic_store(&gate, 1);
    assert_int_equal(yk_event_wait(late, -1), YK_E_TIMEOUT);
    assert_int_equal(yk_event_wait(first, -1), YK_OK);
    yk_event_free(&first), yk_event_free(&late);
    close_world(w);
}

/* ---- closing ---- */

static void test_close(void **state)
{
    (void)state;
    world *w = open_world();
    yk_kernel gated = close_gate();
    yk_event *first = submit(w, &gated), *second = submit(w, &hand_saxpy);
    yk_event *third = prepare(w, &hand_saxpy, NULL), *never = prepare(w, &hand_saxpy, NULL);
    yk_event *after_never = prepare(w, &hand_saxpy, NULL);
    chain *c = calloc(1, sizeof *c), *d = calloc(1, sizeof *d);
    assert_true(c && d);
    c->next = third;            /* started by the second's end: still in time */
    c->watch = (yki_watch){.fn = start_next, .ctx = c};
    yki_event_watch(second, &c->watch);
    d->next = after_never;      /* started by the end of one that never began: too late */
    d->watch = (yki_watch){.fn = start_next, .ctx = d};
    yki_event_watch(never, &d->watch);
    await_entered();
    atomic_store(&gate, 1);
    close_rig(&w->rig);
    assert_int_equal(yk_event_wait(first, 0), YK_OK);
    assert_int_equal(yk_event_wait(second, 0), YK_OK);
    assert_int_equal(yk_event_wait(third, 0), YK_OK);
    assert_int_equal(yk_event_wait(never, 0), YK_E_CANCELLED);
    assert_int_equal(yk_event_wait(after_never, 0), YK_E_CANCELLED);
    assert_true(w->y[0] == 3);
    assert_false(yki_event_cancel(third));
    yki_event_start(never);
    yk_event_free(&first), yk_event_free(&second), yk_event_free(&third);
    yk_event_free(&never), yk_event_free(&after_never);
    free(w);
}

/* ---- races ---- */

#define RACES 400

typedef struct racer {
    world *world;
    yk_event **events;
    seen *seen;
    uint64_t seed;
    pthread_t thread;
} racer;

/* Does to each event one thing or another; all threads to the same events. */
static void *race(void *ctx)
{
    racer *r = ctx;
    uint64_t s = r->seed;
    for (size_t i = 0; i < RACES; i++) {
        yk_event *ev = r->events[i];
        int64_t what = rnd_in(&s, 0, 7);
        if (what <= 1) yki_event_start(ev);
        else if (what == 2) (void)yki_event_cancel(ev);
        else if (what == 3) (void)yki_event_abort(ev, YK_E_IO, "aborted");
        else if (what == 4) (void)yk_event_wait(ev, 0.00002);
        else (void)yki_event_status(ev, NULL);
        watch(&r->seen[i], ev);
    }
    return NULL;
}

static void test_races(void **state)
{
    (void)state;
    enum { THREADS = 3 };
    size_t ends[3] = {0};
    world *w = open_world();
    yk_event **events = calloc(RACES, sizeof *events);
    assert_non_null(events);
    for (size_t i = 0; i < RACES; i++) events[i] = prepare(w, &hand_saxpy, NULL);
    racer racers[THREADS];
    for (size_t t = 0; t < THREADS; t++) {
        racers[t] = (racer){.world = w, .events = events, .seed = 50 + t,
                            .seen = calloc(RACES, sizeof(seen))};
        assert_non_null(racers[t].seen);
        assert_int_equal(pthread_create(&racers[t].thread, NULL, race, &racers[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++)
        assert_int_equal(pthread_join(racers[t].thread, NULL), 0);
    for (size_t i = 0; i < RACES; i++) yki_event_start(events[i]);
    yki_event_hold(events[0]);
    size_t ran = 0;
    for (size_t i = 0; i < RACES; i++) {
        yk_status st = yk_event_wait(events[i], -1);
        ends[0] += st == YK_OK, ends[1] += st == YK_E_CANCELLED, ends[2] += st == YK_E_IO;
        yk_report r;
        assert_int_equal(yk_event_report(events[i], &r), YK_OK);
        ran += st == YK_OK;
        if (st != YK_OK && r.n_parts == 1) assert_true(r.parts[0].items < N);
        for (size_t t = 0; t < THREADS; t++) {
            await_call(&racers[t].seen[i]);
            assert_int_equal(racers[t].seen[i].status, st);
        }
        if (i) yk_event_free(&events[i]);
    }
    assert_int_equal(ends[0] + ends[1] + ends[2], RACES);
    assert_true(ends[0] && ends[1] && ends[2]);
    for (int i = 0; i < N; i++) assert_true(w->y[i] >= (float)ran);
    close_world(w);
    for (size_t t = 0; t < THREADS; t++) {
        for (size_t i = 0; i < RACES; i++)
            assert_int_equal(atomic_load(&racers[t].seen[i].calls), 1);
        free(racers[t].seen);
    }
    yki_event_drop(events[0]);
    yk_event_free(&events[0]);
    free(events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watches),
        cmocka_unit_test(test_pipeline),
        cmocka_unit_test(test_prepared),
        cmocka_unit_test(test_prepare_checks),
        cmocka_unit_test(test_prepare_without_memory),
        cmocka_unit_test(test_cancel_in_queue),
        cmocka_unit_test(test_cancel_running),
        cmocka_unit_test(test_deadline_in_queue),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_races),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
