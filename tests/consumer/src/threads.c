/* Several threads that launch on one engine at once, each on arrays of its own; half of
 * them wait for events. */
#include <pthread.h>
#include <stdio.h>
#include <yoke/yoke.h>

#include "saxpy.yk.h"

enum { THREADS = 8, N = 20011, ROUNDS = 30 };

typedef struct caller {
    yk_engine *engine;
    int number;
    yk_status status;
    float x[N], y[N];
} caller;

static caller callers[THREADS];

static yk_status once(caller *c)
{
    yk_event *event;
    if (c->number % 2) return saxpy_run(c->engine, yk_1d(N), c->x, c->y, 1, N);
    yk_status st = saxpy_submit(c->engine, yk_1d(N), c->x, c->y, 1, N, &event);
    if (st != YK_OK) return st;
    st = yk_event_wait(event, -1);
    yk_event_free(&event);
    return st;
}

static void *call(void *p)
{
    caller *c = p;
    for (int k = 0; k < ROUNDS && c->status == YK_OK; k++) c->status = once(c);
    return NULL;
}

int main(void)
{
    yk_engine *e;
    pthread_t thread[THREADS];
    int wrong = 0;
    if (yk_engine_open(&e, NULL, NULL) != YK_OK) return 1;
    for (int t = 0; t < THREADS; t++) {
        caller *c = &callers[t];
        c->engine = e;
        c->number = t;
        for (int i = 0; i < N; i++) c->x[i] = (float)((i + t) % 16);
        if (pthread_create(&thread[t], NULL, call, c) != 0) return 1;
    }
    for (int t = 0; t < THREADS; t++) {
        pthread_join(thread[t], NULL);
        wrong += callers[t].status != YK_OK;
        for (int i = 0; i < N; i++) wrong += callers[t].y[i] != ROUNDS * callers[t].x[i];
    }
    printf("%d threads, %d wrong\n", (int)THREADS, wrong);
    yk_engine_close(&e);
    return wrong != 0;
}
