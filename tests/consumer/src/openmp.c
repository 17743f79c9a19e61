/* OpenMP regions that take turns with launches on the same arrays. */
#include <omp.h>
#include <stdio.h>
#include <yoke/yoke.h>

#include "saxpy.yk.h"

enum { N = 50021, ROUNDS = 40 };
static float x[N], y[N];

int main(void)
{
    yk_engine *e;
    if (yk_engine_open(&e, NULL, NULL) != YK_OK) return 1;
    yk_status st = YK_OK;
    int threads = 0, wrong = 0;
    for (int k = 0; k < ROUNDS && st == YK_OK; k++) {
#pragma omp parallel for reduction(max : threads)
        for (int i = 0; i < N; i++) {
            x[i] = (float)((i + k) % 8);
            y[i] = y[i] + 1;
            threads = omp_get_num_threads();
        }
        st = saxpy_run(e, yk_1d(N), x, y, -1, N);
#pragma omp parallel for
        for (int i = 0; i < N; i++) y[i] += x[i];
    }
    for (int i = 0; i < N; i++) wrong += y[i] != ROUNDS;
    printf("%s, %d OpenMP threads, %d wrong\n", yk_status_name(st), threads, wrong);
    yk_engine_close(&e);
    return st != YK_OK || wrong;
}
