/* Two things at the same moment, thousands of times: cancel, completion, timeout, free,
 * callbacks, groups.  Whatever comes first, the outcome is one of those allowed, and nothing is
 * lost or done twice.  Written from yoke/task.h alone. */
#include "tasks.h"

#include <sched.h>

/* A second thread that does one thing a turn, at about the same time as the first. */
typedef struct rival {
    void (*act)(struct rival *r);
    pthread_t thread;
    _Atomic unsigned turn, finished;    /* turns begun, turns over */
    _Atomic bool over;
    yk_engine *engine;
    yk_future *future;                  /* of the turn */
    yk_group *group;
    _Atomic unsigned *count;
    int result;
} rival;

static void *rival_main(void *arg)
{
    rival *r = arg;
    for (unsigned next = 1;; next++) {
        while (atomic_load(&r->turn) < next) {
            if (atomic_load(&r->over)) return NULL;
            sched_yield();
        }
        r->act(r);
        atomic_store(&r->finished, next);
    }
}

static void rival_start(rival *r, yk_engine *e, void (*act)(rival *))
{
    *r = (rival){.act = act, .engine = e};
    assert_int_equal(pthread_create(&r->thread, NULL, rival_main, r), 0);
}

static void rival_go(rival *r) { atomic_fetch_add(&r->turn, 1); }

static void rival_ready(rival *r)
{
    while (atomic_load(&r->finished) != atomic_load(&r->turn)) sched_yield();
}

static void rival_end(rival *r)
{
    rival_ready(r);
    atomic_store(&r->over, true);
    pthread_join(r->thread, NULL);
}

/* So much later in each turn, so that all moments are met. */
static void linger(unsigned turn)
{
    for (volatile unsigned i = 0; i < turn % 64 * 16; i++) continue;
}

static unsigned flags_of(unsigned turn) { return turn % 8 == 7 ? YK_BLOCKING : 0; }

/* ---- cancel ---- */

static void cancel_against_the_start(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    unsigned cancelled = 0, turns = ykt_turns(4000);
    for (unsigned i = 0; i < turns; i++) {
        _Atomic unsigned ran = 0;
        yk_future *f = ykt_submit(e, ykt_count, &ran, flags_of(i));
        linger(i);
        int never = yk_future_cancel(f);
        yk_status st = yk_future_wait(f, -1);
        assert_int_equal(st, never ? YK_E_CANCELLED : YK_OK);
        assert_int_equal(atomic_load(&ran), never ? 0 : 1);
        yk_future_free(&f);
        cancelled += (unsigned)never;
    }
    yk_engine_close(&e);
    assert_in_range(cancelled, 0, turns);
}

static void act_cancel(rival *r) { r->result = yk_future_cancel(r->future); }

/* Two cancel; at most one of them hears that it was in time. */
static void cancel_against_cancel_and_the_end(void **state)
{
    (void)state;
    rival r;
    yk_engine *e = ykt_open(0);
    rival_start(&r, e, act_cancel);
    for (unsigned i = 0; i < ykt_turns(4000); i++) {
        _Atomic unsigned ran = 0;
        yk_future *f = r.future = ykt_submit(e, ykt_count, &ran, flags_of(i));
        rival_go(&r);
        linger(i);
        int mine = i % 3 ? yk_future_cancel(f) : 0;
        yk_status st = yk_future_wait(f, i % 2 ? -1 : LONG_S);
        rival_ready(&r);
        assert_in_range(mine + r.result, 0, 1);
        assert_int_equal(st, mine + r.result ? YK_E_CANCELLED : YK_OK);
        assert_int_equal(atomic_load(&ran), mine + r.result ? 0 : 1);
        yk_future_free(&f);
    }
    rival_end(&r);
    yk_engine_close(&e);
}

/* One that runs is asked, and ends by itself at the same moment. */
static yk_status look_once(void *arg)
{
    _Atomic unsigned *begun = arg;
    atomic_store(begun, 1);
    for (volatile unsigned i = 0; i < 200; i++) continue;
    return yk_cancelled() ? YK_E_CANCELLED : YK_OK;
}

