/* Random maps and streams on random pools, called from everywhere, against the serial loop. */
#include "random.h"
#include "run_rig.h"

#include <sched.h>
#include <stdlib.h>
#include <task/map.h>

#define POOLS 12
#define CASES 60
#define N_MAX 2000

/* ---- one case ---- */

enum { OUTSIDE, IN_TASK, IN_BLOCKING_TASK, IN_MAP, CALLERS };

typedef struct trial {
    yki_tasks *tasks;
    uint64_t seed;
    size_t n;
    yk_map_opts opts;
    size_t in_flight;
    unsigned work, caller;
    uint64_t bad_in, bad_gate;  /* an item fails if its hash, modulo bad_in, is 0 */
    size_t gate_at, sink_at;    /* where generating and sinking fail */
    int stop_at;                /* call of progress that stops it; 0: none */
    _Atomic int calls, wrong;
    yk_status result;
    size_t failed;
    size_t sunk;                /* by the stream, and what it was */
    uint64_t trace;
    uint64_t in[N_MAX], out[N_MAX];
    _Atomic unsigned char ran[N_MAX];
    yk_status statuses[N_MAX];
} trial;

static uint64_t hash(const trial *t, uint64_t x)
{
    uint64_t s = t->seed ^ x * 0x9e3779b97f4a7c15u;
    return rnd(&s);
}

static yk_status expected_status(const trial *t, size_t i)
{
    return t->bad_in && hash(t, i) % t->bad_in == 0 ? (yk_status)(1 + hash(t, i) / 64 % 13) : YK_OK;
}

static yk_status item(void *ctx, const void *in, void *out)
{
    trial *t = ctx;
    uint64_t i = *(const uint64_t *)in, h = hash(t, i);
    if (atomic_fetch_add(&t->ran[i], 1) != 0) atomic_fetch_add(&t->wrong, 1);
    for (uint64_t k = h % (t->work + 1); k > 0; k--) yki_relax();
    if (h % 97 == 0) sched_yield();
    *(uint64_t *)out = h;
    return expected_status(t, i);
}

static int progress(void *ctx, const yk_progress *p)
{
    trial *t = ctx;
    return atomic_fetch_add(&t->calls, 1) + 1 == t->stop_at && !p->last;
}

/* ---- the serial loops ---- */

static size_t first_failure(const trial *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (expected_status(t, i) != YK_OK) return i;
    return t->n;
}

static bool map_holds(const trial *t)
{
    size_t first = first_failure(t);
    bool all = (t->opts.flags & YK_ALL_ERRORS) != 0 || first == t->n;
    bool stopped = t->stop_at && t->result == YK_E_CANCELLED && t->failed != first;
    if (atomic_load(&t->wrong)) return false;
    for (size_t i = 0; i < t->n; i++) {
        bool must = !stopped && (all || i <= first);
        if (must && !t->ran[i]) return false;
        yk_status st = t->ran[i] ? expected_status(t, i) : YK_E_CANCELLED;
        if (t->statuses[i] != st) return false;
        if (t->ran[i] && t->out[i] != hash(t, i)) return false;
    }
    if (stopped) return true;
    if (first == t->n) return t->result == YK_OK && t->failed == N_MAX;
    return t->result == expected_status(t, first) && t->failed == first;
}

static uint64_t add_to_trace(uint64_t trace, size_t index, yk_status st, uint64_t out)
{
    uint64_t s = trace ^ index ^ (uint64_t)st << 32 ^ out;
    return rnd(&s);
}

/* What sink would see, and what would be returned. */
static yk_status serial_stream(const trial *t, size_t *count, uint64_t *trace)
{
    bool all = (t->opts.flags & YK_ALL_ERRORS) != 0;
    yk_status first = YK_OK;
    *count = 0;
    for (size_t i = 0;; i++) {
        if (i == t->gate_at) return YK_E_DEVICE;
        if (i == t->n) return first;
        yk_status st = expected_status(t, i);
        *trace = add_to_trace(*trace, i, st, hash(t, i));
        *count = i + 1;
        if (first == YK_OK) first = st;
        if (i == t->sink_at) return YK_E_EXTENT;
        if (st != YK_OK && !all) return st;
    }
}

/* ---- the calls ---- */

static yk_status call_map(void *arg)
{
    trial *t = arg;
    t->result = yki_map(t->tasks, item, t, t->in, 8, t->out, 8, t->n, &t->opts);
    return YK_OK;
}

static yk_status generate(void *ctx, size_t index, void *in)
{
    const trial *t = ctx;
    if (index == t->gate_at) return YK_E_DEVICE;
    if (index == t->n) return YK_E_RANGE;
    *(uint64_t *)in = index;
    return YK_OK;
}

static yk_status sink(void *ctx, size_t index, yk_status status, const void *out)
{
    trial *t = ctx;
    if (index != t->sunk) atomic_fetch_add(&t->wrong, 1);
    t->sunk++;
    t->trace = add_to_trace(t->trace, index, status, *(const uint64_t *)out);
    return index == t->sink_at ? YK_E_EXTENT : YK_OK;
}

