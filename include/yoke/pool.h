/* A parallel loop over a range of indices, for code that is not a kernel.
 *
 * It runs on the engine's pinned threads, the same that run launches, so the two never
 * compete for cores.
 *
 *     static void scale(void *ctx, size_t begin, size_t end, size_t worker)
 *     {
 *         float *x = ctx;
 *         for (size_t i = begin; i < end; i++) x[i] *= 2;
 *     }
 *     ...
 *     status = yk_parallel_for(engine, n, 0, scale, x);
 */
#ifndef YOKE_POOL_H
#define YOKE_POOL_H

#include <stddef.h>
#include <yoke/status.h>

/* See yoke/engine.h. */
typedef struct yk_engine yk_engine;

/* One slice of a loop: indices [begin, end).  `worker` is below
 * yk_engine_workers(); no two slices of one loop that run at the same time have the
 * same number, so it can index private scratch space. */
typedef void (*yk_body)(void *ctx, size_t begin, size_t end, size_t worker);

YK_BEGIN_DECLS

/* for (size_t i = 0; i < n; i++) as slices on all workers of the engine:
 * body(ctx, b, e, worker) for slices [b, e) that together cover [0, n) once each.
 * grain: slices are cut only at its multiples, and hold at least that many indices
 *   but for the last; 0 lets Yoke choose.  Choose about 1 us of work.
 * Blocks until done.  Any thread may call; callers queue.  Inside a body, a nested
 * call runs serially on the calling worker.
 * YK_E_INVALID: engine or body is NULL.  YK_E_FORKED: engine from before a fork. */
YK_API yk_status yk_parallel_for(yk_engine *engine, size_t n, size_t grain, yk_body body,
                                 void *ctx);

YK_END_DECLS

#endif
