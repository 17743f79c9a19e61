/* The work that peers do as tasks, with runtimes that do it and such as do it wrongly: every
 * call that is lost, made twice or has another result is found out. */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/peers/peer.h"

/* ---- runtimes ---- */

static size_t opened, closed;
static const char *open_well(size_t threads)
{
    assert_int_equal(threads, 2);
    opened++;
    return NULL;
}
static const char *open_badly(size_t threads)
{
    (void)threads;
    return "no threads today";
}
static void close_well(void) { closed++; }

static const char *make_all(const peer_calls *c)
{
    for (size_t k = c->n; k-- > 0;) c->call(peer_arg(c, k));
    return NULL;
}
static const char *lose_one(const peer_calls *c)
{
    for (size_t k = 1; k < c->n; k++) c->call(peer_arg(c, k));
    return NULL;
}
static const char *make_one_twice(const peer_calls *c)
{
    c->call(peer_arg(c, c->n / 2));
    return make_all(c);
}
/* As many calls as there should be, but not each. */
static const char *make_one_for_another(const peer_calls *c)
{
    for (size_t k = 0; k < c->n; k++) c->call(peer_arg(c, k == 1 ? 0 : k));
    return NULL;
}
static const char *give_up(const peer_calls *c)
{
    (void)c;
    return "gave up";
}

static const char *right_fib(unsigned n, uint64_t *value)
{
    uint64_t first = n, second = 0;
    if (n >= 2) (void)right_fib(n - 1, &first), (void)right_fib(n - 2, &second);
    *value = first + second;
    return NULL;
}
static const char *wrong_fib(unsigned n, uint64_t *value)
{
    (void)right_fib(n, value);
    ++*value;
    return NULL;
}

/* ---- orders ---- */

static const struct { const char *name; size_t n; } orders[] = {
    {"sleep16", 1}, {"grid300", 2}, {"spawn", 1000}, {"submit_wait", 1000}, {"fib", 12},
    {"files", 20}, {"files_cold", 20}};
enum { ORDERS = sizeof orders / sizeof *orders, FIB = 4, SUBMIT_WAIT = 3 };

static peer_outcome measure(const peer_tasks *tasks, size_t order)
{
    const peer p = {.name = "x", .open = open_well, .close = close_well, .tasks = tasks};
    peer_outcome out;
    memset(&out, 0x55, sizeof out);
    peer_measure_tasks(&(peer_order){&p, orders[order].name, orders[order].n, 2, 2, 7}, &out);
    return out;
}

static void expect(const peer_tasks *tasks, size_t order, const char *status, const char *says)
{
    peer_outcome out = measure(tasks, order);
    if (strcmp(out.status, status) != 0 || !strstr(out.why, says))
        fail_msg("%s: %s, '%s'", orders[order].name, out.status, out.why);
    assert_int_equal(opened, closed);
}

static void test_right(void **state)
{
    const peer_tasks tasks = {make_all, make_all, right_fib};
    (void)state;
    for (size_t k = 0; k < ORDERS; k++) {
        assert_true(peer_has_tasks(orders[k].name));
        peer_outcome out = measure(&tasks, k);
        if (strcmp(out.status, "ok") != 0) fail_msg("%s: %s", orders[k].name, out.why);
        assert_true(out.samples[0] > 0 && out.samples[1] > 0);
    }
    assert_false(peer_has_tasks("triad"));
}

/* What a run sleeps is in its time. */
static void test_times(void **state)
{
    const peer_tasks tasks = {make_all, make_all, right_fib};
    (void)state;
    peer_outcome one = measure(&tasks, 0), two = measure(&tasks, 1);
    assert_true(one.samples[0] >= 0.1 && two.samples[0] >= 0.2);
}

