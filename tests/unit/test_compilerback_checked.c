/* A kernel file translated with --check: right kernels run as before, and one that leaves
 * its window or an array's extent says so and ends the program. */
#include "kernel_run.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checked.yk.h"

enum { N = 200 };
static float u[N], v[N];
static int32_t bin[N], count[16];

static void run_near(int reach, int step)
{
    struct near_args a = {.u = u, .v = v, .n = N, .reach = reach, .step = step};
    yk_range r = yk_1d(N);
    yk_shape s;
    if (near_kernel.shape(&r, &a, &s) != YK_OK) _exit(9);
    yk_slice slice = {&r, &s, &a, NULL, 0, N - 8, 0};
    near_kernel.host->fn[0](&slice);
}

static void run_tally(int bins)
{
    struct tally_args a = {.bin = bin, .count = count, .n = N, .bins = bins};
    yk_range r = yk_1d(N);
    yk_shape s;
    void *reduce[] = {NULL, count, NULL, NULL};
    if (tally_kernel.shape(&r, &a, &s) != YK_OK) _exit(9);
    yk_slice slice = {&r, &s, &a, reduce, 0, N, 0};
    tally_kernel.host->fn[0](&slice);
}

/* Runs it in a child; its last words to `said`, its signal returned (0: none). */
static int in_child(void (*fn)(int, int), int x, int y, char said[512])
{
    int fd[2], status;
    assert_int_equal(pipe(fd), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fd[1], 2);
        fn(x, y);
        _exit(0);
    }
    close(fd[1]);
    ssize_t n = read(fd[0], said, 511);
    said[n > 0 ? n : 0] = 0;
    close(fd[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void tally_of(int bins, int unused)
{
    (void)unused;
    run_tally(bins);
}

static void test_right(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) u[i] = (float)i;
    run_near(6, 5);
    for (int i = 0; i < N - 8; i++) assert_true(v[i] == (float)(2 * i + 5));
    for (int i = 0; i < N; i++) bin[i] = i % 16;
    run_tally(16);
    for (int i = 0; i < 16; i++) assert_int_equal(count[i], N / 16 + (i < N % 16));
}

static void test_wrong(void **state)
{
    (void)state;
    char said[512];
    assert_int_equal(in_child(run_near, 5, 5, said), SIGABRT);
    assert_string_equal(
        said, "yoke: kernel near, work-item (0, 0, 0): element 5 of 'u' lies outside its window\n");
    assert_int_equal(in_child(run_near, N, -1, said), SIGABRT);
    assert_string_equal(
        said,
        "yoke: kernel near, work-item (0, 0, 0): element -1 of 'u' lies outside its extent\n");
    assert_int_equal(in_child(tally_of, 15, 0, said), SIGABRT);
    assert_string_equal(
        said,
        "yoke: kernel tally, work-item (15, 0, 0): element 15 of 'count' lies outside its extent\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_right), cmocka_unit_test(test_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