static void cancel_against_the_end_of_one_that_runs(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (unsigned i = 0; i < ykt_turns(2000); i++) {
        _Atomic unsigned begun = 0;
        yk_future *f = ykt_submit(e, look_once, (void *)&begun, flags_of(i));
        while (!atomic_load(&begun)) sched_yield();
        linger(i);
        assert_int_equal(yk_future_cancel(f), 0);
        yk_status st = yk_future_wait(f, -1);
        assert_true(st == YK_OK || st == YK_E_CANCELLED);
        assert_int_equal(yk_future_wait(f, 0), st);
        yk_future_free(&f);
    }
    yk_engine_close(&e);
}

/* ---- timeouts ---- */

static void a_timeout_against_the_end(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (unsigned i = 0; i < ykt_turns(4000); i++) {
        _Atomic unsigned ran = 0;
        yk_future *f[2] = {ykt_submit(e, ykt_count, &ran, flags_of(i)), NULL};
        f[1] = i % 4 == 3 ? ykt_submit_after(e, ykt_count, &ran, 0, f[0]) : NULL;
        double timeout = (double)(i % 50) * 1e-6;
        size_t index = 0;
        yk_status st = i % 3 == 0 ? yk_future_wait(f[0], timeout)
                     : i % 3 == 1 ? yk_wait_all(f, 2, timeout)
                                  : yk_wait_any(f, 2, timeout, &index);
        assert_true(st == YK_OK || st == YK_E_TIMEOUT);
        if (st == YK_OK) assert_int_equal(yk_future_done(f[index]), 1);
        assert_int_equal(yk_wait_all(f, 2, -1), YK_OK);
        assert_int_equal(atomic_load(&ran), f[1] ? 2 : 1);
        yk_future_free(&f[0]);
        yk_future_free(&f[1]);
    }
    yk_engine_close(&e);
}

static void completions_against_the_end(void **state)
{
    (void)state;
    yk_engine *e = ykt_open(0);
    for (unsigned i = 0; i < ykt_turns(1000); i++) {
        enum { N = 6 };
        yk_future *f[N];
        yk_completions *c = NULL;
        bool came[N] = {false};
        size_t index, count = 0;
        for (unsigned k = 0; k < N; k++) f[k] = ykt_submit(e, ykt_nothing, NULL, flags_of(i + k));
        linger(i);
        assert_int_equal(yk_completions_open(&c, f, N), YK_OK);
        size_t wanted = i % (N + 1);
        while (count < wanted) {
            yk_status st = yk_completions_next(c, i % 2 ? -1 : 1e-6, &index);
            if (st == YK_E_TIMEOUT) continue;
            assert_int_equal(st, YK_OK);
            assert_false(came[index]);
            came[index] = true;
            count++;
        }
        yk_completions_close(&c);       /* while the rest completes */
        for (unsigned k = 0; k < N; k++) {
            if (k % 2) assert_int_equal(yk_future_wait(f[k], -1), YK_OK);
            yk_future_free(&f[k]);
        }
    }
    yk_engine_close(&e);
}

/* ---- free and callbacks ---- */

static void free_against_the_end(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0;
    unsigned turns = ykt_turns(20000);
    yk_engine *e = ykt_open(0);
    for (unsigned i = 0; i < turns; i++) {
        yk_future *f = ykt_submit(e, ykt_count, &ran, flags_of(i));
        linger(i % 16);
        yk_future_free(&f);
    }
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&ran), turns);
}

static void count_call(yk_future *f, void *ctx)
{
    EXPECT(yk_future_done(f) == 1);
    EXPECT(yk_future_wait(f, 0) == YK_OK || yk_future_wait(f, 0) == YK_E_CANCELLED);
    atomic_fetch_add((_Atomic unsigned *)ctx, 1);
}

