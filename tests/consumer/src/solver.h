/* A library that computes with its caller's engine. */
#ifndef SOLVER_H
#define SOLVER_H

#include <stddef.h>
#include <yoke/yoke.h>

/* `steps` times: u[i] becomes the mean of its neighbours, for i in [1, n - 1).  v: n floats
 * of scratch, whose ends are set to u's. */
yk_status solver_relax(yk_engine *engine, float *u, float *v, size_t n, int steps);

#endif
