/* topo: the machine as one immutable yk_topo.
 *
 * The public header is the whole contract; this one exists so that rooms to the right
 * include one header a room.  Opening reads /proc, /sys and hwloc once and keeps
 * neither files nor hwloc's tree open; it never binds a thread and never loads a
 * driver.  Accessors are pure and may be called from any thread. */
#ifndef YKI_TOPO_H
#define YKI_TOPO_H

#include <base/base.h>
#include <yoke/topo.h>

/* Seconds for which a CPU quota has held up this process's cgroup since that was made: the
 * most of it and the groups above it.  `root` holds /proc and /sys ("" for the real ones).
 * UNLIMITED and UNKNOWN leave *seconds alone. */
yk_topo_known yki_topo_throttled(const char *root, double *seconds);

#endif