static void then_against_the_end(void **state)
{
    (void)state;
    _Atomic unsigned called = 0;
    unsigned turns = ykt_turns(8000);
    yk_engine *e = ykt_open(0);
    for (unsigned i = 0; i < turns; i++) {
        yk_future *f = ykt_submit(e, ykt_nothing, NULL, flags_of(i));
        linger(i);
        assert_int_equal(yk_future_then(f, count_call, (void *)&called), YK_OK);
        if (i % 3 == 0) yk_future_cancel(f);
        if (i % 2) yk_future_free(&f);
        else (void)ykt_end_of(&f);
    }
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&called), turns);
}

static void act_then(rival *r)
{
    r->result = yk_future_then(r->future, count_call, (void *)r->count);
    yk_future_free(&r->future);
}

/* The rival holds the future and frees it; this thread waits for what comes after. */
static void then_and_free_against_what_comes_after(void **state)
{
    (void)state;
    rival r;
    _Atomic unsigned called = 0;
    unsigned turns = ykt_turns(2000);
    yk_engine *e = ykt_open(0);
    rival_start(&r, e, act_then);
    r.count = &called;
    for (unsigned i = 0; i < turns; i++) {
        r.future = ykt_submit(e, ykt_nothing, NULL, flags_of(i));
        yk_future *next = ykt_submit_after(e, ykt_nothing, NULL, flags_of(i + 3), r.future);
        rival_go(&r);
        assert_int_equal(ykt_end_of(&next), YK_OK);
        rival_ready(&r);
        assert_int_equal(r.result, YK_OK);
    }
    rival_end(&r);
    yk_engine_close(&e);
    assert_int_equal(atomic_load(&called), turns);
}

/* A dependency completes while it is named. */
static void after_against_the_end(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0;
    unsigned turns = ykt_turns(4000);
    yk_engine *e = ykt_open(0);
    for (unsigned i = 0; i < turns; i++) {
        yk_future *f[4];
        for (unsigned k = 0; k < 3; k++)
            f[k] = ykt_submit(e, ykt_nothing, NULL, k == 2 ? flags_of(i) : 0);
        linger(i);
        yk_task_opts opts = {.after = f, .n_after = 3};
        assert_int_equal(yk_task_submit(e, ykt_count, (void *)&ran, &opts, &f[3]), YK_OK);
        for (unsigned k = 0; k < 3; k++) yk_future_free(&f[k]);
        assert_int_equal(ykt_end_of(&f[3]), YK_OK);
        assert_int_equal(atomic_load(&ran), i + 1);
    }
    yk_engine_close(&e);
}

/* ---- groups ---- */

static void act_cancel_group(rival *r) { yk_group_cancel(r->group); }

static void group_cancel_against_submit(void **state)
{
    (void)state;
    rival r;
    yk_engine *e = ykt_open(0);
    rival_start(&r, e, act_cancel_group);
    assert_int_equal(yk_group_open(e, &r.group), YK_OK);
    for (unsigned i = 0; i < ykt_turns(2000); i++) {
        enum { N = 12 };
        _Atomic unsigned ran = 0;
        yk_future *f[N] = {NULL};
        unsigned accepted = 0, cancelled = 0;
        rival_go(&r);
        for (unsigned k = 0; k < N; k++) {
            yk_task_opts opts = {.group = r.group, .flags = flags_of(i + k)};
            yk_status st = yk_task_submit(e, ykt_count, (void *)&ran, &opts, &f[k]);
            assert_true(st == YK_OK || st == YK_E_CANCELLED);
            accepted += st == YK_OK;
        }
        rival_ready(&r);
        assert_int_equal(yk_group_wait(r.group, -1), YK_E_CANCELLED);
        for (unsigned k = 0; k < N; k++) {
            if (!f[k]) continue;
            assert_int_equal(yk_future_done(f[k]), 1);
            cancelled += ykt_end_of(&f[k]) == YK_E_CANCELLED;
        }
        assert_int_equal(atomic_load(&ran) + cancelled, accepted);
    }
    rival_end(&r);
    yk_group_close(&r.group);
    yk_engine_close(&e);
}

