/* The k-th allocation fails, once or for good; the k-th thread does: opening, launching,
 * submitting and closing then return a status or do without, leak nothing (seen by the
 * address sanitizer's build) and leave an engine that works. */
#include <base/base.h>
#include <loops.yk.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <yoke/yoke.h>

#include <cmocka.h>

#define N 1003

typedef struct script {
    _Atomic size_t calls;
    size_t fail_at;     /* 0: never */
    bool for_good;
} script;

static bool decide(script *s)
{
    size_t call = atomic_fetch_add(&s->calls, 1) + 1;
    if (!s->fail_at) return true;
    return s->for_good ? call < s->fail_at : call != s->fail_at;
}

static bool alloc_hook(void *ctx, size_t bytes)
{
    (void)bytes;
    return decide(ctx);
}

static bool thread_hook(void *ctx) { return decide(ctx); }

/* Everything a program does with an engine.  False where something gave up cleanly. */
static bool use_engine(void)
{
    static float x[N], y[N];
    float sum = 0;
    yk_engine *e = NULL;
    yk_event *ev = NULL;
    yk_engine_opts opts = {.devices = "none"};
    if (yk_engine_open(&e, &opts, NULL) != YK_OK) {
        assert_null(e);
        return false;
    }
    for (int i = 0; i < N; i++) x[i] = 1, y[i] = 2;
    bool ok = true;
    if (saxpy_run(e, yk_1d(N), x, y, 3, N) == YK_OK)
        for (int i = 0; i < N; i++) assert_true(y[i] == 5);
    else ok = false;
    if (total_run(e, yk_1d(N), x, &sum, N) == YK_OK) assert_true(sum == (float)N);
    else ok = false;
    if (saxpy_submit(e, yk_1d(N), x, y, 0, N, &ev) == YK_OK)
        ok = yk_event_wait(ev, -1) == YK_OK && ok;
    else ok = false;
    yk_event_free(&ev);
    void *p = yk_alloc(e, 5000);
    ok = ok && p;
    yk_free(e, p);
    yk_engine_close(&e);
    return ok;
}

static void test_allocations(void **state)
{
    (void)state;
    for (int for_good = 0; for_good <= 1; for_good++) {
        bool ok = false;
        for (size_t k = 1; !ok; k++) {
            script s = {.fail_at = k, .for_good = for_good};
            yki_alloc_set_hook(alloc_hook, &s);
            ok = use_engine();
            yki_alloc_set_hook(NULL, NULL);
            if (atomic_load(&s.calls) < k) {
                assert_true(ok);
                print_message("%zu allocations, each failed %s\n", k - 1,
                              for_good ? "for good" : "once");
            } else {
                ok = false;     /* it got round this one; on to the next */
            }
            assert_true(k < 10000);
        }
    }
    assert_true(use_engine());
}

static void test_threads(void **state)
{
    (void)state;
    for (size_t k = 1; k <= 8; k++) {
        script s = {.fail_at = k, .for_good = true};
        yki_thread_set_hook(thread_hook, &s);
        (void)use_engine();
        yki_thread_set_hook(NULL, NULL);
    }
    assert_true(use_engine());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
