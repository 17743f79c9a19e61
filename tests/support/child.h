/* Running a piece of a test in a child process: drivers keep state for good, take signal
 * handlers, and end the process when they feel like it.  The parent must not have used
 * OpenCL.  Header only. */
#ifndef YKT_CHILD_H
#define YKT_CHILD_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* In a child: says what failed and ends it. */
#define REQUIRE(condition)                                                              \
    do {                                                                                \
        if (!(condition)) {                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);             \
            fflush(NULL);                                                               \
            _exit(1);                                                                   \
        }                                                                               \
    } while (0)

enum { CHILD_OK = 0, CHILD_SKIPPED = 77, CHILD_HUNG = -1000 };

/* fn(ctx)'s result as exit code; minus the signal that ended it; CHILD_HUNG. */
static inline int child_run(int (*fn)(void *), void *ctx, unsigned seconds)
{
    const struct timespec nap = {.tv_nsec = 2000000};
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) exit(fn(ctx));    /* as a program leaves: leaks are looked for */
    if (pid < 0) return CHILD_HUNG;
    for (unsigned turn = 0; turn < seconds * 500; turn++) {
        int status;
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
        nanosleep(&nap, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return CHILD_HUNG;
}

#endif
