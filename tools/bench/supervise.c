/* Children of yoke-bench: shared memory, starting, watching, ending them; see bench.h.
 *
 * A child lies in a process group of its own, so that Ctrl-C reaches the parent alone,
 * and dies with its parent.  The parent waits for it in poll, on a pipe whose other end
 * the child holds, and looks at the clock every 50 ms. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "progress.h"

/* ---- shared memory ---- */

bench_shared *bench_shared_open(int *fd)
{
    int f = memfd_create("yoke-bench", 0);
    if (f < 0) return NULL;
    void *p = MAP_FAILED;
    if (ftruncate(f, sizeof(bench_shared)) == 0)
        p = mmap(NULL, sizeof(bench_shared), PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
    if (p == MAP_FAILED) {
        close(f);
        return NULL;
    }
    *fd = f;
    return p;
}

void bench_shared_close(bench_shared **shared, int fd)
{
    if (!*shared) return;
    munmap(*shared, sizeof(bench_shared));
    close(fd);
    *shared = NULL;
}

/* ---- interrupts ---- */

/* What a signal handler may touch: the one flag of this program. */
static volatile sig_atomic_t interrupted;

/* The child dies with its parent. */
static void on_interrupt(int signal)
{
    (void)signal;
    if (interrupted) _exit(YKI_EXIT_INTERRUPTED);
    interrupted = 1;
}

void bench_catch_interrupts(void)
{
    struct sigaction a = {.sa_handler = on_interrupt};
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

bool bench_interrupted(void) { return interrupted != 0; }

/* ---- one child ---- */

/* In the child, between fork and exec: async-signal-safe calls alone. */
static void become_child(int fd, int alive, pid_t parent)
{
    static char path[] = "/proc/self/exe";
    static char name[] = BENCH_TOOL, option[] = BENCH_CHILD_OPTION;
    char number[12];
    char *argv[] = {name, option, number, NULL};
    int k = (int)sizeof number - 1;
    number[k] = '\0';
    do number[--k] = (char)('0' + fd % 10);
    while ((fd /= 10) > 0);
    argv[2] = number + k;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(YKI_EXIT_ERROR);
    fcntl(alive, F_SETFD, 0);
    dup2(STDERR_FILENO, STDOUT_FILENO);     /* whatever drivers print is no result */
    execv(path, argv);
    _exit(127);
}

static void end_child(pid_t pid, int *status)
{
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR) continue;
}

static bool is_late(const bench_shared *shared)
{
    uint64_t due = atomic_load_explicit(&shared->due_ns, memory_order_acquire);
    return due != 0 && yki_now_ns() > due;
}

/* Waits for the end of the child, its step's deadline, or an interrupt. */
static bench_end watch(const bench_shared *shared, pid_t pid, int alive, bench_progress *progress,
                       int *status)
{
    for (;;) {
        struct pollfd p = {.fd = alive, .events = POLLIN};
        poll(&p, 1, 50);
        pid_t got = waitpid(pid, status, WNOHANG);
        if (got == pid) return BENCH_END_DONE;
        if (progress) bench_progress_tick(progress, shared);
        bench_end why = interrupted ? BENCH_END_INTERRUPTED
                        : is_late(shared) ? BENCH_END_LATE : BENCH_END_DONE;
        if (why != BENCH_END_DONE) {
            end_child(pid, status);
            return why;
        }
        /* The pipe may close a moment before the child can be waited for. */
        if (p.revents) poll(NULL, 0, 2);
    }
}

static void name_end(int status, char text[32])
{
    if (!WIFSIGNALED(status)) {
        snprintf(text, 32, "exit %d", WEXITSTATUS(status));
        return;
    }
    const char *name = sigabbrev_np(WTERMSIG(status));
    if (name) snprintf(text, 32, "SIG%s", name);
    else snprintf(text, 32, "signal %d", WTERMSIG(status));
}

bench_end bench_supervise(bench_shared *shared, int fd, bench_progress *progress,
                          char signal_name[32])
{
    int pipe_fds[2], status = 0;
    signal_name[0] = '\0';
    shared->finished = false;
    shared->exit_code = YKI_EXIT_ERROR;
    shared->diag = (yk_diag){0};
    atomic_store_explicit(&shared->due_ns, 0, memory_order_release);
    atomic_store_explicit(&shared->active, BENCH_ACTIVE_NONE, memory_order_release);
    if (interrupted) return BENCH_END_INTERRUPTED;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0) return BENCH_END_NOT_STARTED;
    fflush(NULL);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) become_child(fd, pipe_fds[1], parent);
    close(pipe_fds[1]);
    bench_end end = BENCH_END_NOT_STARTED;
    if (pid > 0) end = watch(shared, pid, pipe_fds[0], progress, &status);
    close(pipe_fds[0]);
    if (end == BENCH_END_NOT_STARTED || end == BENCH_END_INTERRUPTED) return end;
    name_end(status, signal_name);
    if (shared->finished && WIFSIGNALED(status))
        yki_warning("a driver ended its process while closing (%s); results stand", signal_name);
    if (shared->finished) return BENCH_END_DONE;
    return end == BENCH_END_LATE ? end : BENCH_END_DIED;
}
