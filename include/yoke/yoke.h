/* Yoke: array loops on every core and every OpenCL device of a machine at once.
 * Includes every public header. */
#ifndef YOKE_YOKE_H
#define YOKE_YOKE_H

#include <yoke/device.h>
#include <yoke/engine.h>
#include <yoke/kernel.h>
#include <yoke/memory.h>
#include <yoke/pool.h>
#include <yoke/run.h>
#include <yoke/status.h>
#include <yoke/topo.h>
#include <yoke/version.h>

#endif
