/* What an outside program does: opens an engine, runs a kernel of its own, checks it. */
#include "saxpy.yk.h"

#include <stdio.h>
#include <yoke/yoke.h>

#define N 100003

static float x[N], y[N];

int main(void)
{
    yk_engine *e;
    yk_diag diag;
    yk_status st = yk_engine_open(&e, NULL, &diag);
    if (st != YK_OK) {
        fprintf(stderr, "%s: %s\n", yk_strerror(st), diag.text);
        return 1;
    }
    for (int i = 0; i < N; i++) x[i] = (float)i, y[i] = 1;
    st = saxpy_run(e, yk_1d(N), x, y, 2, N);
    int wrong = 0;
    for (int i = 0; i < N; i++) wrong += y[i] != 2 * (float)i + 1;
    printf("yoke %s: %s, %d wrong\n", yk_version(), yk_status_name(st), wrong);
    yk_engine_close(&e);
    return st != YK_OK || wrong;
}
