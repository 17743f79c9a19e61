/* This program again as a child, for whatever calls a driver: a broken one ends the
 * process that loads it, or never returns, and neither may happen to yoke-topo.
 *
 * Exec, not a bare fork, as drivers start threads.  The child has a pipe of its own to
 * answer through, since drivers print to stdout; its other streams lead nowhere. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void become_child(int fd, const child_task *task)
{
    char number[24], index[24];
    snprintf(number, sizeof number, "%d", fd);
    snprintf(index, sizeof index, "%zu", task->index);
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) _exit(126);
    if (fcntl(fd, F_SETFD, 0) != 0) _exit(126);
    if (task->icd) setenv("OCL_ICD_VENDORS", task->icd, 1);
    signal(SIGPIPE, SIG_DFL);
    execl("/proc/self/exe", TOOL, YKI_CHILD_WORD, number, task->what, index, (char *)NULL);
    _exit(127);
}

static long now_ms(void)
{
    struct timespec t = {0};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* All that comes until the pipe closes; false on the time limit. */
static bool read_pipe(int fd, long limit_ms, char *text, size_t size)
{
    size_t have = 0;
    long until = now_ms() + limit_ms;
    for (;;) {
        long left = until - now_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        ssize_t n = read(fd, text + have, size - 1 - have);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0 || have == size - 1) return true;
        have += (size_t)n;
        text[have] = '\0';
    }
}

/* How the child ended, in words; "" if as it should. */
static void describe_end(char *to, size_t size, int status, long limit_ms, bool in_time)
{
    if (!in_time) snprintf(to, size, "did not answer within %ld s", limit_ms / 1000);
    else if (WIFSIGNALED(status))
        snprintf(to, size, "crashed (SIG%s)", sigabbrev_np(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        snprintf(to, size, "ended the process (exit %d)", WEXITSTATUS(status));
    else to[0] = '\0';
}

char *yki_topo_child(const child_task *task, char end[YKI_CHILD_END])
{
    int fds[2];
    end[0] = '\0';
    char *text = calloc(1, YKI_CHILD_TEXT);
    if (!text || pipe2(fds, O_CLOEXEC) != 0) {
        snprintf(end, YKI_CHILD_END, "cannot be asked: %s", strerror(errno));
        return text;
    }
    pid_t child = fork();
    if (child == 0) become_child(fds[1], task);
    close(fds[1]);
    if (child < 0) {
        snprintf(end, YKI_CHILD_END, "cannot be asked: %s", strerror(errno));
    } else {
        int status = 0;
        bool in_time = read_pipe(fds[0], task->limit_ms, text, YKI_CHILD_TEXT);
        if (!in_time) kill(child, SIGKILL);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
        describe_end(end, YKI_CHILD_END, status, task->limit_ms, in_time);
    }
    close(fds[0]);
    return text;
}

bool yki_topo_child_line(FILE *to, json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    bool sent = text && fprintf(to, "%s\n", text) > 0 && fflush(to) == 0;
    free(text);
    json_decref(value);
    return sent;
}

/* _exit: drivers' own exit handlers are known to crash, and all has been said. */
int yki_topo_be_child(char *const *argv)
{
    FILE *to = fdopen(atoi(argv[0]), "w");
    if (!to) _exit(YKI_EXIT_ERROR);
    size_t index = (size_t)strtoul(argv[2], NULL, 10);
    const char *icd = getenv("OCL_ICD_VENDORS");
    bool ok = strcmp(argv[1], YKI_CHILD_MEASURE) == 0 ? yki_topo_child_measures(to, index)
              : strcmp(argv[1], YKI_CHILD_LOAD) == 0  ? yki_topo_child_loads(to, icd ? icd : "")
                                                      : yki_topo_child_lists(to);
    _exit(ok ? YKI_EXIT_OK : YKI_EXIT_ERROR);
}