static void test_wrong(void **state)
{
    static const peer_tasks wrong[] = {{lose_one, lose_one, wrong_fib},
                                       {make_one_twice, make_one_twice, wrong_fib}};
    static const char *const says[ORDERS] = {
        "sleep 0 ran", "sleep", "tasks ran, ", "tasks ran, ", "fib(12) is 145, should be 144",
        "was read", "was read"};
    (void)state;
    for (size_t k = 0; k < ORDERS; k++)
        for (size_t w = 0; w < 2; w++) expect(&wrong[w], k, "wrong", says[k]);
    const peer_tasks swapped = {make_one_for_another, make_one_for_another, wrong_fib};
    expect(&swapped, 1, "wrong", "sleep 0 ran 2 times in 1 runs");
    expect(&swapped, 5, "wrong", "file 0 was read 2 times in 1 runs");
}

/* Each file is read in its own place, and whole. */
static const char *read_others(const peer_calls *c)
{
    for (size_t k = 0; k < c->n; k++) {
        void *p = peer_arg(c, k);
        char *keep = malloc(c->stride);
        assert_non_null(keep);
        memcpy(keep, p, c->stride);
        snprintf(p, c->stride, "/dev/null");
        c->call(p);
        memcpy(p, keep, 160);
        free(keep);
    }
    return NULL;
}

static void test_other_file(void **state)
{
    const peer_tasks tasks = {read_others, NULL, NULL};
    (void)state;
    expect(&tasks, 5, "wrong", "file 0 was read with another sum");
}

static void test_failing(void **state)
{
    const peer_tasks failing = {give_up, give_up, NULL}, none = {NULL, NULL, NULL};
    const peer unopened = {.name = "x", .open = open_badly, .close = close_well,
                           .tasks = &failing};
    peer_outcome out;
    (void)state;
    for (size_t k = 0; k < ORDERS; k++)
        if (k != FIB) expect(&failing, k, "failed", "gave up");
    expect(&none, FIB, "unsupported", "cannot wait for tasks");
    expect(&none, SUBMIT_WAIT, "unsupported", "has no futures");
    expect(&none, 0, "unsupported", "has no such tasks");
    expect(NULL, 0, "unsupported", "has no tasks");
    for (size_t k = 0; k < ORDERS; k++) {
        if (k == FIB) continue;
        peer_measure_tasks(&(peer_order){&unopened, orders[k].name, 5, 2, 2, 7}, &out);
        assert_string_equal(out.status, "failed");
        assert_string_equal(out.why, "no threads today");
    }
    assert_int_equal(opened, closed);
}

/* Files lie where TMPDIR says, and are gone afterwards. */
static void test_folder(void **state)
{
    char folder[] = YOKE_BINARY_DIR "/bench-files-XXXXXX";
    const peer_tasks tasks = {make_all, NULL, NULL};
    (void)state;
    assert_non_null(mkdtemp(folder));
    setenv("TMPDIR", folder, 1);
    expect(&tasks, 5, "ok", "");
    assert_int_equal(rmdir(folder), 0);
    expect(&tasks, 5, "failed", "no temporary folder");
    unsetenv("TMPDIR");
}

/* Files that another has made are read, checked, and left there. */
static void test_files_of_others(void **state)
{
    char folder[PEER_FOLDER], path[PEER_FOLDER + 8];
    const peer_tasks tasks = {make_all, NULL, NULL};
    (void)state;
    assert_true(peer_files_make(folder, 20, 7));
    setenv(PEER_FILES, folder, 1);
    expect(&tasks, 5, "ok", "");
    expect(&tasks, 6, "ok", "");
    snprintf(path, sizeof path, "%s/7", folder);
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    int first = fgetc(f);
    rewind(f);
    fputc(first ^ 1, f);
    assert_int_equal(fclose(f), 0);
    expect(&tasks, 5, "wrong", "file 7 was read with another sum");
    unsetenv(PEER_FILES);
    peer_files_delete(folder, 20);
    assert_int_equal(access(folder, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right),      cmocka_unit_test(test_times),
        cmocka_unit_test(test_wrong),      cmocka_unit_test(test_other_file),
        cmocka_unit_test(test_failing),    cmocka_unit_test(test_folder),
        cmocka_unit_test(test_files_of_others),
    };
    return cmocka_run_group_tests_name("tasks of peers", tests, NULL, NULL);
}
