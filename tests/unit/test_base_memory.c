/* base: size arithmetic at its edges, aligned memory, the clock, the futex, threads. */
#include <setjmp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

static void arithmetic(void **state)
{
    (void)state;
    size_t out = 7;
    assert_true(yki_mul(0, SIZE_MAX, &out) && out == 0);
    assert_true(yki_mul(1, SIZE_MAX, &out) && out == SIZE_MAX);
    assert_true(yki_mul((size_t)1 << 32, ((size_t)1 << 32) - 1, &out));
    out = 7;
    assert_false(yki_mul((size_t)1 << 32, (size_t)1 << 32, &out));
    assert_false(yki_mul(SIZE_MAX, 2, &out));
    assert_false(yki_add(SIZE_MAX, 1, &out));
    assert_int_equal(out, 7);
    assert_true(yki_add(SIZE_MAX, 0, &out) && out == SIZE_MAX);
    assert_true(yki_div_up(SIZE_MAX, 2) == SIZE_MAX / 2 + 1);
    assert_true(yki_div_up(SIZE_MAX, 1) == SIZE_MAX);
    assert_int_equal(yki_div_up(0, 3), 0);
    assert_int_equal(yki_div_up(7, 3), 3);
    assert_int_equal(yki_round_down(127, 64), 64);
    assert_int_equal(yki_round_up(127, 64), 128);
    assert_int_equal(yki_round_up(128, 64), 128);
    assert_int_equal(yki_round_up(0, 64), 0);
    assert_true(yki_round_up(SIZE_MAX, 64) == SIZE_MAX - 63);
    assert_true(yki_round_up(SIZE_MAX, 1) == SIZE_MAX);
    assert_true(yki_round_up(SIZE_MAX - 1, SIZE_MAX) == SIZE_MAX);
}

static bool all_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i]) return false;
    return true;
}

static void allocation(void **state)
{
    (void)state;
    for (size_t align = sizeof(void *); align <= 1 << 16; align *= 2) {
        for (size_t n = 0; n < 3000; n = n * 3 + 1) {
            unsigned char *p = yki_alloc_aligned(n, 1, align);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % align, 0);
            assert_true(all_zero(p, n));
            memset(p, 0xff, n);
            yki_free(p);
        }
    }
    char *p = yki_alloc(3, 5);
    assert_int_equal((uintptr_t)p % YKI_CACHE_LINE, 0);
    yki_free(p);
    yki_free(NULL);
    assert_null(yki_alloc(SIZE_MAX, 2));
    assert_null(yki_alloc(SIZE_MAX, 1));
    assert_null(yki_alloc(SIZE_MAX - 64, 1));
    assert_null(yki_alloc((size_t)PTRDIFF_MAX, 1));
    assert_null(yki_alloc_aligned(1, 1, 0));
    assert_null(yki_alloc_aligned(1, 1, 4));
    assert_null(yki_alloc_aligned(1, 1, 48));
    char *copy = yki_strdup("words");
    assert_string_equal(copy, "words");
    yki_free(copy);
}

typedef struct counter {
    size_t calls, fail_at, bytes;
} counter;

static bool count_down(void *ctx, size_t n)
{
    counter *c = ctx;
    c->bytes += n;
    return ++c->calls != c->fail_at;
}

static void failing_allocation(void **state)
{
    (void)state;
    counter c = {.fail_at = 2};
    yki_alloc_set_hook(count_down, &c);
    void *first = yki_alloc(1, 8), *second = yki_alloc(1, 8);
    char *third = yki_strdup("abc");
    yki_alloc_set_hook(NULL, NULL);
    void *fourth = yki_alloc(1, 8);
    assert_non_null(first);
    assert_null(second);
    assert_non_null(third);
    assert_non_null(fourth);
    assert_int_equal(c.calls, 3);
    assert_int_equal(c.bytes, 20);
    yki_free(first);
    yki_free(third);
    yki_free(fourth);
}

static void clock_runs(void **state)
{
    (void)state;
    uint64_t a = yki_now_ns(), b = yki_now_ns();
    assert_true(b >= a && a > 0);
    assert_true(yki_seconds(1500000000u) == 1.5);
}

