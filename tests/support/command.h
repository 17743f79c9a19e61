/* Runs a program as a shell would, and keeps what it wrote.  For tests of the tools. */
#ifndef YKT_COMMAND_H
#define YKT_COMMAND_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct ykt_command {
    char *out, *err;        /* what it wrote, terminated; NULL where that was a file of ours */
    int code;               /* exit code, or 128 + signal as a shell has it; -1: not started */
} ykt_command;

/* Optional: NULL, or zeros. */
typedef struct ykt_setting {
    const char *const *env; /* NULL-terminated "NAME=value"; "NAME" removes it */
    int interrupt_ms;       /* send SIGINT after that long; 0: never */
    int interrupts;         /* that many of them at once; 0: one */
    const char *stdout_to;  /* a file instead of a pipe ("/dev/full"); NULL: keep it */
    int stdout_fd;          /* a descriptor instead; 0: none */
    unsigned closed;        /* streams that it finds closed: bit 1 is stdout; 0: none */
    const char *folder;     /* to run in; NULL: this one */
    unsigned uid;           /* to run as, for whoever may; 0: as we are */
} ykt_setting;

static inline void ykt_command_free(ykt_command *c)
{
    free(c->out);
    free(c->err);
    *c = (ykt_command){0};
}

static inline void ykt_child(const ykt_setting *s, const char *const *argv, int out, int err)
{
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    if (s && s->stdout_to) out = open(s->stdout_to, O_WRONLY);
    if (s && s->stdout_fd) out = s->stdout_fd;
    dup2(out, 1);
    dup2(err, 2);
    for (size_t k = 0; s && s->env && s->env[k]; k++) {
        if (strchr(s->env[k], '=')) putenv((char *)s->env[k]);
        else unsetenv(s->env[k]);
    }
    for (int fd = 0; s && fd < 3; fd++)
        if (s->closed & 1u << fd) close(fd);
    if (s && s->folder && chdir(s->folder) != 0) _exit(126);
    if (s && s->uid && (setgroups(0, NULL) || setgid(s->uid) || setuid(s->uid))) _exit(125);
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

/* Reads both pipes to their ends; sends the interrupt when its time has come. */
static inline void ykt_collect(pid_t pid, int fds[2], FILE *to[2], int interrupt_ms,
                               int interrupts)
{
    int open_pipes = 2;
    while (open_pipes > 0) {
        struct pollfd p[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}};
        int n = poll(p, 2, interrupt_ms ? interrupt_ms : -1);
        if (n == 0) {
            for (int k = 0; k < interrupts || k == 0; k++) {
                if (k > 0) poll(NULL, 0, 5);    /* two that wait at once are one */
                kill(pid, SIGINT);
            }
            interrupt_ms = 0;
        }
        for (int k = 0; n > 0 && k < 2; k++) {
            char buf[4096];
            if (!p[k].revents) continue;
            ssize_t got = read(fds[k], buf, sizeof buf);
            if (got > 0) fwrite(buf, 1, (size_t)got, to[k]);
            if (got > 0 || (got < 0 && errno == EINTR)) continue;
            close(fds[k]);
            fds[k] = -1;        /* poll passes over it */
            open_pipes--;
        }
    }
}

/* argv: NULL-terminated, argv[0] a path.  The result is released by ykt_command_free. */
static inline ykt_command ykt_run(const ykt_setting *s, const char *const *argv)
{
    ykt_command c = {.code = -1};
    int out[2], err[2], status = 0;
    size_t n[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) return c;
    FILE *to[2] = {open_memstream(&c.out, &n[0]), open_memstream(&c.err, &n[1])};
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) ykt_child(s, argv, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    int fds[2] = {out[0], err[0]};
    if (pid > 0) ykt_collect(pid, fds, to, s ? s->interrupt_ms : 0, s ? s->interrupts : 0);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
    fclose(to[0]);
    fclose(to[1]);
    if (pid > 0) c.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return c;
}

#endif
