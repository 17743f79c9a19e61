/* Whether a workload fits into memory, asked before the kernel's out-of-memory killer
 * answers; see bench.h. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

double bench_memory_needed(const yki_workload *w, size_t elements, bool cpu_device)
{
    double arrays = 0, copies = 0;
    yki_extent x;
    w->describe(elements, &x);
    for (size_t k = 0; k < w->n_arrays; k++) {
        const yki_array_spec *a = &w->arrays[k];
        double bytes = (double)(a->fixed ? a->fixed : x.elements) * (double)a->size;
        arrays += bytes;
        copies += bytes * ((a->role == YKI_STATE) + (a->role != YKI_INPUT));
    }
    /* A driver on the cores has its buffers in the same memory, and so has staging. */
    return arrays + copies + (cpu_device ? 2 * arrays : 0);
}

double bench_memory_free(const char *root, double limit)
{
    static const char key[] = "MemAvailable:";
    char text[4096];
    double most = limit > 0 ? limit : INFINITY;
    if (yki_read_file(root, "/proc/meminfo", text, sizeof text) != YK_OK) return most;
    const char *at = strstr(text, key);
    return at ? fmin(most, 1024 * strtod(at + strlen(key), NULL)) : most;
}
