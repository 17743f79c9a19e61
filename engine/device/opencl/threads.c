/* Which threads a driver started, and where they may run: what carve stands on.  Reads
 * /proc/self/task; asks the kernel for masks and sets them.  Nothing tells a driver's
 * thread from one that the program started in the same moment, so this is done only
 * where carve was asked for. */
#include "device/opencl/opencl_int.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static yk_status append(int **list, size_t *count, size_t *room, int tid)
{
    if (*count == *room) {
        size_t more = yki_max(64, *room * 2);
        int *bigger = yki_alloc(more, sizeof *bigger);
        if (!bigger) return YK_E_NOMEM;
        if (*count > 0) memcpy(bigger, *list, *count * sizeof *bigger);
        yki_free(*list);
        *list = bigger;
        *room = more;
    }
    (*list)[(*count)++] = tid;
    return YK_OK;
}

yk_status yki_threads_list(int **out, size_t *count)
{
    DIR *dir = opendir("/proc/self/task");
    if (!dir) return YK_E_IO;
    yk_status st = YK_OK;
    int *list = NULL;
    size_t n = 0, room = 0, tid;
    for (struct dirent *entry; st == YK_OK && (entry = readdir(dir));)
        if (yki_parse_size(entry->d_name, 1, INT32_MAX, &tid))
            st = append(&list, &n, &room, (int)tid);
    closedir(dir);
    if (st != YK_OK) {
        yki_free(list);
        return st;
    }
    if (n > 0) qsort(list, n, sizeof *list, ascending);
    *out = list;
    *count = n;
    return YK_OK;
}

size_t yki_threads_added(int *after, size_t n_after, const int *before, size_t n_before)
{
    size_t n = 0;
    for (size_t i = 0; i < n_after; i++)
        if (n_before == 0 ||
            !bsearch(&after[i], before, n_before, sizeof *before, ascending))
            after[n++] = after[i];
    return n;
}

static bool listed(int cpu, const int *cpus, size_t n_cpus)
{
    for (size_t i = 0; i < n_cpus; i++)
        if (cpus[i] == cpu) return true;
    return false;
}

/* 16384 CPUs */
#define MASK_WORDS 16

static bool bound(int tid, const int *cpus, size_t n_cpus)
{
    cpu_set_t mask[MASK_WORDS];
    CPU_ZERO_S(sizeof mask, mask);
    if (sched_getaffinity(tid, sizeof mask, mask) != 0)
        return errno == ESRCH;      /* it has ended */
    for (size_t cpu = 0; cpu < 8 * sizeof mask; cpu++)
        if (CPU_ISSET_S(cpu, sizeof mask, mask) && !listed((int)cpu, cpus, n_cpus)) return false;
    return true;
}

/* Some drivers give a thread the whole machine on purpose (Mesa: the one that writes its
 * disk cache). */
static void bind(int tid, const int *cpus, size_t n_cpus)
{
    cpu_set_t mask[MASK_WORDS];
    CPU_ZERO_S(sizeof mask, mask);
    for (size_t i = 0; i < n_cpus; i++)
        if (cpus[i] >= 0 && (size_t)cpus[i] < 8 * sizeof mask)
            CPU_SET_S((size_t)cpus[i], sizeof mask, mask);
    (void)sched_setaffinity(tid, sizeof mask, mask);    /* looked at again afterwards */
}

bool yki_threads_bind(const int *threads, size_t count, const int *cpus, size_t n_cpus, int *bad)
{
    for (size_t i = 0; i < count; i++) {
        if (bound(threads[i], cpus, n_cpus)) continue;
        bind(threads[i], cpus, n_cpus);
        if (bound(threads[i], cpus, n_cpus)) continue;
        *bad = threads[i];
        return false;
    }
    return true;
}
