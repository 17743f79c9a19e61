/* Runs one process and keeps what it wrote; see process.h. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

/* Between fork and exec: async-signal-safe calls alone. */
static void become(const char *const *argv, int out, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(out, STDOUT_FILENO) < 0) _exit(127);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* Reads to the end of the pipe; false if that did not come in time. */
static bool collect(bench_process *p, int from, uint64_t due)
{
    size_t used = 0;
    for (;;) {
        uint64_t now = yki_now_ns();
        struct pollfd fd = {.fd = from, .events = POLLIN};
        char dropped[512];
        if (now >= due) return false;
        int n = poll(&fd, 1, (int)((due - now) / 1000000) + 1);
        if (n <= 0) continue;
        bool full = used == sizeof p->text - 1;
        ssize_t got = full ? read(from, dropped, sizeof dropped)
                           : read(from, p->text + used, sizeof p->text - 1 - used);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return true;
        if (!full) used += (size_t)got;
        p->text[used] = '\0';
    }
}

/* A process may close its output and go on: its end has to come in time as well. */
static bool wait_until(pid_t pid, int *status, uint64_t due)
{
    while (yki_now_ns() < due) {
        pid_t got = waitpid(pid, status, WNOHANG);
        if (got == pid) return true;
        if (got < 0 && errno != EINTR) return false;
        poll(NULL, 0, 1);
    }
    return false;
}

static void judge(bench_process *p, int status)
{
    p->end = BENCH_PROCESS_FAILED;
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        if (name) snprintf(p->how, sizeof p->how, "SIG%s", name);
        else snprintf(p->how, sizeof p->how, "signal %d", WTERMSIG(status));
    } else if (WEXITSTATUS(status) != 0) {
        snprintf(p->how, sizeof p->how, "exit %d", WEXITSTATUS(status));
    } else {
        p->end = BENCH_PROCESS_DONE;
    }
}

void bench_process_run(bench_process *p, const char *const *argv, double limit_s)
{
    int ends[2], status = 0;
    *p = (bench_process){.end = BENCH_PROCESS_NOT_STARTED};
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    uint64_t due = yki_now_ns() + (uint64_t)(limit_s * 1e9);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) become(argv, ends[1], parent);
    close(ends[1]);
    if (pid > 0) {
        bool ended = collect(p, ends[0], due) && wait_until(pid, &status, due);
        if (ended) {
            judge(p, status);
        } else {
            p->end = BENCH_PROCESS_LATE;
            kill(pid, SIGKILL);
            while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
        }
    }
    close(ends[0]);
}
