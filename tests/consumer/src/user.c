/* A program with an engine and kernels of its own, and a library that takes the engine. */
#include <stdio.h>
#include <string.h>

#include "saxpy.yk.h"
#include "solver.h"

enum { N = 4001, STEPS = 25 };
static float u[N], v[N], w[N], zero[N];

static void plain(void)
{
    for (int k = 0; k < STEPS; k++) {
        float left = w[0];
        for (int i = 1; i < N - 1; i++) {
            float mean = 0.5f * (left + w[i + 1]);
            left = w[i];
            w[i] = mean;
        }
    }
}

int main(void)
{
    yk_engine *e;
    if (yk_engine_open(&e, NULL, NULL) != YK_OK) return 1;
    for (int i = 0; i < N; i++) u[i] = w[i] = (float)(i * 37 % 101);
    yk_status st = solver_relax(e, u, v, N, STEPS);
    if (st == YK_OK) st = saxpy_run(e, yk_1d(N), zero, u, 2, N);
    plain();
    int wrong = memcmp(u, w, sizeof u) != 0;
    printf("%s, %s\n", yk_status_name(st), wrong ? "wrong" : "right");
    yk_engine_close(&e);
    return st != YK_OK || wrong;
}