static void futex_deadline(void **state)
{
    (void)state;
    _Atomic uint32_t word = 5;
    assert_true(yki_futex_wait(&word, 4, UINT64_MAX));      /* another value: at once */
    assert_true(yki_futex_wait(&word, 4, 0));
    assert_false(yki_futex_wait(&word, 5, 0));
    assert_false(yki_futex_wait(&word, 5, 1));              /* long past */
    uint64_t until = yki_now_ns() + 2000000u;
    while (yki_futex_wait(&word, 5, until)) continue;
    assert_true(yki_now_ns() >= until);
    yki_futex_wake(&word, 0);
    yki_futex_wake(&word, UINT32_MAX);                      /* nobody there */
}

static void *wait_for_two(void *ctx)
{
    _Atomic uint32_t *word = ctx;
    uint32_t seen;
    while ((seen = atomic_load_explicit(word, memory_order_acquire)) < 2)
        yki_futex_wait(word, seen, UINT64_MAX);
    return word;
}

static void futex_wake(void **state)
{
    (void)state;
    _Atomic uint32_t word = 0;
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(yki_thread_start(&threads[i], "waiter", wait_for_two, &word), YK_OK);
    for (int i = 0; i < 2; i++) {
        atomic_fetch_add_explicit(&word, 1, memory_order_release);
        yki_futex_wake(&word, UINT32_MAX);
    }
    for (int i = 0; i < 3; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_ptr_equal(result, &word);
    }
}

typedef struct seen {
    sigset_t mask;
    char name[16];
    const char *own_name;       /* that it gives itself, or NULL */
    cpu_set_t cpus;
    _Atomic uint32_t go;
} seen;

static void *look_around(void *ctx)
{
    seen *s = ctx;
    while (atomic_load_explicit(&s->go, memory_order_acquire) == 0)
        yki_futex_wait(&s->go, 0, UINT64_MAX);
    if (s->own_name) yki_thread_name(s->own_name);
    sched_getaffinity(0, sizeof s->cpus, &s->cpus);
    pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
    pthread_getname_np(pthread_self(), s->name, sizeof s->name);
    return NULL;
}

static void thread_is_deaf_and_named(void **state)
{
    (void)state;
    seen s = {0};
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    pthread_t thread;
    assert_int_equal(yki_thread_start(&thread, "a name of many letters", look_around, &s), YK_OK);
    atomic_store_explicit(&s.go, 1, memory_order_release);
    yki_futex_wake(&s.go, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    static const int signals[] = {SIGINT, SIGTERM, SIGCHLD, SIGALRM, SIGUSR1};
    for (size_t i = 0; i < YKI_COUNT(signals); i++) {
        assert_true(sigismember(&s.mask, signals[i]));
        assert_int_equal(sigismember(&before, signals[i]), sigismember(&after, signals[i]));
    }
    assert_string_equal(s.name, "a name of many ");
}

static void thread_begins_where_it_is_told(void **state)
{
    (void)state;
    cpu_set_t all, one, none;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    size_t last = 0;
    for (size_t c = 0; c < CPU_SETSIZE; c++)
        if (CPU_ISSET(c, &all)) last = c;
    CPU_ZERO(&none);
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    const struct {
        const cpu_set_t *asked, *got;
    } cases[] = {{&one, &one}, {NULL, &all}, {&none, &all}};    /* none of its CPUs is there */
    for (size_t i = 0; i < YKI_COUNT(cases); i++) {
        pthread_t thread;
        seen s = {.go = 1, .own_name = "its own, and long"};
        assert_int_equal(yki_thread_start_on(&thread, cases[i].asked, sizeof one, look_around,
                                             &s), YK_OK);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(CPU_EQUAL(&s.cpus, cases[i].got));
        assert_string_equal(s.name, "its own, and lo");
        assert_int_equal(sigismember(&s.mask, SIGTERM), 1);
    }
}

static bool never(void *ctx)
{
    ++*(int *)ctx;
    return false;
}

static void failing_thread(void **state)
{
    (void)state;
    int asked = 0;
    pthread_t thread;
    seen s = {.go = 1};
    yki_thread_set_hook(never, &asked);
    assert_int_equal(yki_thread_start(&thread, "x", look_around, &s), YK_E_NOMEM);
    yki_thread_set_hook(NULL, NULL);
    assert_int_equal(asked, 1);
    assert_int_equal(yki_thread_start(&thread, "x", look_around, &s), YK_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic),         cmocka_unit_test(allocation),
        cmocka_unit_test(failing_allocation), cmocka_unit_test(clock_runs),
        cmocka_unit_test(futex_deadline),     cmocka_unit_test(futex_wake),
        cmocka_unit_test(thread_is_deaf_and_named), cmocka_unit_test(failing_thread),
        cmocka_unit_test(thread_begins_where_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
