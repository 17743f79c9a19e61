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

#endif
