/* Two kernels of one file, in float and in double, in one program. */
#include <stdio.h>
#include <yoke/yoke.h>

#include "axpy.yk.h"
#include "d_axpy.yk.h"

enum { N = 10007 };
static float fx[N], fy[N];
static double dx[N], dy[N];

int main(void)
{
    yk_engine *e;
    if (yk_engine_open(&e, NULL, NULL) != YK_OK) return 1;
    for (int i = 0; i < N; i++) fx[i] = 1, fy[i] = 1, dx[i] = 1, dy[i] = 1;
    yk_status single = axpy_run(e, yk_1d(N), fx, fy, 0x1p-30f, N);
    yk_status twice = d_axpy_run(e, yk_1d(N), dx, dy, 0x1p-30, N);
    int wrong = 0;
    for (int i = 0; i < N; i++) wrong += fy[i] != 1 || dy[i] != 1 + 0x1p-30;
    printf("float %s, double %s, %d wrong\n", yk_status_name(single), yk_status_name(twice), wrong);
    yk_engine_close(&e);
    return single != YK_OK || twice != YK_OK || wrong;
}