static void a_group_wait_against_the_end(void **state)
{
    (void)state;
    _Atomic unsigned ran = 0;
    unsigned expected = 0;
    yk_group *g = NULL;
    yk_engine *e = ykt_open(0);
    assert_int_equal(yk_group_open(e, &g), YK_OK);
    for (unsigned i = 0; i < ykt_turns(4000); i++) {
        for (unsigned k = 0; k <= i % 3; k++, expected++) {
            yk_task_opts opts = {.group = g, .flags = flags_of(i)};
            assert_int_equal(yk_task_submit(e, ykt_count, (void *)&ran, &opts, NULL), YK_OK);
        }
        linger(i);
        double timeout = i % 2 ? -1 : (double)(i % 40) * 1e-6;
        yk_status st;
        while ((st = yk_group_wait(g, timeout)) == YK_E_TIMEOUT) continue;
        assert_int_equal(st, YK_OK);
        assert_int_equal(atomic_load(&ran), expected);
        if (i % 5) continue;
        yk_group_close(&g);     /* frees it the moment that it is empty */
        assert_int_equal(yk_group_open(e, &g), YK_OK);
    }
    yk_group_close(&g);
    yk_engine_close(&e);
}

/* ---- everything at once ---- */

typedef struct shared {
    yk_engine *engine;
    _Atomic unsigned submitted, ran, cancelled, called;
    unsigned seed;
} shared;

static yk_status run_shared(void *arg)
{
    atomic_fetch_add(&((shared *)arg)->ran, 1);
    return YK_OK;
}

static void call_shared(yk_future *f, void *ctx)
{
    (void)f;
    atomic_fetch_add(&((shared *)ctx)->called, 1);
}

static void *do_everything(void *arg)
{
    shared *s = arg;
    uint64_t r = atomic_load(&s->submitted) + (uintptr_t)pthread_self() + s->seed;
    for (unsigned i = 0; i < ykt_turns(1500); i++) {
        r = r * 6364136223846793005u + 1442695040888963407u;
        unsigned bits = (unsigned)(r >> 40);
        yk_future *f = NULL, *next = NULL;
        yk_task_opts opts = {.flags = bits % 8 == 0 ? YK_BLOCKING : 0};
        EXPECT(yk_task_submit(s->engine, run_shared, s, &opts, &f) == YK_OK);
        yk_task_opts after = {.flags = YK_ALWAYS, .after = &f, .n_after = 1};
        EXPECT(yk_task_submit(s->engine, run_shared, s, &after, &next) == YK_OK);
        atomic_fetch_add(&s->submitted, 2);
        EXPECT(yk_future_then(next, call_shared, s) == YK_OK);
        if (bits & 8) atomic_fetch_add(&s->cancelled, (unsigned)yk_future_cancel(f));
        if (bits & 16) atomic_fetch_add(&s->cancelled, (unsigned)yk_future_cancel(next));
        if (bits & 32) (void)yk_future_wait(next, bits & 64 ? -1 : 1e-6);
        if (bits & 128) yk_future_free(&f);
        if (bits & 256) (void)yk_wait_all((yk_future *[]){f, next}, 2, bits & 512 ? -1 : 0);
        yk_future_free(&f);
        yk_future_free(&next);
    }
    return NULL;
}

static void everything_at_once(void **state)
{
    (void)state;
    enum { THREADS = 6 };
    for (size_t workers = 1; workers <= 3; workers++) {
        shared s = {.engine = ykt_open(workers), .seed = (unsigned)workers};
        pthread_t threads[THREADS];
        for (int i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, do_everything, &s), 0);
        for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
        yk_engine_close(&s.engine);
        unsigned submitted = atomic_load(&s.submitted);
        assert_int_equal(atomic_load(&s.ran) + atomic_load(&s.cancelled), submitted);
        assert_int_equal(atomic_load(&s.called), submitted / 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        task_test(cancel_against_the_start),
        task_test(cancel_against_cancel_and_the_end),
        task_test(cancel_against_the_end_of_one_that_runs),
        task_test(a_timeout_against_the_end),
        task_test(completions_against_the_end),
        task_test(free_against_the_end),
        task_test(then_against_the_end),
        task_test(then_and_free_against_what_comes_after),
        task_test(after_against_the_end),
        task_test(group_cancel_against_submit),
        task_test(a_group_wait_against_the_end),
        task_test(everything_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
