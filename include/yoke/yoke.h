/* Yoke: array loops on every core and every OpenCL device of a machine at once.
 *
 * Includes every public header.  Where to begin: yoke/engine.h opens the machine,
 * yoke/run.h runs the kernels that yokec compiled, yoke/status.h says what went wrong.
 * yoke/task.h runs functions as tasks, with futures, and maps over arrays.  yoke/pool.h has
 * a parallel loop for other code, yoke/memory.h well-placed arrays, yoke/topo.h and
 * yoke/device.h show the machine, yoke/kernel.h is for kernels whose sides are written by
 * hand.
 *
 * Conventions.  Options are structs in which zero means default; NULL is the same.
 * Handles are opaque, written only on success, and released by a closer that takes their
 * address and clears it.  Sizes are in elements or items unless their name says bytes. */
#ifndef YOKE_YOKE_H
#define YOKE_YOKE_H

#include <yoke/device.h>
#include <yoke/engine.h>
#include <yoke/kernel.h>
#include <yoke/memory.h>
#include <yoke/pool.h>
#include <yoke/run.h>
#include <yoke/status.h>
#include <yoke/task.h>
#include <yoke/topo.h>
#include <yoke/version.h>

#endif
