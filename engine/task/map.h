/* map: functions over arrays and streams, many items at once; see yoke/task.h.
 *
 * Called by engine.c, which has checked the engine.  Any thread may enter, from inside tasks
 * and bodies too. */
#ifndef YKI_MAP_H
#define YKI_MAP_H

#include <task/task.h>

/* As yk_map. */
yk_status yki_map(yki_tasks *tasks, yk_map_fn fn, void *ctx, const void *in, size_t in_size,
                  void *out, size_t out_size, size_t n, const yk_map_opts *opts);

/* As yk_map_stream. */
yk_status yki_map_stream(yki_tasks *tasks, const yk_stream *stream, const yk_map_opts *opts,
                         size_t *count);

/* Refuses a map: fills opts->diag, if there is one, and returns the status. */
yk_status yki_map_refuse(const yk_map_opts *opts, yk_status status, const char *why);

#endif
