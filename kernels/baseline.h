/* The two plain C builds of a workload's loop.
 *
 * serial.c is what a user would have written.  It is compiled twice: for the serial
 * baseline, where its OpenMP pragmas are ignored, and once more with OpenMP.  The
 * folder's serial.h declares both with YKI_BASELINE; serial.c defines the one that is
 * being built by naming its function YKI_BASELINE_NAME.  No state; the serial one may
 * be entered by any thread, the OpenMP one by one thread at a time. */
#ifndef YKI_BASELINE_H
#define YKI_BASELINE_H

#include <stddef.h>
#include <stdint.h>

/* YKI_BASELINE(void, triad, (size_t n, ...)); declares triad_serial and triad_openmp. */
#define YKI_BASELINE(type, name, parameters) \
    type name##_serial parameters;           \
    type name##_openmp parameters

#ifdef _OPENMP
#define YKI_BASELINE_NAME(name) name##_openmp
#else
#define YKI_BASELINE_NAME(name) name##_serial
#endif

#endif