static yk_status call_stream(void *arg)
{
    trial *t = arg;
    size_t count = 0;
    const yk_stream s = {.generate = generate, .fn = item, .sink = sink, .ctx = t, .in_size = 8,
                         .out_size = 8, .in_flight = t->in_flight};
    t->opts.statuses = NULL;
    t->result = yki_map_stream(t->tasks, &s, &t->opts, &count);
    if (count != t->sunk) atomic_fetch_add(&t->wrong, 1);
    return YK_OK;
}

typedef struct inner {
    yk_task_fn call;
    trial *trial;
} inner;

static yk_status call_inside(void *ctx, const void *in, void *out)
{
    const inner *n = ctx;
    (void)in, (void)out;
    return n->call(n->trial);
}

static void call_from(trial *t, yk_task_fn call)
{
    yk_future *f = NULL;
    inner n = {call, t};
    yk_task_opts opts = {.flags = t->caller == IN_BLOCKING_TASK ? YK_BLOCKING : 0};
    if (t->caller == OUTSIDE) {
        (void)call(t);
    } else if (t->caller == IN_MAP) {
        (void)yki_map(t->tasks, call_inside, &n, NULL, 0, NULL, 0, 1, NULL);
    } else {
        assert_int_equal(yki_tasks_submit(t->tasks, call, t, &opts, &f), YK_OK);
        assert_int_equal(yk_future_wait(f, -1), YK_OK);
        yk_future_free(&f);
    }
}

static void draw(trial *t, uint64_t *s)
{
    static const size_t limits[] = {3, 30, 300, N_MAX};
    t->n = (size_t)rnd_in(s, 0, (int64_t)limits[rnd_in(s, 0, 3)]);
    t->work = (unsigned)rnd_in(s, 0, rnd_chance(s, 0.2) ? 3000 : 60);
    t->caller = (unsigned)rnd_in(s, 0, CALLERS - 1);
    t->bad_in = rnd_chance(s, 0.5) ? (uint64_t)rnd_in(s, 1, 2000) : 0;
    t->gate_at = rnd_chance(s, 0.2) ? (size_t)rnd_in(s, 0, N_MAX) : SIZE_MAX;
    t->sink_at = rnd_chance(s, 0.2) ? (size_t)rnd_in(s, 0, N_MAX) : SIZE_MAX;
    t->in_flight = rnd_chance(s, 0.3) ? 0 : (size_t)rnd_in(s, 1, 50);
    t->failed = N_MAX;
    t->opts = (yk_map_opts){.flags = (rnd_chance(s, 0.3) ? YK_BLOCKING : 0)
                                     | (rnd_chance(s, 0.3) ? YK_ALL_ERRORS : 0),
                            .n_jobs = (size_t)rnd_in(s, 0, 4),
                            .batch = rnd_chance(s, 0.5) ? 0 : (size_t)rnd_in(s, 1, 100),
                            .timeout_s = rnd_chance(s, 0.3) ? 1000 : 0,
                            .statuses = t->statuses, .failed = &t->failed};
    if (!rnd_chance(s, 0.3)) return;
    t->opts.progress = progress;
    t->opts.progress_ctx = t;
    t->opts.progress_s = rnd_real(s, 1e-6, 1e-3);
    t->stop_at = rnd_chance(s, 0.5) ? (int)rnd_in(s, 1, 20) : 0;
}

static void one_case(yki_tasks *tasks, uint64_t seed)
{
    uint64_t s = seed, trace = 0;
    size_t count = 0;
    trial *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->tasks = tasks;
    t->seed = seed;
    draw(t, &s);
    for (size_t i = 0; i < t->n; i++) t->in[i] = i;
    if (rnd_chance(&s, 0.5)) {
        call_from(t, call_map);
        CHECK(seed, map_holds(t));
    } else {
        call_from(t, call_stream);
        yk_status st = serial_stream(t, &count, &trace);
        CHECK(seed, atomic_load(&t->wrong) == 0);
        if (t->stop_at && t->result == YK_E_CANCELLED) CHECK(seed, t->sunk <= count);
        else CHECK(seed, t->result == st && t->sunk == count && t->trace == trace);
    }
    free(t);
}

static void as_the_serial_loop(void **state)
{
    (void)state;
    for (uint64_t p = 1; p <= POOLS; p++) {
        uint64_t s = p;
        rig g;
        yki_tasks *tasks = NULL;
        open_rig_of(&g, (size_t)rnd_in(&s, 1, 6), 0.3, NULL, 0);
        yki_tasks_opts opts = {.pool = g.pool, .runner = g.runner, .no_spin = rnd_chance(&s, 0.3),
                               .blocking_threads = (size_t)rnd_in(&s, 1, 6)};
        assert_int_equal(yki_tasks_open(&tasks, &opts, NULL), YK_OK);
        for (uint64_t c = 0; c < CASES; c++) one_case(tasks, p << 32 | c);
        assert_true(yki_tasks_drain(tasks, UINT64_MAX));
        close_rig(&g);
        yki_tasks_close(&tasks);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_the_serial_loop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
