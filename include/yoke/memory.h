/* Memory that Yoke places well.
 *
 *     float *x = yk_alloc(engine, n * sizeof *x);
 *     if (!x) ...
 *     ...launches on x...
 *     yk_free(engine, x);
 */
#ifndef YOKE_MEMORY_H
#define YOKE_MEMORY_H

#include <stddef.h>
#include <yoke/status.h>

/* See yoke/engine.h. */
typedef struct yk_engine yk_engine;

YK_BEGIN_DECLS

/* Plain pointers from malloc or the stack work everywhere in Yoke; memory from here
 * works better: aligned to pages, zeroed, first touched by the workers that will use
 * the same share of it, and open to devices without a copy where that pays.
 * Returns NULL where none is left or bytes is 0.  Owned by the caller, to be freed
 * with yk_free before the engine is closed.  Any thread. */
YK_API void *yk_alloc(yk_engine *engine, size_t bytes);

/* Frees what yk_alloc gave; takes NULL.  No launch may be using it.  Any thread. */
YK_API void yk_free(yk_engine *engine, void *p);

YK_END_DECLS

#endif
