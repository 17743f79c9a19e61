/* The library: see solver.h. */
#include "solver.h"

#include "my_solver.yk.h"

yk_status solver_relax(yk_engine *engine, float *u, float *v, size_t n, int steps)
{
    yk_status st = my_saxpy_run(engine, yk_1d(n), u, v, n);
    for (int k = 0; k < steps && st == YK_OK; k++) {
        st = my_relax_run(engine, yk_1d(n), u, v, n);
        if (st == YK_OK) st = my_saxpy_run(engine, yk_1d(n), v, u, n);
    }
    return st;
}
