/* yoke-open: how long it takes from yk_engine_open to the first item computed.
 *
 * Every sample is a fresh process, as a user's program would be, since hwloc, page faults
 * and the dynamic linker's work are part of it.  Devices are asked for as YOKE_DEVICES
 * says: they open in the background and must not delay the first item.
 *   yoke-open [SAMPLES]      median, least and largest, in milliseconds */
#include <errno.h>
#include <first.yk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <yoke/yoke.h>

#define MOST_SAMPLES 1001

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* In the child: the time goes to stdout in binary.  Closing is not part of it. */
static int one_sample(void)
{
    float y[1] = {0};
    yk_engine *e = NULL;
    yk_diag diag;
    double start = now_s();
    yk_status st = yk_engine_open(&e, NULL, &diag);
    if (st == YK_OK) st = first_run(e, yk_1d(1), y, 1);
    double took = now_s() - start;
    if (st != YK_OK || y[0] != 1) {
        (void)fprintf(stderr, "yoke-open: %s: %s\n", yk_strerror(st), diag.text);
        return 1;
    }
    if (write(STDOUT_FILENO, &took, sizeof took) != (ssize_t)sizeof took) return 1;
    yk_engine_close(&e);
    return 0;
}

static int run_child(const char *self, double *out)
{
    int pipe_fds[2], status;
    if (pipe(pipe_fds) != 0) return -1;
    pid_t child = fork();
    if (child < 0) return -1;
    if (child == 0) {
        if (dup2(pipe_fds[1], STDOUT_FILENO) < 0) _exit(1);
        (void)close(pipe_fds[0]);
        (void)execl(self, "yoke-open", "--once", (char *)NULL);
        _exit(127);
    }
    (void)close(pipe_fds[1]);
    ssize_t got = read(pipe_fds[0], out, sizeof *out);
    (void)close(pipe_fds[0]);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -1;
    return got == (ssize_t)sizeof *out && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static double samples[MOST_SAMPLES];
    if (argc == 2 && strcmp(argv[1], "--once") == 0) return one_sample();
    char *end = NULL;
    long n = argc > 1 ? strtol(argv[1], &end, 10) : 21;
    if (argc > 2 || (end && *end) || n < 1 || n > MOST_SAMPLES) {
        (void)fprintf(stderr, "usage: yoke-open [SAMPLES], 1 to %d\n", MOST_SAMPLES);
        return 2;
    }
    for (long i = 0; i < n; i++)
        if (run_child("/proc/self/exe", &samples[i]) != 0) {
            (void)fprintf(stderr, "yoke-open: a sample failed\n");
            return 1;
        }
    qsort(samples, (size_t)n, sizeof samples[0], by_size);
    (void)printf("open to first item: median %.2f ms, least %.2f, largest %.2f (%ld processes)\n",
                 1e3 * samples[n / 2], 1e3 * samples[0], 1e3 * samples[n - 1], n);
    return 0;
}
