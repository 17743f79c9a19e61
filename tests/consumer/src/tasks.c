/* An outside program with tasks and no kernel, for a plain cc line: a future with a message,
 * a group of blocking tasks, tasks in a task, and a map. */
#include <stdio.h>
#include <string.h>
#include <yoke/yoke.h>

enum { N = 1000 };

static yk_status fail(void *arg)
{
    yk_task_message("no %s here", (const char *)arg);
    return YK_E_IO;
}

static yk_status bump(void *arg)
{
    *(int *)arg += 1;
    return YK_OK;
}

/* Has all of N numbers bumped by tasks of its own. */
static yk_status bump_all(yk_engine *engine, int *numbers, unsigned flags)
{
    yk_group *group;
    yk_status st = yk_group_open(engine, &group);
    if (st != YK_OK) return st;
    yk_task_opts opts = {.flags = flags, .group = group};
    for (int i = 0; i < N && st == YK_OK; i++)
        st = yk_task_submit(engine, bump, &numbers[i], &opts, NULL);
    yk_status ended = yk_group_wait(group, -1);
    yk_group_close(&group);
    return st != YK_OK ? st : ended;
}

typedef struct inner {
    yk_engine *engine;
    int numbers[N];
} inner;

static yk_status outer(void *arg)
{
    inner *in = arg;
    return bump_all(in->engine, in->numbers, 0);
}

static yk_status square(void *ctx, const void *in, void *out)
{
    (void)ctx;
    const int *x = in;
    *(int *)out = *x * *x;
    return YK_OK;
}

/* A task's status and message reach whoever waits. */
static int check_message(yk_engine *engine)
{
    static char file[] = "file";
    yk_future *future;
    if (yk_task_submit(engine, fail, file, NULL, &future) != YK_OK) return 1;
    int wrong = yk_future_wait(future, -1) != YK_E_IO;
    wrong += strcmp(yk_future_message(future), "no file here") != 0;
    yk_future_free(&future);
    return wrong + (future != NULL);
}

static int check_inner(yk_engine *engine)
{
    static inner in;
    yk_future *future;
    in.engine = engine;
    if (yk_task_submit(engine, outer, &in, NULL, &future) != YK_OK) return 1;
    int wrong = yk_future_wait(future, -1) != YK_OK;
    yk_future_free(&future);
    for (int i = 0; i < N; i++) wrong += in.numbers[i] != 1;
    return wrong;
}

static int check_map(yk_engine *engine)
{
    static int x[N], y[N];
    for (int i = 0; i < N; i++) x[i] = i;
    int wrong = bump_all(engine, x, YK_BLOCKING) != YK_OK;
    wrong += yk_map(engine, square, NULL, x, sizeof *x, y, sizeof *y, N, NULL) != YK_OK;
    for (int i = 0; i < N; i++) wrong += y[i] != (i + 1) * (i + 1);
    return wrong;
}

int main(void)
{
    yk_engine *engine;
    if (yk_engine_open(&engine, NULL, NULL) != YK_OK) return 1;
    int wrong = check_message(engine) + check_inner(engine) + check_map(engine);
    printf("yoke %s: tasks, %d wrong\n", yk_version(), wrong);
    yk_engine_close(&engine);
    return wrong != 0;
}
